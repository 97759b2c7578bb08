"""What editors say of the rows behind events, laid over what the machine says of them.

Read for some hundred events at once, one query a kind of row. A rejected name fills a role by its words alone, as nobody; a rejected match
is none, and one that waited and was accepted is one; an edited value stands where the machine's stood.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, and_, select

from models.knowledge import Knowledge
from models.ontology import codes_for
from models.review import Verdict
from models.review_tables import ReviewedRow
from models.tables import EntityRow, LinkRow, MentionRow
from models.vocabulary import AmountRole, ArgumentRole, Bound, EventType, Modality, Precision, ReviewStatus
from pipeline.store.chunks import in_chunks

__all__ = ["Entity", "Filler", "Reviewed", "status_of_group"]

Fields: TypeAlias = Row[*tuple[Any, ...]]
Said: TypeAlias = Mapping[str, tuple[Verdict, Mapping[str, Any]]]

Named: TypeAlias = tuple[str, str]
"""An article version and an entity that it names."""

_NOBODY = None
"""Who is named where an editor rejected the name."""
_PARTIES = {ArgumentRole.ACTOR: "actors", ArgumentRole.TARGET: "targets"}
_MOST_STEPS = 8
"""Entities that stand for another one after the other."""


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity as readers get it."""

    id: str
    name: str
    label: str
    country: str | None


@dataclass(frozen=True, slots=True)
class Filler:
    """Who fills a role in a passage."""

    role: ArgumentRole
    entity_id: str | None
    name: str


