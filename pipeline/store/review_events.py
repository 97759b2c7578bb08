"""Events as the desk asks of them: who, what, whom, when, where, how much and according to whom, as the newest version of the article has it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, Select, select

from models.knowledge import Knowledge
from models.review import Asked, ItemKind, Subject
from models.tables import (
    AmountRow,
    EntityRow,
    EventAmountRow,
    EventArgumentRow,
    EventMentionRow,
    EventRow,
    LinkRow,
)
from models.vocabulary import ArgumentRole, LinkStatus
from pipeline.store.chunks import in_chunks
from pipeline.text.names import normalise_name

__all__ = ["load_events_asked", "party_value"]

Fields: TypeAlias = Row[*tuple[Any, ...]]
Query: TypeAlias = Select[*tuple[Any, ...]]


def party_value(entity_id: str | None, name: str) -> dict[str, str | None]:
    """Return a party as items have it."""
    return {"id": entity_id, "name": name}


def load_events_asked(connection: Connection, versions: Mapping[str, Fields], knowledge: Knowledge) -> Iterator[Asked]:
    """Yield every event in force that these article versions (by id) tell, as a question."""
    reading = _Events(connection, versions, knowledge)
    for event_id in reading.mentions:
        yield reading.asked(event_id)


class _Events:
    """The events of some hundred versions with all that is said of them there."""

    def __init__(self, connection: Connection, versions: Mapping[str, Fields], knowledge: Knowledge) -> None:
        self._connection, self._versions, self._knowledge = connection, versions, knowledge
        self.mentions = _grouped(self._all(_mentions, versions), "event_id")
        self._events = {row.id: row for row in self._all(_events, self.mentions)}
        self.mentions = {ident: rows for ident, rows in self.mentions.items() if ident in self._events}
        mention_ids = [row.id for rows in self.mentions.values() for row in rows]
        self._arguments = _grouped(self._all(_arguments, mention_ids), "mention_id")
        self._amounts = _grouped(self._all(_amounts, mention_ids), "mention_id")
        self._entities = {row.id: row for row in self._all(_entities, self._entity_ids())}
        self._listed = {(row.version_id, row.entity_id) for row in self._all(_listed, versions)}

    def _all(self, query: Any, ids: Iterable[str]) -> list[Fields]:  # noqa: ANN401 - a function that makes a select
        return [row for chunk in in_chunks(ids) for row in self._connection.execute(query(chunk))]

    def _entity_ids(self) -> set[str]:
        named = {row.entity_id for rows in self._arguments.values() for row in rows}
        placed = {ident for row in self._events.values() for ident in (row.place_entity_id, row.speaker_entity_id)}
        return {ident for ident in named | placed if ident is not None}

    def asked(self, event_id: str) -> Asked:
        """Return the question that an event is."""
        event, mentions = self._events[event_id], self.mentions[event_id]
        shown = next((row for row in mentions if row.is_core), mentions[0])
        version = self._versions[shown.version_id]
        value = self._value(event, mentions, shown)
        component, _, number = event.extractor_version.rpartition(" ")
        sums = [row for mention in mentions for row in self._amounts.get(mention.id, ())]
        return Asked(
            kind=ItemKind.EVENT,
            key=(event.type.value, event.article_id, event.key),
            title=_headline(value),
            value=value,
            subjects=(Subject("event", event_id, shown.version_id, shown.trigger_start, shown.trigger_end),),
            scores=(event.score,),
            form=normalise_name(shown.trigger_text) or shown.trigger_text,
            candidate=event.merged_into,
            label=event.type.value,
            lang=version.lang,
            publisher=version.publisher,
            article=event.article_id,
            component=component or event.extractor_version,
            component_version=number,
            text="\n".join(" ".join(row.evidence_text.split()) for row in mentions),
            usd=max((row.usd for row in sums if row.usd is not None), default=None),
            listed=any((row.version_id, one.entity_id) in self._listed for row in mentions for one in self._arguments.get(row.id, ())),
            core=any(row.is_core for row in mentions) and event.merged_into is None,
        )

    def _value(self, event: Fields, mentions: Sequence[Fields], shown: Fields) -> dict[str, Any]:
        plain = ("subtype", "background", "date_start", "date_end")
        amounts = {(row.text, row.role.value): row for mention in mentions for row in self._amounts.get(mention.id, ())}
        return {
            "type": event.type.value,
            "modality": event.modality.value,
            "date_precision": event.date_precision.value,
            **{name: getattr(event, name) for name in plain},
            "actors": self._parties(mentions, ArgumentRole.ACTOR),
            "targets": self._parties(mentions, ArgumentRole.TARGET),
            "place": self._one(event.place_entity_id, event.place_text),
            "speaker": self._one(event.speaker_entity_id, event.speaker_text),
            "amounts": [{"text": text, "role": role} for text, role in amounts],
            "trigger": shown.trigger_text,
        }

    def _parties(self, mentions: Sequence[Fields], role: ArgumentRole) -> list[dict[str, str | None]]:
        found: dict[str, dict[str, str | None]] = {}
        for mention in mentions:
            for row in self._arguments.get(mention.id, ()):
                if row.role is role:
                    key = row.entity_id or f"text:{row.name.casefold()}"
                    found.setdefault(key, party_value(row.entity_id, self._called(row.entity_id, row.name)))
        return list(found.values())

    def _one(self, entity_id: str | None, text: str | None) -> dict[str, str | None] | None:
        return party_value(entity_id, self._called(entity_id, text)) if text is not None else None

    def _called(self, entity_id: str | None, text: str) -> str:
        known = self._knowledge.entities.get(entity_id) if entity_id is not None else None
        if known is not None:
            return known.name
        entity = self._entities.get(entity_id) if entity_id is not None else None
        return str(entity.name) if entity is not None else text


def _headline(value: Mapping[str, Any]) -> str:
    """Return an event in one line: what, who to whom, when."""
    actors, targets = (", ".join(party["name"] for party in value[role]) for role in ("actors", "targets"))
    parties = " → ".join(part for part in (actors, targets) if part)
    what = " ".join(part for part in (value["type"], value["subtype"]) if part)
    head = f"{what}: {parties}" if parties else f"{what}: {value['trigger']}"
    return f"{head}, {value['date_start']}" if value["date_start"] else head


def _grouped(rows: Iterable[Fields], key: str) -> dict[str, list[Fields]]:
    found: dict[str, list[Fields]] = defaultdict(list)
    for row in rows:
        found[getattr(row, key)].append(row)
    return dict(found)


def _mentions(version_ids: Sequence[str]) -> Query:
    row = EventMentionRow
    columns = (row.id, row.event_id, row.version_id, row.trigger_text, row.trigger_start, row.trigger_end, row.evidence_text, row.is_core)
    return select(*columns).where(row.version_id.in_(version_ids)).order_by(row.version_id, row.trigger_start, row.id)


def _events(event_ids: Collection[str]) -> Query:
    return select(EventRow.__table__).where(EventRow.id.in_(event_ids), EventRow.deleted_at.is_(None))


def _arguments(mention_ids: Sequence[str]) -> Query:
    row = EventArgumentRow
    order = (row.start.is_(None), row.start, row.id)
    columns = (row.mention_id, row.role, row.entity_id, row.name)
    return select(*columns).where(row.mention_id.in_(mention_ids), row.superseded_at.is_(None)).order_by(*order)


def _amounts(mention_ids: Sequence[str]) -> Query:
    return (
        select(EventAmountRow.mention_id, EventAmountRow.role, AmountRow.text, AmountRow.usd)
        .join(AmountRow, AmountRow.id == EventAmountRow.amount_id)
        .where(EventAmountRow.mention_id.in_(mention_ids), EventAmountRow.superseded_at.is_(None))
        .order_by(AmountRow.start, AmountRow.id)
    )


def _entities(entity_ids: Sequence[str]) -> Query:
    return select(EntityRow.id, EntityRow.name).where(EntityRow.id.in_(entity_ids))


def _listed(version_ids: Sequence[str]) -> Query:
    in_force = (LinkRow.version_id.in_(version_ids), LinkRow.status != LinkStatus.REJECTED, LinkRow.superseded_at.is_(None))
    return select(LinkRow.version_id, LinkRow.entity_id).where(*in_force).distinct()
