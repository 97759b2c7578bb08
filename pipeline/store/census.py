"""What the database says of runs, feeds, articles and events to someone who only watches.

Everything is read, nothing written; a database that does not answer is given up after seconds, not minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, make_url, select
from sqlalchemy.exc import ArgumentError

from models.tables import ArticleRow, EventRow, FeedRow, RunRow, StageStatusRow
from models.vocabulary import EventType, FeedOutcome, StageState
from pipeline.store.engine import Database, open_database

__all__ = ["Census", "FeedCensus", "RunEnd", "ask_for_one", "last_run_end", "opened_for_watching", "take_census"]

ANSWER_SECONDS = 5
"""How long PostgreSQL may take to connect, and again for each answer: less than what those who probe wait."""

FEED_LEFT_AFTER = timedelta(days=30)
"""A feed that was not polled for so long before the last run is in feeds.yaml no more; dead ones are polled weekly."""


@dataclass(frozen=True, slots=True)
class RunEnd:
    """One run that has ended; `report` is what `RunReport.as_dict` made of it, empty where the run could not write it."""

    id: str
    started_at: datetime
    ended_at: datetime
    exit_code: int
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FeedCensus:
    """What the last poll of a feed left behind; `failures` is the weight of the failed polls since the last good one."""

    id: str
    outcome: FeedOutcome | None
    failures: float
    last_success_at: datetime | None


@dataclass(frozen=True, slots=True)
class Census:
    """Counts of everything at one moment.

    `articles` counts by state of fetching, `versions` by language stage and its state, `events` those in force by type.
    """

    last_run: RunEnd | None
    last_success_at: datetime | None
    feeds: tuple[FeedCensus, ...]
    articles: Mapping[StageState, int]
    versions: Mapping[tuple[str, StageState], int]
    events: Mapping[EventType, int]


@contextmanager
def opened_for_watching(url: str) -> Iterator[Database]:
    """Open a database that must be there, with limits of time on PostgreSQL, and let go of it at the end.

    Raises ConfigurationError where there is none or its address is wrong.
    """
    database = open_database(_with_limits(url), create=False)
    try:
        yield database
    finally:
        database.dispose()


def _with_limits(url: str) -> str:
    """Add the limits to the address of a PostgreSQL database; any other is left as it is."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return url  # opening it says what is wrong with it
    if parsed.get_backend_name() != "postgresql":
        return url
    given = parsed.query.get("options", "")
    options = given if isinstance(given, str) else " ".join(given)
    limits = {
        "connect_timeout": str(ANSWER_SECONDS),
        "tcp_user_timeout": str(ANSWER_SECONDS * 1000),
        "options": f"{options} -c statement_timeout={ANSWER_SECONDS * 1000}".strip(),
    }
    return parsed.update_query_dict(limits).render_as_string(hide_password=False)


def ask_for_one(connection: Connection) -> None:
    """Make the database answer something. Raises StorageError through `reading` where it does not."""
    connection.execute(select(1))


def last_run_end(connection: Connection) -> RunEnd | None:
    """Return the nightly run that ended last, None where none has. A run that was killed never ended."""
    query = (
        select(RunRow.id, RunRow.started_at, RunRow.ended_at, RunRow.exit_code, RunRow.report)
        .where(RunRow.command == "ingest", RunRow.ended_at.is_not(None), RunRow.exit_code.is_not(None))
        .order_by(RunRow.ended_at.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else RunEnd(row.id, row.started_at, row.ended_at, row.exit_code, row.report or {})


def take_census(connection: Connection) -> Census:
    """Count everything."""
    run = last_run_end(connection)
    success = select(func.max(RunRow.ended_at)).where(RunRow.command == "ingest", RunRow.exit_code == 0)
    articles = select(ArticleRow.state, func.count()).group_by(ArticleRow.state)
    versions = select(StageStatusRow.stage, StageStatusRow.state, func.count()).group_by(StageStatusRow.stage, StageStatusRow.state)
    in_force = (EventRow.merged_into.is_(None), EventRow.deleted_at.is_(None))
    events = select(EventRow.type, func.count()).where(*in_force).group_by(EventRow.type)
    return Census(
        last_run=run,
        last_success_at=connection.execute(success).scalar(),
        feeds=_feeds(connection, run),
        articles=dict.fromkeys(StageState, 0) | dict(connection.execute(articles).all()),
        versions={(stage, state): number for stage, state, number in connection.execute(versions)},
        events=dict.fromkeys(EventType, 0) | dict(connection.execute(events).all()),
    )


def _feeds(connection: Connection, run: RunEnd | None) -> tuple[FeedCensus, ...]:
    """Return the feeds that are switched on and still polled, in the order of their ids."""
    query = (
        select(FeedRow.id, FeedRow.last_outcome, FeedRow.failures, FeedRow.last_success_at)
        .where(FeedRow.enabled, FeedRow.disabled_reason.is_(None), FeedRow.last_outcome.is_not(None))
        .order_by(FeedRow.id)
    )
    if run is not None:
        query = query.where(FeedRow.last_attempt_at >= run.started_at - FEED_LEFT_AFTER)
    return tuple(FeedCensus(row.id, row.last_outcome, row.failures, row.last_success_at) for row in connection.execute(query))
