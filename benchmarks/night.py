"""`python -m benchmarks.night`: a night of the fetcher, replayed from a local server with the delays and faults of real ones.

A newsroom is made from a seed and served by this process; `ingest` runs in another one, so that its memory and CPU time are its own.
Afterwards every good article must be stored exactly once, and every fault that was served must have a line in the report of the run.
CPU time is given in ratios to that of trafilatura's extraction alone, over the same bodies in the same process: they hold on other
machines too, times do not. What is compared is a run without its language stages, which trafilatura has no part in; they are shown apart.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import nan
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select

from benchmarks.footprint import THREADS, peak_memory
from benchmarks.night_newsroom import Fault, Night, NightServer, article_number, plan_night, read_shells
from models.tables import ArticleRow, ArticleVersionRow
from models.vocabulary import BodyStatus
from pipeline.cli.console import complain
from pipeline.errors import PeninsulaError, UsageError
from pipeline.fetch.archive import Archive
from pipeline.settings import ROOT, Settings, load_settings
from pipeline.store.engine import open_database, reading

__all__ = ["Stored", "Verdict", "judge", "main", "run_night"]

T = TypeVar("T")

_HOST_DELAY = 0.05
"""Seconds between two requests to one host; with the five of the default a night lasts as long as a real one."""
_PATIENCE = 5.0
"""Seconds without data after which a request is given up: long beside the delays that are served."""
_SHOWN = 20
"""Addresses listed of what went wrong."""
_MOST_CPU, _MOST_MEMORY = 1.6, 1.5e9
"""What a run without its language stages may take beside trafilatura, and how many bytes a whole run may hold."""
_FETCHING = ("polling feeds", "fetching pages", "extracting articles")
_READING = ("reading articles", "joining stories and indexing")
"""Steps of a run: everything up to the stored article, and what is made of it; the last one is all that comes after reading."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One text that a run stored: the address of its article, and whether it is that of the page or the summary of the feed."""

    url: str
    text: str
    is_summary: bool


@dataclass(slots=True)
class Verdict:
    """What became of a night: articles by number, faults by kind, and each fault with what the report says of it."""

    wanted: int = 0
    stored: int = 0
    doubled: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    served: Counter[Fault] = field(default_factory=Counter)
    named: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether nothing is missing, doubled or unnamed."""
        return not (self.doubled or self.missing or self.unnamed)


def judge(night: Night, served: Iterable[str], report: Mapping[str, Any], stored: Iterable[Stored]) -> Verdict:
    """Compare what was served with what was stored and reported.

    `served` are the addresses of the faults that were asked for, `report` is that of the run as plain data.
    """
    verdict = Verdict()
    texts: dict[str, list[Stored]] = {}
    for one in stored:
        texts.setdefault(article_number(one.url) or one.url, []).append(one)
    wanted = night.wanted()
    verdict.wanted = len(wanted)
    verdict.doubled = sorted(number for number, found in texts.items() if len(found) > 1)
    verdict.missing = sorted(number for number in wanted if not any(_is_whole(night, number, one) for one in texts.get(number, ())))
    verdict.stored = len(wanted - set(verdict.doubled) - set(verdict.missing))
    lines = _lines_of(night, report)
    for url in sorted(served):
        fault, line = night.faults[url], lines.get(article_number(url) or url, "")
        verdict.served[fault] += 1
        is_named = fault.told.search(line) is not None
        (verdict.named if is_named else verdict.unnamed).append(f"{fault.title}: {url}: {line or 'no line'}")
    return verdict


def _is_whole(night: Night, number: str, one: Stored) -> bool:
    """Tell whether a text has the beginning and the end of a story, and comes from its page."""
    return not one.is_summary and number in one.text and night.stories[number].body[0] in one.text


def _lines_of(night: Night, report: Mapping[str, Any]) -> dict[str, str]:
    """Return what the report says is wrong, by number of article and by address of feed."""
    lines = {article_number(problem["url"]) or problem["url"]: str(problem["reason"]) for problem in report["problems"]}
    for feed in report["feeds"]:
        lines[night.feed_url(feed["feed_id"])] = "; ".join((feed["reason"] or "", *feed["warnings"]))
    return lines


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run took: CPU seconds by step; the most resident memory in bytes; its report as plain data.

    `trafilatura` are the CPU seconds of trafilatura alone, `text_only` those without the search for title, date and author.
    """

    cpu: Mapping[str, float]
    trafilatura: float
    text_only: float
    memory: int
    report: Mapping[str, Any]

    def ratio(self, *steps: str, to_text_only: bool = False) -> float:
        """Return what some steps cost beside trafilatura; not a number where no page came through."""
        alone = self.text_only if to_text_only else self.trafilatura
        return sum(self.cpu[step] for step in steps) / alone if alone else nan


