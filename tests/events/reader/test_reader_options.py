from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings

from models.records import Argument
from pipeline.events.extraction import LanguageExtractor
from pipeline.events.reader.options import NOWHERE, SIZES, Kind, Option, OptionReader, Options
from pipeline.text.pieces import PieceCutter
from tests.events.conftest import prepare
from tests.events.reader.articles import Parts, Read, articles, money, parsed, read_by_rules

Look = Callable[..., Read]


def filler(options: Options, text: str) -> Option[Argument]:
    (found,) = (one for one in options.fillers if one.filler.text == text)
    return found


@settings(max_examples=60, deadline=None)
@given(parts=articles())
def test_signs_of_every_option_are_known_to_the_network(rules: LanguageExtractor, cutter: PieceCutter, parts: Parts) -> None:
    read = read_by_rules(rules, cutter, parts)
    reader = OptionReader(read.view, read.finder)
    for trigger, mention in zip(read.triggers, read.mentions, strict=True):
        stretch = read.stretch_of(trigger)
        options = reader.options(trigger, mention, stretch)
        assert len(tuple(options)) == len(options.fillers) + len(options.times) + len(options.amounts)
        for option in options:
            assert option.place == NOWHERE or 0 <= option.place < stretch.last - stretch.first
            assert all(0 <= sign < size for sign, size in zip(option.signs, SIZES, strict=True)), option
        assert all(time.filler.value is not None for time in options.times)
        # What the rules chose is among the options, so that it can be kept.
        texts = {one.filler.name for one in options.fillers}
        assert {argument.name for argument in (*mention.actors, *mention.targets)} <= texts
        if mention.time is not None and (value := read.reading.tagging.times[mention.time].value) is not None:
            assert value in {time.filler.value for time in options.times}


def test_a_pronoun_is_offered_for_the_name_that_it_takes_up(look: Look) -> None:
    options = look("[Seoul/PLACE] said [Pyongyang/PLACE] was weak. It fired a missile.").options()
    (pronoun,) = (one for one in options.fillers if one.signs.kind == Kind.PRONOUN)
    (name,) = (one for one in options.fillers if one.filler.entity == "doc:Seoul" and one is not pronoun)
    assert (pronoun.place, pronoun.filler.entity) == (6, "doc:Seoul")
    assert (pronoun.signs.sentence, name.signs.sentence) == (0, 1)
    assert (pronoun.signs.actor, name.signs.actor) == (1, 1)
    assert filler(options, "Pyongyang").signs.actor == 0


def test_a_demonym_stands_for_its_country(look: Look) -> None:
    read = look("South Korean troops shelled an island. [South Korea/PLACE] slept.")
    shelled = next(number for number, trigger in enumerate(read.triggers) if trigger.sentence.index == 0)
    options = read.options(shelled)
    adjective, country = filler(options, "South Korean"), filler(options, "South Korea")
    assert adjective.signs.kind == Kind.ADJECTIVE
    assert adjective.filler.entity == country.filler.entity == "doc:South Korea"
    assert (adjective.signs.topic, country.signs.topic) == (1, 1)
    assert (adjective.signs.owner, country.signs.owner) == (1, 0)
    assert country.signs.sentence == 2


def test_a_name_that_stands_elsewhere_only_is_offered_without_a_place(look: Look) -> None:
    read = look(
        "[Pyongyang/PLACE] and [Seoul/PLACE] met. " + "The ship sailed on. " * 70 + "Hackers stole a file. [Pyongyang/PLACE] slept."
    )
    stolen = next(number for number, trigger in enumerate(read.triggers) if trigger.sentence.index > 20)
    options = read.options(stolen)
    elsewhere = filler(options, "Seoul")
    assert elsewhere.place == NOWHERE
    assert elsewhere.signs.sentence == SIZES.sentence - 1
    assert elsewhere.signs.kind == Kind.PLACE
    # Another naming of the same place is at hand: it is offered there alone.
    assert filler(options, "Pyongyang").place != NOWHERE
    assert elsewhere.signs.rank > filler(options, "Pyongyang").signs.rank


def test_the_signs_tell_what_the_rules_chose(look: Look) -> None:
    options = look("[North Korea/PLACE] sanctioned [Bankhaus/ORG], [Quill/PERSON] said.").options()
    roles = {one.filler.text: (one.signs.actor, one.signs.chosen, one.signs.speaker) for one in options.fillers}
    assert roles["North Korea"] == (1, 0, 0)
    assert roles["Bankhaus"][1] == 1
    assert roles["Quill"][2] == 1
    assert [filler(options, text).signs.kind for text in ("Bankhaus", "Quill")] == [Kind.ORG, Kind.PERSON]


def test_the_distance_grows_to_both_sides(look: Look) -> None:
    read = look("[Quill/PERSON] and the mayor and [Tamm/PERSON] sanctioned [Aurora/VESSEL] and the ship and [Bankhaus/ORG].")
    far, near, right, later = (filler(read.options(), name).signs.distance for name in ("Quill", "Tamm", "Aurora", "Bankhaus"))
    assert right < later < near < far < SIZES.distance - 1