class Reviewed:
    """What editors say of the rows behind some hundred events. Where nobody said anything, nothing more is read."""

    def __init__(self, connection: Connection, knowledge: Knowledge) -> None:
        self._connection, self._knowledge = connection, knowledge
        self._silent = connection.execute(select(ReviewedRow.row_id).limit(1)).first() is None
        self._events: Said = {}
        self._entities: Said = {}
        self._names: dict[Named, list[Fields]] = {}
        self._lost: set[Named] = set()

    def _load(self, table: str, row_ids: Iterable[str]) -> Said:
        """Return what is said of rows of a table, by id."""
        row = ReviewedRow
        found: dict[str, tuple[Verdict, Mapping[str, Any]]] = {}
        for chunk in in_chunks(() if self._silent else set(row_ids)):
            query = select(row.row_id, row.verdict, row.value).where(row.table_name == table, row.row_id.in_(chunk))
            found |= {one.row_id: (one.verdict, one.value) for one in self._connection.execute(query)}
        return found

    def said_in(self, table: str, rows: type[MentionRow | LinkRow], version_ids: Collection[str]) -> Said:
        """Return what is said of those rows of a table that stand in these article versions, by id."""
        if self._silent:
            return {}
        said = and_(ReviewedRow.row_id == rows.id, ReviewedRow.table_name == table)
        query = select(ReviewedRow.row_id, ReviewedRow.verdict, ReviewedRow.value).join(rows, said).where(rows.version_id.in_(version_ids))
        return {one.row_id: (one.verdict, one.value) for one in self._connection.execute(query)}

    def load_events(self, event_ids: Iterable[str]) -> None:
        """Read what is said of events."""
        self._events = self._load("event", event_ids)

    def load_names(self, version_ids: Sequence[str]) -> None:
        """Read which names of these article versions are rejected, or are of another entity."""
        row, mention = ReviewedRow, MentionRow
        if self._silent or not self._any("mention"):
            return
        said = and_(row.row_id == mention.id, row.table_name == "mention", row.verdict.in_([Verdict.REJECT, Verdict.EDIT]))
        columns = (mention.version_id, mention.entity_id, mention.start, mention.end, row.verdict, row.value)
        found: dict[Named, list[Fields]] = defaultdict(list)
        for chunk in in_chunks(version_ids):
            query = select(*columns).join(row, said).where(mention.version_id.in_(chunk), mention.superseded_at.is_(None))
            for one in self._connection.execute(query):
                found[one.version_id, one.entity_id].append(one)
        self._names = dict(found)
        self._lost = self._without_names()

    def _any(self, table: str) -> bool:
        row = ReviewedRow
        here = (row.table_name == table, row.verdict.in_([Verdict.REJECT, Verdict.EDIT]))
        return self._connection.execute(select(row.row_id).where(*here).limit(1)).first() is not None

    def _without_names(self) -> set[Named]:
        """Return the versions and entities of which no name is left."""
        counted: Counter[Named] = Counter()
        mention = MentionRow
        for chunk in in_chunks({version for version, _ in self._names}):
            named = {entity for version, entity in self._names if version in chunk}
            in_force = (mention.version_id.in_(chunk), mention.entity_id.in_(sorted(named)), mention.superseded_at.is_(None))
            counted.update((one.version_id, one.entity_id) for one in self._connection.execute(_places().where(*in_force)))
        return {pair for pair, said in self._names.items() if len(said) >= counted[pair]}

    def load_entities(self, entity_ids: Collection[str]) -> dict[str, Entity]:
        """Return entities, and whom editors say they are, by id; what is said of them is remembered."""
        wanted = {*entity_ids, *self._named_otherwise()}
        stored: dict[str, Entity] = {}
        said: dict[str, tuple[Verdict, Mapping[str, Any]]] = {}
        for _ in range(_MOST_STEPS):
            new = self._load("entity", wanted)
            said |= new
            stored |= self._stored(wanted)
            wanted = {value["into"] for _, value in new.values() if "into" in value} - stored.keys()
            if not wanted:
                break
        self._entities = said
        return {ident: self._edited(entity) for ident, entity in stored.items()}

    def _named_otherwise(self) -> set[str]:
        edits = [value for rows in self._names.values() for one in rows for value in (one.value,)]
        parties = [party for _, value in self._events.values() for party in _parties(value)]
        found = {value["entity"] for value in edits if value.get("entity")} | {party["id"] for party in parties}
        return {ident for ident in found if ident is not None}

    def _stored(self, entity_ids: Iterable[str]) -> dict[str, Entity]:
        found: dict[str, Entity] = {}
        for chunk in in_chunks(entity_ids):
            rows = self._connection.execute(select(EntityRow.__table__).where(EntityRow.id.in_(chunk)))
            found |= {row.id: Entity(row.id, self._called(row.id, row.name), row.label.value, row.country) for row in rows}
        return found

    def _called(self, entity_id: str, name: str) -> str:
        """Return the name of an entity: a known one is called alike everywhere, however the first article that named it wrote it."""
        known = self._knowledge.entities.get(entity_id)
        return known.name if known is not None else name

    def _edited(self, entity: Entity) -> Entity:
        _, value = self._entities.get(entity.id, (None, {}))
        return Entity(entity.id, value.get("name", entity.name), value.get("label", entity.label), value.get("country", entity.country))

    # --- asked of --------------------------------------------------------------------------------------------------------

    def meant(self, version_id: str, entity_id: str | None, start: int | None, end: int | None) -> str | None:
        """Return whom a name at a place means: the machine's entity, another one, or nobody."""
        if entity_id is None:
            return None
        return self.standing(self._named(version_id, entity_id, start, end))

    def _named(self, version_id: str, entity_id: str, start: int | None, end: int | None) -> str | None:
        rows = self._names.get((version_id, entity_id), ())
        here = next((row for row in rows if start is not None and end is not None and row.start < end and start < row.end), None)
        if here is None:
            return _NOBODY if (version_id, entity_id) in self._lost and not self._edits(rows) else entity_id
        return _NOBODY if here.verdict is Verdict.REJECT else here.value.get("entity", entity_id)

    def _edits(self, rows: Iterable[Fields]) -> bool:
        return any(row.verdict is Verdict.EDIT for row in rows)

    def standing(self, entity_id: str | None) -> str | None:
        """Return the entity that stands for another, itself where none does, and nobody where it is rejected."""
        for _ in range(_MOST_STEPS):
            verdict, value = self._entities.get(entity_id or "", (None, {}))
            if verdict is Verdict.REJECT:
                return _NOBODY
            if "into" not in value:
                break
            entity_id = value["into"]
        return entity_id

    def stands_for(self, entity_id: str) -> str:
        """Return the entity that stands for another, itself where none does."""
        return self.standing(entity_id) or entity_id

    def is_lost(self, version_id: str, entity_id: str) -> bool:
        """Tell whether no name of an entity is left in a version."""
        return (version_id, entity_id) in self._lost

    # --- laid over ---------------------------------------------------------------------------------------------------------

    def edit_event(self, row: Any, version_id: str | None) -> Any:  # noqa: ANN401 - a row of event, or one like it
        """Return an event with the fields that editors changed; its place and speaker are whom its names mean."""
        if self._silent:
            return row
        changed = dict(row._mapping)
        if version_id is not None:
            changed |= {name: self.meant(version_id, changed[name], None, None) for name in ("place_entity_id", "speaker_entity_id")}
        verdict, value = self._events.get(row.id, (None, {}))
        if verdict is Verdict.EDIT:
            changed |= _edited_fields(row, value)
        return SimpleNamespace(**changed)

    def fill(self, event_id: str, mentions: Sequence[Fields], arguments: Mapping[str, Sequence[Fields]]) -> dict[str, list[Filler]]:
        """Return who fills which role in the passages of an event: as its names mean, and as editors of the event say."""
        _, value = self._events.get(event_id, (None, {}))
        given = {role: value[name] for role, name in _PARTIES.items() if name in value}
        found: dict[str, list[Filler]] = {}
        for mention in mentions:
            found[mention.id] = [
                Filler(one.role, self.meant(mention.version_id, one.entity_id, one.start, one.end), one.name)
                for one in arguments.get(mention.id, ())
                if one.role not in given
            ]
        if given and mentions:
            first = min(mentions, key=lambda mention: (mention.trigger_start, mention.id)).id
            found[first] += [Filler(role, party.get("id"), party["name"]) for role, parties in given.items() for party in parties]
        return found

    def edit_amounts(self, event_id: str, mentions: Sequence[Fields], amounts: Mapping[str, Sequence[Fields]]) -> dict[str, list[Any]]:
        """Return the amounts of the passages of an event, without those that are rejected, each as editors say that it is."""
        here = {mention.id: amounts.get(mention.id, ()) for mention in mentions}
        said = self._load("amount", (row.id for rows in here.values() for row in rows))
        _, value = self._events.get(event_id, (None, {}))
        roles = {one["text"]: AmountRole(one["role"]) for one in value["amounts"]} if "amounts" in value else None
        return {ident: [edited for row in rows if (edited := _edited_amount(row, said, roles))] for ident, rows in here.items()}


