from __future__ import annotations

import base64
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from models.filters import EventFilter, Page, Sort
from models.findings import EventFound
from pipeline.store import finding
from pipeline.store.conditions import FilterError, read_conditions
from pipeline.store.engine import Database, reading, writing
from pipeline.store.facets import facet_counts, places, timeline
from pipeline.store.finding import count_found, find_page, stream_cards, stream_events
from pipeline.store.index_rows import put_events, read_card, remove_events, terms_of
from tests.query.builders import SAMPLE, SAMPLE_NAMES, make_amount, make_event
from tests.query.oracle import first_day, in_order, known_period, matches

TEXTS = {"evt-06": ["The stolen funds moved through mixers within hours.", "훔친 자금은 여러 지갑으로 나뉘었다."]}


def fill(database: Database, events: tuple[EventFound, ...] = SAMPLE) -> None:
    with writing(database) as connection:
        put_events(connection, events, names=SAMPLE_NAMES, texts=TEXTS)


@pytest.fixture
def filled(database: Database) -> Database:
    fill(database)
    return database


def ids_of(events: list[EventFound] | tuple[EventFound, ...]) -> list[str]:
    return [event.id for event in events]


def expected(wanted: EventFilter, sort: Sort = Sort.NEWEST) -> list[EventFound]:
    return in_order((event for event in SAMPLE if matches(event, wanted, SAMPLE_NAMES, TEXTS)), sort)


def pages(connection: Connection, wanted: EventFilter, sort: Sort, limit: int) -> list[EventFound]:
    events: list[EventFound] = []
    page = Page(sort, limit)
    while True:
        found = find_page(connection, wanted, page)
        assert len(found.events) <= limit
        events += found.events
        if found.next is None:
            return events
        assert len(found.events) == limit
        page = Page(limit=limit, cursor=found.next)


# --- every filter, against the meaning of its fields ------------------------------------------------------------------------

VALUES = {
    field: sorted({value for event in SAMPLE for name, value, _ in terms_of(event) if name == field})
    for field in dict.fromkeys(name for event in SAMPLE for name, _, _ in terms_of(event))
}
NAMES = [
    *(
        "Lazarus",
        "lazarus group",
        "라자루스",
        "kb:lazarus",
        "Kim Jina",
        "김지나",
        "Kim Ji-na",
        "장민호",
        "Jang Min Ho",
        "OFAC",
        "북한",
        "DPRK",
    ),
    *(
        "Joint Chiefs of Staff",
        "kb:kr-jcs",
        "hackers",
        "text:unidentified hackers",
        "Pyongyang",
        "평양",
        "kim",
        "Nobody At All",
        "bank",
        "군",
    ),
]
DAYS = ["2010", "2017-09", "2023", "2024-03-05", "2024-06", "2024", "2025-02-21", "2025-08-19", "2025-11-03", "2025-11", "2026"]
QUERIES = [
    *("sanctions", "sanctioned bank", '"stolen funds"', "bank -Treasury", "은행", "은행을", "missile or 미사일", "long-range", "Kim Ji-na"),
    *("$2 million", "김정은", "funds or 자금", "drill -joint -naval", "1.5 billion", "KN-23", "of the", "nothingofthekind", "북한 발사"),
]
INSTANTS = ["2025-11-06", "2025-11-07T00:00:00Z", "2025-11-08T12:00:00+09:00", "2026-01-01"]


