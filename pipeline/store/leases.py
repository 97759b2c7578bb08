"""Leases: which run is at work on what, so that runs beside each other share the work.

A lease ends by itself: where a run dies, or its machine loses the database, others take over what it held once its time is up. A run that
was only slow may then do an item that another one did too; what both write is the same rows, so nothing comes of it but the work.

The clock is that of the database: those of several machines differ, and one that is fast would take from the others what they are at.
A SQLite database lies on one machine, whose clock it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from models.tables import LeaseRow

__all__ = ["Kind", "claim", "free", "held", "release", "renew"]


class Kind(StrEnum):
    """What a key is the id of. A run holds itself as long as it lives; a page and the body of it have the id of their article."""

    RUN = "run"
    FEED = "feed"
    PAGE = "page"
    BODY = "body"
    VERSION = "version"


def _now(connection: Connection) -> datetime:
    if connection.dialect.name != "postgresql":
        return datetime.now(UTC)
    now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return now


def claim(connection: Connection, kind: Kind, keys: Iterable[str], *, run_id: str, seconds: float) -> set[str]:
    """Hold these keys for so many seconds; return those that were free, or whose lease had run out. The others stay with their run."""
    now = _now(connection)
    # In one order everywhere, so that two runs that claim the same keys never wait for each other.
    rows = [{"kind": kind, "key": key, "run_id": run_id, "until": now + timedelta(seconds=seconds)} for key in sorted(set(keys))]
    if not rows:
        return set()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(LeaseRow).values(rows)
    taken_over = {"run_id": statement.excluded.run_id, "until": statement.excluded.until}
    statement = statement.on_conflict_do_update(index_elements=["kind", "key"], set_=taken_over, where=LeaseRow.until <= now)
    return set(connection.execute(statement.returning(LeaseRow.key)).scalars())


def held(connection: Connection, kind: Kind) -> set[str]:
    """Return the keys of a kind that some run holds, this one or another."""
    query = select(LeaseRow.key).where(LeaseRow.kind == kind, LeaseRow.until > _now(connection))
    return set(connection.execute(query).scalars())


def release(connection: Connection, kind: Kind, keys: Iterable[str], *, run_id: str) -> None:
    """Let go of keys; those that another run has taken over stay with it."""
    connection.execute(delete(LeaseRow).where(LeaseRow.kind == kind, LeaseRow.key.in_(sorted(keys)), LeaseRow.run_id == run_id))


def renew(connection: Connection, *, run_id: str, seconds: float) -> None:
    """Hold all that a run holds for so many seconds from now, even where its time was up, unless another run has taken it over."""
    until = _now(connection) + timedelta(seconds=seconds)
    connection.execute(update(LeaseRow).where(LeaseRow.run_id == run_id).values(until=until))
    claim(connection, Kind.RUN, [run_id], run_id=run_id, seconds=seconds)


def free(connection: Connection, *, run_id: str) -> None:
    """Let go of all that a run holds, and clear away what dead runs left behind."""
    connection.execute(delete(LeaseRow).where(or_(LeaseRow.run_id == run_id, LeaseRow.until <= _now(connection))))
