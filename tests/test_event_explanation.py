from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.records import Analysis, Event, EventMention
from models.vocabulary import Modality, RelationKind
from pipeline.errors import ConfigurationError
from pipeline.event_explanation import explain_event, load_sentences, view_events
from pipeline.events import EVENTS_VERSION
from pipeline.events.lexicon_files import LEXICON, load_language
from pipeline.events.provenance import LexiconLines
from pipeline.extraction import analyse_document
from tests.shipped import rules_alone

PUBLISHED = "2025-11-06T09:00:00+09:00"
LEXICON_LINES = LexiconLines()


def analyse(text: str, *, published: str | None = PUBLISHED, lang: str = "en") -> Analysis:
    return analyse_document({"id": "a", "text": text, "published": published, "lang": lang}, rules_alone())


def explain_all(analysis: Analysis) -> list[dict[str, Any]]:
    views = view_events(analysis, model="m", model_version="1", knowledge_version="k")
    return [explain_event(view, LEXICON_LINES) for view in views]


def tell(text: str, **about: Any) -> list[dict[str, Any]]:
    return explain_all(analyse(text, **about))


def of_type(told: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next(one for one in told if one["event"]["type"] == kind)


def change_mention(analysis: Analysis, **changes: object) -> Analysis:
    """Change the first mention of the first event."""
    event: Event = analysis.events[0]
    first: EventMention = replace(event.mentions[0], **changes)  # type: ignore[arg-type]
    return replace(analysis, events=(replace(event, mentions=(first, *event.mentions[1:])), *analysis.events[1:]))


# --- the lexicon ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["en", "ko"])
def test_every_rule_of_the_lexicon_is_found_with_its_line(code: str) -> None:
    language = load_language(code)
    rules = [rule for frame in language.frames for rule in frame.rules]
    assert len(rules) > 50
    for rule in rules:
        line = LEXICON_LINES.rule(f"{code}:{rule.id}")
        assert line is not None, rule.id
        text = (LEXICON / line.file).read_text("utf-8").splitlines()[line.line - 1]
        assert re.search(rf"id:\s*{re.escape(rule.id.partition('.')[2])}\b", text), (rule.id, text)
        assert line.words
        assert 0 <= line.right <= line.counted


@pytest.mark.parametrize(
    "ident", ["network:MEETING", "en:MEETING.nothing", "fr:MEETING.visit", "../en:MEETING.visit", "sanction.impose", ""]
)
def test_what_is_no_rule_of_the_lexicon_has_no_line(ident: str) -> None:
    assert LEXICON_LINES.rule(ident) is None
    assert LEXICON_LINES.matched(ident, "visited Seoul", 0, 13) == ()


def test_a_cue_is_found_by_its_words_and_modality() -> None:
    line = LEXICON_LINES.cue("en", "may", "possible")
    assert line is not None
    text = (LEXICON / line.file).read_text("utf-8").splitlines()[line.line - 1]
    assert f"id: {line.cue.id}" in text
    assert LEXICON_LINES.cue("en", "may", "denied") is None
    assert LEXICON_LINES.cue("en", "elephants", "possible") is None
    assert LEXICON_LINES.cue("fr", "may", "possible") is None
    korean = LEXICON_LINES.cue("ko", "예정", "planned")
    assert korean is not None
    assert korean.file == "ko/common/cues.yaml"


# --- rules and scores -----------------------------------------------------------------------------------------------

ENGLISH = (
    "The Treasury Department imposed sanctions on two North Korean bankers on Tuesday. Lee Jae-myung visits Tokyo on Nov. 20. "
    "Police arrested a man in Seoul. The United States urged China to stop missile launches by North Korea. "
    "North Korea fired two short-range ballistic missiles from Wonsan on Tuesday, the Joint Chiefs of Staff said. "
    "The two Koreas may hold talks in Geneva next month. North Korea has not conducted a nuclear test."
)
KOREAN = (
    "북한 정찰총국 산하 라자루스가 국내 거래소에서 가상자산 300억원을 탈취한 것으로 추정된다고 국가정보원이 지난 4일 밝혔다. "
    "조태열 외교부 장관은 5일 서울에서 왕이 중국 외교부장과 회담할 예정이라고 말했다. 북한은 5일 탄도미사일 2발을 발사했다."
)


@pytest.mark.parametrize(("text", "lang"), [(ENGLISH, "en"), (KOREAN, "ko")])
def test_each_mention_is_told_by_the_pattern_that_has_its_words_and_by_the_score_of_its_rule(text: str, lang: str) -> None:
    told = tell(text, lang=lang)
    assert len(told) > 2
    for mention in (one for event in told for one in event["mentions"]):
        (rule,) = mention["rules"]
        assert rule["in_lexicon"]["matched"], mention["trigger"]["text"]
        assert rule["says"] == load_sentences().lists["rules"][lang]
        assert mention["score"]["basis"] == ("counted" if mention["modality"]["value"] == "asserted" else "unsure")
        assert mention["maker"]["version"] == EVENTS_VERSION
        assert mention["maker"]["says"] != load_sentences().lists["makers"]["unknown"]
        assert text[mention["trigger"]["start"] : mention["trigger"]["end"]] == mention["trigger"]["text"]
        for mark in mention["marks"]:
            assert text[mark["start"] : mark["end"]] == mark["text"]
    codes = {one["event"]["type"]: (one["event"]["plover"], one["event"]["cameo"]) for one in told}
    assert codes["MISSILE_LAUNCH"] == ("MOBILIZE/weapons", "150")


@pytest.mark.parametrize(
    ("rules", "key"),
    [
        (("network:SANCTION",), "network"),
        (("en:SANCTION.rule_of_old",), "gone"),
        (("oracle:SANCTION",), "unknown"),
        (("sanction.impose",), "unknown"),
        (("unknown:x",), "unknown"),
        (("gone:x",), "unknown"),
    ],
)
def test_what_no_lexicon_made_is_told_in_a_general_sentence(rules: tuple[str, ...], key: str) -> None:
    analysis = change_mention(analyse("The Treasury Department imposed sanctions on two North Korean bankers on Tuesday."), rules=rules)
    (mention,) = explain_all(analysis)[0]["mentions"]
    assert [rule["says"] for rule in mention["rules"]] == [load_sentences().lists["rules"][key]]
    assert mention["rules"][0]["in_lexicon"] is None
    assert mention["score"]["basis"] == "unknown"
    assert {one["slot_says"] for one in mention["arguments"]} == {load_sentences().lists["slots"]["unknown"]}


def test_a_network_beside_a_rule_is_told_beside_it_and_a_score_of_its_own_is_not_called_the_rules() -> None:
    analysis = analyse("The Treasury Department imposed sanctions on two North Korean bankers on Tuesday.")
    rules = (*analysis.events[0].mentions[0].rules, "network:SANCTION")
    (mention,) = explain_all(change_mention(analysis, rules=rules, score=0.9))[0]["mentions"]
    assert [rule["in_lexicon"] is None for rule in mention["rules"]] == [False, True]
    assert mention["score"] == {"value": 0.9, "basis": "unknown", "means": load_sentences().lists["score"]["unknown"]}


# --- arguments, modality, date --------------------------------------------------------------------------------------


def test_arguments_tell_how_they_were_found_and_where_the_rule_looks_for_them() -> None:
    text = "Washington and Tokyo opposed it. The Treasury Department imposed sanctions on two North Korean bankers on Tuesday."
    told = of_type(tell(text), "SANCTION")
    actor, target = told["mentions"][0]["arguments"]
    assert (actor["role"], actor["via"], actor["inside"], actor["passage"]) == ("actor", "direct", True, None)
    assert actor["entity"]["label"] == "AGENCY"
    assert set(actor["sought_in"]) >= {"subject"}
    assert (target["slot"], target["slot_says"]) == ("on", "behind 'on', where the rule looks for it")


def test_an_argument_of_another_sentence_is_shown_where_it_stands() -> None:
    text = "북한은 5일 성명을 냈다. 탄도미사일 2발을 발사했다."
    mention = of_type(tell(text, lang="ko"), "MISSILE_LAUNCH")["mentions"][0]
    (actor,) = (one for one in mention["arguments"] if one["role"] == "actor")
    assert (actor["via"], actor["inside"]) == ("context", False)
    assert actor["passage"].startswith("»북한«은 5일")
    assert "actor" not in {mark["kind"] for mark in mention["marks"]}


def why(text: str, kind: str, **about: Any) -> tuple[str, str, list[str]]:
    modality = of_type(tell(text, **about), kind)["mentions"][0]["modality"]
    return modality["value"], modality["why"], [cue["text"] for cue in modality["cues"]]


def test_modality_is_told_with_what_decided_it() -> None:
    assert why("Police arrested a man in Seoul.", "LEGAL_ACTION") == ("asserted", "plain", [])
    assert why("The two Koreas may hold talks in Geneva.", "MEETING") == ("possible", "cue", ["may"])
    assert why("Lee Jae-myung visits Tokyo on Nov. 20.", "MEETING") == ("planned", "date", ["Nov. 20"])
    boast = "North Korea has developed a new submarine capable of carrying nuclear missiles, Kim Jong Un said."
    assert why(boast, "WEAPONS_PROGRAM") == ("alleged", "boast", [])


def test_a_cue_is_marked_where_it_stands_as_a_word_and_nearest_to_the_trigger() -> None:
    text = "The mayor said on a day in May that the two Koreas may hold talks in Geneva."
    mention = of_type(tell(text), "MEETING")["mentions"][0]
    (cue,) = mention["modality"]["cues"]
    assert (cue["start"], cue["end"]) == (text.index("may hold"), text.index("may hold") + 3)
    assert cue["in_lexicon"]["file"] == "en/common/cues.yaml"


def test_longer_cues_hold_the_marks_of_shorter_ones() -> None:
    mention = of_type(tell(KOREAN, lang="ko"), "CYBER_OP")["mentions"][0]
    assert len(mention["modality"]["cues"]) > 1
    assert [mark["text"] for mark in mention["marks"] if mark["kind"] == "cue"] == ["것으로 추정"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"modality": "possible"}, "unknown"),
        ({"modality": "possible", "cues": ("bankers",)}, "unlisted"),
        ({"modality": "planned", "rules": ("network:SANCTION",)}, "unknown"),
        ({"modality": "planned"}, "clause"),
        ({"modality": "asserted", "rules": ("network:SANCTION",)}, "plain"),
    ],
)
def test_modality_that_the_lexicon_does_not_explain_is_said_to_be_so(changes: dict[str, object], expected: str) -> None:
    analysis = analyse("The Treasury Department imposed sanctions on two North Korean bankers on Tuesday.")
    modality = Modality(str(changes.pop("modality")))
    (mention,) = explain_all(change_mention(analysis, modality=modality, **changes))[0]["mentions"]
    assert mention["modality"]["why"] == expected


