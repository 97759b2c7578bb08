"""The index: what the tables of `models.tables` say of each event and entity, laid out so that millions are found, counted and sorted in time.

Nothing here is a source of anything: `peninsula db reindex` makes all of it anew from the other tables. An event that another stands for,
or that was withdrawn, has no row; every entity has one. Beside these tables stands `event_text`, the words of each event, which SQLite and PostgreSQL keep
each in their own way (`pipeline.store.words`).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.tables import Base
from models.vocabulary import Label

__all__ = [
    "EntityArticleRow",
    "EntitySaidRow",
    "EventCardRow",
    "EventSumRow",
    "EventTermRow",
    "IndexStateRow",
    "IndexTermRow",
    "IndexedEntityRow",
    "IndexedEventRow",
    "ListEntryRow",
]

_Id = String(64)
_Sorted = _Id.with_variant(String(64, collation="C"), "postgresql")
"""An id by which is sorted: in the order of its signs, whatever the language of the database."""

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


# --- entities -------------------------------------------------------------------------------------------------------------


class IndexedEntityRow(Base):
    """One person, body, place, ship or other name, with how often the newest versions of the articles name it.

    `officials` is how many of its mentions name it as an official, `events` in how many events it has a role that no editor rejected.
    `role` and `affiliation` are its commonest office, named `offices` times. `entries` is to how many entries of sanctions lists it is
    matched; `matches` has them as JSON, each as entry, list, name of the entry as it was then, and the score of the surest match. `names`
    are all ways in which it is written, as search tokens between " | " (`pipeline.names.search_tokens`). An entity that no article names
    any longer has no mentions.
    """

    __tablename__ = "entity_index"
    # All that a list asks for beside a name is in the index of its order.
    __table_args__ = (Index(None, "mentions", "entity_id", "label", "officials", "entries"),)

    entity_id: Mapped[str] = mapped_column(_Sorted, primary_key=True)
    label: Mapped[Label]
    name: Mapped[str] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(String(8))
    mentions: Mapped[int]
    articles: Mapped[int]
    officials: Mapped[int]
    events: Mapped[int]
    first_seen: Mapped[datetime | None]
    last_seen: Mapped[datetime | None]
    role: Mapped[str | None] = mapped_column(Text)
    affiliation: Mapped[str | None] = mapped_column(Text)
    offices: Mapped[int]
    entries: Mapped[int]
    matches: Mapped[str] = mapped_column(Text)
    names: Mapped[str] = mapped_column(Text)


class EntityArticleRow(Base):
    """What the newest version of an article says of an entity: what was counted of it, so that it can be taken back when it says otherwise.

    `said` is JSON, a list of kind, value and how often, as in `EntitySaidRow`.
    """

    __tablename__ = "entity_article"
    __table_args__ = (Index(None, "entity_id", "published_at"), {"sqlite_with_rowid": False})

    article_id: Mapped[str] = mapped_column(_Id, primary_key=True)
    entity_id: Mapped[str] = mapped_column(_Id, primary_key=True)
    published_at: Mapped[datetime | None]
    said: Mapped[str] = mapped_column(Text)


class EntitySaidRow(Base):
    """How often one thing is said of an entity by all articles together; `kind` is a `pipeline.store.index_entities.Said`."""

    __tablename__ = "entity_said"
    __table_args__ = ({"sqlite_with_rowid": False},)

    entity_id: Mapped[str] = mapped_column(_Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    value: Mapped[str] = mapped_column(Text().with_variant(Text(collation="C"), "postgresql"), primary_key=True)
    count: Mapped[int]
