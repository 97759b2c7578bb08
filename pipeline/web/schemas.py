"""The shapes of answers. Events, entities and what belongs to them are the records of `models.findings`; around them are the few records
below. `model_of` makes of each a model for the OpenAPI description, with the words at its fields, so that nothing is described twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from models.findings import (
    AmountFound,
    ArticleFound,
    EntityFound,
    EventFound,
    Facet,
    Passage,
    PlaceCount,
    Relation,
    SourceFound,
    Timeline,
    TimePoint,
)
from pipeline.publish.manifest import Manifest
from pipeline.publish.records import describe_fields, record_name, record_summary
from pipeline.store.search import ArticleView

__all__ = [
    "AmountOfEvent",
    "AmountSpan",
    "AmountsAnswer",
    "ArticleAnswer",
    "ChangeLine",
    "ChangesAnswer",
    "CodebookAnswer",
    "CountAnswer",
    "EntitiesAnswer",
    "EntityAnswer",
    "EventAnswer",
    "EventSpan",
    "EventsAnswer",
    "FacetsAnswer",
    "FieldDefined",
    "FilterField",
    "IdentifierSpan",
    "LinkFound",
    "NameSpan",
    "PlacesAnswer",
    "RecordDefined",
    "SnapshotsAnswer",
    "SourcesAnswer",
    "TimeSpan",
    "TimelineAnswer",
    "ValueDefined",
    "VersionInShort",
    "VocabularyDefined",
    "article_answer",
    "model_of",
    "pick",
]

T = TypeVar("T")

Query = Annotated[str, "The filter as a query string, in its canonical form: equal filters have equal ones."]
Description = Annotated[str, "The filter in words."]
Next = Annotated[str | None, "Cursor of the page after this; null on the last one."]
NextUrl = Annotated[str | None, "Address of the page after this, as in the header Link; null on the last one."]
Start = Annotated[int, "First code point in the text of the version."]
End = Annotated[int, "Code point after the last."]
Maker = Annotated[str, "Component that found it."]
MakerVersion = Annotated[str, "Its version."]


@dataclass(frozen=True, slots=True)
class EventsAnswer:
    """One page of events."""

    query: Query
    description: Description
    events: Annotated[tuple[EventFound, ...], "Events in the order asked for."]
    next: Next
    next_url: NextUrl


@dataclass(frozen=True, slots=True)
class EventAnswer:
    """One event with every passage that tells it."""

    event: EventFound
    merged_into: Annotated[str | None, "Where another event stands for the one asked for, its id: `event` is that one; else null."]
    passages: Annotated[tuple[Passage, ...], "Every passage that tells it, in the newest version of each article."]
    relations: Annotated[tuple[Relation, ...], "Relations to other events."]


@dataclass(frozen=True, slots=True)
class CountAnswer:
    """How many events there are."""

    query: Query
    description: Description
    total: Annotated[int, "Events that the filter finds."]


@dataclass(frozen=True, slots=True)
class FacetsAnswer:
    """How the events that a filter finds spread over the values of fields."""

    query: Query
    description: Description
    total: Annotated[int, "Events that the filter finds."]
    facets: Annotated[tuple[Facet, ...], "The commonest values of each field; an event counts under each of its values."]


@dataclass(frozen=True, slots=True)
class TimelineAnswer:
    """Events over time."""

    query: Query
    description: Description
    by: Annotated[str, "day, month or year."]
    points: Annotated[tuple[TimePoint, ...], "Periods with their events, oldest first; periods without events are left out."]
    coarser: Annotated[
        tuple[TimePoint, ...], "Events known to the month or year alone where periods are shorter: by that month or year, oldest first."
    ]
    longer: Annotated[int, "Events whose date reaches over several years."]
    undated: Annotated[int, "Events without a date."]


@dataclass(frozen=True, slots=True)
class PlacesAnswer:
    """Where the events that a filter finds happen."""

    query: Query
    description: Description
    places: Annotated[tuple[PlaceCount, ...], "Places with the most events first, equal ones by their name."]
    others: Annotated[int, "How many more places there are."]
    placeless: Annotated[int, "Events without a place."]


@dataclass(frozen=True, slots=True)
class AmountOfEvent:
    """One amount with the event that it belongs to."""

    event_id: Annotated[str, "Event."]
    type: Annotated[str, "Type of the event."]
    date_start: Annotated[str | None, "First day, month or year of the event."]
    modality: Annotated[str, "What is said of the event."]
    speaker: Annotated[str | None, "According to whom the event happened."]
    amount: AmountFound


@dataclass(frozen=True, slots=True)
class AmountsAnswer:
    """Amounts of the events on one page."""

    query: Query
    description: Description
    amounts: Annotated[tuple[AmountOfEvent, ...], "Amounts, event after event in the order asked for."]
    next: Next
    next_url: NextUrl


@dataclass(frozen=True, slots=True)
class EntitiesAnswer:
    """Entities of one page, most often named first."""

    entities: Annotated[tuple[EntityFound, ...], "Entities in short: without spellings, evidence and co-actors, with the commonest office."]
    next: Next
    next_url: NextUrl


@dataclass(frozen=True, slots=True)
class EntityAnswer:
    """One entity, with its events over time."""

    entity: EntityFound
    timeline: Annotated[Timeline, "Its events by month."]


@dataclass(frozen=True, slots=True)
class VersionInShort:
    """One text of an article."""

    id: Annotated[str, "Version."]
    title: Annotated[str, "Headline."]
    created_at: Annotated[datetime, "When it was first read, UTC."]


@dataclass(frozen=True, slots=True)
class NameSpan:
    """One name in a text."""

    start: Start
    end: End
    text: Annotated[str, "As the text has it."]
    label: Annotated[str, "Kind of name."]
    entity_id: Annotated[str, "Entity that it names."]
    name: Annotated[str, "Full name."]
    official: Annotated[bool, "Whether it is named as an official."]
    role: Annotated[str | None, "Its office."]
    affiliation: Annotated[str | None, "The body of that office."]
    country: Annotated[str | None, "ISO 3166 code."]
    score: Annotated[float, "How sure the machine is, 0 to 1."]
    maker: Maker
    maker_version: MakerVersion


@dataclass(frozen=True, slots=True)
class LinkFound:
    """That an entity of the article is an entry of a sanctions list."""

    entity_id: Annotated[str, "Entity."]
    source: Annotated[str, "List, for example us_ofac_sdn."]
    entry: Annotated[str | None, "Entry, as list:id."]
    name: Annotated[str, "Name of the entry."]
    list_version: Annotated[str, "Version of the list."]
    status: Annotated[str, "Where the match stands between machine and editor."]
    score: Annotated[float, "How sure the match is, 0 to 1."]
    written: Annotated[str | None, "The name in the article."]
    alias: Annotated[str | None, "The known name that it equals or resembles."]
    why: Annotated[str, "Why, in words."]


@dataclass(frozen=True, slots=True)
class IdentifierSpan:
    """A number or address in a text that a sanctions list gives for an entity."""

    start: Start
    end: End
    text: Annotated[str, "As the text has it."]
    kind: Annotated[str, "imo, wallet, passport or swift."]
    entity_id: Annotated[str, "Entity."]


@dataclass(frozen=True, slots=True)
class AmountSpan:
    """One amount of money or crypto assets in a text."""

    start: Start
    end: End
    text: Annotated[str, "As the text has it."]
    value: Annotated[float | None, "Amount, in units of the currency."]
    value_max: Annotated[float | None, "Upper end of a stretch."]
    currency: Annotated[str | None, "ISO 4217 or crypto code."]
    bound: Annotated[str, "exact, approx, at_least, at_most."]
    usd: Annotated[float | None, "Amount in US dollars; null where it cannot be known."]
    usd_basis: Annotated[str | None, "Where the dollars come from: stated in the text, or an exchange rate."]


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """One expression of time in a text."""

    start: Start
    end: End
    text: Annotated[str, "As the text has it."]
    resolved_start: Annotated[str | None, "First day, month or year that it means."]
    resolved_end: Annotated[str | None, "Last day, month or year."]
    precision: Annotated[str, "How exactly it is known."]


@dataclass(frozen=True, slots=True)
class EventSpan:
    """One passage of a text that tells an event."""

    id: Annotated[str, "Mention."]
    event_id: Annotated[str, "Event under which it was stored; another may stand for that."]
    merged_into: Annotated[str | None, "Event that stands for that one; else null."]
    type: Annotated[str, "Type of event."]
    modality: Annotated[str, "What this passage says of it."]
    trigger_text: Annotated[str, "Word that tells it."]
    trigger_start: Annotated[int, "First code point of that word."]
    trigger_end: Annotated[int, "Code point after it."]
    evidence_start: Annotated[int, "First code point of the sentence or sentences."]
    evidence_end: Annotated[int, "Code point after them."]
    score: Annotated[float, "How sure the machine is, 0 to 1."]


@dataclass(frozen=True, slots=True)
class ArticleAnswer(ArticleFound):
    """One article in one version, with all that was found in it; offsets are code points of the text of that version."""

    version: Annotated[str, "Version."]
    published_precision: Annotated[str | None, "How exactly that is known."]
    body_status: Annotated[str, "Whether the whole text was had."]
    characters: Annotated[int, "Length of the text in code points."]
    text: Annotated[str | None, "The text; null unless this server gives texts out (setting api_text), which needs the rights to."]
    versions: Annotated[tuple[VersionInShort, ...], "All texts of the article, oldest first."]
    names: Annotated[tuple[NameSpan, ...], "Names."]
    links: Annotated[tuple[LinkFound, ...], "Matches to sanctions lists."]
    identifiers: Annotated[tuple[IdentifierSpan, ...], "Numbers and addresses that lists give."]
    amounts: Annotated[tuple[AmountSpan, ...], "Amounts."]
    times: Annotated[tuple[TimeSpan, ...], "Expressions of time."]
    events: Annotated[tuple[EventSpan, ...], "Passages that tell events."]


@dataclass(frozen=True, slots=True)
class SourcesAnswer:
    """The publishers."""

    sources: tuple[SourceFound, ...]


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One line of the change feed, with what is known of the event now."""

    number: Annotated[int, "Number of the line: they only rise."]
    at: Annotated[datetime, "When it was written, UTC."]
    kind: Annotated[str, "created, changed, withdrawn, merged, unmerged."]
    event_id: Annotated[str, "Event."]
    into_event_id: Annotated[str | None, "For a merge, the event that stands for it."]
    merged_into: Annotated[str | None, "Event that stands for it now; else null."]
    type: Annotated[str, "Type of event."]
    subtype: Annotated[str | None, "Subtype."]
    modality: Annotated[str, "What is said of it."]
    date_start: Annotated[str | None, "First day, month or year."]
    date_end: Annotated[str | None, "Last day, month or year."]
    n_mentions: Annotated[int, "Passages that tell it."]
    n_articles: Annotated[int, "Articles that tell it."]
    n_sources: Annotated[int, "Independent sources."]
    deleted_at: Annotated[datetime | None, "When it was withdrawn; null where it is in force."]


