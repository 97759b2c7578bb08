"""An analyser that has read articles when this is imported: for programs that are forked from one that has it, and so begin at once."""

from __future__ import annotations

import tempfile
from pathlib import Path

from pipeline.analyse import Analyser
from pipeline.demo import SAMPLE, sample_settings
from pipeline.run import ingest
from pipeline.sample.server import Newsroom
from pipeline.settings import Settings

__all__ = ["ANALYSER"]

ANALYSER = Analyser(Settings(model="blank", event_reader=False))
"""Rules alone: which rows a killed run leaves does not depend on who reads the articles."""

with tempfile.TemporaryDirectory() as folder, Newsroom(SAMPLE) as newsroom:
    # Lexicons and patterns are loaded when they are first needed.
    ingest(
        sample_settings(Settings(), newsroom, data_dir=Path(folder)), analyser=ANALYSER, only=["taedong-agency", "handeul-ilbo-politics"]
    )
