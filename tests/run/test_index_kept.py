"""The index says after every command what one that is built anew says."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import select, text, update

from models.filters import EventFilter
from models.index_tables import (
    EntityArticleRow,
    EntitySaidRow,
    EventCardRow,
    EventSumRow,
    EventTermRow,
    IndexedEntityRow,
    IndexedEventRow,
    IndexTermRow,
)
from models.knowledge import Knowledge, KnowledgeEntity, ListEntry
from models.records import Analysis, Article
from models.tables import EntityRow, EventRow, LinkRow
from models.vocabulary import Label
from pipeline.analyse import Analyser
from pipeline.demo import sample_settings
from pipeline.errors import LockHeld
from pipeline.run import indexing, ingest
from pipeline.run.indexing import refresh_index, reindex
from pipeline.run.merging import merge_events, unmerge_event
from pipeline.run.relink import relink
from pipeline.sample.server import Newsroom
from pipeline.settings import Settings
from pipeline.store.engine import Database, open_database, reading, writing
from pipeline.store.finding import count_found
from pipeline.store.index_rows import FORMAT
from pipeline.store.indexing import is_built, read_state
from pipeline.store.locks import hold_data_dir
from pipeline.store.reprocess import Selection
from pipeline.store.runs import take_turn
from tests.run.test_merging import night, tell
from tests.run.test_reprocess import Reader, again, on_another_day, own, without_events
from tests.store.builders import NOW, make_analysis

__all__ = ["own"]

T = TypeVar("T")

NOTHING_KNOWN = Knowledge("kb0", {})
LATER = NOW + timedelta(days=1)
MUCH_LATER = NOW + timedelta(days=40)
ENTRY = "us_ofac_sdn:56045"


def build(database: Database, *, at: datetime = NOW, knowledge: Knowledge = NOTHING_KNOWN) -> int:
    return refresh_index(database, knowledge, at=at, anew=True)


def refresh(database: Database, *, at: datetime = LATER, knowledge: Knowledge = NOTHING_KNOWN) -> int:
    return refresh_index(database, knowledge, at=at)


def content(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return what the index says, without the numbers that it gives to events and terms."""
    event, terms = IndexedEventRow.event_id, IndexTermRow
    plain = [column for column in IndexedEventRow.__table__.columns if column.name not in {"number", "terms"}]
    words = "tokens::text" if database.dialect.name == "postgresql" else "tokens"
    number = "number" if database.dialect.name == "postgresql" else "rowid"
    queries = {
        "events": select(*plain),
        "cards": select(event, EventCardRow.card).join(EventCardRow, EventCardRow.number == IndexedEventRow.number),
        "terms": select(terms.field, terms.value, terms.label, terms.names, terms.count).where(terms.count > 0),
        "terms of events": select(event, terms.field, terms.value, EventTermRow.sort_day)
        .join(EventTermRow, EventTermRow.number == IndexedEventRow.number)
        .join(terms, terms.code == EventTermRow.code),
        "sums": select(event, EventSumRow.currency, EventSumRow.value).join(EventSumRow, EventSumRow.number == IndexedEventRow.number),
        "entities": select(IndexedEntityRow.__table__),
        "what articles say": select(EntityArticleRow.__table__),
        "what all articles say": select(EntitySaidRow.__table__),
        "words": text(f"SELECT i.event_id, t.{words} FROM event_text t JOIN event_index i ON i.number = t.{number}"),
    }
    with reading(database) as connection:
        return {name: sorted((tuple(row) for row in connection.execute(query)), key=repr) for name, query in queries.items()}


def assert_as_if_built_anew(database: Database, *, knowledge: Knowledge = NOTHING_KNOWN, at: datetime = LATER) -> None:
    kept = content(database)
    build(database, at=at, knowledge=knowledge)
    assert kept == content(database)


def ids(database: Database) -> set[str]:
    return {row[0] for row in content(database)["cards"]}


def card(database: Database, event: str) -> str:
    return next(row[1] for row in content(database)["cards"] if row[0] == event)


def version(database: Database) -> int:
    with reading(database) as connection:
        state = read_state(connection)
    assert state is not None
    return state.version


def change(database: Database, table: Any, **values: object) -> None:
    with writing(database) as connection:
        connection.execute(update(table).values(**values))


# --- nights ---------------------------------------------------------------------------------------------------------------


def test_a_night_adds_what_it_brought_and_joins_what_it_joined(database: Database) -> None:
    first = tell(database, "wire")
    night(database)
    assert refresh(database, at=NOW) == 1, "where there is no index, it is built"
    assert ids(database) == {first}
    second = tell(database, "paper")
    other = tell(database, "magazine", date="2025-10-20")
    night(database, at=LATER)
    refresh(database)
    (winner,) = ids(database) - {other}
    assert {first, second} > {winner} - {other}
    assert all(feed in card(database, winner) for feed in ("The wire", "The paper"))
    assert_as_if_built_anew(database)


