"""`peninsula reprocess`, `quarantine`, `retry`: run stages again over what is stored, and see to what did not get through."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.cli.browse import LimitOption, open_for_reading
from pipeline.cli.console import ProgressBar, complain, output_console
from pipeline.errors import UsageError
from pipeline.store.engine import reading
from pipeline.store.reprocess import Selection, Waiting, find_waiting

if TYPE_CHECKING:
    from pipeline.run.reprocess import ReprocessReport

__all__ = ["register"]

JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for programs.")]


class StageName(StrEnum):
    """A stage that can be run again."""

    EXTRACT = "extract"
    TAG = "tag"
    LINK = "link"
    EVENTS = "events"
    STORIES = "stories"


def reprocess(
    context: typer.Context,
    stage: Annotated[
        StageName | None, typer.Option("--stage", help="Only this stage (default: extract, tag, link and events).", show_default=False)
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DAY", help="Only what was published on this day or later.", show_default=False)
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="Only what this language pipeline read.", show_default=False)] = None,
    feeds: Annotated[list[str] | None, typer.Option("--feed", help="Only articles of this feed; may be repeated.")] = None,
    articles: Annotated[list[str] | None, typer.Option("--article", help="Only this article, by id or address; may be repeated.")] = None,
    changed: Annotated[
        bool, typer.Option("--changed", help="Only what other versions made than those in force (default where nothing else is asked for).")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what is due, by stage and reason, and change nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Run stages again over stored articles, after an extractor, a stage, a model or a list changed.

    Without options only what was made by other versions than those in force is taken. tag, link and events are read together, for
    each rests on the one before; --stage tells whose version is looked at. With --stage link other versions of the lists count too, and
    with --stage stories copies and merges are found anew from --since on.

    Nothing is overwritten: a text that differs is a new version, an event that tells the same keeps its id, one that is no longer told is
    withdrawn, and names, matches and amounts that are no longer found are superseded; both stay stored, are shown no more, and come back
    when they are found again. What people decided stays. Where a newer extractor gives the same text another title or date, these follow,
    and the article is due to be read again. A run that was killed is run again.

    Example: peninsula reprocess --stage events --since 2025-10-01 --dry-run
    """
    # Imported here because the language stages take seconds to import, and most commands do without them.
    from pipeline.run.reprocess import reprocess as run_reprocess

    filtered = bool(since or model or feeds or articles)
    wanted = Selection(
        stage=stage.value if stage else None,
        since=_read_day(since),
        model=model,
        feeds=tuple(feeds or ()),
        articles=tuple(articles or ()),
        changed=changed or not filtered,
    )
    try:
        report = run_reprocess(context.obj, wanted, dry_run=dry_run, watcher=ProgressBar())
    except KeyboardInterrupt:
        complain("interrupted; nothing is lost, run it again to go on")
        raise typer.Exit(130) from None
    if as_json:
        _write_json(report.as_dict())
    else:
        _print_report(output_console(), report)
    raise typer.Exit(report.exit_code)


def quarantine(context: typer.Context, limit: LimitOption = 50, as_json: JsonOption = False) -> None:
    """List what did not get through a stage: how many for each reason, then one by one, longest waiting first.

    What failed is tried again by itself at the time shown; what is in quarantine waits for `peninsula retry`.

    Example: peninsula quarantine --json
    """
    with open_for_reading(context.obj) as database, reading(database) as connection:
        waiting = find_waiting(connection)
    if as_json:
        _write_json({"groups": _groups(waiting), "items": [_plain(one) for one in waiting]})
    else:
        _print_waiting(output_console(), waiting, limit=limit)


