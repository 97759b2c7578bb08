"""English expressions of time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from enum import Enum
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
    first_of,
    last_of,
    make_date,
    shift_months,
)
from pipeline.tag.time_grammar import (
    Atom,
    Context,
    Rule,
    build_named_days,
    join_alternatives,
    load_time_words,
    relative_day,
    resolve_rules,
    shift_time,
    since,
    span_of,
    until,
)
from pipeline.text.numbers import parse_english
from pipeline.text.sentences import is_sentence_end

__all__ = ["find_english_atoms"]

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
_SHORT = {"Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "Jun": 6, "Jul": 7, "Aug": 8, "Sept": 9, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12}
_MONTH_NUMBERS = {name: number for number, name in enumerate(_MONTHS, start=1)} | _SHORT
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": 4, "final": 4, "1": 1, "2": 2, "3": 3, "4": 4}

_MONTH = rf"(?P<month>{'|'.join(_MONTHS)}|(?:{'|'.join(_SHORT)})\b\.?)"
_FULL_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})"
_YEAR = r"(?P<juche>Juche[ ]?[0-9]{1,3}[ ]?\()?(?P<year>(?:1[89]|20)[0-9]{2})(?![0-9]|,[0-9])(?(juche)\))"
"""A year, in texts of North Korea behind the one of its own calendar: "April 15, Juche 105 (2016)"."""
_DAY = r"(?P<day>[0-3]?[0-9])(?:st|nd|rd|th)?"
_DAY_RANGE = rf"{_DAY}(?:[ ]?(?:-|–|—|to|and)[ ]?(?P<last>[0-3]?[0-9])(?:st|nd|rd|th)?(?![0-9]|[.,][0-9]))?"
_REL_YEAR = r"(?P<relyear>last|this|next|the[ ]same|that)[ ]year"
_COUNT = r"(?P<count>[0-9]{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|several|few|couple[ ]of)"
_UNIT = r"(?P<unit>day|week|month|year|decade)s?"
_PART = r"(?:[ ](?:morning|afternoon|evening|night))?"
_PLAIN_YEAR_CUES = (
    r"(?i:in|since|by|during|until|till|before|after|from|of|between|early|late|mid|to|and|or|through|around|for|fiscal|year|as[ ]of|than|"
    r"(?:far[ ]back|early|late|recently|long[ ]ago)[ ]as|summer|spring|fall|autumn|winter|the|its|his|her|their|a|our|(?:19|20)[0-9]{2},)"
)
_NOT_YEAR_UNITS = (
    r"(?![ -]?(?:km|kilomet|met|miles?|feet|tons?|troops|soldiers|people|workers|dollars?|won|yuan|yen|euros?|percent|%|strong|times|"
    r"victims|accounts|users|personnel|victims|pounds|kg|BTC|ETH|households|members|men|passengers|missiles|defectors))"
)
_SENTENCE_BREAK = re.compile(r"(?P<mark>[.!?])[\"”’)]?(?:\s+(?=[A-Z\"“])|(?<=[a-z”\"’)].)(?=[A-Z][a-z]))|\n")
_HEAD = re.compile(r"[\"“(]?(?:(?i:on|in|early|late|starting|beginning|from|since|until|at|during|effective|the)[ ]){0,3}")
"""What may stand before a date at the head of a sentence."""
_REACH = 160
_NEAR = 12
_AHEAD = timedelta(days=35)
"""A day without a year that is as little ahead, and was last eleven months ago, is the one ahead: of the other the year would be told."""
_DATELINE = 60
"""Characters at the head of a text in which its dateline stands."""


def find_english_atoms(text: str, published: date | None) -> list[Atom]:
    """Return the expressions of time of an English text in order, with ranges, "since" and "by" put together."""
    atoms = resolve_rules(_rules(), text, published)
    return list(_apply_prepositions(text, _join(text, atoms), published))


@cache
def _rules() -> tuple[Rule, ...]:
    table = [
        (rf"(?<![0-9/-]){_YEAR}(?P<mark>[-/])(?P<month>[01]?[0-9])(?P=mark)(?P<day>[0-3]?[0-9])(?![0-9/-])", _read_iso),
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
        (
            rf"\b(?P<name>{'|'.join(_WEEKDAYS)}){_PART}[ ](?:of[ ])?(?P<week>(?i:last|this|next|the[ ]previous|the[ ]following))[ ]week\b",
            _read_weekday_of_week,
        ),
        (
            r"\b(?i:(?P<word>today|tonight|yesterday|tomorrow|last[ ]night|the[ ]day[ ]before[ ]yesterday|the[ ]day[ ]after[ ]tomorrow))\b",
            _read_day_word,
        ),
        (r"\b(?i:this)[ ](?:morning|afternoon|evening)\b", lambda _, c: relative_day(c.published, 0)),
        (
            r"\b(?i:the[ ](?P<word>previous|same|next|following)[ ]day|the[ ]day[ ](?P<before>before)(?![ ][a-z])|(?:a|one)[ ]day[ ](?P<shift>earlier|later))\b",
            _read_anchored_day,
        ),
        (rf"\b(?i:{_COUNT}[ ]{_UNIT}[ ](?P<way>later|earlier|before(?=[.,;]|$)|afterwards?))\b", _read_shifted),
        (
            r"\b(?i:(?P<word>(?:the[ ])?(?:previous|following|same)|that|that[ ]same)[ ](?P<unit>day|week|month|year))\b",
            _read_anchored_unit,
        ),
        (r"\b(?i:(?:earlier|later|early|late)[ ]in[ ]the[ ](?P<unit>day|week|month|year))\b", _read_current_unit),
        (
            r"(?:(?<=end of )|(?<=rest of )|(?<=start of )|(?<=middle of )|(?<=beginning of ))the[ ](?P<unit>week|month|year)\b(?![ ]of\b)",
            _read_current_unit,
        ),
        (
            r"\b(?i:(?:(?P<part>earlier|later|late|early)[ ])?(?P<rel>last|this|next|past|previous|coming)[ ](?P<unit>weekend|week|month|year))\b",
            _read_relative_unit,
        ),
        (r"\b(?i:(?:over|at|on|during)[ ]the[ ]weekend)\b", lambda _, c: _weekend(c.published, "last")),
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
    return (build_named_days(), *(Rule(re.compile(pattern), resolve) for pattern, resolve in table))


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
        if _recurs(context.text, match.start()):
            return None
        found = _nearest_day(context.published, month, day, _find_tense(context.text, match.start(), match.end()))
    else:
        found = make_date(year, month, day)
    last = int(match["last"]) if match["last"] else 0
    if found is not None and last > day:
        end = make_date(found.year, month, last)
        return as_day_range(found, end) if end else None
    return as_day(found)


def _nearest_day(published: date, month: int, day: int, tense: _Tense | None) -> date | None:
    last, following = (find_day(published, month, day, future=future) for future in (False, True))
    if tense is None and last is not None and following is not None:
        ahead = following - published
        return following if ahead <= _AHEAD < published - last and (published - last) + ahead > timedelta(days=360) else last
    return following if tense is _Tense.FUTURE else last


def _recurs(text: str, start: int) -> bool:
    return re.search(r"\b(?i:each|every)[ ]$", text[max(0, start - _NEAR) : start]) is not None


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
        before = re.search(r"([A-Za-z-]+)(,?)[ ]?$", context.text[max(0, match.start() - _NEAR) : match.start()])
        if before is None or (before[1] not in _MONTHS if before[2] else before[1].lower() not in words.month_cues):
            return None
    if _recurs(context.text, match.start()):
        return None
    if context.published is None:
        return UNRESOLVED
    future = _find_tense(context.text, match.start(), match.end()) is _Tense.FUTURE
    return as_month(*find_month(context.published, _MONTH_NUMBERS[match["month"]], future=future))


def _stated_year(match: re.Match[str], context: Context) -> int | None:
    groups = match.groupdict()
    if groups.get("year"):
        return int(groups["year"])
    shift = {"last": -1, "this": 0, "next": 1}.get(groups.get("relyear") or "")
    return None if shift is None or context.published is None else context.published.year + shift


def _read_weekday(match: re.Match[str], context: Context) -> Resolved | None:
    text, published = context.text, context.published
    if text[match.end() : match.end() + 1] == "s" or _recurs(text, match.start()):
        return None
    if published is None:
        return UNRESOLVED
    weekday, rel = _WEEKDAYS.index(match["name"]), (match["rel"] or "").lower()
    if rel in ("next", "this coming", "the following"):
        return as_day(find_weekday(published, weekday, future=True, strict=True))
    if rel in ("last", "this past", "the previous"):
        return as_day(find_weekday(published, weekday, strict=True))
    if match["name"] in context.weekdays and text[match.end() : match.end() + 2] in ("'s", "’s"):
        return as_day(context.weekdays[match["name"]])
    future = _find_tense(text, match.start(), match.end()) is _Tense.FUTURE
    tomorrow = (published.weekday() + 1) % 7 == weekday and _dateline().match(text[:_DATELINE]) is not None
    return as_day(find_weekday(published, weekday, future=future or tomorrow))


@cache
def _dateline() -> re.Pattern[str]:
    return re.compile(rf"\W{{0,3}}(?:{join_alternatives(load_time_words().eastern_datelines)})\b(?![a-z])")


def _read_weekday_of_week(match: re.Match[str], context: Context) -> Resolved | None:
    if context.published is None:
        return UNRESOLVED
    shift = {"this": 0, "next": 1, "the following": 1}.get(match["week"].lower(), -1)
    sunday = first_of(as_week(context.published, shift).value)
    return None if sunday is None else as_day(date.fromisoformat(sunday) + timedelta(days=(_WEEKDAYS.index(match["name"]) + 1) % 7))


_DAY_WORDS = {"yesterday": -1, "last night": -1, "tomorrow": 1, "the day before yesterday": -2, "the day after tomorrow": 2}


def _read_day_word(match: re.Match[str], context: Context) -> Resolved | None:
    return relative_day(context.published, _DAY_WORDS.get(match["word"].lower(), 0))


def _read_anchored_day(match: re.Match[str], context: Context) -> Resolved | None:
    word = (match["word"] or match["before"] or match["shift"]).lower()
    shift = {"previous": -1, "before": -1, "earlier": -1, "same": 0}.get(word, 1)
    return relative_day(context.anchor, shift)


def _read_shifted(match: re.Match[str], context: Context) -> Resolved | None:
    """Read "two weeks later": from the time the text spoke of last, never from publication."""
    count, unit = _read_count(match["count"]), match["unit"].lower()
    if count is None or context.last is None:
        return UNRESOLVED
    count, unit = (count * 10, "year") if unit == "decade" else (count, unit)
    return shift_time(context.last, unit, -count if match["way"].lower() in ("earlier", "before") else count)


def _read_anchored_unit(match: re.Match[str], context: Context) -> Resolved | None:
    word = match["word"].lower().removeprefix("the ")
    if context.last is None:
        return None if word.startswith("that") or word == match["word"].lower() else UNRESOLVED
    return shift_time(context.last, match["unit"].lower(), {"previous": -1, "following": 1}.get(word, 0))


def _read_current_unit(match: re.Match[str], context: Context) -> Resolved | None:
    """Read "earlier in the month", "the end of the year": those of the time the text spoke of last, or else of publication."""
    unit = match["unit"].lower()
    told = shift_time(context.last, unit, 0) if context.last is not None else UNRESOLVED
    if told.value is not None or context.published is None:
        return told
    return shift_time(as_day(context.published), unit, 0)


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
    number, length = _QUARTERS[match["ordinal"].lower()], 6 if half else 3
    number = min(number, 12 // length)
    if year is None and context.published is not None and match["ordinal"].lower() not in ("last", "final"):
        year = find_month(context.published, (number - 1) * length + 1)[0]
    if year is None:
        return UNRESOLVED
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


class _Tense(Enum):
    """What the words around a bare date say of it."""

    PAST = "past"
    FUTURE = "future"


_PAST_VERB = r"(?<!\bthe )(?<!\ba )(?<!\ban )(?<!\bbe )(?<!\bto )(?<!-)\b(?!expected|planned|scheduled|slated|based|need)[a-z]{2,}(?<!e)ed"


@cache
def _cue_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the cues before a date, and those after a date at the head of its sentence.

    A verb in the past counts before a date only in a clause with an opener or right beside the date, for else it is as often a participle.
    """
    words = load_time_words()
    future = rf"(?P<future>(?<!\ba )(?<!\bthe )(?<!\bits )(?<!\btheir )(?<!\bhis )(?:{join_alternatives(words.future_en)}))"
    report = rf"(?<!\bbe )(?:{join_alternatives(words.report_en)})"
    past = rf"(?:{_PAST_VERB}|(?<!\bbe )(?:{join_alternatives(words.past_en)}))"
    clause = rf"(?:{join_alternatives(words.subordinators_en)})(?:[ ][\w'’.-]{{1,20}}){{0,4}}?[ ]{past}"
    beside = rf"{past}(?=(?:[ ](?:on|in|early|late)){{0,2}}[ ]$)"
    before, after = (rf"\b(?:{future}|(?P<past>{told}))\b" for told in (rf"{report}|{clause}|{beside}", rf"{report}|{past}"))
    return re.compile(before, re.IGNORECASE), re.compile(after)


