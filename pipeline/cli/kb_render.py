"""Lists, their differences and looked-up names, as tables for people and as data for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.lists.changes import Change, Diff
from pipeline.lists.record import ListedRecord, to_json

if TYPE_CHECKING:
    from pipeline.kb.in_force import ListInForce
    from pipeline.kb.lookup import Finding, ListedStatus
    from pipeline.kb.versions import State
    from pipeline.lists.refresh import Outcome
    from pipeline.lists.snapshots import Snapshot
    from pipeline.run.relink import RelinkReport

__all__ = [
    "diff_as_data",
    "finding_as_data",
    "print_diff",
    "print_findings",
    "print_outcomes",
    "print_relinks",
    "print_status",
    "print_versions",
]

_MOST_FAULTS = 10
_LONGEST_VALUE = 100
_STATUS_STYLE = {"listed": "red", "not yet listed": "yellow", "delisted": "cyan", "unknown": "magenta"}


# --- versions ---


def print_outcomes(console: Console, outcomes: Sequence[Outcome], in_force: Mapping[str, ListInForce]) -> None:
    """Print what became of each list that was read, the first of its faults, and where a newer shipped list stays in force."""
    table = _table("sanctions lists", "source", "version", "", right=("records", "DPRK", "added", "removed", "changed", "faults"))
    for one in outcomes:
        numbers = (one.records, one.relevant, one.diff["added"], one.diff["removed"], one.diff["changed"], len(one.faults))
        table.add_row(one.source, one.version, one.state, *(f"{number:,}" for number in numbers))
    if outcomes:
        console.print(table)
    for one in outcomes:
        for fault in one.faults[:_MOST_FAULTS]:
            console.print(f"[yellow]fault[/] {escape(fault)}", soft_wrap=True)
        if len(one.faults) > _MOST_FAULTS:
            console.print(f"[yellow]fault[/] … and {len(one.faults) - _MOST_FAULTS} more of {one.source}")
        used = in_force.get(one.source)
        if used is not None and used.fetched is not None and not used.uses_fetched:
            console.print(f"{one.source}: the shipped list of {used.published} is newer than {used.fetched.version} and stays in force")


def print_status(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print which version of each list is in force, how old it is, and whether that is too old."""
    table = _table("sanctions lists in force", "source", "version", "published", "confirmed", right=("age, days", "records", "DPRK"))
    for name in ("from", "stale", "note"):
        table.add_column(name, overflow="fold")
    for row in rows:
        numbers = ("" if row[name] is None else f"{row[name]:,}" for name in ("age_days", "records", "dprk_records"))
        texts = (row[name] or "" for name in ("source", "version", "published", "confirmed"))
        table.add_row(*texts, *numbers, row["from"] or "", "[red]yes[/]" if row["stale"] else "no", row["note"])
    console.print(table)


def print_versions(console: Console, lists: Sequence[tuple[ListInForce | None, Sequence[Snapshot]]]) -> None:
    """Print all versions of each list, the shipped one among them, with what each changed; a star marks the one in force."""
    table = _table("versions; * is in force", "", "source", "version", "published", "fetched")
    for name in ("records", "DPRK", "added", "removed", "changed", "faults"):
        table.add_column(name, justify="right")
    for one, snapshots in lists:
        if one is not None and one.shipped is not None:
            star = "" if one.uses_fetched else "*"
            table.add_row(star, one.source, "shipped", one.shipped.version, "", f"{one.shipped.records:,}", f"{one.shipped.records:,}")
        for snapshot in snapshots:
            star = "*" if one is not None and one.uses_fetched and one.version == snapshot.version else ""
            changes = [f"{snapshot.manifest['diff'][name]:,}" for name in ("added", "removed", "changed")]
            table.add_row(
                star,
                snapshot.source,
                snapshot.version,
                snapshot.published.isoformat(),
                f"{snapshot.fetched_at:%Y-%m-%d %H:%M}",
                f"{snapshot.records:,}",
                f"{snapshot.relevant:,}",
                *changes,
                f"{snapshot.manifest['faults']:,}",
            )
    console.print(table)


# --- differences ---


def print_diff(console: Console, source: str, before: State, after: State, diff: Diff) -> None:
    """Print what was added (+), removed (-) and changed (~), an entry a line."""
    counts = ", ".join(f"{number:,} {name}" for name, number in diff.counts.items())
    console.print(f"[bold]{source}[/] {escape(before.name)} → {escape(after.name)}: {counts}", soft_wrap=True)
    for sign, style, records in (("+", "green", diff.added), ("-", "red", diff.removed)):
        for record in records:
            console.print(f"[{style}]{sign}[/] {escape(_entry(record))}", soft_wrap=True, highlight=False)
    for change in diff.changed:
        console.print(f"[yellow]~[/] {escape(_entry(change.after))}", soft_wrap=True, highlight=False)
        for name in change.fields:
            console.print(f"    {name}: {escape(_word_change(change, name))}", soft_wrap=True, highlight=False)


def _entry(record: ListedRecord) -> str:
    programs = ", ".join(record.programs)
    return f"{record.source_id or '(no id)'} {record.name}" + (f" [{programs}]" if programs else "")


