"""What the newest versions of articles ask of editors, read from the tables of truth: a few queries for some hundred articles.

Rows that an editor wrote are asked for under a key of their article alone: what was added in one place says nothing of others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, Select, or_, select

from models.knowledge import Knowledge
from models.merging import MACHINE, MergeRule, MergeStatus
from models.review import Asked, ItemKind, Subject
from models.tables import (
    AmountRow,
    ArticleRow,
    ArticleVersionRow,
    EntityRow,
    EventAmountRow,
    EventMergeRow,
    EventRow,
    LinkRow,
    MentionCandidateRow,
    MentionRow,
    StageStatusRow,
    VersionChangeRow,
)
from models.vocabulary import CandidateReason, Label, LinkStatus, Via
from pipeline.store.chunks import in_chunks
from pipeline.store.review_events import load_events_asked
from pipeline.store.supersede import EDITOR
from pipeline.text.names import normalise_name

__all__ = ["added_key", "all_articles", "articles_touched", "load_asked", "load_merges_asked"]

Fields: TypeAlias = Row[*tuple[Any, ...]]
Query: TypeAlias = Select[*tuple[Any, ...]]

_HERE_ALONE = (Via.COREF, Via.CONTEXT)
"""Names that mean their entity in their article alone: "the bank"."""
_OVERRULED = 0.5
"""Factor on the score of a span that another find was preferred to."""
_AROUND = 80
"""Characters on either side of an amount on which its reading rests."""
_EXPECTED, _UNREAD = 0.9, 0.5
"""Scores of amounts, which have none: of one whose number and currency were read, and of another."""


def added_key(form: str, entity_id: str, version_id: str, start: int, end: int) -> tuple[str, ...]:
    """Return the key of a name that an editor added: it is of its place alone."""
    return (form, entity_id, version_id, f"{start}-{end}")


# --- which articles -------------------------------------------------------------------------------------------------------


def all_articles(connection: Connection) -> list[str]:
    """Return the ids of all articles that have a text, in the order in which they were seen."""
    query = select(ArticleRow.id).where(ArticleRow.latest_version_id.is_not(None))
    return list(connection.execute(query.order_by(ArticleRow.first_seen_at, ArticleRow.id)).scalars())


def articles_touched(connection: Connection, since: datetime) -> list[str]:
    """Return the ids of the articles that were read, linked or extracted since then: each may ask other questions than before."""
    found: set[str] = set()
    for table, time in ((StageStatusRow, StageStatusRow.finished_at), (VersionChangeRow, VersionChangeRow.at)):
        of_article = select(ArticleVersionRow.article_id).join(table, table.version_id == ArticleVersionRow.id)
        found |= set(connection.execute(of_article.where(time >= since).distinct()).scalars())
    return sorted(found)


# --- what they ask --------------------------------------------------------------------------------------------------------


def load_asked(connection: Connection, article_ids: Collection[str], knowledge: Knowledge) -> list[Asked]:
    """Return every question that the newest versions of these articles put, each article for itself."""
    versions = {row.id: row for chunk in in_chunks(article_ids) for row in connection.execute(_versions(chunk))}
    return list(_Reading(connection, versions, knowledge).asked())


class _Reading:
    """Some hundred article versions with all rows that something is asked of, each table read once."""

    def __init__(self, connection: Connection, versions: Mapping[str, Fields], knowledge: Knowledge) -> None:
        self._connection, self._versions, self._knowledge = connection, versions, knowledge
        self._mentions = self._all(_mentions)
        self._links = self._all(_links)
        named = {row.entity_id for row in (*self._mentions, *self._links)}
        self._entities = {row.id: row for chunk in in_chunks(named) for row in connection.execute(_entities(chunk))}
        self._first = self._first_mentions()

    def _all(self, query: Callable[[Sequence[str]], Query]) -> list[Fields]:
        return [row for chunk in in_chunks(self._versions) for row in self._connection.execute(query(chunk))]

    def _first_mentions(self) -> dict[tuple[str, str], Fields]:
        """Return where each version names each entity first."""
        found: dict[tuple[str, str], Fields] = {}
        for row in sorted(self._mentions, key=lambda row: row.start):
            found.setdefault((row.version_id, row.entity_id), row)
        return found

    def asked(self) -> Iterator[Asked]:
        """Yield all questions."""
        yield from self._names()
        yield from self._uncertain_names()
        yield from self._offices()
        yield from self._new_entities()
        yield from self._listed()
        yield from self._amounts()
        yield from load_events_asked(self._connection, self._versions, self._knowledge)

    def _about(self, row: Fields) -> dict[str, Any]:
        version = self._versions[row.version_id]
        return {"lang": version.lang, "publisher": version.publisher, "article": version.article_id}

    def _called(self, entity_id: str) -> str:
        known = self._knowledge.entities.get(entity_id)
        return known.name if known is not None else str(self._entities[entity_id].name)

    def _names(self) -> Iterator[Asked]:
        groups: dict[tuple[str, ...], list[Fields]] = defaultdict(list)
        for row in self._mentions:
            form = normalise_name(row.text) or row.text
            key: tuple[str, ...] = (form, row.entity_id)
            if row.maker == EDITOR:
                key = added_key(form, row.entity_id, row.version_id, row.start, row.end)
            elif row.via in _HERE_ALONE:
                key = (*key, self._versions[row.version_id].article_id)
            groups[key].append(row)
        for key, rows in groups.items():
            row = rows[0]
            name = self._called(row.entity_id)
            yield Asked(
                kind=ItemKind.NAME,
                key=key,
                title=row.text if row.text == name else f"{row.text} → {name}",
                value={"text": row.text, "entity": row.entity_id, "name": name, "label": row.label.value},
                subjects=tuple(_subject("mention", one) for one in rows),
                scores=tuple(one.score for one in rows),
                form=key[0],
                candidate=row.entity_id,
                label=row.label.value,
                component=row.maker,
                component_version=row.maker_version,
                **self._about(row),
            )

    def _uncertain_names(self) -> Iterator[Asked]:
        groups: dict[str, list[Fields]] = defaultdict(list)
        for row in self._all(_candidates):
            groups[normalise_name(row.text) or row.text].append(row)
        for form, rows in groups.items():
            best = max(rows, key=lambda row: (row.score, row.id))
            factors = (_OVERRULED if row.reason is CandidateReason.OVERRULED else 1.0 for row in rows)
            yield Asked(
                kind=ItemKind.NAME,
                key=(form,),
                title=f"{best.text}: {best.label.value}?",
                value={"text": best.text, "entity": None, "name": None, "label": best.label.value},
                subjects=tuple(_subject("candidate", row) for row in rows),
                scores=tuple(row.score * factor for row, factor in zip(rows, factors, strict=True)),
                form=form,
                label=best.label.value,
                component=best.maker,
                component_version=best.maker_version,
                **self._about(best),
            )

    def _offices(self) -> Iterator[Asked]:
        groups: dict[tuple[str, ...], list[Fields]] = defaultdict(list)
        for row in self._mentions:
            if row.label is Label.PERSON and row.role:
                groups[row.entity_id, normalise_name(row.role) or row.role, row.affiliation or ""].append(row)
        for key, rows in groups.items():
            row = rows[0]
            name, body = self._called(row.entity_id), self._body(row.affiliation)
            yield Asked(
                kind=ItemKind.OFFICE,
                key=key,
                title=f"{name}: {row.role}" + (f", {body}" if body else ""),
                value={"entity": row.entity_id, "name": name, "role": row.role, "body": row.affiliation, "official": row.official},
                subjects=tuple(_subject("office", one) for one in rows),
                scores=tuple(one.score for one in rows),
                form=normalise_name(name) or name,
                candidate=row.entity_id,
                label=row.label.value,
                component=row.maker,
                component_version=row.maker_version,
                **self._about(row),
            )

    def _body(self, affiliation: str | None) -> str | None:
        known = self._knowledge.entities.get(affiliation) if affiliation else None
        return known.name if known is not None else affiliation

    def _new_entities(self) -> Iterator[Asked]:
        named: dict[str, Fields] = {}
        for row in self._first.values():
            # Whom an editor named, nobody is asked of.
            if row.maker != EDITOR:
                named.setdefault(row.entity_id, row)
        for entity_id, row in named.items():
            entity = self._entities[entity_id]
            if not entity.in_knowledge_base and entity_id not in self._knowledge.entities:
                yield Asked(
                    kind=ItemKind.ENTITY,
                    key=(entity_id,),
                    title=entity.name,
                    value={"name": entity.name, "label": entity.label.value, "country": entity.country},
                    subjects=(Subject("entity", entity_id),),
                    scores=(row.score,),
                    form=normalise_name(entity.name) or entity.name,
                    candidate=entity_id,
                    label=entity.label.value,
                    component=row.maker,
                    component_version=row.maker_version,
                    **self._about(row),
                )

    def _listed(self) -> Iterator[Asked]:
        groups: dict[tuple[str, ...], list[Fields]] = defaultdict(list)
        for row in self._links:
            groups[row.entity_id, row.entry or f"{row.source}:{row.name}"].append(row)
        for (entity_id, entry), rows in groups.items():
            row = rows[0]
            name = self._called(entity_id)
            yield Asked(
                kind=ItemKind.LISTED,
                key=(entity_id, entry),
                title=f"{name} → {row.name} ({row.source})",
                value={"entity": entity_id, "name": name, "entry": row.entry, "listed_name": row.name, "source": row.source},
                subjects=tuple(self._link_subject(one) for one in rows),
                scores=tuple(one.score for one in rows),
                form=normalise_name(name) or name,
                candidate=row.entry,
                label=self._entities[entity_id].label.value,
                source_list=row.source,
                component=row.maker,
                component_version=row.maker_version,
                listed=True,
                **self._about(row),
            )

    def _link_subject(self, row: Fields) -> Subject:
        """Return a link as standing where its version names the entity first; an identifier alone stands nowhere."""
        named = self._first.get((row.version_id, row.entity_id))
        return Subject("link", row.id, row.version_id, *((named.start, named.end) if named is not None else (None, None)))

    def _amounts(self) -> Iterator[Asked]:
        groups: dict[tuple[str, ...], list[Fields]] = defaultdict(list)
        for row in self._all(_amounts):
            article = self._versions[row.version_id].article_id
            groups[article, " ".join(row.text.casefold().split()), f"{row.value} {row.currency}"].append(row)
        for key, rows in groups.items():
            row = rows[0]
            text = self._versions[row.version_id].text
            read = row.value is not None and row.currency is not None
            yield Asked(
                kind=ItemKind.AMOUNT,
                key=key,
                title=row.text,
                value={name: _plain(getattr(row, name)) for name in ("text", "value", "value_max", "currency", "bound", "usd")},
                subjects=tuple(_subject("amount", one) for one in rows),
                scores=tuple(_EXPECTED if read else _UNREAD for _ in rows),
                form=key[1],
                label=row.currency,
                component=row.maker,
                component_version=row.maker_version,
                text="\n".join(text[max(0, one.start - _AROUND) : one.end + _AROUND] for one in rows),
                usd=row.usd,
                core=any(one.told for one in rows),
                **self._about(row),
            )


def _plain(value: Any) -> Any:  # noqa: ANN401 - what a column holds
    return getattr(value, "value", value)


def _subject(table: str, row: Fields) -> Subject:
    return Subject(table, row.id, row.version_id, row.start, row.end)


def _versions(article_ids: Sequence[str]) -> Query:
    row = ArticleVersionRow
    return (
        select(row.id, row.article_id, row.lang, row.publisher, row.title, row.published_at, row.text)
        .join(ArticleRow, ArticleRow.latest_version_id == row.id)
        .where(ArticleRow.id.in_(article_ids))
    )


def _mentions(version_ids: Sequence[str]) -> Query:
    row = MentionRow
    columns = (row.id, row.version_id, row.entity_id, row.start, row.end, row.text, row.label, row.official, row.role, row.affiliation)
    query = select(*columns, row.via, row.score, row.maker, row.maker_version)
    return query.where(row.version_id.in_(version_ids), row.superseded_at.is_(None)).order_by(row.version_id, row.start, row.id)


def _candidates(version_ids: Sequence[str]) -> Query:
    row = MentionCandidateRow
    columns = (row.id, row.version_id, row.start, row.end, row.text, row.label, row.score, row.reason, row.maker, row.maker_version)
    return select(*columns).where(row.version_id.in_(version_ids), row.superseded_at.is_(None)).order_by(row.version_id, row.start, row.id)


def _links(version_ids: Sequence[str]) -> Query:
    row = LinkRow
    columns = (row.id, row.version_id, row.entity_id, row.entry, row.source, row.name, row.score, row.status, row.maker, row.maker_version)
    in_force = (row.version_id.in_(version_ids), row.superseded_at.is_(None), row.status != LinkStatus.REJECTED)
    return select(*columns).where(*in_force).order_by(row.version_id, row.id)


def _entities(entity_ids: Sequence[str]) -> Query:
    return select(EntityRow.__table__).where(EntityRow.id.in_(entity_ids))


def _amounts(version_ids: Sequence[str]) -> Query:
    row = AmountRow
    told = select(EventAmountRow.amount_id).where(EventAmountRow.amount_id == row.id, EventAmountRow.superseded_at.is_(None)).exists()
    columns = (row.id, row.version_id, row.start, row.end, row.text, row.value, row.value_max, row.currency, row.bound, row.usd)
    query = select(*columns, row.maker, row.maker_version, told.label("told"))
    return query.where(row.version_id.in_(version_ids), row.superseded_at.is_(None)).order_by(row.version_id, row.start, row.id)


# --- events that may be one -----------------------------------------------------------------------------------------------

_CERTAIN = (MergeRule.COPY.value, MergeRule.VERSION.value)
"""Rules that join copies of one text: nothing is to be decided."""


def load_merges_asked(connection: Connection, since: datetime | None, knowledge: Knowledge) -> tuple[list[Asked], list[str]]:
    """Return the pairs that the machine joined, or would ask of, since then (ever, without), and the rows by which it no longer does."""
    row = EventMergeRow
    by_machine = row.decided_by == MACHINE
    later = or_(row.decided_at >= since, row.ended_at >= since) if since is not None else row.decided_at.is_not(None)
    asked, ended = [], []
    query = select(row.__table__).where(by_machine, later, row.status != MergeStatus.APART).order_by(row.id)
    for one in connection.execute(query):
        if one.ended_at is not None:
            ended.append(one.id)
        elif one.status is MergeStatus.CANDIDATE or one.reasons.get("rule") not in _CERTAIN:
            asked.append(one)
    return _pairs(connection, asked, knowledge), ended


def _pairs(connection: Connection, rows: Iterable[Fields], knowledge: Knowledge) -> list[Asked]:
    rows = list(rows)
    told = _headlines(connection, {ident for row in rows for ident in (row.loser_event_id, row.winner_event_id)}, knowledge)
    found = []
    for row in rows:
        loser, winner = told.get(row.loser_event_id), told.get(row.winner_event_id)
        if loser is not None and winner is not None:
            found.append(_pair(row, loser, winner))
    return found


def _pair(row: Fields, loser: Asked, winner: Asked) -> Asked:
    score = row.score if row.score is not None else 0.5
    candidate = row.status is MergeStatus.CANDIDATE
    return Asked(
        kind=ItemKind.MERGE,
        key=("event", *sorted((row.loser_event_id, row.winner_event_id))),
        title=f"{loser.title} = {winner.title}",
        value={
            "of": "event",
            "loser": row.loser_event_id,
            "winner": row.winner_event_id,
            "status": row.status.value,
            "rule": row.reasons.get("rule"),
        },
        subjects=(Subject("merge", row.id),),
        scores=(min(score, 0.85) if candidate else max(score, 0.9),),
        form=normalise_name(loser.title),
        candidate=row.winner_event_id,
        label=loser.label,
        lang=loser.lang,
        publisher=loser.publisher,
        component=row.maker,
        component_version=row.maker_version,
        text=f"{loser.text}\n{winner.text}",
        usd=max((one.usd for one in (loser, winner) if one.usd is not None), default=None),
        listed=loser.listed or winner.listed,
        core=loser.core or winner.core,
    )


def _headlines(connection: Connection, event_ids: Iterable[str], knowledge: Knowledge) -> dict[str, Asked]:
    """Return events as they are asked of themselves, by id."""
    found: dict[str, Asked] = {}
    for chunk in in_chunks(event_ids):
        articles = set(connection.execute(select(EventRow.article_id).where(EventRow.id.in_(chunk))).scalars())
        versions = {row.id: row for part in in_chunks(articles) for row in connection.execute(_versions(part))}
        wanted = frozenset(chunk)
        for one in load_events_asked(connection, versions, knowledge):
            if one.subjects[0].row_id in wanted:
                found[one.subjects[0].row_id] = one
    return found
