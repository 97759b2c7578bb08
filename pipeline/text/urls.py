"""Addresses: one key per article, and whether two addresses belong to one site.

courlan cleans host and path. Its treatment of the query is not used: even outside strict mode it deletes by the
beginning of a name (`uid`, `cid`, `eid`, `ref…`, `ga…`), and `sub_read.html?uid=123` is the whole address of an
article in a content system that many Korean papers run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urlsplit

from courlan import extract_domain, normalize_url

from pipeline.text.yaml_lines import Node, read_yaml

__all__ = ["ParamTable", "is_home_of", "load_params", "same_site", "trusted_canonical", "url_key"]

PARAMS = Path(__file__).with_name("url_params.yaml")

_SESSION = re.compile(r";jsessionid=[^/?#;]*", re.IGNORECASE)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_NUMBER_OR_SLUG = re.compile(r"\d{4}|-.*-|%[E-F]")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True, slots=True)
class ParamTable:
    """Which query parameters tell no article from another: on every host by name or prefix, and by site."""

    names: frozenset[str]
    prefixes: tuple[str, ...]
    hosts: Mapping[str, frozenset[str]]

    def drops(self, name: str, host: str) -> bool:
        """Tell whether the parameter `name` says nothing about which article an address of `host` shows."""
        name = name.lower()
        if name in self.names or name.startswith(self.prefixes):
            return True
        labels = host.split(".")
        return any(name in self.hosts.get(".".join(labels[start:]), ()) for start in range(len(labels)))


def load_params(path: Path = PARAMS) -> ParamTable:
    """Read the table of parameters. Raises ConfigurationError that names file and line where its shape is wrong."""
    fields = read_yaml(path).fields(required=frozenset({"everywhere", "hosts"}))
    everywhere = _read_names(fields["everywhere"])
    return ParamTable(
        names=frozenset(name for name in everywhere if not name.endswith("*")),
        prefixes=tuple(name[:-1] for name in everywhere if name.endswith("*")),
        hosts={host: frozenset(_read_names(node)) for host, node in fields["hosts"].fields().items()},
    )


def _read_names(node: Node) -> list[str]:
    for member in node.members():
        if member.string() != member.string().lower():
            raise member.fail(f"{node.name}: {member.string()!r} must be in lower case")
    return node.strings()


@cache
def _default_params() -> ParamTable:
    return load_params()


def url_key(url: str, *, params: ParamTable | None = None) -> str:
    """Return the key that all addresses of one article share. It is a name to compare, not an address to fetch.

    Scheme, default port, credentials, fragment, session number, trailing slash and parameters of the table go;
    parameters are sorted. Fragments that are routes (`#!/news/1`) stay. What is no web address comes back stripped.
    """
    cleaned = "".join(url.split()).replace("&amp;", "&")
    try:
        parts = urlsplit(cleaned)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return cleaned
    if parts.scheme not in {"http", "https"} or not host:
        return cleaned
    path = _clean_path(host, parts.path)
    query = _clean_query(parts.query, host, params or _default_params())
    place = f"[{host}]" if ":" in host else _readable(host)
    if port is not None and port not in {80, 443}:
        place += f":{port}"
    route = f"#{parts.fragment}" if parts.fragment.startswith(("!", "/")) else ""
    return f"https://{place}{path}{'?' + query if query else ''}{route}"


def _readable(host: str) -> str:
    """Return the host in lower case, punycode decoded."""
    try:
        return urlsplit(normalize_url(f"https://{host}/")).hostname or host
    except ValueError:
        return host


def _clean_path(host: str, path: str) -> str:
    path = _SESSION.sub("", path)
    try:
        path = urlsplit(normalize_url(f"https://{host}{path}" if path.startswith("/") else f"https://{host}/{path}")).path
    except ValueError:
        path = quote(path, safe="/%!=:,-")
    return _ESCAPE.sub(_plain_escape, path).rstrip("/")


def _plain_escape(match: re.Match[str]) -> str:
    """Undo escapes that were not needed and write the others in upper case."""
    byte = int(match[1], 16)
    return chr(byte) if byte in _UNRESERVED else match[0].upper()


def _clean_query(query: str, host: str, params: ParamTable) -> str:
    kept = []
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        if (equals and not value) or not part or params.drops(name, host):
            continue
        kept.append(_plain_part(name) + equals + _plain_part(value))
    return "&".join(sorted(set(kept)))


def _plain_part(text: str) -> str:
    """Escape every byte in one way only, whatever encoding it is in."""
    return quote(unquote_to_bytes(text.replace("+", " ")), safe="")


def same_site(left: str, right: str) -> bool:
    """Tell whether two addresses are of one registered domain (`en.yna.co.kr` and `www.yna.co.kr`).

    Numbers and hosts outside the public name space (`wire.example`, `localhost`) are compared as they are, but for a
    leading `www.` or `m.`.
    """
    return _site(left) is not None and _site(left) == _site(right)


def _site(url: str) -> str | None:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    if not host:
        return None
    try:
        return str(ip_address(host))
    except ValueError:
        domain = extract_domain(f"https://{host}/")
    return str(domain) if domain else host.removeprefix("www.").removeprefix("m.")


def is_home_of(candidate: str, url: str) -> bool:
    """Tell whether `candidate` is the home page, a section page or the bare template of `url`, and not an article.

    An address above `url` whose last part has a number or a slug is taken for the article itself (`/news/12345` of
    `/news/12345/amp`).
    """
    try:
        above, below = urlsplit(url_key(candidate)), urlsplit(url_key(url))
    except ValueError:
        return False
    if not above.path and not above.query and not above.fragment:
        return True
    if above.query or above.fragment or _NUMBER_OR_SLUG.search(above.path.rsplit("/", 1)[-1]):
        return False
    return below.path.startswith(above.path + "/") or (above.path == below.path and bool(below.query))


def trusted_canonical(url: str, canonical: str) -> str | None:
    """Return the page's own canonical address where it can be believed, else None.

    It must be absolute, on the same site, and not the home or section page: careless templates name one of these on
    every article, and all articles would become one.
    """
    if not canonical.startswith(("http://", "https://")) or not same_site(url, canonical) or is_home_of(canonical, url):
        return None
    return canonical
