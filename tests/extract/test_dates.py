from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.vocabulary import DateSource
from pipeline.extract.dates import find_publication, parse_given, parse_stamp

NOW = datetime(2025, 11, 7, 12, tzinfo=UTC)
FEED_AT = datetime(2025, 11, 5, 3, 0, tzinfo=UTC)


def html(head: str = "", body: str = "") -> str:
    return f"<html><head>{head}</head><body>{body}</body></html>"


JSONLD = '<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"%s"}</script>'
META = '<meta property="article:published_time" content="%s">'


@pytest.mark.parametrize(
    ("raw", "expected", "zone", "precision"),
    [
        ("2025-11-06T09:10:00+09:00", "2025-11-06T00:10", "+09:00", "minute"),
        ("2025-11-06T00:10:00Z", "2025-11-06T00:10", "UTC", "minute"),
        ("2025.11.06 09:10", "2025-11-06T00:10", "Asia/Seoul", "minute"),
        ("2025. 11. 6. 오전 9:10", "2025-11-06T00:10", "Asia/Seoul", "minute"),
        ("2025년 11월 6일 오후 2시 05분", "2025-11-06T05:05", "Asia/Seoul", "minute"),
        ("입력 2025-11-06 (목) 09:10", "2025-11-06T00:10", "Asia/Seoul", "minute"),
        ("20251106091000", "2025-11-06T00:10", "Asia/Seoul", "minute"),
        ("Thu, 06 Nov 2025 09:10:00 KST", "2025-11-06T00:10", "+09:00", "minute"),
        ("Thu,06 Nov 2025 9:10:5 GMT+9", "2025-11-06T00:10", "+09:00", "minute"),
        ("November 6, 2025 9:10 am EST", "2025-11-06T14:10", "-05:00", "minute"),
        ("Nov. 6, 2025", "2025-11-05T15:00", "Asia/Seoul", "day"),
        ("2025-11-06", "2025-11-05T15:00", "Asia/Seoul", "day"),
    ],
)
def test_stamps_of_pages_and_feeds_are_read(raw, expected, zone, precision):
    found = parse_stamp(raw, DateSource.META, default_tz="Asia/Seoul")
    assert found is not None
    assert (found.at.isoformat()[:16], found.zone, found.precision, found.raw) == (expected, zone, precision, raw)
    assert found.day == date(2025, 11, 6)


@pytest.mark.parametrize(
    "raw", ["", "today", "06/11/2025", "2025-13-01", "2025-02-30", "9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+09:00"]
)
def test_what_is_no_date_or_has_two_readings_is_refused(raw):
    assert parse_stamp(raw, DateSource.META) is None


def test_a_time_without_a_zone_counts_in_utc_where_none_is_configured():
    found = parse_stamp("2025-11-06 09:10", DateSource.META)
    assert found is not None
    assert (found.at, found.zone) == (datetime(2025, 11, 6, 9, 10, tzinfo=UTC), None)


def find(page: str | None, **more: object):
    return find_publication(page, fetched_at=NOW, default_tz="Asia/Seoul", **more)


def test_sources_are_trusted_in_order():
    url = "https://example.org/2025/11/03/a"
    body = '<article><time datetime="2025-11-04T09:00:00+09:00">4 Nov</time></article>'
    everything = html(JSONLD % "2025-11-06T09:00:00+09:00" + META % "2025-11-05T09:00:00+09:00", body)
    steps = [
        (everything, url, FEED_AT, DateSource.JSONLD),
        (html(META % "2025-11-05T09:00:00+09:00", body), url, FEED_AT, DateSource.META),
        (html("", body), url, FEED_AT, DateSource.TIME),
        (html("", "<p>Text</p>"), url, FEED_AT, DateSource.FEED),
        (html("", "<p>Text</p>"), url, None, DateSource.URL),
        (html("", "<p>Published on 6 November 2025</p>"), "", None, DateSource.HTMLDATE),
        (html("", "<p>Text</p>"), "", None, DateSource.FETCHED),
        (None, "", None, DateSource.FETCHED),
    ]
    assert [find(page, url=url, feed_at=feed).source for page, url, feed, _ in steps] == [source for *_, source in steps]


