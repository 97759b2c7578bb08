"""Connections: pragmas, transactions, and errors of the database in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InternalError, NoSuchModuleError, OperationalError

from pipeline.errors import ConfigurationError, StorageError

__all__ = ["BUSY_SECONDS", "Database", "open_database", "reading", "writing"]

Database = Engine
"""A database, as everyone outside the store sees it."""

BUSY_SECONDS = 30
"""How long a writer waits for another: longer than any single transaction of ours, which take milliseconds."""

_POSTGRES = (
    "jit = off",  # questions are short; compiling one takes longer than its answer
    "random_page_cost = 1.1",  # disks without a moving head, as nearly all are
    "max_parallel_workers_per_gather = 0",  # starting workers took most of the time of a page
)
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a committed article must survive a power cut, and commits are few
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -32768",  # 32 MB: pages of a large file are otherwise read again for every question
    f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}",
)


def open_database(url: str, *, create: bool = True, most_seconds: int | None = None) -> Database:
    """Open the database at `url`; for SQLite the folder is made, unless `create` is false: then the file must be there.

    With `most_seconds` PostgreSQL ends every statement that takes longer, which is a StorageError: for servers, where nobody may keep a
    connection for ever. SQLite has no such limit.

    Raises ConfigurationError for a URL that cannot be read and StorageError for a folder that cannot be made.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _open_sqlite(url, parsed.database, create=create)
        if parsed.get_backend_name() != "postgresql":
            raise ConfigurationError(f"database {parsed.render_as_string()}: only sqlite and postgresql are supported")
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = create_engine(parsed, pool_pre_ping=True)
        limits = (f"statement_timeout = '{most_seconds}s'",) if most_seconds is not None else ()
        event.listen(engine, "connect", partial(_prepare_postgres, settings=(*_POSTGRES, *limits)))
        return engine
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        message = f"PENINSULA_DATABASE_URL cannot be used: {error}"
        if isinstance(error, ModuleNotFoundError):
            message += "; install the extra: pip install 'peninsula[postgres]'"
        raise ConfigurationError(message) from error


def _open_sqlite(url: str, database: str | None, *, create: bool) -> Engine:
    if database and not create and not Path(database).exists():
        raise ConfigurationError("there is no database yet: run `peninsula ingest` to fill one", path=Path(database))
    if database and database != ":memory:":
        folder = Path(database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"the folder of the database cannot be made: {error.strerror}", path=folder) from error
    engine = create_engine(url)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _prepare_postgres(connection: Any, _record: object, *, settings: Sequence[str]) -> None:  # noqa: ANN401 - of psycopg, which is an extra
    for setting in settings:
        connection.execute(f"SET {setting}")
    connection.commit()


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late to keep two writers apart
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin_immediate(connection: Connection) -> None:
    # Writers queue at BEGIN; a reader that would become a writer later could only fail.
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open one transaction: all of it is stored, or nothing."""
    with _database_errors(engine), engine.connect().execution_options(sqlite_begin="IMMEDIATE") as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection to read from."""
    with _database_errors(engine), engine.connect() as connection:
        yield connection


@contextmanager
def _database_errors(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        # Broken constraints and wrong statements are bugs and pass; these three say that the database itself cannot work.
        if type(error) not in {OperationalError, InternalError, DatabaseError}:
            raise
        raise StorageError(f"database {engine.url.render_as_string()}: {str(error.orig).strip().splitlines()[0]}") from error
