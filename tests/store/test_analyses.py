from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from models.records import Analysis, Cut, Linking, Maker
from models.tables import EntityRow, EventMentionRow, EventRow, MentionCandidateRow, MentionRow, StageStatusRow
from models.vocabulary import CandidateReason, Label, StageState
from pipeline.store.analyses import record_analysis, record_analysis_failure
from pipeline.store.articles import due_analyses, due_extractions, load_article
from pipeline.store.engine import Database, reading, writing
from pipeline.store.runs import count_rows
from pipeline.store.search import load_article_view
from tests.store.builders import TEXT, add_article, make_analysis, make_candidate, make_context, make_mention


def record(database: Database, analysis: Analysis) -> None:
    context = make_context(database)
    with writing(database) as connection:
        record_analysis(connection, analysis, context)


def test_a_version_is_read_back_as_it_was_written(database: Database) -> None:
    article = add_article(database)
    with reading(database) as connection:
        assert load_article(connection, article.id) == article


def test_a_version_is_due_until_it_was_analysed(database: Database) -> None:
    article = add_article(database)
    with reading(database) as connection:
        assert due_analyses(connection) == [article.id]
        assert due_extractions(connection) == []
    record(database, make_analysis(article))
    with reading(database) as connection:
        assert due_analyses(connection) == []


def test_every_layer_of_an_analysis_is_stored(database: Database) -> None:
    record(database, make_analysis(add_article(database)))
    with reading(database) as connection:
        counts = count_rows(connection)
    expected = {
        "entity": 2,
        "mention": 2,
        "mention_candidate": 2,
        "link": 1,
        "amount": 1,
        "time_expression": 1,
        "event": 1,
        "event_mention": 1,
    }
    assert {name: counts[name] for name in expected} == expected
    assert (counts["event_argument"], counts["event_amount"], counts["stage_status"]) == (2, 1, 4)


def test_writing_the_same_analysis_twice_adds_nothing(database: Database) -> None:
    analysis = make_analysis(add_article(database))
    record(database, analysis)
    with reading(database) as connection:
        before = count_rows(connection)
    context = make_context(database)
    with reading(database) as connection:
        before["run"] = count_rows(connection)["run"]
    with writing(database) as connection:
        record_analysis(connection, analysis, context)
    with reading(database) as connection:
        assert count_rows(connection) == before


def test_an_analysis_that_cannot_be_stored_leaves_nothing_behind(database: Database) -> None:
    analysis = make_analysis(add_article(database))
    stray = replace(analysis.linking.links[0], entity="kb:nobody")
    context = make_context(database)
    with pytest.raises(ValueError, match="which no mention names"), writing(database) as connection:
        record_analysis(connection, replace(analysis, linking=Linking(analysis.linking.mentions, (stray,))), context)
    with reading(database) as connection:
        assert (count_rows(connection)["mention"], count_rows(connection)["mention_candidate"]) == (0, 0)
        assert due_analyses(connection) == [analysis.article.id]


def test_an_article_that_breaks_the_stages_is_kept_aside_with_the_reason(database: Database) -> None:
    article = add_article(database)
    context = make_context(database)
    with writing(database) as connection:
        record_analysis_failure(connection, article.id, context, reason="RecursionError: too deep")
    with reading(database) as connection:
        rows = connection.execute(select(StageStatusRow.state, StageStatusRow.reason).where(StageStatusRow.stage == "events")).all()
        assert [tuple(row) for row in rows] == [(StageState.QUARANTINED, "RecursionError: too deep")]
        assert due_analyses(connection) == []


def test_a_sentence_that_was_read_in_pieces_is_reported_on_the_article(database: Database) -> None:
    article = add_article(database)
    cut = Cut(0, len(TEXT), 400, 3)
    record(database, replace(make_analysis(article), cuts=(cut,)))
    with reading(database) as connection:
        view = load_article_view(connection, article.id)
    assert view is not None
    assert {stage["stage"]: stage["reason"] for stage in view.stages if stage["reason"]} == {"events": str(cut)}
    assert {stage["state"] for stage in view.stages} == {StageState.DONE}


