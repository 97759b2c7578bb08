"""What an editor is asked next: the most valuable item, and every now and then one of the sample."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from models.review import Item, QueueFilter
from pipeline.store.merges import Transaction
from pipeline.store.review_queue import last_line, next_items

__all__ = ["EVERY", "interleaved"]

EVERY = 10
"""One item in so many is a sampled one, as long as there are both."""


def interleaved(
    connection: Transaction, wanted: QueueFilter, editor_id: str, *, skip: Collection[str], at: datetime, limit: int
) -> list[Item]:
    """Return the next items of an editor. The record tells whose turn it is, so that looking again shows the same."""
    valuable, sampled = (
        next_items(connection, wanted, editor_id, skip=skip, at=at, limit=limit, sampled=sample) for sample in (False, True)
    )
    turn = last_line(connection) + len(skip)
    found: list[Item] = []
    while len(found) < limit and (valuable or sampled):
        turn += 1
        first = sampled if sampled and (turn % EVERY == 0 or not valuable) else valuable
        found.append(first.pop(0))
    return found