def _word_change(change: Change, name: str) -> str:
    before, after = to_json(change.before)[name], to_json(change.after)[name]
    if not isinstance(before, list) or not isinstance(after, list):
        return f"{_shorten(before)} → {_shorten(after)}"
    gone = [f"- {_shorten(item)}" for item in before if item not in after]
    new = [f"+ {_shorten(item)}" for item in after if item not in before]
    return "; ".join(gone + new)


def _shorten(value: object) -> str:
    if isinstance(value, Mapping):
        value = " ".join(str(part) for part in value.values() if part)
    elif isinstance(value, list):
        value = " ".join(str(part) for part in value)
    text = "nothing" if value is None else str(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def diff_as_data(source: str, before: State, after: State, diff: Diff) -> dict[str, Any]:
    """Return a difference for JSON: whole entries that came and went, and for changed ones each field before and after."""
    return {
        "source": source,
        "before": before.name,
        "after": after.name,
        "counts": diff.counts,
        "added": [to_json(record) for record in diff.added],
        "removed": [to_json(record) for record in diff.removed],
        "changed": [_change_as_data(change) for change in diff.changed],
    }


def _change_as_data(change: Change) -> dict[str, Any]:
    before, after = to_json(change.before), to_json(change.after)
    fields = {name: {"before": before[name], "after": after[name]} for name in change.fields}
    return {"source_id": change.after.source_id, "name": change.after.name, "fields": fields}


# --- names ---


def print_findings(console: Console, name: str, found: Sequence[Finding], *, explain: bool, day: date | None) -> None:
    """Print who bears a name: the alias that matched, how alike it is, and every list entry with its status."""
    if not found:
        console.print(f"nothing found: no known entity, and no entry of the lists that concerns the DPRK, is called {escape(name)}")
        return
    for one in found:
        entity = one.entity
        facts = ", ".join(part for part in (entity.label.value, entity.country or "", entity.id) if part)
        console.print(f"[bold]{escape(entity.name)}[/] ({facts})", soft_wrap=True, highlight=False)
        console.print(f"  {one.score:.2f} {escape(one.how)}: {escape(one.alias)}", soft_wrap=True, highlight=False)
        if explain:
            console.print(f"  {escape(one.why or 'the same after case, marks and order are set aside')}", soft_wrap=True, highlight=False)
        for entry in one.entries:
            console.print("  " + _word_entry(entry, day), soft_wrap=True, highlight=False)
        if not one.entries:
            console.print("  on no list")


def _word_entry(entry: ListedStatus, day: date | None) -> str:
    listing = entry.listing
    when = f" on {day}" if day else ""
    shown = escape(listing.entry or f"{listing.source} (no id)")
    programs = escape(", ".join(listing.programs))
    status = f"[{_STATUS_STYLE[entry.status]}]{entry.status}{when}[/]"
    born = f"; born {', '.join(listing.birth_dates)}" if listing.birth_dates else ""
    return f"{status} {shown} {escape(listing.name)}: {programs}{born}; {escape(entry.note)}; list version {entry.list_version}"


def finding_as_data(one: Finding) -> dict[str, Any]:
    """Return a finding for JSON."""
    return {
        "entity": one.entity.id,
        "label": one.entity.label.value,
        "name": one.entity.name,
        "country": one.entity.country,
        "alias": one.alias,
        "how": one.how,
        "score": round(one.score, 4),
        "why": one.why,
        "syllables": [list(syllable) for syllable in one.syllables],
        "entries": [_entry_as_data(entry) for entry in one.entries],
    }


def _entry_as_data(entry: ListedStatus) -> dict[str, Any]:
    listing = entry.listing
    return {
        "entry": listing.entry,
        "source": listing.source,
        "list_version": entry.list_version,
        "name": listing.name,
        "programs": list(listing.programs),
        "birth_dates": list(listing.birth_dates),
        "title": listing.title,
        "listed_on": listing.listed_on and listing.listed_on.isoformat(),
        "delisted": listing.delisted,
        "delisted_on": listing.delisted_on and listing.delisted_on.isoformat(),
        "status": entry.status,
        "note": entry.note,
    }


def print_relinks(console: Console, report: RelinkReport, *, dry_run: bool) -> None:
    """Print who is newly named on a list, in which article, and what could not be read."""
    for one in report.found:
        told = "newly listed" if one.status == "auto" else "newly listed, for review"
        day = f" of {one.published}" if one.published else ""
        line = f"[bold red]{told}[/]: {escape(one.name)} ({one.entry}) in {escape(one.title)}{day} {escape(one.url)}"
        console.print(line, soft_wrap=True, highlight=False)
        console.print(f"    {escape(one.why)}; list version {one.list_version}", soft_wrap=True, highlight=False)
    for problem in report.problems:
        console.print(f"[yellow]not read[/] {escape(problem)}", soft_wrap=True)
    done = "would be linked again" if dry_run else "linked again"
    console.print(f"{report.articles} articles {done}, {len(report.found)} new matches", highlight=False)


def _table(title: str, *left: str, right: Sequence[str] = ()) -> Table:
    table = Table(title=title, title_justify="left")
    for name in left:
        table.add_column(name, overflow="fold")
    for name in right:
        table.add_column(name, justify="right")
    return table
