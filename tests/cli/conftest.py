from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Peninsula = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def peninsula(tmp_path: Path) -> Peninsula:
    """The command as a user runs it, in an empty folder."""

    def call(*arguments: str, stdin: str | bytes = "", **environment: str) -> subprocess.CompletedProcess[str]:
        given = {name: value for name, value in os.environ.items() if not name.startswith("PENINSULA_")}
        data = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", *arguments],
            input=data,
            capture_output=True,
            cwd=tmp_path,
            env={**given, **environment},
            timeout=120,
            check=False,
        )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    return call
