"""What a filter means, in plain Python: slow, and written from the meaning of the fields alone. Tests hold the database against it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from models.filters import FIELDS, EventFilter, Sort
from models.findings import EventFound, PartyFound, PlaceFound
from pipeline.names.search_tokens import Phrase, key_tokens, name_query, name_tokens, parse_words, tokens

__all__ = ["first_day", "in_order", "known_period", "matches"]

Names = Mapping[str, Collection[str]]
Texts = Mapping[str, Sequence[str]]
Filler = PartyFound | PlaceFound

NO_NAMES: Names = {}
NO_TEXTS: Texts = {}


def matches(event: EventFound, wanted: EventFilter, names: Names = NO_NAMES, texts: Texts = NO_TEXTS) -> bool:
    """Tell whether a filter finds an event, of whose entities these are further names, and of which these are further texts."""
    if not wanted.status and event.status == "rejected":
        return False
    return all(_CHECKS[field.name](event, wanted, names, texts) for field in FIELDS if _is_given(getattr(wanted, field.name)))


def in_order(events: Iterable[EventFound], sort: Sort) -> list[EventFound]:
    """Return events as a sort has them: those without what it sorts by last, equal ones by id in the direction of the sort."""
    key = _KEYS[sort]
    events = list(events)
    with_key = sorted((event for event in events if key(event) is not None), key=lambda event: (key(event), event.id))
    without = sorted((event for event in events if key(event) is None), key=lambda event: event.id)
    return with_key + without if sort is Sort.OLDEST else with_key[::-1] + without[::-1]


def first_day(event: EventFound) -> date | None:
    """Return the first day on which an event may have happened."""
    day = event.date_start or event.date_end
    return _first(day) if day else None


def known_period(event: EventFound, by: str) -> str | None:
    """Return the shortest period in which every day lies on which the event may have happened, none shorter than `by`; None without."""
    first, last = first_day(event), event.date_end or event.date_start
    for length in {"day": (10, 7, 4), "month": (7, 4), "year": (4,)}[by]:
        if first and last and first.isoformat()[:length] == _last(last).isoformat()[:length]:
            return first.isoformat()[:length]
    return None


_KEYS: Mapping[Sort, Callable[[EventFound], object]] = {
    Sort.NEWEST: first_day,
    Sort.OLDEST: first_day,
    Sort.PUBLISHED: lambda event: event.first_published,
    Sort.CHANGED: lambda event: event.changed_at,
    Sort.AMOUNT: lambda event: event.usd,
    Sort.SOURCES: lambda event: event.n_sources,
    Sort.SCORE: lambda event: event.score,
}


def _is_given(value: object) -> bool:
    return value is not None and value != ()


# --- values -------------------------------------------------------------------------------------------------------------


def _chosen(given: Sequence[str], has: Callable[[str], bool]) -> bool:
    positive = [value for value in given if not value.startswith("!")]
    negative = [value[1:] for value in given if value.startswith("!")]
    return (not positive or any(has(value) for value in positive)) and not any(has(value) for value in negative)


def _one_of(values: Callable[[EventFound], Iterable[str | None]], field: str) -> Check:
    """Compare values without regard to case."""

    def check(event: EventFound, wanted: EventFilter, _names: Names, _texts: Texts) -> bool:
        own = {value.lower() for value in values(event) if value is not None}
        return _chosen(getattr(wanted, field), lambda value: value.lower() in own)

    return check


Check = Callable[[EventFound, EventFilter, Names, Texts], bool]


def _parties(event: EventFound) -> tuple[PartyFound, ...]:
    return (*event.actors, *event.targets)


def _fillers(event: EventFound, roles: Collection[str]) -> list[Filler]:
    by_role: dict[str, tuple[Filler | None, ...]] = {
        "actor": event.actors,
        "target": event.targets,
        "place": (event.place,),
        "speaker": (event.speaker,),
    }
    return [filler for role in by_role if role in roles for filler in by_role[role] if filler is not None]


def _named(roles: Collection[str], field: str) -> Check:
    def check(event: EventFound, wanted: EventFilter, names: Names, _texts: Texts) -> bool:
        fillers = _fillers(event, _roles(wanted) if field == "entity" else roles)
        return _chosen(getattr(wanted, field), lambda value: any(_is_called(filler, value, names) for filler in fillers))

    return check


def _roles(wanted: EventFilter) -> list[str]:
    return [role for role in ("actor", "target", "place", "speaker") if _chosen(wanted.role, lambda value, role=role: value == role)]


def _is_called(filler: Filler, value: str, names: Names) -> bool:
    if value in {filler.id, f"text:{filler.name.lower()}" if filler.id is None else None}:
        return True
    person = isinstance(filler, PartyFound) and filler.label == "PERSON"
    line = name_tokens([filler.name, *names.get(filler.id or "", ())], person=person)
    return any(fragment in line for fragment in name_query(value).fragments)


def _in_lists(event: EventFound, wanted: EventFilter, _names: Names, _texts: Texts) -> bool:
    entries = {value.lower() for party in _parties(event) for match in party.matches for value in (match.source, match.entry)}
    return _chosen(wanted.list, lambda value: bool(entries) if value.lower() == "any" else value.lower() in entries)


# --- days, times, amounts -------------------------------------------------------------------------------------------------


def _first(day: str) -> date:
    return date(int(day[:4]), int(day[5:7] or 1), int(day[8:] or 1))


def _last(day: str) -> date:
    if len(day) == 10:
        return _first(day)
    after = date(int(day[:4]) + 1, 1, 1) if len(day) == 4 or day.endswith("-12") else date(int(day[:4]), int(day[5:]) + 1, 1)
    return after - timedelta(days=1)


def _not_before(event: EventFound, wanted: EventFilter, _names: Names, _texts: Texts) -> bool:
    day = event.date_end or event.date_start
    return day is not None and _last(day) >= _first(wanted.since or "")


def _not_after(event: EventFound, wanted: EventFilter, _names: Names, _texts: Texts) -> bool:
    day = first_day(event)
    return day is not None and day <= _last(wanted.until or "")


def _published(event: EventFound) -> date | None:
    return event.first_published.astimezone(UTC).date() if event.first_published else None


def _has_amount(event: EventFound, wanted: EventFilter, _names: Names, _texts: Texts) -> bool:
    currencies = {value.upper() for value in wanted.currency if not value.startswith("!")} or {"USD"}
    values = [amount.value for amount in event.amounts if amount.currency in currencies and amount.value is not None]
    values += [amount.usd for amount in event.amounts if "USD" in currencies and amount.usd is not None]
    least = 0 if wanted.amount_min is None else wanted.amount_min
    greatest = float("inf") if wanted.amount_max is None else wanted.amount_max
    return any(least <= value <= greatest for value in values)


def _changed_since(event: EventFound, wanted: EventFilter, _names: Names, _texts: Texts) -> bool:
    since = datetime.fromisoformat(wanted.changed_since or "")
    return event.changed_at >= (since if since.tzinfo else since.replace(tzinfo=UTC))


# --- words --------------------------------------------------------------------------------------------------------------


def _has_words(event: EventFound, wanted: EventFilter, _names: Names, texts: Texts) -> bool:
    fillers = _fillers(event, ["actor", "target", "place", "speaker"])
    written = [*(filler.name for filler in fillers), *(article.title for article in event.articles), event.evidence]
    pieces = [tokens(text) for text in [*written, *texts.get(event.id, ())]]
    pieces += [[key] for filler in fillers if getattr(filler, "label", None) == "PERSON" for key in key_tokens(filler.name)]
    words = parse_words(wanted.q or "")
    found = all(any(_holds(pieces, phrase) for phrase in group) for group in words.wanted)
    return found and not any(_holds(pieces, phrase) for phrase in words.excluded)


def _holds(pieces: Iterable[Sequence[str]], phrase: Phrase) -> bool:
    return any(_stands_at(piece, place, phrase) for piece in pieces for place in range(len(piece)))


def _stands_at(piece: Sequence[str], place: int, phrase: Phrase) -> bool:
    *before, last = phrase.tokens
    there = list(piece[place : place + len(phrase.tokens)])
    if len(there) < len(phrase.tokens) or there[:-1] != before:
        return False
    return there[-1].startswith(last) if phrase.open else there[-1] == last


def _flag(value: bool) -> str:
    return "yes" if value else "no"


_CHECKS: Mapping[str, Check] = {
    "type": _one_of(lambda event: [event.type], "type"),
    "subtype": _one_of(lambda event: [event.subtype], "subtype"),
    "modality": _one_of(lambda event: [event.modality], "modality"),
    "background": lambda event, wanted, _names, _texts: event.background is wanted.background,
    "status": _one_of(lambda event: [event.status], "status"),
    "party": _named(["actor", "target"], "party"),
    "actor": _named(["actor"], "actor"),
    "target": _named(["target"], "target"),
    "entity": _named([], "entity"),
    "role": lambda *_: True,
    "country": _one_of(lambda event: [party.country for party in _parties(event)], "country"),
    "place": _named(["place"], "place"),
    "speaker": _named(["speaker"], "speaker"),
    "list": _in_lists,
    "program": _one_of(
        lambda event: [program for party in _parties(event) for match in party.matches for program in match.programs], "program"
    ),
    "official": lambda event, wanted, _names, _texts: (
        any(party.official for party in _fillers(event, ["actor", "target", "speaker"]) if isinstance(party, PartyFound)) is wanted.official
    ),
    "amount_min": _has_amount,
    "amount_max": _has_amount,
    "currency": _one_of(lambda event: [amount.currency for amount in event.amounts], "currency"),
    "since": _not_before,
    "until": _not_after,
    "date_precision": _one_of(lambda event: [event.date_precision], "date_precision"),
    "published_since": lambda event, wanted, _names, _texts: (
        (day := _published(event)) is not None and day >= _first(wanted.published_since or "")
    ),
    "published_until": lambda event, wanted, _names, _texts: (
        (day := _published(event)) is not None and day <= _last(wanted.published_until or "")
    ),
    "publisher": _one_of(lambda event: [article.publisher for article in event.articles], "publisher"),
    "source_kind": _one_of(lambda event: [article.source_kind for article in event.articles], "source_kind"),
    "lang": _one_of(lambda event: [article.lang for article in event.articles], "lang"),
    "score_min": lambda event, wanted, _names, _texts: event.score >= (wanted.score_min or 0),
    "q": _has_words,
    "changed_since": _changed_since,
}
assert set(_CHECKS) == {field.name for field in FIELDS}
