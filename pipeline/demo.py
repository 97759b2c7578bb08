"""The nightly job over the bundled sample newsroom, twice: by the second night one article has changed and one is new."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.analyse import Analyser
from pipeline.run import RunReport, ingest
from pipeline.run.context import Watcher
from pipeline.sample.server import Newsroom
from pipeline.settings import ROOT, Settings

__all__ = ["SAMPLE", "run_demo", "sample_settings"]

SAMPLE = ROOT / "data" / "sample"


def sample_settings(settings: Settings, newsroom: Newsroom, *, data_dir: Path) -> Settings:
    """Return settings that reach the sample newsroom instead of the network, wait for nobody, and keep everything in `data_dir`.

    A PostgreSQL database that is configured holds real articles, so the sample's never go there.
    """
    return settings.model_copy(
        update={
            "data_dir": data_dir,
            "database_url": None,
            "feeds": SAMPLE / "feeds.yaml",
            "connect_to": newsroom.connect_to,
            "host_delay": 0.0,
            "max_poll_interval": 0.0,
            "host_parallel": 8,
        }
    )


def run_demo(settings: Settings, *, data_dir: Path, watcher: Watcher | None = None) -> Iterator[RunReport]:
    """Yield the reports of two nights; the database lies in `data_dir` and stays."""
    with Newsroom(SAMPLE) as newsroom:
        sample = sample_settings(settings, newsroom, data_dir=data_dir)
        analyser = Analyser(sample)
        for edition in (1, 2):
            newsroom.edition = edition
            yield ingest(sample, watcher=watcher, analyser=analyser)
