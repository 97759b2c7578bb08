"""Two states of the sanctions lists, by whatever name someone calls them, and what differs between them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.errors import ListError, UsageError
from pipeline.kb.in_force import ListInForce, read_shipped
from pipeline.kb.lists import ListSource
from pipeline.lists.changes import Diff, compare_records, compare_with_extract
from pipeline.lists.forms import read_form
from pipeline.lists.obtain import RawList, read_files
from pipeline.lists.record import ListedRecord, from_json
from pipeline.lists.snapshots import Snapshot, SnapshotStore
from pipeline.lists.sources import PublishedList

__all__ = ["State", "compare_states", "find_states"]

_VERSION = re.compile(r"\d{8}-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class State:
    """One list at one time. An `extract` holds what concerns the DPRK alone."""

    name: str
    records: tuple[ListedRecord, ...]
    extract: bool = False


def compare_states(before: State, after: State) -> Diff:
    """Compare two states of one list; where one is an extract, what concerns the DPRK is compared."""
    if before.extract == after.extract:
        return compare_records(before.records, after.records)
    if before.extract:
        return compare_with_extract(before.records, after.records)
    turned = compare_with_extract(after.records, before.records)
    changed = tuple(type(change)(change.after, change.before, change.fields) for change in turned.changed)
    return Diff(added=turned.removed, removed=turned.added, changed=changed)


def find_states(name: str, *, lists: Sequence[ListInForce], store: SnapshotStore, sources: Sequence[PublishedList]) -> dict[str, State]:
    """Return the state of each list that `name` means: a file or folder, a version, a day, "shipped" or "current".

    `lists` are the lists in force, `sources` those that are asked for. Raises UsageError for what means nothing, ListError for a file
    that is no list.
    """
    wanted = {source.id for source in sources}
    here = [one for one in lists if one.source in wanted]
    if Path(name).exists():
        return _read_paths(Path(name), sources)
    if name == "shipped":
        found = {one.source: _shipped(one.shipped) for one in here}
    elif name == "current":
        found = {
            one.source: _stored(one.fetched) if one.fetched is not None and one.uses_fetched else _shipped(one.shipped) for one in here
        }
    elif _VERSION.fullmatch(name):
        found = {source: _stored(store.find(source, name)) for source in wanted}
    else:
        found = {source: _at(source, _day(name), here, store) for source in wanted}
    states = {source: state for source, state in found.items() if state is not None}
    if not states:
        raise UsageError(f"there is no version {name!r} of {', '.join(sorted(wanted))}: `peninsula kb versions` lists them")
    return states


def _day(name: str) -> date:
    try:
        return date.fromisoformat(name)
    except ValueError:
        raise UsageError(
            f"{name!r} is neither a file nor a version nor a day: give a path, a name of `peninsula kb versions`, "
            "a day such as 2026-03-12, 'shipped' or 'current'"
        ) from None


def _at(source: str, day: date, lists: Sequence[ListInForce], store: SnapshotStore) -> State | None:
    """Return the newest state of a list that is not after the day, whether it was fetched or shipped."""
    fetched = store.in_force_at(source, day)
    shipped = next((one.shipped for one in lists if one.source == source), None)
    shipped_day = date.fromisoformat(shipped.version) if shipped is not None else None
    if shipped is not None and shipped_day is not None and shipped_day <= day and (fetched is None or fetched.published < shipped_day):
        return _shipped(shipped)
    return _stored(fetched)


def _shipped(source: ListSource | None) -> State | None:
    if source is None:
        return None
    return State(f"shipped {source.version}", tuple(kept.record for kept in read_shipped(source)), extract=True)


def _stored(snapshot: Snapshot | None) -> State | None:
    return None if snapshot is None else State(snapshot.version, tuple(kept.record for kept in snapshot.read()))


def _read_paths(path: Path, sources: Sequence[PublishedList]) -> dict[str, State]:
    if path.suffix == ".jsonl":
        return _read_lines(path)
    return {source: _read_raw(path, raw) for source, raw in read_files([path], sources).items()}


def _read_raw(path: Path, raw: RawList) -> State:
    """Read the files of a list; a part of one is as good as the whole here, so its end is not asked for."""
    with TemporaryDirectory(prefix="peninsula-list-") as folder:
        files: dict[str, Path] = {}
        for file in raw.files:
            files[file.part] = Path(folder) / file.part
            files[file.part].write_bytes(file.data)
        return State(path.name, read_form(raw, files, complete=False).records)


def _read_lines(path: Path) -> dict[str, State]:
    found: dict[str, list[ListedRecord]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            record = from_json(json.loads(line))
        except (ListError, ValueError) as error:
            raise ListError(f"is no entry of a list: {error}", path=path, line=number) from error
        found.setdefault(record.source, []).append(record)
    return {source: State(path.name, tuple(records), extract=True) for source, records in found.items()}
