"""`peninsula feeds …`: how the feeds do, what one yields, and the list of them."""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console

from models.feeds import FeedSource
from models.vocabulary import FeedKind, FeedOutcome
from pipeline.cli.browse import open_for_reading
from pipeline.cli.console import complain, output_console
from pipeline.cli.feeds_render import (
    FeedFile,
    FeedReport,
    Trial,
    file_as_data,
    print_file,
    print_reports,
    print_trial,
    report_as_data,
    trial_as_data,
)
from pipeline.errors import FetchError, StorageError, UsageError
from pipeline.settings import Settings
from pipeline.store.engine import reading
from pipeline.store.feeds import FeedHealth, feed_health, feed_history
from pipeline.text.faults import explain_error
from pipeline.text.urls import url_key

if TYPE_CHECKING:
    from pipeline.fetch import Client, ParsedFeed
    from pipeline.fetch.catalog_edit import CatalogEdit
    from pipeline.fetch.discovery import ChildSitemap

__all__ = ["app"]

POLLS_SHOWN = 14
"""Polls of the trend: two weeks of nights, which shows a rhythm of weeks."""

UNLISTED = "unlisted"
NOWHERE = "https://feed.invalid/"
"""Address of a stored body whose own one is not given."""

UNKNOWN_COUNTRY = "ZZ"

app = typer.Typer()

