"""The index of events and entities, filled from the tables of truth and kept current.

The index has one state: the time up to which changes are in it, and the format in which it was written. A refresh looks for what changed
since then and writes only that; where there is no state, or one of an older format, everything is built. A build that was cut off leaves
a state of no format at all, and is begun again. Every transaction that changes the index raises its version.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, Select, and_, func, insert, or_, select, update

from models.index_tables import IndexedEntityRow, IndexStateRow, ListEntryRow
from models.knowledge import Knowledge, ListEntry
from models.merging import MergeStatus
from models.tables import (
    ArticleRow,
    ArticleVersionRow,
    EventArgumentRow,
    EventMentionRow,
    EventMergeRow,
    EventRow,
    LinkRow,
    StageStatusRow,
    VersionChangeRow,
)
from models.vocabulary import LinkStatus
from pipeline.store.chunks import in_chunks
from pipeline.store.index_cards import known_names, load_spellings, load_told, parties_of
from pipeline.store.index_decided import Concerned, decided_since, find_concerned
from pipeline.store.index_entities import entities_called_otherwise, put_articles, put_entities
from pipeline.store.index_rows import FORMAT, clear_index, put_events, remove_events
from pipeline.store.words import settle_words

__all__ = [
    "IndexState",
    "Indexer",
    "Stale",
    "begin_build",
    "end_refresh",
    "events_in_force",
    "find_stale",
    "follow_lists",
    "is_built",
    "read_state",
    "record_list_entries",
    "with_related",
]

Query: TypeAlias = Select[*tuple[Any, ...]]

_UNFINISHED = 0
"""Format of an index that is being built."""

_ONLY = 1
"""Id of the one row of the state."""

_SLACK = timedelta(days=1)
"""How long before the last refresh changes are looked for: a transaction of another machine may be stored late, by a clock that is wrong."""


@dataclass(frozen=True, slots=True)
class IndexState:
    """Where the index stands: `version` rises with every change of it, `refreshed_at` is up to when changes are in it."""

    version: int
    format: int
    refreshed_at: datetime

    @property
    def is_whole(self) -> bool:
        """Whether the index was built to its end, in the format that this version of the program reads."""
        return self.format == FORMAT


def read_state(connection: Connection) -> IndexState | None:
    """Return the state of the index, None where it was never built."""
    row = connection.execute(select(IndexStateRow.version, IndexStateRow.format, IndexStateRow.refreshed_at)).first()
    return IndexState(*row) if row is not None else None


def is_built(connection: Connection) -> bool:
    """Tell whether the index is there and whole."""
    state = read_state(connection)
    return state is not None and state.is_whole


def begin_build(connection: Connection, *, at: datetime) -> None:
    """Empty the index; until `end_refresh` its state tells that it is not whole."""
    clear_index(connection)
    if read_state(connection) is None:
        connection.execute(insert(IndexStateRow).values(id=_ONLY, version=1, format=_UNFINISHED, refreshed_at=at))
    else:
        _write_state(connection, format=_UNFINISHED)


def end_refresh(connection: Connection, *, at: datetime) -> None:
    """Write that all changes up to then are in the index."""
    settle_words(connection)
    _write_state(connection, format=FORMAT, refreshed_at=at)


def _write_state(connection: Connection, **values: object) -> None:
    connection.execute(update(IndexStateRow).values(version=IndexStateRow.version + 1, **values))


class Indexer:
    """Writes events and entities into the index; what it has learned of names it keeps, so that one serves for a whole refresh."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._spellings: dict[str, Collection[str]] = {}

    def put(self, connection: Connection, event_ids: Collection[str]) -> int:
        """Write what is said of these events now, and remove those that are no longer in force; return how many rows changed.

        Events that stand under another are not looked up: `with_related` names it.
        """
        told = list(load_told(connection, event_ids, self._knowledge))
        named = {ident for event, _ in told for ident in parties_of(event)}
        self._spellings |= load_spellings(connection, named - self._spellings.keys(), self._knowledge)
        passages = {event.id: (*known_names(event, self._knowledge), *texts) for event, texts in told}
        names = {ident: self._spellings[ident] for ident in named}
        self._put_missing(connection, named)
        changed = put_events(connection, (event for event, _ in told), names=names, texts=passages)
        changed += remove_events(connection, sorted(set(event_ids) - passages.keys()))
        if changed:
            _write_state(connection)
        return changed

    def _put_missing(self, connection: Connection, entity_ids: Collection[str]) -> None:
        """Write the rows of those of these entities that have none: an editor has just named them, or their articles come with the next refresh."""
        found: set[str] = set()
        for chunk in in_chunks(entity_ids):
            found |= set(connection.execute(select(IndexedEntityRow.entity_id).where(IndexedEntityRow.entity_id.in_(chunk))).scalars())
        if missing := set(entity_ids) - found:
            put_entities(connection, missing, self._knowledge)

    def put_articles(self, connection: Connection, article_ids: Collection[str], *, entities: bool = True) -> int:
        """Count what these articles say of entities now, and write the rows of those entities; return how many entities they are.

        Without `entities` their rows are left for later, which saves writing the same ones again and again while all is built.
        """
        touched = put_articles(connection, article_ids, self._knowledge)
        return self.put_entities(connection, touched if entities else ())

    def put_entities(self, connection: Connection, entity_ids: Collection[str]) -> int:
        """Write the rows of these entities from what was counted of them; return how many they are."""
        put_entities(connection, entity_ids, self._knowledge)
        if entity_ids:
            _write_state(connection)
        return len(entity_ids)

    def put_decided(self, connection: Connection, concerned: Concerned) -> int:
        """Count anew what editors decided of; return how many entities that concerns."""
        return self.put_articles(connection, concerned.articles) + self.put_entities(connection, concerned.entities)

    def put_renamed(self, connection: Connection) -> int:
        """Write the rows of the entities that are known by other names now; return how many they are."""
        return self.put_entities(connection, entities_called_otherwise(connection, self._knowledge))


