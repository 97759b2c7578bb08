"""What the parse decides: which cue, date and source belong to which event. The parses are written by hand."""

from dataclasses import replace

import pytest

from models.records import Token
from models.vocabulary import EventType, Modality
from pipeline.events import extract_events
from tests.events.conftest import prepare


def parsed(frames, rows, **given):
    """Return the events of one sentence given as rows "word tag relation head", the head counted from 1 and 0 for the root."""
    columns = [row.split() for row in rows.strip().splitlines()]
    article, tagging, linking = prepare(" ".join(column[0] for column in columns), **given)
    tokens, cursor = [], 0
    for word, tag, relation, head in columns:
        form = word.strip("[]").split("/")[0] if word.startswith("[") else word
        start = article.text.index(form, cursor)
        cursor = start + len(form)
        tokens.append(Token(start, cursor, form, form.lower(), tag, relation, int(head) - 1 if head != "0" else len(tokens)))
    return extract_events(article, replace(tagging, tokens=tuple(tokens)), linking, frames=frames)[0]


def only(events, kind):
    """Return the single event of a type."""
    found = [event for event in events if event.type == kind]
    assert len(found) == 1, found
    return found[0]


ATTEND = """
[Lee/PERSON] NNP nsubj 3
will MD aux 3
attend VB ROOT 0
a DT det 5
summit NN obj 3
in IN case 7
[Tokyo/PLACE] NNP nmod 5
, , punct 10
then RB advmod 10
fly VB conj 3
home RB advmod 10
and CC cc 13
hold VB conj 3
talks NNS obj 13
with IN case 16
[China/PLACE] NNP obl 13
. . punct 3
"""


def test_an_auxiliary_holds_for_every_verb_that_is_joined_to_its_own(frames):
    assert {event.modality for event in parsed(frames, ATTEND)} == {Modality.PLANNED}


AFTER = """
[Seoul/PLACE] NNP nsubj 2
urged VBD ROOT 0
calm NN obj 2
after IN mark 6
[Pyongyang/PLACE] NNP nsubj 6
fired VBD advcl 2
a DT det 9
ballistic JJ amod 9
missile NN obj 6
. . punct 2
"""


def test_what_is_told_as_circumstance_of_a_call_is_no_part_of_the_call(frames):
    assert only(parsed(frames, AFTER), EventType.MISSILE_LAUNCH).modality is Modality.ASSERTED


BELIEVE = """
[Seoul/PLACE] NNP nsubj 4
does VBZ aux 4
not RB advmod 4
believe VB ROOT 0
that IN mark 8
the DT det 7
North NNP nsubj 8
miniaturized VBD ccomp 4
a DT det 10
warhead NN obj 8
or CC cc 13
successfully RB advmod 13
deployed VBD conj 8
a DT det 16
ballistic JJ amod 16
missile NN obj 13
. . punct 4
"""


def test_a_denial_reaches_the_second_of_two_joined_verbs(frames):
    events = [event for event in parsed(frames, BELIEVE) if event.type == EventType.WEAPONS_PROGRAM]
    assert events
    assert {event.modality for event in events} == {Modality.DENIED}


DATES = """
[Pyongyang/PLACE] NNP nsubj 2
conducted VBD ROOT 0
a DT det 5
nuclear JJ amod 5
test NN obj 2
in IN case 7
January NNP obl 2
and CC cc 9
expelled VBD conj 2
two CD nummod 11
diplomats NNS obj 9
in IN case 13
March NNP obl 9
. . punct 2
"""


def test_each_of_two_joined_verbs_keeps_its_own_date(frames):
    events = parsed(frames, DATES, times=[("January", "2026-01"), ("March", "2026-03")])
    assert only(events, EventType.NUCLEAR_TEST).date == "2026-01"
    assert only(events, EventType.RELATIONS_CHANGE).date == "2026-03"


