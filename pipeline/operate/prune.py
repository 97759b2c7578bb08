"""Throw raw bodies away that are old and that nothing rests on.

The files on this disk are what is looked at, folder by folder, so a body that another machine fetched is never touched. In each
folder the bodies are marked in the database first and removed then: a run that is killed between the two leaves marked bodies
that still have their file, and the next one removes these.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.errors import ConfigurationError, StorageError
from pipeline.run.context import Silent, Watcher
from pipeline.settings import Settings
from pipeline.store.bodies import BodyRecord, bodies_under, mark_pruned, needed_bodies
from pipeline.store.engine import Database, open_database, reading, writing
from pipeline.store.locks import hold_data_dir
from pipeline.store.runs import hold_database
from pipeline.store.schema import require_current

__all__ = ["ORPHAN_AGE", "PruneReport", "StoredFile", "list_files", "list_folders", "prune"]

ORPHAN_AGE = timedelta(days=1)
"""A file that no row names may be that of a body which is just being stored; after a day it is what a killed run left."""

_FOREIGN_STORE = 20
"""Files without a row from which on they may not be the majority: then the database is not the one of this folder."""

_BODY = re.compile(r"(?P<sha256>[0-9a-f]{64})\.gz")
_TEMPORARY = re.compile(r"\.(?P<sha256>[0-9a-f]{64})\.gz\.\d+\.\d+\.tmp")
_FOLDER = re.compile(r"[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of the raw store; `whole` is false for one whose writing was never finished. Size in bytes."""

    path: Path
    sha256: str
    whole: bool
    size: int
    modified_at: datetime


@dataclass(slots=True)
class PruneReport:
    """What was removed, or with `dry_run` would be: bodies, files that no row names, bytes; and what stays."""

    before: datetime
    dry_run: bool
    bodies: int = 0
    orphans: int = 0
    freed_bytes: int = 0
    needed: int = 0
    """Bodies that are old enough, but that something rests on."""
    files: int = 0
    """Files looked at."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """What is to go of one folder: bodies that are to be marked, and all files that are to be removed."""

    marked: Sequence[str]
    removed: Sequence[StoredFile]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def prune(
    settings: Settings,
    *,
    older_than: timedelta,
    dry_run: bool = False,
    watcher: Watcher | None = None,
    now: Callable[[], datetime] = _utc_now,
) -> PruneReport:
    """Remove the raw bodies that were stored longer ago than `older_than` and are not needed, and files that no row names.

    Rows stay, marked as pruned. Raises LockHeld where a run is at work, ConfigurationError where there is no database or where it is
    another one than that of the data folder, StorageError where a file cannot be removed.
    """
    with ExitStack() as stack:
        database = open_database(settings.database, create=False)
        stack.callback(database.dispose)
        stack.enter_context(hold_data_dir(settings.data_dir))
        stack.enter_context(hold_database(database))
        require_current(database)
        store = _Store(database, settings.data_dir / "raw", now(), older_than)
        planned = store.go_through(watcher or Silent(), step="looking at bodies", dry_run=True)
        _refuse_foreign_store(planned, store)
        if dry_run:
            return planned
        return store.go_through(watcher or Silent(), step="removing bodies", dry_run=False)


def list_folders(root: Path) -> list[Path]:
    """Return the folders of the raw store, in order; their names are the first two digits of the checksums in them."""
    if not root.is_dir():
        return []
    return sorted(path for path in root.iterdir() if _FOLDER.fullmatch(path.name) and path.is_dir())


def list_files(folder: Path) -> Iterator[StoredFile]:
    """Yield the files of one folder that the raw store wrote; files that others put there are passed over."""
    for path in sorted(folder.iterdir()):
        named = _BODY.fullmatch(path.name) or _TEMPORARY.fullmatch(path.name)
        if named and path.is_file() and not path.is_symlink():
            status = path.stat()
            whole = named.re is _BODY
            yield StoredFile(path, named["sha256"], whole, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))


class _Store:
    """The raw store with what decides over its files."""

    def __init__(self, database: Database, root: Path, now: datetime, older_than: timedelta) -> None:
        self.root = root
        self._database = database
        self._now = now
        self._before = now - older_than
        with reading(database) as connection:
            self._needed = needed_bodies(connection)

    def go_through(self, watcher: Watcher, *, step: str, dry_run: bool) -> PruneReport:
        """Choose in every folder what is to go, and unless it is a dry run remove it."""
        report = PruneReport(self._before, dry_run)
        try:
            folders = list_folders(self.root)
            for folder in watcher.watch(folders, step=step, total=len(folders)):
                choice = self._choose(folder, report)
                if not dry_run:
                    self._remove(choice)
        except OSError as error:
            raise StorageError(
                f"the raw store cannot be changed: {error.strerror or error}", path=Path(error.filename or self.root)
            ) from error
        return report

    def _choose(self, folder: Path, report: PruneReport) -> _Choice:
        with reading(self._database) as connection:
            known = bodies_under(connection, folder.name)
        marked: list[str] = []
        removed: list[StoredFile] = []
        for file in list_files(folder):
            report.files += 1
            body = known.get(file.sha256) if file.whole else None
            if body is None:
                if self._now - file.modified_at < ORPHAN_AGE:
                    continue
                report.orphans += 1
            elif not self._may_go(body, report):
                continue
            else:
                report.bodies += 1
                marked += [] if body.pruned else [body.sha256]
            report.freed_bytes += file.size
            removed.append(file)
        return _Choice(marked, removed)

    def _may_go(self, body: BodyRecord, report: PruneReport) -> bool:
        if not body.pruned and body.stored_at >= self._before:
            return False
        if body.sha256 in self._needed:
            report.needed += 1
            return False
        return True

    def _remove(self, choice: _Choice) -> None:
        with writing(self._database) as connection:
            mark_pruned(connection, choice.marked)
        for file in choice.removed:
            file.path.unlink(missing_ok=True)


def _refuse_foreign_store(planned: PruneReport, store: _Store) -> None:
    """Raise where most files have no row: another database is in force than the one that the data folder was filled with."""
    if planned.orphans >= _FOREIGN_STORE and 2 * planned.orphans > planned.files:
        raise ConfigurationError(
            f"the database knows nothing of {planned.orphans} of {planned.files} files here: it is not the database of this folder; "
            "check PENINSULA_DATA_DIR and PENINSULA_DATABASE_URL. Nothing was removed",
            path=store.root,
        )
