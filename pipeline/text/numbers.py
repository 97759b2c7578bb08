"""Numbers in English and Korean: patterns that find them and functions that read them.

The patterns are sources for `re`, without groups that capture. Every repetition in them has an upper limit, so that
a search over a text takes time in proportion to its length, whatever the text.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

__all__ = [
    "DIGITS",
    "ENGLISH_SCALES",
    "ENGLISH_WORDS",
    "KOREAN_NUMBER",
    "parse_digits",
    "parse_english",
    "parse_korean",
]

_DECIMAL_COMMA = r"[0-9]{1,3},[0-9]{1,2}"
DIGITS: Final = rf"(?:{_DECIMAL_COMMA}(?=[ -](?:million|billion|trillion)\b)|[0-9]{{1,3}}(?:,[0-9]{{3}}){{1,6}}(?![0-9])(?:\.[0-9]{{1,18}})?|[0-9]{{1,18}}(?:\.[0-9]{{1,18}})?)"
"""A number in Arabic digits, with or without thousands commas and decimals; before a scale word with a decimal comma too ("1,5 billion")."""

ENGLISH_SCALES: Final[dict[str, int]] = {
    **dict.fromkeys(("thousand", "k"), 10**3),
    **dict.fromkeys(("million", "mil", "mln", "mn", "m"), 10**6),
    **dict.fromkeys(("billion", "bln", "bn", "b"), 10**9),
    **dict.fromkeys(("trillion", "tln", "trn", "tn", "t"), 10**12),
    "quadrillion": 10**15,
}
"""Scale words and the abbreviations that newspapers use for them, in lower case."""

_UNITS: Final = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL: Final = {word: value for value, word in enumerate(_UNITS)} | {word: 10 * value for value, word in enumerate(_TENS, start=2)}

_WORD = "|".join([*_SMALL, "hundred", "thousand", "million", "billion", "trillion"])
_PARTS: Final = {"half": Decimal("0.5"), "quarter": Decimal("0.25"), "quarters": Decimal("0.25")}
_PART = r"half[ -]an?[ -]|(?:(?:an?|one|three)[ -])?quarters?[ -](?:of[ -]an?[ -])?"
ENGLISH_WORDS: Final = rf"(?i:(?:{_PART}|an?[ -])?\b(?:{_WORD})(?:[ -](?:and[ -])?(?:{_WORD}|a[ -]half|a[ -]quarter)){{0,9}}\b)"
"""A number in English words ("two hundred and fifty thousand", "half a million", "a quarter of a million")."""

_KOREAN_DIGITS: Final = {digit: value for value, digit in enumerate("영일이삼사오육칠팔구")}
_KOREAN_SMALL: Final = {"십": 10, "백": 100, "천": 1000}
_KOREAN_LARGE: Final = {"만": 10**4, "억": 10**8, "조": 10**12, "경": 10**16}
_KOREAN_UNITS = "[십백천만억조경]"
_KOREAN_TOKEN = re.compile(rf"({DIGITS})|([영일이삼사오육칠팔구])|([십백천])|([만억조경])")

KOREAN_NUMBER: Final = (
    rf"(?:{DIGITS}(?:\s?{_KOREAN_UNITS}{{1,2}}(?:\s?{DIGITS}(?={_KOREAN_UNITS}|[^0-9.,]|$))?){{0,5}}"
    rf"|(?<![가-힣0-9])(?:[일이삼사오육칠팔구]?[십백천만억]){{1,9}}[일이삼사오육칠팔구]?)"
)
"""A number in Korean writing: digits mixed with scales ("1조 5천억", "3만5000") or hangul numerals ("이천오백만")."""


def parse_digits(text: str) -> Decimal:
    """Read a number that matches `DIGITS`."""
    return Decimal(text.replace(",", "." if re.fullmatch(_DECIMAL_COMMA, text) else ""))


def parse_english(text: str) -> Decimal | None:
    """Read digits and number words with their scales ("1.5 million", "one hundred and five"); None where a word is no number.

    A part right after a scale word is that part of the scale ("a million and a half").
    """
    words = [word for word in re.split(r"[\s-]+", text.strip().lower()) if word not in ("a", "an", "and", "of")]
    total, current, last = Decimal(0), None, Decimal(1)
    for word in words:
        if word in _PARTS:
            current = current * _PARTS[word] if word.endswith("s") and current else (current or Decimal(0)) + _PARTS[word] * last
        elif word == "hundred":
            current = (Decimal(1) if current is None else current) * 100
        elif word in ENGLISH_SCALES:
            total += (Decimal(1) if current is None else current) * ENGLISH_SCALES[word]
            current, last = None, Decimal(ENGLISH_SCALES[word])
            continue
        else:
            value = _read_english_word(word)
            if value is None:
                return None
            current = (current or Decimal(0)) + value
        last = Decimal(1)
    return total + (current or Decimal(0)) if words else None


def _read_english_word(word: str) -> Decimal | None:
    if word in _SMALL:
        return Decimal(_SMALL[word])
    return parse_digits(word) if re.fullmatch(DIGITS, word) else None


def parse_korean(text: str) -> Decimal | None:
    """Read a number that matches `KOREAN_NUMBER`; None where it is none or its scales do not descend ("3만 5억")."""
    compact = re.sub(r"\s+", "", text)
    if re.search(r"[0-9]\s+[0-9]", text) or not compact or "".join(token[0] for token in _KOREAN_TOKEN.finditer(compact)) != compact:
        return None
    total, section, number, limit = Decimal(0), Decimal(0), None, 10**20
    for digits, hangul, small, large in _KOREAN_TOKEN.findall(compact):
        if digits or hangul:
            if number is not None:
                return None
            number = parse_digits(digits) if digits else Decimal(_KOREAN_DIGITS[hangul])
        elif small:
            section, number = section + (Decimal(1) if number is None else number) * _KOREAN_SMALL[small], None
        elif _KOREAN_LARGE[large] >= limit:
            return None
        else:
            limit = _KOREAN_LARGE[large]
            total += (section + (number or Decimal(0)) or Decimal(1)) * limit
            section, number = Decimal(0), None
    return total + section + (number or Decimal(0))
