"""What a newer reading of an article version puts in the place of an older one, row by row; nothing is overwritten.

A row of a newer reading that says the same as a stored row at the same place is that row: it stays as it was said first, with its maker.
Any other is added. What is stored and not said again gets `superseded_at` and `superseded_by`, the run, and stays; it comes back, both
null, when a later reading says it again. What an editor wrote, no reading takes the place of. `LAYERS` tells of each table what makes two of its rows say the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, inspect, or_, select, update

from models.ids import make_id
from models.tables import (
    AmountRow,
    Base,
    EventAmountRow,
    EventArgumentRow,
    EventMentionRow,
    EventQuantityRow,
    IdentifierMentionRow,
    LinkRow,
    MentionCandidateRow,
    MentionRow,
    TimeExpressionRow,
)
from pipeline.store.chunks import in_chunks
from pipeline.store.rows import Row

__all__ = ["DETAILS", "EDITOR", "LAYERS", "LINKS", "Rows", "Settlement", "restore", "say", "settle", "supersede"]

EDITOR = "editor"
"""Maker of the rows that editors wrote."""

Rows = Mapping[type[Base], Sequence[Row]]
"""The rows of a reading, by table."""

Content = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """One table of which rows are superseded: its name in reports, and the columns by which two rows say the same at one place.

    `scope` is the column that tells what a row belongs to: the version, or the passage that tells an event.
    """

    table: type[Base]
    name: str
    content: tuple[str, ...]
    scope: str = "version_id"

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the primary key."""
        return tuple(column.name for column in inspect(self.table).primary_key)


LINKS = Layer(LinkRow, "links", ("entity_id", "source", "entry", "name", "status"))

LAYERS = (
    Layer(MentionRow, "names", ("start", "end", "label", "entity_id")),
    Layer(MentionCandidateRow, "uncertain names", ("start", "end", "label", "reason", "maker")),
    LINKS,
    Layer(IdentifierMentionRow, "identifiers", ("start", "end", "kind", "entity_id")),
    # The group belongs to what an amount says: numbers of two readings would make sums of different kind restate each other.
    Layer(AmountRow, "amounts", ("start", "end", "value", "value_max", "currency", "bound", "usd", "group_no")),
    Layer(TimeExpressionRow, "times", ("start", "end", "resolved_start", "resolved_end", "precision")),
)
"""What is said of a version."""

DETAILS = (
    Layer(EventArgumentRow, "arguments", ("mention_id", "role", "start", "end", "name", "entity_id"), "mention_id"),
    Layer(EventAmountRow, "event amounts", ("mention_id", "amount_id"), "mention_id"),
    Layer(
        EventQuantityRow,
        "quantities",
        ("mention_id", "role", "start", "end", "value_min", "value_max", "bound", "unit"),
        "mention_id",
    ),
)
"""What is said of the passages that tell an event."""

_REFERENCES = ("amount_id", "derived_from_id", "time_id")
"""Columns that name an amount or a time by its id."""


def say(layer: Layer, row: Row) -> Content:
    """Return what a row says. A list entry is named by its id, and by its name only where the list gives no id."""
    content = {name: row[name] for name in layer.content}
    if layer is LINKS and content["entry"] is not None:
        del content["name"]
    return tuple(content.values())


@dataclass(slots=True)
class Settlement:
    """A newer reading beside what is stored: the `rows` to write, and what of them is new, comes back, or is not said any more.

    `told` has, by table, what the reading says; `gone` are the rows in force that say something else.
    """

    rows: dict[type[Base], list[Row]]
    new: dict[type[Base], list[Row]] = field(default_factory=dict)
    again: dict[type[Base], list[Row]] = field(default_factory=dict)
    gone: dict[type[Base], list[Row]] = field(default_factory=dict)
    told: dict[type[Base], set[Content]] = field(default_factory=dict)

    def changed(self, table: type[Base]) -> Iterator[Row]:
        """Return the rows of a table by which the reading differs from what was in force."""
        for rows in (self.new, self.again, self.gone):
            yield from rows.get(table, ())


