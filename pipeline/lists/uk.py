"""The UK Sanctions List of the Foreign, Commonwealth and Development Office, as XML or as the table with the same fields.

Contains public sector information licensed under the Open Government Licence v3.0. In the table an entry has several rows, one for each
name, address and the like; the first line is the date of the report, and the header follows. Days are written dd/mm/yyyy.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from lxml.etree import _Element as Element

from pipeline.errors import ListError
from pipeline.lists.dates import read_birth_dates, read_day
from pipeline.lists.files import describe_start, iter_elements, read_list_bytes
from pipeline.lists.record import Fault, Identifier, ListedAlias, ListedRecord, ListRead
from pipeline.lists.remarks import compact_number
from pipeline.lists.tables import ProgramNames, body_schema, dprk_programs, find_seat, first_country

__all__ = ["SOURCE", "read"]

SOURCE = "gb_fcdo_sanctions"
_PRIMARY = "primary name"
_REPORT = re.compile(r"Report Date:\s*(?P<day>\S+)", re.IGNORECASE)
_IMO = re.compile(r"\d{7}")
_SCHEMAS = {"individual": "Person", "ship": "Vessel"}
_ENTITY = "entity"

_FIELDS: Mapping[str, tuple[str, str]] = {
    # field of _Entry: element of the XML, column of the table
    "regimes": ("RegimeName", "Regime Name"),
    "kinds": ("IndividualEntityShip", "Individual, Entity, Ship"),
    "designated": ("DateDesignated", "Date Designated"),
    "births": ("DOB", "D.O.B"),
    "nationalities": ("Nationality", "Nationality(/ies)"),
    "addresses": ("AddressCountry", "Address Country"),
    "birth_towns": ("TownOfBirth", "Town of birth"),
    "birth_countries": ("CountryOfBirth", "Country of birth"),
    "positions": ("Position", "Position"),
    "passports": ("PassportNumber", "Passport number"),
    "national_ids": ("NationalIdentifierNumber", "National Identifier number"),
    "imos": ("IMONumber", "IMO number"),
    "flags": ("CurrentBelievedFlagOfShip", "Current believed flag of ship"),
    "owners": ("CurrentOwnerOperator", "Current owner/operator (s)"),
    "parents": ("ParentCompany", "Parent Company"),
    "emails": ("EmailAddress", "Email address"),
    "phones": ("PhoneNumber", "Phone number"),
    "websites": ("Website", "Website"),
    "information": ("OtherInformation", "Other Information"),
    "reasons": ("UKStatementofReasons", "UK Statement of Reasons"),
    "scripts": ("NameNonLatinScript", "Name non-latin script"),
    "un_references": ("UNReferenceNumber", "UN Reference Number"),
}
_ID_COLUMN = "Unique ID"
_OTHER_COLUMNS = {"Designation Type": "Individual, Entity, Ship"}
"""Columns that had another name in some editions of the table."""
_REQUIRED_COLUMNS = frozenset([_ID_COLUMN, "Name 6", "Name type", "Regime Name", "Date Designated", "Individual, Entity, Ship"])


@dataclass(frozen=True, slots=True)
class _Name:
    parts: tuple[str, ...]
    """Name 1 to Name 6; the last is the surname, or the whole name of a body or ship."""
    kind: str
    strength: str


@dataclass(slots=True)
class _Entry:
    """One designation with all its values, in the order of the file."""

    unique_id: str
    place: int | str
    names: list[_Name] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, value: str) -> None:
        values, text = self.values.setdefault(name, []), " ".join(value.split())
        if text and text not in values:
            values.append(text)

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(self.values.get(name, ()))

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")


def read(path: Path, *, snapshot: date | None = None) -> ListRead:
    """Read the list, as XML or as table, plain or gzipped. `snapshot` overrides the day in the file.

    What is wrong with an entry is named in `faults`, by its id or its line. Raises ListError where the file is missing, empty, cut or
    another one.
    """
    data = read_list_bytes(path)
    faults: list[Fault] = []
    if data.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"<"):
        published, entries = _read_xml(path, faults)
    else:
        published, entries = _read_table(path, data, faults)
    if not entries:
        raise ListError("holds no designation", path=path)
    programs = ProgramNames(SOURCE, path)
    day = snapshot or published
    records = [_make_record(entry, programs, path, faults, day.isoformat() if day else None) for entry in entries]
    return ListRead(tuple(record for record in records if record), published, (*faults, *programs.faults()))


# --- XML ---


def _read_xml(path: Path, faults: list[Fault]) -> tuple[date | None, list[_Entry]]:
    published: date | None = None
    entries: dict[str, _Entry] = {}
    elements = iter_elements(path, root="Designations", tags=frozenset(["Designation", "DateGenerated"]))
    next(elements)
    for number, element in enumerate(elements, start=1):
        if element.tag == "DateGenerated":
            published = read_day((element.text or "").strip())
            continue
        entry = _read_designation(element)
        if not entry.unique_id:
            faults.append(Fault(path, f"designation {number}", "has no UniqueID; left out"))
        elif entry.unique_id in entries:
            faults.append(Fault(path, entry.unique_id, "stands on the list twice; the second is left out"))
        else:
            entries[entry.unique_id] = entry
    return published, list(entries.values())


def _read_designation(element: Element) -> _Entry:
    unique_id = (element.findtext("UniqueID") or "").strip()
    entry = _Entry(unique_id, unique_id)
    for name in element.iterfind("Names/Name"):
        parts = tuple(" ".join((name.findtext(f"Name{number}") or "").split()) for number in range(1, 7))
        entry.names.append(_Name(parts, (name.findtext("NameType") or "").strip(), (name.findtext("AliasStrength") or "").strip()))
    fields = {tag.casefold(): name for name, (tag, _) in _FIELDS.items()}
    for each in element.iter():
        if (name := fields.get(each.tag.casefold())) and each.text and len(each) == 0:
            entry.add(name, each.text)
    return entry


# --- table ---


def _read_table(path: Path, data: bytes, faults: list[Fault]) -> tuple[date | None, list[_Entry]]:
    text = data.decode("utf-8-sig", "replace")
    first, _, rest = text.partition("\n")
    report = _REPORT.search(first)
    rows = _read_rows(rest if report else text, path, skipped=1 if report else 0)
    header = [
        _OTHER_COLUMNS.get(column.strip(), column.strip()) for _, column_names in itertools.islice(rows, 1) for column in column_names
    ]
    if missing := sorted(_REQUIRED_COLUMNS - set(header)):
        raise ListError(
            f"is not the UK Sanctions List: the columns {', '.join(missing)} are missing; it begins with {describe_start(data)}", path=path
        )
    entries: dict[str, _Entry] = {}
    line = 0
    for line, cells in rows:
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        if len(cells) != len(header):
            faults.append(Fault(path, line, f"has {len(cells)} cells instead of {len(header)}; left out"))
        elif not row[_ID_COLUMN]:
            faults.append(Fault(path, line, f"has no {_ID_COLUMN}; left out"))
        else:
            _add_row(entries.setdefault(row[_ID_COLUMN], _Entry(row[_ID_COLUMN], line)), row)
    if faults and faults[-1].place == line:
        raise ListError(f"is cut: the last row {faults[-1].message}", path=path, line=line)
    return read_day(report["day"]) if report else None, list(entries.values())


def _read_rows(text: str, path: Path, *, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with the line on which each ends; rows may span lines, since statements of reasons have paragraphs."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in rows:
            if any(cells):
                yield rows.line_num + skipped, cells
    except csv.Error as error:
        raise ListError(f"is cut or damaged: {error}", path=path, line=rows.line_num + skipped) from error


def _add_row(entry: _Entry, row: Mapping[str, str]) -> None:
    parts = tuple(row.get(f"Name {number}", "") for number in range(1, 7))
    name = _Name(parts, row["Name type"], row.get("Alias strength", ""))
    if any(parts) and name not in entry.names:
        entry.names.append(name)
    for field_name, (_, column) in _FIELDS.items():
        entry.add(field_name, row.get(column, ""))


# --- records ---


def _make_record(entry: _Entry, programs: ProgramNames, path: Path, faults: list[Fault], snapshot: str | None) -> ListedRecord | None:
    kind = entry.first("kinds").casefold()
    is_person = kind == "individual"
    names = [(_join_name(name.parts, is_person=is_person), name) for name in entry.names]
    name = next((joined for joined, each in names if joined and each.kind.casefold() == _PRIMARY), "")
    if not name:
        faults.append(Fault(path, entry.place, f"{entry.unique_id} has no primary name; left out"))
        return None
    if kind not in _SCHEMAS and kind != _ENTITY:
        faults.append(Fault(path, entry.place, f"unknown kind of designation {entry.first('kinds')!r}; kept as a body"))
    written = entry.first("designated")
    listed_on = read_day(written)
    if listed_on is None:
        faults.append(Fault(path, entry.place, f"the day of designation is {written!r}, no day; left out"))
    found = programs.read(entry.all("regimes"), entry.place)
    nationalities = entry.all("flags") if kind == "ship" else entry.all("nationalities")
    addresses = entry.all("addresses")
    seat = find_seat(addresses, for_dprk=not dprk_programs().isdisjoint(found)) if kind == _ENTITY else None
    exact, inexact = read_birth_dates(entry.all("births"))
    return ListedRecord(
        source=SOURCE,
        source_id=entry.unique_id,
        schema=_SCHEMAS.get(kind) or body_schema(name),
        name=name,
        aliases=tuple(_make_aliases(name, names, entry.all("scripts"))),
        country=first_country(nationalities) or seat,
        countries=tuple(sorted({*nationalities, *addresses})),
        nationalities=nationalities,
        addresses=addresses,
        programs=found,
        birth_dates=exact,
        birth_dates_inexact=inexact,
        birth_place=", ".join(part for part in (entry.first("birth_towns"), entry.first("birth_countries")) if part) or None,
        listed_on=listed_on,
        title="; ".join(entry.all("positions")) or None,
        identifiers=tuple(dict.fromkeys(_make_identifiers(entry))),
        linked_to=(*entry.all("parents"), *entry.all("owners")),
        same_as=tuple(f"un_sc_sanctions:{reference}" for reference in entry.all("un_references")),
        remarks=" ".join((*entry.all("information"), *entry.all("reasons"))) or None,
        snapshot=snapshot,
    )


def _join_name(parts: tuple[str, ...], *, is_person: bool) -> str:
    """Return a person's name with the surname first and a comma, as in the other lists."""
    given, last = " ".join(part for part in parts[:-1] if part), parts[-1]
    return f"{last}, {given}" if is_person and given and last else f"{given} {last}".strip()


def _make_aliases(name: str, names: Iterable[tuple[str, _Name]], scripts: Iterable[str]) -> Iterator[ListedAlias]:
    seen = {name, ""}
    given = [
        ListedAlias(
            joined, "weak" if each.strength.casefold().startswith("low") else "strong", "aka" if each.kind.casefold() == "alias" else ""
        )
        for joined, each in names
    ]
    for alias in (*given, *(ListedAlias(script) for script in scripts)):
        if alias.name not in seen:
            seen.add(alias.name)
            yield alias


def _make_identifiers(entry: _Entry) -> Iterator[Identifier]:
    for written in entry.all("imos"):
        yield from (Identifier("imo", number) for number in _IMO.findall(written))
    for kind, name in (("passport", "passports"), ("national_id", "national_ids")):
        yield from (Identifier(kind, compact_number(written)) for written in entry.all(name))
    for kind, name in (("website", "websites"), ("email", "emails"), ("phone", "phones")):
        yield from (Identifier(kind, written) for written in entry.all(name))
