from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import create_engine, select, text

from benchmarks import million
from benchmarks.million import main
from benchmarks.million_events import MadeEvents, english_word, korean_word, make_events, words_of
from benchmarks.million_news import News
from benchmarks.million_questions import ENTITY_FILTERS, FILTERS, WORD_FILTERS
from benchmarks.million_tables import write_events
from models.filters import EventFilter, Page
from models.index_tables import EventSumRow, EventTermRow, IndexedEventRow, IndexTermRow
from models.knowledge import Knowledge
from pipeline.query import Reader, connect
from pipeline.run.indexing import refresh_index
from pipeline.store.engine import Database, open_database, reading

EVENTS = 2_000


@pytest.fixture(scope="module")
def made() -> MadeEvents:
    return make_events(EVENTS, seed=3)


@pytest.fixture
def reader(database_url: str, made: MadeEvents) -> Iterator[Reader]:
    write_events(database_url, made)
    with connect(database_url) as opened:
        yield opened


def expected(made: MadeEvents) -> Iterator[tuple[EventFilter, np.ndarray]]:
    """Yield filters, and for each event whether it is to be found, as the arrays say."""

    def day(value: str) -> np.datetime64:
        return np.datetime64(value)

    def worded(*words: str) -> np.ndarray:
        texts = {number: {token for piece in pieces for token in piece} for part in words_of(made) for number, pieces in part.items()}
        return np.array([texts[number].issuperset(words) for number in range(1, len(made) + 1)])

    yield EventFilter(), np.ones(len(made), bool)
    yield EventFilter(type=("MEETING",)), made.having("type", "MEETING")
    yield EventFilter(type=("!STATEMENT", "!MEETING")), ~made.having("type", "STATEMENT", "MEETING")
    yield EventFilter(background=False, lang=("ko",)), made.having("background", "no") & made.having("lang", "ko")
    yield EventFilter(party=("kb:e3",)), made.having("actor", "kb:e3") | made.having("target", "kb:e3")
    yield EventFilter(actor=("kb:e0",), target=("kb:e1",)), made.having("actor", "kb:e0") & made.having("target", "kb:e1")
    yield EventFilter(list=("any",)), made.having("list")
    yield (
        EventFilter(list=("us_ofac_sdn",), since="2020"),
        made.having("list", "us_ofac_sdn") & made.dated & (made.last >= day("2020-01-01")),
    )
    yield EventFilter(since="2019-03", until="2019"), made.dated & (made.last >= day("2019-03-01")) & (made.first <= day("2019-12-31"))
    yield (
        EventFilter(date_precision=("month",), until="2018-06"),
        made.having("date_precision", "month") & (made.first <= day("2018-06-30")),
    )
    yield EventFilter(published_since="2025-06"), made.published >= day("2025-06-01")
    yield EventFilter(changed_since="2026-09-01T00:00:00Z"), made.changed >= day("2026-09-01T00:00:00")
    yield EventFilter(amount_min=1e6), np.nan_to_num(made.usd) >= 1e6
    yield EventFilter(amount_max=1e9, currency=("KRW",)), made.having("currency", "KRW") & (made.amount <= 1e9)
    yield EventFilter(score_min=0.9), made.score >= 0.9
    yield EventFilter(q=korean_word(0)), worded(korean_word(0))
    yield EventFilter(q=f"{korean_word(1)} {english_word(2)}"), worded(korean_word(1), english_word(2))
    yield EventFilter(q=english_word(1), type=("STATEMENT",)), worded(english_word(1)) & made.having("type", "STATEMENT")
    yield EventFilter(type=("SANCTION",), subtype=("theft",)), np.zeros(len(made), bool)


def test_what_is_found_is_what_was_made(reader: Reader, made: MadeEvents) -> None:
    kept = ~made.having("status", "rejected")
    counts = [(wanted, int(np.count_nonzero(found & kept))) for wanted, found in expected(made)]
    assert [(wanted, reader.count(wanted)) for wanted, _ in counts] == counts
    assert min(sorted(count for _, count in counts)[2:]) > 0  # all but the last filter, and perhaps one, find something

    total, (by_type,) = reader.facets(EventFilter(), ["type"], 30)
    assert total == np.count_nonzero(kept)
    assert {one.value: one.count for one in by_type.values} == {
        term.value: count
        for term in made.terms
        if term.field == "type" and (count := np.count_nonzero(made.having("type", term.value) & kept))
    }
    assert sum(1 for _ in reader.stream(EventFilter())) == total


