"""Feeds: what is known of each, and what a poll brought."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, case, func, insert, select, update

from models.feeds import FeedSource
from models.ids import make_id
from models.polling import FeedState
from models.records import FeedEntry
from models.tables import ArticleRow, FeedItemRow, FeedRow, FetchRow, RawBodyRow
from models.vocabulary import FailureClass, FeedOutcome, FetchOutcome, StageState
from pipeline.store.bodies import PRUNED
from pipeline.store.rows import insert_new

__all__ = [
    "FeedHealth",
    "FeedPoll",
    "FeedState",
    "FetchRecord",
    "ItemCounts",
    "StoredRaw",
    "count_new",
    "feed_health",
    "feed_history",
    "feed_states",
    "postpone_host",
    "record_fetch",
    "record_items",
    "record_poll",
    "sync_feeds",
]

SHORT_TREND, LONG_TREND = 7, 30
"""Polls that the trends of a feed look back on: a week and a month of nights."""


@dataclass(frozen=True, slots=True)
class StoredRaw:
    """A body in the raw store: checksum, codec, path below the store's root, sizes in bytes."""

    sha256: str
    codec: str
    path: str
    media_type: str | None
    size: int
    stored_size: int


@dataclass(frozen=True, slots=True)
class FetchRecord:
    """One request and how it ended."""

    run_id: str
    url: str
    at: datetime
    seconds: float
    outcome: FetchOutcome
    feed_id: str | None = None
    article_id: str | None = None
    final_url: str | None = None
    feed_outcome: FeedOutcome | None = None
    failure: FailureClass | None = None
    code: str | None = None
    message: str | None = None
    http_status: int | None = None
    headers: dict[str, str] | None = None
    raw: StoredRaw | None = None


@dataclass(frozen=True, slots=True)
class ItemCounts:
    """How many items of a feed were new, known, or known but changed."""

    new: int = 0
    known: int = 0
    updated: int = 0


@dataclass(frozen=True, slots=True)
class FeedPoll:
    """One poll of a feed: when, how it ended and why, what it brought, how long the request took in seconds."""

    at: datetime
    outcome: FeedOutcome
    reason: str | None
    new: int
    known: int
    seconds: float
    http_status: int | None


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """How one feed fares. All but the first three fields are empty for a feed that was never polled.

    `outcome` holds since `since`; OK and NOT_MODIFIED count as one. `new_7` and `new_30` are the new items of the last 7 and 30 polls,
    `good_share` is the share (0 to 1) of the last 30 polls that were answered. `failures` is the sum of the weights of the failures in a
    row. `next_attempt_at` is None where the feed is due at once. `suggestion` is the address that permanent redirects lead to, seen in
    `suggestion_seen` good polls in a row. `disabled_reason` says why the site's answer switched the feed off.
    """

    feed_id: str
    publisher: str
    enabled: bool
    outcome: FeedOutcome | None
    since: datetime | None
    reason: str | None
    last_attempt_at: datetime | None
    last_success_at: datetime | None
    last_new_item_at: datetime | None
    new_7: int
    new_30: int
    good_share: float | None
    failures: float
    next_attempt_at: datetime | None
    suggestion: str | None
    suggestion_seen: int
    disabled_reason: str | None


def sync_feeds(connection: Connection, sources: Iterable[FeedSource]) -> None:
    """Write the feeds of feeds.yaml; what polls left behind stays, unless the address is another one: then the feed starts afresh.

    Only when news last came stays even then, since the items of the old address are kept.
    """
    addresses = {row.id: row.url for row in connection.execute(select(FeedRow.id, FeedRow.url))}
    for source in sources:
        values = {
            "publisher": source.publisher,
            "url": str(source.url),
            "language": source.language,
            "country": source.country,
            "kind": source.kind,
            "korea_filter": source.korea_filter,
            "enabled": source.enabled,
        }
        if addresses.get(source.id, values["url"]) != values["url"]:
            values |= {name: value for name, value in asdict(FeedState()).items() if name not in _KEPT}
        if not insert_new(connection, FeedRow, [{"id": source.id, **values}]):
            connection.execute(update(FeedRow).where(FeedRow.id == source.id).values(**values))


_KEPT = frozenset({"last_success_at", "last_new_item_at", "newest_item_at", "last_outcome", "outcome_since"})
_STATE = tuple(field.name for field in fields(FeedState))


