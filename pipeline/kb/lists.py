"""Sanctions lists, one JSON object a line: the shipped ones, checked against their manifest, and stored versions of fetched ones."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from models.knowledge import Alias, ListEntry
from models.vocabulary import Label
from pipeline.errors import ConfigurationError
from pipeline.kb.table import read_bytes
from pipeline.lists.record import ListedRecord, to_json
from pipeline.text.names import display_listed_name, is_hangul
from pipeline.text.yaml_lines import Node, parse_yaml

__all__ = ["ListRecord", "ListSource", "make_record", "read_lines", "read_list", "read_manifest"]

_LABELS: Mapping[str, Label] = {
    "Person": Label.PERSON,
    "Company": Label.ORG,
    "Organization": Label.ORG,
    "Agency": Label.AGENCY,
    "Vessel": Label.VESSEL,
    "Airplane": Label.VESSEL,
}
_ACRONYM = re.compile(r"(?P<name>.{8,}) \((?P<acronym>[A-Z]{2,8})\)")
_QUALITIES = {"strong": "name", "weak": "weak"}
_MANIFEST_KEYS = frozenset({"source", "file", "url", "version", "sha256", "records", "licence"})


@dataclass(frozen=True, slots=True)
class ListSource:
    """One list as the manifest describes it. `version` is an ISO day."""

    source: str
    path: Path
    version: str
    sha256: str
    records: int


@dataclass(frozen=True, slots=True)
class ListRecord:
    """One entry of a list. `identifiers` are the passport numbers and the like, each as `type:value`."""

    entry: ListEntry
    label: Label
    aliases: tuple[Alias, ...]
    country: str | None
    identifiers: frozenset[str]
    dated: bool = False

    @property
    def reference(self) -> str:
        """How curated tables refer to the entry: `source:source_id`; `source:NAME` where it has no id.

        A dated one has its day behind the name, for sources that name two persons alike.
        """
        day = f" {self.entry.listed_on}" if self.dated else ""
        return self.entry.entry or f"{self.entry.source}:{self.entry.name}{day}"


def read_manifest(path: Path, data: bytes) -> tuple[ListSource, ...]:
    """Read which lists are shipped, in which version. Raises ConfigurationError, with the line, for anything unexpected."""
    lists = parse_yaml(data, path).fields(required=frozenset({"lists"}))["lists"]
    return tuple(_read_source(path, item) for item in lists.members())


def _read_source(path: Path, item: Node) -> ListSource:
    fields = item.fields(required=_MANIFEST_KEYS)
    version, records = fields["version"].text(), fields["records"].integer()
    try:
        date.fromisoformat(version)
    except ValueError as error:
        raise fields["version"].fail(f"version {version!r} is no ISO day") from error
    if records < 1:
        raise fields["records"].fail(f"records must be a positive number; got {records}")
    return ListSource(fields["source"].text(), path.parent / fields["file"].text(), version, fields["sha256"].text(), records)


def read_list(source: ListSource) -> tuple[ListRecord, ...]:
    """Read one list; a file that is not the one of the manifest, or a bad line, raises ConfigurationError."""
    data = read_bytes(source.path)
    actual = hashlib.sha256(data).hexdigest()
    if actual != source.sha256:
        raise ConfigurationError(
            f"is not the file of the manifest (sha256 {actual[:12]}… instead of {source.sha256[:12]}…)", path=source.path
        )
    return read_lines(source, data.decode("utf-8").splitlines())


def read_lines(source: ListSource, lines: Iterable[str]) -> tuple[ListRecord, ...]:
    """Read the lines of one list; a bad line, or another number of them than the list is to have, raises ConfigurationError."""
    records = tuple(_read_lines(source, lines))
    if len(records) != source.records:
        raise ConfigurationError(f"{len(records)} records instead of {source.records}", path=source.path)
    return records


def make_record(source: ListSource, listed: ListedRecord) -> ListRecord:
    """Return the entry of a curated table in the form of those of the lists."""
    return replace(_read_record(source, to_json(listed)), dated=True)


def _read_lines(source: ListSource, lines: Iterable[str]) -> Iterable[ListRecord]:
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        try:
            record = _read_record(source, json.loads(line))
        except json.JSONDecodeError as error:
            raise ConfigurationError(f"is no JSON: {error}", path=source.path, line=number) from error
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigurationError(f"bad record: {error!r}", path=source.path, line=number) from error
        if record.reference in seen:
            raise ConfigurationError(f"{record.reference} occurs twice", path=source.path, line=number)
        seen.add(record.reference)
        yield record


def _read_record(source: ListSource, item: Mapping[str, Any]) -> ListRecord:
    if item["source"] != source.source:
        raise ValueError(f"source is {item['source']!r} instead of {source.source!r}")
    label = _LABELS[item["schema"]]
    names = [(item["name"], "strong"), *((alias["name"], alias["quality"]) for alias in item["aliases"])]
    names = [pair for name, quality in names for pair in _split_acronym(name, quality)]
    identifiers = tuple(f"{kind}:{value}" for kind, value, *_ in item["identifiers"])
    entry = ListEntry(
        entry=f"{source.source}:{item['source_id']}" if item["source_id"] else None,
        source=source.source,
        list_version=source.version,
        name=item["name"],
        programs=tuple(item["programs"]),
        birth_dates=tuple(item["birth_dates"]),
        title=item["title"],
        linked_to=tuple(item["linked_to"]),
        listed_on=_read_day(item["listed_on"]),
        delisted=item["delisted"],
        delisted_on=_read_day(item.get("delisted_on")),
        absent_on=_read_day(item.get("absent_on")),
        identifiers=identifiers,
    )
    return ListRecord(entry, label, _make_aliases(names, person=label is Label.PERSON), item["country"], frozenset(identifiers))


def _read_day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _split_acronym(name: str, quality: str) -> Iterable[tuple[str, str]]:
    """Divide "FOREIGN TRADE BANK (FTB)" into the name and the acronym, which is weak by itself."""
    match = _ACRONYM.fullmatch(name)
    if match is None:
        yield name, quality
    else:
        yield match["name"], quality
        yield match["acronym"], "weak"


def _make_aliases(names: Iterable[tuple[str, str]], *, person: bool) -> tuple[Alias, ...]:
    found: dict[str, Alias] = {}
    for name, quality in names:
        shown = display_listed_name(name, person=person)
        found.setdefault(shown, Alias(shown, "ko" if is_hangul(shown) else "en", _QUALITIES[quality]))
    return tuple(found.values())
