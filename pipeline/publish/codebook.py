"""The codebook: what every field, code and column means, written from where it is declared, so that it cannot say otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from models.filters import FIELDS, Field, FieldKind, Sort
from models.findings import AmountFound, ArticleFound, EventFound, ListMatch, PartyFound, PlaceFound, QuantityFound
from models.merging import ChangeKind
from models.ontology import SUBTYPES, codes_for
from models.vocabulary import (
    AmountRole,
    ArgumentRole,
    AttributionKind,
    Bound,
    DefinedEnum,
    EventType,
    FeedKind,
    Genericity,
    Label,
    Modality,
    Precision,
    QuantityRole,
    ReviewStatus,
)
from pipeline.publish.records import TYPE_WORDS, describe_fields, record_name, record_summary, type_words
from pipeline.publish.tables import TABLES, Column
from pipeline.query import FLAT_TYPES

__all__ = ["FLAT_TEXTS", "VOCABULARIES", "Vocabulary", "make_codebook"]

FLAT_TEXTS: dict[str, str] = {
    "event_id": "Stable id of the event.",
    "actors": "Who does it, by name.",
    "actor_ids": "Those of them that are entities.",
    "actor_countries": "ISO 3166 codes of their countries.",
    "targets": "To whom or against whom, by name.",
    "target_ids": "Those of them that are entities.",
    "target_countries": "ISO 3166 codes of their countries.",
    "sanctioned_ids": "Entries of sanctions lists that actors and targets are matched to; the machine's word until an editor accepts it.",
    "programs": "Sanctions programmes of these entries.",
    "place": "Where, by name.",
    "place_id": "Entity of the place.",
    "latitude": "Degrees north of the place.",
    "longitude": "Degrees east of the place.",
    "speaker": "According to whom, by name.",
    "speaker_id": "Entity of the speaker.",
    "attribution_kind": "How the claim is attributed.",
    "amount_value": "The largest amount, in units of its currency.",
    "amount_currency": "Its ISO 4217 or crypto code.",
    "amount_bound": "exact, approx, at_least, at_most.",
    "amount_role": "What it is in the event: stolen, laundered, seized, …",
    "amount_usd": "Largest of all amounts in US dollars.",
    "usd_basis": "Where the dollars come from: stated in the text, or an exchange rate.",
    "quantities": "Countings and measures: role and text.",
    "trigger_text": "Word that tells it, in the passage shown.",
    "publishers": "Publishers of the articles that tell it.",
    "source_kinds": "Kinds of these sources.",
    "published_at": "First publication of all, UTC.",
    "url": "Address of the article whose passage is shown.",
    "title": "Headline of that article.",
    "lang": "Language of that article.",
    "article_id": "Id of that article.",
    "version": "Version of that article that the evidence stands in.",
    "merged_ids": "Ids of other events for which it stands.",
}
"""What the flat columns mean that are no field of the event of the same name."""

_RECORDS = (PartyFound, ListMatch, PlaceFound, AmountFound, QuantityFound, ArticleFound)
_FLAT_WORDS = {**TYPE_WORDS, bool: "yes or no"}

Vocabulary: TypeAlias = tuple[str, str, type[DefinedEnum]]
"""Title of a closed list of values, what it is of, and the values."""

VOCABULARIES: tuple[Vocabulary, ...] = (
    ("Modality", "`modality`: what is said of the event.", Modality),
    ("Genericity", "`genericity`.", Genericity),
    ("Precision of dates", "`date_precision`.", Precision),
    ("Attribution", "`attribution`: how the claim is attributed.", AttributionKind),
    ("Review status", "`status`.", ReviewStatus),
    ("Roles", "Who takes part, and how.", ArgumentRole),
    ("Kinds of named mention", "`label`.", Label),
    ("Roles of amounts", "`role` of an amount.", AmountRole),
    ("Roles of quantities", "`role` of a quantity.", QuantityRole),
    ("Bounds", "`bound` of an amount or quantity.", Bound),
    ("Kinds of source", "`source_kind`.", FeedKind),
    ("Changes", "`kind` of a line of the change feed.", ChangeKind),
    ("Order", "`sort` of a query.", Sort),
)
"""What the fields of an event and of a query may be, but for the types of events, which have codes of other ontologies beside them."""


def make_codebook() -> str:
    """Return the codebook in Markdown."""
    parts = (_introduction(), _records(), _flat(), _types(), _vocabularies(), _filter(), _tables())
    return "\n".join(line for part in parts for line in part) + "\n"


def _introduction() -> Iterator[str]:
    yield "# Codebook"
    yield ""
    yield "What every field, code and column means. `peninsula codebook` writes this page from where they are declared."


def _records() -> Iterator[str]:
    yield from (
        "",
        "## The event",
        "",
        "One event, with what all articles say of it: the JSON of the REST interface, of JSON Lines and of Parquet.",
        "",
    )
    yield from _fields(EventFound)
    for record in _RECORDS:
        yield from ("", f"### {record_name(record)}", "", record_summary(record), "")
        yield from _fields(record)


def _fields(record: type) -> Iterator[str]:
    rows = ((f"`{field.name}`", type_words(field, _link), field.text) for field in describe_fields(record))
    return _table(("field", "type", "meaning"), rows)


def _link(record: type) -> str:
    name = record_name(record)
    return f"[{name}](#{name.lower()})"


def _flat() -> Iterator[str]:
    yield from (
        "",
        "## Flat columns",
        "",
        'One row per event, as CSV, data frames and tables have it. Several values are joined by " | ".',
        "",
    )
    own = {field.name: field.text for field in describe_fields(EventFound)}
    yield from _table(
        ("column", "type", "meaning"),
        ((f"`{name}`", _FLAT_WORDS[kind], FLAT_TEXTS.get(name) or own[name]) for name, kind in FLAT_TYPES.items()),
    )


def _types() -> Iterator[str]:
    yield from ("", "## Types", "")
    yield "Codes of PLOVER and CAMEO stand beside our own types, for comparison with other data sets; a dash means that the ontology has none."
    for kind in EventType:
        yield from ("", f"### {kind.value}", "", kind.definition, "")
        subtypes = [None, *sorted(SUBTYPES[kind])]
        yield from _table(("subtype", "PLOVER", "contexts", "CAMEO", "quad class"), (_code_row(kind, subtype) for subtype in subtypes))
    yield from ("", "A planned MEETING has the CAMEO code of an intended one, 036, whatever its subtype.")


def _code_row(kind: EventType, subtype: str | None) -> tuple[str, ...]:
    codes = codes_for(kind, subtype, Modality.ASSERTED)
    return (
        f"`{subtype}`" if subtype else "none",
        codes.plover or "–",
        ", ".join(codes.contexts) or "–",
        codes.cameo or "–",
        codes.quad or "–",
    )


def _vocabularies() -> Iterator[str]:
    yield from ("", "## Codes")
    for title, about, vocabulary in VOCABULARIES:
        yield from ("", f"### {title}", "", about, "")
        yield from _table(("code", "meaning"), ((f"`{member.value}`", member.definition) for member in vocabulary))


def _filter() -> Iterator[str]:
    yield from ("", "## Filter", "")
    yield "Fields of a query, the same in every interface. A field given twice means either value, different fields mean all of them, `!` before a value excludes it."
    yield ""
    yield from _table(("field", "values", "example", "meaning"), map(_filter_row, FIELDS))


def _filter_row(field: Field) -> tuple[str, str, str, str]:
    values = {
        FieldKind.CHOICE: "codes above",
        FieldKind.CODE: "a code",
        FieldKind.NAME: "an id, or words of a name",
        FieldKind.FLAG: "yes, no",
        FieldKind.DAY: "day, month or year",
        FieldKind.INSTANT: "day, or time with zone",
        FieldKind.NUMBER: "number, 0 or more",
        FieldKind.TEXT: "words",
    }
    return f"`{field.name}`", values[field.kind] + (", repeated" if field.kind.repeats else ""), f"`{field.example}`", field.help


def _tables() -> Iterator[str]:
    yield from (
        "",
        "## Tables of a snapshot",
        "",
        'In SQLite and Parquet alike. Lists are texts with " | " between their values; in SQLite times are texts in ISO 8601.',
    )
    for table in TABLES.values():
        yield from ("", f"### Table {table.name}", "", f"{table.text} Key: {', '.join(f'`{name}`' for name in table.key)}.", "")
        yield from _table(("column", "type", "meaning"), map(_column_row, table.columns))


def _column_row(column: Column) -> tuple[str, str, str]:
    refers = " Refers to `{}.{}`.".format(*column.refers) if column.refers else ""
    return f"`{column.name}`", column.kind.value + (" or null" if column.optional else ""), column.text + refers


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for row in (header, ("---",) * len(header), *rows):
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |"
