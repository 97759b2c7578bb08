"""How well editors agree: Cohen's kappa over the items that two of them decided without seeing what the other said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from models.review import Agreement, Decision, Disagreement, Item, ItemKind, KindAgreement, Verdict
from pipeline.review.settling import same

__all__ = ["kappa", "measure"]

Table = Mapping[tuple[Verdict, Verdict], int]

_MOST = 200
"""Disagreements that are told."""


def measure(decided: Iterable[tuple[Item, Sequence[Decision]]]) -> Agreement:
    """Return the agreement over items with what was said of each, oldest first: the first word of the first two editors counts."""
    pairs = [(item, pair) for item, said in decided if (pair := _first_two(said)) is not None]
    by_kind = {kind: [pair for item, pair in pairs if item.kind is kind] for kind in ItemKind}
    kinds = tuple(_of_kind(kind, found) for kind, found in by_kind.items() if found)
    agreed = sum(same(*pair) for _, pair in pairs)
    differing = [Disagreement(item, *pair) for item, pair in pairs if not same(*pair)]
    return Agreement(kinds, len(pairs), agreed, kappa(_table(pair for _, pair in pairs)), tuple(differing[:_MOST]))


def _first_two(said: Sequence[Decision]) -> tuple[Decision, Decision] | None:
    first: dict[str, Decision] = {}
    for one in said:
        if one.verdict not in {Verdict.SPLIT, Verdict.ADD}:
            first.setdefault(one.editor, one)
    found = list(first.values())
    return (found[0], found[1]) if len(found) > 1 else None


def _of_kind(kind: ItemKind, pairs: Sequence[tuple[Decision, Decision]]) -> KindAgreement:
    table = _table(pairs)
    return KindAgreement(kind, len(pairs), sum(same(*pair) for pair in pairs), kappa(table), table)


def _table(pairs: Iterable[tuple[Decision, Decision]]) -> Table:
    return dict(Counter((one.verdict, other.verdict) for one, other in pairs))


def kappa(table: Table) -> float | None:
    """Return Cohen's kappa: (observed - expected) / (1 - expected) agreement of verdicts; None where that is not defined."""
    pairs = sum(table.values())
    if not pairs:
        return None
    first: Counter[Verdict] = Counter()
    second: Counter[Verdict] = Counter()
    for (one, other), number in table.items():
        first[one] += number
        second[other] += number
    observed = sum(number for (one, other), number in table.items() if one is other) / pairs
    expected = sum(first[verdict] * second[verdict] for verdict in first) / pairs**2
    return None if expected == 1 else (observed - expected) / (1 - expected)
