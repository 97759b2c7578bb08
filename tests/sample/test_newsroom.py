"""Every address of the newsroom answers as intended."""

import gc
import gzip
import json
import re
import threading
import warnings
from html import unescape

import feedparser
import pytest

from pipeline.fetch.catalog import load_catalog
from pipeline.sample.server import Newsroom

LEDGER = "http://seoul-ledger.example/feed.atom"
THEFT = "http://seoul-ledger.example/article/10617"


def entries(body):
    return feedparser.parse(body).entries


def get_feed(fetch, newsroom, url):
    status, _, body = fetch(newsroom, url)
    assert status == 200
    return entries(body)


def test_every_host_has_the_address_of_the_server(newsroom, sample):
    assert newsroom.connect_to == dict.fromkeys(sample.hosts, newsroom.address)


def test_every_feed_of_the_plan_parses_with_all_its_items(newsroom, sample, fetch):
    published = sample.published_in(1)
    for feed in sample.feeds:
        expected = [item for item in feed.items if item.article is None or item.article in published]
        parsed = feedparser.parse(fetch(newsroom, feed.url)[2])
        assert (parsed.bozo, len(parsed.entries)) == (False, len(expected)), feed.url


def test_every_article_answers_as_its_outlet_does(newsroom, sample, fetch):
    for story in sample.published_in(1).values():
        assert fetch(newsroom, story.url)[0] == sample.outlets[story.host].page_status, story.url


def test_a_page_holds_every_paragraph_of_its_article(newsroom, sample, fetch):
    for story in sample.published_in(1).values():
        outlet = sample.outlets[story.host]
        if outlet.page_status == 200:
            page = fetch(newsroom, story.url)[2].decode(outlet.charset)
            if outlet.template in ("nextdata", "fusion"):
                page = re.sub(r'\\(["/])', r"\1", page)
            missing = [text for text in story.body if text.removeprefix("## ") not in unescape(page)]
            assert missing == [], story.id


@pytest.mark.parametrize("host", ["handeul-ilbo.example"])
def test_one_outlet_writes_in_euc_kr_and_says_so(newsroom, sample, fetch, host):
    for story in (story for story in sample.stories.values() if story.host == host):
        _, headers, body = fetch(newsroom, story.url)
        assert headers["Content-Type"] == "text/html; charset=euc-kr"
        assert story.title in unescape(body.decode("euc-kr"))


def test_json_ld_has_the_date_with_its_offset(newsroom, sample, fetch):
    page = fetch(newsroom, THEFT)[2].decode()
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page)[1])
    assert (data["@type"], data["datePublished"]) == ("NewsArticle", "2025-11-27T13:05:00+09:00")


def test_bare_pages_and_state_pages_have_no_date(newsroom, sample, fetch):
    for story in sample.stories.values():
        if sample.outlets[story.host].template in ("bare", "state"):
            markup = fetch(newsroom, story.url)[2].decode(sample.outlets[story.host].charset)
            assert story.published.strftime("%Y-%m-%d") not in markup, story.id


@pytest.mark.parametrize("template", ["nextdata", "fusion"])
def test_script_bodies_are_json_that_stands_nowhere_else(newsroom, sample, fetch, template):
    marks = {"nextdata": r'<script id="__NEXT_DATA__"[^>]*>(.*?)</script>', "fusion": r"Fusion\.globalContent=(.*?);Fusion\."}
    for story in (story for story in sample.stories.values() if sample.outlets[story.host].template == template):
        page = fetch(newsroom, story.url)[2].decode()
        script = re.search(marks[template], page)
        assert story.body[1] in unescape(json.dumps(json.loads(script[1]), ensure_ascii=False).replace('\\"', '"'))
        assert story.body[1] not in unescape(page.replace(script[0], ""))


@pytest.mark.parametrize(
    ("url", "pattern"),
    [
        ("http://hanbit-wire.example/rss/northkorea.xml", r"\w{3}, \d\d \w{3} 2025 \d\d:\d\d:\d\d \+0900"),
        ("http://gaon-tongsin.example/rss/nk.xml", r"\w{3}, \d\d \w{3} 2025 \d\d:\d\d:\d\d KST"),
        ("http://handeul-ilbo.example/rss/politics.asp", r"2025-\d\d-\d\d \d\d:\d\d:\d\d"),
        (LEDGER, r"2025-\d\d-\d\dT\d\d:\d\d:\d\d\+09:00"),
    ],
)
def test_feeds_write_their_dates_in_different_manners(newsroom, fetch, url, pattern):
    dates = [entry.published for entry in get_feed(fetch, newsroom, url)]
    assert dates
    assert all(re.fullmatch(pattern, date) for date in dates)


def test_the_full_text_feed_holds_the_articles_whose_pages_are_refused(newsroom, sample, fetch):
    for entry in get_feed(fetch, newsroom, "http://north-window.example/feed/"):
        story = next(story for story in sample.stories.values() if story.url == entry.link)
        assert fetch(newsroom, entry.link)[0] == 403
        assert all(text in unescape(entry.content[0].value) for text in story.body)


def test_the_cut_feed_gives_no_entries(newsroom, fetch):
    parsed = feedparser.parse(fetch(newsroom, "http://strait-weekly.example/feed.xml")[2])
    assert (bool(parsed.bozo), parsed.entries) == (True, [])


