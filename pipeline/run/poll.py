"""Poll the feeds that are due: requests in threads, everything else in the main thread, one transaction a feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeAlias
from urllib.parse import urlsplit

from models.feeds import FeedSource
from models.polling import FeedState
from models.vocabulary import FailureClass, FeedOutcome
from pipeline.errors import FetchError
from pipeline.fetch.client import Reply
from pipeline.fetch.discovery import ChildSitemap, parse_source, wanted_children
from pipeline.fetch.failures import hide_credentials
from pipeline.fetch.politeness import take_turns
from pipeline.fetch.schedule import (
    BadPoll,
    GoodPoll,
    after_bad,
    after_good,
    find_alarm,
    find_recovery,
    is_due,
    is_given_a_week,
    judge,
    parse_retry_after,
    suggest_address,
    wants_whole_body,
)
from pipeline.run.asking import Answer, Question, ask_all, ask_work, describe_answer, keep_reply
from pipeline.run.context import Context
from pipeline.run.report import FeedLine, Turn
from pipeline.run.sharing import Work
from pipeline.store.engine import reading
from pipeline.store.feeds import StoredRaw, count_new, feed_states, postpone_host, record_fetch, record_poll, sync_feeds
from pipeline.store.leases import Kind
from pipeline.store.merges import Transaction
from pipeline.store.runs import recording
from pipeline.text.urls import url_key

__all__ = ["poll_feeds"]

Poll: TypeAlias = GoodPoll | BadPoll


def poll_feeds(context: Context) -> None:
    """Poll every enabled feed that is due or was named, write what each brought, and report every one of them."""
    with recording(context.database) as connection:
        sync_feeds(connection, context.sources.values())
    with reading(context.database) as connection:
        first = feed_states(connection)
    now = context.now()
    states = dict(first)
    due = []
    for source in context.sources.values():
        line = _explain_rest(source, states[source.id], now, named=source.id in context.only)
        if line is None:
            due.append(source)
        else:
            context.report.feeds.append(line)
    due = take_turns(due, lambda source: source.url)

    def still_due(connection: Transaction, sources: Sequence[FeedSource]) -> set[str]:
        # A feed whose state is another one now was polled by a run beside this one, or its host asked to be left alone.
        states.update(feed_states(connection))
        return {source.id for source in sources if states[source.id] == first[source.id]}

    def find() -> Sequence[FeedSource]:
        with reading(context.database) as connection:
            left = still_due(connection, due)
        return [source for source in due if source.id in left]

    work = Work(context, Kind.FEED, find, key=lambda source: source.id, still_due=still_due)
    poller = _Poller(context, {url_key(source.url): source.id for source in context.sources.values()})
    answers = ask_work(context, work, lambda source: _question_of(context, source, states[source.id], now))
    for source, answer in context.watcher.watch(answers, step="polling feeds", total=len(due)):
        context.report.feeds.append(poller.take_in(source, answer, states[source.id]))
    reported = {line.feed_id for line in context.report.feeds}
    context.report.feeds += [_explain_other(context, source, states[source.id]) for source in due if source.id not in reported]
    context.report.feeds.sort(key=lambda line: line.feed_id)


def _question_of(context: Context, source: FeedSource, state: FeedState, now: datetime) -> Question:
    cap = context.settings.max_feed_bytes
    if source.source == "sitemap":
        # An index stays the same while its children change, and gzip is no text.
        return Question(source.url, cap, any_type=True)
    if wants_whole_body(state, now):
        return Question(source.url, cap)
    return Question(source.url, cap, state.etag, state.last_modified)


def _explain_other(context: Context, source: FeedSource, state: FeedState) -> FeedLine:
    """Return the line of a feed that was due and that this run did not poll."""
    reason = (
        "the run ended before its turn" if context.stop.now else f"polled by a run beside this one: {state.last_outcome or 'no answer'}"
    )
    return _describe(FeedLine(source.id, FeedOutcome.WAITING, 0, 0, 0, reason, 0.0), state)


def _explain_rest(source: FeedSource, state: FeedState, now: datetime, *, named: bool) -> FeedLine | None:
    """Return the line of a feed that is not to be polled, None for one that is. A feed that the user named need not be due."""
    if not source.enabled:
        return FeedLine(source.id, FeedOutcome.OFF, 0, 0, 0, source.note or None, 0.0)
    if named or is_due(state, now):
        return None
    if state.disabled_reason is not None:
        return FeedLine(source.id, FeedOutcome.OFF, 0, 0, 0, state.disabled_reason, 0.0, failures=state.failures)
    last = f", after {state.last_outcome}" if state.last_outcome else ""
    reason = f"due at {state.next_attempt_at:%Y-%m-%d %H:%M} UTC{last}"
    return _describe(FeedLine(source.id, FeedOutcome.WAITING, 0, 0, 0, reason, 0.0), state)


def _describe(line: FeedLine, state: FeedState) -> FeedLine:
    """Add to a line what the state of its feed says."""
    moved = suggest_address(state)
    rare = f"has failed so often that it is asked once a week: {state.failures:g} failures by weight"
    return replace(
        line,
        warnings=(*line.warnings, rare) if is_given_a_week(state) else line.warnings,
        failures=state.failures,
        next_attempt_at=state.next_attempt_at,
        suggestion=f"permanent redirects lead to {moved}: put it into feeds.yaml" if moved else None,
    )


@dataclass(frozen=True, slots=True)
class _Poller:
    """Takes in the answers of one run.

    `addresses` are the ids of the feeds by the keys of their addresses, `resting` the hosts that asked to be left alone, with until when.
    """

    context: Context
    addresses: Mapping[str, str]
    resting: dict[str, datetime] = field(default_factory=dict)

    def take_in(self, source: FeedSource, answer: Answer, before: FeedState) -> FeedLine:
        """Keep and write what one feed answered."""
        context, reply = self.context, answer.reply
        raw = keep_reply(context.archive, reply) if reply is not None and reply.status != 304 else None
        poll, warnings = self._read(source, answer, before, raw)
        fetch = describe_answer(context, answer, raw=raw, feed_id=source.id)
        with recording(context.database) as connection:
            if isinstance(poll, GoodPoll):
                poll = replace(poll, new=count_new(connection, poll.entries))
                poll = judge(before, poll, expect_daily=source.expect_daily, windowed=source.source == "sitemap")
                after = after_good(before, poll, longest=timedelta(seconds=context.settings.max_poll_interval))
            else:
                after = after_bad(before, poll)
            fetch = replace(fetch, feed_outcome=poll.outcome, message=fetch.message or poll.reason)
            counts = record_poll(connection, fetch, [(entry, url_key(entry.url)) for entry in poll.entries], state=after)
            if until := self._rest_of_host(source, answer):
                postpone_host(connection, _host_of(source), until)
        line = FeedLine(source.id, poll.outcome, counts.new, counts.known, counts.updated, poll.reason, answer.seconds, warnings)
        return replace(_describe(line, after), turn=_find_turn(before, after))

    def _read(self, source: FeedSource, answer: Answer, before: FeedState, raw: StoredRaw | None) -> tuple[Poll, tuple[str, ...]]:
        """Return what an answer says, and what was wrong with its items."""
        if answer.error is not None:
            return _read_error(answer.error, answer.at), ()
        if answer.reply is None:
            raise ValueError("an answer is a reply or an error")
        moved = answer.reply.final_url if answer.reply.final_url != source.url else None
        other = self.addresses.get(url_key(moved)) if moved else None
        if moved and other not in {None, source.id}:
            reason = f"redirects to {hide_credentials(moved)}, which is the address of the feed {other!r}"
            return BadPoll(answer.at, FeedOutcome.DEAD, reason, FailureClass.HARD), ()
        poll, warnings = self._read_body(source, answer.reply, answer.at, before, raw)
        if isinstance(poll, GoodPoll) and moved and answer.reply.permanent_redirect:
            poll = replace(poll, moved_to=hide_credentials(moved))
        return poll, warnings

    def _read_body(
        self, source: FeedSource, reply: Reply, at: datetime, before: FeedState, raw: StoredRaw | None
    ) -> tuple[Poll, tuple[str, ...]]:
        if raw is None:
            return GoodPoll(at, FeedOutcome.NOT_MODIFIED), ()
        poll = GoodPoll(at, FeedOutcome.OK, None, reply.headers.get("etag"), reply.headers.get("last-modified"), raw.sha256)
        media_type = reply.headers.get("content-type")
        try:
            wanted = wanted_children(reply.body, source, base_url=reply.final_url, content_type=media_type, now=at)
            if not wanted and raw.sha256 == before.body_sha256:
                return replace(poll, outcome=FeedOutcome.NOT_MODIFIED, reason="same body as last time"), ()
            children = self._ask_children(source, wanted)
            parsed = parse_source(reply.body, source, base_url=reply.final_url, content_type=media_type, now=at, children=children)
        except Exception as error:  # noqa: BLE001 - the item border: a feed that breaks the parser must not stop the others
            return BadPoll(at, FeedOutcome.DEAD, f"parser_broke: {type(error).__name__}: {error}", FailureClass.SOFT), ()
        if parsed.outcome is not FeedOutcome.OK:
            return BadPoll(at, parsed.outcome, parsed.reason, FailureClass.SOFT), parsed.warnings
        return replace(poll, entries=parsed.entries), parsed.warnings

    def _ask_children(self, source: FeedSource, addresses: Sequence[str]) -> list[ChildSitemap]:
        """Request the sitemaps that an index names, and keep and write what they answered."""
        context, cap = self.context, self.context.settings.max_feed_bytes
        answers = dict(ask_all(context, addresses, lambda address: Question(address, cap, any_type=True)))
        return [self._take_in_child(source, address, answers[address]) for address in addresses]

    def _take_in_child(self, source: FeedSource, address: str, answer: Answer) -> ChildSitemap:
        raw = keep_reply(self.context.archive, answer.reply) if answer.reply is not None else None
        with recording(self.context.database) as connection:
            record_fetch(connection, describe_answer(self.context, answer, raw=raw, feed_id=source.id))
        if answer.reply is None:
            failure = f"{answer.error.code}: {answer.error}" if answer.error else "no answer"
            return ChildSitemap(address, address, None, failure=failure)
        return ChildSitemap(address, answer.reply.final_url, answer.reply.body, answer.reply.headers.get("content-type"))

    def _rest_of_host(self, source: FeedSource, answer: Answer) -> datetime | None:
        """Return until when the host of a feed asked to be left alone, in this answer or an earlier one of the run."""
        host = _host_of(source)
        if answer.error is not None and answer.error.status == 429:
            until = answer.at + parse_retry_after(answer.error.retry_after, answer.at)
            self.resting[host] = max(until, self.resting.get(host, until))
        return self.resting.get(host)


def _read_error(error: FetchError, at: datetime) -> BadPoll:
    gone = error.code == "gone"
    reason = f"{error.code}: {error}" + ("; not polled again until feeds.yaml has another address" if gone else "")
    return BadPoll(at, FeedOutcome.DEAD, reason, error.failure, parse_retry_after(error.retry_after, at), gone)


def _find_turn(before: FeedState, after: FeedState) -> Turn | None:
    if find_alarm(before, after):
        return "alarm"
    return "recovered" if find_recovery(before, after) else None


def _host_of(source: FeedSource) -> str:
    return urlsplit(source.url).hostname or ""
