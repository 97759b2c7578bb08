"""`peninsula events`, `entities`, `show`: look into the database."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console

from models.filters import EntityFilter, EventFilter
from models.vocabulary import EventType, Label, Modality
from pipeline.cli.article import print_article
from pipeline.cli.console import output_console
from pipeline.cli.render import print_entities, print_events
from pipeline.errors import UsageError
from pipeline.settings import Settings
from pipeline.store.engine import Database, open_database, reading
from pipeline.store.schema import require_current
from pipeline.store.search import FLAT_COLUMNS, count_events, find_entities, find_events, load_article_view

__all__ = ["Format", "FormatOption", "LimitOption", "open_for_reading", "register", "write_rows"]

Rows = Sequence[Mapping[str, Any]]


class Format(StrEnum):
    """How rows are written."""

    TABLE = "table"
    CSV = "csv"
    JSONL = "jsonl"


FormatOption = Annotated[Format, typer.Option("--format", "-f", help="Table for people; CSV or JSON Lines for programs.")]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many rows.")]
DayOption = Annotated[str | None, typer.Option(metavar="DAY", help="ISO day, month or year.", show_default=False)]


@contextmanager
def open_for_reading(settings: Settings) -> Iterator[Database]:
    """Give the database that the settings name; raise ConfigurationError where there is none, or an older one."""
    database = open_database(settings.database, create=False)
    try:
        require_current(database)
        yield database
    finally:
        database.dispose()


def events(
    context: typer.Context,
    types: Annotated[
        list[EventType] | None, typer.Option("--type", "-t", help="Event type; may be repeated.", case_sensitive=False)
    ] = None,
    modalities: Annotated[list[Modality] | None, typer.Option("--modality", "-m", help="May be repeated.", case_sensitive=False)] = None,
    party: Annotated[str | None, typer.Option("--party", "-p", help="Part of a name, or id, of an actor or target.")] = None,
    country: Annotated[str | None, typer.Option("--country", help="Country code of an actor or target, for example KP.")] = None,
    listed: Annotated[bool, typer.Option("--listed", help="Only events of someone matched to a sanctions list.")] = False,
    since: DayOption = None,
    until: DayOption = None,
    news: Annotated[bool, typer.Option("--news", help="Leave background out.")] = False,
    limit: LimitOption = 50,
    form: FormatOption = Format.TABLE,
) -> None:
    """List events, newest first: when, what, who, to whom, how much, how certain, according to whom.

    An event that several articles tell is one row of the table, and one row for each article in the other formats; where they give
    other amounts or dates the table shows them all. A match to a sanctions list is the machine's until an editor accepts it.

    Example: peninsula events --type CYBER_OP --since 2025 --format csv
    """
    wanted = EventFilter(
        types=tuple(types or ()),
        modalities=tuple(modalities or ()),
        party=party,
        country=country.upper() if country else None,
        listed=listed,
        since=_check_day("--since", since),
        until=_check_day("--until", until),
        background=not news,
        limit=limit,
    )
    with open_for_reading(context.obj) as database, reading(database) as connection:
        rows, total = find_events(connection, wanted), count_events(connection, wanted)
    write_rows(rows, form, FLAT_COLUMNS, lambda console: print_events(console, rows, total=total))


def entities(
    context: typer.Context,
    labels: Annotated[list[Label] | None, typer.Option("--label", "-l", help="May be repeated.", case_sensitive=False)] = None,
    name: Annotated[str | None, typer.Option("--name", help="Part of the name, or id.")] = None,
    listed: Annotated[bool, typer.Option("--listed", help="Only those matched to a sanctions list.")] = False,
    officials: Annotated[bool, typer.Option("--officials", help="Only officials.")] = False,
    limit: LimitOption = 50,
    form: FormatOption = Format.TABLE,
) -> None:
    """List persons, bodies, places and other names, most often named first.

    Example: peninsula entities --label PERSON --listed
    """
    wanted = EntityFilter(tuple(labels or ()), name, listed, officials, limit)
    with open_for_reading(context.obj) as database, reading(database) as connection:
        rows = find_entities(connection, wanted)
    columns = ["id", "label", "name", "country", "mentions", "articles", "role", "affiliation", "sanctions"]
    write_rows(rows, form, columns, lambda console: print_entities(console, rows))


def show(
    context: typer.Context,
    article: Annotated[str, typer.Argument(help="Article id, version id, the beginning of either, or the address.")],
    as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
) -> None:
    """Show one article: its text with every mention marked, spans that may be names, its list matches, amounts and events with
    their evidence.

    Example: peninsula show ver-1a2b3c
    """
    with open_for_reading(context.obj) as database, reading(database) as connection:
        view = load_article_view(connection, article)
    if view is None:
        raise UsageError(f"no article is called {article!r}: `peninsula events --format csv` lists ids and addresses")
    if as_json:
        sys.stdout.write(json.dumps({name: getattr(view, name) for name in view.__slots__}, ensure_ascii=False, default=_plain) + "\n")
    else:
        print_article(output_console(), view)


def _check_day(option: str, value: str | None) -> str | None:
    if value is None:
        return None
    for form in ("%Y-%m-%d", "%Y-%m", "%Y"):
        try:
            datetime.strptime(value, form)  # noqa: DTZ007 - only the form is checked
        except ValueError:
            continue
        return value
    raise UsageError(f"{option} {value}: give a day, month or year, such as 2025-11-04, 2025-11 or 2025")


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def write_rows(rows: Rows, form: Format, columns: Sequence[str], as_table: Callable[[Console], None]) -> None:
    """Write rows in the wanted form; the columns count for programs, `as_table` prints for people."""
    if form is Format.TABLE:
        as_table(output_console())
    elif form is Format.JSONL:
        for row in rows:
            sys.stdout.write(json.dumps({name: row[name] for name in columns}, ensure_ascii=False, default=_plain) + "\n")
    else:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([[_cell(row[name]) for name in columns] for row in rows])


def _cell(value: object) -> object:
    """Return a value for a CSV cell; a text that a spreadsheet would take for a formula gets an apostrophe."""
    if isinstance(value, list):
        value = " | ".join(str(item) for item in value)
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False, default=_plain)
    if isinstance(value, datetime):
        return value.isoformat()
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value[:1] else value


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(events)
    app.command()(entities)
    app.command()(show)
