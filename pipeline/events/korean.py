"""Who does it and to whom, in Korean, by the particles behind names and nouns.

이/가, 은/는, 께서 mark the subject (은/는 only where no 이/가 stands nearer), 을/를 the object, 에/에게/에 대해 the
one to whom, 와/과 the partner, 의 or nothing before a noun its owner. 되다 turns the subject into the target.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from models.records import Argument, Mention
from models.vocabulary import Label, Via
from pipeline.events.fillers import VIA_SCORES, mention_argument
from pipeline.events.hangul_patterns import PASSIVE
from pipeline.events.reading import Reading, Sentence
from pipeline.events.triggers import Trigger
from pipeline.events.words import WordLists

__all__ = ["KoreanArguments"]

_TITLE_ENDS = (
    "국무위원장|위원장|대통령|총리|장관|차관|대변인|대표|총장|의원|부장|실장|비서관|보좌관|본부장|사령관|교수|연구위원|특사|대사|주석|총서기|국장|청장|원장|회장|사장|"
    "기자|검사|판사|변호사|후보|비서|부부장|씨|측|정부|당국"
)
_TITLE = rf"(?:(?:\s[가-힣A-Za-z·()]{{1,14}}){{0,3}}?\s?[가-힣]{{0,10}}?(?:{_TITLE_ENDS})(?:\([^)]{{0,30}}\))?)?"
_SIDE = r"(?:\s?(?:측|정부|당국|군))?(?:\([^)]{0,30}\))?"
_MARKS = (
    r"['\"’”]?\s?(?P<particle>에게서|으로부터|로부터|에 대한|에 대해|을 상대로|를 상대로|을 향해|를 향해|을 겨냥|를 겨냥|에게|한테|께서|에서|에는|에|와의|과의|"
    r"와|과|하고|은|는|이|가|을|를|의|도|,|·)(?=\s|$|[^가-힣])"
)
_PERSON = re.compile(_TITLE + _MARKS)
_OTHER = re.compile(_SIDE + _MARKS)
_SLOT_OF: Mapping[str, str] = {
    **dict.fromkeys(("이", "가", "께서"), "subject"),
    **dict.fromkeys(("은", "는", "도"), "topic"),
    **dict.fromkeys(("을", "를"), "object"),
    **dict.fromkeys(
        ("에게", "한테", "에", "에는", "에 대한", "에 대해", "을 상대로", "를 상대로", "을 향해", "를 향해", "을 겨냥", "를 겨냥"), "to"
    ),
    **dict.fromkeys(("와", "과", "와의", "과의", "하고"), "with"),
    **dict.fromkeys(("에게서", "로부터", "으로부터"), "from"),
    "에서": "in",
    "의": "possessor",
}
_WINDOW = 120
"""Characters before a trigger among which its arguments are sought."""
_PASSIVE = re.compile(PASSIVE)
_SCORES = {"subject": 0.75, "topic": 0.65}


@dataclass(frozen=True, slots=True)
class _Marked:
    """A name or noun with the slot its particle gives; `joined` says that the next one belongs to the same list."""

    start: int
    end: int
    mention: Mention | None
    slot: str
    joined: bool
    reach: int
    """Where the title and the particle end."""


class KoreanArguments:
    """Finds role fillers in one Korean reading."""

    def __init__(self, reading: Reading, words: WordLists) -> None:
        self._reading = reading
        people = sorted(words.sets["people"], key=lambda word: (-len(word), word))
        heads = "|".join(re.escape(word) for word in people)
        # A noun begins where its word does. What a particle joins before it is a phrase of its own.
        self._nominal = re.compile(
            rf"(?<![가-힣])(?:(?P<before>[가-힣]{{1,16}}(?<![와과을를]))\s)?(?P<noun>[가-힣]{{0,12}}(?:{heads})(?:들)?)"
        )
        self._held: dict[int, tuple[_Marked, ...]] = {}

    def fill(self, trigger: Trigger, role: str) -> tuple[Argument, ...]:
        """Return the fillers of a role: those of the first slot that has any, or of all slots for symmetric events."""
        slots = trigger.rule.actor if role == "actor" else trigger.rule.target
        labels = trigger.frame.labels[role]
        found: list[Argument] = []
        for slot in slots:
            for marked in self._slot(trigger, slot, labels):
                argument = self._argument(marked)
                if not any(argument.name == other.name for other in found):
                    found.append(argument)
            if found and not (trigger.rule.symmetric and role == "actor"):
                break
        if not found and role == "actor":
            found = self._inherited(trigger, labels)
        return tuple(found)

    def _inherited(self, trigger: Trigger, labels: frozenset[Label]) -> list[Argument]:
        """Return the subject of the sentence before: Korean leaves out a subject that goes on."""
        place = trigger.sentence.index
        if place == 0:
            return []
        subjects = [m for m in self._marked(self._reading.sentences[place - 1]) if m.slot in {"topic", "subject"}]
        fitting = [m for m in subjects if m.mention is not None and m.mention.label in labels]
        return [replace(self._argument(fitting[0]), via=Via.CONTEXT, score=VIA_SCORES[Via.CONTEXT])] if fitting else []

    def place(self, trigger: Trigger) -> Argument | None:
        """Return the place marked with 에서 in the window."""
        for marked in reversed(self._before(trigger)):
            if marked.slot == "in" and marked.mention is not None and marked.mention.label is Label.PLACE:
                return self._argument(marked)
        return None

    def topic(self, sentence: Sentence, position: int) -> Argument | None:
        """Return the source of a reporting verb: the nearest topic or subject outside the reported clause, so the first of the sentence."""
        marked = [m for m in self._marked(sentence) if m.end <= position and m.slot in {"topic", "subject"}]
        topics = [m for m in marked if m.slot == "topic"] or marked
        return self._argument(topics[0]) if topics else None

    def before(self, sentence: Sentence, position: int) -> Argument | None:
        """Return the name or noun that ends right before a position."""
        marked = [m for m in self._marked(sentence) if m.start < position and position - m.end <= 15]
        return self._argument(marked[-1]) if marked else None

    def _slot(self, trigger: Trigger, slot: str, labels: frozenset[Label]) -> tuple[_Marked, ...]:
        before = [m for m in self._before(trigger) if m.mention is None or m.mention.label in labels]
        passive = bool(_PASSIVE.match(self._reading.article.text, trigger.end))
        if slot == "subject":
            return () if passive else self._subject(before)
        if slot == "object" and passive:
            return self._subject(before)
        if slot == "possessor":
            return tuple(m for m in before if m.slot in {"possessor", "bare"} and trigger.start - m.end <= 12)[-1:]
        if slot == "any":
            return tuple(before[-1:])
        chosen = [m for m in before if m.slot == slot]
        return self._list(before, chosen[-1]) if chosen else ()

    def _subject(self, before: list[_Marked]) -> tuple[_Marked, ...]:
        for kind in ("subject", "topic"):
            chosen = [m for m in before if m.slot == kind]
            if chosen:
                return self._list(before, chosen[-1])
        return ()

    def _list(self, before: list[_Marked], last: _Marked) -> tuple[_Marked, ...]:
        """Return the name with those that a comma, · or 와 joins to its left."""
        index = before.index(last)
        first = index
        while first > 0 and before[first - 1].joined and before[first].start - before[first - 1].end <= 12:
            first -= 1
        return tuple(before[first : index + 1])

    def _before(self, trigger: Trigger) -> list[_Marked]:
        return [m for m in self._marked(trigger.sentence) if m.end <= trigger.start and trigger.start - m.end <= _WINDOW]

    def _marked(self, sentence: Sentence) -> tuple[_Marked, ...]:
        if sentence.index not in self._held:
            self._held[sentence.index] = tuple(self._read(sentence))
        return self._held[sentence.index]

    def _read(self, sentence: Sentence) -> list[_Marked]:
        text = self._reading.article.text
        named = self._reading.mentions_in(sentence.start, sentence.end)
        spans: list[tuple[int, int, Mention | None]] = [(mention.start, mention.end, mention) for mention in named]
        spans += [(start, end, None) for start, end in self._nominals(sentence, named)]
        marked = [self._mark(start, end, mention, text, sentence.end) for start, end, mention in sorted(spans, key=lambda span: span[:2])]
        return _drop_titles(marked)

    def _nominals(self, sentence: Sentence, named: Sequence[Mention]) -> Iterator[tuple[int, int]]:
        """Give where nouns that can act stand that are no names and have none in them."""
        for found in self._nominal.finditer(self._reading.article.text, sentence.start, sentence.end):
            # A name with a particle is no part of the noun after it: "미국은 회사를".
            apart = any(found.start() < mention.end < found.end("before") for mention in named)
            start, end = found.start("noun") if apart else found.start(), found.end()
            if not any(mention.start < end and start < mention.end for mention in named):
                yield start, end

    def _mark(self, start: int, end: int, mention: Mention | None, text: str, limit: int) -> _Marked:
        shape = _PERSON if mention is not None and mention.label is Label.PERSON else _OTHER
        found = shape.match(text, end, min(limit + 1, len(text)))
        particle = found.group("particle") if found else ""
        return _Marked(
            start, end, mention, _SLOT_OF.get(particle, "bare"), particle in {",", "·", "와", "과", "하고"}, found.end() if found else end
        )

    def _argument(self, marked: _Marked) -> Argument:
        if marked.mention is not None:
            return mention_argument(marked.mention)
        text = self._reading.article.text[marked.start : marked.end]
        return Argument(marked.start, marked.end, text, text, None, Via.DIRECT, _SCORES.get(marked.slot, 0.5))


def _drop_titles(marked: list[_Marked]) -> list[_Marked]:
    """Leave out bodies and nouns that belong to the title of a person: "김정은 북한 국무위원장이"."""
    kept: list[_Marked] = []
    for item in marked:
        if not kept or item.start >= kept[-1].reach:
            kept.append(item)
    return kept
