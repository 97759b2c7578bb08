"""How alike two sentences are.

The measure looks at the two sentences alone. One that weighs words by how rare they are in the collection (TF-IDF) gives another
figure every night, and a decision that was right yesterday must not change because of articles on something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise

__all__ = ["content_words", "likeness", "sketch"]

_WORD = re.compile(r"[가-힣]{2,}|[^\W\d_]{3,}|\d[\d.,]*\d|\d")
_STEM, _HANGUL_STEM = 6, 2
"""Letters that are compared: endings of English words and Korean particles do not count."""
_SKETCH = 4
_STOP = frozenset(
    "the and for with that this from its has have had was were are been will would could should not but who which their they them his "
    "her she him into over after before than also about between during said says told saying according reported report reports country "
    "countries north south korea korean koreans seoul pyongyang united states american".split()
)
"""Words without content, and those that nearly every sentence of the field holds."""


@lru_cache(maxsize=50_000)
def content_words(text: str) -> frozenset[str]:
    """Return the words of a sentence that carry its content, cut to their stems."""
    words = (word.casefold().rstrip(".,") for word in _WORD.findall(text))
    return frozenset(word[: _HANGUL_STEM if "가" <= word[0] <= "힣" else _STEM] for word in words if word not in _STOP)


def likeness(one: Iterable[tuple[str, str]], other: Iterable[tuple[str, str]]) -> float | None:
    """Return how alike the two most alike sentences are, 0 to 1 (Dice); None where no two are in one language.

    Sentences are `(language, text)`.
    """
    others = list(other)
    found = [_dice(content_words(a), content_words(b)) for lang, a in one for other_lang, b in others if lang == other_lang]
    return max(found) if found else None


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    total = len(one) + len(other)
    return 2 * len(one & other) / total if total else 0.0


def sketch(text: str) -> list[str]:
    """Return a few pairs of neighbouring content words; two sentences that are much alike share at least one, nearly always."""
    words = [word for word in (w.casefold().rstrip(".,") for w in _WORD.findall(text)) if word not in _STOP]
    pairs = {f"{a[:_STEM]} {b[:_STEM]}" for a, b in pairwise(words)}
    return sorted(pairs, key=lambda pair: blake2b(pair.encode(), digest_size=8).digest())[:_SKETCH]
