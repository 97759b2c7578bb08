"""A list that says something else of an entry changes the events of whom it lists."""

from __future__ import annotations

from datetime import date, timedelta

from models.filters import EventFilter
from models.knowledge import Knowledge, KnowledgeEntity, ListEntry
from models.vocabulary import Label
from pipeline.query import Reader
from pipeline.run.indexing import refresh_index
from pipeline.store.analyses import record_analysis
from pipeline.store.changes import find_changes, record_changed, record_created
from pipeline.store.engine import Database, reading, writing
from tests.store.builders import NOW, add_article, make_analysis, make_context

BANKER, ENTRY = "kb:ofac-56045", "us_ofac_sdn:56045"
LATER = NOW + timedelta(days=40)


def listing(name: str = "U, Yong Su", *programs: str) -> Knowledge:
    entry = ListEntry(ENTRY, "us_ofac_sdn", "2026-07-01", name, programs, listed_on=date(2025, 11, 4))
    return Knowledge("kb1", {BANKER: KnowledgeEntity(BANKER, Label.PERSON, "U Yong Su", (), "KP", listings=(entry,))})


def tell(database: Database) -> None:
    """Store an event of a listed person, and build the index of it."""
    article, context = add_article(database), make_context(database)
    with writing(database) as connection:
        record_analysis(connection, make_analysis(article), context)
        record_created(connection, at=NOW)
    refresh_index(database, listing("U, Yong Su", "DPRK3"), at=NOW)


def changed_since(database: Database) -> int:
    with Reader(database) as reader:
        return reader.count(EventFilter(changed_since=(LATER - timedelta(days=1)).isoformat()))


def test_a_programme_that_is_added_changes_the_event(database: Database) -> None:
    tell(database)
    refresh_index(database, listing("U, Yong Su", "DPRK3", "NPWMD"), at=LATER)
    assert changed_since(database) == 1


def test_another_name_of_the_entry_changes_the_event(database: Database) -> None:
    tell(database)
    refresh_index(database, listing("U, Yong Su (banker)", "DPRK3"), at=LATER)
    assert changed_since(database) == 1


def test_it_changes_the_event_where_the_index_is_built_anew_too(database: Database) -> None:
    tell(database)
    refresh_index(database, listing("U, Yong Su", "NPWMD"), at=LATER, anew=True)
    assert changed_since(database) == 1


def test_a_list_that_says_the_same_changes_nothing(database: Database) -> None:
    tell(database)
    refresh_index(database, listing("U, Yong Su", "DPRK3"), at=LATER)
    assert changed_since(database) == 0


def test_the_feed_of_changes_tells_it(database: Database) -> None:
    tell(database)
    refresh_index(database, listing("U, Yong Su", "NPWMD"), at=LATER)
    with writing(database) as connection:
        record_changed(connection, at=LATER)
    with reading(database) as connection:
        assert [line["kind"].value for line in find_changes(connection)] == ["created", "changed"]
