"""Who bears a name, in whatever script or spelling it is written, and on which lists he stands on a given day.

Persons are found by the sound of their names, bodies by their rare words, everything else by exact names, acronyms and numbers. What is found bears the
name asked for; whether he is meant is for the reader to judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from models.knowledge import Knowledge, KnowledgeEntity, ListEntry
from models.vocabulary import Label
from pipeline.kb.bodies import BodyIndex
from pipeline.kb.in_force import ListInForce
from pipeline.kb.index import AliasIndex
from pipeline.lists.changes import KeptRecord, status_on
from pipeline.lists.record import ListedRecord
from pipeline.names import NameIndex
from pipeline.text.names import is_hangul

__all__ = ["Finding", "ListedStatus", "Lookup"]

_NAMING = frozenset({"name", "weak"})
_NOT_SIGNIFICANT = re.compile(r"[\W_]+")
_NUMBER_NAMES = re.compile(r"^(IMO|MMSI|SWIFT|BIC|passport|wallet)\b[\s:.]*(number|no\.?|code)?[\s:.]*", re.IGNORECASE)
_SHORTEST_NUMBER = 6
_ADDRESSES = frozenset({"email", "website"})
"""Identifiers whose signs count: tornado.cash is an address, Tornado Cash a name."""


@dataclass(frozen=True, slots=True)
class ListedStatus:
    """One list entry of an entity. `status` is "listed", "not yet listed", "delisted" or "unknown"; `note` says what it rests on."""

    listing: ListEntry
    reference: str
    list_version: str
    status: str
    note: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One entity that bears the name. `how` says by what it was found, `score` (0 to 1) how alike the names are.

    `syllables` are pairs of syllables with their likeness, where the names were compared by sound.
    """

    entity: KnowledgeEntity
    alias: str
    how: str
    score: float
    why: str
    syllables: tuple[tuple[str, str, float], ...]
    entries: tuple[ListedStatus, ...]


@dataclass(frozen=True, slots=True)
class _Hit:
    entity: str
    alias: str
    how: str
    score: float
    why: str = ""
    syllables: tuple[tuple[str, str, float], ...] = ()


class Lookup:
    """Names, acronyms and numbers of one knowledge base and its lists; built once, read only."""

    def __init__(self, knowledge: Knowledge, lists: Sequence[ListInForce]) -> None:
        self._knowledge = knowledge
        self._lists = {one.source: one for one in lists}
        self._history = {_reference(kept): kept for one in lists for kept in one.read_history()}
        self._owners = {_key(listing): entity.id for entity in knowledge.entities.values() for listing in entity.listings}
        self._exact = AliasIndex(knowledge)
        persons = (entity for entity in knowledge.entities.values() if entity.label is Label.PERSON)
        self._persons = NameIndex(
            (alias.text, (entity.id, alias.text)) for entity in persons for alias in entity.aliases if alias.kind in _NAMING
        )
        self._bodies = BodyIndex(knowledge.entities.values())
        self._numbers = dict(self._read_numbers())

    def find(self, text: str, *, day: date | None = None, limit: int = 20) -> tuple[Finding, ...]:
        """Return who or what bears the name or number, the best first; `day` is the one whose list status is told, today by default."""
        best: dict[str, _Hit] = {}
        for hit in self._hits(text.strip()):
            if hit.entity not in best or hit.score > best[hit.entity].score:
                best[hit.entity] = hit
        ordered = sorted(best.values(), key=lambda hit: (-hit.score, not self._knowledge.entities[hit.entity].listings, hit.entity))
        return tuple(self._describe(hit, day) for hit in ordered[:limit])

    def _hits(self, text: str) -> Iterator[_Hit]:
        if text in self._knowledge.entities or text in self._owners:
            yield _Hit(self._owners.get(text, text), text, "id", 1.0)
        for number in dict.fromkeys((_plain(_NUMBER_NAMES.sub("", text)), text.casefold())):
            if len(number) >= _SHORTEST_NUMBER and number in self._numbers:
                entity, kind, value = self._numbers[number]
                yield _Hit(entity, value, kind, 1.0)
        for candidate in self._exact.find(text, "ko" if is_hangul(text) else "en"):
            yield _Hit(candidate.entity, candidate.alias.text, str(candidate.form), 1.0)
        for match in self._persons.find(text):
            entity, alias = match.value
            compared = match.comparison
            yield _Hit(entity, alias, "sounds alike", compared.score, compared.why, compared.syllables)
        for body in self._bodies.find(text):
            yield _Hit(body.entity, body.alias.text, "words alike", round(body.score, 4), body.why)

    def _describe(self, hit: _Hit, day: date | None) -> Finding:
        entity = self._knowledge.entities[hit.entity]
        entries = tuple(self._status(listing, day) for listing in entity.listings)
        return Finding(entity, hit.alias, hit.how, hit.score, hit.why, hit.syllables, entries)

    def _status(self, listing: ListEntry, day: date | None) -> ListedStatus:
        reference, one = _key(listing), self._lists.get(listing.source)
        if one is None:
            # A curated list, which has days of listing and no versions.
            kept, version, list_day = _keep(listing), listing.list_version, date.max
        else:
            kept, version, list_day = self._history[reference], one.version, one.published
        status, note = status_on(kept, day or date.max, list_day=list_day)
        return ListedStatus(listing, reference, version, status, note)

    def _read_numbers(self) -> Iterator[tuple[str, tuple[str, str, str]]]:
        """Yield numbers without their signs, and addresses, each with its entity, kind and spelling."""
        for reference, kept in self._history.items():
            for identifier in kept.record.identifiers:
                kind = f"{identifier.kind} {identifier.asset}".strip()
                if reference in self._owners:
                    plain = identifier.value.casefold() if identifier.kind in _ADDRESSES else _plain(identifier.value)
                    yield plain, (self._owners[reference], kind, identifier.value)


def _keep(listing: ListEntry) -> KeptRecord:
    record = ListedRecord(listing.source, None, "Organization", listing.name, listed_on=listing.listed_on)
    return KeptRecord(replace(record, delisted=listing.delisted, delisted_on=listing.delisted_on))


def _key(listing: ListEntry) -> str:
    return listing.entry or f"{listing.source}:{listing.name}"


def _reference(kept: KeptRecord) -> str:
    return f"{kept.record.source}:{kept.record.source_id or kept.record.name}"


def _plain(text: str) -> str:
    return _NOT_SIGNIFICANT.sub("", text).casefold()
