from __future__ import annotations

import pytest

from models.merging import MergeRule, MergeStatus, Sum
from models.vocabulary import EventType, Label, Modality
from pipeline.merge.compare import compare
from tests.merge.builders import BANKER, NORTH, TREASURY, actor, make_event, target, won

OTHER_WORDS = "A short-range ballistic missile was launched toward the sea, the military announced."


def verdict(one, other) -> tuple[str, str] | None:
    proposal = compare(one, other)
    return None if proposal is None else (proposal.status, proposal.rule)


def sanction(name: str = "a", text: str = "The Treasury blacklisted a banker in Shenyang.", **changes):
    values = {"type": EventType.SANCTION, "subtype": "impose", "parties": (TREASURY, BANKER), "day": "2025-11-04"}
    return make_event(name, text, **(values | changes))


def theft(name: str = "a", text: str = "Thieves emptied a wallet of the exchange.", **changes):
    values = {"type": EventType.CYBER_OP, "subtype": "theft", "parties": (target("kb:org-upbit", Label.ORG),), "day": "2025-11-27"}
    return make_event(name, text, **(values | changes))


def call(name: str = "a", text: str = "Wong urged the North to return to talks.", **changes):
    parties = (actor("kb:per-penny-wong", Label.PERSON, "AU"), target("kb:kp", Label.PLACE, "KP"))
    return make_event(name, text, **({"type": EventType.CALL, "subtype": "change", "parties": parties} | changes))


def test_a_launch_of_one_day_told_in_other_words_is_one_event() -> None:
    assert verdict(make_event("a"), make_event("b", OTHER_WORDS)) == (MergeStatus.MERGED, MergeRule.ONE_A_DAY)


def test_it_does_not_matter_which_comes_first_and_the_earlier_one_stands() -> None:
    early, late = make_event("z", published=make_event().published.replace(day=7)), make_event("a")
    assert compare(early, late) == compare(late, early)
    assert (compare(early, late).winner, compare(early, late).loser) == ("evt-z", "evt-a")


def test_texts_in_two_languages_are_compared_by_what_they_tell() -> None:
    korean = make_event("b", evidence=(("ko", "북한이 7일 동해상으로 탄도미사일 1발을 발사했다."),))
    proposal = compare(make_event("a"), korean)
    assert (proposal.status, {part.name: part.value for part in proposal.parts}["sentence"]) == (MergeStatus.MERGED, None)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(make_event("b", OTHER_WORDS, day="2025-11-08"), id="the next day"),
        pytest.param(make_event("b", OTHER_WORDS, subtype="cruise"), id="another kind of missile"),
        pytest.param(make_event("b", OTHER_WORDS, parties=(actor("kb:kr", Label.PLACE, "KR"),)), id="another country"),
        pytest.param(make_event("b", OTHER_WORDS, day="2025-11"), id="a month"),
        pytest.param(make_event("b", OTHER_WORDS, day=None), id="no date"),
        pytest.param(make_event("b", habitual=True), id="a habit"),
        pytest.param(make_event("b", versions=frozenset({"ver-a"})), id="told apart in one text"),
        pytest.param(make_event("b", modality=Modality.PLANNED), id="only planned"),
        pytest.param(make_event("b", modality=Modality.DENIED), id="denied"),
        pytest.param(make_event("b", type=EventType.NUCLEAR_TEST), id="another type"),
    ],
)
def test_a_launch_is_not_merged_with(other) -> None:
    found = compare(make_event("a"), other)
    assert found is None or found.status is not MergeStatus.MERGED


def test_what_one_asserts_and_another_alleges_is_for_an_editor() -> None:
    assert verdict(make_event("a"), make_event("b", modality=Modality.ALLEGED)) == (MergeStatus.CANDIDATE, MergeRule.ONE_A_DAY)


