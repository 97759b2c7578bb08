from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.feeds import FeedSource
from models.vocabulary import FeedOutcome
from pipeline.fetch import links, listing, load_catalog
from pipeline.fetch.discovery import parse_source
from pipeline.fetch.listing import parse_listing
from pipeline.settings import ROOT

NOW = datetime(2026, 9, 28, tzinfo=UTC)
BASE = "https://wire.example/notices"
SOURCE = FeedSource(
    id="wire-notices",
    publisher="Wire",
    url=BASE,
    language="en",
    country="KR",
    kind="government",
    korea_filter=False,
    enabled=True,
    default_tz="Asia/Seoul",
    source="listing",
    link_pattern=r"https?://[^/]+/notices/\d+",
)


def page(content: str, head: str = "<title>Notices of the Wire</title>") -> str:
    return f"<!DOCTYPE html><html><head>{head}</head><body><nav><a href='/'>Home</a></nav>{content}</body></html>"


def parse(content: str | bytes, *, base_url: str = BASE, content_type: str = "text/html; charset=utf-8", **changes):
    body = page(content).encode() if isinstance(content, str) else content
    return parse_listing(body, SOURCE.model_copy(update=changes), base_url=base_url, content_type=content_type, now=NOW)


def test_links_that_the_pattern_matches_become_entries_in_the_order_of_the_page():
    parsed = parse(
        "<ul><li><time datetime='2026-09-27T10:00:00+09:00'>yesterday</time> <a href='/notices/2'>Two <b>ships</b> named</a></li>"
        "<li><time>2026.09.26</time> <a href='notices/1'>One ship\n named</a></li></ul><a href='/about'>About</a>"
    )
    first, second = parsed.entries
    assert (parsed.outcome, parsed.reason, parsed.title, parsed.warnings) == (FeedOutcome.OK, "", "Notices of the Wire", ())
    assert (first.feed_id, first.guid, first.url, first.title) == (
        "wire-notices",
        "https://wire.example/notices/2",
        "https://wire.example/notices/2",
        "Two ships named",
    )
    assert (first.published_raw, first.published_at) == ("2026-09-27T10:00:00+09:00", datetime(2026, 9, 27, 1, tzinfo=UTC))
    assert (second.url, second.title) == ("https://wire.example/notices/1", "One ship named")
    assert (second.published_raw, second.published_at) == ("2026.09.26", datetime(2026, 9, 25, 15, tzinfo=UTC))


# --- links -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("/notices/7", "https://wire.example/notices/7"),
        ("notices/7", "https://wire.example/notices/7"),
        (" //wire.example/notices/7\n", "https://wire.example/notices/7"),
        ("http://www.wire.example/notices/7", "http://www.wire.example/notices/7"),
        ("/notices/7#comments", "https://wire.example/notices/7"),
    ],
)
def test_relative_links_become_absolute_addresses_without_fragments(href, url):
    assert [entry.url for entry in parse(f"<a href='{href}'>Seven</a>").entries] == [url]


def test_the_base_of_a_page_is_obeyed():
    body = page("<a href='7'>Seven</a>", "<base href='/notices/'>").encode()
    assert parse(body).entries[0].url == "https://wire.example/notices/7"


@pytest.mark.parametrize(
    "href",
    [
        "javascript:open('https://wire.example/notices/7')",
        "mailto:desk@wire.example",
        "",
        "#",
        "https://other.example/notices/7",
        "http://[::1/notices/7",
    ],
)
def test_what_is_no_article_of_the_host_is_left_out(href):
    assert parse(f'<a href="{href}">Seven</a>').outcome is FeedOutcome.EMPTY


def test_an_address_on_another_host_is_taken_only_where_the_pattern_names_that_host():
    content = "<a href='https://press.example/notices/7'>Seven</a><a href='https://evil.example/notices/8'>Eight</a>"
    pattern = r"https://(?:press|wire)\.example/notices/\d+"
    assert [entry.url for entry in parse(content, link_pattern=pattern).entries] == ["https://press.example/notices/7"]


