"""Accuracy of name matchers on labelled pairs: thresholds tuned on one half, scored on the other.

Pairs that are different were chosen to look alike, so measures of letters have little to go by: that is the task.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any

from rapidfuzz import fuzz, utils
from rapidfuzz.distance import JaroWinkler

from pipeline.errors import UsageError
from pipeline.names import SAME, compare, name_keys

__all__ = [
    "OURS",
    "Pair",
    "PairFigures",
    "at_shipped_threshold",
    "halves",
    "matchers",
    "nomenklatura_missing",
    "read_pairs",
    "score_matcher",
]

OURS = "peninsula"
FALSE_POSITIVES = 0.05
"""False-positive rate at which a second recall is told."""
_COLUMNS = ("name_a", "name_b", "same", "source")

Matcher = Callable[[str, str], float]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two names, whether they are one, and where that is from."""

    a: str
    b: str
    same: bool
    source: str


@dataclass(frozen=True, slots=True)
class PairFigures:
    """Figures of one matcher, means over the halves; classes are weighted equally, so precision is tpr / (tpr + fpr)."""

    matcher: str
    auc: float
    threshold: float
    precision: float
    recall: float
    false_positive_rate: float
    recall_at_few_false_positives: float
    microseconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


def read_pairs(path: Path) -> tuple[Pair, ...]:
    """Read a table with the columns name_a, name_b, same (0 or 1) and source. Raises UsageError with file and line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    if not lines or tuple(lines[0].split("\t")) != _COLUMNS:
        raise UsageError(f"{path}:1: expected the columns {', '.join(_COLUMNS)}")
    pairs = []
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")
        if len(cells) != len(_COLUMNS) or cells[2] not in ("0", "1"):
            raise UsageError(f"{path}:{number}: expected name_a, name_b, 0 or 1, source")
        pairs.append(Pair(cells[0], cells[1], cells[2] == "1", cells[3]))
    if len({pair.same for pair in pairs}) < 2:
        raise UsageError(f"{path}: pairs of both kinds are needed")
    return tuple(pairs)


def matchers() -> dict[str, Matcher]:
    """Return all matchers by name: ours, those of rapidfuzz, and those of nomenklatura where that is installed."""
    found: dict[str, Matcher] = {
        OURS: lambda a, b: compare(a, b).score,
        f"{OURS}, key equality": lambda a, b: float(not set(name_keys(a)).isdisjoint(name_keys(b))),
        "rapidfuzz token_sort_ratio": _by_letters(fuzz.token_sort_ratio),
        "rapidfuzz token_set_ratio": _by_letters(fuzz.token_set_ratio),
        "rapidfuzz WRatio": _by_letters(fuzz.WRatio),
        "rapidfuzz Jaro-Winkler": _by_letters(JaroWinkler.similarity),
    }
    return found | _nomenklatura()


def _by_letters(scorer: Callable[[str, str], float]) -> Matcher:
    return lambda a, b: scorer(utils.default_process(a), utils.default_process(b))


def nomenklatura_missing() -> str | None:
    """Return why nomenklatura is not measured; None where it is installed."""
    if find_spec("nomenklatura") is not None:
        return None
    return "nomenklatura is not installed: pip install 'peninsula[compare]' (needs ICU's headers and a C++ compiler)"


def _nomenklatura() -> dict[str, Matcher]:
    if nomenklatura_missing():
        return {}
    from followthemoney import model
    from nomenklatura.matching import LogicV1, LogicV2, NameMatcher, RegressionV1, ScoringAlgorithm

    def person(ident: str, name: str) -> object:
        return model.get_proxy({"id": ident, "schema": "Person", "properties": {"name": [name]}})

    def matcher(algorithm: type[ScoringAlgorithm]) -> Matcher:
        config = algorithm.default_config()
        return lambda a, b: float(algorithm.compare(person("a", a), person("b", b), config).score)

    return {f"nomenklatura {one.NAME}": matcher(one) for one in (LogicV1, LogicV2, NameMatcher, RegressionV1)}


def score_matcher(name: str, matcher: Matcher, pairs: Sequence[Pair], rounds: int, seed: int = 1) -> PairFigures:
    """Score all pairs once, then tune and test on `rounds` random halves. What a matcher loads at its first call is not timed."""
    matcher(pairs[0].a, pairs[0].b)
    started = time.process_time()
    scores = [matcher(pair.a, pair.b) for pair in pairs]
    took = time.process_time() - started
    cases = [(score, pair.same) for score, pair in zip(scores, pairs, strict=True)]
    tested = [_test(_best_threshold(tune), test) for tune, test in halves(cases, rounds, seed)]
    true, false = fmean(recall for _, recall, _ in tested), fmean(rate for _, _, rate in tested)
    return PairFigures(
        name,
        _auc(cases),
        fmean(threshold for threshold, _, _ in tested),
        true / (true + false) if true + false else 0.0,
        true,
        false,
        _recall_at(cases, FALSE_POSITIVES),
        took / len(pairs) * 1e6,
    )


Case = tuple[float, bool]


def halves(cases: Sequence[Case], rounds: int, seed: int) -> Iterable[tuple[list[Case], list[Case]]]:
    """Yield random halves, with half of each kind on both sides."""
    random = Random(seed)
    kinds = [[case for case in cases if case[1] == same] for same in (True, False)]
    for _ in range(rounds):
        for kind in kinds:
            random.shuffle(kind)
        yield ([case for kind in kinds for case in kind[::2]], [case for kind in kinds for case in kind[1::2]])


def _rates(cases: Iterable[Case], threshold: float) -> tuple[float, float]:
    """Return the shares of same and of different pairs that reach the threshold."""
    reached: dict[bool, list[bool]] = {True: [], False: []}
    for score, is_same in cases:
        reached[is_same].append(score >= threshold)
    same, different = (fmean(reached[kind]) if reached[kind] else 0.0 for kind in (True, False))
    return same, different


def _best_threshold(cases: Sequence[Case]) -> float:
    """Return the threshold with the best balanced accuracy; among equal ones the middle one."""
    levels = sorted({score for score, _ in cases})
    between = [levels[0], *((low + high) / 2 for low, high in pairwise(levels))]
    gains = [(true - false, level) for level in between for true, false in (_rates(cases, level),)]
    best = max(gain for gain, _ in gains)
    equal = [level for gain, level in gains if gain == best]
    return equal[len(equal) // 2]


def _test(threshold: float, cases: Sequence[Case]) -> tuple[float, float, float]:
    return (threshold, *_rates(cases, threshold))


def _auc(cases: Sequence[Case]) -> float:
    same = [score for score, is_same in cases if is_same]
    different = [score for score, is_same in cases if not is_same]
    return fmean((high > low) + 0.5 * (high == low) for high in same for low in different)


def _recall_at(cases: Sequence[Case], rate: float) -> float:
    """Return the best recall at a false-positive rate of at most `rate`."""
    levels = {score for score, _ in cases}
    return max((true for level in levels for true, false in (_rates(cases, level),) if false <= rate), default=0.0)


def at_shipped_threshold(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return precision and recall of our verdict as it is shipped, by source of the pairs."""
    groups: dict[str, list[Pair]] = {"all": list(pairs)}
    for pair in pairs:
        groups.setdefault(pair.source.split(":")[0], []).append(pair)
    return {source: _verdicts(group) for source, group in groups.items()}


def _verdicts(pairs: Iterable[Pair]) -> dict[str, Any]:
    found = [(compare(pair.a, pair.b).score >= SAME, pair.same) for pair in pairs]
    return {
        "same": sum(same for _, same in found),
        "different": sum(not same for _, same in found),
        "missed": sum(same and not verdict for verdict, same in found),
        "false": sum(verdict and not same for verdict, same in found),
    }
