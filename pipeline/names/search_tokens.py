"""Words as search sees them: one form for all spellings of a word, the same for what is searched and what is asked.

| written | tokens |
|---|---|
| Sanctions, sanctioned | `sanction`: English words without their endings (Porter's second stemmer) |
| long-range, KN-23, KN23 | `long rang`, `kn 23`: parted at hyphens, and where letters and digits meet |
| U.S., Korea's, Chŏng | `us`, `korea`, `chong`: without marks, apostrophes, and dots of initials |
| 1,500 and 1.5 | `1500` and `1p5` |
| 은행을 | `은행 행을 을`: every syllable with the one after it, and the last one |
| 北, путин | `x5317x`, one for each sign; `x43fx443x…`, one for each word |

So 은행 is found in 은행을 and 수출입은행, and one syllable is found wherever it stands, as the beginning of a token. A token has only
a–z, 0–9 and hangul: no database takes it apart or changes it.

    >>> tokens("The U.S. sanctioned two banks")
    ['the', 'us', 'sanction', 'two', 'bank']

Names of persons have, beside their tokens, their keys (`pipeline.names.name_keys`) as tokens that begin with "key": Kim Ji-na, Kim Jina
and 김지나 have one in common.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from snowballstemmer.english_stemmer import EnglishStemmer

from pipeline.names import name_keys

__all__ = [
    "MOST_LETTERS_OF_QUERY",
    "MOST_TERMS",
    "NameQuery",
    "Phrase",
    "Words",
    "key_tokens",
    "merge_name_tokens",
    "name_query",
    "name_tokens",
    "parse_words",
    "tokens",
]

MOST_TERMS = 40
"""Words and phrases of one query at most."""
MOST_LETTERS_OF_QUERY = 1000
"""Characters of one query at most."""

_LONGEST = 64
"""Letters of one token at most; what is longer is cut, in the index as in the query."""
_LEAST_SYLLABLES = 3
"""Shorter names are ordinary words too often (이란, An Oil): a text is not searched for their keys."""
_MOST_WORDS_OF_NAME = 3

_FOREIGN = re.compile(r"[^\x00-\x7f가-힣]+")
_APOSTROPHES = frozenset("'’‘‛ʼʻʹ′`´＇՚")
_DROPPED = frozenset(["Mn", "Me", "Cf"])
_PIECE = re.compile(
    r"(?P<initials>(?<![a-z0-9])[a-z](?:\.[a-z])+(?![a-z]))"
    r"|(?P<latin>[a-z]+)"
    r"|(?P<number>(?<![0-9]\.)(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)\.[0-9]+(?![0-9]|\.[0-9])|[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)"
    r"|(?P<hangul>[가-힣]+)"
    r"|(?P<sign>[\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff])"
    r"|(?P<other>[^\W_a-z0-9가-힣\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]+)"
)
_LETTERS_APART = re.compile(r"(?<=[가-힣])\s+(?=[가-힣])")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_ASKED = re.compile(r'(?P<minus>-?)"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+)')
_BETWEEN_NAMES = " | "


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens that stand next to each other in this order; where it is `open`, the last one need only begin so."""

    tokens: tuple[str, ...]
    open: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """What a text must hold: one phrase of each group of `wanted`, and none of `excluded`."""

    wanted: tuple[tuple[Phrase, ...], ...]
    excluded: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True)
class NameQuery:
    """What the names of a term must hold: any of `fragments`, as they stand, blanks included. They have no sign that LIKE would read."""

    fragments: tuple[str, ...]


# --- texts --------------------------------------------------------------------------------------------------------------


def tokens(text: str) -> list[str]:
    """Return the search tokens of a text, in its order. Never raises; a text without letters and digits has none."""
    found: list[str] = []
    for match in _PIECE.finditer(_fold(text)):
        found += _tokens_of(match.lastgroup, match[0])
    return found


def _tokens_of(kind: str | None, word: str) -> Sequence[str]:
    """Return the tokens of a word, number or run of letters; `kind` is its group in `_PIECE`."""
    if kind == "hangul":
        return [*(word[place : place + 2] for place in range(len(word) - 1)), word[-1]]
    return (_token(kind, word[:_LONGEST]),)


