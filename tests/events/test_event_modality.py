import pytest

from models.vocabulary import EventType, Modality

LAUNCH = EventType.MISSILE_LAUNCH


@pytest.mark.parametrize(
    ("sentence", "modality"),
    [
        ("[North Korea/PLACE] fired a ballistic missile into the sea.", Modality.ASSERTED),
        ("[North Korea/PLACE] reportedly fired a ballistic missile into the sea.", Modality.ALLEGED),
        ("[North Korea/PLACE] will fire a ballistic missile into the sea.", Modality.PLANNED),
        ("[North Korea/PLACE] may fire a ballistic missile into the sea.", Modality.POSSIBLE),
        ("[North Korea/PLACE] did not fire a ballistic missile into the sea.", Modality.DENIED),
        ("Hawks urged [North Korea/PLACE] to fire a ballistic missile into the sea.", Modality.CALLED_FOR),
        ("It would not be the first time [North Korea/PLACE] fired a ballistic missile.", Modality.ASSERTED),
        ("[North Korea/PLACE] has no intention of launching a ballistic missile.", Modality.DENIED),
        ("[North Korea/PLACE] is set to launch a ballistic missile, officials say.", Modality.PLANNED),
    ],
)
def test_a_cue_sets_the_modality(only, sentence, modality):
    assert only(LAUNCH, sentence).modality is modality


@pytest.mark.parametrize("word", ["allegedly", "never"])
def test_adding_a_cue_changes_modality_and_nothing_else(extract, word):
    plain = extract("[North Korea/PLACE] sent artillery shells to [Russia/PLACE].")[0]
    cued = extract(f"[North Korea/PLACE] {word} sent artillery shells to [Russia/PLACE].")[0]
    assert [shape(event) for event in cued] == [shape(event) for event in plain]
    assert {event.modality for event in cued} == {Modality.ALLEGED if word == "allegedly" else Modality.DENIED}


def shape(event):
    return event.type, event.subtype, [a.name for a in event.actors], [a.name for a in event.targets]


def test_what_is_denied_is_denied_and_the_denial_is_asserted(extract):
    events = extract("The [Foreign Ministry/AGENCY] denied that hackers stole the cryptocurrency.")[0]
    assert {event.type: event.modality for event in events} == {
        EventType.REJECTION: Modality.ASSERTED,
        EventType.CYBER_OP: Modality.DENIED,
    }


def test_designation_is_asserted_and_the_conduct_alleged(extract):
    events = extract("The [Treasury/AGENCY] sanctioned two bankers accused of laundering stolen cryptocurrency.")[0]
    found = {event.type: event.modality for event in events}
    assert found[EventType.SANCTION] is Modality.ASSERTED
    assert found[EventType.ILLICIT_FINANCE] is Modality.ALLEGED


def test_what_is_urged_is_called_for_and_the_urging_is_asserted(extract):
    events = extract("[Seoul/PLACE] urged [Pyongyang/PLACE] to stop developing nuclear weapons.")[0]
    found = {event.type: event.modality for event in events}
    assert found[EventType.CALL] is Modality.ASSERTED
    assert found[EventType.WEAPONS_PROGRAM] is Modality.CALLED_FOR


def test_a_failed_launch_is_a_launch(only):
    assert only(LAUNCH, "The ballistic missile launch by [North Korea/PLACE] failed.").modality is Modality.ASSERTED


def test_a_name_that_looks_like_a_cue_is_none(only):
    event = only(EventType.CALL, "[Ban/PERSON] called on [Pyongyang/PLACE] to return to talks.")
    assert event.modality is Modality.ASSERTED


def test_an_event_dated_after_publication_is_planned(only):
    event = only(
        EventType.MEETING,
        "The envoy visits [Seoul/PLACE] on March 20.",
        published="2026-03-10",
        times=[("March 20", "2026-03-20")],
    )
    assert event.modality is Modality.PLANNED


def test_a_hedge_in_one_telling_makes_the_event_alleged(only):
    text = "[Lazarus/ORG] hackers stole $5 million in cryptocurrency. The hackers allegedly stole the cryptocurrency from a bridge."
    assert only(EventType.CYBER_OP, text).modality is Modality.ALLEGED


@pytest.mark.parametrize(
    ("sentence", "modality"),
    [
        ("[북한/PLACE]이 탄도미사일을 발사했다.", Modality.ASSERTED),
        ("[북한/PLACE]이 탄도미사일을 발사하지 않았다.", Modality.DENIED),
        ("[북한/PLACE]이 탄도미사일을 발사할 예정이다.", Modality.PLANNED),
        ("[북한/PLACE]이 탄도미사일을 발사할 가능성이 있다.", Modality.POSSIBLE),
        ("[북한/PLACE]이 탄도미사일을 발사한 것으로 추정된다.", Modality.ALLEGED),
    ],
)
def test_a_korean_cue_behind_the_predicate_sets_the_modality(only, sentence, modality):
    assert only(LAUNCH, sentence, lang="ko").modality is modality
