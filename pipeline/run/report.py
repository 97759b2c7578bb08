"""What a run did, as data: printed by the command line and stored with the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from models.vocabulary import FeedOutcome

__all__ = ["FeedLine", "ItemProblem", "RunReport"]


@dataclass(frozen=True, slots=True)
class FeedLine:
    """What the poll of one feed brought."""

    feed_id: str
    outcome: FeedOutcome
    new: int
    known: int
    updated: int
    reason: str | None
    seconds: float
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemProblem:
    """One article that did not get through a stage, and why."""

    stage: str
    state: str
    url: str
    reason: str


@dataclass(slots=True)
class RunReport:
    """Counts and problems of one run; `exit_code` and `reason` are set at its end."""

    run_id: str
    started_at: datetime
    versions: Mapping[str, str]
    dry_run: bool = False
    ended_at: datetime | None = None
    exit_code: int = 0
    reason: str = ""
    feeds: list[FeedLine] = field(default_factory=list)
    problems: list[ItemProblem] = field(default_factory=list)
    pages: Counter[str] = field(default_factory=Counter)
    articles: Counter[str] = field(default_factory=Counter)
    analysed: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    stories: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def feeds_ok(self) -> int:
        """Number of feeds that answered with entries, or with nothing new."""
        return sum(line.outcome in {FeedOutcome.OK, FeedOutcome.NOT_MODIFIED} for line in self.feeds)

    @property
    def feeds_polled(self) -> int:
        """Number of feeds that were polled."""
        return sum(line.outcome is not FeedOutcome.OFF for line in self.feeds)

    def add_problem(self, stage: str, state: str, url: str, reason: str) -> None:
        """Note one article that did not get through."""
        self.problems.append(ItemProblem(stage, state, url, reason))

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON data."""
        return {
            "run_id": self.run_id,
            "started_at": self.started_at.isoformat(),
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
            "versions": dict(self.versions),
            "dry_run": self.dry_run,
            "exit_code": self.exit_code,
            "reason": self.reason,
            "feeds": [asdict(line) for line in self.feeds],
            "problems": [asdict(problem) for problem in self.problems],
            **{name: dict(getattr(self, name)) for name in ("pages", "articles", "analysed", "rows", "stories", "seconds")},
        }
