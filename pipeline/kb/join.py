"""Which list entries are the same person, body or ship, and the entities made of them.

Two entries of different lists are joined only where that is sure: a shared passport, IMO or bank code; a full birth
date and similar names; for bodies and companies one equal name. Curated tables say the rest.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from models.knowledge import Alias, KnowledgeEntity
from models.vocabulary import Label
from pipeline.kb.lists import ListRecord
from pipeline.names import compare
from pipeline.text.names import normalise_name, normalise_organisation

__all__ = ["attach_listings", "group_records", "make_listed_entity"]

_FULL_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SIMILAR = 0.6
"""Likeness of two names from which entries with one birth date count as one person: of 112 such pairs of three lists 109 are like
that, and the other three are other people."""
_OF_ONE = frozenset({"passport", "imo", "mmsi", "swift"})
"""Kinds of identifier that one person, ship or bank has alone: addresses, sites and wallets are shared."""
_PREFIXES = {"us_ofac_sdn": "ofac", "un_sc_sanctions": "un", "gb_fcdo": "uk", "kr_designations": "rok"}


def group_records(records: Sequence[ListRecord], reviewed: Iterable[tuple[str, str]] = ()) -> tuple[tuple[ListRecord, ...], ...]:
    """Group the records of all lists by real-world entity, in the order of their first record.

    `reviewed` are pairs of references that someone found to be the same; unknown references raise KeyError.
    """
    places = {record.reference: index for index, record in enumerate(records)}
    parents = list(range(len(records)))

    def find(index: int) -> int:
        while parents[index] != index:
            index = parents[index]
        return index

    for first, second in (*_same_pairs(records), *((places[one], places[other]) for one, other in reviewed)):
        low, high = sorted((find(first), find(second)))
        parents[high] = low
    groups: defaultdict[int, list[ListRecord]] = defaultdict(list)
    for index, record in enumerate(records):
        groups[find(index)].append(record)
    return tuple(tuple(group) for group in groups.values())


def _same_pairs(records: Sequence[ListRecord]) -> Iterator[tuple[int, int]]:
    blocks: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, record in enumerate(records):
        for key in _block_keys(record):
            blocks[key].append(index)
    for key, members in blocks.items():
        for first, second in combinations(members, 2):
            a, b = records[first], records[second]
            if a.entry.source != b.entry.source and (key[0] != "born" or _names_similar(a, b)):
                yield first, second


def _block_keys(record: ListRecord) -> Iterator[tuple[str, ...]]:
    label = "body" if record.label in (Label.AGENCY, Label.ORG) else str(record.label)
    for identifier in record.identifiers:
        if identifier.partition(":")[0] in _OF_ONE:
            yield "identifier", label, identifier
    if record.label is Label.PERSON:
        for day in record.entry.birth_dates:
            if _FULL_DATE.fullmatch(day):
                yield "born", day
    elif record.label is not Label.VESSEL:
        for alias in record.aliases:
            if alias.kind == "name":
                yield "named", record.country or "", normalise_organisation(alias.text)


def _names_similar(first: ListRecord, second: ListRecord) -> bool:
    return any(compare(one.text, other.text).score >= _SIMILAR for one in first.aliases for other in second.aliases)


def attach_listings(entity: KnowledgeEntity, records: Iterable[ListRecord]) -> KnowledgeEntity:
    """Return the entity with the entries and further aliases of `records`."""
    listings = dict.fromkeys((*entity.listings, *(record.entry for record in records)))
    aliases: dict[tuple[str, str], Alias] = {(alias.text, alias.lang): alias for alias in entity.aliases}
    for record in records:
        for alias in record.aliases:
            aliases.setdefault((alias.text, alias.lang), alias)
    country = entity.country or next((record.country for record in records if record.country), None)
    return replace(entity, aliases=tuple(aliases.values()), listings=tuple(listings), country=country)


def make_listed_entity(group: tuple[ListRecord, ...]) -> KnowledgeEntity:
    """Make the entity of a group that no curated table claims; its id is that of its first record."""
    first = group[0]
    label = Label.AGENCY if any(record.label is Label.AGENCY for record in group) else first.label
    blank = KnowledgeEntity(id=_make_id(first), label=label, name=first.aliases[0].text, aliases=(), source=first.entry.source)
    return attach_listings(blank, group)


def _make_id(record: ListRecord) -> str:
    prefix = _PREFIXES.get(record.entry.source, record.entry.source.replace("_", "-"))
    key = (
        record.entry.entry.partition(":")[2].lower()
        if record.entry.entry
        else normalise_name(record.reference.partition(":")[2]).replace(" ", "-")
    )
    return f"kb:{prefix}-{key}"
