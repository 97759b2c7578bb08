"""`peninsula ingest`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import ProgressBar, complain, output_console
from pipeline.cli.render import print_report
from pipeline.settings import Settings

__all__ = ["register"]


def ingest(
    context: typer.Context,
    feeds: Annotated[Path | None, typer.Option("--feeds", help="List of feeds (default: feeds.yaml).", show_default=False)] = None,
    only: Annotated[list[str] | None, typer.Option("--only", help="Poll this feed alone; may be given more than once.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Fetch and read, report, and leave data and database as they are.")] = False,
) -> None:
    """Run the nightly job once: poll feeds, fetch pages, extract, tag, link, find events, store.

    A run that was killed is simply run again: it goes on where the other stopped. Progress is shown on standard error.

    Example: peninsula ingest --only yonhap-en --only nknews
    """
    # Imported here because the language stages take seconds to import, and most commands do without them.
    from pipeline.run import dry_run_ingest
    from pipeline.run import ingest as run_ingest

    settings: Settings = context.obj
    if feeds is not None:
        settings = settings.model_copy(update={"feeds": feeds})
    run = dry_run_ingest if dry_run else run_ingest
    try:
        report = run(settings, only=only or (), watcher=ProgressBar())
    except KeyboardInterrupt:
        complain("interrupted; nothing is lost, run it again to go on")
        raise typer.Exit(130) from None
    print_report(output_console(), report)
    raise typer.Exit(report.exit_code)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(ingest)
