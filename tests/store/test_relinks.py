from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Select, select

from models.filters import EntityFilter
from models.knowledge import Knowledge
from models.records import Analysis, Article, Link, Linking
from models.tables import EntityRow, EventMentionRow, EventRow, LinkRow, MentionRow, RunRow, StageStatusRow
from models.vocabulary import Label
from pipeline.run.indexing import refresh_index
from pipeline.store.analyses import AnalysisContext, record_analysis
from pipeline.store.engine import Database, reading, writing
from pipeline.store.reading_entities import list_entities
from pipeline.store.relinks import due_relinks, find_new_links, record_relinks
from pipeline.store.rereading import record_rereading
from pipeline.store.runs import add_knowledge_version, count_rows, start_run
from tests.store.builders import MAKER, NOW, add_article, flat_rows, make_analysis, make_context, make_mention

OLD, NEW = {"us_ofac_sdn": "2026-07-01"}, {"us_ofac_sdn": "20260801-0123abcd"}
ENTRY = "us_ofac_sdn:56045"


def analysis_without_link(article: Article) -> Analysis:
    """What older lists let one say: the name is someone of the article alone."""
    made = make_analysis(article)
    mentions = tuple(replace(mention, entity="doc:1") if mention.label is Label.PERSON else mention for mention in made.linking.mentions)
    events = tuple(replace(event, targets=(), mentions=tuple(replace(one, targets=()) for one in event.mentions)) for event in made.events)
    return replace(made, linking=Linking(mentions, ()), events=events)


def with_status(analysis: Analysis, status: str) -> Analysis:
    links = tuple(replace(link, status=status) for link in analysis.linking.links)
    return replace(analysis, linking=replace(analysis.linking, links=links))


def store_analysis(database: Database, analysis: Analysis) -> None:
    context = make_context(database)
    with writing(database) as connection:
        connection.execute(RunRow.__table__.update().where(RunRow.id == context.run_id).values(versions={"knowledge": "kb1"}))
        record_analysis(connection, analysis, context)


def newer_context(database: Database, version: str = "kb2") -> AnalysisContext:
    old = make_context(database)
    with writing(database) as connection:
        run_id = start_run(connection, command=f"relink {version}", at=NOW, versions={"knowledge": version})
        add_knowledge_version(connection, version=version, entities=3, list_versions=NEW, at=NOW)
    return replace(old, run_id=run_id, at=NOW + timedelta(hours=1), knowledge_version_id=version)


def relink(database: Database, analysis: Analysis, version: str = "kb2") -> tuple[Link, ...]:
    context = newer_context(database, version)
    with writing(database) as connection:
        links = find_new_links(connection, analysis)
        record_relinks(connection, analysis, links, context)
    return links


def due(database: Database, **changes: object) -> list[str]:
    values: dict[str, object] = {"since": NOW - timedelta(days=1), "list_versions": NEW}
    with reading(database) as connection:
        return due_relinks(connection, **(values | changes))  # type: ignore[arg-type]


def stored_links(database: Database) -> list[tuple[str, str | None, str, str]]:
    columns = (LinkRow.entity_id, LinkRow.entry, LinkRow.status, LinkRow.knowledge_version_id)
    with reading(database) as connection:
        return sorted(tuple(row) for row in connection.execute(select(*columns)))  # type: ignore[misc]


def test_an_article_is_due_when_it_was_linked_with_other_lists_and_only_until_it_is_linked_again(database: Database) -> None:
    article = add_article(database)
    assert due(database) == [], "it was not analysed yet, which is the business of the nightly run"
    store_analysis(database, analysis_without_link(article))
    assert due(database) == [article.id]
    assert due(database, list_versions=OLD) == []
    assert due(database, since=NOW + timedelta(days=1)) == []
    relink(database, make_analysis(article))
    assert due(database) == []
    assert due(database, list_versions=OLD) == [article.id]


def test_an_older_version_of_an_article_is_not_linked_again(database: Database) -> None:
    old = add_article(database)
    store_analysis(database, make_analysis(old))
    new = add_article(database, text="Update: " + old.text, sha="b")
    store_analysis(database, make_analysis(new))
    assert due(database) == [new.id]


def test_a_new_match_is_added_on_the_entity_under_which_the_name_is_stored(database: Database) -> None:
    article = add_article(database)
    store_analysis(database, analysis_without_link(article))
    with reading(database) as connection:
        before = count_rows(connection)
        entity = connection.execute(select(MentionRow.entity_id).where(MentionRow.text == "U Yong Su")).scalar_one()
    assert [link.entry for link in relink(database, make_analysis(article))] == [ENTRY]
    assert stored_links(database) == [(entity, ENTRY, "auto", "kb2")]
    with reading(database) as connection:
        after = count_rows(connection)
    refresh_index(database, Knowledge("kb0", {}), at=NOW)
    with reading(database) as connection:
        found = list_entities(connection, EntityFilter((Label.PERSON,), listed=True)).entities
    assert [[match.entry for match in row.matches] for row in found] == [[ENTRY]]
    added = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert added.keys() == {"link", "stage_status", "run", "knowledge_version"}


def test_events_show_the_new_match(database: Database) -> None:
    article = add_article(database)
    made = make_analysis(article)
    store_analysis(database, with_status(made, "rejected"))

    def listed_events() -> int:
        with reading(database) as connection:
            return sum(row["sanctioned_ids"] is not None for row in flat_rows(connection))

    assert listed_events() == 0
    relink(database, made)
    assert listed_events() == 1


