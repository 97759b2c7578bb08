"""Entities of the news that may be one: proposed with care, since whoever is wrongly made one with another is hard to part from him.

Persons are compared by the sound of their names, in whatever script and spelling; all others must have one normal form. Where both have a
country, it must be the same. A bare surname is an entity of its article alone and is proposed with nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from models.knowledge import Knowledge
from models.review import Asked, ItemKind, Subject
from models.vocabulary import Label
from pipeline.names import NameIndex
from pipeline.store.merges import Transaction
from pipeline.store.review_merges import entities_of_one_form, named_persons
from pipeline.text.names import is_hangul, normalise_name

__all__ = ["propose_pairs"]

_LEAST = 0.8
"""Likeness of two names from which their bearers are proposed as one: well above that of names which may be the same."""
_MOST = 3
"""Pairs of one person, at most: the likeliest."""
_BODIES = (Label.AGENCY, Label.ORG)
_OTHERS = (*_BODIES, Label.PLACE, Label.VESSEL, Label.WEAPON, Label.MALWARE)
_FEWEST_SYLLABLES = 3
_HOW_SURE = 0.5
"""Score of a pair: a name alone tells little of who bears it."""


def propose_pairs(connection: Transaction, knowledge: Knowledge, *, since: datetime) -> list[Asked]:
    """Return the pairs of entities that may be one, of which one was seen first since then."""
    found = {asked.key: asked for asked in (*_persons(connection, knowledge, since), *_others(connection, since))}
    return list(found.values())


def _persons(connection: Transaction, knowledge: Knowledge, since: datetime) -> Iterator[Asked]:
    new = [row for row in named_persons(connection, since) if _is_full(row.name)]
    if not new:
        return
    known: NameIndex[Any] = NameIndex((row.name, row) for row in named_persons(connection) if _is_full(row.name))
    # Whoever is on a list is a question of its own, with evidence from the text.
    officials: NameIndex[Any] = NameIndex(
        (alias.text, entity)
        for entity in knowledge.entities.values()
        if entity.label is Label.PERSON and not entity.listings
        for alias in entity.aliases
        if alias.kind == "name"
    )
    for row in new:
        best: dict[str, Any] = {}
        for match in (*officials.find(row.name, least=_LEAST), *known.find(row.name, least=_LEAST)):
            if match.value.id != row.id and _agree(row.country, match.value.country):
                best.setdefault(match.value.id, match)
        for match in list(best.values())[:_MOST]:
            yield _pair(row, match.value, match.comparison.why)


def _is_full(name: str) -> bool:
    if is_hangul(name):
        return len(normalise_name(name).replace(" ", "")) >= _FEWEST_SYLLABLES
    return " " in normalise_name(name)


def _others(connection: Transaction, since: datetime) -> Iterator[Asked]:
    for one, other in entities_of_one_form(connection, _OTHERS, since):
        if _agree(one.country, other.country) and (one.label is other.label or {one.label, other.label} == set(_BODIES)):
            yield _pair(one, other, "one normal form")


def _agree(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def _pair(one: Any, other: Any, why: str) -> Asked:  # noqa: ANN401 - rows, or a known entity
    """Return the question whether two entities are one. The known one stands for the other, else the one that is named more often."""
    standing = other if other.id.startswith("kb:") else max(one, other, key=_standing)
    leaving = one if standing is other else other
    return Asked(
        kind=ItemKind.MERGE,
        key=("entity", *sorted((one.id, other.id))),
        title=f"{leaving.name} = {standing.name}",
        value={"of": "entity", "loser": leaving.id, "winner": standing.id, "rule": why, "status": "candidate"},
        subjects=(Subject("entity", leaving.id),),
        scores=(_HOW_SURE,),
        form=normalise_name(leaving.name) or leaving.name,
        component=leaving.component,
        component_version=leaving.component_version,
        candidate=standing.id,
        label=leaving.label.value,
        lang=leaving.lang,
        publisher=leaving.publisher,
    )


def _standing(row: Any) -> tuple[int, str]:  # noqa: ANN401 - a row
    return row.n_subjects, row.id
