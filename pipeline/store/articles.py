"""Articles and their versions: what is due, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, exists, func, or_, select, update

from models.ids import content_hash, make_id
from models.records import Article, FeedEntry, Publication, Span
from models.tables import (
    ArticleRow,
    ArticleVersionRow,
    EventMentionRow,
    FeedItemRow,
    FeedRow,
    FetchRow,
    RawBodyRow,
    StageStatusRow,
    VersionChangeRow,
)
from models.vocabulary import BodyStatus, FailureClass, FeedKind, StageState
from pipeline.store.feeds import FetchRecord, StoredRaw, add_raw, record_fetch
from pipeline.store.rows import insert_new

__all__ = [
    "READ_COLUMNS",
    "DueExtraction",
    "DuePage",
    "count_followed",
    "due_analyses",
    "due_extractions",
    "due_pages",
    "due_refetches",
    "feed_text",
    "keep_version",
    "load_article",
    "make_article",
    "make_version_id",
    "outlet_lengths",
    "outlet_texts",
    "record_body",
    "record_page",
    "record_page_failure",
    "record_version",
    "set_aside",
    "stored_cuts",
]

MAX_ATTEMPTS = 4
"""A page that failed this often, over two days by the delays below, is kept in quarantine until someone asks for it."""

_RETRY_AFTER = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=36))

REFETCH_AFTER = tuple(timedelta(days=days, hours=-2) for days in (1, 3, 7))
"""Ages at which the page of an article that told events is asked for again: most corrections come within a day, few after a week.

