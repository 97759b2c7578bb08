"""What a reader of the database gets: an event with everything said of it, counted and cited.

The comments at the fields are what the codebook, the OpenAPI description and the snapshot's data dictionary say: they are written once, here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

__all__ = [
    "AmountFound",
    "ArticleFound",
    "CoActor",
    "EntitiesFound",
    "EntityFound",
    "EventFound",
    "Facet",
    "FacetValue",
    "Found",
    "ListMatch",
    "PartyFound",
    "Passage",
    "PlaceCount",
    "PlaceFound",
    "PlacesFound",
    "QuantityFound",
    "Relation",
    "SourceFound",
    "TimePoint",
    "Timeline",
]


@dataclass(frozen=True, slots=True)
class ListMatch:
    """That an actor or target is matched to an entry of a sanctions list; the machine's word until an editor accepts it."""

    source: Annotated[str, "List, for example us_ofac_sdn."]
    entry: Annotated[str, "Entry, as list:id."]
    name: Annotated[str, "Name of the entry."]
    programs: Annotated[tuple[str, ...], "Sanctions programmes of the entry."]
    score: Annotated[float, "How sure the match is, 0 to 1."]


@dataclass(frozen=True, slots=True)
class PartyFound:
    """Who fills a role of an event."""

    id: Annotated[str | None, "Entity: kb:… from the knowledge base, ent-… met in the news; null for words that name nobody."]
    name: Annotated[str, "Full name, or the words of the text."]
    label: Annotated[str | None, "PERSON, AGENCY, ORG, PLACE, VESSEL, WEAPON, MALWARE; null where `id` is."]
    country: Annotated[str | None, "ISO 3166 code of the country it belongs to."]
    official: Annotated[bool, "Whether any passage names it as an official."]
    matches: Annotated[tuple[ListMatch, ...], "Entries of sanctions lists that it is matched to."] = ()


@dataclass(frozen=True, slots=True)
class PlaceFound:
    """Where an event happens."""

    id: Annotated[str | None, "Entity of the place; null where it is none."]
    name: Annotated[str, "Name of the place."]
    country: Annotated[str | None, "ISO 3166 code."]
    latitude: Annotated[float | None, "Degrees north; null where not known."]
    longitude: Annotated[float | None, "Degrees east; null where not known."]


@dataclass(frozen=True, slots=True)
class AmountFound:
    """One amount of an event."""

    text: Annotated[str, "As the text has it."]
    role: Annotated[str, "What it is in the event: stolen, laundered, seized, …"]
    value: Annotated[float | None, "Amount, in units of the currency."]
    value_max: Annotated[float | None, "Upper end of a stretch."]
    currency: Annotated[str | None, "ISO 4217 or crypto code."]
    bound: Annotated[str, "exact, approx, at_least, at_most."]
    usd: Annotated[float | None, "Amount in US dollars; null where it cannot be known."]
    usd_basis: Annotated[str | None, "Where the dollars come from: stated in the text, or an exchange rate."]
    article_id: Annotated[str, "Article that gives it."]


@dataclass(frozen=True, slots=True)
class QuantityFound:
    """One counting or measure of an event."""

    role: Annotated[str, "count, persons, killed, range_km, …"]
    text: Annotated[str, "As the text has it."]
    value_min: Annotated[float, "Least value."]
    value_max: Annotated[float, "Greatest value."]
    bound: Annotated[str, "exact, approx, at_least, at_most."]
    unit: Annotated[str, "Unit of the values."]


@dataclass(frozen=True, slots=True)
class ArticleFound:
    """One article that tells an event, in the version that is in force."""

    id: Annotated[str, "Article."]
    version: Annotated[str, "Version of the article that the evidence stands in."]
    url: Annotated[str, "Address."]
    title: Annotated[str, "Headline."]
    publisher: Annotated[str, "Publisher."]
    source_kind: Annotated[str, "Kind of source."]
    lang: Annotated[str, "Language code."]
    published_at: Annotated[datetime | None, "Time of publication, UTC."]


