"""Reading tab-separated fact tables, with errors that name file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.errors import ConfigurationError

__all__ = ["Row", "read_bytes", "read_table"]

_SEPARATOR = "|"
_MONTH = re.compile(r"\d{4}-\d{2}")
_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. Missing columns read as empty."""

    path: Path
    line: int
    values: Mapping[str, str]

    def text(self, column: str) -> str:
        """Return the cell, empty where there is none."""
        return self.values.get(column, "")

    def required(self, column: str) -> str:
        """Return the cell; an empty one raises ConfigurationError."""
        value = self.text(column)
        if not value:
            raise self.error(f"column {column!r} is empty")
        return value

    def many(self, column: str) -> tuple[str, ...]:
        """Return the parts of a cell, which are divided by "|"."""
        parts = [part.strip() for part in self.text(column).split(_SEPARATOR)] if self.text(column) else []
        if not all(parts):
            raise self.error(f"column {column!r} has an empty part")
        return tuple(parts)

    def day(self, column: str, *, last: bool = False) -> date | None:
        """Return the cell as a date; a month or year stands for its first day, or its last one where `last`."""
        value = self.text(column)
        if not value:
            return None
        try:
            return _parse_day(value, last=last)
        except ValueError as error:
            raise self.error(f"column {column!r}: {value!r} is no date (YYYY, YYYY-MM or YYYY-MM-DD)") from error

    def number(self, column: str, *, limit: float) -> float | None:
        """Return the cell as a number between -limit and limit."""
        value = self.text(column)
        if not value:
            return None
        try:
            number = float(value)
        except ValueError as error:
            raise self.error(f"column {column!r}: {value!r} is no number") from error
        if not -limit <= number <= limit:
            raise self.error(f"column {column!r}: {value} is not between -{limit:g} and {limit:g}")
        return number

    def error(self, message: str) -> ConfigurationError:
        """Make the error that names this line."""
        return ConfigurationError(message, path=self.path, line=self.line)


def _parse_day(value: str, *, last: bool) -> date:
    if _YEAR.fullmatch(value):
        return date(int(value), 12, 31) if last else date(int(value), 1, 1)
    if _MONTH.fullmatch(value):
        year, month = int(value[:4]), int(value[5:])
        if not last:
            return date(year, month, 1)
        following = date(year + month // 12, month % 12 + 1, 1)
        return date.fromordinal(following.toordinal() - 1)
    return date.fromisoformat(value)


def read_bytes(path: Path) -> bytes:
    """Read a file of the knowledge base; raises ConfigurationError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", path=path) from error


def read_table(path: Path, data: bytes, columns: frozenset[str], required: frozenset[str]) -> Iterator[Row]:
    """Yield the rows of a tab-separated table whose first line names its columns.

    Unknown, repeated or missing required columns, rows with another number of cells, tabs and spaces around cells
    raise ConfigurationError. Empty lines and lines that start with "#" are skipped.
    """
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"is not UTF-8: {error}", path=path) from error
    header = lines[0].rstrip("\r").split("\t")
    _check_header(path, header, columns, required)
    for number, raw in enumerate(lines[1:], start=2):
        line = raw.rstrip("\r")
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != len(header):
            raise ConfigurationError(f"{len(cells)} cells instead of {len(header)}", path=path, line=number)
        row = Row(path, number, dict(zip(header, cells, strict=True)))
        for column in required:
            row.required(column)
        yield row


def _check_header(path: Path, header: list[str], columns: frozenset[str], required: frozenset[str]) -> None:
    if len(set(header)) != len(header):
        raise ConfigurationError("a column is named twice", path=path, line=1)
    for name in header:
        if name not in columns:
            raise ConfigurationError(f"unknown column {name!r}", path=path, line=1)
    for name in sorted(required - set(header)):
        raise ConfigurationError(f"column {name!r} is missing", path=path, line=1)
