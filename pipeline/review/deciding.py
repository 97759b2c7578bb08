"""What follows from the decisions on an item: its state, what readers see of its rows, places that are split off, events that stand as one.

`follow` brings all of it to what the decisions in force say, whatever it was before; so deciding, undoing and redoing are one thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from models.merging import MergeStatus
from models.review import Decision, Item, ItemKind, ItemState, Verdict
from models.vocabulary import ReviewStatus
from pipeline.merge import find_standing
from pipeline.review.items import TWICE, share_of
from pipeline.review.settling import Settled, settle
from pipeline.review.values import difference
from pipeline.store.changes import record_changed, record_created
from pipeline.store.merges import (
    Transaction,
    apply_standing,
    decide,
    decisions_in_force,
    group_of,
    load_summaries,
    retract,
)
from pipeline.store.review_decisions import admins, editor_names, in_force, list_decisions
from pipeline.store.review_effects import STATUSES, clear, project, project_entity, set_added, set_event_status
from pipeline.store.review_items import (
    insert_items,
    lock_items,
    move_subjects,
    recount,
    rows_excepted,
    set_states,
    split_id,
)
from pipeline.store.review_merges import events_there, items_about, people_say
from pipeline.store.review_rows import load_subjects

__all__ = ["follow", "says", "settle_item"]

Pairs = Mapping[tuple[str, str], MergeStatus]


def settle_item(connection: Transaction, item: Item, decisions: Sequence[Decision] | None = None) -> Settled:
    """Return where an item stands by the decisions that hold."""
    said = in_force(connection, [item.id]).get(item.id, []) if decisions is None else decisions
    bosses = admins(connection, {one.editor for one in said})
    return settle(said, revision=item.revision, twice=item.twice, admins=bosses)


def says(final: Decision | None) -> tuple[Verdict, dict[str, Any]] | None:
    """Return what a decision says of a row: accept, reject or edit, with the fields that differ from what the machine says."""
    if final is None:
        return None
    if final.verdict is Verdict.EDIT:
        return Verdict.EDIT, difference(final.before, final.after)
    return (Verdict.REJECT, {}) if final.verdict is Verdict.REJECT else (Verdict.ACCEPT, {})


def follow(connection: Transaction, item_id: str, *, at: datetime) -> set[str]:
    """Bring an item, its rows and its splits to what the decisions that hold say; return the events that stand otherwise than before."""
    item = lock_items(connection, [item_id])[item_id]
    record = list_decisions(connection, item_id)
    holding = in_force(connection, [item_id]).get(item_id, [])
    settled = settle_item(connection, item, holding)
    if item.kind is not ItemKind.EVENT:
        _split(connection, item, record, [one for one in holding if one.revision == item.revision], at)
    added, there = (any(one.verdict is Verdict.ADD for one in said) for said in (record, holding))
    if added:
        rows = [subject.row_id for subject in load_subjects(connection, [item_id]).get(item_id, ())]
        set_added(connection, item.kind, rows, there=there, at=at)
    gone = item.state is ItemState.WITHDRAWN or (added and not there)
    set_states(connection, {item_id: ItemState.WITHDRAWN if gone and settled.final is None else settled.state})
    _speak(connection, item, settled.final, at)
    return _join(connection, item, record, holding, settled.final, at)


def _speak(connection: Transaction, item: Item, final: Decision | None, at: datetime) -> None:
    """Write what readers see of the rows of an item."""
    said = says(final)
    if final is None or said is None:
        clear(connection, item.id)
    else:
        project(connection, item.id, final.id, *said, at=at)
    if item.kind is ItemKind.EVENT:
        set_event_status(connection, item.id, ReviewStatus.AUTO if said is None else STATUSES[said[0]], at=at)
    if item.kind in {ItemKind.ENTITY, ItemKind.MERGE}:
        for subject in load_subjects(connection, [item.id]).get(item.id, ()):
            if subject.table == "entity":
                project_entity(connection, subject.row_id, _said_of_entity(connection, subject.row_id), at=at)


def _said_of_entity(connection: Transaction, entity_id: str) -> list[tuple[str, Verdict, dict[str, Any]]]:
    """Return what is said of an entity, oldest first, by the item that asks of it and those that ask whether it is another."""
    found: list[Decision] = []
    for item in lock_items(connection, items_about(connection, "entity", entity_id)).values():
        final = settle_item(connection, item).final
        if final is not None:
            found.append(final)
    said = []
    for final in sorted(found, key=lambda one: one.number):
        if final.verdict is Verdict.MERGE:
            said.append((final.id, Verdict.EDIT, {"into": final.after["into"]}))
        elif final.kind is not ItemKind.MERGE and (one := says(final)) is not None:
            said.append((final.id, *one))
        elif final.verdict is Verdict.ACCEPT:
            said.append((final.id, Verdict.EDIT, {"into": final.before["winner"]}))
    return said


# --- places that are something else -----------------------------------------------------------------------------------------


def _split(connection: Transaction, item: Item, record: Iterable[Decision], holding: Iterable[Decision], at: datetime) -> None:
    """Let the places that decisions in force except be questions of their own, one for each article, and the others come back."""
    ever = rows_excepted(connection, {row for one in record for row in one.excepted})
    excepted = {row for one in holding for row in one.excepted}
    by_article: dict[str, set[str]] = {}
    for row, (article, _) in ever.items():
        by_article.setdefault(article, set()).add(row)
    touched: list[str] = []
    for article, rows in sorted(by_article.items()):
        part = split_id(item.id, article)
        wanted = rows & excepted
        if wanted and part not in lock_items(connection, [part]):
            insert_items(connection, [_part(item, part, at)])
        moved = move_subjects(connection, item.id, part, wanted) if wanted else 0
        moved += move_subjects(connection, part, item.id, rows - wanted if wanted else None)
        if moved:
            touched.append(part)
    if touched:
        recount(connection, [item.id, *touched])
        for part, state in lock_items(connection, touched).items():
            if state.n_subjects == 0 and state.state is ItemState.OPEN:
                set_states(connection, {part: ItemState.WITHDRAWN})
            elif state.n_subjects and state.state is ItemState.WITHDRAWN:
                set_states(connection, {part: ItemState.OPEN})
            follow(connection, part, at=at)


def _part(item: Item, part: str, at: datetime) -> Item:
    """Return the question that some places of an item are; it is new, and nobody's sample."""
    return replace(
        item,
        id=part,
        subjects=(),
        n_subjects=0,
        revision=0,
        state=ItemState.OPEN,
        sampled=False,
        twice=share_of(part, "twice") < TWICE,
        first_seen_at=at,
        seen_at=at,
        # Someone said already that it is another than all the others.
        uncertainty=1.0,
        priority=max(item.impact, 1.0),
    )


