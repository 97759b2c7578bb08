"""What is due in one step of a run, shared with the runs beside it.

Every run finds the same things due. It claims a few, looks whether they still are, does them, and lets go of them. Once nothing is free it
waits for what others hold: they do it, or they die, their leases run out, and this run takes over. So each step ends in every run
only when all of it is done, and the next step finds what all of them brought.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Generic, TypeAlias, TypeVar

from pipeline.run.context import Context
from pipeline.store.engine import reading, writing
from pipeline.store.leases import Kind, claim, held, release
from pipeline.store.merges import Transaction

__all__ = ["Work"]

T = TypeVar("T")
Keys: TypeAlias = Collection[str]

_AT_ONCE = 8
"""Items that are claimed together: few, so that the work spreads, and a run that is killed leaves little to wait for."""

_LONGEST_PAUSE = 2.0
"""Seconds until a run that waits for others looks again."""


class Work(Generic[T]):
    """The items of one step.

    `find` returns what is due, `still_due` the keys of those items that still are, `busy` the keys of those that are not to be taken now:
    by default those that some run holds. A run that is alone (`context.leases` is None) does what it found and looks no further.
    """

    def __init__(
        self,
        context: Context,
        kind: Kind,
        find: Callable[[], Sequence[T]],
        *,
        key: Callable[[T], str],
        still_due: Callable[[Transaction, Sequence[T]], Keys],
        busy: Callable[[Transaction, Sequence[T]], Keys] | None = None,
    ) -> None:
        self._context = context
        self._kind = kind
        self._find = find
        self._key = key
        self._still_due = still_due
        self._busy = busy or (lambda connection, _items: held(connection, kind))
        self._waiting = list(find())
        self._told = False

    def __len__(self) -> int:
        """Return the number of items that wait to be taken, as far as it is known."""
        return len(self._waiting)

    def __iter__(self) -> Iterator[T]:
        """Yield every item that this run gets; one is done when the next is asked for."""
        while self.more():
            batch = self.take(_AT_ONCE)
            for number, item in enumerate(batch):
                if self._context.stop.now:
                    self.give_back(batch[number:])
                    break
                yield item
                self.done(item)
            if not batch:
                self.pause()

    def more(self) -> bool:
        """Tell whether something is due still, free or not; look for more where nothing is known."""
        if self._context.stop.now:
            self._leave()
            return False
        if not self._waiting and self._context.leases is not None:
            handled = self._context.leases.handled[self._kind]
            self._waiting = [item for item in self._find() if self._key(item) not in handled]
        return bool(self._waiting)

    def take(self, most: int) -> list[T]:
        """Return items that this run now holds, at most so many; none where others hold all of them."""
        if self._context.leases is None:
            taken, self._waiting = self._waiting[:most], self._waiting[most:]
            return taken
        return self._claim(self._context.leases.run_id, self._context.leases.seconds, most)

    def _claim(self, run_id: str, seconds: float, most: int) -> list[T]:
        database = self._context.database
        with reading(database) as connection:
            busy = self._busy(connection, self._waiting)
        free = [item for item in self._waiting if self._key(item) not in busy][:most]
        with writing(database) as connection:
            claimed = claim(connection, self._kind, map(self._key, free), run_id=run_id, seconds=seconds)
        # Only now: what another run had when this one looked first, it may have done by the time it let go of it.
        doubtful = free or self._waiting
        with reading(database) as connection:
            due = set(self._still_due(connection, doubtful))
        over = {self._key(item) for item in doubtful} - due
        self._release(claimed & over)
        taken = [item for item in free if self._key(item) in claimed & due]
        self._waiting = [item for item in self._waiting if self._key(item) not in claimed | over]
        return taken

    def done(self, item: T) -> None:
        """Let go of an item; this run does not take it again."""
        if self._context.leases is not None:
            self._context.leases.handled[self._kind].add(self._key(item))
            self._release({self._key(item)})

    def give_back(self, items: Sequence[T]) -> None:
        """Let go of items that nothing was done about."""
        self._waiting = [*items, *self._waiting]
        self._release({self._key(item) for item in items})

    def pause(self) -> None:
        """Wait a little for the other runs."""
        if self._context.leases is not None:
            self._context.stop.wait(min(_LONGEST_PAUSE, self._context.leases.seconds / 4))

    def _release(self, keys: Keys) -> None:
        leases = self._context.leases
        if leases is not None and keys:
            with writing(self._context.database) as connection:
                release(connection, self._kind, keys, run_id=leases.run_id)

    def _leave(self) -> None:
        """Count what is left, once."""
        if not self._told and self._waiting:
            self._context.stop.left[self._kind.value] = len(self._waiting)
        self._told = True