def feed_states(connection: Connection) -> dict[str, FeedState]:
    """Return the state of every feed by its id."""
    rows = connection.execute(select(FeedRow.id, *(getattr(FeedRow, name) for name in _STATE)))
    return {row.id: FeedState(*row[1:]) for row in rows}


def feed_history(connection: Connection, feed_id: str, limit: int) -> list[FeedPoll]:
    """Return the last polls of a feed, at most `limit`, the newest first."""
    rows = connection.execute(
        select(
            FetchRow.fetched_at, FetchRow.feed_outcome, FetchRow.message, FetchRow.items_new, FetchRow.items_known, FetchRow.seconds,
            FetchRow.http_status,
        )
        .where(FetchRow.feed_id == feed_id, FetchRow.feed_outcome.is_not(None))
        .order_by(FetchRow.fetched_at.desc(), FetchRow.id)
        .limit(limit)
    )  # fmt: skip
    return [
        FeedPoll(row.fetched_at, row.feed_outcome, row.message, row.items_new or 0, row.items_known or 0, row.seconds, row.http_status)
        for row in rows
    ]


def feed_health(connection: Connection) -> list[FeedHealth]:
    """Return how every feed fares, in the order of ids; feeds that no longer stand in feeds.yaml are among them."""
    place = func.row_number().over(partition_by=FetchRow.feed_id, order_by=FetchRow.fetched_at.desc())
    polls = (
        select(FetchRow.feed_id, FetchRow.items_new, FetchRow.feed_outcome, place.label("place"))
        .where(FetchRow.feed_outcome.is_not(None))
        .subquery()
    )
    trends = {
        row.feed_id: (int(row.new_7 or 0), int(row.new_30 or 0), float(row.good))
        for row in connection.execute(
            select(
                polls.c.feed_id,
                func.sum(case((polls.c.place <= SHORT_TREND, polls.c.items_new), else_=0)).label("new_7"),
                func.sum(polls.c.items_new).label("new_30"),
                func.avg(case((polls.c.feed_outcome.in_([outcome for outcome in FeedOutcome if outcome.answered]), 1.0), else_=0.0)).label(
                    "good"
                ),
            )
            .where(polls.c.place <= LONG_TREND)
            .group_by(polls.c.feed_id)
        )
    }
    rows = connection.execute(select(FeedRow.__table__).order_by(FeedRow.id))
    return [_describe_health(row, *trends.get(row.id, (0, 0, None))) for row in rows]


def _describe_health(row: Row[Any], new_7: int, new_30: int, good_share: float | None) -> FeedHealth:
    return FeedHealth(
        feed_id=row.id,
        publisher=row.publisher,
        enabled=row.enabled,
        outcome=row.last_outcome,
        since=row.outcome_since,
        reason=row.last_reason,
        last_attempt_at=row.last_attempt_at,
        last_success_at=row.last_success_at,
        last_new_item_at=row.last_new_item_at,
        new_7=new_7,
        new_30=new_30,
        good_share=good_share,
        failures=row.failures,
        next_attempt_at=row.next_attempt_at,
        suggestion=row.moved_to,
        suggestion_seen=row.moved_seen,
        disabled_reason=row.disabled_reason,
    )


def add_raw(connection: Connection, raw: StoredRaw, *, at: datetime) -> None:
    """Write that a body is in the raw store; one that was pruned is there again."""
    if not insert_new(connection, RawBodyRow, [{**asdict(raw), "stored_at": at}]):
        again = (RawBodyRow.sha256 == raw.sha256) & (RawBodyRow.codec == PRUNED)
        connection.execute(update(RawBodyRow).where(again).values(codec=raw.codec, path=raw.path, stored_at=at))


def record_fetch(connection: Connection, fetch: FetchRecord, *, items: ItemCounts | None = None) -> None:
    """Write one request, and the body it brought."""
    if fetch.raw is not None:
        add_raw(connection, fetch.raw, at=fetch.at)
    row = {
        "id": make_id("fch", fetch.run_id, fetch.feed_id, fetch.article_id, fetch.url),
        "run_id": fetch.run_id,
        "feed_id": fetch.feed_id,
        "article_id": fetch.article_id,
        "url": fetch.url,
        "final_url": fetch.final_url,
        "outcome": fetch.outcome,
        "feed_outcome": fetch.feed_outcome,
        "failure": fetch.failure,
        "code": fetch.code,
        "message": fetch.message,
        "http_status": fetch.http_status,
        "headers": fetch.headers,
        "raw_sha256": fetch.raw.sha256 if fetch.raw else None,
        "size": fetch.raw.size if fetch.raw else None,
        "seconds": fetch.seconds,
        "items_new": items.new if items else None,
        "items_known": items.known if items else None,
        "fetched_at": fetch.at,
    }
    connection.execute(insert(FetchRow), row)


