"""Reading what lies behind the index: events by their ids, their relations, entities with what is known of them, publishers."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select

from models.filters import MOST_ON_A_PAGE, EntityFilter
from models.findings import CoActor, EntitiesFound, EntityFound, EventFound, ListMatch, PartyFound, Relation, SourceFound
from models.index_tables import EntitySaidRow, EventCardRow, IndexedEntityRow, IndexedEventRow, IndexTermRow, ListEntryRow
from models.tables import ArticleRow, ArticleVersionRow, EventRelationRow, EventRow
from pipeline.names.search_tokens import name_query
from pipeline.store.chunks import in_chunks
from pipeline.store.conditions import FilterError
from pipeline.store.facets import co_parties
from pipeline.store.index_entities import Said, read_matches, read_office
from pipeline.store.index_rows import read_card
from pipeline.store.indexing import is_built, read_state

__all__ = ["index_version", "list_entities", "list_sources", "load_entity", "load_event", "load_events", "load_relations"]

MOST_NAMES = 50
"""Ways of writing, offices, reasons and co-actors shown of one entity: a country has thousands, of which the rest are slips."""


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
    query = select(EventRelationRow.__table__).where(or_(source == event.id, target == event.id))
    rows = connection.execute(query.order_by(EventRelationRow.kind, source, target)).all()
    return tuple(Relation(row.kind.value, row.source_event_id, row.target_event_id, row.score) for row in rows)


# --- entities -----------------------------------------------------------------------------------------------------


def load_entity(connection: Connection, entity_id: str) -> EntityFound | None:
    """Return everything known of one entity; None where nobody is called so."""
    found = _load_in_short(connection, [entity_id]).get(entity_id)
    if found is None:
        return None
    matches = read_matches(value for value, _ in _commonest(connection, entity_id, Said.MATCH))
    return replace(
        found,
        names=_commonest(connection, entity_id, Said.NAME, Said.WORDS),
        roles=tuple((*read_office(value), number) for value, number in _commonest(connection, entity_id, Said.OFFICE)),
        evidence=tuple(dict.fromkeys(f"{match.entry}: {why}" for match, why in matches)),
        co_actors=_co_actors(connection, entity_id),
    )


def _commonest(connection: Connection, entity_id: str, *kinds: Said) -> tuple[tuple[str, int], ...]:
    """Return what is said of an entity most often, with how often."""
    number = func.sum(EntitySaidRow.count)
    query = select(EntitySaidRow.value, number).where(EntitySaidRow.entity_id == entity_id, EntitySaidRow.kind.in_(kinds))
    rows = connection.execute(query.group_by(EntitySaidRow.value).order_by(number.desc(), EntitySaidRow.value).limit(MOST_NAMES))
    return tuple((value, int(times)) for value, times in rows)


def _co_actors(connection: Connection, entity_id: str) -> tuple[CoActor, ...]:
    """Return who is actor or target of the same events, with what is known of each in general."""
    others = co_parties(connection, entity_id, MOST_NAMES)
    known = _load_in_short(connection, [other.entity_id for other in others])
    officials = _officials(connection, list(known))
    return tuple(
        CoActor(_as_party(one, official=one.id in officials), other.events, dict(other.types))
        for other in others
        if (one := known.get(other.entity_id)) is not None
    )


def _as_party(entity: EntityFound, *, official: bool) -> PartyFound:
    return PartyFound(entity.id, entity.name, entity.label, entity.country, official, entity.matches)


def _officials(connection: Connection, entity_ids: Sequence[str]) -> set[str]:
    """Return those that any mention names as an official."""
    named = (IndexedEntityRow.entity_id.in_(entity_ids), IndexedEntityRow.officials > 0)
    return set(connection.execute(select(IndexedEntityRow.entity_id).where(*named)).scalars())


def list_entities(connection: Connection, wanted: EntityFilter) -> EntitiesFound:
    """Return a page of the entities found that are named at all, most often named first.

    Raises FilterError for a cursor that no page gave, a limit of no page, and a name without letters and digits.
    """
    if not 1 <= wanted.limit <= MOST_ON_A_PAGE:
        raise FilterError("limit", wanted.limit, f"is no size of a page: give a number from 1 to {MOST_ON_A_PAGE}")
    # One more than the page has tells whether there is another page.
    rows = connection.execute(_entity_query(connection, wanted).limit(wanted.limit + 1)).all()
    shown = rows[: wanted.limit]
    found = _load_in_short(connection, [row.entity_id for row in shown])
    further = _write_cursor(shown[-1].mentions, shown[-1].entity_id) if len(rows) > wanted.limit else None
    return EntitiesFound(tuple(found[row.entity_id] for row in shown if row.entity_id in found), further)


def _entity_query(connection: Connection, wanted: EntityFilter) -> Select[int, str]:
    """Return the select of mentions and id of the entities wanted, in the order of the list."""
    entity = IndexedEntityRow
    conditions: list[ColumnElement[bool]] = [entity.label.in_(wanted.labels)] if wanted.labels else []
    conditions += [entity.officials > 0] if wanted.officials else []
    conditions += [entity.entries > 0] if wanted.listed else []
    found: Any = entity.__table__.c
    if wanted.name is not None:
        # Kept apart from the sorting, lest the database fetch the names in the order of the list, row by row.
        named = select(entity.entity_id, entity.mentions).where(_is_called(connection, wanted.name), *conditions)
        found, conditions = named.cte("named").prefix_with("MATERIALIZED").c, []
    mentions, ident = found.mentions, found.entity_id
    conditions.append(mentions > 0)
    if wanted.cursor is not None:
        last_mentions, last_id = _read_cursor(wanted.cursor)
        conditions += [mentions <= last_mentions, or_(mentions < last_mentions, ident < last_id)]
    return select(mentions, ident).where(*conditions).order_by(mentions.desc(), ident.desc())


def _is_called(connection: Connection, name: str) -> ColumnElement[bool]:
    """Tell of a row of the index whether it has this id, or these words in one of its names."""
    try:
        fragments = name_query(name).fragments
    except ValueError as error:
        raise FilterError("name", name, f"is no name: {error}") from error
    place = func.strpos if connection.dialect.name == "postgresql" else func.instr
    return or_(IndexedEntityRow.entity_id == name, *(place(IndexedEntityRow.names, fragment) > 0 for fragment in fragments))


def _load_in_short(connection: Connection, entity_ids: Sequence[str]) -> dict[str, EntityFound]:
    """Return entities by id as lists have them; ids that nobody has are left out."""
    rows = connection.execute(select(IndexedEntityRow.__table__).where(IndexedEntityRow.entity_id.in_(entity_ids))).all()
    matches = {row.entity_id: msgspec.json.decode(row.matches) for row in rows if row.entries}
    listed = _load_entries(connection, {entry for found in matches.values() for entry, *_ in found})
    return {row.entity_id: _in_short(row, tuple(_as_match(match, listed) for match in matches.get(row.entity_id, ()))) for row in rows}


def _in_short(row: Row[*tuple[Any, ...]], matches: tuple[ListMatch, ...]) -> EntityFound:
    return EntityFound(
        id=row.entity_id,
        label=row.label.value,
        name=row.name,
        country=row.country,
        names=(),
        roles=((row.role, row.affiliation, row.offices),) if row.role is not None else (),
        matches=matches,
        evidence=(),
        mentions=row.mentions,
        articles=row.articles,
        events=row.events,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
    )


def _load_entries(connection: Connection, entries: Iterable[str]) -> dict[str, Row[*tuple[Any, ...]]]:
    """Return what the lists say now of these entries, by entry."""
    columns = (ListEntryRow.entry, ListEntryRow.name, ListEntryRow.programs)
    return {
        row.entry: row for chunk in in_chunks(entries) for row in connection.execute(select(*columns).where(ListEntryRow.entry.in_(chunk)))
    }


def _as_match(match: tuple[str, str, str, float], listed: Mapping[str, Row[*tuple[Any, ...]]]) -> ListMatch:
    entry, source, name, score = match
    known = listed.get(entry)
    return ListMatch(source, entry, known.name if known else name, tuple(known.programs) if known else (), score)


_CURSOR = re.compile(r"([0-9]{1,10})\.([\x21-\x7e]{1,64})")
_MOST_MENTIONS = 2**31 - 1


def _write_cursor(mentions: int, entity_id: str) -> str:
    return urlsafe_b64encode(f"{mentions}.{entity_id}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[int, str]:
    """Return the mentions and the id of the last entity of a page. Raises FilterError for what `_write_cursor` did not write."""
    try:
        match = _CURSOR.fullmatch(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode())
        if match is None or int(match[1]) > _MOST_MENTIONS or _write_cursor(int(match[1]), match[2]) != cursor:
            raise ValueError(cursor)
    except ValueError:
        raise FilterError("cursor", cursor[:80], "is no cursor: give `next` of the page before as it stands, or leave it out") from None
    return int(match[1]), match[2]


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
