"""Copies of a whole database in one file, and databases made of them again.

SQLite is copied by its own online backup. PostgreSQL is copied by `pg_dump` and filled by `pg_restore` and `psql`, which learn from the
environment where the database is: neither a password nor an address ever stands on a command line.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, column, create_engine, func, inspect, make_url, select, table, text
from sqlalchemy.exc import ArgumentError

from models.tables import Base
from pipeline.errors import ConfigurationError, LockHeld, StorageError
from pipeline.store import migrations
from pipeline.store.engine import BUSY_SECONDS, Database, reading
from pipeline.store.views import FLAT_VIEW
from pipeline.store.words import TEXT_TABLE

__all__ = [
    "Contents",
    "copy_postgresql",
    "copy_sqlite",
    "describe",
    "fill_postgresql",
    "knows_revision",
    "sqlite_file",
    "swap_sqlite",
]

_REVISION_TABLE = "alembic_version"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds: the revision of its schema (None without one), rows by table, names of its views.

    `schema` is the one of PostgreSQL in which the tables lie; None with SQLite, and where the search path names none that is there.
    """

    revision: str | None
    rows: Mapping[str, int]
    views: tuple[str, ...]
    schema: str | None


def describe(connection: Connection) -> Contents:
    """Count the rows of every table there is, also of those that this version of the program does not know.

    SQLite keeps `event_text` in tables of its own beside it, which are no tables of ours.
    """
    schema = connection.execute(text("SELECT current_schema()")).scalar() if connection.dialect.name == "postgresql" else None
    tables = inspect(connection)
    rows = {
        name: connection.execute(select(func.count()).select_from(table(name, column("*")))).scalar_one()
        for name in sorted(tables.get_table_names())
        if name != _REVISION_TABLE and not name.startswith(f"{TEXT_TABLE}_")
    }
    revision = MigrationContext.configure(connection).get_current_revision()
    return Contents(revision, rows, tuple(sorted(tables.get_view_names())), schema)


def knows_revision(revision: str) -> bool:
    """Tell whether this version of the program can read, or upgrade, a database of that revision."""
    script = ScriptDirectory(str(Path(migrations.__path__[0])))
    return any(known.revision == revision for known in script.walk_revisions())


# --- SQLite ---------------------------------------------------------------------------------------------------------


