"""The rule by which decided items come back, branch by branch, and as the desk follows it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from models.review import Asked, Item, ItemKind, ItemState, Subject, Verdict
from pipeline.review.items import item_id, make_item
from pipeline.review.reopen import Change, judge, major
from tests.review.desks import EN, Newsroom
from tests.store.builders import NOW


def _item(**changes: Any) -> Item:
    asked = Asked(
        ItemKind.EVENT,
        ("e",),
        "title",
        {"type": "SANCTION"},
        (Subject("event", "evt-1", "ver-1", 0, 5),),
        (0.8,),
        "form",
        "events",
        "3",
        text="text",
    )
    return replace(make_item(item_id(ItemKind.EVENT, ("e",)), asked, at=NOW), n_subjects=1, **changes)


def test_undecided_and_unchanged_stays_as_it_is() -> None:
    assert judge(_item(), _item(), decided=False) is Change.KEEP


@pytest.mark.parametrize("name", ["text_hash", "value_hash", "component_version"])
def test_undecided_and_changed_is_refreshed_in_place(name: str) -> None:
    assert judge(_item(), _item(**{name: "4"}), decided=False) is Change.REFRESH


def test_undecided_and_said_no_more_is_withdrawn() -> None:
    assert judge(_item(), None, decided=False) is Change.WITHDRAW


def test_withdrawn_and_said_again_comes_back() -> None:
    assert judge(_item(state=ItemState.WITHDRAWN), _item(), decided=False) is Change.RETURN


def test_withdrawn_and_still_not_said_stays_withdrawn() -> None:
    assert judge(_item(state=ItemState.WITHDRAWN), None, decided=False) is Change.KEEP


def test_decided_and_said_no_more_stays_decided() -> None:
    assert judge(_item(state=ItemState.DECIDED), None, decided=True) is Change.KEEP


@pytest.mark.parametrize("name", ["text_hash", "value_hash"])
def test_decided_with_one_of_text_and_reading_changed_stays_decided(name: str) -> None:
    assert judge(_item(), _item(**{name: "other"}), decided=True) is Change.KEEP


def test_decided_with_text_and_reading_changed_is_reopened() -> None:
    assert judge(_item(), _item(text_hash="other", value_hash="other"), decided=True) is Change.REOPEN


@pytest.mark.parametrize(("version", "change"), [("4", Change.REOPEN), ("3.1", Change.KEEP), ("3", Change.KEEP), ("2", Change.KEEP)])
def test_decided_is_reopened_by_a_higher_major_version(version: str, change: Change) -> None:
    assert judge(_item(), _item(component_version=version), decided=True) is change


def test_another_component_is_no_higher_version() -> None:
    assert judge(_item(), _item(component="encoder", component_version="9"), decided=True) is Change.KEEP


@pytest.mark.parametrize(("version", "number"), [("3", 3), ("12.4.1", 12), ("v2", 2), ("", 0), ("en-5.1", 5)])
def test_the_major_version_is_the_first_number(version: str, number: int) -> None:
    assert major(version) == number


def test_a_reopened_item_is_asked_anew_and_its_verdict_holds_no_more(room: Newsroom) -> None:
    article = room.read()
    room.once()
    item = room.item(ItemKind.EVENT)
    room.decide(item, Verdict.REJECT)
    room.change(item, text_hash="earlier", value_hash="earlier")

    room.record(article, again=True)

    view = room.desk.view(item.id)
    assert view is not None
    assert (view.item.state, view.item.revision, view.final) == (ItemState.OPEN, 1, None)
    assert [decision.verdict for decision in view.decisions] == [Verdict.REJECT, Verdict.REOPEN]
    assert room.event().status == "auto"


def test_a_decision_of_the_new_revision_holds(room: Newsroom) -> None:
    article = room.read(lang="ko")
    room.once()
    item = room.item(ItemKind.LISTED)
    room.decide(item, Verdict.ACCEPT)
    room.change(item, component_version="0")
    room.record(article, again=True)

    room.decide(item, Verdict.REJECT)

    assert room.state(item) is ItemState.DECIDED
    assert room.event().targets[0].matches == ()


def test_a_decided_item_survives_that_its_text_alone_changes(room: Newsroom) -> None:
    room.read()
    room.once()
    item = room.item(ItemKind.EVENT)
    room.decide(item, Verdict.ACCEPT)

    room.read(text=f"{EN} More followed.", sha="b")

    assert room.state(item) is ItemState.DECIDED
    assert room.event().status == "accepted"