def choices(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    signed = st.builds(lambda sign, value: sign + value, st.sampled_from(["", "", "!"]), st.sampled_from(values))
    return st.lists(signed, min_size=1, max_size=3, unique=True).map(tuple)


FILTERS: dict[str, st.SearchStrategy[object]] = {
    **{field: choices(VALUES[field]) for field in ("type", "modality", "status", "date_precision", "source_kind", "lang", "subtype")},
    **{field: choices([*VALUES[field], *map(str.lower, VALUES[field]), "none such"]) for field in ("country", "program", "publisher")},
    **{field: choices(NAMES) for field in ("party", "actor", "target", "entity", "place", "speaker")},
    "role": choices(["actor", "target", "place", "speaker"]),
    "list": choices([*VALUES["list"], "any", "US_OFAC_SDN"]),
    "currency": choices([*VALUES["currency"], "EUR"]),
    "background": st.booleans(),
    "official": st.booleans(),
    "amount_min": st.sampled_from([0.0, 2e6, 1e7, 3.2e7, 4.45e10]),
    "amount_max": st.sampled_from([4000.0, 2e6, 1e7, 1.5e9, 1e12]),
    **dict.fromkeys(["since", "until", "published_since", "published_until"], st.sampled_from(DAYS)),
    "score_min": st.sampled_from([0.0, 0.6, 0.75, 0.99, 1.0]),
    "q": st.sampled_from(QUERIES),
    "changed_since": st.sampled_from(INSTANTS),
}


@st.composite
def filters(draw: st.DrawFn) -> EventFilter:
    names = draw(st.lists(st.sampled_from(sorted(FILTERS)), max_size=3, unique=True))
    return EventFilter(**{name: draw(FILTERS[name]) for name in names})


def test_every_field_is_asked_for() -> None:
    assert set(FILTERS) == set(EventFilter.__dataclass_fields__)


@given(
    filters(),
    st.sampled_from(list(Sort)),
    st.sampled_from([4, 7, 30, 70]),
    st.sampled_from([0, 3, 20_000]),
    st.sampled_from(["day", "month", "year"]),
)
@hypothesis_settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def check_all(connection: Connection, wanted: EventFilter, sort: Sort, limit: int, few: int, by: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        # So every way is gone, over a sample that is small in all of them.
        for name in ("conditions.FEW", "conditions._MANY", "finding.FEW", "event_arrays._SMALL"):
            patch.setattr(f"pipeline.store.{name}", few)
        want = expected(wanted, sort)
        assert pages(connection, wanted, sort, limit) == want
        assert list(stream_events(connection, wanted, sort)) == want
        assert count_found(connection, wanted) == len(want)
        total, facets = facet_counts(connection, wanted, list(VALUES), 1000)
        assert total == len(want)
        for facet in facets:
            values = Counter(value for event in want for field, value, _ in terms_of(event) if field == facet.field)
            assert {value.value: value.count for value in facet.values} == values
            assert facet.others == 0
        assert_timeline(connection, wanted, by, want)
        assert_places(connection, wanted, want)


def assert_timeline(connection: Connection, wanted: EventFilter, by: str, want: list[EventFound]) -> None:
    length = {"day": 10, "month": 7, "year": 4}[by]
    known = [(period, event) for event in want if (period := known_period(event, by)) is not None]
    found = timeline(connection, wanted, by)
    assert [point.period for point in found.points] == sorted({period for period, _ in known if len(period) == length})
    assert [point.period for point in found.coarser] == sorted({period for period, _ in known if len(period) < length})
    for point in (*found.points, *found.coarser):
        events = [event for period, event in known if period == point.period]
        assert point.count == len(events)
        assert point.usd == pytest.approx(sum(event.usd or 0 for event in events))
        assert point.by_type == Counter(event.type for event in events)
    assert found.undated == sum(first_day(event) is None for event in want)
    assert found.longer == len(want) - len(known) - found.undated


def assert_places(connection: Connection, wanted: EventFilter, want: list[EventFound]) -> None:
    stored = [event.id for event in SAMPLE]
    by_place: dict[str, list[EventFound]] = {}
    for event in sorted(want, key=lambda event: (first_day(event) or date.min, stored.index(event.id))):
        if event.place is not None:
            by_place.setdefault(event.place.id or f"text:{event.place.name.lower()}", []).append(event)
    found = places(connection, wanted, 100)
    assert {place.id: (place.count, place.newest) for place in found.places} == {
        ident: (len(events), events[-1].id) for ident, events in by_place.items()
    }
    assert (found.others, found.placeless) == (0, sum(event.place is None for event in want))


def test_every_filter_finds_what_it_means(filled: Database) -> None:
    with reading(filled) as connection:
        check_all(connection)


# --- pages ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_of_one_give_every_event_once_in_order(filled: Database, sort: Sort) -> None:
    wanted = EventFilter(type=("SANCTION", "MISSILE_LAUNCH", "STATEMENT"))
    with reading(filled) as connection:
        assert pages(connection, wanted, sort, 1) == expected(wanted, sort)


def test_events_that_are_equal_in_the_sort_are_parted_by_their_id(database: Database) -> None:
    fill(database, tuple(make_event(id=f"evt-{number:02}", date_start=None, date_end=None) for number in (3, 1, 4, 2, 0)))
    with reading(database) as connection:
        for sort in Sort:
            forwards = sort is Sort.OLDEST
            ids = [f"evt-{number:02}" for number in range(5)]
            assert ids_of(pages(connection, EventFilter(), sort, 2)) == (ids if forwards else ids[::-1])


def test_a_cursor_fixes_the_sort(filled: Database) -> None:
    with reading(filled) as connection:
        first = find_page(connection, EventFilter(), Page(Sort.AMOUNT, 4))
        second = find_page(connection, EventFilter(), Page(Sort.NEWEST, 4, first.next))
    assert ids_of(first.events + second.events) == ids_of(expected(EventFilter(), Sort.AMOUNT)[:8])


def test_a_cursor_goes_on_where_its_event_was_though_that_is_gone(filled: Database) -> None:
    want = expected(EventFilter())
    with writing(filled) as connection:
        first = find_page(connection, EventFilter(), Page(limit=5))
        remove_events(connection, [first.events[-1].id])
        second = find_page(connection, EventFilter(), Page(limit=5, cursor=first.next))
    assert ids_of(second.events) == ids_of(want[5:10])


def cursor_of(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def test_a_cursor_made_by_hand_is_read() -> None:
    assert finding._read_cursor(cursor_of(["newest", 20250101, "evt-01"])) == (Sort.NEWEST, (0, 20250101, "evt-01"))


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "é",
        "=" * 8,
        "A" * 500,
        "[" * 300,
        "a\x00b",
        cursor_of([]),
        cursor_of({"sort": "newest"}),
        cursor_of(["newest", 20250101]),
        cursor_of(["newest", 20250101, "evt-01", 1]),
        cursor_of(["best", 20250101, "evt-01"]),
        cursor_of(["newest", "20250101", "evt-01"]),
        cursor_of(["newest", True, "evt-01"]),
        cursor_of(["newest", 20250101.5, "evt-01"]),
        cursor_of(["newest", 2**40, "evt-01"]),
        cursor_of(["newest", 20250101, ""]),
        cursor_of(["newest", 20250101, "evt 01"]),
        cursor_of(["newest", 20250101, "evt\x0001"]),
        cursor_of(["newest", 20250101, 7]),
        cursor_of(["newest", 20250101, "e" * 65]),
        cursor_of(["amount", float("nan"), "evt-01"]),
        cursor_of(["amount", float("inf"), "evt-01"]),
        cursor_of(["amount", 7, "evt-01"]),
        cursor_of(["score", None, "evt-01"]),
        cursor_of(["published", "yesterday", "evt-01"]),
        cursor_of(["published", "2025-01-01T00:00:00", "evt-01"]),
        cursor_of(["published", "0001-01-01T00:00:00+09:00", "evt-01"]),
        cursor_of(["published", "2025-01-01T00:00:00+09:00", "evt-01"]),
        cursor_of(["newest", 20250101, "evt-01"]) + "==",
    ],
)
def test_a_cursor_that_no_page_gave_is_refused(cursor: str) -> None:
    with pytest.raises(FilterError, match="is no cursor: give `next` of the page before") as refused:
        finding._read_cursor(cursor)
    assert refused.value.field == "cursor"


@pytest.mark.parametrize("limit", [0, -1, 501])
def test_a_limit_of_no_page_is_refused(database: Database, limit: int) -> None:
    with reading(database) as connection, pytest.raises(FilterError, match=r"limit: .* give a number from 1 to 500"):
        find_page(connection, EventFilter(), Page(limit=limit))


def test_an_empty_index_has_one_empty_page(database: Database) -> None:
    with reading(database) as connection:
        for wanted in (EventFilter(), EventFilter(type=("SANCTION",)), EventFilter(q="bank"), EventFilter(since="2024", type=("!AID",))):
            found = find_page(connection, wanted, Page())
            assert (found.events, found.next, count_found(connection, wanted)) == ((), None, 0)
            assert list(stream_events(connection, wanted)) == []


# --- conditions ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (EventFilter(since="2025-02-30"), "since: '2025-02-30' is no day"),
        (EventFilter(until="20250101"), "until: '20250101' is no day"),
        (EventFilter(until="2025-1"), "until: '2025-1' is no day"),
        (EventFilter(published_since=""), "published_since: '' is no day"),
        (EventFilter(published_until="soon"), "published_until: 'soon' is no day"),
        (EventFilter(changed_since="2025-01-01T00:00:00"), "changed_since: .* is no time: .* with its zone"),
        (EventFilter(changed_since="0001-01-01T00:00:00+09:00"), "changed_since: .* is no time"),
        (EventFilter(score_min=float("nan")), "score_min: nan is no number"),
        (EventFilter(amount_max=float("inf")), "amount_max: inf is no number"),
        (EventFilter(q='"unclosed'), "q: .* cannot be searched for: a quote is opened"),
        (EventFilter(party=("!!!",)), "actor or target: .* is no name"),
    ],
)
def test_what_cannot_be_compared_is_refused(database: Database, wanted: EventFilter, message: str) -> None:
    with reading(database) as connection, pytest.raises(FilterError, match=message):
        read_conditions(connection, wanted)


