"""A sentence as SVG: its words in lines, and arcs above them from the trigger to everything that was found in it, labelled with roles.

The width of a letter is not known before a browser draws it; so every run of letters is drawn with the length that was reckoned for it
(`textLength`), and marks and arcs stand where they belong in any font.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from itertools import pairwise

from pipeline.cli.explain_picture import Mark

__all__ = ["draw_arcs"]

_SIZE = 17
"""Height of the letters, in pixels; labels are smaller."""
_LABEL_SIZE = 11.5
_LEVEL = 19
"""Height of a level of arcs."""
_BELOW = 16
"""Room below the letters of a line."""
_MARGIN = 4
_WIDTHS = (("iljI.,;:'’‘|!·", 0.28), ('ftr()[]-/ \u00a0"“”', 0.36), ("mwMW@%—…", 0.86), ("sczJ", 0.48))
_PART = re.compile(r"\s+|\S+")


@dataclass(frozen=True, slots=True)
class _Run:
    """Letters `start:end` of the sentence that are under the same marks, at `x` of their line and `width` long, in pixels."""

    start: int
    end: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class _Arc:
    """A part of an arc in one line: from `left` to `right`, going down at the ends that `drops` names; `level` counts from the words."""

    kind: str
    label: str
    left: float
    right: float
    drops: str
    arrow: str
    middle: float
    """Where the middle of its label stands."""
    level: int = 0


@dataclass(slots=True)
class _Line:
    """One line of the picture; `spans` are the pixels of each mark that has a part in it."""

    runs: list[_Run] = field(default_factory=list)
    spans: dict[int, tuple[float, float]] = field(default_factory=dict)
    arcs: list[_Arc] = field(default_factory=list)
    width: float = 0.0


def draw_arcs(sentence: str, marks: Sequence[Mark], *, width: int, title: str, css_class: str) -> str:
    """Return one `<svg>` of `width` pixels; `title` is what is read out instead of it. One of the marks must be of kind "trigger"."""
    lines = _lay_out(sentence, marks, width - 2 * _MARGIN)
    _join(lines, marks, width - 2 * _MARGIN)
    body, top = [], 0.0
    for line in lines:
        levels = max((arc.level + 1 for arc in line.arcs), default=0)
        base = top + levels * _LEVEL + _SIZE + 6
        body += [_arc(arc, base - _SIZE - 3) for arc in line.arcs]
        body += [_label(arc, base - _SIZE - 3) for arc in line.arcs]
        body += _words(line, sentence, marks, base)
        top = base + _BELOW
    inner = "".join(body)
    head = f'<svg class="{css_class}" role="img" width="{width}" height="{top:.0f}" viewBox="{-_MARGIN} 0 {width} {top:.0f}"'
    return f'{head} font-size="{_SIZE}" aria-label="{escape(title)}">{inner}</svg>'


# --- words ---


def _lay_out(sentence: str, marks: Sequence[Mark], width: float) -> list[_Line]:
    """Break the sentence into lines, and each word into runs at the borders of marks."""
    borders = sorted({border for mark in marks for border in (mark.start, mark.end)})
    lines, x, gap = [_Line()], 0.0, 0.0
    for start, end in _parts(sentence, width):
        if sentence[start:end].isspace():
            gap = _measure(" ")
            continue
        room = _measure(sentence[start:end])
        if x > 0 and x + gap + room > width:
            lines.append(_Line())
            x = gap = 0.0
        x, gap = x + gap, 0.0
        cuts = [start, *(border for border in borders if start < border < end), end]
        for left, right in pairwise(cuts):
            run = _Run(left, right, x, _measure(sentence[left:right]))
            lines[-1].runs.append(run)
            x += run.width
        lines[-1].width = x
    for line in lines:
        for index, mark in enumerate(marks):
            held = [run for run in line.runs if mark.start <= run.start and run.end <= mark.end]
            if held:
                line.spans[index] = (held[0].x, held[-1].x + held[-1].width)
    return lines


def _parts(sentence: str, width: float) -> Iterator[tuple[int, int]]:
    """Yield words and the blanks between them; a word longer than a line comes in pieces."""
    for match in _PART.finditer(sentence):
        start = match.start()
        if not match.group().isspace():
            for place in range(match.start() + 1, match.end()):
                if _measure(sentence[start : place + 1]) > width:
                    yield start, place
                    start = place
        yield start, match.end()


def _measure(text: str) -> float:
    return sum(map(_width_of, text)) * _SIZE


def _width_of(char: str) -> float:
    """Return the width of a letter in widths of a square one; what joins with its neighbour has none."""
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0.0
    if unicodedata.east_asian_width(char) in {"W", "F"}:
        return 1.0
    known = next((width for letters, width in _WIDTHS if char in letters), None)
    return known if known is not None else 0.68 if char.isupper() else 0.55


def _words(line: _Line, sentence: str, marks: Sequence[Mark], base: float) -> Iterator[str]:
    for index, (left, right) in sorted(line.spans.items(), key=lambda item: item[1][0] - item[1][1]):
        box = f'x="{left - 2:.1f}" y="{base - _SIZE + 1:.1f}" width="{right - left + 4:.1f}" height="{_SIZE + 5}" rx="3"'
        yield f'<rect class="b {marks[index].kind}" {box}/>'
    for run in line.runs:
        over = [number for number, mark in enumerate(marks) if mark.start <= run.start and run.end <= mark.end]
        top = min(over, key=lambda number: marks[number].end - marks[number].start, default=None)
        classes = ' class="t"' if top is not None and marks[top].kind == "trigger" else ""
        data = f' data-marks="{" ".join(map(str, over))}"' if over else ""
        place = f'x="{run.x:.1f}" y="{base:.1f}" textLength="{run.width:.1f}" lengthAdjust="spacingAndGlyphs"'
        yield f"<text{classes}{data} {place}>{escape(sentence[run.start : run.end])}</text>"


# --- arcs ---


def _join(lines: Sequence[_Line], marks: Sequence[Mark], width: float) -> None:
    """Add the arcs from the trigger to all other marks, each in as many lines as it takes."""
    trigger = next(index for index, mark in enumerate(marks) if mark.kind == "trigger")
    home = next((number for number, line in enumerate(lines) if trigger in line.spans), None)
    if home is None:
        return
    ends = _ends(lines, marks, trigger, home)
    for index, (number, x, from_x) in ends.items():
        mark = marks[index]
        if number == home:
            left, right = sorted((x, from_x))
            side = "left" if x < from_x else "right"
            lines[home].arcs.append(_make_arc(mark, left, max(right, left + 6), "both", side, width))
        elif number < home:
            lines[home].arcs.append(_make_arc(mark, 0.0, from_x, "right", "none", width))
            lines[number].arcs.append(_make_arc(mark, x, width, "left", "left", width))
        else:
            lines[home].arcs.append(_make_arc(mark, from_x, width, "left", "none", width))
            lines[number].arcs.append(_make_arc(mark, 0.0, x, "right", "right", width))
    for line in lines:
        line.arcs = _stack(line.arcs)


def _make_arc(mark: Mark, left: float, right: float, drops: str, arrow: str, width: float) -> _Arc:
    half = _label_width(mark.label) / 2
    return _Arc(mark.kind, mark.label, left, right, drops, arrow, min(max((left + right) / 2, half), max(half, width - half)))


def _ends(lines: Sequence[_Line], marks: Sequence[Mark], trigger: int, home: int) -> dict[int, tuple[int, float, float]]:
    """Return for each mark but the trigger its line, the place on it, and the place on the trigger from which its arc goes.

    Arcs leave the trigger in an order in which none crosses another: of those to the left the longest furthest right, and the other way.
    """
    places: dict[int, tuple[int, float]] = {}
    for index in range(len(marks)):
        held = [number for number, line in enumerate(lines) if index in line.spans]
        if index == trigger or not held:
            continue
        number = home if home in held else held[0]
        left, right = lines[number].spans[index]
        same = sum(other in places and marks[other].start == marks[index].start for other in range(index))
        places[index] = number, min(right, (left + right) / 2 + 7 * same)
    left, right = lines[home].spans[trigger]
    middle = (left + right) / 2

    def goes_left(index: int) -> bool:
        number, x = places[index]
        return number < home or (number == home and x < middle)

    def length(index: int) -> tuple[int, float]:
        number, x = places[index]
        return abs(number - home), abs(x - middle)

    # What stands within the words of the trigger has its label over it.
    within = [index for index in places if marks[trigger].start <= marks[index].start and marks[index].end <= marks[trigger].end]
    found = {index: (*places[index], places[index][1]) for index in within}
    for side, first, step in ((True, left + 3, 1), (False, right - 3, -1)):
        chosen = sorted((index for index in places if index not in found and goes_left(index) is side), key=length)
        space = min(8.0, max(2.0, (right - left) / 2 - 3) / max(1, len(chosen)))
        for rank, index in enumerate(chosen):
            found[index] = (*places[index], first + step * rank * space)
    return found


def _stack(arcs: Iterable[_Arc]) -> list[_Arc]:
    """Give each arc a level: short ones near the words, none over another of its level; labels need room as well."""
    kept: list[_Arc] = []
    for arc in sorted(arcs, key=lambda arc: (arc.right - arc.left, arc.left)):
        left, right = _extent(arc)
        level = 0
        # A longer arc that holds a shorter one goes above it, so that no end of the shorter one cuts it.
        for held in kept:
            held_left, held_right = _extent(held)
            if held_left < right and left < held_right:
                level = max(level, held.level + 1)
        kept.append(replace(arc, level=level))
    return kept


def _extent(arc: _Arc) -> tuple[float, float]:
    half = _label_width(arc.label) / 2 + 4
    return min(arc.left, arc.middle - half), max(arc.right, arc.middle + half)


def _label_width(label: str) -> float:
    return sum(map(_width_of, label)) * _LABEL_SIZE


def _arc(arc: _Arc, floor: float) -> str:
    """Draw one arc; `floor` is the height at which it meets the words."""
    height = floor - 9 - arc.level * _LEVEL
    bend = min(6.0, (arc.right - arc.left) / 2)
    path = (
        f"M{arc.left:.1f} {floor:.1f}V{height + bend:.1f}q0 {-bend:.1f} {bend:.1f} {-bend:.1f}"
        if arc.drops != "right"
        else f"M{arc.left:.1f} {height:.1f}"
    )
    if arc.drops != "left":
        path += f"H{arc.right - bend:.1f}q{bend:.1f} 0 {bend:.1f} {bend:.1f}V{floor:.1f}"
    else:
        path += f"H{arc.right:.1f}"
    shape = f'<path class="a {arc.kind}" d="{path}"/>'
    if arc.arrow == "none":
        return shape
    x = arc.left if arc.arrow == "left" else arc.right
    return f'{shape}<path class="h {arc.kind}" d="M{x - 3.5:.1f} {floor - 5:.1f}h7l-3.5 6z"/>'


def _label(arc: _Arc, floor: float) -> str:
    """Draw the label of an arc: in the line, or on it where the label is longer than the arc."""
    height, half = floor - 9 - arc.level * _LEVEL, _label_width(arc.label) / 2
    base = height - 3 if arc.right - arc.left < 2 * half + 16 else height + 4
    place = f'x="{arc.middle - half:.1f}" y="{base:.1f}" textLength="{2 * half:.1f}" lengthAdjust="spacingAndGlyphs"'
    return f'<text class="r {arc.kind}" font-size="{_LABEL_SIZE}" {place}>{escape(arc.label)}</text>'
