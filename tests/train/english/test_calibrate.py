from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import pytest

from models.vocabulary import Label
from pipeline.settings import Settings
from pipeline.tag.nlp import UNMEASURED, load_pipeline
from pipeline.tag.recognition import MODEL, logit
from pipeline.train.english.annotations import Passage
from pipeline.train.english.calibrate import Judged, calibrate, fit_logistic, judge, reliability
from pipeline.train.english.examples import LABELS
from tests import shipped
from tests.tag.encoder.toy import write_encoder

TEXT = "Mr. Smith met South Korean officials in Seoul."


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def finds(count: int, label: Label, rule: str, weights: tuple[float, float, float], seed: int = 1) -> list[Judged]:
    """Draw finds that are right as often as a logistic regression of these weights says."""
    rng = random.Random(seed)
    drawn = []
    for _ in range(count):
        precision, believed = rng.uniform(0.2, 0.98), rng.uniform(0.02, 0.98)
        chance = sigmoid(weights[0] + weights[1] * logit(precision) * (rule != MODEL) + weights[2] * logit(believed))
        drawn.append(Judged(label, rule, precision, believed, rng.random() < chance))
    return drawn


def test_a_regression_finds_the_weights_that_made_the_data() -> None:
    rng = np.random.default_rng(0)
    data = np.column_stack([np.ones(20_000), rng.normal(size=(20_000, 2)) * 2])
    right = rng.random(20_000) < 1 / (1 + np.exp(-(data @ [0.5, -1.0, 2.0])))
    assert fit_logistic(data.tolist(), right.tolist(), [0.0, 0.0, 0.0]) == pytest.approx([0.5, -1.0, 2.0], abs=0.1)


def test_without_data_the_weights_are_those_given() -> None:
    assert fit_logistic([], [], [0.0, 1.0]) == [0.0, 1.0]
    # One case moves them a little, and never without bounds.
    moved = fit_logistic([[1.0, 3.0]], [False], [0.0, 1.0])
    assert moved != [0.0, 1.0]
    assert moved == pytest.approx([0.0, 1.0], abs=1.2)


def test_cases_that_are_all_right_do_not_drive_the_weights_away() -> None:
    weights = fit_logistic([[1.0, 9.0]] * 2_000 + [[1.0, -9.0]] * 2_000, [True] * 2_000 + [False] * 2_000, [0.0, 1.0])
    assert weights == pytest.approx([0.0, 1.0], abs=0.5)
    always = fit_logistic([[1.0, 0.0]] * 500, [True] * 500, [0.0, 1.0])
    assert 2 < always[0] < 8
    assert always[1] == 1.0


def test_each_label_is_calibrated_where_it_has_cases_and_with_all_others_where_not() -> None:
    sure, bold = (0.0, 0.0, 1.0), (-1.0, 0.0, 0.5)
    persons, places = finds(4_000, Label.PERSON, MODEL, sure), finds(4_000, Label.PLACE, MODEL, bold, seed=2)
    ruled = [*finds(400, Label.PERSON, "title", (0.0, 1.0, 0.0)), *finds(400, Label.PLACE, "gazetteer", (0.0, 1.0, 0.0))]
    calibration = calibrate([*persons, *places, *ruled, *finds(9, Label.VESSEL, MODEL, (3.0, 0.0, 0.0))])
    assert set(calibration.alone) == set(calibration.rules) == {label.value for label in LABELS}
    assert calibration.alone["PERSON"] == pytest.approx((0.0, 1.0), abs=0.15)
    assert calibration.alone["PLACE"] == pytest.approx((-1.0, 0.5), abs=0.15)
    assert calibration.alone["VESSEL"] == calibration.alone["MALWARE"]
    assert calibration.alone["PLACE"][0] < calibration.alone["VESSEL"][0] < calibration.alone["PERSON"][0]
    # What the rules of other labels are worth says nothing of one that has none.
    assert calibration.rules["VESSEL"] == (0.0, 1.0, 0.0)


def test_rules_are_calibrated_on_their_precision_and_on_what_the_network_thinks() -> None:
    cases = finds(6_000, Label.PERSON, "title", (-0.5, 0.8, 0.6))
    calibration = calibrate([*cases, *finds(400, Label.PERSON, MODEL, (0.0, 0.0, 1.0))])
    assert calibration.rules["PERSON"] == pytest.approx((-0.5, 0.8, 0.6), abs=0.15)
    # Without finds of the network alone, its weights stay.
    assert calibrate(cases).alone["PERSON"] == (0.0, 1.0)


def test_calibrated_scores_mean_what_they_say() -> None:
    made = finds(8_000, Label.ORG, MODEL, (-1.0, 0.0, 0.5))
    unseen = finds(8_000, Label.ORG, MODEL, (-1.0, 0.0, 0.5), seed=9)
    calibration = calibrate(made)
    before = reliability([(one.believed, one.right) for one in unseen])
    after = reliability([(calibration.of_model(one.label, one.believed), one.right) for one in unseen])
    assert max(abs(mean - share) for *_, mean, share in before) > 0.15
    assert max(abs(mean - share) for *_, mean, share in after) < 0.06


def test_nothing_found_leaves_the_identity() -> None:
    calibration = calibrate([])
    assert set(calibration.rules.values()) == {(0.0, 1.0, 0.0)}
    assert set(calibration.alone.values()) == {(0.0, 1.0)}


def test_a_table_has_a_row_for_each_bin_with_finds() -> None:
    rows = reliability([(0.1, False), (0.5, True), (0.5, False), (0.69, True), (0.95, True), (1.0, True)])
    assert rows == [
        (0.0, 0.5, 1, pytest.approx(0.1), 0.0),
        (0.5, 0.7, 3, pytest.approx(1.69 / 3), pytest.approx(2 / 3)),
        (0.95, 1.0, 2, pytest.approx(0.975), 1.0),
    ]
    assert reliability([]) == []


def test_finds_are_judged_by_the_passage(tmp_path: Path) -> None:
    write_encoder(tmp_path / "en" / "encoder")
    settings = Settings(models_dir=tmp_path, model="encoder")
    nlp = load_pipeline("en", knowledge=shipped.knowledge(), settings=settings)
    spans = [("Smith", Label.PERSON), ("Seoul", Label.PLACE)]
    mentions = tuple((TEXT.index(name), TEXT.index(name) + len(name), label) for name, label in spans)
    judged = list(judge(nlp, [Passage(TEXT, mentions), Passage("", ()), Passage("It rained.", ())]))
    ruled = [one for one in judged if one.rule != MODEL]
    assert {(one.label, one.right) for one in ruled} == {(Label.PERSON, True), (Label.PLACE, True)}
    recognition = nlp(TEXT)._.recognition
    (seoul,) = [one for one in ruled if one.label is Label.PLACE]
    assert seoul.believed == pytest.approx(recognition.probability(*mentions[1]), abs=1e-6)
    lone = [one for one in judged if one.rule == MODEL]
    # The network's weights are random: it finds much, and what it finds alone is wrong.
    assert lone
    assert not any(one.right for one in lone)
    assert {one.precision for one in lone} == {UNMEASURED}
    known = {round(max(1e-4, min(1 - 1e-4, one.probability)), 6) for text in (TEXT, "It rained.") for one in nlp(text)._.recognition.spans}
    assert {round(one.believed, 6) for one in lone} <= known
