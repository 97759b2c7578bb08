from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pipeline.cli.explain_picture import STYLES, Mark, draw, wrap
from pipeline.text.printable import printable

ENGLISH = "“🙂 Hackers stole $2 million from the exchange on Tuesday,” 홍길동 said."
KOREAN = "조태열 외교부 장관은 🙂 5일 서울에서 왕이 중국 외교부장과 회담할 예정이라고 「연합뉴스」에 말했다."


def mark(sentence: str, kind: str, words: str, label: str | None = None) -> Mark:
    start = sentence.index(words)
    return Mark(kind, label or kind, start, start + len(words))


def brackets(picture: str, sentence: str) -> list[tuple[str, str]]:
    """Return each label of a picture with the words over its bracket, found by the cells in which both stand."""
    found, line = [], ""
    for row in picture.split("\n"):
        if not re.fullmatch(r"[ └┘─…╵\w()]*", row) or not re.search("[└┘…╵]", row):
            line = row
            continue
        for shape in re.finditer(r"([a-z_ ()]*)([└…][─a-z_ ()]*[┘…]|╵)([a-z_()]*(?: [a-z_()]+)*)", row):
            left, right = cell_len(row[: shape.start(2)]), cell_len(row[: shape.end(2)])
            label = "".join(shape.groups()).strip(" ").strip("└┘─…╵")
            found.append((re.sub("[└┘─…╵]", "", label), cells(line, left, right)))
    assert "".join(sentence.split()) == "".join(
        words for row in picture.split("\n") if not re.search("[└┘╵]", row) for words in row.split()
    )
    return found


def cells(line: str, left: int, right: int) -> str:
    """Return the characters that stand in these cells of a line."""
    return "".join(char for place, char in enumerate(line) if left <= cell_len(line[:place]) < right and cell_len(char))


@pytest.mark.parametrize("width", [120, 80, 60])
def test_marks_stand_under_their_words_whatever_their_width(width: int) -> None:
    marks = [
        mark(ENGLISH, "actor", "Hackers"),
        mark(ENGLISH, "trigger", "stole"),
        mark(ENGLISH, "amount", "$2 million", "amount stolen"),
        mark(ENGLISH, "target", "the exchange"),
        mark(ENGLISH, "date", "on Tuesday"),
        mark(ENGLISH, "speaker", "홍길동", "speaker (coref)"),
    ]
    picture = draw(ENGLISH, marks, width=width).plain
    assert sorted(brackets(picture, ENGLISH)) == sorted((one.label, ENGLISH[one.start : one.end]) for one in marks)


@pytest.mark.parametrize("width", [100, 50])
def test_korean_takes_two_cells_a_syllable(width: int) -> None:
    marks = [
        mark(KOREAN, "actor", "조태열"),
        mark(KOREAN, "date", "5일"),
        mark(KOREAN, "place", "서울"),
        mark(KOREAN, "trigger", "회담"),
        mark(KOREAN, "cue", "예정", "cue planned"),
    ]
    picture = draw(KOREAN, marks, width=width).plain
    assert sorted(brackets(picture, KOREAN)) == sorted((one.label, KOREAN[one.start : one.end]) for one in marks)


def test_labels_never_run_into_one_another() -> None:
    marks = [Mark("trigger", "trigger", 0, 2), Mark("actor", "actor (coref)", 3, 5), Mark("target", "target", 6, 8)]
    assert draw("ab cd ef", marks, width=40).plain.split("\n") == ["ab cd ef", "└┘trigger", "   └┘actor (coref)", "      └┘target"]


def test_a_mark_over_another_gets_a_row_of_its_own_and_equal_words_are_marked_twice() -> None:
    text = "Seoul warned the North"
    marks = [mark(text, "speaker", "Seoul"), mark(text, "actor", "Seoul"), mark(text, "trigger", "Seoul warned the")]
    expected = [text, "└───trigger────┘", "└───┘speaker", "└───┘actor"]
    assert draw(text, marks, width=40).plain.split("\n") == expected


def test_a_wrapped_mark_is_carried_over() -> None:
    text = "the Ministry of Foreign Affairs of the Republic spoke"
    picture = draw(text, [mark(text, "actor", "Ministry of Foreign Affairs of the Republic"), mark(text, "trigger", "spoke")], width=26)
    assert picture.plain.split("\n") == [
        "the Ministry of Foreign",
        "    └──────actor──────…",
        "Affairs of the Republic",
        "…────────actor────────┘",
        "spoke",
        "└───┘trigger",
    ]


def test_a_label_without_room_behind_its_words_stands_before_them() -> None:
    text = "Nobody knows what it may"
    assert draw(text, [mark(text, "cue", "may", "cue possible")], width=24).plain.split("\n")[1] == "         cue possible└─┘"


def test_what_a_terminal_would_obey_is_a_blank_in_the_picture_and_moves_nothing() -> None:
    text = "Hackers\x1b[2J stole\u202e it\tall\u2028\x07"
    assert printable(text) == "Hackers [2J stole  it all  "
    picture = draw(text, [mark(text, "trigger", "stole")], width=40).plain
    assert picture.split("\n") == ["Hackers [2J stole  it all", "            └───┘trigger"]


def test_every_kind_of_mark_has_a_look() -> None:
    picture = draw("x", [Mark(kind, kind, 0, 1) for kind in STYLES], width=40)
    assert {str(span.style) for span in picture.spans} >= {style for kind, style in STYLES.items() if kind != "trigger"}


@given(st.text(alphabet="ab 한국🙂\u0301\u200d👩,\t", max_size=120), st.integers(min_value=16, max_value=40))
def test_lines_keep_every_letter_in_order_and_fit(text: str, width: int) -> None:
    lines = list(wrap(printable(text), width))
    assert "".join(printable(text)[start:end] for start, end in lines).replace(" ", "") == printable(text).replace(" ", "")
    assert all(cell_len(printable(text)[start:end]) <= width for start, end in lines)
