"""When a feed is asked again: pure functions from its state and an answer to its next state.

A good poll is followed by the next one after an interval that fits how much of the feed was new; a failed one after a
pause that grows with the failures. A feed is never given up: one that keeps failing is asked once a week, and only the
site's own 410 switches it off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from models.polling import FeedState
from models.records import FeedEntry
from models.vocabulary import FailureClass, FeedOutcome

__all__ = [
    "BadPoll",
    "GoodPoll",
    "after_bad",
    "after_good",
    "find_alarm",
    "find_recovery",
    "is_due",
    "is_given_a_week",
    "judge",
    "parse_retry_after",
    "suggest_address",
    "wants_whole_body",
]

EARLY = timedelta(hours=2)
"""How much less than 24 hours may lie between two nightly polls: one more hour of summer time, and runs of unlike length."""

DAY = timedelta(hours=24) - EARLY
WEEK = timedelta(days=7) - EARLY

SHORTEST = timedelta(minutes=10)
"""No feed is asked more often; more would only load the site."""

FIRST = timedelta(hours=1)
"""Interval of a feed that was never read: everything in it is new then, which tells nothing."""

MOSTLY_NEW, MOSTLY_KNOWN = 0.67, 0.33
"""Shares of new items that halve and double the interval. What is under a third comes under two thirds when the interval is doubled,
so that it settles."""

WEIGHTS = {FailureClass.HARD: 1.0, FailureClass.SOFT: 0.5, FailureClass.TEMPORARY: 0.25}
"""What one failure counts."""

PAUSE = timedelta(hours=2)
"""Pause for each whole failure; half an hour after one time-out, a day from eleven on."""

TOO_MANY = 30
"""Failures after which a feed is asked once a week: a month of nights for what does not mend by itself."""

LONGEST_ASKED = timedelta(hours=24)
"""The longest wait that a site may ask for: some send dates years away."""

RUNS_BEFORE_SUGGESTION = 3
"""Good polls in a row that a permanent redirect must be seen in: some are undone the next day."""


@dataclass(frozen=True, slots=True)
class GoodPoll:
    """A poll that was answered as a feed answers.

    `body_sha256` is None for a 304. `entries` are those of the body, none where it was the same as last time; `new` of them are not stored
    yet. `moved_to` is the address that answered, where only permanent redirects led to another one than was asked.
    """

    at: datetime
    outcome: FeedOutcome
    reason: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    body_sha256: str | None = None
    entries: Sequence[FeedEntry] = ()
    new: int = 0
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class BadPoll:
    """A poll that brought nothing usable.

    `retry_after` is how long the site asked to be left alone, `gone` says that it answered 410. There are no `entries`.
    """

    at: datetime
    outcome: FeedOutcome
    reason: str
    failure: FailureClass
    retry_after: timedelta = timedelta(0)
    gone: bool = False
    entries: Sequence[FeedEntry] = ()


def is_due(state: FeedState, now: datetime) -> bool:
    """Tell whether the feed is to be asked; one that is switched off never is."""
    return state.disabled_reason is None and (state.next_attempt_at is None or state.next_attempt_at <= now)


def wants_whole_body(state: FeedState, now: datetime) -> bool:
    """Tell whether to ask without validators: once a day, since some sites repeat an ETag although the feed has changed."""
    return state.last_full_at is None or now - state.last_full_at >= DAY


def judge(state: FeedState, poll: GoodPoll, *, expect_daily: bool, windowed: bool = False) -> GoodPoll:
    """Return the poll with the outcome and the reason that what was seen before gives it.

    GAP: all items are new, and the oldest is newer than the newest one of the last time. SILENT: a feed that brings news every day has
    brought none for a day. What is `windowed` (a sitemap, of which the last days are taken) has no gap that could be seen.
    """
    dates = [entry.published_at for entry in poll.entries if entry.published_at is not None]
    if not windowed and poll.new and poll.new == len(poll.entries) and dates and state.newest_item_at and min(dates) > state.newest_item_at:
        reason = f"the oldest item is of {_show(min(dates))}, the newest of last time of {_show(state.newest_item_at)}: poll it more often"
        return replace(poll, outcome=FeedOutcome.GAP, reason=reason)
    if expect_daily and not poll.new and state.last_new_item_at and poll.at - state.last_new_item_at >= DAY:
        reason = f"nothing new since {_show(state.last_new_item_at)}, although news is expected every day"
        return replace(poll, outcome=FeedOutcome.SILENT, reason=reason)
    return poll


def after_good(state: FeedState, poll: GoodPoll, *, longest: timedelta = DAY) -> FeedState:
    """Return the state after a good poll, whose outcome is the judged one; `longest` caps the interval."""
    whole = poll.body_sha256 is not None
    dates = [entry.published_at for entry in poll.entries if entry.published_at is not None]
    novelty = poll.new / len(poll.entries) if poll.entries else 0.0
    interval = min(_next_interval(state, novelty), longest)
    return FeedState(
        etag=poll.etag if whole else state.etag,
        last_modified=poll.last_modified if whole else state.last_modified,
        body_sha256=poll.body_sha256 if whole else state.body_sha256,
        last_full_at=poll.at if whole else state.last_full_at,
        last_success_at=poll.at,
        last_new_item_at=poll.at if poll.new else state.last_new_item_at,
        newest_item_at=max(dates, default=state.newest_item_at),
        last_outcome=poll.outcome,
        outcome_since=_since(state, poll.outcome, poll.at),
        poll_interval=interval.total_seconds(),
        novelty=novelty,
        next_attempt_at=poll.at + interval,
        moved_to=poll.moved_to,
        moved_seen=0 if poll.moved_to is None else state.moved_seen + 1 if poll.moved_to == state.moved_to else 1,
    )


def after_bad(state: FeedState, poll: BadPoll) -> FeedState:
    """Return the state after a failed poll: what the last good one left stays in force."""
    failures = state.failures + WEIGHTS[poll.failure]
    pause = WEEK if failures >= TOO_MANY else min(failures * PAUSE, DAY)
    return replace(
        state,
        last_outcome=poll.outcome,
        outcome_since=_since(state, poll.outcome, poll.at),
        failures=failures,
        next_attempt_at=poll.at + max(pause, min(poll.retry_after, LONGEST_ASKED)),
        disabled_reason=poll.reason if poll.gone else state.disabled_reason,
    )


def find_alarm(before: FeedState, after: FeedState) -> bool:
    """Tell whether a poll found something that needs a look and was not so the last time: each trouble alarms once."""
    outcome = after.last_outcome
    if outcome is None or outcome.good:
        return False
    newly_off = after.disabled_reason is not None and before.disabled_reason is None
    newly_rare = is_given_a_week(after) and not is_given_a_week(before)
    return outcome is not before.last_outcome or newly_off or newly_rare


def find_recovery(before: FeedState, after: FeedState) -> bool:
    """Tell whether a poll found well what needed a look the last time."""
    last, outcome = before.last_outcome, after.last_outcome
    return last is not None and not last.good and outcome is not None and outcome.good


def is_given_a_week(state: FeedState) -> bool:
    """Tell whether the feed has failed so often that it is asked once a week."""
    return state.failures >= TOO_MANY


def suggest_address(state: FeedState) -> str | None:
    """Return the address that permanent redirects have led to often enough to put it into feeds.yaml."""
    return state.moved_to if state.moved_seen >= RUNS_BEFORE_SUGGESTION else None


def parse_retry_after(value: str | None, now: datetime) -> timedelta:
    """Return how long a Retry-After header asks to wait, in either form: seconds, or an HTTP date.

    Nothing where there is no header, where it cannot be read and where the time has passed; never more than 24 hours.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_ASKED)
    try:
        until = parsedate_to_datetime(text)
        wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError):
        return timedelta(0)
    return min(max(wait, timedelta(0)), LONGEST_ASKED)


def _next_interval(state: FeedState, novelty: float) -> timedelta:
    if state.poll_interval is None:
        return FIRST
    interval = timedelta(seconds=state.poll_interval)
    if novelty > MOSTLY_NEW:
        interval /= 2
    elif novelty < MOSTLY_KNOWN:
        interval *= 2
    return min(max(interval, SHORTEST), DAY)


def _since(state: FeedState, outcome: FeedOutcome, at: datetime) -> datetime:
    """Return since when the outcome holds; with entries or with nothing new is the same."""
    last = state.last_outcome
    same = last is outcome or (last is not None and last.good and outcome.good)
    return state.outcome_since if same and state.outcome_since else at


def _show(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