def test_a_refresh_without_changes_leaves_all_as_it_is(database: Database) -> None:
    tell(database, "wire")
    build(database, at=MUCH_LATER)
    before, number = content(database), version(database)
    assert refresh(database, at=MUCH_LATER) == 0
    assert content(database) == before
    assert version(database) == number + 1


def test_runs_of_two_nights_leave_an_index_as_if_it_were_built_anew(settings: Settings, newsroom: Newsroom, tmp_path: Path) -> None:
    sample = sample_settings(settings, newsroom, data_dir=tmp_path / "data")
    analyser = Analyser(settings.model_copy(update={"model": "blank", "event_reader": False}))
    feeds = ["taedong-agency", "handeul-ilbo-politics", "hanbit-wire-nk", "north-window"]
    database = open_database(sample.database)
    try:
        for edition in (1, 2):
            newsroom.edition = edition
            report = ingest(sample, analyser=analyser, only=feeds)
            assert report.seconds["index"] > 0
        assert len(ids(database)) > 3
        assert_as_if_built_anew(database, knowledge=analyser.knowledge)
    finally:
        database.dispose()


# --- decisions of people --------------------------------------------------------------------------------------------------


def test_a_decision_and_its_undoing_are_in_the_index_at_once(own: Settings, database: Database) -> None:
    one, other = tell(database, "wire"), tell(database, "paper", date="2025-10-28")
    night(database)
    known = knowledge_of(own)
    build(database, at=MUCH_LATER, knowledge=known)
    before, number = content(database), version(database)
    merge_events(own, one, other, by="Kim", at=LATER, dry_run=True)
    assert (content(database), version(database)) == (before, number)
    merge_events(own, one, other, by="Kim", at=LATER)
    assert ids(database) == {other}
    assert version(database) > number
    assert_as_if_built_anew(database, knowledge=known, at=MUCH_LATER)
    unmerge_event(own, one, by="Kim", at=LATER + timedelta(hours=1))
    assert ids(database) == {one, other}
    assert_as_if_built_anew(database, knowledge=known, at=MUCH_LATER)


def knowledge_of(settings: Settings) -> Knowledge:
    return Analyser(settings).knowledge


def test_a_decision_over_a_database_without_index_builds_none(own: Settings, database: Database) -> None:
    one, other = tell(database, "wire"), tell(database, "paper", date="2025-10-28")
    night(database)
    merge_events(own, one, other, by="Kim", at=LATER)
    with reading(database) as connection:
        assert not is_built(connection)


# --- newer readings, newer lists ------------------------------------------------------------------------------------------


def test_a_newer_reading_takes_withdrawn_events_out_and_brings_them_back(own: Settings, database: Database) -> None:
    old = tell(database, "wire")
    night(database)
    build(database)
    everything = Selection(stage="events", changed=False)
    again(own, Reader(on_another_day), everything)
    (new,) = ids(database)
    assert new != old
    assert_as_if_built_anew(database)
    again(own, Reader(without_events), everything, at=LATER + timedelta(hours=1))
    assert ids(database) == set()
    again(own, Reader(), everything, at=LATER + timedelta(hours=2))
    assert ids(database) == {old}
    assert_as_if_built_anew(database)


def without_links(article: Article) -> Analysis:
    made = make_analysis(article)
    return replace(made, linking=replace(made.linking, links=()))


def test_a_newer_list_is_in_the_index_after_linking_again(own: Settings, database: Database) -> None:
    event = tell(database, "wire")
    night(database)
    everything = Selection(stage="events", changed=False)
    again(own, Reader(without_links), everything)
    assert ENTRY not in card(database, event)
    build(database, at=MUCH_LATER)
    newer = Reader()
    newer.knowledge = type("Knowledge", (), {"version": "kb2", "entities": {}, "list_versions": {"us_ofac_sdn": "2026-08-01"}})()
    report = relink(own, since=date(2025, 10, 1), analyser=newer, now=lambda: MUCH_LATER)  # type: ignore[arg-type]
    assert report.articles == 1
    assert ENTRY in card(database, event)
    with reading(database) as connection:
        assert count_found(connection, EventFilter(changed_since=MUCH_LATER.isoformat())) == 1
    assert_as_if_built_anew(database)


def listed(*programs: str, country: str = "KP") -> Knowledge:
    entry = ListEntry(ENTRY, "us_ofac_sdn", "2026-07-01", "U, Yong Su", programs)
    banker = KnowledgeEntity("kb:ofac-56045", Label.PERSON, "U Yong Su", (), country, listings=(entry,))
    return Knowledge("-".join(programs), {banker.id: banker})