def count_new(connection: Connection, entries: Sequence[FeedEntry]) -> int:
    """Return how many of the entries are not stored yet as items of their feed."""
    ids = sorted({make_id("itm", entry.feed_id, entry.guid) for entry in entries})
    known = select(func.count()).select_from(FeedItemRow)
    return len(ids) - sum(
        connection.execute(known.where(FeedItemRow.id.in_(ids[start : start + _AT_ONCE]))).scalar_one()
        for start in range(0, len(ids), _AT_ONCE)
    )


_AT_ONCE = 1_000
"""Ids in one query; databases allow some thirty thousand, a feed may hold more items."""


def record_poll(connection: Connection, fetch: FetchRecord, entries: Sequence[tuple[FeedEntry, str]], *, state: FeedState) -> ItemCounts:
    """Write one poll of a feed: the request, its items (each with its url key), and the feed's state after it."""
    if fetch.feed_id is None or fetch.feed_outcome is None:
        raise ValueError("a poll has a feed and an outcome")
    counts = record_items(connection, entries, at=fetch.at)
    record_fetch(connection, fetch, items=counts)
    values = asdict(state) | {"last_attempt_at": fetch.at, "last_outcome": fetch.feed_outcome, "last_reason": fetch.message}
    connection.execute(update(FeedRow).where(FeedRow.id == fetch.feed_id).values(**values))
    return counts


def postpone_host(connection: Connection, host: str, until: datetime) -> None:
    """Let no feed of the host be due before `until`."""
    rows = connection.execute(select(FeedRow.id, FeedRow.url)).all()
    ids = [row.id for row in rows if urlsplit(row.url).hostname == host]
    earlier = (FeedRow.next_attempt_at.is_(None)) | (FeedRow.next_attempt_at < until)
    connection.execute(update(FeedRow).where(FeedRow.id.in_(ids), earlier).values(next_attempt_at=until))


def record_items(connection: Connection, entries: Sequence[tuple[FeedEntry, str]], *, at: datetime) -> ItemCounts:
    """Write the items of a poll; a new address becomes a due article, a changed item makes its article due again."""
    new = known = updated = 0
    for entry, url_key in entries:
        article_id = make_id("art", url_key)
        article = {"id": article_id, "url_key": url_key, "url": entry.url, "first_seen_at": at, "state": StageState.PENDING, "attempts": 0}
        insert_new(connection, ArticleRow, [article])
        if insert_new(connection, FeedItemRow, [_item_row(entry, article_id, at)]):
            new += 1
        elif _refresh_item(connection, entry):
            updated += 1
        else:
            known += 1
    return ItemCounts(new, known, updated)


def _item_row(entry: FeedEntry, article_id: str, at: datetime) -> dict[str, object]:
    return {
        "id": make_id("itm", entry.feed_id, entry.guid),
        "feed_id": entry.feed_id,
        "guid": entry.guid,
        "article_id": article_id,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "content": entry.content,
        "published_raw": entry.published_raw,
        "published_at": entry.published_at,
        "published_zone": entry.published_zone,
        "updated_raw": entry.updated_raw,
        "first_seen_at": at,
    }


def _refresh_item(connection: Connection, entry: FeedEntry) -> bool:
    """Take over a changed title or update time and make the article due; tell whether anything had changed."""
    item_id = make_id("itm", entry.feed_id, entry.guid)
    known = connection.execute(
        select(FeedItemRow.title, FeedItemRow.updated_raw, FeedItemRow.article_id).where(FeedItemRow.id == item_id)
    ).one()
    if (known.title, known.updated_raw) == (entry.title, entry.updated_raw):
        return False
    connection.execute(
        update(FeedItemRow)
        .where(FeedItemRow.id == item_id)
        .values(title=entry.title, summary=entry.summary, content=entry.content, updated_raw=entry.updated_raw)
    )
    connection.execute(
        update(ArticleRow)
        .where(ArticleRow.id == known.article_id, ArticleRow.state.in_([StageState.DONE, StageState.FAILED]))
        .values(state=StageState.PENDING, reason="the feed reports a change", attempts=0)
    )
    return True
