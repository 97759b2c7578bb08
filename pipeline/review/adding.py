"""Names and events that the machine missed, written by editors as rows of their own with an item each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from models.ids import make_id
from models.knowledge import Knowledge
from models.review import Asked, Item, ItemKind, Subject, Value
from models.vocabulary import Label
from pipeline.review.completing import require_entity, require_parties
from pipeline.review.errors import DeskError, NoSuchItem
from pipeline.review.items import item_id, make_item
from pipeline.review.values import event_value
from pipeline.store.merges import Transaction
from pipeline.store.review_added import can_hold_events, find_entity, insert_event, insert_mention, load_version, telling
from pipeline.store.review_effects import keep_entity
from pipeline.store.review_items import add_subjects, insert_items, lock_items, recount
from pipeline.store.review_sources import added_key, load_asked
from pipeline.store.supersede import EDITOR
from pipeline.text.names import normalise_name
from pipeline.text.spans import shrink

__all__ = ["add_event", "add_mention"]

_LONGEST = 200
"""Characters of a name or trigger."""


def add_mention(
    connection: Transaction, knowledge: Knowledge, version_id: str, start: int, end: int, label: Label, *, entity: str | None, at: datetime
) -> Item:
    """Write a name; return the item that is about it."""
    version = _version(connection, version_id)
    start, end = _selected(version.text, start, end)
    text = version.text[start:end]
    if telling(connection, version_id, start, end, label):
        raise DeskError(f"“{text}” is a {label} there already: decide its item")
    entity_id = entity or _entity_of(knowledge, text, label)
    if entity is not None or entity_id in knowledge.entities:
        require_entity(connection, knowledge, entity_id)
    else:
        keep_entity(connection, entity_id, {"label": label, "name": text, "country": None, "in_knowledge_base": False})
    row = find_entity(connection, entity_id)
    assert row is not None
    mention_id = insert_mention(connection, version, start, end, label, entity=row)
    form = normalise_name(text) or text
    asked = Asked(
        kind=ItemKind.NAME,
        key=added_key(form, entity_id, version_id, start, end),
        title=text if text == row.name else f"{text} → {row.name}",
        value={"text": text, "entity": entity_id, "name": row.name, "label": label.value},
        subjects=(Subject("mention", mention_id, version_id, start, end),),
        scores=(1.0,),
        form=form,
        candidate=entity_id,
        label=label.value,
        lang=version.lang,
        publisher=version.publisher,
        component=EDITOR,
        component_version="1",
    )
    return _keep(connection, asked, at)


def add_event(connection: Transaction, knowledge: Knowledge, version_id: str, start: int, end: int, value: Value, *, at: datetime) -> Item:
    """Write an event; return the item that is about it."""
    version = _version(connection, version_id)
    if not can_hold_events(connection):
        raise DeskError("nothing was read yet: events are added to articles that were")
    start, end = _selected(version.text, start, end)
    checked: Mapping[str, Any] = event_value(value)
    require_parties(connection, knowledge, checked)
    event_id = insert_event(connection, version, start, end, checked, at=at)
    for asked in load_asked(connection, [version.article_id], knowledge):
        if asked.kind is ItemKind.EVENT and asked.subjects[0].row_id == event_id:
            return _keep(connection, asked, at)
    raise DeskError("an older version of the article is open: add the event to the newest")


def _version(connection: Transaction, version_id: str) -> Any:  # noqa: ANN401 - a row of article_version
    version = load_version(connection, version_id)
    if version is None:
        raise NoSuchItem(f"there is no article version {version_id}")
    return version


def _selected(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a selection without white space and commas at its ends, which a mouse takes along."""
    if not 0 <= start < end <= len(text):
        raise DeskError(f"characters {start} to {end} are not in the text, which has {len(text)}")
    start, end = shrink(text, start, end)
    while end > start and text[end - 1] in ",;:、，":
        start, end = shrink(text, start, end - 1)
    if start >= end:
        raise DeskError("nothing but white space is selected")
    if end - start > _LONGEST:
        raise DeskError(f"{end - start} characters are selected: a name or trigger has at most {_LONGEST}")
    return start, end


def _entity_of(knowledge: Knowledge, text: str, label: Label) -> str:
    """Return the known entity of a label that alone has this name, else an entity of the news."""
    form = normalise_name(text)
    known = {
        entity.id
        for entity in knowledge.entities.values()
        if entity.label is label and any(alias.kind != "short" and normalise_name(alias.text) == form for alias in entity.aliases)
    }
    return known.pop() if len(known) == 1 else make_id("ent", label, text.casefold())


def _keep(connection: Transaction, asked: Asked, at: datetime) -> Item:
    """Write the item of what was added, where it is not there, with its row."""
    ident = item_id(asked.kind, asked.key)
    new = replace(make_item(ident, asked, at=at), subjects=(), sampled=False, twice=False)
    insert_items(connection, [new])
    add_subjects(connection, {(ident, one.table, one.row_id): one for one in asked.subjects})
    recount(connection, [ident])
    item = lock_items(connection, [ident])[ident]
    return replace(item, subjects=asked.subjects)
