from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from models.polling import FeedState
from models.tables import ArticleRow, FeedItemRow, FeedRow, FetchRow
from models.vocabulary import FailureClass, FeedOutcome, FetchOutcome, StageState
from pipeline.store import migrations
from pipeline.store.articles import due_pages, record_page, record_page_failure
from pipeline.store.engine import Database, reading, writing
from pipeline.store.feeds import (
    FeedPoll,
    ItemCounts,
    count_new,
    feed_health,
    feed_history,
    feed_states,
    postpone_host,
    record_poll,
    sync_feeds,
)
from pipeline.store.runs import start_run
from pipeline.store.schema import head_revision, upgrade
from tests.store.builders import NOW, add_article, make_entry, make_fetch, make_raw, make_source

STATE = FeedState("e", "m", "s")
FULL_STATE = FeedState(
    etag="e",
    last_modified="m",
    body_sha256="s",
    last_full_at=NOW,
    last_success_at=NOW,
    last_new_item_at=NOW,
    newest_item_at=NOW,
    last_outcome=FeedOutcome.OK,
    outcome_since=NOW,
    failures=1.75,
    poll_interval=3_600.0,
    novelty=0.5,
    next_attempt_at=NOW + timedelta(hours=1),
    moved_to="https://new.example/feed",
    moved_seen=2,
    disabled_reason="gone",
)


def start(database: Database, command: str = "test") -> str:
    with writing(database) as connection:
        sync_feeds(connection, [make_source()])
        return start_run(connection, command=command, at=NOW, versions={})


def poll(
    database: Database, *entries, run: str = "poll", state: FeedState = STATE, outcome: FeedOutcome = FeedOutcome.OK, **changes: object
) -> ItemCounts:
    run_id = start(database, run)
    with writing(database) as connection:
        fetch = make_fetch(run_id, feed_id="wire", feed_outcome=outcome, **changes)
        return record_poll(connection, fetch, [(entry, entry.url) for entry in entries], state=state)


def test_a_changed_feeds_yaml_changes_the_feed_and_keeps_its_state(database: Database) -> None:
    poll(database)
    with writing(database) as connection:
        sync_feeds(connection, [make_source(publisher="New name", enabled=False)])
    with reading(database) as connection:
        row = connection.execute(select(FeedRow.publisher, FeedRow.enabled, FeedRow.etag)).one()
    assert tuple(row) == ("New name", False, "e")


def test_the_same_items_are_new_once(database: Database) -> None:
    assert poll(database, make_entry(1), make_entry(2)) == ItemCounts(new=2)
    assert poll(database, make_entry(1), make_entry(2), make_entry(3), run="again") == ItemCounts(new=1, known=2)


def test_two_items_with_one_address_are_one_article(database: Database) -> None:
    poll(database, make_entry(1))
    other = make_entry(1, feed_id="wire")
    other = type(other)("wire", "another-guid", other.url, "t", "", "", None, None)
    poll(database, other, run="again")
    with reading(database) as connection:
        assert len(connection.execute(select(ArticleRow.id)).all()) == 1
        assert len(connection.execute(select(FeedItemRow.id)).all()) == 2


def test_a_changed_title_makes_a_fetched_article_due_again(database: Database) -> None:
    add_article(database)
    assert poll(database, make_entry(1, title="A title"), run="same") == ItemCounts(known=1)
    with reading(database) as connection:
        assert due_pages(connection, now=NOW, limit=10) == []
    assert poll(database, make_entry(1, title="Another title"), run="changed") == ItemCounts(updated=1)
    with reading(database) as connection:
        assert len(due_pages(connection, now=NOW, limit=10)) == 1


def test_what_a_poll_leaves_behind_is_read_again(database: Database) -> None:
    poll(database, state=FULL_STATE)
    with reading(database) as connection:
        assert feed_states(connection)["wire"] == FULL_STATE


def test_a_feed_that_was_never_polled_has_an_empty_state(database: Database) -> None:
    start(database)
    with reading(database) as connection:
        assert feed_states(connection)["wire"] == FeedState()
        (health,) = feed_health(connection)
        assert feed_history(connection, "wire", 10) == []
    assert (health.outcome, health.good_share, health.new_30, health.failures) == (None, None, 0, 0.0)


def test_another_address_in_feeds_yaml_starts_the_feed_afresh(database: Database) -> None:
    poll(database, state=FULL_STATE)
    with writing(database) as connection:
        sync_feeds(connection, [make_source(url="https://wire.example/new")])
    with reading(database) as connection:
        state = feed_states(connection)["wire"]
    kept = FeedState(last_success_at=NOW, last_new_item_at=NOW, newest_item_at=NOW, last_outcome=FeedOutcome.OK, outcome_since=NOW)
    assert state == kept, "validators, back-off and the reason for being off belong to the old address"


