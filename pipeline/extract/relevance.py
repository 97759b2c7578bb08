"""Score how much a text is about Korea: either Korea, its people, bodies, companies or what others do about them.

Korean-language news of home affairs is about Korea; Korean-language news of the world is not. The evidence is data
(`data/relevance.yaml`); this module only weighs it. Mentions in the title and the lead count more than later ones,
several different terms more than one repeated, and a passing mention in a row of countries hardly at all.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pipeline.extract.resources import DATA, compile_pattern, read_sections
from pipeline.text.yaml_lines import Node

__all__ = ["THRESHOLD", "is_korea_related", "measure_evidence", "score_relevance"]

THRESHOLD = 0.5
"""The score is a probability, so one half; the filter of mixed feeds uses it too."""

_LEAD = {"en": 600, "ko": 300}
"""Characters of the lead: about the first three sentences."""
_LONGEST = 30_000
"""Characters looked at: what an article is about shows long before."""
_GLUED = 10
"""Length of a term of several words that is unmistakable inside other letters too ("Kim Jong Un" has 11)."""
_KEYS = frozenset({"weight", "terms"})
_FEATURES = ("title", "lead", "density", "variety", "foreign")


@dataclass(frozen=True, slots=True)
class _Lexicon:
    terms: re.Pattern[str]
    weights: Mapping[str, float]
    traps: tuple[re.Pattern[str], ...]
    foreign: tuple[re.Pattern[str], ...]
    coefficients: Mapping[str, float]


def score_relevance(title: str, text: str, lang: str) -> float:
    """Return the probability that the text is about Korea; 0.0 for languages without a lexicon."""
    if lang not in _LEAD:
        return 0.0
    coefficients = _lexicon(lang).coefficients
    evidence = measure_evidence(title, text, lang)
    logit = coefficients["bias"] + sum(coefficients.get(name, 0.0) * value for name, value in evidence.items())
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))


def is_korea_related(score: float) -> bool:
    """Tell whether a score of `score_relevance` is that of a text about Korea."""
    return score >= THRESHOLD


def measure_evidence(title: str, text: str, lang: str) -> dict[str, float]:
    """Return the features that the score weighs, each between 0 and about 4.

    `title` and `lead` are sums of the weights found there, `density` the logarithm of the weight per hundred words,
    `variety` the number of different strong terms, `foreign` (Korean only) the share of signs of other countries.
    """
    lexicon = _lexicon(lang)
    body = _drop_traps(text[:_LONGEST], lexicon)
    found = Counter(match[0] for match in lexicon.terms.finditer(body))
    weight = sum(lexicon.weights[term] * count for term, count in found.items())
    words = max(40.0, len(body) / (5.5 if lang == "en" else 3.5))
    foreign = sum(len(pattern.findall(f"{title}\n{body}")) for pattern in lexicon.foreign)
    return {
        "title": min(4.0, _weigh(_drop_traps(title, lexicon), lexicon)),
        "lead": min(4.0, _weigh(body[: _LEAD[lang]], lexicon) / 1.5),
        "density": min(4.0, math.log2(1.0 + 100.0 * weight / words)),
        "variety": min(4.0, float(sum(1 for term in found if lexicon.weights[term] >= 2))),
        "foreign": min(4.0, 4.0 * foreign * 2.0 / (weight + foreign * 2.0)) if foreign else 0.0,
    }


def _weigh(text: str, lexicon: _Lexicon) -> float:
    return sum(lexicon.weights[term] for term in {match[0] for match in lexicon.terms.finditer(text)})


def _drop_traps(text: str, lexicon: _Lexicon) -> str:
    for trap in lexicon.traps:
        text = trap.sub(" ", text)
    return text


# --- data ------------------------------------------------------------------------------------------------------


@cache
def _lexicon(lang: str) -> _Lexicon:
    sections = read_sections(DATA / "relevance.yaml")
    weights: dict[str, float] = {}
    for item in sections[lang]:
        fields = item.fields(required=_KEYS)
        weight = fields["weight"].number()
        weights.update({term.strip(): weight for term in fields["terms"].string().split(",")})
    return _Lexicon(
        terms=_compile_terms(weights, lang),
        weights=weights,
        traps=_compile_all(sections[f"traps_{lang}"]),
        foreign=_compile_all(sections.get(f"foreign_{lang}", ())),
        coefficients=_read_coefficients(sections[f"model_{lang}"][0]),
    )


def _compile_terms(weights: Mapping[str, float], lang: str) -> re.Pattern[str]:
    """Make one pattern of all terms, longest first.

    English terms need word borders, but for the long ones of several words: copies of wire text glue them to their
    neighbours.
    """
    terms = sorted(weights, key=lambda term: (-len(term), term))
    if lang == "ko":
        # Short words are found inside others (평양 in 태평양, 대전 in 세계대전); particles follow, they never precede.
        short = [term for term in terms if len(term) <= 2]
        long = [term for term in terms if len(term) > 2]
        return re.compile(rf"{'|'.join(map(re.escape, long))}|(?<![가-힣A-Za-z])(?:{'|'.join(map(re.escape, short))})")
    glued = [term for term in terms if " " in term and len(term) >= _GLUED]
    bounded = [term for term in terms if term not in glued]
    return re.compile(rf"{'|'.join(map(re.escape, glued))}|(?<!\w)(?:{'|'.join(map(re.escape, bounded))})(?!\w)")


def _compile_all(items: tuple[Node, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(compile_pattern(item) for item in items)


def _read_coefficients(item: Node) -> dict[str, float]:
    fields = item.fields(frozenset(_FEATURES), required=frozenset({"bias"}))
    return {name: node.number() for name, node in fields.items()}
