"""Accuracy of tags, lemmas, trees and sentence ends on a treebank, by the rules of the CoNLL 2018 shared task."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from benchmarks.systems import Ours
from pipeline.errors import UsageError
from pipeline.train.english.cnn import trees_of
from pipeline.train.english.examples import Tree
from pipeline.train.english.treebank import Scores, attachment, our_words, tree_text

__all__ = ["GrammarFigures", "grammar_of_installed", "grammar_of_ours"]

Document = Sequence[Tree]


@dataclass(frozen=True, slots=True)
class GrammarFigures:
    """F1 from 0 to 1, by what was given; see `grammar_of_ours` for the conditions.

    `trees` is false for a system whose relations are not those of the treebank, or that has no parser: its UAS and LAS mean nothing.
    """

    conditions: dict[str, Scores]
    trees: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values; figures that mean nothing are left out."""
        dropped = () if self.trees else ("uas", "las", "uas_words", "las_words", "pos", "lemma")
        return {
            name: {key: value for key, value in asdict(scores).items() if key not in dropped} for name, scores in self.conditions.items()
        }


def grammar_of_ours(ours: Ours, gold: Sequence[Document]) -> GrammarFigures:
    """Parse the documents of a treebank with the trained components, from bare text to words and sentences given.

    Where the text is given, words are those of our tokenizer and the sentences those of the pipeline. They are scored
    against the treebank's own words, which ours cannot equal (we keep "Byung-kee" whole), and against the treebank cut
    anew into our words. Where the words are given but not the sentences, the network or parser finds these by itself.
    """
    if not ours.learned:
        raise UsageError(f"the model {ours.name!r} has no grammar")
    recut = [[our_words(tree, _cutter(ours.nlp)) for tree in document] for document in gold]
    read = list(_trees(ours.nlp, (ours.nlp.make_doc(_text(document)) for document in gold), ours.readers))
    alone = list(_trees(ours.nlp, (ours.nlp.make_doc(_text(document)) for document in gold), ours.learned))
    words = list(_trees(ours.nlp, (_doc(ours.nlp, document, sentences=False) for document in gold), ours.learned))
    sentences = list(_trees(ours.nlp, (_doc(ours.nlp, document, sentences=True) for document in gold), ours.learned))
    return GrammarFigures(
        {
            "text": attachment(gold, read),
            "text, treebank in our words": attachment(recut, read),
            "text, sentences of the network": attachment(recut, alone),
            "words": attachment(gold, words),
            "words and sentences": attachment(gold, sentences),
        }
    )


def grammar_of_installed(nlp: Language, gold: Sequence[Document]) -> GrammarFigures:
    """Measure tags and sentences of another pipeline, whose relations and lemmas follow other rules."""
    docs = (nlp.make_doc(_text(document)) for document in gold)
    return GrammarFigures({"text": attachment(gold, _trees(nlp, docs, nlp.pipe_names))}, trees=False)


def _cutter(nlp: Language) -> Callable[[str], list[tuple[int, int, str]]]:
    return lambda text: [(token.idx, token.idx + len(token), token.text) for token in nlp.make_doc(text) if not token.is_space]


def _trees(nlp: Language, docs: Iterable[Doc], components: Sequence[str]) -> Iterator[list[Tree]]:
    with nlp.select_pipes(enable=list(components)):
        for doc in nlp.pipe(docs):
            yield trees_of(doc)


def _text(document: Document) -> str:
    return " ".join(tree_text(tree) for tree in document)


def _doc(nlp: Language, document: Document, *, sentences: bool) -> Doc:
    """Make a Doc of the treebank's words, whose sentences are known on demand."""
    words = [word for tree in document for word in tree.words]
    spaces = [space or place == len(tree.words) - 1 for tree in document for place, space in enumerate(tree.spaces)]
    starts: list[bool | int | None] = [place == 0 for tree in document for place in range(len(tree.words))]
    return Doc(nlp.vocab, words=words, spaces=spaces, sent_starts=starts if sentences else None)
