"""What becomes of the network's probabilities: the network is told what to say."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from models.records import EventMention, TimeExpression
from models.vocabulary import AmountRole, AttributionKind, EventType, Modality, Precision
from pipeline.events.extraction import LanguageExtractor
from pipeline.events.reader.decide import NETWORK_RULE, EventReader, generic_rule, log_odds
from pipeline.events.reader.network import MODALITIES, Limits
from pipeline.text.pieces import PieceCutter
from tests.events.conftest import prepare
from tests.events.reader.articles import money, read_by_rules
from tests.events.reader.toy import Prompter

LAUNCH, SANCTION, THEFT = EventType.MISSILE_LAUNCH, EventType.SANCTION, EventType.CYBER_OP
SANCTIONED = "[Seoul/PLACE] sanctioned [Bankhaus/ORG], [Quill/PERSON] said."
LIMITS = Limits(rule=0.2, new=0.4, filler=0.4, speaker=0.4, time=0.4, amount=0.4, plain=0.5)


@dataclass(frozen=True)
class Told:
    """A trigger that is believed, and what is told at it."""

    text: str
    type: EventType
    rule: str
    mention: EventMention
    time: TimeExpression | None
    stretch: str
    word: str
    odds: tuple[float, ...]


Decide = Callable[..., list[Told]]


@pytest.fixture(scope="module")
def decide(rules: LanguageExtractor, cutter: PieceCutter) -> Decide:
    """Return what is believed of a marked text when the network says what is told."""

    def run(
        marked: str,
        types: Mapping[str, Mapping[EventType, float]],
        parts: Mapping[object, Mapping[str, float]] | None = None,
        *,
        limits: Limits = LIMITS,
        modality: Callable[[int], Mapping[Modality, float]] = lambda told: {MODALITIES[told]: 1.0},
        **given: object,
    ) -> list[Told]:
        network = Prompter(cutter, types=types, parts=parts, limits=limits, modality=modality)
        read = read_by_rules(rules, cutter, prepare(marked, **given))
        reader = EventReader(network, rules.language.frames)
        view, sights = reader.look(read.reading, read.triggers)
        mentions = [draft.mention for draft in rules.drafts(read.reading, [sight.trigger for sight in sights], read.finder)]
        return [
            Told(
                mention.trigger.text,
                sight.trigger.frame.type,
                sight.trigger.rule.id,
                mention,
                time,
                " ".join(view.words[sight.stretch.first : sight.stretch.last]),
                view.words[sight.stretch.first + sight.word],
                odds,
            )
            for sight, (mention, time, odds) in zip(sights, reader.read(view, sights, mentions, read.finder), strict=True)
        ]

    return run


@pytest.fixture(scope="module")
def sanctioned(decide: Decide) -> Callable[..., Told]:
    """Return what is told at the one trigger of SANCTIONED."""

    def run(parts: Mapping[object, Mapping[str, float]] | None = None, **given: object) -> Told:
        (told,) = decide(SANCTIONED, {"sanctioned": {SANCTION: 0.9}}, parts, **given)
        return told

    return run


# --- triggers ---


@pytest.mark.parametrize(("probability", "kept"), [(0.21, True), (0.19, False), (0.0, False)], ids=["above", "below", "never"])
def test_a_trigger_of_the_rules_is_kept_above_its_limit(decide: Decide, probability: float, kept: bool) -> None:
    told = decide(SANCTIONED, {"sanctioned": {SANCTION: probability}})
    assert [(one.text, one.type, one.rule.startswith(NETWORK_RULE)) for one in told] == [("sanctioned", SANCTION, False)] * kept


def test_any_word_of_a_trigger_may_be_believed(decide: Decide) -> None:
    (told,) = decide("[Pyongyang/PLACE] fired a missile.", {"missile": {LAUNCH: 0.9}})
    assert told.text == "fired a missile"
    assert decide("[Pyongyang/PLACE] fired a missile.", {"missile": {SANCTION: 0.1}}) == []


@pytest.mark.parametrize(("probability", "found"), [(0.41, ["zapped"]), (0.39, [])], ids=["above", "below"])
def test_what_no_rule_knows_is_taken_above_its_limit(decide: Decide, probability: float, found: list[str]) -> None:
    told = decide("[Pyongyang/PLACE] zapped the island.", {"zapped": {LAUNCH: probability}})
    assert [one.text for one in told] == found
    assert all((one.type, one.rule) == (LAUNCH, "network:MISSILE_LAUNCH") for one in told)


def test_of_two_beside_each_other_the_likelier_is_taken(decide: Decide) -> None:
    said = {"zapped": {LAUNCH: 0.6}, "off": {LAUNCH: 0.8}}
    assert [one.text for one in decide("It zapped off rockets.", said)] == ["off"]
    assert [one.text for one in decide("It zapped the rocket off.", said)] == ["zapped", "off"]
    other = {"zapped": {LAUNCH: 0.6}, "off": {THEFT: 0.8}}
    assert [one.type for one in decide("It zapped off rockets.", other)] == [LAUNCH, THEFT]


def test_nothing_new_is_found_beside_a_trigger_of_the_rules(decide: Decide) -> None:
    said = {"sanctioned": {SANCTION: 0.9}, "Bankhaus": {SANCTION: 0.8}, "again": {SANCTION: 0.8}, "then": {SANCTION: 0.8}}
    told = decide("[Seoul/PLACE] sanctioned them again and just then.", said)
    assert [one.text for one in told] == ["sanctioned", "then"]


def test_a_trigger_that_was_dropped_does_not_come_back(decide: Decide) -> None:
    strict = Limits(rule=0.9, new=0.3)
    assert decide(SANCTIONED, {"sanctioned": {SANCTION: 0.8}}, limits=strict) == []


def test_nothing_is_found_inside_a_name(decide: Decide) -> None:
    said = {"Zap": {LAUNCH: 0.9}, "zapped": {LAUNCH: 0.9}}
    told = decide("The [Zap Company/ORG] of the north then zapped.", said)
    assert [one.text for one in told] == ["zapped"]


def test_a_name_does_not_take_the_place_of_a_word_beside_it(decide: Decide) -> None:
    said = {"Company": {LAUNCH: 0.9}, "zapped": {LAUNCH: 0.6}}
    assert [one.text for one in decide("The [Zap Company/ORG] zapped.", said)] == ["zapped"]


def test_triggers_come_in_order_of_the_text(decide: Decide) -> None:
    filling = "The ship sailed on. " * 40
    marked = f"It zapped one. [Seoul/PLACE] sanctioned [Bankhaus/ORG]. {filling} It zapped two. {filling} [Seoul/PLACE] sanctioned [Quill/PERSON]."
    told = decide(marked, {"zapped": {LAUNCH: 0.5}, "sanctioned": {SANCTION: 0.9}})
    assert [one.text for one in told] == ["zapped", "sanctioned"] * 2
    for one, near in zip(told, ("one", "Bankhaus", "two", "Quill"), strict=True):
        assert one.text in one.stretch
        assert near in one.stretch
        assert one.word == one.text
    assert len({one.stretch for one in told}) == 3


@pytest.mark.parametrize("kind", list(EventType), ids=[kind.value for kind in EventType])
def test_each_type_has_a_rule_of_its_own(kind: EventType) -> None:
    rule = generic_rule(kind)
    assert rule.id == f"network:{kind.value}"
    assert "subject" in rule.actor
    assert rule.symmetric == (not rule.target) == ("with" in rule.actor)


# --- fillers ---


@pytest.mark.parametrize(
    ("actor", "target", "roles"),
    [(0.8, 0.7, "actor"), (0.7, 0.8, "target"), (0.7, 0.1, "actor"), (0.1, 0.7, "target"), (0.3, 0.2, "neither"), (0.6, 0.6, "actor")],
    ids=["rather actor", "rather target", "actor", "target", "neither", "even"],
)
def test_one_filler_plays_one_part(sanctioned: Callable[..., Told], actor: float, target: float, roles: str) -> None:
    mention = sanctioned({"Seoul": {"actor": actor, "target": target}}).mention
    names = ([argument.name for argument in mention.actors], [argument.name for argument in mention.targets])
    assert names == {"actor": (["Seoul"], []), "target": ([], ["Seoul"]), "neither": ([], [])}[roles]


def test_all_namings_of_one_filler_are_one(decide: Decide) -> None:
    marked = "[Seoul/PLACE] sanctioned [Bankhaus/ORG]. South Korea's [Seoul/PLACE] left."
    (told,) = decide(marked, {"sanctioned": {SANCTION: 0.9}}, {"Seoul": {"actor": 0.6}, "Bankhaus": {"target": 0.9}})
    assert [(argument.name, argument.score) for argument in told.mention.actors] == [("Seoul", 0.6)]
    # "It" is another naming: the one that is surest is shown, and both count.
    marked = "[Seoul/PLACE] met envoys. It sanctioned [Bankhaus/ORG]."
    told = decide(marked, {"sanctioned": {SANCTION: 0.9}}, {"Seoul": {"actor": 0.6, "target": 0.5}, "Bankhaus": {"target": 0.9}})[-1]
    assert [argument.name for argument in told.mention.actors] == ["Seoul"]
    assert [argument.name for argument in told.mention.targets] == ["Bankhaus"]


def test_fillers_come_likeliest_first_with_their_probability(sanctioned: Callable[..., Told]) -> None:
    said = {"Quill": {"target": 0.87654}, "Bankhaus": {"target": 0.91234}, "Seoul": {"target": 0.5}}
    targets = sanctioned(said).mention.targets
    assert [(argument.name, argument.score) for argument in targets] == [("Bankhaus", 0.912), ("Quill", 0.877), ("Seoul", 0.5)]


@pytest.mark.parametrize(
    ("said", "speaker"), [({"Quill": 0.6}, "Quill"), ({"Quill": 0.3}, None), ({"Quill": 0.5, "Bankhaus": 0.6}, "Bankhaus")]
)
def test_the_likeliest_speaker_speaks(sanctioned: Callable[..., Told], said: Mapping[str, float], speaker: str | None) -> None:
    mention = sanctioned({name: {"speaker": probability} for name, probability in said.items()}).mention
    assert (mention.speaker and mention.speaker.name) == speaker


def test_who_acts_does_not_speak_of_it(sanctioned: Callable[..., Told]) -> None:
    said = {"Quill": {"speaker": 0.9, "actor": 0.9}}
    mention = sanctioned(said).mention
    assert [argument.name for argument in mention.actors] == ["Quill"]
    assert mention.speaker is None


SILENT = "[Seoul/PLACE] sanctioned [Bankhaus/ORG] near [Quill/PERSON]."
QUOTED = "“[Seoul/PLACE] sanctioned [Bankhaus/ORG] near [Quill/PERSON].”"


@pytest.mark.parametrize(
    ("marked", "speaker", "kind"),
    [
        (SANCTIONED, 0.9, AttributionKind.INDIRECT),
        (SANCTIONED, 0.1, AttributionKind.UNATTRIBUTED),
        (SILENT, 0.9, AttributionKind.INDIRECT),
        (SILENT, 0.1, AttributionKind.UNATTRIBUTED),
        (QUOTED, 0.9, AttributionKind.DIRECT_QUOTE),
        (QUOTED, 0.1, AttributionKind.UNATTRIBUTED),
    ],
    ids=["told", "told but not believed", "found", "nobody", "quoted", "quoted nobody"],
)
def test_attribution_follows_the_speaker(decide: Decide, marked: str, speaker: float, kind: AttributionKind) -> None:
    (told,) = decide(marked, {"sanctioned": {SANCTION: 0.9}}, {"Quill": {"speaker": speaker}})
    assert told.mention.attribution is kind
    assert (told.mention.speaker is None) == (kind is AttributionKind.UNATTRIBUTED)


def test_what_the_rules_know_of_the_attribution_is_kept(decide: Decide) -> None:
    marked = "According to a report of the [Treasury/AGENCY], [Seoul/PLACE] sanctioned [Bankhaus/ORG]."
    (rules,) = decide(marked, {"sanctioned": {SANCTION: 0.9}}, {"Treasury": {"speaker": 0.9}})
    assert rules.mention.attribution not in (AttributionKind.UNATTRIBUTED, AttributionKind.DIRECT_QUOTE)
    marked = "“[Seoul/PLACE] sanctioned [Bankhaus/ORG],” said [Quill/PERSON]."
    (other,) = decide(marked, {"sanctioned": {SANCTION: 0.9}}, {"Bankhaus": {"speaker": 0.9}})
    assert other.mention.attribution is AttributionKind.DIRECT_QUOTE


# --- times and amounts ---


def test_an_expression_dates_an_event(decide: Decide) -> None:
    marked = "[Seoul/PLACE] sanctioned [Bankhaus/ORG] on Monday after talks on Friday."
    given = {"times": (("Monday", "2026-03-02"), ("Friday", "2026-02-27"))}
    said = {"2026-03-02": {"time": 0.5}, "2026-02-27": {"time": 0.7}, "2026-03-10": {"time": 0.6}}
    (told,) = decide(marked, {"sanctioned": {SANCTION: 0.9}}, said, **given)
    assert (told.mention.time, told.time and told.time.text) == (1, "Friday")
    (unsure,) = decide(marked, {"sanctioned": {SANCTION: 0.9}}, {"2026-03-02": {"time": 0.3}}, **given)
    assert (unsure.mention.time, unsure.time) == (None, None)


@pytest.mark.parametrize("day", ["2026-03-10", "2026-03-09"], ids=["that day", "the day before"])
def test_the_day_of_the_report_dates_an_event_without_expression(sanctioned: Callable[..., Told], day: str) -> None:
    told = sanctioned({day: {"time": 0.9}})
    assert told.mention.time is None
    assert told.time is not None
    assert (told.time.value, told.time.precision, told.time.text) == (day, Precision.DAY, "sanctioned")


def test_amounts_are_taken_above_their_limit(decide: Decide) -> None:
    text = "Hackers stole $5 million and then $7 million."
    amounts = (money(text, "$5 million", 5e6), money(text, "$7 million", 7e6))
    (told,) = decide(text, {"stole": {THEFT: 0.9}}, {0: {"amount": 0.3}, 1: {"amount": 0.5}}, amounts=amounts)
    assert [amount.amount for amount in told.mention.amounts] == [1]
    assert {amount.role for amount in told.mention.amounts} <= set(AmountRole)
    (none,) = decide(text, {"stole": {THEFT: 0.9}}, {}, amounts=amounts)
    assert none.mention.amounts == ()


# --- modality and score ---


@pytest.mark.parametrize(
    ("odds", "modality"),
    [
        ({Modality.ASSERTED: 0.55, Modality.ALLEGED: 0.45}, Modality.ASSERTED),
        ({Modality.ASSERTED: 0.45, Modality.ALLEGED: 0.3, Modality.DENIED: 0.25}, Modality.ALLEGED),
        ({Modality.ASSERTED: 0.3, Modality.ALLEGED: 0.3, Modality.DENIED: 0.4}, Modality.DENIED),
    ],
    ids=["sure enough", "not sure enough", "rather not"],
)
def test_what_is_hardly_asserted_is_not_told_as_fact(
    sanctioned: Callable[..., Told], odds: Mapping[Modality, float], modality: Modality
) -> None:
    told = sanctioned(modality=lambda told: odds)
    assert told.mention.modality is modality
    assert told.odds == pytest.approx([odds.get(one, 0.0) for one in MODALITIES])


def test_cues_go_with_the_modality_that_they_told(decide: Decide) -> None:
    marked = "[Seoul/PLACE] reportedly sanctioned [Bankhaus/ORG]."
    said = {"sanctioned": {SANCTION: 0.9}}
    (agreed,) = decide(marked, said)
    assert (agreed.mention.modality, bool(agreed.mention.cues)) == (Modality.ALLEGED, True)
    (other,) = decide(marked, said, modality=lambda told: {Modality.PLANNED: 1.0})
    assert (other.mention.modality, other.mention.cues) == (Modality.PLANNED, ())


@pytest.mark.parametrize(("slope", "offset"), [(1.0, 0.0), (0.5, 0.0), (2.0, -1.0)])
def test_the_score_is_the_calibrated_probability(sanctioned: Callable[..., Told], slope: float, offset: float) -> None:
    limits = Limits(rule=0.2, slope=slope, offset=offset)
    expected = 1 / (1 + math.exp(-(slope * math.log(0.9 / 0.1) + offset)))
    assert sanctioned(limits=limits).mention.score == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_log_odds_are_bounded(probability: float) -> None:
    assert 10 < abs(log_odds(probability)) < 20
    assert (log_odds(probability) > 0) == (probability > 0.5)
    assert log_odds(0.5) == 0
