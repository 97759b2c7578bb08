"""The desk: all that pages and commands do with items and decisions goes through here.

Every method is one short transaction, or a few of them where many items are written; nothing is held while an editor looks. Decisions
queue with what runs record, as all writers of SQLite do: on PostgreSQL, too, no two of them wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from models.knowledge import Knowledge
from models.review import (
    Activity,
    Agreement,
    Batch,
    Comment,
    Counts,
    Decision,
    Editor,
    EditorRole,
    Item,
    ItemView,
    Preview,
    QueueFilter,
    RefreshReport,
    SavedQueue,
    Sentence,
    Value,
    Verdict,
)
from models.vocabulary import Label
from pipeline.review.adding import add_event, add_mention
from pipeline.review.agreement import measure
from pipeline.review.bulk import Bulk
from pipeline.review.completing import complete, require_rows
from pipeline.review.deciding import follow
from pipeline.review.errors import DeskError, NoSuchItem, NotAllowed
from pipeline.review.queueing import interleaved
from pipeline.review.refreshing import refresh
from pipeline.review.seen import check_seen, repeated
from pipeline.review.showing import Shower
from pipeline.review.values import check_verdict
from pipeline.review.views import Viewer
from pipeline.store.engine import Database, reading, writing
from pipeline.store.merges import Transaction
from pipeline.store.review_decisions import (
    add_comment,
    append,
    find_decision,
    in_force,
    last_undone,
    list_activity,
    list_decisions,
    list_queues,
    pairs_decided_twice,
    save_queue,
    what_to_undo,
)
from pipeline.store.review_items import lock_items
from pipeline.store.review_queue import claim, count_decidable, count_items, find_items, list_items, read_cursor, release, write_cursor
from pipeline.store.review_rows import load_items, load_subjects
from pipeline.store.review_views import load_places
from pipeline.store.runs import recording

__all__ = ["Desk"]

_MOST = 500
"""Items of one page, and steps of one undo."""
_LONGEST_COMMENT = 10_000
_LONGEST_NAME = 80


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Desk:
    """The review desk over one database. It may be used by several threads at once."""

    def __init__(self, database: Database, knowledge: Knowledge, *, now: Callable[[], datetime] = _utc_now) -> None:
        self._database, self._knowledge, self._now = database, knowledge, now
        self._viewer = Viewer(knowledge)
        self._shower = Shower(database, knowledge)
        self._bulk = Bulk(database, self._shower)

    # --- the queue ----------------------------------------------------------------------------------------------------

    def refresh(self, *, everything: bool = False) -> RefreshReport:
        """Make items of what was read since the last refresh, or of all that is stored; reopen what comes back."""
        return refresh(self._database, self._knowledge, now=self._now, everything=everything)

    def counts(self, wanted: QueueFilter) -> Counts:
        """Count the items that a filter finds; its `states` do not count."""
        with reading(self._database) as connection:
            return count_items(connection, wanted)

    def list_items(self, wanted: QueueFilter, *, limit: int, cursor: str | None = None) -> tuple[list[Item], str | None]:
        """Return a page of items, the most valuable first, and the cursor of the next page; raises DeskError for a cursor that none gave."""
        after = read_cursor(cursor) if cursor is not None else None
        if cursor is not None and after is None:
            raise DeskError(f"{cursor[:80]!r} is no cursor: begin with the first page")
        if not 1 <= limit <= _MOST:
            raise DeskError(f"limit {limit}: give a number from 1 to {_MOST}")
        with reading(self._database) as connection:
            found = list_items(connection, wanted, limit=limit + 1, after=after)
        return found[:limit], write_cursor(found[limit - 1]) if len(found) > limit else None

    def next(
        self, wanted: QueueFilter, editor: Editor, *, skip: Collection[str] = (), ahead: int = 1, shown: str | None = None
    ) -> list[ItemView]:
        """Return what the editor is to decide next, claimed for 15 minutes, and `ahead` more that are not claimed; nothing where all is done.

        Left out are `skip`, what others have claimed, and what this editor has decided or was unsure of. `shown` is the item that the
        editor looks at while others are fetched ahead: it is claimed, if it is free, and none of those that are returned.
        """
        _require(editor, EditorRole.EDITOR)
        at = self._now()
        left_out = set(skip) if shown is None else {*skip, shown}
        with writing(self._database) as connection:
            items = interleaved(connection, wanted, editor.id, skip=left_out, at=at, limit=ahead + 2)
            if shown is None:
                # Between the look and the claim others may have taken the first of them, or all.
                while items and not claim(connection, items[0].id, editor.id, at=at):
                    left_out.add(items.pop(0).id)
                    items = items or interleaved(connection, wanted, editor.id, skip=left_out, at=at, limit=ahead + 2)
            elif load_items(connection, [shown]):
                claim(connection, shown, editor.id, at=at)
        with reading(self._database) as connection:
            return [self._viewer.view(connection, item, editor, at=at) for item in items[: 1 + ahead]]

    def view(self, item_id: str, editor: Editor | None = None) -> ItemView | None:
        """Return an item with all that is needed to decide it; `claimed_by` is told of others than `editor`. None where there is none."""
        with reading(self._database) as connection:
            item = load_items(connection, [item_id]).get(item_id)
            if item is None:
                return None
            subjects = load_subjects(connection, [item_id], most=_MOST).get(item_id, ())
            return self._viewer.view(connection, replace(item, subjects=tuple(subjects)), editor, at=self._now())

    def find(self, name: str) -> Item:
        """Return the item whose id begins with `name`; raises NoSuchItem where there is none, or more than one."""
        with reading(self._database) as connection:
            found = find_items(connection, name)
        if len(found) != 1:
            raise NoSuchItem(f"several items begin with {name!r}: give more of the id" if found else f"there is no item {name!r}")
        return found[0]

    def places(self, item_id: str, *, limit: int, after: int = 0) -> list[Sentence]:
        """Return the places of an item, newest article first, leaving out the first `after`."""
        with reading(self._database) as connection:
            return load_places(connection, self._find(connection, item_id), limit=limit, after=after)

    def release(self, item_id: str, editor: Editor) -> None:
        """Let others have an item that the editor has claimed."""
        with writing(self._database) as connection:
            release(connection, item_id, editor.id)

    # --- deciding -----------------------------------------------------------------------------------------------------

    def decide(
        self,
        item_id: str,
        verdict: Verdict,
        editor: Editor,
        *,
        revision: int,
        seen: int = 0,
        after: Value | None = None,
        excepted: Sequence[str] = (),
        note: str | None = None,
    ) -> Decision:
        """Write a decision. `revision` is that of the item, and `seen` the number of its last decision, as the editor saw them.

        `after` are fields that are otherwise (edit), or `{"into": id}` (merge); `excepted` are rows that the verdict does not hold for, or
        those that a split takes out. Raises NoSuchItem, NotAllowed for a viewer, DeskError for a verdict or value that does not fit, and
        Conflict where another decision came first.
        """
        _require(editor, EditorRole.EDITOR)
        at = self._now()
        with recording(self._database) as connection:
            item = self._lock(connection, item_id)
            record = list_decisions(connection, item_id)
            excepted = tuple(dict.fromkeys(excepted))
            value = complete(connection, self._knowledge, item, verdict, check_verdict(item, verdict, after, excepted), excepted)
            if (again := repeated(record, verdict, value, excepted, editor, revision=revision, seen=seen)) is not None:
                return again
            check_seen(connection, item, record, editor, revision=revision, seen=seen)
            require_rows(connection, item, excepted)
            made = append(connection, [item], verdict, editor.id, at=at, after={item_id: value}, excepted=excepted, note=_note(note))
            self._follow(connection, [item_id], at)
            release(connection, item_id)
        return made[0]

    def undo(self, editor: Editor, *, steps: int = 1) -> list[Decision]:
        """Take back what the editor did last; a batch is one step. Return the rows written: fewer, or none, where there is no more to undo."""
        _require(editor, EditorRole.EDITOR)
        return self._steps(editor, steps, Verdict.UNDO)

    def redo(self, editor: Editor, *, steps: int = 1) -> list[Decision]:
        """Do again what the editor undid last, as long as they decided nothing since."""
        _require(editor, EditorRole.EDITOR)
        return self._steps(editor, steps, Verdict.REDO)

    def take_back(self, decision_id: str, editor: Editor) -> Decision:
        """Take one decision back: of others an admin alone may. Raises NoSuchItem, NotAllowed, and DeskError where it holds no more."""
        _require(editor, EditorRole.EDITOR)
        at = self._now()
        with recording(self._database) as connection:
            decision = find_decision(connection, decision_id)
            if decision is None:
                raise NoSuchItem(f"there is no decision {decision_id}")
            if decision.editor != editor.id:
                _require(editor, EditorRole.ADMIN)
            item = self._lock(connection, decision.item_id)
            if decision.id not in {one.id for one in in_force(connection, [item.id]).get(item.id, ())}:
                raise DeskError("this decision holds no more: nothing is to be taken back")
            made = append(connection, [item], Verdict.UNDO, editor.id, at=at, undoes={item.id: decision.id})
            self._follow(connection, [item.id], at)
        return made[0]

    def preview(self, wanted: QueueFilter, verdict: Verdict) -> Preview:
        """Tell what `decide_all` would do."""
        with reading(self._database) as connection:
            items, places, left_alone, examples = count_decidable(connection, wanted)
        return Preview(items, places, left_alone, examples)

    def decide_all(self, wanted: QueueFilter, verdict: Verdict, editor: Editor, *, expected: int, note: str | None = None) -> Batch:
        """Accept, reject or be unsure of all open items that a filter finds and nobody has decided; undone as one step.

        Raises Conflict where they are not `expected` many, as `Preview.items` counted them.
        """
        _require(editor, EditorRole.EDITOR)
        return self._bulk.decide(wanted, verdict, editor, expected=expected, note=_note(note), at=self._now())

    def add_mention(
        self,
        version_id: str,
        start: int,
        end: int,
        label: Label,
        editor: Editor,
        *,
        entity: str | None = None,
        note: str | None = None,
    ) -> Decision:
        """Write a name that the machine missed; without `entity` it is one of its own, or the known one of that name and label."""
        _require(editor, EditorRole.EDITOR)
        at = self._now()
        with recording(self._database) as connection:
            item = add_mention(connection, self._knowledge, version_id, start, end, label, entity=entity, at=at)
            made = append(connection, [item], Verdict.ADD, editor.id, at=at, after={item.id: item.value}, note=_note(note))
            self._follow(connection, [item.id], at)
        return made[0]

    def add_event(self, version_id: str, start: int, end: int, value: Value, editor: Editor, *, note: str | None = None) -> Decision:
        """Write an event that the machine missed: its trigger stands at start to end; `value` has the fields of an event (`review.values`)."""
        _require(editor, EditorRole.EDITOR)
        at = self._now()
        with recording(self._database) as connection:
            item = add_event(connection, self._knowledge, version_id, start, end, value, at=at)
            made = append(connection, [item], Verdict.ADD, editor.id, at=at, after={item.id: item.value}, note=_note(note))
            self._follow(connection, [item.id], at)
        return made[0]

    # --- what was said ------------------------------------------------------------------------------------------------

    def comment(self, item_id: str, text: str, editor: Editor) -> Comment:
        """Write a comment at an item."""
        _require(editor, EditorRole.EDITOR)
        if not text.strip() or len(text) > _LONGEST_COMMENT:
            raise DeskError(f"a comment has 1 to {_LONGEST_COMMENT} characters")
        with writing(self._database) as connection:
            self._find(connection, item_id)
            return add_comment(connection, item_id, editor.id, text.strip(), at=self._now())

    def activity(self, *, editor: str | None = None, limit: int = 50, before: int | None = None) -> list[Activity]:
        """Return decisions, newest first; of one editor (by id) where it is given, and of numbers below `before`."""
        with reading(self._database) as connection:
            return list_activity(connection, editor=editor, limit=limit, before=before)

    def agreement(self) -> Agreement:
        """Tell how well editors agree on what two of them decided."""
        with reading(self._database) as connection:
            return measure(pairs_decided_twice(connection))

    # --- saved queues -------------------------------------------------------------------------------------------------

    def save_queue(self, editor: Editor, name: str, query: str) -> SavedQueue:
        """Keep a filter under a name, in place of what had the name before."""
        if not name.strip() or len(name) > _LONGEST_NAME:
            raise DeskError(f"the name of a queue has 1 to {_LONGEST_NAME} characters")
        saved = SavedQueue(name.strip(), query, self._now())
        with writing(self._database) as connection:
            save_queue(connection, editor.id, saved.name, query, at=saved.saved_at)
        return saved

    def queues(self, editor: Editor) -> list[SavedQueue]:
        """Return the filters that an editor kept, in order of their names."""
        with reading(self._database) as connection:
            return list_queues(connection, editor.id)

    def forget_queue(self, editor: Editor, name: str) -> None:
        """Forget a filter; raises NoSuchItem where none has the name."""
        with writing(self._database) as connection:
            if not save_queue(connection, editor.id, name, None, at=self._now()):
                raise NoSuchItem(f"no queue is called {name!r}")

    # --- in common ----------------------------------------------------------------------------------------------------

    def _find(self, connection: Transaction, item_id: str) -> Item:
        item = load_items(connection, [item_id]).get(item_id)
        if item is None:
            raise NoSuchItem(f"there is no item {item_id}")
        return item

    def _lock(self, connection: Transaction, item_id: str) -> Item:
        """Return an item with its first row; nobody else decides it until the transaction ends."""
        item = lock_items(connection, [item_id]).get(item_id)
        if item is None:
            raise NoSuchItem(f"there is no item {item_id}")
        return replace(item, subjects=tuple(load_subjects(connection, [item_id], most=1).get(item_id, ())))

    def _follow(self, connection: Transaction, item_ids: Sequence[str], at: datetime) -> None:
        stands = {event for item_id in item_ids for event in follow(connection, item_id, at=at)}
        self._shower.show(connection, item_ids, stands, at=at)

    def _steps(self, editor: Editor, steps: int, verdict: Verdict) -> list[Decision]:
        """Undo or redo some steps, each in a transaction of its own."""
        if not 1 <= steps <= _MOST:
            raise DeskError(f"steps {steps}: give a number from 1 to {_MOST}")
        made: list[Decision] = []
        for _ in range(steps):
            step = self._step(editor, verdict)
            if not step:
                break
            made += step
        return made

    def _step(self, editor: Editor, verdict: Verdict) -> list[Decision]:
        at = self._now()
        with recording(self._database) as connection:
            before = (what_to_undo if verdict is Verdict.UNDO else last_undone)(connection, editor.id)
            if not before:
                return []
            if before[0].batch is None:
                item = self._lock(connection, before[0].item_id)
                made = append(connection, [item], verdict, editor.id, at=at, undoes={item.id: before[0].id})
                self._follow(connection, [item.id], at)
                return made
            made, events = self._bulk.turn(connection, before, verdict, editor, at=at)
        self._shower.show_many(events, [one.item_id for one in made])
        return made


def _require(editor: Editor, role: EditorRole) -> None:
    if not editor.may(role):
        raise NotAllowed(f"{editor.name} is {editor.role}: this is for {role}s")


def _note(note: str | None) -> str | None:
    if note is not None and len(note) > _LONGEST_COMMENT:
        raise DeskError(f"a note has at most {_LONGEST_COMMENT} characters")
    return note or None
