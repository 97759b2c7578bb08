"""Rows of the index of entities (`models.index_tables`), counted from what the newest versions of the articles say.

Some entities are named in hundreds of thousands of articles, and every night in some more. So what each article says is kept beside what
all of them say together: an article that is read again takes back what it said before, and nothing else is counted anew. A row of an
entity follows from those sums, and from no mention. What editors say of a name, a match, an office or an entity is counted in the place of
what the machine says of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import Connection, Row, Select, delete, func, select

from models.findings import ListMatch
from models.index_tables import EntityArticleRow, EntitySaidRow, EventTermRow, IndexedEntityRow, IndexTermRow
from models.knowledge import Knowledge
from models.review import Verdict
from models.tables import ArticleRow, ArticleVersionRow, EntityRow, LinkRow, MentionRow
from models.vocabulary import Label, LinkStatus, ReviewStatus
from pipeline.names.search_tokens import name_tokens
from pipeline.store.bulk import add_counts, add_rows, delete_rows
from pipeline.store.chunks import in_chunks
from pipeline.store.index_cards import OWN_WORDS, names_of
from pipeline.store.index_reviewed import Entity, Reviewed
from pipeline.store.index_rows import NAME_FIELDS, wait_for_turn

__all__ = [
    "Said",
    "all_articles",
    "all_entities",
    "entities_called_otherwise",
    "put_articles",
    "put_entities",
    "read_matches",
    "read_office",
]

_MOST_CHARACTERS = 600
"""Of one thing that is said: PostgreSQL indexes no value of more than 2,700 bytes, and a sign has up to four."""
_MOST_OF_A_PART = 250
"""Characters of a part of a value that has several."""

Pair: TypeAlias = tuple[str, str]
"""An article and an entity that it names."""
Query: TypeAlias = Select[*tuple[Any, ...]]


class Said(StrEnum):
    """What is counted of an entity."""

    NAME = "name"
    """Words of a text that are a name of it."""
    WORDS = "words"
    """Words of a text that mean it only where they stand: a surname, "the bank", a capital for its government."""
    CALLED = "called"
    """Its full name, where the words are another."""
    OFFICE = "office"
    """Role and body, as JSON."""
    OFFICIAL = "official"
    """That it is named as an official; without a value."""
    MATCH = "match"
    """Entry, list, name of the entry, score and reason of a match, as JSON."""
    ARTICLE = "article"
    """An article that names it; without a value."""


_NAMING = (Said.NAME, Said.WORDS)
"""Every mention says one of these."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What one article says of one entity, with the time at which it was published where it names it."""

    published_at: datetime | None
    said: str

    def counts(self) -> Counter[tuple[str, str]]:
        """Return how often what is said."""
        found = Counter({(kind, value): count for kind, value, count in msgspec.json.decode(self.said)})
        found[Said.ARTICLE, ""] = int(_is_named(found))
        return found


def _is_named(said: Iterable[tuple[str, str]]) -> bool:
    return any(kind in _NAMING for kind, _ in said)


def all_articles(connection: Connection) -> list[str]:
    """Return the ids of all articles that have a version, in the order in which they were met: those that were stored together lie together."""
    query = select(ArticleRow.id).where(ArticleRow.latest_version_id.is_not(None)).order_by(ArticleRow.first_seen_at, ArticleRow.id)
    return list(connection.execute(query).scalars())


def all_entities(connection: Connection, *, missing: bool = False) -> list[str]:
    """Return the ids of all entities, or of those that have no row in the index."""
    query = select(EntityRow.id).order_by(EntityRow.id)
    return list(connection.execute(query.where(EntityRow.id.not_in(select(IndexedEntityRow.entity_id))) if missing else query).scalars())


# --- what articles say ----------------------------------------------------------------------------------------------------


def put_articles(connection: Connection, article_ids: Iterable[str], knowledge: Knowledge) -> set[str]:
    """Count what these articles say now in place of what they said before; return the entities of which they say, or said, anything.

    The rows of those entities are to be written in the same transaction. Other writers of the index wait until it ends.
    """
    wait_for_turn(connection)
    touched: set[str] = set()
    for chunk in in_chunks(set(article_ids)):
        touched |= _count(connection, _counted(connection, chunk), _told_now(connection, chunk, knowledge))
    return touched


