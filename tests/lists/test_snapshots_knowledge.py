from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from models.knowledge import Knowledge
from pipeline.errors import ConfigurationError
from pipeline.kb.in_force import find_lists, read_shipped
from pipeline.kb.load import load_knowledge
from pipeline.kb.lookup import Finding, Lookup
from pipeline.kb.versions import compare_states, find_states
from pipeline.lists.snapshots import SnapshotStore
from pipeline.settings import ROOT
from tests.kb.conftest import Folder, person
from tests.lists.snapshot_builders import DAYS, END, OFAC, fill, make_rows, make_source, refresh, rows_of
from tests.shipped import knowledge

KB = ROOT / "data" / "kb"
PERSONS = "id\tcountry\tname\tnames_ko\tlistings\tsource\n"
KOREAN = "entry\tnames_ko\tsource\n"
JOINS = "first\tsecond\tsource\n"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "kb").mkdir()
    return Folder(tmp_path / "kb")


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    return SnapshotStore(tmp_path / "lists")


def load(tmp_path: Path) -> Knowledge:
    return load_knowledge(tmp_path / "kb", tmp_path / "lists")


# --- which version counts ---


def test_without_fetched_lists_everything_is_as_shipped(tmp_path: Path) -> None:
    assert load_knowledge(KB, tmp_path / "nothing here") == load_knowledge(KB)


def test_the_thresholds_of_the_sources_are_no_facts(folder: Folder, tmp_path: Path) -> None:
    before = load(tmp_path).version
    folder.write("sources.yaml", "sources: []\n")
    assert load(tmp_path).version == before


@pytest.mark.parametrize(("day", "counts"), [("2026-03-11", False), ("2026-03-12", True), ("2026-04-01", True)])
def test_the_newer_of_shipped_and_fetched_counts(folder: Folder, store: SnapshotStore, tmp_path: Path, day: str, counts: bool) -> None:
    folder.write_lists(us_ofac_sdn=[person(OFAC, "1", "RYU, Jin")])
    shipped = load(tmp_path)
    refresh(store, make_rows((1, "RYU, Jin"), (2, "RI, Il"), (3, "PAK, Sam")), day)
    now = load(tmp_path)
    assert ("kb:ofac-2" in now.entities) is counts
    assert (now.version != shipped.version) is counts
    assert now.list_versions[OFAC] == (store.versions(OFAC)[0].version if counts else "2026-03-12")


def test_only_entries_that_concern_the_dprk_become_known(folder: Folder, store: SnapshotStore, tmp_path: Path) -> None:
    others = make_rows((1, "PETROV, Ivan"), (2, "SOTO, Juan"), program="SDGT", remarks="nationality Cuba.").removesuffix(END)
    refresh(store, others + make_rows((3, "RI, Il")), "2026-04-01")
    entity = load(tmp_path).entities["kb:ofac-3"]
    assert entity.listings[0].list_version == "2026-04-01"
    assert {"kb:ofac-1", "kb:ofac-2"}.isdisjoint(load(tmp_path).entities)


def test_curated_rows_follow_an_entry_that_got_an_id(folder: Folder, store: SnapshotStore, tmp_path: Path) -> None:
    folder.write_lists(us_ofac_sdn=[person(OFAC, None, "KIM, Myong Jin")])
    folder.write("persons.tsv", PERSONS + "kb:per-kim\tKP\tKim Myong Jin\t\tus_ofac_sdn:KIM, Myong Jin\ttest\n")
    folder.write("listed_names_ko.tsv", KOREAN + "us_ofac_sdn:KIM, Myong Jin\t김명진\ttest\n")
    refresh(store, make_rows((7, "KIM, Myong Jin"), (8, "RI, Il"), (9, "PAK, Sam")), "2026-04-01")
    entity = load(tmp_path).entities["kb:per-kim"]
    assert [listing.entry for listing in entity.listings] == ["us_ofac_sdn:7"]
    assert "김명진" in [alias.text for alias in entity.aliases]


def test_curated_rows_of_an_entry_that_a_newer_list_no_longer_has_do_not_stop_the_load(
    folder: Folder, store: SnapshotStore, tmp_path: Path
) -> None:
    folder.write_lists(us_ofac_sdn=[person(OFAC, "1", "RYU, Jin")], un_sc_sanctions=[person("un_sc_sanctions", "KPi.1", "RYU JIN")])
    folder.write("persons.tsv", PERSONS + "kb:per-ryu\tKP\tRyu Jin\t\tus_ofac_sdn:1\ttest\n")
    folder.write("joins.tsv", JOINS + "us_ofac_sdn:1\tun_sc_sanctions:KPi.1\ttest\n")
    refresh(store, make_rows((7, "KIM, Il"), (8, "RI, Il"), (9, "PAK, Sam")), "2026-04-01")
    entities = load(tmp_path).entities
    assert entities["kb:per-ryu"].listings == ()
    assert "kb:un-kpi.1" in entities


