"""How long questions took, and what was asked of them."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from models.filters import EventFilter
from models.findings import EventFound
from pipeline.publish import write_export
from pipeline.query import Reader

__all__ = ["Figure", "Questions", "Took", "ask", "export_csv", "timed"]

Questions = Mapping[str, Callable[[], object]]


@dataclass(frozen=True, slots=True)
class Took:
    """How long one question took, in milliseconds, and how long this process was at work on it: all that SQLite does, not what PostgreSQL does."""

    elapsed: float
    busy: float
    question: str


@dataclass(frozen=True, slots=True)
class Figure:
    """How long one kind of question took, and what nineteen of twenty are to stay below, None where nothing is asked."""

    name: str
    took: tuple[Took, ...]
    asked: float | None = None

    def at(self, share: float) -> float:
        """Return the time that this share of all stays within."""
        return _at(share, [one.elapsed for one in self.took])

    def busy_at(self, share: float) -> float:
        """Return the time at work that this share of all stays within."""
        return _at(share, [one.busy for one in self.took])

    @property
    def slowest(self) -> str:
        """The question that took longest."""
        return max(self.took, key=lambda one: one.elapsed).question

    def verdict(self) -> str:
        """Return "met" or "not met", and nothing where nothing is asked."""
        if self.asked is None:
            return ""
        return "met" if self.at(0.95) <= self.asked else "not met"


def _at(share: float, times: Sequence[float]) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def ask(name: str, questions: Questions, rounds: int, asked: float | None = None) -> Figure:
    """Ask every question so many times, in turn."""
    took: list[Took] = []
    for _ in range(rounds):
        for one, question in questions.items():
            with timed(one, took):
                question()
    return Figure(name, tuple(took), asked)


@contextmanager
def timed(question: str, took: list[Took]) -> Iterator[None]:
    """Add how long what stands in the `with` statement takes."""
    begun, at_work = time.perf_counter(), time.process_time()
    yield
    took.append(Took((time.perf_counter() - begun) * 1000, (time.process_time() - at_work) * 1000, question))


# --- exports --------------------------------------------------------------------------------------------------------------


class _Nowhere(io.RawIOBase):
    """A file that counts what is written to it and keeps nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 0

    def writable(self) -> bool:
        """Return that it can be written to."""
        return True

    def write(self, block: Any, /) -> int:  # noqa: ANN401 - any buffer
        """Count the bytes."""
        self.size += len(block)
        return len(block)


def export_csv(reader: Reader, wanted: EventFilter, most: int | None = None) -> int:
    """Export the newest events as CSV, at most so many; return how many bytes they are."""
    out = _Nowhere()
    write_export(reader, wanted, "csv", io.BufferedWriter(out), watch=partial(_first, most))
    return out.size


def _first(most: int | None, events: Iterable[EventFound]) -> Iterable[EventFound]:
    return islice(events, most)
