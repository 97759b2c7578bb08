"""Feeds, sitemaps, listings and outlines, damaged: every one is an outcome with a reason, and what it yields can be stored."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.feeds import FeedSource
from models.vocabulary import FeedOutcome
from pipeline.errors import UsageError
from pipeline.fetch.discovery import ChildSitemap, parse_source, wanted_children
from pipeline.fetch.items import EARLIEST, LATEST, ParsedFeed
from pipeline.fetch.opml import read_opml

NOW = datetime(2026, 9, 28, tzinfo=UTC)
BASE = "https://wire.example/feeds/all.xml"
RSS = (
    '<?xml version="1.0" encoding="{0}"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>통신</title><link>https://wire.example/</link>'
    "<item><title>하나 &amp; 둘</title><link>https://wire.example/1</link><guid>tag:1</guid><pubDate>Sun, 27 Sep 2026 10:00:00 +0900</pubDate></item>"
    "<item><title><![CDATA[<b>둘</b>]]></title><link>/2?a=1&amp;b=2</link><dc:date>2026-09-27</dc:date>"
    "<content:encoded><![CDATA[<p>본문</p>]]></content:encoded></item></channel></rss>"
)
ATOM = (
    '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Wire</title><entry><title type="html">&lt;i&gt;One&lt;/i&gt;</title>'
    '<link rel="alternate" href="https://wire.example/1"/><id>urn:1</id><updated>2026-09-27T10:00:00Z</updated><summary>A word.</summary></entry></feed>'
)
RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel><title>Wire</title></channel>'
    "<item rdf:about='https://wire.example/1'><title>One</title><link>https://wire.example/1</link></item></rdf:RDF>"
)
SITEMAP = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">'
    "<url><loc>https://wire.example/1</loc><lastmod>2026-09-27T19:00:00+09:00</lastmod><news:news><news:title>제목</news:title>"
    "<news:publication_date>2026-09-27</news:publication_date></news:news></url></urlset>"
)
INDEX = (
    '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>https://wire.example/a.xml</loc>'
    "<lastmod>2026-09-27</lastmod></sitemap></sitemapindex>"
)
LISTING = (
    "<!DOCTYPE html><html><head><title>Notices</title><base href='/'></head><body><ul><li><a href='/notices/1'>One <b>ship</b></a> 2026-09-27</li>"
    "<li><a href='notices/2'><h3>Two</h3></a><time datetime='2026-09-26T01:00:00Z'>26 Sep</time></li></ul></body></html>"
)
OPML = (
    '<?xml version="1.0"?><opml version="2.0"><head><title>Mine</title></head><body><outline text="wire"><outline type="rss" text="The Wire" '
    'xmlUrl="https://wire.example/rss" language="ko-KR"/></outline><outline text="Paper" xmlUrl="feed://paper.example/rss"/></body></opml>'
)
SEEDS = {
    "feed": (
        RSS.format("utf-8").encode(),
        RSS.format("euc-kr").encode("cp949"),
        RSS.format("utf-16").encode("utf-16"),
        ATOM.encode(),
        RDF.encode(),
    ),
    "sitemap": (SITEMAP.encode(), INDEX.encode(), gzip.compress(SITEMAP.encode(), mtime=0)),
    "listing": (LISTING.encode(), LISTING.encode("utf-16")),
}
ODD = st.sampled_from(
    [
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\xc2\x9b",
        b"\x1b[31m",
        "한글".encode("cp949"),
        "한글".encode(),
        b"&#0;",
        b"&#xD800;",
        b"&#99999999;",
        b"&nbsp;",
        b"&x;",
        b"&",
        b"<",
        b">",
        b"]]>",
        b"<![CDATA[",
        b"<!--",
        b"<?xml version='1.0' encoding='utf-7'?>",
        b"<!DOCTYPE a [<!ENTITY x 'y'>]>",
        b"<item><item><item>",
        b"<link>http://[</link>",
        b"<loc>http://[::</loc>",
        b"<pubDate>9999-12-31T23:59:59-12:00</pubDate>",
        b" a='" + b"x" * 50_000 + b"'",
        b"<a>" * 300,
        b"xmlns:a=''",
        b"<dc:date>\xd9\xa3</dc:date>",
    ]
)
CLAIMED = ["utf-8", "euc-kr", "utf-16", "utf-7", "iso-2022-kr", "hex", "idna", "punycode", "unicode_escape", "undefined", "no-such"]
TYPES = st.none() | st.sampled_from([f"application/xml; charset={name}" for name in CLAIMED] + ["text/html", "application/gzip", ";;;="])


@st.composite
def damaged(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """Return one of the seeds with up to five bytes flipped, places cut, doubled or filled with something odd, or the end missing."""
    body = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, min(len(body), start + 40)))
        flipped = bytes(byte ^ draw(st.integers(1, 255)) for byte in body[start : start + 1])
        choices = (flipped + body[start + 1 : end], b"", body[start:end] * 2, draw(ODD))
        body = body[:start] + draw(st.sampled_from(choices)) + body[end:]
    return body[: draw(st.integers(0, len(body)))] if draw(st.booleans()) else body


def make_source(kind: str) -> FeedSource:
    return FeedSource.model_validate(
        {"id": "wire", "publisher": "Wire", "url": BASE, "language": "ko", "country": "KR", "kind": "wire", "korea_filter": False}
        | {"enabled": True, "default_tz": "Asia/Seoul", "source": kind, "link_pattern": r".*/notices/\d+" if kind == "listing" else None}
    )


def assert_storable(parsed: ParsedFeed) -> None:
    """What comes out can be stored as it is: text without NUL and halves of pairs, addresses of the web, dates that can be believed."""
    assert bool(parsed.entries) == (parsed.outcome is FeedOutcome.OK)
    assert bool(parsed.reason) == (parsed.outcome is not FeedOutcome.OK)
    assert "\n" not in parsed.reason + "".join(parsed.warnings)
    assert len({entry.guid for entry in parsed.entries}) == len(parsed.entries)
    for entry in parsed.entries:
        assert entry.guid
        assert entry.url.startswith(("http://", "https://"))
        assert entry.published_at is None or EARLIEST <= entry.published_at <= NOW + LATEST
        texts = (entry.guid, entry.url, entry.title, entry.summary, entry.content, entry.published_raw or "", entry.updated_raw or "")
        assert all("\x00" not in text for text in texts), "PostgreSQL takes no NUL"
        "".join(texts).encode()


@pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning")
@pytest.mark.parametrize("kind", SEEDS)
def test_no_damage_breaks_a_reader(kind: str) -> None:
    source = make_source(kind)

    @settings(max_examples=60, derandomize=True, deadline=None)
    @given(damaged(SEEDS[kind]), TYPES)
    @example(b"", None)
    @example(SEEDS[kind][0], "text/xml; charset=punycode")
    def check(body: bytes, content_type: str | None) -> None:
        options = {"base_url": BASE, "content_type": content_type, "now": NOW}
        addresses = wanted_children(body, source, **options)
        assert all(address.startswith("https://wire.example/") for address in addresses)
        children = [ChildSitemap(address, address, body) for address in addresses]
        parsed = parse_source(body, source, children=children, **options)
        assert_storable(parsed)
        assert parse_source(body, source, children=children, **options) == parsed

    check()


@settings(max_examples=60, derandomize=True, deadline=None)
@given(damaged((OPML.encode(), OPML.encode("utf-16"))))
@example(OPML.replace("https://wire.example/rss", "http://[").encode())
@example(OPML.replace("https://wire.example/rss", "http://a.example:99999/").encode())
def test_damaged_outlines_are_read_or_refused(data: bytes) -> None:
    defaults = {"language": "en", "country": "US", "kind": "think_tank", "korea_filter": "true", "enabled": "true"}
    try:
        found = read_opml(data, known=(), defaults=defaults)
    except UsageError:
        return
    assert len({source.id for source in found.sources}) == len(found.sources)
    assert all(source.url.startswith(("http://", "https://")) for source in found.sources)
    assert all(fault.message for fault in (*found.repeated, *found.unusable))
