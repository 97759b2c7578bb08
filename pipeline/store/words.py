"""`event_text`: the words of each event, kept as an FTS5 table in SQLite and as `tsvector` in PostgreSQL.

Both get the same tokens, made by `pipeline.names.search_tokens`, and no tokeniser of the database changes them: so both find the same.
Alembic does not know this table; it is made after the migrations, as the views are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, cast, column, delete, literal, literal_column, select, table, text
from sqlalchemy.dialects.postgresql import TSQUERY

from pipeline.names.search_tokens import Phrase, Words

__all__ = ["MOST_TOKENS", "TEXT_TABLE", "clear_words", "create_words", "put_words", "remove_words", "settle_words", "words_matching"]

TEXT_TABLE = "event_text"
MOST_TOKENS = 4_000
"""Tokens of one event that are searched; the rest of a longer text is not. PostgreSQL knows no place after 16,383."""

_AT_ONCE = 1_000
"""Numbers in one statement."""
_MOST_PLACES = 255
"""Places of one token of an event: PostgreSQL keeps no more, so SQLite gets no more."""
_GAP = "0x0"
"""Stands in SQLite where nothing is to be found: between two pieces of a text. No text has this token."""

_TEXTS = table(TEXT_TABLE, column("number"), column("tokens"))
_ROWID: Any = literal_column("rowid")


def settle_words(connection: Connection) -> None:
    """Join what many writings left in parts; a common word is then found ten times as fast on SQLite."""
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"INSERT INTO {TEXT_TABLE} ({TEXT_TABLE}) VALUES ('optimize')"))  # noqa: S608 - constants


def create_words(connection: Connection) -> None:
    """Make the table where there is none."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"CREATE TABLE IF NOT EXISTS {TEXT_TABLE} (number integer PRIMARY KEY, tokens tsvector NOT NULL)"))
        connection.execute(text(f"CREATE INDEX IF NOT EXISTS ix_{TEXT_TABLE}_tokens ON {TEXT_TABLE} USING gin (tokens)"))
        return
    # Sizes of texts serve ranking alone, and events are never ranked by their words.
    options = 'tokenize = "unicode61 remove_diacritics 0", columnsize = 0'
    connection.execute(text(f"CREATE VIRTUAL TABLE IF NOT EXISTS {TEXT_TABLE} USING fts5(tokens, {options})"))


def put_words(connection: Connection, texts: Mapping[int, Iterable[Sequence[str]]]) -> None:
    """Write the words of events by their number in the index, in place of those that they had.

    A text is pieces of tokens (`search_tokens.tokens`); a phrase is found within one piece only. Of each event the first `MOST_TOKENS` are
    kept, and 255 places of each token.
    """
    remove_words(connection, texts)
    if not texts:
        return
    postgres = connection.dialect.name == "postgresql"
    write: Callable[[Sequence[str]], str] = _as_tsvector if postgres else " ".join
    columns, values = ("number, tokens", "%s, %s::tsvector") if postgres else ("rowid, tokens", "?, ?")
    rows = [(number, write(_kept(pieces))) for number, pieces in texts.items()]
    connection.exec_driver_sql(f"INSERT INTO {TEXT_TABLE} ({columns}) VALUES ({values})", rows)  # noqa: S608 - constants


def remove_words(connection: Connection, numbers: Iterable[int]) -> None:
    """Take the words of these events away; those that have none are left alone."""
    rest = iter(numbers)
    while portion := list(islice(rest, _AT_ONCE)):
        connection.execute(delete(_TEXTS).where(_number(connection.dialect.name).in_(portion)))


def clear_words(connection: Connection) -> None:
    """Take the words of all events away."""
    # FTS5 would read every text again to delete it.
    connection.execute(text(f"DROP TABLE IF EXISTS {TEXT_TABLE}"))
    create_words(connection)


def words_matching(dialect: str, words: Words) -> Select[int]:
    """Return the select of the numbers of the events that have these words, for `number IN (…)`.

    `dialect` is the name of the database's dialect: "sqlite" or "postgresql".
    """
    if dialect == "postgresql":
        return select(_TEXTS.c.number).where(_TEXTS.c.tokens.op("@@")(cast(literal(_as_tsquery(words)), TSQUERY)))
    return select(_ROWID.label("number")).select_from(_TEXTS).where(literal_column(TEXT_TABLE).op("MATCH")(_as_match(words)))


def _number(dialect: str) -> Any:  # noqa: ANN401 - a column
    return _TEXTS.c.number if dialect == "postgresql" else _ROWID


def _kept(pieces: Iterable[Sequence[str]]) -> list[str]:
    """Return the tokens that are kept, in their places: there is a gap after each piece, and where a token is not kept."""
    found: list[str] = []
    room = MOST_TOKENS
    for piece in pieces:
        if piece and room > 0:
            found += [*piece[:room], _GAP]
            room -= len(piece)
    return found if len(found) <= _MOST_PLACES else list(_without_frequent(found))


def _without_frequent(found: Iterable[str]) -> Iterator[str]:
    times: Counter[str] = Counter()
    for token in found:
        times[token] += 1
        yield token if times[token] <= _MOST_PLACES else _GAP


def _as_tsvector(kept: Sequence[str]) -> str:
    return " ".join([f"'{token}':{place}" for place, token in enumerate(kept, start=1) if token != _GAP])


def _as_match(words: Words) -> str:
    """Return the query in the language of FTS5."""
    wanted = " AND ".join(_any(map(_fts_phrase, group), " OR ") for group in words.wanted)
    if not words.excluded:
        return wanted
    return f"({wanted}) NOT {_any(map(_fts_phrase, words.excluded), ' OR ')}"


def _fts_phrase(phrase: Phrase) -> str:
    return f'"{" ".join(phrase.tokens)}"' + (" *" if phrase.open else "")


def _as_tsquery(words: Words) -> str:
    """Return the query in the language of tsquery."""
    wanted = [_any(map(_ts_phrase, group), " | ") for group in words.wanted]
    return " & ".join([*wanted, *("!" + _any([_ts_phrase(phrase)], "") for phrase in words.excluded)])


def _ts_phrase(phrase: Phrase) -> str:
    return " <-> ".join(f"'{token}'" for token in phrase.tokens) + (":*" if phrase.open else "")


def _any(alternatives: Iterable[str], sign: str) -> str:
    return f"({sign.join(alternatives)})"
