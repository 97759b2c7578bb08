"""From `name=value` pairs to a filter and a page, and back: the same for query strings, options and keyword arguments."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime
from hashlib import sha256
from numbers import Real
from typing import Any

from models.filters import FIELDS, MOST_ON_A_PAGE, EventFilter, Field, Page, Sort
from pipeline.query.errors import QueryError
from pipeline.query.values import check_text, first_day, last_day, read_value, refuse
from pipeline.text.faults import did_you_mean, shorten

__all__ = ["PAGE_FIELDS", "filter_hash", "filter_pairs", "make_filter", "parse_filter", "parse_page", "parse_query"]

Pairs = Iterable[tuple[str, str]]

PAGE_FIELDS = tuple(field.name for field in fields(Page))
"""The names that `parse_page` reads: sort, limit and cursor."""

_BY_NAME = {field.name: field for field in FIELDS}
_HASH_DIGITS = 8


def parse_filter(pairs: Pairs) -> EventFilter:
    """Return the filter that the pairs describe; the order of the pairs does not count.

    A name given twice means "either", "!" before a value means "not". Raises QueryError, which names the field, the value and what is
    possible, for an unknown field and for every value that cannot be read or contradicts another.
    """
    given: dict[str, list[Any]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(read_value(_known_field(name), value))
    values = {name: _put_together(_BY_NAME[name], found) for name, found in given.items()}
    _check_together(values)
    return EventFilter(**values)


def parse_page(pairs: Pairs) -> Page:
    """Return the page that the pairs describe: sort, limit (1 to 500) and cursor, each once. Raises QueryError."""
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name not in _PAGE_READERS:
            raise _unknown(name, PAGE_FIELDS)
        if name in values:
            raise refuse(name, value, "is a second value: give one")
        values[name] = _PAGE_READERS[name](check_text(name, value))
    return Page(**values)


def parse_query(pairs: Pairs) -> tuple[EventFilter, Page]:
    """Return the filter and the page that the pairs of one query string describe. Raises QueryError."""
    held = list(pairs)
    for name, _ in held:
        if name not in _BY_NAME and name not in PAGE_FIELDS:
            raise _unknown(name, (*_BY_NAME, *PAGE_FIELDS))
    wanted = parse_filter(pair for pair in held if pair[0] in _BY_NAME)
    return wanted, parse_page(pair for pair in held if pair[0] in PAGE_FIELDS)


def make_filter(**given: object) -> EventFilter:
    """Return the filter that keyword arguments describe, each a field with one value or a list of them; None is not given.

    Values are words, numbers, booleans, dates, times with a zone, or members of `models.vocabulary`. Raises QueryError.
    """
    return parse_filter((name, text) for name, value in given.items() if value is not None for text in _as_words(name, value))


def filter_pairs(wanted: EventFilter) -> list[tuple[str, str]]:
    """Return the pairs that describe the filter, in the order of `FIELDS`: `parse_filter` makes the same filter of them."""
    return [(field.name, text) for field in FIELDS for text in _write_value(getattr(wanted, field.name))]


def filter_hash(wanted: EventFilter) -> str:
    """Return eight hexadecimal digits that are the same for the same filter, for names of files and keys of caches."""
    return sha256(json.dumps(filter_pairs(wanted)).encode()).hexdigest()[:_HASH_DIGITS]


def _known_field(name: str) -> Field:
    if name not in _BY_NAME:
        raise _unknown(name, tuple(_BY_NAME))
    return _BY_NAME[name]


def _unknown(name: str, known: tuple[str, ...]) -> QueryError:
    shown = shorten(repr(name))
    return QueryError(f"{shown} is no field{did_you_mean(name[:64], known)}: there are {', '.join(known)}", field=name)


def _put_together(field: Field, found: list[Any]) -> Any:  # noqa: ANN401 - the type of the field
    if not field.kind.repeats:
        if len(found) > 1:
            raise refuse(field.name, _plain(found[1]), f"is a second value, beside {_plain(found[0])!r}: give one")
        return found[0]
    values = {value.lower(): value for value in reversed(found)}
    for folded, value in values.items():
        if f"!{folded}" in values:
            raise refuse(field.name, value, "is both wanted and excluded by '!': leave one out")
    order = [choice.value for choice in field.choices]
    return tuple(sorted(values.values(), key=lambda value: (value[:1] == "!", order.index(value.lstrip("!")) if order else value.lower())))


def _check_together(values: Mapping[str, Any]) -> None:
    for least, greatest in (("since", "until"), ("published_since", "published_until")):
        if least in values and greatest in values and first_day(values[least]) > last_day(values[greatest]):
            raise _inverted(least, greatest, values, "is later than")
    if "amount_min" in values and "amount_max" in values and values["amount_min"] > values["amount_max"]:
        raise _inverted("amount_min", "amount_max", values, "is more than")
    if "role" in values and "entity" not in values:
        raise refuse("role", values["role"][0], "means nothing without `entity`: give the entity that is to have the role")


def _inverted(least: str, greatest: str, values: Mapping[str, Any], how: str) -> QueryError:
    low, high = _plain(values[least]), _plain(values[greatest])
    return refuse(least, low, f"{how} `{greatest}` {high!r}: exchange them")


def _as_words(name: str, value: object) -> Iterator[str]:
    """Yield the values of a keyword argument as people would type them."""
    match value:
        case str():
            yield str(value)
        case Real():
            yield _plain(value)
        case datetime() | date():
            yield value.isoformat()
        case list() | tuple() | set() | frozenset():
            if not value:
                raise refuse(name, str(value), "is empty: leave the field out where it is not to filter")
            for one in value:
                yield from _as_words(name, one)
        case _:
            raise refuse(
                name, str(value), f"is of the type {type(value).__name__}: give words, a number, a boolean, a date, or a list of them"
            )


def _write_value(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (_plain(value),)


def _plain(value: object) -> str:
    """Return a single value as it is written in a pair."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    return repr(float(value)).removesuffix(".0") if isinstance(value, Real) else str(value)


def _read_sort(text: str) -> Sort:
    try:
        return Sort(text.lower())
    except ValueError:
        known = [sort.value for sort in Sort]
        raise refuse("sort", text, f"is no order{did_you_mean(text.lower(), known)}: there are {', '.join(known)}") from None


def _read_limit(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= MOST_ON_A_PAGE:
        raise refuse("limit", text, f"is no size of a page: give 1 to {MOST_ON_A_PAGE}; an export has no limit")
    return int(text)


_PAGE_READERS: Mapping[str, Callable[[str], object]] = {"sort": _read_sort, "limit": _read_limit, "cursor": str}
