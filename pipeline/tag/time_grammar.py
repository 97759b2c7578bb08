"""What the English and the Korean time grammar share: atoms, their context, the cues, and the choice among overlapping atoms."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from models.vocabulary import Precision
from pipeline.tag.time_calendar import UNRESOLVED, Resolved, as_day, first_of, last_of
from pipeline.text.yaml_lines import read_yaml

__all__ = [
    "Atom",
    "Context",
    "Rule",
    "TimeWords",
    "join_alternatives",
    "load_time_words",
    "relative_day",
    "resolve_rules",
    "since",
    "span_of",
    "until",
]

WORDS_PATH = Path(__file__).with_name("time_words.yaml")
_ANCHOR_REACH = 300
"""Characters within which a day before it is what "the previous day" goes back from: about two sentences."""


class TimeWords(BaseModel):
    """Cues of the time grammar; the head of the file explains each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    future_en: tuple[str, ...]
    report_en: tuple[str, ...]
    future_ko: tuple[str, ...]
    bare_months: tuple[str, ...]
    month_cues: tuple[str, ...]


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
    """What a resolver knows: the text, the publication day, and the day that the text spoke of last."""

    text: str
    published: date | None
    last_day: date | None = None

    @property
    def anchor(self) -> date | None:
        """The day from which "the previous day" goes back."""
        return self.last_day or self.published


Resolver = Callable[["re.Match[str]", Context], Resolved | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern and the function that reads its matches; None from it means that the match is no time at all."""

    pattern: re.Pattern[str]
    resolve: Resolver


def resolve_rules(rules: Sequence[Rule], text: str, published: date | None) -> list[Atom]:
    """Apply all rules and return atoms that do not overlap: of two the one that starts first, then the longer, then the earlier rule.

    They are read in order of the text, so that "the previous day" can go back from the day before it.
    """
    found = [(m.start(), -m.end(), rank, m, rule) for rank, rule in enumerate(rules) for m in rule.pattern.finditer(text)]
    return list(_read_in_order(sorted(found, key=lambda item: item[:3]), text, published))


def _read_in_order(found: Iterable[tuple[int, int, int, re.Match[str], Rule]], text: str, published: date | None) -> Iterator[Atom]:
    end, last_day, last_at = -1, None, -_ANCHOR_REACH
    for start, _, _, match, rule in found:
        if start < end:
            continue
        day = last_day if start - last_at <= _ANCHOR_REACH else None
        resolved = rule.resolve(match, Context(text, published, day))
        if resolved is None:
            continue
        end = match.end()
        if isinstance(resolved.value, str) and resolved.precision is Precision.DAY and not _is_backward(match):
            last_day, last_at = date.fromisoformat(resolved.value), end
        yield Atom(start, end, resolved)


def _is_backward(match: re.Match[str]) -> bool:
    """Tell whether "last" or 지난 marks the day as background: the story's own day stays the anchor then."""
    groups = match.groupdict()
    return (groups.get("pre") or groups.get("rel") or "").lower() in ("지난", "last")


def relative_day(day: date | None, days: int) -> Resolved:
    """Return the day `days` after `day`, unresolved where that is unknown."""
    return UNRESOLVED if day is None else as_day(day + timedelta(days=days))


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
