"""`peninsula serve` as a user runs it: a process that answers, and ends in order."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.cli import serve
from pipeline.errors import ConfigurationError
from pipeline.store.engine import Database
from pipeline.web.limits import read_tokens

Peninsula = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def folder(default_database: Database, tmp_path: Path) -> Path:
    """A data folder with an empty database."""
    default_database.dispose()
    return tmp_path


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the server; give its process and the address that it printed."""
    command = [sys.executable, "-m", "pipeline", "serve", "--port", "0", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http://\S+/", line)
            assert found, line + (process.stderr.read() if process.stderr and process.poll() is not None else "")
            yield process, found[0]
        finally:
            process.kill()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_it_answers_until_it_is_stopped_and_ends_in_order(folder: Path, number: signal.Signals, code: int) -> None:
    with serving(folder) as (process, address):
        with urllib.request.urlopen(f"{address}api/v1/count") as answer:
            assert json.load(answer)["total"] == 0
            assert answer.headers["server"] is None
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (code, "")


def test_a_host_of_the_network_needs_a_word(folder: Path, peninsula: Peninsula) -> None:
    for host in ("0.0.0.0", "192.0.2.7", "::", "news.example"):
        done = peninsula("serve", "--host", host)
        assert done.returncode == 2
        assert "reached from the network" in done.stderr
        assert "--open" in done.stderr


def test_a_server_of_the_network_answers_under_every_name(folder: Path) -> None:
    with serving(folder, "--host", "0.0.0.0", "--open", "--no-review") as (_, address):
        asked = urllib.request.Request(f"{address}api/v1/count".replace("0.0.0.0", "127.0.0.1"), headers={"Host": "news.example"})
        with urllib.request.urlopen(asked) as answer:
            assert answer.status == 200


def test_a_desk_that_the_network_reaches_needs_accounts(folder: Path, peninsula: Peninsula) -> None:
    done = peninsula("serve", "--host", "0.0.0.0", "--open")
    assert done.returncode == 78
    for way in ("peninsula users add NAME --role admin", "PENINSULA_PROXY_HEADER", "--no-review"):
        assert way in done.stderr


@pytest.mark.parametrize("way", ["an account", "a proxy"])
def test_a_desk_that_the_network_reaches_asks_who_is_there(
    folder: Path, peninsula: Peninsula, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "an account":
        made = peninsula("users", "add", "kim", "--role", "admin", "--password-stdin", stdin="correct horse battery")
        assert made.returncode == 0, made.stderr
    else:
        monkeypatch.setenv("PENINSULA_PROXY_HEADER", "X-Remote-User")
    with serving(folder, "--host", "0.0.0.0", "--open") as (_, address):
        asked = urllib.request.Request(f"{address}account".replace("0.0.0.0", "127.0.0.1"), headers={"Accept": "application/json"})
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(asked)


def test_a_desk_at_this_machine_is_open_to_who_sits_there(folder: Path) -> None:
    with serving(folder) as (_, address), urllib.request.urlopen(f"{address}account") as answer:
        assert b"open to whoever uses this machine" in answer.read()


def test_a_port_that_is_taken_is_an_error(folder: Path, peninsula: Peninsula) -> None:
    with serving(folder) as (_, address):
        port = address.rstrip("/").rpartition(":")[2]
        done = peninsula("serve", "--port", port)
    assert done.returncode == 78
    assert f"cannot listen at 127.0.0.1, port {port}" in done.stderr


def test_without_a_database_it_says_what_to_do(peninsula: Peninsula) -> None:
    done = peninsula("serve", "--port", "0")
    assert done.returncode == 78
    assert "peninsula ingest" in done.stderr


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "_PACKAGES", ("fastapi", "no_such_package"))
    with pytest.raises(ConfigurationError, match=r"needs no_such_package: run `pip install 'peninsula\[web\]'`"):
        serve.require_web()


def test_a_token_is_shown_once_listed_and_taken_back(folder: Path, peninsula: Peninsula) -> None:
    made = peninsula("serve", "token", "newsroom", "--rate", "900")
    assert made.returncode == 0, made.stderr
    assert re.fullmatch(r"pn_[\w-]{43}\n", made.stdout)
    assert [(token.name, token.rate) for token in read_tokens(folder / "data" / "api_tokens.json")] == [("newsroom", 900)]
    listed = peninsula("serve", "tokens")
    assert "newsroom  900 a minute" in listed.stdout
    assert made.stdout.strip() not in listed.stdout
    shown = json.loads(peninsula("serve", "tokens", "--json").stdout)
    assert [sorted(token) for token in shown] == [["created_at", "name", "rate"]]
    again = peninsula("serve", "token", "newsroom")
    assert (again.returncode, "already" in again.stderr) == (2, True)
    assert peninsula("serve", "token", "newsroom", "--revoke").returncode == 0
    assert peninsula("serve", "tokens").stdout == ""
    assert peninsula("serve", "token", "newsroom", "--revoke").returncode == 2
