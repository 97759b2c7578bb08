"""What must be true of a snapshot before anyone sees it. Every check returns what is wrong, in words; nothing where all is well."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from models.ontology import SUBTYPES
from pipeline.publish.flat_csv import read_rows
from pipeline.publish.manifest import MANIFEST, Manifest, checksum
from pipeline.publish.snapshot_file import open_snapshot_file
from pipeline.publish.tables import TABLES, Table

__all__ = ["CSV", "DATABASE", "find_data_faults", "find_file_faults", "parquet_name"]

DATABASE = "peninsula.sqlite"
CSV = "events.csv"

_SHOWN = 3
"""Rows that are named of those with one fault."""

_SLICES = (
    (
        "passages whose evidence has another length than its place in the text",
        "passages",
        "length(evidence) <> evidence_end - evidence_start",
    ),
    (
        "passages whose trigger does not stand in the evidence where it should",
        "passages",
        'substr(evidence, trigger_start - evidence_start + 1, trigger_end - trigger_start) <> "trigger"',
    ),
    (
        "events whose trigger does not stand in the evidence where it should",
        "events",
        'substr(evidence, trigger_start + 1, length("trigger")) <> "trigger"',
    ),
    ("events without a passage", "events", "NOT EXISTS (SELECT 1 FROM passages p WHERE p.event_id = events.id)"),
    ("events without an article", "events", "NOT EXISTS (SELECT 1 FROM tellings t WHERE t.event_id = events.id)"),
    (
        "events merged into one that are events of their own as well",
        "merged",
        "EXISTS (SELECT 1 FROM events e WHERE e.id = merged.id)",
    ),
    (
        "amounts of an article that is not told of",
        "amounts",
        "NOT EXISTS (SELECT 1 FROM articles a WHERE a.article_id = amounts.article_id)",
    ),
    ("scores outside 0 to 1", "events", "score NOT BETWEEN 0 AND 1"),
    ("passages with a score outside 0 to 1", "passages", "score NOT BETWEEN 0 AND 1"),
)
"""What is wrong, of which table, and the condition of the rows that are so."""


def parquet_name(table: Table) -> str:
    """Return the name of the Parquet file of a table."""
    return f"{table.name}.parquet"


def find_data_faults(folder: Path) -> list[str]:
    """Return what is wrong with the data of a snapshot: damaged or doubled rows, references to nothing, codes that are none, passages that
    are not in their text, files whose rows are not those of the tables.
    """
    path = folder / DATABASE
    try:
        with closing(open_snapshot_file(path)) as connection:
            checks = (_damage, _doubled, _references, _codes, _slices)
            faults = [fault for check in checks for fault in check(connection)]
            rows = count_rows(connection)
    except sqlite3.Error as error:
        return [f"{DATABASE}: {error}"]
    return [*faults, *_file_rows(folder, rows)]


def count_rows(connection: sqlite3.Connection) -> dict[str, int]:
    """Return how many rows each table has."""
    return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in TABLES}  # noqa: S608 - our own names


def _damage(connection: sqlite3.Connection) -> Iterator[str]:
    found = [row[0] for row in connection.execute(f"PRAGMA integrity_check({_SHOWN})")]
    if found != ["ok"]:
        yield f"{DATABASE} is damaged: {'; '.join(found)}"


def _doubled(connection: sqlite3.Connection) -> Iterator[str]:
    for table in TABLES.values():
        key = ", ".join(f'"{column}"' for column in table.key)
        query = f"SELECT {key} FROM {table.name} GROUP BY {key} HAVING count(*) > 1"  # noqa: S608 - our own names
        yield from _told(f"rows of {table.name} with one key", connection.execute(query).fetchall())


def _references(connection: sqlite3.Connection) -> Iterator[str]:
    missing: dict[tuple[str, str], int] = {}
    for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        missing[table, parent] = missing.get((table, parent), 0) + 1
    for (table, parent), number in missing.items():
        yield f"{number} rows of {table} refer to rows of {parent} that are not there"


def _codes(connection: sqlite3.Connection) -> Iterator[str]:
    for table in TABLES.values():
        for column in table.columns:
            if column.choices is not None:
                query = f'SELECT DISTINCT "{column.name}" FROM {table.name} WHERE "{column.name}" IS NOT NULL'  # noqa: S608
                unknown = sorted({value for (value,) in connection.execute(query)} - {choice.value for choice in column.choices})
                yield from _told(f"values of {table.name}.{column.name} that are none of its codes", [(value,) for value in unknown])
    known = {(kind.value, subtype) for kind, subtypes in SUBTYPES.items() for subtype in subtypes}
    used = set(connection.execute("SELECT DISTINCT type, subtype FROM events WHERE subtype IS NOT NULL"))
    yield from _told("subtypes that their type does not have", sorted(used - known))


def _slices(connection: sqlite3.Connection) -> Iterator[str]:
    for what, table, condition in _SLICES:
        key = ", ".join(f'"{column}"' for column in TABLES[table].key)
        yield from _told(what, connection.execute(f"SELECT {key} FROM {table} WHERE {condition}").fetchall())  # noqa: S608


def _told(what: str, rows: list[tuple[object, ...]]) -> Iterator[str]:
    if rows:
        shown = ", ".join("/".join(str(value) for value in row) for row in rows[:_SHOWN])
        yield f"{len(rows)} {what}: {shown}{' …' if len(rows) > _SHOWN else ''}"


def _file_rows(folder: Path, rows: dict[str, int]) -> Iterator[str]:
    import pyarrow.parquet as pq

    found = {parquet_name(table): (pq.read_metadata(folder / parquet_name(table)).num_rows, rows[name]) for name, table in TABLES.items()}
    with (folder / CSV).open(encoding="utf-8", newline="") as file:
        found[CSV] = (sum(1 for _ in read_rows(file)) - 1, rows["events"])
    for name, (held, wanted) in found.items():
        if held != wanted:
            yield f"{name} has {held} rows, its table {wanted}"


def find_file_faults(folder: Path, manifest: Manifest) -> list[str]:
    """Return which files are not what the manifest says: missing, of another size or checksum, or not named in it."""
    faults = [fault for part in manifest.files for fault in _part_faults(folder / part.name, part.size, part.sha256)]
    named = {MANIFEST, *(part.name for part in manifest.files)}
    faults += [f"{name} is not in the manifest" for name in sorted({path.name for path in folder.iterdir()} - named)]
    return faults


def _part_faults(path: Path, size: int, sha256: str) -> Iterator[str]:
    if not path.is_file():
        yield f"{path.name} is missing"
    elif path.stat().st_size != size:
        yield f"{path.name} has {path.stat().st_size} bytes, not {size}"
    elif checksum(path) != sha256:
        yield f"{path.name} has another checksum than the manifest says"
