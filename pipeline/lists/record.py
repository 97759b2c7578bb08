"""One entry of a sanctions list in the one form that all readers give, and that form as JSON, one object a line.

Readers make `ListedRecord`s of published files; `to_json` writes the lines of `data/kb/lists/*.jsonl`, which the knowledge base reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from pipeline.errors import ListError

__all__ = ["SCHEMAS", "Fault", "Identifier", "ListRead", "ListedAlias", "ListedRecord", "from_json", "to_json"]

SCHEMAS = frozenset(["Person", "Company", "Organization", "Agency", "Vessel", "Airplane"])
"""What an entry can be. "Agency" is a body of a state; "Organization" is every other body that is no company."""
_QUALITIES = frozenset(["strong", "weak"])
_KINDS = frozenset(["aka", "fka", "nka", ""])

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class ListedAlias:
    """Another name of an entry.

    `quality` is "weak" where the list says that the name alone identifies nobody, else "strong". `kind` is "aka", "fka" (former name),
    "nka" (present name) or "" where the list does not say, as for names in other scripts.
    """

    name: str
    quality: str = "strong"
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number or address that belongs to the entry alone or nearly so.

    `kind` is imo, mmsi, passport, national_id, tax, swift, wallet, website, email or phone; `asset` is the list's code of the currency
    of a wallet ("XBT", "ETH"), and empty for everything else.
    """

    kind: str
    value: str
    asset: str = ""


