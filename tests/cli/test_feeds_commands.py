from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from models.polling import FeedState
from models.vocabulary import FeedOutcome
from pipeline.cli.app import main
from pipeline.cli.feeds_render import sparkline
from pipeline.fetch.catalog import load_catalog
from pipeline.sample.replay import ReplayServer, Request, Response
from pipeline.store.engine import Database, writing
from pipeline.store.feeds import record_poll, sync_feeds
from pipeline.store.runs import start_run
from tests.store.builders import make_entry, make_fetch

COMMANDS = ("status", "test", "parse", "add", "disable", "enable", "import", "export")
NOW = datetime(2026, 10, 1, 3, 15, tzinfo=UTC)

FEED = """\
- id: {0}
  publisher: The {0}
  url: http://{0}.example/rss
  language: en
  country: KR
  kind: wire
  korea_filter: true
  enabled: {1}
"""
LIST = (
    "# of a test\nfeeds:\n" + FEED.format("one", "true") + FEED.format("two", "true") + FEED.format("three", "false") + "  note: retired\n"
)

ITEMS = (
    "<item><title>A [bold] word \u202e31m &amp;amp; more</title><link>http://one.example/1</link><guid>tag:1</guid>"
    "<pubDate>2026-09-27 19:00:00</pubDate></item>"
    "<item><title>Undated</title><link>/2</link></item>"
)
RSS = f'<?xml version="1.0"?><rss version="2.0"><channel><title>One</title>{ITEMS}</channel></rss>'.encode()


class Done(NamedTuple):
    returncode: int | str | None
    stdout: str
    stderr: str


class Site:
    """Serves feeds; what it answers to an address may be changed."""

    def __init__(self) -> None:
        self.answers = {
            "one.example/rss": Response(200, RSS, {"Content-Type": "application/rss+xml", "ETag": '"e\x1b1"', "X-Other": "no"}),
            "one.example/old": Response(301, headers={"Location": "http://one.example/rss"}),
            "one.example/page": Response(200, b"<html><title>Home</title></html>", {"Content-Type": "text/html"}),
        }

    def __call__(self, request: Request) -> Response:
        return self.answers.get(f"{request.host}{request.path}", Response(404))


