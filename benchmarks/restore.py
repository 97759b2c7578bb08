"""`python -m benchmarks.restore`: annotations that are kept without their texts, put together with the texts again.

Out comes a file of annotated articles as `peninsula evaluate` and the other benchmarks read it.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.cli.console import complain
from pipeline.errors import ConfigurationError, PeninsulaError, StorageError
from pipeline.train.english.annotations import read_rows

__all__ = ["main", "restore"]

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
    return [_put_together(row, articles, annotations, line) for line, row in rows]


def _articles(path: Path, ids: set[str]) -> list[Row]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return [row for line in file if (row := json.loads(line))["id"] in ids]
    except (OSError, EOFError, KeyError, ValueError) as error:
        raise ConfigurationError(f"no gzip'd JSON lines with id and text: {error}", path=path) from error


def _put_together(row: Row, articles: Mapping[tuple[str, str], Row], path: Path, line: int) -> Row:
    article = articles.get((row["file"], row["id"]))
    if article is None:
        raise ConfigurationError(f"there is no text {row['id']} in {row['file']}.jsonl.gz", path=path, line=line)
    text = article["text"][row["start"] : row["end"]]
    if hashlib.sha256(text.encode()).hexdigest()[:16] != row["sha256"]:
        raise ConfigurationError(f"the text of {row['file']} {row['id']} has changed since it was annotated", path=path, line=line)
    entities = [_entity(index, one, text) for index, one in enumerate(row["entities"])]
    mentions = [
        {"start": start, "end": end, "text": text[start:end], "label": one["label"], "entity": _id(index)}
        for index, one in enumerate(row["entities"])
        for start, end in one["mentions"]
    ]
    return {
        **{name: article.get(name) for name in ("title", "publisher", "lang")},
        **{name: row[name] for name in ("id", "published", "korea")},
        "n_chars": len(text),
        "text": text,
        "entities": entities,
        "mentions": sorted(mentions, key=lambda mention: mention["start"]),
        "amounts": [_amount(amount, text) for amount in row["amounts"]],
        "events": [_event(event) for event in row["events"]],
    }


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
    triggers = [{"start": start, "end": end, "sentence": [left, right]} for start, end, left, right in event["triggers"]]
    return {
        "type": event["type"],
        "triggers": triggers,
        "actors": [_id(index) for index in event["actors"]],
        "targets": [_id(index) for index in event["targets"]],
        **{role: _id(event[role]) if role in event else None for role in ("place", "speaker")},
        "date": event.get("date"),
        "modality": event["modality"],
        "amounts": event.get("amounts", []),
        "core": event["core"],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the articles and return the exit code; errors become one line on standard error."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.restore",
        description="Put annotations that are kept without their texts together with the texts.",
        epilog="Then: peninsula evaluate restored.jsonl",
    )
    parser.add_argument(
        "annotations", type=Path, metavar="ANNOTATIONS.jsonl", help="for example models/language/annotations/en_events.jsonl"
    )
    parser.add_argument("--texts", type=Path, required=True, metavar="FOLDER", help="where NAME.jsonl.gz lie, with id and text")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE.jsonl", help="where the annotated articles go")
    given = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    try:
        rows = restore(given.annotations, given.texts)
        _write(given.out, rows)
    except PeninsulaError as error:
        complain(str(error))
        return error.exit_code
    return 0


def _write(path: Path, rows: Sequence[Row]) -> None:
    try:
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"cannot be written: {error.strerror}", path=path) from error


if __name__ == "__main__":
    sys.exit(main())
