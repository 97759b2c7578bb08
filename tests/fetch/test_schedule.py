"""When a feed is asked again: every rule, without a network or a database."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.polling import FeedState
from models.records import FeedEntry
from models.vocabulary import FailureClass, FeedOutcome
from pipeline.fetch.schedule import (
    BadPoll,
    GoodPoll,
    after_bad,
    after_good,
    find_alarm,
    find_recovery,
    is_due,
    is_given_a_week,
    judge,
    parse_retry_after,
    suggest_address,
    wants_whole_body,
)

NOW = datetime(2025, 11, 6, 3, 15, tzinfo=UTC)
NIGHT = timedelta(hours=24)
HOUR = timedelta(hours=1)


def entries(number: int, *, first: datetime = NOW - HOUR, step: timedelta = HOUR) -> list[FeedEntry]:
    """Return items, the newest first."""
    return [FeedEntry("wire", str(place), f"https://w.example/{place}", "t", "", "", None, first - place * step) for place in range(number)]


def good(at: datetime = NOW, *, total: int = 10, new: int = 5, **changes: object) -> GoodPoll:
    poll = GoodPoll(at, FeedOutcome.OK, etag="e", last_modified="m", body_sha256="b" * 64, entries=entries(total), new=new)
    return replace(poll, **changes)  # type: ignore[arg-type]


def unchanged(at: datetime = NOW) -> GoodPoll:
    return GoodPoll(at, FeedOutcome.NOT_MODIFIED)


def bad(at: datetime = NOW, failure: FailureClass = FailureClass.HARD, **changes: object) -> BadPoll:
    return replace(BadPoll(at, FeedOutcome.DEAD, "not_found: it is not there", failure), **changes)  # type: ignore[arg-type]


READ = after_good(FeedState(), good())


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("0", 0),
        ("-5", 0),
        ("1.5", 0),
        ("soon", 0),
        ("", 0),
        (None, 0),
        ("١٢٠", 0),
        ("86401", 86_400),
        ("9" * 5_000, 86_400),
        ("Thu, 06 Nov 2025 03:25:00 GMT", 600),
        ("Thu, 06 Nov 2025 12:25:00 +0900", 600),
        ("Thu, 06 Nov 2025 03:25:00 -0000", 600),
        ("Thu, 06 Nov 2025 03:05:00 GMT", 0),
        ("Sat, 06 Nov 2055 03:05:00 GMT", 86_400),
        ("Thu, 99 Nov 2025 03:25:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 -1200", 86_400),
    ],
)
def test_retry_after_is_read_in_both_forms_and_never_asks_for_more_than_a_day(value: str | None, seconds: int) -> None:
    assert parse_retry_after(value, NOW) == timedelta(seconds=seconds)


def test_a_feed_that_was_never_asked_is_due() -> None:
    assert is_due(FeedState(), NOW)


@pytest.mark.parametrize("new", [0, 1, 5, 9, 10])
def test_a_nightly_run_finds_every_healthy_feed_due_even_when_the_clock_is_put_forward(new: int) -> None:
    state, at = FeedState(), NOW
    for night in range(10):
        polled = at + timedelta(minutes=20) if night % 2 else at
        state = after_good(state, good(polled, new=new) if night % 3 else unchanged(polled))
        at += NIGHT - (HOUR if night == 5 else timedelta(0))
        assert is_due(state, at)
        assert not is_due(state, polled + timedelta(minutes=9))


@pytest.mark.parametrize(("new", "minutes"), [(7, 30), (6, 60), (5, 60), (4, 60), (3, 120), (0, 120)])
def test_the_interval_is_halved_above_two_thirds_of_new_items_and_doubled_below_one_third(new: int, minutes: int) -> None:
    state = after_good(READ, good(NOW + HOUR, new=new))
    assert (state.poll_interval, state.next_attempt_at) == (minutes * 60.0, NOW + HOUR + timedelta(minutes=minutes))
    assert state.novelty == new / 10


def test_an_unchanged_feed_is_asked_less_often() -> None:
    assert after_good(READ, unchanged(NOW + HOUR)).poll_interval == 7_200.0


def test_the_first_poll_says_nothing_of_how_often_news_come() -> None:
    assert after_good(FeedState(), good(new=10)).poll_interval == 3_600.0


@pytest.mark.parametrize(("new", "bound"), [(10, timedelta(minutes=10)), (0, timedelta(hours=22))])
def test_the_interval_stays_within_ten_minutes_and_a_day(new: int, bound: timedelta) -> None:
    state = READ
    for poll in range(20):
        state = after_good(state, good(NOW + poll * NIGHT, new=new))
    assert state.poll_interval == bound.total_seconds()


def test_the_longest_interval_can_be_set_down_to_nothing() -> None:
    state = after_good(READ, good(new=0), longest=timedelta(0))
    assert is_due(state, NOW)


@pytest.mark.parametrize(
    ("failure", "weight", "pause"),
    [
        (FailureClass.HARD, 1.0, timedelta(hours=2)),
        (FailureClass.SOFT, 0.5, timedelta(hours=1)),
        (FailureClass.TEMPORARY, 0.25, timedelta(minutes=30)),
    ],
)
def test_failures_weigh_by_their_class_and_the_pause_grows_in_line(failure: FailureClass, weight: float, pause: timedelta) -> None:
    once = after_bad(READ, bad(failure=failure))
    assert (once.failures, once.next_attempt_at) == (weight, NOW + pause)
    twice = after_bad(once, bad(failure=failure))
    assert (twice.failures, twice.next_attempt_at) == (2 * weight, NOW + 2 * pause)


def test_the_pause_is_capped_so_that_a_nightly_run_asks_a_failing_feed_every_night_and_after_thirty_failures_once_a_week() -> None:
    state, at, asked = FeedState(), NOW, []
    for night in range(60):
        if is_due(state, at):
            asked.append(night)
            state = after_bad(state, bad(at))
        at += NIGHT
    assert asked == [*range(30), 36, 43, 50, 57]
    assert is_given_a_week(state)
    assert state.disabled_reason is None, "it is never given up"


def test_a_good_poll_forgets_the_failures() -> None:
    failed = replace(after_bad(READ, bad()), failures=29.5)
    state = after_good(failed, unchanged())
    assert (state.failures, is_given_a_week(state)) == (0.0, False)


def test_a_failure_keeps_validators_body_and_dates_of_the_last_good_poll() -> None:
    state = after_bad(READ, bad())
    assert (state.etag, state.last_modified, state.body_sha256) == ("e", "m", "b" * 64)
    assert (state.last_full_at, state.last_success_at, state.newest_item_at) == (NOW, NOW, NOW - HOUR)
    assert state.poll_interval == READ.poll_interval


def test_the_site_may_ask_for_a_longer_pause_but_for_no_shorter_one() -> None:
    assert after_bad(READ, bad(retry_after=timedelta(hours=5))).next_attempt_at == NOW + timedelta(hours=5)
    assert after_bad(READ, bad(retry_after=timedelta(minutes=1))).next_attempt_at == NOW + timedelta(hours=2)
    assert after_bad(READ, bad(retry_after=timedelta(days=400))).next_attempt_at == NOW + NIGHT


def test_what_is_gone_is_off_at_once_and_stays_off_until_it_answers() -> None:
    state = after_bad(READ, bad(gone=True))
    assert state.disabled_reason == "not_found: it is not there"
    assert not is_due(state, NOW + timedelta(days=1_000))
    assert not is_due(after_bad(state, bad()), NOW + timedelta(days=1_000))
    assert after_good(state, good()).disabled_reason is None


def test_the_whole_body_is_asked_for_once_a_day_although_there_are_validators() -> None:
    assert wants_whole_body(FeedState(etag="e"), NOW)
    state = after_good(READ, unchanged(NOW + 8 * HOUR))
    assert not wants_whole_body(state, NOW + 16 * HOUR)
    assert wants_whole_body(state, NOW + NIGHT - HOUR), "an answer without a body is no whole one"


def test_a_new_etag_of_the_same_body_is_taken_over() -> None:
    poll = GoodPoll(NOW, FeedOutcome.NOT_MODIFIED, "same body", "e2", None, "b" * 64)
    state = after_good(READ, poll)
    assert (state.etag, state.last_modified) == ("e2", None)
    assert (after_good(READ, unchanged()).etag, after_good(READ, unchanged()).body_sha256) == ("e", "b" * 64)


def test_a_permanent_redirect_is_suggested_when_it_was_seen_in_three_runs_in_a_row() -> None:
    state, moved = READ, good(moved_to="https://new.example/feed")
    seen = []
    for poll in (moved, moved, unchanged(), moved, after_bad, moved, replace(unchanged(), moved_to=moved.moved_to), moved):
        state = after_bad(state, bad()) if poll is after_bad else after_good(state, poll)
        seen.append(suggest_address(state))
    assert seen == [None, None, None, None, None, None, *["https://new.example/feed"] * 2]
    assert suggest_address(after_good(state, good(moved_to="https://other.example/feed"))) is None


def daily(poll: GoodPoll, state: FeedState = READ) -> GoodPoll:
    return judge(state, poll, expect_daily=True)


@pytest.mark.parametrize("make", [unchanged, lambda at: good(at, new=0)], ids=["unchanged", "known"])
def test_a_feed_that_should_bring_news_every_day_and_brings_none_is_silent(make) -> None:
    assert daily(make(NOW + 12 * HOUR)).outcome.good
    silent = daily(make(NOW + NIGHT))
    assert (silent.outcome, silent.reason) == (
        FeedOutcome.SILENT,
        "nothing new since 2025-11-06 03:15 UTC, although news is expected every day",
    )
    assert judge(READ, make(NOW + NIGHT), expect_daily=False).outcome.good


def test_one_new_item_ends_the_silence_and_a_feed_that_never_had_any_is_not_silent() -> None:
    assert daily(good(NOW + 3 * NIGHT, new=1)).outcome is FeedOutcome.OK
    assert daily(unchanged(NOW + NIGHT), FeedState()).outcome is FeedOutcome.NOT_MODIFIED


def later(hours: float, *, total: int = 5, new: int = 5) -> GoodPoll:
    """A poll a night later, whose oldest item is `hours` newer than the newest of the last time."""
    newest = READ.newest_item_at
    assert newest is not None
    first = newest + timedelta(hours=hours) + (total - 1) * HOUR
    return good(NOW + NIGHT, total=total, new=new, entries=entries(total, first=first))


def test_when_the_oldest_item_is_newer_than_the_newest_of_last_time_there_is_a_gap() -> None:
    gap = judge(READ, later(1), expect_daily=True)
    assert gap.outcome is FeedOutcome.GAP
    assert gap.reason is not None
    assert "2025-11-06 03:15 UTC" in gap.reason
    assert "2025-11-06 02:15 UTC" in gap.reason
    assert judge(READ, later(1), expect_daily=True, windowed=True).outcome is FeedOutcome.OK


@pytest.mark.parametrize(
    ("state", "poll"),
    [
        (READ, later(0)),
        (READ, later(-1)),
        (READ, later(1, new=4)),
        (FeedState(), later(1)),
        (READ, replace(later(1), entries=[replace(entry, published_at=None) for entry in entries(5)])),
        (READ, unchanged()),
    ],
    ids=["the same date", "overlap in time", "one item is known", "first poll", "no dates", "nothing came"],
)
def test_without_proof_of_a_gap_there_is_none(state: FeedState, poll: GoodPoll) -> None:
    assert judge(state, poll, expect_daily=False).outcome.good


def test_items_without_dates_leave_the_newest_date_as_it_was() -> None:
    undated = good(entries=[replace(entry, published_at=None) for entry in entries(3)])
    assert after_good(READ, undated).newest_item_at == READ.newest_item_at


def test_each_trouble_alarms_once_and_its_end_is_told() -> None:
    states, at = [READ], NOW
    polls = ["dead", "dead", "html", "html", "good", "good", "silent", "silent", "gone", "gone", "good"]
    for name in polls:
        at += NIGHT
        before = states[-1]
        if name == "good":
            states.append(after_good(before, good(at)))
        elif name == "silent":
            states.append(after_good(before, replace(unchanged(at), outcome=FeedOutcome.SILENT)))
        else:
            outcome = FeedOutcome.HTML if name == "html" else FeedOutcome.DEAD
            states.append(after_bad(before, bad(at, outcome=outcome, gone=name == "gone")))
    pairs = list(itertools.pairwise(states))
    alarms = [find_alarm(before, after) for before, after in pairs]
    assert [name for name, alarm in zip(polls, alarms, strict=True) if alarm] == ["dead", "html", "silent", "gone"]
    assert [place for place, pair in enumerate(pairs) if find_recovery(*pair)] == [4, 10]


def test_the_step_to_once_a_week_alarms_and_so_does_a_dead_feed_that_is_gone() -> None:
    worn = replace(after_bad(READ, bad()), failures=29.0)
    assert find_alarm(worn, after_bad(worn, bad()))
    assert find_alarm(worn, after_bad(replace(worn, failures=1.0), bad(gone=True)))


def test_an_outcome_holds_since_its_first_poll_and_unchanged_is_no_other_one() -> None:
    state = after_good(READ, unchanged(NOW + NIGHT))
    assert state.outcome_since == NOW
    state = after_bad(state, bad(NOW + 2 * NIGHT))
    state = after_bad(state, bad(NOW + 3 * NIGHT))
    assert state.outcome_since == NOW + 2 * NIGHT
