"""Many names, found by keys and ranked by comparison."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.names.comparison import SAME, Comparison, compare
from pipeline.names.keys import name_keys

__all__ = ["Match", "NameIndex"]

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Match(Generic[V]):
    """A name of the index that agrees with the one looked for, and what stands behind it."""

    name: str
    value: V
    comparison: Comparison


class NameIndex(Generic[V]):
    """Names of persons with a value each, say an entry of a list; a name may occur several times."""

    def __init__(self, names: Iterable[tuple[str, V]]) -> None:
        self._buckets: dict[str, list[int]] = defaultdict(list)
        self._names: list[tuple[str, V]] = []
        for place, (name, value) in enumerate(names):
            self._names.append((name, value))
            for key in name_keys(name):
                self._buckets[key].append(place)

    def __len__(self) -> int:
        return len(self._names)

    def find(self, name: str, *, least: float = SAME) -> tuple[Match[V], ...]:
        """Return the names that agree by at least `least` (0 to 1), best first, equal ones in the order they were given.

        Only names that share a key are compared, so a lower `least` than the default does not bring everything.
        """
        places = {place for key in name_keys(name) for place in self._buckets.get(key, ())}
        found = [(comparison, place) for place in places if (comparison := compare(name, self._names[place][0])).score >= least]
        found.sort(key=lambda item: (-item[0].score, item[1]))
        return tuple(Match(*self._names[place], comparison) for comparison, place in found)
