"""`python -m benchmarks.stages`: what the language stages cost beside each other, and beside trafilatura on the same pages.

CPU time of one process, in one run, so that only ratios are printed: they hold on other machines too, times do not.
"""

from __future__ import annotations

import argparse
import gzip
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from benchmarks.footprint import THREADS
from models.records import Article
from pipeline.errors import LanguageError, PeninsulaError, UsageError

if TYPE_CHECKING:
    from pipeline.analyse import Analyser

__all__ = ["Costs", "main"]

_FEWEST_WORDS = 80
"""Pages with less text than this are menus and notices."""

T = TypeVar("T")


@dataclass(slots=True)
class Costs:
    """CPU seconds by step over all pages, and how many pages and words were read."""

    seconds: dict[str, float] = field(default_factory=dict)
    pages: int = 0
    words: int = 0

    def timed(self, step: str, work: Callable[[], T]) -> T:
        """Run one step of work and add what it costs."""
        begun = time.process_time()
        try:
            return work()
        finally:
            self.seconds[step] = self.seconds.get(step, 0.0) + time.process_time() - begun

    def ratio(self, steps: Sequence[str], beside: Sequence[str]) -> float:
        """Return what some steps cost together, divided by what others do."""
        return sum(self.seconds[step] for step in steps) / sum(self.seconds[step] for step in beside)


def _pages(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.iterdir()):
        if path.name.endswith((".html", ".html.gz")):
            body = path.read_bytes()
            yield gzip.decompress(body) if path.suffix == ".gz" else body


def _article(name: str, text: str) -> Article | None:
    """Return the text as an article where it is English and long enough."""
    from pipeline.extract import read_document

    if len(text.split()) < _FEWEST_WORDS:
        return None
    try:
        article = read_document(id=name, text=text, published="2026-01-01")
    except LanguageError:
        return None
    return article if article.lang == "en" else None


def _text(document: object) -> str:
    return str(getattr(document, "text", None) or "")


def _measure_page(page: bytes, name: str, analyser: Analyser, costs: Costs) -> None:
    """Add what one page costs; pages that are not read cost nothing."""
    import trafilatura

    from pipeline.events import extract_events
    from pipeline.link import link
    from pipeline.tag import tag

    mine = Costs()
    text = mine.timed("trafilatura", lambda: _text(trafilatura.bare_extraction(page, include_comments=False, with_metadata=True)))
    article = _article(name, text)
    if article is None:
        return
    nlp = analyser.pipeline(article.lang)
    tagging = mine.timed("tag", lambda: tag(article, nlp))
    linking = mine.timed("link", lambda: link(article, tagging, analyser.linker))
    mine.timed("events", lambda: extract_events(article, tagging, linking, frames=analyser.frames))
    costs.pages += 1
    costs.words += len(article.text.split())
    for step, seconds in mine.seconds.items():
        costs.seconds[step] = costs.seconds.get(step, 0.0) + seconds


def measure(folder: Path, *, rounds: int) -> Costs:
    """Return the costs over the English pages of a folder; the first round warms up and is not counted."""
    from pipeline.analyse import Analyser
    from pipeline.settings import load_settings

    analyser = Analyser(load_settings())
    costs = Costs()
    for turn in range(rounds + 1):
        if turn == 1:
            costs = Costs()
        for number, page in enumerate(_pages(folder)):
            _measure_page(page, f"page-{number}", analyser, costs)
    if not costs.pages:
        raise UsageError(f"{folder}: holds no English page (*.html or *.html.gz) with {_FEWEST_WORDS} words of text")
    return costs


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the ratios and return the exit code; errors become one line on standard error."""
    for name in THREADS:
        os.environ.setdefault(name, "1")
    from pipeline.cli.console import complain

    parser = argparse.ArgumentParser(prog="python -m benchmarks.stages", description="Cost of tag, link and events as ratios, over pages.")
    parser.add_argument("--pages", type=Path, required=True, metavar="FOLDER", help="English news pages, *.html or *.html.gz")
    parser.add_argument("--rounds", type=int, default=2, help="how often all pages are read, after one round to warm up")
    given = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    try:
        if not given.pages.is_dir():
            raise UsageError(f"{given.pages}: no such folder")
        costs = measure(given.pages, rounds=max(1, given.rounds))
    except PeninsulaError as error:
        complain(str(error))
        return error.exit_code
    sys.stdout.write(
        f"{costs.pages // max(1, given.rounds)} pages, {costs.words // max(1, given.rounds)} words\n"
        f"link / tag                      {costs.ratio(['link'], ['tag']):.2f}\n"
        f"events / tag                    {costs.ratio(['events'], ['tag']):.2f}\n"
        f"link + events / tag             {costs.ratio(['link', 'events'], ['tag']):.2f}\n"
        f"tag + link + events / trafilatura  {costs.ratio(['tag', 'link', 'events'], ['trafilatura']):.1f}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
