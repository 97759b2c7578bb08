import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ListError
from pipeline.kb.lists import ListSource
from pipeline.kb.lists import read_lines as read_known_lines
from pipeline.lists.record import SCHEMAS, Fault, Identifier, ListedAlias, ListedRecord, from_json, to_json

OLDER = {
    "source": "us_ofac_sdn", "source_id": None, "schema": "Company", "name": "RYUJONG CREDIT BANK",
    "aliases": [{"name": "RCB", "quality": "weak"}], "country": "KP", "countries": ["Korea, North"], "programs": ["DPRK4"],
    "birth_dates": [], "birth_place": None, "listed_on": "2025-11-04", "title": None, "identifiers": [["swift", "KDBKKPPY"]],
    "linked_to": [], "delisted": True, "snapshot": "2025-05-01",
}  # fmt: skip

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(str.strip)
many = st.lists(texts, max_size=3).map(tuple)
days = st.none() | st.dates()
records = st.builds(
    ListedRecord,
    source=texts,
    source_id=st.none() | texts,
    schema=st.sampled_from(sorted(SCHEMAS)),
    name=texts,
    aliases=st.lists(
        st.builds(ListedAlias, texts, st.sampled_from(["strong", "weak"]), st.sampled_from(["aka", "fka", "nka", ""])), max_size=3
    ).map(tuple),
    country=st.none() | texts,
    countries=many,
    nationalities=many,
    addresses=many,
    programs=many,
    birth_dates=many,
    birth_dates_inexact=many,
    birth_place=st.none() | texts,
    listed_on=days,
    title=st.none() | texts,
    identifiers=st.lists(st.builds(Identifier, texts, texts, st.just("") | texts), max_size=3).map(tuple),
    linked_to=many,
    same_as=many,
    delisted=st.booleans(),
    delisted_on=days,
    remarks=st.none() | texts,
    reason=st.none() | texts,
    snapshot=st.none() | texts,
)


@given(records)
def test_a_record_survives_being_written_as_json(record):
    assert from_json(json.loads(json.dumps(to_json(record)))) == record


def test_the_older_form_without_the_later_fields_is_read():
    record = from_json(OLDER)
    assert (record.source_id, record.delisted, record.delisted_on) == (None, True, None)
    assert record.aliases == (ListedAlias("RCB", "weak", ""),)
    assert record.identifiers == (Identifier("swift", "KDBKKPPY"),)
    assert record.listed_on == date(2025, 11, 4)


def test_the_knowledge_base_reads_what_is_written(tmp_path):
    record = from_json(OLDER | {"identifiers": [["wallet", "0xabc", "ETH"], ["passport", "754990001"]], "source_id": "56037"})
    source = ListSource("us_ofac_sdn", tmp_path / "list.jsonl", "2025-11-04", "", 1)
    (known,) = read_known_lines(source, [json.dumps(to_json(record))])
    assert known.reference == "us_ofac_sdn:56037"
    assert known.identifiers == {"wallet:0xabc", "passport:754990001"}
    assert {alias.text for alias in known.aliases} == {"Ryujong Credit Bank", "RCB"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "Ship"}, "field 'schema': 'Ship' is none of"),
        ({"name": ""}, "field 'name': a text is expected"),
        ({"delisted": "no"}, "field 'delisted': true or false is expected"),
        ({"listed_on": "4 Nov 2025"}, "field 'listed_on'"),
        ({"programs": "DPRK4"}, "field 'programs': a list is expected"),
        ({"aliases": [{"name": "RCB", "quality": "good"}]}, "field 'aliases': 'good' is none of"),
        ({"identifiers": [["swift"]]}, "field 'identifiers': .kind, value. or"),
    ],
    ids=["schema", "name", "delisted", "day", "list", "quality", "identifier"],
)
def test_a_wrong_field_is_named(change, message):
    with pytest.raises(ListError, match=message):
        from_json(OLDER | change)


def test_a_missing_field_is_named():
    with pytest.raises(ListError, match="field 'name' is missing"):
        from_json({key: value for key, value in OLDER.items() if key != "name"})


def test_a_fault_names_file_and_place(tmp_path):
    assert str(Fault(tmp_path / "un.xml", "KPi.001", "has no name")).endswith("un.xml:KPi.001: has no name")
