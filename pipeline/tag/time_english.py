"""English expressions of time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

from models.vocabulary import Precision
from pipeline.tag.time_calendar import (
    UNRESOLVED,
    Resolved,
    as_day,
    as_day_range,
    as_month,
    as_period,
    as_week,
    as_year,
    find_day,
    find_month,
    find_weekday,
    make_date,
    shift_months,
)
from pipeline.tag.time_grammar import (
    Atom,
    Context,
    Rule,
    join_alternatives,
    load_time_words,
    relative_day,
    resolve_rules,
    since,
    span_of,
    until,
)
from pipeline.text.numbers import parse_english

__all__ = ["find_english_atoms"]

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
_SHORT = {"Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "Jun": 6, "Jul": 7, "Aug": 8, "Sept": 9, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12}
_MONTH_NUMBERS = {name: number for number, name in enumerate(_MONTHS, start=1)} | _SHORT
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": 4, "final": 4, "1": 1, "2": 2, "3": 3, "4": 4}

_MONTH = rf"(?P<month>{'|'.join(_MONTHS)}|(?:{'|'.join(_SHORT)})\b\.?)"
_FULL_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})"
_YEAR = r"(?P<year>(?:1[89]|20)[0-9]{2})(?![0-9]|,[0-9])"
_DAY = r"(?P<day>[0-3]?[0-9])(?:st|nd|rd|th)?"
_DAY_RANGE = rf"{_DAY}(?:[ ]?(?:-|–|—|to|and)[ ]?(?P<last>[0-3]?[0-9])(?:st|nd|rd|th)?(?![0-9]|[.,][0-9]))?"
_REL_YEAR = r"(?P<relyear>last|this|next|the[ ]same|that)[ ]year"
_COUNT = r"(?P<count>[0-9]{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|several|few|couple[ ]of)"
_UNIT = r"(?P<unit>day|week|month|year|decade)s?"
_PART = r"(?:[ ](?:morning|afternoon|evening|night))?"
_PLAIN_YEAR_CUES = (
    r"(?i:in|since|by|during|until|till|before|after|from|of|between|early|late|mid|to|and|through|around|for|fiscal|year|as[ ]of|than|"
    r"summer|spring|fall|autumn|winter|the|its|his|her|their|a|our)"
)
_NOT_YEAR_UNITS = (
    r"(?![ -]?(?:km|kilomet|met|miles?|feet|tons?|troops|soldiers|people|workers|dollars?|won|yuan|yen|euros?|percent|%|strong|times|"
    r"victims|accounts|users|personnel|victims|pounds|kg|BTC|ETH|households|members|men|passengers|missiles|defectors))"
)
_SENTENCE_BREAK = re.compile(r"[.!?][\"”’)]?\s+(?=[A-Z\"“])|\n")
_REACH = 160
_NEAR = 12
_HEAD = 4
"""Characters before a date at the head of a sentence: "On ", "In "."""


def find_english_atoms(text: str, published: date | None) -> list[Atom]:
    """Return the expressions of time of an English text in order, with ranges, "since" and "by" put together."""
    atoms = resolve_rules(_rules(), text, published)
    return list(_apply_prepositions(text, _join(text, atoms), published))


@cache
def _rules() -> tuple[Rule, ...]:
    table = [
        (rf"(?<![0-9-]){_YEAR}-(?P<month>[01][0-9])-(?P<day>[0-3][0-9])(?![0-9-])", _read_iso),
        (rf"\b{_MONTH}[ ]{_DAY_RANGE}(?![0-9]|[.,:][0-9])(?:,?[ ]{_YEAR}|,?[ ](?:of[ ])?{_REL_YEAR})?", _read_day),
        (rf"(?<![0-9.,]){_DAY_RANGE}[ ](?:of[ ])?{_MONTH}(?![a-z])(?:,?[ ]{_YEAR}|,?[ ](?:of[ ])?{_REL_YEAR})?", _read_day),
        (rf"\b{_MONTH}(?:,?[ ]|[ ]of[ ]){_YEAR}", _read_month),
        (rf"\b{_FULL_MONTH}(?:,?[ ](?:of[ ])?){_REL_YEAR}", _read_month),
        (rf"\b(?P<rel>(?i:last|this|next|this[ ]past|this[ ]coming))[ ]{_FULL_MONTH}\b(?![ ][0-9])", _read_month),
        (rf"\b{_FULL_MONTH}\b(?![ ][A-Z][a-z]+[ ]said)", _read_bare_month),
        (
            rf"\b(?:(?P<rel>(?i:last|next|this|this[ ]past|this[ ]coming|the[ ]previous|the[ ]following))[ ])?(?<!Super )(?<!Black )(?<!Cyber )(?<!Good )(?<!Bloody )(?P<name>{'|'.join(_WEEKDAYS)})\b{_PART}",
            _read_weekday,
        ),
        (r"\b(?i:(?P<word>today|tonight|yesterday|tomorrow))\b", _read_day_word),
        (r"\b(?i:this)[ ](?:morning|afternoon|evening)\b", lambda _, c: relative_day(c.published, 0)),
        (
            r"\b(?i:the[ ](?P<word>previous|same|next|following)[ ]day|the[ ]day[ ](?P<before>before)(?![ ][a-z])|(?:a|one)[ ]day[ ](?P<shift>earlier|later))\b",
            _read_anchored_day,
        ),
        (
            r"\b(?i:(?:(?P<part>earlier|later|late|early)[ ])?(?P<rel>last|this|next|past|previous|coming)[ ](?P<unit>weekend|week|month|year))\b",
            _read_relative_unit,
        ),
        (r"\b(?i:over[ ]the[ ]weekend)\b", lambda _, c: _weekend(c.published, "last")),
        (rf"\b(?i:{_COUNT}[ ]{_UNIT}[ ]ago)\b", _read_ago),
        (rf"\b(?i:(?:the|these)[ ])?(?i:past|last|previous)[ ](?i:{_COUNT}[ ])?(?i:{_UNIT})\b", _read_period),
        (
            rf"\b(?i:(?:the[ ])?(?P<ordinal>first|second|third|fourth|last|final)[ ](?P<unit>quarter|half)(?:[ ]of[ ](?:{_YEAR}|(?P<relyear>last|this|next|the)[ ]year))?)\b",
            _read_quarter,
        ),
        (rf"\bQ(?P<ordinal>[1-4])(?P<unit>)(?:[ ](?:of[ ])?{_YEAR})\b", _read_quarter),
        (
            r"(?<![0-9$-])(?P<first>(?:1[89]|20)[0-9]{2})[ ]?[-–—][ ]?(?P<second>(?:1[89]|20)?[0-9]{2})(?![0-9]|-[0-9]|[.,][0-9])",
            _read_years,
        ),
        (r"\b(?:the[ ])?(?:early[ ]|mid-|late[ ])?(?P<decade>(?:1[89]|20)[0-9])0s\b", _read_decade),
        (rf"(?<=[ (\"“])(?P<mid>mid-|early[ ]|late[ ])?(?<![$€£¥#])\b{_YEAR}(?![.][0-9]|[-–][0-9]){_NOT_YEAR_UNITS}\b", _read_plain_year),
        (
            r"\b(?i:in|over)[ ]recent[ ](?:days|weeks)\b",
            lambda _, c: as_month(c.published.year, c.published.month) if c.published else UNRESOLVED,
        ),
        (r"\b(?i:in[ ]recent[ ](?:months|years)|(?:days|weeks|months|years)[ ](?:ago|earlier|later))\b", lambda _, __: UNRESOLVED),
    ]
    return tuple(Rule(re.compile(pattern), resolve) for pattern, resolve in table)


# --- days and months -----------------------------------------------------------------------------------------------


def _read_iso(match: re.Match[str], _: Context) -> Resolved | None:
    found = make_date(int(match["year"]), int(match["month"]), int(match["day"]))
    return None if found is None else as_day(found)


def _read_day(match: re.Match[str], context: Context) -> Resolved | None:
    month, day = _MONTH_NUMBERS[match["month"].rstrip(".")], int(match["day"])
    if make_date(2024, month, day) is None:
        return None
    year = _stated_year(match, context)
    if year is None:
        if match["relyear"] or context.published is None:
            return UNRESOLVED
        found = find_day(context.published, month, day, future=_is_future(context.text, match.start(), match.end()))
    else:
        found = make_date(year, month, day)
    last = int(match["last"]) if match["last"] else 0
    if found is not None and last > day:
        end = make_date(found.year, month, last)
        return as_day_range(found, end) if end else None
    return as_day(found)


def _read_month(match: re.Match[str], context: Context) -> Resolved | None:
    month = _MONTH_NUMBERS[match["month"].rstrip(".")]
    groups = match.groupdict()
    year = _stated_year(match, context)
    if year is not None:
        return as_month(year, month)
    if groups.get("relyear") or context.published is None:
        return UNRESOLVED
    rel = (groups.get("rel") or "").lower()
    if rel == "this":
        return as_month(context.published.year, month)
    if rel == "last" and month == context.published.month:
        return as_month(context.published.year - 1, month)
    return as_month(*find_month(context.published, month, future=rel in ("next", "this coming")))


def _read_bare_month(match: re.Match[str], context: Context) -> Resolved | None:
    words = load_time_words()
    if match["month"] in words.bare_months:
        before = re.search(r"([A-Za-z-]+)[ ]?$", context.text[max(0, match.start() - _NEAR) : match.start()])
        if before is None or before[1].lower() not in words.month_cues:
            return None
    if context.published is None:
        return UNRESOLVED
    future = _is_future(context.text, match.start(), match.end())
    return as_month(*find_month(context.published, _MONTH_NUMBERS[match["month"]], future=future))


def _stated_year(match: re.Match[str], context: Context) -> int | None:
    groups = match.groupdict()
    if groups.get("year"):
        return int(groups["year"])
    shift = {"last": -1, "this": 0, "next": 1}.get(groups.get("relyear") or "")
    return None if shift is None or context.published is None else context.published.year + shift


def _read_weekday(match: re.Match[str], context: Context) -> Resolved | None:
    if context.text[match.end() : match.end() + 1] == "s":
        return None
    if context.published is None:
        return UNRESOLVED
    weekday, rel = _WEEKDAYS.index(match["name"]), (match["rel"] or "").lower()
    if rel in ("next", "this coming", "the following"):
        return as_day(find_weekday(context.published, weekday, future=True, strict=True))
    if rel in ("last", "this past", "the previous"):
        return as_day(find_weekday(context.published, weekday, strict=True))
    return as_day(find_weekday(context.published, weekday, future=_is_future(context.text, match.start(), match.end())))


def _read_day_word(match: re.Match[str], context: Context) -> Resolved | None:
    return relative_day(context.published, {"yesterday": -1, "tomorrow": 1}.get(match["word"].lower(), 0))


def _read_anchored_day(match: re.Match[str], context: Context) -> Resolved | None:
    word = (match["word"] or match["before"] or match["shift"]).lower()
    shift = {"previous": -1, "before": -1, "earlier": -1, "same": 0}.get(word, 1)
    return relative_day(context.anchor, shift)


# --- weeks, months, years and stretches ----------------------------------------------------------------------------


def _read_relative_unit(match: re.Match[str], context: Context) -> Resolved | None:
    day = context.published
    if day is None:
        return UNRESOLVED
    rel, unit = match["rel"].lower(), match["unit"].lower()
    shift = {"this": 0, "next": 1, "coming": 1}.get(rel, -1)
    if unit == "weekend":
        return _weekend(day, rel)
    if unit == "year":
        return as_year(day.year + shift)
    if unit == "month":
        return as_month(*shift_months(day.year, day.month, shift))
    if rel == "past":
        return as_period(day, "week", 1)
    week = as_week(day, shift)
    earlier = shift == 0 and (match["part"] or "").lower() == "earlier" and isinstance(week.value, tuple)
    return Resolved((week.value[0], day.isoformat()), Precision.RANGE) if earlier and isinstance(week.value, tuple) else week


def _weekend(day: date | None, rel: str) -> Resolved:
    """Saturday and Sunday: the last ones begun before the day, or with "this", "next", "coming" the next ones."""
    if day is None:
        return UNRESOLVED
    saturday = find_weekday(day, 5, future=rel in ("this", "next", "coming"))
    if rel == "next" and (saturday - day).days < 2:
        saturday += timedelta(weeks=1)
    return as_day_range(saturday, saturday + timedelta(days=1))


def _read_ago(match: re.Match[str], context: Context) -> Resolved | None:
    count, day = _read_count(match["count"]), context.published
    if day is None or count is None:
        return UNRESOLVED
    unit = match["unit"].lower()
    if unit == "day":
        return relative_day(day, -count)
    if unit == "week":
        return as_week(day, -count)
    if unit == "month":
        return as_month(*shift_months(day.year, day.month, -count))
    return as_year(day.year - count * (10 if unit == "decade" else 1))


def _read_period(match: re.Match[str], context: Context) -> Resolved | None:
    unit = match["unit"].lower()
    plural = match[0].lower().endswith("s")
    count = _read_count(match["count"]) if match["count"] else None if plural else 1
    if not match["count"] and not plural and unit != "decade" and not match[0].lower().startswith("the "):
        return None
    if context.published is None or count is None:
        return UNRESOLVED
    return as_period(context.published, *(("year", count * 10) if unit == "decade" else (unit, count)))


def _read_count(text: str) -> int | None:
    if text.lower() in ("several", "few", "couple of"):
        return None
    number = 1 if text.lower() in ("a", "an") else parse_english(text)
    return None if number is None else int(number)


def _read_quarter(match: re.Match[str], context: Context) -> Resolved | None:
    groups = match.groupdict()
    half = (groups["unit"] or "").lower() == "half"
    if half and not groups.get("year") and not groups.get("relyear"):
        return None
    year = _stated_year(match, context)
    if year is None and groups.get("relyear") == "the" and context.published:
        year = context.published.year
    if year is None:
        return UNRESOLVED
    number, length = _QUARTERS[match["ordinal"].lower()], 6 if half else 3
    number = min(number, 12 // length)
    first = (number - 1) * length + 1
    return Resolved((f"{year:04d}-{first:02d}", f"{year:04d}-{first + length - 1:02d}"), Precision.RANGE if half else Precision.QUARTER)


def _read_years(match: re.Match[str], _: Context) -> Resolved | None:
    first, second = match["first"], match["second"]
    second = first[: 4 - len(second)] + second
    return Resolved((first, second), Precision.RANGE) if first < second else None


def _read_decade(match: re.Match[str], _: Context) -> Resolved | None:
    return Resolved((f"{match['decade']}0", f"{match['decade']}9"), Precision.RANGE)


def _read_plain_year(match: re.Match[str], context: Context) -> Resolved | None:
    """Read four digits as a year only with a word before them that takes years, or where brackets hold nothing else."""
    before = context.text[max(0, match.start() - _NEAR) : match.start()]
    bracketed = before.endswith("(") and context.text[match.end() : match.end() + 1] in (")", ",")
    if match["mid"] or bracketed or re.search(rf"\b{_PLAIN_YEAR_CUES}[ ]$|['’]s[ ]$", before):
        return as_year(int(match["year"]))
    return None


# --- context -------------------------------------------------------------------------------------------------------


@cache
def _cue_pattern() -> re.Pattern[str]:
    words = load_time_words()
    return re.compile(
        rf"\b(?:(?P<future>{join_alternatives(words.future_en)})|(?P<report>{join_alternatives(words.report_en)}))\b", re.IGNORECASE
    )


def _is_future(text: str, start: int, end: int) -> bool:
    """Tell whether the cue that governs a bare date speaks of the future and not of the saying.

    That is the last cue before it in its sentence, "by" just before it among them; for a date at the head of its sentence the first one after it.
    """
    before = text[max(0, start - _REACH) : start]
    if before.endswith(" by "):
        return True
    breaks = list(_SENTENCE_BREAK.finditer(before))
    sentence = before[breaks[-1].end() :] if breaks else before
    if len(sentence) <= _HEAD:
        cue = _cue_pattern().search(_SENTENCE_BREAK.split(text[end : end + _REACH // 2], maxsplit=1)[0])
    else:
        cue = next(reversed(list(_cue_pattern().finditer(sentence))), None)
    return cue is not None and cue["future"] is not None


def _join(text: str, atoms: list[Atom]) -> list[Atom]:
    """Put "Thursday, Nov. 6" and "from June to August" together."""
    joined: list[Atom] = []
    for atom in atoms:
        previous = joined[-1] if joined else None
        resolved = None if previous is None else _join_pair(text, previous, atom)
        if previous is not None and resolved is not None:
            joined[-1] = Atom(previous.start, atom.end, resolved)
        else:
            joined.append(atom)
    return joined


def _join_pair(text: str, first: Atom, second: Atom) -> Resolved | None:
    gap = text[first.end : second.start]
    if len(gap) > _NEAR:
        return None
    if gap in (", ", " (") and _is_weekday(text, first) and not _is_weekday(text, second) and second.resolved.precision is Precision.DAY:
        return second.resolved
    before = text[max(0, first.start - _NEAR) : first.start]
    if gap == " and ":
        return span_of(first.resolved, second.resolved) if before.endswith("between ") else None
    dashed = gap in ("-", "–", "—", " - ", " – ", " through ", " until ", " till ")
    if dashed or (gap == " to " and (before.endswith("from ") or first.resolved.precision is second.resolved.precision)):
        return _join_ends(text, first, second)
    return None


def _is_weekday(text: str, atom: Atom) -> bool:
    return text[atom.start : atom.end].endswith(_WEEKDAYS)


def _join_ends(text: str, first: Atom, second: Atom) -> Resolved | None:
    """Return the range; a first end without a year takes it from the second ("from Nov. 4 to Dec. 2, 2024")."""
    start, end = first.resolved, second.resolved
    year = re.search(r"[0-9]{4}$", text[second.start : second.end])
    if year and isinstance(start.value, str) and not re.search(r"[0-9]{4}", text[first.start : first.end]):
        start = replace(start, value=year[0] + start.value[4:])
    joined = span_of(start, end)
    ordered = isinstance(joined.value, tuple) and str(joined.value[0]) <= str(joined.value[1])
    return joined if ordered else None


_PREPOSITION = re.compile(
    r"\b(?i:(?P<since>(?:ever[ ])?since)|(?P<by>by|until|till|no[ ]later[ ]than))[ ]"
    r"(?:at[ ]least[ ])?(?:the[ ])?(?:(?:end|beginning|start|middle|close)[ ]of[ ]|early[ ]|late[ ]|mid-)?(?:the[ ])?$"
)


def _apply_prepositions(text: str, atoms: list[Atom], published: date | None) -> Iterator[Atom]:
    for atom in atoms:
        offset = max(0, atom.start - 40)
        match = _PREPOSITION.search(text[offset : atom.start])
        if match is None:
            yield atom
        elif match["since"]:
            yield replace(atom, start=offset + match.start(), resolved=since(atom.resolved, published))
        else:
            yield replace(atom, start=offset + match.start(), resolved=until(atom.resolved))
