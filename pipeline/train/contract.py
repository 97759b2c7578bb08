"""Check output of the extraction against its contract.

The shape of a row is a JSON Schema, kept beside this module for other programs; what a schema cannot say (spans slice
to the text, mentions do not overlap, references lead somewhere) is checked here. Only the keywords that the schema uses
are understood.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from models.vocabulary import Precision

__all__ = ["SCHEMA_PATH", "check_output", "load_schema"]

SCHEMA_PATH = Path(__file__).with_name("extraction.schema.json")

Json = Mapping[str, Any]

_TYPES: Mapping[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}
_DATE_LENGTHS = {Precision.DAY: 10, Precision.MONTH: 7, Precision.YEAR: 4}
_WITHOUT_DATE = (Precision.UNKNOWN, Precision.RELATIVE_UNRESOLVED)


@cache
def load_schema() -> dict[str, Any]:
    """Read the JSON Schema of one row of output."""
    schema: dict[str, Any] = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    return schema


def check_output(row: Json, text: str) -> list[str]:
    """Return the faults of one row of output, each with the path to its place; none for a row that keeps the contract.

    `text` is the text the offsets refer to. Where the shape is wrong, only faults of shape are told.
    """
    kind = "failure" if isinstance(row, dict) and "error" in row else "article"
    faults = list(_check_shape(row, {"$ref": f"#/$defs/{kind}"}, "row"))
    if faults or kind == "failure":
        return faults
    return list(
        chain(
            _check_spans(row, text),
            _check_no_overlap(row["entities"]),
            _check_persons(row["entities"]),
            _check_amounts(row["amounts"]),
            *(_check_event(event, f"events[{i}]", row) for i, event in enumerate(row["events"])),
        )
    )


# --- shape ---------------------------------------------------------------------------------------------------------


def _check_shape(value: object, schema: Json, path: str) -> Iterator[str]:
    schema = _resolve(schema)
    if "anyOf" in schema:
        if all(list(_check_shape(value, option, path)) for option in schema["anyOf"]):
            yield f"{path}: {_show(value)} is of none of the forms allowed"
        return
    allowed = schema.get("type", [])
    types = [allowed] if isinstance(allowed, str) else allowed
    if types and not any(_TYPES[name](value) for name in types):
        yield f"{path}: {_show(value)} is not of type {' or '.join(types)}"
        return
    if "enum" in schema:
        if value not in schema["enum"]:
            yield f"{path}: {_show(value)} is none of {', '.join(schema['enum'])}"
    elif isinstance(value, dict):
        yield from _check_object(value, schema, path)
    elif isinstance(value, list):
        yield from _check_array(value, schema, path)
    elif isinstance(value, str):
        yield from _check_string(value, schema, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _check_number(value, schema, path)


def _resolve(schema: Json) -> Json:
    """Follow a reference of the form "#/$defs/name"."""
    name = schema.get("$ref")
    definition: Json = load_schema()["$defs"][name.rsplit("/", 1)[1]] if name else schema
    return definition


def _check_object(value: Json, schema: Json, path: str) -> Iterator[str]:
    properties = schema["properties"]
    yield from (f"{path}: field {name!r} is missing" for name in schema["required"] if name not in value)
    yield from (f"{path}: there is no field {name!r}" for name in value if name not in properties)
    for name, item in value.items():
        if name in properties:
            yield from _check_shape(item, properties[name], f"{path}.{name}")


def _check_array(value: list[Any], schema: Json, path: str) -> Iterator[str]:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{path}: {len(value)} items are too few or too many"
    for index, item in enumerate(value):
        yield from _check_shape(item, schema["items"], f"{path}[{index}]")


def _check_string(value: str, schema: Json, path: str) -> Iterator[str]:
    if len(value) < schema.get("minLength", 0):
        yield f"{path}: is empty"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{path}: {_show(value)} does not match {schema['pattern']}"


def _check_number(value: float, schema: Json, path: str) -> Iterator[str]:
    if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{path}: {value} is out of range"


def _show(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else shown[:40] + "…"


# --- meaning -------------------------------------------------------------------------------------------------------


def _check_spans(row: Json, text: str) -> Iterator[str]:
    for path, span in _walk_spans(row):
        start, end = span["start"], span["end"]
        if start is None or end is None:
            if start is not end:
                yield f"{path}: only one of start and end is given"
        elif not start < end <= len(text):
            yield f"{path}: {start}:{end} is no stretch of a text of {len(text)} characters"
        elif "text" in span and text[start:end] != span["text"]:
            yield f"{path}: {_show(span['text'])} is not what stands at {start}:{end}, {_show(text[start:end])}"


def _walk_spans(row: Json) -> Iterator[tuple[str, Json]]:
    for name in ("entities", "amounts"):
        yield from ((f"{name}[{i}]", span) for i, span in enumerate(row[name]))
    for index, event in enumerate(row["events"]):
        path = f"events[{index}]"
        yield from _walk_arguments(event, path)
        yield from ((f"{path}.amounts[{i}]", span) for i, span in enumerate(event["amounts"]))
        for i, mention in enumerate(event["mentions"]):
            yield f"{path}.mentions[{i}].trigger", mention["trigger"]
            yield f"{path}.mentions[{i}].evidence", mention["evidence"]


def _walk_arguments(event: Json, path: str) -> Iterator[tuple[str, Json]]:
    for role in ("actors", "targets"):
        yield from ((f"{path}.{role}[{i}]", argument) for i, argument in enumerate(event[role]))
    yield from ((f"{path}.{role}", event[role]) for role in ("place", "speaker") if event[role] is not None)


def _check_no_overlap(entities: Iterable[Json]) -> Iterator[str]:
    for first, second in pairwise(sorted(entities, key=lambda e: (e["start"], e["end"]))):
        if second["start"] < first["end"]:
            yield f"entities: {_show(first['text'])} and {_show(second['text'])} overlap at {second['start']}"


def _check_persons(entities: Iterable[Json]) -> Iterator[str]:
    """Check that official, role and affiliation are the same on all mentions of a person, and on persons alone."""
    known: dict[str, tuple[object, ...]] = {}
    for index, entity in enumerate(entities):
        if entity["label"] != "PERSON":
            if entity["official"]:
                yield f"entities[{index}]: only a person is an official"
            continue
        facts = (entity["official"], entity["role"], entity["affiliation"])
        if known.setdefault(entity["entity"], facts) != facts:
            yield f"entities[{index}]: official, role or affiliation differ from another mention of {entity['entity']}"


def _check_amounts(amounts: Iterable[Json]) -> Iterator[str]:
    for index, amount in enumerate(amounts):
        if (amount["usd"] is None) != (amount["usd_basis"] is None):
            yield f"amounts[{index}]: usd and usd_basis must be given together"


def _check_event(event: Json, path: str, row: Json) -> Iterator[str]:
    yield from _check_date(event, path)
    known = {entity["entity"] for entity in row["entities"]}
    for place, argument in _walk_arguments(event, path):
        ident = argument["entity"]
        if ident is not None and ident.startswith("doc:") and ident not in known:
            yield f"{place}: no mention is of {ident}"
    spans = {(amount["start"], amount["end"]) for amount in row["amounts"]}
    for i, amount in enumerate(event["amounts"]):
        if (amount["start"], amount["end"]) not in spans:
            yield f"{path}.amounts[{i}]: there is no such amount"
    for i, mention in enumerate(event["mentions"]):
        trigger, evidence = mention["trigger"], mention["evidence"]
        if not evidence["start"] <= trigger["start"] <= trigger["end"] <= evidence["end"]:
            yield f"{path}.mentions[{i}]: the trigger lies outside its evidence"


def _check_date(event: Json, path: str) -> Iterator[str]:
    value, precision = event["date"], event["date_precision"]
    if (value is None) != (precision in _WITHOUT_DATE):
        yield f"{path}.date: {_show(value)} does not go with the precision {precision}"
        return
    dates = value if isinstance(value, list) else [] if value is None else [value]
    yield from (f"{path}.date: {item} is not in the calendar" for item in dates if not _is_date(item))
    if isinstance(value, list) and value[0][: len(value[1])] > value[1][: len(value[0])]:
        yield f"{path}.date: the end comes before the start"
    length = _DATE_LENGTHS.get(precision)
    if length is not None and (not isinstance(value, str) or len(value) != length):
        yield f"{path}.date: {_show(value)} does not go with the precision {precision}"


def _is_date(text: str) -> bool:
    """Tell whether a day, month or year exists."""
    try:
        date.fromisoformat(text + "-01-01"[len(text) - 4 :])
    except ValueError:
        return False
    return True
