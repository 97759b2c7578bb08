"""What an editor selected in a text, as whole words."""

from __future__ import annotations

import re
import unicodedata

from pipeline.review.errors import DeskError

__all__ = ["find_words", "snap"]

_LONGEST = 400
_OUTSIDE = re.compile(r"[\s\"'“”‘’()\[\],.;:!?…、。·]")
"""What a selection often grabs at its ends, and no name begins or ends with."""
_LATER_JAMO = {chr(code) for code in range(0x1160, 0x1200)}
"""Vowels and finals of Hangul, which go on a syllable."""


def snap(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the stretch without blanks and signs at its ends, and with the Latin words that it cuts made whole.

    Korean words are left as selected: a particle that stands at a name is no part of it. Raises DeskError for a stretch that is empty,
    too long, or not in the text.
    """
    if not 0 <= start < end <= len(text):
        raise DeskError(f"{start} to {end} is not in the text, which has {len(text):,} characters")
    while start < end and _OUTSIDE.match(text[start]):
        start += 1
    while start < end and _OUTSIDE.match(text[end - 1]):
        end -= 1
    if start == end:
        raise DeskError("there is no word in what is selected")
    while start > 0 and _is_inside(text, start):
        start -= 1
    while end < len(text) and _is_inside(text, end):
        end += 1
    if end - start > _LONGEST:
        raise DeskError(f"the selection has {end - start:,} characters: {_LONGEST} are the most")
    return start, end


def _is_inside(text: str, place: int) -> bool:
    """Tell whether a word of Latin letters or digits, or one letter or syllable that is written as several signs, goes on over a place."""
    is_word = all(letter.isascii() and letter.isalnum() for letter in (text[place - 1], text[place]))
    return is_word or unicodedata.combining(text[place]) != 0 or text[place] in _LATER_JAMO


def find_words(text: str, words: str, occurrence: int) -> tuple[int, int]:
    """Return where words stand in the text, the first, second, … time. Raises DeskError where they do not."""
    wanted = words.strip()
    if not wanted:
        raise DeskError("select words of the text, or type them")
    places = [found.start() for found in re.finditer(re.escape(wanted), text)]
    if not 1 <= occurrence <= len(places):
        times = "once" if len(places) == 1 else f"{len(places)} times"
        raise DeskError(f"{wanted[:80]!r} stands {times if places else 'nowhere'} in the text; occurrence {occurrence} was asked for")
    return places[occurrence - 1], places[occurrence - 1] + len(wanted)
