"""HTTP client: polite, bounded in time and size, with every failure named and classed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.cookiejar import Cookie
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import requests
from requests.cookies import RequestsCookieJar
from urllib3.exceptions import HTTPError

from models.vocabulary import FailureClass
from pipeline.errors import FetchError
from pipeline.fetch.connection import Dialer, DialerAdapter, Watch, parse_connect_to
from pipeline.fetch.failures import RETRIED, explain_failure, hide_credentials, refuse_encoding, refuse_status, refuse_type
from pipeline.fetch.politeness import HostGate
from pipeline.fetch.robots import LARGEST, Rules, explain_refusal, read_rules, robots_address
from pipeline.settings import Settings

__all__ = ["Client", "Reply"]

RETRY_PAUSE = 3.0
"""Seconds before the one retry: long enough for a restarting server or a full queue, short beside a run."""

DEAD_NETWORK = 5
"""Hosts that may fail to connect since one last answered before retries stop: so many are hardly down at once, so it
is our own network, and waiting twice for each host would only make the run longer."""

CHUNK = 65_536
ACCEPT = "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.9, text/html;q=0.9, */*;q=0.5"
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered: 2xx with a body, or 304 without one.

    Header names are in lower case. `permanent_redirect` tells that every redirect on the way was permanent, and that
    there was one. `seconds` does not count waiting for politeness.
    """

    url: str
    final_url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    permanent_redirect: bool
    seconds: float
    hops: tuple[str, ...] = ()
    """Addresses that redirects led to, the last one included."""


@dataclass(slots=True)
class _Journey:
    """One call of `get` on its way through redirects and a retry."""

    url: str
    place: str
    limit: int
    conditions: dict[str, str]
    budget: float
    any_type: bool = False
    spent: float = 0.0
    redirects: int = 0
    permanent: bool = True
    retried: bool = False
    seen: set[tuple[str, str]] = field(default_factory=set)
    """Addresses that were visited, each with the cookies that were sent."""
    hops: list[str] = field(default_factory=list)


