"""What the stages cost beside each other; the pages are our own."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from benchmarks.footprint import THREADS
from benchmarks.stages import Costs, main

STORY = (
    "Unification Minister Han Dae-rim met envoys of Japan in Busan on Monday, and said that Kim Jong-un had not answered a letter. "
    "North Korea fired a missile into the sea on Sunday. The National Intelligence Service said that hackers stole $5 million. "
    "Seoul sanctioned Daesung Bank after the talks had ended, and the ministry denied that the ships had left the port of Nampo. "
)


def page(title: str, *paragraphs: str) -> bytes:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    html = f"<html lang='en'><head><title>{title}</title></head><body><article><h1>{title}</h1>{body}</article></body></html>"
    return html.encode()


@pytest.fixture(autouse=True)
def blank(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read with rules alone, and leave the number of threads as it was."""
    monkeypatch.setenv("PENINSULA_MODEL", "blank")
    for name in THREADS:
        monkeypatch.setenv(name, "1")


def test_ratios_are_of_sums() -> None:
    costs = Costs({"tag": 2.0, "link": 1.0, "events": 4.0, "trafilatura": 0.5})
    assert costs.ratio(["link"], ["tag"]) == 0.5
    assert costs.ratio(["link", "events"], ["tag"]) == 2.5
    assert costs.ratio(["tag", "link", "events"], ["trafilatura"]) == 14.0
    assert costs.ratio(["events"], ["link", "trafilatura"]) == pytest.approx(4 / 1.5)


def test_steps_add_up_and_give_back_what_they_make() -> None:
    costs = Costs()
    assert costs.timed("tag", lambda: sum(range(200_000))) == sum(range(200_000))
    once = costs.seconds["tag"]
    costs.timed("tag", lambda: sum(range(200_000)))
    assert costs.seconds["tag"] > once > 0
    with pytest.raises(ZeroDivisionError):
        costs.timed("link", lambda: 1 // 0)
    assert set(costs.seconds) == {"tag", "link"}


def test_a_missing_folder_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--pages", str(tmp_path / "nowhere")]) != 0
    printed = capsys.readouterr()
    assert "nowhere: no such folder" in printed.err
    assert printed.out == ""


def test_a_folder_without_english_pages_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "short.html").write_bytes(page("Opening hours", "The museum opens at nine."))
    (tmp_path / "korean.html").write_bytes(page("한반도", "북한은 10일 동해로 미사일을 발사했다고 합동참모본부가 밝혔다. " * 30))
    (tmp_path / "story.txt").write_text(STORY * 3, encoding="utf-8")
    assert main(["--pages", str(tmp_path), "--rounds", "1"]) != 0
    printed = capsys.readouterr()
    assert f"{tmp_path}: holds no English page" in printed.err
    assert printed.out == ""


def test_pages_are_counted_once_and_ratios_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.html").write_bytes(page("Talks in Busan", STORY, STORY.replace("Busan", "Nampo")))
    (tmp_path / "two.html.gz").write_bytes(gzip.compress(page("A missile", STORY.replace("Monday", "Friday"), STORY)))
    (tmp_path / "short.html").write_bytes(page("Opening hours", "The museum opens at nine."))
    assert main(["--pages", str(tmp_path), "--rounds", "2"]) == 0
    first, *ratios = capsys.readouterr().out.splitlines()
    counted = re.fullmatch(r"(\d+) pages, (\d+) words", first)
    assert counted is not None
    assert int(counted[1]) == 2
    assert int(counted[2]) == pytest.approx(4 * len(STORY.split()), abs=20)
    found = {name.strip(): float(value) for name, value in (line.rsplit(None, 1) for line in ratios)}
    assert list(found) == ["link / tag", "events / tag", "link + events / tag", "tag + link + events / trafilatura"]
    assert all(value >= 0 for value in found.values())
    assert found["link + events / tag"] == pytest.approx(found["link / tag"] + found["events / tag"], abs=0.02)
