"""Fetch the pages that feeds named, and make articles of the bodies."""

from __future__ import annotations

from dataclasses import replace

from models.records import Article, Page
from models.vocabulary import StageState
from pipeline.errors import ItemError, LanguageError, PeninsulaError
from pipeline.extract import extract, forget_pages, name_extractor
from pipeline.fetch.politeness import take_turns
from pipeline.run.asking import Answer, Question, ask_all, describe_answer, keep_body, keep_reply
from pipeline.run.context import Context
from pipeline.store.articles import (
    DueExtraction,
    DuePage,
    due_extractions,
    due_pages,
    feed_text,
    make_version_id,
    record_body,
    record_page,
    record_page_failure,
    record_version,
    set_aside,
)
from pipeline.store.engine import reading, writing

__all__ = ["extract_pages", "fetch_pages"]


FEED_ITEM = "text/html; source=feed-item"
"""Media type of a body that was taken from the feed, not from the page."""


_FORGET_EVERY = 200
"""Pages after which the extractor's caches are emptied: they grow without end otherwise."""


def fetch_pages(context: Context) -> None:
    """Fetch every due page; each is in the raw store and in the database before the next step looks at it.

    Where a feed is declared to hold the full text, that text is the body and its page is not asked for.
    """
    with reading(context.database) as connection:
        waiting = due_pages(connection, now=context.now(), limit=context.settings.max_articles)
    due = [page for page in waiting if not _take_from_feed(context, page)]
    cap = context.settings.max_page_bytes
    answers = ask_all(context, take_turns(due, lambda page: page.url), lambda page: Question(page.url, cap))
    for page, answer in context.watcher.watch(answers, step="fetching pages", total=len(due)):
        _take_in(context, page, answer)


def _take_from_feed(context: Context, page: DuePage) -> bool:
    """Keep the text that a feed holds of an article as its body; tell whether there was one."""
    feeds = [source.id for source in context.sources.values() if source.feed_has_full_text]
    if not feeds:
        return False
    with reading(context.database) as connection:
        content = feed_text(connection, page.article_id, feeds)
    if content is None:
        return False
    raw = keep_body(context.archive, content.encode(), media_type=FEED_ITEM)
    with writing(context.database) as connection:
        record_body(connection, page.article_id, raw, final_url=page.url, at=context.now())
    context.report.pages["from feed"] += 1
    return True


def _take_in(context: Context, page: DuePage, answer: Answer) -> None:
    raw = keep_reply(context.archive, answer.reply) if answer.reply is not None else None
    fetch = describe_answer(context, answer, raw=raw, article_id=page.article_id)
    with writing(context.database) as connection:
        if raw is not None:
            record_page(connection, fetch)
            context.report.pages["fetched"] += 1
            return
        state = record_page_failure(connection, fetch, attempts=page.attempts)
    context.report.pages[state.value] += 1
    context.report.add_problem("fetch", state.value, page.url, f"{fetch.code}: {fetch.message}")


def extract_pages(context: Context) -> None:
    """Make an article version of every body that none was made of yet."""
    with reading(context.database) as connection:
        due = due_extractions(connection)
    for number, item in enumerate(context.watcher.watch(due, step="extracting articles", total=len(due)), start=1):
        _extract_one(context, item)
        if number % _FORGET_EVERY == 0:
            forget_pages()


def _extract_one(context: Context, due: DueExtraction) -> None:
    try:
        article = _make_article(context, due)
    except LanguageError as error:
        _put_aside(context, due, StageState.SKIPPED, f"{error.code}: {error}")
        return
    except ItemError as error:
        _put_aside(context, due, StageState.QUARANTINED, f"{error.code}: {error}")
        return
    except PeninsulaError:
        raise
    except Exception as error:  # noqa: BLE001 - the item border: a page that breaks the extractor must not stop the others
        _put_aside(context, due, StageState.QUARANTINED, f"extractor_broke: {type(error).__name__}: {error}")
        return
    if due.korea_filter and not article.korea:
        _put_aside(context, due, StageState.SKIPPED, f"not_about_korea: relevance {article.korea_score:.2f}")
    else:
        with writing(context.database) as connection:
            is_new = record_version(
                connection, article, due=due, extractor=name_extractor(), run_id=context.report.run_id, at=context.now()
            )
        context.report.articles["new" if is_new else "unchanged"] += 1


def _make_article(context: Context, due: DueExtraction) -> Article:
    source = context.sources.get(due.feed_id)
    body = b"" if due.content_type == FEED_ITEM else context.archive.get(due.raw_sha256)
    headers = {"content-type": due.content_type} if due.content_type else {}
    page = Page(due.url, due.final_url, 200, headers, body, due.raw_sha256, due.fetched_at)
    article = extract(
        page,
        article_id=due.article_id,
        entry=due.entry,
        feed_language=due.language,
        default_tz=source.default_tz if source else None,
        use_feed_text=due.content_type == FEED_ITEM,
        publisher=due.publisher,
    )
    return replace(article, id=make_version_id(due.article_id, article.text, article.title))


def _put_aside(context: Context, due: DueExtraction, state: StageState, reason: str) -> None:
    with writing(context.database) as connection:
        set_aside(connection, due, state=state, reason=reason)
    context.report.articles[state.value] += 1
    context.report.add_problem("extract", state.value, due.url, reason)
