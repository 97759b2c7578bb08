"""English word forms by rule: the blank pipeline has no lemmatizer, so the lexicon's words are inflected instead.

Irregular forms are data (`lexicon/en/common/irregular.yaml`). A wrong form does no harm beyond never occurring.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Irregulars", "VerbForms", "noun_forms", "verb_forms"]

_VOWELS = "aeiou"


@dataclass(frozen=True, slots=True)
class Irregulars:
    """Forms that no rule gives: `verbs` maps a lemma to (past, participle); `doubling` verbs double a final consonant."""

    verbs: Mapping[str, tuple[str, str]]
    nouns: Mapping[str, str]
    doubling: frozenset[str]
    pasts: frozenset[str] = frozenset()
    """All irregular pasts and participles."""


@dataclass(frozen=True, slots=True)
class VerbForms:
    """The five forms of a verb."""

    base: str
    third: str
    gerund: str
    past: str
    participle: str

    def all(self) -> frozenset[str]:
        """Return every form."""
        return frozenset((self.base, self.third, self.gerund, self.past, self.participle))


def verb_forms(lemma: str, irregulars: Irregulars) -> VerbForms:
    """Inflect one verb."""
    stem = lemma + lemma[-1] if lemma in irregulars.doubling or _short_closed(lemma) else lemma
    regular = _past(stem)
    past, participle = irregulars.verbs.get(lemma, (regular, regular))
    return VerbForms(lemma, _with_s(lemma), _gerund(stem), past, participle)


def noun_forms(lemma: str, irregulars: Irregulars) -> frozenset[str]:
    """Return singular and plural of one noun."""
    return frozenset((lemma, irregulars.nouns.get(lemma) or _with_s(lemma)))


def _short_closed(lemma: str) -> bool:
    """One syllable that ends consonant, vowel, consonant: plan, cut, ban."""
    if len(lemma) < 3 or lemma[-1] in _VOWELS + "wxy" or lemma[-2] not in _VOWELS or lemma[-3] in _VOWELS:
        return False
    return sum(letter in _VOWELS + "y" for letter in lemma) == 1


def _with_s(lemma: str) -> str:
    if lemma.endswith(("s", "x", "z", "ch", "sh")):
        return lemma + "es"
    if lemma.endswith("y") and lemma[-2:-1] not in _VOWELS:
        return lemma[:-1] + "ies"
    return lemma + "s"


def _past(stem: str) -> str:
    if stem.endswith("e"):
        return stem + "d"
    if stem.endswith("y") and stem[-2:-1] not in _VOWELS:
        return stem[:-1] + "ied"
    return stem + "ed"


def _gerund(stem: str) -> str:
    if stem.endswith("ie"):
        return stem[:-2] + "ying"
    if stem.endswith("e") and not stem.endswith(("ee", "ye", "oe")):
        return stem[:-1] + "ing"
    return stem + "ing"
