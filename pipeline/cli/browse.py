"""`peninsula events`, `entities`, `entity`, `show`: look into the database."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from models.filters import DEFAULT_LIMIT, EntityFilter, EventFilter, Page, Sort
from models.findings import EntityFound
from models.vocabulary import Label
from pipeline.cli.article import print_article
from pipeline.cli.console import as_long_as_read, output_console
from pipeline.cli.find_options import takes_filter
from pipeline.cli.render import print_counts, print_entities, print_entity, print_events, print_timeline
from pipeline.errors import UsageError
from pipeline.publish.flat_csv import encode_csv, safe_text
from pipeline.query import Reader, as_json, connect, describe, describe_rest, make_filter
from pipeline.settings import Settings
from pipeline.store.engine import Database, open_database, reading
from pipeline.store.schema import require_current
from pipeline.store.search import load_article_view

__all__ = ["Format", "FormatOption", "LimitOption", "open_for_reading", "register", "write_rows"]

Row = Mapping[str, Any]


class Format(StrEnum):
    """How rows are written."""

    TABLE = "table"
    CSV = "csv"
    JSONL = "jsonl"


class Period(StrEnum):
    """What a timeline has a row for."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


FormatOption = Annotated[Format, typer.Option("--format", "-f", help="Table for people; CSV or JSON Lines for programs.")]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many rows.")]

_ENTITY_COLUMNS = ["id", "label", "name", "country", "mentions", "articles", "events", "role", "affiliation", "sanctions"]
_EVENTS_OF_ENTITY = 10


@contextmanager
def open_for_reading(settings: Settings) -> Iterator[Database]:
    """Give the database that the settings name; raise ConfigurationError where there is none, or an older one."""
    database = open_database(settings.database, create=False)
    try:
        require_current(database)
        yield database
    finally:
        database.dispose()


