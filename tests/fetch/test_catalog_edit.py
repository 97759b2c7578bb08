from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from models.feeds import FeedSource
from pipeline.errors import ConfigurationError, StorageError, UsageError
from pipeline.fetch.catalog import load_catalog
from pipeline.fetch.catalog_edit import add_feeds, disable_feed, enable_feed
from pipeline.settings import ROOT

DAY = date(2026, 10, 1)

HEAD = "# The feeds of a test.\nfeeds:\n"


def block(name: str, tail: str = "  enabled: true\n", *, indent: str = "") -> str:
    lines = [
        f"- id: {name}",
        "  publisher: 'The Wire'   # as it calls itself",
        f"  url: https://{name}.example/rss",
        "  language: en",
        "  country: KR",
        "  kind: wire",
        "  korea_filter: true",
    ]
    return "".join(f"{indent}{line}".rstrip() + "\n" for line in [*lines, *tail.splitlines()])


def source(name: str = "new", **changes: object) -> FeedSource:
    values = {"id": name, "publisher": "New", "url": f"https://{name}.example/rss", "language": "en", "country": "KR", "kind": "ngo"}
    return FeedSource.model_validate(values | {"korea_filter": True, "enabled": True} | changes)


@pytest.fixture
def feeds(tmp_path: Path):
    path = tmp_path / "feeds.yaml"

    def write(text: str | bytes) -> Path:
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def text_after(edit) -> str:
    return edit.after.decode("utf-8")


SHAPES = {
    "comment beside and below": block("a", "  enabled: true  # since spring\n# governments\n\n# of Korea\n") + block("b"),
    "empty line between feeds": block("a", "  enabled: true\n\n") + block("b"),
    "keys after enabled": block("a", "  enabled: true\n  expect_daily: true\n# below\n") + block("b"),
    "a note at the end": block("a", "  enabled: true\n  note: plain words\n# below\n") + block("b"),
    "a note in the middle": block("a", "  enabled: true\n  note: plain words # checked\n  paywall: true\n") + block("b"),
    "another indent": block("a", "  enabled: true\n  # below\n", indent="  ") + block("b", indent="  ") + "# the end\n",
    "a note of many lines": block("a", "  enabled: true\n  note: |-\n    one\n    two\n# below\n") + block("b"),
    "the last one": block("b") + block("a") + "# the end\n",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_off_and_on_again_gives_the_same_bytes_and_touches_no_other_line(feeds, shape):
    path = feeds(HEAD + SHAPES[shape])
    edit = disable_feed(path, "a", reason="gone", day=DAY)
    lost = [line for line in text_after(edit).splitlines() if line not in edit.before.decode().splitlines()]
    assert [line.strip().split(":")[0] for line in lost if "gone" not in line and "two" not in line] in (["enabled"], ["enabled", "note"])
    assert edit.before.decode().count("#") == text_after(edit).count("#")
    edit.save()
    off = {each.id: each for each in load_catalog(path)}["a"]
    assert not off.enabled
    assert off.note.endswith("off since 2026-10-01 (gone)")
    assert text_after(enable_feed(path, "a")) == HEAD + SHAPES[shape]


def test_comments_below_a_feed_stay_below_its_new_note(feeds):
    edit = disable_feed(feeds(HEAD + SHAPES["comment beside and below"]), "a", reason="gone", day=DAY)
    assert "enabled: false # since spring\n  note: off since 2026-10-01 (gone)\n# governments\n\n# of Korea\n- id: b" in text_after(edit)


def test_a_new_reason_takes_the_place_of_the_old_one_and_keeps_the_note(feeds):
    path = feeds(HEAD + block("a", "  enabled: true\n  note: seen in May\n"))
    disable_feed(path, "a", reason="404 (again); soon", day=DAY).save()
    disable_feed(path, "a", reason="sold", day=date(2026, 10, 2)).save()
    assert load_catalog(path)[0].note == "seen in May; off since 2026-10-02 (sold)"
    enable_feed(path, "a").save()
    assert load_catalog(path)[0].note == "seen in May"


def test_the_shipped_list_changes_in_the_lines_of_one_feed_only(tmp_path: Path):
    path = tmp_path / "feeds.yaml"
    path.write_bytes((ROOT / "feeds.yaml").read_bytes())
    changed = [line for line in disable_feed(path, "yonhap-en-nk", reason="a test", day=DAY).diff().splitlines()[2:] if line[0] in "+-"]
    assert changed == ["-  enabled: true", "+  enabled: false", "+  note: off since 2026-10-01 (a test)"]


def test_a_feed_that_is_on_already_gives_no_change(feeds):
    edit = enable_feed(feeds(HEAD + block("a")), "a")
    assert (edit.before, edit.diff()) == (edit.after, "")


def test_added_feeds_stand_at_the_end_in_the_order_of_the_keys(feeds):
    edit = add_feeds(feeds(HEAD + block("a", indent="  ")), [source(note="of a friend", default_tz="Asia/Seoul")])
    assert text_after(edit) == HEAD + block("a", indent="  ") + (
        "  - id: new\n    publisher: New\n    url: https://new.example/rss\n    language: en\n    country: KR\n    kind: ngo\n"
        "    korea_filter: true\n    enabled: true\n    note: of a friend\n    default_tz: Asia/Seoul\n"
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("language", "no"),
        ("country", "NO"),
        ("default_tz", "+10:00"),
        ("note", "2026-01-01"),
        ("note", "a: b # c"),
        ("publisher", "'\"{[&*!"),
    ],
)
def test_words_that_yaml_takes_for_something_else_come_back_as_they_were(feeds, key, value):
    path = feeds(HEAD + block("a"))
    add_feeds(path, [source(**{key: value})]).save()
    assert getattr(load_catalog(path)[1], key) == value


