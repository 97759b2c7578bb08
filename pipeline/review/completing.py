"""What an editor gives, checked against what is stored and known, and completed by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from models.knowledge import Knowledge
from models.review import Item, ItemKind, Value, Verdict
from pipeline.review.errors import DeskError
from pipeline.store.merges import Transaction, group_of
from pipeline.store.review_added import find_entity, names_entry
from pipeline.store.review_effects import keep_entity
from pipeline.store.review_items import holds_rows
from pipeline.store.review_merges import events_there

__all__ = ["complete", "require_entity", "require_parties", "require_rows"]


def complete(connection: Transaction, knowledge: Knowledge, item: Item, verdict: Verdict, value: Value, excepted: Sequence[str]) -> Value:
    """Return the value of a decision with what follows from it. Raises DeskError for entities, entries and events that are not there."""
    if item.kind is ItemKind.EVENT and verdict in {Verdict.MERGE, Verdict.SPLIT}:
        return _joined(connection, item, verdict, value, excepted)
    if verdict is Verdict.MERGE:
        require_entity(connection, knowledge, value["into"])
        return value
    if verdict is not Verdict.EDIT:
        return value
    completed = dict(value)
    if item.kind is ItemKind.NAME and value["entity"] != item.value.get("entity") and value["entity"] is not None:
        name = require_entity(connection, knowledge, value["entity"])
        completed["name"] = name if value["name"] == item.value.get("name") else value["name"]
    if item.kind is ItemKind.LISTED and value["entry"] != item.value.get("entry"):
        completed |= _entry(connection, knowledge, value["entry"])
    if item.kind is ItemKind.EVENT:
        require_parties(connection, knowledge, value)
    return completed


def _joined(connection: Transaction, item: Item, verdict: Verdict, value: Value, excepted: Sequence[str]) -> Value:
    """Return which events a merge or a split is of: they are compared by these pairs whatever becomes of the item."""
    event = item.subjects[0].row_id
    if verdict is Verdict.MERGE:
        if value["into"] == event or not events_there(connection, [value["into"]]):
            raise DeskError(f"no other event is called {value['into']}: give the id of one that is in force")
        return {"event": event, "into": value["into"]}
    group = group_of(connection, [event])
    if not set(excepted) < group:
        raise DeskError(f"a split takes some of the events that stand as one: {', '.join(sorted(group))}")
    return {"apart": [[leaving, other] for leaving in sorted(excepted) for other in sorted(group - set(excepted))]}


def require_rows(connection: Transaction, item: Item, excepted: Sequence[str]) -> None:
    """Raise DeskError where an exception is no place of the item."""
    if excepted and item.kind is not ItemKind.EVENT and (unknown := set(excepted) - holds_rows(connection, item.id, excepted)):
        raise DeskError(f"{', '.join(sorted(unknown))}: no place of this item has this id")


def require_entity(connection: Transaction, knowledge: Knowledge, entity_id: str) -> str:
    """Return the name of an entity; one that is known, but was never named, is written. Raises DeskError for one that nobody knows."""
    known = knowledge.entities.get(entity_id)
    if known is not None:
        row = {"label": known.label, "name": known.name, "country": known.country, "in_knowledge_base": True}
        keep_entity(connection, entity_id, row)
        return known.name
    stored = find_entity(connection, entity_id)
    if stored is None:
        raise DeskError(f"no entity is called {entity_id}: give the id of one, or leave it empty for words that name nobody known")
    return str(stored.name)


def require_parties(connection: Transaction, knowledge: Knowledge, value: Mapping[str, Any]) -> None:
    """Raise DeskError where an event names an entity that nobody knows."""
    parties: Iterable[Mapping[str, Any]] = (
        *value["actors"],
        *value["targets"],
        *(one for one in (value["place"], value["speaker"]) if one),
    )
    for party in parties:
        if party.get("id") is not None:
            require_entity(connection, knowledge, party["id"])


def _entry(connection: Transaction, knowledge: Knowledge, entry: str) -> dict[str, Any]:
    for entity in knowledge.entities.values():
        for listing in entity.listings:
            if listing.entry == entry:
                return {"entry": entry, "source": listing.source, "listed_name": listing.name}
    found = names_entry(connection, entry)
    if found is None:
        raise DeskError(f"no list has an entry {entry}: give it as list:number")
    return {"entry": entry, "source": found[0], "listed_name": found[1]}
