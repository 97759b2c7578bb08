"""Time zones by name or offset."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["local_day", "parse_zone"]

_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})$")


def parse_zone(name: str | None) -> tzinfo:
    """Return the zone called `name` ("Asia/Seoul", "+09:00"); UTC for None.

    Raises ValueError for a name that is neither an offset nor in the zone database.
    """
    if name is None or name in {"UTC", "Z"}:
        return UTC
    if match := _OFFSET.fullmatch(name):
        sign = 1 if match[1] == "+" else -1
        return timezone(sign * timedelta(hours=int(match[2]), minutes=int(match[3])))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"unknown time zone {name!r}") from error


def local_day(at: datetime, zone: str | None) -> date:
    """Return the calendar day of the instant `at` in `zone`."""
    return at.astimezone(parse_zone(zone)).date()
