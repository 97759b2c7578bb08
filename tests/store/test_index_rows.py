from __future__ import annotations

import json
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Connection, select

from models.findings import EventFound
from models.index_tables import EventCardRow, EventSumRow, EventTermRow, IndexedEventRow, IndexStateRow, IndexTermRow, ListEntryRow
from pipeline.errors import StorageError
from pipeline.names.search_tokens import parse_words
from pipeline.store import index_rows
from pipeline.store.engine import Database, reading, writing
from pipeline.store.index_rows import card_of, clear_index, put_events, read_card, remove_events, terms_of
from pipeline.store.words import words_matching
from tests.query.builders import NOW, PARTIES, PLACES, SAMPLE, SAMPLE_NAMES, make_amount, make_article, make_event, make_party


@pytest.fixture
def index(database: Database) -> Iterator[Database]:
    """An empty index, which is whole after every test."""
    with writing(database) as connection:
        clear_index(connection)
    yield database
    with reading(database) as connection:
        _check(connection)


def _check(connection: Connection) -> None:
    """Every row agrees with the card of its event, and every count with the rows that it counts."""
    cards = {row.number: read_card(row.card) for row in connection.execute(select(EventCardRow.__table__))}
    events = {row.number: row for row in connection.execute(select(IndexedEventRow.__table__))}
    terms = {row.code: row for row in connection.execute(select(IndexTermRow.__table__))}
    held: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(select(EventTermRow.__table__)):
        held[row.number].append(row)
    sums: dict[int, set[tuple[str, float]]] = defaultdict(set)
    for row in connection.execute(select(EventSumRow.__table__)):
        sums[row.number].add((row.currency, row.value))
    assert {number: row.event_id for number, row in events.items()} == {number: card.id for number, card in cards.items()}
    for number, card in cards.items():
        codes = sorted(row.code for row in held[number])
        assert codes == list(array("i", events[number].terms))
        assert {(terms[code].field, terms[code].value) for code in codes} == {term[:2] for term in terms_of(card)}
        assert {row.sort_day for row in held[number]} == {events[number].sort_day}
        assert sums[number] == _sums(card)
    assert held.keys() | sums.keys() == cards.keys()
    assert Counter(row.code for rows in held.values() for row in rows) == {code: row.count for code, row in terms.items()}


def _sums(event: EventFound) -> set[tuple[str, float]]:
    own = {(amount.currency, amount.value) for amount in event.amounts}
    return own | {("USD", amount.usd) for amount in event.amounts if amount.usd is not None}  # type: ignore[return-value]


def _put(database: Database, *events: EventFound, **further: Any) -> int:
    with writing(database) as connection:
        return put_events(connection, events, **further)


def _remove(database: Database, *ids: str) -> int:
    with writing(database) as connection:
        return remove_events(connection, ids)


def _row(database: Database, event_id: str = "evt-0") -> Any:
    with reading(database) as connection:
        return connection.execute(select(IndexedEventRow.__table__).where(IndexedEventRow.event_id == event_id)).one()


def _term(database: Database, field: str, value: str) -> Any:
    query = select(IndexTermRow.__table__).where(IndexTermRow.field == field, IndexTermRow.value == value)
    with reading(database) as connection:
        return connection.execute(query).one_or_none()


def _found(database: Database, q: str) -> set[str]:
    with reading(database) as connection:
        numbers = words_matching(connection.dialect.name, parse_words(q))
        return set(connection.execute(select(IndexedEventRow.event_id).where(IndexedEventRow.number.in_(numbers))).scalars())


def _content(database: Database) -> dict[str, Any]:
    """Return all that the index says, without the numbers and codes by which it says it."""
    with reading(database) as connection:
        events = connection.execute(select(IndexedEventRow.__table__)).all()
        terms = connection.execute(select(IndexTermRow.__table__)).all()
        named = {row.code: (row.field, row.value) for row in terms}
        return {
            "events": {row.event_id: (*row[2:-1], {named[code] for code in array("i", row.terms)}) for row in events},
            "terms": {(row.field, row.value): (row.label, row.names, row.count) for row in terms},
            "cards": set(connection.execute(select(EventCardRow.card)).scalars()),
        }


