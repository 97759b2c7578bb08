"""Texts of others on a terminal and on pages: without the characters that steer what shows them."""

from __future__ import annotations

import unicodedata

__all__ = ["printable"]

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    """Return the text, character for character, with blanks for what a terminal would obey: control characters, turns of direction."""
    return "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp", "Cs"} or char in _BIDI else char for char in text)
