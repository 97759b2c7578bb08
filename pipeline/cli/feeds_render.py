"""Feeds as tables for people and as data for programs. What feeds and servers sent is shown without the characters that steer a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.feeds import FeedSource
from models.records import FeedEntry
from models.vocabulary import FeedOutcome
from pipeline.store.feeds import FeedHealth, FeedPoll

if TYPE_CHECKING:
    from pipeline.errors import FetchError
    from pipeline.fetch import ParsedFeed, Reply

__all__ = [
    "OUTCOME_STYLES",
    "FeedFile",
    "FeedReport",
    "Trial",
    "file_as_data",
    "print_file",
    "print_reports",
    "print_trial",
    "report_as_data",
    "sparkline",
    "trial_as_data",
]

OUTCOME_STYLES: Mapping[FeedOutcome, str] = {
    FeedOutcome.OK: "green",
    FeedOutcome.NOT_MODIFIED: "green",
    FeedOutcome.DEAD: "red",
    FeedOutcome.HTML: "red",
    FeedOutcome.EMPTY: "yellow",
    FeedOutcome.SILENT: "yellow",
    FeedOutcome.GAP: "yellow",
    FeedOutcome.WAITING: "dim",
    FeedOutcome.OFF: "dim",
}
"""Colours in which the outcomes of polls are shown."""

UNPOLLED = "unpolled"
"""Stands for the outcome of a feed that was never polled."""

BARS = "▁▂▃▄▅▆▇█"
FAILED = "×"
TELLING = ("content-type", "content-encoding", "etag", "last-modified", "cache-control", "expires", "retry-after", "date", "server")
"""Headers that tell how a feed is to be polled and read."""


@dataclass(frozen=True, slots=True)
class FeedReport:
    """How one feed of the list does; `health` is None where no run has seen it yet, `polls` are the last ones, the oldest first.

    `alarms` are the reasons for which somebody should look at it; a feed that is switched off in the list has none.
    """

    source: FeedSource
    health: FeedHealth | None
    polls: tuple[FeedPoll, ...]
    alarms: tuple[str, ...]

    @property
    def outcome(self) -> FeedOutcome | None:
        """How the last poll ended; OFF where the feed is switched off, None where it was never polled."""
        if not self.source.enabled or (self.health and self.health.disabled_reason):
            return FeedOutcome.OFF
        return self.health.outcome if self.health else None


@dataclass(frozen=True, slots=True)
class Trial:
    """One request for a feed and what it brought: an error, or a reply and what was read in it; `listed` tells whether the feed is known."""

    source: FeedSource
    listed: bool
    reply: Reply | None = None
    feed: ParsedFeed | None = None
    error: FetchError | None = None


@dataclass(frozen=True, slots=True)
class FeedFile:
    """One stored body and what it yields, or why it could not be read."""

    name: str
    feed: ParsedFeed | None
    error: str = ""


# --- how the feeds do ---


def print_reports(console: Console, reports: Sequence[FeedReport], *, shown: Sequence[FeedReport], now: datetime) -> None:
    """Print `shown` as a table, and below it one line on all `reports`."""
    table = Table(title="Feeds; times in UTC", title_justify="left")
    for name in ("feed", "outcome", "since", f"new items ({FAILED} failed)", "last new", "failures", "next attempt", "note"):
        table.add_column(name, justify="right" if name == "failures" else "left", overflow="fold")
    for report in shown:
        table.add_row(*_report_cells(report, now))
    if shown:
        console.print(table)
    counts = Counter(report.outcome.value if report.outcome else UNPOLLED for report in reports)
    order = [*(outcome.value for outcome in FeedOutcome), UNPOLLED]
    told = ", ".join(f"{counts[name]} {name}" for name in order if counts[name])
    wanting = sum(bool(report.alarms) for report in reports)
    console.print(f"{len(reports)} feeds: {told}; {wanting} to look at", highlight=False)


def _report_cells(report: FeedReport, now: datetime) -> tuple[str, ...]:
    health, outcome = report.health, report.outcome
    name = f"[{OUTCOME_STYLES[outcome]}]{outcome}[/]" if outcome else f"[dim]{UNPOLLED}[/]"
    note = "; ".join(report.alarms) or (report.source.note if outcome is FeedOutcome.OFF else (health and health.reason) or "")
    if health is None:
        return report.source.id, name, "", "", "", "", "", _show(note)
    trend = sparkline([poll.new if poll.outcome.answered else None for poll in report.polls])
    waits = health.next_attempt_at is not None and health.next_attempt_at > now
    due = "" if outcome is FeedOutcome.OFF else _time(health.next_attempt_at) if waits else "due"
    failures = f"{health.failures:g}" if health.failures else ""
    return report.source.id, name, _time(health.since), trend, _time(health.last_new_item_at), failures, due, _show(note)


def sparkline(counts: Sequence[int | None]) -> str:
    """Return one bar for each count, scaled to the greatest; nothing new is the lowest bar, None a failed poll."""
    top = max((count for count in counts if count), default=1)
    return "".join(FAILED if count is None else BARS[-(-count * (len(BARS) - 1) // top)] for count in counts)


def report_as_data(report: FeedReport) -> dict[str, Any]:
    """Return a report as plain JSON data; times are ISO strings in UTC."""
    source, outcome = report.source, report.outcome
    named = {"id": source.id, "publisher": source.publisher, "url": source.url, "enabled": source.enabled, "note": source.note}
    health = asdict(report.health) if report.health else {}
    left_out = {"feed_id", "publisher", "enabled", "outcome"}
    return (
        named
        | {"outcome": outcome.value if outcome else None, "alarms": list(report.alarms)}
        | {name: _plain(value) for name, value in health.items() if name not in left_out}
        | {"polls": [{name: _plain(value) for name, value in asdict(poll).items()} for poll in report.polls]}
    )


# --- one feed tried, and files of feeds ---


def print_trial(console: Console, trial: Trial, *, items: int) -> None:
    """Print a request step by step, then the first `items` items of the feed."""
    _line(console, "feed", f"{trial.source.id}, {trial.source.publisher}" if trial.listed else "not in the list of feeds")
    for name, text in _describe_answer(trial):
        _line(console, name, text)
    if trial.feed is not None:
        _print_feed(console, trial.feed, items=items)


def trial_as_data(trial: Trial) -> dict[str, Any]:
    """Return a request and what it brought as plain JSON data; sizes are bytes, times ISO strings in UTC or seconds."""
    reply, error = trial.reply, trial.error
    return {
        "feed": trial.source.id if trial.listed else None,
        "url": _without_credentials(trial.source.url),
        "final_url": _without_credentials(reply.final_url) if reply else None,
        "permanent_redirect": reply.permanent_redirect if reply else None,
        "status": reply.status if reply else error.status if error else None,
        "headers": _telling_headers(reply),
        "size": len(reply.body) if reply else None,
        "seconds": round(reply.seconds, 3) if reply else None,
        "error": {"code": error.code, "class": error.failure.value, "message": str(error)} if error else None,
        **(_feed_as_data(trial.feed) if trial.feed else {"outcome": FeedOutcome.DEAD.value, "reason": f"{error and error.code}: {error}"}),
    }


def _describe_answer(trial: Trial) -> list[tuple[str, str]]:
    reply, error = trial.reply, trial.error
    lines = [("address", _without_credentials(trial.source.url))]
    if error is not None:
        lines += [("answer", str(error.status))] if error.status else []
        return [*lines, ("outcome", f"{FeedOutcome.DEAD} ({error.code}, a {error.failure} failure): {error}")]
    if reply is None:
        return lines
    lines += [("", f"→ {_without_credentials(hop)}") for hop in reply.hops[:-1]]
    if reply.final_url != trial.source.url:
        kind = "a permanent redirect: better name this address" if reply.permanent_redirect else "a redirect"
        lines.append(("", f"→ {_without_credentials(reply.final_url)} ({kind})"))
    lines.append(("answer", f"{reply.status}, {len(reply.body):,} bytes in {reply.seconds:.2f} s"))
    # Imported here because the parsers take a while to import, and the other commands read no feed.
    from pipeline.fetch.decode import name_encoding

    lines += [("", f"{name}: {value}") for name, value in _telling_headers(reply).items()]
    return [*lines, ("encoding", name_encoding(reply.body, reply.headers.get("content-type")))]


def _telling_headers(reply: Reply | None) -> dict[str, str]:
    return {name: reply.headers[name] for name in TELLING if name in reply.headers} if reply else {}


def print_file(console: Console, file: FeedFile) -> None:
    """Print all items of one stored body."""
    _line(console, "file", file.name)
    if file.feed is None:
        _line(console, "outcome", f"unreadable: {file.error}")
    else:
        _print_feed(console, file.feed, items=len(file.feed.entries))


def file_as_data(file: FeedFile) -> dict[str, Any]:
    """Return what a stored body yields as plain JSON data; times are ISO strings in UTC."""
    return {"file": file.name} | (_feed_as_data(file.feed) if file.feed else {"outcome": None, "reason": file.error})


def _feed_as_data(feed: ParsedFeed) -> dict[str, Any]:
    return {
        "outcome": feed.outcome.value,
        "reason": feed.reason or None,
        "title": feed.title,
        "warnings": list(feed.warnings),
        "items": [
            {
                "title": entry.title,
                "link": entry.url,
                "id": entry.guid,
                "published": _plain(entry.published_at),
                "published_raw": entry.published_raw,
                "zone": entry.published_zone,
            }
            for entry in feed.entries
        ],
    }


def _print_feed(console: Console, feed: ParsedFeed, *, items: int) -> None:
    titled = f", titled {feed.title!r}" if feed.title else ""
    reason = f": {feed.reason}" if feed.reason else ""
    _line(console, "outcome", f"{feed.outcome}{reason}, {len(feed.entries)} items{titled}")
    for warning in feed.warnings:
        _line(console, "warning", warning)
    if feed.entries and items:
        table = Table()
        for name in ("published (UTC)", "as given", "title", "link", "id"):
            table.add_column(name, overflow="fold")
        for entry in feed.entries[:items]:
            table.add_row(*_entry_cells(entry))
        console.print(table)


def _entry_cells(entry: FeedEntry) -> tuple[str, ...]:
    guid = "the link" if entry.guid == entry.url else entry.guid
    return _time(entry.published_at), *(_show(text) for text in (entry.published_raw or "", entry.title, entry.url, guid))


def _line(console: Console, name: str, text: str) -> None:
    console.print(f"[bold]{name:8}[/] {_show(text)}", soft_wrap=True, highlight=False)


def _show(text: str) -> str:
    """Return text of others for the terminal: nothing in it is markup, and what cannot be printed is a space."""
    return escape("".join(character if character.isprintable() else " " for character in text))


def _without_credentials(url: str) -> str:
    # Imported here because the client takes a while to import, and the other commands fetch nothing.
    from pipeline.fetch.failures import hide_credentials

    return hide_credentials(url)


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else ""


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
