"""Parameters of addresses: declared once, for reading them and for the OpenAPI description. The fields of the filter are those of `FIELDS`.

Values are decoded strictly: an address that is not UTF-8 is refused before it comes here (`pipeline.web.app.Guard`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar, get_args
from urllib.parse import parse_qsl

from starlette.requests import Request

from models.filters import DEFAULT_LIMIT, FIELDS, MOST_ON_A_PAGE, EntityFilter, EventFilter, Field, FieldKind, Page, Sort
from models.vocabulary import Label
from pipeline.publish import FORMATS
from pipeline.query import PAGE_FIELDS, Period, parse_filter, parse_page
from pipeline.query.values import MOST_CHARACTERS, check_text, read_value, refuse
from pipeline.store.facets import TERM_FIELDS
from pipeline.text.faults import did_you_mean, shorten
from pipeline.web.errors import ErrorCode, RequestError

__all__ = [
    "AFTER",
    "BOM",
    "BY",
    "CHANGES_LIMIT",
    "CURSOR",
    "DEFAULT_BY",
    "DEFAULT_MOST",
    "ENTITIES_LIMIT",
    "FACET",
    "FILTER",
    "FORMAT",
    "LABEL",
    "LIMIT",
    "LISTED",
    "MOST",
    "MOST_CHANGES",
    "NAME",
    "OFFICIALS",
    "PAGING",
    "SINCE",
    "SORT",
    "Asked",
    "Parameter",
    "Parameters",
]

T = TypeVar("T")

_TEXT = {"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS}
MOST_CHANGES = 1_000
DEFAULT_MOST = 10
DEFAULT_BY: Period = "month"
_MOST_VALUES = 100


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: how OpenAPI describes it, and what reads a value of it or raises QueryError."""

    name: str
    help: str
    schema: Mapping[str, Any]
    example: object
    read: Callable[[str], Any]
    repeats: bool = False

    @property
    def openapi(self) -> dict[str, Any]:
        """The parameter as OpenAPI has it."""
        described = {"name": self.name, "in": "query", "required": False, "description": self.help}
        example = {} if self.example is None else {"example": [self.example] if self.repeats else self.example}
        if self.repeats:
            schema = {"type": "array", "items": dict(self.schema), "minItems": 1, "maxItems": _MOST_VALUES}
            return described | example | {"style": "form", "explode": True, "schema": schema}
        return described | example | {"schema": dict(self.schema)}


