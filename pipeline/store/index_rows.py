"""Rows of the index of events (`models.index_tables`), written and taken away in bulk.

Everything that is written of an event can be told from its card, so what an earlier card wrote is known when another takes its place.
One transaction at a time writes the index; others wait until it ends. Numbers of events and codes of terms are given out here.
"""

from __future__ import annotations

import json
import sys
from array import array
from calendar import monthrange
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, text, update

from models.findings import EventFound, PartyFound, PlaceFound
from models.index_tables import (
    EntityArticleRow,
    EntitySaidRow,
    EventCardRow,
    EventSumRow,
    EventTermRow,
    IndexedEntityRow,
    IndexedEventRow,
    IndexTermRow,
)
from models.vocabulary import Label, ReviewStatus
from pipeline.errors import StorageError
from pipeline.names.search_tokens import key_tokens, merge_name_tokens, name_tokens, tokens
from pipeline.store.bulk import add_rows, change_rows
from pipeline.store.words import TEXT_TABLE, clear_words, put_words, remove_words

__all__ = [
    "FORMAT",
    "NAME_FIELDS",
    "card_of",
    "clear_index",
    "put_events",
    "read_card",
    "remove_events",
    "terms_of",
    "text_value",
    "wait_for_turn",
]

FORMAT = 2
"""Form of the rows; it rises when the same events give other rows."""
NAME_FIELDS = frozenset(["actor", "target", "place", "speaker"])
"""Fields whose terms have names."""

Names = Mapping[str, Collection[str]]
Texts = Mapping[str, Sequence[str]]

_AT_ONCE = 1_000
"""Events of one portion."""
_LONGEST_TEXT_VALUE = 200
"""Characters of a name that is no entity, as value of a term: PostgreSQL indexes no value of more than 2,700 bytes."""
_LOCK = 0x9E11_0008
"""Number of the advisory lock that writers of the index hold in PostgreSQL; SQLite has one writer anyhow."""

Item = TypeVar("Item")


# --- cards --------------------------------------------------------------------------------------------------------------


def card_of(event: EventFound) -> str:
    """Return the event as JSON: its fields by name, times in UTC as ISO 8601 with Z. Raises ValueError for times without zone, NaN and infinity."""
    return json.dumps(event, default=_plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _plain(value: Any) -> Any:  # noqa: ANN401 - what json does not know: a record or a time
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"time without zone: {value!r}")
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


_CARDS = msgspec.json.Decoder(EventFound)


def read_card(card: str) -> EventFound:
    """Return the event of a card, equal to the one that it was made of. Raises StorageError for what is no card of this form."""
    try:
        return _CARDS.decode(card)
    except msgspec.MsgspecError as error:
        raise StorageError(f"an event in the index cannot be read ({error}): run `peninsula db reindex`") from error


# --- what is written of an event ----------------------------------------------------------------------------------------


def terms_of(event: EventFound) -> list[tuple[str, str, str]]:
    """Return every value that the event can be found by, as field, value and label, each once.

    A party or place is found by its id, or by `text_value` of its name where it is no entity. Of a match both the list and its entry are
    values of `list`.
    """
    found: dict[tuple[str, str], str] = {}
    for field, value, label in _all_terms(event):
        if value is not None:
            found.setdefault((field, value), value if label is None else label)
    return [(field, value, label) for (field, value), label in found.items()]


def _all_terms(event: EventFound) -> Iterator[tuple[str, str | None, str | None]]:
    """Give field, value and label of every term, some more than once; values that the event has not are None, as are labels that are the value."""
    parties = (*event.actors, *event.targets)
    people = (*parties, event.speaker) if event.speaker else parties
    yield "type", event.type, None
    yield "subtype", event.subtype, None
    yield "modality", event.modality, None
    yield "background", _flag(event.background), None
    yield "status", event.status, None
    yield "date_precision", event.date_precision, None
    for field, filler in _named(event):
        yield field, _value_of(filler), filler.name
    for party in parties:
        yield "country", party.country, None
        for match in party.matches:
            yield "list", match.source, None
            yield "list", match.entry, match.name
            yield from (("program", program, None) for program in match.programs)
    yield "official", _flag(any(party.official for party in people)), None
    for amount in event.amounts:
        yield "currency", amount.currency, None
    for article in event.articles:
        yield "publisher", article.publisher, None
        yield "source_kind", article.source_kind, None
        yield "lang", article.lang, None
    first, last = _days(event)
    if first is not None and last is not None:
        # A year or month that the date leaves open is not guessed: the event has none.
        yield "year", first[:4] if first[:4] == last[:4] else None, None
        yield "month", first[:7] if first[:7] == last[:7] else None, None