FeedsOption = Annotated[Path | None, typer.Option("--feeds", help="List of feeds (default: feeds.yaml).", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]
ProblemsOption = Annotated[bool, typer.Option("--problems", help="Only feeds that somebody should look at.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")]
ZoneOption = Annotated[str | None, typer.Option("--tz", metavar="ZONE", help="Zone of dates that carry none: Asia/Seoul.")]
KoreaOption = Annotated[bool, typer.Option("--korea-filter/--no-korea-filter", help="Keep only items about Korea: for general feeds.")]


@app.callback(invoke_without_command=True)
def feeds(context: typer.Context, problems: ProblemsOption = False, as_json: JsonOption = False, feeds: FeedsOption = None) -> None:
    """Look after the feeds: how they do, what one yields, the list of them. Without a command: how each one does, as `status` shows it.

    Example: peninsula feeds --problems
    """
    if context.invoked_subcommand is None:
        _show_status(context.obj, feeds, problems=problems, as_json=as_json)


@app.command()
def status(context: typer.Context, problems: ProblemsOption = False, as_json: JsonOption = False, feeds: FeedsOption = None) -> None:
    """Show how each feed does: how its last poll ended, since when that holds, how many new items the last polls brought.

    Exit code 3 where fewer of the feeds that were polled answered than `min_feeds_ok` asks for.

    Example: peninsula feeds status --problems
    """
    _show_status(context.obj, feeds, problems=problems, as_json=as_json)


@app.command("test")
def try_(
    context: typer.Context,
    feed: Annotated[str, typer.Argument(metavar="URL|ID", help="Address of a feed, or the id of one in the list.")],
    zone: ZoneOption = None,
    items: Annotated[int, typer.Option("--items", "-n", min=0, help="Items to show.")] = 5,
    as_json: JsonOption = False,
    feeds: FeedsOption = None,
) -> None:
    """Fetch one feed and tell everything: redirects, answer, headers, size, time, what it is, its items with dates, what is odd.

    Nothing is stored. Exit code 3 where it is no feed that can be read.

    Example: peninsula feeds test https://wire.example/rss.xml --tz Asia/Seoul
    """
    # Imported here because the client takes a while to import, and the other commands fetch nothing.
    from pipeline.fetch import load_catalog, select_feeds

    settings = _choose_list(context.obj, feeds)
    if _is_address(feed):
        known = load_catalog(settings.feeds) if settings.feeds.exists() else ()
        found = next((source for source in known if url_key(source.url) == url_key(feed)), None)
        source = found or _stand_in(feed, zone=zone)
    else:
        (found,) = (source,) = select_feeds(load_catalog(settings.feeds), [feed])
    trial = _try(settings, source if zone is None else _make_source(source.model_dump() | {"default_tz": zone}), listed=found is not None)
    if as_json:
        _write_json(trial_as_data(trial))
    else:
        print_trial(output_console(), trial, items=items)
    raise typer.Exit(0 if trial.feed is not None and trial.feed.outcome is FeedOutcome.OK else 3)


@app.command()
def parse(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Stored bodies of feeds, plain or gzipped.")],
    zone: ZoneOption = None,
    url: Annotated[str | None, typer.Option("--url", help="Address they came from; relative links need it.", show_default=False)] = None,
    language: Annotated[str, typer.Option("--lang", help="Language of the items.")] = "en",
    as_id: Annotated[str | None, typer.Option("--as", metavar="ID", help="Read them as this feed of the list.", show_default=False)] = None,
    as_json: JsonOption = False,
    feeds: FeedsOption = None,
) -> None:
    """Show what stored feeds yield: title, link, id, date in UTC and as given, and what is odd. Needs neither database nor network.

    A file that cannot be read or holds no feed stops none of the others. Exit code 3 where there is one.

    Example: peninsula feeds parse saved.xml data/raw/ab/*.gz --tz Asia/Seoul --json
    """
    # Imported here because the parsers take a while to import, and the other commands read no feed.
    from pipeline.fetch import load_catalog, select_feeds

    settings = _choose_list(context.obj, feeds)
    if as_id is not None:
        (source,) = select_feeds(load_catalog(settings.feeds), [as_id])
        changed = {"default_tz": zone or source.default_tz, "url": url or source.url}
        source, base = _make_source(source.model_dump() | changed), url or source.url
    else:
        source, base = _stand_in(url or NOWHERE, zone=zone, language=language), url or ""
    read = [_read_file(path, source, base_url=base, limit=settings.max_feed_bytes) for path in files]
    if as_json:
        _write_json([file_as_data(file) for file in read])
    else:
        for file in read:
            print_file(output_console(), file)
    raise typer.Exit(3 if any(file.feed is None or file.feed.outcome is not FeedOutcome.OK for file in read) else 0)


@app.command()
def add(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="Address of the feed.")],
    feed_id: Annotated[str, typer.Option("--id", help="Short name in lower case, words joined by hyphens; never used again.")],
    publisher: Annotated[str, typer.Option("--publisher", help="Outlet, and section where the feed is one.")],
    language: Annotated[str, typer.Option("--language", help="ISO code: en, ko.")],
    country: Annotated[str, typer.Option("--country", help="ISO code of the publisher's country: KR; EU and UN count as such.")],
    kind: Annotated[FeedKind, typer.Option("--kind", help="What kind of source it is.")],
    korea_filter: KoreaOption = True,
    zone: ZoneOption = None,
    expect_daily: Annotated[bool, typer.Option("--expect-daily", help="A day without a new item is an alarm.")] = False,
    paywall: Annotated[bool, typer.Option("--paywall", help="Article pages show only a beginning.")] = False,
    full_text: Annotated[bool, typer.Option("--full-text", help="Items hold the whole article; its pages are not asked for.")] = False,
    form: Annotated[str, typer.Option("--source", metavar="FORM", help="What stands there: feed, sitemap or listing.")] = "feed",
    link_pattern: Annotated[
        str | None, typer.Option("--link-pattern", metavar="REGEX", help="What addresses of articles look like.", show_default=False)
    ] = None,
    note: Annotated[str, typer.Option("--note", help="What is known of the feed.", show_default=False)] = "",
    dry_run: DryRunOption = False,
    feeds: FeedsOption = None,
) -> None:
    """Add a feed to the end of the list; comments, order and style of the file stay. Try it first: `peninsula feeds test URL`.

    Example: peninsula feeds add https://wire.example/rss.xml --id wire-en --publisher "The Wire" --language en --country KR --kind wire
    """
    # Imported here because it takes a while to import, and the other commands edit nothing.
    from pipeline.fetch.catalog_edit import add_feeds

    values = {
        "id": feed_id,
        "publisher": publisher,
        "url": url,
        "language": language,
        "country": country,
        "kind": kind,
        "korea_filter": korea_filter,
        "enabled": True,
        "note": " ".join(note.split()),
        "expect_daily": expect_daily,
        "default_tz": zone,
        "paywall": paywall,
        "feed_has_full_text": full_text,
        "source": form,
        "link_pattern": link_pattern,
    }
    source = _make_source(values)
    _finish(add_feeds(_choose_list(context.obj, feeds).feeds, [source]), f"feed {source.id!r} was added", dry_run=dry_run)


