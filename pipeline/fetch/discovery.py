"""What a source names: one way in for feeds, sitemaps and listing pages, and the same entries out of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from models.feeds import FeedSource
from models.vocabulary import FeedOutcome
from pipeline.fetch.feed import parse_feed
from pipeline.fetch.items import ParsedFeed
from pipeline.fetch.listing import parse_listing
from pipeline.fetch.sitemap import ChildSitemap, child_sitemaps, parse_sitemap

__all__ = ["ChildSitemap", "parse_source", "wanted_children"]


def wanted_children(body: bytes, source: FeedSource, *, base_url: str, content_type: str | None = None, now: datetime) -> tuple[str, ...]:
    """Return the addresses that must be fetched too before the source can be read: those of a sitemap index, newest first.

    There are at most `sitemap.MOST_CHILDREN`, all on the host of the source; none for everything that is no index.
    """
    if source.source != "sitemap":
        return ()
    return child_sitemaps(body, source, base_url=base_url, content_type=content_type, now=now)


def parse_source(
    body: bytes,
    source: FeedSource,
    *,
    base_url: str,
    content_type: str | None = None,
    now: datetime,
    children: Sequence[ChildSitemap] = (),
) -> ParsedFeed:
    """Return the entries of a feed, sitemap or listing page, with absolute links and dates in UTC.

    `base_url` is the address that answered; `now` bounds the dates; `children` are the answers for the addresses of
    `wanted_children`. Never raises for what a body holds: all of it is an outcome with a reason.
    """
    try:
        match source.source:
            case "feed":
                return parse_feed(body, source, base_url=base_url, content_type=content_type, now=now)
            case "sitemap":
                return parse_sitemap(body, source, base_url=base_url, content_type=content_type, now=now, children=children)
            case "listing":
                return parse_listing(body, source, base_url=base_url, content_type=content_type, now=now)
    except TimeoutError as error:
        return ParsedFeed(FeedOutcome.DEAD, str(error), (), "", ())
