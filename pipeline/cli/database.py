"""`peninsula db …`."""

from __future__ import annotations

import typer

from pipeline.cli.console import output_console
from pipeline.settings import Settings
from pipeline.store.engine import open_database
from pipeline.store.schema import upgrade as upgrade_schema

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Look after the database.")


@app.callback()
def database() -> None:
    """Look after the database."""


@app.command()
def upgrade(context: typer.Context) -> None:
    """Set up an empty database, or bring an older one to the schema of this version. Make a copy first.

    Example: peninsula db upgrade
    """
    settings: Settings = context.obj
    engine = open_database(settings.database)
    try:
        before, after = upgrade_schema(engine)
    finally:
        engine.dispose()
    where = engine.url.render_as_string()
    done = f"is at revision {after} already" if before == after else f"went from revision {before or 'none'} to {after}"
    output_console().print(f"database {where} {done}", soft_wrap=True, highlight=False)
