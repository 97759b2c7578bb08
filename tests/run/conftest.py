from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline.analyse import Analyser
from pipeline.demo import SAMPLE
from pipeline.sample.server import Newsroom
from tests.shipped import whole


@pytest.fixture(scope="session")
def analyser() -> Analyser:
    """Knowledge, lexicon and language pipelines, loaded once for all tests."""
    loaded = whole()
    loaded.check()
    return loaded


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    with Newsroom(SAMPLE) as server:
        yield server
