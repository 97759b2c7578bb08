"""The index of events and entities, kept current: at the end of every run, with every decision of a person, and anew when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from itertools import islice

from models.knowledge import Knowledge
from pipeline.kb.load import load_knowledge
from pipeline.run.context import Context, Silent, Watcher
from pipeline.settings import Settings
from pipeline.store.engine import Database, open_database, reading, writing
from pipeline.store.index_entities import all_articles, all_entities
from pipeline.store.indexing import (
    Indexer,
    IndexState,
    begin_build,
    end_refresh,
    events_in_force,
    find_stale,
    follow_lists,
    is_built,
    read_state,
    with_related,
)
from pipeline.store.locks import hold_data_dir
from pipeline.store.merges import Transaction
from pipeline.store.runs import hold_database, take_turn
from pipeline.store.schema import require_current

__all__ = ["index_events", "index_with", "refresh_index", "reindex"]

_AT_ONCE = 2000
"""Events, articles or entities of one transaction: it ends within a second or two, and others that write wait no longer than that."""


def index_events(context: Context) -> None:
    """Bring what the run stored into the index: the last step of a run."""
    if context.stop.asked:
        return
    refresh_index(context.database, context.analyser.knowledge, at=context.now(), watcher=context.watcher)


def refresh_index(database: Database, knowledge: Knowledge, *, at: datetime, watcher: Watcher | None = None, anew: bool = False) -> int:
    """Bring all changes up to now into the index, or build it `anew`, as is done where there is none; return how many events were written.

    Each portion is a transaction of its own. A refresh that was killed is done again by the next one. Of several machines one at a time
    does it; the turn is that of joining stories, so that no event is indexed half joined. Entities come before the events in which they
    are counted.
    """
    indexer, watching = Indexer(knowledge), watcher or Silent()
    with take_turn(database, "stories"):
        with reading(database) as connection:
            state = read_state(connection)
        if state is None or not state.is_whole or anew:
            _begin_build(database, knowledge, at)
            ids = _build_entities(database, indexer, watching)
        else:
            ids = _refresh_entities(database, indexer, knowledge, state, at)
        done = sum(_put(database, indexer.put, watching.watch(ids, step="indexing events", total=len(ids))))
        with writing(database) as connection:
            end_refresh(connection, at=at)
    return done


def _begin_build(database: Database, knowledge: Knowledge, at: datetime) -> None:
    with writing(database) as connection:
        begin_build(connection, at=at)
        follow_lists(connection, knowledge, at=at)


def _build_entities(database: Database, indexer: Indexer, watcher: Watcher) -> list[str]:
    """Count what all articles say, and write all entities; return the events that are to be written then."""
    with reading(database) as connection:
        articles, entities, events = all_articles(connection), all_entities(connection), events_in_force(connection)
    watched = watcher.watch(articles, step="indexing articles", total=len(articles))
    list(_put(database, partial(indexer.put_articles, entities=False), watched))
    list(_put(database, indexer.put_entities, entities))
    return events


def _refresh_entities(database: Database, indexer: Indexer, knowledge: Knowledge, state: IndexState, at: datetime) -> list[str]:
    """Bring into the index what changed of entities and of entries of lists; return the events that are to be written then."""
    with writing(database) as connection:
        # In one transaction, for it would not be noticed again that the entries changed.
        indexer.put(connection, follow_lists(connection, knowledge, at=at))
    with reading(database) as connection:
        stale, new = find_stale(connection, state), all_entities(connection, missing=True)
    list(_put(database, indexer.put_articles, stale.articles))
    list(_put(database, indexer.put_entities, sorted({*new, *stale.entities})))
    with writing(database) as connection:
        indexer.put_renamed(connection)
    return stale.events


def _put(database: Database, put: Callable[[Transaction, list[str]], int], ids: Iterable[str]) -> Iterator[int]:
    """Write what has these ids, each portion in a transaction of its own; yield how many rows of each portion changed."""
    rest = iter(ids)
    while portion := list(islice(rest, _AT_ONCE)):
        with writing(database) as connection:
            done = put(connection, portion)
        yield done


def index_with(connection: Transaction, settings: Settings, event_ids: Collection[str]) -> None:
    """Bring these events, and all that stand or stood with them, into the index in the transaction that changed them.

    An index that is not built yet is left to the refresh that builds it.
    """
    if is_built(connection):
        knowledge = load_knowledge(settings.kb_dir, settings.lists_dir)
        Indexer(knowledge).put(connection, with_related(connection, event_ids))


def _utc_now() -> datetime:
    return datetime.now(UTC)


def reindex(settings: Settings, *, watcher: Watcher | None = None, now: Callable[[], datetime] = _utc_now) -> int:
    """Build the index anew from all that is stored; return how many events are in it.

    Raises LockHeld where another run is at work, ConfigurationError where there is no database, or an older one.
    """
    with ExitStack() as stack:
        database = open_database(settings.database, create=False)
        stack.callback(database.dispose)
        stack.enter_context(hold_data_dir(settings.data_dir))
        stack.enter_context(hold_database(database))
        require_current(database)
        knowledge = load_knowledge(settings.kb_dir, settings.lists_dir)
        return refresh_index(database, knowledge, at=now(), watcher=watcher, anew=True)
