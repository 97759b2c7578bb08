"""Items of the desk and the rows that they are about, as stored: compared with what is asked now, written in bulk, split and joined."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, bindparam, case, delete, func, select, update

from models.ids import make_id
from models.review import Decision, Item, ItemKind, ItemState, Subject
from models.review_tables import ReviewItemRow, ReviewSubjectRow
from models.tables import ArticleVersionRow, LinkRow
from models.vocabulary import LinkStatus
from pipeline.store.chunks import in_chunks
from pipeline.store.review_rows import item_of
from pipeline.store.rows import insert_all_new

__all__ = [
    "Exceptions",
    "Pair",
    "add_subjects",
    "change_items",
    "count_named",
    "exceptions_of",
    "holds_rows",
    "insert_items",
    "last_seen",
    "listed_doubts",
    "lock_items",
    "move_subjects",
    "recount",
    "remove_subjects",
    "rows_excepted",
    "set_states",
    "split_id",
    "stored_subjects",
]

Pair: TypeAlias = tuple[str, str, str]
"""An item, and a row that it is about: the table in words and the id."""

_ROWS = 5_000
"""Rows of one statement."""
_SUBJECTS = [column.name for column in ReviewSubjectRow.__table__.columns]
_ITEM = [field.name for field in fields(Item) if field.name != "subjects"]


def split_id(item_id: str, article_id: str) -> str:
    """Return the id of the item that asks of one article what another asks everywhere."""
    return make_id("itm", item_id, article_id)


def last_seen(connection: Connection) -> datetime | None:
    """Return when the desk was refreshed last; None where it never was."""
    return connection.execute(select(func.max(ReviewItemRow.seen_at))).scalar()


def lock_items(connection: Connection, ids: Iterable[str]) -> dict[str, Item]:
    """Return items by id, and keep others from deciding them until the transaction ends. SQLite has one writer anyhow."""
    found: dict[str, Item] = {}
    for chunk in in_chunks(ids):
        query = select(ReviewItemRow.__table__).where(ReviewItemRow.id.in_(chunk)).order_by(ReviewItemRow.id)
        found |= {row.id: item_of(row) for row in connection.execute(query.with_for_update())}
    return found


# --- items ----------------------------------------------------------------------------------------------------------------


def insert_items(connection: Connection, items: Sequence[Item]) -> None:
    """Write items that are not there yet."""
    rows = [_item_row(item) for item in items]
    for start in range(0, len(rows), _ROWS):
        insert_all_new(connection, ReviewItemRow, rows[start : start + _ROWS])


def change_items(connection: Connection, items: Sequence[Item]) -> None:
    """Write items in the place of those of the same ids."""
    changed = [name for name in _ITEM if name not in {"id", "kind", "first_seen_at"}]
    statement = update(ReviewItemRow.__table__).where(ReviewItemRow.__table__.c.id == bindparam("this"))  # type: ignore[arg-type]
    statement = statement.values({name: bindparam(f"new_{name}") for name in changed})
    rows = [{"this": item.id, **{f"new_{name}": value for name, value in _item_row(item).items() if name in changed}} for item in items]
    for start in range(0, len(rows), _ROWS):
        connection.execute(statement, rows[start : start + _ROWS])


def set_states(connection: Connection, states: Mapping[str, ItemState]) -> None:
    """Write in which state items are."""
    by_state: dict[ItemState, list[str]] = defaultdict(list)
    for ident, state in states.items():
        by_state[state].append(ident)
    for state, ids in by_state.items():
        for chunk in in_chunks(ids):
            connection.execute(update(ReviewItemRow).where(ReviewItemRow.id.in_(chunk)).values(state=state))


def _item_row(item: Item) -> dict[str, Any]:
    return {name: getattr(item, name) for name in _ITEM} | {"value": dict(item.value)}


# --- the rows that they are about -------------------------------------------------------------------------------------------


def stored_subjects(
    connection: Connection, article_ids: Iterable[str], *, items: Iterable[str] = (), rows: Iterable[str] = ()
) -> dict[Pair, Subject]:
    """Return what items are about in any version of these articles, what these items are about anywhere, and where these rows occur."""
    row = ReviewSubjectRow
    versions = select(ArticleVersionRow.id)
    queries = [
        select(row.__table__).where(row.version_id.in_(versions.where(ArticleVersionRow.article_id.in_(chunk))))
        for chunk in in_chunks(article_ids)
    ]
    queries += [select(row.__table__).where(row.item_id.in_(chunk)) for chunk in in_chunks(items)]
    queries += [select(row.__table__).where(row.row_id.in_(chunk)) for chunk in in_chunks(rows)]
    return {
        (one.item_id, one.table_name, one.row_id): Subject(one.table_name, one.row_id, one.version_id, one.start, one.end)
        for query in queries
        for one in connection.execute(query)
    }


def add_subjects(connection: Connection, subjects: Mapping[Pair, Subject]) -> None:
    """Write that items are about these rows, too; one that is known to be is left as it is."""
    rows = [
        dict(zip(_SUBJECTS, (*pair, subject.version_id, subject.start, subject.end), strict=True)) for pair, subject in subjects.items()
    ]
    for start in range(0, len(rows), _ROWS):
        insert_all_new(connection, ReviewSubjectRow, rows[start : start + _ROWS])


def remove_subjects(connection: Connection, pairs: Collection[Pair]) -> None:
    """Write that items are about these rows no longer."""
    row = ReviewSubjectRow.__table__
    here = [row.c[name] == bindparam(f"the_{name}") for name in _SUBJECTS[:3]]
    named = [{f"the_{name}": value for name, value in zip(_SUBJECTS, pair, strict=False)} for pair in sorted(pairs)]
    if named:
        connection.execute(delete(row).where(*here), named)  # type: ignore[arg-type]


def move_subjects(connection: Connection, source: str, target: str, row_ids: Collection[str] | None = None) -> int:
    """Let the rows of an item, or those named, be of another one; return how many were moved."""
    row = ReviewSubjectRow
    moved = 0
    if row_ids is None:
        return connection.execute(update(row).where(row.item_id == source).values(item_id=target)).rowcount
    for chunk in in_chunks(row_ids):
        moved += connection.execute(update(row).where(row.item_id == source, row.row_id.in_(chunk)).values(item_id=target)).rowcount
    return moved


def recount(connection: Connection, ids: Iterable[str]) -> None:
    """Count the rows of items anew, after some were moved."""
    counted = select(func.count()).where(ReviewSubjectRow.item_id == ReviewItemRow.id).scalar_subquery()
    for chunk in in_chunks(ids):
        connection.execute(update(ReviewItemRow).where(ReviewItemRow.id.in_(chunk)).values(n_subjects=counted))


# --- exceptions -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exceptions:
    """Rows that verdicts on an item do not hold for: by article, and the versions in which they stand.

    In a newer version of such an article nobody knows which of its places they were: all of them are asked anew.
    """

    rows: frozenset[str]
    versions: Mapping[str, frozenset[str]]

    def takes(self, subject: Subject, article_id: str) -> bool:
        """Tell whether a row of an article is no longer the item's."""
        if article_id not in self.versions:
            return False
        return subject.row_id in self.rows or subject.version_id not in self.versions[article_id]


