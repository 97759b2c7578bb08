"""Annotations without texts find their texts again."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from benchmarks.restore import main, restore
from pipeline.errors import ConfigurationError
from pipeline.settings import ROOT
from pipeline.train.evaluate import evaluate

TEXT = "Seoul banned the bank on Monday. Envoys of the city left."


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    with gzip.open(tmp_path / "news.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"id": "a", "title": "t", "publisher": "p", "lang": "en", "text": TEXT}) + "\n")
    row = {
        "file": "news",
        "id": "a",
        "start": 0,
        "end": len(TEXT),
        "sha256": hashlib.sha256(TEXT.encode()).hexdigest()[:16],
        "published": "2025-11-04",
        "korea": True,
        "entities": [
            {"label": "PLACE", "name": "South Korea", "mentions": [[0, 5]], "nominals": []},
            {"label": "ORG", "name": "the bank", "mentions": [], "nominals": [[13, 21]]},
        ],
        "amounts": [],
        "events": [
            {
                "type": "SANCTION",
                "triggers": [[6, 12, 0, 32]],
                "actors": [0],
                "targets": [1],
                "modality": "asserted",
                "core": True,
                "date": "2025-11-03",
            }
        ],
    }
    path = tmp_path / "annotations.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    return path, tmp_path


def test_an_article_is_whole_again(files: tuple[Path, Path]) -> None:
    (row,) = restore(*files)
    assert (row["text"], row["title"], row["lang"], row["published"]) == (TEXT, "t", "en", "2025-11-04")
    assert row["mentions"] == [{"start": 0, "end": 5, "text": "Seoul", "label": "PLACE", "entity": "e0"}]
    assert row["entities"][1]["nominals"] == ["the bank"]
    (event,) = row["events"]
    assert (event["actors"], event["targets"], event["place"], event["speaker"]) == (["e0"], ["e1"], None, None)
    assert TEXT[event["triggers"][0]["start"] : event["triggers"][0]["end"]] == "banned"


def test_what_comes_out_can_be_scored(files: tuple[Path, Path]) -> None:
    (row,) = restore(*files)
    perfect = {
        "id": "a",
        "korea": True,
        "entities": [{**row["mentions"][0], "entity": "kb:kr", "official": False, "sanctions": []}],
        "amounts": [],
        "events": [],
    }
    figures = evaluate([row], [perfect])
    assert figures.mentions.f1 == 1.0
    assert figures.events.gold == 1


def test_another_text_is_refused(files: tuple[Path, Path]) -> None:
    path, texts = files
    with gzip.open(texts / "news.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"id": "a", "lang": "en", "text": TEXT.replace("Monday", "Friday")}) + "\n")
    with pytest.raises(ConfigurationError, match=r"annotations\.jsonl:1.*has changed"):
        restore(path, texts)


def test_the_command_writes_a_file_or_says_what_is_missing(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    path, texts = files
    assert main([str(path), "--texts", str(texts), "-o", str(texts / "gold.jsonl")]) == 0
    assert json.loads((texts / "gold.jsonl").read_text())["id"] == "a"
    assert main([str(path), "--texts", str(texts / "nowhere"), "-o", str(texts / "gold.jsonl")]) == 78
    assert "news.jsonl.gz" in capsys.readouterr().err


def test_the_shipped_annotations_hold_no_text() -> None:
    rows = [json.loads(line) for line in (ROOT / "models/language/annotations/en_events.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 36
    assert sum(len(row["events"]) for row in rows) == 399
    assert all("text" not in row and set(event) <= KEYS for row in rows for event in row["events"])


KEYS = {"type", "triggers", "actors", "targets", "modality", "core", "place", "speaker", "date", "amounts"}
