"""The index: what the tables of `models.tables` say of each event, laid out so that a million of them are found, counted and sorted in time.

Nothing here is a source of anything: `peninsula db reindex` makes all of it anew from the other tables. An event that another stands for,
or that was withdrawn, has no row. Beside these tables stands `event_text`, the words of each event, which SQLite and PostgreSQL keep
each in their own way (`pipeline.store.words`).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.tables import Base

__all__ = ["EventCardRow", "EventSumRow", "EventTermRow", "IndexStateRow", "IndexTermRow", "IndexedEventRow", "ListEntryRow"]

_Id = String(64)

SORTED = ("sort_day", "published_first", "changed_at", "usd", "n_sources", "score")
"""Columns of `event_index` by which events are sorted."""


class ListEntryRow(Base):
    """What is known of an entry of a sanctions list that an event's party is matched to, from the lists that were last read."""

    __tablename__ = "list_entry"

    entry: Mapped[str] = mapped_column(String(96), primary_key=True)
    source: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(Text)
    programs: Mapped[list[str]]
    listed_on: Mapped[str | None] = mapped_column(String(10))
    list_version: Mapped[str] = mapped_column(String(32))


class IndexStateRow(Base):
    """One row: `version` rises with every change of the index, `refreshed_at` is up to when changes are in it."""

    __tablename__ = "index_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    format: Mapped[int]
    refreshed_at: Mapped[datetime]


class IndexedEventRow(Base):
    """One event, in the few columns that are compared and sorted by.

    `sort_day` is yyyymmdd of the first possible day, 0 without one; `day_from` and `day_to` are the first and last possible days. `usd` is
    the largest amount in US dollars. `terms` are the codes of its terms (`IndexTermRow`), sorted, four bytes each, little-endian.
    """

    __tablename__ = "event_index"
    # Each sort has its order from an index, ties by the id; PostgreSQL finds the number in it too.
    __table_args__ = (
        *(Index(None, column, "event_id", postgresql_include=["number"]) for column in SORTED),
        Index(None, "day_to", "number"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(_Id, unique=True)
    sort_day: Mapped[int]
    day_from: Mapped[str | None] = mapped_column(String(10))
    day_to: Mapped[str | None] = mapped_column(String(10))
    published_first: Mapped[datetime | None]
    published_last: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    usd: Mapped[float | None]
    n_sources: Mapped[int]
    score: Mapped[float]
    terms: Mapped[bytes] = mapped_column(LargeBinary)


class EventCardRow(Base):
    """One event as people get it: `models.findings.EventFound` as JSON. Apart from `event_index`, which is read in bulk."""

    __tablename__ = "event_card"

    number: Mapped[int] = mapped_column(ForeignKey("event_index.number", ondelete="CASCADE"), primary_key=True)
    card: Mapped[str] = mapped_column(Text)


class IndexTermRow(Base):
    """One value that events can have: `field` is type, actor, country and so on, `count` how many events have it.

    `value` is the code or the id of the entity; words that are no entity are "text:" and the words in lower case. `names` are, for
    parties and places, all ways in which it is written, as search tokens between " | " (`pipeline.names.search_tokens`).
    """

    __tablename__ = "index_term"
    __table_args__ = (UniqueConstraint("field", "value"),)

    code: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    field: Mapped[str] = mapped_column(String(16))
    value: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    names: Mapped[str | None] = mapped_column(Text)
    count: Mapped[int]


class EventTermRow(Base):
    """That an event has a term; in this order the newest events of a term are found without sorting."""

    __tablename__ = "event_term"
    __table_args__ = ({"sqlite_with_rowid": False},)

    code: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sort_day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class EventSumRow(Base):
    """One amount of an event in one currency; amounts in other currencies stand under USD too, where their worth is known."""

    __tablename__ = "event_sum"
    __table_args__ = ({"sqlite_with_rowid": False},)

    currency: Mapped[str] = mapped_column(String(16), primary_key=True)
    value: Mapped[float] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
