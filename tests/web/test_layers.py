from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.web.layers import LAYERS, LayerMark, compare_texts, lay_marks

TEXT = "Pyongyang fired a missile.\n\n북한이 미사일을 발사했다."


def mark(start: int, end: int, layer: str = "names", look: str = "place") -> LayerMark:
    return LayerMark(layer, look, f"{layer} {start}", start, end)


def test_a_piece_has_the_classes_of_all_marks_over_it() -> None:
    first, second = lay_marks(TEXT, [mark(0, 9), mark(0, 26, "evidence", "sentence"), mark(10, 15, "events", "trigger")])
    assert [piece.text for piece in first] == ["Pyongyang", " ", "fired", " a missile."]
    assert [set(piece.classes.split()) for piece in first] == [
        {"names", "place", "evidence", "sentence"},
        {"evidence", "sentence"},
        {"evidence", "sentence", "events", "trigger"},
        {"evidence", "sentence"},
    ]
    assert first[0].title == "evidence 0; names 0" or first[0].title == "names 0; evidence 0"
    assert [piece.text for piece in second] == ["북한이 미사일을 발사했다."]


def test_hangul_is_marked_by_whole_syllables() -> None:
    start = TEXT.index("미사일")
    assert [piece.text for piece in lay_marks(TEXT, [mark(start, start + 3, "names", "weapon")])[1]] == [
        "북한이 ",
        "미사일",
        "을 발사했다.",
    ]


@given(st.text(alphabet="ab \n가나", max_size=40), st.lists(st.tuples(st.integers(-2, 45), st.integers(-2, 45)), max_size=6))
def test_the_pieces_are_the_text_without_its_line_breaks(text, places) -> None:
    paragraphs = lay_marks(text, [mark(start, end) for start, end in places])
    assert [line for line in text.split("\n") if line] == ["".join(piece.text for piece in paragraph) for paragraph in paragraphs]


def test_a_comparison_shows_the_words_that_changed_and_only_the_ends_of_what_did_not() -> None:
    kept = "x" * 1000
    found = compare_texts(f"{kept}\nIt took 12 billion won.\n", f"{kept}\nIt took 13 billion won.\n")
    assert [(change.kind, change.text) for change in found if change.kind != "same"] == [("removed", "12"), ("added", "13")]
    assert len(found[0].text) < len(kept)


def test_equal_texts_differ_in_nothing() -> None:
    assert {change.kind for change in compare_texts(TEXT, TEXT)} == {"same"}


def test_two_long_texts_without_line_breaks_are_compared_as_wholes() -> None:
    before, after = "a " * 5000, "b " * 5000
    assert [change.kind for change in compare_texts(before, after)] == ["removed", "added"]


def test_every_layer_has_a_key_of_its_own() -> None:
    assert len({layer.key for layer in LAYERS}) == len(LAYERS)