def test_a_list_that_is_not_shipped_is_known_once_it_was_fetched(folder: Folder, store: SnapshotStore, tmp_path: Path) -> None:
    refresh(store, make_rows((1, "RYU, Jin"), (2, "RI, Il"), (3, "PAK, Sam")), "2024-04-01")
    assert load(tmp_path).list_versions == {OFAC: store.versions(OFAC)[0].version}


def test_a_fetched_list_that_was_damaged_is_told(folder: Folder, store: SnapshotStore, tmp_path: Path) -> None:
    refresh(store, make_rows((1, "RYU, Jin"), (2, "RI, Il"), (3, "PAK, Sam")), "2026-04-01")
    (store.versions(OFAC)[0].path / "records.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"records\.jsonl: is not the file of its manifest"):
        load(tmp_path)


def test_an_entry_that_is_gone_is_known_as_delisted_with_the_day(folder: Folder, store: SnapshotStore, tmp_path: Path) -> None:
    fill(store)
    listing = load(tmp_path).entities["kb:ofac-25690"].listings[0]
    assert (listing.name, listing.delisted, listing.delisted_on) == ("JW JEWEL", True, date(2024, 5, 3))


@pytest.mark.parametrize(
    ("copied", "seen"), [("2024-05-03", "2024-05-03"), ("2025-05", "2025-05-31"), ("2024-12", "2024-12-31"), ("2026", "2026-03-12")]
)
def test_a_shipped_entry_was_seen_by_the_end_of_the_time_of_its_copy(folder: Folder, copied: str, seen: str) -> None:
    folder.write_lists(us_ofac_sdn=[person(OFAC, "1", "RYU, Jin", snapshot=copied)])
    (one,) = find_lists(folder.path, None)
    assert one.shipped is not None
    assert [kept.seen_on for kept in read_shipped(one.shipped)] == [date.fromisoformat(seen)]


# --- two states ---


def test_days_files_and_versions_name_states_of_a_list(folder: Folder, store: SnapshotStore, tmp_path: Path) -> None:
    folder.write_lists(us_ofac_sdn=[person(OFAC, "25690", "JW JEWEL")])
    fill(store)
    (tmp_path / "sdn.csv").write_bytes(rows_of(DAYS[0]).removesuffix(END))
    lists, sources = find_lists(folder.path, tmp_path / "lists"), (make_source(),)

    def count(name: str) -> int:
        return len([record for record in find_states(name, lists=lists, store=store, sources=sources)[OFAC].records if not record.delisted])

    last = store.versions(OFAC)[-1].version
    names = ("2021-12-31", "2023-12-28", last, str(tmp_path / "sdn.csv"), "2026-12-31", "shipped", "current")
    assert [count(name) for name in names] == [4, 12, 14, 4, 1, 1, 1]


def test_a_whole_list_and_an_extract_are_compared_in_what_concerns_the_dprk(folder: Folder, store: SnapshotStore, tmp_path: Path) -> None:
    folder.write_lists(us_ofac_sdn=[person(OFAC, "1", "RYU, Jin", programs=["DPRK2"]), person(OFAC, "2", "RI, Il", programs=["DPRK4"])])
    others = make_rows((50, "PETROV, Ivan"), program="SDGT", remarks="nationality Cuba.").removesuffix(END)
    refresh(store, others + make_rows((2, "RI, Il"), (3, "PAK, Sam")), "2026-04-01")
    lists, sources = find_lists(folder.path, tmp_path / "lists"), (make_source(),)
    shipped, fetched = (find_states(name, lists=lists, store=store, sources=sources)[OFAC] for name in ("shipped", "current"))
    there, back = compare_states(shipped, fetched), compare_states(fetched, shipped)
    assert [record.name for record in there.added] == [record.name for record in back.removed] == ["PAK, Sam"]
    assert [record.name for record in there.removed] == [record.name for record in back.added] == ["RYU, Jin"]
    assert [(change.fields, change.before.programs) for change in there.changed] == [(("programs",), ("DPRK4",))]
    assert [change.before.programs for change in back.changed] == [("DPRK2",)]


# --- looking up ---


@pytest.fixture(scope="module")
def shipped() -> Lookup:
    return Lookup(knowledge(), find_lists(KB, None))


def entries(found: tuple[Finding, ...]) -> dict[str | None, str]:
    return {entry.listing.entry: entry.status for one in found for entry in one.entries}


@pytest.mark.parametrize(
    "name",
    ["U Yong Su", "Woo Yong-su", "WOO YONGSU", "우영수", "U, Yong Su", "Yong-su Woo", "us_ofac_sdn:56045", "kb:ofac-56045"],
)
def test_a_person_is_found_in_any_script_and_spelling(shipped: Lookup, name: str) -> None:
    assert "us_ofac_sdn:56045" in entries(shipped.find(name))


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("Ho Chong Son", "us_ofac_sdn:55197"),
        ("허정선", "us_ofac_sdn:55197"),
        ("KOMID", "us_ofac_sdn:9345"),
        ("KOMID", "un_sc_sanctions:KPe.001"),
        ("Korea Mangyongdae Computer Technology Company", "us_ofac_sdn:56044"),
        ("Tornado Cash", "us_ofac_sdn:39796"),
        ("IMO 8405311", "us_ofac_sdn:23733"),
        ("8405311", "us_ofac_sdn:23733"),
        ("SAM JONG 1", "us_ofac_sdn:23733"),
    ],
)
def test_bodies_ships_and_numbers_are_found(shipped: Lookup, name: str, entry: str) -> None:
    assert entry in entries(shipped.find(name))


