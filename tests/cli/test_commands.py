from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete

from models.records import Maker
from models.tables import MentionCandidateRow
from models.vocabulary import CandidateReason
from pipeline.settings import ROOT, Settings
from pipeline.store.analyses import record_analysis
from pipeline.store.engine import Database, open_database, reading, writing
from pipeline.store.runs import count_rows
from tests.cli.conftest import Peninsula
from tests.store.builders import add_article, make_analysis, make_context

COMMANDS = (
    *(
        "ingest",
        "extract",
        "evaluate",
        "events",
        "entities",
        "entity",
        "show",
        "explain",
        "names",
        "demo",
        "db upgrade",
        "db backup",
        "db restore",
        "db reindex",
        "train",
        "health",
        "doctor",
        "prune",
        "runs",
        "reprocess",
        "quarantine",
        "retry",
    ),
    *("merge", "unmerge", "merges", "changes"),
    *("serve", "serve token", "serve tokens", "export", "snapshot", "explore", "codebook"),
    *("feeds", "feeds status", "feeds test", "feeds parse", "feeds add", "feeds disable", "feeds enable", "feeds import", "feeds export"),
    *("review refresh", "review list", "review show", "review accept", "review reject", "review unsure", "review undo", "review redo"),
    *("review history", "review stats", "review export", "review import", "review annotations", "review precision"),
    *("users add", "users list", "users disable", "users enable", "users password", "users role", "users token", "users log"),
    *("kb refresh", "kb status", "kb versions", "kb diff", "kb lookup", "kb relink"),
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_teaches_with_its_help(peninsula: Peninsula, command: str) -> None:
    done = peninsula(*command.split(), "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout
    assert command == "demo" or "Example: peninsula" in re.sub(r"\s+", " ", done.stdout)


@pytest.mark.parametrize(
    "command",
    [
        ("events",),
        ("entities",),
        ("entity", "kb:kp"),
        ("show", "ver-1"),
        ("merges",),
        ("changes",),
        ("merge", "evt-1", "evt-2"),
        ("unmerge", "evt-1"),
    ],
)
def test_reading_where_there_is_no_database_says_what_to_do_and_makes_none(
    peninsula: Peninsula, tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = peninsula(*command)
    assert done.returncode == 78
    assert "data/peninsula.db: there is no database yet: run `peninsula ingest`" in done.stderr
    assert not (tmp_path / "data").exists()


def test_an_unknown_option_is_wrong_usage(peninsula: Peninsula) -> None:
    assert peninsula("events", "--colour").returncode == 2


def test_a_wrong_day_is_explained(peninsula: Peninsula) -> None:
    done = peninsula("events", "--since", "last week")
    assert done.returncode == 2
    assert "such as 2025-11-04" in done.stderr


def test_a_wrong_setting_is_named(peninsula: Peninsula) -> None:
    done = peninsula("events", PENINSULA_THREADS="many")
    assert done.returncode == 78
    assert "PENINSULA_THREADS" in done.stderr


def test_a_missing_list_of_feeds_is_named(peninsula: Peninsula) -> None:
    done = peninsula("ingest", "--feeds", "nowhere.yaml")
    assert done.returncode == 78
    assert "nowhere.yaml" in done.stderr


def test_a_feed_that_is_not_in_the_list_is_wrong_usage(peninsula: Peninsula) -> None:
    done = peninsula("ingest", "--feeds", str(ROOT / "feeds.yaml"), "--only", "yonhap-eng")
    assert done.returncode == 2
    assert "yonhap-en" in done.stderr


@pytest.mark.slow
def test_the_demo_ends_well_and_the_database_can_be_read_afterwards(peninsula: Peninsula, tmp_path: Path) -> None:
    done = peninsula("demo")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "Try next" in done.stdout
    before = count(tmp_path)
    again = peninsula("demo", PENINSULA_DATABASE_URL="postgresql://postgres@127.0.0.1:1/production")
    assert again.returncode == 0, again.stderr
    # A configured database is never touched.
    assert "unset it first" in again.stdout
    assert count(tmp_path) == before

    folder = ("--data-dir", "data/demo")
    table = peninsula(*folder, "events", "--format", "csv", "--limit", "1000").stdout
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len(rows) > 30
    assert all(row["evidence"] and row["trigger_text"] in row["evidence"] for row in rows)
    assert {row["type"] for row in rows} >= {"SANCTION", "CYBER_OP", "MISSILE_LAUNCH", "MILITARY_DRILL", "MEETING", "LEGAL_ACTION"}

    entities = [json.loads(line) for line in peninsula(*folder, "entities", "--listed", "--format", "jsonl").stdout.splitlines()]
    assert any(entry.startswith("us_ofac_sdn:") for entity in entities for entry in entity["sanctions"])

    shown = peninsula(*folder, "show", rows[0]["version"])
    assert shown.returncode == 0
    assert rows[0]["title"][:20] in shown.stdout
    assert peninsula(*folder, "show", rows[0]["url"]).returncode == 0
    missing = peninsula(*folder, "show", "ver-nothing")
    assert (missing.returncode, "no article is called 'ver-nothing'" in missing.stderr) == (2, True)
    assert "is at revision" in peninsula(*folder, "db", "upgrade").stdout


@pytest.fixture
def version_id(default_database: Database) -> str:
    """One analysed article in the database that the command reads by default."""
    article = add_article(default_database)
    context = make_context(default_database)
    analysis = make_analysis(article)
    doubtful = replace(analysis.tagging.candidates[0], maker=Maker("model [small]", "1"), score=0.456)
    tagging = replace(analysis.tagging, candidates=(doubtful, *analysis.tagging.candidates[1:]))
    with writing(default_database) as connection:
        record_analysis(connection, replace(analysis, tagging=tagging), context)
    return article.id


def test_show_has_a_table_of_the_spans_that_may_be_names(peninsula: Peninsula, version_id: str) -> None:
    done = peninsula("show", version_id)
    assert done.returncode == 0, done.stderr
    shown = done.stdout[done.stdout.index("perhaps names") :]
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in shown.splitlines() if line.startswith("│")]
    assert rows[:2] == [
        ["0-10", "Washington", "PERSON", "0.46", "overruled", "model [small]"],
        ["45-52", "Tuesday", "VESSEL", "0.21", "unsure", "test"],
    ]
    for reason in CandidateReason:
        assert f"{reason}: {reason.definition}" in shown
    (row, _) = json.loads(peninsula("show", version_id, "--json").stdout)["candidates"]
    assert (row["text"], row["label"], row["score"], row["reason"]) == ("Washington", "PERSON", 0.456, "overruled")


def test_show_says_nothing_of_candidates_where_there_are_none(peninsula: Peninsula, version_id: str, tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'data' / 'peninsula.db'}")
    with writing(database) as connection:
        connection.execute(delete(MentionCandidateRow))
    database.dispose()
    done = peninsula("show", version_id)
    assert done.returncode == 0, done.stderr
    assert "U Yong Su" in done.stdout
    assert "perhaps names" not in done.stdout


def count(folder: Path) -> dict[str, int]:
    """Return the rows of every table but the logs."""
    database = open_database(f"sqlite:///{folder / 'data' / 'demo' / 'peninsula.db'}")
    try:
        with reading(database) as connection:
            return {name: rows for name, rows in count_rows(connection).items() if name not in {"run", "fetch_log", "event_change"}}
    finally:
        database.dispose()


def test_every_setting_and_exit_code_stands_in_the_handbook() -> None:
    handbook = (ROOT / "docs" / "operating.md").read_text("utf-8")
    for name, field in Settings.model_fields.items():
        assert f"`PENINSULA_{name.upper()}`" in handbook
        assert str(field.description) in handbook
    for code in (0, 1, 2, 3, 4, 75, 78, 130):
        assert f"\n| {code} | " in handbook


def test_every_command_of_the_readme_exists(peninsula: Peninsula) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    named = {
        name
        for pair in re.findall(r"^\s*peninsula (?:--data-dir \S+ )?([a-z]+)|`peninsula ([a-z]+)", readme, re.MULTILINE)
        for name in pair
        if name
    }
    assert named >= {"ingest", "events", "entities", "show", "extract", "evaluate"}
    assert named <= {command.split()[0] for command in COMMANDS}


def test_the_handbook_knows_every_key_of_feeds_yaml() -> None:
    from models.feeds import FeedSource

    handbook = (ROOT / "docs" / "operating.md").read_text("utf-8")
    rows = {name.strip() for row in re.findall(r"^\| ([a-z_, ]+) \|", handbook, re.MULTILINE) for name in row.split(",")}
    assert set(FeedSource.model_fields) <= rows


def test_evaluate_scores_predictions_and_enforces_minima(peninsula: Peninsula, tmp_path: Path) -> None:
    text = "Seoul spoke."
    gold = {
        "id": "a",
        "lang": "en",
        "published": "2025-11-06",
        "korea": True,
        "text": text,
        "entities": [{"id": "e1", "label": "PLACE", "name": "South Korea", "mentions": ["Seoul"], "nominals": [], "sanctions": []}],
        "mentions": [{"start": 0, "end": 5, "text": "Seoul", "label": "PLACE", "entity": "e1"}],
        "amounts": [],
        "events": [],
    }
    (tmp_path / "gold.jsonl").write_text(json.dumps(gold) + "\n", "utf-8")
    done = peninsula("evaluate", "gold.jsonl", "--json", "--min", "mentions=0.9")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["mentions"]["f1"] == 1.0
    (tmp_path / "empty.jsonl").write_text(json.dumps({"id": "a", "entities": [], "amounts": [], "events": []}) + "\n", "utf-8")
    done = peninsula("evaluate", "gold.jsonl", "empty.jsonl", "--min", "mentions=0.9")
    assert (done.returncode, "below: mentions 0.000 (wanted 0.9)" in done.stderr) == (4, True)
    assert "no figure" in peninsula("evaluate", "gold.jsonl", "empty.jsonl", "--min", "nonsense=1").stderr
