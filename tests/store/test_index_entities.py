"""What the index says of persons, bodies and places, and how they are found by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from models.filters import EntityFilter
from models.findings import EntityFound
from models.index_tables import EntityArticleRow, EntitySaidRow, IndexedEntityRow
from models.knowledge import Alias, Knowledge, KnowledgeEntity, ListEntry
from models.records import Analysis, Article, Link, Mention
from models.tables import ArticleVersionRow, EventRow, MentionRow
from models.vocabulary import Label, LinkStatus, ReviewStatus, Via
from pipeline.run.indexing import refresh_index
from pipeline.store.analyses import record_analysis
from pipeline.store.conditions import FilterError
from pipeline.store.engine import Database, reading, writing
from pipeline.store.indexing import Indexer, events_in_force, find_stale, read_state
from pipeline.store.reading_entities import list_entities, load_entity
from tests.store.builders import MAKER, NOW, TEXT, add_article, make_analysis, make_context, make_mention

ENTRY = "us_ofac_sdn:56045"
BANKER = "kb:ofac-56045"
NOTHING_KNOWN = Knowledge("kb0", {})
LATER = NOW + timedelta(days=40)

Change = Callable[[Analysis], Analysis]


def store(database: Database, feed_id: str = "wire", *, change: Change = lambda made: made, sha: str = "a", more: str = "") -> Article:
    """Store an article of the feed as read by the stages; with `more`, a text that differs."""
    article = add_article(database, feed_id=feed_id, text=f"{TEXT} ({feed_id}){more}", sha=sha)
    context = make_context(database)
    with writing(database) as connection:
        record_analysis(connection, change(make_analysis(article)), context)
    return article


def naming(*mentions: Mapping[str, Any]) -> Change:
    """Return what adds names to an analysis, each with the words "He" for its place in the text."""

    def change(made: Analysis) -> Analysis:
        added = tuple(make_name(made, **mention) for mention in mentions)
        return replace(made, linking=replace(made.linking, mentions=(*made.linking.mentions, *added)))

    return change


def make_name(made: Analysis, *, entity: str, label: Label, name: str, text: str | None = None, place: str = "He", **more: Any) -> Mention:
    mention = make_mention(made.article.text, place, label, entity, **more)
    return replace(mention, name=name, text=name if text is None else text)


def build(database: Database, knowledge: Knowledge = NOTHING_KNOWN, *, at: datetime = NOW) -> None:
    refresh_index(database, knowledge, at=at, anew=True)


def refresh(database: Database, knowledge: Knowledge = NOTHING_KNOWN) -> None:
    refresh_index(database, knowledge, at=NOW)


def entity(database: Database, ident: str = BANKER) -> EntityFound:
    with reading(database) as connection:
        found = load_entity(connection, ident)
    assert found is not None
    return found


def listed(database: Database, **wanted: Any) -> list[str]:
    with reading(database) as connection:
        return [one.id for one in list_entities(connection, EntityFilter(**wanted)).entities]


def stored(database: Database, table: Any) -> list[tuple[Any, ...]]:
    with reading(database) as connection:
        return sorted((tuple(row) for row in connection.execute(select(table.__table__))), key=repr)


def change(database: Database, table: Any, values: Mapping[str, object], *where: Any) -> None:
    with writing(database) as connection:
        connection.execute(update(table).where(*where).values(**values))


def assert_as_if_built_anew(database: Database, knowledge: Knowledge = NOTHING_KNOWN) -> None:
    tables = (IndexedEntityRow, EntityArticleRow, EntitySaidRow)
    kept = [stored(database, table) for table in tables]
    build(database, knowledge)
    assert kept == [stored(database, table) for table in tables]


# --- what is said of an entity -----------------------------------------------------------------------------------------------


def test_an_entity_is_counted_over_all_articles(database: Database) -> None:
    store(database)
    later = store(database, "paper")
    change(database, ArticleVersionRow, {"published_at": NOW + timedelta(hours=5)}, ArticleVersionRow.id == later.id)
    build(database)
    found = entity(database)
    assert (found.label, found.name, found.country) == ("PERSON", "U Yong Su", "KP")
    assert (found.mentions, found.articles, found.events) == (2, 2, 2)
    assert (found.first_seen, found.last_seen) == (NOW, NOW + timedelta(hours=5))
    assert found.names == (("U Yong Su", 2),)


def test_an_article_without_a_time_leaves_first_and_last_seen_open(database: Database) -> None:
    article = store(database)
    change(database, ArticleVersionRow, {"published_at": None}, ArticleVersionRow.id == article.id)
    build(database)
    assert (entity(database).first_seen, entity(database).last_seen) == (None, None)


def test_names_and_offices_stand_commonest_first(database: Database) -> None:
    chief = {"entity": "doc:1", "label": Label.PERSON, "name": "Han Song-jun", "official": True}
    store(database, change=naming(chief | {"role": "minister", "affiliation": "Ministry of Unification"}))
    store(database, "paper", change=naming(chief | {"role": "spokesman"}))
    store(database, "mail", change=naming(chief | {"role": "minister", "affiliation": "Ministry of Unification", "text": "한송준"}))
    build(database)
    (ident,) = listed(database, officials=True)
    found = entity(database, ident)
    assert found.names == (("Han Song-jun", 2), ("한송준", 1))
    assert found.roles == (("minister", "Ministry of Unification", 2), ("spokesman", None, 1))
    with reading(database) as connection:
        (short,) = list_entities(connection, EntityFilter(officials=True)).entities
    assert short == replace(found, names=(), roles=found.roles[:1], evidence=(), co_actors=())


def test_the_surest_match_to_each_entry_counts_with_what_the_list_says_of_it_now(database: Database) -> None:
    def sure(score: float, why: str) -> Change:
        link = Link(BANKER, ENTRY, "us_ofac_sdn", "2026-07-01", "U, Yong Su", score, why, "auto", MAKER)
        return lambda made: replace(made, linking=replace(made.linking, links=(link,)))

    store(database, change=sure(0.8, "alias"))
    store(database, "paper", change=sure(0.9, "exact alias"))
    listing = ListEntry(ENTRY, "us_ofac_sdn", "2026-07-01", "U, Yong Su (banker)", ("DPRK3",), listed_on=date(2025, 11, 4))
    build(database, Knowledge("kb1", {BANKER: KnowledgeEntity(BANKER, Label.PERSON, "U Yong Su", (), "KP", listings=(listing,))}))
    (match,) = entity(database).matches
    assert (match.entry, match.name, match.programs, match.score) == (ENTRY, "U, Yong Su (banker)", ("DPRK3",), 0.9)
    assert entity(database).evidence == (f"{ENTRY}: exact alias", f"{ENTRY}: alias")
    assert listed(database, listed=True) == [BANKER]


def test_links_that_wait_for_an_editor_are_no_matches(database: Database) -> None:
    def unsure(made: Analysis) -> Analysis:
        links = tuple(replace(link, status=LinkStatus.REVIEW) for link in made.linking.links)
        return replace(made, linking=replace(made.linking, links=links))

    store(database, change=unsure)
    build(database)
    assert listed(database, listed=True) == []


def test_events_that_an_editor_rejected_do_not_count(database: Database) -> None:
    store(database)
    build(database)
    assert entity(database).events == 1
    change(database, EventRow, {"status": ReviewStatus.REJECTED, "changed_at": LATER})
    refresh(database)
    assert entity(database).events == 0
    assert_as_if_built_anew(database)


def test_a_very_long_name_is_cut_for_the_index(database: Database) -> None:
    endless = "북" * 5_000
    store(
        database, change=naming({"entity": "doc:1", "label": Label.ORG, "name": endless, "role": "r" * 5_000, "affiliation": "조" * 5_000})
    )
    build(database)
    (ident,) = listed(database, labels=(Label.ORG,))
    found = entity(database, ident)
    assert endless.startswith(found.names[0][0])
    assert_as_if_built_anew(database)


# --- kept current ------------------------------------------------------------------------------------------------------------


def test_a_newer_version_takes_back_what_the_older_one_said(database: Database) -> None:
    ship = {"entity": "doc:1", "label": Label.VESSEL, "name": "Paekma", "place": "Tuesday"}
    store(database, change=naming(ship))
    store(database, "paper")
    build(database)
    (vessel,) = listed(database, labels=(Label.VESSEL,))
    newer = store(database, sha="b", more=" Corrected.")
    change(database, ArticleVersionRow, {"published_at": NOW - timedelta(days=2)}, ArticleVersionRow.id == newer.id)
    refresh(database)
    assert listed(database, labels=(Label.VESSEL,)) == []
    assert entity(database, vessel).mentions == 0
    assert (entity(database).mentions, entity(database).first_seen) == (2, NOW - timedelta(days=2))
    assert_as_if_built_anew(database)


def test_names_that_a_newer_reading_no_longer_says_are_counted_no_more(database: Database) -> None:
    article = store(database)
    store(database, "paper")
    build(database)
    change(database, MentionRow, {"superseded_at": LATER}, MentionRow.version_id == article.id, MentionRow.entity_id == BANKER)
    change(database, EventRow, {"changed_at": LATER})
    refresh(database)
    assert (entity(database).mentions, entity(database).articles) == (1, 1)
    assert_as_if_built_anew(database)


def test_an_entity_of_a_new_article_is_found_after_the_next_refresh(database: Database) -> None:
    store(database)
    build(database)
    store(database, "paper", change=naming({"entity": "doc:1", "label": Label.ORG, "name": "Ryongsan Trade Bank"}))
    assert listed(database, name="Ryongsan") == []
    refresh(database)
    assert len(listed(database, name="Ryongsan")) == 1
    assert_as_if_built_anew(database)


def test_an_event_that_is_indexed_before_its_article_brings_its_parties(database: Database) -> None:
    build(database)
    store(database)
    with writing(database) as connection:
        Indexer(NOTHING_KNOWN).put(connection, events_in_force(connection))
    found = entity(database)
    assert (found.events, found.mentions) == (1, 0)
    refresh(database)
    assert (entity(database).events, entity(database).mentions) == (1, 1)
    assert_as_if_built_anew(database)


def test_what_is_known_by_another_name_now_is_called_so(database: Database) -> None:
    store(database)
    known = Knowledge("kb1", {BANKER: KnowledgeEntity(BANKER, Label.PERSON, "Woo Yong-su", (Alias("우용수", "ko", "name"),), "KP")})
    build(database, known)
    assert entity(database).name == "Woo Yong-su"
    renamed = KnowledgeEntity(BANKER, Label.PERSON, "Han Song-jun", (Alias("한송준", "ko", "name"),), "KP")
    refresh(database, Knowledge("kb2", {BANKER: renamed}))
    assert entity(database).name == "Han Song-jun"
    assert (listed(database, name="한송준"), listed(database, name="우용수")) == ([BANKER], [])
    assert_as_if_built_anew(database, Knowledge("kb2", {BANKER: renamed}))
    refresh(database)
    assert_as_if_built_anew(database)


def test_a_refresh_looks_for_articles_of_events_that_changed(database: Database) -> None:
    article = store(database)
    build(database, at=LATER)
    with reading(database) as connection:
        state = read_state(connection)
        assert state is not None
        assert find_stale(connection, state).articles == []
        article_id = connection.execute(select(ArticleVersionRow.article_id).where(ArticleVersionRow.id == article.id)).scalar_one()
    change(database, EventRow, {"changed_at": LATER})
    with reading(database) as connection:
        assert find_stale(connection, state).articles == [article_id]


# --- finding -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Kim Ji-na", "Kim Ji na", "kim jina", "KIM JI-NA", "김지나", "김 지나", "Ji-na"])
def test_a_person_is_found_in_any_spelling(database: Database, name: str) -> None:
    store(database, change=naming({"entity": "doc:1", "label": Label.PERSON, "name": "Kim Ji-na"}))
    store(database, "paper", change=naming({"entity": "doc:2", "label": Label.PERSON, "name": "Kim Jin-ah", "place": "moved"}))
    build(database)
    with reading(database) as connection:
        found = [one.name for one in list_entities(connection, EntityFilter(name=name)).entities]
    assert "Kim Ji-na" in found


@pytest.mark.parametrize("name", ["류정신용은행", "류정 신용은행", "류정", "신용은행"])
@pytest.mark.parametrize("written", ["류정신용은행", "류정 신용은행", "류정신용은행은"])
def test_a_korean_body_is_found_with_and_without_particle_and_blanks(database: Database, name: str, written: str) -> None:
    store(database, change=naming({"entity": "doc:1", "label": Label.ORG, "name": written}))
    build(database)
    assert len(listed(database, name=name)) == 1


def test_words_that_mean_an_entity_only_in_their_context_are_shown_and_not_searched(database: Database) -> None:
    bank = {"entity": "doc:1", "label": Label.ORG, "name": "Ryongsan Trade Bank"}
    store(database, change=naming(bank | {"text": "the lender", "via": Via.COREF}))
    build(database)
    (ident,) = listed(database, name="Ryongsan")
    assert entity(database, ident).names == (("the lender", 1),)
    assert listed(database, name="lender") == []
    assert listed(database, name="Washington") == ["kb:us"], "its name, where nothing else is known of it"


def test_an_id_finds_its_entity_and_no_other(database: Database) -> None:
    store(database)
    build(database)
    assert listed(database, name="kb:us") == ["kb:us"]


@pytest.mark.parametrize("name", ["%", "_", "…", '"'])
def test_a_name_without_letters_is_refused(database: Database, name: str) -> None:
    build(database)
    with pytest.raises(FilterError, match="no letter or digit") as refused:
        listed(database, name=name)
    assert refused.value.field == "name"


def test_conditions_narrow_each_other(database: Database) -> None:
    store(database, change=naming({"entity": "doc:1", "label": Label.PERSON, "name": "Han Song-jun", "official": True}))
    build(database)
    (chief,) = listed(database, officials=True)
    assert set(listed(database, labels=(Label.PERSON,))) == {chief, BANKER}
    assert listed(database, labels=(Label.PERSON, Label.PLACE), listed=True) == [BANKER]
    assert listed(database, name="Han Song-jun", listed=True) == []
    assert listed(database, labels=(Label.MALWARE,)) == []


def names_of_many(number: int) -> list[Mapping[str, Any]]:
    words = TEXT.replace(".", "").replace("$", "").split()
    return [{"entity": f"doc:{place}", "label": Label.ORG, "name": f"Body {place:02}", "place": words[place]} for place in range(number)]


@pytest.mark.parametrize("wanted", [{}, {"name": "Body"}, {"labels": (Label.ORG, Label.PERSON)}], ids=["all", "name", "labels"])
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_together_have_every_entity_once_in_the_order_of_the_list(database: Database, wanted: dict[str, Any], limit: int) -> None:
    store(database, change=naming(*names_of_many(7)))
    store(database, "paper", change=naming(*names_of_many(3)))
    build(database)
    whole = listed(database, **wanted, limit=100)
    found, cursor, pages = [], None, 0
    while pages == 0 or cursor is not None:
        with reading(database) as connection:
            page = list_entities(connection, EntityFilter(**wanted, limit=limit, cursor=cursor))
        assert len(page.entities) == limit or page.next is None
        found += [one.id for one in page.entities]
        cursor, pages = page.next, pages + 1
    assert found == whole
    assert pages == -(-len(whole) // limit)
    mentions = [entity(database, ident).mentions for ident in found]
    assert mentions == sorted(mentions, reverse=True)


@pytest.mark.parametrize("cursor", ["", "x", "!", "Mi5rYjp1cw==", "OTk5OTk5OTk5OS5rYjp1cw", "WyJuZXdlc3QiLDEsMl0", "ÿ", "a" * 5_000])
def test_what_is_no_cursor_is_refused(database: Database, cursor: str) -> None:
    build(database)
    with pytest.raises(FilterError, match="is no cursor: give `next` of the page before") as refused:
        listed(database, cursor=cursor)
    assert refused.value.field == "cursor"


@pytest.mark.parametrize("limit", [0, -1, 501])
def test_what_is_no_size_of_a_page_is_refused(database: Database, limit: int) -> None:
    build(database)
    with pytest.raises(FilterError, match="1 to 500"):
        listed(database, limit=limit)


def test_nobody_has_an_id_that_was_never_stored(database: Database) -> None:
    build(database)
    with reading(database) as connection:
        assert load_entity(connection, "kb:nobody") is None