@lru_cache(maxsize=1 << 16)
def _token(kind: str | None, word: str) -> str:
    if kind == "latin":
        # A stemmer keeps the word it is at work on, so each call has its own: threads share this function.
        stemmed: str = EnglishStemmer().stemWord(word)
        return stemmed
    if kind == "number":
        return word.replace(",", "").replace(".", "p")
    return word.replace(".", "") if kind == "initials" else _spell(word)


def _spell(word: str) -> str:
    """Write letters that are neither Latin nor hangul as their numbers."""
    return "x" + "".join(f"{ord(char):x}x" for char in word)


def _fold(text: str) -> str:
    """Drop case, marks, apostrophes and signs that nobody sees; compose hangul."""
    return _FOREIGN.sub(_fold_foreign, text.lower()).replace("'", "").replace("`", "")


def _fold_foreign(match: re.Match[str]) -> str:
    # Folding case can bring compatibility letters and these capitals: two rounds reach the form that stays.
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", match[0]).casefold()).casefold()
    kept = "".join(char for char in text if unicodedata.category(char) not in _DROPPED and char not in _APOSTROPHES)
    return unicodedata.normalize("NFC", kept)


# --- names --------------------------------------------------------------------------------------------------------------


def name_tokens(names: Iterable[str], *, person: bool) -> str:
    """Return all ways in which something is written as one line of tokens: " kim ji na | keykim9ci9na ".

    Blanks between runs of hangul are dropped, since Korean bodies are written with and without them. With `person` the keys of each
    name stand beside it. The line is empty where no name has a letter or digit.
    """
    found: dict[str, None] = {}
    for name in names:
        found |= dict.fromkeys(_of_name(name, person=person))
    return _line(found)


def merge_name_tokens(one: str, other: str) -> str:
    """Return the line that holds the names of both lines of `name_tokens`, each once, those of `one` first."""
    return _line(dict.fromkeys(name for line in (one, other) for name in line.strip().split(_BETWEEN_NAMES) if name))


def _line(names: Iterable[str]) -> str:
    joined = _BETWEEN_NAMES.join(names)
    return f" {joined} " if joined else ""


@lru_cache(maxsize=1 << 14)
def _of_name(name: str, *, person: bool) -> tuple[str, ...]:
    written = " ".join(tokens(_LETTERS_APART.sub("", name)))
    return ((written,) if written else ()) + (key_tokens(name) if person else ())


def key_tokens(name: str, *, syllables: int = 0) -> tuple[str, ...]:
    """Return the keys of a person's name as tokens; with `syllables`, only of readings as a Korean name of so many or more.

    A name of a single word that is not Korean has none: its key says too little.
    """
    kept = (key for key in name_keys(name) if (key.count(".") >= syllables if key.startswith(".") else not syllables and " " in key))
    return tuple(dict.fromkeys("key" + _KEY_SIGN.sub(_key_sign, key) for key in kept))


_KEY_SIGN = re.compile(r"[^a-z0-9가-힣]")


def _key_sign(match: re.Match[str]) -> str:
    return _spell(match[0]) if match[0].isalnum() else "9"


def name_query(words: str) -> NameQuery:
    """Return what the names of a term must hold to be meant by these words: the words next to each other, or a key of them as a person's name.

    Raises ValueError for words without any letter or digit.
    """
    phrase = _phrase(_LETTERS_APART.sub("", words))
    if phrase is None:
        raise ValueError(f"{words!r} has no letter or digit: write a name or an id")
    written = " " + " ".join(phrase.tokens) + ("" if phrase.open else " ")
    return NameQuery((written, *(f" {key} " for key in key_tokens(words))))


# --- queries ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    """One word or phrase of a query, as it is written; `joined` tells that "or" stands before it."""

    text: str
    excluded: bool
    quoted: bool
    joined: bool
    phrase: Phrase


