"""The entities of one article while its mentions are tied together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from models.knowledge import KnowledgeEntity
from models.vocabulary import Label, Via
from pipeline.text.names import normalise_name

__all__ = ["BODIES", "FIRM_ENDS", "Entity", "EntityBook", "Named", "name_keys", "name_kind"]

BODIES = (Label.ORG, Label.AGENCY)
"""Labels that one body may get from different rules."""

FIRM_ENDS = frozenset(
    "corp corporation inc co company ltd limited llc group holdings security construction bank advanced system systems".split()
)


@dataclass(frozen=True, slots=True)
class Named:
    """A name with its entity decided."""

    start: int
    end: int
    text: str
    label: Label
    rule: str
    entity: str
    name: str
    via: Via
    country: str | None = None
    metonym: bool = False


@dataclass(slots=True)
class Entity:
    """One entity; `titles` are the heads of the titles it was given."""

    id: str
    label: Label
    name: str
    country: str | None = None
    titles: set[str] = field(default_factory=set)


@dataclass(slots=True)
class EntityBook:
    """The entities of one article, found by id, by name and by surname."""

    entities: dict[str, Entity] = field(default_factory=dict)
    by_name: dict[tuple[str, tuple[str, ...]], Entity] = field(default_factory=dict)
    by_surname: dict[str, list[Entity]] = field(default_factory=dict)
    by_part: dict[str, list[Entity]] = field(default_factory=dict)
    """Persons by every word of their names, for those who are called by a given name."""
    unknown: int = 0

    def add_known(self, known: KnowledgeEntity, label: Label, text: str) -> Entity:
        """Return the entity of the knowledge base, noting that the text calls it `text`."""
        entity = self.entities.setdefault(known.id, Entity(known.id, label, known.name, known.country))
        self._index(entity, text)
        return entity

    def add_unknown(self, label: Label, name: str, country: str | None) -> Entity:
        """Return a new entity with the next number."""
        self.unknown += 1
        entity = Entity(f"doc:{self.unknown}", label, name, country)
        self.entities[entity.id] = entity
        self._index(entity, name)
        return entity

    def _index(self, entity: Entity, name: str) -> None:
        for key in name_keys(normalise_name(name).split(), entity.label):
            self.by_name.setdefault((name_kind(entity.label), key), entity)

    def add_surnames(self, entity: Entity, surnames: set[str], parts: Iterable[str] = ()) -> None:
        """Note by which surnames, and failing these by which words of the name, a person may be called."""
        for table, words in ((self.by_surname, surnames), (self.by_part, parts)):
            for word in words:
                owners = table.setdefault(word, [])
                if entity not in owners:
                    owners.append(entity)


def name_kind(label: Label) -> str:
    """Return the kind within which equal names mean one entity."""
    return "body" if label in BODIES else label.value


def name_keys(words: Sequence[str], label: Label) -> list[tuple[str, ...]]:
    """Return the forms under which a name is kept: itself; a person's without middle initials; a firm's without its type."""
    keys = [tuple(words)] if words else []
    if label is Label.PERSON and len(words) > 2 and any(len(word) == 1 for word in words[1:-1]):
        keys.append((words[0], *(word for word in words[1:-1] if len(word) > 1), words[-1]))
    if label is Label.ORG:
        bare = list(words)
        while len(bare) > 1 and bare[-1] in FIRM_ENDS:
            bare.pop()
        keys.append(tuple(bare))
    return list(dict.fromkeys(key for key in keys if key))
