"""What every field and value means, as the interface tells it: gathered from where each is defined."""

from __future__ import annotations

from dataclasses import is_dataclass
from datetime import datetime
from types import NoneType
from typing import Any, get_args, get_origin

from models import vocabulary
from models.filters import FIELDS, Sort
from models.findings import (
    AmountFound,
    ArticleFound,
    CoActor,
    EntityFound,
    EventFound,
    Facet,
    FacetValue,
    ListMatch,
    PartyFound,
    Passage,
    PlaceFound,
    QuantityFound,
    SourceFound,
    TimePoint,
)
from models.vocabulary import DefinedEnum
from pipeline.publish.records import describe_fields
from pipeline.web.errors import ErrorCode
from pipeline.web.schemas import (
    CodebookAnswer,
    FieldDefined,
    FilterField,
    RecordDefined,
    ValueDefined,
    VocabularyDefined,
    record_name,
    record_summary,
)

__all__ = ["CODEBOOK"]

_RECORDS = (
    *(EventFound, PartyFound, ListMatch, PlaceFound, AmountFound, QuantityFound, ArticleFound, Passage),
    *(EntityFound, CoActor, SourceFound, Facet, FacetValue, TimePoint),
)

_VOCABULARIES: tuple[type[DefinedEnum], ...] = (
    *(vocabulary.EventType, vocabulary.Modality, vocabulary.Genericity, vocabulary.Precision, vocabulary.AttributionKind),
    *(vocabulary.ArgumentRole, vocabulary.AmountRole, vocabulary.QuantityRole, vocabulary.Bound, vocabulary.Label),
    *(vocabulary.ReviewStatus, vocabulary.LinkStatus, vocabulary.FeedKind, vocabulary.BodyStatus, Sort, ErrorCode),
)

_WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false", datetime: "time in UTC, ISO 8601", NoneType: "null"}


def _define_values(values: tuple[DefinedEnum, ...]) -> tuple[ValueDefined, ...]:
    return tuple(ValueDefined(value.value, value.definition) for value in values)


def _define_filter() -> tuple[FilterField, ...]:
    return tuple(
        FilterField(field.name, field.kind.value, field.kind.repeats, field.help, field.example, _define_values(field.choices))
        for field in FIELDS
    )


def _define_record(record: type) -> RecordDefined:
    described = describe_fields(record)
    defined = tuple(FieldDefined(field.name, _word(field.kind) + (" or null" if field.optional else ""), field.text) for field in described)
    return RecordDefined(record_name(record), record_summary(record), defined)


def _word(kind: Any) -> str:  # noqa: ANN401 - a type, whatever form it has
    """Return a type in words."""
    origin, given = get_origin(kind), get_args(kind)
    if origin is tuple and given[-1] is Ellipsis:
        return f"list of {_word(given[0])}"
    if origin is tuple:
        return f"[{', '.join(_word(one) for one in given)}]"
    if origin is dict:
        return f"object from {_word(given[0])} to {_word(given[1])}"
    if origin is not None:
        return " or ".join(_word(one) for one in given)
    return record_name(kind) if is_dataclass(kind) and isinstance(kind, type) else _WORDS[kind]


def _define_vocabulary(values: type[DefinedEnum]) -> VocabularyDefined:
    return VocabularyDefined(values.__name__, record_summary(values), _define_values(tuple(values)))


CODEBOOK = CodebookAnswer(
    _define_filter(),
    tuple(_define_record(record) for record in _RECORDS),
    tuple(_define_vocabulary(values) for values in _VOCABULARIES),
)
"""The same for every database."""
