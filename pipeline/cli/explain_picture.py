"""A sentence with what was found in it marked under it, in cells of a terminal: Korean letters and emoji take two.

    Hackers stole $2 million from the exchange on Tuesday.
    └actor┘ └───┘trigger                       └──date──┘

Every mark stands in a row under its words, with its label in it or, where it is too narrow, behind it; marks that would touch get
rows of their own. A line that is wrapped carries its marks over.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from pipeline.text.printable import printable

__all__ = ["STYLES", "Mark", "draw"]

STYLES = {
    "trigger": "bold reverse",
    "actor": "bold yellow",
    "target": "bold cyan",
    "place": "green",
    "speaker": "blue",
    "date": "magenta",
    "amount": "bold magenta",
    "quantity": "magenta",
    "cue": "bold red",
}
"""How the words and labels of each kind of mark look where there are colours; the labels tell the same without."""
_NARROWEST = 16
_LEFT, _RIGHT, _BAR, _CUT = "└", "┘", "─", "…"


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark over characters `start:end` of the sentence; `kind` is a key of `STYLES`."""

    kind: str
    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """What of a mark stands in one line: `start:end` in cells, and whether it goes on to the left or right."""

    mark: Mark
    start: int
    end: int
    from_before: bool
    goes_on: bool


def draw(sentence: str, marks: Iterable[Mark], *, width: int) -> Text:
    """Return the sentence in lines of at most `width` cells, each with its marks in rows under it."""
    shown, ordered = printable(sentence), sorted(marks, key=lambda mark: (mark.start, -mark.end))
    rows: list[Text] = []
    for start, end in wrap(shown, max(width, _NARROWEST)):
        line = Text(shown[start:end])
        for mark in reversed(ordered):  # the shorter of two marks shows on top
            if mark.start < end and start < mark.end:
                line.stylize(STYLES[mark.kind], max(mark.start, start) - start, min(mark.end, end) - start)
        rows.append(line)
        pieces = [_piece(mark, shown, start, end) for mark in ordered if mark.start < end and start < mark.end]
        rows += _label_rows(pieces, width=max(width, _NARROWEST))
    return Text("\n").join(rows)


def wrap(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Yield the character ranges of lines of at most `width` cells, broken at blanks, or within a word that is longer than a line.

    The blanks at a break belong to no line.
    """
    start = 0
    while start < len(text):
        end = _fitting(text, start, width)
        if end < len(text) and not text[end].isspace():
            blank = text.rfind(" ", start + 1, end)
            end = blank if blank > start else end
        stripped = len(text[start:end].rstrip())
        yield start, start + max(stripped, 1)
        start = end
        while start < len(text) and text[start].isspace():
            start += 1


def _fitting(text: str, start: int, width: int) -> int:
    """Return where the longest stretch from `start` ends that fits; at least one character, and no mark parted from its letter."""
    low, high = start + 1, min(len(text), start + 2 * width + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if cell_len(text[start:middle]) <= width else (low, middle - 1)
    while (
        low < len(text)
        and low > start + 1
        and (unicodedata.combining(text[low]) or text[low] in "\u200d\ufe0f" or text[low - 1] == "\u200d")
    ):
        low -= 1
    return low


def _piece(mark: Mark, text: str, start: int, end: int) -> _Piece:
    left, right = max(mark.start, start), min(mark.end, end)
    first = cell_len(text[start:left])
    return _Piece(mark, first, max(first + 1, cell_len(text[start:right])), from_before=mark.start < start, goes_on=mark.end > end)


def _label_rows(pieces: Sequence[_Piece], *, width: int) -> list[Text]:
    """Put each piece into the first row where it touches no other."""
    rows: list[tuple[Text, int]] = []
    for piece in pieces:
        start, shape = _shape(piece, width)
        place = next((index for index, (_, used) in enumerate(rows) if used <= start), None)
        if place is None:
            rows.append((Text(), 0))
            place = len(rows) - 1
        row, _ = rows[place]
        row.append(" " * (start - row.cell_len)).append(shape, style=STYLES[piece.mark.kind].replace("reverse", "").strip())
        rows[place] = (row, row.cell_len + 1)
    return [row for row, _ in rows]


def _shape(piece: _Piece, width: int) -> tuple[int, str]:
    """Return where a piece begins and how it looks: "└─label─┘", or "└┘label" where the label is longer than the words.

    A label that does not fit behind its words stands before them.
    """
    room, label = piece.end - piece.start, piece.mark.label
    left, right = _CUT if piece.from_before else _LEFT, _CUT if piece.goes_on else _RIGHT
    if room >= len(label) + 2:
        return piece.start, f"{left}{label.center(room - 2, _BAR)}{right}"
    bracket = left + _BAR * (room - 2) + right if room > 1 else "╵"
    if piece.end + len(label) > width and len(label) <= piece.start:
        return piece.start - len(label), label + bracket
    return piece.start, bracket + label
