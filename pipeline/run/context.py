"""What all steps of a run share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from models.feeds import FeedSource
from pipeline.analyse import Analyser
from pipeline.fetch.archive import Archive
from pipeline.fetch.client import Client
from pipeline.run.holding import Leases
from pipeline.run.report import RunReport
from pipeline.run.stopping import Stop
from pipeline.settings import Settings
from pipeline.store.engine import Database

__all__ = ["Context", "Silent", "Watcher"]

T = TypeVar("T")


class Watcher(Protocol):
    """Someone who is told how far the run is: a progress bar, or nobody."""

    def watch(self, items: Iterable[T], *, step: str, total: int) -> Iterator[T]:
        """Pass the items on, counting them."""
        ...


class Silent:
    """Tells nobody."""

    def watch(self, items: Iterable[T], *, step: str, total: int) -> Iterator[T]:
        """Pass the items on."""
        yield from items


@dataclass(frozen=True, slots=True)
class Context:
    """One run: its settings, its store, and the report it writes.

    `only` names the feeds that the user asked for, due or not. `leases` is None where no other run can be at work on the database.
    `learned` is the boilerplate of outlets, by name and language, as far as the run asked for it.
    """

    settings: Settings
    database: Database
    archive: Archive
    client: Client
    analyser: Analyser
    sources: Mapping[str, FeedSource]
    report: RunReport
    watcher: Watcher
    now: Callable[[], datetime]
    only: frozenset[str] = frozenset()
    leases: Leases | None = None
    stop: Stop = field(default_factory=Stop)
    learned: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
