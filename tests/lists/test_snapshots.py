from __future__ import annotations

import hashlib
import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigurationError, ListError, LockHeld
from pipeline.lists import refresh as refreshing
from pipeline.lists import snapshots
from pipeline.lists.changes import KeptRecord, carry_on, compare_records, record_key, status_on
from pipeline.lists.record import ListedRecord
from pipeline.lists.refresh import Base
from pipeline.lists.snapshots import SnapshotStore
from tests.lists.snapshot_builders import DAYS, END, NOW, OFAC, fill, make_rows, refresh, rows_of

SIX = tuple((number, f"KIM, Number{number}") for number in range(1, 7))


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    return SnapshotStore(tmp_path / "lists")


def versions(store: SnapshotStore) -> list[str]:
    return [one.version for one in store.versions(OFAC)]


def files_under(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "refresh.lock"
    }


# --- versions and what changed ---


def test_five_versions_of_the_real_list_tell_what_changed_between_them(store: SnapshotStore) -> None:
    outcomes = fill(store)
    assert [(one.diff["added"], one.diff["removed"], one.diff["changed"]) for one in outcomes] == [
        (4, 0, 0),
        (3, 0, 1),
        (3, 0, 0),
        (3, 1, 0),
        (3, 1, 0),
    ]
    assert [one.records for one in outcomes] == [4, 7, 10, 12, 14]
    assert [version[:8] for version in versions(store)] == [day.replace("-", "") for day in DAYS]


def test_entries_that_are_gone_stay_explainable(store: SnapshotStore) -> None:
    fill(store)
    current = store.current(OFAC)
    assert current is not None
    kept = {one.record.name: one for one in current.read()}
    huish, jewel = kept["HUISH, Irina Igorevna"], kept["JW JEWEL"]
    assert (huish.record.delisted, huish.record.delisted_on) == (True, date(2023, 12, 28))
    assert (huish.seen_on, huish.kept_on) == (date(2021, 8, 18), date(2023, 1, 31))
    assert (jewel.record.delisted_on, jewel.kept_on) == (date(2024, 5, 3), date(2023, 12, 28))
    assert not kept["RI, Yong Gil"].record.delisted
    assert (current.records, len(kept)) == (14, 16)


