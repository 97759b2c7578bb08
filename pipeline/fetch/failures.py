"""What failures of requests mean: message, class for the next attempt, and a stable code.

Codes: bad_url, private_address, robots, robots_unreachable, dns, refused, unreachable, connect_timeout, read_timeout, total_timeout, tls, broken, bad_encoding,
bad_redirect, redirect_loop, too_many_redirects, consent, challenge, blocked, gone, not_found, rate_limited,
server_error, http_error, content_type, too_large.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping

import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    LocationParseError,
    NameResolutionError,
    ReadTimeoutError,
)
from urllib3.exceptions import SSLError as TLSError

from models.vocabulary import FailureClass
from pipeline.errors import FetchError
from pipeline.fetch.connection import PrivateAddressError
from pipeline.settings import Settings

__all__ = ["RETRIED", "explain_failure", "hide_credentials", "refuse_encoding", "refuse_status", "refuse_type"]

RETRIED = frozenset({"broken", "connect_timeout", "read_timeout", "refused", "unreachable"})
"""Failures that often pass within seconds. `dns` is not among them: a name server that says no says it again."""

_CREDENTIALS = re.compile(r"(?<=://)[^/?#@]*@")
_UNREACHABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL})
_BINARY = ("image/", "audio/", "video/", "font/")
_TEXTUAL = re.compile(r"text/.*|(?:.*[+/-])?(?:xml|html|json|rss|atom)")
_NOT_ASKED_FOR = frozenset({"br", "zstd", "compress", "x-compress", "bzip2", "xz"})
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\x00]*<")

_STATUSES = {
    401: ("blocked", FailureClass.HARD, "asks for a login (401)"),
    402: ("blocked", FailureClass.HARD, "asks for payment (402)"),
    403: ("blocked", FailureClass.HARD, "refuses access (403)"),
    404: ("not_found", FailureClass.SOFT, "is not found (404)"),
    408: ("server_error", FailureClass.TEMPORARY, "gave up waiting for the request (408)"),
    410: ("gone", FailureClass.HARD, "is gone for good (410)"),
    429: ("rate_limited", FailureClass.SOFT, "says too many requests (429)"),
    451: ("blocked", FailureClass.HARD, "is withheld for legal reasons (451)"),
}


def hide_credentials(url: str) -> str:
    """Return the address without user name and password, for messages."""
    return _CREDENTIALS.sub("", url)


def refuse_status(status: int, headers: Mapping[str, str], url: str, *, conditional: bool) -> None:
    """Raise FetchError for an answer that brings no body; 304 is one only to a request without validators."""
    shown = hide_credentials(url)
    if headers.get("cf-mitigated", "").lower() == "challenge":
        raise FetchError(f"{shown} answers with a challenge to browsers ({status})", FailureClass.HARD, code="challenge", status=status)
    if 200 <= status < 300 or (status == 304 and conditional):
        return
    if status in _STATUSES:
        code, failure, text = _STATUSES[status]
    elif status >= 500:
        code, failure, text = "server_error", FailureClass.SOFT, f"has a server error ({status})"
    else:
        code, failure, text = "http_error", FailureClass.SOFT, f"answered {status}"
    wait = headers.get("retry-after")
    later = f"; Retry-After: {wait}" if wait else ""
    raise FetchError(f"{shown} {text}{later}", failure, code=code, status=status, retry_after=wait)


def refuse_type(headers: Mapping[str, str], start: bytes, shown: str) -> None:
    """Raise FetchError for what is no text. Before the body is read, `start` is empty.

    Some servers send feeds as application/octet-stream, so an unknown type passes where the body starts with `<`.
    """
    kind = headers.get("content-type", "").split(";")[0].strip().lower()
    textual = not kind or (_TEXTUAL.fullmatch(kind) and not kind.startswith(_BINARY))
    if not textual and (kind.startswith(_BINARY) or (start and not _MARKUP.match(start))):
        raise FetchError(f"{shown} is no text but {kind}", FailureClass.HARD, code="content_type")


def refuse_encoding(headers: Mapping[str, str], shown: str) -> None:
    """Raise FetchError for a compression that was not asked for and cannot be undone."""
    used = {part.strip().lower() for part in headers.get("content-encoding", "").split(",")}
    if strange := used & _NOT_ASKED_FOR:
        message = f"{shown} is compressed as {', '.join(sorted(strange))}, which was not asked for"
        raise FetchError(message, FailureClass.HARD, code="bad_encoding")


def explain_failure(error: Exception, url: str, *, expired: bool, settings: Settings) -> FetchError:
    """Turn an error of the libraries below into a FetchError that names the cause."""
    shown = hide_credentials(url)
    if expired:
        return FetchError(f"{shown}: not complete after {settings.total_timeout:g} s", FailureClass.TEMPORARY, code="total_timeout")
    causes = tuple(_causes(error))
    host = shown.split("://", 1)[-1].split("/", 1)[0]
    for kinds, failure, code, explain in _EXPLANATIONS:
        for cause in causes:
            if isinstance(cause, kinds) and (message := explain(cause, host, settings)):
                return FetchError(message if message.startswith(host) else f"{shown}: {message}", failure, code=code)
    reason = next((text for cause in reversed(causes) if (text := str(cause).strip())), type(error).__name__)
    return FetchError(f"{shown}: the connection broke: {reason}", FailureClass.TEMPORARY, code="broken")


def _explain_name(cause: BaseException, host: str, settings: Settings) -> str:
    reason = cause.__cause__
    detail = reason.strerror if isinstance(reason, OSError) and reason.strerror else "unknown name"
    if isinstance(reason, socket.gaierror) and reason.errno == socket.EAI_AGAIN:
        return f"{host} could not be looked up: {detail}"
    return f"{host} is unknown to the name server: {detail}"


def _explain_unreachable(cause: BaseException, host: str, settings: Settings) -> str:
    """Return "" for the many other errors of the operating system."""
    return f"{host} cannot be reached: {cause.strerror}" if isinstance(cause, OSError) and cause.errno in _UNREACHABLE else ""


def _explain_certificate(cause: BaseException, host: str, settings: Settings) -> str:
    return f"{host} has no valid certificate: {getattr(cause, 'verify_message', cause)}"


Explain = Callable[[BaseException, str, Settings], str]

_EXPLANATIONS: tuple[tuple[tuple[type[BaseException], ...], FailureClass, str, Explain], ...] = (
    (
        (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, LocationParseError, UnicodeError),
        FailureClass.HARD,
        "bad_url",
        lambda cause, host, settings: f"no possible web address: {cause}",
    ),
    (
        (PrivateAddressError,),
        FailureClass.HARD,
        "private_address",
        lambda cause, host, settings: f"{host} lies at {cause}, which is no public address; PENINSULA_PRIVATE_HOSTS may name it",
    ),
    ((NameResolutionError,), FailureClass.SOFT, "dns", _explain_name),
    ((ssl.SSLCertVerificationError,), FailureClass.HARD, "tls", _explain_certificate),
    ((ConnectionRefusedError,), FailureClass.TEMPORARY, "refused", lambda cause, host, settings: f"{host} refuses connections"),
    ((OSError,), FailureClass.TEMPORARY, "unreachable", _explain_unreachable),
    (
        (ConnectTimeoutError,),
        FailureClass.TEMPORARY,
        "connect_timeout",
        lambda cause, host, settings: f"{host} did not accept a connection within {settings.connect_timeout:g} s",
    ),
    (
        (ssl.SSLError, TLSError, requests.exceptions.SSLError),
        FailureClass.SOFT,
        "tls",
        lambda cause, host, settings: f"{host} offers no secure connection: {cause}",
    ),
    (
        (ReadTimeoutError, TimeoutError),
        FailureClass.TEMPORARY,
        "read_timeout",
        lambda cause, host, settings: f"no data within {settings.read_timeout:g} s",
    ),
    (
        (requests.exceptions.ContentDecodingError, DecodeError),
        FailureClass.TEMPORARY,
        "bad_encoding",
        lambda cause, host, settings: "the compressed body is damaged",
    ),
)
"""Kinds of error with what they mean, the most telling first: one failure wears several on top of each other."""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what lies under it: libraries wrap in causes, contexts, arguments and reasons."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        current = waiting.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [getattr(current, "reason", None), *current.args, current.__cause__, current.__context__]
