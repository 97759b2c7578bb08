"""Every search runs on both databases, and beside a search that reads the tokens one by one: all must find the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import pytest
from sqlalchemy import Connection, text

from pipeline.names.search_tokens import Phrase, Words, key_tokens, parse_words, tokens
from pipeline.store.engine import Database, reading, writing
from pipeline.store.words import MOST_TOKENS, TEXT_TABLE, clear_words, put_words, remove_words, words_matching

TEXTS: Mapping[int, Sequence[str]] = {
    1: ["Washington imposed sanctions on the bank", "Treasury sanctions a bank"],
    2: ["The bank had been sanctioned; the stolen funds were moved on"],
    3: ["미국 재무부가 은행을 제재했다고 밝혔다.", "美, 북한 은행 제재"],
    4: ["수출입은행이 100억원을 지원한다."],
    5: ["북핵 협상이 열렸다. 핵을 포기하라"],
    6: ["Kim Ji-na met officials in Seoul"],
    7: ["김지나 차관은 서울에서 말했다"],
    8: ["The long-range missile KN-23 flew 1,500 km in 2026", "Funds were found"],
    9: ["$1.5 billion was stolen AND NEAR misses were not"],
    10: ["Bybit said: funds stolen from Coinbay (or Bybit) & others | more!"],
    11: ["국가정보원은 Lazarus 조직이 은행 서버에 침입했다고 봤다"],
    12: ["Путин and Kim Jong Un met", "金正恩"],
}
NAMES = {6: "Kim Ji-na", 7: "김지나", 12: "Kim Jong Un"}

EXPECTED: Mapping[str, Sequence[int]] = {
    "sanctions": [1, 2],
    "sanctioned": [1, 2],
    "Sanctioning BANKS": [1, 2],
    "은행": [3, 4, 11],
    "은행을": [3],
    "은행이": [4],
    "수출입은행": [4],
    "제재": [3],
    "북한 은행": [3],
    '"북한 은행"': [3],
    '"은행 북한"': [],
    "핵": [5],
    "북핵": [5],
    "원": [4, 11],
    "정보원": [11],
    "Kim Ji-na": [6, 7],
    "Kim Jina": [6, 7],
    "김지나": [6, 7],
    '"김지나"': [7],
    '"Kim Ji-na"': [6],
    "김정은": [12],
    "Kim Jong-un met": [12],
    "long range": [8],
    "long-range": [8],
    '"range long"': [],
    "KN23": [8],
    "kn-23": [8],
    "1500": [8],
    "1.5 billion": [9],
    "2026": [8],
    "100억": [4],
    '"stolen funds"': [2],
    "stolen funds": [2, 10],
    "funds -stolen": [8],
    'stolen -"stolen funds"': [9, 10],
    "missile or bank": [1, 2, 8],
    "missile or bank treasury": [1],
    "lazarus 은행": [11],
    "путин": [12],
    "美": [3],
    "金正恩": [12],
    "正": [12],
    "AND": [9, 12],
    "NEAR": [9],
    "NEAR(stolen funds)": [],
    "stolen* ^funds": [2, 10],
    "tokens:stolen": [],
    "stolen & funds": [2, 10],
    "stolen | funds": [2, 10],
    "!stolen": [2, 9, 10],
    "stolen <-> funds": [2, 10],
    "'stolen' \\ 'funds'": [2, 10],
    "stolen\x00funds": [2],
    '"or bybit"': [10],
    "zebra": [],
}


def _pieces(number: int) -> list[Sequence[str]]:
    keys = key_tokens(NAMES[number]) if number in NAMES else ()
    return [pieces for pieces in (list(keys), *map(tokens, TEXTS[number])) if pieces]


@pytest.fixture
def filled(database: Database) -> Iterator[Connection]:
    with writing(database) as connection:
        clear_words(connection)
        put_words(connection, {number: _pieces(number) for number in TEXTS})
    with reading(database) as connection:
        yield connection


def _find(connection: Connection, words: Words) -> list[int]:
    return sorted(connection.execute(words_matching(connection.dialect.name, words)).scalars())


def test_queries_find_what_they_must(filled: Connection):
    words = {q: parse_words(q) for q in EXPECTED}
    assert {q: _find(filled, words[q]) for q in EXPECTED} == EXPECTED
    assert {q: [number for number in TEXTS if _holds(_pieces(number), words[q])] for q in EXPECTED} == EXPECTED


def test_a_phrase_stays_within_one_passage(filled: Connection):
    assert _find(filled, parse_words('"on the bank"')) == [1]
    assert _find(filled, parse_words('"bank treasury"')) == []


def test_all_pairs_of_words_in_all_ways_find_what_reading_finds(filled: Connection):
    words = ["bank", "은행", "핵", "stolen", "funds", "지나", "원", "the", "kim jina"]
    for first, second in product(words, words):
        for q in (f"{first} {second}", f'"{first} {second}"', f"{first} or {second}", f'{first} -"{second}"'):
            parsed = parse_words(q)
            assert _find(filled, parsed) == [number for number in TEXTS if _holds(_pieces(number), parsed)], q


def test_the_longest_query_is_answered(filled: Connection):
    names = " ".join(f"Kim Jina{suffix}" for suffix in ("", *("x" * count for count in range(1, 13))))
    assert _find(filled, parse_words(names)) == []
    assert _find(filled, parse_words(" or ".join(["bank"] * 40))) == [1, 2]
    assert _find(filled, parse_words('"' + "bank " * 199 + '"')) == []
    assert _find(filled, parse_words("bank " + " ".join(f"-w{number}" for number in range(39)))) == [1, 2]


def test_words_are_replaced_and_removed(database: Database):
    with writing(database) as connection:
        clear_words(connection)
        put_words(connection, {1: [tokens("old words")], 2: [tokens("old words")]})
        put_words(connection, {1: [tokens("new words")]})
        assert _find(connection, parse_words("old")) == [2]
        assert _find(connection, parse_words("words")) == [1, 2]
        remove_words(connection, [2, 3])
        assert _find(connection, parse_words("words")) == [1]
        put_words(connection, {})
        clear_words(connection)
        assert connection.execute(text(f"SELECT count(*) FROM {TEXT_TABLE}")).scalar() == 0


def test_an_event_without_words_is_found_by_none(database: Database):
    with writing(database) as connection:
        clear_words(connection)
        put_words(connection, {1: [], 2: [[]], 3: [tokens("words")]})
        assert _find(connection, parse_words("words")) == [3]


def test_of_a_long_text_the_first_tokens_and_places_are_searched(database: Database):
    """PostgreSQL would drop places of its own accord, SQLite would not."""
    many = ["the"] * 255 + ["bank"] + ["the", "firm"]
    with writing(database) as connection:
        clear_words(connection)
        put_words(connection, {1: [many], 2: [["filler"] * MOST_TOKENS, ["late"]], 3: [["filler"] * (MOST_TOKENS - 1), ["late", "later"]]})
        assert _find(connection, parse_words('"the bank"')) == [1]
        assert _find(connection, parse_words('"bank the"')) == []
        assert _find(connection, parse_words('"the firm"')) == []
        assert _find(connection, parse_words("firm")) == [1]
        assert _find(connection, parse_words("late")) == [3]
        assert _find(connection, parse_words("later")) == []


def _holds(pieces: Sequence[Sequence[str]], words: Words) -> bool:
    wanted = all(any(_has(pieces, phrase) for phrase in group) for group in words.wanted)
    return wanted and not any(_has(pieces, phrase) for phrase in words.excluded)


def _has(pieces: Sequence[Sequence[str]], phrase: Phrase) -> bool:
    *before, last = phrase.tokens
    for piece in pieces:
        for start in range(len(piece) - len(before)):
            end = piece[start + len(before)]
            if list(piece[start : start + len(before)]) == before and (end.startswith(last) if phrase.open else end == last):
                return True
    return False
