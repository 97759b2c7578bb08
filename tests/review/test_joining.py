"""Events and entities that editors make one, or part; names and events that they add."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.merging import MergeRule, MergeStatus, Proposal
from models.review import ItemKind, ItemState, Verdict
from models.tables import EventRow, MentionRow
from models.vocabulary import Label
from pipeline.review.errors import DeskError
from pipeline.store.engine import reading, writing
from pipeline.store.merges import record_proposals
from tests.review.desks import Newsroom


def _two_events(room: Newsroom) -> list[str]:
    """Store two tellings that the machine would ask of; return their ids."""
    room.read(1)
    room.read(2, sha="b", lang="ko")
    with writing(room.database) as connection:
        ids = list(connection.execute(select(EventRow.id).order_by(EventRow.id)).scalars())
        proposal = Proposal(ids[0], ids[1], MergeStatus.CANDIDATE, 0.6, MergeRule.ALIKE, ())
        record_proposals(connection, [proposal], scope=ids, maker="merge", version="1", at=room.clock())
    room.refresh()
    room.once()
    return ids


def _standing(room: Newsroom) -> int:
    """Return how many events stand for themselves."""
    with reading(room.database) as connection:
        return len(connection.execute(select(EventRow.id).where(EventRow.merged_into.is_(None))).all())


def test_a_candidate_of_the_machine_is_asked(room: Newsroom) -> None:
    ids = _two_events(room)

    item = room.item(ItemKind.MERGE)

    assert (item.value["loser"], item.value["winner"], item.value["status"]) == (*ids, "candidate")
    view = room.desk.view(item.id)
    assert view is not None
    assert [sentence.lang for sentence in view.sentences] in (["en", "ko"], ["ko", "en"])


def test_accepting_makes_them_one_and_undoing_parts_them(room: Newsroom) -> None:
    ids = _two_events(room)

    room.decide(room.item(ItemKind.MERGE), Verdict.ACCEPT)
    assert (_standing(room), room.event().id, room.event().merged) == (1, ids[1], (ids[0],))
    room.desk.undo(room.ann)

    assert _standing(room) == 2


def test_rejecting_holds_them_apart(room: Newsroom) -> None:
    _two_events(room)
    item = room.item(ItemKind.MERGE)

    room.decide(item, Verdict.REJECT)

    assert (_standing(room), room.state(item)) == (2, ItemState.DECIDED)


def test_an_event_is_merged_from_its_own_item_and_split_from_the_group(room: Newsroom) -> None:
    ids = _two_events(room)
    items = {item.subjects[0].row_id: item for item in room.items(ItemKind.EVENT)}

    room.decide(items[ids[0]], Verdict.MERGE, after={"into": ids[1]})
    assert _standing(room) == 1
    room.decide(items[ids[1]], Verdict.SPLIT, room.bea, excepted=[ids[0]])
    assert _standing(room) == 2
    room.desk.undo(room.bea)

    assert len(room.desk.view(items[ids[1]].id).decisions) == 2  # type: ignore[union-attr]


def test_a_rejected_telling_leaves_the_others_to_speak(room: Newsroom) -> None:
    ids = _two_events(room)
    room.decide(room.item(ItemKind.MERGE), Verdict.ACCEPT)
    items = {item.subjects[0].row_id: item for item in room.items(ItemKind.EVENT)}

    room.decide(items[ids[1]], Verdict.REJECT)

    event = room.event()
    assert (event.id, event.status, len(event.articles)) == (ids[1], "auto", 1)


def test_two_spellings_of_a_new_name_are_asked_to_be_one(room: Newsroom) -> None:
    room.read(1, who="doc:1")
    room.read(2, sha="b", lang="ko", who="doc:1")

    item = room.item(ItemKind.MERGE)

    assert item.value["of"] == "entity"
    assert {item.value["loser"], item.value["winner"]} == {one.candidate for one in room.items(ItemKind.ENTITY)}


def test_entities_that_are_one_are_shown_as_one(room: Newsroom) -> None:
    room.read(1, who="doc:1")
    room.read(2, sha="b", lang="ko", who="doc:1")
    room.once()
    item = room.item(ItemKind.MERGE)

    room.decide(item, Verdict.ACCEPT)
    assert {room.event(number).targets[0].id for number in (0, 1)} == {item.value["winner"]}
    room.desk.undo(room.ann)

    assert len({room.event(number).targets[0].id for number in (0, 1)}) == 2


# --- what the machine missed ----------------------------------------------------------------------------------------------


def test_an_added_name_is_a_mention_of_its_editor_and_stays_when_the_text_is_read_again(room: Newsroom) -> None:
    article = room.read(lang="ko")
    start = article.text.index("화요일")

    made = room.desk.add_mention(article.id, start, start + 4, Label.VESSEL, room.ann)

    room.record(article, again=True)
    with reading(room.database) as connection:
        row = connection.execute(select(MentionRow.__table__).where(MentionRow.maker == "editor")).one()
    assert (row.text, row.superseded_at, made.verdict) == ("화요일", None, Verdict.ADD)
    assert [item.state for item in room.items() if item.component == "editor"] == [ItemState.DECIDED]


def test_an_added_name_goes_with_its_undo_and_comes_back_with_its_redo(room: Newsroom) -> None:
    article = room.read()
    start = article.text.index("Tuesday")
    room.desk.add_mention(article.id, start, start + len("Tuesday. "), Label.VESSEL, room.ann, entity=None)

    room.desk.undo(room.ann)
    assert [item.state for item in room.items() if item.component == "editor"] == [ItemState.WITHDRAWN]
    room.desk.redo(room.ann)

    assert [item.state for item in room.items() if item.component == "editor"] == [ItemState.DECIDED]


def test_a_name_that_is_there_is_not_added_again(room: Newsroom) -> None:
    article = room.read()
    start = article.text.index("U Yong Su")

    with pytest.raises(DeskError, match="there already"):
        room.desk.add_mention(article.id, start, start + len("U Yong Su"), Label.PERSON, room.ann)


def test_an_added_event_is_told_and_undone(room: Newsroom) -> None:
    article = room.read(told=False)
    start = article.text.index("moved")
    value = {
        "type": "ILLICIT_FINANCE",
        "actors": [{"id": "kb:u", "name": "U Yong Su"}],
        "amounts": [{"text": "$2 million", "role": "laundered"}],
    }

    room.desk.add_event(article.id, start, start + 5, value, room.ann)
    event = room.event()
    assert (event.type, event.status, event.actors[0].id, event.usd) == ("ILLICIT_FINANCE", "accepted", "kb:u", 2e6)
    room.record(article, again=True, told=False)
    assert room.event().id == event.id
    room.desk.undo(room.ann)

    with pytest.raises(IndexError):
        room.event()


@pytest.mark.parametrize(("start", "end", "message"), [(5, 5, "not in the text"), (0, 9999, "not in the text"), (53, 54, "white space")])
def test_a_selection_must_be_words_of_the_text(room: Newsroom, start: int, end: int, message: str) -> None:
    article = room.read()

    with pytest.raises(DeskError, match=message):
        room.desk.add_mention(article.id, start, end, Label.PERSON, room.ann)
