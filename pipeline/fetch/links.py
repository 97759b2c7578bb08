"""Links that strangers wrote: made absolute, and chosen by the pattern of their source within bounded time."""

from __future__ import annotations

import re
from collections.abc import Callable
from time import monotonic
from urllib.parse import quote, urljoin, urlsplit

import regex

from models.feeds import FeedSource

__all__ = ["LinkChoice", "TimedPattern", "resolve_link"]

PATIENCE = 2.0
"""Seconds that all uses of one pattern on one body may take: an honest one takes microseconds a link."""

LONGEST_LINK = 2_000
"""Characters; browsers and servers refuse longer addresses."""

_NOWHERE = "nowhere.invalid"


def resolve_link(link: str, base_url: str) -> str | None:
    """Return a link as an absolute web address; None where it is none (`javascript:`, `mailto:`, no host)."""
    link = re.sub(r"[\t\r\n]", "", link)
    try:
        parts = urlsplit(urljoin(base_url, link))
        # The host stays as it is: a name in hangul is encoded by its own rules.
        path, query, fragment = (quote(part, safe="%/:=&?~#+!$,;'@()*[]") for part in (parts.path, parts.query, parts.fragment))
        absolute = parts._replace(path=path, query=query, fragment=fragment).geturl()
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not all(map(_may_be_in_host, parts.netloc)):
        return None
    return absolute


def _may_be_in_host(character: str) -> bool:
    return character.isprintable() and not character.isspace()


class TimedPattern:
    """A regular expression with one time budget for all its uses, since some take for ever on some texts.

    `name` is what the error calls it. All methods raise TimeoutError, with the name, once the budget is spent.
    """

    def __init__(self, pattern: str, *, name: str) -> None:
        self._compiled = regex.compile(pattern)
        self._name = name
        self._left = PATIENCE

    def is_match(self, text: str) -> bool:
        """Tell whether the pattern matches the whole text."""
        return self._run(self._compiled.fullmatch, text) is not None

    def find(self, text: str) -> str | None:
        """Return the group of the first match, or all of it where the pattern has no group; None where there is none."""
        match = self._run(self._compiled.search, text)
        return None if match is None else match[min(self._compiled.groups, 1)]

    def _run(self, method: Callable[..., regex.Match[str] | None], text: str) -> regex.Match[str] | None:
        began = monotonic()
        try:
            if self._left <= 0:
                raise TimeoutError
            return method(text, timeout=self._left)
        except TimeoutError as error:
            raise TimeoutError(f"{self._name} takes more than {PATIENCE:g} s here: make it simpler") from error
        finally:
            self._left -= monotonic() - began


class LinkChoice:
    """Decides which addresses are articles of a source: those that `link_pattern` matches, on the source's own host.

    An address on another host is one only where the pattern names that host, that is, where it would not match the
    same address on any host. `takes` raises TimeoutError like TimedPattern.
    """

    def __init__(self, source: FeedSource, base_url: str) -> None:
        self._hosts = {_host(source.url), _host(base_url)}
        self._pattern = TimedPattern(source.link_pattern, name="link_pattern") if source.link_pattern else None

    def is_home(self, url: str) -> bool:
        """Tell whether an address is on the host of the source; a leading `www.` makes no difference."""
        return _host(url) in self._hosts

    def takes(self, url: str) -> bool:
        """Tell whether an absolute address is an article of the source."""
        if len(url) > LONGEST_LINK:
            return False
        if self._pattern is None:
            return self.is_home(url)
        if not self._pattern.is_match(url):
            return False
        return self.is_home(url) or not self._pattern.is_match(urlsplit(url)._replace(netloc=_NOWHERE).geturl())


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
