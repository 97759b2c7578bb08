from pathlib import Path

import pytest

from models.vocabulary import FeedKind
from pipeline.errors import ConfigurationError, UsageError
from pipeline.fetch import load_catalog, select_feeds
from pipeline.settings import ROOT

FEED = """\
- id: {id}
  publisher: The Wire
  url: {url}
  language: en
  country: KR
  kind: wire
  korea_filter: true
  enabled: true
"""


def feed(name: str = "wire-en", url: str = "https://wire.example/rss", more: str = "") -> str:
    return FEED.format(id=name, url=url) + more


@pytest.fixture
def load(tmp_path: Path):
    path = tmp_path / "feeds.yaml"

    def run(text: str | bytes):
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return load_catalog(path)

    return run


def faults(load, text: str | bytes) -> list[str]:
    """Return the faults as `LINE: message`."""
    with pytest.raises(ConfigurationError) as caught:
        load(text)
    lines = str(caught.value).splitlines()
    assert all("feeds.yaml:" in line for line in lines)
    return [line.split("feeds.yaml:", 1)[1] for line in lines]


def test_the_shipped_list_is_valid_and_has_75_sources_of_which_68_are_enabled():
    catalog = load_catalog(ROOT / "feeds.yaml")
    assert len(catalog) == 75
    assert sum(source.enabled for source in catalog) == 68
    assert {source.id for source in catalog if source.kind is FeedKind.STATE_MEDIA_MIRROR} == {"kcna-watch"}


def test_optional_keys_have_defaults(load):
    (source,) = load("feeds:\n" + feed())
    assert (source.note, source.default_tz, source.item_dates) == ("", None, None)
    assert (source.expect_daily, source.paywall, source.feed_has_full_text) == (False, False, False)


# --- sources without feeds ---


def test_a_source_is_a_feed_unless_it_says_otherwise(load):
    (source,) = load("feeds:\n" + feed())
    assert (source.source, source.link_pattern, source.date_pattern, source.max_age_days) == ("feed", None, None, 3)


def test_listings_and_sitemaps_are_declared_like_feeds(load):
    listing = feed("a", "https://wire.example/news", "  source: listing\n  link_pattern: 'https://wire\\.example/\\d+'\n")
    sitemap = feed("b", "https://wire.example/sitemap.xml", "  source: sitemap\n  max_age_days: 7\n")
    first, second = load("feeds:\n" + listing + sitemap)
    assert (first.source, first.link_pattern) == ("listing", r"https://wire\.example/\d+")
    assert (second.source, second.max_age_days) == ("sitemap", 7)


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ("  source: listing\n", "2: feed 'wire-en': a listing needs the key 'link_pattern'"),
        ("  link_pattern: http.*\n", "2: feed 'wire-en': the key 'link_pattern' says nothing of a feed"),
        ("  max_age_days: 5\n", "2: feed 'wire-en': the key 'max_age_days' says nothing of a feed"),
        ("  source: sitemap\n  date_pattern: x\n", "2: feed 'wire-en': the key 'date_pattern' says nothing of a sitemap"),
        ("  source: sitemap\n  max_age_days: 0\n", "11: feed 'wire-en': max_age_days: input should be greater than or equal to 1"),
        ("  source: page\n", "10: feed 'wire-en': source: input should be 'feed', 'sitemap' or 'listing'"),
        ("  source: sitemap\n  link_pattern: 'http(s'\n", "11: feed 'wire-en': link_pattern: is no regular expression: missing )"),
        ("  source: sitemap\n  link_pattern: '/news/\\d+'\n", "11: feed 'wire-en': link_pattern: can match no address"),
        (
            "  source: listing\n  link_pattern: http.*\n  date_pattern: '(\\d+)-(\\d+)'\n",
            "12: feed 'wire-en': date_pattern: must have one group",
        ),
    ],
)
def test_a_source_that_is_declared_wrongly_is_told_what_is_wrong(load, more, fault):
    (told,) = faults(load, "feeds:\n" + feed(more=more))
    assert told.startswith(fault)


def test_boilerplate_is_a_list_of_expressions_or_a_single_one(load):
    several, single = load(
        "feeds:\n"
        + feed(more="  boilerplate:\n  - 'Subscribe to The Wire.*'\n  - \\(END\\)\n")
        + feed("b", "https://wire.example/b", "  boilerplate: The Wire, every day\n")
    )
    assert several.boilerplate == ("Subscribe to The Wire.*", r"\(END\)")
    assert single.boilerplate == ("The Wire, every day",)
    assert load("feeds:\n" + feed())[0].boilerplate == ()


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (
            "  boilerplate:\n  - Subscribe.*\n  - 'Follow (us'\n",
            "12: feed 'wire-en': boilerplate.1: is no regular expression: missing ) at position 10, not 'Follow (us'",
        ),
        ("  boilerplate:\n  - '(?s).+'\n", "11: feed 'wire-en': boilerplate.0: matches any paragraph: it would take the news too"),
        ("  boilerplate:\n  - ''\n", "11: feed 'wire-en': boilerplate.0: string should have at least 1 character"),
        ("  boilerplate: 3\n", "10: feed 'wire-en': boilerplate: input should be a valid tuple"),
    ],
)
def test_a_wrong_expression_for_boilerplate_is_told_with_its_line(load, more, fault):
    (told,) = faults(load, "feeds:\n" + feed(more=more))
    assert told.startswith(fault)


