from __future__ import annotations

from itertools import chain, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.pieces import SHAPES, PieceCutter, Window, batches, stack, word_shape

WORDS = st.lists(
    st.sampled_from(["the", "Ship", "U.S.", "said", ".", "Ganghwado", "7", "x" * 90, "🚢", "?", "—", "city", "북한"]), max_size=60
)


@pytest.mark.parametrize(
    ("word", "shape"),
    [
        ("2024", 1),
        ("1,500", 2),
        ("38-year-old", 2),
        ("—", 3),
        ("...", 3),
        ("🚢", 3),
        ("talks", 4),
        ("n't", 4),
        ("A", 5),
        ("KCNA", 6),
        ("U.S.", 6),
        ("Seoul", 7),
        ("Byung-kee", 7),
        ("Byung-Kee", 8),
        ("McRae", 8),
        ("iPad", 9),
        ("북한", 9),
    ],
)
def test_shapes_of_words(word: str, shape: int) -> None:
    assert word_shape(word) == shape


@given(st.text(min_size=1))
def test_every_word_has_a_shape_and_none_that_of_a_border(word: str) -> None:
    assert 0 < word_shape(word) < SHAPES


def test_pieces_know_neither_capitals_nor_typographic_marks(cutter: PieceCutter) -> None:
    assert cutter.word("SHIP")[0] == cutter.word("ship")[0]
    for typographic, plain in [("’s", "'s"), ("“", '"'), ("—", "-"), ("…", ".")]:
        assert cutter.word(typographic) == cutter.word(plain)


def test_every_word_has_a_piece_and_none_has_more_than_twelve(cutter: PieceCutter) -> None:
    assert cutter.word("🚢")[0] == (cutter.unknown,)
    assert cutter.word("\u200b") == ((cutter.unknown,), 3)
    assert len(cutter.word("abcdefgh" * 1000)[0]) == 12
    assert 0 not in cutter.word("[PAD]")[0]


@given(words=WORDS, longest=st.integers(12, 60))
def test_windows_cover_each_word_once(cutter: PieceCutter, words: list[str], longest: int) -> None:
    windows = list(cutter.windows(words, owner=3, offset=100, longest=longest))
    assert [window.offset for window in windows] == [100 + sum(len(one.firsts) for one in windows[:n]) for n in range(len(windows))]
    assert sum(len(window.firsts) for window in windows) == len(words)
    for window in windows:
        mine = words[window.offset - 100 : window.offset - 100 + len(window.firsts)]
        known = [cutter.word(word) for word in mine]
        assert window.owner == 3
        assert len(window) <= longest + 2
        assert window.pieces[1:-1] == tuple(chain.from_iterable(ids for ids, _ in known))
        assert window.shapes == (0, *(shape for ids, shape in known for _ in ids), 0)
        assert [window.pieces[first : first + len(ids)] for first, (ids, _) in zip(window.firsts, known, strict=True)] == [
            ids for ids, _ in known
        ]


@given(words=WORDS, longest=st.integers(12, 60), data=st.data())
def test_a_window_ends_inside_a_sentence_only_where_no_sentence_ended_in_it(
    cutter: PieceCutter, words: list[str], longest: int, data: st.DataObject
) -> None:
    begins = data.draw(st.lists(st.booleans(), min_size=len(words), max_size=len(words)))
    windows = list(cutter.windows(words, begins=begins, longest=longest))
    for window, following in pairwise(windows):
        if not begins[following.offset]:
            assert not any(begins[window.offset + 1 : following.offset])


def test_a_long_line_is_cut_after_a_mark_where_sentences_are_unknown(cutter: PieceCutter) -> None:
    words = ["the", "city", "."] * 3 + ["ship"] * 8
    assert [len(window.firsts) for window in cutter.windows(words, longest=12)] == [9, 8]
    assert [len(window.firsts) for window in cutter.windows(["ship"] * 30, longest=12)] == [12, 12, 6]


def test_a_known_sentence_is_not_cut_at_an_abbreviation(cutter: PieceCutter) -> None:
    words = ["the", "talks", ".", "the", "mayor", "of", "the", "city", "met", "mr.", "ship", "and", "the", "company", "."]
    begins = [word == "the" and before in {"", "."} for before, word in zip(["", *words], words, strict=False)]
    assert [len(window.firsts) for window in cutter.windows(words, begins=begins, longest=13)] == [3, 12]
    assert next(len(window.firsts) for window in cutter.windows(words, longest=13)) == 10


def window(pieces: int, words: int) -> Window:
    return Window((2, *[5] * (pieces - 2), 3), (0, *[4] * (pieces - 2), 0), tuple(range(1, words + 1)))


@given(st.lists(st.integers(3, 40), max_size=60), st.integers(1, 200))
def test_batches_hold_every_window_once_within_the_limit(lengths: list[int], most: int) -> None:
    windows = [window(length, length - 2) for length in lengths]
    dealt = list(batches(windows, most=most))
    assert sorted(place for batch in dealt for place in batch.windows) == list(range(len(windows)))
    assert [len(windows[place]) for batch in dealt for place in batch.windows] == sorted(lengths)
    for batch in dealt:
        assert batch.pieces.size <= most or len(batch.windows) == 1
        assert batch.pieces.shape == batch.shapes.shape == (len(batch.windows), max(len(windows[place]) for place in batch.windows))


def test_short_windows_are_padded_with_zeros() -> None:
    batch = stack([window(3, 1), window(9, 7), window(5, 2)], [2, 0])
    assert batch.windows == (2, 0)
    assert batch.pieces.tolist() == [[2, 5, 5, 5, 3], [2, 5, 3, 0, 0]]
    assert batch.shapes.tolist() == [[0, 4, 4, 4, 0], [0, 4, 0, 0, 0]]
    assert batch.firsts.tolist() == [[1, 2], [1, 0]]
    assert batch.pieces.dtype == batch.firsts.dtype == np.int64
