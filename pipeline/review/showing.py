"""Bringing what was decided to the readers: the index of the events and entities concerned, at once where they are few."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from time import monotonic

from models.knowledge import Knowledge
from pipeline.store.chunks import in_chunks
from pipeline.store.engine import Database, reading, writing
from pipeline.store.index_decided import find_concerned
from pipeline.store.indexing import Indexer, is_built, with_related
from pipeline.store.merges import Transaction
from pipeline.store.review_effects import touch_concerned

__all__ = ["MANY", "Shower"]

_FEW = 300
"""Events, or articles, that one decision brings into the index in its own transaction; more are left to the next refresh, which finds them."""
MANY = 10_000
"""Events, or articles, that a verdict on many items brings into the index, at most."""
_SECONDS = 2.0
"""How long it goes on to do so; the next refresh does the rest."""


class Shower:
    """Keeps the index current with what editors decide."""

    def __init__(self, database: Database, knowledge: Knowledge) -> None:
        self._database, self._knowledge = database, knowledge

    def show(self, connection: Transaction, item_ids: Sequence[str], stands: Collection[str], *, at: datetime) -> None:
        """Bring the events that show these items, those that stand otherwise, and the entities that the items are about into the index in the
        transaction that changed them.
        """
        events = set(touch_concerned(connection, item_ids, at=at, most=_FEW + 1)) | set(stands)
        if not is_built(connection):
            return
        indexer, concerned = Indexer(self._knowledge), find_concerned(connection, item_ids, most=_FEW + 1)
        indexer.put_decided(connection, concerned if len(concerned.articles) <= _FEW else replace(concerned, articles=[]))
        if events and len(events) <= _FEW:
            indexer.put(connection, with_related(connection, events))

    def show_many(self, event_ids: Collection[str], item_ids: Collection[str]) -> int:
        """Bring events, then what is said of the entities that items are about, into the index for some seconds, in transactions of their own;
        return how many events.
        """
        began, done = monotonic(), 0
        with reading(self._database) as connection:
            if not is_built(connection):
                return 0
        indexer = Indexer(self._knowledge)
        for chunk in in_chunks(event_ids):
            if monotonic() - began > _SECONDS:
                break
            with writing(self._database) as connection:
                indexer.put(connection, with_related(connection, chunk))
            done += len(chunk)
        if monotonic() - began > _SECONDS:
            return done
        with reading(self._database) as connection:
            articles = find_concerned(connection, item_ids, most=MANY).articles
        for chunk in in_chunks(articles):
            if monotonic() - began > _SECONDS:
                break
            with writing(self._database) as connection:
                indexer.put_articles(connection, chunk)
        return done
