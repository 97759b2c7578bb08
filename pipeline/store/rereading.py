"""Writing a newer reading of an article version in the place of the older one; what was said stays stored.

The rules:

- A name, link, amount, date, identifier or uncertain span that is stored at the same place with the same content stays as it was said
  first, with its maker; others are added. What the newer reading does not say is superseded: it keeps its evidence, and comes back when a
  later reading says it again (`pipeline.store.supersede` tells what the content of each is).
- An event that tells the same as a stored one (kind, modality, date, actors and targets) is that event and keeps its id; passages that
  were not known are added to it, and the parties, amounts and quantities of its passages follow by the rule above. Passages stay.
- Any other event is new. A stored event that the newer reading does not tell is withdrawn: `deleted_at` is set, row and evidence stay. It
  comes back when a later reading tells it.
- An event on which a person decided (its status, or a merge in force) is never withdrawn, what was said of its passages is never
  superseded, and the machine tells no second one of its words. A match of one of its parties stays where the newer reading has the same
  match on another entity, so that the event still leads to it.
- An event whose parties, amounts or matches changed is told as changed in the change feed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from sqlalchemy import Connection, and_, insert, select, update
from sqlalchemy.orm import aliased

from models.merging import MACHINE
from models.records import Analysis, Event, EventMention, EventRelation
from models.tables import (
    ArticleVersionRow,
    EventArgumentRow,
    EventMentionRow,
    EventMergeRow,
    EventRow,
    LinkRow,
    StageStatusRow,
)
from models.vocabulary import ArgumentRole, EventType, Modality, Precision, ReviewStatus, StageState
from pipeline.store.analyses import AnalysisContext, insert_rows, make_rows
from pipeline.store.chunks import in_chunks
from pipeline.store.merges import group_of
from pipeline.store.supersede import DETAILS, LAYERS, LINKS, Settlement, restore, say, settle, supersede

__all__ = ["events_beside", "events_of", "record_rereading", "touch_events"]

_PARTIES = (ArgumentRole.ACTOR, ArgumentRole.TARGET)
_NAMED = (*_PARTIES, ArgumentRole.SPEAKER)
"""Roles of which an event shows the list entries."""

Signature = tuple[EventType, str | None, Modality, str | None, str | None, frozenset[tuple[ArgumentRole, str]]]
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Told:
    """One stored event as this version tells it."""

    id: str
    key: str
    type: EventType
    signature: Signature
    triggers: frozenset[Place]
    withdrawn: bool
    decided: bool


def record_rereading(connection: Connection, analysis: Analysis, context: AnalysisContext) -> Counter[str]:
    """Write a newer reading of a version by the rules above; return how much is new, the same, superseded or withdrawn.

    To be called in the transaction that also joins the events and writes the change feed.
    """
    version_id = analysis.article.id
    article_id = connection.execute(select(ArticleVersionRow.article_id).where(ArticleVersionRow.id == version_id)).scalar_one()
    stored = _load_told(connection, version_id)
    matched, left_out = _match(analysis.events, stored)
    renamed = _rename(analysis, matched, left_out, taken=_keys_of(connection, article_id), told={one.key for one in stored})
    known = {one.key: one for one in stored}
    written = tuple(part for event in renamed.events if (part := _without_decided(event, known.get(event.key))) is not None)
    settlement = settle(connection, version_id, make_rows(replace(renamed, events=written), article_id, context))
    _keep_matches_of(connection, settlement, [one.id for one in stored if one.decided])
    insert_rows(connection, settlement.rows)
    restore(connection, settlement)
    supersede(connection, settlement, run_id=context.run_id, at=context.at)
    more = {known[event.key].id for event in written if event.key in known and not _triggers(event) <= known[event.key].triggers}
    told_otherwise = more | _events_with_other_details(settlement) | _events_with_other_matches(connection, version_id, settlement)
    counts = _count_rows(settlement)
    kept = {one.id for one in matched.values()}
    counts["events new"] = len(renamed.events) - len(kept)
    counts["events the same"] = len(kept)
    counts["events told otherwise"] = len(told_otherwise & kept)
    counts["events left to people"] = len(left_out)
    touch_events(connection, told_otherwise, context.at)
    counts["events told again"] = _restore(
        connection, [one.id for one in matched.values() if one.withdrawn and not one.decided], context.at
    )
    gone = [one.id for one in stored if one.id not in kept and not one.withdrawn and not one.decided]
    counts["events withdrawn"] = _withdraw(connection, gone, context.at)
    _record_statuses(connection, analysis, context, counts)
    return +counts


def _load_told(connection: Connection, version_id: str) -> list[_Told]:
    events = connection.execute(
        select(EventRow.__table__)
        .where(EventRow.id.in_(select(EventMentionRow.event_id).where(EventMentionRow.version_id == version_id)))
        .order_by(EventRow.key)
    ).mappings()
    triggers: dict[str, set[Place]] = defaultdict(set)
    here = EventMentionRow.version_id == version_id
    columns = (EventMentionRow.event_id, EventMentionRow.trigger_start, EventMentionRow.trigger_end)
    for event_id, start, end in connection.execute(select(*columns).where(here)):
        triggers[event_id].add((start, end))
    parties: dict[str, set[tuple[ArgumentRole, str]]] = defaultdict(set)
    arguments = (
        select(EventMentionRow.event_id, EventArgumentRow.role, EventArgumentRow.name)
        .join(EventMentionRow, EventMentionRow.id == EventArgumentRow.mention_id)
        .where(here, EventArgumentRow.role.in_(_PARTIES), EventArgumentRow.superseded_at.is_(None))
    )
    for event_id, role, name in connection.execute(arguments):
        parties[event_id].add((role, name.casefold()))
    decided = _decided(connection, triggers)
    return [
        _Told(
            id=row["id"],
            key=row["key"],
            type=row["type"],
            signature=(
                *(row["type"], row["subtype"], row["modality"], row["date_start"], row["date_end"]),
                frozenset(parties[row["id"]]),
            ),
            triggers=frozenset(triggers[row["id"]]),
            withdrawn=row["deleted_at"] is not None,
            decided=row["status"] is not ReviewStatus.AUTO or row["id"] in decided,
        )
        for row in events
    ]


def _decided(connection: Connection, ids: Collection[str]) -> set[str]:
    """Return those of these events on which a person's decision about merging is in force."""
    found: set[str] = set()
    for side in (EventMergeRow.loser_event_id, EventMergeRow.winner_event_id):
        for chunk in in_chunks(ids):
            query = select(side).where(side.in_(chunk), EventMergeRow.ended_at.is_(None), EventMergeRow.decided_by != MACHINE)
            found |= set(connection.execute(query).scalars())
    return found


