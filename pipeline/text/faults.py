"""Faults of files that people write: each with its line, worded in the terms of the file, and all told at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pydantic_core import ErrorDetails

from pipeline.errors import ConfigurationError

__all__ = ["Fault", "did_you_mean", "explain_error", "report_faults", "shorten", "word_missing"]

_LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong on one line of a file; `line` counts from 1."""

    line: int
    message: str


def report_faults(path: Path, faults: Iterable[Fault]) -> ConfigurationError:
    """Return one error for all faults of a file, each on a line of its own, in the order of the file; the caller raises it."""
    return ConfigurationError("\n".join(f"{path}:{fault.line}: {fault.message}" for fault in sorted(set(faults))))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question that names up to three close ones among the known; "" where none is close."""
    close = get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f" (did you mean {' or '.join(repr(match) for match in close)}?)" if close else ""


def explain_error(details: ErrorDetails, *, name: str, known: Sequence[str]) -> str:
    """Word an error that pydantic found in the mapping called `name`, whose keys are to be of the `known`."""
    place = [str(part) for part in details["loc"] if part != "[key]"]
    if details["type"] in {"extra_forbidden", "missing"}:
        key, owner = place[-1], _join_name(name, place[:-1])
        if details["type"] == "missing":
            return owner + word_missing([key])
        return f"{owner}unknown key {key!r}{did_you_mean(key, known) if len(place) == 1 else ''}"
    message, given = details["msg"].removeprefix("Value error, "), details["input"]
    hint = (
        " (put the value in quotes)"
        if details["type"] == "string_type" and given is not None and not isinstance(given, dict | list)
        else ""
    )
    shown = "" if not place or repr(given) in message else f", not {shorten(repr(given))}"
    return f"{_join_name(name, place)}{message[:1].lower()}{message[1:]}{shown}{hint}"


def word_missing(keys: Sequence[str]) -> str:
    """Say that keys are missing."""
    quoted = ", ".join(repr(key) for key in keys)
    return f"the key {quoted} is missing" if len(keys) == 1 else f"the keys {quoted} are missing"


def shorten(shown: str) -> str:
    """Cut a value that would make a message unreadable."""
    return shown if len(shown) <= _LONGEST_SHOWN else shown[: _LONGEST_SHOWN - 1] + "…"


def _join_name(name: str, place: Sequence[str]) -> str:
    joined = ".".join([name, *place] if name else place)
    return joined and joined + ": "
