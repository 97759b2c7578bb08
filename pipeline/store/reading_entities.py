"""Reading what lies behind the index: events by their ids, their relations, entities with what is known of them, publishers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from models.filters import EntityFilter
from models.findings import CoActor, EntityFound, EventFound, ListMatch, PartyFound, Relation, SourceFound
from models.index_tables import EventCardRow, EventTermRow, IndexedEventRow, IndexTermRow, ListEntryRow
from models.tables import ArticleRow, ArticleVersionRow, EntityRow, EventRelationRow, EventRow, LinkRow, MentionRow
from models.vocabulary import Label, LinkStatus, ReviewStatus
from pipeline.store.facets import co_parties
from pipeline.store.index_rows import read_card
from pipeline.store.indexing import is_built, read_state

__all__ = ["index_version", "list_entities", "list_sources", "load_entity", "load_event", "load_events", "load_relations"]

MOST_NAMES = 50
"""Ways of writing, offices and co-actors shown of one entity: a country has thousands, of which the rest are slips."""

_PARTY_FIELDS = ("actor", "target", "place", "speaker")


def index_version(connection: Connection) -> int | None:
    """Return the version of the index; None where it is not built, or in another format, though there are events."""
    state = read_state(connection)
    if state is not None and is_built(connection):
        return state.version
    return None if connection.execute(select(EventRow.id).limit(1)).first() else 0


def load_event(connection: Connection, event_id: str) -> EventFound | None:
    """Return the event with this id, or the one that stands for it; None where there is none in force."""
    return load_events(connection, [event_id]).get(event_id)


def load_events(connection: Connection, event_ids: Sequence[str]) -> dict[str, EventFound]:
    """Return by id what `load_event` does, of some hundreds of ids at most; ids that no event in force has are left out."""
    stands = func.coalesce(EventRow.merged_into, EventRow.id)
    query = (
        select(EventRow.id, EventCardRow.card)
        .join(IndexedEventRow, IndexedEventRow.event_id == stands)
        .join(EventCardRow, EventCardRow.number == IndexedEventRow.number)
        .where(EventRow.id.in_(event_ids))
    )
    return {row.id: read_card(row.card) for row in connection.execute(query)}


def load_relations(connection: Connection, event_id: str) -> tuple[Relation, ...]:
    """Return the relations to others of the event, or of the one that stands for it."""
    event = load_event(connection, event_id)
    if event is None:
        return ()
    source, target = EventRelationRow.source_event_id, EventRelationRow.target_event_id
    # Relations are between events of one article, which has few: the table is indexed by the source alone.
    article = select(EventRow.article_id).where(EventRow.id == event.id).correlate(None).scalar_subquery()
    sources = select(EventRow.id).where(EventRow.article_id == article)
    query = select(EventRelationRow.__table__).where(source.in_(sources), or_(source == event.id, target == event.id))
    rows = connection.execute(query.order_by(EventRelationRow.kind, source, target)).all()
    return tuple(Relation(row.kind.value, row.source_event_id, row.target_event_id, row.score) for row in rows)


# --- entities -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Matches:
    """To which entries of lists an entity is matched, and why, in words."""

    entries: tuple[ListMatch, ...] = ()
    evidence: tuple[str, ...] = ()


def load_entity(connection: Connection, entity_id: str) -> EntityFound | None:
    """Return everything known of one entity; None where nobody is called so."""
    entity = connection.execute(select(EntityRow.__table__).where(EntityRow.id == entity_id)).first()
    if entity is None:
        return None
    named = _in_force(MentionRow.entity_id == entity_id)
    row = connection.execute(select(*_COUNTS).select_from(MentionRow).join(*_TO_VERSION).join(*_TO_ARTICLE).where(*named)).one()
    matches = _load_matches(connection, [entity_id]).get(entity_id, _Matches())
    return EntityFound(
        id=entity.id,
        label=entity.label.value,
        name=entity.name,
        country=entity.country,
        names=tuple((one.text, one.number) for one in connection.execute(_counted(named, MentionRow.text))),
        roles=tuple(
            (one.role, one.affiliation, one.number)
            for one in connection.execute(_counted([*named, MentionRow.role.is_not(None)], MentionRow.role, MentionRow.affiliation))
        ),
        matches=matches.entries,
        evidence=matches.evidence,
        mentions=row.mentions,
        articles=row.articles,
        events=_count_events(connection, [entity_id]).get(entity_id, 0),
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        co_actors=_co_actors(connection, entity_id),
    )


def _co_actors(connection: Connection, entity_id: str) -> tuple[CoActor, ...]:
    """Return who is actor or target of the same events, with what is known of each in general."""
    others = co_parties(connection, entity_id, MOST_NAMES)
    ids = [other.entity_id for other in others]
    parties, matches = _load_parties(connection, ids), _load_matches(connection, ids)
    found = []
    for other in others:
        if (party := parties.get(other.entity_id)) is not None:
            matched = replace(party, name=other.name, matches=matches.get(other.entity_id, _Matches()).entries)
            found.append(CoActor(matched, other.events, dict(other.types)))
    return tuple(found)


def _load_parties(connection: Connection, entity_ids: Sequence[str]) -> dict[str, PartyFound]:
    """Return entities as parties by id, without matches; officials are those that any mention in force names as one."""
    rows = connection.execute(select(EntityRow.__table__).where(EntityRow.id.in_(entity_ids))).all()
    # Only persons are officials; countries have too many mentions to look through.
    persons = [row.id for row in rows if row.label is Label.PERSON]
    named = (MentionRow.entity_id.in_(persons), MentionRow.official.is_(True), *_in_force())
    officials = set(connection.execute(select(MentionRow.entity_id).where(*named).distinct()).scalars())
    return {row.id: PartyFound(row.id, row.name, row.label.value, row.country, official=row.id in officials) for row in rows}


def list_entities(connection: Connection, wanted: EntityFilter) -> list[EntityFound]:
    """Return the entities found, most often named first, each in short: without spellings, evidence and co-actors, with one office."""
    columns = (EntityRow.id, EntityRow.label, EntityRow.name, EntityRow.country)
    query = (
        select(*columns, *_COUNTS, func.max(MentionRow.role).label("role"), func.max(MentionRow.affiliation).label("affiliation"))
        .select_from(EntityRow)
        .join(MentionRow, MentionRow.entity_id == EntityRow.id)
        .join(*_TO_VERSION)
        .join(*_TO_ARTICLE)
        .where(*_in_force(*_entity_conditions(wanted)))
        .group_by(*columns)
        .order_by(func.count(MentionRow.id).desc(), EntityRow.id)
        .limit(wanted.limit)
    )
    rows = connection.execute(query).all()
    ids = [row.id for row in rows]
    matches, events = _load_matches(connection, ids), _count_events(connection, ids)
    return [
        EntityFound(
            id=row.id,
            label=row.label.value,
            name=row.name,
            country=row.country,
            names=(),
            roles=((row.role or "", row.affiliation, row.mentions),) if row.role or row.affiliation else (),
            matches=matches.get(row.id, _Matches()).entries,
            evidence=(),
            mentions=row.mentions,
            articles=row.articles,
            events=events.get(row.id, 0),
            first_seen=row.first_seen,
            last_seen=row.last_seen,
        )
        for row in rows
    ]


_COUNTS = (
    func.count(MentionRow.id).label("mentions"),
    func.count(ArticleVersionRow.article_id.distinct()).label("articles"),
    func.min(ArticleVersionRow.published_at).label("first_seen"),
    func.max(ArticleVersionRow.published_at).label("last_seen"),
)
_TO_VERSION = (ArticleVersionRow, ArticleVersionRow.id == MentionRow.version_id)
_TO_ARTICLE = (ArticleRow, and_(ArticleRow.id == ArticleVersionRow.article_id, ArticleRow.latest_version_id == ArticleVersionRow.id))
_MATCHED = (LinkRow.status == LinkStatus.AUTO, LinkRow.entry.is_not(None), LinkRow.superseded_at.is_(None))


def _in_force(*conditions: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    return [MentionRow.superseded_at.is_(None), *conditions]


def _counted(conditions: Iterable[ColumnElement[bool]], *columns: Any) -> Select[Any]:  # noqa: ANN401 - any column
    """Select the commonest values of columns among the mentions in force, with how often each occurs."""
    number = func.count().label("number")
    query = select(*columns, number).select_from(MentionRow).join(*_TO_VERSION).join(*_TO_ARTICLE).where(*conditions)
    return query.group_by(*columns).order_by(number.desc(), *columns).limit(MOST_NAMES)


def _entity_conditions(wanted: EntityFilter) -> list[ColumnElement[bool]]:
    """Return what must be true of an entity, so that all its mentions are counted, whichever of them it is found by."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.labels:
        conditions.append(EntityRow.label.in_(wanted.labels))
    if wanted.name:
        part = wanted.name.lower()
        written = _named_by(func.lower(MentionRow.text).contains(part, autoescape=True))
        conditions.append(or_(EntityRow.id == wanted.name, func.lower(EntityRow.name).contains(part, autoescape=True), written))
    if wanted.officials:
        conditions.append(_named_by(MentionRow.official.is_(True)))
    if wanted.listed:
        conditions.append(EntityRow.id.in_(select(LinkRow.entity_id).where(*_MATCHED)))
    return conditions


