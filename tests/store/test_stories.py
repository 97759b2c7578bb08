from __future__ import annotations

from sqlalchemy import select

from models.tables import ArticleVersionRow, EventRow, StoryClusterRow
from pipeline.run.merging import merge_recent_events
from pipeline.store.analyses import record_analysis
from pipeline.store.engine import Database, reading, writing
from pipeline.store.stories import articles_since, set_clusters
from tests.store.builders import NOW, TEXT, add_article, flat_rows, make_analysis, make_context


def two_copies(database: Database) -> tuple[str, str]:
    ids = []
    for feed_id, sha in (("wire", "a"), ("paper", "b")):
        article = add_article(database, feed_id=feed_id, text=TEXT + f" ({feed_id})", sha=sha)
        context = make_context_once(database)
        with writing(database) as connection:
            record_analysis(connection, make_analysis(article), context)
        ids.append(article.id)
    return ids[0], ids[1]


_contexts: dict[int, object] = {}


def make_context_once(database: Database):
    if id(database) not in _contexts:
        _contexts[id(database)] = make_context(database)
    return _contexts[id(database)]


def join(database: Database, clusters: dict[str, str]) -> None:
    with writing(database) as connection:
        set_clusters(connection, clusters, since=NOW)
        merge_recent_events(connection, since=NOW, at=NOW)


def events(database: Database) -> list[tuple[str | None, int, int, int]]:
    with reading(database) as connection:
        rows = connection.execute(
            select(EventRow.merged_into, EventRow.n_mentions, EventRow.n_articles, EventRow.n_sources).order_by(
                EventRow.merged_into.is_not(None)
            )
        ).all()
    return [tuple(row) for row in rows]


def test_copies_of_one_text_tell_one_event_from_one_source(database: Database) -> None:
    wire, paper = two_copies(database)
    join(database, {wire: wire, paper: wire})
    (first, second) = events(database)
    assert first == (None, 2, 2, 1)
    assert second[0] is not None


def test_the_event_of_the_representative_stands_for_the_others(database: Database) -> None:
    wire, paper = two_copies(database)
    join(database, {wire: paper, paper: paper})
    with reading(database) as connection:
        article = connection.execute(select(ArticleVersionRow.article_id).where(ArticleVersionRow.id == paper)).scalar_one()
        stands = connection.execute(select(EventRow.article_id).where(EventRow.merged_into.is_(None))).scalar_one()
    assert stands == article


def test_two_articles_of_their_own_tell_one_event_from_two_sources(database: Database) -> None:
    wire, paper = two_copies(database)
    join(database, {wire: wire, paper: paper})
    first, second = events(database)
    assert first == (None, 2, 2, 2)
    assert second[0] is not None


def test_when_the_texts_of_a_story_part_their_event_has_two_sources(database: Database) -> None:
    wire, paper = two_copies(database)
    join(database, {wire: wire, paper: wire})
    join(database, {wire: wire, paper: paper})
    assert events(database)[0] == (None, 2, 2, 2)


def test_joining_twice_changes_nothing(database: Database) -> None:
    wire, paper = two_copies(database)
    join(database, {wire: wire, paper: wire})
    with writing(database) as connection:
        assert set_clusters(connection, {wire: wire, paper: wire}, since=NOW) == 0
        assert merge_recent_events(connection, since=NOW, at=NOW) == 0


def test_a_cluster_counts_its_articles_and_publishers_and_goes_when_it_is_empty(database: Database) -> None:
    wire, paper = two_copies(database)
    join(database, {wire: wire, paper: wire})
    join(database, {wire: paper, paper: paper})
    with reading(database) as connection:
        rows = connection.execute(select(StoryClusterRow.representative_id, StoryClusterRow.n_articles, StoryClusterRow.n_publishers)).all()
    assert [tuple(row) for row in rows] == [(paper, 2, 2)]


def test_the_texts_of_the_window_and_their_cluster_are_read(database: Database) -> None:
    wire, paper = two_copies(database)
    with reading(database) as connection:
        assert {text.id for text in articles_since(connection, NOW)} == {wire, paper}


def test_the_flat_view_has_a_row_for_every_event_and_article(database: Database) -> None:
    wire, paper = two_copies(database)
    join(database, {wire: wire, paper: wire})
    with reading(database) as connection:
        rows = flat_rows(connection)
    assert len({row["event_id"] for row in rows}) == 1
    assert {row["publisher"] for row in rows} == {"The wire", "The paper"}
    row = rows[0]
    assert (row["actors"], row["targets"], row["target_countries"]) == ("Washington", "U Yong Su", "KP")
    assert (row["sanctioned_ids"], row["plover"], row["n_sources"]) == ("us_ofac_sdn:56045", "SANCTION/discontinue", 1)
    assert (row["amount_value"], row["amount_currency"], row["amount_usd"]) == (2e6, "USD", 2e6)
    assert row["evidence"] == "Washington imposed sanctions on U Yong Su on Tuesday."
