"""The tables of this package: countries, programs, kinds of bodies and of documents, as the lists write them.

A table is a tab-separated file beside this module: one header row, lines that start with "#" are skipped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from pipeline.lists.record import Fault

__all__ = [
    "DPRK",
    "ProgramNames",
    "body_schema",
    "country_code",
    "document_kinds",
    "dprk_programs",
    "find_seat",
    "first_country",
    "fold",
    "identifier_phrases",
]

_FOLDER = Path(__file__).parent
_FALLBACK = "Organization"
DPRK = "KP"
"""ISO code of the country that all this is about."""


def fold(text: str) -> str:
    """Return the text without case, marks and doubled spaces, with one kind of apostrophe, for comparison with a table."""
    decomposed = unicodedata.normalize("NFKD", text.replace("’", "'").casefold())
    return " ".join("".join(char for char in decomposed if unicodedata.category(char) != "Mn").split())


def _rows(name: str) -> list[dict[str, str]]:
    lines = [line for line in (_FOLDER / name).read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    header = lines[0].split("\t")
    return [dict(zip(header, line.split("\t"), strict=True)) for line in lines[1:]]


@cache
def _countries() -> Mapping[str, str]:
    return {fold(name): row["iso"] for row in _rows("countries.tsv") for name in row["names"].split("|")}


def country_code(name: str) -> str | None:
    """Return the ISO code of a country as some list writes it ("Korea, North"); None for what is no single country or not known."""
    return _countries().get(fold(name))


def first_country(names: Iterable[str]) -> str | None:
    """Return the code of the first name that is a country's."""
    return next((code for name in names if (code := country_code(name))), None)


def find_seat(addresses: Iterable[str], *, for_dprk: bool) -> str | None:
    """Return the country of a body by its addresses: where there are several, the DPRK for what is listed for the DPRK, else none."""
    codes = {code for name in addresses if (code := country_code(name))}
    if len(codes) == 1:
        return codes.pop()
    return DPRK if for_dprk and DPRK in codes else None


@cache
def _programs(source: str) -> Mapping[str, str]:
    rows = [row for row in _rows("programs.tsv") if row["source"] == source]
    return {fold(written): row["program"] for row in rows for written in row["written"].split("|")}


@cache
def dprk_programs() -> frozenset[str]:
    """Return the programs, of any list, whose every entry concerns the DPRK."""
    return frozenset(row["program"] for row in _rows("programs.tsv") if row["dprk"])


@cache
def document_kinds() -> Mapping[str, str]:
    """Return the kind of identifier by the folded name of the kind of document."""
    return {fold(row["written"]): row["kind"] for row in _rows("documents.tsv")}


@cache
def identifier_phrases() -> tuple[tuple[str, str], ...]:
    """Return beginnings of phrases with the kind of identifier that follows, the longest first."""
    return tuple(sorted(((row["phrase"], row["kind"]) for row in _rows("phrases.tsv")), key=lambda pair: -len(pair[0])))


@cache
def _bodies() -> tuple[tuple[re.Pattern[str], str], ...]:
    words: dict[tuple[str, str], list[str]] = {}
    for row in _rows("bodies.tsv"):
        words.setdefault((row["rank"], row["schema"]), []).extend(re.escape(word) for word in row["words"].split("|"))
    return tuple((re.compile(rf"(?<!\w)(?:{'|'.join(found)})(?!\w)"), schema) for (_, schema), found in sorted(words.items()))


def body_schema(name: str) -> str:
    """Tell by its name whether a body is a "Company", an "Agency" (of a state) or another "Organization"."""
    capitals = name.upper()
    return next((schema for pattern, schema in _bodies() if pattern.search(capitals)), _FALLBACK)


class ProgramNames:
    """Turns what one list writes for a program into the program, and remembers what it does not know."""

    def __init__(self, source: str, path: Path) -> None:
        self._known = _programs(source)
        self._path = path
        self._unknown: dict[str, list[int | str]] = {}

    def read(self, written: Iterable[str], place: int | str) -> tuple[str, ...]:
        """Return the programs in their order; one that is not known is kept as it is written."""
        programs = []
        for name in written:
            known = self._known.get(fold(name))
            if known is None:
                self._unknown.setdefault(name, []).append(place)
            programs.append(known or name)
        return tuple(dict.fromkeys(programs))

    def faults(self) -> tuple[Fault, ...]:
        """Return one fault for each program that was not known, at its first entry."""
        return tuple(
            Fault(self._path, places[0], f"unknown program {name!r}{_count(len(places))}; kept as written")
            for name, places in self._unknown.items()
        )


def _count(entries: int) -> str:
    return f", here and in {entries - 1} more" if entries > 1 else ""
