"""What is stored is read again: newer readings take the place of older ones, what people decided stays, what waits can be put back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, update

from models.filters import EntityFilter
from models.knowledge import Knowledge
from models.merging import ChangeKind, MergeStatus
from models.records import Analysis, Article, Linking, Publication, Tagging
from models.tables import (
    AmountRow,
    ArticleRow,
    ArticleVersionRow,
    EventArgumentRow,
    EventMentionRow,
    EventMergeRow,
    EventRow,
    MentionRow,
    RawBodyRow,
    RunRow,
    StageStatusRow,
    VersionChangeRow,
)
from models.vocabulary import DateSource, FailureClass, FetchOutcome, Label, ReviewStatus, StageState
from pipeline.analyse import LANGUAGES
from pipeline.errors import LockHeld, UsageError
from pipeline.extract import extract
from pipeline.run import pages
from pipeline.run import reprocess as module
from pipeline.run.indexing import refresh_index
from pipeline.run.merging import merge_events, merge_recent_events
from pipeline.run.reprocess import ReprocessReport, reprocess, retry
from pipeline.settings import ROOT, Settings
from pipeline.stages import LANGUAGE_STAGES
from pipeline.store.analyses import AnalysisContext, record_analysis, record_analysis_failure
from pipeline.store.articles import due_analyses, due_extractions, due_pages, load_article, record_page_failure, set_aside
from pipeline.store.changes import find_changes
from pipeline.store.engine import Database, reading, writing
from pipeline.store.locks import hold_data_dir
from pipeline.store.reading_entities import list_entities
from pipeline.store.reprocess import Selection, find_waiting
from pipeline.store.runs import add_knowledge_version, add_model_version, count_rows, start_run
from pipeline.store.search import load_article_view
from tests.run.dump import INDEX, QUEUE
from tests.store.builders import NOW, TEXT, add_article, flat_rows, make_analysis, make_fetch, make_mention

LATER = NOW + timedelta(days=1)
OLD = dict.fromkeys(LANGUAGE_STAGES, "0")
CHANGED = Selection()


class Reader:
    """An analyser whose reading a test decides."""

    def __init__(self, say: Callable[[Article], Analysis] = make_analysis) -> None:
        self.say = say
        self.read: list[str] = []
        self.knowledge = type("Knowledge", (), {"version": "kb1", "entities": {}, "list_versions": {"us_ofac_sdn": "2026-07-01"}})()

    def check(self) -> None:
        """Nothing is loaded."""

    def model_name(self, lang: str) -> str:
        return f"peninsula-{lang}"

    def analyse(self, article: Article) -> Analysis:
        self.read.append(article.id)
        return self.say(article)


@pytest.fixture
def own(settings: Settings, database: Database) -> Settings:
    url = database.url.render_as_string(hide_password=False)
    return settings.model_copy(update={"database_url": url, "feeds": ROOT / "feeds.yaml"})


def context(database: Database, stages: dict[str, str], *, at=NOW) -> AnalysisContext:
    with writing(database) as connection:
        run_id = start_run(
            connection, command=f"night {len(connection.execute(select(RunRow.id)).all())}", at=at, versions={"knowledge": "kb1"}
        )
        models = [add_model_version(connection, name=f"peninsula-{x}", version="1", lang=x, stages=stages, at=at) for x in LANGUAGES]
        add_knowledge_version(connection, version="kb1", entities=2, list_versions={"us_ofac_sdn": "2026-07-01"}, at=at)
    return AnalysisContext(run_id, at, models[0], "kb1", stages)


def tell(
    database: Database, feed_id: str = "wire", *, stages: dict[str, str] = OLD, say: Callable[[Article], Analysis] = make_analysis
) -> Article:
    """Store an article of a feed, read by an older version of the stages, and let the night join its events."""
    article = add_article(database, feed_id=feed_id, text=f"{TEXT} ({feed_id})", sha=f"{len(feed_id) % 10}")
    made = context(database, stages)
    with writing(database) as connection:
        record_analysis(connection, say(article), made)
        merge_recent_events(connection, since=NOW, at=NOW)
    return article


def again(own: Settings, reader: Reader, wanted: Selection = CHANGED, *, at=LATER, **options: object) -> ReprocessReport:
    return reprocess(own, wanted, analyser=reader, now=lambda: at, **options)  # type: ignore[arg-type]


def on_another_day(article: Article, *, day: str = "2025-11-03", key: str = "SANCTION|us|u|3") -> Analysis:
    """A reading that dates the event otherwise."""
    made = make_analysis(article, key=key)
    return replace(made, events=(replace(made.events[0], date=day),))


def without_events(article: Article) -> Analysis:
    return replace(make_analysis(article), events=())


def events(database: Database) -> dict[str, tuple[str | None, bool]]:
    """Return date and whether it is withdrawn, by the id of each event."""
    with reading(database) as connection:
        return {row.id: (row.date_start, row.deleted_at is not None) for row in connection.execute(select(EventRow.__table__))}


def shown(database: Database) -> list[tuple[str, str]]:
    with reading(database) as connection:
        return [(row["event_id"], row["date_start"]) for row in flat_rows(connection)]


def kinds(database: Database, event: str) -> list[ChangeKind]:
    with reading(database) as connection:
        return [row["kind"] for row in find_changes(connection) if row["event_id"] == event]


def rows(database: Database) -> dict[str, int]:
    with reading(database) as connection:
        return {name: number for name, number in count_rows(connection).items() if name not in {*INDEX, *QUEUE, "list_entry"}}


def test_only_what_other_versions_made_is_read_and_only_once(own: Settings, database: Database) -> None:
    old, new = tell(database), tell(database, "paper", stages=dict(LANGUAGE_STAGES))
    reader = Reader()
    report = again(own, reader)
    assert reader.read == [old.id] != [new.id]
    assert report.due["events", f"0 → {LANGUAGE_STAGES['events']}"] == 1
    assert (report.exit_code, report.run.analysed["done"]) == (0, 1)
    assert again(own, reader, at=LATER + timedelta(hours=1)).run.analysed["done"] == 0
    with reading(database) as connection:
        runs = connection.execute(select(RunRow).where(RunRow.command == "reprocess").order_by(RunRow.started_at)).all()
    assert [run.exit_code for run in runs] == [0, 0]
    assert runs[0].report["changes"] == {"events the same": 1}


def test_a_dry_run_counts_by_stage_and_reason_and_writes_nothing(own: Settings, database: Database) -> None:
    tell(database)
    before, reader = rows(database), Reader()
    report = again(own, reader, dry_run=True)
    language = {(stage, f"0 → {version}"): 1 for stage, version in LANGUAGE_STAGES.items()}
    assert report.due == language | {("extract", f"test 1 → {module.name_extractor()}"): 1}
    assert (rows(database), reader.read) == (before, [])


def test_the_same_reading_changes_no_row_and_tells_no_change(own: Settings, database: Database) -> None:
    article = tell(database)
    ((event, _),) = shown(database)
    before = rows(database)
    again(own, Reader(), Selection(stage="events"))
    after = rows(database)
    assert {name for name in after if after[name] != before[name]} == {"run", "model_version"}
    assert kinds(database, event) == [ChangeKind.CREATED]
    with reading(database) as connection:
        status = select(StageStatusRow.stage_version).where(StageStatusRow.version_id == article.id, StageStatusRow.stage == "events")
        assert connection.execute(status).scalar_one() == LANGUAGE_STAGES["events"]


def test_an_event_that_is_told_otherwise_supersedes_the_older_one_which_stays_stored(own: Settings, database: Database) -> None:
    tell(database)
    ((old, _),) = shown(database)
    report = again(own, Reader(on_another_day), Selection(stage="events"))
    ((new, day),) = shown(database)
    assert (new != old, day) == (True, "2025-11-03")
    assert events(database) == {old: ("2025-11-04", True), new: ("2025-11-03", False)}
    assert (report.changes["events new"], report.changes["events withdrawn"]) == (1, 1)
    assert kinds(database, old) == [ChangeKind.CREATED, ChangeKind.WITHDRAWN]
    assert kinds(database, new) == [ChangeKind.CREATED]
    with reading(database) as connection:
        assert len(connection.execute(select(EventMentionRow.id).where(EventMentionRow.event_id == old)).all()) == 1
        assert len(connection.execute(select(EventArgumentRow.id)).all()) == 4


def test_a_withdrawn_event_comes_back_under_its_id_when_it_is_told_again(own: Settings, database: Database) -> None:
    tell(database)
    ((old, _),) = shown(database)
    everything = Selection(stage="events", changed=False)
    again(own, Reader(without_events), everything)
    assert shown(database) == []
    report = again(own, Reader(), everything, at=LATER + timedelta(hours=1))
    assert shown(database) == [(old, "2025-11-04")]
    assert report.changes["events told again"] == 1
    assert kinds(database, old) == [ChangeKind.CREATED, ChangeKind.WITHDRAWN, ChangeKind.CHANGED]


def test_an_event_keeps_its_id_though_its_key_counts_names_otherwise(own: Settings, database: Database) -> None:
    tell(database, say=partial(make_analysis, key="SANCTION:doc:1"))
    ((old, _),) = shown(database)
    again(own, Reader(partial(make_analysis, key="SANCTION:doc:2")), Selection(stage="events"))
    assert events(database) == {old: ("2025-11-04", False)}


def test_a_key_that_stands_for_something_else_now_is_not_taken_for_the_same_event(own: Settings, database: Database) -> None:
    tell(database, say=partial(make_analysis, key="SANCTION:doc:1"))
    ((old, _),) = shown(database)
    again(own, Reader(partial(on_another_day, key="SANCTION:doc:1")), Selection(stage="events"))
    ((new, day),) = shown(database)
    assert (new != old, day) == (True, "2025-11-03")
    assert events(database)[old] == ("2025-11-04", True)


@pytest.mark.parametrize("decision", ["status", "merge"])
def test_an_event_on_which_a_person_decided_stays_and_its_words_are_not_told_anew(own: Settings, database: Database, decision: str) -> None:
    tell(database)
    tell(database, "paper", stages=dict(LANGUAGE_STAGES), say=partial(on_another_day, day="2025-09-09"))
    with reading(database) as connection:
        rows_of = connection.execute(select(EventRow.id, EventRow.date_start).order_by(EventRow.date_start.desc())).all()
    decided, other = (row.id for row in rows_of)
    if decision == "merge":
        merge_events(own, decided, other, by="Kim", at=NOW)
    else:
        with writing(database) as connection:
            connection.execute(update(EventRow).where(EventRow.id == decided).values(status=ReviewStatus.ACCEPTED))
    report = again(own, Reader(on_another_day), Selection(stage="events"))
    assert events(database) == {decided: ("2025-11-04", False), other: ("2025-09-09", False)}
    assert (report.changes["events left to people"], report.changes["events withdrawn"]) == (1, 0)
    with reading(database) as connection:
        in_force = select(EventMergeRow.status).where(EventMergeRow.ended_at.is_(None), EventMergeRow.decided_by == "Kim")
        assert connection.execute(in_force).scalars().all() == ([MergeStatus.MERGED] if decision == "merge" else [])


def test_when_the_event_that_stands_is_withdrawn_the_others_stand_for_themselves(own: Settings, database: Database) -> None:
    first, second = tell(database), tell(database, "paper")
    with reading(database) as connection:
        stands = connection.execute(select(EventRow.id, EventRow.merged_into, EventMentionRow.version_id).join(EventMentionRow)).all()
    winner = next(row for row in stands if row.merged_into is None)
    loser = next(row for row in stands if row.merged_into is not None)
    assert {winner.version_id, loser.version_id} == {first.id, second.id}
    reader = Reader(lambda article: without_events(article) if article.id == winner.version_id else make_analysis(article))
    again(own, reader, Selection(stage="events"))
    assert shown(database) == [(loser.id, "2025-11-04")]
    assert kinds(database, loser.id)[-1] is ChangeKind.UNMERGED


def test_names_and_links_that_a_newer_reading_does_not_say_are_shown_no_more_and_come_back(own: Settings, database: Database) -> None:
    def other(article: Article) -> Analysis:
        made = make_analysis(article)
        ship = make_mention(article.text, "Tuesday", Label.VESSEL, "doc:9")
        links = tuple(replace(link, status="review") for link in made.linking.links)
        return replace(made, linking=replace(made.linking, mentions=(*made.linking.mentions[1:], ship), links=links), events=())

    def shown_names() -> tuple[list[str], list[str], list[str], int]:
        refresh_index(database, Knowledge("kb0", {}), at=NOW)
        with reading(database) as connection:
            view = load_article_view(connection, article.id)
            names = [row.name for row in list_entities(connection, EntityFilter()).entities]
            listed = list_entities(connection, EntityFilter(listed=True)).entities
        assert view is not None
        return sorted(row["text"] for row in view.mentions), [row["status"] for row in view.links], sorted(names), len(listed)

    article = tell(database)
    before = (["U Yong Su", "Washington"], ["auto"], ["U Yong Su", "Washington"], 1)
    assert shown_names() == before
    everything = Selection(stage="tag", changed=False)
    report = again(own, Reader(other), everything)
    assert shown_names() == (["Tuesday", "U Yong Su"], ["review"], ["Tuesday", "U Yong Su"], 0)
    counted = {f"{what} {how}": report.changes[f"{what} {how}"] for what in ("names", "links") for how in ("new", "superseded")}
    assert set(counted.values()) == {1}
    with reading(database) as connection:
        gone = connection.execute(select(MentionRow.text, MentionRow.superseded_by).where(MentionRow.superseded_at == LATER)).all()
    assert gone == [("Washington", report.run.run_id)]

    stored = rows(database)
    report = again(own, Reader(), everything, at=LATER + timedelta(hours=1))
    assert shown_names() == before
    assert (report.changes["names found again"], report.changes["links found again"], report.changes["names superseded"]) == (1, 1, 1)
    assert {name: number for name, number in rows(database).items() if number != stored[name]} == {"run": 4, "event_change": 3}


def with_amount(article: Article, value: float) -> Analysis:
    made = make_analysis(article)
    return replace(made, tagging=replace(made.tagging, amounts=(replace(made.tagging.amounts[0], value=value, usd=value),)))


def with_person(article: Article, entity: str) -> Analysis:
    """A reading in which the same name is someone else, listed all the same."""
    made = make_analysis(article)
    place, person = made.linking.mentions
    person = replace(person, entity=entity)
    (event,) = made.events
    targets = tuple(replace(target, entity=entity) for target in event.targets)
    events = (replace(event, targets=targets, mentions=tuple(replace(one, targets=targets) for one in event.mentions)),)
    return replace(
        made, linking=Linking((place, person), tuple(replace(link, entity=entity) for link in made.linking.links)), events=events
    )


def told_now(database: Database) -> list[tuple[str, float, str, str]]:
    with reading(database) as connection:
        found = flat_rows(connection)
    return [(row["event_id"], row["amount_value"], row["target_ids"], row["sanctioned_ids"]) for row in found]


OFAC, LISTED = "kb:ofac-56045", "us_ofac_sdn:56045"


def test_an_event_that_is_told_the_same_gets_the_amount_and_the_party_of_the_newer_reading(own: Settings, database: Database) -> None:
    tell(database)
    ((event, *before),) = told_now(database)
    assert before == [2e6, OFAC, LISTED]
    everything = Selection(stage="events", changed=False)
    report = again(own, Reader(partial(with_amount, value=2e9)), everything)
    assert told_now(database) == [(event, 2e9, OFAC, LISTED)]
    assert (report.changes["amounts superseded"], report.changes["events told otherwise"]) == (1, 1)
    again(own, Reader(partial(with_person, entity="kb:un-1")), everything, at=LATER + timedelta(hours=1))
    assert told_now(database) == [(event, 2e6, "kb:un-1", LISTED)]
    again(own, Reader(), everything, at=LATER + timedelta(hours=2))
    assert told_now(database) == [(event, 2e6, OFAC, LISTED)]
    assert kinds(database, event) == [ChangeKind.CREATED, *[ChangeKind.CHANGED] * 3]
    with reading(database) as connection:
        amounts = connection.execute(select(AmountRow.value, AmountRow.superseded_at.is_(None)).order_by(AmountRow.value)).all()
        parties = set(connection.execute(select(EventArgumentRow.entity_id)).scalars())
    assert amounts == [(2e6, True), (2e9, False)]
    assert parties == {"kb:us", OFAC, "kb:un-1"}


def test_what_an_event_tells_stays_when_a_person_decided_on_it(own: Settings, database: Database) -> None:
    tell(database)
    ((event, *_),) = told_now(database)
    with writing(database) as connection:
        connection.execute(update(EventRow).values(status=ReviewStatus.ACCEPTED))
    everything = Selection(stage="events", changed=False)
    for number, say in enumerate((partial(with_amount, value=2e9), partial(with_person, entity="kb:un-1"))):
        again(own, Reader(say), everything, at=LATER + timedelta(hours=number))
        assert told_now(database) == [(event, 2e6, OFAC, LISTED)]
    again(own, Reader(unlisted), everything, at=LATER + timedelta(hours=3))
    assert told_now(database) == [(event, 2e6, OFAC, None)], "a match is not what was decided on"


def unlisted(article: Article) -> Analysis:
    made = make_analysis(article)
    return replace(made, linking=replace(made.linking, links=()))


def test_a_match_that_is_gone_is_a_change_of_the_event_and_a_killed_rereading_leaves_nothing(
    own: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(database)
    ((event, *_),) = told_now(database)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(module, "record_changed", interrupt)
        again(own, Reader(unlisted), Selection(stage="events"))
    assert told_now(database) == [(event, 2e6, OFAC, LISTED)]
    report = again(own, Reader(unlisted), Selection(stage="events"), at=LATER + timedelta(hours=1))
    assert told_now(database) == [(event, 2e6, OFAC, None)]
    assert report.changes["links superseded"] == 1
    assert kinds(database, event) == [ChangeKind.CREATED, ChangeKind.CHANGED]


def test_one_version_that_breaks_a_stage_is_named_and_stays_due(own: Settings, database: Database) -> None:
    bad, good = tell(database), tell(database, "paper")

    def say(article: Article) -> Analysis:
        if article.id == bad.id:
            raise RecursionError("too deep")
        return make_analysis(article)

    report = again(own, Reader(say), Selection(stage="events"))
    assert (report.exit_code, report.run.analysed) == (3, {"done": 1, "failed": 1})
    assert [problem.reason for problem in report.run.problems] == ["RecursionError: too deep"]
    assert len(shown(database)) >= 1
    reader = Reader()
    again(own, reader, Selection(stage="events"), at=LATER + timedelta(hours=1))
    assert reader.read == [bad.id] != [good.id]


@pytest.mark.parametrize("changed", [True, False])
def test_a_run_that_was_cut_off_goes_on_where_it_stopped(own: Settings, database: Database, changed: bool) -> None:
    for feed_id in ("wire", "paper", "agency"):
        tell(database, feed_id)
    first = Reader()

    def say(article: Article) -> Analysis:
        if len(first.read) == 3:
            raise KeyboardInterrupt
        return make_analysis(article)

    first.say = say
    wanted = Selection(stage="events", changed=changed)
    with pytest.raises(KeyboardInterrupt):
        again(own, first, wanted)
    second = Reader()
    report = again(own, second, wanted, at=LATER + timedelta(hours=1))
    assert (report.resumed, second.read) == (True, first.read[2:])
    third = Reader()
    assert again(own, third, wanted, at=LATER + timedelta(hours=2)).resumed is False
    assert len(third.read) == (0 if changed else 3)


def test_filters_take_articles_by_feed_article_day_and_model(own: Settings, database: Database) -> None:
    wire, paper = tell(database), tell(database, "paper")

    def taken(**wanted: object) -> set[str]:
        reader = Reader()
        again(own, reader, Selection(stage="tag", changed=False, **wanted), at=LATER + timedelta(minutes=len(rows_of_runs())))  # type: ignore[arg-type]
        return set(reader.read)

    def rows_of_runs() -> list[object]:
        with reading(database) as connection:
            return list(connection.execute(select(RunRow.id)))

    with reading(database) as connection:
        article = connection.execute(select(ArticleVersionRow.article_id).where(ArticleVersionRow.id == paper.id)).scalar_one()
    assert taken(model="peninsula-en") == {wire.id, paper.id}
    assert taken(model="peninsula-en-cnn") == set()
    assert taken(feeds=("wire",)) == {wire.id}
    assert taken(articles=(article[:12],)) == taken(articles=(paper.url,)) == {paper.id}
    assert taken(since=NOW) == {wire.id, paper.id}
    assert taken(since=LATER) == set()
    for wrong, message in (
        ({"feeds": ("none",)}, "no feed is called 'none'"),
        ({"articles": ("art-zz",)}, "no article is called 'art-zz'"),
    ):
        with pytest.raises(UsageError, match=message):
            taken(**wrong)
    with pytest.raises(UsageError, match="several articles begin with 'art-'"):
        taken(articles=("art-",))


def test_another_model_is_a_reason_and_other_lists_are_one_only_for_the_link_stage(own: Settings, database: Database) -> None:
    tell(database, stages=dict(LANGUAGE_STAGES))
    reader = Reader()
    assert again(own, reader, Selection(stage="events"), dry_run=True).due == {}
    reader.model_name = lambda lang: f"peninsula-{lang}-encoder"  # type: ignore[method-assign]
    assert again(own, reader, Selection(stage="events"), dry_run=True).due == {("events", "peninsula-en → peninsula-en-encoder"): 1}
    reader = Reader()
    reader.knowledge.list_versions = {"us_ofac_sdn": "2026-08-01"}
    assert again(own, reader, Selection(stage="events"), dry_run=True).due == {}
    assert again(own, reader, Selection(stage="link"), dry_run=True).due == {("link", "other lists"): 1}


def test_another_run_keeps_it_out(own: Settings, database: Database) -> None:
    with hold_data_dir(own.data_dir), pytest.raises(LockHeld, match="another run is at work"):
        again(own, Reader())


# --- extraction ---------------------------------------------------------------------------------------------------------


def page(text: str) -> bytes:
    return f"<html><head><title>A title</title></head><body><article><p>{text}</p></article></body></html>".encode()


STORY = (
    "South Korea's military said North Korea fired a short-range ballistic missile toward the East Sea on Friday. "
    "The missile flew about 700 kilometers, the Joint Chiefs of Staff said. Seoul condemned the launch as a provocation."
)


@pytest.fixture
def extracted(own: Settings, database: Database, monkeypatch: pytest.MonkeyPatch) -> Article:
    """An article that an older extractor made of a body which lies in the raw store of this machine."""
    article = tell(database, stages=dict(LANGUAGE_STAGES))
    stored = module.Archive(own.data_dir / "raw").put(page(STORY))
    with writing(database) as connection:
        raw = {"codec": "gzip", "path": stored.path, "media_type": "text/html", "size": 1, "stored_size": 1, "stored_at": NOW}
        connection.execute(RawBodyRow.__table__.insert().values(sha256=stored.sha256, **raw))
        values = {"raw_sha256": stored.sha256, "extracted_sha256": stored.sha256}
        connection.execute(update(ArticleRow).values(**values))
    return article


def extractions(database: Database) -> list[tuple[str, str, str]]:
    columns = (StageStatusRow.version_id, StageStatusRow.stage_version, ArticleVersionRow.text)
    with reading(database) as connection:
        query = select(*columns).join(ArticleVersionRow, ArticleVersionRow.id == StageStatusRow.version_id)
        return [tuple(row) for row in connection.execute(query.where(StageStatusRow.stage == "extract"))]


def test_a_newer_extractor_makes_a_new_version_where_the_text_differs_and_none_where_not(
    own: Settings, database: Database, extracted: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = again(own, Reader(), Selection(stage="extract"))
    assert report.run.articles == {"new": 1}
    with reading(database) as connection:
        texts = {row.id: row.text for row in connection.execute(select(ArticleVersionRow.id, ArticleVersionRow.text))}
        latest = connection.execute(select(ArticleRow.latest_version_id)).scalar_one()
    assert len(texts) == 2
    assert texts[extracted.id] == extracted.text
    assert "East Sea" in texts[latest]
    assert again(own, Reader(), Selection(stage="extract"), at=LATER + timedelta(hours=1)).run.articles == {}

    monkeypatch.setattr(module, "name_extractor", lambda: "newer 2")
    monkeypatch.setattr("pipeline.run.pages.name_extractor", lambda: "newer 2")
    report = again(own, Reader(), Selection(stage="extract"), at=LATER + timedelta(hours=2))
    assert report.run.articles == {"unchanged": 1}
    ((version, maker, _),) = [row for row in extractions(database) if row[1] == "newer 2"]
    assert (version, maker) == (latest, "newer 2")
    assert again(own, Reader(), Selection(stage="extract"), at=LATER + timedelta(hours=3)).due == {}


def test_metadata_of_the_same_text_follow_a_newer_extractor_and_the_version_is_read_again(
    own: Settings, database: Database, extracted: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    again(own, Reader(), Selection(stage="extract"))
    with reading(database) as connection:
        latest = connection.execute(select(ArticleRow.latest_version_id)).scalar_one()
        before = connection.execute(select(ArticleVersionRow).where(ArticleVersionRow.id == latest)).one()
    made = context(database, dict(LANGUAGE_STAGES))
    with writing(database) as connection:
        record_analysis(connection, Analysis(load_article(connection, latest), NOTHING, Linking((), ()), ()), made)
    day = Publication(NOW - timedelta(days=2), "2025-11-04", None, DateSource.META, "day")

    def otherwise(*given: object, **named: object) -> Article:
        return replace(extract(*given, **named), title="A better title", publication=day)  # type: ignore[arg-type]

    monkeypatch.setattr("pipeline.run.pages.extract", otherwise)
    for place in (module, pages):
        monkeypatch.setattr(place, "name_extractor", lambda: "newer 2")
    report = again(own, Reader(), Selection(stage="extract"), at=LATER + timedelta(hours=1))
    assert (report.run.articles, report.changes["versions with other metadata"]) == ({"unchanged": 1}, 1)
    with reading(database) as connection:
        now = load_article(connection, latest)
        changes = {row.column: row for row in connection.execute(select(VersionChangeRow))}
        assert len(connection.execute(select(ArticleVersionRow.id)).all()) == 2
    assert (now.text, now.title, now.publication) == (before.text, "A better title", day)
    assert (changes["title"].before, changes["title"].after, changes["title"].extractor) == ("A title", "A better title", "newer 2")
    assert changes["published_at"].after == day.at.isoformat()
    assert {change.run_id for change in changes.values()} == {report.run.run_id}

    reader = Reader(lambda article: Analysis(article, NOTHING, Linking((), ()), ()))
    report = again(own, reader, at=LATER + timedelta(hours=2))
    assert (reader.read, report.due) == ([latest], {("tag", "other metadata"): 1})
    assert again(own, reader, at=LATER + timedelta(hours=3)).due == {}


NOTHING = Tagging((), (), (), (), (), ())


def test_a_new_text_is_read_in_the_same_run(own: Settings, database: Database, extracted: Article) -> None:
    reader = Reader(lambda article: replace(make_analysis(replace(article, text=TEXT)), article=article, events=()))
    report = again(own, reader)
    assert (report.run.articles["new"], report.run.analysed["done"]) == (1, 1)
    assert extracted.id not in reader.read


def test_a_body_that_is_not_here_is_counted_and_nothing_is_lost(own: Settings, database: Database) -> None:
    tell(database, stages=dict(LANGUAGE_STAGES))
    report = again(own, Reader(), Selection(stage="extract"))
    assert (report.exit_code, report.run.articles) == (0, {"without a body here": 1})
    assert len(extractions(database)) == 1


def test_bodies_made_due_by_a_run_that_was_killed_are_extracted_when_it_is_run_again(
    own: Settings, database: Database, extracted: Article, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(module, "extract_pages", interrupt)
        again(own, Reader(), Selection(stage="extract"))
    report = again(own, Reader(), Selection(stage="extract"), at=LATER + timedelta(hours=1))
    assert (report.resumed, report.run.articles["new"]) == (True, 1)


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_stories_are_found_anew_from_a_day_on(own: Settings, database: Database) -> None:
    tell(database)
    tell(database, "paper")
    report = again(own, Reader(), Selection(stage="stories", since=NOW - timedelta(days=400)), at=NOW + timedelta(days=300))
    assert report.run.stories == {"texts": 2, "stories": 1}


# --- what waits -----------------------------------------------------------------------------------------------------------


def fail_to_fetch(database: Database, *, attempts: int = 3) -> str:
    add_article(database, feed_id="dead", sha="d")
    with writing(database) as connection:
        article = connection.execute(select(ArticleRow.id).where(ArticleRow.url.like("%dead%"))).scalar_one()
        run_id = start_run(connection, command="fails", at=LATER, versions={})
        fetch = make_fetch(run_id, article_id=article, outcome=FetchOutcome.FAILED, failure=FailureClass.SOFT, at=LATER)
        fetch = replace(fetch, code="http_404", message="404 Not Found", url="https://dead.example/news/1")
        record_page_failure(connection, fetch, attempts=attempts)
    return article


def fail_to_extract(database: Database) -> str:
    add_article(database, feed_id="textless", sha="e")
    with writing(database) as connection:
        connection.execute(update(ArticleRow).where(ArticleRow.url.like("%textless%")).values(extracted_sha256=None))
        (due,) = due_extractions(connection)
        set_aside(connection, due, state=StageState.QUARANTINED, reason="extract_failed: there is no text")
    return due.article_id


def fail_to_analyse(database: Database) -> str:
    article = add_article(database, feed_id="poison", sha="f")
    made = context(database, dict(LANGUAGE_STAGES), at=LATER)
    with writing(database) as connection:
        record_analysis_failure(connection, article.id, made, reason="RecursionError: too deep")
    return article.id


def waiting(database: Database) -> dict[str, tuple[str, str, str, int | None]]:
    with reading(database) as connection:
        return {one.id: (one.stage, one.state.value, one.kind, one.attempts) for one in find_waiting(connection)}


def test_what_waits_is_told_with_stage_reason_attempts_and_time(database: Database) -> None:
    page_id, body_id, version_id = fail_to_fetch(database), fail_to_extract(database), fail_to_analyse(database)
    assert waiting(database) == {
        page_id: ("fetch", "quarantined", "http_404", 4),
        body_id: ("extract", "quarantined", "extract_failed", None),
        version_id: ("analyse", "quarantined", "RecursionError", None),
    }
    with reading(database) as connection:
        since = {one.stage: one.since for one in find_waiting(connection)}
    assert since == {"fetch": LATER, "extract": NOW, "analyse": LATER}


def test_retry_puts_each_back_where_it_failed(own: Settings, database: Database) -> None:
    page_id, body_id, version_id = fail_to_fetch(database), fail_to_extract(database), fail_to_analyse(database)
    assert len(retry(own, everything=True, dry_run=True)) == 3
    assert len(waiting(database)) == 3
    retry(own, everything=True)
    assert waiting(database) == {}
    with reading(database) as connection:
        assert [(due.article_id, due.attempts) for due in due_pages(connection, now=LATER, limit=9)] == [(page_id, 0)]
        assert [due.article_id for due in due_extractions(connection)] == [body_id]
        assert version_id in due_analyses(connection)


def test_retry_takes_some_by_id_or_reason(own: Settings, database: Database) -> None:
    page_id, body_id, version_id = fail_to_fetch(database), fail_to_extract(database), fail_to_analyse(database)
    assert [one.id for one in retry(own, reason="there is no text", dry_run=True)] == [body_id]
    assert [one.id for one in retry(own, reason="http_404")] == [page_id]
    assert [one.id for one in retry(own, [version_id[:14]])] == [version_id]
    assert set(waiting(database)) == {body_id}
    with pytest.raises(UsageError, match=f"nothing that is called '{page_id}' waits"):
        retry(own, [page_id])
    with pytest.raises(UsageError, match="say what to put back"):
        retry(own)


def test_a_page_that_failed_for_now_is_shown_with_its_next_attempt_and_can_be_taken_at_once(own: Settings, database: Database) -> None:
    page_id = fail_to_fetch(database, attempts=0)
    with reading(database) as connection:
        (one,) = find_waiting(connection)
    assert (one.id, one.state, one.attempts, one.next_attempt_at) == (page_id, StageState.FAILED, 1, LATER + timedelta(hours=1))
    retry(own, [page_id])
    with reading(database) as connection:
        assert [due.article_id for due in due_pages(connection, now=LATER, limit=9)] == [page_id]


def test_a_withdrawn_event_stands_for_no_other_on_later_nights(own: Settings, database: Database) -> None:
    tell(database), tell(database, "paper")
    with reading(database) as connection:
        stands = connection.execute(select(EventRow.id, EventRow.merged_into, EventMentionRow.version_id).join(EventMentionRow)).all()
    winner = next(row for row in stands if row.merged_into is None)
    loser = next(row for row in stands if row.merged_into is not None)
    reader = Reader(lambda article: without_events(article) if article.id == winner.version_id else make_analysis(article))
    again(own, reader, Selection(stage="events"))
    with writing(database) as connection:
        merge_recent_events(connection, since=NOW, at=LATER + timedelta(days=1))
    assert shown(database) == [(loser.id, "2025-11-04")]
