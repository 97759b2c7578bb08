"""Pages asked for again over several nights: when, with what validators, and what becomes of an edit or a failure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from sqlalchemy import select, update

from models.feeds import FeedSource
from models.tables import ArticleRow, ArticleVersionRow, FetchRow
from models.vocabulary import BodyStatus, FetchOutcome, StageState
from pipeline.analyse import Analyser
from pipeline.fetch.archive import Archive
from pipeline.fetch.client import Client
from pipeline.run.context import Context, Silent
from pipeline.run.pages import FEED_ITEM, extract_pages, fetch_pages
from pipeline.run.poll import poll_feeds
from pipeline.run.report import RunReport
from pipeline.sample.replay import ReplayServer, Request, Response, revalidate
from pipeline.settings import Settings
from pipeline.store.analyses import record_analysis
from pipeline.store.articles import due_analyses, due_extractions, due_refetches, load_article
from pipeline.store.engine import Database, reading, writing
from pipeline.store.runs import start_run
from tests.store.builders import TEXT, make_analysis, make_context, make_source

NIGHT = datetime(2025, 11, 6, 3, 15, tzinfo=UTC)
HOST = "http://news.example"
MORE = "The bank did not answer questions, and the ministry said that it would name further firms in the coming weeks."
CHALLENGE = b"<html><head><title>Just a moment...</title></head><body>Checking your browser before accessing the site.</body></html>"


def page(*paragraphs: str, head: str = "", body: str = "") -> bytes:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in (TEXT, MORE, *paragraphs))
    meta = f"<title>A banker is listed</title><meta property='og:type' content='article'>{head}"
    return f"<html><head>{meta}</head><body><article><h1>A banker is listed</h1>{text}</article>{body}</body></html>".encode()


def feed(*numbers: int, content: str = "") -> bytes:
    items = "".join(
        f"<item><title>A banker is listed</title><link>{HOST}/{number}</link><guid>{number}</guid><description>{TEXT}</description>"
        f"<pubDate>{format_datetime(NIGHT)}</pubDate>{content}</item>"
        for number in numbers
    )
    space = "http://purl.org/rss/1.0/modules/content/"
    return f'<?xml version="1.0"?><rss version="2.0" xmlns:content="{space}"><channel><title>t</title>{items}</channel></rss>'.encode()


class Outlet:
    """A server with one feed and its pages, and the nights over it."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.answers: dict[str, Response] = {}
        self.sent: list[Request] = []
        self.sources: dict[str, FeedSource] = {"wire": make_source("wire", url=f"{HOST}/feed")}
        self.settings = settings
        self.database = database
        self._runs = 0

    def respond(self, request: Request) -> Response:
        if request.path == "/robots.txt":
            return Response(404)
        if request.path != "/feed":
            self.sent.append(request)
        return revalidate(request, self.answers[request.path])

    def publish(self, *numbers: int, content: str = "") -> None:
        self.answers["/feed"] = Response(200, feed(*numbers, content=content))
        self.answers |= {f"/{number}": Response(200, page(f"Number {number}.")) for number in numbers}

    def night(self, days: float) -> RunReport:
        """Poll, fetch and extract that many days after the first night."""
        self._runs += 1
        at = NIGHT + timedelta(days=days)
        with writing(self.database) as connection:
            run_id = start_run(connection, command=f"night {self._runs}", at=at, versions={})
        report = RunReport(run_id, at, {})
        archive, analyser = Archive(self.settings.data_dir / "raw"), Analyser(self.settings)
        self.sent.clear()
        with Client(self.settings) as client:
            context = Context(self.settings, self.database, archive, client, analyser, self.sources, report, Silent(), lambda: at)
            for step in (poll_feeds, fetch_pages, extract_pages):
                step(context)
        return report

    def asked(self, days: float) -> list[str]:
        """Return the paths of the pages that were asked for that many days after the first night."""
        self.night(days)
        return [request.path for request in self.sent]

    def tell_events(self) -> None:
        """Let every article that is stored tell an event."""
        context = make_context(self.database)
        with writing(self.database) as connection:
            for version_id in due_analyses(connection):
                record_analysis(connection, make_analysis(load_article(connection, version_id)), context)

    def versions(self) -> list[tuple[str, BodyStatus]]:
        """Return last paragraph and body status of every version, in order of time."""
        query = select(ArticleVersionRow.text, ArticleVersionRow.body_status).order_by(ArticleVersionRow.created_at)
        with reading(self.database) as connection:
            return [(row.text.rsplit("\n", 1)[-1], row.body_status) for row in connection.execute(query)]

    def article(self) -> dict[str, object]:
        with reading(self.database) as connection:
            return dict(connection.execute(select(ArticleRow.__table__)).mappings().one())


