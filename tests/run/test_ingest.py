from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from models import review_tables
from models.records import Analysis, Article
from models.tables import ArticleRow, ArticleVersionRow, Base, EventMentionRow, EventRow, FeedRow, RunRow, StoryClusterRow
from models.vocabulary import BodyStatus, EventType, FeedOutcome, StageState
from pipeline.analyse import Analyser
from pipeline.demo import SAMPLE, sample_settings
from pipeline.errors import ConfigurationError, LockHeld, StorageError
from pipeline.fetch.catalog import load_catalog
from pipeline.fetch.client import Client
from pipeline.run import RunReport, dry_run_ingest, ingest, pages, poll
from pipeline.sample.server import Newsroom
from pipeline.settings import ROOT, Settings
from pipeline.store.articles import load_article
from pipeline.store.engine import Database, open_database, reading
from pipeline.store.runs import count_rows
from tests.run.dump import dump
from tests.store.builders import flat_rows


@pytest.fixture
def sample(settings: Settings, newsroom: Newsroom, tmp_path: Path, database: Database) -> Settings:
    """Settings for the sample newsroom over a database without rows, once of each kind."""
    return over(database, settings, newsroom, tmp_path / "data")


@pytest.fixture
def stored(sample: Settings):
    database = open_database(sample.database)
    yield database
    database.dispose()


def over(database: Database, settings: Settings, newsroom: Newsroom, folder: Path) -> Settings:
    url = database.url.render_as_string(hide_password=False)
    return sample_settings(settings, newsroom, data_dir=folder).model_copy(update={"database_url": url})


