"""Matches to list entries that newer lists bring to articles which were read before.

What is in force stays. A new match becomes a row of its own, on the entity under which the name is stored already, so that events and
mentions lead to it, and the events in which it has a part count as changed; a match that the newer lists no longer support stands as what
it was found on, until the article is read again (`pipeline.store.rereading`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, Row, and_, func, insert, select, update
from sqlalchemy.orm import aliased

from models.records import Analysis, Link, Linking, Mention
from models.tables import ArticleRow, ArticleVersionRow, KnowledgeVersionRow, LinkRow, MentionRow, RunRow, StageStatusRow
from models.vocabulary import Label, LinkStatus, StageState
from pipeline.store.analyses import AnalysisContext, record_new_links
from pipeline.store.rereading import events_of, touch_events

__all__ = ["due_relinks", "find_new_links", "record_relinks"]

_STAGE = "relink"
_STRENGTH = {LinkStatus.REJECTED: 0, LinkStatus.REVIEW: 1, LinkStatus.AUTO: 2}


def due_relinks(connection: Connection, *, since: datetime, list_versions: Mapping[str, str]) -> list[str]:
    """Return the ids of the article versions published since then that were last linked with other versions of the lists.

    Only the latest version of an article counts. One without a date counts by when it was stored.
    """
    linked, again = aliased(StageStatusRow), aliased(StageStatusRow)
    published = func.coalesce(ArticleVersionRow.published_at, ArticleVersionRow.created_at)
    rows = connection.execute(
        select(ArticleVersionRow.id, RunRow.versions, again.stage_version)
        .join(ArticleRow, ArticleRow.latest_version_id == ArticleVersionRow.id)
        .join(linked, and_(linked.version_id == ArticleVersionRow.id, linked.stage == "link", linked.state == StageState.DONE))
        .join(RunRow, RunRow.id == linked.run_id)
        .outerjoin(again, and_(again.version_id == ArticleVersionRow.id, again.stage == _STAGE))
        .where(published >= since)
        .order_by(published, ArticleVersionRow.id)
    ).all()
    known = {row.id: row.list_versions for row in connection.execute(select(KnowledgeVersionRow.id, KnowledgeVersionRow.list_versions))}
    return [row.id for row in rows if known.get(row.stage_version or row.versions.get("knowledge")) != dict(list_versions)]


def find_new_links(connection: Connection, analysis: Analysis) -> tuple[Link, ...]:
    """Return the links that say more of an entry than what is in force of it: matched or for review now, and less or nothing before."""
    stored: dict[str | None, int] = {}
    in_force = (LinkRow.version_id == analysis.article.id, LinkRow.superseded_at.is_(None))
    for row in connection.execute(select(LinkRow.entry, LinkRow.status).where(*in_force)):
        stored[row.entry] = max(stored.get(row.entry, 0), _STRENGTH[row.status])
    return tuple(link for link in analysis.linking.links if _STRENGTH[LinkStatus(link.status)] > stored.get(link.entry, 0))


def record_relinks(connection: Connection, analysis: Analysis, links: Sequence[Link], context: AnalysisContext) -> None:
    """Add these links of an analysis to its version, and note under which knowledge the version was linked last.

    The events in which an entity with a new link has a part are marked as changed.
    """
    if links:
        columns = (MentionRow.entity_id, MentionRow.start, MentionRow.end, MentionRow.label)
        in_force = (MentionRow.version_id == analysis.article.id, MentionRow.superseded_at.is_(None))
        stored = connection.execute(select(*columns).where(*in_force).order_by(MentionRow.start)).all()
        wanted = {link.entity for link in links}
        named = [mention for mention in analysis.linking.mentions if mention.entity in wanted]
        entity_ids = _stored_entities(named, stored)
        new = tuple(mention for mention in named if mention.entity not in entity_ids)
        part = replace(analysis, linking=Linking(new, tuple(links), analysis.linking.identifiers))
        record_new_links(connection, part, context, entity_ids=entity_ids)
        linked = _linked_entities(connection, analysis.article.id, {link.entry for link in links})
        touch_events(connection, events_of(connection, analysis.article.id, linked), context.at)
    _record_status(connection, analysis.article.id, context, added=len(links))


def _stored_entities(named: Iterable[Mention], stored: Sequence[Row[str, int, int, Label]]) -> dict[str, str]:
    """Map entities of the analysis to those under which the same words are stored; equal spans count before overlapping ones."""
    found: dict[str, tuple[bool, str]] = {}
    for mention in named:
        for row in stored:
            equal = (row.start, row.end) == (mention.start, mention.end)
            overlapping = row.label is mention.label and row.start < mention.end and mention.start < row.end
            if equal or overlapping:
                known = found.get(mention.entity)
                if known is None or (equal and not known[0]):
                    found[mention.entity] = (equal, row.entity_id)
    return {entity: entity_id for entity, (_, entity_id) in found.items()}


def _linked_entities(connection: Connection, version_id: str, entries: Collection[str | None]) -> set[str]:
    """Return the stored entities that a version matches to these entries."""
    query = select(LinkRow.entity_id).where(LinkRow.version_id == version_id, LinkRow.entry.in_(entries), LinkRow.superseded_at.is_(None))
    return set(connection.execute(query).scalars())


def _record_status(connection: Connection, version_id: str, context: AnalysisContext, *, added: int) -> None:
    values = {
        "stage_version": context.knowledge_version_id,
        "state": StageState.DONE,
        "counts": {"link": added},
        "run_id": context.run_id,
        "finished_at": context.at,
    }
    here = and_(StageStatusRow.version_id == version_id, StageStatusRow.stage == _STAGE)
    if not connection.execute(update(StageStatusRow).where(here).values(**values)).rowcount:
        connection.execute(insert(StageStatusRow).values(version_id=version_id, stage=_STAGE, **values))
