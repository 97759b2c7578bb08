"""Curated tables to entities: places, bodies, organisations, persons, weapons, malware."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from models.knowledge import Alias, KnowledgeEntity, Post
from models.vocabulary import Label
from pipeline.kb.table import Row

__all__ = ["ENTITY_COLUMNS", "ENTITY_REQUIRED", "POST_COLUMNS", "POST_REQUIRED", "TABLES", "attach_posts", "make_entity"]

TABLES: Mapping[str, Label] = {
    "places.tsv": Label.PLACE,
    "agencies.tsv": Label.AGENCY,
    "organisations.tsv": Label.ORG,
    "persons.tsv": Label.PERSON,
    "weapons.tsv": Label.WEAPON,
    "malware.tsv": Label.MALWARE,
    "vessels.tsv": Label.VESSEL,
}
"""The curated tables and the label of everything in them."""

_ALIAS_COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("names_en", "en", "name"),
    ("acronyms_en", "en", "acronym"),
    ("short_en", "en", "short"),
    ("adjectives_en", "en", "adjective"),
    ("names_ko", "ko", "name"),
    ("acronyms_ko", "ko", "acronym"),
    ("short_ko", "ko", "short"),
    ("adjectives_ko", "ko", "adjective"),
)
ENTITY_COLUMNS = frozenset(
    ["id", "kind", "country", "name", "stands_for", "latitude", "longitude", "valid_from", "valid_to", "listings", "source"]
    + [column for column, _, _ in _ALIAS_COLUMNS]
)
ENTITY_REQUIRED = frozenset(["id", "name", "source"])
POST_COLUMNS = frozenset(["person", "role", "affiliation", "country", "start", "end", "source"])
POST_REQUIRED = frozenset(["person", "role", "affiliation", "source"])

_ID = re.compile(r"kb:[a-z0-9][a-z0-9.-]*")
_COUNTRY = re.compile(r"[A-Z]{2}")
_GOVERNMENT = "Government of "


def make_entity(row: Row, label: Label) -> KnowledgeEntity:
    """Make the entity of one row, without its listings and posts. The name itself is its first English alias."""
    identifier, country = row.required("id"), row.text("country")
    if not _ID.fullmatch(identifier):
        raise row.error(f"{identifier!r} is no id (kb: and lower-case letters, digits, dots, hyphens)")
    if country and not _COUNTRY.fullmatch(country):
        raise row.error(f"{country!r} is no country code of two capital letters")
    start, end = row.day("valid_from"), row.day("valid_to", last=True)
    _check_order(row, start, end)
    return KnowledgeEntity(
        id=identifier,
        label=label,
        name=row.required("name"),
        aliases=_read_aliases(row),
        country=country or None,
        kind=row.text("kind") or None,
        stands_for=row.text("stands_for") or None,
        latitude=row.number("latitude", limit=90),
        longitude=row.number("longitude", limit=180),
        valid_from=start,
        valid_to=end,
        source=row.required("source"),
    )


def _read_aliases(row: Row) -> tuple[Alias, ...]:
    found: dict[tuple[str, str], Alias] = {}
    name = row.required("name")
    if not name.endswith(")"):
        found[name, "en"] = Alias(name, "en", "name")
    for column, lang, kind in _ALIAS_COLUMNS:
        for text in row.many(column):
            if found.setdefault((text, lang), Alias(text, lang, kind)).kind != kind:
                raise row.error(f"alias {text!r} stands in two columns")
    return tuple(found.values())


def _check_order(row: Row, start: date | None, end: date | None) -> None:
    if start is not None and end is not None and start > end:
        raise row.error(f"it ends on {end}, before it begins on {start}")


def attach_posts(entities: dict[str, KnowledgeEntity], rows: Iterable[Row]) -> None:
    """Add to persons the posts of `rows`; unknown persons and affiliations raise ConfigurationError.

    An affiliation is the name of an agency or organisation of the tables, or "Government of …" for leaders.
    """
    bodies = {entity.name for entity in entities.values() if entity.label in (Label.AGENCY, Label.ORG)}
    for row in rows:
        person = entities.get(row.required("person"))
        if person is None or person.label is not Label.PERSON:
            raise row.error(f"unknown person {row.text('person')!r}")
        affiliation = row.required("affiliation")
        if affiliation not in bodies and not affiliation.startswith(_GOVERNMENT):
            raise row.error(f"unknown affiliation {affiliation!r}; add it to agencies.tsv or organisations.tsv")
        start, end = row.day("start"), row.day("end", last=True)
        _check_order(row, start, end)
        post = Post(row.required("role"), affiliation, row.text("country") or None, start, end)
        entities[person.id] = replace(person, posts=(*person.posts, post))