@app.command()
def disable(
    context: typer.Context,
    feed_id: Annotated[str, typer.Argument(metavar="ID", help="Feed of the list.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it is shown in every report.")],
    dry_run: DryRunOption = False,
    feeds: FeedsOption = None,
) -> None:
    """Switch a feed off in the list, and put the reason and the day into its note. What it brought is kept.

    Example: peninsula feeds disable korea-kr --reason "retired by the ministry"
    """
    # Imported here because it takes a while to import, and the other commands edit nothing.
    from pipeline.fetch.catalog_edit import disable_feed

    edit = disable_feed(_choose_list(context.obj, feeds).feeds, feed_id, reason=reason, day=datetime.now(UTC).date())
    _finish(edit, f"feed {feed_id!r} is switched off", dry_run=dry_run)


@app.command()
def enable(
    context: typer.Context,
    feed_id: Annotated[str, typer.Argument(metavar="ID", help="Feed of the list.")],
    dry_run: DryRunOption = False,
    feeds: FeedsOption = None,
) -> None:
    """Switch a feed on again in the list, and take the reason why it was off out of its note.

    Example: peninsula feeds enable korea-kr
    """
    # Imported here because it takes a while to import, and the other commands edit nothing.
    from pipeline.fetch.catalog_edit import enable_feed

    _finish(enable_feed(_choose_list(context.obj, feeds).feeds, feed_id), f"feed {feed_id!r} is switched on", dry_run=dry_run)


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.opml", help="List of a feed reader, OPML 1 or 2.")],
    language: Annotated[str | None, typer.Option("--language", help="Of feeds whose outline has none.", show_default=False)] = None,
    country: Annotated[str | None, typer.Option("--country", help="Of feeds whose outline has none.", show_default=False)] = None,
    kind: Annotated[FeedKind | None, typer.Option("--kind", help="Of feeds that stand in no folder called so.", show_default=False)] = None,
    korea_filter: KoreaOption = True,
    dry_run: DryRunOption = False,
    feeds: FeedsOption = None,
) -> None:
    """Add the feeds of an OPML file to the list. OPML knows no countries and kinds: give what holds for all of them, mend the rest after.

    Feeds that are in the list already are passed over. Outlines that make no feed are told with their lines, stop none of the others, and
    give exit code 3.

    Example: peninsula feeds import reader.opml --language en --country US --kind think_tank --dry-run
    """
    # Imported here because they take a while to import, and the other commands edit nothing.
    from pipeline.fetch import load_catalog
    from pipeline.fetch.catalog_edit import add_feeds
    from pipeline.fetch.opml import read_opml

    settings = _choose_list(context.obj, feeds)
    given = {"language": language, "country": country, "kind": kind and kind.value}
    defaults = {name: value for name, value in given.items() if value is not None}
    defaults |= {"korea_filter": str(korea_filter).lower(), "enabled": "true"}
    try:
        body = _read_bounded(file, settings.max_feed_bytes)
        found = read_opml(body, known=load_catalog(settings.feeds), defaults=defaults)
    except (UsageError, OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{file}: {_explain(error)}") from error
    for fault in found.repeated:
        _remark(f"{file}:{fault.line}: {fault.message}")
    for fault in found.unusable:
        complain(f"{file}:{fault.line}: {fault.message}")
    ids = ", ".join(source.id for source in found.sources)
    _finish(add_feeds(settings.feeds, found.sources), f"added {len(found.sources)}: {ids}", dry_run=dry_run)
    raise typer.Exit(3 if found.unusable else 0)


@app.command()
def export(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to write; else to standard output.", show_default=False)
    ] = None,
    feeds: FeedsOption = None,
) -> None:
    """Write the list as OPML 2.0 for feed readers, grouped by kind; feeds that are switched off are marked as comments.

    What OPML has no name for stands there in attributes of our own, so `import` brings back the same feeds.

    Example: peninsula feeds export -o feeds.opml
    """
    # Imported here because they take a while to import, and the other commands write no OPML.
    from pipeline.fetch import load_catalog
    from pipeline.fetch.opml import write_opml

    data = write_opml(load_catalog(_choose_list(context.obj, feeds).feeds), at=datetime.now(UTC))
    if out is None:
        sys.stdout.write(data.decode("utf-8"))
        return
    try:
        out.write_bytes(data)
    except OSError as error:
        raise StorageError(f"cannot be written: {error.strerror}", path=out) from error


