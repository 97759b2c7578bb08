"""Reports and rows as tables for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.cli.feeds_render import OUTCOME_STYLES

if TYPE_CHECKING:
    from pipeline.run.report import RunReport

__all__ = ["format_amount", "format_date", "print_entities", "print_events", "print_report"]

_MODALITY_STYLE = {
    "asserted": "green",
    "alleged": "yellow",
    "denied": "red",
    "planned": "cyan",
    "possible": "magenta",
    "called_for": "blue",
}


def print_report(console: Console, report: RunReport) -> None:
    """Print what a run did: feeds, pages, articles, events, and every problem by name."""
    title = "Dry run (nothing was written)" if report.dry_run else f"Run {report.run_id}"
    console.print(_feed_table(report, title))
    for name, counts in (("pages", report.pages), ("articles", report.articles), ("analysed", report.analysed), ("rows", report.rows)):
        console.print(f"[bold]{name:9}[/] {_counts(counts)}")
    if report.boilerplate:
        console.print(f"[bold]{'cut':9}[/] {report.boilerplate.total()} paragraphs of boilerplate: {escape(_counts(report.boilerplate))}")
    if report.stories:
        console.print(f"[bold]{'stories':9}[/] {report.stories['stories']} stories in {report.stories['texts']} texts")
    for problem in report.problems:
        style = "dim" if problem.state == "skipped" else "yellow"
        console.print(f"[{style}]{problem.stage} {problem.state}[/]  {escape(problem.url)}  {escape(problem.reason)}", soft_wrap=True)
    took = sum(report.seconds.values())
    console.print(f"[bold]exit code {report.exit_code}[/]: {escape(report.reason)}; {took:.1f} s")


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items())) or "nothing to do"


def _feed_table(report: RunReport, title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for name, justify in (
        ("feed", "left"),
        ("outcome", "left"),
        ("new", "right"),
        ("known", "right"),
        ("updated", "right"),
        ("note", "left"),
    ):
        table.add_column(name, justify="right" if justify == "right" else "left", overflow="fold")
    for line in report.feeds:
        note = "; ".join(text for text in (line.turn, line.reason, line.suggestion, *line.warnings) if text)
        numbers = (str(line.new), str(line.known), str(line.updated)) if line.outcome.polled else ("", "", "")
        table.add_row(line.feed_id, f"[{OUTCOME_STYLES[line.outcome]}]{line.outcome}[/]", *numbers, escape(note))
    return table


def print_events(console: Console, rows: Sequence[Mapping[str, Any]], *, total: int) -> None:
    """Print events as a table: when, what, who, to whom, how much, how certain, told by whom; background events are dim.

    An event that several articles tell is one row here, with the stretch of the amounts and the dates they give; CSV and JSON Lines have
    a row for each article.
    """
    events: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        events.setdefault(row["event_id"], []).append(row)
    table = Table(title=f"{len(events)} of {total} events", title_justify="left")
    table.add_column("date", no_wrap=True)
    for name in ("event", "who", "to whom", "how much", "certainty, according to", "told by"):
        table.add_column(name, overflow="fold")
    table.add_column("id", no_wrap=True, style="dim")
    if any(row["sanctioned_ids"] for row in rows):
        table.add_column("matched to lists", overflow="fold", style="red")
    for told in events.values():
        table.add_row(*_event_cells(told)[: len(table.columns)], style="dim" if told[0]["background"] else None)
    console.print(table)


def _event_cells(told: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the cells of one event, given as the rows of the articles that tell it."""
    row = told[0]
    kind = row["type"] + (f" {row['subtype']}" if row["subtype"] else "")
    said = f", {escape(row['speaker'])}" if row["speaker"] else ""
    more = f" and {row['n_articles'] - 1} more" if row["n_articles"] > 1 else ""
    sources = f", {row['n_sources']} sources" if row["n_sources"] > 1 else ", 1 source" if more else ""
    listed = sorted({entry for one in told for entry in (one["sanctioned_ids"] or "").split(" | ") if entry})
    return (
        _dates(told),
        f"[bold]{kind}[/]",
        escape(row["actors"] or ""),
        escape(row["targets"] or ""),
        _amounts(told),
        f"[{_MODALITY_STYLE[row['modality']]}]{row['modality']}[/]{said}",
        escape(row["publisher"]) + more + sources,
        row["event_id"],
        escape(" | ".join(listed)),
    )


def _dates(told: Sequence[Mapping[str, Any]]) -> str:
    first, *others = dict.fromkeys(format_date(row, sep="\n") for row in told if row["date_start"] or row["date_end"]) or [""]
    return "\nor ".join([first, *others])


def _amounts(told: Sequence[Mapping[str, Any]]) -> str:
    """Return what the articles give as amounts: one, or for each currency the least and the greatest."""
    by_currency: dict[str, list[Mapping[str, Any]]] = {}
    for row in told:
        if row["amount_value"] is not None or row["amount_currency"]:
            by_currency.setdefault(row["amount_currency"] or "", []).append(row)
    return "\n".join(_stretch(rows) for rows in by_currency.values())


def _stretch(rows: Sequence[Mapping[str, Any]]) -> str:
    numbered = sorted((row for row in rows if row["amount_value"] is not None), key=lambda row: float(row["amount_value"]))
    if not numbered or numbered[0]["amount_value"] == numbered[-1]["amount_value"]:
        return format_amount(numbered[0] if numbered else rows[0])
    return f"{_short(numbered[0]['amount_value'])} to {_short(numbered[-1]['amount_value'])} {numbered[0]['amount_currency']}"


def format_date(row: Mapping[str, Any], *, sep: str = " ") -> str:
    """Return the date of an event as people write it, "" where it has none."""
    start, end = row["date_start"], row["date_end"]
    if start == end or end is None or start is None:
        return start or end or ""
    return f"{start}{sep}to {end}"


def format_amount(row: Mapping[str, Any]) -> str:
    """Return the amount of a row of `v_events_flat`, "" where it has none."""
    if row["amount_value"] is None:
        return row["amount_currency"] or ""
    sign = {"approx": "~", "at_least": "≥", "at_most": "≤"}.get(row["amount_bound"], "")
    return f"{sign}{_short(row['amount_value'])} {row['amount_currency'] or ''}".rstrip()


def _short(value: float) -> str:
    """Return a number as people say it: 44.5 billion."""
    for unit, name in ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")):
        if value >= unit:
            return f"{value / unit:.4g}{name}"
    return f"{value:,.10g}"


def print_entities(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print entities with how often they are named and what is known of them."""
    table = Table(title=f"{len(rows)} entities, most often named first", title_justify="left")
    for name in ("label", "name", "country", "mentions", "articles", "role", "affiliation", "matched to list entries", "id"):
        table.add_column(name, overflow="fold")
    for row in rows:
        cells = (row["label"], row["name"], row["country"], row["mentions"], row["articles"], row["role"], row["affiliation"])
        table.add_row(*(escape("" if cell is None else str(cell)) for cell in cells), ", ".join(row["sanctions"]), row["id"])
    console.print(table)
