"""Names of companies, banks and bodies that are nearly those of the knowledge base.

Exact names are found by `AliasIndex`. What is left are spellings: "Mangyongdae Computer Technology Company" for "KOREA
MANGYONGDAE COMPUTER TECHNOLOGY CORPORATION". Words are weighed by how rare they are among all names (soft TF-IDF, Cohen,
Ravikumar and Fienberg 2003), and words may differ by a letter or so, so that the rare word decides: PUGANG TRADING is not
NAMGANG TRADING, though most of their letters agree.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz.distance import JaroWinkler

from models.knowledge import Alias, KnowledgeEntity
from models.vocabulary import Label
from pipeline.text.names import is_hangul, normalise_organisation

__all__ = ["ALIKE", "BodyIndex", "BodyMatch"]

ALIKE = 0.8
"""Likeness from which a name counts as that of the list: at .80 one in two hundred near names of other bodies is taken for
the one asked for, and most respellings are found; Jaro-Winkler alone takes every second."""
_SAME_WORD = 0.93
"""Jaro-Winkler likeness from which two words are spellings of one."""
_SHORTEST_LIKE = 5
"""Letters of the shortest word that may be spelled otherwise: short ones must be equal."""
_PLURAL = re.compile(r"(?<=\w{4})(?:ies|(?<![su])s)\Z")
_FEWEST_WORDS = 2
"""Names of one word are equal or different: nothing says which of the two is the rare one."""


@dataclass(frozen=True, slots=True)
class BodyMatch:
    """A body whose name is like the one asked for; `score` is the likeness, 0 to 1, `why` names the words that agree."""

    entity: str
    alias: Alias
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class _Name:
    entity: str
    alias: Alias
    weights: Mapping[str, float]
    """Weight of each word; the squares add up to one."""


class BodyIndex:
    """The English names of bodies by their words; built once, read only."""

    def __init__(self, entities: Iterable[KnowledgeEntity]) -> None:
        """Index agencies and organisations, unlisted ones too: they must win where their name is the nearer one."""
        names = [
            (entity.id, alias, words)
            for entity in entities
            if entity.label in (Label.AGENCY, Label.ORG)
            for alias in entity.aliases
            if alias.kind == "name" and not is_hangul(alias.text) and len(words := _words(alias.text)) >= _FEWEST_WORDS
        ]
        counts = Counter(word for _, _, words in names for word in set(words))
        total = max(1, len(names))
        self._rarity = {word: math.log(1 + total / count) for word, count in counts.items()}
        self._unknown = math.log(1 + total)
        self._names = [_Name(entity, alias, self._weigh(words)) for entity, alias, words in names]
        self._by_word: dict[str, list[int]] = defaultdict(list)
        for number, name in enumerate(self._names):
            for word in name.weights:
                self._by_word[word].append(number)
        self._by_letters: dict[str, list[str]] = defaultdict(list)
        for word in self._by_word:
            self._by_letters[word[:1]].append(word)

    def find(self, name: str, *, least: float = ALIKE) -> tuple[BodyMatch, ...]:
        """Return the bodies whose names are at least `least` like `name`, each once, best first; none for names of one word."""
        words = _words(name)
        if len(words) < _FEWEST_WORDS or is_hangul(name):
            return ()
        mine = self._weigh(words)
        scores: dict[int, float] = defaultdict(float)
        pairs: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for word, weight in mine.items():
            for other, likeness in self._like(word):
                for number in self._by_word[other]:
                    scores[number] += weight * self._names[number].weights[other] * likeness
                    pairs[number].append((word, other))
        best: dict[str, BodyMatch] = {}
        for number, score in scores.items():
            known = self._names[number]
            if score >= least and (known.entity not in best or score > best[known.entity].score):
                best[known.entity] = BodyMatch(known.entity, known.alias, min(1.0, score), _explain(pairs[number]))
        return tuple(sorted(best.values(), key=lambda match: (-match.score, match.entity)))

    def _weigh(self, words: Iterable[str]) -> Mapping[str, float]:
        counts = Counter(words)
        weights = {word: (1 + math.log(count)) * self._rarity.get(word, self._unknown) for word, count in counts.items()}
        length = math.sqrt(sum(weight * weight for weight in weights.values()))
        return {word: weight / length for word, weight in weights.items()}

    def _like(self, word: str) -> Iterable[tuple[str, float]]:
        """Yield the known words that are this one, or where it is unknown a spelling of it, with their likeness."""
        if word in self._by_word:
            return ((word, 1.0),)
        if len(word) < _SHORTEST_LIKE:
            return ()
        near = ((other, JaroWinkler.similarity(word, other)) for other in self._by_letters[word[:1]] if len(other) >= _SHORTEST_LIKE)
        return [(other, likeness) for other, likeness in near if likeness >= _SAME_WORD]


def _words(name: str) -> list[str]:
    """Return the words of a name in normal form, plurals as singulars."""
    return [_PLURAL.sub(lambda match: "y" if match[0] == "ies" else "", word) for word in normalise_organisation(name).split()]


def _explain(pairs: Iterable[tuple[str, str]]) -> str:
    return ", ".join(word if word == other else f"{word} = {other}" for word, other in pairs)
