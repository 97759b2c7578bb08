"""The formats of exports, by name, and how an export is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import BinaryIO, Protocol

from models.filters import EventFilter, Sort
from models.findings import EventFound
from pipeline.errors import UsageError
from pipeline.publish.cameo import encode_cameo, has_cameo
from pipeline.publish.flat_csv import BYTE_ORDER_MARK, encode_csv
from pipeline.publish.ftm import encode_ftm
from pipeline.publish.geojson import encode_geojson, has_point
from pipeline.publish.json_lines import encode_json_lines
from pipeline.publish.parquet import encode_parquet
from pipeline.publish.plover import encode_plover, has_plover
from pipeline.query import filter_hash
from pipeline.text.faults import did_you_mean

__all__ = ["FORMATS", "EventSource", "Format", "export_name", "find_format", "write_export"]


class EventSource(Protocol):
    """What an export reads from: `pipeline.query.Reader`."""

    def stream(self, wanted: EventFilter, sort: Sort = ...) -> Iterator[EventFound]:
        """Yield the events that the filter finds."""


def _every(_event: EventFound) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Format:
    """One format: `encode` turns events into the bytes of a file, in constant memory, and leaves out those that are not `held`."""

    name: str
    suffix: str
    media_type: str
    about: str
    encode: Callable[[Iterable[EventFound]], Iterator[bytes]]
    held: Callable[[EventFound], bool] = _every


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        made.name: made
        for made in (
            Format("csv", ".csv", "text/csv; charset=utf-8", "One flat row per event, safe to open in a spreadsheet.", encode_csv),
            Format("jsonl", ".jsonl", "application/x-ndjson", "The whole event as JSON, one a line.", encode_json_lines),
            Format(
                "parquet", ".parquet", "application/vnd.apache.parquet", "The whole event in typed, compressed columns.", encode_parquet
            ),
            Format("geojson", ".geojson", "application/geo+json", "A point for each event with coordinates.", encode_geojson, has_point),
            Format("ftm", ".ftm.jsonl", "application/x-ndjson", "FollowTheMoney entities, for Aleph and OpenSanctions tools.", encode_ftm),
            Format("plover", ".plover.jsonl", "application/x-ndjson", "Records as POLECAT has them.", encode_plover, has_plover),
            Format("cameo", ".cameo.tsv", "text/tab-separated-values", "Lines as ICEWS has them.", encode_cameo, has_cameo),
        )
    }
)
"""Every format by its name."""


def find_format(name: str) -> Format:
    """Return the format of that name. Raises UsageError, which names those that there are."""
    try:
        return FORMATS[name]
    except KeyError:
        raise UsageError(f"{name!r} is no format{did_you_mean(name, FORMATS)}: there are {', '.join(FORMATS)}") from None


def write_export(
    reader: EventSource,
    wanted: EventFilter,
    name: str,
    out: BinaryIO,
    *,
    bom: bool = False,
    watch: Callable[[Iterable[EventFound]], Iterable[EventFound]] = iter,
) -> int:
    """Write all events that the filter finds to a binary file; return how many were written.

    Some formats leave events out: `Format.held`. `bom` puts a byte order mark before CSV. `watch` is handed the events on their way, to
    show how far it is. Raises UsageError for an unknown format and for a mark in another format, ConfigurationError where the
    format's package is missing.
    """
    made = find_format(name)
    if bom and name != "csv":
        raise UsageError(f"a byte order mark belongs into csv alone, not into {name}")
    written = 0

    def counted(events: Iterable[EventFound]) -> Iterator[EventFound]:
        nonlocal written
        for event in events:
            if made.held(event):
                written += 1
                yield event

    if bom:
        out.write(BYTE_ORDER_MARK)
    for block in made.encode(counted(watch(reader.stream(wanted)))):
        out.write(block)
    return written


def export_name(wanted: EventFilter, name: str, day: date) -> str:
    """Return the name of the file: the same filter on the same day gives the same one, such as events_1a2b3c4d_2026-11-22.csv."""
    return f"events_{filter_hash(wanted)}_{day.isoformat()}{find_format(name).suffix}"
