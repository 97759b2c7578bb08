"""Explanations of an article as tables for people; the JSON form is that of `pipeline.explanation`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

__all__ = ["print_article", "print_mention"]

Json = dict[str, Any]

_AROUND = 60
"""Characters of a sentence shown on either side of a span in the tables."""
_FROM = {"text": "as written", "knowledge base": "[yellow]from posts.tsv[/]", "unclear": "[red]unclear[/]"}
_STATUS_STYLE = {"auto": "red", "review": "yellow", "rejected": "dim"}


def print_article(console: Console, told: Json, *, name: str) -> None:
    """Print every mention, amount and date in a line each, and the makers that occur in words; `name` is how the user named the article."""
    _print_head(console, told)
    if not told["mentions"]:
        console.print("no mentions")
    else:
        _print_mentions(console, told["mentions"])
    _print_amounts(console, told["amounts"])
    _print_dates(console, told["dates"])
    _print_makers(console, (*told["mentions"], *told["amounts"], *told["dates"]))
    if told["mentions"]:
        console.print(f"one in detail: peninsula explain {escape(name)} --mention 1", style="dim", highlight=False, soft_wrap=True)


def print_mention(console: Console, told: Json) -> None:
    """Print one mention with everything that is known of it."""
    _print_head(console, told)
    (mention,) = told["mentions"]
    grid = Table(title=f"mention {mention['number']}", title_justify="left", show_header=False)
    grid.add_column("what", style="bold", no_wrap=True)
    grid.add_column("evidence", overflow="fold")
    for what, evidence in _details(mention):
        grid.add_row(what, evidence)
    console.print(grid)


def _print_head(console: Console, told: Json) -> None:
    article, knowledge = told["article"], told["knowledge"]
    lines = [part for part in (article["publisher"], article["url"]) if part]
    published = article["published"]
    if published is None:
        lines.append("published: not known")
    else:
        zone = published["zone"] or "no zone given, read as UTC"
        lines.append(f"published {published['at']} ({published['source']}), which is {published['day']} there ({zone})")
    lines.append(f"knowledge base in force: {knowledge['in_force']}")
    if not article["read"]:
        lines.append("the language stages have not read this version")
    elif knowledge["read_with"] != knowledge["in_force"]:
        read_with = knowledge["read_with"] or "an unknown version"
        lines.append(f"the article was read with {read_with}: facts shown here may be newer than those it was read with")
    console.print(Panel(escape("\n".join(lines)), title=escape(article["title"] or article["version"]), title_align="left"))


# --- tables ---


def _print_mentions(console: Console, mentions: Iterable[Json]) -> None:
    table = Table(title="names", title_justify="left", show_lines=True)
    table.add_column("no.", justify="right", no_wrap=True)
    table.add_column("in its sentence", overflow="fold", ratio=5)
    table.add_column("label, score", overflow="fold")
    table.add_column("made by", overflow="fold")
    table.add_column("who or what, how known", overflow="fold", ratio=3)
    table.add_column("office, from where", overflow="fold", ratio=3)
    table.add_column("lists, rivals", overflow="fold", ratio=2)
    for mention in mentions:
        table.add_row(
            str(mention["number"]),
            _in_sentence(mention, around=_AROUND),
            f"{mention['label']}\n{mention['score']['value']:.2f} {mention['score']['basis']}",
            escape(f"{mention['maker']['name']} {mention['maker']['version']}"),
            escape(_entity_in_short(mention["entity"])),
            _office_in_short(mention["office"]),
            _extras_in_short(mention),
        )
    console.print(table)


def _in_sentence(record: Json, *, around: int | None = None) -> Text:
    """Return the sentence with the span marked, cut to `around` characters on either side."""
    sentence = record["sentence"]
    before = sentence["text"][: record["start"] - sentence["start"]]
    after = sentence["text"][record["end"] - sentence["start"] :]
    if around is not None and len(before) > around:
        before = "…" + before[-around:]
    if around is not None and len(after) > around:
        after = after[:around] + "…"
    text = Text(before.replace("\n", " ") + "»")
    return text.append(record["text"], style="bold underline").append("«" + after.replace("\n", " "))


def _entity_in_short(entity: Json) -> str:
    how = str(entity["via"])
    if entity["named_first"] is not None:
        how += f", see {entity['named_first']['mention']}"
    known = entity["id"] if entity["in_knowledge_base"] else "not in the knowledge base"
    return f"{entity['name']}\n{known}\n{how}"


def _office_in_short(office: Json | None) -> str:
    if office is None:
        return ""
    return f"{escape(office['role'] or 'official')}\n{escape(office['affiliation'] or '')}\n{_FROM[office['from']]}"


def _extras_in_short(mention: Json) -> str:
    lines = [f"[{_STATUS_STYLE[link['status']]}]{link['status']}[/] {escape(link['entry'] or link['source'])}" for link in mention["links"]]
    lines += [f"{number['kind']} {escape(number['text'])}" for number in mention["identifiers"]]
    lines += [f"{escape(rival['text'])} {rival['label']} {rival['score']:.2f} {rival['reason']}" for rival in mention["rivals"]]
    return "\n".join(lines)


def _print_amounts(console: Console, amounts: list[Json]) -> None:
    if not amounts:
        return
    table = Table(title="amounts", title_justify="left", show_lines=True)
    table.add_column("no.", justify="right", no_wrap=True)
    for name, ratio in (("in its sentence", 5), ("read as", 2), ("bound", 2), ("tied to", 1), ("US dollars, on what basis", 4)):
        table.add_column(name, overflow="fold", ratio=ratio)
    for amount in amounts:
        table.add_row(
            str(amount["number"]),
            _in_sentence(amount, around=_AROUND),
            escape(_value(amount)),
            f"{amount['bound']}\n{escape(amount['bound_means'])}",
            "\n".join(_ties(amount)),
            escape(_dollars(amount)),
        )
    console.print(table)


def _value(amount: Json) -> str:
    if amount["value"] is None:
        return f"no number {amount['currency'] or ''}".rstrip()
    most = "" if amount["value_max"] is None else f" to {_number(amount['value_max'])}"
    return f"{_number(amount['value'])}{most} {amount['currency'] or 'of no currency'}"


def _ties(amount: Json) -> Iterator[str]:
    if amount["restated_by"]:
        yield f"restated by {', '.join(map(str, amount['restated_by']))}"
    if amount["derived_from"] is not None:
        yield f"share of {amount['derived_from']}"


def _number(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _dollars(amount: Json) -> str:
    value = "" if amount["usd"] is None else f"{_number(amount['usd'])}: "
    rate = amount["rate"]
    told = "" if rate is None else f"; {rate['units_per_usd']:g} {rate['currency']} a dollar, {_line(rate['line'])}"
    return f"{value}{amount['usd_means']}{told}"


def _print_dates(console: Console, dates: list[Json]) -> None:
    if not dates:
        return
    table = Table(title="dates", title_justify="left", show_lines=True)
    table.add_column("no.", justify="right", no_wrap=True)
    for name, ratio in (("in its sentence", 5), ("read as", 2), ("precision", 3), ("against", 3)):
        table.add_column(name, overflow="fold", ratio=ratio)
    for one in dates:
        precision = f"{one['precision']}\n{escape(one['precision_means'])}"
        table.add_row(str(one["number"]), _in_sentence(one, around=_AROUND), _resolved(one["resolved"]), precision, escape(_against(one)))
    console.print(table)


def _resolved(resolved: Json) -> str:
    start, end = resolved["start"], resolved["end"]
    if start == end:
        return start or "not resolved"
    return f"{start or 'open'} to {end or 'open'}"


def _against(one: Json) -> str:
    against = one["against"]
    if against is None:
        return "the day of publication is not known"
    zone = against["zone"] if against["zone_given"] else "UTC, since no zone was given"
    return f"{against['day']}, the day of publication ({against['published_at']}, zone {zone})"


def _print_makers(console: Console, records: Iterable[Json]) -> None:
    makers = {record["maker"]["name"]: record["maker"] for record in records}
    if not makers:
        return
    table = Table(title="makers", title_justify="left", show_header=False)
    table.add_column("name", no_wrap=True)
    table.add_column("kind", no_wrap=True)
    table.add_column("what it is", overflow="fold")
    for name in sorted(makers):
        table.add_row(escape(name), makers[name]["kind"] or "", escape(makers[name]["says"]))
    console.print(table)


# --- one mention ---


def _details(mention: Json) -> Iterator[tuple[str, Text | str]]:
    yield "in its sentence", _in_sentence(mention)
    yield "characters", f"{mention['start']} to {mention['end']} of the text"
    yield "label", escape(f"{mention['label']}: {mention['label_means']}")
    score, maker = mention["score"], mention["maker"]
    measured = "" if score["precision_of_rule"] is None else f"; the rule alone was right in {score['precision_of_rule']:.0%}"
    yield "score", escape(f"{score['value']:g}, {score['basis']}: {score['means']}{measured}")
    yield "made by", escape(f"{maker['name']}, version {maker['version']} ({maker['kind'] or 'unknown'}): {maker['says']}")
    yield from _entity_details(mention["entity"])
    yield from _office_details(mention["office"])
    for rival in mention["rivals"]:
        place = f"{rival['text']!r} at {rival['start']}-{rival['end']} as {rival['label']}"
        yield "rival", escape(f"{place}, {rival['score']:g}, {rival['reason']}: {rival['reason_means']} Made by {rival['maker']['name']}.")
    for link in mention["links"]:
        yield "list entry", _link_details(link)
    for number in mention["identifiers"]:
        yield "number", escape(f"{number['kind']} {number['text']} at {number['start']}-{number['end']} is this one's on a list")


def _entity_details(entity: Json) -> Iterator[tuple[str, str]]:
    first, stands, alias = entity["named_first"], entity["stands_for_it"], entity["alias"]
    parts = [f"{entity['name']} ({entity['id']}), {entity['via']}: {entity['via_means']}"]
    parts += [f"named first by mention {first['mention']}, {first['text']!r}"] if first is not None else []
    parts += [f"{stands['name']} ({stands['id']}) stands for it"] if stands is not None else []
    yield "who or what", escape("; ".join(parts))
    entry = entity["entry"]
    if entry is None:
        known = "its entry is not in the knowledge base in force" if entity["in_knowledge_base"] else "not in the knowledge base"
        yield "knowledge base", known
        return
    line = _line(entry["line"]) if entry["line"] is not None else f"a sanctions list alone ({entry['source']})"
    kind = ", ".join(part for part in (entry["kind"], entry["country"]) if part)
    lines = [f"{entry['name']}{f' ({kind})' if kind else ''}, {line}"]
    lines += [f"alias {alias['text']!r} ({alias['lang']}, {alias['kind']})"] if alias is not None else []
    lines += [f"on lists: {', '.join(entry['listings'])}"] if entry["listings"] else []
    yield "knowledge base", escape("\n".join(lines))
    if entry["posts"]:
        yield "posts", escape("\n".join(_post(post) for post in entry["posts"]))


def _post(post: Json) -> str:
    held = {True: "held on the day", False: "not held on the day", None: "day of publication not known"}[post["held"]]
    since, until = post["start"] or "?", post["end"] or "?"
    return f"{post['role']}, {post['affiliation']}, {since} to {until}: {held}; {_line(post['line'])}"


def _line(line: Json | None) -> str:
    return f"{line['file']} line {line['line']} ({line['source']})" if line is not None else "no line of a table"


def _office_details(office: Json | None) -> Iterator[tuple[str, str]]:
    if office is None:
        return
    written, post = office["written"], office["post"]
    if written is not None:
        how = f"[green]as written[/] at {written['start']}-{written['end']}, beside mention {written['mention']}"
    elif post is not None:
        how = f"[yellow]not in the text, supplied by the knowledge base[/]: {escape(_post(post))}"
    else:
        how = "[red]unclear[/]: neither beside the name nor among the posts of the knowledge base in force"
    yield "role", f"{escape(office['role'] or 'official without a role')}, {how}"
    if office["affiliation"] is not None:
        yield "affiliation", escape(f"{office['affiliation']}: {office['affiliation_from']}")


def _link_details(link: Json) -> str:
    lines = [
        f"{link['entry'] or link['source']} {link['name']} (list of {link['list_version']}), score {link['score']:g}",
        f"{link['status']}: {link['status_means']}",
        f"why: {link['why']}",
    ]
    if link["written"] is not None:
        lines.append(
            f"written {link['written']!r}, known as {link['alias']!r}, likeness {link['likeness']:g} {link['comparison']}".rstrip()
        )
    if link["evidence"]:
        lines += [f"{weight:+.1f}  {kind}" for kind, weight in link["evidence"].items()]
        lines.append(f"{sum(link['evidence'].values()):+.1f}  in all, as log-odds; the score is their chance")
    return escape("\n".join(lines))
