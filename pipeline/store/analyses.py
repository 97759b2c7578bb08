"""What the language stages said of one article version, written in one transaction."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from models.ids import make_id
from models.ontology import codes_for
from models.records import Amount, Analysis, Argument, Event, EventMention, Linking, Maker, Mention, TimeExpression
from models.tables import (
    AmountRow,
    ArticleVersionRow,
    Base,
    EntityRow,
    EventAmountRow,
    EventArgumentRow,
    EventMentionRow,
    EventQuantityRow,
    EventRelationRow,
    EventRow,
    IdentifierMentionRow,
    LinkRow,
    MentionCandidateRow,
    MentionRow,
    StageStatusRow,
    TimeExpressionRow,
)
from models.vocabulary import ArgumentRole, Genericity, Label, LinkStatus, Precision, ReviewStatus, StageState, Via
from pipeline.store.rows import Row, insert_all_new, insert_new
from pipeline.store.supersede import Rows, restore, settle

__all__ = ["AnalysisContext", "insert_rows", "make_rows", "record_analysis", "record_analysis_failure", "record_new_links"]


@dataclass(frozen=True, slots=True)
class AnalysisContext:
    """Under what an analysis was made: run, time, model and knowledge version, and the version of each stage."""

    run_id: str
    at: datetime
    model_version_id: str
    knowledge_version_id: str
    stage_versions: Mapping[str, str]


@dataclass(slots=True)
class _Writer:
    """Turns one analysis into rows; entity ids of the article become ids of the store."""

    analysis: Analysis
    article_id: str
    context: AnalysisContext
    rows: dict[type[Base], list[Row]] = field(default_factory=dict)
    entity_ids: dict[str, str] = field(default_factory=dict)

    @property
    def version_id(self) -> str:
        return self.analysis.article.id

    def add(self, table: type[Base], row: Row) -> None:
        self.rows.setdefault(table, []).append(row)


def record_analysis(connection: Connection, analysis: Analysis, context: AnalysisContext) -> dict[str, int]:
    """Write everything said of one article version; return how many rows of each kind it has."""
    rows = make_rows(analysis, _article_of(connection, analysis), context)
    insert_rows(connection, rows)
    _touch_retold_events(connection, [row["id"] for row in rows.get(EventRow, [])], context.at)
    counts = {table.__tablename__: len(rows_of) for table, rows_of in rows.items()}
    cuts = {"events": "\n".join(map(str, analysis.cuts))} if analysis.cuts else {}
    _record_status(connection, analysis.article.id, context, state=StageState.DONE, counts=counts, reasons=cuts)
    return counts


def make_rows(analysis: Analysis, article_id: str, context: AnalysisContext) -> dict[type[Base], list[Row]]:
    """Return everything said of one version of an article as rows, by table."""
    writer = _Writer(analysis, article_id, context)
    _add_entities(writer)
    _add_mentions(writer)
    _add_candidates(writer)
    _add_links(writer)
    _add_identifiers(writer)
    _add_amounts(writer)
    _add_times(writer)
    for event in analysis.events:
        _add_event(writer, event)
    for relation in analysis.relations:
        row = {
            "source_event_id": _event_id(article_id, relation.source),
            "target_event_id": _event_id(article_id, relation.target),
            "kind": relation.kind,
            "score": relation.score,
        }
        writer.add(EventRelationRow, row)
    return writer.rows


def insert_rows(connection: Connection, rows: Rows) -> None:
    """Write the rows that are not there yet, in the order of their references."""
    for table in _ORDER:
        insert_all_new(connection, table, rows.get(table, []))


def record_new_links(connection: Connection, analysis: Analysis, context: AnalysisContext, *, entity_ids: Mapping[str, str]) -> None:
    """Add the mentions and links of an analysis to those that are stored of its version, which stay as they are.

    `entity_ids` are the stored entities of those entities of the analysis that are stored already. A link stands beside an older one
    that said less of the same entry.
    """
    writer = _Writer(analysis, _article_of(connection, analysis), context, entity_ids=dict(entity_ids))
    _add_entities(writer)
    _add_mentions(writer)
    _add_links(writer)
    _add_identifiers(writer)
    settlement = settle(connection, analysis.article.id, writer.rows)
    insert_rows(connection, settlement.rows)
    restore(connection, settlement)


def _article_of(connection: Connection, analysis: Analysis) -> str:
    return connection.execute(select(ArticleVersionRow.article_id).where(ArticleVersionRow.id == analysis.article.id)).scalar_one()


def record_analysis_failure(connection: Connection, version_id: str, context: AnalysisContext, *, reason: str) -> None:
    """Write that the language stages could not read a version; it waits in quarantine, its text is kept."""
    _record_status(
        connection, version_id, context, state=StageState.QUARANTINED, counts={}, reasons=dict.fromkeys(context.stage_versions, reason)
    )


_ORDER: tuple[type[Base], ...] = (
    EntityRow,
    MentionRow,
    MentionCandidateRow,
    LinkRow,
    IdentifierMentionRow,
    AmountRow,
    TimeExpressionRow,
    EventRow,
    EventMentionRow,
    EventArgumentRow,
    EventAmountRow,
    EventQuantityRow,
    EventRelationRow,
)
"""Rows are written in the order of their references."""


def _record_status(
    connection: Connection,
    version_id: str,
    context: AnalysisContext,
    *,
    state: StageState,
    counts: dict[str, int],
    reasons: Mapping[str, str],
) -> None:
    """Write where a version stands in each stage; `reasons` tells, by stage, why it failed or what it was read with less care for."""
    rows = [
        {
            "version_id": version_id,
            "stage": stage,
            "stage_version": version,
            "state": state,
            "reason": reasons.get(stage),
            "counts": counts if stage == "events" else {},
            "run_id": context.run_id,
            "finished_at": context.at,
        }
        for stage, version in context.stage_versions.items()
    ]
    insert_new(connection, StageStatusRow, rows)


def _touch_retold_events(connection: Connection, ids: Sequence[str], at: datetime) -> None:
    """Mark events that an earlier version of the article told already as changed now; those that were withdrawn since come back."""
    if ids:
        connection.execute(update(EventRow).where(EventRow.id.in_(ids)).values(changed_at=at, deleted_at=None))


# --- entities, mentions, candidates, links --------------------------------------------------------------------------

_FULL_NAME = re.compile(r"\w[\w.'’-]*\s+\w|[가-힣]{3}|-")


def _entity_id(article_id: str, mention: Mention) -> str:
    """Return the id under which an entity is stored.

    Entities of the knowledge base keep their id. Others are one entity over all articles where the name is full (two
    words, three syllables or a hyphen) or names no person; a bare surname is an entity of its article alone.
    """
    if not mention.entity.startswith("doc:"):
        return mention.entity
    if mention.label is Label.PERSON and not _FULL_NAME.search(mention.name):
        return make_id("ent", article_id, mention.label, mention.name.casefold())
    return make_id("ent", mention.label, mention.name.casefold())


def _add_entities(writer: _Writer) -> None:
    for mention in writer.analysis.linking.mentions:
        if mention.entity in writer.entity_ids:
            continue
        entity_id = _entity_id(writer.article_id, mention)
        writer.entity_ids[mention.entity] = entity_id
        row = {
            "id": entity_id,
            "label": mention.label,
            "name": mention.name,
            "country": mention.country,
            "in_knowledge_base": mention.entity.startswith("kb:"),
        }
        writer.add(EntityRow, row)
    for number in writer.analysis.linking.identifiers:
        if number.entity not in writer.entity_ids:
            writer.entity_ids[number.entity] = number.entity
            row = {"id": number.entity, "label": number.label, "name": number.name, "country": None, "in_knowledge_base": True}
            writer.add(EntityRow, row)


def _add_mentions(writer: _Writer) -> None:
    for mention in writer.analysis.linking.mentions:
        row = {
            "id": make_id("men", writer.version_id, mention.start, mention.end, mention.label),
            "version_id": writer.version_id,
            "entity_id": writer.entity_ids[mention.entity],
            "start": mention.start,
            "end": mention.end,
            "text": mention.text,
            "label": mention.label,
            "name": mention.name,
            "official": mention.official,
            "role": mention.role,
            "affiliation": mention.affiliation,
            "country": mention.country,
            "metonym": mention.metonym,
            "via": mention.via,
            "score": mention.score,
            **_maker(mention.maker),
        }
        writer.add(MentionRow, row)


def _add_candidates(writer: _Writer) -> None:
    """Add the uncertain spans. The maker's version is part of the id: two makers may be unsure of one span."""
    for candidate in writer.analysis.tagging.candidates:
        maker = _maker(candidate.maker)
        row = {
            "id": make_id("cnd", writer.version_id, candidate.start, candidate.end, candidate.label, *maker.values()),
            "version_id": writer.version_id,
            "start": candidate.start,
            "end": candidate.end,
            "text": candidate.text,
            "label": candidate.label,
            "score": candidate.score,
            "reason": candidate.reason,
            **maker,
        }
        writer.add(MentionCandidateRow, row)


