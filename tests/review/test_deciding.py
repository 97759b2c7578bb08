"""Decisions: what readers see of them, who may make them, and what becomes of them when others decide too."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from models.review import EditorRole, ItemKind, ItemState, QueueFilter, Verdict
from pipeline.review import desk as desk_module
from pipeline.review.errors import Conflict, DeskError, NoSuchItem, NotAllowed
from tests.review.desks import ENTRY, Newsroom

# --- what readers see -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_rejected_name_fills_its_role_as_nobody(room: Newsroom, lang: str) -> None:
    room.read(lang=lang)
    form = {"en": "U Yong Su", "ko": "우영수"}[lang]

    room.decide(room.item(ItemKind.NAME, form), Verdict.REJECT)

    [target] = room.event().targets
    assert (target.id, target.name, target.matches) == (None, form, ())


def test_a_name_that_is_another_entity_is_shown_as_that(room: Newsroom) -> None:
    room.read(lang="ko")

    room.decide(room.item(ItemKind.NAME, "우영수"), Verdict.EDIT, after={"entity": "kb:other"})

    [target] = room.event().targets
    assert (target.id, target.name, target.matches) == ("kb:other", "Woo Yong Su", ())


def test_a_rejected_match_is_none(room: Newsroom) -> None:
    room.read()
    assert [match.entry for match in room.event().targets[0].matches] == [ENTRY]

    room.decide(room.item(ItemKind.LISTED), Verdict.REJECT)

    assert room.event().targets[0].matches == ()


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_match_that_waited_counts_once_it_is_accepted(room: Newsroom, lang: str) -> None:
    room.read(lang=lang, link="review", who="doc:1")
    assert room.event().targets[0].matches == ()

    room.decide(room.item(ItemKind.LISTED), Verdict.ACCEPT)

    assert [match.entry for match in room.event().targets[0].matches] == [ENTRY]


def test_a_match_to_another_entry_is_shown_as_that(room: Newsroom) -> None:
    room.read()

    room.decide(room.item(ItemKind.LISTED), Verdict.EDIT, after={"entry": "us_ofac_sdn:7"})

    assert [(match.entry, match.name) for match in room.event().targets[0].matches] == [("us_ofac_sdn:7", "WOO, Yong Su")]


def test_an_event_is_accepted_rejected_or_edited(room: Newsroom) -> None:
    room.read()
    item = room.item(ItemKind.EVENT)

    statuses = []
    for verdict, after in ((Verdict.ACCEPT, None), (Verdict.REJECT, None), (Verdict.EDIT, {"modality": "alleged"})):
        room.decide(item, verdict, after=after)
        statuses.append(room.event().status)

    assert statuses == ["accepted", "rejected", "edited"]


def test_an_edited_event_shows_the_fields_of_its_editor(room: Newsroom) -> None:
    room.read()
    after = {
        "type": "LEGAL_ACTION",
        "subtype": "arrest",
        "modality": "alleged",
        "date_start": "2025-11",
        "date_end": "2025-11",
        "date_precision": "month",
        "actors": [{"id": "kb:kr", "name": "South Korea"}],
        "targets": [{"id": None, "name": "a banker"}],
        "speaker": {"id": "kb:us", "name": "United States"},
        "amounts": [],
    }

    room.decide(room.item(ItemKind.EVENT), Verdict.EDIT, after=after)

    event = room.event()
    assert (event.type, event.subtype, event.modality, event.date_start) == ("LEGAL_ACTION", "arrest", "alleged", "2025-11")
    assert [(party.id, party.name) for party in (*event.actors, *event.targets)] == [("kb:kr", "South Korea"), (None, "a banker")]
    assert event.speaker is not None
    assert event.speaker.id == "kb:us"
    assert (event.amounts, event.usd, event.plover) == ((), None, "COERCE/arrest")


def test_an_amount_is_edited_and_rejected(room: Newsroom) -> None:
    room.read(lang="ko")
    item = room.item(ItemKind.AMOUNT)

    room.decide(item, Verdict.EDIT, after={"usd": 1.5e6})
    assert (room.event().usd, room.event().amounts[0].usd_basis) == (1.5e6, "editor")
    room.decide(item, Verdict.REJECT)

    assert room.event().amounts == ()


def test_who_holds_no_office_is_no_official(room: Newsroom) -> None:
    room.read(role="envoy")
    assert room.event().targets[0].official

    room.decide(room.item(ItemKind.OFFICE), Verdict.REJECT)

    assert not room.event().targets[0].official


def test_a_new_entity_is_renamed_and_rejected(room: Newsroom) -> None:
    room.read(who="doc:1")
    item = room.item(ItemKind.ENTITY)

    room.decide(item, Verdict.EDIT, after={"name": "U Yong-su", "country": "CN"})
    assert (room.event().targets[0].name, room.event().targets[0].country) == ("U Yong-su", "CN")
    room.decide(item, Verdict.REJECT)

    assert room.event().targets[0].id is None


def test_a_new_entity_is_shown_as_the_one_it_is_merged_into(room: Newsroom) -> None:
    room.read(who="doc:1")
    item = room.item(ItemKind.ENTITY)

    room.decide(item, Verdict.MERGE, after={"into": "kb:u"})
    assert room.event().targets[0].id == "kb:u"
    room.desk.undo(room.ann)

    assert room.event().targets[0].id == item.candidate


# --- places that are excepted ---------------------------------------------------------------------------------------------


def test_excepted_places_are_a_question_of_their_own(room: Newsroom) -> None:
    room.read(1)
    room.read(2, sha="b")
    room.once()
    item = room.item(ItemKind.NAME, "U Yong Su")
    kept = item.subjects[0]

    room.decide(item, Verdict.REJECT, excepted=[kept.row_id])

    both = [one for one in room.items(ItemKind.NAME) if one.title == "U Yong Su"]
    assert sorted((one.state, one.n_subjects) for one in both) == [("decided", 1), ("open", 1)]
    assert sorted(str(event.targets[0].id) for event in (room.event(0), room.event(1))) == ["None", "kb:u"]


def test_what_is_excepted_stays_so_when_it_is_read_again(room: Newsroom) -> None:
    article = room.read(1)
    room.read(2, sha="b")
    room.once()
    item = room.item(ItemKind.NAME, "U Yong Su")
    mine = next(one for one in item.subjects if one.version_id == article.id)
    room.decide(item, Verdict.REJECT, excepted=[mine.row_id])

    room.record(article, again=True)

    assert sorted(one.n_subjects for one in room.items(ItemKind.NAME) if one.title == "U Yong Su") == [1, 1]


def test_places_come_back_when_their_exception_is_undone(room: Newsroom) -> None:
    room.read(1)
    room.read(2, sha="b")
    room.once()
    item = room.item(ItemKind.NAME, "U Yong Su")
    room.decide(item, Verdict.SPLIT, excepted=[item.subjects[0].row_id])
    assert room.state(item) is ItemState.OPEN

    room.desk.undo(room.ann)

    found = {one.state: one.n_subjects for one in room.items(ItemKind.NAME) if one.title == "U Yong Su"}
    assert found == {ItemState.OPEN: 2, ItemState.WITHDRAWN: 0}


def test_an_exception_must_be_a_place_of_the_item(room: Newsroom) -> None:
    room.read()

    with pytest.raises(DeskError, match="no place of this item"):
        room.decide(room.item(ItemKind.NAME, "U Yong Su"), Verdict.REJECT, excepted=["men-0"])


# --- undo and redo ----------------------------------------------------------------------------------------------------------


def test_steps_are_undone_and_redone_in_their_order(room: Newsroom) -> None:
    room.read()
    room.once()
    item = room.item(ItemKind.EVENT)
    for verdict in (Verdict.ACCEPT, Verdict.REJECT):
        room.decide(item, verdict)

    seen = []
    for step in (room.desk.undo, room.desk.undo, room.desk.redo, room.desk.redo, room.desk.undo):
        step(room.ann)
        seen.append(room.event().status)

    assert seen == ["accepted", "auto", "accepted", "rejected", "accepted"]
    view = room.desk.view(item.id)
    assert view is not None
    assert [one.verdict.value for one in view.decisions] == ["accept", "reject", "undo", "undo", "redo", "redo", "undo"]


def test_several_steps_are_undone_at_once(room: Newsroom) -> None:
    room.read()
    for item in room.items():
        room.decide(item, Verdict.REJECT)

    undone = room.desk.undo(room.ann, steps=50)

    assert len(undone) == 6
    assert room.reviewed() == set()
    assert room.desk.undo(room.ann) == []


def test_what_was_undone_is_not_redone_after_another_decision(room: Newsroom) -> None:
    room.read()
    room.decide(room.item(ItemKind.EVENT), Verdict.ACCEPT)
    room.desk.undo(room.ann)
    room.decide(room.item(ItemKind.AMOUNT), Verdict.ACCEPT)

    assert room.desk.redo(room.ann) == []


def test_undo_takes_back_only_what_one_did_oneself(room: Newsroom) -> None:
    room.read()
    room.decide(room.item(ItemKind.EVENT), Verdict.ACCEPT, room.bea)

    assert room.desk.undo(room.ann) == []
    assert room.event().status == "accepted"


def test_an_admin_alone_takes_back_what_others_decided(room: Newsroom) -> None:
    room.read()
    made = room.decide(room.item(ItemKind.EVENT), Verdict.REJECT)

    with pytest.raises(NotAllowed):
        room.desk.take_back(made.id, room.bea)
    room.desk.take_back(made.id, room.cas)

    assert room.event().status == "auto"
    with pytest.raises(DeskError, match="holds no more"):
        room.desk.take_back(made.id, room.cas)


# --- several editors --------------------------------------------------------------------------------------------------------


def test_a_decision_that_came_in_between_is_a_conflict_and_nothing_is_written(room: Newsroom) -> None:
    room.read()
    room.once()
    item = room.item(ItemKind.LISTED)
    room.decide(item, Verdict.ACCEPT, room.bea)

    with pytest.raises(Conflict, match="bea said accept") as caught:
        room.desk.decide(item.id, Verdict.REJECT, room.ann, revision=0, seen=0)

    assert (caught.value.who, caught.value.what, caught.value.code) == ("bea", Verdict.ACCEPT, "conflict")
    assert room.state(item) is ItemState.DECIDED
    assert len(room.desk.activity()) == 1


def test_an_item_that_was_reopened_since_is_a_conflict(room: Newsroom) -> None:
    room.read()
    item = room.change(room.item(ItemKind.EVENT), revision=1)

    with pytest.raises(Conflict):
        room.desk.decide(item.id, Verdict.ACCEPT, room.ann, revision=0, seen=0)


def test_the_same_decision_sent_twice_is_one(room: Newsroom) -> None:
    room.read()
    item = room.item(ItemKind.EVENT)

    first = room.desk.decide(item.id, Verdict.ACCEPT, room.ann, revision=0, seen=0)
    second = room.desk.decide(item.id, Verdict.ACCEPT, room.ann, revision=0, seen=0)

    assert first == second
    assert len(room.desk.activity()) == 1


def test_an_item_that_two_decide_stays_open_until_the_second_was_heard(room: Newsroom) -> None:
    room.read()
    item = room.change(room.item(ItemKind.EVENT), twice=True)

    room.desk.decide(item.id, Verdict.ACCEPT, room.ann, revision=0)
    assert room.state(item) is ItemState.OPEN
    shown = room.desk.view(item.id, room.bea)
    assert shown is not None
    assert (shown.decisions, shown.final) == ((), None)
    room.desk.decide(item.id, Verdict.ACCEPT, room.bea, revision=0)

    assert room.state(item) is ItemState.DECIDED


def test_two_who_disagree_make_a_dispute_that_a_third_closes(room: Newsroom) -> None:
    room.read(lang="ko")
    item = room.change(room.item(ItemKind.EVENT), twice=True)
    room.desk.decide(item.id, Verdict.ACCEPT, room.ann, revision=0)
    room.desk.decide(item.id, Verdict.REJECT, room.bea, revision=0)
    assert (room.state(item), room.event().status) == (ItemState.DISPUTED, "auto")

    room.decide(item, Verdict.REJECT, room.editors["eve"])

    assert (room.state(item), room.event().status) == (ItemState.DECIDED, "rejected")


def test_a_dispute_ends_where_one_comes_round(room: Newsroom) -> None:
    room.read()
    item = room.change(room.item(ItemKind.EVENT), twice=False)
    room.decide(item, Verdict.ACCEPT)
    room.decide(item, Verdict.REJECT, room.bea)
    assert room.state(item) is ItemState.DISPUTED

    room.decide(item, Verdict.REJECT)

    assert room.state(item) is ItemState.DECIDED


def test_an_admin_overrules_at_once(room: Newsroom) -> None:
    room.read()
    room.once()
    item = room.item(ItemKind.EVENT)
    room.decide(item, Verdict.ACCEPT)

    room.decide(item, Verdict.REJECT, room.cas)

    assert (room.state(item), room.event().status) == (ItemState.DECIDED, "rejected")


def test_who_is_unsure_is_not_asked_again_and_others_are(room: Newsroom) -> None:
    room.read()
    wanted = QueueFilter(kinds=(ItemKind.EVENT,))
    room.decide(room.item(ItemKind.EVENT), Verdict.UNSURE)

    assert room.desk.next(wanted, room.ann) == []
    assert [view.item.kind for view in room.desk.next(wanted, room.bea)] == [ItemKind.EVENT]


def test_what_one_has_open_is_not_shown_to_another(room: Newsroom) -> None:
    room.read()
    mine = room.desk.next(QueueFilter(), room.ann)[0].item

    theirs = room.desk.next(QueueFilter(), room.bea)[0]

    assert theirs.item.id != mine.id
    seen = room.desk.view(mine.id, room.bea)
    assert seen is not None
    assert seen.claimed_by == "ann"


def test_who_finds_all_of_the_first_items_taken_gets_one_of_the_others(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    room.read()
    claim, refused = desk_module.claim, []

    def taken_by_others(connection: Any, item_id: str, editor_id: str, *, at: datetime) -> bool:
        if len(refused) < 4:
            refused.append(item_id)
            return False
        return claim(connection, item_id, editor_id, at=at)

    monkeypatch.setattr(desk_module, "claim", taken_by_others)
    [shown] = room.desk.next(QueueFilter(), room.ann, ahead=0)
    assert len(set(refused)) == 4
    assert shown.item.id not in refused


def test_a_claim_ends_by_itself_and_when_it_is_released(room: Newsroom) -> None:
    room.read()
    wanted = QueueFilter(kinds=(ItemKind.EVENT,))
    item = room.desk.next(wanted, room.ann)[0].item
    assert room.desk.next(wanted, room.bea) == []

    room.desk.release(item.id, room.ann)

    assert room.desk.next(wanted, room.bea)[0].item == item


def test_what_is_skipped_is_left_out(room: Newsroom) -> None:
    room.read()
    first = room.desk.next(QueueFilter(), room.ann)[0].item

    shown = room.desk.next(QueueFilter(), room.ann, skip=[first.id], ahead=9)

    assert first.id not in {view.item.id for view in shown}


def test_one_in_ten_is_a_sampled_one(room: Newsroom) -> None:
    for number, lang in enumerate(("en", "ko") * 2, start=1):
        room.read(number, sha=str(number), lang=lang)
    items = room.items()
    for item in items:
        room.change(item, sampled=item.id in {one.id for one in items[-2:]})

    shown = room.desk.next(QueueFilter(), room.ann, ahead=9)

    assert [view.item.sampled for view in shown] == [False] * 9 + [True]


def test_a_viewer_decides_nothing(room: Newsroom) -> None:
    room.read()
    viewer = room.editors["vic"]

    with pytest.raises(NotAllowed):
        room.decide(room.item(ItemKind.EVENT), Verdict.ACCEPT, viewer)
    with pytest.raises(NotAllowed):
        room.desk.next(QueueFilter(), viewer)

    assert viewer.role is EditorRole.VIEWER


@pytest.mark.parametrize(
    ("verdict", "after", "message"),
    [
        (Verdict.UNDO, None, "cannot be decided by undo"),
        (Verdict.EDIT, None, "nothing was changed"),
        (Verdict.EDIT, {"colour": "red"}, "no field 'colour'"),
        (Verdict.EDIT, {"type": "PARTY"}, "type must be one of"),
        (Verdict.EDIT, {"date_start": "last week"}, "date_start must be a day"),
        (Verdict.EDIT, {"date_start": "2025-12-01"}, "is before"),
        (Verdict.EDIT, {"subtype": "dance"}, "no subtype"),
        (Verdict.EDIT, {"actors": [{"id": "kb:nobody", "name": "N"}]}, "no entity is called"),
        (Verdict.EDIT, {"actors": "me"}, "must be a list"),
        (Verdict.ACCEPT, {"type": "AID"}, "takes no value"),
        (Verdict.MERGE, {"into": "evt-nothing"}, "no other event"),
        (Verdict.SPLIT, None, "a split needs"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(
    room: Newsroom, verdict: Verdict, after: dict[str, object] | None, message: str
) -> None:
    room.read()

    with pytest.raises(DeskError, match=message):
        room.decide(room.item(ItemKind.EVENT), verdict, after=after)

    assert room.desk.activity() == []


def test_an_unknown_item_is_told(room: Newsroom) -> None:
    with pytest.raises(NoSuchItem):
        room.desk.decide("itm-0", Verdict.ACCEPT, room.ann, revision=0)


def test_comments_and_queues_are_kept(room: Newsroom) -> None:
    room.read()
    item = room.item(ItemKind.EVENT)

    room.desk.comment(item.id, " 확인 필요 ", room.ann)
    room.desk.save_queue(room.ann, "last night", "kind=listed")
    room.desk.save_queue(room.ann, "last night", "kind=event")

    view = room.desk.view(item.id)
    assert view is not None
    assert [comment.text for comment in view.comments] == ["확인 필요"]
    assert [(queue.name, queue.query) for queue in room.desk.queues(room.ann)] == [("last night", "kind=event")]
    room.desk.forget_queue(room.ann, "last night")
    with pytest.raises(NoSuchItem):
        room.desk.forget_queue(room.ann, "last night")


def test_a_decision_tells_what_it_was_made_of(room: Newsroom) -> None:
    room.read()
    item = room.item(ItemKind.EVENT)

    made = room.decide(item, Verdict.EDIT, after={"modality": "alleged"}, note="a spokesman says so")

    assert made.before == item.value
    assert made.after == {**item.value, "modality": "alleged"}
    assert (made.component, made.knowledge_version, made.note) == ("test", "kb1", "a spokesman says so")
    assert replace(room.desk.activity()[0].decision, at=made.at) == made
