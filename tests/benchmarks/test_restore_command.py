"""The command that puts annotations and texts together again; what it does is tested in tests/train."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from benchmarks.restore import main

TEXT = "Seoul banned the bank on Monday."


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    with gzip.open(tmp_path / "news.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"id": "a", "title": "t", "publisher": "p", "lang": "en", "text": TEXT}) + "\n")
    place = {"file": "news", "id": "a", "start": 0, "end": len(TEXT), "sha256": hashlib.sha256(TEXT.encode()).hexdigest()[:16]}
    row = {**place, "published": "2025-11-04", "korea": True, "entities": [], "amounts": [], "events": []}
    path = tmp_path / "annotations.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    return path, tmp_path


def test_the_command_writes_a_file_or_says_what_is_missing(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    path, texts = files
    assert main([str(path), "--texts", str(texts), "-o", str(texts / "gold.jsonl")]) == 0
    (written,) = map(json.loads, (texts / "gold.jsonl").read_text(encoding="utf-8").splitlines())
    assert (written["id"], written["text"]) == ("a", TEXT)
    assert main([str(path), "--texts", str(texts / "nowhere"), "-o", str(texts / "gold.jsonl")]) == 78
    assert "news.jsonl.gz" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_an_error(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    path, texts = files
    assert main([str(path), "--texts", str(texts), "-o", str(texts / "nowhere" / "gold.jsonl")]) != 0
    assert "cannot be written" in capsys.readouterr().err
