"""What the last runs did, in figures, and which of them is so unlike the others that someone should look.

A run is read from the report that it stored; what an older program did not write counts as nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from models.vocabulary import FeedOutcome
from pipeline.store.history import RunRecord

__all__ = ["RunSummary", "assess", "summarise", "summarise_report"]

HISTORY = 14
"""Runs that a run is compared with: two weeks, so that every day of the week is among them twice."""

LEAST_HISTORY = 7
"""Runs below which nothing is compared: a median of fewer is chance."""

LEAST_SHARE = 0.3
"""Share of the usual number of new articles below which something is broken: a Sunday brings about half of a weekday."""

DAY = timedelta(hours=20)
"""What counts as one day: less than the distance of two nights, so that a run which starts a little early does not count two."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run in a line: times in UTC, seconds in all and by step; None where the run left no report.

    `problems` counts articles that did not get through; those left out for good reason are not among them.
    """

    id: str
    started_at: datetime
    ended_at: datetime | None
    exit_code: int | None
    reason: str
    seconds: float | None
    steps: Mapping[str, float]
    feeds_ok: int
    feeds_polled: int
    feeds_waiting: int
    new_articles: int
    analysed: int
    events: int
    problems: int

    @property
    def feeds(self) -> int:
        """Number of feeds that the run was about: polled, or not due."""
        return self.feeds_polled + self.feeds_waiting

    def as_dict(self) -> dict[str, Any]:
        """Return the line as plain JSON data."""
        times = {"started_at": self.started_at.isoformat(), "ended_at": self.ended_at.isoformat() if self.ended_at else None}
        return asdict(self) | times


def summarise(run: RunRecord) -> RunSummary:
    """Return a stored run in a line."""
    return _summarise(run.report, run.id, run.started_at, run.ended_at, run.exit_code, run.reason)


def summarise_report(report: Mapping[str, Any]) -> RunSummary:
    """Return the report of a run, as `RunReport.as_dict` gives it, in a line."""
    ended = report.get("ended_at")
    return _summarise(
        report,
        report["run_id"],
        datetime.fromisoformat(report["started_at"]),
        datetime.fromisoformat(ended) if ended else None,
        report.get("exit_code"),
        report.get("reason"),
    )


def _summarise(
    report: Mapping[str, Any], run_id: str, started: datetime, ended: datetime | None, exit_code: int | None, reason: str | None
) -> RunSummary:
    outcomes = [FeedOutcome(line["outcome"]) for line in report.get("feeds", ())]
    return RunSummary(
        id=run_id,
        started_at=started,
        ended_at=ended,
        exit_code=exit_code,
        reason=reason or "",
        seconds=(ended - started).total_seconds() if ended else None,
        steps=dict(report.get("seconds", {})),
        feeds_ok=sum(outcome.answered for outcome in outcomes),
        feeds_polled=sum(outcome.polled for outcome in outcomes),
        feeds_waiting=outcomes.count(FeedOutcome.WAITING),
        new_articles=report.get("articles", {}).get("new", 0),
        analysed=report.get("analysed", {}).get("done", 0),
        events=report.get("rows", {}).get("event", 0),
        problems=sum(problem["state"] not in {"skipped", "summary"} for problem in report.get("problems", ())),
    )


def assess(report: Mapping[str, Any], history: Iterable[RunSummary], *, min_feeds_ok: float) -> list[str]:
    """Return what is wrong with a run as a whole, a sentence each; an empty list where nothing is.

    `report` is that of the run, as `RunReport.as_dict` gives it, `history` the runs before it in any order, `min_feeds_ok` the share of
    feeds (0 to 1) that must answer. New articles are counted over the day up to each run, so that a run which is started again after
    a good one, and finds nothing new, is no alarm. Runs over a part of the feeds are not compared with runs over all of them.
    """
    run = summarise_report(report)
    before = sorted((other for other in history if other.started_at < run.started_at), key=lambda other: other.started_at)
    return [*_assess_feeds(run, min_feeds_ok), *_assess_articles(run, before)]


def _assess_feeds(run: RunSummary, least: float) -> list[str]:
    if not run.feeds:
        return ["no feed is enabled"]
    if run.feeds_ok < least * run.feeds_polled:
        return [f"only {run.feeds_ok} of {run.feeds_polled} feeds answered; the threshold is {least:.0%}"]
    return []


def _assess_articles(run: RunSummary, before: Sequence[RunSummary]) -> list[str]:
    if not run.feeds:
        return []
    if any(other.exit_code is None and other.started_at > run.started_at - DAY for other in before):
        # A run that was killed left no report: what it brought today is not known.
        return []
    brought = _articles_of_day(run, before)
    most = max((other.feeds for other in before), default=0)
    if 2 * run.feeds < most:
        return []
    compared = [other for other in before if other.exit_code is not None and 2 * other.feeds >= most][-HISTORY:]
    if not brought:
        return ["no new article came through"]
    if len(compared) < LEAST_HISTORY:
        return []
    usual = median(_articles_of_day(other, before) for other in compared)
    if brought < LEAST_SHARE * usual:
        return [
            f"only {brought} new articles, where the median of the last {len(compared)} runs is {usual:g}; the threshold is {LEAST_SHARE:.0%}"
        ]
    return []


def _articles_of_day(run: RunSummary, runs: Sequence[RunSummary]) -> int:
    """Return the new articles of a run and of those in the day before it."""
    earlier = (other for other in runs if run.started_at - DAY < other.started_at < run.started_at)
    return run.new_articles + sum(other.new_articles for other in earlier)
