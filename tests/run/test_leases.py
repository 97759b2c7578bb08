"""Runs beside each other: who holds what, who takes it over, and how a run ends before its time."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

import pipeline.run
from models.polling import FeedState
from models.records import Analysis, Article
from models.tables import ArticleRow, LeaseRow, RunRow
from models.vocabulary import FeedOutcome
from pipeline.analyse import Analyser
from pipeline.cli.app import app
from pipeline.demo import sample_settings
from pipeline.errors import LockHeld
from pipeline.fetch.archive import Archive
from pipeline.fetch.client import Client
from pipeline.run import ingest
from pipeline.run.asking import Question, ask_work
from pipeline.run.context import Context, Silent
from pipeline.run.holding import Leases
from pipeline.run.pages import extract_pages
from pipeline.run.report import RunReport
from pipeline.run.sharing import Work
from pipeline.run.stopping import Stop, stopping_at_sigterm
from pipeline.sample.replay import ReplayServer, Response
from pipeline.sample.server import Newsroom
from pipeline.settings import Settings
from pipeline.store.articles import record_page
from pipeline.store.engine import Database, open_database, reading, writing
from pipeline.store.feeds import record_poll, sync_feeds
from pipeline.store.leases import Kind, claim, free, held, release, renew
from pipeline.store.runs import hold_database, start_run, take_turn
from tests.store.builders import make_entry, make_fetch, make_raw, make_source

T = TypeVar("T")

NOW = datetime(2025, 11, 7, 3, 0, tzinfo=UTC)
HOUR = 3600.0


def begin(database: Database, name: str) -> str:
    with writing(database) as connection:
        return start_run(connection, command=name, at=NOW, versions={})


def take(database: Database, run_id: str, *keys: str, seconds: float = HOUR) -> set[str]:
    with writing(database) as connection:
        return claim(connection, Kind.PAGE, keys, run_id=run_id, seconds=seconds)


def holders(database: Database) -> dict[str, str]:
    with reading(database) as connection:
        return {row.key: row.run_id for row in connection.execute(select(LeaseRow.key, LeaseRow.run_id))}


@pytest.fixture
def runs(database: Database) -> tuple[str, str]:
    return begin(database, "one"), begin(database, "two")


# --- the store ----------------------------------------------------------------------------------------------------------


def test_what_one_run_holds_another_does_not_get(database: Database, runs: tuple[str, str]) -> None:
    one, two = runs
    assert take(database, one, "a", "b", "a") == {"a", "b"}
    assert take(database, two, "b", "c") == {"c"}
    assert holders(database) == {"a": one, "b": one, "c": two}
    with reading(database) as connection:
        assert (held(connection, Kind.PAGE), held(connection, Kind.BODY)) == ({"a", "b", "c"}, set())


def test_nothing_is_claimed_of_no_keys(database: Database, runs: tuple[str, str]) -> None:
    assert take(database, runs[0]) == set()


def test_what_is_let_go_of_is_free_and_what_was_taken_over_stays(database: Database, runs: tuple[str, str]) -> None:
    one, two = runs
    take(database, one, "a", "b")
    with writing(database) as connection:
        release(connection, Kind.PAGE, ["a"], run_id=one)
        release(connection, Kind.PAGE, ["b"], run_id=two)
    assert take(database, two, "a", "b") == {"a"}


def test_a_lease_that_ran_out_is_taken_over_and_not_renewed_by_the_one_who_had_it(database: Database, runs: tuple[str, str]) -> None:
    one, two = runs
    take(database, one, "a", "b", seconds=-1)
    with reading(database) as connection:
        assert held(connection, Kind.PAGE) == set()
    assert take(database, two, "a") == {"a"}
    with writing(database) as connection:
        renew(connection, run_id=one, seconds=HOUR)
        assert held(connection, Kind.PAGE) == {"a", "b"}
    assert holders(database) == {"a": two, "b": one, one: one}


def test_at_the_end_of_a_run_nothing_of_it_is_held_and_nothing_of_dead_ones(database: Database, runs: tuple[str, str]) -> None:
    one, two = runs
    take(database, one, "a")
    take(database, two, "b")
    take(database, begin(database, "dead"), "c", seconds=-1)
    with writing(database) as connection:
        free(connection, run_id=one)
    assert holders(database) == {"b": two}


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_many_that_claim_the_same_at_once_each_key_goes_to_one(database: Database) -> None:
    keys = [f"key-{number}" for number in range(40)]
    run_ids = [begin(database, f"run {number}") for number in range(4)]
    taken: dict[str, set[str]] = {run_id: set() for run_id in run_ids}
    start = threading.Barrier(len(run_ids))

    def work(run_id: str, order: Sequence[str]) -> None:
        start.wait(10)
        for place in range(0, len(order), 5):
            taken[run_id] |= take(database, run_id, *order[place : place + 5])

    threads = [threading.Thread(target=work, args=(one, keys[::-1] if place % 2 else keys)) for place, one in enumerate(run_ids)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(key for found in taken.values() for key in found) == sorted(keys)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_runs_share_a_database_and_a_command_that_needs_it_alone_waits_for_nobody(database: Database) -> None:
    with ExitStack() as stack:
        others = [open_database(database.url.render_as_string(hide_password=False)) for _ in range(3)]
        for other in others:
            stack.callback(other.dispose)
        with hold_database(others[0], shared=True), hold_database(others[1], shared=True), pytest.raises(LockHeld):
            stack.enter_context(hold_database(others[2]))
        with hold_database(others[0]), pytest.raises(LockHeld), hold_database(others[1], shared=True):
            pass


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_only_one_run_at_a_time_is_at_the_stories(database: Database) -> None:
    order: list[str] = []

    def wait_for_it() -> None:
        with take_turn(database, "stories"):
            order.append("second")

    with take_turn(database, "stories"):
        thread = threading.Thread(target=wait_for_it)
        thread.start()
        thread.join(0.3)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


# --- leases of a run ----------------------------------------------------------------------------------------------------


def test_a_run_renews_what_it_holds_until_it_ends(database: Database, runs: tuple[str, str]) -> None:
    one, _ = runs
    with Leases(database, one, seconds=0.3):
        take(database, one, "a", seconds=0.3)
        deadline = time.monotonic() + 10
        with reading(database) as connection:
            first = dict(connection.execute(select(LeaseRow.key, LeaseRow.until)).all())
        while True:
            with reading(database) as connection:
                now = dict(connection.execute(select(LeaseRow.key, LeaseRow.until)).all())
            if now["a"] > first["a"] and now[one] > first[one]:
                break
            assert time.monotonic() < deadline
            time.sleep(0.02)
    assert holders(database) == {}


class Desk:
    """One run beside others over numbered items, of which those in `done` are done."""

    def __init__(self, database: Database, settings: Settings, *, stop: Stop | None = None) -> None:
        self.done: set[str] = set()
        run_id = begin(database, f"desk {id(self)}")
        self.leases = Leases(database, run_id, seconds=0.2)
        report, archive = RunReport(run_id, NOW, {}), Archive(settings.data_dir / "raw")
        self.client = Client(settings)
        self.context = Context(
            settings, database, archive, self.client, Analyser(settings), {}, report, Silent(), lambda: NOW, frozenset(), self.leases,
            stop or Stop(),
        )  # fmt: skip

    def work(self, *items: str) -> Work[str]:
        return Work(
            self.context,
            Kind.PAGE,
            lambda: [item for item in items if item not in self.done],
            key=str,
            still_due=lambda _connection, found: [item for item in found if item not in self.done],
        )


def test_a_run_skips_what_others_hold_and_waits_until_it_is_done(database: Database, settings: Settings) -> None:
    desk, other = Desk(database, settings), begin(database, "other")
    take(database, other, "a")
    seen = []
    for item in (work := desk.work("a", "b", "c")):
        seen.append(item)
        desk.done.add(item)
        if item == "c":
            desk.done.add("a")
    assert (seen, len(work)) == (["b", "c"], 0)
    assert holders(database) == {"a": other}


def test_what_a_dead_run_held_is_taken_over_once_its_lease_runs_out(database: Database, settings: Settings) -> None:
    desk, dead = Desk(database, settings), begin(database, "dead")
    take(database, dead, "a", seconds=0.3)
    seen = []
    for item in desk.work("a", "b"):
        seen.append(item)
        desk.done.add(item)
    assert seen == ["b", "a"]
    assert holders(database) == {}


def test_what_was_done_between_looking_and_claiming_is_not_done_again(database: Database, settings: Settings) -> None:
    desk = Desk(database, settings)
    work = desk.work("a", "b")
    desk.done.add("a")
    assert work.take(5) == ["b"]
    assert set(holders(database)) == {"b"}


def test_what_came_meanwhile_is_found_and_nothing_is_taken_twice(database: Database, settings: Settings) -> None:
    desk = Desk(database, settings)
    items = ["a"]
    work = Work(desk.context, Kind.PAGE, lambda: list(items), key=str, still_due=lambda _connection, found: list(found))
    seen = []
    for item in work:
        seen.append(item)
        items.append("b")
    assert seen == ["a", "b"]


def test_a_run_that_is_to_stop_finishes_its_item_and_lets_go_of_the_others(database: Database, settings: Settings) -> None:
    desk = Desk(database, settings)
    seen = []
    for item in desk.work("a", "b", "c"):
        seen.append(item)
        desk.context.stop.ask()
    assert seen == ["a"]
    assert holders(database) == {}
    assert desk.context.stop.reason == "ended by SIGTERM; left for the next run: 2 pages"
    assert (desk.context.stop.exit_code, desk.context.stop.cut) == (143, True)


def test_requests_that_wait_for_a_thread_are_taken_back_and_those_under_way_end(database: Database, settings: Settings) -> None:
    stop = Stop()
    served = []

    def respond(request: object) -> Response:
        served.append(request)
        stop.ask()
        return Response(200, b"a body", {"Content-Type": "text/html"})

    with ReplayServer(respond, hosts=["wire.example"]) as server:
        desk = Desk(database, settings.model_copy(update={"threads": 1, "connect_to": server.connect_to}), stop=stop)
        work = desk.work("a", "b", "c", "d")
        answers = [item for item, _ in ask_work(desk.context, work, lambda item: Question(f"http://wire.example/{item}", 1000))]
    assert answers == ["a", "b"][: len(served)]
    assert desk.context.stop.left["page"] == 4 - len(served)
    assert holders(database) == {}


# --- bodies on another machine ------------------------------------------------------------------------------------------


@pytest.fixture
def wire(settings: Settings) -> Iterator[tuple[ReplayServer, Settings]]:
    """A server with the page of one article, and settings that reach it."""
    html = "<html><head><title>Quay</title></head><body><article><h1>Quay</h1>" + "<p>Seoul opened a quay on Monday.</p>" * 9 + "</article>"
    with ReplayServer(lambda _request: Response(200, html.encode(), {"Content-Type": "text/html"}), hosts=["wire.example"]) as server:
        yield server, settings.model_copy(update={"connect_to": server.connect_to})


def fetch_elsewhere(database: Database, *, lives: float) -> None:
    """Let a run on another machine have fetched a page; it lives for so many seconds."""
    run_id, entry = begin(database, "elsewhere"), replace(make_entry(), url="http://wire.example/1")
    with writing(database) as connection:
        sync_feeds(connection, [make_source()])
        poll = make_fetch(run_id, feed_id="wire", feed_outcome=FeedOutcome.OK)
        record_poll(connection, poll, [(entry, entry.url)], state=FeedState(None, None, None))
        article_id = connection.execute(select(ArticleRow.id)).scalar_one()
        record_page(connection, make_fetch(run_id, url=entry.url, article_id=article_id, final_url=entry.url, raw=make_raw()))
        claim(connection, Kind.RUN, [run_id], run_id=run_id, seconds=lives)


def test_a_body_on_another_machine_is_left_to_its_run_while_that_lives(database: Database, wire: tuple[ReplayServer, Settings]) -> None:
    server, settings = wire
    fetch_elsewhere(database, lives=HOUR)
    desk = Desk(database, settings, stop=Stop(0.5))
    extract_pages(desk.context)
    assert desk.context.stop.reason == "the time limit of 0.5 s was reached; left for the next run: 1 body"
    assert (server.log, desk.context.report.articles) == ([], {})


def test_the_page_of_a_body_whose_run_is_over_is_fetched_again(database: Database, wire: tuple[ReplayServer, Settings]) -> None:
    server, settings = wire
    fetch_elsewhere(database, lives=0.3)
    desk = Desk(database, settings)
    extract_pages(desk.context)
    assert (desk.context.report.pages, desk.context.report.articles) == ({"lost by another run": 1, "fetched": 1}, {"new": 1})
    assert [served.path for served in server.log if served.path != "/robots.txt"] == ["/1"]
    assert desk.context.report.run_id not in holders(database).values()


# --- the end of a run before its time -----------------------------------------------------------------------------------


class Illiterate(Analyser):
    """Reads nothing, so that nothing need be loaded for it: how far a run came is what counts here."""

    def check(self) -> None:
        pass

    def analyse(self, article: Article) -> Analysis:
        raise NotImplementedError(article.id)


@pytest.fixture(scope="module")
def analyst() -> Analyser:
    return Illiterate(Settings(model="blank", event_reader=False))


@pytest.fixture
def sample(settings: Settings, newsroom: Newsroom, tmp_path: Path, database: Database) -> Settings:
    changes = {"database_url": database.url.render_as_string(hide_password=False), "threads": 1}
    return sample_settings(settings, newsroom, data_dir=tmp_path / "data").model_copy(update=changes)


class AfterFirstPage:
    """Does something once the first page is fetched."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act

    def watch(self, items: Iterable[T], *, step: str, total: int) -> Iterator[T]:
        for number, item in enumerate(items):
            yield item
            if (step, number) == ("fetching pages", 0):
                self._act()


