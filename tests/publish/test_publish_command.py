"""`peninsula export`, `snapshot`, `codebook`, as a user runs them."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.publish.codebook import make_codebook
from pipeline.publish.flat_csv import read_csv
from pipeline.store.engine import open_database
from tests.cli.command import run_command
from tests.publish.conftest import News

Peninsula = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def data_folder(_migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a database of three events, which no test changes."""
    folder = tmp_path_factory.mktemp("data")
    shutil.copy(_migrated_sqlite, folder / "peninsula.db")
    database = open_database(f"sqlite:///{folder / 'peninsula.db'}")
    News(database)
    database.dispose()
    return folder


@pytest.fixture
def call(data_folder: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Peninsula:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        given = {name: value for name, value in os.environ.items() if not name.startswith("PENINSULA_")}
        streams = tmp_path_factory.mktemp("streams")
        return run_command(["--data-dir", str(data_folder), *arguments], stdin=b"", folder=tmp_path, streams=streams, environment=given)

    return run


def test_an_export_appears_under_a_name_that_tells_the_filter(call: Peninsula, tmp_path: Path) -> None:
    done = call("export", "--type", "SANCTION")
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.iterdir()
    assert file.name.startswith("events_")
    assert file.name.endswith(".csv")
    assert f"{file.name}: 3 events, SANCTION events" in done.stdout
    assert len(list(read_csv(io.StringIO(file.read_text("utf-8"), newline="")))) == 3


def test_a_file_that_is_there_is_not_replaced_without_force(call: Peninsula, tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text("mine")
    refused = call("export", "--format", "jsonl", "-o", "mine.jsonl")
    assert (refused.returncode, (tmp_path / "mine.jsonl").read_text()) == (2, "mine")
    assert "give --force to replace it" in refused.stderr
    assert call("export", "--format", "jsonl", "-o", "mine.jsonl", "--force").returncode == 0
    assert len((tmp_path / "mine.jsonl").read_text().splitlines()) == 3
    assert [file.name for file in tmp_path.iterdir()] == ["mine.jsonl"]


def test_a_folder_gets_a_file_and_a_dash_is_standard_output(call: Peninsula, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert call("export", "--format", "geojson", "-o", "out").returncode == 0
    assert [file.suffix for file in (tmp_path / "out").iterdir()] == [".geojson"]
    printed = call("export", "--format", "jsonl", "-o", "-")
    assert {json.loads(line)["type"] for line in printed.stdout.splitlines()} == {"SANCTION"}


def test_what_a_format_cannot_hold_is_told(call: Peninsula) -> None:
    assert "3 events that geojson cannot hold left out" in call("export", "--format", "geojson").stdout


def test_a_dry_run_says_how_many_and_writes_nothing(call: Peninsula, tmp_path: Path) -> None:
    done = call("export", "--country", "KP", "--format", "parquet", "--dry-run")
    assert "3 events would be written to events_" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--format", "xlsx"], "'xlsx' is no format"),
        (["--format", "jsonl", "--bom"], "csv alone"),
        (["--type", "SANCTIONS"], "did you mean 'SANCTION'"),
        (["-o", "no/such/folder.csv"], "cannot be written"),
    ],
)
def test_wrong_use_is_told(call: Peninsula, tmp_path: Path, arguments: list[str], told: str) -> None:
    done = call("export", *arguments)
    assert done.returncode in {2, 78}
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_snapshot_is_made_listed_and_verified(call: Peninsula, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    made = call("snapshot", "-o", "snapshots", "--licence", "CC0-1.0")
    assert made.returncode == 0, made.stderr
    assert "3 events, 3 passages" in made.stdout
    version = (tmp_path / "snapshots" / "latest").read_text().strip()
    manifest = json.loads((tmp_path / "snapshots" / version / "manifest.json").read_text())
    assert (manifest["licence"], manifest["versions"]["code"]) == ("CC0-1.0", "0.1.0")
    assert version in call("snapshot", "--list", "-o", "snapshots").stdout
    assert "every check is well" in call("snapshot", "--verify", version, "-o", "snapshots").stdout
    (tmp_path / "snapshots" / version / "events.csv").write_text("")
    damaged = call("snapshot", "--verify", str(tmp_path / "snapshots" / version))
    assert damaged.returncode == 4
    assert "events.csv has 0 bytes" in damaged.stderr


def test_the_codebook_is_printed(call: Peninsula) -> None:
    assert call("codebook").stdout == make_codebook()


def test_exploring_needs_a_snapshot(call: Peninsula) -> None:
    done = call("explore", "--snapshots", "none")
    assert done.returncode == 2
    assert "peninsula snapshot" in done.stderr
