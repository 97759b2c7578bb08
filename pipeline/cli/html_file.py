"""Pages that commands write to a file: whole in themselves, they load nothing and run nothing."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from pipeline.errors import StorageError

__all__ = ["make_page", "write_page"]


def make_page(title: str, style: str, parts: Iterable[str]) -> str:
    """Return a page of parts that are HTML already, with its style sheet in it."""
    head = (
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        '<meta name="referrer" content="no-referrer">',
        f"<title>{escape(title)}</title><style>{style}</style></head><body><main>",
    )
    return "\n".join([*head, *parts, "</main></body></html>", ""])


def write_page(file: Path, page: str) -> None:
    """Write a page to a file. Raises StorageError where that cannot be."""
    try:
        file.write_text(page, encoding="utf-8", newline="\n")
    except OSError as error:
        raise StorageError(f"{file} cannot be written: {error.strerror}") from error
