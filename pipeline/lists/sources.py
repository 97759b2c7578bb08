"""`data/kb/sources.yaml`: which lists there are, where they are published, and when a fetched one is not believed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.errors import UsageError
from pipeline.text.faults import did_you_mean
from pipeline.text.yaml_lines import Node, read_yaml

__all__ = ["FORMATS", "SOURCES_FILE", "Form", "PublishedList", "find_source", "load_sources"]

SOURCES_FILE = "sources.yaml"

FORMATS: Mapping[str, tuple[str, ...]] = {
    "ofac_csv": ("sdn", "alt", "add", "sdn_comments"),
    "ofac_advanced_xml": ("list",),
    "ofac_xml": ("list",),
    "un_xml": ("list",),
    "uk_xml": ("list",),
    "uk_csv": ("list",),
}
"""Forms of lists that can be read, each with the files it consists of; the first file is the one that must be there."""

_ID = re.compile(r"[a-z][a-z0-9_]{1,31}")
_KEYS = frozenset({"id", "title", "publisher", "licence", "stale_after_days", "min_records", "max_shrink", "max_bytes", "forms"})


@dataclass(frozen=True, slots=True)
class Form:
    """One form in which a list is published; `files` gives the address of each file by its part."""

    format: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PublishedList:
    """One list as it is published.

    `min_records` and `max_shrink` (a share, 0 to 1) are the limits below which a new version is refused, `max_bytes` bounds
    each unpacked file, and after `stale_after_days` days without a newer version the list counts as stale.
    """

    id: str
    title: str
    publisher: str
    licence: str
    stale_after_days: int
    min_records: int
    max_shrink: float
    max_bytes: int
    forms: tuple[Form, ...]


def load_sources(path: Path) -> tuple[PublishedList, ...]:
    """Read the file of lists. Raises ConfigurationError with file and line for anything unexpected."""
    sources: dict[str, PublishedList] = {}
    for item in read_yaml(path).fields(required=frozenset({"sources"}))["sources"].members():
        source = _read_source(item)
        if source.id in sources:
            raise item.fail(f"the list {source.id} stands here twice")
        sources[source.id] = source
    return tuple(sources.values())


def find_source(sources: tuple[PublishedList, ...], name: str) -> PublishedList:
    """Return the list called `name`; raises UsageError that names the known ones."""
    found = next((source for source in sources if source.id == name), None)
    if found is None:
        known = [source.id for source in sources]
        raise UsageError(f"there is no list {name!r}{did_you_mean(name, known)}; known are {', '.join(known)}")
    return found


def _read_source(item: Node) -> PublishedList:
    fields = item.fields(required=_KEYS)
    identity, share = fields["id"].string(), fields["max_shrink"].number()
    if not _ID.fullmatch(identity):
        raise fields["id"].fail(f"the id {identity!r} is not of lower-case letters, digits and underscores")
    if not 0 <= share < 1:
        raise fields["max_shrink"].fail(f"max_shrink is a share of at least 0 and below 1; got {share:g}")
    forms = tuple(_read_form(form) for form in fields["forms"].members())
    if not forms:
        raise fields["forms"].fail("a list has at least one form")
    return PublishedList(
        id=identity,
        title=fields["title"].string(),
        publisher=fields["publisher"].string(),
        licence=fields["licence"].string(),
        stale_after_days=_positive(fields["stale_after_days"]),
        min_records=_positive(fields["min_records"]),
        max_shrink=share,
        max_bytes=_positive(fields["max_bytes"]),
        forms=forms,
    )


def _read_form(item: Node) -> Form:
    fields = item.fields(required=frozenset({"format", "files"}))
    name = fields["format"].string()
    if name not in FORMATS:
        raise fields["format"].fail(f"unknown format {name!r}{did_you_mean(name, FORMATS)}; known are {', '.join(FORMATS)}")
    parts = FORMATS[name]
    files = fields["files"].fields(frozenset(parts[1:]), required=frozenset(parts[:1]))
    return Form(name, {part: _address(files[part]) for part in parts if part in files})


def _address(node: Node) -> str:
    url = node.string()
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise node.fail(f"{url!r} is no web address")
    return url


def _positive(node: Node) -> int:
    value = node.integer()
    if value < 1:
        raise node.fail(f"{node.name} must be a positive number; got {value}")
    return value
