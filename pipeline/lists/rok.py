"""Designations by the Republic of Korea, from the curated table; it publishes them as notices, not as a file that a machine could read.

The Republic of Korea gives its entries no ids, so records have none.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pipeline.lists.dates import read_day
from pipeline.lists.record import SCHEMAS, Identifier, ListedAlias, ListedRecord, ListRead
from pipeline.lists.tables import ProgramNames
from pipeline.text.names import is_hangul
from pipeline.text.yaml_lines import Node, read_yaml

__all__ = ["SOURCE", "read"]

SOURCE = "kr_designations"
_PROGRAM = "KR-DPRK"
_REQUIRED = frozenset(["name_ko", "name", "schema", "designated_on", "notice", "source"])
_OPTIONAL = frozenset(["title", "organisation", "aliases", "same_as", "effective_on", "imo"])


def read(path: Path, *, snapshot: date | None = None) -> ListRead:
    """Read the table. `published` is the day of the newest designation, which `snapshot` overrides in the records.

    Raises ConfigurationError with file and line for whatever is wrong, since people write this file.
    """
    items = read_yaml(path).fields(required=frozenset(["designations"]))["designations"].members()
    programs = ProgramNames(SOURCE, path).read((_PROGRAM,), path.name)
    days = [_read_day(item) for item in items]
    published = max(days, default=None)
    day = snapshot or published
    seen: dict[tuple[str, date], int] = {}
    records = []
    for item, listed_on in zip(items, days, strict=True):
        record = _read_record(item, programs, listed_on, day.isoformat() if day else None)
        earlier = seen.setdefault((record.name, listed_on), item.line)
        if earlier != item.line:
            raise item.fail(f"{record.name!r} was designated on {listed_on} on line {earlier} already")
        records.append(record)
    return ListRead(tuple(records), published)


def _read_day(item: Node) -> date:
    node = item.fields(_OPTIONAL, required=_REQUIRED)["designated_on"]
    day = read_day(node.text())
    if day is None:
        raise node.fail(f"designated_on: {node.text()!r} is no day (YYYY-MM-DD)")
    return day


def _read_record(item: Node, programs: tuple[str, ...], listed_on: date, snapshot: str | None) -> ListedRecord:
    fields = item.fields(_OPTIONAL, required=_REQUIRED)
    schema = fields["schema"].string()
    if schema not in SCHEMAS:
        raise fields["schema"].fail(f"schema: {schema!r} is none of {', '.join(sorted(SCHEMAS))}")
    korean = _read_filled(fields["name_ko"])
    if not is_hangul(korean):
        raise fields["name_ko"].fail(f"name_ko: {korean!r} is not in hangul")
    others = [_read_filled(node) for node in fields["aliases"].members()] if "aliases" in fields else []
    return ListedRecord(
        source=SOURCE,
        source_id=None,
        schema=schema,
        name=_read_filled(fields["name"]),
        aliases=tuple(ListedAlias(name) for name in dict.fromkeys((korean, *others))),
        programs=programs,
        listed_on=listed_on,
        title=_read_filled(fields["title"]) if "title" in fields else None,
        identifiers=(Identifier("imo", _read_filled(fields["imo"])),) if "imo" in fields else (),
        linked_to=(_read_filled(fields["organisation"]),) if "organisation" in fields else (),
        same_as=tuple(_read_reference(node) for node in fields["same_as"].members()) if "same_as" in fields else (),
        remarks=f"{_read_filled(fields['notice'])}; {_read_filled(fields['source'])}",
        snapshot=snapshot,
    )


def _read_filled(node: Node) -> str:
    text = " ".join(node.text().split())
    if not text:
        raise node.fail(f"{node.name}: is empty; leave the key out where nothing is known")
    return text


def _read_reference(node: Node) -> str:
    source, _, identifier = _read_filled(node).partition(":")
    if not source or not identifier:
        raise node.fail(f"same_as: {node.text()!r} is no entry of a list (source:id)")
    return f"{source}:{identifier}"
