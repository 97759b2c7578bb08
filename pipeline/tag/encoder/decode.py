"""From scores to annotations: names by the best row of tags, sentences, trees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

__all__ = ["TagSpan", "best_heads", "best_tags", "softmax", "spans_of", "unlikely_spans"]

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

_NEVER = -1e4


@dataclass(frozen=True, slots=True)
class TagSpan:
    """A name over words `first` to `last` (inclusive), with the network's probability that exactly these words are one such name."""

    first: int
    last: int
    label: str
    probability: float


def softmax(scores: Floats) -> Floats:
    """Return probabilities over the last axis."""
    shifted = np.exp(scores - scores.max(-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(-1, keepdims=True), np.float32)


@lru_cache(maxsize=4)
def _moves(tags: tuple[str, ...]) -> Floats:
    """Return what it costs to go from tag (row) to tag (column): nothing, or never where an inside follows no name of its label."""
    moves = np.zeros((len(tags), len(tags)), np.float32)
    for column, tag in enumerate(tags):
        if tag.startswith("I-"):
            for row, before in enumerate(tags):
                if before[2:] != tag[2:]:
                    moves[row, column] = _NEVER
    return moves


def best_tags(scores: Floats, tags: tuple[str, ...]) -> Ints:
    """Return the best allowed row of tags, one index for each word; `scores` is (words, tags).

    Most rows of best tags are allowed as they are; only others are searched (Viterbi).
    """
    best = np.asarray(scores.argmax(-1), np.int64)
    moves = _moves(tags)
    outside = tags.index("O")
    if len(best) == 0 or (moves[outside, best[0]] == 0 and not moves[best[:-1], best[1:]].any()):
        return best
    total = scores[0] + moves[outside]
    back = np.zeros(scores.shape, np.int64)
    for word in range(1, len(scores)):
        options = total[:, None] + moves
        back[word] = options.argmax(0)
        total = options.max(0) + scores[word]
    best[-1] = total.argmax()
    for word in range(len(scores) - 1, 0, -1):
        best[word - 1] = back[word, best[word]]
    return best


def spans_of(best: Ints, probabilities: Floats, tags: tuple[str, ...]) -> list[TagSpan]:
    """Return the names of a row of tags.

    The probability of a span is that of its first tag, times those of its other tags, times that of no continuation.
    """
    spans: list[TagSpan] = []
    words = np.flatnonzero(best)
    place = 0
    while place < len(words):
        first = last = int(words[place])
        label = tags[best[first]][2:]
        inside = tags.index(f"I-{label}")
        probability = float(probabilities[first, best[first]])
        while last + 1 < len(best) and best[last + 1] == inside:
            last += 1
            probability *= float(probabilities[last, inside])
        if last + 1 < len(best):
            probability *= 1.0 - float(probabilities[last + 1, inside])
        spans.append(TagSpan(first, last, label, probability))
        place += last - first + 1
    return spans


def unlikely_spans(scores: Floats, probabilities: Floats, tags: tuple[str, ...], *, known: Sequence[TagSpan], bias: float) -> list[TagSpan]:
    """Return further names that the network half sees: those that come up when "no name" is made less likely by `bias` (log scale)."""
    if probabilities[:, 0].min(initial=1.0) > 1.0 / (1.0 + np.exp(-bias)) and not known:
        return []
    tilted = scores.copy()
    tilted[:, tags.index("O")] -= bias
    found = {(span.first, span.last, span.label) for span in known}
    return [span for span in spans_of(best_tags(tilted, tags), probabilities, tags) if (span.first, span.last, span.label) not in found]


def best_heads(arcs: Floats) -> Ints:
    """Return the head of each word of one sentence, counted from 1, 0 for its root: a tree with one root.

    `arcs` is (words, words + 1), the first column the root. The best heads mostly are a tree; where they are not, the word that is
    most of all a root is made it, and the rest is the tree of most weight (Chu and Liu 1965, Edmonds 1967).
    """
    words = len(arcs)
    scores = arcs.astype(np.float64)
    scores[np.arange(words), np.arange(1, words + 1)] = -np.inf
    heads = np.asarray(scores.argmax(-1), np.int64)
    roots = np.flatnonzero(heads == 0)
    if len(roots) != 1:
        shifted = scores - scores.max(-1, keepdims=True)
        likely = shifted[:, 0] - np.log(np.exp(shifted).sum(-1))
        root = int(likely.argmax())
        scores[:, 0] = -np.inf
        scores[root] = -np.inf
        scores[root, 0] = 0.0
        heads = np.asarray(scores.argmax(-1), np.int64)
    cycle = _cycle(heads)
    if not cycle:
        return heads
    if len(roots) == 1:
        root = int(roots[0])
        scores[:, 0] = -np.inf
        scores[root] = -np.inf
        scores[root, 0] = 0.0
    full = np.full((words + 1, words + 1), -np.inf)
    full[1:] = scores
    return np.asarray(_arborescence(full)[1:], np.int64)


def _cycle(heads: Ints) -> list[int]:
    """Return the words (from 0) of a cycle, none where the heads (from 1, root 0) form a tree."""
    state = [0] * (len(heads) + 1)
    state[0] = 2
    for start in range(1, len(heads) + 1):
        path, node = [], start
        while state[node] == 0:
            state[node] = 1
            path.append(node)
            node = int(heads[node - 1])
        if state[node] == 1:
            return [one - 1 for one in path[path.index(node) :]]
        for one in path:
            state[one] = 2
    return []


def _arborescence(scores: npt.NDArray[np.float64]) -> Ints:
    """Return the head of each node in the tree of most weight from node 0; `scores[child, head]`. Cycles are merged one by one."""
    nodes = len(scores)
    heads = np.zeros(nodes, np.int64)
    heads[1:] = scores[1:].argmax(-1)
    cycle = [one + 1 for one in _cycle(heads[1:])]
    if not cycle:
        return heads
    inside = np.zeros(nodes, bool)
    inside[cycle] = True
    outer = np.flatnonzero(~inside)
    own = scores[cycle, heads[cycle]]
    # The cycle becomes the last node of a smaller graph.
    small = np.full((len(outer) + 1, len(outer) + 1), -np.inf)
    small[:-1, :-1] = scores[np.ix_(outer, outer)]
    leaving = scores[np.ix_(outer, np.asarray(cycle))]
    small[:-1, -1] = leaving.max(1)
    with np.errstate(invalid="ignore"):
        entering = scores[np.ix_(np.asarray(cycle), outer)] - own[:, None]
    small[-1, :-1] = entering.max(0)
    small[0] = -np.inf
    solved = _arborescence(small)
    result = np.zeros(nodes, np.int64)
    for place, node in enumerate(outer[1:], 1):
        head = solved[place]
        result[node] = outer[head] if head < len(outer) else cycle[int(leaving[place].argmax())]
    for node in cycle:
        result[node] = heads[node]
    entry = solved[-1]
    broken = cycle[int(entering[:, entry].argmax())]
    result[broken] = outer[entry]
    return result