def test_a_date_is_told_with_its_expression_and_what_it_is_read_against() -> None:
    told = of_type(tell("Police arrested a man in Seoul on Tuesday."), "LEGAL_ACTION")
    date = told["mentions"][0]["date"]
    assert (date["start"], date["end"], date["precision"], date["anchor"]) == ("2025-11-04", "2025-11-04", "day", "2025-11-06")
    assert (told["event"]["date"]["basis"], told["event"]["date"]["mention"]) == ("expression", 1)
    undated = of_type(tell("Police arrested a man in Seoul."), "LEGAL_ACTION")
    assert (undated["event"]["date"]["basis"], undated["mentions"][0]["date"]) == ("none", None)
    analysis = change_mention(analyse("Police arrested a man in Seoul on Tuesday."), time=None)
    assert of_type(explain_all(analysis), "LEGAL_ACTION")["event"]["date"]["basis"] == "implied"


def test_relations_are_told_from_either_side() -> None:
    told = tell("The United States urged China to stop missile launches by North Korea.")
    (spoken,) = of_type(told, "CALL")["event"]["relations"]
    (content,) = of_type(told, "MISSILE_LAUNCH")["event"]["relations"]
    assert (spoken["side"], content["side"]) == ("second", "first")
    assert spoken["says"].startswith("calls for, threatens, denies, pledges or alleges MISSILE_LAUNCH")
    assert "“missile launches”" in spoken["says"]
    assert content["says"].startswith("what CALL")


