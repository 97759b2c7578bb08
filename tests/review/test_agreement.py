"""Cohen's kappa, and the disagreements that it counts."""

from __future__ import annotations

import pytest

from models.review import ItemKind, Verdict
from pipeline.review.agreement import kappa
from tests.review.desks import Newsroom

A, R = Verdict.ACCEPT, Verdict.REJECT


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({}, None),
        ({(A, A): 10}, None),
        ({(A, A): 5, (R, R): 5}, 1.0),
        ({(A, R): 5, (R, A): 5}, -1.0),
        # The example of Cohen's own kind: 20 and 15 of 50 agree, by chance half of them would.
        ({(A, A): 20, (A, R): 5, (R, A): 10, (R, R): 15}, 0.4),
    ],
)
def test_kappa_is_the_agreement_beyond_chance(table: dict[tuple[Verdict, Verdict], int], expected: float | None) -> None:
    assert kappa(table) == (expected if expected is None else pytest.approx(expected))


def test_what_two_decided_independently_is_compared(room: Newsroom) -> None:
    room.read()
    for item in room.items():
        room.change(item, twice=item.kind in {ItemKind.EVENT, ItemKind.AMOUNT})
    event, amount = room.item(ItemKind.EVENT), room.item(ItemKind.AMOUNT)
    for item, second in ((event, R), (amount, A)):
        room.desk.decide(item.id, A, room.ann, revision=0)
        room.desk.decide(item.id, second, room.bea, revision=0)

    agreement = room.desk.agreement()

    assert (agreement.pairs, agreement.agreed) == (2, 1)
    assert {one.kind: (one.pairs, one.agreed) for one in agreement.kinds} == {ItemKind.EVENT: (1, 0), ItemKind.AMOUNT: (1, 1)}
    assert [(one.item.id, one.first.editor, one.second.editor) for one in agreement.disagreements] == [(event.id, "ann", "bea")]
