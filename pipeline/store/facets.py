"""How often each value occurs among the events that a filter finds: by field, over time, on the map, and beside one entity.

All is counted from the terms of the events as arrays (`pipeline.store.event_arrays`), so that every count is exact and the number of fields
hardly matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from models.filters import EventFilter
from models.findings import EventFound, Facet, FacetValue, PlaceCount, PlacesFound, Timeline, TimePoint
from models.index_tables import EventCardRow, IndexTermRow
from models.vocabulary import Precision
from pipeline.errors import StorageError
from pipeline.store.conditions import FilterError, among, keep, read_conditions
from pipeline.store.event_arrays import Events, codes_by_field, count_events, count_terms, find_events
from pipeline.store.index_rows import read_card
from pipeline.text.faults import did_you_mean

__all__ = ["TERM_FIELDS", "CoParty", "Period", "co_parties", "count_found", "facet_counts", "places", "timeline"]

Period: TypeAlias = Literal["day", "month", "year"]
Integers: TypeAlias = NDArray[np.integer[Any]]

TERM_FIELDS = (
    "type",
    "subtype",
    "modality",
    "background",
    "status",
    "date_precision",
    "actor",
    "target",
    "place",
    "speaker",
    "country",
    "list",
    "program",
    "official",
    "currency",
    "publisher",
    "source_kind",
    "lang",
    "year",
    "month",
)
"""Fields whose values can be counted: those of the terms of events."""

_PERIODS: Mapping[str, int] = {"day": len("2025-11-04"), "month": len("2025-11"), "year": len("2025")}
"""How long a period is when it is written."""
_OWN_DAY = -1
"""Stands for the day of an event that is known to the day."""
_NUMBER_BITS = 32
"""Of the number of an event, behind its day."""


def count_found(connection: Connection, wanted: EventFilter) -> int:
    """Return how many events a filter finds. Raises FilterError as `read_conditions` does."""
    return count_events(connection, read_conditions(connection, wanted))


# --- facets -------------------------------------------------------------------------------------------------------------


def facet_counts(connection: Connection, wanted: EventFilter, fields: Sequence[str], most: int) -> tuple[int, tuple[Facet, ...]]:
    """Return how many events a filter finds, and for each field the `most` commonest values that they have.

    Values that are equally common stand in the order of their labels. Raises FilterError for a field that cannot be counted, and as
    `read_conditions` does.
    """
    for field in fields:
        if field not in TERM_FIELDS:
            reason = f"cannot be counted{did_you_mean(field, TERM_FIELDS)}: give one of {', '.join(TERM_FIELDS)}"
            raise FilterError("fields", field, reason)
    found, counts = count_terms(connection, read_conditions(connection, wanted))
    return found, _facets(connection, fields, counts, most)


def _facets(connection: Connection, fields: Sequence[str], counts: Integers, most: int) -> tuple[Facet, ...]:
    known = codes_by_field(connection)
    used = {field: _used(known[field], counts) for field in fields}
    shown = {field: _commonest(codes, counts, most) for field, codes in used.items()}
    values = _values(connection, [code for codes in shown.values() for code in codes], counts)
    return tuple(_facet(field, [values[code] for code in shown[field]], len(used[field]), most) for field in fields)


def _used(codes: Integers, counts: Integers) -> Integers:
    """Return the codes of the terms that any event has."""
    codes = codes[codes < len(counts)]
    return codes[counts[codes] > 0]


def _facet(field: str, values: Sequence[FacetValue], many: int, most: int) -> Facet:
    shown = sorted(values, key=lambda value: (-value.count, value.label, value.value))[:most]
    return Facet(field, tuple(shown), many - len(shown))


def _commonest(codes: Integers, counts: Integers, most: int) -> list[int]:
    """Return the codes that are among the commonest, with all that are as common as the last of them."""
    if len(codes) > most > 0:
        least = np.partition(counts[codes], -most)[-most]
        codes = codes[counts[codes] >= least]
    return codes.tolist() if most > 0 else []


def _values(connection: Connection, codes: Sequence[int], counts: Integers) -> dict[int, FacetValue]:
    query = select(IndexTermRow.code, IndexTermRow.value, IndexTermRow.label).where(among(IndexTermRow.code, codes))
    return {code: FacetValue(value, label, int(counts[code])) for code, value, label in connection.execute(query)}


# --- over time ----------------------------------------------------------------------------------------------------------


def timeline(connection: Connection, wanted: EventFilter, by: Period) -> Timeline:
    """Return the events that a filter finds by the day, month or year in which they happened, the earliest first.

    An event of which only a longer period is known is counted under that one, beside the others. Each counts with its largest amount in
    US dollars. Raises FilterError for another period, and as `read_conditions` does.
    """
    if by not in _PERIODS:
        raise FilterError("by", by, f"is no period: give one of {', '.join(_PERIODS)}")
    events = find_events(connection, read_conditions(connection, wanted))
    told = _tell_periods(connection, events, by)
    periods, which = np.unique(told, return_inverse=True)
    sums = np.bincount(which, weights=events.usd, minlength=len(periods))
    types = _types(connection)
    event, column = events.holding(list(types))
    split = _cross(which[event], len(periods), column, len(types))
    points = [
        TimePoint(_write_period(int(period)), int(counts.sum()), float(usd), _by_type(types.values(), counts))
        for period, usd, counts in zip(periods, sums, split, strict=True)
        if period
    ]
    undated = int(np.count_nonzero(events.days == 0))
    return Timeline(
        tuple(point for point in points if len(point.period) == _PERIODS[by]),
        tuple(sorted((point for point in points if len(point.period) < _PERIODS[by]), key=lambda point: point.period)),
        longer=int(np.count_nonzero(told == 0)) - undated,
        undated=undated,
    )


def _tell_periods(connection: Connection, events: Events, by: Period) -> Integers:
    """Return for each event the shortest period that its date tells, but none shorter than `by`: yyyymmdd, yyyymm or yyyy, 0 for none."""
    fields = ("year", "month") if _PERIODS[by] > _PERIODS["year"] else ("year",)
    numbers = {code: int(value.replace("-", "")) for field in fields for code, value in _terms_of(connection, field).items()}
    if by == "day":
        numbers |= {code: _OWN_DAY for code, value in _terms_of(connection, "date_precision").items() if value == Precision.DAY}
    event, column = events.holding(list(numbers))
    period = np.array(list(numbers.values()), dtype=np.int64)[column]
    told = np.zeros(len(events.days), dtype=np.int64)
    # As numbers months are greater than years, and days than months: so the shortest period remains.
    np.maximum.at(told, event, np.where(period == _OWN_DAY, events.days[event], period))
    return told


def _types(connection: Connection) -> dict[int, str]:
    return _terms_of(connection, "type")


def _terms_of(connection: Connection, field: str) -> dict[int, str]:
    """Return the values of a field by their codes."""
    query = select(IndexTermRow.code, IndexTermRow.value).where(IndexTermRow.field == field)
    return dict(connection.execute(query).all())


def _by_type(types: Iterable[str], counts: Integers) -> dict[str, int]:
    """Return the counts that are not zero, commonest first."""
    found = [(name, int(count)) for name, count in zip(types, counts, strict=True) if count]
    return dict(sorted(found, key=lambda item: (-item[1], item[0])))


def _write_period(period: int) -> str:
    """Write yyyymmdd, yyyymm or yyyy with hyphens."""
    digits = f"{period:04}"
    return "-".join(part for part in (digits[:4], digits[4:6], digits[6:]) if part)


def _cross(row: Integers, rows: int, column: Integers, columns: int) -> Integers:
    """Return a table of how often each row and column come together."""
    return np.bincount(row * columns + column, minlength=rows * columns).reshape(rows, columns)


# --- on the map -----------------------------------------------------------------------------------------------------------


def places(connection: Connection, wanted: EventFilter, most: int) -> PlacesFound:
    """Return the `most` places in which the most of the events that a filter finds happen, each with the newest of its events.

    Where a place lies is what that event knows. Raises FilterError as `read_conditions` does.
    """
    events = find_events(connection, read_conditions(connection, wanted))
    counts = np.bincount(events.codes)
    codes = {value: code for code, value in _terms_of(connection, "place").items()}
    placed = sum(int(counts[code]) for code in codes.values() if code < len(counts))
    (facet,) = _facets(connection, ["place"], counts, most)
    newest = _newest(events, [codes[place.value] for place in facet.values])
    cards = _read_cards(connection, newest)
    found = tuple(_place_count(place, cards[number]) for place, number in zip(facet.values, newest, strict=True))
    return PlacesFound(found, facet.others, len(events.days) - placed)


def _newest(events: Events, codes: Sequence[int]) -> list[int]:
    """Return for each of these terms, all of which some event has, the number of the newest event that has it."""
    event, column = events.holding(codes)
    newest = np.zeros(len(codes), dtype=np.int64)
    # A day and the number of an event as one integer: the greatest is that of the newest event.
    np.maximum.at(newest, column, events.days[event].astype(np.int64) << _NUMBER_BITS | events.numbers[event])
    return [int(number) & ((1 << _NUMBER_BITS) - 1) for number in newest]


def _read_cards(connection: Connection, numbers: Sequence[int]) -> dict[int, EventFound]:
    query = select(EventCardRow.number, EventCardRow.card).where(among(EventCardRow.number, numbers))
    return {number: read_card(card) for number, card in connection.execute(query)}


def _place_count(found: FacetValue, newest: EventFound) -> PlaceCount:
    place = newest.place
    if place is None:
        raise StorageError(f"event {newest.id} has no place, and the index has one for it: run `peninsula db reindex`")
    return PlaceCount(found.value, found.label, place.country, place.latitude, place.longitude, found.count, newest.id, newest.date_start)


# --- beside one entity ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CoParty:
    """Who is actor or target of the same events as another: the id of the entity, its name, those events, and the same by type."""

    entity_id: str
    name: str
    events: int
    types: dict[str, int]


def co_parties(connection: Connection, entity_id: str, most: int) -> tuple[CoParty, ...]:
    """Return the actors and targets of the events in which an entity has any role, those with the most such events first.

    Words that are no entity are left out, and so are events that an editor rejected.
    """
    events = find_events(connection, read_conditions(connection, EventFilter(), entity_id=entity_id))
    parties = keep(connection, "parties", _read_parties)
    many = len(parties.ids)
    event, column = events.holding(parties.codes)
    # Who is both actor and target of an event takes part in it once.
    event, party = np.divmod(np.unique(event * max(many, 1) + parties.places[column]), max(many, 1))
    counts = np.bincount(party, minlength=many)
    counts[[place for place, ident in enumerate(parties.ids) if ident == entity_id]] = 0
    shown = _commonest(np.flatnonzero(counts), counts, most)
    columns = np.full(many, -1, dtype=np.int64)
    columns[shown] = range(len(shown))
    there = columns[party] >= 0
    types = _types(connection)
    typed, type_column = events.holding(list(types))
    type_of = np.zeros(len(events.days), dtype=np.int64)
    type_of[typed] = type_column
    split = _cross(columns[party[there]], len(shown), type_of[event[there]], len(types))
    found = [
        CoParty(parties.ids[place], parties.names[place], int(counts[place]), _by_type(types.values(), of_types))
        for place, of_types in zip(shown, split, strict=True)
    ]
    return tuple(sorted(found, key=lambda party: (-party.events, party.name, party.entity_id))[:most])


@dataclass(frozen=True, slots=True)
class _Parties:
    """Everyone who is an actor or target of any event, by id and name; the terms with these codes are of those at these places."""

    ids: Sequence[str]
    names: Sequence[str]
    codes: Sequence[int]
    places: Integers


def _read_parties(connection: Connection) -> _Parties:
    named = (IndexTermRow.field.in_(["actor", "target"]), ~IndexTermRow.value.startswith("text:"))
    query = select(IndexTermRow.code, IndexTermRow.value, IndexTermRow.label).where(*named).order_by(IndexTermRow.code)
    rows = connection.execute(query).all()
    names: dict[str, str] = {}
    for _, ident, name in rows:
        names.setdefault(ident, name)
    place_of = {ident: place for place, ident in enumerate(names)}
    places = np.array([place_of[ident] for _, ident, _ in rows], dtype=np.int64)
    return _Parties(list(names), list(names.values()), [code for code, _, _ in rows], places)
