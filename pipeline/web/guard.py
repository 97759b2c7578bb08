"""What every request passes before and after its route: limits, headers, logs, and unexpected errors."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Collection, Mapping
from contextvars import ContextVar
from math import ceil
from time import perf_counter
from unicodedata import category
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.web.errors import ErrorCode, RequestError, answer_error
from pipeline.web.limits import MOST_BODY_BYTES, MOST_PARAMETERS, MOST_QUERY_BYTES, Buckets, Tokens, client_key

__all__ = ["DESK", "MOST_FORM_BYTES", "SECURITY_HEADERS", "Guard", "is_for_editors", "name_request", "unexpected"]

DESK = "/review"
"""Where the review desk is."""

_ACCOUNTS = "/account"

MOST_FORM_BYTES = 65_536
"""Of what editors send: a decision with its note has some hundred bytes."""

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Sent with every answer: a page may load from this host alone, runs no script that stands in it, and is shown in no frame."""

_NOT_COUNTED = ("/healthz", "/static/")
"""Paths that cost nothing, and which a page or a probe asks for often."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

_log = logging.getLogger(__name__)


class Guard:
    """Stands before all routes: refuses what is too large, too often or not text, adds headers, logs, and hides unexpected errors.

    HEAD is answered as GET without its body. Each request gets an id, its own where the header X-Request-ID has one.
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str] | None, rate: int, tokens: Tokens, buckets: Buckets | None = None) -> None:
        self._app = app
        self._hosts = None if hosts is None else {host.lower() for host in hosts}
        self._rate = rate
        self._tokens = tokens
        self._buckets = buckets or Buckets()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        answer = _Answer(send, _given_id(headers), is_head=scope["method"] == "HEAD")
        named, began = _request_id.set(answer.request_id), perf_counter()
        try:
            await self._answer(scope, headers, receive, answer)
        finally:
            fields = {"method": scope["method"], "path": scope["path"], "status": answer.status, "client": _host(scope)}
            _log.info("request", extra=fields | {"milliseconds": round(1000 * (perf_counter() - began), 1)})
            _request_id.reset(named)

    async def _answer(self, scope: Scope, headers: Headers, receive: Receive, answer: _Answer) -> None:
        try:
            self._check(scope, headers)
            seen = {**scope, "method": "GET", "head": True} if answer.is_head else scope
            await self._app(seen, receive, answer.send)
        except RequestError as error:
            await answer_error(error, path=scope["path"])(scope, receive, answer.send)
        except Exception as error:
            refused = unexpected(error)
            if answer.status is not None:
                raise  # it is too late for another answer: the server cuts the connection, so that nobody takes half for all
            await answer_error(refused, path=scope["path"])(scope, receive, answer.send)

    def _check(self, scope: Scope, headers: Headers) -> None:
        _check_size(scope, headers)
        _check_text(scope)
        self._check_host(headers)
        if not scope["path"].startswith(_NOT_COUNTED):
            self._check_rate(scope, headers)

    def _check_host(self, headers: Headers) -> None:
        name = re.sub(r":\d*$", "", headers.get("host", "")).lower()
        if self._hosts is not None and name not in self._hosts:
            # A page of another host whose name was made to lead here could read everything.
            known = ", ".join(sorted(self._hosts))
            raise RequestError(
                ErrorCode.UNKNOWN_HOST,
                f"this server does not answer as {name[:100]!r}, only as {known}: who runs it can add names with PENINSULA_WEB_HOSTS",
            )

    def _check_rate(self, scope: Scope, headers: Headers) -> None:
        key, rate = self._client(scope, headers)
        seconds = self._buckets.take(key, rate)
        if seconds:
            raise RequestError(
                ErrorCode.TOO_MANY_REQUESTS,
                f"more than {rate} requests in a minute: wait {ceil(seconds)} s, or ask who runs this server for a token with a higher rate",
                headers={"Retry-After": str(ceil(seconds))},
            )

    def _client(self, scope: Scope, headers: Headers) -> tuple[str, int]:
        """Return whose requests are counted together, and how many are allowed in a minute."""
        address = client_key(_host(scope))
        scheme, _, secret = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or is_for_editors(scope["path"]):  # whose tokens are others, which their routes check
            return address, self._rate
        if token := self._tokens.find(secret.strip()):
            return f"token {token.name}", token.rate
        if seconds := self._buckets.take(address, self._rate):  # so that guessing is not free
            raise RequestError(ErrorCode.TOO_MANY_REQUESTS, "too many requests", headers={"Retry-After": str(ceil(seconds))})
        message = "this token is not known here: leave the header Authorization out, or ask who runs this server for a token"
        raise RequestError(ErrorCode.UNKNOWN_TOKEN, message, headers={"WWW-Authenticate": "Bearer"})


