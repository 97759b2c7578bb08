"""How often each value occurs among the events that a filter finds: by field, over time, and beside one entity.

Every event carries the codes of its terms as one piece of bytes (`IndexedEventRow.terms`). Where few events are found, their pieces are
read and counted as one array, so that every count is exact and the number of fields hardly matters. Where many are found, reading them
takes longer than people wait; so the terms of all events are kept in memory until the index changes (some 80 bytes for each event), and
the filter is applied to them there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Select, Text, cast, func, select

from models.filters import EventFilter
from models.findings import Facet, FacetValue, TimePoint
from models.index_tables import IndexedEventRow, IndexTermRow
from pipeline.store.conditions import Conditions, FilterError, among, keep, read_conditions
from pipeline.text.faults import did_you_mean

__all__ = ["TERM_FIELDS", "CoParty", "Period", "co_parties", "count_found", "facet_counts", "timeline"]

Period: TypeAlias = Literal["day", "month", "year"]
Integers: TypeAlias = NDArray[np.integer[Any]]
Flags: TypeAlias = NDArray[np.bool_]

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

_SMALL = 30_000
"""Events that are read from the database for one question; where more may be found, those in memory are asked."""
_AT_ONCE = 20_000
_PERIODS: Mapping[str, int] = {"day": 1, "month": 100, "year": 10_000}
"""By what a day as yyyymmdd is divided to give its period."""
_CODE = np.dtype("<i4")


def count_found(connection: Connection, wanted: EventFilter) -> int:
    """Return how many events a filter finds. Raises FilterError as `read_conditions` does."""
    conditions = read_conditions(connection, wanted)
    if _are_few(conditions):
        found = select(func.count()).select_from(IndexedEventRow).where(*conditions.gathered())
        return connection.execute(found).scalar_one()
    return int(np.count_nonzero(_mask(connection, _whole_index(connection), conditions)))


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
    events = _find(connection, read_conditions(connection, wanted))
    counts = np.bincount(events.codes)
    return len(events.days), tuple(_facet(connection, field, counts, most) for field in fields)


def _facet(connection: Connection, field: str, counts: Integers, most: int) -> Facet:
    codes = _codes_of(connection, field)
    codes = codes[codes < len(counts)]
    codes = codes[counts[codes] > 0]
    shown = _values(connection, _commonest(codes, counts, most), counts)[:most]
    return Facet(field, tuple(shown), len(codes) - len(shown))


def _commonest(codes: Integers, counts: Integers, most: int) -> list[int]:
    """Return the codes that are among the commonest, with all that are as common as the last of them."""
    if len(codes) > most > 0:
        least = np.partition(counts[codes], -most)[-most]
        codes = codes[counts[codes] >= least]
    return codes.tolist() if most > 0 else []


def _values(connection: Connection, codes: Sequence[int], counts: Integers) -> list[FacetValue]:
    query = select(IndexTermRow.code, IndexTermRow.value, IndexTermRow.label).where(among(IndexTermRow.code, codes))
    values = [FacetValue(value, label, int(counts[code])) for code, value, label in connection.execute(query)]
    return sorted(values, key=lambda value: (-value.count, value.label, value.value))


# --- over time ----------------------------------------------------------------------------------------------------------


def timeline(connection: Connection, wanted: EventFilter, by: Period) -> tuple[TimePoint, ...]:
    """Return the events that a filter finds by the day, month or year on which they may first have happened, the earliest first.

    Events without a day are left out, and so are periods without an event. Each event counts with its largest amount in US dollars.
    Raises FilterError for another period, and as `read_conditions` does.
    """
    if by not in _PERIODS:
        raise FilterError("by", by, f"is no period: give one of {', '.join(_PERIODS)}")
    events = _find(connection, read_conditions(connection, wanted))
    events = events.take(events.days > 0)
    periods, which = np.unique(events.days // _PERIODS[by], return_inverse=True)
    sums = np.bincount(which, weights=events.usd, minlength=len(periods))
    types = _types(connection)
    event, column = events.holding(list(types))
    split = _cross(which[event], len(periods), column, len(types))
    return tuple(
        TimePoint(_write_period(int(period)), int(counts.sum()), float(usd), _by_type(types.values(), counts))
        for period, usd, counts in zip(periods, sums, split, strict=True)
    )


def _types(connection: Connection) -> dict[int, str]:
    query = select(IndexTermRow.code, IndexTermRow.value).where(IndexTermRow.field == "type")
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
    events = _find(connection, read_conditions(connection, EventFilter(), entity_id=entity_id))
    party_of = _parties(connection, np.unique(events.codes), entity_id)
    parties = {party: place for place, party in enumerate(dict.fromkeys(party_of.values()))}
    places = np.array([parties[party] for party in party_of.values()], dtype=np.int64)
    event, column = events.holding(list(party_of))
    # Who is both actor and target of an event takes part in it once.
    pair = np.unique(event * max(len(parties), 1) + places[column])
    event, party = np.divmod(pair, max(len(parties), 1))
    types = _types(connection)
    typed, type_column = events.holding(list(types))
    type_of = np.zeros(len(events.days), dtype=np.int64)
    type_of[typed] = type_column
    split = _cross(party, len(parties), type_of[event], len(types))
    found = [
        CoParty(ident, name, int(counts.sum()), _by_type(types.values(), counts))
        for (ident, name), counts in zip(parties, split, strict=True)
    ]
    return tuple(sorted(found, key=lambda party: (-party.events, party.name, party.entity_id))[:most])


def _parties(connection: Connection, codes: Integers, but: str) -> dict[int, tuple[str, str]]:
    """Return the id and name of those of the terms that are an actor or target."""
    named = (IndexTermRow.field.in_(["actor", "target"]), ~IndexTermRow.value.startswith("text:"), IndexTermRow.value != but)
    query = select(IndexTermRow.code, IndexTermRow.value, IndexTermRow.label).where(*named, among(IndexTermRow.code, codes.tolist()))
    names: dict[str, str] = {}
    return {code: (ident, names.setdefault(ident, name)) for code, ident, name in connection.execute(query.order_by(IndexTermRow.code))}


# --- events and their terms -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Events:
    """Events as arrays: number, day as yyyymmdd (0 without one), dollars (0 without), how many terms, and the terms of all in a row."""

    numbers: Integers
    days: Integers
    usd: NDArray[np.float64]
    terms: Integers
    codes: Integers

    def take(self, mask: Flags) -> _Events:
        """Return those events of which the mask is true."""
        if mask.all():
            return self
        return _Events(self.numbers[mask], self.days[mask], self.usd[mask], self.terms[mask], self.codes[np.repeat(mask, self.terms)])

    def holding(self, wanted: Sequence[int]) -> tuple[Integers, Integers]:
        """Return the places of the events that have one of the wanted terms, and which of those it is."""
        columns = np.full(max([*wanted, self.codes.max(initial=0)]) + 1, -1, dtype=np.int32)
        columns[list(wanted)] = range(len(wanted))
        column = columns[self.codes]
        there = np.flatnonzero(column >= 0)
        return np.searchsorted(np.cumsum(self.terms), there, side="right"), column[there]


def _are_few(conditions: Conditions) -> bool:
    rarest = conditions.rarest
    return rarest is not None and conditions.most_of(rarest) <= _SMALL


def _find(connection: Connection, conditions: Conditions) -> _Events:
    if _are_few(conditions):
        return _read_events(connection, conditions.gathered())
    index = _whole_index(connection)
    return index.events.take(_mask(connection, index, conditions))


def _read_events(connection: Connection, clauses: Sequence[ColumnElement[bool]]) -> _Events:
    event = IndexedEventRow
    query = select(event.number, event.sort_day, func.coalesce(event.usd, 0.0), event.terms).where(*clauses).order_by(event.number)
    numbers: list[Integers] = []
    days: list[Integers] = []
    dollars: list[NDArray[np.float64]] = []
    counts: list[Integers] = []
    pieces: list[bytes] = []
    with connection.execute(query) as result:
        # Plain tuples of the driver: to make rows of them would take longer than everything else.
        while rows := result.cursor.fetchmany(_AT_ONCE):
            number, day, usd, terms = zip(*rows, strict=True)
            numbers.append(np.array(number, dtype=np.int32))
            days.append(np.array(day, dtype=np.int32))
            dollars.append(np.array(usd, dtype=np.float64))
            counts.append(np.fromiter(map(len, terms), dtype=np.int32) // _CODE.itemsize)
            pieces.append(b"".join(terms))
    codes = np.frombuffer(b"".join(pieces), dtype=_CODE)
    return _Events(_joined(numbers), _joined(days), _joined(dollars), _joined(counts), codes)


def _joined(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.array([], dtype=np.int32)


def _read_integers(connection: Connection, query: Select[int]) -> Integers:
    """Return the integers that a query selects."""
    # As one text, since there may be some hundred thousand.
    number = query.subquery().columns[0]
    written = connection.execute(select(func.aggregate_strings(cast(number, Text), ","))).scalar()
    return np.array([], dtype=np.int64) if written is None else np.fromstring(written, dtype=np.int64, sep=",")


# --- the whole index, kept in memory ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Index:
    """All events, and where those of each term are: `places[starts[code] : starts[code + 1]]`."""

    events: _Events
    starts: Integers
    places: Integers

    def have(self, wanted: Sequence[int]) -> Flags:
        """Return for each event whether it has one of the wanted terms."""
        mask = np.zeros(len(self.events.numbers), dtype=np.bool_)
        for code in wanted:
            if code + 1 < len(self.starts):
                mask[self.places[self.starts[code] : self.starts[code + 1]]] = True
        return mask


def _mask(connection: Connection, index: _Index, conditions: Conditions) -> Flags:
    """Return which of all events meet the conditions."""
    mask = ~index.have(conditions.unwanted)
    for condition in conditions.wanted:
        if condition.codes is None:
            mask &= np.isin(index.events.numbers, _read_integers(connection, condition.numbers), kind="table")
        else:
            mask &= index.have(condition.codes)
    return mask


def _whole_index(connection: Connection) -> _Index:
    return keep(connection, "events by term", _read_index)


def _read_index(connection: Connection) -> _Index:
    events = _read_events(connection, [])
    owners = np.repeat(np.arange(len(events.numbers), dtype=np.int32), events.terms)
    starts = np.concatenate([[0], np.cumsum(np.bincount(events.codes))])
    return _Index(events, starts, owners[np.argsort(events.codes, kind="stable")])


def _codes_of(connection: Connection, field: str) -> Integers:
    """Return the codes of all terms of a field."""
    query = select(IndexTermRow.code).where(IndexTermRow.field == field)
    return keep(connection, f"codes of {field}", partial(_read_integers, query=query))