def read_end(settings: Settings, run_id: str) -> tuple[int | None, str | None, int]:
    """Return exit code and reason of a run, and how many leases there are."""
    database = open_database(settings.database)
    try:
        with reading(database) as connection:
            row = connection.execute(select(RunRow.exit_code, RunRow.reason).where(RunRow.id == run_id)).one()
            return row.exit_code, row.reason, connection.execute(select(func.count()).select_from(LeaseRow)).scalar_one()
    finally:
        database.dispose()


def test_sigterm_ends_a_run_in_order_and_the_next_one_goes_on(sample: Settings, analyst: Analyser) -> None:
    stop, handlers = Stop(), []

    def terminate() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        stop.wait(10)
        handlers.append(signal.getsignal(signal.SIGTERM))

    with stopping_at_sigterm(stop):
        report = ingest(sample, analyser=analyst, only=["hanbit-wire-nk"], watcher=AfterFirstPage(terminate), stop=stop)
    assert handlers == [signal.SIG_DFL], "a second one ends it at once"
    fetched = report.pages["fetched"]
    left = f"{5 - fetched} pages, {'1 body' if fetched == 1 else f'{fetched} bodies'}"
    assert (report.exit_code, report.reason) == (143, f"ended by SIGTERM; left for the next run: {left}")
    assert read_end(sample, report.run_id) == (143, report.reason, 0)
    assert (report.articles, report.analysed, report.stories) == ({}, {}, {})

    again = ingest(sample, analyser=analyst, only=["hanbit-wire-nk"])
    assert (again.exit_code, report.pages["fetched"] + again.pages["fetched"], again.analysed["quarantined"]) == (0, 5, 5)


