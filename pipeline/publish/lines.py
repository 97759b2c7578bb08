"""What all formats of lines have in common: many short lines become few blocks of bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from pipeline.text.moments import plain_time

__all__ = ["as_line", "in_blocks"]

_CHARACTERS = 100_000
"""Characters of one block: large enough that writing costs little, and small enough to hold."""


def in_blocks(lines: Iterable[str]) -> Iterator[bytes]:
    """Yield the lines, which end in a line feed, as UTF-8 in blocks of many."""
    held: list[str] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= _CHARACTERS:
            yield "".join(held).encode()
            held, size = [], 0
    if held:
        yield "".join(held).encode()


def as_line(value: object) -> str:
    """Return a value as one line of JSON, with its letters as they are and times in ISO 8601 with Z. Raises ValueError for NaN and infinity."""
    return _ENCODER.encode(value) + "\n"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return plain_time(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False, default=_plain)
