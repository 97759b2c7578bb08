"""The leases of one run, renewed as long as it lives."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from types import TracebackType
from typing import Self

from pipeline.errors import StorageError
from pipeline.store.engine import Database, writing
from pipeline.store.leases import Kind, claim, free, renew

__all__ = ["Leases"]

log = logging.getLogger(__name__)

_BEATS = 3
"""Renewals within the time of a lease, so that one that fails costs nothing."""


class Leases:
    """What one run holds. Use as a context manager: a thread with connections of its own renews all of it until the end.

    `seconds` is how long a lease lasts without renewal, `handled` are the keys that the run has had, by kind: it takes none twice.
    """

    def __init__(self, database: Database, run_id: str, *, seconds: float) -> None:
        self.run_id = run_id
        self.seconds = seconds
        self.handled: defaultdict[Kind, set[str]] = defaultdict(set)
        self._database = database
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="leases", daemon=True)

    def __enter__(self) -> Self:
        with writing(self._database) as connection:
            claim(connection, Kind.RUN, [self.run_id], run_id=self.run_id, seconds=self.seconds)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()
        try:
            with writing(self._database) as connection:
                free(connection, run_id=self.run_id)
        except StorageError as failure:
            # What ended the run is the error to tell; the leases run out.
            log.warning("leases cannot be released: %s", failure)

    def _beat(self) -> None:
        while not self._ended.wait(self.seconds / _BEATS):
            try:
                with writing(self._database) as connection:
                    renew(connection, run_id=self.run_id, seconds=self.seconds)
            except StorageError as error:
                log.warning("leases cannot be renewed: %s", error)
