from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.romanise import SYSTEMS, romanise, write_hangul
from pipeline.names import NameIndex, compare, name_keys
from tests.names.conftest import korean_names, pieces_of_names

OURS = "U Yong Su", "Woo Yong-su", "우영수", "U, Yo'ng-su", "Yong-su Woo", "Wu Yongsu"


@pytest.mark.parametrize("name", OURS)
def test_all_spellings_of_a_name_share_a_key(name):
    assert ".0o.0yg.so" in name_keys(name)


@given(korean_names, st.sampled_from(sorted(SYSTEMS)), st.integers(min_value=0, max_value=2**32))
def test_every_romanisation_shares_a_key_with_the_hangul(name, system, seed):
    surname, syllables = name
    written = romanise(surname, syllables, system, Random(seed))
    assert not set(name_keys(written)).isdisjoint(name_keys(write_hangul(surname, syllables))), written


@given(korean_names, korean_names, st.integers(min_value=0, max_value=2**32))
def test_names_that_agree_share_a_key(first, second, seed):
    random = Random(seed)
    a, b = (romanise(*name, random.choice(sorted(SYSTEMS)), random) for name in (first, second))
    if compare(a, b).same:
        assert not set(name_keys(a)).isdisjoint(name_keys(b))


@pytest.mark.parametrize(
    ("a", "b"),
    [("KOZLOV, Sergey", "Sergei Kozlov"), ("Mohammed Ali", "ALI, Muhammad"), ("Alexander Popov", "POPOV, Aleksandr"), ("习近平", "习近平")],
    ids=["y and i", "vowels", "x and ks", "Han"],
)
def test_names_that_are_not_korean_have_a_key_of_their_words(a, b):
    assert name_keys(a) == name_keys(b)
    assert name_keys(a)[0].startswith("=")


@given(st.one_of(st.text(max_size=60), pieces_of_names))
def test_every_name_with_a_letter_has_keys_and_no_other_has(name):
    keys = name_keys(name)
    assert all(keys)
    assert list(keys) == sorted(set(keys))
    if any(char.isascii() and char.isalnum() for char in name):
        assert keys
    if not any(char.isalnum() or not char.isascii() for char in name):
        assert keys == ()


@pytest.mark.parametrize("name", ["", "🎉", "---", "'"], ids=["empty", "emoji", "hyphens", "apostrophe"])
def test_there_are_no_keys_where_nothing_is_left(name):
    assert name_keys(name) == ()


def test_an_index_finds_names_by_any_spelling_best_first():
    index = NameIndex([("U, Yong Su", 1), ("KIM, Yong Chol", 2), ("KIM, Yong-Chol", 3), ("RI, Un Song", 4), ("KOZLOV, Sergey", 5)])
    assert len(index) == 5
    assert [match.value for match in index.find("우영수")] == [1]
    assert [match.value for match in index.find("Kim Yŏng-ch'ŏl")] == [2, 3]
    assert [match.value for match in index.find("Sergei Kozlov")] == [5]
    best, *_ = index.find("Lee Eun-sung")
    assert (best.name, best.value) == ("RI, Un Song", 4)
    assert best.comparison == compare("Lee Eun-sung", "RI, Un Song")
    assert index.find("Kim Yong Chun") == ()
    assert index.find("") == ()


def test_a_higher_bound_lets_less_through():
    index = NameIndex([("KIM, So'ng", "a")])
    assert [match.value for match in index.find("Sung Kim")] == ["a"]
    assert index.find("Sung Kim", least=0.95) == ()


def test_two_entries_with_one_name_are_both_found():
    index = NameIndex([("KIM, Yong Chol", 12211), ("KIM, Yong Chol", 17614)])
    assert [match.value for match in index.find("김영철")] == [12211, 17614]


def test_homonyms_across_the_border_are_found_since_only_names_are_compared():
    assert NameIndex([("KIM, Tong-chol", 22702)]).find("김동철")


@pytest.mark.parametrize("name", ["Lee Jae Myung", "Ryan Yoon", "Angela Ang", "Donald Trump", "Kim Ji-na"])
def test_strangers_find_nothing(name):
    index = NameIndex((listed, listed) for listed in ("KIM, Jin A", "RI, Jae Il", "YUN, Ho-Jin", "O, Yong Ho", "RYU, Jin", "KIM, Chol Nam"))
    assert index.find(name) == ()
