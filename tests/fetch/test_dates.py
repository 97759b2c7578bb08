from datetime import UTC, datetime

import pytest

from pipeline.fetch import parse_feed_date

SEOUL = "Asia/Seoul"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "at", "zone"),
    [
        ("Thu, 06 Nov 2025 09:10:00 KST", utc(2025, 11, 6, 0, 10), "+09:00"),
        ("2026-09-27 19:00:00", utc(2026, 9, 27, 10), SEOUL),
        ("2025.11.06 09:10", utc(2025, 11, 6, 0, 10), SEOUL),
        ("Sun,27 Sep 2026 10:00:00 +0900", utc(2026, 9, 27, 1), "+09:00"),
        ("27 09 2026 10:00:00", utc(2026, 9, 27, 1), SEOUL),
        ("Thu,28 Jul 2022 4:35:5 GMT+9", utc(2022, 7, 27, 19, 35, 5), "+09:00"),
        ("Sun, 27 Sep 2026 10:00:00 +09:00", utc(2026, 9, 27, 1), "+09:00"),
        ("27 Sep  2026 10:00:00 +0900", utc(2026, 9, 27, 1), "+09:00"),
    ],
)
def test_strings_seen_in_korean_feeds_are_read_right(raw, at, zone):
    assert parse_feed_date(raw, SEOUL) == (at, zone)


@pytest.mark.parametrize(
    ("raw", "at", "zone"),
    [
        ("2026-09-27T10:00:00Z", utc(2026, 9, 27, 10), "UTC"),
        ("2026-09-27T10:00:00.123+09:00", utc(2026, 9, 27, 1), "+09:00"),
        ("2026-09-27T10:00", utc(2026, 9, 27, 1), SEOUL),
        ("2026/9/7 9:5", utc(2026, 9, 7, 0, 5), SEOUL),
        ("2026. 9. 27. 오후 7:05", utc(2026, 9, 27, 10, 5), SEOUL),
        ("2026-09-27 오전 12:30", utc(2026, 9, 26, 15, 30), SEOUL),
        ("2026년 9월 27일 19시 30분", utc(2026, 9, 27, 10, 30), SEOUL),
        ("2026년 9월 27일(일) 오후 7:30", utc(2026, 9, 27, 10, 30), SEOUL),
        ("20260927190000", utc(2026, 9, 27, 10), SEOUL),
        ("20260927T100000Z", utc(2026, 9, 27, 10), "UTC"),
        ("2026-09-27", utc(2026, 9, 26, 15), SEOUL),
        ("일, 27 9월 2026 10:00:00 +0900", utc(2026, 9, 27, 1), "+09:00"),
        ("September 27, 2026 7:00 PM EDT", utc(2026, 9, 27, 23), "-04:00"),
        ("Sun Sep 27 19:00:00 KST 2026", utc(2026, 9, 27, 10), "+09:00"),
        ("Sun, 27 Sep 2026 10:00:00 +0900 (KST)", utc(2026, 9, 27, 1), "+09:00"),
        ("Sunday, 27 September 2026 10:00 -0000", utc(2026, 9, 27, 10), "UTC"),
        ("27 Sep 26 10:00 GMT", utc(2026, 9, 27, 10), "UTC"),
        ("Sun, 27 Sept 2026 23:59:60 GMT", utc(2026, 9, 27, 23, 59, 59), "UTC"),
        ("  Sun,\n27 Sep 2026 10:00:00 JST ", utc(2026, 9, 27, 1), "+09:00"),
    ],
)
def test_other_usual_forms_are_read_right(raw, at, zone):
    assert parse_feed_date(raw, SEOUL) == (at, zone)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "yesterday",
        "5 hours ago",
        "09/27/2026",
        "2026-09-31",
        "2026-13-01",
        "0000-00-00 00:00:00",
        "2026-09-27 24:10",
        "2026-09-27 13:00 PM",
        "27 Maybe 2026",
        "Sun, 27 Sep 2026 10:00:00 IST",
        "Sun, 27 Sep 2026 10:00:00 XYZ",
        "2026-09-27 10:00:00 and more",
        "2026-09-27T10:00:00+99:00",
        "9" * 100_000,
        "27 " * 50_000,
    ],
)
def test_what_is_no_date_of_a_known_form_is_none_and_never_a_guess(raw):
    assert parse_feed_date(raw, SEOUL) is None


def test_without_any_zone_the_time_counts_as_utc_and_the_zone_as_unknown():
    assert parse_feed_date("2026-09-27 10:00", None) == (utc(2026, 9, 27, 10), None)


def test_cst_is_china_in_a_chinese_feed_and_america_elsewhere():
    raw = "Sun, 27 Sep 2026 10:00:00 CST"
    assert parse_feed_date(raw, "Asia/Shanghai") == (utc(2026, 9, 27, 2), "Asia/Shanghai")
    assert parse_feed_date(raw, None) == (utc(2026, 9, 27, 16), "-06:00")


def test_a_zone_with_summer_time_is_that_of_the_day():
    assert parse_feed_date("2026-07-01 12:00", "America/New_York") == (utc(2026, 7, 1, 16), "America/New_York")
    assert parse_feed_date("2026-12-01 12:00", "America/New_York") == (utc(2026, 12, 1, 17), "America/New_York")
