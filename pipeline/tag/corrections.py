"""What editors said of names, heeded by the tag stage in either language: forms that are no names, and pairs that are never one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from models.knowledge import Knowledge
from models.vocabulary import Via
from pipeline.tag.entities import Named
from pipeline.tag.reading import Found
from pipeline.text.names import normalise_name

__all__ = ["Heed"]


class Heed:
    """Applies the corrections of one knowledge base; where there are none it changes nothing and costs nothing."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._entities = knowledge.entities
        self._corrections = knowledge.corrections
        self._idle = not (self._corrections.never or self._corrections.stops)

    def is_name(self, found: Found, text: str) -> bool:
        """Tell whether no editor said that a find is no name of its label."""
        return self._idle or not self._corrections.stop(normalise_name(text[found.start : found.end]), found.label)

    def finds(self, finds: Sequence[Found], text: str) -> Sequence[Found]:
        """Return the finds that are names, without the entities that an editor said they do not mean."""
        return finds if self._idle else [self._without(found, text) for found in finds if self.is_name(found, text)]

    def _without(self, found: Found, text: str) -> Found:
        form = normalise_name(text[found.start : found.end]) if found.ids else ""
        return replace(found, ids=tuple(ident for ident in found.ids if not self._corrections.bars(form, ident)))

    def named(self, named: Sequence[Named], finds: Iterable[Found]) -> Sequence[Named]:
        """Return the names that the article itself explained, by the same rules: what is not meant becomes an entity of the article alone.

        A capital that does not stand for its state is the place that it is.
        """
        if self._idle:
            return named
        ids = {(found.start, found.end): found.ids for found in finds}
        own: dict[tuple[str, str], str] = {}
        last = max((int(one.entity.removeprefix("doc:")) for one in named if one.entity.startswith("doc:")), default=0)
        kept: list[Named] = []
        for one in named:
            form = normalise_name(one.text)
            if self._corrections.stop(form, one.label):
                continue
            if not self._corrections.bars(form, one.entity):
                kept.append(one)
            elif places := ids.get((one.start, one.end), ()) if one.metonym else ():
                kept.append(self._as_known(one, places[0]))
            else:
                entity = own.setdefault((form, one.label), f"doc:{last + len(own) + 1}")
                kept.append(replace(one, entity=entity, name=" ".join(one.text.split()), country=None, via=Via.DIRECT, metonym=False))
        return kept

    def _as_known(self, one: Named, entity: str) -> Named:
        known = self._entities[entity]
        return replace(one, entity=known.id, name=known.name, country=known.country, via=Via.DIRECT, metonym=False)
