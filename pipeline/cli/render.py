"""Reports and rows as tables for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from models.findings import AmountFound, EntityFound, EventFound, Facet, TimePoint
from pipeline.cli.feeds_render import OUTCOME_STYLES

if TYPE_CHECKING:
    from pipeline.run.report import RunReport

__all__ = [
    "format_amount",
    "format_date",
    "print_counts",
    "print_entities",
    "print_entity",
    "print_events",
    "print_report",
    "print_timeline",
]

_EVENT_COLUMNS = ("date", "event", "who", "to whom", "how much", "certainty, according to", "told by", "id", "matched to lists")
_COLUMN_STYLES = {"id": "dim", "matched to lists": "red"}
_LONGEST_BAR = 40
"""Columns of the longest bar of a timeline."""

_MODALITY_STYLE = {
    "asserted": "green",
    "alleged": "yellow",
    "denied": "red",
    "planned": "cyan",
    "possible": "magenta",
    "called_for": "blue",
}


def print_report(console: Console, report: RunReport) -> None:
    """Print what a run did: feeds, pages, articles, events, and every problem by name."""
    title = "Dry run (nothing was written)" if report.dry_run else f"Run {report.run_id}"
    console.print(_feed_table(report, title))
    for name, counts in (("pages", report.pages), ("articles", report.articles), ("analysed", report.analysed), ("rows", report.rows)):
        console.print(f"[bold]{name:9}[/] {_counts(counts)}")
    if report.boilerplate:
        console.print(f"[bold]{'cut':9}[/] {report.boilerplate.total()} paragraphs of boilerplate: {escape(_counts(report.boilerplate))}")
    if report.stories:
        console.print(f"[bold]{'stories':9}[/] {report.stories['stories']} stories in {report.stories['texts']} texts")
    if overall := (report.precision.get("sampled") or {}).get("overall"):
        told = f"{overall['precision']:.1%} ({overall['low']:.1%} to {overall['high']:.1%})"
        console.print(f"[bold]{'precision':9}[/] {told} of {overall['judged']} items drawn at random", highlight=False)
    for problem in report.problems:
        style = "dim" if problem.state == "skipped" else "yellow"
        console.print(f"[{style}]{problem.stage} {problem.state}[/]  {escape(problem.url)}  {escape(problem.reason)}", soft_wrap=True)
    took = sum(report.seconds.values())
    console.print(f"[bold]exit code {report.exit_code}[/]: {escape(report.reason)}; {took:.1f} s")


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items())) or "nothing to do"


def _feed_table(report: RunReport, title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for name, justify in (
        ("feed", "left"),
        ("outcome", "left"),
        ("new", "right"),
        ("known", "right"),
        ("updated", "right"),
        ("note", "left"),
    ):
        table.add_column(name, justify="right" if justify == "right" else "left", overflow="fold")
    for line in report.feeds:
        note = "; ".join(text for text in (line.turn, line.reason, line.suggestion, *line.warnings) if text)
        numbers = (str(line.new), str(line.known), str(line.updated)) if line.outcome.polled else ("", "", "")
        table.add_row(line.feed_id, f"[{OUTCOME_STYLES[line.outcome]}]{line.outcome}[/]", *numbers, escape(note))
    return table


def print_events(console: Console, events: Sequence[EventFound], *, title: str) -> None:
    """Print events as a table: when, what, who, to whom, how much, how certain, told by whom; background events are dim.

    A column that no event has anything for is left out.
    """
    rows = [_event_cells(event) for event in events]
    used = [column for column, name in enumerate(_EVENT_COLUMNS) if not rows or name == "event" or any(row[column] for row in rows)]
    table = Table(title=escape(title), title_justify="left")
    for column in used:
        name = _EVENT_COLUMNS[column]
        table.add_column(name, no_wrap=name in {"date", "id"}, overflow="fold", style=_COLUMN_STYLES.get(name))
    for event, row in zip(events, rows, strict=True):
        table.add_row(*(row[column] for column in used), style="dim" if event.background else None)
    console.print(table)


def _event_cells(event: EventFound) -> tuple[str, ...]:
    kind = event.type + (f" {event.subtype}" if event.subtype else "")
    said = f", {escape(event.speaker.name)}" if event.speaker else ""
    more = f" and {event.n_articles - 1} more" if event.n_articles > 1 else ""
    sources = f", {event.n_sources} sources" if event.n_sources > 1 else ", 1 source" if more else ""
    return (
        _format_days(event.date_start, event.date_end, sep="\n"),
        f"[bold]{escape(kind)}[/]",
        escape(" | ".join(party.name for party in event.actors)),
        escape(" | ".join(party.name for party in event.targets)),
        _amounts(event.amounts),
        f"[{_MODALITY_STYLE[event.modality]}]{event.modality}[/]{said}",
        escape(event.articles[0].publisher) + more + sources,
        event.id,
        escape(" | ".join(_entries(event))),
    )


def _entries(event: EventFound) -> list[str]:
    """Return the entries of sanctions lists that its parties are matched to."""
    return sorted({match.entry for party in (*event.actors, *event.targets) for match in party.matches})


def _amounts(amounts: Sequence[AmountFound]) -> str:
    """Return what the articles give as amounts: one, or for each currency the least and the greatest."""
    by_currency: dict[str, list[AmountFound]] = {}
    for amount in amounts:
        if amount.value is not None or amount.currency:
            by_currency.setdefault(amount.currency or "", []).append(amount)
    return "\n".join(_stretch(those) for those in by_currency.values())


def _stretch(amounts: Sequence[AmountFound]) -> str:
    """Return amounts of one currency: the one that they all are, or from the least to the greatest."""
    numbered = {amount.value: amount for amount in amounts if amount.value is not None}
    if len(numbered) > 1:
        return f"{_short(min(numbered))} to {_short(max(numbered))} {amounts[0].currency or ''}".rstrip()
    first = next(iter(numbered.values()), amounts[0])
    return _format_value(first.value, first.currency, first.bound)


def print_counts(console: Console, facets: Sequence[Facet], *, title: str) -> None:
    """Print for each field its commonest values and how many events have them."""
    console.print(escape(title), soft_wrap=True)
    for facet in facets:
        table = Table(Column("events", justify="right"), facet.field, caption=f"and {facet.others} more" if facet.others else None)
        for one in facet.values:
            table.add_row(f"{one.count:,}", escape(one.label if one.label == one.value else f"{one.label} ({one.value})"))
        console.print(table)


def print_timeline(console: Console, points: Sequence[TimePoint], *, title: str) -> None:
    """Print how many events each day, month or year has, as a bar too, and their amounts in US dollars."""
    console.print(escape(title), soft_wrap=True)
    table = Table()
    for name in ("when", "events", "US dollars"):
        table.add_column(name, justify="left" if name == "when" else "right")
    table.add_column("")
    table.add_column("of which", overflow="fold")
    most = max((point.count for point in points), default=1)
    for point in points:
        kinds = sorted(point.by_type.items(), key=lambda pair: (-pair[1], pair[0]))
        bar = "█" * max(1, round(_LONGEST_BAR * point.count / most))
        table.add_row(
            point.period,
            f"{point.count:,}",
            _short(point.usd) if point.usd else "",
            bar,
            ", ".join(f"{name} {number}" for name, number in kinds),
        )
    console.print(table)


def format_date(row: Mapping[str, Any]) -> str:
    """Return the date of an event as people write it, "" where it has none."""
    return _format_days(row["date_start"], row["date_end"], sep=" ")


def _format_days(start: str | None, end: str | None, *, sep: str) -> str:
    if start == end or end is None or start is None:
        return start or end or ""
    return f"{start}{sep}to {end}"


def format_amount(row: Mapping[str, Any]) -> str:
    """Return the amount of a row of `v_events_flat`, "" where it has none."""
    return _format_value(row["amount_value"], row["amount_currency"], row["amount_bound"])


def _format_value(value: float | None, currency: str | None, bound: str) -> str:
    if value is None:
        return currency or ""
    sign = {"approx": "~", "at_least": "≥", "at_most": "≤"}.get(bound, "")
    return f"{sign}{_short(value)} {currency or ''}".rstrip()


def _short(value: float) -> str:
    """Return a number as people say it: 44.5 billion."""
    for unit, name in ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")):
        if value >= unit:
            return f"{value / unit:.4g}{name}"
    return f"{value:,.10g}"


def print_entities(console: Console, found: Sequence[EntityFound]) -> None:
    """Print entities with how often they are named and what is known of them."""
    table = Table(title=f"{len(found)} {'entity' if len(found) == 1 else 'entities'}, most often named first", title_justify="left")
    for name in ("label", "name", "country", "mentions", "articles", "events", "role", "affiliation", "matched to list entries", "id"):
        table.add_column(name, overflow="fold")
    for one in found:
        role, body = (one.roles[0][0], one.roles[0][1] or "") if one.roles else ("", "")
        numbers = (str(one.mentions), str(one.articles), str(one.events))
        cells = (one.label, one.name, one.country or "", *numbers, role, body, ", ".join(match.entry for match in one.matches), one.id)
        table.add_row(*map(escape, cells))
    console.print(table)


def print_entity(console: Console, entity: EntityFound) -> None:
    """Print one entity: names, offices, list entries with what speaks for them, and who takes part in the same events."""
    country = f", {entity.country}" if entity.country else ""
    seen = [moment.date().isoformat() for moment in (entity.first_seen, entity.last_seen) if moment is not None]
    when = f", published {' to '.join(dict.fromkeys(seen))}" if seen else ""
    often = f"{_number(entity.mentions, 'time')} in {_number(entity.articles, 'article')}"
    lines = [
        f"[bold]{escape(entity.name)}[/] ({entity.label}{country})  [dim]{escape(entity.id)}[/]",
        f"named {often}{when}; has a role in {_number(entity.events, 'event')}",
        f"written: {escape(', '.join(f'{name} ({number})' for name, number in entity.names)) or 'not named any more'}",
    ]
    for role, body, number in entity.roles:
        lines.append(f"office: {escape(role + (f', {body}' if body else ''))} ({number})")
    for match in entity.matches:
        programs = f", {', '.join(match.programs)}" if match.programs else ""
        lines.append(f"[red]matched to {escape(f'{match.entry} {match.name}{programs}')}[/] ({match.score:.2f})")
    lines += [f"  why: {escape(why)}" for why in entity.evidence]
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)
    if entity.co_actors:
        table = Table(
            Column("events", justify="right"), "with", "of which", "id", title="takes part in the same events", title_justify="left"
        )
        for other in entity.co_actors:
            kinds = ", ".join(f"{name} {number}" for name, number in sorted(other.types.items(), key=lambda pair: (-pair[1], pair[0])))
            table.add_row(f"{other.events:,}", escape(other.party.name), kinds, escape(other.party.id or ""))
        console.print(table)


def _number(count: int, of: str) -> str:
    return f"{count:,} {of}" if count == 1 else f"{count:,} {of}s"
