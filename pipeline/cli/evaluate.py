"""`peninsula evaluate`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.console import ProgressBar, output_console
from pipeline.errors import AssertionFailed, UsageError
from pipeline.train.evaluate import evaluate as score
from pipeline.train.evaluate import format_figures, read_rows

if TYPE_CHECKING:
    from pipeline.analyse import Analyser

__all__ = ["register"]

_INPUT_FIELDS = ("id", "text", "title", "url", "publisher", "published", "lang")


def evaluate(
    context: typer.Context,
    gold: Annotated[Path, typer.Argument(metavar="GOLD.jsonl", help="Annotated articles, one a line, with their text.")],
    predictions: Annotated[
        Path | None, typer.Argument(metavar="[PREDICTIONS.jsonl]", help="Output of `peninsula extract`; made anew where it is left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
    errors: Annotated[int, typer.Option("--errors", metavar="N", min=0, help="List the first N errors.")] = 0,
    minimum: Annotated[
        list[str] | None, typer.Option("--min", metavar="NAME=VALUE", help="Exit 4 where a figure is below (harm: above); may be repeated.")
    ] = None,
    rules: Annotated[
        bool, typer.Option("--rules", help="Instead of figures, how often each rule was right; for the scores of the rules.")
    ] = False,
) -> None:
    """Score extraction against annotated articles.

    Without predictions the gold texts are extracted first. Figures are F1 unless their name says otherwise.

    Example: peninsula evaluate dev.jsonl --min events=0.4 --min harm=0.3
    """
    # Imported here because the language stages take seconds to import, and most commands do without them.
    from pipeline.analyse import Analyser

    wanted = read_rows(gold)
    if rules:
        from pipeline.extraction import analyse_document
        from pipeline.train.rules import count_rules, format_rules

        rows = ProgressBar().watch(_inputs(gold, wanted), step="extracting", total=len(wanted))
        analyser = Analyser(context.obj)
        counts = count_rules((wanted[row["id"]], analyse_document(row, analyser)) for row in rows)
        sys.stdout.write(format_rules(counts) + "\n")
        return
    found = read_rows(predictions) if predictions else _extract(gold, wanted, Analyser(context.obj))
    figures = score(wanted.values(), found.values(), errors=errors)
    console = output_console()
    if as_json:
        console.print_json(json.dumps(figures.as_dict(), ensure_ascii=False))
    else:
        console.print(format_figures(figures), markup=False, highlight=False, soft_wrap=True)
    _check_minimum(figures.as_dict(), minimum or [])


def _inputs(path: Path, gold: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the gold articles as input documents."""
    without = next((ident for ident, row in gold.items() if not isinstance(row.get("text"), str)), None)
    if without is not None:
        raise UsageError(f"{path}: article {without} has no text: give the predictions as second argument")
    return [{name: row.get(name) for name in _INPUT_FIELDS} for row in gold.values()]


def _extract(path: Path, gold: dict[str, dict[str, Any]], analyser: Analyser) -> dict[str, dict[str, Any]]:
    from pipeline.extraction import extract_document

    rows = ProgressBar().watch(_inputs(path, gold), step="extracting", total=len(gold))
    return {row["id"]: extract_document(row, analyser) for row in rows}


def _check_minimum(figures: dict[str, Any], rules: list[str]) -> None:
    low = []
    for rule in rules:
        name, _, limit = rule.partition("=")
        value = figures.get(name)
        if isinstance(value, dict):
            value = value.get("f1")
        if not isinstance(value, int | float):
            raise UsageError(f"--min {rule}: there is no figure {name!r}")
        try:
            bound = float(limit)
        except ValueError as error:
            raise UsageError(f"--min {rule}: {limit!r} is no number") from error
        if value > bound if name == "harm" else value < bound:
            low.append(f"{name} {value:.3f} (wanted {limit})")
    if low:
        raise AssertionFailed("below: " + ", ".join(low))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(evaluate)
