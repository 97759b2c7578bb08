"""Runs, and the versions of models and knowledge they used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import IntEnum
from typing import Any, Literal

from sqlalchemy import Connection, Engine, func, insert, select, text, update

from models.ids import make_id
from models.tables import Base, KnowledgeVersionRow, ModelVersionRow, RunRow
from pipeline.errors import LockHeld
from pipeline.store.engine import reading, writing
from pipeline.store.rows import insert_new

__all__ = [
    "add_knowledge_version",
    "add_model_version",
    "can_be_shared",
    "count_rows",
    "end_run",
    "hold_database",
    "recording",
    "start_run",
    "take_turn",
]

_LOCK_KEY = 0x50454E49  # "PENI"; any number will do that no other program of the same database uses


class _Lock(IntEnum):
    """What advisory locks are held for; added to the key."""

    DATABASE = 0
    SCHEMA = 1
    STORIES = 2
    WRITING = 3


def start_run(connection: Connection, *, command: str, at: datetime, versions: Mapping[str, str]) -> str:
    """Write that a run began; return its id."""
    run_id = make_id("run", command, at.isoformat())
    connection.execute(insert(RunRow), {"id": run_id, "command": command, "started_at": at, "versions": dict(versions)})
    return run_id


def end_run(connection: Connection, run_id: str, *, at: datetime, exit_code: int, reason: str, report: Mapping[str, Any]) -> None:
    """Write how a run ended."""
    connection.execute(
        update(RunRow).where(RunRow.id == run_id).values(ended_at=at, exit_code=exit_code, reason=reason, report=dict(report))
    )


def add_model_version(connection: Connection, *, name: str, version: str, lang: str, stages: Mapping[str, str], at: datetime) -> str:
    """Write a language pipeline that is used; return its id, which depends on the versions of all its stages."""
    identity = make_id("mod", name, version, *sorted(f"{stage}={value}" for stage, value in stages.items()))
    row = {"id": identity, "name": name, "version": version, "lang": lang, "stages": dict(stages), "first_used_at": at}
    insert_new(connection, ModelVersionRow, [row])
    return identity


def add_knowledge_version(connection: Connection, *, version: str, entities: int, list_versions: Mapping[str, str], at: datetime) -> str:
    """Write a version of the knowledge base that is used; return its id."""
    row = {"id": version, "entities": entities, "list_versions": dict(list_versions), "first_used_at": at}
    insert_new(connection, KnowledgeVersionRow, [row])
    return version


@contextmanager
def hold_database(engine: Engine, *, shared: bool = False) -> Iterator[None]:
    """Keep other machines from working on the same PostgreSQL database; raise LockHeld at once where one does that must not.

    Runs that share their work by leases hold it `shared`, beside each other; a command that needs the database alone holds it against
    all. The database releases the lock when the connection ends, however it ends. SQLite is held by the lock file beside it.
    """
    if not can_be_shared(engine):
        yield
        return
    kind = "_shared" if shared else ""
    with reading(engine) as connection:
        if not _call(connection, f"pg_try_advisory_lock{kind}", _Lock.DATABASE):
            raise LockHeld("another run is at work on this database: try later")
        connection.commit()
        try:
            yield
        finally:
            _call(connection, f"pg_advisory_unlock{kind}", _Lock.DATABASE)
            connection.commit()


@contextmanager
def take_turn(engine: Engine, what: Literal["schema", "stories"]) -> Iterator[None]:
    """Wait until no other run is at what only one may do at a time."""
    if not can_be_shared(engine):
        yield
        return
    lock = _Lock[what.upper()]
    with reading(engine) as connection:
        _call(connection, "pg_advisory_lock", lock)
        connection.commit()
        try:
            yield
        finally:
            _call(connection, "pg_advisory_unlock", lock)
            connection.commit()


@contextmanager
def recording(engine: Engine) -> Iterator[Connection]:
    """Open one transaction for what came of an item. Those of several runs queue, as SQLite has its writers queue anyway.

    Else two of them that write the same entities, each in its own order, would wait for each other. They take milliseconds.
    """
    with writing(engine) as connection:
        if can_be_shared(engine):
            _call(connection, "pg_advisory_xact_lock", _Lock.WRITING)
        yield connection


def can_be_shared(engine: Engine) -> bool:
    """Tell whether runs on several machines may be at work on this database."""
    return engine.dialect.name == "postgresql"


def _call(connection: Connection, function: str, lock: _Lock) -> bool:
    # Databases are told apart by the search path too: tests keep theirs in schemas of their own.
    query = text(f"SELECT {function}(:key, hashtext(current_schema()))")
    return connection.execute(query, {"key": _LOCK_KEY + lock}).scalar() is True


def count_rows(connection: Connection) -> dict[str, int]:
    """Return how many rows each table holds."""
    return {
        name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for name, table in sorted(Base.metadata.tables.items())
    }
