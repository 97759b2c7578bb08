"""The shipped facts to one Knowledge.

Everything in the folder is small, so all of it is read at once; a wrong line stops the load, since a guess in the
facts would be repeated in every article.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from models.knowledge import Alias, Knowledge, KnowledgeEntity
from pipeline.errors import ConfigurationError
from pipeline.kb.facts import ENTITY_COLUMNS, ENTITY_REQUIRED, POST_COLUMNS, POST_REQUIRED, TABLES, attach_posts, make_entity
from pipeline.kb.join import attach_listings, group_records, make_listed_entity
from pipeline.kb.lists import ListRecord, ListSource, read_list, read_manifest
from pipeline.kb.table import Row, read_bytes, read_table

__all__ = ["load_knowledge"]

_SUFFIXES = {".tsv", ".yaml", ".jsonl"}
_POSTS = "posts.tsv"
_JOINS = "joins.tsv"
_JOIN_COLUMNS = frozenset(["first", "second", "source"])
_KOREAN_NAMES = "listed_names_ko.tsv"
_KOREAN_COLUMNS = frozenset(["entry", "names_ko", "source"])
_MANIFEST = Path("lists") / "manifest.yaml"


def load_knowledge(kb_dir: Path) -> Knowledge:
    """Read all tables and lists under `kb_dir` and join what is the same.

    Each table may be absent, but not all of them. The version is made of the content of every fact file in the
    folder, so that equal facts have equal versions wherever they lie. Raises ConfigurationError with file and line.
    """
    paths = sorted(path for path in kb_dir.rglob("*") if path.suffix in _SUFFIXES and path.is_file())
    files = {path.relative_to(kb_dir): read_bytes(path) for path in paths}
    if not any(Path(name) in files for name in TABLES):
        raise ConfigurationError(f"no facts here: expected at least one of {', '.join(TABLES)}", path=kb_dir)
    entities, claims = _read_tables(kb_dir, files)
    sources = read_manifest(kb_dir / _MANIFEST, files[_MANIFEST]) if _MANIFEST in files else ()
    _join_lists(entities, claims, _read_records(kb_dir, files, sources), _read_joins(kb_dir, files))
    _check_stands_for(kb_dir, entities)
    return Knowledge(
        version=_make_version(files),
        entities=entities,
        list_versions={source.source: source.version for source in sources},
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


def _read_records(kb_dir: Path, files: Mapping[Path, bytes], sources: Iterable[ListSource]) -> dict[str, ListRecord]:
    """Read all lists, and add the Korean names that the lists themselves do not have."""
    records = {record.reference: record for source in sources for record in read_list(source)}
    for row in _read_optional(kb_dir, files, _KOREAN_NAMES, _KOREAN_COLUMNS):
        record = _look_up(records, row, "entry")
        names = tuple(Alias(name, "ko", "name") for name in row.many("names_ko"))
        records[record.reference] = replace(record, aliases=record.aliases + names)
    return records


def _read_joins(kb_dir: Path, files: Mapping[Path, bytes]) -> tuple[Row, ...]:
    return tuple(_read_optional(kb_dir, files, _JOINS, _JOIN_COLUMNS))


def _read_optional(kb_dir: Path, files: Mapping[Path, bytes], name: str, columns: frozenset[str]) -> Iterable[Row]:
    return read_table(kb_dir / name, files[Path(name)], columns, columns) if Path(name) in files else ()


def _look_up(records: Mapping[str, ListRecord], row: Row, column: str) -> ListRecord:
    record = records.get(row.required(column))
    if record is None:
        raise row.error(f"{row.text(column)!r} is on no shipped list")
    return record


def _join_lists(
    entities: dict[str, KnowledgeEntity], claims: Mapping[str, Row], records: Mapping[str, ListRecord], joins: Iterable[Row]
) -> None:
    for reference, row in claims.items():
        if reference not in records:
            raise row.error(f"{reference} is on no shipped list")
    pairs = [(_look_up(records, row, "first").reference, _look_up(records, row, "second").reference) for row in joins]
    owners = {reference: row.text("id") for reference, row in claims.items()}
    for group in group_records(tuple(records.values()), pairs):
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


def _make_version(files: Mapping[Path, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name.as_posix()}\0{len(files[name])}\0".encode())
        digest.update(files[name])
    return digest.hexdigest()[:12]
