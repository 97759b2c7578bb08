"""Marks lie on the words they tell of, whatever the words are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from models.findings import Passage
from pipeline.web.highlight import (
    Mark,
    Segment,
    date_words,
    day_words,
    is_korean,
    mark_passage,
    mark_text,
    mark_trigger,
    money_words,
    period_words,
    short_number,
)
from tests.query.builders import SAMPLE, make_amount, make_article, make_event, make_party

BEFORE = 40
"""Code points of the article before the passage."""


def make_passage(evidence: str, trigger: str, **changes: object) -> Passage:
    start = evidence.index(trigger) + BEFORE
    values = {
        "id": "men-1",
        "event_id": "evt-1",
        "article": make_article(),
        "trigger": trigger,
        "trigger_start": start,
        "trigger_end": start + len(trigger),
        "evidence": evidence,
        "evidence_start": BEFORE,
        "evidence_end": BEFORE + len(evidence),
        "modality": "asserted",
        "genericity": "specific",
        "cues": (),
        "speaker": None,
        "attribution": "unattributed",
        "parties": (),
        "amounts": (),
        "score": 0.9,
        "rules": (),
    }
    return Passage(**values | changes)


def marked(parts: tuple[Segment, ...]) -> list[tuple[str | None, str]]:
    return [(part.kind, part.text) for part in parts if part.kind]


def test_pieces_together_are_the_text() -> None:
    text = "OFAC designated the bank."
    parts = mark_text(text, [Mark("actor", "actor", 0, 4), Mark("trigger", "trigger", 5, 15)])
    assert "".join(part.text for part in parts) == text
    assert marked(parts) == [("actor", "OFAC"), ("trigger", "designated")]


def test_the_shortest_of_marks_on_one_another_gives_the_look_and_all_are_named() -> None:
    parts = mark_text("the $3 million theft", [Mark("target", "target: theft", 0, 20), Mark("amount", "amount: stolen", 4, 14)])
    assert [(part.kind, part.title) for part in parts] == [
        ("target", "target: theft"),
        ("amount", "target: theft; amount: stolen"),
        ("target", "target: theft"),
    ]


@pytest.mark.parametrize(("start", "end"), [(-5, -1), (25, 30), (7, 7), (9, 3)])
def test_a_mark_outside_the_text_or_empty_marks_nothing(start: int, end: int) -> None:
    assert marked(mark_text("OFAC designated the bank", [Mark("actor", "actor", start, end)])) == []


def test_a_mark_that_leaves_the_text_is_cut() -> None:
    assert marked(mark_text("the bank", [Mark("target", "target", 4, 99)])) == [("target", "bank")]


def test_an_empty_text_has_no_piece() -> None:
    assert mark_text("", [Mark("actor", "actor", 0, 4)]) == ()


def test_characters_that_steer_the_screen_are_blanks_and_move_no_mark() -> None:
    parts = mark_text("a\u202e\u0007bank", [Mark("target", "target", 3, 7)])
    assert [part.text for part in parts] == ["a  ", "bank"]


@pytest.mark.parametrize("event", SAMPLE, ids=lambda event: event.id)
def test_the_trigger_of_every_event_is_marked(event: object) -> None:
    assert marked(mark_trigger(event)) == [("trigger", event.trigger)]  # type: ignore[attr-defined]


def test_a_trigger_that_does_not_stand_there_is_not_marked() -> None:
    event = replace(make_event(evidence="The bank was designated.", trigger="designated"), trigger_start=3)
    assert marked(mark_trigger(event)) == []


def test_a_passage_has_its_parties_amounts_and_cues_marked() -> None:
    evidence = "Hackers of Lazarus Group allegedly stole $3 million from the exchange."
    party = make_party("Lazarus Group", id="kb:lazarus")
    start = evidence.index("Lazarus") + BEFORE
    passage = make_passage(
        evidence,
        "stole",
        cues=("allegedly",),
        amounts=(make_amount(text="$3 million"),),
        parties=(("actor", party, start, start + len("Lazarus Group")), ("target", party, None, None)),
    )
    assert marked(mark_passage(passage)) == [
        ("actor", "Lazarus Group"),
        ("cue", "allegedly"),
        ("trigger", "stole"),
        ("amount", "$3 million"),
    ]


def test_a_party_named_elsewhere_in_the_article_is_not_marked() -> None:
    passage = make_passage("It stole the funds.", "stole", parties=(("actor", make_party(), 0, 11),))
    assert marked(mark_passage(passage)) == [("trigger", "stole")]


def test_korean_is_marked_by_code_points() -> None:
    passage = make_passage("북한이 🚀 미사일을 발사했다.", "발사")
    assert marked(mark_passage(passage)) == [("trigger", "발사")]


def test_a_cue_that_the_passage_does_not_have_is_not_marked() -> None:
    assert marked(mark_passage(make_passage("It may strike.", "strike", cues=("may", "could", "")))) == [
        ("cue", "may"),
        ("trigger", "strike"),
    ]


@pytest.mark.parametrize(
    ("evidence", "cue", "place"),
    [("On notice, it did not strike.", "not", 18), ("He paid $50, not $5.", "$5", 17), ("북한이 미사일을 발사할 것이다.", "할", 11)],
)
def test_a_cue_is_marked_where_it_is_a_word_of_its_own_and_else_where_it_begins(evidence: str, cue: str, place: int) -> None:
    before, mark, _ = [part.text for part in mark_passage(make_passage(evidence, evidence, trigger_end=BEFORE, cues=(cue,)))]
    assert (len(before), mark) == (place, cue)


@pytest.mark.parametrize(("text", "korean"), [("김정은", True), ("Kim Jong Un (김정은)", True), ("Kim", False), ("", False), (None, False)])
def test_korean_is_known_by_its_letters(text: str | None, korean: bool) -> None:
    assert is_korean(text) is korean


@pytest.mark.parametrize(("day", "words"), [("2025-11-04", "4 Nov 2025"), ("2025-11", "Nov 2025"), ("2025", "2025"), ("", ""), (None, "")])
def test_days_in_words(day: str | None, words: str) -> None:
    assert period_words(day) == words


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2025-11-04", "2025-11-04", "4 Nov 2025"),
        ("2025-11-04", None, "4 Nov 2025"),
        (None, "2025-11", "Nov 2025"),
        ("2024", "2025", "2024 to 2025"),
        (None, None, "no date"),
    ],
)
def test_dates_of_events_in_words(start: str | None, end: str | None, words: str) -> None:
    assert date_words(make_event(date_start=start, date_end=end)) == words


def test_times_are_told_by_their_day() -> None:
    assert day_words(datetime(2025, 3, 9, 23, 59, tzinfo=UTC)) == "9 Mar 2025"
    assert day_words(None) == ""


@pytest.mark.parametrize(
    ("value", "words"),
    [
        *((0, "0"), (0.25, "0.25"), (3, "3"), (12_500, "12,500"), (999_999, "999,999"), (2_500_000, "2.5m"), (999_600_000, "1bn")),
        *((1.46e9, "1.46bn"), (1e9, "1bn"), (999.9e9, "1tn"), (3.2e12, "3.2tn"), (1.5e15, "1,500tn")),
    ],
)
def test_numbers_in_few_characters(value: float, words: str) -> None:
    assert short_number(value) == words


def test_dollars_are_told_beside_other_currencies_alone() -> None:
    assert money_words(make_amount(text="$2 million", currency="USD", usd=2e6)) == "$2 million"
    assert money_words(make_amount(text="30억 원", currency="KRW", usd=2.1e6)) == "30억 원 (about US$2.1m)"
    assert money_words(make_amount(text="4 coins", currency=None, usd=None)) == "4 coins"
