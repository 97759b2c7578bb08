from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.feeds import FeedSource
from models.vocabulary import FeedOutcome
from pipeline.fetch import parse_feed
from pipeline.fetch.feed import DEEPEST

NOW = datetime(2026, 9, 28, tzinfo=UTC)
BASE = "https://wire.example/feeds/all.xml"
NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
)


def rss(items: str, head: str = '<?xml version="1.0" encoding="utf-8"?>') -> str:
    return (
        f'{head}<rss version="2.0" {NAMESPACES}><channel><title>통신 뉴스</title><link>https://wire.example/</link>{items}</channel></rss>'
    )


def item(
    number: int = 1, *, link: str | None = None, title: str = "제목", guid: str = "", date: str = "2026-09-27 19:00:00", more: str = ""
) -> str:
    link = f"https://wire.example/{number}" if link is None else link
    return f"<item><title>{title}</title><link>{link}</link>{guid and f'<guid>{guid}</guid>'}{date and f'<pubDate>{date}</pubDate>'}{more}</item>"


@pytest.fixture
def parse(source):
    def run(body: str | bytes, *, changes: dict | None = None, **options):
        body = body.encode() if isinstance(body, str) else body
        return parse_feed(body, source.model_copy(update=changes or {}), **{"base_url": BASE, "now": NOW, **options})

    return run


def test_an_item_is_read_with_all_its_fields(parse):
    body = "<description><![CDATA[<p>요약</p>]]></description><content:encoded><![CDATA[<p>본문 전체</p>]]></content:encoded>"
    parsed = parse(rss(item(guid="AKR1", more=body)))
    (entry,) = parsed.entries
    assert (parsed.outcome, parsed.reason, parsed.title, parsed.warnings) == (FeedOutcome.OK, "", "통신 뉴스", ())
    assert (entry.feed_id, entry.guid, entry.url, entry.title) == ("wire-ko", "AKR1", "https://wire.example/1", "제목")
    assert (entry.summary, entry.content) == ("<p>요약</p>", "<p>본문 전체</p>")
    assert (entry.published_raw, entry.published_at) == ("2026-09-27 19:00:00", datetime(2026, 9, 27, 10, tzinfo=UTC))
    assert entry.published_zone == "Asia/Seoul"


def test_an_atom_feed_is_read(parse):
    body = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><entry><id>tag:1</id><title>T</title><link href="/1"/>'
        "<published>2026-09-27T10:00:00+09:00</published><updated>2026-09-27T12:00:00+09:00</updated></entry></feed>"
    )
    (entry,) = parse(body).entries
    assert (entry.guid, entry.url) == ("tag:1", "https://wire.example/1")
    assert entry.published_at == datetime(2026, 9, 27, 1, tzinfo=UTC)
    assert entry.updated_raw == "2026-09-27T12:00:00+09:00"


# --- outcomes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b" \r\n\t", b"\x00\x00"])
def test_an_empty_body_is_empty(parse, body):
    assert (parse(body).outcome, parse(body).reason) == (FeedOutcome.EMPTY, "the body is empty")


def test_a_feed_without_items_is_empty(parse):
    parsed = parse(rss(""))
    assert (parsed.outcome, parsed.reason, parsed.title) == (FeedOutcome.EMPTY, "the feed has no items", "통신 뉴스")


def test_a_feed_whose_items_have_no_link_is_empty_with_the_number(parse):
    parsed = parse(rss(item(link="") * 3))
    assert (parsed.outcome, parsed.reason) == (FeedOutcome.EMPTY, "3 items, none with a usable link")


@pytest.mark.parametrize(
    "body",
    [
        "<!DOCTYPE html><html><head><title>404 Not Found</title></head><body><h1>Sorry</h1></body></html>",
        '<HTML><HEAD><META http-equiv="refresh" content="0;url=/x"><title>404 Not Found</title></HEAD></HTML>',
        "<html><head><title>404\nNot   Found</title></head><body><item><title>x</title><link>https://wire.example/1</link></item></body></html>",
    ],
)
def test_a_web_page_is_told_with_its_title(parse, body):
    parsed = parse(body)
    assert (parsed.outcome, parsed.entries) == (FeedOutcome.HTML, ())
    assert "'404 Not Found'" in parsed.reason


