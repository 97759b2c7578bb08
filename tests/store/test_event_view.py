from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select, update

from models.records import Article
from models.tables import ArticleVersionRow, EventRow
from pipeline.store.analyses import record_analysis
from pipeline.store.articles import due_extractions, make_version_id, record_page, record_version
from pipeline.store.engine import Database, reading, writing
from pipeline.store.event_view import EventView, find_event_ids, list_events_of, load_event_view
from pipeline.store.runs import start_run
from tests.store.builders import NOW, TEXT, add_article, make_analysis, make_context, make_fetch, make_raw


def store(database: Database, article: Article) -> str:
    context = make_context(database)
    with writing(database) as connection:
        record_analysis(connection, make_analysis(article), context)
        return connection.execute(select(EventRow.id).where(EventRow.article_id == article_of(connection, article))).scalar_one()


def article_of(connection, article: Article) -> str:
    return connection.execute(select(ArticleVersionRow.article_id).where(ArticleVersionRow.id == article.id)).scalar_one()


def view(database: Database, event_id: str) -> EventView:
    with reading(database) as connection:
        found = load_event_view(connection, event_id)
    assert found is not None
    return found


def test_an_event_has_all_its_layers(database: Database) -> None:
    article = add_article(database)
    event_id = store(database, article)
    found = view(database, event_id)
    (mention,) = found.mentions
    assert (mention["trigger_text"], mention["rules"]) == ("imposed sanctions", ["sanction.impose"])
    assert {(one["role"].value, one["text"], one["entity_id"]) for one in found.arguments} == {
        ("actor", "Washington", "kb:us"),
        ("target", "U Yong Su", "kb:ofac-56045"),
    }
    assert [(one["text"], one["role"].value, one["mention_id"]) for one in found.amounts] == [("$2 million", "laundered", mention["id"])]
    assert [time["text"] for time in found.times.values()] == ["on Tuesday"]
    assert found.versions[article.id]["text"] == TEXT
    assert [(name["start"], name["label"].value) for name in found.names[article.id]] == [(0, "PLACE"), (TEXT.index("U Yong"), "PERSON")]
    assert found.entities["kb:us"]["name"] == "Washington"
    assert (found.older, found.merged, found.relations) == (0, (), ())
    assert found.model is not None
    assert found.model["name"] == "peninsula-en"


def test_events_are_found_by_the_beginning_of_their_id(database: Database) -> None:
    article = add_article(database)
    event_id = store(database, article)
    with reading(database) as connection:
        assert [one["id"] for one in find_event_ids(connection, event_id[:7], limit=5)] == [event_id]
        assert find_event_ids(connection, "evt-", limit=0) == []
        assert find_event_ids(connection, "evt-%", limit=5) == []
        assert find_event_ids(connection, "evt_", limit=5) == []
        assert list_events_of(connection, article.id) == [event_id]
        assert load_event_view(connection, event_id[:7]) is None


def test_an_event_that_stands_for_another_has_the_mentions_of_both_its_own_first(database: Database) -> None:
    first = store(database, add_article(database))
    copy = add_article(database, feed_id="paper", text=TEXT + " (paper)", sha="b")
    second = store(database, copy)
    with writing(database) as connection:
        connection.execute(update(EventRow).where(EventRow.id == first).values(merged_into=second))
    whole = view(database, second)
    assert [mention["event_id"] for mention in whole.mentions] == [second, first]
    assert whole.merged == (first,)
    assert set(whole.others) == {first}
    assert len(whole.versions) == 2
    part = view(database, first)
    assert [mention["event_id"] for mention in part.mentions] == [first]
    assert part.others[second]["trigger_text"] == "imposed sanctions"


def test_of_several_versions_the_newest_that_tells_the_event_counts(database: Database) -> None:
    old = add_article(database)
    event_id = store(database, old)
    text = "Officials spoke. " + TEXT
    new = replace(old, id="", text=text)
    with writing(database) as connection:
        article_id = article_of(connection, old)
        run_id = start_run(connection, command="again", at=NOW, versions={})
        record_page(connection, make_fetch(run_id, url=old.url, article_id=article_id, final_url=old.url, raw=make_raw("c")))
        due = next(item for item in due_extractions(connection) if item.article_id == article_id)
        new = replace(new, id=make_version_id(article_id, text, new.title))
        record_version(connection, new, due=due, extractor="test 1", run_id=run_id, at=NOW)
    assert [mention["version_id"] for mention in view(database, event_id).mentions] == [old.id]
    assert store(database, new) == event_id
    found = view(database, event_id)
    assert [mention["version_id"] for mention in found.mentions] == [new.id]
    assert found.older == 1
