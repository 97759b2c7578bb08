"""GeoJSON (RFC 7946): a point for each event whose place has coordinates, with the flat columns as its properties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from models.findings import EventFound
from pipeline.publish.lines import as_line, in_blocks
from pipeline.query import flatten

__all__ = ["encode_geojson", "has_point"]


def has_point(event: EventFound) -> bool:
    """Tell whether the event can stand on a map."""
    return event.place is not None and event.place.latitude is not None and event.place.longitude is not None


def encode_geojson(events: Iterable[EventFound]) -> Iterator[bytes]:
    """Yield a FeatureCollection, a feature a line; events without coordinates are left out."""
    yield from in_blocks(_lines(events))


def _lines(events: Iterable[EventFound]) -> Iterator[str]:
    yield '{"type":"FeatureCollection","features":[\n'
    comma = ""
    for event in events:
        if has_point(event):
            yield comma + as_line(_feature(event))
            comma = ","
    yield "]}\n"


def _feature(event: EventFound) -> dict[str, Any]:
    row = flatten(event)
    point = [row.pop("longitude"), row.pop("latitude")]
    return {"type": "Feature", "id": event.id, "geometry": {"type": "Point", "coordinates": point}, "properties": row}
