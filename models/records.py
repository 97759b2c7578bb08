"""Frozen records that travel between the stages.

They hold no database rows and no spaCy objects. All offsets are Unicode code points into one version of one
article's text, so `text[record.start:record.end] == record.text` holds for every record with a span. All times
are aware and in UTC; the zone a source gave is kept beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from models.vocabulary import (
    AmountRole,
    AttributionKind,
    BodyStatus,
    Bound,
    CandidateReason,
    DateSource,
    EventType,
    Genericity,
    Label,
    Modality,
    Precision,
    QuantityRole,
    RelationKind,
    Via,
)
from models.zones import local_day

__all__ = [
    "Amount",
    "Analysis",
    "Argument",
    "Article",
    "Candidate",
    "Cut",
    "Event",
    "EventAmount",
    "EventMention",
    "EventRelation",
    "FeedEntry",
    "Identifier",
    "Link",
    "Linking",
    "Maker",
    "Mention",
    "Page",
    "Publication",
    "Quantity",
    "Quote",
    "Span",
    "Tagging",
    "TimeExpression",
    "Token",
]


@dataclass(frozen=True, slots=True)
class Maker:
    """Which component, in which version, made a record."""

    component: str
    version: str


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one article's text."""

    start: int
    end: int
    text: str

    def overlaps(self, start: int, end: int) -> bool:
        """Tell whether any character is shared with `start:end`."""
        return self.start < end and start < self.end


# --- fetch -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One item of a feed, as the feed gives it."""

    feed_id: str
    guid: str
    url: str
    title: str
    summary: str
    content: str
    published_raw: str | None
    published_at: datetime | None
    updated_raw: str | None = None
    published_zone: str | None = None
    """Zone or offset of `published_at` as the feed gave it, or the feed's default."""


@dataclass(frozen=True, slots=True)
class Page:
    """One fetched body, not yet interpreted."""

    url: str
    final_url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    sha256: str
    fetched_at: datetime


# --- extract ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Publication:
    """When an article was published.

    `at` is in UTC; `zone` is the zone or offset the source gave ("+09:00", "Asia/Seoul"), None where it gave none
    and none was configured. `precision` is "minute" or "day"; for "day" the calendar day is the one in `zone`.
    """

    at: datetime
    raw: str
    zone: str | None
    source: DateSource
    precision: str

    @property
    def day(self) -> date:
        """The calendar day in the source's own zone, against which relative dates are resolved."""
        return local_day(self.at, self.zone)


@dataclass(frozen=True, slots=True)
class Article:
    """One version of one article: what the language stages read.

    `furniture` lists `(start, end)` ranges of the text that are no part of the story (wire headers, bylines, share
    buttons). Names in them are names; amounts, dates and events are not looked for there, and they do not count when
    copies are compared. `removed` are paragraphs of boilerplate that were cut before the text became final.
    """

    id: str
    text: str
    lang: str
    title: str = ""
    url: str = ""
    publisher: str = ""
    publication: Publication | None = None
    body_status: BodyStatus = BodyStatus.FULL
    korea: bool = True
    korea_score: float = 1.0
    furniture: tuple[tuple[int, int], ...] = ()
    dateline: Span | None = None
    removed: tuple[str, ...] = ()


# --- tag -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `head` is the index of its head in the token list and None where there is no parse."""

    start: int
    end: int
    text: str
    lemma: str
    tag: str = ""
    dep: str = ""
    head: int | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """One named mention. `entity` is a knowledge-base id ("kb:…") or "doc:N", shared within the article.

    `via` tells how the entity was decided; `maker` is the rule, gazetteer or model that found the span.
    """

    start: int
    end: int
    text: str
    label: Label
    entity: str
    name: str
    maker: Maker
    score: float
    official: bool = False
    role: str | None = None
    affiliation: str | None = None
    country: str | None = None
    metonym: bool = False
    via: Via = Via.DIRECT


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that may be a name but was not taken as a mention: kept for review, and read by no later stage.

    `score` is the maker's own, probability-like, that the span is a name with this label. Candidates may overlap mentions
    and one another.
    """

    start: int
    end: int
    text: str
    label: Label
    maker: Maker
    score: float
    reason: CandidateReason


@dataclass(frozen=True, slots=True)
class Amount:
    """One expression of money or crypto assets.

    `value` is in units of `currency` (ISO 4217 code or ticker) and None where the text gives no number. Amounts that
    restate each other share `group`. `usd_basis` is "stated", "converted:YYYY" or None.
    """

    start: int
    end: int
    text: str
    value: float | None
    currency: str | None
    bound: Bound
    maker: Maker
    group: int | None = None
    value_max: float | None = None
    derived_from: int | None = None
    usd: float | None = None
    usd_basis: str | None = None


@dataclass(frozen=True, slots=True)
class TimeExpression:
    """One expression of time, resolved against the publication day where that is known.

    `value` is an ISO day, month or year; or a pair `(start, end)` of such, of which one may be None (open end).
    """

    start: int
    end: int
    text: str
    value: str | tuple[str | None, str | None] | None
    precision: Precision
    maker: Maker


@dataclass(frozen=True, slots=True)
class Quote:
    """One quotation, marks included."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Tagging:
    """Everything the tag stage says of one article; every tuple is in order of the text."""

    tokens: tuple[Token, ...]
    sentences: tuple[tuple[int, int], ...]
    mentions: tuple[Mention, ...]
    amounts: tuple[Amount, ...]
    times: tuple[TimeExpression, ...]
    quotes: tuple[Quote, ...]
    candidates: tuple[Candidate, ...] = ()


