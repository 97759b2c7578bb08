"""tag → link → events over one article: the part that the nightly run and `peninsula extract` share.

Needs no database. Knowledge, frames and language pipelines are loaded once, when first needed.
"""

from __future__ import annotations

from functools import cached_property

from spacy.language import Language

from models.knowledge import Corrections, Knowledge
from models.records import Analysis, Article, Linking, Tagging
from pipeline import events, link, tag
from pipeline.errors import LanguageError
from pipeline.kb.corrections import apply_corrections
from pipeline.kb.load import load_knowledge
from pipeline.settings import Settings
from pipeline.tag.nlp import load_pipeline

__all__ = ["LANGUAGES", "Analyser"]

LANGUAGES = ("en", "ko")
"""Languages that are read; articles in others are stored without analysis or refused."""

_UNDECIDED = Corrections()
_NOTHING = Tagging((), (), (), (), (), ())


class Analyser:
    """The language stages with what they need to know: the facts, and what editors decided where somebody told."""

    def __init__(self, settings: Settings, corrections: Corrections = _UNDECIDED) -> None:
        self._settings = settings
        self._corrections = corrections
        self._pipelines: dict[str, Language] = {}

    def corrected(self, corrections: Corrections) -> Analyser:
        """Return an analyser that heeds these decisions; itself where it does already."""
        if corrections == self._corrections:
            return self
        other = Analyser(self._settings, corrections)
        # What does not depend on the decisions, and was loaded, is not loaded again.
        other.__dict__.update({name: value for name, value in self.__dict__.items() if name in {"facts", "frames"}})
        return other

    @cached_property
    def facts(self) -> Knowledge:
        """The knowledge base as it is written, whatever editors decided."""
        return load_knowledge(self._settings.kb_dir, self._settings.lists_dir)

    @cached_property
    def knowledge(self) -> Knowledge:
        """The knowledge base in force."""
        return apply_corrections(self.facts, self._corrections)

    @cached_property
    def frames(self) -> events.Frames:
        """The event lexicon; with the encoder, English events are read by the trained reader beside it."""
        folder = self._settings.models_dir / "en" / "events"
        trained = self._settings.model == "encoder" and self._settings.event_reader
        return events.load_frames(readers={"en": folder} if trained else {})

    @cached_property
    def linker(self) -> link.Linker:
        """The link stage over the knowledge base."""
        return link.Linker(self.knowledge)

    def model_name(self, lang: str) -> str:
        """Return the name under which results of a language are stored: "peninsula-en-encoder", "peninsula-ko"."""
        return f"peninsula-{lang}-{self._settings.model}" if lang == "en" else f"peninsula-{lang}"

    def check(self) -> None:
        """Load knowledge and frames now, so that a fault in them is told before any work is done."""
        _ = self.linker, self.frames

    def analyse(self, article: Article) -> Analysis:
        """Return all that the language stages say of one article.

        A text without any letter has nothing to say. Raises LanguageError for a language that is not read.
        """
        if not article.text.strip() or article.lang == "und":
            return Analysis(article, _NOTHING, Linking((), ()))
        tagging, linking = self.read(article)
        found, relations = events.extract_events(article, tagging, linking, frames=self.frames)
        return Analysis(article, tagging, linking, found, relations, events.find_cuts(article, tagging))

    def read(self, article: Article) -> tuple[Tagging, Linking]:
        """Return what the tag and link stages say of one article. Raises LanguageError for a language that is not read."""
        tagging = tag.tag(article, self.pipeline(article.lang))
        return tagging, link.link(article, tagging, self.linker)

    def pipeline(self, lang: str) -> Language:
        """Return the pipeline of a language, loaded when first asked for. Raises LanguageError for one that is not read."""
        if lang not in LANGUAGES:
            raise LanguageError(f"language {lang!r} is not read; English and Korean are")
        if lang not in self._pipelines:
            self._pipelines[lang] = load_pipeline(lang, knowledge=self.knowledge, settings=self._settings)
        return self._pipelines[lang]
