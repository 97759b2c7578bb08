"""The encoder as a spaCy component: tags, lemmas, trees, sentences, vectors, and names with their probabilities.

It writes what a trained spaCy pipeline would write, so that what comes after it reads either; names go to
`doc._.recognition`, since `doc.ents` can hold neither probabilities nor names that are in doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from spacy.tokens import Doc

from models.records import Maker
from models.vocabulary import Label
from pipeline.tag.encoder.decode import best_heads, best_tags, softmax, spans_of, unlikely_spans
from pipeline.tag.encoder.lemmas import apply_lemma_rule
from pipeline.tag.encoder.network import EncoderNetwork, Scores
from pipeline.tag.encoder.pieces import Window
from pipeline.tag.recognition import Recognised, Recognition

__all__ = ["Encoder"]

_DOCS = 16
"""Articles read together: enough windows of each length to fill batches."""
_WINDOWS = 1024
"""Windows whose scores are held at once; bounds the memory of a text of any length to about 300 MB."""
_MOST_VECTORS = 100_000
"""Words of a text up to which vectors are kept: 77 MB."""
_ATTRIBUTES: list[int | str] = ["HEAD", "DEP", "TAG", "POS", "LEMMA"]
_BIAS = 2.0
"""How much less likely "no name" is made to see what else might be one: names of about a tenth upwards come up."""


@dataclass(slots=True)
class _Pages:
    """One Doc while it is read: its words, and arrays by token."""

    doc: Doc
    places: list[int]
    """Token index of each word; white space is no word."""
    words: list[str]
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
        self._lemmas: dict[tuple[str, int], str] = {}

    @property
    def version(self) -> str:
        """Version of the weights."""
        return self._network.version

    def __call__(self, doc: Doc) -> Doc:
        """Annotate a Doc."""
        return next(self.pipe((doc,)))

    def pipe(self, docs: Iterable[Doc], *, batch_size: int = _DOCS) -> Iterator[Doc]:
        """Annotate Docs, in order; the windows of `batch_size` of them are sorted by length together."""
        stream = iter(docs)
        while some := list(islice(stream, batch_size)):
            pages = [_open(doc, self._network) for doc in some]
            windows: list[Window] = []
            for owner, page in enumerate(pages):
                for first, last in page.lines:
                    begins = None if page.begins is None else page.begins[first:last]
                    windows += self._network.cutter.windows(page.words[first:last], begins=begins, owner=owner, offset=first)
            for begin in range(0, len(windows), _WINDOWS):
                for window, scores in self._network.read(windows[begin : begin + _WINDOWS]):
                    self._note(pages[window.owner], window.offset, scores)
            for page in pages:
                yield _close(page, self._network)

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
            first, last = page.doc[page.places[offset + span.first]], page.doc[page.places[offset + span.last]]
            page.found.append(Recognised(first.idx, last.idx + len(last), Label(span.label), span.probability))

    def _note_words(self, page: _Pages, offset: int, scores: Scores) -> None:
        strings = page.doc.vocab.strings
        tags, lemmas = scores.tags.argmax(-1).tolist(), scores.lemmas.argmax(-1).tolist()
        for word, (tag_class, lemma_class) in enumerate(zip(tags, lemmas, strict=True), offset):
            tag, pos = self._network.tags[tag_class]
            row = page.arrays[page.places[word]]
            row[2], row[3], row[4] = strings.add(tag), strings[pos], strings.add(self._lemma(page.words[word], lemma_class))
        if page.vectors is not None:
            page.vectors[page.places[offset : offset + len(tags)]] = scores.vectors

    def _lemma(self, word: str, rule: int) -> str:
        key = (word, rule)
        if key not in self._lemmas:
            if len(self._lemmas) > 100_000:
                self._lemmas.clear()
            self._lemmas[key] = apply_lemma_rule(word, self._network.lemmas[rule])
        return self._lemmas[key]

    def _note_trees(self, page: _Pages, offset: int, scores: Scores) -> None:
        begins = scores.starts > 0 if page.begins is None else page.begins[offset : offset + len(scores.starts)]
        starts = [0, *(np.flatnonzero(begins[1:]) + 1).tolist(), len(scores.starts)]
        heads = np.zeros(len(scores.starts), np.int64)
        for first, last in pairwise(starts):
            columns = np.r_[0, first + 1 : last + 1]
            mine = best_heads(scores.arcs[first:last, columns])
            heads[first:last] = np.where(mine > 0, mine + first, 0)
        strings = page.doc.vocab.strings
        relations = self._network.relations(scores, heads).tolist()
        for word, (head, relation) in enumerate(zip(heads.tolist(), relations, strict=True)):
            place = page.places[offset + word]
            row = page.arrays[place]
            if head:
                row[0] = np.int64(page.places[offset + head - 1] - place).astype(np.uint64)
                row[1] = strings.add(self._network.deps[relation])
            else:
                row[1] = strings.add("ROOT")


def _open(doc: Doc, network: EncoderNetwork) -> _Pages:
    places: list[int] = []
    words: list[str] = []
    lines: list[tuple[int, int]] = []
    begin = 0
    for token in doc:
        if token.is_space:
            if "\n" in token.text and len(words) > begin:
                lines.append((begin, len(words)))
                begin = len(words)
        else:
            places.append(token.i)
            words.append(token.text)
    if len(words) > begin:
        lines.append((begin, len(words)))
    arrays = np.zeros((len(doc), 5), np.uint64)
    vectors = np.zeros((len(doc), network.width), np.float16) if 0 < len(words) <= _MOST_VECTORS else None
    probabilities = np.zeros((len(words), len(network.entities)), np.float32)
    begins = doc.to_array("SENT_START")[places] == 1 if doc.has_annotation("SENT_START") else None
    return _Pages(doc, places, words, lines, begins, arrays, vectors, probabilities, [])


def _close(page: _Pages, network: EncoderNetwork) -> Doc:
    doc = page.doc
    tokens = [doc[place] for place in page.places]
    doc._.recognition = Recognition(
        tuple(token.idx for token in tokens),
        tuple(token.idx + len(token) for token in tokens),
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
    strings = page.doc.vocab.strings
    words = set(page.places)
    if len(words) == len(page.doc):
        return
    tag, dep = strings.add("_SP"), strings.add("dep")
    first = page.places[0]
    for place, token in enumerate(page.doc):
        if place not in words:
            head = place - 1 if place > first else first
            while head != first and head not in words:
                head -= 1
            page.arrays[place] = (np.int64(head - place).astype(np.uint64), dep, tag, strings["SPACE"], strings.add(token.text))
