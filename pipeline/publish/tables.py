"""The events as tables that refer to each other: what a snapshot holds, in SQLite and in Parquet alike.

Each table is declared once, with what every column means; the database, the Parquet files, the checks and the codebook follow from that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from models.findings import AmountFound, ArticleFound, EventFound, ListMatch, PartyFound, Passage, QuantityFound
from models.vocabulary import (
    AmountRole,
    ArgumentRole,
    AttributionKind,
    Bound,
    DefinedEnum,
    EventType,
    FeedKind,
    Genericity,
    Label,
    Modality,
    Precision,
    QuantityRole,
    ReviewStatus,
)
from pipeline.publish.lines import as_line
from pipeline.publish.records import describe_fields, to_plain
from pipeline.query.flat import JOINED
from pipeline.text.moments import plain_time

__all__ = ["TABLES", "Column", "Kind", "Row", "Table", "event_rows", "passage_rows"]

Row = tuple[Any, ...]


class Kind(Enum):
    """What a column holds; times are UTC (in SQLite texts in ISO 8601 with Z), lists are texts with " | " between their values."""

    TEXT = "text"
    INTEGER = "integer"
    REAL = "number"
    FLAG = "yes or no"
    """In SQLite 1 or 0."""
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `refers` names the table and column that hold its values, `choices` the vocabulary they are of."""

    name: str
    kind: Kind
    text: str
    optional: bool = False
    refers: tuple[str, str] | None = None
    choices: type[DefinedEnum] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One table; `key` are the columns that name a row."""

    name: str
    text: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]


_CHOICES: Mapping[str, type[DefinedEnum]] = MappingProxyType(
    {
        "type": EventType,
        "modality": Modality,
        "genericity": Genericity,
        "status": ReviewStatus,
        "date_precision": Precision,
        "attribution": AttributionKind,
        "bound": Bound,
        "label": Label,
        "source_kind": FeedKind,
    }
)
"""The vocabulary of each field that has one and is called the same in every record."""

_KINDS = {str: Kind.TEXT, int: Kind.INTEGER, float: Kind.REAL, bool: Kind.FLAG, datetime: Kind.TIME}


def _columns(record: type, *names: str, **renamed: str) -> tuple[Column, ...]:
    """Return columns for fields of a record, in its words; `renamed` is column=field. A tuple of words becomes one text."""
    fields = {field.name: field for field in describe_fields(record)}
    wanted = {**{name: name for name in names}, **renamed}
    return tuple(
        Column(
            name,
            _KINDS.get(fields[field].kind, Kind.TEXT),
            fields[field].text,
            fields[field].optional,
            choices=_CHOICES.get(field),
        )
        for name, field in wanted.items()
    )


def _event_id(text: str = "Event.") -> Column:
    return Column("event_id", Kind.TEXT, text, refers=("events", "id"))


_NUMBER = Column("number", Kind.INTEGER, "Place in the list of the event, from 1.")


def _speaker() -> tuple[Column, ...]:
    return (
        Column("speaker_id", Kind.TEXT, "Entity that says so; null where it is none.", optional=True),
        Column("speaker", Kind.TEXT, "According to whom.", optional=True),
    )


_EVENTS = Table(
    "events",
    "One row per event, however many articles tell it.",
    (
        *_columns(EventFound, "id", "type", "subtype", "plover", "plover_contexts", "cameo", "quad_class", "modality", "genericity"),
        *_columns(EventFound, "background", "status", "date_start", "date_end", "date_precision"),
        Column("place_id", Kind.TEXT, "Entity of the place; null where it is none.", optional=True),
        Column("place", Kind.TEXT, "Where it happens.", optional=True),
        Column("place_country", Kind.TEXT, "ISO 3166 code of the place.", optional=True),
        Column("latitude", Kind.REAL, "Degrees north.", optional=True),
        Column("longitude", Kind.REAL, "Degrees east.", optional=True),
        *_speaker(),
        *_columns(EventFound, "attribution", "usd", "trigger", "trigger_start", "evidence", "first_published", "last_published"),
        *_columns(EventFound, "score", "n_mentions", "n_articles", "n_sources", "first_seen_at", "changed_at", "extractor_version"),
        Column(
            "digest", Kind.TEXT, "SHA-256 of the whole event but its time of change: where it is the same, nothing that is said is new."
        ),
    ),
    ("id",),
)

_ARTICLES = Table(
    "articles",
    "One row per article version that tells an event; the text stays with its publisher.",
    (
        *_columns(ArticleFound, "version", article_id="id"),
        *_columns(ArticleFound, *"url title publisher source_kind lang published_at".split()),
    ),
    ("version",),
)

_VERSION = Column("version", Kind.TEXT, "Article version.", refers=("articles", "version"))

_TELLINGS = Table(
    "tellings",
    "Which articles tell which event; the first one has the passage shown.",
    (_event_id(), _NUMBER, _VERSION),
    ("event_id", "number"),
)

_PARTY_ROLE = Column("role", Kind.TEXT, "actor, target or speaker.", choices=ArgumentRole)

_PARTIES = Table(
    "parties",
    "Who does it, to whom, and according to whom.",
    (_event_id(), _PARTY_ROLE, _NUMBER, *_columns(PartyFound, "name", "label", "country", "official", entity_id="id")),
    ("event_id", "role", "number"),
)

_MATCHES = Table(
    "matches",
    "Parties that are matched to an entry of a sanctions list: the machine's word until an editor accepts it.",
    (
        *(_event_id(), _PARTY_ROLE, _NUMBER),
        Column("match", Kind.INTEGER, "Place among the matches of the party, from 1."),
        *_columns(ListMatch, "source", "entry", "name", "programs", "score"),
    ),
    ("event_id", "role", "number", "match"),
)

_AMOUNTS = Table(
    "amounts",
    "Amounts of money and crypto assets.",
    (
        *(_event_id(), _NUMBER),
        *_columns(AmountFound, "text"),
        Column("role", Kind.TEXT, "What it is in the event.", choices=AmountRole),
        *_columns(AmountFound, "value", "value_max", "currency", "bound", "usd", "usd_basis", "article_id"),
    ),
    ("event_id", "number"),
)

_QUANTITIES = Table(
    "quantities",
    "Countings and measures.",
    (
        *(_event_id(), _NUMBER),
        Column("role", Kind.TEXT, "What is counted or measured.", choices=QuantityRole),
        *_columns(QuantityFound, "text", "value_min", "value_max", "bound", "unit"),
    ),
    ("event_id", "number"),
)

_MERGED = Table(
    "merged",
    "Ids that were given to an event before it was found to be another one.",
    (Column("id", Kind.TEXT, "Id that is no event of its own any more."), _event_id("Event that stands for it.")),
    ("id",),
)

_PASSAGES = Table(
    "passages",
    "Every passage that tells an event, with its place in the text of the article version.",
    (
        *_columns(Passage, "id"),
        _event_id("Event in force that it tells."),
        Column("stored_under", Kind.TEXT, "Event under which it was stored: the same, or one that was merged into it."),
        _VERSION,
        *_columns(Passage, "trigger", "trigger_start", "trigger_end", "evidence", "evidence_start", "evidence_end"),
        *_columns(Passage, "modality", "genericity", "cues"),
        *_speaker(),
        *_columns(Passage, "attribution", "score", "rules"),
    ),
    ("id",),
)

_FILLERS = Table(
    "fillers",
    "Who fills a role in one passage, and where it stands in the text.",
    (
        Column("passage_id", Kind.TEXT, "Passage.", refers=("passages", "id")),
        Column("number", Kind.INTEGER, "Place in the list of the passage, from 1."),
        Column("role", Kind.TEXT, "Role.", choices=ArgumentRole),
        *_columns(PartyFound, "name", "label", "country", entity_id="id"),
        Column("start", Kind.INTEGER, "First code point in the text of the version.", optional=True),
        Column("end", Kind.INTEGER, "Code point after it.", optional=True),
    ),
    ("passage_id", "number"),
)

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (_EVENTS, _ARTICLES, _TELLINGS, _PARTIES, _MATCHES, _AMOUNTS, _QUANTITIES, _MERGED, _PASSAGES, _FILLERS)
    }
)
"""Every table of a snapshot, those that others refer to first."""


# --- rows -----------------------------------------------------------------------------------------------------------


def event_rows(event: EventFound) -> Iterator[tuple[str, Row]]:
    """Yield the rows of one event, each with the name of its table; a row of `articles` may come again with another event."""
    place, speaker = event.place, event.speaker
    own = {
        **to_plain(event),
        "place_id": place and place.id,
        "place": place and place.name,
        "place_country": place and place.country,
        "latitude": place and place.latitude,
        "longitude": place and place.longitude,
        "speaker_id": speaker and speaker.id,
        "speaker": speaker and speaker.name,
        "digest": _digest(event),
    }
    yield "events", _row(_EVENTS, own)
    for number, article in enumerate(event.articles, start=1):
        yield "articles", _article(article)
        yield "tellings", (event.id, number, article.version)
    yield from _party_rows(event)
    numbered = (("amounts", _AMOUNTS, event.amounts), ("quantities", _QUANTITIES, event.quantities))
    for name, table, records in numbered:
        for number, record in enumerate(records, start=1):
            yield name, _row(table, {"event_id": event.id, "number": number, **to_plain(record)})
    for ident in event.merged:
        yield "merged", (ident, event.id)


def _party_rows(event: EventFound) -> Iterator[tuple[str, Row]]:
    roles: Sequence[tuple[ArgumentRole, Sequence[PartyFound]]] = (
        (ArgumentRole.ACTOR, event.actors),
        (ArgumentRole.TARGET, event.targets),
        (ArgumentRole.SPEAKER, (event.speaker,) if event.speaker else ()),
    )
    for role, parties in roles:
        for number, party in enumerate(parties, start=1):
            place = {"event_id": event.id, "role": role.value, "number": number}
            yield "parties", _row(_PARTIES, {**to_plain(party), **place, "entity_id": party.id})
            for count, match in enumerate(party.matches, start=1):
                yield "matches", _row(_MATCHES, {**to_plain(match), **place, "match": count})


def passage_rows(event_id: str, passage: Passage) -> Iterator[tuple[str, Row]]:
    """Yield the rows of one passage that tells the event in force with this id."""
    yield "articles", _article(passage.article)
    own = {name: getattr(passage, name) for name in passage.__slots__}
    speaker = passage.speaker
    told = {"event_id": event_id, "stored_under": passage.event_id, "version": passage.article.version}
    said = {"speaker_id": speaker and speaker.id, "speaker": speaker and speaker.name}
    yield "passages", _row(_PASSAGES, {**own, **told, **said})
    for number, (role, party, start, end) in enumerate(passage.parties, start=1):
        filler = {"passage_id": passage.id, "number": number, "role": role, "entity_id": party.id, "start": start, "end": end}
        yield "fillers", _row(_FILLERS, {**to_plain(party), **filler})


def _article(article: ArticleFound) -> Row:
    return _row(_ARTICLES, {**to_plain(article), "article_id": article.id})


def _row(table: Table, values: Mapping[str, Any]) -> Row:
    return tuple(_cell(values[column.name]) for column in table.columns)


def _cell(value: Any) -> Any:  # noqa: ANN401 - the value of a field
    if isinstance(value, datetime):
        return plain_time(value)
    if isinstance(value, list | tuple):
        return JOINED.join(value)
    return int(value) if isinstance(value, bool) else value


def _digest(event: EventFound) -> str:
    said = {name: value for name, value in to_plain(event).items() if name != "changed_at"}
    return sha256(as_line(said).encode()).hexdigest()