# --- cards --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", SAMPLE, ids=lambda event: event.id)
def test_a_card_is_read_as_it_was_made(event: EventFound):
    assert read_card(card_of(event)) == event


def test_a_card_has_the_fields_by_name_and_times_in_utc():
    seoul = datetime.fromisoformat("2025-11-06T12:00:00+09:00")
    card = json.loads(card_of(make_event(first_published=seoul, speaker=PARTIES["chol"])))
    assert card["first_published"] == "2025-11-06T03:00:00Z"
    assert card["speaker"]["matches"][0]["programs"] == ["DPRK2", "DPRK4"]
    assert list(card) == list(EventFound.__slots__)


@pytest.mark.parametrize("change", [{"score": float("nan")}, {"usd": float("inf")}, {"changed_at": datetime(2025, 11, 6)}])
def test_what_a_card_cannot_say_is_refused(change: dict[str, Any]):
    with pytest.raises(ValueError):
        card_of(make_event(**change))


@pytest.mark.parametrize("key", [name for name in EventFound.__slots__ if name != "merged"])
def test_a_card_without_a_field_is_refused(key: str):
    card = json.loads(card_of(make_event()))
    del card[key]
    with pytest.raises(StorageError, match="db reindex"):
        read_card(json.dumps(card))


@pytest.mark.parametrize("card", ["", "[]", "null", "{", '{"id": 1}', card_of(make_event()).replace('"speaker":null', '"speaker":{"x":1}')])
def test_what_is_no_card_is_refused(card: str):
    with pytest.raises(StorageError, match="db reindex"):
        read_card(card)


def test_a_card_with_a_value_of_another_type_is_refused():
    card = json.loads(card_of(make_event())) | {"n_sources": "two"}
    with pytest.raises(StorageError, match="n_sources"):
        read_card(json.dumps(card))


# --- terms --------------------------------------------------------------------------------------------------------------


def test_terms_of_an_event():
    event = make_event(
        actors=(PARTIES["ofac"],),
        targets=(PARTIES["bank"], PARTIES["hackers"]),
        place=PLACES["unnamed"],
        speaker=PARTIES["jina"],
        amounts=(make_amount(currency="KRW"), make_amount(currency=None)),
        articles=(make_article(1), make_article(2), make_article(3, publisher="Daehan Daily", lang="ko", source_kind="newspaper")),
        date_start="2025-11",
        date_end="2025-11-30",
    )
    assert terms_of(event) == [
        ("type", "SANCTION", "SANCTION"),
        ("subtype", "impose", "impose"),
        ("modality", "asserted", "asserted"),
        ("background", "no", "no"),
        ("status", "auto", "auto"),
        ("date_precision", "day", "day"),
        ("actor", "kb:us-ofac", "Office of Foreign Assets Control"),
        ("target", "ent-ryongsan", "Ryongsan Trade Bank"),
        ("target", "text:unidentified hackers", "unidentified hackers"),
        ("place", "text:a border village", "a border village"),
        ("speaker", "ent-kim-jina", "Kim Ji-na"),
        ("country", "US", "US"),
        ("country", "KP", "KP"),
        ("list", "un_sc_sanctions", "un_sc_sanctions"),
        ("list", "un_sc_sanctions:KPe.901", "RYONGSAN TRADE BANK"),
        ("list", "us_ofac_sdn", "us_ofac_sdn"),
        ("list", "us_ofac_sdn:90002", "RYONGSAN TRADE BANK"),
        ("program", "DPRK", "DPRK"),
        ("program", "NPWMD", "NPWMD"),
        ("official", "yes", "yes"),
        ("currency", "KRW", "KRW"),
        ("publisher", "Hanbit News", "Hanbit News"),
        ("source_kind", "wire", "wire"),
        ("lang", "en", "en"),
        ("publisher", "Daehan Daily", "Daehan Daily"),
        ("source_kind", "newspaper", "newspaper"),
        ("lang", "ko", "ko"),
        ("year", "2025", "2025"),
        ("month", "2025-11", "2025-11"),
    ]