def test_a_name_is_not_taken_for_an_address_that_looks_like_it(folder: Folder, tmp_path: Path) -> None:
    folder.write_lists(
        us_ofac_sdn=[person(OFAC, "1", "RYU, Jin", identifiers=[["website", "pak.sam.il"]]), person(OFAC, "2", "PAK, Sam Il")]
    )
    lookup = Lookup(load(tmp_path), find_lists(folder.path, None))
    assert [one.entity.id for one in lookup.find("Pak Sam Il")] == ["kb:ofac-2"]
    assert lookup.find("pak.sam.il")[0].entity.id == "kb:ofac-1"


def test_every_shipped_wallet_leads_to_its_entry(shipped: Lookup) -> None:
    wallets = 0
    for line in (KB / "lists" / "us_ofac_sdn.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        for kind, value, *_ in record["identifiers"]:
            if kind == "wallet" and record["source_id"]:
                wallets += 1
                assert f"{OFAC}:{record['source_id']}" in entries(shipped.find(value)), value
    assert wallets > 50


@pytest.mark.parametrize("name", ["Kim Ji-na", "Angela Ang", "Korea Trade Insurance Corporation", "xyzzy", "", "8", "🙂"])
def test_others_are_on_no_list(shipped: Lookup, name: str) -> None:
    assert entries(shipped.find(name)) == {}


def test_the_comparison_is_explained_syllable_by_syllable(shipped: Lookup) -> None:
    found = next(one for one in shipped.find("Woo Yong-su") if one.entity.id == "kb:ofac-56045")
    assert [pair[:2] for pair in found.syllables] == [("woo", "u"), ("yong", "yong"), ("su", "su")]
    assert "woo = u" in found.why


@pytest.mark.parametrize(("day", "status"), [("2023-02-09", "not yet listed"), ("2023-02-10", "listed")])
def test_designations_of_seoul_tell_their_day(shipped: Lookup, day: str, status: str) -> None:
    found = shipped.find("박진혁", day=date.fromisoformat(day))
    assert [entry.status for one in found for entry in one.entries if entry.listing.source == "kr_designations"] == [status]


def test_both_men_of_one_name_are_shown(shipped: Lookup) -> None:
    assert {"us_ofac_sdn:12211", "us_ofac_sdn:17614"} <= entries(shipped.find("Kim Yong-chol")).keys()


@pytest.mark.parametrize(
    ("name", "day", "status"),
    [
        ("U Yong Su", "2025-10-01", "not yet listed"),
        ("U Yong Su", "2025-11-04", "listed"),
        ("Tornado Cash", "2024-01-01", "unknown"),
        ("Tornado Cash", "2026-11-01", "delisted"),
        ("Korea Ryonbong General Corporation", "2015-01-01", "unknown"),
    ],
)
def test_the_status_on_a_day_is_told(shipped: Lookup, name: str, day: str, status: str) -> None:
    assert set(entries(shipped.find(name, day=date.fromisoformat(day))).values()) >= {status}


@pytest.mark.parametrize(
    ("name", "day", "status"),
    [
        ("JW Jewel", "2021-08-18", "listed"),
        ("JW Jewel", "2023-12-28", "listed"),
        ("JW Jewel", "2024-02-01", "unknown"),
        ("JW Jewel", "2024-05-03", "delisted"),
        ("Huish Irina Igorevna", "2022-01-01", "listed"),
        ("Han Chol Man", "2023-12-28", "not yet listed"),
        ("Han Chol Man", "2024-02-01", "unknown"),
        ("Han Chol Man", "2024-05-03", "listed"),
        ("HUISH, Irina Igorevna", "2020-01-01", "unknown"),
    ],
)
def test_stored_versions_tell_when_an_entry_was_listed_that_has_no_date(
    folder: Folder, store: SnapshotStore, tmp_path: Path, name: str, day: str, status: str
) -> None:
    fill(store)
    lookup = Lookup(load(tmp_path), find_lists(folder.path, tmp_path / "lists"))
    assert list(entries(lookup.find(name, day=date.fromisoformat(day))).values()) == [status]


def test_no_more_are_shown_than_asked_for(shipped: Lookup) -> None:
    assert len(shipped.find("Kim Yong-chol", limit=1)) == 1