def exceptions_of(connection: Connection, decisions: Mapping[str, Sequence[Decision]]) -> dict[str, Exceptions]:
    """Return by item what the decisions that hold except."""
    excepted = {ident: frozenset(row for one in said for row in one.excepted) for ident, said in decisions.items()}
    where = rows_excepted(connection, {row for rows in excepted.values() for row in rows})
    found: dict[str, Exceptions] = {}
    for ident, rows in excepted.items():
        versions: dict[str, set[str]] = defaultdict(set)
        for row in rows & where.keys():
            article, version = where[row]
            versions[article].add(version)
        if versions:
            found[ident] = Exceptions(rows, {article: frozenset(of) for article, of in versions.items()})
    return found


def rows_excepted(connection: Connection, row_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return by row the article and the version in which it stands."""
    found: dict[str, tuple[str, str]] = {}
    row, version = ReviewSubjectRow, ArticleVersionRow
    for chunk in in_chunks(row_ids):
        query = select(row.row_id, version.article_id, version.id).join(version, version.id == row.version_id)
        found |= {one: (article, ident) for one, article, ident in connection.execute(query.where(row.row_id.in_(chunk))).all()}
    return found


# --- what is counted of many rows -----------------------------------------------------------------------------------------


def listed_doubts(connection: Connection, item_ids: Iterable[str]) -> dict[str, tuple[int, float]]:
    """Return of items on list entries how many places wait for an editor, and the product of the likeliest odds among them (0 to 0.25)."""
    found: dict[str, tuple[int, float]] = {}
    doubt = LinkRow.score * (1 - LinkRow.score)
    for chunk in in_chunks(item_ids):
        query = (
            select(ReviewSubjectRow.item_id, func.count(), func.max(doubt))
            .join(LinkRow, LinkRow.id == ReviewSubjectRow.row_id)
            .where(ReviewSubjectRow.item_id.in_(chunk), ReviewSubjectRow.table_name == "link", LinkRow.status == LinkStatus.REVIEW)
            .group_by(ReviewSubjectRow.item_id)
        )
        found |= {ident: (number, most) for ident, number, most in connection.execute(query).all()}
    return found


def count_named(connection: Connection, entity_ids: Iterable[str]) -> dict[str, tuple[int, float]]:
    """Return of entities how often they are named, and the mean score of that; those that are named nowhere are left out."""
    found: dict[str, tuple[int, float]] = {}
    item = ReviewItemRow
    number = func.sum(item.n_subjects)
    for chunk in in_chunks(entity_ids):
        query = (
            select(item.candidate, number, func.sum(item.score * item.n_subjects) / case((number > 0, number), else_=1))
            .where(item.candidate.in_(chunk), item.kind == ItemKind.NAME, item.n_subjects > 0)
            .group_by(item.candidate)
        )
        found |= {ident: (int(named), float(score)) for ident, named, score in connection.execute(query).all() if ident is not None}
    return found


def holds_rows(connection: Connection, item_id: str, row_ids: Iterable[str]) -> set[str]:
    """Return those of these rows that an item is about."""
    query = select(ReviewSubjectRow.row_id).where(ReviewSubjectRow.item_id == item_id)
    return {row for chunk in in_chunks(row_ids) for row in connection.execute(query.where(ReviewSubjectRow.row_id.in_(chunk))).scalars()}