@pytest.mark.parametrize(
    "body", [b"not found", b'{"error": 404}', b"\x89PNG\r\n", b"<?xml version='1.0'?><error>no such feed</error>", b"<<<<"]
)
def test_what_is_no_feed_is_dead_with_a_reason(parse, body):
    parsed = parse(body)
    assert (parsed.outcome, parsed.entries) == (FeedOutcome.DEAD, ())
    assert parsed.reason


def test_a_body_that_looks_like_a_file_name_or_address_opens_nothing(parse, tmp_path: Path):
    secret = tmp_path / "feed.xml"
    secret.write_text(rss(item()))
    assert parse(str(secret)).outcome is FeedOutcome.DEAD
    assert parse(secret.as_uri()).outcome is FeedOutcome.DEAD


def test_a_feed_that_breaks_off_gives_its_whole_items_and_a_warning(parse):
    body = rss(item(1) + item(2))
    parsed = parse(body[: body.index("<item>", body.index("<item>") + 1) + 20])
    assert parsed.outcome is FeedOutcome.OK
    assert parsed.entries[0].url == "https://wire.example/1"
    assert any("not well-formed" in warning for warning in parsed.warnings)


def test_a_feed_that_breaks_off_before_its_first_item_is_dead(parse):
    parsed = parse(rss(item())[:300].split("<item>")[0])
    assert parsed.outcome is FeedOutcome.DEAD
    assert parsed.reason.startswith("no items, and not well-formed: ")


# --- links and guids -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("/view/1", "https://wire.example/view/1"),
        ("../view/1", "https://wire.example/view/1"),
        ("//m.wire.example/1", "https://m.wire.example/1"),
        ("?idxno=1&amp;page=2", "https://wire.example/feeds/all.xml?idxno=1&page=2"),
        ("\n https://wire.example/a\n", "https://wire.example/a"),
        ("<![CDATA[https://wire.example/a b?q=북한&x=%EB%B6%81]]>", "https://wire.example/a%20b?q=%EB%B6%81%ED%95%9C&x=%EB%B6%81"),
    ],
)
def test_links_become_absolute_addresses(parse, link, url):
    assert parse(rss(item(link=link))).entries[0].url == url


@pytest.mark.parametrize("link", ["", "javascript:void(0)", "mailto:desk@wire.example", "http://", "http://[::1/x"])
def test_an_item_without_a_usable_link_is_skipped_and_counted(parse, link):
    parsed = parse(rss(item(1) + item(2, link=link)))
    assert [entry.url for entry in parsed.entries] == ["https://wire.example/1"]
    assert parsed.warnings == ("1 item skipped for want of a usable link",)


def test_a_guid_that_is_an_address_serves_for_a_missing_link(parse):
    assert parse(rss("<item><guid>https://wire.example/7</guid></item>")).entries[0].url == "https://wire.example/7"


def test_a_guid_that_is_no_address_is_no_link(parse):
    assert parse(rss("<item><guid>AKR7</guid></item>")).outcome is FeedOutcome.EMPTY


def test_a_guid_before_a_relative_link_stays_as_it_is(parse):
    (entry,) = parse(rss("<item><guid>AKR7</guid><link>/7</link></item>")).entries
    assert (entry.guid, entry.url) == ("AKR7", "https://wire.example/7")


def test_the_link_serves_for_a_missing_guid(parse):
    assert parse(rss(item())).entries[0].guid == "https://wire.example/1"


def test_the_original_address_goes_before_that_of_a_feed_service(parse):
    more = "<feedburner:origLink>https://wire.example/real</feedburner:origLink>"
    assert parse(rss(item(link="https://service.example/~r/1", more=more))).entries[0].url == "https://wire.example/real"