def test_mentions_that_disagree_are_told_with_what_counts() -> None:
    text = (
        "Hackers stole $37 million in crypto from Upbit on Tuesday. Hackers reportedly stole $40 million in crypto from Upbit on Tuesday. "
        "The heist shook the market."
    )
    first, *others = analyse(text).events
    whole = replace(first, mentions=tuple(mention for event in (first, *others) for mention in event.mentions))
    (told,) = explain_all(replace(analyse(text), events=(whole,), relations=()))
    by_field = {one["field"]: one for one in told["disagreements"]}
    assert {value["value"] for value in by_field["modality"]["values"]} == {"asserted", "alleged"}
    amounts = {value["value"]: value["mentions"] for value in by_field["amount"]["values"]}
    assert amounts == {"$37 million": [1], "$40 million": [2]}
    assert by_field["amount"]["role"] == "stolen"
    assert "actor" not in by_field
    assert "speaker" not in by_field


def test_one_mention_has_nothing_to_disagree_with() -> None:
    assert of_type(tell("Police arrested a man in Seoul on Tuesday."), "LEGAL_ACTION")["disagreements"] == []


# --- the sentences --------------------------------------------------------------------------------------------------


def test_the_sentences_are_complete_and_can_be_filled_in() -> None:
    sentences = load_sentences()
    assert set(sentences.relations) == set(RelationKind)
    assert all("{other}" in says for sides in sentences.relations.values() for says in sides.values())
    lists = sentences.lists
    assert {"plain", "cue", "date", "rule", "boast", "clause", "unlisted", "unknown"} == set(lists["modality"])
    assert {"expression", "implied", "none"} == set(lists["date"])
    assert {"modality", "date", "subtype", "speaker", "place", "actor", "target", "amount", "quantity"} == set(lists["disagreements"])
    assert {"gone", "unknown", "network", *(path.name for path in LEXICON.iterdir() if path.is_dir())} == set(lists["rules"])


def test_a_fault_in_the_sentences_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "explanations.yaml"
    path.write_text("rules:\n  en: a\nmistakes: {}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"explanations.yaml:3: unknown key 'mistakes'"):
        load_sentences(path)
