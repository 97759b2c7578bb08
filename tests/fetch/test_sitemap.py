import gzip
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.feeds import FeedSource
from models.vocabulary import FeedOutcome
from pipeline.fetch import sitemap
from pipeline.fetch.sitemap import ChildSitemap, child_sitemaps, parse_sitemap

NOW = datetime(2026, 9, 28, 3, tzinfo=UTC)
BASE = "https://wire.example/sitemap.xml"
SOURCE = FeedSource(
    id="wire-map",
    publisher="Wire",
    url=BASE,
    language="ko",
    country="KR",
    kind="wire",
    korea_filter=False,
    enabled=True,
    default_tz="Asia/Seoul",
    source="sitemap",
)
NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)


def urlset(rows: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> str:
    return f"{head}<urlset {NAMESPACES}>{rows}</urlset>"


def row(loc: str = "https://wire.example/1", lastmod: str = "2026-09-27T19:00:00+09:00", more: str = "") -> str:
    return f"<url><loc>{loc}</loc>{lastmod and f'<lastmod>{lastmod}</lastmod>'}{more}</url>"


def news(date: str = "2026-09-27T10:00:00+09:00", title: str = "제목") -> str:
    return f"<news:news><news:publication><news:name>Wire</news:name></news:publication><news:publication_date>{date}</news:publication_date><news:title>{title}</news:title></news:news>"


def index(*children: tuple[str, str]) -> str:
    rows = "".join(f"<sitemap><loc>{loc}</loc>{lastmod and f'<lastmod>{lastmod}</lastmod>'}</sitemap>" for loc, lastmod in children)
    return f"<sitemapindex {NAMESPACES}>{rows}</sitemapindex>"


def parse(body: str | bytes, *, children=(), content_type: str = "application/xml", **changes):
    body = body.encode() if isinstance(body, str) else body
    return parse_sitemap(body, SOURCE.model_copy(update=changes), base_url=BASE, content_type=content_type, now=NOW, children=children)


def wanted(body: str, **changes):
    return child_sitemaps(body.encode(), SOURCE.model_copy(update=changes), base_url=BASE, now=NOW)


def test_a_news_sitemap_gives_titles_and_dates_of_publication():
    parsed = parse(urlset(row(lastmod="2026-09-27T20:00:00+09:00", more=news())))
    (entry,) = parsed.entries
    assert (parsed.outcome, parsed.reason, parsed.warnings) == (FeedOutcome.OK, "", ())
    assert (entry.feed_id, entry.guid, entry.url, entry.title) == ("wire-map", "https://wire.example/1", "https://wire.example/1", "제목")
    assert (entry.published_raw, entry.published_at) == ("2026-09-27T10:00:00+09:00", datetime(2026, 9, 27, 1, tzinfo=UTC))
    assert (entry.published_zone, entry.updated_raw) == ("+09:00", "2026-09-27T20:00:00+09:00")


def test_the_date_of_a_change_is_no_date_of_publication():
    (entry,) = parse(urlset(row())).entries
    assert (entry.published_raw, entry.published_at, entry.published_zone) == (None, None, None)
    assert entry.updated_raw == "2026-09-27T19:00:00+09:00"


def test_an_image_has_an_address_and_a_title_of_its_own():
    image = "<image:image><image:loc>https://wire.example/x.jpg</image:loc><image:title>Picture</image:title></image:image>"
    (entry,) = parse(urlset(row(more=image))).entries
    assert (entry.url, entry.title) == ("https://wire.example/1", "")


@pytest.mark.parametrize("lastmod", ["2026-09-25", "2026-09-25T00:00:00+09:00", "2026-09-28T11:00+09:00", "2026-09-27T02:03:04.567Z"])
def test_the_days_that_count_begin_at_midnight_of_the_source(lastmod):
    assert len(parse(urlset(row(lastmod=lastmod))).entries) == 1


def test_what_is_older_than_the_source_asks_for_is_left_out():
    rows = row("https://wire.example/1", "2026-09-24T23:59:00+09:00") + row("https://wire.example/2", "2026-09-25")
    assert [entry.url for entry in parse(urlset(rows)).entries] == ["https://wire.example/2"]
    assert len(parse(urlset(rows), max_age_days=4).entries) == 2


def test_a_sitemap_of_old_addresses_is_well_and_says_how_old_they_are():
    parsed = parse(urlset(row(lastmod="2024-03-01") + row("https://wire.example/2", "2024-02-01")))
    assert (parsed.outcome, parsed.entries) == (FeedOutcome.OK, ())
    assert parsed.warnings == ("none of 2 addresses is of the last 3 days; the newest is of 2024-02-29",)


def test_entries_come_newest_first_and_each_article_once():
    rows = (
        row("https://wire.example/1", "2026-09-26")
        + row("https://wire.example/2/")
        + row("http://wire.example/2?utm_source=x", "2026-09-26")
    )
    assert [entry.url for entry in parse(urlset(rows)).entries] == ["https://wire.example/2/", "https://wire.example/1"]


def test_the_news_row_of_an_article_goes_before_its_plain_row():
    (entry,) = parse(urlset(row(lastmod="2026-09-28") + row(lastmod="", more=news()))).entries
    assert entry.title == "제목"


def test_addresses_without_a_date_are_left_out_and_counted():
    parsed = parse(urlset(row() + row("https://wire.example/2", "") + row("https://wire.example/3", "2026-09")))
    assert [entry.url for entry in parsed.entries] == ["https://wire.example/1"]
    assert parsed.warnings == (
        "1 item without a date",
        "1 item with a date of unknown form, such as '2026-09'",
        "2 addresses left out for want of a date",
    )


def test_only_addresses_that_the_pattern_matches_are_taken():
    rows = row("https://wire.example/tag/x") + row("https://wire.example/view/1") + row("https://other.example/view/2")
    assert [entry.url for entry in parse(urlset(rows), link_pattern=r"https://[^/]+/view/\d+").entries] == ["https://wire.example/view/1"]


@pytest.mark.parametrize(
    "loc", ["https://wire.example/1?a=1&amp;b=2", "https://wire.example/1?a=1&b=2", "<![CDATA[https://wire.example/1?a=1&b=2]]>"]
)
def test_an_address_is_whole_however_its_ampersand_is_written(loc):
    assert parse(urlset(row(loc))).entries[0].url == "https://wire.example/1?a=1&b=2"


def test_a_title_may_hold_a_name_of_html_for_a_character():
    assert parse(urlset(row(more=news(title="A&nbsp;&amp;quot;new&amp;quot; &lsquo;line&rsquo;")))).entries[0].title == 'A "new" ‘line’'


@pytest.mark.parametrize("loc", ["", "javascript:alert(1)", "mailto:desk@wire.example", "http://[::1/x"])
def test_a_row_without_a_usable_address_is_skipped_and_counted(loc):
    parsed = parse(urlset(row(loc) + row()))
    assert (len(parsed.entries), parsed.warnings) == (1, ("1 item skipped for want of a usable link",))


def test_a_sitemap_in_korean_encoding_is_read():
    body = urlset(row(more=news(title="북한 발사")), '<?xml version="1.0" encoding="euc-kr"?>').encode("cp949")
    assert parse(body).entries[0].title == "북한 발사"


def test_a_prefix_that_was_not_declared_does_no_harm():
    body = f"<urlset>{row(more=news())}</urlset>"
    assert parse(body).entries[0].title == "제목"


# --- outcomes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "outcome", "reason"),
    [
        ("", FeedOutcome.EMPTY, "the body is empty"),
        (urlset(""), FeedOutcome.EMPTY, "the sitemap has no addresses"),
        (urlset(row("https://other.example/1")), FeedOutcome.EMPTY, "1 address, none of which is on its own host"),
        (urlset(row(lastmod="")), FeedOutcome.EMPTY, "1 address, none with a date that can be believed"),
        (
            "<!DOCTYPE html><html><head><title>404</title></head></html>",
            FeedOutcome.HTML,
            "a web page with the title '404' instead of a sitemap",
        ),
        ("<rss version='2.0'><channel/></rss>", FeedOutcome.DEAD, "a feed instead of a sitemap (its root is <rss>): declare it as a feed"),
        ("<error>none</error>", FeedOutcome.DEAD, "XML, but no sitemap: its root is <error>"),
        ("https://wire.example/1", FeedOutcome.DEAD, "no XML: the body starts with 'https://wire.example/1'"),
    ],
)
def test_a_body_without_entries_says_why(body, outcome, reason):
    parsed = parse(body)
    assert (parsed.outcome, parsed.reason, parsed.entries) == (outcome, reason, ())