@dataclass(frozen=True, slots=True)
class ChangesAnswer:
    """Lines of the change feed, oldest first."""

    changes: tuple[ChangeLine, ...]
    after: Annotated[int, "Number of the last line: ask with it as `after` for what comes later, now or tomorrow."]
    next_url: Annotated[str | None, "Address of the lines after these; null where there are none yet."]


@dataclass(frozen=True, slots=True)
class SnapshotsAnswer:
    """The snapshots of this server."""

    snapshots: Annotated[tuple[Manifest, ...], "What each says of itself, newest first."]


@dataclass(frozen=True, slots=True)
class ValueDefined:
    """One value of a vocabulary."""

    value: str
    definition: str


@dataclass(frozen=True, slots=True)
class FilterField:
    """One field of the filter."""

    name: Annotated[str, "Name of the parameter."]
    kind: Annotated[str, "How its value is written."]
    repeats: Annotated[bool, "Whether it may be given several times, and '!' may stand before its value."]
    help: Annotated[str, "What it finds."]
    example: Annotated[str, "A value."]
    values: Annotated[tuple[ValueDefined, ...], "The values it may have; none where they are free."]


@dataclass(frozen=True, slots=True)
class FieldDefined:
    """One field of a record."""

    name: str
    type: str
    description: str


