from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.feeds import FeedSource
from models.vocabulary import FeedOutcome
from pipeline.errors import FetchError
from pipeline.fetch import links
from pipeline.fetch.discovery import ChildSitemap, parse_source, wanted_children
from pipeline.fetch.items import LONGEST_DOCTYPE, drop_doctype
from pipeline.sample.server import Response

NOW = datetime(2026, 9, 28, tzinfo=UTC)
FEED = b"<rss version='2.0'><channel><title>Wire</title><item><link>https://wire.example/1</link><title>One</title></item></channel></rss>"
SITEMAP = b"<urlset><url><loc>https://wire.example/1</loc><lastmod>2026-09-27</lastmod></url></urlset>"
LISTING = b"<html><title>Wire</title><body><a href='/1'>One</a></body></html>"
INDEX = b"<sitemapindex><sitemap><loc>/a.xml</loc></sitemap><sitemap><loc>/b.xml</loc></sitemap></sitemapindex>"


@pytest.fixture
def declared(source):
    """Return the source as one of another kind."""

    def declare(kind: str, **more) -> FeedSource:
        given = {**source.model_dump(), "source": kind, "url": f"https://wire.example/{kind}", **more}
        if kind == "listing":
            given |= {"link_pattern": r"https://wire\.example/\d+"}
        return FeedSource.model_validate(given)

    return declare


def parse(body: bytes, source: FeedSource, **options):
    return parse_source(body, source, base_url=source.url, now=NOW, **options)


@pytest.mark.parametrize(("kind", "body"), [("feed", FEED), ("sitemap", SITEMAP), ("listing", LISTING)])
def test_every_kind_of_source_gives_the_same_entry(declared, kind, body):
    parsed = parse(body, declared(kind))
    assert (parsed.outcome, [entry.url for entry in parsed.entries]) == (FeedOutcome.OK, ["https://wire.example/1"])


def test_only_an_index_of_a_sitemap_wants_more(declared):
    def want(body: bytes, kind: str) -> tuple[str, ...]:
        source = declared(kind)
        return wanted_children(body, source, base_url=source.url, now=NOW)

    assert want(INDEX, "sitemap") == ("https://wire.example/a.xml", "https://wire.example/b.xml")
    assert [want(INDEX, "feed"), want(INDEX, "listing"), want(SITEMAP, "sitemap")] == [(), (), ()]


def test_a_pattern_that_takes_for_ever_on_a_sitemap_is_an_outcome(declared, monkeypatch):
    monkeypatch.setattr(links, "PATIENCE", 0.05)
    body = SITEMAP.replace(b"/1<", b"/" + b"a" * 90 + b"<")
    parsed = parse(body, declared("sitemap", link_pattern=r"https://wire\.example/(?:a|aa)+!"))
    assert (parsed.outcome, parsed.reason) == (FeedOutcome.DEAD, "link_pattern takes more than 0.05 s here: make it simpler")


def test_an_index_is_fetched_and_read_through_the_client(declared, serve):
    source = declared("sitemap")

    def routes(request):
        if request.path == "/sitemap":
            return Response(body=INDEX, headers={"Content-Type": "application/xml"})
        return Response(body=SITEMAP, headers={"Content-Type": "application/xml"}) if request.path == "/a.xml" else Response(404)

    client, _ = serve(routes)

    def fetch(url: str) -> ChildSitemap:
        try:
            reply = client.get(url, limit=100_000, any_type=True)
        except FetchError as error:
            return ChildSitemap(url, url, None, failure=f"{error.code}: {error}")
        return ChildSitemap(url, reply.final_url, reply.body, reply.headers.get("content-type"))

    first = client.get(source.url.replace("https", "http"), limit=100_000, any_type=True)
    urls = wanted_children(first.body, source, base_url=first.final_url, now=NOW)
    parsed = parse_source(first.body, source, base_url=first.final_url, now=NOW, children=[fetch(url) for url in urls])
    assert [entry.url for entry in parsed.entries] == ["https://wire.example/1"]
    assert parsed.warnings == ("http://wire.example/b.xml: not_found: http://wire.example/b.xml is not found (404)",)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("<a/>", "<a/>"),
        (' \n<?xml version="1.0"?><!-- <b> --><?style x?><!doctype a>\n<a/>', "<a/>"),
        ("<!DOCTYPE a [<!ENTITY b \"<b>]>\"><!-- ' ]> --><!ENTITY c ']>'>]><a/>", "<a/>"),
        ("no <a/>", "no <a/>"),
        ("<!DOCTYPE a [<!ENTITY b 'x'><a/>", ""),
        (f"<!DOCTYPE a [{' ' * LONGEST_DOCTYPE}]><a/>", ""),
        ("<!-- <a/>", "<!-- <a/>"),
        ("", ""),
    ],
)
def test_nothing_before_the_root_of_a_document_is_left(text, rest):
    assert drop_doctype(text) == rest


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(["feed", "sitemap", "listing"]), body=st.binary(max_size=300), content_type=st.none() | st.text(max_size=40))
def test_no_bytes_break_any_reader(kind, body, content_type):
    source = FeedSource.model_validate(
        {"id": "a", "publisher": "A", "url": "https://a.example/", "language": "en", "country": "KR", "kind": "wire", "korea_filter": False}
        | {"enabled": True, "source": kind, "link_pattern": "http.*" if kind == "listing" else None}
    )
    assert parse(body, source, content_type=content_type).outcome in set(FeedOutcome)
