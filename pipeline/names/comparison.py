"""Two names to a score and the reasons for it.

A syllable's score is the Bhattacharyya coefficient of its two readings, Σ √(P·Q) over hangul syllables: 1 where the spellings say
the same, 0 where no syllable can be written in both ways. Ambiguity lowers it, but does not refuse: `Jong` is 정 or 종 in the
North, so it agrees with `Jeong` (정) to a part. A name's score is the geometric mean of its syllables, and one syllable
that does not agree decides alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from pipeline.names.other import compare_words
from pipeline.names.parse import Parse, read_korean
from pipeline.names.tables import Reading

__all__ = ["SAME", "Comparison", "compare"]

SAME = 0.6
"""Score from which two names may be one. Any threshold from 0.40 to 0.65 serves the pairs of the tests alike: no false match, and what is
missed are slips of lists."""
_DIFFERENT = 0.05
"""A syllable that agrees no better makes two names."""
_DIFFERS = 0.1
"""Factor of the score of such names."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How well two names agree, from 0 to 1, and why.

    `syllables` are pairs of what is written in the first and the second name with the score of the pair: syllables,
    surname first, or the words of names that are not Korean; empty where the names cannot be set side by side.
    """

    score: float
    same: bool
    why: str
    syllables: tuple[tuple[str, str, float], ...] = ()


def compare(a: str, b: str) -> Comparison:
    """Compare two names of persons, in hangul or Latin letters, whatever the romanisation and order. Never raises.

    The score is symmetric, and 1 for equal names. Names without any reading score 0. Only spelling is compared: two persons
    may have one name.
    """
    first, second = read_korean(a), read_korean(b)
    if first and second:
        return _compare_korean(first, second)
    score, pairs, why = compare_words(a, b)
    return _result(score, pairs, why)


def _compare_korean(first: tuple[Parse, ...], second: tuple[Parse, ...]) -> Comparison:
    best, weight, chosen = -1.0, 1.0, None
    for one in first:
        for other in second:
            if len(one.syllables) == len(other.syllables):
                least = min(one.weight, other.weight)
                score = least * _mean(one, other)
                if score > best:
                    best, weight, chosen = score, least, (one, other)
    if chosen is None:
        return Comparison(0.0, same=False, why=f"{len(first[0].syllables)} syllables against {len(second[0].syllables)}")
    pairs = tuple(
        (x.spelling, y.spelling, round(agreement(x, y), 4)) for x, y in zip(chosen[0].syllables, chosen[1].syllables, strict=True)
    )
    return _result(best, pairs, "" if weight == 1 else f" · × {weight:.2f} for an unlikely order or cut")


def _mean(one: Parse, other: Parse) -> float:
    """Return the geometric mean of the syllables' scores, lowered where one of them differs."""
    product, worst = 1.0, 1.0
    for x, y in zip(one.syllables, other.syllables, strict=True):
        score = agreement(x, y)
        product *= score
        worst = min(worst, score)
    mean = math.pow(product, 1 / len(one.syllables))
    return mean if worst > _DIFFERENT else mean * _DIFFERS


def agreement(one: Reading, other: Reading) -> float:
    """Return how well two written syllables agree, from 0 to 1: the Bhattacharyya coefficient of their readings."""
    return 1.0 if one.spelling == other.spelling else _coefficient(one, other)


@lru_cache(maxsize=1 << 17)
def _coefficient(one: Reading, other: Reading) -> float:
    shared = one.roots.keys() & other.roots.keys()
    # fsum does not depend on the order, so the score is exactly symmetric.
    return min(1.0, math.fsum(one.roots[syllable] * other.roots[syllable] for syllable in shared))


def _result(score: float, pairs: tuple[tuple[str, str, float], ...], more: str) -> Comparison:
    why = " · ".join(f"{x} {score:.2f}" if x == y else f"{x} = {y} {score:.2f}" for x, y, score in pairs) + more
    return Comparison(score, score >= SAME, why, pairs)
