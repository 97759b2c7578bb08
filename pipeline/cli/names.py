"""`peninsula names`."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console

from pipeline.errors import StorageError, UsageError
from pipeline.names import compare

__all__ = ["register"]

NAMES = ("name_a", "name_b")
VERDICT = ("score", "same", "why")
GIVEN = "same_given"


@dataclass(slots=True)
class _Tally:
    """What was compared; right and wrong only among rows that say whether their names are the same."""

    rows: int = 0
    same: int = 0
    labelled: int = 0
    truly_same: int = 0
    both: int = 0

    def add(self, given: str | None, *, same: bool) -> None:
        self.rows += 1
        self.same += same
        if given is not None:
            self.labelled += 1
            self.truly_same += given == "1"
            self.both += given == "1" and same

    def __str__(self) -> str:
        text = f"{self.rows} pairs, {self.same} the same by their names"
        if self.labelled:
            text += f"; precision {_share(self.both, self.same)}, recall {_share(self.both, self.truly_same)} against {GIVEN}"
        return text


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.4f} ({part} of {whole})" if whole else "without any case"


def names(
    source: Annotated[Path, typer.Argument(metavar="FILE.tsv", help="A table divided by tabs, with the columns name_a and name_b.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.tsv", help="Where to write; else to standard output.", show_default=False)
    ] = None,
) -> None:
    """Compare pairs of persons' names, in hangul or any romanisation.

    Every row comes back with its columns and three more: `score` from 0 to 1, `same` (1 where the score says that it can be one name, else
    0) and `why`, syllable by syllable. Names are compared, not persons: homonyms are the same.

    A column `same` of the input, 0 or 1, is kept as `same_given`, and precision and recall against it are told on standard error.

    Example: peninsula names pairs.tsv --out judged.tsv; "U, Yong Su" and "Woo Yong-su" in a row get 1.0000, because u = woo 1.00.
    """
    tally = _Tally()
    with ExitStack() as stack:
        columns, rows = _read(source)
        writer = _open_output(out, stack)
        kept = [*NAMES, *(name for name in columns if name not in {*NAMES, *VERDICT, GIVEN})]
        labels = _label_column(columns)
        shown = [*kept, *([GIVEN] if labels else []), *VERDICT]
        writer.write("\t".join(shown) + "\n")
        for row in rows:
            given = row[labels] if labels else None
            found = compare(row["name_a"], row["name_b"])
            tally.add(given, same=found.same)
            cells = [row[name] for name in kept] + ([] if given is None else [given])
            writer.write("\t".join([*cells, f"{found.score:.4f}", str(int(found.same)), found.why]) + "\n")
    Console(stderr=True, soft_wrap=True, highlight=False).print(str(tally), markup=False)


def _label_column(columns: list[str]) -> str | None:
    """Return the column that says which names are the same; an output of this command has it under its other name."""
    return next((name for name in (GIVEN, "same") if name in columns), None)


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return the columns and rows of a table. Raises UsageError, with the line where known, for files that are no such table."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text in UTF-8: byte {error.start}") from error
    columns = lines[0].rstrip("\r").split("\t")
    missing = [name for name in NAMES if name not in columns]
    if missing:
        raise UsageError(f"{path}:1: no column {' and '.join(missing)}; columns are divided by tabs")
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"{path}:1: column {twice} stands twice")
    labels = _label_column(columns)
    rows = []
    for number, text in enumerate(lines[1:], 2):
        if not text.strip():
            continue
        cells = text.rstrip("\r").split("\t")
        if len(cells) != len(columns):
            raise UsageError(f"{path}:{number}: expected {len(columns)} columns, found {len(cells)}")
        row = dict(zip(columns, cells, strict=True))
        if labels and row[labels] not in ("0", "1"):
            raise UsageError(f"{path}:{number}: {labels} is {row[labels]!r}, expected 0 or 1")
        rows.append(row)
    return columns, rows


def _open_output(path: Path | None, stack: ExitStack) -> TextIO:
    if path is None:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        return sys.stdout
    try:
        return stack.enter_context(path.open("w", encoding="utf-8", newline="\n"))
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(names)
