"""The passages that tell events, read in a few queries for hundreds of events.

They are those of the articles that `EventFound` names, in the versions that it names: a passage of an older version is not told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, Select, select

from models.findings import AmountFound, ArticleFound, EventFound, PartyFound, Passage
from models.tables import AmountRow, EntityRow, EventAmountRow, EventArgumentRow, EventMentionRow, MentionRow
from models.vocabulary import Label
from pipeline.store.chunks import in_chunks
from pipeline.store.reading_entities import load_events

__all__ = ["load_passages", "load_passages_of"]

Fields: TypeAlias = Row[*tuple[Any, ...]]
Query: TypeAlias = Select[*tuple[Any, ...]]


def load_passages(connection: Connection, event_id: str) -> tuple[Passage, ...]:
    """Return every passage that tells the event, or the one that stands for it, in the newest versions of its articles.

    They come in the order of the articles of the event, and of the text; there is none where no event in force has the id.
    """
    return load_passages_of(connection, [event_id]).get(event_id, ())


def load_passages_of(connection: Connection, event_ids: Iterable[str]) -> dict[str, tuple[Passage, ...]]:
    """Return what `load_passages` does, by id; ids that no event in force has are left out."""
    found: dict[str, tuple[Passage, ...]] = {}
    for chunk in in_chunks(set(event_ids)):
        events = load_events(connection, chunk)
        portion = _Portion(connection, events.values())
        found |= {ident: portion.passages(event) for ident, event in events.items()}
    return found


class _Portion:
    """Some hundred events with all rows that say something of their passages, each table read once."""

    def __init__(self, connection: Connection, events: Iterable[EventFound]) -> None:
        self._connection = connection
        stored = {ident for event in events for ident in (event.id, *event.merged)}
        self._mentions = _grouped(self._all(_mentions, stored), "event_id")
        mention_ids = {row.id for rows in self._mentions.values() for row in rows}
        self._arguments = _grouped(self._all(_arguments, mention_ids), "mention_id")
        self._amounts = _grouped(self._all(_amounts, mention_ids), "mention_id")
        self._entities = {row.id: row for row in self._all(_entities, self._entity_ids())}
        version_ids = {row.version_id for rows in self._mentions.values() for row in rows}
        self._officials = {(row.version_id, row.entity_id) for row in self._all(_officials, version_ids)}

    def _all(self, query: Callable[[Sequence[str]], Query], ids: Iterable[str]) -> list[Fields]:
        """Return the rows of these ids. There may be more of them than one query takes; each id has its rows in their order."""
        return [row for chunk in in_chunks(ids) for row in self._connection.execute(query(chunk))]

    def _entity_ids(self) -> set[str]:
        spoken = (row.speaker_entity_id for rows in self._mentions.values() for row in rows)
        named = (row.entity_id for rows in self._arguments.values() for row in rows)
        return {ident for ident in (*spoken, *named) if ident is not None}

    def passages(self, event: EventFound) -> tuple[Passage, ...]:
        """Return the passages of an event in the order of its articles, and of the text."""
        place = {article.version: number for number, article in enumerate(event.articles)}
        told = [row for ident in (event.id, *event.merged) for row in self._mentions.get(ident, ()) if row.version_id in place]
        told.sort(key=lambda row: (place[row.version_id], row.trigger_start, row.trigger_end, row.id))
        parties = self._parties(event, told)
        return tuple(self._passage(row, event.articles[place[row.version_id]], parties) for row in told)

    def _parties(self, event: EventFound, told: Iterable[Fields]) -> dict[str, PartyFound]:
        """Return by id who is named in any role: as the event has them, and others as the passages do."""
        known = {party.id: party for party in (*event.actors, *event.targets, event.speaker) if party is not None and party.id is not None}
        spoken = (row.speaker_entity_id for row in told)
        named = (argument.entity_id for row in told for argument in self._arguments.get(row.id, ()))
        others = {ident for ident in (*spoken, *named) if ident is not None} - known.keys()
        version_ids = [article.version for article in event.articles]
        return known | {ident: self._other_party(ident, version_ids) for ident in others}

    def _other_party(self, entity_id: str, version_ids: Iterable[str]) -> PartyFound:
        """Return an entity as a party without matches; an official is a person whom any mention in these versions names as one."""
        entity = self._entities[entity_id]
        official = entity.label is Label.PERSON and any((version, entity_id) in self._officials for version in version_ids)
        return PartyFound(entity.id, entity.name, entity.label.value, entity.country, official=official)

    def _passage(self, row: Fields, article: ArticleFound, parties: Mapping[str, PartyFound]) -> Passage:
        arguments = self._arguments.get(row.id, ())
        return Passage(
            id=row.id,
            event_id=row.event_id,
            article=article,
            trigger=row.trigger_text,
            trigger_start=row.trigger_start,
            trigger_end=row.trigger_end,
            evidence=row.evidence_text,
            evidence_start=row.evidence_start,
            evidence_end=row.evidence_end,
            modality=row.modality.value,
            genericity=row.genericity.value,
            cues=tuple(row.cues),
            speaker=_party(row.speaker_entity_id, row.speaker_text, parties) if row.speaker_text is not None else None,
            attribution=row.attribution_kind.value,
            parties=tuple((one.role.value, _party(one.entity_id, one.name, parties), one.start, one.end) for one in arguments),
            amounts=tuple(_amount(one, article.id) for one in self._amounts.get(row.id, ())),
            score=row.score,
            rules=tuple(row.rules),
        )


def _grouped(rows: Iterable[Fields], key: str) -> dict[str, list[Fields]]:
    found: dict[str, list[Fields]] = defaultdict(list)
    for row in rows:
        found[getattr(row, key)].append(row)
    return found


def _party(entity_id: str | None, text: str, parties: Mapping[str, PartyFound]) -> PartyFound:
    return parties[entity_id] if entity_id is not None else PartyFound(None, text, None, None, official=False)


def _amount(row: Fields, article_id: str) -> AmountFound:
    values = (row.text, row.role.value, row.value, row.value_max, row.currency, row.bound.value, row.usd, row.usd_basis)
    return AmountFound(*values, article_id)


def _mentions(event_ids: Sequence[str]) -> Query:
    return select(EventMentionRow.__table__).where(EventMentionRow.event_id.in_(event_ids))


def _arguments(mention_ids: Sequence[str]) -> Query:
    columns = (EventArgumentRow.mention_id, EventArgumentRow.role, EventArgumentRow.entity_id, EventArgumentRow.name)
    # Parties without a place come from the sentences around the passage: after those that it names.
    order = (EventArgumentRow.start.is_(None), EventArgumentRow.start, EventArgumentRow.id)
    return (
        select(*columns, EventArgumentRow.start, EventArgumentRow.end)
        .where(EventArgumentRow.mention_id.in_(mention_ids), EventArgumentRow.superseded_at.is_(None))
        .order_by(*order)
    )


def _amounts(mention_ids: Sequence[str]) -> Query:
    return (
        select(AmountRow.__table__, EventAmountRow.mention_id, EventAmountRow.role)
        .join(EventAmountRow, EventAmountRow.amount_id == AmountRow.id)
        .where(EventAmountRow.mention_id.in_(mention_ids), EventAmountRow.superseded_at.is_(None))
        .order_by(AmountRow.start, AmountRow.id)
    )


def _entities(entity_ids: Sequence[str]) -> Query:
    return select(EntityRow.__table__).where(EntityRow.id.in_(entity_ids))


def _officials(version_ids: Sequence[str]) -> Query:
    named = (MentionRow.version_id.in_(version_ids), MentionRow.official.is_(True), MentionRow.superseded_at.is_(None))
    return select(MentionRow.version_id, MentionRow.entity_id).where(*named).distinct()
