"""A run that is killed at any moment, and run again, stores exactly what one clean run stores."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import Table, func, select
from sqlalchemy.exc import DBAPIError

from models.tables import ArticleVersionRow, Base, FeedItemRow, RawBodyRow, StageStatusRow
from pipeline.demo import SAMPLE
from pipeline.errors import StorageError
from pipeline.sample.server import Newsroom
from pipeline.store.engine import open_database, reading
from tests.run.dump import dump

pytestmark = pytest.mark.slow


def start(newsroom: Newsroom, data_dir: Path, url: str) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "PENINSULA_CONNECT_TO": json.dumps(newsroom.connect_to),
        "PENINSULA_HOST_DELAY": "0",
        "PENINSULA_DATABASE_URL": url,
        "PENINSULA_FEEDS": str(SAMPLE / "feeds.yaml"),
    }
    command = [sys.executable, "-m", "pipeline", "--data-dir", str(data_dir), "ingest"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def finish(newsroom: Newsroom, data_dir: Path, url: str) -> int:
    return start(newsroom, data_dir, url).wait(timeout=120)


def count(url: str, table: Table) -> int:
    """Return how many rows a table has; 0 while there is no database or no table."""
    if url.startswith("sqlite") and not Path(url.removeprefix("sqlite:///")).exists():
        return 0
    database = open_database(url)
    try:
        with reading(database) as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()
    except (StorageError, DBAPIError):
        return 0
    finally:
        database.dispose()


def kill_when(process: subprocess.Popen[bytes], url: str, table: type[Base], rows: int) -> None:
    """Kill the process without warning as soon as the table has that many rows."""
    deadline = time.monotonic() + 120
    while count(url, table.__table__) < rows:
        assert process.poll() is None, f"the run ended before {table.__tablename__} had {rows} rows"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=30) == -signal.SIGKILL


def read(url: str) -> dict[str, list[tuple[object, ...]]]:
    database = open_database(url)
    try:
        return dump(database)
    finally:
        database.dispose()


def test_killed_runs_and_one_that_ends_store_what_one_clean_run_stores(database_url: str, newsroom: Newsroom, tmp_path: Path) -> None:
    clean_url = f"sqlite:///{tmp_path / 'clean' / 'peninsula.db'}"
    assert finish(newsroom, tmp_path / "clean", clean_url) == 0
    killed = tmp_path / "killed"
    for table, rows in ((FeedItemRow, 5), (RawBodyRow, 25), (ArticleVersionRow, 9), (StageStatusRow, 60)):
        kill_when(start(newsroom, killed, database_url), database_url, table, rows)
    assert finish(newsroom, killed, database_url) == 0
    expected, actual = read(clean_url), read(database_url)
    assert {name: len(rows) for name, rows in actual.items()} == {name: len(rows) for name, rows in expected.items()}
    assert actual == expected


def test_of_two_runs_at_once_one_works_and_one_says_try_later(database_url: str, newsroom: Newsroom, tmp_path: Path) -> None:
    clean_url = f"sqlite:///{tmp_path / 'clean' / 'peninsula.db'}"
    assert finish(newsroom, tmp_path / "clean", clean_url) == 0
    first, second = (start(newsroom, tmp_path / "data", database_url) for _ in range(2))
    assert sorted([first.wait(timeout=120), second.wait(timeout=120)]) == [0, 75]
    assert read(database_url) == read(clean_url)
