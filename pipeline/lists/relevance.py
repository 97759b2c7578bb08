"""Which entries of the lists concern the DPRK, and why: the reason is stored with each.

The reasons, the strongest first: a program for the DPRK; nationality, citizenship or flag; remarks that name the North Korea Sanctions
Regulations; a seat in North Korea and nowhere else; a link to an entry that one of the first three makes relevant. An address in North
Korea beside others is no reason: foreign companies with an office in Pyongyang are listed for other things.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pipeline.lists.ofac import NK_REGULATIONS
from pipeline.lists.record import ListedRecord
from pipeline.lists.tables import DPRK, country_code, dprk_programs
from pipeline.text.names import normalise_organisation

__all__ = ["find_own_reason", "select_dprk"]

_ADDRESS = "address only in"


def select_dprk(records: Sequence[ListedRecord]) -> tuple[ListedRecord, ...]:
    """Return the entries of one list that concern the DPRK, in their order, each with its `reason`."""
    owned = [(record, find_own_reason(record)) for record in records]
    named = _index_names(owned)
    found = ((record, reason or _find_link(record, named)) for record, reason in owned)
    return tuple(replace(record, reason=reason) for record, reason in found if reason)


def find_own_reason(record: ListedRecord) -> str | None:
    """Return what in the entry itself makes it concern the DPRK: "program DPRK4", "nationality Korea, North"; None where nothing does."""
    for program in record.programs:
        if program in dprk_programs():
            return f"program {program}"
    for nationality in record.nationalities:
        if country_code(nationality) == DPRK:
            return f"{'flag' if record.schema == 'Vessel' else 'nationality'} {nationality}"
    if record.remarks and NK_REGULATIONS in record.remarks:
        return f"remarks name the {NK_REGULATIONS}"
    if record.addresses and all(country_code(address) == DPRK for address in record.addresses):
        return f"{_ADDRESS} {record.addresses[0]}"
    return None


def _index_names(owned: Iterable[tuple[ListedRecord, str | None]]) -> Mapping[str, ListedRecord]:
    """Return the entries that others can be linked to, by name.

    A name that an entry without such a reason bears as well is left out: two ministries of state security are listed, of two states.
    """
    named: dict[str, ListedRecord] = {}
    doubtful: set[str] = set()
    for record, reason in owned:
        name = normalise_organisation(record.name)
        if reason and not reason.startswith(_ADDRESS):
            named.setdefault(name, record)
        else:
            doubtful.add(name)
    return {name: record for name, record in named.items() if name not in doubtful}


def _find_link(record: ListedRecord, named: Mapping[str, ListedRecord]) -> str | None:
    for name in record.linked_to:
        if target := named.get(normalise_organisation(name)):
            return f"linked to {target.name}" + (f" ({target.source}:{target.source_id})" if target.source_id else "")
    return None
