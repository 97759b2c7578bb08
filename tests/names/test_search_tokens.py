from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.names.search_tokens import (
    MOST_LETTERS_OF_QUERY,
    MOST_TERMS,
    Phrase,
    key_tokens,
    merge_name_tokens,
    name_query,
    name_tokens,
    parse_words,
    tokens,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sanctions, SANCTIONED and sanctioning", "sanction sanction and sanction"),
        ("long-range", "long rang"),
        ("Korea's workers’ Ch'un", "korea worker chun"),
        ("the U.S. and the D.P.R.K.", "the us and the dprk"),
        ("He said so.Then he left", "he said so then he left"),
        ("KN-23, KN23 and Hwasong-18", "kn 23 kn 23 and hwasong 18"),
        ("in 2026", "in 2026"),
        ("1,500 and 1500", "1500 and 1500"),
        ("$1.46bn, $1,234,567.89", "1p46 bn 1234567p89"),
        ("2025.11.04", "2025 11 04"),
        ("Chŏng É ﬁrm Ｎorth ①", "chong e firm north 1"),
        ("sanc\u00adtions e\u0301te", "sanction ete"),
        ("은행을", "은행 행을 을"),
        ("핵", "핵"),
        ("\u1112\u1161\u11ab", "한"),
        ("北 미사일", "x5317x 미사 사일 일"),
        ("путин", "x43fx443x442x438x43dx"),
        ("a\x00b_c", "a b c"),
        ("", ""),
        (' …!?* ^ ~ <-> | & : \\ " ', ""),
    ],
)
def test_tokens(text: str, expected: str):
    assert tokens(text) == expected.split()


@given(st.text())
def test_no_token_has_a_sign_that_a_database_would_read(text: str):
    assert all(re.fullmatch("[a-z0-9가-힣]+", token) for token in tokens(text))


@given(st.text(alphabet=st.sampled_from("aÉßİŏＮ한北ﬁё' ")))
def test_case_makes_no_difference(text: str):
    assert tokens(text.upper()) == tokens(text.lower()) == tokens(text.casefold())


def test_a_very_long_word_is_cut_alike_in_text_and_query():
    assert tokens("x" * 5_000) == tokens("x" * 9_000)
    (group,) = parse_words("x" * 900).wanted
    assert group == (Phrase(tuple(tokens("x" * 5_000))),)


# --- names --------------------------------------------------------------------------------------------------------------


def _finds(words: str, *names: str, person: bool = False) -> bool:
    line = name_tokens(names, person=person)
    return any(fragment in line for fragment in name_query(words).fragments)


@pytest.mark.parametrize("words", ["Kim Ji-na", "Kim Jina", "kim ji na", "김지나", "KIM, Ji Na", "김 지나"])
@pytest.mark.parametrize("name", ["Kim Ji-na", "Kim Jina", "김지나"])
def test_spellings_of_a_person_find_each_other(words: str, name: str):
    assert _finds(words, name, person=True)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Lazarus", "Lazarus Group"),
        ("lazarus group", "The Lazarus Group"),
        ("OFAC", "O.F.A.C."),
        ("노동당", "조선 노동당"),
        ("조선노동당", "조선 노동당"),
        ("조선 노동당", "조선노동당"),
        ("당", "조선노동당"),
        ("Sergey Kozlov", "KOZLOV, Sergei"),
        ("北", "北"),
    ],
)
def test_words_of_a_name_find_it(words: str, name: str):
    assert _finds(words, name, person=name.startswith("KOZLOV"))


@pytest.mark.parametrize(
    ("words", "name", "person"),
    [
        ("Kim", "Akimov Trading", False),
        ("Group Lazarus", "Lazarus Group", False),
        ("Kim Jina", "Kim Ji-na", False),
        ("Kim Min-ho", "Kim Ji-na", True),
        ("Kim", "Akimo", True),
        ("중국", "한국은행", False),
    ],
)
def test_other_words_do_not(words: str, name: str, person: bool):
    assert not _finds(words, name, person=person)


def test_names_of_a_term_do_not_run_into_each_other():
    assert not _finds("Group Lazarus", "Lazarus Group", "Lazarus")
    assert name_tokens(["Lazarus Group", "LAZARUS GROUP", "?"], person=False) == " lazarus group "
    assert name_tokens(["…"], person=True) == ""


