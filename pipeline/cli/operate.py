"""`peninsula doctor`, `prune` and `runs`: look after the program."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.cli.browse import open_for_reading
from pipeline.cli.console import ProgressBar, complain, output_console
from pipeline.cli.html_file import write_page
from pipeline.cli.runs_page import render_runs
from pipeline.errors import UsageError
from pipeline.operate.runs import RunSummary, summarise
from pipeline.settings import Settings
from pipeline.store.engine import reading
from pipeline.store.history import RunRecord, find_run, last_runs
from pipeline.text.printable import printable

if TYPE_CHECKING:
    from pipeline.operate.doctor import Finding
    from pipeline.operate.prune import PruneReport

__all__ = ["register"]

JsonOption = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]

_AGE = re.compile(r"(?P<number>[1-9]\d{0,4})(?P<unit>[dw])")
_UNITS = {"d": timedelta(days=1), "w": timedelta(weeks=1)}
_LEVEL_STYLE = {"ok": "green", "warning": "yellow", "fault": "bold red"}


def doctor(
    context: typer.Context,
    network: Annotated[bool, typer.Option("--network", help="Ask the server of a feed for the time, and so try the network.")] = False,
    deep: Annotated[bool, typer.Option("--deep", help="Read the whole database and every raw body, which takes minutes.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Examine the installation: one line a check, and what to do where one finds something. Nothing is changed.

    Exit code 0 where all is well, 3 where there is a warning, 78 where there is a fault.

    Example: peninsula doctor --network
    """
    # Imported here because the language stages take seconds to import, and the other commands do without them.
    from pipeline.operate.doctor import examine, exit_code_of

    settings: Settings = context.obj
    findings = examine(settings, options=_given_options(context), network=network, deep=deep, watcher=ProgressBar())
    if as_json:
        _write_json([finding.as_dict() for finding in findings])
    else:
        _print_findings(output_console(), findings)
    raise typer.Exit(exit_code_of(findings))


