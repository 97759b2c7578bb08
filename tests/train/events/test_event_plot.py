"""The reliability plot shows every row where it belongs."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from pipeline.train.events.plot import write_reliability_plot

SVG = "{http://www.w3.org/2000/svg}"
ROWS = [(0.2, 0.4, 9, 0.3, 1.0), (0.8, 1.0, 40, 0.9, 0.5)]


def test_each_row_is_a_point_within_its_interval(tmp_path: Path) -> None:
    write_reliability_plot(ROWS, tmp_path / "plot.svg")
    root = ElementTree.parse(tmp_path / "plot.svg").getroot()
    points = [(float(one.get("cx", "")), float(one.get("cy", ""))) for one in root.iter(f"{SVG}circle")]
    bars = [(float(one.get("y1", "")), float(one.get("y2", ""))) for one in root.iter(f"{SVG}line") if one.get("stroke") == "#1f5fa8"]
    assert len(points) == len(bars) == len(ROWS)
    (left, upper), (right, lower) = points
    # Surer lies further right, and less often right further down; y grows downwards.
    assert left < right
    assert upper < lower
    for (_, y), (low, high) in zip(points, bars, strict=True):
        assert high <= y <= low
    # Of few events less is known.
    assert bars[0][0] - bars[0][1] > 0
    assert "9 events, mean score 0.30, 1.00 right" in (tmp_path / "plot.svg").read_text(encoding="utf-8")


def test_an_empty_table_is_an_empty_plot(tmp_path: Path) -> None:
    write_reliability_plot([], tmp_path / "plot.svg")
    assert not list(ElementTree.parse(tmp_path / "plot.svg").getroot().iter(f"{SVG}circle"))
