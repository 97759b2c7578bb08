"""Clause borders by closed word lists: good enough for the reach of a cue, no substitute for a parse."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipeline.events.reading import Word

__all__ = ["clause_numberer"]


def clause_numberer(sets: Mapping[str, frozenset[str]]) -> Callable[[tuple[Word, ...]], tuple[int, ...]]:
    """Return a function that numbers the clauses of a sentence, one number per word."""
    openers, marks, breaks = (sets.get(name, frozenset()) for name in ("clause_openers", "clause_marks", "breaks"))

    def number(words: tuple[Word, ...]) -> tuple[int, ...]:
        numbers, current = [], 0
        for index, word in enumerate(words):
            after = words[index + 1].norm if index + 1 < len(words) else ""
            if word.norm in openers or word.norm in marks or (word.norm == "," and (after in breaks or after.endswith("ing"))):
                current += 1
            numbers.append(current)
        return tuple(numbers)

    return number
