"""Versions of sanctions lists on disk: what was fetched, what was read of it, and which version is in force.

    <folder>/<list>/<YYYYMMDD>-<sha8>/<part>.gz        the files as they were published
                                      records.jsonl    their entries, those that concern the DPRK first
                                      manifest.json    where, when, how many, what changed
    <folder>/<list>/current                            the name of the version in force
    <folder>/<list>/confirmed                          when the publisher was last found to have nothing newer

A version is written under a hidden name and renamed when it is complete, and only then named in `current`, itself replaced in
one step. So whatever happens, even to the power, the version before stays in force; what is half-written is never read.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pipeline.errors import ConfigurationError, LockHeld, StorageError
from pipeline.lists.changes import KeptRecord
from pipeline.lists.record import from_json, to_json

__all__ = ["Draft", "Snapshot", "SnapshotStore", "write_records"]

MANIFEST, RECORDS = "manifest.json", "records.jsonl"
_CURRENT, _CONFIRMED, _LOCK, _HIDDEN = "current", "confirmed", "refresh.lock", ".incoming-"
_VERSION = re.compile(r"\d{8}-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One stored version of a list. `relevant` is the number of entries that concern the DPRK; they stand first."""

    source: str
    version: str
    path: Path
    published: date
    fetched_at: datetime
    sha256: str
    records_sha256: str
    records: int
    relevant: int
    loader_version: str
    manifest: Mapping[str, Any]

    def lines(self, *, relevant: bool = False) -> list[str]:
        """Return the lines of records.jsonl, or those that concern the DPRK alone.

        Raises ConfigurationError where the file is not the one that was written.
        """
        data = _read(self.path / RECORDS)
        actual = hashlib.sha256(data).hexdigest()
        if actual != self.records_sha256:
            message = f"is not the file of its manifest (sha256 {actual[:12]}… instead of {self.records_sha256[:12]}…): remove the folder"
            raise ConfigurationError(f"{message}, and run `peninsula kb refresh --source {self.source}`", path=self.path / RECORDS)
        lines = data.decode("utf-8").splitlines()
        return lines[: self.relevant] if relevant else lines

    def read(self, *, relevant: bool = False) -> tuple[KeptRecord, ...]:
        """Return the entries with their history, delisted ones included."""
        return tuple(_parse_kept(line) for line in self.lines(relevant=relevant))


@dataclass(frozen=True, slots=True)
class Draft:
    """A version that is being written, in a folder that nobody reads."""

    path: Path

    def put_raw(self, name: str, data: bytes) -> Path:
        """Write a file as it was published, compressed already; return where it lies."""
        return _write(self.path / name, data)


def write_records(path: Path, kept: Sequence[KeptRecord]) -> tuple[str, int]:
    """Write entries, those that concern the DPRK first; return the SHA-256 of the file and how many of those there are."""
    ordered = sorted(kept, key=lambda one: one.record.reason is None)
    data = "".join(_format_kept(one) + "\n" for one in ordered).encode("utf-8")
    _write(path, data)
    return hashlib.sha256(data).hexdigest(), sum(one.record.reason is not None for one in ordered)


