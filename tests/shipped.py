"""What is shipped, loaded once in each process of the tests: knowledge, lexicons and language pipelines take seconds."""

from __future__ import annotations

from functools import cache

from models.knowledge import Knowledge
from models.records import Analysis, Article
from pipeline.analyse import Analyser
from pipeline.settings import Settings

__all__ = ["knowledge", "rules_alone", "whole"]


class RememberingAnalyser(Analyser):
    """Reads an article that it has read before from memory: the same few are read in many tests, and are always read the same."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._known: dict[Article, Analysis] = {}

    def analyse(self, article: Article) -> Analysis:
        if article not in self._known:
            self._known[article] = super().analyse(article)
        return self._known[article]


@cache
def rules_alone() -> Analyser:
    """Return an analyser without the networks: what rules do does not change with them."""
    return RememberingAnalyser(Settings(model="blank"))


@cache
def whole() -> Analyser:
    """Return an analyser as users have it, with the networks."""
    analyser = RememberingAnalyser(Settings())
    analyser.facts = knowledge()
    return analyser


def knowledge() -> Knowledge:
    """Return the facts and lists that are shipped."""
    return rules_alone().facts
