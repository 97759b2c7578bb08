"""`python -m benchmarks.million`: how long readers wait for a database of a million events, on SQLite or PostgreSQL.

Events are made from a seed (`benchmarks.million_events` tells how) and written into the tables of the index: into a SQLite file in a
temporary folder, or with `--database` into a schema of its own in PostgreSQL, which is dropped at the end. Then everything that the pages,
the command line and the REST interface ask is asked through `pipeline.query.Reader`: pages in every sort, full text, facets, counts and
timelines, each with many filters from the commonest to the empty one, and cards of events by their ids. Every question is asked several
times and each time counts; the first of all facets, which reads the terms of all events into memory and is asked once after every change of
the index, stands in a line of its own. Last, 100,000 events are written as CSV, twice: once by the clock, and once with the memory that
Python holds at most watched, beside a tenth of them, since memory must not grow with the number.

Not measured are the passages on the page of an event, for there are no mentions; the pages' own work of making HTML; and several readers at
once. What is asked for holds for a million events. Once everything is measured the exit code is 0 whatever the times are, since they depend
on the machine and on what else runs there.

With `--datasette`, Datasette answers like questions over the same SQLite file in the same process, with SQL over the tables of our index;
it gets no help from the terms that are kept in memory, and its answers come as JSON through its own application, without a socket.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import sys
import tempfile
import time
import tracemalloc
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import make_url, text

from benchmarks.million_events import FILTERS, WORD_FILTERS, korean_word, make_events, write_events
from models.filters import EventFilter, Page, Sort
from models.findings import EventFound
from pipeline.cli.console import complain
from pipeline.errors import ConfigurationError, PeninsulaError, StorageError, UsageError
from pipeline.publish import write_export
from pipeline.query import Reader, connect
from pipeline.store.engine import open_database, writing

if TYPE_CHECKING:
    from datasette.app import Datasette

__all__ = ["Figure", "main", "measure"]

_PAGE, _TEXT, _FACETS, _EVENT, _EXPORT = 150.0, 200.0, 400.0, 50.0, 8_000.0
"""What is asked for, in milliseconds: of the slowest in twenty, and of the whole export."""
_EXPORTED = 100_000
_EVENTS = 200
"""Events that are looked up by their ids."""

Questions = Mapping[str, Callable[[], object]]


@dataclass(frozen=True, slots=True)
class Figure:
    """How long one kind of question took: every time in milliseconds, and what nineteen of twenty are to stay below, None where nothing is asked.

    `slowest` names the question that took longest.
    """

    name: str
    times: tuple[float, ...]
    slowest: str
    asked: float | None = None

    def at(self, share: float) -> float:
        """Return the time that this share of all stays within."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def verdict(self) -> str:
        """Return "met" or "not met", and nothing where nothing is asked."""
        if self.asked is None:
            return ""
        return "met" if self.at(0.95) <= self.asked else "not met"


@dataclass(frozen=True, slots=True)
class Memory:
    """Most memory that Python held beyond what it had, in bytes, in exports of so many events."""

    events: int
    peak: int


# --- questions ------------------------------------------------------------------------------------------------------------


def measure(reader: Reader, *, rounds: int) -> Iterator[Figure]:
    """Yield the figures of all kinds of questions, each as it is measured; each question is asked so many times.

    The reader must be new: the first facets are those that read the index into memory.
    """
    both = {**FILTERS, **WORD_FILTERS}
    for sort in Sort:
        yield _ask(f"page, {sort.value}", _each(FILTERS, partial(_find, reader, Page(sort))), rounds, _PAGE)
    yield _ask("page, full text", _each(WORD_FILTERS, partial(_find, reader, Page())), rounds, _TEXT)
    yield _ask("first facets", {"all": partial(reader.facets, EventFilter())}, 1)
    yield _ask("facets", _each(FILTERS, reader.facets), rounds, _FACETS)
    yield _ask("facets, full text", _each(WORD_FILTERS, reader.facets), rounds, _FACETS)
    yield _ask("count", _each(both, reader.count), rounds)
    yield _ask("timeline", _each(both, reader.timeline), rounds)
    yield _ask("event", {ident: partial(reader.event, ident) for ident in _some_ids(reader)}, rounds, _EVENT)
    exported = min(_EXPORTED, reader.count(EventFilter()))
    limit = _EXPORT if exported == _EXPORTED else None
    yield _ask(f"export of {exported:,} to CSV", {"all": partial(_export, reader, exported)}, 1, limit)


def _each(filters: Mapping[str, EventFilter], question: Callable[[EventFilter], object]) -> Questions:
    return {name: partial(question, wanted) for name, wanted in filters.items()}


def _find(reader: Reader, page: Page, wanted: EventFilter) -> object:
    return reader.find(wanted, page)


