from __future__ import annotations

import logging
import socket
import time

import pytest
import typer

from pipeline.errors import ConfigurationError, LockHeld
from pipeline.operate.ping import announced, ping
from pipeline.sample.replay import ReplayServer, Request, Response

SECRET = "5c8a1f0e-secret-of-the-check"


def _ok(_: Request) -> Response:
    return Response(200, b"OK")


def test_a_good_run_requests_the_address_as_it_stands() -> None:
    with ReplayServer(_ok) as server:
        assert ping(f"http://{server.address}/{SECRET}", 0) is None
    assert [seen.path for seen in server.log] == [f"/{SECRET}"]


@pytest.mark.parametrize("end", ["", "/"])
def test_a_failed_run_adds_its_exit_code(end: str) -> None:
    with ReplayServer(_ok) as server:
        assert ping(f"http://{server.address}/{SECRET}{end}?rid=1#top", 78) is None
    assert [seen.path for seen in server.log] == [f"/{SECRET}/78?rid=1"]


@pytest.mark.parametrize("status", [301, 404, 500])
def test_an_answer_that_is_not_good_is_told_without_the_address(status: int) -> None:
    with ReplayServer(lambda _: Response(status, b"no", {"Location": f"http://127.0.0.1/{SECRET}"})) as server:
        assert ping(f"http://{server.address}/{SECRET}", 0) == f"ping: 127.0.0.1 answered {status}"
    assert len(server.log) == 1


def test_a_watcher_that_is_down_is_told_without_the_address() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert ping(f"http://u:{SECRET}@127.0.0.1:{unused.getsockname()[1]}/{SECRET}", 0) == "ping: 127.0.0.1 cannot be reached"


@pytest.mark.parametrize("answer", [Response(200, delay=3), Response(200, [b"x", *[0.05] * 100], {"Content-Length": "9"})])
def test_the_whole_ping_has_a_limit_and_the_body_is_not_waited_for(answer: Response) -> None:
    began = time.monotonic()
    with ReplayServer(lambda _: answer) as server:
        found = ping(f"http://{server.address}/{SECRET}", 0, seconds=0.4)
        took = time.monotonic() - began
    assert took < 2
    assert found == ("ping: 127.0.0.1 did not answer within 0.4 s" if answer.delay else None)


def test_headers_that_trickle_are_cut_off_too() -> None:
    """Every byte comes in time for a limit between two bytes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        began = time.monotonic()
        found = None
        import threading

        def trickle() -> None:
            connection, _ = server.accept()
            with connection:
                try:
                    for byte in b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 200:
                        connection.sendall(bytes([byte]))
                        time.sleep(0.05)
                except OSError:
                    return

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        found = ping(f"http://127.0.0.1:{server.getsockname()[1]}/{SECRET}", 0, seconds=0.5)
        assert time.monotonic() - began < 3
    assert found == "ping: 127.0.0.1 did not answer within 0.5 s"


@pytest.mark.parametrize("url", ["", "hc-ping.example/x", "file:///etc/passwd", "http://", "http://[x/", "ftp://h/x"])
def test_what_is_no_web_address_is_said(url: str) -> None:
    assert ping(url, 0) == "ping: PENINSULA_PING_URL is no web address"


@pytest.mark.parametrize(
    ("error", "path"),
    [
        (None, "/x"),
        (typer.Exit(0), "/x"),
        (typer.Exit(3), "/x/3"),
        (ConfigurationError("feeds.yaml"), "/x/78"),
        (ValueError("a bug"), "/x/1"),
        (KeyboardInterrupt(), "/x/130"),
        (LockHeld("another run"), None),
        (typer.Exit(75), None),
    ],
)
def test_the_code_is_that_of_what_the_run_ended_with(error: BaseException | None, path: str | None) -> None:
    complaints: list[str] = []
    with ReplayServer(_ok) as server:
        if error is None:
            with announced(f"http://{server.address}/x", complaints.append):
                pass
        else:
            with pytest.raises(type(error)), announced(f"http://{server.address}/x", complaints.append):
                raise error
    assert [seen.path for seen in server.log] == ([] if path is None else [path])
    assert complaints == []


def test_a_ping_that_fails_is_complained_of_and_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    complaints: list[str] = []
    with ReplayServer(lambda _: Response(503)) as server, caplog.at_level(logging.INFO):
        with announced(f"http://{server.address}/{SECRET}", complaints.append):
            pass
        with pytest.raises(typer.Exit) as ended, announced(f"http://{server.address}/{SECRET}", complaints.append):
            raise typer.Exit(3)
    assert complaints == ["ping: 127.0.0.1 answered 503"] * 2
    assert ended.value.exit_code == 3
    assert SECRET not in caplog.text


def test_without_an_address_nothing_is_sent() -> None:
    with announced(None, pytest.fail):
        pass
