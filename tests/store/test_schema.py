from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from models.tables import Base
from pipeline.errors import ConfigurationError
from pipeline.store.engine import Database, reading, writing
from pipeline.store.runs import count_rows
from pipeline.store.schema import current_revision, head_revision, require_current, upgrade


def test_an_empty_database_is_brought_to_the_newest_revision(empty_database: Database) -> None:
    assert upgrade(empty_database) == (None, head_revision())
    assert current_revision(empty_database) == head_revision()


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    assert upgrade(database) == (head_revision(), head_revision())


def test_the_migrations_make_exactly_the_tables_of_the_models(database: Database) -> None:
    with reading(database) as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_every_table_can_be_counted(database: Database) -> None:
    with reading(database) as connection:
        assert set(count_rows(connection).values()) == {0}


def test_a_database_of_a_newer_program_is_refused(database: Database) -> None:
    with writing(database) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match=r"revision 9999, which this program does not know.*upgrade the program"):
        require_current(database)
    with pytest.raises(ConfigurationError, match="newer Peninsula"):
        upgrade(database)


def test_an_empty_database_says_how_to_fill_it(empty_database: Database) -> None:
    with pytest.raises(ConfigurationError, match="is empty: run `peninsula ingest`"):
        require_current(empty_database)


def test_a_database_without_revision_but_with_tables_is_refused(empty_database: Database) -> None:
    with writing(empty_database) as connection:
        connection.execute(text("CREATE TABLE strange (id INTEGER)"))
    with pytest.raises(ConfigurationError, match="revision none"):
        require_current(empty_database)


def test_a_value_outside_its_vocabulary_cannot_be_stored(database: Database) -> None:
    insert = text("INSERT INTO entity (id, label, name, in_knowledge_base) VALUES ('x', 'GHOST', 'x', true)")
    with pytest.raises(IntegrityError), writing(database) as connection:
        connection.execute(insert)
