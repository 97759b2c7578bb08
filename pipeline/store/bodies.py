"""Raw bodies as the database knows them: where they lie, which of them are needed, and which were pruned."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, union, update

from models.tables import ArticleRow, ArticleVersionRow, EventMentionRow, FeedRow, LinkRow, RawBodyRow

__all__ = ["PRUNED", "BodyCounts", "BodyRecord", "bodies_under", "count_bodies", "mark_pruned", "needed_bodies"]

PRUNED = "pruned"
"""In the column `codec`: the body was removed on purpose. Its row stays, with checksum, sizes and the path it had."""


@dataclass(frozen=True, slots=True)
class BodyRecord:
    """One body: checksum, bytes on disk, when it was stored, and whether it was pruned since."""

    sha256: str
    stored_size: int
    stored_at: datetime
    pruned: bool


@dataclass(frozen=True, slots=True)
class BodyCounts:
    """Bodies that are kept, their bytes on disk, those of them that came since a given time, and bodies that were pruned."""

    kept: int
    stored_bytes: int
    new_bytes: int
    pruned: int


def bodies_under(connection: Connection, prefix: str) -> dict[str, BodyRecord]:
    """Return the bodies whose checksum begins with the hexadecimal digits `prefix`, by checksum."""
    rest = 64 - len(prefix)
    columns = (RawBodyRow.sha256, RawBodyRow.stored_size, RawBodyRow.stored_at, RawBodyRow.codec)
    rows = connection.execute(select(*columns).where(RawBodyRow.sha256.between(prefix + "0" * rest, prefix + "f" * rest)))
    return {row.sha256: BodyRecord(row.sha256, row.stored_size, row.stored_at, row.codec == PRUNED) for row in rows}


def needed_bodies(connection: Connection) -> set[str]:
    """Return the checksums of the bodies that must stay, whatever their age.

    They are evidence in use (the body of a version that tells an event, and so all that was decided on events, or of one that holds
    a link), the last body of an article, from which it can be read again, and the last good body of a feed.
    """
    evidence = union(select(EventMentionRow.version_id), select(LinkRow.version_id))
    kinds: tuple[Select[Any], ...] = (
        select(ArticleVersionRow.raw_sha256).where(ArticleVersionRow.id.in_(evidence)),
        select(ArticleRow.raw_sha256).where(ArticleRow.raw_sha256.is_not(None)),
        select(ArticleRow.extracted_sha256).where(ArticleRow.extracted_sha256.is_not(None)),
        select(FeedRow.body_sha256).where(FeedRow.body_sha256.is_not(None)),
    )
    return {sha256 for sha256 in connection.execute(union(*kinds)).scalars() if sha256 is not None}


def mark_pruned(connection: Connection, checksums: Collection[str]) -> None:
    """Write that bodies are removed."""
    if checksums:
        statement = update(RawBodyRow).where(RawBodyRow.sha256 == bindparam("checksum")).values(codec=PRUNED)
        connection.execute(statement, [{"checksum": checksum} for checksum in checksums])


def count_bodies(connection: Connection, *, since: datetime) -> BodyCounts:
    """Count the bodies and their bytes, and the bytes of those that were stored since a time."""
    kept = RawBodyRow.codec != PRUNED
    query = select(
        func.count().filter(kept),
        func.coalesce(func.sum(RawBodyRow.stored_size).filter(kept), 0),
        func.coalesce(func.sum(RawBodyRow.stored_size).filter(kept, RawBodyRow.stored_at >= since), 0),
        func.count().filter(~kept),
    ).select_from(RawBodyRow)
    return BodyCounts(*(int(value) for value in connection.execute(query).one()))
