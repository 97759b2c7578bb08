from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.records import Maker
from models.vocabulary import CandidateReason, Label
from pipeline.errors import ConfigurationError
from pipeline.tag.reading import Found
from pipeline.tag.recognition import MODEL, Calibration, Choice, Recognised, Recognition, choose, logit, weigh

TEXT = "Mr. Kim of the Central Bank met Kim Su in Seoul."
NETWORK = Maker("encoder", "1")


def at(words: str, occurrence: int = 0) -> tuple[int, int]:
    start = -1
    for _ in range(occurrence + 1):
        start = TEXT.index(words, start + 1)
    return start, start + len(words)


def recognised(words: str, label: Label, probability: float) -> Recognised:
    return Recognised(*at(words), label, probability)


def ruled(words: str, label: Label, rule: str = "title", ids: tuple[str, ...] = ()) -> Found:
    return Found(*at(words), label, rule, ids)


def says(*spans: Recognised) -> Recognition:
    return Recognition((), (), spans, NETWORK)


def weighed(finds: list[Found], *spans: Recognised, calibration: Calibration | None = None) -> list[Choice]:
    return weigh(finds, says(*spans), calibration or Calibration(), {"title": 0.9, "guess": 0.4}, rules="2", unknown=0.5)


# --- calibration ---


def test_without_calibration_scores_are_what_rule_and_network_say() -> None:
    calibration = Calibration()
    assert calibration.of_model(Label.PERSON, 0.73) == pytest.approx(0.73)
    assert calibration.of_rule(Label.PERSON, 0.8, 0.01) == pytest.approx(0.8)


def test_weights_act_on_log_odds() -> None:
    calibration = Calibration({"PERSON": (0.5, 2.0)}, {"PLACE": (-1.0, 0.5, 0.25)})
    assert logit(calibration.of_model(Label.PERSON, 0.6)) == pytest.approx(0.5 + 2 * logit(0.6))
    assert calibration.of_model(Label.ORG, 0.6) == pytest.approx(0.6)
    assert calibration.of_rule(Label.ORG, 0.9, 0.2) == pytest.approx(0.9)
    assert logit(calibration.of_rule(Label.PLACE, 0.9, 0.2)) == pytest.approx(-1 + 0.5 * logit(0.9) + 0.25 * logit(0.2))


@given(st.floats(0, 1), st.floats(0, 1), st.tuples(*[st.floats(-40, 40)] * 3))
def test_scores_are_probabilities(precision: float, believed: float, rules: tuple[float, float, float]) -> None:
    calibration = Calibration({"PERSON": rules[:2]}, {"PERSON": rules})
    assert 0 <= calibration.of_rule(Label.PERSON, precision, believed) <= 1
    assert 0 <= calibration.of_model(Label.PERSON, believed) <= 1


def test_weights_are_read_as_they_were_written(tmp_path: Path) -> None:
    calibration = Calibration({"PERSON": (0.5, 2.0), "PLACE": (0.0, 1.0)}, {"PERSON": (-1.0, 0.5, 0.25)})
    calibration.save(tmp_path / "c.json")
    assert Calibration.load(tmp_path / "c.json") == calibration


@pytest.mark.parametrize(
    "content",
    [
        None,
        "",
        "[]",
        "{}",
        '{"alone": {"PERSON": [1]}, "rules": [0, 1, 0]}',
        '{"alone": {}, "rules": [1]}',
        '{"alone": {}, "rules": {"PERSON": [0, 1]}}',
        "\xff",
    ],
)
def test_another_file_is_no_calibration(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "c.json").write_text(content, encoding="latin-1")
    with pytest.raises(ConfigurationError, match=r"c\.json: no calibration"):
        Calibration.load(tmp_path / "c.json")


# --- what a recogniser says ---

TAGS = ("O", "B-PERSON", "I-PERSON", "B-PLACE", "I-PLACE")


