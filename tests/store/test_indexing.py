"""What the index says of an event, and when it is written anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from models.findings import EventFound, ListMatch, PartyFound, PlaceFound
from models.index_tables import IndexedEventRow, ListEntryRow
from models.knowledge import Alias, Knowledge, KnowledgeEntity, ListEntry
from models.merging import MergeStatus
from models.records import Analysis, Argument
from models.tables import ArticleRow, ArticleVersionRow, EventMentionRow, EventRow, LinkRow, MentionRow
from models.vocabulary import AttributionKind, BodyStatus, Label, Via
from pipeline.store.analyses import record_analysis
from pipeline.store.engine import Database, reading, writing
from pipeline.store.index_cards import load_cards, load_spellings, parties_of
from pipeline.store.index_rows import FORMAT
from pipeline.store.indexing import (
    Indexer,
    IndexState,
    begin_build,
    end_refresh,
    events_in_force,
    find_stale,
    is_built,
    read_state,
    record_list_entries,
    with_related,
)
from pipeline.store.merges import apply_standing, decide
from tests.store.builders import NOW, TEXT, add_article, make_analysis, make_context

ENTRY = "us_ofac_sdn:56045"
NOTHING_KNOWN = Knowledge("kb0", {})
LATER = NOW + timedelta(days=40)


def know(*programs: str) -> Knowledge:
    """What a knowledge base says of the two parties of the builders."""
    listing = ListEntry(ENTRY, "us_ofac_sdn", "2026-07-01", "U, Yong Su", programs, listed_on=date(2025, 11, 4))
    names = (Alias("Yong-su U", "en", "name"), Alias("the banker", "en", "short"), Alias("우용수", "ko", "name"))
    banker = KnowledgeEntity("kb:ofac-56045", Label.PERSON, "U Yong Su", names, "KP", listings=(listing,))
    states = KnowledgeEntity("kb:us", Label.PLACE, "United States", (Alias("US", "en", "acronym"),), "US", latitude=39.8, longitude=-98.6)
    return Knowledge("kb1", {banker.id: banker, states.id: states})


def tell(database: Database, feed_id: str = "wire", *, number: int = 1, made: Analysis | None = None, **event: object) -> str:
    """Store an article that tells the sanction; return the id of the event. Fields of the event may be others."""
    article = (
        made.article if made else add_article(database, number=number, feed_id=feed_id, text=f"{TEXT} ({feed_id})", sha="abcdef"[number])
    )
    analysis = made or make_analysis(article)
    context = make_context(database)
    with writing(database) as connection:
        record_analysis(connection, replace(analysis, events=(replace(analysis.events[0], **event),)), context)
        told = select(EventMentionRow.event_id).where(EventMentionRow.version_id == article.id)
        return connection.execute(told).scalars().first() or ""


def stand(database: Database, loser: str, winner: str, *, at: datetime = NOW) -> None:
    """Let one event stand under another."""
    with writing(database) as connection:
        decide(connection, loser, winner, MergeStatus.MERGED, by="Kim", why=None, at=at)
        apply_standing(connection, {loser: winner, winner: winner}, at=at)


def cards(database: Database, *ids: str, knowledge: Knowledge = NOTHING_KNOWN) -> dict[str, EventFound]:
    with reading(database) as connection:
        return {card.id: card for card in load_cards(connection, ids or events_in_force(connection), knowledge)}


def card(database: Database, *, knowledge: Knowledge = NOTHING_KNOWN) -> EventFound:
    (found,) = cards(database, knowledge=knowledge).values()
    return found


def indexed(database: Database) -> set[str]:
    with reading(database) as connection:
        return set(connection.execute(select(IndexedEventRow.event_id)).scalars())


def change(database: Database, table: type, values: Mapping[str, object], *where: object) -> None:
    with writing(database) as connection:
        connection.execute(update(table).where(*where).values(**values))  # type: ignore[arg-type]


# --- cards ----------------------------------------------------------------------------------------------------------------


def test_a_card_says_what_the_flat_view_says(database: Database) -> None:
    winner, loser = tell(database), tell(database, "paper", number=2)
    stand(database, loser, winner)
    found = card(database)
    with reading(database) as connection:
        flat = connection.execute(text("SELECT * FROM v_events_flat")).mappings().all()
    assert {row["event_id"] for row in flat} == {found.id} == {winner}
    articles = {article.id: article for article in found.articles}
    assert set(articles) == {row["article_id"] for row in flat}
    for row in flat:
        article = articles[row["article_id"]]
        assert (article.version, article.url, article.title, article.publisher) == (
            row["version"],
            row["url"],
            row["title"],
            row["publisher"],
        )
        assert (article.source_kind, article.lang) == (row["source_kind"], row["lang"])
        amounts = [amount for amount in found.amounts if amount.article_id == article.id]
        assert [(amount.value, amount.currency, amount.usd) for amount in amounts] == [
            (row["amount_value"], row["amount_currency"], row["amount_usd"])
        ]
        for parties, side in ((found.actors, "actor"), (found.targets, "target")):
            told = tuple(" | ".join(str(getattr(party, name)) for party in parties) for name in ("id", "name", "country"))
            assert told == (row[f"{side}_ids"], row[f"{side}s"], row[f"{side}_countries"])
        assert " | ".join(match.entry for party in found.targets for match in party.matches) == row["sanctioned_ids"]
        for name in ("type", "subtype", "plover", "cameo", "quad_class", "modality", "date_start", "date_end", "date_precision", "status"):
            assert getattr(found, name) == row[name], name
        assert (
            (found.n_mentions, found.n_articles, found.n_sources) == (row["n_mentions"], row["n_articles"], row["n_sources"]) == (2, 2, 2)
        )
    shown = next(row for row in flat if row["article_id"] == found.articles[0].id)
    assert (found.trigger, found.evidence, found.attribution) == (shown["trigger_text"], shown["evidence"], shown["attribution_kind"])
    assert found.evidence[found.trigger_start :].startswith(found.trigger)
    assert (found.merged, found.usd) == ((loser,), 2e6)
    assert (found.first_published, found.last_published) == (NOW, NOW)


def test_what_was_merged_away_withdrawn_or_is_told_no_longer_has_no_card(database: Database) -> None:
    winner, loser = tell(database), tell(database, "paper", number=2)
    stand(database, loser, winner)
    other, old = tell(database, "mail", number=3), tell(database, "post", number=4)
    change(database, EventRow, {"deleted_at": NOW}, EventRow.id == other)
    newer = add_article(database, number=4, feed_id="post", text=f"{TEXT} It was corrected.", sha="f")
    assert set(cards(database, winner, loser, other, old)) == {winner}
    again = tell(database, made=make_analysis(newer))
    assert set(cards(database, winner, loser, other, old, again)) == {winner, again}


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (EventMentionRow, {"is_core": False}),
        (ArticleVersionRow, {"body_status": BodyStatus.TEASER}),
        (ArticleVersionRow, {"published_at": NOW + timedelta(hours=1)}),
        (ArticleVersionRow, {"published_at": None}),
    ],
)
@pytest.mark.parametrize("worse", [0, 1])
def test_the_passage_shown_is_of_the_core_of_the_fullest_and_earliest_article(
    database: Database, table: type, values: dict[str, object], worse: int
) -> None:
    events = [tell(database), tell(database, "paper", number=2)]
    stand(database, events[1], events[0])
    change(database, ArticleVersionRow, {"body_status": BodyStatus.FULL})
    versions = dict(select_all(database, EventMentionRow.event_id, EventMentionRow.version_id))
    version = versions[events[worse]]
    change(database, table, values, (table.version_id if table is EventMentionRow else table.id) == version)  # type: ignore[attr-defined]
    found = card(database)
    assert [article.version for article in found.articles] == [versions[events[1 - worse]], version]


def select_all(database: Database, *columns: object) -> list[tuple[object, ...]]:
    with reading(database) as connection:
        return [tuple(row) for row in connection.execute(select(*columns))]  # type: ignore[call-overload]


def test_a_party_has_its_entries_its_country_and_whether_it_is_an_official(database: Database) -> None:
    tell(database)
    with writing(database) as connection:
        record_list_entries(connection, know("DPRK3", "NPWMD"))
    change(database, MentionRow, {"official": True}, MentionRow.entity_id == "kb:us")
    found = card(database)
    match = ListMatch("us_ofac_sdn", ENTRY, "U, Yong Su", ("DPRK3", "NPWMD"), 0.99)
    assert found.targets == (PartyFound("kb:ofac-56045", "U Yong Su", "PERSON", "KP", official=False, matches=(match,)),)
    assert found.actors == (PartyFound("kb:us", "Washington", "PLACE", "US", official=True),)
    assert card(database, knowledge=know()).actors[0].name == "United States"
    for values in ({"status": "review"}, {"status": "auto", "superseded_at": NOW}):
        change(database, LinkRow, values)
        assert card(database).targets[0].matches == ()


def test_place_and_speaker_are_those_of_the_first_article_that_has_them(database: Database) -> None:
    article = add_article(database)
    made = make_analysis(article)
    where = Argument(0, 10, "Washington", "Washington", "kb:us", Via.DIRECT, 0.8)
    who = Argument(None, None, "a banker", "a banker", None, Via.CONTEXT, 0.5)
    mention = replace(made.events[0].mentions[0], place=where, speaker=who, attribution=AttributionKind.INDIRECT)
    told = tell(database, made=made, place=where, speaker=who, mentions=(mention,))
    bare = tell(database, "paper", number=2)
    change(database, ArticleVersionRow, {"published_at": LATER}, ArticleVersionRow.id == article.id)
    stand(database, told, bare)
    found = card(database, knowledge=know())
    assert found.articles[1].version == article.id
    assert found.place == PlaceFound("kb:us", "United States", "US", 39.8, -98.6)
    assert (found.speaker, found.attribution) == (PartyFound(None, "a banker", None, None, official=False), "indirect")
    assert set(parties_of(found)) == {"kb:us", "kb:ofac-56045"}


def test_known_names_have_the_spellings_of_the_knowledge_base_and_others_those_of_the_articles(database: Database) -> None:
    tell(database)
    change(database, MentionRow, {"name": "U Yong-su"}, MentionRow.entity_id == "kb:ofac-56045")
    with reading(database) as connection:
        known = load_spellings(connection, ["kb:ofac-56045"], know())
        met = load_spellings(connection, ["kb:ofac-56045", "kb:us"], NOTHING_KNOWN)
    assert known == {"kb:ofac-56045": {"U Yong Su", "Yong-su U", "우용수"}}
    assert met["kb:ofac-56045"] == {"U Yong Su", "U Yong-su"}
    assert met["kb:us"] == {"Washington"}


# --- list entries ---------------------------------------------------------------------------------------------------------


def entries(database: Database) -> list[tuple[object, ...]]:
    return select_all(database, ListEntryRow.entry, ListEntryRow.name, ListEntryRow.programs, ListEntryRow.listed_on)


def test_entries_follow_the_lists_and_name_the_events_that_change_with_them(database: Database) -> None:
    event = tell(database)

    def record(knowledge: Knowledge) -> set[str]:
        with writing(database) as connection:
            return record_list_entries(connection, knowledge)

    assert record(NOTHING_KNOWN) == set()
    assert entries(database) == [(ENTRY, "U, Yong Su", [], None)]
    assert record(know("DPRK3")) == {event}
    assert entries(database) == [(ENTRY, "U, Yong Su", ["DPRK3"], "2025-11-04")]
    assert record(know("DPRK3")) == set()
    assert record(know("DPRK3", "DPRK4")) == {event}
    assert record(NOTHING_KNOWN) == set(), "what a list said of an entry stays when it has it no longer"
    assert entries(database)[0][2] == ["DPRK3", "DPRK4"]


# --- what is stale --------------------------------------------------------------------------------------------------------


def stale(database: Database, refreshed_at: datetime) -> list[str]:
    with reading(database) as connection:
        return find_stale(connection, IndexState(1, FORMAT, refreshed_at)).events


def test_only_what_changed_since_the_last_refresh_is_stale(database: Database) -> None:
    tell(database)
    assert stale(database, LATER) == []
    ((event,),) = select_all(database, EventRow.id)
    assert stale(database, NOW + timedelta(hours=23)) == [event], "changes are looked for a day before"
    change(database, EventRow, {"changed_at": LATER})
    assert stale(database, LATER) == [event]


def test_an_article_that_was_fetched_again_makes_its_events_stale(database: Database) -> None:
    event, _ = tell(database), tell(database, "paper", number=2)
    of_event = ArticleRow.id == select(EventRow.article_id).where(EventRow.id == event).scalar_subquery()
    change(database, ArticleRow, {"fetched_at": LATER}, of_event)
    assert stale(database, LATER) == [event]


def test_all_that_stand_or_stood_together_are_looked_at(database: Database) -> None:
    first, second, third, alone = (tell(database, feed, number=number) for number, feed in enumerate(("a", "b", "c", "d"), start=1))
    stand(database, second, first)
    with writing(database) as connection:
        decide(connection, third, second, MergeStatus.MERGED, by="Kim", why=None, at=NOW)
        decide(connection, third, second, MergeStatus.APART, by="Kim", why=None, at=LATER)
        decide(connection, alone, first, MergeStatus.APART, by="Kim", why=None, at=LATER)
    with reading(database) as connection:
        assert with_related(connection, [first]) == with_related(connection, [third]) == {first, second, third}
        assert with_related(connection, [alone]) == {alone}


# --- writing --------------------------------------------------------------------------------------------------------------


def test_an_index_is_whole_only_after_its_build_and_its_version_rises(database: Database) -> None:
    event = tell(database)
    with writing(database) as connection:
        assert (read_state(connection), is_built(connection)) == (None, False)
        begin_build(connection, at=NOW)
    with writing(database) as connection:
        assert (read_state(connection), is_built(connection)) == (IndexState(1, 0, NOW), False)
        assert Indexer(NOTHING_KNOWN).put(connection, [event]) == 1
        end_refresh(connection, at=LATER)
    with writing(database) as connection:
        assert (read_state(connection), is_built(connection)) == (IndexState(3, FORMAT, LATER), True)
        begin_build(connection, at=LATER)
        assert read_state(connection) == IndexState(4, 0, LATER)
    assert indexed(database) == set()


def test_events_that_are_no_longer_in_force_leave_the_index(database: Database) -> None:
    one, other = tell(database), tell(database, "paper", number=2)
    indexer = Indexer(NOTHING_KNOWN)
    with writing(database) as connection:
        begin_build(connection, at=NOW)
        assert indexer.put(connection, [one, other]) == 2
    assert indexed(database) == {one, other}
    change(database, EventRow, {"deleted_at": LATER.astimezone(UTC)}, EventRow.id == other)
    with writing(database) as connection:
        indexer.put(connection, [one, other])
    assert indexed(database) == {one}
    with writing(database) as connection:
        version = read_state(connection)
        assert indexer.put(connection, [other]) == 0
        assert read_state(connection) == version
