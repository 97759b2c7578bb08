"""`peninsula extract`: documents in, JSON Lines out, with no database.

Implements the extraction contract: output order is input order, a bad line becomes an error record, and the others are
processed all the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from models.ontology import codes_for
from models.records import Amount, Analysis, Argument, Event, Link, Mention, Span
from models.vocabulary import LinkStatus
from pipeline.analyse import LANGUAGES, Analyser
from pipeline.errors import ItemError, LanguageError
from pipeline.extract import read_document
from pipeline.stages import MODEL_VERSION

__all__ = ["BadLine", "InputError", "analyse_document", "describe", "extract_document", "extract_lines"]

Json = dict[str, Any]


class InputError(ItemError):
    """An input line that cannot be processed; `code` is the stable string of the error record."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class BadLine:
    """A refused input line: its number from 1, the document id where one was read, and why."""

    number: int
    id: str | None
    code: str
    message: str

    def as_record(self) -> Json:
        """Return the error record that stands in the output for this line."""
        return {"id": self.id, "error": {"code": self.code, "message": self.message}}


def extract_lines(lines: Iterable[bytes], analyser: Analyser) -> Iterator[Json | BadLine]:
    """Yield one output record, or one refusal, for every input line that is not blank."""
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row: Json = {}
        try:
            row = _parse_line(line, first=number == 1)
            _check_fields(row, seen)
            yield extract_document(row, analyser)
        except ItemError as error:
            ident = row.get("id")
            yield BadLine(number, ident if isinstance(ident, str) else None, error.code, str(error))


def _parse_line(line: bytes, *, first: bool) -> Json:
    try:
        row = json.loads(line.decode("utf-8-sig" if first else "utf-8"))
    except UnicodeDecodeError as error:
        raise InputError("invalid_encoding", f"the line is not UTF-8: {error.reason} at byte {error.start}") from error
    except (json.JSONDecodeError, RecursionError) as error:
        detail = f"{error.msg} at column {error.colno}" if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        raise InputError("invalid_json", f"the line is no JSON: {detail}") from error
    if not isinstance(row, dict):
        raise InputError("invalid_json", f"the line is no JSON object but {type(row).__name__}")
    return row


def _check_fields(row: Json, seen: set[str]) -> None:
    ident = row.get("id")
    if not isinstance(ident, str) or not ident:
        raise InputError("missing_field", "field 'id' is missing or is no string")
    if ident in seen:
        raise InputError("duplicate_id", f"id {ident!r} was used on an earlier line")
    seen.add(ident)
    if row.get("text") is None and row.get("html") is None:
        raise InputError("missing_field", "one of the fields 'text' and 'html' is required")
    for name in ("text", "html", "title", "url", "publisher", "published", "lang"):
        if row.get(name) is not None and not isinstance(row[name], str):
            raise InputError("invalid_field", f"field {name!r} must be a string, not {type(row[name]).__name__}")
    lone = next((name for name in ("text", "html", "title") if _has_lone_surrogate(row.get(name))), None)
    if lone:
        raise InputError("invalid_encoding", f"field {lone!r} holds half of a surrogate pair, which is no character")
    if row.get("lang") is not None and row["lang"] not in LANGUAGES:
        raise LanguageError(f"lang {row['lang']!r} is not read; 'en' and 'ko' are")


def _has_lone_surrogate(text: str | None) -> bool:
    return text is not None and any("\ud800" <= character <= "\udfff" for character in text)


def extract_document(row: Mapping[str, Any], analyser: Analyser) -> Json:
    """Return the output record of one input document. Raises ItemError where it cannot be processed."""
    analysis = analyse_document(row, analyser)
    record = describe(analysis, model=analyser.model_name(analysis.article.lang), knowledge_version=analyser.knowledge.version)
    if row.get("text") is None:
        record = {"id": record.pop("id"), "text": analysis.article.text, **record}
    return record