def test_the_manifest_tells_where_a_version_comes_from(store: SnapshotStore) -> None:
    fill(store)
    current = store.current(OFAC)
    assert current is not None
    manifest = json.loads((current.path / "manifest.json").read_text(encoding="utf-8"))
    raw = rows_of(DAYS[-1])
    assert manifest["files"]["sdn"] == {"url": "sdn.csv", "file": "sdn.gz", "sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)}
    assert (manifest["published_at"], manifest["published_from"], manifest["fetched_at"]) == ("2024-05-03", "file name", NOW.isoformat())
    assert manifest["records_sha256"] == hashlib.sha256((current.path / "records.jsonl").read_bytes()).hexdigest()
    assert (manifest["records"], manifest["relevant"]) == (14, 16)
    assert manifest["faults"] == 1, "the remarks of one entry go on in a file that is not here"
    assert manifest["previous"] == versions(store)[-2]
    assert manifest["diff"] == {"added": 3, "removed": 1, "changed": 0}


def test_what_concerns_the_dprk_stands_first_and_can_be_read_alone(store: SnapshotStore) -> None:
    others = make_rows((1, "PETROV, Ivan"), (2, "SOTO, Juan"), program="SDGT", remarks="nationality Cuba.")
    refresh(store, others.removesuffix(END) + make_rows((3, "RI, Yong Gil")), "2024-01-01")
    current = store.current(OFAC)
    assert current is not None
    assert [one.record.name for one in current.read(relevant=True)] == ["RI, Yong Gil"]
    assert [one.record.source_id for one in current.read()] == ["3", "1", "2"]


def test_the_same_files_make_no_new_version(store: SnapshotStore, tmp_path: Path) -> None:
    refresh(store, rows_of(DAYS[0]), DAYS[0])
    before = files_under(tmp_path)
    again = refresh(store, rows_of(DAYS[0]), "2021-09-01")
    assert (again.state, again.published.isoformat()) == ("unchanged", DAYS[0])
    assert files_under(tmp_path) == before


def test_a_publisher_that_has_nothing_newer_confirms_the_version(store: SnapshotStore) -> None:
    refresh(store, rows_of(DAYS[0]), DAYS[0])
    assert store.confirmed(OFAC) is None
    refresh(store, rows_of(DAYS[0]), DAYS[0], fetched=True)
    assert store.confirmed(OFAC) == NOW.date()


def test_a_newer_reader_makes_the_version_anew(store: SnapshotStore, monkeypatch: pytest.MonkeyPatch) -> None:
    refresh(store, rows_of(DAYS[0]), DAYS[0])
    monkeypatch.setattr(refreshing, "LOADER_VERSION", "next")
    assert refresh(store, rows_of(DAYS[0]), DAYS[0]).state == "stored"
    assert len(versions(store)) == 2


def test_an_entry_that_comes_back_is_listed_again(store: SnapshotStore) -> None:
    for day, entries in (("2024-01-01", SIX), ("2024-02-01", SIX[1:]), ("2024-03-01", SIX)):
        refresh(store, make_rows(*entries), day, force=True)
    current = store.current(OFAC)
    assert current is not None
    first = next(one for one in current.read() if one.record.source_id == "1")
    assert (first.record.delisted, first.seen_on, first.absent_on) == (False, date(2024, 3, 1), date(2024, 2, 1))


# --- what is refused ---

GOOD = make_rows(*SIX)


@pytest.mark.parametrize(
    ("data", "day", "message"),
    [
        pytest.param(b"", "2024-02-01", r"sdn\.csv: is empty", id="empty"),
        pytest.param(b"<!DOCTYPE html><html><body>Sorry</body></html>", "2024-02-01", r"sdn\.csv: .*an HTML page", id="a web page"),
        pytest.param(GOOD[: GOOD.index(b"Number5")], "2024-02-01", r"sdn\.csv.*is cut", id="cut"),
        pytest.param(make_rows(*SIX[:2]), "2024-02-01", "2 entries where at least 3 are expected", id="too few"),
        pytest.param(make_rows(*SIX[:5]), "2024-02-01", r"5 entries, 17% fewer than the 6 of 20240101-", id="shrunk"),
        pytest.param(make_rows(*SIX, (7, "RI, Il")), "2023-12-31", "is of 2023-12-31, older than 20240101-", id="older"),
    ],
)
def test_a_list_that_cannot_be_right_is_refused_and_the_last_one_stays(
    store: SnapshotStore, tmp_path: Path, data: bytes, day: str, message: str
) -> None:
    refresh(store, GOOD, "2024-01-01")
    before = files_under(tmp_path)
    with pytest.raises(ListError, match=message):
        refresh(store, data, day)
    assert files_under(tmp_path) == before


def test_force_takes_what_is_smaller_and_what_is_older(store: SnapshotStore) -> None:
    refresh(store, GOOD, "2024-01-01")
    assert refresh(store, make_rows(*SIX[:2]), "2024-02-01", force=True).records == 2
    older = refresh(store, make_rows(*SIX[:4]), "2023-01-01", force=True)
    assert older.diff == {"added": 4, "removed": 0, "changed": 0}
    current = store.current(OFAC)
    assert current is not None
    assert current.published == date(2023, 1, 1)
    assert not [one for one in current.read() if one.record.delisted]


def test_a_shrink_within_the_limit_is_believed(store: SnapshotStore) -> None:
    many = tuple((number, f"KIM, Number{number}") for number in range(1, 21))
    refresh(store, make_rows(*many), "2024-01-01")
    assert refresh(store, make_rows(*many[:18]), "2024-02-01").diff["removed"] == 2


def test_an_entry_that_stands_twice_is_told_and_kept_once(store: SnapshotStore) -> None:
    outcome = refresh(store, make_rows(*SIX, (1, "KIM, Again")), "2024-01-01")
    assert outcome.records == 6
    assert len(outcome.faults) == 1
    assert "1" in outcome.faults[0]


def test_faults_name_the_file_as_it_was_given(store: SnapshotStore) -> None:
    outcome = refresh(store, make_rows(*SIX).removesuffix(END) + b"seven,RI\r\n" + END, "2024-01-01")
    assert [fault.split(": ")[0] for fault in outcome.faults] == ["sdn.csv:7"]


def test_a_dry_run_tells_what_would_be_and_writes_nothing(tmp_path: Path) -> None:
    source_store = SnapshotStore(tmp_path / "lists")
    refresh(source_store, GOOD, "2024-01-01")
    before = files_under(tmp_path)
    outcome = refresh(source_store, make_rows(*SIX, (7, "RI, Il")), "2024-02-01", dry_run=True)
    assert (outcome.state, outcome.diff["added"]) == ("would be stored", 1)
    assert files_under(tmp_path) == before


# --- what is killed ---


class Killed(BaseException):
    """Ends a refresh as a signal would."""


def die(*_arguments: object, **_named: object) -> None:
    raise Killed


STEPS = (
    "before the raw file",
    "before the entries",
    "before the manifest",
    "before the folder has its name",
    "before it is in force",
    "while it is put in force",
)


@pytest.mark.parametrize("step", STEPS)
def test_a_refresh_that_is_killed_leaves_the_last_version_in_force_and_can_be_repeated(
    store: SnapshotStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    refresh(store, GOOD, "2024-01-01")
    first = store.current(OFAC)
    with monkeypatch.context() as patch:
        if step == "before the raw file":
            patch.setattr(snapshots.Draft, "put_raw", die)
        elif step == "before the entries":
            patch.setattr(refreshing, "write_records", die)
        elif step == "before the manifest":
            patch.setattr(snapshots.SnapshotStore, "store", die)
        elif step == "before the folder has its name":
            patch.setattr(Path, "rename", die)
        elif step == "before it is in force":
            patch.setattr(snapshots, "_replace", die)
        else:
            patch.setattr(Path, "replace", die)
        # A kill leaves no time to clear up.
        patch.setattr(shutil, "rmtree", lambda *_arguments, **_named: None)
        with pytest.raises(Killed):
            refresh(store, make_rows(*SIX, (7, "RI, Il")), "2024-02-01")
    assert store.current(OFAC) == first
    assert first is not None
    assert len(first.read()) == 6
    done = refresh(store, make_rows(*SIX, (7, "RI, Il")), "2024-02-01")
    current = store.current(OFAC)
    assert current is not None
    assert (done.state, current.version, len(current.read())) == ("stored", done.version, 7)
    assert [path for path in (tmp_path / "lists" / OFAC).iterdir() if path.name.startswith(".")] == []


def test_half_written_versions_are_no_versions(store: SnapshotStore, tmp_path: Path) -> None:
    refresh(store, GOOD, "2024-01-01")
    for name in (".incoming-abc", "20250101-0123abcd"):
        folder = tmp_path / "lists" / OFAC / name
        folder.mkdir()
        (folder / "records.jsonl").write_text("half", encoding="utf-8")
    assert len(versions(store)) == 1


def test_two_refreshes_at_once_are_one_too_many(store: SnapshotStore, tmp_path: Path) -> None:
    with store.lock(), pytest.raises(LockHeld, match="another refresh is at work"), SnapshotStore(tmp_path / "lists").lock():
        pass


def test_a_version_that_someone_changed_is_told(store: SnapshotStore) -> None:
    refresh(store, GOOD, "2024-01-01")
    current = store.current(OFAC)
    assert current is not None
    with (current.path / "records.jsonl").open("a", encoding="utf-8") as file:
        file.write("{}\n")
    with pytest.raises(ConfigurationError, match=r"records\.jsonl: is not the file of its manifest"):
        current.read()


def test_a_version_in_force_that_is_gone_is_told(store: SnapshotStore) -> None:
    refresh(store, GOOD, "2024-01-01")
    current = store.current(OFAC)
    assert current is not None
    shutil.rmtree(current.path)
    with pytest.raises(ConfigurationError, match="which is not there: run `peninsula kb refresh --source us_ofac_sdn`"):
        store.current(OFAC)


# --- the shipped list as the first version ---


def test_the_first_version_is_compared_with_the_shipped_list_in_what_concerns_the_dprk(store: SnapshotStore) -> None:
    def shipped(source_id: str | None, name: str) -> KeptRecord:
        record = ListedRecord(OFAC, source_id, "Person", name, programs=("DPRK2",))
        return KeptRecord(record, seen_on=date(2024, 1, 1), kept_on=date(2024, 1, 1))

    base = Base(
        "shipped", date(2024, 1, 1), (shipped("1", "KIM, Number1"), shipped(None, "KIM, Number2"), shipped("9", "RI, Gone")), complete=False
    )
    strangers = make_rows((50, "PETROV, Ivan"), program="SDGT", remarks="nationality Cuba.").removesuffix(END)
    outcome = refresh(store, strangers + make_rows(*SIX[:3]), "2024-02-01", shipped=base)
    assert outcome.diff == {"added": 2, "removed": 2, "changed": 0}
    current = store.current(OFAC)
    assert current is not None
    kept = {one.record.name: one for one in current.read()}
    assert kept["RI, Gone"].record.delisted_on == date(2024, 2, 1)
    assert kept["KIM, Number2"].record.source_id == "2"
    assert kept["KIM, Number2"].seen_on == date(2024, 1, 1)
    assert kept["PETROV, Ivan"].absent_on is None


def test_a_shipped_list_that_is_newer_is_not_compared_with(store: SnapshotStore) -> None:
    gone = KeptRecord(ListedRecord(OFAC, "9", "Person", "RI, Gone"))
    outcome = refresh(store, GOOD, "2024-02-01", shipped=Base("shipped", date(2025, 1, 1), (gone,), complete=False))
    assert outcome.diff == {"added": 6, "removed": 0, "changed": 0}


# --- when was it listed ---

D = date
JANUARY, MARCH, MAY = D(2024, 1, 1), D(2024, 3, 1), D(2024, 5, 1)


def kept(seen: date | None = None, absent: date | None = None, last: date | None = None, **record: object) -> KeptRecord:
    return KeptRecord(ListedRecord(OFAC, "1", "Person", "RI, Il", **record), seen, absent, last)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "day", "status"),
    [
        (kept(listed_on=MARCH), D(2024, 2, 29), "not yet listed"),
        (kept(listed_on=MARCH), MARCH, "listed"),
        (kept(seen=MARCH), MARCH, "listed"),
        (kept(seen=MARCH), JANUARY, "unknown"),
        (kept(seen=MARCH, absent=JANUARY), JANUARY, "not yet listed"),
        (kept(seen=MARCH, absent=JANUARY), D(2024, 2, 1), "unknown"),
        (kept(), MARCH, "unknown"),
        (kept(seen=JANUARY, last=MARCH, delisted=True, delisted_on=MAY), MAY, "delisted"),
        (kept(seen=JANUARY, last=MARCH, delisted=True, delisted_on=MAY), D(2024, 4, 1), "unknown"),
        (kept(seen=JANUARY, last=MARCH, delisted=True, delisted_on=MAY), MARCH, "listed"),
        (kept(seen=JANUARY, last=MARCH, listed_on=D(2023, 6, 1), delisted=True, delisted_on=MAY), D(2023, 5, 1), "not yet listed"),
        (kept(delisted=True), D(2026, 12, 1), "delisted"),
        (kept(delisted=True), MARCH, "unknown"),
    ],
    ids=lambda value: value.isoformat() if isinstance(value, date) else value if isinstance(value, str) else "entry",
)
def test_whether_an_entry_was_listed_on_a_day_is_told_only_where_it_is_known(one: KeptRecord, day: date, status: str) -> None:
    assert status_on(one, day, list_day=D(2026, 3, 12))[0] == status


