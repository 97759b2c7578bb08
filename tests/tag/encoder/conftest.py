from __future__ import annotations

from pathlib import Path

import pytest
from spacy.language import Language

from models.knowledge import Knowledge
from pipeline.settings import Settings
from pipeline.tag import load_pipeline
from pipeline.tag.encoder.component import Encoder
from pipeline.text.pieces import PieceCutter
from tests.tag.encoder.toy import write_encoder, write_tokenizer


@pytest.fixture(scope="session")
def cutter(tmp_path_factory: pytest.TempPathFactory) -> PieceCutter:
    return PieceCutter.load(write_tokenizer(tmp_path_factory.mktemp("pieces") / "tokenizer.json"))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of an encoder with random weights: what it says is nonsense, but it says much."""
    return write_encoder(tmp_path_factory.mktemp("models") / "en" / "encoder")


@pytest.fixture(scope="session")
def encoder(folder: Path) -> Encoder:
    return Encoder(folder)


@pytest.fixture(scope="session")
def nlp(folder: Path, knowledge: Knowledge, tmp_path_factory: pytest.TempPathFactory) -> Language:
    settings = Settings(kb_dir=tmp_path_factory.mktemp("kb"), models_dir=folder.parent.parent, model="encoder")
    return load_pipeline("en", knowledge=knowledge, settings=settings)