def _edited_fields(row: Any, value: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - a row of event
    plain = {name: value[name] for name in ("subtype", "background", "date_start", "date_end") if name in value}
    kinds = {"type": EventType, "modality": Modality, "date_precision": Precision}
    changed: dict[str, Any] = plain | {name: kind(value[name]) for name, kind in kinds.items() if name in value}
    for name in ("place", "speaker"):
        if name in value:
            party = value[name] or {}
            changed |= {f"{name}_entity_id": party.get("id"), f"{name}_text": party.get("name")}
    kind, subtype, modality = (changed.get(name, getattr(row, name)) for name in ("type", "subtype", "modality"))
    codes = codes_for(kind, subtype, modality)
    return changed | {"plover": codes.plover, "plover_contexts": list(codes.contexts), "cameo": codes.cameo, "quad_class": codes.quad}


def _edited_amount(row: Any, said: Said, roles: Mapping[str, AmountRole] | None) -> Any:  # noqa: ANN401 - a row of amount; None without it
    verdict, value = said.get(row.id, (None, {}))
    if verdict is Verdict.REJECT or (roles is not None and row.text not in roles):
        return None
    if not value and roles is None:
        return row
    changed = {name: Bound(one) if name == "bound" else one for name, one in value.items()}
    if "usd" in changed:
        changed["usd_basis"] = "editor"
    elif changed.keys() & {"value", "value_max", "currency"}:
        # What was converted from another number is not its worth.
        changed |= {
            "usd": changed.get("value", row.value) if changed.get("currency", row.currency) == "USD" else None,
            "usd_basis": "editor",
        }
    if roles is not None:
        changed["role"] = roles[row.text]
    return SimpleNamespace(**(dict(row._mapping) | changed))


def _places() -> Any:  # noqa: ANN401 - a select
    return select(MentionRow.version_id, MentionRow.entity_id)


def _parties(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    single = [value[name] for name in ("place", "speaker") if value.get(name)]
    return [*value.get("actors", ()), *value.get("targets", ()), *single]


def status_of_group(own: ReviewStatus, others: Iterable[ReviewStatus]) -> ReviewStatus:
    """Return the status of an event that stands for others: it is rejected only where all of them are."""
    rest = [status for status in others if status is not ReviewStatus.REJECTED]
    return rest[0] if own is ReviewStatus.REJECTED and rest else own
