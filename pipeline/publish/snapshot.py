"""Snapshots: a folder of files that belong together, are checked before anyone sees them, and never change again."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp
from typing import Protocol

from models.filters import EventFilter, Sort
from models.findings import EventFound, Passage
from models.vocabulary import DefinedEnum
from pipeline.errors import AssertionFailed, ConfigurationError, StorageError, UsageError
from pipeline.publish.checks import CSV, DATABASE, count_rows, find_data_faults, find_file_faults, parquet_name
from pipeline.publish.codebook import make_codebook
from pipeline.publish.exploring import make_metadata
from pipeline.publish.flat_csv import encode_csv
from pipeline.publish.lines import as_line
from pipeline.publish.manifest import MANIFEST, Manifest, SnapshotPart, checksum, read_manifest
from pipeline.publish.papers import LICENCE, cite, make_citation_file, make_readme
from pipeline.publish.parquet import need_pyarrow, write_table
from pipeline.publish.snapshot_file import SnapshotFile, open_snapshot_file
from pipeline.publish.tables import TABLES
from pipeline.query import describe, filter_pairs

__all__ = ["LATEST", "SnapshotChange", "SnapshotSource", "find_snapshot", "list_snapshots", "make_snapshot", "verify_snapshot"]

LATEST = "latest"
"""The file that holds the name of the newest snapshot."""

CHANGES = "changes.jsonl"

_AT_ONCE = 500
"""Events whose passages are read at once."""

_VERSION = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d+)")

Watch = Callable[[Iterable[EventFound]], Iterable[EventFound]]

_log = logging.getLogger(__name__)


class SnapshotChange(DefinedEnum):
    """What became of an event since the snapshot before."""

    ADDED = "added", "It was not there."
    CHANGED = "changed", "Something that is said of it is other than it was."
    MERGED = "merged", "Another event stands for it."
    WITHDRAWN = "withdrawn", "No event in force has the id any more."
    LEFT = "left", "It is still in force, but the filter of the snapshot does not find it any more."


class SnapshotSource(Protocol):
    """What a snapshot is made from: `pipeline.query.Reader`."""

    @property
    def version(self) -> int:
        """The state of the database."""

    def stream(self, wanted: EventFilter, sort: Sort = ...) -> Iterator[EventFound]:
        """Yield the events that the filter finds."""

    def passages_of(self, event_ids: Iterable[str]) -> Mapping[str, tuple[Passage, ...]]:
        """Return by event the passages that tell it; events that are not in force are left out."""

    def event(self, event_id: str) -> EventFound | None:
        """Return the event in force with this id, or that stands for it."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is known of a snapshot before anything is read."""

    wanted: EventFilter
    version: str
    at: datetime
    previous: Manifest | None
    versions: Mapping[str, str]
    licence: str


def make_snapshot(
    reader: SnapshotSource,
    wanted: EventFilter,
    folder: Path,
    *,
    versions: Mapping[str, str],
    licence: str = LICENCE,
    at: datetime | None = None,
    watch: Watch = iter,
) -> tuple[Path, Manifest]:
    """Write a snapshot of all events that the filter finds into `folder`, under a name of its own; return where it is and what is in it.

    All is written beside the snapshots that are there, checked, and only then gets its name and becomes the latest. Raises AssertionFailed,
    with everything that is wrong, where a check fails or the database changed meanwhile: then nothing is published. Raises
    ConfigurationError without pyarrow and StorageError where the disk refuses.
    """
    need_pyarrow()
    moment = (at or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    partial: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        plan = _Plan(wanted, _next_version(folder, moment), moment, _previous(folder, wanted), versions, licence)
        partial = Path(mkdtemp(prefix=f".{plan.version}.", dir=folder))
        before = reader.version
        _write_data(reader, wanted, partial, watch)
        manifest = _write_papers(reader, plan, partial, folder)
        faults = [*find_data_faults(partial), *find_file_faults(partial, manifest)]
        if reader.version != before:
            faults.append("the database changed while it was read: run it again when no ingest is at work")
        if faults:
            raise AssertionFailed(f"nothing was published: {'; '.join(faults)}")
        return _publish(partial, folder, plan.version), manifest
    except (OSError, sqlite3.OperationalError) as error:
        raise StorageError(f"the snapshot cannot be written: {error}", path=folder) from error
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)


