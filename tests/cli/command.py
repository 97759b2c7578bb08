"""The command as a user runs it, each time in a process of its own that is forked from one in which it was used once.

Starting Python and loading all modules takes seconds, most commands a tenth of one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.forked import context

__all__ = ["run_command"]

_TIMEOUT = 120
_STREAMS = ("stdin", "stdout", "stderr")
_OF_PYTHON = ("PYTHON", "LANG", "LC_")
"""How the names of variables begin that Python reads when it starts."""


def run_command(
    arguments: Sequence[str], *, stdin: bytes, folder: Path, streams: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run `peninsula ARGUMENTS` in a folder; `streams` is a folder for what it reads and writes, `environment` all that it has."""
    if any(name.startswith(_OF_PYTHON) and os.environ.get(name) != value for name, value in environment.items()):
        return _start_anew(arguments, stdin=stdin, folder=folder, environment=environment)
    files = [streams / name for name in _STREAMS]
    files[0].write_bytes(stdin)
    process = context.Process(target=_become, args=(list(arguments), str(folder), [str(file) for file in files], dict(environment)))
    process.start()
    process.join(_TIMEOUT)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise subprocess.TimeoutExpired(list(arguments), _TIMEOUT)
    written = [file.read_text(encoding="utf-8") for file in files[1:]]
    return subprocess.CompletedProcess(list(arguments), process.exitcode, *written)


def _become(arguments: list[str], folder: str, files: list[str], environment: dict[str, str]) -> None:
    """Make of the forked process what a shell would have started."""
    from pipeline.cli import main

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, (file, flags) in enumerate(zip(files, (os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT), strict=True)):
        opened = os.open(file, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - they are open as long as the process lives
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    sys.argv = ["peninsula", *arguments]
    try:
        main()
    finally:
        sys.stdout.flush()


def _start_anew(
    arguments: Sequence[str], *, stdin: bytes, folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, cwd=folder, env=dict(environment), timeout=_TIMEOUT, check=False)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
