"""Is this installation well? Every check tells what it found, and where something is wrong what to do.

Nothing is changed: no folder is made, no row is written. No secret is told: of addresses only server and database are shown.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Any

from pipeline.analyse import LANGUAGES, Analyser
from pipeline.errors import FetchError, LockHeld, PeninsulaError, StorageError
from pipeline.fetch.archive import Archive
from pipeline.fetch.catalog import load_catalog
from pipeline.fetch.client import Client
from pipeline.kb.in_force import find_lists
from pipeline.lists.snapshots import SnapshotStore
from pipeline.lists.sources import SOURCES_FILE, load_sources
from pipeline.operate.origins import find_origins, find_unknown, hide_secrets
from pipeline.operate.prune import ORPHAN_AGE, list_files, list_folders
from pipeline.run.context import Silent, Watcher
from pipeline.settings import Settings
from pipeline.stages import MODEL_VERSION
from pipeline.store.bodies import bodies_under, count_bodies
from pipeline.store.condition import count_quarantined, find_damage, server_state
from pipeline.store.engine import Database, open_database, reading
from pipeline.store.history import RunRecord, last_runs, unfinished_run
from pipeline.store.leases import Kind, held
from pipeline.store.locks import hold_data_dir
from pipeline.store.runs import hold_database
from pipeline.store.schema import head_revision, require_current

__all__ = ["Finding", "Level", "examine", "exit_code_of"]

NIGHT_BYTES = 200_000_000
"""What a night of three thousand pages adds to the raw store: with less free, the next run may not end."""

SCARCE_NIGHTS = 14
"""Nights for which the disk should last: time to buy or to prune."""

GROWTH_DAYS = 7
"""Days over which the growth of the raw store is taken, so that a weekend is among them."""

LATE = timedelta(hours=36)
"""Age of the last run from which on a night was left out."""

SKEW = timedelta(minutes=2)
"""How far our clock may be off: servers' own clocks and the way of the answer make seconds of difference."""

QUARANTINE_SHARE = 0.05
"""Share of all articles in quarantine above which an extractor or a site is broken; some pages are always gone."""

QUARANTINE_LEAST = 20
"""Articles in quarantine below which a share says nothing."""

TRIED_FEEDS = 3
"""Feeds asked for the time: one of them may be down."""

SHOWN = 5
"""Damaged things named in one finding; the rest is counted."""

