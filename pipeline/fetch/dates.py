"""Dates of feed items, read by our own rules.

feedparser's own dates are not used: it takes KST and dates without zone for UTC (nine hours wrong), reads
`2025.11.06` as the first of the month, and loses several forms that Korean feeds use. A string that fits no form
here gives None; nothing is guessed from a part of it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from models.zones import parse_zone

__all__ = ["parse_feed_date"]

_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")

LONGEST = 80
"""Characters; no form is longer."""

_ZONE_HOURS = {
    "kst": 9,
    "jst": 9,
    "hkt": 8,
    "sgt": 8,
    "msk": 3,
    "eet": 2,
    "eest": 3,
    "cet": 1,
    "cest": 2,
    "bst": 1,
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
}
"""Zones by letters as RFC 822 and usage have them. IST is missing: it is India's, Israel's and Ireland's."""

_CHINA = frozenset({"Asia/Shanghai", "Asia/Taipei", "Asia/Hong_Kong", "Asia/Macau"})

_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|[월화수목금토일](?:요일)?)\.?\s*,?\s*"
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:[.,]\d+)?)?"
_HALF = r"(?P<half>am|pm|a\.m\.|p\.m\.|오전|오후)"
_TIME = rf"(?:{_HALF}\s*)?{_CLOCK}(?:\s*(?P<half2>am|pm|a\.m\.|p\.m\.))?"
_KOREAN_TIME = rf"(?:{_HALF}\s*)?(?P<hour>\d{{1,2}})시(?:\s*(?P<minute>\d{{1,2}})분)?(?:\s*(?P<second>\d{{1,2}})초)?"
_ZONE = r"(?P<zone>z|(?:[a-z]{2,5})?\s*[+-]\d{1,2}(?::?\d{2})?|[a-z]{2,5})"
_NAMED_MONTH = r"(?P<name>[a-z]{3,9})\.?"
_DAY = r"(?P<day>\d{1,2})"
_YEAR = r"(?P<year>\d{4})"

_FORMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # 2026-09-27 19:00:00, 2026.09.27 19:00, 2026/9/27, 2026. 9. 27. 오후 7:00, 2026-09-27T19:00:00.123+09:00
        rf"{_YEAR}\s*(?P<mark>[-./])\s*(?P<month>\d{{1,2}})\s*(?P=mark)\s*{_DAY}\.?(?:(?:\s*t\s*|\s+){_TIME}(?:\s*{_ZONE})?)?",
        # 2026년 9월 27일 오후 7시 30분
        rf"{_YEAR}년\s*(?P<month>\d{{1,2}})월\s*{_DAY}일(?:\s*\(?[월화수목금토일](?:요일)?\)?)?(?:\s*(?:{_TIME}))?",
        rf"{_YEAR}년\s*(?P<month>\d{{1,2}})월\s*{_DAY}일(?:\s*\(?[월화수목금토일](?:요일)?\)?)?\s*{_KOREAN_TIME}",
        # 20260927190000, 202609271900, 20260927, 20260927T190000Z
        rf"{_YEAR}(?P<month>\d{{2}})(?P<day>\d{{2}})(?:t?(?P<hour>\d{{2}})(?P<minute>\d{{2}})(?P<second>\d{{2}})?\s*{_ZONE}?)?",
        # Sun, 27 Sep 2026 10:00:00 +0900, Thu,28 Jul 2022 4:35:5 GMT+9, 27-Sep-2026, 27 Sep 26 10:00 KST
        rf"(?:{_WEEKDAY})?{_DAY}[\s-]+{_NAMED_MONTH}[\s,-]+(?P<year>\d{{4}}|\d{{2}})(?:,?\s+{_TIME}(?:\s*{_ZONE})?)?",
        # 27 09 2026 10:00:00, 일, 27 9월 2026 10:00:00 +0900
        rf"(?:{_WEEKDAY})?{_DAY}\s+(?P<month>\d{{1,2}})월?\s+{_YEAR}(?:,?\s+{_TIME}(?:\s*{_ZONE})?)?",
        # September 27, 2026 7:00 PM EDT
        rf"(?:{_WEEKDAY})?{_NAMED_MONTH}\s+{_DAY},?\s+{_YEAR}(?:,?\s+(?:at\s+)?{_TIME}(?:\s*{_ZONE})?)?",
        # Sun Sep 27 19:00:00 KST 2026
        rf"{_WEEKDAY}{_NAMED_MONTH}\s+{_DAY}\s+{_CLOCK}(?:\s+{_ZONE})?\s+{_YEAR}",
    )
)


