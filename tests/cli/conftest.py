from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import run_command

Peninsula = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def peninsula(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Peninsula:
    """The command as a user runs it, in an empty folder."""

    def call(*arguments: str, stdin: str | bytes = "", **environment: str) -> subprocess.CompletedProcess[str]:
        given = {name: value for name, value in os.environ.items() if not name.startswith("PENINSULA_")}
        data = stdin.encode() if isinstance(stdin, str) else stdin
        streams = tmp_path_factory.mktemp("streams")
        return run_command(arguments, stdin=data, folder=tmp_path, streams=streams, environment={**given, **environment})

    return call
