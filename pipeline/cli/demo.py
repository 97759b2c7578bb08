"""`peninsula demo`."""

from __future__ import annotations

from itertools import islice

import typer

from models.filters import EventFilter
from pipeline.cli.console import ProgressBar, output_console
from pipeline.cli.render import print_events, print_report
from pipeline.query import connect, describe
from pipeline.settings import Settings
from pipeline.store.engine import open_database, reading
from pipeline.store.runs import count_rows

__all__ = ["register"]

_NEWS, _SHOWN = EventFilter(background=False), 40

_NEXT = """
[bold]Try next[/] (the demo has a folder of its own, so that its articles never mix with real ones):

  peninsula --data-dir {folder} events --type SANCTION
  peninsula --data-dir {folder} events --type CYBER_OP --format csv
  peninsula --data-dir {folder} entities --label PERSON --listed
  peninsula --data-dir {folder} show {article}
  peninsula ingest --only yonhap-en-nk            [dim]# the real thing, from a real feed[/]
"""


def demo(context: typer.Context) -> None:
    """Run the whole nightly job, twice, over the bundled sample newsroom: no network is needed.

    The sample's articles were written for this project. A local server replays them through the same code as live feeds; by the
    second night one article has changed and one is new. Everything is kept in the folder `demo` of the data folder.
    """
    # Imported here because the language stages take seconds to import, and most commands do without them.
    from pipeline.demo import run_demo

    settings: Settings = context.obj
    folder = settings.data_dir / "demo"
    console = output_console()
    for night, report in enumerate(run_demo(settings, data_dir=folder, watcher=ProgressBar()), start=1):
        console.rule(f"night {night}")
        print_report(console, report)
    database = open_database(settings.model_copy(update={"data_dir": folder, "database_url": None}).database)
    try:
        with reading(database) as connection:
            tables = count_rows(connection)
    finally:
        database.dispose()
    with connect(folder) as reader:
        total, found = reader.count(_NEWS), list(islice(reader.stream(_NEWS), _SHOWN))
    console.rule("events")
    print_events(console, found, title=f"{describe(_NEWS)}\n{len(found)} of {total} events")
    console.print("rows: " + ", ".join(f"{name} {number}" for name, number in tables.items()), soft_wrap=True)
    article = found[0].articles[0].version if found else "ver-…"
    console.print(_NEXT.format(folder=folder, article=article), highlight=False, soft_wrap=True)
    if settings.database_url:
        console.print("PENINSULA_DATABASE_URL is set: unset it first, or these commands read that database.", soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)