class _Session(requests.Session):
    """A session that leaves redirects alone: even when told not to follow them, requests reads their bodies whole."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None

    def target_of(self, response: requests.Response) -> str | None:
        """Return where a redirect points, as its header has it."""
        return super().get_redirect_target(response)


@dataclass(frozen=True, slots=True)
class _Host:
    """What is kept for one host: its gate, and a session with its cookies."""

    name: str
    gate: HostGate
    session: _Session
    lock: threading.Lock = field(default_factory=threading.Lock)
    rules: dict[str, Rules | FetchError] = field(default_factory=dict)
    """What the robots.txt of each origin says, by its address, or why it could not be read."""
    refusals: list[FetchError] = field(default_factory=list)
    """Answers of the host that there are too many requests: it is left alone from then on."""


class _Jar(RequestsCookieJar):
    """A cookie jar that may be read in one thread while another one fills it."""

    def __iter__(self) -> Iterator[Cookie]:  # type: ignore[override]
        with self._cookies_lock:  # type: ignore[attr-defined]
            return iter(list(super().__iter__()))


class Client:
    """Fetches addresses for many threads. Use as a context manager, or call `close`.

    It reads no environment (no proxy, no .netrc). Hosts at private addresses are refused when a connection is made, on every redirect,
    unless a setting names them.
    """

    def __init__(
        self, settings: Settings, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._sleep = sleep
        self._dialer = Dialer(parse_connect_to(settings.connect_to), private=settings.private_hosts, timeout=settings.connect_timeout)
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}
        self._silent_hosts: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close all sessions."""
        with self._lock:
            for host in self._hosts.values():
                host.session.close()
            self._hosts.clear()

    def get(
        self,
        url: str,
        *,
        limit: int,
        etag: str | None = None,
        last_modified: str | None = None,
        any_type: bool = False,
        polite: bool = False,
    ) -> Reply:
        """Fetch `url`; `limit` is the size in bytes that the decompressed body may have.

        A body that is no text by its type is refused, unless `any_type` says that the reader knows what to expect. `polite` obeys the
        robots.txt of the site, as is right for addresses that the user did not name.
        With validators, a 304 comes back as a Reply without body. Raises FetchError for all that is no usable body.
        Network time of one call stays within `total_timeout`, redirects and the retry included.
        """
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        given = {name: value for name, value in conditions.items() if value is not None}
        journey = _Journey(url, url, limit, given, self._settings.total_timeout, any_type)
        while True:
            host = self._host_of(journey.place)
            _leave_alone(host, journey.place)
            if polite:
                self._obey(host, journey.place)
            try:
                with host.gate.passing():
                    _leave_alone(host, journey.place)
                    reply = self._visit(host, journey)
            except FetchError as error:
                if error.status == 429:
                    host.refusals.append(error)
                if not self._may_retry(journey, error):
                    raise
                reply = None
                journey.retried = True
                journey.seen.clear()
                self._sleep(RETRY_PAUSE)
            if reply is not None:
                return reply

    def _obey(self, host: _Host, url: str) -> None:
        """Raise FetchError where the robots.txt of a site forbids a page or could not be read; it is asked for once."""
        address = robots_address(url)
        with host.lock:
            if address not in host.rules:
                host.rules[address] = self._ask_rules(address)
                if isinstance(rules := host.rules[address], Rules):
                    host.gate.slow_down(rules.delay)
        rules = host.rules[address]
        if isinstance(rules, FetchError):
            raise rules
        if not rules.allow(url, self._settings.user_agent):
            message = f"{hide_credentials(url)} is closed to programs by the site's robots.txt"
            raise FetchError(message, FailureClass.HARD, code="robots")

    def _ask_rules(self, address: str) -> Rules | FetchError:
        try:
            reply = self.get(address, limit=LARGEST, any_type=True)
        except FetchError as error:
            return explain_refusal(error)
        return read_rules(reply.body, self._settings.user_agent)

    def _visit(self, host: _Host, journey: _Journey) -> Reply | None:
        """Make requests while they stay on one host; return None where a redirect leads to another one."""
        reply = None
        while reply is None and _name_of(journey.place) == host.name:
            _check_loop(journey, host.session)
            reply = self._request(host, journey)
        return reply

    def _request(self, host: _Host, journey: _Journey) -> Reply | None:
        """Make one request; return its reply, or None after moving the journey to where a redirect points."""
        began = time.monotonic()
        try:
            with self._dialer.watching(journey.budget - journey.spent) as watch:
                try:
                    return self._exchange(host.session, journey, watch, began)
                except (requests.RequestException, HTTPError, OSError, UnicodeError) as error:
                    failure = explain_failure(error, journey.place, expired=watch.expired, settings=self._settings)
                    self._note_failure(journey.place, failure)
                    raise failure from error
        finally:
            journey.spent += time.monotonic() - began

    def _exchange(self, session: _Session, journey: _Journey, watch: Watch, began: float) -> Reply | None:
        """Send one request and read the answer."""
        timeouts = (self._settings.connect_timeout, self._settings.read_timeout)
        with session.get(journey.place, headers=journey.conditions, timeout=timeouts, stream=True, allow_redirects=False) as response:
            self._note_answer()
            headers = {name.lower(): value for name, value in response.headers.items()}
            if response.status_code in REDIRECTS:
                self._follow(journey, session.target_of(response), response.status_code)
                return None
            refuse_status(response.status_code, headers, journey.place, conditional=bool(journey.conditions))
            body = b"" if response.status_code == 304 else _read_body(response, headers, journey, watch)
        return Reply(
            url=journey.url,
            final_url=journey.place,
            status=response.status_code,
            headers=headers,
            body=body,
            permanent_redirect=journey.permanent and journey.redirects > 0,
            seconds=journey.spent + time.monotonic() - began,
            hops=tuple(journey.hops),
        )

    def _follow(self, journey: _Journey, target: str | None, status: int) -> None:
        """Move the journey to the target of a redirect, or refuse it."""
        shown = hide_credentials(journey.place)
        if not target:
            raise FetchError(f"{shown} answered {status} without a Location", FailureClass.SOFT, code="bad_redirect", status=status)
        try:
            place = urljoin(journey.place, target)
            parts = urlsplit(place)
        except ValueError:
            place, parts = target, urlsplit("")
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            message = f"{shown} redirects to {hide_credentials(place)}, which is no web address"
            raise FetchError(message, FailureClass.HARD, code="bad_redirect", status=status)
        if parts.hostname.startswith("consent."):
            message = f"{shown} redirects to a request for consent on {parts.hostname}"
            raise FetchError(message, FailureClass.HARD, code="consent", status=status)
        journey.redirects += 1
        if journey.redirects > self._settings.max_redirects:
            message = f"{shown}: more than {self._settings.max_redirects} redirects, the last to {hide_credentials(place)}"
            raise FetchError(message, FailureClass.SOFT, code="too_many_redirects", status=status)
        journey.permanent = journey.permanent and status in PERMANENT
        journey.place = parts._replace(fragment="").geturl()
        journey.hops.append(journey.place)

    def _host_of(self, url: str) -> _Host:
        name = _name_of(url)
        with self._lock:
            if name not in self._hosts:
                self._hosts[name] = _Host(name, self._new_gate(), self._new_session())
            return self._hosts[name]

    def _new_gate(self) -> HostGate:
        settings = self._settings
        return HostGate(delay=settings.host_delay, parallel=settings.host_parallel, clock=self._clock, sleep=self._sleep)

    def _new_session(self) -> _Session:
        """Return a session with a cookie jar of its own; each request gets a fresh connection.

        Requests to a host start seconds apart, so kept connections would mostly be found closed by the server.
        """
        session = _Session()
        session.cookies = _Jar()
        session.trust_env = False
        session.headers.update(
            {"User-Agent": self._settings.user_agent, "Accept": ACCEPT, "Accept-Encoding": "gzip, deflate", "Connection": "close"}
        )
        adapter = DialerAdapter(self._dialer)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        return session

    def _note_answer(self) -> None:
        with self._lock:
            self._silent_hosts.clear()

    def _note_failure(self, url: str, error: FetchError) -> None:
        if error.code in {"dns", "connect_timeout", "unreachable"}:
            with self._lock:
                self._silent_hosts.add(_name_of(url))

    def _may_retry(self, journey: _Journey, error: FetchError) -> bool:
        with self._lock:
            network_is_dead = len(self._silent_hosts) >= DEAD_NETWORK
        time_left = journey.budget - journey.spent > RETRY_PAUSE
        return error.code in RETRIED and not journey.retried and not network_is_dead and time_left


