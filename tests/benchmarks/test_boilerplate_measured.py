"""The measuring of boilerplate, over articles made up of words at random."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from benchmarks.boilerplate import Outlet, Piece, cut_in_turn, main, plant, read_outlets
from pipeline.errors import ConfigurationError

END = "Subscribe to the Hanbit brief."


def piece(number: int, *more: str) -> Piece:
    rng = random.Random(number)
    lines = [" ".join("".join(rng.choices("aeioubdgklmnprst", k=6)) for _ in range(14)) + "." for _ in range(6)]
    return Piece(f"a{number}", "\n".join([*lines, *more]), f"2026-11-{number // 2 + 1:02}")


OUTLET = Outlet("Hanbit", "en", tuple(piece(number, END) for number in range(30)))


def test_the_first_night_is_kept_whole_and_the_later_ones_are_cut() -> None:
    assert [bool(cut.removed) for cut in cut_in_turn(OUTLET)] == [False] * 10 + [True] * 20


def test_planted_calls_go_and_news_that_is_told_again_stays() -> None:
    planted = plant(Outlet("Hanbit", "en", tuple(piece(number) for number in range(60))), seed=1)
    assert 0 < planted.calls == planted.calls_cut
    assert planted.background > 0 == planted.background_cut


def test_outlets_are_read_in_order_of_publication_and_small_ones_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "articles.jsonl"
    rows = [{"id": each.id, "text": each.text, "lang": "en", "publisher": "Hanbit", "published": each.published} for each in OUTLET.pieces]
    other = {"id": "b", "text": "Oil rose.", "lang": "en", "publisher": "The Wire"}
    path.write_text("\n".join(json.dumps(row) for row in [*reversed(rows), other]), "utf-8")
    (outlet,) = read_outlets([path])
    assert [each.published for each in outlet.pieces] == sorted(each.published for each in OUTLET.pieces)
    assert main(["--texts", str(path), "--show", "1"]) == 0
    assert f"Hanbit: {END}" in capsys.readouterr().out


def test_a_line_of_another_shape_is_named(tmp_path: Path) -> None:
    path = tmp_path / "articles.jsonl"
    path.write_text('{"id": "a", "text": "Oil rose.", "lang": "en"}\n', "utf-8")
    with pytest.raises(ConfigurationError, match=r"articles\.jsonl:1: expected .*'publisher'"):
        read_outlets([path])
