"""What a snapshot says of itself."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.errors import ConfigurationError, StorageError

__all__ = ["MANIFEST", "Manifest", "SnapshotPart", "checksum", "read_manifest"]

MANIFEST = "manifest.json"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SnapshotPart(_Model):
    """One file of a snapshot; `rows` is None where it holds none."""

    name: str
    size: int
    sha256: str
    rows: int | None = None


class Manifest(_Model):
    """What is in a snapshot, made when and by what, under which licence, and how to cite it.

    `filter` are the pairs of the filter and `about` the filter in words. `previous` is the snapshot that `changes.jsonl` compares with,
    None where there was none of the same filter. `versions` are those of the program, its database, stages, models and knowledge.
    """

    version: str
    created_at: datetime
    about: str
    filter: tuple[tuple[str, str], ...]
    previous: str | None
    rows: dict[str, int]
    changes: dict[str, int]
    files: tuple[SnapshotPart, ...]
    versions: dict[str, str]
    licence: str
    citation: str


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a snapshot. Raises ConfigurationError where the folder holds none, or one that cannot be understood."""
    path = folder / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise ConfigurationError(f"{folder} is no snapshot: there is no {MANIFEST}") from error
    except OSError as error:
        raise StorageError(f"it cannot be read: {error.strerror or error}", path=path) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "it"
        raise ConfigurationError(f"it is not what a snapshot says of itself: {where}: {first['msg']}", path=path) from error


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
