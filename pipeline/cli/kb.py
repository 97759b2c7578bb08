"""`peninsula kb …`: the sanctions lists, and who is on them."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.console import ProgressBar, complain, output_console
from pipeline.cli.kb_render import (
    diff_as_data,
    finding_as_data,
    print_diff,
    print_findings,
    print_outcomes,
    print_relinks,
    print_status,
    print_versions,
)
from pipeline.errors import FetchError, ListError, UsageError
from pipeline.kb.in_force import ListInForce, find_lists, read_shipped
from pipeline.kb.versions import compare_states, find_states
from pipeline.lists.obtain import Download, RawList, fetch_list, read_files
from pipeline.lists.refresh import Base, Outcome, Rules, refresh_list
from pipeline.lists.snapshots import SnapshotStore
from pipeline.lists.sources import SOURCES_FILE, PublishedList, find_source, load_sources
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.fetch.client import Client

__all__ = ["app"]

FETCH_SECONDS = 900.0
"""For one file, in place of the setting for news: the largest list has more than a hundred megabytes, and servers of states are slow."""

app = typer.Typer(no_args_is_help=True, help="Sanctions lists: fetch them, see what changed, look names up.")

SourcesOption = Annotated[list[str] | None, typer.Option("--source", "-s", help="Only this list; may be repeated.", show_default=False)]
SourceOption = Annotated[str | None, typer.Option("--source", "-s", help="Only this list.", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


@app.callback()
def kb() -> None:
    """Look after the sanctions lists and look names up."""


@app.command()
def refresh(
    context: typer.Context,
    only: SourcesOption = None,
    files: Annotated[
        list[Path] | None,
        typer.Option("--file", help="Read this file or folder, .gz or plain, instead of fetching; may be repeated.", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Fetch, read and compare, and store nothing.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Take a list that is smaller or older than it should be, or a part of OFAC's tables.")
    ] = False,
    published: Annotated[
        str | None, typer.Option("--published", metavar="DAY", help="Day of the list, where it does not tell.", show_default=False)
    ] = None,
) -> None:
    """Fetch the sanctions lists, or read them from files, and put them in force where they are sound.

    A list that is empty, cut, much smaller or older than the last one is refused, and the last one stays. Exit code 3 where any was.

    Example: peninsula kb refresh --source us_ofac_sdn --file sdn.csv --file alt.csv
    """
    # Imported here because the client takes a while to import, and the other commands fetch nothing.
    from pipeline.fetch.client import Client

    settings: Settings = context.obj
    sources = _choose(settings, only)
    rules = Rules(datetime.now(UTC), force=force, dry_run=dry_run, day=_read_day("--published", published))
    if rules.day is not None and not files and len(sources) > 1:
        raise UsageError("--published is the day of one list: name it by --source")
    shipped = {one.source: one for one in find_lists(settings.kb_dir, None)}
    store = SnapshotStore(settings.lists_dir)
    given = read_files(files, sources) if files else None
    outcomes: list[Outcome] = []
    failures: list[str] = []
    patient = settings.model_copy(update={"total_timeout": max(settings.total_timeout, FETCH_SECONDS), "host_delay": 0.0})
    with nullcontext() if dry_run else store.lock(), Client(patient) as client:
        for source in sources if given is None else [source for source in sources if source.id in given]:
            try:
                raw = _fetch(source, client) if given is None else given[source.id]
                outcomes.append(refresh_list(source, raw, store, rules, shipped=_base(shipped.get(source.id))))
            except (ListError, FetchError) as error:
                message = str(error)
                failures.append(message if source.id in message else f"{source.id}: {message}")
    in_force = {one.source: one for one in find_lists(settings.kb_dir, settings.lists_dir)}
    print_outcomes(output_console(), outcomes, in_force)
    for message in failures:
        complain(f"{message}; the version before stays in force")
    raise typer.Exit(3 if failures else 0)


@app.command()
def status(
    context: typer.Context,
    max_age: Annotated[
        int | None,
        typer.Option("--max-age", metavar="DAYS", min=0, help="Days after which a list is stale, for all lists.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show which version of each list is in force and how old it is. Exit code 3 where one is stale.

    The age counts from the day of the list, or from the last day on which its publisher had nothing newer.

    Example: peninsula kb status --max-age 7
    """
    settings: Settings = context.obj
    sources = _choose(settings, None)
    store, today = SnapshotStore(settings.lists_dir), datetime.now(UTC).date()
    lists = {one.source: one for one in find_lists(settings.kb_dir, settings.lists_dir)}
    rows = [_status_row(source, lists.get(source.id), store, today, max_age) for source in sources]
    if as_json:
        _write_json(rows)
    else:
        print_status(output_console(), rows)
    raise typer.Exit(3 if any(row["stale"] for row in rows) else 0)


@app.command()
def versions(
    context: typer.Context, source: Annotated[str | None, typer.Argument(help="A list; all by default.", show_default=False)] = None
) -> None:
    """List the versions that are stored of each list, oldest first, with what changed in each.

    Example: peninsula kb versions us_ofac_sdn
    """
    settings: Settings = context.obj
    wanted = _choose(settings, [source] if source else None)
    lists = {one.source: one for one in find_lists(settings.kb_dir, settings.lists_dir)}
    store = SnapshotStore(settings.lists_dir)
    print_versions(output_console(), [(lists.get(one.id), store.versions(one.id)) for one in wanted])