def test_relations_are_told_in_both_directions(rules: LanguageExtractor, cutter: PieceCutter) -> None:
    parts = prepare("[Seoul/PLACE] sanctioned [Bankhaus/ORG] .")
    tree = "NNP nsubj 2, VBD ROOT 0, NNP obj 2, . punct 2"
    options = read_by_rules(rules, cutter, parsed(parts, tree)).options()
    subject, direct = (filler(options, name).signs.relation for name in ("Seoul", "Bankhaus"))
    assert len({0, subject, direct}) == 3
    turned = "NNP ROOT 0, VBD nsubj 1, NNP obj 2, . punct 2"
    options = read_by_rules(rules, cutter, parsed(parts, turned)).options()
    assert filler(options, "Seoul").signs.relation not in (0, subject)
    assert filler(options, "Bankhaus").signs.relation == direct
    plain = read_by_rules(rules, cutter, parts).options()
    assert {one.signs.relation for one in plain.fillers} == {0}


# --- times ---


TWO_DAYS = "[Seoul/PLACE] met them on Monday. [Seoul/PLACE] sanctioned the bank in May."
DAYS = (("Monday", "2026-03-02"), ("May", "2025-05"))


def kinds(options: Options) -> dict[Kind, object]:
    return {Kind(time.signs.kind): time.filler.value for time in options.times}


def test_times_are_those_at_hand_and_the_days_of_the_report(look: Look) -> None:
    read = look(TWO_DAYS, times=DAYS)
    options = read.options(next(number for number, trigger in enumerate(read.triggers) if trigger.sentence.index == 1))
    assert kinds(options) == {Kind.DAY: "2026-03-02", Kind.MONTH: "2025-05", Kind.PUBLISHED: "2026-03-10", Kind.DAY_BEFORE: "2026-03-09"}
    chosen = [time for time in options.times if time.signs.chosen]
    assert [time.filler.text for time in chosen] == ["May"]
    placed = {time.filler.text: time.place != NOWHERE for time in options.times}
    assert placed["Monday"]
    assert placed["May"]
    assert [time.place for time in options.times if time.signs.kind in (Kind.PUBLISHED, Kind.DAY_BEFORE)] == [NOWHERE, NOWHERE]


def test_without_a_publication_only_expressions_are_offered(rules: LanguageExtractor, cutter: PieceCutter) -> None:
    article, tagging, linking = prepare(TWO_DAYS, times=DAYS)
    options = read_by_rules(rules, cutter, (replace(article, publication=None), tagging, linking)).options()
    assert set(kinds(options)) == {Kind.DAY, Kind.MONTH}


def test_days_that_stand_before_are_offered_without_a_place(look: Look) -> None:
    filling = "The ship sailed on. " * 70
    marked = f"[Seoul/PLACE] met them on Monday. {filling} It rained in April. {filling} [Seoul/PLACE] sanctioned the bank."
    read = look(marked, times=(("Monday", "2026-03-02"), ("April", "2025-04")))
    options = read.options(len(read.triggers) - 1)
    assert kinds(options)[Kind.LEAD_DAY] == "2026-03-02"
    assert kinds(options)[Kind.TOLD_BEFORE] == "2025-04"
    assert {time.place for time in options.times} == {NOWHERE}


# --- amounts ---


def test_amounts_of_the_sentence_and_its_neighbours_are_offered(rules: LanguageExtractor, cutter: PieceCutter) -> None:
    text = "They paid $1. It rained. Hackers stole $5 (8 won) from Bankhaus. They hid $7. It rained. They paid $9."
    amounts = [money(text, words, 1.0) for words in ("$1", "$5", "8 won", "$7", "$9")]
    amounts[2] = replace(amounts[2], derived_from=1)
    read = read_by_rules(rules, cutter, prepare(text, amounts=amounts))
    number = next(number for number, trigger in enumerate(read.triggers) if "stole" in text[trigger.start : trigger.end])
    options = read.options(number)
    assert {amounts[one.filler].text: one.signs.chosen for one in options.amounts} == {"$5": 1, "$7": 0}
    assert {one.signs.kind for one in options.amounts} == {Kind.AMOUNT}
    stretch = read.stretch_of(read.triggers[number])
    assert [read.view.words[stretch.first + one.place] for one in options.amounts] == ["$", "$"]


def test_of_many_names_elsewhere_the_most_named_are_offered(look: Look) -> None:
    listed = " ".join(f"[Quill {number}/PERSON] left." for number in range(40))
    read = look(f"{listed} [Tamm/PERSON] left. [Tamm/PERSON] slept. " + "The ship sailed on. " * 70 + "Hackers stole a file.")
    elsewhere = [one.filler.text for one in read.options(len(read.triggers) - 1).fillers if one.place == NOWHERE]
    assert elsewhere[0] == "Tamm"
    assert 1 < len(elsewhere) < 20


@pytest.mark.parametrize("before", range(115, 121))
def test_a_time_over_a_cut_lies_in_one_stretch(look: Look, before: int) -> None:
    marked = "the " * before + "ship on Monday night and hackers stole a file and a ship of the city on Monday night"
    read = look(marked, times=(("Monday night", "2026-03-02"),))
    assert len(read.stretches) > 1
    reader = OptionReader(read.view, read.finder)
    for stretch in read.stretches:
        for option in reader.options(read.triggers[0], read.mentions[0], stretch):
            assert option.place == NOWHERE or 0 <= option.place < stretch.last - stretch.first