def test_sanctions_of_one_day_on_one_person_are_one_and_on_two_persons_two() -> None:
    other = target("kb:ofac-56037", Label.PERSON, "KP")
    same = sanction("b", "Washington acts against a financier of the North.", parties=(actor("kb:us", Label.PLACE, "US"), BANKER))
    assert verdict(sanction(), same) == (MergeStatus.MERGED, MergeRule.PARTY_AND_DAY)
    assert compare(sanction(), sanction("b", parties=(TREASURY, other))) is None


def test_a_body_of_a_state_agrees_with_the_state_alone() -> None:
    state = sanction("b", parties=(actor("kb:us", Label.PLACE, "US"),))
    foreign = sanction("b", parties=(actor("kb:au", Label.PLACE, "AU"),))
    assert compare(sanction(parties=(TREASURY,)), state) is not None
    assert compare(sanction(parties=(TREASURY,)), foreign) is None


def test_a_theft_with_another_amount_is_one_event_and_says_so() -> None:
    proposal = compare(theft(sums=(won(54e9),)), theft("b", sums=(won(44.5e9),)))
    assert (proposal.status, proposal.rule) == (MergeStatus.MERGED, MergeRule.PARTY_AND_DAY)
    amount = next(part for part in proposal.parts if part.name == "amount")
    assert amount.why == "told differently: 54,000,000,000 KRW and 44,500,000,000 KRW"


def test_the_same_amount_in_another_currency_joins_what_one_party_lost_without_a_date() -> None:
    dollars = theft(
        "b",
        "Upbit lost $30.4 million.",
        day=None,
        published=make_event().published.replace(day=29),
        sums=(Sum(30.4e6, None, "USD", 30.4e6),),
    )
    wons = theft(sums=(Sum(44.5e9, None, "KRW", 30.1e6),))
    assert verdict(wons, dollars) == (MergeStatus.MERGED, MergeRule.PARTY_AND_AMOUNT)


def test_two_calls_of_one_minister_on_one_day_are_two() -> None:
    assert compare(call(), call("b", "Wong called for an end to arms transfers and praised the partners.")) is None


def test_a_call_in_nearly_the_same_words_is_one() -> None:
    same = call("b", "Wong on Friday urged the North to return to the talks.")
    assert verdict(call(), same) == (MergeStatus.MERGED, MergeRule.SAME_WORDS)


def test_the_same_words_at_another_place_are_for_an_editor() -> None:
    meeting = {
        "type": EventType.MEETING,
        "subtype": "visit",
        "parties": (actor("kb:per-x", Label.PERSON), actor("kb:kp", Label.PLACE, "KP")),
    }
    one = make_event("a", place="kb:seoul", **(meeting | {"parties": (meeting["parties"][0],)}))
    other = make_event("b", place="kb:cn", **(meeting | {"parties": (meeting["parties"][0],)}))
    assert verdict(one, other) == (MergeStatus.CANDIDATE, MergeRule.ALIKE)


def test_copies_of_one_text_tell_one_event_though_a_party_was_lost() -> None:
    copy = call("b", cluster="sty-a", parties=(), subtype="change")
    assert verdict(call(), copy) == (MergeStatus.MERGED, MergeRule.COPY)


def test_different_sentences_of_two_copies_are_not_one_because_their_keys_are() -> None:
    other = call("b", "Wong asked for aid to the flooded provinces.", cluster="sty-a", key="key-a", day=None)
    assert verdict(call(day=None), other) is None


def test_versions_of_one_article_tell_one_event_though_the_date_was_added() -> None:
    newer = call("b", article="art-a", cluster="sty-a", day="2025-11-08")
    assert verdict(call(day=None), newer) == (MergeStatus.MERGED, MergeRule.VERSION)


def test_every_proposal_says_why_in_words() -> None:
    proposal = compare(make_event("a"), make_event("b", OTHER_WORDS))
    whys = {part.name: part.why for part in proposal.parts if part.value is not None}
    assert whys["date"] == "2025-11-07 in both"
    assert whys["actor"] == "kp in both"
    assert 0 <= proposal.score <= 1
    assert NORTH.is_named is False
