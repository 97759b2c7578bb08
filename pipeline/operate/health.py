"""Is the program fit for work? Answers for those who watch from outside: no path, address or text of an error is in them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pipeline.errors import ConfigurationError, StorageError
from pipeline.store.census import RunEnd, ask_for_one, last_run_end, opened_for_watching
from pipeline.store.engine import reading
from pipeline.store.schema import current_revision, head_revision

__all__ = ["Health", "check_alive", "check_ready"]

FINISHED = frozenset({0, 3})
"""Exit codes of runs that did their work: 3 says that some input was refused or too few feeds answered."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Health:
    """What was found: `faults` say why it is not fit, `warnings` what to look at; `storage` tells that the database is at fault."""

    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    storage: bool = False
    last_run: RunEnd | None = None

    @property
    def ok(self) -> bool:
        """Whether there are no faults."""
        return not self.faults

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain JSON data, times in ISO 8601."""
        run = self.last_run
        return {
            "ok": self.ok,
            "faults": self.faults,
            "warnings": self.warnings,
            "last_run": run and {"id": run.id, "ended_at": run.ended_at.isoformat(), "exit_code": run.exit_code},
        }


def check_alive(url: str) -> Health:
    """Tell whether the database at `url` answers."""
    health = Health()
    with _noting_faults(health), opened_for_watching(url) as database, reading(database) as connection:
        ask_for_one(connection)
    return health


def check_ready(url: str, *, max_age: timedelta, now: datetime) -> Health:
    """Tell whether the schema is that of this program and the last run ended well, at most `max_age` before `now`."""
    health = Health()
    with _noting_faults(health), opened_for_watching(url) as database:
        revision = current_revision(database)
        if revision != head_revision():
            health.storage = True
            health.faults.append(f"the database has revision {revision or 'none'}, this program needs {head_revision()}")
            return health
        with reading(database) as connection:
            health.last_run = last_run_end(connection)
        _judge_run(health, max_age=max_age, now=now)
    return health


def _judge_run(health: Health, *, max_age: timedelta, now: datetime) -> None:
    run = health.last_run
    if run is None:
        health.faults.append("no run has ended yet")
        return
    if run.exit_code not in FINISHED:
        health.faults.append(f"the last run failed with exit code {run.exit_code}")
    elif run.exit_code != 0:
        health.warnings.append(f"the last run finished with exit code {run.exit_code}")
    age = now - run.ended_at
    if age > max_age:
        health.faults.append(f"the last run ended {_hours(age)} ago, more than {_hours(max_age)}")


def _hours(time: timedelta) -> str:
    return f"{time.total_seconds() / 3600:.3g} hours"


@contextmanager
def _noting_faults(health: Health) -> Iterator[None]:
    """Turn errors of the database into a fault; its words, which may name files, go to the log alone."""
    try:
        yield
    except ConfigurationError as error:
        _log.warning("%s", error)
        health.storage = True
        silent = "the database does not answer"
        health.faults.append(silent if isinstance(error, StorageError) else "there is no database, or its address is wrong")