def test_pages_and_cards_are_of_the_events_found(reader: Reader, made: MadeEvents) -> None:
    found = reader.find(EventFilter(type=("MEETING",)), Page(limit=20))
    days = dict(zip(made.ids, made.sort_days().tolist(), strict=True))
    meetings = made.having("type", "MEETING") & ~made.having("status", "rejected")
    newest = sorted((days[ident] for ident in np.array(made.ids)[meetings]), reverse=True)
    assert [days[event.id] for event in found.events] == newest[:20]
    one = reader.event(found.events[0].id)
    assert one == found.events[0]
    assert one.evidence[one.trigger_start :].startswith(one.trigger)


def test_the_index_is_what_the_program_makes_of_the_articles(database_url: str) -> None:
    write_events(database_url, make_events(400, seed=4))
    database = open_database(database_url)
    written = indexed(database)
    assert refresh_index(database, Knowledge("made", {}), at=datetime(2026, 11, 2, tzinfo=UTC), anew=True) == 400
    assert indexed(database) == written
    database.dispose()


def indexed(database: Database) -> dict[str, Any]:
    """Return what the index has of events; the program gives out other numbers and codes."""
    event, every = IndexedEventRow, EventFilter(status=("auto", "accepted", "edited", "rejected"))
    columns = [column for column in event.__table__.columns if column.name not in {"number", "terms"}]
    terms = select(event.event_id, IndexTermRow.field, IndexTermRow.value, event.sort_day).select_from(EventTermRow)
    terms = terms.join(event, event.number == EventTermRow.number).join(IndexTermRow, IndexTermRow.code == EventTermRow.code)
    sums = select(event.event_id, EventSumRow.currency, EventSumRow.value).join(event, event.number == EventSumRow.number)
    names = select(IndexTermRow.field, IndexTermRow.value, IndexTermRow.label, IndexTermRow.names, IndexTermRow.count)
    with reading(database) as connection:
        found = [sorted(map(tuple, connection.execute(query))) for query in (select(*columns), terms, sums)]
        named = sorted(tuple(map(str, row)) for row in connection.execute(names))
    with connect(database.url.render_as_string(hide_password=False)) as reader:
        return {"rows": found, "terms": named, "cards": sorted(reader.stream_json(every))}


def test_pages_of_events_entities_and_articles_show_what_was_made(reader: Reader, made: MadeEvents) -> None:
    passages = dict(zip(made.ids, made.passages.sum(axis=1).tolist(), strict=True))
    texts: dict[str, str] = {}
    mentions: Counter[str] = Counter()
    for event in islice(reader.stream(EventFilter(place=("kb:p0",))), 20):
        shown = reader.passages(event.id)
        assert len(shown) == event.n_mentions == passages[event.id]
        assert shown[0].evidence == event.evidence
        assert {party.id for _, party, _, _ in shown[0].parties} >= {"kb:p0", *(actor.id for actor in event.actors)}
        for article in event.articles:
            view = reader.article(article.id)
            assert view is not None
            texts[article.version] = view.version["text"]
            mentions |= {named["id"]: named["text"] == texts[article.version][named["start"] : named["end"]] for named in view.mentions}
        for passage in shown:
            text = texts[passage.article.version]
            assert text[passage.evidence_start : passage.evidence_end] == passage.evidence
            assert text[passage.trigger_start : passage.trigger_end] == passage.trigger
    assert len(mentions) > 100
    assert all(mentions.values())

    place = reader.entity("kb:p0")
    assert place is not None
    assert (place.name, place.country) == (made.places[0].name, made.places[0].country)
    assert place.events == reader.count(EventFilter(place=("kb:p0",)))
    assert place.mentions >= place.events


def test_three_mentions_are_made_for_each_event(made: MadeEvents) -> None:
    rows: Counter[str] = Counter()
    for portion in News(made).articles():
        rows.update({table.__tablename__: len(found) for table, found in portion.items()})
    assert rows["event_mention"] == made.passages.sum()
    assert rows["event"] == made.sources.sum()
    assert rows["article"] == rows["article_version"] == len(made.articles)
    assert rows["event_mention"] / len(made) == pytest.approx(3, abs=0.2)
    assert rows["mention"] / len(made) == pytest.approx(3, abs=0.5)


