"""Limits: how large a request may be, how many may come in a minute, and tokens for those who need more.

A token is shown once, when it is made; the file keeps its hash, its name and its rate. Tokens are 256 random bits, so that a plain hash
is enough: there is nothing to guess.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
import logging
import os
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import monotonic

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pipeline.errors import ConfigurationError, UsageError

__all__ = [
    "MOST_BODY_BYTES",
    "MOST_PARAMETERS",
    "MOST_QUERY_BYTES",
    "Buckets",
    "Token",
    "Tokens",
    "add_token",
    "client_key",
    "read_tokens",
    "remove_token",
]

MOST_QUERY_BYTES = 8_192
"""Of a query string, percent signs and all: a filter of 900 Korean syllables; what web servers take by custom."""

MOST_BODY_BYTES = 1_024
"""Of a body, which no request needs."""

MOST_PARAMETERS = 100
"""Values in one query: each name is looked up."""

_MINUTE = 60.0
_NAME = re.compile(r"[\w.@-]{1,64}")
_PREFIX = "pn_"

_log = logging.getLogger(__name__)


class Buckets:
    """Token buckets: each key may make `rate` requests a minute, all at once after a minute's rest. Kept in memory for this process.

    No more than `most` keys are kept; the one that was seen longest ago goes first.
    """

    def __init__(self, *, clock: Callable[[], float] = monotonic, most: int = 10_000) -> None:
        self._clock = clock
        self._most = most
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, rate: int) -> float:
        """Count one request; return 0 where it may be answered, else the seconds until the next may. A rate of 0 is no limit."""
        if rate == 0:
            return 0.0
        now = self._clock()
        level, seen = self._levels.pop(key, (float(rate), now))
        level = min(float(rate), level + (now - seen) * rate / _MINUTE)
        allowed = level >= 1
        self._levels[key] = (level - 1 if allowed else level, now)
        while len(self._levels) > self._most:
            self._levels.popitem(last=False)
        return 0.0 if allowed else (1 - level) * _MINUTE / rate


def client_key(host: str | None) -> str:
    """Return the key under which requests of an address are counted: an IPv6 network of 64 bits belongs to one client."""
    try:
        address = ipaddress.ip_address((host or "").split("%")[0])
    except ValueError:
        return f"address {host}"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return f"address {ipaddress.ip_network((address, 64), strict=False)}"
    return f"address {address}"


class Token(BaseModel):
    """One token, as the file has it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=rf"^{_NAME.pattern}$", description="Who has it.")
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="Hash of the token.")
    rate: int = Field(ge=0, description="Requests a minute; 0 for no limit.")
    created_at: datetime = Field(description="When it was made.")


_FILE = TypeAdapter(list[Token])


class Tokens:
    """The tokens of a file, which is read again when it changes. Without the file there are none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[int, int] | None = None
        self._tokens: list[Token] = []
        self._refresh()

    def find(self, secret: str) -> Token | None:
        """Return the token whose secret this is. Every hash is compared, each in constant time."""
        try:
            self._refresh()
        except ConfigurationError as error:
            _log.error("%s; the tokens that were read last stay in force", error)
        wanted = _hash(secret)
        found = [token for token in self._tokens if hmac.compare_digest(token.sha256, wanted)]
        return found[0] if found else None

    def _refresh(self) -> None:
        state = _state(self._path)
        if state != self._read:
            self._read = state
            self._tokens = read_tokens(self._path)


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


def read_tokens(path: Path) -> list[Token]:
    """Return the tokens of a file, none where it is missing. Raises ConfigurationError for one that cannot be read."""
    try:
        return _FILE.validate_json(path.read_bytes())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigurationError(f"the tokens cannot be read: {error.strerror or error}", path=path) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        message = f"this is no file of tokens ({f'{place}: ' if place else ''}{first['msg']}): mend it, or delete it and make new tokens"
        raise ConfigurationError(message, path=path) from error


def add_token(path: Path, name: str, rate: int) -> str:
    """Make a token of this name and rate and return it; the file gets its hash. Raises UsageError for a name that is taken or odd."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a token: up to 64 letters, digits and . _ @ -")
    tokens = read_tokens(path)
    if any(token.name == name for token in tokens):
        raise UsageError(f"there is a token called {name!r} already: take it back with `peninsula serve token {name} --revoke`")
    secret = _PREFIX + secrets.token_urlsafe(32)
    _write_tokens(path, [*tokens, Token(name=name, sha256=_hash(secret), rate=rate, created_at=datetime.now(UTC))])
    return secret


def remove_token(path: Path, name: str) -> None:
    """Take a token back, at once for a server that runs too. Raises UsageError where there is none of this name."""
    tokens = read_tokens(path)
    kept = [token for token in tokens if token.name != name]
    if len(kept) == len(tokens):
        held = ", ".join(token.name for token in tokens) or "none"
        raise UsageError(f"there is no token called {name!r}; there are: {held}")
    _write_tokens(path, kept)


def _hash(secret: str) -> str:
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _write_tokens(path: Path, tokens: Iterable[Token]) -> None:
    """Write beside the file and rename, so that a server never reads half of one; nobody else may read it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8") as file:
            json.dump([token.model_dump(mode="json") for token in tokens], file, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except OSError as error:
        raise ConfigurationError(f"the tokens cannot be written: {error.strerror or error}", path=path) from error
