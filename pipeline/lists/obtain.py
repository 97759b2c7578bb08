"""The files of a list as they were published, from the network or from disk, and which form of which list they are."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pipeline.errors import ListError, UsageError
from pipeline.lists.sources import Form, PublishedList

__all__ = ["Download", "Fetch", "RawFile", "RawList", "fetch_list", "read_files", "recognise"]

_GZIP = b"\x1f\x8b"
_PARTS_BY_COLUMNS = {12: "sdn", 5: "alt", 6: "add", 2: "sdn_comments"}
"""OFAC's tables have no header; the number of columns tells them apart."""
_ROOTS = (
    (re.compile(rb"<CONSOLIDATED_LIST\b"), "un_xml"),
    (re.compile(rb"<(\w+:)?sdnList\b"), "ofac_xml"),
    (re.compile(rb"<(\w+:)?Sanctions\b"), "ofac_advanced_xml"),
    (re.compile(rb"<(\w+:)?Designations\b"), "uk_xml"),
)
_HEAD = 65_536
_DAY = re.compile(r"(?<!\d)(20\d\d)-?([01]\d)-?([0-3]\d)(?!\d)")
_LIST_FILE = re.compile(r"[^.].*\.(csv|xml)(\.gz)?", re.IGNORECASE)
"""What is looked at in a folder; files that are named are read whatever they are called."""
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Download:
    """An answer of a server: the unpacked body and, where it tells, when the file was last modified."""

    body: bytes
    modified: datetime | None


Fetch = Callable[[str, int], Download]
"""Fetches an address; the number bounds the unpacked body in bytes. Raises FetchError."""


@dataclass(frozen=True, slots=True)
class RawFile:
    """One file of a list, unpacked. `origin` is its address or path; `day` the day that it is known to be of, and `day_from` how."""

    part: str
    origin: str
    data: bytes
    day: date | None
    day_from: str

    @property
    def sha256(self) -> str:
        """The SHA-256 of the unpacked file."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class RawList:
    """All files of one list in one form, the one that must be there first. `fetched` tells that they came from the publisher."""

    format: str
    files: tuple[RawFile, ...]
    fetched: bool


def fetch_list(source: PublishedList, fetch: Fetch) -> RawList:
    """Fetch the first form of a list. Raises FetchError."""
    form = source.forms[0]
    return RawList(form.format, tuple(_fetch_file(part, url, source, fetch) for part, url in form.files.items()), fetched=True)


def _fetch_file(part: str, url: str, source: PublishedList, fetch: Fetch) -> RawFile:
    answer = fetch(url, source.max_bytes)
    day = answer.modified.astimezone(UTC).date() if answer.modified else None
    return RawFile(part, url, answer.body, day, "server")


def read_files(paths: Iterable[Path], sources: Sequence[PublishedList]) -> dict[str, RawList]:
    """Read local files, gzip or plain, and folders of such; return them by the id of the list that they are.

    `sources` are the lists that they may be. Raises UsageError for a path that is not there and for two files that are the same
    part of a list, ListError for a file that is no list.
    """
    limit = max(source.max_bytes for source in sources)
    found: dict[tuple[str, str], dict[str, RawFile]] = {}
    for path in _walk(paths):
        data = _unpack(path, limit)
        format_name, part = recognise(path, data)
        owner = _owner(format_name, path, sources)
        files = found.setdefault((owner, format_name), {})
        if part in files:
            raise UsageError(f"{path} and {files[part].origin} are both the part {part!r} of {owner}: give one of them")
        files[part] = RawFile(part, str(path), data, *_day_of(path))
    lists: dict[str, RawList] = {}
    for (owner, format_name), files in found.items():
        if owner in lists:
            raise UsageError(f"the files hold {owner} in two forms, {lists[owner].format} and {format_name}: give one of them")
        lists[owner] = RawList(format_name, _in_order(_form_of(owner, format_name, sources), files), fetched=False)
    return lists


def recognise(path: Path, data: bytes) -> tuple[str, str]:
    """Return the format of a file and which part of it this is; the content decides, and the name where there is none."""
    head = data[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"<"):
        found = next((name for root, name in _ROOTS if root.search(head)), None)
    elif b"Unique ID" in head[:4000] or b"UniqueID" in head[:4000]:
        found = "uk_csv"
    else:
        part = _table_part(head) or _named_part(path)
        if part is not None:
            return "ofac_csv", part
        found = None
    if found is None:
        begins = f"it begins with {head[:_SHOWN].decode('utf-8', 'replace')!r}" if head else "it is empty"
        raise ListError(f"{path}: is none of the lists that can be read (tables of OFAC, XML of OFAC, UN or UK, CSV of UK); {begins}")
    return found, "list"


def _table_part(head: bytes) -> str | None:
    row = next(csv.reader(io.StringIO(head.decode("utf-8", "replace").split("\n")[0])), [])
    return _PARTS_BY_COLUMNS.get(len(row)) if row and row[0].strip().isdigit() else None


def _named_part(path: Path) -> str | None:
    name = path.name.lower()
    if "comment" in name:
        return "sdn_comments"
    return next((part for part in ("sdn", "alt", "add") if name.startswith(part)), None)


def _walk(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(child for child in path.iterdir() if _LIST_FILE.fullmatch(child.name) and child.is_file())
            if not inside:
                raise UsageError(f"the folder {path} holds no .csv or .xml file, compressed or plain")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise UsageError(f"there is no file {path}")
    return found


def _unpack(path: Path, limit: int) -> bytes:
    try:
        data = path.read_bytes()
        if data.startswith(_GZIP):
            with gzip.open(io.BytesIO(data)) as file:
                data = file.read(limit + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ListError(f"{path}: the compressed file is cut or damaged: {error}") from error
    except OSError as error:
        raise ListError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > limit:
        raise ListError(f"{path}: is larger than {limit:,} bytes, unpacked")
    return data


def _owner(format_name: str, path: Path, sources: Sequence[PublishedList]) -> str:
    owner = next((source.id for source in sources for form in source.forms if form.format == format_name), None)
    if owner is None:
        raise UsageError(f"{path} is in the form {format_name}, which {', '.join(source.id for source in sources)} does not have")
    return owner


def _form_of(owner: str, format_name: str, sources: Sequence[PublishedList]) -> Form:
    return next(form for source in sources if source.id == owner for form in source.forms if form.format == format_name)


def _in_order(form: Form, files: Mapping[str, RawFile]) -> tuple[RawFile, ...]:
    first = next(iter(form.files))
    if first not in files:
        given = ", ".join(file.origin for file in files.values())
        raise UsageError(f"{given}: the part {first!r} is missing, without which the others say nothing")
    return tuple(files[part] for part in form.files if part in files)


def _day_of(path: Path) -> tuple[date | None, str]:
    """Return the day in a file's name, else the one it was written on."""
    for match in _DAY.finditer(path.name):
        try:
            return date(int(match[1]), int(match[2]), int(match[3])), "file name"
        except ValueError:
            continue
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).date(), "file time"