def test_a_span_has_the_probability_of_its_tags() -> None:
    rows = np.array([[0.1, 0.8, 0.02, 0.05, 0.03], [0.2, 0.1, 0.6, 0.06, 0.04], [0.6, 0.1, 0.15, 0.1, 0.05]], np.float32)
    recognition = Recognition((0, 4, 8), (3, 6, 11), (), NETWORK, TAGS, rows)
    assert recognition.probability(0, 6, Label.PERSON) == pytest.approx(0.8 * 0.6 * 0.85)
    assert recognition.probability(0, 3, Label.PERSON) == pytest.approx(0.8 * 0.4)
    assert recognition.probability(0, 3, Label.PLACE) == pytest.approx(0.05 * 0.96)
    assert recognition.probability(8, 11, Label.PLACE) == pytest.approx(0.1)
    # Half words, white space, and ranges outside the text.
    for start, end in [(0, 5), (1, 6), (3, 4), (0, 7), (4, 4), (6, 3), (40, 45)]:
        assert recognition.probability(start, end, Label.PERSON) == 0


def test_a_recogniser_without_tags_knows_its_own_spans_alone() -> None:
    recognition = says(recognised("Seoul", Label.PLACE, 0.85))
    assert recognition.probability(*at("Seoul"), Label.PLACE) == 0.85
    assert recognition.probability(*at("Seoul"), Label.ORG) == 0
    assert recognition.probability(*at("Kim"), Label.PLACE) == 0


# --- weighing ---


def test_a_find_that_rule_and_network_share_is_the_rules() -> None:
    calibration = Calibration({}, {"PERSON": (0.0, 1.0, 0.5)})
    (choice,) = weighed([ruled("Kim Su", Label.PERSON, ids=("kb:7",))], recognised("Kim Su", Label.PERSON, 0.95), calibration=calibration)
    assert (choice.found.rule, choice.found.ids) == ("title", ("kb:7",))
    assert choice.maker == Maker("title", "2")
    # Their agreement makes it surer than the rule alone is, their disagreement less.
    assert choice.score > 0.9
    (lone,) = weighed([ruled("Kim Su", Label.PERSON)], calibration=calibration)
    assert lone.score < 0.9


def test_one_span_of_two_labels_is_two_choices() -> None:
    choices = weighed([ruled("Central Bank", Label.AGENCY)], recognised("Central Bank", Label.ORG, 0.7))
    assert [(one.found.label, one.found.rule, one.maker.component) for one in choices] == [
        (Label.AGENCY, "title", "title"),
        (Label.ORG, MODEL, "encoder"),
    ]
    assert [one.score for one in choices] == pytest.approx([0.9, 0.7])


def test_a_rule_that_was_never_measured_has_the_score_given() -> None:
    (choice,) = weighed([ruled("Seoul", Label.PLACE, "new")])
    assert choice.score == pytest.approx(0.5)


# --- choosing ---


def chosen(choices: list[Choice]) -> list[tuple[str, str]]:
    return [(TEXT[one.start : one.end], one.found.label.value) for one in choose(choices, TEXT)[0]]


def test_the_surer_of_two_that_overlap_is_kept_and_the_other_is_overruled() -> None:
    choices = weighed([ruled("Central Bank", Label.AGENCY)], recognised("Bank", Label.ORG, 0.7), recognised("Seoul", Label.PLACE, 0.8))
    assert chosen(choices) == [("Central Bank", "AGENCY"), ("Seoul", "PLACE")]
    (candidate,) = choose(choices, TEXT)[1]
    assert (candidate.text, candidate.label, candidate.reason) == ("Bank", Label.ORG, CandidateReason.OVERRULED)
    assert candidate.maker == NETWORK
    assert candidate.score == pytest.approx(0.7)


def test_of_equally_sure_finds_the_longer_is_kept() -> None:
    assert chosen(weighed([ruled("Central Bank", Label.AGENCY), ruled("Bank", Label.AGENCY)])) == [("Central Bank", "AGENCY")]


