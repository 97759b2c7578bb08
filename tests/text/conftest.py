from __future__ import annotations

import pytest

from pipeline.text.pieces import PieceCutter
from tests.tag.encoder.toy import write_tokenizer


@pytest.fixture(scope="session")
def cutter(tmp_path_factory: pytest.TempPathFactory) -> PieceCutter:
    return PieceCutter.load(write_tokenizer(tmp_path_factory.mktemp("pieces") / "tokenizer.json"))
