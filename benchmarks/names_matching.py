"""`python -m benchmarks.names_matching`: names of persons compared and looked up, beside other matchers.

Accuracy on labelled pairs, retrieval among listed persons, look-ups a second over a whole list, and a million names in
SQLite. Figures are those of one machine; every comparison with other software is made in the same run.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.name_lookup import (
    figures_as_rows,
    measure_database,
    measure_list,
    measure_retrieval,
    read_list,
    synthetic_names,
)
from benchmarks.name_pairs import at_shipped_threshold, matchers, nomenklatura_missing, read_pairs, score_matcher
from benchmarks.speed import on_one_core
from pipeline.cli.console import complain, output_console
from pipeline.errors import PeninsulaError, StorageError, UsageError

__all__ = ["NamesRequest", "main", "measure", "parse"]

_QUERIES = 1000


@dataclass(frozen=True, slots=True)
class NamesRequest:
    """What to measure, on what."""

    pairs: Path
    sdn: Path
    alt: Path
    database: int = 1_000_000
    rounds: int = 20
    json: Path | None = None


def parse(arguments: Sequence[str]) -> NamesRequest:
    """Read the command line. Raises UsageError for wrong values; argparse itself ends the program for wrong options."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.names_matching",
        description="Accuracy and speed of the comparison of persons' names, beside rapidfuzz and, where installed, nomenklatura.",
        epilog="nomenklatura comes with the extra `compare`; its dependency pyicu is built from source and needs ICU's headers and a C++ "
        "compiler. Without it the report says so.",
    )
    parser.add_argument("--pairs", type=Path, required=True, metavar="FILE.tsv", help="columns name_a, name_b, same (0 or 1), source")
    parser.add_argument("--sdn", type=Path, required=True, metavar="FILE.csv[.gz]", help="OFAC's sdn.csv")
    parser.add_argument("--alt", type=Path, required=True, metavar="FILE.csv[.gz]", help="OFAC's alt.csv")
    parser.add_argument("--database", type=int, default=1_000_000, metavar="N", help="made-up names in SQLite (default: a million)")
    parser.add_argument("--rounds", type=int, default=20, metavar="N", help="random halves for the thresholds (default: 20)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    given = parser.parse_args(arguments)
    for option in ("database", "rounds"):
        if getattr(given, option) < 1:
            raise UsageError(f"--{option} {getattr(given, option)}: at least one is needed")
    if given.json is not None and not given.json.resolve().parent.is_dir():
        raise UsageError(f"--json {given.json}: the folder does not exist")
    return NamesRequest(given.pairs, given.sdn, given.alt, given.database, given.rounds, given.json)


def measure(request: NamesRequest) -> dict[str, Any]:
    """Measure everything on one core and return plain JSON values."""
    pairs, listed = read_pairs(request.pairs), read_list(request.sdn, request.alt)
    with on_one_core() as core, tempfile.TemporaryDirectory() as folder:
        figures = [score_matcher(name, matcher, pairs, request.rounds).as_dict() for name, matcher in matchers().items()]
        names = synthetic_names(request.database, listed)
        # Queries come from another seed: made like the stored names, but others.
        queries = synthetic_names(_QUERIES, listed, seed=2)
        return {
            "about": {"python": platform.python_version(), "machine": platform.machine(), "core": core, "pairs": len(pairs)},
            "pairs": figures,
            "nomenklatura": nomenklatura_missing() or "installed",
            "verdicts": at_shipped_threshold(pairs),
            "retrieval": measure_retrieval(listed, pairs),
            "list": measure_list(listed),
            "database": measure_database(Path(folder) / "names.db", names, queries),
        }


def print_figures(figures: dict[str, Any], console: Console) -> None:
    """Write one table for each part."""
    _print(console, "Measured on", ("what", "value"), figures_as_rows(figures["about"]))
    columns = ("matcher", "AUC", "threshold", "precision", "recall", "false-positive rate", "recall at 5 % of it", "µs a pair")
    rows = ([row["matcher"], *(f"{row[name]:.3f}" for name in list(row)[1:-1]), f"{row['microseconds']:.0f}"] for row in figures["pairs"])
    _print(console, "Pairs; threshold tuned on random halves, scored on the others, classes weighted equally", columns, rows)
    if figures["nomenklatura"] != "installed":
        console.print(figures["nomenklatura"] + "\n", markup=False, highlight=False)
    verdicts = ([source, *(str(value) for value in counts.values())] for source, counts in figures["verdicts"].items())
    _print(console, "Our verdicts as shipped", ("source", "same", "different", "missed", "false"), verdicts)
    for part, title in (("retrieval", "Retrieval"), ("list", "Look-ups over the whole list"), ("database", "By key in SQLite")):
        _print(console, title, ("what", "value"), figures_as_rows(figures[part]))


def _print(console: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(title=title, title_justify="left", title_style="bold")
    for place, name in enumerate(columns):
        table.add_column(name, justify="right" if place else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table, markup=False)
    console.print()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables and return the exit code; errors become one line on standard error."""
    try:
        request = parse(sys.argv[1:] if arguments is None else arguments)
        figures = measure(request)
        print_figures(figures, output_console())
        if request.json is not None:
            _write(request.json, figures)
    except PeninsulaError as error:
        complain(str(error))
        return error.exit_code
    return 0


def _write(path: Path, figures: dict[str, Any]) -> None:
    try:
        path.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageError(f"cannot be written: {error.strerror}", path=path) from error


if __name__ == "__main__":
    sys.exit(main())
