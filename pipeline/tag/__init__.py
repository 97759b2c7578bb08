"""The tag stage: names, officials, amounts, times and quotations of one article."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from spacy.language import Language
from spacy.tokens import Doc

from models.records import Article, Tagging, Token
from pipeline.tag.nlp import load_pipeline

__all__ = ["TAG_VERSION", "load_pipeline", "tag", "tag_many"]

TAG_VERSION = "3"


def tag(article: Article, nlp: Language) -> Tagging:
    """Return what the tag stage says of one article, with the pipeline of the article's language."""
    return next(tag_many((article,), nlp))


def tag_many(articles: Iterable[Article], nlp: Language) -> Iterator[Tagging]:
    """Yield the taggings of articles of one language, in order; only a batch of them is held at a time."""
    for doc in nlp.pipe(_prepare(article, nlp) for article in articles):
        yield _tagging(doc)


def _prepare(article: Article, nlp: Language) -> Doc:
    doc = nlp.make_doc(article.text)
    doc._.article = article
    return doc


def _tagging(doc: Doc) -> Tagging:
    reading = doc._.reading
    candidates = tuple(doc._.candidates or ())
    return Tagging(_tokens(doc), reading.sentences, doc._.mentions, doc._.amounts, doc._.times, doc._.quotes, candidates)


def _tokens(doc: Doc) -> tuple[Token, ...]:
    """Return the tokens without white space. Without a tagger the lemma is the word in lower case."""
    parsed = doc.has_annotation("DEP")
    if not (parsed or doc.has_annotation("TAG") or doc.has_annotation("LEMMA")):
        return tuple(Token(start, end, text, text.lower()) for start, end, text in doc._.reading.words)
    kept = [token for token in doc if not token.is_space]
    places = {token.i: place for place, token in enumerate(kept)}
    return tuple(
        Token(
            token.idx,
            token.idx + len(token),
            token.text,
            token.lemma_ or token.lower_,
            token.tag_,
            token.dep_,
            places.get(token.head.i) if parsed and token.head.i != token.i else None,
        )
        for token in kept
    )
