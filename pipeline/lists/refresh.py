"""Files of a list to a new stored version of it, or the reason why there is none.

A list that is empty, cut, another thing, far smaller than the last one or older than it is refused, and the version in force
stays. Nothing of this is silent: every refusal is an error that says what was expected and what was found.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from pipeline.errors import ListError
from pipeline.lists.changes import Diff, KeptRecord, carry_on, compare_records, compare_with_extract, record_key
from pipeline.lists.forms import LOADER_VERSION, read_form
from pipeline.lists.obtain import RawFile, RawList
from pipeline.lists.record import Fault, ListedRecord, ListRead
from pipeline.lists.snapshots import RECORDS, Draft, Snapshot, SnapshotStore, write_records
from pipeline.lists.sources import PublishedList

__all__ = ["Base", "Outcome", "Rules", "refresh_list"]


@dataclass(frozen=True, slots=True)
class Base:
    """The version that a new one is compared with. The shipped extract of a list is not `complete`: it has what concerns the DPRK."""

    name: str
    day: date
    kept: tuple[KeptRecord, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Rules:
    """How a refresh is done: `force` takes what is smaller or older, `dry_run` stores nothing, `day` overrides the list's own date."""

    at: datetime
    force: bool = False
    dry_run: bool = False
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one list. `state` is "stored", "unchanged" or "would be stored"; `records` counts what is listed now."""

    source: str
    state: str
    version: str
    published: date
    records: int
    relevant: int
    diff: Mapping[str, int]
    faults: tuple[str, ...]


def refresh_list(source: PublishedList, raw: RawList, store: SnapshotStore, rules: Rules, *, shipped: Base | None = None) -> Outcome:
    """Read the files of a list and store them as its version in force; the store must be locked.

    `shipped` is what the first stored version is compared with. Raises ListError for a list that is not believed, StorageError
    where the disk fails; in both cases the version in force stays as it was.
    """
    current = store.current(source.id)
    digest = _digest(raw)
    if (
        current is not None
        and (current.sha256, current.loader_version) == (digest, LOADER_VERSION)
        and rules.day in {None, current.published}
    ):
        if raw.fetched and not rules.dry_run:
            store.confirm(source.id, rules.at)
        return _unchanged(current)
    with store.draft(source.id, keep=not rules.dry_run) as draft:
        paths = {file.part: _put_raw(draft, file) for file in raw.files}
        read = read_form(raw, paths, complete=not rules.force)
        day, day_from = _choose_day(raw, read, rules)
        records, doubled = _drop_doubled([replace(record, snapshot=day.isoformat()) for record in read.records])
        if not rules.force:
            _check_size(source, records, current)
            _check_age(source, day, current)
        base = _find_base(store, source.id, day) or (shipped if shipped is not None and shipped.day <= day else None)
        diff = _compare(base, records)
        records_sha256, relevant = write_records(draft.path / RECORDS, _carry_on(base, records, day))
        faults = (*(_word_fault(fault, raw, paths) for fault in read.faults), *doubled)
        version = f"{day:%Y%m%d}-{hashlib.sha256(f'{LOADER_VERSION} {digest}'.encode()).hexdigest()[:8]}"
        manifest = {
            "source": source.id,
            "version": version,
            "format": raw.format,
            "published_at": day.isoformat(),
            "published_from": day_from,
            "fetched_at": rules.at.isoformat(),
            "files": {file.part: _describe(file, paths[file.part]) for file in raw.files},
            "sha256": digest,
            "records_sha256": records_sha256,
            "records": len(records),
            "relevant": relevant,
            "loader_version": LOADER_VERSION,
            "previous": base.name if base else None,
            "diff": diff.counts,
            "faults": len(faults),
        }
        if not rules.dry_run:
            store.store(draft, manifest)
            if raw.fetched:
                store.confirm(source.id, rules.at)
    state = "would be stored" if rules.dry_run else "stored"
    return Outcome(source.id, state, version, day, len(records), relevant, diff.counts, faults)


def _unchanged(current: Snapshot) -> Outcome:
    nothing = {"added": 0, "removed": 0, "changed": 0}
    return Outcome(current.source, "unchanged", current.version, current.published, current.records, current.relevant, nothing, ())


def _digest(raw: RawList) -> str:
    """Return one SHA-256 of all files with the parts that they are."""
    lines = "".join(f"{raw.format} {file.part} {file.sha256}\n" for file in raw.files)
    return hashlib.sha256(lines.encode()).hexdigest()


def _put_raw(draft: Draft, file: RawFile) -> Path:
    if not file.data:
        raise ListError(f"{file.origin}: is empty")
    return draft.put_raw(f"{file.part}.gz", gzip.compress(file.data, compresslevel=6, mtime=0))


def _word_fault(fault: Fault, raw: RawList, paths: Mapping[str, Path]) -> str:
    origin = next((file.origin for file in raw.files if paths[file.part] == fault.path), str(fault.path))
    return f"{origin}:{fault.place}: {fault.message}"


def _describe(file: RawFile, path: Path) -> dict[str, str | int]:
    return {"url": file.origin, "file": path.name, "sha256": file.sha256, "bytes": len(file.data)}


def _choose_day(raw: RawList, read: ListRead, rules: Rules) -> tuple[date, str]:
    """Return the day of the list and what tells it: who asks, the list itself, the server or the file."""
    if rules.day is not None:
        return rules.day, "option"
    if read.published is not None:
        return read.published, "list"
    first = raw.files[0]
    return (first.day, first.day_from) if first.day is not None else (rules.at.date(), "time of the fetch")


def _find_base(store: SnapshotStore, source: str, day: date) -> Base | None:
    snapshot = store.in_force_at(source, day)
    return Base(snapshot.version, snapshot.published, snapshot.read()) if snapshot else None


def _carry_on(base: Base | None, records: Sequence[ListedRecord], day: date) -> tuple[KeptRecord, ...]:
    if base is None:
        return carry_on((), records, day=day, base_day=None)
    return carry_on(base.kept, records, day=day, base_day=base.day, complete=base.complete)


def _drop_doubled(records: Sequence[ListedRecord]) -> tuple[tuple[ListedRecord, ...], tuple[str, ...]]:
    """Keep the first of entries that share an id, or a name where they have none, and tell of the others."""
    kept: dict[str, ListedRecord] = {}
    doubled: list[str] = []
    for record in records:
        key = record_key(record)
        if key in kept:
            doubled.append(f"{record.source}: the entry {key} ({record.name}) stands here twice")
        else:
            kept[key] = record
    return tuple(kept.values()), tuple(doubled)


def _check_size(source: PublishedList, records: Sequence[ListedRecord], current: Snapshot | None) -> None:
    if len(records) < source.min_records:
        raise ListError(
            f"{source.id}: {len(records):,} entries where at least {source.min_records:,} are expected; --force takes it all the same"
        )
    if current is not None and len(records) < current.records * (1 - source.max_shrink):
        lost = 1 - len(records) / current.records
        raise ListError(
            f"{source.id}: {len(records):,} entries, {lost:.0%} fewer than the {current.records:,} of {current.version}; "
            f"up to {source.max_shrink:.0%} is believed; --force takes it all the same"
        )


def _check_age(source: PublishedList, day: date, current: Snapshot | None) -> None:
    if current is not None and day < current.published:
        raise ListError(f"{source.id}: is of {day}, older than {current.version} of {current.published}; --force takes it all the same")


def _compare(base: Base | None, records: Sequence[ListedRecord]) -> Diff:
    if base is None:
        return Diff(tuple(records), (), ())
    if base.complete:
        return compare_records((kept.record for kept in base.kept), records)
    return compare_with_extract((kept.record for kept in base.kept), records)