class _Answer:
    """Passes an answer on, with the headers that all have; remembers its status."""

    def __init__(self, send: Send, request_id: str, *, is_head: bool) -> None:
        self._send = send
        self.request_id = request_id
        self.is_head = is_head
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        """Send one part."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            headers["X-Request-ID"] = self.request_id
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-cache")
        elif self.is_head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)


def _given_id(headers: Headers) -> str:
    """Return the id that a proxy gave the request, a new one where it gave none or an odd one."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex[:16]


def _check_size(scope: Scope, headers: Headers) -> None:
    """Raise RequestError for a request that is larger than any needs to be."""
    query: bytes = scope["query_string"]
    if len(query) > MOST_QUERY_BYTES:
        message = f"the query has {len(query):,} bytes: {MOST_QUERY_BYTES:,} are the most; ask with fewer words or values"
        raise RequestError(ErrorCode.QUERY_TOO_LONG, message)
    if query.count(b"&") >= MOST_PARAMETERS:
        raise RequestError(ErrorCode.QUERY_TOO_LONG, f"the query has more than {MOST_PARAMETERS} values: ask in several requests")
    if is_for_editors(scope["path"]):
        most, advice = MOST_FORM_BYTES, f"the request has more than {MOST_FORM_BYTES:,} bytes: send less at once"
    else:
        most, advice = MOST_BODY_BYTES, "the request has a body, which nothing here reads: put the filter into the address"
    length = headers.get("content-length", "0")
    if not length.isdecimal() or len(length) > len("999999999") or int(length) > most:
        raise RequestError(ErrorCode.BODY_TOO_LARGE, advice)
    if "transfer-encoding" in headers:  # a body that does not say where it ends
        raise RequestError(ErrorCode.BODY_TOO_LARGE, "the request does not tell how long it is: send it with the header Content-Length")


def _check_text(scope: Scope) -> None:
    """Raise RequestError where the address is not UTF-8, or its path holds control characters."""
    path = scope.get("raw_path") or scope["path"].encode()
    for part, name in ((path, "path"), (scope["query_string"], "query")):
        try:
            text = unquote_to_bytes(part).decode("utf-8")
        except UnicodeDecodeError as error:
            raise RequestError(ErrorCode.BAD_ENCODING, f"the {name} of the address is not UTF-8: {error.reason}") from None
        strange = next((letter for letter in text if category(letter) == "Cc"), None)
        if strange is not None and name == "path":
            raise RequestError(
                ErrorCode.BAD_ENCODING, f"the path of the address has the control character U+{ord(strange):04X}: leave it out"
            )


def is_for_editors(path: str) -> bool:
    """Tell whether a path belongs to the review desk or to accounts: there alone something is sent and written."""
    return path.startswith((f"{DESK}/", f"{_ACCOUNTS}/")) or path in {DESK, _ACCOUNTS}


def _host(scope: Scope) -> str | None:
    client = scope.get("client")
    return client[0] if client else None


def name_request(record: logging.LogRecord) -> bool:
    """Put the id of the request into a log record: a filter for handlers of logs."""
    if (request_id := _request_id.get()) is not None:
        record.request_id = request_id
    return True


def unexpected(error: Exception) -> RequestError:
    """Log an error that nobody foresaw, and return what a client is told of it."""
    _log.error("a request failed: this is a bug", exc_info=error)
    return RequestError(ErrorCode.INTERNAL, f"an error of the program: it is logged under {_request_id.get()}; tell who runs this server")