def test_an_undated_event_without_subtype_has_no_term_of_them():
    event = make_event(subtype=None, date_start=None, date_end=None, date_precision="unknown", background=True)
    fields = {field: value for field, value, _ in terms_of(event)}
    assert not fields.keys() & {"subtype", "year", "month", "place", "speaker", "currency", "list", "program"}
    assert (fields["background"], fields["official"], fields["date_precision"]) == ("yes", "no", "unknown")


@pytest.mark.parametrize(
    ("first", "last", "periods"),
    [
        ("2025-11-04", "2025-11-04", {"year": "2025", "month": "2025-11"}),
        ("2025-11-02", "2025-11-08", {"year": "2025", "month": "2025-11"}),
        ("2025-11", "2025-11", {"year": "2025", "month": "2025-11"}),
        ("2025-10-30", "2025-11-02", {"year": "2025"}),
        ("2025", "2025", {"year": "2025"}),
        ("2024-12-31", "2025-01-01", {}),
        (None, "2025-11", {"year": "2025", "month": "2025-11"}),
    ],
)
def test_an_event_has_the_month_and_the_year_that_its_date_tells(first: str | None, last: str, periods: dict[str, str]):
    terms = terms_of(make_event(date_start=first, date_end=last))
    assert {field: value for field, value, _ in terms if field in {"month", "year"}} == periods


def test_words_that_are_no_entity_are_one_value_whatever_their_case_and_blanks():
    parties = tuple(make_party(name, id=None, label=None, country=None) for name in ("IT  Workers", "it workers", "It workers\n"))
    assert [value for field, value, _ in terms_of(make_event(actors=parties)) if field == "actor"] == ["text:it workers"]
    (value,) = (value for field, value, _ in terms_of(make_event(actors=(replace(parties[0], name="x" * 5_000),))) if field == "actor")
    assert value == "text:" + "x" * 200


# --- rows ---------------------------------------------------------------------------------------------------------------


def test_all_events_are_written(index: Database):
    assert _put(index, *SAMPLE, names=SAMPLE_NAMES) == len(SAMPLE)
    with reading(index) as connection:
        stored = [read_card(card) for card in connection.execute(select(EventCardRow.card)).scalars()]
    assert {event.id: event for event in stored} == {event.id: event for event in SAMPLE}
    assert _term(index, "type", "SANCTION").count == sum(event.type == "SANCTION" for event in SAMPLE)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2025-11-04", "2025-11-04", (20251104, "2025-11-04", "2025-11-04")),
        ("2024-02", "2024-02", (20240201, "2024-02-01", "2024-02-29")),
        ("2025", "2025", (20250101, "2025-01-01", "2025-12-31")),
        ("2025-01-03", "2025-03", (20250103, "2025-01-03", "2025-03-31")),
        ("2025-01", None, (20250101, "2025-01-01", "2025-01-31")),
        (None, "2025-02", (20250201, "2025-02-01", "2025-02-28")),
        (None, None, (0, None, None)),
    ],
)
def test_days_of_an_event(start: str | None, end: str | None, expected: tuple[int, str | None, str | None]):
    row = index_rows._index_row(make_event(date_start=start, date_end=end), 1, [])
    assert (row["sort_day"], row["day_from"], row["day_to"]) == expected


def test_columns_of_an_event(index: Database):
    later = datetime(2025, 11, 7, 1, 30, tzinfo=UTC)
    amounts = (make_amount(), make_amount(value=3e9, currency="KRW", usd=2.1e6), make_amount(currency="BTC", value=40.0, usd=None))
    _put(index, make_event(amounts=amounts, changed_at=later, last_published=later, score=0.25, n_sources=4))
    row = _row(index)
    assert (row.usd, row.n_sources, row.score) == (2.1e6, 4, 0.25)
    assert (row.published_first, row.published_last, row.changed_at) == (NOW, later, later)
    with reading(index) as connection:
        sums = {(row.currency, row.value) for row in connection.execute(select(EventSumRow.__table__))}
    assert sums == {("USD", 2e6), ("USD", 2.1e6), ("KRW", 3e9), ("BTC", 40.0)}