def test_an_item_that_stands_twice_is_kept_once(parse):
    parsed = parse(rss(item(1, guid="g") + item(2, guid="g", link="https://wire.example/1", title="고침")))
    assert len(parsed.entries) == 1
    assert parsed.warnings == ("1 item repeated, kept once, such as 'g'",)


def test_articles_that_share_a_careless_guid_are_told_apart(parse):
    items = "".join(item(number, guid="https://wire.example/", title=f"제목 {number}") for number in range(3))
    parsed = parse(rss(items))
    assert len({entry.guid for entry in parsed.entries}) == 3
    assert parsed.warnings == ("2 items with the guid of another item, told apart by the link, such as 'https://wire.example/'",)


# --- dates -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "warning"),
    [
        ("2026-09-29 10:00:00", "1 item with a date in the future, refused, such as '2026-09-29 10:00:00'"),
        ("1970-01-01 00:00:00", "1 item with a date before 1990, refused, such as '1970-01-01 00:00:00'"),
        ("now", "1 item with a date of unknown form, such as 'now'"),
        ("", "1 item without a date"),
    ],
)
def test_a_date_that_cannot_be_believed_is_left_out_and_counted(parse, date, warning):
    parsed = parse(rss(item(date=date)))
    assert (parsed.entries[0].published_at, parsed.entries[0].published_zone) == (None, None)
    assert parsed.entries[0].published_raw == (date or None)
    assert parsed.warnings == (warning,)


def test_a_date_up_to_a_day_ahead_is_taken(parse):
    assert parse(rss(item(date="2026-09-29T00:00:00Z"))).entries[0].published_at == datetime(2026, 9, 29, tzinfo=UTC)


def test_the_day_of_a_date_in_gmt_is_that_of_the_feed(parse):
    entry = parse(rss(item(date="Sun, 27 Sep 2026 16:00:00 GMT"))).entries[0]
    assert (entry.published_at, entry.published_zone) == (datetime(2026, 9, 27, 16, tzinfo=UTC), "Asia/Seoul")


def test_a_date_without_zone_in_a_feed_without_zone_is_taken_for_utc_and_told(parse):
    parsed = parse(rss(item()), changes={"default_tz": None})
    assert (parsed.entries[0].published_at, parsed.entries[0].published_zone) == (datetime(2026, 9, 27, 19, tzinfo=UTC), None)
    assert "taken for UTC" in parsed.warnings[0]


def test_a_dublin_core_date_alone_is_the_date_of_publication(parse):
    entry = parse(rss(item(date="", more="<dc:date>2026-09-27T10:00:00+09:00</dc:date>"))).entries[0]
    assert entry.published_at == datetime(2026, 9, 27, 1, tzinfo=UTC)


# --- titles ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("<![CDATA[북<b>한</b>, 또 발사]]>", "북한, 또 발사"),
        ("<![CDATA[<사설> 회담의 뜻]]>", "<사설> 회담의 뜻"),
        ("&lt;표&gt; 수출입", "<표> 수출입"),
        ("A &amp;quot;new&amp;quot; line &amp;#39;x&amp;#39;", "A \"new\" line 'x'"),
        ("Losses &amp;lt; 5 &amp;amp; gains", "Losses < 5 & gains"),
        ("한 줄<![CDATA[<br/>]]>두 줄\n  끝", "한 줄 두 줄 끝"),
        ("", ""),
    ],
)
def test_titles_are_one_line_of_plain_text(parse, raw, title):
    assert parse(rss(item(title=raw))).entries[0].title == title


def test_scripts_do_not_come_through_in_summaries(parse):
    more = "<description><![CDATA[<p onclick='x()'>가</p><script>alert(1)</script>]]></description>"
    assert parse(rss(item(more=more))).entries[0].summary == "<p>가</p>"


# --- encodings -------------------------------------------------------------------------------------------------

KOREAN = rss(item(title="북한, 뷁 발사"))


