"""Rows that editors write because the machine missed something: their maker is "editor", and no reading ever takes their place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, select

from models.ids import make_id
from models.ontology import codes_for
from models.tables import (
    AmountRow,
    ArticleVersionRow,
    EntityRow,
    EventAmountRow,
    EventArgumentRow,
    EventMentionRow,
    EventRow,
    KnowledgeVersionRow,
    LinkRow,
    MentionRow,
    ModelVersionRow,
)
from models.vocabulary import (
    AmountRole,
    ArgumentRole,
    AttributionKind,
    EventType,
    Genericity,
    Label,
    Modality,
    Precision,
    ReviewStatus,
    Via,
)
from pipeline.store.review_decisions import versions_now
from pipeline.store.rows import insert_all_new
from pipeline.store.supersede import EDITOR
from pipeline.text.sentences import split_sentences

__all__ = ["can_hold_events", "find_entity", "insert_event", "insert_mention", "load_version", "names_entry", "telling"]

Fields: TypeAlias = Row[*tuple[Any, ...]]

_VERSION = "1"
_SURE = 1.0


def load_version(connection: Connection, version_id: str) -> Fields | None:
    """Return the article version of this id."""
    return connection.execute(select(ArticleVersionRow.__table__).where(ArticleVersionRow.id == version_id)).first()


def find_entity(connection: Connection, entity_id: str) -> Fields | None:
    """Return the stored entity of this id."""
    return connection.execute(select(EntityRow.__table__).where(EntityRow.id == entity_id)).first()


def names_entry(connection: Connection, entry: str) -> tuple[str, str] | None:
    """Return list and name of an entry that some article is, or may be, matched to."""
    found = connection.execute(select(LinkRow.source, LinkRow.name).where(LinkRow.entry == entry).limit(1)).first()
    return (found.source, found.name) if found is not None else None


def telling(connection: Connection, version_id: str, start: int, end: int, label: Label) -> bool:
    """Tell whether a name of this label is known to stand there already."""
    here = (MentionRow.version_id == version_id, MentionRow.start == start, MentionRow.end == end, MentionRow.label == label)
    return connection.execute(select(MentionRow.id).where(*here, MentionRow.superseded_at.is_(None)).limit(1)).first() is not None


def insert_mention(connection: Connection, version: Fields, start: int, end: int, label: Label, *, entity: Fields) -> str:
    """Write a name that stands at a place of a version; return its id."""
    row = {
        "id": make_id("men", version.id, start, end, label, entity.id, EDITOR),
        "version_id": version.id,
        "entity_id": entity.id,
        "start": start,
        "end": end,
        "text": version.text[start:end],
        "label": label,
        "name": entity.name,
        "official": False,
        "role": None,
        "affiliation": None,
        "country": entity.country,
        "metonym": False,
        "via": Via.DIRECT,
        "score": _SURE,
        "maker": EDITOR,
        "maker_version": _VERSION,
    }
    insert_all_new(connection, MentionRow, [row])
    return str(row["id"])


def can_hold_events(connection: Connection) -> bool:
    """Tell whether anything was ever read: an event names the pipeline and the knowledge of its time."""
    tables = (ModelVersionRow, KnowledgeVersionRow)
    return all(connection.execute(select(row.id).limit(1)).first() is not None for row in tables)


def insert_event(connection: Connection, version: Fields, start: int, end: int, value: Mapping[str, Any], *, at: datetime) -> str:
    """Write an event whose trigger stands at a place of a version; return its id."""
    model, knowledge = versions_now(connection)
    kind, modality = EventType(value["type"]), Modality(value["modality"])
    codes = codes_for(kind, value["subtype"], modality)
    key = f"{EDITOR}|{kind}|{start}-{end}"
    event_id = make_id("evt", version.article_id, key)
    place, speaker = value["place"] or {}, value["speaker"] or {}
    row = {
        "id": event_id,
        "article_id": version.article_id,
        "key": key,
        "type": kind,
        "subtype": value["subtype"],
        "plover": codes.plover,
        "plover_contexts": list(codes.contexts),
        "cameo": codes.cameo,
        "quad_class": codes.quad,
        "modality": modality,
        "genericity": Genericity.SPECIFIC,
        "background": value["background"],
        "date_start": value["date_start"],
        "date_end": value["date_end"],
        "date_precision": Precision(value["date_precision"]),
        "place_entity_id": place.get("id"),
        "place_text": place.get("name"),
        "speaker_entity_id": speaker.get("id"),
        "speaker_text": speaker.get("name"),
        "score": _SURE,
        "n_mentions": 1,
        "n_articles": 1,
        "n_sources": 1,
        "status": ReviewStatus.ACCEPTED,
        "first_seen_at": at,
        "changed_at": at,
        "extractor_version": f"{EDITOR} {_VERSION}",
        "model_version_id": model,
        "knowledge_version_id": knowledge,
    }
    insert_all_new(connection, EventRow, [row])
    mention_id = _insert_passage(connection, event_id, version, start, end, value)
    _insert_amounts(connection, mention_id, version.id, value)
    return event_id


def _insert_passage(connection: Connection, event_id: str, version: Fields, start: int, end: int, value: Mapping[str, Any]) -> str:
    mention_id = make_id("evm", event_id, version.id, start, end)
    spans = split_sentences(version.text, version.lang)
    first, last = next(((a, b) for a, b in spans if a <= start < b), (start, end))
    last = max(last, end)
    speaker = value["speaker"] or {}
    row = {
        "id": mention_id,
        "event_id": event_id,
        "version_id": version.id,
        "trigger_text": version.text[start:end],
        "trigger_start": start,
        "trigger_end": end,
        "evidence_start": first,
        "evidence_end": last,
        "evidence_text": version.text[first:last],
        "modality": Modality(value["modality"]),
        "genericity": Genericity.SPECIFIC,
        "cues": [],
        "speaker_entity_id": speaker.get("id"),
        "speaker_text": speaker.get("name"),
        "speaker_start": None,
        "speaker_end": None,
        "attribution_kind": AttributionKind.INDIRECT if speaker else AttributionKind.UNATTRIBUTED,
        "time_id": None,
        "is_core": False,
        "score": _SURE,
        "rules": [],
    }
    insert_all_new(connection, EventMentionRow, [row])
    fillers = [(ArgumentRole.ACTOR, one) for one in value["actors"]] + [(ArgumentRole.TARGET, one) for one in value["targets"]]
    fillers += [(role, value[role.value]) for role in (ArgumentRole.PLACE, ArgumentRole.SPEAKER) if value[role.value]]
    arguments = [_argument(mention_id, role, one, version.text, first, last) for role, one in fillers]
    insert_all_new(connection, EventArgumentRow, arguments)
    return mention_id


def _argument(mention_id: str, role: ArgumentRole, party: Mapping[str, Any], text: str, first: int, last: int) -> dict[str, Any]:
    """Return who fills a role; where the sentence has the name, as standing there."""
    name = party["name"]
    found = text.find(name, first, last)
    start, end = (found, found + len(name)) if found >= 0 else (None, None)
    return {
        "id": make_id("arg", mention_id, role, start, end, name),
        "mention_id": mention_id,
        "role": role,
        "entity_id": party.get("id"),
        "text": name,
        "name": name,
        "start": start,
        "end": end,
        "via": Via.CONTEXT if start is None else Via.DIRECT,
        "score": _SURE,
    }


def _insert_amounts(connection: Connection, mention_id: str, version_id: str, value: Mapping[str, Any]) -> None:
    roles = {one["text"]: AmountRole(one["role"]) for one in value["amounts"]}
    query = select(AmountRow.id, AmountRow.text).where(AmountRow.version_id == version_id, AmountRow.superseded_at.is_(None))
    rows = {row.text: row.id for row in connection.execute(query.order_by(AmountRow.start.desc())) if row.text in roles}
    told = [{"mention_id": mention_id, "amount_id": ident, "role": roles[text]} for text, ident in rows.items()]
    insert_all_new(connection, EventAmountRow, told)
