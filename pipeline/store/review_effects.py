"""What a verdict does: `reviewed`, the projection of the decisions in force, and the status of events.

Nothing here is a source of anything: `reviewed` can be made anew from the record. The machine's rows stay as they are, but for
`event.status` and `event.changed_at`, by which readers see that an event is told otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, insert, literal, or_, select, union, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from models.review import ItemKind, Verdict
from models.review_tables import ReviewDecisionRow, ReviewedRow, ReviewItemRow, ReviewSubjectRow
from models.tables import (
    EntityRow,
    EventAmountRow,
    EventArgumentRow,
    EventMentionRow,
    EventRow,
    LinkRow,
    MentionRow,
)
from models.vocabulary import ReviewStatus
from pipeline.store.chunks import in_chunks
from pipeline.store.rows import insert_all_new

__all__ = [
    "STATUSES",
    "clear",
    "clear_batch",
    "keep_entity",
    "project",
    "project_batch",
    "project_entity",
    "set_added",
    "set_event_status",
    "shared_entities",
    "touch_concerned",
]

Query = Select[*tuple[Any, ...]]

STATUSES: Mapping[Verdict, ReviewStatus] = {
    Verdict.ACCEPT: ReviewStatus.ACCEPTED,
    Verdict.REJECT: ReviewStatus.REJECTED,
    Verdict.EDIT: ReviewStatus.EDITED,
}


# --- one item -------------------------------------------------------------------------------------------------------------


def clear(connection: Connection, item_id: str) -> None:
    """Let nothing be said of the rows of an item. Rows that other items are about too (entities) are `project_entity`'s."""
    rows = select(ReviewSubjectRow.row_id).where(ReviewSubjectRow.item_id == item_id, ReviewSubjectRow.table_name == ReviewedRow.table_name)
    connection.execute(delete(ReviewedRow).where(ReviewedRow.row_id.in_(rows), ReviewedRow.table_name != "entity"))


def project(connection: Connection, item_id: str, decision_id: str, verdict: Verdict, value: Mapping[str, Any], *, at: datetime) -> None:
    """Say of every row of an item what a decision says of it, in place of what was said before."""
    clear(connection, item_id)
    said = _said(verdict, value, literal(decision_id), at)
    rows = select(ReviewSubjectRow.table_name, ReviewSubjectRow.row_id, *said)
    wanted = rows.where(ReviewSubjectRow.item_id == item_id, ReviewSubjectRow.table_name != "entity")
    connection.execute(insert(ReviewedRow).from_select(_COLUMNS, wanted))


_COLUMNS = ["table_name", "row_id", "verdict", "value", "decision_id", "at"]


def _said(verdict: Verdict, value: Mapping[str, Any], decision_id: Any, at: datetime) -> list[Any]:  # noqa: ANN401 - a column or a value
    types = ReviewedRow.__table__.c
    return [literal(verdict, types.verdict.type), literal(dict(value), types.value.type), decision_id, literal(at, types.at.type)]


def project_entity(connection: Connection, entity_id: str, said: Sequence[tuple[str, Verdict, Mapping[str, Any]]], *, at: datetime) -> None:
    """Say of an entity what several decisions come to, oldest first, each as its id, verdict and value: it may be edited and merged as well."""
    here = (ReviewedRow.table_name == "entity", ReviewedRow.row_id == entity_id)
    connection.execute(delete(ReviewedRow).where(*here))
    if said:
        value = {name: one for _, _, values in said for name, one in values.items()}
        verdicts = {verdict for _, verdict, _ in said}
        verdict = Verdict.REJECT if Verdict.REJECT in verdicts else Verdict.EDIT if value else Verdict.ACCEPT
        row = {"table_name": "entity", "row_id": entity_id, "verdict": verdict, "value": value, "decision_id": said[-1][0], "at": at}
        connection.execute(insert(ReviewedRow).values(**row))


def keep_entity(connection: Connection, entity_id: str, row: Mapping[str, Any]) -> None:
    """Write an entity that articles have not named yet, but an editor has."""
    insert_all_new(connection, EntityRow, [{"id": entity_id, **row}])


def set_event_status(connection: Connection, item_id: str, status: ReviewStatus, *, at: datetime) -> None:
    """Write what editors say of the event of an item."""
    events = select(ReviewSubjectRow.row_id).where(ReviewSubjectRow.item_id == item_id, ReviewSubjectRow.table_name == "event")
    connection.execute(update(EventRow).where(EventRow.id.in_(events)).values(status=status, changed_at=at))


def set_added(connection: Connection, kind: ItemKind, row_ids: Collection[str], *, there: bool, at: datetime) -> None:
    """Let rows that an editor wrote be there, or take them out of force."""
    for chunk in in_chunks(row_ids):
        if kind is ItemKind.EVENT:
            connection.execute(update(EventRow).where(EventRow.id.in_(chunk)).values(deleted_at=None if there else at, changed_at=at))
        else:
            ended: dict[str, Any] = (
                {"superseded_at": None, "superseded_by": None} if there else {"superseded_at": at, "superseded_by": "editor"}
            )
            connection.execute(update(MentionRow).where(MentionRow.id.in_(chunk)).values(**ended))


# --- many items -----------------------------------------------------------------------------------------------------------


