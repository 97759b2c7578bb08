"""`python -m benchmarks.million`: how long readers wait for a database of a million events with three million mentions, on SQLite or PostgreSQL.

Events, the articles that tell them, and the index of both are made from a seed (`benchmarks.million_events` and `million_news` tell how) and
written into a SQLite file in a temporary folder, or with `--database` into a schema of its own in PostgreSQL, which is dropped at the end.
Then everything that the pages, the command line and the REST interface ask is asked through `pipeline.query.Reader`: pages in every sort,
full text, facets, counts and timelines, each with many filters from the commonest to the empty one; pages of events with their passages and
relations, of entities and of articles; lists of entities and publishers. Every question is asked several times and each time counts; the
first of all facets, which reads the terms of all events into memory and is asked once after every change of the index, stands in a line of
its own. Last, 100,000 events are written as CSV, twice: once by the clock, and once with the memory that Python holds at most watched,
beside a tenth of them, since memory must not grow with the number.

Beside the time that passed stands the time for which this process was at work: on SQLite that is all the work there is, and on a machine that
does other things meanwhile it tells more than the clock; PostgreSQL works in processes of its own.

Not measured are the pages' own work of making HTML, and several readers at once. What is asked for holds for a million events. Once
everything is measured the exit code is 0 whatever the times are, since they depend on the machine and on what else runs there.

With `--datasette`, Datasette answers like questions over the same SQLite file in the same process (`benchmarks.million_datasette`).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import tracemalloc
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from sqlalchemy import make_url, text

from benchmarks.million_datasette import measure_datasette
from benchmarks.million_events import make_events
from benchmarks.million_figures import Figure, Questions, ask, export_csv
from benchmarks.million_questions import ENTITY_FILTERS, FILTERS, WORD_FILTERS
from benchmarks.million_tables import write_events
from models.filters import EventFilter, Page, Sort
from models.findings import EventFound
from pipeline.cli.console import complain
from pipeline.errors import PeninsulaError, StorageError, UsageError
from pipeline.query import Reader, connect
from pipeline.store.engine import open_database, writing

__all__ = ["main", "measure"]

_PAGE, _TEXT, _FACETS, _EVENT, _EXPORT = 150.0, 200.0, 400.0, 50.0, 8_000.0
"""What is asked for, in milliseconds: of the slowest in twenty, and of the whole export."""
_EXPORTED = 100_000
_EVENTS = 200
"""Events whose pages are asked for."""
_ENTITIES = 10
"""Entities whose pages are asked for: so many of the commonest, and so many of the rarest."""
_EVENTS_OF_ENTITY = 10


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
        yield ask(f"page, {sort.value}", _each(FILTERS, partial(_find, reader, Page(sort))), rounds, _PAGE)
    yield ask("page, full text", _each(WORD_FILTERS, partial(_find, reader, Page())), rounds, _TEXT)
    yield ask("first facets", {"all": partial(reader.facets, EventFilter())}, 1)
    yield ask("facets", _each(FILTERS, reader.facets), rounds, _FACETS)
    yield ask("facets, full text", _each(WORD_FILTERS, reader.facets), rounds, _FACETS)
    yield ask("count", _each(both, reader.count), rounds)
    yield ask("timeline", _each(both, reader.timeline), rounds)
    yield from _measure_records(reader, rounds)
    exported = min(_EXPORTED, reader.count(EventFilter()))
    limit = _EXPORT if exported == _EXPORTED else None
    yield ask(f"export of {exported:,} to CSV", {"all": partial(export_csv, reader, EventFilter(), exported)}, 1, limit)


def _measure_records(reader: Reader, rounds: int) -> Iterator[Figure]:
    """Yield the figures of the pages on one event, entity or article, and of the lists of entities and publishers."""
    events = _some_events(reader)
    yield ask("event", {event.id: partial(reader.event, event.id) for event in events}, rounds, _EVENT)
    yield ask("page of an event", {event.id: partial(_show_event, reader, event.id) for event in events}, rounds, _EVENT)
    common, rare = _some_entities(reader)
    yield ask("page of a common entity", {ident: partial(_show_entity, reader, ident) for ident in common}, rounds)
    yield ask("page of a rare entity", {ident: partial(_show_entity, reader, ident) for ident in rare}, rounds)
    yield ask("list of entities", {name: partial(reader.entities, wanted) for name, wanted in ENTITY_FILTERS.items()}, rounds)
    articles = dict.fromkeys(event.articles[0].id for event in events[: 2 * _ENTITIES])
    yield ask("page of an article", {ident: partial(reader.article, ident) for ident in articles}, rounds)
    yield ask("list of publishers", {"all": reader.sources}, rounds)


def _each(filters: Mapping[str, EventFilter], question: Callable[[EventFilter], object]) -> Questions:
    return {name: partial(question, wanted) for name, wanted in filters.items()}


def _find(reader: Reader, page: Page, wanted: EventFilter) -> object:
    return reader.find(wanted, page)


def _show_event(reader: Reader, event_id: str) -> None:
    """Ask what the page of an event asks."""
    reader.event(event_id)
    reader.passages(event_id)
    for relation in reader.relations(event_id):
        reader.event(relation.target if relation.source == event_id else relation.source)


def _show_entity(reader: Reader, entity_id: str) -> None:
    """Ask what the page of an entity asks."""
    wanted = EventFilter(entity=(entity_id,))
    reader.entity(entity_id)
    reader.find(wanted, Page(limit=_EVENTS_OF_ENTITY))
    reader.timeline(wanted)


def _some_events(reader: Reader) -> list[EventFound]:
    """Return events that many filters find."""
    found = {event.id: event for wanted in FILTERS.values() for event in reader.find(wanted, Page(limit=_EVENTS // 10)).events}
    return list(islice(found.values(), _EVENTS))


def _some_entities(reader: Reader) -> tuple[list[str], list[str]]:
    """Return the actors of the most events, and of the fewest."""
    _, (actors,) = reader.facets(EventFilter(), ("actor",), 1_000_000)
    named = [actor.value for actor in actors.values if not actor.value.startswith("text:")]
    return named[:_ENTITIES], named[-_ENTITIES:]


def measure_memory(reader: Reader) -> Iterator[Memory]:
    """Yield what exports of a few and of many events hold in memory; it takes some times as long as the exports do."""
    exported = min(_EXPORTED, reader.count(EventFilter()))
    for events in (exported // 10, exported):
        tracemalloc.start()
        try:
            export_csv(reader, EventFilter(), events)
            yield Memory(events, tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()


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
        description="How long readers wait for a database of made-up events: pages, full text, facets, counts, timelines, records, an export.",
        epilog="A million events take ten minutes of a processor's work to make, and 9 GB. Example: python -m benchmarks.million --events 20000",
    )
    parser.add_argument("--events", type=int, default=1_000_000, metavar="N", help="number of events (default: 1000000)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed makes other events (default: 1)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often every question is asked (default: 3)")
    parser.add_argument("--database", metavar="URL", help="write to a schema of its own in this PostgreSQL database, dropped in the end")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write the SQLite file there and keep it")
    parser.add_argument("--kept", type=Path, metavar="FILE", help="make nothing, measure a file that --keep left")
    parser.add_argument("--datasette", action="store_true", help="ask Datasette too, over the same SQLite file")
    given = parser.parse_args(arguments)
    if given.events < 1 or given.rounds < 1 or given.seed < 0:
        raise UsageError("--events and --rounds must be at least 1, --seed at least 0")
    if given.database and (given.keep or given.kept or given.datasette):
        raise UsageError("--keep, --kept and --datasette are for SQLite: leave out --database, or leave them out")
    if given.keep and given.kept:
        raise UsageError("--kept measures a file that is there, --keep makes one: give one of them")
    return given


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the events, measure, print the figures and return the exit code; errors become one line on standard error."""
    try:
        given = _parse(sys.argv[1:] if arguments is None else arguments)
        if given.kept:
            _measure_at(f"sqlite:///{given.kept}", given)
        else:
            with _own_schema(given.database) if given.database else _own_file(given.keep) as url:
                _make_at(url, given)
                _measure_at(url, given)
    except PeninsulaError as error:
        complain(str(error))
        return error.exit_code
    return 0


