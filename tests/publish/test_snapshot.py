"""Snapshots: whole, checked, the same bytes for the same data, and never half published."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.filters import EventFilter, Sort
from models.findings import EventFound, Passage
from models.vocabulary import Modality, ReviewStatus
from pipeline.errors import AssertionFailed, ConfigurationError, UsageError
from pipeline.publish.checks import DATABASE, find_data_faults
from pipeline.publish.manifest import MANIFEST, Manifest, checksum, read_manifest
from pipeline.publish.snapshot import LATEST, find_snapshot, list_snapshots, make_snapshot, verify_snapshot
from pipeline.publish.tables import TABLES
from pipeline.query import Reader, flatten, make_filter
from tests.publish.conftest import News

pq = pytest.importorskip("pyarrow.parquet")

AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

OF_A_MOMENT = {MANIFEST, "README.md", "CITATION.cff", "metadata.json", "changes.jsonl"}
"""Files that tell the version, the time or what was before; all others depend on the data alone."""

Ask = Callable[[], Reader]


def take(reader: Reader, folder: Path, *, at: datetime = AT, wanted: EventFilter | None = None) -> tuple[Path, Manifest]:
    return make_snapshot(reader, wanted or EventFilter(), folder, versions={"code": "0.1.0"}, at=at)


def changes(path: Path) -> list[tuple[str, str, str | None]]:
    read = [json.loads(line) for line in (path / "changes.jsonl").read_text().splitlines()]
    return [(line["change"], line["event_id"], line["into_event_id"]) for line in read]


def test_a_snapshot_holds_every_event_in_every_form(news: News, ask: Ask, tmp_path: Path) -> None:
    reader = ask()
    path, manifest = take(reader, tmp_path / "snapshots")
    events = list(reader.stream(EventFilter()))
    assert {event.id for event in events} == set(news.ids)
    assert (path.name, manifest.version, manifest.previous) == ("2026-11-22.1", "2026-11-22.1", None)
    assert (tmp_path / "snapshots" / LATEST).read_text() == "2026-11-22.1\n"
    with (path / "events.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["event_id"] for row in rows] == [event.id for event in events]
    assert [row["evidence"] for row in rows] == [flatten(event)["evidence"] for event in events]
    for name, table in TABLES.items():
        held = pq.read_table(path / f"{name}.parquet")
        assert held.column_names == [column.name for column in table.columns]
        assert held.num_rows == manifest.rows[name]
    assert manifest.rows["events"] == manifest.rows["passages"] == manifest.rows["articles"] == 3
    assert manifest.rows["parties"] == 6
    told = pq.read_table(path / "passages.parquet").to_pylist()
    for passage in told:
        (event,) = (one for one in events if one.id == passage["event_id"])
        (known,) = reader.passages(event.id)
        assert (passage["evidence"], passage["trigger"], passage["score"]) == (known.evidence, known.trigger, known.score)


def test_parquet_and_sqlite_hold_the_same(news: News, ask: Ask, tmp_path: Path) -> None:
    path, _ = take(ask(), tmp_path)
    with closing(sqlite3.connect(path / DATABASE)) as connection:
        for name, table in TABLES.items():
            rows = [list(row.values()) for row in pq.read_table(path / f"{name}.parquet").to_pylist()]
            plain = [[value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value for value in row] for row in rows]
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            assert [list(row) for row in connection.execute(f"SELECT {columns} FROM {name} ORDER BY rowid")] == plain


def test_the_manifest_names_every_file_with_its_checksum(news: News, ask: Ask, tmp_path: Path) -> None:
    path, manifest = take(ask(), tmp_path)
    assert read_manifest(path) == manifest
    assert {part.name for part in manifest.files} == {file.name for file in path.iterdir()} - {MANIFEST}
    assert all((part.sha256, part.size) == (checksum(path / part.name), (path / part.name).stat().st_size) for part in manifest.files)
    assert manifest.versions["extraction"]
    assert manifest.licence in (path / "README.md").read_text()
    assert manifest.version in (path / "CITATION.cff").read_text()
    assert manifest.citation in (path / "README.md").read_text()


def test_the_same_data_give_the_same_bytes(news: News, ask: Ask, tmp_path: Path) -> None:
    (first, one), (second, other) = take(ask(), tmp_path), take(ask(), tmp_path, at=LATER)
    assert (one.version, other.version, other.previous) == ("2026-11-22.1", "2026-11-23.1", "2026-11-22.1")
    assert {file.name for file in first.iterdir()} == {file.name for file in second.iterdir()}
    same = {file.name for file in first.iterdir() if file.read_bytes() == (second / file.name).read_bytes()}
    assert {file.name for file in first.iterdir()} - same <= OF_A_MOMENT
    assert changes(second) == []


def test_a_second_snapshot_of_a_day_counts_on(news: News, ask: Ask, tmp_path: Path) -> None:
    versions = [take(ask(), tmp_path)[1].version for _ in range(2)]
    assert versions == ["2026-11-22.1", "2026-11-22.2"]
    assert [manifest.version for _, manifest in list_snapshots(tmp_path)] == versions
    assert find_snapshot(tmp_path) == tmp_path / "2026-11-22.2"
    assert find_snapshot(tmp_path, "2026-11-22.1") == tmp_path / "2026-11-22.1"


def test_changes_tell_what_became_of_each_event(news: News, ask: Ask, tmp_path: Path) -> None:
    one, two, three = news.ids
    news.change(three, modality=Modality.DENIED)
    news.index()
    asserted = make_filter(modality="asserted")
    take(ask(), tmp_path, wanted=asserted)
    news.merge(two, one)
    news.change(three, modality=Modality.ASSERTED)
    news.index()
    second, manifest = take(ask(), tmp_path, at=LATER, wanted=asserted)
    assert set(changes(second)) == {("changed", one, None), ("merged", two, one), ("added", three, None)}
    for told in (one, two):  # an editor rejects an event with all that it stands for
        news.change(told, status=ReviewStatus.REJECTED)
    news.change(three, deleted_at=AT)
    news.index()
    third, manifest = take(ask(), tmp_path, at=LATER, wanted=asserted)
    assert set(changes(third)) == {("left", one, None), ("withdrawn", three, None)}
    assert manifest.changes == {"added": 0, "changed": 0, "merged": 0, "withdrawn": 1, "left": 1}
    assert manifest.rows["events"] == 0


def test_changes_are_counted_from_a_snapshot_of_the_same_filter(news: News, ask: Ask, tmp_path: Path) -> None:
    take(ask(), tmp_path)
    _, manifest = take(ask(), tmp_path, at=LATER, wanted=make_filter(type="SANCTION"))
    assert (manifest.previous, sum(manifest.changes.values())) == (None, 0)
    assert manifest.filter == (("type", "SANCTION"),)
    assert "SANCTION" in manifest.about


# --- what is wrong is not published --------------------------------------------------------------------------------------


class Spoilt:
    """A reader whose answers were spoilt on their way."""

    def __init__(self, reader: Reader, spoil: Callable[[tuple[Passage, ...]], tuple[Passage, ...]]) -> None:
        self.reader, self.spoil = reader, spoil

    @property
    def version(self) -> int:
        return self.reader.version

    def stream(self, wanted: EventFilter, sort: Sort = Sort.NEWEST) -> Iterator[EventFound]:
        return self.reader.stream(wanted, sort)

    def passages_of(self, event_ids: Iterable[str]) -> dict[str, tuple[Passage, ...]]:
        return {ident: self.spoil(passages) for ident, passages in self.reader.passages_of(event_ids).items()}

    def event(self, event_id: str) -> EventFound | None:
        return self.reader.event(event_id)


def moved(passages: tuple[Passage, ...]) -> tuple[Passage, ...]:
    return tuple(replace(passage, trigger_start=passage.trigger_start + 1, trigger_end=passage.trigger_end + 1) for passage in passages)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda passages: (), "3 events without a passage"),
        (moved, "trigger does not stand in the evidence"),
        (lambda passages: passages * 2, "twice"),
    ],
    ids=["missing", "moved", "doubled"],
)
def test_a_failed_check_publishes_nothing(
    news: News, ask: Ask, tmp_path: Path, spoil: Callable[[tuple[Passage, ...]], tuple[Passage, ...]], told: str
) -> None:
    folder = tmp_path / "snapshots"
    before, _ = take(ask(), folder)
    with pytest.raises(AssertionFailed, match=f"nothing was published.*{told}") as failed:
        make_snapshot(Spoilt(ask(), spoil), EventFilter(), folder, versions={}, at=LATER)
    assert failed.value.exit_code == 4
    assert {file.name for file in folder.iterdir()} == {before.name, LATEST}
    assert find_snapshot(folder) == before


def test_a_database_that_changes_meanwhile_is_not_published(news: News, ask: Ask, tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"

    def while_reading(events: Iterator[EventFound]) -> Iterator[EventFound]:
        held = list(events)
        news.index()
        return iter(held)

    with pytest.raises(AssertionFailed, match="changed while it was read"):
        make_snapshot(ask(), EventFilter(), folder, versions={}, at=AT, watch=while_reading)
    assert list(folder.iterdir()) == []


@pytest.fixture
def published(published_snapshot: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published_snapshot, tmp_path / "2026-11-22.1"))


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE events SET modality = 'certain'", "values of events.modality that are none of its codes: certain"),
        ("UPDATE events SET subtype = 'nuke'", "subtypes that their type does not have: SANCTION/nuke"),
        ("UPDATE events SET score = 1.5", "3 scores outside 0 to 1"),
        ("DELETE FROM articles", "refer to rows of articles that are not there"),
        ("DELETE FROM passages WHERE rowid = 1", "passages.parquet has 3 rows, its table 2"),
        ("UPDATE passages SET evidence = evidence || '!'", "evidence has another length"),
        ("INSERT INTO merged SELECT id, id FROM events", "events of their own as well"),
    ],
)
def test_every_check_finds_what_it_is_there_for(published: Path, statement: str, told: str) -> None:
    assert find_data_faults(published) == []
    with closing(sqlite3.connect(published / DATABASE)) as connection, connection:
        connection.execute(statement)
    assert any(told in fault for fault in find_data_faults(published))


def test_verifying_finds_damage(published: Path) -> None:
    assert verify_snapshot(published).version == "2026-11-22.1"
    (published / "events.csv").write_bytes((published / "events.csv").read_bytes().replace(b"Tuesday", b"tuesday"))
    (published / "codebook.md").unlink()
    (published / "notes.txt").write_text("mine")
    with pytest.raises(AssertionFailed) as failed:
        verify_snapshot(published)
    for told in ("events.csv has another checksum", "codebook.md is missing", "notes.txt is not in the manifest"):
        assert told in str(failed.value)


def test_what_is_no_snapshot_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is no snapshot"):
        verify_snapshot(tmp_path)
    with pytest.raises(UsageError, match="there is no snapshot in"):
        find_snapshot(tmp_path)
    with pytest.raises(UsageError, match=r"2020-01-01\.1 is no snapshot"):
        find_snapshot(tmp_path, "2020-01-01.1")
    (tmp_path / MANIFEST).write_text('{"version": 1}')
    with pytest.raises(ConfigurationError, match="not what a snapshot says of itself"):
        read_manifest(tmp_path)


def test_a_damaged_manifest_is_told_and_takes_nothing_from_other_snapshots(
    news: News, ask: Ask, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, _ = take(ask(), tmp_path)
    second, _ = take(ask(), tmp_path, at=LATER)
    (second / MANIFEST).write_text('{"version": ')
    third, manifest = take(ask(), tmp_path, at=LATER)
    assert manifest.previous == first.name
    assert [path for path, _ in list_snapshots(tmp_path)] == [first, third]
    assert str(second) in caplog.text
