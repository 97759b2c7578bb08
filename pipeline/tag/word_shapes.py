"""Shapes of English words and what lies between them."""

from __future__ import annotations

import re

from pipeline.tag.reading import Reading, Word

__all__ = ["SPACES", "gap", "is_capital", "is_name_word"]

SPACES = frozenset({" ", "\xa0"})
"""What may stand between two words of one name; a line break may not."""

_NAME_WORD = re.compile(r"(?:[A-Z]['’])?[A-ZÀ-ÖØ-Þ][\w.-]*")


def gap(reading: Reading, start: int, end: int) -> str:
    """Return what lies between two words."""
    return reading.text[start:end]


def is_name_word(word: Word) -> bool:
    """Tell whether the word begins with a capital, as words of names do."""
    return _NAME_WORD.fullmatch(word.text) is not None


def is_capital(word: Word) -> bool:
    """Tell whether only the first letter is a capital."""
    return word.text[:1].isupper() and (word.text[1:].islower() or len(word.text) == 1)
