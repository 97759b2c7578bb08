"""Runs that are killed at any moment, beside others or alone, store in the end exactly what one clean run stores."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
import yaml
from sqlalchemy import func, select
from typer.testing import CliRunner

from models.tables import ArticleRow, FetchRow, LeaseRow, RunRow
from pipeline.cli.app import app
from pipeline.demo import SAMPLE, sample_settings
from pipeline.errors import LockHeld
from pipeline.run import ingest
from pipeline.sample.replay import Request, Response
from pipeline.sample.server import Newsroom
from pipeline.settings import Settings
from pipeline.store.engine import Database, open_database, reading
from pipeline.store.leases import Kind
from tests.forked import context
from tests.run.dump import dump

pytestmark = pytest.mark.slow

Rows: TypeAlias = dict[str, list[tuple[object, ...]]]
Program: TypeAlias = multiprocessing.context.ForkServerProcess

FEEDS = {"hanbit-wire-nk", "north-window", "pacific-courier", "taedong-agency", "handeul-ilbo-politics", "chain-observer"}
"""Feeds of the sample that are enough: both languages, full texts in a feed, a redirect, and a dozen pages."""

PAGES = 2
"""Pages that each program is given before the newsroom lets all of them wait."""

PATIENCE = 120.0
"""Seconds after which a test gives up."""


class SlowNewsroom(Newsroom):
    """Gives feeds to nobody before `begin`, and more than two pages to nobody before `go_on`, so that programs can be met half way.

    `waiting` counts the pages that wait, by the user agent that asks.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.begin, self.go_on = threading.Event(), threading.Event()
        self.waiting: Counter[str] = Counter()
        self._given: Counter[str] = Counter()
        self._counting = threading.Lock()

    def _respond(self, request: Request) -> Response:
        if f"http://{request.host}{request.path}" in self._feeds:
            self.begin.wait(PATIENCE)
        elif not self._give(request.headers["user-agent"]):
            self.go_on.wait(PATIENCE)
        return super()._respond(request)

    def _give(self, agent: str) -> bool:
        with self._counting:
            free = self._given[agent] < PAGES
            (self._given if free else self.waiting)[agent] += 1
        return free


@pytest.fixture
def newsroom() -> Iterator[SlowNewsroom]:
    with SlowNewsroom(SAMPLE) as server:
        try:
            yield server
        finally:
            server.begin.set()
            server.go_on.set()


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The list of the feeds that are polled."""
    chosen = [feed for feed in yaml.safe_load((SAMPLE / "feeds.yaml").read_bytes())["feeds"] if feed["id"] in FEEDS]
    path = tmp_path_factory.mktemp("list") / "feeds.yaml"
    path.write_text(json.dumps({"feeds": chosen}), "utf-8")
    return path


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory, feeds: Path) -> Rows:
    """What one run stores that nobody disturbs."""
    with Newsroom(SAMPLE) as newsroom:
        settings = make_settings(newsroom, feeds, tmp_path_factory.mktemp("clean"))
        assert finish(start(settings)) == 0
    return read(settings)


def make_settings(newsroom: Newsroom, feeds: Path, data_dir: Path, url: str | None = None) -> Settings:
    """Return the settings of a program; its folder is its user agent."""
    changes = {"feeds": feeds, "database_url": url, "user_agent": data_dir.name, "threads": 1, "lease_seconds": 2.0}
    settings = sample_settings(Settings(), newsroom, data_dir=data_dir)
    return settings.model_copy(update={**changes, "read_timeout": PATIENCE, "total_timeout": PATIENCE})


def run(settings: Settings) -> None:
    """Ingest and exit with the code of the run: what a program does."""
    from tests.run.warm import ANALYSER  # loaded already in the process that this one was forked from

    sys.exit(ingest(settings, analyser=ANALYSER).exit_code)


def start(settings: Settings) -> Program:
    program = context.Process(target=run, args=(settings,))
    program.start()
    return program


def finish(program: Program) -> int | None:
    program.join(PATIENCE)
    return program.exitcode


def kill(program: Program) -> None:
    assert program.pid is not None
    os.kill(program.pid, signal.SIGKILL)
    assert finish(program) == -signal.SIGKILL


def await_that(what: Callable[[], bool], *programs: Program) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert all(program.is_alive() for program in programs)
        assert time.monotonic() < deadline
        time.sleep(0.02)


def content(database: Database) -> Rows:
    """Return all rows; a lease that a killed run left is none of them."""
    return {name: rows for name, rows in dump(database).items() if name != "lease"}


def read(settings: Settings) -> Rows:
    database = open_database(settings.database)
    try:
        return content(database)
    finally:
        database.dispose()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_three_runs_that_share_a_database_one_is_killed_and_the_others_do_its_work(
    database: Database, newsroom: SlowNewsroom, feeds: Path, clean: Rows, tmp_path: Path
) -> None:
    url = database.url.render_as_string(hide_password=False)
    programs = [start(make_settings(newsroom, feeds, tmp_path / f"machine-{number}", url)) for number in range(3)]

    def count(query: object) -> int:
        with reading(database) as connection:
            return int(connection.execute(query).scalar_one())  # type: ignore[call-overload]

    await_that(lambda: count(select(func.count()).where(LeaseRow.kind == Kind.RUN)) == 3, *programs)
    newsroom.begin.set()
    fetchers = select(func.count(FetchRow.run_id.distinct())).where(FetchRow.article_id.is_not(None), FetchRow.raw_sha256.is_not(None))
    await_that(lambda: len(newsroom.waiting) == 3 and count(fetchers) == 3, *programs)
    kill(programs[0])
    newsroom.go_on.set()
    assert [finish(program) for program in programs[1:]] == [0, 0]

    actual = content(database)
    assert {name: len(rows) for name, rows in actual.items()} == {name: len(rows) for name, rows in clean.items()}
    assert actual == clean
    # The killed one is the run without an end. Only what it fetched, and nobody else has in a folder, was fetched twice.
    of_articles = select(FetchRow.article_id).where(FetchRow.article_id.is_not(None))
    with reading(database) as connection:
        killed = of_articles.join(RunRow, RunRow.id == FetchRow.run_id).where(RunRow.ended_at.is_(None), FetchRow.raw_sha256.is_not(None))
        twice = of_articles.group_by(FetchRow.article_id).having(func.count() > 1)
        lost = set(connection.execute(killed).scalars())
        assert lost
        assert set(connection.execute(twice).scalars()) == lost
        assert connection.execute(select(func.count()).where(ArticleRow.reason.is_not(None))).scalar_one() == 0


def test_in_one_folder_others_are_told_to_try_later_and_a_killed_run_is_gone_on_with(
    newsroom: SlowNewsroom, feeds: Path, clean: Rows, tmp_path: Path
) -> None:
    settings = make_settings(newsroom, feeds, tmp_path / "data")
    newsroom.begin.set()
    first = start(settings)
    await_that(lambda: newsroom.waiting["data"] > 0, first)
    command = ["--data-dir", str(settings.data_dir), "ingest", "--feeds", str(feeds)]
    second, third = CliRunner().invoke(app, command), CliRunner().invoke(app, [*command, "--if-idle"])
    assert isinstance(second.exception, LockHeld)
    assert str(second.exception) == f"another run is at work in {settings.data_dir}: try later"
    assert (third.exit_code, third.output) == (0, "already running\n")
    kill(first)
    newsroom.go_on.set()
    assert finish(start(settings)) == 0
    assert read(settings) == clean
