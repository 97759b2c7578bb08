from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.events import Frames
from pipeline.events.extraction import LanguageExtractor
from pipeline.text.pieces import PieceCutter
from tests.events.conftest import prepare
from tests.events.reader.articles import Read, read_by_rules
from tests.events.reader.toy import write_reader


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a reader with random weights: what it says is nonsense, but it says much."""
    return write_reader(tmp_path_factory.mktemp("en") / "events")


@pytest.fixture(scope="session")
def cutter(folder: Path) -> PieceCutter:
    return PieceCutter.load(folder.parent / "encoder" / "tokenizer.json")


@pytest.fixture(scope="session")
def rules(frames: Frames) -> LanguageExtractor:
    """The English rules alone."""
    return frames.extractors["en"]


@pytest.fixture(scope="session")
def look(rules: LanguageExtractor, cutter: PieceCutter) -> Callable[..., Read]:
    """Return what the rules and the view say of a marked text; keyword arguments go to `prepare`."""
    return lambda marked, **given: read_by_rules(rules, cutter, prepare(marked, **given))
