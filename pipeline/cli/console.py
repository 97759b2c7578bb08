"""Two consoles: results on standard output, everything else on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.segment import Segment

from pipeline.text.printable import printable

__all__ = ["ProgressBar", "as_long_as_read", "complain", "output_console"]

T = TypeVar("T")

WIDTH_OF_A_PIPE = 200
"""Columns used when the output is no terminal: wide enough that the tables keep their words."""


class _SafeConsole(Console):
    """Shows texts of others without the characters that steer a terminal."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the segments, with blanks for what a terminal would obey."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment("\n".join(map(printable, segment.text.split("\n"))), segment.style)


def output_console() -> Console:
    """Return the console for results; plain and wide when piped."""
    return _SafeConsole(soft_wrap=False) if sys.stdout.isatty() else _SafeConsole(width=WIDTH_OF_A_PIPE, no_color=True)


@contextmanager
def as_long_as_read() -> Iterator[None]:
    """End in peace what is written to standard output, where whoever reads it, such as `head`, has enough."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # What Python still flushes at the end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(message: str) -> None:
    """Write one message to standard error."""
    _SafeConsole(stderr=True, soft_wrap=True, highlight=False).print(f"[bold red]error:[/] {_escape(message)}")


def _escape(text: str) -> str:
    return text.replace("[", "\\[")


class ProgressBar:
    """Shows how far the steps of a run are, on standard error, where that is a terminal."""

    def watch(self, items: Iterable[T], *, step: str, total: int | None) -> Iterator[T]:
        """Pass the items on, moving the bar."""
        console = Console(stderr=True)
        if not console.is_terminal:
            yield from items
            return
        columns = (TextColumn("{task.description:22}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console) as progress:
            yield from progress.track(items, total=total, description=step)
