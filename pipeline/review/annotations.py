"""Decisions as annotations: what editors found right and wrong in each text, to be learnt from.

A row has the form of our own annotations (`models/language/annotations`), without the text: who has the text puts the two together. It is
`partial`: nobody has looked at what it does not speak of. `judged` are names that are right, and spans that are no name of a label;
`rejected` are triggers of events that are none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.review import ItemKind, Subject, Verdict
from models.vocabulary import Bound, Label
from pipeline.review.decided import Decided, load_decided
from pipeline.store.engine import Database, reading
from pipeline.store.review_material import (
    NameSpan,
    Passage,
    Text,
    load_names,
    load_passages,
    load_texts,
    places_of,
)
from pipeline.train.restore import put_together

__all__ = ["FILE", "Annotated", "read_annotations"]

FILE = "decisions"
"""Name under which the texts of these annotations are looked for: decisions.jsonl.gz."""
_RIGHT = frozenset({Verdict.ACCEPT, Verdict.EDIT, Verdict.ADD})
_KINDS = (ItemKind.NAME, ItemKind.OFFICE, ItemKind.EVENT, ItemKind.AMOUNT)
_KNOWN = "kb:"


@dataclass(frozen=True, slots=True)
class Annotated:
    """One text with its annotations in offsets."""

    text: Text
    row: Mapping[str, Any]

    def with_text(self) -> dict[str, Any]:
        """Return the article in the form of gold, which `peninsula train` and `peninsula evaluate` read."""
        article = {"text": self.text.text, "title": self.text.title, "publisher": self.text.publisher, "lang": self.text.lang}
        return put_together(dict(self.row), article)


def read_annotations(database: Database) -> list[Annotated]:
    """Return what editors decided of names, offices, amounts and events, article by article, in the order of their ids."""
    with reading(database) as connection:
        decided = load_decided(connection, _KINDS)
        places = places_of(connection, [one.item.id for one in decided])
        judged = [(one, place) for one in decided for place in places.get(one.item.id, ()) if place.row_id not in one.decision.excepted]
        texts = load_texts(connection, {str(place.version_id) for _, place in judged})
        told = {place.row_id: str(place.version_id) for one, place in judged if one.item.kind is ItemKind.EVENT}
        passages = load_passages(connection, told)
        names = load_names(connection, texts, {entity for one, _ in judged for entity in _parties_of(one)})
    pages = {ident: _Page(text, names, passages) for ident, text in texts.items()}
    for one, place in judged:
        pages[str(place.version_id)].take(one, place)
    return [Annotated(page.text, page.row()) for _, page in sorted(pages.items()) if page.says_something]


def _parties_of(one: Decided) -> Iterator[str]:
    for party in _parties(one) if one.item.kind is ItemKind.EVENT else ():
        if party["id"] is not None:
            yield party["id"]


def _parties(one: Decided) -> list[Mapping[str, Any]]:
    several = [*(one.said("actors") or ()), *(one.said("targets") or ())]
    return several + [party for role in ("place", "speaker") if (party := one.said(role)) is not None]


@dataclass(slots=True)
class _Entity:
    label: str
    name: str
    mentions: set[tuple[int, int]] = field(default_factory=set)
    nominals: set[tuple[int, int]] = field(default_factory=set)
    office: dict[str, Any] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        spans = {"mentions": [list(span) for span in sorted(self.mentions)], "nominals": [list(span) for span in sorted(self.nominals)]}
        return {"label": self.label, "name": self.name, **spans, **self.office}


@dataclass(slots=True)
class _Page:
    """What is known of one text, decision by decision."""

    text: Text
    names: Mapping[tuple[str, str], Sequence[NameSpan]]
    passages: Mapping[str, Sequence[Passage]]
    entities: dict[str, _Entity] = field(default_factory=dict)
    judged: dict[tuple[int, int, str], bool] = field(default_factory=dict)
    amounts: dict[tuple[int, int], tuple[float | None, str | None, str]] = field(default_factory=dict)
    events: list[tuple[Decided, Sequence[Passage]]] = field(default_factory=list)
    rejected: list[tuple[str, Sequence[Passage]]] = field(default_factory=list)

    @property
    def says_something(self) -> bool:
        return bool(self.judged or self.amounts or self.events or self.rejected)

    def take(self, one: Decided, place: Subject) -> None:
        """Note what a verdict says of one place."""
        right, wrong = one.decision.verdict in _RIGHT, one.decision.verdict is Verdict.REJECT
        if place.start is None or place.end is None or not 0 <= place.start < place.end <= len(self.text.text):
            return
        if one.item.kind is ItemKind.NAME and right:
            self._take_name(one, self._span(one, place.start, place.end))
        elif one.item.kind is ItemKind.NAME and wrong and not (one.item.candidate or "").startswith(_KNOWN):
            self.judged[place.start, place.end, str(one.item.label)] = False
        elif one.item.kind is ItemKind.OFFICE and right:
            office = {"official": bool(one.said("official")), "role": one.said("role"), "affiliation": one.said("body")}
            self._entity(one.said("entity"), one.said("name"), Label.PERSON.value).office = office
        elif one.item.kind is ItemKind.AMOUNT and right:
            self.amounts[place.start, place.end] = (one.said("value"), one.said("currency"), str(one.said("bound") or Bound.EXACT.value))
        elif one.item.kind is ItemKind.EVENT and right:
            self._take_event(one, self.passages.get(place.row_id, ()))
        elif one.item.kind is ItemKind.EVENT and wrong:
            self.rejected.append((str(one.item.label), self.passages.get(place.row_id, ())))

    def _span(self, one: Decided, start: int, end: int) -> tuple[int, int]:
        """Return the range of the words that the editor gave, where they overlap those of the machine; else that of the machine."""
        words = str(one.decision.after.get("text") or "")
        found = self.text.text.find(words, max(0, start - len(words)), end + len(words)) if words else -1
        return (found, found + len(words)) if found >= 0 and found < end and start < found + len(words) else (start, end)

    def _take_name(self, one: Decided, span: tuple[int, int]) -> None:
        label = str(one.said("label") or one.item.label)
        self.judged[*span, label] = True
        written = self.text.text[slice(*span)]
        self._entity(one.said("entity") or f"{label}:{one.item.form}", one.said("name") or written, label).mentions.add(span)

    def _entity(self, ident: str | None, name: str | None, label: str) -> _Entity:
        key = ident or f"text:{name}"
        return self.entities.setdefault(key, _Entity(label, name or key))

    def _take_event(self, one: Decided, passages: Sequence[Passage]) -> None:
        if not passages:
            return
        for party in _parties(one):
            spans = self.names.get((self.text.id, party["id"] or ""), ())
            entity = self._entity(party["id"], party["name"], str(spans[0].label.value) if spans else Label.ORG.value)
            entity.mentions.update((span.start, span.end) for span in spans)
            fillers = {(one.start, one.end) for passage in passages for one in passage.fillers if _fills(one.entity, one.name, party)}
            entity.nominals |= fillers - entity.mentions
        texts = {amount["text"] for amount in one.said("amounts") or ()}
        for amount in (amount for passage in passages for amount in passage.amounts if amount.text in texts):
            self.amounts.setdefault((amount.start, amount.end), (amount.value, amount.currency, amount.bound.value))
        self.events.append((one, passages))

    # --- as a row -----------------------------------------------------------------------------------------------------

    def row(self) -> dict[str, Any]:
        text = self.text
        places = {key: number for number, key in enumerate(self.entities)}
        return {
            "file": FILE,
            "id": text.id,
            "start": 0,
            "end": len(text.text),
            "sha256": hashlib.sha256(text.text.encode()).hexdigest()[:16],
            "published": text.published_at.date().isoformat() if text.published_at else None,
            "korea": text.korea,
            "partial": True,
            "entities": [entity.row() for entity in self.entities.values()],
            "amounts": [[*span, *read] for span, read in sorted(self.amounts.items())],
            "events": [self._event(one, passages, places) for one, passages in self.events],
            "judged": [[*span, right] for span, right in sorted(self.judged.items())],
            "rejected": [{"type": kind, "triggers": _triggers(passages)} for kind, passages in self.rejected if passages],
        }

    def _event(self, one: Decided, passages: Sequence[Passage], places: Mapping[str, int]) -> dict[str, Any]:
        def numbers(role: str) -> list[int]:
            return [places[party["id"] or f"text:{party['name']}"] for party in one.said(role) or ()]

        spans = sorted(self.amounts)
        texts = {amount["text"] for amount in one.said("amounts") or ()}
        told = {(amount.start, amount.end) for passage in passages for amount in passage.amounts if amount.text in texts}
        alone = {role: places[party["id"] or f"text:{party['name']}"] for role in ("place", "speaker") if (party := one.said(role))}
        start, end = one.said("date_start"), one.said("date_end")
        return {
            "type": one.said("type"),
            "triggers": _triggers(passages),
            "actors": numbers("actors"),
            "targets": numbers("targets"),
            **alone,
            "date": [start, end] if start and end and end != start else start,
            "modality": one.said("modality"),
            "amounts": [number for number, span in enumerate(spans) if span in told],
            "core": not one.said("background"),
        }


def _triggers(passages: Iterable[Passage]) -> list[list[int]]:
    return [[*passage.trigger, *passage.evidence] for passage in passages]


def _fills(entity: str | None, name: str, party: Mapping[str, Any]) -> bool:
    return entity == party["id"] if party["id"] is not None else name.casefold() == str(party["name"]).casefold()