def test_writing_the_same_again_changes_nothing(index: Database):
    _put(index, *SAMPLE, names=SAMPLE_NAMES)
    before, number = _content(index), _row(index, "evt-07").number
    assert _put(index, *reversed(SAMPLE), names=SAMPLE_NAMES) == len(SAMPLE)
    assert _content(index) == before
    assert _row(index, "evt-07").number == number


def test_an_event_takes_its_own_place(index: Database):
    _put(index, make_event(amounts=(make_amount(),)), make_event(id="evt-1"))
    number = _row(index).number
    changed = make_event(
        type="CYBER_OP", subtype="theft", date_start="2024-01", date_end="2024-01", targets=(), trigger="stole", evidence="They stole it."
    )
    _put(index, changed)
    assert _row(index).number == number
    assert _row(index).sort_day == 20240101
    assert _term(index, "type", "SANCTION").count == 1
    assert _term(index, "type", "CYBER_OP").count == 1
    assert _term(index, "target", "kb:kp").count == 1
    assert _found(index, "stole") == {"evt-0"}
    assert _found(index, "Tuesday") == {"evt-1"}


def test_of_two_events_with_one_id_the_last_stands(index: Database):
    assert _put(index, make_event(score=0.1), make_event(score=0.2)) == 1
    assert _row(index).score == 0.2


def test_removed_events_leave_nothing(index: Database):
    _put(index, *SAMPLE[:30], names=SAMPLE_NAMES)
    kept = _content(index)
    _put(index, *SAMPLE[30:], names=SAMPLE_NAMES)
    assert _remove(index, *(event.id for event in SAMPLE[30:])) == len(SAMPLE) - 30
    assert _content(index) == kept


def test_removing_what_is_not_there(index: Database):
    _put(index, make_event())
    assert _remove(index, "evt-9", "evt-0", "evt-0") == 1
    assert _remove(index, "evt-0") == 0
    assert _remove(index) == 0
    assert _content(index) == {"events": {}, "terms": {}, "cards": set()}


def test_a_term_in_common_is_counted_down(index: Database):
    _put(index, make_event(), make_event(id="evt-1", targets=(PARTIES["bank"],)))
    _remove(index, "evt-1")
    assert _term(index, "actor", "kb:us").count == 1
    assert _term(index, "target", "ent-ryongsan") is None


def test_many_portions_are_as_one(index: Database, monkeypatch: pytest.MonkeyPatch):
    _put(index, *SAMPLE, names=SAMPLE_NAMES)
    at_once = _content(index)
    monkeypatch.setattr(index_rows, "_AT_ONCE", 7)
    with writing(index) as connection:
        clear_index(connection)
        put_events(connection, (replace(event, score=0.1) for event in SAMPLE[:20]))
        assert put_events(connection, [*SAMPLE[50:], *SAMPLE], names=SAMPLE_NAMES) == len(SAMPLE) * 2 - 50
    assert {**_content(index), "terms": None} == {**at_once, "terms": None}
    with writing(index) as connection:
        assert remove_events(connection, [event.id for event in SAMPLE]) == len(SAMPLE)
    assert not _content(index)["terms"]


def test_a_cleared_index_keeps_its_state_and_the_entries_of_lists(index: Database):
    _put(index, *SAMPLE[:3])
    entry = ListEntryRow.__table__.insert().values(entry="a:1", source="a", name="A", programs=[], listed_on=None, list_version="1")
    with writing(index) as connection:
        connection.execute(IndexStateRow.__table__.insert().values(id=1, version=3, format=1, refreshed_at=NOW))
        connection.execute(entry)
        clear_index(connection)
        assert connection.execute(select(IndexStateRow.version)).scalars().all() == [3]
        assert connection.execute(select(ListEntryRow.entry)).scalars().all() == ["a:1"]
    assert _found(index, "sanctions") == set()
    assert _content(index) == {"events": {}, "terms": {}, "cards": set()}


