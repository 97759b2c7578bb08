"""`peninsula merge`, `unmerge`, `merges`, `changes`: which events are one, why, and what changed."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.merging import MACHINE, EventSummary, MergeRule, MergeStatus
from pipeline.cli.browse import Format, FormatOption, LimitOption, open_for_reading, write_rows
from pipeline.cli.console import output_console
from pipeline.errors import UsageError
from pipeline.store.changes import find_changes
from pipeline.store.engine import reading
from pipeline.store.merges import find_decisions, find_event_ids

if TYPE_CHECKING:
    from pipeline.run.merging import Outcome

__all__ = ["register"]

WhyOption = Annotated[str | None, typer.Option("--why", help="The reason, kept with the decision.", show_default=False)]
ByOption = Annotated[str | None, typer.Option("--by", help="Who decides (default: the user who is logged in).", show_default=False)]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Tell what would happen and change nothing.")]

_DECISION_COLUMNS = [
    *("id", "status", "loser_event_id", "winner_event_id", "type", "score", "reasons", "why", "decided_by", "maker_version"),
    *("decided_at", "ended_at", "loser_evidence", "winner_evidence"),
]
_CHANGE_COLUMNS = [
    *("number", "at", "kind", "event_id", "into_event_id", "type", "subtype", "modality", "date_start", "date_end", "merged_into"),
    *("n_mentions", "n_articles", "n_sources", "deleted_at"),
]


def merge(
    context: typer.Context,
    event: Annotated[str, typer.Argument(help="Id of an event, or the beginning of it.")],
    into: Annotated[str, typer.Argument(help="Id of the event that is to stand for it.")],
    why: WhyOption = None,
    by: ByOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Say that two events are one: the second stands for the first, and for all that stand under it.

    Both keep their ids, mentions and evidence. Your decision outweighs the machine's, on later nights too, until
    `peninsula unmerge` takes it back.

    Example: peninsula merge evt-3b9c1 evt-d7f1d --why "the same test, dated a day apart"
    """
    # Imported here because the run package brings the language stages, which take seconds to import.
    from pipeline.run.merging import merge_events

    outcome = merge_events(context.obj, event, into, by=_person(by), why=why, dry_run=dry_run)
    _print_outcome(output_console(), outcome, dry_run=dry_run)


