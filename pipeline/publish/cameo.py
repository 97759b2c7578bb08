"""CAMEO: tab-separated lines with the columns of ICEWS, in its order, and three of our own after them.

Such data sets are of pairs: an event with two actors and two targets is four lines, of one event id and numbers that differ. Only events
that CAMEO has a code for are written. What Peninsula does not know (intensity, sectors) is empty. A tab, line feed or backslash inside a
value is written as a backslash and a letter, so that a line is always a line. A text that a spreadsheet would run as a formula gets an
apostrophe in front, as in CSV; numbers are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import product

from models.findings import EventFound, PartyFound
from pipeline.publish.flat_csv import plain_text, safe_text
from pipeline.publish.lines import in_blocks

__all__ = ["CAMEO_COLUMNS", "encode_cameo", "has_cameo", "read_cameo"]

CAMEO_COLUMNS = (
    "Event ID",
    "Event Date",
    "Source Name",
    "Source Sectors",
    "Source Country",
    "Event Text",
    "CAMEO Code",
    "Intensity",
    "Target Name",
    "Target Sectors",
    "Target Country",
    "Story ID",
    "Sentence Number",
    "Publisher",
    "City",
    "District",
    "Province",
    "Country",
    "Latitude",
    "Longitude",
    "Modality",
    "Background",
    "URL",
)

_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_PLAIN = {written: char for char, written in _ESCAPES.items()}
_ESCAPED = re.compile(r"[\\\t\n\r]")
_WRITTEN = re.compile(r"\\.")


def has_cameo(event: EventFound) -> bool:
    """Tell whether CAMEO has a code for the event."""
    return event.cameo is not None


def encode_cameo(events: Iterable[EventFound]) -> Iterator[bytes]:
    """Yield a header and one line per event and pair of actor and target; events without a CAMEO code are left out."""
    yield from in_blocks(_lines(events))


def _lines(events: Iterable[EventFound]) -> Iterator[str]:
    yield _line(CAMEO_COLUMNS)
    for event in events:
        if has_cameo(event):
            for number, (source, target) in enumerate(product(event.actors or (None,), event.targets or (None,)), start=1):
                yield _line(_cells(event, number, source, target))


def _cells(event: EventFound, number: int, source: PartyFound | None, target: PartyFound | None) -> tuple[object, ...]:
    first, place = event.articles[0], event.place
    kind = f"{event.type} ({event.subtype})" if event.subtype else event.type
    return (
        f"{event.id}/{number}",
        event.date_start,
        source and source.name,
        None,
        source and source.country,
        kind,
        event.cameo,
        None,
        target and target.name,
        None,
        target and target.country,
        first.id,
        None,
        first.publisher,
        *(None, None, None),
        place and place.country,
        place and place.latitude,
        place and place.longitude,
        event.modality,
        "yes" if event.background else "no",
        first.url,
    )


def _line(cells: Iterable[object]) -> str:
    return "\t".join(map(_cell, cells)) + "\n"


def _cell(value: object) -> str:
    text = safe_text(value) if isinstance(value, str) else "" if value is None else str(value)
    return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], text)


def read_cameo(lines: Iterable[str]) -> Iterator[dict[str, str | None]]:
    """Yield the lines of a file that `encode_cameo` made, by column; what is empty is None. Raises ValueError for other lines."""
    for number, line in enumerate(lines):
        cells = [plain_text(_WRITTEN.sub(lambda found: _PLAIN[found[0]], cell)) or None for cell in line.removesuffix("\n").split("\t")]
        if number == 0:
            if tuple(cells) != CAMEO_COLUMNS:
                raise ValueError("these are not the columns of a CAMEO export")
            continue
        yield dict(zip(CAMEO_COLUMNS, cells, strict=True))
