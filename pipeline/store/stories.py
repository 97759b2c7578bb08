"""Story clusters, and events that several copies of one text tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from models.ids import make_id
from models.records import Article
from models.tables import ArticleRow, ArticleVersionRow, EventMentionRow, EventRow, StoryClusterRow
from pipeline.store.articles import make_article

__all__ = ["articles_since", "merge_retold_events", "set_clusters"]


def articles_since(connection: Connection, since: datetime) -> list[Article]:
    """Return the versions stored since then, and all members of the clusters that any of them is in."""
    rows = connection.execute(select(ArticleVersionRow).where(_in_window(since)).order_by(ArticleVersionRow.id))
    return [make_article(row) for row in rows.mappings()]


def _in_window(since: datetime) -> ColumnElement[bool]:
    """Return the condition that a version was stored since then, or shares a cluster with one that was."""
    recent = ArticleVersionRow.created_at >= since
    inner = aliased(ArticleVersionRow)
    clusters = select(inner.cluster_id).where(inner.created_at >= since, inner.cluster_id.is_not(None))
    return or_(recent, ArticleVersionRow.cluster_id.in_(clusters))


def set_clusters(connection: Connection, clusters: Mapping[str, str], *, since: datetime) -> int:
    """Write which cluster each version of the window belongs to (version id → id of its representative); return how many changed.

    Cluster rows that lost all members go; they are derived from the texts and nothing refers to them.
    """
    members: dict[str, list[str]] = defaultdict(list)
    for version_id, representative in clusters.items():
        members[representative].append(version_id)
    columns = (ArticleVersionRow.id, ArticleVersionRow.article_id, ArticleVersionRow.publisher, ArticleVersionRow.cluster_id)
    known = {row.id: row for row in connection.execute(select(*columns).where(_in_window(since)))}
    changed = 0
    for representative, versions in sorted(members.items()):
        cluster_id = make_id("sty", representative)
        values = {
            "representative_id": representative,
            "n_articles": len({known[version].article_id for version in versions}),
            "n_publishers": len({known[version].publisher for version in versions}),
        }
        _put_cluster(connection, cluster_id, values)
        moved = [version for version in versions if known[version].cluster_id != cluster_id]
        if moved:
            connection.execute(update(ArticleVersionRow).where(ArticleVersionRow.id.in_(moved)).values(cluster_id=cluster_id))
            changed += len(moved)
    used = select(ArticleVersionRow.cluster_id).where(ArticleVersionRow.cluster_id.is_not(None))
    connection.execute(delete(StoryClusterRow).where(StoryClusterRow.id.not_in(used)))
    return changed


def _put_cluster(connection: Connection, cluster_id: str, values: Mapping[str, object]) -> None:
    known = connection.execute(update(StoryClusterRow).where(StoryClusterRow.id == cluster_id).values(**values)).rowcount
    if not known:
        connection.execute(insert(StoryClusterRow).values(id=cluster_id, **values))


@dataclass(frozen=True, slots=True)
class _Told:
    """One event as one article of a cluster tells it."""

    id: str
    key: str
    cluster_id: str
    version_id: str
    representative_id: str
    merged_into: str | None
    mentions: int


def merge_retold_events(connection: Connection, *, since: datetime, at: datetime) -> int:
    """Let copies of one text tell one event: the event of the representative stands for the same event in its copies.

    Looks at the stories of the window alone, so that a night costs what it brought and not what there is. The same event has the same key: type, entities and date. Copies count as one source. Returns how many events changed
    the event they stand under; running it again changes nothing.
    """
    groups: dict[tuple[str, str], list[_Told]] = defaultdict(list)
    for told in _told_events(connection, since):
        groups[told.cluster_id, told.key].append(told)
    changed = 0
    for group in groups.values():
        group.sort(key=lambda told: (told.version_id != told.representative_id, told.id))
        first, *others = group
        changed += sum(_set_merged(connection, told, first.id, at) for told in others)
        changed += _set_merged(connection, first, None, at)
    _count_sources(connection, since)
    return changed


def _told_events(connection: Connection, since: datetime) -> list[_Told]:
    rows = connection.execute(
        select(
            EventRow.id,
            EventRow.key,
            StoryClusterRow.id,
            ArticleVersionRow.id,
            StoryClusterRow.representative_id,
            EventRow.merged_into,
            func.count(EventMentionRow.id),
        )
        .join(ArticleRow, ArticleRow.id == EventRow.article_id)
        .join(ArticleVersionRow, ArticleVersionRow.id == ArticleRow.latest_version_id)
        .join(StoryClusterRow, StoryClusterRow.id == ArticleVersionRow.cluster_id)
        .join(EventMentionRow, (EventMentionRow.event_id == EventRow.id) & (EventMentionRow.version_id == ArticleVersionRow.id))
        .where(_in_window(since))
        .group_by(EventRow.id, EventRow.key, StoryClusterRow.id, ArticleVersionRow.id, StoryClusterRow.representative_id)
    )
    return [_Told(*row) for row in rows]


def _set_merged(connection: Connection, told: _Told, into: str | None, at: datetime) -> int:
    if told.merged_into == into:
        return 0
    connection.execute(update(EventRow).where(EventRow.id == told.id).values(merged_into=into, changed_at=at))
    return 1


def _count_sources(connection: Connection, since: datetime) -> None:
    """Count mentions, articles and independent sources (clusters) of every event over its latest versions."""
    stands_for = func.coalesce(EventRow.merged_into, EventRow.id)
    rows = connection.execute(
        select(
            stands_for.label("id"),
            func.count(EventMentionRow.id).label("n_mentions"),
            func.count(EventRow.article_id.distinct()).label("n_articles"),
            func.count(ArticleVersionRow.cluster_id.distinct()).label("n_sources"),
        )
        .select_from(EventRow)
        .join(ArticleRow, ArticleRow.id == EventRow.article_id)
        .join(ArticleVersionRow, ArticleVersionRow.id == ArticleRow.latest_version_id)
        .join(EventMentionRow, (EventMentionRow.event_id == EventRow.id) & (EventMentionRow.version_id == ArticleVersionRow.id))
        .where(_in_window(since))
        .group_by(stands_for)
    )
    for row in rows.all():
        counts = {name: getattr(row, name) for name in ("n_mentions", "n_articles", "n_sources")}
        differs = or_(*(getattr(EventRow, name) != count for name, count in counts.items()))
        connection.execute(update(EventRow).where(EventRow.id == row.id, differs).values(**counts))