@dataclass(frozen=True, slots=True)
class ListedRecord:
    """One entry of one list.

    - `source_id` is the list's own id; None where the list gives none. It is never made up.
    - `schema` is one of SCHEMAS.
    - `country` is the ISO 3166 code of the nationality, flag or only seat; None where the list names none or several.
    - `nationalities` (of a ship: its flag), `addresses` (countries of the addresses) and `countries` (all of them, sorted) are names as
      the list writes them.
    - `birth_dates` are ISO days, months ("1950-11") or years; `birth_dates_inexact` are those that the list gives as "circa 1953" or
      "1944 to 1945", as written.
    - `linked_to` are names of entries as the list writes them; `same_as` are entries of other lists, as `source:source_id`.
    - `delisted_on` is None where the day is unknown or the entry is listed still.
    - `reason` says why the entry concerns the DPRK; None where that was not asked or it does not.
    - `snapshot` is the ISO day of the list that the record was read from; None where the file does not tell and nobody said.
    """

    source: str
    source_id: str | None
    schema: str
    name: str
    aliases: tuple[ListedAlias, ...] = ()
    country: str | None = None
    countries: tuple[str, ...] = ()
    nationalities: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    birth_dates: tuple[str, ...] = ()
    birth_dates_inexact: tuple[str, ...] = ()
    birth_place: str | None = None
    listed_on: date | None = None
    title: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    linked_to: tuple[str, ...] = ()
    same_as: tuple[str, ...] = ()
    delisted: bool = False
    delisted_on: date | None = None
    remarks: str | None = None
    reason: str | None = None
    snapshot: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a list that can be read all the same. `place` is a line of the file or the id of an entry."""

    path: Path
    place: int | str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.place}: {self.message}"


@dataclass(frozen=True, slots=True)
class ListRead:
    """What was read of one list. `published` is the day that the list itself gives; None where it gives none."""

    records: tuple[ListedRecord, ...]
    published: date | None = None
    faults: tuple[Fault, ...] = ()


def to_json(record: ListedRecord) -> dict[str, object]:
    """Return the record as an object for `json.dumps`; `from_json` gives it back unchanged."""
    return {
        "source": record.source,
        "source_id": record.source_id,
        "schema": record.schema,
        "name": record.name,
        "aliases": [{"name": alias.name, "quality": alias.quality, "kind": alias.kind} for alias in record.aliases],
        "country": record.country,
        "countries": list(record.countries),
        "nationalities": list(record.nationalities),
        "addresses": list(record.addresses),
        "programs": list(record.programs),
        "birth_dates": list(record.birth_dates),
        "birth_dates_inexact": list(record.birth_dates_inexact),
        "birth_place": record.birth_place,
        "listed_on": _write_day(record.listed_on),
        "title": record.title,
        "identifiers": [[each.kind, each.value, *([each.asset] if each.asset else [])] for each in record.identifiers],
        "linked_to": list(record.linked_to),
        "same_as": list(record.same_as),
        "delisted": record.delisted,
        "delisted_on": _write_day(record.delisted_on),
        "remarks": record.remarks,
        "reason": record.reason,
        "snapshot": record.snapshot,
    }


def from_json(item: Mapping[str, object]) -> ListedRecord:
    """Read an object of `to_json`, or one of the older form, which lacks the later fields. Unknown keys are passed over.

    Raises ListError that names the field where one is missing or not what it must be.
    """
    return ListedRecord(
        source=_required(item, "source", _read_text),
        source_id=_optional(item, "source_id", _read_text),
        schema=_required(item, "schema", lambda value: _read_word(value, SCHEMAS)),
        name=_required(item, "name", _read_text),
        aliases=_many(item, "aliases", _read_alias),
        country=_optional(item, "country", _read_text),
        countries=_many(item, "countries", _read_text),
        nationalities=_many(item, "nationalities", _read_text),
        addresses=_many(item, "addresses", _read_text),
        programs=_many(item, "programs", _read_text),
        birth_dates=_many(item, "birth_dates", _read_text),
        birth_dates_inexact=_many(item, "birth_dates_inexact", _read_text),
        birth_place=_optional(item, "birth_place", _read_text),
        listed_on=_optional(item, "listed_on", _read_day),
        title=_optional(item, "title", _read_text),
        identifiers=_many(item, "identifiers", _read_identifier),
        linked_to=_many(item, "linked_to", _read_text),
        same_as=_many(item, "same_as", _read_text),
        delisted=_required(item, "delisted", _read_flag),
        delisted_on=_optional(item, "delisted_on", _read_day),
        remarks=_optional(item, "remarks", _read_text),
        reason=_optional(item, "reason", _read_text),
        snapshot=_optional(item, "snapshot", _read_text),
    )


def _write_day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _required(item: Mapping[str, object], field: str, read: Callable[[object], Value]) -> Value:
    if field not in item:
        raise ListError(f"field {field!r} is missing")
    try:
        return read(item[field])
    except ValueError as error:
        raise ListError(f"field {field!r}: {error}") from error


def _optional(item: Mapping[str, object], field: str, read: Callable[[object], Value]) -> Value | None:
    return None if item.get(field) is None else _required(item, field, read)


def _many(item: Mapping[str, object], field: str, read: Callable[[object], Value]) -> tuple[Value, ...]:
    values = item.get(field, [])
    if not isinstance(values, list):
        raise ListError(f"field {field!r}: a list is expected, not {values!r}")
    return tuple(_required({field: value}, field, read) for value in values)


def _read_text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"a text is expected, not {value!r}")
    return value


def _read_word(value: object, known: frozenset[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{value!r} is none of {', '.join(repr(word) for word in sorted(known))}")
    return value


def _read_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"true or false is expected, not {value!r}")
    return value


def _read_day(value: object) -> date:
    return date.fromisoformat(_read_text(value))


def _read_alias(value: object) -> ListedAlias:
    if not isinstance(value, Mapping):
        raise ValueError(f"an object with 'name' and 'quality' is expected, not {value!r}")
    quality, kind = value.get("quality"), value.get("kind", "")
    return ListedAlias(_read_text(value.get("name")), _read_word(quality, _QUALITIES), _read_word(kind, _KINDS))


def _read_identifier(value: object) -> Identifier:
    if not isinstance(value, list) or len(value) not in (2, 3):
        raise ValueError(f"[kind, value] or [kind, value, asset] is expected, not {value!r}")
    return Identifier(*(_read_text(part) for part in value))
