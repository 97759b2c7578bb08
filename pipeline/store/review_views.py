"""Where an item stands in the articles: sentences with their marks, read when an editor looks at them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, Select, select

from models.review import Item, ItemKind, Sentence, Subject
from models.review_tables import ReviewItemRow, ReviewSubjectRow
from models.tables import (
    AmountRow,
    ArticleRow,
    ArticleVersionRow,
    EntityRow,
    EventAmountRow,
    EventArgumentRow,
    EventMentionRow,
    EventMergeRow,
    LinkRow,
    MentionRow,
    TimeExpressionRow,
)
from pipeline.store.chunks import in_chunks
from pipeline.store.merges import group_of
from pipeline.text.sentences import split_sentences

__all__ = ["count_places", "load_links", "load_places", "load_reasons", "load_rules", "namesakes"]

Fields: TypeAlias = Row[*tuple[Any, ...]]
Mark: TypeAlias = tuple[int, int, str]


def load_places(connection: Connection, item: Item, *, limit: int, after: int = 0) -> list[Sentence]:
    """Return the places of an item, newest article first."""
    subjects = _subjects(connection, item, limit=limit, after=after)
    versions = {row.id: row for row in connection.execute(_versions(sorted({one.version_id for one in subjects if one.version_id})))}
    marks = _marks(connection, item, subjects)
    return [
        _sentence(versions[one.version_id], one, marks[one.row_id, one.start])
        for one in subjects
        if one.version_id in versions and one.start is not None
    ]


def count_places(connection: Connection, item: Item) -> int:
    """Return how many places an item has."""
    if item.kind is ItemKind.MERGE and item.value.get("of") == "event":
        return 2
    return len(_group(connection, item)) if item.kind is ItemKind.EVENT else item.n_subjects


def _subjects(connection: Connection, item: Item, *, limit: int, after: int) -> list[Subject]:
    """Return where an item stands: its own rows, or for entities and pairs those of what they are about; an event with all it stands with."""
    if item.kind is ItemKind.MERGE and item.value.get("of") == "event":
        return _of_events(connection, [item.value["loser"], item.value["winner"]])[after : after + limit]
    if item.kind is ItemKind.EVENT and len(group := _group(connection, item)) > 1:
        return _of_events(connection, group)[after : after + limit]
    if item.kind in {ItemKind.MERGE, ItemKind.ENTITY}:
        both = (item.value["loser"], item.value["winner"]) if item.kind is ItemKind.MERGE else (item.candidate,)
        return [one for ident in both for one in _of_entity(connection, ident, limit=limit, after=after)]
    row, version = ReviewSubjectRow, ArticleVersionRow
    query = (
        select(row.table_name, row.row_id, row.version_id, row.start, row.end)
        .join(version, version.id == row.version_id)
        .where(row.item_id == item.id, row.start.is_not(None))
        .order_by(version.published_at.is_(None), version.published_at.desc(), row.version_id, row.start, row.row_id)
    )
    return [Subject(*one) for one in connection.execute(query.limit(limit).offset(after))]


def _group(connection: Connection, item: Item) -> list[str]:
    """Return the event that an item asks of, and after it those that stand as one with it."""
    row = ReviewSubjectRow
    query = select(row.row_id).where(row.item_id == item.id, row.table_name == "event").order_by(row.row_id)
    own = list(connection.execute(query).scalars())
    return [*own, *sorted(group_of(connection, own) - set(own))]


def _of_events(connection: Connection, event_ids: Sequence[str]) -> list[Subject]:
    """Return of each event the passage that tells it best."""
    row = EventMentionRow
    query = (
        select(row.event_id, row.version_id, row.trigger_start, row.trigger_end)
        .join(ArticleVersionRow, ArticleVersionRow.id == row.version_id)
        .join(ArticleRow, ArticleRow.id == ArticleVersionRow.article_id)
        .where(row.event_id.in_(event_ids))
        .order_by((ArticleRow.latest_version_id == row.version_id).desc(), row.is_core.desc(), row.trigger_start, row.id)
    )
    found: dict[str, Subject] = {}
    for one in connection.execute(query):
        found.setdefault(one.event_id, Subject("event", one.event_id, one.version_id, one.trigger_start, one.trigger_end))
    return [found[ident] for ident in event_ids if ident in found]


def _of_entity(connection: Connection, entity_id: str | None, *, limit: int, after: int) -> list[Subject]:
    row, version = MentionRow, ArticleVersionRow
    query = (
        select(row.id, row.version_id, row.start, row.end)
        .join(version, version.id == row.version_id)
        .join(ArticleRow, ArticleRow.latest_version_id == version.id)
        .where(row.entity_id == entity_id, row.superseded_at.is_(None))
        .order_by(version.published_at.is_(None), version.published_at.desc(), row.version_id, row.start, row.id)
    )
    return [Subject("mention", *one) for one in connection.execute(query.limit(limit).offset(after))]


def _versions(version_ids: Sequence[str]) -> Select[*tuple[Any, ...]]:
    row = ArticleVersionRow
    columns = (row.id, row.article_id, row.title, row.publisher, row.url, row.lang, row.published_at, row.text)
    return select(*columns).where(row.id.in_(version_ids))


def _sentence(version: Fields, subject: Subject, marks: Iterable[Mark]) -> Sentence:
    """Return the sentence of a subject with one before and one after it; marks outside of these are left out."""
    place = subject.start or 0
    spans = _sentences(version.text, version.lang)
    number = next((number for number, (_, end) in enumerate(spans) if place < end), len(spans) - 1)
    around = spans[max(0, number - 1) : number + 2] or ((0, len(version.text)),)
    start, end = min(around[0][0], place), max(around[-1][1], subject.end or place)
    inside = sorted({(a - start, b - start, what) for a, b, what in marks if start <= a < b <= end})
    return Sentence(
        subject=subject,
        article_id=version.article_id,
        version_id=version.id,
        article_title=version.title,
        publisher=version.publisher,
        url=version.url,
        lang=version.lang,
        published_at=version.published_at,
        text=version.text[start:end],
        text_start=start,
        marks=tuple(inside),
    )


@lru_cache(maxsize=64)
def _sentences(text: str, lang: str) -> tuple[tuple[int, int], ...]:
    return tuple(split_sentences(text, lang))


# --- marks ----------------------------------------------------------------------------------------------------------------


def _marks(connection: Connection, item: Item, subjects: Sequence[Subject]) -> dict[tuple[str, int | None], list[Mark]]:
    """Return what is to be marked at each place, in offsets of its text."""
    found: dict[tuple[str, int | None], list[Mark]] = defaultdict(list)
    told = {one.row_id: one for one in subjects if one.table == "event"}
    for one in subjects:
        if one.start is not None and one.end is not None:
            found[one.row_id, one.start].append((one.start, one.end, "trigger" if one.table == "event" else "subject"))
    for row, marks in _event_marks(connection, told).items():
        found[row, told[row].start] += marks
    return found


def _event_marks(connection: Connection, told: dict[str, Subject]) -> dict[str, list[Mark]]:
    """Return who and what fills the roles of the passages of events, in the version in which each is shown."""
    passage = EventMentionRow
    query = select(passage.__table__).where(passage.event_id.in_(sorted(told)))
    mentions = {row.id: row for row in connection.execute(query) if row.version_id == told[row.event_id].version_id}
    found: dict[str, list[Mark]] = defaultdict(list)
    for row in mentions.values():
        found[row.event_id].append((row.trigger_start, row.trigger_end, "trigger"))
        if row.speaker_start is not None:
            found[row.event_id].append((row.speaker_start, row.speaker_end, "speaker"))
    for chunk in in_chunks(mentions):
        for ident, start, end, what in _fillers(connection, chunk):
            found[mentions[ident].event_id].append((start, end, what))
    times = {row.time_id: row.event_id for row in mentions.values() if row.time_id is not None}
    time = TimeExpressionRow
    for one in connection.execute(select(time.id, time.start, time.end).where(time.id.in_(sorted(times)))):
        found[times[one.id]].append((one.start, one.end, "time"))
    return found


def _fillers(connection: Connection, mention_ids: Sequence[str]) -> list[tuple[str, int, int, str]]:
    argument, amount, told = EventArgumentRow, AmountRow, EventAmountRow
    placed = (argument.mention_id.in_(mention_ids), argument.superseded_at.is_(None), argument.start.is_not(None))
    arguments = connection.execute(select(argument.mention_id, argument.start, argument.end, argument.role).where(*placed))
    found = [(row.mention_id, row.start, row.end, row.role.value) for row in arguments]
    sums = select(told.mention_id, amount.start, amount.end).join(amount, amount.id == told.amount_id)
    rows = connection.execute(sums.where(told.mention_id.in_(mention_ids), told.superseded_at.is_(None)))
    return found + [(row.mention_id, row.start, row.end, "amount") for row in rows]


# --- what is known beside -------------------------------------------------------------------------------------------------


def load_links(connection: Connection, item: Item, *, limit: int = 20) -> list[Fields]:
    """Return the links that an item on a list entry is about, those first that wait for an editor, the surest first."""
    link, subject = LinkRow, ReviewSubjectRow
    query = select(link.__table__).join(subject, subject.row_id == link.id).where(subject.item_id == item.id, subject.table_name == "link")
    return list(connection.execute(query.order_by(link.status.desc(), link.score.desc(), link.id).limit(limit)))


def namesakes(connection: Connection, item: Item, *, limit: int = 9) -> list[Fields]:
    """Return other entities of the news whose name has the same normal form, or that the same words were taken for elsewhere."""
    named = ReviewItemRow
    query = (
        select(EntityRow.id, EntityRow.name, EntityRow.label, EntityRow.country)
        .join(named, named.candidate == EntityRow.id)
        .where(named.form == item.form, named.kind.in_([ItemKind.NAME, ItemKind.ENTITY]), EntityRow.id != (item.candidate or ""))
        .distinct()
        .order_by(EntityRow.id)
    )
    return list(connection.execute(query.limit(limit)))


def load_reasons(connection: Connection, item: Item) -> dict[str, Any]:
    """Return on what ground the machine joined, or would join, two events."""
    row = EventMergeRow
    query = select(row.reasons).join(ReviewSubjectRow, ReviewSubjectRow.row_id == row.id).where(ReviewSubjectRow.item_id == item.id)
    found = connection.execute(query.order_by(row.decided_at.desc()).limit(1)).scalar()
    return dict(found or {})


def load_rules(connection: Connection, item: Item) -> list[str]:
    """Return the rules by which the passages of an event were read."""
    row = EventMentionRow
    query = select(row.rules).join(ReviewSubjectRow, ReviewSubjectRow.row_id == row.event_id).where(ReviewSubjectRow.item_id == item.id)
    return list(dict.fromkeys(rule for rules in connection.execute(query.order_by(row.trigger_start)).scalars() for rule in rules))
