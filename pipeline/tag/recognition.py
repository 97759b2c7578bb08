"""What a trained recogniser says of a text, and the choice between its names and those of the rules.

Every find, a rule's or the recogniser's, gets a probability of being exactly right: a rule's from its measured precision
and from what the recogniser says of the same words, the recogniser's from its calibrated score. Of finds that overlap
the row with the most expected gain is kept; what remains is kept as a candidate for review.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.records import Candidate, Maker
from models.vocabulary import CandidateReason, Label
from pipeline.errors import ConfigurationError
from pipeline.tag.reading import Found

__all__ = ["MODEL", "Calibration", "Choice", "Recognised", "Recognition", "agree", "choose", "logit", "weigh"]

MODEL = "model"
"""Rule name of a find that only the recogniser made."""
_SURE = 0.5
"""Finds at least this probable are names: below it a name costs more precision than it wins recall."""
_LIKELY = 0.3
"""Finds at least this probable are names where they stand for one name whose borders or label are open."""
_WORTH_A_LOOK = 0.1
"""Less probable finds are not worth an editor's time."""
_BODIES = (Label.AGENCY, Label.ORG)
_MAJORITY = 2.0
"""How many times as probable another label of the same name must be to replace the one that stands there."""
_EDGE = 1e-4


@dataclass(frozen=True, slots=True)
class Recognised:
    """A name as the recogniser sees it, with its own probability, not yet calibrated."""

    start: int
    end: int
    label: Label
    probability: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of logistic regressions, counted on passages that no model was trained on.

    `alone`: per label, intercept and slope over the logit of the recogniser's probability, for finds that no rule made.
    `rules`: per label, intercept, slope over the logit of the rule's precision, and slope over the logit of the recogniser's probability.
    """

    alone: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    rules: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Calibration:
        """Read what `save` writes; ConfigurationError where the file is missing or something else."""
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            alone = {str(label): (float(pair[0]), float(pair[1])) for label, pair in values["alone"].items()}
            rules = {str(label): (float(row[0]), float(row[1]), float(row[2])) for label, row in values["rules"].items()}
        except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise ConfigurationError(f"no calibration of a language model: {error!r}", path=path) from error
        return cls(alone, rules)

    def save(self, path: Path) -> None:
        """Write the weights as JSON."""
        values = {
            "alone": {label: list(pair) for label, pair in self.alone.items()},
            "rules": {label: list(row) for label, row in self.rules.items()},
        }
        path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")

    def of_model(self, label: Label, probability: float) -> float:
        """Return the probability that a find of the recogniser alone is right."""
        intercept, slope = self.alone.get(label.value, (0.0, 1.0))
        return _sigmoid(intercept + slope * logit(probability))

    def of_rule(self, label: Label, precision: float, probability: float) -> float:
        """Return the probability that a rule's find is right, given what the recogniser thinks of it."""
        intercept, slope, agreement = self.rules.get(label.value, (0.0, 1.0, 0.0))
        return _sigmoid(intercept + slope * logit(precision) + agreement * logit(probability))


def logit(probability: float) -> float:
    """Return the log odds, of probabilities kept a ten-thousandth away from zero and one."""
    kept = min(max(probability, _EDGE), 1.0 - _EDGE)
    return math.log(kept / (1.0 - kept))


