"""Sentences with marks on what they tell, and days and sums in the words of people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from models.findings import AmountFound, EventFound, PartyFound, Passage
from pipeline.text.printable import printable

__all__ = [
    "Mark",
    "Segment",
    "date_words",
    "day_words",
    "is_korean",
    "mark_passage",
    "mark_text",
    "mark_trigger",
    "money_words",
    "period_words",
    "short_number",
]

_HANGUL = range(0xAC00, 0xD7A4)
_PLACE_IN_TITLE = {"trigger": "trigger: the word that tells it", "cue": "word that decides how it is told"}
_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STEPS = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"))


@dataclass(frozen=True, slots=True)
class Mark:
    """That a stretch of a text is the trigger, a party, an amount or a cue; `start` and `end` are code points of the text."""

    kind: str
    title: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a text under the same marks: `kind` is the look of the shortest of them, None where there is none."""

    text: str
    kind: str | None = None
    title: str = ""


def mark_text(text: str, marks: Iterable[Mark]) -> tuple[Segment, ...]:
    """Return the text in pieces, in order; together they are the text. Marks that leave it are cut to it."""
    held = [cut for mark in marks if (cut := _cut(mark, len(text))) is not None]
    borders = sorted({0, len(text), *(border for mark in held for border in (mark.start, mark.end))})
    shown = printable(text)
    return tuple(
        _segment(shown[start:end], [mark for mark in held if mark.start <= start and end <= mark.end]) for start, end in pairwise(borders)
    )


def mark_trigger(event: EventFound) -> tuple[Segment, ...]:
    """Return the passage that an event is shown with, its trigger marked."""
    end = event.trigger_start + len(event.trigger)
    told = event.trigger_start >= 0 and event.evidence[event.trigger_start : end] == event.trigger
    return mark_text(event.evidence, [Mark("trigger", _PLACE_IN_TITLE["trigger"], event.trigger_start, end)] if told else [])


def mark_passage(passage: Passage) -> tuple[Segment, ...]:
    """Return a passage with its trigger, parties, amounts and the words that decided its modality marked.

    Places of triggers and parties are those of the article's text. Amounts and cues have no place of their own: the first time that the
    passage has their words is marked.
    """
    return mark_text(passage.evidence, _marks(passage))


def _marks(passage: Passage) -> Iterator[Mark]:
    shift = passage.evidence_start
    yield Mark("trigger", _PLACE_IN_TITLE["trigger"], passage.trigger_start - shift, passage.trigger_end - shift)
    for role, party, start, end in passage.parties:
        if start is not None and end is not None:
            yield Mark(role, _named(role, party), start - shift, end - shift)
    for amount in passage.amounts:
        yield from _found("amount", f"amount: {amount.role}", amount.text, passage.evidence)
    for cue in passage.cues:
        yield from _found("cue", _PLACE_IN_TITLE["cue"], cue, passage.evidence)


def _named(role: str, party: PartyFound) -> str:
    return f"{role}: {printable(party.name)}"


def _found(kind: str, title: str, words: str, text: str) -> Iterator[Mark]:
    """Yield the first place of the words in the text: as words of their own, or else as a part of one, as Korean endings are."""
    if not words:
        return
    start = found.start() if (found := re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text)) else text.find(words)
    if start >= 0:
        yield Mark(kind, title, start, start + len(words))


def _cut(mark: Mark, length: int) -> Mark | None:
    start, end = max(mark.start, 0), min(mark.end, length)
    return Mark(mark.kind, mark.title, start, end) if start < end else None


def _segment(text: str, over: list[Mark]) -> Segment:
    if not over:
        return Segment(text)
    titles = dict.fromkeys(mark.title for mark in over)
    return Segment(text, min(over, key=lambda mark: mark.end - mark.start).kind, "; ".join(titles))


def is_korean(text: str | None) -> bool:
    """Return whether a text has a Hangul syllable, so that screen readers and hyphenation take it for Korean."""
    return any(ord(letter) in _HANGUL for letter in text or "")


def period_words(day: str | None) -> str:
    """Return an ISO day, month or year as people write it: 4 Nov 2025, Nov 2025, 2025; "" for none."""
    if not day:
        return ""
    year, *rest = day.split("-")
    month = f"{_MONTHS[int(rest[0])]} {year}" if rest else year
    return f"{int(rest[1])} {month}" if len(rest) > 1 else month


def date_words(event: EventFound) -> str:
    """Return when an event happens, in words that say how exactly it is known."""
    start, end = event.date_start, event.date_end
    if not start and not end:
        return "no date"
    if start and end and start != end:
        return f"{period_words(start)} to {period_words(end)}"
    return period_words(start or end)


def day_words(moment: datetime | date | None) -> str:
    """Return the day of a time (UTC) as people write it, "" for none."""
    return "" if moment is None else f"{moment.day} {_MONTHS[moment.month]} {moment.year}"


def short_number(value: float) -> str:
    """Return a number in few characters: 1.46bn, 2.5m, 12,500, 3."""
    if value < _STEPS[-1][0]:
        return f"{value:,.0f}" if value >= 1 or value == 0 else f"{value:.2g}"
    # Rounded first: 999.99 million are 1 billion.
    rounded = float(f"{value:.3g}")
    step, letter = next((step, letter) for step, letter in _STEPS if rounded >= step)
    return f"{rounded / step:,g}{letter}"


def money_words(amount: AmountFound) -> str:
    """Return an amount as the text has it, and its worth in dollars where the text gives another currency."""
    words = printable(amount.text)
    if amount.usd is None or amount.currency == "USD":
        return words
    return f"{words} (about US${short_number(amount.usd)})"