# --- events that are one ----------------------------------------------------------------------------------------------------


def _join(
    connection: Transaction, item: Item, record: Iterable[Decision], holding: Iterable[Decision], final: Decision | None, at: datetime
) -> set[str]:
    """Let events stand as the decisions on an item say; return those whose group it may have changed."""
    before = {pair: status for one in record for pair, status in _pairs(one).items()}
    if not before:
        return set()
    wanted: dict[tuple[str, str], MergeStatus] = {}
    why: dict[tuple[str, str], Decision] = {}
    for one in holding:
        if one.revision == item.revision and (one.verdict is Verdict.SPLIT or (final is not None and one.id == final.id)):
            wanted |= _pairs(one)
            why |= dict.fromkeys(_pairs(one), one)
    there = events_there(connection, {event for pair in before for event in pair})
    changed = [
        pair
        for pair in sorted(before)
        if set(pair) <= there and people_say(connection, *pair) != ((wanted[pair], pair[1]) if pair in wanted else None)
    ]
    if not changed:
        return set()
    names = editor_names(connection, {one.editor for one in why.values()})
    record_created(connection, at=at)
    record_changed(connection, at=at)
    scope = group_of(connection, {event for pair in changed for event in pair})
    for pair in changed:
        if pair in wanted:
            decide(connection, *pair, wanted[pair], by=names[why[pair].editor], why=why[pair].note, at=at)
        else:
            retract(connection, *pair, at=at)
    ranks = {summary.id: summary.rank for summary in load_summaries(connection, scope)}
    apply_standing(connection, find_standing(ranks, decisions_in_force(connection, scope)), at=at)
    return scope


def _pairs(one: Decision) -> dict[tuple[str, str], MergeStatus]:
    """Return what a decision says of pairs of events, each as the event that leaves and the one that stands."""
    if one.kind is ItemKind.MERGE and one.before.get("of") == "event" and one.verdict in {Verdict.ACCEPT, Verdict.REJECT}:
        status = MergeStatus.MERGED if one.verdict is Verdict.ACCEPT else MergeStatus.APART
        return {(one.before["loser"], one.before["winner"]): status}
    if one.kind is ItemKind.EVENT and one.verdict is Verdict.MERGE:
        return {(one.after["event"], one.after["into"]): MergeStatus.MERGED}
    if one.kind is ItemKind.EVENT and one.verdict is Verdict.SPLIT:
        return dict.fromkeys(((leaving, other) for leaving, other in one.after["apart"]), MergeStatus.APART)
    return {}
