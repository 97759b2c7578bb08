"""What a reader of the database asks for: one filter, of which the command line, the Python and REST interfaces, the pages and every export are faces.

`FIELDS` declares every field once. A filter is written as `name=value` pairs, in a query string or as options: a name given twice means
"either", different names mean "and", and "!" before a value means "not". The same pairs always give the same events.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from models.vocabulary import ArgumentRole, DefinedEnum, EventType, FeedKind, Label, Modality, Precision, ReviewStatus

__all__ = ["DEFAULT_LIMIT", "FIELDS", "MOST_ON_A_PAGE", "EntityFilter", "EventFilter", "Field", "FieldKind", "Page", "Sort"]

DEFAULT_LIMIT = 50
MOST_ON_A_PAGE = 500
"""Rows of one page at most; exports have no such limit."""


class FieldKind(StrEnum):
    """How the value of a field is written and checked."""

    CHOICE = "choice"
    """One of `Field.choices`; may be repeated and negated."""
    CODE = "code"
    """A short code that is compared exactly, without regard to case; may be repeated and negated."""
    NAME = "name"
    """The id of an entity, or words of a name in any spelling; may be repeated and negated."""
    FLAG = "flag"
    """"yes" or "no"."""
    DAY = "day"
    """A day, month or year: 2025-11-04, 2025-11, 2025."""
    INSTANT = "instant"
    """A day, or a time with its zone in ISO 8601."""
    NUMBER = "number"
    """A number, not negative; 1500000, 1_500_000 and 1.5e6 are one."""
    TEXT = "text"
    """Words to search for; "…" keeps them together, "-word" leaves out, "or" between two means either."""

    @property
    def repeats(self) -> bool:
        """Whether a field of this kind takes several values."""
        return self in {FieldKind.CHOICE, FieldKind.CODE, FieldKind.NAME}


class Sort(DefinedEnum):
    """Order of events. Ties are broken by the id, so that an order is always the same."""

    NEWEST = "newest", "By the day of the event, latest first; without a day last."
    OLDEST = "oldest", "By the day of the event, earliest first; without a day last."
    PUBLISHED = "published", "By the first publication, latest first; without one last."
    CHANGED = "changed", "By the last change in the database, latest first."
    AMOUNT = "amount", "By the largest amount in US dollars, largest first; without one last."
    SOURCES = "sources", "By the number of independent sources, most first."
    SCORE = "score", "By the score, surest first."


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the filter.

    `name` is the key in a query string, the attribute of `EventFilter`, and with hyphens the option of the command line.
    """

    name: str
    kind: FieldKind
    help: str
    example: str
    choices: tuple[DefinedEnum, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events to find. Fields that are None or empty do not filter; `FIELDS` says what each means.

    Values of one field are alternatives; "!" before a value excludes what has it. Make one with `pipeline.query.parse_filter`, which
    checks every value: this record does not. Events that an editor rejected are found only where `status` asks for them.
    """

    type: tuple[str, ...] = ()
    subtype: tuple[str, ...] = ()
    modality: tuple[str, ...] = ()
    background: bool | None = None
    status: tuple[str, ...] = ()
    party: tuple[str, ...] = ()
    actor: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    entity: tuple[str, ...] = ()
    role: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    speaker: tuple[str, ...] = ()
    list: tuple[str, ...] = ()
    program: tuple[str, ...] = ()
    official: bool | None = None
    amount_min: float | None = None
    amount_max: float | None = None
    currency: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    date_precision: tuple[str, ...] = ()
    published_since: str | None = None
    published_until: str | None = None
    publisher: tuple[str, ...] = ()
    source_kind: tuple[str, ...] = ()
    lang: tuple[str, ...] = ()
    score_min: float | None = None
    q: str | None = None
    changed_since: str | None = None


def _choice(name: str, vocabulary: type[DefinedEnum], text: str) -> Field:
    choices = tuple(vocabulary)
    return Field(name, FieldKind.CHOICE, text, choices[0].value, choices)


FIELDS: tuple[Field, ...] = (
    _choice("type", EventType, "Type of event."),
    Field("subtype", FieldKind.CODE, "Subtype of event, as in docs/codebook.md.", "impose"),
    _choice("modality", Modality, "What is said of the event: told as fact, alleged, planned and so on."),
    Field("background", FieldKind.FLAG, "Only events told as background (yes), or only news (no).", "no"),
    _choice("status", ReviewStatus, "Where the event stands between machine and editor."),
    Field("party", FieldKind.NAME, "Name or id of an actor or target.", "Lazarus Group"),
    Field("actor", FieldKind.NAME, "Name or id of who does it.", "OFAC"),
    Field("target", FieldKind.NAME, "Name or id of whom it is done to.", "kb:kp"),
    Field("entity", FieldKind.NAME, "Name or id in any role, or in those that `role` names.", "Kim Jong Un"),
    _choice("role", ArgumentRole, "The role in which `entity` must be; means nothing without it."),
    Field("country", FieldKind.CODE, "Country of an actor or target, as ISO 3166 code.", "KP"),
    Field("place", FieldKind.NAME, "Name or id of where it happens.", "Pyongyang"),
    Field("speaker", FieldKind.NAME, "Name or id of who says so.", "Joint Chiefs of Staff"),
    Field("list", FieldKind.CODE, "Sanctions list that an actor or target is matched to, entry of one, or any.", "us_ofac_sdn"),
    Field("program", FieldKind.CODE, "Sanctions programme of such an entry.", "DPRK3"),
    Field("official", FieldKind.FLAG, "Whether an actor, target or speaker is an official.", "yes"),
    Field("amount_min", FieldKind.NUMBER, "Least amount, in US dollars or in `currency`.", "1000000"),
    Field("amount_max", FieldKind.NUMBER, "Greatest amount, in US dollars or in `currency`.", "2e9"),
    Field("currency", FieldKind.CODE, "Currency of an amount, as ISO 4217 or crypto code; amounts are then counted in it.", "KRW"),
    Field("since", FieldKind.DAY, "The event happened on this day or later.", "2025-01"),
    Field("until", FieldKind.DAY, "The event happened on this day or earlier; a month or year counts to its end.", "2025"),
    _choice("date_precision", Precision, "How exactly the day of the event is known."),
    Field("published_since", FieldKind.DAY, "First published on this day (UTC) or later.", "2025-11-04"),
    Field("published_until", FieldKind.DAY, "First published on this day (UTC) or earlier.", "2025-11-30"),
    Field("publisher", FieldKind.CODE, "Publisher of an article that tells it, as its name stands in feeds.yaml.", "Yonhap News Agency"),
    _choice("source_kind", FeedKind, "Kind of source that tells it."),
    Field("lang", FieldKind.CODE, "Language of an article that tells it.", "ko"),
    Field("score_min", FieldKind.NUMBER, "Least score of the event, 0 to 1.", "0.8"),
    Field("q", FieldKind.TEXT, "Words in the passages, headlines and names of the event, in English and Korean.", '"stolen funds" -bybit'),
    Field("changed_since", FieldKind.INSTANT, "Changed in the database since then.", "2026-01-01T00:00:00Z"),
)
"""Every field of `EventFilter`, in the order in which people are shown them."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of what was found: `cursor` is `Found.next` of the page before, which fixes its sort too."""

    sort: Sort = Sort.NEWEST
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class EntityFilter:
    """Which entities to list, most often named first.

    `name` is an id, or words of a name in any spelling. `cursor` is `EntitiesFound.next` of the page before.
    """

    labels: tuple[Label, ...] = ()
    name: str | None = None
    listed: bool = False
    officials: bool = False
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None