# --- link ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Link:
    """That an entity of the article is an entry of a sanctions list.

    `entry` is `source:source_id`; `status` is "auto" (shown), "review" or "rejected" (kept for audit). `written` is the name in the
    article and `alias` the known name that it equals or resembles, `likeness` how much, 0 to 1, and `comparison` why (by syllable or
    word). `evidence` is what was found for and against it, as `(kind, weight in log-odds)`.
    """

    entity: str
    entry: str
    source: str
    list_version: str
    name: str
    score: float
    why: str
    status: str
    maker: Maker
    written: str = ""
    alias: str = ""
    likeness: float = 1.0
    comparison: str = ""
    evidence: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number or address in the text that a list gives for an entity: `kind` is imo, wallet, passport or swift.

    `entity`, `label` and `name` are those of the knowledge base.
    """

    start: int
    end: int
    text: str
    kind: str
    entity: str
    label: Label
    name: str
    maker: Maker


@dataclass(frozen=True, slots=True)
class Linking:
    """The mentions with their entities decided, the list entries of those entities, and the identifiers of listed ones in the text."""

    mentions: tuple[Mention, ...]
    links: tuple[Link, ...]
    identifiers: tuple[Identifier, ...] = ()


# --- events ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Argument:
    """One filler of a role. `entity` is None for nominal fillers; `start` is None only for implicit ones."""

    start: int | None
    end: int | None
    text: str
    name: str
    entity: str | None
    via: Via
    score: float


@dataclass(frozen=True, slots=True)
class EventAmount:
    """An amount (index into `Tagging.amounts`) in its role in the event."""

    amount: int
    role: AmountRole


@dataclass(frozen=True, slots=True)
class Quantity:
    """A counting or measure of the event that is no money."""

    start: int
    end: int
    text: str
    role: QuantityRole
    value_min: float
    value_max: float
    bound: Bound
    unit: str


@dataclass(frozen=True, slots=True)
class EventMention:
    """One passage that tells an event, with the evidence for every field of it."""

    trigger: Span
    evidence: Span
    modality: Modality
    genericity: Genericity
    cues: tuple[str, ...]
    speaker: Argument | None
    attribution: AttributionKind
    actors: tuple[Argument, ...]
    targets: tuple[Argument, ...]
    place: Argument | None
    amounts: tuple[EventAmount, ...]
    quantities: tuple[Quantity, ...]
    time: int | None
    """Index into `Tagging.times` of the expression that dates this mention."""
    core: bool
    score: float
    rules: tuple[str, ...]
    """Ids of the frame, trigger and argument rules that fired, for `explain` and for audit."""


@dataclass(frozen=True, slots=True)
class Event:
    """One real-world event as one article tells it, with every passage that tells it.

    `key` is unique within the article and made from content, so it is the same on every run.
    """

    key: str
    type: EventType
    subtype: str | None
    modality: Modality
    background: bool
    date: str | tuple[str | None, str | None] | None
    precision: Precision
    score: float
    actors: tuple[Argument, ...]
    targets: tuple[Argument, ...]
    place: Argument | None
    speaker: Argument | None
    amounts: tuple[EventAmount, ...]
    mentions: tuple[EventMention, ...]
    maker: Maker


@dataclass(frozen=True, slots=True)
class EventRelation:
    """A relation between two events of one article, by their keys."""

    source: str
    target: str
    kind: RelationKind
    score: float


@dataclass(frozen=True, slots=True)
class Cut:
    """A sentence that is too long to be read as one, such as a table without full stops: events are read in its pieces one by one."""

    start: int
    end: int
    words: int
    pieces: int

    def __str__(self) -> str:
        """Return the sentence that is shown to people."""
        return (
            f"characters {self.start}-{self.end}: {self.words} words without the end of a sentence were read for events in {self.pieces} pieces; "
            "who acts in one piece is not seen in another"
        )


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that the language stages say of one article."""

    article: Article
    tagging: Tagging
    linking: Linking
    events: tuple[Event, ...] = ()
    relations: tuple[EventRelation, ...] = field(default=())
    cuts: tuple[Cut, ...] = ()
