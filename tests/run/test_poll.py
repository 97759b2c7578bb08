"""Polls over several nights against a local server: what is asked when, what the report says of it, and what is kept."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from models.feeds import FeedSource
from models.vocabulary import FeedOutcome
from pipeline.analyse import Analyser
from pipeline.fetch.archive import Archive
from pipeline.fetch.client import Client
from pipeline.run.context import Context, Silent
from pipeline.run.poll import poll_feeds
from pipeline.run.report import FeedLine, RunReport
from pipeline.sample.replay import ReplayServer, Request, Response
from pipeline.settings import Settings
from pipeline.store.engine import Database, reading, writing
from pipeline.store.feeds import feed_health, feed_history
from pipeline.store.runs import start_run
from tests.store.builders import make_source

NIGHT = datetime(2025, 11, 6, 3, 15, tzinfo=UTC)
HOST, OTHER_HOST = "http://news.example", "http://other.example"


def feed(*numbers: int, title: str = "North Korea fires missile") -> bytes:
    """Return a feed with an item for each number, dated that many hours after the first night."""
    items = "".join(
        f"<item><title>{title}</title><link>{HOST}/{number}</link><guid>{number}</guid>"
        f"<pubDate>{format_datetime(NIGHT + timedelta(hours=number))}</pubDate></item>"
        for number in numbers
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>{items}</channel></rss>'.encode()


class Site:
    """A server whose answers are changed between nights, and the runs over it."""

    def __init__(self, database: Database, settings: Settings, server: ReplayServer, answers: dict[str, Response]) -> None:
        self.answers = answers
        self.sent: list[Request] = []
        self.sources: dict[str, FeedSource] = {}
        self.server = server
        self._database = database
        self._settings = settings.model_copy(update={"connect_to": server.connect_to})
        self._runs = 0

    def add(self, name: str, answer: Response, *, host: str = HOST, **changes: object) -> None:
        self.answers[f"{host}/{name}"] = answer
        self.sources[name] = make_source(name, url=f"{host}/{name}", **changes)

    def change(self, name: str, answer: Response) -> None:
        self.answers[self.sources[name].url] = answer

    def poll(self, after: timedelta = timedelta(0), *, only: tuple[str, ...] = ()) -> dict[str, FeedLine]:
        """Poll at that time after the first night; return the lines of the report."""
        self._runs += 1
        at = NIGHT + after
        with writing(self._database) as connection:
            run_id = start_run(connection, command=f"poll {self._runs}", at=at, versions={})
        report = RunReport(run_id, at, {})
        archive = Archive(self._settings.data_dir / "raw")
        with Client(self._settings) as client:
            analyser = Analyser(self._settings)
            context = Context(
                self._settings, self._database, archive, client, analyser, self.sources, report, Silent(), lambda: at, frozenset(only)
            )
            poll_feeds(context)
        json.dumps(report.as_dict())
        self.report = report
        return {line.feed_id: line for line in report.feeds}

    def conditions(self) -> list[bool]:
        """Tell of each request since the last call whether it had validators."""
        asked = [bool({"if-none-match", "if-modified-since"} & set(request.headers)) for request in self.sent]
        self.sent.clear()
        return asked


@pytest.fixture
def site(database: Database, settings: Settings) -> Iterator[Site]:
    answers: dict[str, Response] = {}
    sent: list[Request] = []

    def respond(request: Request) -> Response:
        sent.append(request)
        return answers[f"http://{request.host}{request.path}"]

    with ReplayServer(respond, hosts=["news.example", "other.example", "new.example"]) as server:
        made = Site(database, settings, server, answers)
        made.sent = sent
        yield made


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def test_a_feed_that_is_not_due_waits_and_the_report_says_until_when(site: Site) -> None:
    site.add("wire", Response(200, feed(1)))
    site.poll()
    line = site.poll(timedelta(minutes=10))["wire"]
    assert (line.outcome, line.next_attempt_at) == (FeedOutcome.WAITING, NIGHT + hours(1))
    assert line.reason == "due at 2025-11-06 04:15 UTC, after OK"
    assert (len(site.sent), site.report.feeds_polled, site.report.feeds_waiting) == (1, 0, 1)
    assert site.poll(hours(1))["wire"].outcome is FeedOutcome.NOT_MODIFIED


def test_a_feed_that_the_user_names_is_polled_due_or_not(site: Site) -> None:
    site.add("wire", Response(200, feed(1)))
    site.poll()
    assert site.poll(timedelta(minutes=1), only=("wire",))["wire"].outcome is FeedOutcome.NOT_MODIFIED


def test_what_is_gone_is_off_at_once_and_said_so_every_night_until_the_address_changes(site: Site, database: Database) -> None:
    site.add("wire", Response(410))
    first = site.poll()["wire"]
    assert (first.outcome, first.turn) == (FeedOutcome.DEAD, "alarm")
    for night in (1, 2, 40):
        line = site.poll(hours(24 * night))["wire"]
        assert (line.outcome, line.turn) == (FeedOutcome.OFF, None)
        assert "is gone for good (410); not polled again until feeds.yaml has another address" in (line.reason or "")
    assert len(site.sent) == 1
    assert site.poll(hours(24 * 41), only=("wire",))["wire"].outcome is FeedOutcome.DEAD
    site.answers[f"{HOST}/moved"] = Response(200, feed(1))
    site.sources["wire"] = make_source("wire", url=f"{HOST}/moved")
    line = site.poll(hours(24 * 42))["wire"]
    assert (line.outcome, line.turn, line.failures) == (FeedOutcome.OK, "recovered", 0.0)
    with reading(database) as connection:
        assert feed_health(connection)[0].disabled_reason is None


def test_failures_pause_a_feed_and_one_answer_ends_it(site: Site) -> None:
    site.add("wire", Response(404))
    assert (site.poll()["wire"].failures, site.poll(timedelta(minutes=59))["wire"].outcome) == (0.5, FeedOutcome.WAITING)
    again = site.poll(hours(1))["wire"]
    assert (again.failures, again.turn, again.next_attempt_at) == (1.0, None, NIGHT + hours(3))
    site.change("wire", Response(200, feed(1)))
    assert site.poll(hours(2), only=("wire",))["wire"].turn == "recovered"


def test_a_feed_that_fails_for_weeks_is_asked_once_a_week_and_every_report_says_so(site: Site) -> None:
    site.add("wire", Response(403))
    lines = [site.poll(hours(24 * night))["wire"] for night in range(38)]
    asked = [night for night, line in enumerate(lines) if line.outcome is FeedOutcome.DEAD]
    assert asked == [*range(30), 36]
    assert [night for night, line in enumerate(lines) if line.turn == "alarm"] == [0, 29]
    assert all("once a week" in " ".join(line.warnings) for line in lines[29:])


@pytest.mark.parametrize("value", ["10800", format_datetime(NIGHT + hours(3), usegmt=True)], ids=["seconds", "date"])
def test_a_busy_feed_waits_as_long_as_it_asks_and_its_neighbours_do_not(site: Site, value: str) -> None:
    site.add("busy", Response(503, headers={"Retry-After": value}))
    site.add("calm", Response(200, feed(1)))
    lines = site.poll()
    assert lines["busy"].next_attempt_at == NIGHT + hours(3)
    assert lines["calm"].next_attempt_at == NIGHT + hours(1)


def test_too_many_requests_put_all_feeds_of_the_host_off_in_whatever_order_they_answer(site: Site) -> None:
    site.add("a", Response(200, feed(1)))
    site.add("b", Response(429, headers={"Retry-After": "14400"}))
    site.add("c", Response(200, feed(2), delay=0.3))
    site.add("d", Response(200, feed(3)), host=OTHER_HOST)
    site.poll()
    outcomes = {name: line.outcome for name, line in site.poll(hours(3.9)).items()}
    assert outcomes == {
        "a": FeedOutcome.WAITING,
        "b": FeedOutcome.WAITING,
        "c": FeedOutcome.WAITING,
        "d": FeedOutcome.NOT_MODIFIED,
    }
    assert FeedOutcome.WAITING not in {line.outcome for line in site.poll(hours(4)).values() if line.feed_id != "d"}


def test_a_permanent_redirect_is_suggested_after_three_runs_and_the_list_stays_as_it_is(site: Site) -> None:
    site.add("wire", Response(301, headers={"Location": "http://new.example/feed"}))
    site.answers["http://new.example/feed"] = Response(200, feed(1))
    suggestions = [site.poll(hours(24 * night))["wire"].suggestion for night in range(4)]
    told = "permanent redirects lead to http://new.example/feed: put it into feeds.yaml"
    assert suggestions == [None, None, told, told]
    assert site.sources["wire"].url == f"{HOST}/wire"


def test_a_temporary_redirect_is_never_suggested(site: Site) -> None:
    site.add("wire", Response(302, headers={"Location": "http://new.example/feed"}))
    site.answers["http://new.example/feed"] = Response(200, feed(1))
    assert {site.poll(hours(24 * night))["wire"].suggestion for night in range(4)} == {None}


def test_a_redirect_to_another_feed_of_the_list_is_an_error_that_names_it(site: Site, database: Database) -> None:
    site.add("wire", Response(200, feed(1)))
    site.add("copy", Response(301, headers={"Location": f"{HOST}/wire?utm_source=copy"}))
    site.answers[f"{HOST}/wire?utm_source=copy"] = Response(200, feed(1))
    lines = site.poll()
    assert (lines["wire"].outcome, lines["copy"].outcome, lines["copy"].new) == (FeedOutcome.OK, FeedOutcome.DEAD, 0)
    assert "the address of the feed 'wire'" in (lines["copy"].reason or "")
    with reading(database) as connection:
        assert "the feed 'wire'" in (feed_history(connection, "copy", 1)[0].reason or "")


def test_one_request_a_day_asks_for_the_whole_body_and_finds_what_an_old_etag_hides(site: Site) -> None:
    site.add("wire", Response(200, feed(1), {"ETag": '"1"'}))
    assert site.poll()["wire"].new == 1
    site.change("wire", Response(304))
    outcomes = [site.poll(hours(number), only=("wire",))["wire"].outcome for number in (6, 12, 18)]
    assert outcomes == [FeedOutcome.NOT_MODIFIED] * 3
    site.change("wire", Response(200, feed(1, 2), {"ETag": '"1"'}))
    line = site.poll(hours(24), only=("wire",))["wire"]
    assert (line.outcome, line.new, line.known) == (FeedOutcome.OK, 1, 1)
    assert site.conditions() == [False, True, True, True, False]


def test_the_same_body_under_a_new_etag_is_no_news(site: Site) -> None:
    site.add("wire", Response(200, feed(1), {"ETag": '"1"'}))
    site.poll()
    site.change("wire", Response(200, feed(1), {"ETag": '"2"'}))
    line = site.poll(hours(2))["wire"]
    assert (line.outcome, line.reason, line.new) == (FeedOutcome.NOT_MODIFIED, "same body as last time", 0)
    site.poll(hours(8))
    assert [request.headers.get("if-none-match") for request in site.sent] == [None, '"1"', '"2"']


def test_a_daily_feed_without_news_is_silent_answered_and_alarms_once(site: Site) -> None:
    site.add("wire", Response(200, feed(1)), expect_daily=True)
    site.add("slow", Response(200, feed(2)))
    site.poll()
    nights = [site.poll(hours(24 * night)) for night in (1, 2)]
    assert [lines["wire"].outcome for lines in nights] == [FeedOutcome.SILENT] * 2
    assert [lines["wire"].turn for lines in nights] == ["alarm", None]
    assert "nothing new since 2025-11-06 03:15 UTC" in (nights[0]["wire"].reason or "")
    assert [lines["slow"].outcome for lines in nights] == [FeedOutcome.NOT_MODIFIED] * 2
    assert (site.report.feeds_ok, site.report.feeds_polled, nights[1]["wire"].failures) == (2, 2, 0.0)
    site.change("wire", Response(200, feed(1, 50)))
    assert site.poll(hours(72))["wire"].turn == "recovered"


def test_a_feed_whose_items_all_came_after_the_last_ones_has_a_gap_and_keeps_what_it_brought(site: Site) -> None:
    site.add("wire", Response(200, feed(1, 2, 3)))
    assert site.poll(hours(3))["wire"].outcome is FeedOutcome.OK
    site.change("wire", Response(200, feed(3, 4, 5)))
    assert site.poll(hours(6))["wire"].outcome is FeedOutcome.OK
    site.change("wire", Response(200, feed(8, 9, 10)))
    line = site.poll(hours(24))["wire"]
    assert (line.outcome, line.new, line.turn) == (FeedOutcome.GAP, 3, "alarm")
    assert site.report.feeds_ok == 1


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Response(200, b""), FeedOutcome.EMPTY),
        (Response(200, feed()), FeedOutcome.EMPTY),
        (Response(200, b"<!DOCTYPE html><html><head><title>Not found</title></head></html>"), FeedOutcome.HTML),
        (Response(404, b"<html></html>"), FeedOutcome.DEAD),
        (Response(200, b"not xml"), FeedOutcome.DEAD),
    ],
    ids=["empty body", "no items", "web page", "404", "no XML"],
)
def test_every_failure_alarms_once_and_counts(site: Site, answer: Response, outcome: FeedOutcome) -> None:
    site.add("wire", Response(200, feed(1)))
    site.poll()
    site.change("wire", answer)
    lines = [site.poll(hours(24 * night))["wire"] for night in (1, 2)]
    assert [(line.outcome, line.turn, line.failures) for line in lines] == [(outcome, "alarm", 0.5), (outcome, None, 1.0)]
    assert all(line.reason for line in lines)


def test_a_feed_switched_off_in_the_list_is_quiet(site: Site) -> None:
    site.add("wire", Response(200, feed(1)), enabled=False, note="retired")
    line = site.poll(only=("wire",))["wire"]
    assert (line.outcome, line.reason, line.turn, site.sent) == (FeedOutcome.OFF, "retired", None, [])


def sitemap(*addresses: tuple[str, float], index: bool = False) -> Response:
    """Return a sitemap with addresses on our host, each last changed that many hours after the first night; or an index of sitemaps."""
    whole, part = ("sitemapindex", "sitemap") if index else ("urlset", "url")
    rows = "".join(
        f"<{part}><loc>{HOST}/{path}</loc><lastmod>{(NIGHT + hours(number)).isoformat()}</lastmod></{part}>" for path, number in addresses
    )
    body = f'<?xml version="1.0"?><{whole} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</{whole}>'
    return Response(200, gzip.compress(body.encode()), {"Content-Type": "application/x-gzip"})


def test_a_sitemap_index_is_read_with_its_children_also_where_it_stays_the_same(site: Site, database: Database) -> None:
    site.add("index", sitemap(("one", -2), ("two", -3), index=True), source="sitemap")
    site.answers |= {f"{HOST}/one": sitemap(("news/1", -2), ("news/2", -4)), f"{HOST}/two": Response(404)}
    first = site.poll()["index"]
    assert (first.outcome, first.new) == (FeedOutcome.OK, 2)
    assert any("/two" in warning and "404" in warning for warning in first.warnings)
    # All that is listed now is new and newer than what was: of a feed that would be a gap.
    site.answers[f"{HOST}/one"] = sitemap(("news/3", 22), ("news/4", 23))
    second = site.poll(hours(24))["index"]
    assert (second.outcome, second.new) == (FeedOutcome.OK, 2)
    assert sorted(request.path for request in site.sent) == ["/index"] * 2 + ["/one"] * 2 + ["/two"] * 2
    with reading(database) as connection:
        # The polls of the children are no polls of the feed.
        assert len(feed_history(connection, "index", limit=10)) == 2


def test_a_listing_page_brings_the_links_that_its_pattern_names(site: Site) -> None:
    page = (
        f'<html><body><a href="/actions/20251105">North Korea designations of 5 November</a><a href="{HOST}/about">About</a></body></html>'
    )
    site.add(
        "actions", Response(200, page.encode(), {"Content-Type": "text/html"}), source="listing", link_pattern=f"{HOST}/actions/[0-9]+"
    )
    line = site.poll()["actions"]
    assert (line.outcome, line.new) == (FeedOutcome.OK, 1)
    line = site.poll(hours(24))["actions"]
    assert line.outcome is FeedOutcome.NOT_MODIFIED
