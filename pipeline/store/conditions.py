"""A filter as conditions of SQL: which events it wants, said in each way in which a database can look for them.

Values are turned into the codes of their terms first (`IndexTermRow`), by one small query for each field, so that the statements over a
million events compare numbers only. How many events meet a condition is known before any of them is read: terms carry their count, and
the others are counted as far as it matters. `pipeline.store.finding` chooses its way by that, since SQLite knows nothing of it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import accumulate
from threading import Lock
from typing import Any, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import BindParameter, ColumnElement, Connection, Engine, Select, and_, bindparam, exists, func, select

from models.filters import FIELDS, EventFilter, Field, FieldKind
from models.index_tables import EventSumRow, EventTermRow, IndexedEventRow, IndexStateRow, IndexTermRow
from models.vocabulary import ArgumentRole, ReviewStatus
from pipeline.names.search_tokens import name_query, parse_words
from pipeline.store.words import words_matching

__all__ = ["FEW", "Condition", "Conditions", "FilterError", "among", "having_any", "is_kept", "keep", "read_conditions"]

FEW = 10_000
"""So many events are read, compared and sorted well within the time of a page."""

_MANY = 50_000
"""Events that have the words of a query are gathered up to so many; of more, each event on the way is asked whether it has them."""

_MOST_PROBES = 16
"""Terms that are looked up one by one for an event; of more, the events are gathered first."""

_MOST_NAMES = 100_000
"""Terms that the words of a name may mean; a statement of more is too long for a database."""


T = TypeVar("T")


class FilterError(ValueError):
    """A filter or a page cannot be used. `field` and `value` are what is wrong; the message tells what to change."""

    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(f"{field}: {value!r} {reason}")
        self.field = field
        self.value = str(value)


@dataclass(frozen=True, slots=True)
class Condition:
    """What all events found must meet.

    `numbers` selects the numbers of the events that meet it; one may come more than once. `clause` says it of a row of `event_index`, and
    `probe` says it so that it costs little where few events are asked, and much for many. No more than `most` events meet it; None where
    nobody has counted how many, because they are many. `column` is what it limits, where that is a single one of `event_index`; `codes`
    are the terms of which it wants one, where it is about terms. `name` says the whole condition, where it is worth remembering what it found.
    """

    clause: ColumnElement[bool]
    numbers: Select[int]
    most: int | None = None
    column: Any = None
    codes: tuple[int, ...] | None = None
    probe: ColumnElement[bool] | None = None
    name: str | None = None

    def asked(self) -> ColumnElement[bool]:
        """Return the clause for events that are asked one by one until enough are found: where many meet it, that is soon."""
        return self.clause if self.probe is None or self.most is not None else self.probe


@dataclass(frozen=True, slots=True)
class Conditions:
    """A filter as SQL: what is wanted, and the terms that no event found has. `total` is how many events the index has."""

    wanted: tuple[Condition, ...]
    unwanted: tuple[int, ...]
    total: int

    @property
    def rarest(self) -> Condition | None:
        """The condition that the fewest events meet; None where nothing is wanted."""
        return min(self.wanted, key=self.most_of, default=None)

    def most_of(self, condition: Condition) -> int:
        """Return how many events meet a condition at most."""
        return self.total if condition.most is None else condition.most

    def limits(self, column: Any) -> list[ColumnElement[bool]]:  # noqa: ANN401 - any column
        """Return what must be true of a single column of `event_index`."""
        return [condition.clause for condition in self.wanted if condition.column is column]

    def walked(self) -> list[ColumnElement[bool]]:
        """Return what must be true of a row of `event_index`, for statements that come by the rows in the order of a sort."""
        return [*(condition.asked() for condition in self.wanted), *self._lacks()]

    def gathered(self) -> list[ColumnElement[bool]]:
        """Return the same for statements that begin with the events of the rarest condition and read all of them."""
        rarest = self.rarest
        clauses = [condition.clause for condition in self.wanted if condition is not rarest]
        return [*([] if rarest is None else [IndexedEventRow.number.in_(rarest.numbers)]), *clauses, *self._lacks()]

    def _lacks(self) -> list[ColumnElement[bool]]:
        return [~_has_any(self.unwanted)] if self.unwanted else []


def read_conditions(connection: Connection, wanted: EventFilter, *, entity_id: str | None = None) -> Conditions:
    """Turn a filter into conditions. A name or code that no event has makes a condition that none meets.

    With `entity_id` the events must also have that entity in some role: the very one, whatever its id means as a name.
    Raises FilterError for a value that cannot be compared, such as a day that is not in the calendar.
    """
    found: list[Condition] = [] if entity_id is None else [_having(_equal(connection, list(ArgumentRole), [entity_id]))]
    unwanted = [] if wanted.status else _codes(_equal(connection, ["status"], [ReviewStatus.REJECTED]))
    for field in FIELDS:
        look_up = _LOOK_UPS.get(field.kind)
        positive, negative = _values(field, wanted)
        if look_up is None or field.name == "role":
            continue
        if positive:
            found.append(_having(look_up(connection, _fields(field, wanted), positive)))
        if negative:
            unwanted += _codes(look_up(connection, _fields(field, wanted), negative))
    found += [*_ranges(wanted), *_sums(wanted), *_words(wanted, connection.dialect.name)]
    return Conditions(tuple(_counted(connection, found)), tuple(dict.fromkeys(unwanted)), _total(connection))


def _values(field: Field, wanted: EventFilter) -> tuple[list[str], list[str]]:
    """Return the values that an event must and must not have, without "!"."""
    given = getattr(wanted, field.name)
    if isinstance(given, bool):
        return ["yes" if given else "no"], []
    return _part(given) if isinstance(given, tuple) else ([], [])


def _part(values: Iterable[str]) -> tuple[list[str], list[str]]:
    positive: list[str] = []
    negative: list[str] = []
    for value in values:
        (negative if value.startswith("!") else positive).append(value.removeprefix("!"))
    return positive, negative


def _fields(field: Field, wanted: EventFilter) -> Sequence[str]:
    """Return the fields of the terms that a field of the filter reads."""
    if field.name == "party":
        return ("actor", "target")
    if field.name != "entity":
        return (field.name,)
    positive, negative = _part(wanted.role)
    return [role.value for role in ArgumentRole if (role in positive or not positive) and role not in negative]


def _total(connection: Connection) -> int:
    # Every event has one status, and terms are few where events are many.
    total = select(func.coalesce(func.sum(IndexTermRow.count), 0)).where(IndexTermRow.field == "status")
    return int(connection.execute(total).scalar_one())


def _counted(connection: Connection, conditions: Sequence[Condition]) -> Iterator[Condition]:
    """Give the conditions with their counts, as far as those matter: beside a rare term nothing else is counted."""
    rare = any(condition.most is not None and condition.most <= FEW for condition in conditions)
    for condition in conditions:
        if rare or condition.most is not None:
            yield condition
            continue
        enough = FEW if condition.probe is None else _MANY
        some = condition.numbers.limit(enough + 1).subquery()
        count = connection.execute(select(func.count()).select_from(some)).scalar_one()
        yield replace(condition, most=count if count <= enough else None)


# --- what is kept in memory ---------------------------------------------------------------------------------------------------

_State: TypeAlias = tuple[Any, ...]
_KEPT: WeakKeyDictionary[Engine, tuple[_State, dict[str, Any]]] = WeakKeyDictionary()
_READING = Lock()
"""Held while something is read that is to be kept, so that two threads do not read it at once."""


def keep(connection: Connection, name: str, read: Callable[[Connection], T]) -> T:
    """Return what `read` makes of the index, under the name by which it is kept in memory until the index changes."""
    state = _state(connection)
    if state is None:
        return read(connection)  # nobody would tell when it changes
    with _READING:
        if connection.engine not in _KEPT or _KEPT[connection.engine][0] != state:
            _KEPT[connection.engine] = (state, {})
        kept = _KEPT[connection.engine][1]
        if name not in kept:
            kept[name] = read(connection)
        found: T = kept[name]
        return found


def is_kept(connection: Connection, name: str) -> bool:
    """Tell whether something of this name is in memory, made of the index as it is now."""
    state, kept = _KEPT.get(connection.engine, (None, {}))
    return name in kept and state == _state(connection)


def _state(connection: Connection) -> _State | None:
    state = connection.execute(select(IndexStateRow.version, IndexStateRow.format, IndexStateRow.refreshed_at)).first()
    return tuple(state) if state is not None else None


# --- terms --------------------------------------------------------------------------------------------------------------

_Counts = dict[int, int]
"""How many events have a term, by its code."""


def _codes(counts: _Counts) -> list[int]:
    return list(counts)


def _equal(connection: Connection, fields: Sequence[str], values: Sequence[str]) -> _Counts:
    """Return the terms that have one of the values exactly."""
    return _terms(connection, fields, IndexTermRow.value.in_(values))


def _folded(connection: Connection, fields: Sequence[str], values: Sequence[str]) -> _Counts:
    """Return the terms that have one of the values, without regard to case; any list is one whose name has no entry after a colon."""
    # Each database folds other letters than ASCII in its own way; the values of these fields are few enough to do it here.
    query = select(IndexTermRow.code, IndexTermRow.count, IndexTermRow.value).where(IndexTermRow.field.in_(fields))
    keys = {value.casefold() for value in values}
    any_list = "list" in fields and "any" in keys
    return {code: count for code, count, value in connection.execute(query) if value.casefold() in keys or (any_list and ":" not in value)}


def _named(connection: Connection, fields: Sequence[str], values: Sequence[str]) -> _Counts:
    """Return the terms that have one of the values as id; of a value that is nobody's id, those with its words in one of their names."""
    query = select(IndexTermRow.code, IndexTermRow.count, IndexTermRow.value)
    rows = connection.execute(query.where(IndexTermRow.field.in_(fields), IndexTermRow.value.in_(values))).all()
    found = {code: count for code, count, _ in rows}
    for value in sorted(set(values) - {value for _, _, value in rows}):
        for fragment in _fragments(fields, value):
            for field in fields:
                found |= keep(connection, f"names of {field}", partial(_read_names, field=field)).holding(fragment)
    if len(found) > _MOST_NAMES:
        raise FilterError(" or ".join(fields), ", ".join(values), f"is part of {len(found):,} names: write more of the name, or an id")
    return found


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of the terms of a field, one line for each term: to search them so takes a tenth of the time that a database needs."""

    lines: bytes
    starts: Sequence[int]
    terms: Sequence[tuple[int, int]]

    def holding(self, fragment: str) -> _Counts:
        """Return the terms whose names hold a fragment."""
        sought = fragment.encode()
        found: _Counts = {}
        place = self.lines.find(sought)
        while place >= 0:
            line = bisect_right(self.starts, place) - 1
            code, count = self.terms[line]
            found[code] = count
            place = self.lines.find(sought, self.starts[line + 1])
        return found


def _read_names(connection: Connection, field: str) -> _Names:
    query = select(IndexTermRow.code, IndexTermRow.count, IndexTermRow.names)
    rows = connection.execute(query.where(IndexTermRow.field == field, IndexTermRow.names.is_not(None))).all()
    lines = [names.encode() + b"\n" for _, _, names in rows if names is not None]
    return _Names(b"".join(lines), [0, *accumulate(map(len, lines))], [(code, count) for code, count, _ in rows])


def _fragments(fields: Sequence[str], value: str) -> tuple[str, ...]:
    try:
        return name_query(value).fragments
    except ValueError as error:
        raise FilterError(" or ".join(fields), value, f"is no name: {error}") from error


def _terms(connection: Connection, fields: Sequence[str], clause: ColumnElement[bool]) -> _Counts:
    query = select(IndexTermRow.code, IndexTermRow.count).where(IndexTermRow.field.in_(fields), clause)
    return dict(connection.execute(query).all())


_LOOK_UPS: dict[FieldKind, Callable[[Connection, Sequence[str], Sequence[str]], _Counts]] = {
    FieldKind.CHOICE: _equal,
    FieldKind.FLAG: _equal,
    FieldKind.CODE: _folded,
    FieldKind.NAME: _named,
}


def _having(counts: _Counts) -> Condition:
    codes = _codes(counts)
    return Condition(_has_any(codes), having_any(codes), sum(counts.values()), codes=tuple(codes))


def having_any(codes: Sequence[int]) -> Select[int]:
    """Return the select of the numbers of the events that have one of these terms; one may come more than once."""
    return select(EventTermRow.number).where(among(EventTermRow.code, codes))


def among(column: Any, codes: Sequence[int]) -> ColumnElement[bool]:  # noqa: ANN401 - a column of any table
    """Return the condition that a column is one of these codes, however many there are."""
    # Written out, since a statement takes fewer parameters than a common name has terms.
    written: BindParameter[Sequence[int]] = bindparam("codes", list(codes), unique=True, expanding=True, literal_execute=True)
    return column.in_(written)  # type: ignore[no-any-return]


def _has_any(codes: Sequence[int]) -> ColumnElement[bool]:
    if len(codes) > _MOST_PROBES:
        return _among_gathered(having_any(codes))
    same = and_(EventTermRow.sort_day == IndexedEventRow.sort_day, EventTermRow.number == IndexedEventRow.number)
    return exists().where(EventTermRow.code.in_(codes), same)


def _among_gathered(numbers: Select[int]) -> ColumnElement[bool]:
    # The sum keeps SQLite from coming by the rows in this way; `Conditions` alone says when it should.
    return (IndexedEventRow.number + 0).in_(numbers)


# --- days, times, amounts and words -----------------------------------------------------------------------------------------


def _ranges(wanted: EventFilter) -> Iterator[Condition]:
    event = IndexedEventRow
    if wanted.since is not None:
        yield _range(event.day_to, event.day_to >= _days("since", wanted.since)[0].isoformat())
    if wanted.until is not None:
        last = _days("until", wanted.until)[1]
        yield _range(event.sort_day, event.sort_day.between(1, last.year * 10_000 + last.month * 100 + last.day))
    if wanted.published_since is not None:
        yield _range(event.published_first, event.published_first >= _midnight(_days("published_since", wanted.published_since)[0]))
    if wanted.published_until is not None:
        last = _days("published_until", wanted.published_until)[1]
        yield _range(event.published_first, event.published_first <= _midnight(last) + timedelta(hours=24, microseconds=-1))
    if wanted.score_min is not None:
        yield _range(event.score, event.score >= _number("score_min", wanted.score_min))
    if wanted.changed_since is not None:
        yield _range(event.changed_at, event.changed_at >= _instant("changed_since", wanted.changed_since))


def _range(column: Any, clause: ColumnElement[bool]) -> Condition:  # noqa: ANN401 - any column
    return Condition(clause, select(IndexedEventRow.number).where(clause), column=column)


def _days(field: str, day: str) -> tuple[date, date]:
    """Return the first and the last day of a day, month or year."""
    try:
        first = date.fromisoformat(f"{day}-01-01"[:10])
        if day not in {first.isoformat()[:length] for length in (4, 7, 10)}:
            raise ValueError(day)
    except ValueError:
        raise FilterError(field, day, "is no day: give a day, month or year, such as 2025-11-04, 2025-11 or 2025") from None
    if len(day) == len("2025-11-04"):
        return first, first
    month = 12 if len(day) == len("2025") else first.month
    return first, date(first.year, month, monthrange(first.year, month)[1])


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _instant(field: str, value: str) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
        instant = instant.replace(tzinfo=UTC) if len(value) == len("2026-01-01") else instant
        return _with_zone(instant).astimezone(UTC)
    except (ValueError, OverflowError):
        advice = "is no time: give a day, or a time with its zone, such as 2026-01-01 or 2026-01-01T09:00:00+09:00"
        raise FilterError(field, value, advice) from None


def _with_zone(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("without zone")
    return instant


def _number(field: str, value: float) -> float:
    if not math.isfinite(value):
        raise FilterError(field, value, "is no number: give one such as 1500000 or 0.8")
    return value


def _sums(wanted: EventFilter) -> Iterator[Condition]:
    least, greatest = wanted.amount_min, wanted.amount_max
    if least is None and greatest is None:
        return
    currencies = _part(wanted.currency)[0] or ["USD"]
    clauses: list[ColumnElement[bool]] = [EventSumRow.currency.in_([currency.upper() for currency in currencies])]
    if least is not None:
        clauses.append(EventSumRow.value >= _number("amount_min", least))
    if greatest is not None:
        clauses.append(EventSumRow.value <= _number("amount_max", greatest))
    numbers = select(EventSumRow.number).where(*clauses)
    yield Condition(_among_gathered(numbers), numbers)


def _words(wanted: EventFilter, dialect: str) -> Iterator[Condition]:
    if wanted.q is None:
        return
    try:
        numbers = words_matching(dialect, parse_words(wanted.q))
    except ValueError as error:
        raise FilterError("q", wanted.q, f"cannot be searched for: {error}") from error
    number: Any = numbers.selected_columns[0]
    # PostgreSQL asks one event or gathers all as it sees fit, however it is said.
    probe = numbers.where(number == IndexedEventRow.number).exists() if dialect == "sqlite" else None
    yield Condition(_among_gathered(numbers), numbers, probe=probe, name=f"q={wanted.q}")
