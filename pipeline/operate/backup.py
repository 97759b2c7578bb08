"""Backups of the database and of the raw bodies, and restoring them.

A backup is a folder with the copy of the database and `backup.json`, which says what is in it. It is made under another name and renamed
last, so a backup that was cut off is never taken for a whole one. Raw bodies are named by their checksum and never changed, so many
backups may share one folder of them.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from models.tables import Base
from pipeline.errors import AssertionFailed, ConfigurationError, StorageError, UsageError
from pipeline.fetch.archive import Archive
from pipeline.settings import Settings
from pipeline.store.condition import server_state
from pipeline.store.dumps import (
    Contents,
    copy_postgresql,
    copy_sqlite,
    describe,
    fill_postgresql,
    knows_revision,
    sqlite_file,
    swap_sqlite,
)
from pipeline.store.engine import Database, open_database, reading
from pipeline.store.locks import hold_data_dir
from pipeline.store.runs import hold_database

__all__ = ["MANIFEST", "BackupReport", "CopiedFile", "Manifest", "RawBodies", "RestoreReport", "backup", "read_manifest", "restore"]

MANIFEST = "backup.json"

_FILES: Mapping[str, Literal["peninsula.db", "peninsula.dump"]] = {"sqlite": "peninsula.db", "postgresql": "peninsula.dump"}
_BODY = re.compile(r"(?P<sha256>[0-9a-f]{64})\.gz")
_NAMED = 3
"""Damaged bodies that an error names; the others are counted."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CopiedFile(_Record):
    """One file of a backup: bytes and checksum."""

    name: Literal["peninsula.db", "peninsula.dump"]
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class RawBodies(_Record):
    """The raw bodies that lay in the data folder, their bytes on disk, and the folder they were copied to, if they were."""

    bodies: int = Field(ge=0)
    size: int = Field(ge=0)
    folder: str | None


