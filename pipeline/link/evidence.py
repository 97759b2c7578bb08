"""The weights and words by which links are decided, read from `evidence.yaml` and checked."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.text.yaml_lines import Node, read_yaml

__all__ = ["EVIDENCE_PATH", "Evidence", "load_evidence", "probability"]

EVIDENCE_PATH = Path(__file__).with_name("evidence.yaml")
_KEYS = frozenset({"thresholds", "weights", "context", "cues"})
_THRESHOLDS = frozenset({"auto", "review", "margin"})
_CUES = frozenset({"dprk", "designated", "sanctions", "role", "ship", "other", "foreign"})
_LANGUAGES = frozenset({"en", "ko"})


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
    fields = read_yaml(path).fields(required=_KEYS)
    limits = _read_numbers(fields["thresholds"].fields(required=_THRESHOLDS))
    weights = _read_numbers(fields["weights"].fields())
    context = fields["context"].members()
    if unknown := [node for node in context if node.string() not in weights]:
        raise unknown[0].fail(f"context names evidence without weight: {[node.string() for node in unknown]}")
    return Evidence(
        auto=limits["auto"],
        review=limits["review"],
        margin=limits["margin"],
        weights=weights,
        context=frozenset(node.string() for node in context),
        cues=_read_cues(fields["cues"]),
    )


def _read_numbers(fields: Mapping[str, Node]) -> dict[str, float]:
    return {name: node.number() for name, node in fields.items()}


def _read_cues(node: Node) -> dict[tuple[str, str], re.Pattern[str]]:
    patterns = {}
    for kind, by_language in node.fields(required=_CUES).items():
        for lang, listed in by_language.fields(required=_LANGUAGES).items():
            words = listed.strings()
            if not words or "" in words:
                raise listed.fail(f"{listed.name} must be a sequence of words")
            patterns[kind, lang] = _compile(words, lang)
    return patterns


def _compile(words: list[str], lang: str) -> re.Pattern[str]:
    joined = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(joined) if lang == "ko" else re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE)
