from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select, update

from models.tables import ArticleRow
from models.vocabulary import StageState
from pipeline.settings import ROOT
from pipeline.store.analyses import record_analysis_failure
from pipeline.store.articles import due_extractions, set_aside
from pipeline.store.engine import Database, writing
from tests.cli.conftest import Peninsula
from tests.store.builders import add_article, make_context


@pytest.fixture
def waiting(tmp_path: Path, default_database: Database) -> dict[str, str]:
    """A page without text and a version that broke a stage, in the database that the commands read by default: their ids by stage."""
    shutil.copy(ROOT / "feeds.yaml", tmp_path / "feeds.yaml")
    add_article(default_database, feed_id="textless", sha="e")
    with writing(default_database) as connection:
        connection.execute(update(ArticleRow).values(extracted_sha256=None))
        (due,) = due_extractions(connection)
        set_aside(connection, due, state=StageState.QUARANTINED, reason="extract_failed: there is no [b]text[/b]")
    article = add_article(default_database, feed_id="poison", sha="f")
    made = make_context(default_database)
    with writing(default_database) as connection:
        record_analysis_failure(connection, article.id, made, reason="RecursionError: too deep")
        ids = {"extract": due.article_id, "analyse": article.id}
        ids["read"] = connection.execute(select(ArticleRow.id).where(ArticleRow.latest_version_id == article.id)).scalar_one()
    return ids


def test_quarantine_counts_by_reason_and_tells_each(peninsula: Peninsula, waiting: dict[str, str]) -> None:
    told = peninsula("quarantine")
    assert told.returncode == 0
    assert "2 wait" in told.stdout
    assert f"extract quarantined {waiting['extract']} since 2025-11-06 03:00 UTC" in told.stdout
    assert "extract_failed: there is no [b]text[/b]" in told.stdout, "what a page brings is shown as it is"
    assert "1 more: --limit shows them" in peninsula("quarantine", "--limit", "1").stdout
    data = json.loads(peninsula("quarantine", "--json").stdout)
    assert {(group["stage"], group["kind"], group["count"]) for group in data["groups"]} == {
        ("extract", "extract_failed", 1),
        ("analyse", "RecursionError", 1),
    }
    assert {item["id"] for item in data["items"]} == {waiting["extract"], waiting["analyse"]}


def test_retry_is_tried_and_done(peninsula: Peninsula, waiting: dict[str, str]) -> None:
    tried = peninsula("retry", "--all", "--dry-run")
    assert "would be put back (nothing was written)" in tried.stdout
    assert "2 items" in tried.stdout
    done = json.loads(peninsula("retry", waiting["extract"], "--json").stdout)
    assert [item["id"] for item in done["items"]] == [waiting["extract"]]
    assert "1 wait" in peninsula("quarantine").stdout
    assert "RecursionError: too deep" in peninsula("retry", "--reason", "RecursionError").stdout
    assert "nothing waits" in peninsula("quarantine").stdout


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (("retry",), "say what to put back"),
        (("retry", "art-none"), "nothing that is called 'art-none' waits"),
        (("reprocess", "--since", "yesterday"), "such as 2025-11-04"),
        (("reprocess", "--stage", "fetch"), "Invalid value"),
        (("reprocess", "--feed", "none", "--dry-run"), "no feed is called 'none'"),
    ],
)
def test_wrong_usage_is_explained(peninsula: Peninsula, waiting: dict[str, str], wrong: tuple[str, ...], message: str) -> None:
    done = peninsula(*wrong)
    assert done.returncode == 2
    assert message in done.stderr


def test_reprocess_counts_what_is_due_and_then_reads_it(peninsula: Peninsula, waiting: dict[str, str]) -> None:
    rules = {"PENINSULA_MODEL": "blank"}
    dry = peninsula("reprocess", "--stage", "events", "--dry-run", **rules)
    assert dry.returncode == 0, dry.stderr
    assert "would be processed again (nothing was written)" in dry.stdout
    done = peninsula("reprocess", "--stage", "events", "--article", waiting["read"][:14], "--json", **rules)
    report = json.loads(done.stdout)
    assert (done.returncode, report["analysed"]) == (0, {"done": 1})
    assert report["scope"]["articles"] == [waiting["read"]]
    assert "1 wait" in peninsula("quarantine").stdout


@pytest.mark.parametrize("command", ["reprocess", "quarantine", "retry"])
def test_help_teaches_by_an_example(peninsula: Peninsula, command: str) -> None:
    assert f"Example: peninsula {command}" in peninsula(command, "--help").stdout


def test_without_a_database_the_way_out_is_told(peninsula: Peninsula) -> None:
    done = peninsula("quarantine")
    assert done.returncode == 78
    assert "run `peninsula ingest`" in done.stderr
