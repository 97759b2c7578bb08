from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest

from models.vocabulary import FeedOutcome
from pipeline.cli.app import main
from pipeline.cli.runs_page import render_runs
from pipeline.fetch.archive import Archive
from pipeline.operate.doctor import Finding, Level
from pipeline.operate.runs import summarise_report
from pipeline.run.report import FeedLine, RunReport
from pipeline.store.engine import Database, writing
from pipeline.store.feeds import StoredRaw, record_fetch
from pipeline.store.locks import hold_data_dir
from pipeline.store.runs import end_run, start_run
from tests.store.builders import make_fetch

NIGHT = datetime(2026, 3, 1, 18, 15, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e\"'[bold]"


class Done(NamedTuple):
    returncode: int | str | None
    stdout: str
    stderr: str


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """`peninsula …` in an empty folder; run in this process, since starting one takes longer than the work."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Done:
        with monkeypatch.context() as patch, pytest.raises(SystemExit) as ended:
            patch.setattr(sys, "argv", ["peninsula", *arguments])
            main()
        return Done(ended.value.code or 0, *capsys.readouterr())

    return run


@pytest.fixture
def data(default_database: Database) -> Database:
    """The database of the folder in which the command runs."""
    return default_database


def make_report(run_id: str, started: datetime, *, new: int = 12) -> RunReport:
    report = RunReport(run_id, started, {"tag": "1"}, ended_at=started + timedelta(minutes=12), reason="1 of 2 feeds answered")
    report.feeds += [
        FeedLine("wire", FeedOutcome.OK, new, 2, 1, None, 0.4),
        FeedLine("paper", FeedOutcome.DEAD, 0, 0, 0, f"http_404: {HOSTILE}", 0.2),
        FeedLine("closed", FeedOutcome.OFF, 0, 0, 0, None, 0.0),
    ]
    report.articles["new"] = report.analysed["done"] = new
    report.rows["event"] = 5
    report.seconds |= {"poll": 90.0, "fetch": 600.0}
    report.add_problem("fetch", "quarantined", f"https://wire.example/{HOSTILE}", HOSTILE)
    report.add_problem("extract", "skipped", "javascript:alert(2)", "not_about_korea")
    return report


@pytest.fixture
def runs(data: Database) -> list[str]:
    """Forty nights, of which the last one was killed; their ids, oldest first."""
    ids = []
    for night in range(40):
        started = NIGHT + timedelta(days=night)
        with writing(data) as connection:
            ids.append(start_run(connection, command="ingest", at=started, versions={"tag": "1"}))
            if night < 39:
                report = make_report(ids[-1], started, new=night)
                end_run(connection, ids[-1], at=started + timedelta(minutes=12), exit_code=0, reason=report.reason, report=report.as_dict())
    return ids


@pytest.mark.parametrize("command", ["doctor", "prune", "runs"])
def test_every_command_teaches_with_its_help(call: Callable[..., Done], command: str) -> None:
    done = call(command, "--help")
    assert done.returncode == 0
    assert f"Example: peninsula {command}" in " ".join(done.stdout.split())


# --- runs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("runs",), ("prune", "--older-than", "9d")])
def test_where_there_is_no_database_none_is_made(call: Callable[..., Done], tmp_path: Path, command: tuple[str, ...]) -> None:
    done = call(*command)
    assert done.returncode == 78
    assert "there is no database yet: run `peninsula ingest`" in done.stderr
    assert not (tmp_path / "data").exists()


def test_the_last_thirty_runs_are_listed_newest_first(call: Callable[..., Done], runs: list[str]) -> None:
    done = call("runs")
    assert done.returncode == 0
    assert re.findall(r"run-[0-9a-f]{20}", done.stdout) == runs[:9:-1]
    assert re.search(r"2026-04-08 18:15 +│ 12 min +│ +0 │ +1/2 │ +38 │ +38 │ +5 │ +1 │ 1 of 2 feeds answered", done.stdout)
    assert "at work, or killed" in done.stdout


def test_runs_as_json(call: Callable[..., Done], runs: list[str]) -> None:
    rows = json.loads(call("runs", "--json", "-n", "2").stdout)
    assert [row["id"] for row in rows] == runs[:-3:-1]
    assert (rows[0]["exit_code"], rows[0]["seconds"]) == (None, None)
    assert (rows[1]["seconds"], rows[1]["steps"], rows[1]["feeds_ok"], rows[1]["new_articles"]) == (
        720.0,
        {"poll": 90.0, "fetch": 600.0},
        1,
        38,
    )


def test_one_run_is_shown_with_steps_feeds_and_problems_and_nothing_in_them_is_obeyed(call: Callable[..., Done], runs: list[str]) -> None:
    done = call("runs", runs[-2][:-3])
    assert done.returncode == 0
    assert "exit code 0: 1 of 2 feeds answered" in done.stdout
    assert "poll 90.0 s, fetch 10 min" in done.stdout
    assert "fetch quarantined  https://wire.example/<script>" in done.stdout
    assert "[bold]" in done.stdout
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    report = json.loads(call("runs", runs[-2], "--json").stdout)
    assert report["report"]["feeds"][1]["outcome"] == "DEAD"


def test_a_killed_run_is_shown_too(call: Callable[..., Done], runs: list[str]) -> None:
    assert "at work, or killed" in call("runs", runs[-1]).stdout


def test_an_unknown_run_is_wrong_usage(call: Callable[..., Done], runs: list[str]) -> None:
    done = call("runs", "run-0000")
    assert (done.returncode, "no run is called 'run-0000'" in done.stderr) == (2, True)
    assert call("runs", runs[0], "--html", "x.html").returncode == 2


class Page(HTMLParser):
    """What a browser would make of the page: elements that may act, addresses, and drawings with their titles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.drawings: list[dict[str, str | None]] = []
        self.bars = 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.links += [str(given[name]) for name in ("href", "src") if name in given]
        self.handlers += [name for name in given if name.startswith("on")]
        if tag == "svg":
            self.drawings.append(given)
        self.bars += tag == "rect"


def test_the_page_needs_nothing_but_itself_and_obeys_nothing_in_it(call: Callable[..., Done], runs: list[str], tmp_path: Path) -> None:
    done = call("runs", "--html", "runs.html")
    assert (done.returncode, done.stdout) == (0, "runs.html: 30 runs\n")
    text = (tmp_path / "runs.html").read_text(encoding="utf-8")
    page = Page(text)
    assert not {"script", "img", "iframe", "link", "object", "form"} & set(page.tags)
    assert page.handlers == []
    assert all(link.startswith("https://wire.example/") for link in page.links)
    assert "default-src 'none'" in text
    assert "\x1b" not in text
    assert len(page.drawings) == 4
    for number, drawing in enumerate(page.drawings, start=1):
        assert (drawing["role"], drawing["aria-labelledby"]) == ("img", f"t{number} d{number}")
        assert f'<title id="t{number}">' in text
        assert f'<desc id="d{number}">' in text


def test_the_problems_of_the_last_run_stand_in_the_page() -> None:
    report = make_report("run-1", NIGHT).as_dict()
    text = render_runs([summarise_report(report)], report)
    page = Page(text)
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 2
    assert "javascript:" not in text, "what was skipped is no problem"
    assert [link.partition("<")[0] for link in page.links] == ["https://wire.example/"]
    assert ">DEAD<" in text
    assert "2026-03-01 18:15: answered 1, failed 1, not due 0 feeds" in text
    assert "poll 1.5, fetch 10 minutes" in text


@pytest.mark.parametrize("count", [0, 1, 2, 100])
def test_bars_stay_within_their_drawing(count: int) -> None:
    reports = [make_report(f"run-{number}", NIGHT + timedelta(days=number), new=number * 37).as_dict() for number in range(count)]
    text = render_runs([summarise_report(report) for report in reports], reports[-1] if reports else {})
    page = Page(text)
    assert page.bars == sum(2 + (number > 0) + 1 + 2 for number in range(count))
    for bar in re.finditer(r'<rect class="c\d" x="([\d.]+)" width="([\d.]+)" y="([\d.]+)" height="([\d.]+)"/>', text):
        x, width, y, height = map(float, bar.groups())
        assert x >= 52
        assert x + width <= 852.1
        assert y >= 12
        assert y + height <= 186.1


# --- prune ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("age", ["90", "0d", "-3d", "three weeks", "1.5d", ""])
def test_an_age_that_is_none_is_wrong_usage(call: Callable[..., Done], data: Database, age: str) -> None:
    done = call("prune", f"--older-than={age}")
    assert (done.returncode, "give days or weeks, such as 90d or 12w" in done.stderr) == (2, True)


def test_pruning_tells_what_it_did_and_needs_no_run_beside_it(call: Callable[..., Done], data: Database, tmp_path: Path) -> None:
    stored = Archive(tmp_path / "data" / "raw").put(b"body")
    raw = StoredRaw(stored.sha256, stored.codec, stored.path, "text/html", stored.size, stored.stored_size)
    with writing(data) as connection:
        record_fetch(connection, make_fetch(start_run(connection, command="ingest", at=NIGHT, versions={}), at=NIGHT, raw=raw))
    path = tmp_path / "data" / "raw" / stored.path
    with hold_data_dir(tmp_path / "data"):
        assert call("prune", "--older-than", "1w").returncode == 75
    assert "1 bodies stored before" in call("prune", "--older-than", "1w", "--dry-run").stdout
    assert path.exists()
    report = json.loads(call("prune", "--older-than", "1w", "--json").stdout)
    assert (report["bodies"], report["freed_bytes"], report["dry_run"]) == (1, stored.stored_size, False)
    assert not path.exists()


# --- doctor ---------------------------------------------------------------------------------------------------------


def test_the_doctor_prints_a_line_a_check_and_ends_as_the_worst_of_them(call: Callable[..., Done], monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, object] = {}

    def examine(settings: object, **options: object) -> list[Finding]:
        given.update(options)
        return [
            Finding(Level.OK, "3 feeds", check="feeds"),
            Finding(Level.WARNING, f"odd {HOSTILE}", "look at it", {"n": 1}, "lock"),
        ]

    monkeypatch.setattr("pipeline.operate.doctor.examine", examine)
    done = call("--data-dir", "elsewhere", "doctor", "--deep")
    assert done.returncode == 3
    assert done.stdout.splitlines()[0] == "ok       feeds  3 feeds"
    assert done.stdout.splitlines()[1].endswith("[bold]. Look at it")
    assert "\x1b" not in done.stdout
    assert (given["options"], given["deep"], given["network"]) == (["data_dir"], True, False)
    rows = json.loads(call("doctor", "--json").stdout)
    assert rows[1] == {"level": "warning", "message": f"odd {HOSTILE}", "remedy": "look at it", "details": {"n": 1}, "check": "lock"}
