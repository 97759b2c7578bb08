"""Events that a filter finds: page by page, or all in one stream.

A page is found in one of two ways. Where a condition is met by few events, those are gathered, checked and sorted. Else the index of the
sort is walked from where the page before ended, and each event on the way is checked, until the page is full; where it does not fill
within so many events as are soon looked through, the events of the rarest condition are gathered after all. Cards are read last, those of
the page alone.

Events that are equal in what is sorted by stand in the order of their ids, in the direction of the sort.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, null, or_, select, tuple_

from models.filters import MOST_ON_A_PAGE, EventFilter, Page, Sort
from models.findings import EventFound, Found
from models.index_tables import EventCardRow, IndexedEventRow
from pipeline.store.conditions import FEW, Conditions, FilterError, read_conditions
from pipeline.store.facets import count_found
from pipeline.store.index_rows import read_card

__all__ = ["count_found", "find_page", "stream_cards", "stream_events"]

_AT_ONCE = 500
"""Cards that a stream fetches at once."""

Clauses = Sequence[ColumnElement[bool]]


class _Row(NamedTuple):
    """An event on its way to a page: its number, what it is sorted by (None without it), and its id."""

    number: int
    key: Any
    event_id: str


@dataclass(frozen=True, slots=True)
class _Part:
    """Events that stand next to each other in a sort: those that `clause` is true of, sorted by `columns`."""

    clause: ColumnElement[bool]
    key: Any
    columns: tuple[Any, ...]
    descending: bool

    def order(self) -> list[ColumnElement[Any]]:
        """Return what a statement sorts by."""
        return [column.desc() if self.descending else column.asc() for column in self.columns]

    def after(self, row: _Row | None) -> ColumnElement[bool]:
        """Return the condition of the events of this part, of those alone that come after a row of it."""
        if row is None:
            return self.clause
        mine, its = tuple_(*self.columns), self._place(row)
        return and_(self.clause, mine < its if self.descending else mine > its)

    def up_to(self, row: _Row) -> ColumnElement[bool]:
        """Return the condition of the events that come before a row of this part, and of that itself."""
        mine, its = tuple_(*self.columns), self._place(row)
        return mine >= its if self.descending else mine <= its

    def _place(self, row: _Row) -> tuple[Any, ...]:
        return (row.key, row.event_id)[-len(self.columns) :]


@dataclass(frozen=True, slots=True)
class _Order:
    """A sort. Where it is `optional`, events that have nothing in the column come last: None, or `without`, which is less than every value."""

    column: Any
    kind: type
    descending: bool = True
    optional: bool = False
    without: int | None = None

    def parts(self, start: _Row | None, key: Any, event_id: Any) -> list[tuple[_Part, _Row | None]]:  # noqa: ANN401 - columns
        """Return the parts of the sort from a row on, each with the row where it begins; `key` and `event_id` are the columns to sort by."""
        with_key = _Part(self._has(key), key, (key, event_id), self.descending)
        rest = _Part(key == self.without, null(), (event_id,), self.descending)
        if start is not None and start.key is None:
            return [(rest, start)]
        return [(with_key, start), (rest, None)] if self.optional else [(with_key, start)]

    def whole(self, key: Any, event_id: Any) -> list[ColumnElement[Any]]:  # noqa: ANN401 - columns
        """Return what a statement sorts by that finds all parts at once."""
        return [self._has(key).desc(), *self._ends(key, event_id)]

    def indexed(self, key: Any, event_id: Any) -> list[ColumnElement[Any]]:  # noqa: ANN401 - columns
        """Return the same in the words of the index of the sort, which a statement then walks; `whole` where the index has another order."""
        ends_with_the_rest = self.descending and self.without is not None
        return self._ends(key, event_id) if ends_with_the_rest or not self.optional else self.whole(key, event_id)

    def key_of(self, value: Any) -> Any:  # noqa: ANN401 - what the column has
        """Return what an event is sorted by, None without it."""
        return None if value == self.without else value

    def _ends(self, key: Any, event_id: Any) -> list[ColumnElement[Any]]:  # noqa: ANN401 - columns
        return [column.desc() if self.descending else column.asc() for column in (key, event_id)]

    def _has(self, key: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a column
        return key.is_not(None) if self.without is None else key > self.without  # type: ignore[no-any-return]


_ORDERS = {
    Sort.NEWEST: _Order(IndexedEventRow.sort_day, int, optional=True, without=0),
    Sort.OLDEST: _Order(IndexedEventRow.sort_day, int, descending=False, optional=True, without=0),
    Sort.PUBLISHED: _Order(IndexedEventRow.published_first, datetime, optional=True),
    Sort.CHANGED: _Order(IndexedEventRow.changed_at, datetime),
    Sort.AMOUNT: _Order(IndexedEventRow.usd, float, optional=True),
    Sort.SOURCES: _Order(IndexedEventRow.n_sources, int),
    Sort.SCORE: _Order(IndexedEventRow.score, float),
}


def find_page(connection: Connection, wanted: EventFilter, page: Page) -> Found:
    """Return a page of the events that a filter finds; a cursor goes on in the sort of its own page.

    Raises FilterError for a cursor that no page gave, for a limit of no page, and as `read_conditions` does.
    """
    if not 1 <= page.limit <= MOST_ON_A_PAGE:
        raise FilterError("limit", page.limit, f"is no size of a page: give a number from 1 to {MOST_ON_A_PAGE}")
    sort, start = (page.sort, None) if page.cursor is None else _read_cursor(page.cursor)
    # One more than the page has tells whether there is another page.
    rows = _rows(connection, read_conditions(connection, wanted), _ORDERS[sort], start, page.limit + 1)
    shown = rows[: page.limit]
    further = _write_cursor(sort, shown[-1]) if len(rows) > page.limit else None
    return Found(tuple(_cards(connection, [row.number for row in shown])), further)


def _rows(connection: Connection, conditions: Conditions, order: _Order, start: _Row | None, count: int) -> list[_Row]:
    """Return the next rows of a sort, up to `count`."""
    rarest = conditions.rarest
    if rarest is not None and conditions.most_of(rarest) <= FEW:
        return _gather(connection, conditions, order, start, count)
    rows: list[_Row] = []
    for part, after in order.parts(start, order.column, IndexedEventRow.event_id):
        found, end = _walk(connection, conditions, part, after, count - len(rows))
        rows += found
        if end is not None:
            return rows + _gather(connection, conditions, order, end, count - len(rows))
        if len(rows) == count:
            break
    return rows


def _walk(connection: Connection, conditions: Conditions, part: _Part, after: _Row | None, count: int) -> tuple[list[_Row], _Row | None]:
    """Return the next rows of a part of a sort, and the row at which it was given up because too few were found on the way."""

    def find(clauses: Clauses, limit: int, offset: int = 0) -> list[_Row]:
        query = select(IndexedEventRow.number, part.key, IndexedEventRow.event_id).where(*clauses).order_by(*part.order())
        return _fetch(connection, query.limit(limit).offset(offset))

    wanted = conditions.walked()
    rarest = conditions.rarest
    here = [part.after(after), *conditions.limits(part.key)]
    ahead = find(here, 1, FEW) if rarest is not None else []
    if rarest is None or not ahead:
        return find([*here, *wanted], count), None
    end = ahead[0]
    rows = find([*here, part.up_to(end), *wanted], count)
    left = count - len(rows)
    if rows and left and FEW * left / len(rows) < conditions.most_of(rarest):
        return rows + find([part.after(end), *wanted], left), None
    return rows, end if left else None


def _gather(connection: Connection, conditions: Conditions, order: _Order, start: _Row | None, count: int) -> list[_Row]:
    """Return the next rows of a sort from among all events of the rarest condition."""
    event = IndexedEventRow
    # Kept apart from the sorting, lest the database walk the index of the sort.
    found = (
        select(event.number, order.column.label("key"), event.event_id)
        .where(*conditions.gathered())
        .cte("found")
        .prefix_with("MATERIALIZED")
    )
    key, event_id = found.c.key, found.c.event_id
    further = or_(*(part.after(row) for part, row in order.parts(start, key, event_id)))
    rows = _fetch(connection, select(found).where(further).order_by(*order.whole(key, event_id)).limit(count))
    return [row._replace(key=order.key_of(row.key)) for row in rows]


def _fetch(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[_Row]:
    return [_Row(*row) for row in connection.execute(query)]


def _cards(connection: Connection, numbers: Sequence[int]) -> Iterator[EventFound]:
    query = select(EventCardRow.number, EventCardRow.card).where(EventCardRow.number.in_(numbers))
    cards = dict(connection.execute(query).all())
    # An event may be taken out of the index between two statements.
    return (read_card(cards[number]) for number in numbers if number in cards)


def stream_events(connection: Connection, wanted: EventFilter, sort: Sort = Sort.NEWEST) -> Iterator[EventFound]:
    """Give every event that a filter finds, in order, as the index is when the first is asked for; memory does not grow with their number.

    The connection can do nothing else until the stream ends or is closed. Raises FilterError as `read_conditions` does.
    """
    return map(read_card, stream_cards(connection, wanted, sort))


def stream_cards(connection: Connection, wanted: EventFilter, sort: Sort = Sort.NEWEST) -> Iterator[str]:
    """Give the cards of `stream_events` as they are kept: one JSON object each."""
    conditions = read_conditions(connection, wanted)
    order = _ORDERS[sort]
    # The first of all events come at once from the index of the sort; where some are wanted alone, these are gathered and then sorted.
    by = (order.whole if conditions.wanted else order.indexed)(order.column, IndexedEventRow.event_id)
    ordered = select(IndexedEventRow.number).where(*conditions.gathered()).order_by(*by)
    # With an offset the inner select stands for itself: its narrow rows are sorted first, and each card is read when its turn comes.
    numbers = ordered.offset(0).subquery()
    card = select(EventCardRow.card).where(EventCardRow.number == numbers.c.number).correlate(numbers).scalar_subquery()
    with connection.execute(select(card).select_from(numbers), execution_options={"yield_per": _AT_ONCE}) as result:
        yield from result.scalars()


# --- cursors ------------------------------------------------------------------------------------------------------------

_CURSOR = re.compile(r"[A-Za-z0-9_-]{1,400}")
_ID = re.compile(r"[\x21-\x7e]{1,64}")
_LARGEST = 2**31 - 1


def _write_cursor(sort: Sort, row: _Row) -> str:
    key = row.key.isoformat() if isinstance(row.key, datetime) else row.key
    written = json.dumps([sort.value, key, row.event_id], separators=(",", ":"))
    return urlsafe_b64encode(written.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[Sort, _Row]:
    """Return the sort and the row that a cursor names. Raises FilterError for what `_write_cursor` did not write."""
    try:
        if not _CURSOR.fullmatch(cursor):
            raise ValueError(cursor)
        sort_name, key, event_id = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        sort = Sort(sort_name)
        row = _Row(0, _read_key(_ORDERS[sort], key), event_id)
        if not _ID.fullmatch(event_id) or _write_cursor(sort, row) != cursor:
            raise ValueError(cursor)
    except (ValueError, TypeError, OverflowError):
        raise FilterError("cursor", cursor[:80], "is no cursor: give `next` of the page before as it stands, or leave it out") from None
    return sort, row


def _read_key(order: _Order, key: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return what events are sorted by, as the database has it. Raises ValueError or TypeError for anything else."""
    if key is None:
        if not order.optional:
            raise ValueError("events of this sort have a key")
        return None
    if order.kind is datetime:
        return datetime.fromisoformat(key).astimezone(UTC)
    kind = type(key)
    if kind is not order.kind or not isfinite(key) or (kind is int and abs(key) > _LARGEST):
        raise ValueError(key)
    return key
