"""Which events, and which entities, editors say are one: what the desk asks of the store beside `pipeline.store.merges`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, and_, or_, select
from sqlalchemy.orm import aliased

from models.merging import MACHINE, MergeStatus
from models.review import ItemKind, ItemState
from models.review_tables import ReviewItemRow, ReviewSubjectRow
from models.tables import EntityRow, EventMergeRow, EventRow
from models.vocabulary import Label
from pipeline.store.chunks import in_chunks

__all__ = ["entities_of_one_form", "events_there", "items_about", "named_persons", "people_say"]

Fields: TypeAlias = Row[*tuple[Any, ...]]


def people_say(connection: Connection, one: str, other: str) -> tuple[MergeStatus, str] | None:
    """Return what people decided of two events, and under which of them the other stands; None where nobody did."""
    row = EventMergeRow
    pair = or_(and_(row.loser_event_id == one, row.winner_event_id == other), and_(row.loser_event_id == other, row.winner_event_id == one))
    query = select(row.status, row.winner_event_id).where(pair, row.ended_at.is_(None), row.decided_by != MACHINE)
    found = connection.execute(query.order_by(row.decided_at.desc()).limit(1)).first()
    return (found.status, found.winner_event_id) if found is not None else None


def events_there(connection: Connection, event_ids: Iterable[str]) -> set[str]:
    """Return those of these events that are in force."""
    query = select(EventRow.id).where(EventRow.id.in_(sorted(set(event_ids))), EventRow.deleted_at.is_(None))
    return set(connection.execute(query).scalars())


def items_about(connection: Connection, table: str, row_id: str) -> list[str]:
    """Return the ids of the items that are about a row."""
    here = (ReviewSubjectRow.table_name == table, ReviewSubjectRow.row_id == row_id)
    return list(connection.execute(select(ReviewSubjectRow.item_id).where(*here).order_by(ReviewSubjectRow.item_id)).scalars())


# --- entities that may be one ---------------------------------------------------------------------------------------------


def named_persons(connection: Connection, since: datetime | None = None) -> list[Fields]:
    """Return the persons met in the news alone, of those seen first since then alone: id, name, country, score, how often named."""
    return _entities(connection, [Label.PERSON], since)


def _entities(connection: Connection, labels: Sequence[Label], since: datetime | None) -> list[Fields]:
    item, entity = ReviewItemRow, EntityRow
    columns = (entity.id, entity.name, entity.label, entity.country, item.score, item.n_subjects, item.component, item.component_version)
    query = select(*columns, item.lang, item.publisher).join(item, item.candidate == entity.id)
    query = query.where(item.kind == ItemKind.ENTITY, item.state != ItemState.WITHDRAWN, entity.label.in_(labels))
    if since is not None:
        query = query.where(item.first_seen_at >= since)
    return list(connection.execute(query.order_by(entity.id)).all())


def entities_of_one_form(connection: Connection, labels: Sequence[Label], since: datetime) -> list[tuple[Fields, Fields]]:
    """Return pairs of entities of these labels, one of them seen first since then, whose names have one normal form."""
    new = {row.id: row for row in _entities(connection, labels, since)}
    one, other = aliased(ReviewItemRow), aliased(ReviewItemRow)
    same = and_(other.form == one.form, other.candidate != one.candidate, other.kind == ItemKind.ENTITY)
    query = select(one.candidate, other.candidate).join(other, same).where(one.kind == ItemKind.ENTITY, other.state != ItemState.WITHDRAWN)
    found = [row for chunk in in_chunks(new) for row in connection.execute(query.where(one.candidate.in_(chunk)))]
    pairs = {(min(a, b), max(a, b)) for a, b in found if a is not None and b is not None}
    rows = {row.id: row for chunk in in_chunks({ident for pair in pairs for ident in pair}) for row in _by_id(connection, chunk)}
    return [(rows[a], rows[b]) for a, b in sorted(pairs) if a in rows and b in rows and {rows[a].label, rows[b].label} <= set(labels)]


def _by_id(connection: Connection, entity_ids: Sequence[str]) -> list[Fields]:
    item, entity = ReviewItemRow, EntityRow
    columns = (entity.id, entity.name, entity.label, entity.country, item.score, item.n_subjects, item.component, item.component_version)
    query = select(*columns, item.lang, item.publisher).join(item, item.candidate == entity.id)
    return list(connection.execute(query.where(item.kind == ItemKind.ENTITY, entity.id.in_(entity_ids))).all())
