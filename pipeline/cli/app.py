"""The commands, put together, and the one place that turns errors into exit codes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import (
    browse,
    database,
    demo,
    evaluate,
    explain,
    extract,
    feeds,
    ingest,
    kb,
    merging,
    names,
    operate,
    publish,
    reprocess,
    review,
    serve,
    serve_health,
    train,
    users,
)
from pipeline.cli.console import complain
from pipeline.errors import PeninsulaError
from pipeline.operate.logs import configure_logging, secrets_in
from pipeline.settings import load_settings

__all__ = ["app", "main"]

EPILOG = (
    "Exit codes: 0 done; 1 unexpected error; 2 wrong usage; 3 finished, but input was refused or a threshold crossed; "
    "4 a data assertion failed; 75 another run is at work; 143 ended by SIGTERM, in order; 78 configuration, storage or migration."
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(epilog=EPILOG)
def peninsula(
    context: typer.Context,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Folder of database, raw bodies and lock (default: data).", show_default=False)
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option("--database-url", envvar="PENINSULA_DATABASE_URL", help="PostgreSQL URL instead of SQLite.", show_default=False),
    ] = None,
) -> None:
    """Peninsula, a news monitor for Korea.

    Fetches feeds, finds officials, sanctioned names, amounts and agencies, and stores who did what to whom, with the evidence.

    Settings come from these options, then the environment (PENINSULA_…), then a file .env.
    """
    settings = context.obj = load_settings(data_dir=data_dir, database_url=database_url)
    ping_url = settings.ping_url.get_secret_value() if settings.ping_url else None
    configure_logging(settings.log_format, settings.log_level, secrets=secrets_in(ping_url, settings.database_url))


ingest.register(app)
extract.register(app)
evaluate.register(app)
browse.register(app)
merging.register(app)
explain.register(app)
demo.register(app)
names.register(app)
train.register(app)
publish.register(app)
reprocess.register(app)
operate.register(app)
serve_health.register(app)
app.add_typer(database.app, name="db")
app.add_typer(feeds.app, name="feeds")
app.add_typer(kb.app, name="kb")
app.add_typer(review.app, name="review")
app.add_typer(serve.app, name="serve")
app.add_typer(users.app, name="users")


def main() -> None:
    """Run the command line; every error of ours becomes one line on standard error and its exit code."""
    try:
        app()
    except PeninsulaError as error:
        complain(str(error))
        sys.exit(error.exit_code)
