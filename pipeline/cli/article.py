"""One article with all its layers, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from models.vocabulary import CandidateReason
from pipeline.cli.render import format_amount, format_date
from pipeline.store.search import ArticleView

__all__ = ["print_article"]

_LABEL_STYLE = {
    "PERSON": "bold yellow",
    "AGENCY": "bold cyan",
    "ORG": "bold blue",
    "PLACE": "green",
    "VESSEL": "magenta",
    "WEAPON": "red",
    "MALWARE": "red",
}


def print_article(console: Console, view: ArticleView) -> None:
    """Print heading, marked text, mentions, uncertain spans, matches to lists, amounts, and events with their evidence."""
    version = view.version
    published = version["published_at"]
    when = "unknown" if published is None else f"{published:%Y-%m-%d %H:%M} UTC ({version['published_source']})"
    facts = (
        f"{version['publisher']}, published {when}\n{version['url']}\n"
        f"version {version['id']}, {len(view.versions)} in all; text {version['body_status']}; Korea {version['korea_score']:.2f}"
    )
    console.print(Panel(escape(facts), title=escape(version["title"]), title_align="left"))
    console.print(_marked_text(view))
    _print_mentions(console, view)
    _print_candidates(console, view)
    _print_links(console, view)
    _print_amounts(console, view)
    _print_remarks(console, view)
    for mention in view.event_mentions:
        _print_event(console, view, mention)
    console.print(f"\nwhat made each of these: peninsula explain {version['id']}", style="dim", highlight=False, soft_wrap=True)


def _print_remarks(console: Console, view: ArticleView) -> None:
    """Print why a stage failed, or which sentences it could not read as one."""
    for stage in view.stages:
        if stage["reason"]:
            console.print(f"{stage['stage']}: {escape(stage['reason'])}", style="yellow", highlight=False)


def _marked_text(view: ArticleView) -> Text:
    text = Text(view.version["text"])
    for mention in view.mentions:
        text.stylize(_LABEL_STYLE[mention["label"]], mention["start"], mention["end"])
    for amount in view.amounts:
        text.stylize("bold magenta", amount["start"], amount["end"])
    for mention in view.event_mentions:
        text.stylize("underline", mention["trigger_start"], mention["trigger_end"])
    for start, end in view.version["furniture"]:
        text.stylize("dim", start, end)
    return text


def _print_mentions(console: Console, view: ArticleView) -> None:
    table = Table(title="names", title_justify="left")
    for name in ("at", "text", "label", "entity", "role", "affiliation", "score", "made by"):
        table.add_column(name, overflow="fold")
    for mention in view.mentions:
        table.add_row(
            f"{mention['start']}-{mention['end']}",
            escape(mention["text"]),
            mention["label"],
            mention["entity_id"],
            escape(mention["role"] or ""),
            escape(mention["affiliation"] or ""),
            f"{mention['score']:.2f}",
            escape(mention["maker"]),
        )
    console.print(table)


def _print_candidates(console: Console, view: ArticleView) -> None:
    if not view.candidates:
        return
    reasons = [reason for reason in CandidateReason if any(row["reason"] == reason for row in view.candidates)]
    legend = "\n".join(f"{reason}: {reason.definition}" for reason in reasons)
    table = Table(title="perhaps names", title_justify="left", caption=legend, caption_justify="left")
    for name in ("at", "text", "label", "score", "why", "made by"):
        table.add_column(name, overflow="fold")
    for row in view.candidates:
        place = f"{row['start']}-{row['end']}"
        table.add_row(place, escape(row["text"]), row["label"], f"{row['score']:.2f}", row["reason"], escape(row["maker"]))
    console.print(table)


def _print_links(console: Console, view: ArticleView) -> None:
    for link in view.links:
        console.print(
            f"[red]{link['status']}[/] {escape(link['written'] or link['entity_id'])} = {escape(link['name'])}, "
            f"{link['entry'] or link['source']} (list of {link['list_version']}) {link['score']:.2f}: {escape(link['why'])}",
            soft_wrap=True,
        )
        if link["evidence"]:
            weights = ", ".join(f"{kind} {weight:+.1f}" for kind, weight in link["evidence"].items())
            console.print(f"  {escape(weights)}", style="dim", highlight=False, soft_wrap=True)
    for number in view.identifiers:
        place = f"{number['start']}-{number['end']}"
        console.print(f"[red]{number['kind']}[/] {escape(number['text'])} at {place} is of {number['entity_id']}", soft_wrap=True)


def _print_amounts(console: Console, view: ArticleView) -> None:
    if not view.amounts:
        return
    table = Table(title="amounts", title_justify="left")
    for name in ("at", "text", "value", "currency", "bound", "USD", "basis"):
        table.add_column(name, overflow="fold")
    for amount in view.amounts:
        value = "" if amount["value"] is None else f"{amount['value']:,.10g}"
        usd = "" if amount["usd"] is None else f"{amount['usd']:,.0f}"
        place = f"{amount['start']}-{amount['end']}"
        cells = (place, escape(amount["text"]), value, amount["currency"] or "", amount["bound"], usd, amount["usd_basis"] or "")
        table.add_row(*cells)
    console.print(table)


def _print_event(console: Console, view: ArticleView, mention: Mapping[str, Any]) -> None:
    kind = mention["type"] + (f"/{mention['subtype']}" if mention["subtype"] else "")
    date = format_date(mention) or "no date"
    console.print(
        f"\n[bold]{kind}[/] {mention['modality']}, {date}{', background' if mention['background'] else ''}  [dim]{mention['event_id']}[/]"
    )
    for argument in view.arguments:
        if argument["mention_id"] == mention["id"]:
            console.print(f"  {argument['role']}: {escape(argument['name'])} ({argument['via']})", highlight=False)
    for amount in view.event_amounts:
        if amount["mention_id"] == mention["id"]:
            console.print(f"  {amount['role']}: {escape(amount['text'])}", highlight=False)
    if mention["cues"]:
        console.print(f"  cues: {escape(', '.join(mention['cues']))}", highlight=False)
    start = mention["trigger_start"] - mention["evidence_start"]
    evidence = Text(mention["evidence_text"])
    evidence.stylize("bold underline", start, start + len(mention["trigger_text"]))
    console.print(Text("  ").append_text(evidence), soft_wrap=True)
    stands = mention["merged_into"] or mention["event_id"]
    for telling in view.tellings:
        if telling["event_id"] == stands:
            told = ", ".join(part for part in (format_date(telling), format_amount(telling)) if part)
            line = f"  also told by {telling['publisher']}{f' ({told})' if told else ''}: {telling['title']}"
            console.print(escape(line), style="dim", highlight=False, soft_wrap=True)
