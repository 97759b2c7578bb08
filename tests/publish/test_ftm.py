"""FollowTheMoney: entities are what the model allows. `data/ftm_model.json` is the part of the model that we use; where the package is
installed (extra `compare`), the part is compared with it and every entity goes through it."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from models.findings import EventFound
from pipeline.publish.formats import FORMATS
from pipeline.publish.ftm import ftm_entities, ftm_id
from tests.query.builders import SAMPLE, make_amount, make_event, make_party

MODEL: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "ftm_model.json").read_text())["schemata"]

SHAPES = {
    "entity": r"[0-9a-zA-Z]([0-9a-zA-Z.\-]*[0-9a-zA-Z])?",
    "date": r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d)?)?)?",
    "country": r"[a-z]{2}|suhh",
    "number": r"\d+(\.\d+)?(e[+-]?\d+)?",
    "url": r"https?://\S+",
}

THIEF = make_party("Lazarus Group", id="ent-lazarus", label="ORG")
EXCHANGE = make_party("Halla Exchange Co., Ltd.", id="ent-halla", label="ORG", country="KR")
THEFT = make_event(
    id="evt-theft", type="CYBER_OP", subtype="theft", actors=(THIEF,), targets=(EXCHANGE,), amounts=(make_amount(),), modality="alleged"
)


def entities(*events: EventFound) -> list[dict[str, Any]]:
    return [json.loads(line) for line in b"".join(FORMATS["ftm"].encode(events)).splitlines()]


def of_schema(found: list[dict[str, Any]], schema: str) -> list[dict[str, Any]]:
    return [entity for entity in found if entity["schema"] == schema]


def test_every_entity_is_what_the_model_allows() -> None:
    found = entities(*SAMPLE, THEFT)
    assert {entity["schema"] for entity in found} == set(MODEL)
    for entity in found:
        schema = MODEL[entity["schema"]]
        assert re.fullmatch(SHAPES["entity"], entity["id"])
        assert set(schema["required"]) <= set(entity["properties"])
        for name, values in entity["properties"].items():
            shape = SHAPES.get(schema["properties"][name]["type"], r"[\s\S]+")
            assert values
            assert all(re.fullmatch(shape, value) for value in values), (name, values)


def test_every_reference_is_to_an_entity_of_the_file() -> None:
    found = entities(*SAMPLE, THEFT)
    schemata = {entity["id"]: entity["schema"] for entity in found}
    for entity in found:
        for name, values in entity["properties"].items():
            about = MODEL[entity["schema"]]["properties"][name]
            for value in values if about["type"] == "entity" else ():
                assert value in schemata
                assert about.get("range") != "LegalEntity" or MODEL[schemata[value]]["legal"]


def test_every_event_and_every_named_party_is_there() -> None:
    found = entities(*SAMPLE)
    assert {entity["properties"]["recordId"][0] for entity in of_schema(found, "Event")} == {event.id for event in SAMPLE}
    for event in SAMPLE:
        told = {entity["id"] for entity in ftm_entities(event)}
        parties = [*event.actors, *event.targets, *([event.speaker] if event.speaker else [])]
        assert {ftm_id(party.id) for party in parties if party.id and party.label not in {"WEAPON", "MALWARE"}} <= told


def test_a_line_is_not_written_twice() -> None:
    lines = b"".join(FORMATS["ftm"].encode([*SAMPLE, *SAMPLE])).splitlines()
    assert max(Counter(lines).values()) == 1
    assert lines == b"".join(FORMATS["ftm"].encode(SAMPLE)).splitlines()


def test_a_theft_is_a_payment_of_the_victim_that_says_it_is_alleged() -> None:
    (payment,) = of_schema(entities(THEFT), "Payment")
    assert payment["properties"]["payer"] == ["ent-halla"]
    assert payment["properties"]["beneficiary"] == ["ent-lazarus"]
    assert payment["properties"]["purpose"] == ["stolen (alleged): $2 million"]
    assert payment["properties"]["amountUsd"] == ["2000000"]


@pytest.mark.parametrize(
    "changes",
    [{"modality": "denied"}, {"actors": (THIEF, EXCHANGE)}, {"targets": ()}, {"amounts": (make_amount(role="reward"),)}],
    ids=["denied", "two actors", "no target", "reward"],
)
def test_nobody_is_said_to_have_paid_where_that_is_not_plain(changes: dict[str, Any]) -> None:
    event = make_event(**{"actors": (THIEF,), "targets": (EXCHANGE,), "amounts": (make_amount(),), "modality": "asserted"} | changes)
    found = entities(event)
    assert of_schema(found, "Payment") == []
    assert any(note.startswith(("stolen: ", "reward: ")) for note in of_schema(found, "Event")[0]["properties"]["notes"])


def test_a_match_says_that_it_is_one() -> None:
    sanctions = of_schema(entities(*SAMPLE), "Sanction")
    assert sanctions
    assert all("not decided by a person" in entity["properties"]["summary"][0] for entity in sanctions)
    assert not any("topics" in entity["properties"] for entity in entities(*SAMPLE))


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("Halla Exchange Co., Ltd.", "Company"),
        ("한라거래소 주식회사", "Company"),
        ("Corporal Punishment", "Organization"),
        ("Lazarus Group", "Organization"),
    ],
)
def test_a_form_of_law_makes_a_company(name: str, schema: str) -> None:
    party = make_party(name, id="ent-x", label="ORG")
    (entity,) = [entity for entity in entities(make_event(actors=(party,), targets=())) if entity["id"] == "ent-x"]
    assert entity["schema"] == schema


# --- with the package ---------------------------------------------------------------------------------------------------


def test_the_part_of_the_model_is_that_of_the_package() -> None:
    model = pytest.importorskip("followthemoney").model
    for name, known in MODEL.items():
        schema = model.get(name)
        assert sorted(schema.required) == known["required"]
        for prop, about in known["properties"].items():
            assert schema.get(prop).type.name == about["type"]
            assert (schema.get(prop).range.name if schema.get(prop).range else None) == about.get("range")


def test_the_package_takes_every_entity_as_it_is() -> None:
    model = pytest.importorskip("followthemoney").model
    for entity in entities(*SAMPLE, THEFT):
        model.get(entity["schema"]).validate(entity)
        made = model.make_entity(entity["schema"])
        made.id = entity["id"]
        for name, values in entity["properties"].items():
            made.add(name, values)
        kept = made.to_dict()
        assert (kept["id"], kept["schema"]) == (entity["id"], entity["schema"])
        assert {name: sorted(values) for name, values in kept["properties"].items()} == {
            name: sorted(values) for name, values in entity["properties"].items()
        }
