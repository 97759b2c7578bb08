"""What every field and value means, as the interface tells it: gathered from where each is defined."""

from __future__ import annotations

from models import vocabulary
from models.filters import FIELDS
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
    PlaceCount,
    PlaceFound,
    QuantityFound,
    SourceFound,
    Timeline,
    TimePoint,
)
from models.vocabulary import DefinedEnum
from pipeline.publish.codebook import VOCABULARIES
from pipeline.publish.records import describe_fields, record_name, record_summary, type_words
from pipeline.web.errors import ErrorCode
from pipeline.web.schemas import CodebookAnswer, FieldDefined, FilterField, RecordDefined, ValueDefined, VocabularyDefined

__all__ = ["CODEBOOK"]

_RECORDS = (
    *(EventFound, PartyFound, ListMatch, PlaceFound, AmountFound, QuantityFound, ArticleFound, Passage),
    *(EntityFound, CoActor, SourceFound, Facet, FacetValue, TimePoint, Timeline, PlaceCount),
)

_VOCABULARIES: tuple[type[DefinedEnum], ...] = (
    vocabulary.EventType,
    *(values for _, _, values in VOCABULARIES),
    *(vocabulary.LinkStatus, vocabulary.BodyStatus, ErrorCode),
)


def _define_values(values: tuple[DefinedEnum, ...]) -> tuple[ValueDefined, ...]:
    return tuple(ValueDefined(value.value, value.definition) for value in values)


def _define_filter() -> tuple[FilterField, ...]:
    return tuple(
        FilterField(field.name, field.kind.value, field.kind.repeats, field.help, field.example, _define_values(field.choices))
        for field in FIELDS
    )


def _define_record(record: type) -> RecordDefined:
    defined = tuple(FieldDefined(field.name, type_words(field), field.text) for field in describe_fields(record))
    return RecordDefined(record_name(record), record_summary(record), defined)


def _define_vocabulary(values: type[DefinedEnum]) -> VocabularyDefined:
    return VocabularyDefined(values.__name__, record_summary(values), _define_values(tuple(values)))


CODEBOOK = CodebookAnswer(
    _define_filter(),
    tuple(_define_record(record) for record in _RECORDS),
    tuple(_define_vocabulary(values) for values in _VOCABULARIES),
)
"""The same for every database."""
