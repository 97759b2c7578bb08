from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from models.knowledge import Knowledge
from pipeline.run.indexing import refresh_index
from pipeline.run.merging import merge_recent_events
from pipeline.store.analyses import record_analysis
from pipeline.store.engine import open_database, writing
from tests.cli.conftest import Peninsula
from tests.store.builders import NOW, TEXT, add_article, make_analysis, make_context


@pytest.fixture(scope="session")
def merged_file(_migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with two articles that tell one event, copied for every test."""
    path = tmp_path_factory.mktemp("merged") / "peninsula.db"
    shutil.copy(_migrated_sqlite, path)
    database = open_database(f"sqlite:///{path}")
    for feed_id in ("wire", "paper"):
        article = add_article(database, feed_id=feed_id, text=f"{TEXT} ({feed_id})", sha=feed_id[0].replace("w", "a").replace("p", "b"))
        context = make_context(database)
        with writing(database) as connection:
            record_analysis(connection, make_analysis(article), context)
    with writing(database) as connection:
        merge_recent_events(connection, since=NOW, at=NOW)
    refresh_index(database, Knowledge("kb0", {}), at=NOW)
    database.dispose()
    return path


@pytest.fixture
def merged(peninsula: Peninsula, merged_file: Path, tmp_path: Path) -> tuple[str, str]:
    """The same in the folder in which the commands run: the event that stands, and the other."""
    (tmp_path / "data").mkdir()
    shutil.copy(merged_file, tmp_path / "data" / "peninsula.db")
    (decision,) = json_lines(peninsula("merges", "--format", "jsonl").stdout)
    return decision["winner_event_id"], decision["loser_event_id"]


def json_lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_an_event_in_two_articles_is_one_row_of_the_table(peninsula: Peninsula, merged: tuple[str, str]) -> None:
    done = peninsula("events")
    assert "1 of 1 events" in done.stdout
    assert "and 1 more, 2 sources" in done.stdout
    assert merged[0] in done.stdout
    assert merged[1] not in done.stdout


def test_show_names_the_other_articles_with_what_they_tell(peninsula: Peninsula, merged: tuple[str, str]) -> None:
    shown = peninsula("show", "https://wire.example/news/1").stdout
    assert "also told by The paper (2025-11-04, 2 million USD): A title" in shown
    assert "laundered: $2 million" in shown


def test_merges_says_why_part_by_part(peninsula: Peninsula, merged: tuple[str, str]) -> None:
    told = peninsula("merges", merged[1][:12]).stdout
    assert "merged SANCTION by machine" in told
    assert "date 1.00: 2025-11-04 in both" in told
    assert "target 1.00: U Yong Su in both" in told
    assert "party and day: The same day and named party" in told
    assert "0 decisions" in peninsula("merges", "--status", "apart").stdout


def test_a_decision_is_tried_made_and_taken_back(peninsula: Peninsula, merged: tuple[str, str]) -> None:
    winner, loser = merged
    tried = peninsula("unmerge", loser, "--dry-run", "--by", "Kim")
    assert "would change (nothing was written)" in tried.stdout
    assert "1 of 1 events" in peninsula("events").stdout
    done = peninsula("unmerge", loser, "--by", "Kim", "--why", "two rounds [of two]")
    assert f"{loser} stands for itself: SANCTION impose asserted 2025-11-04" in done.stdout
    assert "2 of 2 events" in peninsula("events").stdout
    told = peninsula("merges", loser).stdout
    assert "apart SANCTION by Kim" in told
    assert "two rounds [of two]" in told
    again = peninsula("merge", loser, winner, "--by", "Kim")
    assert f"{loser} is merged into {winner}" in again.stdout
    assert "1 of 1 events" in peninsula("events").stdout


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (("merge", "evt-none", "{winner}"), "no event is called 'evt-none'"),
        (("merge", "{winner}", "{winner}"), "cannot be merged into itself"),
        (("merge", "{winner}", "{loser}"), "are one event already: {winner} stands for them"),
        (("merge", "{loser}", "{winner}", "--by", "machine"), "give the name of a person"),
        (("unmerge", "evt-"), "several events begin with 'evt-'"),
        (("merges", "evt-none"), "no event is called 'evt-none'"),
        (("merges", "evt-"), "several events begin with 'evt-'"),
        (("changes", "--since", "yesterday"), "such as 2025-11-04"),
    ],
)
def test_wrong_usage_is_explained(peninsula: Peninsula, merged: tuple[str, str], wrong: tuple[str, ...], message: str) -> None:
    names = dict(zip(("winner", "loser"), merged, strict=True))
    done = peninsula(*(part.format(**names) for part in wrong))
    assert done.returncode == 2
    assert message.format(**names) in done.stderr


def test_the_change_feed_goes_on_after_the_last_number(peninsula: Peninsula, merged: tuple[str, str]) -> None:
    lines = json_lines(peninsula("changes", "--format", "jsonl").stdout)
    assert [line["kind"] for line in lines] == ["created", "created", "merged"]
    assert (lines[2]["event_id"], lines[2]["into_event_id"]) == merged[::-1]
    peninsula("unmerge", merged[1], "--by", "Kim")
    newer = json_lines(peninsula("changes", "--after", str(lines[-1]["number"]), "--format", "jsonl").stdout)
    assert [(line["kind"], line["event_id"]) for line in newer] == [("unmerged", merged[1]), ("changed", merged[0])]
    assert json_lines(peninsula("changes", "--since", "2025-11-07", "--format", "jsonl").stdout) == newer
    assert "5 changes" in peninsula("changes").stdout
    header, *rows = peninsula("changes", "--format", "csv").stdout.splitlines()
    assert header.startswith("number,at,kind,event_id,into_event_id")
    assert len(rows) == 5
