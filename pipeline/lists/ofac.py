"""What all forms of OFAC's list have in common: the way from the parts of an entry to its record."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pipeline.lists.record import ListedAlias, ListedRecord
from pipeline.lists.remarks import PhraseFacts, read_phrases
from pipeline.lists.tables import DPRK, body_schema, country_code, dprk_programs, find_seat, first_country

__all__ = ["NK_REGULATIONS", "SOURCE", "OfacEntry", "is_known_kind", "make_record", "order_name"]

SOURCE = "us_ofac_sdn"
NK_REGULATIONS = "North Korea Sanctions Regulations"
"""What the remarks of an entry name when dealing with it is a risk under OFAC's rules on North Korea, whatever its program."""

_SCHEMAS = {"individual": "Person", "vessel": "Vessel", "aircraft": "Airplane"}
_STATED = re.compile(r"(?:Target|Organization) Type:? (.+)")
_STATED_SCHEMAS = {
    "Financial Institution": "Company",
    "Government Entity": "Agency",
    "Private Company": "Company",
    "State-Owned Enterprise": "Company",
}
_ENTITY = "entity"


@dataclass(frozen=True, slots=True)
class OfacEntry:
    """The parts of one entry. `kind` is individual, vessel, aircraft or entity; `addresses` are countries; `phrases` are the remarks'."""

    source_id: str
    kind: str
    name: str
    programs: tuple[str, ...]
    phrases: tuple[str, ...] = ()
    aliases: tuple[ListedAlias, ...] = ()
    addresses: tuple[str, ...] = ()
    flag: str = ""
    title: str | None = None
    listed_on: date | None = None


def is_known_kind(kind: str) -> bool:
    """Tell whether OFAC's word for the kind of an entry is one of those that are read."""
    return kind == _ENTITY or kind in _SCHEMAS


def order_name(last: str, first: str) -> str:
    """Return a person's name as OFAC's tables write it, "KIM, Jong Un"; for bodies and ships there is the last name only."""
    return f"{last}, {first}" if last and first else last or first


def make_record(entry: OfacEntry, *, snapshot: str | None) -> ListedRecord:
    """Return the record of an entry."""
    facts = read_phrases(entry.phrases)
    nationalities = _unique((*facts.nationalities, *facts.citizenships, entry.flag))
    addresses = _unique(entry.addresses)
    return ListedRecord(
        source=SOURCE,
        source_id=entry.source_id,
        schema=_SCHEMAS.get(entry.kind) or _body_schema(entry),
        name=entry.name,
        aliases=_merge_aliases(entry.name, (*entry.aliases, *facts.aliases)),
        country=_find_country(entry, facts),
        countries=tuple(sorted({*nationalities, *addresses})),
        nationalities=nationalities,
        addresses=addresses,
        programs=entry.programs,
        birth_dates=facts.birth_dates,
        birth_dates_inexact=facts.birth_dates_inexact,
        birth_place=facts.birth_place,
        listed_on=entry.listed_on,
        title=entry.title,
        identifiers=facts.identifiers,
        linked_to=facts.linked_to,
        remarks="; ".join(entry.phrases) or None,
        snapshot=snapshot,
    )


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _body_schema(entry: OfacEntry) -> str:
    """Return what a body is: the list says it of some, the name of most. A trading company that is a government entity stays a company."""
    by_name = body_schema(entry.name)
    if by_name == "Company":
        return by_name
    stated = (match[1] for phrase in entry.phrases if (match := _STATED.fullmatch(phrase)))
    return next((_STATED_SCHEMAS[word] for word in stated if word in _STATED_SCHEMAS), by_name)


def _find_country(entry: OfacEntry, facts: PhraseFacts) -> str | None:
    """Return nationality, country of the passport, flag, or the one seat of a body.

    Where a person lives or was born says nothing, save that one who is listed for the DPRK and lives or was born there belongs to it.
    """
    stated = first_country((*facts.nationalities, *facts.citizenships, *facts.passport_countries, entry.flag))
    if stated:
        return stated
    for_dprk = _is_listed_for_dprk(entry)
    if entry.kind == _ENTITY:
        return find_seat(entry.addresses, for_dprk=for_dprk)
    # A place ends with its country, whose name may have a comma itself: "Hamhung, Korea, North".
    place = (facts.birth_place or "").split(", ")
    homes = (*entry.addresses, ", ".join(place[-1:]), ", ".join(place[-2:]))
    return DPRK if for_dprk and DPRK in map(country_code, homes) else None


def _is_listed_for_dprk(entry: OfacEntry) -> bool:
    return not dprk_programs().isdisjoint(entry.programs) or any(NK_REGULATIONS in phrase for phrase in entry.phrases)


def _merge_aliases(name: str, aliases: Iterable[ListedAlias]) -> tuple[ListedAlias, ...]:
    """Drop repeats; of a name that is both strong and weak the strong one stays, wherever it stands."""
    found: dict[str, ListedAlias] = {}
    for alias in aliases:
        earlier = found.get(alias.name)
        if alias.name != name and (earlier is None or (earlier.quality == "weak" and alias.quality == "strong")):
            found[alias.name] = alias
    return tuple(found.values())