def _named(event: EventFound) -> Iterator[tuple[str, PartyFound | PlaceFound]]:
    yield from (("actor", party) for party in event.actors)
    yield from (("target", party) for party in event.targets)
    if event.place is not None:
        yield "place", event.place
    if event.speaker is not None:
        yield "speaker", event.speaker


def _value_of(filler: PartyFound | PlaceFound) -> str:
    return filler.id if filler.id is not None else text_value(filler.name)


def text_value(name: str) -> str:
    """Return the value of a name that is no entity: "text:" and its words in lower case, at most 200 characters of them."""
    return "text:" + " ".join(name.lower().split())[:_LONGEST_TEXT_VALUE]


def _flag(value: bool) -> str:  # noqa: FBT001 - its one meaning
    return "yes" if value else "no"


def _days(event: EventFound) -> tuple[str | None, str | None]:
    """Return the first and the last possible day; an event with one of its ends alone is at that one."""
    first, last = event.date_start or event.date_end, event.date_end or event.date_start
    return first and _first_day(first), last and _last_day(last)


def _first_day(value: str) -> str:
    return (value + "-01-01")[:10]


def _last_day(value: str) -> str:
    if len(value) == 10:
        return value
    year, month = int(value[:4]), int(value[5:7] or 12)
    return f"{year:04}-{month:02}-{monthrange(year, month)[1]}"


def _sums(event: EventFound) -> set[tuple[str, float]]:
    """Return the amounts of the event by currency, and their dollars."""
    own = {(amount.currency, float(amount.value)) for amount in event.amounts if amount.currency and amount.value is not None}
    return own | {("USD", float(amount.usd)) for amount in event.amounts if amount.usd is not None}


def _pieces(event: EventFound, texts: Sequence[str]) -> list[Sequence[str]]:
    """Return the words of the event: names first, since only the first words of a long text are kept; no text twice."""
    names = dict.fromkeys(filler for _, filler in _named(event))
    keys = dict.fromkeys(key for filler in names if _is_person(filler) for key in key_tokens(filler.name))
    titles = (article.title for article in event.articles)
    written = dict.fromkeys([*(filler.name for filler in names), *titles, event.evidence, *texts])
    return [pieces for pieces in (list(keys), *map(tokens, written)) if pieces]


def _is_person(filler: PartyFound | PlaceFound) -> bool:
    return isinstance(filler, PartyFound) and filler.label == Label.PERSON


# --- writing ------------------------------------------------------------------------------------------------------------


def put_events(connection: Connection, events: Iterable[EventFound], *, names: Names | None = None, texts: Texts | None = None) -> int:
    """Write events into the index, each in place of what was written of its id before; return how many there were.

    `names` are further ways in which an entity is written, by its id; a term keeps those that it was given before. `texts` are further
    passages and headlines, by the id of the event. An event keeps its number. Other writers of the index wait until the transaction ends.
    """
    writer = _Writer(connection, names or {}, texts or {})
    done = sum(writer.put(portion) for portion in _portions(events))
    writer.end()
    return done


def remove_events(connection: Connection, ids: Iterable[str]) -> int:
    """Take events out of the index; return how many of them were in it."""
    writer = _Writer(connection, {}, {})
    done = sum(writer.remove(portion) for portion in _portions(dict.fromkeys(ids)))
    writer.end()
    return done


def clear_index(connection: Connection) -> None:
    """Take everything out of the index but its state and the entries of lists."""
    wait_for_turn(connection)
    rows = (EventTermRow, EventSumRow, EventCardRow, IndexedEventRow, IndexTermRow, EntitySaidRow, EntityArticleRow, IndexedEntityRow)
    if connection.dialect.name == "postgresql":
        names = ", ".join([*(row.__tablename__ for row in rows), TEXT_TABLE])
        connection.execute(text(f"TRUNCATE {names}"))
        return
    for row in rows:
        connection.execute(delete(row))
    clear_words(connection)


def wait_for_turn(connection: Connection) -> None:
    """Wait until no other transaction writes the index; those that come later wait for this one."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _portions(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while portion := list(islice(rest, _AT_ONCE)):
        yield portion


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the index has of an event."""

    number: int
    terms: set[tuple[int, int, int]]
    sums: set[tuple[str, float, int]]
    entities: set[str]


