"""Names that are not Korean: word by word, in any order, by Jaro-Winkler.

Two names with different numbers of words are different: a missing patronymic is worth an editor's look, a match is not. Short words
must be equal, since one letter is too much of them.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

from pipeline.names.normalise import MOST_LETTERS
from pipeline.text.names import normalise_name

__all__ = ["compare_words", "skeleton_key"]

MOST_WORDS = 12
LEAST_COMPARED = 4
"""Letters that both words must have to be compared by letters."""
_FLOOR = 0.75
"""Jaro-Winkler similarity that counts as none: a word at 0.90 scores 0.6 then, where names begin to be the same."""

_VOWELS = re.compile(r"[aeiouyh]+")
_DOUBLED = re.compile(r"(.)\1+")
_ALIKE = (("ph", "f"), ("ck", "k"), ("x", "ks"), ("q", "k"), ("c", "k"), ("w", "v"), ("z", "s"))
_LONGEST_KEY = 200
_MARK = "="

Pairs = tuple[tuple[str, str, float], ...]


def compare_words(a: str, b: str) -> tuple[float, Pairs, str]:
    """Return the score of two names from 0 to 1, the pairs of words behind it, and words where there are no pairs."""
    first, second = _words(a), _words(b)
    if not first or not second:
        return (
            0.0,
            (),
            "nothing to read in " + " and ".join(repr(name[:MOST_LETTERS]) for name, words in ((a, first), (b, second)) if not words),
        )
    if sorted(first) == sorted(second):
        return 1.0, tuple((word, word, 1.0) for word in first), ""
    if "".join(first) == "".join(second):
        return 1.0, ((" ".join(first), " ".join(second), 1.0),), ""
    if len(first) != len(second):
        return 0.0, (), f"{len(first)} words against {len(second)}"
    if len(first) > MOST_WORDS or max(len(a), len(b)) > MOST_LETTERS:
        return 0.0, (), "too long to be compared word by word"
    pairs = _pair(first, second)
    return math.pow(math.prod(sorted(score for _, _, score in pairs)), 1 / len(pairs)), pairs, ""


@lru_cache(maxsize=1 << 16)
def _words(name: str) -> tuple[str, ...]:
    return tuple(normalise_name(name).split())


def _pair(first: tuple[str, ...], second: tuple[str, ...]) -> Pairs:
    """Give each word its partner, the most similar ones first; the order of the names does not matter."""
    options = sorted((-_similarity(x, y), min(x, y), max(x, y), i, j) for i, x in enumerate(first) for j, y in enumerate(second))
    partners: dict[int, tuple[int, float]] = {}
    taken: set[int] = set()
    for score, _, _, i, j in options:
        if i not in partners and j not in taken:
            partners[i] = (j, -score)
            taken.add(j)
    return tuple((first[i], second[j], round(score, 4)) for i, (j, score) in sorted(partners.items()))


def _similarity(x: str, y: str) -> float:
    if x == y:
        return 1.0
    if min(len(x), len(y)) < LEAST_COMPARED:
        return 0.0
    # Imported here because names of Koreans do without it, and importing it takes longer than all of this package.
    from rapidfuzz.distance import JaroWinkler

    return max(0.0, (JaroWinkler.similarity(min(x, y), max(x, y)) - _FLOOR) / (1 - _FLOOR))


def skeleton_key(name: str) -> str | None:
    """Return the key of a name that is not Korean: its words without vowels and doubled letters, in alphabetical order.

    "KOZLOV, Sergey" and "Sergei Kozlov" have one key. None where the name has no letter or digit.
    """
    words = _words(name)
    if not words:
        return None
    return _MARK + " ".join(sorted(map(_skeleton, words)))[:_LONGEST_KEY]


@lru_cache(maxsize=1 << 16)
def _skeleton(word: str) -> str:
    for spelling, sound in _ALIKE:
        word = word.replace(spelling, sound)
    opening = "a" if _VOWELS.match(word) and word[0] != "h" else "h" if word[0] == "h" else ""
    return opening + _DOUBLED.sub(r"\1", _VOWELS.sub("", word))
