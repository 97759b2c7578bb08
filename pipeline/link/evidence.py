"""The weights and words by which links are decided, read from `evidence.yaml` and checked."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import ConfigurationError

__all__ = ["EVIDENCE_PATH", "Evidence", "load_evidence", "probability"]

EVIDENCE_PATH = Path(__file__).with_name("evidence.yaml")
_KEYS = {"thresholds", "weights", "context", "cues"}
_THRESHOLDS = {"auto", "review", "margin"}
_CUES = {"dprk", "designated", "sanctions", "role", "ship", "other", "foreign"}
_LANGUAGES = {"en", "ko"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Weights in log-odds by name, and one pattern for each kind of cue and language, keyed `(kind, lang)`."""

    auto: float
    review: float
    margin: float
    weights: Mapping[str, float]
    context: frozenset[str]
    cues: Mapping[tuple[str, str], re.Pattern[str]]


def probability(log_odds: float) -> float:
    """Turn log-odds into a probability."""
    return 1 / (1 + math.exp(-log_odds))


def load_evidence(path: Path = EVIDENCE_PATH) -> Evidence:
    """Read the weights and words; raises ConfigurationError for anything missing, unknown or of the wrong kind."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", path=path) from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"is no YAML: {error}", path=path) from error
    _check_keys(path, "the file", content, _KEYS)
    thresholds, cues = content["thresholds"], content["cues"]
    _check_keys(path, "thresholds", thresholds, _THRESHOLDS)
    _check_keys(path, "cues", cues, _CUES)
    weights = _read_numbers(path, "weights", content["weights"])
    context = frozenset(content["context"])
    if not context <= set(weights):
        raise ConfigurationError(f"context names evidence without weight: {sorted(context - set(weights))}", path=path)
    limits = _read_numbers(path, "thresholds", thresholds)
    return Evidence(limits["auto"], limits["review"], limits["margin"], weights, context, _read_cues(path, cues))


def _check_keys(path: Path, where: str, content: object, wanted: set[str]) -> None:
    if not isinstance(content, dict) or set(content) != wanted:
        raise ConfigurationError(f"{where} must hold exactly {sorted(wanted)}", path=path)


def _read_numbers(path: Path, where: str, content: object) -> dict[str, float]:
    if not isinstance(content, dict) or not all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in content.values()
    ):
        raise ConfigurationError(f"{where} must hold numbers", path=path)
    return {str(name): float(value) for name, value in content.items()}


def _read_cues(path: Path, cues: Mapping[str, Any]) -> dict[tuple[str, str], re.Pattern[str]]:
    patterns = {}
    for kind, by_language in cues.items():
        _check_keys(path, f"cues.{kind}", by_language, _LANGUAGES)
        for lang, words in by_language.items():
            if not words or not all(isinstance(word, str) and word for word in words):
                raise ConfigurationError(f"cues.{kind}.{lang} must be a sequence of words", path=path)
            patterns[kind, lang] = _compile(words, lang)
    return patterns


def _compile(words: list[str], lang: str) -> re.Pattern[str]:
    joined = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(joined) if lang == "ko" else re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE)
