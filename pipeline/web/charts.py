"""Drawings made on the server: bars over time, the graph of who acts with whom, and the map. Only shapes; templates make SVG of them.

Every drawing stands beside a table that says the same, so none of them has to be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import cos, pi, sin, sqrt

from models.findings import CoActor, PlaceCount, Timeline, TimePoint

__all__ = [
    "VIEWS",
    "Bar",
    "Bars",
    "Dot",
    "MapView",
    "Node",
    "draw_bars",
    "draw_dots",
    "draw_graph",
    "fill_gaps",
    "merge_years",
]

_MOST_BARS = 240
"""Bars of one drawing: at more than that a bar is thinner than a pixel of a phone."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of `Bars`: a period, its value, and its place in a drawing that is 100 high and as wide as there are bars."""

    period: str
    value: float
    x: int
    height: float


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars over time, without a gap. `most` is the value of the highest."""

    bars: tuple[Bar, ...]
    most: float


def draw_bars(points: Sequence[TimePoint], value: Callable[[TimePoint], float]) -> Bars:
    """Return bars for the points, which are in order of time; periods without events have a bar of no height."""
    filled = fill_gaps(points)
    values = [value(point) for point in filled]
    most = max(values, default=0.0)
    scale = 100 / most if most else 0.0
    return Bars(
        tuple(Bar(point.period, amount, x, round(amount * scale, 2)) for x, (point, amount) in enumerate(zip(filled, values, strict=True))),
        most,
    )


def fill_gaps(points: Sequence[TimePoint]) -> tuple[TimePoint, ...]:
    """Return the points with empty ones for the periods between them; as they are where that would be too many to draw."""
    if not points:
        return ()
    known = {point.period: point for point in points}
    periods: list[str] = []
    period, last = points[0].period, points[-1].period
    while period <= last and len(periods) < _MOST_BARS:
        periods.append(period)
        period = _after(period)
    if period <= last:
        return tuple(points)
    return tuple(known.get(period) or TimePoint(period, 0, 0.0) for period in periods)


def _after(period: str) -> str:
    year, *rest = (int(part) for part in period.split("-"))
    if not rest:
        return f"{year + 1:04}"
    if len(rest) == 1:
        return f"{year + rest[0] // 12:04}-{rest[0] % 12 + 1:02}"
    return date.fromordinal(date(year, *rest).toordinal() + 1).isoformat()


def merge_years(timeline: Timeline) -> Timeline:
    """Return a timeline of months as one of years, in which what is known to the year alone has its place."""
    years: dict[str, TimePoint] = {}
    for point in sorted((*timeline.points, *timeline.coarser), key=lambda point: point.period):
        year = point.period[:4]
        before = years.get(year) or TimePoint(year, 0, 0.0)
        types = {name: before.by_type.get(name, 0) + point.by_type.get(name, 0) for name in {**before.by_type, **point.by_type}}
        years[year] = TimePoint(year, before.count + point.count, before.usd + point.usd, types)
    return replace(timeline, points=tuple(years.values()), coarser=())


@dataclass(frozen=True, slots=True)
class Node:
    """Someone around the middle of the graph: place of the point, of its words and how these are set, and width of the line to it."""

    with_whom: CoActor
    x: float
    y: float
    text_x: float
    anchor: str
    width: float
    kind: str


_GRAPH = (760, 420)
_RING = (190, 170)
_HALF = 2


def draw_graph(co_actors: Sequence[CoActor]) -> tuple[Node, ...]:
    """Return the co-actors on an ellipse in a drawing of 760 by 420 around (380, 210), the first at the top, clockwise."""
    most = max((one.events for one in co_actors), default=1)
    return tuple(_node(one, number / len(co_actors), most) for number, one in enumerate(co_actors))


def _node(one: CoActor, turn: float, most: int) -> Node:
    across, down = sin(2 * pi * turn), -cos(2 * pi * turn)
    x, y = _GRAPH[0] / _HALF + _RING[0] * across, _GRAPH[1] / _HALF + _RING[1] * down
    side = 1 if across >= 0 else -1
    kind = max(one.types, key=lambda name: (one.types[name], name), default="")
    return Node(
        one,
        x=round(x, 1),
        y=round(y, 1),
        text_x=round(x + side * 12, 1),
        anchor="start" if side > 0 else "end",
        width=round(1 + 5 * one.events / most, 1),
        kind=kind,
    )


@dataclass(frozen=True, slots=True)
class MapView:
    """A part of the world in `static/outlines.svg`: bounds in degrees, and units of the drawing in one degree of latitude."""

    name: str
    title: str
    west: int
    south: int
    east: int
    north: int
    scale: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width and height in units of the drawing."""
        left, right = round(self.west * _SQUEEZE * self.scale), round(self.east * _SQUEEZE * self.scale)
        return left, -self.north * self.scale, right - left, (self.north - self.south) * self.scale

    def point(self, place: PlaceCount) -> tuple[float, float] | None:
        """Return where a place is in units of the drawing; None for one that lies outside the bounds, or nobody knows where."""
        east, north = place.longitude, place.latitude
        if east is None or north is None or not (self.west <= east <= self.east and self.south <= north <= self.north):
            return None
        return round(east * _SQUEEZE * self.scale, 1), round(-north * self.scale, 1)


@dataclass(frozen=True, slots=True)
class Dot:
    """A place on a map: middle and radius in units of the drawing."""

    place: PlaceCount
    x: float
    y: float
    radius: float


_SQUEEZE = 0.8
"""Width of a degree of longitude for one of latitude: true at Korea."""

VIEWS = (
    MapView("asia", "Around Korea", 108, 26, 146, 47, 60),
    MapView("world", "The world", -180, -58, 180, 84, 10),
)
"""The symbols of `static/outlines.svg`."""

_LARGEST, _SMALLEST = 0.03, 0.006
"""Radius of a dot as a share of the height of the map: for the place with most events, and at least."""


def draw_dots(view: MapView, places: Sequence[PlaceCount]) -> tuple[Dot, ...]:
    """Return the places within the view, largest first, so that small dots lie on large ones; areas are in proportion to events."""
    most = max((place.count for place in places), default=1)
    height = view.box[3]
    return tuple(
        Dot(place, *point, radius=round(height * max(_SMALLEST, _LARGEST * sqrt(place.count / most)), 1))
        for place in sorted(places, key=lambda place: (-place.count, place.id))
        if (point := view.point(place)) is not None
    )
