"""What changed from one version of a list to the next, and what the versions tell of when an entry was listed.

Entries are the same where they have the same id, or the same name where the list gives no id. An entry that is gone from a list
is carried on as delisted: what was said of it while it was listed must stay explainable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipeline.lists.record import ListedRecord, to_json

__all__ = ["Change", "Diff", "KeptRecord", "carry_on", "compare_records", "compare_with_extract", "record_key", "status_on"]

_NOT_COMPARED = frozenset({"delisted", "delisted_on", "reason", "snapshot"})
"""What is ours and not the list's, or says when it was read."""

_EXTRACTED = frozenset({"birth_dates", "name", "programs", "title"})
"""Fields that a shipped extract has as the list has them; others were not taken over, or in a simpler form."""


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """One entry with what the versions of its list tell of when it was listed.

    `seen_on` is the day of the first version that had it, `absent_on` that of the newest one before without it, and `kept_on`
    that of the last version that had it. None where no version tells.
    """

    record: ListedRecord
    seen_on: date | None = None
    absent_on: date | None = None
    kept_on: date | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """An entry that stands in both versions and differs; `fields` are the names of what differs, in alphabetical order."""

    before: ListedRecord
    after: ListedRecord
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diff:
    """All differences of two versions, each kind in the order of the list."""

    added: tuple[ListedRecord, ...]
    removed: tuple[ListedRecord, ...]
    changed: tuple[Change, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many entries were added, removed and changed."""
        return {"added": len(self.added), "removed": len(self.removed), "changed": len(self.changed)}


def record_key(record: ListedRecord) -> str:
    """Return what tells an entry from the others of its list: its id, else its name."""
    return record.source_id or record.name


def compare_records(before: Iterable[ListedRecord], after: Iterable[ListedRecord], *, fields: frozenset[str] | None = None) -> Diff:
    """Compare what is listed in two versions of a list; entries that are delisted in a version do not stand in it.

    `fields` are those of the JSON form that count, all by default; their order within a field does not.
    """
    old = {record_key(record): record for record in before if not record.delisted}
    new = {record_key(record): record for record in after if not record.delisted}
    changes = (Change(old[key], record, _differing(old[key], record, fields)) for key, record in new.items() if key in old)
    return Diff(
        added=tuple(record for key, record in new.items() if key not in old),
        removed=tuple(record for key, record in old.items() if key not in new),
        changed=tuple(change for change in changes if change.fields),
    )


def compare_with_extract(extract: Iterable[ListedRecord], records: Iterable[ListedRecord]) -> Diff:
    """Compare a shipped extract of a list with a whole version of it.

    The extract says nothing of entries that do not concern the DPRK, so those are left out.
    """
    old = tuple(extract)
    known = {record_key(record) for record in old}
    here = (record for record in records if record.reason is not None or record_key(record) in known)
    return compare_records(old, here, fields=_EXTRACTED)


def _differing(before: ListedRecord, after: ListedRecord, fields: frozenset[str] | None) -> tuple[str, ...]:
    if before == after:
        return ()
    one, other = to_json(before), to_json(after)
    names = one.keys() - _NOT_COMPARED if fields is None else fields
    return tuple(sorted(name for name in names if _settle(one[name]) != _settle(other[name])))


def _settle(value: object) -> object:
    """Return a value in which the order of a list does not count: publishers shuffle aliases from one day to the next."""
    return sorted(repr(sorted(item.items()) if isinstance(item, Mapping) else item) for item in value) if isinstance(value, list) else value


def carry_on(
    base: Sequence[KeptRecord], records: Sequence[ListedRecord], *, day: date, base_day: date | None, complete: bool = True
) -> tuple[KeptRecord, ...]:
    """Return the entries of a version of `day` with their history, and after them those of `base` that are gone, as delisted.

    `base_day` is the day of the version `base`. Where that one was not `complete`, as the shipped extract of a list, an entry
    that it lacks may have been listed all the same.
    """
    known = {record_key(kept.record): kept for kept in base}
    named = {kept.record.name: kept for kept in base if kept.record.source_id is None}
    here = [
        _keep(record, known.get(record_key(record)) or named.get(record.name), day, base_day if complete else None) for record in records
    ]
    keys = {record_key(record) for record in records} | {record.name for record in records}
    gone = [_delist(kept, day, base_day) for key, kept in known.items() if key not in keys]
    return (*here, *gone)


def _keep(record: ListedRecord, known: KeptRecord | None, day: date, base_day: date | None) -> KeptRecord:
    if known is not None and record.reason is None and known.record.reason is not None:
        # What once concerned the DPRK goes on doing so: stored articles and curated facts refer to it.
        record = replace(record, reason=known.record.reason)
    if known is None or known.record.delisted:
        return KeptRecord(record, seen_on=day, absent_on=base_day, kept_on=day)
    return KeptRecord(record, known.seen_on or day, known.absent_on, day)


def _delist(kept: KeptRecord, day: date, base_day: date | None) -> KeptRecord:
    if kept.record.delisted:
        return kept
    return replace(kept, record=replace(kept.record, delisted=True, delisted_on=day), kept_on=kept.kept_on or base_day)


def status_on(kept: KeptRecord, day: date, *, list_day: date) -> tuple[str, str]:
    """Tell whether an entry was listed on a day: "listed", "not yet listed", "delisted" or "unknown", and what that rests on.

    `list_day` is the day of the version that the entry was read from.
    """
    record = kept.record
    if record.delisted and (ended := _status_after(kept, day, list_day)) is not None:
        return ended
    if record.listed_on is not None:
        return "listed" if day >= record.listed_on else "not yet listed", f"listed on {record.listed_on}"
    if kept.absent_on is not None and day <= kept.absent_on:
        return "not yet listed", f"not on the list of {kept.absent_on}"
    if kept.seen_on is not None and day >= kept.seen_on:
        return "listed", f"on the list of {kept.seen_on}"
    return "unknown", f"on the list of {kept.seen_on}; since when, it does not say" if kept.seen_on else "the list gives no day"


def _status_after(kept: KeptRecord, day: date, list_day: date) -> tuple[str, str] | None:
    """Tell the status of a delisted entry on a day that is not before its last known one; None on a day before that."""
    gone = kept.record.delisted_on
    if day >= (gone or list_day):
        return "delisted", f"no longer on the list of {gone or list_day}"
    if kept.kept_on is None:
        return "unknown", "delisted since; when, is not known"
    return ("unknown", f"last seen on the list of {kept.kept_on}, gone from that of {gone}") if day > kept.kept_on else None