def _ask(name: str, questions: Questions, rounds: int, asked: float | None = None) -> Figure:
    times = [(_milliseconds(question), one) for _ in range(rounds) for one, question in questions.items()]
    return Figure(name, tuple(took for took, _ in times), max(times)[1], asked)


def _milliseconds(question: Callable[[], object]) -> float:
    begun = time.perf_counter()
    question()
    return (time.perf_counter() - begun) * 1000


def _some_ids(reader: Reader) -> list[str]:
    """Return ids of events that many filters find."""
    found = (event.id for wanted in FILTERS.values() for event in reader.find(wanted, Page(limit=_EVENTS // 10)).events)
    return list(islice(dict.fromkeys(found), _EVENTS))


class _Nowhere(io.RawIOBase):
    """A file that counts what is written to it and keeps nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 0

    def writable(self) -> bool:
        """Return that it can be written to."""
        return True

    def write(self, block: Any, /) -> int:  # noqa: ANN401 - any buffer
        """Count the bytes."""
        self.size += len(block)
        return len(block)


def _export(reader: Reader, most: int) -> int:
    """Export the newest events as CSV; return how many bytes they are."""
    out = _Nowhere()
    write_export(reader, EventFilter(), "csv", io.BufferedWriter(out), watch=partial(_first, most))
    return out.size


def _first(most: int, events: Iterable[EventFound]) -> Iterable[EventFound]:
    return islice(events, most)


def measure_memory(reader: Reader) -> Iterator[Memory]:
    """Yield what exports of a few and of many events hold in memory; it takes some times as long as the exports do."""
    exported = min(_EXPORTED, reader.count(EventFilter()))
    for events in (exported // 10, exported):
        tracemalloc.start()
        try:
            _export(reader, events)
            yield Memory(events, tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()


# --- beside Datasette -------------------------------------------------------------------------------------------------------

_PAGE_SQL = (
    "SELECT c.card FROM event_index e JOIN event_card c ON c.number = e.number WHERE e.number IN (SELECT number FROM event_term "
    "JOIN index_term USING (code) WHERE field = 'type' AND value = :value) ORDER BY e.sort_day DESC LIMIT 50"
)
_FACET_SQL = (
    "SELECT t.value, count(*) AS events FROM event_index e JOIN event_term w ON w.number = e.number AND w.sort_day = e.sort_day "
    "JOIN index_term t ON t.code = w.code WHERE t.field = 'modality' AND e.day_to >= :value GROUP BY t.value ORDER BY events DESC LIMIT 10"
)
_TEXT_SQL = (
    "SELECT c.card FROM event_index e JOIN event_card c ON c.number = e.number WHERE e.number IN (SELECT rowid FROM event_text "
    "WHERE event_text MATCH :value) ORDER BY e.sort_day DESC LIMIT 50"
)
_SETTINGS = {"sql_time_limit_ms": 120_000, "facet_time_limit_ms": 120_000, "suggest_facets": False}
"""Nothing is cut off, however long it takes."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """A question to both: what we are asked by value, and the SQL that asks Datasette for it, with the parameter that stands for the value."""

    name: str
    ours: Questions
    sql: str
    parameter: Callable[[str], str] = str


def measure_datasette(path: Path, reader: Reader, *, rounds: int) -> list[Figure]:
    """Return figures by turns ours and Datasette's, of like questions. Raises ConfigurationError where Datasette is not installed."""
    try:
        from datasette.app import Datasette
    except ModuleNotFoundError as error:
        raise ConfigurationError("--datasette needs Datasette: run `pip install 'peninsula[explore]'`") from error

    return asyncio.run(_ask_both(Datasette(files=[str(path)], settings=_SETTINGS), list(_pairs(reader)), rounds))


def _pairs(reader: Reader) -> Iterator[_Pair]:
    types, years, words = ("SANCTION", "CYBER_OP", "STATEMENT"), ("2016", "2020", "2024"), map(korean_word, (5, 50, 500))
    yield _Pair("page of a type", {one: partial(reader.find, EventFilter(type=(one,))) for one in types}, _PAGE_SQL)
    facets = {one: partial(reader.facets, EventFilter(since=one), ("modality",)) for one in years}
    yield _Pair("facet since a year", facets, _FACET_SQL, "{}-01-01".format)
    yield _Pair("page, full text", {one: partial(reader.find, EventFilter(q=one)) for one in words}, _TEXT_SQL, '"{}"'.format)


async def _ask_both(opened: Datasette, pairs: Sequence[_Pair], rounds: int) -> list[Figure]:
    await opened.invoke_startup()
    try:
        found = []
        for pair in pairs:
            found += [_ask(f"{pair.name}, ours", pair.ours, rounds), await _ask_datasette(opened, pair, rounds)]
        return found
    finally:
        for database in opened.databases.values():
            database.close()


async def _ask_datasette(opened: Datasette, pair: _Pair, rounds: int) -> Figure:
    (name,) = (name for name in opened.databases if not name.startswith("_"))
    times = []
    for value in [*pair.ours] * rounds:
        begun = time.perf_counter()
        answer = await opened.client.get(f"/{name}.json", params={"sql": pair.sql, "value": pair.parameter(value), "_shape": "arrays"})
        took = (time.perf_counter() - begun) * 1000
        if answer.status_code != 200 or answer.json()["truncated"]:
            raise PeninsulaError(f"Datasette did not answer {pair.name} of {value}: {answer.text[:200]}")
        times.append((took, value))
    return Figure(f"{pair.name}, Datasette", tuple(took for took, _ in times), max(times)[1])


# --- where it is measured ---------------------------------------------------------------------------------------------------


@contextmanager
def _own_schema(url: str) -> Iterator[str]:
    """Make an empty schema in a PostgreSQL database, give the address that leads there, and drop it in the end."""
    database = open_database(url)
    if database.dialect.name != "postgresql":
        raise UsageError("--database takes the address of a PostgreSQL database: leave it out for SQLite, which --keep gives a file")
    schema = f"million_{uuid.uuid4().hex[:12]}"
    with writing(database) as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    try:
        options = f"{database.url.query.get('options', '')} -csearch_path={schema}"
        yield database.url.update_query_dict({"options": options.strip()}).render_as_string(hide_password=False)
    finally:
        with writing(database) as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        database.dispose()


@contextmanager
def _own_file(keep: Path | None) -> Iterator[str]:
    """Give the address of a SQLite file that is not there yet, in a temporary folder unless it is to be kept."""
    if keep is not None and keep.exists():
        raise StorageError("is there already: name a file that is not, or remove it", path=keep)
    with tempfile.TemporaryDirectory(prefix="peninsula-million-") as folder:
        yield f"sqlite:///{keep or Path(folder) / 'million.db'}"


# --- the command ------------------------------------------------------------------------------------------------------------


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.million",
        description="How long readers wait for a database of made-up events: pages, full text, facets, counts, timelines, cards, an export.",
        epilog="A million events take some ten minutes to make and as long to ask, and 4 GB. Example: python -m benchmarks.million --events 20000",
    )
    parser.add_argument("--events", type=int, default=1_000_000, metavar="N", help="number of events (default: 1000000)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed makes other events (default: 1)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often every question is asked (default: 3)")
    parser.add_argument("--database", metavar="URL", help="write to a schema of its own in this PostgreSQL database, dropped in the end")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write the SQLite file there and keep it")
    parser.add_argument("--datasette", action="store_true", help="ask Datasette too, over the same SQLite file")
    given = parser.parse_args(arguments)
    if given.events < 1 or given.rounds < 1 or given.seed < 0:
        raise UsageError("--events and --rounds must be at least 1, --seed at least 0")
    if given.database and (given.keep or given.datasette):
        raise UsageError("--keep and --datasette are for SQLite: leave out --database, or leave them out")
    return given


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the events, measure, print the figures and return the exit code; errors become one line on standard error."""
    try:
        given = _parse(sys.argv[1:] if arguments is None else arguments)
        with _own_schema(given.database) if given.database else _own_file(given.keep) as url:
            _measure_at(url, given)
    except PeninsulaError as error:
        complain(str(error))
        return error.exit_code
    return 0


def _measure_at(url: str, given: argparse.Namespace) -> None:
    begun = time.perf_counter()
    write_events(url, make_events(given.events, given.seed))
    _say(f"made and written in {time.perf_counter() - begun:,.0f} s")
    with connect(url) as reader:
        _say(f"{given.events:,} events, seed {given.seed}, {make_url(url).get_backend_name()}; times in milliseconds")
        _say(f"{'':32}{'times':>7}{'p50':>10}{'p95':>10}{'max':>10}{'asked p95':>11}           slowest")
        for figure in measure(reader, rounds=given.rounds):
            _say(_line(figure))
        for memory in measure_memory(reader):
            _say(f"memory of an export of {memory.events:,}: {memory.peak / 1e6:.1f} MB")
        if given.datasette:
            _compare(measure_datasette(Path(str(make_url(url).database)), reader, rounds=given.rounds))


def _say(line: str) -> None:
    sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()


def _line(figure: Figure) -> str:
    asked = "" if figure.asked is None else f"{figure.asked:,.0f}"
    times = "".join(f"{took:10,.1f}" for took in (figure.at(0.5), figure.at(0.95), max(figure.times)))
    return f"{figure.name:32}{len(figure.times):7,}{times}{asked:>11}  {figure.verdict():7}  {figure.slowest}"


def _compare(figures: Sequence[Figure]) -> None:
    for ours, other in zip(figures[::2], figures[1::2], strict=True):
        _say(_line(ours))
        _say(f"{_line(other)}; {other.at(0.5) / ours.at(0.5):.1f} times ours at p50")


if __name__ == "__main__":
    sys.exit(main())
