"""What feeds, sitemaps and listing pages have in common: the result of reading one, dates that can be believed, plain titles."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from models.feeds import FeedSource
from models.records import FeedEntry
from models.vocabulary import FeedOutcome
from pipeline.fetch.dates import parse_feed_date

__all__ = ["Notes", "ParsedFeed", "describe_page", "drop_doctype", "one_line", "plain_line", "read_date"]

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No feed item is older; such dates come from empty fields."""

LATEST = timedelta(days=1)
"""How far in the future a date may lie: clocks and zones are wrong by hours, announcements by more."""

LONGEST_DOCTYPE = 100_000
"""Characters; honest ones have a hundred."""

_DOCTYPE = re.compile(r"<!DOCTYPE\b", re.IGNORECASE)
_DOCTYPE_MARK = re.compile(r"[\"'\[\]>]|<!--")
_SPACE = re.compile(r"\s*")
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|meta|script|title)\b", re.IGNORECASE)
_HTML_TITLE = re.compile(r"<title[^>]*>([^<]{1,300})", re.IGNORECASE)
_INLINE = "a|abbr|acronym|b|big|blockquote|br|center|cite|code|del|div|em|font|h[1-6]|hr|i|img|ins|kbd|li|mark|nobr|p|q|s|small|span|strike|strong|sub|sup|tt|u|ul|wbr"
_TAG = re.compile(rf"</?(?:{_INLINE})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BLOCK = re.compile(r"</?(?:blockquote|br|center|div|h[1-6]|hr|li|p|ul)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What one body of a source holds. `reason` is empty where the outcome is OK."""

    outcome: FeedOutcome
    reason: str
    entries: tuple[FeedEntry, ...]
    title: str
    warnings: tuple[str, ...]


class Notes:
    """Counts what was wrong with items, with the first example of each kind."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, str] = {}

    def count(self, what: str, example: str = "") -> None:
        """Count one item of which `what` is to be told: "without a date"."""
        self._counts[what] += 1
        self._examples.setdefault(what, example)

    def lines(self) -> Iterator[str]:
        """Yield one line for each kind, with its number of items."""
        for what, number in self._counts.items():
            example = f", such as {one_line(self._examples[what])[:60]!r}" if self._examples[what] else ""
            yield f"{number} item{'s' if number > 1 else ''} {what}{example}"


def read_date(raw: str, source: FeedSource, now: datetime, notes: Notes) -> tuple[datetime | None, str | None]:
    """Return instant and zone of a date that can be believed, else two times None.

    GMT in a feed is the zone of its format, not of the place; so the configured zone, which tells the calendar day
    that the article means, stands in for it.
    """
    if not raw:
        notes.count("without a date")
        return None, None
    read = parse_feed_date(raw, source.default_tz)
    if read is None:
        notes.count("with a date of unknown form", raw)
        return None, None
    at, zone = read
    if at < EARLIEST:
        notes.count("with a date before 1990, refused", raw)
        return None, None
    if at > now + LATEST:
        notes.count("with a date in the future, refused", raw)
        return None, None
    if zone is None:
        notes.count("with a date without zone, taken for UTC", raw)
    return at, source.default_tz if zone == "UTC" and source.default_tz else zone


def drop_doctype(text: str) -> str:
    """Return an XML document from its root on: without declarations of encoding and of entities, so that none is expanded or loaded.

    Of a document whose document type does not end, nothing is left. Takes time by the length of the text, whatever stands in it.
    """
    start = end = 0
    while end >= 0:
        space = _SPACE.match(text, end)
        start = space.end() if space else end
        if text.startswith("<?", start):
            end = _end_of("?>", text, start + 2)
        elif text.startswith("<!--", start):
            end = _end_of("-->", text, start + 4)
        elif doctype := _DOCTYPE.match(text, start):
            end = _end_of_doctype(text, doctype.end())
        else:
            break
    return text[start:]


def _end_of(mark: str, text: str, start: int) -> int:
    """Return where the text goes on after the next `mark`; -1 where there is none."""
    found = text.find(mark, start)
    return found + len(mark) if found >= 0 else -1


def _end_of_doctype(text: str, start: int) -> int:
    """Return where a document type ends whose inside begins at `start`; the end of the text where it does not end."""
    depth, last = 0, start + LONGEST_DOCTYPE
    while 0 <= start < last and (mark := _DOCTYPE_MARK.search(text, start, last)):
        start = mark.end()
        match mark[0]:
            case "<!--":
                start = _end_of("-->", text, start)
            case '"' | "'" as quote:
                start = _end_of(quote, text, start)
            case "[":
                depth += 1
            case "]":
                depth -= 1
            case _ if depth <= 0:
                return start
    return len(text)


def describe_page(text: str) -> str | None:
    """Return what to call a web page, by its title; None for what is none."""
    start = text[:20_000]
    if not _HTML.search(start):
        return None
    title = _HTML_TITLE.search(start)
    return f"a web page with the title {plain_line(title[1])!r}" if title else "a web page"


def plain_line(text: str) -> str:
    """Return one line of plain text. Only names of HTML elements are tags: Korean titles hold words in angle brackets."""
    for _ in range(2):
        text = html.unescape(text)
    text = _TAG.sub(lambda tag: " " if _BLOCK.match(tag[0]) else "", text)
    return " ".join(text.split())


def one_line(value: object) -> str:
    """Return what a value says in one line of at most 200 characters."""
    return " ".join(str(value).split())[:200]
