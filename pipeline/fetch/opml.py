"""OPML, the format in which feed readers exchange their lists: read into feeds, and written from them.

OPML says nothing of country, kind and whether a feed is general. So what is written carries these under names of our own, which
other readers pass over, and what others wrote is completed by what the user gives for all of its feeds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from itertools import count, groupby

from lxml import etree
from lxml.etree import _Element as Element
from pydantic import ValidationError

from models.feeds import FeedSource
from models.vocabulary import FeedKind
from pipeline.errors import UsageError
from pipeline.text.faults import Fault, explain_error
from pipeline.text.urls import url_key

__all__ = ["OpmlFeeds", "read_opml", "write_opml"]

NAMESPACE = "urn:x-peninsula:feeds"
"""Of the attributes that OPML has no name for; each is called as in feeds.yaml."""

_OWN = tuple(name for name in FeedSource.model_fields if name not in {"publisher", "url", "language", "note"})
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FEED_SCHEME = re.compile(r"^feed:(?://)?(?:(?=(https?):)|(?<=//))", re.IGNORECASE)
_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_]|$)")
_LONGEST_ID = 60
"""Characters of an id made of a title: ids are typed by people."""


@dataclass(frozen=True, slots=True)
class OpmlFeeds:
    """What an OPML file yields: feeds that can be added, and the lines of outlines that were left out, with the reason.

    `repeated` are feeds that are known, or stand in the file twice; `unusable` are outlines that make no feed.
    """

    sources: tuple[FeedSource, ...]
    repeated: tuple[Fault, ...]
    unusable: tuple[Fault, ...]


@dataclass(slots=True)
class _Reading:
    """One file being read: `owners` are feed ids by the keys of their addresses, `lines` where the file's own ones stand."""

    defaults: Mapping[str, str]
    ids: set[str]
    owners: dict[str, str]
    lines: dict[str, int] = field(default_factory=dict)
    sources: list[FeedSource] = field(default_factory=list)
    repeated: list[Fault] = field(default_factory=list)
    unusable: list[Fault] = field(default_factory=list)


def read_opml(data: bytes, *, known: Sequence[FeedSource], defaults: Mapping[str, str]) -> OpmlFeeds:
    """Read OPML 1 or 2 into feeds that are not among the `known`.

    `defaults` are values as text by the keys of feeds.yaml, for all that an outline does not tell. Ids are made of titles, else of addresses.
    Entities are never resolved, and nothing is loaded. Raises UsageError, with the line, for what is no OPML.
    """
    reading = _Reading(defaults, {source.id for source in known}, {url_key(source.url): source.id for source in known})
    for outline, folder in _walk(_find_body(data), ""):
        _take(reading, outline, folder)
    return OpmlFeeds(tuple(reading.sources), tuple(reading.repeated), tuple(reading.unusable))


