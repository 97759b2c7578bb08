"""Sitemaps to entries: plain ones, news sitemaps, gzip, and an index with the sitemaps it names.

A plain sitemap says when a page was changed, not when it was published: `lastmod` decides what is new and is kept as
the date of update; only `news:publication_date` is a date of publication.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lxml import etree
from lxml.etree import _Element as Element

from models.feeds import FeedSource
from models.records import FeedEntry
from models.vocabulary import FeedOutcome
from models.zones import parse_zone
from pipeline.fetch.decode import decode_feed
from pipeline.fetch.items import Notes, ParsedFeed, describe_page, drop_doctype, one_line, plain_line, read_date
from pipeline.fetch.links import LinkChoice, resolve_link
from pipeline.text.urls import url_key

__all__ = ["ChildSitemap", "child_sitemaps", "parse_sitemap"]

MOST_CHILDREN = 5
"""Sitemaps of an index that are followed: the newest hold the news, and each is a request to one host."""

MOST_ROWS = 50_000
"""Addresses of a sitemap that are read: the protocol allows no more."""

MOST_ENTRIES = 1_000
"""Entries that are taken, the newest first: above any newsroom's output of some days."""

LARGEST = 20_000_000
"""Bytes of an unpacked gzip sitemap; one of 50,000 long addresses has ten million."""

_GZIP = b"\x1f\x8b"
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,10}|#[xX][0-9a-fA-F]{1,8});)")
_ROOTS = {"urlset": "url", "sitemapindex": "sitemap"}


