import copy
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.vocabulary import Bound, EventType, Label, Modality, Precision
from pipeline.train.contract import check_output, load_schema

TEXT = "Minister Ro Hana of Norland fined Acme Bank $5 million on Monday."


def span(text: str, **more: Any) -> dict[str, Any]:
    return {"start": TEXT.index(text), "end": TEXT.index(text) + len(text), "text": text, **more}


def entity(text: str, label: str, ident: str, **more: Any) -> dict[str, Any]:
    facts = {"name": text, "entity": ident, "official": False, "role": None, "affiliation": None, "country": None, "score": 0.9}
    return span(text, label=label, **{**facts, "sanctions": [], **more})


LINK = {"id": "un_sc:KPe.1", "list": "un_sc", "list_version": "2026-01-01", "name": "ACME BANK", "score": 0.8, "why": "same name"}
ROW: dict[str, Any] = {
    "id": "a",
    "lang": "en",
    "korea": True,
    "korea_score": 0.9,
    "entities": [
        entity("Ro Hana", "PERSON", "doc:1", official=True, role="Minister"),
        entity("Norland", "PLACE", "kb:no"),
        entity("Acme Bank", "ORG", "doc:2", sanctions=[LINK]),
    ],
    "amounts": [span("$5 million", value=5e6, currency="USD", bound="exact", usd=5e6, usd_basis="stated")],
    "events": [
        {
            "type": "LEGAL_ACTION",
            "subtype": None,
            "plover": None,
            "cameo": None,
            "modality": "asserted",
            "background": False,
            "date": "2025-11-03",
            "date_precision": "day",
            "score": 0.7,
            "actors": [span("Norland", name="Norland", entity="kb:no")],
            "targets": [span("Acme Bank", name="Acme Bank", entity="doc:2")],
            "place": None,
            "speaker": {"start": None, "end": None, "text": "", "name": "Ro Hana", "entity": "doc:1"},
            "amounts": [{"start": 44, "end": 54}],
            "mentions": [{"trigger": span("fined"), "evidence": {"start": 0, "end": len(TEXT)}}],
        }
    ],
    "model": {"name": "peninsula-en", "version": "1"},
    "knowledge": {"version": "1"},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    row = copy.deepcopy(ROW)
    place: Any = row
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in parents:
        place = place[part]
    place[last] = value
    return row


def test_a_row_that_keeps_the_contract_has_no_faults() -> None:
    assert check_output(ROW, TEXT) == []


def test_a_refused_document_keeps_the_contract() -> None:
    assert check_output({"id": "a", "error": {"code": "invalid_json", "message": "no"}}, "") == []


def test_a_row_with_text_of_its_own_keeps_the_contract() -> None:
    assert check_output({**ROW, "text": TEXT}, TEXT) == []


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("entities.0.start", 8, "entities[0]: 'Ro Hana' is not what stands at 8:16"),
        ("entities.0.end", 5, "entities[0]: 9:5 is no stretch"),
        ("entities.1.end", 5, "is no stretch"),
        ("events.0.mentions.0.trigger.text", "paid", "events[0].mentions[0].trigger"),
        ("events.0.speaker.start", 3, "only one of start and end"),
        ("events.0.actors.0.entity", "doc:9", "no mention is of doc:9"),
        ("events.0.amounts.0.end", 53, "there is no such amount"),
        ("events.0.mentions.0.evidence.end", 30, "outside its evidence"),
        ("events.0.date", "2025-02-30", "not in the calendar"),
        ("events.0.date", "2025-11", "does not go with the precision day"),
        ("events.0.date", None, "does not go with the precision day"),
        ("events.0.date_precision", "unknown", "does not go with the precision unknown"),
        ("events.0.date", ["2025-11-03", "2025-11-04"], "does not go with the precision day"),
        ("amounts.0.usd_basis", None, "together"),
        ("entities.1.official", True, "only a person"),
    ],
)
def test_a_fault_of_meaning_is_told_with_its_place(path: str, value: object, fault: str) -> None:
    (told,) = check_output(changed(path, value), TEXT)
    assert fault in told


