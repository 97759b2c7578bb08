"""Pages, mutated: each becomes an article whose offsets hold, or is refused with a reason."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from models.records import FeedEntry, Page
from models.vocabulary import BodyStatus
from pipeline.errors import ExtractError, LanguageError
from pipeline.extract import extract, extract_page

NOW = datetime(2026, 9, 28, tzinfo=UTC)
URL = "https://wire.example/news/2026/09/27/12345"
ENGLISH = (
    "North Korea fired a short-range ballistic missile toward the East Sea on Sunday, the Joint Chiefs of Staff in Seoul said. "
    "It flew about 700 kilometers. Washington imposed sanctions on two bankers, who laundered 3.5 million dollars. "
)
KOREAN = "북한이 27일 동해상으로 단거리 탄도미사일 2발을 발사했다고 합동참모본부가 밝혔다. 정부는 강력히 규탄하며 추가 제재를 예고했다. "
DATA = json.dumps(
    {"@type": "NewsArticle", "headline": "A missile", "datePublished": "2026-09-27T10:00:00+09:00", "articleBody": ENGLISH * 2}
)


def page(story: str, *, charset: str = "utf-8") -> str:
    return (
        f"<!DOCTYPE html><html><head><meta charset='{charset}'><title>A missile | Wire</title><link rel='canonical' href='{URL}'>"
        f"<meta property='og:title' content='A missile'><script type='application/ld+json'>{DATA}</script></head><body><nav><a href='/'>Home</a></nav>"
        f"<article><h1>A missile</h1><time datetime='2026-09-27T10:00:00+09:00'>Sunday</time><p>SEOUL, Sept. 27 (Wire) -- {story}</p><p>{story}</p>"
        "<table><tr><td>7</td></tr></table></article><footer>(END)</footer></body></html>"
    )


SEEDS = (page(ENGLISH).encode(), page(KOREAN).encode(), page(KOREAN, charset="euc-kr").encode("cp949"), page(ENGLISH).encode("utf-16"))
ODD = st.sampled_from(
    [
        b"\x00",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\xc2\x9b31m",
        b"\x1b[2J",
        "한글".encode("cp949"),
        "e\u0301\u202e\ufeff".encode(),
        b"&#0;&#27;&#x9b;&#xD800;&#99999999;",
        b"<script>",
        b"</script>",
        b"<![CDATA[",
        b"<!--",
        b"<svg><math>",
        b"<plaintext>",
        b"<template>",
        b"<base href='http://['>",
        b"<link rel=canonical href='http://[::'>",
        b"<link rel=canonical href='//[evil'>",
        b"<meta charset=utf-7>",
        b"<meta name=date content='9999-12-31T23:59:59-12:00'>",
        b"<time datetime='0001-01-01T00:00:00+14:00'>",
        b'<script type="application/ld+json">{"@type": [[{}]], "headline": ["x"], "datePublished": {}, "articleBody": 7}</script>',
        b'<script type="application/ld+json">' + b"[" * 3_000 + b"</script>",
        b'<script type="application/ld+json">{"@type":"NewsArticle","headline":"\\u0000\\ud800\\u001b[2J"}</script>',
        b'<script id="__NEXT_DATA__">{"a": NaN, "b": 1' + b"0" * 5_000 + b"}</script>",
        b"<div>" * 2_000,
        b" a='" + b"x" * 50_000 + b"'",
    ]
)
TYPES = st.none() | st.sampled_from(["text/html", "text/html; charset=euc-kr", "text/html; charset=utf-7", "text/html; charset=hex", ";;="])


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return a page with up to five places flipped, cut, doubled or filled with something odd, or without its end."""
    body = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, min(len(body), start + 60)))
        flipped = bytes(byte ^ draw(st.integers(1, 255)) for byte in body[start : start + 1])
        body = body[:start] + draw(st.sampled_from([flipped + body[start + 1 : end], b"", body[start:end] * 2, draw(ODD)])) + body[end:]
    return body[: draw(st.integers(0, len(body)))] if draw(st.booleans()) else body


def is_clean(text: str) -> bool:
    """Tell whether a text can be stored anywhere and shown on a terminal, but for turns of direction."""
    return not any(unicodedata.category(character) in {"Cc", "Cs"} and character not in "\t\n\r\x85" for character in text)


@settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged(), TYPES)
@example(b"", None)
@example(b"<", "text/html")
def test_a_damaged_page_becomes_an_article_or_is_refused(body: bytes, content_type: str | None) -> None:
    options = {"url": URL, "content_type": content_type, "fetched_at": NOW, "default_tz": "Asia/Seoul"}
    try:
        found = extract_page(body, **options)
    except ExtractError:
        return
    assert found.text.strip() == found.text != ""
    assert found.body_status not in {BodyStatus.EMPTY, BodyStatus.BLOCKED}
    assert is_clean(found.title + found.text + (found.author or "") + (found.site_name or "") + (found.canonical_url or ""))
    assert unicodedata.is_normalized("NFC", found.text)
    assert found.canonical_url is None or found.canonical_url.startswith("https://wire.example/")
    assert found.publication is not None
    assert found.publication.at.year >= 1990
    assert found.publication.at <= NOW + timedelta(days=1)
    assert extract_page(body, **options) == found


@settings(max_examples=20, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged(), st.text(max_size=60), st.text(max_size=200))
def test_the_offsets_of_an_article_lie_within_its_text(body: bytes, title: str, summary: str) -> None:
    entry = FeedEntry("wire", "1", URL, title, summary, f"<p>{summary}</p>", None, None, None)
    fetched = Page(URL, URL, 200, {"Content-Type": "text/html"}, body, "0" * 64, NOW)
    try:
        article = extract(fetched, article_id="a", entry=entry, feed_language="en", default_tz="Asia/Seoul", use_feed_text=True)
    except (ExtractError, LanguageError):
        return
    end = 0
    for start, stop in article.furniture:
        assert end <= start < stop <= len(article.text)
        end = stop
    if article.dateline is not None:
        assert article.text[article.dateline.start : article.dateline.end] == article.dateline.text
    assert 0.0 <= article.korea_score <= 1.0
    assert is_clean(article.title + article.text)