def run_night(night: Night, folder: Path) -> tuple[Verdict, Figures]:
    """Serve a night, run `ingest` over it in a process of its own, and judge. Data are kept in `folder`.

    Raises PeninsulaError with the last line that the process wrote where it fails.
    """
    feeds = folder / "feeds.yaml"
    feeds.write_text(night.catalog(), encoding="utf-8")
    with NightServer(night) as server:
        request = {"data_dir": str(folder / "data"), "feeds": str(feeds), "connect_to": server.connect_to, "patience": night.patience}
        figures = _run_child(request)
        served = set(server.served)
    return judge(night, served, figures.report, _read_stored(folder / "data")), figures


def _run_child(request: Mapping[str, Any]) -> Figures:
    command = [sys.executable, "-c", "from benchmarks.night import ingest_night; ingest_night()"]
    environment = {**os.environ, **dict.fromkeys(THREADS, "1")}
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        command, input=json.dumps(request), capture_output=True, text=True, encoding="utf-8", check=False, cwd=ROOT, env=environment
    )
    if done.returncode:
        words = done.stderr.strip().splitlines()
        raise PeninsulaError(f"the run failed: {words[-1] if words else f'exit code {done.returncode}'}")
    return Figures(**json.loads(done.stdout))


def _settings_of(request: Mapping[str, Any]) -> Settings:
    """Return the settings of a night; a PostgreSQL database that is configured holds real articles, so nothing goes there."""
    patience = float(request["patience"])
    update = {
        "data_dir": Path(request["data_dir"]),
        "database_url": None,
        "feeds": Path(request["feeds"]),
        "connect_to": request["connect_to"],
        "host_delay": _HOST_DELAY,
        "read_timeout": patience,
        "total_timeout": 4 * patience,
    }
    return load_settings().model_copy(update=update)


def ingest_night() -> None:
    """Be the other process: read a request from standard input, run, and write the figures to standard output as JSON.

    Imports and the loading of models are not counted, neither is what comes after the run as its memory.
    """
    from pipeline.analyse import Analyser
    from pipeline.run import ingest

    settings = _settings_of(json.load(sys.stdin))
    analyser = Analyser(settings)
    analyser.check()
    clock = _Clock(Archive(settings.data_dir / "raw"))
    report = ingest(settings, analyser=analyser, watcher=clock)
    clock.note(_READING[-1])
    memory = peak_memory()
    whole, text_only = clock.alone[True], clock.alone[False]
    figures = {"cpu": clock.times, "trafilatura": whole, "text_only": text_only, "memory": memory, "report": report.as_dict()}
    sys.stdout.write(json.dumps(figures))


class _Clock:
    """A watcher of a run that notes the CPU time of its steps: each begins where the one before it ended.

    `alone` are the CPU seconds of trafilatura over the bodies that were extracted, with metadata and without.
    """

    def __init__(self, archive: Archive) -> None:
        self.alone = {True: 0.0, False: 0.0}
        self._archive = archive
        self.times = dict.fromkeys((*_FETCHING, *_READING), 0.0)
        self._last = time.process_time()

    def watch(self, items: Iterable[T], *, step: str, total: int) -> Iterator[T]:
        """Pass the items on; with the last one the step ends."""
        yield from self._read_beside(items) if step == "extracting articles" else items
        self.note(step)

    def _read_beside(self, items: Iterable[T]) -> Iterator[T]:
        """Let trafilatura read each body before the run does, or after it, by turns: so both meet the same load and the same caches."""
        for number, item in enumerate(items):
            if number % 2:
                self._read_alone(item, first=number % 4 == 1)
            yield item
            if not number % 2:
                self._read_alone(item, first=number % 4 == 0)

    def _read_alone(self, item: Any, *, first: bool) -> None:  # noqa: ANN401 - what is due is known to the run alone
        """Read one body with metadata and without, in the order that `first` tells, and take the time out of that of the step."""
        import trafilatura

        arrived = time.process_time()
        body = self._archive.get(item.raw_sha256)
        for with_metadata in (first, not first):
            begun = time.process_time()
            trafilatura.bare_extraction(body, url=item.url, include_comments=False, with_metadata=with_metadata)
            self.alone[with_metadata] += time.process_time() - begun
        self._last += time.process_time() - arrived

    def note(self, step: str) -> None:
        """End a step; those that have no line of their own count with the last."""
        now = time.process_time()
        self.times[step if step in self.times else _READING[-1]] += now - self._last
        self._last = now


def _read_stored(data_dir: Path) -> list[Stored]:
    database = open_database(f"sqlite:///{data_dir / 'peninsula.db'}")
    with reading(database) as connection:
        rows = connection.execute(
            select(ArticleRow.url, ArticleVersionRow.text, ArticleVersionRow.body_status).join(
                ArticleVersionRow, ArticleVersionRow.article_id == ArticleRow.id
            )
        ).all()
    database.dispose()
    return [Stored(url, text, status is BodyStatus.SUMMARY) for url, text, status in rows]


