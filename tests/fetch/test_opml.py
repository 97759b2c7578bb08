from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from models.feeds import FeedSource
from models.vocabulary import FeedKind
from pipeline.errors import UsageError
from pipeline.fetch.catalog import load_catalog
from pipeline.fetch.opml import OpmlFeeds, read_opml, write_opml
from pipeline.settings import ROOT

AT = datetime(2026, 10, 1, 3, 15, tzinfo=UTC)
DEFAULTS = {"language": "en", "country": "US", "kind": "think_tank", "korea_filter": "true", "enabled": "true"}


def opml(outlines: str, version: str = "2.0") -> bytes:
    return f'<?xml version="1.0"?>\n<opml version="{version}"><head><title>Mine</title></head><body>\n{outlines}\n</body></opml>'.encode()


def read(data: bytes, known=(), **defaults: str) -> OpmlFeeds:
    return read_opml(data, known=known, defaults=DEFAULTS | defaults)


def make(name: str = "a", **changes: object) -> FeedSource:
    values = {"id": name, "publisher": f"The {name}", "url": f"https://{name}.example/rss", "language": "en", "country": "KR"}
    return FeedSource.model_validate(values | {"kind": "wire", "korea_filter": True, "enabled": True} | changes)


def test_an_outline_becomes_a_feed_with_what_the_user_gave_for_the_rest():
    (feed,) = read(opml('<outline type="rss" text="The Wire" xmlUrl="https://wire.example/rss" language="ko-KR"/>')).sources
    assert (feed.id, feed.publisher, feed.url, feed.language) == ("the-wire", "The Wire", "https://wire.example/rss", "ko")
    assert (feed.country, feed.kind, feed.korea_filter, feed.enabled) == ("US", FeedKind.THINK_TANK, True, True)


def test_opml_1_with_folders_and_names_in_other_cases_is_read():
    data = opml('<outline text="Wire"><outline title="One" XMLURL="http://one.example/"/></outline>', version="1.0")
    (feed,) = read(data).sources
    assert (feed.publisher, feed.kind) == ("One", FeedKind.WIRE)


def test_a_folder_in_a_folder_and_a_feed_with_children_are_read():
    inner = '<outline text="One" xmlUrl="http://one.example/"><outline text="Two" xmlUrl="http://two.example/"/></outline>'
    assert {feed.publisher for feed in read(opml(f'<outline text="a"><outline text="b">{inner}</outline></outline>')).sources} == {
        "One",
        "Two",
    }


@pytest.mark.parametrize(
    ("address", "read_as"),
    [
        ("feed://wire.example/rss", "http://wire.example/rss"),
        ("feed:https://wire.example/rss", "https://wire.example/rss"),
        ("FEED://https://wire.example/rss", "https://wire.example/rss"),
        (" https://wire.example/rss ", "https://wire.example/rss"),
    ],
)
def test_addresses_as_readers_write_them_are_understood(address, read_as):
    assert read(opml(f'<outline text="W" xmlUrl="{address}"/>')).sources[0].url == read_as


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Café Münchén 24", "cafe-munchen-24"),
        ("부산 소식", "busan-example-rss-xml"),
        ("24", "busan-example-rss-xml"),
        ("x" * 90, "x" * 60),
        ("", "busan-example-rss-xml"),
    ],
)
def test_ids_are_made_of_titles_else_of_addresses(text, made):
    assert read(opml(f'<outline text="{text}" xmlUrl="https://www.busan.example/rss.xml"/>')).sources[0].id == made


def test_ids_that_are_taken_get_a_number():
    data = opml('<outline text="A" title="A" xmlUrl="http://x.example/"/>\n<outline text="aa" xmlUrl="http://y.example/"/>')
    assert [feed.id for feed in read(data, [make("x-example"), make("aa")]).sources] == ["x-example-2", "aa-2"]


def test_repeated_feeds_are_told_with_their_lines_and_the_others_kept():
    lines = ('xmlUrl="http://a.example/rss/"', 'xmlUrl="https://b.example/"', 'xmlUrl="https://b.example/#top"')
    found = read(opml("\n".join(f'<outline text="Feed" {each}/>' for each in lines)), [make()])
    assert [feed.url for feed in found.sources] == ["https://b.example/"]
    assert [(fault.line, fault.message.split("of the feed ")[1]) for fault in found.repeated] == [
        (3, "'a' in the list"),
        (5, "'feed' on line 4"),
    ]
    assert found.unusable == ()


