"""What the card quotes: figures of a finished model on articles and trees that it was not trained on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from models.records import Article
from models.vocabulary import Label
from pipeline.kb.load import load_knowledge
from pipeline.settings import Settings
from pipeline.tag import tag
from pipeline.tag.nlp import load_pipeline
from pipeline.train.english.annotations import Passage, read_rows
from pipeline.train.english.calibrate import reliability
from pipeline.train.english.examples import Tree
from pipeline.train.english.treebank import attachment, tree_text

__all__ = ["gold_articles", "measure_names", "measure_trees", "parse_text", "pipeline_of"]

Figures = dict[str, Any]
_EDGES = (0.5, 0.7, 0.8, 0.9, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class _Counts:
    right: int
    found: int
    there: int

    def f1(self) -> float:
        return 2 * self.right / (self.found + self.there) if self.found + self.there else 0.0


def gold_articles(path: Path) -> list[Passage]:
    """Return the English articles of a gold file with their names."""
    return [
        Passage(row["text"], tuple((one["start"], one["end"], Label(one["label"])) for one in row["mentions"]))
        for _, row in read_rows(path)
        if row["lang"] == "en"
    ]


def measure_names(nlp: Language, passages: Iterable[Passage]) -> Figures:
    """Return F1 of exact names by label, over all, and a reliability table, for a whole English pipeline."""
    found: list[tuple[Label, float, bool]] = []
    there: list[Label] = []
    for place, passage in enumerate(passages):
        right = set(passage.mentions)
        mentions = tag(Article(f"measured-{place}", passage.text, "en"), nlp).mentions
        found += [(one.label, one.score, (one.start, one.end, one.label) in right) for one in mentions]
        there += [label for _, _, label in passage.mentions]
    labels = sorted(set(there))
    counts = {
        label.value: _Counts(
            sum(right for mine, _, right in found if mine is label), sum(mine is label for mine, _, _ in found), there.count(label)
        )
        for label in labels
    }
    every = _Counts(sum(right for _, _, right in found), len(found), len(there))
    return {
        "mentions": round(every.f1(), 4),
        "labels": {label: round(count.f1(), 4) for label, count in counts.items()},
        "reliability": {
            label.value: [list(row) for row in reliability(((score, right) for mine, score, right in found if mine is label), bins=_EDGES)]
            for label in labels
        },
    }


def measure_trees(nlp: Language, documents: Sequence[Sequence[Tree]]) -> Figures:
    """Return the CoNLL 2018 figures of a pipeline on the text of a treebank: tokens, sentences and trees all its own."""
    predicted = [parse_text(nlp, " ".join(tree_text(tree).strip() for tree in document)) for document in documents]
    return {name: round(value, 4) for name, value in asdict(attachment(documents, predicted)).items()}


def parse_text(nlp: Language, text: str) -> list[Tree]:
    """Return the trees of a text, white space left out."""
    doc = nlp(text)
    return [tree for tree in (_tree(doc, sentence.start, sentence.end) for sentence in doc.sents) if tree.words]


def _tree(doc: Doc, start: int, end: int) -> Tree:
    words = [token for token in doc[start:end] if not token.is_space]
    places = {token.i: place for place, token in enumerate(words)}

    def head(place: int) -> int:
        parent = words[place].head
        return -1 if parent.i == words[place].i or parent.i not in places else places[parent.i]

    return Tree(
        tuple(token.text for token in words),
        tuple(token.lemma_ for token in words),
        tuple(token.pos_ for token in words),
        tuple(token.tag_ for token in words),
        tuple(head(place) for place in range(len(words))),
        tuple("root" if token.dep_ == "ROOT" else token.dep_ for token in words),
        tuple(bool(token.whitespace_) for token in words),
    )


def pipeline_of(folder: Path, settings: Settings) -> Language:
    """Return the English pipeline with the model in `folder` (…/en/encoder or …/en/cnn)."""
    own = settings.model_copy(update={"models_dir": folder.parent.parent, "model": folder.name})
    return load_pipeline("en", knowledge=load_knowledge(settings.kb_dir), settings=own)
