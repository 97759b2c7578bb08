"""Run stages again over what is stored, after an extractor, stage, model or list changed or editors decided; and put back what waits.

Bodies that are extracted again go the way of every night: they are made due, and a text that differs becomes a new version. Versions
that are read again get the newer reading in the place of the older one, which stays stored (`pipeline.store.rereading` has the rules).
Each version is a transaction of its own, with its events, merges and lines of the change feed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from pipeline.analyse import LANGUAGES, Analyser
from pipeline.errors import PeninsulaError, StorageError, UsageError
from pipeline.extract import name_extractor
from pipeline.fetch.archive import Archive
from pipeline.fetch.catalog import load_catalog
from pipeline.fetch.client import Client
from pipeline.review.corrections import read_corrections
from pipeline.run.context import Context, Silent, Watcher
from pipeline.run.indexing import index_events
from pipeline.run.language import add_versions, join_stories
from pipeline.run.merging import join_events
from pipeline.run.pages import FEED_ITEM, extract_pages
from pipeline.run.report import RunReport
from pipeline.run.reviewing import refresh_review
from pipeline.settings import Settings
from pipeline.stages import LANGUAGE_STAGES, STAGES
from pipeline.store.analyses import AnalysisContext
from pipeline.store.articles import count_followed, load_article
from pipeline.store.changes import record_changed, record_created
from pipeline.store.engine import Database, open_database, reading, writing
from pipeline.store.locks import hold_data_dir
from pipeline.store.reprocess import (
    DueBody,
    DueReading,
    InForce,
    Selection,
    Waiting,
    begin_run,
    find_article_ids,
    find_due_bodies,
    find_due_readings,
    find_waiting,
    has_feed,
    put_back,
    return_to_extraction,
)
from pipeline.store.rereading import events_beside, record_rereading
from pipeline.store.runs import end_run, hold_database
from pipeline.store.schema import require_current

__all__ = ["STAGE_NAMES", "ReprocessReport", "reprocess", "retry"]

STAGE_NAMES = ("extract", "tag", "link", "events", "stories")
"""The stages that can be run again."""


@dataclass(slots=True)
class ReprocessReport:
    """What was due, by stage and reason, and what came of it. `changes` counts what the newer readings brought, in rows.

    `resumed` tells that an earlier run with the same scope had not finished and was gone on with.
    """

    run: RunReport
    scope: dict[str, Any]
    due: Counter[tuple[str, str]] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    resumed: bool = False

    @property
    def exit_code(self) -> int:
        """3 where something could not be processed, else 0."""
        return self.run.exit_code

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON data."""
        due = [{"stage": stage, "reason": reason, "count": number} for (stage, reason), number in sorted(self.due.items())]
        return {**self.run.as_dict(), "scope": self.scope, "due": due, "changes": dict(self.changes), "resumed": self.resumed}


def _utc_now() -> datetime:
    return datetime.now(UTC)


def reprocess(
    settings: Settings,
    wanted: Selection,
    *,
    dry_run: bool = False,
    watcher: Watcher | None = None,
    analyser: Analyser | None = None,
    now: Callable[[], datetime] = _utc_now,
) -> ReprocessReport:
    """Run the wanted stages again over the stored articles that are wanted; `dry_run` counts them, by stage and reason.

    `wanted.articles` may be beginnings of ids or addresses. Raises UsageError for an article, feed or stage that is unknown, LockHeld
    where another run is at work, ConfigurationError where there is no database. A run that was killed goes on where it stopped when the
    same is asked again. `analyser` is None for one that heeds what editors decided.
    """
    if wanted.stage not in {None, *STAGE_NAMES}:
        raise UsageError(f"stage {wanted.stage!r} cannot be run again; {', '.join(STAGE_NAMES)} can")
    with ExitStack() as stack:
        database = _open(stack, settings, lock=not dry_run)
        analyser = analyser or Analyser(settings, read_corrections(database))
        wanted = _resolve(database, wanted)
        if not dry_run:
            analyser.check()
        versions = {stage.name: stage.version for stage in STAGES} | {"knowledge": analyser.knowledge.version}
        versions |= {f"model_{lang}": analyser.model_name(lang) for lang in LANGUAGES}
        report = ReprocessReport(RunReport("", now(), versions, dry_run=dry_run), _describe(wanted))
        client = stack.enter_context(Client(settings))
        sources = {source.id: source for source in load_catalog(settings.feeds)}
        archive = Archive(settings.data_dir / "raw")
        context = Context(settings, database, archive, client, analyser, sources, report.run, watcher or Silent(), now)
        work = _Work(context, wanted, _in_force(analyser), report)
        if dry_run:
            work.count()
        else:
            _run(work)
        return report


