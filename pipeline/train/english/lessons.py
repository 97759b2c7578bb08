"""What one step of training reads: windows with the answers of the heads, packed into batches.

Two kinds of lesson: names (from `Example`s) and trees (from treebank documents). A batch is of one kind, so that no
head is asked where nothing is known.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.tag.encoder.lemmas import lemma_rule
from pipeline.text.pieces import Batch, PieceCutter, Window, stack
from pipeline.train.english.examples import ANY, Example, Tree

__all__ = ["UNKNOWN", "Classes", "NameLesson", "TreeLesson", "deal", "name_lessons", "pad", "tree_lessons"]

UNKNOWN = -100
"""Answer that is not asked for, the value that torch's losses leave out."""
_RARE = 3
"""A class seen fewer times is no class: the head could not learn it."""
_LENGTHS = (40, 80, 126)
"""Pieces of a window of sentences: texts come in short lines and in long paragraphs."""


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes of the treebank's heads, by number."""

    tags: tuple[str, ...]
    lemmas: tuple[str, ...]
    deps: tuple[str, ...]

    @classmethod
    def of(cls, trees: Iterable[Tree]) -> Classes:
        """Collect the classes of a treebank. A tag class is "TAG POS", since one tag ("IN") covers several parts of speech."""
        tags: Counter[str] = Counter()
        lemmas: Counter[str] = Counter()
        deps: Counter[str] = Counter()
        for tree in trees:
            tags.update(f"{tag} {pos}" for tag, pos in zip(tree.tags, tree.pos, strict=True))
            lemmas.update(lemma_rule(word, lemma) for word, lemma in zip(tree.words, tree.lemmas, strict=True))
            deps.update(tree.deps)
        return cls(*(tuple(sorted(name for name, times in counts.items() if times >= _RARE)) for counts in (tags, lemmas, deps)))


@dataclass(frozen=True, slots=True)
class NameLesson:
    """A window and the tags that each of its words may bear, as bits."""

    window: Window
    allowed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TreeLesson:
    """A window of whole sentences; answers by word. `heads` counts words from 1, 0 is the root."""

    window: Window
    starts: tuple[int, ...]
    tags: tuple[int, ...]
    lemmas: tuple[int, ...]
    heads: tuple[int, ...]
    deps: tuple[int, ...]


Lesson = NameLesson | TreeLesson
Ints = npt.NDArray[np.int64]


def name_lessons(examples: Iterable[Example], cutter: PieceCutter) -> Iterator[NameLesson]:
    """Yield the lessons of examples; one longer than a window is cut."""
    for example in examples:
        for window in cutter.windows(example.words):
            allowed = example.allowed[window.offset : window.offset + len(window.firsts)]
            if any(bits != ANY for bits in allowed):
                yield NameLesson(window, allowed)


def tree_lessons(documents: Iterable[Sequence[Tree]], cutter: PieceCutter, classes: Classes, rng: random.Random) -> Iterator[TreeLesson]:
    """Yield windows of consecutive sentences, cut anew at each call; a sentence longer than any window is left out."""
    tags, lemmas, deps = ({name: place for place, name in enumerate(names)} for names in (classes.tags, classes.lemmas, classes.deps))
    for document in documents:
        some: list[Tree] = []
        size, longest = 0, rng.choice(_LENGTHS)
        for tree in document:
            length = sum(len(cutter.word(word)[0]) for word in tree.words)
            if some and size + length > longest:
                yield _tree_lesson(some, cutter, tags, lemmas, deps)
                some, size, longest = [], 0, rng.choice(_LENGTHS)
            if length <= _LENGTHS[-1]:
                some.append(tree)
                size += length
        if some:
            yield _tree_lesson(some, cutter, tags, lemmas, deps)


def _tree_lesson(
    trees: Sequence[Tree], cutter: PieceCutter, tags: dict[str, int], lemmas: dict[str, int], deps: dict[str, int]
) -> TreeLesson:
    starts: list[int] = []
    heads: list[int] = []
    for tree in trees:
        before = len(heads)
        starts += [1] + [0] * (len(tree.words) - 1)
        heads += [0 if head < 0 else head + 1 + before for head in tree.heads]
    words = [word for tree in trees for word in tree.words]
    return TreeLesson(
        cutter.window([cutter.word(word) for word in words]),
        tuple(starts),
        tuple(tags.get(f"{tag} {pos}", UNKNOWN) for tree in trees for tag, pos in zip(tree.tags, tree.pos, strict=True)),
        tuple(lemmas.get(lemma_rule(word, lemma), UNKNOWN) for tree in trees for word, lemma in zip(tree.words, tree.lemmas, strict=True)),
        tuple(heads),
        tuple(deps.get(dep, UNKNOWN) for tree in trees for dep in tree.deps),
    )


def deal(lessons: Sequence[Lesson], most: int, rng: random.Random) -> list[tuple[Batch, list[Lesson]]]:
    """Return all lessons in batches of one kind and of about equal length, at most `most` pieces each, in random order."""
    dealt: list[tuple[Batch, list[Lesson]]] = []
    for kind in (NameLesson, TreeLesson):
        mine = [lesson for lesson in lessons if isinstance(lesson, kind)]
        rng.shuffle(mine)
        for begin in range(0, len(mine), 600):
            some = sorted(mine[begin : begin + 600], key=lambda lesson: len(lesson.window))
            while some:
                size = 1
                while size < len(some) and (size + 1) * len(some[size].window) <= most:
                    size += 1
                group, some = some[:size], some[size:]
                dealt.append((stack([lesson.window for lesson in group], range(size)), group))
    rng.shuffle(dealt)
    return dealt


def pad(rows: Sequence[Sequence[int]], empty: int) -> Ints:
    """Put rows of different length into one array, (rows, longest)."""
    array = np.full((len(rows), max(map(len, rows))), empty, np.int64)
    for place, row in enumerate(rows):
        array[place, : len(row)] = row
    return array
