"""The queue: which items wait, in what order, and who has which open."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, func, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from models.review import Counts, Item, ItemKind, ItemState, QueueFilter, Verdict
from models.review_tables import EditorRow, ReviewClaimRow, ReviewDecisionRow, ReviewItemRow
from pipeline.store.review_rows import ABOUT_OTHERS, conditions, holds, item_of, items_of, undecided

__all__ = [
    "CLAIMED_FOR",
    "claim",
    "claim_of",
    "close_batch",
    "count_decidable",
    "count_items",
    "decidable",
    "find_items",
    "last_line",
    "list_items",
    "next_items",
    "read_cursor",
    "release",
    "take_decidable",
    "write_cursor",
]

CLAIMED_FOR = timedelta(minutes=15)
"""How long an item that an editor has open is kept from the others."""

_SUBJECTS = 100
"""Rows of an item that are given with it; `places` has all of them."""
_CURSOR = re.compile(r"([0-9.e+-]{1,32})~(itm-[0-9a-f]{20})")


# --- counting and listing -------------------------------------------------------------------------------------------------


def count_items(connection: Connection, wanted: QueueFilter) -> Counts:
    """Count the items that a filter finds, whatever their state."""
    item = ReviewItemRow
    query = select(item.state, item.kind, func.count()).where(*conditions(wanted, states=False)).group_by(item.state, item.kind)
    rows = connection.execute(query).all()
    states = {state: sum(number for one, _, number in rows if one is state) for state in ItemState}
    waiting: dict[ItemKind, int] = {}
    for state, kind, number in rows:
        if state in {ItemState.OPEN, ItemState.DISPUTED}:
            waiting[kind] = waiting.get(kind, 0) + number
    by_kind = {kind: waiting[kind] for kind in ItemKind if kind in waiting}
    opened, decided, disputed, withdrawn = (states[ItemState(name)] for name in ("open", "decided", "disputed", "withdrawn"))
    return Counts(opened, decided, disputed, withdrawn, by_kind)


def list_items(connection: Connection, wanted: QueueFilter, *, limit: int, after: tuple[float, str] | None) -> list[Item]:
    """Return items, the most valuable first, those after a place in that order."""
    item = ReviewItemRow
    query = select(item.__table__).where(*conditions(wanted))
    if after is not None:
        query = query.where(tuple_(item.priority, item.id) < tuple_(*after))
    return items_of(connection, query.order_by(item.priority.desc(), item.id.desc()).limit(limit), subjects=_SUBJECTS)


def find_items(connection: Connection, name: str) -> list[Item]:
    """Return the items whose id begins with `name`, two at most; a whole id is found alone."""
    query = select(ReviewItemRow.__table__).where(ReviewItemRow.id.startswith(name, autoescape=True)).order_by(ReviewItemRow.id)
    return items_of(connection, query.limit(2))


def write_cursor(item: Item) -> str:
    """Return the place of an item in the order of the queue."""
    return f"{item.priority!r}~{item.id}"


def read_cursor(cursor: str) -> tuple[float, str] | None:
    """Return the place that a cursor stands for, None for what is no cursor."""
    found = _CURSOR.fullmatch(cursor)
    try:
        return (float(found[1]), found[2]) if found is not None else None
    except ValueError:
        return None


# --- what is next ---------------------------------------------------------------------------------------------------------


def next_items(
    connection: Connection, wanted: QueueFilter, editor_id: str, *, skip: Collection[str], at: datetime, limit: int, sampled: bool
) -> list[Item]:
    """Return the items that an editor may decide, the most valuable first: of the sample alone, or none of it."""
    item = ReviewItemRow
    free = _free(editor_id, skip, at)
    query = select(item.__table__).where(*conditions(wanted), *free, item.sampled.is_(sampled))
    return items_of(connection, query.order_by(item.priority.desc(), item.id.desc()).limit(limit), subjects=_SUBJECTS)


def _free(editor_id: str, skip: Collection[str], at: datetime) -> list[ColumnElement[bool]]:
    item, claimed, said = ReviewItemRow, ReviewClaimRow, ReviewDecisionRow
    by_another = exists().where(claimed.item_id == item.id, claimed.editor_id != editor_id, claimed.until > at)
    by_me = exists().where(
        said.item_id == item.id, said.editor_id == editor_id, said.revision == item.revision, said.verdict.not_in(ABOUT_OTHERS), holds(said)
    )
    # Where items that are decided are asked for, one's own may be looked at again; a dispute is for others, which the desk sees to.
    mine = and_(by_me, item.state.in_([ItemState.OPEN, ItemState.DISPUTED]))
    return [~by_another, ~mine, *([item.id.not_in(list(skip))] if skip else [])]


def last_line(connection: Connection) -> int:
    """Return the number of the last line of the record."""
    return connection.execute(select(func.max(ReviewDecisionRow.number))).scalar() or 0


def claim(connection: Connection, item_id: str, editor_id: str, *, at: datetime) -> bool:
    """Let an editor have an item, and nothing else; tell whether it was free."""
    row = ReviewClaimRow
    connection.execute(delete(row).where(row.editor_id == editor_id, row.item_id != item_id))
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    insertion = dialect.insert(row).values(item_id=item_id, editor_id=editor_id, until=at + CLAIMED_FOR)
    free = or_(row.editor_id == editor_id, row.until <= at)
    changed = {"editor_id": editor_id, "until": at + CLAIMED_FOR}
    statement = insertion.on_conflict_do_update(index_elements=["item_id"], set_=changed, where=free).returning(row.item_id)
    return connection.execute(statement).first() is not None


def claim_of(connection: Connection, item_id: str, *, at: datetime) -> tuple[str, str, datetime] | None:
    """Return id and name of the editor who has an item open, and until when; None where nobody has."""
    row = ReviewClaimRow
    query = select(row.editor_id, EditorRow.name, row.until).join(EditorRow, EditorRow.id == row.editor_id)
    found = connection.execute(query.where(row.item_id == item_id, row.until > at)).first()
    return (found.editor_id, found.name, found.until) if found is not None else None


def release(connection: Connection, item_id: str, editor_id: str | None = None) -> None:
    """End the claim of an item, or that of one editor alone."""
    row = ReviewClaimRow
    mine = () if editor_id is None else (row.editor_id == editor_id,)
    connection.execute(delete(row).where(row.item_id == item_id, *mine))


# --- many at once ---------------------------------------------------------------------------------------------------------


def decidable(wanted: QueueFilter) -> Select[Any]:
    """Select the items that a filter finds and nobody has decided, most valuable first."""
    item = ReviewItemRow
    return select(item.__table__).where(*conditions(wanted, states=False), undecided()).order_by(item.priority.desc(), item.id.desc())


def take_decidable(connection: Connection, wanted: QueueFilter) -> list[Item]:
    """Return the items that a filter finds and nobody has decided; nobody else decides them until the transaction ends."""
    locked = decidable(wanted).order_by(None).order_by(ReviewItemRow.id).with_for_update()
    return [item_of(row) for row in connection.execute(locked)]


def count_decidable(connection: Connection, wanted: QueueFilter) -> tuple[int, int, int, tuple[Item, ...]]:
    """Return of what a filter finds how many items and places are decidable, how many items are not, and the first few that are."""
    item = ReviewItemRow
    found = decidable(wanted).order_by(None).subquery()
    items, places = connection.execute(select(func.count(), func.coalesce(func.sum(found.c.n_subjects), 0))).one()
    there = conditions(wanted, states=False)
    everything = select(func.count()).select_from(item).where(*there, item.state != ItemState.WITHDRAWN)
    all_items = connection.execute(everything).scalar_one()
    examples = connection.execute(decidable(wanted).limit(_EXAMPLES)).all()
    return items, int(places), all_items - items, tuple(item_of(row) for row in examples)


_EXAMPLES = 10


def close_batch(connection: Connection, batch: str, verdict: Verdict) -> None:
    """Write that the items of a batch are decided; those that a second editor is to decide stay open, as do all after an `unsure`."""
    if verdict is Verdict.UNSURE:
        return
    item, said = ReviewItemRow, ReviewDecisionRow
    of_batch = select(said.item_id).where(said.batch == batch, said.verdict == verdict)
    connection.execute(update(item).where(item.id.in_(of_batch), item.twice.is_(False)).values(state=ItemState.DECIDED))