def test_a_range_must_not_end_before_it_starts() -> None:
    row = changed("events.0.date", ["2025-11-03", "2025-10"])
    row["events"][0]["date_precision"] = "range"
    assert check_output(row, TEXT) == ["events[0].date: the end comes before the start"]


def test_a_coarse_end_may_hold_the_start() -> None:
    row = changed("events.0.date", ["2025-11-03", "2025"])
    row["events"][0]["date_precision"] = "range"
    assert check_output(row, TEXT) == []


def test_overlapping_mentions_are_told() -> None:
    row = copy.deepcopy(ROW)
    row["entities"].append(entity("Bank", "ORG", "doc:2"))
    assert check_output(row, TEXT) == [f"entities: 'Acme Bank' and 'Bank' overlap at {TEXT.index('Bank')}"]


def test_facts_that_differ_between_mentions_of_a_person_are_told() -> None:
    row = copy.deepcopy(ROW)
    row["entities"].append(entity("Monday", "PERSON", "doc:1", official=True, role="President"))
    (told,) = check_output(row, TEXT)
    assert "differ from another mention of doc:1" in told


SHAPES: list[tuple[str, Any]] = [
    ("korea", None),
    ("korea", 1),
    ("lang", "de"),
    ("korea_score", 1.5),
    ("korea_score", True),
    ("id", ""),
    ("entities", {}),
    ("entities.0.label", "DATE"),
    ("entities.0.entity", "Ro"),
    ("entities.0.start", 9.5),
    ("entities.0.start", -1),
    ("entities.0.extra", 1),
    ("entities.2.sanctions.0.id", "no source"),
    ("entities.2.sanctions", ["un_sc:1"]),
    ("amounts.0.bound", "roughly"),
    ("amounts.0.value", "5"),
    ("amounts.0.usd_basis", "guessed"),
    ("events.0.type", "PARADE"),
    ("events.0.modality", None),
    ("events.0.date", "3 November"),
    ("events.0.date", [None, "2025"]),
    ("events.0.date", ["2025"]),
    ("events.0.place", "Norland"),
    ("events.0.mentions", []),
    ("events.0.actors.0.start", "9"),
    ("model", {"name": "x"}),
]


@pytest.mark.parametrize(("path", "value"), SHAPES)
def test_a_fault_of_shape_is_told_and_the_schema_agrees(path: str, value: object) -> None:
    row = changed(path, value)
    assert check_output(row, TEXT)
    assert not jsonschema.Draft202012Validator(load_schema()).is_valid(row)


@pytest.mark.parametrize("name", sorted(ROW))
def test_a_missing_field_is_told(name: str) -> None:
    row = {key: value for key, value in ROW.items() if key != name}
    assert check_output(row, TEXT) == [f"row: field {name!r} is missing"]
    assert not jsonschema.Draft202012Validator(load_schema()).is_valid(row)


def test_the_schema_is_valid_and_holds_the_good_row() -> None:
    jsonschema.Draft202012Validator.check_schema(load_schema())
    jsonschema.Draft202012Validator(load_schema()).validate(ROW)


@pytest.mark.parametrize(
    ("definition", "field", "values"),
    [
        ("entity", "label", Label),
        ("amount", "bound", Bound),
        ("event", "type", EventType),
        ("event", "modality", Modality),
        ("event", "date_precision", Precision),
    ],
)
def test_the_schema_lists_the_vocabulary(definition: str, field: str, values: Any) -> None:
    assert load_schema()["$defs"][definition]["properties"][field]["enum"] == [value.value for value in values]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 99) | st.floats(0, 2) | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
)


@given(st.sampled_from(sorted({path for path, _ in SHAPES} | {"events.0.targets.0.name", "amounts.0.currency"})), JSON)
def test_the_shape_check_and_a_full_validator_agree(path: str, value: object) -> None:
    row = changed(path, value)
    valid = jsonschema.Draft202012Validator(load_schema()).is_valid(json.loads(json.dumps(row)))
    shape_faults = [fault for fault in check_output(row, TEXT) if fault.startswith("row")]
    assert valid == (not shape_faults)