@app.command()
def diff(
    context: typer.Context,
    before: Annotated[str, typer.Argument(metavar="A", help="A version, a day, a file, 'shipped' or 'current'.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The same.")],
    source: SourceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which entries were added, removed and changed between two versions of the lists.

    Example: peninsula kb diff 2026-03-12 current --source us_ofac_sdn
    """
    settings: Settings = context.obj
    sources = _choose(settings, [source] if source else None)
    lists = find_lists(settings.kb_dir, settings.lists_dir)
    store = SnapshotStore(settings.lists_dir)
    old, new = (find_states(name, lists=lists, store=store, sources=sources) for name in (before, after))
    both = [one for one in old if one in new]
    if not both:
        raise UsageError(f"{before} is of {', '.join(old)} and {after} of {', '.join(new)}: there is nothing to compare")
    compared = [(one, old[one], new[one], compare_states(old[one], new[one])) for one in both]
    if as_json:
        _write_json([diff_as_data(*each) for each in compared])
    else:
        for each in compared:
            print_diff(output_console(), *each)


@app.command()
def lookup(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A name in any script or spelling, an acronym, an IMO number, a wallet, an entry.")],
    explain: Annotated[bool, typer.Option("--explain", help="Show how the names were compared, syllable by syllable.")] = False,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DAY", help="Tell whether it was listed on that day.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Look up who bears a name and on which lists he stands. A name alone does not tell that it is he.

    Example: peninsula kb lookup "Woo Yong-su" --explain --as-of 2025-10-01
    """
    # Imported here because the other commands do without the tables of names.
    from pipeline.kb.load import load_knowledge
    from pipeline.kb.lookup import Lookup

    settings: Settings = context.obj
    day = _read_day("--as-of", as_of)
    knowledge = load_knowledge(settings.kb_dir, settings.lists_dir)
    found = Lookup(knowledge, find_lists(settings.kb_dir, settings.lists_dir)).find(name, day=day, limit=limit)
    if as_json:
        _write_json({"query": name, "as_of": day and day.isoformat(), "found": [finding_as_data(one) for one in found]})
    else:
        print_findings(output_console(), name, found, explain=explain, day=day)


@app.command()
def relink(
    context: typer.Context,
    since: Annotated[str, typer.Option("--since", metavar="DAY", help="Articles published on this day or later.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be found, and store nothing.")] = False,
) -> None:
    """Link stored articles again that were read under other versions of the lists, and tell who is newly named on one.

    New matches are added; what was stored before stays.

    Example: peninsula kb relink --since 2025-10-01
    """
    # Imported here because the language stages take seconds to import, and the other commands do without them.
    from pipeline.run.relink import relink as run_relink

    settings: Settings = context.obj
    day = _read_day("--since", since)
    if day is None:
        raise UsageError("--since needs a day")
    try:
        report = run_relink(settings, since=day, dry_run=dry_run, watcher=ProgressBar())
    except KeyboardInterrupt:
        complain("interrupted; nothing is lost, run it again to go on")
        raise typer.Exit(130) from None
    print_relinks(output_console(), report, dry_run=dry_run)
    raise typer.Exit(report.exit_code)


def _choose(settings: Settings, names: Sequence[str] | None) -> tuple[PublishedList, ...]:
    sources = load_sources(settings.kb_dir / SOURCES_FILE)
    return tuple(find_source(sources, name) for name in dict.fromkeys(names)) if names else sources


def _fetch(source: PublishedList, client: Client) -> RawList:
    def fetch(url: str, limit: int) -> Download:
        reply = client.get(url, limit=limit, any_type=True)
        return Download(reply.body, _parse_modified(reply.headers.get("last-modified")))

    return fetch_list(source, fetch)


def _parse_modified(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        parsed = parsedate_to_datetime(value)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _base(shipped: ListInForce | None) -> Base | None:
    if shipped is None or shipped.shipped is None:
        return None
    day = date.fromisoformat(shipped.shipped.version)
    return Base(f"shipped {day}", day, read_shipped(shipped.shipped), complete=False)


def _status_row(source: PublishedList, one: ListInForce | None, store: SnapshotStore, today: date, max_age: int | None) -> dict[str, Any]:
    row: dict[str, Any] = {"source": source.id, "title": source.title}
    if one is None:
        empty = dict.fromkeys(("version", "published", "confirmed", "age_days", "records", "dprk_records", "from"))
        return row | empty | {"stale": False, "note": "never fetched"}
    confirmed = store.confirmed(source.id) if one.uses_fetched else None
    age = one.age_days(today, confirmed)
    limit = source.stale_after_days if max_age is None else max_age
    older = one.fetched is not None and not one.uses_fetched
    return row | {
        "version": one.version,
        "published": one.published.isoformat(),
        "confirmed": confirmed and confirmed.isoformat(),
        "age_days": age,
        "records": one.records,
        "dprk_records": one.relevant,
        "from": "fetched" if one.uses_fetched else "shipped",
        "stale": age > limit,
        "note": f"the fetched version {one.fetched.version} is older and not used" if older and one.fetched else "",
    }


def _read_day(option: str, value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise UsageError(f"{option} {value}: give a day such as 2025-11-04") from None


def _write_json(value: Mapping[str, Any] | Sequence[Any]) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
