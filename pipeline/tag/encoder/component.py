"""The encoder as a spaCy component: tags, lemmas, trees, sentences, vectors, and names with their probabilities.

It writes what a trained spaCy pipeline would write, so that what comes after it reads either; names go to
`doc._.recognition`, since `doc.ents` can hold neither probabilities nor names that are in doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from spacy.strings import StringStore
from spacy.tokens import Doc

from models.records import Maker
from models.vocabulary import Label
from pipeline.tag.encoder.decode import best_heads, best_tags, softmax, spans_of, unlikely_spans
from pipeline.tag.encoder.lemmas import apply_lemma_rule
from pipeline.tag.encoder.network import EncoderNetwork, Scores
from pipeline.tag.recognition import Recognised, Recognition
from pipeline.text.pieces import Window

__all__ = ["Encoder"]

_WINDOWS = 1024
"""Windows whose scores are held at once; bounds the memory of a text of any length to about 300 MB."""
_MOST_VECTORS = 100_000
"""Words of a text up to which vectors are kept: 77 MB."""
_ATTRIBUTES: list[int | str] = ["HEAD", "DEP", "TAG", "POS", "LEMMA"]
_MOST_LEMMAS = 100_000
"""Lemmas that are remembered."""
_BIAS = 2.0
"""How much less likely "no name" is made to see what else might be one: names of about a tenth upwards come up."""


@dataclass(slots=True)
class _Ids:
    """The numbers that a vocabulary has for what the network says."""

    strings: StringStore
    tags: npt.NDArray[np.uint64]
    pos: npt.NDArray[np.uint64]
    deps: npt.NDArray[np.uint64]
    root: np.uint64
    rules: tuple[str, ...]
    lemmas: dict[tuple[str, int], int] = field(default_factory=dict)

    @classmethod
    def of(cls, network: EncoderNetwork, strings: StringStore) -> _Ids:
        """Add all names of classes to the vocabulary."""

        def numbers(names: Iterable[str]) -> npt.NDArray[np.uint64]:
            return np.array([strings.add(name) for name in names], np.uint64)

        tags, pos = zip(*network.tags, strict=True)
        return cls(strings, numbers(tags), numbers(pos), numbers(network.deps), np.uint64(strings.add("ROOT")), network.lemmas)

    def lemma(self, word: str, rule: int) -> int:
        """Return the number of the lemma that a rule makes of a word."""
        key = (word, rule)
        number = self.lemmas.get(key)
        if number is None:
            if len(self.lemmas) > _MOST_LEMMAS:
                self.lemmas.clear()
            number = self.lemmas[key] = self.strings.add(apply_lemma_rule(word, self.rules[rule]))
        return number


@dataclass(slots=True)
class _Pages:
    """One Doc while it is read: its words, and arrays by token."""

    doc: Doc
    ids: _Ids
    places: npt.NDArray[np.int64]
    """Token index of each word; white space is no word."""
    words: list[str]
    starts: list[int]
    """Offsets of the words."""
    ends: list[int]
    lines: list[tuple[int, int]]
    """Ranges of words."""
    begins: npt.NDArray[np.bool_] | None
    """Which words begin a sentence, where that is known already; else the network decides."""
    arrays: npt.NDArray[np.uint64]
    """HEAD, DEP, TAG, POS and LEMMA of each token."""
    vectors: npt.NDArray[np.float16] | None
    probabilities: npt.NDArray[np.float32]
    """(words, tags)."""
    found: list[Recognised]


class Encoder:
    """Reads Docs with a trained network."""

    def __init__(self, folder: Path) -> None:
        self._network = EncoderNetwork(folder)
        self._ids: _Ids | None = None

    @property
    def version(self) -> str:
        """Version of the weights."""
        return self._network.version

    def __call__(self, doc: Doc) -> Doc:
        """Annotate a Doc.

        Windows are sorted by length and batched within the Doc alone: eight-bit arithmetic scales its numbers by the largest of a batch, so
        that a batch of several Docs would let one article change what is found in another.
        """
        page = _open(doc, self._network, self._ids_in(doc.vocab.strings))
        windows: list[Window] = []
        for first, last in page.lines:
            begins = None if page.begins is None else page.begins[first:last]
            windows += self._network.cutter.windows(page.words[first:last], begins=begins, offset=first)
        for begin in range(0, len(windows), _WINDOWS):
            for window, scores in self._network.read(windows[begin : begin + _WINDOWS]):
                self._note(page, window.offset, scores)
        return _close(page, self._network)

    def pipe(self, docs: Iterable[Doc], *, batch_size: int = 1) -> Iterator[Doc]:
        """Annotate Docs, in order; `batch_size` is taken because spaCy gives it."""
        yield from map(self, docs)

    def _ids_in(self, strings: StringStore) -> _Ids:
        if self._ids is None or self._ids.strings is not strings:
            self._ids = _Ids.of(self._network, strings)
        return self._ids

    def _note(self, page: _Pages, offset: int, scores: Scores) -> None:
        self._note_names(page, offset, scores)
        self._note_words(page, offset, scores)
        self._note_trees(page, offset, scores)

    def _note_names(self, page: _Pages, offset: int, scores: Scores) -> None:
        tags = self._network.entities
        probabilities = softmax(scores.entities)
        page.probabilities[offset : offset + len(probabilities)] = probabilities
        spans = spans_of(best_tags(scores.entities, tags), probabilities, tags)
        perhaps = unlikely_spans(scores.entities, probabilities, tags, known=spans, bias=_BIAS)
        for span in (*spans, *perhaps):
            start, end = page.starts[offset + span.first], page.ends[offset + span.last]
            page.found.append(Recognised(start, end, Label(span.label), span.probability))

    def _note_words(self, page: _Pages, offset: int, scores: Scores) -> None:
        ids, last = page.ids, offset + len(scores.tags)
        places, classes = page.places[offset:last], scores.tags.argmax(-1)
        page.arrays[places, 2], page.arrays[places, 3] = ids.tags[classes], ids.pos[classes]
        rules = zip(page.words[offset:last], scores.lemmas.argmax(-1).tolist(), strict=True)
        page.arrays[places, 4] = [ids.lemma(word, rule) for word, rule in rules]
        if page.vectors is not None:
            page.vectors[places] = scores.vectors

    def _note_trees(self, page: _Pages, offset: int, scores: Scores) -> None:
        begins = scores.starts > 0 if page.begins is None else page.begins[offset : offset + len(scores.starts)]
        starts = [0, *(np.flatnonzero(begins[1:]) + 1).tolist(), len(scores.starts)]
        heads = np.zeros(len(scores.starts), np.int64)
        for first, last in pairwise(starts):
            columns = np.r_[0, first + 1 : last + 1]
            mine = best_heads(scores.arcs[first:last, columns])
            heads[first:last] = np.where(mine > 0, mine + first, 0)
        places = page.places[offset : offset + len(heads)]
        rooted = heads == 0
        distances = np.where(rooted, 0, page.places[offset + heads - 1] - places)
        page.arrays[places, 0] = distances.astype(np.uint64)
        page.arrays[places, 1] = np.where(rooted, page.ids.root, page.ids.deps[self._network.relations(scores, heads)])


def _open(doc: Doc, network: EncoderNetwork, ids: _Ids) -> _Pages:
    # One array of all tokens: to ask them one by one takes as long as a third of the network.
    spaces, starts, lengths = doc.to_array(["IS_SPACE", "IDX", "LENGTH"]).astype(np.int64).T if len(doc) else np.zeros((3, 0), np.int64)
    places = np.flatnonzero(spaces == 0)
    text = doc.text
    word_starts, word_ends = starts[places].tolist(), (starts + lengths)[places].tolist()
    words = [text[start:end] for start, end in zip(word_starts, word_ends, strict=True)]
    ends_line = [token for token in np.flatnonzero(spaces).tolist() if "\n" in text[starts[token] : starts[token] + lengths[token]]]
    cuts = sorted({0, *np.searchsorted(places, ends_line).tolist(), len(words)})
    arrays = np.zeros((len(doc), 5), np.uint64)
    vectors = np.zeros((len(doc), network.width), np.float16) if 0 < len(words) <= _MOST_VECTORS else None
    probabilities = np.zeros((len(words), len(network.entities)), np.float32)
    begins = doc.to_array("SENT_START")[places] == 1 if doc.has_annotation("SENT_START") else None
    return _Pages(doc, ids, places, words, word_starts, word_ends, list(pairwise(cuts)), begins, arrays, vectors, probabilities, [])


def _close(page: _Pages, network: EncoderNetwork) -> Doc:
    doc = page.doc
    doc._.recognition = Recognition(
        tuple(page.starts),
        tuple(page.ends),
        tuple(sorted(page.found, key=lambda one: (one.start, one.end, one.label))),
        Maker("encoder", network.version),
        network.entities,
        page.probabilities,
    )
    if not page.words:
        return doc
    _join_parts(page)
    _attach_spaces(page)
    if page.vectors is not None:
        doc.tensor = cast("Any", page.vectors)
    doc.from_array(_ATTRIBUTES, cast("Any", page.arrays))
    return doc


def _join_parts(page: _Pages) -> None:
    """Make one tree of a known sentence that was longer than a window: the roots of its later parts hang on the first."""
    if page.begins is None:
        return
    dep = page.doc.vocab.strings.add("dep")
    roots = np.flatnonzero(page.arrays[page.places, 0] == 0)
    sentences = np.cumsum(page.begins)[roots].tolist()
    firsts: dict[int, int] = {}
    for word, sentence in zip(roots.tolist(), sentences, strict=True):
        place = page.places[word]
        first = firsts.setdefault(sentence, place)
        if place != first:
            page.arrays[place, :2] = np.int64(first - place).astype(np.uint64), dep


def _attach_spaces(page: _Pages) -> None:
    """Give white space, which is a token in spaCy, a head beside it, so that it belongs to a sentence."""
    if len(page.places) == len(page.doc):
        return
    strings = page.doc.vocab.strings
    spaces = np.setdiff1d(np.arange(len(page.doc)), page.places)
    # The word before it; white space at the very start hangs on the first word.
    heads = page.places[np.maximum(np.searchsorted(page.places, spaces) - 1, 0)]
    page.arrays[spaces, 0] = (heads - spaces).astype(np.uint64)
    page.arrays[spaces, 1], page.arrays[spaces, 2] = strings.add("dep"), strings.add("_SP")
    page.arrays[spaces, 3] = strings["SPACE"]
    page.arrays[spaces, 4] = [strings.add(page.doc[place].text) for place in spaces.tolist()]
