"""Ids in portions, for queries that name many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

__all__ = ["in_chunks"]

_CHUNK = 500
"""Ids in one query: SQLite takes some thousands, and plans for few are as good."""


Id = TypeVar("Id", str, tuple[str, str])


def in_chunks(ids: Iterable[Id]) -> Iterator[list[Id]]:
    """Give the ids, or pairs of them, in order, some hundreds at a time."""
    rest = iter(sorted(ids))
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
