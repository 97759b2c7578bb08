"""What the tag components read and pass on: the text with its words, and names found in it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from models.records import Span
from models.vocabulary import Label

__all__ = ["Found", "Reading", "Word", "split_words", "with_known"]


class Word(NamedTuple):
    """One token with its place in the text; a tuple, since a text makes thousands of them."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """A name found by a rule, not yet tied to an entity.

    `ids` are the entities of the knowledge base that bear the name, none where it is unknown there; `weight` decides
    between overlapping finds before their length does.
    """

    start: int
    end: int
    label: Label
    rule: str
    ids: tuple[str, ...] = ()
    weight: int = 0


def with_known(finds: Iterable[Found], known: Iterable[Found]) -> list[Found]:
    """Return the finds, persons among them tied to what is known of them.

    A person found by a rule where the knowledge base already knows one is dropped; a longer one takes over its ids.
    """
    people = sorted((one.start, one.end, one.ids) for one in known if one.label is Label.PERSON and one.ids)
    starts = [start for start, _, _ in people]
    kept = []
    for found in finds:
        if found.label is Label.PERSON and not found.ids:
            inside = people[bisect_left(starts, found.start) : bisect_left(starts, found.end)]
            around = people[max(0, bisect_right(starts, found.start) - 1) : bisect_right(starts, found.start)]
            if any(start <= found.start and found.end <= end for start, end, _ in around):
                continue
            found = replace(found, ids=next((ids for _, end, ids in inside if end <= found.end), ()))
        kept.append(found)
    return kept


@dataclass(frozen=True, slots=True)
class Reading:
    """One article as the rules see it."""

    text: str
    lang: str
    words: tuple[Word, ...]
    sentences: tuple[tuple[int, int], ...]
    furniture: tuple[tuple[int, int], ...] = ()
    published: date | None = None
    dateline: Span | None = None
    starts: tuple[int, ...] = field(default=())

    def word_at(self, offset: int) -> int:
        """Return the index of the first word that ends after `offset`; the number of words where none does."""
        index = bisect_right(self.starts, offset) - 1
        return index if index >= 0 and self.words[index].end > offset else index + 1

    def sentence_at(self, offset: int) -> tuple[int, int]:
        """Return the sentence that holds `offset`, or else the one before it; the whole text where there is none."""
        index = bisect_right(self.sentences, (offset, len(self.text) + 1)) - 1
        if index < 0:
            return self.sentences[0] if self.sentences else (0, len(self.text))
        return self.sentences[index]

    def in_furniture(self, start: int, end: int) -> bool:
        """Tell whether the range touches a part of the text that is not of the story."""
        return any(left < end and start < right for left, right in self.furniture)

    def starts_sentence(self, offset: int) -> bool:
        """Tell whether only white space, quotation marks or brackets lie between the start of the sentence and `offset`."""
        index = bisect_left(self.sentences, (offset + 1, 0)) - 1
        return index >= 0 and not re.search(r"[^\W_]", self.text[self.sentences[index][0] : offset])


_ENGLISH_WORD = re.compile(
    r"""
    (?:[A-Za-z]\.){2,}                                  # U.S.  D.P.R.K.
    | (?:[NS])\.(?=[ ]Korea)                            # N. Korea
    | \d+(?:[.,:]\d+)*(?:-\w+)*(?:[A-Za-z]\w*)?           # numbers, 38-year-old
    | [^\W\d_][a-z]+(?=[NS]\.?[ ]Korea)                  # a word that a lost line break glued to the next
    | (?:[A-Z]['’](?=[A-Z]))?[^\W\d_]\w*(?:(?:[&@]|[-‐‑–](?=\w)(?!(?:[A-Z]\.){2}))\w+)*            # words, hyphened too
    | [^\w\s]                                           # one mark
    | _+
    """,
    re.VERBOSE,
)
_KOREAN_WORD = re.compile(r"[가-힣]+|[一-鿿]+|[A-Za-z]+(?:[-&.][A-Za-z]+)*|\d+(?:[.,]\d+)*|[^\w\s]|\w")
_HYPHEN = re.compile(r"[-‐‑–]")
_POSSESSIVE = re.compile(r"(?<=\w)['’][sS]\b")


_LONGEST_SYLLABLE = 6
"""Letters of the longest syllable of a Korean given name ("Nam-jung"); longer words after a hyphen are no part of a name."""


def split_words(text: str, lang: str, *, hyphen_words: frozenset[str] = frozenset(), heads: frozenset[str] = frozenset()) -> list[Word]:
    """Cut a text into words and marks; white space belongs to none; offsets are those of the text.

    English words with a hyphen stay whole ("Byung-kee") unless the part before is one of `heads` (last words of
    place names, for "South Korea-Japan") or the part after one of `hyphen_words` ("Seoul-based").
    """
    if lang == "ko":
        return [Word(match.start(), match.end(), match.group()) for match in _KOREAN_WORD.finditer(text)]
    words: list[Word] = []
    for match in _ENGLISH_WORD.finditer(text):
        token = match.group()
        if len(token) > 1 and _HYPHEN.search(token) and not token[0].isdigit():
            words.extend(_split_hyphened(match.start(), token, hyphen_words, heads))
        else:
            words.append(Word(match.start(), match.end(), token))
    return words


def _split_hyphened(start: int, token: str, hyphen_words: frozenset[str], heads: frozenset[str]) -> list[Word]:
    pieces = _HYPHEN.split(token)
    cuts: list[int] = []
    position = 0
    for left, right in pairwise(pieces):
        position += len(left)
        if right.lower() in hyphen_words or right in heads or (left in heads and (right[:1].isupper() or len(right) > _LONGEST_SYLLABLE)):
            cuts.append(position)
        position += 1
    words: list[Word] = []
    begin = 0
    for cut in cuts:
        if cut > begin:
            words.append(Word(start + begin, start + cut, token[begin:cut]))
        words.append(Word(start + cut, start + cut + 1, token[cut]))
        begin = cut + 1
    if begin < len(token):
        words.append(Word(start + begin, start + len(token), token[begin:]))
    return words
