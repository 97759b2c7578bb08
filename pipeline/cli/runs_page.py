"""The last runs as one HTML page that needs nothing but itself: no script, no font, no picture from elsewhere.

Every text is escaped. The plots are drawings with a title and a description; their figures stand again in the table below them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Any
from urllib.parse import urlsplit

from models.vocabulary import FeedOutcome
from pipeline.cli.html_file import make_page
from pipeline.operate.runs import RunSummary
from pipeline.text.printable import printable

__all__ = ["render_runs"]

_WIDTH, _HEIGHT = 860, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 8, 12, 34
"""Pixels of a drawing and of its margins; the page scales it to its own width."""

_DATES = 6
"""Dates written below a plot: more would touch each other on a phone."""

_COLOURS = (
    ("#0072b2", "#56b4e9"),
    ("#d55e00", "#e69f00"),
    ("#009e73", "#2fc79b"),
    ("#cc79a7", "#e3a3c6"),
    ("#8a8178", "#b5aca3"),
    ("#7a6a00", "#f0e442"),
)
"""Of the parts of a bar, in the light scheme and in the dark one; told apart by people who see few colours."""

_STYLE = """
:root{color-scheme:light dark;--ink:#1c1917;--soft:#57534e;--page:#fafaf9;--card:#fff;--rule:#d6d3d1}
@media(prefers-color-scheme:dark){:root{--ink:#f5f5f4;--soft:#a8a29e;--page:#1c1917;--card:#292524;--rule:#57534e}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:60rem;background:var(--page);color:var(--ink);line-height:1.5;
font-family:system-ui,"Apple SD Gothic Neo","Malgun Gothic","Noto Sans KR","Noto Sans CJK KR",sans-serif}
h1{font-size:1.35rem}h2{font-size:1.1rem;margin:0 0 .5rem}
section{background:var(--card);border:1px solid var(--rule);border-radius:.5rem;padding:1rem;margin:1rem 0;overflow-x:auto}
figure{margin:0}svg{display:block;width:100%;height:auto}
svg text{fill:var(--soft);font-size:12px}svg line{stroke:var(--rule)}
ul.legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:.5rem 0 0;font-size:.85rem}
ul.legend i{display:inline-block;width:.8em;height:.8em;margin-right:.4em;border-radius:.15em}
table{border-collapse:collapse;width:100%;font-size:.9rem}caption{text-align:left;font-weight:600;padding:.25rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .5rem;border-top:1px solid var(--rule)}
td.number,th.number{text-align:right;white-space:nowrap}td.long{overflow-wrap:anywhere}
.quiet{color:var(--soft);font-size:.9rem}a{color:inherit}
"""

_STEPS = ("poll", "fetch", "extract", "analyse", "stories", "index")
"""Steps in the order of the run; others follow them."""


@dataclass(frozen=True, slots=True)
class _Plot:
    """Bars, one a run: `parts` names what a bar is made of from the bottom up, `values` gives each part for every run."""

    name: str
    unit: str
    parts: Sequence[str]
    values: Sequence[Sequence[float]]


def render_runs(runs: Sequence[RunSummary], last: Mapping[str, Any]) -> str:
    """Return the page of the runs, given oldest first; `last` is the report of the last one, whose problems are listed."""
    labels = [f"{run.started_at:%Y-%m-%d %H:%M}" for run in runs]
    parts = [
        f"<h1>The last {len(runs)} runs</h1>",
        f'<p class="quiet">{_headline(runs)}</p>',
        *(_section(number, plot, labels) for number, plot in enumerate(_plots(runs), start=1)),
        _table_of_runs(runs),
        _table_of_problems(last),
    ]
    return make_page(f"Peninsula: the last {len(runs)} runs", _STYLE + _colours(), parts)


def _headline(runs: Sequence[RunSummary]) -> str:
    if not runs:
        return "There was no run yet."
    last = runs[-1]
    return escape(f"{last.id}, {last.started_at:%Y-%m-%d %H:%M} UTC: {_ending(last)}")


def _ending(run: RunSummary) -> str:
    return "has not told its end" if run.exit_code is None else f"exit code {run.exit_code}, {run.reason}"


def _plots(runs: Sequence[RunSummary]) -> Iterator[_Plot]:
    feeds = [(run.feeds_ok, run.feeds_polled - run.feeds_ok, run.feeds_waiting) for run in runs]
    yield _Plot("Feeds", "feeds", ("answered", "failed", "not due"), feeds)
    yield _Plot("New articles", "articles", ("new articles",), [(run.new_articles,) for run in runs])
    yield _Plot("Events", "events", ("events",), [(run.events,) for run in runs])
    found = {step for run in runs for step in run.steps}
    steps = [step for step in _STEPS if step in found] + sorted(found.difference(_STEPS))
    yield _Plot("Duration by step", "minutes", steps, [[run.steps.get(step, 0.0) / 60 for step in steps] for run in runs])


# --- drawings -------------------------------------------------------------------------------------------------------


def _section(number: int, plot: _Plot, labels: Sequence[str]) -> str:
    legend = "".join(f'<li><i class="c{_colour(place)}"></i>{escape(part)}</li>' for place, part in enumerate(plot.parts))
    shown = f'<figcaption><ul class="legend" aria-label="Colours">{legend}</ul></figcaption>' if len(plot.parts) > 1 else ""
    drawing = "".join(_draw(number, plot, labels))
    return f"<section><h2>{escape(plot.name)}</h2><figure>{drawing}{shown}</figure></section>"


def _draw(number: int, plot: _Plot, labels: Sequence[str]) -> Iterator[str]:
    """Yield the pieces of one drawing."""
    top = _round_up(max((sum(values) for values in plot.values), default=0.0))
    height, width = _HEIGHT - _TOP - _BOTTOM, _WIDTH - _LEFT - _RIGHT

    def y_of(value: float) -> float:
        return _TOP + height * (1 - value / top)

    yield f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="t{number} d{number}">'
    yield f'<title id="t{number}">{escape(plot.name)} of the last {len(labels)} runs</title>'
    yield f'<desc id="d{number}">{escape(_describe(plot, labels))}</desc>'
    for value in (0.0, top / 2, top):
        y = y_of(value)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,.4g}</text>'
    step = width / max(len(labels), 1)
    every = ceil(len(labels) / _DATES) or 1
    for place, (label, values) in enumerate(zip(labels, plot.values, strict=True)):
        x = _LEFT + place * step
        yield f"<g><title>{escape(_say(plot, label, values))}</title>"
        yield from _bar(x + step * 0.15, step * 0.7, values, y_of)
        yield "</g>"
        if place % every == 0:
            yield f'<text x="{x + step / 2:.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{escape(label[:10])}</text>'
    yield "</svg>"


def _bar(x: float, width: float, values: Iterable[float], y_of: Callable[[float], float]) -> Iterator[str]:
    below = 0.0
    for part, value in enumerate(values):
        y = y_of(below + value)
        if value > 0:
            yield f'<rect class="c{_colour(part)}" x="{x:.1f}" width="{width:.1f}" y="{y:.1f}" height="{y_of(below) - y:.1f}"/>'
        below += value


def _round_up(value: float) -> float:
    """Return the end of an axis: the next of 1, 2, 4, 6, 8, 10 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return float(next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= value * 0.999_999))


