"""One verdict on everything that a filter finds, written set by set, and undone as one step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from models.ids import make_id
from models.review import Batch, Decision, Editor, Item, ItemKind, ItemState, QueueFilter, Verdict
from pipeline.review.deciding import follow
from pipeline.review.errors import Conflict, DeskError
from pipeline.review.showing import MANY, Shower
from pipeline.store.engine import Database
from pipeline.store.merges import Transaction
from pipeline.store.review_decisions import append, count_batch, find_decision, in_force
from pipeline.store.review_effects import clear_batch, project_batch, shared_entities, touch_concerned
from pipeline.store.review_items import lock_items, set_states
from pipeline.store.review_queue import close_batch, last_line, take_decidable
from pipeline.store.runs import recording

__all__ = ["Bulk"]

_VERDICTS = (Verdict.ACCEPT, Verdict.REJECT, Verdict.UNSURE)


class Bulk:
    """Decides many items at once."""

    def __init__(self, database: Database, shower: Shower) -> None:
        self._database, self._shower = database, shower

    def decide(self, wanted: QueueFilter, verdict: Verdict, editor: Editor, *, expected: int, note: str | None, at: datetime) -> Batch:
        """Write one verdict on all items that a filter finds and nobody has decided. Raises Conflict where they are not `expected` many."""
        if verdict not in _VERDICTS:
            raise DeskError(f"many items cannot be decided by {verdict}: use accept, reject or unsure")
        with recording(self._database) as connection:
            items = take_decidable(connection, wanted)
            if len(items) != expected:
                raise Conflict(
                    f"there are {len(items)} undecided items now, not {expected}: look at the preview again; nothing was written"
                )
            if not items:
                raise DeskError("no undecided item is found: nothing is to be decided")
            batch = make_id("bat", editor.id, at.isoformat(), last_line(connection))
            after = {item.id: item.value for item in items} if verdict is Verdict.ACCEPT else None
            append(connection, items, verdict, editor.id, at=at, after=after, batch=batch, note=note)
            events = self._apply(connection, items, batch, verdict, at)
        self._shower.show_many(events, [item.id for item in items])
        return Batch(batch, verdict, len(items), sum(item.n_subjects for item in items))

    def _apply(self, connection: Transaction, items: Sequence[Item], batch: str, verdict: Verdict, at: datetime) -> set[str]:
        """Let the decisions of a batch hold; return the events that show it."""
        if verdict is Verdict.UNSURE:
            return set()
        close_batch(connection, batch, verdict)
        project_batch(connection, batch, verdict, at=at)
        stands = {event for item in items if item.kind is ItemKind.MERGE for event in follow(connection, item.id, at=at)}
        return stands.union(touch_concerned(connection, batch, at=at, most=MANY))

    def turn(
        self, connection: Transaction, before: Sequence[Decision], verdict: Verdict, editor: Editor, *, at: datetime
    ) -> tuple[list[Decision], set[str]]:
        """Undo decisions of one batch, or redo undos of one, in one step; return the lines written, and the events that show it.

        Items of which others spoke since are looked at one by one.
        """
        batch = make_id("bat", editor.id, at.isoformat(), last_line(connection))
        items = list(lock_items(connection, [one.item_id for one in before]).values())
        made = append(connection, items, verdict, editor.id, at=at, undoes={one.item_id: one.id for one in before}, batch=batch)
        first = before[0] if verdict is Verdict.UNDO else find_decision(connection, before[0].undoes or "")
        if first is None or first.batch is None:
            raise DeskError("a step of many items names no batch")  # the record is never changed, so that this cannot be
        said = in_force(connection, [item.id for item in items])
        if verdict is Verdict.UNDO:
            events = set(touch_concerned(connection, first.batch, at=at, most=MANY))
            clear_batch(connection, first.batch, at=at)
            set_states(connection, {item.id: ItemState.OPEN if item.n_subjects else ItemState.WITHDRAWN for item in items})
            single = [item.id for item in items if said.get(item.id) or item.kind is ItemKind.MERGE]
            single += shared_entities(connection, first.batch)
        elif len(items) == count_batch(connection, first.batch):
            events = self._apply(connection, items, first.batch, first.verdict, at)
            single = [item.id for item in items if any(one.batch != first.batch for one in said.get(item.id, ()))]
        else:
            events, single = set(), [item.id for item in items]
        for ident in dict.fromkeys(single):
            events |= follow(connection, ident, at=at)
        return made, events
