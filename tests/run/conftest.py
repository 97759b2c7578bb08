from __future__ import annotations

from collections.abc import Iterator

import pytest

from models.records import Analysis, Article
from pipeline.analyse import Analyser
from pipeline.demo import SAMPLE
from pipeline.sample.server import Newsroom
from pipeline.settings import Settings


class RememberingAnalyser(Analyser):
    """Reads an article that it has read before from memory: the same few are read in every test, and are always read the same."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._known: dict[Article, Analysis] = {}

    def analyse(self, article: Article) -> Analysis:
        if article not in self._known:
            self._known[article] = super().analyse(article)
        return self._known[article]


@pytest.fixture(scope="session")
def analyser() -> Analyser:
    """Knowledge, lexicon and language pipelines, loaded once for all tests."""
    loaded = RememberingAnalyser(Settings())
    loaded.check()
    return loaded


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    with Newsroom(SAMPLE) as server:
        yield server
