"""Find copies of one story: the same wire text under several addresses, cut, edited or with a local paragraph added.

MinHash signatures propose pairs, and containment of their word groups decides: copies are often cut, which Jaccard
similarity punishes. Stories on one topic share words but not word groups and stay apart. Nothing is ever deleted;
members of a cluster share an id. The result depends on the set of texts only, never on their order.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
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

SIGNATURE_VERSION = "minhash128-affine32-seed1-bands42x3"
"""Signatures and bands of different versions cannot be compared; stored ones must be made anew when this changes."""

CONTAINMENT = 0.5
"""Share of the smaller text found in the other from which both are one story; measured best on wire copies."""

_PERMUTATIONS = 128
_BANDS, _ROWS = 42, 3
"""Forty-two bands of three find a copy cut to a third five times in six, and one pair in forty that shares a tenth."""
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
    last. Clusters are closed under copying: a first and a third version belong together through the second.
    """
    groups = {item.id: shingles(item.text, item.lang) for item in items}
    leaders = _Leaders(groups)
    for a, b in _candidate_pairs(groups):
        if leaders.find(a) != leaders.find(b) and are_copies(groups[a], groups[b]):
            leaders.join(a, b)
    members: dict[str, list[StoryText]] = defaultdict(list)
    for item in items:
        members[leaders.find(item.id)].append(item)
    representatives = {leader: min(found, key=lambda item: (item.published or _EARLY, item.id)).id for leader, found in members.items()}
    return {item.id: representatives[leaders.find(item.id)] for item in items}


def _candidate_pairs(groups: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, str]]:
    buckets: dict[str, list[str]] = defaultdict(list)
    for identifier, group in sorted(groups.items()):
        if group:
            for band in make_signature(group).bands:
                buckets[band].append(identifier)
    seen: set[tuple[str, str]] = set()
    for found in buckets.values():
        for pair in combinations(found, 2):
            if pair not in seen:
                seen.add(pair)
                yield pair


class _Leaders:
    """Union-find over ids."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._parent = {identifier: identifier for identifier in ids}

    def find(self, identifier: str) -> str:
        """Return the leader of the set that holds `identifier`."""
        while self._parent[identifier] != identifier:
            self._parent[identifier] = self._parent[self._parent[identifier]]
            identifier = self._parent[identifier]
        return identifier

    def join(self, a: str, b: str) -> None:
        """Make one set of two."""
        low, high = sorted((self.find(a), self.find(b)))
        self._parent[high] = low