def _count(connection: Connection, before: Mapping[Pair, _Told], after: Mapping[Pair, _Told]) -> set[str]:
    """Take back what was told otherwise, and add what is told now; return all entities told of: their own rows may have changed too."""
    gone = {pair: told for pair, told in before.items() if after.get(pair) != told}
    new = {pair: told for pair, told in after.items() if before.get(pair) != told}
    counts: Counter[tuple[str, str, str]] = Counter()
    for sign, pairs in ((-1, gone), (1, new)):
        for (_, entity), told in pairs.items():
            for (kind, value), count in told.counts().items():
                counts[entity, kind, value] += sign * count
    delete_rows(connection, EntityArticleRow, sorted(gone))
    add_rows(connection, EntityArticleRow, [(*pair, new[pair].published_at, new[pair].said) for pair in sorted(new)])
    add_counts(connection, EntitySaidRow, sorted((*key, count) for key, count in counts.items() if count))
    return {entity for _, entity in (*before, *after)}


def _counted(connection: Connection, article_ids: Sequence[str]) -> dict[Pair, _Told]:
    """Return what was counted of articles."""
    columns = (EntityArticleRow.article_id, EntityArticleRow.entity_id, EntityArticleRow.published_at, EntityArticleRow.said)
    rows = connection.execute(select(*columns).where(EntityArticleRow.article_id.in_(article_ids)))
    return {(article, entity): _Told(published_at, said) for article, entity, published_at, said in rows}


def _told_now(connection: Connection, article_ids: Sequence[str], knowledge: Knowledge) -> dict[Pair, _Told]:
    """Return what the newest versions of articles say, as far as no editor says otherwise."""
    columns = (ArticleVersionRow.id, ArticleVersionRow.article_id, ArticleVersionRow.published_at)
    newest = select(*columns).join(ArticleRow, ArticleRow.latest_version_id == ArticleVersionRow.id).where(ArticleRow.id.in_(article_ids))
    versions = {ident: (article, published_at) for ident, article, published_at in connection.execute(newest)}
    found: dict[Pair, Counter[tuple[str, str]]] = defaultdict(Counter)
    for version, entity, said in _Reading(connection, list(versions), knowledge).says():
        found[version, entity][said] += 1
    told = {}
    for (version, entity), counts in found.items():
        article, published_at = versions[version]
        said_all = _as_json(sorted((*what, count) for what, count in counts.items()))
        told[article, entity] = _Told(published_at if _is_named(counts) else None, said_all)
    return told


class _Reading:
    """Names and matches of some hundred article versions, and what editors say of them."""

    def __init__(self, connection: Connection, version_ids: Sequence[str], knowledge: Knowledge) -> None:
        self._mentions = connection.execute(_mentions(version_ids)).all()
        self._links = connection.execute(_links(version_ids)).all()
        self._reviewed = Reviewed(connection, knowledge)
        self._names = self._reviewed.said_in("mention", MentionRow, version_ids)
        self._offices = self._reviewed.said_in("office", MentionRow, version_ids)
        self._matches = self._reviewed.said_in("link", LinkRow, version_ids)
        given = (value["entity"] for _, value in self._names.values() if value.get("entity") is not None)
        self._reviewed.load_entities({*given, *(row.entity_id for row in (*self._mentions, *self._links))})

    def says(self) -> Iterator[tuple[str, str, tuple[str, str]]]:
        """Yield version, entity, and what is said of it: kind and value."""
        named: set[Pair] = set()
        lost: set[Pair] = set()
        for row in self._mentions:
            verdict, value = self._names.get(row.id, _NOTHING_SAID)
            means = None if verdict is Verdict.REJECT else value.get("entity", row.entity_id)
            (named if means == row.entity_id else lost).add((row.version_id, row.entity_id))
            entity = self._reviewed.standing(means)
            if entity is not None:
                yield from ((row.version_id, entity, said) for said in _said_by(row, value, *self._offices.get(row.id, _NOTHING_SAID)))
        for row in self._links:
            entity, match = self._reviewed.standing(row.entity_id), self._match(row)
            # Of an entity that the article does not name after all it says nothing.
            if entity is not None and match is not None and (row.version_id, row.entity_id) not in lost - named:
                yield row.version_id, entity, match

    def _match(self, link: Row[*tuple[Any, ...]]) -> tuple[str, str] | None:
        """Return a match as it is counted; None for one that is rejected, or waits for an editor."""
        verdict, value = self._matches.get(link.id, _NOTHING_SAID)
        if verdict is Verdict.REJECT or (verdict is None and link.status is not LinkStatus.AUTO):
            return None
        name = value.get("listed_name", link.name)[:_MOST_OF_A_PART]
        match = (value.get("entry", link.entry), value.get("source", link.source), name, link.score, link.why[:_MOST_OF_A_PART])
        return Said.MATCH, _as_json(match)


