from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from models.vocabulary import EventType, Modality
from pipeline.events.extraction import LanguageExtractor
from pipeline.events.lexicon_files import load_language
from pipeline.events.reader.network import MODALITIES, PARTS
from pipeline.events.reader.options import Kind, same_filler
from pipeline.events.reader.view import TYPES
from pipeline.text.pieces import PieceCutter
from pipeline.train.events.lessons import UNASKED, EventLesson, TriggerLesson, lessons_of
from tests.events.conftest import prepare
from tests.events.reader.articles import money
from tests.train.events.toy_events import annotate, lessons

SANCTIONED = "[North Korea/PLACE] sanctioned [Bankhaus/ORG], [Quill/PERSON] said."
LAUNCH = TYPES.index(EventType.MISSILE_LAUNCH)
TEST = TYPES.index(EventType.NUCLEAR_TEST)

Learn = Callable[..., list[EventLesson]]


@pytest.fixture(scope="module")
def learn(rules: LanguageExtractor, cutter: PieceCutter) -> Learn:
    return partial(lessons, rules, cutter)


def told(**changes: object) -> dict[str, object]:
    return {"trigger": "sanctioned", "type": "SANCTION", "actors": ["North Korea"], "targets": ["Bankhaus"], "speaker": "Quill", **changes}


def labels(lesson: EventLesson, kind: int) -> dict[str, int]:
    words = lesson.view.words[lesson.stretch.first : lesson.stretch.last]
    return dict(zip(words, lesson.types[:, kind].tolist(), strict=True))


def right(trigger: TriggerLesson, part: str) -> list[object]:
    """Return what plays a part by the lesson: texts of fillers, values of times, indexes of amounts."""
    place = PARTS.index(part)
    found = [option.filler for option, answer in zip(trigger.options, trigger.answers, strict=True) if answer[place] == 1]
    return [getattr(one, "value", getattr(one, "text", one)) for one in found]


# --- words ---


def test_a_trigger_has_its_head_and_is_not_asked_beside_it(learn: Learn) -> None:
    event = {"trigger": "carried out a nuclear test", "type": "NUCLEAR_TEST"}
    tree = "NNP nsubj 2, VBD ROOT 0, RP compound:prt 2, DT det 6, JJ amod 6, NN obj 2, NN obl:tmod 2, . punct 2"
    (lesson,) = learn("[Pyongyang/PLACE] carried out a nuclear test yesterday .", event, tree=tree)
    beside = dict.fromkeys(("out", "a", "nuclear", "test"), UNASKED)
    assert labels(lesson, TEST) == {"Pyongyang": 0, "carried": 1, **beside, "yesterday": 0, ".": 0}
    assert not lesson.types[:, LAUNCH].any()
    # Without a tree the last word is the head.
    (plain,) = learn("[Pyongyang/PLACE] carried out a nuclear test yesterday .", event)
    assert [word for word, label in labels(plain, TEST).items() if label == 1] == ["test"]


def test_where_the_tree_breaks_a_trigger_a_verb_or_noun_is_its_head(learn: Learn) -> None:
    tree = "NNP nsubj 3, RB advmod 5, VBD ROOT 0, DT det 5, NN obj 3, . punct 3"
    (lesson,) = learn("[Pyongyang/PLACE] again fired a missile .", {"trigger": "again fired", "type": "MISSILE_LAUNCH"}, tree=tree)
    assert labels(lesson, LAUNCH)["fired"] == 1
    assert labels(lesson, LAUNCH)["again"] == UNASKED


def test_a_rule_of_the_same_type_in_the_sentence_is_not_asked(learn: Learn) -> None:
    marked = "[Pyongyang/PLACE] zapped the sea, it launched a rocket. [Seoul/PLACE] fired a missile."
    lesson = learn(marked, {"trigger": "zapped", "type": "MISSILE_LAUNCH"})[0]
    found = labels(lesson, LAUNCH)
    assert found["zapped"] == 1
    assert found["launched"] == UNASKED
    # In another sentence the annotators would have told it.
    assert found["fired"] == found["missile"] == found["sea"] == 0


def test_two_events_may_be_told_by_one_word(learn: Learn) -> None:
    events = [{"trigger": "zapped", "type": kind} for kind in ("MISSILE_LAUNCH", "NUCLEAR_TEST")]
    (lesson,) = learn("[Pyongyang/PLACE] zapped the sea.", *events)
    assert labels(lesson, LAUNCH)["zapped"] == labels(lesson, TEST)["zapped"] == 1
    assert sorted(trigger.kind for trigger in lesson.triggers) == sorted((LAUNCH, TEST))


def test_what_is_not_annotated_is_no_trigger(learn: Learn) -> None:
    (lesson,) = learn(SANCTIONED)
    assert not lesson.types.any()
    assert lesson.triggers == ()


def test_each_trigger_is_in_the_lesson_of_its_stretch(learn: Learn) -> None:
    filling = "The ship sailed on. " * 60
    marked = f"[Seoul/PLACE] zapped it. {filling} [Pyongyang/PLACE] fired a missile."
    events = [{"trigger": "zapped", "type": "MISSILE_LAUNCH"}, {"trigger": "fired", "type": "MISSILE_LAUNCH"}]
    found = learn(marked, *events)
    assert len(found) > 2
    assert [len(lesson.triggers) for lesson in found] == [1, *[0] * (len(found) - 2), 1]
    words = [lesson.view.words[lesson.stretch.first + trigger.word] for lesson in found for trigger in lesson.triggers]
    assert words == ["zapped", "fired"]
    assert sum(len(lesson.types) for lesson in found) == len(found[0].view.words)


