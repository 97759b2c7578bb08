from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from models.tables import ArticleRow
from pipeline.errors import AssertionFailed, ConfigurationError, LockHeld, PeninsulaError, StorageError, UsageError
from pipeline.fetch.archive import Archive
from pipeline.operate import backup as module
from pipeline.operate.backup import MANIFEST, backup, read_manifest, restore
from pipeline.settings import Settings
from pipeline.store.engine import Database, reading, writing
from pipeline.store.locks import hold_data_dir
from pipeline.store.runs import count_rows
from pipeline.store.words import TEXT_TABLE
from tests.store.builders import add_article

NOW = datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC)
KEPT = "test.db.before-20260301T040506Z"


@pytest.fixture
def here(database: Database, settings: Settings) -> Settings:
    """Settings of the database, which holds one article."""
    add_article(database)
    return settings.model_copy(update={"database_url": database.url.render_as_string(hide_password=False)})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backup" / "night"


@pytest.fixture
def sqlite_here(tmp_path: Path, settings: Settings, _migrated_sqlite: Path) -> Settings:
    shutil.copy(_migrated_sqlite, tmp_path / "test.db")
    return settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'test.db'}"})


def rows(database: Database) -> dict[str, int]:
    with reading(database) as connection:
        return count_rows(connection)


def articles(database: Database) -> list[str]:
    with reading(database) as connection:
        return list(connection.execute(select(ArticleRow.id).order_by(ArticleRow.id)).scalars())


def change(folder: Path, **changes: object) -> None:
    path = folder / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_what_was_backed_up_comes_back_and_nothing_else(database: Database, here: Settings, folder: Path) -> None:
    report = backup(here, folder, now=lambda: NOW)
    held, before = articles(database), rows(database)
    manifest = read_manifest(folder)
    assert (manifest.made_at, manifest.kind, manifest.rows) == (NOW, database.dialect.name, before | {TEXT_TABLE: 0})
    (file,) = manifest.files
    assert {path.name for path in folder.iterdir()} == {MANIFEST, file.name}
    assert (folder / file.name).stat().st_size == file.size == report.size
    assert [path.name for path in folder.parent.iterdir()] == ["night"]

    add_article(database, number=2, sha="b")
    assert articles(database) != held
    database.dispose()
    with pytest.raises(UsageError, match=r"holds \d+ rows already.*--replace"):
        restore(here, folder)
    restore(here, folder, replace=True, now=lambda: NOW)
    assert (articles(database), rows(database)) == (held, before)
    with reading(database) as connection:
        assert len(connection.execute(text("SELECT * FROM v_events_flat")).all()) == 0


def test_a_backup_can_be_restored_over_a_newer_schema(database: Database, here: Settings, folder: Path) -> None:
    backup(here, folder)
    with writing(database) as connection:
        connection.execute(text("CREATE TABLE later (id TEXT PRIMARY KEY, article_id TEXT REFERENCES article (id))"))
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.dispose()
    if database.dialect.name == "postgresql":
        # A table that no Peninsula known here has made: it is not dropped, and nothing else is changed.
        with pytest.raises(StorageError, match=r"psql failed.*depends on"):
            restore(here, folder, replace=True)
        with writing(database) as connection:
            assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
            connection.execute(text("DROP TABLE later"))
    restore(here, folder, replace=True)
    with reading(database) as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() != "9999"


def test_a_dry_run_tells_and_changes_nothing(database: Database, here: Settings, folder: Path) -> None:
    planned = backup(here, folder, dry_run=True)
    assert planned.size > 0
    assert not folder.parent.exists()
    report = backup(here, folder)
    assert (planned.rows, planned.revision) == (report.rows, report.revision)
    with pytest.raises(UsageError, match="--replace"):
        restore(here, folder, dry_run=True)
    add_article(database, number=2, sha="b")
    held = articles(database)
    assert restore(here, folder, replace=True, dry_run=True).manifest.rows == report.rows
    assert articles(database) == held
    assert not (here.data_dir / "run.lock").exists()


def test_a_run_at_work_keeps_a_restore_out_but_not_a_backup(here: Settings, folder: Path) -> None:
    with hold_data_dir(here.data_dir):
        backup(here, folder)
        with pytest.raises(LockHeld):
            restore(here, folder, replace=True)


