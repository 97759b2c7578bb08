"""The SQLite file of a snapshot: the tables with their references, a full-text index, and views; ready for Datasette."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from models.findings import EventFound, Passage
from pipeline.publish.tables import TABLES, Column, Kind, Row, Table, event_rows, passage_rows

__all__ = ["VIEWS", "SnapshotFile", "open_snapshot_file", "read_table"]

_ROWS = 5_000

_TYPES = {Kind.TEXT: "TEXT", Kind.INTEGER: "INTEGER", Kind.REAL: "REAL", Kind.FLAG: "INTEGER", Kind.TIME: "TEXT"}

_WORDS = """
CREATE VIRTUAL TABLE events_words USING fts5(evidence, headlines, names, tokenize='porter unicode61', content='')
"""
"""English words are found in all their forms; Korean ones with a star for the particles: 은행*."""

_FILL_WORDS = """
INSERT INTO events_words (rowid, evidence, headlines, names) SELECT e.rowid,
  (SELECT group_concat(evidence, ' ') FROM (SELECT e.evidence UNION SELECT evidence FROM passages WHERE event_id = e.id ORDER BY 1)),
  (SELECT group_concat(title, ' ') FROM (SELECT DISTINCT title FROM tellings JOIN articles USING (version) WHERE event_id = e.id ORDER BY 1)),
  (SELECT group_concat(name, ' ') FROM (SELECT DISTINCT name FROM parties WHERE event_id = e.id ORDER BY 1))
