"""Lists of a few rows, and a store for them."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime
from pathlib import Path

from pipeline.lists.obtain import RawFile, RawList
from pipeline.lists.refresh import Base, Outcome, Rules, refresh_list
from pipeline.lists.snapshots import SnapshotStore
from pipeline.lists.sources import Form, PublishedList

OFAC = "us_ofac_sdn"
NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
HISTORY = Path(__file__).parent / "history"
DAYS = ("2021-08-18", "2022-06-28", "2023-01-31", "2023-12-28", "2024-05-03")
END = b"\x1a\r\n"


def make_source(**changes: object) -> PublishedList:
    values: dict[str, object] = {
        "id": OFAC,
        "title": "Specially Designated Nationals",
        "publisher": "OFAC",
        "licence": "public domain",
        "stale_after_days": 14,
        "min_records": 3,
        "max_shrink": 0.1,
        "max_bytes": 100_000,
        "forms": (Form("ofac_csv", {"sdn": "http://lists.example/sdn.csv", "alt": "http://lists.example/alt.csv"}),),
    }
    return PublishedList(**(values | changes))


def rows_of(day: str) -> bytes:
    return (HISTORY / f"sdn_{day}.csv").read_bytes()


def make_rows(*entries: tuple[int, str], program: str = "DPRK2", remarks: str = "nationality Korea, North.") -> bytes:
    nulls = ",".join(["-0- "] * 7)
    lines = [f'{number},"{name}","individual","{program}",{nulls},"{remarks}"\r\n' for number, name in entries]
    return "".join(lines).encode() + END


def make_raw(data: bytes, day: str | None, *, fetched: bool = False) -> RawList:
    known = date.fromisoformat(day) if day else None
    return RawList("ofac_csv", (RawFile("sdn", "sdn.csv", data, known, "file name"),), fetched)


def refresh(store: SnapshotStore, data: bytes, day: str, *, fetched: bool = False, shipped: Base | None = None, **rules: bool) -> Outcome:
    with store.lock():
        return refresh_list(make_source(), make_raw(data, day, fetched=fetched), store, Rules(NOW, **rules), shipped=shipped)


def fill(store: SnapshotStore, days: tuple[str, ...] = DAYS) -> list[Outcome]:
    """Store the real versions, one after the other."""
    return [refresh(store, rows_of(day), day, force=False) for day in days]


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)
