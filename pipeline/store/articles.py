"""Articles and their versions: what is due, and what became of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, or_, select, update

from models.ids import content_hash, make_id
from models.records import Article, FeedEntry, Publication, Span
from models.tables import ArticleRow, ArticleVersionRow, FeedItemRow, FeedRow, StageStatusRow
from models.vocabulary import FailureClass, FeedKind, StageState
from pipeline.store.feeds import FetchRecord, StoredRaw, add_raw, record_fetch
from pipeline.store.rows import insert_new

__all__ = [
    "DueExtraction",
    "DuePage",
    "due_analyses",
    "due_extractions",
    "due_pages",
    "feed_text",
    "load_article",
    "make_article",
    "make_version_id",
    "record_body",
    "record_page",
    "record_page_failure",
    "record_version",
    "set_aside",
]

MAX_ATTEMPTS = 4
"""A page that failed this often, over two days by the delays below, is kept in quarantine until someone asks for it."""

_RETRY_AFTER = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=36))


@dataclass(frozen=True, slots=True)
class DuePage:
    """An article whose page is to be fetched."""

    article_id: str
    url: str
    attempts: int


@dataclass(frozen=True, slots=True)
class DueExtraction:
    """A fetched body that is to become an article version, with the feed item that led to it."""

    article_id: str
    url: str
    final_url: str
    raw_sha256: str
    content_type: str | None
    fetched_at: datetime
    entry: FeedEntry
    feed_id: str
    publisher: str
    language: str
    kind: FeedKind
    korea_filter: bool


def make_version_id(article_id: str, text: str, title: str) -> str:
    """Return the id of the version of an article that has this title and text."""
    return make_id("ver", article_id, _content_hash(text, title))


def _content_hash(text: str, title: str) -> str:
    return content_hash(f"{title}\n\n{text}")


def due_pages(connection: Connection, *, now: datetime, limit: int) -> list[DuePage]:
    """Return the articles whose page is due, longest waiting first."""
    retry = (ArticleRow.state == StageState.FAILED) & (ArticleRow.next_attempt_at <= now)
    rows = connection.execute(
        select(ArticleRow.id, ArticleRow.url, ArticleRow.attempts)
        .where(or_(ArticleRow.state == StageState.PENDING, retry))
        .order_by(ArticleRow.first_seen_at, ArticleRow.id)
        .limit(limit)
    )
    return [DuePage(*row) for row in rows]


def feed_text(connection: Connection, article_id: str, feeds: Collection[str]) -> str | None:
    """Return the text that the items of these feeds hold of an article, None where they hold none."""
    return connection.execute(
        select(FeedItemRow.content)
        .where(FeedItemRow.article_id == article_id, FeedItemRow.feed_id.in_(feeds), FeedItemRow.content != "")
        .order_by(FeedItemRow.feed_id, FeedItemRow.guid)
        .limit(1)
    ).scalar()


def record_page(connection: Connection, fetch: FetchRecord) -> None:
    """Write a fetched page; its extraction is then due, unless the same body was extracted before."""
    if fetch.article_id is None or fetch.raw is None:
        raise ValueError("a page has an article and a body")
    record_fetch(connection, fetch)
    record_body(connection, fetch.article_id, fetch.raw, final_url=fetch.final_url, at=fetch.at)


def record_body(connection: Connection, article_id: str, raw: StoredRaw, *, final_url: str | None, at: datetime) -> None:
    """Write which body an article is to be made of."""
    add_raw(connection, raw, at=at)
    connection.execute(
        update(ArticleRow)
        .where(ArticleRow.id == article_id)
        .values(
            state=StageState.DONE,
            reason=None,
            attempts=0,
            next_attempt_at=None,
            raw_sha256=raw.sha256,
            final_url=final_url,
            fetched_at=at,
            content_type=raw.media_type,
        )
    )


def record_page_failure(connection: Connection, fetch: FetchRecord, *, attempts: int) -> StageState:
    """Write a failed request for a page and when it is tried again; return the article's state after it."""
    record_fetch(connection, fetch)
    final = fetch.failure is FailureClass.HARD or attempts + 1 >= MAX_ATTEMPTS
    state = StageState.QUARANTINED if final else StageState.FAILED
    connection.execute(
        update(ArticleRow)
        .where(ArticleRow.id == fetch.article_id)
        .values(
            state=state,
            reason=fetch.message,
            attempts=attempts + 1,
            next_attempt_at=None if final else fetch.at + _RETRY_AFTER[min(attempts, len(_RETRY_AFTER) - 1)],
        )
    )
    return state


def due_extractions(connection: Connection) -> list[DueExtraction]:
    """Return the bodies that no version was made of yet, each with the first of the feed items that led to it.

    The first that holds a text, then by feed id and guid, not by time: so the same items give the same version in whatever
    order they came. An article is filtered by relevance only where every feed that carries it asks for the filter.
    """
    rows = connection.execute(
        select(*_DUE_COLUMNS)
        .join(FeedItemRow, FeedItemRow.article_id == ArticleRow.id)
        .join(FeedRow, FeedRow.id == FeedItemRow.feed_id)
        .where(
            ArticleRow.state == StageState.DONE,
            or_(ArticleRow.extracted_sha256.is_(None), ArticleRow.extracted_sha256 != ArticleRow.raw_sha256),
        )
        .order_by(ArticleRow.id, FeedItemRow.content == "", FeedItemRow.feed_id, FeedItemRow.guid)
    )
    due: dict[str, DueExtraction] = {}
    for row in rows.mappings():
        first = due.get(row["article_id"])
        if first is None or (first.korea_filter and not row["korea_filter"]):
            due[row["article_id"]] = _due_extraction(row)
    return list(due.values())


