"""One article as the rules read it: sentences of words, with mentions, clause borders, quotations and the parse.

Quotation marks and hyphens are no words, so that "test-fired" matches "test fired" and curly quotes change nothing.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from models.records import Article, Cut, Linking, Mention, Tagging
from pipeline.events.parse import Parse, read_parse

__all__ = ["Reading", "Sentence", "Word", "find_cuts", "inside", "read_article"]

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'"})
_MAX_WORDS = 150
"""Words of the longest sentence that is read as one; real sentences of news have fewer than a hundred."""
_FEWEST_WORDS = 5
"""Words beside page furniture that may be a clause; a dateline has fewer."""
_SILENT = frozenset('"“”„«»-‐‑『』「」《》〈〉') | {"''", "``", "'", "“", "”"}


@dataclass(frozen=True, slots=True)
class Word:
    """One word; `norm` is lower case with straight apostrophes, `text` the form as written, `token` its index in the tagging."""

    start: int
    end: int
    text: str
    norm: str
    token: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, or a piece of an endless one.

    `index` is its place in the reading, `mentions[i]` the mention of which word i is a part, `clause[i]` the number of its clause.
    `parse` is None where the tokens were not parsed.
    """

    index: int
    start: int
    end: int
    words: tuple[Word, ...]
    mentions: tuple[Mention | None, ...]
    clause: tuple[int, ...]
    parse: Parse | None = None

    def word_at(self, offset: int) -> int:
        """Return the index of the word at or after a character offset."""
        return bisect.bisect_left(self.words, offset + 1, key=lambda word: word.end)


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything the rules know of one article before they look for events."""

    article: Article
    tagging: Tagging
    mentions: tuple[Mention, ...]
    sentences: tuple[Sentence, ...]
    lead: int
    """Character offset at which the opening part of the story ends."""

    def mentions_in(self, start: int, end: int) -> tuple[Mention, ...]:
        """Return the mentions that begin in `start:end`."""
        first = bisect.bisect_left(self.mentions, start, key=lambda mention: mention.start)
        last = bisect.bisect_left(self.mentions, end, key=lambda mention: mention.start)
        return self.mentions[first:last]


def inside(ranges: tuple[tuple[int, int], ...], start: int, end: int) -> bool:
    """Tell whether `start:end` touches one of the ranges."""
    return any(start < right and left < end for left, right in ranges)


def read_article(
    article: Article, tagging: Tagging, linking: Linking, *, borders: Callable[[tuple[Word, ...]], tuple[int, ...]]
) -> Reading:
    """Arrange tokens and mentions by sentence; page furniture is left out. `borders` numbers the clauses of a sentence."""
    mentions = tuple(sorted(linking.mentions, key=lambda mention: (mention.start, -mention.end)))
    tokens, here = tagging.tokens, 0
    sentences: list[Sentence] = []
    for start, end, words in _sentence_words(tagging):
        while here < len(mentions) and mentions[here].end <= start:
            here += 1
        for piece in (piece for run in _runs(words, article, start, end) for piece in _pieces(run)):
            left, right = (start, end) if len(piece) == len(words) else (piece[0].start, piece[-1].end)
            parse = read_parse(tuple(word.token for word in piece), tokens)
            sentences.append(Sentence(len(sentences), left, right, piece, _mentions_of(piece, mentions, here), borders(piece), parse))
    return Reading(article, tagging, mentions, tuple(sentences), _lead_end(article, tuple(sentences)))


def find_cuts(article: Article, tagging: Tagging) -> tuple[Cut, ...]:
    """Return the sentences that are read in pieces, in order of the text."""
    return tuple(
        Cut(run[0].start, run[-1].end, len(run), len(_pieces(run)))
        for start, end, words in _sentence_words(tagging)
        if len(words) > _MAX_WORDS
        for run in _runs(words, article, start, end)
        if len(run) > _MAX_WORDS
    )


def _sentence_words(tagging: Tagging) -> Iterator[tuple[int, int, list[Word]]]:
    """Yield start, end and words of each sentence."""
    tokens, cursor = tagging.tokens, 0
    for start, end in tagging.sentences:
        words = []
        while cursor < len(tokens) and tokens[cursor].start < end:
            token = tokens[cursor]
            cursor += 1
            norm = token.text.translate(_APOSTROPHES).lower()
            if token.start >= start and norm.strip() and norm not in _SILENT:
                words.append(Word(token.start, token.end, token.text, norm, cursor - 1))
        yield start, end, words


def _runs(words: list[Word], article: Article, start: int, end: int) -> list[tuple[Word, ...]]:
    return _outside(words, article.furniture) if inside(article.furniture, start, end) else [tuple(words)]


def _outside(words: list[Word], furniture: tuple[tuple[int, int], ...]) -> list[tuple[Word, ...]]:
    """Return what a sentence says around page furniture, such as a dateline; what is left of it in a few words says nothing."""
    runs: list[list[Word]] = [[]]
    for word in words:
        if not inside(furniture, word.start, word.end):
            runs[-1].append(word)
        elif runs[-1]:
            runs.append([])
    return [tuple(run) for run in runs if len(run) >= _FEWEST_WORDS]


def _pieces(words: tuple[Word, ...]) -> list[tuple[Word, ...]]:
    """Cut what is too long to be a sentence, such as a table, so that work stays in step with the length of the text."""
    return [words[start : start + _MAX_WORDS] for start in range(0, max(1, len(words)), _MAX_WORDS)]


def _mentions_of(words: tuple[Word, ...], mentions: tuple[Mention, ...], cursor: int) -> tuple[Mention | None, ...]:
    found: list[Mention | None] = []
    for word in words:
        while cursor < len(mentions) and mentions[cursor].end <= word.start:
            cursor += 1
        inside_it = cursor < len(mentions) and mentions[cursor].start < word.end
        found.append(mentions[cursor] if inside_it else None)
    return tuple(found)


def _lead_end(article: Article, sentences: tuple[Sentence, ...]) -> int:
    """Return the end of the opening: three sentences, or a quarter of the text where that is more."""
    if not sentences:
        return 0
    third = sentences[min(2, len(sentences) - 1)].end
    return max(third, len(article.text) // 4)
