"""Decisions as JSON Lines: all that was ever decided, to be kept beside the database and put into a new one.

A line is one decision with the whole of its item and the name of its editor. Ids are made of content, so that an item of a database that
was filled anew is the same item. One that the machine does not ask there yet is made of the line: what was decided of a name corrects
the first reading already, and the item finds its places when the machine asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from models.ids import make_id
from models.knowledge import Knowledge
from models.review import EditorRole, ItemKind, ItemState, Verdict
from models.vocabulary import Label
from pipeline.review.adding import add_event, add_mention
from pipeline.review.deciding import follow
from pipeline.review.errors import DeskError
from pipeline.review.values import FIELDS
from pipeline.store.engine import Database, reading, writing
from pipeline.store.merges import Transaction
from pipeline.store.review_exchange import Stock, add_decisions, carried, take_stock

__all__ = ["ImportReport", "Problem", "export_decisions", "import_decisions"]


class _Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`models.review.Item`, but for its places."""

    id: str
    kind: ItemKind
    title: str
    value: dict[str, Any]
    form: str
    candidate: str | None
    label: str | None
    lang: str | None
    publisher: str | None
    source_list: str | None
    score: float
    uncertainty: float
    impact: float
    priority: float
    component: str
    component_version: str
    text_hash: str
    value_hash: str
    sampled: bool
    twice: bool
    revision: int
    state: ItemState
    first_seen_at: datetime
    seen_at: datetime


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`models.review.Decision` with its item, and with the name of its editor; its number is the place of its line.

    `place` is the article version, the start and the end of what an editor added.
    """

    id: str
    item: _Item
    verdict: Verdict
    revision: int
    before: dict[str, Any]
    after: dict[str, Any]
    excepted: list[str]
    editor: str
    at: datetime
    batch: str | None
    undoes: str | None
    component: str
    component_version: str
    model_version_id: str | None
    knowledge_version_id: str | None
    note: str | None
    place: tuple[str, int, int] | None = None


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When an item was seen that the machine has not asked here: before any refresh, so that the next one leaves nothing out."""

_LINES = msgspec.json.Decoder(_Line)


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that could not be placed, and why."""

    line: int
    why: str


@dataclass(slots=True)
class ImportReport:
    """What an import did, or would do: decisions placed, those that were there already, items and accounts made for them, lines refused."""

    placed: int = 0
    known: int = 0
    new_items: int = 0
    new_editors: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    nowhere: int = 0
    """Names and events that editors added to texts which are not here: the decision is kept, its place is not."""


def export_decisions(database: Database) -> Iterator[bytes]:
    """Yield every decision as one line of JSON, oldest first, those that were taken back too."""
    with reading(database) as connection:
        for row in carried(connection):
            yield msgspec.json.encode(msgspec.convert(row, _Line, from_attributes=False)) + b"\n"


def import_decisions(
    database: Database, lines: Iterable[bytes], knowledge: Knowledge, *, at: datetime, dry_run: bool = False
) -> ImportReport:
    """Write the decisions of an export that are not there yet, in one transaction; `dry_run` only tells what would be written.

    A line is refused where it is no decision, where it speaks of a decision that is not there, and where its item was decided here
    since: the later word holds, and no file overrules it. Whoever has no account gets a disabled one, so that every decision keeps its
    name and nobody can sign in by it. What editors added to texts is written into them again.
    """
    report = ImportReport()
    read = list(_read(lines, report))
    with reading(database) if dry_run else writing(database) as connection:
        stock = take_stock(
            connection, {line.id for _, line in read} | {line.undoes for _, line in read if line.undoes}, {line.item.id for _, line in read}
        )
        placed = list(_place(read, stock, report))
        report.problems.sort(key=lambda problem: problem.line)
        items = {line.item.id: line.item for line in placed if line.item.id not in stock.items}
        report.new_items = len(items)
        report.new_editors = sorted({line.editor for line in placed} - stock.editors.keys())
        if not dry_run:
            report.nowhere = sum(not _add_again(connection, knowledge, line) for line in placed if line.verdict is Verdict.ADD)
            editors = stock.editors | {name: make_id("edr", name) for name in report.new_editors}
            add_decisions(
                connection,
                editors=[_account(name, editors[name], at) for name in report.new_editors],
                items=[msgspec.structs.asdict(item) | {"seen_at": _NEVER} for item in items.values()],
                decisions=[_row(line, editors) for line in placed],
            )
            # Items that are new here have no rows yet; the next refresh gives them those, and what was decided with them.
            for item in sorted({line.item.id for line in placed if line.item.id in stock.items or line.verdict is Verdict.ADD}):
                follow(connection, item, at=at)
    return report


def _read(lines: Iterable[bytes], report: ImportReport) -> Iterator[tuple[int, _Line]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield number, _LINES.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                report.problems.append(Problem(number, f"no decision as `peninsula review export` writes it: {error}"))


def _place(read: Iterable[tuple[int, _Line]], stock: Stock, report: ImportReport) -> Iterator[_Line]:
    here = set(stock.decisions)
    for number, line in read:
        if line.id in here:
            report.known += 1
            continue
        last = stock.items.get(line.item.id)
        if line.undoes is not None and line.undoes not in here:
            report.problems.append(Problem(number, f"speaks of the decision {line.undoes}, which is neither here nor on a line before"))
        elif last is not None and last > line.at:
            report.problems.append(Problem(number, f"“{line.item.title}” was decided here on {last:%Y-%m-%d %H:%M} UTC, after this"))
        else:
            here.add(line.id)
            report.placed += 1
            yield line


def _add_again(connection: Transaction, knowledge: Knowledge, line: _Line) -> bool:
    """Write what an editor added into its text; tell whether that could be done, under the item of the line."""
    if line.place is None:
        return False
    try:
        if line.item.kind is ItemKind.EVENT:
            value = {field.name: line.after.get(field.name) for field in FIELDS[ItemKind.EVENT]}
            item = add_event(connection, knowledge, *line.place, value, at=line.at)
        else:
            label, entity = Label(line.after["label"]), line.after.get("entity")
            item = add_mention(connection, knowledge, *line.place, label, entity=entity, at=line.at)
    except (DeskError, KeyError, ValueError):
        return False
    return item.id == line.item.id


def _account(name: str, editor_id: str, at: datetime) -> dict[str, Any]:
    nobody: dict[str, Any] = {"role": EditorRole.VIEWER, "password_hash": None, "keys": {}}
    return {"id": editor_id, "name": name, **nobody, "created_at": at, "disabled_at": at}


def _row(line: _Line, editors: dict[str, str]) -> dict[str, Any]:
    row = msgspec.structs.asdict(line)
    item, editor, _ = row.pop("item"), row.pop("editor"), row.pop("place")
    return row | {"item_id": item.id, "kind": item.kind, "editor_id": editors[editor]}