def parse_feed_date(raw: str, default_tz: str | None) -> tuple[datetime, str | None] | None:
    """Return the instant in UTC and the zone it was given in; None for a string that is no date of a known form.

    The zone is an offset ("+09:00") or "UTC" as the string has it, else `default_tz`, and None where neither is known:
    then the time is taken for UTC. A date without time is midnight in that zone.
    """
    text = re.sub(r"\([^()]*\)$", "", raw.strip()).strip()
    text = re.sub(r"\s+", " ", text)
    if len(text) > LONGEST:
        return None
    for form in _FORMS:
        if match := form.fullmatch(text):
            return _read(match.groupdict(), default_tz)
    return None


def _read(parts: dict[str, str | None], default_tz: str | None) -> tuple[datetime, str | None] | None:
    month = _read_month(parts)
    hour = _read_hour(parts)
    zone = _read_zone(parts.get("zone"), default_tz)
    if month is None or hour is None or zone is None:
        return None
    second = min(_number(parts.get("second")), 59)  # a leap second is no reason to lose a date
    try:
        local = datetime(_read_year(parts), month, _number(parts["day"]), hour, _number(parts.get("minute")), second, tzinfo=zone[0])
        return local.astimezone(UTC), zone[1]
    except (ValueError, OverflowError):
        return None


def _number(text: str | None) -> int:
    return int(text) if text else 0


def _read_year(parts: dict[str, str | None]) -> int:
    """Return the year; two digits are of this century, since no feed is older."""
    year = _number(parts["year"])
    return year + 2000 if year < 100 else year


def _read_month(parts: dict[str, str | None]) -> int | None:
    if name := parts.get("name"):
        return next((number for number, full in enumerate(_MONTHS, 1) if full.startswith(name.lower())), None)
    return _number(parts.get("month"))


def _read_hour(parts: dict[str, str | None]) -> int | None:
    """Return the hour of 24; None for thirteen o'clock in the afternoon."""
    hour = _number(parts.get("hour"))
    half = (parts.get("half") or parts.get("half2") or "").replace(".", "").lower()
    if not half:
        return hour
    if not 1 <= hour <= 12:
        return None
    return hour % 12 + (12 if half in {"pm", "오후"} else 0)


def _read_zone(given: str | None, default_tz: str | None) -> tuple[tzinfo, str | None] | None:
    """Return the zone and its name; None for letters that name no zone."""
    if not given:
        return parse_zone(default_tz), default_tz
    given = given.strip().lower()
    match = re.fullmatch(r"([a-z]*)\s*([+-])(\d{1,2}):?(\d{2})?", given)
    if match and match[1] in {"", "gmt", "utc", "ut"}:
        return _offset(match[2], int(match[3]), _number(match[4]))
    if given in {"z", "utc", "gmt", "ut"}:
        return UTC, "UTC"
    if given == "cst" and default_tz in _CHINA:
        return parse_zone(default_tz), default_tz
    if given in _ZONE_HOURS:
        hours = _ZONE_HOURS[given]
        return _offset("+" if hours >= 0 else "-", abs(hours), 0)
    return None


def _offset(sign: str, hours: int, minutes: int) -> tuple[tzinfo, str] | None:
    if hours > 14 or minutes > 59:
        return None
    if not hours and not minutes:
        return UTC, "UTC"
    delta = timedelta(hours=hours, minutes=minutes)
    return timezone(delta if sign == "+" else -delta), f"{sign}{hours:02}:{minutes:02}"
