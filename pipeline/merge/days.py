"""Dates of events as stretches of days, and how two of them agree."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from models.merging import EventSummary
from models.vocabulary import Precision

__all__ = ["AGREEING", "EQUAL_STRETCH", "Agreement", "compare_dates", "day_of"]

EQUAL_STRETCH = 0.7
"""How far the same month, year or range in both agrees."""
AGREEING = 0.5
"""How far two dates agree of which one is coarser; two different days agree less."""
NEAR_DAYS = 3
"""Reports of one act give days that differ by a time zone or a day of reporting, hardly by more."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two dates agree: `same` means the same exact day, `against` that they cannot be dates of one act."""

    value: float | None
    same: bool
    against: bool
    why: str


def day_of(event: EventSummary) -> date | None:
    """Return the day of an event that is dated to the day, None for every other."""
    if event.precision is not Precision.DAY or event.date_start is None or event.date_start != event.date_end:
        return None
    return _first(event.date_start)


def compare_dates(one: EventSummary, other: EventSummary) -> Agreement:
    """Tell how the dates of two events agree; where one has none, the other must lie near the day on which the first was published."""
    days = day_of(one), day_of(other)
    if days[0] and days[1]:
        apart = abs((days[0] - days[1]).days)
        if apart == 0:
            return Agreement(1.0, same=True, against=False, why=f"{days[0]} in both")
        why = f"{days[0]} against {days[1]}"
        return Agreement(0.4 if apart == 1 else 0.2, same=False, against=apart > NEAR_DAYS, why=why)
    stretches = _stretch(one), _stretch(other)
    if stretches[0] and stretches[1]:
        return _compare_stretches(one, other, stretches[0], stretches[1])
    if stretches[0] or stretches[1]:
        return _compare_with_publication(one, other)
    return _compare_publications(one, other)


def _compare_stretches(one: EventSummary, other: EventSummary, first: tuple[date, date], second: tuple[date, date]) -> Agreement:
    told = f"{_told(one)} and {_told(other)}"
    if first[0] > second[1] or second[0] > first[1]:
        return Agreement(0.0, same=False, against=True, why=f"{told} do not meet")
    return Agreement(EQUAL_STRETCH if first == second else AGREEING, same=False, against=False, why=f"{told} agree as far as they go")


def _compare_with_publication(one: EventSummary, other: EventSummary) -> Agreement:
    dated, undated = (one, other) if _stretch(one) else (other, one)
    stretch = _stretch(dated)
    if stretch is None or undated.published is None:
        return Agreement(None, same=False, against=False, why="one has no date")
    gap = max((stretch[0] - undated.published).days, (undated.published - stretch[1]).days, 0)
    why = f"{_told(dated)}; the other has no date and was published on {undated.published}"
    return Agreement(None, same=False, against=gap > NEAR_DAYS, why=why)


def _compare_publications(one: EventSummary, other: EventSummary) -> Agreement:
    if one.published is None or other.published is None:
        return Agreement(None, same=False, against=False, why="no dates")
    apart = abs((one.published - other.published).days)
    return Agreement(None, same=False, against=apart > NEAR_DAYS, why=f"no dates, published {apart} days apart")


def _stretch(event: EventSummary) -> tuple[date, date] | None:
    """Return first and last day; None for an event without a date, and for one that is open on a side."""
    if event.date_start is None or event.date_end is None:
        return None
    return _first(event.date_start), _last(event.date_end)


@lru_cache(maxsize=4096)
def _first(value: str) -> date:
    year, month, day = [*map(int, value.split("-")), 1, 1][:3]
    return date(year, month, day)


@lru_cache(maxsize=4096)
def _last(value: str) -> date:
    numbers = list(map(int, value.split("-")))
    if len(numbers) == 3:
        return date(*numbers)
    month = numbers[1] if len(numbers) > 1 else 12
    return date(numbers[0], month, monthrange(numbers[0], month)[1])


def _told(event: EventSummary) -> str:
    return event.date_start or "" if event.date_start == event.date_end else f"{event.date_start} to {event.date_end}"
