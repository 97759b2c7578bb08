"""Whether what was due still is: a run beside this one may have done it since."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from models.tables import ArticleRow, FetchRow, StageStatusRow
from models.vocabulary import StageState
from pipeline.store.articles import DueExtraction, DuePage

__all__ = ["find_fetchers", "return_to_fetching", "unextracted", "unfetched", "unread"]


def unfetched(connection: Connection, pages: Sequence[DuePage], *, since: datetime) -> set[str]:
    """Return the ids of the articles whose page is still due; one that is stored is, unless it was asked for again since then."""
    new = {page.article_id: page.attempts for page in pages if not page.again}
    again = {page.article_id for page in pages if page.again}
    waiting = select(ArticleRow.id, ArticleRow.attempts).where(
        ArticleRow.id.in_(sorted(new)), ArticleRow.state.in_([StageState.PENDING, StageState.FAILED])
    )
    asked = select(FetchRow.article_id).where(FetchRow.article_id.in_(sorted(again)), FetchRow.fetched_at >= since)
    still = {row.id for row in connection.execute(waiting) if row.attempts == new[row.id]}
    return still | (again - set(connection.execute(asked).scalars()))


def unextracted(connection: Connection, due: Sequence[DueExtraction]) -> set[str]:
    """Return the ids of the articles that nothing was made of yet since the body that was due, and that have no later one."""
    bodies = {item.article_id: item.raw_sha256 for item in due}
    columns = (ArticleRow.id, ArticleRow.raw_sha256, ArticleRow.extracted_sha256)
    rows = connection.execute(select(*columns).where(ArticleRow.id.in_(sorted(bodies)), ArticleRow.state == StageState.DONE))
    return {row.id for row in rows if row.raw_sha256 == bodies[row.id] != row.extracted_sha256}


def unread(connection: Connection, versions: Collection[str]) -> set[str]:
    """Return those of these versions that the language stages have not seen."""
    seen = select(StageStatusRow.version_id).where(StageStatusRow.stage == "events", StageStatusRow.version_id.in_(sorted(versions)))
    return set(versions) - set(connection.execute(seen).scalars())


def find_fetchers(connection: Connection, due: Sequence[DueExtraction]) -> dict[str, str]:
    """Return, by article, the run that fetched the body last."""
    bodies = {item.article_id: item.raw_sha256 for item in due}
    rows = connection.execute(
        select(FetchRow.article_id, FetchRow.raw_sha256, FetchRow.run_id)
        .where(FetchRow.article_id.in_(sorted(bodies)), FetchRow.raw_sha256.is_not(None))
        .order_by(FetchRow.fetched_at, FetchRow.id)
    )
    return {row.article_id: row.run_id for row in rows if bodies[row.article_id] == row.raw_sha256}


def return_to_fetching(connection: Connection, article_id: str, *, reason: str) -> None:
    """Make the page of an article due, because its body cannot be had."""
    values = {"state": StageState.PENDING, "reason": reason, "attempts": 0, "next_attempt_at": None}
    connection.execute(update(ArticleRow).where(ArticleRow.id == article_id).values(**values))
