"""What a run did, as data: printed by the command line and stored with the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from models.vocabulary import FeedOutcome

__all__ = ["FeedLine", "ItemProblem", "RunReport", "Turn"]

_PARTS = ("pages", "articles", "boilerplate", "analysed", "rows", "stories", "seconds", "precision")

Turn: TypeAlias = Literal["alarm", "recovered"]
"""How a feed changed between its last poll and this one."""


@dataclass(frozen=True, slots=True)
class FeedLine:
    """What the poll of one feed brought.

    `turn` is set in the run that finds a change: "alarm" where something needs a look that did not last time, "recovered" where it is well
    again. `failures` is the sum of the weights of the failures in a row. `next_attempt_at` is None where the feed is due in any run, and
    where it is off. `suggestion` says which address to put into feeds.yaml.
    """

    feed_id: str
    outcome: FeedOutcome
    new: int
    known: int
    updated: int
    reason: str | None
    seconds: float
    warnings: tuple[str, ...] = ()
    turn: Turn | None = None
    failures: float = 0.0
    next_attempt_at: datetime | None = None
    suggestion: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the line as plain JSON data."""
        return asdict(self) | {"next_attempt_at": self.next_attempt_at.isoformat() if self.next_attempt_at else None}


@dataclass(frozen=True, slots=True)
class ItemProblem:
    """One article that did not get through a stage, and why."""

    stage: str
    state: str
    url: str
    reason: str


@dataclass(slots=True)
class RunReport:
    """Counts and problems of one run; `exit_code` and `reason` are set at its end.

    `boilerplate` counts the paragraphs that were cut, by outlet; `precision` is how often the machine was right by the decisions of
    editors (`pipeline.review.precision`), empty where there are none.
    """

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
    boilerplate: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    stories: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    precision: Mapping[str, Any] = field(default_factory=dict)

    @property
    def feeds_ok(self) -> int:
        """Number of feeds that answered as feeds answer, with entries or with nothing new."""
        return sum(line.outcome.answered for line in self.feeds)

    @property
    def feeds_polled(self) -> int:
        """Number of feeds that were polled."""
        return sum(line.outcome.polled for line in self.feeds)

    @property
    def feeds_waiting(self) -> int:
        """Number of feeds that were not due."""
        return sum(line.outcome is FeedOutcome.WAITING for line in self.feeds)

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
            "feeds": [line.as_dict() for line in self.feeds],
            "problems": [asdict(problem) for problem in self.problems],
            **{name: dict(getattr(self, name)) for name in _PARTS},
        }
