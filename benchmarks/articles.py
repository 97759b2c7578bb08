"""What is measured on: annotated articles, and the knowledge base with its names or without."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models.knowledge import Knowledge
from models.records import Article
from models.vocabulary import Label
from pipeline.errors import ConfigurationError
from pipeline.extract import read_document
from pipeline.train.evaluate import read_rows

__all__ = ["NAMED", "Gold", "file_hash", "read_gold", "without_names"]

NAMED = frozenset({Label.PERSON, Label.ORG, Label.WEAPON, Label.MALWARE, Label.VESSEL})
"""What is new in new articles; countries and bodies of state are not."""
_LABELS = frozenset(label.value for label in Label)


@dataclass(frozen=True, slots=True)
class Gold:
    """One annotated article: the row of the file, and the article that the pipeline reads."""

    row: Mapping[str, Any]
    article: Article


def read_gold(path: Path) -> list[Gold]:
    """Read the English articles of a file of annotated articles, in order.

    Raises ConfigurationError that names file and article where text or mentions are missing or do not fit each other,
    and where the file has no English article.
    """
    rows = [row for row in read_rows(path).values() if row.get("lang") == "en"]
    if not rows:
        raise ConfigurationError('no line has "lang": "en"; the benchmark is that of English', path=path)
    return [_gold(row, path) for row in rows]


def _gold(row: dict[str, Any], path: Path) -> Gold:
    ident, text = row["id"], row.get("text")
    if not isinstance(text, str) or not text.strip():
        raise ConfigurationError(f"article {ident!r} has no text", path=path)
    if not isinstance(row.get("mentions"), list):
        raise ConfigurationError(f"article {ident!r} has no list 'mentions'", path=path)
    for mention in row["mentions"]:
        _check(mention, text, ident, path)
    try:
        article = read_document(
            id=ident,
            text=text,
            title=row.get("title") or "",
            publisher=row.get("publisher") or "",
            published=row.get("published"),
            lang="en",
        )
    except ValueError as error:
        raise ConfigurationError(f"article {ident!r}, field 'published': {error}", path=path) from error
    return Gold(row, article)


def _check(mention: object, text: str, ident: str, path: Path) -> None:
    match mention:
        case {"start": int(start), "end": int(end), "label": str(label)} if 0 <= start < end <= len(text) and label in _LABELS:
            return
    raise ConfigurationError(f"article {ident!r}: {mention!r} is no mention with start, end and label inside the text", path=path)


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, so that a report says what exactly was measured on."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", path=path) from error


def without_names(knowledge: Knowledge) -> Knowledge:
    """Return the knowledge base without persons, organisations, weapons, malware and vessels, those of sanctions lists included.

    Countries, places and bodies of state stay. With it the figures tell of articles about people and companies of which
    nobody has heard yet.
    """
    kept = {ident: entity for ident, entity in knowledge.entities.items() if entity.label not in NAMED}
    return replace(knowledge, entities=kept)