_ENTRY_FIELDS = ("feed_id", "guid", "title", "summary", "content", "published_raw", "published_at", "updated_raw", "published_zone")
_DUE_COLUMNS = (
    ArticleRow.id.label("article_id"),
    ArticleRow.url,
    ArticleRow.final_url,
    ArticleRow.raw_sha256,
    ArticleRow.content_type,
    ArticleRow.fetched_at,
    FeedItemRow.url.label("item_url"),
    *(getattr(FeedItemRow, name) for name in _ENTRY_FIELDS),
    FeedRow.publisher,
    FeedRow.language,
    FeedRow.kind,
    FeedRow.korea_filter,
)


def _due_extraction(row: RowMapping) -> DueExtraction:
    entry = FeedEntry(url=row["item_url"], **{name: row[name] for name in _ENTRY_FIELDS})
    return DueExtraction(
        article_id=row["article_id"],
        url=row["url"],
        final_url=row["final_url"] or row["url"],
        raw_sha256=row["raw_sha256"],
        content_type=row["content_type"],
        fetched_at=row["fetched_at"],
        entry=entry,
        feed_id=row["feed_id"],
        publisher=row["publisher"],
        language=row["language"],
        kind=row["kind"],
        korea_filter=row["korea_filter"],
    )


def record_version(connection: Connection, article: Article, *, due: DueExtraction, extractor: str, run_id: str, at: datetime) -> bool:
    """Write the version made of a body, in one transaction with its status; tell whether the text is new."""
    publication = article.publication
    version = {
        "id": article.id,
        "article_id": due.article_id,
        "content_sha256": _content_hash(article.text, article.title),
        "raw_sha256": due.raw_sha256,
        "extractor": extractor,
        "title": article.title,
        "text": article.text,
        "lang": article.lang,
        "url": article.url,
        "publisher": article.publisher,
        "source_kind": due.kind,
        "published_at": publication.at if publication else None,
        "published_raw": publication.raw if publication else None,
        "published_zone": publication.zone if publication else None,
        "published_source": publication.source if publication else None,
        "published_precision": publication.precision if publication else None,
        "body_status": article.body_status,
        "korea": article.korea,
        "korea_score": article.korea_score,
        "furniture": [list(span) for span in article.furniture],
        "dateline_start": article.dateline.start if article.dateline else None,
        "dateline_end": article.dateline.end if article.dateline else None,
        "created_at": at,
    }
    is_new = insert_new(connection, ArticleVersionRow, [version]) == 1
    status = {
        "version_id": article.id,
        "stage": "extract",
        "stage_version": extractor,
        "state": StageState.DONE,
        "counts": {"characters": len(article.text)},
        "run_id": run_id,
        "finished_at": at,
    }
    insert_new(connection, StageStatusRow, [status])
    connection.execute(
        update(ArticleRow)
        .where(ArticleRow.id == due.article_id)
        .values(extracted_sha256=due.raw_sha256, latest_version_id=article.id, reason=None)
    )
    return is_new


def set_aside(connection: Connection, due: DueExtraction, *, state: StageState, reason: str) -> None:
    """Write that no version was made of a body, and why. The body stays in the raw store."""
    connection.execute(
        update(ArticleRow).where(ArticleRow.id == due.article_id).values(extracted_sha256=due.raw_sha256, state=state, reason=reason)
    )


def due_analyses(connection: Connection) -> list[str]:
    """Return the ids of the versions that the language stages have not seen, in order of publication."""
    seen = select(StageStatusRow.version_id).where(StageStatusRow.stage == "events")
    rows = connection.execute(
        select(ArticleVersionRow.id).where(ArticleVersionRow.id.not_in(seen)).order_by(ArticleVersionRow.published_at, ArticleVersionRow.id)
    )
    return [row.id for row in rows]


def load_article(connection: Connection, version_id: str) -> Article:
    """Return one version as the record that the language stages read."""
    return make_article(connection.execute(select(ArticleVersionRow).where(ArticleVersionRow.id == version_id)).mappings().one())


def make_article(row: RowMapping) -> Article:
    """Return a row of `article_version` as a record."""
    publication = None
    if row["published_at"] is not None:
        publication = Publication(
            row["published_at"], row["published_raw"] or "", row["published_zone"], row["published_source"], row["published_precision"]
        )
    dateline, start, end = None, row["dateline_start"], row["dateline_end"]
    if start is not None and end is not None:
        dateline = Span(start, end, row["text"][start:end])
    return Article(
        id=row["id"],
        publication=publication,
        furniture=tuple((start, end) for start, end in row["furniture"]),
        dateline=dateline,
        **{name: row[name] for name in ("text", "lang", "title", "url", "publisher", "body_status", "korea", "korea_score")},
    )
