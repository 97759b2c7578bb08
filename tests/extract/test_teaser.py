from __future__ import annotations

import pytest

from pipeline.extract.teaser import LEAST_ARTICLES, is_cut, is_teaser

SENTENCE = "The harbour board met on Thursday to speak of the new quay. "
CUT = (SENTENCE * 18)[:1_061]
WHOLE = (SENTENCE * 18).strip()
EVEN = [1_008, 1_040, 1_063, 1_090, 1_100, 1_118, 1_135, 1_150, 1_190, 1_224]


@pytest.mark.parametrize(
    "text", ["A day.", "He left!", "Who?", 'He said: "No."', "She said: “No.”", "항구가 열렸다.", "Signed (the board)", "A day. \n"]
)
def test_a_sentence_that_ends_is_not_cut(text: str) -> None:
    assert not is_cut(text)


@pytest.mark.parametrize("text", ["The board met on", "The board met on...", "The board met on…", "The board met,", "항구가 열", ""])
def test_a_sentence_that_breaks_off_is_cut(text: str) -> None:
    assert is_cut(text)


def test_a_cut_text_of_an_outlet_whose_texts_are_of_one_length_is_a_teaser() -> None:
    assert is_teaser(CUT, EVEN)


def test_one_sign_alone_makes_no_teaser() -> None:
    assert not is_teaser(WHOLE, EVEN), "its last sentence ends"
    assert not is_teaser(CUT, [400, 700, 900, 1_000, 1_100, 1_400, 2_000, 2_500, 3_100, 6_000]), "texts of all lengths"


def test_too_few_articles_prove_nothing() -> None:
    assert not is_teaser(CUT, [1_050] * (LEAST_ARTICLES - 1))
    assert is_teaser(CUT, [1_050] * LEAST_ARTICLES)


def test_a_free_article_now_and_then_hides_no_teasers_and_is_none_itself() -> None:
    lengths = [*EVEN * 2, 6_200]
    assert is_teaser(CUT, lengths)
    assert not is_teaser(SENTENCE * 100 + "The board met on", lengths)
    assert not is_teaser("The board met on", lengths)