# --- how the feeds do ---


def _show_status(settings: Settings, feeds: Path | None, *, problems: bool, as_json: bool) -> None:
    # Imported here because the parsers take a while to import, and the other commands read no feed.
    from pipeline.fetch import load_catalog

    settings = _choose_list(settings, feeds)
    catalog = load_catalog(settings.feeds)
    with open_for_reading(settings) as database, reading(database) as connection:
        known = {health.feed_id: health for health in feed_health(connection)}
        polls = {source.id: tuple(reversed(feed_history(connection, source.id, POLLS_SHOWN))) for source in catalog}
    reports = [
        FeedReport(source, known.get(source.id), polls[source.id], tuple(_find_alarms(source, known.get(source.id)))) for source in catalog
    ]
    shown = [report for report in reports if report.alarms] if problems else reports
    if as_json:
        _write_json([report_as_data(report) for report in shown])
    else:
        print_reports(output_console(), reports, shown=shown, now=datetime.now(UTC))
    polled = [report for report in reports if report.source.enabled and report.health and report.health.outcome]
    answered = sum(report.outcome is not None and report.outcome.answered for report in polled)
    if answered < settings.min_feeds_ok * len(polled):
        complain(
            f"{answered} of {len(polled)} feeds answered when last polled, fewer than the share of {settings.min_feeds_ok:g} asked for"
        )
        raise typer.Exit(3)


def _find_alarms(source: FeedSource, health: FeedHealth | None) -> list[str]:
    """Return why somebody should look at a feed; nothing for one that the list switches off."""
    # Imported here because the parsers take a while to import, and the other commands read no feed.
    from pipeline.fetch.schedule import RUNS_BEFORE_SUGGESTION, TOO_MANY

    if health is None or not source.enabled:
        return []
    if health.disabled_reason:
        return [health.disabled_reason]
    alarms = [] if health.outcome is None or health.outcome.good else [health.reason or health.outcome.definition]
    if health.failures >= TOO_MANY:
        alarms.append("has failed so often that it is asked once a week")
    if health.suggestion and health.suggestion_seen >= RUNS_BEFORE_SUGGESTION:
        alarms.append(f"permanent redirects lead to {health.suggestion}: put it into the list")
    return alarms


# --- one feed, and files of feeds ---


def _try(settings: Settings, source: FeedSource, *, listed: bool) -> Trial:
    """Fetch a feed as a run does that has never seen it; nothing is stored."""
    # Imported here because the client takes a while to import, and the other commands fetch nothing.
    from pipeline.fetch import Client
    from pipeline.fetch.discovery import wanted_children

    now = datetime.now(UTC)
    with Client(settings) as client:
        try:
            reply = client.get(source.url, limit=settings.max_feed_bytes)
        except FetchError as error:
            return Trial(source, listed, error=error)
        kind = reply.headers.get("content-type")
        wanted = wanted_children(reply.body, source, base_url=reply.final_url, content_type=kind, now=now)
        children = [_ask_child(client, address, limit=settings.max_feed_bytes) for address in wanted]
    feed = _parse(reply.body, source, base_url=reply.final_url, content_type=kind, now=now, children=children)
    return Trial(source, listed, reply=reply, feed=feed)


