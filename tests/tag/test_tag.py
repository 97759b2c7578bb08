import pytest

from models.records import Article
from pipeline.tag import TAG_VERSION, tag, tag_many


def test_the_empty_text_is_valid(read):
    tagging = read("")
    assert tagging.tokens == tagging.sentences == tagging.mentions == tagging.amounts == tagging.times == tagging.quotes == ()


def test_many_articles_give_what_each_gives_alone(pipelines):
    articles = [Article(str(index), text, "en") for index, text in enumerate(["Seoul agreed.", "", "Kim Yong-ho left Japan."])]
    assert list(tag_many(articles, pipelines["en"])) == [tag(article, pipelines["en"]) for article in articles]


def test_one_article_brings_names_amounts_times_quotes_and_sentences(read):
    tagging = read('Kim Yong-ho sent $5 million on Monday. "Good," he said.')
    assert [one.text for one in tagging.mentions] == ["Kim Yong-ho"]
    assert [one.value for one in tagging.amounts] == [5_000_000]
    assert [one.value for one in tagging.times] == ["2025-11-03"]
    assert [one.text for one in tagging.quotes] == ['"Good,"']
    assert len(tagging.sentences) == 2


def test_tokens_hold_no_white_space_and_slice_back(read):
    text = "Seoul  agreed.\n\nIt left."
    assert [token.text for token in read(text).tokens] == ["Seoul", "agreed", ".", "It", "left", "."]
    assert all(text[token.start : token.end] == token.text for token in read(text).tokens)


def test_an_article_without_a_date_is_read(pipelines):
    assert tag(Article("a", "Seoul agreed on Monday.", "en"), pipelines["en"]).mentions


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize(
    "text",
    [
        "Kim Yong-ho \x00\x07 \U0001f680 Seoul",
        "((((\"'“",
        "NORTH KOREA FIRED TWO MISSILES INTO THE SEA",
        "김 위원장 " * 50,
        "U.S." * 200,
        "a" * 5000,
    ],
)
def test_odd_texts_give_offsets_that_slice_back(read, text, lang):
    tagging = read(text, lang)
    assert all(text[one.start : one.end] == one.text for one in (*tagging.mentions, *tagging.tokens, *tagging.quotes))


def test_names_are_found_in_all_capitals(mentions):
    assert ("NORTH KOREA", "PLACE") in mentions("NORTH KOREA FIRED TWO MISSILES INTO THE SEA, JAPAN SAID")


def test_long_texts_without_a_sentence_end_are_read_to_the_end(read):
    text = "word " * 20_000 + "Kim Yong-ho left"
    assert read(text).mentions[-1].text == "Kim Yong-ho"


def test_the_version_is_a_string_for_the_store():
    assert isinstance(TAG_VERSION, str)