@pytest.mark.parametrize(
    ("outline", "message"),
    [
        ('<outline text="Empty folder"/>', "'Empty folder' has no xmlUrl"),
        ('<outline type="include" text="More" url="http://x.example/more.opml"/>', "'More' includes another file"),
        ('<outline text="F" xmlUrl="file:///etc/passwd"/>', "'F': url: must be an http or https address"),
        ('<outline text="F" xmlUrl="http://[::"/>', "'F': url: "),
        ('<outline text="F" xmlUrl="javascript:alert(1)"/>', "'F': url: must be an http"),
        ("<outline/>", "'outline without a name' has no xmlUrl"),
    ],
)
def test_unusable_outlines_are_told_with_their_lines_and_stop_none_of_the_others(outline, message):
    found = read(opml(f'{outline}\n<outline text="Good" xmlUrl="http://good.example/"/>'))
    assert [feed.id for feed in found.sources] == ["good"]
    (fault,) = found.unusable
    assert fault.line == 3
    assert fault.message.startswith(message)


def test_what_neither_the_file_nor_the_user_tells_is_not_guessed():
    found = read_opml(
        opml('<outline text="F" xmlUrl="http://f.example/"/>'), known=(), defaults={"korea_filter": "true", "enabled": "true"}
    )
    assert found.sources == ()
    assert [key for key in ("language", "country", "kind") if f"the key '{key}' is missing" in found.unusable[0].message] == [
        "language",
        "country",
        "kind",
    ]


def test_outlines_that_are_comments_are_switched_off():
    (feed,) = read(opml('<outline text="F" xmlUrl="http://f.example/" isComment="true"/>')).sources
    assert not feed.enabled


BOMB = "".join(f"<!ENTITY {chr(98 + step)} '{f'&{chr(97 + step)};' * 10}'>" for step in range(9))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no xml",
        b"<html><body/></html>",
        b"<opml version='2.0'><head/></opml>",
        opml('<outline text="a & b" xmlUrl="http://f.example/"/>'),
        opml("<outline")[:-20],
        b"<!DOCTYPE opml SYSTEM 'http://x.example/opml.dtd'><opml><body><outline text='F' xmlUrl='http://f.example/'/></body></opml>",
        f"<!DOCTYPE opml [<!ENTITY a 'aaaaaaaaaa'>{BOMB}]><opml><body><outline text='&j;'/></body></opml>".encode(),
        b"<!DOCTYPE opml [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><opml><body><outline text='F'>&x;</outline></body></opml>",
        b"<opml><body>" + b"<outline>" * 5000 + b"</outline>" * 5000 + b"</body></opml>",
    ],
    ids=["empty", "text", "html", "no body", "ampersand", "cut", "foreign dtd", "bomb", "file", "too deep"],
)
def test_what_is_no_opml_is_refused_in_words(data):
    with pytest.raises(UsageError, match=r"no OPML|document type"):
        read(data)


def test_what_was_written_reads_back_as_the_same_feeds():
    catalog = load_catalog(ROOT / "feeds.yaml")
    found = read_opml(write_opml(catalog, at=AT), known=(), defaults={})
    assert (found.repeated, found.unusable) == ((), ())
    assert sorted(found.sources, key=lambda feed: feed.id) == sorted(catalog, key=lambda feed: feed.id)


def test_a_listing_is_no_feed_for_other_readers_and_comes_back():
    listing = make("page", source="listing", link_pattern=r"https://page\.example/\d+")
    data = write_opml([listing], at=AT)
    (outline,) = etree.fromstring(data).xpath("//outline[@text='The page']")
    assert (outline.get("type"), outline.get("xmlUrl"), outline.get("url")) == ("link", None, listing.url)
    assert read_opml(data, known=(), defaults={}).sources == (listing,)


def test_feeds_are_written_by_kind_and_those_that_are_off_are_marked():
    feeds = [make("a", kind="ngo", enabled=False, note='sold; "<b>"'), make("b"), make("c", kind="ngo")]
    root = etree.fromstring(write_opml(feeds, at=AT))
    assert (root.get("version"), root.findtext("head/dateCreated")) == ("2.0", "Thu, 01 Oct 2026 03:15:00 +0000")
    folders = {folder.get("text"): [(feed.get("xmlUrl"), feed.get("isComment")) for feed in folder] for folder in root.find("body")}
    assert folders == {
        "wire": [("https://b.example/rss", None)],
        "ngo": [("https://a.example/rss", "true"), ("https://c.example/rss", None)],
    }
    assert read_opml(write_opml(feeds, at=AT), known=(), defaults={}).sources == (feeds[1], feeds[0], feeds[2])


def test_characters_that_xml_forbids_do_not_stop_the_writing():
    data = write_opml([make(note="a\x00b\x1bc\ufffe")], at=AT)
    assert read_opml(data, known=(), defaults={}).sources[0].note == "abc"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40), st.binary(max_size=60))
def test_no_content_breaks_the_reader(name, address, raw):
    root = etree.Element("opml")
    outline = etree.SubElement(etree.SubElement(root, "body"), "outline")
    for key, value in (("text", name), ("xmlUrl", f"http://{address}")):
        outline.set(key, "".join(character for character in value if character.isprintable()))
    found = read(etree.tostring(root))
    assert len(found.sources) + len(found.unusable) == 1
    with pytest.raises(UsageError):
        read(raw)
