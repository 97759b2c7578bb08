"""Explanations of an event for people: facts in words, which the page shares, and the terminal's picture of each mention."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from models.vocabulary import AttributionKind
from pipeline.cli.explain_picture import STYLES, Mark, draw
from pipeline.text.printable import printable

__all__ = ["describe_disagreements", "describe_event", "describe_mention", "name_event", "print_event", "print_event_list"]

Json = dict[str, Any]
Fact = tuple[str, str]
"""What is told, and the telling: one or more lines."""

_WIDEST = 120
"""Cells of the longest line of a picture: longer ones are hard to read, however wide the terminal."""
_INDENT = 2


def print_event(console: Console, told: Json) -> None:
    """Print the event, then each mention as a picture with a table, then what mentions disagree on."""
    console.print(_panel(told["event"]))
    for mention in told["mentions"]:
        _print_mention(console, mention)
    if told["disagreements"]:
        console.print(_table("the mentions disagree", describe_disagreements(told)))


def print_event_list(console: Console, events: list[Json], *, name: str) -> None:
    """Print the events of an article in a line each; `name` is how the user named the article."""
    if not events:
        console.print("no events")
        return
    table = Table(title="events", title_justify="left", show_lines=True)
    table.add_column("no.", justify="right", no_wrap=True)
    for column in ("event", "trigger", "who", "to whom", "certainty, according to", "made by"):
        table.add_column(column, overflow="fold")
    for number, told in enumerate(events, start=1):
        event, first = told["event"], told["mentions"][0]
        said = f"\n{event['speaker']}" if event["speaker"] else ""
        parties = ["\n".join(dict.fromkeys(_names(told, role))) for role in ("actor", "target")]
        cells = (_kind(event), first["trigger"]["text"], *parties, f"{event['modality']}{said}", "\n".join(_rule_ids(told)))
        table.add_row(str(number), *(Text(printable_lines(cell)) for cell in cells))
    console.print(table)
    hint = f"one event as a picture: peninsula explain {escape(name)} --event 1"
    console.print(hint, style="dim", highlight=False, soft_wrap=True)


def _names(told: Json, role: str) -> Iterator[str]:
    return (one["name"] for mention in told["mentions"] for one in mention["arguments"] if one["role"] == role)


def _rule_ids(told: Json) -> list[str]:
    return list(dict.fromkeys(rule["id"] for mention in told["mentions"] for rule in mention["rules"]))


def _panel(event: Json) -> Panel:
    lines = Text("\n").join(Text(f"{what}: {telling}") for what, telling in describe_event(event))
    return Panel(lines, title=Text(name_event(event)), title_align="left")


def _print_mention(console: Console, mention: Json) -> None:
    article = mention["article"]
    where = printable(f"mention {mention['number']}, {article['publisher'] or article['title'] or article['version']}")
    console.print(Text(f"\n{where}", style="bold"))
    if mention["same_as"] is not None:
        console.print(f"  told in the same words as mention {mention['same_as']}; version {article['version']}", highlight=False)
        return
    shift = mention["sentence"]["start"]
    marks = [Mark(mark["kind"], mark["label"], mark["start"] - shift, mark["end"] - shift) for mark in mention["marks"]]
    width = min(console.width, _WIDEST) - 2 * _INDENT
    picture = draw(mention["sentence"]["text"], marks, width=width)
    for line in picture.split("\n", allow_blank=True):
        console.print(Text(" " * _INDENT).append_text(line), no_wrap=True, overflow="ignore", crop=False, highlight=False)
    console.print(_table(None, describe_mention(mention)))


def _table(title: str | None, facts: list[Fact]) -> Table:
    grid = Table(title=title, title_justify="left", show_header=False)
    grid.add_column("what", style="bold", no_wrap=True)
    grid.add_column("evidence", overflow="fold")
    for what, telling in facts:
        grid.add_row(Text(what, style=STYLES.get(what, "").replace("reverse", "").strip()), Text(printable_lines(telling)))
    return grid


def printable_lines(text: str) -> str:
    """Return lines with nothing in them that a terminal would obey."""
    return "\n".join(printable(line) for line in text.split("\n"))


# --- facts in words ---


def name_event(event: Json) -> str:
    """Return the heading of an event: type, subtype, certainty and id."""
    return f"{_kind(event)}, {event['modality']} ({event['id']})"


def describe_event(event: Json) -> list[Fact]:
    """Return what is told of the event as a whole."""
    return list(_event_facts(event))


def _event_facts(event: Json) -> Iterator[Fact]:
    yield "frame", f"{_kind(event)}: {event['type_means']}"
    yield "codes", _codes(event)
    background = "; background, not the news of the article" if event["background"] else ""
    yield "certainty", f"{event['modality']}: {event['modality_means']}{background}"
    yield "date", _event_date(event["date"])
    yield "score", f"{event['score']['value']:g}, {event['score']['means']}"
    maker, model = event["maker"], event["model"]
    with_model = f"; with {model['name']} {model['version']}" if model is not None else ""
    yield "made by", f"{_made_by(maker)}{with_model}; knowledge base {event['knowledge']}"
    if f"{maker['name']} {maker['version']}" != event["stage_in_force"]:
        yield "note", f"the lexicon shown is that of {event['stage_in_force']}: it may say more or less than the one that made this event"
    if event["status"] != "auto":
        yield "editor", f"{event['status']}: {event['status_means']}"
    if event["merged_into"] is not None:
        yield "merged into", f"{_other(event['merged_into'])}, which stands for this event too"
    if event["stands_for"]:
        yield "stands for", "\n".join(_other(other) for other in event["stands_for"])
    for relation in event["relations"]:
        yield relation["kind"], f"{relation['says']}, score {relation['score']:g}"
    if event["mentions_in_older_versions"]:
        yield "older versions", f"{event['mentions_in_older_versions']} more mentions in earlier versions of the article are not shown"


def describe_mention(mention: Json) -> list[Fact]:
    """Return what is told of one mention, in order of the frame: rule, arguments, certainty, source, date, measures, score."""
    return list(_mention_facts(mention))


def _mention_facts(mention: Json) -> Iterator[Fact]:
    trigger, article = mention["trigger"], mention["article"]
    yield "trigger", f"“{trigger['text']}” at {trigger['start']}-{trigger['end']}"
    for rule in mention["rules"]:
        yield "rule", _rule(rule)
    for one in mention["arguments"]:
        yield one["role"], _argument(one)
    yield "certainty", _modality(mention["modality"])
    yield "said by", f"{_speaker(mention)}; {mention['attribution']['kind']}: {mention['attribution']['means']}"
    yield "date", _date(mention["date"], article)
    for one in mention["amounts"]:
        yield "amount", _amount(one)
    for one in mention["quantities"]:
        yield "quantity", _quantity(one)
    yield "score", f"{mention['score']['value']:g}: {mention['score']['means']}"
    yield "made by", f"{mention['maker']['name']}, version {mention['maker']['version']}"
    yield "in", "\n".join(_place(mention))


def _rule(rule: Json) -> str:
    line = rule["in_lexicon"]
    if line is None:
        return f"{rule['id']}\n{rule['says']}"
    lines = [rule["id"], f"{rule['says']} It stands in pipeline/events/lexicon/{line['file']} line {line['line']}."]
    subtype = line["subtype"] or "none"
    if line["matched"]:
        lines += [f"words: {pattern}" for pattern in line["matched"]]
        more = len(line["words"]) - len([pattern for pattern in line["words"] if pattern in line["matched"]])
        lines += [f"and {more} other pattern{'s' if more > 1 else ''} that did not match here"] if more else []
    else:
        lines += [f"words: {pattern}" for pattern in line["words"]]
    parts = [f"subtype {subtype}", *(f"{role} as {', '.join(line[role])}" for role in ("actor", "target", "place") if line[role])]
    conditions = (("near", "the sentence must hold"), ("unless", "the sentence must not hold"), ("article", "the article must hold"))
    parts += [f"{says} a word of @{line[name]}" for name, says in conditions if line[name]]
    parts += ["it alone makes the event " + line["modality"]] if line["modality"] else []
    parts += ["it only adds a mention to an event told before"] if line["anaphor"] else []
    parts += ["it counts in the opening of the story alone"] if line["lead"] else []
    return "\n".join([*lines, "; ".join(parts)])


def _argument(one: Json) -> str:
    who = "a noun, no entity" if one["entity"] is None else f"{one['entity']['label']} {one['entity']['id']}"
    place = f" at {one['start']}-{one['end']}" if one["start"] is not None else ""
    lines = [f"“{one['text']}”{place}: {one['name']} ({who}), score {one['score']:g}", f"{one['via']}: {one['via_means']}"]
    if one["slot_says"]:
        lines.append(one["slot_says"])
    if not one["inside"]:
        lines.append(f"outside the sentence: {' '.join(one['passage'].split())}" if one["passage"] else "outside the sentence")
    return "\n".join(lines)


def _speaker(mention: Json) -> str:
    if mention["speaker"]:
        return f"“{mention['speaker']}”"
    by_another = mention["attribution"]["kind"] not in {AttributionKind.UNATTRIBUTED, AttributionKind.DIRECT_QUOTE}
    has_actor = any(one["role"] == "actor" for one in mention["arguments"])
    return "no speaker beside the actor" if by_another and has_actor else "no speaker"


def _modality(modality: Json) -> str:
    lines = [f"{modality['value']}: {modality['value_means']}", modality["says"]]
    for cue in modality["cues"]:
        place = f" at {cue['start']}-{cue['end']}" if cue["start"] is not None else ""
        line = cue["in_lexicon"]
        source = "" if line is None else f"the cue {line['id']}, pipeline/events/lexicon/{line['file']} line {line['line']}"
        told = "" if line is None else f": {line['matched']}, of {source}"
        lines.append(f"cue “{cue['text']}”{place}{told}")
    return "\n".join(lines)


def _date(date: Json | None, article: Json) -> str:
    if date is None:
        return "no expression of time dates this mention"
    published = article.get("published")
    zone = "" if published is None else f", zone {published['zone']}" if published["zone_given"] else ", UTC, since no zone was given"
    against = f"read against {date['anchor']}, the day of publication{zone}" if date["anchor"] else "the day of publication is not known"
    at = date["at"]
    read = f"“{date['text']}” at {at['start']}-{at['end']}: {_range(date)} ({date['precision']}: {date['precision_means']})"
    return f"{read}\n{against}"


def _event_date(date: Json) -> str:
    source = f", mention {date['mention']}" if date["mention"] is not None else ""
    if date["basis"] == "none":
        return f"none: {date['means']}"
    return f"{_range(date)} ({date['precision']}): {date['means']}{source}"


def _range(date: Json) -> str:
    start, end = date["start"], date["end"]
    if start == end:
        return start or "not resolved"
    return f"{start or 'open'} to {end or 'open'}"


def _amount(one: Json) -> str:
    value = "no number" if one["value"] is None else _number(one["value"])
    most = "" if one["value_max"] is None else f" to {_number(one['value_max'])}"
    usd = "" if one["usd"] is None or one["currency"] == "USD" else f", {_number(one['usd'])} USD ({one['usd_basis']})"
    read = f"{value}{most} {one['currency'] or 'of no currency'}, {one['bound']}{usd}"
    return f"“{one['text']}” at {one['start']}-{one['end']}: {read}\n{one['role']}: {one['role_means']}"


def _quantity(one: Json) -> str:
    value = (
        _number(one["value_min"]) if one["value_min"] == one["value_max"] else f"{_number(one['value_min'])} to {_number(one['value_max'])}"
    )
    return f"“{one['text']}” at {one['start']}-{one['end']}: {value} {one['unit']}, {one['bound']}\n{one['role']}: {one['role_means']}"


def _place(mention: Json) -> Iterator[str]:
    article, sentence = mention["article"], mention["sentence"]
    if not article["stored"]:
        yield f"version {article['version']} of the article is no longer stored: shown from the sentence that is kept with the event"
        return
    opening = "the opening of the story" if mention["core"] else "not the opening of the story"
    if article["title"]:
        yield article["title"]
    if article["url"]:
        yield article["url"]
    yield f"version {article['version']}, characters {sentence['start']} to {sentence['end']}, {opening}"


def _codes(event: Json) -> str:
    contexts = f" ({', '.join(event['plover_contexts'])})" if event["plover_contexts"] else ""
    quad = f", quad class {event['quad_class']}" if event["quad_class"] else ""
    return f"PLOVER {event['plover'] or 'none'}{contexts}, CAMEO {event['cameo'] or 'none'}{quad}"


def _made_by(maker: Json) -> str:
    return f"{maker['name']}, version {maker['version']}: {maker['says'].removesuffix('.')}"


def _other(other: Json) -> str:
    if other["type"] is None:
        return str(other["id"])
    trigger = f" “{other['trigger']}”" if other["trigger"] else ""
    return f"{_kind(other)}{trigger}, {other['modality']}, {other['date'] or 'no date'} ({other['id']})"


def _kind(event: Json) -> str:
    return f"{event['type']} {event['subtype']}" if event["subtype"] else str(event["type"])


def _number(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def describe_disagreements(told: Json) -> list[Fact]:
    """Return what several mentions tell differently, and what then counts."""
    facts = []
    for one in told["disagreements"]:
        what = f"{one['field']} {one['role']}" if one["role"] else one["field"]
        lines = [
            f"{value['value']}: mention{'s' if len(value['mentions']) > 1 else ''} {', '.join(map(str, value['mentions']))}"
            for value in one["values"]
        ]
        facts.append((what, "\n".join([*lines, one["means"]])))
    return facts
