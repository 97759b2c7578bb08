"""What the desk reads and writes as words: queues as addresses, values as fields, keys, selections."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.review import ItemKind, ItemState, QueueFilter
from pipeline.review.errors import DeskError
from pipeline.web.desk_forms import FIELD_PREFIX, form_fields, read_value, value_words
from pipeline.web.desk_keys import ACTIONS, keys_of, read_keys, shown_key
from pipeline.web.desk_queue import CANNED, queue_words, read_queue, write_queue
from pipeline.web.desk_requests import queue_address, skipped
from pipeline.web.desk_selection import find_words, snap

ROOT = Path(__file__).parents[2]
EVENT: dict[str, Any] = {
    "type": "SANCTION",
    "subtype": None,
    "modality": "asserted",
    "background": False,
    "date_start": "2025-11-04",
    "date_end": None,
    "date_precision": "day",
    "actors": [{"id": "kb:us", "name": "United States"}],
    "targets": [{"id": None, "name": "우영수"}],
    "place": None,
    "speaker": None,
    "amounts": [{"text": "$2 million", "role": "stolen"}],
}

# --- queues ---------------------------------------------------------------------------------------------------------------


def test_a_queue_is_read_from_its_address_and_told_in_words() -> None:
    wanted = read_queue(
        [("kind", "listed"), ("kind", "name"), ("label", "person"), ("since", "2025-11-04"), ("score_max", "0.5"), ("q", " U ")]
    )
    assert wanted.kinds == (ItemKind.LISTED, ItemKind.NAME)
    assert (wanted.labels, wanted.score_max, wanted.text) == (("PERSON",), 0.5, "U")
    assert queue_words(wanted) == "listed, name; labels PERSON; since 2025-11-04 00:00 UTC; scores 0 to 0.5; with “U”"


def test_the_address_of_a_queue_has_nothing_that_is_empty_or_of_no_queue() -> None:
    assert write_queue([("kind", "name"), ("q", " "), ("cursor", "1~itm-1"), ("lang", "ko")]) == "kind=name&lang=ko"


@pytest.mark.parametrize("query", [query for _, query in CANNED])
def test_every_queue_that_everybody_has_can_be_asked_for(query: str) -> None:
    assert read_queue([tuple(pair.split("=")) for pair in query.split("&")]) != QueueFilter()  # type: ignore[misc]


def test_an_empty_queue_is_that_of_all_that_waits() -> None:
    assert read_queue([]) == QueueFilter(states=(ItemState.OPEN,))


def test_what_was_skipped_stands_in_the_address_up_to_the_last_forty() -> None:
    many = ",".join(f"itm-{number}" for number in range(60))
    assert skipped(many)[0] == "itm-20"
    assert queue_address([("kind", "name")], skipped("itm-1,,itm-2")) == "/review?kind=name&skip=itm-1,itm-2"
    assert queue_address([]) == "/review"


# --- fields ---------------------------------------------------------------------------------------------------------------


def typed(value: dict[str, Any], **changes: str) -> dict[str, str]:
    fields = {FIELD_PREFIX + field.name: field.text for field in form_fields(ItemKind.EVENT, value, {})}
    return fields | {FIELD_PREFIX + name: text for name, text in changes.items()}


def test_a_form_that_is_sent_as_it_was_changes_nothing() -> None:
    assert read_value(ItemKind.EVENT, EVENT, typed(EVENT)) == {}


def test_what_was_changed_is_read_with_its_parties_and_amounts() -> None:
    form = typed(EVENT, targets="우영수 | kb:u\r\n\r\nChosun Expo", amounts="", background="yes", place="Seoul")
    assert read_value(ItemKind.EVENT, EVENT, form) == {
        "targets": [{"id": "kb:u", "name": "우영수"}, {"id": None, "name": "Chosun Expo"}],
        "amounts": [],
        "background": True,
        "place": {"id": None, "name": "Seoul"},
    }


@pytest.mark.parametrize(("name", "text"), [("amounts", "12 million dollars"), ("colour", "red")])
def test_what_cannot_be_read_is_refused(name: str, text: str) -> None:
    with pytest.raises(DeskError):
        read_value(ItemKind.EVENT, EVENT, typed(EVENT, **{name: text}))


def test_numbers_may_have_commas_and_must_be_numbers() -> None:
    value = {"value": 2e6, "value_max": None, "currency": "USD", "bound": "exact", "usd": 2e6}
    assert read_value(ItemKind.AMOUNT, value, {"field.value": "2,500,000"}) == {"value": 2.5e6}
    with pytest.raises(DeskError, match="is no number"):
        read_value(ItemKind.AMOUNT, value, {"field.value": "much"})


def test_what_an_item_says_is_told_without_what_is_empty() -> None:
    words = dict(value_words(EVENT))
    assert words["actors"] == "United States | kb:us"
    assert (words["background"], "place" in words) == ("no", False)


# --- keys -----------------------------------------------------------------------------------------------------------------


def test_every_action_has_a_key_of_its_own() -> None:
    keys = keys_of({})
    assert len(set(keys.values())) == len(ACTIONS)
    assert read_keys({name: shown_key(key) for name, key in keys.items()}) == {}


@pytest.mark.parametrize("key", ["A", "1", "ab", "\x00", "x"])
def test_a_key_that_is_taken_or_none_is_refused(key: str) -> None:
    with pytest.raises(DeskError):
        read_keys({"accept": key, "reject": "x"})


def test_two_actions_may_change_their_keys_with_each_other() -> None:
    assert read_keys({"accept": "x", "reject": "a"}) == {"accept": "x", "reject": "a"}


def test_the_guide_has_every_key_of_the_desk() -> None:
    guide = (ROOT / "docs" / "reviewing.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|$", guide, re.MULTILINE)
    assert [(shown_key(action.key), action.words) for action in ACTIONS] == rows[: len(ACTIONS)]


def test_the_pictures_of_the_guide_are_there_and_small() -> None:
    guide = (ROOT / "docs" / "reviewing.md").read_text(encoding="utf-8")
    pictures = [ROOT / "docs" / name for name in re.findall(r"!\[[^]]+]\(([^)]+)\)", guide)]
    assert len(pictures) == 3
    assert all(1_000 < picture.stat().st_size < 150_000 for picture in pictures)


# --- selections -----------------------------------------------------------------------------------------------------------

TEXT = "Kim Jong Un, leader of North Korea, met 우영수를 (Woo)."


@pytest.mark.parametrize(
    ("selected", "wanted"),
    [("Kim Jong Un,", "Kim Jong Un"), (" leader of ", "leader of"), ("orth Kore", "North Korea"), ("우영수", "우영수"), ("(Woo).", "Woo")],
)
def test_a_selection_is_taken_by_whole_words_without_the_signs_around_it(selected: str, wanted: str) -> None:
    start = TEXT.index(selected)
    begin, end = snap(TEXT, start, start + len(selected))
    assert TEXT[begin:end] == wanted


def test_a_syllable_that_is_written_as_several_signs_is_not_cut() -> None:
    text = "\u1112\u1161\u11ab\u1100\u116e\u11a8"  # two syllables in six signs
    assert snap(text, 1, 4) == (0, 6)


@pytest.mark.parametrize(("start", "end"), [(5, 5), (-1, 4), (0, 1000), (11, 13)])
def test_a_selection_without_words_or_outside_of_the_text_is_refused(start: int, end: int) -> None:
    with pytest.raises(DeskError):
        snap(TEXT, start, end)


@given(st.integers(0, 60), st.integers(0, 60))
def test_what_is_taken_begins_and_ends_with_letters_of_words(start: int, end: int) -> None:
    try:
        begin, stop = snap(TEXT, start, end)
    except DeskError:
        return
    assert TEXT[begin:stop] == TEXT[begin:stop].strip(" ,.()")


def test_words_are_found_the_time_that_is_asked_for() -> None:
    assert find_words("a b a", "a", 2) == (4, 5)
    with pytest.raises(DeskError, match="stands 2 times"):
        find_words("a b a", "a", 3)
    with pytest.raises(DeskError, match="select words"):
        find_words("a b a", " ", 1)
