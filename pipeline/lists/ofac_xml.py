"""OFAC's list as sdn_advanced.xml, the form with days of listing and names in native scripts, and as sdn.xml, the plain one.

In the advanced form everything is numbered: parties refer to reference tables, places and documents that stand before them, and the
relations and entries that say who is linked to whom, under which program and since when come after them. It is read as a stream; only
what the records need is kept. Format: OFAC, "Advanced Sanctions Data Model" (the sanctions list standard of the UN).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from lxml.etree import _Element as Element

from pipeline.errors import ListError
from pipeline.lists.dates import MONTHS, read_day
from pipeline.lists.files import iter_elements
from pipeline.lists.ofac import SOURCE, OfacEntry, is_known_kind, make_record, order_name
from pipeline.lists.record import Fault, ListedAlias, ListRead
from pipeline.lists.remarks import split_remarks
from pipeline.lists.tables import ProgramNames

__all__ = ["read_advanced", "read_plain"]

_REFERENCES = {
    "AliasType", "Country", "DetailReference", "FeatureType", "IDRegDocType", "NamePartType", "PartySubType", "PartyType", "SanctionsType", "Script",
}  # fmt: skip
_SECTIONS = frozenset(
    ["DateOfIssue", "ReferenceValueSets", "Location", "IDRegDocument", "DistinctParty", "ProfileRelationship", "SanctionsEntry"]
)
_ALIAS_KINDS = {"A.K.A.": "aka", "F.K.A.": "fka", "N.K.A.": "nka"}
_JOINED_SCRIPTS = frozenset(["Korean", "Chinese Simplified", "Chinese Traditional", "Japanese"])
_COUNTRY_FEATURES = {
    "Nationality Country": "nationality",
    "Nationality": "nationality",
    "Citizenship Country": "citizen",
    "Citizenship": "citizen",
}


# --- advanced ---


@dataclass(slots=True)
class _Party:
    """One party until its entry, program and links are known."""

    kind: str
    name: str
    aliases: list[ListedAlias] = field(default_factory=list)
    phrases: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    flag: str = ""
    titles: list[str] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)
    listed_on: date | None = None
    links: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Tables:
    """The reference tables by kind and number, and places and documents, which parties refer to."""

    names: dict[tuple[str, str], str] = field(default_factory=dict)
    party_types: dict[str, str] = field(default_factory=dict)
    places: dict[str, tuple[str, str]] = field(default_factory=dict)
    documents: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def name(self, kind: str, number: str | None) -> str:
        return self.names.get((kind, number or ""), "")


def read_advanced(path: Path, *, snapshot: date | None = None) -> ListRead:
    """Read sdn_advanced.xml, plain or gzipped. `snapshot` overrides the day in the file.

    A party that cannot be read is left out and named in `faults` by its number, as is a party that no entry lists. Raises ListError where
    the file is missing, empty, cut or another one.
    """
    reader = _AdvancedReader(path)
    elements = iter_elements(path, root="Sanctions", tags=_SECTIONS)
    next(elements)
    for element in elements:
        reader.take(element)
    return reader.finish(snapshot)


class _AdvancedReader:
    """Takes the sections of the file one element after the other."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tables = _Tables()
        self._published: date | None = None
        self._parties: dict[str, _Party] = {}
        self._numbers: dict[str, str] = {}
        self._faults: list[Fault] = []

    def take(self, element: Element) -> None:
        match element.tag:
            case "DateOfIssue":
                self._published = _read_date(element)
            case "ReferenceValueSets":
                _take_references(self._tables, element)
            case "Location":
                self._tables.places[element.get("ID", "")] = _read_place(element, self._tables)
            case "IDRegDocument":
                if document := _read_document(element, self._tables):
                    self._tables.documents[element.get("IdentityID", "")].append(document)
            case "DistinctParty":
                self._take_party(element)
            case "ProfileRelationship":
                self._take_relation(element)
            case _:
                self._take_entry(element)

    def finish(self, snapshot: date | None) -> ListRead:
        if not self._parties:
            raise ListError("holds no party: <DistinctParty> is expected in <Sanctions>", path=self._path)
        programs = ProgramNames(SOURCE, self._path)
        day = snapshot or self._published
        records = []
        for number, party in self._parties.items():
            if not party.programs:
                self._faults.append(Fault(self._path, number, f"no entry lists {party.name!r} under a program"))
            entry = OfacEntry(
                source_id=number,
                kind=party.kind,
                name=party.name,
                programs=programs.read(party.programs, number),
                phrases=(*party.phrases, *(f"Linked To: {self._parties[link].name}" for link in party.links)),
                aliases=tuple(party.aliases),
                addresses=tuple(party.addresses),
                flag=party.flag,
                title="; ".join(party.titles) or None,
                listed_on=party.listed_on,
            )
            records.append(make_record(entry, snapshot=day.isoformat() if day else None))
        return ListRead(tuple(records), self._published, (*self._faults, *programs.faults()))

    def _take_party(self, element: Element) -> None:
        number = element.get("FixedRef", "")
        profile = element.find("Profile")
        names = list(_read_names(element, self._tables))
        name = next((alias.name for alias, is_primary in names if is_primary), "")
        if not number.isdigit() or profile is None or not name:
            self._faults.append(Fault(self._path, number or "party without FixedRef", "has no number, profile or primary name; left out"))
            return
        if number in self._parties:
            self._faults.append(Fault(self._path, number, "stands on the list twice; the second is left out"))
            return
        kind = self._tables.party_types.get(profile.get("PartySubTypeID", ""), "")
        if not is_known_kind(kind):
            self._faults.append(Fault(self._path, number, f"unknown kind of party {kind!r}; kept as a body"))
        party = _Party(kind if is_known_kind(kind) else "entity", name)
        party.aliases = [alias for alias, is_primary in names if not is_primary]
        _take_features(party, profile, self._tables)
        for identity in profile.iterfind("Identity"):
            party.phrases += self._tables.documents.pop(identity.get("ID", ""), ())
        self._parties[number] = party
        self._numbers[profile.get("ID", "")] = number

    def _take_relation(self, element: Element) -> None:
        source, target = (self._numbers.get(element.get(side, "")) for side in ("From-ProfileID", "To-ProfileID"))
        if source is None or target is None:
            message = "links a party that is not on the list; left out"
            self._faults.append(Fault(self._path, f"relationship {element.get('ID', '?')}", message))
        elif element.get("Former") != "true" and target not in self._parties[source].links:
            self._parties[source].links.append(target)

    def _take_entry(self, element: Element) -> None:
        number = self._numbers.get(element.get("ProfileID", ""))
        if number is None:
            self._faults.append(Fault(self._path, f"entry {element.get('ID', '?')}", "lists a party that is not there; left out"))
            return
        party = self._parties[number]
        days = [day for event in element.iterfind("EntryEvent/Date") if (day := _read_date(event))]
        party.listed_on = min((*days, *([party.listed_on] if party.listed_on else [])), default=None)
        for measure in element.iterfind("SanctionsMeasure"):
            kind = self._tables.name("SanctionsType", measure.get("SanctionsTypeID"))
            program = (measure.findtext("Comment") or "").strip()
            if program and kind in ("Program", ""):
                party.programs.append(program)