@takes_filter
def events(
    context: typer.Context,
    wanted: EventFilter,
    sort: Annotated[Sort | None, typer.Option("--sort", help="Order (default: newest).", case_sensitive=False, show_default=False)] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            "-n",
            min=1,
            help=f"At most so many rows (default: {DEFAULT_LIMIT} of a table, all of CSV and JSON Lines); of facets, so many values a field.",
            show_default=False,
        ),
    ] = None,
    count: Annotated[bool, typer.Option("--count", help="Only tell how many there are.")] = False,
    facets: Annotated[
        str | None,
        typer.Option("--facets", metavar="FIELD,…", help="Count the values of fields instead: type,actor,year.", show_default=False),
    ] = None,
    timeline: Annotated[
        Period | None, typer.Option("--timeline", help="Count by time instead, with the amounts.", show_default=False)
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Find events: when, what, who, to whom, how much, how certain, according to whom. An event that several articles tell is one row.

    A match to a sanctions list is the machine's until an editor accepts it. Events that an editor rejected are left out, unless
    --status asks for them.

    Example: peninsula events --type SANCTION --since 2024 --program DPRK3 --format csv

    Example: peninsula events --actor "Lazarus Group" --modality '!asserted' --sort amount

    Example: peninsula events --type CYBER_OP --amount-min 1e6 --timeline month

    Example: peninsula events -q '"long-range" -drill or 드론' --facets country,publisher
    """
    if sum((count, facets is not None, timeline is not None)) > 1:
        raise UsageError("--count, --facets and --timeline are answers to different questions: give one of them")
    _refuse_useless(sort is not None, "--sort", count=count, facets=facets is not None, timeline=timeline is not None)
    _refuse_useless(limit is not None, "--limit", count=count, facets=False, timeline=timeline is not None)
    settings: Settings = context.obj
    with connect(settings.database) as reader:
        if count:
            typer.echo(reader.count(wanted))
        elif facets is not None:
            _write_facets(reader, wanted, [name.strip() for name in facets.split(",")], limit or 10, form)
        elif timeline is not None:
            _write_timeline(reader, wanted, timeline, form)
        elif form is Format.TABLE:
            _print_found(reader, wanted, sort or Sort.NEWEST, limit or DEFAULT_LIMIT)
        else:
            with as_long_as_read():
                _write_found(reader, wanted, sort or Sort.NEWEST, limit, form)


def _refuse_useless(given: bool, option: str, **asked: bool) -> None:
    """Raise UsageError for an option that means nothing beside another."""
    other = next((name for name, here in asked.items() if here), None)
    if given and other is not None:
        raise UsageError(f"{option} means nothing with --{other}: leave it out")


def _print_found(reader: Reader, wanted: EventFilter, sort: Sort, limit: int) -> None:
    total, found = reader.count(wanted), list(islice(reader.stream(wanted, sort), limit))
    console = output_console()
    print_events(console, found, title=f"{describe(wanted, sort=sort)}\n{len(found):,} of {total:,} events")
    if not found:
        console.print("Nothing is found: leave a filter out, or see what there is with --facets type,country,actor.", soft_wrap=True)
    elif len(found) < total:
        console.print(f"[dim]The rest: --limit {total}, or all of them with --format csv.[/]", soft_wrap=True)


def _write_found(reader: Reader, wanted: EventFilter, sort: Sort, limit: int | None, form: Format) -> None:
    """Write what `peninsula export` would, in the order and up to the number that are wanted."""
    if form is Format.JSONL:
        sys.stdout.writelines(line + "\n" for line in islice(reader.stream_json(wanted, sort), limit))
    else:
        sys.stdout.buffer.writelines(encode_csv(islice(reader.stream(wanted, sort), limit)))


def _write_facets(reader: Reader, wanted: EventFilter, fields: Sequence[str], most: int, form: Format) -> None:
    total, facets = reader.facets(wanted, fields, most)
    rows = [{"field": facet.field, "value": one.value, "label": one.label, "count": one.count} for facet in facets for one in facet.values]
    title = f"{describe(wanted)}\n{total:,} events"
    write_rows(rows, form, ["field", "value", "label", "count"], lambda console: print_counts(console, facets, title=title))


def _write_timeline(reader: Reader, wanted: EventFilter, by: Period, form: Format) -> None:
    found = reader.timeline(wanted, by.value)
    points = (*found.points, *found.coarser)
    rows = [{"period": point.period, "count": point.count, "usd": point.usd, "by_type": point.by_type} for point in points]
    counted = f"{sum(point.count for point in found.points):,} events by {by}"
    title = "\n".join([describe(wanted), "; ".join(filter(None, (counted, describe_rest(found))))])
    write_rows(rows, form, ["period", "count", "usd", "by_type"], lambda console: print_timeline(console, points, title=title))


def entities(
    context: typer.Context,
    labels: Annotated[list[Label] | None, typer.Option("--label", "-l", help="May be repeated.", case_sensitive=False)] = None,
    name: Annotated[str | None, typer.Option("--name", help="Words of a name in any spelling, or id.")] = None,
    listed: Annotated[bool, typer.Option("--listed", help="Only those matched to a sanctions list.")] = False,
    officials: Annotated[bool, typer.Option("--officials", help="Only officials.")] = False,
    limit: LimitOption = 50,
    form: FormatOption = Format.TABLE,
) -> None:
    """List persons, bodies, places and other names, most often named first.

    Example: peninsula entities --label PERSON --listed
    """
    settings: Settings = context.obj
    with connect(settings.database) as reader:
        found = reader.entities(EntityFilter(tuple(labels or ()), name, listed, officials, limit))
    rows = [_entity_row(one) for one in found]
    write_rows(rows, form, _ENTITY_COLUMNS, lambda console: print_entities(console, found))


def _entity_row(one: EntityFound) -> Row:
    role, affiliation = (one.roles[0][0] or None, one.roles[0][1]) if one.roles else (None, None)
    plain = {name: getattr(one, name) for name in ("id", "label", "name", "country", "mentions", "articles", "events")}
    return plain | {"role": role, "affiliation": affiliation, "sanctions": [match.entry for match in one.matches]}


def entity(
    context: typer.Context,
    ident: Annotated[str, typer.Argument(metavar="ID", help="Id of an entity, as `peninsula entities` and `events --format csv` show it.")],
    as_json_lines: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
) -> None:
    """Show one person, body, place or other name: how it is written, its offices, the list entries it is matched to and why, who takes
    part in the same events, and its newest events.

    Example: peninsula entity kb:org-lazarus
    """
    settings: Settings = context.obj
    with connect(settings.database) as reader:
        found = reader.entity(ident)
        if found is None:
            raise UsageError(f"no entity is called {ident!r}: `peninsula entities --name …` shows ids")
        if as_json_lines:
            sys.stdout.write(json.dumps(as_json(found), ensure_ascii=False) + "\n")
            return
        newest = reader.find(make_filter(entity=ident), Page(limit=_EVENTS_OF_ENTITY)).events
    console = output_console()
    print_entity(console, found)
    if newest:
        print_events(console, newest, title=f"{len(newest)} of {found.events} events, newest first")
        console.print(f"[dim]All: peninsula events --entity {escape(ident)}[/]", soft_wrap=True)


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


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def write_rows(rows: Sequence[Row], form: Format, columns: Sequence[str], as_table: Callable[[Console], None]) -> None:
    """Write rows in the wanted form; the columns count for programs, `as_table` prints for people."""
    with as_long_as_read():
        if form is Format.TABLE:
            as_table(output_console())
        elif form is Format.JSONL:
            for row in rows:
                sys.stdout.write(json.dumps({name: row[name] for name in columns}, ensure_ascii=False, default=_plain) + "\n")
        else:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows([_cell(row[name]) for name in columns] for row in rows)


def _cell(value: object) -> object:
    """Return a value for a CSV cell."""
    if isinstance(value, list):
        value = " | ".join(str(item) for item in value)
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False, default=_plain)
    if isinstance(value, datetime):
        return value.isoformat()
    return safe_text(value) if isinstance(value, str) else value


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(events)
    app.command()(entities)
    app.command()(entity)
    app.command()(show)
