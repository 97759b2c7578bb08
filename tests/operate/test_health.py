from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import requests
import typer
from sqlalchemy import text
from typer.testing import CliRunner

from pipeline.cli import serve_health
from pipeline.errors import ConfigurationError, UsageError
from pipeline.operate import endpoints
from pipeline.operate.endpoints import Endpoints, parse_listen
from pipeline.settings import Settings
from pipeline.store.census import opened_for_watching
from pipeline.store.engine import Database, reading, writing
from pipeline.store.runs import end_run, start_run
from tests.store.builders import NOW

Ask = Callable[[str], requests.Response]


@contextmanager
def _serving(url: str, *, seconds: float = 15.0) -> Iterator[str]:
    server = Endpoints(("127.0.0.1", 0), url, max_age=timedelta(hours=26), now=lambda: NOW, seconds=seconds)
    server.daemon_threads = False  # so that closing waits for every request
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def ask(database: Database) -> Iterator[Ask]:
    with _serving(database.url.render_as_string(hide_password=False)) as base:
        yield lambda path: requests.get(base + path, timeout=10)


def _add_run(database: Database, *, exit_code: int = 0, hours_ago: float = 1) -> None:
    ended = NOW - timedelta(hours=hours_ago)
    with writing(database) as connection:
        run_id = start_run(connection, command="ingest", at=ended - timedelta(minutes=5), versions={})
        end_run(connection, run_id, at=ended, exit_code=exit_code, reason="disk /srv/secret is full", report={})


def test_it_is_alive_where_the_database_answers(ask: Ask) -> None:
    answer = ask("/healthz")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["ok"] is True


def test_it_is_ready_after_a_fresh_good_run(database: Database, ask: Ask) -> None:
    _add_run(database)
    answer = ask("/readyz?verbose=1")
    assert answer.status_code == 200
    assert answer.json()["last_run"]["exit_code"] == 0
    assert answer.json()["faults"] == answer.json()["warnings"] == []


@pytest.mark.parametrize(
    ("exit_code", "status", "part"), [(3, 200, "warnings"), (1, 503, "faults"), (78, 503, "faults"), (130, 503, "faults")]
)
def test_the_last_run_decides(database: Database, ask: Ask, exit_code: int, status: int, part: str) -> None:
    _add_run(database, hours_ago=25)
    _add_run(database, exit_code=exit_code)
    answer = ask("/readyz")
    assert answer.status_code == status
    assert answer.json()[part][0].endswith(f"with exit code {exit_code}")
    assert "secret" not in answer.text


def test_an_old_run_is_a_fault(database: Database, ask: Ask) -> None:
    _add_run(database, hours_ago=27)
    answer = ask("/readyz")
    assert answer.status_code == 503
    assert answer.json()["faults"] == ["the last run ended 27 hours ago, more than 26 hours"]


def test_a_run_that_was_killed_does_not_hide_the_one_before(database: Database, ask: Ask) -> None:
    _add_run(database)
    with writing(database) as connection:
        start_run(connection, command="ingest", at=NOW, versions={})
    assert ask("/readyz").status_code == 200


def test_before_the_first_run_it_is_alive_but_not_ready(ask: Ask) -> None:
    assert ask("/healthz").status_code == 200
    assert ask("/readyz").json()["faults"] == ["no run has ended yet"]


def test_another_schema_is_not_ready(database: Database, ask: Ask) -> None:
    _add_run(database)
    with reading(database) as connection:
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    try:
        with writing(database) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        answer = ask("/readyz")
    finally:
        with writing(database) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": revision})
    assert answer.status_code == 503
    assert answer.json()["faults"] == [f"the database has revision 0001, this program needs {revision}"]


