"""Where the facts of the knowledge base are written: file, line and source of an entity, a post, an exchange rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pipeline.kb.facts import ENTITY_COLUMNS, ENTITY_REQUIRED, POST_COLUMNS, POST_REQUIRED, TABLES
from pipeline.kb.table import Row, read_bytes, read_table

__all__ = ["FactLine", "FactLines"]

_RATE_COLUMNS = frozenset(["currency", "year", "units_per_usd", "source"])


@dataclass(frozen=True, slots=True)
class FactLine:
    """One line of a fact table: `file` is its name in the folder of the knowledge base, `line` counts from 1."""

    file: str
    line: int
    source: str


class FactLines:
    """The lines of the fact tables in one folder, read when first asked for.

    Entities that only a sanctions list knows stand in no table. Raises ConfigurationError with file and line where a table is wrong.
    """

    def __init__(self, kb_dir: Path) -> None:
        self._folder = kb_dir

    def of_entity(self, ident: str) -> FactLine | None:
        """Return the line that makes the entity; None where no table has it."""
        return self._entities.get(ident)

    def of_posts(self, ident: str) -> tuple[FactLine, ...]:
        """Return the lines of a person's posts, in the order of the posts of the loaded entity."""
        return self._posts.get(ident, ())

    def of_rate(self, currency: str, year: int) -> tuple[float, FactLine] | None:
        """Return how many units of a currency were a US dollar in the mean of a year, and the line; None where no line tells."""
        return self._rates.get((currency, str(year)))

    @cached_property
    def _entities(self) -> Mapping[str, FactLine]:
        rows = (row for name in TABLES for row in self._read(name, ENTITY_COLUMNS, ENTITY_REQUIRED))
        return {row.text("id"): _line(row) for row in rows}

    @cached_property
    def _posts(self) -> Mapping[str, tuple[FactLine, ...]]:
        posts: dict[str, tuple[FactLine, ...]] = {}
        for row in self._read("posts.tsv", POST_COLUMNS, POST_REQUIRED):
            posts[row.text("person")] = (*posts.get(row.text("person"), ()), _line(row))
        return posts

    @cached_property
    def _rates(self) -> Mapping[tuple[str, str], tuple[float, FactLine]]:
        rows = self._read("exchange_rates.tsv", _RATE_COLUMNS, _RATE_COLUMNS)
        return {(row.text("currency"), row.text("year")): (float(row.text("units_per_usd")), _line(row)) for row in rows}

    def _read(self, name: str, columns: frozenset[str], required: frozenset[str]) -> Iterator[Row]:
        path = self._folder / name
        if path.exists():
            yield from read_table(path, read_bytes(path), columns, required)


def _line(row: Row) -> FactLine:
    return FactLine(row.path.name, row.line, row.text("source"))