@dataclass(frozen=True, slots=True)
class ChildSitemap:
    """What came of the request for one sitemap of an index: a body, or None and why there is none.

    `url` is the address as `child_sitemaps` gave it, `base_url` the one that answered.
    """

    url: str
    base_url: str
    body: bytes | None
    content_type: str | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    """One address of a sitemap or of an index, absolute, with its dates as they are written."""

    url: str
    changed: str = ""
    published: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class _Sitemap:
    """The rows of one document, in its order."""

    is_index: bool
    rows: tuple[_Row, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why a body is no sitemap."""

    outcome: FeedOutcome
    reason: str
    warnings: tuple[str, ...] = ()


def child_sitemaps(body: bytes, source: FeedSource, *, base_url: str, content_type: str | None = None, now: datetime) -> tuple[str, ...]:
    """Return the addresses of the sitemaps that an index wants read, newest first; none for what is no index.

    They are on the host of the source, of the days that the source asks for (the newest one in any case), and few.
    """
    document = _read_document(body, base_url, content_type)
    if isinstance(document, _Refusal) or not document.is_index:
        return ()
    return _choose_children(document, source, base_url, now)


def parse_sitemap(
    body: bytes,
    source: FeedSource,
    *,
    base_url: str,
    content_type: str | None = None,
    now: datetime,
    children: Sequence[ChildSitemap] = (),
) -> ParsedFeed:
    """Return the entries of a sitemap that are new enough, the newest first.

    For an index, `children` are the answers to the requests for `child_sitemaps`. Entries that are too old are no
    fault: where there are no others, the outcome is OK with no entries and a warning that says so. Never raises for
    what a body holds, except TimeoutError where `link_pattern` takes too long.
    """
    document = _read_document(body, base_url, content_type)
    if isinstance(document, _Refusal):
        return ParsedFeed(document.outcome, document.reason, (), "", document.warnings)
    choice = LinkChoice(source, base_url)
    if not document.is_index:
        return _choose_entries(document.rows, document.warnings, source, choice, now)
    wanted = _choose_children(document, source, base_url, now)
    if not wanted:
        reason = f"the index names {_count(len(document.rows), 'sitemap')}, none of them on its own host"
        return ParsedFeed(FeedOutcome.EMPTY, reason, (), "", document.warnings)
    left_out = len(document.rows) - len(wanted)
    warnings = list(document.warnings)
    if left_out:
        warnings.append(f"{_count(left_out, 'sitemap')} of the index left out, {len(wanted)} followed")
    return _join_children(wanted, children, warnings, source, choice, now)


def _join_children(
    wanted: Sequence[str], children: Iterable[ChildSitemap], warnings: list[str], source: FeedSource, choice: LinkChoice, now: datetime
) -> ParsedFeed:
    """Read the sitemaps of an index as one; those that cannot be read are told."""
    answers = {child.url: child for child in children}
    rows: list[_Row] = []
    failures = []
    for url in wanted:
        child = _read_child(answers.get(url))
        if isinstance(child, _Refusal):
            failures.append(f"{url}: {child.reason}")
        else:
            rows += child.rows
            warnings += [f"{url}: {warning}" for warning in child.warnings]
    if len(failures) == len(wanted):
        return ParsedFeed(FeedOutcome.DEAD, f"no sitemap of the index can be read: {failures[0]}", (), "", tuple(warnings))
    return _choose_entries(rows, (*warnings, *failures), source, choice, now)


def _read_child(child: ChildSitemap | None) -> _Sitemap | _Refusal:
    if child is None or child.body is None:
        return _Refusal(FeedOutcome.DEAD, child.failure if child and child.failure else "was not fetched")
    document = _read_document(child.body, child.base_url, child.content_type)
    if isinstance(document, _Sitemap) and document.is_index:
        return _Refusal(FeedOutcome.DEAD, "an index within an index, which is not followed")
    return document


# --- from bytes to rows ---


def _read_document(body: bytes, base_url: str, content_type: str | None) -> _Sitemap | _Refusal:
    """Read one document. Entities are neither expanded nor loaded; what is broken is read as far as it goes."""
    try:
        body = _unpack(body)
    except ValueError as error:
        return _Refusal(FeedOutcome.DEAD, str(error))
    if not body.strip(b"\x00 \t\r\n"):
        return _Refusal(FeedOutcome.EMPTY, "the body is empty")
    text, warnings = decode_feed(body, content_type)
    events = etree.iterparse(
        io.BytesIO(_escape_ampersands(drop_doctype(text)).encode("utf-8", errors="replace")),
        events=("start", "end"),
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    found = _Rows(base_url)
    try:
        found.read(events)
    except etree.XMLSyntaxError:
        found.root = None
    if found.root not in _ROOTS:
        return _explain_no_sitemap(text, found.root, warnings)
    if faults := [entry for entry in events.error_log if entry.level_name == "FATAL"]:
        warnings = (*warnings, f"not well-formed: {one_line(faults[0].message)}, line {faults[0].line}")
    return _Sitemap(found.root == "sitemapindex", tuple(found.rows), (*warnings, *found.warnings()))


def _escape_ampersands(text: str) -> str:
    """Make bare ampersands, and so all references to entities, plain text: addresses are often written without escaping."""
    outside, *sections = text.split("<![CDATA[")
    pieces = [_BARE_AMPERSAND.sub("&amp;", outside)]
    for section in sections:
        inside, end, rest = section.partition("]]>")
        pieces += ["<![CDATA[", inside, end, _BARE_AMPERSAND.sub("&amp;", rest)]
    return "".join(pieces)


def _unpack(body: bytes) -> bytes:
    """Return the body, unpacked where it is gzip. Raises ValueError where it is damaged or too large."""
    if not body.startswith(_GZIP):
        return body
    try:
        unpacked = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body, LARGEST + 1)
    except zlib.error as error:
        raise ValueError(f"the gzip body is damaged: {error}") from error
    if len(unpacked) > LARGEST:
        raise ValueError(f"the gzip body holds more than {LARGEST:,} bytes")
    return unpacked


def _explain_no_sitemap(text: str, root: str | None, warnings: tuple[str, ...]) -> _Refusal:
    if page := describe_page(text):
        return _Refusal(FeedOutcome.HTML, f"{page} instead of a sitemap", warnings)
    if root in {"rss", "feed", "RDF"}:
        return _Refusal(FeedOutcome.DEAD, f"a feed instead of a sitemap (its root is <{root}>): declare it as a feed", warnings)
    if root is not None:
        return _Refusal(FeedOutcome.DEAD, f"XML, but no sitemap: its root is <{one_line(root)[:60]}>", warnings)
    return _Refusal(FeedOutcome.DEAD, f"no XML: the body starts with {one_line(text[:60])!r}", warnings)


class _Rows:
    """Collects the rows of a document while it is parsed, and forgets its elements, so that memory holds the rows only."""

    def __init__(self, base_url: str) -> None:
        self.root: str | None = None
        self.rows: list[_Row] = []
        self._base_url = base_url
        self._cut = 0
        self._without_link = 0

    def read(self, events: etree.iterparse) -> None:
        """Read all events up to the end, or nothing where the root is none of a sitemap."""
        for event, element in events:
            parent = element.getparent()
            if event == "start" and parent is None:
                self.root = _name(element)
                if self.root not in _ROOTS:
                    return
            elif event == "end" and parent is not None and parent.getparent() is None:
                if _name(element) == _ROOTS[self.root or ""]:
                    self._take(element)
                element.clear()
                while element.getprevious() is not None:
                    del parent[0]

    def warnings(self) -> Iterator[str]:
        """Yield what was left out."""
        if self._without_link:
            yield f"{_count(self._without_link, 'item')} skipped for want of a usable link"
        if self._cut:
            yield f"cut: only the first {MOST_ROWS:,} addresses of {MOST_ROWS + self._cut:,} were read"

    def _take(self, element: Element) -> None:
        if len(self.rows) >= MOST_ROWS:
            self._cut += 1
            return
        fields = _fields(element)
        for child in element:
            if _name(child) == "news":
                fields |= {name: text for name, text in _fields(child).items() if name in {"publication_date", "title"}}
        url = resolve_link(fields["loc"], self._base_url) if fields.get("loc") else None
        if url is None:
            self._without_link += 1
            return
        self.rows.append(_Row(url, fields.get("lastmod", ""), fields.get("publication_date", ""), plain_line(fields.get("title", ""))))


def _fields(element: Element) -> dict[str, str]:
    """Return the texts of the children by name; parts of images and videos, a level lower, are none of them."""
    return {_name(child): (child.text or "").strip() for child in element}


def _name(element: Element) -> str:
    """Return the name of an element without its namespace, or without its prefix where that was not declared."""
    return str(element.tag).rpartition("}")[2].rpartition(":")[2]


# --- from rows to entries ---


def _choose_children(document: _Sitemap, source: FeedSource, base_url: str, now: datetime) -> tuple[str, ...]:
    """Return the sitemaps to read: dated ones by date, then the others in their order, each once."""
    choice, notes = LinkChoice(source, base_url), Notes()
    dated: dict[str, datetime] = {}
    undated: dict[str, None] = {}
    for row in document.rows:
        if not choice.is_home(row.url):
            continue
        at, _ = read_date(row.changed, source, now, notes)
        if at is None:
            undated.setdefault(row.url)
        else:
            dated[row.url] = max(at, dated.get(row.url, at))
    oldest = _oldest(source, now)
    newest_first = sorted(dated, key=lambda url: dated[url], reverse=True)
    fresh = [url for url in newest_first if dated[url] >= oldest]
    others = [url for url in undated if url not in dated]
    return tuple([*(fresh or newest_first[:1]), *others][:MOST_CHILDREN])


def _choose_entries(rows: Sequence[_Row], warnings: tuple[str, ...], source: FeedSource, choice: LinkChoice, now: datetime) -> ParsedFeed:
    """Return the rows that are articles and new enough, as entries, each once."""
    if not rows:
        return ParsedFeed(FeedOutcome.EMPTY, "the sitemap has no addresses", (), "", warnings)
    matching = [row for row in rows if choice.takes(row.url)]
    if not matching:
        rule = "matches link_pattern" if source.link_pattern else "is on its own host"
        return ParsedFeed(FeedOutcome.EMPTY, f"{_count(len(rows), 'address')}, none of which {rule}", (), "", warnings)
    notes = Notes()
    dated = sorted(_date_rows(matching, source, now, notes), key=lambda pair: pair[0], reverse=True)
    warnings = (*warnings, *notes.lines())
    if undated := len(matching) - len(dated):
        warnings = (*warnings, f"{_count(undated, 'address')} left out for want of a date")
    if not dated:
        reason = f"{_count(len(matching), 'address')}, none with a date that can be believed"
        return ParsedFeed(FeedOutcome.EMPTY, reason, (), "", warnings)
    oldest = _oldest(source, now)
    entries = tuple(_without_repeats(entry for at, entry in dated if at >= oldest))
    if not entries:
        told = f"none of {_count(len(dated), 'address')} is of the last {source.max_age_days} days; the newest is of {dated[0][0]:%Y-%m-%d}"
        warnings = (*warnings, told)
    if len(entries) > MOST_ENTRIES:
        warnings = (*warnings, f"cut: the newest {MOST_ENTRIES:,} of {len(entries):,} entries were taken")
    return ParsedFeed(FeedOutcome.OK, "", entries[:MOST_ENTRIES], "", warnings)


def _date_rows(rows: Iterable[_Row], source: FeedSource, now: datetime, notes: Notes) -> Iterator[tuple[datetime, FeedEntry]]:
    """Yield each row that has a date, with that date in UTC; the others are counted."""
    for row in rows:
        at, zone = read_date(row.published or row.changed, source, now, notes)
        if at is None:
            continue
        is_published = bool(row.published)
        yield (
            at,
            FeedEntry(
                feed_id=source.id,
                guid=url_key(row.url),
                url=row.url,
                title=row.title,
                summary="",
                content="",
                published_raw=row.published or None,
                published_at=at if is_published else None,
                updated_raw=row.changed or None,
                published_zone=zone if is_published else None,
            ),
        )


def _without_repeats(entries: Iterable[FeedEntry]) -> Iterable[FeedEntry]:
    """Return each article once; what a news sitemap says of it goes before what a plain one says."""
    unique: dict[str, FeedEntry] = {}
    for entry in entries:
        if unique.setdefault(entry.guid, entry).published_at is None and entry.published_at is not None:
            unique[entry.guid] = entry
    return unique.values()


def _oldest(source: FeedSource, now: datetime) -> datetime:
    """Return the start of the first day that counts, in the zone of the source: many dates are days without a time."""
    first = now.astimezone(parse_zone(source.default_tz)) - timedelta(days=source.max_age_days)
    return first.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def _count(number: int, noun: str) -> str:
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"
