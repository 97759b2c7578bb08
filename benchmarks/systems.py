"""The systems that are measured: our pipeline with each of its models, and pipelines of others that are installed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from models.knowledge import Knowledge
from models.records import Article
from pipeline.analyse import Analyser
from pipeline.errors import ConfigurationError, UsageError
from pipeline.settings import Settings
from pipeline.tag.nlp import COMPONENTS, load_pipeline

__all__ = ["Ours", "load_installed", "load_ours", "size_on_disk"]


class _Informed(Analyser):
    """The language stages with a knowledge base that is given, not loaded."""

    def __init__(self, settings: Settings, knowledge: Knowledge) -> None:
        super().__init__(settings)
        self._given = knowledge

    @cached_property
    def knowledge(self) -> Knowledge:
        """The knowledge base given."""
        return self._given


@dataclass(slots=True)
class Ours:
    """Our pipeline with one of the models."""

    name: str
    nlp: Language
    analyser: Analyser = field(repr=False)

    @property
    def learned(self) -> list[str]:
        """Names of the trained components, in order: all that are not of the rules."""
        return [name for name in self.nlp.pipe_names if name not in COMPONENTS]

    @property
    def readers(self) -> list[str]:
        """Names of the components up to the last trained one: sentence ends, then the network."""
        last = max((self.nlp.pipe_names.index(name) for name in self.learned), default=0)
        return self.nlp.pipe_names[: last + 1]

    @property
    def version(self) -> str:
        """Version of the weights, as the trained components tell it; "" where they tell none."""
        components: list[Any] = [self.nlp.get_pipe(name) for name in self.learned]
        return next((str(one.version) for one in components if hasattr(one, "version")), "")

    def prepare(self, article: Article) -> Doc:
        """Cut an article into words, as the tag stage does."""
        doc = self.nlp.make_doc(article.text)
        doc._.article = article
        return doc


def load_ours(model: str, settings: Settings, knowledge: Knowledge) -> Ours:
    """Load our pipeline with a model of ours or with the trained components of another spaCy pipeline that is installed.

    ConfigurationError where the weights are missing or the pipeline came without a trained component.
    """
    chosen = settings.model_copy(update={"model": model})
    ours = Ours(model, load_pipeline("en", knowledge=knowledge, settings=chosen), _Informed(chosen, knowledge))
    if model != "blank" and not ours.learned:
        raise ConfigurationError(f"the pipeline of the model {model!r} has no trained component: it would be measured as 'blank'")
    return ours


def load_installed(name: str) -> Language:
    """Load a spaCy pipeline that is installed as a package, or that lies in a folder; UsageError where there is none."""
    try:
        return spacy.load(name)
    except (OSError, ImportError, ValueError) as error:
        raise UsageError(f"--installed {name}: spaCy cannot load it: {str(error).splitlines()[0]}") from error


def size_on_disk(folder: Path) -> int:
    """Return the bytes of the files in a folder; 0 where there is none."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
