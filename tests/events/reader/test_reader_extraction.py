"""The event stage with a trained reader: whatever the text, it ends in step with the length and its offsets hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings

from models.knowledge import Knowledge
from models.records import Argument, Article, Event, Linking, Publication
from models.vocabulary import DateSource, EventType, Precision
from pipeline.errors import ConfigurationError
from pipeline.events import EVENTS_VERSION, Frames, extract_events, load_frames
from pipeline.events.extraction import LanguageExtractor
from pipeline.events.reader.network import Limits
from pipeline.settings import Settings
from pipeline.tag import load_pipeline, tag
from pipeline.text.pieces import PieceCutter
from tests.events.conftest import MAKER, prepare
from tests.events.reader.articles import Parts, articles
from tests.events.reader.toy import Prompter

PUBLISHED = Publication(datetime(2026, 3, 10, tzinfo=UTC), "2026-03-10", None, DateSource.GIVEN, "day")
STORY = (
    "[Seoul/PLACE] sanctioned [Bankhaus/ORG] on Monday, [Quill/PERSON] said. “They stole money,” he said. "
    "[North Korea/PLACE] fired a missile and [Tamm/PERSON] met envoys of the [Treasury/AGENCY]."
)


@pytest.fixture(scope="module")
def readers(folder: Path) -> Frames:
    """All lexicons, with a reader of random weights for English."""
    return load_frames(readers={"en": folder})


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Parts]:
    """Return what rules alone tag in a text that was published nobody knows when, or on a day that is told."""
    nlp = load_pipeline("en", knowledge=Knowledge("test", {}), settings=Settings(kb_dir=tmp_path_factory.mktemp("kb"), model="blank"))

    def run(text: str, publication: Publication | None = None) -> Parts:
        article = Article("a", text, "en", publication=publication)
        tagging = tag(article, nlp)
        return article, tagging, Linking(tagging.mentions, ())

    return run


def fillers(event: Event) -> Iterator[Argument]:
    for mention in event.mentions:
        yield from (*mention.actors, *mention.targets)
        yield from (one for one in (mention.speaker, mention.place) if one is not None)


def hold(parts: Parts, events: tuple[Event, ...]) -> None:
    """Check that every span says what stands in the text, and every number is in its bounds."""
    article, tagging, _ = parts
    text = article.text
    for event in events:
        assert 0 <= event.score <= 1
        for mention in event.mentions:
            spelt = (mention.trigger, mention.evidence, *mention.quantities, *(one for one in fillers(event) if one.start is not None))
            for one in spelt:
                assert text[one.start : one.end] == one.text
            assert mention.trigger.text.strip()
            assert mention.evidence.start <= mention.trigger.start < mention.trigger.end <= mention.evidence.end
            assert 0 <= mention.score <= 1
            assert mention.time is None or 0 <= mention.time < len(tagging.times)
            assert all(0 <= amount.amount < len(tagging.amounts) for amount in mention.amounts)
            assert all(0 <= one.score <= 1 for one in fillers(event))
    assert len({event.key for event in events}) == len(events)
    firsts = [event.mentions[0].trigger.start for event in events]
    assert firsts == sorted(firsts)


@settings(max_examples=8, deadline=None)
@given(parts=articles())
def test_offsets_hold_in_any_article(readers: Frames, parts: Parts) -> None:
    hold(parts, extract_events(*parts, frames=readers)[0])


def test_the_same_article_has_the_same_events(readers: Frames, folder: Path) -> None:
    parts = prepare(STORY, times=(("Monday", "2026-03-02"),))
    first = extract_events(*parts, frames=readers)
    assert first[0]
    hold(parts, first[0])
    assert extract_events(*parts, frames=readers) == first
    assert extract_events(*parts, frames=load_frames(readers={"en": folder})) == first


def test_the_reader_is_named_beside_the_rules(readers: Frames, frames: Frames) -> None:
    parts = prepare(STORY)
    assert {event.maker.version for event in extract_events(*parts, frames=readers)[0]} == {f"{EVENTS_VERSION}.toy"}
    assert {event.maker.version for event in extract_events(*parts, frames=frames)[0]} == {EVENTS_VERSION}


def test_korean_is_read_by_rules_alone(readers: Frames, frames: Frames) -> None:
    parts = prepare("[북한/PLACE]은 10일 [동해/PLACE]로 미사일을 발사했다.", lang="ko")
    found = extract_events(*parts, frames=readers)
    assert found[0]
    assert found == extract_events(*parts, frames=frames)


def test_a_reader_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"events\.onnx: .*missing"):
        load_frames(readers={"en": tmp_path})


def test_a_reader_for_an_unknown_language_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="no event lexicon for language fr, xx"):
        load_frames(readers={"xx": folder, "en": folder, "fr": folder})


def test_a_reader_for_a_language_without_inflection_is_refused(folder: Path, frames: Frames, cutter: PieceCutter) -> None:
    with pytest.raises(ConfigurationError, match=r"needs a parse.*'ko'"):
        LanguageExtractor(frames.extractors["ko"].language, network=Prompter(cutter, types={}))
    with pytest.raises(ConfigurationError, match="'ko'"):
        load_frames(readers={"ko": folder})


# --- what the network says becomes an event ---


@pytest.fixture
def told(frames: Frames, cutter: PieceCutter) -> Callable[..., tuple[Event, ...]]:
    """Return the events of a marked text when the network says what is told."""

    def run(marked: str, types: object, parts: object = None, **given: object) -> tuple[Event, ...]:
        network = Prompter(cutter, types=types, parts=parts, limits=Limits(rule=0.2, new=0.4, filler=0.4, time=0.4))
        extractor = LanguageExtractor(frames.extractors["en"].language, network=network)
        return extractor.extract(*prepare(marked, **given), MAKER)[0]

    return run


def test_an_event_that_no_rule_knows_is_told_with_its_day(told: Callable[..., tuple[Event, ...]]) -> None:
    said = {"Pyongyang": {"actor": 0.9}, "2026-03-10": {"time": 0.8}}
    (event,) = told("[Pyongyang/PLACE] zapped the island.", {"zapped": {EventType.MISSILE_LAUNCH: 0.9}}, said)
    assert (event.type, event.date, event.precision) == (EventType.MISSILE_LAUNCH, "2026-03-10", Precision.DAY)
    assert [argument.name for argument in event.actors] == ["Pyongyang"]
    (mention,) = event.mentions
    assert (mention.rules, mention.time, mention.trigger.text) == (("network:MISSILE_LAUNCH",), None, "zapped")


def test_a_rule_that_is_believed_is_named_with_its_language(told: Callable[..., tuple[Event, ...]]) -> None:
    (event,) = told("[Seoul/PLACE] sanctioned [Bankhaus/ORG].", {"sanctioned": {EventType.SANCTION: 0.9}})
    assert event.mentions[0].rules[0].startswith("en:SANCTION.")


def test_what_is_not_believed_is_no_event(told: Callable[..., tuple[Event, ...]]) -> None:
    assert told(STORY, {}) == ()


@pytest.mark.parametrize(("kind", "sizes"), [(EventType.SANCTION, [2]), (EventType.ACCUSATION, [1, 1])], ids=["one type", "two types"])
def test_mentions_of_one_act_are_one_event(told: Callable[..., tuple[Event, ...]], kind: EventType, sizes: list[int]) -> None:
    marked = "[Seoul/PLACE] sanctioned [Bankhaus/ORG]. Rain fell. [Seoul/PLACE] punished [Bankhaus/ORG]."
    events = told(marked, {"sanctioned": {EventType.SANCTION: 0.9}, "punished": {kind: 0.9}}, {"Seoul": {"actor": 0.9}})
    assert [len(event.mentions) for event in events] == sizes
    # However often it is said: one party acts.
    assert [[argument.name for argument in event.actors] for event in events] == [["Seoul"]] * len(sizes)


# --- texts that no editor would print ---

PROSE = "Kim Yong-ho told Sergei Petrov in Seoul on Monday that hackers stole $5 million on Tuesday. "
ODD = {
    "nothing": " \n ",
    "one word": "fired",
    "an endless sentence": "the talks in seoul went on and hackers stole $5 million on Monday and nobody would say when they were to end "
    * 40,
    "a table": "\n".join(f"{number}\tHwasong-{number}\tfired\t{number} March\t$5 million" for number in range(120)),
    "120 designated names": "The Treasury sanctioned "
    + ", ".join(f"Kim Yong-{chr(97 + n % 26)}{chr(97 + n // 26)}o" for n in range(120))
    + ".",
    "languages": "Seoul sanctioned 북한 은행 and 北京 said Путин met وزارة الخارجية on Monday. 미사일을 발사했다. ミサイルを発射した。 "
    * 10,
    "capitals": "NORTH KOREA FIRED TWO MISSILES AND SEOUL SANCTIONED THE BANK ON MONDAY " * 8,
    "marks": "((((((\"'“‘[{< fired >}]’”'\")))))) " * 30,
    "signs": "\U0001f468\u200d\U0001f469 fired \x00 a\u00ad missile\u200b \ufeff e\u0301 on Monday. " * 20,
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_offsets_hold_in_odd_texts(readers: Frames, tagged: Callable[..., Parts], text: str) -> None:
    parts = tagged(text)
    events, _ = extract_events(*parts, frames=readers)
    hold(parts, events)
    assert (bool(events), bool(parts[1].tokens)) in {(True, True), (False, False)}
    # Without tokens, sentences or anything else but the text there are no events, and no error.
    bare = replace(parts[1], tokens=(), mentions=(), amounts=(), times=(), quotes=())
    assert extract_events(parts[0], bare, Linking((), ()), frames=readers)[0] == ()


@pytest.mark.slow
@pytest.mark.parametrize("unit", [PROSE, PROSE.replace(".", ",")], ids=["prose", "no stops"])
def test_a_long_text_is_read_in_proportion(frames: Frames, cutter: PieceCutter, tagged: Callable[..., Parts], unit: str) -> None:
    types = {"stole": {EventType.CYBER_OP: 0.9}, "told": {EventType.STATEMENT: 0.9}}
    network = Prompter(cutter, types=types, parts={"2026-03-09": {"time": 0.9}})
    extractor = LanguageExtractor(frames.extractors["en"].language, network=network)

    def read(size: int) -> float:
        parts = tagged((unit * (size // len(unit) + 1))[:size], PUBLISHED)
        start = process_time()
        events, _ = extractor.extract(*parts, MAKER)
        spent = process_time() - start
        hold(parts, events)
        assert sum(len(event.mentions) for event in events) >= size // len(unit)
        return spent

    read(2_000)
    small = min(read(8_000) for _ in range(2))
    # Ten times the text: ten times the work, and as much again twice over for what the machine does beside it.
    assert read(80_000) < 30 * small + 1
