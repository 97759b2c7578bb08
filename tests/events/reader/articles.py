"""Articles for tests of the reader: one read by the rules, and made-up ones out of words that stand anyhow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from hypothesis import strategies as st

from models.records import Amount, Article, EventMention, Linking, Maker, Mention, Publication, Quote, Tagging, TimeExpression, Token
from models.vocabulary import Bound, DateSource, Label, Precision
from pipeline.events.arguments import ArgumentFinder
from pipeline.events.extraction import LanguageExtractor
from pipeline.events.reader.options import OptionReader, Options
from pipeline.events.reader.view import Stretch, View, cut_stretches, view_of
from pipeline.events.reading import Reading
from pipeline.events.triggers import Trigger
from pipeline.text.pieces import PieceCutter

MAKER = Maker("test", "1")
Parts = tuple[Article, Tagging, Linking]


@dataclass(frozen=True)
class Read:
    """An article with all that the rules and the view say of it."""

    reading: Reading
    finder: ArgumentFinder
    triggers: list[Trigger]
    mentions: list[EventMention]
    view: View
    stretches: list[Stretch]

    def stretch_of(self, trigger: Trigger) -> Stretch:
        place = self.view.place(trigger.sentence, trigger.head)
        return next(one for one in self.stretches if one.first <= place < one.last)

    def options(self, number: int = 0) -> Options:
        """Return the options of one of the triggers."""
        trigger = self.triggers[number]
        return OptionReader(self.view, self.finder).options(trigger, self.mentions[number], self.stretch_of(trigger))


def read_by_rules(extractor: LanguageExtractor, cutter: PieceCutter, parts: Parts) -> Read:
    reading, finder = extractor.prepare(*parts)
    assert isinstance(finder, ArgumentFinder)
    triggers = extractor.triggers(reading)
    mentions = [draft.mention for draft in extractor.drafts(reading, triggers, finder)]
    view = view_of(reading, triggers)
    return Read(reading, finder, triggers, mentions, view, cut_stretches(view, cutter))


def parsed(parts: Parts, tree: str) -> Parts:
    """Give an article of one sentence a parse: `tag label head` of each token, heads counted from 1, 0 the root."""
    article, tagging, linking = parts
    rows = [row.split() for row in tree.split(",")]
    tokens = tuple(
        replace(token, lemma=token.text.lower(), tag=tag, dep=dep, head=int(head) - 1 if int(head) else None)
        for token, (tag, dep, head) in zip(tagging.tokens, rows, strict=True)
    )
    return article, replace(tagging, tokens=tokens), linking


def money(text: str, words: str, value: float, *, derived_from: int | None = None) -> Amount:
    start = text.index(words)
    return Amount(start, start + len(words), words, value, "USD", Bound.EXACT, MAKER, derived_from=derived_from)


NAMES = {
    "Pyongyang": Label.PLACE,
    "Seoul": Label.PLACE,
    "Quill": Label.PERSON,
    "Tamm": Label.PERSON,
    "Bankhaus": Label.ORG,
    "Treasury": Label.AGENCY,
    "Aurora": Label.VESSEL,
    "Hwasong": Label.WEAPON,
    "Wormtail": Label.MALWARE,
}
TIMES = {
    "Monday": "2026-03-02",
    "May": "2025-05",
    "1998": "1998",
    "week": ("2026-03-02", "2026-03-08"),
    "since": ("2024", None),
    "once": None,
}
_OTHERS = (
    "fired missile sanctions sanctioned hacked stole laundered met talks accused vowed urged warned arrested deployed drills said denied will "
    "the a its he they we it South Korean North and in on of by to for , “ ” ( ) — bank officials not allegedly tested launched signed"
).split()
_ODD = ("ab" * 150, "\U0001f680", "북한은", "(NIS)", "x", "7", "$", "’s", "\u200b", "E=mc²")
_DEPS = (
    "nsubj",
    "obj",
    "obl",
    "nmod",
    "case",
    "nmod:poss",
    "conj",
    "acl:relcl",
    "xcomp",
    "ccomp",
    "advcl",
    "compound",
    "nsubj:pass",
    "odd",
)
_TAGS = ("NN", "NNS", "VBD", "VBN", "VB", "IN", "JJ", "PRP", "NNP", "")


@st.composite
def articles(draw: st.DrawFn) -> Parts:
    """Draw an article whose words, names, times, amounts, quotations and trees stand anyhow."""
    word = st.sampled_from((*_OTHERS, *NAMES, *TIMES, "$5m", *_ODD))
    sentences = draw(st.lists(st.lists(word, max_size=14), max_size=7))
    for _ in range(draw(st.integers(0, 2))):
        sentences.append(draw(st.lists(word, min_size=1, max_size=4)) * draw(st.integers(1, 90)))
    text, tokens, spans = "", list[Token](), list[tuple[int, int]]()
    tree = draw(st.booleans())
    turn = draw(st.integers(0, 999))
    for words in sentences:
        first, begin = len(tokens), len(text)
        for written in words:
            number = len(tokens)
            head = first + (number - first - 1) // 2 if tree and number > first else None
            dep = "" if not tree else "ROOT" if head is None else _DEPS[(number * 7 + turn) % len(_DEPS)]
            tag = _TAGS[(number * 11 + turn) % len(_TAGS)] if tree else ""
            tokens.append(Token(len(text), len(text) + len(written), written, written.lower(), tag, dep, head))
            text += written + " "
        spans.append((begin, max(begin, len(text) - 1)))
    named, times, amounts = [], [], []
    for token in tokens:
        where = (token.start, token.end, token.text)
        if token.text in NAMES:
            named.append(Mention(*where, NAMES[token.text], f"doc:{token.text}", token.text, MAKER, 1.0))
        elif token.text in TIMES:
            times.append(TimeExpression(*where, TIMES[token.text], Precision.DAY, MAKER))
        elif token.text == "$5m":
            amounts.append(Amount(*where, 5e6, "USD", Bound.EXACT, MAKER))
    marks = [token for token in tokens if token.text in "“”"]
    quotes = tuple(Quote(left.start, right.end, text[left.start : right.end]) for left, right in zip(marks[::2], marks[1::2], strict=False))
    at = Publication(datetime(2026, 3, 10, tzinfo=UTC), "2026-03-10", None, DateSource.GIVEN, "day")
    article = Article("a", text, "en", publication=at if draw(st.booleans()) else None)
    tagging = Tagging(tuple(tokens), tuple(spans), tuple(named), tuple(amounts), tuple(times), quotes)
    return article, tagging, Linking(tagging.mentions, ())