class _Writer:
    """Writes events of one transaction. Terms and all counts are written at its end, each once."""

    def __init__(self, connection: Connection, names: Names, texts: Texts) -> None:
        wait_for_turn(connection)
        self._connection = connection
        self._terms = _Terms(connection, names)
        self._entities: Counter[str] = Counter()
        self._texts = texts
        self._next = _highest(connection, IndexedEventRow.number) + 1

    def put(self, events: Sequence[EventFound]) -> int:
        """Write a portion; of two events with one id the last stands."""
        wanted = {event.id: event for event in events}
        terms = {ident: terms_of(event) for ident, event in wanted.items()}
        codes = self._terms.codes(wanted.values(), terms)
        stored = self._stored(wanted)
        numbers = {ident: stored[ident].number if ident in stored else self._give_number() for ident in wanted}
        rows = [_index_row(event, numbers[ident], codes[ident]) for ident, event in wanted.items()]
        self._delete_events(old.number for old in stored.values())
        _run(self._connection, insert(IndexedEventRow), rows)
        add_rows(self._connection, EventCardRow, [(numbers[ident], card_of(event)) for ident, event in wanted.items()])
        self._change_terms(stored.values(), {(code, row["sort_day"], row["number"]) for row in rows for code in codes[row["event_id"]]})
        self._change_sums(stored.values(), {(*amount, numbers[ident]) for ident, event in wanted.items() for amount in _sums(event)})
        self._count_entities(stored.values(), wanted.values())
        put_words(self._connection, {numbers[ident]: _pieces(event, self._texts.get(ident, ())) for ident, event in wanted.items()})
        return len(wanted)

    def remove(self, ids: Sequence[str]) -> int:
        """Take a portion of events away."""
        stored = self._stored(ids)
        numbers = [old.number for old in stored.values()]
        self._change_terms(stored.values(), set())
        self._change_sums(stored.values(), set())
        self._count_entities(stored.values(), ())
        remove_words(self._connection, numbers)
        self._delete_events(numbers)
        return len(numbers)

    def end(self) -> None:
        """Write what became of the terms, and in how many events entities are now."""
        self._terms.write()
        moved = [{"entity": ident, "more": more} for ident, more in sorted(self._entities.items()) if more]
        counted = update(IndexedEntityRow).where(IndexedEntityRow.entity_id == bindparam("entity"))
        _run(self._connection, counted.values(events=IndexedEntityRow.events + bindparam("more")), moved)

    def _give_number(self) -> int:
        self._next += 1
        return self._next - 1

    def _stored(self, ids: Collection[str]) -> dict[str, _Stored]:
        columns = (IndexedEventRow.event_id, IndexedEventRow.number, IndexedEventRow.sort_day, IndexedEventRow.terms, EventCardRow.card)
        query = select(*columns).join(EventCardRow, EventCardRow.number == IndexedEventRow.number)
        found = self._connection.execute(query.where(IndexedEventRow.event_id.in_(ids)))
        return {ident: _as_stored(number, day, terms, read_card(card)) for ident, number, day, terms, card in found}

    def _delete_events(self, numbers: Iterable[int]) -> None:
        gone = list(numbers)
        if gone:
            self._connection.execute(delete(EventCardRow).where(EventCardRow.number.in_(gone)))
            self._connection.execute(delete(IndexedEventRow).where(IndexedEventRow.number.in_(gone)))

    def _change_terms(self, stored: Collection[_Stored], wanted: set[tuple[int, int, int]]) -> None:
        old = {term for event in stored for term in event.terms}
        change_rows(self._connection, EventTermRow, old, wanted)
        self._terms.count(Counter(code for code, _, _ in wanted))
        self._terms.count(Counter(code for code, _, _ in old), sign=-1)

    def _count_entities(self, stored: Iterable[_Stored], wanted: Iterable[EventFound]) -> None:
        for event in wanted:
            self._entities.update(_counted_entities(event))
        for old in stored:
            self._entities.subtract(old.entities)

    def _change_sums(self, stored: Collection[_Stored], wanted: set[tuple[str, float, int]]) -> None:
        change_rows(self._connection, EventSumRow, {amount for event in stored for amount in event.sums}, wanted)


def _as_stored(number: int, day: int, terms: bytes, event: EventFound) -> _Stored:
    codes = {(code, day, number) for code in _unpack(terms)}
    return _Stored(number, codes, {(*amount, number) for amount in _sums(event)}, _counted_entities(event))


def _counted_entities(event: EventFound) -> set[str]:
    """Return the entities in whose number of events this one is: none where an editor rejected it."""
    if event.status == ReviewStatus.REJECTED:
        return set()
    return {filler.id for _, filler in _named(event) if filler.id is not None}


def _index_row(event: EventFound, number: int, codes: Iterable[int]) -> dict[str, Any]:
    first, last = _days(event)
    return {
        "number": number,
        "event_id": event.id,
        "sort_day": int(first.replace("-", "")) if first else 0,
        "day_from": first,
        "day_to": last,
        "published_first": event.first_published,
        "published_last": event.last_published,
        "changed_at": event.changed_at,
        "usd": event.usd,
        "n_sources": event.n_sources,
        "score": event.score,
        "terms": _pack(codes),
    }


