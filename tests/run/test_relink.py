from __future__ import annotations

import hashlib
import json
import shutil
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import select

from models.records import Article
from models.tables import ArticleVersionRow, LinkRow, RunRow
from pipeline.analyse import Analyser
from pipeline.errors import LockHeld
from pipeline.lists.snapshots import SnapshotStore
from pipeline.run import RunReport, dry_run_ingest
from pipeline.run.language import add_versions
from pipeline.run.relink import RelinkReport, relink
from pipeline.settings import ROOT, Settings
from pipeline.stages import LANGUAGE_STAGES
from pipeline.store.analyses import AnalysisContext, record_analysis
from pipeline.store.articles import load_article
from pipeline.store.engine import Database, reading, writing
from pipeline.store.locks import hold_data_dir
from pipeline.store.runs import count_rows, start_run
from tests.lists.snapshot_builders import END, make_rows, refresh
from tests.store.builders import add_article

ENTRY = "us_ofac_sdn:56045"
OTHERS = ((90001, "RI, Number Il"), (90002, "PAK, Number I"), (90003, "HAN, Number Sam"))
NEWLY = make_rows((56045, "U, Yong Su"), program="DPRK4")
TEXT = (
    "SEOUL - The United States Treasury Department imposed sanctions on U Yong Su, a North Korean banker, on {day}. "
    "U Yong Su is president of a North Korean computer company in Shenyang, the department said."
)


@pytest.fixture(scope="module")
def older_kb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped facts, as if the list were of a day before the newest designations."""
    folder = tmp_path_factory.mktemp("older") / "kb"
    shutil.copytree(ROOT / "data" / "kb", folder)
    path = folder / "lists" / "us_ofac_sdn.jsonl"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if json.loads(line)["source_id"] != "56045"]
    data = "".join(line + "\n" for line in lines)
    path.write_text(data, encoding="utf-8")
    manifest = folder / "lists" / "manifest.yaml"
    text = manifest.read_text(encoding="utf-8").replace('"2026-03-12"', '"2025-09-01"').replace("records: 646", f"records: {len(lines)}")
    text = text.replace(
        hashlib.sha256((ROOT / "data/kb/lists/us_ofac_sdn.jsonl").read_bytes()).hexdigest(), hashlib.sha256(data.encode()).hexdigest()
    )
    manifest.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def own(settings: Settings, older_kb: Path, database: Database) -> Settings:
    """Settings with the older list, a list of October fetched after it, and the database."""
    url = database.url.render_as_string(hide_password=False)
    own = settings.model_copy(update={"kb_dir": older_kb, "database_url": url, "model": "blank"})
    refresh(SnapshotStore(own.lists_dir), make_rows(*OTHERS), "2025-10-15", force=True)
    return own


def publish(database: Database, number: int, day: date, *, analyser: Analyser) -> Article:
    """Store an article of that day with what the analyser says of it."""
    article = add_article(database, number=number, text=TEXT.format(day=f"{day:%B} {day.day}"), sha="ab"[number - 1])
    at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    with writing(database) as connection:
        run_id = start_run(connection, command=f"night {number}", at=at, versions={"knowledge": analyser.knowledge.version})
        connection.execute(ArticleVersionRow.__table__.update().where(ArticleVersionRow.id == article.id).values(published_at=at))
    models, knowledge = add_versions(database, analyser, at=at)
    with reading(database) as connection:
        article = load_article(connection, article.id)
    with writing(database) as connection:
        record_analysis(connection, analyser.analyse(article), AnalysisContext(run_id, at, models["en"], knowledge, LANGUAGE_STAGES))
    return article


def links(database: Database) -> list[str]:
    with reading(database) as connection:
        return [
            row.status.value for row in connection.execute(select(LinkRow.status).where(LinkRow.entry == ENTRY).order_by(LinkRow.status))
        ]


def told(report: RelinkReport) -> list[tuple[str, str, str]]:
    return [(one.name, one.entry, one.status) for one in report.found]


def test_a_newer_list_names_someone_whom_older_articles_wrote_about(own: Settings, database: Database) -> None:
    older = Analyser(own)
    publish(database, 1, date(2025, 10, 10), analyser=older)
    publish(database, 2, date(2025, 11, 6), analyser=older)
    assert links(database) == []
    assert relink(own, since=date(2025, 10, 1)).articles == 0, "the lists are those that the articles were read under"
    refresh(SnapshotStore(own.lists_dir), make_rows(*OTHERS).removesuffix(END) + NEWLY, "2025-11-05", force=True)

    newer = Analyser(own)
    with reading(database) as connection:
        before = count_rows(connection)
    dry = relink(own, since=date(2025, 10, 1), dry_run=True, analyser=newer)
    only_one = relink(own, since=date(2025, 11, 6), dry_run=True, analyser=newer)
    assert (only_one.articles, told(only_one)) == (1, told(dry)[1:])
    with reading(database) as connection:
        assert count_rows(connection) == before

    report = relink(own, since=date(2025, 10, 1), analyser=newer)
    assert told(dry) == told(report) == [("U Yong Su", ENTRY, "review"), ("U Yong Su", ENTRY, "auto")]
    first, second = report.found
    assert "not yet listed on 2025-10-10; not on the list of 2025-10-15" in first.why
    assert (first.published, second.published, second.list_version) == (date(2025, 10, 10), date(2025, 11, 6), "2025-11-05")
    assert sorted(links(database)) == ["auto", "review"]
    with reading(database) as connection:
        run = connection.execute(select(RunRow).where(RunRow.command == "relink")).one()
    assert (run.exit_code, run.reason) == (0, "2 new matches in 2 articles")
    assert told(relink(own, since=date(2025, 10, 1), analyser=newer)) == []


def test_an_article_that_breaks_a_stage_is_told_and_stays_due(own: Settings, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    older = Analyser(own)
    for number in (1, 2):
        publish(database, number, date(2025, 11, 5 + number), analyser=older)
    refresh(SnapshotStore(own.lists_dir), make_rows(*OTHERS).removesuffix(END) + NEWLY, "2025-11-05", force=True)
    newer = Analyser(own)
    analyse = newer.analyse

    def break_one(article: Article):
        if "November 6" in article.text:
            raise RecursionError("too deep")
        return analyse(article)

    with monkeypatch.context() as patch:
        patch.setattr(newer, "analyse", break_one)
        report = relink(own, since=date(2025, 10, 1), analyser=newer)
    assert (report.articles, report.exit_code) == (1, 3)
    assert [problem.partition(": ")[2] for problem in report.problems] == ["RecursionError: too deep"]
    assert relink(own, since=date(2025, 10, 1), analyser=newer).articles == 1


def test_another_run_keeps_relinking_out(own: Settings, analyser: Analyser) -> None:
    with hold_data_dir(own.data_dir), pytest.raises(LockHeld, match="another run is at work"):
        relink(own, since=date(2025, 10, 1), analyser=analyser)


def test_a_dry_run_of_the_night_reads_with_the_fetched_lists(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[Analyser] = []

    def ingest(_settings: Settings, *, analyser: Analyser, **_options: object) -> RunReport:
        used.append(analyser)
        return RunReport("run", datetime(2025, 11, 6, tzinfo=UTC), {})

    monkeypatch.setattr(import_module("pipeline.run.ingest"), "ingest", ingest)
    dry_run_ingest(own)
    assert used[0].knowledge.list_versions["us_ofac_sdn"].startswith("20251015-")
