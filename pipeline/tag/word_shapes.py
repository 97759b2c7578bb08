"""Shapes of English words and what lies between them."""

from __future__ import annotations

import re

from pipeline.tag.reading import Reading, Word
from pipeline.text.sentences import ABBREVIATIONS

__all__ = ["APOSTROPHES", "POSSESSIVES", "SPACES", "gap", "is_capital", "is_name_word"]

APOSTROPHES = frozenset({"'", "’"})
"""The possessive of a plural, a word of its own."""
POSSESSIVES = frozenset({"'s", "’s", *APOSTROPHES})
"""What may stand between the owner and the thing owned."""

SPACES = frozenset({" ", "\xa0"})
"""What may stand between two words of one name; a line break may not."""

_NAME_WORD = re.compile(r"[A-ZÀ-ÖØ-Þ][\w.'’‘ʼ\u0300-\u036f-]*")
_IN_NAMES = frozenset("Jr. Sr. St. Mt. Ft. Bros. Co. Cos. Corp. Inc. Ltd. Dept. Univ. Assn.".split())
"""Abbreviations that stand inside names; the others are titles, months and the like."""


def gap(reading: Reading, start: int, end: int) -> str:
    """Return what lies between two words."""
    return reading.text[start:end]


def is_name_word(word: Word) -> bool:
    """Tell whether the word begins with a capital, as words of names do; shortened titles and months ("Gen.", "Jan.") are none."""
    if word.text[-1:] == "." and word.text[:-1] in ABBREVIATIONS and word.text not in _IN_NAMES:
        return False
    return _NAME_WORD.fullmatch(word.text) is not None


def is_capital(word: Word) -> bool:
    """Tell whether only the first letter is a capital."""
    return word.text[:1].isupper() and (word.text[1:].islower() or len(word.text) == 1)
