"""`python -m benchmarks.links`: links to sanctions lists on annotated articles, and by what their names were found."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.english import write_json
from models.records import Article, Link, Mention
from models.vocabulary import LinkStatus, Via
from pipeline.analyse import Analyser
from pipeline.cli.console import complain, output_console
from pipeline.errors import PeninsulaError
from pipeline.extract import read_document
from pipeline.kb.index import MatchForm
from pipeline.settings import load_settings
from pipeline.train.evaluate import read_rows

__all__ = ["LinkFigures", "main", "measure"]

_EXACT = frozenset({MatchForm.EXACT, MatchForm.JOINED, MatchForm.REVERSED, MatchForm.NO_COUNTRY})
_WAYS = ("exact alias", "name module", "words alike", "understood", "number")


@dataclass(frozen=True, slots=True)
class LinkFigures:
    """Counts over all articles. `ways` counts the right links by how the name was found, `acronyms` those whose acronym the article defines."""

    right: int
    found: int
    there: int
    unnamed: int
    """Links in gold of entities that the article does not name."""
    review: int
    """Missed ones that wait for an editor."""
    acronyms: int
    ways: dict[str, int]

    @property
    def precision(self) -> float:
        """Share of the links found that are right."""
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """Share of the links in gold that are found."""
        return self.right / self.there if self.there else 0.0


def measure(gold: Path, analyser: Analyser) -> LinkFigures:
    """Analyse every article of an annotated file and compare its links, by entity and entry."""
    counts: Counter[str] = Counter()
    for row in read_rows(gold).values():
        _count(row, analyser, counts)
    return LinkFigures(
        counts["right"],
        counts["found"],
        counts["there"],
        counts["unnamed"],
        counts["review"],
        counts["acronym"],
        {way: counts[way] for way in _WAYS},
    )


def _count(row: dict[str, Any], analyser: Analyser, counts: Counter[str]) -> None:
    article: Article = read_document(
        id=row["id"],
        text=row["text"],
        title=row.get("title") or "",
        publisher=row.get("publisher") or "",
        published=row.get("published"),
        lang=row["lang"],
    )
    analysis = analyser.analyse(article)
    gold = {(entity["id"], entry) for entity in row["entities"] for entry in entity.get("sanctions") or ()}
    named = {mention["entity"] for mention in row["mentions"]}
    owners = _owners(row, analysis.linking.mentions)
    found: dict[tuple[str, str], Link] = {}
    review: set[tuple[str, str]] = set()
    for link in analysis.linking.links:
        key = owners.get(link.entity, f"?{link.entity}"), link.entry
        if link.status == LinkStatus.AUTO:
            found[key] = link
        elif link.status == LinkStatus.REVIEW:
            review.add(key)
    counts["found"] += len(found)
    counts["there"] += len(gold)
    counts["unnamed"] += sum(entity not in named for entity, _ in gold)
    counts["review"] += len((gold & review) - found.keys())
    defined = {mention.entity for mention in analysis.linking.mentions if mention.via is Via.BRACKET}
    for key in gold & found.keys():
        counts["right"] += 1
        counts[_way(found[key])] += 1
        counts["acronym"] += found[key].entity in defined


def _owners(row: dict[str, Any], mentions: Sequence[Mention]) -> dict[str, str]:
    """Map entities of the analysis to those of gold by the first mentions that overlap."""
    owners: dict[str, str] = {}
    for mention in mentions:
        for other in row["mentions"]:
            if other["start"] < mention.end and mention.start < other["end"]:
                owners.setdefault(mention.entity, other["entity"])
    return owners


def _way(link: Link) -> str:
    kinds = {kind for kind, _ in link.evidence}
    if MatchForm.ALIKE in kinds:
        return "name module" if "=" in link.comparison or "·" in link.comparison else "words alike"
    if MatchForm.UNDERSTOOD in kinds:
        return "understood"
    return "exact alias" if kinds & _EXACT else "number"


def print_figures(figures: LinkFigures, console: Console) -> None:
    """Print one table."""
    table = Table(title="links to sanctions lists", title_justify="left")
    table.add_column("what")
    table.add_column("links", justify="right")
    table.add_row("in gold", str(figures.there))
    table.add_row("found", str(figures.found))
    table.add_row("right", str(figures.right))
    table.add_row("precision", f"{figures.precision:.3f}")
    table.add_row("recall", f"{figures.recall:.3f}")
    table.add_section()
    for way, count in figures.ways.items():
        table.add_row(f"right by {way}", str(count))
    table.add_row("of these, acronym defined by the article", str(figures.acronyms))
    table.add_section()
    table.add_row("in gold, of entities that the article does not name", str(figures.unnamed))
    table.add_row("missed, but left to an editor", str(figures.review))
    console.print(table)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and return the exit code; errors become one line on standard error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.links", description="Links to sanctions lists on annotated articles.")
    parser.add_argument("--gold", type=Path, required=True, metavar="FILE.jsonl", help="annotated articles with their texts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    given = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    try:
        figures = measure(given.gold, Analyser(load_settings()))
        print_figures(figures, output_console())
        if given.json is not None:
            write_json(
                given.json,
                {
                    **{name: getattr(figures, name) for name in LinkFigures.__slots__},
                    "precision": figures.precision,
                    "recall": figures.recall,
                },
            )
    except PeninsulaError as error:
        complain(str(error))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