def test_metrics_are_served_in_the_format_of_prometheus(database: Database, ask: Ask) -> None:
    _add_run(database)
    answer = ask("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "peninsula_run_exit_code 0.0\n" in answer.text


@pytest.mark.parametrize("content", [None, b"no database at all, but a text that is long enough " * 30])
def test_a_database_that_is_missing_or_broken_is_told_without_its_path(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "peninsula.db"
    if content is not None:
        path.write_bytes(content)
    with _serving(f"sqlite:///{path}") as base:
        answers = [requests.get(f"{base}/{name}", timeout=10) for name in ("healthz", "readyz", "metrics")]
    assert {answer.status_code for answer in answers} == {503}
    assert not any(part in answer.text for answer in answers for part in (str(tmp_path), "peninsula.db", "sqlite"))
    assert path.exists() == (content is not None)


def test_a_postgresql_that_does_not_answer_is_told_without_its_address() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with _serving(f"postgresql://peninsula:hunter22@127.0.0.1:{unused.getsockname()[1]}/news") as base:
            answer = requests.get(f"{base}/healthz", timeout=10)
    assert answer.status_code == 503
    assert answer.json()["faults"] == ["the database does not answer"]


def test_a_slow_statement_of_postgresql_is_given_up(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.store.census.ANSWER_SECONDS", 1)
    with (
        opened_for_watching(postgres_url) as database,
        pytest.raises(ConfigurationError, match="statement timeout"),
        reading(database) as c,
    ):
        c.execute(text("SELECT pg_sleep(20)"))


def test_the_limits_leave_the_options_of_the_address_in_force(postgres_url: str) -> None:
    with opened_for_watching(postgres_url) as database, reading(database) as connection:
        assert connection.execute(text("SHOW search_path")).scalar_one().startswith("peninsula_")


def test_an_error_that_nobody_expected_is_told_without_its_words(database: Database, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(url: str) -> None:
        raise KeyError("/srv/secret")

    monkeypatch.setattr(endpoints, "check_alive", broken)
    answer = ask("/healthz")
    assert answer.status_code == 500
    assert "secret" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(tmp_path: Path, method: str) -> None:
    with _serving(f"sqlite:///{tmp_path / 'none.db'}") as base:
        answer = requests.request(method, f"{base}/metrics", timeout=10)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"


def test_head_has_no_body_and_other_addresses_are_not_found(tmp_path: Path) -> None:
    with _serving(f"sqlite:///{tmp_path / 'none.db'}") as base:
        head = requests.head(f"{base}/healthz", timeout=10)
        other = requests.get(f"{base}/../../etc/passwd", timeout=10)
    assert (head.status_code, head.content) == (503, b"")
    assert int(head.headers["Content-Length"]) > 0
    assert other.status_code == 404
    assert "Python" not in head.headers["Server"]


@pytest.mark.parametrize(
    "line", [b"\x16\x03\x01\r\n\r\n", b"GET\r\n\r\n", b"BREW /healthz HTTP/1.1\r\n\r\n", b"GET http://[ HTTP/1.1\r\n\r\n"]
)
def test_nonsense_is_answered_with_an_error_or_not_at_all(tmp_path: Path, line: bytes) -> None:
    with _serving(f"sqlite:///{tmp_path / 'none.db'}") as base:
        with socket.create_connection(("127.0.0.1", int(base.rpartition(":")[2]))) as client:
            client.sendall(line)
            answer = client.recv(4096)
        assert b"200" not in answer
        assert b"<" not in answer
        assert requests.get(f"{base}/healthz", timeout=10).status_code == 503  # and it goes on


def test_a_client_that_trickles_is_cut_when_its_time_is_up(tmp_path: Path) -> None:
    began = time.monotonic()
    url = f"sqlite:///{tmp_path / 'none.db'}"
    with _serving(url, seconds=0.5) as base, socket.create_connection(("127.0.0.1", int(base.rpartition(":")[2]))) as client:
        client.settimeout(10)
        ended = False
        while not ended and time.monotonic() - began < 8:
            try:
                client.sendall(b"G")
                client.settimeout(0.1)
                ended = client.recv(10) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                ended = True
    assert ended
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("127.0.0.1:9470", ("127.0.0.1", 9470)),
        ("9470", ("127.0.0.1", 9470)),
        (":9470", ("127.0.0.1", 9470)),
        ("0.0.0.0:80", ("0.0.0.0", 80)),
        ("[::1]:9470", ("::1", 9470)),
    ],
)
def test_an_address_to_listen_at(given: str, address: tuple[str, int]) -> None:
    assert parse_listen(given) == address


@pytest.mark.parametrize("given", ["", "localhost", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:70000", "::1:9470", "1:-5", "h:²"])
def test_an_address_that_is_none_is_wrong_usage(given: str) -> None:
    with pytest.raises(UsageError, match="give HOST:PORT"):
        parse_listen(given)


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"cannot listen at 127.0.0.1, port {port}: Address already in use"):
            Endpoints(("127.0.0.1", port), "sqlite://", max_age=timedelta(hours=1))


# --- the command --------------------------------------------------------------------------------------------------


@pytest.fixture
def app() -> typer.Typer:
    """The command beside nothing else."""
    app = typer.Typer()
    app.callback()(lambda: None)
    serve_health.register(app)
    return app


@pytest.fixture
def filled(default_database: Database) -> Database:
    """The database of the settings."""
    return default_database


def test_the_command_tells_by_its_exit_code(app: typer.Typer, settings: Settings, filled: Database) -> None:
    _add_run(filled)
    fresh = CliRunner().invoke(app, ["health", "--max-age", "1e9"], obj=settings)
    stale = CliRunner().invoke(app, ["health", "--max-age", "0"], obj=settings)
    assert (fresh.exit_code, "ready" in fresh.output) == (0, True)
    assert (stale.exit_code, "fault" in stale.output) == (3, True)


def test_the_command_has_another_exit_code_for_the_database(app: typer.Typer, settings: Settings) -> None:
    found = CliRunner().invoke(app, ["health", "--json"], obj=settings)
    assert found.exit_code == 78
    assert json.loads(found.stdout)["faults"] == ["there is no database, or its address is wrong"]
    assert not settings.data_dir.exists()


def test_the_command_refuses_an_address_that_is_none(app: typer.Typer, settings: Settings) -> None:
    assert isinstance(CliRunner().invoke(app, ["health", "--serve", "nowhere"], obj=settings).exception, UsageError)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_the_command_serves_until_it_is_interrupted(
    app: typer.Typer, settings: Settings, filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def serve_once(server: Endpoints) -> None:
        asker = threading.Thread(target=lambda: seen.append(requests.get(f"http://127.0.0.1:{server.server_port}/healthz", timeout=10)))
        asker.start()
        server.handle_request()
        asker.join()
        raise KeyboardInterrupt

    monkeypatch.setattr(Endpoints, "serve_forever", serve_once)
    done = CliRunner().invoke(app, ["health", "--serve", "0"], obj=settings)
    assert done.exit_code == 130
    assert done.stdout.startswith("listening at http://127.0.0.1:")
    assert seen[0].status_code == 200
