"""Frame matches over the sentences of an article: what may tell an event, and with which words."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.events.frames import Frame, Language, Rule
from pipeline.events.hangul_patterns import HangulMatcher, HangulPattern
from pipeline.events.patterns import NOUN, VERB, Classes, Matcher, Pattern
from pipeline.events.reading import Reading, Sentence

__all__ = ["Trigger", "TriggerFinder"]

_Key = tuple[Frame, Rule | None, Pattern | HangulPattern]
"""A frame, the rule that matched (None for a negative context), and its pattern."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A frame match. `first`, `last`, `head` are word indexes (English) or -1; `start`, `end` are characters of the text."""

    frame: Frame
    rule: Rule
    sentence: Sentence
    start: int
    end: int
    head_start: int
    head_end: int
    first: int = -1
    last: int = -1
    head: int = -1
    verbal: bool = False
    inverted: bool = False

    @property
    def length(self) -> int:
        """Characters covered."""
        return self.end - self.start


class TriggerFinder:
    """Finds the triggers of a reading; built once per language."""

    def __init__(self, language: Language) -> None:
        pairs = list(_keyed(language))
        self._classes = language.words.classes
        self._english: Matcher[_Key] = Matcher((key, pattern) for key, pattern in pairs if isinstance(pattern, Pattern))
        self._korean: HangulMatcher[_Key] = HangulMatcher((key, pattern) for key, pattern in pairs if isinstance(pattern, HangulPattern))
        self._inflects = language.words.inflects

    def find(self, reading: Reading) -> list[Trigger]:
        """Return the triggers in order of the text."""
        text = reading.article.text
        lowered = text.casefold() if len(text.casefold()) == len(text) else text.lower()
        found: list[Trigger] = []
        for sentence in reading.sentences:
            hits = list(self._in_words(reading, sentence) if self._inflects else self._in_characters(reading, sentence))
            kept = _resolve(hit for hit in hits if not _is_cancelled(hit, hits) and self._is_licensed(hit, lowered, reading.lead))
            found += [hit for hit in kept if isinstance(hit, Trigger)]
        return found

    def _in_words(self, reading: Reading, sentence: Sentence) -> Iterator[Trigger | _Veto]:
        for hit in self._english.find(sentence, _word_classes(reading, sentence)):
            frame, rule, pattern = hit.key
            verbal, inverted = isinstance(pattern, Pattern) and pattern.verbal, isinstance(pattern, Pattern) and pattern.inverted
            start, end = sentence.words[hit.start].start, sentence.words[hit.end - 1].end
            if rule is None:
                yield _Veto(frame, start, end)
            elif sentence.mentions[hit.head] is None:
                head = sentence.words[hit.head]
                yield Trigger(frame, rule, sentence, start, end, head.start, head.end, hit.start, hit.end - 1, hit.head, verbal, inverted)

    def _in_characters(self, reading: Reading, sentence: Sentence) -> Iterator[Trigger | _Veto]:
        named = reading.mentions_in(sentence.start, sentence.end)
        for (frame, rule, _), start, end in self._korean.find(reading.article.text, sentence.start, sentence.end):
            if rule is None:
                yield _Veto(frame, start, end)
            elif not any(mention.start <= start and end <= mention.end for mention in named):
                yield Trigger(frame, rule, sentence, start, end, start, end)

    def _is_licensed(self, hit: Trigger | _Veto, lowered: str, lead: int) -> bool:
        """Check the classes that the sentence or the article must, or must not, hold, and the place in the story."""
        if isinstance(hit, _Veto) or (hit.rule.lead and hit.start >= lead):
            return False
        rule, sentence = hit.rule, lowered[hit.sentence.start : hit.sentence.end]
        if rule.near and not _holds(sentence, rule.near, self._classes):
            return False
        if rule.unless and _holds(sentence, rule.unless, self._classes):
            return False
        return not rule.article or _holds(lowered, rule.article, self._classes)


def _keyed(language: Language) -> Iterator[tuple[_Key, Pattern | HangulPattern]]:
    for frame in language.frames:
        for rule in frame.rules:
            for pattern in rule.patterns:
                yield (frame, rule, pattern), pattern
        for pattern in frame.negative:
            yield (frame, None, pattern), pattern


def _word_classes(reading: Reading, sentence: Sentence) -> tuple[str, ...]:
    """Return the class of each word by its tag; empty where there are no tags.

    Forms in -ed and -ing that are tagged as adjectives or nouns stay open, for there taggers err most.
    """
    tokens = reading.tagging.tokens
    first = bisect.bisect_left(tokens, sentence.start, key=lambda token: token.start)
    tags: dict[int, str] = {}
    for index in range(first, len(tokens)):
        token = tokens[index]
        if token.start >= sentence.end:
            break
        tags[token.start] = "amod" if token.dep == "amod" and token.tag.startswith("V") else token.tag
    if not any(tags.values()):
        return ()
    return tuple(_word_class(word.norm, tags.get(word.start, "")) for word in sentence.words)


def _word_class(word: str, tag: str) -> str:
    if tag in ("VB", "VBD", "VBN", "VBP", "VBZ"):
        return VERB
    if tag == "amod" or (tag in ("NN", "NNS") and not word.endswith(("ing", "ed"))):
        return NOUN
    return ""


@dataclass(frozen=True, slots=True)
class _Veto:
    frame: Frame
    start: int
    end: int


def _is_cancelled(hit: Trigger | _Veto, hits: list[Trigger | _Veto]) -> bool:
    if isinstance(hit, _Veto):
        return True
    return any(
        isinstance(veto, _Veto) and veto.frame is hit.frame and veto.start < hit.head_end and hit.head_start < veto.end for veto in hits
    )


def _resolve(hits: Iterable[Trigger | _Veto]) -> list[Trigger]:
    """Of overlapping matches of one type keep the longest; of different types on one head word, too."""
    ordered = sorted(
        (hit for hit in hits if isinstance(hit, Trigger)), key=lambda hit: (-hit.length, hit.start, -hit.rule.rank, hit.rule.id)
    )
    kept: list[Trigger] = []
    for hit in ordered:
        if not any(_collide(hit, other) for other in kept):
            kept.append(hit)
    return sorted(kept, key=lambda hit: (hit.start, hit.end))


def _collide(one: Trigger, other: Trigger) -> bool:
    if one.frame is other.frame:
        return one.start < other.end and other.start < one.end
    return one.head_start < other.head_end and other.head_start < one.head_end


def _holds(text: str, name: str, classes: Classes) -> bool:
    return any(" ".join(words) in text for words in classes[name])
