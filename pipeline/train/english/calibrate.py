"""Scores that mean what they say: logistic regressions on passages that no model was trained on, and the proof in a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import numpy as np
import numpy.typing as npt
from spacy.language import Language

from models.vocabulary import Label
from pipeline.tag.lists import load_scores
from pipeline.tag.nlp import UNMEASURED, NameComponent
from pipeline.tag.recognition import MODEL, Calibration, Recognition, logit, weigh
from pipeline.train.english.annotations import Passage
from pipeline.train.english.examples import LABELS

__all__ = ["Judged", "calibrate", "fit_logistic", "judge", "reliability"]

_EASE = 1.0
"""Strength of the pull towards given weights, in finds: few finds move them little."""
_FEWEST = 20
"""Finds of rules and of the recogniser that a label needs each to be fitted by itself."""
_STEP = 1e-6


@dataclass(frozen=True, slots=True)
class Judged:
    """A find with all that its score is made of, and whether it is exactly right."""

    label: Label
    rule: str
    precision: float
    believed: float
    right: bool


def judge(nlp: Language, passages: Iterable[Passage]) -> Iterator[Judged]:
    """Yield every find of the rules and of the recogniser in the passages."""
    names = cast("NameComponent", nlp.get_pipe("peninsula_names"))
    precision = load_scores()
    for passage in passages:
        doc = nlp(passage.text)
        recognition: Recognition = doc._.recognition
        found, _ = names.find(doc)
        for choice in weigh(found, recognition, Calibration(), precision, rules="", unknown=UNMEASURED):
            one = choice.found
            believed = choice.score if one.rule == MODEL else recognition.probability(one.start, one.end, one.label)
            yield Judged(
                one.label,
                one.rule,
                precision.get(one.rule, UNMEASURED),
                believed,
                (one.start, one.end, one.label) in passage.mentions,
            )


def calibrate(finds: Sequence[Judged]) -> Calibration:
    """Fit the weights of `Calibration`.

    A label with many finds is fitted by itself, drawn towards the fit of all. One with few gets the fit of all for the network's own
    finds, while its rules keep their precision: what the network says of a kind of name that it has hardly seen is not heard.
    """
    alone: dict[str, tuple[float, float]] = {}
    rules: dict[str, tuple[float, float, float]] = {}
    every_alone = _fit_alone(finds, (0.0, 1.0))
    every_rule = _fit_rules(finds, (0.0, 1.0, 0.0))
    for label in LABELS:
        mine = [one for one in finds if one.label is label]
        many = sum(one.rule == MODEL for one in mine) >= _FEWEST and sum(one.rule != MODEL for one in mine) >= _FEWEST
        alone[label.value] = _fit_alone(mine, every_alone) if many else every_alone
        rules[label.value] = _fit_rules(mine, every_rule) if many else (0.0, 1.0, 0.0)
    return Calibration(alone, rules)


def _fit_alone(finds: Iterable[Judged], towards: tuple[float, float]) -> tuple[float, float]:
    some = [one for one in finds if one.rule == MODEL]
    weights = fit_logistic([[1.0, logit(one.believed)] for one in some], [one.right for one in some], towards)
    return round(weights[0], 4), round(weights[1], 4)


def _fit_rules(finds: Iterable[Judged], towards: tuple[float, float, float]) -> tuple[float, float, float]:
    some = [one for one in finds if one.rule != MODEL]
    rows = [[1.0, logit(one.precision), logit(one.believed)] for one in some]
    weights = fit_logistic(rows, [one.right for one in some], towards)
    return round(weights[0], 4), round(weights[1], 4), round(weights[2], 4)


def fit_logistic(rows: Sequence[Sequence[float]], right: Sequence[bool], towards: Sequence[float]) -> list[float]:
    """Return the weights of a logistic regression, drawn a little towards given ones (Newton's method, quadratic penalty)."""
    prior = np.asarray(towards, np.float64)
    weights = prior.copy()
    if not rows:
        return [float(weight) for weight in weights]
    data: npt.NDArray[np.float64] = np.asarray(rows, np.float64)
    wanted = np.asarray(right, np.float64)

    def cost(some: npt.NDArray[np.float64]) -> float:
        scores = data @ some
        return float((np.logaddexp(0.0, scores) - wanted * scores).sum() + _EASE / 2 * ((some - prior) ** 2).sum())

    for _ in range(100):
        chance = 1.0 / (1.0 + np.exp(-np.clip(data @ weights, -30, 30)))
        slope = data.T @ (wanted - chance) - _EASE * (weights - prior)
        curve = (data * (chance * (1.0 - chance))[:, None]).T @ data + _EASE * np.eye(len(weights))
        step = np.linalg.solve(curve, slope)
        now = cost(weights)
        # The full step may overshoot where nearly all finds are right: it is halved until it gains.
        while float(np.abs(step).max()) > _STEP and cost(weights + step) > now:
            step = step / 2
        if float(np.abs(step).max()) <= _STEP:
            break
        weights = weights + step
    return [float(weight) for weight in weights]


def reliability(
    pairs: Iterable[tuple[float, bool]], *, bins: Sequence[float] = (0.5, 0.7, 0.8, 0.9, 0.95, 1.0)
) -> list[tuple[float, float, int, float, float]]:
    """Return rows of a reliability table: bin from, bin to, finds in it, mean score, share that is right."""
    rows = []
    known = list(pairs)
    edges = [0.0, *bins]
    for low, high in pairwise(edges):
        mine = [(score, right) for score, right in known if low <= score < high or (high == edges[-1] and score == high)]
        if mine:
            rows.append((low, high, len(mine), sum(score for score, _ in mine) / len(mine), sum(right for _, right in mine) / len(mine)))
    return rows
