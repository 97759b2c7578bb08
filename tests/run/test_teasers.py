"""Teasers told by the other articles of their outlet, as they are stored."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models.records import Article
from models.tables import ArticleRow
from models.vocabulary import BodyStatus
from pipeline.settings import Settings
from pipeline.store.articles import outlet_lengths
from pipeline.store.engine import Database, reading
from tests.run.one_more import extract_one
from tests.store.builders import add_article, make_entry

SENTENCE = "The harbour board met on Thursday to speak of the new quay and of the ships that call there. "


def text_of(length: int) -> str:
    return (SENTENCE * (length // len(SENTENCE) + 1))[:length]


def fill(database: Database, lengths: list[int]) -> list[Article]:
    return [add_article(database, number=number, text=text_of(length)) for number, length in enumerate(lengths)]


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([1_010 + 20 * number for number in range(10)], BodyStatus.TEASER),
        ([500 + 300 * number for number in range(10)], BodyStatus.FULL),
    ],
    ids=["of one length", "of all lengths"],
)
def test_a_cut_page_is_a_teaser_where_the_outlet_gives_texts_of_one_length(
    database: Database, settings: Settings, lengths: list[int], expected: BodyStatus
) -> None:
    fill(database, lengths)
    version, _ = extract_one(database, settings, text_of(1_110))
    assert version["body_status"] is expected


def test_a_whole_article_of_such_an_outlet_is_no_teaser(database: Database, settings: Settings) -> None:
    fill(database, [1_010 + 20 * number for number in range(10)])
    version, _ = extract_one(database, settings, (SENTENCE * 12).strip())
    assert version["body_status"] is BodyStatus.FULL


def test_lengths_are_those_of_the_last_articles_of_the_outlet_alone(database: Database) -> None:
    fill(database, [600, 700, 800])
    add_article(database, feed_id="other", text=text_of(900))
    with reading(database) as connection:
        article_id = connection.execute(select(ArticleRow.id).where(ArticleRow.url == make_entry(1).url)).scalar_one()
        assert sorted(outlet_lengths(connection, "The wire", beside=article_id, limit=30)) == [600, 800]
        assert len(outlet_lengths(connection, "The wire", beside="", limit=2)) == 2