def _add_links(writer: _Writer) -> None:
    linking: Linking = writer.analysis.linking
    for link in linking.links:
        if link.entity not in writer.entity_ids:
            raise ValueError(f"link of {link.entity}, which no mention names")
        row = {
            "id": make_id("lnk", writer.version_id, link.entity, link.source, link.entry or link.name),
            "version_id": writer.version_id,
            "entity_id": writer.entity_ids[link.entity],
            "entry": link.entry or None,
            "source": link.source,
            "list_version": link.list_version,
            "name": link.name,
            "score": link.score,
            "why": link.why,
            "status": LinkStatus(link.status),
            "written": link.written,
            "alias": link.alias,
            "likeness": link.likeness,
            "comparison": link.comparison,
            "evidence": dict(link.evidence),
            "knowledge_version_id": writer.context.knowledge_version_id,
            **_maker(link.maker),
        }
        writer.add(LinkRow, row)


def _add_identifiers(writer: _Writer) -> None:
    for number in writer.analysis.linking.identifiers:
        row = {
            "id": make_id("idn", writer.version_id, number.start, number.end, number.entity),
            "version_id": writer.version_id,
            "start": number.start,
            "end": number.end,
            "text": number.text,
            "kind": number.kind,
            "entity_id": writer.entity_ids[number.entity],
            **_maker(number.maker),
        }
        writer.add(IdentifierMentionRow, row)


