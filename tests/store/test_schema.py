from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table, inspect, select, text
from sqlalchemy.exc import IntegrityError

from models.tables import Base
from pipeline.errors import ConfigurationError
from pipeline.store import migrations
from pipeline.store.changes import find_changes
from pipeline.store.engine import Database, reading, writing
from pipeline.store.merges import find_decisions
from pipeline.store.runs import count_rows
from pipeline.store.schema import current_revision, head_revision, require_current, upgrade

WORDS = {"event_text", *(f"event_text_{part}" for part in ("config", "content", "data", "idx"))}
"""The words of events, which each kind of database keeps in its own way: FTS5 keeps them in tables of its own."""


def differences(connection: Connection) -> list[object]:
    """Return in what the tables differ from the models; the words of events are in no model."""
    context = MigrationContext.configure(connection, opts={"include_name": lambda name, kind, _: kind != "table" or name not in WORDS})
    return compare_metadata(context, Base.metadata)


def test_an_empty_database_is_brought_to_the_newest_revision(empty_database: Database) -> None:
    assert upgrade(empty_database) == (None, head_revision())
    assert current_revision(empty_database) == head_revision()


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    assert upgrade(database) == (head_revision(), head_revision())


def test_the_migrations_make_exactly_the_tables_of_the_models(database: Database) -> None:
    with reading(database) as connection:
        assert differences(connection) == []


def test_beside_the_models_there_are_only_revision_and_words(database: Database) -> None:
    with reading(database) as connection:
        beside = set(inspect(connection).get_table_names()) - set(Base.metadata.tables)
    words = WORDS if database.dialect.name == "sqlite" else {"event_text"}
    assert beside == {"alembic_version", *words}


def test_every_table_can_be_counted(database: Database) -> None:
    with reading(database) as connection:
        assert set(count_rows(connection).values()) == {0}


_ROWS_OF_0001 = (
    "INSERT INTO raw_body (sha256, codec, path, media_type, size, stored_size, stored_at) "
    "VALUES ('a', 'gzip', 'aa/a.gz', 'text/html', 100, 50, '2025-11-06 03:00:00');"
    "INSERT INTO article (id, url_key, url, first_seen_at, state, attempts, latest_version_id) "
    "VALUES ('art-1', 'wire.example/1', 'https://wire.example/1', '2025-11-06 03:00:00', 'done', 1, 'ver-1');"
    "INSERT INTO article_version (id, article_id, content_sha256, raw_sha256, extractor, title, text, lang, url, publisher, source_kind, "
    "body_status, korea, korea_score, furniture, created_at) VALUES ('ver-1', 'art-1', 'c', 'a', 'test 1', 'A title', 'Seoul spoke.', "
    "'en', 'https://wire.example/1', 'The wire', 'wire', 'full', true, 1.0, '[]', '2025-11-06 03:00:00');"
    "INSERT INTO entity (id, label, name, in_knowledge_base) VALUES ('kb:seoul', 'PLACE', 'Seoul', true);"
    'INSERT INTO mention (id, version_id, entity_id, start, "end", text, label, name, official, country, metonym, via, score, maker, '
    "maker_version) VALUES ('men-1', 'ver-1', 'kb:seoul', 0, 5, 'Seoul', 'PLACE', 'Seoul', false, 'KR', false, 'direct', 0.9, 'list', '1')"
)


