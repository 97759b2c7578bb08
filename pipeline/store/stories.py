"""Story clusters: articles that carry one text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update
from sqlalchemy.orm import aliased

from models.ids import make_id
from models.records import Article
from models.tables import ArticleVersionRow, StoryClusterRow
from pipeline.store.articles import make_article

__all__ = ["articles_since", "in_window", "set_clusters"]


def articles_since(connection: Connection, since: datetime) -> list[Article]:
    """Return the versions stored since then, and all members of the clusters that any of them is in."""
    rows = connection.execute(select(ArticleVersionRow).where(in_window(since)).order_by(ArticleVersionRow.id))
    return [make_article(row) for row in rows.mappings()]


def in_window(since: datetime) -> ColumnElement[bool]:
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
    known = {row.id: row for row in connection.execute(select(*columns).where(in_window(since)))}
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
