"""A small pattern language over English words, and a matcher that reads each sentence once.

A pattern is a list of elements divided by blanks:

    word            this word, in lower case
    word/v          any form of the verb; /base /third /ing /past (past or participle) /pp (participle) single ones
    word/n          the noun, singular or plural
    (a|b/v|c)       one of these; (a|b)/v gives the form to each
    @name           any word or phrase of a class (`common/classes.yaml`)
    <PLACE|AGENCY>  a mention with one of these labels
    ?x              x may be missing
    ...4            up to four words of the same clause
    *x              x is the head: the word whose subject and object are looked for

Without `*` the head is the first verb, else the first noun, else the first word or class. The first element may
be neither a gap nor optional, since patterns are indexed by it. Time is linear in the text: gaps and phrases are bounded.

Where the words are tagged, a form that /v gives is not read as a noun ("the launch of"), nor one that /n gives as a verb.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from models.vocabulary import Label
from pipeline.events.inflect import Irregulars, noun_forms, verb_forms
from pipeline.events.reading import Sentence

__all__ = ["NOUN", "VERB", "Classes", "Hit", "Matcher", "Pattern", "PatternError", "WordClasses", "compile_pattern", "expand_words"]

Key = TypeVar("Key")

_MAX_GAP = 12
_VERB_MARK = re.compile(r"/(v|base|third|ing|past|pp)\b")
_NOUN_MARK = re.compile(r"/n\b")
_SPLIT = re.compile(r"[*?]{0,2}\([^)]*\)\S*|\S+")

VERB = "verb"
NOUN = "noun"
WordClasses = Sequence[str]
"""For each word of a sentence VERB, NOUN or nothing; empty where the words are not tagged."""

Classes = Mapping[str, frozenset[tuple[str, ...]]]
"""Class name to its words and phrases, each a tuple of lower-case words."""


class PatternError(ValueError):
    """A pattern is not well formed; the caller adds file and line."""


@dataclass(frozen=True, slots=True)
class _Element:
    phrases: Mapping[str, tuple[tuple[str, ...], ...]]
    labels: frozenset[Label] | None = None
    gap: int = 0
    optional: bool = False
    verbs: frozenset[str] = frozenset()
    """Words that count as verbs alone."""
    nouns: frozenset[str] = frozenset()
    """Words that count as nouns alone."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern; `head` is the index of its head element.

    `verbal` tells whether the head is a verb form, `inverted` that the pattern is a passive with its object in front.
    """

    source: str
    elements: tuple[_Element, ...]
    head: int
    verbal: bool
    inverted: bool

    def first_words(self) -> frozenset[str]:
        """Return the words that a match can begin with."""
        return frozenset(self.elements[0].phrases)


@dataclass(frozen=True, slots=True)
class Hit(Generic[Key]):
    """A match: word indexes `start:end` of a sentence, with the head word."""

    key: Key
    start: int
    end: int
    head: int


class Matcher(Generic[Key]):
    """Finds all patterns of a set; the longest match of each pattern at each position."""

    def __init__(self, patterns: Iterable[tuple[Key, Pattern]]) -> None:
        self._index: dict[str, list[tuple[Key, Pattern]]] = {}
        self._by_label: dict[Label, list[tuple[Key, Pattern]]] = {}
        for key, pattern in patterns:
            for word in pattern.first_words():
                self._index.setdefault(word, []).append((key, pattern))
            for label in pattern.elements[0].labels or ():
                self._by_label.setdefault(label, []).append((key, pattern))

    def find(self, sentence: Sentence, classes: WordClasses = ()) -> Iterator[Hit[Key]]:
        """Yield the matches of one sentence, in order of their first word. `classes` gives the class of each word, or nothing."""
        for position, word in enumerate(sentence.words):
            mention = sentence.mentions[position]
            fitting = self._index.get(word.norm, [])
            if mention is not None and mention.start == word.start:
                fitting = fitting + self._by_label.get(mention.label, [])
            for key, pattern in fitting:
                found = _match(pattern, sentence, classes, 0, position)
                if found:
                    end, marks = found
                    yield Hit(key, position, end, marks.get(pattern.head, position))


def _match(pattern: Pattern, sentence: Sentence, classes: WordClasses, element: int, position: int) -> tuple[int, dict[int, int]] | None:
    """Match from one element on; returns the end and the word index at which each element stands."""
    if element == len(pattern.elements):
        return position, {}
    here = pattern.elements[element]
    if here.gap:
        return _match_gap(pattern, sentence, classes, element, position)
    for end in _ends(here, sentence, classes, position):
        rest = _match(pattern, sentence, classes, element + 1, end)
        if rest:
            return rest[0], {element: position, **rest[1]}
    return _match(pattern, sentence, classes, element + 1, position) if here.optional else None


def _match_gap(
    pattern: Pattern, sentence: Sentence, classes: WordClasses, element: int, position: int
) -> tuple[int, dict[int, int]] | None:
    limit = min(position + pattern.elements[element].gap, len(sentence.words))
    for start in range(position, limit + 1):
        if position < start < len(sentence.words) and sentence.clause[start] != sentence.clause[position - 1]:
            return None
        rest = _match(pattern, sentence, classes, element + 1, start)
        if rest:
            return rest
    return None


def _ends(element: _Element, sentence: Sentence, classes: WordClasses, position: int) -> Iterator[int]:
    if position >= len(sentence.words):
        return
    if element.labels is not None:
        mention = sentence.mentions[position]
        if mention is not None and mention.label in element.labels:
            yield _mention_end(sentence, position)
        return
    words = sentence.words
    if classes and _contradicts(element, words[position].norm, classes[position]):
        return
    for phrase in element.phrases.get(words[position].norm, ()):
        if len(phrase) == 1 or tuple(word.norm for word in words[position : position + len(phrase)]) == phrase:
            yield position + len(phrase)


def _contradicts(element: _Element, word: str, found: str) -> bool:
    return (found == NOUN and word in element.verbs) or (found == VERB and word in element.nouns)


def _mention_end(sentence: Sentence, position: int) -> int:
    mention, end = sentence.mentions[position], position
    while end < len(sentence.words) and sentence.mentions[end] is mention:
        end += 1
    return end


# --- compiling ---------------------------------------------------------------------------------------------------


def compile_pattern(source: str, classes: Classes, irregulars: Irregulars, *, of_class: bool = True) -> Pattern:
    """Compile one pattern; unless `of_class`, marked forms match whatever their tag. Raises PatternError that says what is wrong."""
    parts = _SPLIT.findall(source.replace("-", " "))
    if not parts:
        raise PatternError("the pattern is empty")
    starred = [index for index, part in enumerate(parts) if part.startswith("*")]
    if len(starred) > 1:
        raise PatternError(f"more than one head in {source!r}")
    elements = tuple(_element(part.lstrip("*"), classes, irregulars) for part in parts)
    if not of_class:
        elements = tuple(replace(element, verbs=frozenset(), nouns=frozenset()) for element in elements)
    if elements[0].gap or elements[0].optional:
        raise PatternError(f"{source!r} must begin with a word, class or label that is not optional")
    head = starred[0] if starred else _default_head(parts, elements, irregulars)
    verbal = bool(_VERB_MARK.search(parts[head])) or _is_past(elements[head], irregulars)
    return Pattern(source, elements, head, verbal, head > 0 and "/pp" in parts[head])


def _is_past(element: _Element, irregulars: Irregulars) -> bool:
    """Tell whether past forms are among the words of a head: a list such as (fine|fined|fines) is meant as a verb."""
    return any(word.endswith("ed") or word in irregulars.pasts for word in element.phrases)


def _default_head(parts: list[str], elements: tuple[_Element, ...], irregulars: Irregulars) -> int:
    for index, part in enumerate(parts):
        if _VERB_MARK.search(part) or (not part.startswith("@") and _is_past(elements[index], irregulars)):
            return index
    for index, part in enumerate(parts):
        if _NOUN_MARK.search(part):
            return index
    return next((index for index, part in enumerate(parts) if not part.startswith(("<", "...", "?"))), 0)


def _element(part: str, classes: Classes, irregulars: Irregulars) -> _Element:
    optional = part.startswith("?")
    body = part[1:] if optional else part
    if body.startswith("..."):
        return _Element({}, gap=_gap(body))
    if body.startswith("<") and body.endswith(">"):
        return _Element({}, labels=_labels(body[1:-1]), optional=optional)
    options = _options(body)
    phrases: frozenset[tuple[str, ...]] = frozenset()
    marked: dict[str, set[str]] = {VERB: set(), NOUN: set(), "": set()}
    for option in options:
        found = _class(option, classes) if option.startswith("@") else expand_words(option, irregulars)
        phrases |= found
        marked[_word_class(option)] |= {words[0] for words in found}
    verbs, nouns, either = marked[VERB], marked[NOUN], marked[""]
    return _Element(_by_first(phrases), optional=optional, verbs=frozenset(verbs - nouns - either), nouns=frozenset(nouns - verbs - either))


def _word_class(option: str) -> str:
    """Return the class that the form of an option's first word gives."""
    feature = option.split()[0].partition("/")[2]
    return "" if not feature else NOUN if feature == "n" else VERB


