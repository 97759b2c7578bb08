"""One run over everything that can be wrong with a feed or a page: each is named in one line, and the good one goes through."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from sqlalchemy import select, text

from models.tables import ArticleRow, ArticleVersionRow
from models.vocabulary import FeedOutcome
from pipeline.analyse import Analyser
from pipeline.errors import ConfigurationError
from pipeline.run import RunReport, ingest
from pipeline.sample.replay import ReplayServer, Request, Response
from pipeline.settings import ROOT, Settings
from pipeline.store.engine import Database, open_database, reading, writing

STORY = (
    "South Korea's military said North Korea fired a short-range ballistic missile toward the East Sea on Friday. "
    "The missile flew about 700 kilometers, the Joint Chiefs of Staff said. Seoul condemned the launch as a provocation."
)
PAGE = f"<html><head><title>North Korea fires missile</title></head><body><article><p>{STORY}</p><p>{STORY}</p></article></body></html>"


def feed(*items: str) -> bytes:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>{"".join(items)}</channel></rss>'.encode()


def item(url: str, *, guid: str = "", date: str = "Fri, 07 Nov 2025 13:00:00 +0900") -> str:
    return f"<item><title>North Korea fires missile</title><link>{url}</link><guid>{guid or url}</guid><pubDate>{date}</pubDate></item>"


HOST = "http://bad.example"
FEEDS: dict[str, Response] = {
    "good": Response(200, feed(item(f"{HOST}/page/good"))),
    "hangs": Response(200, b"", delay=30.0),
    "trickles": Response(200, [b"<rss>", *([b" ", 0.5] * 60)]),
    "lies": Response(
        200,
        feed(item(f"{HOST}/page/lies")).decode().replace("missile", "미사일").encode("euc-kr"),
        {"Content-Type": "text/xml; charset=utf-8"},
    ),
    "html": Response(200, b"<!DOCTYPE html><html><head><title>Moved</title></head><body>Moved</body></html>"),
    "empty": Response(200, b""),
    "huge": Response(200, [b"<rss><channel>", *([b"<item>" + b"x" * 1_000_000 + b"</item>"] * 50)]),
    "circle": Response(302, b"", {"Location": f"{HOST}/circle"}),
    "gone": Response(410, b""),
    "twice": Response(200, feed(item(f"{HOST}/page/twice", guid="same"), item(f"{HOST}/page/twice", guid="same"))),
    "zoneless": Response(200, feed(item(f"{HOST}/page/zoneless", date="2025-11-07 13:00:00"))),
    "textless": Response(200, feed(item(f"{HOST}/page/textless"))),
    "shut": Response(0),
}


def answer(request: Request) -> Response:
    name = request.path.strip("/")
    if name in FEEDS:
        return FEEDS[name]
    if name == "page/textless":
        return Response(200, b"<html><head><title>x</title></head><body></body></html>")
    return Response(200, PAGE.replace("Friday", name).encode(), {"Content-Type": "text/html; charset=utf-8"})


@pytest.fixture
def report(tmp_path: Path, analyser: Analyser):
    """The report of one run over all of it, and the settings it ran with."""
    blocks = [
        {
            "id": name,
            "publisher": name,
            "url": f"{HOST}/{name}",
            "language": "en",
            "country": "KR",
            "kind": "wire",
            "korea_filter": False,
            "enabled": True,
            "default_tz": "Asia/Seoul",
        }
        for name in FEEDS
    ]
    (tmp_path / "feeds.yaml").write_text(yaml.safe_dump({"feeds": blocks}), "utf-8")
    with ReplayServer(answer, hosts=["bad.example"]) as server:
        settings = Settings(
            data_dir=tmp_path / "data",
            feeds=tmp_path / "feeds.yaml",
            connect_to=server.connect_to,
            host_delay=0,
            host_parallel=16,
            read_timeout=2,
            total_timeout=4,
        )
        yield ingest(settings, analyser=analyser), settings


def test_each_fault_is_named_and_the_rest_goes_on(report: tuple[RunReport, Settings]) -> None:
    done, settings = report
    lines = {line.feed_id: line for line in done.feeds}
    expected = {
        "good": (FeedOutcome.OK, ""),
        "hangs": (FeedOutcome.DEAD, "read_timeout"),
        "trickles": (FeedOutcome.DEAD, "total_timeout"),
        "lies": (FeedOutcome.OK, ""),
        "html": (FeedOutcome.HTML, "Moved"),
        "empty": (FeedOutcome.EMPTY, ""),
        "huge": (FeedOutcome.DEAD, "too_large"),
        "circle": (FeedOutcome.DEAD, "redirect_loop"),
        "gone": (FeedOutcome.DEAD, "410"),
        "twice": (FeedOutcome.OK, ""),
        "zoneless": (FeedOutcome.OK, ""),
        "textless": (FeedOutcome.OK, ""),
        "shut": (FeedOutcome.DEAD, ""),
    }
    assert {name: line.outcome for name, line in lines.items()} == {name: outcome for name, (outcome, _) in expected.items()}
    for name, (_, words) in expected.items():
        told = " ".join((lines[name].reason or "", *lines[name].warnings))
        assert words in told, f"{name}: {told}"
        assert "\n" not in told
    assert any("repeated" in warning for warning in lines["twice"].warnings)
    assert any("not UTF-8" in warning or "euc-kr" in warning.lower() or "utf-8" in warning.lower() for warning in lines["lies"].warnings)
    assert [(problem.stage, problem.url) for problem in done.problems] == [("extract", f"{HOST}/page/textless")]

    database = open_database(settings.database)
    with reading(database) as connection:
        titles = connection.execute(select(ArticleVersionRow.url, ArticleVersionRow.published_at, ArticleVersionRow.published_zone)).all()
        articles = connection.execute(select(ArticleRow.url)).scalars().all()
    database.dispose()
    assert {row.url for row in titles} == {f"{HOST}/page/{name}" for name in ("good", "lies", "twice", "zoneless")}
    assert len(articles) == 5
    (zoneless,) = [row for row in titles if row.url.endswith("zoneless")]
    assert (zoneless.published_at.isoformat(), zoneless.published_zone) == ("2025-11-07T04:00:00+00:00", "Asia/Seoul")


def test_a_database_of_a_newer_schema_stops_the_run_before_anything_is_fetched(
    settings: Settings, analyser: Analyser, default_database: Database
) -> None:
    with writing(default_database) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="upgrade the program") as raised:
        ingest(settings.model_copy(update={"feeds": ROOT / "feeds.yaml"}), analyser=analyser)
    assert raised.value.exit_code == 78
