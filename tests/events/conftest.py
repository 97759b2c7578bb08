"""A reader of marked sentences: `[Seoul/PLACE]` is a mention, `[Ha Min-ji/PERSON/vice minister]` one with a role, everything else is text."""

import re
from datetime import UTC, datetime

import pytest
import spacy

from models.records import Article, Linking, Maker, Mention, Publication, Quote, Tagging, TimeExpression, Token
from models.vocabulary import DateSource, Label, Precision
from pipeline.events import extract_events, load_frames
from pipeline.text.sentences import split_sentences

MARK = re.compile(r"\[([^\[\]/]+)/([A-Z]+)(?:/([^\[\]/]+))?\]")
MAKER = Maker("test", "1")
ENGLISH = spacy.blank("en")


def unmark(marked):
    """Return the plain text and its mentions; equal names are one entity."""
    text, mentions, cursor = "", [], 0
    for found in MARK.finditer(marked):
        text += marked[cursor : found.start()]
        name, label, role = found.groups()
        one = Mention(
            len(text), len(text) + len(name), name, Label(label), f"doc:{name}", name, MAKER, 1.0, official=role is not None, role=role
        )
        mentions.append(one)
        text += name
        cursor = found.end()
    return text + marked[cursor:], tuple(mentions)


def tokens_of(text, lang):
    if lang == "en":
        return tuple(Token(t.idx, t.idx + len(t.text), t.text, "") for t in ENGLISH(text) if t.text.strip())
    return tuple(Token(m.start(), m.end(), m.group(), "") for m in re.finditer(r"\w+|[^\w\s]", text))


def prepare(marked, *, lang="en", published="2026-03-10", title="", times=(), amounts=()):
    """Build what the stage receives; `times` are (text, value) pairs, `amounts` are Amount records."""
    text, mentions = unmark(marked)
    at = datetime.fromisoformat(published).replace(hour=12, tzinfo=UTC)
    article = Article("t1", text, lang, title=title, publication=Publication(at, published, None, DateSource.GIVEN, "day"))
    expressions = tuple(
        TimeExpression(text.index(words), text.index(words) + len(words), words, value, Precision.DAY, MAKER) for words, value in times
    )
    quotes = tuple(Quote(m.start(), m.end(), m.group()) for m in re.finditer(r'[“"][^”"]*[”"]', text))
    sentences = tuple(tuple(span) for span in split_sentences(text, lang))
    tagging = Tagging(tokens_of(text, lang), sentences, mentions, tuple(amounts), expressions, quotes)
    return article, tagging, Linking(mentions, ())


@pytest.fixture(scope="session")
def frames():
    return load_frames()


@pytest.fixture(scope="session")
def extract(frames):
    """Return the events and relations of a marked text."""

    def run(marked, **given):
        article, tagging, linking = prepare(marked, **given)
        return extract_events(article, tagging, linking, frames=frames)

    return run


@pytest.fixture(scope="session")
def only(extract):
    """Return the single event of a type in a marked text."""

    def run(kind, marked, **given):
        found = [event for event in extract(marked, **given)[0] if event.type == kind]
        assert len(found) == 1, found
        return found[0]

    return run
