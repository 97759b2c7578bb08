"""One run from beginning to end."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

from models.feeds import FeedSource
from models.knowledge import Corrections
from pipeline.analyse import LANGUAGES, Analyser
from pipeline.errors import PeninsulaError, StorageError
from pipeline.fetch.archive import Archive
from pipeline.fetch.catalog import load_catalog, select_feeds
from pipeline.fetch.client import Client
from pipeline.operate.logs import run_named
from pipeline.operate.metrics import write_metrics
from pipeline.operate.runs import RunSummary, assess, summarise
from pipeline.review.corrections import read_corrections
from pipeline.review.precision import read_precision
from pipeline.run.context import Context, Silent, Watcher
from pipeline.run.holding import Leases
from pipeline.run.indexing import index_events
from pipeline.run.language import analyse_articles, join_stories
from pipeline.run.pages import extract_pages, fetch_pages
from pipeline.run.poll import poll_feeds
from pipeline.run.report import RunReport
from pipeline.run.reviewing import refresh_review
from pipeline.run.stopping import Stop
from pipeline.settings import Settings
from pipeline.stages import STAGES
from pipeline.store.copy import copy_fetch_state
from pipeline.store.engine import Database, open_database, reading, writing
from pipeline.store.history import last_runs
from pipeline.store.locks import hold_data_dir
from pipeline.store.runs import can_be_shared, end_run, hold_database, start_run, take_turn
from pipeline.store.schema import is_empty, require_current

__all__ = ["dry_run_ingest", "ingest"]

log = logging.getLogger(__name__)

_COMPARED = 60
"""Runs before this one that it is compared with: a month of two a day."""

STEPS: tuple[tuple[str, Callable[[Context], None]], ...] = (
    ("poll", poll_feeds),
    ("fetch", fetch_pages),
    ("extract", extract_pages),
    ("analyse", analyse_articles),
    ("stories", join_stories),
    ("review", refresh_review),
    ("index", index_events),
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def ingest(
    settings: Settings,
    *,
    only: Sequence[str] = (),
    watcher: Watcher | None = None,
    analyser: Analyser | None = None,
    stop: Stop | None = None,
    now: Callable[[], datetime] = _utc_now,
) -> RunReport:
    """Run the whole nightly job once and return its report.

    `only` names feeds that are polled, due or not; the others are not, but work that is due from earlier runs is done all the same. On
    PostgreSQL several runs with data folders of their own share the work. `stop` ends the run early; by default `time_limit` of the
    settings does. Without an `analyser` one is made that heeds what editors decided. Raises ConfigurationError before anything is done
    where settings, feeds, lexicon, knowledge base or database are not in order, and LockHeld where another run is at work in the data
    folder, or a command that needs the database alone.
    """
    stop = stop or Stop(settings.time_limit)
    sources = {source.id: source for source in select_feeds(load_catalog(settings.feeds), only)}
    with ExitStack() as stack:
        stack.enter_context(hold_data_dir(settings.data_dir))
        database = open_database(settings.database)
        stack.callback(database.dispose)
        stack.enter_context(hold_database(database, shared=True))
        reader = analyser or Analyser(settings)
        reader.check()
        with take_turn(database, "schema"):
            require_current(database, create=True)
        if analyser is None:
            reader = reader.corrected(read_corrections(database))
        client = stack.enter_context(Client(settings))
        return _run(settings, database, client, sources, reader, watcher or Silent(), stop, now, frozenset(only))


def _run(
    settings: Settings,
    database: Database,
    client: Client,
    sources: Mapping[str, FeedSource],
    analyser: Analyser,
    watcher: Watcher,
    stop: Stop,
    now: Callable[[], datetime],
    only: frozenset[str],
) -> RunReport:
    versions = {stage.name: stage.version for stage in STAGES} | {"knowledge": analyser.knowledge.version}
    versions |= {f"model_{lang}": analyser.model_name(lang) for lang in LANGUAGES}
    started = now()
    with writing(database) as connection:
        run_id = start_run(connection, command="ingest", at=started, versions=versions)
    report = RunReport(run_id, started, versions)
    leases = Leases(database, run_id, seconds=settings.lease_seconds) if can_be_shared(database) else None
    archive = Archive(settings.data_dir / "raw")
    context = Context(settings, database, archive, client, analyser, sources, report, watcher, now, only, leases, stop)
    try:
        with run_named(run_id), leases or nullcontext():
            for name, step in STEPS:
                began = monotonic()
                step(context)
                report.seconds[name] = monotonic() - began
                log.info("step ended", extra={"step": name, "seconds": report.seconds[name]})
        _measure(context)
        _conclude(context)
    except PeninsulaError as error:
        report.exit_code, report.reason = error.exit_code, str(error)
        raise
    except KeyboardInterrupt:
        report.exit_code, report.reason = 130, "interrupted; run it again to go on where it stopped"
        raise
    except Exception as error:
        report.exit_code, report.reason = 1, f"{type(error).__name__}: {error}"
        raise
    finally:
        report.ended_at = now()
        _write_end(database, report)
        _write_metrics(database, settings)
    return report


def _write_end(database: Database, report: RunReport) -> None:
    """Write how the run ended. Where even that fails, the error that ended the run is the one to tell."""
    try:
        with writing(database) as connection:
            ended = report.ended_at or report.started_at
            end_run(connection, report.run_id, at=ended, exit_code=report.exit_code, reason=report.reason, report=report.as_dict())
    except StorageError:
        if report.exit_code == 0:
            raise


def _write_metrics(database: Database, settings: Settings) -> None:
    """Write the numbers for Prometheus; a run is not worse for want of them."""
    try:
        write_metrics(database, settings.data_dir / "metrics.prom")
    except StorageError as error:
        log.warning("%s", error)


def _measure(context: Context) -> None:
    """Tell in the report how often the machine was right, where editors decided anything."""
    precision = read_precision(context.database)
    if precision.everything.overall is not None:
        context.report.precision = precision.as_dict()


def _conclude(context: Context) -> None:
    """Set exit code and reason: 3 where the run as a whole is not what the runs before it were, or ended before it was done."""
    report, stop = context.report, context.stop
    if stop.cut:
        report.exit_code, report.reason = stop.exit_code, stop.reason
        return
    with reading(context.database) as connection:
        history = [_as_before(summarise(run), report) for run in last_runs(connection, limit=_COMPARED)]
    alarms = assess(report.as_dict(), history, min_feeds_ok=context.settings.min_feeds_ok)
    report.exit_code = 3 if alarms else 0
    report.reason = "; ".join(alarms) or f"{report.feeds_ok} of {report.feeds_polled} feeds answered"


def _as_before(other: RunSummary, report: RunReport) -> RunSummary:
    """Return a run as one before this one: what began later and shared the work brought articles that this one did not find."""
    if other.id == report.run_id or other.started_at < report.started_at:
        return other
    return replace(other, started_at=report.started_at - timedelta(seconds=1))


def dry_run_ingest(settings: Settings, *, only: Sequence[str] = (), watcher: Watcher | None = None, stop: Stop | None = None) -> RunReport:
    """Run as `ingest` does, but on a copy in a temporary folder: the data folder and the database stay as they are."""
    with tempfile.TemporaryDirectory(prefix="peninsula-dry-") as folder:
        data_dir = Path(folder)
        copy = settings.model_copy(update={"data_dir": data_dir, "database_url": None})
        database = open_database(copy.database)
        try:
            require_current(database, create=True)
            corrections = _copy_state(settings, database)
        finally:
            database.dispose()
        # The analyser keeps the real settings: fetched sanctions lists lie in the real data folder.
        report = ingest(copy, only=only, watcher=watcher, analyser=Analyser(settings, corrections), stop=stop)
    report.dry_run = True
    return report


def _copy_state(settings: Settings, target: Database) -> Corrections:
    """Bring what earlier runs know of feeds and articles into the copy, so that it does only what a real run would do.

    Return what editors decided, which is not copied.
    """
    if settings.database_url is None and not (settings.data_dir / "peninsula.db").exists():
        return Corrections()
    source = open_database(settings.database)
    try:
        if is_empty(source):
            return Corrections()
        require_current(source)
        copy_fetch_state(source, target)
        return read_corrections(source)
    finally:
        source.dispose()