def test_a_month_and_a_year_count_to_their_end(database: Database) -> None:
    fill(database, tuple(make_event(id=f"evt-{day}", date_start=day, date_end=day) for day in ("2024-02-29", "2024-03-01", "2024-12-31")))
    with reading(database) as connection:

        def found(**fields: str) -> list[str]:
            return ids_of(find_page(connection, EventFilter(**fields), Page(Sort.OLDEST)).events)

        assert found(until="2024-02") == ["evt-2024-02-29"]
        assert found(since="2024-03", until="2024") == ["evt-2024-03-01", "evt-2024-12-31"]
        assert found(since="2024-12-31") == ["evt-2024-12-31"]
        assert found(until="9999") == ["evt-2024-02-29", "evt-2024-03-01", "evt-2024-12-31"]


def test_the_last_day_of_publication_counts_to_its_end(database: Database) -> None:
    late = datetime(2025, 11, 30, 23, 59, 59, 999999, tzinfo=UTC)
    fill(database, (make_event(id="evt-1", first_published=late),))
    with reading(database) as connection:
        assert count_found(connection, EventFilter(published_until="2025-11")) == 1
        assert count_found(connection, EventFilter(published_until="2025-11-29")) == 0
        assert count_found(connection, EventFilter(published_since="2025-11-30", published_until="9999-12-31")) == 1
        assert count_found(connection, EventFilter(published_since="2025-12")) == 0


