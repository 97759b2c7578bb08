"""One value of a field, checked and brought into the one form in which it is kept; what cannot be read raises QueryError."""

from __future__ import annotations

import math
import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime

from models.filters import Field, FieldKind
from pipeline.names.search_tokens import parse_words, tokens
from pipeline.query.errors import QueryError
from pipeline.text.faults import did_you_mean, shorten
from pipeline.text.moments import plain_time

__all__ = ["MOST_CHARACTERS", "check_text", "first_day", "last_day", "read_value", "refuse"]

MOST_CHARACTERS = 1_000
"""Of one value: longer than any name or question that people type."""

_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_NUMBER = re.compile(r"[0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_FLAGS = {"yes": True, "no": False}
_SHAPES = {
    "country": (re.compile("[A-Z]{2}"), str.upper, "give the two letters of ISO 3166, such as KP"),
    "currency": (re.compile("[A-Z0-9]{2,16}"), str.upper, "give a code of ISO 4217 or of a crypto asset, such as KRW or BTC"),
    "lang": (re.compile("[a-z]{2,3}"), str.lower, "give a language code, such as en or ko"),
}
"""Codes whose form is known: pattern, the case they are kept in, and what to give instead."""


def read_value(field: Field, value: str) -> str | float | bool:
    """Return the value in its canonical form; with "!" before it where what has it is excluded."""
    text = check_text(field.name, value)
    if not field.kind.repeats:
        return _READERS[field.kind](field, text)
    negative, text = text.startswith("!"), text.removeprefix("!").strip()
    if not text:
        raise refuse(field.name, value, "has nothing after '!': give what is to be excluded, such as " + repr(f"!{field.example}"))
    return ("!" if negative else "") + str(_READERS[field.kind](field, text))


def check_text(name: str, value: str) -> str:
    """Return the value in NFC, its blanks reduced to single ones; refuse an empty one, a long one and one with control characters."""
    if len(value) > MOST_CHARACTERS:
        raise refuse(name, value, f"has {len(value):,} characters: give {MOST_CHARACTERS:,} at most")
    strange = next((letter for letter in value if unicodedata.category(letter) in {"Cc", "Cs"}), None)
    if strange is not None:
        raise refuse(name, value, f"has the control character U+{ord(strange):04X}: leave it out")
    text = " ".join(unicodedata.normalize("NFC", value).split())
    if not text:
        raise refuse(name, value, "is empty: give a value, or leave the field out")
    return text


def refuse(name: str, value: str, reason: str) -> QueryError:
    """Return the error that says what is wrong with the value of a field; the caller raises it."""
    return QueryError(f"{name}: {shorten(repr(value))} {reason}", field=name, value=value)


def first_day(day: str) -> date:
    """Return the first day of a day, month or year."""
    return date.fromisoformat(f"{day}-01-01"[:10])


def last_day(day: str) -> date:
    """Return the last day of a day, month or year."""
    start = first_day(day)
    month = start.month if len(day) > len("2025") else 12
    return start if len(day) == len("2025-01-01") else date(start.year, month, monthrange(start.year, month)[1])


def _read_choice(field: Field, text: str) -> str:
    by_name = {choice.value.lower(): choice.value for choice in field.choices}
    try:
        return by_name[text.lower()]
    except KeyError:
        known = [choice.value for choice in field.choices]
        hint = did_you_mean(text.upper() if known[0].isupper() else text.lower(), known)
        raise refuse(field.name, text, f"is none of its values{hint}: {', '.join(known)}") from None


def _read_code(field: Field, text: str) -> str:
    if field.name not in _SHAPES:
        return text
    pattern, to_case, advice = _SHAPES[field.name]
    code = to_case(text)
    if not pattern.fullmatch(code):
        raise refuse(field.name, text, f"is no code: {advice}")
    return code


def _read_name(field: Field, text: str) -> str:
    if not tokens(text):
        raise refuse(field.name, text, "has no letter or digit: give a name or an id, such as " + repr(field.example))
    return text


def _read_flag(field: Field, text: str) -> bool:
    try:
        return _FLAGS[text.lower()]
    except KeyError:
        raise refuse(field.name, text, "is neither 'yes' nor 'no'") from None


def _read_day(field: Field, text: str) -> str:
    found = _DAY.fullmatch(text)
    if not found:
        raise refuse(field.name, text, "is no date: give a day, month or year, such as 2025-11-04, 2025-11 or 2025")
    try:
        first_day(text)
    except ValueError:
        raise refuse(field.name, text, "is not in the calendar: give a day, month or year that is, such as 2025-11-04") from None
    return text


def _read_instant(field: Field, text: str) -> str:
    advice = "give a day or a time with its zone, such as 2026-01-01 or 2026-01-01T09:00:00+09:00"
    try:
        if _DAY.fullmatch(text):
            moment = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
        else:
            moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            hint = " ('+' is written %2B in an address)" if re.search(r":\d\d \d\d:\d\d$", text) else ""
            raise refuse(field.name, text, f"has no zone: add Z for UTC, or an offset such as +09:00{hint}")
        return plain_time(moment)
    except (ValueError, OverflowError):
        hint = ", with '+' written as %2B in an address" if re.search(r":\d\d \d\d:\d\d$", text) else ""
        raise refuse(field.name, text, f"is no time: {advice}{hint}") from None


def _read_number(field: Field, text: str) -> float:
    if text.startswith("-"):
        raise refuse(field.name, text, "is negative: give a number of 0 or more")
    if not _NUMBER.fullmatch(text) or not math.isfinite(number := float(text)):
        raise refuse(field.name, text, "is no number: write it such as 1500000, 1_500_000 or 1.5e6")
    if field.name == "score_min" and number > 1:
        raise refuse(field.name, text, "is no score: scores go from 0 to 1")
    return number


def _read_words(field: Field, text: str) -> str:
    if text.startswith("!"):
        raise refuse(field.name, text, "begins with '!': put '-' before each word that is to be excluded")
    try:
        parse_words(text)
    except ValueError as error:
        raise refuse(field.name, text, f"cannot be searched for: {error}") from None
    return text


_READERS: dict[FieldKind, Callable[[Field, str], str | float | bool]] = {
    FieldKind.CHOICE: _read_choice,
    FieldKind.CODE: _read_code,
    FieldKind.NAME: _read_name,
    FieldKind.FLAG: _read_flag,
    FieldKind.DAY: _read_day,
    FieldKind.INSTANT: _read_instant,
    FieldKind.NUMBER: _read_number,
    FieldKind.TEXT: _read_words,
}
