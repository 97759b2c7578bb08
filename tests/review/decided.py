"""Items and decisions as rows, as the desk writes them, without a desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from models.ids import content_hash, make_id
from models.review import ItemKind, Subject, Verdict
from models.review_tables import EditorRow, ReviewDecisionRow, ReviewItemRow, ReviewSubjectRow
from pipeline.review.items import item_id
from pipeline.store.engine import Database, writing
from pipeline.store.rows import insert_new
from pipeline.text.names import normalise_name
from tests.store.builders import NOW

Json = Mapping[str, Any]


def ask(database: Database, kind: ItemKind, key: Sequence[str], *, subjects: Sequence[Subject] = (), **changes: object) -> str:
    """Store an item, and return its id."""
    ident = item_id(kind, key)
    values: dict[str, Any] = {
        "id": ident,
        "kind": kind,
        "title": " ".join(key),
        "value": {},
        "form": normalise_name(key[0]),
        "candidate": None,
        "label": None,
        "lang": "en",
        "publisher": "The wire",
        "source_list": None,
        "score": 0.9,
        "uncertainty": 0.3,
        "impact": 1.0,
        "priority": 0.3,
        "component": "rule",
        "component_version": "1",
        "text_hash": content_hash(ident),  # as of a question without words of its own
        "value_hash": "v",
        "n_subjects": len(subjects),
        "sampled": False,
        "twice": False,
        "revision": 0,
        "state": "open",
        "first_seen_at": NOW,
        "seen_at": NOW,
    }
    places = [
        {"item_id": values["id"], "table_name": one.table, "row_id": one.row_id}
        | {"version_id": one.version_id, "start": one.start, "end": one.end}
        for one in subjects
    ]
    with writing(database) as connection:
        insert_new(connection, ReviewItemRow, [values | changes])
        insert_new(connection, ReviewSubjectRow, places)
    return str(values["id"])


def ask_name(database: Database, text: str, entity: str | None, *, label: str = "PERSON", lang: str = "en", **changes: Any) -> str:
    """Store an item that asks whether a form names an entity, wherever it stands."""
    form = normalise_name(text)
    value = {"text": text, "entity": entity, "name": text, "label": label}
    key = (form,) if entity is None else (form, entity)
    return ask(database, ItemKind.NAME, key, candidate=entity, form=form, label=label, lang=lang, **({"value": value} | changes))


def ask_listed(database: Database, name: str, entity: str, entry: str, *, label: str = "PERSON") -> str:
    """Store an item that asks whether an entity is an entry of a list."""
    value = {"entity": entity, "name": name, "entry": entry, "listed_name": name, "source": entry.partition(":")[0]}
    form = normalise_name(name)
    return ask(database, ItemKind.LISTED, (entity, entry), candidate=entry, form=form, label=label, value=value)


def decide(
    database: Database,
    item: str,
    verdict: Verdict,
    *,
    by: str = "kim",
    at: datetime | None = None,
    after: Json | None = None,
    excepted: Sequence[str] = (),
    undoes: str | None = None,
) -> str:
    """Store a decision, and return its id; each is a minute after the one before it."""
    with writing(database) as connection:
        insert_new(connection, EditorRow, [editor_row(by)])
        asked = connection.execute(select(ReviewItemRow).where(ReviewItemRow.id == item)).one()
        number = len(connection.execute(select(ReviewDecisionRow.id)).all())
        row = {
            "id": make_id("dec", item, verdict, by, number),
            "item_id": item,
            "kind": asked.kind,
            "revision": asked.revision,
            "verdict": verdict,
            "before": asked.value,
            "after": dict(after or {}),
            "excepted": list(excepted),
            "undoes": undoes,
            "editor_id": make_id("edr", by),
            "at": at or NOW + timedelta(minutes=number),
            "batch": None,
            "note": None,
            "component": asked.component,
            "component_version": asked.component_version,
            "model_version_id": None,
            "knowledge_version_id": None,
        }
        connection.execute(insert(ReviewDecisionRow).values(**row))
    return str(row["id"])


def editor_row(name: str) -> dict[str, Any]:
    """Return the account of an editor."""
    row = {"id": make_id("edr", name), "name": name, "role": "editor", "password_hash": None, "keys": {}}
    return row | {"created_at": NOW, "disabled_at": None}