def test_line_ends_of_windows_and_a_byte_order_mark_stay(feeds):
    path = feeds(b"\xef\xbb\xbf" + (HEAD + block("a")).replace("\n", "\r\n").encode())
    edit = add_feeds(path, [source()])
    assert edit.after.startswith(edit.before)
    assert edit.after.count(b"\n") == edit.after.count(b"\r\n")


def test_a_list_with_a_fault_is_named_and_stays(feeds):
    path = feeds(HEAD + block("a", "  enabled: perhaps\n"))
    with pytest.raises(ConfigurationError, match=r"feeds.yaml:10: feed 'a': enabled"):
        disable_feed(path, "a", reason="gone", day=DAY)


def test_an_unknown_feed_is_named_with_those_that_are_close(feeds):
    path = feeds(HEAD + block("wire-en"))
    for edit in (lambda: disable_feed(path, "wire-n", reason="x", day=DAY), lambda: enable_feed(path, "wire-n")):
        with pytest.raises(UsageError, match=r"no feed is called 'wire-n' \(did you mean 'wire-en'\?\)"):
            edit()


def test_no_feed_is_switched_off_without_a_reason(feeds):
    with pytest.raises(UsageError, match="reason"):
        disable_feed(feeds(HEAD + block("a")), "a", reason=" \n", day=DAY)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"id": "a"}, "called 'a' already"), ({"url": "http://A.example/rss/?utm_source=x"}, "address of the feed 'a'")],
)
def test_an_id_or_address_that_is_there_is_refused(feeds, changes, message):
    with pytest.raises(UsageError, match=message):
        add_feeds(feeds(HEAD + block("a")), [source(**changes)])


def test_feeds_that_repeat_each_other_make_no_valid_list(feeds):
    path = feeds(HEAD + block("a"))
    with pytest.raises(ConfigurationError, match=r"would not be valid:\n.*feeds\.yaml:19: feed 'new': id 'new' is already") as caught:
        add_feeds(path, [source(), source(url="https://other.example/")])
    assert str(path) in str(caught.value)


def test_a_file_that_changed_meanwhile_is_left_alone(feeds):
    path = feeds(HEAD + block("a"))
    edit = add_feeds(path, [source()])
    feeds(HEAD + block("a") + block("b"))
    with pytest.raises(ConfigurationError, match="changed by somebody else"):
        edit.save()
    assert len(load_catalog(path)) == 2


def test_saving_keeps_links_and_modes_and_leaves_nothing_else_behind(feeds, tmp_path: Path):
    path = feeds(HEAD + block("a"))
    path.chmod(0o640)
    (tmp_path / "here").mkdir()
    link = tmp_path / "here" / "list.yaml"
    link.symlink_to(path)
    add_feeds(link, [source()]).save()
    assert link.is_symlink()
    assert len(load_catalog(path)) == 2
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(each.name for each in tmp_path.iterdir()) == ["feeds.yaml", "here"]


def test_a_disk_that_refuses_leaves_the_old_list(feeds, tmp_path: Path, monkeypatch):
    path = feeds(HEAD + block("a"))
    edit = add_feeds(path, [source()])

    def refuse(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageError, match=r"feeds\.yaml: cannot be written: No space left on device"):
        edit.save()
    assert path.read_bytes() == edit.before
    assert [each.name for each in tmp_path.iterdir()] == ["feeds.yaml"]