def _describe(night: Night, verdict: Verdict, figures: Figures) -> Iterator[str]:
    yield f"{len(night.feeds)} feeds, {len(night.stories)} articles, seed {night.seed}; {_HOST_DELAY:g} s between requests to a host, not 5 s"
    yield f"exit code of the run: {figures.report['exit_code']} ({figures.report['reason']})"
    yield ""
    yield f"good articles   {verdict.wanted} wanted, {verdict.stored} stored once, {len(verdict.doubled)} doubled, {len(verdict.missing)} missing"
    yield from (f"  doubled: {night.stories[number].url}" for number in verdict.doubled[:_SHOWN])
    yield from (f"  missing: {night.stories[number].url}" for number in verdict.missing[:_SHOWN])
    yield f"faults served   {verdict.served.total()}, {len(verdict.named)} named in the report, {len(verdict.unnamed)} unnamed"
    yield from (f"  {fault.title:20} {count:4}" for fault in Fault if (count := verdict.served[fault]))
    yield from (f"  unnamed: {line}" for line in verdict.unnamed[:_SHOWN])
    yield f"peak memory     {figures.memory / 1e6:.0f} MB; at most {_MOST_MEMORY / 1e6:.0f} MB"
    yield f"wall time       {sum(figures.report['seconds'].values()):.0f} s"
    yield from (f"  {step:20} {seconds:4.0f} s" for step, seconds in figures.report["seconds"].items())
    yield "CPU beside trafilatura.bare_extraction(include_comments=False, with_metadata=True) alone, over the same bodies in the same process"
    yield f"  fetching, extracting, storing   {figures.ratio(*_FETCHING):8.2f}; at most {_MOST_CPU}"
    yield from (f"    {step:30}{figures.ratio(step):8.2f}" for step in _FETCHING)
    yield f"  language stages                 {figures.ratio(*_READING):8.2f}"
    yield from (f"    {step:30}{figures.ratio(step):8.2f}" for step in _READING)
    yield "CPU beside the same with_metadata=False, which finds neither title nor date"
    yield f"  fetching, extracting, storing   {figures.ratio(*_FETCHING, to_text_only=True):8.2f}"
    yield ""
    yield "Faults as the report of the run names them"
    yield from (f"  {line}" for line in sorted(verdict.named))


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.night",
        description="A night of the fetcher over a made-up newsroom: nothing lost, nothing doubled, every fault named; memory and CPU.",
        epilog="Exit code 1 where an article is missing or doubled, a fault has no line in the report, or memory or CPU are above the limit. "
        "Example: python -m benchmarks.night --feeds 10 --articles 300",
    )
    parser.add_argument("--feeds", type=int, default=70, metavar="N", help="number of feeds, two an outlet (default: 70)")
    parser.add_argument("--articles", type=int, default=3_000, metavar="N", help="number of articles (default: 3000)")
    parser.add_argument(
        "--faults", type=float, default=0.05, metavar="SHARE", help="share of feeds and pages that are broken (default: 0.05)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed is another newsroom (default: 1)")
    parser.add_argument("--pages", type=Path, metavar="FOLDER", help="saved pages, *.html or *.html.gz, to put the texts into")
    parser.add_argument("--patience", type=float, default=_PATIENCE, metavar="SECONDS", help="read time-out of the run (default: 5)")
    given = parser.parse_args(arguments)
    if given.feeds < 1 or given.articles < 1 or not 0 <= given.faults <= 1 or given.patience <= 0:
        raise UsageError("--feeds and --articles must be at least 1, --faults from 0 to 1, --patience above 0")
    return given


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a night, print what became of it and return the exit code; errors become one line on standard error."""
    try:
        given = _parse(sys.argv[1:] if arguments is None else arguments)
        night = plan_night(
            feeds=given.feeds,
            articles=given.articles,
            faults=given.faults,
            seed=given.seed,
            patience=given.patience,
            now=datetime.now(UTC).replace(microsecond=0),
            shells=read_shells(given.pages) if given.pages else (),
        )
        with tempfile.TemporaryDirectory(prefix="peninsula-night-") as folder:
            verdict, figures = run_night(night, Path(folder))
    except PeninsulaError as error:
        complain(str(error))
        return error.exit_code
    sys.stdout.write("\n".join(_describe(night, verdict, figures)) + "\n")
    is_cheap = figures.memory <= _MOST_MEMORY and not figures.ratio(*_FETCHING) > _MOST_CPU
    return 0 if verdict.is_good and is_cheap else 1


if __name__ == "__main__":
    sys.exit(main())
