"""One run from beginning to end."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from models.feeds import FeedSource
from pipeline.analyse import Analyser
from pipeline.errors import PeninsulaError, StorageError
from pipeline.fetch.archive import Archive
from pipeline.fetch.catalog import load_catalog, select_feeds
from pipeline.fetch.client import Client
from pipeline.run.context import Context, Silent, Watcher
from pipeline.run.language import analyse_articles, join_stories
from pipeline.run.lock import hold_data_dir
from pipeline.run.pages import extract_pages, fetch_pages
from pipeline.run.poll import poll_feeds
from pipeline.run.report import RunReport
from pipeline.settings import Settings
from pipeline.stages import STAGES
from pipeline.store.copy import copy_fetch_state
from pipeline.store.engine import Database, open_database, writing
from pipeline.store.runs import end_run, hold_database, start_run
from pipeline.store.schema import is_empty, require_current

__all__ = ["dry_run_ingest", "ingest"]

STEPS: tuple[tuple[str, Callable[[Context], None]], ...] = (
    ("poll", poll_feeds),
    ("fetch", fetch_pages),
    ("extract", extract_pages),
    ("analyse", analyse_articles),
    ("stories", join_stories),
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def ingest(
    settings: Settings,
    *,
    only: Sequence[str] = (),
    watcher: Watcher | None = None,
    analyser: Analyser | None = None,
    now: Callable[[], datetime] = _utc_now,
) -> RunReport:
    """Run the whole nightly job once and return its report.

    `only` names feeds; the others are not polled, but work that is due from earlier runs is done all the same. Raises
    ConfigurationError before anything is done where settings, feeds, lexicon, knowledge base or database are not in order,
    and LockHeld where another run is at work.
    """
    sources = {source.id: source for source in select_feeds(load_catalog(settings.feeds), only)}
    analyser = analyser or Analyser(settings)
    analyser.check()
    with ExitStack() as stack:
        stack.enter_context(hold_data_dir(settings.data_dir))
        database = open_database(settings.database)
        stack.callback(database.dispose)
        stack.enter_context(hold_database(database))
        require_current(database, create=True)
        client = stack.enter_context(Client(settings))
        return _run(settings, database, client, sources, analyser, watcher or Silent(), now)


def _run(
    settings: Settings,
    database: Database,
    client: Client,
    sources: Mapping[str, FeedSource],
    analyser: Analyser,
    watcher: Watcher,
    now: Callable[[], datetime],
) -> RunReport:
    versions = {stage.name: stage.version for stage in STAGES} | {"knowledge": analyser.knowledge.version}
    started = now()
    with writing(database) as connection:
        run_id = start_run(connection, command="ingest", at=started, versions=versions)
    report = RunReport(run_id, started, versions)
    context = Context(settings, database, Archive(settings.data_dir / "raw"), client, analyser, sources, report, watcher, now)
    try:
        for name, step in STEPS:
            began = monotonic()
            step(context)
            report.seconds[name] = monotonic() - began
        _conclude(report, settings)
    except PeninsulaError as error:
        report.exit_code, report.reason = error.exit_code, str(error)
        raise
    except KeyboardInterrupt:
        report.exit_code, report.reason = 130, "interrupted; run it again to go on where it stopped"
        raise
    finally:
        report.ended_at = now()
        _write_end(database, report)
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


def _conclude(report: RunReport, settings: Settings) -> None:
    """Set exit code and reason: 3 where fewer feeds answered than the threshold asks for."""
    if not report.feeds_polled:
        report.exit_code, report.reason = 3, "no feed is enabled"
    elif report.feeds_ok < settings.min_feeds_ok * report.feeds_polled:
        report.exit_code = 3
        report.reason = f"only {report.feeds_ok} of {report.feeds_polled} feeds answered; the threshold is {settings.min_feeds_ok:.0%}"
    else:
        report.reason = f"{report.feeds_ok} of {report.feeds_polled} feeds answered"


def dry_run_ingest(settings: Settings, *, only: Sequence[str] = (), watcher: Watcher | None = None) -> RunReport:
    """Run as `ingest` does, but on a copy in a temporary folder: the data folder and the database stay as they are."""
    with tempfile.TemporaryDirectory(prefix="peninsula-dry-") as folder:
        data_dir = Path(folder)
        copy = settings.model_copy(update={"data_dir": data_dir, "database_url": None})
        database = open_database(copy.database)
        try:
            require_current(database, create=True)
            _copy_state(settings, database)
        finally:
            database.dispose()
        # The analyser keeps the real settings: fetched sanctions lists lie in the real data folder.
        report = ingest(copy, only=only, watcher=watcher, analyser=Analyser(settings))
    report.dry_run = True
    return report


def _copy_state(settings: Settings, target: Database) -> None:
    """Bring what earlier runs know of feeds and articles into the copy, so that it does only what a real run would do."""
    if settings.database_url is None and not (settings.data_dir / "peninsula.db").exists():
        return
    source = open_database(settings.database)
    try:
        if not is_empty(source):
            require_current(source)
            copy_fetch_state(source, target)
    finally:
        source.dispose()
