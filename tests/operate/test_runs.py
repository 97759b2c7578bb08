from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from models.vocabulary import FeedOutcome
from pipeline.errors import UsageError
from pipeline.operate.runs import RunSummary, assess, summarise, summarise_report
from pipeline.run.report import FeedLine, RunReport
from pipeline.store.engine import Database, reading, writing
from pipeline.store.history import find_run, last_runs, unfinished_run
from pipeline.store.runs import end_run, start_run

NIGHT = datetime(2026, 3, 1, 18, 15, tzinfo=UTC)


def make_report(
    *, day: float = 0, ok: int = 9, dead: int = 1, waiting: int = 0, off: int = 1, new: int = 100, exit_code: int = 0
) -> RunReport:
    outcomes = [FeedOutcome.OK] * ok + [FeedOutcome.DEAD] * dead + [FeedOutcome.WAITING] * waiting + [FeedOutcome.OFF] * off
    started = NIGHT + timedelta(days=day)
    report = RunReport(f"run-{day}", started, {"tag": "1"}, ended_at=started + timedelta(minutes=40), exit_code=exit_code)
    report.feeds += [FeedLine(f"feed-{number}", outcome, 1, 2, 0, None, 0.5) for number, outcome in enumerate(outcomes)]
    report.articles["new"] = new
    report.analysed["done"] = new
    report.rows["event"] = 7
    report.seconds |= {"poll": 60.0, "fetch": 600.0}
    report.add_problem("fetch", "failed", "https://wire.example/1", "http_503")
    report.add_problem("extract", "skipped", "https://wire.example/2", "not_about_korea")
    return report


def summary(**changes: object) -> RunSummary:
    return summarise_report(make_report(**changes).as_dict())


def alarms(history: list[RunSummary], **changes: object) -> list[str]:
    return assess(make_report(**changes).as_dict(), history, min_feeds_ok=0.6)


def test_a_run_is_told_in_a_line_from_its_stored_report() -> None:
    run = summary(new=31, waiting=2)
    assert (run.feeds_ok, run.feeds_polled, run.feeds_waiting, run.feeds) == (9, 10, 2, 12)
    assert (run.new_articles, run.analysed, run.events, run.problems) == (31, 31, 7, 1)
    assert (run.seconds, run.steps) == (2400.0, {"poll": 60.0, "fetch": 600.0})


def test_stored_runs_come_newest_first_and_a_killed_one_has_no_figures(database: Database) -> None:
    with writing(database) as connection:
        for day in range(3):
            report = make_report(day=day)
            run_id = start_run(connection, command="ingest", at=report.started_at, versions={"tag": "1"})
            end_run(connection, run_id, at=report.started_at + timedelta(hours=1), exit_code=0, reason="fine", report=report.as_dict())
        killed = start_run(connection, command="ingest", at=NIGHT + timedelta(days=3), versions={})
        start_run(connection, command="relink", at=NIGHT + timedelta(days=2.5), versions={})
    with reading(database) as connection:
        runs = [summarise(run) for run in last_runs(connection, limit=3)]
        unfinished = unfinished_run(connection)
    assert [run.started_at for run in runs] == [NIGHT + timedelta(days=day) for day in (3, 2, 1)]
    assert (runs[0].id, runs[0].exit_code, runs[0].seconds, runs[0].feeds_polled, runs[0].steps) == (killed, None, None, 0, {})
    assert (runs[1].exit_code, runs[1].reason, runs[1].new_articles) == (0, "fine", 100)
    assert unfinished is not None
    assert unfinished.id == killed


def test_a_run_is_found_by_the_beginning_of_its_id(database: Database) -> None:
    with writing(database) as connection:
        ids = [start_run(connection, command="ingest", at=NIGHT + timedelta(days=day), versions={}) for day in range(2)]
    with reading(database) as connection:
        assert find_run(connection, ids[0]).id == ids[0]
        assert find_run(connection, ids[1][:-4]).id == ids[1]
        with pytest.raises(UsageError, match="several runs"):
            find_run(connection, "run-")
        with pytest.raises(UsageError, match="no run is called 'run%'"):
            find_run(connection, "run%")


def test_a_usual_night_is_no_alarm() -> None:
    assert alarms([summary(day=day) for day in range(10)], day=10, new=90) == []


@pytest.mark.parametrize(("ok", "dead", "wrong"), [(6, 4, False), (5, 5, True)])
def test_few_answering_feeds_are_an_alarm(ok: int, dead: int, wrong: bool) -> None:
    assert alarms([], ok=ok, dead=dead) == (["only 5 of 10 feeds answered; the threshold is 60%"] if wrong else [])


def test_no_enabled_feed_is_one_alarm_and_feeds_that_are_not_due_are_none() -> None:
    assert alarms([], ok=0, dead=0, new=0) == ["no feed is enabled"]
    assert alarms([summary(day=-0.1)], ok=0, dead=0, waiting=10, new=0) == []


def test_no_article_at_all_is_an_alarm_even_in_the_first_run() -> None:
    assert alarms([], new=0) == ["no new article came through"]


@pytest.mark.parametrize(("new", "wrong"), [(29, True), (30, False)])
def test_a_sudden_drop_is_an_alarm(new: int, wrong: bool) -> None:
    found = alarms([summary(day=day) for day in range(20)], day=20, new=new)
    assert found == (["only 29 new articles, where the median of the last 14 runs is 100; the threshold is 30%"] if wrong else [])


def test_fewer_than_seven_runs_are_no_history() -> None:
    assert alarms([summary(day=day) for day in range(6)], day=6, new=1) == []
    assert len(alarms([summary(day=day) for day in range(7)], day=7, new=1)) == 1


def test_only_the_last_fourteen_runs_count() -> None:
    history = [summary(day=day, new=1000) for day in range(30)] + [summary(day=day, new=20) for day in range(30, 44)]
    assert alarms(history, day=44, new=10) == []


def test_a_run_started_again_after_a_good_one_is_no_alarm() -> None:
    history = [summary(day=day) for day in range(10)]
    assert alarms([*history, summary(day=10)], day=10.1, new=0) == []
    assert len(alarms([*history, summary(day=10)], day=11, new=0)) == 1


def test_a_run_over_a_part_of_the_feeds_is_not_compared_and_spoils_no_comparison() -> None:
    history = [summary(day=day) for day in range(8)]
    assert alarms(history, day=8, ok=1, dead=0, new=0) == []
    partly = [summary(day=day + 0.5, ok=1, dead=0, new=0) for day in range(8)]
    assert len(alarms([*history, *partly], day=8.6, new=5)) == 1


def test_a_killed_run_is_no_night_to_compare_with() -> None:
    killed = [summary(day=day, new=0, exit_code=None) for day in range(10)]
    assert alarms(killed, day=10, new=5) == []


def test_a_run_after_one_that_was_killed_today_is_not_judged_by_what_it_brought_itself() -> None:
    killed = summary(day=10, new=0, exit_code=None)
    history = [summary(day=day) for day in range(10)]
    assert alarms([*history, killed], day=10.1, new=0) == []
    assert len(alarms([*history, killed], day=11, new=0)) == 1