def _next_version(folder: Path, moment: datetime) -> str:
    day = moment.date().isoformat()
    numbers = [int(found[2]) for path in folder.iterdir() if (found := _VERSION.fullmatch(path.name)) and found[1] == day]
    return f"{day}.{max(numbers, default=0) + 1}"


def _previous(folder: Path, wanted: EventFilter) -> Manifest | None:
    """Return the newest snapshot of the same filter: one of another filter would make events seem new or gone."""
    pairs = tuple(filter_pairs(wanted))
    return next((manifest for _, manifest in reversed(list_snapshots(folder)) if manifest.filter == pairs), None)


# --- what is written ------------------------------------------------------------------------------------------------


def _write_data(reader: SnapshotSource, wanted: EventFilter, partial: Path, watch: Watch) -> None:
    """Write the tables and the CSV in one passage over the events, and then Parquet from the tables."""
    try:
        with SnapshotFile(partial / DATABASE) as tables, (partial / CSV).open("wb") as out:
            for block in encode_csv(_kept(watch(reader.stream(wanted)), reader, tables)):
                out.write(block)
    except sqlite3.IntegrityError as error:
        raise AssertionFailed(f"nothing was published: an id is there twice: {error}") from error
    for table in TABLES.values():
        write_table(partial / DATABASE, table, partial / parquet_name(table))


def _kept(events: Iterable[EventFound], reader: SnapshotSource, tables: SnapshotFile) -> Iterator[EventFound]:
    """Pass the events on, each written into the tables with its passages, which are read for some hundred events at once."""
    rest = iter(events)
    while portion := list(islice(rest, _AT_ONCE)):
        passages = reader.passages_of([event.id for event in portion])
        for event in portion:
            tables.add(event, passages.get(event.id, ()))
            yield event


