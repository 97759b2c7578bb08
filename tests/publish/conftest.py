from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from models.filters import EventFilter
from models.knowledge import Knowledge
from models.merging import MergeStatus
from models.tables import EventMentionRow, EventRow
from pipeline.publish.snapshot import make_snapshot
from pipeline.query import Reader
from pipeline.store.analyses import record_analysis
from pipeline.store.engine import Database, open_database, writing
from pipeline.store.indexing import Indexer, begin_build, end_refresh, events_in_force
from pipeline.store.merges import apply_standing, decide
from tests.store.builders import NOW, TEXT, add_article, make_analysis, make_context

__all__ = ["News"]

_FEEDS = ("wire", "paper", "radio")


class News:
    """A database with three articles that tell a sanction each, and what is done to it between two snapshots."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ids = [self._tell(number, feed) for number, feed in enumerate(_FEEDS, start=1)]
        self.index()

    def _tell(self, number: int, feed: str) -> str:
        analysis = make_analysis(add_article(self.database, number=number, feed_id=feed, text=f"{TEXT} ({feed})", sha="abc"[number - 1]))
        context = make_context(self.database)
        event = replace(analysis.events[0], date=f"2025-11-0{number}")
        with writing(self.database) as connection:
            record_analysis(connection, replace(analysis, events=(event,)), context)
            told = select(EventMentionRow.event_id).where(EventMentionRow.version_id == analysis.article.id)
            return connection.execute(told).scalars().one()

    def index(self) -> None:
        """Make the index anew, as a run does."""
        with writing(self.database) as connection:
            begin_build(connection, at=NOW)
            Indexer(Knowledge("kb1", {})).put(connection, events_in_force(connection))
            end_refresh(connection, at=NOW)

    def merge(self, loser: str, winner: str) -> None:
        with writing(self.database) as connection:
            decide(connection, loser, winner, MergeStatus.MERGED, by="Kim", why=None, at=NOW + timedelta(days=1))
            apply_standing(connection, {loser: winner, winner: winner}, at=NOW + timedelta(days=1))

    def change(self, event_id: str, **values: object) -> None:
        with writing(self.database) as connection:
            connection.execute(update(EventRow).where(EventRow.id == event_id).values(**values))


@pytest.fixture
def news(database: Database) -> News:
    return News(database)


@pytest.fixture
def ask(news: News) -> Callable[[], Reader]:
    """Open a reader of the database."""
    return lambda: Reader(news.database)


@pytest.fixture(scope="session")
def published_snapshot(_migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot of a database of `News`, made once; copy it before changing it."""
    folder = tmp_path_factory.mktemp("snapshot")
    shutil.copy(_migrated_sqlite, folder / "test.db")
    database = open_database(f"sqlite:///{folder / 'test.db'}")
    News(database)
    with Reader(database) as reader:
        path, _ = make_snapshot(reader, EventFilter(), folder / "snapshots", versions={}, at=datetime(2026, 11, 22, tzinfo=UTC))
    return path
