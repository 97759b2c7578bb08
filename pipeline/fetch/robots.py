"""What a site's robots.txt says: which pages it asks to be left alone, and how much time it wants between requests.

The file is fetched by the same client as pages and parsed by Protego. Feeds named in feeds.yaml are fetched by the user's choice; pages that
they lead to obey.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from models.vocabulary import FailureClass
from pipeline.errors import FetchError

__all__ = ["EVERYTHING", "LARGEST", "Rules", "explain_refusal", "read_rules", "robots_address"]

LARGEST = 512_000
"""Bytes of a robots.txt that are read, as much as the standard (RFC 9309) asks for."""

LONGEST_DELAY = 60.0
"""Seconds between requests above which a crawl-delay is not followed: a night has so many."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one origin; `delay` is its crawl-delay in seconds, 0 where it has none. No `text`: everything is allowed."""

    text: Protego | None = None
    delay: float = 0.0

    def allow(self, url: str, user_agent: str) -> bool:
        """Tell whether a page may be fetched."""
        return self.text is None or bool(self.text.can_fetch(url, user_agent))


EVERYTHING = Rules()


def robots_address(url: str) -> str:
    """Return where the rules for a page lie."""
    parts = urlsplit(url)
    return parts._replace(path="/robots.txt", query="", fragment="").geturl()


def read_rules(body: bytes, user_agent: str) -> Rules:
    """Read a robots.txt; what is none by its content allows everything."""
    text = Protego.parse(body.decode("utf-8", errors="replace"))
    return Rules(text, min(float(text.crawl_delay(user_agent) or 0.0), LONGEST_DELAY))


def explain_refusal(error: FetchError) -> Rules | FetchError:
    """Return what a failed request for a robots.txt means: there is none (4xx), or the host must wait (all else)."""
    if error.code == "content_type" or (error.status is not None and 400 <= error.status < 500 and error.status != 429):
        return EVERYTHING
    return FetchError(
        f"robots.txt: {error}", FailureClass.TEMPORARY, code="robots_unreachable", status=error.status, retry_after=error.retry_after
    )
