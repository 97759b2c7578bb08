"""Raw bodies on disk, addressed by their SHA-256: kept before anything is made of them, never changed."""

from __future__ import annotations

import gzip
import os
import re
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path

from models.ids import content_hash
from pipeline.errors import StorageError

__all__ = ["Archive", "StoredBody"]

LEVEL = 4
"""Of gzip: six takes half as long again for four per cent of the size, nine three times as long as six for one more."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class StoredBody:
    """Where a body lies: `path` is relative to the root of the store, sizes are in bytes."""

    sha256: str
    codec: str
    path: str
    size: int
    stored_size: int


class Archive:
    """A folder of compressed bodies, `ab/<sha256>.gz`. Many threads and processes may write to it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, body: bytes) -> StoredBody:
        """Store a body unless it is there, and return where it lies.

        When this returns, the body is on disk whole: it is written under another name, synced and renamed. Raises
        StorageError, with the reason, where the disk refuses.
        """
        sha256 = content_hash(body)
        path = self._path_of(sha256)
        try:
            if not path.exists():
                _write_whole(path, gzip.compress(body, LEVEL, mtime=0))
            stored_size = path.stat().st_size
        except OSError as error:
            raise StorageError(f"a body cannot be stored: {error.strerror or error}", path=path) from error
        return StoredBody(sha256, "gzip", path.relative_to(self.root).as_posix(), len(body), stored_size)

    def holds(self, sha256: str) -> bool:
        """Tell whether a body is here; whether it is sound shows when it is read."""
        return self._path_of(sha256).is_file()

    def get(self, sha256: str) -> bytes:
        """Return a body. Raises StorageError where it is missing or is not what its name says."""
        path = self._path_of(sha256)
        try:
            body = gzip.decompress(path.read_bytes())
        except FileNotFoundError as error:
            raise StorageError("the body is not in the store", path=path) from error
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise StorageError(f"the stored body is damaged: {error}", path=path) from error
        except OSError as error:
            raise StorageError(f"the stored body cannot be read: {error.strerror or error}", path=path) from error
        if content_hash(body) != sha256:
            raise StorageError("the stored body is damaged: its checksum is another one", path=path)
        return body

    def _path_of(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise StorageError(f"{sha256!r} is no SHA-256 checksum", path=self.root)
        return self.root / sha256[:2] / f"{sha256}.gz"


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all, also after a loss of power."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