def _open(stack: ExitStack, settings: Settings, *, lock: bool) -> Database:
    database = open_database(settings.database, create=False)
    stack.callback(database.dispose)
    if lock:
        stack.enter_context(hold_data_dir(settings.data_dir))
        stack.enter_context(hold_database(database))
    require_current(database)
    return database


def _resolve(database: Database, wanted: Selection) -> Selection:
    with reading(database) as connection:
        for feed in wanted.feeds:
            if not has_feed(connection, feed):
                raise UsageError(f"no feed is called {feed!r} in the database: `peninsula feeds` lists them")
        articles = []
        for name in wanted.articles:
            found = find_article_ids(connection, name)
            if not found:
                raise UsageError(f"no article is called {name!r}: give an id, the beginning of one, or its address")
            if len(found) > 1 and name not in found:
                raise UsageError(f"several articles begin with {name!r}: give more of the id")
            articles.append(name if name in found else found[0])
    return replace(wanted, articles=tuple(articles))


def _describe(wanted: Selection) -> dict[str, Any]:
    plain = asdict(wanted) | {"feeds": list(wanted.feeds), "articles": list(wanted.articles)}
    return plain | {"since": wanted.since.isoformat() if wanted.since else None}


def _in_force(analyser: Analyser) -> InForce:
    models = {lang: analyser.model_name(lang) for lang in LANGUAGES}
    return InForce(name_extractor(), LANGUAGE_STAGES, models, analyser.knowledge.list_versions)


@dataclass(slots=True)
class _Work:
    """One reprocessing with what it needs; `done_by` is the run that is gone on with."""

    context: Context
    wanted: Selection
    in_force: InForce
    report: ReprocessReport
    done_by: str | None = None

    def bodies(self) -> list[DueBody]:
        """Return the bodies to extract again that lie on this machine, and count the others: pruned, or fetched by another machine."""
        with reading(self.context.database) as connection:
            due = find_due_bodies(connection, self.wanted, self.in_force, done_by=self.done_by)
        self.report.due.update(("extract", body.reason) for body in due)
        here = [body for body in due if self._is_here(body)]
        if len(here) < len(due):
            self.report.run.articles["without a body here"] += len(due) - len(here)
        return here

    def _is_here(self, body: DueBody) -> bool:
        return body.content_type == FEED_ITEM or (self.context.archive.root / Path(body.path)).is_file()

    def readings(self) -> list[DueReading]:
        """Return the versions to read again."""
        with reading(self.context.database) as connection:
            due = find_due_readings(connection, self.wanted, self.in_force, done_by=self.done_by)
        self.report.due.update(reason for one in due for reason in one.reasons)
        return due

    def count(self) -> None:
        """Count what is due and do nothing."""
        number = len(self.bodies()), len(self.readings())
        if self.wanted.stage == "stories":
            self.report.due["stories", "asked for"] += 1
        self.report.run.reason = f"{number[0]} bodies to extract and {number[1]} versions to read; nothing was written"

    def extract(self) -> None:
        """Extract bodies again; those that a killed run had made due are due still."""
        bodies = self.bodies()
        if bodies:
            with writing(self.context.database) as connection:
                return_to_extraction(connection, bodies)
        if bodies or (self.report.resumed and self.wanted.stage in {None, "extract"}):
            extract_pages(self.context)
            with reading(self.context.database) as connection:
                self.report.changes["versions with other metadata"] += count_followed(connection, self.context.report.run_id)

    def read(self) -> None:
        """Read versions again."""
        due = self.readings()
        if not due:
            return
        models, knowledge = add_versions(self.context.database, self.context.analyser, at=self.context.now())
        for one in self.context.watcher.watch(due, step="reading again", total=len(due)):
            self._read_one(one.version_id, models, knowledge)

    def _read_one(self, version_id: str, models: dict[str, str], knowledge: str) -> None:
        context = self.context
        with reading(context.database) as connection:
            article = load_article(connection, version_id)
        try:
            analysis = context.analyser.analyse(article)
        except PeninsulaError:
            raise
        except Exception as error:  # noqa: BLE001 - the item border: one version that breaks a stage must not stop the others
            self.report.run.analysed["failed"] += 1
            self.report.run.add_problem("analyse", "failed", article.url, f"{type(error).__name__}: {error}")
            return
        made = AnalysisContext(context.report.run_id, context.now(), models[article.lang], knowledge, LANGUAGE_STAGES)
        with writing(context.database) as connection:
            changes = record_rereading(connection, analysis, made)
            record_created(connection, at=made.at)
            join_events(connection, events_beside(connection, version_id), at=made.at)
            record_changed(connection, at=made.at)
        self.report.run.analysed["done"] += 1
        self.report.changes.update(changes)

    def join(self) -> None:
        """Find the stories anew, from the day that was asked for or over the days of a night; one transaction."""
        if self.wanted.stage != "stories":
            return
        context, days = self.context, self.context.settings.near_duplicate_days
        if self.wanted.since is not None:
            days = max(days, (context.now() - self.wanted.since).days + 1)
        self.report.due["stories", "asked for"] += 1
        join_stories(replace(context, settings=context.settings.model_copy(update={"near_duplicate_days": days})))

    def index(self) -> None:
        """Bring what changed into the queue of the editors, and into the index."""
        refresh_review(self.context)
        index_events(self.context)