# --- triggers and options ---


def test_the_parts_of_fillers_are_those_annotated(learn: Learn) -> None:
    (lesson,) = learn(SANCTIONED, told())
    (trigger,) = lesson.triggers
    assert len(trigger.answers) == len(tuple(trigger.options))
    assert {part: right(trigger, part) for part in ("actor", "target", "speaker")} == {
        "actor": ["North Korea"],
        "target": ["Bankhaus"],
        "speaker": ["Quill"],
    }
    for option, answer in zip(trigger.options.fillers, trigger.answers, strict=False):
        assert set(answer[:3]) <= {0, 1}, option
        assert answer[3:] == (UNASKED, UNASKED)


@pytest.mark.parametrize("modality", list(Modality), ids=[one.value for one in Modality])
def test_the_modality_is_the_annotated_one_beside_that_of_the_rules(learn: Learn, modality: Modality) -> None:
    marked = "[Seoul/PLACE] reportedly sanctioned [Bankhaus/ORG]."
    (trigger,) = learn(marked, {"trigger": "sanctioned", "type": "SANCTION", "modality": modality.value})[0].triggers
    assert MODALITIES[trigger.modality] is modality
    assert MODALITIES[trigger.told] is Modality.ALLEGED


def test_of_several_namings_of_one_party_one_is_right(learn: Learn) -> None:
    marked = "The regime sanctioned [Bankhaus/ORG] and [North Korea/PLACE] said so."
    event = told(speaker="North Korea")
    (trigger,) = learn(marked, event, nominals={"North Korea": ["the regime", "regime"]})[0].triggers
    names = {option.filler.name for option in trigger.options.fillers}
    assert {"regime", "North Korea"} <= names
    assert right(trigger, "actor") == ["North Korea"]
    # Where the noun alone is at hand it is right.
    (other,) = learn("The regime sanctioned [Bankhaus/ORG].", told(speaker="Bankhaus", actors=["North"]), nominals={"North": ["regime"]})[
        0
    ].triggers
    assert right(other, "actor") == ["regime"]


def test_all_options_of_the_right_filler_are_right(learn: Learn) -> None:
    marked = "[Seoul/PLACE] met envoys. [Seoul/PLACE] sanctioned [Bankhaus/ORG]."
    trigger = next(one for one in learn(marked, told(actors=["Seoul"], speaker="Seoul"))[0].triggers)
    assert right(trigger, "actor") == ["Seoul", "Seoul"]
    assert len({same_filler(option.filler) for option in trigger.options.fillers if option.filler.text == "Seoul"}) == 1


def test_a_trigger_that_no_rule_finds_is_learnt_too(learn: Learn) -> None:
    event = {"trigger": "zapped", "type": "MISSILE_LAUNCH", "actors": ["Pyongyang"]}
    (trigger,) = learn("[Seoul/PLACE] said [Pyongyang/PLACE] zapped the sea.", event)[0].triggers
    assert (trigger.word, trigger.kind) == (3, LAUNCH)
    assert right(trigger, "actor") == ["Pyongyang"]


@pytest.mark.parametrize(
    ("date", "kinds"),
    [
        ("2026-03-10", {Kind.PUBLISHED}),
        ("2026-03-09", {Kind.DAY_BEFORE}),
        ("2026-03-02", {Kind.DAY}),
        ("2026-03", {Kind.PUBLISHED, Kind.DAY_BEFORE, Kind.DAY}),
        (None, set()),
    ],
    ids=["that day", "the day before", "told", "its month", "none"],
)
def test_times_are_right_by_their_day(learn: Learn, date: str | None, kinds: set[Kind]) -> None:
    marked = "[Seoul/PLACE] sanctioned [Bankhaus/ORG] on Monday."
    event = {"trigger": "sanctioned", "type": "SANCTION", "date": date}
    (trigger,) = learn(marked, event, times=(("Monday", "2026-03-02"),))[0].triggers
    rows = [(option, answer) for option, answer in zip(trigger.options, trigger.answers, strict=True) if option in trigger.options.times]
    assert len(rows) == 3
    assert {option.signs.kind for option, answer in rows if answer[PARTS.index("time")] == 1} == kinds
    assert all(answer[:3] == (UNASKED,) * 3 and answer[4] == UNASKED for _, answer in rows)


def test_amounts_are_right_where_they_overlap_those_annotated(learn: Learn) -> None:
    text = "Hackers stole $5 million and then $7 million."
    amounts = (money(text, "$5 million", 5e6), money(text, "$7 million", 7e6))
    (trigger,) = learn(text, {"trigger": "stole", "type": "CYBER_OP", "amounts": [1]}, amounts=amounts)[0].triggers
    assert right(trigger, "amount") == [1]
    answers = trigger.answers[-2:]
    assert [answer[:4] for answer in answers] == [(UNASKED,) * 4] * 2
    assert [answer[4] for answer in answers] == [0, 1]


def test_korean_is_not_learnt(cutter: PieceCutter) -> None:
    korean = LanguageExtractor(load_language("ko"))
    parts = prepare("[북한/PLACE]은 미사일을 발사했다.", lang="ko")
    with pytest.raises(TypeError, match="inflects"):
        list(lessons_of(annotate(parts, []), *parts, korean, cutter))


def test_an_article_without_words_has_no_lessons(learn: Learn, rules: LanguageExtractor, cutter: PieceCutter) -> None:
    article, tagging, linking = prepare("Seoul slept.")
    bare = replace(tagging, tokens=(), sentences=())
    assert list(lessons_of(annotate((article, bare, linking), []), article, bare, linking, rules, cutter)) == []