def test_an_amount_is_counted_in_the_currencies_that_are_asked_for(database: Database) -> None:
    won = make_amount(value=5e9, currency="KRW", usd=4e6)
    fill(database, (make_event(id="evt-won", amounts=(won,)), make_event(id="evt-usd", amounts=(make_amount(),))))
    with reading(database) as connection:

        def found(**fields: object) -> list[str]:
            return ids_of(find_page(connection, EventFilter(**fields), Page()).events)

        assert found(amount_min=3e6) == ["evt-won"]
        assert found(amount_min=3e6, currency=("krw",)) == ["evt-won"]
        assert found(amount_max=3e6, currency=("KRW",)) == []
        assert found(amount_min=1e6, currency=("KRW", "USD")) == ["evt-won", "evt-usd"]
        assert found(amount_max=3e6, currency=("!KRW",)) == ["evt-usd"]


def test_a_name_that_means_too_many_is_refused(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.store.conditions._MOST_NAMES", 1)
    with reading(filled) as connection:
        assert count_found(connection, EventFilter(place=("Pyongyang",))) > 0
        with pytest.raises(FilterError, match="write more of the name, or an id"):
            count_found(connection, EventFilter(party=("kim",)))


def test_many_names_are_looked_up_at_once(database: Database) -> None:
    crowd = tuple(
        make_event(id=f"evt-{number:03}", actors=(replace(SAMPLE[0].actors[0], id=f"ent-{number}", name=f"Crowd Group {number}"),))
        for number in range(40)
    )
    fill(database, (*crowd, make_event(id="evt-other")))
    with reading(database) as connection:
        assert len(pages(connection, EventFilter(actor=("Crowd Group",)), Sort.NEWEST, 7)) == 40
        assert ids_of(pages(connection, EventFilter(actor=("!crowd group",)), Sort.NEWEST, 7)) == ["evt-other"]
        assert len(pages(connection, EventFilter(actor=("Crowd Group",), type=("SANCTION",), q="sanctions"), Sort.NEWEST, 7)) == 40


# --- streams -------------------------------------------------------------------------------------------------------------


def test_a_stream_of_cards_is_what_the_stream_of_events_reads(filled: Database) -> None:
    with reading(filled) as connection:
        cards = list(stream_cards(connection, EventFilter(), Sort.SCORE))
        assert [read_card(card) for card in cards] == list(stream_events(connection, EventFilter(), Sort.SCORE))
        assert ids_of([read_card(card) for card in cards]) == ids_of(expected(EventFilter(), Sort.SCORE))


def test_a_stream_gives_the_index_as_it_was_when_it_began(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "_AT_ONCE", 5)
    with reading(filled) as reader:
        stream = stream_events(reader, EventFilter())
        first = next(stream)
        with writing(filled) as writer:
            remove_events(writer, [event.id for event in SAMPLE])
        assert [first.id, *(event.id for event in stream)] == ids_of(expected(EventFilter()))
    with reading(filled) as reader:
        assert list(stream_events(reader, EventFilter())) == []
