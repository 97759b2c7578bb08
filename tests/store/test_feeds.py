from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from models.tables import ArticleRow, FeedItemRow, FeedRow, FetchRow
from models.vocabulary import FailureClass, FeedOutcome, FetchOutcome, StageState
from pipeline.store.articles import due_pages, record_page, record_page_failure
from pipeline.store.engine import Database, reading, writing
from pipeline.store.feeds import FeedState, ItemCounts, feed_states, record_poll, sync_feeds
from pipeline.store.runs import start_run
from tests.store.builders import NOW, add_article, make_entry, make_fetch, make_raw, make_source

STATE = FeedState("e", "m", "s")


def start(database: Database, command: str = "test") -> str:
    with writing(database) as connection:
        sync_feeds(connection, [make_source()])
        return start_run(connection, command=command, at=NOW, versions={})


def poll(database: Database, *entries, run: str = "poll", state: FeedState | None = STATE) -> ItemCounts:
    run_id = start(database, run)
    with writing(database) as connection:
        outcome = FeedOutcome.OK if state else FeedOutcome.DEAD
        fetch = make_fetch(run_id, feed_id="wire", feed_outcome=outcome)
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


def test_a_failed_poll_keeps_the_validators_and_counts_the_failure(database: Database) -> None:
    poll(database)
    poll(database, run="dead", state=None)
    with reading(database) as connection:
        assert feed_states(connection)["wire"] == FeedState("e", "m", "s")
        row = connection.execute(select(FeedRow.failures, FeedRow.last_outcome)).one()
    assert tuple(row) == (1, FeedOutcome.DEAD)


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
