"""Triggers: word classes of tagged text, references back, and several words of one sentence that tell one act."""

from dataclasses import replace

import pytest

from models.vocabulary import EventType
from pipeline.events import extract_events
from tests.events.conftest import prepare


@pytest.fixture(scope="module")
def tagged(frames):
    """Return the types of the events of a text in which some words are tagged; all others get a tag that says nothing."""

    def run(marked, **tags):
        article, tagging, linking = prepare(marked)
        tokens = tuple(replace(token, tag=tags.get(token.text, "X")) for token in tagging.tokens)
        events, _ = extract_events(article, replace(tagging, tokens=tokens), linking, frames=frames)
        return [event.type for event in events]

    return run


def test_a_noun_is_no_verb_where_the_words_are_tagged(tagged):
    text = "The ministry may order ships to port."
    assert EventType.CALL in tagged(text, order="VB")
    assert EventType.CALL not in tagged(text, order="NN")


def test_a_verb_is_no_noun_where_the_words_are_tagged(tagged):
    text = "Officials at the base threat drills by the army."
    assert EventType.MILITARY_DRILL in tagged(text, drills="NNS")
    assert EventType.MILITARY_DRILL not in tagged(text, drills="VBZ")


def test_a_tag_in_doubt_keeps_a_form_in_ing(tagged):
    assert EventType.CALL in tagged("A statement urging calm came late.", urging="NN")


def test_a_wrong_tag_does_not_lift_a_negative_context(tagged):
    assert EventType.MILITARY_DRILL not in tagged("The army was told to exercise restraint.", exercise="NN")


def test_a_definite_noun_takes_up_an_event_and_makes_none(extract):
    events, _ = extract("[Kim Jin-ah/PERSON] met [John Miller/PERSON] on Tuesday. The meeting lasted two hours.")
    meetings = [event for event in events if event.type == EventType.MEETING]
    assert [len(event.mentions) for event in meetings] == [2]
    assert [event for event in extract("The meeting lasted two hours.")[0] if event.type == EventType.MEETING] == []


def test_a_reference_back_needs_a_fitting_subtype(extract):
    events, _ = extract("Police arrested [Kim Min-su/PERSON] in May. He served five years in prison.")
    arrest = next(event for event in events if event.subtype == "arrest")
    assert [mention.trigger.text for mention in arrest.mentions] == ["arrested"]


def test_the_rest_of_a_sentence_is_part_of_its_act(only):
    event = only(EventType.LEGAL_ACTION, "[Park Jae-ho/PERSON] was sentenced on Friday to ten years in prison.")
    assert len(event.mentions) == 2


def test_what_is_threatened_is_part_of_the_threat(only):
    event = only(EventType.THREAT, "[Pyongyang/PLACE] warned that it would turn the island into a sea of fire.")
    assert [actor.name for actor in event.actors] == ["Pyongyang"]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (EventType.CALL, "[Tokyo/PLACE] should call off the plan, the envoy said."),
        (EventType.CALL, "Lawmakers pressed [Beijing/PLACE] to cut oil supplies."),
        (EventType.ACCUSATION, "The envoy called the drill a dangerous provocation."),
        (EventType.ACCUSATION, "The move drew sharp criticism from [Moscow/PLACE]."),
        (EventType.REJECTION, "The firm called the report baseless."),
        (EventType.REJECTION, "The minister disputed the figures."),
        (EventType.THREAT, "All options are on the table, the general said."),
        (EventType.PLEDGE, "[Seoul/PLACE] promised more aid to farmers."),
        (EventType.STATEMENT, "The leader addressed the assembly on Monday."),
        (EventType.SANCTION, "[Tokyo/PLACE] banned imports of seafood from the North."),
        (EventType.ILLICIT_FINANCE, "The clerk was held over an embezzlement case."),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isupper() else None,
)
def test_an_act_is_found_in_other_words(extract, kind, text):
    assert kind in {event.type for event in extract(text)[0]}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (EventType.CALL, "The firm did not answer a request for comment."),
        (EventType.CALL, "The bill calls for higher spending on roads."),
        (EventType.THREAT, "Analysts warned of weak exports."),
        (EventType.MEETING, "The rocket met all technical thresholds."),
        (EventType.SANCTION, "Swimming is banned at the lake."),
        (EventType.LEGAL_ACTION, "The ceremony was held in the capital."),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isupper() else None,
)
def test_words_of_another_sense_tell_no_act(extract, kind, text):
    assert kind not in {event.type for event in extract(text)[0]}
