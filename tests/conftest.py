"""Fixtures for every test.

The smallest data set that shows a thing is the best. Nothing leaves this machine: sockets to anywhere but localhost are an
error. Every test of the store runs on SQLite and on PostgreSQL; PostgreSQL may be missing on a laptop, where those tests are
skipped, but never on CI.
"""

from __future__ import annotations

import os
import shutil
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path

import pytest
from filelock import FileLock
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError

from models.tables import Base
from pipeline.settings import Settings
from pipeline.store import engine as store_engine
from pipeline.store.engine import Database, open_database, writing
from pipeline.store.schema import current_revision, head_revision, upgrade
from pipeline.store.words import TEXT_TABLE

POSTGRES = os.environ.get("PENINSULA_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/test")


_newest_revision = cache(head_revision)
"""Reading the migrations takes longer than most tests."""


@pytest.fixture(autouse=True)
def _no_foreign_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the person who runs the tests must not change them."""
    for name in list(os.environ):
        if name.startswith("PENINSULA_") and name != "PENINSULA_TEST_POSTGRES":
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith("127.") and address[0] not in {"localhost", "::1"}:
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session", autouse=True)
def _no_power_cut() -> Iterator[None]:
    """What tests write to SQLite need not survive one: waiting for the disk at each commit takes longer than most tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_engine, "_PRAGMAS", (*store_engine._PRAGMAS, "PRAGMA synchronous = OFF"))
        yield


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", host_delay=0, connect_timeout=2, read_timeout=2, total_timeout=5)


@pytest.fixture(scope="session")
def news_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two nights of the sample newsroom, for reading alone: it is made once for all workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if hasattr(request.config, "workerinput") else base) / "newsroom"
    with FileLock(f"{folder}.lock"):
        done = folder / "done"
        if not done.exists():
            # Imported here: most tests do without the language stages.
            from pipeline.demo import run_demo

            list(run_demo(Settings(model="blank", event_reader=False), data_dir=folder))
            done.touch()
    return folder


def _reach_postgres() -> str | None:
    """Return why PostgreSQL cannot be used, None where it can."""
    engine = create_engine(POSTGRES, connect_args={"connect_timeout": 5})
    try:
        with engine.connect():
            return None
    except OperationalError as error:
        return str(error.orig)
    finally:
        engine.dispose()


@pytest.fixture(scope="session")
def postgres_schema() -> Callable[[], AbstractContextManager[str]]:
    """Make a schema in the PostgreSQL database; it is dropped at the end of the context, which is its address."""
    if why := _reach_postgres():
        if os.environ.get("CI"):
            pytest.fail(f"PostgreSQL must not be missing on CI: {why}")
        pytest.skip(f"PostgreSQL cannot be reached: {why}")
    return _hold_schema


@contextmanager
def _hold_schema() -> Iterator[str]:
    schema = f"peninsula_{uuid.uuid4().hex[:12]}"
    engine = create_engine(POSTGRES)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    # What tests write need not survive a power cut.
    yield f"{POSTGRES}?options=-csearch_path%3D{schema}%20-csynchronous_commit%3Doff"
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_url(postgres_schema: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """A schema of its own for the tests of a worker, which empty it one after the other."""
    with postgres_schema() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, once of each kind. What a test makes there goes with it: others take the schema as they find it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    url: str = request.getfixturevalue("postgres_url")
    engine = create_engine(url)
    with engine.begin() as connection:
        _drop_all(connection)
    yield url
    with engine.begin() as connection:
        _drop_all(connection)
    engine.dispose()


def _drop_all(connection: Connection) -> None:
    schema = connection.execute(text("SELECT current_schema()")).scalar_one()
    connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    connection.execute(text(f"CREATE SCHEMA {schema}"))


@pytest.fixture
def empty_database(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def _migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file of the newest revision, copied for every test: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "test.db"
    database = open_database(f"sqlite:///{path}")
    upgrade(database)
    database.dispose()
    return path


@pytest.fixture
def make_sqlite(_migrated_sqlite: Path) -> Iterator[Callable[[Path], Database]]:
    """Make a SQLite database of the newest revision without rows at a path."""
    made: list[Database] = []

    def make(path: Path) -> Database:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(_migrated_sqlite, path)
        made.append(open_database(f"sqlite:///{path}"))
        return made[-1]

    yield make
    for database in made:
        database.dispose()


@pytest.fixture
def default_database(make_sqlite: Callable[[Path], Database], tmp_path: Path) -> Database:
    """The database that commands use by default in the folder of the test, of the newest revision and without rows."""
    return make_sqlite(tmp_path / "data" / "peninsula.db")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of the newest revision without rows, once of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("make_sqlite")(tmp_path / "test.db")
        return
    database = open_database(request.getfixturevalue("postgres_url"))
    _empty(database)
    yield database
    database.dispose()


def _empty(database: Database) -> None:
    if current_revision(database) != _newest_revision():
        with writing(database) as connection:
            _drop_all(connection)
        upgrade(database)
    # DELETE, since TRUNCATE makes new files for every table and index, which takes longer than most tests; and all in one question.
    names = [TEXT_TABLE, *(table.name for table in reversed(Base.metadata.sorted_tables))]
    with writing(database) as connection:
        connection.exec_driver_sql("; ".join(f"DELETE FROM {name}" for name in names))