class SnapshotStore:
    """All stored versions of all lists under one folder, which need not be there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    # --- reading ---

    def sources(self) -> tuple[str, ...]:
        """Return the lists of which a version is in force, in alphabetical order."""
        return tuple(sorted(path.parent.name for path in self._folder.glob(f"*/{_CURRENT}")))

    def current(self, source: str) -> Snapshot | None:
        """Return the version in force; None where none was ever stored."""
        path = self._folder / source / _CURRENT
        if not path.exists():
            return None
        version = _read(path).decode("utf-8", "replace").strip()
        if not _VERSION.fullmatch(version) or not (self._folder / source / version / MANIFEST).exists():
            message = (
                f"names the version {version!r}, which is not there: run `peninsula kb refresh --source {source}`, or remove this file"
            )
            raise ConfigurationError(message, path=path)
        return _load(self._folder / source / version)

    def versions(self, source: str) -> tuple[Snapshot, ...]:
        """Return all stored versions, oldest first."""
        found = [_load(path.parent) for path in self._folder.glob(f"{source}/*/{MANIFEST}") if _VERSION.fullmatch(path.parent.name)]
        return tuple(sorted(found, key=lambda one: (one.published, one.fetched_at, one.version)))

    def find(self, source: str, version: str) -> Snapshot | None:
        """Return the version of that name."""
        return next((one for one in self.versions(source) if one.version == version), None)

    def in_force_at(self, source: str, day: date) -> Snapshot | None:
        """Return the newest version that was published on that day or before."""
        return next((one for one in reversed(self.versions(source)) if one.published <= day), None)

    def confirmed(self, source: str) -> date | None:
        """Return the day on which the publisher was last found to have nothing newer than the version in force."""
        path = self._folder / source / _CONFIRMED
        if not path.exists():
            return None
        try:
            return datetime.fromisoformat(_read(path).decode("ascii", "replace").strip()).date()
        except ValueError as error:
            raise ConfigurationError("holds no time: remove this file", path=path) from error

    # --- writing ---

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep others from refreshing at the same time, and clear what a killed one left half-written."""
        lock = FileLock(self._folder / _LOCK, timeout=0)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout as error:
            raise LockHeld(f"another refresh is at work in {self._folder}: try later") from error
        except OSError as error:
            raise StorageError(f"the folder of lists cannot be written: {error.strerror}", path=self._folder) from error
        with lock:
            for path in self._folder.glob(f"*/{_HIDDEN}*"):
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
            yield

    @contextmanager
    def draft(self, source: str, *, keep: bool) -> Iterator[Draft]:
        """Give a hidden folder to write a version in; it is gone afterwards unless the version was stored.

        Where it is not to be kept, the folder lies elsewhere, and nothing at all is written here.
        """
        folder = self._folder / source if keep else None
        with _disk_errors(self._folder):
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
            path = Path(tempfile.mkdtemp(prefix=_HIDDEN, dir=folder))
            path.chmod(0o755)
        try:
            yield Draft(path)
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def store(self, draft: Draft, manifest: Mapping[str, Any]) -> Snapshot:
        """Complete a draft and put it in force. A version that is there already, of a refresh that was killed, is taken instead."""
        final = self._folder / manifest["source"] / manifest["version"]
        if not (final / MANIFEST).exists():
            _write(draft.path / MANIFEST, (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode("utf-8"))
            with _disk_errors(final):
                draft.path.rename(final)
                _sync_folder(final.parent)
        _replace(final.parent / _CURRENT, f"{final.name}\n")
        return _load(final)

    def confirm(self, source: str, at: datetime) -> None:
        """Note that the publisher has nothing newer than the version in force."""
        _replace(self._folder / source / _CONFIRMED, at.isoformat() + "\n")


def _load(path: Path) -> Snapshot:
    manifest_path = path / MANIFEST
    try:
        manifest = json.loads(_read(manifest_path))
        return Snapshot(
            source=manifest["source"],
            version=manifest["version"],
            path=path,
            published=date.fromisoformat(manifest["published_at"]),
            fetched_at=datetime.fromisoformat(manifest["fetched_at"]),
            sha256=manifest["sha256"],
            records_sha256=manifest["records_sha256"],
            records=int(manifest["records"]),
            relevant=int(manifest["relevant"]),
            loader_version=manifest["loader_version"],
            manifest=manifest,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(f"is no manifest of a list: {error!r}; remove the folder and refresh", path=manifest_path) from error


_HISTORY = ("seen_on", "absent_on", "kept_on")


def _format_kept(kept: KeptRecord) -> str:
    days = {name: getattr(kept, name) for name in _HISTORY}
    return json.dumps({**to_json(kept.record), **{name: day and day.isoformat() for name, day in days.items()}}, ensure_ascii=False)


def _parse_kept(line: str) -> KeptRecord:
    item = json.loads(line)
    days = {name: date.fromisoformat(item[name]) if item[name] else None for name in _HISTORY}
    return KeptRecord(from_json(item), **days)


# --- the disk ---


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"cannot be written: {error.strerror}", path=path) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", path=path) from error


def _write(path: Path, data: bytes) -> Path:
    """Write a file that is on the disk when this returns."""
    with _disk_errors(path), path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return path


def _replace(path: Path, text: str) -> None:
    """Write a small file in one step: a reader sees the old content or the new one."""
    draft = _write(path.with_name(f"{_HIDDEN}{path.name}"), text.encode("utf-8"))
    with _disk_errors(path):
        draft.replace(path)
        _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
