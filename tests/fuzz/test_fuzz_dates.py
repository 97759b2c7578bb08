"""Dates and addresses, mutated: whatever stands there, it is read within bounds, always the same way, or not at all."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.feeds import FeedSource
from models.vocabulary import DateSource
from pipeline.extract.dates import find_publication, parse_given, parse_stamp
from pipeline.fetch.dates import parse_feed_date
from pipeline.fetch.items import EARLIEST, LATEST, Notes, read_date
from pipeline.fetch.links import resolve_link
from pipeline.text.urls import is_home_of, same_site, trusted_canonical, url_key

NOW = datetime(2026, 9, 28, tzinfo=UTC)
SOURCE = FeedSource.model_validate(
    {"id": "a", "publisher": "A", "url": "https://a.example/", "language": "ko", "country": "KR", "kind": "wire"}
    | {"korea_filter": False, "enabled": True}
)
WRITTEN = (
    "Thu, 06 Nov 2025 09:10:00 KST",
    "2026-09-27 19:00:00",
    "2025.11.06 09:10",
    "Sun,27 Sep 2026 10:00:00 +0900",
    "27 09 2026 10:00:00",
    "Thu,28 Jul 2022 4:35:5 GMT+9",
    "Sun, 27 Sep 2026 10:00:00 +09:00",
    "27 Sep  2026 10:00:00 +0900",
    "2026년 9월 27일 오후 7시 30분",
    "September 27, 2026 7:00 PM EDT",
    "20260927T190000Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00",
)
ADDRESSES = (
    "https://world.kbs.co.kr/service/news_view.htm?lang=e&Seq_Code=181595",
    "https://www.mofa.go.kr/www/brd/m_4080/view.do?seq=376100&page=1&utm_source=rss",
    "http://user:word@www.wire.example:8080/a%20b/../c;jsessionid=1F?x=%EA%B0%80&y=#!/news/1",
    "https://[2001:db8::1]:443/news/1?a=1;b=2",
    "https://뉴스.example/기사/1?제목=가",
)
ZONES = st.sampled_from([None, "Asia/Seoul", "UTC", "America/New_York"])
PIECES = st.sampled_from(
    [
        "",
        "0",
        "99999999",
        "-",
        ":",
        "+9999",
        "+24:00",
        "\x00",
        "٣",
        "२",
        "²",
        "九",
        "\u202e",
        " " * 90,
        "[",
        "]",
        "%",
        "%zz",
        "//",
        "@",
        "#",
        "?",
        "\ud800",
        "İ",
    ]
)


@st.composite
def mutated(draw: st.DrawFn, seeds: tuple[str, ...]) -> str:
    """Return one of the seeds with up to four places cut out, doubled, or filled with something odd."""
    text = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 6)))
        new = draw(st.one_of(st.just(text[start:end] * 2), PIECES, st.characters()))
        text = text[:start] + new + text[end:]
    return text


@settings(max_examples=60, derandomize=True, deadline=None)
@given(mutated(WRITTEN), ZONES)
def test_a_date_of_a_feed_is_within_bounds_or_refused(raw: str, zone: str | None) -> None:
    notes = Notes()
    at, named = read_date(raw, SOURCE.model_copy(update={"default_tz": zone}), NOW, notes)
    assert at is None or EARLIEST <= at <= NOW + LATEST
    assert at is not None or named is None
    assert at is not None or list(notes.lines())
    found = parse_feed_date(raw, zone)
    assert found == parse_feed_date(f"  {raw} ", zone)
    assert found is None or found[0].utcoffset() == timedelta()


@settings(max_examples=30, derandomize=True, deadline=None)
@given(mutated(WRITTEN), ZONES)
def test_a_date_of_a_page_is_within_bounds_or_another_evidence_is_taken(raw: str, zone: str | None) -> None:
    stamp = parse_stamp(raw, DateSource.META, default_tz=zone)
    assert stamp is None or (stamp.at.utcoffset() == timedelta() and stamp.raw == raw.strip())
    page = "<html><head><meta name='date' content=\"{}\"></head><body><time>{}</time></body></html>".format(raw.replace('"', ""), raw)
    found = find_publication(page, url=f"https://a.example/{raw}", default_tz=zone, fetched_at=NOW)
    assert found is not None
    assert EARLIEST.year <= found.at.year
    assert found.at <= NOW + LATEST


@settings(max_examples=60, derandomize=True, deadline=None)
@given(mutated(WRITTEN))
def test_a_given_date_is_read_in_utc_or_refused(raw: str) -> None:
    with suppress(ValueError):
        assert parse_given(raw).at.utcoffset() == timedelta()


@settings(max_examples=60, derandomize=True, deadline=None)
@given(mutated(ADDRESSES))
@example("http://[")
@example("http://[::1")
@example("https://a.example:99999999/")
@example("https://\u2100.example/")
def test_the_key_of_an_address_is_stable(url: str) -> None:
    key = url_key(url)
    assert key == url_key(url)
    assert url_key(key) == key
    assert not any(character.isspace() for character in key)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(mutated(ADDRESSES), mutated(ADDRESSES))
@example("http://[", "https://a.example/")
def test_a_strange_address_is_on_no_site_or_on_its_own(left: str, right: str) -> None:
    assert same_site(left, right) == same_site(right, left)
    trusted = trusted_canonical(left, right)
    assert trusted is None or (same_site(left, right) and trusted == right)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(mutated(ADDRESSES), st.sampled_from(ADDRESSES[:4]))
def test_a_link_becomes_an_address_of_the_web_or_none(link: str, base: str) -> None:
    absolute = resolve_link(link, base)
    if absolute is not None:
        assert absolute.startswith(("http://", "https://"))
        assert resolve_link(absolute, base) == absolute
        assert not any(character.isspace() or not character.isprintable() for character in absolute)


def test_a_link_to_a_domain_in_hangul_keeps_its_host() -> None:
    absolute = resolve_link("https://뉴스.example/기사/1", "https://a.example/feed")
    assert absolute is not None
    assert urlsplit(absolute).hostname in {"뉴스.example", "xn--9k3b23n.example"}


@pytest.mark.parametrize("url", ["http://[", "https://\u2100.example/"])
def test_what_is_no_address_is_no_home_page(url: str) -> None:
    assert not is_home_of(url, ADDRESSES[0])
    assert not is_home_of(ADDRESSES[0], url)
