"""Bytes of a feed to entries. feedparser sees bytes only, never an address or a file name."""

from __future__ import annotations

import html
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import feedparser

from models.feeds import FeedSource
from models.records import FeedEntry
from models.vocabulary import FeedOutcome
from pipeline.fetch.dates import parse_feed_date
from pipeline.fetch.decode import decode_feed

__all__ = ["ParsedFeed", "parse_feed"]

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No feed item is older; such dates come from empty fields."""

LATEST = timedelta(days=1)
"""How far in the future a date may lie: clocks and zones are wrong by hours, announcements by more."""

_DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", re.IGNORECASE | re.DOTALL)
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_ROOT = re.compile(r"<[A-Za-z]")
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|meta|script|title)\b", re.IGNORECASE)
_HTML_TITLE = re.compile(r"<title[^>]*>([^<]{1,300})", re.IGNORECASE)
_INLINE = "a|abbr|acronym|b|big|blockquote|br|center|cite|code|del|div|em|font|h[1-6]|hr|i|img|ins|kbd|li|mark|nobr|p|q|s|small|span|strike|strong|sub|sup|tt|u|ul|wbr"
_TAG = re.compile(rf"</?(?:{_INLINE})(?:\s[^<>]*)?/?>", re.IGNORECASE)

_NESTING = re.compile(
    r"(?:<|&lt;)(?:(?P<end>/(?:item|entry)\b)|(?P<close>/)|(?P<void>br|hr|img|input|link|meta|wbr)\b|(?P<open>[A-Za-z]))", re.IGNORECASE
)
_BLOCK = re.compile(r"</?(?:blockquote|br|center|div|h[1-6]|hr|li|p|ul)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What one body of a feed holds. `reason` is empty where the outcome is OK."""

    outcome: FeedOutcome
    reason: str
    entries: tuple[FeedEntry, ...]
    title: str
    warnings: tuple[str, ...]


DEEPEST = 2_000
"""Elements left open within one item: sloppy markup leaves dozens, and parsing takes time by the square of it."""


class _Notes:
    """Counts what was wrong with items, with the first example of each kind."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, str] = {}

    def count(self, what: str, example: str = "") -> None:
        self._counts[what] += 1
        self._examples.setdefault(what, example)

    def lines(self) -> Iterator[str]:
        for what, number in self._counts.items():
            example = f", such as {_one_line(self._examples[what])[:60]!r}" if self._examples[what] else ""
            yield f"{number} item{'s' if number > 1 else ''} {what}{example}"


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
    title = _plain(str(parsed.feed.get("title", "")))
    if not parsed.get("version"):
        outcome, reason = _explain_no_feed(text, parsed)
        return ParsedFeed(outcome, reason, (), "", troubles)
    notes = _Notes()
    if parsed.get("bozo"):
        troubles = (*troubles, f"not well-formed: {_one_line(parsed.get('bozo_exception'))}")
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
    text = _DECLARATION.sub("", text, count=1).lstrip()
    root = _ROOT.search(text)
    prolog = text[: root.start()] if root else ""
    plain = _DOCTYPE.sub("", prolog) + text[len(prolog) :]
    headers = {"content-type": "application/xml; charset=utf-8"}
    return feedparser.parse(io.BytesIO(plain.encode("utf-8", errors="replace")), response_headers=headers)


def _explain_no_feed(text: str, parsed: Mapping[str, Any]) -> tuple[FeedOutcome, str]:
    start = text[:20_000]
    if _HTML.search(start):
        title = _HTML_TITLE.search(start)
        named = f" with the title {_plain(title[1])!r}" if title else ""
        return FeedOutcome.HTML, f"a web page{named} instead of a feed"
    if not text.lstrip().startswith("<"):
        return FeedOutcome.DEAD, f"no XML: the body starts with {_one_line(text[:60])!r}"
    return FeedOutcome.DEAD, f"XML, but no feed: {_one_line(parsed.get('bozo_exception') or 'unknown root element')}"


def _read_entry(item: Mapping[str, Any], source: FeedSource, base_url: str, now: datetime, notes: _Notes) -> FeedEntry | None:
    url = _find_link(item, base_url)
    if url is None:
        notes.count("skipped for want of a usable link")
        return None
    published = _get(item, "published") or _get(item, "updated")
    at, zone = _read_date(published, source, now, notes)
    contents = [str(part.get("value", "")) for part in item.get("content", ())]
    return FeedEntry(
        feed_id=source.id,
        guid=_get(item, "id") or url,
        url=url,
        title=_plain(_get(item, "title")),
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
        link = re.sub(r"[\t\r\n]", "", link)
        if not link or not (is_link or link.startswith(("http://", "https://"))):
            continue
        try:
            absolute = urljoin(base_url, quote(link, safe="%/:=&?~#+!$,;'@()*[]"))
            parts = urlsplit(absolute)
        except ValueError:
            continue
        if parts.scheme in {"http", "https"} and parts.hostname:
            return absolute
    return None


def _read_date(raw: str, source: FeedSource, now: datetime, notes: _Notes) -> tuple[datetime | None, str | None]:
    """Return instant and zone of a date that can be believed, else two times None.

    GMT in a feed is the zone of its format, not of the place; so the configured zone, which tells the calendar day
    that the article means, stands in for it.
    """
    if not raw:
        notes.count("without a date")
        return None, None
    read = parse_feed_date(raw, source.default_tz)
    if read is None:
        notes.count("with a date of unknown form", raw)
        return None, None
    at, zone = read
    if at < EARLIEST:
        notes.count("with a date before 1990, refused", raw)
        return None, None
    if at > now + LATEST:
        notes.count("with a date in the future, refused", raw)
        return None, None
    if zone is None:
        notes.count("with a date without zone, taken for UTC", raw)
    return at, source.default_tz if zone == "UTC" and source.default_tz else zone


def _without_repeats(entries: list[FeedEntry], notes: _Notes) -> Iterator[FeedEntry]:
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


def _plain(text: str) -> str:
    """Return one line of plain text. Only names of HTML elements are tags: Korean titles hold words in angle brackets."""
    for _ in range(2):
        text = html.unescape(text)
    text = _TAG.sub(lambda tag: " " if _BLOCK.match(tag[0]) else "", text)
    return " ".join(text.split())


def _one_line(value: object) -> str:
    return " ".join(str(value).split())[:200]