def test_merged_names_stand_once():
    one, other = name_tokens(["Kim Ji-na"], person=True), name_tokens(["김지나", "Kim Ji-na"], person=True)
    merged = merge_name_tokens(one, other)
    assert merged == " kim ji na | key9kim9ci9na | 김지 지나 나 "
    assert merge_name_tokens(merged, one) == merged
    assert merge_name_tokens("", "") == ""


def test_fragments_have_no_sign_of_like():
    for words in ("100% _x_", "Kim\\ Ji-na", "北%"):
        assert not any(sign in fragment for fragment in name_query(words).fragments for sign in "%_\\")


def test_a_name_needs_a_letter():
    with pytest.raises(ValueError, match="no letter or digit"):
        name_query(" -- ")


def test_keys_of_texts_are_those_of_korean_names_with_three_syllables():
    assert key_tokens("Kim Jina", syllables=3) == ("key9kim9ci9na", "key9kim9cin90a")
    assert key_tokens("이란", syllables=3) == ()
    assert key_tokens("Lazarus Group", syllables=3) == ()
    assert key_tokens("Kim") == ()


# --- queries ------------------------------------------------------------------------------------------------------------


def _written(q: str) -> str:
    """Return a parsed query in short: `&` between groups, `|` within, `+` between tokens, `*` after an open phrase."""
    words = parse_words(q)
    groups = ["|".join(map(_short, group)) for group in words.wanted] + ["-" + _short(phrase) for phrase in words.excluded]
    return " & ".join(groups)


def _short(phrase: Phrase) -> str:
    return "+".join(phrase.tokens) + ("*" if phrase.open else "")


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("stolen funds", "stolen & fund"),
        ('"stolen funds" -bybit', "stolen+fund & -bybit"),
        ("“stolen funds”", "stolen+fund"),
        ("-bybit stolen", "stolen & -bybit"),
        ('stolen -"long range"', "stolen & -long+rang"),
        ("bank or exchange OR firm theft", "bank|exchang|firm & theft"),
        ('"or" bank', "or & bank"),
        ("long-range", "long+rang"),
        ("은행", "은행"),
        ("발사했다고", "발사+사했+했다+다고"),
        ("핵", "핵*"),
        ('"새 핵"', "새+핵*"),
        ('"북한 미사일"', "북한+한+미사+사일"),
        ("AND NEAR(a b) col:x", "and & near+a & b & col+x"),
        ("a* ^b & | ! <-> \\ \x00 'c'", "a & b & c"),
        ("bank - & or exchange", "bank|exchang"),
        ("bank bank", "bank & bank"),
    ],
)
def test_queries(q: str, expected: str):
    assert _written(q) == expected


def test_words_of_a_korean_name_also_find_other_spellings():
    keys = "key9kim9ci9na|key9kim9cin90a"
    assert _written("Kim Jina visited") == f"kim|{keys} & jina|{keys} & visit"
    assert keys in _written("visit Seoul Kim Jina").split(" & ")[3]
    assert _written("김지나") == "김지+지나|key9kim9ci9na"
    assert _written('"Kim Jina"') == "kim+jina"
    assert _written("-김지나 met") == "met & -김지+지나"


@pytest.mark.parametrize(
    ("q", "message"),
    [
        ("", "no letter or digit"),
        (" & * ", "no letter or digit"),
        ('""', "no letter or digit"),
        ('"stolen funds', "add the second"),
        ("“stolen", "add the second"),
        ("-bybit", "only leaves out"),
        ('-bybit -"a b"', "only leaves out"),
        ("or bank", "before and after"),
        ("bank or", "a word after it"),
        ("bank or or exchange", "before and after"),
        ("bank or &", "a word after it"),
        ("bank or -bybit", "cannot stand beside"),
        ("-bybit or bank", "cannot stand beside"),
        ("word " * (MOST_TERMS + 1), f"at most {MOST_TERMS}"),
        ("x" * (MOST_LETTERS_OF_QUERY + 1), f"at most {MOST_LETTERS_OF_QUERY}"),
        ("x " * 5_000, f"at most {MOST_LETTERS_OF_QUERY}"),
    ],
)
def test_a_query_that_cannot_be_answered_says_what_to_change(q: str, message: str):
    with pytest.raises(ValueError, match=message):
        parse_words(q)


@given(st.text(alphabet=st.sampled_from('ab 은행"-or*&|!:<>()^\\\x00,.1'), max_size=60))
def test_any_query_is_read_or_refused_in_words(q: str):
    try:
        words = parse_words(q)
    except ValueError:
        return
    assert words.wanted
    assert all(phrase.tokens for group in words.wanted for phrase in group)
