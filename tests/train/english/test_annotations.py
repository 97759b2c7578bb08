from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from models.vocabulary import Label
from pipeline.errors import ConfigurationError
from pipeline.train.english.annotations import Passage, read_passages, read_rows

TEXT = "Busan — The Quillon sailed.\nIts owner, Ada Quill, said “no” 🚢 twice."
START = TEXT.index("Its")


def row(**changes: object) -> dict[str, object]:
    start, end = changes.get("start", START), changes.get("end", len(TEXT))
    passage = TEXT[start:end] if isinstance(start, int) and isinstance(end, int) else ""
    plain: dict[str, object] = {
        "file": "some_en",
        "id": "b",
        "start": START,
        "end": len(TEXT),
        "sha256": hashlib.sha256(passage.encode()).hexdigest()[:16],
        "mentions": [[11, 20, "PERSON"]],
    }
    return plain | changes


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(f"{json.dumps(one)}\n" for one in rows), encoding="utf-8")
    return path


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    with gzip.open(tmp_path / "some_en.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({"id": name, "text": text, "url": "x"}) + "\n" for name, text in [("a", "Other."), ("b", TEXT)])
    with gzip.open(tmp_path / "more_en.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"id": "b", "text": "Another text of the same name."}) + "\n")
    return tmp_path


def test_passages_are_cut_out_of_their_texts(texts: Path) -> None:
    other = row(file="more_en", start=0, end=7, mentions=[], sha256=hashlib.sha256(b"Another").hexdigest()[:16])
    first, second, third = read_passages(write(texts / "a.jsonl", row(), other, row(start=0, end=5, mentions=[[0, 5, "PLACE"]])), texts)
    assert first == Passage(TEXT[START:], ((11, 20, Label.PERSON),))
    assert first.text[11:20] == "Ada Quill"
    assert second == Passage("Another", ())
    assert third == Passage("Busan", ((0, 5, Label.PLACE),))


def test_no_rows_are_no_passages(texts: Path) -> None:
    assert read_passages(write(texts / "a.jsonl"), texts) == []


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (row(sha256="0" * 16), r"the passage \d+:\d+ of some_en b has changed: expected sha256 0+…, found "),
        (row(id="z"), "there is no text z in some_en"),
        (row(mentions=[[11, 200, "PERSON"]]), "a mention of b lies outside"),
        (row(mentions=[[-2, 4, "PERSON"]]), "a mention of b lies outside"),
        (row(mentions=[[4, 4, "PERSON"]]), "a mention of b lies outside"),
        (row(mentions=[[0, 4, "THING"]]), "not an annotated passage"),
        (row(mentions=[[0, 4]]), "not an annotated passage"),
        (row(mentions=None), "not an annotated passage"),
        (row(start="first"), "not an annotated passage"),
        ({"id": "b"}, "not an annotated passage"),
        ([1, 2], "not an annotated passage"),
        ({"file": "some_en", "id": "b"}, "not an annotated passage"),
    ],
)
def test_a_row_that_does_not_fit_is_named_with_its_line(texts: Path, bad: object, message: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"a\.jsonl:2: {message}"):
        read_passages(write(texts / "a.jsonl", row(), bad), texts)


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"no gzip",
        gzip.compress(b'{"id": "b"}\n', mtime=0),
        gzip.compress(b"{", mtime=0),
        gzip.compress(b"[1]\n", mtime=0),
        gzip.compress(TEXT.encode(), mtime=0)[:30],
    ],
    ids=["missing", "not packed", "no text", "no JSON", "no object", "cut off"],
)
def test_texts_that_cannot_be_read_are_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "some_en.jsonl.gz").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"some_en\.jsonl\.gz: "):
        read_passages(write(tmp_path / "a.jsonl", row()), tmp_path)


def test_rows_have_the_numbers_of_their_lines(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text('{"a": 1}\n\n  \n{"a": 2}\n', encoding="utf-8")
    assert read_rows(tmp_path / "r.jsonl") == [(1, {"a": 1}), (4, {"a": 2})]


def test_characters_that_look_like_line_breaks_end_no_row(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text('{"a": "one\u2028two\x85"}\n{"a": 2}\n', encoding="utf-8")
    assert [line for line, _ in read_rows(tmp_path / "r.jsonl")] == [1, 2]


def test_rows_that_are_no_json_are_named(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text('{"a": 1}\n{"a"\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"r\.jsonl:2: no JSON"):
        read_rows(tmp_path / "r.jsonl")
    (tmp_path / "b.jsonl").write_bytes(b"\xff\xfe")
    for name in ("b", "missing"):
        with pytest.raises(ConfigurationError, match=rf"{name}\.jsonl: cannot be read"):
            read_rows(tmp_path / f"{name}.jsonl")
