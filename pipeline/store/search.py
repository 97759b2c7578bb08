"""Reading: one article with all its layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, column, func, or_, select, table

from models.tables import (
    AmountRow,
    ArticleRow,
    ArticleVersionRow,
    Base,
    EventAmountRow,
    EventArgumentRow,
    EventMentionRow,
    EventRow,
    IdentifierMentionRow,
    LinkRow,
    MentionCandidateRow,
    MentionRow,
    RunRow,
    StageStatusRow,
    Supersedable,
    TimeExpressionRow,
)
from pipeline.store.chunks import in_chunks
from pipeline.store.views import FLAT_VIEW

__all__ = ["ArticleView", "load_article_view"]

Fields = Mapping[str, Any]

_FLAT_COLUMNS = [
    "event_id",
    "version",
    "type",
    "subtype",
    "plover",
    "cameo",
    "quad_class",
    "actors",
    "actor_ids",
    "actor_countries",
    "targets",
    "target_ids",
    "target_countries",
    "sanctioned_ids",
    "place",
    "date_start",
    "date_end",
    "date_precision",
    "modality",
    "background",
    "speaker",
    "speaker_id",
    "attribution_kind",
    "amount_value",
    "amount_currency",
    "amount_bound",
    "amount_usd",
    "usd_basis",
    "quantities",
    "trigger_text",
    "evidence",
    "score",
    "status",
    "n_mentions",
    "n_articles",
    "n_sources",
    "publisher",
    "source_kind",
    "published_at",
    "url",
    "title",
    "lang",
    "article_id",
    "changed_at",
    "extractor_version",
]

_FLAT = table(FLAT_VIEW, *(column(name) for name in _FLAT_COLUMNS))


@dataclass(frozen=True, slots=True)
class ArticleView:
    """One article version with every layer on it, as plain rows in order of the text: what is in force.

    `event_amounts` are the amounts of each passage that tells an event. `tellings` are the same events as other articles tell them: a row
    of `v_events_flat` each. `knowledge` is the version of the knowledge base under which it was read; None where it was not read yet.
    """

    version: Fields
    versions: tuple[Fields, ...]
    stages: tuple[Fields, ...]
    mentions: tuple[Fields, ...]
    candidates: tuple[Fields, ...]
    links: tuple[Fields, ...]
    identifiers: tuple[Fields, ...]
    amounts: tuple[Fields, ...]
    times: tuple[Fields, ...]
    event_mentions: tuple[Fields, ...]
    arguments: tuple[Fields, ...]
    knowledge: str | None
    event_amounts: tuple[Fields, ...] = ()
    tellings: tuple[Fields, ...] = ()


_OF_EVENT = ("type", "subtype", "background", "date_start", "date_end", "merged_into")


def load_article_view(connection: Connection, name: str) -> ArticleView | None:
    """Return the article called `name`: an article id, a version id, the beginning of either, or an address."""
    version_id = _find_version(connection, name)
    if version_id is None:
        return None
    version = connection.execute(select(ArticleVersionRow.__table__).where(ArticleVersionRow.id == version_id)).mappings().one()
    ordered = (
        select(ArticleVersionRow.id, ArticleVersionRow.created_at, ArticleVersionRow.title)
        .where(ArticleVersionRow.article_id == version["article_id"])
        .order_by(ArticleVersionRow.created_at, ArticleVersionRow.id)
    )
    events = (
        select(EventMentionRow.__table__, *(getattr(EventRow, name) for name in _OF_EVENT))
        .join(EventRow, EventRow.id == EventMentionRow.event_id)
        .where(EventMentionRow.version_id == version_id, EventRow.deleted_at.is_(None))
        .order_by(EventMentionRow.trigger_start)
    )
    arguments = (
        select(EventArgumentRow.__table__)
        .join(EventMentionRow, EventMentionRow.id == EventArgumentRow.mention_id)
        .where(EventMentionRow.version_id == version_id, EventArgumentRow.superseded_at.is_(None))
        .order_by(EventArgumentRow.mention_id, EventArgumentRow.role, EventArgumentRow.start)
    )
    amounts = (
        select(EventAmountRow.mention_id, EventAmountRow.role, AmountRow.text)
        .join(AmountRow, AmountRow.id == EventAmountRow.amount_id)
        .where(
            EventAmountRow.mention_id.in_(select(EventMentionRow.id).where(EventMentionRow.version_id == version_id)),
            EventAmountRow.superseded_at.is_(None),
        )
        .order_by(AmountRow.start)
    )
    return ArticleView(
        version=dict(version),
        versions=_all(connection, ordered),
        stages=_of_version(connection, StageStatusRow, version_id, "stage"),
        mentions=_of_version(connection, MentionRow, version_id, "start"),
        candidates=_of_version(connection, MentionCandidateRow, version_id, "start", "end", "id"),
        links=_of_version(connection, LinkRow, version_id, "entity_id", "entry", "id"),
        identifiers=_of_version(connection, IdentifierMentionRow, version_id, "start", "id"),
        amounts=_of_version(connection, AmountRow, version_id, "start"),
        times=_of_version(connection, TimeExpressionRow, version_id, "start"),
        event_mentions=_all(connection, events),
        arguments=_all(connection, arguments),
        knowledge=_knowledge_of(connection, version_id),
        event_amounts=_all(connection, amounts),
        tellings=_tellings(connection, version["article_id"], version_id),
    )


def _tellings(connection: Connection, article_id: str, version_id: str) -> tuple[Fields, ...]:
    """Return the events that a version tells as other articles tell them."""
    stands = func.coalesce(EventRow.merged_into, EventRow.id)
    told_here = (
        select(stands).join(EventMentionRow, EventMentionRow.event_id == EventRow.id).where(EventMentionRow.version_id == version_id)
    )
    told = list(connection.execute(told_here.distinct()).scalars())
    others = select(EventRow.article_id).where(
        or_(EventRow.id.in_(told), EventRow.merged_into.in_(told)), EventRow.article_id != article_id
    )
    rows: list[Fields] = []
    # The view finds articles by an index; which events stand for which it would look up for all there are.
    for chunk in in_chunks(set(connection.execute(others).scalars())):
        rows += _all(connection, select(_FLAT).where(_FLAT.c.article_id.in_(chunk), _FLAT.c.event_id.in_(told)))
    return tuple(sorted(rows, key=lambda row: (row["event_id"], str(row["published_at"] or ""), row["version"])))


def _knowledge_of(connection: Connection, version_id: str) -> str | None:
    read_by = (
        select(RunRow.versions)
        .join(StageStatusRow, StageStatusRow.run_id == RunRow.id)
        .where(StageStatusRow.version_id == version_id, StageStatusRow.stage == "link")
    )
    versions: Mapping[str, str] = connection.execute(read_by).scalar() or {}
    return versions.get("knowledge")


def _all(connection: Connection, query: Any) -> tuple[Fields, ...]:  # noqa: ANN401 - any select
    return tuple(dict(row) for row in connection.execute(query).mappings())


def _of_version(connection: Connection, rows: type[Base], version_id: str, *order: str) -> tuple[Fields, ...]:
    columns = rows.__table__.c
    query = select(rows.__table__).where(columns.version_id == version_id).order_by(*(columns[name] for name in order))
    return _all(connection, query.where(columns.superseded_at.is_(None)) if issubclass(rows, Supersedable) else query)


def _find_version(connection: Connection, name: str) -> str | None:
    # A whole id is asked for first: it has an index, which its beginning has not.
    for row, version in ((ArticleVersionRow, ArticleVersionRow.id), (ArticleRow, ArticleRow.latest_version_id)):
        if whole := connection.execute(select(version).where(row.id == name)).scalar():
            return whole
    newest = select(ArticleVersionRow.id).order_by(ArticleVersionRow.created_at.desc()).limit(1)
    if name.startswith("ver-"):
        return connection.execute(newest.where(ArticleVersionRow.id.startswith(name, autoescape=True))).scalar()
    by_address = or_(ArticleRow.url == name, ArticleRow.url_key == name, ArticleRow.final_url == name)
    found = by_address if "://" in name else ArticleRow.id.startswith(name, autoescape=True)
    return connection.execute(select(ArticleRow.latest_version_id).where(found).limit(1)).scalar()
