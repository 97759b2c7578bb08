"""Rows that are written in the driver's own way are the rows that anybody would have written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from models.index_tables import EntityArticleRow, EntitySaidRow, EventTermRow
from pipeline.store.bulk import add_counts, add_rows, change_rows, delete_rows
from pipeline.store.engine import Database, reading, writing

NOON = datetime(2025, 11, 6, 12, 0, 0, 250_000, tzinfo=UTC)


def rows(database: Database, table: Any) -> list[tuple[Any, ...]]:
    with reading(database) as connection:
        return sorted(tuple(row) for row in connection.execute(select(table.__table__)))


def test_times_and_what_is_missing_are_stored_as_they_are(database: Database) -> None:
    wanted = [("art-1", "kb:kp", NOON, "[]"), ("art-2", "kb:kp", None, '[["name","북한",1]]')]
    with writing(database) as connection:
        add_rows(connection, EntityArticleRow, wanted)
    assert rows(database, EntityArticleRow) == wanted


def test_rows_are_deleted_by_their_key(database: Database) -> None:
    with writing(database) as connection:
        add_rows(connection, EntityArticleRow, [("art-1", name, NOON, "[]") for name in ("kb:kp", "kb:us", "kb:cn")])
        delete_rows(connection, EntityArticleRow, [("art-1", "kb:kp"), ("art-1", "kb:us"), ("art-9", "kb:kp")])
    assert [row[1] for row in rows(database, EntityArticleRow)] == ["kb:cn"]


def test_rows_that_are_nothing_but_their_key_become_the_wanted_ones(database: Database) -> None:
    with writing(database) as connection:
        change_rows(connection, EventTermRow, set(), {(1, 20251106, 1), (2, 20251106, 1)})
        change_rows(connection, EventTermRow, {(1, 20251106, 1), (2, 20251106, 1)}, {(2, 20251106, 1), (3, 0, 2)})
    assert rows(database, EventTermRow) == [(2, 20251106, 1), (3, 0, 2)]


def test_counts_are_added_and_what_comes_to_nothing_goes(database: Database) -> None:
    with writing(database) as connection:
        add_counts(connection, EntitySaidRow, [("kb:kp", "name", "북한", 2), ("kb:kp", "name", "DPRK", 1), ("kb:kp", "words", "100%", 1)])
        add_counts(connection, EntitySaidRow, [("kb:kp", "name", "북한", 3), ("kb:kp", "name", "DPRK", -1), ("kb:kp", "words", "100%", -0)])
        add_counts(connection, EntitySaidRow, [])
    assert rows(database, EntitySaidRow) == [("kb:kp", "name", "북한", 5), ("kb:kp", "words", "100%", 1)]
