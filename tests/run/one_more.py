"""One more article of an outlet, fetched and extracted as a run does it."""

from __future__ import annotations

from sqlalchemy import RowMapping, select

from models.tables import ArticleRow, ArticleVersionRow
from models.vocabulary import FeedOutcome
from pipeline.analyse import Analyser
from pipeline.fetch.archive import Archive
from pipeline.fetch.client import Client
from pipeline.run.asking import keep_body
from pipeline.run.context import Context, Silent
from pipeline.run.pages import extract_pages
from pipeline.run.report import RunReport
from pipeline.settings import Settings
from pipeline.store.articles import record_page
from pipeline.store.engine import Database, reading, writing
from pipeline.store.feeds import FeedState, record_poll
from pipeline.store.runs import start_run
from tests.store.builders import NOW, make_entry, make_fetch, make_source


def extract_one(database: Database, settings: Settings, *paragraphs: str) -> tuple[RowMapping, RunReport]:
    """Fetch and extract one more article of the outlet; return its version as it is stored, and what the run reports."""
    archive = Archive(settings.data_dir / "raw")
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    html = f"<html><head><title>Quay</title></head><body><article><h1>Quay</h1>{text}</article></body></html>"
    raw = keep_body(archive, html.encode(), media_type="text/html")
    entry = make_entry(99)
    with writing(database) as connection:
        run_id = start_run(connection, command="one more", at=NOW, versions={})
        poll = make_fetch(run_id, feed_id="wire", feed_outcome=FeedOutcome.OK)
        record_poll(connection, poll, [(entry, entry.url)], state=FeedState(None, None, None))
        article_id = connection.execute(select(ArticleRow.id).where(ArticleRow.url_key == entry.url)).scalar_one()
        record_page(connection, make_fetch(run_id, url=entry.url, article_id=article_id, final_url=entry.url, raw=raw))
    report = RunReport(run_id, NOW, {})
    with Client(settings) as client:
        sources = {"wire": make_source()}
        extract_pages(Context(settings, database, archive, client, Analyser(settings), sources, report, Silent(), lambda: NOW))
    with reading(database) as connection:
        query = select(ArticleVersionRow.__table__).where(ArticleVersionRow.article_id == article_id)
        return connection.execute(query).mappings().one(), report
