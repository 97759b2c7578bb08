from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings

from models.vocabulary import EventType
from pipeline.events.extraction import LanguageExtractor
from pipeline.events.reader.view import LABELS, MOST_RULES, NAMES, STRETCH_PIECES, TYPES, cut_stretches, view_of
from pipeline.text.pieces import PieceCutter
from tests.events.reader.articles import Parts, Read, articles, read_by_rules

Look = Callable[..., Read]


def check_view(read: Read) -> None:
    """Check what must be true of the view of every article."""
    view, sentences = read.view, read.reading.sentences
    words = [(sentence, place) for sentence in sentences for place in range(len(sentence.words))]
    assert len(view.words) == len(view.starts) == len(view.names) == len(view.quoted) == len(view.rules) == len(words)
    assert list(view.starts) == sorted(view.starts)
    for place, (sentence, word) in enumerate(words):
        assert view.place(sentence, word) == place
        assert view.sentence(place) is sentence
        assert view.words[place] == sentence.words[word].text
        assert view.at(view.starts[place]) == place
        assert 0 <= view.names[place] < NAMES
        assert (view.names[place] > 0) == (sentence.mentions[word] is not None)
        assert len(view.rules[place]) <= MOST_RULES
        assert all(0 <= kind < len(TYPES) for kind in view.rules[place])


def check_stretches(read: Read) -> None:
    """Check that each word is read once, in a window that holds it, and that no window is too long."""
    places = [place for stretch in read.stretches for place in range(stretch.first, stretch.last)]
    assert places == list(range(len(read.view.words)))
    for stretch in read.stretches:
        assert stretch.last > stretch.first
        assert len(stretch.window.firsts) == stretch.last - stretch.first
        assert len(stretch.window) <= STRETCH_PIECES + 2
        held = {read.view.sentence(place).index for place in range(stretch.first, stretch.last)}
        assert held <= {sentence.index for sentence in stretch.sentences}


@settings(max_examples=60, deadline=None)
@given(parts=articles())
def test_any_article_is_seen_whole(rules: LanguageExtractor, cutter: PieceCutter, parts: Parts) -> None:
    read = read_by_rules(rules, cutter, parts)
    check_view(read)
    check_stretches(read)


def test_a_character_belongs_to_the_word_at_or_before_it(look: Look) -> None:
    text = "“Seoul watched. It waited.”"
    view = look(text).view
    assert view.words == ("Seoul", "watched", ".", "It", "waited", ".")
    assert view.at(0) is None
    expected = {text.index("Seoul"): 0, text.index("eoul"): 0, text.index(" watched"): 0, text.index("It"): 3, len(text) + 5: 5}
    assert {offset: view.at(offset) for offset in expected} == expected


def test_names_are_marked_by_label_and_where_they_begin(look: Look) -> None:
    view = look("[Ha Min/PERSON] [Ri/PERSON] left [Seoul/PLACE] with [Ha Min/PERSON].").view
    person, place = (1 + 2 * [label.value for label in LABELS].index(name) for name in ("PERSON", "PLACE"))
    assert view.names == (person, person + 1, person, 0, place, 0, person, person + 1, 0)


def test_words_between_quotation_marks_are_marked(look: Look) -> None:
    view = look("He said “we agreed” and “never” left.").view
    assert dict(zip(view.words, view.quoted, strict=True)) == {
        **dict.fromkeys(("He", "said", "and", "left", "."), 0),
        **dict.fromkeys(("we", "agreed", "never"), 1),
    }


def test_rules_are_told_of_every_word_on_which_they_fired(look: Look) -> None:
    read = look("[Seoul/PLACE] watched. [North Korea/PLACE] conducted a nuclear test.")
    (trigger,) = read.triggers
    fired = {place for place, types in enumerate(read.view.rules) if types}
    assert {types for types in read.view.rules if types} == {(TYPES.index(EventType.NUCLEAR_TEST),)}
    assert fired == {read.view.place(trigger.sentence, word) for word in range(trigger.first, trigger.last + 1)}
    assert "test" in {read.view.words[place] for place in fired}


def test_of_many_rules_on_one_word_some_are_told(look: Look, rules: LanguageExtractor) -> None:
    read = look("[North Korea/PLACE] conducted a nuclear test.")
    frames = rules.language.frames[: MOST_RULES + 2]
    assert len({frame.type for frame in frames}) > MOST_RULES
    view = view_of(read.reading, [replace(read.triggers[0], frame=frame) for frame in frames])
    told = view.rules[view.place(read.triggers[0].sentence, read.triggers[0].head)]
    assert len(told) == MOST_RULES
    assert set(told) < {TYPES.index(frame.type) for frame in frames}


def test_sentences_that_fit_are_read_together(look: Look) -> None:
    read = look("The ship sailed. " * 60)
    check_stretches(read)
    assert 1 < len(read.stretches) < 30
    for stretch in read.stretches:
        assert read.view.words[stretch.first] == "The"
        assert read.view.words[stretch.last - 1] == "."
    # The next sentence would not have fitted.
    sizes = [len(stretch.window) - 2 for stretch in read.stretches]
    assert all(size + sizes[0] // len(read.stretches[0].sentences) > STRETCH_PIECES for size in sizes[:-1])


@pytest.mark.parametrize(
    "unit",
    ["word ", "ab" * 200 + " ", "the ministry, ", "북한은 \U0001f680 "],
    ids=["short words", "endless words", "commas", "other scripts"],
)
def test_a_sentence_of_400_words_without_a_stop_is_cut(look: Look, unit: str) -> None:
    read = look("It left. " + unit * 400)
    check_stretches(read)
    assert len(read.stretches) > 3


def test_an_article_without_words_has_no_stretches(look: Look, cutter: PieceCutter) -> None:
    read = look("“”")
    assert read.view.words == ()
    assert cut_stretches(read.view, cutter) == []
    assert read.view.at(0) is None
