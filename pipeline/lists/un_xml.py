"""The consolidated list of the United Nations Security Council, in XML.

Attribution: United Nations Security Council Consolidated List. Entries of the 1718 Committee (DPRK) have references that begin with KP.
Persons' names stand in up to four parts, bodies' in the first; ships are not on this list, but comments name their numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from lxml.etree import _Element as Element

from pipeline.errors import ListError
from pipeline.lists.dates import read_birth_dates, read_day
from pipeline.lists.files import iter_elements
from pipeline.lists.record import Fault, Identifier, ListedAlias, ListedRecord, ListRead
from pipeline.lists.remarks import compact_number
from pipeline.lists.tables import ProgramNames, body_schema, document_kinds, dprk_programs, find_seat, first_country, fold

__all__ = ["SOURCE", "read"]

SOURCE = "un_sc_sanctions"
_NAME_PARTS = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
_QUALITIES = {"low": ("weak", ""), "good": ("strong", ""), "a.k.a.": ("strong", "aka"), "f.k.a.": ("strong", "fka"), "": ("strong", "")}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_BRACKET = re.compile(r"(?P<name>[^()]+) \((?P<inner>.+)\)")
_QUOTES = '"“”„'
_NOTE = re.compile(r"\([^)]*\)")
_LABELLED_NUMBER = re.compile(r".*?(?:\b(?:no\.?|number)\s*:?|n°|:)\s*(?P<number>\S*\d.*)", re.IGNORECASE | re.DOTALL)
_IMO = re.compile(r"\bIMO\b\)?\s*(?:number|no\.?)?\s*:?\s*(\d{7})(?!\d)", re.IGNORECASE)
_LATIN = re.compile(r"[A-Za-z]")


def read(path: Path, *, snapshot: date | None = None) -> ListRead:
    """Read the list, plain or gzipped; records of all its committees, in its order.

    `snapshot` overrides the day in the file. What is wrong with an entry is named in `faults` with its reference; an entry without a name,
    or with a reference that stood before, is left out. Raises ListError where the file is missing, empty, cut or another one.
    """
    elements = iter_elements(path, root="CONSOLIDATED_LIST", tags=frozenset(["INDIVIDUAL", "ENTITY"]))
    published = _read_published(next(elements), path)
    reader = _Reader(path, (snapshot or published).isoformat())
    records = [record for element in elements if (record := reader.read(element))]
    if not records:
        raise ListError("holds no entry: <INDIVIDUAL> and <ENTITY> are expected in <CONSOLIDATED_LIST>", path=path)
    return ListRead(tuple(records), published, (*reader.faults, *reader.programs.faults()))


def _read_published(root: Element, path: Path) -> date:
    written = root.get("dateGenerated", "")
    day = read_day(written[:10])
    if day is None:
        raise ListError(f"<CONSOLIDATED_LIST> has no day of publication: dateGenerated is {written!r}", path=path)
    return day


class _Reader:
    """Reads entry by entry and keeps what was wrong."""

    def __init__(self, path: Path, snapshot: str) -> None:
        self.faults: list[Fault] = []
        self.programs = ProgramNames(SOURCE, path)
        self._path = path
        self._snapshot = snapshot
        self._seen: set[str] = set()

    def read(self, element: Element) -> ListedRecord | None:
        reference = _text(element, "REFERENCE_NUMBER")
        place = reference or f"DATAID {_text(element, 'DATAID') or '?'}"
        name = " ".join(part for tag in _NAME_PARTS if (part := _text(element, tag)))
        if not name:
            self._note(place, "has no name; left out")
            return None
        if reference in self._seen:
            self._note(place, "stands on the list twice; the second is left out")
            return None
        if reference:
            self._seen.add(reference)
        else:
            self._note(place, "has no reference number; kept without id")
        return self._make(element, reference, place, name)

    def _make(self, element: Element, reference: str, place: str, name: str) -> ListedRecord:
        is_person = element.tag == "INDIVIDUAL"
        comments = _text(element, "COMMENTS1")
        nationalities = _texts(element, "NATIONALITY/VALUE")
        addresses = _texts(element, f"{element.tag}_ADDRESS/COUNTRY")
        programs = self.programs.read(_texts(element, "UN_LIST_TYPE"), place)
        exact, inexact = read_birth_dates(_birth_dates(element))
        return ListedRecord(
            source=SOURCE,
            source_id=reference or None,
            schema="Person" if is_person else body_schema(name),
            name=name,
            aliases=tuple(self._aliases(element, place, name)),
            country=first_country(nationalities) if is_person else find_seat(addresses, for_dprk=not dprk_programs().isdisjoint(programs)),
            countries=tuple(sorted({*nationalities, *addresses})),
            nationalities=nationalities,
            addresses=addresses,
            programs=programs,
            birth_dates=exact,
            birth_dates_inexact=inexact,
            birth_place=_birth_place(element),
            listed_on=self._listed_on(element, place),
            title="; ".join(_texts(element, "DESIGNATION/VALUE")) or None,
            identifiers=tuple(
                dict.fromkeys((*self._documents(element, place), *(Identifier("imo", imo) for imo in _IMO.findall(comments))))
            ),
            remarks=comments or None,
            snapshot=self._snapshot,
        )

    def _listed_on(self, element: Element, place: str) -> date | None:
        written = _text(element, "LISTED_ON")
        day = read_day(written[:10]) if _DAY.match(written) else None
        if day is None:
            self._note(place, f"LISTED_ON is {written!r}, no day; left out")
        return day

    def _aliases(self, element: Element, place: str, name: str) -> Iterator[ListedAlias]:
        seen = {name}
        original = [("strong", "", each) for each in _texts(element, "NAME_ORIGINAL_SCRIPT")]
        given = [(*self._quality(alias, place), _text(alias, "ALIAS_NAME")) for alias in element.iterfind(f"{element.tag}_ALIAS")]
        for quality, kind, written in (*given, *original):
            for each in _divide_names(written):
                if each not in seen:
                    seen.add(each)
                    yield ListedAlias(each, quality, kind)

    def _quality(self, alias: Element, place: str) -> tuple[str, str]:
        written = _text(alias, "QUALITY")
        if written.casefold() not in _QUALITIES:
            self._note(place, f"unknown quality of an alias {written!r}; taken for strong")
        return _QUALITIES.get(written.casefold(), ("strong", ""))

    def _documents(self, element: Element, place: str) -> Iterator[Identifier]:
        for document in element.iterfind("INDIVIDUAL_DOCUMENT"):
            written, number = _text(document, "TYPE_OF_DOCUMENT"), _document_number(_text(document, "NUMBER"))
            kind = document_kinds().get(fold(written))
            if kind and number:
                yield Identifier(kind, number)
            elif written and number:
                self._note(place, f"unknown kind of document {written!r}; left out")

    def _note(self, place: str, message: str) -> None:
        self.faults.append(Fault(self._path, place, message))


def _text(element: Element, way: str) -> str:
    """Return the text of the first element, with single spaces; empty where there is none, for elements are often empty."""
    return " ".join((element.findtext(way) or "").split())


def _texts(element: Element, way: str) -> tuple[str, ...]:
    texts = (" ".join((each.text or "").split()) for each in element.iterfind(way))
    return tuple(dict.fromkeys(text for text in texts if text and text != "na"))


def _divide_names(written: str) -> Iterator[str]:
    """Yield the names in one field: several divided by ";", each in quotes or not, a name in another script with its readings in brackets."""
    for part in _split_outside_brackets(written):
        match = _BRACKET.fullmatch(part)
        if match and bool(_LATIN.search(match["name"])) != bool(_LATIN.search(match["inner"])):
            yield from _divide_names(match["name"])
            yield from _divide_names(match["inner"])
        elif name := _unquote(part):
            yield name


def _split_outside_brackets(written: str) -> list[str]:
    """Divide at ";" that is in no brackets; a bracket that only closes ("b) Mohammad") counts for nothing."""
    parts, depth = [""], 0
    for char in written:
        depth = max(0, depth + (char == "(") - (char == ")"))
        if char == ";" and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]


def _unquote(name: str) -> str:
    """Take away quotes that enclose the whole name; apostrophes stay, since they are letters in romanised names."""
    return name[1:-1].strip() if len(name) > 2 and name[0] in _QUOTES and name[-1] in _QUOTES else name


def _birth_dates(element: Element) -> Iterator[str]:
    for birth in element.iterfind("INDIVIDUAL_DATE_OF_BIRTH"):
        kind = _text(birth, "TYPE_OF_DATE")
        written = _text(birth, "DATE")[:10] or _text(birth, "YEAR")
        if kind == "BETWEEN":
            yield f"{_text(birth, 'FROM_YEAR')} to {_text(birth, 'TO_YEAR')}"
        elif written:
            yield f"circa {written}" if kind == "APPROXIMATELY" else written


def _birth_place(element: Element) -> str | None:
    places = element.iterfind("INDIVIDUAL_PLACE_OF_BIRTH")
    return next((place for each in places if (place := ", ".join(_parts(each, ("CITY", "STATE_PROVINCE", "COUNTRY"))))), None)


def _parts(element: Element, tags: Iterable[str]) -> Iterator[str]:
    return (part for tag in tags if (part := _text(element, tag)) and part != "na")


def _document_number(written: str) -> str:
    """Return the number without notes ("(Expired 25 Jan. 2016)"), words before it ("passport no. ") and gaps ("PS 472330208")."""
    plain = _NOTE.sub(" ", written).strip()
    match = _LABELLED_NUMBER.fullmatch(plain)
    return compact_number(match["number"] if match else plain)
