from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import select, text

from models.tables import RunRow
from pipeline.errors import ConfigurationError, LockHeld, StorageError
from pipeline.store.engine import Database, open_database, reading, writing
from pipeline.store.runs import hold_database, start_run
from tests.store.builders import NOW


def test_sqlite_runs_in_wal_mode_with_foreign_keys(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'new' / 'test.db'}")
    with reading(database) as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    database.dispose()


def test_an_error_in_a_transaction_leaves_nothing_of_it(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), writing(database) as connection:
        start_run(connection, command="ingest", at=NOW, versions={})
        raise ZeroDivisionError
    with reading(database) as connection:
        assert connection.execute(select(RunRow.id)).all() == []


def test_two_writers_wait_for_each_other_and_both_succeed(database: Database) -> None:
    def write(number: int) -> None:
        for turn in range(10):
            with writing(database) as connection:
                start_run(connection, command=f"{number} {turn}", at=NOW, versions={})

    threads = [Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(database) as connection:
        assert len(connection.execute(select(RunRow.id)).all()) == 40


def test_a_full_disk_is_told_in_one_line_and_loses_nothing(make_sqlite: Callable[[Path], Database], tmp_path: Path) -> None:
    database = make_sqlite(tmp_path / "test.db")
    with writing(database) as connection:
        start_run(connection, command="before", at=NOW, versions={})
    with reading(database) as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    with pytest.raises(StorageError, match=r"test\.db: database or disk is full"), writing(database) as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        start_run(connection, command="x" * 1_000_000, at=NOW, versions={})
    with reading(database) as connection:
        assert connection.execute(select(RunRow.command)).scalars().all() == ["before"]
    database.dispose()


def test_a_read_only_database_is_told(make_sqlite: Callable[[Path], Database], tmp_path: Path) -> None:
    database = make_sqlite(tmp_path / "test.db")
    with writing(database) as connection:
        connection.exec_driver_sql("SELECT 1")
    with pytest.raises(StorageError, match="readonly"), writing(database) as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
        start_run(connection, command="x", at=NOW, versions={})
    database.dispose()


def test_a_folder_that_cannot_be_made_is_named() -> None:
    with pytest.raises(StorageError, match="/proc/peninsula: the folder of the database cannot be made"):
        open_database("sqlite:////proc/peninsula/test.db")


@pytest.mark.parametrize("url", ["nonsense", "mysql://localhost/x"])
def test_an_unusable_database_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        open_database(url)


def test_a_database_server_that_is_down_is_a_storage_error() -> None:
    database = open_database("postgresql://postgres@127.0.0.1:1/test")
    with pytest.raises(StorageError, match=r"127\.0\.0\.1:1"), reading(database):
        pass
    database.dispose()


def test_the_password_of_a_database_never_stands_in_a_message() -> None:
    database = open_database("postgresql://postgres:secret@127.0.0.1:1/test")
    with pytest.raises(StorageError) as raised, reading(database):
        pass
    assert "secret" not in str(raised.value)
    database.dispose()


def test_a_postgresql_statement_that_takes_too_long_is_ended(postgres_url: str) -> None:
    database = open_database(postgres_url, most_seconds=1)
    with pytest.raises(StorageError, match="statement timeout"), reading(database) as connection:
        connection.execute(text("SELECT pg_sleep(30)"))
    database.dispose()


def test_a_postgresql_database_is_held_by_one_run_at_a_time(postgres_url: str) -> None:
    first, second = open_database(postgres_url), open_database(postgres_url)
    with hold_database(first), pytest.raises(LockHeld), hold_database(second):
        pass
    with hold_database(second):
        pass
    first.dispose()
    second.dispose()
