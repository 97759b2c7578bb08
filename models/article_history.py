"""Records of how an article and what is said of it changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["ArticleHistory", "ReadingChange", "Replaced"]


@dataclass(frozen=True, slots=True)
class Replaced:
    """One thing that was said of a text and is no longer, and what is said in its place, None where nothing is.

    `layer` is "names", "amounts" and so on; the words and the values are those that people read.
    """

    layer: str
    start: int | None
    end: int | None
    text: str
    before: Mapping[str, Any]
    before_maker: str
    after: Mapping[str, Any] | None
    after_maker: str | None


@dataclass(frozen=True, slots=True)
class ReadingChange:
    """What one newer reading of the same text took out of force; `run_id` is the run that read it."""

    run_id: str
    at: datetime
    command: str | None
    replaced: tuple[Replaced, ...]


@dataclass(frozen=True, slots=True)
class ArticleHistory:
    """Changes of one article version by newer readings, newest first, and what a newer extractor made of its page: column, before, after, when."""

    readings: tuple[ReadingChange, ...]
    columns: tuple[tuple[str, str | None, str | None, datetime], ...]
