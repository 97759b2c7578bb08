"""Find copies of one story: the same wire text under several addresses, cut, edited or with a local paragraph added.

MinHash signatures propose pairs, and containment of their word groups decides: copies are often cut, which Jaccard
similarity punishes. Stories on one topic share words but not word groups and stay apart. Clusters are joined where most
of their members are copies of each other, so that a round-up does not make one of the stories it tells. Nothing is ever
deleted; members of a cluster share an id. The result depends on the set of texts only, never on their order.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations

from models.records import Article

__all__ = [
    "SIGNATURE_VERSION",
    "Signature",
    "StoryText",
    "are_copies",
    "cluster_stories",
    "containment",
    "make_signature",
    "shingles",
    "story_text",
]

SIGNATURE_VERSION = "minhash128-affine32-seed1-bands64x2"
"""Signatures and bands of different versions cannot be compared; stored ones must be made anew when this changes."""

CONTAINMENT = 0.65
"""Share of the smaller text found in the other from which both are one story: above a half, which a text of two stories has."""

_PERMUTATIONS = 128
_BANDS, _ROWS = 64, 2
"""Sixty-four bands of two find nearly every copy cut to a third, and one pair in forty that shares a fiftieth."""
_LEAST_SHINGLES = 40
"""A text of one sentence or two is inside many others by chance; below this only near equality counts."""
_LEAST_RATIO = 0.2
"""A brief inside a digest five times its size does not make the digest a copy."""
_WORD = re.compile(r"\w+", re.UNICODE)
_EARLY = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StoryText:
    """The text of one story without its furniture, and what decides which member stands for a cluster."""

    id: str
    text: str
    lang: str
    published: datetime | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """A MinHash of a text: 128 values of 32 bits, little-endian, as bytes for storing."""

    values: bytes

    @property
    def bands(self) -> tuple[str, ...]:
        """Short strings, of which two likely copies share at least one: "07:9f3a…". Made for an indexed column."""
        width = 4 * _ROWS
        pieces = (self.values[index * width : (index + 1) * width] for index in range(_BANDS))
        return tuple(f"{index:02d}:{hashlib.blake2b(piece, digest_size=8).hexdigest()}" for index, piece in enumerate(pieces))


def story_text(article: Article) -> StoryText:
    """Take the story out of an article: its text without furniture."""
    kept, position = [], 0
    for start, end in article.furniture:
        kept.append(article.text[position:start])
        position = end
    kept.append(article.text[position:])
    return StoryText(article.id, " ".join(kept), article.lang, article.publication.at if article.publication else None)


def shingles(text: str, lang: str) -> frozenset[str]:
    """Return the groups of three words of a text, or of five characters for Korean, Japanese and Chinese.

    Case, punctuation, blanks and forms of characters (NFKC) do not count. A text shorter than one group is a group.
    """
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    if lang in {"ko", "ja", "zh"}:
        joined = "".join(words)
        return frozenset(joined[start : start + 5] for start in range(max(1, len(joined) - 4))) if joined else frozenset()
    return frozenset(" ".join(words[start : start + 3]) for start in range(max(1, len(words) - 2))) if words else frozenset()


def make_signature(groups: Iterable[str]) -> Signature:
    """Make the signature of a set of shingles. The first call loads datasketch, which takes most of a second."""
    from datasketch import MinHash

    sketch = MinHash(num_perm=_PERMUTATIONS, seed=1, scheme="affine32")
    sketch.update_batch([group.encode() for group in groups])
    return Signature(sketch.hashvalues.astype("<u4").tobytes())


def containment(a: frozenset[str], b: frozenset[str]) -> float:
    """Return the share of the smaller set that is in the other; 0.0 where one is empty."""
    smaller = min(len(a), len(b))
    return len(a & b) / smaller if smaller else 0.0


def are_copies(a: frozenset[str], b: frozenset[str]) -> bool:
    """Tell whether two texts, given by their shingles, are copies of one story."""
    smaller, larger = sorted((len(a), len(b)))
    if smaller < _LEAST_SHINGLES:
        return smaller > 0 and len(a & b) >= 0.8 * larger
    return smaller >= _LEAST_RATIO * larger and containment(a, b) >= CONTAINMENT


def cluster_stories(items: Sequence[StoryText]) -> dict[str, str]:
    """Map the id of every story to the id of its cluster, which is that of the representative.

    The representative is the earliest published, then the one with the smallest id; stories without a time come
    last. The most alike are joined first, and two clusters become one where at least half of the pairs between them
    are copies: a first and a third version belong together through the second, two stories not through a round-up.
    """
    groups = {item.id: shingles(item.text, item.lang) for item in items}
    clusters = _Clusters(groups)
    for a, b in _likely_copies(groups):
        clusters.join(a, b)
    by_id = {item.id: item for item in items}
    return {item.id: min((by_id[member] for member in clusters.of(item.id)), key=_rank).id for item in items}


def _rank(item: StoryText) -> tuple[datetime, str]:
    return item.published or _EARLY, item.id


def _likely_copies(groups: Mapping[str, frozenset[str]]) -> list[tuple[str, str]]:
    """Return the pairs of copies that share a band, by falling Jaccard similarity, then by id."""
    found = []
    for a, b in _candidate_pairs(groups):
        if are_copies(groups[a], groups[b]):
            shared = len(groups[a] & groups[b])
            found.append((-shared / (len(groups[a]) + len(groups[b]) - shared), a, b))
    return [(a, b) for _, a, b in sorted(found)]


def _candidate_pairs(groups: Mapping[str, frozenset[str]]) -> set[tuple[str, str]]:
    buckets: dict[str, list[str]] = defaultdict(list)
    for identifier, group in sorted(groups.items()):
        if group:
            for band in make_signature(group).bands:
                buckets[band].append(identifier)
    return {pair for found in buckets.values() for pair in combinations(found, 2)}


class _Clusters:
    """Sets of ids that grow together by majority linkage."""

    def __init__(self, groups: Mapping[str, frozenset[str]]) -> None:
        self._groups = groups
        self._sets = {identifier: [identifier] for identifier in groups}
        self._copies: dict[tuple[str, str], bool] = {}

    def of(self, identifier: str) -> Sequence[str]:
        """Return the members of the set that holds `identifier`."""
        return self._sets[identifier]

    def join(self, a: str, b: str) -> None:
        """Make one set of the two that hold `a` and `b`, where at least half of the pairs between them are copies."""
        one, other = self._sets[a], self._sets[b]
        if one is other or 2 * sum(self._are_copies(x, y) for x in one for y in other) < len(one) * len(other):
            return
        one.extend(other)
        for member in other:
            self._sets[member] = one

    def _are_copies(self, a: str, b: str) -> bool:
        pair = (a, b) if a < b else (b, a)
        if pair not in self._copies:
            self._copies[pair] = are_copies(self._groups[a], self._groups[b])
        return self._copies[pair]