@dataclass(frozen=True, slots=True)
class EventFound:
    """One event with what all articles say of it. Of several articles the first in `articles` is the one whose passage is shown."""

    id: Annotated[str, "Stable id; it is never given to another event."]
    type: Annotated[str, "Type of event."]
    subtype: Annotated[str | None, "Subtype."]
    plover: Annotated[str | None, "PLOVER type and mode."]
    plover_contexts: Annotated[tuple[str, ...], "PLOVER contexts."]
    cameo: Annotated[str | None, "CAMEO code."]
    quad_class: Annotated[str | None, "CAMEO quad class."]
    modality: Annotated[str, "What is said of it: asserted, alleged, planned, possible, called_for, denied."]
    genericity: Annotated[str, "specific, or habitual conduct."]
    background: Annotated[bool, "Told as background, not as news."]
    status: Annotated[str, "auto, accepted, edited, rejected."]
    date_start: Annotated[str | None, "First day, month or year, ISO 8601."]
    date_end: Annotated[str | None, "Last day, month or year."]
    date_precision: Annotated[str, "How exactly the date is known."]
    actors: Annotated[tuple[PartyFound, ...], "Who does it."]
    targets: Annotated[tuple[PartyFound, ...], "To whom or against whom."]
    place: Annotated[PlaceFound | None, "Where."]
    speaker: Annotated[PartyFound | None, "According to whom."]
    attribution: Annotated[str, "How the claim is attributed: direct_quote, indirect, per_document, outlet, unattributed."]
    amounts: Annotated[tuple[AmountFound, ...], "Amounts, in the order of articles and text."]
    usd: Annotated[float | None, "Largest of the amounts in US dollars, for sorting and summing."]
    quantities: Annotated[tuple[QuantityFound, ...], "Countings and measures."]
    trigger: Annotated[str, "Word that tells it, in the passage shown."]
    trigger_start: Annotated[int, "Where the trigger begins in `evidence`, in code points."]
    evidence: Annotated[str, "Passage shown: the sentence that tells it."]
    articles: Annotated[tuple[ArticleFound, ...], "Articles that tell it; independent ones and copies."]
    first_published: Annotated[datetime | None, "First publication, UTC."]
    last_published: Annotated[datetime | None, "Last publication, UTC."]
    score: Annotated[float, "How sure the machine is, 0 to 1."]
    n_mentions: Annotated[int, "Passages that tell it."]
    n_articles: Annotated[int, "Articles that tell it."]
    n_sources: Annotated[int, "Independent sources: copies of one text count once."]
    first_seen_at: Annotated[datetime, "When it was first stored, UTC."]
    changed_at: Annotated[datetime, "When it last changed, UTC."]
    extractor_version: Annotated[str, "Version of the extraction."]
    merged: Annotated[tuple[str, ...], "Ids of other events for which it stands."] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage that tells an event, as one article version has it."""

    id: Annotated[str, "Mention."]
    event_id: Annotated[str, "Event under which it was stored; another may stand for that."]
    article: Annotated[ArticleFound, "Where it stands."]
    trigger: Annotated[str, "Word that tells it."]
    trigger_start: Annotated[int, "First code point of the trigger in the text of the version."]
    trigger_end: Annotated[int, "Code point after the trigger."]
    evidence: Annotated[str, "Sentence or sentences."]
    evidence_start: Annotated[int, "First code point of the evidence in the text of the version."]
    evidence_end: Annotated[int, "Code point after the evidence."]
    modality: Annotated[str, "What this passage says of it."]
    genericity: Annotated[str, "specific, or habitual conduct."]
    cues: Annotated[tuple[str, ...], "Words that decided the modality."]
    speaker: Annotated[PartyFound | None, "According to whom."]
    attribution: Annotated[str, "How the claim is attributed."]
    parties: Annotated[tuple[tuple[str, PartyFound, int | None, int | None], ...], "Role, who, and first and last place in the text."]
    amounts: Annotated[tuple[AmountFound, ...], "Amounts."]
    score: Annotated[float, "How sure the machine is of this passage, 0 to 1."]
    rules: Annotated[tuple[str, ...], "What made it: frame, trigger and argument rules."]


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation between two events."""

    kind: Annotated[str, "Kind, from the source to the target."]
    source: Annotated[str, "Event from which it goes."]
    target: Annotated[str, "Event to which it goes."]
    score: Annotated[float, "How sure the machine is, 0 to 1."]