def _ask_child(client: Client, address: str, *, limit: int) -> ChildSitemap:
    """Fetch one sitemap of an index."""
    # Imported here because the parsers take a while to import, and the other commands read no feed.
    from pipeline.fetch.discovery import ChildSitemap

    try:
        reply = client.get(address, limit=limit, any_type=True)
    except FetchError as error:
        return ChildSitemap(address, address, None, failure=str(error))
    return ChildSitemap(address, reply.final_url, reply.body, reply.headers.get("content-type"))


def _read_file(path: Path, source: FeedSource, *, base_url: str, limit: int) -> FeedFile:
    """Read one stored body; never raises for what it is or holds."""
    try:
        body = _read_bounded(path, limit)
    except (UsageError, OSError, EOFError, zlib.error) as error:
        return FeedFile(str(path), None, _explain(error))
    return FeedFile(str(path), _parse(body, source, base_url=base_url, content_type=None, now=datetime.now(UTC)))


def _parse(
    body: bytes, source: FeedSource, *, base_url: str, content_type: str | None, now: datetime, children: Sequence[ChildSitemap] = ()
) -> ParsedFeed:
    # Imported here because the parsers take a while to import, and the other commands read no feed.
    from pipeline.fetch import ParsedFeed
    from pipeline.fetch.discovery import parse_source

    try:
        return parse_source(body, source, base_url=base_url, content_type=content_type, now=now, children=children)
    except Exception as error:  # noqa: BLE001 - the item border: a body that breaks the parser must not stop the others
        return ParsedFeed(FeedOutcome.DEAD, f"the parser broke: {type(error).__name__}: {error}", (), "", ())


def _read_bounded(path: Path, limit: int) -> bytes:
    """Return a file, unpacked where it is gzipped. Raises UsageError where it has more than `limit` bytes."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else path.open("rb") as file:
        body = file.read(limit + 1)
    if len(body) > limit:
        raise UsageError(f"is larger than {limit:,} bytes")
    return body


def _explain(error: Exception) -> str:
    return f"cannot be read: {error.strerror}" if isinstance(error, OSError) and error.strerror else str(error)


# --- the list ---


def _choose_list(settings: Settings, feeds: Path | None) -> Settings:
    return settings if feeds is None else settings.model_copy(update={"feeds": feeds})


def _is_address(text: str) -> bool:
    return "/" in text or ":" in text or "." in text


def _stand_in(url: str, *, zone: str | None, language: str = "en") -> FeedSource:
    """Return a feed that is not in the list. Raises UsageError for an address or zone that is none."""
    address = url if "://" in url else f"https://{url}"
    values = {"id": UNLISTED, "publisher": UNLISTED, "language": language, "country": UNKNOWN_COUNTRY, "kind": FeedKind.NEWSPAPER}
    return _make_source(values | {"url": address, "korea_filter": False, "enabled": True, "default_tz": zone})


def _make_source(values: Mapping[str, object]) -> FeedSource:
    """Return a feed as the list could have it. Raises UsageError with every fault, one a line."""
    try:
        return FeedSource.model_validate(values)
    except ValidationError as error:
        told = [explain_error(each, name="", known=tuple(FeedSource.model_fields)) for each in error.errors()]
        raise UsageError("\n".join(told)) from error


def _finish(edit: CatalogEdit, done: str, *, dry_run: bool) -> None:
    """Save an edit, or show what it would change."""
    console = output_console()
    if edit.before == edit.after:
        console.print(f"{edit.path} says so already: nothing to change", soft_wrap=True, highlight=False, markup=False)
    elif dry_run:
        console.print(edit.diff(), soft_wrap=True, highlight=False, markup=False)
    else:
        edit.save()
        console.print(f"{edit.path}: {done}", soft_wrap=True, highlight=False, markup=False)


def _remark(message: str) -> None:
    """Write something that is no error to standard error."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(message, markup=False)


def _write_json(value: Mapping[str, Any] | Sequence[Any]) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