def _run(work: _Work) -> None:
    context, run = work.context, work.report.run
    with writing(context.database) as connection:
        run.run_id, work.report.resumed = begin_run(connection, scope=work.report.scope, at=run.started_at, versions=run.versions)
    work.done_by = run.run_id if work.report.resumed else None
    run.exit_code, run.reason = 1, "ended before it was done; run it again to go on where it stopped"
    try:
        for name, step in (("extract", work.extract), ("analyse", work.read), ("stories", work.join), ("index", work.index)):
            began = monotonic()
            step()
            run.seconds[name] = monotonic() - began
        _conclude(run)
    except PeninsulaError as error:
        run.exit_code, run.reason = error.exit_code, str(error)
        raise
    except KeyboardInterrupt:
        run.exit_code, run.reason = 130, "interrupted; run it again to go on where it stopped"
        raise
    finally:
        run.ended_at = context.now()
        _write_end(context.database, work.report)


def _conclude(run: RunReport) -> None:
    refused = sum(problem.state != "skipped" for problem in run.problems)
    done = f"{run.articles['new']} new texts, {run.articles['unchanged']} unchanged, {run.analysed['done']} versions read"
    run.exit_code, run.reason = (3, f"{done}; {refused} could not be processed") if refused else (0, done)


def _write_end(database: Database, report: ReprocessReport) -> None:
    """Write how the run ended. Where even that fails, the error that ended the run is the one to tell."""
    run = report.run
    try:
        with writing(database) as connection:
            end_run(
                connection,
                run.run_id,
                at=run.ended_at or run.started_at,
                exit_code=run.exit_code,
                reason=run.reason,
                report=report.as_dict(),
            )
    except StorageError:
        if run.exit_code in {0, 3}:
            raise


# --- retry ----------------------------------------------------------------------------------------------------------------


def retry(
    settings: Settings, names: Sequence[str] = (), *, reason: str | None = None, everything: bool = False, dry_run: bool = False
) -> list[Waiting]:
    """Put what failed or is in quarantine back in line, for the next run to take up; return what was put back.

    `names` are ids of articles or versions, or beginnings of them; `reason` is the kind of a reason or a part of its words. Raises
    UsageError where nothing is named, and for a name that does not wait; LockHeld where another run is at work.
    """
    if not (names or reason or everything):
        raise UsageError("say what to put back: ids, --reason, or --all; `peninsula quarantine` lists what waits")
    with ExitStack() as stack:
        database = _open(stack, settings, lock=not dry_run)
        with reading(database) as connection:
            waiting = find_waiting(connection)
        chosen = _choose(waiting, names)
        if reason:
            chosen = [one for one in chosen if reason in {one.kind, one.stage} or reason.casefold() in one.reason.casefold()]
        if chosen and not dry_run:
            with writing(database) as connection:
                put_back(connection, chosen)
        return chosen


def _choose(waiting: list[Waiting], names: Sequence[str]) -> list[Waiting]:
    if not names:
        return waiting
    chosen: dict[str, Waiting] = {}
    for name in names:
        found = [one for one in waiting if name and (one.id.startswith(name) or one.article_id.startswith(name) or one.url == name)]
        if not found:
            raise UsageError(f"nothing that is called {name!r} waits: `peninsula quarantine` lists what does")
        chosen |= {one.id: one for one in found}
    return list(chosen.values())
