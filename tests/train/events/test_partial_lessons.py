"""Of an article that editors judged in part, only what they judged is learnt."""

from __future__ import annotations

from typing import Any

from models.vocabulary import EventType
from pipeline.events.extraction import LanguageExtractor
from pipeline.events.reader.view import TYPES
from pipeline.text.pieces import PieceCutter
from pipeline.train.events.lessons import UNASKED, EventLesson, lessons_of
from tests.events.conftest import prepare
from tests.train.events.toy_events import annotate

MARKED = "[Pyongyang/PLACE] fired a missile. [Seoul/PLACE] tested a bomb."
LAUNCH, TEST = (TYPES.index(kind) for kind in (EventType.MISSILE_LAUNCH, EventType.NUCLEAR_TEST))


def learn(rules: LanguageExtractor, cutter: PieceCutter, *, told: list[dict[str, Any]], rejected: list[dict[str, Any]]) -> EventLesson:
    parts = prepare(MARKED)
    row = annotate(parts, told)
    (lesson,) = lessons_of(row | {"partial": True, "judged": [], "rejected": annotate(parts, rejected)["events"]}, *parts, rules, cutter)
    return lesson


def labels(lesson: EventLesson, kind: int) -> dict[str, int]:
    return dict(zip(lesson.view.words, lesson.types[:, kind].tolist(), strict=True))


def test_an_accepted_event_is_learnt_and_nothing_of_the_rest(rules: LanguageExtractor, cutter: PieceCutter) -> None:
    lesson = learn(rules, cutter, told=[{"trigger": "fired", "type": "MISSILE_LAUNCH"}], rejected=[])
    assert {word for word, answer in labels(lesson, LAUNCH).items() if answer != UNASKED} == {"fired"}
    assert labels(lesson, LAUNCH)["fired"] == 1
    assert set(labels(lesson, TEST).values()) == {UNASKED}
    assert len(lesson.triggers) == 1


def test_a_rejected_event_is_learnt_to_be_none(rules: LanguageExtractor, cutter: PieceCutter) -> None:
    lesson = learn(rules, cutter, told=[], rejected=[{"trigger": "tested", "type": "NUCLEAR_TEST"}])
    assert {word: answer for word, answer in labels(lesson, TEST).items() if answer != UNASKED} == {"tested": 0}
    assert set(labels(lesson, LAUNCH).values()) == {UNASKED}
    assert lesson.triggers == ()


def test_a_word_that_tells_an_event_is_not_unlearnt_by_another_that_was_rejected(rules: LanguageExtractor, cutter: PieceCutter) -> None:
    both = [{"trigger": "fired", "type": "MISSILE_LAUNCH"}]
    assert labels(learn(rules, cutter, told=both, rejected=both), LAUNCH)["fired"] == 1
