"""OFAC's list as its four tables: sdn.csv, and with it alt.csv (aliases), add.csv (addresses) and sdn_comments.csv (rest of the remarks).

The tables have no header; null is "-0- "; each ends with a line of the one byte 0x1A, by which a cut download is known. They carry no
date and no day of listing. Format: OFAC, "Specially Designated Nationals and Blocked Persons Data Specification".
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from pipeline.errors import ListError
from pipeline.lists.files import describe_start, read_list_bytes
from pipeline.lists.ofac import SOURCE, OfacEntry, is_known_kind, make_record
from pipeline.lists.record import Fault, ListedAlias, ListRead
from pipeline.lists.remarks import split_remarks
from pipeline.lists.tables import ProgramNames

__all__ = ["read"]

_END = b"\x1a"
_NULL = "-0-"
_SDN_COLUMNS, _ALT_COLUMNS, _ADD_COLUMNS, _COMMENTS_COLUMNS = 12, 5, 6, 2
_CUT_REMARK = 1000
"""Length at which remarks are cut in sdn.csv; the rest stands in sdn_comments.csv."""
_ALIAS_KINDS = frozenset(["aka", "fka", "nka"])


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: tuple[str, ...]


@dataclass(slots=True)
class _Extras:
    """What the other tables say, by entry."""

    aliases: defaultdict[str, list[ListedAlias]] = field(default_factory=lambda: defaultdict(list))
    addresses: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    overflow: dict[str, str] = field(default_factory=dict)


_Take = Callable[[_Extras, _Row], str]
"""Takes one row of another table and returns what is wrong with it, empty where nothing is."""


def read(
    sdn: Path,
    *,
    alt: Path | None = None,
    add: Path | None = None,
    comments: Path | None = None,
    complete: bool = True,
    snapshot: date | None = None,
) -> ListRead:
    """Read the list from its tables, plain or gzipped; all but `sdn` can be left out.

    `complete` false means that the files are rows of the tables and lack the byte that ends them. `snapshot` is the day of the list, which
    the tables do not tell. A bad row is skipped and named in `faults`. Raises ListError for a file that is missing, empty, cut, or not the
    table that it should be.
    """
    rows, faults = _read_rows(sdn, "sdn.csv", _SDN_COLUMNS, complete=complete)
    known = {row.cells[0] for row in rows}
    extras = _Extras()
    others: tuple[tuple[Path | None, str, int, _Take], ...] = (
        (alt, "alt.csv", _ALT_COLUMNS, _take_alias),
        (add, "add.csv", _ADD_COLUMNS, _take_address),
        (comments, "sdn_comments.csv", _COMMENTS_COLUMNS, _take_overflow),
    )
    for path, table, columns, take in others:
        if path is not None:
            own, found = _read_rows(path, table, columns, complete=complete)
            faults += [*found, *_take_rows(path, own, known, partial(take, extras))]
    programs = ProgramNames(SOURCE, sdn)
    records = []
    for row in rows:
        entry, message = _make_entry(row, extras, programs)
        faults += [Fault(sdn, row.line, message)] if message else []
        records.append(make_record(entry, snapshot=snapshot.isoformat() if snapshot else None))
    return ListRead(tuple(records), None, (*faults, *programs.faults()))


def _read_rows(path: Path, table: str, columns: int, *, complete: bool) -> tuple[list[_Row], list[Fault]]:
    """Return the rows of one table whose first cell is a number, each number once in sdn.csv, and a fault for each other row."""
    rows: list[_Row] = []
    faults: list[Fault] = []
    lines: dict[str, int] = {}
    for number, line in _read_lines(path, table, complete=complete):
        cells, message = _split_line(line, columns)
        if not message and columns == _SDN_COLUMNS:
            earlier = lines.setdefault(cells[0], number)
            message = (
                f"entry {cells[0]} stands on line {earlier} already" if earlier != number else "" if cells[1].strip() else "has no name"
            )
        if message:
            faults.append(Fault(path, number, message))
        else:
            rows.append(_Row(number, cells))
    if len(faults) > len(rows):
        raise ListError(
            f"is not {table}: most lines are not its rows; the first: {faults[0].message}", path=path, line=int(faults[0].place)
        )
    return rows, faults


def _read_lines(path: Path, table: str, *, complete: bool) -> Iterator[tuple[int, str]]:
    data = read_list_bytes(path)
    if data.lstrip(b"\xef\xbb\xbf \r\n").startswith((b"<", b"{", b"[")):
        raise ListError(f"is not {table}: rows divided by commas are expected, found {describe_start(data)}", path=path)
    body = data.rstrip(b"\r\n")
    if complete and not body.endswith(_END):
        raise ListError(
            f"is cut: {table} ends with a line of the byte 0x1A, and here the last line is {_shorten(body)!r}",
            path=path,
            line=body.count(b"\n") + 1,
        )
    # A row never spans lines, so each is read by itself and a stray quote spoils no other row.
    for number, line in enumerate(body.removesuffix(_END).decode("utf-8", "replace").split("\n"), start=1):
        if line.strip():
            yield number, line.rstrip("\r")


def _shorten(body: bytes) -> str:
    return body.rsplit(b"\n", 1)[-1][-40:].decode("utf-8", "replace")


def _split_line(line: str, columns: int) -> tuple[tuple[str, ...], str]:
    """Return the cells of a line, null as empty, or what is wrong with it."""
    try:
        cells = next(csv.reader([line], strict=True))
    except csv.Error as error:
        return (), f"is no row: {error}"
    if len(cells) != columns:
        return (), f"has {len(cells)} cells instead of {columns}"
    if not cells[0].strip().isascii() or not cells[0].strip().isdigit():
        return (), f"begins with {cells[0]!r} instead of the number of an entry"
    if "\ufffd" in line:
        return (), "is not in UTF-8"
    # Cells keep their spaces: remarks may be cut before or after one, and the rest is joined to them as it stands.
    return (cells[0].strip(), *("" if cell.strip() == _NULL else cell for cell in cells[1:])), ""


def _take_rows(path: Path, rows: list[_Row], known: set[str], take: Callable[[_Row], str]) -> Iterator[Fault]:
    """Take the rows of the entries that are `known`, and yield what is wrong with them; all rows of other entries make one fault."""
    strangers = [row for row in rows if row.cells[0] not in known]
    for row in rows:
        if row.cells[0] in known and (message := take(row)):
            yield Fault(path, row.line, message)
    if strangers:
        message = f"{len(strangers)} rows are of entries that sdn.csv does not have, the first of entry {strangers[0].cells[0]}"
        yield Fault(path, strangers[0].line, message)


def _take_alias(extras: _Extras, row: _Row) -> str:
    number, _, kind, name, _ = row.cells
    if not name:
        return "has no name"
    extras.aliases[number].append(ListedAlias(name, "strong", kind if kind in _ALIAS_KINDS else ""))
    return "" if kind in _ALIAS_KINDS else f"unknown kind of alias {kind!r}; kept without kind"


def _take_address(extras: _Extras, row: _Row) -> str:
    if row.cells[4]:
        extras.addresses[row.cells[0]].append(row.cells[4])
    return ""


def _take_overflow(extras: _Extras, row: _Row) -> str:
    number, text = row.cells
    extras.overflow[number] = extras.overflow.get(number, "") + text
    return ""


def _make_entry(row: _Row, extras: _Extras, programs: ProgramNames) -> tuple[OfacEntry, str]:
    """Return the entry of a row, and what is wrong with it where it can be kept all the same."""
    number, name, kind, program, title, _, _, _, _, flag, _, remarks = row.cells
    messages = []
    if kind and not is_known_kind(kind):
        messages.append(f"unknown kind of entry {kind!r}; kept as a body")
    rest = extras.overflow.get(number, "")
    if len(remarks) == _CUT_REMARK and not rest:
        messages.append(f"the remarks are cut at {_CUT_REMARK} characters, and sdn_comments.csv has no more of them")
    elif rest and len(remarks) < _CUT_REMARK:
        messages.append("sdn_comments.csv goes on with remarks that are not cut here: tables of different days")
        rest = ""
    written = [each for each in program.split("] [") if each]
    if not written:
        messages.append("has no program")
    entry = OfacEntry(
        source_id=number,
        kind=kind if is_known_kind(kind) else "entity",
        name=name,
        programs=programs.read(written, row.line),
        phrases=tuple(split_remarks(remarks + rest)),
        aliases=tuple(extras.aliases.get(number, ())),
        addresses=tuple(extras.addresses.get(number, ())),
        flag=flag,
        title=title or None,
    )
    return entry, "; ".join(messages)