def _maker(maker: Maker) -> dict[str, str]:
    return {"maker": maker.component, "maker_version": maker.version}


# --- amounts and times ----------------------------------------------------------------------------------------------


def _amount_id(version_id: str, amount: Amount) -> str:
    return make_id("amt", version_id, amount.start, amount.end)


def _time_id(version_id: str, time: TimeExpression) -> str:
    return make_id("tim", version_id, time.start, time.end)


def _add_amounts(writer: _Writer) -> None:
    amounts = writer.analysis.tagging.amounts
    for amount in amounts:
        source = None if amount.derived_from is None else _amount_id(writer.version_id, amounts[amount.derived_from])
        row = {
            "id": _amount_id(writer.version_id, amount),
            "version_id": writer.version_id,
            "start": amount.start,
            "end": amount.end,
            "text": amount.text,
            "value": amount.value,
            "value_max": amount.value_max,
            "currency": amount.currency,
            "bound": amount.bound,
            "group_no": amount.group,
            "derived_from_id": source,
            "usd": amount.usd,
            "usd_basis": amount.usd_basis,
            **_maker(amount.maker),
        }
        writer.add(AmountRow, row)


def _add_times(writer: _Writer) -> None:
    publication = writer.analysis.article.publication
    for time in writer.analysis.tagging.times:
        start, end = _ends(time.value)
        row = {
            "id": _time_id(writer.version_id, time),
            "version_id": writer.version_id,
            "start": time.start,
            "end": time.end,
            "text": time.text,
            "resolved_start": start,
            "resolved_end": end,
            "precision": time.precision,
            "anchor": publication.day.isoformat() if publication else None,
            **_maker(time.maker),
        }
        writer.add(TimeExpressionRow, row)


def _ends(value: str | tuple[str | None, str | None] | None) -> tuple[str | None, str | None]:
    return value if isinstance(value, tuple) else (value, value)


# --- events -----------------------------------------------------------------------------------------------------------


def _event_id(article_id: str, key: str) -> str:
    return make_id("evt", article_id, key)


def _add_event(writer: _Writer, event: Event) -> None:
    codes = codes_for(event.type, event.subtype, event.modality)
    event_id = _event_id(writer.article_id, event.key)
    start, end = _ends(event.date)
    row = {
        "id": event_id,
        "article_id": writer.article_id,
        "key": event.key,
        "type": event.type,
        "subtype": event.subtype,
        "plover": codes.plover,
        "plover_contexts": list(codes.contexts),
        "cameo": codes.cameo,
        "quad_class": codes.quad,
        "modality": event.modality,
        "genericity": next((m.genericity for m in event.mentions), Genericity.SPECIFIC),
        "background": event.background,
        "date_start": start,
        "date_end": end,
        "date_precision": event.precision if event.date is not None else _no_date(event.precision),
        "place_entity_id": _entity_of(writer, event.place),
        "place_text": event.place.text if event.place else None,
        "speaker_entity_id": _entity_of(writer, event.speaker),
        "speaker_text": event.speaker.text if event.speaker else None,
        "score": event.score,
        "n_mentions": len(event.mentions),
        "n_articles": 1,
        "n_sources": 1,
        "status": ReviewStatus.AUTO,
        "first_seen_at": writer.context.at,
        "changed_at": writer.context.at,
        "extractor_version": f"{event.maker.component} {event.maker.version}",
        "model_version_id": writer.context.model_version_id,
        "knowledge_version_id": writer.context.knowledge_version_id,
    }
    writer.add(EventRow, row)
    mention_ids = [_add_event_mention(writer, event_id, mention) for mention in event.mentions]
    _add_remaining_arguments(writer, event, mention_ids[0])


