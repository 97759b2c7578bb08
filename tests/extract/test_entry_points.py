from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.records import FeedEntry, Page
from models.vocabulary import BodyStatus, DateSource
from pipeline.errors import ExtractError, LanguageError
from pipeline.extract import extract, read_document

NOW = datetime(2025, 11, 7, tzinfo=UTC)
STORY = "The ministry in Seoul said on Thursday that the two Koreas would open a hotline again. Officials of both sides met at Panmunjom for an hour."
URL = "https://news.example.org/2025/11/06/hotline-opens-again"


def page(html: str, *, status: int = 200, **headers: str) -> Page:
    return Page(URL, URL, status, headers or {"Content-Type": "text/html"}, html.encode(), "0" * 64, NOW)


def entry(content: str = "", summary: str = "") -> FeedEntry:
    return FeedEntry("f", "g", URL, "Hotline opens again", summary, content, "2025-11-06 09:10", datetime(2025, 11, 6, 0, 10, tzinfo=UTC))


def html(text: str) -> str:
    return f"<html><head><title>Hotline opens again</title></head><body><article><h1>Hotline opens again</h1><p>{text}</p></article></body></html>"


def test_a_page_becomes_an_article_with_all_its_fields():
    found = extract(
        page(html("SEOUL, Nov. 6 (Yonhap) -- " + STORY * 2)), article_id="a1", entry=entry(), default_tz="Asia/Seoul", publisher="Example"
    )
    assert (found.id, found.lang, found.publisher, found.url, found.title) == ("a1", "en", "Example", URL, "Hotline opens again")
    assert found.korea
    assert found.korea_score > 0.9
    assert found.dateline is not None
    assert found.dateline.text == "SEOUL"
    assert [found.text[start:end] for start, end in found.furniture] == [", Nov. 6 (Yonhap) -- "]
    assert found.publication is not None
    assert (found.publication.source, found.publication.zone) == (DateSource.FEED, "Asia/Seoul")


def test_a_refused_page_gives_way_to_a_feed_that_holds_the_text():
    refused = page("<html><body><p>403</p></body></html>", status=403)
    found = extract(refused, article_id="a1", entry=entry(content=f"<p>{STORY}</p>"), use_feed_text=True)
    assert (found.text, found.body_status) == (STORY, BodyStatus.FEED)
    with pytest.raises(ExtractError):
        extract(refused, article_id="a1", entry=None)


def test_it_is_noted_why_only_the_summary_of_a_feed_is_there():
    notes: list[str] = []
    found = extract(page(""), article_id="a1", entry=entry(summary=STORY), note=notes.append)
    assert (found.body_status, notes) == (BodyStatus.SUMMARY, ["the body is empty or no HTML"])
    extract(page(html(STORY * 2)), article_id="a1", entry=entry(summary=STORY), note=notes.append)
    assert len(notes) == 1


def test_another_language_is_an_error_and_not_an_article():
    german = "Das Ministerium sagte am Donnerstag, dass die Gespräche mit der Regierung wieder beginnen sollen. " * 4
    with pytest.raises(LanguageError, match="'de'"):
        extract(page(html(german)), article_id="a1", feed_language="en")


@pytest.mark.parametrize("text", [STORY, f"  {STORY}\r\n\n", "cafe\u0301 \u1112\u1161\u11ab in Seoul and the rest", "", " \n ", "12 %"])
def test_a_given_text_is_never_changed(text):
    assert read_document(id="a", text=text).text == text


def test_a_given_document_keeps_what_was_given():
    found = read_document(id="a", text=STORY, title="T", url="u", publisher="P", published="2025-11-06", lang="en")
    assert (found.title, found.url, found.publisher, found.korea) == ("T", "u", "P", True)
    assert found.publication is not None
    assert found.publication.source is DateSource.GIVEN


def test_html_goes_through_extraction():
    found = read_document(id="a", html=html(STORY * 2), published="2025-11-06")
    assert found.text == STORY * 2
    assert found.title == "Hotline opens again"


def test_without_a_date_none_is_invented():
    assert read_document(id="a", text=STORY).publication is None


@pytest.mark.parametrize(
    ("given", "error"), [({}, ValueError), ({"text": "a", "html": "b"}, ValueError), ({"text": STORY, "published": "soon"}, ValueError)]
)
def test_wrong_documents_are_errors(given, error):
    with pytest.raises(error):
        read_document(id="a", **given)


@pytest.mark.parametrize(("text", "lang"), [("北朝鮮が弾道ミサイルを発射したと発表した", None), (STORY, "fr"), ("Xýzzý qẅrt", None)])
def test_documents_in_languages_that_are_not_read_are_errors(text, lang):
    with pytest.raises(LanguageError):
        read_document(id="a", text=text, lang=lang)


@pytest.mark.parametrize("piece", ["SEOUL ", "(", "\x00\x07 ", "😀", "가=", "#가 ", "a@", "By Ann Lee "])
def test_long_and_hostile_texts_are_read(piece):
    text = piece * (200_000 // len(piece))
    found = read_document(id="a", text=text, lang="ko")
    assert found.text == text
    assert all(0 <= start < end <= len(text) for start, end in found.furniture)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["en", "ko"]))
def test_every_text_makes_an_article(text, lang):
    found = read_document(id="a", text=text, lang=lang)
    assert found.text == text
    assert found.dateline is None or text[found.dateline.start : found.dateline.end] == found.dateline.text
