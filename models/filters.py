"""What a reader of the database asks for."""

from __future__ import annotations

from dataclasses import dataclass

from models.vocabulary import EventType, Label, Modality

__all__ = ["EntityFilter", "EventFilter"]


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events to list. Fields that are None or empty do not filter; values of one field are alternatives.

    `party` matches the name or id of an actor or target, or any part of a name; `since` and `until` are ISO days and match
    events whose date range touches them, undated events only where neither is given.
    """

    types: tuple[EventType, ...] = ()
    modalities: tuple[Modality, ...] = ()
    party: str | None = None
    country: str | None = None
    listed: bool = False
    since: str | None = None
    until: str | None = None
    background: bool = True
    limit: int = 50


@dataclass(frozen=True, slots=True)
class EntityFilter:
    """Which entities to list, most often named first."""

    labels: tuple[Label, ...] = ()
    name: str | None = None
    listed: bool = False
    officials: bool = False
    limit: int = 50