def test_a_time_limit_ends_a_run_with_what_it_has(sample: Settings, analyst: Analyser) -> None:
    clock = [0.0]
    stop = Stop(60, clock=lambda: clock[0])
    report = ingest(
        sample, analyser=analyst, only=["hanbit-wire-nk"], watcher=AfterFirstPage(lambda: clock.append(clock.pop() + 60)), stop=stop
    )
    assert report.exit_code == 3
    assert report.reason.startswith("the time limit of 60 s was reached; left for the next run: ")
    assert read_end(sample, report.run_id) == (3, report.reason, 0)
    assert report.stories == {"texts": 0, "stories": 0}, "what is there is joined all the same"


def test_a_time_limit_that_is_not_reached_changes_nothing(sample: Settings, analyst: Analyser) -> None:
    report = ingest(sample.model_copy(update={"time_limit": 3600}), analyser=analyst, only=["taedong-agency"])
    assert (report.exit_code, report.reason) == (0, "1 of 1 feeds answered")


def test_a_limit_that_passes_when_all_is_done_cuts_nothing() -> None:
    clock = [0.0]
    stop = Stop(1, clock=lambda: clock[0])
    clock[0] = 5.0
    assert (stop.now, stop.cut) == (True, False)
    assert not Stop(0, clock=lambda: clock[0]).now