_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?P<rest>[^;]*)(;(?P<marker>.*))?")


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: `remedy` says what to do, "" where nothing is; `details` are for programs."""

    level: Level
    message: str
    remedy: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    check: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as plain JSON data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Case:
    """What the checks look at."""

    settings: Settings
    analyser: Analyser
    options: Collection[str]
    network: bool
    deep: bool
    watcher: Watcher
    now: datetime


_Findings = Iterator[Finding]


def examine(
    settings: Settings,
    *,
    options: Collection[str] = (),
    network: bool = False,
    deep: bool = False,
    watcher: Watcher | None = None,
    analyser: Analyser | None = None,
    now: datetime | None = None,
) -> list[Finding]:
    """Make all checks and return their findings; a check that cannot be made is a finding too, never an error.

    `options` names the settings that were given on the command line. With `network` a feed is asked for the time; with `deep` every
    page of a SQLite database and every raw body is read, which takes minutes where there are many.
    """
    case = _Case(settings, analyser or Analyser(settings), options, network, deep, watcher or Silent(), now or datetime.now(UTC))
    findings = [finding for name, check in _CHECKS for finding in _make(name, check, case)]
    with ExitStack() as stack:
        opened: list[Database] = []
        findings += _make("database", _check_database, case, stack, opened)
        for database in opened:
            findings += [finding for name, check in _STORE_CHECKS for finding in _make(name, check, case, database)]
    return [
        replace(finding, message=hide_secrets(settings, finding.message), remedy=hide_secrets(settings, finding.remedy))
        for finding in findings
    ]


def exit_code_of(findings: Iterable[Finding]) -> int:
    """Return 78 where there is a fault, 3 where there is a warning, else 0."""
    levels = {finding.level for finding in findings}
    return 78 if Level.FAULT in levels else 3 if Level.WARNING in levels else 0


def _make(name: str, check: Callable[..., _Findings], *looked_at: object) -> list[Finding]:
    """Make one check; whatever ends it is told as its finding, and so are the findings before that."""
    findings: list[Finding] = []
    try:
        findings.extend(check(*looked_at))
    except PeninsulaError as error:
        findings.append(_fault(str(error)))
    except Exception as error:  # noqa: BLE001 - the border of a check: what breaks one must not keep the others from being made
        findings.append(_fault(f"the check broke: {type(error).__name__}: {error}"))
    return [replace(finding, check=name) for finding in findings]


def _ok(message: str, **details: object) -> Finding:
    return Finding(Level.OK, message, details=details)


def _warning(message: str, remedy: str = "", **details: object) -> Finding:
    return Finding(Level.WARNING, message, remedy, details)


def _fault(message: str, remedy: str = "", **details: object) -> Finding:
    return Finding(Level.FAULT, message, remedy, details)


# --- the installation -----------------------------------------------------------------------------------------------


def _check_versions(_: _Case) -> _Findings:
    python = platform.python_version()
    try:
        required = metadata.requires("peninsula") or []
    except metadata.PackageNotFoundError:
        yield _warning(f"Python {python}; peninsula itself is not installed", "run `pip install .` in the checkout", python=python)
        return
    parsed = [_REQUIREMENT.match(line) for line in required]
    names = [match["name"] for match in parsed if match and "extra" not in (match["marker"] or "")]
    versions = {name: _version_of(name) for name in ("peninsula", *names)}
    missing = [name for name, version in versions.items() if version is None]
    if missing:
        yield _fault(f"not installed: {', '.join(missing)}", f"run `pip install {' '.join(missing)}`", python=python, packages=versions)
        return
    told = ", ".join(f"{name} {versions[name]}" for name in ("peninsula", "spacy", "trafilatura", "SQLAlchemy") if versions.get(name))
    yield _ok(f"Python {python}, {told}", python=python, packages=versions)


def _version_of(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _check_settings(case: _Case) -> _Findings:
    origins = find_origins(case.settings, case.options)
    given = [f"{origin.name} = {origin.value} ({origin.source})" for origin in origins if origin.source != "default"]
    details = {origin.name: {"value": origin.value, "from": origin.source} for origin in origins}
    yield _ok("; ".join(given) or f"all {len(origins)} have their defaults", **details)
    for unknown in find_unknown():
        yield _warning(f"no setting is called {unknown}", "correct its name in the environment or in .env, or remove it")


def _check_feeds(case: _Case) -> _Findings:
    sources = load_catalog(case.settings.feeds)
    enabled = sum(source.enabled for source in sources)
    told = f"{case.settings.feeds}: {len(sources)} feeds, {enabled} of them enabled"
    yield _ok(told) if enabled else _warning(told, "set `enabled: true` for those that are to be read")


def _check_data_dir(case: _Case) -> _Findings:
    folder = case.settings.data_dir
    if not folder.exists():
        yield _warning(f"{folder} is not there yet", "run `peninsula ingest`, which makes it, or set PENINSULA_DATA_DIR")
        return
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        yield _fault(f"{folder} cannot be written: {error.strerror}", f"give the folder to this user: chown -R $USER {folder}")
        return
    free = shutil.disk_usage(folder).free
    told = f"{folder} can be written; {_bytes(free)} are free"
    details = {"free_bytes": free}
    if free < NIGHT_BYTES:
        yield _fault(told, "free some: `peninsula prune --older-than 90d`, or a larger disk", **details)
    elif free < SCARCE_NIGHTS * NIGHT_BYTES:
        yield _warning(told, "see what `peninsula prune --older-than 90d --dry-run` would free", **details)
    else:
        yield _ok(told, **details)


def _check_knowledge(case: _Case) -> _Findings:
    case.analyser.check()
    knowledge = case.analyser.knowledge
    yield _ok(f"version {knowledge.version}, {len(knowledge.entities)} entities", lists=dict(knowledge.list_versions))


def _check_models(case: _Case) -> _Findings:
    for lang in LANGUAGES:
        case.analyser.pipeline(lang)
    yield _ok(f"{', '.join(map(case.analyser.model_name, LANGUAGES))}: loaded, version {MODEL_VERSION}")


def _check_lists(case: _Case) -> _Findings:
    settings = case.settings
    lists = {one.source: one for one in find_lists(settings.kb_dir, settings.lists_dir)}
    store, today = SnapshotStore(settings.lists_dir), case.now.date()
    aged = [
        (source, lists[source.id].age_days(today, store.confirmed(source.id)))
        for source in load_sources(settings.kb_dir / SOURCES_FILE)
        if source.id in lists
    ]
    stale = [f"{source.id} is {age} days old, more than {source.stale_after_days}" for source, age in aged if age > source.stale_after_days]
    ages = {source.id: age for source, age in aged}
    if stale:
        yield _warning("; ".join(stale), "run `peninsula kb refresh`", age_days=ages)
    else:
        yield _ok(", ".join(f"{name} {age} days old" for name, age in ages.items()) or "none", age_days=ages)


def _check_clock(case: _Case) -> _Findings:
    told = f"it is {case.now.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if not case.network:
        yield _ok(f"{told}; --network compares it with that of a server")
        return
    failures = []
    with Client(case.settings) as client:
        for source in [source for source in load_catalog(case.settings.feeds) if source.enabled][:TRIED_FEEDS]:
            try:
                reply = client.get(source.url, limit=case.settings.max_feed_bytes)
                theirs = parsedate_to_datetime(reply.headers["date"])
            except (FetchError, KeyError, ValueError) as error:
                failures.append(f"{source.id}: {error if isinstance(error, FetchError) else 'sends no date'}")
                continue
            off = abs(datetime.now(UTC) - theirs.replace(tzinfo=theirs.tzinfo or UTC))
            if off > SKEW:
                yield _fault(
                    f"the clock is {off.total_seconds():.0f} s off that of {source.id}",
                    "let the system keep time: timedatectl set-ntp true",
                )
            else:
                yield _ok(f"{told}, as {source.id} says too", seconds_off=off.total_seconds())
            return
    yield _fault(f"no server told the time: {'; '.join(failures) or 'no feed is enabled'}", "see whether this machine reaches the network")


# --- the store ------------------------------------------------------------------------------------------------------


def _check_database(case: _Case, stack: ExitStack, opened: list[Database]) -> _Findings:
    """Tell what the database is; one that can be used is added to `opened`, and closed with the stack."""
    settings = case.settings
    if settings.database_url is None and not (settings.data_dir / "peninsula.db").exists():
        yield _warning("there is none yet", "run `peninsula ingest` to fill one")
        return
    database = open_database(settings.database, create=False)
    stack.callback(database.dispose)
    with reading(database) as connection:
        state = server_state(connection)
        damage = find_damage(connection) if case.deep else []
    told = f"{state.name} {state.version}{f', journal {state.journal}' if state.journal else ''}, {_bytes(state.size)}"
    details = {"name": state.name, "version": state.version, "size_bytes": state.size}
    if damage:
        yield _fault(f"{told}: damaged: {_first(damage)}", "restore the last backup: see docs/operating.md", **details)
    elif state.journal not in {None, "wal"}:
        yield _warning(f"{told}: readers will wait for writers", "keep the data folder on a local disk: WAL needs shared memory", **details)
    else:
        yield _ok(told, **details)
    require_current(database)
    yield _ok(f"schema of revision {head_revision()}, as this program needs it", revision=head_revision())
    opened.append(database)


def _check_lock(case: _Case, database: Database) -> _Findings:
    if not case.settings.data_dir.exists():
        yield _ok("nobody holds it")
        return
    try:
        with hold_data_dir(case.settings.data_dir), hold_database(database):
            yield _ok("nobody holds it")
    except LockHeld:
        with reading(database) as connection:
            run, beside = unfinished_run(connection), len(held(connection, Kind.RUN))
        process = _process_holding(case.settings.data_dir / "run.lock")
        who = f"process {process}" if process else "another machine" if database.dialect.name == "postgresql" else "another process"
        since = f", run {run.id} ({run.command}) since {run.started_at:%Y-%m-%d %H:%M} UTC" if run else ""
        shared = f"; {beside} runs share the work" if beside > 1 else ""
        yield _ok(f"held by {who}{since}{shared}", process=process, run=run and run.id, runs=beside)


def _process_holding(path: Path) -> int | None:
    """Return the number of the process that has locked a file, None where the system does not tell."""
    try:
        inode = path.stat().st_ino
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        fields = line.split()
        if fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == str(inode) and int(fields[4]) != os.getpid():
            return int(fields[4])
    return None


def _check_last_run(case: _Case, database: Database) -> _Findings:
    with reading(database) as connection:
        runs = last_runs(connection, limit=2)
    if not runs:
        yield _warning("there was none yet", "run `peninsula ingest`, or see to its timer")
        return
    yield _tell_run(runs[0], case.now)


def _tell_run(run: RunRecord, now: datetime) -> Finding:
    hours = (now - run.started_at).total_seconds() / 3600
    told = f"{run.id} of {run.started_at:%Y-%m-%d %H:%M} UTC, {hours:.0f} hours ago"
    details = {"run": run.id, "exit_code": run.exit_code, "hours": round(hours, 1)}
    if run.exit_code is None:
        return _warning(f"{told}, has not told its end: it is at work, or was killed", "a killed run is simply run again", **details)
    told += f": exit code {run.exit_code}, {run.reason}"
    if run.exit_code:
        return _warning(told, f"see `peninsula runs {run.id}`", **details)
    if now - run.started_at > LATE:
        return _warning(told, "see to the timer: a night was left out", **details)
    return _ok(told, **details)


def _check_quarantine(_: _Case, database: Database) -> _Findings:
    with reading(database) as connection:
        found = count_quarantined(connection)
    told = f"{found.articles} of {found.of_articles} articles, and {found.versions} texts that broke a stage"
    details = asdict(found)
    if found.versions or found.articles > max(QUARANTINE_LEAST, QUARANTINE_SHARE * found.of_articles):
        yield _warning(told, "`peninsula runs RUN_ID` names them with their reasons", **details)
    else:
        yield _ok(told, **details)


def _check_bodies(case: _Case, database: Database) -> _Findings:
    with reading(database) as connection:
        counts = count_bodies(connection, since=case.now - timedelta(days=GROWTH_DAYS))
    a_day = counts.new_bytes / GROWTH_DAYS
    told = f"{counts.kept} kept in {_bytes(counts.stored_bytes)}, {counts.pruned} pruned, {_bytes(a_day)} a day"
    details = asdict(counts)
    free = shutil.disk_usage(case.settings.data_dir).free if case.settings.data_dir.exists() else None
    if free is not None and a_day and free / a_day < SCARCE_NIGHTS:
        yield _warning(
            f"{told}: the disk lasts {free / a_day:.0f} days",
            "`peninsula prune --older-than 90d --dry-run` tells what it would free",
            **details,
        )
    else:
        yield _ok(told if case.deep else f"{told}; --deep reads each", **details)
    if case.deep:
        yield from _read_bodies(case, database)


def _read_bodies(case: _Case, database: Database) -> _Findings:
    """Read every body: those that are missing or damaged, and files that nobody names."""
    root = case.settings.data_dir / "raw"
    archive = Archive(root)
    missing: list[str] = []
    damaged: list[str] = []
    orphans = 0
    prefixes = [f"{number:02x}" for number in range(256)]
    there = {folder.name: folder for folder in list_folders(root)}
    for prefix in case.watcher.watch(prefixes, step="reading bodies", total=len(prefixes)):
        files = {file.sha256: file for file in list_files(there[prefix])} if prefix in there else {}
        with reading(database) as connection:
            bodies = bodies_under(connection, prefix)
        orphans += sum(sha256 not in bodies and case.now - file.modified_at >= ORPHAN_AGE for sha256, file in files.items())
        for body in bodies.values():
            if body.sha256 not in files:
                missing += [] if body.pruned else [body.sha256]
            elif not _is_sound(archive, body.sha256):
                damaged.append(body.sha256)
    if damaged:
        yield _fault(
            f"{len(damaged)} bodies are damaged: {_first(damaged)}", "restore them from a backup: see docs/operating.md", damaged=damaged
        )
    if missing and database.dialect.name == "postgresql":
        yield _warning(
            f"{len(missing)} bodies are not on this machine: {_first(missing)}",
            "look for them on the machine that fetched them",
            missing=missing,
        )
    elif missing:
        yield _fault(
            f"{len(missing)} bodies are missing: {_first(missing)}",
            "restore data/raw from a backup: see docs/operating.md",
            missing=missing,
        )
    if orphans:
        yield _warning(f"{orphans} files belong to no body", "`peninsula prune` removes them; they do no harm", orphans=orphans)
    if not (damaged or missing or orphans):
        yield _ok("every body was read and is what its name says")


def _is_sound(archive: Archive, sha256: str) -> bool:
    try:
        archive.get(sha256)
    except StorageError:
        return False
    return True


def _first(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _bytes(number: float) -> str:
    """Return a number of bytes as people say it: 4.5 GB."""
    for unit, name in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if number >= unit:
            return f"{number / unit:.1f} {name}"
    return f"{number:.0f} bytes"


_CHECKS: tuple[tuple[str, Callable[[_Case], _Findings]], ...] = (
    ("versions", _check_versions),
    ("settings", _check_settings),
    ("feeds", _check_feeds),
    ("data folder", _check_data_dir),
    ("knowledge base", _check_knowledge),
    ("models", _check_models),
    ("sanctions lists", _check_lists),
    ("clock", _check_clock),
)
_STORE_CHECKS: tuple[tuple[str, Callable[[_Case, Database], _Findings]], ...] = (
    ("lock", _check_lock),
    ("last run", _check_last_run),
    ("quarantine", _check_quarantine),
    ("raw bodies", _check_bodies),
)