def test_programmes_that_a_list_changed_are_in_the_index_of_events_that_did_not_change(database: Database) -> None:
    event = tell(database, "wire")
    build(database, at=MUCH_LATER, knowledge=listed("DPRK"))
    assert "DPRK4" not in card(database, event)
    refresh(database, at=MUCH_LATER, knowledge=listed("DPRK", "DPRK4"))
    assert "DPRK4" in card(database, event)
    assert_as_if_built_anew(database, knowledge=listed("DPRK", "DPRK4"))


def test_a_country_or_a_match_that_changed_with_its_event_is_in_the_index(database: Database) -> None:
    event = tell(database, "wire")
    build(database, at=MUCH_LATER)
    change(database, EntityRow, country="CN")
    change(database, LinkRow, superseded_at=MUCH_LATER)
    change(database, EventRow, changed_at=MUCH_LATER)
    refresh(database, at=MUCH_LATER)
    assert '"CN"' in card(database, event)
    assert ENTRY not in card(database, event)
    assert_as_if_built_anew(database)


# --- builds that are cut off ----------------------------------------------------------------------------------------------


class Killer:
    """Ends the refresh after a number of events, or of what another step passes on."""

    def __init__(self, after: int, step: str = "indexing events") -> None:
        self.after = after
        self.step = step

    def watch(self, items: Iterable[T], *, step: str, total: int) -> Iterator[T]:
        for number, item in enumerate(items):
            if number == self.after and step == self.step:
                raise KeyboardInterrupt
            yield item


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "_AT_ONCE", 1)


@pytest.mark.usefixtures("small_portions")
def test_a_build_that_was_killed_is_begun_again(database: Database) -> None:
    told = {tell(database, feed, date=f"2025-10-1{number}") for number, feed in enumerate(("wire", "paper", "mail"))}
    with pytest.raises(KeyboardInterrupt):
        refresh_index(database, NOTHING_KNOWN, at=NOW, watcher=Killer(2))
    assert len(ids(database)) == 2
    with reading(database) as connection:
        assert not is_built(connection)
    assert refresh(database, at=MUCH_LATER) == 3
    assert ids(database) == told
    assert_as_if_built_anew(database)


@pytest.mark.usefixtures("small_portions")
def test_a_build_that_was_killed_among_the_articles_is_begun_again(database: Database) -> None:
    told = {tell(database, feed, date=f"2025-10-1{number}") for number, feed in enumerate(("wire", "paper", "mail"))}
    with pytest.raises(KeyboardInterrupt):
        refresh_index(database, NOTHING_KNOWN, at=NOW, watcher=Killer(1, "indexing articles"))
    assert refresh(database, at=MUCH_LATER) == 3
    assert ids(database) == told
    assert_as_if_built_anew(database)


@pytest.mark.usefixtures("small_portions")
def test_a_refresh_that_was_killed_is_done_again(database: Database) -> None:
    build(database)
    told = {tell(database, feed, date=f"2025-10-1{number}") for number, feed in enumerate(("wire", "paper", "mail"))}
    with pytest.raises(KeyboardInterrupt):
        refresh_index(database, NOTHING_KNOWN, at=MUCH_LATER, watcher=Killer(1))
    assert len(ids(database)) == 1
    refresh(database, at=MUCH_LATER)
    assert ids(database) == told
    assert_as_if_built_anew(database)


def test_an_index_of_an_older_format_is_built_anew(database: Database) -> None:
    tell(database, "wire")
    build(database, at=MUCH_LATER)
    before = content(database)
    with writing(database) as connection:
        connection.execute(text("UPDATE index_state SET format = :format"), {"format": FORMAT - 1})
    assert refresh(database, at=MUCH_LATER) == 1
    assert content(database) == before


# --- who may do it --------------------------------------------------------------------------------------------------------


def test_it_can_be_built_anew_when_nobody_is_at_work(own: Settings, database: Database) -> None:
    tell(database, "wire")
    withdrawn = tell(database, "paper", date="2025-10-28")
    with writing(database) as connection:
        connection.execute(update(EventRow).where(EventRow.id == withdrawn).values(deleted_at=NOW))
    with hold_data_dir(own.data_dir), pytest.raises(LockHeld):
        reindex(own)
    assert reindex(own) == 1
    assert_as_if_built_anew(database, knowledge=knowledge_of(own))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_one_machine_at_a_time_refreshes(database: Database) -> None:
    tell(database, "wire")
    other = threading.Thread(target=lambda: refresh(database))
    with take_turn(database, "stories"):
        other.start()
        other.join(0.3)
        assert other.is_alive()
        assert ids(database) == set()
    other.join(30)
    assert len(ids(database)) == 1