def _sigmoid(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, value))))


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a recogniser says of one text.

    `starts` and `ends` are the words' offsets, `spans` the names that it sees, doubtful ones too, `probabilities` (words, tags) of
    the tags in `tags`; None for a recogniser that has none to tell.
    """

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    spans: tuple[Recognised, ...]
    maker: Maker
    tags: tuple[str, ...] = ()
    probabilities: npt.NDArray[np.float32] | None = None

    def probability(self, start: int, end: int, label: Label) -> float:
        """Return the probability that exactly these characters are a name of the label, by the tags of their words.

        0 where they are no whole words.
        """
        if self.probabilities is None:
            same = (one.probability for one in self.spans if (one.start, one.end, one.label) == (start, end, label))
            return next(same, 0.0)
        first, after = bisect_left(self.starts, start), bisect_left(self.starts, end)
        if first >= after or self.starts[first] != start or self.ends[after - 1] != end:
            return 0.0
        begin, inside = self.tags.index(f"B-{label.value}"), self.tags.index(f"I-{label.value}")
        rows = self.probabilities
        result = float(rows[first, begin]) * float(rows[first + 1 : after, inside].prod())
        return result * (1.0 - float(rows[after, inside])) if after < len(rows) else result


@dataclass(frozen=True, slots=True)
class Choice:
    """A find with the probability that it is right."""

    found: Found
    score: float
    maker: Maker

    @property
    def start(self) -> int:
        """First code point."""
        return self.found.start

    @property
    def end(self) -> int:
        """One past the last code point."""
        return self.found.end


def weigh(
    finds: Iterable[Found],
    recognition: Recognition,
    calibration: Calibration,
    precision: Mapping[str, float],
    *,
    rules: str,
    unknown: float,
) -> list[Choice]:
    """Return the finds of the rules and of the recogniser with their probabilities, one for each span and label.

    `precision` is that of each rule, `unknown` that of a rule that is not listed; `rules` is the version of the rules.
    """
    choices: dict[tuple[int, int, Label], Choice] = {}
    for found in finds:
        believed = _believed(recognition, found)
        score = calibration.of_rule(found.label, precision.get(found.rule, unknown), believed)
        choices[found.start, found.end, found.label] = Choice(found, score, Maker(found.rule, rules))
    for one in recognition.spans:
        if (one.start, one.end, one.label) not in choices:
            found = Found(one.start, one.end, one.label, MODEL)
            choices[one.start, one.end, one.label] = Choice(found, calibration.of_model(one.label, one.probability), recognition.maker)
    return list(choices.values())


def _believed(recognition: Recognition, found: Found) -> float:
    """Return how probable the recogniser holds a rule's find.

    Whether a body is one of a state is a fact that the knowledge base has and the recogniser guesses: of a known body it is asked only
    whether it is a body.
    """
    labels = _BODIES if found.label in _BODIES and found.ids and found.rule.startswith("gazetteer") else (found.label,)
    return min(1.0, sum(recognition.probability(found.start, found.end, label) for label in labels))


def agree(choices: Sequence[Choice], text: str) -> list[Choice]:
    """Return the finds with one label for one name: a text that calls Kakao a firm three times does not mean a person the fourth time.

    Only finds of the recogniser alone change, and only where the finds of another label are twice as probable, summed over the text.
    """
    totals: dict[str, dict[Label, float]] = {}
    for one in choices:
        labels = totals.setdefault(text[one.start : one.end], {})
        labels[one.found.label] = labels.get(one.found.label, 0.0) + one.score
    there = {(one.start, one.end, one.found.label) for one in choices}
    agreed: list[Choice] = []
    for one in choices:
        labels = totals[text[one.start : one.end]]
        best = max(labels, key=lambda label: (labels[label], label))
        change = one.found.rule == MODEL and labels[best] >= _MAJORITY * labels[one.found.label]
        if not change:
            agreed.append(one)
        elif (one.start, one.end, best) not in there:
            agreed.append(replace(one, found=replace(one.found, label=best)))
    return agreed


def choose(choices: Sequence[Choice], text: str) -> tuple[list[Choice], list[Candidate]]:
    """Return the names, without overlap and in order, and the candidates for review.

    The names are the row of eligible finds whose gains, summed, are highest (weighted interval scheduling); cost n log n.
    """
    order = sorted(_eligible(choices), key=lambda one: (one.end, one.start, one.found.label))
    ends = [one.end for one in order]
    best: list[float] = [0.0]
    before: list[int] = []
    for place, one in enumerate(order):
        fits = bisect_left(ends, one.start + 1, 0, place)
        while fits > 0 and ends[fits - 1] > one.start:
            fits -= 1
        before.append(fits)
        best.append(max(best[place], best[fits] + _gain(one)))
    kept: list[Choice] = []
    place = len(order)
    while place > 0:
        one = order[place - 1]
        if best[place] > best[place - 1]:
            kept.append(one)
            place = before[place - 1]
        else:
            place -= 1
    kept.reverse()
    taken = {id(one) for one in kept}
    left = [one for one in choices if id(one) not in taken and one.score >= _WORTH_A_LOOK]
    return kept, [_candidate(one, text) for one in sorted(left, key=lambda one: (one.start, one.end, one.found.label))]


def _eligible(choices: Sequence[Choice]) -> Iterator[Choice]:
    """Yield the finds that may be names: those of at least an even chance, and the likelier ones where several readings share it.

    "Ministry of Defence of the Republic of Korea" may be one name or two: neither is likely then, but that there is a name is.
    """
    order = sorted(choices, key=lambda one: (one.start, one.end, one.found.label))
    group: list[Choice] = []
    reach = 0
    for one in [*order, None]:
        if one is None or one.start >= reach:
            shared = sum(each.score for each in group)
            for each in group:
                if each.score >= _SURE or (each.score >= _LIKELY and shared >= _SURE + _LIKELY / 2):
                    yield each
            group = []
        if one is not None:
            group.append(one)
            reach = max(reach, one.end)


def _gain(one: Choice) -> float:
    """Return what keeping the find is expected to win: its chance beyond an even one.

    Finds of less than that fill what is left, the likelier first; longer finds win ties, since what lies inside them is no name then.
    """
    return max(one.score - _SURE, 0.0) + 1e-4 * (one.score - _WORTH_A_LOOK) + 1e-7 * (one.end - one.start)


def _candidate(one: Choice, text: str) -> Candidate:
    reason = CandidateReason.OVERRULED if one.score >= _SURE else CandidateReason.UNSURE
    return Candidate(one.start, one.end, text[one.start : one.end], one.found.label, one.maker, round(one.score, 4), reason)
