"""Fetch: feeds.yaml to feed entries and pages, with the raw bytes kept first."""

from __future__ import annotations

from pipeline.fetch.archive import Archive, StoredBody
from pipeline.fetch.catalog import load_catalog, select_feeds
from pipeline.fetch.client import Client, Reply
from pipeline.fetch.dates import parse_feed_date
from pipeline.fetch.feed import ParsedFeed, parse_feed
from pipeline.fetch.politeness import take_turns

__all__ = [
    "Archive",
    "Client",
    "ParsedFeed",
    "Reply",
    "StoredBody",
    "load_catalog",
    "parse_feed",
    "parse_feed_date",
    "select_feeds",
    "take_turns",
]
