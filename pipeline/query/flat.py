"""An event as one flat row, for tables and data frames, and as nested JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime

from models.findings import AmountFound, EventFound
from pipeline.text.moments import plain_time

__all__ = ["FLAT", "FLAT_TYPES", "as_json", "flatten"]

JOINED = " | "

FLAT_TYPES: dict[str, type] = {
    "event_id": str,
    "type": str,
    "subtype": str,
    "plover": str,
    "plover_contexts": str,
    "cameo": str,
    "quad_class": str,
    "actors": str,
    "actor_ids": str,
    "actor_countries": str,
    "targets": str,
    "target_ids": str,
    "target_countries": str,
    "sanctioned_ids": str,
    "programs": str,
    "place": str,
    "place_id": str,
    "latitude": float,
    "longitude": float,
    "date_start": str,
    "date_end": str,
    "date_precision": str,
    "modality": str,
    "genericity": str,
    "background": bool,
    "speaker": str,
    "speaker_id": str,
    "attribution_kind": str,
    "amount_value": float,
    "amount_currency": str,
    "amount_bound": str,
    "amount_role": str,
    "amount_usd": float,
    "usd_basis": str,
    "quantities": str,
    "trigger_text": str,
    "evidence": str,
    "score": float,
    "status": str,
    "n_mentions": int,
    "n_articles": int,
    "n_sources": int,
    "publishers": str,
    "source_kinds": str,
    "published_at": datetime,
    "url": str,
    "title": str,
    "lang": str,
    "article_id": str,
    "version": str,
    "first_seen_at": datetime,
    "changed_at": datetime,
    "extractor_version": str,
    "merged_ids": str,
}
"""The columns of the flat form with the type of their values; every one but the ids, codes, counts and scores may be None."""

FLAT: tuple[str, ...] = tuple(FLAT_TYPES)
"""The columns of the flat form, in their order."""


def flatten(event: EventFound) -> dict[str, object]:
    """Return the event as one flat row with the columns `FLAT`: several values are joined by " | ", none is None, times are aware.

    `amount_value` and the columns beside it are of the largest amount in US dollars, or of the first where none can be told in dollars.
    `url`, `title`, `lang` and `evidence` are of the article whose passage is shown, `published_at` is the first publication of all.
    """
    amount, first, place, speaker = _main_amount(event), event.articles[0], event.place, event.speaker
    matches = [match for party in (*event.actors, *event.targets) for match in party.matches]
    return {
        "event_id": event.id,
        "type": event.type,
        "subtype": event.subtype,
        "plover": event.plover,
        "plover_contexts": _join(event.plover_contexts),
        "cameo": event.cameo,
        "quad_class": event.quad_class,
        "actors": _join_of(event.actors, "name"),
        "actor_ids": _join_of(event.actors, "id"),
        "actor_countries": _join_of(event.actors, "country"),
        "targets": _join_of(event.targets, "name"),
        "target_ids": _join_of(event.targets, "id"),
        "target_countries": _join_of(event.targets, "country"),
        "sanctioned_ids": _join_of(matches, "entry"),
        "programs": _join([program for match in matches for program in match.programs]),
        "place": place and place.name,
        "place_id": place and place.id,
        "latitude": place and place.latitude,
        "longitude": place and place.longitude,
        "date_start": event.date_start,
        "date_end": event.date_end,
        "date_precision": event.date_precision,
        "modality": event.modality,
        "genericity": event.genericity,
        "background": event.background,
        "speaker": speaker and speaker.name,
        "speaker_id": speaker and speaker.id,
        "attribution_kind": event.attribution,
        "amount_value": amount and amount.value,
        "amount_currency": amount and amount.currency,
        "amount_bound": amount and amount.bound,
        "amount_role": amount and amount.role,
        "amount_usd": event.usd,
        "usd_basis": amount and amount.usd_basis,
        "quantities": _join([f"{quantity.role} {quantity.text}" for quantity in event.quantities]),
        "trigger_text": event.trigger,
        "evidence": event.evidence,
        "score": event.score,
        "status": event.status,
        "n_mentions": event.n_mentions,
        "n_articles": event.n_articles,
        "n_sources": event.n_sources,
        "publishers": _join_of(event.articles, "publisher"),
        "source_kinds": _join_of(event.articles, "source_kind"),
        "published_at": event.first_published,
        "url": first.url,
        "title": first.title,
        "lang": first.lang,
        "article_id": first.id,
        "version": first.version,
        "first_seen_at": event.first_seen_at,
        "changed_at": event.changed_at,
        "extractor_version": event.extractor_version,
        "merged_ids": _join(event.merged),
    }


def as_json(record: object) -> dict[str, object]:
    """Return a record of `models.findings`, such as an event, ready for JSON: nested, times in ISO 8601 with Z.

    Raises TypeError for what is no such record.
    """
    if not is_dataclass(record) or isinstance(record, type):
        raise TypeError(f"as_json takes a record of models.findings, not {type(record).__name__}")
    return {field.name: _plain(getattr(record, field.name)) for field in fields(record)}


def _plain(value: object) -> object:
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return plain_time(value)
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return as_json(value) if is_dataclass(value) else value


def _main_amount(event: EventFound) -> AmountFound | None:
    if not event.amounts:
        return None
    return next((amount for amount in event.amounts if amount.usd is not None and amount.usd == event.usd), event.amounts[0])


def _join_of(records: Sequence[object], field: str) -> str | None:
    """Return what `_join` does of a field of the records. Most events have none or one of them, and there are millions of events."""
    if len(records) > 1:
        return _join([getattr(record, field) for record in records])
    return getattr(records[0], field) or None if records else None


def _join(values: Sequence[str | None]) -> str | None:
    """Return the values that differ, in their order; None where there is none."""
    return JOINED.join(dict.fromkeys(value for value in values if value)) or None if values else None