def project_batch(connection: Connection, batch: str, verdict: Verdict, *, at: datetime) -> None:
    """Say of every row of the items of a batch what it says, and write the status of their events. Pairs are not rows of their own."""
    decision, subject = ReviewDecisionRow, ReviewSubjectRow
    rows = select(subject.table_name, subject.row_id, *_said(verdict, {}, decision.id, at)).join(
        decision, decision.item_id == subject.item_id
    )
    wanted = (decision.batch == batch, decision.verdict == verdict, decision.kind != ItemKind.MERGE)
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    insertion = dialect.insert(ReviewedRow).from_select(_COLUMNS, rows.where(*wanted))
    # Nothing is said yet of rows of undecided items, but of an entity, that it is one with another: that stays.
    changed = {name: getattr(insertion.excluded, name) for name in ("verdict", "decision_id", "at")}
    connection.execute(insertion.on_conflict_do_update(index_elements=["table_name", "row_id"], set_=changed))
    _batch_status(connection, batch, STATUSES[verdict], at=at)


def clear_batch(connection: Connection, batch: str, *, at: datetime) -> None:
    """Let nothing be said any longer of the rows of which a batch spoke last."""
    _batch_status(connection, batch, ReviewStatus.AUTO, at=at)
    connection.execute(delete(ReviewedRow).where(ReviewedRow.decision_id.in_(_of_batch(batch))))


def shared_entities(connection: Connection, batch: str) -> list[str]:
    """Return the items of a batch on entities of which another item asks too."""
    mine, other, said = aliased(ReviewSubjectRow), aliased(ReviewSubjectRow), ReviewDecisionRow
    shared = and_(other.table_name == mine.table_name, other.row_id == mine.row_id, other.item_id != mine.item_id)
    query = select(mine.item_id).join(said, said.item_id == mine.item_id).join(other, shared)
    return list(connection.execute(query.where(said.batch == batch, mine.table_name == "entity").distinct()).scalars())


def _of_batch(batch: str) -> Query:
    return select(ReviewDecisionRow.id).where(ReviewDecisionRow.batch == batch)


def _batch_status(connection: Connection, batch: str, status: ReviewStatus, *, at: datetime) -> None:
    said = (ReviewedRow.table_name == "event", ReviewedRow.decision_id.in_(_of_batch(batch)))
    events = select(ReviewedRow.row_id).where(*said)
    connection.execute(update(EventRow).where(EventRow.id.in_(events)).values(status=status, changed_at=at))


# --- the events that show it ----------------------------------------------------------------------------------------------

_SEEN_ALWAYS = (ItemKind.LISTED, ItemKind.EVENT, ItemKind.MERGE)
_SEEN = (Verdict.REJECT, Verdict.EDIT, Verdict.MERGE, Verdict.SPLIT)


def touch_concerned(connection: Connection, items: Collection[str] | str, *, at: datetime, most: int) -> list[str]:
    """Mark the events that show any row of these items, or of a batch, as changed; return their ids, up to so many.

    Readers see no difference between a name, an office or an amount that was accepted and one that nobody decided.
    """
    said, item = aliased(ReviewDecisionRow), ReviewItemRow
    ever = select(said.id).where(said.item_id == item.id, said.verdict.in_(_SEEN)).exists()
    query = select(item.id).where(or_(item.kind.in_(_SEEN_ALWAYS), ever))
    if isinstance(items, str):
        query = query.where(item.id.in_(select(ReviewDecisionRow.item_id).where(ReviewDecisionRow.batch == items)))
    else:
        query = query.where(item.id.in_(list(items)))
    concerned = _concerned(query)
    found = list(connection.execute(select(concerned.subquery()).limit(most)).scalars())
    if len(found) == most:
        connection.execute(update(EventRow).where(EventRow.id.in_(concerned)).values(changed_at=at))
        return found
    for chunk in in_chunks(found):
        connection.execute(update(EventRow).where(EventRow.id.in_(chunk)).values(changed_at=at))
    return found


def _concerned(item_ids: Query) -> Any:  # noqa: ANN401 - a union of selects
    """Select the events that show rows of items: their own, and those of whose passages the row tells a party, a match or an amount."""
    passage, argument = EventMentionRow, EventArgumentRow

    def rows(*tables: str) -> Query:
        row = ReviewSubjectRow
        return select(row.row_id).where(row.item_id.in_(item_ids), row.table_name.in_(tables))

    def named(table: Any, *names: str) -> Query:  # noqa: ANN401 - a table with version_id and entity_id
        tellings = select(passage.event_id).join(table, table.version_id == passage.version_id)
        filled = select(argument.id).where(argument.mention_id == passage.id, argument.entity_id == table.entity_id).exists()
        return tellings.where(table.id.in_(rows(*names)), filled)

    told = select(passage.event_id).join(argument, argument.mention_id == passage.id)
    return union(
        select(EventRow.id).where(EventRow.id.in_(rows("event"))),
        named(MentionRow, "mention", "office"),
        named(LinkRow, "link"),
        select(passage.event_id)
        .join(EventAmountRow, EventAmountRow.mention_id == passage.id)
        .where(EventAmountRow.amount_id.in_(rows("amount"))),
        # Places and speakers are arguments too.
        told.where(argument.entity_id.in_(rows("entity"))),
    )
