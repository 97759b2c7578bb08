"""How often the machine was right, as editors decided: by component, label, rule, list, publisher and language, and week by week.

Two figures stand side by side. Items drawn at random from what the machine was sure of tell how right it is where nobody looks. All
decided items tell more, and are biased: what is uncertain is asked first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from math import sqrt
from typing import Any

from models.review import ItemKind, Verdict
from pipeline.review.decided import Decided, load_decided
from pipeline.store.engine import Database, reading
from pipeline.store.review_decided import rules_of_events

__all__ = ["DIMENSIONS", "Precision", "PrecisionReport", "Rate", "make_report", "read_precision", "wilson"]

_Z = 1.959964
"""Standard deviations of a 95 % interval."""

_RIGHT = {Verdict.ACCEPT: True, Verdict.EDIT: False, Verdict.REJECT: False, Verdict.SPLIT: False}
"""What a verdict says of the machine: an edit says that it was not exactly right. Others say nothing of it."""

DIMENSIONS: Mapping[str, str] = {
    "kind": "What was asked",
    "component": "Component",
    "label": "Label",
    "rule": "Rule of events",
    "source_list": "Sanctions list",
    "publisher": "Publisher",
    "lang": "Language",
}
"""What precision is told by, each with its heading."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of the items of one name were judged and right, with the share and the ends of its 95 % interval (Wilson)."""

    name: str
    judged: int
    right: int
    precision: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Precision:
    """Precision over some items: in all (None where none was judged), by each of DIMENSIONS, and by week, named by its Monday."""

    overall: Rate | None
    by: Mapping[str, tuple[Rate, ...]]
    weeks: tuple[Rate, ...]


@dataclass(frozen=True, slots=True)
class PrecisionReport:
    """Precision of items drawn at random, and of all, from decisions made `since`."""

    since: datetime | None
    sampled: Precision
    everything: Precision

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON data."""
        return asdict(self) | {"since": self.since.isoformat() if self.since else None}


def read_precision(database: Database, *, since: datetime | None = None) -> PrecisionReport:
    """Return the precision that the decisions in force tell; `since` counts by when they were made."""
    with reading(database) as connection:
        decided = load_decided(connection)
        rules = rules_of_events(connection, [one.item.id for one in decided if one.item.kind is ItemKind.EVENT])
    return make_report(decided, rules, since=since)


def make_report(decided: Iterable[Decided], rules: Mapping[str, Sequence[str]], *, since: datetime | None = None) -> PrecisionReport:
    """Return the precision of verdicts in force; `rules` are those of events, by item. Disputes count when they are closed."""
    judged = [one for one in decided if _judges(one) and (since is None or one.decision.at >= since)]
    return PrecisionReport(since, _measure([one for one in judged if one.item.sampled], rules), _measure(judged, rules))


def _judges(one: Decided) -> bool:
    return one.decision.verdict in _RIGHT


def _is_right(one: Decided) -> bool:
    return _RIGHT[one.decision.verdict]


def _measure(judged: Sequence[Decided], rules: Mapping[str, Sequence[str]]) -> Precision:
    overall = next(iter(_rates(("all", one) for one in judged)), None)
    by = {name: _rates((value, one) for one in judged for value in _values(one, name, rules)) for name in DIMENSIONS}
    return Precision(overall, by, tuple(sorted(_rates((_monday(one.decision.at), one) for one in judged), key=lambda rate: rate.name)))


def _values(one: Decided, dimension: str, rules: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield what an item counts for; an event may rest on several rules."""
    if dimension == "rule":
        yield from rules.get(one.item.id, ())
    elif (value := getattr(one.decision if dimension == "component" else one.item, dimension)) is not None:
        yield str(value)


def _monday(at: datetime) -> str:
    day = at.astimezone(UTC).date()
    return (day - timedelta(days=day.weekday())).isoformat()


def _rates(pairs: Iterable[tuple[str, Decided]]) -> tuple[Rate, ...]:
    """Return a rate for each name, the one with the most items first."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, one in pairs:
        counts[name][0] += 1
        counts[name][1] += _is_right(one)
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1][0], pair[0]))
    return tuple(Rate(name, judged, right, round(right / judged, 4), *wilson(right, judged)) for name, (judged, right) in ordered)


def wilson(right: int, judged: int) -> tuple[float, float]:
    """Return the ends of the 95 % interval of a share after Wilson, which holds for few items and for shares near 0 and 1 too."""
    share, square = right / judged, _Z * _Z
    middle = (share + square / (2 * judged)) / (1 + square / judged)
    half = _Z * sqrt(share * (1 - share) / judged + square / (4 * judged * judged)) / (1 + square / judged)
    return round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)
