from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.moments import plain_time

SEOUL = timezone(timedelta(hours=9))


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2025, 11, 5, 0, 30, tzinfo=SEOUL), "2025-11-04T15:30:00Z"),
        (datetime(2025, 11, 5, 9, 0, 0, 1500, tzinfo=UTC), "2025-11-05T09:00:00.001500Z"),
        (datetime(1, 1, 2, tzinfo=UTC), "0001-01-02T00:00:00Z"),
    ],
)
def test_a_time_is_written_in_utc_with_z(moment: datetime, written: str) -> None:
    assert plain_time(moment) == written


@given(st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.sampled_from([UTC, SEOUL, timezone(-timedelta(hours=11))])))
def test_what_is_written_is_the_same_time_when_it_is_read(moment: datetime) -> None:
    assert datetime.fromisoformat(plain_time(moment)) == moment
    assert plain_time(moment) == moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
