"""The records of `models.findings` as plain dictionaries and back, and what they say of themselves: their names, fields and types in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

__all__ = ["TYPE_WORDS", "FieldText", "describe_fields", "from_plain", "record_name", "record_summary", "to_plain", "type_words"]

Record = TypeVar("Record")

_SCALARS = (str, int, float, bool, datetime)

TYPE_WORDS: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    datetime: "ISO 8601 time in UTC",
    NoneType: "null",
}
"""Single values in words."""


@dataclass(frozen=True, slots=True)
class FieldText:
    """One field of a record: its type without None, whether it may be None, and what it means."""

    name: str
    kind: Any
    """str, int, float, bool, datetime, a record, or tuple[…] of these."""
    optional: bool
    text: str


@cache
def describe_fields(record: type) -> tuple[FieldText, ...]:
    """Return the fields of a record class, in order, with the words of their annotations. Raises TypeError for what is no record."""
    hints = get_type_hints(record, include_extras=True)
    return tuple(_describe(field.name, hints[field.name]) for field in fields(record))


def _describe(name: str, hint: Any) -> FieldText:  # noqa: ANN401 - an annotation
    text = ""
    if get_origin(hint) is Annotated:
        hint, text = get_args(hint)
    if get_origin(hint) in {Union, UnionType}:
        inner = [part for part in get_args(hint) if part is not NoneType]
        return FieldText(name, inner[0], optional=True, text=text)
    return FieldText(name, hint, optional=False, text=text)


def record_name(record: type) -> str:
    """Return the name of a record as others are told it."""
    return record.__name__.removesuffix("Found")


def record_summary(record: type) -> str:
    """Return what a record is, in a sentence or two."""
    return " ".join((record.__doc__ or "").split("\n\n")[0].split())


def type_words(field: FieldText, name_of: Callable[[type], str] = record_name) -> str:
    """Return the type of a field in words; `name_of` gives what stands for a record."""
    return _type_words(field.kind, name_of) + (" or null" if field.optional else "")


def _type_words(kind: Any, name_of: Callable[[type], str]) -> str:  # noqa: ANN401 - an annotation
    origin, given = get_origin(kind), [_type_words(one, name_of) for one in get_args(kind) if one is not Ellipsis]
    if origin is tuple:
        return f"list of {given[0]}" if Ellipsis in get_args(kind) else f"[{', '.join(given)}]"
    if origin is dict:
        return "object from {} to {}".format(*given)
    if origin is not None:
        return " or ".join(given)
    return name_of(kind) if is_dataclass(kind) and isinstance(kind, type) else TYPE_WORDS[kind]


def to_plain(record: Any) -> dict[str, Any]:  # noqa: ANN401 - any record
    """Return a record as a dictionary, with the records inside it as dictionaries too; all other values stay what they are."""
    converters = _converters(type(record))  # type: ignore[arg-type]  # a class is hashable, whatever its parameter
    return {name: convert(getattr(record, name)) if convert else getattr(record, name) for name, convert in converters}


@cache
def _converters(record: type) -> tuple[tuple[str, Callable[[Any], Any] | None], ...]:
    """Return each field with what converts its value, None where it stays: decided once a class, since there are millions of values."""
    return tuple((field.name, _converter(field.kind)) for field in describe_fields(record))


def _converter(kind: Any) -> Callable[[Any], Any] | None:  # noqa: ANN401 - an annotation
    if is_dataclass(kind):
        return lambda value: None if value is None else to_plain(value)
    if get_origin(kind) is tuple:
        inside = _converter(get_args(kind)[0])
        return list if inside is None else lambda values: [inside(value) for value in values]
    if kind in _SCALARS:
        return None
    raise TypeError(f"{kind} cannot be written: records hold {', '.join(scalar.__name__ for scalar in _SCALARS)}, records and tuples")


def from_plain(record: type[Record], plain: Mapping[str, Any]) -> Record:
    """Return the record that `to_plain` made the dictionary of; times may be words in ISO 8601.

    Raises KeyError where a field is missing and ValueError where there is one too many.
    """
    described = describe_fields(record)  # type: ignore[arg-type]  # a class is hashable, whatever its parameter
    if extra := plain.keys() - {field.name for field in described}:
        raise ValueError(f"{record.__name__} has no field {', '.join(sorted(extra))}")
    return record(**{field.name: _read(field.kind, plain[field.name]) for field in described})


def _read(kind: Any, value: Any) -> Any:  # noqa: ANN401 - a value of that kind
    if value is None:
        return None
    if is_dataclass(kind) and isinstance(kind, type):
        return from_plain(kind, value)
    if get_origin(kind) is tuple:
        inside = get_args(kind)[0]
        return tuple(_read(inside, one) for one in value)
    return datetime.fromisoformat(value) if kind is datetime and isinstance(value, str) else value
