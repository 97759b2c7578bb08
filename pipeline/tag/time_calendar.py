"""Calendar arithmetic and the values of time expressions. Weeks run from Sunday to Saturday."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta

from models.vocabulary import Precision

__all__ = [
    "UNRESOLVED",
    "Resolved",
    "as_day",
    "as_day_range",
    "as_month",
    "as_period",
    "as_week",
    "as_year",
    "find_day",
    "find_month",
    "find_weekday",
    "first_of",
    "last_of",
    "make_date",
    "shift_months",
]

Value = str | tuple[str | None, str | None] | None


@dataclass(frozen=True, slots=True)
class Resolved:
    """The value of a time expression, as in `models.records.TimeExpression`."""

    value: Value
    precision: Precision


UNRESOLVED = Resolved(None, Precision.RELATIVE_UNRESOLVED)
"""A time that is meant but cannot be told."""


def make_date(year: int, month: int, day: int) -> date | None:
    """Return the day, None where the calendar has none such."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def as_day(day: date | None) -> Resolved:
    """Return a day; None becomes the unresolved value."""
    return UNRESOLVED if day is None else Resolved(day.isoformat(), Precision.DAY)


def as_month(year: int, month: int) -> Resolved:
    """Return a month; one of no year of the calendar becomes the unresolved value."""
    return UNRESOLVED if not MINYEAR <= year <= MAXYEAR else Resolved(f"{year:04d}-{month:02d}", Precision.MONTH)


def as_year(year: int) -> Resolved:
    """Return a year; one outside the calendar becomes the unresolved value."""
    return UNRESOLVED if not MINYEAR <= year <= MAXYEAR else Resolved(f"{year:04d}", Precision.YEAR)


def as_day_range(start: date, end: date, precision: Precision = Precision.RANGE) -> Resolved:
    """Return the days from `start` to `end`."""
    return Resolved((start.isoformat(), end.isoformat()), precision)


def as_week(anchor: date, weeks: int = 0) -> Resolved:
    """Return the week of `anchor`, or the one `weeks` later."""
    sunday = anchor - timedelta(days=(anchor.weekday() + 1) % 7) + timedelta(weeks=weeks)
    return as_day_range(sunday, sunday + timedelta(days=6), Precision.WEEK)


def as_period(anchor: date, unit: str, count: int) -> Resolved:
    """Return the stretch of `count` units ("day", "week", "month", "year") that ends with `anchor`, as coarse as its unit."""
    if unit == "year" and anchor.year - count < MINYEAR:
        return UNRESOLVED
    if unit == "year":
        return Resolved((f"{anchor.year - count:04d}", f"{anchor.year:04d}"), Precision.RANGE)
    if unit == "month":
        year, month = shift_months(anchor.year, anchor.month, -count)
        return Resolved((f"{year:04d}-{month:02d}", f"{anchor.year:04d}-{anchor.month:02d}"), Precision.RANGE)
    return as_day_range(anchor - timedelta(days=count * (7 if unit == "week" else 1)), anchor)


def shift_months(year: int, month: int, count: int) -> tuple[int, int]:
    """Return the month `count` months later."""
    index = year * 12 + month - 1 + count
    return index // 12, index % 12 + 1


def find_weekday(anchor: date, weekday: int, *, future: bool = False, strict: bool = False) -> date:
    """Return the last such weekday (Monday is 0) not after `anchor`, or the next not before it; `strict` leaves out `anchor` itself."""
    distance = (weekday - anchor.weekday()) % 7 if future else (anchor.weekday() - weekday) % 7
    if strict and distance == 0:
        distance = 7
    return anchor + timedelta(days=distance if future else -distance)


def find_month(anchor: date, month: int, *, future: bool = False) -> tuple[int, int]:
    """Return the year and month of the last such month not after that of `anchor`, or of the next not before it."""
    if future:
        return anchor.year + (month < anchor.month), month
    return anchor.year - (month > anchor.month), month


def find_day(anchor: date, month: int, day: int, *, future: bool = False) -> date | None:
    """Return the last such day not after `anchor`, or the next not before it; 29 February is looked for in leap years."""
    step = 1 if future else -1
    for year in range(anchor.year, anchor.year + 9 * step, step):
        found = make_date(year, month, day)
        if found is not None and (found >= anchor if future else found <= anchor):
            return found
    return None


def first_of(value: Value) -> str | None:
    """Return the start of a value."""
    return value[0] if isinstance(value, tuple) else value


def last_of(value: Value, *, exact: bool = False) -> str | None:
    """Return the end of a value; `exact` makes a month or year the last day of it."""
    end = value[1] if isinstance(value, tuple) else value
    if end is None or not exact:
        return end
    return _last_day([int(part) for part in end.split("-")])


def _last_day(parts: Sequence[int]) -> str:
    year = parts[0]
    month = parts[1] if len(parts) > 1 else 12
    day = parts[2] if len(parts) > 2 else calendar.monthrange(year, month)[1]
    return f"{year:04d}-{month:02d}-{day:02d}"
