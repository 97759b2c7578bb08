from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from models.tables import EventRow
from pipeline.store.analyses import record_analysis
from pipeline.store.engine import Database, reading, writing
from tests.cli.test_explain import Done, Explain, explain
from tests.shipped import rules_alone
from tests.store.builders import add_article, make_context

__all__ = ["explain"]

TEXT = (
    "Hackers of the Lazarus Group stole $37 million in crypto from Upbit on Tuesday, Kim Min-su said. “The hackers drained the "
    "wallet 🚀,” he said. The heist may hurt trade.\nThe United States urged China to stop missile launches by North Korea."
)
KOREAN = "북한 라자루스가 거래소에서 가상자산 300억원을 탈취한 것으로 추정된다고 국가정보원이 지난 4일 밝혔다. 북한은 5일 탄도미사일 2발을 발사했다."


@pytest.fixture
def stored(default_database: Database) -> dict[str, str]:
    """The ids of the events of one article in the database that the command reads by default, by type."""
    article = add_article(default_database, text=TEXT)
    context = make_context(default_database)
    with writing(default_database) as connection:
        record_analysis(connection, rules_alone().analyse(article), context)
    with reading(default_database) as connection:
        ids = {row.type.value: row.id for row in connection.execute(select(EventRow.id, EventRow.type))}
    assert len(ids) == 3
    return {**ids, "version": article.id}


def told(done: Done) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def words(done: Done) -> str:
    assert done.returncode == 0, done.stderr
    return " ".join(done.stdout.replace("│", " ").split())


def alter(tmp_path: Path, *statements: str) -> None:
    """Change the database as no run of the program would."""
    connection = sqlite3.connect(tmp_path / "data" / "peninsula.db")
    for statement in statements:
        assert connection.execute(statement).rowcount > 0, statement
    connection.commit()
    connection.close()


def test_an_event_is_shown_as_a_picture_with_all_that_made_it(explain: Explain, stored: dict[str, str]) -> None:
    done = explain(stored["CYBER_OP"])
    shown = words(done)
    for part in (
        f"CYBER_OP theft, asserted ({stored['CYBER_OP']})",
        "PLOVER COERCE/cyber (cyber, crime), CAMEO 171",
        "mention 1, The wire",
        "en:CYBER_OP.steal",
        "pipeline/events/lexicon/en/cyber_op.yaml line ",
        "direct: Named in the clause of the trigger.",
        "“Kim Min-su”; indirect",
        "“Tuesday” at ",
        "read against 2025-11-06, the day of publication, zone +09:00",
        "37,000,000 USD, exact",
        "stolen: Taken by theft.",
        "the rule's own: right in ",
        "mention 2, The wire",
        "the mentions disagree",
        f"version {stored['version']}",
    ):
        assert part in shown, part
    mention = told(explain(stored["CYBER_OP"], "--json"))["mentions"][0]
    lines = done.stdout.split("\n")
    sentence = next(number for number, line in enumerate(lines) if line.startswith("  Hackers of the"))
    (below,) = (line for line in lines[sentence + 1 : sentence + 5] if "trigger" in line and "│" not in line)
    start, end = (2 + mention["trigger"][name] - mention["sentence"]["start"] for name in ("start", "end"))
    assert lines[sentence][start:end] == mention["trigger"]["text"]
    assert (below[start], below[end - 1]) == ("└", "┘")


def test_a_unique_beginning_of_an_id_is_enough_and_an_article_is_explained_as_before(explain: Explain, stored: dict[str, str]) -> None:
    full = told(explain(stored["CYBER_OP"], "--json"))
    assert full["event"]["id"] == stored["CYBER_OP"]
    assert told(explain(stored["CYBER_OP"][:12], "--json")) == full
    article = told(explain(stored["version"], "--json"))
    assert article["mentions"][0]["label"]
    assert next(event["event"]["id"] for event in article["events"]) == stored["CYBER_OP"]
    assert len(article["events"]) == 3


def test_events_of_an_article_are_listed_and_drawn_by_number(explain: Explain, stored: dict[str, str]) -> None:
    shown = words(explain(stored["version"]))
    assert "CYBER_OP theft" in shown
    assert f"one event as a picture: peninsula explain {stored['version']} --event 1" in shown
    assert explain(stored["version"], "--event", "1").stdout == explain(stored["CYBER_OP"]).stdout


def test_one_mention_of_an_event_can_be_shown_alone(explain: Explain, stored: dict[str, str]) -> None:
    one = told(explain(stored["CYBER_OP"], "--mention", "2", "--json"))
    assert [mention["number"] for mention in one["mentions"]] == [2]
    assert one["disagreements"] == []
    shown = words(explain(stored["CYBER_OP"], "--mention", "2"))
    assert "drained the wallet" in shown
    assert "mention 1," not in shown


