"""What the decisions on one item come to: whose verdict holds, and whether another one is wanted."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from models.review import Decision, ItemState, Verdict

__all__ = ["Settled", "same", "settle"]

_NO_OPINION = frozenset({Verdict.UNSURE, Verdict.SPLIT})
"""Verdicts that leave the item open: who is unsure has no opinion, and a split is of the places that it takes out."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Where an item stands, and the decision by which it does: None while there is none, and while two editors disagree."""

    state: ItemState
    final: Decision | None


def settle(decisions: Iterable[Decision], *, revision: int, twice: bool, admins: Collection[str]) -> Settled:
    """Return what the decisions that hold, oldest first, come to in the present revision.

    Each editor has one opinion, the last. Two opinions that differ are a dispute, which a third editor or an admin closes, and which ends
    where one of the two comes round. What is to be decided twice stays open until a second editor was heard.
    """
    opinions: dict[str, Decision] = {}
    closed = False
    for one in decisions:
        if one.revision != revision or one.verdict is Verdict.SPLIT:
            continue
        if one.verdict in _NO_OPINION:
            opinions.pop(one.editor, None)
            continue
        others = [opinion for opinion in opinions.values() if opinion.editor != one.editor]
        closes = _disputed(opinions.values()) and one.editor not in opinions
        overrules = one.editor in admins and any(not same(one, other) for other in others)
        if closes or overrules:
            opinions, closed = {one.editor: one}, True
        else:
            opinions[one.editor] = one
    if not opinions:
        return Settled(ItemState.OPEN, None)
    if _disputed(opinions.values()):
        return Settled(ItemState.DISPUTED, None)
    final = max(opinions.values(), key=lambda one: one.number)
    heard = closed or len(opinions) > 1 or not twice
    return Settled(ItemState.DECIDED if heard else ItemState.OPEN, final)


def _disputed(opinions: Iterable[Decision]) -> bool:
    first, *others = opinions or (None,)
    return first is not None and any(not same(first, other) for other in others)


def same(one: Decision, other: Decision) -> bool:
    """Tell whether two decisions say the same."""
    return _said(one) == _said(other)


def _said(one: Decision) -> tuple[Verdict, str, frozenset[str]]:
    verdict = Verdict.ACCEPT if one.verdict is Verdict.ADD else one.verdict
    after = json.dumps(dict(one.after), sort_keys=True) if verdict in {Verdict.EDIT, Verdict.MERGE} else ""
    return verdict, after, frozenset(one.excepted)
