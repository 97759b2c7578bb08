"""The runs that were, newest first, each with the report it left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from models.tables import RunRow
from pipeline.errors import UsageError

__all__ = ["NIGHTLY", "RunRecord", "find_run", "last_runs", "unfinished_run"]

NIGHTLY = "ingest"
"""The command of the nightly run, as it stands in the table of runs."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run; `ended_at`, `exit_code` and `reason` are None and `report` is empty where it is still at work, or was killed."""

    id: str
    command: str
    started_at: datetime
    ended_at: datetime | None
    exit_code: int | None
    reason: str | None
    versions: Mapping[str, Any]
    report: Mapping[str, Any]


def last_runs(connection: Connection, *, limit: int) -> list[RunRecord]:
    """Return the last `limit` nightly runs, newest first."""
    query = select(RunRow).where(RunRow.command == NIGHTLY).order_by(RunRow.started_at.desc(), RunRow.id).limit(limit)
    return _read(connection, query)


def unfinished_run(connection: Connection) -> RunRecord | None:
    """Return the newest run, of whatever command, that has not told its end: it is at work, or was killed."""
    query = select(RunRow).where(RunRow.ended_at.is_(None)).order_by(RunRow.started_at.desc(), RunRow.id).limit(1)
    return next(iter(_read(connection, query)), None)


def find_run(connection: Connection, run_id: str) -> RunRecord:
    """Return the nightly run with this id, or the only one whose id begins so. Raises UsageError where there is none, or several."""
    query = select(RunRow).where(RunRow.command == NIGHTLY, RunRow.id.startswith(run_id, autoescape=True)).order_by(RunRow.id).limit(5)
    found = _read(connection, query)
    exact = [run for run in found if run.id == run_id]
    if exact or len(found) == 1:
        return (exact or found)[0]
    if found:
        raise UsageError(f"several runs begin with {run_id!r}: {', '.join(run.id for run in found)}")
    raise UsageError(f"no run is called {run_id!r}: `peninsula runs` lists them")


def _read(connection: Connection, query: Select[Any]) -> list[RunRecord]:
    columns = ("id", "command", "started_at", "ended_at", "exit_code", "reason", "versions")
    rows = connection.execute(query.with_only_columns(*RunRow.__table__.columns)).mappings()
    return [RunRecord(**{name: row[name] for name in columns}, report=row["report"] or {}) for row in rows]
