"""The numbers of runs and store in the text format of Prometheus: as a file for its node exporter, and for `/metrics`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest, write_to_textfile
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from models.vocabulary import FeedOutcome, StageState
from pipeline.errors import StorageError
from pipeline.store.census import Census, FeedCensus, RunEnd, take_census
from pipeline.store.engine import Database, reading

__all__ = ["prometheus_text", "write_metrics"]

_COUNTERS = ("pages", "articles", "analysed", "rows", "stories")
"""The parts of a run's report that count what was done, each a mapping of a name to a number."""

Sample = tuple[tuple[str, ...], float]
"""The values of a metric's labels, and its number."""


def prometheus_text(census: Census) -> str:
    """Return a census in the text format of Prometheus, version 0.0.4. Times are seconds since 1970."""
    return generate_latest(_registry(census)).decode()


def write_metrics(database: Database, path: Path) -> None:
    """Write the numbers of a database to `path`, which ends in `.prom`; a reader finds the old file or the new one, whole.

    Raises StorageError where the database cannot be read or the file not be written.
    """
    with reading(database) as connection:
        census = take_census(connection)
    try:
        write_to_textfile(str(path), _registry(census))
    except OSError as error:
        raise StorageError(f"the metrics cannot be written: {error.strerror}", path=path) from error


def _registry(census: Census) -> CollectorRegistry:
    # A registry of its own: the default one adds the state of this process, which ends with the run.
    registry = CollectorRegistry()
    registry.register(_CensusCollector(census))
    return registry


class _CensusCollector(Collector):
    """Gives a census to the library, which knows the format and its escapes."""

    def __init__(self, census: Census) -> None:
        self._census = census

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield every metric that has a number."""
        families = (*_store_metrics(self._census), *_run_metrics(self._census), *_feed_metrics(self._census))
        yield from (family for family in families if family.samples)


def _gauge(name: str, meaning: str, labels: tuple[str, ...], samples: Iterable[Sample]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"peninsula_{name}", meaning, labels=labels)
    for values, number in samples:
        family.add_metric(values, number)
    return family


def _single(name: str, meaning: str, number: float) -> GaugeMetricFamily:
    return _gauge(name, meaning, (), [((), number)])


def _store_metrics(census: Census) -> Iterator[GaugeMetricFamily]:
    yield _gauge("articles", "Articles by state of fetching.", ("state",), (((state,), n) for state, n in census.articles.items()))
    yield _gauge(
        "stage_versions",
        "Article versions by language stage and the state they are in there.",
        ("stage", "state"),
        (((stage, state), n) for (stage, state), n in census.versions.items()),
    )
    in_stages = sum(n for (_, state), n in census.versions.items() if state is StageState.QUARANTINED)
    quarantined = census.articles[StageState.QUARANTINED] + in_stages
    yield _single("quarantined", "Articles and versions in quarantine: they failed for good and wait for someone.", quarantined)
    yield _gauge("events", "Events in force by type.", ("type",), (((kind,), n) for kind, n in census.events.items()))


def _run_metrics(census: Census) -> Iterator[GaugeMetricFamily]:
    if census.last_success_at is not None:
        yield _single("run_last_success_timestamp_seconds", "When the last run with exit code 0 ended.", census.last_success_at.timestamp())
    run = census.last_run
    if run is None:
        return
    yield _single("run_exit_code", "Exit code of the last run that ended.", run.exit_code)
    yield _single("run_start_timestamp_seconds", "When the last run began.", run.started_at.timestamp())
    yield _single("run_end_timestamp_seconds", "When the last run ended.", run.ended_at.timestamp())
    yield _single("run_duration_seconds", "How long the last run took.", (run.ended_at - run.started_at).total_seconds())
    seconds = _mapping(run.report, "seconds").items()
    yield _gauge("run_step_duration_seconds", "How long each step of the last run took.", ("step",), (((step,), s) for step, s in seconds))
    counted = (((part, name), n) for part in _COUNTERS for name, n in _mapping(run.report, part).items())
    yield _gauge("run_items", "What the last run counted, by part of its report and name there.", ("part", "name"), counted)
    outcomes = Counter(line["outcome"] for line in _lines(run, "feeds"))
    yield _gauge("run_feeds", "Feeds of the last run by outcome.", ("outcome",), (((outcome,), n) for outcome, n in outcomes.items()))
    problems = Counter((line["stage"], line["state"]) for line in _lines(run, "problems"))
    yield _gauge("run_problems", "Articles that did not get through a stage of the last run.", ("stage", "state"), problems.items())


def _feed_metrics(census: Census) -> Iterator[GaugeMetricFamily]:
    feeds = census.feeds
    outcomes = (((feed.id, feed.outcome), 1.0) for feed in feeds if feed.outcome is not None)
    yield _gauge("feed_outcome", "1 for the outcome of each feed's last poll.", ("feed", "outcome"), outcomes)
    failures = (((feed.id,), feed.failures) for feed in feeds)
    yield _gauge("feed_failures", "Weight of the failed polls of each feed since its last good one.", ("feed",), failures)
    yield _gauge("feed_last_success_timestamp_seconds", "When each feed answered well last.", ("feed",), _successes(feeds))
    polled = [] if census.last_run is None else [line for line in _lines(census.last_run, "feeds") if FeedOutcome(line["outcome"]).polled]
    yield _gauge("feed_new_items", "New items that each feed brought in the last run.", ("feed",), _column(polled, "new"))
    yield _gauge("feed_poll_duration_seconds", "How long each feed took to answer in the last run.", ("feed",), _column(polled, "seconds"))


def _successes(feeds: Iterable[FeedCensus]) -> Iterator[Sample]:
    for feed in feeds:
        if feed.last_success_at is not None:
            yield (feed.id,), feed.last_success_at.timestamp()


def _column(lines: Iterable[Mapping[str, Any]], name: str) -> Iterator[Sample]:
    for line in lines:
        yield (line["feed_id"],), line[name]


def _mapping(report: Mapping[str, Any], name: str) -> Mapping[str, float]:
    """Return a part of a report; runs that ended early, or older programs, wrote fewer of them."""
    part: Mapping[str, float] = report.get(name, {})
    return part


def _lines(run: RunEnd, name: str) -> list[Mapping[str, Any]]:
    lines: list[Mapping[str, Any]] = run.report.get(name, [])
    return lines
