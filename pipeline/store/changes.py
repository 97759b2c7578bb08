"""The change feed: what happened to events, in the order in which it was written.

A reader keeps the number of the last line it has seen and asks for what came after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from models.merging import ChangeKind
from models.tables import EventChangeRow, EventRow

__all__ = ["add_changes", "find_changes", "record_changed", "record_created"]


def add_changes(connection: Connection, changes: Iterable[tuple[ChangeKind, str, str | None]], *, at: datetime) -> None:
    """Add lines: kind, event, and for a merge the event that stands for it."""
    for kind, event, into in changes:
        connection.execute(insert(EventChangeRow).values(event_id=event, kind=kind, into_event_id=into, at=at))


def record_created(connection: Connection, *, at: datetime) -> None:
    """Add a line for every event that has none."""
    known = select(EventChangeRow.event_id).where(EventChangeRow.event_id == EventRow.id, EventChangeRow.kind == ChangeKind.CREATED)
    query = select(EventRow.id).where(*_lately(connection), ~known.exists()).order_by(EventRow.id)
    add_changes(connection, [(ChangeKind.CREATED, event, None) for event in connection.execute(query).scalars()], at=at)


def record_changed(connection: Connection, *, at: datetime) -> None:
    """Add a line for every event that changed after its last line was written: withdrawn by that change, or changed otherwise."""
    last = select(func.max(EventChangeRow.at)).where(EventChangeRow.event_id == EventRow.id).scalar_subquery()
    query = select(EventRow.id, EventRow.deleted_at).where(*_lately(connection), EventRow.changed_at > last).order_by(EventRow.id)
    changed = connection.execute(query).all()
    add_changes(connection, [(ChangeKind.WITHDRAWN if gone else ChangeKind.CHANGED, event, None) for event, gone in changed], at=at)


def _lately(connection: Connection) -> list[Any]:
    """Return the condition that an event changed since the last line that tells of its reading: older ones are told."""
    kinds = (ChangeKind.CREATED, ChangeKind.CHANGED, ChangeKind.WITHDRAWN)
    told = select(func.max(EventChangeRow.at)).where(EventChangeRow.kind.in_(kinds))
    last = connection.execute(told).scalar()
    return [] if last is None else [EventRow.changed_at >= last]


def find_changes(connection: Connection, *, since: datetime | None = None, after: int = 0, limit: int = 1000) -> list[Mapping[str, Any]]:
    """Return the lines after a cursor that were written since a time, oldest first, with what is known of the event now."""
    told = (
        *(EventRow.type, EventRow.subtype, EventRow.modality, EventRow.date_start, EventRow.date_end, EventRow.merged_into),
        *(EventRow.n_mentions, EventRow.n_articles, EventRow.n_sources, EventRow.deleted_at),
    )
    query = (
        select(EventChangeRow.number, EventChangeRow.at, EventChangeRow.kind, EventChangeRow.event_id, EventChangeRow.into_event_id, *told)
        .join(EventRow, EventRow.id == EventChangeRow.event_id)
        .where(EventChangeRow.number > after)
        .order_by(EventChangeRow.number)
        .limit(limit)
    )
    if since is not None:
        query = query.where(EventChangeRow.at >= since)
    return [dict(row) for row in connection.execute(query).mappings()]
