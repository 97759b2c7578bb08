"""A reliability plot as SVG: what scores promise against what they keep."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["write_reliability_plot"]

_SIDE, _MARGIN = 360, 56
_Z = 1.96
"""Of the 95 % interval."""


def write_reliability_plot(rows: Sequence[Sequence[float]], path: Path) -> None:
    """Draw rows of a reliability table (from, to, how many, mean score, share right) with 95 % intervals; points on the line are honest."""
    path.write_text("".join(_svg(rows)), encoding="utf-8")


def _svg(rows: Sequence[Sequence[float]]) -> Iterator[str]:
    whole = _SIDE + 2 * _MARGIN
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}" font-family="sans-serif" font-size="13" role="img">\n'
    yield "<title>Reliability of event scores: share of events that are right, by score</title>\n"
    yield f'<rect width="{whole}" height="{whole}" fill="#ffffff"/>\n'
    for tick in range(0, 11, 2):
        at = tick / 10
        yield f'<line x1="{_x(at):.1f}" y1="{_y(0):.1f}" x2="{_x(at):.1f}" y2="{_y(1):.1f}" stroke="#e4e4e4"/>\n'
        yield f'<line x1="{_x(0):.1f}" y1="{_y(at):.1f}" x2="{_x(1):.1f}" y2="{_y(at):.1f}" stroke="#e4e4e4"/>\n'
        yield f'<text x="{_x(at):.1f}" y="{_y(0) + 20:.1f}" text-anchor="middle" fill="#333333">{at:.1f}</text>\n'
        yield f'<text x="{_x(0) - 8:.1f}" y="{_y(at) + 4:.1f}" text-anchor="end" fill="#333333">{at:.1f}</text>\n'
    yield f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="#888888" stroke-dasharray="5 4"/>\n'
    for _, _, count, mean, share in rows:
        low, high = _interval(share, int(count))
        yield f'<line x1="{_x(mean):.1f}" y1="{_y(low):.1f}" x2="{_x(mean):.1f}" y2="{_y(high):.1f}" stroke="#1f5fa8" stroke-width="1.5"/>\n'
        yield f'<circle cx="{_x(mean):.1f}" cy="{_y(share):.1f}" r="{3 + math.sqrt(count) / 3:.1f}" fill="#1f5fa8" fill-opacity="0.85">'
        yield f"<title>{int(count)} events, mean score {mean:.2f}, {share:.2f} right</title></circle>\n"
    yield f'<text x="{whole / 2:.0f}" y="{whole - 12}" text-anchor="middle" fill="#111111">score of the event</text>\n'
    middle = f"14 {whole / 2:.0f}"
    yield f'<text transform="rotate(-90 {middle})" x="14" y="{whole / 2:.0f}" text-anchor="middle" fill="#111111">share that is right</text>\n'
    yield "</svg>\n"


def _x(value: float) -> float:
    return _MARGIN + value * _SIDE


def _y(value: float) -> float:
    return _MARGIN + (1 - value) * _SIDE


def _interval(share: float, count: int) -> tuple[float, float]:
    """Return the ends of Wilson's 95 % interval of a share."""
    spread = _Z**2 / count
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