def test_an_address_longer_than_any_server_takes_is_left_out():
    assert parse(f"<a href='/notices/{'7' * links.LONGEST_LINK}'>Seven</a>").outcome is FeedOutcome.EMPTY


def test_two_links_to_one_article_are_one_entry_with_the_longer_title():
    (entry,) = parse(
        "<div><a href='/notices/7?utm_source=x'>More</a><a href='/notices/7/'>A ship was named</a></div>", link_pattern="http.*/notices/7.*"
    ).entries
    assert (entry.guid, entry.title) == ("https://wire.example/notices/7", "A ship was named")


# --- titles ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("anchor", "title"),
    [
        ("<a href='/notices/7'><div>북<b>한</b>,</div><div>또 발사</div></a>", "북한, 또 발사"),
        ("<a href='/notices/7'><span>NEW</span><h3>A ship</h3><p>The long teaser of the notice.</p></a>", "A ship"),
        ("<a href='/notices/7'>Losses &lt;b&gt; 5 &amp; gains<script>alert(1)</script></a>", "Losses <b> 5 & gains"),
        ("<a href='/notices/7' title='A  ship'><img src='x.png'></a>", "A ship"),
        ("<a href='/notices/7'><img src='x.png' alt='A ship'></a>", "A ship"),
        ("<a href='/notices/7'></a>", ""),
    ],
)
def test_titles_are_one_line_of_plain_text(anchor, title):
    assert parse(anchor).entries[0].title == title


# --- dates -----------------------------------------------------------------------------------------------------


def test_a_date_is_found_by_its_pattern_in_the_row_of_the_link_and_in_no_other_row():
    rows = "".join(
        f"<div><h3><a href='/notices/{n}'>Notice {n}</a></h3><p>Posted September {n}, 2026 - Designations</p></div>" for n in (9, 8)
    )
    entries = parse(
        f"<main>{rows}<div><a href='/notices/1'>Notice 1</a></div></main>", date_pattern=r"Posted ([A-Z][a-z]+ \d+, \d{4})"
    ).entries
    assert [entry.published_raw for entry in entries] == ["September 9, 2026", "September 8, 2026", None]
    assert entries[0].published_at == datetime(2026, 9, 8, 15, tzinfo=UTC)


def test_a_date_right_behind_its_link_is_found():
    content = "<p><a href='/notices/2'>Two</a> (2026-09-27)<br><a href='/notices/1'>One</a> (2026-09-26)</p>"
    assert [entry.published_raw for entry in parse(content, date_pattern=r"\d{4}-\d\d-\d\d").entries] == ["2026-09-27", "2026-09-26"]


def test_a_date_is_found_in_the_address_where_the_row_has_none():
    (entry,) = parse("<a href='/notices/20260927'>A ship</a>", date_pattern=r"/notices/(\d{8})").entries
    assert entry.published_at == datetime(2026, 9, 26, 15, tzinfo=UTC)


def test_entries_without_a_date_are_taken_and_counted():
    parsed = parse("<a href='/notices/7'>Seven</a><a href='/notices/8'>Eight</a>")
    assert [entry.published_at for entry in parsed.entries] == [None, None]
    assert parsed.warnings == ("2 items without a date",)


# --- outcomes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "outcome", "reason"),
    [
        (b" \n\x00", FeedOutcome.EMPTY, "the body is empty"),
        (b'{"error": 404}', FeedOutcome.DEAD, "no web page: the body starts with '{\"error\": 404}'"),
        (page("<a href='/x'>x</a>").encode(), FeedOutcome.EMPTY, "none of 2 links on the page 'Notices of the Wire' matches link_pattern"),
        (b"<html><title>Just a moment</title></html>", FeedOutcome.EMPTY, "no links on the page 'Just a moment'"),
        (b"<html>", FeedOutcome.EMPTY, "no links on the page"),
    ],
)
def test_a_page_without_articles_says_why(body, outcome, reason):
    parsed = parse(body)
    assert (parsed.outcome, parsed.reason, parsed.entries) == (outcome, reason, ())