def test_entries_that_are_not_stored_yet_are_counted_as_they_will_be_stored(database: Database) -> None:
    poll(database, make_entry(1), make_entry(2))
    twice = [make_entry(2), make_entry(3), make_entry(3)]
    many = [make_entry(number) for number in range(2_500)]
    with reading(database) as connection:
        assert (count_new(connection, []), count_new(connection, twice), count_new(connection, many)) == (0, 1, 2_498)
    assert poll(database, *twice, run="again").new == 1


def test_a_host_that_asked_to_be_left_alone_postpones_its_feeds_and_no_others(database: Database) -> None:
    until = NOW + timedelta(hours=2)
    with writing(database) as connection:
        urls = {"a": "https://h.example/a", "b": "http://h.example:8080/b", "c": "https://h.example/c", "d": "https://www.h.example/d"}
        sync_feeds(connection, [make_source(name, url=url) for name, url in urls.items()])
        connection.execute(text("UPDATE feed SET next_attempt_at = '2025-11-06 04:00:00+00:00' WHERE id = 'b'"))
        connection.execute(text("UPDATE feed SET next_attempt_at = '2025-11-06 09:00:00+00:00' WHERE id = 'c'"))
        postpone_host(connection, "h.example", until)
    with reading(database) as connection:
        states = feed_states(connection)
    assert [states[name].next_attempt_at for name in "abcd"] == [until, until, NOW + timedelta(hours=6), None]


def test_the_history_of_a_feed_is_its_polls_the_newest_first(database: Database) -> None:
    poll(database, make_entry(1), run="first")
    poll(
        database,
        run="second",
        outcome=FeedOutcome.DEAD,
        at=NOW + timedelta(days=1),
        message="it is not there",
        http_status=404,
        seconds=2.5,
    )
    with reading(database) as connection:
        history = feed_history(connection, "wire", 10)
        assert feed_history(connection, "wire", 1) == history[:1]
        assert feed_history(connection, "another", 10) == []
    assert history == [
        FeedPoll(NOW + timedelta(days=1), FeedOutcome.DEAD, "it is not there", 0, 0, 2.5, 404),
        FeedPoll(NOW, FeedOutcome.OK, None, 1, 0, 0.1, None),
    ]


def test_the_health_of_a_feed_counts_its_last_polls_alone(database: Database) -> None:
    numbers = iter(range(1_000))
    for night in range(32):
        outcome = FeedOutcome.DEAD if night in {0, 1, 4, 5, 6} else FeedOutcome.SILENT if night == 7 else FeedOutcome.OK
        brought = [make_entry(next(numbers)) for _ in range(2 if outcome is FeedOutcome.OK else 0)]
        poll(database, *brought, run=f"night {night}", outcome=outcome, at=NOW + timedelta(days=night), state=FULL_STATE)
    with writing(database) as connection:
        sync_feeds(connection, [make_source("idle", enabled=False)])
    with reading(database) as connection:
        idle, wire = feed_health(connection)
    assert (idle.feed_id, idle.enabled, idle.outcome) == ("idle", False, None)
    assert (wire.new_7, wire.new_30, wire.good_share) == (14, 52, pytest.approx(27 / 30))
    assert (wire.outcome, wire.since, wire.last_attempt_at) == (FeedOutcome.OK, NOW, NOW + timedelta(days=31))
    assert (wire.failures, wire.suggestion, wire.suggestion_seen) == (1.75, "https://new.example/feed", 2)
    assert (wire.next_attempt_at, wire.disabled_reason, wire.last_new_item_at) == (NOW + timedelta(hours=1), "gone", NOW)


@pytest.mark.parametrize("outcome", [FeedOutcome.SILENT, FeedOutcome.GAP])
def test_the_outcomes_that_compare_nights_can_be_stored(database: Database, outcome: FeedOutcome) -> None:
    poll(database, outcome=outcome, state=replace(STATE, last_outcome=outcome))
    with reading(database) as connection:
        assert feed_states(connection)["wire"].last_outcome is outcome
        assert feed_history(connection, "wire", 1)[0].outcome is outcome


