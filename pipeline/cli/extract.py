"""`peninsula extract`."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, BinaryIO, TextIO

import typer

from pipeline.cli.console import ProgressBar, complain
from pipeline.errors import StorageError, UsageError

__all__ = ["register"]


def extract(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="INPUT.jsonl", help="One JSON object a line; - for standard input.")],
    output: Annotated[str, typer.Option("--output", "-o", metavar="OUTPUT.jsonl", help="Where to write; - for standard output.")] = "-",
) -> None:
    """Extract names, amounts and events from documents at hand, without database or network.

    Each line has `id`, one of `text` and `html`, and optionally `title`, `url`, `publisher`, `published` (ISO 8601), `lang` (en or
    ko). A line that cannot be processed is named on standard error and has an error record in the output; the exit code is
    then 3.

    Example: peninsula extract articles.jsonl -o extracted.jsonl
    """
    # Imported here because the language stages take seconds to import, and most commands do without them.
    from pipeline.analyse import Analyser
    from pipeline.extraction import BadLine, extract_lines

    analyser = Analyser(context.obj)
    analyser.check()
    refused = 0
    with ExitStack() as stack:
        reader = _open_input(source, stack)
        writer = _open_output(output, stack)
        for result in ProgressBar().watch(extract_lines(reader, analyser), step="extracting", total=None):
            record = result
            if isinstance(result, BadLine):
                refused += 1
                complain(f"line {result.number}: {result.code}: {result.message}")
                record = result.as_record()
            writer.write(json.dumps(record, ensure_ascii=False) + "\n")
    if refused:
        raise typer.Exit(3)


def _open_input(name: str, stack: ExitStack) -> BinaryIO:
    if name == "-":
        return sys.stdin.buffer
    try:
        return stack.enter_context(Path(name).open("rb"))
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from error


def _open_output(name: str, stack: ExitStack) -> TextIO:
    if name == "-":
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        return sys.stdout
    try:
        return stack.enter_context(Path(name).open("w", encoding="utf-8", newline="\n"))
    except OSError as error:
        raise StorageError(f"{name} cannot be written: {error.strerror}") from error


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(extract)