@pytest.fixture
def feeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """`peninsula feeds …` in a folder with a list of feeds; run in this process, since starting one takes longer than the work."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "feeds.yaml").write_text(LIST, encoding="utf-8")

    def call(*arguments: str, **environment: str) -> Done:
        with monkeypatch.context() as patch, pytest.raises(SystemExit) as ended:
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["peninsula", "feeds", *arguments])
            main()
        return Done(ended.value.code or 0, *capsys.readouterr())

    return call


@pytest.fixture
def online(feeds: Callable[..., Done]):
    """The same against a local site."""
    with ExitStack() as stack:
        server = stack.enter_context(ReplayServer(Site(), hosts=("one.example", "two.example")))
        yield lambda *arguments: feeds(*arguments, PENINSULA_CONNECT_TO=json.dumps(server.connect_to), PENINSULA_HOST_DELAY="0")


@pytest.mark.parametrize("command", [(), *((command,) for command in COMMANDS)])
def test_every_command_teaches_with_its_help(feeds: Callable[..., Done], command: tuple[str, ...]) -> None:
    done = feeds(*command, "--help")
    assert done.returncode == 0
    assert "Example: peninsula feeds" in " ".join(done.stdout.split())


# --- how the feeds do ---


@pytest.fixture
def polled(database: Database, feeds: Callable[..., Done]) -> Callable[..., Done]:
    """The command over a database in which feed one was polled three times and feed two died."""
    catalog = load_catalog(Path("feeds.yaml"))
    bad = FeedState(outcome_since=NOW, failures=1.5, next_attempt_at=datetime.now(UTC) + timedelta(hours=3))
    good = FeedState(outcome_since=NOW - timedelta(days=2), last_new_item_at=NOW, moved_to="http://new.example/rss", moved_seen=3)
    with writing(database) as connection:
        sync_feeds(connection, catalog)
        for night, (outcome, entries) in enumerate(
            [(FeedOutcome.OK, range(8)), (FeedOutcome.DEAD, ()), (FeedOutcome.OK, range(10)), (FeedOutcome.NOT_MODIFIED, ())]
        ):
            at = NOW + timedelta(days=night - 3)
            run = start_run(connection, command="test", at=at, versions={})
            fetch = make_fetch(run, feed_id="one", feed_outcome=outcome, at=at)
            record_poll(connection, fetch, [(entry, entry.url) for entry in map(make_item, entries)], state=good)
        fetch = make_fetch(run, feed_id="two", feed_outcome=FeedOutcome.DEAD, at=NOW, message="dns: two.example [is] unknown")
        record_poll(connection, fetch, [], state=bad)
    url = database.url.render_as_string(hide_password=False)
    return lambda *arguments, **environment: feeds(*arguments, PENINSULA_DATABASE_URL=url, **environment)


def make_item(number: int):
    return make_entry(number, feed_id="one")


def test_the_table_shows_outcome_trend_failures_and_what_to_do(polled: Callable[..., Done]) -> None:
    done = polled(PENINSULA_MIN_FEEDS_OK="0.5")
    assert (done.returncode, done.stderr) == (0, "")
    one, two, off = (next(line for line in done.stdout.splitlines() if f"│ {name} " in line) for name in ("one", "two", "three"))
    cells = [cell.strip() for cell in one.split("│")[1:-1]]
    assert cells[:5] == ["one", "NOT_MODIFIED", "2026-09-29 03:15", "█×▃▁", "2026-10-01 03:15"]
    assert cells[6:] == ["due", "permanent redirects lead to http://new.example/rss: put it into the list"]
    cells = [cell.strip() for cell in two.split("│")[1:-1]]
    assert (cells[1], cells[3], cells[5], cells[7]) == ("DEAD", "×", "1.5", "dns: two.example [is] unknown")
    assert cells[6].startswith("20")
    assert [cell.strip() for cell in off.split("│")[1:-1]] == ["three", "OFF", "", "", "", "", "", "retired"]
    assert "3 feeds: 1 NOT_MODIFIED, 1 DEAD, 1 OFF; 2 to look at" in done.stdout


def test_problems_alone_leave_out_what_is_well_or_switched_off(polled: Callable[..., Done]) -> None:
    shown = json.loads(polled("status", "--problems", "--json", PENINSULA_MIN_FEEDS_OK="0.5").stdout)
    assert [(row["id"], row["alarms"]) for row in shown] == [
        ("one", ["permanent redirects lead to http://new.example/rss: put it into the list"]),
        ("two", ["dns: two.example [is] unknown"]),
    ]


def test_the_json_has_every_feed_with_its_polls_oldest_first(polled: Callable[..., Done]) -> None:
    rows = {row["id"]: row for row in json.loads(polled("--json").stdout)}
    assert [poll["new"] for poll in rows["one"]["polls"]] == [8, 0, 2, 0]
    assert [poll["outcome"] for poll in rows["one"]["polls"]] == ["OK", "DEAD", "OK", "NOT_MODIFIED"]
    assert rows["one"]["since"] == "2026-09-29T03:15:00+00:00"
    assert (rows["two"]["outcome"], rows["two"]["failures"]) == ("DEAD", 1.5)
    assert (rows["three"]["outcome"], rows["three"]["polls"]) == ("OFF", [])


def test_too_few_feeds_that_answer_give_exit_code_3(polled: Callable[..., Done]) -> None:
    done = polled("status")
    assert done.returncode == 3
    assert "1 of 2 feeds answered when last polled, fewer than the share of 0.6" in done.stderr


def test_without_a_database_the_status_says_what_to_do(feeds: Callable[..., Done], tmp_path: Path) -> None:
    done = feeds("status")
    assert done.returncode == 78
    assert "run `peninsula ingest`" in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("counts", "bars"), [([], ""), ([0, 0], "▁▁"), ([0, 1, 7], "▁▂█"), ([None, 3], "×█"), ([1, 1000], "▂█"), ([4, None, 0, 2], "█×▁▅")]
)
def test_a_trend_has_one_bar_for_each_poll(counts, bars) -> None:
    assert sparkline(counts) == bars


# --- one feed, and files of feeds ---


def test_a_trial_tells_addresses_answer_outcome_dates_and_warnings_and_stores_nothing(online: Callable[..., Done], tmp_path: Path) -> None:
    done = online("test", "http://one.example/old", "--tz", "Asia/Seoul")
    assert (done.returncode, done.stderr) == (0, "")
    for told in (
        "feed     not in the list of feeds",
        "address  http://one.example/old",
        "→ http://one.example/rss (a permanent redirect",
        f"answer   200, {len(RSS)} bytes in ",
        'etag: "e 1"',
        "outcome  OK, 2 items, titled 'One'",
        "warning  1 item without a date",
        "2026-09-27 10:00 │ 2026-09-27 19:00:00",
        "A [bold] word  31m & more",
    ):
        assert told in done.stdout
    assert "x-other" not in done.stdout
    assert not (tmp_path / "data").exists()


def test_a_feed_of_the_list_is_tried_by_its_id_or_address(online: Callable[..., Done]) -> None:
    by_id, by_address = (json.loads(online("test", name, "--json").stdout) for name in ("one", "http://one.example/rss/"))
    assert (by_id["feed"], by_address["feed"]) == ("one", "one")
    assert (by_id["status"], by_id["size"], by_id["outcome"]) == (200, len(RSS), "OK")
    assert [item["published_raw"] for item in by_id["items"]] == ["2026-09-27 19:00:00", None]
    assert by_id["items"][0]["published"] == "2026-09-27T19:00:00+00:00"


@pytest.mark.parametrize(
    ("address", "outcome", "told"),
    [
        ("http://one.example/none", "DEAD", "not_found, a soft failure"),
        ("http://one.example/page", "HTML", "a web page with the title 'Home'"),
    ],
)
def test_what_is_no_feed_gives_its_outcome_with_the_reason_and_exit_code_3(online: Callable[..., Done], address, outcome, told) -> None:
    done = online("test", address)
    assert done.returncode == 3
    assert f"outcome  {outcome}" in done.stdout
    assert told in done.stdout
    assert json.loads(online("test", address, "--json").stdout)["outcome"] == outcome


def test_the_password_of_an_address_is_not_shown(online: Callable[..., Done]) -> None:
    for form in ((), ("--json",)):
        done = online("test", "http://me:secret@one.example/old", *form)
        assert "one.example/old" in done.stdout
        assert "secret" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("test", "onee"), "no feed is called 'onee' (did you mean 'one'"),
        (("test", "ftp://x.example/"), "url: must be an http or https address"),
        (("test", "http://x.example/", "--tz", "Mars/Olympus"), "default_tz: unknown time zone"),
        (("parse", "x.xml", "--as", "onee"), "no feed is called 'onee'"),
    ],
)
def test_wrong_names_addresses_and_zones_are_wrong_usage(feeds: Callable[..., Done], arguments, message) -> None:
    done = feeds(*arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_stored_feeds_plain_or_packed_give_their_items_as_json(feeds: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(RSS)
    (tmp_path / "b.gz").write_bytes(gzip.compress(RSS))
    done = feeds("parse", "a.xml", "b.gz", "--tz", "Asia/Seoul", "--url", "http://one.example/feed/", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    plain, packed = json.loads(done.stdout)
    assert plain["items"][0] == {
        "title": "A [bold] word \u202e31m & more",
        "link": "http://one.example/1",
        "id": "tag:1",
        "published": "2026-09-27T10:00:00+00:00",
        "published_raw": "2026-09-27 19:00:00",
        "zone": "Asia/Seoul",
    }
    assert plain["items"][1]["link"] == "http://one.example/2"
    assert plain["warnings"] == ["1 item without a date"]
    assert packed == plain | {"file": "b.gz"}


def test_without_an_address_relative_links_are_not_invented(feeds: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(RSS)
    (read,) = json.loads(feeds("parse", "a.xml", "--json").stdout)
    assert [item["link"] for item in read["items"]] == ["http://one.example/1"]
    assert "1 item skipped for want of a usable link" in read["warnings"]


def test_a_bad_file_stops_none_of_the_others(feeds: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "good.xml").write_bytes(RSS)
    (tmp_path / "cut.gz").write_bytes(gzip.compress(RSS)[:-9])
    (tmp_path / "large.gz").write_bytes(gzip.compress(RSS + b" " * 5000))
    (tmp_path / "page.html").write_bytes(b"<html><title>Home</title></html>")
    files = ("cut.gz", "none.xml", ".", "large.gz", "page.html", "good.xml")
    done = feeds("parse", *files, "--json", PENINSULA_MAX_FEED_BYTES="5000")
    assert done.returncode == 3
    read = {each["file"]: each for each in json.loads(done.stdout)}
    assert list(read) == list(files)
    assert [read[name]["outcome"] for name in files] == [None, None, None, None, "HTML", "OK"]
    assert read["none.xml"]["reason"] == "cannot be read: No such file or directory"
    assert read["large.gz"]["reason"] == "is larger than 5,000 bytes"
    table = feeds("parse", *files).stdout
    assert "unreadable: cannot be read: Is a directory" in table
    assert "A [bold] word  31m & more" in table


# --- the list ---


def test_a_feed_is_added_at_the_end_and_the_rest_stays(feeds: Callable[..., Done], tmp_path: Path) -> None:
    arguments = ("add", "http://new.example/rss", "--id", "new", "--publisher", "The New", "--language", "ko", "--country", "KR", "--kind")
    assert feeds(*arguments, "ngo", "--no-korea-filter", "--tz", "Asia/Seoul").returncode == 0
    text = (tmp_path / "feeds.yaml").read_text(encoding="utf-8")
    assert text.startswith(LIST)
    added = load_catalog(tmp_path / "feeds.yaml")[-1]
    assert (added.id, added.korea_filter, added.default_tz, added.kind, added.enabled) == ("new", False, "Asia/Seoul", "ngo", True)
    again = feeds(*arguments, "ngo")
    assert (again.returncode, again.stderr) == (2, "error: a feed is called 'new' already: ids are never used again\n")


def test_values_that_no_feed_has_are_all_named_and_nothing_is_written(feeds: Callable[..., Done], tmp_path: Path) -> None:
    done = feeds("add", "new.example", "--id", "New", "--publisher", "N", "--language", "eng", "--country", "KR", "--kind", "wire")
    assert done.returncode == 2
    assert [key for key in ("id", "url", "language") if f"{key}: " in done.stderr] == ["id", "url", "language"]
    assert (tmp_path / "feeds.yaml").read_text(encoding="utf-8") == LIST


def test_off_and_on_again(feeds: Callable[..., Done], tmp_path: Path) -> None:
    done = feeds("disable", "one", "--reason", "sold")
    assert (done.returncode, done.stdout) == (0, "feeds.yaml: feed 'one' is switched off\n")
    source = load_catalog(tmp_path / "feeds.yaml")[0]
    assert (source.enabled, source.note) == (False, f"off since {datetime.now(UTC):%Y-%m-%d} (sold)")
    assert feeds("enable", "one").returncode == 0
    assert (tmp_path / "feeds.yaml").read_text(encoding="utf-8") == LIST
    assert "nothing to change" in feeds("enable", "one").stdout


@pytest.mark.parametrize("arguments", [("disable", "one", "--reason", "sold"), ("enable", "three")])
def test_a_dry_run_shows_the_difference_and_writes_nothing(feeds: Callable[..., Done], tmp_path: Path, arguments) -> None:
    done = feeds(*arguments, "--dry-run")
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if line[:3] in ("---", "+++")] == ["--- feeds.yaml", "+++ feeds.yaml (edited)"]
    assert any(line.startswith("-  enabled: ") for line in done.stdout.splitlines())
    assert (tmp_path / "feeds.yaml").read_text(encoding="utf-8") == LIST


def test_another_list_is_edited_where_one_is_named(feeds: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(LIST, encoding="utf-8")
    assert feeds("enable", "three", "--feeds", "other.yaml").returncode == 0
    assert load_catalog(tmp_path / "other.yaml")[2].enabled
    assert (tmp_path / "feeds.yaml").read_text(encoding="utf-8") == LIST


def test_feeds_of_opml_are_added_and_the_rest_is_told(feeds: Callable[..., Done], tmp_path: Path) -> None:
    outlines = (
        '<outline text="Known" xmlUrl="http://one.example/rss"/>\n<outline text="[Bad]" xmlUrl="ftp://x.example/"/>\n'
        '<outline text="Good" xmlUrl="http://good.example/"/>'
    )
    (tmp_path / "mine.opml").write_text(f"<opml version='2.0'><body>\n{outlines}\n</body></opml>", encoding="utf-8")
    given = ("mine.opml", "--language", "en", "--country", "US", "--kind", "ngo")
    tried = feeds("import", *given, "--dry-run")
    assert "+- id: good" in tried.stdout
    assert (tmp_path / "feeds.yaml").read_text(encoding="utf-8") == LIST
    done = feeds("import", *given)
    assert done.returncode == 3
    assert "mine.opml:2: 'Known': 'http://one.example/rss' is already that of the feed 'one' in the list" in done.stderr
    assert "error: mine.opml:3: '[Bad]': url: must be an http or https address" in done.stderr
    assert "added 1: good" in done.stdout
    assert (tmp_path / "feeds.yaml").read_text(encoding="utf-8").startswith(LIST)
    (tmp_path / "mine.opml").write_text((tmp_path / "mine.opml").read_text().replace("ftp:", "http:"), encoding="utf-8")
    assert feeds("import", *given).returncode == 0
    assert [source.id for source in load_catalog(tmp_path / "feeds.yaml")] == ["one", "two", "three", "good", "bad"]


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"<html/>", "mine.opml: no OPML"), (b"\x1f\x8bx", "mine.opml: "), (None, "mine.opml: cannot be read: No such")],
)
def test_what_is_no_opml_is_wrong_usage(feeds: Callable[..., Done], tmp_path: Path, content, message) -> None:
    if content is not None:
        (tmp_path / "mine.opml").write_bytes(content)
    done = feeds("import", "mine.opml")
    assert done.returncode == 2
    assert message in done.stderr


def test_the_exported_list_comes_back_through_import(feeds: Callable[..., Done], tmp_path: Path) -> None:
    assert feeds("export", "-o", "out.opml").returncode == 0
    assert feeds("export").stdout.count("xmlUrl") == 3
    (tmp_path / "other.yaml").write_text("feeds:\n" + FEED.format("other", "true"), encoding="utf-8")
    assert feeds("import", "out.opml", "--feeds", "other.yaml").returncode == 0
    assert load_catalog(tmp_path / "other.yaml")[1:] == load_catalog(tmp_path / "feeds.yaml")
    done = feeds("export", "-o", "nowhere/out.opml")
    assert (done.returncode, "nowhere/out.opml: cannot be written" in done.stderr) == (78, True)