class Manifest(_Record):
    """What a backup holds. `db_schema` is that of PostgreSQL; `rows` are those of the copy, by table."""

    format: Literal[1] = 1
    made_at: AwareDatetime
    kind: Literal["sqlite", "postgresql"]
    db_schema: str | None
    revision: str
    rows: dict[str, int]
    views: tuple[str, ...]
    files: tuple[CopiedFile, ...] = Field(min_length=1, max_length=1)
    raw: RawBodies

    @property
    def contents(self) -> Contents:
        """What the database held."""
        return Contents(self.revision, self.rows, self.views, self.db_schema)


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What was written, or with `dry_run` would be. Sizes in bytes; that of a PostgreSQL dump is not known before: the database's."""

    folder: Path
    kind: str
    revision: str
    rows: Mapping[str, int]
    size: int
    raw: RawBodies
    copied_bodies: int
    """Raw bodies that did not lie in the folder of raw bodies yet."""
    copied_bytes: int
    dry_run: bool


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What was restored, or with `dry_run` could be; `kept` is where the SQLite file that was there before lies now."""

    manifest: Manifest
    kept: Path | None
    copied_bodies: int
    copied_bytes: int
    dry_run: bool


def _utc_now() -> datetime:
    return datetime.now(UTC)


# --- backup ---------------------------------------------------------------------------------------------------------


def backup(
    settings: Settings, folder: Path, *, raw: Path | None = None, dry_run: bool = False, now: Callable[[], datetime] = _utc_now
) -> BackupReport:
    """Copy the database into a new folder, and the raw bodies that are not there yet into the folder `raw`.

    Runs may be at work meanwhile. The folder and what is in it can be read by its owner alone. Raises UsageError for folders that will not do, ConfigurationError where there is no database or
    PostgreSQL's programs are missing, StorageError where something cannot be read or written.
    """
    _refuse_occupied_folder(folder)
    file_of_database = sqlite_file(settings.database)
    source = settings.data_dir / "raw"
    if raw is not None and raw.resolve().is_relative_to(source.resolve()):
        raise UsageError(f"--raw {raw}: these are the raw bodies themselves; name another folder")
    with _opened(settings.database) as database, _disk_errors(folder):
        if dry_run:
            return _plan(database, folder, source, raw)
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        partial = Path(mkdtemp(prefix=f"{folder.name}.partial-", dir=folder.absolute().parent))
        try:
            contents, file = _copy_database(database, file_of_database, partial)
            # After the database: a body is on disk before a row names it, so none that the copy names is missed.
            bodies = _describe_bodies(source, raw)
            copied = _copy_bodies(_missing(source, raw), raw) if raw is not None else (0, 0)
            manifest = _manifest(database, contents, file, bodies, now())
            (partial / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
            for path in (partial / file.name, partial / MANIFEST, partial):
                _sync(path)
            partial.rename(folder)
            _sync(folder.absolute().parent)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    return BackupReport(folder, manifest.kind, manifest.revision, manifest.rows, file.size, bodies, *copied, dry_run=False)


def _refuse_occupied_folder(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists() or folder.is_symlink():
        raise UsageError(f"{folder} is there already, and not an empty folder: name a new one for every backup")


def _plan(database: Database, folder: Path, source: Path, raw: Path | None) -> BackupReport:
    with reading(database) as connection:
        contents, size = describe(connection), server_state(connection).size
    missing = _missing(source, raw) if raw is not None else []
    copied = len(missing), sum(path.stat().st_size for path in missing)
    revision = _revision_of(database, contents)
    return BackupReport(folder, database.dialect.name, revision, contents.rows, size, _describe_bodies(source, raw), *copied, dry_run=True)


def _copy_database(database: Database, source: Path | None, folder: Path) -> tuple[Contents, CopiedFile]:
    name = _FILES[database.dialect.name]
    path = folder / name
    contents = copy_postgresql(database, path) if source is None else copy_sqlite(source, path)
    return contents, CopiedFile(name=name, size=path.stat().st_size, sha256=_checksum(path))


def _manifest(database: Database, contents: Contents, file: CopiedFile, bodies: RawBodies, at: datetime) -> Manifest:
    return Manifest(
        made_at=at.astimezone(UTC).replace(microsecond=0),
        kind="postgresql" if database.dialect.name == "postgresql" else "sqlite",
        db_schema=contents.schema,
        revision=_revision_of(database, contents),
        rows=dict(contents.rows),
        views=contents.views,
        files=(file,),
        raw=bodies,
    )


def _revision_of(database: Database, contents: Contents) -> str:
    if contents.revision is None:
        raise ConfigurationError(f"database {database.url.render_as_string()} is not one of Peninsula: there is nothing to back up")
    return contents.revision


# --- restore --------------------------------------------------------------------------------------------------------


def restore(
    settings: Settings,
    folder: Path,
    *,
    raw: Path | None = None,
    replace: bool = False,
    dry_run: bool = False,
    now: Callable[[], datetime] = _utc_now,
) -> RestoreReport:
    """Put the database of a backup in the place of the present one, and the raw bodies of the folder `raw` that are missing.

    Everything is verified before anything is touched. Raises UsageError for a backup of the other kind of database, and where a database
    with rows is there without `replace`; ConfigurationError for what is no backup or a newer one than this program knows; LockHeld where
    a run is at work; StorageError for damage; AssertionFailed where the rows are not those of the backup afterwards.
    """
    manifest = read_manifest(folder)
    _verify(folder, manifest)
    target = settings.data_dir / "raw"
    missing = _missing(raw, target) if raw is not None else []
    _verify_bodies(missing, raw)
    path = sqlite_file(settings.database)
    _refuse_other_kind(manifest, "postgresql" if path is None else "sqlite")
    with ExitStack() as stack:
        stack.enter_context(_disk_errors(settings.data_dir))
        if not dry_run:
            stack.enter_context(hold_data_dir(settings.data_dir))
        if path is None:
            database = stack.enter_context(_opened(settings.database))
            _refuse_other_schema(database, manifest)
            if not dry_run:
                stack.enter_context(hold_database(database))
        if not replace:
            _refuse_rows(settings.database, path, manifest)
        if dry_run:
            return RestoreReport(manifest, None, len(missing), sum(body.stat().st_size for body in missing), dry_run=True)
        kept = None
        if path is None:
            fill_postgresql(database, folder / manifest.files[0].name, manifest.contents, work=settings.data_dir)
        else:
            kept = _put_in_place(folder / manifest.files[0].name, path, now())
        _compare_rows(settings.database, manifest)
        copied = _copy_bodies(missing, target)
    return RestoreReport(manifest, kept, *copied, dry_run=False)


def read_manifest(folder: Path) -> Manifest:
    """Read what a backup says of itself. Raises ConfigurationError where it is none, or one that this program does not know."""
    path = folder / MANIFEST
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise ConfigurationError(f"{folder} is no backup, or one that was cut off: there is no {MANIFEST}") from error
    except OSError as error:
        raise StorageError(f"it cannot be read: {error.strerror or error}", path=path) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"it is not what a backup says of itself: {where} {first['msg']}".replace("  ", " "), path=path) from error
    if not knows_revision(manifest.revision):
        raise ConfigurationError(
            f"the database in it has revision {manifest.revision}, which this program does not know: "
            "it was written by a newer Peninsula; upgrade the program",
            path=path,
        )
    return manifest


def _verify(folder: Path, manifest: Manifest) -> None:
    """Raise StorageError unless every file is there and is what the manifest says."""
    for file in manifest.files:
        path = folder / file.name
        try:
            size, sha256 = path.stat().st_size, _checksum(path)
        except OSError as error:
            raise StorageError(f"a file of the backup cannot be read: {error.strerror or error}; nothing was changed", path=path) from error
        if (size, sha256) != (file.size, file.sha256):
            raise StorageError(
                f"the backup is damaged: {size} bytes with the checksum {sha256}, not {file.size} with {file.sha256}; "
                "nothing was changed: take another backup",
                path=path,
            )


def _verify_bodies(paths: Collection[Path], raw: Path | None) -> None:
    """Raise StorageError unless every one of these bodies is what its name says."""
    damaged: list[str] = []
    for path in paths:
        try:
            Archive(path.parent.parent).get(path.name.removesuffix(".gz"))
        except StorageError as error:
            damaged.append(str(error))
    if damaged:
        more = f", and {len(damaged) - _NAMED} more" if len(damaged) > _NAMED else ""
        raise StorageError(f"damaged bodies, nothing was changed: {'; '.join(damaged[:_NAMED])}{more}; remove them from {raw}")


def _refuse_other_kind(manifest: Manifest, kind: str) -> None:
    if kind != manifest.kind:
        raise UsageError(f"this is the backup of a {manifest.kind} database, and the settings name a {kind} one: check --database-url")


def _refuse_other_schema(database: Database, manifest: Manifest) -> None:
    """Raise UsageError unless the schema in force is the one that the tables of the dump came from: they go nowhere else."""
    with reading(database) as connection:
        schema = describe(connection).schema
    if schema != manifest.db_schema:
        raise UsageError(
            f"the tables of this backup lie in the schema {manifest.db_schema}, and the one in force is {schema}: "
            f"CREATE SCHEMA {manifest.db_schema}, and name it in the search_path"
        )


def _refuse_rows(url: str, path: Path | None, manifest: Manifest) -> None:
    if path is not None and not path.exists():
        return
    try:
        with _opened(url) as database, reading(database) as connection:
            rows = describe(connection).rows
            shown = database.url.render_as_string()
    except StorageError as error:
        if path is None:
            raise
        raise UsageError(f"{error}; --replace puts the backup in its place, and keeps the file under another name") from error
    ours = rows if path is not None else {name: rows[name] for name in rows.keys() & {*Base.metadata.tables, *manifest.rows}}
    if total := sum(ours.values()):
        raise UsageError(f"database {shown} holds {total} rows already: back it up, then give --replace to put the backup in its place")


def _put_in_place(file: Path, path: Path, at: datetime) -> Path | None:
    """Copy a SQLite file beside the database and let it take its place; return where the old one lies now, None where none was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.restore.tmp")
    kept = path.with_name(f"{path.name}.before-{at:%Y%m%dT%H%M%SZ}") if path.exists() else None
    try:
        shutil.copyfile(file, new)
        _sync(new)
        swap_sqlite(new, path, kept)
    finally:
        new.unlink(missing_ok=True)
    _sync(path.parent)
    return kept


