"""An article as the network sees it: the words of its sentences in one row, each with what is known of it before."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from models.vocabulary import EventType, Label
from pipeline.events.reading import Reading, Sentence
from pipeline.events.triggers import Trigger
from pipeline.text.pieces import PieceCutter, Window

__all__ = ["MOST_RULES", "NAMES", "STRETCH_PIECES", "TYPES", "Stretch", "View", "cut_stretches", "view_of"]

TYPES = tuple(EventType)
"""Types in the order of the network's classes."""
LABELS = (Label.PERSON, Label.AGENCY, Label.ORG, Label.PLACE, Label.VESSEL, Label.WEAPON, Label.MALWARE)
NAMES = 1 + 2 * len(LABELS)
"""Marks of a word: in no name, or first or further word of a name with one of the labels."""
MOST_RULES = 3
"""Types of rules that are told of one word; more never fire but in lists."""
STRETCH_PIECES = 126
"""Word pieces read at once: three sentences or so, since who acts in one is often named in the one before."""

_LABELS = {label: place for place, label in enumerate(LABELS)}
_TYPES = {kind: place for place, kind in enumerate(TYPES)}


@dataclass(frozen=True, slots=True)
class View:
    """All words of an article's sentences; every tuple but `firsts` has one item a word.

    `names` holds the marks of names, `quoted` 1 inside a quotation, `rules` the types whose rules fired there.
    `firsts[n]` is the place of the first word of sentence n.
    """

    reading: Reading
    words: tuple[str, ...]
    starts: tuple[int, ...]
    names: tuple[int, ...]
    quoted: tuple[int, ...]
    rules: tuple[tuple[int, ...], ...]
    firsts: tuple[int, ...]

    def place(self, sentence: Sentence, word: int) -> int:
        """Return the place of a word of a sentence in the row."""
        return self.firsts[sentence.index] + word

    def sentence(self, place: int) -> Sentence:
        """Return the sentence in which a place lies."""
        return self.reading.sentences[bisect.bisect_right(self.firsts, place) - 1]

    def at(self, offset: int) -> int | None:
        """Return the place of the word at or before a character; None before the first."""
        found = bisect.bisect_right(self.starts, offset) - 1
        return found if found >= 0 else None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A run of sentences that is read at once: places `first` to `last` (exclusive) of the row."""

    first: int
    last: int
    window: Window
    sentences: tuple[Sentence, ...]


def view_of(reading: Reading, triggers: Iterable[Trigger]) -> View:
    """Arrange a reading and the rules' triggers for the network."""
    words = [(sentence, index) for sentence in reading.sentences for index in range(len(sentence.words))]
    firsts: list[int] = []
    count = 0
    for sentence in reading.sentences:
        firsts.append(count)
        count += len(sentence.words)
    fired: list[set[int]] = [set() for _ in words]
    for trigger in triggers:
        for word in range(trigger.first, trigger.last + 1):
            fired[firsts[trigger.sentence.index] + word].add(_TYPES[trigger.frame.type])
    starts = tuple(sentence.words[index].start for sentence, index in words)
    return View(
        reading,
        tuple(sentence.words[index].text for sentence, index in words),
        starts,
        tuple(_name_marks(words)),
        tuple(_quote_marks(reading, starts)),
        tuple(tuple(sorted(types)[:MOST_RULES]) for types in fired),
        tuple(firsts),
    )


def _name_marks(words: list[tuple[Sentence, int]]) -> Iterator[int]:
    before = None
    for sentence, index in words:
        mention = sentence.mentions[index]
        yield 0 if mention is None else 1 + 2 * _LABELS[mention.label] + (mention is before)
        before = mention


def _quote_marks(reading: Reading, starts: tuple[int, ...]) -> Iterator[int]:
    quotes = reading.tagging.quotes
    for start in starts:
        place = bisect.bisect_right(quotes, start, key=lambda quote: quote.start) - 1
        yield int(place >= 0 and start < quotes[place].end)


def cut_stretches(view: View, cutter: PieceCutter) -> list[Stretch]:
    """Cut the row into stretches of whole sentences; a sentence that is too long for one is cut itself."""
    known = [cutter.word(word) for word in view.words]
    sizes = [len(pieces) for pieces, _ in known]
    drafts: list[tuple[int, int, list[Sentence]]] = []
    filled = STRETCH_PIECES
    for sentence in view.reading.sentences:
        begin = view.firsts[sentence.index]
        last = begin + len(sentence.words)
        whole = sum(sizes[begin:last])
        if drafts and filled + whole <= STRETCH_PIECES:
            drafts[-1] = (drafts[-1][0], last, [*drafts[-1][2], sentence])
            filled += whole
            continue
        while begin < last:
            end, filled = begin, 0
            while end < last and filled + sizes[end] <= STRETCH_PIECES:
                filled += sizes[end]
                end += 1
            drafts.append((begin, end, [sentence]))
            begin = end
    return [Stretch(first, last, cutter.window(known[first:last]), tuple(sentences)) for first, last, sentences in drafts]
