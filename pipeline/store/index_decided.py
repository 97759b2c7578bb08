"""Which articles, and which entities, are to be counted anew since editors decided something of names, entities, matches and offices.

An article that tells no event has them as well, so that events alone do not lead to what changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, or_, select

from models.review import ItemKind, Verdict
from models.review_tables import ReviewDecisionRow, ReviewedRow, ReviewItemRow, ReviewSubjectRow
from models.tables import ArticleRow, ArticleVersionRow, MentionRow
from pipeline.store.chunks import in_chunks

__all__ = ["Concerned", "decided_since", "find_concerned"]

_OF_ENTITIES = (ItemKind.NAME, ItemKind.ENTITY, ItemKind.LISTED, ItemKind.OFFICE, ItemKind.MERGE)
_CHANGES = (Verdict.REJECT, Verdict.EDIT, Verdict.MERGE, Verdict.SPLIT, Verdict.ADD)
_CHANGES_ALWAYS = (ItemKind.LISTED, ItemKind.MERGE)
"""Of these accepting changes something too: a match may have waited for it, and two entities are one."""
_ROWS = ("mention", "office", "link")
"""Tables whose rows stand in an article."""


@dataclass(frozen=True, slots=True)
class Concerned:
    """Articles that may say other things of entities than before, and entities that may be called otherwise."""

    articles: list[str]
    entities: list[str]


def decided_since(connection: Connection, since: datetime) -> set[str]:
    """Return the items that were decided, taken back or asked again since then, and those of whose rows something is said since then."""
    subject = ReviewSubjectRow
    said = and_(ReviewedRow.table_name == subject.table_name, ReviewedRow.row_id == subject.row_id)
    decided = select(ReviewDecisionRow.item_id).where(ReviewDecisionRow.at >= since)
    # What was imported was decided long ago.
    spoken = select(subject.item_id).join(ReviewedRow, said).where(ReviewedRow.at >= since)
    return {ident for query in (decided, spoken) for ident in connection.execute(query.distinct()).scalars()}


def find_concerned(connection: Connection, item_ids: Iterable[str], *, most: int | None = None) -> Concerned:
    """Return what the decisions on these items, whether they hold or were taken back, concern; `most` articles where that is given."""
    articles: set[str] = set()
    entities: set[str] = set()
    for chunk in in_chunks(set(item_ids)):
        items = list(connection.execute(_that_change(chunk)).scalars())
        if not items:
            continue
        entities |= set(connection.execute(_rows_of(items, ["entity"])).scalars())
        articles |= _read(connection, _articles().join(ReviewSubjectRow, _in_article()).where(_is_of(items, _ROWS)), most)
        for rows in in_chunks(_excepted(connection, items)):
            articles |= _read(connection, _articles().join(ReviewSubjectRow, _in_article()).where(ReviewSubjectRow.row_id.in_(rows)), most)
    for chunk in in_chunks(_with_merged(connection, entities)):
        named = and_(MentionRow.version_id == ArticleVersionRow.id, MentionRow.entity_id.in_(chunk))
        articles |= _read(connection, _articles().join(MentionRow, named), most)
    return Concerned(sorted(articles)[:most], sorted(entities))


def _that_change(item_ids: Collection[str]) -> Select[str]:
    """Select those of these items that change what is counted, or did; a name that was accepted counts as before."""
    item, said = ReviewItemRow, ReviewDecisionRow
    ever = select(said.id).where(said.item_id == item.id, said.verdict.in_(_CHANGES)).exists()
    return select(item.id).where(item.id.in_(item_ids), item.kind.in_(_OF_ENTITIES), or_(item.kind.in_(_CHANGES_ALWAYS), ever))


def _rows_of(item_ids: Collection[str], tables: Collection[str]) -> Select[str]:
    return select(ReviewSubjectRow.row_id).where(_is_of(item_ids, tables))


def _is_of(item_ids: Collection[str], tables: Collection[str]) -> Any:  # noqa: ANN401 - a condition
    return and_(ReviewSubjectRow.item_id.in_(item_ids), ReviewSubjectRow.table_name.in_(tables))


def _in_article() -> Any:  # noqa: ANN401 - a condition
    return ReviewSubjectRow.version_id == ArticleVersionRow.id


def _articles() -> Any:  # noqa: ANN401 - a select
    """Select the articles whose newest version is one of those that are joined to it: of others nothing is counted."""
    newest = and_(ArticleRow.id == ArticleVersionRow.article_id, ArticleRow.latest_version_id == ArticleVersionRow.id)
    return select(ArticleRow.id).join(ArticleVersionRow, newest).distinct()


def _read(connection: Connection, query: Any, most: int | None) -> set[str]:  # noqa: ANN401 - a select
    return set(connection.execute(query.limit(most)).scalars())


def _excepted(connection: Connection, item_ids: Collection[str]) -> set[str]:
    """Return the rows that decisions on these items left out: they are another item's now."""
    query = select(ReviewDecisionRow.excepted).where(ReviewDecisionRow.item_id.in_(item_ids))
    return {row for rows in connection.execute(query).scalars() for row in rows}


def _with_merged(connection: Connection, entity_ids: Collection[str]) -> set[str]:
    """Return these entities and all for which one of them stands: what is said of it is said of them."""
    if not entity_ids:
        return set()
    merged: dict[str, set[str]] = defaultdict(set)
    for row in connection.execute(select(ReviewedRow.row_id, ReviewedRow.value).where(ReviewedRow.table_name == "entity")):
        if "into" in row.value:
            merged[row.value["into"]].add(row.row_id)
    found, new = set(entity_ids), set(entity_ids)
    while new := {one for ident in new for one in merged[ident]} - found:
        found |= new
    return found
