"""`peninsula export`, `snapshot`, `codebook`, `explore`: files for others."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkstemp
from typing import Annotated, BinaryIO

import typer

from models.filters import EventFilter
from models.findings import EventFound
from pipeline.cli.browse import open_for_reading
from pipeline.cli.console import ProgressBar, as_long_as_read, output_console
from pipeline.cli.find_options import takes_filter
from pipeline.errors import StorageError, UsageError
from pipeline.publish.codebook import make_codebook
from pipeline.publish.formats import FORMATS, export_name, find_format, write_export
from pipeline.publish.manifest import Manifest
from pipeline.publish.papers import LICENCE, code_version
from pipeline.publish.snapshot import find_snapshot, list_snapshots, make_snapshot, verify_snapshot
from pipeline.query import connect, describe
from pipeline.settings import Settings
from pipeline.store.engine import reading
from pipeline.store.history import last_runs
from pipeline.store.schema import head_revision

__all__ = ["register"]

STANDARD_OUTPUT = "-"

_FORMATS = " ".join(f"{made.name}: {made.about}" for made in FORMATS.values())


@takes_filter
def export(
    context: typer.Context,
    wanted: EventFilter,
    form: Annotated[str, typer.Option("--format", "-f", metavar="FORMAT", help=_FORMATS)] = "csv",
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="File to write, folder to write it in, or - for standard output.", show_default=False
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    bom: Annotated[bool, typer.Option("--bom", help="Put a byte order mark before CSV, for Excel.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell how many events would be written, and where; write nothing.")] = False,
) -> None:
    """Write all events that are found to a file, in one of many formats.

    Without --output the file lies in this folder, under a name that tells the filter and the day. It appears when it is whole.

    Example: peninsula export --type SANCTION --since 2024 --format csv -o sanctions.csv
    """
    made = find_format(form)
    with connect(context.obj.database) as reader:
        found = reader.count(wanted)
        path = _target(output, wanted, made.name)
        if dry_run:
            _print(f"{_events(found)} would be written to {path or 'standard output'}: {describe(wanted)}")
            return
        if path is None:
            with as_long_as_read():
                write_export(reader, wanted, made.name, sys.stdout.buffer, bom=bom)
            return
        if path.exists() and not force:
            raise UsageError(f"{path} is there already: give --force to replace it, or another name")
        with _appearing(path) as out:
            written = write_export(reader, wanted, made.name, out, bom=bom, watch=_watch("export", found))
    _print(f"{path}: {_events(written)}, {describe(wanted)}")
    if written < found:
        _print(f"{_events(found - written)} that {made.name} cannot hold left out (peninsula export --help says what it holds)")


@takes_filter
def snapshot(
    context: typer.Context,
    wanted: EventFilter,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FOLDER", help="Folder of snapshots (default: snapshots in the data folder).", show_default=False
        ),
    ] = None,
    licence: Annotated[str, typer.Option("--licence", metavar="SPDX", help="Licence of the data.")] = LICENCE,
    show: Annotated[bool, typer.Option("--list", help="List the snapshots that there are; make none.")] = False,
    verify: Annotated[
        str | None, typer.Option("--verify", metavar="SNAPSHOT", help="Check one that is there: a folder, or its name.", show_default=False)
    ] = None,
) -> None:
    """Write a snapshot: a folder with all events that are found as SQLite, Parquet and CSV, what changed since the last one, a codebook,
    checksums and how to cite it.

    It is checked before it appears; where a check fails nothing is published and the exit code is 4. Snapshots never change.

    Example: peninsula snapshot --status '!rejected' -o data/snapshots
    """
    settings: Settings = context.obj
    folder = output or settings.data_dir / "snapshots"
    if show:
        for path, manifest in list_snapshots(folder):
            _print_snapshot(path, manifest)
    elif verify is not None:
        path = find_snapshot(folder, verify)
        _print_snapshot(path, verify_snapshot(path))
        _print("every file and every check is well")
    else:
        with connect(settings.database) as reader:
            watch = _watch("snapshot", reader.count(wanted))
            path, manifest = make_snapshot(reader, wanted, folder, versions=_versions(settings), licence=licence, watch=watch)
        _print_snapshot(path, manifest)


def codebook() -> None:
    """Write the codebook: what every field, code and column means.

    Example: peninsula codebook > docs/codebook.md
    """
    sys.stdout.write(make_codebook())


def explore(
    context: typer.Context,
    snapshot: Annotated[str | None, typer.Argument(help="A snapshot: its folder, or its name (default: the latest).")] = None,
    folder: Annotated[
        Path | None, typer.Option("--snapshots", help="Folder of snapshots (default: snapshots in the data folder).", show_default=False)
    ] = None,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port on this machine.")] = 8766,
) -> None:
    """Open a snapshot in Datasette, on this machine alone: browse, filter and search its tables, and ask them in SQL.

    Example: peninsula explore 2026-11-22.1
    """
    # Imported here because Datasette is an extra.
    from pipeline.publish.datasette import serve_snapshot

    settings: Settings = context.obj
    path = find_snapshot(folder or settings.data_dir / "snapshots", snapshot)
    _print(f"http://127.0.0.1:{port}/ shows {path}; Ctrl-C ends it")
    serve_snapshot(path, port=port)


# --- what the commands have in common -------------------------------------------------------------------------------


def _target(output: str | None, wanted: EventFilter, form: str) -> Path | None:
    """Return the file to write, None for standard output; a folder that is named gets one with the usual name."""
    if output == STANDARD_OUTPUT:
        return None
    name = export_name(wanted, form, datetime.now(UTC).date())
    path = Path(output) if output is not None else Path(name)
    return path / name if path.is_dir() else path


@contextmanager
def _appearing(path: Path) -> Iterator[BinaryIO]:
    """Give a file beside `path` to write to, which takes its place when all went well, and is removed otherwise."""
    try:
        handle, name = mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as out:
                yield out
                out.flush()
                os.fsync(handle)
                # Temporary files are their owner's alone; this one gets the rights that a new file has here.
                os.fchmod(handle, 0o666 & ~_umask())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(f"it cannot be written: {error.strerror or error}", path=path) from error


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _watch(step: str, total: int) -> Callable[[Iterable[EventFound]], Iterator[EventFound]]:
    return lambda events: ProgressBar().watch(events, step=step, total=total)


def _versions(settings: Settings) -> dict[str, str]:
    """Return the versions of the program, its database, and the stages, models and knowledge of the last nightly run."""
    with open_for_reading(settings) as database, reading(database) as connection:
        runs = last_runs(connection, limit=1)
    of_run = {name: str(version) for run in runs for name, version in run.versions.items()}
    return {"code": code_version(), "database": head_revision(), **of_run}


def _print_snapshot(path: Path, manifest: Manifest) -> None:
    size = sum(part.size for part in manifest.files)
    changes = ", ".join(f"{number} {change}" for change, number in manifest.changes.items() if number)
    since = f"; since {manifest.previous}: {changes or 'no change'}" if manifest.previous else ""
    _print(
        f"{path}: {_events(manifest.rows['events'])}, {manifest.rows['passages']:,} passages, {size / 1e6:,.1f} MB, {manifest.about}{since}"
    )


def _events(number: int) -> str:
    return f"{number:,} event{'' if number == 1 else 's'}"


def _print(line: str) -> None:
    output_console().print(line, soft_wrap=True, highlight=False, markup=False)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(export)
    app.command()(snapshot)
    app.command()(codebook)
    app.command()(explore)