_NOTHING_SAID: tuple[Verdict | None, Mapping[str, Any]] = (None, {})


def _mentions(version_ids: Sequence[str]) -> Query:
    columns = (
        *(MentionRow.id, MentionRow.version_id, MentionRow.entity_id, MentionRow.text, MentionRow.name, MentionRow.via, MentionRow.metonym),
        *(MentionRow.official, MentionRow.role, MentionRow.affiliation),
    )
    return select(*columns).where(MentionRow.version_id.in_(version_ids), MentionRow.superseded_at.is_(None))


def _links(version_ids: Sequence[str]) -> Query:
    columns = (
        *(LinkRow.id, LinkRow.version_id, LinkRow.entity_id, LinkRow.entry, LinkRow.source, LinkRow.name, LinkRow.score, LinkRow.why),
        LinkRow.status,
    )
    return select(*columns).where(LinkRow.version_id.in_(version_ids), LinkRow.entry.is_not(None), LinkRow.superseded_at.is_(None))


def _said_by(
    mention: Row[*tuple[Any, ...]], edited: Mapping[str, Any], of_office: Verdict | None, office: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield what a mention says of whom it means; `edited` and `office` hold what editors say that it, and its office, is otherwise."""
    own = mention.via in OWN_WORDS and not mention.metonym
    text = edited.get("text", mention.text)
    # The full name that the machine gave is that of another entity, where an editor says that another is meant.
    name = edited.get("name") or (text if "entity" in edited else mention.name)
    yield Said.NAME if own else Said.WORDS, text[:_MOST_CHARACTERS]
    if name != text or not (own or "entity" in edited):
        yield Said.CALLED, name[:_MOST_CHARACTERS]
    if of_office is Verdict.REJECT:
        return
    if office.get("official", mention.official):
        yield Said.OFFICIAL, ""
    if mention.role is not None:
        body = office.get("body", mention.affiliation)
        role = office.get("role", mention.role)
        yield Said.OFFICE, _as_json((role[:_MOST_OF_A_PART], None if body is None else body[:_MOST_OF_A_PART]))


def _as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


# --- rows of entities -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sums:
    """What all articles together say of one entity: how often what, by kind."""

    counts: Mapping[str, Mapping[str, int]]

    def of(self, kind: Said) -> Mapping[str, int]:
        """Return how often which value of a kind is said."""
        return self.counts.get(kind, {})

    def total(self, *kinds: Said) -> int:
        """Return how often anything of these kinds is said."""
        return sum(sum(self.of(kind).values()) for kind in kinds)


def put_entities(connection: Connection, entity_ids: Iterable[str], knowledge: Knowledge) -> None:
    """Write the rows of entities, from what is counted of them; known ones are called as in `knowledge`.

    A row keeps its number of events, which `put_events` keeps current.
    """
    wait_for_turn(connection)
    in_events = select(IndexedEntityRow.entity_id, IndexedEntityRow.events)
    for chunk in in_chunks(set(entity_ids)):
        events = dict(connection.execute(in_events.where(IndexedEntityRow.entity_id.in_(chunk))).all())
        events |= _count_events(connection, [ident for ident in chunk if ident not in events])
        sums, told = _read_sums(connection, chunk), Reviewed(connection, knowledge).load_entities(chunk)
        rows = [
            _entity_row(row, told[row.id], sums[row.id], knowledge, events.get(row.id, 0)) for row in connection.execute(_entities(chunk))
        ]
        connection.execute(delete(IndexedEntityRow).where(IndexedEntityRow.entity_id.in_(chunk)))
        columns = IndexedEntityRow.__table__.columns
        add_rows(connection, IndexedEntityRow, [tuple(row[column.name] for column in columns) for row in rows])


def _entities(entity_ids: Sequence[str]) -> Query:
    # One after the other, since either end of an index is found without reading what lies between.
    ends = (
        select(end(EntityArticleRow.published_at)).where(EntityArticleRow.entity_id == EntityRow.id).scalar_subquery().label(name)
        for name, end in (("first_seen", func.min), ("last_seen", func.max))
    )
    return select(EntityRow.id, *ends).where(EntityRow.id.in_(entity_ids)).order_by(EntityRow.id)


def _read_sums(connection: Connection, entity_ids: Sequence[str]) -> dict[str, _Sums]:
    found: dict[str, dict[str, dict[str, int]]] = {ident: defaultdict(dict) for ident in entity_ids}
    columns = (EntitySaidRow.entity_id, EntitySaidRow.kind, EntitySaidRow.value, EntitySaidRow.count)
    for ident, kind, value, count in connection.execute(select(*columns).where(EntitySaidRow.entity_id.in_(entity_ids))):
        found[ident][kind][value] = count
    return {ident: _Sums(counts) for ident, counts in found.items()}


def _entity_row(entity: Row[*tuple[Any, ...]], told: Entity, sums: _Sums, knowledge: Knowledge, events: int) -> dict[str, Any]:
    offices = sums.of(Said.OFFICE)
    office = min(offices, key=lambda value: (-offices[value], value), default=None)
    role, affiliation = (None, None) if office is None else read_office(office)
    matches = [one for one, _ in read_matches(sums.of(Said.MATCH))]
    best = {match.entry: match for match in reversed(matches)}
    return {
        "entity_id": entity.id,
        "label": Label(told.label),
        "name": told.name,
        "country": told.country,
        "mentions": sums.total(*_NAMING),
        "articles": sums.total(Said.ARTICLE),
        "officials": sums.total(Said.OFFICIAL),
        "events": events,
        "first_seen": entity.first_seen,
        "last_seen": entity.last_seen,
        "role": role,
        "affiliation": affiliation,
        "offices": offices[office] if office is not None else 0,
        "entries": len(best),
        "matches": _as_json([(match.entry, match.source, match.name, match.score) for _, match in sorted(best.items())]),
        "names": _names(told, knowledge, (*sums.of(Said.NAME), *sums.of(Said.CALLED))),
    }


def _names(entity: Entity, knowledge: Knowledge, said: Iterable[str]) -> str:
    """Return all ways in which an entity is written as search tokens: of a known one those of the knowledge base, and an editor's."""
    known = knowledge.entities.get(entity.id)
    written = sorted({entity.name, *said}) if known is None else dict.fromkeys([*names_of(known), entity.name])
    return name_tokens(written, person=entity.label == Label.PERSON)


def read_office(value: str) -> tuple[str, str | None]:
    """Return role and body of a value of `Said.OFFICE`."""
    role, affiliation = msgspec.json.decode(value)
    return role, affiliation


def read_matches(values: Iterable[str]) -> list[tuple[ListMatch, str]]:
    """Return the matches of values of `Said.MATCH`, without programmes, each with its reason: by entry, the surest of each first."""
    found = [msgspec.json.decode(value) for value in values]
    found.sort(key=lambda match: (match[0], -match[3], match[1], match[2], match[4]))
    return [(ListMatch(source, entry, name, (), score), why) for entry, source, name, score, why in found]


def _count_events(connection: Connection, entity_ids: Collection[str]) -> dict[str, int]:
    """Return by entity in how many events of the index it has a role; rejected ones do not count, as everywhere."""
    if not entity_ids:
        return {}
    rejected = (
        select(EventTermRow.number)
        .join(IndexTermRow, IndexTermRow.code == EventTermRow.code)
        .where(IndexTermRow.field == "status", IndexTermRow.value == ReviewStatus.REJECTED.value)
    )
    query = (
        select(IndexTermRow.value, func.count(EventTermRow.number.distinct()))
        .join(EventTermRow, EventTermRow.code == IndexTermRow.code)
        .where(IndexTermRow.field.in_(NAME_FIELDS), IndexTermRow.value.in_(entity_ids), EventTermRow.number.not_in(rejected))
        .group_by(IndexTermRow.value)
    )
    return dict(connection.execute(query).all())


def entities_called_otherwise(connection: Connection, knowledge: Knowledge) -> list[str]:
    """Return the known entities that `knowledge` calls otherwise than the index does, and those that it knows no longer."""
    query = (
        select(EntityRow.id, IndexedEntityRow.name, IndexedEntityRow.names)
        .join(IndexedEntityRow, IndexedEntityRow.entity_id == EntityRow.id)
        .where(EntityRow.in_knowledge_base)
    )
    rows = connection.execute(query).all()
    told = Reviewed(connection, knowledge).load_entities([row.id for row in rows])
    return [row.id for row in rows if _is_called_otherwise(row, told[row.id], knowledge)]


def _is_called_otherwise(indexed: Row[*tuple[Any, ...]], told: Entity, knowledge: Knowledge) -> bool:
    if told.id in knowledge.entities:
        return (told.name, _names(told, knowledge, ())) != (indexed.name, indexed.names)
    return told.name != str(indexed.name)