def _take_references(tables: _Tables, element: Element) -> None:
    for each in element.iter():
        if each.tag in _REFERENCES:
            tables.names[each.tag, each.get("ID", "")] = (each.text or "").strip()
    # A sub-type says Vessel or Aircraft, or nothing; then its type says Individual or Entity.
    for each in element.iter("PartySubType"):
        own, general = (each.text or "").strip().lower(), tables.name("PartyType", each.get("PartyTypeID")).lower()
        tables.party_types[each.get("ID", "")] = own if is_known_kind(own) else general


def _read_place(element: Element, tables: _Tables) -> tuple[str, str]:
    """Return the parts of a place in one line without the country, and the country."""
    parts = [" ".join((value.text or "").split()) for value in element.iterfind("LocationPart/LocationPartValue/Value")]
    country = element.find("LocationCountry")
    return ", ".join(part for part in parts if part), "" if country is None else tables.name("Country", country.get("CountryID"))


def _read_document(element: Element, tables: _Tables) -> str:
    """Return a document as the phrase that stands for it in remarks: "Passport 754410 (Korea, North)"."""
    kind, number = tables.name("IDRegDocType", element.get("IDRegDocTypeID")), (element.findtext("IDRegistrationNo") or "").strip()
    country = tables.name("Country", element.get("IssuedBy-CountryID"))
    return f"{kind} {number}" + (f" ({country})" if country and not number.startswith("IMO ") else "") if kind and number else ""