@dataclass(frozen=True, slots=True)
class RecordDefined:
    """One record of the answers."""

    name: str
    description: str
    fields: tuple[FieldDefined, ...]


@dataclass(frozen=True, slots=True)
class VocabularyDefined:
    """One closed list of values."""

    name: str
    description: str
    values: tuple[ValueDefined, ...]


@dataclass(frozen=True, slots=True)
class CodebookAnswer:
    """What every field and value means."""

    filter: Annotated[tuple[FilterField, ...], "Fields by which events are found."]
    records: Annotated[tuple[RecordDefined, ...], "Records of the answers."]
    vocabularies: Annotated[tuple[VocabularyDefined, ...], "Values with their definitions."]


@cache
def model_of(record: type) -> type[BaseModel]:
    """Return the model of a dataclass: the same fields, all of them there, described by the words at them, and no others."""
    hints = get_type_hints(record, include_extras=True)
    named: dict[str, Any] = {
        field.name: (_type_of(hints[field.name]), Field(description=field.text or None)) for field in describe_fields(record)
    }
    return create_model(record_name(record), __doc__=record_summary(record), __config__=ConfigDict(extra="forbid"), **named)


def _type_of(hint: Any) -> Any:  # noqa: ANN401 - a type, whatever form it has
    """Return the type with models in place of records, and lists in place of tuples of any length."""
    origin, given = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _type_of(given[0])
    if isinstance(hint, type) and is_dataclass(hint):
        return model_of(hint)
    if origin is None:
        return hint
    inner = tuple(_type_of(one) for one in given if one is not Ellipsis)
    if origin in {Union, UnionType}:
        return Union[inner]  # noqa: UP007 - built at run time
    return list[inner[0]] if Ellipsis in given else origin[inner]  # type: ignore[valid-type]


def pick(record: type[T], row: Mapping[str, Any], **others: object) -> T:
    """Make a record of the columns of a row that have the names of its fields; `others` are fields that have not."""
    named = {field.name: row[field.name] for field in fields(record) if field.name not in others}  # type: ignore[arg-type]
    return record(**named, **others)


def article_answer(view: ArticleView, *, with_text: bool) -> ArticleAnswer:
    """Return what the interface tells of an article; its text only where that is wanted."""
    version = view.version
    return pick(
        ArticleAnswer,
        version,
        id=version["article_id"],
        version=version["id"],
        characters=len(version["text"]),
        text=version["text"] if with_text else None,
        versions=tuple(pick(VersionInShort, row) for row in view.versions),
        names=tuple(pick(NameSpan, row) for row in view.mentions),
        links=tuple(pick(LinkFound, row) for row in view.links),
        identifiers=tuple(pick(IdentifierSpan, row) for row in view.identifiers),
        amounts=tuple(pick(AmountSpan, row) for row in view.amounts),
        times=tuple(pick(TimeSpan, row) for row in view.times),
        events=tuple(pick(EventSpan, row) for row in view.event_mentions),
    )
