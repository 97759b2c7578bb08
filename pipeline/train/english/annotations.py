"""Annotations that are kept without their texts: who has the articles can put the two together again."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.vocabulary import Label
from pipeline.errors import ConfigurationError

__all__ = ["Passage", "read_passages", "read_rows"]


@dataclass(frozen=True, slots=True)
class Passage:
    """A text with its right names, offsets from its start."""

    text: str
    mentions: tuple[tuple[int, int, Label], ...]


def read_rows(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """Return the objects of a file of JSON lines with their line numbers; ConfigurationError with file and line."""
    try:
        # Not splitlines: a text may hold U+2028, U+0085 and others that end no row.
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot be read: {error}", path=path) from error
    rows: list[tuple[int, dict[str, Any]]] = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line) if line.strip() else None
        except json.JSONDecodeError as error:
            raise ConfigurationError(f"no JSON: {error}", path=path, line=number) from error
        if row is not None:
            rows.append((number, row))
    return rows


def read_passages(path: Path, texts: Path) -> list[Passage]:
    """Return annotated passages of texts that lie elsewhere.

    Rows of `path` name a file of the folder `texts` ("korea_en" for korea_en.jsonl.gz), the id of a text in it, the range of the
    passage, the first 16 hex digits of the sha256 of the passage, and mentions with offsets from the start of the passage.
    ConfigurationError, with file and line, for a text that is missing or differs.
    """
    rows = read_rows(path)
    wanted: dict[str, set[str]] = {}
    for line, row in rows:
        try:
            wanted.setdefault(str(row["file"]), set()).add(str(row["id"]))
        except (KeyError, TypeError) as error:
            raise ConfigurationError(f"not an annotated passage: {error!r}", path=path, line=line) from error
    known = {(name, key): text for name, ids in wanted.items() for key, text in _read_texts(texts / f"{name}.jsonl.gz", ids)}
    return [_passage(row, known, path, line) for line, row in rows]


def _passage(row: Mapping[str, Any], known: Mapping[tuple[str, str], str], path: Path, line: int) -> Passage:
    text = known.get((str(row["file"]), str(row["id"])))
    if text is None:
        raise ConfigurationError(f"there is no text {row['id']} in {row['file']}.jsonl.gz", path=path, line=line)
    try:
        passage = text[int(row["start"]) : int(row["end"])]
        expected = str(row["sha256"])
        mentions = tuple((int(start), int(end), Label(label)) for start, end, label in row["mentions"])
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(f"not an annotated passage: {error!r}", path=path, line=line) from error
    found = hashlib.sha256(passage.encode()).hexdigest()[:16]
    if found != expected:
        raise ConfigurationError(
            f"the passage {row['start']}:{row['end']} of {row['file']} {row['id']} has changed: expected sha256 {expected}…, found {found}…",
            path=path,
            line=line,
        )
    if any(not 0 <= start < end <= len(passage) for start, end, _ in mentions):
        raise ConfigurationError(f"a mention of {row['id']} lies outside its passage", path=path, line=line)
    return Passage(passage, mentions)


def _read_texts(path: Path, ids: set[str]) -> Iterator[tuple[str, str]]:
    """Yield id and text of the wanted rows of a gzip'd file of JSON lines."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                if row["id"] in ids:
                    yield row["id"], row["text"]
    except (OSError, EOFError, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(f"no gzip'd JSON lines with id and text: {error}", path=path) from error
