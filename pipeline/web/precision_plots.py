"""The precision that editors found as drawings with their figures in tables: pieces of HTML without any style or script.

Every text is escaped. The plots have a title and a description; their figures stand again in the table below them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from pipeline.review.precision import DIMENSIONS, Precision, PrecisionReport, Rate
from pipeline.text.printable import printable

__all__ = ["draw_precision", "say_rate"]

_WIDTH = 860
_NAMES = 250
"""Pixels for the names on the left of a plot."""
_COUNTS = 80
"""Pixels for the counts on its right."""
_ROW = 24
_AXIS = 30
_LONGEST = 34
"""Letters of a name in a drawing; the table has it whole."""
_MOST = 15
"""Rows of a drawing; the table has all."""
_MARGIN, _HEIGHT = 44, 220
_DATES = 6
"""Dates written below the trend: more would touch each other on a phone."""
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def draw_precision(report: PrecisionReport) -> str:
    """Return the heading of a report and all its parts."""
    since = "all decisions in force" if report.since is None else f"decisions made since {report.since:%Y-%m-%d}"
    parts = [
        "<h1>Precision by editors' decisions</h1>",
        f'<p class="quiet">From {since}. An edit counts as wrong: it was not exactly right. Ranges are 95 % intervals (Wilson).</p>',
        *_part(
            "s",
            "Items drawn at random",
            "What the machine was sure of, drawn by chance: how right it is where nobody looks.",
            report.sampled,
        ),
        *_part(
            "a",
            "All decided items",
            "Biased: what is uncertain is asked first, so that the machine looks worse than it is.",
            report.everything,
        ),
    ]
    return "\n".join(parts)


def say_rate(rate: Rate) -> str:
    """Return a rate in words: "93.1 % (88.2 to 96.0), 149 of 160"."""
    return f"{rate.precision:.1%} ({rate.low:.1%} to {rate.high:.1%}), {rate.right:,} of {rate.judged:,}".replace("%", " %")


def _part(key: str, heading: str, meaning: str, measured: Precision) -> Iterator[str]:
    yield f'<h2>{escape(heading)}</h2><p class="quiet">{escape(meaning)}</p>'
    if measured.overall is None:
        yield '<section><p class="quiet">None was decided yet.</p></section>'
        return
    yield f"<section><p>In all: {escape(say_rate(measured.overall))}.</p></section>"
    yield _section(f"{key}w", "Week by week", measured.weeks, "".join(_trend(f"{key}w", measured.weeks)), first="week from")
    for name, title in DIMENSIONS.items():
        if rates := measured.by[name]:
            yield _section(f"{key}{name}", title, rates, "".join(_ranges(f"{key}{name}", title, rates)), first=title.lower())


def _section(key: str, title: str, rates: Sequence[Rate], drawing: str, *, first: str) -> str:
    return f"<section><h3>{escape(title)}</h3>{drawing}{_table(title, first, rates)}</section>"


# --- drawings -------------------------------------------------------------------------------------------------------


def _opening(key: str, height: int, title: str, described: Iterable[Rate]) -> Iterator[str]:
    yield f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="t{key} d{key}">'
    yield f'<title id="t{key}">{escape(title)}</title>'
    yield f'<desc id="d{key}">{escape("; ".join(f"{printable(rate.name)}: {say_rate(rate)}" for rate in described))}</desc>'


def _ranges(key: str, title: str, rates: Sequence[Rate]) -> Iterator[str]:
    """Yield a drawing with a row a rate: its interval as a line, its share as a dot."""
    shown = rates[:_MOST]
    height = _ROW * len(shown) + _AXIS

    def x_of(share: float) -> float:
        return _NAMES + (_WIDTH - _NAMES - _COUNTS) * share

    yield from _opening(key, height, f"Precision by {title.lower()}", shown)
    for tick in _TICKS:
        yield f'<line x1="{x_of(tick):.1f}" x2="{x_of(tick):.1f}" y1="0" y2="{height - _AXIS}"/>'
        yield f'<text x="{x_of(tick):.1f}" y="{height - 10}" text-anchor="middle">{tick:.0%}</text>'
    for place, rate in enumerate(shown):
        y = _ROW * (place + 0.5)
        name = printable(rate.name)
        short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
        yield f"<g><title>{escape(f'{name}: {say_rate(rate)}')}</title>"
        yield f'<text x="{_NAMES - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(short)}</text>'
        yield f'<line class="range" x1="{x_of(rate.low):.1f}" x2="{x_of(rate.high):.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<circle cx="{x_of(rate.precision):.1f}" cy="{y:.1f}" r="5"/>'
        yield f'<text x="{_WIDTH - 4}" y="{y + 4:.1f}" text-anchor="end">{rate.judged:,}</text></g>'
    yield "</svg>"


def _trend(key: str, weeks: Sequence[Rate]) -> Iterator[str]:
    """Yield a drawing of the share by week as a line, with the interval of each."""
    step = (_WIDTH - 2 * _MARGIN) / max(len(weeks) - 1, 1)
    every = -(-len(weeks) // _DATES)

    def at(place: int, share: float) -> str:
        return f"{_MARGIN + place * step:.1f},{10 + (_HEIGHT - 44) * (1 - share):.1f}"

    yield from _opening(key, _HEIGHT, "Precision by week of the decision", weeks)
    for tick in _TICKS:
        y = at(0, tick).partition(",")[2]
        yield f'<line x1="{_MARGIN}" x2="{_WIDTH - _MARGIN}" y1="{y}" y2="{y}"/>'
        yield f'<text x="{_MARGIN - 6}" y="{float(y) + 4:.1f}" text-anchor="end">{tick:.0%}</text>'
    yield f'<path d="M{" L".join(at(place, week.precision) for place, week in enumerate(weeks))}"/>'
    for place, week in enumerate(weeks):
        x, y = at(place, week.precision).split(",")
        low, high = (at(place, share).partition(",")[2] for share in (week.low, week.high))
        yield f"<g><title>{escape(f'{week.name}: {say_rate(week)}')}</title>"
        yield f'<line class="range" x1="{x}" x2="{x}" y1="{low}" y2="{high}"/><circle cx="{x}" cy="{y}" r="5"/></g>'
        if place % every == 0:
            yield f'<text x="{x}" y="{_HEIGHT - 12}" text-anchor="middle">{escape(week.name)}</text>'
    yield "</svg>"


# --- tables ---------------------------------------------------------------------------------------------------------


def _table(caption: str, first: str, rates: Iterable[Rate]) -> str:
    names = ("precision", "from", "to", "right", "decided")
    head = f'<th scope="col">{escape(first)}</th>' + "".join(f'<th scope="col" class="number">{name}</th>' for name in names)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{''.join(map(_line, rates))}</tbody></table>"


def _line(rate: Rate) -> str:
    numbers = (*(f"{share:.1%}" for share in (rate.precision, rate.low, rate.high)), f"{rate.right:,}", f"{rate.judged:,}")
    cells = "".join(f'<td class="number">{number}</td>' for number in numbers)
    return f'<tr><th scope="row">{escape(printable(rate.name))}</th>{cells}</tr>'