def _describe(plot: _Plot, labels: Sequence[str]) -> str:
    if not labels:
        return "There was no run yet."
    totals = [sum(values) for values in plot.values]
    span = f"from {labels[0]} to {labels[-1]}, between {min(totals):,.3g} and {max(totals):,.3g} {plot.unit}"
    return f"One bar a run, {span}. The last: {_say(plot, labels[-1], plot.values[-1])}."


def _say(plot: _Plot, label: str, values: Sequence[float]) -> str:
    if len(plot.parts) == 1:
        return f"{label}: {values[0]:,.3g} {plot.unit}"
    return f"{label}: " + ", ".join(f"{part} {value:,.3g}" for part, value in zip(plot.parts, values, strict=True)) + f" {plot.unit}"


def _colour(part: int) -> int:
    return part % len(_COLOURS)


def _colours() -> str:
    light, dark = (
        "".join(f"svg .c{part}{{fill:{pair[scheme]}}}i.c{part}{{background:{pair[scheme]}}}" for part, pair in enumerate(_COLOURS))
        for scheme in (0, 1)
    )
    return f"{light}\n@media(prefers-color-scheme:dark){{{dark}}}\n"


# --- tables ---------------------------------------------------------------------------------------------------------


def _table_of_runs(runs: Sequence[RunSummary]) -> str:
    names = ("start (UTC)", "minutes", "exit code", "feeds", "new articles", "analysed", "events", "problems", "how it ended")
    rows = (
        (
            f"{run.started_at:%Y-%m-%d %H:%M}",
            "" if run.seconds is None else f"{run.seconds / 60:.1f}",
            "" if run.exit_code is None else str(run.exit_code),
            f"{run.feeds_ok} of {run.feeds_polled}",
            *(f"{number:,}" for number in (run.new_articles, run.analysed, run.events, run.problems)),
            run.reason if run.exit_code is not None else _ending(run),
        )
        for run in reversed(runs)
    )
    return f"<section>{_table('The runs, newest first', names, rows, numbers=range(1, 8))}</section>"


def _table_of_problems(last: Mapping[str, Any]) -> str:
    problems = [problem for problem in last.get("problems", ()) if problem["state"] != "skipped"]
    feeds = [line for line in last.get("feeds", ()) if _failed(FeedOutcome(line["outcome"]))]
    if not problems and not feeds:
        return '<section><h2>The last run</h2><p class="quiet">It had no problems.</p></section>'
    rows = [("poll", line["outcome"], line["feed_id"], line["reason"] or "") for line in feeds]
    rows += [(problem["stage"], problem["state"], problem["url"], problem["reason"]) for problem in problems]
    table = _table("Problems of the last run", ("step", "state", "feed or article", "reason"), rows)
    return f"<section>{table}</section>"


def _failed(outcome: FeedOutcome) -> bool:
    return outcome.polled and not outcome.good


def _table(caption: str, names: Iterable[str], rows: Iterable[Iterable[str]], *, numbers: Iterable[int] = ()) -> str:
    right = set(numbers)

    def style_of(place: int) -> str:
        return ' class="number"' if place in right else ' class="long"'

    head = "".join(f'<th scope="col"{style_of(place)}>{escape(name)}</th>' for place, name in enumerate(names))
    body = "".join(f"<tr>{''.join(f'<td{style_of(place)}>{_cell(text)}</td>' for place, text in enumerate(row))}</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(text: str) -> str:
    """Return a text escaped; an address of the web as a link, one of any other kind as mere text."""
    text = printable(text)
    if not text.startswith(("http://", "https://")) or not urlsplit(text).netloc:
        return escape(text)
    return f'<a href="{escape(text)}" rel="noreferrer noopener">{escape(text)}</a>'
