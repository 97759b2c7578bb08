"""Events are found as words by every name under which the knowledge base has their parties."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.filters import EventFilter
from models.knowledge import Alias, Knowledge, KnowledgeEntity
from models.tables import EventRow
from models.vocabulary import Label
from pipeline.store.analyses import record_analysis
from pipeline.store.engine import Database, reading, writing
from pipeline.store.finding import count_found
from pipeline.store.indexing import Indexer
from tests.store.builders import add_article, make_analysis, make_context

NAMES = (
    *(Alias("United States", "en", "name"), Alias("USA", "en", "acronym"), Alias("the States", "en", "name")),
    *(Alias("미국", "ko", "name"), Alias("미합중국", "ko", "name"), Alias("美", "ko", "short"), Alias("American", "en", "adjective")),
)


def index(database: Database, *names: Alias) -> None:
    """Store an event by Washington, which the knowledge base knows by these names, and bring it into the index."""
    states = KnowledgeEntity("kb:us", Label.PLACE, "United States", names, "US")
    article, context = add_article(database), make_context(database)
    with writing(database) as connection:
        record_analysis(connection, make_analysis(article), context)
        Indexer(Knowledge("kb1", {states.id: states})).put(connection, list(connection.execute(select(EventRow.id)).scalars()))


def found(database: Database, words: str) -> int:
    with reading(database) as connection:
        return count_found(connection, EventFilter(q=words))


@pytest.mark.parametrize("words", ["United States", "USA", '"the states"', "미국", "미합중국", "Washington 미국", "미국 or nobody"])
def test_an_event_is_found_by_every_name_of_its_party(database: Database, words: str) -> None:
    index(database, *NAMES)
    assert found(database, words) == 1


@pytest.mark.parametrize("words", ["American", "-미국 Washington", '"united states washington"', '"usa 미국"', "대한민국"])
def test_other_words_and_words_over_two_names_do_not_find_it(database: Database, words: str) -> None:
    index(database, *NAMES)
    assert found(database, words) == 0


def test_an_entity_of_endless_names_leaves_room_for_what_is_told(database: Database) -> None:
    index(database, *(Alias(f"Union number {number} of many joined lands and seas", "en", "name") for number in range(900)))
    assert [found(database, f'"number {number} of"') for number in (0, 38, 39, 899)] == [1, 1, 0, 0]
    assert found(database, "imposed sanctions") == 1