def settle(connection: Connection, version_id: str, rows: Rows) -> Settlement:
    """Compare the rows of a reading of a version with what is stored of it; nothing is written.

    Rows that are stored under another id than the reading gives them are named by that one. Passages that the reading does not tell
    are left as they are, with their details.
    """
    settlement = Settlement({table: list(rows_of) for table, rows_of in rows.items()})
    ids: dict[str, str] = {}
    for layer in LAYERS:
        _settle_layer(connection, layer, [version_id], settlement, ids)
    for table in (AmountRow, EventMentionRow, EventAmountRow):
        settlement.rows[table] = [_refer(row, ids) for row in settlement.rows.get(table, ())]
    passages = [row["id"] for row in settlement.rows[EventMentionRow]]
    for layer in DETAILS:
        _settle_layer(connection, layer, passages, settlement, ids)
    return settlement


def _settle_layer(connection: Connection, layer: Layer, scope: Collection[str], settlement: Settlement, ids: dict[str, str]) -> None:
    stored: dict[Content, list[Row]] = defaultdict(list)
    for row in _load(connection, layer, scope):
        stored[say(layer, row)].append(row)
    taken = {_key(layer, row) for rows in stored.values() for row in rows}
    new: dict[tuple[Any, ...], Row] = {}
    told: set[Content] = set()
    seen: set[tuple[Any, ...]] = set()
    for row in settlement.rows.get(layer.table, ()):
        key, content = _key(layer, row), say(layer, row)
        if key in seen:  # the first of two at one place counts, as where nothing is stored yet
            continue
        seen.add(key)
        told.add(content)
        if held := stored.get(content):
            named = held[0]
        else:
            named = _rename(row, content) if key in taken else row
            new[_key(layer, named)] = named
        if "id" in row:
            ids[row["id"]] = named["id"]
    settlement.rows[layer.table] = settlement.new[layer.table] = list(new.values())
    settlement.told[layer.table] = told
    in_force = {content: [row for row in rows if row["superseded_at"] is None] for content, rows in stored.items()}
    settlement.again[layer.table] = [rows[0] for content, rows in stored.items() if content in told and not in_force[content]]
    gone = [row for content, rows in in_force.items() if content not in told for row in rows]
    settlement.gone[layer.table] = [row for row in gone if row.get("maker") != EDITOR]


def _load(connection: Connection, layer: Layer, scope: Iterable[str]) -> Iterator[Row]:
    """Return the stored rows, those in force first."""
    columns = layer.table.__table__.c
    made = ("maker",) if "maker" in columns else ()
    names = dict.fromkeys((*layer.key, *layer.content, layer.scope, "superseded_at", *made))
    for chunk in in_chunks(scope):
        query = select(*(columns[name] for name in names)).where(columns[layer.scope].in_(chunk))
        if made:
            # What an editor wrote and took back is not said by a reading that agrees.
            query = query.where(or_(columns.maker != EDITOR, columns.superseded_at.is_(None)))
        order = (columns.superseded_at.is_not(None), *(columns[name] for name in layer.key))
        yield from (dict(row) for row in connection.execute(query.order_by(*order)).mappings())


def _key(layer: Layer, row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in layer.key)


def _rename(row: Row, content: Content) -> Row:
    """Give a row an id of its own, where that of its place is taken by a row that says something else."""
    return {**row, "id": make_id(row["id"].partition("-")[0], row["id"], *content)}


def _refer(row: Row, ids: Mapping[str, str]) -> Row:
    return {**row, **{name: ids.get(row[name], row[name]) for name in _REFERENCES if row.get(name) is not None}}


def restore(connection: Connection, settlement: Settlement) -> None:
    """Put back in force what is said again."""
    for layer in (*LAYERS, *DETAILS):
        _mark(connection, layer, settlement.again[layer.table], at=None, by=None)


def supersede(connection: Connection, settlement: Settlement, *, run_id: str, at: datetime) -> None:
    """Take out of force what is not said any more."""
    for layer in (*LAYERS, *DETAILS):
        _mark(connection, layer, settlement.gone[layer.table], at=at, by=run_id)


def _mark(connection: Connection, layer: Layer, rows: Sequence[Row], *, at: datetime | None, by: str | None) -> None:
    if rows:
        columns = layer.table.__table__.c
        here = and_(*(columns[name] == bindparam(f"key_{name}") for name in layer.key))
        statement = update(layer.table.__table__).where(here).values(superseded_at=at, superseded_by=by)  # type: ignore[arg-type]
        connection.execute(statement, [{f"key_{name}": row[name] for name in layer.key} for row in rows])
