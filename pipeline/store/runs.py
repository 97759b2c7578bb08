"""Runs, and the versions of models and knowledge they used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, text, update

from models.ids import make_id
from models.tables import Base, KnowledgeVersionRow, ModelVersionRow, RunRow
from pipeline.errors import LockHeld
from pipeline.store.engine import reading
from pipeline.store.rows import insert_new

__all__ = ["add_knowledge_version", "add_model_version", "count_rows", "end_run", "hold_database", "start_run"]

_LOCK_KEY = 0x50454E49  # "PENI"; any number will do that no other program of the same database uses


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
def hold_database(engine: Engine) -> Iterator[None]:
    """Keep other machines from running on the same PostgreSQL database; raise LockHeld where one does.

    The database releases the lock when the connection ends, however it ends. SQLite is held by the lock file beside it.
    """
    if engine.dialect.name != "postgresql":
        yield
        return
    with reading(engine) as connection:
        # Databases are told apart by the search path too: tests keep theirs in schemas of their own.
        query = text("SELECT pg_try_advisory_lock(:key, hashtext(current_schema()))")
        if not connection.execute(query, {"key": _LOCK_KEY}).scalar_one():
            raise LockHeld("another run is at work on this database: try later")
        connection.commit()
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key, hashtext(current_schema()))"), {"key": _LOCK_KEY})
            connection.commit()


def count_rows(connection: Connection) -> dict[str, int]:
    """Return how many rows each table holds."""
    return {
        name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for name, table in sorted(Base.metadata.tables.items())
    }
