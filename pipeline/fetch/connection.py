"""Sockets: the one place where a host name becomes a connection.

It bounds name look-up, connecting to all addresses of a host, and the whole request, and it lets settings answer for
a host with another address. urllib3 alone bounds none of the three: look-ups have no limit, each address of a host
gets the full time, and a server that sends one byte now and then never runs into the read time-out.
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from pipeline.errors import ConfigurationError

__all__ = ["Dialer", "DialerAdapter", "Watch", "parse_connect_to"]

SHARE = 2.0
"""Seconds that an address of a host gets at least, so that the first one, when silent, leaves time for the next."""

Address = tuple[str, int]
Resolved = tuple[int, int, int, str, Any]
Options = Sequence[tuple[int, int, int | bytes]] | None


def parse_connect_to(mapping: Mapping[str, str]) -> dict[str, Address]:
    """Return host name to (host, port) from `{"wire.example": "127.0.0.1:8080"}`. Raises ConfigurationError."""
    parsed = {}
    for name, address in mapping.items():
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise ConfigurationError(f"setting connect_to: the address for {name!r} must be HOST:PORT, not {address!r}")
        parsed[name.lower()] = (host.strip("[]"), int(port))
    return parsed


class Watch:
    """Cuts the connections that were opened during one request when its time is up."""

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._deadline = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._handles: list[socket.socket] = []
        self._timer = threading.Timer(max(seconds, 0.0), self._expire)
        self._timer.daemon = True

    @property
    def remaining(self) -> float:
        """Seconds left; negative when time is up."""
        return self._deadline - time.monotonic()

    def add(self, connection: socket.socket) -> None:
        """Watch a connection through a second handle, since TLS takes the first one over."""
        with self._lock:
            self._handles.append(connection.dup())
            if self.expired:
                _cut(connection)

    def start(self) -> None:
        """Let the time run."""
        self._timer.start()

    def stop(self) -> None:
        """Let go of the connections."""
        self._timer.cancel()
        with self._lock:
            for handle in self._handles:
                handle.close()
            self._handles.clear()

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            for handle in self._handles:
                _cut(handle)


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was faster


class Dialer:
    """Opens connections, each within the time that its caller has left."""

    def __init__(self, connect_to: Mapping[str, Address], *, timeout: float) -> None:
        self._connect_to = dict(connect_to)
        self._timeout = timeout
        self._current = threading.local()

    @contextmanager
    def watching(self, seconds: float) -> Iterator[Watch]:
        """Bound everything that this thread opens inside the block to `seconds`."""
        watch = Watch(seconds)
        self._current.watch = watch
        watch.start()
        try:
            yield watch
        finally:
            self._current.watch = None
            watch.stop()

    def connect(self, host: str, port: int, options: Options) -> socket.socket:
        """Return a connected socket, or raise OSError (gaierror for a name, TimeoutError when time is up).

        Looking up and trying every address share one time-out, the addresses in about equal parts.
        """
        watch: Watch | None = getattr(self._current, "watch", None)
        seconds = self._timeout if watch is None else min(self._timeout, max(watch.remaining, 0.001))
        deadline = time.monotonic() + seconds
        host, port = self._connect_to.get(host.lower(), (host.strip("[]"), port))
        error: OSError = OSError("the name has no address")
        found = _resolve(host, port, seconds)
        for left, resolved in zip(range(len(found), 0, -1), found, strict=True):
            remaining = deadline - time.monotonic()
            try:
                connection = _open(resolved, options, min(remaining, max(remaining / left, SHARE)))
            except OSError as failed:
                error = failed
                continue
            if watch is not None:
                watch.add(connection)
            return connection
        raise error


def _resolve(host: str, port: int, seconds: float) -> list[Resolved]:
    """Look a name up in a thread that is left behind when it takes too long: getaddrinfo cannot be interrupted."""
    answer: queue.SimpleQueue[list[Resolved] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answer.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except OSError as error:
            answer.put(error)
        except UnicodeError:
            answer.put(socket.gaierror(socket.EAI_NONAME, "not a possible host name"))

    threading.Thread(target=look_up, name=f"look-up {host}", daemon=True).start()
    try:
        found = answer.get(timeout=seconds)
    except queue.Empty:
        raise socket.gaierror(socket.EAI_AGAIN, f"the name server did not answer within {seconds:g} s") from None
    if isinstance(found, OSError):
        raise found
    return found


def _open(resolved: Resolved, options: Options, seconds: float) -> socket.socket:
    if seconds <= 0:
        raise TimeoutError("no time left for a further address")
    family, kind, protocol, _, address = resolved
    connection = socket.socket(family, kind, protocol)
    try:
        for option in options or ():
            connection.setsockopt(*option)
        connection.settimeout(seconds)
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


class DialerAdapter(HTTPAdapter):
    """Transport of requests whose connections come from one Dialer."""

    def __init__(self, dialer: Dialer) -> None:
        self._dialer = dialer
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- passed on as they come
        """Give the pools connections that dial through the Dialer."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pool_classes(self._dialer)


def _pool_classes(dialer: Dialer) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _dial(dialer, self)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _dial(dialer, self)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _dial(dialer: Dialer, connection: HTTPConnection) -> socket.socket:
    """Connect, with errors in the terms of urllib3."""
    try:
        return dialer.connect(connection.host, connection.port, connection.socket_options)
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, "no connection in time") from error
    except OSError as error:
        raise NewConnectionError(connection, error.strerror or str(error)) from error