@dataclass(frozen=True, slots=True)
class CoActor:
    """Someone who takes part in the same events."""

    party: PartyFound
    events: Annotated[int, "Events in which both take part."]
    types: Annotated[dict[str, int], "Those events by type."]


@dataclass(frozen=True, slots=True)
class EntityFound:
    """One person, body, place, ship or other name, with what the articles and lists say of it."""

    id: Annotated[str, "kb:… from the knowledge base, ent-… met in the news."]
    label: Annotated[str, "PERSON, AGENCY, ORG, PLACE, VESSEL, WEAPON, MALWARE."]
    name: Annotated[str, "Full name."]
    country: Annotated[str | None, "ISO 3166 code."]
    names: Annotated[tuple[tuple[str, int], ...], "Ways in which articles write it, with how often, commonest first."]
    roles: Annotated[tuple[tuple[str, str | None, int], ...], "Offices named with it: role, body, how often."]
    matches: Annotated[tuple[ListMatch, ...], "Entries of sanctions lists it is matched to."]
    evidence: Annotated[tuple[str, ...], "Why it is matched, in words, the surest of each entry first."]
    mentions: Annotated[int, "How often it is named by the newest versions of the articles."]
    articles: Annotated[int, "In how many articles."]
    events: Annotated[int, "Events in which it has a role."]
    first_seen: Annotated[datetime | None, "First publication that names it, UTC."]
    last_seen: Annotated[datetime | None, "Last publication that names it, UTC."]
    co_actors: Annotated[tuple[CoActor, ...], "Who takes part in the same events, most often first."] = ()


@dataclass(frozen=True, slots=True)
class EntitiesFound:
    """One page of entities, each in short: without spellings, evidence and co-actors, with its commonest office.

    `next` is the cursor of the page after it, None on the last one.
    """

    entities: tuple[EntityFound, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class SourceFound:
    """One publisher."""

    publisher: str
    source_kind: str
    articles: int
    events: int
    first_published: datetime | None
    last_published: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """One page of events. `next` is the cursor of the page after it, None on the last one."""

    events: tuple[EventFound, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class FacetValue:
    """How many of the events found have a value; `label` is what people read."""

    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Facet:
    """The commonest values of one field among the events found; `others` is how many more values there are."""

    field: str
    values: tuple[FacetValue, ...]
    others: int = 0


@dataclass(frozen=True, slots=True)
class TimePoint:
    """Events of one day, month or year: those whose every possible day lies in it. `usd` sums their largest amounts; `by_type` splits the count."""

    period: str
    count: int
    usd: float
    by_type: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Events over time. What is not known as exactly as the periods are long is counted beside them, never put into one of them by guess.

    Every event found is counted once, in one of the four fields.
    """

    points: Annotated[tuple[TimePoint, ...], "Periods with their events, oldest first; periods without events are left out."]
    coarser: Annotated[
        tuple[TimePoint, ...], "Events known to the month or year alone where periods are shorter: by that month or year, oldest first."
    ] = ()
    longer: Annotated[int, "Events whose date reaches over several years."] = 0
    undated: Annotated[int, "Events without a date."] = 0


@dataclass(frozen=True, slots=True)
class PlaceCount:
    """A place and the events found that happen there."""

    id: Annotated[str, 'What the filter knows it by: the id of its entity, or "text:" and its name where it is none.']
    name: Annotated[str, "Name of the place."]
    country: Annotated[str | None, "ISO 3166 code."]
    latitude: Annotated[float | None, "Degrees north; null where not known."]
    longitude: Annotated[float | None, "Degrees east; null where not known."]
    count: Annotated[int, "Events that happen there."]
    newest: Annotated[str, "Id of the newest of them; of several on one day, of the one that was stored last."]
    newest_date: Annotated[str | None, "First day, month or year of that event; null without one."]


@dataclass(frozen=True, slots=True)
class PlacesFound:
    """Where the events that a filter finds happen."""

    places: Annotated[tuple[PlaceCount, ...], "Places with the most events first, equal ones by their name."]
    others: Annotated[int, "How many more places there are."] = 0
    placeless: Annotated[int, "Events without a place."] = 0