def _keys_of(connection: Connection, article_id: str) -> set[str]:
    return set(connection.execute(select(EventRow.key).where(EventRow.article_id == article_id)).scalars())


def _sign(event: Event) -> Signature:
    start, end = event.date if isinstance(event.date, tuple) else (event.date, event.date)
    told = [(ArgumentRole.ACTOR, (event.actors, *(one.actors for one in event.mentions)))]
    told.append((ArgumentRole.TARGET, (event.targets, *(one.targets for one in event.mentions))))
    parties = frozenset((role, argument.name.casefold()) for role, groups in told for group in groups for argument in group)
    return event.type, event.subtype, event.modality, start, end, parties


def _triggers(event: Event) -> frozenset[Place]:
    return frozenset(map(_trigger, event.mentions))


def _trigger(mention: EventMention) -> Place:
    return mention.trigger.start, mention.trigger.end


def _match(events: Sequence[Event], stored: Sequence[_Told]) -> tuple[dict[str, _Told], set[str]]:
    """Map the keys of events that tell the same as a stored one to it; return those whose words a person has decided on beside it.

    Keys hold numbers of names within one reading, which another reading may give to others: so the content is compared, not the key.
    """
    free = list(stored)
    matched: dict[str, _Told] = {}
    for event in events:
        same = [one for one in free if one.signature == _sign(event)]
        if same:
            best = min(same, key=lambda one: (-len(one.triggers & _triggers(event)), one.key))
            free.remove(best)
            matched[event.key] = best
    decided = [one for one in free if one.decided]
    left_out = {
        event.key
        for event in events
        if event.key not in matched and any(one.type is event.type and one.triggers & _triggers(event) for one in decided)
    }
    return matched, left_out


def _rename(analysis: Analysis, matched: Mapping[str, _Told], left_out: Collection[str], *, taken: set[str], told: set[str]) -> Analysis:
    """Give events that tell the same the key of the stored one, and no other event a key that stands for something else."""
    keys: dict[str, str] = {key: one.key for key, one in matched.items()}
    taken = taken | {event.key for event in analysis.events}
    for event in analysis.events:
        if event.key in matched or event.key in left_out:
            continue
        free = (name for number in count(2) if (name := f"{event.key}:{number}") not in taken)
        keys[event.key] = next(free) if event.key in told else event.key
        taken.add(keys[event.key])
    events = tuple(replace(event, key=keys[event.key]) for event in analysis.events if event.key in keys)
    relations = tuple(
        EventRelation(keys[one.source], keys[one.target], one.kind, one.score)
        for one in analysis.relations
        if one.source in keys and one.target in keys
    )
    return replace(analysis, events=events, relations=relations)


def _without_decided(event: Event, known: _Told | None) -> Event | None:
    """Return what of an event is to be written: of one on which a person decided only passages that are not stored, None without any."""
    if known is None or not known.decided:
        return event
    mentions = tuple(mention for mention in event.mentions if _trigger(mention) not in known.triggers)
    return replace(event, mentions=mentions) if mentions else None


