"""The extraction contract, as a user meets it. Most of it is tested without a process in tests/test_extraction.py."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Peninsula

GOOD = {"id": "a", "text": "Washington imposed sanctions on Pyongyang on Tuesday.", "published": "2025-11-06"}


def lines(*rows: object) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def test_documents_go_through_standard_streams(peninsula: Peninsula) -> None:
    done = peninsula("extract", "-", stdin=lines(GOOD))
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = map(json.loads, done.stdout.splitlines())
    assert row["id"] == "a"
    assert [entity["text"] for entity in row["entities"]] == ["Washington", "Pyongyang"]


def test_bad_lines_are_named_and_the_others_processed_in_order(peninsula: Peninsula, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(
        lines(GOOD) + "{broken\n" + lines({"id": "b"}, GOOD, {"id": "c", "text": "x", "lang": "fr"}, {"id": "d", "text": ""}), "utf-8"
    )
    done = peninsula("extract", str(source), "-o", "out.jsonl")
    assert done.returncode == 3
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["a", None, "b", "a", "c", "d"]
    assert [row.get("error", {}).get("code") for row in rows] == [
        None,
        "invalid_json",
        "missing_field",
        "duplicate_id",
        "unsupported_language",
        None,
    ]
    complaints = done.stderr.splitlines()
    assert [line.split(":")[1].strip() for line in complaints] == ["line 2", "line 3", "line 4", "line 5"]


def test_a_missing_input_file_is_named(peninsula: Peninsula) -> None:
    done = peninsula("extract", "nowhere.jsonl")
    assert (done.returncode, done.stderr.strip()) == (2, "error: nowhere.jsonl cannot be read: No such file or directory")


def test_an_output_that_cannot_be_written_is_named(peninsula: Peninsula) -> None:
    done = peninsula("extract", "-", "-o", "/proc/nowhere/out.jsonl", stdin=lines(GOOD))
    assert done.returncode == 78
    assert "/proc/nowhere/out.jsonl cannot be written" in done.stderr
