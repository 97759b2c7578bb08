"""One verdict on all that a filter finds, and its undoing."""

from __future__ import annotations

import pytest

from models.review import ItemKind, ItemState, QueueFilter, Verdict
from pipeline.review.errors import Conflict, DeskError
from tests.review.desks import Newsroom

NAMES = QueueFilter(kinds=(ItemKind.NAME,))
EVERYTHING = QueueFilter()


def test_the_preview_tells_what_would_be_done(room: Newsroom) -> None:
    room.read(1)
    room.read(2, sha="b", lang="ko")
    room.decide(room.item(ItemKind.NAME, "우영수"), Verdict.ACCEPT)

    preview = room.desk.preview(NAMES, Verdict.REJECT)

    assert (preview.items, preview.places, preview.left_alone, len(preview.examples)) == (5, 5, 1, 5)


def test_a_verdict_on_a_filter_is_that_of_each_item(room: Newsroom) -> None:
    room.read(1)
    room.read(2, sha="b", lang="ko")
    room.once()
    expected = room.desk.preview(EVERYTHING, Verdict.REJECT).items

    batch = room.desk.decide_all(EVERYTHING, Verdict.REJECT, room.ann, expected=expected)

    assert batch.items == expected == len(room.items(None, ItemState.DECIDED))
    assert {room.event(number).status for number in (0, 1)} == {"rejected"}
    assert room.event().targets[0].id is None


def test_it_is_undone_and_redone_as_one_step(room: Newsroom) -> None:
    room.read(1)
    room.read(2, sha="b", lang="ko")
    room.once()
    expected = room.desk.preview(EVERYTHING, Verdict.REJECT).items
    room.desk.decide_all(EVERYTHING, Verdict.REJECT, room.ann, expected=expected)
    said = room.reviewed()

    assert len(room.desk.undo(room.ann)) == expected
    assert (room.reviewed(), room.event().status) == (set(), "auto")
    assert len(room.items(None, ItemState.OPEN)) == expected
    assert len(room.desk.redo(room.ann)) == expected

    assert (room.reviewed(), room.event().status) == (said, "rejected")
    assert len(room.items(None, ItemState.DECIDED)) == expected


def test_what_is_decided_is_left_alone(room: Newsroom) -> None:
    room.read()
    room.once()
    item = room.item(ItemKind.EVENT)
    room.decide(item, Verdict.ACCEPT, room.bea)
    expected = room.desk.preview(EVERYTHING, Verdict.REJECT).items

    room.desk.decide_all(EVERYTHING, Verdict.REJECT, room.ann, expected=expected)

    view = room.desk.view(item.id)
    assert view is not None
    assert [one.editor for one in view.decisions] == ["bea"]
    assert room.event().status == "accepted"


def test_undoing_leaves_what_others_said_since(room: Newsroom) -> None:
    room.read()
    room.once()
    expected = room.desk.preview(EVERYTHING, Verdict.REJECT).items
    room.desk.decide_all(EVERYTHING, Verdict.REJECT, room.ann, expected=expected)
    item = room.item(ItemKind.EVENT)
    room.decide(item, Verdict.ACCEPT, room.cas)

    room.desk.undo(room.ann)

    assert (room.state(item), room.event().status) == (ItemState.DECIDED, "accepted")


def test_redoing_leaves_out_what_was_taken_back_alone(room: Newsroom) -> None:
    room.read()
    room.once()
    expected = room.desk.preview(EVERYTHING, Verdict.REJECT).items
    room.desk.decide_all(EVERYTHING, Verdict.REJECT, room.ann, expected=expected)
    item = room.item(ItemKind.EVENT)
    view = room.desk.view(item.id)
    assert view is not None
    room.desk.take_back(view.decisions[0].id, room.cas)
    room.desk.undo(room.ann)

    room.desk.redo(room.ann)

    assert (room.state(item), room.event().status) == (ItemState.OPEN, "auto")
    assert len(room.items(None, ItemState.DECIDED)) == expected - 1


def test_a_batch_of_unsure_leaves_everything_open(room: Newsroom) -> None:
    room.read()
    expected = room.desk.preview(EVERYTHING, Verdict.UNSURE).items

    room.desk.decide_all(EVERYTHING, Verdict.UNSURE, room.ann, expected=expected)

    assert room.reviewed() == set()
    assert room.desk.next(EVERYTHING, room.ann) == []
    assert len(room.items(None, ItemState.OPEN)) == expected


def test_another_number_than_expected_is_a_conflict(room: Newsroom) -> None:
    room.read()

    with pytest.raises(Conflict, match="look at the preview again"):
        room.desk.decide_all(EVERYTHING, Verdict.REJECT, room.ann, expected=1)

    assert room.desk.activity() == []


def test_nothing_found_and_other_verdicts_are_refused(room: Newsroom) -> None:
    with pytest.raises(DeskError, match="nothing is to be decided"):
        room.desk.decide_all(EVERYTHING, Verdict.REJECT, room.ann, expected=0)
    with pytest.raises(DeskError, match="use accept, reject or unsure"):
        room.desk.decide_all(EVERYTHING, Verdict.EDIT, room.ann, expected=0)


def test_accepted_entities_that_are_merged_stay_merged(room: Newsroom) -> None:
    room.read(who="doc:1")
    room.once()
    item = room.item(ItemKind.ENTITY)
    room.decide(item, Verdict.MERGE, after={"into": "kb:u"})
    expected = room.desk.preview(EVERYTHING, Verdict.ACCEPT).items

    room.desk.decide_all(EVERYTHING, Verdict.ACCEPT, room.bea, expected=expected)
    room.desk.undo(room.bea)

    assert room.event().targets[0].id == "kb:u"
