import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.numbers import DIGITS, ENGLISH_WORDS, KOREAN_NUMBER, parse_digits, parse_english, parse_korean

LARGE = ((10**12, "조"), (10**8, "억"), (10**4, "만"))


def write_korean(value: int, *, spaces: bool) -> str:
    parts = []
    for scale, word in LARGE:
        count, value = divmod(value, scale)
        if count:
            parts.append(f"{count}{word}")
    if value:
        parts.append(str(value))
    return (" " if spaces else "").join(parts)


def write_hangul(value: int) -> str:
    out = ""
    for scale, word in ((10**8, "억"), (10**4, "만"), (1, "")):
        section, value = divmod(value, scale)
        if section:
            digits = ((section // 10**p % 10, unit) for p, unit in ((3, "천"), (2, "백"), (1, "십"), (0, "")))
            out += "".join(("일이삼사오육칠팔구"[d - 1] if d > 1 or not unit else "") + unit for d, unit in digits if d) + word
    return out


@given(st.integers(0, 10**15))
def test_digits_with_commas_read_back_equal(value: int) -> None:
    written = f"{value:,}"
    assert re.fullmatch(DIGITS, written)
    assert parse_digits(written) == value


@given(st.integers(1, 10**15), st.booleans())
def test_a_korean_number_with_scales_reads_back_equal(value: int, spaces: bool) -> None:
    written = write_korean(value, spaces=spaces)
    assert re.fullmatch(KOREAN_NUMBER, written)
    assert parse_korean(written) == value


@given(st.integers(1, 10**9))
def test_a_number_in_hangul_numerals_reads_back_equal(value: int) -> None:
    assert parse_korean(write_hangul(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5 million", "1500000"),
        ("two hundred and fifty thousand", "250000"),
        ("half a million", "500000"),
        ("two and a half billion", "2500000000"),
        ("a trillion", "1000000000000"),
        ("twenty-one", "21"),
        ("5.6 tln", "5600000000000"),
        ("one hundred million", "100000000"),
        ("three million two hundred thousand", "3200000"),
        ("zero", "0"),
    ],
)
def test_english_numbers_are_read(text: str, value: str) -> None:
    assert parse_english(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "a", "several million", "1.2.3", "missiles"])
def test_what_is_no_english_number_gives_none(text: str) -> None:
    assert parse_english(text) is None


@pytest.mark.parametrize(
    ("text", "value"), [("1조 5천억", 1_500_000_000_000), ("3만5000", 35_000), ("1.5조", 1_500_000_000_000), ("2천5백만", 25_000_000)]
)
def test_mixed_korean_numbers_are_read(text: str, value: int) -> None:
    assert parse_korean(text) == value


@pytest.mark.parametrize("text", ["", "3만 5억", "5 6", "1억2억", "달러", "3만x"])
def test_what_is_no_korean_number_gives_none(text: str) -> None:
    assert parse_korean(text) is None


@pytest.mark.parametrize("text", ["two hundred and fifty thousand", "half a million", "a billion", "ninety-nine"])
def test_number_words_are_found_whole(text: str) -> None:
    match = re.search(ENGLISH_WORDS, f"It paid {text} dollars.")
    assert match is not None
    assert match[0] == text


def test_a_number_does_not_end_inside_a_longer_one() -> None:
    assert [m[0] for m in re.finditer(DIGITS, "1,234,567.89 and 42")] == ["1,234,567.89", "42"]
