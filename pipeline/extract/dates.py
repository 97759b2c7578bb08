"""Find out when an article was published, and how well that is known.

Order of trust: JSON-LD and meta elements, time elements, the feed, the address, htmldate's guess, the time of
fetching. Pages without date metadata are guessed wrong often enough that the feed ranks above the guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

from htmldate import find_date
from lxml import etree
from lxml.html import HtmlElement

from models.records import Publication
from models.vocabulary import DateSource
from models.zones import parse_zone
from pipeline.extract.markup import iterate_jsonld, parse_html

__all__ = ["find_publication", "parse_given", "parse_stamp"]

_EARLIEST = 1990
"""No page of the web is older; what says so is a default of its system (1970, 0001)."""
_FUTURE = timedelta(days=1)
"""Room for clocks and zones; a later date is an event's, or a mistake."""

_MONTHS = {
    name: number
    for number, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1)
}
_ZONES = {
    "z": "UTC", "ut": "UTC", "utc": "UTC", "gmt": "UTC", "kst": "+09:00", "jst": "+09:00", "cdt": "-05:00",
    "est": "-05:00", "edt": "-04:00", "mst": "-07:00", "mdt": "-06:00", "pst": "-08:00", "pdt": "-07:00",
    "bst": "+01:00", "cet": "+01:00", "cest": "+02:00", "msk": "+03:00", "hkt": "+08:00", "sgt": "+08:00",
}  # fmt: skip
"""Abbreviations with one meaning; CST and IST have several, and count as no zone."""
_META = {
    "article:published_time", "og:article:published_time", "og:published_time", "article:published", "datepublished", "pubdate",
    "publishdate", "publish-date", "publish_date", "publishedtime", "published_time", "date", "dc.date", "dc.date.issued", "dc.date.created",
    "dcterms.date", "dcterms.created", "dcterms.issued", "sailthru.date", "parsely-pub-date", "article.published", "cxenseparse:recs:publishtime",
    "publication_date", "publication-date", "article_date_original", "citation_publication_date", "regdate", "article:regdate", "displaydate",
}  # fmt: skip
"""Names of meta elements, in lower case, that sites use for the time of publication."""
_ARTICLE_TYPES = ("Article", "BlogPosting", "Report", "PressRelease")

_YMD = r"(?P<year>\d{4})\s?[-./년]\s?(?P<month>\d{1,2})\s?[-./월]\s?(?P<day>\d{1,2})일?\.?"
_CLOCK = (
    r"(?P<half>오전|오후|[AaPp]\.?[Mm]\.?)?\s?(?P<hour>\d{1,2})\s?[:시]\s?(?P<minute>\d{1,2})분?"
    r"(?:\s?[:]?\s?(?P<second>\d{1,2})초?(?:[.,]\d{1,9})?)?\s?(?P<half2>[AaPp]\.?[Mm]\.?)?"
)
_ZONE = r"(?P<zone>Z|(?:GMT|UTC)?\s?[+-]\d{1,2}:?(?:\d{2})?|\(?[A-Za-z]{2,4}\)?)?"
_WEEKDAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}"
_NUMERIC = re.compile(rf"\D{{0,20}}{_YMD}(?:\s*\(.\)\s*)?(?:[T,\s]*{_CLOCK}\s?{_ZONE})?")
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:T?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?$"
)
_DAY_FIRST = re.compile(
    rf"(?:{_WEEKDAY}\.?,?\s*)?(?P<day>\d{{1,2}})\s(?P<name>[A-Za-z]{{3,9}})\.?,?\s+(?P<year>\d{{4}})(?:[,\s]*(?:at\s)?{_CLOCK}\s*{_ZONE})?"
)
_MONTH_FIRST = re.compile(
    rf"(?:{_WEEKDAY}\.?,?\s*)?(?P<name>[A-Za-z]{{3,9}})\.?\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})(?:[,\s|-]*(?:at\s)?{_CLOCK}\s*{_ZONE})?"
)
_URL_DAY = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d{2})(?P<gap>[-/._]?)(?P<month>0[1-9]|1[0-2])(?P=gap)(?P<day>0[1-9]|[12]\d|3[01])(?P<rest>\d*)"
)