def test_a_typing_error_in_a_key_is_named_with_line_feed_and_the_right_key(load):
    text = "feeds:\n" + feed().replace("language", "langauge")
    assert "5: feed 'wire-en': unknown key 'langauge' (did you mean 'language'?)" in faults(load, text)


def test_all_faults_are_told_at_once_in_the_order_of_the_file(load):
    text = "feeds:\n" + feed(more="  default_tz: Asia/Soul\n  expect_daily: often\n") + feed("b", "ftp://wire.example/")
    assert faults(load, text) == [
        "10: feed 'wire-en': default_tz: unknown time zone 'Asia/Soul'",
        "11: feed 'wire-en': expect_daily: input should be a valid boolean, not 'often'",
        "14: feed 'b': url: must be an http or https address, not 'ftp://wire.example/'",
    ]


def test_a_missing_key_is_told_on_the_line_of_its_feed(load):
    assert faults(load, "feeds:\n" + feed().replace("  kind: wire\n", "")) == ["2: feed 'wire-en': the key 'kind' is missing"]


def test_an_id_that_stands_twice_names_both_lines(load):
    assert faults(load, "feeds:\n" + feed() + feed(url="https://wire.example/2")) == [
        "10: feed 'wire-en': id 'wire-en' is already that of feed 'wire-en' on line 2"
    ]


@pytest.mark.parametrize("url", ["https://wire.example/rss", "http://WIRE.example:80/rss/", "https://wire.example/rss?utm_source=x"])
def test_an_address_that_stands_twice_is_found_in_other_spellings(load, url):
    assert faults(load, "feeds:\n" + feed() + feed("b", url)) == [f"12: feed 'b': url '{url}' is already that of feed 'wire-en' on line 4"]


def test_a_key_that_stands_twice_in_a_feed_is_told(load):
    assert faults(load, "feeds:\n" + feed(more="  kind: ngo\n")) == ["10: feed 'wire-en': the key 'kind' stands twice"]


def test_norway_must_be_quoted(load):
    (fault,) = faults(load, "feeds:\n" + feed().replace("KR", "NO"))
    assert fault.startswith("6: feed 'wire-en': country: ")
    assert "put the value in quotes" in fault


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ("kind: blog", 7),
        ("language: english", 5),
        ("country: kr", 6),
        ("korea_filter: 1", 8),
        ("enabled: 'true'", 9),
        ("publisher: ''", 3),
        ("id: Wire EN", 2),
    ],
)
def test_a_wrong_value_is_told_with_its_line(load, wrong, line):
    key = wrong.split(":")[0]
    text = "".join(
        f"{'- ' if key == 'id' else '  '}{wrong}\n" if f"{key}:" in row[:15] else row for row in ("feeds:\n" + feed()).splitlines(True)
    )
    (fault,) = faults(load, text)
    assert fault.startswith(f"{line}: feed ")
    assert f"{key}: " in fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is empty"),
        ("feeds: []\n", "1: the list of feeds is empty"),
        ("feeds: yes\n", "1: needs a list under the key 'feeds'"),
        ("- a\n", "1: must be a mapping"),
        ("fedes:\n" + feed(), "1: unknown key 'fedes' (did you mean 'feeds'?)"),
        ("feeds:\n" + feed() + "- just text\n", "10: must be a feed"),
        ("feeds:\n- id: [unclosed\n", "no valid YAML"),
        ("feeds:\n\t- id: a\n", "2: no valid YAML"),
        ("feeds:\n" + feed(more="  note: !!python/object/apply:os.system ['true']\n"), "10: feed 'wire-en': note: cannot be read"),
        ("feeds:\n# 통신\n".encode("cp949"), "2: is not in UTF-8"),
        ("feeds:\n" + feed(more="  note: 2026-13-45\n"), "10: feed 'wire-en': note: cannot be read"),
    ],
)
def test_a_file_that_is_no_list_of_feeds_is_told_what_is_wrong(tmp_path, text, fault):
    path = tmp_path / "feeds.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ConfigurationError) as caught:
        load_catalog(path)
    assert fault in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_file_says_what_to_do(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml: there is no such file.*--feeds"):
        load_catalog(tmp_path / "nowhere.yaml")


def test_selection_keeps_the_order_of_the_catalog(load):
    catalog = load("feeds:\n" + "".join(feed(name, f"https://wire.example/{name}") for name in ("a", "b", "c")))
    assert [source.id for source in select_feeds(catalog, ["c", "a", "c"])] == ["a", "c"]
    assert select_feeds(catalog, []) == catalog


def test_an_unknown_feed_is_an_error_that_names_close_ones():
    with pytest.raises(UsageError) as caught:
        select_feeds(load_catalog(ROOT / "feeds.yaml"), ["yonhap-kr", "zzz", "krebs"])
    first, second = str(caught.value).splitlines()
    assert first.startswith("no feed is called 'yonhap-kr' (did you mean ")
    assert "'yonhap-ko'" in first
    assert second == "no feed is called 'zzz'"
