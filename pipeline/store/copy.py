"""Copy what earlier runs know of feeds and articles, for a dry run."""

from __future__ import annotations

from sqlalchemy import insert, select

from models.tables import ArticleRow, Base, FeedItemRow, FeedRow, RawBodyRow, RunRow
from models.vocabulary import StageState
from pipeline.store.engine import Database, reading, writing

__all__ = ["copy_fetch_state"]

_TABLES: tuple[type[Base], ...] = (RunRow, FeedRow, RawBodyRow, ArticleRow, FeedItemRow)


def copy_fetch_state(source: Database, target: Database) -> None:
    """Copy feeds, articles and items into an empty database; work that is due is due there too, bodies excepted.

    Raw bodies stay where they are, so an article whose body waits for extraction is fetched again.
    """
    with reading(source) as old, writing(target) as new:
        for table in _TABLES:
            for row in old.execute(select(table.__table__)).mappings():
                new.execute(insert(table), _as_fetched(dict(row)) if table is ArticleRow else dict(row))


def _as_fetched(article: dict[str, object]) -> dict[str, object]:
    if article["state"] is StageState.DONE and article["raw_sha256"] != article["extracted_sha256"]:
        return {**article, "state": StageState.PENDING}
    return article
