"""Events stage: a tagged and linked article in, its events with evidence, modality, speaker, dates and amounts out.

frames over words -> arguments by parse, order, preposition and particle -> modality and attribution by cues -> dates and
amounts of the clause -> in English a trained reader that weighs all this and adds what no frame knows -> one record per
real-world event, with relations between what is said and what is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.records import Article, Event, EventRelation, Linking, Maker, Tagging
from pipeline.errors import ConfigurationError, LanguageError
from pipeline.events.extraction import LanguageExtractor
from pipeline.events.lexicon_files import LEXICON, load_language
from pipeline.events.reader.network import EventNetwork
from pipeline.events.reading import find_cuts

__all__ = ["EVENTS_VERSION", "Frames", "extract_events", "find_cuts", "load_frames"]

EVENTS_VERSION = "4"
_LANGUAGES = ("en", "ko")


@dataclass(frozen=True, slots=True)
class Frames:
    """The lexicons of all languages, compiled."""

    extractors: dict[str, LanguageExtractor]


def load_frames(*, folder: Path = LEXICON, readers: Mapping[str, Path] | None = None) -> Frames:
    """Load, check and compile the lexicons; takes a second or two, so load once. Raises ConfigurationError with file and line.

    `readers` names, by language, the folder of a trained reader that decides over what the lexicon proposes.
    """
    if unknown := sorted(set(readers or ()) - set(_LANGUAGES)):
        raise ConfigurationError(f"no event lexicon for language {', '.join(unknown)}")
    networks = {code: EventNetwork(path) for code, path in (readers or {}).items()}
    return Frames({code: LanguageExtractor(load_language(code, folder=folder), network=networks.get(code)) for code in _LANGUAGES})


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
