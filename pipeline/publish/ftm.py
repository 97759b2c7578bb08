"""FollowTheMoney: entities as JSON lines, for Aleph, OpenAleph and the tools of OpenSanctions.

An event becomes an `Event`, with an `UnknownLink` from each named party that tells its role. Persons, bodies, companies and ships become
entities of their kinds; a match to a list becomes a `Sanction` that says that it is a match; an amount becomes a `Payment` where one party
plainly gave it to another one. Weapons, malware and words that name nobody stand in the notes of the event: the model has no kind for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC
from hashlib import blake2b

from models.findings import AmountFound, EventFound, ListMatch, PartyFound
from models.vocabulary import AmountRole, ArgumentRole, Label, Modality
from pipeline.publish.lines import as_line, in_blocks

__all__ = ["encode_ftm", "ftm_entities", "ftm_id"]

Entity = dict[str, object]

_SCHEMATA = {
    Label.PERSON: "Person",
    Label.AGENCY: "PublicBody",
    Label.ORG: "Organization",
    Label.PLACE: "PublicBody",  # as an actor a place stands for its government
    Label.VESSEL: "Vessel",
}

_COMPANY = re.compile(
    r"\b(?:Co|Corp|Inc|Ltd|LLC|LLP|PLC|GmbH|AG|JSC|OOO|SA|SARL|BV|Pte|Sdn Bhd)\b\.?\s*$|"
    r"\b(?:Company|Corporation|Incorporated|Limited)\b|주식회사|\(주\)|㈜|유한회사",
)
"""Forms of law in the name of a company: the label ORG does not tell companies from other bodies."""

_NOT_OF_AN_ID = re.compile(r"[^0-9A-Za-z.]+")

_FORMER_COUNTRIES = {"SU": "suhh"}
"""Codes of countries that are no more, which the model writes with their ISO 3166-3 code."""

_TO_ACTOR = {AmountRole.STOLEN, AmountRole.SEIZED, AmountRole.FINE, AmountRole.EARNED}
_TO_TARGET = {AmountRole.AID}
_HAPPENED = {Modality.ASSERTED, Modality.ALLEGED}


def encode_ftm(events: Iterable[EventFound]) -> Iterator[bytes]:
    """Yield one entity per line. An entity that is told in the same words again is left out; told otherwise, its line comes again.

    Lines with the same id add up to one entity, as `ftm aggregate` has it. Memory grows by a few bytes with every entity, not with the events.
    """
    seen: set[bytes] = set()
    yield from in_blocks(line for event in events for line in map(as_line, ftm_entities(event)) if _is_new(line, seen))


def _is_new(line: str, seen: set[bytes]) -> bool:
    digest = blake2b(line.encode(), digest_size=10).digest()
    known = digest in seen
    seen.add(digest)
    return not known


def ftm_id(ident: str) -> str:
    """Return an id of ours in the letters that the model allows: "kb:kp" becomes "kb-kp"."""
    return _NOT_OF_AN_ID.sub("-", ident).strip("-.")


def ftm_entities(event: EventFound) -> Iterator[Entity]:
    """Yield the entities of one event: the event itself, then parties, links, matches and payments."""
    yield _event(event)
    for role, party in _roles(event):
        if party.id is not None and (schema := _schema(party)):
            yield _entity(party.id, schema, name=[party.name], country=[party.country])
            yield _entity(
                f"{event.id}-{role}-{party.id}", "UnknownLink", subject=[ftm_id(party.id)], object=[ftm_id(event.id)], role=[role.value]
            )
            yield from (_sanction(party.id, match) for match in party.matches)
    yield from _payments(event)


def _roles(event: EventFound) -> list[tuple[ArgumentRole, PartyFound]]:
    speaker = [(ArgumentRole.SPEAKER, event.speaker)] if event.speaker else []
    actors = [(ArgumentRole.ACTOR, party) for party in event.actors]
    return [*actors, *((ArgumentRole.TARGET, party) for party in event.targets), *speaker]


def _schema(party: PartyFound) -> str | None:
    if party.label == Label.ORG and _COMPANY.search(party.name):
        return "Company"
    return _SCHEMATA.get(Label(party.label)) if party.label else None


def _is_legal(party: PartyFound) -> bool:
    return party.id is not None and _schema(party) not in {None, "Vessel"}


def _event(event: EventFound) -> Entity:
    place = event.place
    return _entity(
        event.id,
        "Event",
        name=[_title(event)],
        startDate=[event.date_start],
        endDate=[event.date_end],
        summary=[event.evidence],
        location=[place.name if place else None],
        country=[place.country if place else None],
        involved=[ftm_id(party.id) for _, party in _roles(event) if party.id and _is_legal(party)],
        keywords=[event.type, event.subtype, event.modality, "background" if event.background else None],
        notes=[*_party_notes(event), *(f"{amount.role}: {amount.text}" for amount in event.amounts)],
        sourceUrl=[article.url for article in event.articles],
        publisher=[article.publisher for article in event.articles],
        recordId=[event.id],
        modifiedAt=[event.changed_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")],
    )


def _title(event: EventFound) -> str:
    kind = f"{event.type} ({event.subtype})" if event.subtype else event.type
    sides = [", ".join(party.name for party in parties) for parties in (event.actors, event.targets)]
    return " ".join(part for part in (f"{kind}:", " → ".join(side for side in sides if side) or event.trigger, event.date_start) if part)


def _party_notes(event: EventFound) -> list[str]:
    return [f"{role.value}: {party.name}" for role, party in _roles(event)]


def _sanction(party: str, match: ListMatch) -> Entity:
    return _entity(
        f"{party}-{match.entry}",
        "Sanction",
        entity=[ftm_id(party)],
        authority=[match.source],
        authorityId=[match.entry.partition(":")[2]],
        program=list(match.programs),
        recordId=[match.entry],
        status=["matched"],
        summary=[f"Matched by name and context to the entry {match.name}, score {match.score:.2f}; not decided by a person."],
    )


def _payments(event: EventFound) -> Iterator[Entity]:
    """Yield a payment for each amount that went from one named party to another; between several the article does not say who paid whom."""
    if event.modality not in _HAPPENED or len(event.actors) != 1 or len(event.targets) != 1:
        return
    actor, target = event.actors[0], event.targets[0]
    if not (_is_legal(actor) and _is_legal(target)) or actor.id == target.id:
        return
    for number, amount in enumerate(event.amounts, start=1):
        if amount.role in _TO_ACTOR:
            yield _payment(event, number, amount, target, actor)
        elif amount.role in _TO_TARGET:
            yield _payment(event, number, amount, actor, target)


def _payment(event: EventFound, number: int, amount: AmountFound, payer: PartyFound, beneficiary: PartyFound) -> Entity:
    return _entity(
        f"{event.id}-amount-{number}",
        "Payment",
        payer=[ftm_id(payer.id or "")],
        beneficiary=[ftm_id(beneficiary.id or "")],
        amount=[_number(amount.value)],
        currency=[amount.currency],
        amountUsd=[_number(amount.usd)],
        purpose=[f"{amount.role} ({event.modality}): {amount.text}"],
        startDate=[event.date_start],
        endDate=[event.date_end],
        recordId=[event.id],
        sourceUrl=[article.url for article in event.articles if article.id == amount.article_id],
    )


def _number(value: float | None) -> str | None:
    return None if value is None else repr(value).removesuffix(".0") if value < 1e15 else f"{value:.0f}"


def _entity(ident: str, schema: str, **properties: Iterable[str | None]) -> Entity:
    """Return an entity with the properties that have values, each once and with single blanks, as the model cleans them."""
    held = {name: list(dict.fromkeys(" ".join(value.split()) for value in values if value)) for name, values in properties.items()}
    if "country" in held:
        held["country"] = [_FORMER_COUNTRIES.get(code, code.lower()) for code in held["country"]]
    return {"id": ftm_id(ident), "schema": schema, "properties": {name: values for name, values in held.items() if values}}
