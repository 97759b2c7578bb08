"""The lock of a data folder: one run at a time in each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.errors import LockHeld, StorageError

__all__ = ["hold_data_dir"]


@contextmanager
def hold_data_dir(data_dir: Path) -> Iterator[None]:
    """Hold the lock of a data folder; raise LockHeld at once where another run has it.

    The kernel frees it when its holder dies, so it is never left over.
    """
    lock = FileLock(data_dir / "run.lock", timeout=0)
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise LockHeld(f"another run is at work in {data_dir}: try later") from error
    except OSError as error:
        raise StorageError(f"the data folder cannot be written: {error.strerror}", path=data_dir) from error
    with lock:
        yield
