"""`/healthz`, `/readyz` and `/metrics` over HTTP, for probes and for Prometheus. They only read, and answer nobody for long."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import urlsplit

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from pipeline.errors import ConfigurationError, UsageError
from pipeline.operate.health import Health, check_alive, check_ready
from pipeline.operate.metrics import prometheus_text
from pipeline.store.census import opened_for_watching, take_census
from pipeline.store.engine import reading

__all__ = ["Endpoints", "parse_listen"]

REQUEST_SECONDS = 15.0
"""For one connection in all, however slowly the other side writes or reads: longer than the database may take."""

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"

_log = logging.getLogger(__name__)


def parse_listen(text: str) -> tuple[str, int]:
    """Return host and port of `HOST:PORT`, `[IPV6]:PORT` or `PORT`, which is on 127.0.0.1. Raises UsageError."""
    host, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port) > 65535 or (":" in host and not host.startswith("[")):
        raise UsageError(f"{text!r} is no address to listen at: give HOST:PORT, such as 127.0.0.1:9470, or [::1]:9470")
    return host.strip("[]") or "127.0.0.1", int(port)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: HTTPStatus
    media_type: str
    body: bytes


class Endpoints(ThreadingHTTPServer):
    """Serves the three addresses for the database at `url`; call `serve_forever`, and `server_close` at the end.

    `max_age` is how long ago the last run may have ended where the program is to count as ready. Raises ConfigurationError where
    it cannot listen at `address`.
    """

    daemon_threads = True

    def __init__(
        self,
        address: tuple[str, int],
        url: str,
        *,
        max_age: timedelta,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        seconds: float = REQUEST_SECONDS,
    ) -> None:
        self._url = url
        self._max_age = max_age
        self._now = now
        self._seconds = seconds
        self.routes: Mapping[str, Callable[[], _Answer]] = {"/healthz": self._alive, "/readyz": self._ready, "/metrics": self._metrics}
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        try:
            super().__init__(address, _Handler)
        except OSError as error:
            raise ConfigurationError(f"cannot listen at {address[0]}, port {address[1]}: {error.strerror or error}") from error

    def server_bind(self) -> None:
        """Bind without the reverse look-up of HTTPServer, which may ask a name server."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as socketserver has it
        """Answer one connection, and cut it when its time is up."""
        timer = threading.Timer(self._seconds, _cut, [request])
        timer.daemon = True
        timer.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            timer.cancel()

    def handle_error(self, request: object, client_address: object) -> None:
        """Log what went wrong with a connection: mostly a client that left."""
        _log.info("a connection broke", exc_info=True)

    def _alive(self) -> _Answer:
        return _tell(check_alive(self._url))

    def _ready(self) -> _Answer:
        return _tell(check_ready(self._url, max_age=self._max_age, now=self._now()))

    def _metrics(self) -> _Answer:
        try:
            with opened_for_watching(self._url) as database, reading(database) as connection:
                census = take_census(connection)
        except ConfigurationError as error:
            _log.warning("%s", error)
            return _Answer(HTTPStatus.SERVICE_UNAVAILABLE, TEXT, b"the database does not answer\n")
        return _Answer(HTTPStatus.OK, CONTENT_TYPE_PLAIN_0_0_4, prometheus_text(census).encode())


def _tell(health: Health) -> _Answer:
    status = HTTPStatus.OK if health.ok else HTTPStatus.SERVICE_UNAVAILABLE
    return _Answer(status, JSON, json.dumps(health.as_dict()).encode() + b"\n")


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is closed already


class _Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD of the routes, and refuses everything else."""

    server: Endpoints
    server_version = "Peninsula"
    sys_version = ""
    error_content_type = TEXT
    error_message_format = "%(code)d %(message)s\n"

    def do_GET(self) -> None:
        """Answer a request."""
        route = self.server.routes.get(urlsplit(self.path).path)
        if route is None:
            self._send(_Answer(HTTPStatus.NOT_FOUND, TEXT, b"there is /healthz, /readyz and /metrics\n"))
            return
        try:
            answer = route()
        except Exception:  # noqa: BLE001 - the border of a request: one that fails must not stop the server
            _log.exception("an answer could not be made")
            answer = _Answer(HTTPStatus.INTERNAL_SERVER_ERROR, TEXT, b"unexpected error, see the log\n")
        self._send(answer)

    do_HEAD = do_GET  # noqa: N815 - names that http.server looks for

    def _refuse(self) -> None:
        self._send(_Answer(HTTPStatus.METHOD_NOT_ALLOWED, TEXT, b"only GET and HEAD\n"), Allow="GET, HEAD")

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_CONNECT = _refuse  # noqa: N815

    def _send(self, answer: _Answer, **headers: str) -> None:
        self.send_response(answer.status)
        common = {"Content-Type": answer.media_type, "Content-Length": str(len(answer.body)), "Cache-Control": "no-store"}
        for name, value in (common | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as http.server has it
        """Log a request where those of information are wanted: one comes every few seconds."""
        _log.info(format, *args)