@pytest.fixture
def outlet(database: Database, settings: Settings) -> Iterator[Outlet]:
    made = Outlet(database, settings)
    with ReplayServer(made.respond, hosts=["news.example"]) as server:
        made.settings = settings.model_copy(update={"connect_to": server.connect_to, "max_poll_interval": 0})
        made.publish(1)
        yield made


def test_an_article_that_told_events_is_asked_for_after_one_three_and_seven_days_and_then_left_alone(outlet: Outlet) -> None:
    outlet.night(0)
    outlet.tell_events()
    assert [day for day in range(1, 20) if outlet.asked(day)] == [1, 3, 7]


def test_an_article_that_told_nothing_is_never_asked_for_again(outlet: Outlet) -> None:
    outlet.night(0)
    assert [day for day in range(1, 10) if outlet.asked(day)] == []


def test_a_night_that_starts_a_little_early_asks_and_a_second_run_of_the_night_does_not(outlet: Outlet) -> None:
    outlet.night(0)
    outlet.tell_events()
    assert [outlet.asked(days) for days in (0.5, 0.99, 1.01, 1.5)] == [[], ["/1"], [], []]


def test_after_a_pause_a_page_is_asked_for_once_and_an_old_one_not_at_all(outlet: Outlet) -> None:
    outlet.night(0)
    outlet.tell_events()
    outlet.publish(1, 2)
    outlet.night(5)
    outlet.tell_events()
    assert outlet.asked(5.5) == []
    assert outlet.asked(14.5) == ["/2"], "the first article is older than two weeks"


def test_a_page_that_has_not_changed_is_no_transfer_and_no_work(outlet: Outlet) -> None:
    outlet.answers["/1"] = Response(200, page("Number 1."), {"Last-Modified": format_datetime(NIGHT, usegmt=True)})
    outlet.night(0)
    outlet.tell_events()
    for days in (1, 3):
        report = outlet.night(days)
        assert {"if-none-match", "if-modified-since"} <= set(outlet.sent[0].headers)
        assert (dict(report.pages), dict(report.articles), report.problems) == ({"not modified": 1}, {}, [])
    with reading(outlet.database) as connection:
        outcomes = connection.execute(select(FetchRow.outcome).where(FetchRow.article_id.is_not(None)).order_by(FetchRow.fetched_at))
        assert outcomes.scalars().all() == [FetchOutcome.OK, FetchOutcome.NOT_MODIFIED, FetchOutcome.NOT_MODIFIED]


def test_an_edit_becomes_a_version_and_other_bytes_around_the_same_text_do_not(outlet: Outlet) -> None:
    outlet.night(0)
    outlet.tell_events()
    outlet.answers["/1"] = Response(200, page("Number 1.", body="<script>var visit = 2</script>"))
    report = outlet.night(1)
    assert (dict(report.pages), dict(report.articles)) == ({"fetched again": 1}, {"unchanged": 1})
    outlet.answers["/1"] = Response(200, page("Correction: the sum was smaller."))
    report = outlet.night(3)
    assert (dict(report.articles), report.problems) == ({"new": 1}, [])
    assert outlet.versions() == [("Number 1.", BodyStatus.FULL), ("Correction: the sum was smaller.", BodyStatus.FULL)]
    with reading(outlet.database) as connection:
        newest = load_article(connection, str(outlet.article()["latest_version_id"]))
    assert newest.text.endswith("smaller.")