def find_publication(
    page: HtmlElement | str | None,
    *,
    url: str = "",
    feed_at: datetime | None = None,
    feed_raw: str | None = None,
    feed_zone: str | None = None,
    default_tz: str | None = None,
    fetched_at: datetime | None = None,
) -> Publication | None:
    """Return the best evidence of when `page` was published; None only where there is none and `fetched_at` is None.

    A time without a zone counts in `default_tz`, else in UTC. Dates before 1990 and more than a day after
    `fetched_at` are refused and the next evidence is taken. A day without a time gives way to a time on the same
    day from the next trusted sources. Raises ValueError for an unknown `default_tz`.
    """
    tree = parse_html(page) if isinstance(page, str) else page
    best: Publication | None = None
    for found in _candidates(tree, url, feed_at, feed_raw, feed_zone, default_tz):
        if not _is_plausible(found.at, fetched_at):
            continue
        if found.precision == "minute" and (best is None or found.day == best.day):
            return found
        best = best or found
    if best or (best := _guess(tree, url, default_tz, fetched_at)):
        return best
    if fetched_at is None:
        return None
    return Publication(fetched_at.astimezone(UTC), fetched_at.isoformat(), default_tz, DateSource.FETCHED, "day")


def parse_given(published: str) -> Publication:
    """Read the ISO 8601 date or date-time of an input document; raises ValueError for anything else.

    A date-time without a zone counts in UTC, and its `zone` is None.
    """
    raw = published.strip()
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}|\d{8}", raw):
        return Publication(datetime.combine(date.fromisoformat(raw), time(), UTC), raw, None, DateSource.GIVEN, "day")
    if not re.match(r"\d{4}-?\d{2}-?\d{2}[T ]\d{2}", raw):
        raise ValueError(f"published is no ISO 8601 date or date-time: {published!r}")
    at = datetime.fromisoformat(raw)
    zone = None if at.tzinfo is None else _name_offset(at.utcoffset() or timedelta())
    aware = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return Publication(_to_utc(aware), raw, zone, DateSource.GIVEN, "minute")


def parse_stamp(raw: str, source: DateSource, *, default_tz: str | None = None) -> Publication | None:
    """Read a date or time as pages and feeds write it, Korean forms too; None where it is none.

    "2025-11-06T09:10:00+09:00", "2025.11.06 09:10", "2025년 11월 6일 오후 2:05", "20251106091000",
    "Thu, 06 Nov 2025 09:10:00 KST", "November 6, 2025 9:10 am". Day and month in figures ("06/11/2025") are refused:
    nobody can tell which is which.
    """
    text = raw.strip()[:80]
    for pattern in (_COMPACT, _NUMERIC, _DAY_FIRST, _MONTH_FIRST):
        if match := pattern.match(text):
            return _build(match, raw.strip(), source, default_tz)
    return None


# --- candidates, most trusted first ----------------------------------------------------------------------------


def _candidates(
    tree: HtmlElement | None, url: str, feed_at: datetime | None, feed_raw: str | None, feed_zone: str | None, default_tz: str | None
) -> Iterator[Publication]:
    if tree is not None:
        for source, raws in (
            (DateSource.JSONLD, _from_jsonld(tree)),
            (DateSource.META, _from_meta(tree)),
            (DateSource.TIME, _from_time(tree)),
        ):
            for raw in raws:
                if found := parse_stamp(raw, source, default_tz=default_tz):
                    yield found
    if feed_at is not None:
        precision = "day" if feed_raw is not None and ":" not in feed_raw and "시" not in feed_raw else "minute"
        yield Publication(feed_at.astimezone(UTC), feed_raw or feed_at.isoformat(), feed_zone, DateSource.FEED, precision)
    if found := _from_url(url, default_tz):
        yield found


def _from_jsonld(tree: HtmlElement) -> Iterator[str]:
    """Articles first: a page object or a list of related articles may carry dates of its own."""
    others: list[str] = []
    for node in iterate_jsonld(tree):
        raw = node.get("datePublished")
        if not isinstance(raw, str):
            continue
        if _has_article_type(node):
            yield raw
        else:
            others.append(raw)
    yield from others