def test_two_sure_names_are_worth_more_than_one_over_both() -> None:
    both = [recognised("Central", Label.PLACE, 0.8), recognised("Bank", Label.ORG, 0.8)]
    assert chosen(weighed([], *both, recognised("Central Bank", Label.ORG, 0.9))) == [("Central", "PLACE"), ("Bank", "ORG")]
    assert chosen(weighed([], *both, recognised("Central Bank", Label.ORG, 0.99))) == [("Central", "PLACE"), ("Bank", "ORG")]
    unsure = [recognised("Central", Label.PLACE, 0.6), recognised("Bank", Label.ORG, 0.6)]
    assert chosen(weighed([], *unsure, recognised("Central Bank", Label.ORG, 0.9))) == [("Central Bank", "ORG")]


def test_one_name_of_open_borders_is_a_name_all_the_same() -> None:
    open_borders = weighed([], recognised("Central Bank", Label.ORG, 0.45), recognised("Bank", Label.ORG, 0.4))
    assert chosen(open_borders) == [("Central Bank", "ORG")]
    assert chosen(weighed([], recognised("Central Bank", Label.ORG, 0.45))) == []


def test_finds_of_less_than_an_even_chance_are_candidates_and_hardly_likely_ones_are_nothing() -> None:
    choices = weighed(
        [ruled("Mr.", Label.PERSON, "guess")], recognised("Seoul", Label.PLACE, 0.05), recognised("Kim Su", Label.PERSON, 0.49)
    )
    kept, candidates = choose(choices, TEXT)
    assert kept == []
    assert [(one.text, one.reason, one.score) for one in candidates] == [
        ("Mr.", CandidateReason.UNSURE, 0.4),
        ("Kim Su", CandidateReason.UNSURE, 0.49),
    ]


def test_an_even_chance_is_enough_and_names_may_touch() -> None:
    choices = [Choice(Found(0, 3, Label.PERSON, "a"), 0.5, NETWORK), Choice(Found(3, 7, Label.PERSON, "a"), 0.5, NETWORK)]
    assert [(one.start, one.end) for one in choose(choices, TEXT)[0]] == [(0, 3), (3, 7)]
    assert choose([], TEXT) == ([], [])


CHOICES = st.lists(
    st.builds(
        lambda start, length, label, score: Choice(Found(start, start + length, label, MODEL), score / 64, NETWORK),
        st.integers(0, 14),
        st.integers(1, 6),
        st.sampled_from([Label.PERSON, Label.ORG]),
        st.integers(0, 64),
    ),
    max_size=9,
    unique_by=lambda one: (one.start, one.end, one.found.label),
)


def overlap(one: Choice, other: Choice) -> bool:
    return one.start < other.end and other.start < one.end


@given(CHOICES)
def test_no_other_row_of_finds_promises_more(choices: list[Choice]) -> None:
    kept, candidates = choose(choices, "x" * 20)
    assert not any(overlap(one, other) for one, other in combinations(kept, 2))
    assert [one.start for one in kept] == sorted(one.start for one in kept)
    likely = [one for one in choices if one.score >= 0.3]
    rows = (row for size in range(len(likely) + 1) for row in combinations(likely, size))
    free = (row for row in rows if not any(overlap(one, other) for one, other in combinations(row, 2)))
    # Scores are multiples of a 64th, so that the small gain of length changes no order among different sums.
    most = max(sum(max(one.score - 0.5, 0.0) for one in row) for row in free)
    assert sum(max(one.score - 0.5, 0.0) for one in kept) == pytest.approx(most, abs=1e-12)
    # A name of less than an even chance stands where several readings share one name.
    for one in kept:
        assert one.score >= 0.5 or (one.score >= 0.3 and any(overlap(one, other) for other in choices if other is not one))
    # Whatever is likely enough is either a name or a candidate.
    assert sorted((one.start, one.end, one.label) for one in candidates) == sorted(
        (one.start, one.end, one.found.label) for one in choices if one.score >= 0.1 and one not in kept
    )
    for one in candidates:
        assert (one.reason is CandidateReason.OVERRULED) == (one.score >= 0.5)
        if one.reason is CandidateReason.OVERRULED:
            assert any(one.start < other.end and other.start < one.end for other in kept)
