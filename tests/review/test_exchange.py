"""Decisions leave a database as lines and come into another: whole, once, and never over a later word."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import typer
from sqlalchemy import delete, select
from typer.testing import CliRunner

from models.knowledge import Knowledge, NeverPair
from models.review import Editor, EditorRole, ItemKind, ItemState, Subject, Verdict
from models.review_tables import EditorRow, ReviewDecisionRow, ReviewItemRow, ReviewSubjectRow
from models.tables import EventChangeRow, EventMentionRow, EventRow, MentionRow
from models.vocabulary import EventType, Label, ReviewStatus
from pipeline.cli.review_exchange import register
from pipeline.review.corrections import read_corrections
from pipeline.review.desk import Desk
from pipeline.review.exchange import ImportReport, export_decisions, import_decisions
from pipeline.review.refreshing import refresh
from pipeline.settings import Settings
from pipeline.store.analyses import record_analysis
from pipeline.store.engine import Database, reading, writing
from pipeline.store.review_items import last_seen
from pipeline.store.rows import insert_new
from tests.review.decided import ask, ask_name, decide, editor_row
from tests.store.builders import NOW, add_article, make_analysis, make_context

KIM = "kb:per-kim-jong-un"
LATER = NOW + timedelta(days=1)


def lines(database: Database) -> list[bytes]:
    return list(export_decisions(database))


def forget(database: Database) -> None:
    """Empty the desk, as a new database has it."""
    with writing(database) as connection:
        for table in (ReviewDecisionRow, ReviewSubjectRow, ReviewItemRow, EditorRow):
            connection.execute(delete(table))


def bring(database: Database, given: Sequence[bytes], **options: bool) -> ImportReport:
    return import_decisions(database, given, Knowledge("kb1", {}), at=LATER, **options)


def decided(database: Database) -> list[tuple[str, str, str]]:
    """Return item, verdict and editor of all decisions, in their order."""
    with reading(database) as connection:
        query = select(ReviewDecisionRow.item_id, ReviewDecisionRow.verdict, EditorRow.name).join(EditorRow)
        return [tuple(row) for row in connection.execute(query.order_by(ReviewDecisionRow.number))]  # type: ignore[misc]


def rejected(database: Database, name: str = "Kim Ji-na") -> str:
    return decide(database, ask_name(database, name, KIM), Verdict.REJECT)


def test_decisions_survive_a_rebuilt_database(database: Database) -> None:
    first = rejected(database)
    undo = decide(database, ask_name(database, "Kim Ji-na", KIM), Verdict.UNDO, undoes=first)
    decide(database, ask_name(database, "Kim Ji-na", KIM), Verdict.REDO, undoes=undo, by="lee")
    written, before, said = lines(database), decided(database), read_corrections(database)
    forget(database)
    report = bring(database, written)
    assert (report.placed, report.new_items, report.new_editors, report.problems) == (3, 1, ["kim", "lee"], [])
    assert decided(database) == before
    assert read_corrections(database).never == said.never == {NeverPair("kim ji na", KIM)}
    assert lines(database) != []


def test_what_comes_in_goes_out_the_same(database: Database) -> None:
    rejected(database)
    written = [json.loads(line) for line in lines(database)]
    forget(database)
    bring(database, [json.dumps(line).encode() for line in written])
    again = [json.loads(line) for line in lines(database)]
    for line in (*written, *again):
        # Where the machine last saw it, and where it stands, are of its database.
        line["item"].pop("seen_at"), line["item"].pop("state")
    assert again == written


def test_a_second_import_changes_nothing(database: Database) -> None:
    rejected(database)
    written = lines(database)
    forget(database)
    bring(database, written)
    before = decided(database)
    report = bring(database, written)
    assert (report.placed, report.known, report.new_items) == (0, 1, 0)
    assert decided(database) == before


def test_a_dry_run_tells_the_same_and_writes_nothing(database: Database) -> None:
    rejected(database)
    written = lines(database)
    forget(database)
    report = bring(database, written, dry_run=True)
    assert (report.placed, report.new_items, report.new_editors) == (1, 1, ["kim"])
    assert decided(database) == []


def test_editors_without_an_account_get_a_disabled_one(database: Database) -> None:
    rejected(database)
    written = lines(database)
    forget(database)
    bring(database, written)
    with reading(database) as connection:
        (row,) = connection.execute(select(EditorRow.__table__)).mappings()
    assert (row["name"], row["role"].value, row["password_hash"], row["disabled_at"]) == ("kim", "viewer", None, LATER)


def test_an_import_keeps_the_next_refresh_from_leaving_nothing_out(database: Database) -> None:
    rejected(database)
    written = lines(database)
    forget(database)
    bring(database, written)
    with reading(database) as connection:
        seen = last_seen(connection)
    assert seen is not None
    assert seen.year == 1970


def test_what_the_machine_asks_already_is_decided_and_its_rows_follow(database: Database) -> None:
    article = add_article(database)
    context = make_context(database)
    with writing(database) as connection:
        record_analysis(connection, make_analysis(article), context)
        event = connection.execute(select(EventRow.id)).scalar_one()
    subject = Subject("event", event, article.id, 0, 10)
    item = ask(database, ItemKind.EVENT, ("SANCTION", "art", "key"), subjects=[subject], label="SANCTION", value={"type": "SANCTION"})
    decide(database, item, Verdict.REJECT)
    written = lines(database)
    with writing(database) as connection:
        connection.execute(delete(ReviewDecisionRow))
    bring(database, written)
    with reading(database) as connection:
        assert connection.execute(select(EventRow.status)).scalar_one() is ReviewStatus.REJECTED
        assert connection.execute(select(ReviewItemRow.state)).scalar_one() is ItemState.DECIDED


def test_what_editors_added_is_written_into_its_text_again(database: Database) -> None:
    article, context = add_article(database), make_context(database)
    with writing(database) as connection:
        record_analysis(connection, make_analysis(article), context)
        insert_new(connection, EditorRow, [editor_row("kim")])
    desk = Desk(database, Knowledge("kb1", {}), now=lambda: NOW)
    kim = Editor(editor_row("kim")["id"], "kim", EditorRole.EDITOR)
    start = article.text.index("Tuesday")
    desk.add_mention(article.id, start, start + 7, Label.VESSEL, kim)
    desk.add_event(article.id, start, start + 7, {"type": "MEETING", "subtype": None}, kim)
    before, written = added(database), lines(database)
    with writing(database) as connection:
        connection.execute(delete(MentionRow).where(MentionRow.maker == "editor"))
        meeting = select(EventRow.id).where(EventRow.type == EventType.MEETING)
        for table in (EventChangeRow, EventMentionRow):
            connection.execute(delete(table).where(table.event_id.in_(meeting)))
        connection.execute(delete(EventRow).where(EventRow.type == EventType.MEETING))
    forget(database)
    report = bring(database, written)
    assert (report.placed, report.nowhere, report.problems) == (2, 0, [])
    assert added(database) == before
    assert sorted(kind for _, kind in before) == ["MEETING", "VESSEL"]


def added(database: Database) -> list[tuple[str, str]]:
    """Return what editors wrote that is in force."""
    with reading(database) as connection:
        names = select(MentionRow.id, MentionRow.label).where(MentionRow.maker == "editor", MentionRow.superseded_at.is_(None))
        events = select(EventRow.id, EventRow.type).where(EventRow.type == EventType.MEETING, EventRow.deleted_at.is_(None))
        return [(row[0], row[1].value) for query in (names, events) for row in connection.execute(query)]


def test_what_was_added_to_a_text_that_is_not_here_is_kept_without_its_place(database: Database) -> None:
    decide(
        database,
        ask(database, ItemKind.NAME, ("red lotus", "kb:kp-rgb", "art-1"), value={"text": "Red Lotus", "label": "ORG"}),
        Verdict.ADD,
    )
    written = lines(database)
    forget(database)
    report = bring(database, written)
    assert (report.placed, report.nowhere) == (1, 1)


def test_what_is_asked_only_after_the_import_is_as_it_was_decided(database: Database) -> None:
    article, context = add_article(database), make_context(database)
    with writing(database) as connection:
        record_analysis(connection, make_analysis(article), context)
    refresh(database, Knowledge("kb1", {}), now=lambda: NOW)
    with reading(database) as connection:
        item = connection.execute(select(ReviewItemRow.id).where(ReviewItemRow.kind == ItemKind.EVENT)).scalar_one()
    decide(database, item, Verdict.REJECT)
    written = lines(database)
    forget(database)
    bring(database, written)
    refresh(database, Knowledge("kb1", {}), now=lambda: LATER)
    with reading(database) as connection:
        assert connection.execute(select(EventRow.status)).scalar_one() is ReviewStatus.REJECTED
        assert connection.execute(select(ReviewItemRow.state).where(ReviewItemRow.id == item)).scalar_one() is ItemState.DECIDED


def test_a_later_word_is_not_overruled_by_a_file(database: Database) -> None:
    rejected(database)
    written = lines(database)
    with writing(database) as connection:
        connection.execute(delete(ReviewDecisionRow))
    decide(database, ask_name(database, "Kim Ji-na", KIM), Verdict.ACCEPT, at=LATER)
    report = bring(database, written)
    assert (report.placed, [problem.line for problem in report.problems]) == (0, [1])
    assert "was decided here on 2025-11-07 03:00 UTC, after this" in report.problems[0].why
    assert [verdict for _, verdict, _ in decided(database)] == [Verdict.ACCEPT]


def test_lines_that_cannot_be_placed_are_told_by_their_number(database: Database) -> None:
    first = rejected(database)
    decide(database, ask_name(database, "Kim Ji-na", KIM), Verdict.UNDO, undoes=first)
    good, undo = lines(database)
    forget(database)
    row = json.loads(good)
    bad = [b"no json\n", b"\n", b"[]\n", json.dumps(row | {"verdict": "maybe"}).encode(), undo, b"\xff\n", good]
    report = bring(database, bad)
    assert [problem.line for problem in report.problems] == [1, 3, 4, 5, 6]
    assert "Invalid enum value 'maybe'" in report.problems[2].why
    assert f"speaks of the decision {first}, which is neither here nor on a line before" in report.problems[3].why
    assert report.placed == 1


# --- the commands ---------------------------------------------------------------------------------------------------

APP = typer.Typer()
register(APP)


@pytest.fixture
def settings(settings: Settings, database: Database) -> Settings:
    return settings.model_copy(update={"database_url": database.url.render_as_string(hide_password=False)})


def test_the_commands_write_and_read_a_file(settings: Settings, database: Database, tmp_path: Path) -> None:
    rejected(database)
    file = str(tmp_path / "decisions.jsonl")
    done = CliRunner().invoke(APP, ["export", file], obj=settings)
    assert done.output == f"1 decisions written to {file}\n"
    forget(database)
    dry = CliRunner().invoke(APP, ["import", file, "--dry-run"], obj=settings)
    assert "1 decisions would be placed, 0 were there already" in dry.output
    done = CliRunner().invoke(APP, ["import", file], obj=settings)
    assert (done.exit_code, len(decided(database))) == (0, 1)
    assert "disabled accounts for kim" in done.output


def test_the_import_ends_with_3_where_a_line_was_left_out(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "decisions.jsonl"
    file.write_bytes(b"{}\n")
    done = CliRunner().invoke(APP, ["import", str(file)], obj=settings)
    assert done.exit_code == 3
    assert "line 1: no decision" in done.output


def test_a_file_that_is_not_there_is_named(settings: Settings, tmp_path: Path) -> None:
    done = CliRunner().invoke(APP, ["import", str(tmp_path / "missing.jsonl")], obj=settings)
    assert "missing.jsonl cannot be read" in str(done.exception)
    done = CliRunner().invoke(APP, ["export", str(tmp_path / "no" / "folder.jsonl")], obj=settings)
    assert "cannot be written" in str(done.exception)
