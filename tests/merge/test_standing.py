from __future__ import annotations

from datetime import UTC, datetime, timedelta

from models.merging import MACHINE, Decision, MergeStatus
from pipeline.merge import find_standing

AT = datetime(2025, 11, 8, tzinfo=UTC)
RANKS = {name: number for number, name in enumerate("abcd")}


def merged(loser: str, winner: str, by: str = MACHINE, minutes: int = 0) -> Decision:
    return Decision(loser, winner, MergeStatus.MERGED, by, AT + timedelta(minutes=minutes))


def apart(one: str, other: str) -> Decision:
    return Decision(one, other, MergeStatus.APART, "editor", AT)


def test_without_decisions_every_event_stands_for_itself() -> None:
    assert find_standing(RANKS, []) == {"a": "a", "b": "b", "c": "c", "d": "d"}


def test_a_chain_stands_under_its_first() -> None:
    assert find_standing(RANKS, [merged("c", "b"), merged("b", "a")]) == {"a": "a", "b": "a", "c": "a", "d": "d"}


def test_a_candidate_joins_nothing() -> None:
    assert find_standing(RANKS, [Decision("b", "a", MergeStatus.CANDIDATE, MACHINE, AT)])["b"] == "b"


def test_the_event_that_a_person_chose_stands_for_the_group() -> None:
    stands = find_standing(RANKS, [merged("b", "a"), merged("a", "d", by="editor")])
    assert stands == {"a": "d", "b": "d", "c": "c", "d": "d"}


def test_no_chain_of_the_machine_joins_what_a_person_holds_apart() -> None:
    stands = find_standing(RANKS, [apart("a", "c"), merged("b", "a"), merged("c", "b")])
    assert stands == {"a": "a", "b": "a", "c": "c", "d": "d"}


def test_the_order_of_the_decisions_does_not_count() -> None:
    decisions = [apart("a", "c"), merged("b", "a"), merged("c", "b"), merged("d", "c", by="editor")]
    assert find_standing(RANKS, decisions) == find_standing(RANKS, decisions[::-1])


def test_decisions_on_events_that_are_not_asked_for_are_left_out() -> None:
    assert find_standing({"a": 0, "b": 1}, [merged("b", "x"), merged("b", "a")]) == {"a": "a", "b": "a"}