def _read_names(party: Element, tables: _Tables) -> Iterator[tuple[ListedAlias, bool]]:
    """Yield the names of a party, and of each whether it is the primary one; its forms in other scripts count as aliases."""
    for identity in party.iterfind("Profile/Identity"):
        part_types = {each.get("ID"): tables.name("NamePartType", each.get("NamePartTypeID")) for each in identity.iter("NamePartGroup")}
        for alias in identity.iterfind("Alias"):
            quality = "weak" if alias.get("LowQuality") == "true" else "strong"
            kind = _ALIAS_KINDS.get(tables.name("AliasType", alias.get("AliasTypeID")), "")
            is_primary = alias.get("Primary") == "true" and identity.get("Primary", "true") == "true"
            for documented in alias.iterfind("DocumentedName"):
                name, script = _join_parts(documented, part_types, tables)
                if name:
                    yield ListedAlias(name, quality, kind if script == "Latin" else ""), is_primary and script == "Latin"


def _join_parts(documented: Element, part_types: dict[str | None, str], tables: _Tables) -> tuple[str, str]:
    """Return one documented name, the last name first, and its script; one that is not in the tables counts as Latin."""
    values = [(each, " ".join((each.text or "").split())) for each in documented.iterfind("DocumentedNamePart/NamePartValue")]
    script = next((found for each, _ in values if (found := tables.name("Script", each.get("ScriptID")))), "Latin")
    last = [text for each, text in values if part_types.get(each.get("NamePartGroupID")) == "Last Name"]
    rest = [text for each, text in values if part_types.get(each.get("NamePartGroupID")) != "Last Name"]
    if script in _JOINED_SCRIPTS:
        return "".join((*last, *rest)), script
    return order_name(" ".join(last), " ".join(rest)), script


def _take_features(party: _Party, profile: Element, tables: _Tables) -> None:
    for feature in profile.iterfind("Feature"):
        kind = tables.name("FeatureType", feature.get("FeatureTypeID"))
        for version in feature.iterfind("FeatureVersion"):
            _take_feature(party, kind, version, tables)


def _take_feature(party: _Party, kind: str, version: Element, tables: _Tables) -> None:
    """Put one feature where it belongs; what has no place of its own becomes a phrase, as in remarks."""
    locations = [tables.places.get(each.get("LocationID", ""), ("", "")) for each in version.iterfind("VersionLocation")]
    detail = _read_detail(version, tables)
    if kind == "Location":
        party.addresses += [country for _, country in locations if country]
    elif kind in _COUNTRY_FEATURES:
        party.phrases += [f"{_COUNTRY_FEATURES[kind]} {country}" for _, country in locations if country]
    elif kind == "Place of Birth":
        party.phrases += [f"POB {place}" for parts in locations if (place := ", ".join(part for part in parts if part))]
    elif kind == "Birthdate":
        party.phrases += [f"DOB {period}" for each in version.iterfind("DatePeriod") if (period := _read_period(each))]
    elif kind == "Title":
        party.titles += [detail] if detail else []
    elif kind == "Vessel Flag":
        party.flag = detail or next((country for _, country in locations if country), "")
    elif kind and detail:
        party.phrases.append(f"{kind} {detail}")


def _read_detail(version: Element, tables: _Tables) -> str:
    for detail in version.iterfind("VersionDetail"):
        text = " ".join((detail.text or "").split()) or tables.name("DetailReference", detail.get("DetailReferenceID"))
        if text:
            return text
    return ""


def _read_date(element: Element) -> date | None:
    year, month, day = (int(text) if (text := (element.findtext(tag) or "").strip()).isdigit() else 0 for tag in ("Year", "Month", "Day"))
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _read_period(period: Element) -> str:
    """Return a period in the words of remarks: "03 Jul 1987", "1987", "Jul 1987", "circa 1987", "1944 to 1945"; empty where it is none."""
    bounds = [day for way in ("Start/From", "Start/To", "End/From", "End/To") for each in period.iterfind(way) if (day := _read_date(each))]
    if not bounds:
        return ""
    first, last = min(bounds), max(bounds)
    start = period.find("Start")
    circa = "circa " if start is not None and start.get("Approximate") == "true" else ""
    return circa + _word_period(first, last)


def _word_period(first: date, last: date) -> str:
    if first == last:
        return _word_day(first)
    whole_years = (first.month, first.day, last.month, last.day) == (1, 1, 12, 31)
    if whole_years:
        return str(first.year) if first.year == last.year else f"{first.year} to {last.year}"
    if first.day == 1 and (first.year, first.month) == (last.year, last.month) and (date.fromordinal(last.toordinal() + 1)).day == 1:
        return f"{MONTHS[first.month - 1]} {first.year}"
    return f"{_word_day(first)} to {_word_day(last)}"