def test_a_transaction_that_fails_leaves_the_index_as_it_was(index: Database):
    _put(index, make_event())
    before = _content(index)

    def broken() -> Iterator[EventFound]:
        yield make_event(id="evt-1")
        raise RuntimeError

    with pytest.raises(RuntimeError), writing(index) as connection:
        put_events(connection, broken())
    assert _content(index) == before


# --- names and words ----------------------------------------------------------------------------------------------------


def test_a_term_has_all_names_of_its_entity(index: Database):
    party = make_party("Kim Ji-na", id="ent-1", label="PERSON")
    _put(index, make_event(targets=(party,)), names={"ent-1": ["김지나", "Kim Ji-na"]})
    expected = " kim ji na | key9kim9ci9na | 김지 지나 나 "
    assert _term(index, "target", "ent-1").names == expected
    _put(index, make_event(id="evt-1", actors=(party,), targets=(replace(party, name="Kim J. N."),)))
    assert _term(index, "target", "ent-1").names.startswith(expected)
    assert " kim j n " in _term(index, "target", "ent-1").names
    assert _term(index, "target", "ent-1").label == "Kim J. N."
    assert _term(index, "actor", "ent-1").names == " kim ji na | key9kim9ci9na "


def test_only_parties_and_places_have_names(index: Database):
    _put(index, *SAMPLE, names=SAMPLE_NAMES)
    with reading(index) as connection:
        named = connection.execute(select(IndexTermRow.field).where(IndexTermRow.names.is_not(None))).scalars()
        assert set(named) == index_rows.NAME_FIELDS
        nameless = connection.execute(select(IndexTermRow.field).where(IndexTermRow.names.is_(None))).scalars()
        assert not set(nameless) & index_rows.NAME_FIELDS


def test_words_of_an_event_are_its_passages_headlines_and_names(index: Database):
    event = make_event(
        evidence="The bank was hit.",
        articles=(make_article(title="Zebra crossing"), make_article(2, title="은행 제재")),
        actors=(PARTIES["jina"],),
        place=PLACES["wonsan"],
        speaker=PARTIES["source"],
    )
    _put(index, event, make_event(id="evt-1"), texts={"evt-0": ["A further passage."]})
    for q in ("hit", "zebra", "제재", "Kim Ji-na", "김지나", "Wonsan", '"government source"', "passages"):
        assert _found(index, q) == {"evt-0"}, q
    _put(index, event)
    assert _found(index, "passages") == set()


# --- several at once ----------------------------------------------------------------------------------------------------


def test_several_writers_do_not_get_in_each_others_way(index: Database):
    """Each writes its events in an order of its own, with terms in common: in the end all are there, and counted."""
    orders = [SAMPLE, tuple(reversed(SAMPLE)), SAMPLE[30:] + SAMPLE[:30]]
    start = Barrier(len(orders))

    def write(place: int) -> int:
        start.wait()
        done = 0
        for portion in range(0, len(SAMPLE), 20):
            events = [replace(event, id=f"{event.id}-{place}") for event in orders[place][portion : portion + 20]]
            done += _put(index, *events, SAMPLE[portion], names=SAMPLE_NAMES)
        return done

    with ThreadPoolExecutor(len(orders)) as pool:
        done = list(pool.map(write, range(len(orders))))
    portions = len(range(0, len(SAMPLE), 20))
    assert done == [len(SAMPLE) + portions] * len(orders)
    assert _term(index, "modality", "denied").count >= len(orders) * sum(event.modality == "denied" for event in SAMPLE)
    assert len(_content(index)["events"]) == len(orders) * len(SAMPLE) + portions
