"""What a newer reading puts in the place of an older one, layer by layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from models.records import Analysis, Article, Identifier, Quantity
from models.tables import (
    AmountRow,
    ArticleRow,
    Base,
    EventQuantityRow,
    EventRow,
    IdentifierMentionRow,
    LinkRow,
    MentionCandidateRow,
    MentionRow,
    TimeExpressionRow,
)
from models.vocabulary import Bound, CandidateReason, Label, QuantityRole
from pipeline.store.analyses import record_analysis
from pipeline.store.articles import due_extractions, record_page, record_version
from pipeline.store.engine import Database, reading, writing
from pipeline.store.event_view import list_events_of, load_event_view
from pipeline.store.rereading import record_rereading
from pipeline.store.runs import count_rows, start_run
from pipeline.store.search import load_article_view
from tests.store.builders import MAKER, NOW, TEXT, add_article, make_analysis, make_candidate, make_context, make_fetch, make_raw, make_span

LATER = NOW + timedelta(days=1)


def full_analysis(article: Article) -> Analysis:
    """The analysis of the builders with an identifier and a quantity."""
    made = make_analysis(article)
    number = make_span(article.text, "million")
    identifier = Identifier(number.start, number.end, number.text, "passport", "kb:ofac-56045", "U Yong Su", Label.PERSON, MAKER)
    quantity = Quantity(number.start, number.end, number.text, QuantityRole.PERSONS, 2, 2, Bound.EXACT, "persons")
    (event,) = made.events
    events = (replace(event, mentions=tuple(replace(mention, quantities=(quantity,)) for mention in event.mentions)),)
    return replace(made, linking=replace(made.linking, identifiers=(identifier,)), events=events)


def other_tagging(**changes: Any) -> Callable[[Analysis], Analysis]:
    return lambda made: replace(made, tagging=replace(made.tagging, **changes))


def other_name(made: Analysis) -> Analysis:
    place, person = made.linking.mentions
    return replace(made, linking=replace(made.linking, mentions=(replace(place, label=Label.AGENCY), person)))


def other_link(made: Analysis) -> Analysis:
    return replace(made, linking=replace(made.linking, links=(replace(made.linking.links[0], status="rejected"),)))


def other_identifier(made: Analysis) -> Analysis:
    return replace(made, linking=replace(made.linking, identifiers=(replace(made.linking.identifiers[0], kind="swift"),)))


def other_amount(made: Analysis) -> Analysis:
    return other_tagging(amounts=(replace(made.tagging.amounts[0], currency="EUR"),))(made)


def other_time(made: Analysis) -> Analysis:
    return other_tagging(times=(replace(made.tagging.times[0], value="2025-10-28"),))(made)


def other_candidates(made: Analysis) -> Analysis:
    seen, _ = made.tagging.candidates
    return other_tagging(candidates=(seen, make_candidate(TEXT, "Tuesday", Label.WEAPON, CandidateReason.UNSURE)))(made)


def other_quantity(made: Analysis) -> Analysis:
    (event,) = made.events
    more = tuple(replace(one, quantities=tuple(replace(q, value_max=9) for q in one.quantities)) for one in event.mentions)
    return replace(made, events=(replace(event, mentions=more),))


LAYERS: dict[type[Base], Callable[[Analysis], Analysis]] = {
    MentionRow: other_name,
    LinkRow: other_link,
    IdentifierMentionRow: other_identifier,
    AmountRow: other_amount,
    TimeExpressionRow: other_time,
    MentionCandidateRow: other_candidates,
    EventQuantityRow: other_quantity,
}


def reread(database: Database, analysis: Analysis, *, hours: int = 0) -> Counter[str]:
    context = replace(make_context(database), at=LATER + timedelta(hours=hours))
    with writing(database) as connection:
        return record_rereading(connection, analysis, context)


def store(database: Database) -> Analysis:
    analysis, context = full_analysis(add_article(database)), make_context(database)
    with writing(database) as connection:
        record_analysis(connection, analysis, context)
    return analysis


def rows(database: Database, table: type[Base]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what is in force and what is not, without the marks."""
    with reading(database) as connection:
        found = [dict(row) for row in connection.execute(select(table.__table__)).mappings()]
    gone = [row for row in found if row["superseded_at"] is not None]
    assert all((row["superseded_by"] is None) == (row["superseded_at"] is None) for row in found)
    return plain(row for row in found if row not in gone), plain(gone)


