"""Events stage: a tagged and linked article in, its events with evidence, modality, speaker, dates and amounts out.

frames over words -> arguments by order, preposition and particle -> modality and attribution by cues -> dates and
amounts of the clause -> one record per real-world event, with relations between what is said and what is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models.records import Article, Event, EventRelation, Linking, Maker, Tagging
from pipeline.errors import LanguageError
from pipeline.events.extraction import LanguageExtractor
from pipeline.events.lexicon_files import LEXICON, load_language

__all__ = ["EVENTS_VERSION", "Frames", "extract_events", "load_frames"]

EVENTS_VERSION = "2"
_LANGUAGES = ("en", "ko")


@dataclass(frozen=True, slots=True)
class Frames:
    """The lexicons of all languages, compiled."""

    extractors: dict[str, LanguageExtractor]


def load_frames(*, folder: Path = LEXICON) -> Frames:
    """Load, check and compile the lexicons; takes a second or two, so load once. Raises ConfigurationError with file and line."""
    return Frames({code: LanguageExtractor(load_language(code, folder=folder)) for code in _LANGUAGES})


def extract_events(
    article: Article, tagging: Tagging, linking: Linking, *, frames: Frames
) -> tuple[tuple[Event, ...], tuple[EventRelation, ...]]:
    """Return the events of one article in order of the text, and the relations between them.

    An article without sentences has no events. Raises LanguageError where the lexicon does not hold the language.
    """
    extractor = frames.extractors.get(article.lang)
    if extractor is None:
        raise LanguageError(f"article {article.id}: no event lexicon for language {article.lang!r}")
    return extractor.extract(article, tagging, linking, Maker("events", EVENTS_VERSION))
