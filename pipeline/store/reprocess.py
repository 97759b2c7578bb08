"""What is stored and to be run again: which bodies and versions are due and why, and what waits for someone.

A body is due where another extractor made its version, a version where it was read by other stages, another pipeline or, asked for by
name, with other lists; where editors decided on a name in it since; and where its metadata followed a newer extractor after it was read.
`pipeline.store.rereading` has the rules by which a newer reading takes the place of an older one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import aliased

from models.knowledge import decisions_in
from models.tables import (
    ArticleRow,
    ArticleVersionRow,
    EventMentionRow,
    EventRow,
    FeedItemRow,
    FeedRow,
    FetchRow,
    KnowledgeVersionRow,
    ModelVersionRow,
    RawBodyRow,
    RunRow,
    StageStatusRow,
    VersionChangeRow,
)
from models.vocabulary import FetchOutcome, StageState
from pipeline.store.articles import READ_COLUMNS
from pipeline.store.chunks import in_chunks
from pipeline.store.review_corrections import find_corrected
from pipeline.store.runs import start_run

__all__ = [
    "COMMAND",
    "DueBody",
    "DueReading",
    "InForce",
    "Selection",
    "Waiting",
    "begin_run",
    "find_article_ids",
    "find_due_bodies",
    "find_due_readings",
    "find_waiting",
    "has_feed",
    "put_back",
    "return_to_extraction",
]

COMMAND = "reprocess"
"""The command under which such a run is kept in `run`."""

LANGUAGE = ("tag", "link", "events")
_FINISHED = (0, 3)
_CHUNK = 500


# --- what is due ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Selection:
    """Which versions are wanted. `stage` None means extraction and the language stages; empty `feeds` and `articles` mean all.

    `since` counts by publication, or by when it was stored where that is unknown. `model` is the name of the language pipeline that made
    what is stored. With `changed` only what was made by other versions than those in force is taken.
    """

    stage: str | None = None
    since: datetime | None = None
    model: str | None = None
    feeds: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    changed: bool = True


@dataclass(frozen=True, slots=True)
class InForce:
    """What would make the output now: the extractor, the version of each language stage, pipelines by language, and the lists."""

    extractor: str
    stages: Mapping[str, str]
    models: Mapping[str, str]
    list_versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DueBody:
    """A stored body to be extracted again; `path` is below the root of the raw store."""

    article_id: str
    version_id: str | None
    url: str
    path: str
    content_type: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class DueReading:
    """An article version to be read again, and why, by stage."""

    version_id: str
    reasons: tuple[tuple[str, str], ...]


def begin_run(connection: Connection, *, scope: Mapping[str, Any], at: datetime, versions: Mapping[str, str]) -> tuple[str, bool]:
    """Begin a run, or go on with the last one where it had the same scope and versions and did not finish.

    Return its id, and whether it is gone on with.
    """
    query = select(RunRow).where(RunRow.command == COMMAND).order_by(RunRow.started_at.desc(), RunRow.id).limit(1)
    last = connection.execute(query).mappings().first()
    if last is not None and last["exit_code"] not in _FINISHED:
        same = (last["report"] or {}).get("scope") == dict(scope) and last["versions"] == dict(versions)
        if same:
            return str(last["id"]), True
    run_id = start_run(connection, command=COMMAND, at=at, versions=versions)
    connection.execute(update(RunRow).where(RunRow.id == run_id).values(report={"scope": dict(scope)}))
    return run_id, False


def find_due_bodies(connection: Connection, wanted: Selection, in_force: InForce, *, done_by: str | None = None) -> list[DueBody]:
    """Return the stored bodies that are to be extracted again, in order of the article's id.

    Bodies of which no version was made are taken only without `changed`: nothing tells which extractor put them aside. `done_by` leaves
    out what that run has done.
    """
    if wanted.stage not in {None, "extract"} or wanted.model is not None:
        return []
    made = aliased(StageStatusRow)
    aside = and_(
        ArticleRow.state.in_([StageState.SKIPPED, StageState.QUARANTINED]),
        ArticleRow.attempts == 0,
        ArticleRow.extracted_sha256 == ArticleRow.raw_sha256,
    )
    query = (
        select(
            ArticleRow.id.label("article_id"),
            ArticleRow.latest_version_id.label("version_id"),
            ArticleRow.url,
            ArticleRow.content_type,
            RawBodyRow.path,
            made.stage_version,
            aside.label("aside"),
        )
        .join(RawBodyRow, RawBodyRow.sha256 == ArticleRow.raw_sha256)
        .outerjoin(ArticleVersionRow, ArticleVersionRow.id == ArticleRow.latest_version_id)
        .outerjoin(made, and_(made.version_id == ArticleVersionRow.id, made.stage == "extract"))
        .where(
            or_(aside, and_(ArticleRow.state == StageState.DONE, made.stage_version.is_not(None), ArticleRow.extracted_sha256.is_not(None)))
        )
        .order_by(ArticleRow.id)
    )
    if done_by is not None:
        query = query.where(or_(made.run_id.is_(None), made.run_id != done_by))
    published = func.coalesce(ArticleVersionRow.published_at, ArticleRow.fetched_at)
    due = []
    for row in connection.execute(_filtered(query, wanted, published)).mappings():
        made_by = row["stage_version"]
        reason = (
            "set aside before" if row["aside"] else "asked for" if made_by == in_force.extractor else f"{made_by} → {in_force.extractor}"
        )
        if not wanted.changed or not (row["aside"] or reason == "asked for"):
            fields = {name: row[name] for name in ("article_id", "version_id", "url", "path", "content_type")}
            due.append(DueBody(**fields, reason=reason))
    return due


def return_to_extraction(connection: Connection, bodies: Iterable[DueBody]) -> None:
    """Make these bodies due for extraction, as if none had been made of them yet; what was made of them stays."""
    bodies = list(bodies)
    for chunk in in_chunks(body.article_id for body in bodies):
        connection.execute(update(ArticleRow).where(ArticleRow.id.in_(chunk)).values(state=StageState.DONE, extracted_sha256=None))
    for chunk in in_chunks(body.version_id for body in bodies if body.version_id is not None):
        connection.execute(delete(StageStatusRow).where(StageStatusRow.version_id.in_(chunk), StageStatusRow.stage == "extract"))


def find_due_readings(connection: Connection, wanted: Selection, in_force: InForce, *, done_by: str | None = None) -> list[DueReading]:
    """Return the latest versions that the language stages are to read again, in order of publication.

    Other versions of the lists are a reason only where the stage "link" is asked for by name. `done_by` leaves out what that run has done.
    """
    if wanted.stage not in {None, *LANGUAGE}:
        return []
    published = func.coalesce(ArticleVersionRow.published_at, ArticleVersionRow.created_at)
    query = (
        select(ArticleVersionRow.id, ArticleVersionRow.lang)
        .join(ArticleRow, ArticleRow.latest_version_id == ArticleVersionRow.id)
        .order_by(published, ArticleVersionRow.id)
    )
    rows = connection.execute(_filtered(query, wanted, published)).all()
    statuses, models, followed = _statuses(connection), _models(connection), _followed(connection)
    lists = {row.id: row.list_versions for row in connection.execute(select(KnowledgeVersionRow.id, KnowledgeVersionRow.list_versions))}
    corrected = _corrected(connection, wanted, {row.id: statuses[row.id] for row in rows if "events" in statuses.get(row.id, {})})
    due = []
    for row in rows:
        known = statuses.get(row.id, {})
        read = known.get("events")
        model = read.versions.get(f"model_{row.lang}", models.get(row.id)) if read else None
        if (done_by is not None and read and read.run_id == done_by) or (wanted.model is not None and model != wanted.model):
            continue
        reasons = _reasons(wanted, in_force, known, (model, in_force.models.get(row.lang)), lists)
        if read and row.id in followed and followed[row.id] > read.at:
            reasons += ((wanted.stage or "tag", "other metadata"),)
        if row.id in corrected:
            reasons += ((wanted.stage or "tag", "decided by editors"),)
        if reasons or not wanted.changed:
            due.append(DueReading(row.id, reasons or ((wanted.stage or "read", "asked for"),)))
    return due


def _corrected(connection: Connection, wanted: Selection, read: Mapping[str, Mapping[str, _Status]]) -> set[str]:
    """Return the versions in which editors decided on a name since they were read."""
    if wanted.stage not in {None, "tag", "link"}:
        return set()
    return find_corrected(
        connection, {version: decisions_in(known["events"].versions.get("knowledge", "")) for version, known in read.items()}
    )


def _filtered(query: Select[*tuple[Any, ...]], wanted: Selection, published: Any) -> Select[*tuple[Any, ...]]:  # noqa: ANN401 - a column
    if wanted.since is not None:
        query = query.where(published >= wanted.since)
    if wanted.feeds:
        query = query.where(ArticleRow.id.in_(select(FeedItemRow.article_id).where(FeedItemRow.feed_id.in_(wanted.feeds))))
    if wanted.articles:
        query = query.where(ArticleRow.id.in_(wanted.articles))
    return query


@dataclass(frozen=True, slots=True)
class _Status:
    version: str
    run_id: str
    at: datetime
    versions: Mapping[str, str]


def _statuses(connection: Connection) -> dict[str, dict[str, _Status]]:
    """Return by version and language stage what the latest versions were read with."""
    told = (StageStatusRow.stage_version, StageStatusRow.run_id, StageStatusRow.finished_at)
    rows = connection.execute(
        select(StageStatusRow.version_id, StageStatusRow.stage, *told, RunRow.versions)
        .join(RunRow, RunRow.id == StageStatusRow.run_id)
        .join(ArticleRow, ArticleRow.latest_version_id == StageStatusRow.version_id)
        .where(StageStatusRow.stage.in_(LANGUAGE))
    )
    found: dict[str, dict[str, _Status]] = defaultdict(dict)
    for row in rows:
        found[row.version_id][row.stage] = _Status(row.stage_version, row.run_id, row.finished_at, row.versions)
    return found


def _followed(connection: Connection) -> dict[str, datetime]:
    """Return when what the stages read of a version, beside its text, changed last; by version."""
    change = (VersionChangeRow.version_id, func.max(VersionChangeRow.at))
    rows = connection.execute(select(*change).where(VersionChangeRow.column.in_(READ_COLUMNS)).group_by(VersionChangeRow.version_id))
    return {row[0]: row[1] for row in rows}


def _models(connection: Connection) -> dict[str, str]:
    """Return by version the pipeline that made its newest events: runs of before told only so."""
    rows = connection.execute(
        select(EventMentionRow.version_id, ModelVersionRow.name)
        .join(EventRow, EventRow.id == EventMentionRow.event_id)
        .join(ModelVersionRow, ModelVersionRow.id == EventRow.model_version_id)
        .join(ArticleRow, ArticleRow.latest_version_id == EventMentionRow.version_id)
        .order_by(EventRow.first_seen_at, EventRow.id)
    )
    return {row.version_id: row.name for row in rows}


def _reasons(
    wanted: Selection,
    in_force: InForce,
    known: Mapping[str, _Status],
    model: tuple[str | None, str | None],
    lists: Mapping[str, Mapping[str, str]],
) -> tuple[tuple[str, str], ...]:
    if "events" not in known:
        return (("read", "not read yet"),)
    stages = LANGUAGE if wanted.stage is None else (wanted.stage,)
    old = {stage: known[stage].version if stage in known else "none" for stage in stages}
    reasons = [(stage, f"{old[stage]} → {in_force.stages[stage]}") for stage in stages if old[stage] != in_force.stages[stage]]
    made, now = model
    if wanted.stage != "link" and made is not None and made != now:
        reasons.append((wanted.stage or "tag", f"{made} → {now}"))
    if wanted.stage == "link" and "link" in known:
        knowledge = known["link"].versions.get("knowledge", "")
        if dict(lists.get(knowledge, {})) != dict(in_force.list_versions):
            reasons.append(("link", "other lists"))
    return tuple(reasons)


def find_article_ids(connection: Connection, name: str) -> list[str]:
    """Return the articles called `name`: an id, the beginning of one, or an address; two at most."""
    by_address = or_(ArticleRow.url == name, ArticleRow.url_key == name, ArticleRow.final_url == name)
    named = by_address if "://" in name else ArticleRow.id.startswith(name, autoescape=True)
    return list(connection.execute(select(ArticleRow.id).where(named).order_by(ArticleRow.id).limit(2)).scalars())


def has_feed(connection: Connection, feed_id: str) -> bool:
    """Tell whether a feed of this id was ever polled."""
    return connection.execute(select(FeedRow.id).where(FeedRow.id == feed_id)).first() is not None


# --- what waits -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """One article or version that did not get through a stage: `fetch`, `extract` or `analyse`.

    `id` is that of the article, for `analyse` that of the version. `kind` is the short name of the reason, under which they are counted;
    `attempts` is None where none are counted. `next_attempt_at` is set where it is tried again by itself.
    """

    id: str
    article_id: str
    stage: str
    state: StageState
    kind: str
    reason: str
    url: str
    since: datetime | None
    attempts: int | None
    next_attempt_at: datetime | None


_WAITING = (StageState.QUARANTINED, StageState.FAILED)


def find_waiting(connection: Connection) -> list[Waiting]:
    """Return everything in quarantine and everything that failed and is to be tried again: longest waiting first."""
    found = [*_waiting_articles(connection), *_waiting_versions(connection)]
    return sorted(found, key=lambda one: (one.since is None, one.since.isoformat() if one.since else "", one.id))


def _waiting_articles(connection: Connection) -> Iterator[Waiting]:
    failures: dict[str, list[Any]] = defaultdict(list)
    waiting = ArticleRow.state.in_(_WAITING)
    tried = (
        select(FetchRow.article_id, FetchRow.fetched_at, FetchRow.code)
        .join(ArticleRow, ArticleRow.id == FetchRow.article_id)
        .where(waiting, FetchRow.outcome == FetchOutcome.FAILED)
        .where(or_(ArticleRow.fetched_at.is_(None), FetchRow.fetched_at > ArticleRow.fetched_at))
        .order_by(FetchRow.fetched_at, FetchRow.id)
    )
    for failure in connection.execute(tried):
        failures[str(failure.article_id)].append(failure)
    for row in connection.execute(select(ArticleRow.__table__).where(waiting)).mappings():
        # A page that cannot be fetched has attempts; one that no article can be made of was fetched, which sets them to nothing.
        stage = "fetch" if row["attempts"] else "extract"
        tries = failures[row["id"]]
        reason = row["reason"] or "no reason was kept"
        code = tries[-1].code if stage == "fetch" and tries else None
        yield Waiting(
            id=row["id"],
            article_id=row["id"],
            stage=stage,
            state=row["state"],
            kind=code or reason.partition(":")[0],
            reason=reason,
            url=row["url"],
            since=tries[0].fetched_at if stage == "fetch" and tries else row["fetched_at"],
            attempts=row["attempts"] if stage == "fetch" else None,
            next_attempt_at=row["next_attempt_at"],
        )


def _waiting_versions(connection: Connection) -> Iterator[Waiting]:
    query = (
        select(StageStatusRow.__table__, ArticleVersionRow.article_id, ArticleVersionRow.url)
        .join(ArticleVersionRow, ArticleVersionRow.id == StageStatusRow.version_id)
        .where(StageStatusRow.stage == "events", StageStatusRow.state.in_(_WAITING))
    )
    for row in connection.execute(query).mappings():
        reason = row["reason"] or "no reason was kept"
        yield Waiting(
            id=row["version_id"],
            article_id=row["article_id"],
            stage="analyse",
            state=row["state"],
            kind=reason.partition(":")[0],
            reason=reason,
            url=row["url"],
            since=row["finished_at"],
            attempts=None,
            next_attempt_at=None,
        )


def put_back(connection: Connection, waiting: Iterable[Waiting]) -> None:
    """Make these due again, from the stage that they failed in: the next run takes them up, with all attempts before them."""
    for one in waiting:
        if one.stage == "analyse":
            stuck = and_(StageStatusRow.version_id == one.id, StageStatusRow.stage.in_(LANGUAGE), StageStatusRow.state.in_(_WAITING))
            connection.execute(delete(StageStatusRow).where(stuck))
            continue
        values: dict[str, Any] = {"attempts": 0, "next_attempt_at": None, "state": StageState.PENDING}
        if one.stage == "extract":
            values |= {"state": StageState.DONE, "extracted_sha256": None}
        connection.execute(update(ArticleRow).where(ArticleRow.id == one.article_id, ArticleRow.state.in_(_WAITING)).values(**values))
