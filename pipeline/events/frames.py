"""Frames: which words tell which event, and where its actors and targets stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from models.vocabulary import AmountRole, EventType, Label, Modality, QuantityRole
from pipeline.events.hangul_patterns import HangulPattern
from pipeline.events.patterns import Pattern
from pipeline.events.words import WordLists

__all__ = ["SLOTS", "Example", "Frame", "Language", "Rule"]

SLOTS = frozenset(
    {
        *(
            "subject",
            "object",
            "by",
            "possessor",
            "owner",
            "self",
            "any",
            "on",
            "against",
            "to",
            "with",
            "between",
            "among",
            "from",
            "of",
            "for",
            "at",
            "in",
        ),
        *("into", "over", "toward", "towards", "via", "through", "under", "across", "upon", "targeting"),
    },
)
"""Where an argument may stand. All but the first seven are prepositions; Korean particles are mapped to them."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One way in which a frame's event is told. `near` and `unless` are classes that the sentence must or must not hold.

    An `anaphor` only adds a mention to an event told before; a `lead` rule counts in the opening of the story alone.
    """

    id: str
    subtype: str | None
    patterns: tuple[Pattern | HangulPattern, ...]
    actor: tuple[str, ...]
    target: tuple[str, ...]
    place: tuple[str, ...]
    symmetric: bool
    near: str | None
    unless: str | None
    article: str | None
    modality: Modality | None
    amount: AmountRole | None
    anaphor: bool
    lead: bool
    score: float
    rank: int
    """Place in its file: of two matches of equal length the later, more special rule counts."""


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence of our own that must, or must not, yield an event of the frame; names are marked [name/LABEL]."""

    text: str
    positive: bool
    subtype: str | None
    modality: Modality | None
    actor: str | None
    target: str | None


@dataclass(frozen=True, slots=True)
class Frame:
    """All rules of one type in one language. `labels` gives the labels that each role admits."""

    type: EventType
    rules: tuple[Rule, ...]
    negative: tuple[Pattern | HangulPattern, ...]
    labels: Mapping[str, frozenset[Label]]
    amount: AmountRole | None
    quantities: frozenset[QuantityRole]
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Language:
    """The whole lexicon of one language."""

    code: str
    frames: tuple[Frame, ...]
    words: WordLists