def retry(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Articles or versions: ids, beginnings of them, or addresses.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Only what waits for this reason, as `quarantine` names it.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that failed or is in quarantine.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be put back, and change nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Put what failed or is in quarantine back in line: the next `peninsula ingest` takes it up, with all its attempts before it.

    Example: peninsula retry --reason http_404 --dry-run
    """
    from pipeline.run.reprocess import retry as run_retry

    chosen = run_retry(context.obj, names or (), reason=reason, everything=everything, dry_run=dry_run)
    if as_json:
        _write_json({"dry_run": dry_run, "groups": _groups(chosen), "items": [_plain(one) for one in chosen]})
        return
    console = output_console()
    console.print("[bold]would be put back (nothing was written)[/]" if dry_run else "[bold]put back; the next ingest takes them up[/]")
    for one in chosen:
        console.print(f"{one.stage}  {one.id}  {escape(one.url)}  {escape(one.reason)}", highlight=False, soft_wrap=True)
    console.print(f"{len(chosen)} items", highlight=False)


def _read_day(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return datetime.combine(datetime.fromisoformat(value).date(), time(), UTC)
    except ValueError:
        raise UsageError(f"--since {value}: give a day such as 2025-11-04") from None


def _write_json(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def _plain(one: Waiting) -> dict[str, Any]:
    times = {name: at.isoformat() if (at := getattr(one, name)) else None for name in ("since", "next_attempt_at")}
    return asdict(one) | {"state": one.state.value} | times


def _groups(waiting: Sequence[Waiting]) -> list[dict[str, Any]]:
    """Return how many wait for each stage, state and kind of reason, and since when the first of them: most first."""
    counts = Counter((one.stage, one.state.value, one.kind) for one in waiting)
    since = {key: [one.since for one in waiting if (one.stage, one.state.value, one.kind) == key and one.since] for key in counts}
    return [
        {"stage": key[0], "state": key[1], "kind": key[2], "count": number, "since": min(since[key]).isoformat() if since[key] else None}
        for key, number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


# --- for people -------------------------------------------------------------------------------------------------------


def _print_report(console: Console, report: ReprocessReport) -> None:
    run = report.run
    title = "would be processed again (nothing was written)" if run.dry_run else f"run {run.run_id}"
    console.print(f"[bold]{title}[/]", highlight=False)
    table = Table()
    table.add_column("stage")
    table.add_column("reason", overflow="fold")
    table.add_column("due", justify="right")
    for (stage, reason), number in sorted(report.due.items()):
        table.add_row(stage, escape(reason), str(number))
    console.print(table)
    if report.resumed:
        console.print("an earlier run of the same had not finished: this one went on where it stopped", highlight=False)
    for name, counts in (("articles", run.articles), ("read", run.analysed), ("brought", report.changes)):
        if counts:
            console.print(f"[bold]{name:9}[/] " + ", ".join(f"{number} {what}" for what, number in sorted(counts.items())), highlight=False)
    for problem in run.problems:
        console.print(
            f"[yellow]{problem.stage} {problem.state}[/]  {escape(problem.url)}  {escape(problem.reason)}", highlight=False, soft_wrap=True
        )
    console.print(f"[bold]exit code {report.exit_code}[/]: {escape(run.reason)}", highlight=False, soft_wrap=True)


def _print_waiting(console: Console, waiting: Sequence[Waiting], *, limit: int) -> None:
    if not waiting:
        console.print("nothing waits", highlight=False)
        return
    groups = Table(title=f"{len(waiting)} wait", title_justify="left")
    for name in ("stage", "state", "reason", "how many", "the first since"):
        groups.add_column(name, justify="right" if name == "how many" else "left", overflow="fold")
    for group in _groups(waiting):
        groups.add_row(group["stage"], group["state"], escape(group["kind"]), str(group["count"]), (group["since"] or "")[:16])
    console.print(groups)
    for one in waiting[:limit]:
        since = f"since {one.since:%Y-%m-%d %H:%M} UTC" if one.since else "since a time that was not kept"
        tried = f", {one.attempts} attempts" if one.attempts else ""
        again = f", tried again after {one.next_attempt_at:%Y-%m-%d %H:%M} UTC" if one.next_attempt_at else ""
        console.print(f"\n[bold]{one.stage}[/] {one.state} {one.id} {since}{tried}{again}", highlight=False, soft_wrap=True)
        console.print(f"  {escape(one.url)}\n  {escape(one.reason)}", highlight=False, soft_wrap=True)
    if len(waiting) > limit:
        console.print(f"\n{len(waiting) - limit} more: --limit shows them", highlight=False)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (reprocess, quarantine, retry):
        app.command()(command)
