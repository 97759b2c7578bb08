"""Spans of text: half-open ranges of code points, and the few things that every stage does with them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

__all__ = ["Range", "Ranges", "covers", "crosses", "keep_longest", "shrink"]


class Range(Protocol):
    """Anything with a start and an end."""

    @property
    def start(self) -> int:
        """First code point."""

    @property
    def end(self) -> int:
        """One past the last code point."""


_R = TypeVar("_R", bound=Range)


def crosses(a: Range, b: Range) -> bool:
    """Tell whether two ranges share a character."""
    return a.start < b.end and b.start < a.end


def covers(outer: Range, inner: Range) -> bool:
    """Tell whether `inner` lies within `outer`; equal ranges cover each other."""
    return outer.start <= inner.start and inner.end <= outer.end


def shrink(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the range without white space at either end; an all-white range becomes empty at its start."""
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    return start, end


def keep_longest(items: Iterable[_R], *, rank: Callable[[_R], int] | None = None) -> list[_R]:
    """Return items that do not overlap, in order of the text: higher `rank` first, then longer, then earlier.

    The order of the input never matters, so that the answer is the same on every run. Cost n log n.
    """
    order = sorted(items, key=lambda item: (-(rank(item) if rank else 0), item.start - item.end, item.start))
    taken = Ranges(())
    kept = [item for item in order if taken.add(item.start, item.end)]
    return sorted(kept, key=lambda item: item.start)


class Ranges:
    """A set of ranges that do not overlap, quick to ask and to fill."""

    def __init__(self, ranges: Sequence[tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in ranges:
            self.add(start, end)

    def touches(self, start: int, end: int) -> bool:
        """Tell whether any range of the set shares a character with `start:end`."""
        return bisect_right(self._ends, start) < bisect_left(self._starts, end)

    def add(self, start: int, end: int) -> bool:
        """Add the range unless it touches another; tell whether it was added. Empty ranges are never added."""
        if start >= end or self.touches(start, end):
            return False
        place = bisect_left(self._starts, start)
        self._starts.insert(place, start)
        self._ends.insert(place, end)
        return True
