"""Tell the language of a text, well enough to keep out what is not read.

Scripts decide between Korean, Japanese, Chinese and the rest; function words decide among languages written in
Latin letters. Texts without evidence are "und": nothing is taken for English just because it is not something else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache, lru_cache

from pipeline.extract.resources import DATA, read_sections

__all__ = ["SUPPORTED", "detect_language"]

SUPPORTED = ("en", "ko")
"""Languages that the later stages read."""

_SAMPLE = 20_000
"""Characters looked at: more adds time, not certainty."""

_WORD = re.compile(r"[^\W\d_]+(?:['’.][^\W\d_]+)*", re.UNICODE)
_ENGLISH_ENDING = re.compile(r"(?:.ing|.ed|'s|ness|ight|ough|.ly|sh|wn)$")
_SCRIPTS: Mapping[str, re.Pattern[str]] = {
    "hangul": re.compile(r"[\uac00-\ud7a3\u1100-\u11ff\u3130-\u318f]"),
    "kana": re.compile(r"[\u3041-\u30ff]"),
    "han": re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]"),
    "latin": re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"),
    "cyrillic": re.compile(r"[\u0400-\u04ff]"),
    "arabic": re.compile(r"[\u0600-\u06ff]"),
    "thai": re.compile(r"[\u0e01-\u0e5b]"),
    "greek": re.compile(r"[\u0370-\u03ff]"),
    "hebrew": re.compile(r"[\u0590-\u05ff]"),
    "devanagari": re.compile(r"[\u0900-\u0963\u0966-\u097f]"),
    "bengali": re.compile(r"[\u0980-\u09ff]"),
}
_ONE_LANGUAGE = {"thai": "th", "greek": "el", "hebrew": "he", "devanagari": "hi", "bengali": "bn"}
# A CJK character says about as much as two and a half letters; without this a Korean text with English names tips.
_WEIGHT = {"hangul": 2.5, "kana": 2.5, "han": 2.5}


def detect_language(text: str) -> str:
    """Return "en", "ko", another ISO 639-1 code, or "und" where the text gives no evidence. Never raises."""
    sample = text[:_SAMPLE]
    shares = _script_shares(sample)
    if not shares:
        return "und"
    # Korean news mixes Latin names and single Chinese characters into Hangul; Japanese and Chinese news hold none of it.
    if shares["hangul"] >= 0.3 and shares["hangul"] > shares["kana"]:
        return "ko"
    if shares["kana"] + shares["han"] >= 0.4:
        return "ja" if shares["kana"] >= 0.1 * (shares["kana"] + shares["han"]) else "zh"
    script = max(shares, key=lambda name: shares[name])
    if script == "latin":
        return _detect_latin(sample)
    if script == "cyrillic":
        return "uk" if re.search("[іїєґІЇЄҐ]", sample) else "ru"
    if script == "arabic":
        return "fa" if re.search("[پچژگ]", sample) else "ar"
    return _ONE_LANGUAGE.get(script, "und")


def _script_shares(text: str) -> dict[str, float]:
    counts = dict.fromkeys(_SCRIPTS, 0.0)
    for character, count in Counter(text).items():
        if (script := _script_of(character)) is not None:
            counts[script] += count * _WEIGHT.get(script, 1.0)
    total = sum(counts.values())
    return {name: count / total for name, count in counts.items()} if total else {}


@lru_cache(maxsize=4_096)
def _script_of(character: str) -> str | None:
    return next((name for name, pattern in _SCRIPTS.items() if pattern.match(character)), None)


def _detect_latin(text: str) -> str:
    words = Counter(word.replace("’", "'") for word in _WORD.findall(text.lower()))
    total = sum(words.values())
    scores = {lang: _evidence(words, known) for lang, known in _common_words().items()}
    # Headlines hold few function words; these endings are rare in the other languages listed and count half.
    scores["en"] += 0.5 * sum(1 for word in words if _ENGLISH_ENDING.search(word) and word not in _common_words()["en"])
    best = max(scores, key=lambda lang: scores[lang])
    if scores[best] == 0 or scores[best] < 0.08 * total:
        return "und"
    # A tie, as in a headline of two names, is no evidence for either side.
    if sum(score == scores[best] for score in scores.values()) > 1:
        return "und"
    return best


def _evidence(words: Counter[str], known: frozenset[str]) -> float:
    """Count known words; each kind counts at most five times, so that one word repeated in a table proves little."""
    total = sum(words.values())
    cap = max(5, total // 12)
    return float(sum(min(count, cap) for word, count in words.items() if word in known))


@cache
def _common_words() -> dict[str, frozenset[str]]:
    sections = read_sections(DATA / "language.yaml")
    return {lang: frozenset(word for item in items for word in item.string().split()) for lang, items in sections.items()}