def _class(part: str, classes: Classes) -> frozenset[tuple[str, ...]]:
    if part[1:] not in classes:
        raise PatternError(f"unknown class {part}")
    return classes[part[1:]]


def _options(body: str) -> list[str]:
    """Split "(a|b/v)" and "(a|b)/v"; a form behind the bracket holds for every word in it."""
    group, _, form = body.rpartition(")")
    if not body.startswith("(") or (form and not form.startswith("/")):
        return [body]
    return [f"{option.strip()}{form}" for option in group[1:].split("|")]


def _gap(body: str) -> int:
    size = body[3:]
    if not size.isdigit() or not 0 < int(size) <= _MAX_GAP:
        raise PatternError(f"a gap is written ...1 to ...{_MAX_GAP}, not {body!r}")
    return int(size)


def _labels(body: str) -> frozenset[Label]:
    try:
        return frozenset(Label(name) for name in body.split("|"))
    except ValueError as error:
        raise PatternError(f"unknown label in <{body}>") from error


def _by_first(phrases: frozenset[tuple[str, ...]]) -> dict[str, tuple[tuple[str, ...], ...]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in sorted(phrases, key=lambda phrase: (-len(phrase), phrase)):
        found.setdefault(phrase[0], []).append(phrase)
    return {first: tuple(held) for first, held in found.items()}


def _forms(option: str, irregulars: Irregulars) -> frozenset[str]:
    lemma, _, feature = option.partition("/")
    if not lemma:
        raise PatternError(f"an empty word in {option!r}")
    if not feature:
        return frozenset((lemma.lower(),))
    if feature not in _FEATURES:
        raise PatternError(f"unknown form /{feature}; known are {', '.join(sorted(_FEATURES))}")
    return _FEATURES[feature](lemma.lower(), irregulars)


_FEATURES: Mapping[str, Callable[[str, Irregulars], frozenset[str]]] = {
    "v": lambda lemma, irregulars: verb_forms(lemma, irregulars).all(),
    "base": lambda lemma, _: frozenset((lemma,)),
    "third": lambda lemma, irregulars: frozenset((verb_forms(lemma, irregulars).third,)),
    "ing": lambda lemma, irregulars: frozenset((verb_forms(lemma, irregulars).gerund,)),
    "past": lambda lemma, irregulars: frozenset((verb_forms(lemma, irregulars).past, verb_forms(lemma, irregulars).participle)),
    "pp": lambda lemma, irregulars: frozenset((verb_forms(lemma, irregulars).participle,)),
    "n": noun_forms,
}


def expand_words(entry: str, irregulars: Irregulars) -> frozenset[tuple[str, ...]]:
    """Return all forms of one class entry, which may be a phrase with inflected words ("weapon/n programme/n")."""
    options = [sorted(_forms(part, irregulars)) for part in entry.replace("-", " ").split()]
    if not options:
        raise PatternError("an empty entry")
    return frozenset(itertools.product(*options))
