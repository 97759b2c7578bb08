"""Decisions with their items as rows to carry from one database to another, and back into one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from models.review import Verdict
from models.review_tables import EditorRow, ReviewDecisionRow, ReviewItemRow
from pipeline.store.chunks import in_chunks
from pipeline.store.review_rows import load_subjects
from pipeline.store.rows import insert_all_new

__all__ = ["Stock", "add_decisions", "carried", "take_stock"]

Fields = Mapping[str, Any]

_LOCAL = frozenset({"number", "item_id", "editor_id", "kind"})
"""Columns of a decision that mean something in their own database alone, or stand at the item."""


def carried(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield every decision ever written, oldest first, with its item and the name of its editor; those that hold no more, too.

    What editors added comes with its place in a text, since no machine would find it again.
    """
    added = select(ReviewDecisionRow.item_id).where(ReviewDecisionRow.verdict == Verdict.ADD)
    places = load_subjects(connection, connection.execute(added).scalars().all())
    decision = [column for column in ReviewDecisionRow.__table__.columns if column.name not in _LOCAL]
    item = [column.label(f"item_{column.name}") for column in ReviewItemRow.__table__.columns if column.name != "n_subjects"]
    query = (
        select(*decision, EditorRow.name.label("editor"), *item)
        .join(ReviewItemRow, ReviewItemRow.id == ReviewDecisionRow.item_id)
        .join(EditorRow, EditorRow.id == ReviewDecisionRow.editor_id)
        .order_by(ReviewDecisionRow.number)
    )
    for row in connection.execution_options(yield_per=1000).execute(query).mappings():
        own = {name: value for name, value in row.items() if not name.startswith("item_")}
        place = next(iter(places.get(row["item_id"], ())), None) if row["verdict"] is Verdict.ADD else None
        own["place"] = [place.version_id, place.start, place.end] if place is not None else None
        yield own | {"item": {name.removeprefix("item_"): value for name, value in row.items() if name.startswith("item_")}}


@dataclass(frozen=True, slots=True)
class Stock:
    """What a database has already: ids of decisions, when each item was decided last, and editors by name."""

    decisions: set[str] = field(default_factory=set)
    items: dict[str, datetime | None] = field(default_factory=dict)
    editors: dict[str, str] = field(default_factory=dict)


def take_stock(connection: Connection, decisions: Collection[str], items: Collection[str]) -> Stock:
    """Return which of these decisions and items are there, and all editors."""
    stock = Stock(editors={row.name: row.id for row in connection.execute(select(EditorRow.name, EditorRow.id))})
    for chunk in in_chunks(decisions):
        stock.decisions.update(connection.execute(select(ReviewDecisionRow.id).where(ReviewDecisionRow.id.in_(chunk))).scalars())
    for chunk in in_chunks(items):
        last = (
            select(ReviewItemRow.id, func.max(ReviewDecisionRow.at).label("at"))
            .outerjoin(ReviewDecisionRow, ReviewDecisionRow.item_id == ReviewItemRow.id)
            .where(ReviewItemRow.id.in_(chunk))
            .group_by(ReviewItemRow.id)
        )
        stock.items.update({row.id: row.at for row in connection.execute(last)})
    return stock


def add_decisions(connection: Connection, *, editors: Sequence[Fields], items: Sequence[Fields], decisions: Sequence[Fields]) -> None:
    """Write editors and items that are not there, and decisions in their order."""
    insert_all_new(connection, EditorRow, editors)
    insert_all_new(connection, ReviewItemRow, [{**item, "n_subjects": 0} for item in items])
    if decisions:
        connection.execute(insert(ReviewDecisionRow), [dict(row) for row in decisions])