def parse_words(q: str) -> Words:
    """Return what a query means.

    All words must be there, in any order and form: `stolen funds`. Quotes keep words together: `"stolen funds"`. A hyphen before a word or
    phrase leaves out what has it: `-bybit`. "or" between two means either: `bank or exchange`. Every other sign parts words. Two or three
    words that can be the name of a Korean person also find their other spellings, unless they are in quotes.

    Raises ValueError, which says what to change, for a query without any word, one with an unclosed quote or an "or" that joins nothing,
    one that only leaves out, and one that is too long.
    """
    if len(q) > MOST_LETTERS_OF_QUERY:
        raise ValueError(f"the query has {len(q)} characters: use at most {MOST_LETTERS_OF_QUERY}")
    text = q.translate(_QUOTES).replace("＂", '"')
    if text.count('"') % 2:
        raise ValueError('a quote is opened and not closed: add the second ", or leave the first one out')
    asked = _read(text)
    if not asked:
        raise ValueError(f"{q!r} has no letter or digit: write at least one word")
    if len(asked) > MOST_TERMS:
        raise ValueError(f"the query has {len(asked)} words: use at most {MOST_TERMS}, or put words that belong together in quotes")
    if all(item.excluded for item in asked):
        raise ValueError("the query only leaves out: write at least one word without a hyphen before it")
    return Words(_groups(asked), tuple(item.phrase for item in asked if item.excluded))


def _read(text: str) -> list[_Asked]:
    """Return the words and phrases of a query; what has no letter or digit is none."""
    found: list[_Asked] = []
    either = False
    for match in _ASKED.finditer(text):
        word = match["word"]
        if word is not None and word.lower() == "or":
            if either or not found:
                raise ValueError('"or" stands between two words: write a word before and after it, or put it in quotes')
            either = True
            continue
        excluded = bool(match["minus"]) if word is None else word.startswith("-")
        written: str = match["phrase"] if word is None else word.removeprefix("-")
        phrase = _phrase(written)
        if phrase is None:
            continue
        if either and (excluded or found[-1].excluded):
            raise ValueError('"or" cannot stand beside what is left out: write the words to leave out at the end, without "or"')
        found.append(_Asked(written, excluded, quoted=word is None, joined=either, phrase=phrase))
        either = False
    if either:
        raise ValueError('"or" stands between two words: write a word after it, or put it in quotes')
    return found


def _phrase(text: str) -> Phrase | None:
    """Return the tokens that a text must have next to each other to hold these words; None for words without any.

    The last run of hangul may go on, since particles follow it; the others must end where they end.
    """
    runs = list(_PIECE.finditer(_fold(text)))
    if not runs:
        return None
    *before, last = (_tokens_of(run.lastgroup, run[0]) for run in runs)
    hangul = runs[-1].lastgroup == "hangul"
    goes_on = hangul and len(last) > 1
    return Phrase((*chain.from_iterable(before), *(last[:-1] if goes_on else last)), open=hangul and not goes_on)


def _groups(asked: Sequence[_Asked]) -> tuple[tuple[Phrase, ...], ...]:
    """Return the phrases of which one each must be there: those that "or" joins, and the keys of the names that they belong to."""
    wanted = [item for item in asked if not item.excluded]
    keys = _keys_of_names(wanted)
    groups: list[list[Phrase]] = []
    for item, other_spellings in zip(wanted, keys, strict=True):
        if not item.joined:
            groups.append([])
        groups[-1] += [item.phrase, *(Phrase((key,)) for key in other_spellings)]
    return tuple(tuple(dict.fromkeys(group)) for group in groups)


def _keys_of_names(wanted: Sequence[_Asked]) -> list[list[str]]:
    """Return for each word the keys of the persons' names that it may be part of."""
    keys: list[list[str]] = [[] for _ in wanted]
    for start in range(len(wanted)):
        name, found = next(_names_at(wanted, start), ((), ()))
        for place in range(start, start + len(name)):
            keys[place] += found
    return keys


def _names_at(wanted: Sequence[_Asked], start: int) -> Iterator[tuple[Sequence[_Asked], tuple[str, ...]]]:
    """Give the names that begin at a word, with their keys, the shortest first: more words would make it another name."""
    for end in range(start + 1, min(start + _MOST_WORDS_OF_NAME, len(wanted)) + 1):
        words = wanted[start:end]
        if any(item.quoted for item in words) or any(item.joined for item in words[1:]):
            return
        if found := key_tokens(" ".join(item.text for item in words), syllables=_LEAST_SYLLABLES):
            yield words, found