class Asked:
    """The parameters of one request, all of them known."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._pairs = pairs

    def filter(self, *more: tuple[str, str]) -> EventFilter:
        """Return the filter, with pairs that the path stands for. Raises QueryError."""
        return parse_filter([*(pair for pair in self._pairs if pair[0] in _FILTER_NAMES), *more])

    def page(self) -> Page:
        """Return sort, limit and cursor. Raises QueryError."""
        return parse_page(pair for pair in self._pairs if pair[0] in PAGE_FIELDS)

    def entities(self, *, limit: int) -> EntityFilter:
        """Return the filter of entities, for a page of so many where the request says nothing of that. Raises QueryError."""
        return EntityFilter(
            labels=tuple(Label(label) for label in self.all(LABEL)),
            name=self.one(NAME, None),
            listed=self.one(LISTED, default=False),
            officials=self.one(OFFICIALS, default=False),
            limit=self.one(ENTITIES_LIMIT, limit),
            cursor=self.one(CURSOR, None),
        )

    def given(self, parameter: Parameter) -> str | None:
        """Return the first value of a parameter, as it was given; None where it is not."""
        return next((value for name, value in self._pairs if name == parameter.name), None)

    def without(self, parameter: Parameter) -> list[tuple[str, str]]:
        """Return the parameters as they were given, but for one."""
        return [pair for pair in self._pairs if pair[0] != parameter.name]

    def all(self, parameter: Parameter) -> list[Any]:
        """Return every value of a parameter, each once. Raises QueryError."""
        values = [parameter.read(check_text(name, value)) for name, value in self._pairs if name == parameter.name]
        return list(dict.fromkeys(values))

    def one(self, parameter: Parameter, default: T) -> T:
        """Return the value of a parameter that is given once at most. Raises QueryError."""
        given = [value for name, value in self._pairs if name == parameter.name]
        if len(given) > 1:
            raise refuse(parameter.name, given[1], "is a second value: give one")
        return self.all(parameter)[0] if given else default


class Parameters:
    """The parameters of one address; it knows no others."""

    def __init__(self, *parameters: Parameter) -> None:
        self._parameters = parameters
        self._names = [parameter.name for parameter in parameters]

    @property
    def openapi(self) -> dict[str, Any]:
        """What the description of the address gets."""
        return {"parameters": [parameter.openapi for parameter in self._parameters]}

    def read(self, request: Request) -> Asked:
        """Return the parameters of a request. Raises RequestError for an unknown one."""
        pairs = parse_qsl(request.scope["query_string"].decode(), keep_blank_values=True, errors="strict")
        for name, value in pairs:
            if name not in self._names:
                raise self._unknown(name, value)
        return Asked(pairs)

    def _unknown(self, name: str, value: str) -> RequestError:
        shown = shorten(repr(name))
        known = f"there are {', '.join(self._names)}" if self._names else "this address takes none"
        message = f"{shown} is no parameter of this address{did_you_mean(name[:64], self._names)}: {known}"
        return RequestError(ErrorCode.UNKNOWN_PARAMETER, message, field=name[:64], value=value)


def _of_field(field: Field) -> Parameter:
    """Return a field as a parameter; the filter takes "!" before values of fields that repeat."""
    schema, example = _schema_of(field), field.example
    return Parameter(
        field.name, field.help, schema, float(example) if field.kind is FieldKind.NUMBER else example, _reader(field), field.kind.repeats
    )


def _reader(field: Field) -> Callable[[str], Any]:
    return lambda text: read_value(field, text)


def _schema_of(field: Field) -> dict[str, Any]:
    if field.kind is FieldKind.CHOICE:
        values = [choice.value for choice in field.choices]
        return {"type": "string", "enum": [*values, *(f"!{value}" for value in values)]}
    if field.kind is FieldKind.FLAG:
        return {"type": "string", "enum": ["yes", "no"]}
    if field.kind is FieldKind.NUMBER:
        return {"type": "number", "minimum": 0}
    return _TEXT | ({"pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"} if field.kind is FieldKind.DAY else {})


def _choice(name: str, words: str, values: Sequence[str], *, repeats: bool = False) -> Parameter:
    def read(text: str) -> str:
        if text not in values:
            raise refuse(name, text, f"is none of its values{did_you_mean(text, values)}: {', '.join(values)}")
        return text

    return Parameter(name, words, {"type": "string", "enum": list(values)}, values[0], read, repeats)


def _flag(name: str, words: str) -> Parameter:
    return _of_field(Field(name, FieldKind.FLAG, words, "yes"))


def _whole(name: str, words: str, *, least: int, most: int, default: int) -> Parameter:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > len(str(most)) or not least <= int(text) <= most:
            raise refuse(name, text, f"is no whole number from {least} to {most}")
        return int(text)

    schema = {"type": "integer", "minimum": least, "maximum": most, "default": default}
    return Parameter(name, words, schema, default, read)


FILTER = tuple(_of_field(field) for field in FIELDS)
_FILTER_NAMES = {parameter.name for parameter in FILTER}

SORT = _choice("sort", " ".join(("Order.", *(f"{sort.value}: {sort.definition}" for sort in Sort))), [sort.value for sort in Sort])
LIMIT = _whole("limit", "Events on the page.", least=1, most=MOST_ON_A_PAGE, default=DEFAULT_LIMIT)
CURSOR = Parameter("cursor", "`next` of the page before, with its other parameters: see `next_url`.", _TEXT, None, str)
PAGING = (SORT, LIMIT, CURSOR)
"""Of addresses that answer in pages."""

_FORMS = (f"{name}: {form.about}" for name, form in FORMATS.items())
FORMAT = _choice("format", " ".join(("json: One page. All others: everything that is found, as a file.", *_FORMS)), ["json", *FORMATS])
BOM = _flag("bom", "Begin CSV with a byte order mark, which Excel needs to read Korean.")
FACET = _choice("facet", "Field to count.", TERM_FIELDS, repeats=True)
MOST = _whole("most", "Values of each field.", least=1, most=_MOST_VALUES, default=DEFAULT_MOST)
BY = _choice("by", f"Length of the periods; {DEFAULT_BY} where nothing is given.", get_args(Period))
LABEL = _choice("label", "Kind of name.", [label.value for label in Label], repeats=True)
NAME = Parameter("name", "Words of a name in any spelling, or id.", _TEXT, "Kim", str)
LISTED = _flag("listed", "Only those matched to a sanctions list.")
OFFICIALS = _flag("officials", "Only officials.")
ENTITIES_LIMIT = replace(LIMIT, help="Entities on the page.")
SINCE = _of_field(Field("since", FieldKind.INSTANT, "Written since then: a day, or a time with its zone.", "2026-01-01T00:00:00Z"))
AFTER = _whole("after", "`after` of the answer before: only later lines.", least=0, most=2**53, default=0)
CHANGES_LIMIT = _whole("limit", "Lines in the answer.", least=1, most=MOST_CHANGES, default=MOST_CHANGES)