def _write_papers(reader: SnapshotSource, plan: _Plan, partial: Path, folder: Path) -> Manifest:
    with closing(open_snapshot_file(partial / DATABASE)) as connection:
        rows = count_rows(connection)
        extractors = [version for (version,) in connection.execute("SELECT DISTINCT extractor_version FROM events ORDER BY 1")]
    changes = _write_changes(reader, partial, folder / plan.previous.version if plan.previous else None)
    about, citation = describe(plan.wanted), cite(plan.version, plan.at)
    papers = {
        "codebook.md": make_codebook(),
        "CITATION.cff": make_citation_file(plan.version, plan.at, plan.licence),
        "metadata.json": json.dumps(make_metadata(plan.version, about, plan.licence), ensure_ascii=False, indent=2) + "\n",
        "README.md": make_readme(plan.version, plan.at, about, rows, plan.licence, citation),
    }
    for name, text in papers.items():
        (partial / name).write_text(text, "utf-8")
    counted = {CSV: rows["events"], DATABASE: sum(rows.values()), CHANGES: sum(changes.values())}
    counted |= {parquet_name(table): rows[name] for name, table in TABLES.items()}
    manifest = Manifest(
        version=plan.version,
        created_at=plan.at,
        about=about,
        filter=tuple(filter_pairs(plan.wanted)),
        previous=plan.previous.version if plan.previous else None,
        rows=rows,
        changes=changes,
        files=tuple(_part(path, counted.get(path.name)) for path in sorted(partial.iterdir())),
        versions={**plan.versions, "extraction": " ".join(extractors)},
        licence=plan.licence,
        citation=citation,
    )
    (partial / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
    return manifest


def _part(path: Path, rows: int | None) -> SnapshotPart:
    return SnapshotPart(name=path.name, size=path.stat().st_size, sha256=checksum(path), rows=rows)


_COMPARED = """
SELECT 'added', n.id, NULL FROM events n WHERE NOT EXISTS (SELECT 1 FROM before.events o WHERE o.id = n.id)
UNION ALL
SELECT 'changed', n.id, NULL FROM events n JOIN before.events o ON o.id = n.id AND o.digest <> n.digest
UNION ALL
SELECT 'gone', o.id, m.event_id FROM before.events o LEFT JOIN merged m ON m.id = o.id
WHERE NOT EXISTS (SELECT 1 FROM events n WHERE n.id = o.id)
ORDER BY 2
"""


def _write_changes(reader: SnapshotSource, partial: Path, previous: Path | None) -> dict[str, int]:
    """Write what became of each event since the snapshot before, in order of the ids; return how many there are of each kind."""
    changes = dict.fromkeys((change.value for change in SnapshotChange), 0)
    with (partial / CHANGES).open("w", encoding="utf-8") as out:
        for change, event_id, into in _changes(reader, partial, previous) if previous else ():
            changes[change.value] += 1
            out.write(as_line({"change": change.value, "event_id": event_id, "into_event_id": into}))
    return changes


def _changes(reader: SnapshotSource, partial: Path, previous: Path) -> Iterator[tuple[SnapshotChange, str, str | None]]:
    with closing(open_snapshot_file(partial / DATABASE)) as connection:
        connection.execute("ATTACH ? AS before", (f"{(previous / DATABASE).resolve().as_uri()}?mode=ro&immutable=1",))
        for word, event_id, into in connection.execute(_COMPARED):
            yield _what_became(reader, event_id, into) if word == "gone" else (SnapshotChange(word), event_id, None)


def _what_became(reader: SnapshotSource, event_id: str, into: str | None) -> tuple[SnapshotChange, str, str | None]:
    """Return what became of an event that is not in the snapshot any more; one that it was merged into may not be in it either."""
    stands = reader.event(event_id) if into is None else None
    if into is not None or (stands is not None and stands.id != event_id):
        return SnapshotChange.MERGED, event_id, into or (stands.id if stands else None)
    return SnapshotChange.WITHDRAWN if stands is None else SnapshotChange.LEFT, event_id, None


# --- the folder of snapshots ----------------------------------------------------------------------------------------


def _publish(partial: Path, folder: Path, version: str) -> Path:
    partial.chmod(0o755)
    published = folder / version
    if published.exists():
        raise StorageError(f"another snapshot took the name {version} meanwhile: run it again", path=published)
    partial.rename(published)
    pointer = folder / f".{LATEST}.{os.getpid()}"
    pointer.write_text(f"{version}\n", "utf-8")
    pointer.replace(folder / LATEST)
    return published


def list_snapshots(folder: Path) -> list[tuple[Path, Manifest]]:
    """Return the snapshots of a folder with their manifests, oldest first; none where there is no such folder.

    One whose manifest is damaged is left out, and told in the log: it takes nothing from the others.
    """
    if not folder.is_dir():
        return []
    named = sorted((found[1], int(found[2]), path) for path in folder.iterdir() if (found := _VERSION.fullmatch(path.name)))
    return [(path, manifest) for _, _, path in named if (manifest := _read_if_whole(path)) is not None]


def _read_if_whole(path: Path) -> Manifest | None:
    try:
        return read_manifest(path)
    except (ConfigurationError, StorageError) as error:
        _log.warning("a snapshot is left out: %s; restore the folder from a copy, or remove it", error)
        return None


def find_snapshot(folder: Path, name: str | None = None) -> Path:
    """Return the folder of a snapshot: a path to one, or the name of one in `folder`; without a name, the latest.

    Raises UsageError where there is none.
    """
    if name is None:
        try:
            name = (folder / LATEST).read_text("utf-8").strip()
        except FileNotFoundError as error:
            raise UsageError(f"there is no snapshot in {folder} yet: make one with `peninsula snapshot`") from error
    for path in (folder / name, Path(name)):
        if (path / MANIFEST).is_file():
            return path
    raise UsageError(f"{name} is no snapshot: `peninsula snapshot --list` shows those that there are")


def verify_snapshot(path: Path) -> Manifest:
    """Check a snapshot as it was checked when it was made; return what it says of itself.

    Raises AssertionFailed with everything that is wrong, and ConfigurationError for what is no snapshot.
    """
    need_pyarrow()
    manifest = read_manifest(path)
    faults = find_file_faults(path, manifest)
    # Data of damaged files would only tell the same again.
    if faults := faults or find_data_faults(path):
        raise AssertionFailed(f"{path} is not what it was: {'; '.join(faults)}")
    return manifest