@pytest.mark.parametrize(("options", "limit"), [(["--time-limit", "7"], 7.0), ([], 9.0)])
def test_the_option_comes_before_the_setting(options: list[str], limit: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[float] = []

    def fake(settings: Settings, **others: object) -> RunReport:
        seen.append(settings.time_limit)
        return RunReport("run-1", NOW, {}, ended_at=NOW, exit_code=3, reason="the time limit was reached")

    monkeypatch.setattr(pipeline.run, "ingest", fake)
    monkeypatch.setenv("PENINSULA_TIME_LIMIT", "9")
    result = CliRunner().invoke(app, ["--data-dir", str(tmp_path), "ingest", *options])
    assert (seen, result.exit_code) == ([limit], 3), result.output


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_where_a_command_holds_the_database_an_ingest_is_told_at_once(database: Database, tmp_path: Path, settings: Settings) -> None:
    url = database.url.render_as_string(hide_password=False)
    with hold_database(database), pytest.raises(LockHeld, match="on this database"):
        ingest(settings.model_copy(update={"database_url": url}))


def test_a_run_whose_work_another_one_did_is_no_alarm(sample: Settings, analyst: Analyser) -> None:
    """The later of two runs beside each other ends first and has brought everything."""
    only = ["taedong-agency"]
    times = iter([NOW + timedelta(minutes=1), *[NOW + timedelta(minutes=2)] * 99])
    later = ingest(sample, analyser=analyst, only=only, now=lambda: next(times))
    assert later.articles["new"] > 0
    first = ingest(sample, analyser=analyst, only=only, now=lambda: NOW)
    assert (first.articles["new"], first.exit_code, first.reason) == (0, 0, "1 of 1 feeds answered")
