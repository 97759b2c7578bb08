"""Reading one event with all that made it: every passage that tells it, who fills its roles, its relations, what it was merged with."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, or_, select
from sqlalchemy.orm import aliased

from models.tables import (
    AmountRow,
    ArticleRow,
    ArticleVersionRow,
    EntityRow,
    EventAmountRow,
    EventArgumentRow,
    EventMentionRow,
    EventQuantityRow,
    EventRelationRow,
    EventRow,
    MentionRow,
    ModelVersionRow,
    TimeExpressionRow,
)
from models.vocabulary import Label

__all__ = ["EventView", "find_event_ids", "list_events_of", "load_event_view"]

Fields = Mapping[str, Any]
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class EventView:
    """One event as plain rows.

    `mentions` are those of this event and of the events that it stands for, its own first; each in the latest version of its article
    that tells the event, in order of the text. Of what was said of a mention only what is in force is told. `older` counts the mentions in earlier versions. `versions` are the article versions by
    id; one that is no longer stored is missing. `arguments`, `amounts` and `quantities` have the `mention_id` that they belong to,
    `times` stand by id, `names` are start, end and label of the names by version id: those in force, and where an argument has none, the
    superseded one that it was told with. `others` has the events that relations and merges
    name, each with the words of its first trigger.
    """

    event: Fields
    mentions: tuple[Fields, ...]
    older: int
    versions: Mapping[str, Fields]
    arguments: tuple[Fields, ...]
    amounts: tuple[Fields, ...]
    quantities: tuple[Fields, ...]
    times: Mapping[str, Fields]
    names: Mapping[str, tuple[Fields, ...]]
    relations: tuple[Fields, ...]
    merged: tuple[str, ...]
    """Ids of the events that this one stands for."""
    others: Mapping[str, Fields]
    entities: Mapping[str, Fields]
    model: Fields | None


def find_event_ids(connection: Connection, name: str, *, limit: int) -> list[Fields]:
    """Return id, type, subtype and first trigger of the events whose id begins with `name`, at most `limit` of them, in order of the id."""
    found = connection.execute(select(EventRow.id).where(EventRow.id.startswith(name, autoescape=True)).order_by(EventRow.id).limit(limit))
    ids = list(found.scalars())
    known = _in_short(connection, ids)
    return [known[ident] for ident in ids]


def list_events_of(connection: Connection, version_id: str) -> list[str]:
    """Return the ids of the events in force that an article version tells, in order of their first trigger."""
    told = (
        select(EventMentionRow.event_id)
        .join(EventRow, EventRow.id == EventMentionRow.event_id)
        .where(EventMentionRow.version_id == version_id, EventRow.deleted_at.is_(None))
        .order_by(EventMentionRow.trigger_start, EventMentionRow.trigger_end, EventMentionRow.event_id)
    )
    return list(dict.fromkeys(connection.execute(told).scalars()))


def load_event_view(connection: Connection, event_id: str) -> EventView | None:
    """Return the event with this id; None where there is none."""
    columns = EventRow.__table__
    event = connection.execute(select(columns).where(EventRow.id == event_id)).mappings().first()
    if event is None:
        return None
    merged = tuple(connection.execute(select(EventRow.id).where(EventRow.merged_into == event_id).order_by(EventRow.id)).scalars())
    mentions, older = _mentions(connection, event_id, merged)
    ids = [row["id"] for row in mentions]
    version_ids = sorted({row["version_id"] for row in mentions})
    arguments = _all(connection, _of_mentions(EventArgumentRow, ids).order_by(EventArgumentRow.start, EventArgumentRow.id))
    relations = _relations(connection, event_id)
    linked = {ident for row in relations for ident in (row["source_event_id"], row["target_event_id"])}
    others = {*linked, *merged, *(row["event_id"] for row in mentions), *([event["merged_into"]] if event["merged_into"] else [])}
    entity_ids = {row["entity_id"] for row in arguments if row["entity_id"]}
    times = _all(connection, select(TimeExpressionRow.__table__).where(TimeExpressionRow.id.in_({row["time_id"] for row in mentions})))
    model = connection.execute(select(ModelVersionRow.__table__).where(ModelVersionRow.id == event["model_version_id"])).mappings().first()
    return EventView(
        event=dict(event),
        mentions=mentions,
        older=older,
        versions=_by_id(_all(connection, select(ArticleVersionRow.__table__).where(ArticleVersionRow.id.in_(version_ids)))),
        arguments=arguments,
        amounts=_all(
            connection,
            select(AmountRow.__table__, EventAmountRow.mention_id, EventAmountRow.role)
            .join(EventAmountRow, EventAmountRow.amount_id == AmountRow.id)
            .where(EventAmountRow.mention_id.in_(ids), EventAmountRow.superseded_at.is_(None))
            .order_by(AmountRow.start, AmountRow.id),
        ),
        quantities=_all(connection, _of_mentions(EventQuantityRow, ids).order_by(EventQuantityRow.start, EventQuantityRow.id)),
        times=_by_id(times),
        names=_names(connection, version_ids, {(row["start"], row["end"]) for row in arguments}),
        relations=relations,
        merged=merged,
        others=_in_short(connection, sorted(others - {event_id})),
        entities=_by_id(_all(connection, select(EntityRow.__table__).where(EntityRow.id.in_(entity_ids)))),
        model=dict(model) if model is not None else None,
    )


def _mentions(connection: Connection, event_id: str, merged: Sequence[str]) -> tuple[tuple[Fields, ...], int]:
    """Return the mentions of each event in the newest version of its article that has any, and how many there are in older ones."""
    query = (
        select(
            EventMentionRow.__table__,
            ArticleVersionRow.created_at,
            (ArticleRow.latest_version_id == EventMentionRow.version_id).label("is_latest"),
        )
        .join(EventRow, EventRow.id == EventMentionRow.event_id)
        .join(ArticleRow, ArticleRow.id == EventRow.article_id)
        .join(ArticleVersionRow, ArticleVersionRow.id == EventMentionRow.version_id, isouter=True)
        .where(EventMentionRow.event_id.in_([event_id, *merged]))
    )
    rows = _all(connection, query)
    newest: dict[str, Fields] = {}
    for row in rows:
        held = newest.get(row["event_id"])
        if held is None or _age(row) > _age(held):
            newest[row["event_id"]] = row
    kept = [row for row in rows if row["version_id"] == newest[row["event_id"]]["version_id"]]
    kept.sort(key=lambda row: (row["event_id"] != event_id, row["event_id"], row["trigger_start"], row["trigger_end"], row["id"]))
    return tuple(kept), len(rows) - len(kept)


def _age(row: Fields) -> tuple[bool, str, str]:
    created = row["created_at"]
    return bool(row["is_latest"]), created.isoformat() if created is not None else "", row["version_id"]


def _relations(connection: Connection, event_id: str) -> tuple[Fields, ...]:
    here = or_(EventRelationRow.source_event_id == event_id, EventRelationRow.target_event_id == event_id)
    order = (EventRelationRow.kind, EventRelationRow.source_event_id, EventRelationRow.target_event_id)
    return _all(connection, select(EventRelationRow.__table__).where(here).order_by(*order))


def _in_short(connection: Connection, ids: Sequence[str]) -> dict[str, Fields]:
    """Return id, type, subtype, modality, date and the first trigger of events, by id."""
    first = aliased(EventMentionRow)
    trigger = (
        select(first.trigger_text)
        .where(first.event_id == EventRow.id)
        .order_by(first.is_core.desc(), first.trigger_start, first.id)
        .limit(1)
        .scalar_subquery()
    )
    columns = (EventRow.id, EventRow.type, EventRow.subtype, EventRow.modality, EventRow.date_start, EventRow.extractor_version)
    rows = _all(connection, select(*columns, trigger.label("trigger_text")).where(EventRow.id.in_(ids)))
    return _by_id(rows)


def _names(connection: Connection, version_ids: Sequence[str], told: Collection[Place]) -> dict[str, tuple[Fields, ...]]:
    """Return the names of each version; of the superseded ones those that stand in a place that is `told`, and no other name does."""
    columns = (MentionRow.version_id, MentionRow.start, MentionRow.end, MentionRow.label)
    superseded = MentionRow.superseded_at.is_not(None).label("superseded")
    query = select(*columns, superseded).where(MentionRow.version_id.in_(version_ids)).order_by(MentionRow.start, MentionRow.end)
    rows = _all(connection, query.order_by(MentionRow.superseded_at.desc(), MentionRow.id))
    in_force = {(row["version_id"], row["start"], row["end"]) for row in rows if not row["superseded"]}
    kept: dict[str, dict[tuple[Place, Label], Fields]] = {ident: {} for ident in version_ids}
    for row in rows:
        version, place = row["version_id"], (row["start"], row["end"])
        if not row["superseded"] or (place in told and (version, *place) not in in_force):
            name = {column: row[column] for column in ("version_id", "start", "end", "label")}
            kept[version].setdefault((place, row["label"]), name)
    return {ident: tuple(names.values()) for ident, names in kept.items()}


def _of_mentions(table: type[EventArgumentRow | EventQuantityRow], ids: Sequence[str]) -> Select[Any]:
    return select(table.__table__).where(table.mention_id.in_(ids), table.superseded_at.is_(None))


def _by_id(rows: Sequence[Fields]) -> dict[str, Fields]:
    return {row["id"]: row for row in rows}


def _all(connection: Connection, query: Any) -> tuple[Fields, ...]:  # noqa: ANN401 - any select
    return tuple(dict(row) for row in connection.execute(query).mappings())