def test_a_backup_is_taken_while_another_writes(database: Database, here: Settings, folder: Path) -> None:
    with writing(database) as connection:
        connection.execute(text("UPDATE article SET attempts = 7"))
        backup(here, folder)
    database.dispose()
    restore(here, folder, replace=True)
    with reading(database) as connection:
        assert connection.execute(text("SELECT attempts FROM article")).scalar() != 7


def test_a_damaged_file_is_found_before_anything_is_touched(database: Database, here: Settings, folder: Path) -> None:
    backup(here, folder)
    (file,) = read_manifest(folder).files
    with (folder / file.name).open("r+b") as handle:
        handle.seek(-1, os.SEEK_END)
        handle.write(b"?")
    held = articles(database)
    with pytest.raises(StorageError, match=f"{file.name}: the backup is damaged.*nothing was changed"):
        restore(here, folder, replace=True)
    (folder / file.name).unlink()
    with pytest.raises(StorageError, match=f"{file.name}: a file of the backup cannot be read"):
        restore(here, folder, replace=True, dry_run=True)
    assert articles(database) == held
    assert not here.data_dir.exists()


def test_rows_that_are_not_those_of_the_manifest_are_an_error(here: Settings, folder: Path) -> None:
    backup(here, folder)
    change(folder, rows=read_manifest(folder).rows | {"article": 5})
    with pytest.raises(AssertionFailed, match="article: 1 rows, not 5"):
        restore(here, folder, replace=True)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"revision": "9999"}, ConfigurationError, "revision 9999.*newer Peninsula; upgrade the program"),
        ({"kind": "postgresql"}, UsageError, "backup of a postgresql database.*a sqlite one"),
        ({"format": 2}, ConfigurationError, r"backup.json: .*format"),
        ({"files": [{"name": "../other.db", "size": 1, "sha256": "0" * 64}]}, ConfigurationError, "files.0.name"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    sqlite_here: Settings, folder: Path, changes: dict[str, object], error: type[PeninsulaError], message: str
) -> None:
    backup(sqlite_here, folder)
    change(folder, **changes)
    with pytest.raises(error, match=message):
        restore(sqlite_here, folder, replace=True)
    assert not sqlite_here.data_dir.exists()


