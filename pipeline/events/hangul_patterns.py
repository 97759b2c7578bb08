"""A small pattern language over Korean text, matched on the characters, since particles cling to their nouns.

발사            the noun with a particle, 하다, 되다 or nothing behind it; "발사장" does not match
만나~           a stem: anything may follow
발사/하         only with 하다 (or 시키다) behind it;  /되 only with 되다, 받다, 당하다;  /명 only as a noun
^합의           no hangul may stand before it
대북 제재       blanks match any white space, none too
미사일…발사     up to twenty characters of the same clause
@name           any word of a class;  (a|b) one of these
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar

from pipeline.events.patterns import Classes, PatternError

__all__ = ["ACTIVE", "PARTICLES", "PASSIVE", "HangulMatcher", "HangulPattern", "compile_hangul"]

Key = TypeVar("Key")

ACTIVE = r"(?:을|를)?\s?(?:하|했|한|할|해|합|시키|시켰|시킨|시킬|벌이|벌였|벌인|벌여|나서|나섰|실시|단행|강행|진행)"
PASSIVE = r"(?:되|됐|된|될|돼|됩|받|당(?=하|했|한|할|해)|이뤄|이루어)"
PARTICLES = (
    "이라고도|이라고|이라는|이라며|이라면|라고|라는|라며|이었|이다|이며|이자|이고|이나|이란|이던|였다|으로부터|로부터|으로서|으로써|으로|로서|로써|로|에서는|에서도|에서|에게서|에게|에는|에도|에|과의|와의|과|와|"
    "하고|까지|부터|마다|만을|만|들은|들이|들을|들의|들|도|은|는|이|가|을|를|의|께서|란|인데|인|일|임|처럼|보다|조차|뿐|간|중|차|용|형|식|시|후|전|등|및"
)
_LIGHT = r"(?:하|했|한|할|해|합|되|됐|된|될|돼|됩|받|당|시키|시켰|시킨|시킬|키로)"
_END = rf"(?=$|[^가-힣]|{_LIGHT}|(?:{PARTICLES})(?![가-힣]|$)|(?:{PARTICLES})$|(?:{PARTICLES})(?:은|는|을|를|의|도)?(?![가-힣]))"
_TAILS = {"": _END, "하": rf"(?={ACTIVE})", "되": rf"(?={PASSIVE})", "명": rf"(?=$|[^가-힣]|(?:{PARTICLES})(?![가-힣]))"}
_GAP = r"[^.,;·…\n]{0,20}?"
_PIECE = re.compile(r"@\w+|\([^)]*\)|…|\s+|[^@(…\s]+")


@dataclass(frozen=True, slots=True)
class HangulPattern:
    """A pattern; `firsts` are the characters that a match can begin with, `expression` the regular expression for the rest.

    The expression is compiled when such a character is first met: English articles meet none, and there are thousands.
    """

    source: str
    expression: str
    firsts: frozenset[str]


class HangulMatcher(Generic[Key]):
    """Finds all patterns of a set. Patterns are indexed by their first character and are bounded, so time is linear."""

    def __init__(self, patterns: Iterable[tuple[Key, HangulPattern]]) -> None:
        index: dict[str, list[tuple[Key, str]]] = {}
        for key, pattern in patterns:
            for first in pattern.firsts:
                index.setdefault(first, []).append((key, pattern.expression))
        self._index: Mapping[str, list[tuple[Key, str]]] = index

    def find(self, text: str, start: int, end: int) -> Iterator[tuple[Key, int, int]]:
        """Yield key, start and end of each match that begins and ends in `start:end` of the text."""
        for position in range(start, end):
            for key, expression in self._index.get(text[position], ()):
                found = _compiled(expression).match(text, position, end)
                if found:
                    yield key, position, found.end()


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


def compile_hangul(source: str, classes: Classes) -> HangulPattern:
    """Read one pattern. Raises PatternError that says what is wrong."""
    body, bounded = source.removeprefix("^"), source.startswith("^")
    body, tail = _tail(body)
    pieces = _PIECE.findall(body)
    if not pieces or pieces[0] == "…" or pieces[0].isspace():
        raise PatternError(f"{source!r} must begin with a word")
    regex = "".join(_regex(piece, classes) for piece in pieces) + tail
    firsts = frozenset(option[0] for option in _options(pieces[0], classes))
    return HangulPattern(source, (r"(?<![가-힣])" if bounded else "") + regex, firsts)


def _tail(body: str) -> tuple[str, str]:
    if body.endswith("~"):
        return body[:-1], ""
    stem, slash, mark = body.rpartition("/")
    if not slash:
        return body, _END
    if mark not in _TAILS:
        raise PatternError(f"unknown ending /{mark}; known are /하 /되 /명 and ~")
    return stem, _TAILS[mark]


def _regex(piece: str, classes: Classes) -> str:
    if piece == "…":
        return _GAP
    if piece.isspace():
        return r"\s*"
    return "(?:" + "|".join(re.escape(option).replace(r"\ ", r"\s*") for option in _options(piece, classes)) + ")"


def _options(piece: str, classes: Classes) -> list[str]:
    if piece.startswith("@"):
        if piece[1:] not in classes:
            raise PatternError(f"unknown class {piece}")
        return sorted((" ".join(words) for words in classes[piece[1:]]), key=lambda word: (-len(word), word))
    if piece.startswith("("):
        options = [option for option in piece[1:-1].split("|") if option]
        if not options:
            raise PatternError(f"an empty group in {piece!r}")
        return options
    return [piece]
