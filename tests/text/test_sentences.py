from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.sentences import split_sentences


def pieces(text, lang="en"):
    return [text[start:end] for start, end in split_sentences(text, lang)]


def test_abbreviations_of_countries_do_not_end_a_sentence():
    assert pieces("The U.S. envoy left. He flew to Tokyo.") == ["The U.S. envoy left.", "He flew to Tokyo."]


def test_a_country_abbreviation_ends_the_sentence_before_a_usual_opener():
    assert pieces("They flew to the U.S. The visit was short.") == ["They flew to the U.S.", "The visit was short."]


def test_ranks_initials_and_months_do_not_end_a_sentence():
    assert pieces("Gen. Park Min-ho met J. R. Smith on Jan. 5 in Busan.") == ["Gen. Park Min-ho met J. R. Smith on Jan. 5 in Busan."]


def test_a_closing_quotation_mark_belongs_to_the_sentence_before():
    assert pieces("“We will wait.” The minister left.") == ["“We will wait.”", "The minister left."]


def test_a_quotation_followed_by_its_speaker_is_one_sentence():
    assert pieces('"Is that so?" asked the envoy. Nobody answered.') == ['"Is that so?" asked the envoy.', "Nobody answered."]


def test_a_line_break_always_ends_a_sentence():
    assert pieces("Talks resume in Seoul\nThe two sides met") == ["Talks resume in Seoul", "The two sides met"]


def test_sentences_glued_by_a_lost_line_break_are_parted():
    assert pieces("The ship sank.Rescuers came late.") == ["The ship sank.", "Rescuers came late."]


def test_decimals_and_addresses_are_not_cut():
    assert len(pieces("It rose 3.5 percent, says example.com today.")) == 1


def test_korean_endings_part_sentences_without_a_space():
    assert pieces("장관은 회의를 열었다.이어 기자들을 만났다.", "ko") == ["장관은 회의를 열었다.", "이어 기자들을 만났다."]


def test_a_korean_quotation_with_its_particle_is_one_sentence():
    assert pieces('그는 "사실이다."라고 말했다.', "ko") == ['그는 "사실이다."라고 말했다.']


def test_empty_and_blank_texts_have_no_sentences():
    assert split_sentences("", "en") == split_sentences(" \n\t ", "ko") == []


@given(st.text(alphabet='aB. \n"”!?다요U.S', max_size=200), st.sampled_from(["en", "ko"]))
def test_sentences_are_in_order_and_lose_nothing_but_white_space(text, lang):
    spans = split_sentences(text, lang)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
    assert "".join(text[a:b] for a, b in spans).split() == text.split() or "".join("".join(text[a:b].split()) for a, b in spans) == "".join(
        text.split()
    )