@pytest.mark.parametrize(
    ("body", "content_type", "warned"),
    [
        (KOREAN.encode(), "text/xml; charset=euc-kr", True),
        (KOREAN.encode("cp949"), "text/xml; charset=utf-8", True),
        (KOREAN.encode("cp949"), None, True),
        (KOREAN.replace("utf-8", "euc-kr").encode("cp949"), "text/xml", False),
        (KOREAN.replace("utf-8", "euc-kr").encode("cp949"), "text/xml; charset=utf-8", True),
        (KOREAN.replace("utf-8", "no-such-code").encode(), None, True),
        (b"\xef\xbb\xbf" + KOREAN.encode(), "text/xml; charset=utf-8", False),
        (b"\r\n " + KOREAN.encode(), None, False),
        (KOREAN.replace("utf-8", "utf-16").encode("utf-16"), None, False),
        (KOREAN.replace("북", "\x00북\x0b").encode(), None, True),
    ],
)
def test_a_feed_is_read_in_the_encoding_it_is_in_whatever_it_claims(parse, body, content_type, warned):
    parsed = parse(body, content_type=content_type)
    assert parsed.entries[0].title == "북한, 뷁 발사"
    assert bool(parsed.warnings) == warned


@pytest.mark.parametrize("content_type", [None, "text/xml; charset=iso-8859-1"])
def test_a_title_that_was_cut_within_a_character_does_not_spoil_the_others(parse, content_type):
    cut = rss(item(1, title="가나") + item(2, title="다라" * 60)).encode().replace("나</title>".encode(), "나".encode()[:2] + b"</title>")
    parsed = parse(cut, content_type=content_type)
    assert parsed.entries[1].title == "다라" * 60
    assert "characters that could not be decoded: 1" in parsed.warnings


# --- hostile bodies --------------------------------------------------------------------------------------------


def test_an_entity_bomb_stays_small(parse):
    bomb = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10 if n else "boom" * 10}">' for n in range(12))
    parsed = parse(rss(item(title="&b11;"), f'<?xml version="1.0"?><!DOCTYPE rss [{bomb}]>'))
    assert "boom" not in parsed.entries[0].title
    assert len(parsed.entries[0].title) < 100


def test_one_long_entity_used_often_stays_small(parse):
    doctype = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY long "{"boom" * 10_000}">]>'
    assert len(str(parse(rss(item(title="&long;" * 100), doctype)))) < 10_000


def test_external_entities_are_not_read(parse, tmp_path: Path):
    (tmp_path / "secret").write_text("classified")
    doctype = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "{(tmp_path / "secret").as_uri()}">]>'
    assert "classified" not in str(parse(rss(item(title="&x;"), doctype)))


@pytest.mark.parametrize("opening", ["<div>", "&lt;div&gt;"])
def test_bottomless_nesting_is_refused(parse, opening):
    parsed = parse(rss(item(more=f"<description>{opening * (DEEPEST + 1)}</description>")))
    assert parsed.outcome is FeedOutcome.DEAD
    assert "left open" in parsed.reason


@pytest.mark.parametrize("reference", ["&#0;", "&#x0;", "&#xD800;", "&#57343;", "&#x110000;", "&#xFFFF;", "&#9999999999;"])
def test_references_to_characters_that_do_not_exist_do_no_harm(reference):
    item = f"<item><title>A {reference}missile</title><link>http://x.example/1</link><description>{reference}x</description></item>"
    body = f'<rss version="2.0"><channel><title>t</title>{item}</channel></rss>'.encode()
    source = FeedSource.model_validate(
        {
            "id": "a",
            "publisher": "x",
            "url": "http://x.example/f",
            "language": "en",
            "country": "KR",
            "kind": "wire",
            "korea_filter": False,
            "enabled": True,
        }
    )
    parsed = parse_feed(body, source, base_url="http://x.example/f", now=datetime(2025, 11, 7, tzinfo=UTC))
    assert [(entry.title, entry.summary) for entry in parsed.entries] == [("A missile", "x")]
