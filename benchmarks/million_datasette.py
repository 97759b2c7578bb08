"""Datasette beside us: like questions to both over one SQLite file, in one process.

Datasette is asked as its users would ask it, by its own pages of the tables where they can answer and by SQL where not. It gets no help from
what we keep in memory, and answers as JSON or CSV through its own application, without a socket. Our answers are records of Python.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.million_events import korean_word
from benchmarks.million_figures import Figure, Took, ask, export_csv, timed
from models.filters import EventFilter
from pipeline.errors import ConfigurationError, PeninsulaError
from pipeline.query import Reader

if TYPE_CHECKING:
    from datasette.app import Datasette

__all__ = ["measure_datasette"]

_TYPES = ("SANCTION", "CYBER_OP", "STATEMENT")
_FACETS = ("subtype", "modality", "status", "date_precision")
_EVENTS = 20
"""Events whose passages are looked up."""
_EXPORTED = "LEGAL_ACTION"
"""The type of which all events are exported: one in nine."""
_TEXT_SQL = (
    "SELECT c.card FROM event_index e JOIN event_card c ON c.number = e.number WHERE e.number IN (SELECT rowid FROM event_text "
    "WHERE event_text MATCH :value) ORDER BY e.sort_day DESC LIMIT 50"
)
_ACTOR_SQL = (
    "SELECT n.name, count(DISTINCT m.event_id) AS events FROM event_argument a JOIN event_mention m ON m.id = a.mention_id "
    "JOIN event e ON e.id = m.event_id JOIN entity n ON n.id = a.entity_id WHERE a.role = 'actor' AND e.type = :value "
    "GROUP BY n.id ORDER BY events DESC LIMIT 10"
)
_SETTINGS = {"sql_time_limit_ms": 120_000, "facet_time_limit_ms": 120_000, "suggest_facets": False, "max_csv_mb": 0}
"""Nothing is cut off, however long it takes."""

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Pair:
    """A question to both: what we are asked by value, and where and with which parameters Datasette is asked for it."""

    name: str
    ours: Mapping[str, Callable[[], object]]
    path: str
    parameters: Callable[[str], Pairs]


def measure_datasette(path: Path, reader: Reader, *, rounds: int) -> list[Figure]:
    """Return figures by turns ours and Datasette's, of like questions. Raises ConfigurationError where Datasette is not installed."""
    try:
        from datasette.app import Datasette
    except ModuleNotFoundError as error:
        raise ConfigurationError("--datasette needs Datasette: run `pip install 'peninsula[explore]'`") from error

    return asyncio.run(_ask_both(Datasette(files=[str(path)], settings=_SETTINGS), list(_pairs(reader)), rounds))


def _pairs(reader: Reader) -> Iterator[_Pair]:
    in_force = ("merged_into__isnull", "1")
    pages = {one: partial(reader.find, EventFilter(type=(one,))) for one in _TYPES}
    yield _Pair("page of a type", pages, "event.json", lambda one: [("type", one), in_force, ("_sort_desc", "date_start"), ("_size", "50")])
    facets = {one: partial(reader.facets, EventFilter(type=(one,)), _FACETS) for one in _TYPES}
    counted = [("_facet", field) for field in _FACETS]
    yield _Pair("four facets of a type", facets, "event.json", lambda one: [("type", one), in_force, ("_size", "1"), *counted])
    actors = {one: partial(reader.facets, EventFilter(type=(one,)), ("actor",)) for one in _TYPES}
    yield _Pair("commonest actors of a type", actors, ".json", lambda one: [("sql", _ACTOR_SQL), ("value", one)])
    texts = {one: partial(reader.find, EventFilter(q=one)) for one in map(korean_word, (5, 50, 500))}
    yield _Pair("page, full text", texts, ".json", lambda one: [("sql", _TEXT_SQL), ("value", f'"{one}"')])
    shown = reader.find(EventFilter(type=_TYPES)).events[:_EVENTS]
    passages = {event.id: partial(reader.passages, event.id) for event in shown}
    yield _Pair("passages of an event", passages, "event_mention.json", lambda one: [("event_id", one), ("_size", "100")])
    exports = {_EXPORTED: partial(export_csv, reader, EventFilter(type=(_EXPORTED,)))}
    yield _Pair("CSV of a type", exports, "event.csv", lambda one: [("type", one), in_force, ("_stream", "on"), ("_size", "max")])


async def _ask_both(opened: Datasette, pairs: Sequence[_Pair], rounds: int) -> list[Figure]:
    await opened.invoke_startup()
    try:
        found = []
        for pair in pairs:
            found += [ask(f"{pair.name}, ours", pair.ours, rounds), await _ask_datasette(opened, pair, rounds)]
        return found
    finally:
        for database in opened.databases.values():
            database.close()


async def _ask_datasette(opened: Datasette, pair: _Pair, rounds: int) -> Figure:
    (name,) = (name for name in opened.databases if not name.startswith("_"))
    path = f"/{name}{pair.path}" if pair.path.startswith(".") else f"/{name}/{pair.path}"
    took: list[Took] = []
    for value in [*pair.ours] * rounds:
        with timed(value, took):
            answer = await opened.client.get(path, params=pair.parameters(value))
        if answer.status_code != 200:
            raise PeninsulaError(f"Datasette did not answer {pair.name} of {value}: {answer.text[:200]}")
    return Figure(f"{pair.name}, Datasette", tuple(took))
