"""Fetch the pages that feeds named, and make articles of the bodies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from models.records import Article, Page
from models.vocabulary import BodyStatus, StageState
from pipeline.errors import ItemError, LanguageError, PeninsulaError
from pipeline.extract import extract, forget_pages, name_extractor
from pipeline.extract.boilerplate import COMPARED, Cut, learn, normalise
from pipeline.extract.teaser import is_cut, is_teaser
from pipeline.fetch.politeness import take_turns
from pipeline.run.asking import Answer, Question, ask_work, describe_answer, keep_body, keep_reply
from pipeline.run.context import Context
from pipeline.run.sharing import Work
from pipeline.store.articles import (
    DueExtraction,
    DuePage,
    due_extractions,
    due_pages,
    due_refetches,
    feed_text,
    keep_version,
    make_version_id,
    outlet_lengths,
    outlet_texts,
    record_body,
    record_page,
    record_page_failure,
    record_version,
    set_aside,
    stored_cuts,
)
from pipeline.store.engine import reading
from pipeline.store.feeds import record_fetch
from pipeline.store.leases import Kind, held
from pipeline.store.merges import Transaction
from pipeline.store.pending import find_fetchers, return_to_fetching, unextracted, unfetched
from pipeline.store.runs import recording

__all__ = ["FEED_ITEM", "extract_pages", "fetch_pages"]


FEED_ITEM = "text/html; source=feed-item"
"""Media type of a body that was taken from the feed, not from the page."""


_WHOLE = frozenset({BodyStatus.FULL, BodyStatus.JSON, BodyStatus.FEED})
"""What is stored as one of these is not replaced by a teaser or a summary: a paywall or an error page came, no edit."""


_COMPARED = 30
"""Last articles of an outlet by whose lengths a teaser is told: some weeks of a small one, a day of a large one."""


_FORGET_EVERY = 200
"""Pages after which the extractor's caches are emptied: they grow without end otherwise."""


def fetch_pages(context: Context) -> None:
    """Fetch every due page; each is in the raw store and in the database before the next step looks at it.

    Where a feed is declared to hold the full text, that text is the body and its page is not asked for. Pages of articles that told
    events are asked for again some days later, as far as the new ones leave room.
    """
    now, cap = context.now(), context.settings.max_page_bytes
    finder = _PageFinder(context, now)

    def still_due(connection: Transaction, pages: Sequence[DuePage]) -> set[str]:
        return unfetched(connection, pages, since=now)

    work = Work(context, Kind.PAGE, finder.find, key=lambda page: page.article_id, still_due=still_due)
    total = len(work)
    answers = ask_work(
        context,
        work,
        lambda page: Question(page.url, cap, page.etag, page.last_modified, polite=True),
        settle=lambda page: not page.again and _take_from_feed(context, page),
    )
    for page, answer in context.watcher.watch(answers, step="fetching pages", total=total):
        _take_in(context, page, answer)


@dataclass(slots=True)
class _PageFinder:
    """Finds the pages of one run: at most `max_articles` in all, and those that are asked for again once."""

    context: Context
    now: datetime
    looked: bool = False

    def find(self) -> list[DuePage]:
        """Return pages that are due, in an order in which hosts take turns."""
        context, most = self.context, self.context.settings.max_articles
        room = most - len(context.leases.handled[Kind.PAGE]) if context.leases else most
        with reading(context.database) as connection:
            due = due_pages(connection, now=self.now, limit=room)
            if not self.looked:
                share = int(most * context.settings.refetch_share)
                due += due_refetches(connection, now=self.now, limit=min(share, room - len(due)))
        self.looked = True
        return take_turns(due, lambda page: page.url)


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
    with recording(context.database) as connection:
        record_body(connection, page.article_id, raw, final_url=page.url, at=context.now())
    context.report.pages["from feed"] += 1
    return True


def _take_in(context: Context, page: DuePage, answer: Answer) -> None:
    reply = answer.reply if answer.reply is not None and answer.reply.status != 304 else None
    raw = keep_reply(context.archive, reply) if reply is not None else None
    fetch = describe_answer(context, answer, raw=raw, article_id=page.article_id)
    with recording(context.database) as connection:
        if raw is not None:
            record_page(connection, fetch)
            outcome = "fetched again" if page.again else "fetched"
        elif page.again:
            record_fetch(connection, fetch)
            outcome = "kept" if answer.error else "not modified"
        else:
            outcome = record_page_failure(connection, fetch, attempts=page.attempts).value
    context.report.pages[outcome] += 1
    if answer.error is not None:
        context.report.add_problem("fetch", outcome, page.url, f"{fetch.code}: {fetch.message}")


def extract_pages(context: Context) -> None:
    """Make an article version of every body that none was made of yet.

    A body lies on the machine that fetched it, and is left to it while its run lives. Once that is over, its page is fetched again.
    """
    while _extract_due(context):
        fetch_pages(context)


