"""PLOVER: JSON lines with the fields of the POLECAT data set, in its order, and five of our own after them.

Only events that PLOVER has a type for are written. What Peninsula does not know (intensity, sectors, titles, other gazetteers' numbers) is
null rather than guessed. Countries are ISO 3166 two-letter codes; several values are divided by "; ".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC

from models.findings import EventFound, PartyFound
from models.vocabulary import Label
from pipeline.publish.lines import as_line, in_blocks

__all__ = ["encode_plover", "has_plover", "plover_record"]

_QUADS = {"VC": "VERBAL COOPERATION", "MC": "MATERIAL COOPERATION", "VN": "VERBAL CONFLICT", "MN": "MATERIAL CONFLICT"}


def has_plover(event: EventFound) -> bool:
    """Tell whether PLOVER has a type for the event."""
    return event.plover is not None


def encode_plover(events: Iterable[EventFound]) -> Iterator[bytes]:
    """Yield one record per event and line; events without a PLOVER type are left out."""
    yield from in_blocks(as_line(plover_record(event)) for event in events if has_plover(event))


def plover_record(event: EventFound) -> dict[str, object]:
    """Return the record of an event that has a PLOVER type."""
    kind, _, mode = (event.plover or "").partition("/")
    parties, first, place = (*event.actors, *event.targets), event.articles[0], event.place
    return {
        "Event ID": event.id,
        "Event Date": event.date_start,
        "Event Type": kind,
        "Event Mode": mode or None,
        "Intensity": None,
        "Quad Code": _QUADS[event.quad_class] if event.quad_class else None,
        "Contexts": _join(event.plover_contexts),
        **_party_fields("Actor", event.actors),
        **_party_fields("Recipient", event.targets),
        "Placename": place.name if place else None,
        **dict.fromkeys(("City", "District", "Province")),
        "Country": place.country if place else None,
        "Latitude": place.latitude if place else None,
        "Longitude": place.longitude if place else None,
        "GeoNames ID": None,
        "Raw Placename": None,
        "Feature Type": None,
        "Source": _join(article.publisher for article in event.articles),
        "Publication Date": event.first_published.astimezone(UTC).date().isoformat() if event.first_published else None,
        "Story People": _named(parties, Label.PERSON),
        "Story Organizations": _named(parties, Label.ORG, Label.AGENCY),
        "Story Locations": _named(parties, Label.PLACE),
        "Language": first.lang,
        "Version": event.extractor_version,
        "Modality": event.modality,
        "Background": event.background,
        "Speaker": event.speaker.name if event.speaker else None,
        "Evidence": event.evidence,
        "URL": first.url,
    }


def _party_fields(side: str, parties: Sequence[PartyFound]) -> dict[str, object]:
    return {
        f"{side} Name": _join(party.name for party in parties),
        f"{side} Country": _join(party.country for party in parties),
        f"{side} COW": None,
        f"Primary {side} Sector": None,
        f"{side} Sectors": None,
        f"{side} Title": None,
        f"{side} Name Raw": None,
        f"Wikipedia {side} ID": None,
    }


def _named(parties: Sequence[PartyFound], *labels: Label) -> str | None:
    return _join(party.name for party in parties if party.label in labels)


def _join(values: Iterable[str | None]) -> str | None:
    return "; ".join(dict.fromkeys(value for value in values if value)) or None
