"""Feeds: what is known of each, and what a poll brought."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from models.feeds import FeedSource
from models.ids import make_id
from models.records import FeedEntry
from models.tables import ArticleRow, FeedItemRow, FeedRow, FetchRow, RawBodyRow
from models.vocabulary import FailureClass, FeedOutcome, FetchOutcome, StageState
from pipeline.store.rows import insert_new

__all__ = [
    "FeedState",
    "FetchRecord",
    "ItemCounts",
    "StoredRaw",
    "feed_states",
    "record_fetch",
    "record_items",
    "record_poll",
    "sync_feeds",
]


@dataclass(frozen=True, slots=True)
class FeedState:
    """What the last polls of a feed left behind."""

    etag: str | None
    last_modified: str | None
    body_sha256: str | None


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


def sync_feeds(connection: Connection, sources: Iterable[FeedSource]) -> None:
    """Write the feeds of feeds.yaml; what polls left behind stays."""
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
        if not insert_new(connection, FeedRow, [{"id": source.id, "failures": 0, **values}]):
            connection.execute(update(FeedRow).where(FeedRow.id == source.id).values(**values))


def feed_states(connection: Connection) -> dict[str, FeedState]:
    """Return the state of every feed by its id."""
    rows = connection.execute(select(FeedRow.id, FeedRow.etag, FeedRow.last_modified, FeedRow.body_sha256))
    return {row.id: FeedState(row.etag, row.last_modified, row.body_sha256) for row in rows}


def add_raw(connection: Connection, raw: StoredRaw, *, at: datetime) -> None:
    """Write that a body is in the raw store."""
    insert_new(connection, RawBodyRow, [{**asdict(raw), "stored_at": at}])


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


def record_poll(
    connection: Connection, fetch: FetchRecord, entries: Sequence[tuple[FeedEntry, str]], *, state: FeedState | None
) -> ItemCounts:
    """Write one poll of a feed: the request, its items (each with its url key), and the feed's state after it.

    `state` is None where the poll failed: the validators of the last good one then stay in force.
    """
    if fetch.feed_id is None or fetch.feed_outcome is None:
        raise ValueError("a poll has a feed and an outcome")
    counts = record_items(connection, entries, at=fetch.at)
    record_fetch(connection, fetch, items=counts)
    values: dict[str, object] = {"last_attempt_at": fetch.at, "last_outcome": fetch.feed_outcome, "last_reason": fetch.message}
    if state is None:
        values["failures"] = FeedRow.failures + 1
    else:
        values |= {
            "failures": 0,
            "last_success_at": fetch.at,
            "etag": state.etag,
            "last_modified": state.last_modified,
            "body_sha256": state.body_sha256,
        }
    if counts.new:
        values["last_new_item_at"] = fetch.at
    dates = [entry.published_at for entry, _ in entries if entry.published_at is not None]
    if dates:
        values["newest_item_at"] = max(dates)
    connection.execute(update(FeedRow).where(FeedRow.id == fetch.feed_id).values(**values))
    return counts


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
