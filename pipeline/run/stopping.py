"""Ending a run before its time: because somebody asks for it, or because it may take no longer."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType

__all__ = ["Stop", "stopping_at_sigterm"]

_PLURAL = {"body": "bodies"}


class Stop:
    """Whether a run is to take no more items.

    `time_limit` are the seconds from now after which it takes none, 0 for no limit. `left` counts what was due and was not taken.
    """

    def __init__(self, time_limit: float = 0.0, *, clock: Callable[[], float] = monotonic) -> None:
        self.left: Counter[str] = Counter()
        self._limit = time_limit
        self._clock = clock
        self._began = clock()
        self._asked = threading.Event()

    def ask(self) -> None:
        """Let the run finish what it is at, and end."""
        self._asked.set()

    @property
    def asked(self) -> bool:
        """Whether somebody asked for it."""
        return self._asked.is_set()

    @property
    def now(self) -> bool:
        """Whether no more items are to be taken."""
        return self.asked or 0 < self._limit <= self._clock() - self._began

    @property
    def cut(self) -> bool:
        """Whether the run did less than it would have: a time limit that left nothing undone cut nothing."""
        return self.asked or bool(self.left)

    @property
    def exit_code(self) -> int:
        """Of a run that was cut: 143, as the shell has it for a program that SIGTERM ended, or 3 for the time limit."""
        return 128 + signal.SIGTERM if self.asked else 3

    @property
    def reason(self) -> str:
        """Why the run was cut, and what it left, in a sentence."""
        why = "ended by SIGTERM" if self.asked else f"the time limit of {self._limit:g} s was reached"
        left = ", ".join(f"{number} {what if number == 1 else _PLURAL.get(what, what + 's')}" for what, number in self.left.items())
        return f"{why}; left for the next run: {left or 'nothing that was due'}"

    def wait(self, seconds: float) -> None:
        """Wait so many seconds, or until somebody asks for an end."""
        self._asked.wait(seconds)


@contextmanager
def stopping_at_sigterm(stop: Stop) -> Iterator[None]:
    """Let the first SIGTERM ask for an end; a second one kills the process, whose leases then run out. For the main thread alone."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        stop.ask()

    before = signal.signal(signal.SIGTERM, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
