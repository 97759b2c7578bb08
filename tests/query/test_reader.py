"""The reader over the index of the sample, and over what stands behind the index."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import ModuleType

import pandas
import pytest
from sqlalchemy import delete, insert

from models.filters import EntityFilter, EventFilter, Page, Sort
from models.findings import EventFound
from models.index_tables import IndexStateRow
from models.knowledge import Knowledge, KnowledgeEntity, ListEntry
from models.vocabulary import Label
from pipeline.errors import ConfigurationError
from pipeline.query import FLAT, FLAT_TYPES, QueryError, Reader, as_json, connect, flatten, make_filter, parse_filter
from pipeline.run.indexing import refresh_index
from pipeline.store.analyses import record_analysis
from pipeline.store.engine import Database, open_database, writing
from pipeline.store.index_rows import FORMAT, card_of, put_events
from pipeline.store.merges import apply_standing
from pipeline.store.schema import upgrade
from tests.query.builders import SAMPLE, SAMPLE_NAMES, make_amount, make_article, make_event, make_party, make_place
from tests.store.builders import NOW, TEXT, add_article, make_analysis, make_context

LISTING = ListEntry("us_ofac_sdn:56045", "us_ofac_sdn", "2026-07-01", "U, Yong Su", ("DPRK3",))
BANKER = KnowledgeEntity("kb:ofac-56045", Label.PERSON, "U Yong Su", (), "KP", listings=(LISTING,))
KNOWN = Knowledge("kb1", {BANKER.id: BANKER})


@pytest.fixture
def reader(database: Database) -> Iterator[Reader]:
    """The sample, as the index has it."""
    with writing(database) as connection:
        put_events(connection, SAMPLE, names=SAMPLE_NAMES)
        connection.execute(insert(IndexStateRow).values(id=1, version=7, format=FORMAT, refreshed_at=NOW))
    with Reader(database) as reader:
        yield reader


def ids(events: Iterator[EventFound] | tuple[EventFound, ...]) -> list[str]:
    return [event.id for event in events]


# --- the index ----------------------------------------------------------------------------------------------------------


def test_all_ways_of_asking_give_the_same_events(reader: Reader) -> None:
    wanted = parse_filter([("type", "SANCTION"), ("since", "2024"), ("modality", "!denied")])
    told = [event for event in SAMPLE if event.type == "SANCTION" and event.modality != "denied" and event.status != "rejected"]
    expected = {event.id for event in told if (event.date_start or "") >= "2024"}
    found = reader.find(wanted, Page(limit=500))
    assert set(ids(found.events)) == expected
    assert found.next is None
    assert ids(reader.stream(wanted)) == ids(found.events)
    assert ids(reader.events(type="SANCTION", since=2024, modality="!denied")) == ids(found.events)
    assert [json.loads(line) for line in reader.stream_json(wanted)] == [as_json(event) for event in found.events]
    assert list(reader.frame(type="SANCTION", since=2024, modality="!denied")["event_id"]) == ids(found.events)
    assert reader.count(wanted) == reader.facets(wanted)[0] == len(expected) > 3
    years = reader.timeline(wanted, "year")
    assert sum(point.count for point in years.points) + years.longer + years.undated == len(expected)
    found_there = reader.places(wanted)
    assert sum(place.count for place in found_there.places) + found_there.placeless == len(expected)


def test_pages_go_on_with_the_cursor_until_the_last(reader: Reader) -> None:
    page, seen = Page(Sort.AMOUNT, limit=7), []
    while True:
        found = reader.find(EventFilter(), page)
        seen += ids(found.events)
        if found.next is None:
            break
        page = Page(Sort.AMOUNT, limit=7, cursor=found.next)
    assert seen == ids(reader.stream(EventFilter(), Sort.AMOUNT))
    assert len(seen) == len(set(seen)) == reader.count(EventFilter())


def test_without_a_page_the_newest_fifty_are_found(reader: Reader) -> None:
    found = reader.find(EventFilter())
    assert ids(found.events) == ids(islice(reader.stream(EventFilter()), 50))


def test_a_stream_that_is_left_early_does_no_harm(reader: Reader) -> None:
    stream = reader.stream(EventFilter())
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert reader.count(EventFilter()) > 50


def test_the_version_is_read_anew_each_time(reader: Reader, database: Database) -> None:
    assert reader.version == 7
    with writing(database) as connection:
        connection.execute(delete(IndexStateRow))
        connection.execute(insert(IndexStateRow).values(id=1, version=8, format=FORMAT, refreshed_at=NOW))
    assert reader.version == 8


def test_what_the_store_refuses_names_field_and_value(reader: Reader) -> None:
    for question, field in (
        (lambda: reader.find(EventFilter(), Page(cursor="bm90aGluZw")), "cursor"),
        (lambda: reader.find(EventFilter(), Page(cursor="not a cursor")), "cursor"),
        (lambda: reader.find(EventFilter(), Page(limit=0)), "limit"),
        (lambda: reader.facets(EventFilter(), ["colour"]), "fields"),
        (lambda: list(reader.stream(EventFilter(since="2025-02-30"))), "since"),
    ):
        with pytest.raises(QueryError) as caught:
            question()
        assert (caught.value.field, caught.value.exit_code) == (field, 2)
        assert caught.value.value is not None


def test_a_filter_that_matches_nothing_finds_nothing(reader: Reader) -> None:
    wanted = make_filter(actor="Nobody at all")
    assert (reader.find(wanted).events, reader.count(wanted), reader.timeline(wanted).points) == ((), 0, ())
    assert reader.places(wanted).places == ()
    total, facets = reader.facets(wanted)
    assert (total, {facet.values for facet in facets}) == (0, {()})
    assert list(reader.frame(actor="Nobody at all").columns) == list(FLAT)


# --- flat and nested ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", SAMPLE, ids=lambda event: event.id)
def test_a_flat_row_has_every_column_with_its_type(event: EventFound) -> None:
    row = flatten(event)
    assert tuple(row) == FLAT
    assert all(value is None or type(value) is FLAT_TYPES[name] for name, value in row.items())
    assert as_json(event) == json.loads(card_of(event))


def test_the_flat_row_of_an_event_with_everything() -> None:
    first, second = make_article(1, title="A title"), make_article(2, publisher="Daehan Daily", lang="ko", published_at=None)
    event = make_event(
        actors=(make_party(), make_party("a bank", id=None, country=None)),
        amounts=(
            make_amount(value=5e9, currency="KRW", usd=3.6e6, usd_basis="rate", role="seized"),
            make_amount(value=5e6, usd=5e6, bound="at_least"),
            make_amount(value=4000.0, currency="BTC", usd=None, usd_basis=None),
        ),
        place=make_place(),
        speaker=make_party("A spokesman", id="ent-1"),
        articles=(first, second),
        merged=("evt-1", "evt-2"),
    )
    row = flatten(event)
    assert (row["actors"], row["actor_ids"], row["actor_countries"]) == ("North Korea | a bank", "kb:kp", "KP")
    assert (row["amount_value"], row["amount_currency"], row["amount_bound"], row["amount_usd"]) == (5e6, "USD", "at_least", 5e6)
    assert (row["place"], row["latitude"], row["speaker"], row["speaker_id"]) == ("Pyongyang", 39.03, "A spokesman", "ent-1")
    assert (row["url"], row["title"], row["publishers"], row["lang"]) == (first.url, "A title", "Hanbit News | Daehan Daily", "en")
    assert (row["published_at"], row["merged_ids"], row["quantities"]) == (first.published_at, "evt-1 | evt-2", None)
    only = flatten(replace(event, amounts=event.amounts[2:], usd=None, place=None))
    assert (only["amount_value"], only["amount_currency"], only["amount_usd"], only["place"]) == (4000.0, "BTC", None, None)


def test_only_records_have_a_nested_form() -> None:
    for wrong in ("evt-1", EventFound, None):
        with pytest.raises(TypeError, match="as_json takes a record"):
            as_json(wrong)


# --- data frames --------------------------------------------------------------------------------------------------------


def test_a_data_frame_has_numbers_times_and_text(reader: Reader) -> None:
    table = reader.frame(sort=Sort.AMOUNT)
    assert list(table.columns) == list(FLAT)
    assert len(table) == reader.count(EventFilter())
    assert table["amount_usd"].max() == max(event.usd for event in SAMPLE if event.usd is not None and event.status != "rejected")
    assert str(table["published_at"].dtype) == "datetime64[us, UTC]"
    assert table["published_at"].isna().any()
    assert table["date_start"].str.len().dropna().isin([4, 7, 10]).all()
    assert {str(table[name].dtype) for name in ("n_mentions", "score", "background", "type")} == {"int64", "float64", "bool", "string"}
    assert (reader.frame(actor="Nobody at all").dtypes == table.dtypes).all()
    first = flatten(next(reader.stream(EventFilter(), Sort.AMOUNT)))
    assert {name: value for name, value in first.items() if value is not None} == {
        name: value for name, value in table.iloc[0].to_dict().items() if not pandas.isna(value)
    }


def test_without_pandas_it_is_said_what_to_install(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_pandas(name: str, *rest: object) -> ModuleType:
        if name == "pandas":
            raise ModuleNotFoundError("No module named 'pandas'", name="pandas")
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without_pandas)
    with pytest.raises(ConfigurationError, match=r"pip install 'peninsula\[frames\]'"):
        reader.frame()


# --- opening ------------------------------------------------------------------------------------------------------------


def test_a_folder_a_file_and_an_address_open_the_same_database(tmp_path: Path) -> None:
    file = tmp_path / "peninsula.db"
    database = open_database(f"sqlite:///{file}")
    upgrade(database)
    database.dispose()
    for where in (tmp_path, str(tmp_path), file, str(file), f"sqlite:///{file}"):
        with connect(where) as reader:
            assert (reader.version, reader.count(EventFilter())) == (0, 0)


@pytest.mark.parametrize("name", ["nowhere", "nowhere.db", "sqlite:///nowhere.db", "mysql://host/name"])
def test_what_cannot_be_opened_is_explained_and_nothing_is_made(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=r"there is no database yet: run `peninsula ingest`|only sqlite and postgresql"):
        connect(name)
    assert list(tmp_path.iterdir()) == []


def test_a_database_whose_index_is_not_built_says_what_to_run(database: Database) -> None:
    told(database)
    with pytest.raises(ConfigurationError, match="the index of events is not built: run `peninsula db reindex`"):
        Reader(database)
    refresh_index(database, KNOWN, at=NOW)
    with Reader(database) as reader:
        assert reader.count(EventFilter()) == 1


# --- behind the index ---------------------------------------------------------------------------------------------------


def told(database: Database, feed_id: str = "wire", sha: str = "a") -> str:
    """Store an article that tells the sanction of the builders; return the id of its version."""
    article = add_article(database, feed_id=feed_id, text=f"{TEXT} ({feed_id})", sha=sha)
    context = make_context(database)
    with writing(database) as connection:
        record_analysis(connection, make_analysis(article), context)
    return article.id


@pytest.fixture
def two_articles(database: Database) -> Iterator[tuple[Reader, str, str]]:
    """Two articles that tell one event: the reader, the event that stands, and the one that stands under it."""
    told(database)
    told(database, "paper", "b")
    refresh_index(database, KNOWN, at=NOW)
    with Reader(database) as reader:
        winner, loser = sorted(ids(reader.stream(EventFilter())))
        with writing(database) as connection:
            apply_standing(connection, {loser: winner, winner: winner}, at=NOW)
        refresh_index(database, KNOWN, at=NOW)
        yield reader, winner, loser


def test_an_event_is_found_by_its_id_and_by_those_that_it_stands_for(two_articles: tuple[Reader, str, str]) -> None:
    reader, winner, loser = two_articles
    event = reader.event(winner)
    assert event is not None
    assert (event.id, event.merged, event.n_articles, len(event.articles)) == (winner, (loser,), 2, 2)
    assert reader.event(loser) == event
    assert [reader.event(name) for name in ("evt-none", "", "evt-\0", "e" * 10_000, "\udcff")] == [None] * 5


def test_every_passage_is_told_with_its_place_in_the_text(two_articles: tuple[Reader, str, str]) -> None:
    reader, winner, loser = two_articles
    passages = reader.passages(winner)
    assert passages == reader.passages(loser)
    assert [passage.event_id for passage in passages] in ([winner, loser], [loser, winner])
    for passage in passages:
        view = reader.article(passage.article.version)
        assert view is not None
        text = view.version["text"]
        assert text[passage.trigger_start : passage.trigger_end] == passage.trigger == "imposed sanctions"
        assert text[passage.evidence_start : passage.evidence_end] == passage.evidence
        places = {role: (party.id, text[start:end]) for role, party, start, end in passage.parties}
        assert places == {"actor": ("kb:us", "Washington"), "target": ("kb:ofac-56045", "U Yong Su")}
        assert [(amount.text, amount.role, amount.article_id) for amount in passage.amounts] == [
            ("$2 million", "laundered", passage.article.id)
        ]
        assert (passage.modality, passage.attribution, passage.speaker, passage.rules) == (
            "asserted",
            "unattributed",
            None,
            ("sanction.impose",),
        )
        ((match,),) = (party.matches for role, party, *_ in passage.parties if role == "target")
        assert (match.entry, match.programs) == ("us_ofac_sdn:56045", ("DPRK3",))
    assert reader.passages("evt-none") == ()


def test_an_entity_is_told_with_names_matches_and_who_is_beside_it(two_articles: tuple[Reader, str, str]) -> None:
    reader, *_ = two_articles
    entity = reader.entity("kb:ofac-56045")
    assert entity is not None
    assert (entity.label, entity.name, entity.names) == ("PERSON", "U Yong Su", (("U Yong Su", 2),))
    assert (entity.mentions, entity.articles, entity.events) == (2, 2, 1)
    assert entity.first_seen == entity.last_seen == NOW
    assert [(match.entry, match.name, match.programs) for match in entity.matches] == [("us_ofac_sdn:56045", "U, Yong Su", ("DPRK3",))]
    assert entity.evidence == ("us_ofac_sdn:56045: exact alias",)
    assert [(other.party.id, other.events, other.types) for other in entity.co_actors] == [("kb:us", 1, {"SANCTION": 1})]
    assert reader.entity("kb:nobody") is None


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (EntityFilter(), ["kb:us", "kb:ofac-56045"]),
        (EntityFilter(labels=(Label.PERSON,)), ["kb:ofac-56045"]),
        (EntityFilter(name="yong su"), ["kb:ofac-56045"]),
        (EntityFilter(name="우용수"), ["kb:ofac-56045"]),
        (EntityFilter(name="kb:us"), ["kb:us"]),
        (EntityFilter(name="\0"), []),
        (EntityFilter(listed=True), ["kb:ofac-56045"]),
        (EntityFilter(officials=True), []),
        (EntityFilter(limit=1), ["kb:us"]),
    ],
    ids=["all", "label", "name", "spelling", "id", "nul", "listed", "officials", "limit"],
)
def test_entities_are_listed_in_short(two_articles: tuple[Reader, str, str], wanted: EntityFilter, found: list[str]) -> None:
    reader, *_ = two_articles
    entities = reader.entities(wanted)
    assert [entity.id for entity in entities] == found
    for entity in entities:
        whole = reader.entity(entity.id)
        assert whole is not None
        assert entity == replace(whole, names=(), roles=whole.roles[:1], evidence=(), co_actors=())


def test_entities_are_found_page_by_page(two_articles: tuple[Reader, str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    reader, *_ = two_articles
    first = reader.find_entities(EntityFilter(limit=1))
    second = reader.find_entities(EntityFilter(limit=1, cursor=first.next))
    assert [entity.id for entity in (*first.entities, *second.entities)] == ["kb:us", "kb:ofac-56045"]
    assert second.next is None
    monkeypatch.setattr("pipeline.query.reader.MOST_ON_A_PAGE", 1)
    assert reader.entities(EntityFilter(limit=2_000)) == [*first.entities, *second.entities]


@pytest.mark.parametrize(
    ("wanted", "field"), [(EntityFilter(name="%"), "name"), (EntityFilter(cursor="x"), "cursor"), (EntityFilter(limit=0), "limit")]
)
def test_a_wrong_question_for_entities_names_its_field(two_articles: tuple[Reader, str, str], wanted: EntityFilter, field: str) -> None:
    reader, *_ = two_articles
    with pytest.raises(QueryError) as refused:
        reader.entities(wanted)
    assert refused.value.field == field


def test_publishers_are_listed_with_articles_and_events(two_articles: tuple[Reader, str, str]) -> None:
    reader, *_ = two_articles
    sources = {source.publisher: source for source in reader.sources()}
    assert set(sources) == {"The wire", "The paper"}
    wire = sources["The wire"]
    assert (wire.source_kind, wire.articles, wire.events, wire.first_published, wire.last_published) == ("wire", 1, 1, NOW, NOW)


def test_the_change_feed_is_read_from_a_number_on(two_articles: tuple[Reader, str, str]) -> None:
    reader, *_ = two_articles
    lines = reader.changes()
    assert [line["number"] for line in lines] == sorted(line["number"] for line in lines)
    assert reader.changes(after=lines[0]["number"]) == lines[1:]
    assert reader.changes(limit=1) == lines[:1]
    assert reader.changes(since=datetime(2030, 1, 1, tzinfo=UTC)) == []


def test_an_article_is_found_by_id_version_and_address(two_articles: tuple[Reader, str, str]) -> None:
    reader, winner, _ = two_articles
    event = reader.event(winner)
    assert event is not None
    for article in event.articles:
        views = [reader.article(name) for name in (article.id, article.version, article.version[:12], article.url)]
        assert {view.version["id"] for view in views if view is not None} == {article.version}
        assert None not in views
    assert [reader.article(name) for name in ("art-none", "ver-none", "\0", "")] == [None] * 4
