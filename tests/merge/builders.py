"""Small summaries of events."""

from __future__ import annotations

from datetime import date

from models.merging import EventSummary, Party, Sum
from models.vocabulary import ArgumentRole, EventType, Label, Modality, Precision

NIGHT = date(2025, 11, 8)


def actor(entity: str, label: Label | None = None, country: str | None = None) -> Party:
    return Party(entity, entity.removeprefix("kb:"), ArgumentRole.ACTOR, label, country)


def target(entity: str, label: Label | None = None, country: str | None = None) -> Party:
    return Party(entity, entity.removeprefix("kb:"), ArgumentRole.TARGET, label, country)


NORTH = actor("kb:kp", Label.PLACE, "KP")
TREASURY = actor("kb:us-treasury", Label.AGENCY, "US")
BANKER = target("kb:ofac-56045", Label.PERSON, "KP")


def make_event(name: str = "a", text: str = "The North fired one missile from Taegwan on Friday.", **changes: object) -> EventSummary:
    """A ballistic launch of 7 November, told by an article of its own."""
    day = changes.pop("day", "2025-11-07")
    values: dict[str, object] = {
        "id": f"evt-{name}",
        "key": f"key-{name}",
        "article": f"art-{name}",
        "versions": frozenset({f"ver-{name}"}),
        "cluster": f"sty-{name}",
        "is_copy": False,
        "seen": NIGHT,
        "published": NIGHT,
        "type": EventType.MISSILE_LAUNCH,
        "subtype": "ballistic",
        "modality": Modality.ASSERTED,
        "habitual": False,
        "date_start": day,
        "date_end": day,
        "precision": Precision.UNKNOWN if day is None else {4: Precision.YEAR, 7: Precision.MONTH, 10: Precision.DAY}[len(str(day))],
        "place": None,
        "parties": (NORTH,),
        "sums": (),
        "evidence": (("en", text),),
    }
    return EventSummary(**(values | changes))  # type: ignore[arg-type]


def won(value: float) -> Sum:
    return Sum(value, None, "KRW", None)
