"""The shipped facts, and the sanctions lists in their newest version, to one Knowledge.

Everything in the folder is small, so all of it is read at once; a wrong line stops the load, since a guess in the
facts would be repeated in every article.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from models.knowledge import Alias, Knowledge, KnowledgeEntity
from pipeline.errors import ConfigurationError
from pipeline.kb.facts import ENTITY_COLUMNS, ENTITY_REQUIRED, POST_COLUMNS, POST_REQUIRED, TABLES, attach_posts, make_entity
from pipeline.kb.in_force import MANIFEST, ListInForce, choose_lists
from pipeline.kb.join import attach_listings, group_records, make_listed_entity
from pipeline.kb.lists import ListRecord, ListSource, make_record, read_list, read_manifest
from pipeline.kb.table import Row, read_bytes, read_table
from pipeline.lists import rok
from pipeline.lists.sources import SOURCES_FILE

__all__ = ["load_knowledge"]

_SUFFIXES = {".tsv", ".yaml", ".jsonl"}
_POSTS = "posts.tsv"
_JOINS = "joins.tsv"
_DESIGNATIONS = Path("curated") / "rok_designations.yaml"
_JOIN_COLUMNS = frozenset(["first", "second", "source"])
_KOREAN_NAMES = "listed_names_ko.tsv"
_KOREAN_COLUMNS = frozenset(["entry", "names_ko", "source"])


def load_knowledge(kb_dir: Path, lists_dir: Path | None = None) -> Knowledge:
    """Read all tables and lists under `kb_dir` and join what is the same.

    Each table may be absent, but not all of them. Where `lists_dir` holds a fetched version of a list, the newer of that and the
    shipped one counts, never the older. The version is made of the content of every fact file in the folder and of the fetched
    lists that count, so that equal facts have equal versions wherever they lie. Raises ConfigurationError with file and line.
    """
    paths = sorted(path for path in kb_dir.rglob("*") if path.suffix in _SUFFIXES and path.is_file() and path.name != SOURCES_FILE)
    files = {path.relative_to(kb_dir): read_bytes(path) for path in paths}
    if not any(Path(name) in files for name in TABLES):
        raise ConfigurationError(f"no facts here: expected at least one of {', '.join(TABLES)}", path=kb_dir)
    entities, claims = _read_tables(kb_dir, files)
    shipped = read_manifest(kb_dir / MANIFEST, files[MANIFEST]) if MANIFEST in files else ()
    lists = choose_lists(shipped, lists_dir)
    entries = _read_entries(kb_dir, files, lists)
    designations = _read_designations(kb_dir, files, entries)
    _join_lists(entities, claims, entries, _read_joins(kb_dir, files), designations)
    _check_stands_for(kb_dir, entities)
    return Knowledge(
        version=_make_version(files, lists),
        entities=entities,
        list_versions={**{one.source: one.version for one in lists}, **designations.version},
    )


def _read_tables(kb_dir: Path, files: Mapping[Path, bytes]) -> tuple[dict[str, KnowledgeEntity], dict[str, Row]]:
    entities: dict[str, KnowledgeEntity] = {}
    claims: dict[str, Row] = {}
    for name, label in TABLES.items():
        if Path(name) not in files:
            continue
        for row in read_table(kb_dir / name, files[Path(name)], ENTITY_COLUMNS, ENTITY_REQUIRED):
            entity = make_entity(row, label)
            if entity.id in entities:
                raise row.error(f"{entity.id} occurs twice")
            entities[entity.id] = entity
            _claim(claims, row)
    if Path(_POSTS) in files:
        attach_posts(entities, read_table(kb_dir / _POSTS, files[Path(_POSTS)], POST_COLUMNS, POST_REQUIRED))
    return entities, claims


def _claim(claims: dict[str, Row], row: Row) -> None:
    for reference in row.many("listings"):
        if reference in claims:
            raise row.error(f"{reference} already belongs to {claims[reference].text('id')}")
        claims[reference] = row


@dataclass(frozen=True, slots=True)
class _Entries:
    """The entries that count, by reference, and what became of those that the curated tables name.

    The tables are written for the shipped lists. In a newer version an entry may have got an id, or be gone.
    """

    records: dict[str, ListRecord]
    successors: Mapping[str, str | None]

    def find(self, row: Row, reference: str) -> ListRecord | None:
        """Return the entry that a row names; None where a newer list has it no longer. One that was never listed is an error."""
        if reference in self.records:
            return self.records[reference]
        if reference not in self.successors:
            raise row.error(f"{reference} is on no shipped list")
        successor = self.successors[reference]
        return self.records[successor] if successor is not None else None


def _read_entries(kb_dir: Path, files: Mapping[Path, bytes], lists: Iterable[ListInForce]) -> _Entries:
    """Read the lists that count, and add the Korean names that the lists themselves do not have."""
    records: dict[str, ListRecord] = {}
    successors: dict[str, str | None] = {}
    for one in lists:
        here = {record.reference: record for record in one.read_entries()}
        records |= here
        if one.uses_fetched and one.shipped is not None:
            named = {record.entry.name: reference for reference, record in here.items()}
            successors |= {record.reference: named.get(record.entry.name) for record in read_list(one.shipped)}
    entries = _Entries(records, successors)
    for row in _read_optional(kb_dir, files, _KOREAN_NAMES, _KOREAN_COLUMNS):
        record = entries.find(row, row.required("entry"))
        if record is not None:
            names = tuple(Alias(name, "ko", "name") for name in row.many("names_ko"))
            records[record.reference] = replace(record, aliases=record.aliases + names)
    return entries


@dataclass(frozen=True, slots=True)
class _Designations:
    """The designations of the Republic of Korea, and which entries of other lists they are, as pairs of references."""

    records: tuple[ListRecord, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    version: Mapping[str, str] = field(default_factory=dict)


def _read_designations(kb_dir: Path, files: Mapping[Path, bytes], entries: _Entries) -> _Designations:
    if _DESIGNATIONS not in files:
        return _Designations()
    path = kb_dir / _DESIGNATIONS
    read = rok.read(path)
    version = read.published.isoformat() if read.published else ""
    source = ListSource(rok.SOURCE, path, version, "", len(read.records))
    records, pairs = [], []
    for listed in read.records:
        record = make_record(source, listed)
        records.append(record)
        for reference in listed.same_as:
            if reference not in entries.records and reference not in entries.successors:
                raise ConfigurationError(f"{listed.name}: {reference} is on no shipped list", path=path)
            known = reference if reference in entries.records else entries.successors[reference]
            if known is not None:
                pairs.append((record.reference, known))
    return _Designations(tuple(records), tuple(pairs), {rok.SOURCE: version})


def _read_joins(kb_dir: Path, files: Mapping[Path, bytes]) -> tuple[Row, ...]:
    return tuple(_read_optional(kb_dir, files, _JOINS, _JOIN_COLUMNS))


def _read_optional(kb_dir: Path, files: Mapping[Path, bytes], name: str, columns: frozenset[str]) -> Iterable[Row]:
    return read_table(kb_dir / name, files[Path(name)], columns, columns) if Path(name) in files else ()


def _join_lists(
    entities: dict[str, KnowledgeEntity], claims: Mapping[str, Row], entries: _Entries, joins: Iterable[Row], designations: _Designations
) -> None:
    owners: dict[str, str] = {}
    for reference, row in claims.items():
        if (record := entries.find(row, reference)) is not None:
            owners[record.reference] = row.text("id")
    pairs = list(designations.pairs)
    for row in joins:
        first, second = (entries.find(row, row.required(column)) for column in ("first", "second"))
        if first is not None and second is not None:
            pairs.append((first.reference, second.reference))
    for group in group_records((*entries.records.values(), *designations.records), pairs):
        _put_group(entities, group, owners)


def _put_group(entities: dict[str, KnowledgeEntity], group: tuple[ListRecord, ...], owners: Mapping[str, str]) -> None:
    """Give each record to the entity that claims it; unclaimed ones follow the first claim, or make an entity of their own."""
    claimed = list(dict.fromkeys(owners[record.reference] for record in group if record.reference in owners))
    if not claimed:
        entity = make_listed_entity(group)
        if entity.id in entities:
            raise ConfigurationError(f"two list entries would share the id {entity.id}")
        entities[entity.id] = entity
    for owner in claimed:
        own = [record for record in group if owners.get(record.reference, claimed[0]) == owner]
        entities[owner] = attach_listings(entities[owner], own)


def _check_stands_for(kb_dir: Path, entities: Mapping[str, KnowledgeEntity]) -> None:
    for entity in entities.values():
        if entity.stands_for is not None and entity.stands_for not in entities:
            raise ConfigurationError(f"{entity.id} stands for {entity.stands_for}, which does not exist", path=kb_dir)


def _make_version(files: Mapping[Path, bytes], lists: Iterable[ListInForce]) -> str:
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name.as_posix()}\0{len(files[name])}\0".encode())
        digest.update(files[name])
    for one in lists:
        if one.fetched is not None and one.uses_fetched:
            digest.update(f"{one.source}\0{one.version}\0{one.fetched.records_sha256}\0".encode())
    return digest.hexdigest()[:12]
