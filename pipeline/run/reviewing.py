"""What a run read becomes questions for the editors, before it is indexed: what is asked again no longer stands as decided."""

from __future__ import annotations

from pipeline.review.desk import Desk
from pipeline.run.context import Context
from pipeline.store.runs import take_turn

__all__ = ["refresh_review"]


def refresh_review(context: Context) -> None:
    """Bring what was read, linked and joined since the last time into the queue of the desk; of several machines one at a time does it."""
    if context.stop.asked:
        return
    with take_turn(context.database, "stories"):
        Desk(context.database, context.analyser.knowledge, now=context.now).refresh()