def unmerge(
    context: typer.Context,
    event: Annotated[str, typer.Argument(help="Id of an event that stands with others, or the beginning of it.")],
    why: WhyOption = None,
    by: ByOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Say that an event is none of those it stands with: it stands for itself again, and the machine will not join them anew.

    Where you had merged it yourself, that is taken back.

    Example: peninsula unmerge evt-3b9c1 --why "a second launch, in the evening"
    """
    from pipeline.run.merging import unmerge_event

    outcome = unmerge_event(context.obj, event, by=_person(by), why=why, dry_run=dry_run)
    _print_outcome(output_console(), outcome, dry_run=dry_run)


def merges(
    context: typer.Context,
    event: Annotated[
        str | None, typer.Argument(help="Only decisions on this event and on all that stand with it.", show_default=False)
    ] = None,
    statuses: Annotated[
        list[MergeStatus] | None, typer.Option("--status", "-s", help="May be repeated. Candidates wait for you.", case_sensitive=False)
    ] = None,
    ended: Annotated[bool, typer.Option("--all", help="Decisions that no longer hold, too.")] = False,
    limit: LimitOption = 50,
    form: FormatOption = Format.TABLE,
) -> None:
    """List which events are one, may be one or are held apart: who decided it, and why, part by part.

    Example: peninsula merges --status candidate
    """
    with open_for_reading(context.obj) as database, reading(database) as connection:
        event_id = None
        if event is not None:
            found = find_event_ids(connection, event)
            if not found:
                raise UsageError(f"no event is called {event!r}: `peninsula events` shows ids")
            event_id = found[0] if len(found) == 1 or event in found else None
            if event_id is None:
                raise UsageError(f"several events begin with {event!r}: give more of the id")
        rows = find_decisions(connection, event=event_id, statuses=statuses or (), ended=ended, limit=limit)
    write_rows(rows, form, _DECISION_COLUMNS, lambda console: _print_decisions(console, rows))


def changes(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="ISO day or time; without an offset it is UTC.", show_default=False)
    ] = None,
    after: Annotated[int, typer.Option("--after", min=0, help="Only lines after this number: the last one you have seen.")] = 0,
    limit: LimitOption = 1000,
    form: FormatOption = Format.TABLE,
) -> None:
    """List what happened to events, oldest first: created, changed, merged into another, unmerged, withdrawn.

    Every line has a number. Keep the last one and give it as --after the next time, and you will see each change once.

    Example: peninsula changes --since 2025-11-07 --format jsonl
    """
    with open_for_reading(context.obj) as database, reading(database) as connection:
        rows = find_changes(connection, since=_check_time(since), after=after, limit=limit)
    write_rows(rows, form, _CHANGE_COLUMNS, lambda console: _print_changes(console, rows))


def _person(name: str | None) -> str:
    """Return who decides. Raises UsageError where nobody is logged in, and for the machine's own name."""
    if name is None:
        try:
            name = getpass.getuser()
        except (KeyError, OSError) as error:
            raise UsageError("nobody is logged in by name: give --by") from error
    if not name.strip() or name == MACHINE:
        raise UsageError(f"--by {name!r}: give the name of a person")
    return name


def _check_time(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError as error:
        raise UsageError(f"--since {value}: give a day or a time, such as 2025-11-04 or 2025-11-04T06:00+09:00") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


# --- for people -------------------------------------------------------------------------------------------------------


def _print_outcome(console: Console, outcome: Outcome, *, dry_run: bool) -> None:
    events = {event.id: event for event in outcome.events}
    moved = [event for event in sorted(events) if outcome.before[event] != outcome.after[event]]
    console.print("[bold]would change (nothing was written)[/]" if dry_run else "[bold]changed[/]")
    for event in moved:
        stands = outcome.after[event]
        told = "stands for itself" if stands == event else f"is merged into {stands}"
        console.print(f"{event} {told}: {escape(_headline(events[event]))}", highlight=False, soft_wrap=True)
    if not moved:
        console.print("no event stands under another one than before; the decision is kept", highlight=False)


def _headline(event: EventSummary) -> str:
    parties = ", ".join(sorted({party.name for party in event.parties}))
    parts = (event.type, event.subtype, event.modality, event.date_start, parties)
    return " ".join(part for part in parts if part)


_STATUS_STYLE = {MergeStatus.MERGED: "green", MergeStatus.CANDIDATE: "yellow", MergeStatus.APART: "red"}


def _print_decisions(console: Console, rows: list[Mapping[str, Any]]) -> None:
    for row in rows:
        rule = row["reasons"].get("rule")
        score = "" if row["score"] is None else f" {row['score']:.2f}"
        by = row["decided_by"] if row["decided_by"] == MACHINE else escape(row["decided_by"])
        ended = "" if row["ended_at"] is None else f", until {row['ended_at']:%Y-%m-%d %H:%M} UTC"
        ground = f", {rule}{score}" if rule else ""
        console.print(
            f"\n[{_STATUS_STYLE[row['status']]}]{row['status']}[/] [bold]{row['type']}[/] by {by} on "
            f"{row['decided_at']:%Y-%m-%d %H:%M} UTC{ended}{ground}",
            highlight=False,
        )
        if row["why"]:
            console.print(f"  {escape(row['why'])}", highlight=False, soft_wrap=True)
        for part in row["reasons"].get("parts", ()):
            if part["value"] is not None:
                console.print(f"  {part['name']} {part['value']:.2f}: {escape(part['why'])}", style="dim", highlight=False, soft_wrap=True)
        for side in ("loser", "winner"):
            evidence = " ".join((row[f"{side}_evidence"] or "").split())
            console.print(f"  {row[f'{side}_event_id']} {escape(evidence)}", highlight=False, soft_wrap=True)
    rules = sorted({row["reasons"]["rule"] for row in rows if row["reasons"].get("rule")})
    console.print(f"\n{len(rows)} decisions", highlight=False)
    for name in rules:
        console.print(f"{name}: {MergeRule(name).definition}", style="dim", highlight=False)


def _print_changes(console: Console, rows: list[Mapping[str, Any]]) -> None:
    table = Table(title=f"{len(rows)} changes, oldest first", title_justify="left")
    for name in ("number", "written", "what", "event", "into", "kind of event", "date", "articles", "sources"):
        table.add_column(name, overflow="fold")
    for row in rows:
        kind = f"{row['type']}{' ' + row['subtype'] if row['subtype'] else ''}, {row['modality']}"
        numbers = (str(row["n_articles"]), str(row["n_sources"]))
        written = f"{row['at']:%Y-%m-%d %H:%M}"
        into = row["into_event_id"] or ""
        table.add_row(str(row["number"]), written, row["kind"], row["event_id"], into, kind, row["date_start"] or "", *numbers)
    console.print(table)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (merge, unmerge, merges, changes):
        app.command()(command)
