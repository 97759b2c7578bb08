"""What the knowledge base says of a person's posts on a day."""

from __future__ import annotations

from datetime import date

from models.knowledge import Knowledge, KnowledgeEntity, Post
from models.vocabulary import Label

__all__ = ["Posts"]


class Posts:
    """Posts of state of the persons of one knowledge base; posts at firms, parties and universities are none."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._private = frozenset(body.name for body in knowledge.entities.values() if body.label is Label.ORG)

    def current(self, ident: str, day: date | None) -> Post | None:
        """Return the post of state held on a day; else the last one held before; None where none was held yet.

        Of several, that at the head of a government goes before the others.
        """
        entity = self._knowledge.entities.get(ident)
        held = [post for post in self._of_state(entity) if day is None or post.start is None or post.start <= day]
        current = [post for post in held if post.held_on(day)]
        return max(current or held, key=lambda post: (post.leads, post.start or date.min), default=None)

    def serves_state(self, ident: str) -> bool:
        """Tell whether all that is known of a person are posts of state, so that a professor of the name is somebody else."""
        entity = self._knowledge.entities.get(ident)
        return entity is not None and bool(entity.posts) and len(self._of_state(entity)) == len(entity.posts)

    def _of_state(self, entity: KnowledgeEntity | None) -> list[Post]:
        return [post for post in entity.posts if post.affiliation not in self._private] if entity is not None else []