class Nights(NamedTuple):
    """Two nights over the sample newsroom, a third without news, and what was stored before and after that."""

    reports: list[RunReport]
    before_third: dict[str, list[tuple[object, ...]]]
    database: Database


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def nights(request: pytest.FixtureRequest, analyser: Analyser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    """Nights over a database that is empty at first, once of each kind, for reading alone: the same for all that look at them."""
    folder = tmp_path_factory.mktemp("nights")
    with ExitStack() as stack:
        url = f"sqlite:///{folder / 'test.db'}"
        if request.param == "postgresql":
            url = stack.enter_context(request.getfixturevalue("postgres_schema")())
        database = open_database(url)
        stack.callback(database.dispose)
        newsroom = stack.enter_context(Newsroom(SAMPLE))
        sample = over(database, Settings(host_delay=0), newsroom, folder / "data")
        reports = [run(sample, analyser)]
        newsroom.edition = 2
        reports.append(run(sample, analyser))
        content = dump(database)
        reports.append(run(sample, analyser))
        yield Nights(reports, content, database)


def counts(database: Database) -> dict[str, int]:
    with reading(database) as connection:
        return count_rows(connection)


def run(sample: Settings, analyser: Analyser, **options) -> RunReport:
    return ingest(sample, analyser=analyser, **options)


def test_two_nights_fill_every_table_and_a_third_adds_nothing(nights: Nights) -> None:
    first, second, third = nights.reports
    assert first.exit_code == 0, first.reason
    assert second.articles["new"] == 2
    # A run that ended holds no lease, only `reprocess` brings changes of stored versions, and editors fill the tables of the desk.
    desk = {mapper.local_table.name for mapper in Base.registry.mappers if mapper.class_.__module__ == review_tables.__name__}
    assert {name for name, number in counts(nights.database).items() if number == 0} - desk == {"lease", "version_change"}
    assert (third.articles["new"], third.analysed["done"]) == (0, 0)
    assert dump(nights.database) == nights.before_third


def test_every_feed_and_every_faulty_page_is_named_in_the_report(nights: Nights) -> None:
    report = nights.reports[0]
    outcomes = {line.feed_id: line.outcome for line in report.feeds}
    assert set(outcomes.values()) >= {FeedOutcome.OK, FeedOutcome.DEAD, FeedOutcome.HTML, FeedOutcome.EMPTY, FeedOutcome.OFF}
    reasons = " ".join(problem.reason for problem in report.problems)
    assert "redirect" in reasons
    assert "not_about_korea" in reasons


def test_a_missing_page_with_status_200_leaves_only_what_the_feed_says(sample: Settings, stored: Database, analyser: Analyser) -> None:
    run(sample, analyser, only=["harbor-times"])
    with reading(stored) as connection:
        rows = connection.execute(
            select(ArticleVersionRow.title, ArticleVersionRow.text).where(ArticleVersionRow.body_status == BodyStatus.SUMMARY)
        ).all()
    assert [tuple(row) for row in rows] == [
        ("North Korea condemns new US sanctions", "Pyongyang's foreign ministry reacts to measures against its bankers.")
    ]


def test_a_story_in_three_outlets_is_one_cluster_and_its_events_have_one_source(nights: Nights) -> None:
    with reading(nights.database) as connection:
        assert connection.execute(select(func.max(StoryClusterRow.n_publishers))).scalar_one() == 3
        retold = connection.execute(select(EventRow.n_articles, EventRow.n_sources).where(EventRow.n_articles == 3)).all()
    assert retold
    assert 1 in {row.n_sources for row in retold}


def test_an_event_that_several_outlets_tell_in_two_languages_is_one_event(nights: Nights) -> None:
    with reading(nights.database) as connection:
        rows = [row for row in flat_rows(connection) if row["type"] in {EventType.MISSILE_LAUNCH, EventType.NUCLEAR_TEST}]
    test = [row for row in rows if row["date_start"] == "2017-09-03"]
    assert {row["lang"] for row in test} == {"en", "ko"}
    assert {(row["n_articles"], row["n_sources"]) for row in test} == {(2, 2)}
    launch = [row for row in rows if row["date_start"] == "2025-11-07" and row["subtype"] == "ballistic"]
    assert len({row["event_id"] for row in launch}) == len({row["event_id"] for row in test}) == 1
    assert len({row["publisher"] for row in launch}) == 4
    assert {row["n_sources"] for row in launch} == {3}, "three of the five articles are copies of one text"


def test_a_changed_article_has_two_versions_and_the_evidence_of_both_holds(nights: Nights) -> None:
    with reading(nights.database) as connection:
        versions = connection.execute(
            select(ArticleVersionRow.article_id, func.count()).group_by(ArticleVersionRow.article_id).having(func.count() > 1)
        ).all()
        assert [row[1] for row in versions] == [2]
        mentions = connection.execute(select(EventMentionRow)).mappings().all()
        for mention in mentions:
            text = load_article(connection, mention["version_id"]).text
            assert text[mention["trigger_start"] : mention["trigger_end"]] == mention["trigger_text"]
            assert text[mention["evidence_start"] : mention["evidence_end"]] == mention["evidence_text"]


def test_only_named_feeds_are_polled(sample: Settings, stored: Database, newsroom: Newsroom, analyser: Analyser) -> None:
    report = run(sample, analyser, only=["seoul-ledger"])
    assert [line.feed_id for line in report.feeds] == ["seoul-ledger"]
    assert {served.host for served in newsroom.log} == {"seoul-ledger.example"}


def test_a_dry_run_reports_the_same_and_writes_nothing(
    sample: Settings, stored: Database, analyser: Analyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It loads an analyser of its own, which takes longer than the run.
    monkeypatch.setattr(sys.modules[ingest.__module__], "Analyser", lambda settings, corrections: analyser.corrected(corrections))
    run(sample, analyser, only=["seoul-ledger"])
    before = dump(stored)
    files = sorted(sample.data_dir.rglob("*.gz"))
    report = dry_run_ingest(sample, only=["seoul-ledger", "hanbit-wire-nk"])
    assert report.dry_run
    lines = {line.feed_id: line for line in report.feeds}
    assert lines["seoul-ledger"].new == 0
    assert lines["hanbit-wire-nk"].new > 0
    assert dump(stored) == before
    assert sorted(sample.data_dir.rglob("*.gz")) == files


def test_a_run_is_written_with_its_versions_and_its_end(sample: Settings, stored: Database, analyser: Analyser) -> None:
    report = run(sample, analyser, only=["seoul-ledger"])
    with reading(stored) as connection:
        row = connection.execute(select(RunRow)).mappings().one()
    assert (row["id"], row["exit_code"], row["reason"]) == (report.run_id, 0, "1 of 1 feeds answered")
    assert set(row["versions"]) >= {"fetch", "extract", "tag", "link", "events", "knowledge"}
    assert row["report"]["feeds"][0]["feed_id"] == "seoul-ledger"


def test_when_most_feeds_are_down_the_run_says_so_and_keeps_what_there_is(
    sample: Settings, stored: Database, newsroom: Newsroom, analyser: Analyser
) -> None:
    run(sample, analyser, only=["seoul-ledger", "hanbit-wire-nk"])
    before = counts(stored)
    assert before["event"] > 0
    nowhere = dict.fromkeys(newsroom.hosts, "127.0.0.1:9")
    report = run(sample.model_copy(update={"connect_to": nowhere}), analyser)
    assert report.exit_code == 3
    assert "feeds answered; the threshold is 60%" in report.reason
    after = counts(stored)
    assert (after["article_version"], after["event"]) == (before["article_version"], before["event"])


def test_an_article_that_breaks_a_stage_does_not_stop_the_others(
    sample: Settings, stored: Database, analyser: Analyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyse = analyser.analyse

    def break_some(article: Article) -> Analysis:
        if "Treasury" in article.title or "sanctions 8" in article.title:
            raise RecursionError("too deep")
        return analyse(article)

    monkeypatch.setattr(analyser, "analyse", break_some)
    report = run(sample, analyser)
    assert report.exit_code == 0
    assert report.analysed["quarantined"] >= 1
    assert report.analysed["done"] > 20
    assert any("RecursionError: too deep" in problem.reason for problem in report.problems)


def test_a_second_run_at_the_same_time_is_refused(sample: Settings, newsroom: Newsroom, analyser: Analyser) -> None:
    refused = []

    class Nested:
        def watch(self, items, *, step, total):
            if not refused:
                with pytest.raises(LockHeld) as raised:
                    ingest(sample, analyser=analyser)
                refused.append(raised.value)
            yield from items

    ingest(sample, analyser=analyser, only=["seoul-ledger"], watcher=Nested())
    assert refused[0].exit_code == 75


def test_a_data_folder_that_cannot_be_written_is_named(sample: Settings, analyser: Analyser) -> None:
    with pytest.raises(StorageError, match="/proc/nowhere"):
        run(sample.model_copy(update={"data_dir": Path("/proc/nowhere")}), analyser)


def test_a_typo_in_feeds_yaml_stops_the_run_before_anything_is_done(sample: Settings, analyser: Analyser, tmp_path: Path) -> None:
    feeds = tmp_path / "feeds.yaml"
    feeds.write_text(sample.feeds.read_text("utf-8").replace("korea_filter:", "korea_filtr:", 1), "utf-8")
    with pytest.raises(ConfigurationError, match=r"feeds\.yaml:\d+: .*korea_filtr"):
        run(sample.model_copy(update={"feeds": feeds}), analyser)
    assert not (sample.data_dir / "raw").exists()


def test_articles_about_other_things_are_left_out_with_their_score(nights: Nights) -> None:
    with reading(nights.database) as connection:
        skipped = connection.execute(select(ArticleRow.reason).where(ArticleRow.state == StageState.SKIPPED)).scalars().all()
    assert len(skipped) == 4
    assert all(reason.startswith("not_about_korea: relevance 0.") for reason in skipped)


def test_feeds_switched_off_are_listed_but_not_polled(nights: Nights) -> None:
    with reading(nights.database) as connection:
        off = connection.execute(select(FeedRow.last_attempt_at).where(FeedRow.enabled.is_(False))).scalars().all()
    assert off == [None]


def test_the_real_list_of_feeds_without_a_network_names_every_failure_and_ends(
    settings: Settings, analyser: Analyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds = ROOT / "feeds.yaml"
    hosts = {urlsplit(source.url).hostname or "" for source in load_catalog(feeds)}
    alone = settings.model_copy(update={"feeds": feeds, "connect_to": dict.fromkeys(hosts, "127.0.0.1:9")})
    report = ingest(alone, analyser=analyser)
    assert (report.exit_code, len(report.feeds)) == (3, 75)
    assert {line.outcome for line in report.feeds} == {FeedOutcome.DEAD, FeedOutcome.OFF}
    assert all(line.reason for line in report.feeds if line.outcome is FeedOutcome.DEAD)


def test_what_breaks_the_client_the_parser_or_the_extractor_does_not_stop_the_others(
    sample: Settings, stored: Database, analyser: Analyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bugs of ours or of a library, on one feed and one page: nobody knows them beforehand, so they are put in."""
    get, parse, make = Client.get, poll.parse_source, pages.extract

    def broken_get(self: Client, url: str, **options: object):
        if "hanbit-wire" in url and "view" in url:
            raise UnicodeError("label too long")
        return get(self, url, **options)

    def broken_parse(body: bytes, source, **options: object):
        if source.id == "maru-news":
            raise RecursionError("too deep")
        return parse(body, source, **options)

    def broken_extract(page, **options: object):
        if "seoul-ledger" in page.url:
            raise TypeError("no len()")
        return make(page, **options)

    monkeypatch.setattr(Client, "get", broken_get)
    monkeypatch.setattr(poll, "parse_source", broken_parse)
    monkeypatch.setattr(pages, "extract", broken_extract)
    report = run(sample, analyser)
    assert report.exit_code == 0, report.reason
    assert next(line.reason for line in report.feeds if line.feed_id == "maru-news") == "parser_broke: RecursionError: too deep"
    reasons = {problem.reason for problem in report.problems}
    assert {"client_broke: UnicodeError: label too long", "extractor_broke: TypeError: no len()"} <= reasons
    assert report.analysed["done"] > 10
