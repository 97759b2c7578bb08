"""Make one event of what several articles tell: every night by the machine, and whenever a person decides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from models.merging import MACHINE, Decision, EventSummary, MergeStatus
from pipeline.errors import UsageError
from pipeline.merge import MERGE_VERSION, find_standing, propose
from pipeline.run.indexing import index_with
from pipeline.settings import Settings
from pipeline.store.changes import record_changed, record_created
from pipeline.store.engine import open_database, writing
from pipeline.store.locks import hold_data_dir
from pipeline.store.merges import (
    Transaction,
    apply_standing,
    decide,
    decisions_in_force,
    find_event_ids,
    group_of,
    load_summaries,
    recent_events,
    record_proposals,
    retract,
    standing_of,
)
from pipeline.store.runs import hold_database
from pipeline.store.schema import require_current

__all__ = ["Outcome", "join_events", "merge_events", "merge_recent_events", "unmerge_event"]

MAKER = "merge"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a person's decision does: the events it concerns, and the ids that stand under another event before and after.

    `before` and `after` map every event of the groups concerned to the event that stands for it.
    """

    events: tuple[EventSummary, ...]
    before: dict[str, str]
    after: dict[str, str]


def merge_recent_events(connection: Transaction, *, since: datetime, at: datetime) -> int:
    """Decide for the events of the articles stored since then which are one; return how many stand under another event than before."""
    record_created(connection, at=at)
    changed = join_events(connection, recent_events(connection, since), at=at)
    record_changed(connection, at=at)
    return changed


def join_events(connection: Transaction, scope: set[str], *, at: datetime) -> int:
    """Compare the events in scope, write what the machine decides, and let events stand as all decisions in force say."""
    summaries = load_summaries(connection, scope)
    people = [decision for decision in decisions_in_force(connection, scope) if decision.by != MACHINE]
    proposals = propose(summaries, people)
    record_proposals(connection, proposals, scope=scope, maker=MAKER, version=MERGE_VERSION, at=at)
    ranks = {summary.id: summary.rank for summary in summaries}
    return apply_standing(connection, find_standing(ranks, decisions_in_force(connection, scope)), at=at)


def merge_events(
    settings: Settings, event: str, into: str, *, by: str, why: str | None = None, dry_run: bool = False, at: datetime | None = None
) -> Outcome:
    """Let `into` stand for `event` from now on, because a person says so; both may be beginnings of ids.

    Earlier decisions of people that held members of the two groups apart end. Raises UsageError for an id that is unknown or not
    the only one of its beginning, and for two events that are one already; LockHeld while another run is at work.
    """
    at = at or datetime.now(UTC)
    with _deciding(settings, dry_run=dry_run) as connection:
        loser, winner = _resolve(connection, event), _resolve(connection, into)
        if loser == winner:
            raise UsageError(f"{loser} cannot be merged into itself")
        mine, theirs = group_of(connection, [loser]), group_of(connection, [winner])
        if mine & theirs:
            raise UsageError(f"{loser} and {winner} are one event already: {standing_of(connection, mine)[loser]} stands for them")
        for decision in decisions_in_force(connection, mine | theirs):
            if decision.status is MergeStatus.APART and len(decision.pair & mine) == 1:
                retract(connection, decision.loser, decision.winner, at=at)
        before = _begin(connection, mine | theirs, at)
        decide(connection, loser, winner, MergeStatus.MERGED, by=by, why=why, at=at)
        outcome = _conclude(connection, before, at)
        index_with(connection, settings, outcome.after)
        return outcome


def unmerge_event(
    settings: Settings, event: str, *, by: str, why: str | None = None, dry_run: bool = False, at: datetime | None = None
) -> Outcome:
    """Take an event out of the events it stands with, because a person says so.

    Where a person had merged it, that is taken back; else, or where that does not part them, it is held apart from each of the others.
    Raises UsageError for an id that is unknown or not the only one of its beginning, and for an event that stands alone; LockHeld
    while another run is at work.
    """
    at = at or datetime.now(UTC)
    with _deciding(settings, dry_run=dry_run) as connection:
        taken = _resolve(connection, event)
        group = group_of(connection, [taken])
        if len(group) == 1:
            raise UsageError(f"{taken} is merged with no other event")
        before = _begin(connection, group, at)
        mergers = [d.winner for d in decisions_in_force(connection, group) if _is_by_person(d) and d.loser == taken]
        for other in mergers:
            decide(connection, taken, other, MergeStatus.APART, by=by, why=why, at=at)
        outcome = _conclude(connection, before, at)
        if not mergers or any(outcome.after[other] == outcome.after[taken] for other in mergers):
            for other in sorted(group - {taken}):
                decide(connection, taken, other, MergeStatus.APART, by=by, why=why, at=at)
            outcome = _conclude(connection, before, at)
        index_with(connection, settings, outcome.after)
        return outcome


def _is_by_person(decision: Decision) -> bool:
    return decision.by != MACHINE and decision.status is MergeStatus.MERGED


class _DryRunEnds(Exception):
    """Takes the transaction of a dry run back."""


@contextmanager
def _deciding(settings: Settings, *, dry_run: bool) -> Iterator[Transaction]:
    """Give a connection in a transaction, with no other run at work; a dry run is taken back at its end."""
    with ExitStack() as stack:
        database = open_database(settings.database, create=False)
        stack.callback(database.dispose)
        stack.enter_context(hold_data_dir(settings.data_dir))
        stack.enter_context(hold_database(database))
        require_current(database)
        stack.enter_context(suppress(_DryRunEnds))
        with writing(database) as connection:
            yield connection
            if dry_run:
                raise _DryRunEnds


def _resolve(connection: Transaction, name: str) -> str:
    found = find_event_ids(connection, name)
    if name in found or len(found) == 1:
        return name if name in found else found[0]
    if found:
        raise UsageError(f"several events begin with {name!r}: give more of the id")
    raise UsageError(f"no event is called {name!r}: `peninsula events` shows ids")


def _begin(connection: Transaction, scope: set[str], at: datetime) -> dict[str, str]:
    """Bring the change feed up to now, so that what is decided comes after it; return which event stands for each in scope."""
    record_created(connection, at=at)
    record_changed(connection, at=at)
    return standing_of(connection, scope)


def _conclude(connection: Transaction, before: dict[str, str], at: datetime) -> Outcome:
    scope = set(before)
    join_events(connection, scope, at=at)
    record_changed(connection, at=at)
    return Outcome(tuple(load_summaries(connection, scope)), before, standing_of(connection, scope))
