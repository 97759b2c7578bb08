"""A small local web server that answers from a function: the base of the sample newsroom and of tests of fetching.

It writes what it is told to write, true or false: slow bodies, endless bodies, wrong lengths, wrong encodings,
broken connections. Politeness towards clients (validators, compression) is offered as two functions, not imposed.
"""

from __future__ import annotations

import gzip
import hashlib
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import BaseServer, TCPServer, ThreadingMixIn
from types import TracebackType
from typing import NamedTuple, Self, TypeAlias

__all__ = ["ReplayServer", "Request", "Response", "Routes", "Served", "compress", "revalidate"]

POLL_SECONDS = 0.02
"""How often the accept loop looks whether it shall end; this bounds the time that leaving the context takes."""

COMPRESS_FROM = 256
"""Shorter bodies grow by compression."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked for. `host` has no port and is in lower case, `path` has the query, header names are in lower case."""

    method: str
    host: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Response:
    """What is written back.

    A body of bytes is sent with its Content-Length unless `headers` states another one. A body that is an iterable is
    streamed until it ends, the client leaves or the server stops; a float in it is a pause in seconds. Status 0
    closes the connection without an answer. `delay` is waited before the status line.
    """

    status: int = 200
    body: bytes | Iterable[bytes | float] = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0


class Served(NamedTuple):
    """One answered request."""

    host: str
    path: str
    status: int


Routes = Callable[[Request], Response]
Connection: TypeAlias = socket.socket | tuple[bytes, socket.socket]
"""What socketserver says it may hand over; for a stream server it is always the socket."""


class ReplayServer:
    """Context manager that serves `routes` on a free port of 127.0.0.1, each request in a thread of its own.

    `connect_to` maps each of `hosts` to the address, in the shape of the setting of that name. Connections are closed
    after each answer. An error raised by `routes` breaks that connection and is raised again on leaving the context,
    so that a wrong script cannot pass for a broken server.
    """

    def __init__(self, routes: Routes, *, hosts: Iterable[str] = ()) -> None:
        self.hosts: tuple[str, ...] = tuple(hosts)
        self.log: list[Served] = []
        self._server = _Server(routes, self.log)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(POLL_SECONDS,), name="replay-server")

    @property
    def address(self) -> str:
        """The address as `127.0.0.1:PORT`."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    @property
    def connect_to(self) -> dict[str, str]:
        """Every virtual host with the address that answers for it."""
        return dict.fromkeys(self.hosts, self.address)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.stop()
        self._thread.join()
        if error is None and self._server.errors:
            raise RuntimeError("the routes of a replay server failed") from self._server.errors[0]


class _Server(ThreadingMixIn, HTTPServer):
    """The listening socket, its open connections and what went wrong."""

    daemon_threads = False  # so that server_close() waits for every request
    request_queue_size = 128

    def __init__(self, routes: Routes, log: list[Served]) -> None:
        self.routes = routes
        self.log = log
        self.errors: list[BaseException] = []
        self.stopping = threading.Event()
        self._open: set[Connection] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        """Bind without the reverse look-up of HTTPServer, which may ask a name server."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def process_request(self, request: Connection, client_address: object) -> None:
        """Remember the connection, so that stopping need not wait for a silent client."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Connection) -> None:
        """Close the connection and forget it."""
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Connection, client_address: object) -> None:
        """Keep an error of the routes; a client that went away is none."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, ConnectionError):
            self.errors.append(error)

    def stop(self) -> None:
        """End pauses and streams, cut open connections, wait for their threads."""
        self.stopping.set()
        self.shutdown()
        for connection in tuple(self._open):
            if isinstance(connection, socket.socket):
                _cut(connection)
        self.server_close()


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # closed meanwhile by its own thread


class _Handler(BaseHTTPRequestHandler):
    """Turns HTTP into Request and Response into HTTP."""

    protocol_version = "HTTP/1.1"
    server: BaseServer

    def do_GET(self) -> None:
        """Answer with head and body."""
        self._answer()

    def do_HEAD(self) -> None:
        """Answer with the head alone."""
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name is given by the base class
        """Write nothing: the log is the list of Served."""

    def _answer(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        self.close_connection = True
        headers = {name.lower(): value for name, value in self.headers.items()}
        host = headers.get("host", "").rsplit(":", 1)[0].lower()
        response = server.routes(Request(self.command, host, self.path, headers))
        server.log.append(Served(host, self.path, response.status))
        if response.delay and server.stopping.wait(response.delay):
            return
        if response.status:
            self._write_head(response)
            self._write_body(response, server.stopping)

    def _write_head(self, response: Response) -> None:
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        given = {name.lower() for name in response.headers}
        if isinstance(response.body, bytes) and not given & {"content-length", "transfer-encoding"} and response.status != 304:
            self.send_header("Content-Length", str(len(response.body)))
        self.send_header("Connection", "close")
        self.end_headers()

    def _write_body(self, response: Response, stopping: threading.Event) -> None:
        if self.command == "HEAD" or response.status == 304:
            return
        pieces = (response.body,) if isinstance(response.body, bytes) else response.body
        for piece in pieces:
            if isinstance(piece, bytes):
                self.wfile.write(piece)
            else:
                stopping.wait(piece)
            if stopping.is_set():
                return


def revalidate(request: Request, response: Response) -> Response:
    """Add an ETag made of the body, and answer 304 where the client's validators fit.

    `Last-Modified` counts where the response carries it. As the standard says, If-None-Match beats If-Modified-Since.
    Only a 200 with a body of bytes is treated.
    """
    if response.status != 200 or not isinstance(response.body, bytes):
        return response
    etag = f'"{hashlib.sha256(response.body).hexdigest()[:20]}"'
    headers = {**response.headers, "ETag": etag}
    if _is_known(request, etag, response.headers.get("Last-Modified")):
        return Response(304, headers=headers)
    return replace(response, headers=headers)


def _is_known(request: Request, etag: str, modified: str | None) -> bool:
    if "if-none-match" in request.headers:
        tags = [tag.strip().removeprefix("W/") for tag in request.headers["if-none-match"].split(",")]
        return etag in tags or tags == ["*"]
    since = request.headers.get("if-modified-since")
    return since is not None and modified is not None and parsedate_to_datetime(modified) <= parsedate_to_datetime(since)


def compress(request: Request, response: Response) -> Response:
    """Send the body as gzip where the client takes it and it pays; the same body always gives the same bytes."""
    accepted = {part.split(";")[0].strip() for part in request.headers.get("accept-encoding", "").lower().split(",")}
    if "gzip" not in accepted or not isinstance(response.body, bytes) or len(response.body) < COMPRESS_FROM:
        return response
    headers = {**response.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return replace(response, body=gzip.compress(response.body, mtime=0), headers=headers)
