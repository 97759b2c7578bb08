"""CSV: one row per event with the columns of `pipeline.query.FLAT`, safe to open in a spreadsheet, and read back as it was."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from threading import Lock
from typing import Any, TextIO

from models.findings import EventFound
from pipeline.query import FLAT, FLAT_TYPES, flatten
from pipeline.text.moments import plain_time

__all__ = ["BYTE_ORDER_MARK", "encode_csv", "plain_text", "read_csv", "read_rows", "safe_text"]

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""With it at the beginning, Excel reads the file as UTF-8 at a double click."""

_ROWS = 500
"""Rows of one block. A block is written column by column: most columns have nothing in it that must be escaped, which one look tells."""

_SIGNS = "=+-@\t\r\n＝＋－＠"
"""What a spreadsheet takes for the beginning of a formula; the wide forms come from Korean keyboards."""

_FORMULA = re.compile(f"'*[{re.escape(_SIGNS)}]")
"""A cell that is escaped. Apostrophes before the sign count too, so that one can be added to all of these cells and taken away again."""

_SUSPECT = frozenset(_SIGNS + "'")

_QUOTED = re.compile('[,"\r\n]')
"""What a cell that stands in quotation marks has."""


def encode_csv(events: Iterable[EventFound]) -> Iterator[bytes]:
    """Yield a CSV file in UTF-8: a header, then a row per event. A text that a spreadsheet would run gets an apostrophe in front."""
    remaining = iter(events)
    blocks = iter(lambda: [flatten(event).values() for event in islice(remaining, _ROWS)], [])
    # The header goes with the first rows: what is wrong with the question is told before anything is sent.
    yield _lines([FLAT]) + _block(next(blocks, []))
    yield from map(_block, blocks)


def _block(rows: Iterable[Iterable[object]]) -> bytes:
    """Return rows as they are written."""
    columns = zip(*rows, strict=True)
    # Without rows there are no columns either.
    written = [_WRITERS[kind](column) for kind, column in zip(FLAT_TYPES.values(), columns, strict=False)]
    return _lines(zip(*written, strict=True))


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    return "".join([f"{','.join(cells)}\r\n" for cells in rows]).encode()


def _write_texts(column: Sequence[Any]) -> list[str]:
    cells = [text or "" for text in column]
    if not _SUSPECT.isdisjoint([cell[:1] for cell in cells]):
        cells = [safe_text(cell) for cell in cells]
    if _QUOTED.search("".join(cells)):
        cells = [_quote(cell) if _QUOTED.search(cell) else cell for cell in cells]
    return cells


def safe_text(text: str) -> str:
    """Return the text of a cell, with an apostrophe in front where a spreadsheet would run it."""
    return f"'{text}" if _FORMULA.match(text) else text


def plain_text(cell: str) -> str:
    """Return the text of which `safe_text` made a cell."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _quote(cell: str) -> str:
    doubled = cell.replace('"', '""')
    return f'"{doubled}"'


def _write_numbers(column: Sequence[Any]) -> list[str]:
    return ["" if number is None else str(number) for number in column]


def _write_flags(column: Sequence[Any]) -> list[str]:
    return ["yes" if flag else "no" for flag in column]


def _write_times(column: Sequence[Any]) -> list[str]:
    return ["" if moment is None else plain_time(moment) for moment in column]


_WRITERS: Mapping[type, Callable[[Sequence[Any]], list[str]]] = {
    str: _write_texts,
    int: _write_numbers,
    float: _write_numbers,
    bool: _write_flags,
    datetime: _write_times,
}
"""What writes the cells of a column, by the type of its values."""


def read_csv(file: TextIO) -> Iterator[dict[str, object]]:
    """Yield the rows of a file that `encode_csv` made, as `flatten` gave them; empty cells are None.

    Open the file with `newline=""` and the encoding "utf-8-sig". Raises ValueError for a file with other columns.
    """
    rows = read_rows(file)
    if (header := next(rows, [])) != list(FLAT):
        raise ValueError(f"these are not the columns of an export of events: {', '.join(header)}")
    for cells in rows:
        yield {name: _value(FLAT_TYPES[name], cell) for name, cell in zip(FLAT, cells, strict=True)}


_LONGEST_CELL = 2**31 - 1
"""Characters: what every platform takes. By default `csv` reads cells of 131,072, and an article may be told at greater length."""


class _LongCells:
    """Lets `csv` read long cells while anybody reads some: its limit is one for the whole process."""

    def __init__(self) -> None:
        self._lock, self._readers, self._before = Lock(), 0, 0

    def __enter__(self) -> None:
        with self._lock:
            if self._readers == 0:
                self._before = csv.field_size_limit(_LONGEST_CELL)
            self._readers += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._readers -= 1
            if self._readers == 0:
                csv.field_size_limit(self._before)


_long_cells = _LongCells()


def read_rows(file: TextIO) -> Iterator[list[str]]:
    """Yield the cells of each row of a CSV file, however long they are."""
    with _long_cells:
        yield from csv.reader(file)


def _value(kind: type, cell: str) -> object:
    if cell == "":
        return None
    if kind is str:
        return plain_text(cell)
    if kind is bool:
        return {"yes": True, "no": False}[cell]
    return datetime.fromisoformat(cell) if kind is datetime else kind(cell)
