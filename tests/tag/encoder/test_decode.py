from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline.tag.encoder.decode import best_heads, best_tags, softmax, spans_of, unlikely_spans

TAGS = ("O", "B-X", "I-X", "B-Y", "I-Y")
Floats = npt.NDArray[np.float32]


def scores_of(rows: st.SearchStrategy[tuple[int, int]]) -> st.SearchStrategy[Floats]:
    """Draw scores that floating point adds exactly."""
    return rows.flatmap(lambda shape: arrays.arrays(np.float32, shape, elements=st.integers(-40, 40).map(lambda n: n / 4)))


TAGGED = scores_of(st.tuples(st.integers(1, 5), st.just(len(TAGS))))
ARCS = scores_of(st.integers(1, 12).map(lambda words: (words, words + 1)))
SMALL_ARCS = scores_of(st.integers(1, 4).map(lambda words: (words, words + 1)))


def allowed(row: tuple[int, ...]) -> bool:
    pairs = zip((0, *row), row, strict=False)
    return all(not TAGS[after].startswith("I-") or TAGS[before][2:] == TAGS[after][2:] for before, after in pairs)


@given(TAGGED)
def test_the_best_row_of_tags_is_that_of_a_search_through_all(scores: Floats) -> None:
    rows = [row for row in product(range(len(TAGS)), repeat=len(scores)) if allowed(row)]
    best = tuple(best_tags(scores, TAGS).tolist())
    assert allowed(best)
    total = {row: float(sum(scores[word, tag] for word, tag in enumerate(row))) for row in rows}
    assert total[best] == max(total.values())


@given(scores_of(st.tuples(st.integers(0, 60), st.just(len(TAGS)))))
def test_no_inside_follows_another_label(scores: Floats) -> None:
    assert allowed(tuple(best_tags(scores, TAGS).tolist()))


def test_an_inside_without_a_begin_becomes_what_costs_least() -> None:
    scores = np.array([[3, 0, 0, 0, 0], [0, 4, 5, 0, 0], [0, 0, 5, 0, 0]], np.float32)
    assert [TAGS[tag] for tag in best_tags(scores, TAGS)] == ["O", "B-X", "I-X"]


@given(scores_of(st.tuples(st.integers(1, 9), st.just(7))))
def test_probabilities_sum_to_one(scores: Floats) -> None:
    probabilities = softmax(scores * 20)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(-1), 1, atol=1e-5)


def test_the_probability_of_a_span_is_that_of_all_its_tags_and_of_its_end() -> None:
    probabilities = np.full((6, 5), 0.02, np.float32)
    best = np.array([1, 2, 1, 0, 3, 4])
    for word, tag in enumerate(best):
        probabilities[word, tag] = 0.9
    probabilities[2, 2] = 0.05
    spans = spans_of(best, probabilities, TAGS)
    assert [(span.first, span.last, span.label) for span in spans] == [(0, 1, "X"), (2, 2, "X"), (4, 5, "Y")]
    expected = [0.9 * 0.9 * 0.95, 0.9 * (1 - 0.02), 0.9 * 0.9]
    assert [span.probability for span in spans] == pytest.approx(expected, abs=1e-6)


def row(**scores: float) -> list[float]:
    return [scores.get(tag, -5.0) for tag in ("O", "BX", "IX", "BY", "IY")]


def test_names_that_are_half_seen_come_up() -> None:
    scores = np.array([row(O=2, BX=0.6), row(O=2, BY=-2), row(O=0, BX=3), row(O=0, BX=-1, IX=3)], np.float32)
    probabilities = softmax(scores)
    known = spans_of(best_tags(scores, TAGS), probabilities, TAGS)
    assert [(span.first, span.last) for span in known] == [(2, 3)]
    perhaps = unlikely_spans(scores, probabilities, TAGS, known=known, bias=2.0)
    assert [(span.first, span.last, span.label) for span in perhaps] == [(0, 0, "X")]
    assert perhaps[0].probability == pytest.approx(float(probabilities[0, 1]), rel=0.01)


@given(scores_of(st.tuples(st.integers(1, 6), st.just(len(TAGS)))), st.sampled_from([0.5, 2.0]))
def test_the_short_cut_of_unlikely_spans_loses_none(scores: Floats, bias: float) -> None:
    scores = scores + np.array([9, 0, 0, 0, 0], np.float32)
    probabilities = softmax(scores)
    known = spans_of(best_tags(scores, TAGS), probabilities, TAGS)
    tilted = scores - np.array([bias, 0, 0, 0, 0], np.float32)
    everything = {(span.first, span.last, span.label) for span in spans_of(best_tags(tilted, TAGS), probabilities, TAGS)}
    perhaps = unlikely_spans(scores, probabilities, TAGS, known=known, bias=bias)
    assert {(span.first, span.last, span.label) for span in perhaps} == everything - {(s.first, s.last, s.label) for s in known}


def is_tree(heads: tuple[int, ...]) -> bool:
    """Tell whether every word comes to one root, word 0."""
    if heads.count(0) != 1:
        return False
    for word in range(1, len(heads) + 1):
        steps, at = 0, word
        while at and steps <= len(heads):
            at, steps = heads[at - 1], steps + 1
        if at:
            return False
    return True


@given(ARCS)
def test_heads_are_a_tree_with_one_root(arcs: Floats) -> None:
    assert is_tree(tuple(best_heads(arcs).tolist()))


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_heads_of_long_sentences_are_trees(words: int, seed: int) -> None:
    arcs = np.random.default_rng(seed).normal(scale=3.0, size=(words, words + 1)).astype(np.float32)
    before = arcs.copy()
    assert is_tree(tuple(best_heads(arcs).tolist()))
    np.testing.assert_array_equal(arcs, before)


@given(SMALL_ARCS)
def test_no_tree_of_the_same_root_weighs_more(arcs: Floats) -> None:
    words = len(arcs)

    def weight(heads: tuple[int, ...]) -> float:
        return float(sum(arcs[word, head] for word, head in enumerate(heads)))

    trees = [heads for heads in product(range(words + 1), repeat=words) if is_tree(heads)]
    best = tuple(best_heads(arcs).tolist())
    assert weight(best) == max(weight(heads) for heads in trees if heads.index(0) == best.index(0))
    alone = arcs.copy()
    alone[np.arange(words), np.arange(1, words + 1)] = -np.inf
    greedy = tuple(alone.argmax(-1).tolist())
    if greedy.count(0) == 1:
        assert best.index(0) == greedy.index(0)
    if is_tree(greedy):
        assert weight(best) == max(map(weight, trees))


def test_the_root_is_the_word_that_is_most_of_all_one() -> None:
    # Nobody wants to be the root: the second word minds least.
    arcs = np.array([[-9, 0, 4, 1], [-2, 3, 0, 1], [-8, 1, 5, 0]], np.float32)
    assert best_heads(arcs).tolist() == [2, 0, 2]
    # Two want to be: the third most.
    arcs = np.array([[4, 0, 1, 2], [-5, 3, 0, 1], [9, 1, 0, 0]], np.float32)
    assert best_heads(arcs).tolist() == [3, 1, 0]


def test_a_word_alone_is_the_root_and_none_is_its_own_head() -> None:
    assert best_heads(np.array([[-7, 9]], np.float32)).tolist() == [0]
    assert best_heads(np.array([[1, 9, 0], [0, 2, 9]], np.float32)).tolist() == [0, 1]