def sqlite_file(url: str) -> Path | None:
    """Return the file of a SQLite database, None for the address of another one.

    Raises ConfigurationError for an address that cannot be read, or a database that lies in memory or is named by a URI.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError(f"PENINSULA_DATABASE_URL cannot be used: {error}") from error
    if parsed.get_backend_name() != "sqlite":
        return None
    if not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
        raise ConfigurationError(f"database {url} is no plain file: it cannot be backed up or restored")
    return Path(parsed.database)


def copy_sqlite(source: Path, path: Path) -> Contents:
    """Copy the SQLite database in the file `source` into a new file, as it is at one moment; runs go on writing meanwhile. Return what the copy holds.

    Raises StorageError where it cannot be copied, or where SQLite finds the copy damaged.
    """
    try:
        with closing(sqlite3.connect(source, timeout=BUSY_SECONDS)) as old, closing(sqlite3.connect(path)) as new:
            old.backup(new)
            # One file by itself, which can be read where nothing can be written.
            new.execute("PRAGMA journal_mode = DELETE")
            damage = [str(line) for (line,) in new.execute("PRAGMA integrity_check(10)")]
    except sqlite3.Error as error:
        raise StorageError(f"the database cannot be copied: {error}", path=source) from error
    if damage != ["ok"]:
        raise StorageError(f"the copy is damaged, and so is the database: {damage[0]}; restore an earlier backup", path=source)
    copy = create_engine(f"sqlite:///{path}")  # as it is: open_database would have it keep a journal again
    try:
        with reading(copy) as connection:
            return describe(connection)
    finally:
        copy.dispose()


def swap_sqlite(new: Path, path: Path, kept: Path | None) -> None:
    """Put the file `new` in the place of the database at `path`, if there is one; it stays beside it as `kept`.

    The name `path` is never without a whole database. Raises LockHeld where another program is at work on the old one.
    """
    if kept is not None:
        _flush_journal(path)
        try:
            os.link(path, kept)
        except FileExistsError as error:
            raise StorageError("there is a file of this name already: try again", path=kept) from error
        except OSError:
            path.rename(kept)  # a file system without hard links
        for suffix in ("-wal", "-shm"):
            # A journal belongs to its file: beside the new one it would damage it.
            beside = path.with_name(path.name + suffix)
            if beside.exists():
                beside.rename(kept.with_name(kept.name + suffix))
    new.replace(path)


def _flush_journal(path: Path) -> None:
    """Bring all that was committed into the file itself; a file too damaged for that is left as it is."""
    try:
        with closing(sqlite3.connect(path, timeout=1)) as connection:
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError as error:
        raise LockHeld(f"{path}: another program is at work on it ({error}): stop it first") from error
    except sqlite3.DatabaseError:
        return
    if busy:
        raise LockHeld(f"{path}: another program is at work on it: stop it first")


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


def copy_postgresql(database: Database, path: Path) -> Contents:
    """Copy the schema in force of a PostgreSQL database into a new file of `pg_dump`; return what is in it.

    Rows are counted in the very snapshot that is copied, so runs may go on writing. Raises ConfigurationError where `pg_dump` is
    missing, StorageError where it fails.
    """
    with reading(database) as connection:
        connection.execution_options(isolation_level="REPEATABLE READ")
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        contents = describe(connection)
        snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        options = ("--format=custom", "--no-password", f"--snapshot={snapshot}", f"--lock-wait-timeout={BUSY_SECONDS}s")
        _run(database, "pg_dump", *options, f"--schema={_as_pattern(contents.schema)}", f"--file={path}")
    return contents


def fill_postgresql(database: Database, path: Path, contents: Contents, *, work: Path) -> None:
    """Replace what a PostgreSQL database holds by the file that `copy_postgresql` made, in one transaction: all of it or nothing.

    Tables and views of ours and those of the copy go first; what others built on them stands in the way, and is an error. The file is
    unpacked into the folder `work` on the way. Raises ConfigurationError where a program is missing, StorageError where one fails.
    """
    with reading(database) as connection:
        clearing = _clearing(connection, contents)
    with TemporaryDirectory(dir=work, prefix="restore-") as folder:
        script = Path(folder) / "restore.sql"
        unpacking = ("--clean", "--if-exists", "--no-owner", f"--schema={contents.schema}", f"--file={script}")
        _run(database, "pg_restore", *unpacking, str(path))
        # pg_restore alone could clear only what the copy holds, not the tables of a newer revision that refer to it.
        options = ("--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--single-transaction", "--output=/dev/null")
        _run(database, "psql", *options, f"--command={clearing}", f"--file={script}")


def _clearing(connection: Connection, contents: Contents) -> str:
    """Return the statements that drop what is to be replaced. Without CASCADE, so that nothing of others goes with it."""
    present, quote = inspect(connection), connection.dialect.identifier_preparer.quote

    def drop(kind: str, there: Iterable[str], ours: set[str]) -> str:
        names = ", ".join(quote(name) for name in sorted(ours.intersection(there)))
        return f" DROP {kind} {names};" if names else ""

    views = drop("VIEW", present.get_view_names(), {FLAT_VIEW, *contents.views})
    tables = drop("TABLE", present.get_table_names(), {_REVISION_TABLE, TEXT_TABLE, *Base.metadata.tables, *contents.rows})
    return f"SET lock_timeout = '{BUSY_SECONDS}s';{views}{tables}"


def _as_pattern(name: str | None) -> str:
    """Write a name so that pg_dump takes it for itself alone, whatever letters it has."""
    return '"' + (name or "").replace('"', '""') + '"'


def _run(database: Database, program: str, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise ConfigurationError(
            f"{program} is not on the PATH: install the client programs of PostgreSQL, of the server's version or newer "
            "(Debian and Ubuntu: the package postgresql-client)"
        )
    done = subprocess.run(  # noqa: S603 - a program of PostgreSQL, no shell
        [found, *arguments],
        env=_environment(database),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise StorageError(f"database {database.url.render_as_string()}: {program} failed: {_first_error(done.stderr)}")


def _environment(database: Database) -> dict[str, str]:
    """Return the environment in which PostgreSQL's programs reach the database; what libpq reads from none is left out."""
    from psycopg.pq import Conninfo  # an extra

    _, given = database.dialect.create_connect_args(database.url)
    variables = {option.keyword.decode(): option.envvar.decode() for option in Conninfo.get_defaults() if option.envvar}
    return {**os.environ, **{variables[name]: str(value) for name, value in given.items() if name in variables}}


def _first_error(output: str) -> str:
    """Return the first error and what is said about it, in one line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["it does not say why"]
    first = next((number for number, line in enumerate(lines) if "error" in line.lower()), 0)
    return "; ".join(lines[first : first + 3])
