"""Rows of the desk as records, and its filter as conditions of SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from models.review import Decision, Item, ItemState, QueueFilter, Subject, Verdict
from models.review_tables import ReviewDecisionRow, ReviewItemRow, ReviewSubjectRow
from models.tables import ArticleVersionRow
from pipeline.store.chunks import in_chunks

__all__ = ["ABOUT_OTHERS", "conditions", "decision_of", "holds", "item_of", "items_of", "load_items", "load_subjects", "undecided"]

Fields: TypeAlias = Row[*tuple[Any, ...]]

ABOUT_OTHERS = (Verdict.UNDO, Verdict.REDO, Verdict.REOPEN)
"""Verdicts that say nothing of the item itself."""


def item_of(row: Any, subjects: Iterable[Subject] = ()) -> Item:  # noqa: ANN401 - a row of the table
    """Return an item of its row."""
    return Item(
        id=row.id,
        kind=row.kind,
        title=row.title,
        value=row.value,
        subjects=tuple(subjects),
        form=row.form,
        candidate=row.candidate,
        label=row.label,
        lang=row.lang,
        publisher=row.publisher,
        source_list=row.source_list,
        score=row.score,
        uncertainty=row.uncertainty,
        impact=row.impact,
        priority=row.priority,
        component=row.component,
        component_version=row.component_version,
        text_hash=row.text_hash,
        value_hash=row.value_hash,
        n_subjects=row.n_subjects,
        first_seen_at=row.first_seen_at,
        seen_at=row.seen_at,
        sampled=row.sampled,
        twice=row.twice,
        revision=row.revision,
        state=row.state,
    )


def items_of(connection: Connection, query: Select[*tuple[Any, ...]], *, subjects: int = 0) -> list[Item]:
    """Return the items that a query finds, each with its first subjects, up to so many."""
    rows = connection.execute(query).all()
    places = load_subjects(connection, [row.id for row in rows], most=subjects) if subjects else {}
    return [item_of(row, places.get(row.id, ())) for row in rows]


def load_items(connection: Connection, ids: Iterable[str]) -> dict[str, Item]:
    """Return by id the items that there are, without their subjects."""
    found: dict[str, Item] = {}
    for chunk in in_chunks(ids):
        rows = connection.execute(select(ReviewItemRow.__table__).where(ReviewItemRow.id.in_(chunk)))
        found |= {row.id: item_of(row) for row in rows}
    return found


def load_subjects(connection: Connection, ids: Iterable[str], *, most: int | None = None) -> dict[str, list[Subject]]:
    """Return by item the rows that it is about, in order of their versions and places; of each item the first `most` where that is given."""
    found: dict[str, list[Subject]] = {}
    row = ReviewSubjectRow
    order = (row.version_id, row.start, row.table_name, row.row_id)
    for chunk in in_chunks(ids):
        ranked = func.row_number().over(partition_by=row.item_id, order_by=order).label("place")
        ranks = select(row.__table__, ranked).where(row.item_id.in_(chunk)).subquery()
        query = select(ranks).order_by(ranks.c.item_id, ranks.c.place)
        for one in connection.execute(query if most is None else query.where(ranks.c.place <= most)):
            found.setdefault(one.item_id, []).append(Subject(one.table_name, one.row_id, one.version_id, one.start, one.end))
    return found


def decision_of(row: Mapping[str, Any]) -> Decision:
    """Return a decision of its row."""
    return Decision(
        number=row["number"],
        id=row["id"],
        item_id=row["item_id"],
        kind=row["kind"],
        revision=row["revision"],
        verdict=row["verdict"],
        before=row["before"],
        after=row["after"],
        excepted=tuple(row["excepted"]),
        editor=row["editor_id"],
        at=row["at"],
        batch=row["batch"],
        undoes=row["undoes"],
        component=row["component"],
        component_version=row["component_version"],
        model_version=row["model_version_id"],
        knowledge_version=row["knowledge_version_id"],
        note=row["note"],
    )


def holds(decision: Any) -> ColumnElement[bool]:  # noqa: ANN401 - the table or an alias of it
    """Return the condition that nobody took a decision, or an undo, back: no undo names it that was not redone."""
    undo, redo = aliased(ReviewDecisionRow), aliased(ReviewDecisionRow)
    redone = exists().where(redo.undoes == undo.id, redo.verdict == Verdict.REDO)
    return ~exists().where(undo.undoes == decision.id, undo.verdict == Verdict.UNDO, ~redone)


def conditions(wanted: QueueFilter, *, states: bool = True) -> list[ColumnElement[bool]]:
    """Return what must be true of the items that a filter finds; without regard to their states where those are not asked for."""
    item = ReviewItemRow
    several = (
        *((item.kind, wanted.kinds), (item.label, wanted.labels), (item.lang, wanted.langs), (item.publisher, wanted.publishers)),
        *((item.source_list, wanted.lists), (item.component, wanted.components)),
    )
    found: list[ColumnElement[bool]] = [column.in_(values) for column, values in several if values]
    if states and wanted.states:
        found.append(item.state.in_(wanted.states) if len(wanted.states) > 1 else item.state == wanted.states[0])
    if wanted.since is not None:
        found.append(item.first_seen_at >= wanted.since)
    if wanted.score_min is not None:
        found.append(item.score >= wanted.score_min)
    if wanted.score_max is not None:
        found.append(item.score <= wanted.score_max)
    if wanted.text:
        part = wanted.text.lower()
        found.append(or_(func.lower(item.title).contains(part, autoescape=True), item.form.contains(part, autoescape=True)))
    if wanted.sampled is not None:
        found.append(item.sampled.is_(wanted.sampled))
    if wanted.article is not None:
        versions = select(ArticleVersionRow.id).where(ArticleVersionRow.article_id == wanted.article)
        here = select(ReviewSubjectRow.item_id).where(ReviewSubjectRow.version_id.in_(versions))
        found.append(item.id.in_(here))
    return found


def undecided() -> ColumnElement[bool]:
    """Return the condition that an item is open and nobody has said anything of it, in its present revision, that holds."""
    said = ReviewDecisionRow
    by_someone = exists().where(
        said.item_id == ReviewItemRow.id, said.revision == ReviewItemRow.revision, said.verdict.not_in(ABOUT_OTHERS), holds(said)
    )
    return and_(ReviewItemRow.state == ItemState.OPEN, ~by_someone)
