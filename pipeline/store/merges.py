"""Decisions on which events are one, and what follows from them: `event.merged_into` and the counts of sources.

Decisions are added, never rewritten; one that no longer holds gets its end. An event keeps its id, its mentions and its evidence
whatever is decided, so that every decision can be taken back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, aliased

from models.ids import make_id
from models.merging import MACHINE, ChangeKind, Decision, EventSummary, MergeStatus, Party, Proposal, Sum
from models.tables import (
    AmountRow,
    ArticleRow,
    ArticleVersionRow,
    EntityRow,
    EventAmountRow,
    EventArgumentRow,
    EventMentionRow,
    EventMergeRow,
    EventRow,
    StoryClusterRow,
)
from models.vocabulary import ArgumentRole, Genericity, Precision
from pipeline.store.changes import add_changes
from pipeline.store.chunks import in_chunks
from pipeline.store.stories import in_window

__all__ = [
    "Transaction",
    "apply_standing",
    "decide",
    "decisions_in_force",
    "find_decisions",
    "find_event_ids",
    "group_of",
    "load_summaries",
    "recent_events",
    "record_proposals",
    "retract",
    "standing_of",
]

Transaction = Connection
"""A connection in a transaction, as everyone outside the store sees it."""

Fields = Mapping[str, Any]

# --- which events are looked at -----------------------------------------------------------------------------------------


def recent_events(connection: Connection, since: datetime) -> set[str]:
    """Return the events of articles stored since then, those of any time that have type and day in common with one of them, and
    all events that stand with any of these.

    So that a night costs what it brought, and an old event that is told anew is found all the same.
    """
    articles = select(ArticleVersionRow.article_id).where(in_window(since))
    recent, older = aliased(EventRow), aliased(EventRow)
    same_day = (
        select(older.id)
        .join(recent, and_(recent.type == older.type, recent.date_start == older.date_start))
        .where(recent.article_id.in_(articles), recent.date_precision == Precision.DAY, older.date_precision == Precision.DAY)
    )
    found = set(connection.execute(select(EventRow.id).where(EventRow.article_id.in_(articles))).scalars())
    found |= set(connection.execute(same_day).scalars())
    return group_of(connection, found)


def group_of(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Return these events and all that stand with any of them."""
    stands = func.coalesce(EventRow.merged_into, EventRow.id)
    leaders: set[str] = set()
    for chunk in in_chunks(ids):
        leaders |= set(connection.execute(select(stands).where(EventRow.id.in_(chunk))).scalars())
    found = set(leaders)
    for chunk in in_chunks(leaders):
        found |= set(connection.execute(select(EventRow.id).where(EventRow.merged_into.in_(chunk))).scalars())
    return found


