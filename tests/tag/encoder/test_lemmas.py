from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.tag.encoder.lemmas import apply_lemma_rule, lemma_rule


@given(st.text(max_size=8), st.text(max_size=8))
@example("İstanbul", "istanbul")
@example("Straße", "STRASSE")
@example("", "a")
@example("a", "")
def test_a_rule_gives_the_lemma_that_it_was_made_from(word: str, lemma: str) -> None:
    assert apply_lemma_rule(word, lemma_rule(word, lemma)) == lemma


@pytest.mark.parametrize(
    ("pairs", "rule"),
    [
        ([("missiles", "missile"), ("Ships", "ship"), ("TALKS", "talk")], "l1+"),
        ([("tries", "try"), ("armies", "army")], "l3+y"),
        ([("is", "be"), ("was", "be"), ("'m", "be")], "=be"),
        ([("The", "the"), ("the", "the")], "l0+"),
        ([("Seoul", "Seoul"), ("KCNA", "KCNA")], "k0+"),
        ([("SEOUL", "Seoul")], "t0+"),
    ],
)
def test_words_of_one_pattern_share_a_rule(pairs: list[tuple[str, str]], rule: str) -> None:
    assert {lemma_rule(word, lemma) for word, lemma in pairs} == {rule}


def test_a_rule_serves_words_that_it_was_not_made_from() -> None:
    assert apply_lemma_rule("Embassies", "l3+y") == "embassy"
    assert apply_lemma_rule("SANCTIONS", "l1+") == "sanction"
    # Too short to be cut: the word stays.
    assert apply_lemma_rule("is", "l3+y") == "is"


@pytest.mark.parametrize("rule", ["", "l", "l3", "x3+y", "l+y", "l-1+y", "3+y"])
def test_other_texts_are_no_rules(rule: str) -> None:
    with pytest.raises(ValueError, match="no rule"):
        apply_lemma_rule("embassies", rule)
