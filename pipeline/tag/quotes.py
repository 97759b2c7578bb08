"""Quotations: spans between marks, straight, curly and Korean, the marks included."""

from __future__ import annotations

import re

from models.records import Quote

__all__ = ["find_quotes"]

_LONGEST = 2_000
"""No quotation is longer; a mark that is never closed must not swallow the article."""
_PAIRS = {"“": "”", "「": "」", "『": "』", "«": "»", "‹": "›", "〈": "〉", "《": "》"}
_CURLY = re.compile("|".join(f"{left}[^{left}{right}\n]{{1,{_LONGEST}}}{right}" for left, right in _PAIRS.items()))
_STRAIGHT = re.compile(rf'"[^"\n]{{1,{_LONGEST}}}"')
_SINGLE = re.compile(rf"(?<!\w)‘[^‘\n]{{1,{_LONGEST}}}?’(?![A-Za-z0-9])|(?<!\w)'(?=\S)[^'\n]{{3,{_LONGEST}}}'(?![A-Za-z0-9])")


def find_quotes(text: str) -> list[Quote]:
    """Return the outermost quotations in order of the text; they never cross a line break nor each other."""
    found: list[tuple[int, int]] = []
    end = -1
    spans = sorted(
        (match.span() for pattern in (_CURLY, _STRAIGHT, _SINGLE) for match in pattern.finditer(text)), key=lambda span: (span[0], -span[1])
    )
    for span in spans:
        if span[0] >= end:
            found.append(span)
            end = span[1]
    return [Quote(start, stop, text[start:stop]) for start, stop in found]
