"""Which entities of the knowledge base a name of the article may mean: equal names first, then names that sound or look alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from models.knowledge import Alias, Knowledge, KnowledgeEntity
from models.vocabulary import Label
from pipeline.kb.bodies import BodyIndex
from pipeline.kb.index import AliasIndex, Candidate, MatchForm
from pipeline.link.subject import BODIES, Subject, same_sort
from pipeline.names import NameIndex
from pipeline.text.names import normalise_name

__all__ = ["CandidateFinder", "Named"]

Named = tuple[str, Candidate]
"""The name as the article writes it, and who may bear it."""

_NAMING = frozenset({"name", "weak"})
"""Kinds of alias that can name an entity of a list; acronyms and short forms need the article's own definition."""
_REMEMBERED = 20_000
"""Names whose candidates are kept: the same names return every night."""


class CandidateFinder:
    """Finds candidates in one knowledge base; built once, then asked for any number of articles."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.index = AliasIndex(knowledge)
        self._knowledge = knowledge
        self._people = NameIndex(
            (alias.text, (entity.id, alias))
            for entity in knowledge.entities.values()
            if entity.label is Label.PERSON and (entity.listings or entity.posts)
            for alias in entity.aliases
            if alias.kind in _NAMING
        )
        self._bodies = BodyIndex(knowledge.entities.values())
        self._alike_people = lru_cache(_REMEMBERED)(self._find_people)
        self._alike_bodies = lru_cache(_REMEMBERED)(self._find_bodies)

    def find(self, subject: Subject, lang: str, is_placed: Callable[[KnowledgeEntity], bool]) -> tuple[Named, ...]:
        """Return the entities that a subject may be, each once. `is_placed` tells whether the text gives a short form its country.

        Names that are only alike count where none is equal: an equal one is the better reading of the same letters. Entities that an
        editor said not to be meant are among them and count as none: `is_barred` tells which they are.
        """
        barred: dict[str, Named] = {}
        for named in (self._equal(subject, lang, is_placed), self._understood(subject), self._alike(subject)):
            found: dict[str, Named] = {}
            for written, candidate in named:
                of_its_kind = barred if self.is_barred(subject, candidate.entity) else found
                known = of_its_kind.get(candidate.entity)
                if known is None or candidate.likeness > known[1].likeness:
                    of_its_kind[candidate.entity] = written, candidate
            if found:
                return (*found.values(), *barred.values())
        return tuple(barred.values())

    def is_barred(self, subject: Subject, entity: str) -> bool:
        """Tell whether an editor said of any name of a subject that it does not name an entity."""
        corrections = self._knowledge.corrections
        return bool(corrections.never) and any(corrections.bars(normalise_name(name), entity) for name in subject.names)

    def _equal(self, subject: Subject, lang: str, is_placed: Callable[[KnowledgeEntity], bool]) -> Iterator[Named]:
        for name in subject.names:
            for candidate in self.index.find(name, lang):
                entity = self._knowledge.entities[candidate.entity]
                naming = (
                    candidate.alias.kind in _NAMING
                    or candidate.entity == subject.entity
                    or (candidate.alias.kind == "short" and is_placed(entity))
                )
                if naming and same_sort(subject, entity):
                    yield name, candidate

    def _understood(self, subject: Subject) -> Iterator[Named]:
        """Yield whom the tag stage understood without any full name: "the Kim regime", "Ministry of National Defence of the DPRK"."""
        known = self._knowledge.entities.get(subject.entity)
        if known is not None and known.aliases:
            yield subject.mentions[0].text, Candidate(known.id, known.aliases[0], MatchForm.UNDERSTOOD)

    def _alike(self, subject: Subject) -> Iterator[Named]:
        if subject.label is Label.PERSON:
            look_up = self._alike_people
        elif subject.label in BODIES:
            look_up = self._alike_bodies
        else:
            return
        for name in subject.names:
            for candidate in look_up(name):
                yield name, candidate

    def _find_people(self, name: str) -> tuple[Candidate, ...]:
        found: dict[str, Candidate] = {}
        for match in self._people.find(name):
            entity, alias = match.value
            found.setdefault(entity, _alike(entity, alias, match.comparison.score, match.comparison.why))
        return tuple(found.values())

    def _find_bodies(self, name: str) -> tuple[Candidate, ...]:
        return tuple(_alike(match.entity, match.alias, match.score, match.why) for match in self._bodies.find(name))


def _alike(entity: str, alias: Alias, likeness: float, why: str) -> Candidate:
    return Candidate(entity, alias, MatchForm.ALIKE, round(likeness, 4), why)
