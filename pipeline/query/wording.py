"""A filter in words, as it stands above a table."""

from __future__ import annotations

from calendar import month_name
from collections.abc import Callable, Sequence
from datetime import datetime

from models.filters import EventFilter, Sort
from models.findings import Timeline

__all__ = ["describe", "describe_rest"]

Values = Sequence[str]

_TOLD = {
    "asserted": "told as fact",
    "alleged": "alleged",
    "planned": "planned",
    "possible": "possible",
    "called_for": "called for",
    "denied": "denied",
}
_LENGTHS = {"month": len("2025-11"), "year": len("2025")}
"""How long a period is when it is written."""
_LANGUAGES = {"en": "English", "ko": "Korean"}
_ORDERS = {
    Sort.NEWEST: "newest first",
    Sort.OLDEST: "oldest first",
    Sort.PUBLISHED: "last published first",
    Sort.CHANGED: "last changed first",
    Sort.AMOUNT: "largest amount first",
    Sort.SOURCES: "most sources first",
    Sort.SCORE: "surest first",
}


def describe(wanted: EventFilter, *, sort: Sort | None = None) -> str:
    """Return what the filter finds, in words: "SANCTION events of KP since January 2024, told as fact, matched to us_ofac_sdn".

    `sort` adds the order: "…; newest first".
    """
    found = " ".join(part for part in (_types(wanted.type), _dates(wanted.since, wanted.until)) if part)
    clauses = [found, *(clause for say in _CLAUSES for clause in say(wanted))]
    text = ", ".join(clauses) if len(clauses) > 1 or found != "events" else "all events"
    return f"{text}; {_ORDERS[sort]}" if sort is not None else text


def describe_rest(timeline: Timeline) -> str:
    """Return in words how many events stand in no period of a timeline, and why: "3 events are known to the year alone; …". "" for none."""
    known = {name: sum(point.count for point in timeline.coarser if len(point.period) == length) for name, length in _LENGTHS.items()}
    told = [
        *((count, "is", "are", f"known to the {name} alone") for name, count in known.items()),
        (timeline.longer, "reaches", "reach", "over several years"),
        (timeline.undated, "has", "have", "no date"),
    ]
    return "; ".join(f"{count:,} event{'s' * (count > 1)} {one if count == 1 else many} {rest}" for count, one, many, rest in told if count)


def _types(values: Values) -> str:
    wanted, excluded = _split(values)
    return " ".join(part for part in (_either(wanted), "events", f"other than {_either(excluded)}" if excluded else "") if part)


def _split(values: Values) -> tuple[list[str], list[str]]:
    """Return the values that are wanted and those that are excluded, without their "!"."""
    wanted = [value for value in values if not value.startswith("!")]
    return wanted, [value.removeprefix("!") for value in values if value.startswith("!")]


def _either(values: Values) -> str:
    return " or ".join([", ".join(values[:-1]), values[-1]] if len(values) > 1 else values)


def _say(wanted: str, excluded: str, values: Values) -> list[str]:
    """Return the clauses of a field that repeats: its values are put in place of "…"."""
    chosen, left_out = _split(values)
    return [words.replace("…", _either(those)) for words, those in ((wanted, chosen), (excluded, left_out)) if those]


def _dates(since: str | None, until: str | None) -> str:
    if since is None or until is None:
        return f"since {_day(since)}" if since else f"until {_day(until)}" if until else ""
    if since == until:
        return f"{'on' if len(since) == len('2025-01-01') else 'in'} {_day(since)}"
    return f"from {_day(since)} to {_day(until)}"


def _day(day: str) -> str:
    """Return a day, month or year as people say it: 4 November 2025."""
    year, *rest = day.split("-")
    return " ".join([str(int(part)) if place else month_name[int(part)] for place, part in reversed(list(enumerate(rest)))] + [year])


def _modalities(wanted: EventFilter) -> list[str]:
    return _say("…", "not …", [_told(value) for value in wanted.modality])


def _told(value: str) -> str:
    negative = "!" if value.startswith("!") else ""
    return negative + _TOLD.get(value.removeprefix("!"), value)


