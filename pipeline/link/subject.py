"""What an article says of one entity: its mentions as one subject."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from models.knowledge import KnowledgeEntity
from models.records import Mention
from models.vocabulary import Label
from pipeline.text.names import is_hangul, normalise_name

__all__ = ["BODIES", "Subject", "group_mentions", "is_full_name", "same_sort"]

BODIES = frozenset({Label.AGENCY, Label.ORG})
_LINKABLE = BODIES | {Label.PERSON, Label.VESSEL}


@dataclass(frozen=True, slots=True)
class Subject:
    """All mentions of one entity of the article; `names` are those of its spellings that can name it alone."""

    entity: str
    label: Label
    mentions: tuple[Mention, ...]
    names: tuple[str, ...]

    @property
    def official(self) -> bool:
        """Whether the text presents the person as holding a post."""
        return any(mention.official for mention in self.mentions)

    @property
    def countries(self) -> frozenset[str]:
        """The countries that the text gives it; what the tag stage took from the knowledge base is no evidence."""
        if self.entity.startswith("kb:"):
            return frozenset()
        return frozenset(mention.country for mention in self.mentions if mention.country)


def group_mentions(mentions: Iterable[Mention]) -> tuple[Subject, ...]:
    """Group the linkable mentions by entity, in order of first mention."""
    groups: dict[str, list[Mention]] = {}
    for mention in mentions:
        if mention.label in _LINKABLE:
            groups.setdefault(mention.entity, []).append(mention)
    return tuple(
        Subject(entity, group[0].label, tuple(group), tuple(dict.fromkeys(one.text for one in group if is_full_name(one))))
        for entity, group in groups.items()
    )


def is_full_name(mention: Mention) -> bool:
    """Tell whether a mention can name its entity alone: not a bare surname."""
    if mention.label is not Label.PERSON:
        return True
    return len(mention.text) > 1 if is_hangul(mention.text) else len(normalise_name(mention.text).split()) > 1


def same_sort(subject: Subject, entity: KnowledgeEntity) -> bool:
    """Tell whether a subject can be this entity by its label; agencies and other bodies are often confused."""
    return subject.label is entity.label or (subject.label in BODIES and entity.label in BODIES)