# --- what is to be written ------------------------------------------------------------------------------------------------


def events_in_force(connection: Connection) -> list[str]:
    """Return the ids of all events that are neither merged into another nor withdrawn, in the order in which they were stored.

    In that order, because rows that were stored together lie together.
    """
    query = select(EventRow.id).where(EventRow.merged_into.is_(None), EventRow.deleted_at.is_(None))
    return list(connection.execute(query.order_by(EventRow.first_seen_at, EventRow.id)).scalars())


@dataclass(frozen=True, slots=True)
class Stale:
    """What changed since the last refresh: events with those that stand or stood with them, articles that may say other things than before,
    and entities that editors may call otherwise.
    """

    events: list[str]
    articles: list[str]
    entities: list[str]


def find_stale(connection: Connection, state: IndexState) -> Stale:
    """Return the ids of what changed since the last refresh."""
    since = state.refreshed_at - _SLACK
    decided = find_concerned(connection, decided_since(connection, since))
    articles = {ident for query in _articles_touched(since) for ident in connection.execute(query).scalars()}.union(decided.articles)
    changed = connection.execute(select(EventRow.id, EventRow.article_id).where(EventRow.changed_at >= since)).all()
    events = {ident for ident, _ in changed}
    for chunk in in_chunks(articles):
        events |= set(connection.execute(select(EventRow.id).where(EventRow.article_id.in_(chunk))).scalars())
    counted = articles | {article for _, article in changed}
    return Stale(sorted(with_related(connection, events)), sorted(counted), decided.entities)


def _articles_touched(since: datetime) -> Iterator[Select[str]]:
    """Yield queries for the articles that were fetched, extracted, read or linked since then: each may tell other events than before."""
    yield select(ArticleRow.id).where(ArticleRow.fetched_at >= since)
    for table, time in ((StageStatusRow, StageStatusRow.finished_at), (VersionChangeRow, VersionChangeRow.at)):
        yield select(ArticleVersionRow.article_id).join(table, table.version_id == ArticleVersionRow.id).where(time >= since).distinct()


def with_related(connection: Connection, event_ids: Iterable[str]) -> set[str]:
    """Return these events and all that stand, or by some decision stood, with any of them."""
    found: set[str] = set()
    new = set(event_ids)
    while new:
        found |= new
        new = _beside(connection, new) - found
    return found


