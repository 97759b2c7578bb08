"""The rows behind decided items, from which annotations are made: where names and amounts stand, and what tells an event."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, select

from models.review import Subject
from models.tables import (
    AmountRow,
    ArticleVersionRow,
    EventAmountRow,
    EventArgumentRow,
    EventMentionRow,
    MentionRow,
)
from models.vocabulary import Bound, Label
from pipeline.store.chunks import in_chunks
from pipeline.store.review_rows import load_subjects

__all__ = ["AmountSpan", "Filler", "NameSpan", "Passage", "Text", "load_names", "load_passages", "load_texts", "places_of"]

Fields: TypeAlias = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Text:
    """One article version as it was read."""

    id: str
    text: str
    lang: str
    title: str
    publisher: str
    published_at: datetime | None
    korea: bool


@dataclass(frozen=True, slots=True)
class NameSpan:
    """A name in a text, in force."""

    entity: str
    start: int
    end: int
    label: Label


@dataclass(frozen=True, slots=True)
class Filler:
    """Who or what fills a role in a passage, where it has a place."""

    entity: str | None
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class AmountSpan:
    """An amount in a passage."""

    start: int
    end: int
    text: str
    value: float | None
    currency: str | None
    bound: Bound


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage that tells an event: trigger and evidence, what fills its roles, and its amounts."""

    event: str
    version: str
    trigger: tuple[int, int]
    evidence: tuple[int, int]
    fillers: tuple[Filler, ...]
    amounts: tuple[AmountSpan, ...]


def places_of(connection: Connection, item_ids: Iterable[str]) -> Mapping[str, list[Subject]]:
    """Return by item the rows that it is about and that stand in a text."""
    found = load_subjects(connection, item_ids)
    return {item: [one for one in subjects if one.version_id is not None and one.start is not None] for item, subjects in found.items()}


def load_texts(connection: Connection, version_ids: Iterable[str]) -> dict[str, Text]:
    """Return article versions by id."""
    row = ArticleVersionRow
    columns = (row.id, row.text, row.lang, row.title, row.publisher, row.published_at, row.korea)
    rows = (one for chunk in in_chunks(version_ids) for one in connection.execute(select(*columns).where(row.id.in_(chunk))))
    return {one.id: Text(*one) for one in rows}


def load_names(connection: Connection, version_ids: Iterable[str], entities: Collection[str]) -> dict[tuple[str, str], list[NameSpan]]:
    """Return where versions name these entities, by version and entity."""
    found: dict[tuple[str, str], list[NameSpan]] = defaultdict(list)
    row = MentionRow
    for chunk in in_chunks(version_ids):
        columns = (row.version_id, row.entity_id, row.start, row.end, row.label)
        query = select(*columns).where(row.version_id.in_(chunk), row.superseded_at.is_(None)).order_by(row.start)
        for one in connection.execute(query):
            if one.entity_id in entities:
                found[one.version_id, one.entity_id].append(NameSpan(one.entity_id, one.start, one.end, one.label))
    return found


def load_passages(connection: Connection, told: Mapping[str, str]) -> dict[str, list[Passage]]:
    """Return the passages of events, each in the version that is given for it, in order of the text."""
    rows: list[Fields] = []
    for chunk in in_chunks(told):
        query = select(EventMentionRow.__table__).where(EventMentionRow.event_id.in_(chunk)).order_by(EventMentionRow.trigger_start)
        rows += [one for one in connection.execute(query) if told[one.event_id] == one.version_id]
    fillers, amounts = _fillers(connection, [row.id for row in rows]), _amounts(connection, [row.id for row in rows])
    found: dict[str, list[Passage]] = defaultdict(list)
    for row in rows:
        trigger, evidence = (row.trigger_start, row.trigger_end), (row.evidence_start, row.evidence_end)
        found[row.event_id].append(Passage(row.event_id, row.version_id, trigger, evidence, tuple(fillers[row.id]), tuple(amounts[row.id])))
    return found


def _fillers(connection: Connection, mention_ids: Iterable[str]) -> dict[str, list[Filler]]:
    found: dict[str, list[Filler]] = defaultdict(list)
    row = EventArgumentRow
    for chunk in in_chunks(mention_ids):
        columns = (row.mention_id, row.entity_id, row.name, row.start, row.end)
        query = select(*columns).where(row.mention_id.in_(chunk), row.superseded_at.is_(None), row.start.is_not(None)).order_by(row.start)
        for one in connection.execute(query):
            found[one.mention_id].append(Filler(one.entity_id, one.name, one.start, one.end))
    return found


def _amounts(connection: Connection, mention_ids: Iterable[str]) -> dict[str, list[AmountSpan]]:
    found: dict[str, list[AmountSpan]] = defaultdict(list)
    row = AmountRow
    for chunk in in_chunks(mention_ids):
        query = (
            select(EventAmountRow.mention_id, row.start, row.end, row.text, row.value, row.currency, row.bound)
            .join(row, row.id == EventAmountRow.amount_id)
            .where(EventAmountRow.mention_id.in_(chunk), EventAmountRow.superseded_at.is_(None))
            .order_by(row.start)
        )
        for one in connection.execute(query):
            found[one.mention_id].append(AmountSpan(one.start, one.end, one.text, one.value, one.currency, one.bound))
    return found
