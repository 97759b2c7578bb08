"""Writing rows that may be there already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.dialects import postgresql, sqlite

from models.tables import Base

__all__ = ["Row", "insert_new"]

Row = Mapping[str, Any]


def insert_new(connection: Connection, table: type[Base], rows: Sequence[Row]) -> int:
    """Insert the rows that are not there yet, by any unique constraint; return how many were new.

    Ids are made from content, so a row that is there already says the same thing. This is what makes a second run, or a
    run beside another, harmless.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    key = inspect(table).primary_key[0]
    statement = dialect.insert(table).on_conflict_do_nothing().returning(key)
    return sum(len(connection.execute(statement, dict(row)).all()) for row in rows)