def _keep_matches_of(connection: Connection, settlement: Settlement, decided: Collection[str]) -> None:
    """Leave in force the links of the parties of these events that the reading has too, though on another entity."""
    parties: set[str | None] = set()
    for chunk in in_chunks(decided):
        query = select(EventArgumentRow.entity_id).join(EventMentionRow, EventMentionRow.id == EventArgumentRow.mention_id)
        parties |= set(connection.execute(query.where(EventMentionRow.event_id.in_(chunk))).scalars())
    said = {content[1:] for content in settlement.told[LinkRow]}
    settlement.gone[LinkRow] = [
        row for row in settlement.gone[LinkRow] if not (row["entity_id"] in parties and say(LINKS, row)[1:] in said)
    ]


def _events_with_other_details(settlement: Settlement) -> set[str]:
    """Return the events of which a passage has other parties, amounts or quantities than before."""
    passages = {row["mention_id"] for layer in DETAILS for row in settlement.changed(layer.table)}
    return {row["event_id"] for row in settlement.rows[EventMentionRow] if row["id"] in passages}


def _events_with_other_matches(connection: Connection, version_id: str, settlement: Settlement) -> set[str]:
    """Return the events, none withdrawn, that this version tells of someone whose list entries are others than before."""
    return events_of(connection, version_id, {row["entity_id"] for row in settlement.changed(LinkRow)})


def events_of(connection: Connection, version_id: str, entity_ids: Collection[str]) -> set[str]:
    """Return the events, none withdrawn, of which a version says that one of these entities does them, meets them or tells them."""
    found: set[str] = set()
    for chunk in in_chunks(entity_ids):
        query = (
            select(EventMentionRow.event_id)
            .join(EventArgumentRow, EventArgumentRow.mention_id == EventMentionRow.id)
            .join(EventRow, EventRow.id == EventMentionRow.event_id)
            .where(EventMentionRow.version_id == version_id, EventRow.deleted_at.is_(None), EventArgumentRow.entity_id.in_(chunk))
            .where(EventArgumentRow.role.in_(_NAMED), EventArgumentRow.superseded_at.is_(None))
        )
        found |= set(connection.execute(query).scalars())
    return found


def _count_rows(settlement: Settlement) -> Counter[str]:
    counts: Counter[str] = Counter()
    for layer in LAYERS:
        for what, rows in (("new", settlement.new), ("found again", settlement.again), ("superseded", settlement.gone)):
            counts[f"{layer.name} {what}"] = len(rows[layer.table])
    return counts


def touch_events(connection: Connection, ids: Collection[str], at: datetime) -> None:
    """Mark events as changed, and those that stand for them."""
    for chunk in in_chunks(ids):
        stand = set(connection.execute(select(EventRow.merged_into).where(EventRow.id.in_(chunk))).scalars()) - {None}
        connection.execute(update(EventRow).where(EventRow.id.in_([*chunk, *stand])).values(changed_at=at))


def _restore(connection: Connection, ids: Collection[str], at: datetime) -> int:
    for chunk in in_chunks(ids):
        connection.execute(update(EventRow).where(EventRow.id.in_(chunk)).values(deleted_at=None, changed_at=at))
    return len(ids)


def _withdraw(connection: Connection, ids: Collection[str], at: datetime) -> int:
    """Take events back. One that stood under another leaves it, for the other would go on showing its passage."""
    for chunk in in_chunks(ids):
        connection.execute(update(EventRow).where(EventRow.id.in_(chunk)).values(deleted_at=at, changed_at=at, merged_into=None))
    return len(ids)


def _record_statuses(connection: Connection, analysis: Analysis, context: AnalysisContext, counts: Mapping[str, int]) -> None:
    version_id, cuts = analysis.article.id, "\n".join(map(str, analysis.cuts))
    for stage, version in context.stage_versions.items():
        values = {
            "stage_version": version,
            "state": StageState.DONE,
            "reason": (cuts or None) if stage == "events" else None,
            "counts": dict(counts) if stage == "events" else {},
            "run_id": context.run_id,
            "finished_at": context.at,
        }
        here = and_(StageStatusRow.version_id == version_id, StageStatusRow.stage == stage)
        if not connection.execute(update(StageStatusRow).where(here).values(**values)).rowcount:
            connection.execute(insert(StageStatusRow).values(version_id=version_id, stage=stage, **values))


def events_beside(connection: Connection, version_id: str) -> set[str]:
    """Return the events of a version's article, those of the same type and day, and all that stand with any of these; none withdrawn."""
    article = select(ArticleVersionRow.article_id).where(ArticleVersionRow.id == version_id).scalar_subquery()
    own, other = aliased(EventRow), aliased(EventRow)
    same_day = (
        select(other.id)
        .join(own, and_(own.type == other.type, own.date_start == other.date_start))
        .where(own.article_id == article, own.date_precision == Precision.DAY, other.date_precision == Precision.DAY)
    )
    found = set(connection.execute(select(EventRow.id).where(EventRow.article_id == article)).scalars())
    found |= set(connection.execute(same_day).scalars())
    group = group_of(connection, found)
    for chunk in in_chunks(frozenset(group)):
        group -= set(connection.execute(select(EventRow.id).where(EventRow.id.in_(chunk), EventRow.deleted_at.is_not(None))).scalars())
    return group
