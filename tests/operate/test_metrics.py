from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, update

from models.tables import ArticleRow, EventRow, FeedRow
from models.vocabulary import EventType, FeedOutcome, StageState
from pipeline.errors import StorageError
from pipeline.operate.metrics import prometheus_text, write_metrics
from pipeline.run.report import FeedLine, RunReport
from pipeline.store.analyses import record_analysis
from pipeline.store.census import Census, FeedCensus, RunEnd, take_census
from pipeline.store.engine import Database, reading, writing
from pipeline.store.runs import end_run, start_run
from tests.store.builders import NOW, add_article, make_analysis, make_context

END = NOW + timedelta(minutes=20)


def _samples(text: str) -> dict[tuple[str, ...], float]:
    """Read the text as Prometheus would: name and values of labels, in the order of the labels' names, to the number."""
    families = text_string_to_metric_families(text)
    return {(s.name, *(s.labels[label] for label in sorted(s.labels))): s.value for family in families for s in family.samples}


def _census(**changes: object) -> Census:
    values: dict[str, object] = {
        "last_run": None,
        "last_success_at": None,
        "feeds": (),
        "articles": dict.fromkeys(StageState, 0),
        "versions": {},
        "events": dict.fromkeys(EventType, 0),
    }
    return Census(**(values | changes))  # type: ignore[arg-type]


def _add_run(database: Database, *, exit_code: int = 0, at: datetime = NOW, report: RunReport | None = None) -> str:
    with writing(database) as connection:
        run_id = start_run(connection, command="ingest", at=at, versions={})
        written = report.as_dict() if report else {}
        end_run(connection, run_id, at=at + timedelta(minutes=20), exit_code=exit_code, reason="", report=written)
    return run_id


def _measure(database: Database) -> dict[tuple[str, ...], float]:
    with reading(database) as connection:
        return _samples(prometheus_text(take_census(connection)))


def test_the_numbers_of_the_last_run_are_those_of_its_report(database: Database) -> None:
    report = RunReport("run-1", NOW, {})
    report.feeds = [
        FeedLine("wire", FeedOutcome.OK, 7, 3, 0, None, 1.5),
        FeedLine("dead", FeedOutcome.DEAD, 0, 0, 0, "dns: no such host", 10.0),
        FeedLine("old", FeedOutcome.OFF, 0, 0, 0, None, 0.0),
    ]
    report.pages["fetched"] = 7
    report.seconds["poll"] = 12.25
    report.add_problem("fetch", "quarantined", "https://wire.example/1", "gone")
    report.add_problem("fetch", "quarantined", "https://wire.example/2", "gone")
    _add_run(database, exit_code=3, report=report)
    found = _measure(database)
    assert found[("peninsula_run_exit_code",)] == 3
    assert found[("peninsula_run_duration_seconds",)] == 20 * 60
    assert found[("peninsula_run_end_timestamp_seconds",)] == END.timestamp()
    assert found[("peninsula_run_step_duration_seconds", "poll")] == 12.25
    assert found[("peninsula_run_items", "fetched", "pages")] == 7
    assert found[("peninsula_run_feeds", "OK")] == 1
    assert found[("peninsula_run_problems", "fetch", "quarantined")] == 2
    assert found[("peninsula_feed_new_items", "wire")] == 7
    assert found[("peninsula_feed_poll_duration_seconds", "dead")] == 10
    assert ("peninsula_feed_new_items", "old") not in found


def test_a_failed_run_leaves_the_time_of_the_last_good_one(database: Database) -> None:
    _add_run(database)
    _add_run(database, exit_code=78, at=NOW + timedelta(days=1))
    found = _measure(database)
    assert found[("peninsula_run_exit_code",)] == 78
    assert found[("peninsula_run_last_success_timestamp_seconds",)] == END.timestamp()
    assert found[("peninsula_run_start_timestamp_seconds",)] == (NOW + timedelta(days=1)).timestamp()


def test_a_run_that_never_ended_and_other_commands_are_not_the_last_run(database: Database) -> None:
    _add_run(database)
    with writing(database) as connection:
        start_run(connection, command="ingest", at=NOW + timedelta(days=1), versions={})
        other = start_run(connection, command="relink", at=NOW + timedelta(days=2), versions={})
        end_run(connection, other, at=NOW + timedelta(days=2), exit_code=1, reason="", report={})
    assert _measure(database)[("peninsula_run_exit_code",)] == 0


def test_a_database_without_runs_has_counts_alone(database: Database) -> None:
    found = _measure(database)
    assert found[("peninsula_articles", "pending")] == 0
    assert found[("peninsula_quarantined",)] == 0
    assert not any(name.startswith(("peninsula_run", "peninsula_feed")) for name, *_ in found)