def _has_article_type(node: dict[str, Any]) -> bool:
    kind = node.get("@type")
    names = kind if isinstance(kind, list) else [kind]
    return any(isinstance(name, str) and name.endswith(_ARTICLE_TYPES) for name in names)


def _from_meta(tree: HtmlElement) -> Iterator[str]:
    for node in tree.iter("meta"):
        names = {str(node.get(key, "")).strip().lower() for key in ("property", "name", "itemprop")}
        if names & _META and (content := node.get("content")):
            yield content
    for node in tree.xpath("//*[@itemprop='datePublished' and not(self::meta)]"):
        yield node.get("datetime") or node.get("content") or node.text_content()


def _from_time(tree: HtmlElement) -> Iterator[str]:
    """Yield the marked time elements; else those of the article; else the only one of the page."""
    marked = tree.xpath("//time[@pubdate or contains(@class, 'publish') or contains(@class, 'entry-date')]")
    inside = marked or tree.xpath("//article//time[not(ancestor::aside or ancestor::footer or ancestor::nav)]")
    values = [node.get("datetime") or node.text_content() for node in inside[:1]]
    if not values:
        every = {node.get("datetime") or node.text_content() for node in tree.iter("time")}
        values = list(every) if len(every) == 1 else []
    yield from values


def _from_url(url: str, default_tz: str | None) -> Publication | None:
    for match in _URL_DAY.finditer(urlsplit(url).path):
        # Eight figures alone may be an article's number; with separators, or with a time or serial after them, they are a day.
        if (match["gap"] or len(match["rest"]) >= 4) and (found := _build(match, match[0], DateSource.URL, default_tz)):
            return found
    return None


def _guess(tree: HtmlElement | None, url: str, default_tz: str | None, fetched_at: datetime | None) -> Publication | None:
    if tree is None:
        return None
    newest = (fetched_at + _FUTURE).replace(tzinfo=None) if fetched_at else None
    try:
        raw = find_date(tree, original_date=True, url=url or None, max_date=newest, min_date=f"{_EARLIEST}-01-01")
    except (ValueError, etree.LxmlError):
        return None
    return parse_stamp(raw, DateSource.HTMLDATE, default_tz=default_tz) if raw else None


# --- reading ---------------------------------------------------------------------------------------------------


def _build(match: re.Match[str], raw: str, source: DateSource, default_tz: str | None) -> Publication | None:
    groups = match.groupdict()
    month = _MONTHS.get(groups["name"][:3].lower()) if groups.get("name") else int(groups["month"])
    try:
        day = date(int(groups["year"]), month or 0, int(groups["day"]))
        clock = _read_clock(groups)
        zone = _read_zone(groups.get("zone")) or default_tz
        at = datetime.combine(day, clock or time(), parse_zone(zone))
        return Publication(_to_utc(at), raw, zone, source, "minute" if clock else "day")
    except (ValueError, OverflowError):
        return None


def _read_clock(groups: dict[str, str | None]) -> time | None:
    if not groups.get("hour"):
        return None
    hour, half = int(groups["hour"] or 0), (groups.get("half") or groups.get("half2") or "").lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half in {"오후"} or half.startswith("p") else 0)
    return time(hour, int(groups["minute"] or 0), int(groups.get("second") or 0))


def _read_zone(raw: str | None) -> str | None:
    if not raw:
        return None
    name = raw.strip(" ()").lower()
    if name in _ZONES:
        return _ZONES[name]
    match = re.fullmatch(r"(?:gmt|utc)?\s?([+-])(\d{1,2}):?(\d{2})?", name)
    return f"{match[1]}{int(match[2]):02d}:{match[3] or '00'}" if match else None


def _name_offset(offset: timedelta) -> str:
    if not offset:
        return "UTC"
    minutes = round(abs(offset).total_seconds() / 60)
    return f"{'-' if offset < timedelta() else '+'}{minutes // 60:02d}:{minutes % 60:02d}"


def _to_utc(at: datetime) -> datetime:
    """Convert to UTC; raises ValueError at the ends of the calendar, where the zone leads out of it."""
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{at.isoformat()} lies outside the calendar") from error


def _is_plausible(at: datetime, fetched_at: datetime | None) -> bool:
    return at.year >= _EARLIEST and (fetched_at is None or at <= fetched_at + _FUTURE)
