"""Questions as addresses: how an address changes by one step, and the questions that come with the explorer.

Every state of the explorer is an address with the pairs of a filter, so that a link, a bookmark and a saved question are one thing.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from models.filters import FIELDS, Sort

__all__ = ["CANNED", "Address", "CannedQuery"]

Pairs = tuple[tuple[str, str], ...]

_REPEATS = {field.name for field in FIELDS if field.kind.repeats}
_FILTER = {field.name for field in FIELDS}


@dataclass(frozen=True, slots=True)
class Address:
    """A path and the pairs after it; `str` gives the address as a link has it. Each step gives a new address, on its first page."""

    path: str
    pairs: Pairs = ()

    def __str__(self) -> str:
        """Return the path with the query string."""
        return f"{self.path}?{self.query}" if self.pairs else self.path

    @property
    def query(self) -> str:
        """The query string without its question mark."""
        return urlencode(self.pairs)

    @property
    def filter(self) -> Address:
        """The same filter without what belongs to a page: order, size and cursor."""
        return Address(self.path, tuple(pair for pair in self.pairs if pair[0] in _FILTER))

    def at(self, path: str) -> Address:
        """Return the same filter on another page of the explorer."""
        return Address(path, self.filter.pairs)

    def value(self, name: str) -> str | None:
        """Return the value of a name that has one, None where it is not in the address."""
        return next(iter(self.values(name)), None)

    def values(self, name: str) -> tuple[str, ...]:
        """Return all values of a name."""
        return tuple(value for given, value in self.pairs if given == name)

    def has(self, name: str, value: str) -> bool:
        """Return whether the pair is in the address."""
        return (name, value) in self.pairs

    def adding(self, name: str, value: str) -> Address:
        """Return the address with one pair more: beside others of its name where these repeat, else in their place."""
        opposite = value.removeprefix("!") if value.startswith("!") else "!" + value
        replaced = {value, opposite}
        kept = (pair for pair in self._first_page() if pair[0] != name or (name in _REPEATS and pair[1] not in replaced))
        return Address(self.path, (*kept, (name, value)))

    def without(self, name: str, value: str | None = None) -> Address:
        """Return the address without a pair, or without all pairs of a name. Roles go with the last entity that they tell of."""
        left = tuple(pair for pair in self._first_page() if pair[0] != name or (value is not None and pair[1] != value))
        if name == "entity" and not any(pair[0] == "entity" for pair in left):
            left = tuple(pair for pair in left if pair[0] != "role")
        return Address(self.path, left)

    def within(self, period: str) -> Address:
        """Return the address for events of one day, month or year."""
        return self.adding("since", period).adding("until", period)

    def next(self, cursor: str) -> Address:
        """Return the address of the page that the cursor begins."""
        return Address(self.path, (*self._first_page(), ("cursor", cursor)))

    def first(self) -> Address:
        """Return the address of the first page."""
        return Address(self.path, self._first_page())

    def command(self) -> str:
        """Return the same question for the command line."""
        options = (f"--{name.replace('_', '-')} {shlex.quote(value)}" for name, value in self.first().pairs)
        return " ".join(["peninsula events", *options])

    def python(self) -> str:
        """Return the arguments of the same question in Python."""
        values: dict[str, list[str]] = {}
        for name, value in self.filter.pairs:
            values.setdefault(name, []).append(value)
        given = (f"{name}={found[0]!r}" if len(found) == 1 else f"{name}={found!r}" for name, found in values.items())
        return f"news.events({', '.join(given)})"

    def _first_page(self) -> Pairs:
        return tuple(pair for pair in self.pairs if pair[0] != "cursor")


@dataclass(frozen=True, slots=True)
class CannedQuery:
    """A question that comes with the explorer: what it asks, and the pairs that answer it."""

    title: str
    why: str
    pairs: Pairs

    @property
    def address(self) -> Address:
        """Where its answer stands."""
        return Address("/events", self.pairs)


def _canned(title: str, why: str, pairs: Iterable[tuple[str, str]]) -> CannedQuery:
    return CannedQuery(title, why, tuple(pairs))


CANNED: tuple[CannedQuery, ...] = (
    _canned(
        "Designations in the DPRK programmes",
        "Whom authorities listed, on which grounds: the sentence of each designation.",
        [("type", "SANCTION"), ("subtype", "designate"), ("country", "KP")],
    ),
    _canned(
        "What was stolen, largest first",
        "Thefts by hacking with their amounts and who gives them.",
        [("type", "CYBER_OP"), ("amount_min", "1"), ("sort", Sort.AMOUNT.value)],
    ),
    _canned(
        "Only alleged of Lazarus",
        "What is said of the group without being told as fact.",
        [("party", "Lazarus Group"), ("modality", "alleged")],
    ),
    _canned("Officials on drills", "Who spoke on exercises, and how it was put.", [("type", "MILITARY_DRILL"), ("official", "yes")]),
    _canned("Launches", "Missiles, rockets and satellites, newest first.", [("type", "MISSILE_LAUNCH"), ("background", "no")]),
    _canned(
        "Events of listed parties",
        "Whatever an actor or target does that is matched to a sanctions list.",
        [("list", "any"), ("background", "no")],
    ),
    _canned("Meetings with Russia", "Summits, visits and talks in which Russia takes part.", [("type", "MEETING"), ("country", "RU")]),
    _canned("Amounts in won", "Every event with an amount in South Korean currency.", [("currency", "KRW"), ("amount_min", "1")]),
    _canned("Korean sources on drones", "무인기 in articles in Korean.", [("q", "무인기 or 드론"), ("lang", "ko")]),
    _canned("Best attested", "Told by the most independent sources.", [("sort", Sort.SOURCES.value)]),
)
