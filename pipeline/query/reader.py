"""Reading a database: every way of asking that the interfaces share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, Self, TypeVar

from models.article_history import ArticleHistory
from models.filters import MOST_ON_A_PAGE, EntityFilter, EventFilter, Page, Sort
from models.findings import EntitiesFound, EntityFound, EventFound, Facet, Found, Passage, PlacesFound, Relation, SourceFound, Timeline
from pipeline.errors import ConfigurationError
from pipeline.query.errors import QueryError
from pipeline.query.frames import make_frame
from pipeline.query.parse import make_filter
from pipeline.store.article_history import load_article_history, load_version_text
from pipeline.store.changes import find_changes
from pipeline.store.conditions import FilterError
from pipeline.store.engine import Database, open_database, reading
from pipeline.store.facets import facet_counts, places, timeline
from pipeline.store.finding import count_found, find_page, stream_cards, stream_events
from pipeline.store.passages import load_passages, load_passages_of
from pipeline.store.reading_entities import index_version, list_entities, list_sources, load_entity, load_event, load_relations
from pipeline.store.schema import require_current
from pipeline.store.search import ArticleView, load_article_view

if TYPE_CHECKING:
    import pandas

__all__ = ["FACETS", "Period", "Reader", "connect"]

Period = Literal["day", "month", "year"]
P = ParamSpec("P")
T = TypeVar("T")

FACETS = ("type", "modality", "actor", "target", "country", "place", "speaker", "list", "program", "publisher", "lang", "year")
"""The fields that are counted where none are named."""

_LONGEST_ID = 4_000
"""Of a name under which something is looked up: addresses are the longest."""


def connect(where: str | Path, *, most_seconds: int | None = None) -> Reader:
    """Open a database for reading: a data folder, a SQLite file, or the address of a database (postgresql://…).

    With `most_seconds` PostgreSQL gives up any one question that takes longer, which is a StorageError.

    Raises ConfigurationError where there is none, or one that this version of the program cannot read.
    """
    if isinstance(where, str) and "://" in where:
        url = where
    else:
        path = Path(where)
        url = f"sqlite:///{path / 'peninsula.db' if path.is_dir() or not path.suffix else path}"
    return Reader(open_database(url, create=False, most_seconds=most_seconds))


class Reader:
    """A database to ask; nothing is ever written. It may be used by several threads at once.

    Use it in a `with` statement, or call `close`. Filters come from `parse_filter` and `make_filter`; `events` and `frame` take the fields
    as keywords. Every question raises QueryError where the filter cannot be answered and StorageError where the database cannot be read.
    """

    def __init__(self, database: Database) -> None:
        """Take a database that is open. Raises ConfigurationError where it is not of this version or its index is not built."""
        self._database = database
        try:
            require_current(database)
            self.version  # noqa: B018 - raises where there is no index
        except BaseException:
            database.dispose()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self._database.dispose()

    @property
    def version(self) -> int:
        """The state of the database, a number that rises with every change of what can be found; read anew at each access."""
        version = self._ask(index_version)
        if version is None:
            raise ConfigurationError("the index of events is not built: run `peninsula db reindex`")
        return version

    def find(self, wanted: EventFilter, page: Page | None = None) -> Found:
        """Return one page of the events found; without `page` the 50 newest."""
        return self._ask(find_page, wanted, page or Page())

    def stream(self, wanted: EventFilter, sort: Sort = Sort.NEWEST) -> Iterator[EventFound]:
        """Yield all events found, in constant memory and from one state of the database."""
        with self._reading() as connection:
            yield from stream_events(connection, wanted, sort)

    def stream_json(self, wanted: EventFilter, sort: Sort = Sort.NEWEST) -> Iterator[str]:
        """Yield all events found as JSON in one line each, which says what `as_json` does; much faster than to make it of `stream`."""
        with self._reading() as connection:
            yield from stream_cards(connection, wanted, sort)

    def events(self, *, sort: Sort = Sort.NEWEST, **fields: object) -> Iterator[EventFound]:
        """Yield all events found; the fields are those of `make_filter`."""
        return self.stream(make_filter(**fields), sort)

    def frame(self, *, sort: Sort = Sort.NEWEST, **fields: object) -> pandas.DataFrame:
        """Return all events found as a data frame, one row for each, with the columns `FLAT`.

        Dates of events are text, since many are months or years; times of publication and change are in UTC. Raises ConfigurationError
        where pandas is not installed.
        """
        return make_frame(self.events(sort=sort, **fields))

    def count(self, wanted: EventFilter) -> int:
        """Return how many events are found."""
        return self._ask(count_found, wanted)

    def facets(self, wanted: EventFilter, fields: Sequence[str] = FACETS, most: int = 10) -> tuple[int, tuple[Facet, ...]]:
        """Return how many events are found, and for each field its commonest values, at most so many, with how many have them."""
        return self._ask(facet_counts, wanted, fields, most)

    def timeline(self, wanted: EventFilter, by: Period = "month") -> Timeline:
        """Return how many of the events found happened in each day, month or year, and their amounts.

        What is not known as exactly as that is counted beside: `coarser` under its month or year, `longer`, and `undated`.
        """
        return self._ask(timeline, wanted, by)

    def places(self, wanted: EventFilter, most: int = 200) -> PlacesFound:
        """Return the places where the most of the events found happen, at most so many: where each lies, how many, and the newest."""
        return self._ask(places, wanted, most)

    def event(self, event_id: str) -> EventFound | None:
        """Return one event; for the id of a merged one, the event that stands for it. None where none in force has the id."""
        return self._ask(load_event, event_id) if _can_be_name(event_id) else None

    def passages(self, event_id: str) -> tuple[Passage, ...]:
        """Return every passage that tells the event, in the order of its articles."""
        return self._ask(load_passages, event_id) if _can_be_name(event_id) else ()

    def passages_of(self, event_ids: Iterable[str]) -> dict[str, tuple[Passage, ...]]:
        """Return what `passages` does, by id, and much faster than one by one; ids that no event in force has are left out."""
        return self._ask(load_passages_of, filter(_can_be_name, event_ids))

    def relations(self, event_id: str) -> tuple[Relation, ...]:
        """Return the relations of the event to others."""
        return self._ask(load_relations, event_id) if _can_be_name(event_id) else ()

    def entity(self, entity_id: str) -> EntityFound | None:
        """Return everything known of one person, body or other name; None where none has the id."""
        return self._ask(load_entity, entity_id) if _can_be_name(entity_id) else None

    def entities(self, wanted: EntityFilter | None = None) -> list[EntityFound]:
        """Return the entities found, most often named first, `limit` of them at most, each in short: `entity` tells the rest."""
        wanted = wanted or EntityFilter()
        found: list[EntityFound] = []
        cursor = wanted.cursor
        while True:
            page = self.find_entities(replace(wanted, limit=min(wanted.limit - len(found), MOST_ON_A_PAGE), cursor=cursor))
            found += page.entities
            cursor = page.next
            if cursor is None or len(found) == wanted.limit:
                return found

    def find_entities(self, wanted: EntityFilter) -> EntitiesFound:
        """Return one page of the entities found, most often named first, each in short; its `next` is the `cursor` of the one after it."""
        if wanted.name is not None and not _can_be_name(wanted.name):
            return EntitiesFound(())
        return self._ask(list_entities, wanted)

    def article(self, name: str) -> ArticleView | None:
        """Return an article with every layer on it: by its id, the id of a version, the beginning of either, or its address."""
        return self._ask(load_article_view, name) if _can_be_name(name) else None

    def article_history(self, version_id: str) -> ArticleHistory:
        """Return what newer readings of this article version took out of force, and what a newer extractor made of its page."""
        return self._ask(load_article_history, version_id)

    def version_text(self, article_id: str, version_id: str) -> tuple[str, str] | None:
        """Return title and text of a version of this article; None where it has no such version."""
        return self._ask(load_version_text, article_id, version_id) if _can_be_name(version_id) else None

    def sources(self) -> list[SourceFound]:
        """Return every publisher with its articles and events, most articles first."""
        return self._ask(list_sources)

    def changes(self, *, since: datetime | None = None, after: int = 0, limit: int = 1000) -> list[Mapping[str, Any]]:
        """Return lines of the change feed, oldest first: those with a number above `after`, written since a time."""
        return self._ask(find_changes, since=since, after=after, limit=limit)

    def _ask(self, question: Callable[..., T], *given: Any, **named: Any) -> T:  # noqa: ANN401 - whatever the question takes
        with self._reading() as connection:
            return question(connection, *given, **named)

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        try:
            with reading(self._database) as connection:
                yield connection
        except FilterError as error:
            raise QueryError(str(error), field=error.field, value=error.value) from error


def _can_be_name(text: str) -> bool:
    """Tell whether anything can be called so: databases refuse some characters, and nothing has them."""
    return text.isprintable() and 0 < len(text) <= _LONGEST_ID
