"""Politeness towards hosts: spacing of requests, few at once, and turns among hosts."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import zip_longest
from typing import TypeVar
from urllib.parse import urlsplit

__all__ = ["HostGate", "take_turns"]

Item = TypeVar("Item")


class HostGate:
    """Lets requests to one host start `delay` seconds apart and at most `parallel` at once."""

    def __init__(self, *, delay: float, parallel: int, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._delay = delay
        self._clock = clock
        self._sleep = sleep
        self._places = threading.BoundedSemaphore(parallel)
        self._lock = threading.Lock()
        self._next_start = float("-inf")

    def slow_down(self, delay: float) -> None:
        """Let requests start at least `delay` seconds apart from now on: a host may ask for more than the custom."""
        with self._lock:
            self._delay = max(self._delay, delay)

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Wait for one's turn; the place is held until the block ends."""
        with self._places:
            with self._lock:
                now = self._clock()
                start = max(now, self._next_start)
                self._next_start = start + self._delay
            if start > now:
                self._sleep(start - now)
            yield


def take_turns(items: Iterable[Item], url_of: Callable[[Item], str]) -> list[Item]:
    """Order items so that hosts alternate; within a host the order stays.

    Workers that all hold items of one host wait for each other, and the other hosts wait for them.
    """
    by_host: dict[str | None, list[Item]] = defaultdict(list)
    for item in items:
        by_host[urlsplit(url_of(item)).hostname].append(item)
    nothing = object()
    return [item for turn in zip_longest(*by_host.values(), fillvalue=nothing) for item in turn if item is not nothing]  # type: ignore[misc]
