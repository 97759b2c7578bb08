"""CSV: one row per event with the columns of `pipeline.query.FLAT`, safe to open in a spreadsheet, and read back as it was."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, TextIO

from models.findings import EventFound
from pipeline.publish.lines import plain_time
from pipeline.query import FLAT, FLAT_TYPES, flatten

__all__ = ["BYTE_ORDER_MARK", "encode_csv", "read_csv"]

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""With it at the beginning, Excel reads the file as UTF-8 at a double click."""

_ROWS = 500

_SIGNS = "=+-@\t\r\n＝＋－＠"
"""What a spreadsheet takes for the beginning of a formula; the wide forms come from Korean keyboards."""

_FORMULA = re.compile(f"'*[{re.escape(_SIGNS)}]")
"""A cell that is escaped. Apostrophes before the sign count too, so that one can be added to all of these cells and taken away again."""

_SUSPECT = frozenset(_SIGNS + "'")

_COLUMNS = {kind: [place for place, name in enumerate(FLAT) if FLAT_TYPES[name] is kind] for kind in (str, bool, datetime)}
"""Places of the columns of each type: with millions of cells it counts that numbers are not looked at."""


def encode_csv(events: Iterable[EventFound]) -> Iterator[bytes]:
    """Yield a CSV file in UTF-8: a header, then a row per event. A text that a spreadsheet would run gets an apostrophe in front."""
    remaining = iter(events)
    # With CR LF the writer puts cells with either into quotation marks; with LF alone it would leave a CR bare.
    writer = csv.writer(block := io.StringIO(newline=""), lineterminator="\r\n")
    writer.writerow(FLAT)
    while True:
        rows = [_cells(event) for event in islice(remaining, _ROWS)]
        writer.writerows(rows)
        yield block.getvalue().encode()
        if len(rows) < _ROWS:
            return
        block.seek(0)
        block.truncate()


def _cells(event: EventFound) -> list[Any]:
    """Return the row as it is written; the writer leaves None empty."""
    row: list[Any] = list(flatten(event).values())
    for place in _COLUMNS[str]:
        text = row[place]
        if text and text[0] in _SUSPECT and _FORMULA.match(text):
            row[place] = f"'{text}"
    for place in _COLUMNS[bool]:
        row[place] = "yes" if row[place] else "no"
    for place in _COLUMNS[datetime]:
        if row[place] is not None:
            row[place] = plain_time(row[place])
    return row


def read_csv(file: TextIO) -> Iterator[dict[str, object]]:
    """Yield the rows of a file that `encode_csv` made, as `flatten` gave them; empty cells are None.

    Open the file with `newline=""` and the encoding "utf-8-sig". Raises ValueError for a file with other columns.
    """
    reader = csv.reader(file)
    if (header := next(reader, [])) != list(FLAT):
        raise ValueError(f"these are not the columns of an export of events: {', '.join(header)}")
    for cells in reader:
        yield {name: _value(FLAT_TYPES[name], cell) for name, cell in zip(FLAT, cells, strict=True)}


def _value(kind: type, cell: str) -> object:
    if cell == "":
        return None
    if kind is str:
        return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
    if kind is bool:
        return {"yes": True, "no": False}[cell]
    return datetime.fromisoformat(cell) if kind is datetime else kind(cell)