def test_a_long_list_is_cut_and_the_cut_is_told(monkeypatch):
    monkeypatch.setattr(listing, "MOST_LINKS", 4)
    monkeypatch.setattr(listing, "MOST_ENTRIES", 2)
    parsed = parse("".join(f"<a href='/notices/{n}'>{n}</a>" for n in range(6)))
    assert [entry.title for entry in parsed.entries] == ["0", "1"]
    assert parsed.warnings[:2] == ("cut: only the first 4 of 7 links were looked at", "cut: the first 2 of 3 entries were taken")


def test_a_pattern_that_takes_for_ever_ends_in_an_outcome_that_names_it(monkeypatch):
    monkeypatch.setattr(links, "PATIENCE", 0.05)
    source = SOURCE.model_copy(update={"link_pattern": r"https://wire\.example/(?:a|aa)+!"})
    parsed = parse_source(page(f"<a href='/{'a' * 90}'>x</a>").encode(), source, base_url=BASE, now=NOW)
    assert (parsed.outcome, parsed.reason) == (FeedOutcome.DEAD, "link_pattern takes more than 0.05 s here: make it simpler")


@pytest.mark.parametrize(
    ("encoding", "content_type", "declared"),
    [
        ("cp949", "text/html", "euc-kr"),
        ("cp949", "text/html", None),
        ("utf-8", "text/html; charset=euc-kr", None),
        ("shift_jis", "text/html", "shift_jis"),
    ],
)
def test_a_page_is_read_in_the_encoding_it_is_in(encoding, content_type, declared):
    title = "発射" if encoding == "shift_jis" else "북한 발사"
    body = page(f"<a href='/notices/7'>{title}</a>", f"<meta charset='{declared}'>" if declared else "").encode(encoding)
    assert parse(body, content_type=content_type).entries[0].title == title


def test_the_shipped_listing_of_ofac_reads_a_page_of_its_shape():
    (source,) = (source for source in load_catalog(ROOT / "feeds.yaml") if source.id == "ofac-actions-page")
    row = "<div class='views-row'><div><a href='/recent-actions/{0}'>{1}</a></div><div>September 18, 2026 - <a href='/recent-actions/updates'>Updates</a></div></div>"
    content = row.format("20260918", "North Korea Designations") + row.format("20260918_33", "Notice of a License")
    parsed = parse_source(page(content).encode(), source, base_url=source.url, now=NOW)
    assert [(entry.url, entry.title, entry.published_at) for entry in parsed.entries] == [
        ("https://ofac.treasury.gov/recent-actions/20260918", "North Korea Designations", datetime(2026, 9, 18, 4, tzinfo=UTC)),
        ("https://ofac.treasury.gov/recent-actions/20260918_33", "Notice of a License", datetime(2026, 9, 18, 4, tzinfo=UTC)),
    ]


# --- hostile bodies --------------------------------------------------------------------------------------------


def test_bottomless_nesting_does_no_harm():
    assert parse(f"{'<div>' * 50_000}<a href='/notices/7'>Seven</a>").outcome in {FeedOutcome.OK, FeedOutcome.EMPTY}


PIECES = st.sampled_from(
    [
        "<a href='/notices/1'>",
        "<a href=",
        "</a>",
        "<base href='//['>",
        "<time>",
        "2026-09-27",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "&#0;",
        "<table>",
        "<div>",
        "\x00",
        "북",
    ]
)


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(PIECES | st.text(max_size=8), max_size=25).map(lambda parts: "".join(parts).encode(errors="replace")),
    )
)
def test_no_bytes_break_the_reader(body):
    parsed = parse(body, date_pattern=r"\d{4}-\d\d-\d\d")
    assert parsed.outcome in {FeedOutcome.OK, FeedOutcome.EMPTY, FeedOutcome.DEAD}
    assert bool(parsed.entries) == (parsed.outcome is FeedOutcome.OK)
    assert all(entry.url.startswith(("http://wire.example/", "https://wire.example/")) for entry in parsed.entries)