def prune(
    context: typer.Context,
    older_than: Annotated[str, typer.Option("--older-than", metavar="AGE", help="Days or weeks since a body was stored: 90d, 12w.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be removed, and remove nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove old raw bodies that nothing rests on, and files of the raw store that belong to no body.

    What stays, however old: the bodies of texts that tell an event or hold a link to a list, the last body of every article, and the
    last one of every feed. It may be interrupted at any time, and is then simply run again.

    Example: peninsula prune --older-than 90d --dry-run
    """
    # Imported here because the run takes seconds to import, and the other commands do without it.
    from pipeline.operate.prune import prune as prune_bodies

    settings: Settings = context.obj
    age = _read_age(older_than)
    try:
        report = prune_bodies(settings, older_than=age, dry_run=dry_run, watcher=ProgressBar())
    except KeyboardInterrupt:
        complain("interrupted; nothing is lost, run it again to go on")
        raise typer.Exit(130) from None
    if as_json:
        _write_json(_prune_as_data(report))
    else:
        _print_prune(output_console(), report)


def runs(
    context: typer.Context,
    run_id: Annotated[
        str | None, typer.Argument(metavar="[RUN_ID]", help="Show this run alone; its first letters do.", show_default=False)
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="PAGE.html", help="Write a page with plots of the runs instead.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="The last so many.")] = 30,
    as_json: JsonOption = False,
) -> None:
    """Show the last nightly runs in a line each, or one of them with its steps, feeds and problems.

    Example: peninsula runs --html runs.html
    """
    if run_id is not None and html is not None:
        raise UsageError("--html draws the last runs: leave the run out")
    settings: Settings = context.obj
    with open_for_reading(settings) as database, reading(database) as connection:
        found = last_runs(connection, limit=limit) if run_id is None else [find_run(connection, run_id)]
    if run_id is not None:
        _write_json(_run_as_data(found[0])) if as_json else _print_run(output_console(), found[0])
        return
    lines = [summarise(run) for run in found]
    if html is not None:
        write_page(html, render_runs(lines[::-1], found[0].report if found else {}))
    if as_json:
        _write_json([line.as_dict() for line in lines])
    elif html is not None:
        sys.stdout.write(f"{html}: {len(lines)} runs\n")
    else:
        _print_runs(output_console(), lines)


def _given_options(context: typer.Context) -> list[str]:
    """Return the names of the settings that were given on the command line."""
    root = context.find_root()
    sources = {name: root.get_parameter_source(name) for name in root.params}
    return [name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"]


def _read_age(value: str) -> timedelta:
    matched = _AGE.fullmatch(value)
    if matched is None:
        raise UsageError(f"--older-than {value}: give days or weeks, such as 90d or 12w")
    return int(matched["number"]) * _UNITS[matched["unit"]]


# --- output ---------------------------------------------------------------------------------------------------------


def _print_findings(console: Console, findings: Sequence[Finding]) -> None:
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        style, level = _LEVEL_STYLE[finding.level], str(finding.level)
        remedy = f". {finding.remedy[:1].upper()}{finding.remedy[1:]}" if finding.remedy else ""
        line = f"[{style}]{level:7}[/]  {finding.check:{width}}  {escape(printable(finding.message) + remedy)}"
        console.print(line, soft_wrap=True, highlight=False)


def _prune_as_data(report: PruneReport) -> dict[str, Any]:
    counts = {name: getattr(report, name) for name in ("dry_run", "bodies", "orphans", "freed_bytes", "needed", "files")}
    return {"before": report.before.isoformat()} | counts


def _print_prune(console: Console, report: PruneReport) -> None:
    done = "would be removed" if report.dry_run else "removed"
    console.print(
        f"{report.bodies} bodies stored before {report.before:%Y-%m-%d} and {report.orphans} files of no body {done}, "
        f"{report.freed_bytes / 1e6:,.1f} MB; {report.needed} as old stay, since they are needed; {report.files} files looked at",
        soft_wrap=True,
        highlight=False,
    )


def _print_runs(console: Console, lines: Sequence[RunSummary]) -> None:
    table = Table(title=f"The last {len(lines)} runs, newest first", title_justify="left")
    for name in ("start (UTC)", "took"):
        table.add_column(name, no_wrap=True)
    for name in ("exit", "feeds ok", "new", "analysed", "events", "problems"):
        table.add_column(name, justify="right")
    table.add_column("how it ended", overflow="fold")
    table.add_column("id", no_wrap=True, style="dim")
    for line in lines:
        style = "green" if line.exit_code == 0 else "yellow" if line.exit_code in {None, 3} else "red"
        table.add_row(
            f"{line.started_at:%Y-%m-%d %H:%M}",
            _duration(line.seconds),
            f"[{style}]{'?' if line.exit_code is None else line.exit_code}[/]",
            f"{line.feeds_ok}/{line.feeds_polled}",
            *(str(number) for number in (line.new_articles, line.analysed, line.events, line.problems)),
            escape(line.reason) if line.exit_code is not None else "at work, or killed",
            line.id,
        )
    console.print(table)


def _print_run(console: Console, run: RunRecord) -> None:
    line = summarise(run)
    ended = "at work, or killed" if run.exit_code is None else f"exit code {run.exit_code}: {run.reason}"
    console.print(f"[bold]{run.id}[/]  {run.started_at:%Y-%m-%d %H:%M} UTC, {_duration(line.seconds)}; {escape(ended)}", soft_wrap=True)
    steps = ", ".join(f"{name} {_duration(seconds)}" for name, seconds in line.steps.items())
    counts = f"{line.new_articles} new articles, {line.analysed} analysed, {line.events} events, {line.problems} problems"
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    for name, text in (("steps", steps), ("articles", counts), ("versions", versions)):
        console.print(f"[bold]{name:9}[/] {escape(text) or 'none'}", soft_wrap=True, highlight=False)
    console.print(_feed_table(run))
    for problem in run.report.get("problems", ()):
        style = "dim" if problem["state"] == "skipped" else "yellow"
        told = f"[{style}]{problem['stage']} {problem['state']}[/]  {escape(printable(problem['url']))}  {escape(printable(problem['reason']))}"
        console.print(told, soft_wrap=True, highlight=False)


def _feed_table(run: RunRecord) -> Table:
    table = Table(title="Feeds", title_justify="left")
    for name in ("feed", "outcome"):
        table.add_column(name, overflow="fold")
    for name in ("new", "known", "updated", "seconds"):
        table.add_column(name, justify="right")
    table.add_column("note", overflow="fold")
    for feed in run.report.get("feeds", ()):
        note = "; ".join(text for text in (feed["reason"], *feed["warnings"]) if text)
        numbers = (str(feed["new"]), str(feed["known"]), str(feed["updated"]), f"{feed['seconds']:.1f}")
        table.add_row(escape(feed["feed_id"]), feed["outcome"], *numbers, escape(printable(note)))
    return table


def _run_as_data(run: RunRecord) -> dict[str, Any]:
    return {
        "id": run.id,
        "command": run.command,
        "started_at": run.started_at.isoformat(),
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
        "exit_code": run.exit_code,
        "reason": run.reason,
        "versions": dict(run.versions),
        "report": dict(run.report),
    }


def _duration(seconds: float | None) -> str:
    """Return a length of time as people say it: 12.5 s, 14 min, 2 h 05 min."""
    if seconds is None:
        return ""
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def _write_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(doctor)
    app.command()(prune)
    app.command()(runs)
