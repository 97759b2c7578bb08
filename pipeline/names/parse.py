"""A name to its Korean readings: which part is the surname, and where the syllables of the given name end.

A name may have several: `Kim Jina` is 김진아 or 김지나, `Sung Kim` has its surname last. Hyphens and blanks part syllables for
good, so `Kim Ji-na` is 김지나 alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from pipeline.names.normalise import MOST_LETTERS, Written, clean, hangul_of, read_tokens
from pipeline.names.tables import Reading, given_reading, hangul_reading, hangul_surnames, southern, surname_table

__all__ = ["Parse", "read_korean"]

MOST_TOKENS = 5
"""Surname of two syllables and given name of three."""
MOST_GIVEN = 3
LONGEST_SYLLABLE = 8
LONGEST_GIVEN = 24

REVERSED = 0.93
"""Weight of a reading with the surname last, where nothing but the tokens tells the order ("Sung Kim")."""
REVERSED_IN_THREE = 0.8
"""The same for three separate words: a given name before the surname is nearly always written as one word."""
SECOND_CUT = 0.93
"""Weight of a segmentation that is much less likely than the best one."""

_NAMES_OF_ALL = 8.8
"""Natural logarithm of the weights of all syllables: mass minus this is a log probability."""
_LENGTH = {1: -3.2, 2: 0.0, 3: -4.6}
"""Log probability of the number of syllables in given names: one in 25 is single, one in 100 has three."""
_NEAR = 2.5
_FAR = 7.0
_MOST_CUTS = 4


@dataclass(frozen=True, slots=True)
class Parse:
    """One reading of a name: its syllables, surname first, and a weight of at most 1, which the likeliest reading has."""

    weight: float
    syllables: tuple[Reading, ...]


@lru_cache(maxsize=1 << 16)
def read_korean(name: str) -> tuple[Parse, ...]:
    """Return the Korean readings of a name, the likeliest first; none where it cannot be a Korean name. Never raises."""
    if len(name) > MOST_LETTERS:
        return ()
    cleaned = clean(name)
    hangul = hangul_of(cleaned)
    if hangul:
        found = _read_hangul(hangul)
        if found:
            return found
    return _read_romanised(read_tokens(cleaned))


def _read_hangul(letters: str) -> tuple[Parse, ...]:
    if not 2 <= len(letters) <= MOST_TOKENS:
        return ()
    forms = "".join(map(southern, letters))
    surnames = hangul_surnames()
    single = forms[0] in surnames and len(forms) <= MOST_GIVEN + 1
    double = forms[:2] in surnames and len(forms) > 2
    # 남궁민 is 남 + 궁민 as well as 남궁 + 민; the frequent two-syllable surname says better where the given name begins.
    begins = 2 if double else 1
    read = tuple(hangul_reading(letter, inner=place > begins) for place, letter in enumerate(letters))
    return (Parse(1.0, read),) if single or double else ()


def _read_romanised(written: Written) -> tuple[Parse, ...]:
    tokens = written.tokens
    if not 2 <= len(tokens) <= MOST_TOKENS:
        return ()
    best: dict[tuple[Reading, ...], float] = {}
    for weight, surname, given in _orders(written):
        for share, syllables in _read_given(given):
            key = surname + syllables
            best[key] = max(best.get(key, 0.0), weight * share)
    ordered = sorted(best.items(), key=lambda item: -item[1])
    return tuple(Parse(weight / ordered[0][1], syllables) for syllables, weight in ordered)


def _orders(written: Written) -> Iterator[tuple[float, tuple[Reading, ...], tuple[str, ...]]]:
    """Yield weight, surname and tokens of the given name for every order that the writing allows."""
    groups, tokens, table = written.groups, written.tokens, surname_table()
    if written.family is not None:
        family = tuple(token for group in groups[: written.family] for token in group)
        if family in table:
            yield 1.0, table[family], _without_doubled(family, tokens[len(family) :])
        return
    hyphened_first = len(groups) > 1 and len(groups[0]) > 1 and groups[0] not in table
    if not hyphened_first:
        for count in (1, 2):
            if tokens[:count] in table and len(tokens) > count:
                yield 1.0, table[tokens[:count]], tokens[count:]
    if len(groups) > 1 and len(groups[-1]) == 1 and tokens[-1:] in table:
        yield _weight_of_reversed(written, hyphened_first=hyphened_first), table[tokens[-1:]], tokens[:-1]


def _weight_of_reversed(written: Written, *, hyphened_first: bool) -> float:
    if hyphened_first or written.tokens[:1] not in surname_table():
        return 1.0
    return REVERSED if len(written.tokens) == 2 else REVERSED_IN_THREE


def _without_doubled(family: tuple[str, ...], given: tuple[str, ...]) -> tuple[str, ...]:
    """Drop a second spelling of the surname before the given name: lists have "PARK, PAK Jin Hyok"."""
    table = surname_table()
    if len(given) > 2 and len(family) == 1 and given[:1] in table:
        (first,), (second, *rest) = table[family], table[given[:1]]
        if not rest and first.roots.keys() & second.roots.keys():
            return given[1:]
    return given


def _read_given(tokens: tuple[str, ...]) -> Iterable[tuple[float, tuple[Reading, ...]]]:
    """Return the readings of a given name as weight and syllables; tokens that are syllables are not cut."""
    if len(tokens) == 1:
        return _cut(tokens[0], inner=False)
    if len(tokens) > MOST_GIVEN:
        return ()
    readings: list[tuple[float, tuple[Reading, ...]]] = [(1.0, ())]
    for place, token in enumerate(tokens):
        known = given_reading(token, inner=place > 0)
        pieces = ((1.0, (known,)),) if known else _cut(token, inner=place > 0)
        readings = [(weight * share, done + more) for weight, done in readings for share, more in pieces]
    return [reading for reading in readings if len(reading[1]) <= MOST_GIVEN]


@lru_cache(maxsize=1 << 16)
def _cut(token: str, *, inner: bool) -> tuple[tuple[float, tuple[Reading, ...]], ...]:
    """Cut a token into one to three syllables in the likeliest ways, weighted by how near they come to the best one.

    `inner` tells that other syllables of the given name stand before it.
    """
    if len(token) > LONGEST_GIVEN:
        return ()
    found: list[tuple[float, tuple[Reading, ...]]] = []

    def extend(start: int, likelihood: float, done: tuple[Reading, ...]) -> None:
        if start == len(token):
            found.append((likelihood + _LENGTH[len(done)], done))
        elif len(done) < MOST_GIVEN:
            for end in range(start + 1, min(len(token), start + LONGEST_SYLLABLE) + 1):
                syllable = given_reading(token[start:end], inner=inner or start > 0)
                if syllable:
                    extend(end, likelihood + syllable.mass - _NAMES_OF_ALL, (*done, syllable))

    extend(0, 0.0, ())
    if not found:
        return ()
    found.sort(key=lambda item: -item[0])
    best = found[0][0]
    return tuple(
        (1.0 if likelihood > best - _NEAR else SECOND_CUT, syllables)
        for likelihood, syllables in found[:_MOST_CUTS]
        if likelihood > best - _FAR
    )