_FEEDS_OF_0004 = (
    "INSERT INTO run (id, command, started_at, versions) VALUES ('run-1', 'ingest', '2025-11-06 03:00:00', '{}')",
    (
        "INSERT INTO feed (id, publisher, url, language, country, kind, korea_filter, enabled, etag, last_attempt_at, last_outcome, failures) "
        "VALUES ('wire', 'The wire', 'https://wire.example/feed', 'en', 'KR', 'wire', false, true, 'e', '2025-11-06 03:00:00', 'DEAD', 3)"
    ),
    (
        "INSERT INTO article (id, url_key, url, first_seen_at, state, attempts) "
        "VALUES ('art-1', 'wire.example/1', 'https://wire.example/1', '2025-11-06 03:00:00', 'done', 1)"
    ),
    (
        "INSERT INTO feed_item (id, feed_id, guid, article_id, url, title, summary, content, first_seen_at) "
        "VALUES ('itm-1', 'wire', 'g', 'art-1', 'https://wire.example/1', 't', '', '', '2025-11-06 03:00:00')"
    ),
    (
        "INSERT INTO fetch_log (id, run_id, feed_id, url, outcome, feed_outcome, seconds, items_new, fetched_at) "
        "VALUES ('fch-1', 'run-1', 'wire', 'https://wire.example/feed', 'ok', 'OK', 0.1, 4, '2025-11-05 03:00:00')"
    ),
)


def test_feeds_of_an_earlier_version_keep_items_requests_and_state(empty_database: Database) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with writing(empty_database) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        for statement in _FEEDS_OF_0004:
            connection.execute(text(statement))
    assert upgrade(empty_database) == ("0004", head_revision())
    with reading(empty_database) as connection:
        assert feed_states(connection) == {
            "wire": FeedState(etag="e", last_outcome=FeedOutcome.DEAD, outcome_since=NOW, failures=3.0),
        }
        assert [(poll.outcome, poll.new) for poll in feed_history(connection, "wire", 9)] == [(FeedOutcome.OK, 4)]
        assert connection.execute(select(FeedItemRow.id)).scalars().all() == ["itm-1"]
    with pytest.raises(IntegrityError), writing(empty_database) as connection:
        connection.execute(text("DELETE FROM feed"))  # its items still lead to it
    with pytest.raises(IntegrityError), writing(empty_database) as connection:
        connection.execute(text("UPDATE feed SET kind = 'rumour'"))
    with pytest.raises(IntegrityError), writing(empty_database) as connection:
        connection.execute(text("UPDATE fetch_log SET feed_outcome = 'FINE'"))


def fail(database: Database, failure: FailureClass, *, attempts: int, at=NOW) -> StageState:
    run_id = start(database, f"fail {attempts}")
    with writing(database) as connection:
        article_id = connection.execute(select(ArticleRow.id)).scalar_one()
        fetch = make_fetch(
            run_id,
            url="u",
            article_id=article_id,
            outcome=FetchOutcome.FAILED,
            failure=failure,
            code="timeout",
            message="no answer",
            at=at,
        )
        return record_page_failure(connection, fetch, attempts=attempts)


def test_a_page_that_failed_is_due_again_after_a_while(database: Database) -> None:
    poll(database, make_entry(1))
    assert fail(database, FailureClass.TEMPORARY, attempts=0) is StageState.FAILED
    with reading(database) as connection:
        assert due_pages(connection, now=NOW, limit=10) == []
        (due,) = due_pages(connection, now=NOW + timedelta(hours=1), limit=10)
    assert due.attempts == 1


def test_a_page_that_keeps_failing_is_kept_in_quarantine(database: Database) -> None:
    poll(database, make_entry(1))
    assert fail(database, FailureClass.SOFT, attempts=3) is StageState.QUARANTINED
    with reading(database) as connection:
        assert due_pages(connection, now=NOW + timedelta(days=30), limit=10) == []
        assert connection.execute(select(ArticleRow.reason)).scalar_one() == "no answer"


def test_a_page_that_will_not_mend_is_not_tried_again(database: Database) -> None:
    poll(database, make_entry(1))
    assert fail(database, FailureClass.HARD, attempts=0) is StageState.QUARANTINED


def test_every_request_is_kept_with_its_end(database: Database) -> None:
    poll(database, make_entry(1))
    fail(database, FailureClass.SOFT, attempts=0)
    run_id = start(database, "good")
    with writing(database) as connection:
        article_id = connection.execute(select(ArticleRow.id)).scalar_one()
        record_page(connection, make_fetch(run_id, url="u", article_id=article_id, raw=make_raw()))
    with reading(database) as connection:
        rows = connection.execute(select(FetchRow.outcome, FetchRow.code, FetchRow.raw_sha256).order_by(FetchRow.code, FetchRow.raw_sha256))
        assert {tuple(row) for row in rows} == {
            (FetchOutcome.OK, None, None),
            (FetchOutcome.OK, None, "a" * 64),
            (FetchOutcome.FAILED, "timeout", None),
        }