def move(database: Database, revision: str) -> None:
    """Bring an empty or older database to one revision, as the program of that time did."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with writing(database) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def move_back(database: Database, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with writing(database) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def test_what_was_superseded_or_withdrawn_survives_a_downgrade_and_the_next_upgrade(empty_database: Database) -> None:
    upgrade(empty_database)
    with writing(empty_database) as connection:
        for statement in (_ROWS_OF_0001 + ";" + _EVENTS_OF_0003).rstrip(";").split(";"):
            connection.execute(text(statement))
        connection.execute(text("UPDATE mention SET superseded_at = '2025-11-07 03:00:00', superseded_by = 'run-1'"))
        connection.execute(text("INSERT INTO event_change (event_id, kind, at) VALUES ('evt-a', 'withdrawn', '2025-11-07 03:00:00')"))
    move_back(empty_database, "0006")
    with reading(empty_database) as connection:
        assert {column["name"] for column in inspect(connection).get_columns("mention")}.isdisjoint({"superseded_at", "superseded_by"})
        assert connection.execute(text("SELECT kind FROM event_change")).scalars().all() == ["changed"]
    with pytest.raises(IntegrityError), writing(empty_database) as connection:
        connection.execute(text("UPDATE event_change SET kind = 'withdrawn'"))
    assert upgrade(empty_database) == ("0006", head_revision())
    with reading(empty_database) as connection:
        assert (count_rows(connection)["mention"], count_rows(connection)["event"]) == (1, 2)
        assert differences(connection) == []


def test_an_upgrade_from_the_first_revision_keeps_every_row(empty_database: Database) -> None:
    move(empty_database, "0001")
    with writing(empty_database) as connection:
        for statement in _ROWS_OF_0001.split(";"):
            connection.execute(text(statement))
        names = inspect(connection).get_table_names()
        tables = {name: Table(name, MetaData(), autoload_with=connection) for name in names if name != "alembic_version"}
        before = {name: connection.execute(select(table)).all() for name, table in tables.items()}
    assert {name for name, rows in before.items() if rows} == {"raw_body", "article", "article_version", "entity", "mention"}
    with pytest.raises(ConfigurationError, match=r"has revision 0001.*run `peninsula db upgrade`"):
        require_current(empty_database)

    assert upgrade(empty_database) == ("0001", head_revision())
    require_current(empty_database)
    with reading(empty_database) as connection:
        assert {name: connection.execute(select(table)).all() for name, table in tables.items()} == before
        assert count_rows(connection)["mention_candidate"] == 0
        assert differences(connection) == []


_EVENTS_OF_0003 = (
    "INSERT INTO model_version (id, name, version, lang, stages, first_used_at) VALUES ('mod-1', 'peninsula-en', '1', 'en', '{}', "
    "'2025-11-06 03:00:00');"
    "INSERT INTO knowledge_version (id, entities, list_versions, first_used_at) VALUES ('kb1', 2, '{}', '2025-11-06 03:00:00');"
    + "".join(
        "INSERT INTO event (id, article_id, key, type, plover_contexts, modality, genericity, background, date_precision, score, n_mentions, "
        "n_articles, n_sources, status, merged_into, first_seen_at, changed_at, extractor_version, model_version_id, knowledge_version_id) "
        f"VALUES ('evt-{name}', 'art-1', '{name}', 'SANCTION', '[]', 'asserted', 'specific', false, 'unknown', 0.5, 1, 1, 1, 'auto', {into}, "
        f"'2025-11-06 03:00:00', '2025-11-0{day} 03:00:00', 'test 1', 'mod-1', 'kb1');"
        for name, into, day in (("a", "NULL", 6), ("b", "'evt-a'", 7))
    )
)


def test_events_that_stood_under_another_get_their_decision_and_their_lines_in_the_feed(empty_database: Database) -> None:
    move(empty_database, "0003")
    with writing(empty_database) as connection:
        for statement in (_ROWS_OF_0001 + ";" + _EVENTS_OF_0003).split(";"):
            if statement:
                connection.execute(text(statement))
    assert upgrade(empty_database) == ("0003", head_revision())
    with reading(empty_database) as connection:
        (decision,) = find_decisions(connection)
        lines = [(line["kind"], line["event_id"], line["into_event_id"]) for line in find_changes(connection)]
    assert (decision["loser_event_id"], decision["winner_event_id"], decision["decided_by"]) == ("evt-b", "evt-a", "machine")
    assert decision["reasons"] == {"rule": "copy", "parts": []}
    assert lines == [("created", "evt-a", None), ("created", "evt-b", None), ("merged", "evt-b", "evt-a")]


@pytest.mark.parametrize(
    ("good", "bad"), [("'PERSON'", "'GHOST'"), ("'unsure'", "'who knows'"), ("0, 5", "5, 5"), ("0, 5", "-1, 5"), ("'ver-1'", "'ver-2'")]
)
def test_a_candidate_that_means_nothing_cannot_be_stored(database: Database, good: str, bad: str) -> None:
    insert = (
        'INSERT INTO mention_candidate (id, version_id, start, "end", text, label, score, reason, maker, maker_version) '
        "VALUES ('cnd-1', 'ver-1', 0, 5, 'Seoul', 'PERSON', 0.4, 'unsure', 'model', '1')"
    )
    with writing(database) as connection:
        for statement in _ROWS_OF_0001.split(";"):
            connection.execute(text(statement))
    with pytest.raises(IntegrityError), writing(database) as connection:
        connection.execute(text(insert.replace(good, bad)))
    with writing(database) as connection:
        connection.execute(text(insert))
        assert count_rows(connection)["mention_candidate"] == 1


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
