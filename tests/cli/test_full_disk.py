from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Peninsula

QUICK = {"PENINSULA_MODEL": "blank", "PENINSULA_EVENT_READER": "false"}
"""What fills the disk is the same without the networks."""


def limit_files() -> None:
    """Let no file grow beyond 300 kB: to the program that is a disk that fills up in the middle of a night."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))


@pytest.mark.slow
def test_a_disk_that_fills_up_ends_the_run_in_one_line_and_the_next_run_does_the_rest(peninsula: Peninsula, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipeline", "demo"]
    environment = {**os.environ, **QUICK}
    options = {"env": environment, "capture_output": True, "text": True, "timeout": 120, "check": False}
    full = subprocess.run(command, cwd=tmp_path, preexec_fn=limit_files, **options)
    assert full.returncode == 78, full.stderr
    assert re.fullmatch(r"error: database sqlite:///data/demo/peninsula\.db: [^\n]+\n", full.stderr)
    again = peninsula("demo", **QUICK)
    assert again.returncode == 0, again.stderr
    clean = subprocess.run(command, cwd=tmp_path / "data", **options)
    assert rows(again.stdout) == rows(clean.stdout)


def rows(output: str) -> dict[str, str]:
    """Return the rows of each table as the demo counts them, without the logs."""
    (line,) = [line for line in output.splitlines() if line.startswith("rows: ")]
    counts = dict(re.findall(r"(\w+) (\d+)", line))
    return {name: number for name, number in counts.items() if name not in {"run", "fetch_log", "raw_body"}}