def _extract_due(context: Context) -> int:
    """Extract the bodies that are here; return how many pages are to be fetched again because theirs are not."""

    def find() -> list[DueExtraction]:
        with reading(context.database) as connection:
            return due_extractions(connection)

    def busy(connection: Transaction, items: Sequence[DueExtraction]) -> set[str]:
        return held(connection, Kind.BODY) | _left_to_others(context, connection, items)

    lost = 0
    work = Work(context, Kind.BODY, find, key=lambda due: due.article_id, still_due=unextracted, busy=busy)
    for number, item in enumerate(context.watcher.watch(work, step="extracting articles", total=len(work)), start=1):
        if context.leases is None or _is_here(context, item):
            _extract_one(context, item)
        else:
            with recording(context.database) as connection:
                return_to_fetching(connection, item.article_id, reason="the body lies on another machine, whose run is over")
            context.report.pages["lost by another run"] += 1
            lost += 1
        if number % _FORGET_EVERY == 0:
            forget_pages()
    return lost


def _is_here(context: Context, due: DueExtraction) -> bool:
    return due.content_type == FEED_ITEM or context.archive.holds(due.raw_sha256)


def _left_to_others(context: Context, connection: Transaction, items: Sequence[DueExtraction]) -> set[str]:
    """Return the articles whose body lies with another run that lives."""
    away = [item for item in items if not _is_here(context, item)]
    living = held(connection, Kind.RUN) - {context.report.run_id}
    return {article for article, run in find_fetchers(connection, away).items() if run in living}


def _extract_one(context: Context, due: DueExtraction) -> None:
    lacks: list[str] = []
    try:
        article = _make_article(context, due, lacks.append)
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
    elif due.stored in _WHOLE and article.body_status not in _WHOLE:
        _keep_stored(context, due, f"poorer: the page gives a {article.body_status} now")
    else:
        with recording(context.database) as connection:
            is_new = record_version(
                connection, article, due=due, extractor=name_extractor(), run_id=context.report.run_id, at=context.now()
            )
        context.report.articles["new" if is_new else "unchanged"] += 1
        for lack in lacks:
            context.report.add_problem("extract", "summary", due.url, f"summary_only: {lack}; the summary of the feed is stored instead")


def _make_article(context: Context, due: DueExtraction, note: Callable[[str], None]) -> Article:
    source = context.sources.get(due.feed_id)
    body = b"" if due.content_type == FEED_ITEM else context.archive.get(due.raw_sha256)
    headers = {"content-type": due.content_type} if due.content_type else {}
    page = Page(due.url, due.final_url, 200, headers, body, due.raw_sha256, due.fetched_at)
    learned = _learn_boilerplate(context, due)
    article = extract(
        page,
        article_id=due.article_id,
        entry=due.entry,
        feed_language=due.language,
        default_tz=source.default_tz if source else None,
        use_feed_text=due.content_type == FEED_ITEM,
        publisher=due.publisher,
        declared=source.boilerplate if source else (),
        learned=learned,
        note=note,
    )
    if article.removed:
        context.report.boilerplate[due.publisher] += len(article.removed)
    # What is declared is not kept: whoever takes the declaration back gets the paragraph back.
    removed = tuple(paragraph for paragraph in article.removed if normalise(paragraph) in learned)
    version_id = make_version_id(due.article_id, article.text, article.title)
    return replace(article, id=version_id, body_status=_judge_body(context, due, article), removed=removed)


def _learn_boilerplate(context: Context, due: DueExtraction) -> frozenset[str]:
    """Return the paragraphs to cut: those of the stored version where there is one, else what the outlet's other articles teach.

    A text that was stored is cut as it was then, so that asking for its page again makes no false correction.
    """
    with reading(context.database) as connection:
        stored = stored_cuts(connection, due.article_id)
        if stored is not None:
            return frozenset(map(normalise, stored))
        key = (due.publisher, due.language)
        if key not in context.learned:
            texts = outlet_texts(connection, *key, limit=COMPARED)
            context.learned[key] = learn([Cut(*text) for text in texts], due.language)
    return context.learned[key]


def _judge_body(context: Context, due: DueExtraction, article: Article) -> BodyStatus:
    """Return the status of a body, which is that of a teaser where the other articles of its outlet show that it is one."""
    if article.body_status is not BodyStatus.FULL or not is_cut(article.text):
        return article.body_status
    with reading(context.database) as connection:
        lengths = outlet_lengths(connection, due.publisher, beside=due.article_id, limit=_COMPARED)
    return BodyStatus.TEASER if is_teaser(article.text, lengths) else article.body_status


def _put_aside(context: Context, due: DueExtraction, state: StageState, reason: str) -> None:
    if due.stored is not None:
        _keep_stored(context, due, reason)
        return
    with recording(context.database) as connection:
        set_aside(connection, due, state=state, reason=reason)
    context.report.articles[state.value] += 1
    context.report.add_problem("extract", state.value, due.url, reason)


def _keep_stored(context: Context, due: DueExtraction, reason: str) -> None:
    """Leave an article as it is stored, where what came later is no article or a poorer one."""
    with recording(context.database) as connection:
        keep_version(connection, due.article_id)
    context.report.articles["kept"] += 1
    context.report.add_problem("extract", "kept", due.url, reason)
