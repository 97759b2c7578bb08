"""`peninsula db …`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.console import ProgressBar, output_console
from pipeline.settings import Settings
from pipeline.store.engine import open_database, reading
from pipeline.store.indexing import is_built
from pipeline.store.schema import head_revision
from pipeline.store.schema import upgrade as upgrade_schema

if TYPE_CHECKING:
    from pipeline.operate.backup import BackupReport, RestoreReport

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Look after the database.")


@app.callback()
def database() -> None:
    """Look after the database."""


@app.command()
def upgrade(context: typer.Context) -> None:
    """Set up an empty database, or bring an older one to the schema of this version. Make a backup first.

    Where the index by which events are found is missing or of an older version, it is built.

    Example: peninsula db upgrade
    """
    settings: Settings = context.obj
    engine = open_database(settings.database)
    try:
        before, after = upgrade_schema(engine)
        with reading(engine) as connection:
            indexed = is_built(connection)
    finally:
        engine.dispose()
    where = engine.url.render_as_string()
    done = f"is at revision {after} already" if before == after else f"went from revision {before or 'none'} to {after}"
    _print(f"database {where} {done}")
    if not indexed:
        _reindex(settings)


@app.command()
def reindex(context: typer.Context) -> None:
    """Build the index by which events are found anew from what is stored, after facts of the knowledge base changed or it was damaged.

    Runs keep the index current by themselves, so this is seldom needed. A build that was cut off is begun again by the next run.

    Example: peninsula db reindex
    """
    _reindex(context.obj)


def _reindex(settings: Settings) -> None:
    # Imported here because the other commands of the group do without the language stages, which take seconds to import.
    from pipeline.run.indexing import reindex as build_index

    _print(f"index: {build_index(settings, watcher=ProgressBar()):,} events")


@app.command()
def backup(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A new folder for this backup, or an empty one.", show_default=False)],
    raw: Annotated[
        Path | None,
        typer.Option(
            "--raw", metavar="RAW_FOLDER", help="Copy raw bodies here as well; one folder serves all backups.", show_default=False
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be written and how large it is, and write nothing.")] = False,
) -> None:
    """Copy the database into a folder, with checksums, while runs go on; a backup that was cut off leaves no such folder.

    PostgreSQL needs pg_dump. Raw bodies that lie in RAW_FOLDER already are passed over; on one disk they are linked, not copied.

    Example: peninsula db backup /backup/2026-03-01 --raw /backup/raw
    """
    # Imported here because the other command of the group does without it.
    from pipeline.operate.backup import backup as make_backup

    _print_backup(make_backup(context.obj, folder, raw=raw, dry_run=dry_run), raw)


@app.command()
def restore(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A folder that `db backup` made.", show_default=False)],
    raw: Annotated[
        Path | None,
        typer.Option("--raw", metavar="RAW_FOLDER", help="Bring back raw bodies from here that are missing.", show_default=False),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a database that holds rows; a SQLite file is kept beside it.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Verify the backup, and that it could be restored; change nothing.")] = False,
) -> None:
    """Put a backup in the place of the database: checksums are verified first, the rows are counted afterwards.

    PostgreSQL needs pg_restore and psql, and is replaced in one transaction.

    Example: peninsula db restore /backup/2026-03-01 --raw /backup/raw --replace
    """
    # Imported here because the other command of the group does without it.
    from pipeline.operate.backup import restore as restore_backup

    _print_restore(restore_backup(context.obj, folder, raw=raw, replace=replace, dry_run=dry_run), raw)


def _print_backup(report: BackupReport, raw: Path | None) -> None:
    done = "would be written" if report.dry_run else "written"
    # The size of a dump is not known before.
    about = "from a database of " if report.dry_run else ""
    _print(f"{report.folder}: {done}, {about}{_megabytes(report.size)}: {_rows(report.rows)}, {report.kind}, revision {report.revision}")
    if raw is None:
        _print(f"{report.raw.bodies:,} raw bodies, {_megabytes(report.raw.size)}, are not in it: give --raw")
    else:
        _print(
            f"{raw}: {report.copied_bodies:,} raw bodies, {_megabytes(report.copied_bytes)}, {done}; "
            f"{report.raw.bodies:,} in all, {_megabytes(report.raw.size)}"
        )


def _print_restore(report: RestoreReport, raw: Path | None) -> None:
    manifest = report.manifest
    done = "the backup is whole and can be restored" if report.dry_run else "restored"
    _print(f"{done}: {_rows(manifest.rows)}, {manifest.kind}, revision {manifest.revision}, made {manifest.made_at:%Y-%m-%d %H:%M} UTC")
    if report.kept is not None:
        _print(f"{report.kept}: the database that was there before; remove it when all is well")
    if raw is not None:
        missing = "are missing" if report.dry_run else "brought back"
        _print(f"{report.copied_bodies:,} raw bodies, {_megabytes(report.copied_bytes)}, {missing}")
    if not report.dry_run and manifest.revision != head_revision():
        _print("it is of an older version: run `peninsula db upgrade`")


def _rows(rows: Mapping[str, int]) -> str:
    return f"{sum(rows.values()):,} rows in {len(rows)} tables"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _print(line: str) -> None:
    output_console().print(line, soft_wrap=True, highlight=False, markup=False)