def _no_date(precision: Precision) -> Precision:
    return precision if precision is Precision.RELATIVE_UNRESOLVED else Precision.UNKNOWN


def _entity_of(writer: _Writer, argument: Argument | None) -> str | None:
    """Return the stored id of an argument's entity; None for a nominal, and for an entity that the article never names."""
    if argument is None or argument.entity is None:
        return None
    return writer.entity_ids.get(argument.entity)


def _add_event_mention(writer: _Writer, event_id: str, mention: EventMention) -> str:
    mention_id = make_id("evm", event_id, writer.version_id, mention.trigger.start, mention.trigger.end)
    speaker = mention.speaker
    tagging = writer.analysis.tagging
    row = {
        "id": mention_id,
        "event_id": event_id,
        "version_id": writer.version_id,
        "trigger_text": mention.trigger.text,
        "trigger_start": mention.trigger.start,
        "trigger_end": mention.trigger.end,
        "evidence_start": mention.evidence.start,
        "evidence_end": mention.evidence.end,
        "evidence_text": mention.evidence.text,
        "modality": mention.modality,
        "genericity": mention.genericity,
        "cues": list(mention.cues),
        "speaker_entity_id": _entity_of(writer, speaker),
        "speaker_text": speaker.text if speaker else None,
        "speaker_start": speaker.start if speaker else None,
        "speaker_end": speaker.end if speaker else None,
        "attribution_kind": mention.attribution,
        "time_id": None if mention.time is None else _time_id(writer.version_id, tagging.times[mention.time]),
        "is_core": mention.core,
        "score": mention.score,
        "rules": list(mention.rules),
    }
    writer.add(EventMentionRow, row)
    for role, argument in _arguments(mention):
        _add_argument(writer, mention_id, role, argument)
    for amount in mention.amounts:
        amount_id = _amount_id(writer.version_id, tagging.amounts[amount.amount])
        writer.add(EventAmountRow, {"mention_id": mention_id, "amount_id": amount_id, "role": amount.role})
    for quantity in mention.quantities:
        values = {name: getattr(quantity, name) for name in ("role", "value_min", "value_max", "bound", "unit", "text", "start", "end")}
        row_id = make_id("qty", mention_id, quantity.role, quantity.start, quantity.end)
        writer.add(EventQuantityRow, {"id": row_id, "mention_id": mention_id, **values})
    return mention_id


def _arguments(mention: EventMention) -> Iterable[tuple[ArgumentRole, Argument]]:
    yield from ((ArgumentRole.ACTOR, argument) for argument in mention.actors)
    yield from ((ArgumentRole.TARGET, argument) for argument in mention.targets)
    if mention.place:
        yield ArgumentRole.PLACE, mention.place
    if mention.speaker:
        yield ArgumentRole.SPEAKER, mention.speaker


def _add_argument(writer: _Writer, mention_id: str, role: ArgumentRole, argument: Argument) -> None:
    row: dict[str, Any] = {
        "id": make_id("arg", mention_id, role, argument.start, argument.end, argument.name),
        "mention_id": mention_id,
        "role": role,
        "entity_id": _entity_of(writer, argument),
        "text": argument.text,
        "name": argument.name,
        "start": argument.start,
        "end": argument.end,
        "via": argument.via,
        "score": argument.score,
    }
    writer.add(EventArgumentRow, row)


def _add_remaining_arguments(writer: _Writer, event: Event, mention_id: str) -> None:
    """Hang arguments that only the whole article gives on the first mention, marked as taken from the context."""
    told = {(role, a.entity or a.name) for mention in event.mentions for role, a in _arguments(mention)}
    for role, arguments in ((ArgumentRole.ACTOR, event.actors), (ArgumentRole.TARGET, event.targets)):
        for argument in arguments:
            if (role, argument.entity or argument.name) not in told:
                changed = Argument(argument.start, argument.end, argument.text, argument.name, argument.entity, Via.CONTEXT, argument.score)
                _add_argument(writer, mention_id, role, changed)
