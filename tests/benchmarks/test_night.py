"""The night as a benchmark: what it serves is what it counts, and it sees what is missing, doubled or unnamed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.footprint import THREADS
from benchmarks.night import Stored, judge, main
from benchmarks.night_newsroom import Fault, Night, article_number, plan_night, read_shells

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)


def make_night(*, faults: float = 0.5) -> Night:
    return plan_night(feeds=3, articles=20, faults=faults, seed=4, patience=1.0, now=NOW)


def texts_of(night: Night) -> list[Stored]:
    stories = (night.stories[number] for number in sorted(night.wanted()))
    return [Stored(story.url, "\n".join(story.body), is_summary=False) for story in stories]


def report_of(night: Night, told: dict[str, str]) -> dict[str, list[dict[str, object]]]:
    feeds = [{"feed_id": f"feed-{place}", "reason": told.get(url), "warnings": []} for place, url in enumerate(night.feeds)]
    return {"feeds": feeds, "problems": [{"url": url, "reason": reason} for url, reason in told.items() if url not in night.feeds]}


def test_a_seed_is_one_newsroom_and_another_seed_another() -> None:
    assert make_night() == make_night()
    other = plan_night(feeds=3, articles=20, faults=0.5, seed=5, patience=1.0, now=NOW)
    assert set(other.outlets) != set(make_night().outlets)


def test_every_article_has_an_address_with_its_number_and_a_text_of_its_own() -> None:
    night = plan_night(feeds=8, articles=60, faults=0, seed=4, patience=1.0, now=NOW)
    assert [article_number(story.url) for story in night.stories.values()] == list(night.stories)
    assert {story.lang for story in night.stories.values()} == {"en", "ko"}
    assert all(100 <= sum(len(text.split()) for text in story.body) <= 1_000 for story in night.stories.values())
    assert len({story.body[0] for story in night.stories.values()}) == 60


def test_articles_behind_a_fault_are_not_wanted() -> None:
    night = make_night()
    feeds = [url for url in night.faults if url in night.feeds]
    assert [night.faults[url] for url in feeds] == [Fault.BAD_XML, Fault.FEED_AS_HTML]
    assert {fault for url, fault in night.faults.items() if url not in night.feeds} == set(Fault) - {Fault.BAD_XML, Fault.FEED_AS_HTML}
    unread = {item.article for item in night.feeds[feeds[1]].items}
    readable = {item.article for url, plan in night.feeds.items() if url != feeds[1] for item in plan.items}
    assert night.wanted() == {number for number in readable if night.stories[number].url not in night.faults}
    assert unread - readable
    assert make_night(faults=0).wanted() == set(night.stories)


def test_a_night_in_which_all_went_well_is_good() -> None:
    night = make_night(faults=0)
    verdict = judge(night, [], report_of(night, {}), texts_of(night))
    assert (verdict.wanted, verdict.stored, verdict.is_good) == (20, 20, True)


def test_missing_doubled_and_cut_articles_are_seen() -> None:
    night = make_night(faults=0)
    first, second, third, *rest = texts_of(night)
    stored = [second, second, replace(third, text=third.text[:400]), *rest]
    verdict = judge(night, [], report_of(night, {}), stored)
    numbers = [article_number(one.url) for one in (first, second, third)]
    assert verdict.missing == [numbers[0], numbers[2]]
    assert verdict.doubled == [numbers[1]]
    assert verdict.stored == 17
    assert not verdict.is_good


def test_a_fault_is_named_only_by_its_own_name() -> None:
    night = make_night()
    pages = {fault: url for url, fault in night.faults.items() if url not in night.feeds}
    lost, slow, silent = pages[Fault.NOT_FOUND], pages[Fault.TIME_OUT], pages[Fault.CUT_BODY]
    told = {lost: "not_found: it is not found (404)", slow: "not_found: it is not found (404)"}
    verdict = judge(night, [lost, slow, silent], report_of(night, told), texts_of(night))
    assert verdict.named == [f"404: {lost}: {told[lost]}"]
    assert sorted(verdict.unnamed) == sorted([f"time-out: {slow}: {told[slow]}", f"cut body: {silent}: no line"])
    assert not verdict.is_good


def test_a_fault_needs_a_line_even_where_the_summary_of_the_feed_is_stored() -> None:
    night = make_night()
    url = next(url for url, fault in night.faults.items() if fault is Fault.EMPTY)
    stored = [*texts_of(night), Stored(url, "A summary.", is_summary=True)]
    assert judge(night, [url], report_of(night, {}), stored).unnamed == [f"empty body: {url}: no line"]
    assert judge(night, [url], report_of(night, {url: "summary_only: the body is empty or no HTML"}), stored).is_good


def test_a_story_is_put_into_a_saved_page(tmp_path: Path) -> None:
    menu = "<ul>" + "".join(f"<li><a href='/{place}'>Section {place}</a></li>" for place in range(30)) + "</ul>"
    old = "<p>The harbour was closed for a week, and nobody knew who had given the order to close it.</p>" * 6
    page = f"<html><head><title>Old</title><link rel='canonical' href='/old'></head><body>{menu}<article><h1>Old</h1>{old}</article></body></html>"
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    (tmp_path / "frames.html").write_text("<html><head></head><frameset></frameset></html>", encoding="utf-8")
    (shell,) = read_shells(tmp_path)
    assert "harbour" not in shell
    assert "canonical" not in shell
    assert "Section 29" in shell


@pytest.mark.slow
def test_a_small_night_with_every_fault_is_good(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PENINSULA_MODEL", "blank")
    for name in THREADS:
        monkeypatch.setenv(name, "1")
    code = main(["--feeds", "3", "--articles", "20", "--faults", "0.5", "--seed", "4", "--patience", "1"])
    printed = capsys.readouterr()
    assert code in {0, 1}, printed.err  # what few articles cost is mostly the start: the limits are for a whole night
    wanted = len(make_night().wanted())
    assert f"{wanted} wanted, {wanted} stored once, 0 doubled, 0 missing" in printed.out
    assert "0 unnamed" in printed.out
    assert "fetching, extracting, storing" in printed.out
    assert "wall time" in printed.out


@pytest.mark.parametrize(
    ("arguments", "message"), [(["--faults", "2"], "--faults from 0 to 1"), (["--pages", "/nowhere/at/all"], "no such folder")]
)
def test_wrong_arguments_are_named(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert message in capsys.readouterr().err
