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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from pipeline.errors import ConfigurationError

__all__ = ["Dialer", "DialerAdapter", "PrivateAddressError", "Watch", "is_public", "parse_connect_to"]

_NAT64 = IPv6Network("64:ff9b::/96")
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


class PrivateAddressError(OSError):
    """A host lies at an address that is not public."""


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the public internet, also where it carries an IPv4 address within."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if found in _NAT64:
            inner = IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return found.is_global and not found.is_multicast


class Dialer:
    """Opens connections, each within the time that its caller has left, and none to private or local networks.

    A feed or a page could otherwise lead into the network of who runs the program. The address is looked at when the connection is made:
    a name may be answered otherwise the second time. `connect_to` and the hosts named by `private` are the user's own choice.
    """

    def __init__(self, connect_to: Mapping[str, Address], *, timeout: float, private: Iterable[str] = ()) -> None:
        self._connect_to = dict(connect_to)
        self._private = frozenset(name.lower().strip("[]") for name in private)
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
        chosen = host.lower() in self._connect_to or host.lower().strip("[]") in self._private
        host, port = self._connect_to.get(host.lower(), (host.strip("[]"), port))
        error: OSError = OSError("the name has no address")
        found = _resolve(host, port, seconds)
        if not chosen:
            found = _keep_public(found)
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


def _keep_public(found: Sequence[Resolved]) -> list[Resolved]:
    public = [resolved for resolved in found if is_public(str(resolved[4][0]))]
    if found and not public:
        raise PrivateAddressError(str(found[0][4][0]))
    return public


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
