"""The page of an article: for everyone without its text where the settings say so, with what newer readings changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from lxml import html

from models.filters import EventFilter
from pipeline.query import Reader
from pipeline.settings import Settings
from pipeline.store.engine import Database
from pipeline.web.app import create_app
from tests.review.desks import Newsroom


@pytest.fixture
def room(database: Database) -> Newsroom:
    return Newsroom(database)


@pytest.fixture
def visitor(room: Newsroom) -> Iterator[TestClient]:
    """Someone without an account, at a server that shows texts."""
    settings = Settings(database_url=room.database.url.render_as_string(hide_password=False), api_rate=0, api_text=True)
    with TestClient(create_app(settings), follow_redirects=False) as client:
        yield client


def text_of(page: html.HtmlElement) -> str:
    return " ".join(str(page.text_content()).split())


def test_an_article_is_shown_under_its_layers_to_whom_texts_may_be_shown(room: Newsroom, visitor: TestClient) -> None:
    article = room.read()
    page = html.document_fromstring(visitor.get(f"/articles/{article.id}").text)
    assert "".join(page.xpath("//div[@class='stored']//text()")).split() == article.text.split()
    assert {"U Yong Su", "$2 million"} <= {mark.text for mark in page.xpath("//div[@class='stored']//mark")}
    assert not page.xpath("//main//form")


def test_what_a_newer_reading_says_otherwise_is_told_with_what_was_said_before(room: Newsroom, visitor: TestClient) -> None:
    article = room.read()
    room.record(article, again=True, who="kb:other", version="2")
    page = html.document_fromstring(visitor.get(f"/articles/{article.id}").text)
    readings = text_of(page.xpath("//section[@aria-labelledby='readings']")[0])
    assert "U Yong Su" in readings
    assert "kb:other" in readings
    assert "test 2" in readings


def test_nothing_is_told_of_readings_that_changed_nothing(room: Newsroom, visitor: TestClient) -> None:
    article = room.read()
    page = html.document_fromstring(visitor.get(f"/articles/{article.id}").text)
    assert "all that was said of this text is said still" in text_of(page)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_not_there_is_not_found(room: Newsroom, visitor: TestClient) -> None:
    article = room.read()
    assert visitor.get("/articles/ver-nothing").status_code == 404
    assert visitor.get(f"/articles/{article.id}?against=ver-nothing").status_code == 404


# --- the sample newsroom --------------------------------------------------------------------------------------------------


def test_without_the_right_to_texts_there_are_address_names_and_events_alone(client: TestClient, reader: Reader) -> None:
    event = next(iter(reader.stream(EventFilter())))
    page = html.document_fromstring(client.get(f"/articles/{event.articles[0].version}").text)
    assert not page.xpath("//div[@class='stored']")
    assert "does not show texts" in text_of(page)
    assert page.xpath("//section[@aria-labelledby='events']//li")
    assert page.xpath("//section[@aria-labelledby='named']//tbody/tr")


def test_an_event_leads_to_the_articles_that_tell_it(client: TestClient, reader: Reader) -> None:
    event = next(iter(reader.stream(EventFilter())))
    page = html.document_fromstring(client.get(f"/events/{event.id}").text)
    [address, *_] = page.xpath("//section[@class='passage']/p[@class='headline']/a/@href")
    assert client.get(address).status_code == 200


def test_the_desk_is_linked_where_there_is_one(client: TestClient, news_settings: Settings) -> None:
    assert html.document_fromstring(client.get("/help").text).xpath("//header//a[@href='/review']")
    with TestClient(create_app(news_settings, review=False)) as without:
        for address in ("/help", "/events/evt-nothing", "/articles/ver-nothing"):
            assert not html.document_fromstring(without.get(address).text).xpath("//a[@href='/review']")
        assert without.get("/review").status_code == 404
