from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.store.engine import open_database
from tests.cli.conftest import Peninsula
from tests.store.builders import add_article


@pytest.fixture
def filled(tmp_path: Path, _migrated_sqlite: Path) -> None:
    """One article in the database that the command reads by default."""
    (tmp_path / "data").mkdir()
    shutil.copy(_migrated_sqlite, tmp_path / "data" / "peninsula.db")
    database = open_database(f"sqlite:///{tmp_path / 'data' / 'peninsula.db'}")
    add_article(database)
    database.dispose()


@pytest.mark.usefixtures("filled")
def test_a_backup_is_told_and_restored(peninsula: Peninsula, tmp_path: Path) -> None:
    done = peninsula("db", "backup", "night", "--raw", "raw")
    assert done.returncode == 0, done.stderr
    assert "night: written, 0." in done.stdout
    assert "raw: 0 raw bodies, 0.0 MB, written; 0 in all" in done.stdout
    restored = peninsula("db", "restore", "night", "--replace")
    assert restored.returncode == 0, restored.stderr
    assert "data/peninsula.db.before-" in restored.stdout


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        (("backup",), 2, "Missing argument"),
        (("restore",), 2, "Missing argument"),
        (("backup", "night"), 78, "there is no database yet"),
        (("restore", "night"), 78, "night is no backup"),
    ],
)
def test_wrong_usage_is_explained_and_leaves_nothing(
    peninsula: Peninsula, tmp_path: Path, command: tuple[str, ...], code: int, message: str
) -> None:
    done = peninsula("db", *command)
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr
    assert not (tmp_path / "night").exists()
    assert not (tmp_path / "data").exists()
