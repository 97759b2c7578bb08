"""Made-up events, written into the tables of an empty database as fast as it takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any

import numpy as np
from sqlalchemy import Connection, Constraint, Table, event, insert, text
from sqlalchemy.schema import AddConstraint, DropConstraint

from benchmarks.million_events import CURRENCIES, MadeEvents, words_of
from benchmarks.million_news import COLUMNS, MADE, MADE_AT, News, Row, written
from models.index_tables import (
    EntityArticleRow,
    EntitySaidRow,
    EventCardRow,
    EventSumRow,
    EventTermRow,
    IndexedEntityRow,
    IndexedEventRow,
    IndexStateRow,
    IndexTermRow,
)
from models.knowledge import Knowledge
from models.tables import Base, KnowledgeVersionRow, ModelVersionRow, RawBodyRow
from pipeline.store.engine import Database, open_database, reading, writing
from pipeline.store.index_entities import all_articles, all_entities, put_articles, put_entities
from pipeline.store.index_rows import FORMAT
from pipeline.store.schema import upgrade
from pipeline.store.words import TEXT_TABLE, create_words, put_words, settle_words

__all__ = ["write_events"]

_AT_ONCE = 50_000
_ARTICLES_AT_ONCE = 5_000
_FILLED: tuple[type[Base], ...] = (*COLUMNS, IndexedEventRow, IndexTermRow, EventTermRow, EventSumRow, EventCardRow)
"""Tables that are written row by row; the program itself writes what is counted of entities."""

Progress = Callable[[str], None]


def write_events(url: str, made: MadeEvents, progress: Progress = lambda _: None) -> None:
    """Make the tables of an empty database and write the events. Power cuts are not provided for: what is half written is thrown away."""
    database = open_database(url)
    if database.dialect.name == "sqlite":
        event.listen(database, "connect", _hurry)
    try:
        upgrade(database)
        news = News(made)
        if database.dialect.name == "postgresql":
            _forgo_logs(database)
        with writing(database) as connection:
            # All in one transaction: each would write every page again that has a random key in it.
            with _bare(connection):
                _write_news(connection, news)
                progress("articles, events and mentions")
                _write_index(connection, made, news)
                progress("index")
            progress("orders and references")
        _write_entities(database)
        progress("index of entities")
        with writing(database) as connection:
            _write_words(connection, made)
            connection.execute(insert(IndexStateRow).values(id=1, version=1, format=FORMAT, refreshed_at=MADE_AT))
        progress("words")
        _gather_statistics(database)
    finally:
        database.dispose()


def _hurry(connection: Any, _record: object) -> None:  # noqa: ANN401 - a connection of sqlite3
    for pragma in (
        "journal_mode = OFF",
        "synchronous = OFF",
        "cache_size = -1000000",
        "foreign_keys = OFF",
        "ignore_check_constraints = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _forgo_logs(database: Database) -> None:
    """Let PostgreSQL write what is to come once, and not into its log as well; reading is the same."""
    with writing(database) as connection:
        # Tables that refer to others first, since a table with a log must not refer to one without.
        for name in [TEXT_TABLE, *(table.name for table in reversed(Base.metadata.sorted_tables))]:
            connection.execute(text(f'ALTER TABLE "{name}" SET UNLOGGED'))


def _references_and_keys(tables: Sequence[Table]) -> Iterator[Constraint]:
    """Yield what to take away of tables, references of other tables to their keys first."""
    yield from (
        one
        for table in Base.metadata.sorted_tables
        for one in table.foreign_key_constraints
        if one.referred_table in tables or table in tables
    )
    yield from (table.primary_key for table in tables)


@contextmanager
def _bare(connection: Connection) -> Iterator[None]:
    """Take the orders of the tables away, and in PostgreSQL their keys and references, and make them in the end: faster than row by row."""
    filled = {rows.__tablename__ for rows in _FILLED}
    tables = [table for table in Base.metadata.sorted_tables if table.name in filled]
    indexes = [index for table in tables for index in table.indexes]
    constraints = list(_references_and_keys(tables)) if connection.dialect.name == "postgresql" else []
    for index in indexes:
        index.drop(connection)
    for constraint in constraints:
        connection.execute(DropConstraint(constraint))
    yield
    if constraints:
        connection.execute(text("SET LOCAL maintenance_work_mem = '1GB'"))
    for constraint in reversed(constraints):
        connection.execute(AddConstraint(constraint))
    for index in indexes:
        index.create(connection)


# --- rows -----------------------------------------------------------------------------------------------------------------


def _write_news(connection: Connection, news: News) -> None:
    same = {"id": MADE, "first_used_at": MADE_AT}
    body = {"sha256": MADE, "codec": "gzip", "path": MADE, "size": 1, "stored_size": 1, "stored_at": MADE_AT}
    connection.execute(insert(ModelVersionRow).values(**same, name=MADE, version="1", lang="en", stages={}))
    connection.execute(insert(KnowledgeVersionRow).values(**same, entities=0, list_versions={}))
    connection.execute(insert(RawBodyRow).values(**body))
    for portion in chain([news.known()], news.articles()):
        for table, rows in portion.items():
            _put(connection, table, rows, *COLUMNS[table])


def _put(
    connection: Connection, table: type[Base], rows: Iterable[Row], names: Sequence[str] = (), same: Mapping[str, Any] | None = None
) -> None:
    """Insert rows with values of the named columns, or of all in their order; `same` are columns with one value for all rows."""
    constant = tuple((same or {}).values())
    columns = [*(names or table.__table__.columns.keys()), *(same or {})]
    left = f"{table.__tablename__} ({', '.join(map(_quoted, columns))})"
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL timezone = 'UTC'"))
        cursor: Any = connection.connection.cursor()
        with cursor.copy(f"COPY {left} FROM STDIN") as copy:
            for row in rows:
                copy.write_row((*row, *constant))
        return
    statement = f"INSERT INTO {left} VALUES ({', '.join('?' for _ in columns)})"  # noqa: S608 - names of our tables
    rest = iter(rows)
    while portion := list(islice(rest, _AT_ONCE)):
        connection.exec_driver_sql(statement, [(*row, *constant) for row in portion])


def _quoted(name: str) -> str:
    return f'"{name}"'


# --- the index --------------------------------------------------------------------------------------------------------------


def _write_index(connection: Connection, made: MadeEvents, news: News) -> None:
    counts = np.bincount(made.codes.ravel(), minlength=len(made.terms) + 1)
    terms = ((code, term.field, term.value, term.label, term.names, int(counts[code])) for code, term in enumerate(made.terms, start=1))
    _put(connection, IndexedEventRow, _event_rows(made))
    _put(connection, IndexTermRow, (term for term in terms if term[-1]))
    _put(connection, EventTermRow, _term_rows(made))
    _put(connection, EventSumRow, _sum_rows(made))
    _put(connection, EventCardRow, enumerate(news.cards(), start=1))


def _event_rows(made: MadeEvents) -> Iterator[Row]:
    is_term = made.codes > 0
    packed = made.codes[is_term].astype("<i4").tobytes()
    ends = (np.cumsum(is_term.sum(axis=1)) * 4).tolist()
    last_told = made.articles.published[made.told_in.max(axis=1)]
    days = made.dated.tolist(), made.sort_days().tolist(), written(made.first, "D"), written(made.last, "D")
    times = (written(moments, "s") for moments in (made.published, last_told, made.changed))
    rest = made.usd.tolist(), made.sources.tolist(), made.score.tolist()
    start = 0
    columns = zip(made.ids, *days, *times, *rest, ends, strict=True)
    for number, (ident, dated, sort_day, first, last, *moments, usd, sources, score, end) in enumerate(columns, start=1):
        possible = (first, last) if dated else (None, None)
        yield (number, ident, sort_day, *possible, *moments, None if usd != usd else usd, sources, score, packed[start:end])
        start = end


def _term_rows(made: MadeEvents) -> Iterator[Row]:
    """Yield the terms of events in the order of their key."""
    by_day = np.argsort(made.sort_days(), kind="stable")
    codes = made.codes[by_day].ravel()
    order = np.argsort(codes, kind="stable")
    order = order[np.count_nonzero(codes == 0) :]
    which = by_day[order // made.codes.shape[1]]
    days = made.sort_days()
    for start in range(0, len(order), _AT_ONCE):
        part = which[start : start + _AT_ONCE]
        yield from zip(codes[order[start : start + _AT_ONCE]].tolist(), days[part].tolist(), (part + 1).tolist(), strict=True)


def _sum_rows(made: MadeEvents) -> list[Row]:
    """Return amounts in their own currency and in dollars, in the order of their key."""
    currencies = list(CURRENCIES)
    found: set[Row] = set()
    (currency,) = made.drawn["currency"]
    for place in np.nonzero(currency >= 0)[0].tolist():
        own = (currencies[currency[place]], float(made.amount[place]), place + 1)
        found |= {own, ("USD", float(made.usd[place]), place + 1)}
    return sorted(found)


def _write_entities(database: Database) -> None:
    """Let the program count what the articles say of each entity."""
    with reading(database) as connection:
        articles = all_articles(connection)
    for start in range(0, len(articles), _ARTICLES_AT_ONCE):
        with writing(database) as connection:
            put_articles(connection, articles[start : start + _ARTICLES_AT_ONCE], Knowledge(MADE, {}))
    with writing(database) as connection:
        put_entities(connection, all_entities(connection), Knowledge(MADE, {}))


def _write_words(connection: Connection, made: MadeEvents) -> None:
    if connection.dialect.name == "postgresql":
        # Made again at the end, which is much faster than to keep it current meanwhile.
        connection.execute(text(f"DROP INDEX ix_{TEXT_TABLE}_tokens"))
        connection.execute(text("SET LOCAL maintenance_work_mem = '1GB'"))
    for portion in words_of(made):
        put_words(connection, portion)
    create_words(connection)
    settle_words(connection)


def _gather_statistics(database: Database) -> None:
    """Let PostgreSQL do what it does by itself some time after so many rows were written."""
    tables: tuple[type[Base], ...] = (*_FILLED, EntityArticleRow, EntitySaidRow, IndexedEntityRow)
    names = [TEXT_TABLE, *(table.__tablename__ for table in tables)]
    if database.dialect.name == "postgresql":
        with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"VACUUM ANALYZE {', '.join(names)}"))