def standing_of(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Map each of these events to the event that stands for it: itself, where it is merged into none."""
    found: dict[str, str] = {}
    for chunk in in_chunks(ids):
        rows = connection.execute(select(EventRow.id, func.coalesce(EventRow.merged_into, EventRow.id)).where(EventRow.id.in_(chunk)))
        found |= {row[0]: row[1] for row in rows}
    return found


def find_event_ids(connection: Connection, name: str) -> list[str]:
    """Return the ids that begin with `name`, two at most; a whole id is found alone."""
    query = select(EventRow.id).where(EventRow.id.startswith(name, autoescape=True)).order_by(EventRow.id).limit(2)
    return list(connection.execute(query).scalars())


# --- what is known of them ----------------------------------------------------------------------------------------------


def load_summaries(connection: Connection, ids: Iterable[str]) -> list[EventSummary]:
    """Return what is compared of these events."""
    return [summary for chunk in in_chunks(ids) for summary in _load_chunk(connection, chunk)]


def _load_chunk(connection: Connection, ids: Sequence[str]) -> Iterator[EventSummary]:
    tellings = _load_tellings(connection, ids)
    parties, sums = _load_parties(connection, ids), _load_sums(connection, ids)
    rows = connection.execute(
        select(EventRow.__table__).where(EventRow.id.in_(ids), EventRow.deleted_at.is_(None)).order_by(EventRow.id)
    ).mappings()
    for row in rows:
        told = tellings[row["id"]]
        newest = told[-1]
        yield EventSummary(
            id=row["id"],
            key=row["key"],
            article=row["article_id"],
            versions=frozenset(telling["version_id"] for telling in told),
            cluster=newest["cluster_id"],
            is_copy=newest["representative_id"] not in {None, newest["version_id"]},
            seen=row["first_seen_at"].date(),
            published=None if newest["published_at"] is None else newest["published_at"].date(),
            type=row["type"],
            subtype=row["subtype"],
            modality=row["modality"],
            habitual=row["genericity"] is Genericity.HABITUAL,
            date_start=row["date_start"],
            date_end=row["date_end"],
            precision=row["date_precision"],
            place=row["place_entity_id"] or row["place_text"],
            parties=tuple(parties.get(row["id"], ())),
            sums=tuple(sums.get(row["id"], ())),
            evidence=tuple(dict.fromkeys((telling["lang"], telling["evidence_text"]) for telling in told)),
        )


def _load_tellings(connection: Connection, ids: Sequence[str]) -> dict[str, list[Fields]]:
    """Return the passages that tell each event, those of the latest version of the article last."""
    query = (
        select(
            EventMentionRow.event_id,
            EventMentionRow.version_id,
            EventMentionRow.evidence_text,
            ArticleVersionRow.lang,
            ArticleVersionRow.cluster_id,
            ArticleVersionRow.published_at,
            StoryClusterRow.representative_id,
        )
        .join(ArticleVersionRow, ArticleVersionRow.id == EventMentionRow.version_id)
        .join(ArticleRow, ArticleRow.id == ArticleVersionRow.article_id)
        .outerjoin(StoryClusterRow, StoryClusterRow.id == ArticleVersionRow.cluster_id)
        .where(EventMentionRow.event_id.in_(ids))
        .order_by(
            ArticleVersionRow.id == ArticleRow.latest_version_id,
            ArticleVersionRow.created_at,
            ArticleVersionRow.id,
            EventMentionRow.trigger_start,
        )
    )
    return _grouped(connection.execute(query).mappings())


def _load_parties(connection: Connection, ids: Sequence[str]) -> dict[str, list[Party]]:
    query = (
        select(
            EventMentionRow.event_id,
            EventArgumentRow.role,
            EventArgumentRow.name,
            EntityRow.id.label("entity_id"),
            EntityRow.name.label("entity_name"),
            EntityRow.label,
            EntityRow.country,
        )
        .join(EventMentionRow, EventMentionRow.id == EventArgumentRow.mention_id)
        .outerjoin(EntityRow, EntityRow.id == EventArgumentRow.entity_id)
        .where(EventMentionRow.event_id.in_(ids), EventArgumentRow.role.in_([ArgumentRole.ACTOR, ArgumentRole.TARGET]))
        .where(EventArgumentRow.superseded_at.is_(None))
        .distinct()
    )
    found = _grouped(connection.execute(query).mappings())
    return {
        event: sorted(
            {
                Party(r["entity_id"] or r["name"].casefold(), r["entity_name"] or r["name"], r["role"], r["label"], r["country"])
                for r in rows
            },
            key=lambda party: (party.role, party.id, party.name),
        )
        for event, rows in found.items()
    }


def _load_sums(connection: Connection, ids: Sequence[str]) -> dict[str, list[Sum]]:
    columns = (EventMentionRow.event_id, AmountRow.value, AmountRow.value_max, AmountRow.currency, AmountRow.usd)
    query = (
        select(*columns)
        .join(EventAmountRow, EventAmountRow.mention_id == EventMentionRow.id)
        .join(AmountRow, AmountRow.id == EventAmountRow.amount_id)
        .where(EventMentionRow.event_id.in_(ids), AmountRow.value.is_not(None), EventAmountRow.superseded_at.is_(None))
        .distinct()
        .order_by(*columns)
    )
    found = _grouped(connection.execute(query).mappings())
    return {event: [Sum(r["value"], r["value_max"], r["currency"], r["usd"]) for r in rows] for event, rows in found.items()}


def _grouped(rows: Iterable[Any]) -> dict[str, list[Fields]]:
    found: dict[str, list[Fields]] = defaultdict(list)
    for row in rows:
        found[row["event_id"]].append(row)
    return found


# --- decisions ------------------------------------------------------------------------------------------------------------


def decisions_in_force(connection: Connection, ids: Iterable[str]) -> list[Decision]:
    """Return the decisions in force whose events are both among these."""
    ids = set(ids)
    found: list[Decision] = []
    for rows in _rows_in_force(connection, ids, *_DECIDED, EventMergeRow.decided_at):
        found += [Decision(row.loser_event_id, row.winner_event_id, row.status, row.decided_by, row.decided_at) for row in rows]
    return found


_DECIDED = (EventMergeRow.loser_event_id, EventMergeRow.winner_event_id, EventMergeRow.status, EventMergeRow.decided_by)


def _rows_in_force(connection: Connection, ids: set[str], *columns: InstrumentedAttribute[Any]) -> Iterator[list[Row[Any]]]:
    """Yield columns of the decisions in force on two of these events, some hundred events at a time: a night has half a million pairs."""
    for chunk in in_chunks(ids):
        query = select(*columns).where(EventMergeRow.ended_at.is_(None), EventMergeRow.loser_event_id.in_(chunk))
        yield [row for row in connection.execute(query.order_by(EventMergeRow.id)) if row.winner_event_id in ids]


def record_proposals(
    connection: Connection, proposals: Iterable[Proposal], *, scope: Iterable[str], maker: str, version: str, at: datetime
) -> int:
    """Write what the machine proposes of the events in scope, and end what it proposed before and does no longer; return how many changed.

    Its decisions on pairs on which a person decided are left as they are.
    """
    scope = set(scope)
    by_person = {decision.pair for decision in decisions_in_force(connection, scope) if decision.by != MACHINE}
    wanted = {(proposal.loser, proposal.winner): proposal for proposal in proposals}
    ended: list[str] = []
    columns = (*_DECIDED, EventMergeRow.id, EventMergeRow.reasons, EventMergeRow.maker_version)
    for row in chain.from_iterable(_rows_in_force(connection, scope, *columns)):
        pair = (row.loser_event_id, row.winner_event_id)
        if row.decided_by != MACHINE or frozenset(pair) in by_person:
            continue
        proposal = wanted.get(pair)
        if proposal and (proposal.status, _reasons(proposal), version) == (row.status, row.reasons, row.maker_version):
            del wanted[pair]
        else:
            ended.append(row.id)
    for chunk in in_chunks(ended):
        connection.execute(update(EventMergeRow).where(EventMergeRow.id.in_(chunk)).values(ended_at=at))
    made = {"maker": maker, "maker_version": version, "why": None, "decided_by": MACHINE, "decided_at": at}
    for some in in_chunks(wanted):
        _add_decisions(
            connection,
            [{"loser_event_id": loser, "winner_event_id": winner, **_said(wanted[loser, winner]), **made} for loser, winner in some],
        )
    return len(ended) + len(wanted)


def _said(proposal: Proposal) -> Fields:
    return {"status": proposal.status, "score": proposal.score, "reasons": _reasons(proposal)}


def _reasons(proposal: Proposal) -> dict[str, Any]:
    return {"rule": proposal.rule, "parts": [asdict(part) for part in proposal.parts]}


def decide(connection: Connection, loser: str, winner: str, status: MergeStatus, *, by: str, why: str | None, at: datetime) -> None:
    """Write what a person decided of two events; earlier decisions of people on them end."""
    retract(connection, loser, winner, at=at)
    said: Fields = {"status": status, "score": None, "reasons": {}, "why": why}
    made: Fields = {"maker": "person", "maker_version": "", "decided_by": by, "decided_at": at}
    _add_decisions(connection, [{"loser_event_id": loser, "winner_event_id": winner, **said, **made}])


def retract(connection: Connection, one: str, other: str, *, at: datetime) -> None:
    """End what people decided of two events; what the machine decides of them counts again."""
    either = or_(
        and_(EventMergeRow.loser_event_id == one, EventMergeRow.winner_event_id == other),
        and_(EventMergeRow.loser_event_id == other, EventMergeRow.winner_event_id == one),
    )
    in_force = update(EventMergeRow).where(either, EventMergeRow.ended_at.is_(None), EventMergeRow.decided_by != MACHINE)
    connection.execute(in_force.values(ended_at=at))


def _add_decisions(connection: Connection, rows: Sequence[Fields]) -> None:
    """Write decisions. An id counts the decisions on its pair, for the same may be decided again after it was taken back."""
    pairs = (EventMergeRow.loser_event_id, EventMergeRow.winner_event_id)
    losers = {row["loser_event_id"] for row in rows}
    known = select(*pairs, func.count().label("number")).where(pairs[0].in_(losers)).group_by(*pairs)
    numbers = {(row.loser_event_id, row.winner_event_id): row.number for row in connection.execute(known)}

    def identify(loser: str, winner: str) -> str:
        return make_id("mrg", loser, winner, numbers.get((loser, winner), 0))

    connection.execute(insert(EventMergeRow), [{"id": identify(row["loser_event_id"], row["winner_event_id"]), **row} for row in rows])


def find_decisions(
    connection: Connection, *, event: str | None = None, statuses: Iterable[MergeStatus] = (), ended: bool = False, limit: int = 50
) -> list[Fields]:
    """Return decisions, newest first, with what is told of both events; `event` finds those on it and on all that stand with it."""
    loser, winner = aliased(EventRow), aliased(EventRow)
    query = (
        select(
            EventMergeRow.__table__,
            loser.type,
            *(getattr(row, name).label(f"{side}_{name}") for side, row in (("loser", loser), ("winner", winner)) for name in _TOLD),
            _telling(loser).label("loser_evidence"),
            _telling(winner).label("winner_evidence"),
        )
        .join(loser, loser.id == EventMergeRow.loser_event_id)
        .join(winner, winner.id == EventMergeRow.winner_event_id)
        .order_by(EventMergeRow.decided_at.desc(), EventMergeRow.id)
        .limit(limit)
    )
    if event is not None:
        ids = sorted(group_of(connection, [event]))
        query = query.where(or_(EventMergeRow.loser_event_id.in_(ids), EventMergeRow.winner_event_id.in_(ids)))
    if statuses:
        query = query.where(EventMergeRow.status.in_(list(statuses)))
    if not ended:
        query = query.where(EventMergeRow.ended_at.is_(None))
    return [dict(row) for row in connection.execute(query).mappings()]


_TOLD = ("subtype", "modality", "date_start", "date_end", "merged_into")


def _telling(event: Any) -> Any:  # noqa: ANN401 - an aliased table
    """Return the sentence that tells an event best."""
    return (
        select(EventMentionRow.evidence_text)
        .where(EventMentionRow.event_id == event.id)
        .order_by(EventMentionRow.is_core.desc(), EventMentionRow.id)
        .limit(1)
        .scalar_subquery()
    )


# --- what follows -----------------------------------------------------------------------------------------------------------


def apply_standing(connection: Connection, standing: Mapping[str, str], *, at: datetime) -> int:
    """Let events stand under others as `standing` says (event → the event that stands for it), and count their sources anew.

    Returns how many events changed the event they stand under; each of them is a line of the change feed.
    """
    current = standing_of(connection, standing)
    changes: list[tuple[ChangeKind, str, str | None]] = []
    for event, stands in sorted(standing.items()):
        into = None if stands == event else stands
        if current[event] != stands:
            connection.execute(update(EventRow).where(EventRow.id == event).values(merged_into=into, changed_at=at))
            changes.append((ChangeKind.UNMERGED if into is None else ChangeKind.MERGED, event, into))
    add_changes(connection, changes, at=at)
    _count_sources(connection, standing, at)
    return len(changes)


def _count_sources(connection: Connection, standing: Mapping[str, str], at: datetime) -> None:
    """Count mentions, articles and independent sources of every event over the latest versions of its articles.

    What is counted of a standing event is all that is told of it under any id. Copies of one text are one source.
    """
    told: dict[str, list[Any]] = defaultdict(list)
    for chunk in in_chunks(standing):
        rows = connection.execute(
            select(EventMentionRow.event_id, EventRow.article_id, ArticleVersionRow.cluster_id)
            .join(EventRow, EventRow.id == EventMentionRow.event_id)
            .join(ArticleRow, ArticleRow.id == EventRow.article_id)
            .join(ArticleVersionRow, ArticleVersionRow.id == ArticleRow.latest_version_id)
            .where(EventMentionRow.version_id == ArticleVersionRow.id, EventRow.id.in_(chunk))
        )
        for row in rows:
            for event in {row.event_id, standing[row.event_id]}:
                told[event].append(row)
    for event, rows_of in sorted(told.items()):
        counts = {
            "n_mentions": len(rows_of),
            "n_articles": len({row.article_id for row in rows_of}),
            "n_sources": len({row.cluster_id or row.article_id for row in rows_of}),
        }
        differs = or_(*(getattr(EventRow, name) != count for name, count in counts.items()))
        connection.execute(update(EventRow).where(EventRow.id == event, differs).values(**counts, changed_at=at))