def _beside(connection: Connection, event_ids: Iterable[str]) -> set[str]:
    found: set[str | None] = set()
    for chunk in in_chunks(event_ids):
        found |= set(connection.execute(select(EventRow.merged_into).where(EventRow.id.in_(chunk))).scalars())
        found |= set(connection.execute(select(EventRow.id).where(EventRow.merged_into.in_(chunk))).scalars())
        sides = (EventMergeRow.loser_event_id, EventMergeRow.winner_event_id)
        here = or_(*(side.in_(chunk) for side in sides))
        for row in connection.execute(select(*sides).where(here, EventMergeRow.status == MergeStatus.MERGED)):
            found |= set(row)
    return {ident for ident in found if ident is not None}


# --- entries of sanctions lists -------------------------------------------------------------------------------------------


def record_list_entries(connection: Connection, knowledge: Knowledge) -> set[str]:
    """Write what the lists say now of every entry that some article is matched to; return the events of whose parties a known entry changed.

    An entry that no list has any longer stays as it was; one that none ever had is known by the name in its match alone.
    """
    listed = {entry.entry: entry for entity in knowledge.entities.values() for entry in entity.listings if entry.entry is not None}
    stored = {row.entry: row for row in connection.execute(select(ListEntryRow.__table__))}
    changed: set[str] = set()
    for matched in connection.execute(_matched_entries()).all():
        known, before = listed.get(matched.entry), stored.get(matched.entry)
        if known is None and before is not None:
            continue
        row = _entry_row(known) if known is not None else _entry_of_match(matched)
        if before is None:
            connection.execute(insert(ListEntryRow).values(entry=matched.entry, **row))
        elif dict(before._mapping) != {"entry": matched.entry, **row}:
            connection.execute(update(ListEntryRow).where(ListEntryRow.entry == matched.entry).values(**row))
        # Events with an entry that was not known are stale anyway: their articles were read or linked since the last refresh.
        if before is not None and (before.name, before.programs) != (row["name"], row["programs"]):
            changed.add(matched.entry)
    return _events_of_entries(connection, changed)


def follow_lists(connection: Connection, knowledge: Knowledge, *, at: datetime) -> set[str]:
    """Write what the lists say now, and mark the events that are told otherwise by it as changed; return them, to be put into the index."""
    events = record_list_entries(connection, knowledge)
    in_force = (EventRow.merged_into.is_(None), EventRow.deleted_at.is_(None))
    for chunk in in_chunks(events):
        connection.execute(update(EventRow).where(EventRow.id.in_(chunk), *in_force).values(changed_at=at))
    return events


def _matched_entries() -> Query:
    """Select each entry that occurs in a match, with what the newest match says of it."""
    columns = (LinkRow.source, LinkRow.name, LinkRow.list_version)
    return (
        select(LinkRow.entry, *(func.max(column).label(column.key) for column in columns))
        .where(LinkRow.entry.is_not(None))
        .group_by(LinkRow.entry)
        .order_by(LinkRow.entry)
    )


def _entry_row(entry: ListEntry) -> dict[str, Any]:
    listed_on = entry.listed_on.isoformat() if entry.listed_on is not None else None
    values = {"source": entry.source, "name": entry.name, "programs": list(entry.programs)}
    return {**values, "listed_on": listed_on, "list_version": entry.list_version}


def _entry_of_match(matched: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    return {"source": matched.source, "name": matched.name, "programs": [], "listed_on": None, "list_version": matched.list_version}


def _events_of_entries(connection: Connection, entries: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for chunk in in_chunks(entries):
        query = (
            select(EventMentionRow.event_id)
            .join(EventArgumentRow, EventArgumentRow.mention_id == EventMentionRow.id)
            .join(LinkRow, and_(LinkRow.entity_id == EventArgumentRow.entity_id, LinkRow.version_id == EventMentionRow.version_id))
            .where(LinkRow.entry.in_(chunk), LinkRow.status == LinkStatus.AUTO)
            .distinct()
        )
        found |= set(connection.execute(query).scalars())
    return with_related(connection, found)