def _named_by(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Tell whether any mention in force that meets a condition names the entity."""
    return EntityRow.id.in_(select(MentionRow.entity_id).where(*_in_force(condition)))


def _load_matches(connection: Connection, entity_ids: Sequence[str]) -> dict[str, _Matches]:
    """Return by entity the entries that it is matched to, each with its surest match, and what speaks for them."""
    query = (
        select(*_LINK_COLUMNS, ListEntryRow.name.label("listed_name"), ListEntryRow.programs)
        .outerjoin(ListEntryRow, ListEntryRow.entry == LinkRow.entry)
        .where(LinkRow.entity_id.in_(entity_ids), *_MATCHED)
        .order_by(LinkRow.entity_id, LinkRow.entry, LinkRow.score.desc(), LinkRow.id)
    )
    entries: dict[str, dict[str, ListMatch]] = defaultdict(dict)
    evidence: dict[str, dict[str, None]] = defaultdict(dict)
    for row in connection.execute(query):
        match = ListMatch(row.source, row.entry, row.listed_name or row.name, tuple(row.programs or ()), row.score)
        entries[row.entity_id].setdefault(row.entry, match)
        evidence[row.entity_id][f"{row.entry}: {row.why}"] = None
    return {ident: _Matches(tuple(found.values()), tuple(evidence[ident])) for ident, found in entries.items()}


_LINK_COLUMNS = (LinkRow.entity_id, LinkRow.entry, LinkRow.source, LinkRow.name, LinkRow.score, LinkRow.why)


def _count_events(connection: Connection, entity_ids: Sequence[str]) -> dict[str, int]:
    """Return by entity in how many events it has a role; rejected ones do not count, as everywhere."""
    rejected = (
        select(EventTermRow.number)
        .join(IndexTermRow, IndexTermRow.code == EventTermRow.code)
        .where(IndexTermRow.field == "status", IndexTermRow.value == ReviewStatus.REJECTED.value)
    )
    query = (
        select(IndexTermRow.value, func.count(EventTermRow.number.distinct()))
        .join(EventTermRow, EventTermRow.code == IndexTermRow.code)
        .where(IndexTermRow.field.in_(_PARTY_FIELDS), IndexTermRow.value.in_(entity_ids), EventTermRow.number.not_in(rejected))
        .group_by(IndexTermRow.value)
    )
    return dict(connection.execute(query).all())


# --- publishers ---------------------------------------------------------------------------------------------------


def list_sources(connection: Connection) -> list[SourceFound]:
    """Return every publisher with its articles and events, most articles first."""
    articles = func.count(ArticleRow.id).label("articles")
    query = (
        select(
            ArticleVersionRow.publisher,
            ArticleVersionRow.source_kind,
            articles,
            func.min(ArticleVersionRow.published_at).label("first"),
            func.max(ArticleVersionRow.published_at).label("last"),
        )
        .join(ArticleRow, ArticleRow.latest_version_id == ArticleVersionRow.id)
        .group_by(ArticleVersionRow.publisher, ArticleVersionRow.source_kind)
        .order_by(articles.desc(), ArticleVersionRow.publisher, ArticleVersionRow.source_kind)
    )
    told = select(IndexTermRow.value, IndexTermRow.count).where(IndexTermRow.field == "publisher")
    events = dict(connection.execute(told).all())
    found: dict[str, SourceFound] = {}
    for row in connection.execute(query):
        one = SourceFound(row.publisher, row.source_kind.value, row.articles, events.get(row.publisher, 0), row.first, row.last)
        found[row.publisher] = _together(found[row.publisher], one) if row.publisher in found else one
    return sorted(found.values(), key=lambda source: (-source.articles, source.publisher))


def _together(source: SourceFound, other: SourceFound) -> SourceFound:
    """Return both as one publisher, of the kind of which it has more articles: its feeds may be of several."""
    first = [moment for moment in (source.first_published, other.first_published) if moment is not None]
    last = [moment for moment in (source.last_published, other.last_published) if moment is not None]
    articles = source.articles + other.articles
    return replace(source, articles=articles, first_published=min(first, default=None), last_published=max(last, default=None))
