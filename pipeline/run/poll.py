"""Poll the feeds: requests in threads, everything else in the main thread, one transaction a feed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.feeds import FeedSource
from models.records import FeedEntry
from models.vocabulary import FeedOutcome
from pipeline.fetch.client import Reply
from pipeline.fetch.feed import parse_feed
from pipeline.fetch.politeness import take_turns
from pipeline.run.asking import Answer, Question, ask_all, describe_answer, keep_reply
from pipeline.run.context import Context
from pipeline.run.report import FeedLine
from pipeline.store.engine import reading, writing
from pipeline.store.feeds import FeedState, FetchRecord, ItemCounts, StoredRaw, feed_states, record_poll, sync_feeds
from pipeline.text.urls import url_key

__all__ = ["poll_feeds"]


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
    cap = context.settings.max_feed_bytes

    def question_of(source: FeedSource) -> Question:
        state = states[source.id]
        return Question(source.url, cap, state.etag, state.last_modified)

    answers = ask_all(context, enabled, question_of)
    for source, answer in context.watcher.watch(answers, step="polling feeds", total=len(enabled)):
        context.report.feeds.append(_take_in(context, source, answer, states[source.id]))
    context.report.feeds.sort(key=lambda line: line.feed_id)


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
    media_type = answer.reply.headers.get("content-type")
    try:
        parsed = parse_feed(answer.reply.body, source, base_url=answer.reply.final_url, content_type=media_type, now=answer.at)
    except Exception as error:  # noqa: BLE001 - the item border: a feed that breaks the parser must not stop the others
        return _Reading(FeedOutcome.DEAD, f"parser_broke: {type(error).__name__}: {error}")
    good = parsed.outcome is FeedOutcome.OK
    return _Reading(parsed.outcome, parsed.reason, parsed.entries, parsed.warnings, state=_next_state(answer.reply, raw) if good else None)


def _next_state(reply: Reply, raw: StoredRaw) -> FeedState:
    return FeedState(reply.headers.get("etag"), reply.headers.get("last-modified"), raw.sha256)
