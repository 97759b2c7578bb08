"""Pages that list links to entries, for publishers that have no feed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urldefrag

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from models.feeds import FeedSource
from models.records import FeedEntry
from models.vocabulary import FeedOutcome
from pipeline.fetch.decode import decode_feed
from pipeline.fetch.items import Notes, ParsedFeed, one_line, read_date
from pipeline.fetch.links import LinkChoice, TimedPattern, resolve_link
from pipeline.text.urls import url_key

__all__ = ["parse_listing"]

MOST_LINKS = 5_000
"""Links of a page that are looked at; long lists have hundreds."""

MOST_ENTRIES = 500
"""Entries that are taken, in the order of the page: the newest stand first on every list."""

LONGEST_TITLE = 500
LONGEST_ROW = 2_000
"""Characters around a link in which its date is looked for."""

HIGHEST_ROW = 6
"""Steps up from a link to the row of the list that holds it and no other article."""

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._-]{1,40})", re.IGNORECASE)
_HIDDEN = ("script", "style", "template", "svg")
_HEADINGS = "descendant::*[self::h1 or self::h2 or self::h3 or self::h4 or self::h5 or self::h6]"
_BLOCKS = frozenset(
    {"article", "br", "dd", "div", "dt", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "img", "li", "p", "section", "td", "ul"}
)


@dataclass(slots=True)
class _Found:
    """One article of the page: its address and the links that lead to it."""

    url: str
    anchors: list[HtmlElement] = field(default_factory=list)


def parse_listing(body: bytes, source: FeedSource, *, base_url: str, content_type: str | None = None, now: datetime) -> ParsedFeed:
    """Return the articles that a page links to, in its order, with the titles and dates that stand there.

    Links are those that `link_pattern` of the source matches. The date is what `date_pattern` finds in the row of the
    link or else in its address; without a pattern, the `time` element of the row. Never raises for what the body holds,
    except TimeoutError where a pattern takes too long.
    """
    if not body.strip(b"\x00 \t\r\n"):
        return ParsedFeed(FeedOutcome.EMPTY, "the body is empty", (), "", ())
    text, warnings = decode_feed(body, _complete_type(body, content_type))
    tree = _parse_page(text)
    if tree is None:
        return ParsedFeed(FeedOutcome.DEAD, f"no web page: the body starts with {one_line(text[:60])!r}", (), "", warnings)
    title = _words(tree.find(".//title"))
    seen, found = _find_articles(tree, source, base_url)
    if seen > MOST_LINKS:
        warnings = (*warnings, f"cut: only the first {MOST_LINKS:,} of {seen:,} links were looked at")
    if not found:
        page = f"the page {title[:100]!r}" if title else "the page"
        reason = f"none of {seen:,} links on {page} matches link_pattern" if seen else f"no links on {page}"
        return ParsedFeed(FeedOutcome.EMPTY, reason, (), title, warnings)
    if len(found) > MOST_ENTRIES:
        warnings = (*warnings, f"cut: the first {MOST_ENTRIES:,} of {len(found):,} entries were taken")
    notes = Notes()
    entries = tuple(_make_entries(found[:MOST_ENTRIES], source, now, notes))
    return ParsedFeed(FeedOutcome.OK, "", entries, title, (*warnings, *notes.lines()))


def _complete_type(body: bytes, content_type: str | None) -> str | None:
    """Return the content type with the encoding that the page itself declares, where the header has none."""
    if "charset" in (content_type or "").lower() or not (declared := _CHARSET.search(body[:4096])):
        return content_type
    return f"text/html; charset={declared[1].decode('ascii')}"


def _parse_page(text: str) -> HtmlElement | None:
    """Return the tree of a page without what is not shown; None where there is no element."""
    if "<" not in text:
        return None
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    try:
        tree = document_fromstring(text.encode("utf-8", errors="replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    etree.strip_elements(tree, *_HIDDEN, with_tail=False)
    return tree


def _find_articles(tree: HtmlElement, source: FeedSource, base_url: str) -> tuple[int, list[_Found]]:
    """Return the number of links of the page, and the articles among those that are looked at, each once by its key."""
    choice = LinkChoice(source, base_url)
    base = next((each for href in tree.xpath("//base/@href")[:1] if (each := resolve_link(str(href), base_url))), base_url)
    found: dict[str, _Found] = {}
    seen = 0
    for anchor in tree.iter("a"):
        href = (anchor.get("href") or "").strip()
        if not href:
            continue
        seen += 1
        url = resolve_link(href, base) if seen <= MOST_LINKS else None
        if url is not None and choice.takes(url := _without_anchor(url)):
            found.setdefault(url_key(url), _Found(url)).anchors.append(anchor)
    return seen, list(found.values())


def _without_anchor(url: str) -> str:
    """Return an address without its fragment, unless that is a route and so part of the address."""
    bare, fragment = urldefrag(url)
    return url if fragment.startswith(("!", "/")) else bare


def _make_entries(found: list[_Found], source: FeedSource, now: datetime, notes: Notes) -> Iterator[FeedEntry]:
    pattern = TimedPattern(source.date_pattern, name="date_pattern") if source.date_pattern else None
    owners = _find_owners(found)
    for each in found:
        rows = [_find_row(anchor, each, owners) for anchor in each.anchors]
        raw = _find_date(rows, each.url, pattern)
        at, zone = read_date(raw, source, now, notes)
        yield FeedEntry(
            feed_id=source.id,
            guid=url_key(each.url),
            url=each.url,
            title=max((_title_of(anchor) for anchor in each.anchors), key=len)[:LONGEST_TITLE],
            summary="",
            content="",
            published_raw=raw or None,
            published_at=at,
            published_zone=zone,
        )


def _find_owners(found: list[_Found]) -> dict[HtmlElement, _Found | None]:
    """Return for every element around a link the one article whose links it holds, or None where it holds several."""
    owners: dict[HtmlElement, _Found | None] = {}
    for each in found:
        for anchor in each.anchors:
            for element in (anchor, *anchor.iterancestors()):
                owners[element] = each if owners.get(element, each) is each else None
    return owners


def _find_row(anchor: HtmlElement, article: _Found, owners: dict[HtmlElement, _Found | None]) -> HtmlElement:
    """Return the largest element around a link that belongs to its article alone, short of the whole page."""
    row = anchor
    for element in list(anchor.iterancestors())[:HIGHEST_ROW]:
        if owners[element] is not article or element.tag in {"body", "html"}:
            break
        row = element
    return row


def _find_date(rows: list[HtmlElement], url: str, pattern: TimedPattern | None) -> str:
    """Return the date of an article as it stands there; "" where there is none."""
    if pattern is None:
        times = (time for row in rows for time in row.iter("time"))
        return next((given for time in times if (given := (time.get("datetime") or _words(time)).strip())), "")
    around = (_text_around(row) for row in rows)
    return next((date for text in (*around, url) if (date := (pattern.find(text) or "").strip())), "")


def _text_around(row: HtmlElement) -> str:
    """Return the text of a row and what stands right behind it, the words of its elements apart."""
    return " ".join(" ".join((*row.itertext(), row.tail or "")).split())[:LONGEST_ROW]


def _title_of(anchor: HtmlElement) -> str:
    """Return the title that a link shows: its heading, its text, or what it says of itself or its picture."""
    headings = anchor.xpath(_HEADINGS)
    pictures = [str(alt) for alt in anchor.xpath(".//img/@alt")]
    given = (*(_words(heading) for heading in headings[:1]), _words(anchor), anchor.get("title"), anchor.get("aria-label"), *pictures)
    return next((title for text in given if (title := " ".join((text or "").split()))), "")


def _words(element: HtmlElement | None) -> str:
    """Return the text of an element in one line; blocks are apart, words that are marked within are not torn."""
    if element is None:
        return ""
    pieces: list[str] = []
    for event, node in etree.iterwalk(element, events=("start", "end")):
        if node.tag in _BLOCKS:
            pieces.append(" ")
        if event == "start":
            pieces.append(node.text or "")
        elif node is not element:
            pieces.append(node.tail or "")
    return " ".join("".join(pieces).split())
