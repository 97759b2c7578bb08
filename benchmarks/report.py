"""The tables of a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.footprint import Footprint
from benchmarks.grammar import GrammarFigures
from benchmarks.names import EITHER, NameFigures
from benchmarks.published import CAVEAT, PUBLISHED, SOURCES
from benchmarks.speed import Speed

__all__ = ["Report", "print_report"]

_STEPS = ("imports", "knowledge base", "pipeline", "first text")


@dataclass(slots=True)
class Report:
    """All that was measured; parts that were not asked for are empty.

    `names` is by system and way: "whole pipeline", the same with names unknown to the knowledge base, "recogniser alone".
    """

    about: dict[str, Any] = field(default_factory=dict)
    names: dict[tuple[str, str], NameFigures] = field(default_factory=dict)
    grammar: dict[str, GrammarFigures] = field(default_factory=dict)
    speed: list[Speed] = field(default_factory=list)
    footprint: dict[str, Footprint] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values, the published figures among them."""
        return {
            "about": self.about,
            "names": [{"system": system, "way": way, **figures.as_dict()} for (system, way), figures in self.names.items()],
            "grammar": {system: figures.as_dict() for system, figures in self.grammar.items()},
            "speed": [_plain_speed(one, self.speed) for one in self.speed],
            "footprint": {
                system: {
                    "load_s": one.load,
                    "cpu_s": one.cpu,
                    "cpu_steps_s": dict(one.steps),
                    "memory_bytes": one.memory,
                    "memory_after_bytes": one.memory_after,
                }
                for system, one in self.footprint.items()
            },
            "bytes_on_disk": self.sizes,
            "published": {"figures": [asdict(one) for one in PUBLISHED], "sources": list(SOURCES), "caveat": CAVEAT},
        }


def _plain_speed(one: Speed, every: Sequence[Speed]) -> dict[str, Any]:
    return {
        "system": one.system,
        "part": one.part,
        "words_per_second": one.best,
        "words_per_second_median": one.middle,
        "rounds": one.rounds,
        "to_cnn": _to_cnn(one, every),
    }


def _to_cnn(one: Speed, every: Iterable[Speed]) -> float | None:
    """Return how many times as fast as the same part of our CNN this is; other pipelines are set against its whole tag stage."""
    part = one.part if one.part == "network" else "tag stage"
    base = next((other.best for other in every if (other.system, other.part) == ("cnn", part)), None)
    return one.best / base if base else None


def print_report(report: Report, console: Console) -> None:
    """Write one table for each part that was measured, and the published figures."""
    if report.about:
        _print(console, "Measured on", ("what", "value"), ([name, str(value)] for name, value in report.about.items()))
    if report.names:
        _print_names(report.names, console)
    if report.grammar:
        _print_grammar(report.grammar, console)
    if report.speed:
        rows = (
            [one.system, one.part, f"{one.best:,.0f}", f"{one.middle:,.0f}", _ratio(_to_cnn(one, report.speed))] for one in report.speed
        )
        _print(console, "Words per second of CPU time, one core", ("system", "part", "best round", "median", "times the CNN"), rows)
    if report.footprint:
        _print_footprint(report, console)
    _print_published(console)


def _print(console: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 2) -> None:
    """Print a table; the first `left` columns are words, the others numbers."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for place, name in enumerate(columns):
        table.add_column(name, justify="left" if place < left else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table, markup=False)
    console.print()


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _print_names(names: Mapping[tuple[str, str], NameFigures], console: Console) -> None:
    labels = sorted({label for figures in names.values() for label in figures.labels})
    exact = (
        [
            *key,
            _share(one.mentions.f1),
            f"{one.low:.3f}-{one.high:.3f}",
            *(_share(one.labels[label].f1 if label in one.labels else None) for label in labels),
        ]
        for key, one in names.items()
    )
    _print(
        console, "Names, F1, exact span and label (95 % interval over articles)", ("system", "way", "mentions", "interval", *labels), exact
    )
    groups = [EITHER, *(label for label in labels if label not in ("AGENCY", "ORG"))]
    loose = (
        [*key, _share(one.loose.f1), *(_share(one.loose_labels[group].f1 if group in one.loose_labels else None) for group in groups)]
        for key, one in names.items()
    )
    _print(console, "Names, F1, any overlap, AGENCY and ORG as one label", ("system", "way", "mentions_loose", *groups), loose)
    counts = next(iter(names.values())).labels
    console.print(
        "Names in the gold: " + ", ".join(f"{label} {counts[label].gold}" for label in counts) + ".\n", markup=False, highlight=False
    )


def _print_grammar(grammar: Mapping[str, GrammarFigures], console: Console) -> None:
    rows = (
        [system, given, *(_share(values.get(name)) for name in ("words", "tag", "uas", "las", "las_words", "lemma", "sentences"))]
        for system, figures in grammar.items()
        for given, values in figures.as_dict().items()
    )
    _print(
        console,
        "Grammar, F1 as in CoNLL 2018",
        ("system", "given", "words", "TAG", "UAS", "LAS", "LAS without punctuation", "lemma", "sentences"),
        rows,
    )


def _print_footprint(report: Report, console: Console) -> None:
    rows = (
        [
            system,
            f"{one.load:.2f}",
            f"{one.cpu:.2f}",
            *(f"{one.steps[step]:.2f}" if step in one.steps else "" for step in _STEPS),
            f"{one.memory / 1e6:.0f}",
            f"{one.memory_after / 1e6:.0f}",
            f"{report.sizes[system] / 1e6:.1f}" if system in report.sizes else "",
        ]
        for system, one in report.footprint.items()
    )
    columns = ("system", "seconds to the first text", "of them CPU", *_STEPS, "MB then", "MB after all texts", "MB on disk")
    _print(console, "Load time and peak memory, a process of its own", columns, rows, left=1)


def _print_published(console: Console) -> None:
    rows = (
        [
            one.name,
            *map(_share, (one.names, one.person, one.org, one.place, one.tag, one.uas, one.las, one.sentences)),
            "" if one.speed is None else f"{one.speed:,}",
            str(one.size),
        ]
        for one in PUBLISHED
    )
    columns = ("published by spaCy", "entities F", "PERSON", "ORG", "GPE", "TAG", "UAS", "LAS", "sentences", "words/s, CPU", "MB on disk")
    _print(console, "Not measured here: published figures of other pipelines", columns, rows, left=1)
    console.print(CAVEAT, markup=False, highlight=False)
    for source in SOURCES:
        console.print(f"  {source}", markup=False, highlight=False)
