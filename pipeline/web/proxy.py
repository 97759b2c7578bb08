"""What a proxy in front tells of its clients, believed from its addresses alone: their address, whether they use TLS, who they are."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["TrustedProxy", "is_forwarded", "parse_address", "vouched_name"]

_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
_VOUCHED = "vouched_name"


class TrustedProxy:
    """Stands before everything: gives each request the address and the scheme of the client, and the name that the proxy vouches for.

    Of a request from elsewhere nothing of this is believed. `header` is the one with the name, None where proxies vouch for nobody.
    """

    def __init__(self, app: ASGIApp, *, addresses: Sequence[IPv4Network | IPv6Network], header: str | None) -> None:
        self._app, self._addresses, self._header = app, addresses, header

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and scope.get("client") and self._is_trusted(scope["client"][0]):
            scope = self._told(scope, Headers(scope=scope))
        await self._app(scope, receive, send)

    def _told(self, scope: Scope, headers: Headers) -> Scope:
        told = {**scope, "state": {**scope.get("state", {})}}
        if client := self._client(headers):
            told["client"] = (client, 0)
        scheme = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
        if scheme in {"http", "https"}:
            told["scheme"] = scheme
        names = headers.getlist(self._header) if self._header else []
        if len(names) == 1:  # of two, one was sent by the client
            told["state"][_VOUCHED] = names[0]
        return told

    def _client(self, headers: Headers) -> str | None:
        """Return the last address that none of the proxies has: each adds the one that it was asked by, what stands before may be invented."""
        passed = [part.strip() for line in headers.getlist("x-forwarded-for") for part in line.split(",")]
        for given in reversed(passed):
            if parse_address(given) is None:
                return None
            if not self._is_trusted(given):
                return given
        return passed[0] if passed else None

    def _is_trusted(self, host: str) -> bool:
        address = parse_address(host)
        return address is not None and any(address in network for network in self._addresses)


def parse_address(host: str) -> IPv4Address | IPv6Address | None:
    """Return an address, one of IPv4 in its own form; None for what is none."""
    try:
        address = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def is_forwarded(headers: Headers) -> bool:
    """Tell whether a proxy passed the request on, as far as its headers tell."""
    return any(name in headers for name in _FORWARDED)


def vouched_name(scope: Scope) -> str | None:
    """Return the name that a trusted proxy vouches for; header lines are bytes, which proxies fill with UTF-8."""
    name: str | None = scope.get("state", {}).get(_VOUCHED)
    if name is None:
        return None
    try:
        return name.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return name
