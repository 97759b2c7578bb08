from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import insert, update

from models.filters import EventFilter
from models.findings import Facet, FacetValue, PlaceCount, PlacesFound, Timeline, TimePoint
from models.index_tables import EventCardRow, IndexStateRow
from pipeline.errors import StorageError
from pipeline.store import event_arrays
from pipeline.store.conditions import FilterError
from pipeline.store.engine import Database, reading, writing
from pipeline.store.facets import TERM_FIELDS, CoParty, co_parties, facet_counts, places, timeline
from pipeline.store.index_rows import card_of, put_events, remove_events, terms_of
from tests.query.builders import NOW, PARTIES, SAMPLE, SAMPLE_NAMES, make_amount, make_event, make_place


@pytest.fixture(autouse=True, params=[0, 30_000], ids=["in memory", "read"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask the events in memory, and the database."""
    monkeypatch.setattr("pipeline.store.event_arrays._SMALL", request.param)


US, KP, LAZARUS, OFAC = PARTIES["us"], PARTIES["kp"], PARTIES["lazarus"], PARTIES["ofac"]


def fill(database: Database, *events: object) -> None:
    with writing(database) as connection:
        put_events(connection, events or SAMPLE, names=SAMPLE_NAMES)


def value(name: str, count: int) -> FacetValue:
    return FacetValue(name, name, count)


# --- facets -------------------------------------------------------------------------------------------------------------


def test_every_field_of_terms_can_be_counted() -> None:
    assert {field for event in SAMPLE for field, _, _ in terms_of(event)} == set(TERM_FIELDS)


def test_the_commonest_values_come_first_and_equal_ones_by_their_label(database: Database) -> None:
    types = ["SANCTION", "AID", "AID", "THREAT", "CALL", "THREAT", "PLEDGE"]
    fill(database, *(make_event(id=f"evt-{number}", type=name, subtype=None) for number, name in enumerate(types)))
    with reading(database) as connection:
        total, (facet,) = facet_counts(connection, EventFilter(), ["type"], 4)
        assert total == 7
        assert facet == Facet("type", (value("AID", 2), value("THREAT", 2), value("CALL", 1), value("PLEDGE", 1)), others=1)
        _, (narrow,) = facet_counts(connection, EventFilter(country=("KP",)), ["type"], 1)
        assert narrow == Facet("type", (value("AID", 2),), others=4)
        assert facet_counts(connection, EventFilter(), ["type"], 0)[1] == (Facet("type", (), others=5),)


def test_entities_are_counted_by_id_and_shown_by_name(database: Database) -> None:
    fill(database, make_event(id="evt-1"), make_event(id="evt-2", actors=(US, OFAC)))
    with reading(database) as connection:
        _, (facet,) = facet_counts(connection, EventFilter(), ["actor"], 5)
    assert facet.values == (
        FacetValue("kb:us", "United States", 2),
        FacetValue("kb:us-ofac", "Office of Foreign Assets Control", 1),
    )


def test_facets_of_all_events_are_those_of_a_filter_that_all_meet(database: Database) -> None:
    fill(database)
    with reading(database) as connection:
        fields = [field for field in TERM_FIELDS if field != "status"]
        assert facet_counts(connection, EventFilter(), fields, 7) == facet_counts(connection, EventFilter(score_min=0), fields, 7)
        but = EventFilter(type=("!SANCTION",), party=("!Lazarus",))
        assert facet_counts(connection, but, fields, 7) == facet_counts(connection, replace(but, score_min=0), fields, 7)


def test_what_is_not_found_has_no_values(database: Database) -> None:
    fill(database)
    with reading(database) as connection:
        nobody = EventFilter(party=("Nobody At All",))
        assert facet_counts(connection, nobody, ["type", "actor"], 5) == (0, (Facet("type", ()), Facet("actor", ())))
        assert timeline(connection, nobody, "month") == Timeline(())
        assert places(connection, nobody, 5) == PlacesFound(())
        assert co_parties(connection, "ent-nobody", 5) == ()


def test_an_empty_index_has_nothing_to_count(database: Database) -> None:
    with reading(database) as connection:
        assert facet_counts(connection, EventFilter(), ["type"], 5) == (0, (Facet("type", ()),))
        assert timeline(connection, EventFilter(), "day") == Timeline(())
        assert places(connection, EventFilter(), 5) == PlacesFound(())
        assert co_parties(connection, "kb:kp", 5) == ()


def test_counts_follow_the_index(database: Database) -> None:
    fill(database)
    with writing(database) as connection:
        remove_events(connection, [event.id for event in SAMPLE if event.type == "SANCTION"])
        put_events(connection, [make_event(id="evt-new", type="AID", subtype=None)])
    with reading(database) as connection:
        total, (facet,) = facet_counts(connection, EventFilter(), ["type"], 50)
    left = [event for event in SAMPLE if event.type != "SANCTION" and event.status != "rejected"]
    assert total == len(left) + 1
    assert {found.value: found.count for found in facet.values} == Counter([*(event.type for event in left), "AID"])


def test_what_is_kept_in_memory_is_read_again_when_the_index_changes(database: Database) -> None:
    def types() -> dict[str, int]:
        with reading(database) as connection:
            _, (facet,) = facet_counts(connection, EventFilter(), ["type"], 5)
        return {found.value: found.count for found in facet.values}

    fill(database, make_event(id="evt-1"))
    with writing(database) as connection:
        connection.execute(insert(IndexStateRow).values(id=1, version=1, format=1, refreshed_at=NOW))
    assert types() == {"SANCTION": 1}
    fill(database, make_event(id="evt-2", type="AID", subtype=None))
    with writing(database) as connection:
        connection.execute(update(IndexStateRow).values(version=2))
    assert types() == {"SANCTION": 1, "AID": 1}
    with reading(database) as connection:
        kept = event_arrays._whole_index(connection)
        assert event_arrays._whole_index(connection) is kept


@pytest.mark.parametrize("field", ["typ", "party", "q", "", "terms"])
def test_another_field_cannot_be_counted(database: Database, field: str) -> None:
    with reading(database) as connection, pytest.raises(FilterError, match=r"fields: .* cannot be counted.*: give one of type, subtype"):
        facet_counts(connection, EventFilter(), ["type", field], 5)


def test_a_field_that_is_nearly_right_is_named(database: Database) -> None:
    with reading(database) as connection, pytest.raises(FilterError, match="did you mean 'type'"):
        facet_counts(connection, EventFilter(), ["typ"], 5)


# --- over time ----------------------------------------------------------------------------------------------------------


def test_what_is_known_less_exactly_than_a_period_is_counted_beside_it(database: Database) -> None:
    half, two = make_amount(value=5e5, usd=5e5), make_amount()
    fill(
        database,
        make_event(id="evt-1", date_start="2024-02-29", date_end="2024-02-29", amounts=(half, two)),
        make_event(id="evt-2", date_start="2024-02", date_end="2024-02", date_precision="month", type="AID", subtype=None, amounts=(half,)),
        make_event(id="evt-3", date_start="2023", date_end="2025", date_precision="range"),
        make_event(id="evt-4", date_start=None, date_end=None, date_precision="unknown", amounts=(two,)),
        make_event(id="evt-5", date_start="2024-02-01", date_end="2024-02-01", type="AID", subtype=None),
        make_event(id="evt-6", date_start="2024-03-01", date_end="2024-03-01", status="rejected"),
        make_event(id="evt-7", date_start="2024", date_end="2024", date_precision="year", amounts=(half,)),
        make_event(id="evt-8", date_start="2024-03-03", date_end="2024-03-09", date_precision="week"),
    )
    with reading(database) as connection:
        by_month, by_day = timeline(connection, EventFilter(), "month"), timeline(connection, EventFilter(), "day")
        assert timeline(connection, EventFilter(), "year") == Timeline(
            (TimePoint("2024", 5, 3e6, {"SANCTION": 3, "AID": 2}),), longer=1, undated=1
        )
    half_million, february = TimePoint("2024", 1, 5e5, {"SANCTION": 1}), TimePoint("2024-02", 3, 2.5e6, {"AID": 2, "SANCTION": 1})
    assert by_month == Timeline((february, TimePoint("2024-03", 1, 0.0, {"SANCTION": 1})), (half_million,), longer=1, undated=1)
    assert list(by_month.points[0].by_type) == ["AID", "SANCTION"]
    assert [(point.period, point.count) for point in by_day.points] == [("2024-02-01", 1), ("2024-02-29", 1)]
    assert [(point.period, point.count) for point in by_day.coarser] == [("2024", 1), ("2024-02", 1), ("2024-03", 1)]


@pytest.mark.parametrize("by", ["week", "", "DAY"])
def test_another_period_is_refused(database: Database, by: str) -> None:
    with reading(database) as connection, pytest.raises(FilterError, match=r"by: .* is no period: give one of day, month, year"):
        timeline(connection, EventFilter(), by)  # type: ignore[arg-type]


# --- on the map -----------------------------------------------------------------------------------------------------------


def test_places_come_with_where_they_are_and_the_newest_of_their_events(database: Database) -> None:
    seoul = make_place("Seoul", id="kb:seoul", country="KR", latitude=37.57, longitude=126.98)
    village = make_place("A border village", id=None, country=None, latitude=None, longitude=None)
    fill(
        database,
        make_event(id="evt-1", place=make_place(), date_start="2024-05-01", date_end="2024-05-01"),
        make_event(id="evt-2", place=make_place(), date_start="2023", date_end="2023", type="AID", subtype=None),
        make_event(id="evt-3", place=make_place(), date_start="2025-01-01", date_end="2025-01-01", status="rejected"),
        make_event(id="evt-4", place=village, date_start=None, date_end=None),
        make_event(id="evt-5", place=seoul),
        make_event(id="evt-6"),
    )
    with reading(database) as connection:
        assert places(connection, EventFilter(), 5) == PlacesFound(
            (
                PlaceCount("kb:pyongyang", "Pyongyang", "KP", 39.03, 125.75, 2, "evt-1", "2024-05-01"),
                PlaceCount("text:a border village", "A border village", None, None, None, 1, "evt-4", None),
                PlaceCount("kb:seoul", "Seoul", "KR", 37.57, 126.98, 1, "evt-5", "2025-11-04"),
            ),
            placeless=1,
        )
        assert places(connection, EventFilter(type=("AID",)), 5).places == (
            PlaceCount("kb:pyongyang", "Pyongyang", "KP", 39.03, 125.75, 1, "evt-2", "2023"),
        )


def test_of_many_places_those_with_the_most_events_are_given(database: Database) -> None:
    names = [("Seoul", "kb:seoul"), ("Busan", "kb:busan"), ("Seoul", "kb:seoul"), ("Ulsan", "kb:ulsan"), ("Asan", "kb:asan")]
    fill(database, *(make_event(id=f"evt-{number}", place=make_place(name, id=ident)) for number, (name, ident) in enumerate(names)))
    with reading(database) as connection:
        found = places(connection, EventFilter(), 2)
    assert ([place.name for place in found.places], found.others) == (["Seoul", "Asan"], 2)


def test_of_two_events_on_one_day_the_one_that_was_stored_last_is_the_newest(database: Database) -> None:
    fill(database, make_event(id="evt-b", place=make_place()), make_event(id="evt-a", place=make_place()))
    with reading(database) as connection:
        assert [place.newest for place in places(connection, EventFilter(), 5).places] == ["evt-a"]


def test_an_index_whose_rows_do_not_fit_together_is_to_be_built_anew(database: Database) -> None:
    fill(database, make_event(id="evt-1", place=make_place()))
    with writing(database) as connection:
        connection.execute(update(EventCardRow).values(card=card_of(make_event(id="evt-1"))))
    with reading(database) as connection, pytest.raises(StorageError, match="run `peninsula db reindex`"):
        places(connection, EventFilter(), 5)


# --- beside one entity ----------------------------------------------------------------------------------------------------


def test_who_takes_part_in_the_events_of_an_entity_is_counted_by_type(database: Database) -> None:
    fill(
        database,
        make_event(id="evt-1", actors=(LAZARUS,), targets=(US, KP)),
        make_event(id="evt-2", actors=(US,), targets=(US, LAZARUS), type="AID", subtype=None),
        make_event(id="evt-3", actors=(US,), targets=(PARTIES["hackers"],), speaker=LAZARUS),
        make_event(id="evt-4", actors=(US,), targets=(KP,)),
        make_event(id="evt-5", actors=(LAZARUS,), targets=(KP,), status="rejected"),
    )
    with reading(database) as connection:
        assert co_parties(connection, "kb:lazarus", 5) == (
            CoParty("kb:us", "United States", 3, {"SANCTION": 2, "AID": 1}),
            CoParty("kb:kp", "North Korea", 1, {"SANCTION": 1}),
        )
        assert [party.entity_id for party in co_parties(connection, "kb:lazarus", 1)] == ["kb:us"]
        assert co_parties(connection, "Lazarus", 5) == ()


@pytest.mark.parametrize("entity_id", ["kb:kp", "kb:pyongyang", "kb:kr-jcs", "ent-kim-jina"])
def test_co_parties_are_those_of_the_cards(database: Database, entity_id: str) -> None:
    fill(database)
    counts: Counter[str] = Counter()
    for event in SAMPLE:
        fillers = {filler.id for filler in (*event.actors, *event.targets, event.place, event.speaker) if filler is not None}
        if entity_id in fillers and event.status != "rejected":
            counts.update({party.id for party in (*event.actors, *event.targets)} - {entity_id, None})
    with reading(database) as connection:
        found = co_parties(connection, entity_id, 100)
    assert {party.entity_id: party.events for party in found} == counts
    assert [party.events for party in found] == sorted(counts.values(), reverse=True)
    assert all(sum(party.types.values()) == party.events for party in found)
