"""How right the machine is, as editors decided: honest by items drawn at random, biased by all, each with its interval."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from sqlalchemy import update
from typer.testing import CliRunner

from models.review import ItemKind, Subject, Verdict
from models.tables import EventMentionRow
from pipeline.cli.precision_page import render_precision
from pipeline.cli.review_exchange import register
from pipeline.review.precision import PrecisionReport, Rate, read_precision, wilson
from pipeline.settings import Settings
from pipeline.store.analyses import record_analysis
from pipeline.store.engine import Database, writing
from tests.review.decided import ask, ask_name, decide
from tests.store.builders import NOW, add_article, make_analysis, make_context

APP = typer.Typer()
register(APP)


def judge(database: Database, verdicts: Iterable[Verdict], *, sampled: bool = False, at: datetime = NOW, **fields: str) -> None:
    """Store items, each with a verdict."""
    for number, verdict in enumerate(verdicts):
        name = f"Name {number} {sampled} {at:%d} {fields}"
        decide(database, ask_name(database, name, "ent-1", sampled=sampled, **fields), verdict, at=at)


def shares(rates: Iterable[Rate]) -> dict[str, tuple[int, int]]:
    return {rate.name: (rate.right, rate.judged) for rate in rates}


def test_what_was_drawn_at_random_is_counted_apart(database: Database) -> None:
    judge(database, [Verdict.ACCEPT, Verdict.ACCEPT, Verdict.REJECT, Verdict.ACCEPT], sampled=True)
    judge(database, [Verdict.REJECT, Verdict.REJECT])
    report = read_precision(database)
    assert report.sampled.overall == Rate("all", 4, 3, 0.75, 0.3006, 0.9544)
    assert shares([report.everything.overall] if report.everything.overall else []) == {"all": (3, 6)}


def test_an_edit_is_not_exactly_right_and_who_is_unsure_says_nothing(database: Database) -> None:
    judge(database, [Verdict.ACCEPT, Verdict.EDIT, Verdict.UNSURE, Verdict.ADD])
    overall = read_precision(database).everything.overall
    assert overall is not None
    assert (overall.right, overall.judged) == (1, 2)


def test_precision_is_told_by_every_dimension_the_commonest_first(database: Database) -> None:
    judge(database, [Verdict.ACCEPT, Verdict.REJECT], label="PERSON", component="gazetteer_name", publisher="The wire", lang="en")
    judge(database, [Verdict.ACCEPT], label="ORG", component="org_tail", publisher="한빛", lang="ko", source_list="us_ofac_sdn")
    by = read_precision(database).everything.by
    assert list(shares(by["label"]).items()) == [("PERSON", (1, 2)), ("ORG", (1, 1))]
    assert shares(by["component"]) == {"gazetteer_name": (1, 2), "org_tail": (1, 1)}
    assert shares(by["publisher"]) == {"The wire": (1, 2), "한빛": (1, 1)}
    assert shares(by["lang"]) == {"en": (1, 2), "ko": (1, 1)}
    assert shares(by["source_list"]) == {"us_ofac_sdn": (1, 1)}
    assert shares(by["kind"]) == {"name": (2, 3)}
    assert by["rule"] == ()


def test_events_count_for_each_of_their_rules(database: Database) -> None:
    article, context = add_article(database), make_context(database)
    with writing(database) as connection:
        record_analysis(connection, make_analysis(article), context)
        connection.execute(update(EventMentionRow).values(rules=["sanction.impose", "sanction.noun"]))
        event = str(connection.execute(EventMentionRow.__table__.select()).mappings().one()["event_id"])
    subject = Subject("event", event, article.id, 0, 10)
    decide(database, ask(database, ItemKind.EVENT, ("SANCTION", "a", "k"), subjects=[subject], label="SANCTION"), Verdict.ACCEPT)
    by = read_precision(database).everything.by
    assert shares(by["rule"]) == {"sanction.impose": (1, 1), "sanction.noun": (1, 1)}


def test_the_trend_goes_by_weeks_from_monday(database: Database) -> None:
    judge(database, [Verdict.ACCEPT], at=datetime(2025, 11, 9, 23, tzinfo=UTC))
    judge(database, [Verdict.REJECT, Verdict.ACCEPT], at=datetime(2025, 11, 10, 1, tzinfo=UTC))
    assert list(shares(read_precision(database).everything.weeks).items()) == [("2025-11-03", (1, 1)), ("2025-11-10", (1, 2))]


def test_only_decisions_since_a_day_are_counted(database: Database) -> None:
    judge(database, [Verdict.ACCEPT], at=NOW)
    judge(database, [Verdict.REJECT], at=NOW + timedelta(days=3))
    overall = read_precision(database, since=NOW + timedelta(days=1)).everything.overall
    assert overall is not None
    assert (overall.right, overall.judged) == (0, 1)


def test_what_was_undone_counts_no_more(database: Database) -> None:
    item = ask_name(database, "Kim Ji-na", "ent-1")
    first = decide(database, item, Verdict.REJECT)
    decide(database, item, Verdict.UNDO, undoes=first)
    assert read_precision(database).everything.overall is None


@pytest.mark.parametrize(
    ("right", "judged", "ends"), [(0, 10, (0.0, 0.2775)), (10, 10, (0.7225, 1.0)), (1, 1, (0.2065, 1.0)), (95, 100, (0.8882, 0.9785))]
)
def test_intervals_hold_for_few_items_and_for_shares_near_the_ends(right: int, judged: int, ends: tuple[float, float]) -> None:
    assert wilson(right, judged) == ends


# --- shown ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def report(database: Database) -> PrecisionReport:
    judge(database, [Verdict.ACCEPT, Verdict.REJECT], sampled=True, publisher="<script>alert(1)</script>", component="a" * 60)
    judge(database, [Verdict.ACCEPT], at=NOW + timedelta(days=9), publisher="한빛")
    return read_precision(database)


def test_the_page_needs_nothing_but_itself_and_escapes_what_it_shows(report: PrecisionReport) -> None:
    page = render_precision(report)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "한빛" in page
    assert "Biased" in page


def test_every_drawing_is_well_formed_and_says_its_figures(report: PrecisionReport) -> None:
    page = render_precision(report)
    drawings = [part[: part.index("</svg>") + 6] for part in page.split("<svg")[1:]]
    assert len(drawings) >= 10
    for drawing in drawings:
        root = ET.fromstring(f"<svg{drawing}")
        assert root.get("role") == "img"
        assert "95" not in (root.findtext("title") or "")
        assert "% (" in (root.findtext("desc") or "").replace("\xa0", " ").replace(" %", "%")


def test_without_decisions_the_page_says_so(database: Database) -> None:
    assert render_precision(read_precision(database)).count("None was decided yet.") == 2


@pytest.fixture
def settings(settings: Settings, database: Database) -> Settings:
    return settings.model_copy(update={"database_url": database.url.render_as_string(hide_password=False)})


def test_the_command_tells_people_and_programs(settings: Settings, report: PrecisionReport, tmp_path: Path) -> None:
    shown = CliRunner().invoke(APP, ["precision"], obj=settings)
    assert "Items drawn at random" in shown.output
    assert "50.0 % (9.4 % to 90.5 %), 1 of 2" in shown.output
    told = CliRunner().invoke(APP, ["precision", "--json"], obj=settings)
    assert json.loads(told.output) == json.loads(json.dumps(report.as_dict()))
    page = tmp_path / "precision.html"
    CliRunner().invoke(APP, ["precision", "--html", str(page)], obj=settings)
    assert page.read_text(encoding="utf-8") == render_precision(report)


def test_a_day_that_is_none_is_named(settings: Settings) -> None:
    done = CliRunner().invoke(APP, ["precision", "--since", "yesterday"], obj=settings)
    assert "--since yesterday: give a day, such as 2026-01-31" in str(done.exception)
