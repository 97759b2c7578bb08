"""`peninsula ingest`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import ProgressBar, complain, output_console
from pipeline.cli.render import print_report
from pipeline.errors import LockHeld
from pipeline.operate.ping import announced
from pipeline.settings import Settings
from pipeline.store.locks import hold_data_dir

__all__ = ["register"]


def ingest(
    context: typer.Context,
    feeds: Annotated[Path | None, typer.Option("--feeds", help="List of feeds (default: feeds.yaml).", show_default=False)] = None,
    only: Annotated[list[str] | None, typer.Option("--only", help="Poll this feed alone; may be given more than once.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Fetch and read, report, and leave data and database as they are.")] = False,
    time_limit: Annotated[
        float | None,
        typer.Option(
            "--time-limit",
            metavar="SECONDS",
            min=0,
            help="Take nothing new after so many seconds: finish what is begun, say what is left, exit with 3. 0 is no limit.",
            show_default=False,
        ),
    ] = None,
    if_idle: Annotated[
        bool, typer.Option("--if-idle", help="Where another run is at work, say so and exit with 0 instead of 75, for cron.")
    ] = False,
) -> None:
    """Run the nightly job once: poll feeds, fetch pages, extract, tag, link, find events, store.

    A run that was killed is simply run again: it goes on where the other stopped. SIGTERM lets it finish what it is at and end with 143.
    On PostgreSQL, runs on several machines share the work. Progress is shown on standard error.

    Example: peninsula ingest --only yonhap-en --only nknews

    Example: peninsula ingest --if-idle --time-limit 7200
    """
    settings: Settings = context.obj
    if feeds is not None:
        settings = settings.model_copy(update={"feeds": feeds})
    if time_limit is not None:
        settings = settings.model_copy(update={"time_limit": time_limit})
    try:
        if not dry_run:
            with hold_data_dir(settings.data_dir):
                pass  # another run is found before seconds go into loading what it has loaded already
        _ingest(settings, only or (), dry_run=dry_run)
    except LockHeld:
        if not if_idle:
            raise
        typer.echo("already running")


def _ingest(settings: Settings, only: Sequence[str], *, dry_run: bool) -> None:
    # Imported here because the language stages take seconds to import, and most commands do without them.
    from pipeline.run import dry_run_ingest
    from pipeline.run import ingest as run_ingest
    from pipeline.run.stopping import Stop, stopping_at_sigterm

    stop = Stop(settings.time_limit)
    run = dry_run_ingest if dry_run else run_ingest
    ping_url = settings.ping_url.get_secret_value() if settings.ping_url and not dry_run else None
    with announced(ping_url, complain), stopping_at_sigterm(stop):
        try:
            report = run(settings, only=only, watcher=ProgressBar(), stop=stop)
        except KeyboardInterrupt:
            complain("interrupted; nothing is lost, run it again to go on")
            raise typer.Exit(130) from None
        print_report(output_console(), report)
        raise typer.Exit(report.exit_code)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(ingest)
