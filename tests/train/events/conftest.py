from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.events.extraction import LanguageExtractor
from pipeline.events.lexicon_files import load_language
from pipeline.text.pieces import PieceCutter
from tests.tag.encoder.toy import write_pretrained


@pytest.fixture(scope="session")
def pretrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tokenizer and a checkpoint of random weights."""
    return write_pretrained(tmp_path_factory.mktemp("pretrained"))


@pytest.fixture(scope="session")
def cutter(pretrained: Path) -> PieceCutter:
    return PieceCutter.load(pretrained / "tokenizer.json")


@pytest.fixture(scope="session")
def rules() -> LanguageExtractor:
    """The English rules alone."""
    return LanguageExtractor(load_language("en"))
