"""Events that a filter finds as arrays: their days, their dollars, and the codes of their terms.

Every event carries the codes of its terms as one piece of bytes (`IndexedEventRow.terms`). Where few events are found, their pieces are
read and joined. Where many are found, reading them takes longer than people wait; so the terms of all events are kept in memory until the
index changes (some 130 bytes for each event), and the filter is applied to them there. Once they are in memory they serve few events too.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Select, func, literal, select

from models.index_tables import IndexedEventRow, IndexTermRow
from pipeline.store.conditions import Condition, Conditions, is_kept, keep

__all__ = ["Events", "codes_by_field", "count_events", "count_terms", "find_events"]

Integers: TypeAlias = NDArray[np.integer[Any]]
Flags: TypeAlias = NDArray[np.bool_]

_SMALL = 30_000
"""Events that are read from the database for one question; where more may be found, those in memory are asked."""
_AT_ONCE = 20_000
_MOST_MASKS = 32
"""Conditions of which is kept which events meet them: a byte for each event and condition."""
_CODE = np.dtype("<i4")
_ALL = "events by term"
"""Under which name all events are kept in memory."""


@dataclass(frozen=True, slots=True)
class Events:
    """Events as arrays: number, day as yyyymmdd (0 without one), dollars (0 without), how many terms, and the terms of all in a row."""

    numbers: Integers
    days: Integers
    usd: NDArray[np.float64]
    terms: Integers
    codes: Integers

    def take(self, mask: Flags) -> Events:
        """Return those events of which the mask is true."""
        if mask.all():
            return self
        return Events(self.numbers[mask], self.days[mask], self.usd[mask], self.terms[mask], self.codes_of(mask))

    def codes_of(self, mask: Flags) -> Integers:
        """Return the terms of those events of which the mask is true."""
        return self.codes[np.repeat(mask, self.terms)]

    def holding(self, wanted: Sequence[int]) -> tuple[Integers, Integers]:
        """Return the places of the events that have one of the wanted terms, and which of those it is."""
        columns = np.full(max([*wanted, self.codes.max(initial=0)]) + 1, -1, dtype=np.int32)
        columns[list(wanted)] = range(len(wanted))
        column = columns[self.codes]
        there = np.flatnonzero(column >= 0)
        return np.searchsorted(np.cumsum(self.terms), there, side="right"), column[there]


def find_events(connection: Connection, conditions: Conditions) -> Events:
    """Return the events that meet the conditions."""
    if _are_few(connection, conditions):
        return _read_events(connection, conditions.gathered())
    index = _whole_index(connection)
    return index.events.take(_mask(connection, index, conditions))


def count_events(connection: Connection, conditions: Conditions) -> int:
    """Return how many events meet the conditions."""
    if _are_few(connection, conditions):
        found = select(func.count()).select_from(IndexedEventRow).where(*conditions.gathered())
        return connection.execute(found).scalar_one()
    return int(np.count_nonzero(_mask(connection, _whole_index(connection), conditions)))


def count_terms(connection: Connection, conditions: Conditions) -> tuple[int, Integers]:
    """Return how many events meet the conditions, and how many of them have each term, by its code; codes past the end have none."""
    if _are_few(connection, conditions):
        events = _read_events(connection, conditions.gathered())
        return len(events.numbers), np.bincount(events.codes)
    index = _whole_index(connection)
    mask = _mask(connection, index, conditions)
    found = int(np.count_nonzero(mask))
    if 2 * found <= len(mask):
        return found, np.bincount(index.events.codes_of(mask))
    # The fewer are counted: those that are found, or those that are not.
    others = np.bincount(index.events.codes_of(~mask), minlength=len(index.starts) - 1)
    return found, np.diff(index.starts) - others


def codes_by_field(connection: Connection) -> dict[str, Integers]:
    """Return the codes of all terms by their field; a field that no event has has none."""
    return keep(connection, "codes by field", _read_codes)


def _read_codes(connection: Connection) -> dict[str, Integers]:
    found: dict[str, Integers] = defaultdict(partial(np.array, [], dtype=np.int64))
    for field in connection.execute(select(IndexTermRow.field).distinct()).scalars():
        found[field] = _read_integers(connection, select(IndexTermRow.code).where(IndexTermRow.field == field))
    return found


# --- few events, read when they are asked for -------------------------------------------------------------------------------


def _are_few(connection: Connection, conditions: Conditions) -> bool:
    rarest = conditions.rarest
    return rarest is not None and conditions.most_of(rarest) <= _SMALL and not is_kept(connection, _ALL)


def _read_events(connection: Connection, clauses: Sequence[ColumnElement[bool]]) -> Events:
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
    return Events(_joined(numbers), _joined(days), _joined(dollars), _joined(counts), codes)


def _joined(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.array([], dtype=np.int32)


def _read_integers(connection: Connection, query: Select[int]) -> Integers:
    """Return the integers that a query selects."""
    # In one piece, since there may be a million: a row for each takes several times as long.
    number = query.subquery().columns[0]
    if connection.dialect.name == "postgresql":
        packed = connection.execute(select(func.string_agg(func.int4send(number), literal(b"")))).scalar()
        return np.frombuffer(packed or b"", dtype=">i4").astype(np.int64)
    written = connection.execute(select(func.group_concat(number))).scalar()
    return np.array([], dtype=np.int64) if written is None else np.fromstring(str(written), dtype=np.int64, sep=",")


# --- all events, kept in memory ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Index:
    """All events, and where those of each term are: `places[starts[code] : starts[code + 1]]`."""

    events: Events
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
        if condition.codes is not None:
            mask &= index.have(condition.codes)
        elif condition.name is not None:
            mask &= keep(connection, "masks", _Masks).get(condition.name, partial(_read_mask, connection, index, condition))
        else:
            mask &= _read_mask(connection, index, condition)
    return mask


def _read_mask(connection: Connection, index: _Index, condition: Condition) -> Flags:
    return np.isin(index.events.numbers, _read_integers(connection, condition.numbers), kind="table")


class _Masks:
    """Which events the last conditions with a name are true of: a page asks for its events, their facets and their timeline by the same words."""

    def __init__(self, _connection: Connection) -> None:
        self._masks: OrderedDict[str, Flags] = OrderedDict()
        self._turn = Lock()

    def get(self, name: str, read: Callable[[], Flags]) -> Flags:
        """Return the mask of a condition, which is read unless it is one of the last."""
        with self._turn:
            mask = self._masks.pop(name, None)
        mask = read() if mask is None else mask
        with self._turn:
            self._masks[name] = mask
            while len(self._masks) > _MOST_MASKS:
                self._masks.popitem(last=False)
        return mask


def _whole_index(connection: Connection) -> _Index:
    return keep(connection, _ALL, _read_index)


def _read_index(connection: Connection) -> _Index:
    events = _read_events(connection, [])
    owners = np.repeat(np.arange(len(events.numbers), dtype=np.int32), events.terms)
    starts = np.concatenate([[0], np.cumsum(np.bincount(events.codes))])
    return _Index(events, starts, owners[np.argsort(events.codes, kind="stable")])