def test_articles_quarantine_and_events_are_counted(database: Database) -> None:
    article = add_article(database)
    analysis = make_analysis(article)
    context = make_context(database)
    with writing(database) as connection:
        record_analysis(connection, analysis, context)
        broken = {"id": "art-2", "url_key": "k", "url": "https://wire.example/2", "first_seen_at": NOW, "state": StageState.QUARANTINED}
        connection.execute(insert(ArticleRow), broken)
    found = _measure(database)
    assert found[("peninsula_articles", "done")] == 1
    assert found[("peninsula_articles", "quarantined")] == 1
    assert found[("peninsula_quarantined",)] == 1
    assert found[("peninsula_stage_versions", "extract", "done")] == 1
    assert found[("peninsula_events", "SANCTION")] == 1
    with writing(database) as connection:
        connection.execute(update(EventRow).values(deleted_at=NOW))
    assert _measure(database)[("peninsula_events", "SANCTION")] == 0


def test_feeds_are_told_by_their_last_poll_until_they_are_polled_no_more(database: Database) -> None:
    add_article(database, feed_id="wire")
    add_article(database, feed_id="dead", number=2, sha="b", text="Another text of enough words.")
    with writing(database) as connection:
        failed = {"last_outcome": FeedOutcome.DEAD, "failures": 3, "last_success_at": None}
        connection.execute(update(FeedRow).where(FeedRow.id == "dead").values(**failed))
        connection.execute(update(FeedRow).where(FeedRow.id == "wire").values(last_attempt_at=NOW, last_success_at=NOW))
    found = _measure(database)
    assert found[("peninsula_feed_outcome", "wire", "OK")] == 1
    assert found[("peninsula_feed_outcome", "dead", "DEAD")] == 1
    assert found[("peninsula_feed_failures", "dead")] == 3
    assert found[("peninsula_feed_last_success_timestamp_seconds", "wire")] == NOW.timestamp()
    assert ("peninsula_feed_last_success_timestamp_seconds", "dead") not in found
    with writing(database) as connection:
        connection.execute(update(FeedRow).where(FeedRow.id == "dead").values(enabled=False))
    assert ("peninsula_feed_outcome", "dead", "DEAD") not in _measure(database)
    _add_run(database, at=NOW + timedelta(days=40))
    assert ("peninsula_feed_outcome", "wire", "OK") not in _measure(database)


@pytest.mark.parametrize("name", ['quote " here', "back\\slash", "line\nbreak", 'a"} 1\npeninsula_forged 1', "한국"])
def test_whatever_a_label_holds_is_read_back_as_it_was(name: str) -> None:
    report = {"seconds": {name: 1.0}}
    run = RunEnd("run-1", NOW, END, 0, report)
    text = prometheus_text(_census(last_run=run, feeds=(FeedCensus(name, FeedOutcome.OK, 0, NOW),)))
    found = _samples(text)
    assert found[("peninsula_feed_outcome", name, "OK")] == 1
    assert found[("peninsula_run_step_duration_seconds", name)] == 1
    assert not any(key[0] == "peninsula_forged" for key in found)


def test_every_metric_says_what_it_means() -> None:
    lines = prometheus_text(_census(last_run=RunEnd("run-1", NOW, END, 0, {}), last_success_at=END)).splitlines()
    named = {line.split("{")[0].split(" ")[0] for line in lines if not line.startswith("#")}
    helped = {line.split(" ")[2] for line in lines if line.startswith("# HELP") and len(line.split(" ")) > 4}
    assert named
    assert named <= helped


def test_the_file_is_replaced_whole_and_nothing_is_left_beside_it(database: Database, tmp_path) -> None:
    path = tmp_path / "metrics.prom"
    path.write_text("old")
    opened = path.open()
    _add_run(database)
    write_metrics(database, path)
    with opened:
        assert opened.read() == "old"  # a reader that had begun goes on with the old file
    assert _samples(path.read_text())[("peninsula_run_exit_code",)] == 0
    assert [file.name for file in tmp_path.iterdir() if "metrics" in file.name] == ["metrics.prom"]


def test_a_folder_that_is_not_there_is_an_error_of_storage(database: Database, tmp_path) -> None:
    with pytest.raises(StorageError, match=r"nowhere/metrics\.prom: the metrics cannot be written: No such file"):
        write_metrics(database, tmp_path / "nowhere" / "metrics.prom")


def test_times_are_seconds_since_1970() -> None:
    moment = datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)
    assert _samples(prometheus_text(_census(last_success_at=moment)))[("peninsula_run_last_success_timestamp_seconds",)] == 1e9
