"""What an editor is shown of an item: its sentences with their marks, evidence, record, and who else may be meant."""

from __future__ import annotations

from models.review import ItemKind, ItemView
from tests.review.desks import ENTRY, Newsroom


def _view(room: Newsroom, kind: ItemKind, title: str = "") -> ItemView:
    view = room.desk.view(room.item(kind, title).id)
    assert view is not None
    return view


def test_a_sentence_marks_whole_syllables(room: Newsroom) -> None:
    room.read(lang="ko")

    [sentence] = _view(room, ItemKind.NAME, "우영수").sentences

    assert [(sentence.text[start:end], what) for start, end, what in sentence.marks] == [("우영수", "subject")]


def test_an_event_marks_who_and_what(room: Newsroom) -> None:
    room.read()

    [sentence] = _view(room, ItemKind.EVENT).sentences

    assert {(sentence.text[start:end], what) for start, end, what in sentence.marks} == {
        ("imposed sanctions", "trigger"),
        ("Washington", "actor"),
        ("U Yong Su", "target"),
        ("$2 million", "amount"),
    }


def test_a_link_shows_record_syllables_evidence_and_namesakes(room: Newsroom) -> None:
    room.read(link="review", who="doc:1")

    view = _view(room, ItemKind.LISTED)

    assert view.record is not None
    assert (view.record.entry, view.record.birth_dates, view.record.title) == (ENTRY, ("1975-01-02",), "Banker")
    assert view.syllables == "u 1.00 · yong 1.00 · su 1.00"
    assert [(one.why, one.weight) for one in view.evidence[:2]] == [("exact name “U Yong Su”", 3.0), ("held post", 2.0)]
    assert [candidate.id for candidate in view.others] == ["us_ofac_sdn:7"]


def test_a_name_shows_others_who_bear_it(room: Newsroom) -> None:
    room.read()

    view = _view(room, ItemKind.NAME, "U Yong Su")

    assert [candidate.id for candidate in view.others] == ["kb:other"]


def test_places_are_read_in_portions(room: Newsroom) -> None:
    for number in range(1, 5):
        room.read(number, sha=str(number))
    item = room.item(ItemKind.NAME, "U Yong Su")

    first, rest = room.desk.places(item.id, limit=3), room.desk.places(item.id, limit=3, after=3)

    assert (len(first), len(rest)) == (3, 1)
    assert len({place.version_id for place in (*first, *rest)}) == 4


def test_there_is_no_view_of_what_is_not_there(room: Newsroom) -> None:
    assert room.desk.view("itm-0") is None
