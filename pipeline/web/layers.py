"""A text as pieces, each with all the layers that lie on it, and two texts as what is kept, added and removed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

from pipeline.store.search import ArticleView
from pipeline.text.printable import printable

__all__ = ["LAYERS", "Change", "LayerMark", "Piece", "compare_texts", "lay_marks", "marks_of"]

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Layer:
    """One kind of mark that is shown and hidden by its key."""

    name: str
    key: str
    title: str


LAYERS: tuple[Layer, ...] = (
    Layer("names", "n", "Names"),
    Layer("listed", "l", "Matches to lists"),
    Layer("uncertain", "u", "Uncertain names"),
    Layer("events", "v", "Events"),
    Layer("evidence", "s", "Sentences of events"),
    Layer("amounts", "a", "Amounts"),
    Layer("times", "t", "Times"),
    Layer("furniture", "b", "Not of the article"),
)
"""The layers in the order of the page, each with the key that toggles it."""


@dataclass(frozen=True, slots=True)
class LayerMark:
    """That a stretch of a text belongs to a layer; `look` tells apart what is in one layer, such as persons and bodies."""

    layer: str
    look: str
    title: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text under the same marks, with its place in the text: the classes of all of them, and what they say."""

    text: str
    start: int = 0
    classes: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of two texts: "same", "added" or "removed"; of long stretches that are the same only the ends are kept."""

    kind: str
    text: str


def marks_of(view: ArticleView) -> Iterator[LayerMark]:
    """Yield every mark of an article version, in no order."""
    listed = _matches(view)
    for row in view.mentions:
        who = " · ".join(str(part) for part in (row["label"].value, row["name"], row["role"], row["affiliation"]) if part)
        yield LayerMark("names", row["label"].value.lower(), f"{who}, {row['score']:.2f}, {row['maker']}", row["start"], row["end"])
        for link in listed.get(row["entity_id"], ()):
            title = f"{link['status'].value}: {link['entry']} {link['name']}, {link['score']:.2f}"
            yield LayerMark("listed", link["status"].value, title, row["start"], row["end"])
    for row in view.candidates:
        title = f"perhaps {row['label'].value}, {row['score']:.2f}: {row['reason'].value}"
        yield LayerMark("uncertain", row["label"].value.lower(), title, row["start"], row["end"])
    for row in view.event_mentions:
        kind = " ".join(part for part in (row["type"].value, row["subtype"]) if part)
        title = f"{kind}, {row['modality'].value}, {row['score']:.2f}"
        yield LayerMark("events", "trigger", title, row["trigger_start"], row["trigger_end"])
        yield LayerMark("evidence", "sentence", f"tells {kind}", row["evidence_start"], row["evidence_end"])
    for row in view.amounts:
        yield LayerMark("amounts", "amount", _amount_words(row), row["start"], row["end"])
    for row in view.times:
        days = " to ".join(dict.fromkeys(day for day in (row["resolved_start"], row["resolved_end"]) if day))
        yield LayerMark("times", "time", f"{days or 'no date'}, {row['precision'].value}", row["start"], row["end"])
    for start, end in view.version["furniture"]:
        yield LayerMark("furniture", "furniture", "not of the article: a caption, a byline, an advertisement", start, end)


def _matches(view: ArticleView) -> dict[str, list[Fields]]:
    found: dict[str, list[Fields]] = {}
    for link in view.links:
        found.setdefault(link["entity_id"], []).append(link)
    return found


def _amount_words(row: Fields) -> str:
    value = "value not known" if row["value"] is None else f"{row['value']:,.10g}"
    top = "" if row["value_max"] is None else f" to {row['value_max']:,.10g}"
    dollars = "" if row["usd"] is None else f" = US${row['usd']:,.0f} ({row['usd_basis']})"
    return f"{value}{top} {row['currency'] or ''} {row['bound'].value}{dollars}"


def lay_marks(text: str, marks: Iterable[LayerMark]) -> list[list[Piece]]:
    """Return the paragraphs of a text, each in pieces; together with the line breaks between them they are the text."""
    held = sorted((mark for mark in marks if 0 <= mark.start < mark.end <= len(text)), key=lambda mark: (mark.start, mark.end))
    shown = printable(text)
    breaks = {place for found in re.finditer("\n", text) for place in (found.start(), found.end())}
    borders = sorted({0, len(text), *breaks, *(border for mark in held for border in (mark.start, mark.end))})
    paragraphs: list[list[Piece]] = [[]]
    open_marks: list[LayerMark] = []
    coming = iter(held)
    following = next(coming, None)
    for start, end in pairwise(borders):
        open_marks = [mark for mark in open_marks if mark.end > start]
        while following is not None and following.start <= start:
            open_marks.append(following)
            following = next(coming, None)
        if text[start:end] == "\n":
            paragraphs.append([])
        else:
            paragraphs[-1].append(_piece(shown[start:end], start, open_marks))
    return [paragraph for paragraph in paragraphs if paragraph]


def _piece(text: str, start: int, marks: list[LayerMark]) -> Piece:
    classes = dict.fromkeys(name for mark in marks for name in (mark.layer, mark.look))
    return Piece(text, start, " ".join(classes), "; ".join(dict.fromkeys(printable(mark.title) for mark in marks)))


_KEPT = 160
"""Characters shown on each side of a change; what lies further from any is left out."""
_MOST_COMPARED = 4_000_000
"""Pairs of words compared in one stretch: beyond them, in texts without line breaks, the whole stretch counts as changed."""
_WORD = re.compile(r"\s+|[^\s]+")


def compare_texts(before: str, after: str) -> list[Change]:
    """Return what became of a text, word by word within the lines that differ."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    found: list[Change] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Change("same", "".join(old[a:b])))
        else:
            found += _compare_words("".join(old[a:b]), "".join(new[c:d]))
    return [Change(change.kind, "\n".join(map(printable, _shorten(change).split("\n")))) for change in found if change.text]


def _compare_words(before: str, after: str) -> Iterator[Change]:
    old, new = _WORD.findall(before), _WORD.findall(after)
    if len(old) * len(new) > _MOST_COMPARED:
        yield Change("removed", before)
        yield Change("added", after)
        return
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Change("same", "".join(old[a:b]))
        else:
            yield Change("removed", "".join(old[a:b]))
            yield Change("added", "".join(new[c:d]))


def _shorten(change: Change) -> str:
    if change.kind != "same" or len(change.text) <= 2 * _KEPT:
        return change.text
    return f"{change.text[:_KEPT]} […] {change.text[-_KEPT:]}"