def test_a_stored_event_is_explained_as_the_same_event_of_a_text(explain: Explain, stored: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    ours = told(explain("--file", "text.txt", "--published", "2025-11-06T12:00:00+09:00", "--lang", "en", "--event", "1", "--json"))
    theirs = told(explain(stored["CYBER_OP"], "--json"))
    for mention in (*ours["mentions"], *theirs["mentions"]):
        mention.pop("article")
        mention.pop("event")
        for one in mention["arguments"]:
            one.pop("entity")
    assert ours["mentions"] == theirs["mentions"]
    assert ours["disagreements"] == theirs["disagreements"]


def test_a_text_needs_no_database(explain: Explain, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(KOREAN, encoding="utf-8")
    call = ("--file", "text.txt", "--published", "2025-11-06", "--lang", "ko")
    assert "peninsula explain --file text.txt --published 2025-11-06 --lang ko --event 1" in words(explain(*call))
    shown = explain(*call, "--event", "1")
    assert "CYBER_OP theft, alleged (1)" in shown.stdout
    assert "└" in shown.stdout
    assert not (tmp_path / "data").exists()


def test_a_page_is_written(explain: Explain, stored: dict[str, str], tmp_path: Path) -> None:
    done = explain(stored["CYBER_OP"], "--html", "event.html")
    assert (done.returncode, done.stdout) == (0, "event.html: 3 mentions\n")
    page = (tmp_path / "event.html").read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert page.count("<figure") == 3
    both = told(explain(stored["CYBER_OP"], "--html", "again.html", "--json"))
    assert both["event"]["id"] == stored["CYBER_OP"]
    assert (tmp_path / "again.html").read_text("utf-8") == page


def test_relations_and_merges_are_told_with_the_other_event(explain: Explain, stored: dict[str, str], tmp_path: Path) -> None:
    assert (
        f"calls for, threatens, denies, pledges or alleges MISSILE_LAUNCH other “missile launches” ({stored['MISSILE_LAUNCH']})"
        in words(explain(stored["CALL"]))
    )
    alter(tmp_path, f"UPDATE event SET merged_into = '{stored['CALL']}' WHERE id = '{stored['CYBER_OP']}'")
    shown = words(explain(stored["CYBER_OP"]))
    assert "merged into: CALL change “urged China to”" in shown
    assert "which stands for this event too" in shown
    whole = told(explain(stored["CALL"], "--json"))
    assert [other["id"] for other in whole["event"]["stands_for"]] == [stored["CYBER_OP"]]
    assert [mention["event"] for mention in whole["mentions"]] == [stored["CALL"], *3 * [stored["CYBER_OP"]]]


def test_what_a_network_found_is_told_in_general_words(explain: Explain, stored: dict[str, str], tmp_path: Path) -> None:
    alter(
        tmp_path,
        f"""UPDATE event_mention SET rules = '["network:CALL"]', score = 0.93 WHERE event_id = '{stored["CALL"]}'""",
        f"UPDATE event SET extractor_version = 'events 1' WHERE id = '{stored['CALL']}'",
    )
    shown = words(explain(stored["CALL"]))
    assert "network:CALL A trained network took these words for the trigger" in shown
    assert "not that of a rule in force" in shown
    assert "the lexicon shown is that of events " in shown


# --- what cannot be done --------------------------------------------------------------------------------------------


def refused(done: Done, code: int) -> str:
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("error: ")
    return done.stderr


def test_an_unknown_event_is_wrong_usage(explain: Explain, stored: dict[str, str]) -> None:
    assert "no event is called 'evt-00': `peninsula events --format csv` lists ids" in refused(explain("evt-00"), 2)


def test_a_beginning_that_fits_several_events_lists_them(explain: Explain, stored: dict[str, str]) -> None:
    complaint = refused(explain("evt-"), 2)
    assert "the ids of several events begin with 'evt-'" in complaint
    assert all(stored[kind] in complaint for kind in ("CYBER_OP", "CALL", "MISSILE_LAUNCH"))
    assert "“urged China to”" in complaint
    assert "and more" not in complaint


def test_a_version_that_is_gone_leaves_the_sentence_that_is_kept_with_the_event(
    explain: Explain, stored: dict[str, str], tmp_path: Path
) -> None:
    alter(tmp_path, f"DELETE FROM article_version WHERE id = '{stored['version']}'")
    shown = words(explain(stored["CYBER_OP"]))
    assert f"version {stored['version']} of the article is no longer stored: shown from the sentence that is kept with the event" in shown
    assert "└" in shown
    assert explain(stored["CYBER_OP"], "--html", "event.html").returncode == 0


def test_an_event_without_any_passage_is_a_fault_of_the_data(explain: Explain, stored: dict[str, str], tmp_path: Path) -> None:
    alter(tmp_path, f"DELETE FROM event_mention WHERE event_id = '{stored['CALL']}'")
    assert f"event {stored['CALL']} has no mention any more" in refused(explain(stored["CALL"]), 4)


def test_a_page_that_cannot_be_written_is_a_fault_of_storage(explain: Explain, stored: dict[str, str], tmp_path: Path) -> None:
    assert "nowhere/event.html cannot be written: No such file or directory" in refused(
        explain(stored["CALL"], "--html", "nowhere/event.html"), 78
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("evt-1", "--event", "1"), "--event goes with an article or a text: evt-1 is an event itself"),
        (("ver-1", "--html", "page.html"), "--html draws an event: name one by its id, or by --event N"),
        (("evt-1", "--lang", "ko"), "--published and --lang go with --file"),
        (("evt-1", "--file", "text.txt"), "name one article or event, or a text by --file"),
        (("--file", "text.txt", "--event", "9"), "--event 9: the events of this article are numbered from 1 to "),
        (("--file", "text.txt", "--event", "0"), "--event 0: the events of this article are numbered from 1 to "),
        (("--file", "plain.txt", "--event", "1"), "--event 1: this article has no events"),
        (("--file", "text.txt", "--event", "1", "--mention", "7"), "--mention 7: the mentions of this event are numbered from 1 to 3"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bad_input_is_one_line_and_wrong_usage(explain: Explain, tmp_path: Path, arguments: tuple[str, ...], complaint: str) -> None:
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "plain.txt").write_text("It was a mild and quiet day in the town, and nobody came.", encoding="utf-8")
    done = explain(*arguments)
    assert complaint in refused(done, 2)
    assert done.stderr.count("\n") == 1


def test_where_there_is_no_database_the_command_says_so_and_makes_none(explain: Explain, tmp_path: Path) -> None:
    assert "there is no database yet" in refused(explain("evt-1"), 78)
    assert not (tmp_path / "data").exists()
