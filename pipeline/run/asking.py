"""Requests in threads, and what is kept of their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TypeVar

from models.vocabulary import FailureClass, FetchOutcome
from pipeline.errors import FetchError
from pipeline.fetch.archive import Archive
from pipeline.fetch.client import Client, Reply
from pipeline.run.context import Context
from pipeline.run.sharing import Work
from pipeline.store.feeds import FetchRecord, StoredRaw

__all__ = ["Answer", "Question", "ask_all", "ask_work", "describe_answer", "keep_body", "keep_reply"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question:
    """One address to request, with the size cap in bytes and what is known of its last answer; `any_type` takes a body of any media type,
    `polite` obeys the robots.txt of the site.
    """

    url: str
    limit: int
    etag: str | None = None
    last_modified: str | None = None
    any_type: bool = False
    polite: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request: a reply or an error, and how long it took in seconds."""

    url: str
    at: datetime
    seconds: float
    reply: Reply | None
    error: FetchError | None


def ask_all(context: Context, items: Sequence[T], question_of: Callable[[T], Question]) -> Iterator[tuple[T, Answer]]:
    """Request something for every item, many at once, and yield item and answer as they come."""
    with ThreadPoolExecutor(context.settings.threads, thread_name_prefix="ask") as pool:
        futures = {pool.submit(_ask, context.client, question_of(item), context.now): item for item in items}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def ask_work(
    context: Context, work: Work[T], question_of: Callable[[T], Question], *, settle: Callable[[T], bool] | None = None
) -> Iterator[tuple[T, Answer]]:
    """Request something for every item of a step that this run gets, and yield item and answer as they come.

    Items are taken as requests end, so that the threads are never idle and runs beside this one find some free. `settle` does an item
    without a request and tells whether it could.
    """
    with ThreadPoolExecutor(context.settings.threads, thread_name_prefix="ask") as pool:
        asked: dict[Future[Answer], T] = {}
        try:
            while True:
                _take_more(context, work, asked, settle, lambda item: pool.submit(_ask, context.client, question_of(item), context.now))
                if not asked and not work.more():
                    return
                if not asked:
                    work.pause()
                finished, _ = wait(asked, timeout=_LOOK_UP, return_when=FIRST_COMPLETED)
                for future in finished:
                    item = asked.pop(future)
                    yield item, future.result()
                    work.done(item)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


_LOOK_UP = 1.0
"""Seconds after which a run that waits for answers looks whether it is to stop."""


def _take_more(
    context: Context,
    work: Work[T],
    asked: dict[Future[Answer], T],
    settle: Callable[[T], bool] | None,
    submit: Callable[[T], Future[Answer]],
) -> None:
    """Let as many requests wait for a thread as there are threads; where the run is to stop, take those back that wait."""
    if context.stop.now:
        work.give_back([asked.pop(future) for future in list(asked) if future.cancel()])
    elif len(asked) <= context.settings.threads and (work or not asked):
        for item in work.take(context.settings.threads):
            if settle is not None and settle(item):
                work.done(item)
            else:
                asked[submit(item)] = item


def _ask(client: Client, question: Question, now: Callable[[], datetime]) -> Answer:
    began, at = monotonic(), now()
    try:
        reply = client.get(
            question.url,
            limit=question.limit,
            etag=question.etag,
            last_modified=question.last_modified,
            any_type=question.any_type,
            polite=question.polite,
        )
    except FetchError as error:
        return Answer(question.url, at, monotonic() - began, None, error)
    except Exception as error:  # noqa: BLE001 - the item border: an address that breaks the client must not stop the others
        broken = FetchError(f"{type(error).__name__}: {error}", FailureClass.HARD, code="client_broke")
        return Answer(question.url, at, monotonic() - began, None, broken)
    return Answer(question.url, at, monotonic() - began, reply, None)


def keep_body(archive: Archive, body: bytes, *, media_type: str | None) -> StoredRaw:
    """Put a body into the raw store, before anything is made of it."""
    stored = archive.put(body)
    return StoredRaw(stored.sha256, stored.codec, str(stored.path), media_type, stored.size, stored.stored_size)


def keep_reply(archive: Archive, reply: Reply) -> StoredRaw:
    """Put the body of a reply into the raw store."""
    return keep_body(archive, reply.body, media_type=reply.headers.get("content-type"))


def describe_answer(
    context: Context, answer: Answer, *, raw: StoredRaw | None, feed_id: str | None = None, article_id: str | None = None
) -> FetchRecord:
    """Return the answer as the record that the store keeps."""
    reply, error = answer.reply, answer.error
    modified = reply is not None and reply.status != 304
    return FetchRecord(
        run_id=context.report.run_id,
        url=answer.url,
        at=answer.at,
        seconds=answer.seconds,
        outcome=FetchOutcome.FAILED if error else FetchOutcome.OK if modified else FetchOutcome.NOT_MODIFIED,
        feed_id=feed_id,
        article_id=article_id,
        final_url=reply.final_url if reply else None,
        failure=error.failure if error else None,
        code=error.code if error else None,
        message=str(error) if error else None,
        http_status=reply.status if reply else error.status if error else None,
        headers=dict(reply.headers) if reply else None,
        raw=raw,
    )
