"""Events as readers get them (`models.findings.EventFound`), read from the tables of truth in a few queries for hundreds of events.

What is told of an event is what the newest versions of its articles say of it, and of the events for which it stands: the same as
`v_events_flat` has in one row for each article. An event that no newest version tells is not told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, Select, and_, func, or_, select

from models.findings import AmountFound, ArticleFound, EventFound, ListMatch, PartyFound, PlaceFound, QuantityFound
from models.index_tables import ListEntryRow
from models.knowledge import Knowledge, KnowledgeEntity
from models.review import Verdict
from models.review_tables import ReviewedRow
from models.tables import (
    AmountRow,
    ArticleRow,
    ArticleVersionRow,
    EntityRow,
    EventAmountRow,
    EventArgumentRow,
    EventMentionRow,
    EventQuantityRow,
    EventRow,
    LinkRow,
    MentionRow,
)
from models.vocabulary import ArgumentRole, BodyStatus, LinkStatus, ReviewStatus, Via
from pipeline.store.chunks import in_chunks
from pipeline.store.index_reviewed import Filler, Reviewed, status_of_group

__all__ = ["OWN_WORDS", "known_names", "load_cards", "load_spellings", "load_told", "names_of", "parties_of"]

Fields: TypeAlias = Row[*tuple[Any, ...]]
Query: TypeAlias = Select[*tuple[Any, ...]]
Named: TypeAlias = tuple[str, str]
"""An article version and an entity that it names."""

_WHOLE_TEXTS = {BodyStatus.FULL, BodyStatus.JSON, BodyStatus.FEED}
_LAST = datetime.max.replace(tzinfo=UTC)
_KNOWN_SPELLINGS = {"name", "acronym"}
"""Kinds of `Alias` under which an entity is found: the others mean it only in their context."""
_MOST_NAMES = 40
"""Names of one known entity that are among the words of its events."""
OWN_WORDS = (Via.DIRECT, Via.BRACKET)
"""Mentions whose words are a name of the entity: not "the bank", nor a capital for its government."""


def load_cards(connection: Connection, event_ids: Iterable[str], knowledge: Knowledge) -> Iterator[EventFound]:
    """Yield those of these events that are in force and told: neither merged into another nor withdrawn. The order is that of the ids.

    Coordinates and the names of known entities come from `knowledge`.
    """
    yield from (event for event, _ in load_told(connection, event_ids, knowledge))


def load_told(connection: Connection, event_ids: Iterable[str], knowledge: Knowledge) -> Iterator[tuple[EventFound, tuple[str, ...]]]:
    """Yield what `load_cards` does, each event with all passages that tell it; the first is the one that is shown."""
    for chunk in in_chunks(set(event_ids)):
        yield from _Chunk(connection, chunk, knowledge).told()


def parties_of(event: EventFound) -> Iterator[str]:
    """Yield the entity ids of the parties, the place and the speaker of an event."""
    for one in (*event.actors, *event.targets, event.place, event.speaker):
        if one is not None and one.id is not None:
            yield one.id


def known_names(event: EventFound, knowledge: Knowledge) -> tuple[str, ...]:
    """Return the names under which the parties, the place and the speaker of an event are known, in every language, some of each."""
    known = (knowledge.entities[ident] for ident in parties_of(event) if ident in knowledge.entities)
    return tuple(dict.fromkeys(name for entity in known for name in names_of(entity)[:_MOST_NAMES]))


def names_of(entity: KnowledgeEntity) -> list[str]:
    """Return the names and acronyms of a known entity, in every language."""
    return list(dict.fromkeys([entity.name, *(alias.text for alias in entity.aliases if alias.kind in _KNOWN_SPELLINGS)]))


def load_spellings(connection: Connection, entity_ids: Iterable[str], knowledge: Knowledge) -> dict[str, frozenset[str]]:
    """Return by entity the ways in which it is written: of a known one its names and acronyms, of another those that articles used.

    Names of known entities are not read from the articles: some are named in most of them, and hardly otherwise than they are known.
    """
    found: dict[str, set[str]] = {ident: set() for ident in entity_ids}
    for ident in found:
        if (known := knowledge.entities.get(ident)) is not None:
            found[ident] = set(names_of(known))
    for chunk in in_chunks(ident for ident, names in found.items() if not names):
        for row in connection.execute(select(EntityRow.id, EntityRow.name).where(EntityRow.id.in_(chunk))):
            found[row.id].add(row.name)
        for row in connection.execute(_spelled(chunk)):
            found[row.entity_id] |= {row.name, row.text} if row.own else {row.name}
    return {ident: frozenset(names) for ident, names in found.items()}


def _spelled(entity_ids: Sequence[str]) -> Query:
    own = and_(MentionRow.via.in_(OWN_WORDS), MentionRow.metonym.is_(False)).label("own")
    in_force = (MentionRow.entity_id.in_(entity_ids), MentionRow.superseded_at.is_(None))
    return select(MentionRow.entity_id, MentionRow.name, MentionRow.text, own).where(*in_force).distinct()


def _entity_ids(events: Iterable[Fields], arguments: Mapping[str, Sequence[Fields]]) -> set[str]:
    named = (row.entity_id for rows in arguments.values() for row in rows)
    others = (ident for row in events for ident in (row.place_entity_id, row.speaker_entity_id))
    return {ident for ident in (*named, *others) if ident is not None}


def _grouped(rows: Iterable[Fields], key: str) -> dict[str, list[Fields]]:
    found: dict[str, list[Fields]] = defaultdict(list)
    for row in rows:
        found[getattr(row, key)].append(row)
    return found


@dataclass(frozen=True, slots=True)
class _Telling:
    """One passage, and the article version in which it stands."""

    mention: Fields
    version: Fields


class _Chunk:
    """Some hundred events with all rows that say something of them, each table read once."""

    def __init__(self, connection: Connection, event_ids: Sequence[str], knowledge: Knowledge) -> None:
        self._connection = connection
        self._knowledge = knowledge
        events = self._all(_events_told(event_ids))
        self._reviewed = Reviewed(connection, knowledge)
        self._reviewed.load_events(row.id for row in events)
        self._mentions = _grouped(self._all(_mentions([row.id for row in events])), "event_id")
        mentions = [row for rows in self._mentions.values() for row in rows]
        mention_ids = [row.id for row in mentions]
        version_ids = sorted({row.version_id for row in mentions})
        self._versions = {row.id: row for row in self._all(_versions(version_ids))}
        self._reviewed.load_names(version_ids)
        arguments = _grouped(self._all(_arguments(mention_ids)), "mention_id")
        amounts = _grouped(self._all(_amounts(mention_ids)), "mention_id")
        self._entities = self._reviewed.load_entities(_entity_ids(events, arguments))
        self._events = _grouped((self._reviewed.edit_event(row, self._version_of(row.id)) for row in events), "stands")
        self._arguments: dict[str, list[Filler]] = {}
        self._amounts: dict[str, list[Any]] = {}
        for event_id, passages in self._mentions.items():
            self._arguments |= self._reviewed.fill(event_id, passages, arguments)
            self._amounts |= self._reviewed.edit_amounts(event_id, passages, amounts)
        self._quantities = _grouped(self._all(_quantities(mention_ids)), "mention_id")
        self._officials = {(row.version_id, self._reviewed.stands_for(row.entity_id)) for row in self._all(_officials(version_ids))}
        self._matches = self._load_matches(version_ids)

    def _all(self, query: Query) -> Sequence[Fields]:
        return self._connection.execute(query).all()

    def _version_of(self, event_id: str) -> str | None:
        """Return the version whose names the place and the speaker of an event are."""
        passages = self._mentions.get(event_id, ())
        return next((row.version_id for row in passages if row.is_core), passages[0].version_id if passages else None)

    def _load_matches(self, version_ids: Sequence[str]) -> dict[Named, list[ListMatch]]:
        found: dict[Named, list[ListMatch]] = defaultdict(list)
        for row in self._all(_matches(version_ids)):
            said = row.said if row.verdict is Verdict.EDIT else {}
            name = said.get("listed_name") or row.listed_name or row.name
            source, entry = said.get("source", row.source), said.get("entry", row.entry)
            match = ListMatch(source, entry, name, () if said else tuple(row.programs or ()), row.score)
            found[row.version_id, self._reviewed.stands_for(row.entity_id)].append(match)
        return found

    def told(self) -> Iterator[tuple[EventFound, tuple[str, ...]]]:
        """Yield the events that are in force and told, with their passages."""
        for event_id, rows in sorted(self._events.items()):
            own = next((row for row in rows if row.id == event_id), None)
            # What an editor rejected tells nothing of the events that it stands with, unless nothing else does.
            tellings = self._tellings([row for row in rows if row.status is not ReviewStatus.REJECTED]) or self._tellings(rows)
            if own is not None and tellings:
                passages = dict.fromkeys(telling.mention.evidence_text for telling in tellings)
                yield self._card(own, rows, tellings), tuple(passages)

    def _tellings(self, events: Iterable[Fields]) -> list[_Telling]:
        """Return the passages in the order of their articles: the first is the one that is shown."""
        found = [_Telling(mention, self._versions[mention.version_id]) for event in events for mention in self._mentions.get(event.id, ())]
        core = {telling.version.article_id for telling in found if telling.mention.is_core}

        def rank(telling: _Telling) -> tuple[Any, ...]:
            version, mention = telling.version, telling.mention
            whole, published = version.body_status in _WHOLE_TEXTS, version.published_at or _LAST
            article = (version.article_id not in core, not whole, published, version.article_id)
            return *article, not mention.is_core, mention.trigger_start, mention.trigger_end, mention.id

        return sorted(found, key=rank)

    def _card(self, own: Fields, events: Sequence[Fields], tellings: Sequence[_Telling]) -> EventFound:
        shown = tellings[0].mention
        by_id = {row.id: row for row in events}
        ranked = [by_id[ident] for ident in dict.fromkeys(telling.mention.event_id for telling in tellings)]
        articles = _articles(tellings)
        published = [article.published_at for article in articles if article.published_at is not None]
        amounts = self._amounts_of(tellings)
        speaker, attribution = self._speaker(ranked, tellings)
        return EventFound(
            id=own.id,
            type=own.type.value,
            subtype=own.subtype,
            plover=own.plover,
            plover_contexts=tuple(own.plover_contexts),
            cameo=own.cameo,
            quad_class=own.quad_class,
            modality=own.modality.value,
            genericity=own.genericity.value,
            background=own.background,
            status=status_of_group(own.status, (row.status for row in ranked)).value,
            date_start=own.date_start,
            date_end=own.date_end,
            date_precision=own.date_precision.value,
            actors=self._parties(tellings, ArgumentRole.ACTOR),
            targets=self._parties(tellings, ArgumentRole.TARGET),
            place=self._place(ranked),
            speaker=speaker,
            attribution=attribution,
            amounts=amounts,
            usd=max((amount.usd for amount in amounts if amount.usd is not None), default=None),
            quantities=self._quantities_of(tellings),
            trigger=shown.trigger_text,
            trigger_start=shown.trigger_start - shown.evidence_start,
            evidence=shown.evidence_text,
            articles=articles,
            first_published=min(published, default=None),
            last_published=max(published, default=None),
            score=own.score,
            n_mentions=own.n_mentions,
            n_articles=own.n_articles,
            n_sources=own.n_sources,
            first_seen_at=own.first_seen_at,
            changed_at=own.changed_at,
            extractor_version=own.extractor_version,
            merged=tuple(sorted(by_id.keys() - {own.id})),
        )

    def _parties(self, tellings: Iterable[_Telling], role: ArgumentRole) -> tuple[PartyFound, ...]:
        """Return who fills a role in any passage, each once, in the order of the passages."""
        named: dict[str, Filler] = {}
        versions: dict[str, set[str]] = defaultdict(set)
        for telling in tellings:
            for argument in self._arguments.get(telling.mention.id, ()):
                if argument.role is role:
                    key = argument.entity_id or f"text:{argument.name.casefold()}"
                    named.setdefault(key, argument)
                    versions[key].add(telling.version.id)
        return tuple(self._party(argument.entity_id, argument.name, versions[key]) for key, argument in named.items())

    def _party(self, entity_id: str | None, text: str, version_ids: Collection[str]) -> PartyFound:
        entity = self._entities.get(entity_id) if entity_id is not None else None
        if entity is None:
            return PartyFound(None, text, None, None, official=False)
        named = [(version, entity.id) for version in version_ids]
        matches = _strongest(match for key in named for match in self._matches.get(key, ()))
        official = any(key in self._officials for key in named)
        return PartyFound(entity.id, entity.name, entity.label, entity.country, official, matches)

    def _place(self, events: Iterable[Fields]) -> PlaceFound | None:
        event = next((row for row in events if row.place_text is not None), None)
        if event is None:
            return None
        entity = self._entities.get(event.place_entity_id) if event.place_entity_id is not None else None
        if entity is None:
            return PlaceFound(None, event.place_text, None, None, None)
        known = self._knowledge.entities.get(entity.id)
        latitude, longitude = (known.latitude, known.longitude) if known is not None else (None, None)
        return PlaceFound(entity.id, entity.name, entity.country, latitude, longitude)

    def _speaker(self, events: Sequence[Fields], tellings: Sequence[_Telling]) -> tuple[PartyFound | None, str]:
        """Return according to whom, and how that is attributed: of the first event that says so, else how the passage shown has it."""
        event = next((row for row in events if row.speaker_text is not None), None)
        if event is None:
            return None, tellings[0].mention.attribution_kind.value
        own = [telling for telling in tellings if telling.mention.event_id == event.id]
        speaker = self._party(event.speaker_entity_id, event.speaker_text, {telling.version.id for telling in own})
        return speaker, own[0].mention.attribution_kind.value

    def _amounts_of(self, tellings: Iterable[_Telling]) -> tuple[AmountFound, ...]:
        found: dict[tuple[str, str], AmountFound] = {}
        for article_id, rows in self._by_article(tellings, self._amounts):
            for row in sorted(rows, key=lambda row: (row.start, row.end, row.id, row.role)):
                found.setdefault((row.id, row.role), _amount(row, article_id))
        return tuple(found.values())

    def _quantities_of(self, tellings: Iterable[_Telling]) -> tuple[QuantityFound, ...]:
        """Return the countings and measures, each once however many passages have it."""
        found: dict[QuantityFound, None] = {}
        for _, rows in self._by_article(tellings, self._quantities):
            for row in sorted(rows, key=lambda row: (row.start, row.end, row.id)):
                found[QuantityFound(row.role.value, row.text, row.value_min, row.value_max, row.bound.value, row.unit)] = None
        return tuple(found)

    def _by_article(self, tellings: Iterable[_Telling], by_mention: Mapping[str, list[Fields]]) -> Iterator[tuple[str, list[Fields]]]:
        found: dict[str, list[Fields]] = {}
        for telling in tellings:
            found.setdefault(telling.version.article_id, []).extend(by_mention.get(telling.mention.id, ()))
        yield from found.items()


def _strongest(matches: Iterable[ListMatch]) -> tuple[ListMatch, ...]:
    """Return one match for each entry, the surest, in order of the entries."""
    best: dict[str, ListMatch] = {}
    for match in matches:
        if match.entry not in best or best[match.entry].score < match.score:
            best[match.entry] = match
    return tuple(best[entry] for entry in sorted(best))


def _articles(tellings: Iterable[_Telling]) -> tuple[ArticleFound, ...]:
    versions = {telling.version.article_id: telling.version for telling in tellings}
    return tuple(
        ArticleFound(ident, row.id, row.url, row.title, row.publisher, row.source_kind.value, row.lang, row.published_at)
        for ident, row in versions.items()
    )


def _amount(row: Fields, article_id: str) -> AmountFound:
    values = (row.text, row.role.value, row.value, row.value_max, row.currency, row.bound.value, row.usd, row.usd_basis)
    return AmountFound(*values, article_id)


def _events_told(event_ids: Sequence[str]) -> Query:
    """Select the events themselves and those for which they stand; `stands` is the event that stands for each."""
    stands = func.coalesce(EventRow.merged_into, EventRow.id).label("stands")
    own = and_(EventRow.id.in_(event_ids), EventRow.merged_into.is_(None))
    return (
        select(EventRow.__table__, stands)
        .where(or_(own, EventRow.merged_into.in_(event_ids)), EventRow.deleted_at.is_(None))
        .order_by(EventRow.id)
    )


def _mentions(event_ids: Sequence[str]) -> Query:
    columns = (
        *(EventMentionRow.id, EventMentionRow.event_id, EventMentionRow.version_id, EventMentionRow.trigger_text),
        *(EventMentionRow.trigger_start, EventMentionRow.trigger_end, EventMentionRow.evidence_start, EventMentionRow.evidence_text),
        *(EventMentionRow.attribution_kind, EventMentionRow.is_core),
    )
    return (
        select(*columns)
        .join(EventRow, EventRow.id == EventMentionRow.event_id)
        .join(ArticleRow, and_(ArticleRow.id == EventRow.article_id, ArticleRow.latest_version_id == EventMentionRow.version_id))
        .where(EventMentionRow.event_id.in_(event_ids))
    )


def _versions(version_ids: Sequence[str]) -> Query:
    columns = (
        *(ArticleVersionRow.id, ArticleVersionRow.article_id, ArticleVersionRow.url, ArticleVersionRow.title, ArticleVersionRow.publisher),
        *(ArticleVersionRow.source_kind, ArticleVersionRow.lang, ArticleVersionRow.published_at, ArticleVersionRow.body_status),
    )
    return select(*columns).where(ArticleVersionRow.id.in_(version_ids))


def _arguments(mention_ids: Sequence[str]) -> Query:
    columns = (
        *(EventArgumentRow.mention_id, EventArgumentRow.role, EventArgumentRow.entity_id, EventArgumentRow.name),
        *(EventArgumentRow.start, EventArgumentRow.end),
    )
    parties = EventArgumentRow.role.in_([ArgumentRole.ACTOR, ArgumentRole.TARGET])
    # Parties without a place come from the sentences around the passage: after those that it names.
    order = (EventArgumentRow.start.is_(None), EventArgumentRow.start, EventArgumentRow.id)
    return (
        select(*columns)
        .where(EventArgumentRow.mention_id.in_(mention_ids), EventArgumentRow.superseded_at.is_(None), parties)
        .order_by(*order)
    )


def _amounts(mention_ids: Sequence[str]) -> Query:
    return (
        select(AmountRow.__table__, EventAmountRow.mention_id, EventAmountRow.role)
        .join(EventAmountRow, EventAmountRow.amount_id == AmountRow.id)
        .where(EventAmountRow.mention_id.in_(mention_ids), EventAmountRow.superseded_at.is_(None))
    )


def _quantities(mention_ids: Sequence[str]) -> Query:
    return select(EventQuantityRow.__table__).where(EventQuantityRow.mention_id.in_(mention_ids), EventQuantityRow.superseded_at.is_(None))


def _officials(version_ids: Sequence[str]) -> Query:
    named = (MentionRow.version_id.in_(version_ids), MentionRow.official.is_(True), MentionRow.superseded_at.is_(None))
    # An editor may have found the name, or the office, to be none.
    rejected = and_(
        ReviewedRow.row_id == MentionRow.id, ReviewedRow.table_name.in_(["mention", "office"]), ReviewedRow.verdict == Verdict.REJECT
    )
    return select(MentionRow.version_id, MentionRow.entity_id).where(*named, ~select(ReviewedRow.row_id).where(rejected).exists())


def _matches(version_ids: Sequence[str]) -> Query:
    columns = (LinkRow.version_id, LinkRow.entity_id, LinkRow.source, LinkRow.entry, LinkRow.name, LinkRow.score)
    said = and_(ReviewedRow.row_id == LinkRow.id, ReviewedRow.table_name == "link")
    accepted = ReviewedRow.verdict.in_([Verdict.ACCEPT, Verdict.EDIT])
    by_machine = and_(LinkRow.status == LinkStatus.AUTO, ReviewedRow.verdict.is_(None))
    return (
        select(
            *columns, ListEntryRow.name.label("listed_name"), ListEntryRow.programs, ReviewedRow.verdict, ReviewedRow.value.label("said")
        )
        .outerjoin(ListEntryRow, ListEntryRow.entry == LinkRow.entry)
        .outerjoin(ReviewedRow, said)
        .where(LinkRow.version_id.in_(version_ids), LinkRow.entry.is_not(None), LinkRow.superseded_at.is_(None))
        .where(or_(by_machine, accepted))
        .order_by(LinkRow.id)
    )