def _word_day(day: date) -> str:
    return f"{day.day:02} {MONTHS[day.month - 1]} {day.year}"


# --- plain ---


def read_plain(path: Path, *, snapshot: date | None = None) -> ListRead:
    """Read sdn.xml, plain or gzipped. `snapshot` overrides the day in the file. It has no days of listing; faults as in `read_advanced`."""
    published: date | None = None
    faults: list[Fault] = []
    programs = ProgramNames(SOURCE, path)
    entries: dict[str, OfacEntry] = {}
    elements = iter_elements(path, root="sdnList", tags=frozenset(["publshInformation", "sdnEntry"]))
    next(elements)
    for element in elements:
        if element.tag == "publshInformation":
            published = _read_us_day((element.findtext("Publish_Date") or "").strip())
            continue
        number = (element.findtext("uid") or "").strip()
        name = _plain_name(element)
        if not number.isdigit() or not name:
            faults.append(Fault(path, number or "entry without uid", "has no number or no name; left out"))
        elif number in entries:
            faults.append(Fault(path, number, "stands on the list twice; the second is left out"))
        else:
            entries[number] = _read_plain_entry(element, number, name, programs, faults, path)
    if not entries:
        raise ListError("holds no entry: <sdnEntry> is expected in <sdnList>", path=path)
    day = snapshot or published
    records = tuple(make_record(entry, snapshot=day.isoformat() if day else None) for entry in entries.values())
    return ListRead(records, published, (*faults, *programs.faults()))


def _read_us_day(text: str) -> date | None:
    """Read a day written month first ("08/07/2026" is 7 August)."""
    month, _, rest = text.partition("/")
    day, _, year = rest.partition("/")
    return read_day(f"{year}-{month}-{day}")


def _plain_name(element: Element) -> str:
    return order_name(*(" ".join((element.findtext(tag) or "").split()) for tag in ("lastName", "firstName")))


def _read_plain_entry(element: Element, number: str, name: str, programs: ProgramNames, faults: list[Fault], path: Path) -> OfacEntry:
    kind = (element.findtext("sdnType") or "").strip().lower()
    if not is_known_kind(kind):
        faults.append(Fault(path, number, f"unknown kind of entry {kind!r}; kept as a body"))
    return OfacEntry(
        source_id=number,
        kind=kind if is_known_kind(kind) else "entity",
        name=name,
        programs=programs.read(_plain_texts(element, "programList/program"), number),
        phrases=tuple(_plain_phrases(element)),
        aliases=tuple(_plain_aliases(element)),
        addresses=tuple(_plain_texts(element, "addressList/address/country")),
        flag=next(iter(_plain_texts(element, "vesselInfo/vesselFlag")), ""),
        title=next(iter(_plain_texts(element, "title")), None),
    )


def _plain_texts(element: Element, way: str) -> list[str]:
    return [text for each in element.iterfind(way) if (text := " ".join((each.text or "").split()))]


def _plain_phrases(element: Element) -> Iterator[str]:
    """Word the lists of an entry as the phrases of remarks, and add its remarks."""
    lists: Iterable[tuple[str, str]] = (
        ("DOB", "dateOfBirthList/dateOfBirthItem/dateOfBirth"),
        ("POB", "placeOfBirthList/placeOfBirthItem/placeOfBirth"),
        ("nationality", "nationalityList/nationality/country"),
        ("citizen", "citizenshipList/citizenship/country"),
    )
    for word, way in lists:
        yield from (f"{word} {text}" for text in _plain_texts(element, way))
    for document in element.iterfind("idList/id"):
        kind, number, country = (" ".join((document.findtext(tag) or "").split()) for tag in ("idType", "idNumber", "idCountry"))
        if kind and number:
            yield f"{kind} {number}" + (f" ({country})" if country else "")
    for remarks in _plain_texts(element, "remarks"):
        yield from split_remarks(remarks)


def _plain_aliases(element: Element) -> Iterator[ListedAlias]:
    for alias in element.iterfind("akaList/aka"):
        if name := _plain_name(alias):
            quality = "weak" if alias.findtext("category") == "weak" else "strong"
            yield ListedAlias(name, quality, _ALIAS_KINDS.get((alias.findtext("type") or "").strip().upper(), ""))
