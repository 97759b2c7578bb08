"""What governs what in the parse of a sentence: paths upward, the clause of a word, what a clause shares with the one above.

Relations are those of Universal Dependencies; positions are word indexes of the sentence.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.events.parse import Parse

__all__ = ["SUBJECTS", "has_own_subject", "marks_of", "shares_clause", "top_of", "upward"]

SUBJECTS = frozenset({"nsubj", "nsubj:pass", "csubj", "csubj:pass", "expl"})
_LONGEST_PATH = 40
"""Steps from a word to its root; sentences of news need fewer than twenty, and a broken parse must not loop."""
_EMPTY = frozenset({"punct", "case", "det", "mark", "cc"})


def upward(parse: Parse, word: int) -> Iterator[tuple[int, int, str]]:
    """Yield (word, word above it, relation) from a word to the root of its sentence."""
    for _ in range(_LONGEST_PATH):
        above = parse.heads[word]
        if above < 0:
            return
        yield word, above, parse.deps[word]
        word = above


def top_of(parse: Parse, first: int, last: int) -> int:
    """Return the highest word of `first..last`: the first one with meaning whose governor lies outside."""
    outer = [word for word in range(first, last + 1) if not first <= parse.heads[word] <= last]
    full = [word for word in outer if parse.deps[word] not in _EMPTY]
    return (full or outer or [first])[0]


def marks_of(parse: Parse, word: int) -> set[str]:
    """Return the conjunctions and prepositions that open the clause or phrase of a word, in lower case."""
    return {parse.norms[child] for child in parse.children(word, "mark", "case")} - {"'s", "'"}


def has_own_subject(parse: Parse, word: int) -> bool:
    """Tell whether a verb has a subject of its own."""
    return any(True for _ in parse.children(word, *SUBJECTS))


def shares_clause(parse: Parse, word: int, relation: str) -> bool:
    """Tell whether a dependent clause takes its subject and time from the one above: "visited the plant, calling for ..."."""
    if relation == "xcomp":
        return True
    if relation not in {"advcl", "conj"} or has_own_subject(parse, word):
        return False
    return relation == "conj" or (parse.tags[word] in {"VBG", "VB"} and marks_of(parse, word) <= {"to", "by", "while", "of"})