def analyse_document(row: Mapping[str, Any], analyser: Analyser) -> Analysis:
    """Return all that the language stages say of one input document. Raises ItemError where it cannot be processed."""
    try:
        article = read_document(
            id=row["id"],
            text=row.get("text"),
            html=row.get("html") if row.get("text") is None else None,
            title=row.get("title") or "",
            url=row.get("url") or "",
            publisher=row.get("publisher") or "",
            published=row.get("published"),
            lang=row.get("lang"),
        )
    except ValueError as error:
        raise InputError("invalid_field", f"field 'published': {error}") from error
    if article.lang not in LANGUAGES and article.lang != "und":
        raise LanguageError(f"the text is in language {article.lang!r}; English and Korean are read")
    return analyser.analyse(article)


def describe(analysis: Analysis, *, model: str, knowledge_version: str) -> Json:
    """Return an analysis in the form of the extraction contract."""
    article = analysis.article
    links: dict[str, list[Link]] = {}
    for item in analysis.linking.links:
        if item.status == LinkStatus.AUTO and item.entry:
            links.setdefault(item.entity, []).append(item)
    record = {
        "id": article.id,
        "lang": article.lang,
        "korea": article.korea,
        "korea_score": round(article.korea_score, 4),
        "entities": [_describe_mention(mention, links.get(mention.entity, [])) for mention in analysis.linking.mentions],
        "amounts": [_describe_amount(amount) for amount in analysis.tagging.amounts if amount.derived_from is None],
        "events": [_describe_event(event, analysis.tagging.amounts) for event in analysis.events],
        "model": {"name": model, "version": MODEL_VERSION},
        "knowledge": {"version": knowledge_version},
    }
    if analysis.cuts:
        record["cuts"] = [asdict(cut) for cut in analysis.cuts]
    return record


def _span(record: Mention | Amount | Span) -> Json:
    return {"start": record.start, "end": record.end, "text": record.text}


def _describe_mention(mention: Mention, links: list[Link]) -> Json:
    return {
        **_span(mention),
        "label": mention.label.value,
        "name": mention.name,
        "entity": mention.entity,
        "official": mention.official,
        "role": mention.role,
        "affiliation": mention.affiliation,
        "country": mention.country,
        "score": round(mention.score, 4),
        "sanctions": [
            {
                "id": item.entry,
                "list": item.source,
                "list_version": item.list_version,
                "name": item.name,
                "score": round(item.score, 4),
                "why": item.why,
            }
            for item in links
        ],
    }


def _describe_amount(amount: Amount) -> Json:
    return {
        **_span(amount),
        "value": amount.value,
        "currency": amount.currency,
        "bound": amount.bound.value,
        "usd": amount.usd,
        "usd_basis": amount.usd_basis,
    }


def _describe_argument(argument: Argument | None) -> Json | None:
    if argument is None:
        return None
    return {"start": argument.start, "end": argument.end, "text": argument.text, "name": argument.name, "entity": argument.entity}


def _describe_date(date: str | tuple[str | None, str | None] | None) -> str | list[str] | None:
    """Return a date as the contract has it: of a range with an open end, the end that is known."""
    if not isinstance(date, tuple):
        return date
    start, end = date
    return [start, end] if start and end else start or end


def _describe_event(event: Event, amounts: tuple[Amount, ...]) -> Json:
    codes = codes_for(event.type, event.subtype, event.modality)
    return {
        "type": event.type.value,
        "subtype": event.subtype,
        "plover": codes.plover,
        "cameo": codes.cameo,
        "modality": event.modality.value,
        "background": event.background,
        "date": _describe_date(event.date),
        "date_precision": event.precision.value,
        "score": round(event.score, 4),
        "actors": [_describe_argument(argument) for argument in event.actors],
        "targets": [_describe_argument(argument) for argument in event.targets],
        "place": _describe_argument(event.place),
        "speaker": _describe_argument(event.speaker),
        "amounts": [
            {"start": found.start, "end": found.end} for found in (amounts[i.amount] for i in event.amounts) if found.derived_from is None
        ],
        "mentions": [
            {"trigger": _span(mention.trigger), "evidence": {"start": mention.evidence.start, "end": mention.evidence.end}}
            for mention in event.mentions
        ],
    }
