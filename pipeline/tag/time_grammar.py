"""What the English and the Korean time grammar share: atoms, their context, the cues, and the choice among overlapping atoms."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from models.vocabulary import Precision
from pipeline.tag.time_calendar import UNRESOLVED, Resolved, as_day, as_month, as_week, as_year, first_of, last_of, shift_months
from pipeline.text.yaml_lines import read_yaml

__all__ = [
    "Atom",
    "Context",
    "Rule",
    "TimeWords",
    "build_named_days",
    "join_alternatives",
    "load_time_words",
    "relative_day",
    "resolve_rules",
    "shift_time",
    "since",
    "span_of",
    "until",
]

Item = TypeVar("Item")

WORDS_PATH = Path(__file__).with_name("time_words.yaml")
_ANCHOR_REACH = 300
"""Characters within which a day before it is what "the previous day" goes back from: about two sentences."""


class TimeWords(BaseModel):
    """Cues of the time grammar; the head of the file explains each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    future_en: tuple[str, ...]
    report_en: tuple[str, ...]
    past_en: tuple[str, ...]
    subordinators_en: tuple[str, ...]
    eastern_datelines: tuple[str, ...]
    future_ko: tuple[str, ...]
    bare_months: tuple[str, ...]
    month_cues: tuple[str, ...]
    named_days: dict[str, date]


@cache
def load_time_words(path: Path = WORDS_PATH) -> TimeWords:
    """Read and check the cues. Raises ConfigurationError that names file, line and field."""
    return read_yaml(path).validate(TimeWords)


@dataclass(frozen=True, slots=True)
class Atom:
    """One expression of time that has been read."""

    start: int
    end: int
    resolved: Resolved


@dataclass(frozen=True, slots=True)
class Context:
    """What a resolver knows: the text, the publication day, and the times that the text spoke of before.

    `last_day` is the last day, `last` the last day, month or year, both only where they are near; `weekdays` holds the
    day that each name of a weekday meant last.
    """

    text: str
    published: date | None
    last_day: date | None = None
    last: Resolved | None = None
    weekdays: Mapping[str, date] = field(default_factory=dict)

    @property
    def anchor(self) -> date | None:
        """The day from which "the previous day" goes back."""
        return self.last_day or self.published


_DOT = re.compile(r"[·∙・‧.]")
Resolver = Callable[["re.Match[str]", Context], Resolved | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern and the function that reads its matches; None from it means that the match is no time at all."""

    pattern: re.Pattern[str]
    resolve: Resolver


def build_named_days() -> Rule:
    """Return the rule that reads what is named after its day ("6·25 전쟁")."""
    days = load_time_words().named_days
    names = join_alternatives(days).replace("·", _DOT.pattern)
    return Rule(
        re.compile(rf"(?<![\w.])(?:{names})"), lambda match, _: as_day(days[_DOT.sub("·", match[0]) if match[0][0].isdigit() else match[0]])
    )


def resolve_rules(rules: Sequence[Rule], text: str, published: date | None) -> list[Atom]:
    """Apply all rules and return atoms that do not overlap: of two the one that starts first, then the longer, then the earlier rule.

    They are read in order of the text, so that "the previous day" can go back from the day before it.
    """
    found = [(m.start(), -m.end(), rank, m, rule) for rank, rule in enumerate(rules) for m in rule.pattern.finditer(text)]
    return list(_read_in_order(sorted(found, key=lambda item: item[:3]), text, published))


def _read_in_order(found: Iterable[tuple[int, int, int, re.Match[str], Rule]], text: str, published: date | None) -> Iterator[Atom]:
    end = -1
    day, time = _Memory[date](), _Memory[Resolved]()
    weekdays: dict[str, date] = {}
    for start, _, _, match, rule in found:
        if start < end:
            continue
        resolved = rule.resolve(match, Context(text, published, day.near(start), time.near(start), weekdays))
        if resolved is None:
            continue
        end = match.end()
        if isinstance(resolved.value, str):
            time.keep(resolved, end)
            if resolved.precision is Precision.DAY:
                meant = date.fromisoformat(resolved.value)
                weekdays[match.groupdict().get("name") or ""] = meant
                if not _is_backward(match):
                    day.keep(meant, end)
        yield Atom(start, end, resolved)


@dataclass(slots=True)
class _Memory(Generic[Item]):
    """The last of something that a text spoke of, for as long as it is near."""

    item: Item | None = None
    at: int = 0

    def keep(self, item: Item, at: int) -> None:
        self.item, self.at = item, at

    def near(self, start: int) -> Item | None:
        return self.item if start - self.at <= _ANCHOR_REACH else None


def _is_backward(match: re.Match[str]) -> bool:
    """Tell whether "last" or 지난 marks the day as background: the story's own day stays the anchor then."""
    groups = match.groupdict()
    return (groups.get("pre") or groups.get("rel") or "").lower() in ("지난", "last")


def relative_day(day: date | None, days: int) -> Resolved:
    """Return the day `days` after `day`, unresolved where that is unknown."""
    return UNRESOLVED if day is None else as_day(day + timedelta(days=days))


def shift_time(time: Resolved, unit: str, count: int) -> Resolved:
    """Return the time `count` units ("day", "week", "month", "year") after a day, month or year, as coarse as the coarser of both.

    Unresolved where the unit is finer than the time ("two days later" after "in May").
    """
    if not isinstance(time.value, str):
        return UNRESOLVED
    parts = [int(part) for part in time.value.split("-")]
    if unit == "year":
        return as_year(parts[0] + count)
    if unit == "month" and len(parts) > 1:
        return as_month(*shift_months(parts[0], parts[1], count))
    if unit in ("day", "week") and len(parts) > 2:
        day = date(*parts)
        return as_day(day + timedelta(days=count)) if unit == "day" else as_week(day, count)
    return UNRESOLVED


def span_of(start: Resolved, end: Resolved) -> Resolved:
    """Return the time from the start of one value to the end of another; unresolved where the one is not before the other."""
    first, last = first_of(start.value), last_of(end.value)
    if first is None or last is None or first > last:
        return UNRESOLVED
    return Resolved((first, last), Precision.RANGE)


def since(start: Resolved, published: date | None) -> Resolved:
    """Return the time from the start of a value to the publication day, open where that is unknown; what lies ahead stays as it is."""
    first = first_of(start.value)
    if first is None or (published is not None and first > published.isoformat()):
        return start
    return Resolved((first, published.isoformat() if published else None), Precision.RANGE)


def until(end: Resolved) -> Resolved:
    """Return the time up to the last day of a value, with an open start."""
    return end if end.value is None else Resolved((None, last_of(end.value, exact=True)), Precision.RANGE)


def join_alternatives(words: Iterable[str]) -> str:
    """Return an alternation of literal words, longest first."""
    return "|".join(re.escape(word) for word in sorted(set(words), key=lambda w: (-len(w), w)))
