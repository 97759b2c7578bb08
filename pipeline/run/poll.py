"""Poll the feeds: requests in threads, everything else in the main thread, one transaction a feed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic

from models.feeds import FeedSource
from models.records import FeedEntry
from models.vocabulary import FeedOutcome, FetchOutcome
from pipeline.errors import FetchError
from pipeline.fetch.archive import Archive
from pipeline.fetch.client import Client, Reply
from pipeline.fetch.feed import parse_feed
from pipeline.fetch.politeness import take_turns
from pipeline.run.context import Context
from pipeline.run.report import FeedLine
from pipeline.store.engine import reading, writing
from pipeline.store.feeds import FeedState, FetchRecord, ItemCounts, StoredRaw, feed_states, record_poll, sync_feeds
from pipeline.text.urls import url_key

__all__ = ["Answer", "ask", "describe_answer", "keep_body", "keep_reply", "poll_feeds"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request: a reply or an error, and how long it took in seconds."""

    url: str
    at: datetime
    seconds: float
    reply: Reply | None
    error: FetchError | None


def ask(client: Client, url: str, *, limit: int, at: datetime, state: FeedState | None = None) -> Answer:
    """Request one address; an error that belongs to the address is part of the answer."""
    began = monotonic()
    try:
        reply = client.get(url, limit=limit, etag=state.etag if state else None, last_modified=state.last_modified if state else None)
    except FetchError as error:
        return Answer(url, at, monotonic() - began, None, error)
    return Answer(url, at, monotonic() - began, reply, None)


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


def poll_feeds(context: Context) -> None:
    """Poll every enabled feed once, write what each brought, and report every one of them."""
    with writing(context.database) as connection:
        sync_feeds(connection, context.sources.values())
    with reading(context.database) as connection:
        states = feed_states(connection)
    for source in context.sources.values():
        if not source.enabled:
            context.report.feeds.append(FeedLine(source.id, FeedOutcome.OFF, 0, 0, 0, source.note or None, 0.0))
    enabled = take_turns((source for source in context.sources.values() if source.enabled), lambda source: source.url)
    answers = _ask_all(context, enabled, states)
    for source, answer in context.watcher.watch(answers, step="polling feeds", total=len(enabled)):
        context.report.feeds.append(_take_in(context, source, answer, states[source.id]))
    context.report.feeds.sort(key=lambda line: line.feed_id)


def _ask_all(context: Context, sources: list[FeedSource], states: Mapping[str, FeedState]) -> Iterator[tuple[FeedSource, Answer]]:
    with ThreadPoolExecutor(context.settings.threads, thread_name_prefix="feed") as pool:
        futures = {
            pool.submit(
                ask, context.client, source.url, limit=context.settings.max_feed_bytes, at=context.now(), state=states[source.id]
            ): source
            for source in sources
        }
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a feed's answer says: outcome, why, its items, and the state to go on from (None after a failure)."""

    outcome: FeedOutcome
    reason: str | None = None
    entries: tuple[FeedEntry, ...] = ()
    warnings: tuple[str, ...] = ()
    state: FeedState | None = None


def _take_in(context: Context, source: FeedSource, answer: Answer, state: FeedState) -> FeedLine:
    """Keep and write what one feed answered."""
    raw = keep_reply(context.archive, answer.reply) if answer.reply is not None and answer.reply.status != 304 else None
    read = _read_answer(context, source, answer, state, raw)
    fetch = describe_answer(context, answer, raw=raw, feed_id=source.id)
    keyed = [(entry, url_key(entry.url)) for entry in read.entries]
    with writing(context.database) as connection:
        counts: ItemCounts = record_poll(connection, _with_outcome(fetch, read), keyed, state=read.state)
    return FeedLine(source.id, read.outcome, counts.new, counts.known, counts.updated, read.reason, answer.seconds, read.warnings)


def _with_outcome(fetch: FetchRecord, read: _Reading) -> FetchRecord:
    return replace(fetch, feed_outcome=read.outcome, message=fetch.message or read.reason)


def _read_answer(context: Context, source: FeedSource, answer: Answer, state: FeedState, raw: StoredRaw | None) -> _Reading:
    if answer.error is not None:
        return _Reading(FeedOutcome.DEAD, f"{answer.error.code}: {answer.error}")
    if answer.reply is None or raw is None:
        return _Reading(FeedOutcome.NOT_MODIFIED, state=state)
    if raw.sha256 == state.body_sha256:
        return _Reading(FeedOutcome.NOT_MODIFIED, "same body as last time", state=_next_state(answer.reply, raw))
    parsed = parse_feed(
        answer.reply.body,
        source,
        base_url=answer.reply.final_url,
        content_type=answer.reply.headers.get("content-type"),
        now=answer.at,
    )
    good = parsed.outcome is FeedOutcome.OK
    return _Reading(parsed.outcome, parsed.reason, parsed.entries, parsed.warnings, state=_next_state(answer.reply, raw) if good else None)


def _next_state(reply: Reply, raw: StoredRaw) -> FeedState:
    return FeedState(reply.headers.get("etag"), reply.headers.get("last-modified"), raw.sha256)