Two hours short of whole days, so that a nightly run that is a little faster than the one before still finds them due.
"""

REFETCH_UNTIL = timedelta(days=14)
"""Age from which a page is left alone, even if it was never asked for again: the first run of a database of years asks for two weeks."""


@dataclass(frozen=True, slots=True)
class DuePage:
    """An article whose page is to be fetched; `again` tells that it is stored, and asked for only to see whether it was edited.

    `etag` and `last_modified` are the validators of the stored body, None where its server sent none.
    """

    article_id: str
    url: str
    attempts: int
    again: bool = False
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class DueExtraction:
    """A fetched body that is to become an article version, with the feed item that led to it.

    `stored` is the body status of the newest version, where there is one that was made of another body.
    """

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
    stored: BodyStatus | None = None


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


def due_refetches(connection: Connection, *, now: datetime, limit: int) -> list[DuePage]:
    """Return the articles that told events and whose page is to be asked for again, those first that were not asked for the longest.

    A request that failed counts as asked. Articles whose text came from the feed are not among them: their feed tells what changed.
    """
    of_article = FetchRow.article_id == ArticleRow.id
    asked = select(func.max(FetchRow.fetched_at)).where(of_article).scalar_subquery().label("asked_at")
    headers = (
        select(FetchRow.headers)
        .where(of_article, FetchRow.raw_sha256 == ArticleRow.raw_sha256)
        .order_by(FetchRow.fetched_at.desc(), FetchRow.id)
        .limit(1)
        .scalar_subquery()
        .label("headers")
    )
    tells = exists().where(ArticleVersionRow.article_id == ArticleRow.id, EventMentionRow.version_id == ArticleVersionRow.id)
    rows = connection.execute(
        select(ArticleRow.id, ArticleRow.url, ArticleRow.first_seen_at, asked, headers)
        .where(ArticleRow.state == StageState.DONE, ArticleRow.first_seen_at > now - REFETCH_UNTIL, tells)
        .order_by(asked, ArticleRow.id)
    )
    due = (row for row in rows if row.headers is not None and _is_due_again(row.first_seen_at, row.asked_at, now))
    return [
        DuePage(row.id, row.url, 0, again=True, etag=row.headers.get("etag"), last_modified=row.headers.get("last-modified"))
        for row in islice(due, limit)
    ]


def _is_due_again(first_seen: datetime, asked: datetime, now: datetime) -> bool:
    """Tell whether the article has reached an age at which it is asked for, and was not asked for since."""
    return any(asked < first_seen + age <= now for age in REFETCH_AFTER)


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
        .outerjoin(
            ArticleVersionRow,
            and_(ArticleVersionRow.id == ArticleRow.latest_version_id, ArticleVersionRow.raw_sha256 != ArticleRow.raw_sha256),
        )
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
    ArticleVersionRow.body_status.label("stored"),
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
        stored=row["stored"],
    )


READ_COLUMNS = ("title", "lang", "published_at", "published_zone", "furniture", "dateline_start", "dateline_end")
"""Columns of a version that the language stages read beside its text."""

_FOLLOWING = (
    *READ_COLUMNS,
    *("url", "publisher", "published_raw", "published_source", "published_precision"),
    *("body_status", "korea", "korea_score"),
)
"""Columns of a version that follow a newer extractor where the text is the same."""


def record_version(connection: Connection, article: Article, *, due: DueExtraction, extractor: str, run_id: str, at: datetime) -> bool:
    """Write the version made of a body, in one transaction with its status; tell whether the text is new.

    Where the same body was extracted before and gives the same text, its version stays, and what is made otherwise now (title, dates, …)
    follows, with a row of `version_change` for each column. The text stays, and so all offsets in it.
    """
    values = _version_columns(article, due)
    latest = _latest_version(connection, due.article_id)
    again = latest is not None and latest["extracted_sha256"] is None
    if latest is not None and latest["text"] == article.text and (again or latest["title"] == article.title):
        version_id, is_new = str(latest["id"]), False
        if again:
            _follow(connection, latest, values, extractor=extractor, run_id=run_id, at=at)
    else:
        version = {"id": article.id, "extractor": extractor, "created_at": at, **values}
        version_id, is_new = article.id, insert_new(connection, ArticleVersionRow, [version]) == 1
    status = {
        "version_id": version_id,
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
        .values(extracted_sha256=due.raw_sha256, latest_version_id=version_id, reason=None)
    )
    return is_new


def _version_columns(article: Article, due: DueExtraction) -> dict[str, Any]:
    publication = article.publication
    return {
        "article_id": due.article_id,
        "content_sha256": _content_hash(article.text, article.title),
        "raw_sha256": due.raw_sha256,
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
        "removed": list(article.removed),
    }


def _latest_version(connection: Connection, article_id: str) -> RowMapping | None:
    """Return the newest version of an article, and of which body it was made; None there where the body is to be extracted again."""
    query = (
        select(ArticleVersionRow.__table__, ArticleRow.extracted_sha256)
        .join(ArticleRow, ArticleRow.latest_version_id == ArticleVersionRow.id)
        .where(ArticleRow.id == article_id)
    )
    return connection.execute(query).mappings().first()


def _follow(connection: Connection, stored: RowMapping, values: Mapping[str, Any], *, extractor: str, run_id: str, at: datetime) -> None:
    """Let the metadata of a version be those of a newer extraction, and keep what they were."""
    changed = {column: values[column] for column in _FOLLOWING if values[column] != stored[column]}
    if not changed:
        return
    made = {"version_id": stored["id"], "at": at, "extractor": extractor, "run_id": run_id}
    rows = [{"column": column, "before": _as_text(stored[column]), "after": _as_text(value), **made} for column, value in changed.items()]
    insert_new(connection, VersionChangeRow, rows)
    connection.execute(update(ArticleVersionRow).where(ArticleVersionRow.id == stored["id"]).values(**changed))


def _as_text(value: object) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime) else str(value)


def count_followed(connection: Connection, run_id: str) -> int:
    """Return how many versions got other metadata in a run."""
    versions = select(func.count(VersionChangeRow.version_id.distinct())).where(VersionChangeRow.run_id == run_id)
    return connection.execute(versions).scalar_one()


def set_aside(connection: Connection, due: DueExtraction, *, state: StageState, reason: str) -> None:
    """Write that no version was made of a body, and why. The body stays in the raw store."""
    connection.execute(
        update(ArticleRow).where(ArticleRow.id == due.article_id).values(extracted_sha256=due.raw_sha256, state=state, reason=reason)
    )


def outlet_texts(connection: Connection, publisher: str, lang: str, *, limit: int) -> list[tuple[str, tuple[str, ...]]]:
    """Return the last texts of an outlet in one language, each with the paragraphs that were cut out of it."""
    rows = connection.execute(
        select(ArticleVersionRow.text, ArticleVersionRow.removed)
        .join(ArticleRow, ArticleRow.latest_version_id == ArticleVersionRow.id)
        .where(ArticleVersionRow.publisher == publisher, ArticleVersionRow.lang == lang, ArticleVersionRow.published_at.is_not(None))
        .order_by(ArticleVersionRow.published_at.desc(), ArticleVersionRow.id)
        .limit(limit)
    )
    return [(text, tuple(removed)) for text, removed in rows]


def stored_cuts(connection: Connection, article_id: str) -> tuple[str, ...] | None:
    """Return what was learned and cut out of the newest version of an article; None where it has none."""
    removed = connection.execute(
        select(ArticleVersionRow.removed)
        .join(ArticleRow, ArticleRow.latest_version_id == ArticleVersionRow.id)
        .where(ArticleRow.id == article_id)
    ).scalar_one_or_none()
    return None if removed is None else tuple(removed)


def outlet_lengths(connection: Connection, publisher: str, *, beside: str, limit: int) -> list[int]:
    """Return the lengths, in characters, of the texts that pages of an outlet gave last, without that of the article `beside`."""
    rows = connection.execute(
        select(func.length(ArticleVersionRow.text))
        .join(ArticleRow, ArticleRow.latest_version_id == ArticleVersionRow.id)
        .where(
            ArticleVersionRow.publisher == publisher,
            ArticleVersionRow.body_status.in_([BodyStatus.FULL, BodyStatus.TEASER]),
            ArticleVersionRow.published_at.is_not(None),
            ArticleRow.id != beside,
        )
        .order_by(ArticleVersionRow.published_at.desc(), ArticleVersionRow.id)
        .limit(limit)
    )
    return list(rows.scalars())


def keep_version(connection: Connection, article_id: str) -> None:
    """Go back to the body that the newest version of an article was made of. The later body stays in the raw store."""
    body = connection.execute(
        select(
            ArticleVersionRow.raw_sha256,
            RawBodyRow.media_type,
            FetchRow.final_url,
            func.coalesce(FetchRow.fetched_at, ArticleVersionRow.created_at).label("fetched_at"),
        )
        .join(ArticleRow, ArticleRow.latest_version_id == ArticleVersionRow.id)
        .join(RawBodyRow, RawBodyRow.sha256 == ArticleVersionRow.raw_sha256)
        .outerjoin(FetchRow, and_(FetchRow.article_id == ArticleRow.id, FetchRow.raw_sha256 == ArticleVersionRow.raw_sha256))
        .where(ArticleRow.id == article_id)
        .order_by(FetchRow.fetched_at.desc(), FetchRow.id)
        .limit(1)
    ).one()
    connection.execute(
        update(ArticleRow)
        .where(ArticleRow.id == article_id)
        .values(
            raw_sha256=body.raw_sha256,
            extracted_sha256=body.raw_sha256,
            content_type=body.media_type,
            final_url=body.final_url,
            fetched_at=body.fetched_at,
        )
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
