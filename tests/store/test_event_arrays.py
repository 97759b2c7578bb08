from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import ColumnElement, Connection, Select, insert, update

from models.filters import EventFilter
from models.index_tables import IndexStateRow
from pipeline.store import event_arrays
from pipeline.store.conditions import keep, read_conditions
from pipeline.store.engine import Database, reading, writing
from pipeline.store.event_arrays import Events, count_events, count_terms
from pipeline.store.index_rows import put_events
from tests.query.builders import NOW, SAMPLE, SAMPLE_NAMES, make_event

FEW = EventFilter(type=("SANCTION",))
BANKS = EventFilter(q="bank")


@pytest.fixture
def filled(database: Database) -> Database:
    with writing(database) as connection:
        put_events(connection, SAMPLE, names=SAMPLE_NAMES)
        connection.execute(insert(IndexStateRow).values(id=1, version=1, format=1, refreshed_at=NOW))
    return database


def count(database: Database, wanted: EventFilter) -> int:
    with reading(database) as connection:
        return count_events(connection, read_conditions(connection, wanted))


def count_each(database: Database, wanted: EventFilter) -> dict[int, int]:
    with reading(database) as connection:
        _, counts = count_terms(connection, read_conditions(connection, wanted))
    return {code: events for code, events in enumerate(counts.tolist()) if events}


def read_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let questions be answered from memory, however few events they find."""
    monkeypatch.setattr(event_arrays, "_SMALL", 0)


@pytest.mark.parametrize("wanted", [EventFilter(), FEW, EventFilter(type=("!SANCTION",)), BANKS, EventFilter(q="xyzzy")])
def test_terms_are_counted_alike_in_memory_and_in_the_database(
    filled: Database, wanted: EventFilter, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = count_each(filled, wanted)
    read_all(monkeypatch)
    assert count_each(filled, wanted) == read


def test_what_is_in_memory_serves_few_events_too(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    few = count_each(filled, FEW)
    assert few
    count_each(filled, EventFilter())

    def refuse(_connection: Connection, _clauses: Sequence[ColumnElement[bool]]) -> Events:
        raise AssertionError("events are read again")

    monkeypatch.setattr(event_arrays, "_read_events", refuse)
    assert count_each(filled, FEW) == few


def test_words_are_looked_up_once_until_the_index_changes(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    read_all(monkeypatch)
    read, looked_up = event_arrays._read_integers, []

    def noted(connection: Connection, query: Select[int]) -> event_arrays.Integers:
        looked_up.append(query)
        return read(connection, query)

    monkeypatch.setattr(event_arrays, "_read_integers", noted)
    before = count(filled, BANKS)
    assert count(filled, BANKS) == before
    assert len(looked_up) == 1
    with writing(filled) as connection:
        put_events(connection, [make_event(id="evt-new", evidence="Another bank was named.", trigger="named", trigger_start=17)])
        connection.execute(update(IndexStateRow).values(version=2))
    assert count(filled, BANKS) == before + 1
    assert len(looked_up) == 2


def test_only_the_last_questions_are_remembered(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    read_all(monkeypatch)
    monkeypatch.setattr(event_arrays, "_MOST_MASKS", 2)
    words = ["bank", "sanctions", "dollars", "bank"]
    assert [count(filled, EventFilter(q=word)) for word in words] == [count(filled, EventFilter(q=word)) for word in words]
    with reading(filled) as connection:
        masks = keep(connection, "masks", event_arrays._Masks)
    assert list(masks._masks) == ["q=dollars", "q=bank"]
