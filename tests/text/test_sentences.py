from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.sentences import ABBREVIATIONS, is_sentence_end, split_sentences


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


def test_titles_in_capitals_do_not_end_a_sentence():
    assert pieces("REMARKS BY GEN. HONG IN BUSAN") == ["REMARKS BY GEN. HONG IN BUSAN"]


def test_no_is_an_abbreviation_before_a_number_only():
    assert pieces("It left Pier No. 5. No. Nobody saw it.") == ["It left Pier No. 5.", "No.", "Nobody saw it."]


def test_a_mark_of_a_note_belongs_to_the_sentence_before():
    assert pieces("The pier was built in 1920. [3] It burned down.[4] Nobody cared.") == [
        "The pier was built in 1920. [3]",
        "It burned down.[4]",
        "Nobody cared.",
    ]


def test_an_example_in_brackets_does_not_end_the_sentence():
    assert pieces("They sent tools (e.g. The Red Saw) to Busan.") == ["They sent tools (e.g. The Red Saw) to Busan."]


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("Horizon Co. said", False),
        ("Horizon Co. The ship", True),
        ("Horizon Co.", True),
        ("Horizon Co.\nsaid", True),
        ("Horizon Co.\u2028said", True),
    ],
)
def test_the_end_at_one_full_stop_is_told_without_the_rest_of_the_text(text, ends):
    assert is_sentence_end(text, text.index(".")) is ends
    assert is_sentence_end("x" * 500 + " " + text + " x" * 500 * (text[-1] != "."), 501 + text.index(".")) is ends


@given(st.lists(st.sampled_from(["Co.", "Mr.", "He", "said", "The", "Kim", "No.", "5", "U.S.", "\n"]), max_size=25).map(" ".join))
def test_one_full_stop_and_the_whole_text_are_judged_alike(text):
    ends = {end for _, end in split_sentences(text, "en")}
    stops = [index for index, char in enumerate(text) if char == "."]
    assert [stop + 1 in ends for stop in stops] == [is_sentence_end(text, stop) for stop in stops]


def test_abbreviations_are_given_without_their_full_stop():
    assert {"Mr", "Co", "Jan", "No", "etc"} <= ABBREVIATIONS
    assert not any(one.endswith(".") for one in ABBREVIATIONS)


def test_empty_and_blank_texts_have_no_sentences():
    assert split_sentences("", "en") == split_sentences(" \n\t ", "ko") == []


@given(st.text(alphabet='aB. \n"”!?다요U.S', max_size=200), st.sampled_from(["en", "ko"]))
def test_sentences_are_in_order_and_lose_nothing_but_white_space(text, lang):
    spans = split_sentences(text, lang)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
    assert "".join(text[a:b] for a, b in spans).split() == text.split() or "".join("".join(text[a:b].split()) for a, b in spans) == "".join(
        text.split()
    )
