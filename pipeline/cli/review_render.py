"""Items of the desk and what was decided of them, for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from models.review import Activity, Agreement, Counts, Item, ItemView, ListRecordShown, Sentence

__all__ = ["print_activity", "print_agreement", "print_counts", "print_items", "print_view"]

_MARKED = {"subject": "bold reverse", "trigger": "bold reverse", "name": "underline"}


def print_items(console: Console, items: Sequence[Item], counts: Counts) -> None:
    """Print items as a table, and how many there are."""
    table = Table(title=f"{len(items):,} of {_waiting(counts)}", title_justify="left")
    for name in ("id", "kind", "question", "places", "score", "priority", "state"):
        table.add_column(name, overflow="fold", justify="right" if name in {"places", "score", "priority"} else "left")
    for item in items:
        numbers = (f"{item.n_subjects:,}", f"{item.score:.2f}", f"{item.priority:.2f}")
        table.add_row(item.id, item.kind.value, escape(item.title), *numbers, item.state.value)
    console.print(table)


def print_counts(console: Console, counts: Counts) -> None:
    """Print how much waits."""
    console.print(_waiting(counts), highlight=False)
    for kind, number in counts.by_kind.items():
        console.print(f"  {kind.value}: {number:,}. {kind.definition}", highlight=False)


def _waiting(counts: Counts) -> str:
    return f"{counts.open:,} open, {counts.disputed:,} disputed, {counts.decided:,} decided, {counts.withdrawn:,} withdrawn"


def print_view(console: Console, view: ItemView) -> None:
    """Print an item with all that is known of it."""
    item = view.item
    console.print(f"[bold]{escape(item.title)}[/]  {item.kind}, {item.state}", highlight=False)
    console.print(f"{item.id}, revision {item.revision}: {item.kind.definition}", style="dim", highlight=False)
    for name, value in item.value.items():
        if value not in (None, [], ""):
            console.print(f"  {name}: {escape(str(value))}", highlight=False, soft_wrap=True)
    for one in view.evidence:
        weight = "" if one.weight is None else f" ({one.weight:+.1f})"
        console.print(f"  {'+' if (one.weight or 0) >= 0 else '-'} {escape(one.why)}{weight}", highlight=False, soft_wrap=True)
    if view.syllables:
        console.print(f"  {escape(view.syllables)}", highlight=False, soft_wrap=True)
    if view.record is not None:
        _print_record(console, view.record)
    for candidate in view.others:
        console.print(f"  or {candidate.id} {escape(candidate.name)}: {escape(candidate.description)}", highlight=False, soft_wrap=True)
    console.print(f"{view.n_places:,} places, of which {len(view.sentences)} are:", highlight=False)
    for sentence in view.sentences:
        _print_sentence(console, sentence)
    _print_said(console, view)


def _print_record(console: Console, record: ListRecordShown) -> None:
    parts = (
        record.title,
        ", ".join(record.programs),
        ", ".join(record.birth_dates),
        f"listed {record.listed_on}" if record.listed_on else "",
    )
    told = "; ".join(part for part in parts if part)
    console.print(f"  {record.entry} {escape(record.name)}: {escape(told)}", highlight=False, soft_wrap=True)


def _print_sentence(console: Console, sentence: Sentence) -> None:
    day = f"{sentence.published_at:%Y-%m-%d}" if sentence.published_at is not None else "undated"
    console.print(f"\n[dim]{day} {escape(sentence.publisher)}: {escape(sentence.article_title)}[/]", highlight=False, soft_wrap=True)
    text = Text(sentence.text)
    for start, end, what in sentence.marks:
        text.stylize(_MARKED.get(what, "bold"), start, end)
    console.print(text, soft_wrap=True)


def _print_said(console: Console, view: ItemView) -> None:
    for one in view.decisions:
        held = ", in force" if view.final is not None and one.id == view.final.id else ""
        note = f": {escape(one.note)}" if one.note else ""
        console.print(f"{one.number} {one.at:%Y-%m-%d %H:%M} {one.editor} {one.verdict}{held}{note}", highlight=False, soft_wrap=True)
    for comment in view.comments:
        console.print(f"{comment.at:%Y-%m-%d %H:%M} {comment.editor}: {escape(comment.text)}", highlight=False, soft_wrap=True)


def print_activity(console: Console, lines: Iterable[Activity], accounts: Mapping[str, str]) -> None:
    """Print lines of the record."""
    table = Table()
    for name in ("number", "when", "who", "what", "item", "question", "holds"):
        table.add_column(name, overflow="fold")
    for one in lines:
        decision = one.decision
        when, who = f"{decision.at:%Y-%m-%d %H:%M}", accounts.get(decision.editor, decision.editor)
        held = "yes" if one.in_force else "no"
        table.add_row(str(decision.number), when, escape(who), decision.verdict.value, decision.item_id, escape(one.title), held)
    console.print(table)


def print_agreement(console: Console, agreement: Agreement) -> None:
    """Print how well editors agree."""
    if not agreement.pairs:
        console.print("no item was decided by two editors yet", highlight=False)
        return
    console.print(f"{agreement.agreed:,} of {agreement.pairs:,} pairs agree, kappa {_kappa(agreement.overall)}", highlight=False)
    for kind in agreement.kinds:
        console.print(f"  {kind.kind.value}: {kind.agreed:,} of {kind.pairs:,}, kappa {_kappa(kind.kappa)}", highlight=False)


def _kappa(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.2f}"