def _compare_rows(url: str, manifest: Manifest) -> None:
    """Raise AssertionFailed unless every table of the backup has the rows that it had."""
    with _opened(url) as database, reading(database) as connection:
        found = describe(connection).rows
    other = [f"{name}: {found.get(name, 'none')} rows, not {rows}" for name, rows in manifest.rows.items() if found.get(name) != rows]
    if other:
        raise AssertionFailed(f"what was restored is not what was backed up: {'; '.join(other)}")


# --- raw bodies and files -------------------------------------------------------------------------------------------


def _bodies(root: Path) -> Iterator[Path]:
    """Yield the whole files of a raw store."""
    for path in sorted(root.glob("[0-9a-f][0-9a-f]/*.gz")):
        if _BODY.fullmatch(path.name) and not path.is_symlink():
            yield path


def _missing(source: Path, target: Path) -> list[Path]:
    """Return the bodies under `source` that do not lie under `target`."""
    return [path for path in _bodies(source) if not (target / path.parent.name / path.name).exists()]


def _describe_bodies(source: Path, raw: Path | None) -> RawBodies:
    sizes = [path.stat().st_size for path in _bodies(source)]
    return RawBodies(bodies=len(sizes), size=sum(sizes), folder=str(raw.absolute()) if raw is not None else None)


def _copy_bodies(paths: Collection[Path], target: Path) -> tuple[int, int]:
    """Link the bodies into another raw store, or copy them where it lies on another disk; return how many, and their bytes."""
    size = 0
    for path in paths:
        goal = target / path.parent.name / path.name
        goal.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, goal)
        except FileExistsError:
            continue
        except OSError:
            temporary = goal.with_name(f".{goal.name}.{os.getpid()}.0.tmp")
            try:
                shutil.copyfile(path, temporary)
                _sync(temporary)
                temporary.replace(goal)
            finally:
                temporary.unlink(missing_ok=True)
        size += goal.stat().st_size
    for folder in {target / path.parent.name for path in paths}:
        _sync(folder)
    return len(paths), size


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    """Wait until a file, or what a folder lists, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    """Open a database that must be there, whatever its revision."""
    database = open_database(url, create=False)
    try:
        yield database
    finally:
        database.dispose()


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"the disk refuses: {error.strerror or error}", path=Path(error.filename or folder)) from error