FROM events e ORDER BY e.rowid
"""

_PARTY_NAMES = "(SELECT group_concat(name, ' | ') FROM (SELECT DISTINCT name FROM parties p WHERE p.event_id = e.id AND p.role = '{role}' ORDER BY number))"

VIEWS: Mapping[str, tuple[str, str]] = {
    "event_list": (
        "One readable row per event: when, what, who, to whom, where, how much, how certain, according to whom, and where to read it.",
        f"""SELECT e.id, e.date_start, e.type, e.subtype, {_PARTY_NAMES.format(role="actor")} AS actors,
          {_PARTY_NAMES.format(role="target")} AS targets, e.place, e.usd, e.modality, e.background, e.speaker, e.evidence, e.score,
          e.n_sources, a.publisher, a.title, a.url
        FROM events e JOIN tellings t ON t.event_id = e.id AND t.number = 1 JOIN articles a USING (version)""",  # noqa: S608 - constants
    ),
    "types_by_month": (
        "How many events of each type happened in each month, by what is said of them; undated ones are left out.",
        """SELECT substr(date_start, 1, 7) AS month, type, modality, count(*) AS events, sum(usd) AS usd
        FROM events WHERE date_start IS NOT NULL AND background = 0 GROUP BY 1, 2, 3 ORDER BY 1 DESC, 4 DESC""",
    ),
    "designations": (
        "Who was sanctioned by whom, with the entries of sanctions lists that the target is matched to.",
        """SELECT e.id, e.date_start, e.subtype, e.modality, a.name AS authority, p.name AS target, p.entity_id, m.source AS list, m.entry,
          m.programs, m.score AS match_score, e.evidence
        FROM events e JOIN parties p ON p.event_id = e.id AND p.role = 'target'
        LEFT JOIN parties a ON a.event_id = e.id AND a.role = 'actor'
        LEFT JOIN matches m ON m.event_id = e.id AND m.role = p.role AND m.number = p.number
        WHERE e.type = 'SANCTION'""",
    ),
    "together": (
        "Pairs of named entities that take part in the same events, with how often.",
        """SELECT a.entity_id AS first_id, a.name AS first, b.entity_id AS second_id, b.name AS second, count(DISTINCT a.event_id) AS events
        FROM parties a JOIN parties b ON b.event_id = a.event_id AND a.entity_id < b.entity_id
        WHERE a.role <> 'speaker' AND b.role <> 'speaker' GROUP BY 1, 3 ORDER BY events DESC, 1, 3""",
    ),
}
"""Views by name, with what they show and how."""


class SnapshotFile:
    """A new SQLite file that is being filled; close it to have its indexes and views."""

    def __init__(self, path: Path) -> None:
        """Make the file with its empty tables. Raises sqlite3.Error where one is there already or the disk refuses."""
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._waiting: dict[str, list[Row]] = {name: [] for name in TABLES}
        # Nobody reads it before it is whole, and what is cut off is thrown away: no journal, no waiting for the disk.
        for statement in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "BEGIN"):
            self._connection.execute(statement)
        for table in TABLES.values():
            self._connection.execute(_create(table))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self._finish()
        self._connection.close()

    def add(self, event: EventFound, passages: Iterable[Passage]) -> None:
        """Add an event with the passages that tell it. Raises sqlite3.IntegrityError for an id that is there already."""
        for name, row in event_rows(event):
            self._waiting[name].append(row)
        for passage in passages:
            for name, row in passage_rows(event.id, passage):
                self._waiting[name].append(row)
        if len(self._waiting["events"]) >= _ROWS or len(self._waiting["passages"]) >= _ROWS:
            self._write()

    def _write(self) -> None:
        for name, rows in self._waiting.items():
            # One article tells several events: its row comes with each of them.
            conflict = "ON CONFLICT DO NOTHING" if name == "articles" else ""
            places = ", ".join("?" * len(TABLES[name].columns))
            self._connection.executemany(f"INSERT INTO {name} VALUES ({places}) {conflict}", rows)  # noqa: S608 - our own names
            rows.clear()

    def _finish(self) -> None:
        self._write()
        for table in TABLES.values():
            for columns in _indexed(table):
                listed = ", ".join(f'"{column}"' for column in columns)
                self._connection.execute(f"CREATE INDEX {table.name}_{'_'.join(columns)} ON {table.name} ({listed})")
        for statement in (_WORDS, _FILL_WORDS):
            self._connection.execute(statement)
        for name, (_, query) in VIEWS.items():
            self._connection.execute(f"CREATE VIEW {name} AS {query}")
        # No VACUUM: it may give other row ids, by which the words are found.
        for statement in ("ANALYZE", "COMMIT"):
            self._connection.execute(statement)


def _create(table: Table) -> str:
    """Return the statement that makes a table. `events` keeps row ids, by which its words are found; they are numbers of no meaning."""
    columns = [_column(column) for column in table.columns]
    key = "PRIMARY KEY ({})".format(", ".join(f'"{column}"' for column in table.key))
    return f"CREATE TABLE {table.name} (\n  " + ",\n  ".join([*columns, key]) + "\n)"


def _column(column: Column) -> str:
    refers = " REFERENCES {} ({})".format(*column.refers) if column.refers else ""
    return f'"{column.name}" {_TYPES[column.kind]}{"" if column.optional else " NOT NULL"}{refers}'


def _indexed(table: Table) -> Iterator[tuple[str, ...]]:
    """Yield the columns by which people look into a table: references, ids of entities, types and days."""
    yield from ((column.name,) for column in table.columns if column.refers and column.name != table.key[0])
    if any(column.name == "entity_id" for column in table.columns):
        yield ("entity_id",)
    if table.name == "events":
        yield from (("type", "date_start"), ("date_start",), ("usd",))
    if table.name == "matches":
        yield ("entry",)


def open_snapshot_file(path: Path) -> sqlite3.Connection:
    """Open the SQLite file of a snapshot for reading alone."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    connection.execute("PRAGMA query_only = ON")
    return connection


def read_table(path: Path, table: Table) -> Iterator[list[Row]]:
    """Yield the rows of a table in the order of their writing, some thousand at a time."""
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    with closing(open_snapshot_file(path)) as connection:
        rows = connection.execute(f"SELECT {names} FROM {table.name} ORDER BY rowid")  # noqa: S608 - our own names
        while block := rows.fetchmany(_ROWS):
            yield block
