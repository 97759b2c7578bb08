"""`peninsula events`, `entities`, `entity`: the options, what they write, and what they refuse."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from models.filters import FIELDS, EventFilter, Field, Sort
from models.index_tables import IndexStateRow
from models.knowledge import Knowledge, KnowledgeEntity, ListEntry
from models.vocabulary import Label
from pipeline.query import FLAT, Reader, as_json, describe_rest, parse_filter
from pipeline.run.indexing import refresh_index
from pipeline.store.analyses import record_analysis
from pipeline.store.engine import Database, open_database, writing
from pipeline.store.index_rows import FORMAT, put_events
from pipeline.store.schema import upgrade
from tests.cli.conftest import Peninsula
from tests.query.builders import SAMPLE, SAMPLE_NAMES
from tests.store.builders import NOW, add_article, make_analysis, make_context

LISTING = ListEntry("us_ofac_sdn:56045", "us_ofac_sdn", "2026-07-01", "U, Yong Su", ("DPRK3",))
KNOWN = Knowledge("kb1", {"kb:ofac-56045": KnowledgeEntity("kb:ofac-56045", Label.PERSON, "U Yong Su", (), "KP", listings=(LISTING,))})


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the index of the sample, copied for every test."""
    path = tmp_path_factory.mktemp("sample") / "peninsula.db"
    database = open_database(f"sqlite:///{path}")
    upgrade(database)
    with writing(database) as connection:
        put_events(connection, SAMPLE, names=SAMPLE_NAMES)
        connection.execute(insert(IndexStateRow).values(id=1, version=1, format=FORMAT, refreshed_at=NOW))
    database.dispose()
    return path


@pytest.fixture
def reader(sample_file: Path, tmp_path: Path) -> Iterator[Reader]:
    """The sample in the folder in which the commands run."""
    (tmp_path / "data").mkdir()
    shutil.copy(sample_file, tmp_path / "data" / "peninsula.db")
    with Reader(open_database(f"sqlite:///{tmp_path / 'data' / 'peninsula.db'}")) as reader:
        yield reader


