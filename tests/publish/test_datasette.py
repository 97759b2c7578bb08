"""Datasette opens a snapshot, shows our words, and answers the questions that come with it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipeline.publish.checks import DATABASE
from pipeline.publish.datasette import open_datasette
from pipeline.publish.exploring import QUERIES
from pipeline.publish.snapshot_file import VIEWS, open_snapshot_file
from pipeline.publish.tables import TABLES
from tests.store.builders import TEXT

pytest.importorskip("datasette")

GIVEN = {
    "words": {"words": "sanction"},
    "sentences": {"text": "U Yong Su"},
    "sanctioned": {"since": "2025"},
    "stolen_by_month": {},
    "officials_on": {"type": "SANCTION"},
    "with_entity": {"entity": "kb:us"},
    "only_alleged": {},
}


def fetch(snapshot: Path, paths: Sequence[tuple[str, dict[str, str]]]) -> list[Any]:
    async def ask() -> list[Any]:
        opened = open_datasette(snapshot)
        await opened.invoke_startup()
        answers = [await opened.client.get(path, params=given) for path, given in paths]
        for database in opened.databases.values():
            database.close()
        return answers

    # In a thread: the driver of the browser tests keeps a loop in this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, ask()).result()


def test_every_question_is_answered(published_snapshot: Path) -> None:
    assert GIVEN.keys() == QUERIES.keys()
    paths = [(f"/peninsula/{name}.json", {**GIVEN[name], "_shape": "array"}) for name in QUERIES]
    answers = dict(zip(QUERIES, fetch(published_snapshot, paths), strict=True))
    for name, answer in answers.items():
        assert answer.status_code == 200, (name, answer.text)
    rows = {name: answer.json() for name, answer in answers.items()}
    assert {len(rows[name]) for name in ("words", "sentences", "sanctioned")} == {3}
    assert rows["words"][0]["evidence"] in TEXT
    assert [(row["entity_id"], row["events"]) for row in rows["with_entity"]] == [("kb:ofac-56045", 3)]
    assert rows["sanctioned"][0]["list"] == "us_ofac_sdn"
    assert rows["stolen_by_month"] == rows["only_alleged"] == rows["officials_on"] == []


def test_tables_views_and_search_are_there_with_our_words(published_snapshot: Path) -> None:
    paths = [
        ("/peninsula.json", {}),
        ("/peninsula/events.json", {"_search": "banker OR sanctioned", "_shape": "array"}),
        ("/peninsula/events", {}),
        ("/", {}),
    ]
    database, found, page, front = fetch(published_snapshot, paths)
    assert {table["name"] for table in database.json()["tables"] if not table["hidden"]} == set(TABLES)
    assert {view["name"] if isinstance(view, dict) else view for view in database.json()["views"]} == set(VIEWS)
    assert {row["type"] for row in found.json()} == {"SANCTION"}
    assert TABLES["events"].text in page.text
    assert "Peninsula, snapshot 2026-11-22.1" in front.text


def test_nothing_can_be_written(published_snapshot: Path) -> None:
    with (
        closing(open_snapshot_file(published_snapshot / DATABASE)) as connection,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        connection.execute("DELETE FROM events")


def test_the_metadata_describe_every_column(published_snapshot: Path) -> None:
    described = json.loads((published_snapshot / "metadata.json").read_text())["databases"]["peninsula"]["tables"]
    for name, table in TABLES.items():
        assert described[name]["columns"] == {column.name: column.text for column in table.columns}
        assert all(text.endswith((".", "…")) for text in described[name]["columns"].values())
