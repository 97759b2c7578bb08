"""Values of items as fields of a form, and back: people write a party or an amount as a line, numbers with commas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from models.review import Candidate, Item, ItemKind, Value, Verdict
from models.vocabulary import DefinedEnum
from pipeline.review.errors import DeskError
from pipeline.review.values import FIELDS, Field

__all__ = ["FIELD_PREFIX", "PLACE_PREFIX", "FormField", "chosen", "excepted_of", "form_fields", "read_value", "value_words"]

FIELD_PREFIX = "field."
PLACE_PREFIX = "place."
"""Before the id of each place that is ticked as an exception."""

_BETWEEN = " | "


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form: `look` is "line", "lines", "choice" or "flag"; `help` says how it is written."""

    name: str
    label: str
    help: str
    look: str
    text: str
    choices: tuple[DefinedEnum, ...] = ()
    optional: bool = False


def _write_party(value: Any) -> str:  # noqa: ANN401 - a party or None
    return "" if value is None else f"{value['name']}{_BETWEEN}{value['id']}" if value.get("id") else str(value["name"])


def _read_party(text: str) -> dict[str, str | None]:
    name, _, ident = text.partition(_BETWEEN.strip())
    return {"id": ident.strip() or None, "name": name.strip()}


def _write_amount(value: Any) -> str:  # noqa: ANN401 - an amount
    return f"{value['text']}{_BETWEEN}{value['role']}"


def _read_amount(text: str) -> dict[str, str]:
    words, bar, role = text.rpartition(_BETWEEN.strip())
    if not bar:
        raise DeskError(
            f"amounts: {text[:80]!r} has no role: write the words of the text, a bar, and what it is, as in 12 million dollars | stolen"
        )
    return {"text": words.strip(), "role": role.strip()}


def _read_lines(read: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: [read(line) for line in text.splitlines() if line.strip()]


def _write_lines(write: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda values: "\n".join(write(value) for value in values or ())


def _read_number(text: str) -> float:
    try:
        return float(text.replace(",", "").replace("_", ""))
    except ValueError:
        raise DeskError(f"{text[:80]!r} is no number") from None


def _write_number(value: Any) -> str:  # noqa: ANN401 - a number or None
    return "" if value is None else f"{value:,.12g}"


def _plain(value: Any) -> str:  # noqa: ANN401 - a text or None
    return "" if value is None else str(value)


_PARTY_HELP = "Name, a bar, and the id of the entity where it is known."
_SPECIAL: Mapping[str, tuple[str, Callable[[Any], str], Callable[[str], Any], str]] = {
    "actors": ("lines", _write_lines(_write_party), _read_lines(_read_party), f"One a line. {_PARTY_HELP}"),
    "targets": ("lines", _write_lines(_write_party), _read_lines(_read_party), f"One a line. {_PARTY_HELP}"),
    "place": ("line", _write_party, _read_party, _PARTY_HELP),
    "speaker": ("line", _write_party, _read_party, _PARTY_HELP),
    "amounts": (
        "lines",
        _write_lines(_write_amount),
        _read_lines(_read_amount),
        "One a line: the words of the text, a bar, and what it is.",
    ),
    "background": ("flag", lambda value: "yes" if value else "no", lambda text: text == "yes", ""),
    "official": ("flag", lambda value: "yes" if value else "no", lambda text: text == "yes", ""),
    "value": ("line", _write_number, _read_number, ""),
    "value_max": ("line", _write_number, _read_number, ""),
    "usd": ("line", _write_number, _read_number, ""),
}
"""Fields that are no plain texts: their look, how a value is written and read, and what to say of that."""


def form_fields(kind: ItemKind, value: Value, typed: Mapping[str, str]) -> list[FormField]:
    """Return the fields of a kind of item, filled with its value, or with what was `typed` in a form that was not taken."""
    return [_form_field(field, value.get(field.name), typed.get(FIELD_PREFIX + field.name)) for field in FIELDS[kind]]


def _form_field(field: Field, value: object, typed: str | None) -> FormField:
    look, write, _, words = _SPECIAL.get(field.name, ("choice" if field.choices else "line", _plain, str, ""))
    label = field.name.replace("_", " ").capitalize()
    text = write(value) if typed is None else typed
    return FormField(field.name, label, f"{field.help} {words}".strip(), look, text, field.choices, field.optional)


def read_value(kind: ItemKind, value: Value, form: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a form that differ from `value`; what is empty is None.

    Raises DeskError for what cannot be read, and for a field that its kind has not.
    """
    known = [field.name for field in FIELDS[kind]]
    unknown = next((name for name in form if name.startswith(FIELD_PREFIX) and name.removeprefix(FIELD_PREFIX) not in known), None)
    if unknown is not None:
        raise DeskError(f"{kind} items have no field {unknown.removeprefix(FIELD_PREFIX)[:40]!r}: {', '.join(known)}")
    after: dict[str, Any] = {}
    for field in FIELDS[kind]:
        text = form.get(FIELD_PREFIX + field.name)
        _, write, read, _ = _SPECIAL.get(field.name, ("", _plain, str, ""))
        if text is None or _same(text, write(value.get(field.name))):
            continue
        is_list = isinstance(value.get(field.name), list | tuple) or field.name in {"actors", "targets", "amounts"}
        after[field.name] = read(text) if text.strip() or is_list else None
    return after


def _same(text: str, other: str) -> bool:
    return text.strip().replace("\r\n", "\n") == other.strip()


def chosen(item: Item, candidates: Iterable[Candidate], ident: str) -> tuple[Verdict, dict[str, Any]]:
    """Return the verdict and value that choosing a candidate means. Raises DeskError for one that was not offered."""
    candidate = next((one for one in candidates if one.id == ident), None)
    if candidate is None:
        raise DeskError(f"{ident[:80]!r} is no candidate of this item: look at it again")
    if item.kind is ItemKind.ENTITY:
        return Verdict.MERGE, {"into": candidate.id}
    if item.kind is ItemKind.LISTED:
        source = candidate.record.source if candidate.record is not None else candidate.id.partition(":")[0]
        return Verdict.EDIT, {"entry": candidate.id, "listed_name": candidate.name, "source": source}
    return Verdict.EDIT, {"entity": candidate.id, "name": candidate.name}


def excepted_of(form: Mapping[str, str]) -> tuple[str, ...]:
    """Return the rows that are ticked as exceptions."""
    return tuple(name.removeprefix(PLACE_PREFIX) for name in form if name.startswith(PLACE_PREFIX))


def value_words(value: Value) -> list[tuple[str, str]]:
    """Return what an item says, field by field, in words; what is empty is left out."""
    found = []
    for name, one in value.items():
        _, write, _, _ = _SPECIAL.get(name, ("", _plain, str, ""))
        text = write(one)
        if text and (name in _SPECIAL or not isinstance(one, dict | list)):
            found.append((name.replace("_", " "), text))
    return found