def test_a_pattern_that_matches_nothing_is_told_with_the_number_of_addresses():
    parsed = parse(urlset(row() + row("https://wire.example/2")), link_pattern=r"https://wire\.example/view/\d+")
    assert (parsed.outcome, parsed.reason) == (FeedOutcome.EMPTY, "2 addresses, none of which matches link_pattern")


def test_a_sitemap_that_breaks_off_gives_its_whole_rows_and_a_warning():
    body = urlset(row() + row("https://wire.example/2"))
    parsed = parse(body[: body.index("<url>", body.index("<url>") + 1) + 20])
    assert [entry.url for entry in parsed.entries] == ["https://wire.example/1"]
    assert any(warning.startswith("not well-formed: ") for warning in parsed.warnings)


def test_a_long_sitemap_is_cut_and_the_cut_is_told(monkeypatch):
    monkeypatch.setattr(sitemap, "MOST_ROWS", 5)
    monkeypatch.setattr(sitemap, "MOST_ENTRIES", 2)
    parsed = parse(urlset("".join(row(f"https://wire.example/{n}", f"2026-09-2{n}") for n in (5, 6, 7, 6, 7, 7))))
    assert [entry.url for entry in parsed.entries] == ["https://wire.example/7", "https://wire.example/6"]
    assert parsed.warnings == ("cut: only the first 5 addresses of 6 were read", "cut: the newest 2 of 3 entries were taken")


