"""How the database itself is: its version, how it writes, whether its pages are sound, and what waits in it for someone."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select, text

from models.tables import ArticleRow, StageStatusRow
from models.vocabulary import StageState

__all__ = ["Quarantine", "ServerState", "count_quarantined", "find_damage", "server_state"]


@dataclass(frozen=True, slots=True)
class ServerState:
    """Name and version of the database program, how it journals (SQLite alone), and the bytes that the database takes."""

    name: str
    version: str
    journal: str | None
    size: int


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Articles whose page could not be had or read, versions that broke a stage, and how many articles there are in all."""

    articles: int
    versions: int
    of_articles: int


def server_state(connection: Connection) -> ServerState:
    """Ask the database what it is."""
    if connection.dialect.name == "postgresql":
        version = connection.execute(text("SHOW server_version")).scalar_one()
        size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        return ServerState("PostgreSQL", str(version), None, int(size))
    version = connection.execute(text("SELECT sqlite_version()")).scalar_one()
    journal = connection.execute(text("PRAGMA journal_mode")).scalar_one()
    size = connection.execute(text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")).scalar_one()
    return ServerState("SQLite", str(version), str(journal), int(size))


def find_damage(connection: Connection) -> list[str]:
    """Return what SQLite's own check finds wrong in the file, at most ten lines; PostgreSQL checks its pages as it reads them."""
    if connection.dialect.name == "postgresql":
        return []
    lines = [str(line) for line in connection.execute(text("PRAGMA integrity_check(10)")).scalars()]
    return [] if lines == ["ok"] else lines


def count_quarantined(connection: Connection) -> Quarantine:
    """Count what failed for good and waits for someone."""
    articles = connection.execute(
        select(func.count().filter(ArticleRow.state == StageState.QUARANTINED), func.count()).select_from(ArticleRow)
    ).one()
    versions = connection.execute(
        select(func.count(StageStatusRow.version_id.distinct())).where(StageStatusRow.state == StageState.QUARANTINED)
    ).scalar_one()
    return Quarantine(int(articles[0]), int(versions), int(articles[1]))
