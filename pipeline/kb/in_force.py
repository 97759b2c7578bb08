"""Which version of each sanctions list counts: the shipped extract, or a version that was fetched since.

The newer one counts, whichever it is: a program that ships a later list than the last fetched one must not fall back behind it.
On the same day the fetched one counts, since it is complete.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from pipeline.errors import ConfigurationError, ListError
from pipeline.kb.lists import ListRecord, ListSource, read_lines, read_list, read_manifest
from pipeline.kb.table import read_bytes
from pipeline.lists.changes import KeptRecord
from pipeline.lists.record import from_json
from pipeline.lists.snapshots import Snapshot, SnapshotStore

__all__ = ["MANIFEST", "ListInForce", "choose_lists", "find_lists", "read_shipped"]

MANIFEST = Path("lists") / "manifest.yaml"
"""Where the shipped lists are described, in the folder of the knowledge base."""

_REASON = "on the shipped list"
"""Why an entry concerns the DPRK where the shipped list, which has no others, does not tell."""


@dataclass(frozen=True, slots=True)
class ListInForce:
    """One list in the version that counts. Of `shipped` and `fetched` at least one is there; `uses_fetched` tells which counts."""

    source: str
    shipped: ListSource | None
    fetched: Snapshot | None

    def age_days(self, today: date, confirmed: date | None) -> int:
        """Return the days since the list was published, or since its publisher last had nothing newer: `confirmed` is of fetched lists."""
        return max((today - max(self.published, (confirmed if self.uses_fetched else None) or self.published)).days, 0)

    @property
    def uses_fetched(self) -> bool:
        """Whether the fetched version counts."""
        if self.fetched is None or self.shipped is None:
            return self.fetched is not None
        return self.fetched.published >= date.fromisoformat(self.shipped.version)

    @property
    def published(self) -> date:
        """The day of the version that counts."""
        if self.fetched is not None and self.uses_fetched:
            return self.fetched.published
        return date.fromisoformat(self._shipped.version)

    @property
    def version(self) -> str:
        """Its name: that of the stored version, or the day of the shipped list."""
        return self.fetched.version if self.fetched is not None and self.uses_fetched else self._shipped.version

    @property
    def records(self) -> int:
        """How many entries it lists."""
        return self.fetched.records if self.fetched is not None and self.uses_fetched else self._shipped.records

    @property
    def relevant(self) -> int:
        """How many of its entries, delisted ones included, concern the DPRK."""
        return self.fetched.relevant if self.fetched is not None and self.uses_fetched else self._shipped.records

    @property
    def _shipped(self) -> ListSource:
        if self.shipped is None:
            raise ValueError(f"{self.source} is neither shipped nor fetched")
        return self.shipped

    def read_entries(self) -> tuple[ListRecord, ...]:
        """Return the entries that concern the DPRK, as the knowledge base knows them."""
        if self.fetched is None or not self.uses_fetched:
            return read_list(self._shipped)
        path = self.fetched.path / "records.jsonl"
        lines = self.fetched.lines(relevant=True)
        described = ListSource(self.source, path, self.fetched.published.isoformat(), self.fetched.records_sha256, len(lines))
        return read_lines(described, lines)

    def read_history(self) -> tuple[KeptRecord, ...]:
        """Return the entries that concern the DPRK, with what is known of when they were listed."""
        if self.fetched is None or not self.uses_fetched:
            return read_shipped(self._shipped)
        return self.fetched.read(relevant=True)


def find_lists(kb_dir: Path, lists_dir: Path | None) -> tuple[ListInForce, ...]:
    """Return the lists that are shipped or were fetched, in the version that counts."""
    path = kb_dir / MANIFEST
    shipped = read_manifest(path, read_bytes(path)) if path.exists() else ()
    return choose_lists(shipped, lists_dir)


def choose_lists(shipped: Iterable[ListSource], lists_dir: Path | None) -> tuple[ListInForce, ...]:
    """Return the shipped lists, each with its fetched version, and after them those that were only fetched."""
    known = {source.source: source for source in shipped}
    store = SnapshotStore(lists_dir) if lists_dir is not None else None
    fetched = {source: store.current(source) for source in store.sources()} if store is not None else {}
    names = (*known, *(source for source in fetched if source not in known))
    return tuple(ListInForce(name, known.get(name), fetched.get(name)) for name in names)


def read_shipped(source: ListSource) -> tuple[KeptRecord, ...]:
    """Return the entries of a shipped list as records, each seen first on the day of the copy that it was taken from."""
    last = date.fromisoformat(source.version)
    kept = []
    for number, line in enumerate(read_bytes(source.path).decode("utf-8").splitlines(), start=1):
        try:
            record = from_json(json.loads(line))
        except (ListError, ValueError) as error:
            raise ConfigurationError(f"bad record: {error}", path=source.path, line=number) from error
        record = replace(record, reason=record.reason or _REASON)
        kept.append(KeptRecord(record, seen_on=_last_day(record.snapshot, last), kept_on=None if record.delisted else last))
    return tuple(kept)


def _last_day(copied: str | None, last: date) -> date:
    """Return the last day that the date of a copy ("2025-05", "2026") leaves open, but none after the list's own."""
    if copied is None:
        return last
    year, _, rest = copied.partition("-")
    month, _, day = rest.partition("-")
    first_after = date(int(year) + 1, 1, 1) if not month else date(int(year) + int(month) // 12, int(month) % 12 + 1, 1)
    return min(last, date.fromisoformat(copied) if day else first_after - timedelta(days=1))
