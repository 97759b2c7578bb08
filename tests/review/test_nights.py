"""The nightly run reads with what editors decided, and tells how right the machine was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from models.knowledge import decisions_in
from models.review import Verdict
from models.tables import MentionRow, RunRow
from pipeline.demo import SAMPLE, sample_settings
from pipeline.run import dry_run_ingest, ingest
from pipeline.sample.server import Newsroom
from pipeline.settings import Settings
from pipeline.store.engine import Database, reading
from tests.review.decided import ask_name, decide

FEED = ["harbor-times"]


@pytest.fixture
def sample(settings: Settings, tmp_path: Path, database: Database) -> Iterator[Settings]:
    """Settings for the sample newsroom, with rules alone; an editor said that Pyongyang does not stand for its state."""
    decide(database, ask_name(database, "Pyongyang", "kb:kp", label="PLACE", sampled=True), Verdict.REJECT)
    url = database.url.render_as_string(hide_password=False)
    with Newsroom(SAMPLE) as newsroom:
        changes = {"database_url": url, "model": "blank", "event_reader": False}
        yield sample_settings(settings, newsroom, data_dir=tmp_path / "data").model_copy(update=changes)


def test_the_next_run_reads_as_editors_decided_and_reports_precision(sample: Settings, database: Database) -> None:
    report = ingest(sample, only=FEED)
    with reading(database) as connection:
        found = connection.execute(select(MentionRow.entity_id).where(MentionRow.text == "Pyongyang")).scalars().all()
        stored = connection.execute(select(RunRow.report)).scalar_one()
    assert set(found) == {"kb:pyongyang"}
    assert decisions_in(report.versions["knowledge"]) > 0
    overall = stored["precision"]["sampled"]["overall"]
    assert (overall["right"], overall["judged"]) == (0, 1)


def test_a_dry_run_reads_as_editors_decided_too(sample: Settings) -> None:
    report = dry_run_ingest(sample, only=FEED)
    assert decisions_in(report.versions["knowledge"]) > 0
    assert report.precision == {}