def test_one_seed_makes_the_same_events() -> None:
    one, again, other = make_events(300, seed=1), make_events(300, seed=1), make_events(300, seed=2)
    assert one.ids == again.ids
    assert np.array_equal(one.codes, again.codes)
    assert list(News(one).cards()) == list(News(again).cards())
    assert next(words_of(one)) == next(words_of(again))
    assert not set(one.ids) & set(other.ids)
    assert len(set(one.ids)) == 300


def test_filters_differ_in_what_they_find() -> None:
    made = make_events(30_000)
    sizes = [np.count_nonzero(made.having("type", kind)) / len(made) for kind in ("STATEMENT", "SANCTION")]
    assert sizes == pytest.approx([0.116, 0.012], abs=0.006)  # as in the annotations
    assert np.count_nonzero(made.dated) / len(made) == pytest.approx(0.495, abs=0.01)
    assert len(set(FILTERS.values())) == len(FILTERS)
    assert len(set(WORD_FILTERS.values())) == len(WORD_FILTERS)
    assert len(set(ENTITY_FILTERS.values())) == len(ENTITY_FILTERS)


@pytest.fixture
def few_filters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure with every sixth filter: all of them take as long on few events as on many."""
    monkeypatch.setattr(million, "FILTERS", dict(list(FILTERS.items())[::6]))
    monkeypatch.setattr(million, "WORD_FILTERS", dict(list(WORD_FILTERS.items())[::6]))


def check_printed(printed: str) -> int:
    """Return how many events were exported."""
    titles = ("page, newest", "page, score", "page, full text", "facets", "count", "timeline", "event", "page of an event")
    for title in (
        *titles,
        "page of a common entity",
        "page of a rare entity",
        "list of entities",
        "page of an article",
        "list of publishers",
    ):
        assert re.search(rf"^{title}  +\d+( +[\d,.]+){{3}}", printed, re.MULTILINE), title
    assert len(re.findall(r" (?:not )?met ", printed)) == 12
    (exported,) = re.findall(r"^export of (\d+) to CSV ", printed, re.MULTILINE)
    assert 280 < int(exported) <= 300
    return int(exported)


@pytest.mark.usefixtures("few_filters")
def test_a_file_is_measured_beside_datasette(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("datasette")
    path = tmp_path / "kept.db"
    # In a thread: the driver of the browser tests keeps a loop in this one.
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(main, ["--events", "300", "--rounds", "1", "--keep", str(path), "--datasette"]).result() == 0
    printed = capsys.readouterr().out
    exported = check_printed(printed)
    assert printed.count("times ours") == 6
    with connect(path) as kept:
        assert kept.count(EventFilter()) == exported
    assert main(["--rounds", "1", "--kept", str(path)]) == 0
    assert check_printed(capsys.readouterr().out) == exported


@pytest.mark.usefixtures("few_filters")
def test_a_schema_is_measured_and_dropped(postgres_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    urls: list[str] = []

    def noted(url: str, *given: Any) -> None:
        urls.append(url)
        write_events(url, *given)

    monkeypatch.setattr(million, "write_events", noted)
    assert main(["--events", "300", "--rounds", "1", "--database", postgres_url]) == 0
    check_printed(capsys.readouterr().out)
    engine = create_engine(urls[0])
    with engine.connect() as connection:
        assert connection.execute(text("SHOW search_path")).scalar_one().startswith("million_")
        assert connection.execute(text("SELECT current_schema()")).scalar_one() is None
    engine.dispose()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--events", "0"], "--events"),
        (["--database", "sqlite:///some.db"], "PostgreSQL"),
        (["--database", "postgresql://127.0.0.1/x", "--datasette"], "leave out --database"),
        (["--keep", "one.db", "--kept", "other.db"], "give one of them"),
        (["--kept", "missing.db"], "there is no database yet"),
    ],
)
def test_wrong_options_are_told(options: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(options) != 0
    assert told in capsys.readouterr().err


def test_a_file_that_is_there_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "there.db"
    path.write_text("mine", encoding="utf-8")
    assert main(["--events", "10", "--keep", str(path)]) != 0
    assert "there already" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == "mine"