def test_a_backup_that_is_cut_off_leaves_no_folder(sqlite_here: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(module, "_sync", fail)
    with pytest.raises(StorageError, match="No space left on device"):
        backup(sqlite_here, folder)
    assert list(folder.parent.iterdir()) == []
    with pytest.raises(ConfigurationError, match="no backup, or one that was cut off"):
        restore(sqlite_here, folder)


def test_only_a_new_or_an_empty_folder_will_do(sqlite_here: Settings, folder: Path) -> None:
    folder.mkdir(parents=True)
    backup(sqlite_here, folder)
    with pytest.raises(UsageError, match="not an empty folder"):
        backup(sqlite_here, folder)


def test_the_sqlite_file_that_was_there_is_kept_with_all_that_its_journal_held(sqlite_here: Settings, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    backup(sqlite_here, folder)
    with closing(sqlite3.connect(path)) as reader:
        # A program that only watches keeps the journal open.
        reader.execute("PRAGMA journal_mode = WAL")
        reader.execute("CREATE TABLE note (text TEXT)")
        reader.execute("INSERT INTO note VALUES ('kept')")
        reader.commit()
        assert restore(sqlite_here, folder, replace=True, now=lambda: NOW).kept == tmp_path / KEPT
        with closing(sqlite3.connect(path)) as new:
            assert new.execute("SELECT count(*) FROM sqlite_master WHERE name = 'note'").fetchone() == (0,)
            assert new.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with closing(sqlite3.connect(tmp_path / KEPT)) as old:
        assert old.execute("SELECT text FROM note").fetchall() == [("kept",)]


def test_a_program_that_writes_to_the_sqlite_file_keeps_a_restore_out(sqlite_here: Settings, folder: Path, tmp_path: Path) -> None:
    backup(sqlite_here, folder)
    with closing(sqlite3.connect(tmp_path / "test.db", isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("CREATE TABLE note (text TEXT)")
        with pytest.raises(LockHeld, match="another program is at work on it"):
            restore(sqlite_here, folder, replace=True)
    assert {found.name for found in tmp_path.glob("*test.db*")} == {"test.db"}


def test_a_broken_database_is_replaced_and_kept_as_it_was(sqlite_here: Settings, folder: Path, tmp_path: Path) -> None:
    backup(sqlite_here, folder)
    (tmp_path / "test.db").write_bytes(b"no database at all, " * 99)
    with pytest.raises(UsageError, match=r"file is not a database.*--replace"):
        restore(sqlite_here, folder)
    with pytest.raises(StorageError, match="cannot be copied"):
        backup(sqlite_here, folder.with_name("next"))
    restore(sqlite_here, folder, replace=True, now=lambda: NOW)
    assert (tmp_path / KEPT).read_bytes() == b"no database at all, " * 99


def test_a_database_in_memory_is_refused(settings: Settings, folder: Path) -> None:
    for url in ("sqlite://", "sqlite:///:memory:"):
        with pytest.raises(ConfigurationError, match="no plain file"):
            backup(settings.model_copy(update={"database_url": url}), folder)


@pytest.fixture
def bodies(sqlite_here: Settings) -> Archive:
    archive = Archive(sqlite_here.data_dir / "raw")
    for text_of_body in ("one", "two"):
        archive.put(text_of_body.encode())
    return archive


def stored(root: Path) -> set[str]:
    return {path.name for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("linkable", [True, False])
def test_raw_bodies_are_copied_once_and_brought_back(
    sqlite_here: Settings, bodies: Archive, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, linkable: bool
) -> None:
    if not linkable:

        def refuse(*_: object) -> None:
            raise OSError(18, "Invalid cross-device link")

        monkeypatch.setattr(os, "link", refuse)
    raw = tmp_path / "raw"
    assert backup(sqlite_here, folder, raw=raw, dry_run=True).copied_bodies == 2
    first = backup(sqlite_here, folder, raw=raw)
    bodies.put(b"three")
    (bodies.root / "aa").mkdir(exist_ok=True)
    (bodies.root / "aa" / "note.gz").write_text("not a body")
    second = backup(sqlite_here, folder.with_name("next"), raw=raw)
    assert (first.copied_bodies, second.copied_bodies, second.raw.bodies) == (2, 1, 3)
    assert first.copied_bytes == first.raw.size == read_manifest(folder).raw.size > 0
    held = stored(raw)
    assert len(held) == 3

    shutil.rmtree(bodies.root)
    assert restore(sqlite_here, folder, raw=raw).copied_bodies == 3
    assert stored(bodies.root) == held


def test_a_damaged_body_is_found_before_anything_is_touched(sqlite_here: Settings, bodies: Archive, folder: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    backup(sqlite_here, folder, raw=raw)
    shutil.rmtree(sqlite_here.data_dir)
    damaged = next(raw.rglob("*.gz"))
    damaged.write_bytes(b"?")
    with pytest.raises(StorageError, match=f"{damaged.name}: the stored body is damaged"):
        restore(sqlite_here, folder, raw=raw, replace=True)
    assert not sqlite_here.data_dir.exists()


def test_the_raw_store_is_no_backup_of_itself(sqlite_here: Settings, folder: Path) -> None:
    with pytest.raises(UsageError, match="these are the raw bodies themselves"):
        backup(sqlite_here, folder, raw=sqlite_here.data_dir / "raw")


@pytest.fixture
def postgres_here(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    url: str = request.getfixturevalue("postgres_url")
    return settings.model_copy(update={"database_url": url})


def test_without_the_programs_of_postgresql_it_says_what_to_install(
    postgres_here: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"pg_dump is not on the PATH.*postgresql-client"):
        backup(postgres_here, folder)
    assert list(folder.parent.iterdir()) == []


def test_a_password_goes_by_the_environment_alone(
    postgres_here: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "pg_dump"
    program.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\necho "$PGPASSWORD" > {tmp_path}/password\necho "error: no" >&2\nexit 1\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    url = (postgres_here.database_url or "").replace("postgres@", "postgres:open-sesame@")
    with pytest.raises(StorageError, match="pg_dump failed: error: no") as raised:
        backup(postgres_here.model_copy(update={"database_url": url}), folder)
    assert (tmp_path / "password").read_text() == "open-sesame\n"
    assert "sesame" not in (tmp_path / "arguments").read_text() + str(raised.value)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_dump_goes_into_no_other_schema(here: Settings, folder: Path) -> None:
    backup(here, folder)
    url = (here.database_url or "").split("?")[0]
    with pytest.raises(UsageError, match=r"lie in the schema peninsula_.* and the one in force is public"):
        restore(here.model_copy(update={"database_url": url}), folder)
