"""Times as they are written for others."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

__all__ = ["plain_time"]


def plain_time(moment: datetime) -> str:
    """Return a time with a zone in UTC, in ISO 8601 with Z; exports write millions, for which `isoformat` is too slow."""
    return msgspec.json.encode(moment.astimezone(UTC))[1:-1].decode()