def make(identifiers: set[int]) -> list[ListedRecord]:
    return [ListedRecord(OFAC, str(number), "Person", f"RI, Number{number}") for number in sorted(identifiers)]


IDS = st.sets(st.integers(1, 12), max_size=12)


@given(st.lists(IDS, min_size=1, max_size=5))
def test_no_entry_is_ever_lost_and_what_is_listed_is_what_the_newest_list_has(history: list[set[int]]) -> None:
    known: tuple[KeptRecord, ...] = ()
    day = None
    for number, identifiers in enumerate(history, start=1):
        known, day = carry_on(known, make(identifiers), day=date(2024, number, 1), base_day=day), date(2024, number, 1)
    assert {record_key(one.record) for one in known} == {str(number) for number in set().union(*history)}
    assert {record_key(one.record) for one in known if not one.record.delisted} == {str(number) for number in history[-1]}


@given(IDS, IDS)
def test_added_and_removed_turn_one_version_into_the_other(before: set[int], after: set[int]) -> None:
    diff = compare_records(make(before), make(after))
    added, removed = ({record_key(record) for record in records} for records in (diff.added, diff.removed))
    assert {str(number) for number in before} - removed | added == {str(number) for number in after}
    assert not diff.changed


def test_the_order_of_aliases_is_no_change() -> None:
    one = ListedRecord(OFAC, "1", "Person", "RI, Il", programs=("A", "B"))
    other = ListedRecord(OFAC, "1", "Person", "RI, Il", programs=("B", "A"))
    assert not compare_records([one], [other]).changed
