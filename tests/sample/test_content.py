"""The articles are whole, varied and of the intended kinds; a wrong file is refused by name."""

import re
import shutil
from collections import Counter
from datetime import date

import pytest

from pipeline.errors import ConfigurationError
from pipeline.fetch.catalog import load_catalog
from pipeline.sample.content import load_sample

HANGUL = re.compile("[가-힣]")


def all_texts(sample):
    return [*sample.stories.values(), *sample.revised.values()]


def shingles(story):
    words = re.findall(r"\w+", " ".join(story.body).lower())
    return {tuple(words[start : start + 3]) for start in range(len(words) - 2)}


def test_there_are_enough_articles_in_both_languages(sample):
    counts = Counter(story.lang for story in sample.stories.values())
    assert counts["en"] >= 16
    assert counts["ko"] >= 8


def test_exactly_four_articles_have_nothing_to_do_with_korea(sample):
    assert len([story for story in sample.stories.values() if not story.korea]) == 4


def test_foreign_articles_name_no_korea_and_the_others_do(sample):
    korea = re.compile("Korea|Pyongyang|Seoul|북한|한국|한반도|국방부")
    for story in all_texts(sample):
        assert bool(korea.search(" ".join(story.body))) is story.korea, story.id


def test_the_foreign_articles_use_the_words_of_the_field(sample):
    text = " ".join(" ".join((story.title, *story.body)) for story in sample.stories.values() if not story.korea).lower()
    for word in ("drill", "launch", "strike", "missile", "sanctions", "summit", "nuclear", "kcna", "fired", "treaty", "ceasefire"):
        assert re.search(rf"\b{word}", text), word


def test_every_article_has_the_length_of_a_news_story(sample):
    for story in all_texts(sample):
        words = sum(len(paragraph.split()) for paragraph in story.body)
        assert (150 if story.lang == "en" else 130) <= words <= 450, f"{story.id}: {words}"


def test_every_article_is_in_the_language_it_states(sample):
    for story in all_texts(sample):
        share = len(HANGUL.findall("".join(story.body))) / len("".join(story.body))
        assert share > 0.4 if story.lang == "ko" else share == 0, story.id


def test_every_article_is_dated_in_october_or_november_2025(sample):
    for story in all_texts(sample):
        assert date(2025, 10, 1) <= story.published.date() <= date(2025, 11, 30), story.id
        assert story.changed >= story.published, story.id


def test_no_two_articles_share_an_address(sample):
    addresses = Counter(story.url for story in sample.stories.values())
    assert max(addresses.values()) == 1


def test_at_least_six_templates_carry_articles(sample):
    assert len({sample.outlets[story.host].template for story in sample.stories.values()}) >= 6


def test_every_host_is_under_the_reserved_domain(sample):
    assert all(host.endswith(".example") for host in sample.hosts)


def test_the_wire_story_of_three_outlets_is_nearly_but_not_quite_the_same(sample):
    copies = [sample.stories[name] for name in ("missile-taegwan", "missile-taegwan-ledger", "missile-taegwan-harbor")]
    assert len({story.host for story in copies}) == 3
    assert len({story.body for story in copies}) == 3
    for copy in copies[1:]:
        own = shingles(copy)
        assert 0.85 < len(own & shingles(copies[0])) / len(own) < 1


def test_two_stories_on_one_sanctions_action_are_no_copies(sample):
    one, other = (shingles(sample.stories[name]) for name in ("treasury-bankers", "australia-cyber-sanctions"))
    assert len(one & other) / min(len(one), len(other)) < 0.1


def test_the_second_edition_changes_title_text_and_date_of_the_article_it_revises(sample):
    assert sample.revised
    for name, revised in sample.revised.items():
        first = sample.stories[name]
        assert (first.url, first.published) == (revised.url, revised.published)
        assert first.title != revised.title
        assert first.body != revised.body
        assert first.changed < revised.changed


def test_the_revised_theft_has_another_amount(sample):
    assert "44.5 billion won" not in " ".join(sample.stories["upbit-theft"].body)
    assert "44.5 billion won" in sample.revised["upbit-theft"].body[0]


def test_an_edition_holds_what_is_published_in_it(sample):
    later = {story.id for story in sample.stories.values() if story.edition > 1}
    assert later
    assert later.isdisjoint(sample.published_in(1))
    assert later <= sample.published_in(2).keys()
    assert sample.published_in(2)["upbit-theft"] == sample.revised["upbit-theft"]


def test_the_list_of_feeds_is_valid_and_has_the_feeds_of_the_newsroom(root, sample):
    catalog = load_catalog(root / "feeds.yaml")
    served = {feed.url for feed in sample.feeds} | {page.url for page in sample.pages}
    assert {source.url for source in catalog if source.enabled} <= served
    assert {feed.url for feed in sample.feeds} <= {source.url for source in catalog}


def test_one_feed_is_switched_off_and_one_has_full_text(root):
    catalog = load_catalog(root / "feeds.yaml")
    assert len([source for source in catalog if not source.enabled]) == 1
    assert [source.id for source in catalog if source.feed_has_full_text] == ["north-window"]


def test_foreign_articles_come_only_through_a_filtered_feed(root, sample):
    filtered = {source.url for source in load_catalog(root / "feeds.yaml") if source.korea_filter}
    for feed in sample.feeds:
        foreign = [item for item in feed.items if item.article and not sample.stories[item.article].korea]
        assert not foreign or feed.url in filtered


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("lang: en", "lang: xx", "lang", id="language"),
        pytest.param("published: 2025-11-05T02:41:00+09:00", "published: 2025-11-05T02:41:00", "timezone", id="date without a zone"),
        pytest.param("byline:", "auhtor:", "byline", id="missing field"),
        pytest.param("host: hanbit-wire.example", "host: lost.example", "no outlet 'lost.example'", id="unknown outlet"),
        pytest.param("title: (LEAD)", "title: [LEAD)", "no valid YAML", id="broken head"),
        pytest.param("---\n(ATTN", "(ATTN", "two lines", id="no end of head"),
    ],
)
def test_a_wrong_article_is_refused_with_its_file(root, tmp_path, old, new, message):
    shutil.copytree(root, tmp_path / "sample")
    path = tmp_path / "sample" / "articles" / "treasury-bankers.md"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigurationError, match=re.escape(message)) as caught:
        load_sample(tmp_path / "sample")
    assert str(tmp_path) in str(caught.value)


def test_a_feed_that_lists_an_unknown_article_is_refused(root, tmp_path):
    shutil.copytree(root, tmp_path / "sample")
    path = tmp_path / "sample" / "newsroom.yaml"
    path.write_text(path.read_text("utf-8").replace("article: jungjang-insa", "article: jungjang"), "utf-8")
    with pytest.raises(ConfigurationError, match=r"no article 'jungjang'; no feed lists the article 'jungjang-insa'"):
        load_sample(tmp_path / "sample")