def _make_at(url: str, given: argparse.Namespace) -> None:
    begun = time.perf_counter()
    made = make_events(given.events, given.seed)
    _say(f"{given.events:,} events with {int(made.passages.sum()):,} mentions in {len(made.articles):,} articles, seed {given.seed}")
    write_events(url, made, lambda step: _say(f"{step}: written after {time.perf_counter() - begun:,.0f} s"))


def _measure_at(url: str, given: argparse.Namespace) -> None:
    with connect(url) as reader:
        _say(f"{make_url(url).get_backend_name()}, times in milliseconds")
        _say(f"{'':36}{'times':>7}{'p50':>10}{'p95':>10}{'max':>10}{'work p50':>10}{'work p95':>10}{'asked p95':>11}           slowest")
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
    times = "".join(f"{took:10,.1f}" for took in (figure.at(0.5), figure.at(0.95), figure.at(1), figure.busy_at(0.5), figure.busy_at(0.95)))
    return f"{figure.name:36}{len(figure.took):7,}{times}{asked:>11}  {figure.verdict():7}  {figure.slowest}"


def _compare(figures: Sequence[Figure]) -> None:
    for ours, other in zip(figures[::2], figures[1::2], strict=True):
        _say(_line(ours))
        ratios = f"{other.at(0.5) / ours.at(0.5):.1f} times ours, {other.busy_at(0.5) / ours.busy_at(0.5):.1f} times at work"
        _say(f"{_line(other)}; {ratios}, both at p50")


if __name__ == "__main__":
    sys.exit(main())