def _pack(codes: Iterable[int]) -> bytes:
    packed = array("i", sorted(set(codes)))
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def _unpack(terms: bytes) -> array[int]:
    codes = array("i", terms)
    if sys.byteorder == "big":
        codes.byteswap()
    return codes


# --- terms --------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Term:
    """A term as it is to be; `spellings` are the names that its line has already."""

    code: int
    label: str
    names: str | None
    spellings: set[str]
    changed: bool = False


class _Terms:
    """The terms of one transaction: looked up once, counted, and written at the end."""

    def __init__(self, connection: Connection, names: Names) -> None:
        self._connection = connection
        self._names = names
        self._known: dict[tuple[str, str], _Term] = {}
        self._new: list[tuple[str, str]] = []
        self._counts: Counter[int] = Counter()
        self._next = _highest(connection, IndexTermRow.code) + 1

    def codes(self, events: Iterable[EventFound], terms: Mapping[str, Sequence[tuple[str, str, str]]]) -> dict[str, list[int]]:
        """Return the codes of the terms of each event; terms that are not there yet get one."""
        self._look_up({(field, value) for found in terms.values() for field, value, _ in found})
        for found in terms.values():
            for field, value, label in found:
                self._add(field, value, label)
        for event in events:
            for field, filler in _named(event):
                self._spell(self._known[field, _value_of(filler)], filler)
        return {ident: [self._known[field, value].code for field, value, _ in found] for ident, found in terms.items()}

    def count(self, codes: Mapping[int, int], *, sign: int = 1) -> None:
        """Add to the number of events of each term."""
        for code, events in codes.items():
            self._counts[code] += sign * events

    def write(self) -> None:
        """Write new terms, and what changed of the others; terms that no event has any longer go."""
        new = {self._known[key].code for key in self._new}
        rows = [self._row(key, self._known[key]) for key in self._new]
        _run(self._connection, insert(IndexTermRow), [row for row in rows if row["count"]])
        changed = [
            {"term": term.code, "label": term.label, "names": term.names}
            for term in self._known.values()
            if term.changed and term.code not in new
        ]
        _run(self._connection, update(IndexTermRow).where(IndexTermRow.code == bindparam("term")), changed)
        moved = [{"term": code, "more": more} for code, more in self._counts.items() if more and code not in new]
        counted = update(IndexTermRow).where(IndexTermRow.code == bindparam("term")).values(count=IndexTermRow.count + bindparam("more"))
        _run(self._connection, counted, moved)
        unused = delete(IndexTermRow).where(IndexTermRow.code == bindparam("term"), IndexTermRow.count <= 0)
        _run(self._connection, unused, [{"term": row["term"]} for row in moved if row["more"] < 0])

    def _look_up(self, keys: set[tuple[str, str]]) -> None:
        by_field: dict[str, list[str]] = {}
        for field, value in sorted(keys - self._known.keys()):
            by_field.setdefault(field, []).append(value)
        columns = (IndexTermRow.code, IndexTermRow.value, IndexTermRow.label, IndexTermRow.names)
        for field, values in by_field.items():
            for portion in _portions(values):
                query = select(*columns).where(IndexTermRow.field == field, IndexTermRow.value.in_(portion))
                for code, value, label, names in self._connection.execute(query):
                    self._known[field, value] = _Term(code, label, names, set())

    def _add(self, field: str, value: str, label: str) -> None:
        term = self._known.get((field, value))
        if term is None:
            self._known[field, value] = _Term(self._next, label, None, set())
            self._new.append((field, value))
            self._next += 1
        elif term.label != label:
            term.label, term.changed = label, True

    def _spell(self, term: _Term, filler: PartyFound | PlaceFound) -> None:
        """Add to the names of a term those of who fills it here."""
        further = self._names.get(filler.id, ()) if filler.id is not None and not term.spellings else ()
        new = [name for name in (filler.name, *further) if name not in term.spellings]
        if not new:
            return
        term.spellings.update(new)
        names = merge_name_tokens(term.names or "", name_tokens(new, person=_is_person(filler)))
        if names != (term.names or ""):
            term.names, term.changed = names, True

    def _row(self, key: tuple[str, str], term: _Term) -> dict[str, Any]:
        field, value = key
        count = self._counts[term.code]
        return {"code": term.code, "field": field, "value": value, "label": term.label, "names": term.names, "count": count}


# --- statements ---------------------------------------------------------------------------------------------------------


def _highest(connection: Connection, column: Any) -> int:  # noqa: ANN401 - a column
    return connection.execute(select(func.max(column))).scalar() or 0


def _run(connection: Connection, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:  # noqa: ANN401 - any statement
    if rows:
        connection.execute(statement, rows)
