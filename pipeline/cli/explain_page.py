"""An explanation of an event as one HTML page that needs nothing but itself: no script, no font, no picture from elsewhere.

All text of articles is escaped. Each mention is a drawing with arcs, the same sentence as marked text, and a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from pipeline.cli.explain_arcs import draw_arcs
from pipeline.cli.explain_event import describe_disagreements, describe_event, describe_mention, name_event
from pipeline.cli.explain_picture import Mark
from pipeline.cli.html_file import make_page
from pipeline.text.printable import printable

__all__ = ["render_page"]

Json = dict[str, Any]

_WIDE, _NARROW = 860, 340
"""Pixels of the drawings for a desk and for a phone; the page shows the one that fits."""
_COLOURS = {
    "trigger": ("#1f2937", "#1f2937", "#e7e5e4", "#e7e5e4"),
    "actor": ("#fde68a", "#92400e", "#854d0e", "#fcd34d"),
    "target": ("#a5f3fc", "#155e75", "#155e75", "#67e8f9"),
    "place": ("#bbf7d0", "#166534", "#166534", "#86efac"),
    "speaker": ("#c7d2fe", "#3730a3", "#3730a3", "#a5b4fc"),
    "date": ("#f5d0fe", "#86198f", "#86198f", "#f0abfc"),
    "amount": ("#fecdd3", "#9f1239", "#9f1239", "#fda4af"),
    "quantity": ("#e9d5ff", "#6b21a8", "#6b21a8", "#d8b4fe"),
    "cue": ("#fed7aa", "#9a3412", "#9a3412", "#fdba74"),
}
"""Ground and line of each kind of mark, in the light scheme and in the dark one."""
_STYLE = """
:root{color-scheme:light dark;--ink:#1c1917;--soft:#57534e;--page:#fafaf9;--card:#fff;--rule:#d6d3d1;--on-trigger:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#f5f5f4;--soft:#a8a29e;--page:#1c1917;--card:#292524;--rule:#57534e;--on-trigger:#1c1917}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:58rem;background:var(--page);color:var(--ink);line-height:1.5;
font-family:system-ui,"Apple SD Gothic Neo","Malgun Gothic","Noto Sans KR","Noto Sans CJK KR",sans-serif}
h1{font-size:1.35rem}h2{font-size:1.1rem;margin:0 0 .5rem}
section{background:var(--card);border:1px solid var(--rule);border-radius:.5rem;padding:1rem;margin:1rem 0}
figure{margin:0 0 1rem}figcaption{margin-top:.75rem;word-break:keep-all;overflow-wrap:anywhere}
svg{display:block;max-width:100%;height:auto}svg.narrow{display:none}
@media(max-width:40rem){svg.wide{display:none}svg.narrow{display:block;margin:auto}body{padding:.5rem}section{padding:.75rem}}
svg text{fill:var(--ink)}svg text.t{fill:var(--on-trigger);font-weight:600}svg text.r{paint-order:stroke;stroke:var(--card);stroke-width:5px;stroke-linejoin:round}
svg path.a{fill:none;stroke-width:1.4}
mark{color:inherit;padding:.05em 0;border-radius:.15em}mark.trigger{color:var(--on-trigger);font-weight:600}
table{border-collapse:collapse;width:100%;font-size:.92rem}caption{text-align:left;font-weight:600;padding:.25rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .5rem;border-top:1px solid var(--rule);overflow-wrap:anywhere}
th{white-space:nowrap;width:8rem}td{white-space:pre-line}
@media(max-width:40rem){th,td{display:block;width:auto}td{border-top:0;padding-top:0}}
ul.legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.4rem;margin:.5rem 0 0;font-size:.85rem}
.quiet{color:var(--soft);font-size:.9rem}a{color:inherit}
"""


def render_page(told: Json) -> str:
    """Return the page of one event as `pipeline.event_explanation.explain_event` tells it."""
    title = name_event(told["event"])
    parts = [
        f"<h1>{escape(title)}</h1>",
        f'<section aria-label="The event">{_table("the event as a whole", describe_event(told["event"]))}</section>',
        *(_mention(mention) for mention in told["mentions"]),
    ]
    if told["disagreements"]:
        parts.append(f'<section aria-label="Disagreements">{_table("the mentions disagree", describe_disagreements(told))}</section>')
    return make_page(title, _STYLE + _colours(), parts)


def _colours() -> str:
    light = "".join(_rules(kind, ground, line) for kind, (ground, line, _, _) in _COLOURS.items())
    dark = "".join(_rules(kind, ground, line) for kind, (_, _, ground, line) in _COLOURS.items())
    return f"{light}\n@media(prefers-color-scheme:dark){{{dark}}}\n"


def _rules(kind: str, ground: str, line: str) -> str:
    marked = f"mark.{kind},li.{kind}{{background:{ground};box-shadow:inset 0 -2px {line}}}svg rect.b.{kind}{{fill:{ground}}}"
    return f"{marked}svg path.a.{kind}{{stroke:{line}}}svg path.h.{kind},svg text.r.{kind}{{fill:{line}}}"


def _mention(mention: Json) -> str:
    article = mention["article"]
    where = printable(article["publisher"] or article["title"] or article["version"])
    head = f'<section id="mention-{mention["number"]}"><h2>Mention {mention["number"]}, {escape(where)}</h2>'
    if mention["same_as"] is not None:
        same = mention["same_as"]
        return f'{head}<p>Told in the same words as <a href="#mention-{same}">mention {same}</a>; version {escape(article["version"])}.</p></section>'
    shift, text = mention["sentence"]["start"], printable(mention["sentence"]["text"])
    marks = [Mark(mark["kind"], mark["label"], mark["start"] - shift, mark["end"] - shift) for mark in mention["marks"]]
    spoken = f"The sentence with arcs from its trigger: {'; '.join(f'{mark.label} {text[mark.start : mark.end]}' for mark in marks)}"
    lang = f' lang="{escape(article["lang"])}"' if article["lang"] else ""
    drawings = "".join(
        draw_arcs(text, marks, width=width, title=spoken, css_class=name) for width, name in ((_WIDE, "wide"), (_NARROW, "narrow"))
    )
    caption = f"<figcaption><span{lang}>{''.join(_marked(text, marks))}</span>{_legend(marks)}</figcaption>"
    link = _link(article["url"])
    return f"{head}<figure{lang}>{drawings}{caption}</figure>{_table('how it was found', describe_mention(mention))}{link}</section>"


def _marked(text: str, marks: Sequence[Mark]) -> Iterator[str]:
    """Yield the text in pieces that are under the same marks; a piece under several has the look of the shortest."""
    cuts = sorted({0, len(text), *(border for mark in marks for border in (mark.start, mark.end))})
    for start, end in pairwise(cuts):
        over = [number for number, mark in enumerate(marks) if mark.start <= start and end <= mark.end]
        piece = escape(text[start:end])
        if not over:
            yield piece
            continue
        look = min(over, key=lambda number: marks[number].end - marks[number].start)
        title = ", ".join(marks[number].label for number in over)
        yield f'<mark class="{marks[look].kind}" data-marks="{" ".join(map(str, over))}" title="{escape(title)}">{piece}</mark>'


def _legend(marks: Sequence[Mark]) -> str:
    kinds = [kind for kind in _COLOURS if kind != "trigger" and any(mark.kind == kind for mark in marks)]
    items = ['<li><mark class="trigger">trigger</mark></li>', *(f'<li><mark class="{kind}">{kind}</mark></li>' for kind in kinds)]
    return f'<ul class="legend" lang="en" aria-label="Colours">{"".join(items)}</ul>'


def _table(caption: str, facts: Iterable[tuple[str, str]]) -> str:
    rows = (f'<tr><th scope="row">{escape(what)}</th><td>{escape(_clean(telling))}</td></tr>' for what, telling in facts)
    return f"<table><caption>{escape(caption)}</caption><tbody>{''.join(rows)}</tbody></table>"


def _clean(telling: str) -> str:
    return "\n".join(printable(line) for line in telling.split("\n"))


def _link(url: str | None) -> str:
    """Return a link to the article; an address that is none of the web is not made one."""
    if not url or urlsplit(url).scheme not in {"http", "https"}:
        return ""
    return f'<p class="quiet"><a href="{escape(url)}" rel="noreferrer noopener">the article</a></p>'