def write_opml(sources: Iterable[FeedSource], *, at: datetime) -> bytes:
    """Return OPML 2.0 of the feeds, grouped by kind; those that are switched off are marked as comments, which readers pass over."""
    root = etree.Element("opml", {"version": "2.0"}, nsmap={"peninsula": NAMESPACE})
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = "Feeds of Peninsula"
    etree.SubElement(head, "dateCreated").text = format_datetime(at)
    body = etree.SubElement(root, "body")
    order = list(FeedKind)
    for kind, group in groupby(sorted(sources, key=lambda source: order.index(source.kind)), key=lambda source: source.kind):
        folder = etree.SubElement(body, "outline", {"text": kind.value})
        for source in group:
            etree.SubElement(folder, "outline", _attributes(source))
    return bytes(etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8"))


def _attributes(source: FeedSource) -> dict[str, str]:
    kind = {"type": "rss", "xmlUrl": source.url} if source.source == "feed" else {"type": "link", "url": source.url}
    attributes = {"text": source.publisher, "title": source.publisher, **kind, "language": source.language}
    if source.note:
        attributes["description"] = source.note
    if not source.enabled:
        attributes["isComment"] = "true"
    values = source.model_dump(mode="json", exclude_defaults=True)
    own = {f"{{{NAMESPACE}}}{name}": _word(values[name]) for name in _OWN if name in values}
    return {name: _FORBIDDEN.sub("", value) for name, value in (attributes | own).items()}


def _word(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return "\n".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _find_body(data: bytes) -> Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise UsageError(f"no OPML: {error.msg}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise UsageError("has a document type, which OPML does without: refused, since it may hold entities")
    body = next((child for child in root if _local(child.tag) == "body"), None)
    if _local(root.tag) != "opml" or body is None:
        raise UsageError(f"no OPML: <opml> with a <body> is expected, found <{_local(root.tag)}>")
    return body


def _local(name: str) -> str:
    """Return a name without its namespace, in lower case: `xmlurl` and `XMLURL` are about as common as `xmlUrl`."""
    return name.rpartition("}")[2].lower()


def _walk(parent: Element, folder: str) -> Iterator[tuple[Element, str]]:
    """Yield the outlines that are no mere folders, each with the name of the folder it stands in."""
    for outline in parent:
        if _local(outline.tag) != "outline":
            continue
        if len(outline):
            yield from _walk(outline, _read_attributes(outline).get("text", "").strip())
        if not len(outline) or "xmlurl" in _read_attributes(outline):
            yield outline, folder


def _read_attributes(outline: Element) -> dict[str, str]:
    """Return the attributes of OPML by their names in lower case."""
    return {_local(name): value for name, value in outline.attrib.items() if not name.startswith("{")}


def _take(reading: _Reading, outline: Element, folder: str) -> None:
    """Make a feed of one outline, or note why there is none."""
    given = _read_attributes(outline)
    line = outline.sourceline or 1
    name = " ".join((given.get("text") or given.get("title") or "").split())
    url = _find_address(outline, given)
    label = repr(name or url or "outline without a name")
    if not url:
        what = "includes another file" if given.get("type", "").lower() == "include" else "has no xmlUrl"
        reading.unusable.append(Fault(line, f"{label} {what}: no feed"))
        return
    key = url_key(url)
    if owner := reading.owners.get(key):
        where = f"on line {reading.lines[key]}" if key in reading.lines else "in the list"
        reading.repeated.append(Fault(line, f"{label}: {url!r} is already that of the feed {owner!r} {where}"))
        return
    values = {**reading.defaults, "publisher": name or url, "url": url, **_read_values(outline, given, folder)}
    values["id"] = _free_id(values.get("id") or _make_id(name, url), reading.ids)
    try:
        source = FeedSource.model_validate_strings(values)
    except ValidationError as error:
        told = [explain_error(each, name="", known=tuple(FeedSource.model_fields)) for each in error.errors()]
        reading.unusable.append(Fault(line, f"{label}: {'; '.join(told)}"))
        return
    reading.ids.add(source.id)
    reading.owners[key] = source.id
    reading.lines[key] = line
    reading.sources.append(source)


def _find_address(outline: Element, given: Mapping[str, str]) -> str:
    """Return the address of a feed; readers mark some with `feed:` (`feed://host/`, `feed:https://host/`)."""
    is_page = f"{{{NAMESPACE}}}source" in outline.attrib
    address = given.get("xmlurl", "") or (given.get("url", "") if is_page else "")
    return _FEED_SCHEME.sub(lambda match: "" if match[1] else "http://", address.strip())


def _read_values(outline: Element, given: Mapping[str, str], folder: str) -> dict[str, str]:
    """Return what an outline tells of a feed, as text by the keys of feeds.yaml; what we wrote ourselves goes first."""
    own = {name.rpartition("}")[2]: value for name, value in outline.attrib.items() if name.startswith(f"{{{NAMESPACE}}}")}
    values = {}
    if language := _LANGUAGE.match(given.get("language", "").strip().lower()):
        values["language"] = language[1]
    if (kind := folder.lower().replace(" ", "_")) in set(FeedKind):
        values["kind"] = kind
    if given.get("iscomment", "").lower() == "true":
        values["enabled"] = "false"
    if own and "description" in given:
        values["note"] = given["description"]
    return values | {name: value for name, value in own.items() if name in _OWN}


def _make_id(name: str, url: str) -> str:
    """Return an id made of the title where it has Latin letters, else of the address."""
    for text in (name, re.sub(r"^https?://(?:www\.)?", "", url)):
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
        words = "-".join(re.findall(r"[a-z0-9]+", plain))
        if re.search(r"[a-z]{2}", words):
            return words[:_LONGEST_ID].strip("-")
    return "feed"


def _free_id(wanted: str, taken: set[str]) -> str:
    return wanted if wanted not in taken else next(name for number in count(2) if (name := f"{wanted}-{number}") not in taken)