def changed_events(database: Database) -> list[str]:
    """The events that changed after they were stored."""
    with reading(database) as connection:
        return list(connection.execute(select(EventRow.id).where(EventRow.changed_at > NOW).order_by(EventRow.id)).scalars())


def test_an_event_of_whose_party_a_match_is_new_counts_as_changed_and_so_does_the_one_that_stands_for_it(database: Database) -> None:
    first, second = (add_article(database, number=number, feed_id=feed) for number, feed in ((1, "wire"), (2, "paper")))
    for article in (first, second):
        store_analysis(database, with_status(make_analysis(article), "rejected"))
    with reading(database) as connection:
        own, other = (connection.execute(_events_of(article)).scalar_one() for article in (first, second))
    with writing(database) as connection:
        connection.execute(EventRow.__table__.update().where(EventRow.id == own).values(merged_into=other))
    assert relink(database, make_analysis(first)) != ()
    assert changed_events(database) == sorted([own, other])


def _events_of(article: Article) -> Select[str]:
    return select(EventMentionRow.event_id).where(EventMentionRow.version_id == article.id)


def test_an_event_of_someone_else_is_left_as_it_was_by_a_new_match(database: Database) -> None:
    article = add_article(database)
    store_analysis(database, analysis_without_link(article))
    assert relink(database, make_analysis(article)) != ()
    assert changed_events(database) == []


def test_linking_again_without_a_new_match_changes_no_event(database: Database) -> None:
    made = make_analysis(add_article(database))
    store_analysis(database, made)
    assert relink(database, made) == ()
    assert changed_events(database) == []


@pytest.mark.parametrize(
    ("before", "after", "statuses"),
    [
        ("rejected", "review", ["rejected", "review"]),
        ("rejected", "auto", ["auto", "rejected"]),
        ("review", "auto", ["auto", "review"]),
        ("auto", "auto", ["auto"]),
        ("auto", "review", ["auto"]),
        ("review", "rejected", ["review"]),
    ],
)
def test_what_was_stored_stays_and_only_more_is_added(database: Database, before: str, after: str, statuses: list[str]) -> None:
    made = make_analysis(add_article(database))
    store_analysis(database, with_status(made, before))
    relink(database, with_status(made, after))
    assert sorted(row[2] for row in stored_links(database)) == statuses


def test_linking_again_twice_adds_nothing(database: Database) -> None:
    made = make_analysis(add_article(database))
    store_analysis(database, analysis_without_link(made.article))
    relink(database, made)
    before = stored_links(database)
    assert relink(database, made, "kb3") == ()
    assert stored_links(database) == before
    with reading(database) as connection:
        versions = connection.execute(select(StageStatusRow.stage_version).where(StageStatusRow.stage == "relink")).scalars().all()
    assert versions == ["kb3"]


def test_a_name_that_was_not_found_before_is_added_with_its_match(database: Database) -> None:
    made = make_analysis(add_article(database))
    unseen = tuple(mention for mention in made.linking.mentions if mention.label is not Label.PERSON)
    events = tuple(replace(event, targets=(), mentions=tuple(replace(one, targets=()) for one in event.mentions)) for event in made.events)
    store_analysis(database, replace(made, linking=Linking(unseen, ()), events=events))
    relink(database, made)
    assert stored_links(database) == [("kb:ofac-56045", ENTRY, "auto", "kb2")]
    with reading(database) as connection:
        assert connection.execute(select(MentionRow.entity_id).where(MentionRow.text == "U Yong Su")).scalar_one() == "kb:ofac-56045"


def test_a_longer_name_than_the_stored_one_keeps_the_stored_entity(database: Database) -> None:
    made = make_analysis(add_article(database))
    short = make_mention(made.article.text, "Yong Su", Label.PERSON, "doc:1")
    place = next(mention for mention in made.linking.mentions if mention.label is Label.PLACE)
    events = tuple(replace(event, targets=(), mentions=tuple(replace(one, targets=()) for one in event.mentions)) for event in made.events)
    store_analysis(database, replace(made, linking=Linking((place, short), ()), events=events))
    relink(database, made)
    with reading(database) as connection:
        entity = connection.execute(select(MentionRow.entity_id).where(MentionRow.text == "Yong Su")).scalar_one()
        names = set(connection.execute(select(EntityRow.id)).scalars())
    assert stored_links(database) == [(entity, ENTRY, "auto", "kb2")]
    assert "kb:ofac-56045" not in names
    assert made.linking.links[0].maker == MAKER


def test_a_match_that_a_newer_reading_superseded_comes_back_when_the_lists_support_it_again(database: Database) -> None:
    made = make_analysis(add_article(database))
    store_analysis(database, made)
    context = newer_context(database, "kb2")
    with writing(database) as connection:
        record_rereading(connection, replace(made, linking=replace(made.linking, links=())), context)
    assert find_listed(database) == []
    before = stored_links(database)
    assert [link.entry for link in relink(database, made, "kb3")] == [ENTRY]
    assert find_listed(database) == ["kb:ofac-56045"]
    assert stored_links(database) == before


def find_listed(database: Database) -> list[str]:
    refresh_index(database, Knowledge("kb0", {}), at=NOW)
    with reading(database) as connection:
        found = list_entities(connection, EntityFilter(listed=True)).entities
    return [row.id for row in found]
