"""Corpora are used only as they were when the model was made: SHA-256 of their files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pipeline.errors import ConfigurationError

__all__ = ["check"]


def check(path: Path, expected: str) -> Path:
    """Return the path if the file has the SHA-256 `expected`, in hexadecimal.

    Raises ConfigurationError where the file is missing, cannot be read or has another content.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise ConfigurationError("the corpus file is not there; see the model card for where it comes from", path=path) from error
    except OSError as error:
        raise ConfigurationError(f"the corpus file cannot be read: {error.strerror}", path=path) from error
    if found != expected.lower():
        raise ConfigurationError(f"the corpus file is another version: its SHA-256 is {found}, expected is {expected}", path=path)
    return path