def _background(wanted: EventFilter) -> list[str]:
    return [] if wanted.background is None else ["told as background" if wanted.background else "told as news"]


def _entities(wanted: EventFilter) -> list[str]:
    role, never = _split(wanted.role)
    place = (f" as {_either(role)}" if role else "") + (f" in another role than {_either(never)}" if never else "")
    return _say(f"naming …{place}", f"not naming …{place}", wanted.entity)


def _lists(wanted: EventFilter) -> list[str]:
    shown = [value.replace("any", "any sanctions list") if value.lower() in {"any", "!any"} else value for value in wanted.list]
    return _say("matched to …", "not matched to …", shown)


def _officials(wanted: EventFilter) -> list[str]:
    return [] if wanted.official is None else ["with an official" if wanted.official else "without an official"]


def _amounts(wanted: EventFilter) -> list[str]:
    codes, never = _split(wanted.currency)
    low, high, unit = wanted.amount_min, wanted.amount_max, _either(codes) or "USD"
    others = [f"with no amount in {_either(never)}"] if never else []
    if low is None and high is None:
        return [*([f"with an amount in {unit}"] if codes else []), *others]
    if low is not None and high is not None:
        return [f"with an amount of {_number(low)} to {_number(high)} {unit}", *others]
    bound = f"at least {_number(low)}" if low is not None else f"at most {_number(high or 0.0)}"
    return [f"with an amount of {bound} {unit}", *others]


def _number(value: float) -> str:
    return f"{value:,.15g}"


def _published(wanted: EventFilter) -> list[str]:
    when = _dates(wanted.published_since, wanted.published_until)
    return [f"first published {when}"] if when else []


def _languages(wanted: EventFilter) -> list[str]:
    shown = [("!" if value[:1] == "!" else "") + _LANGUAGES.get(value.lstrip("!"), value) for value in wanted.lang]
    return _say("with an article in …", "with no article in …", shown)


def _score(wanted: EventFilter) -> list[str]:
    return [] if wanted.score_min is None else [f"with a score of {_number(wanted.score_min)} or more"]


def _words(wanted: EventFilter) -> list[str]:
    return [] if wanted.q is None else [f"with the words {wanted.q}"]


def _changed(wanted: EventFilter) -> list[str]:
    if wanted.changed_since is None:
        return []
    moment = datetime.fromisoformat(wanted.changed_since)
    seconds = moment.strftime(":%S") if moment.second or moment.microsecond else ""
    parts = f".{moment.microsecond:06}" if moment.microsecond else ""
    return [f"changed since {_day(moment.date().isoformat())} {moment:%H:%M}{seconds}{parts} UTC"]


_CLAUSES: tuple[Callable[[EventFilter], list[str]], ...] = (
    lambda wanted: _say("of the subtype …", "not of the subtype …", wanted.subtype),
    _modalities,
    _background,
    lambda wanted: _say("with the status …", "without the status …", wanted.status),
    lambda wanted: _say("with … as actor or target", "without … as actor or target", wanted.party),
    lambda wanted: _say("by …", "not by …", wanted.actor),
    lambda wanted: _say("to or against …", "not to or against …", wanted.target),
    _entities,
    lambda wanted: _say("with a party of …", "with no party of …", wanted.country),
    lambda wanted: _say("in …", "not in …", wanted.place),
    lambda wanted: _say("according to …", "not according to …", wanted.speaker),
    _lists,
    lambda wanted: _say("under the programme …", "not under the programme …", wanted.program),
    _officials,
    _amounts,
    lambda wanted: _say("with a date of the precision …", "with a date of another precision than …", wanted.date_precision),
    _published,
    lambda wanted: _say("told by …", "not told by …", wanted.publisher),
    lambda wanted: _say("from a source of the kind …", "from no source of the kind …", wanted.source_kind),
    _languages,
    _score,
    _words,
    _changed,
)
"""What each field adds, in the order of `FIELDS`; type, since and until stand at the beginning."""
