"""Writing rows of the index in the driver's own way, several times as fast as statements with named values.

Values stand in the order of the columns of their table. The caller keeps others from writing the same rows meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, inspect

from models.tables import Base

__all__ = ["add_counts", "add_rows", "change_rows", "delete_rows"]

Values: TypeAlias = tuple[Any, ...]


def change_rows(connection: Connection, table: type[Base], old: set[Values], wanted: set[Values]) -> None:
    """Make rows that are nothing but their key be the wanted ones; in the order of the key, in which the database keeps them."""
    delete_rows(connection, table, sorted(old - wanted))
    add_rows(connection, table, sorted(wanted - old))


def add_rows(connection: Connection, table: type[Base], rows: Sequence[Values]) -> None:
    """Insert rows that are not there."""
    if not rows:
        return
    columns = ", ".join(table.__table__.columns.keys())
    if connection.dialect.name == "postgresql":
        cursor: Any = connection.connection.cursor()
        with cursor.copy(f"COPY {table.__tablename__} ({columns}) FROM STDIN") as copy:
            for row in _as_stored(connection, table, rows):
                copy.write_row(row)
        return
    values = ", ".join("?" for _ in table.__table__.columns)
    statement = f"INSERT INTO {table.__tablename__} ({columns}) VALUES ({values})"  # noqa: S608 - constants
    connection.exec_driver_sql(statement, list(_as_stored(connection, table, rows)))


def delete_rows(connection: Connection, table: type[Base], keys: Sequence[Values], *, unless: str = "false") -> None:
    """Delete the rows with these keys: the values of the primary key, which has none but text and numbers. `unless` is SQL that spares a row."""
    if not keys:
        return
    columns = inspect(table).primary_key
    names = [column.name for column in columns]
    if connection.dialect.name == "postgresql":
        statement = f"DELETE FROM {table.__tablename__} WHERE ({', '.join(names)}) IN (SELECT * FROM {_unnested(connection, columns)}) AND NOT ({unless})"  # noqa: S608
        connection.exec_driver_sql(statement, tuple(map(list, zip(*keys, strict=True))))
        return
    same = " AND ".join(f"{name} = ?" for name in names)
    connection.exec_driver_sql(f"DELETE FROM {table.__tablename__} WHERE {same} AND NOT ({unless})", list(keys))  # noqa: S608 - constants


def add_counts(connection: Connection, table: type[Base], rows: Sequence[Values]) -> None:
    """Add to the last column, a count, of the rows with these keys; a row that is not there is made, and one that comes to nothing goes."""
    if not rows:
        return
    columns = list(table.__table__.columns)
    names, keys = [column.name for column in columns], ", ".join(column.name for column in columns[:-1])
    count = names[-1]
    added = f"ON CONFLICT ({keys}) DO UPDATE SET {count} = {table.__tablename__}.{count} + excluded.{count}"
    if connection.dialect.name == "postgresql":
        statement = f"INSERT INTO {table.__tablename__} ({', '.join(names)}) SELECT * FROM {_unnested(connection, columns)} {added}"  # noqa: S608
        connection.exec_driver_sql(statement, tuple(map(list, zip(*rows, strict=True))))
    else:
        values = ", ".join("?" for _ in names)
        statement = f"INSERT INTO {table.__tablename__} ({', '.join(names)}) VALUES ({values}) {added}"  # noqa: S608 - constants
        connection.exec_driver_sql(statement, list(rows))
    delete_rows(connection, table, [row[:-1] for row in rows if row[-1] < 0], unless=f"{count} > 0")


def _as_stored(connection: Connection, table: type[Base], rows: Sequence[Values]) -> Iterator[Values]:
    """Yield the rows as the driver takes them: SQLite has no times."""
    columns = enumerate(table.__table__.columns)
    made = ((place, column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)) for place, column in columns)
    processors: list[tuple[int, Callable[[Any], Any]]] = [(place, processor) for place, processor in made if processor is not None]
    if not processors:
        yield from rows
        return
    for row in rows:
        stored = list(row)
        for place, processor in processors:
            stored[place] = processor(stored[place])
        yield tuple(stored)


def _unnested(connection: Connection, columns: Sequence[Any]) -> str:
    """Return rows of PostgreSQL that are given as one list for each column."""
    types = (column.type.compile(connection.dialect).partition(" COLLATE ")[0] for column in columns)
    return f"unnest({', '.join(f'%s::{kind}[]' for kind in types)})"