def _find_tense(text: str, start: int, end: int) -> _Tense | None:
    """Tell whether the cue that governs a bare date speaks of the future or of what has been; None without a cue.

    That is the last cue before it in its sentence, "by" just before it among them; for a date at the head of its sentence the first one after it.
    """
    before = text[max(0, start - _REACH) : start]
    if before.endswith(" by ") and text[end : end + 2] not in ("'s", "’s"):
        return _Tense.FUTURE
    breaks = [match.end() for match in _sentence_breaks(before)]
    sentence = before[breaks[-1] :] if breaks else before
    earlier, later = _cue_patterns()
    if _HEAD.fullmatch(sentence):
        after = text[end : end + _REACH // 2]
        cue = later.search(after[: next((match.start() for match in _sentence_breaks(after)), len(after))])
    else:
        cue = next(reversed(list(earlier.finditer(sentence))), None)
    return None if cue is None else _Tense.FUTURE if cue["future"] else _Tense.PAST


def _sentence_breaks(text: str) -> Iterator[re.Match[str]]:
    for match in _SENTENCE_BREAK.finditer(text):
        if match["mark"] != "." or text[match.start() + 1 : match.start() + 2].isupper() or is_sentence_end(text, match.start()):
            yield match


def _join(text: str, atoms: list[Atom]) -> list[Atom]:
    """Put "Thursday, Nov. 6" and "from June to August" together."""
    joined: list[Atom] = []
    for atom in _share_years(text, atoms):
        previous = joined[-1] if joined else None
        resolved = None if previous is None else _join_pair(text, previous, atom)
        if previous is not None and resolved is not None:
            joined[-1] = Atom(previous.start, atom.end, resolved)
        else:
            joined.append(atom)
    return joined


_YEARLESS = re.compile(rf"(?:{'|'.join(_MONTHS)}|(?:{'|'.join(_SHORT)})\.?)(?:[ ][0-3]?[0-9](?:st|nd|rd|th)?)?")
_LIST_GAPS = (" and ", ", ", ", and ", " or ", " to ", " through ", "-", "–", " - ", " – ")


def _share_years(text: str, atoms: list[Atom]) -> list[Atom]:
    """Give "April" in "April and May 2018" the year that stands behind the last of the list."""
    shared = list(atoms)
    for index in range(len(atoms) - 2, -1, -1):
        first, second = shared[index], shared[index + 1]
        told = re.search(r"\b[0-9]{4}$|\b(?:last|this|next) year$", text[second.start : second.end]) or _YEARLESS.fullmatch(
            text, second.start, second.end
        )
        year = (first_of(second.resolved.value) or "")[:4]
        if told and year and text[first.end : second.start] in _LIST_GAPS and _YEARLESS.fullmatch(text, first.start, first.end):
            is_told = not _YEARLESS.fullmatch(text, second.start, second.end) or second is not atoms[index + 1]
            if is_told and isinstance(first.resolved.value, str):
                shared[index] = replace(first, resolved=_in_year(first.resolved, int(year)))
    return shared


def _in_year(time: Resolved, year: int) -> Resolved:
    parts = [int(part) for part in str(time.value).split("-")]
    return as_month(year, parts[1]) if len(parts) == 2 else as_day(make_date(year, parts[1], parts[2]))


def _join_pair(text: str, first: Atom, second: Atom) -> Resolved | None:
    gap = text[first.end : second.start]
    if len(gap) > _NEAR:
        return None
    if gap in (", ", " (") and _is_weekday(text, first) and not _is_weekday(text, second) and second.resolved.precision is Precision.DAY:
        return second.resolved
    before = text[max(0, first.start - _NEAR) : first.start]
    if gap == " and ":
        return _join_ends(text, first, second) if before.endswith("between ") else _join_neighbours(first.resolved, second.resolved)
    dashed = gap in ("-", "–", "—", " - ", " – ", " through ", " until ", " till ")
    if dashed or (gap == " to " and (before.endswith("from ") or first.resolved.precision is second.resolved.precision)):
        return _join_ends(text, first, second)
    return None


def _join_neighbours(first: Resolved, second: Resolved) -> Resolved | None:
    """Put two years or decades that follow each other together ("in 2018 and 2019"): no other year lies between them."""
    end, start = last_of(first.value), first_of(second.value)
    whole = {first.precision, second.precision} in ({Precision.YEAR}, {Precision.RANGE})
    adjacent = whole and end is not None and start is not None and len(end) == len(start) == 4 and int(start) == int(end) + 1
    return span_of(first, second) if adjacent else None


def _is_weekday(text: str, atom: Atom) -> bool:
    return text[atom.start : atom.end].endswith(_WEEKDAYS)


def _join_ends(text: str, first: Atom, second: Atom) -> Resolved | None:
    """Return the range; where the ends are out of order, one without a year is moved so that the range is as near to now as can be."""
    joined = span_of(first.resolved, second.resolved)
    if joined.value is not None:
        return joined
    if first.resolved.value is None or second.resolved.value is None:
        return None
    options = (
        span_of(_move(text, first, -1), second.resolved),
        span_of(first.resolved, _move(text, second, 1)),
    )
    return next((option for option in options if option.value is not None), None)


def _move(text: str, atom: Atom, count: int) -> Resolved:
    """Return the value of a bare weekday, day or month one round of the calendar on; of other times the value itself."""
    if _is_weekday(text, atom) and isinstance(atom.resolved.value, str):
        return as_day(date.fromisoformat(atom.resolved.value) + timedelta(weeks=count))
    if _YEARLESS.fullmatch(text, atom.start, atom.end) and isinstance(atom.resolved.value, str):
        return _in_year(atom.resolved, int(atom.resolved.value[:4]) + count)
    return atom.resolved


_PREPOSITION = re.compile(
    r"\b(?i:(?P<since>(?:ever[ ])?since)|(?P<by>by|until|till|through|no[ ]later[ ]than))[ ](?:at[ ]least[ ])?"
    r"(?P<edge>(?:the[ ])?(?:end|beginning|start|middle|close)[ ]of[ ](?:the[ ])?|early[ ]|late[ ]|mid-)?$"
)
_NOT_UNTIL = re.compile(r"(?i:\bnot|\bnever|n['’]t)\b[^.;!?]{0,60}$")
_WHEN = re.compile(r",?[ ]when\b")


def _apply_prepositions(text: str, atoms: list[Atom], published: date | None) -> Iterator[Atom]:
    """Read "since" and "by" before a time; "not until May" and "since May, when" tell of something that happened in May itself."""
    for atom in atoms:
        offset = max(0, atom.start - 40)
        match = _PREPOSITION.search(text[offset : atom.start])
        if match is None:
            yield atom
        elif match["since"]:
            when = _WHEN.match(text, atom.end)
            yield atom if when else replace(atom, start=offset + match.start(), resolved=since(atom.resolved, published))
        elif _is_deadline(text, atom, offset + match.start(), match):
            yield replace(atom, start=offset + match.start(), resolved=until(atom.resolved))
        else:
            yield atom


def _is_deadline(text: str, atom: Atom, start: int, match: re.Match[str]) -> bool:
    word = match["by"].lower()
    if word == "by":
        return text[atom.end : atom.end + 2] not in ("'s", "’s")
    return not (word.startswith(("un", "ti")) and _NOT_UNTIL.search(text[max(0, start - _REACH) : start]))
