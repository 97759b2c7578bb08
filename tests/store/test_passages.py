"""Passages of many events at once: the same as of each alone, in few queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, event, select, update

from models.findings import AmountFound, EventFound, PartyFound, Passage
from models.knowledge import Knowledge
from models.records import Analysis, Argument, Article, EventMention, EventRelation
from models.tables import EntityRow, EventAmountRow, EventArgumentRow, EventMentionRow, EventRow, MentionRow
from models.vocabulary import ArgumentRole, AttributionKind, Label, RelationKind, Via
from pipeline.store import chunks
from pipeline.store.analyses import record_analysis
from pipeline.store.engine import Database, reading, writing
from pipeline.store.event_view import EventView, load_event_view
from pipeline.store.indexing import Indexer, begin_build, end_refresh, events_in_force
from pipeline.store.merges import apply_standing
from pipeline.store.passages import load_passages, load_passages_of
from pipeline.store.reading_entities import load_event, load_relations
from tests.store.builders import NOW, TEXT, add_article, make_analysis, make_argument, make_context, make_mention, make_span

SAID = f"{TEXT} Minister Kang Do-yun said in Busan that the sanctions had worked."
QUERIES = 6
"""One for events, passages, arguments, amounts, entities and officials each."""


# --- what is told -------------------------------------------------------------------------------------------------------


def said(article: Article) -> Analysis:
    """Return the sanction of the builders with a second passage: a minister says it of a place, and someone is left unnamed."""
    made, text = make_analysis(article), article.text
    minister = make_mention(text, "Kang Do-yun", Label.PERSON, "doc:7", official=True, country="KR")
    place = make_mention(text, "Busan", Label.PLACE, "kb:busan", country="KR")
    unnamed = Argument(None, None, "officials", "officials", None, Via.CONTEXT, 0.4)
    first = made.events[0].mentions[0]
    second = replace(
        first,
        trigger=make_span(text, "worked"),
        evidence=make_span(text, text[text.index("Minister") : text.index("worked.") + 7]),
        cues=("said",),
        speaker=make_argument(minister),
        attribution=AttributionKind.INDIRECT,
        actors=(unnamed, *first.actors),
        place=make_argument(place),
        amounts=(),
        core=False,
        rules=("sanction.effect", "speaker.said"),
    )
    return with_mentions(made, (first, second), (minister, place))


def with_mentions(made: Analysis, mentions: tuple[EventMention, ...], named: tuple[object, ...] = ()) -> Analysis:
    tagging = replace(made.tagging, mentions=(*made.tagging.mentions, *named))
    linking = replace(made.linking, mentions=(*made.linking.mentions, *named))
    return replace(made, tagging=tagging, linking=linking, events=(replace(made.events[0], mentions=mentions),))


def store(database: Database, made: Analysis) -> str:
    """Store an analysis; return the id of its first event."""
    context = make_context(database)
    with writing(database) as connection:
        record_analysis(connection, made, context)
        told = select(EventMentionRow.event_id).where(EventMentionRow.version_id == made.article.id)
        return sorted(connection.execute(told).scalars())[0]


def tell(database: Database, feed_id: str, number: int, words: str = TEXT) -> str:
    article = add_article(database, feed_id=feed_id, number=number, text=f"{words} ({feed_id})", sha="0123456789abcdef"[number])
    return store(database, said(article) if words == SAID else make_analysis(article))


def tell_again(database: Database, feed_id: str, number: int, words: str) -> str:
    """Store a newer version of an article that tells the event as well."""
    return store(database, make_analysis(add_article(database, feed_id=feed_id, number=number, text=words, sha="89abcdef"[number])))


def stand(database: Database, winner: str, *losers: str) -> None:
    with writing(database) as connection:
        apply_standing(connection, {winner: winner} | dict.fromkeys(losers, winner), at=NOW)


def index(database: Database) -> None:
    with writing(database) as connection:
        begin_build(connection, at=NOW)
        Indexer(Knowledge("kb1", {})).put(connection, events_in_force(connection))
        end_refresh(connection, at=NOW)


@pytest.fixture
def stored(database: Database) -> Database:
    """Seven articles: two that tell one event, two with an older version, and some of whose words were superseded or withdrawn."""
    spoken = tell(database, "wire", 0, SAID)
    stand(database, *sorted([spoken, tell(database, "paper", 1)]))
    tell(database, "radio", 2)
    tell_again(database, "radio", 2, f"{TEXT} (corrected)")
    # The newer version of this one tells nothing, and its event stands with another.
    silent, superseded = tell(database, "mail", 3), tell(database, "post", 4, SAID)
    add_article(database, feed_id="mail", number=3, text="It was withdrawn.", sha="f")
    stand(database, superseded, silent)
    withdrawn = tell(database, "gazette", 5)
    tell(database, "herald", 6)
    mentions = select(EventMentionRow.id).where(EventMentionRow.event_id == superseded)
    with writing(database) as connection:
        named = (EventArgumentRow.mention_id.in_(mentions), EventArgumentRow.role == ArgumentRole.TARGET)
        connection.execute(update(EventArgumentRow).where(*named).values(superseded_at=NOW))
        connection.execute(update(EventAmountRow).where(EventAmountRow.mention_id.in_(mentions)).values(superseded_at=NOW))
        connection.execute(update(EventRow).where(EventRow.id == withdrawn).values(deleted_at=NOW))
    index(database)
    return database


# --- one event after the other ------------------------------------------------------------------------------------------


def one_by_one(connection: Connection, event_id: str) -> tuple[Passage, ...]:
    """Return the passages of one event by what `load_event_view` has of it."""
    found, view = load_event(connection, event_id), None
    if found is not None:
        view = load_event_view(connection, found.id)
    if found is None or view is None:
        return ()
    order = {article.version: place for place, article in enumerate(found.articles)}
    told = [row for row in view.mentions if row["version_id"] in order]
    told.sort(key=lambda row: (order[row["version_id"]], row["trigger_start"], row["trigger_end"], row["id"]))
    parties = parties_of(connection, found, view)
    return tuple(make_passage(row, view, found, order[row["version_id"]], parties) for row in told)


def parties_of(connection: Connection, found: EventFound, view: EventView) -> dict[str | None, PartyFound]:
    parties: dict[str | None, PartyFound] = {}
    for row in connection.execute(select(EntityRow.__table__)).all():
        named = (MentionRow.entity_id == row.id, MentionRow.official.is_(True), MentionRow.version_id.in_(list(view.versions)))
        official = row.label is Label.PERSON and connection.execute(select(MentionRow.id).where(*named)).first() is not None
        parties[row.id] = PartyFound(row.id, row.name, row.label.value, row.country, official=official)
    speaker = [found.speaker] if found.speaker else []
    return parties | {party.id: party for party in (*found.actors, *found.targets, *speaker) if party.id}


def make_passage(row: dict[str, object], view: EventView, found: EventFound, place: int, parties: dict[str | None, PartyFound]) -> Passage:
    def party(entity_id: str | None, words: str) -> PartyFound:
        return parties[entity_id] if entity_id else PartyFound(None, words, None, None, official=False)

    article = found.articles[place]
    arguments = [one for one in view.arguments if one["mention_id"] == row["id"]]
    arguments.sort(key=lambda one: (one["start"] is None, one["start"], one["id"]))
    amounts = [one for one in view.amounts if one["mention_id"] == row["id"]]
    same = ("id", "event_id", "trigger_start", "trigger_end", "evidence_start", "evidence_end", "score")
    return Passage(
        **{name: row[name] for name in same},
        article=article,
        trigger=row["trigger_text"],
        evidence=row["evidence_text"],
        modality=row["modality"].value,
        genericity=row["genericity"].value,
        cues=tuple(row["cues"]),
        speaker=party(row["speaker_entity_id"], row["speaker_text"]) if row["speaker_text"] else None,
        attribution=row["attribution_kind"].value,
        parties=tuple((one["role"].value, party(one["entity_id"], one["name"]), one["start"], one["end"]) for one in arguments),
        amounts=tuple(
            AmountFound(
                **{name: one[name] for name in ("text", "value", "value_max", "currency", "usd", "usd_basis")},
                role=one["role"].value,
                bound=one["bound"].value,
                article_id=article.id,
            )
            for one in amounts
        ),
        rules=tuple(row["rules"]),
    )


# --- the same, at once --------------------------------------------------------------------------------------------------


@contextmanager
def asked(connection: Connection) -> Iterator[list[tuple[str, Any]]]:
    """Give a list that fills with the statements that are executed, each with its parameters."""
    statements: list[tuple[str, Any]] = []

    def note(*given: Any) -> None:
        statements.append((given[2], given[3]))

    event.listen(connection, "before_cursor_execute", note)
    yield statements
    event.remove(connection, "before_cursor_execute", note)


def all_ids(connection: Connection) -> list[str]:
    return list(connection.execute(select(EventRow.id)).scalars())


@pytest.mark.parametrize("at_once", [500, 2, 1])
def test_passages_of_many_events_are_those_of_each(stored: Database, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(chunks, "_CHUNK", at_once)
    with reading(stored) as connection:
        ids = all_ids(connection)
        expected = {ident: one_by_one(connection, ident) for ident in ids}
        found = load_passages_of(connection, iter([*ids, *ids, "evt-none"]))
        assert {ident: load_passages(connection, ident) for ident in [*ids, "evt-none"]} == {"evt-none": (), **expected}
    assert found == {ident: passages for ident, passages in expected.items() if passages}
    assert sorted(map(len, expected.values())) == [0, 1, 1, 2, 2, 3, 3]


def test_a_passage_tells_who_says_it_where_and_who_is_not_named(stored: Database) -> None:
    with reading(stored) as connection:
        found = load_passages_of(connection, all_ids(connection))
    (spoken,) = {passage for passages in found.values() for passage in passages if passage.speaker and len(passage.parties) == 5}
    assert (spoken.trigger, spoken.cues, spoken.attribution, spoken.rules) == (
        "worked",
        ("said",),
        "indirect",
        ("sanction.effect", "speaker.said"),
    )
    assert spoken.speaker == PartyFound(spoken.speaker.id, "Kang Do-yun", "PERSON", "KR", official=True)  # type: ignore[union-attr]
    told = [(role, party.name, party.id is None, start) for role, party, start, _ in spoken.parties]
    assert told == [
        ("actor", "Washington", False, 0),
        ("target", "U Yong Su", False, SAID.index("U Yong Su")),
        ("speaker", "Kang Do-yun", False, SAID.index("Kang")),
        ("place", "Busan", False, SAID.index("Busan")),
        ("actor", "officials", True, None),
    ]


def test_what_was_superseded_is_not_told(stored: Database) -> None:
    with reading(stored) as connection:
        found = {passages for passages in load_passages_of(connection, all_ids(connection)).values() if len(passages) == 2}
    (passages,) = found
    assert [passage.article.publisher for passage in passages] == ["The post"] * 2
    assert {role for passage in passages for role, *_ in passage.parties} == {"actor", "speaker", "place"}
    assert [passage.amounts for passage in passages] == [(), ()]


def test_however_many_events_there_are_the_queries_are_few(stored: Database) -> None:
    with reading(stored) as connection:
        ids = all_ids(connection)
        for wanted, queries in ((ids, QUERIES), ([], 0)):
            with asked(connection) as statements:
                load_passages_of(connection, wanted)
            assert len(statements) == queries


def test_no_query_of_an_event_reads_a_whole_table(stored: Database) -> None:
    if stored.dialect.name != "sqlite":
        pytest.skip("PostgreSQL reads small tables whole, whatever indexes they have")
    with reading(stored) as connection:
        ids = all_ids(connection)
        with asked(connection) as statements:
            load_passages_of(connection, ids)
            load_relations(connection, ids[0])
        assert len(statements) == QUERIES + 2
        plans = [row[3] for words, given in statements for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", given)]
    assert [step for step in plans if step.startswith("SCAN")] == []
    assert sum(step.startswith("SEARCH event_mention USING INDEX") for step in plans) == 1


# --- relations ----------------------------------------------------------------------------------------------------------


def test_relations_are_told_of_both_events(database: Database) -> None:
    made = make_analysis(add_article(database))
    first = made.events[0]
    second = replace(first, key="second", mentions=(replace(first.mentions[0], trigger=make_span(TEXT, "moved")),))
    relation = EventRelation(first.key, second.key, RelationKind.REASON_FOR, 0.7)
    store(database, replace(made, events=(first, second), relations=(relation,)))
    alone = tell(database, "paper", 1)
    index(database)
    with reading(database) as connection:
        told = {ident: load_relations(connection, ident) for ident in all_ids(connection)}
    assert told.pop(alone) == ()
    (one,), (other,) = told.values()
    assert one == other
    assert {one.source, one.target} == set(told)
    assert (one.kind, one.score) == (RelationKind.REASON_FOR.value, 0.7)
