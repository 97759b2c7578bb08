"""Annotations without texts find their texts again."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ConfigurationError
from pipeline.settings import ROOT
from pipeline.train.evaluate import evaluate
from pipeline.train.restore import restore

TEXT = "Seoul banned the bank on Monday and took $5. Envoys of the city left."
BEFORE = "A headline that nobody annotated.\n"


def row() -> dict[str, Any]:
    return {
        "file": "news",
        "id": "a",
        "start": len(BEFORE),
        "end": len(BEFORE) + len(TEXT),
        "sha256": hashlib.sha256(TEXT.encode()).hexdigest()[:16],
        "published": "2025-11-04",
        "korea": True,
        "entities": [
            {"label": "PLACE", "name": "South Korea", "mentions": [[0, 5]], "nominals": [[59, 63]]},
            {"label": "ORG", "name": "the bank", "mentions": [], "nominals": [[13, 21]]},
        ],
        "amounts": [[41, 43, 5.0, "USD", "exact"]],
        "events": [
            {
                "type": "SANCTION",
                "triggers": [[6, 12, 0, 44]],
                "actors": [0],
                "targets": [1],
                "modality": "asserted",
                "core": True,
                "date": "2025-11-03",
            },
            {
                "type": "MEETING",
                "triggers": [[64, 68, 45, 69]],
                "actors": [],
                "targets": [],
                "modality": "alleged",
                "core": False,
                "place": 0,
                "speaker": 1,
                "amounts": [0],
            },
        ],
    }


def write(folder: Path, *rows: dict[str, Any], text: str = TEXT) -> tuple[Path, Path]:
    with gzip.open(folder / "news.jsonl.gz", "wt", encoding="utf-8") as file:
        for ident in ("b", "a"):
            file.write(json.dumps({"id": ident, "title": "t", "publisher": "p", "lang": "en", "text": BEFORE + text}) + "\n")
    path = folder / "annotations.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    return path, folder


def test_an_article_is_whole_again(tmp_path: Path) -> None:
    (found,) = restore(*write(tmp_path, row()))
    assert (found["text"], found["n_chars"], found["title"], found["lang"], found["published"]) == (
        TEXT,
        len(TEXT),
        "t",
        "en",
        "2025-11-04",
    )
    assert found["mentions"] == [{"start": 0, "end": 5, "text": "Seoul", "label": "PLACE", "entity": "e0"}]
    assert [entity["nominals"] for entity in found["entities"]] == [["city"], ["the bank"]]
    assert found["amounts"] == [{"start": 41, "end": 43, "text": "$5", "value": 5.0, "currency": "USD", "bound": "exact"}]
    first, second = found["events"]
    assert (first["actors"], first["targets"], first["place"], first["speaker"], first["amounts"]) == (["e0"], ["e1"], None, None, [])
    assert (first["date"], second["date"]) == ("2025-11-03", None)
    assert (second["place"], second["speaker"], second["amounts"], second["core"]) == ("e0", "e1", [0], False)
    assert [TEXT[event["triggers"][0]["start"] : event["triggers"][0]["end"]] for event in found["events"]] == ["banned", "left"]
    assert [TEXT[slice(*event["triggers"][0]["sentence"])] for event in found["events"]] == [TEXT[:44], TEXT[45:]]


def test_what_comes_out_can_be_scored(tmp_path: Path) -> None:
    (found,) = restore(*write(tmp_path, row()))
    perfect = {
        "id": "a",
        "korea": True,
        "entities": [{**found["mentions"][0], "entity": "kb:kr", "official": False, "sanctions": []}],
        "amounts": [],
        "events": [],
    }
    figures = evaluate([found], [perfect])
    assert figures.mentions.f1 == 1.0
    assert figures.events.gold == 2


def test_articles_keep_the_order_of_their_annotations(tmp_path: Path) -> None:
    found = restore(*write(tmp_path, row(), {**row(), "id": "b"}))
    assert [one["id"] for one in found] == ["a", "b"]


def test_another_text_is_refused_with_its_line(tmp_path: Path) -> None:
    path, texts = write(tmp_path, row(), {**row(), "id": "b", "sha256": "0" * 16})
    with pytest.raises(ConfigurationError, match=r"annotations\.jsonl:2.*has changed"):
        restore(path, texts)
    with pytest.raises(ConfigurationError, match=r"annotations\.jsonl:1.*has changed"):
        restore(*write(tmp_path, row(), text=TEXT.replace("Monday", "Friday")))


def test_a_text_that_is_missing_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"annotations\.jsonl:1.*no text z"):
        restore(*write(tmp_path, {**row(), "id": "z"}))


@pytest.mark.parametrize(
    "content",
    [None, b"", b"no gzip", gzip.compress(b"no json\n"), gzip.compress(b"{}\n")[:-9]],
    ids=["missing", "empty", "text", "no json", "cut off"],
)
def test_texts_that_cannot_be_read_are_named(tmp_path: Path, content: bytes | None) -> None:
    path, texts = write(tmp_path, row())
    (texts / "news.jsonl.gz").unlink()
    if content is not None:
        (texts / "news.jsonl.gz").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"news\.jsonl\.gz"):
        restore(path, texts)


KEYS = {"type", "triggers", "actors", "targets", "modality", "core", "place", "speaker", "date", "amounts"}


@pytest.mark.parametrize("name", ["en_events.jsonl", "en_events_train.jsonl"])
def test_the_shipped_annotations_hold_no_text(name: str) -> None:
    lines = (ROOT / "models/language/annotations" / name).read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) >= 36
    assert sum(len(one["events"]) for one in rows) >= 399
    assert all("text" not in one and set(event) <= KEYS for one in rows for event in one["events"])
    assert all(one["start"] < one["end"] and len(one["sha256"]) == 16 for one in rows)


def test_nothing_that_is_learnt_from_is_held_out() -> None:
    folder = ROOT / "models/language/annotations"
    learnt, kept = (
        {(one["file"], one["id"]) for one in map(json.loads, (folder / name).read_text(encoding="utf-8").splitlines())}
        for name in ("en_events_train.jsonl", "en_events.jsonl")
    )
    assert not learnt & kept
