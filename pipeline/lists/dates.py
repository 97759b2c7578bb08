"""Days and dates of birth as the lists write them, turned into ISO days, months and years where they are exact."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

__all__ = ["MONTHS", "read_birth_dates", "read_day"]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
_MONTH_NUMBERS = {name.lower(): number for names in (MONTHS, _LONG_MONTHS) for number, name in enumerate(names, start=1)}

_DAYS = (
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"),
    re.compile(r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})"),
    re.compile(r"(?P<day>\d{1,2})[ -](?P<month>[A-Za-z]{3,9})[ -](?P<year>\d{4})"),
)
_MONTH = re.compile(r"(?P<month>[A-Za-z]{3,9}) (?P<year>\d{4})")
_YEAR = re.compile(r"\d{4}")
_WHOLE_YEAR = re.compile(r"01 Jan (\d{4}) to 31 Dec \1")
_UNKNOWN_PARTS = re.compile(r"(?:dd|00)/(?:(?P<month>0[1-9]|1[0-2])|mm|00)/(?P<year>\d{4})", re.IGNORECASE)


def read_day(text: str) -> date | None:
    """Read a full day ("2017-12-22", "22/12/2017", "22 Dec 2017", "22-Dec-2017"); None for anything else."""
    match = next((match for pattern in _DAYS if (match := pattern.fullmatch(text))), None)
    if match is None:
        return None
    try:
        return date(int(match["year"]), _month_number(match["month"]), int(match["day"]))
    except ValueError:
        return None


def read_birth_dates(texts: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Divide dates of birth into exact ones (ISO day, month or year) and the rest, as written; both without repeats."""
    exact: dict[str, None] = {}
    inexact: dict[str, None] = {}
    for text in (" ".join(each.split()) for each in texts):
        found = _read_exact(text)
        if found is not None:
            exact[found] = None
        elif text:
            inexact[text] = None
    return tuple(exact), tuple(inexact)


def _read_exact(text: str) -> str | None:
    if day := read_day(text):
        return day.isoformat()
    if _YEAR.fullmatch(text):
        return text
    if match := _WHOLE_YEAR.fullmatch(text):
        return match[1]
    if match := _UNKNOWN_PARTS.fullmatch(text):
        return f"{match['year']}-{match['month']}" if match["month"] else match["year"]
    match = _MONTH.fullmatch(text)
    month = _month_number(match["month"]) if match else 0
    return f"{match['year']}-{month:02}" if match and month else None


def _month_number(written: str) -> int:
    """Return the number of a month, or 0 for a word that is none."""
    return int(written) if written.isdigit() else _MONTH_NUMBERS.get(written.lower(), 0)
