"""Relations between the events of one article: what is said, and the saying of it."""

from __future__ import annotations

from collections.abc import Iterable

from models.records import Event, EventMention, EventRelation
from models.vocabulary import EventType, RelationKind

__all__ = ["SPEECH_ACTS", "relate"]

SPEECH_ACTS = frozenset(
    {EventType.STATEMENT, EventType.CALL, EventType.THREAT, EventType.ACCUSATION, EventType.REJECTION, EventType.PLEDGE},
)
"""Types whose event is an act of speech; what is said is an event of its own."""
_REACH = 120
"""Characters between an act of speech and its content."""
_SCORE = 0.6


def relate(events: tuple[Event, ...]) -> tuple[EventRelation, ...]:
    """Join each content event to the nearest act of speech before it in its sentence."""
    spoken: dict[tuple[int, int], list[tuple[EventMention, Event]]] = {}
    for event in events:
        if event.type in SPEECH_ACTS:
            for mention in event.mentions:
                spoken.setdefault((mention.evidence.start, mention.evidence.end), []).append((mention, event))
    found: dict[tuple[str, str], EventRelation] = {}
    for event in events:
        if event.type in SPEECH_ACTS:
            continue
        for mention in event.mentions:
            act = _governor(mention, spoken.get((mention.evidence.start, mention.evidence.end), ()))
            if act is not None:
                kind = RelationKind.REPORTED_BY if act.type is EventType.STATEMENT else RelationKind.CONTENT_OF
                found.setdefault((event.key, act.key), EventRelation(event.key, act.key, kind, _SCORE))
    return tuple(found.values())


def _governor(mention: EventMention, acts: Iterable[tuple[EventMention, Event]]) -> Event | None:
    near = [
        (mention.trigger.start - act.trigger.end, event) for act, event in acts if 0 <= mention.trigger.start - act.trigger.end <= _REACH
    ]
    return min(near, key=lambda pair: pair[0])[1] if near else None
