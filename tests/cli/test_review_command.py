"""`peninsula review`: the desk in the terminal, over two nights of the sample newsroom."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipeline.cli.review import app
from pipeline.settings import Settings

Run = Callable[..., Result]


@pytest.fixture
def run(news_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run commands on a copy of the newsroom, of which all is asked; nobody but the user of this machine has an account."""
    monkeypatch.setattr("getpass.getuser", lambda: "mina")
    folder = tmp_path / "newsroom"
    shutil.copytree(news_folder, folder)
    settings = Settings(data_dir=folder)

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments), obj=settings)

    assert invoke("refresh", "--all").exit_code == 0
    return invoke


def _first(run: Run, *arguments: str) -> dict[str, object]:
    lines = run("list", *arguments, "--limit", "1", "--format", "jsonl").stdout.splitlines()
    found: dict[str, object] = json.loads(lines[0])
    return found


def test_what_waits_is_listed_shown_decided_and_undone(run: Run) -> None:
    item = _first(run, "--kind", "listed")

    shown = run("show", str(item["id"])[:12])
    rejected = run("reject", str(item["id"]), "--note", "another person")
    history = run("history", "--format", "jsonl")
    undone = run("undo")

    assert str(item["title"]) in shown.stdout
    assert "places, of which" in shown.stdout
    assert rejected.stdout.startswith(f"reject: {item['title']}")
    line = json.loads(history.stdout.splitlines()[0])
    assert (line["editor"], line["verdict"], line["note"], line["in_force"]) == ("mina", "reject", "another person", True)
    assert undone.stdout == "1 decisions taken back\n"
    assert run("redo").stdout == "1 decisions done again\n"
    assert run("undo", "--steps", "5").stdout == "1 decisions taken back\n"
    assert run("undo").stdout == "there is nothing to undo\n"


def test_the_numbers_are_told(run: Run) -> None:
    run("accept", str(_first(run, "--kind", "event")["id"]))

    stats = run("stats").stdout

    assert "open, 0 disputed" in stats
    assert "no item was decided by two editors yet" in stats


def test_an_unknown_item_and_account_are_usage_errors(run: Run) -> None:
    unknown = run("show", "itm-zzz")
    nobody = run("unsure", str(_first(run)["id"]), "--by", "nobody")

    assert "there is no item" in str(unknown.exception)
    assert "nobody" in str(nobody.exception)