def ids(peninsula: Peninsula, *options: str) -> list[str]:
    """Return the ids that CSV has; JSON Lines must have the same."""
    done = peninsula("events", *options, "--format", "csv")
    assert (done.returncode, done.stderr) == (0, "")
    found = [row["event_id"] for row in csv.DictReader(io.StringIO(done.stdout))]
    lines = peninsula("events", *options, "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == found
    return found


SOME = {
    "subtype": "impose",
    "role": "target",
    "actor": "Lazarus",
    "place": "평양",
    "speaker": "국정원",
    "program": "dprk4",
    "amount_min": "1_000_000",
    "since": "2025-03",
    "until": "2024",
    "published_since": "2025-03",
    "published_until": "2025-01-31",
    "publisher": "daehan daily",
    "q": "sanction -coal",
    "changed_since": "2025-11-07",
}
"""Values that the sample has, where the example of a field is none."""


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_field_of_the_filter_is_an_option(peninsula: Peninsula, reader: Reader, field: Field) -> None:
    value = SOME.get(field.name, field.example)
    pairs = [(field.name, value), *([("entity", "kb:kp")] if field.name == "role" else [])]
    options = [part for name, text in pairs for part in (f"--{name.replace('_', '-')}", text)]
    found = ids(peninsula, *options)
    assert found == [event.id for event in reader.stream(parse_filter(pairs))]
    assert 0 < len(found) < reader.count(EventFilter())


def test_options_are_repeated_for_or_joined_for_and_and_negated(peninsula: Peninsula, reader: Reader) -> None:
    found = ids(peninsula, "-t", "sanction", "-t", "CYBER_OP", "-m", "!asserted", "--sort", "oldest")
    wanted = parse_filter([("type", "SANCTION"), ("type", "CYBER_OP"), ("modality", "!asserted")])
    assert found == [event.id for event in reader.stream(wanted, Sort.OLDEST)]
    assert len(found) > 2


def test_former_spellings_still_work(peninsula: Peninsula, reader: Reader) -> None:
    assert ids(peninsula, "--listed") == ids(peninsula, "--list", "any") != []
    assert ids(peninsula, "--news", "-p", "kb:kp") == ids(peninsula, "--background", "no", "--party", "kb:kp") != []


def test_a_table_says_what_was_asked_how_much_there_is_and_how_to_get_the_rest(peninsula: Peninsula, reader: Reader) -> None:
    total = reader.count(EventFilter())
    assert total > 50
    shown = peninsula("events").stdout
    assert f"all events; newest first\n50 of {total} events" in re.sub(r" +\n", "\n", shown)
    assert f"The rest: --limit {total}, or all of them with --format csv." in shown
    whole = peninsula("events", "--limit", str(total)).stdout
    assert "The rest" not in whole
    assert {event.id for event in reader.stream(EventFilter())} == set(re.findall(r"evt-\d\d", whole))
    told = peninsula("events", "--type", "CYBER_OP", "--actor", "Lazarus", "--since", "2025", "--sort", "amount").stdout
    assert "CYBER_OP events since 2025, by Lazarus; largest amount first" in told
    row = next(line for line in told.splitlines() if "evt-06" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "2025-02-21",
        "CYBER_OP theft",
        "Lazarus Group",
        "Coinbay",
        "1.5 billion USD",
        "asserted, Federal Bureau of Investigation",
        "Chain Ledger and 3 more, 3 sources",
        "evt-06",
        "us_ofac_sdn:90001",
    ]


def test_nothing_found_is_said_with_what_to_try(peninsula: Peninsula, reader: Reader) -> None:
    done = peninsula("events", "--actor", "Nobody at all")
    assert done.returncode == 0
    assert "events, by Nobody at all; newest first" in done.stdout
    assert "0 of 0 events" in done.stdout
    assert "Nothing is found: leave a filter out" in done.stdout
    assert peninsula("events", "--actor", "Nobody at all", "--format", "csv").stdout == ",".join(FLAT) + "\n"
    assert peninsula("events", "--actor", "Nobody at all", "--format", "jsonl").stdout == ""
    assert peninsula("events", "--actor", "Nobody at all", "--count").stdout == "0\n"


def test_programs_get_all_rows_unless_a_limit_is_given(peninsula: Peninsula, reader: Reader) -> None:
    everything = [event.id for event in reader.stream(EventFilter())]
    assert ids(peninsula) == everything
    assert ids(peninsula, "--limit", "3") == everything[:3]
    header, *rows = csv.reader(io.StringIO(peninsula("events", "--format", "csv").stdout))
    assert tuple(header) == FLAT
    assert {len(row) for row in rows} == {len(FLAT)}
    line = peninsula("events", "--type", "SANCTION", "--limit", "1", "--format", "jsonl").stdout
    assert json.loads(line) == as_json(next(reader.stream(parse_filter([("type", "SANCTION")]))))


def test_counts_facets_and_timelines(peninsula: Peninsula, reader: Reader) -> None:
    wanted = parse_filter([("country", "KP")])
    total = reader.count(wanted)
    assert peninsula("events", "--country", "kp", "--count").stdout == f"{total}\n"

    _, facets = reader.facets(wanted, ["type", "actor"], 3)
    rows = list(
        csv.DictReader(io.StringIO(peninsula("events", "--country", "kp", "--facets", "type, actor", "-n", "3", "-f", "csv").stdout))
    )
    assert [(row["field"], row["value"], row["label"], int(row["count"])) for row in rows] == [
        (facet.field, one.value, one.label, one.count) for facet in facets for one in facet.values
    ]
    shown = peninsula("events", "--country", "kp", "--facets", "type,actor", "-n", "3").stdout
    assert f"events, with a party of KP\n{total} events" in shown
    assert "North Korea (kb:kp)" in shown
    assert f"and {facets[0].others} more" in shown

    found = reader.timeline(wanted, "month")
    points = (*found.points, *found.coarser)
    lines = [json.loads(line) for line in peninsula("events", "--country", "kp", "--timeline", "month", "-f", "jsonl").stdout.splitlines()]
    assert lines == [{"period": one.period, "count": one.count, "usd": one.usd, "by_type": one.by_type} for one in points]
    shown = peninsula("events", "--country", "kp", "--timeline", "month").stdout
    assert f"{sum(point.count for point in found.points)} events by month; {describe_rest(found)}\n" in shown
    assert "█" * 40 in shown
    assert "█" * 41 not in shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--type", "SANCTON"), "--type: 'SANCTON' is none of its values (did you mean 'SANCTION'?)"),
        (("--amount-min", "many"), "--amount-min: 'many' is no number"),
        (("--since", "2025", "--until", "2024"), "--since: '2025' is later than --until '2024': exchange them"),
        (("--amount-min", "5", "--amount-max", "2"), "--amount-min: '5' is more than --amount-max '2': exchange them"),
        (("--published-since", "2025-05", "--published-until", "2025-04"), "is later than --published-until '2025-04': exchange them"),
        (("--published-since", "soon"), "--published-since: 'soon' is no date"),
        (("--role", "actor"), "--role: 'actor' means nothing without --entity: give the entity"),
        (("--since", "2025", "--since", "2026"), "--since: '2026' is a second value, beside '2025'"),
        (("--news", "--background", "yes"), "--background: 'no' is a second value, beside 'yes'"),
        (("-q", '"long range'), "--q: '\"long range' cannot be searched for"),
        (("-q", "x" * 10_000), "has 10,000 characters: give 1,000 at most"),
        (("--actor", ""), "--actor: '' is empty"),
        (("--facets", "colour"), "'colour' cannot be counted"),
        (("--facets", "type", "--count"), "are answers to different questions: give one of them"),
        (("--timeline", "month", "--limit", "5"), "--limit means nothing with --timeline"),
        (("--count", "--sort", "amount"), "--sort means nothing with --count"),
        (("--sort", "loudest"), "'loudest' is not one of"),
        (("--limit", "0"), "greater than or equal to"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else None,
)
def test_what_cannot_be_answered_is_refused_with_what_to_change(
    peninsula: Peninsula, reader: Reader, options: tuple[str, ...], message: str
) -> None:
    done = peninsula("events", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in re.sub(r"\s*[│\n]\s*", " ", done.stderr)


def test_the_help_has_every_field_and_every_choice(peninsula: Peninsula) -> None:
    shown = re.sub(r"[\s│]+", " ", peninsula("events", "--help", COLUMNS="200").stdout)
    for field in FIELDS:
        assert f"--{field.name.replace('_', '-')} " in shown
        assert field.help in shown
        assert all(choice.value in shown for choice in field.choices)
    assert shown.count("Example: peninsula events") == 4


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Database]:
    """One article that tells a sanction, read but not indexed yet, in the folder in which the commands run."""
    database = open_database(f"sqlite:///{tmp_path / 'data' / 'peninsula.db'}")
    upgrade(database)
    article, context = add_article(database), make_context(database)
    with writing(database) as connection:
        record_analysis(connection, make_analysis(article), context)
    yield database
    database.dispose()


def test_an_index_that_is_not_there_is_told(peninsula: Peninsula, told: Database) -> None:
    done = peninsula("events")
    assert done.returncode == 78
    assert "the index of events is not built: run `peninsula db reindex`" in done.stderr


def test_an_entity_is_shown_with_its_names_matches_and_events(peninsula: Peninsula, told: Database) -> None:
    refresh_index(told, KNOWN, at=NOW)
    shown = peninsula("entity", "kb:ofac-56045").stdout
    for line in (
        "U Yong Su (PERSON, KP)  kb:ofac-56045",
        "named 1 time in 1 article, published 2025-11-06; has a role in 1 event",
        "written: U Yong Su (1)",
        "matched to us_ofac_sdn:56045 U, Yong Su, DPRK3 (0.99)",
        "why: us_ofac_sdn:56045: exact alias",
        "1 of 1 events, newest first",
        "All: peninsula events --entity kb:ofac-56045",
    ):
        assert line in shown
    assert re.search(r"│ +1 │ Washington +│ SANCTION 1 +│ kb:us", shown)
    entity = json.loads(peninsula("entity", "kb:ofac-56045", "--json").stdout)
    assert (entity["name"], entity["names"], entity["co_actors"][0]["events"]) == ("U Yong Su", [["U Yong Su", 1]], 1)


def test_entities_are_listed_as_a_table_and_for_programs(peninsula: Peninsula, told: Database) -> None:
    refresh_index(told, KNOWN, at=NOW)
    shown = peninsula("entities", "--label", "person").stdout
    assert "1 entity, most often named first" in shown
    assert "us_ofac_sdn:56045" in shown
    (row,) = csv.DictReader(io.StringIO(peninsula("entities", "--listed", "--format", "csv").stdout))
    assert row == {
        "id": "kb:ofac-56045",
        "label": "PERSON",
        "name": "U Yong Su",
        "country": "KP",
        "mentions": "1",
        "articles": "1",
        "events": "1",
        "role": "",
        "affiliation": "",
        "sanctions": "us_ofac_sdn:56045",
    }


def test_an_unknown_entity_is_told_where_to_look(peninsula: Peninsula, reader: Reader) -> None:
    done = peninsula("entity", "kb:nobody")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no entity is called 'kb:nobody': `peninsula entities --name …` shows ids" in done.stderr