def test_dates_of_the_future_and_of_before_the_web_are_passed_over():
    page = html(JSONLD % "2031-01-01T00:00:00Z" + META % "1970-01-01T00:00:00Z")
    assert find(page, feed_at=FEED_AT).source is DateSource.FEED


def test_a_day_gives_way_to_a_time_on_the_same_day_only():
    same = html(JSONLD % "2025-11-06" + META % "2025-11-06T08:30:00+09:00")
    other = html(JSONLD % "2025-11-06" + META % "2025-11-04T08:30:00+09:00")
    assert (find(same).source, find(same).precision) == (DateSource.META, "minute")
    assert (find(other).source, find(other).precision) == (DateSource.JSONLD, "day")


def test_the_dates_of_related_articles_do_not_count():
    listed = '<script type="application/ld+json">{"@type":"ItemList","itemListElement":[{"@type":"NewsArticle","datePublished":"2025-10-01T00:00:00Z"}]}</script>'
    assert find(html(listed), feed_at=FEED_AT).source is DateSource.FEED


def test_several_time_elements_outside_the_article_prove_nothing():
    body = '<ul><li><time datetime="2025-11-01T00:00:00Z"></time></li><li><time datetime="2025-11-02T00:00:00Z"></time></li></ul>'
    assert find(html("", body), feed_at=FEED_AT).source is DateSource.FEED


def test_eight_figures_alone_in_an_address_are_a_number_and_no_day():
    assert find(None, url="https://example.org/news/20101112").source is DateSource.FETCHED
    assert find(None, url="https://example.org/view/AEN20251106003800315").source is DateSource.URL


def test_a_feed_day_without_a_time_is_a_day():
    assert find(None, feed_at=FEED_AT, feed_raw="2025-11-05").precision == "day"


def test_without_evidence_and_fetch_time_nothing_is_claimed():
    assert find_publication(html("", "<p>Text</p>")) is None


@pytest.mark.parametrize(
    ("raw", "at", "zone", "precision"),
    [
        ("2025-11-06", datetime(2025, 11, 6, tzinfo=UTC), None, "day"),
        ("2025-11-06T09:10", datetime(2025, 11, 6, 9, 10, tzinfo=UTC), None, "minute"),
        ("2025-11-06T09:10:00+09:00", datetime(2025, 11, 6, 0, 10, tzinfo=UTC), "+09:00", "minute"),
        ("2025-11-06T09:10:00Z", datetime(2025, 11, 6, 9, 10, tzinfo=UTC), "UTC", "minute"),
    ],
)
def test_given_dates_are_iso_8601(raw, at, zone, precision):
    found = parse_given(raw)
    assert (found.at, found.zone, found.precision, found.source) == (at, zone, precision, DateSource.GIVEN)
    assert found.day == date(2025, 11, 6)


@pytest.mark.parametrize("raw", ["", "yesterday", "2025", "2025-02-30", "06.11.2025", "2025-11-06T25:00", "0001-01-01T00:00:00+09:00"])
def test_given_nonsense_is_an_error(raw):
    with pytest.raises(ValueError):
        parse_given(raw)


@settings(max_examples=60, deadline=None)
@given(
    st.datetimes(min_value=datetime(1990, 1, 2), max_value=datetime(2100, 1, 1)),
    st.sampled_from(["%Y-%m-%dT%H:%M:%S+09:00", "%Y.%m.%d %H:%M KST", "%d %b %Y %H:%M:%S +0900"]),
)
def test_a_written_stamp_reads_back(at, form):
    found = parse_stamp(at.strftime(form), DateSource.FEED)
    assert found is not None
    assert found.at == datetime.fromisoformat(at.strftime("%Y-%m-%dT%H:%M:00+09:00")).replace(second=at.second if "%S" in form else 0)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40) | st.from_regex(r"\d{1,8}[-./: ]\d{1,4}[-./: ]\d{1,4}.{0,10}", fullmatch=True))
def test_no_string_breaks_the_reader(raw):
    parse_stamp(raw, DateSource.META, default_tz="Asia/Seoul")
