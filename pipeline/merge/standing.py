"""Which event stands for which, under all decisions in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from models.merging import MACHINE, Decision, MergeStatus

__all__ = ["find_standing"]


def find_standing(ranks: Mapping[str, Any], decisions: Iterable[Decision]) -> dict[str, str]:
    """Map each event of `ranks` to the event that stands for it: itself, where it is merged into none.

    Decisions of people count before the machine's, and what they hold apart no chain of the machine's merges brings together.
    Of a group, the event stands that a person chose, else the first by rank. Decisions on other events are left out.
    """
    known = [decision for decision in decisions if decision.loser in ranks and decision.winner in ranks]
    people = [decision for decision in known if decision.by != MACHINE]
    apart = {decision.pair for decision in people if decision.status is MergeStatus.APART}
    groups = {event: {event} for event in ranks}
    chosen: list[Decision] = sorted((d for d in people if d.status is MergeStatus.MERGED), key=lambda d: (d.at, d.loser))
    machine = [decision for decision in known if decision.by == MACHINE and decision.status is MergeStatus.MERGED]
    machine.sort(key=lambda decision: (ranks[decision.loser], ranks[decision.winner]))
    for decision in [*chosen, *machine]:
        one, other = groups[decision.loser], groups[decision.winner]
        if one is other or any(frozenset((a, b)) in apart for a in one for b in other):
            continue
        one |= other
        for event in other:
            groups[event] = one
    return _choose(ranks, groups, chosen)


def _choose(ranks: Mapping[str, Any], groups: Mapping[str, set[str]], chosen: list[Decision]) -> dict[str, str]:
    losers: set[str] = set()
    winners: set[str] = set()
    for decision in chosen:
        losers.add(decision.loser)
        winners.add(decision.winner)
    standing: dict[str, str] = {}
    for event, group in groups.items():
        if event not in standing:
            stands = min(group, key=lambda member: (member in losers, member not in winners, ranks[member]))
            standing |= dict.fromkeys(group, stands)
    return standing
