"""Articles that were read under older sanctions lists, linked again with the newer ones: who is newly named on a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from models.records import Analysis, Article, Link
from pipeline.analyse import Analyser
from pipeline.errors import PeninsulaError
from pipeline.review.corrections import read_corrections
from pipeline.run.context import Silent, Watcher
from pipeline.run.indexing import refresh_index
from pipeline.run.language import add_versions
from pipeline.settings import Settings
from pipeline.stages import LANGUAGE_STAGES, STAGES
from pipeline.store.analyses import AnalysisContext
from pipeline.store.articles import load_article
from pipeline.store.engine import Database, open_database, reading, writing
from pipeline.store.locks import hold_data_dir
from pipeline.store.relinks import due_relinks, find_new_links, record_relinks
from pipeline.store.runs import end_run, hold_database, start_run
from pipeline.store.schema import require_current

__all__ = ["NewlyListed", "RelinkReport", "relink"]


@dataclass(frozen=True, slots=True)
class NewlyListed:
    """One name in one article that the newer lists match. `status` is "auto" or, where an editor is to decide, "review"."""

    name: str
    entry: str
    list_version: str
    status: str
    why: str
    article: str
    title: str
    url: str
    published: date | None


@dataclass(slots=True)
class RelinkReport:
    """What a relinking did: articles looked at, new matches in order of publication, and articles that could not be read."""

    articles: int = 0
    found: list[NewlyListed] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """3 where an article could not be read, else 0."""
        return 3 if self.problems else 0


@dataclass(frozen=True, slots=True)
class _Job:
    database: Database
    analyser: Analyser
    context: Callable[[str], AnalysisContext] | None
    """Makes the context of an article in a language; None where nothing is to be written."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


def relink(
    settings: Settings,
    *,
    since: date,
    dry_run: bool = False,
    watcher: Watcher | None = None,
    analyser: Analyser | None = None,
    now: Callable[[], datetime] = _utc_now,
) -> RelinkReport:
    """Link the stored articles published since a day again where their result rests on other versions of the lists.

    New matches are added; nothing is overwritten. Each article is a transaction of its own, so that a run that was killed goes on
    where it stopped. Raises LockHeld where another run is at work, ConfigurationError where there is no database.
    """
    reader = analyser or Analyser(settings)
    reader.check()
    with ExitStack() as stack:
        stack.enter_context(hold_data_dir(settings.data_dir))
        database = open_database(settings.database, create=False)
        stack.callback(database.dispose)
        stack.enter_context(hold_database(database))
        require_current(database)
        if analyser is None:
            reader = reader.corrected(read_corrections(database))
        start = datetime.combine(since, time(), UTC)
        with reading(database) as connection:
            due = due_relinks(connection, since=start, list_versions=reader.knowledge.list_versions)
        watched = (watcher or Silent()).watch(due, step="linking again", total=len(due))
        report = RelinkReport()
        if dry_run or not due:
            job = _Job(database, reader, None)
            for version_id in watched:
                _relink_one(job, version_id, report)
            return report
        return _run(database, reader, watched, report, now)


def _run(database: Database, analyser: Analyser, due: Iterable[str], report: RelinkReport, now: Callable[[], datetime]) -> RelinkReport:
    versions = {stage.name: stage.version for stage in STAGES} | {"knowledge": analyser.knowledge.version}
    with writing(database) as connection:
        run_id = start_run(connection, command="relink", at=now(), versions=versions)
    models, knowledge = add_versions(database, analyser, at=now())
    job = _Job(database, analyser, lambda lang: AnalysisContext(run_id, now(), models[lang], knowledge, LANGUAGE_STAGES))
    code, reason = 1, "ended before it was done; run it again to go on where it stopped"
    try:
        for version_id in due:
            _relink_one(job, version_id, report)
        refresh_index(database, analyser.knowledge, at=now())
        code, reason = report.exit_code, f"{len(report.found)} new matches in {report.articles} articles"
    finally:
        with writing(database) as connection:
            end_run(connection, run_id, at=now(), exit_code=code, reason=reason, report=_as_dict(report))
    return report


def _as_dict(report: RelinkReport) -> dict[str, object]:
    return {"articles": report.articles, "new_links": len(report.found), "problems": report.problems}


def _relink_one(job: _Job, version_id: str, report: RelinkReport) -> None:
    with reading(job.database) as connection:
        article = load_article(connection, version_id)
    try:
        analysis = job.analyser.analyse(article)
    except PeninsulaError:
        raise
    except Exception as error:  # noqa: BLE001 - the item border: one article that breaks a stage must not stop the others
        report.problems.append(f"{article.url}: {type(error).__name__}: {error}")
        return
    if job.context is None:
        with reading(job.database) as connection:
            links = find_new_links(connection, analysis)
    else:
        with writing(job.database) as connection:
            links = find_new_links(connection, analysis)
            record_relinks(connection, analysis, links, job.context(article.lang))
    report.articles += 1
    report.found += [_tell(article, analysis, link) for link in links]


def _tell(article: Article, analysis: Analysis, link: Link) -> NewlyListed:
    names = (mention.name for mention in analysis.linking.mentions if mention.entity == link.entity)
    return NewlyListed(
        name=next(names, link.written or link.name),
        entry=link.entry,
        list_version=link.list_version,
        status=link.status,
        why=link.why,
        article=article.id,
        title=article.title,
        url=article.url,
        published=article.publication.day if article.publication else None,
    )
