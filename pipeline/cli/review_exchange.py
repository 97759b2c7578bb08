"""`peninsula review export`, `import`, `annotations`, `precision`: what becomes of decisions outside the desk."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer
from rich.console import Console
from rich.table import Table

from pipeline.cli.browse import open_for_reading
from pipeline.cli.console import as_long_as_read, complain, output_console
from pipeline.errors import StorageError, UsageError
from pipeline.kb.load import load_knowledge
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.review.annotations import Annotated as AnnotatedText
    from pipeline.review.exchange import ImportReport
    from pipeline.review.precision import Precision, PrecisionReport

__all__ = ["register"]

_SHOWN = 8
"""Rows of a dimension in the terminal; --json and --html have all."""


def export_(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE.jsonl", help="Where to write; - for standard output.")],
) -> None:
    """Write all decisions, one a line, with what was asked and who decided: enough to put them into a new database.

    Decisions that were taken back are among them, so that the whole record is kept. The file holds names and words of articles, no texts.

    Example: peninsula review export decisions.jsonl
    """
    from pipeline.review.exchange import export_decisions

    with open_for_reading(context.obj) as database:
        number = _write_lines(file, export_decisions(database))
    _tell(f"{number:,} decisions written to {file}", file)


def import_(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE.jsonl", help="What `peninsula review export` wrote; - for standard input.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be placed and write nothing.")] = False,
) -> None:
    """Put exported decisions into this database; those that are there already are left as they are.

    A line that is no decision, or whose item was decided here since, is named on standard error and left out; the exit code is then 3.
    Editors without an account get a disabled one. Run `peninsula review refresh` afterwards, so that stored articles follow.

    Example: peninsula review import decisions.jsonl --dry-run
    """
    from pipeline.review.exchange import import_decisions

    settings: Settings = context.obj
    with _open_input(file) as lines, open_for_reading(settings) as database:
        knowledge = load_knowledge(settings.kb_dir, settings.lists_dir)
        report = import_decisions(database, lines, knowledge, at=datetime.now(UTC), dry_run=dry_run)
    _print_import(report, dry_run=dry_run)
    if report.problems:
        raise typer.Exit(3)


def annotate(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="OUT.jsonl", help="Where to write; - for standard output.")],
    with_text: Annotated[
        bool, typer.Option("--with-text", help="Whole articles in the form of gold, for your own use: the texts belong to their outlets.")
    ] = False,
    docbin: Annotated[
        Path | None, typer.Option(metavar="FILE.spacy", help="Write the same as spaCy's DocBin, too, with texts.", show_default=False)
    ] = None,
) -> None:
    """Write what editors found right and wrong in texts as annotations: names, offices, events, amounts.

    Rows have the form of models/language/annotations: an article, offsets and labels, no text. They are partial: what they do not speak
    of was not looked at. `peninsula train --with-decisions` learns from the same, without a file.

    Example: peninsula review annotations decisions.jsonl --docbin decisions.spacy
    """
    from pipeline.review.annotations import read_annotations

    with open_for_reading(context.obj) as database:
        found = read_annotations(database)
    rows = (one.with_text() if with_text else one.row for one in found)
    number = _write_lines(file, ((json.dumps(row, ensure_ascii=False) + "\n").encode() for row in rows))
    _tell(f"{number:,} articles written to {file}", file)
    if docbin is not None:
        _tell(_write_docbin(found, docbin, context.obj), file)


def precision(
    context: typer.Context,
    since: Annotated[str | None, typer.Option(metavar="DAY", help="Only decisions made since this day.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: all names of every dimension.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with plots, which needs nothing but itself.", show_default=False)
    ] = None,
) -> None:
    """Tell how often the machine was right, as editors decided: by component, label, rule, list, publisher, language, and week by week.

    Figures of items drawn at random are honest; those of all decided items are biased, since what is uncertain is asked first.

    Example: peninsula review precision --since 2026-01-01 --html precision.html
    """
    from pipeline.cli.precision_page import render_precision
    from pipeline.review.precision import read_precision

    with open_for_reading(context.obj) as database:
        report = read_precision(database, since=_day(since))
    if html is not None:
        _write_whole(html, render_precision(report).encode())
        Console(stderr=True).print(f"page written to {html}", highlight=False)
    if as_json:
        typer.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=1))
    elif html is None:
        _print_precision(output_console(), report)


# --- files ------------------------------------------------------------------------------------------------------------


def _write_lines(file: str, lines: Iterable[bytes]) -> int:
    """Write lines and return how many; a file is there whole or not at all."""
    if file == "-":
        with as_long_as_read():
            return _copy(lines, sys.stdout.buffer)
    path = Path(file)
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("wb") as stream:
            number = _copy(lines, stream)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StorageError(f"cannot be written: {error.strerror}", path=path) from error
    return number


def _copy(lines: Iterable[bytes], stream: BinaryIO) -> int:
    number = 0
    for line in lines:
        stream.write(line)
        number += 1
    return number


def _write_whole(path: Path, content: bytes) -> None:
    _write_lines(os.fspath(path), [content])


@contextmanager
def _open_input(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
        return
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(Path(file).open("rb"))
        except OSError as error:
            raise UsageError(f"{file} cannot be read: {error.strerror}") from error
        yield stream


def _write_docbin(found: Iterable[AnnotatedText], path: Path, settings: Settings) -> str:
    # Imported here because the language stages take seconds to import.
    from pipeline.analyse import LANGUAGES, Analyser
    from pipeline.review.docbin import make_docbin

    analyser = Analyser(settings.model_copy(update={"model": "blank", "event_reader": False}))
    binned = make_docbin(found, {lang: analyser.pipeline(lang).make_doc for lang in LANGUAGES})
    _write_whole(path, binned.docs.to_bytes())
    missing = f"; {binned.left_out} spans left out, whose ends lie within words" if binned.left_out else ""
    return f"{binned.number:,} documents written to {path}{missing}"


def _day(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError as error:
        raise UsageError(f"--since {value}: give a day, such as 2026-01-31") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


# --- for people -------------------------------------------------------------------------------------------------------


def _tell(message: str, file: str) -> None:
    """Say what was written: not among the lines, where those go to standard output."""
    console = Console(stderr=True) if file == "-" else output_console()
    console.print(message, highlight=False, soft_wrap=True)


def _print_import(report: ImportReport, *, dry_run: bool) -> None:
    for problem in report.problems:
        complain(f"line {problem.line}: {problem.why}")
    console = output_console()
    done = "would be placed" if dry_run else "placed"
    console.print(f"{report.placed:,} decisions {done}, {report.known:,} were there already", highlight=False)
    if report.new_items:
        console.print(f"{report.new_items:,} of their items were not asked here yet: they find their places when they are", highlight=False)
    if report.nowhere:
        console.print(f"{report.nowhere:,} names and events were added to texts that are not here: their places are lost", highlight=False)
    if report.new_editors:
        console.print(f"disabled accounts for {', '.join(report.new_editors)}: `peninsula users enable` lets them in", highlight=False)


def _print_precision(console: Console, report: PrecisionReport) -> None:
    _print_part(console, "Items drawn at random: how right the machine is where nobody looks", report.sampled)
    _print_part(console, "All decided items (biased: what is uncertain is asked first)", report.everything)


def _print_part(console: Console, title: str, measured: Precision) -> None:
    from pipeline.review.precision import DIMENSIONS
    from pipeline.web.precision_plots import say_rate

    if measured.overall is None:
        console.print(f"{title}: none was decided yet", highlight=False)
        return
    table = Table(title=f"{title}: {say_rate(measured.overall)}", title_justify="left")
    for name, justify in (
        ("by", "left"),
        ("", "left"),
        ("precision", "right"),
        ("95 %", "right"),
        ("right", "right"),
        ("decided", "right"),
    ):
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    groups: dict[str, Any] = {heading: measured.by[name] for name, heading in DIMENSIONS.items()} | {"Week from": measured.weeks}
    for heading, rates in groups.items():
        for place, rate in enumerate(rates[-_SHOWN:] if heading == "Week from" else rates[:_SHOWN]):
            numbers = (f"{rate.precision:.1%}", f"{rate.low:.1%}–{rate.high:.1%}", f"{rate.right:,}", f"{rate.judged:,}")
            table.add_row("" if place else heading, rate.name, *numbers, end_section=place == len(rates[:_SHOWN]) - 1)
    console.print(table)


def register(app: typer.Typer) -> None:
    """Add the commands to `peninsula review`."""
    app.command("export")(export_)
    app.command("import")(import_)
    app.command("annotations")(annotate)
    app.command()(precision)
