"""Look-up of names in the knowledge base by normal form.

Exact after normalisation; nothing here is fuzzy. Whether a candidate is meant is decided by whoever asks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from models.knowledge import Alias, Knowledge, KnowledgeEntity
from models.vocabulary import Label
from pipeline.text.names import is_hangul, join_given_name, normalise_name, normalise_organisation, person_forms

__all__ = ["AliasIndex", "Candidate", "MatchForm"]

_LEADING_COUNTRY = ("korea", "korean")
_FEWEST_WORDS = 3
"""Words that must remain when the leading "Korea" is left out: "Ryujong Credit Bank" says enough, "Daesong Bank" does not."""


class MatchForm(StrEnum):
    """How the name asked for equals the alias."""

    EXACT = "exact"
    JOINED = "joined given name"
    REVERSED = "given name first"
    NO_COUNTRY = "without the leading country"
    UNDERSTOOD = "understood from the article"
    ALIKE = "alike"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entity that bears the name asked for, and the alias that says so.

    `likeness` is how much the two agree, 0 to 1, and `comparison` why, where they are not equal.
    """

    entity: str
    alias: Alias
    form: MatchForm
    likeness: float = 1.0
    comparison: str = ""


class AliasIndex:
    """All aliases of one Knowledge by normal form; built once, read only."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._found: dict[str, list[Candidate]] = defaultdict(list)
        for entity in knowledge.entities.values():
            for alias in entity.aliases:
                for key, form in _make_keys(entity, alias):
                    self._found[key].append(Candidate(entity.id, alias, form))

    def find(self, name: str, lang: str) -> tuple[Candidate, ...]:
        """Return the entities that bear `name` in a text in `lang`, each once, best form first.

        Hangul aliases answer only in Korean; Latin ones in both languages, since Korean text writes acronyms and
        many foreign names in Latin letters. An empty or unwritable name has no candidates.
        """
        best: dict[str, Candidate] = {}
        for key in dict.fromkeys((normalise_name(name), normalise_organisation(name))):
            for candidate in self._found.get(key, ()):
                if candidate.alias.lang != lang and is_hangul(candidate.alias.text):
                    continue
                known = best.get(candidate.entity)
                if known is None or _rank(candidate) < _rank(known):
                    best[candidate.entity] = candidate
        return tuple(sorted(best.values(), key=lambda candidate: (*_rank(candidate), candidate.entity)))


_FORMS = tuple(MatchForm)
_KINDS = ("name", "acronym", "short", "weak", "adjective")


def _rank(candidate: Candidate) -> tuple[int, int]:
    kind = candidate.alias.kind
    return _FORMS.index(candidate.form), _KINDS.index(kind) if kind in _KINDS else len(_KINDS)


def _make_keys(entity: KnowledgeEntity, alias: Alias) -> Iterator[tuple[str, MatchForm]]:
    if entity.label is Label.PERSON:
        yield from _person_keys(alias.text)
    elif entity.label in (Label.AGENCY, Label.ORG):
        yield from _body_keys(alias.text)
    else:
        yield from _keep_written(normalise_name(alias.text), MatchForm.EXACT)


def _person_keys(text: str) -> Iterator[tuple[str, MatchForm]]:
    form, other = person_forms(text)
    yield from _keep_written(form, MatchForm.EXACT)
    joined = None if is_hangul(text) else join_given_name(form)
    if joined is not None:
        yield joined, MatchForm.JOINED
    if other is not None:
        yield other, MatchForm.REVERSED


def _body_keys(text: str) -> Iterator[tuple[str, MatchForm]]:
    form = normalise_organisation(text)
    yield from _keep_written(form, MatchForm.EXACT)
    words = form.split()
    if words[:1] and words[0] in _LEADING_COUNTRY and len(words) > _FEWEST_WORDS:
        yield " ".join(words[1:]), MatchForm.NO_COUNTRY


def _keep_written(key: str, form: MatchForm) -> Iterator[tuple[str, MatchForm]]:
    """Drop keys of names that consist of signs only."""
    if key:
        yield key, form
