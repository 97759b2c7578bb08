"""The fields of each kind of item: what may be edited, and how a value is checked before anything is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from models.ontology import SUBTYPES
from models.review import Item, ItemKind, Value, Verdict
from models.vocabulary import AmountRole, Bound, DefinedEnum, EventType, Label, Modality, Precision
from pipeline.review.errors import DeskError

__all__ = ["FIELDS", "VERDICTS", "Field", "check_verdict", "difference", "edited", "event_value"]

_LONGEST = 400
"""Characters of a text that an editor gives."""
_MOST = 50
"""Parties of an event."""
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_CURRENCY = re.compile(r"[A-Z0-9]{2,16}")
_COUNTRY = re.compile(r"[A-Z]{2,8}")


@dataclass(frozen=True, slots=True)
class Field:
    """One field that may be edited: what it is in words, how a value is checked, whether it may be empty, what it may be."""

    name: str
    help: str
    check: Callable[[object], object]
    optional: bool = False
    choices: tuple[DefinedEnum, ...] = ()


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST or not value.isprintable():
        raise ValueError(f"must be a line of 1 to {_LONGEST} characters")
    return " ".join(value.split())


def _one_of(vocabulary: type[DefinedEnum]) -> Callable[[object], str]:
    def check(value: object) -> str:
        found = next((member for member in vocabulary if member == value), None)
        if found is None:
            raise ValueError(f"must be one of {', '.join(vocabulary)}")
        return found.value

    return check


def _matching(pattern: re.Pattern[str], what: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(f"must be {what}")
        return value

    return check


def _day(value: object) -> str:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            date.fromisoformat((value + "-01-01")[:10])
        except ValueError:
            pass
        else:
            return value
    raise ValueError("must be a day, month or year: 2025-11-04, 2025-11 or 2025")


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e18:
        raise ValueError("must be a number from 0 up")
    return float(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _party(value: object) -> dict[str, str | None]:
    if not isinstance(value, Mapping) or not value.keys() <= {"id", "name"} or "name" not in value:
        raise ValueError('must be {"id": entity or null, "name": name}')
    ident = value.get("id")
    return {"id": None if ident is None else _text(ident), "name": _text(value["name"])}


def _parties(value: object) -> list[dict[str, str | None]]:
    if not isinstance(value, list | tuple) or len(value) > _MOST:
        raise ValueError(f"must be a list of at most {_MOST} parties")
    return [_party(one) for one in value]


def _amounts(value: object) -> list[dict[str, str]]:
    if not isinstance(value, list | tuple) or len(value) > _MOST:
        raise ValueError(f"must be a list of at most {_MOST} amounts")
    found = []
    for one in value:
        if not isinstance(one, Mapping) or one.keys() != {"text", "role"}:
            raise ValueError('must be of the form {"text": words of the article, "role": role}')
        found.append({"text": _text(one["text"]), "role": _one_of(AmountRole)(one["role"])})
    return found


def _choice(name: str, help_text: str, vocabulary: type[DefinedEnum]) -> Field:
    return Field(name, help_text, _one_of(vocabulary), choices=tuple(vocabulary))


FIELDS: Mapping[ItemKind, tuple[Field, ...]] = {
    ItemKind.NAME: (
        Field("text", "The words that are the name, where the form has too many or too few of them.", _text),
        Field("entity", "Id of the entity that is named.", _text, optional=True),
        Field("name", "Full name.", _text, optional=True),
        _choice("label", "Kind of name.", Label),
    ),
    ItemKind.ENTITY: (
        Field("name", "Full name.", _text),
        _choice("label", "What it is.", Label),
        Field("country", "ISO 3166 code.", _matching(_COUNTRY, "an ISO 3166 code, such as KP"), optional=True),
    ),
    ItemKind.LISTED: (
        Field("entry", "Entry of the list that it is, as list:number.", _text),
        Field("listed_name", "Name of the entry.", _text),
        Field("source", "The list.", _text),
    ),
    ItemKind.OFFICE: (
        Field("role", "The office.", _text),
        Field("body", "Id or name of the body.", _text, optional=True),
        Field("official", "Whether it is a public office.", _flag),
    ),
    ItemKind.EVENT: (
        _choice("type", "What happens.", EventType),
        Field("subtype", "What happens, more exactly.", _text, optional=True),
        _choice("modality", "What the article says of it.", Modality),
        Field("background", "Whether it is told as background.", _flag),
        Field("date_start", "First day, month or year.", _day, optional=True),
        Field("date_end", "Last day, month or year.", _day, optional=True),
        _choice("date_precision", "How exactly the day is known.", Precision),
        Field("actors", "Who does it.", _parties),
        Field("targets", "To whom.", _parties),
        Field("place", "Where.", _party, optional=True),
        Field("speaker", "According to whom.", _party, optional=True),
        Field("amounts", "Amounts of the passage, each with what it is.", _amounts),
    ),
    ItemKind.AMOUNT: (
        Field("value", "The number, in units of the currency.", _number, optional=True),
        Field("value_max", "The upper end of a range.", _number, optional=True),
        Field("currency", "ISO 4217 or crypto code.", _matching(_CURRENCY, "a code such as USD or BTC"), optional=True),
        _choice("bound", "How it is bounded.", Bound),
        Field("usd", "Its worth in US dollars.", _number, optional=True),
    ),
    ItemKind.MERGE: (),
}
"""The fields that may be edited, by kind; an item may hold others, which only tell."""

_USUAL = frozenset({Verdict.ACCEPT, Verdict.REJECT, Verdict.UNSURE})
VERDICTS: Mapping[ItemKind, frozenset[Verdict]] = {
    ItemKind.NAME: _USUAL | {Verdict.EDIT, Verdict.SPLIT},
    ItemKind.ENTITY: _USUAL | {Verdict.EDIT, Verdict.MERGE},
    ItemKind.LISTED: _USUAL | {Verdict.EDIT, Verdict.SPLIT},
    ItemKind.OFFICE: _USUAL | {Verdict.EDIT, Verdict.SPLIT},
    ItemKind.EVENT: _USUAL | {Verdict.EDIT, Verdict.MERGE, Verdict.SPLIT},
    ItemKind.AMOUNT: _USUAL | {Verdict.EDIT},
    ItemKind.MERGE: _USUAL,
}
"""What may be decided of an item, by kind; the other verdicts have methods of their own."""


def check_verdict(item: Item, verdict: Verdict, after: Value | None, excepted: tuple[str, ...]) -> Value:
    """Return the value that a decision leaves an item with. Raises DeskError for a verdict, value or exception that does not fit its kind."""
    if verdict not in VERDICTS[item.kind]:
        raise DeskError(f"{item.kind} items cannot be decided by {verdict}: use one of {', '.join(sorted(VERDICTS[item.kind]))}")
    if excepted and verdict not in {Verdict.ACCEPT, Verdict.REJECT, Verdict.EDIT, Verdict.SPLIT}:
        raise DeskError(f"{verdict} is of the whole item: leave out the exceptions")
    if excepted and item.kind is ItemKind.EVENT and verdict is not Verdict.SPLIT:
        raise DeskError("an event has no exceptions: split off what is another event, then decide")
    if verdict is Verdict.SPLIT and not excepted:
        raise DeskError("a split needs the places, or the events, that are something else")
    if verdict is Verdict.MERGE:
        return _merged(item, after)
    if verdict is Verdict.EDIT:
        return edited(item, after)
    if after is not None:
        raise DeskError(f"{verdict} takes no value: use edit, or leave it out")
    return dict(item.value) if verdict is Verdict.ACCEPT else {}


def _merged(item: Item, after: Value | None) -> Value:
    into = (after or {}).get("into")
    if not isinstance(into, str) or not into.strip() or set(after or {}) != {"into"}:
        raise DeskError('merge needs {"into": the id of the event or entity that stands for it}')
    if into in {subject.row_id for subject in item.subjects} or into == item.candidate:
        raise DeskError(f"{into} cannot be merged into itself")
    return {"into": into}


def edited(item: Item, after: Value | None) -> Value:
    """Return the value of an item with fields changed; raises DeskError for a field or value that its kind has not, and where none changes."""
    fields = {field.name: field for field in FIELDS[item.kind]}
    value = dict(item.value)
    for name, given in (after or {}).items():
        if name not in fields:
            if name in item.value and item.value[name] == given:
                continue
            raise DeskError(f"{item.kind} items have no field {name!r} to edit: {', '.join(fields)}")
        value[name] = _checked(fields[name], given)
    if value == dict(item.value):
        raise DeskError("nothing was changed: accept it, or change a field")
    if item.kind is ItemKind.EVENT:
        _check_event(value)
    return value


def event_value(given: Value) -> dict[str, Any]:
    """Return a whole event as an editor gives it, checked; what is left out is unknown or empty. Its type must be there."""
    value: dict[str, Any] = {
        "subtype": None,
        "modality": Modality.ASSERTED.value,
        "background": False,
        "date_start": None,
        "date_end": None,
        "date_precision": Precision.UNKNOWN.value,
        "actors": [],
        "targets": [],
        "place": None,
        "speaker": None,
        "amounts": [],
    }
    fields = {field.name: field for field in FIELDS[ItemKind.EVENT]}
    for name, one in given.items():
        if name not in fields:
            raise DeskError(f"an event has no field {name!r}: {', '.join(fields)}")
        value[name] = _checked(fields[name], one)
    if "type" not in value:
        raise DeskError("an event needs a type")
    _check_event(value)
    return value


def _checked(field: Field, given: object) -> object:
    if given is None or given == "":
        if field.optional:
            return None
        raise DeskError(f"{field.name} must not be empty")
    try:
        return field.check(given)
    except ValueError as error:
        raise DeskError(f"{field.name} {error}") from error


def _check_event(value: Mapping[str, Any]) -> None:
    subtypes = SUBTYPES[EventType(value["type"])]
    if value["subtype"] is not None and value["subtype"] not in subtypes:
        raise DeskError(f"{value['type']} has no subtype {value['subtype']!r}: {', '.join(sorted(subtypes)) or 'leave it empty'}")
    start, end = value["date_start"], value["date_end"]
    if start and end and start[: len(end)] > end[: len(start)]:
        raise DeskError(f"date_end {end} is before date_start {start}")


def difference(before: Value, after: Value) -> dict[str, Any]:
    """Return the fields of `after` that differ from those of `before`."""
    return {name: value for name, value in after.items() if name not in before or before[name] != value}
