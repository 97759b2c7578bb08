"""The record of decisions: appended to, asked what holds, never changed.

A decision holds unless an undo names it; an undo holds unless a redo names it. So any number of steps can be taken back and done again,
and every one of them is a line that stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, insert, select

from models.ids import make_id
from models.review import Activity, Comment, Decision, EditorRole, Item, SavedQueue, Verdict
from models.review_tables import EditorRow, ReviewCommentRow, ReviewDecisionRow, ReviewItemRow, SavedQueueRow
from models.tables import KnowledgeVersionRow, ModelVersionRow
from pipeline.store.chunks import in_chunks
from pipeline.store.review_rows import ABOUT_OTHERS, decision_of, holds, load_items
from pipeline.store.rows import Row, insert_all_new

__all__ = [
    "MACHINE_EDITOR",
    "add_comment",
    "add_machine_editor",
    "admins",
    "append",
    "count_batch",
    "editor_names",
    "find_decision",
    "in_force",
    "last_numbers",
    "last_undone",
    "list_activity",
    "list_comments",
    "list_decisions",
    "list_queues",
    "pairs_decided_twice",
    "save_queue",
    "versions_now",
    "what_to_undo",
]

MACHINE_EDITOR = "machine"
"""Id and name of the account under which items are reopened. It cannot sign in."""

_LINES = 10_000
"""Decisions of one statement."""
_FIRST_LOOK = 50
"""Lines that are looked at first for one that holds; then fifty times as many, and so on."""


def add_machine_editor(connection: Connection, *, at: datetime) -> None:
    """Make the account of the machine where there is none: every line of the record has somebody who wrote it."""
    row: dict[str, Any] = {"id": MACHINE_EDITOR, "name": MACHINE_EDITOR, "role": EditorRole.VIEWER, "password_hash": None, "keys": {}}
    insert_all_new(connection, EditorRow, [{**row, "created_at": at, "disabled_at": at}])


def admins(connection: Connection, editor_ids: Iterable[str]) -> set[str]:
    """Return those of these editors who are admins."""
    query = select(EditorRow.id).where(EditorRow.id.in_(sorted(set(editor_ids))), EditorRow.role == EditorRole.ADMIN)
    return set(connection.execute(query).scalars())


def editor_names(connection: Connection, editor_ids: Iterable[str]) -> dict[str, str]:
    """Return the names of editors by id."""
    query = select(EditorRow.id, EditorRow.name).where(EditorRow.id.in_(sorted(set(editor_ids))))
    return {row.id: row.name for row in connection.execute(query)}


def versions_now(connection: Connection) -> tuple[str | None, str | None]:
    """Return the ids of the language pipeline and of the knowledge that were taken into use last."""
    tables = (ModelVersionRow, KnowledgeVersionRow)
    model, knowledge = (
        connection.execute(select(row.id).order_by(row.first_used_at.desc(), row.id.desc()).limit(1)).scalar() for row in tables
    )
    return model, knowledge


# --- writing --------------------------------------------------------------------------------------------------------------


def append(
    connection: Connection,
    items: Sequence[Item],
    verdict: Verdict,
    editor_id: str,
    *,
    at: datetime,
    after: Mapping[str, Mapping[str, Any]] | None = None,
    excepted: Sequence[str] = (),
    undoes: Mapping[str, str] | None = None,
    batch: str | None = None,
    note: str | None = None,
) -> list[Decision]:
    """Write one line for each item, and return them. `after` and `undoes` are by item.

    Ids are made of what is decided, by whom, when, and how many lines the item has already.
    """
    before = last_numbers(connection, [item.id for item in items])
    model, knowledge = versions_now(connection)
    rows = [
        {
            "id": make_id("dec", item.id, verdict, editor_id, at.isoformat(), before.get(item.id, 0), (undoes or {}).get(item.id)),
            "item_id": item.id,
            "kind": item.kind,
            "revision": item.revision,
            "verdict": verdict,
            "before": {} if verdict in ABOUT_OTHERS else dict(item.value),
            "after": dict((after or {}).get(item.id, {})),
            "excepted": list(excepted),
            "editor_id": editor_id,
            "at": at,
            "batch": batch,
            "undoes": (undoes or {}).get(item.id),
            "component": item.component,
            "component_version": item.component_version,
            "model_version_id": model,
            "knowledge_version_id": knowledge,
            "note": note,
        }
        for item in items
    ]
    for start in range(0, len(rows), _LINES):
        connection.execute(insert(ReviewDecisionRow), rows[start : start + _LINES])
    return _numbered(connection, rows)


def _numbered(connection: Connection, rows: Sequence[Row]) -> list[Decision]:
    numbers: dict[str, int] = {}
    for chunk in in_chunks(row["id"] for row in rows):
        query = select(ReviewDecisionRow.id, ReviewDecisionRow.number).where(ReviewDecisionRow.id.in_(chunk))
        numbers |= {row.id: row.number for row in connection.execute(query)}
    return [decision_of({**row, "number": numbers[row["id"]]}) for row in rows]


# --- reading --------------------------------------------------------------------------------------------------------------


def find_decision(connection: Connection, decision_id: str) -> Decision | None:
    """Return a decision by its id."""
    row = connection.execute(select(ReviewDecisionRow.__table__).where(ReviewDecisionRow.id == decision_id)).mappings().first()
    return decision_of(dict(row)) if row is not None else None


def last_numbers(connection: Connection, item_ids: Iterable[str]) -> dict[str, int]:
    """Return by item the number of its last line; items without any are left out."""
    found: dict[str, int] = {}
    row = ReviewDecisionRow
    for chunk in in_chunks(set(item_ids)):
        query = select(row.item_id, func.max(row.number).label("last")).where(row.item_id.in_(chunk)).group_by(row.item_id)
        found |= {one.item_id: one.last for one in connection.execute(query)}
    return found


def list_decisions(connection: Connection, item_id: str) -> list[Decision]:
    """Return every line of an item, oldest first."""
    query = select(ReviewDecisionRow.__table__).where(ReviewDecisionRow.item_id == item_id).order_by(ReviewDecisionRow.number)
    return [decision_of(dict(row)) for row in connection.execute(query).mappings()]


def in_force(connection: Connection, item_ids: Iterable[str]) -> dict[str, list[Decision]]:
    """Return by item what was said of it, in any revision, and holds, oldest first.

    All lines of an item are of itself, undos and redos too: so they are told apart here, which is faster than asking of each.
    """
    lines: dict[str, list[Decision]] = defaultdict(list)
    row = ReviewDecisionRow
    for chunk in in_chunks(set(item_ids)):
        query = select(row.__table__).where(row.item_id.in_(chunk)).order_by(row.number)
        for one in connection.execute(query).mappings():
            lines[one["item_id"]].append(decision_of(dict(one)))
    return {ident: held for ident, said in lines.items() if (held := _held(said))}


def _held(lines: Sequence[Decision]) -> list[Decision]:
    redone = {one.undoes for one in lines if one.verdict is Verdict.REDO}
    undone = {one.undoes for one in lines if one.verdict is Verdict.UNDO and one.id not in redone}
    return [one for one in lines if one.verdict not in ABOUT_OTHERS and one.id not in undone]


def what_to_undo(connection: Connection, editor_id: str) -> list[Decision]:
    """Return the last thing that an editor said and that holds: one decision, or all that hold of its batch."""
    row = ReviewDecisionRow
    mine = select(row.__table__).where(row.editor_id == editor_id, row.verdict.not_in(ABOUT_OTHERS)).order_by(row.number.desc())
    looked_at, size = None, _FIRST_LOOK
    while True:
        lines = _lines(connection, (mine if looked_at is None else mine.where(row.number < looked_at)).limit(size))
        held = _of_those_held(connection, lines)
        if held or not lines:
            break
        looked_at, size = lines[-1].number, size * _FIRST_LOOK
    if not held or held[0].batch is None:
        return held[:1]
    return _of_those_held(connection, _lines(connection, select(row.__table__).where(row.batch == held[0].batch).order_by(row.number)))


def _lines(connection: Connection, query: Select[Any]) -> list[Decision]:
    return [decision_of(dict(one)) for one in connection.execute(query).mappings()]


def _of_those_held(connection: Connection, lines: Sequence[Decision]) -> list[Decision]:
    """Return those of these lines that hold, in their order."""
    held = {one.id for said in in_force(connection, {line.item_id for line in lines}).values() for one in said}
    return [line for line in lines if line.id in held]


def last_undone(connection: Connection, editor_id: str) -> list[Decision]:
    """Return the undos that an editor would redo: the last that hold, with their batch, if the editor decided nothing after them."""
    row = ReviewDecisionRow
    said = select(func.max(row.number)).where(row.editor_id == editor_id, row.verdict.not_in(ABOUT_OTHERS))
    since = (row.editor_id == editor_id, row.number > (connection.execute(said).scalar() or 0))
    lines = _lines(connection, select(row.__table__).where(*since).order_by(row.number))
    redone = {one.undoes for one in lines if one.verdict is Verdict.REDO}
    undone = [one for one in lines if one.verdict is Verdict.UNDO and one.id not in redone]
    if not undone or undone[-1].batch is None:
        return undone[-1:]
    return [one for one in undone if one.batch == undone[-1].batch]


def count_batch(connection: Connection, batch: str) -> int:
    """Return how many lines a batch has."""
    query = select(func.count()).select_from(ReviewDecisionRow).where(ReviewDecisionRow.batch == batch)
    return connection.execute(query).scalar_one()


def list_activity(connection: Connection, *, editor: str | None, limit: int, before: int | None) -> list[Activity]:
    """Return lines of the record, newest first, with the titles of their items, and whether they hold."""
    row = ReviewDecisionRow
    query = select(row.__table__, ReviewItemRow.title, holds(row).label("held")).join(ReviewItemRow, ReviewItemRow.id == row.item_id)
    if editor is not None:
        query = query.where(row.editor_id == editor)
    if before is not None:
        query = query.where(row.number < before)
    found = connection.execute(query.order_by(row.number.desc()).limit(limit)).mappings().all()
    redone = _redone(connection, [one["id"] for one in found if one["verdict"] is Verdict.UNDO])
    return [Activity(decision_of(dict(one)), one["title"], one["held"] and one["id"] not in redone) for one in found]


def _redone(connection: Connection, undo_ids: Sequence[str]) -> set[str]:
    row = ReviewDecisionRow
    redone = connection.execute(select(row.undoes).where(row.undoes.in_(undo_ids), row.verdict == Verdict.REDO)).scalars()
    return {ident for ident in redone if ident is not None}


def pairs_decided_twice(connection: Connection) -> list[tuple[Item, list[Decision]]]:
    """Return the items that are to be decided twice, with what was said of them and holds; without those that one editor alone decided."""
    row, item = ReviewDecisionRow, ReviewItemRow
    query = (
        select(row.item_id, func.max(row.number).label("last"))
        .join(item, and_(item.id == row.item_id, item.revision == row.revision))
        .where(item.twice.is_(True), row.verdict.not_in(ABOUT_OTHERS))
        .group_by(row.item_id)
        .having(func.count(row.editor_id.distinct()) > 1)
        .order_by(func.max(row.number).desc())
    )
    ids = [one.item_id for one in connection.execute(query)]
    items, decisions = load_items(connection, ids), in_force(connection, ids)
    return [(items[ident], [one for one in decisions.get(ident, ()) if one.revision == items[ident].revision]) for ident in ids]


# --- comments and saved queues --------------------------------------------------------------------------------------------


def add_comment(connection: Connection, item_id: str, editor_id: str, text: str, *, at: datetime) -> Comment:
    """Write a comment."""
    row = {"item_id": item_id, "editor_id": editor_id, "at": at, "text": text}
    number = connection.execute(insert(ReviewCommentRow).values(**row).returning(ReviewCommentRow.number)).scalar_one()
    return Comment(number, item_id, editor_id, at, text)


def list_comments(connection: Connection, item_id: str) -> list[Comment]:
    """Return the comments at an item, oldest first."""
    row = ReviewCommentRow
    rows = connection.execute(select(row.__table__).where(row.item_id == item_id).order_by(row.number))
    return [Comment(one.number, one.item_id, one.editor_id, one.at, one.text) for one in rows]


def save_queue(connection: Connection, editor_id: str, name: str, query: str | None, *, at: datetime) -> bool:
    """Keep a filter under a name, or forget it where there is no query; tell whether there was one of the name."""
    row = SavedQueueRow
    there = bool(connection.execute(row.__table__.delete().where(row.editor_id == editor_id, row.name == name)).rowcount)  # type: ignore[attr-defined]
    if query is not None:
        connection.execute(insert(row).values(editor_id=editor_id, name=name, query=query, saved_at=at))
    return there


def list_queues(connection: Connection, editor_id: str) -> list[SavedQueue]:
    """Return the filters that an editor kept, in order of their names."""
    row = SavedQueueRow
    rows = connection.execute(select(row.__table__).where(row.editor_id == editor_id).order_by(row.name))
    return [SavedQueue(one.name, one.query, one.saved_at) for one in rows]