def test_one_feed_address_answers_with_a_web_page(newsroom, fetch):
    status, headers, body = fetch(newsroom, "http://cable-gazette.example/feed/")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert feedparser.parse(body).version == ""


def test_one_feed_is_sound_but_empty(newsroom, fetch):
    parsed = feedparser.parse(fetch(newsroom, "http://quiet-institute.example/feed/")[2])
    assert (parsed.version, parsed.bozo, parsed.entries) == ("rss20", False, [])


def test_the_soft_404_has_status_200_and_no_article(newsroom, fetch):
    link = "http://harbor-times.example/world/2025/11/05/north-korea-sanctions-reaction"
    assert link in [entry.link for entry in get_feed(fetch, newsroom, "http://harbor-times.example/rss/all")]
    status, _, body = fetch(newsroom, link)
    assert (status, b"cannot find that page" in body, b"<p>" in body) == (200, True, False)


def test_the_redirect_loop_returns_to_its_beginning(newsroom, fetch):
    start = "http://harbor-times.example/go/4411"
    status, headers, _ = fetch(newsroom, start)
    assert status == 302
    assert headers["Location"] != start
    assert fetch(newsroom, headers["Location"])[1]["Location"] == start


def test_the_short_link_leads_to_its_article(newsroom, sample, fetch):
    status, headers, _ = fetch(newsroom, "http://pacific-courier.example/r/8841")
    assert (status, headers["Location"]) == (301, sample.stories["seven-ships"].path)


def test_an_unknown_page_and_an_unknown_host_are_not_found(newsroom, fetch):
    assert fetch(newsroom, "http://harbor-times.example/nothing")[0] == 404
    assert newsroom._find("http://nobody.example/").status == 404


def test_robots_txt_is_there_for_all_outlets_but_one(newsroom, sample, fetch):
    missing = [host for host in sample.outlets if fetch(newsroom, f"http://{host}/robots.txt")[0] == 404]
    assert missing == ["taedong-agency.example"]


def test_one_id_stands_twice_in_a_feed(newsroom, fetch):
    ids = [entry.id for entry in get_feed(fetch, newsroom, "http://gaon-tongsin.example/rss/nk.xml")]
    assert len(ids) == len(set(ids)) + 1


def test_one_article_has_two_addresses_in_two_feeds(newsroom, fetch):
    plain = {entry.link for entry in get_feed(fetch, newsroom, LEDGER)}
    tagged = {entry.link for entry in get_feed(fetch, newsroom, "http://seoul-ledger.example/rss/security")}
    assert plain.isdisjoint(tagged)
    assert {link.partition("?")[0] for link in tagged} <= plain
    for link in tagged:
        assert fetch(newsroom, link)[2] == fetch(newsroom, link.partition("?")[0])[2]


def test_a_page_is_not_sent_again_to_who_has_it(newsroom, fetch):
    for url in (LEDGER, THEFT):
        _, headers, _ = fetch(newsroom, url)
        assert fetch(newsroom, url, **{"If-None-Match": headers["ETag"]})[::2] == (304, b"")
        assert fetch(newsroom, url, **{"If-Modified-Since": headers["Last-Modified"]})[::2] == (304, b"")


def test_a_page_is_compressed_for_who_takes_it(newsroom, fetch):
    _, headers, packed = fetch(newsroom, THEFT, **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed) == fetch(newsroom, THEFT)[2]


def test_two_newsrooms_serve_the_same_bytes(newsroom, root, fetch):
    with Newsroom(root) as other:
        for source in load_catalog(root / "feeds.yaml"):
            if source.enabled:
                assert fetch(other, source.url)[2] == fetch(newsroom, source.url)[2]


def test_the_second_edition_changes_one_page_and_adds_one(root, sample, fetch):
    with Newsroom(root) as newsroom:
        first = {story.id: fetch(newsroom, story.url)[::2] for story in sample.stories.values()}
        newsroom.edition = 2
        second = {story.id: fetch(newsroom, story.url)[::2] for story in sample.stories.values()}
    assert {name for name in first if first[name] != second[name]} == {"upbit-theft", "talks-offer-unanswered"}
    assert first["talks-offer-unanswered"][0] == 404


def test_the_second_edition_shows_in_title_and_date_of_the_feed_entry(root, fetch):
    with Newsroom(root) as newsroom:
        status, headers, body = fetch(newsroom, LEDGER)
        before = {entry.link: entry for entry in entries(body)}[THEFT]
        newsroom.edition = 2
        status, _, body = fetch(newsroom, LEDGER, **{"If-None-Match": headers["ETag"]})
        after = {entry.link: entry for entry in entries(body)}[THEFT]
    assert status == 200
    assert before.id == after.id
    assert before.title != after.title
    assert before.updated < after.updated
    assert before.published == after.published


def test_leaving_the_newsroom_leaves_no_thread_and_no_open_socket(root, fetch):
    before = threading.active_count()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        with Newsroom(root) as newsroom:
            fetch(newsroom, LEDGER)
            fetch(newsroom, THEFT)
        del newsroom
        gc.collect()
    assert [str(warning.message) for warning in caught] == []
    assert threading.active_count() == before
