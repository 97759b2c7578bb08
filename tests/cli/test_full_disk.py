from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.store.engine import open_database, reading
from pipeline.store.runs import count_rows
from tests.cli.conftest import Peninsula

QUICK = {"PENINSULA_MODEL": "blank", "PENINSULA_EVENT_READER": "false"}
"""What fills the disk is the same without the networks."""
LOGS = {"run", "fetch_log", "raw_body"}


def limit_files() -> None:
    """Let no file grow beyond 300 kB: to the program that is a disk that fills up in the middle of a night."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))


@pytest.mark.slow
def test_a_disk_that_fills_up_ends_the_run_in_one_line_and_the_next_run_does_the_rest(
    peninsula: Peninsula, news_folder: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "pipeline", "demo"]
    options = {"env": {**os.environ, **QUICK}, "capture_output": True, "text": True, "timeout": 120, "check": False}
    full = subprocess.run(command, cwd=tmp_path, preexec_fn=limit_files, **options)
    assert full.returncode == 78, full.stderr
    assert re.fullmatch(r"error: database sqlite:///data/demo/peninsula\.db: [^\n]+\n", full.stderr)
    again = peninsula("demo", **QUICK)
    assert again.returncode == 0, again.stderr
    assert rows(tmp_path / "data" / "demo") == rows(news_folder)


def rows(folder: Path) -> dict[str, int]:
    """Return the number of rows of each table in a data folder, without the logs."""
    database = open_database(f"sqlite:///{folder / 'peninsula.db'}")
    with reading(database) as connection:
        counted = count_rows(connection)
    database.dispose()
    return {name: number for name, number in counted.items() if name not in LOGS}