def plain(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = ({name: value for name, value in row.items() if not name.startswith("superseded")} for row in found)
    return sorted(kept, key=lambda row: row["id"])


@pytest.mark.parametrize("table", LAYERS, ids=lambda table: table.__tablename__)
def test_what_is_said_otherwise_is_superseded_and_comes_back_as_it_was(database: Database, table: type[Base]) -> None:
    first = store(database)
    before, none = rows(database, table)
    assert none == []
    reread(database, LAYERS[table](first))
    now, gone = rows(database, table)
    assert len(now) == len(before)
    assert len(gone) == 1
    assert gone[0] in before
    assert gone[0] not in now
    with reading(database) as connection:
        stored = count_rows(connection)
    reread(database, first, hours=1)
    assert rows(database, table)[0] == before
    with reading(database) as connection:
        assert count_rows(connection) == stored | {"run": stored["run"] + 1}


def test_the_same_reading_by_another_maker_changes_nothing(database: Database) -> None:
    first = store(database)
    maker = replace(MAKER, version="2")
    linking = replace(
        first.linking,
        mentions=tuple(replace(one, maker=maker, score=0.1) for one in first.linking.mentions),
        links=tuple(replace(one, maker=maker, score=0.1) for one in first.linking.links),
    )
    candidates = tuple(replace(one, maker=maker) for one in first.tagging.candidates)
    before = {table: rows(database, table) for table in LAYERS}
    assert reread(database, replace(first, tagging=replace(first.tagging, candidates=candidates), linking=linking)) == {
        "events the same": 1
    }
    assert {table: rows(database, table) for table in LAYERS} == before


def test_only_the_version_that_is_read_again_is_touched(database: Database) -> None:
    first = store(database)
    other = add_article(database, feed_id="paper", text=TEXT + " (paper)", sha="b")
    context = make_context(database)
    with writing(database) as connection:
        record_analysis(connection, make_analysis(other), context)
    reread(database, replace(first, linking=replace(first.linking, mentions=first.linking.mentions[1:], links=()), events=()))
    assert len(rows(database, MentionRow)[0]) == 3
    assert len(rows(database, LinkRow)[0]) == 1


def test_an_amount_that_is_read_otherwise_is_still_restated_by_its_sum(database: Database) -> None:
    """A derived amount follows its source: their ids are made of their places, which are taken."""
    article = add_article(database, text=TEXT + " That is 2 billion won.")
    first = make_analysis(article)
    (dollars,) = first.tagging.amounts
    place = make_span(article.text, "2 billion won")
    won = replace(dollars, start=place.start, end=place.end, text=place.text, value=2e9, currency="KRW", derived_from=0)
    first = replace(first, tagging=replace(first.tagging, amounts=(dollars, won)))
    context = make_context(database)
    with writing(database) as connection:
        record_analysis(connection, first, context)
    reread(
        database, replace(first, tagging=replace(first.tagging, amounts=tuple(replace(one, bound=Bound.APPROX) for one in (dollars, won))))
    )
    in_force = {row["currency"]: row for row in rows(database, AmountRow)[0]}
    assert in_force["KRW"]["derived_from_id"] == in_force["USD"]["id"]
    with reading(database) as connection:
        (event,) = list_events_of(connection, article.id)
        view = load_event_view(connection, event)
    assert view is not None
    assert [(row["currency"], row["bound"]) for row in view.amounts] == [("USD", Bound.APPROX)]


def test_a_withdrawn_event_keeps_its_evidence_and_the_name_it_was_told_of(database: Database) -> None:
    first = store(database)
    with reading(database) as connection:
        (event,) = list_events_of(connection, first.article.id)
        told = load_event_view(connection, event)
    place, _ = first.linking.mentions
    reread(database, replace(first, linking=replace(first.linking, mentions=(place,), links=(), identifiers=()), events=()))
    with reading(database) as connection:
        assert list_events_of(connection, first.article.id) == []
        kept = load_event_view(connection, event)
        article = load_article_view(connection, first.article.id)
    assert told is not None
    assert kept is not None
    assert article is not None
    assert (kept.mentions, kept.arguments, kept.amounts, kept.names) == (told.mentions, told.arguments, told.amounts, told.names)
    assert [row["text"] for row in article.mentions] == ["Washington"]
    assert (article.event_mentions, article.links, article.identifiers) == ((), (), ())


def test_an_event_that_was_withdrawn_comes_back_when_a_new_version_tells_it(database: Database) -> None:
    first = store(database)
    reread(database, replace(first, events=()))
    new = add_article(database, text="Update: " + TEXT, sha="b")
    context = make_context(database)
    with writing(database) as connection:
        record_analysis(connection, make_analysis(new), context)
        assert connection.execute(select(EventRow.deleted_at)).scalars().all() == [None]


def test_a_page_that_comes_again_with_the_title_that_a_version_got_is_that_version(database: Database) -> None:
    first = add_article(database)

    def come(sha: str, title: str) -> bool:
        with writing(database) as connection:
            run_id = start_run(connection, command=f"{sha} {title}", at=LATER, versions={})
            article_id = connection.execute(select(ArticleRow.id)).scalar_one()
            record_page(connection, make_fetch(run_id, url=first.url, article_id=article_id, final_url=first.url, raw=make_raw(sha)))
            (due,) = due_extractions(connection)
            return record_version(connection, replace(first, id=title, title=title), due=due, extractor="new 2", run_id=run_id, at=LATER)

    with writing(database) as connection:
        connection.execute(update(ArticleRow).values(extracted_sha256=None))
    assert come("a", "Another title") is False, "the same body was extracted again"
    assert come("b", "Another title") is False
    assert come("c", "A title that the outlet changed") is True
