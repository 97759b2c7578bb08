"""Annotated articles that are kept without their texts, put together with the texts again: rows in the form of gold."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigurationError
from pipeline.train.english.annotations import read_rows

__all__ = ["put_together", "restore"]

Row = dict[str, Any]


def restore(annotations: Path, texts: Path) -> list[Row]:
    """Return the annotated articles with their texts, which lie in the folder `texts` as NAME.jsonl.gz.

    ConfigurationError, with file and line, for a text that is missing or differs from the one that was annotated.
    """
    rows = read_rows(annotations)
    wanted: dict[str, set[str]] = {}
    for _, row in rows:
        wanted.setdefault(str(row["file"]), set()).add(str(row["id"]))
    articles = {(name, row["id"]): row for name, ids in wanted.items() for row in _articles(texts / f"{name}.jsonl.gz", ids)}
    return [_checked(row, articles, annotations, line) for line, row in rows]


def _articles(path: Path, ids: set[str]) -> list[Row]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return [row for line in file if (row := json.loads(line))["id"] in ids]
    except (OSError, EOFError, KeyError, ValueError) as error:
        raise ConfigurationError(f"no gzip'd JSON lines with id and text: {error}", path=path) from error


def _checked(row: Row, articles: Mapping[tuple[str, str], Row], path: Path, line: int) -> Row:
    article = articles.get((row["file"], row["id"]))
    if article is None:
        raise ConfigurationError(f"there is no text {row['id']} in {row['file']}.jsonl.gz", path=path, line=line)
    text = article["text"][row["start"] : row["end"]]
    if hashlib.sha256(text.encode()).hexdigest()[:16] != row["sha256"]:
        raise ConfigurationError(f"the text of {row['file']} {row['id']} has changed since it was annotated", path=path, line=line)
    return put_together(row, article)


def put_together(row: Row, article: Mapping[str, Any]) -> Row:
    """Return an annotated article in the form of gold, of a row with offsets and the article that it annotates."""
    text = article["text"][row["start"] : row["end"]]
    entities = [_entity(index, one, text) for index, one in enumerate(row["entities"])]
    mentions = [
        {"start": start, "end": end, "text": text[start:end], "label": one["label"], "entity": _id(index)}
        for index, one in enumerate(row["entities"])
        for start, end in one["mentions"]
    ]
    return {
        **{name: article.get(name) for name in ("title", "publisher", "lang")},
        **{name: row[name] for name in ("id", "published", "korea")},
        "unasked": row.get("unasked", []),
        "n_chars": len(text),
        "text": text,
        "entities": entities,
        "mentions": sorted(mentions, key=lambda mention: mention["start"]),
        "amounts": [_amount(amount, text) for amount in row["amounts"]],
        "events": [_event(event) for event in row["events"]],
        **_partial(row),
    }


def _partial(row: Row) -> Row:
    """Return what a row says of itself that does not speak of all that its text holds."""
    if not row.get("partial"):
        return {}
    rejected = [{"type": one["type"], "triggers": [_trigger(trigger) for trigger in one["triggers"]]} for one in row["rejected"]]
    return {"partial": True, "judged": row["judged"], "rejected": rejected}


def _id(index: int) -> str:
    return f"e{index}"


def _entity(index: int, one: Row, text: str) -> Row:
    mentions, nominals = (list(dict.fromkeys(text[start:end] for start, end in one[name])) for name in ("mentions", "nominals"))
    return {
        "id": _id(index),
        "label": one["label"],
        "name": one["name"],
        "mentions": mentions,
        "nominals": nominals,
        "official": one.get("official", False),
        "role": one.get("role"),
        "affiliation": one.get("affiliation"),
        "sanctions": one.get("sanctions", []),
    }


def _amount(amount: Sequence[Any], text: str) -> Row:
    start, end, value, currency, bound = amount
    return {"start": start, "end": end, "text": text[start:end], "value": value, "currency": currency, "bound": bound}


def _event(event: Row) -> Row:
    return {
        "type": event["type"],
        "triggers": [_trigger(trigger) for trigger in event["triggers"]],
        "actors": [_id(index) for index in event["actors"]],
        "targets": [_id(index) for index in event["targets"]],
        **{role: _id(event[role]) if role in event else None for role in ("place", "speaker")},
        "date": event.get("date"),
        "modality": event["modality"],
        "amounts": event.get("amounts", []),
        "core": event["core"],
    }


def _trigger(trigger: Sequence[int]) -> Row:
    start, end, left, right = trigger
    return {"start": start, "end": end, "sentence": [left, right]}
