"""JSON Lines: the whole event on a line, as `pipeline.query.as_json` and the REST interface give it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from models.findings import EventFound
from pipeline.publish.lines import as_line, in_blocks
from pipeline.publish.records import from_plain, to_plain

__all__ = ["encode_json_lines", "read_json_lines"]


def encode_json_lines(events: Iterable[EventFound]) -> Iterator[bytes]:
    """Yield one JSON object per event and line."""
    yield from in_blocks(as_line(to_plain(event)) for event in events)


def read_json_lines(lines: Iterable[str | bytes]) -> Iterator[EventFound]:
    """Yield the events of lines that `encode_json_lines` made. Raises ValueError for other lines, KeyError for incomplete ones."""
    for line in lines:
        yield from_plain(EventFound, json.loads(line))