SAYING = """
[Seoul/PLACE] NNP nsubj 2
said VBD ROOT 0
on IN case 4
Monday NNP obl 2
[Pyongyang/PLACE] NNP nsubj 6
fired VBD ccomp 2
a DT det 9
ballistic JJ amod 9
missile NN obj 6
. . punct 2
"""
OWN_ACT = """
[Treasury/AGENCY] NNP nsubj 2
said VBD ROOT 0
on IN case 4
Monday NNP obl 2
it PRP nsubj 7
has VBZ aux 7
sanctioned VBN ccomp 2
two CD nummod 9
banks NNS obj 7
. . punct 2
"""


@pytest.mark.parametrize(
    ("rows", "kind", "date"),
    [
        pytest.param(SAYING, EventType.MISSILE_LAUNCH, None, id="act-of-another"),
        pytest.param(OWN_ACT, EventType.SANCTION, "2026-03-09", id="own-act"),
    ],
)
def test_the_date_of_a_saying_dates_what_the_speakers_say_of_themselves_alone(frames, rows, kind, date):
    assert only(parsed(frames, rows, times=[("Monday", "2026-03-09")]), kind).date == date


def test_the_speaker_of_a_claim_is_the_subject_of_its_saying(frames):
    assert only(parsed(frames, SAYING), EventType.MISSILE_LAUNCH).speaker.name == "Seoul"


def test_a_circumstance_of_a_call_has_no_speaker(frames):
    assert only(parsed(frames, AFTER), EventType.MISSILE_LAUNCH).speaker is None


DISTANCE = """
The DT det 2
statement NN nsubj 3
came VBD ROOT 0
on IN case 5
Monday NNP obl 3
, , punct 11
two CD nummod 8
days NNS obl 11
after IN mark 11
[Pyongyang/PLACE] NNP nsubj 11
fired VBD advcl 3
a DT det 14
ballistic JJ amod 14
missile NN obj 11
. . punct 3
"""


def test_a_distance_in_days_counts_from_the_day_named_before_it(frames):
    launch = only(parsed(frames, DISTANCE, times=[("Monday", "2026-03-09")]), EventType.MISSILE_LAUNCH)
    assert launch.date == "2026-03-07"


BOAST = """
[North Korea/PLACE] NNP nsubj 2
said VBD ROOT 0
it PRP nsubj 5
had VBD aux 5
developed VBN ccomp 2
a DT det 8
ballistic JJ amod 8
missile NN obj 5
. . punct 2
"""


@pytest.mark.parametrize(("speaker", "modality"), [("Pyongyang", Modality.ALLEGED), ("Sweden", Modality.ASSERTED)])
def test_new_weapons_of_a_closed_state_are_alleged_where_it_tells_of_them_itself(frames, speaker, modality):
    rows = BOAST.replace("[North Korea/PLACE]", f"[{speaker}/PLACE]")
    assert only(parsed(frames, rows), EventType.WEAPONS_PROGRAM).modality is modality


CALL = """
[Seoul/PLACE] NNP nsubj 2
urged VBD ROOT 0
[Pyongyang/PLACE] NNP obj 2
to TO mark 5
return VB xcomp 2
to IN case 7
talks NNS obl 5
. . punct 2
"""


def test_a_call_without_a_date_is_of_the_day_that_the_report_names(frames):
    article, tagging, linking = prepare(
        "[Seoul/PLACE] spoke on Monday. [Seoul/PLACE] urged [Pyongyang/PLACE] to return to talks.", times=[("Monday", "2026-03-09")]
    )
    second = parse_from(tagging.tokens, CALL, first=5)
    events = extract_events(article, replace(tagging, tokens=second), linking, frames=frames)[0]
    assert only(events, EventType.CALL).date == "2026-03-09"


def parse_from(tokens, rows, first):
    """Give the tokens from `first` on the parse of the rows."""
    columns = [row.split() for row in rows.strip().splitlines()]
    read = [
        replace(token, tag=tag, dep=relation, head=first + (int(head) - 1 if head != "0" else place))
        for place, (token, (_, tag, relation, head)) in enumerate(zip(tokens[first:], columns, strict=True))
    ]
    return (*tokens[:first], *read)
