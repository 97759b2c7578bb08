from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.tag.lists import load_lists
from pipeline.tag.reading import split_words

HEADS = frozenset({"Korea", "Seoul", "U.S."})


def words(text):
    return [word.text for word in split_words(text, "en", hyphen_words=load_lists("en").get("hyphen_words"), heads=HEADS)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They don't, can't and won't", ["They", "do", "n't", ",", "ca", "n't", "and", "wo", "n't"]),
        ("It didn’t. DON'T", ["It", "did", "n’t", ".", "DO", "N'T"]),
        ("Nobody cannot or CANNOT", ["Nobody", "can", "not", "or", "CAN", "NOT"]),
        ("I'm we're you've he’ll she’d I'd've", ["I", "'m", "we", "'re", "you", "'ve", "he", "’ll", "she", "’d", "I", "'d", "'ve"]),
        ("Seoul's, the U.S.’s and KOREA'S", ["Seoul", "'s", ",", "the", "U.S.", "’s", "and", "KOREA", "'S"]),
        ("the workers' day, the envoys’ car", ["the", "workers", "'", "day", ",", "the", "envoys", "’", "car"]),
        ("Korea‘s it`s itʼs", ["Korea", "‘s", "it", "`s", "it", "ʼs"]),
    ],
)
def test_shortened_verbs_and_possessives_are_words_as_in_universal_dependencies(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize("name", ["O'Brien", "N'Djamena", "Sana'a", "Xi’an", "P'yongyang", "Tae-ch'ol", "Qur'an", "gov't", "d'état"])
def test_apostrophes_inside_a_word_stay(name):
    assert words(f"in {name} and {name}'s") == ["in", name, "and", name, "'s"]


def test_a_word_in_single_quotation_marks_is_parted_from_them():
    assert words("the 'Horizon' and ‘Comet’ ships") == ["the", "'", "Horizon", "'", "and", "‘", "Comet", "’", "ships"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. Hong and Lt. Gen. Seo", ["Mr.", "Hong", "and", "Lt.", "Gen.", "Seo"]),
        ("GEN. SEO", ["GEN.", "SEO"]),
        ("Horizon Trading Co., Ltd. said", ["Horizon", "Trading", "Co.", ",", "Ltd.", "said"]),
        ("on Jan. 5 at 3 a.m. in D.P.R.K. ports", ["on", "Jan.", "5", "at", "3", "a.m.", "in", "D.P.R.K.", "ports"]),
        ("J. R. Hong, Ph.D., of St. Mary", ["J.", "R.", "Hong", ",", "Ph.D.", ",", "of", "St.", "Mary"]),
        ("Office No. 7, No.8", ["Office", "No.", "7", ",", "No.", "8"]),
        ("S. Korea and N. Korea", ["S.", "Korea", "and", "N.", "Korea"]),
    ],
)
def test_abbreviations_keep_their_full_stop(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("He runs Horizon Co.", ["Co", "."]),
        ("It was Horizon Ltd. The ship", ["Ltd", ".", "The", "ship"]),
        ("He said no. No. He left", ["No", ".", "He", "left"]),
    ],
)
def test_a_full_stop_that_ends_the_sentence_is_a_word(text, last):
    assert words(text)[-len(last) :] == last


NAMES_AND_NUMBERS = (
    "5-year-old COVID-19 Hwasong-18 Byung-kee Byung–kee 1,000.5 3:30 2024-05-06 010-1234-5678 1990s 9/11 R&D '90s cafe\u0301 so\u00adft"
)
ADDRESSES = "a.hong@example.co.kr https://www.example.com/a-b_c?d=1 example.com hxxps://bad[.]example[.]com setup-v2.exe"
MARKS = "-- ... … — ?! &amp; &#39; <p> </p> \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1f0\U0001f1f7 ❤\ufe0f \U0001f44d\U0001f3fd"


@pytest.mark.parametrize("word", f"{NAMES_AND_NUMBERS} {ADDRESSES} {MARKS}".split(" "))
def test_what_is_one_word(word):
    assert words(f"the {word}, then") == ["the", word, ",", "then"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$15 US$15 15%", ["$", "15", "US$", "15", "15", "%"]),
        ("U.S.-led", ["U.S.", "-", "led"]),
        ("South Korea-based", ["South", "Korea", "-", "based"]),
        ("Dandong-based", ["Dandong", "-", "based"]),
        ("Seoul–Tokyo", ["Seoul", "–", "Tokyo"]),
        ("a plan–which failed", ["a", "plan", "–", "which", "failed"]),
        ("10-15 or 1950-53", ["10", "-", "15", "or", "1950", "-", "53"]),
        ("left—quietly--there", ["left", "—", "quietly", "--", "there"]),
        ("(Reuters)South", ["(", "Reuters", ")", "South"]),
        ("KoreaN. Korea and KoreaS. Korea", ["Korea", "N.", "Korea", "and", "Korea", "S.", "Korea"]),
        ("left.Rescuers", ["left", ".", "Rescuers"]),
        ("pbr@example.kr(END)", ["pbr@example.kr", "(", "END", ")"]),
        ("see example.com.", ["see", "example.com", "."]),
        ("AT&amp;T", ["AT", "&amp;", "T"]),
    ],
)
def test_what_is_cut(text, expected):
    assert words(text) == expected


ODD = st.text(
    st.one_of(
        st.characters(), st.sampled_from("aB1 .,'’-–—@/:&;<>[]()$%…\u200b\u200d\u00ad\ufeff\u0301\u202e\x00\x1c\x85\u2028\u3000가北ء"), st.sampled_from("\U0001f1f0\U0001f468\ufe0f")
    ),
    max_size=120,
)  # fmt: skip
PIECES = st.lists(
    st.sampled_from(
        ["don't", "Korea's", "Mr.", "Co.", "U.S.", "-led", "www.", "a@b.kr", "&amp;", "No. 5", "--", "\n", " ", "10-15", "’s", "“"]
    ),
    max_size=30,
).map("".join)


@given(ODD | PIECES)
def test_each_character_is_in_exactly_one_word_or_white_space(text):
    found = split_words(text, "en", hyphen_words=frozenset({"led"}), heads=HEADS)
    assert all(text[word.start : word.end] == word.text for word in found)
    assert all(left.end <= right.start for left, right in pairwise(found))
    assert "".join(word.text for word in found) == "".join(char for char in text if not char.isspace())
    assert not any(char.isspace() for word in found for char in word.text)


@pytest.mark.parametrize(
    "unit",
    ["a", "word ", "a.", "A. ", "1,", "1-", "1,1-", "a-", "a'", "don't", "a@", "a@b.", "www", "http://", "Mr. ", "Co.", "&a", "<a", "a[.]", ".", "KoreaN", "\U0001f468\u200d", ".[1]", "\n"],
)  # fmt: skip
def test_time_is_in_proportion_to_the_text(unit):
    def cost(size):
        text = (unit * size)[:size]
        start = process_time()
        split_words(text, "en", heads=HEADS)
        return process_time() - start

    small = min(cost(10_000) for _ in range(3))
    assert min(cost(100_000) for _ in range(2)) < 40 * small + 0.05