@pytest.mark.parametrize(("status", "told"), [(403, "refuses"), (404, "404"), (410, "410"), (503, "503")])
def test_a_page_that_fails_when_asked_again_is_reported_and_the_article_stays_as_it_was(outlet: Outlet, status: int, told: str) -> None:
    outlet.night(0)
    outlet.tell_events()
    before = outlet.article()
    outlet.answers["/1"] = Response(status)
    report = outlet.night(1)
    assert outlet.article() == before
    assert [(problem.stage, problem.state, problem.url) for problem in report.problems] == [("fetch", "kept", f"{HOST}/1")]
    assert told in report.problems[0].reason
    assert dict(report.pages) == {"kept": 1}
    assert [outlet.asked(days) for days in (1.5, 2, 3)] == [[], [], ["/1"]]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (CHALLENGE, "poorer: the page gives a summary now"),
        (
            page(head='<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}</script>').replace(
                b"in the coming weeks.", b"in the"
            ),
            "poorer: the page gives a teaser now",
        ),
    ],
    ids=["challenge", "paywall"],
)
def test_what_is_poorer_than_the_stored_text_makes_no_version(outlet: Outlet, body: bytes, reason: str) -> None:
    outlet.night(0)
    outlet.tell_events()
    before = outlet.article()
    outlet.answers["/1"] = Response(200, body)
    report = outlet.night(1)
    assert [(problem.stage, problem.state, problem.reason) for problem in report.problems] == [("extract", "kept", reason)]
    assert outlet.article() == before
    assert outlet.versions() == [("Number 1.", BodyStatus.FULL)]
    with reading(outlet.database) as connection:
        assert due_extractions(connection) == []
    outlet.answers["/1"] = Response(200, page("Free again, with an edit."))
    assert dict(outlet.night(3).articles) == {"new": 1}


def test_a_page_that_is_no_article_any_more_is_not_quarantined_where_a_version_is_stored(outlet: Outlet) -> None:
    outlet.answers["/feed"] = Response(200, feed(1).replace(TEXT.encode(), b""))
    outlet.night(0)
    outlet.tell_events()
    outlet.answers["/1"] = Response(200, CHALLENGE)
    report = outlet.night(1)
    assert dict(report.articles) == {"kept": 1}
    assert report.problems[0].reason.startswith("extract_failed: ")
    assert outlet.article()["state"] is StageState.DONE


def test_a_page_that_never_gave_an_article_is_quarantined_as_ever(outlet: Outlet) -> None:
    outlet.answers["/feed"] = Response(200, feed(1).replace(TEXT.encode(), b""))
    outlet.answers["/1"] = Response(200, CHALLENGE)
    assert dict(outlet.night(0).articles) == {"quarantined": 1}


def test_pages_asked_again_are_a_bounded_share_and_new_pages_go_first(outlet: Outlet) -> None:
    outlet.publish(1, 2, 3, 4)
    outlet.night(0)
    outlet.tell_events()
    outlet.settings = outlet.settings.model_copy(update={"max_articles": 4, "refetch_share": 0.5})
    assert len(outlet.asked(1)) == 2
    assert len(outlet.asked(1.1)) == 2, "the others are asked in the next run"
    assert outlet.asked(1.2) == []
    outlet.publish(1, 2, 3, 4, 5, 6, 7)
    assert sorted(outlet.asked(3))[1:] == ["/5", "/6", "/7"], "one of the old ones has room beside them"
    outlet.publish(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
    assert set(outlet.asked(3.1)) == {"/8", "/9", "/10", "/11"}, "a run that is full of new pages asks for no old one"


def test_articles_whose_text_came_from_the_feed_are_not_asked_for(outlet: Outlet) -> None:
    content = f"<content:encoded>&lt;p&gt;{TEXT}&lt;/p&gt;&lt;p&gt;{MORE}&lt;/p&gt;</content:encoded>"
    outlet.sources["wire"] = make_source("wire", url=f"{HOST}/feed", feed_has_full_text=True)
    outlet.publish(1, content=content)
    assert dict(outlet.night(0).articles) == {"new": 1}
    outlet.tell_events()
    assert outlet.article()["content_type"] == FEED_ITEM
    assert outlet.asked(1) == []


def test_articles_set_aside_are_not_asked_for(outlet: Outlet) -> None:
    outlet.night(0)
    outlet.tell_events()
    with writing(outlet.database) as connection:
        assert len(due_refetches(connection, now=NIGHT + timedelta(days=1), limit=9)) == 1
        connection.execute(update(ArticleRow).values(state=StageState.QUARANTINED))
        assert due_refetches(connection, now=NIGHT + timedelta(days=1), limit=9) == []
