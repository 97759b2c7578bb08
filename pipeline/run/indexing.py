"""The index of events, kept current: at the end of every run, with every decision of a person, and anew when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import islice

from models.knowledge import Knowledge
from pipeline.kb.load import load_knowledge
from pipeline.run.context import Context, Silent, Watcher
from pipeline.settings import Settings
from pipeline.store.engine import Database, open_database, reading, writing
from pipeline.store.indexing import (
    Indexer,
    IndexState,
    begin_build,
    end_refresh,
    events_in_force,
    find_stale,
    is_built,
    read_state,
    record_list_entries,
    with_related,
)
from pipeline.store.locks import hold_data_dir
from pipeline.store.merges import Transaction
from pipeline.store.runs import hold_database, take_turn
from pipeline.store.schema import require_current

__all__ = ["index_events", "index_with", "refresh_index", "reindex"]

_AT_ONCE = 2000
"""Events of one transaction: it ends within a second or two, and others that write wait no longer than that."""


def index_events(context: Context) -> None:
    """Bring what the run stored into the index: the last step of a run."""
    if context.stop.asked:
        return
    refresh_index(context.database, context.analyser.knowledge, at=context.now(), watcher=context.watcher)


def refresh_index(database: Database, knowledge: Knowledge, *, at: datetime, watcher: Watcher | None = None, anew: bool = False) -> int:
    """Bring all changes up to now into the index, or build it `anew`, as is done where there is none; return how many events were written.

    Each portion of events is a transaction of its own. A refresh that was killed is done again by the next one. Of several machines one at
    a time does it; the turn is that of joining stories, so that no event is indexed half joined.
    """
    with take_turn(database, "stories"):
        with reading(database) as connection:
            state = read_state(connection)
        if state is None or not state.is_whole or anew:
            ids = _begin_build(database, knowledge, at)
        else:
            ids = _begin_refresh(database, knowledge, state)
        done = _put(database, Indexer(knowledge), (watcher or Silent()).watch(ids, step="indexing events", total=len(ids)))
        with writing(database) as connection:
            end_refresh(connection, at=at)
    return done


def _begin_build(database: Database, knowledge: Knowledge, at: datetime) -> Sequence[str]:
    with writing(database) as connection:
        begin_build(connection, at=at)
        record_list_entries(connection, knowledge)
        return events_in_force(connection)


def _begin_refresh(database: Database, knowledge: Knowledge, state: IndexState) -> Sequence[str]:
    with writing(database) as connection:
        # In one transaction, for it would not be noticed again that the entries changed.
        Indexer(knowledge).put(connection, record_list_entries(connection, knowledge))
    with reading(database) as connection:
        return find_stale(connection, state)


def _put(database: Database, indexer: Indexer, ids: Iterable[str]) -> int:
    done = 0
    for portion in _portions(ids):
        with writing(database) as connection:
            done += indexer.put(connection, portion)
    return done


def _portions(ids: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while portion := list(islice(rest, _AT_ONCE)):
        yield portion


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