def _leave_alone(host: _Host, url: str) -> None:
    """Raise FetchError where the host said, earlier in this run, that there are too many requests."""
    if host.refusals:
        first = host.refusals[0]
        message = f"{hide_credentials(url)} was not asked for: its host said too many requests (429) before"
        raise FetchError(message, FailureClass.TEMPORARY, code="rate_limited", status=429, retry_after=first.retry_after)


def _name_of(url: str) -> str:
    """Return the host name of a web address. Raises FetchError for what is none."""
    try:
        parts = urlsplit(url)
        name = parts.hostname
    except ValueError:
        name = None
    if not name or parts.scheme not in {"http", "https"}:
        raise FetchError(f"{hide_credentials(url)!r} is no web address", FailureClass.HARD, code="bad_url")
    return name


def _check_loop(journey: _Journey, session: _Session) -> None:
    """Refuse an address that was visited before with the same cookies: some sites redirect to themselves to set one."""
    cookies = ";".join(sorted(f"{cookie.name}={cookie.value}" for cookie in session.cookies))
    if (journey.place, cookies) in journey.seen:
        message = f"{hide_credentials(journey.url)}: redirects run in a circle at {hide_credentials(journey.place)}"
        raise FetchError(message, FailureClass.SOFT, code="redirect_loop")
    journey.seen.add((journey.place, cookies))


def _read_body(response: requests.Response, headers: Mapping[str, str], journey: _Journey, watch: Watch) -> bytes:
    """Read the body within size and time; decompression is bounded piece by piece, so a bomb is never unpacked."""
    shown = hide_credentials(journey.place)
    refuse_encoding(headers, shown)
    if not journey.any_type:
        refuse_type(headers, b"", shown)
    pieces: list[bytes] = []
    size = 0
    for piece in response.iter_content(CHUNK):
        if not pieces and not journey.any_type:
            refuse_type(headers, piece, shown)
        pieces.append(piece)
        size += len(piece)
        if size > journey.limit:
            message = f"{shown}: the body is larger than {journey.limit:,} bytes"
            raise FetchError(message, FailureClass.HARD, code="too_large", status=response.status_code)
    if watch.expired:
        raise TimeoutError
    return b"".join(pieces)
