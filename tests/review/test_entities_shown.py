"""What readers see of entities once editors decided: what is counted of them, at once and after the index is built anew."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select, update

from models.filters import EntityFilter
from models.findings import EntityFound
from models.index_tables import EntityArticleRow, EntitySaidRow, IndexedEntityRow
from models.review import Decision, ItemKind, QueueFilter, Verdict
from models.review_tables import ReviewDecisionRow
from models.vocabulary import Label
from pipeline.query import Reader
from pipeline.review import showing
from pipeline.run.indexing import refresh_index
from pipeline.store.engine import reading, writing
from tests.review.desks import ENTRY, KNOWLEDGE, Newsroom

NAMED = "kb:u"


def entity(room: Newsroom, ident: str = NAMED) -> EntityFound:
    with Reader(room.database) as reader:
        found = reader.entity(ident)
    assert found is not None
    return found


def listed(room: Newsroom, **wanted: Any) -> list[str]:
    with Reader(room.database) as reader:
        return [one.id for one in reader.entities(EntityFilter(**wanted))]


def counted(room: Newsroom) -> list[list[tuple[Any, ...]]]:
    """Return all rows of the index of entities."""
    with reading(room.database) as connection:
        tables = (IndexedEntityRow, EntityArticleRow, EntitySaidRow)
        return [sorted((tuple(row) for row in connection.execute(select(table.__table__))), key=repr) for table in tables]


def assert_as_if_built_anew(room: Newsroom) -> None:
    kept = counted(room)
    refresh_index(room.database, KNOWLEDGE, at=room.clock(), anew=True)
    assert kept == counted(room)


def decide(room: Newsroom, kind: ItemKind, verdict: Verdict, title: str = "", **changes: Any) -> Decision:
    """Decide an item; what readers see of entities then is what an index has that is built anew."""
    made = room.decide(room.item(kind, title), verdict, **changes)
    assert_as_if_built_anew(room)
    return made


# --- names ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_rejected_name_counts_for_its_entity_no_longer(room: Newsroom, lang: str) -> None:
    room.read(lang=lang)
    assert (entity(room).mentions, entity(room).articles) == (1, 1)

    decide(room, ItemKind.NAME, Verdict.REJECT, {"en": "U Yong Su", "ko": "우영수"}[lang])

    found = entity(room)
    assert (found.mentions, found.articles, found.events, found.names, found.matches) == (0, 0, 0, (), ())
    assert NAMED not in listed(room)


def test_undoing_brings_back_all_that_was_counted(room: Newsroom) -> None:
    room.read(role="envoy")
    before = counted(room)

    decide(room, ItemKind.NAME, Verdict.REJECT, "U Yong Su")
    assert counted(room) != before
    room.desk.undo(room.ann)

    assert counted(room) == before


def test_a_name_that_is_another_entity_counts_for_that(room: Newsroom) -> None:
    room.read(lang="ko")

    decide(room, ItemKind.NAME, Verdict.EDIT, "우영수", after={"entity": "kb:other"})

    assert (entity(room).mentions, entity(room).matches) == (0, ())
    other = entity(room, "kb:other")
    assert (other.mentions, other.articles, other.names, other.matches) == (1, 1, (("우영수", 1),), ())


def test_a_name_is_counted_in_the_words_of_its_editor(room: Newsroom) -> None:
    room.read()

    decide(room, ItemKind.NAME, Verdict.EDIT, "U Yong Su", after={"text": "U Yong"})

    assert entity(room).names == (("U Yong", 1),)


def test_names_of_articles_without_events_are_followed_too(room: Newsroom) -> None:
    room.read(told=False)

    decide(room, ItemKind.NAME, Verdict.REJECT, "U Yong Su")

    assert entity(room).mentions == 0


def test_a_rejected_name_of_one_article_leaves_the_others(room: Newsroom) -> None:
    room.read(1)
    room.read(2, sha="b")
    room.once()
    place = room.item(ItemKind.NAME, "U Yong Su").subjects[0]

    decide(room, ItemKind.NAME, Verdict.REJECT, "U Yong Su", excepted=[place.row_id])

    assert (entity(room).mentions, entity(room).articles) == (1, 1)


def test_a_place_that_is_excepted_afterwards_counts_again(room: Newsroom) -> None:
    room.read(1)
    room.read(2, sha="b")
    room.once()
    item = room.item(ItemKind.NAME, "U Yong Su")
    room.decide(item, Verdict.REJECT)
    assert entity(room).mentions == 0

    room.decide(item, Verdict.REJECT, excepted=[item.subjects[0].row_id])

    assert entity(room).mentions == 1
    refresh_index(room.database, KNOWLEDGE, at=room.clock())
    assert_as_if_built_anew(room)


def test_an_added_name_counts_and_counts_no_longer_once_it_is_undone(room: Newsroom) -> None:
    article = room.read(told=False)
    start = article.text.index("He had")

    room.desk.add_mention(article.id, start, start + 2, Label.PERSON, room.ann, entity=NAMED)
    assert entity(room).mentions == 2
    assert_as_if_built_anew(room)
    room.desk.undo(room.ann)

    assert entity(room).mentions == 1
    assert_as_if_built_anew(room)


def test_a_verdict_on_many_names_is_counted_and_undone(room: Newsroom) -> None:
    room.read(1)
    room.read(2, sha="b", lang="ko", told=False)
    room.once()
    before, names = counted(room), QueueFilter(kinds=(ItemKind.NAME,))

    room.desk.decide_all(names, Verdict.REJECT, room.ann, expected=room.desk.preview(names, Verdict.REJECT).items)
    assert listed(room) == []
    assert_as_if_built_anew(room)
    room.desk.undo(room.ann)

    assert counted(room) == before


# --- matches and offices --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_rejected_match_is_none_of_the_entity(room: Newsroom, lang: str) -> None:
    room.read(lang=lang)
    assert [match.entry for match in entity(room).matches] == [ENTRY]

    decide(room, ItemKind.LISTED, Verdict.REJECT)

    assert (entity(room).matches, entity(room).evidence, listed(room, listed=True)) == ((), (), [])
    assert entity(room).mentions == 1


def test_a_match_that_waited_is_one_of_the_entity_until_the_acceptance_is_undone(room: Newsroom) -> None:
    room.read(link="review")
    assert entity(room).matches == ()

    decide(room, ItemKind.LISTED, Verdict.ACCEPT)
    assert [match.entry for match in entity(room).matches] == [ENTRY]
    room.desk.undo(room.ann)

    assert entity(room).matches == ()


def test_a_match_to_another_entry_is_that_of_the_entity(room: Newsroom) -> None:
    room.read()

    decide(room, ItemKind.LISTED, Verdict.EDIT, after={"entry": "us_ofac_sdn:7"})

    assert [(match.entry, match.name) for match in entity(room).matches] == [("us_ofac_sdn:7", "WOO, Yong Su")]


def test_a_rejected_office_is_none(room: Newsroom) -> None:
    room.read(role="envoy")
    assert (entity(room).roles, listed(room, officials=True)) == ((("envoy", None, 1),), [NAMED])

    decide(room, ItemKind.OFFICE, Verdict.REJECT)

    assert (entity(room).roles, listed(room, officials=True)) == ((), [])


def test_an_office_is_counted_as_its_editor_has_it(room: Newsroom) -> None:
    room.read(role="envoy")

    decide(room, ItemKind.OFFICE, Verdict.EDIT, after={"role": "spokesman", "official": False})

    assert (entity(room).roles, listed(room, officials=True)) == ((("spokesman", None, 1),), [])


# --- entities -------------------------------------------------------------------------------------------------------------


def test_what_is_said_of_a_merged_entity_counts_for_the_one_that_stands_for_it(room: Newsroom) -> None:
    room.read(1, lang="ko")
    room.read(2, sha="b", who="doc:1")
    room.once()
    item = room.item(ItemKind.ENTITY)
    assert item.candidate is not None
    before = counted(room)

    decide(room, ItemKind.ENTITY, Verdict.MERGE, after={"into": NAMED})
    assert (entity(room).mentions, entity(room).articles, entity(room).events) == (2, 2, 2)
    assert entity(room).names == (("U Yong Su", 1), ("우영수", 1))
    assert (entity(room, item.candidate).mentions, item.candidate in listed(room)) == (0, False)
    room.desk.undo(room.ann)

    assert counted(room) == before


def test_two_spellings_that_are_one_are_counted_together(room: Newsroom) -> None:
    room.read(1, who="doc:1")
    room.read(2, sha="b", lang="ko", who="doc:1")
    room.once()
    winner = room.item(ItemKind.MERGE).value["winner"]

    decide(room, ItemKind.MERGE, Verdict.ACCEPT)

    assert entity(room, winner).mentions == 2
    assert winner in listed(room, name="우영수")
    assert winner in listed(room, name="U Yong Su")


def test_what_becomes_of_an_entity_becomes_of_those_merged_into_it(room: Newsroom) -> None:
    room.read(1, who="doc:1")
    room.read(2, sha="b", lang="ko", who="doc:1")
    room.once()
    pair = room.item(ItemKind.MERGE).value
    room.decide(room.item(ItemKind.MERGE), Verdict.ACCEPT)
    [winner] = [item for item in room.items(ItemKind.ENTITY) if item.candidate == pair["winner"]]

    room.decide(winner, Verdict.MERGE, after={"into": NAMED})

    assert entity(room).mentions == 2
    refresh_index(room.database, KNOWLEDGE, at=room.clock())
    assert_as_if_built_anew(room)


def test_an_entity_is_called_as_its_editor_has_it(room: Newsroom) -> None:
    room.read(who="doc:1")
    ident = str(room.item(ItemKind.ENTITY).candidate)

    decide(room, ItemKind.ENTITY, Verdict.EDIT, after={"name": "Han Song-jun", "label": "ORG", "country": "CN"})

    found = entity(room, ident)
    assert (found.name, found.label, found.country) == ("Han Song-jun", "ORG", "CN")
    assert listed(room, name="Han Song-jun") == [ident]


def test_what_is_no_entity_is_not_listed(room: Newsroom) -> None:
    room.read(who="doc:1")
    ident = str(room.item(ItemKind.ENTITY).candidate)

    decide(room, ItemKind.ENTITY, Verdict.REJECT)

    assert ident not in listed(room)


# --- left to the next refresh -----------------------------------------------------------------------------------------------


def test_what_concerns_many_articles_is_counted_by_the_next_refresh(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "_FEW", 0)
    room.read(1, told=False)
    room.decide(room.item(ItemKind.NAME, "U Yong Su"), Verdict.REJECT)
    assert entity(room).mentions == 1

    refresh_index(room.database, KNOWLEDGE, at=room.clock())

    assert entity(room).mentions == 0
    assert_as_if_built_anew(room)


def test_an_undoing_that_concerns_many_articles_is_counted_by_the_next_refresh(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    room.read(1, told=False)
    room.decide(room.item(ItemKind.NAME, "U Yong Su"), Verdict.REJECT)
    monkeypatch.setattr(showing, "_FEW", 0)
    room.desk.undo(room.ann)
    assert entity(room).mentions == 0

    refresh_index(room.database, KNOWLEDGE, at=room.clock())

    assert entity(room).mentions == 1


def test_new_places_of_a_name_that_was_rejected_long_ago_are_not_counted(room: Newsroom) -> None:
    room.read(1)
    room.decide(room.item(ItemKind.NAME, "U Yong Su"), Verdict.REJECT)
    with writing(room.database) as connection:
        long_ago = connection.execute(select(func.min(ReviewDecisionRow.at))).scalar_one().replace(year=2020)
        connection.execute(update(ReviewDecisionRow).values(at=long_ago))

    room.read(2, sha="b")

    assert entity(room).mentions == 0
    assert_as_if_built_anew(room)
