"""From words to what the network reads: word pieces, the shape of each word, windows of bounded length, batches.

The encoder knows no capitals, so each piece carries the shape of the word it comes from. A window is a run of words
of one line, since a line break ends a paragraph; windows are sorted by length before they are batched, so that little
is computed for padding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

__all__ = ["BATCH_PIECES", "SHAPES", "WINDOW_PIECES", "Batch", "PieceCutter", "Window", "batches", "word_shape"]

Ints = npt.NDArray[np.int64]

WINDOW_PIECES = 94
"""Longest window without its two border pieces: more context gains nothing measurable and attention costs its square."""
BATCH_PIECES = 256
"""Pieces of one batch, padding included: what stays in the cache of one core; more are slower."""
_UNEVEN = 1.4
"""How many times as long as its shortest window the longest of a batch may be: padding costs more than a further batch."""
SHAPES = 10
_LONGEST_WORD = 12
"""Pieces of one word that are read: addresses and rows of letters say nothing more after that."""
_REMEMBERED = 200_000
"""Words whose pieces are kept; about 40 MB when full."""
_FOLD = str.maketrans({"’": "'", "‘": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "‑": "-", "‐": "-", "…": "."})
_SENTENCE_END = frozenset(".!?\"'”’")


def word_shape(word: str) -> int:
    """Return the class of a word's case and signs, 1 to 9; 0 is for the borders of a window."""
    if word.isdigit():
        return 1
    if any(char.isdigit() for char in word):
        return 2
    if not any(char.isalpha() for char in word):
        return 3
    if word.islower():
        return 4
    if len(word) == 1 and word.isupper():
        return 5
    if word.isupper():
        return 6
    if word[0].isupper():
        return 7 if word[1:].islower() else 8
    return 9


@dataclass(frozen=True, slots=True)
class Window:
    """A run of words as the network reads them.

    `pieces` and `shapes` have one number for each piece, borders included; `firsts` the place of each word's first piece.
    `owner` and `offset` say whose words they are: number of the text, and of its word that comes first.
    """

    pieces: tuple[int, ...]
    shapes: tuple[int, ...]
    firsts: tuple[int, ...]
    owner: int = 0
    offset: int = 0

    def __len__(self) -> int:
        return len(self.pieces)


class PieceCutter:
    """Cuts words into pieces and runs of words into windows."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: dict[str, tuple[tuple[int, ...], int]] = {}
        self._begin, self._end, self.unknown = (int(tokenizer.token_to_id(piece) or 0) for piece in ("[CLS]", "[SEP]", "[UNK]"))

    @classmethod
    def load(cls, path: Path) -> PieceCutter:
        """Read a tokenizer file; the errors of the tokenizers library pass through."""
        tokenizer = Tokenizer.from_file(str(path))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return cls(tokenizer)

    @property
    def size(self) -> int:
        """Number of different pieces."""
        return int(self._tokenizer.get_vocab_size())

    def word(self, word: str) -> tuple[tuple[int, ...], int]:
        """Return the pieces of a word, at least one and at most twelve, and its shape."""
        known = self._known.get(word)
        if known is None:
            pieces = self._tokenizer.encode(word[:200].translate(_FOLD), add_special_tokens=False).ids[:_LONGEST_WORD]
            known = (tuple(pieces) or (self.unknown,), word_shape(word))
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[word] = known
        return known

    def windows(
        self,
        words: Sequence[str],
        *,
        begins: Sequence[bool] | npt.NDArray[np.bool_] | None = None,
        owner: int = 0,
        offset: int = 0,
        longest: int = WINDOW_PIECES,
    ) -> Iterator[Window]:
        """Cut one line into windows, after the end of a sentence where one is near.

        `begins` tells which words begin a sentence; without it, marks at the ends of words do. `longest` is at least twelve.
        """
        known = [self.word(word) for word in words]
        start = 0
        while start < len(words):
            end, size, good = start, 0, start
            while end < len(words) and size + len(known[end][0]) <= longest:
                size += len(known[end][0])
                end += 1
                if words[end - 1][-1] in _SENTENCE_END if begins is None else end < len(words) and begins[end]:
                    good = end
            if end < len(words) and good > start:
                end = good
            yield self.window(known[start:end], owner=owner, offset=offset + start)
            start = end

    def window(self, known: Sequence[tuple[tuple[int, ...], int]], *, owner: int = 0, offset: int = 0) -> Window:
        """Put the pieces of words, as `word` gives them, into one window, whatever its length."""
        pieces, shapes, firsts = [self._begin], [0], []
        for ids, shape in known:
            firsts.append(len(pieces))
            pieces.extend(ids)
            shapes.extend([shape] * len(ids))
        return Window((*pieces, self._end), (*shapes, 0), tuple(firsts), owner, offset)


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows side by side, padded with zeros: `pieces` and `shapes` are (windows, pieces), `firsts` is (windows, words).

    No word begins at piece 0, the border, so that 0 in `firsts` is padding.
    """

    windows: tuple[int, ...]
    pieces: Ints
    shapes: Ints
    firsts: Ints


def batches(windows: Sequence[Window], *, most: int = BATCH_PIECES) -> Iterator[Batch]:
    """Yield the windows in batches of at most `most` pieces, shortest first; each holds at least one window."""
    order = sorted(range(len(windows)), key=lambda place: len(windows[place]))
    begin = 0
    while begin < len(order):
        end = begin + 1
        longest = _UNEVEN * len(windows[order[begin]])
        while end < len(order) and (size := len(windows[order[end]])) <= longest and (end - begin + 1) * size <= most:
            end += 1
        yield stack(windows, order[begin:end])
        begin = end


def stack(windows: Sequence[Window], places: Sequence[int]) -> Batch:
    """Put some of the windows into one batch."""
    some = [windows[place] for place in places]
    longest = max(len(window) for window in some)
    pieces, shapes = np.zeros((2, len(some), longest), np.int64)
    firsts = np.zeros((len(some), max(len(window.firsts) for window in some)), np.int64)
    for row, window in enumerate(some):
        pieces[row, : len(window)] = window.pieces
        shapes[row, : len(window)] = window.shapes
        firsts[row, : len(window.firsts)] = window.firsts
    return Batch(tuple(places), pieces, shapes, firsts)
