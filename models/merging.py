"""Records of the question whether two stored events are one, of what was decided, and of what changed by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from models.vocabulary import ArgumentRole, DefinedEnum, EventType, Label, Modality, Precision

__all__ = [
    "MACHINE",
    "ChangeKind",
    "Decision",
    "EventSummary",
    "MergeRule",
    "MergeStatus",
    "Part",
    "Party",
    "Proposal",
    "Sum",
]

MACHINE = "machine"
"""Who decided, where it was no person."""


class MergeStatus(DefinedEnum):
    """What a decision says of two events."""

    MERGED = "merged", "They are one event: the second stands for the first."
    CANDIDATE = "candidate", "They may be one event: an editor is to decide."
    APART = "apart", "They are two events, whatever else says that they are one."


class MergeRule(DefinedEnum):
    """On what ground two events are one, or may be."""

    COPY = "copy", "Two copies of one text tell the same of it."
    VERSION = "version", "Two versions of one article tell the same."
    ONE_A_DAY = "one a day", "The same actor, kind and day, of acts that happen once a day at most."
    PARTY_AND_DAY = "party and day", "The same day and named party, of acts that these two make certain."
    PARTY_AND_AMOUNT = "party and amount", "The same named party and the same amount, and no date against it."
    SAME_WORDS = "same words", "Nearly the same words, of the same parties, with dates that agree."
    ALIKE = "alike", "Alike, but no rule makes it certain."


class ChangeKind(DefinedEnum):
    """What happened to an event, as the change feed tells it."""

    CREATED = "created", "It was read for the first time."
    CHANGED = "changed", "It was told again, or its counts changed."
    MERGED = "merged", "Another event stands for it from now on."
    UNMERGED = "unmerged", "It stands for itself again."
    WITHDRAWN = "withdrawn", "The newest reading of its article tells it no more; told again, it comes back as changed."


@dataclass(frozen=True, slots=True)
class Party:
    """An actor or target: `id` is that of its entity, or the name in lower case for a filler that is no entity."""

    id: str
    name: str
    role: ArgumentRole
    label: Label | None
    country: str | None

    @property
    def is_named(self) -> bool:
        """Tell whether it is a person, body, company or ship: someone more particular than a country or 'hackers'."""
        return self.label is not None and self.label not in {Label.PLACE, Label.WEAPON, Label.MALWARE}


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount told of an event, in units of its currency; `usd` where that is known."""

    value: float
    value_max: float | None
    currency: str | None
    usd: float | None


@dataclass(frozen=True, slots=True)
class EventSummary:
    """What is compared of one stored event.

    `versions` are the article versions that tell it, `cluster` the story of the latest of them and `is_copy` whether that is not
    the text which stands for the story. `seen` is the day on which the event was stored first; dates are ISO days, months or years.
    `evidence` are the sentences that tell it, as `(language, text)`.
    """

    id: str
    key: str
    article: str
    versions: frozenset[str]
    cluster: str | None
    is_copy: bool
    seen: date
    published: date | None
    type: EventType
    subtype: str | None
    modality: Modality
    habitual: bool
    date_start: str | None
    date_end: str | None
    precision: Precision
    place: str | None
    parties: tuple[Party, ...]
    sums: tuple[Sum, ...]
    evidence: tuple[tuple[str, str], ...]

    @property
    def rank(self) -> tuple[date, bool, date, str]:
        """Order in which events stand for others: seen first, no copy, published first, smallest id."""
        return (self.seen, self.is_copy, self.published or date.max, self.id)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a comparison: likeness from 0 to 1 (None where one side does not say), its weight, and why in words."""

    name: str
    value: float | None
    weight: float
    why: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """That two events are one (`merged`) or may be (`candidate`), the later of which is `loser`; `rule` says on what ground."""

    loser: str
    winner: str
    status: MergeStatus
    score: float
    rule: MergeRule
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision in force on two events; `by` is "machine" or the name of a person."""

    loser: str
    winner: str
    status: MergeStatus
    by: str
    at: datetime

    @property
    def pair(self) -> frozenset[str]:
        """The two events, in no order."""
        return frozenset((self.loser, self.winner))