# --- gzip ------------------------------------------------------------------------------------------------------


def test_a_gzip_sitemap_is_unpacked():
    assert len(parse(gzip.compress(urlset(row()).encode()), content_type="application/x-gzip").entries) == 1


def test_a_gzip_sitemap_that_is_cut_gives_its_whole_rows():
    rows = "".join(row(f"https://wire.example/{n * 7919}") for n in range(2_000))
    packed = gzip.compress(urlset(rows).encode())
    parsed = parse(packed[: len(packed) // 2])
    assert 0 < len(parsed.entries) < 2_000
    assert any(warning.startswith("not well-formed: ") for warning in parsed.warnings)


def test_a_damaged_gzip_body_is_dead():
    packed = gzip.compress(urlset(row()).encode())
    parsed = parse(packed[:10] + b"\xff" * 20)
    assert parsed.outcome is FeedOutcome.DEAD
    assert parsed.reason.startswith("the gzip body is damaged: ")


def test_a_gzip_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(sitemap, "LARGEST", 100_000)
    bomb = gzip.compress(b" " * 50_000_000)
    tracemalloc.start()
    parsed = parse(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (parsed.outcome, parsed.reason) == (FeedOutcome.DEAD, "the gzip body holds more than 100,000 bytes")
    assert peak < 5_000_000


# --- an index of sitemaps --------------------------------------------------------------------------------------


def test_an_index_wants_its_newest_sitemaps_first_and_undated_ones_last():
    body = index(
        ("https://wire.example/old.xml", "2020-01-01"),
        ("https://wire.example/a.xml", ""),
        ("https://wire.example/b.xml", "2026-09-26"),
        ("/c.xml", "2026-09-27"),
        ("https://wire.example/b.xml", ""),
        ("https://other.example/d.xml", "2026-09-27"),
    )
    assert wanted(body) == ("https://wire.example/c.xml", "https://wire.example/b.xml", "https://wire.example/a.xml")


def test_of_an_index_of_old_sitemaps_the_newest_is_wanted():
    body = index(("https://wire.example/a.xml", "2024-01-01"), ("https://wire.example/b.xml", "2025-01-01"))
    assert wanted(body) == ("https://wire.example/b.xml",)


def test_an_index_wants_no_more_than_a_few_sitemaps():
    assert len(wanted(index(*((f"https://wire.example/{n}.xml", "") for n in range(100))))) == sitemap.MOST_CHILDREN


@pytest.mark.parametrize("body", ["", "not XML", urlset(row()), "<html></html>", "<rss/>"])
def test_what_is_no_index_wants_nothing(body):
    assert wanted(body) == ()


def child(name: str, body: str | None, failure: str = "") -> ChildSitemap:
    url = f"https://wire.example/{name}.xml"
    return ChildSitemap(url, url, None if body is None else body.encode(), "application/xml", failure)


INDEX = index(("https://wire.example/a.xml", "2026-09-27"), ("https://wire.example/b.xml", "2026-09-26"))


def test_an_index_is_read_with_the_sitemaps_that_it_names():
    children = [child("b", urlset(row("https://wire.example/2", "2026-09-26"))), child("a", urlset(row(more=news())))]
    parsed = parse(INDEX, children=children)
    assert (parsed.outcome, [entry.url for entry in parsed.entries]) == (
        FeedOutcome.OK,
        ["https://wire.example/1", "https://wire.example/2"],
    )
    assert parsed.warnings == ()


@pytest.mark.parametrize(
    ("second", "warning"),
    [
        (child("b", None, "not_found: gone"), "https://wire.example/b.xml: not_found: gone"),
        (child("b", "<html><title>404</title></html>"), "https://wire.example/b.xml: a web page with the title '404' instead of a sitemap"),
        (child("b", INDEX), "https://wire.example/b.xml: an index within an index, which is not followed"),
        (child("z", urlset(row())), "https://wire.example/b.xml: was not fetched"),
    ],
)
def test_a_sitemap_of_an_index_that_cannot_be_read_is_told_and_stops_no_other(second, warning):
    parsed = parse(INDEX, children=[child("a", urlset(row())), second])
    assert (parsed.outcome, len(parsed.entries), parsed.warnings) == (FeedOutcome.OK, 1, (warning,))


def test_an_index_of_which_nothing_can_be_read_is_dead():
    parsed = parse(INDEX, children=[child("a", None, "not_found: gone"), child("b", None, "not_found: gone")])
    assert (parsed.outcome, parsed.reason) == (
        FeedOutcome.DEAD,
        "no sitemap of the index can be read: https://wire.example/a.xml: not_found: gone",
    )


def test_an_index_of_another_host_is_empty():
    parsed = parse(index(("https://other.example/a.xml", "")))
    assert (parsed.outcome, parsed.reason) == (FeedOutcome.EMPTY, "the index names 1 sitemap, none of them on its own host")


def test_sitemaps_of_an_index_that_are_not_followed_are_counted():
    body = index(("https://wire.example/a.xml", "2026-09-27"), ("https://wire.example/old.xml", "2020-01-01"))
    assert parse(body, children=[child("a", urlset(row()))]).warnings == ("1 sitemap of the index left out, 1 followed",)


# --- hostile bodies --------------------------------------------------------------------------------------------


def test_an_entity_bomb_stays_small():
    bomb = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10 if n else "<b>boom</b>" * 10}">' for n in range(12))
    parsed = parse(urlset(row(more=news(title="&b11;")), f'<?xml version="1.0"?><!DOCTYPE urlset [{bomb}]>'))
    assert parsed.entries[0].title == "&b11;"


def test_external_entities_and_document_types_are_not_read(tmp_path: Path):
    (tmp_path / "secret").write_text("classified")
    uri = (tmp_path / "secret").as_uri()
    doctype = f'<?xml version="1.0"?><!DOCTYPE urlset SYSTEM "{uri}" [<!ENTITY x SYSTEM "{uri}">]>'
    parsed = parse(urlset(row(more=news(title="&x;")), doctype))
    assert parsed.outcome is FeedOutcome.OK
    assert "classified" not in str(parsed)


@pytest.mark.parametrize("opening", ["<!DOCTYPE [", "<!--", "<![CDATA[", '<!DOCTYPE a [<!ENTITY "', "<url>"])
def test_openings_without_end_take_no_time(opening):
    assert parse("<urlset>" * (opening == "<url>") + opening * 50_000).entries == ()


PIECES = st.sampled_from(
    [
        "<urlset>",
        "<sitemapindex>",
        "<url>",
        "</url>",
        "<sitemap>",
        "</sitemap>",
        "<loc>",
        "</loc>",
        "https://wire.example/1",
        "<lastmod>2026-09-27</lastmod>",
        "<!DOCTYPE urlset [",
        "]>",
        '"',
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "&",
        "&x;",
        "<?",
        "?>",
        "<news:news>",
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
    for given_body in (body, gzip.compress(body)[:-1], b"\x1f\x8b" + body):
        urls = child_sitemaps(given_body, SOURCE, base_url=BASE, now=NOW)
        parsed = parse(given_body, children=[ChildSitemap(url, url, body) for url in urls])
        assert parsed.outcome in {FeedOutcome.OK, FeedOutcome.EMPTY, FeedOutcome.HTML, FeedOutcome.DEAD}
        assert all(entry.url.startswith("https://wire.example/") for entry in parsed.entries)
