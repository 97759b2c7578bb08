"""`peninsula health`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.markup import escape

from pipeline.cli.console import output_console
from pipeline.operate.endpoints import Endpoints, parse_listen
from pipeline.operate.health import Health, check_ready
from pipeline.settings import Settings

__all__ = ["register"]


def health(
    context: typer.Context,
    serve: Annotated[
        str | None,
        typer.Option(
            "--serve", metavar="HOST:PORT", help="Answer over HTTP until stopped; a port alone is on 127.0.0.1.", show_default=False
        ),
    ] = None,
    max_age: Annotated[float, typer.Option("--max-age", min=0, help="Hours since the last run ended, from which on it is a fault.")] = 26,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
) -> None:
    """Say whether the last run went well and is fresh: exit code 0, 3 where not, 78 where the database is not fit.

    With --serve, answer /healthz (the database answers), /readyz (what this command says) and /metrics (for Prometheus).

    Example: peninsula health --serve 127.0.0.1:9470
    """
    settings: Settings = context.obj
    age = timedelta(hours=max_age)
    if serve is not None:
        _serve(settings.database, parse_listen(serve), age)
        return
    found = check_ready(settings.database, max_age=age, now=datetime.now(UTC))
    console = output_console()
    if as_json:
        console.print_json(json.dumps(found.as_dict()))
    else:
        _print(found)
    raise typer.Exit(0 if found.ok else 78 if found.storage else 3)


def _print(found: Health) -> None:
    console = output_console()
    for style, word, lines in (("red", "fault", found.faults), ("yellow", "warning", found.warnings)):
        for line in lines:
            console.print(f"[{style}]{word}[/] {escape(line)}")
    if found.ok and found.last_run is not None:
        console.print(f"[green]ready[/] the last run ended {found.last_run.ended_at:%Y-%m-%d %H:%M} UTC")


def _serve(url: str, address: tuple[str, int], max_age: timedelta) -> None:
    with Endpoints(address, url, max_age=max_age) as server:
        host, port = server.server_address[:2]
        shown = f"[{host!s}]" if ":" in str(host) else host
        output_console().print(f"listening at http://{shown!s}:{port}/healthz", markup=False, highlight=False)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            raise typer.Exit(130) from None


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(health)
