"""Bytes of a feed to entries. feedparser sees bytes only, never an address or a file name."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import feedparser

from models.feeds import FeedSource
from models.records import FeedEntry
from models.vocabulary import FeedOutcome
from pipeline.fetch.decode import decode_feed
from pipeline.fetch.items import Notes, ParsedFeed, describe_page, drop_doctype, one_line, plain_line, read_date
from pipeline.fetch.links import resolve_link

__all__ = ["ParsedFeed", "parse_feed"]

_NESTING = re.compile(
    r"(?:<|&lt;)(?:(?P<end>/(?:item|entry)\b)|(?P<close>/)|(?P<void>br|hr|img|input|link|meta|wbr)\b|(?P<open>[A-Za-z]))", re.IGNORECASE
)

DEEPEST = 2_000
"""Elements left open within one item: sloppy markup leaves dozens, and parsing takes time by the square of it."""


def parse_feed(body: bytes, source: FeedSource, *, base_url: str, content_type: str | None = None, now: datetime) -> ParsedFeed:
    """Return the entries of a feed with absolute links and dates in UTC.

    `base_url` is the address that answered; `now` bounds the dates. Never raises for what the body holds: a web page,
    an empty body, a broken document are outcomes with a reason.
    """
    if not body.strip(b"\x00 \t\r\n"):
        return ParsedFeed(FeedOutcome.EMPTY, "the body is empty", (), "", ())
    text, troubles = decode_feed(body, content_type)
    if _is_too_deep(text):
        return ParsedFeed(FeedOutcome.DEAD, f"more than {DEEPEST:,} elements are left open in one item", (), "", troubles)
    parsed = _parse_xml(text)
    title = plain_line(str(parsed.feed.get("title", "")))
    if not parsed.get("version"):
        outcome, reason = _explain_no_feed(text, parsed)
        return ParsedFeed(outcome, reason, (), "", troubles)
    notes = Notes()
    if parsed.get("bozo"):
        troubles = (*troubles, f"not well-formed: {one_line(parsed.get('bozo_exception'))}")
    found = [entry for item in parsed.entries if (entry := _read_entry(item, source, base_url, now, notes))]
    entries = tuple(_without_repeats(found, notes))
    warnings = (*troubles, *notes.lines())
    if entries:
        return ParsedFeed(FeedOutcome.OK, "", entries, title, warnings)
    if parsed.get("bozo") and not parsed.entries:
        return ParsedFeed(FeedOutcome.DEAD, f"no items, and {troubles[-1]}", (), title, troubles[:-1])
    reason = f"{len(parsed.entries)} items, none with a usable link" if parsed.entries else "the feed has no items"
    return ParsedFeed(FeedOutcome.EMPTY, reason, (), title, warnings)


def _is_too_deep(text: str) -> bool:
    depth = 0
    for tag in _NESTING.finditer(text):
        if tag["end"]:
            depth = 0
        elif tag["close"]:
            depth = max(depth - 1, 0)
        elif tag["open"]:
            depth += 1
            if depth > DEEPEST:
                return True
    return False


def _parse_xml(text: str) -> Any:  # noqa: ANN401 -- feedparser has no types
    """Parse without declarations of entities, so that none is expanded or loaded, and without a claim of encoding.

    No base address is given: feedparser would make addresses of guids, and they would change with each redirect.
    """
    headers = {"content-type": "application/xml; charset=utf-8"}
    return feedparser.parse(io.BytesIO(drop_doctype(text).encode("utf-8", errors="replace")), response_headers=headers)


def _explain_no_feed(text: str, parsed: Mapping[str, Any]) -> tuple[FeedOutcome, str]:
    if page := describe_page(text):
        return FeedOutcome.HTML, f"{page} instead of a feed"
    if not text.lstrip().startswith("<"):
        return FeedOutcome.DEAD, f"no XML: the body starts with {one_line(text[:60])!r}"
    return FeedOutcome.DEAD, f"XML, but no feed: {one_line(parsed.get('bozo_exception') or 'unknown root element')}"


def _read_entry(item: Mapping[str, Any], source: FeedSource, base_url: str, now: datetime, notes: Notes) -> FeedEntry | None:
    url = _find_link(item, base_url)
    if url is None:
        notes.count("skipped for want of a usable link")
        return None
    published = _get(item, "published") or _get(item, "updated")
    at, zone = read_date(published, source, now, notes)
    contents = [str(part.get("value", "")) for part in item.get("content", ())]
    return FeedEntry(
        feed_id=source.id,
        guid=_get(item, "id") or url,
        url=url,
        title=plain_line(_get(item, "title")),
        summary=_get(item, "summary"),
        content=max(contents, key=len, default=""),
        published_raw=published or None,
        published_at=at,
        updated_raw=_get(item, "updated") or None,
        published_zone=zone,
    )


def _get(item: Mapping[str, Any], name: str) -> str:
    """Return a field as it stands; feedparser's own look-up would put `published` in the place of `updated`."""
    value = dict.get(item, name) if isinstance(item, dict) else None
    return value.strip() if isinstance(value, str) else ""


def _find_link(item: Mapping[str, Any], base_url: str) -> str | None:
    """Return the absolute address of the article.

    The original one goes first, where a feed service put its own before it; a guid serves where there is no link and
    the guid is an address. A guid that is none is no relative link.
    """
    given = _get(item, "link")
    is_element = any(part.get("href") == given for part in item.get("links") or ())
    candidates = ((_get(item, "feedburner_origlink"), True), (given, is_element), (_get(item, "id"), False))
    for link, is_link in candidates:
        usable = is_link or link.startswith(("http://", "https://"))
        if link.strip() and usable and (absolute := resolve_link(link, base_url)):
            return absolute
    return None


def _without_repeats(entries: list[FeedEntry], notes: Notes) -> Iterator[FeedEntry]:
    """Yield each entry once by guid.

    Some systems write one guid into every item. So an entry whose guid was seen with another link and another title
    is another article, and gets its link for a guid.
    """
    seen: dict[str, FeedEntry] = {}
    for entry in entries:
        first = seen.setdefault(entry.guid, entry)
        if first is entry:
            yield entry
            continue
        same = entry.url == first.url or entry.title == first.title
        if same or seen.setdefault(entry.url, entry) is not entry:
            notes.count("repeated, kept once", entry.guid)
        else:
            notes.count("with the guid of another item, told apart by the link", entry.guid)
            yield replace(entry, guid=entry.url)