def test_a_new_version_keeps_the_evidence_of_the_old_one(database: Database) -> None:
    old = add_article(database)
    record(database, make_analysis(old))
    new = add_article(database, text="Update: " + TEXT, sha="b")
    record(database, make_analysis(new))
    with reading(database) as connection:
        assert len(connection.execute(select(EventRow.id)).all()) == 1
        rows = connection.execute(select(EventMentionRow.version_id, EventMentionRow.trigger_start, EventMentionRow.trigger_end)).all()
        for version_id, start, end in rows:
            assert load_article(connection, version_id).text[start:end] == "imposed sanctions"
    assert {row.version_id for row in rows} == {old.id, new.id}


def test_candidates_are_read_back_in_order_of_the_text_and_name_no_entity(database: Database) -> None:
    article = add_article(database)
    record(database, make_analysis(article))
    with reading(database) as connection:
        view = load_article_view(connection, article.id)
        assert sorted(connection.execute(select(EntityRow.name)).scalars()) == ["U Yong Su", "Washington"]
    assert view is not None
    rows = [(row["text"], row["label"], row["score"], row["reason"], row["maker"], row["maker_version"]) for row in view.candidates]
    assert rows == [
        ("Washington", Label.PERSON, 0.3, CandidateReason.OVERRULED, "test", "1"),
        ("Tuesday", Label.VESSEL, 0.21, CandidateReason.UNSURE, "test", "1"),
    ]
    assert all(article.text[row["start"] : row["end"]] == row["text"] for row in view.candidates)


def test_what_another_maker_or_version_says_of_a_span_stands_beside_and_overwrites_nothing(database: Database) -> None:
    analysis = make_analysis(add_article(database))

    def again(label: Label, maker: Maker, score: float) -> Analysis:
        one = make_candidate(TEXT, "Tuesday", label, CandidateReason.UNSURE, maker=maker, score=score)
        return replace(analysis, tagging=replace(analysis.tagging, candidates=(one,)))

    record(database, again(Label.VESSEL, Maker("model", "1"), 0.2))
    record(database, again(Label.VESSEL, Maker("model", "1"), 0.9))
    record(database, again(Label.VESSEL, Maker("model", "2"), 0.3))
    record(database, again(Label.VESSEL, Maker("rule", "1"), 0.4))
    record(database, again(Label.ORG, Maker("model", "1"), 0.5))
    with reading(database) as connection:
        scores = connection.execute(select(MentionCandidateRow.score)).scalars().all()
    assert sorted(scores) == [0.2, 0.3, 0.4, 0.5]


def entity_names(database: Database) -> list[str]:
    with reading(database) as connection:
        return sorted(connection.execute(select(EntityRow.name)).scalars().all())


@pytest.mark.parametrize(("name", "entities"), [("Kim", 2), ("Kim Ji-na", 1)])
def test_a_full_name_is_one_entity_over_articles_and_a_bare_surname_is_not(database: Database, name: str, entities: int) -> None:
    for number in (1, 2):
        text = f"{name} spoke. {number}"
        article = add_article(database, number=number, text=text, sha="ab"[number - 1])
        mention = make_mention(text, name, Label.PERSON, "doc:1")
        empty = replace(make_analysis(add_article(database, number=number + 10, text=TEXT + str(number), sha="cd"[number - 1])), events=())
        record(
            database,
            replace(
                empty, article=article, tagging=replace(empty.tagging, amounts=(), times=(), candidates=()), linking=Linking((mention,), ())
            ),
        )
    assert len(entity_names(database)) == entities
    with reading(database) as connection:
        assert len(connection.execute(select(MentionRow.id)).all()) == 2
