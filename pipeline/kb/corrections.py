"""What editors decided, put into the knowledge base: names that they accepted, pairs and forms that they rejected."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from models.knowledge import AcceptedName, Alias, Corrections, Knowledge, KnowledgeEntity, NeverPair
from models.vocabulary import Label
from pipeline.text.names import is_hangul, normalise_name

__all__ = ["apply_corrections"]

_SHORTEST_HANGUL = 3
"""Syllables of a person's name in Korean that can stand alone: shorter ones are surnames and given names, which others bear too."""
_ACRONYM = re.compile(r"[A-Z][A-Z0-9&.-]*")


def apply_corrections(knowledge: Knowledge, corrections: Corrections) -> Knowledge:
    """Return the knowledge as the decisions of editors would have it; itself where nobody decided anything.

    An accepted name becomes an alias of its entity, unless the entity has it already or it means the entity in its article alone: a bare
    surname, words without a capital ("the ministry"), a capital that stands for its state. A pair
    with an entry of a list is one with the entity that the entry belongs to. What is said of entities that are no longer known is left out.
    """
    if not corrections.upto:
        return knowledge
    owners = _owners(knowledge)
    entities = dict(knowledge.entities)
    speakers = _stand_ins(knowledge)
    for name in corrections.names:
        for owner in owners.get(name.of, ()):
            alias = _alias(entities[owner], name)
            if alias is not None and normalise_name(name.text) not in speakers.get(owner, ()):
                entities[owner] = replace(entities[owner], aliases=(*entities[owner].aliases, alias))
    never = frozenset(NeverPair(pair.form, owner) for pair in corrections.never for owner in owners.get(pair.of, ()))
    return knowledge.decided(replace(corrections, never=never), entities)


def _owners(knowledge: Knowledge) -> Mapping[str, tuple[str, ...]]:
    """Map the ids of entities, and the entries of lists that belong to them, to the ids of the entities."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for entity in knowledge.entities.values():
        for name in (entity.id, *(listing.entry for listing in entity.listings if listing.entry is not None)):
            found[name][entity.id] = None
    return {name: tuple(owners) for name, owners in found.items()}


def _stand_ins(knowledge: Knowledge) -> Mapping[str, frozenset[str]]:
    """Map the ids of states to the normal forms of the places that stand for them."""
    found: dict[str, set[str]] = defaultdict(set)
    for entity in knowledge.entities.values():
        if entity.stands_for is not None:
            found[entity.stands_for].update(_forms(entity.aliases))
    return {state: frozenset(forms) for state, forms in found.items()}


def _forms(aliases: Iterable[Alias]) -> set[str]:
    return {normalise_name(alias.text) for alias in aliases}


def _alias(entity: KnowledgeEntity, name: AcceptedName) -> Alias | None:
    """Return the alias that an accepted name makes; None where it makes none. Its kind is told by how it is written."""
    text, form = " ".join(name.text.split()), normalise_name(name.text)
    known = {normalise_name(alias.text) for alias in entity.aliases if alias.lang == name.lang}
    if not form or form in known or not _stands_alone(entity.label, text, form):
        return None
    return Alias(text, "ko" if is_hangul(text) else name.lang, _kind(entity.label, text))


def _stands_alone(label: Label, text: str, form: str) -> bool:
    if label is not Label.PERSON:
        return len(form) > 1 and not text.islower()
    return len(form) >= _SHORTEST_HANGUL if is_hangul(text) else " " in form


def _kind(label: Label, text: str) -> str:
    return "acronym" if label in {Label.AGENCY, Label.ORG} and _ACRONYM.fullmatch(text) else "name"
