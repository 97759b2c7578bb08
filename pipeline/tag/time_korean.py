"""Korean expressions of time."""

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
    first_of,
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

__all__ = ["find_korean_atoms"]

_REL_YEARS = {
    "재작년": -2,
    "지난해": -1,
    "지난 해": -1,
    "작년": -1,
    "전년": -1,
    "올해": 0,
    "올": 0,
    "금년": 0,
    "내년": 1,
    "내후년": 2,
}
_ANCHORED_YEARS = {"같은 해": 0, "같은해": 0, "그해": 0, "그 해": 0, "동년": 0, "이듬해": 1}
_ANCHORED_MONTHS = {"같은 달": 0, "같은달": 0, "이듬달": 1}
"""Years and months counted from the one that the text spoke of last."""
_REL_MONTHS = {"지지난달": -2, "지난달": -1, "지난 달": -1, "이달": 0, "이번달": 0, "이번 달": 0, "다음달": 1, "다음 달": 1, "내달": 1}
_REL_WEEKS = {"지지난주": -2, "지난주": -1, "지난 주": -1, "이번주": 0, "이번 주": 0, "금주": 0, "다음주": 1, "다음 주": 1, "내주": 1}
_REL_DAYS = {"그제": -2, "그저께": -2, "엊그제": -2, "어제": -1, "오늘": 0, "내일": 1, "모레": 2}
_ANCHORED_DAYS = {"이날": 0, "당일": 0, "같은 날": 0, "전날": -1, "하루 전": -1, "다음날": 1, "다음 날": 1, "이튿날": 1}
_NATIVE = {"하루": 1, "이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "엿새": 6, "이레": 7, "여드레": 8, "아흐레": 9, "열흘": 10, "보름": 15}
_COUNTERS = {"한": 1, "두": 2, "세": 3, "석": 3, "네": 4, "넉": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "열": 10, "일": 1}
_UNITS = {"일": "day", "주": "week", "주일": "week", "개월": "month", "달": "month", "년": "year"}
_WEEKDAYS = "월화수목금토일"

_YEAR = (
    r"(?:(?:(?P<juche>주체[ ]?[0-9]{1,3}[ ]?\()?(?P<year>(?:1[89]|20)[0-9]{2})(?(juche)\))년)"
    rf"|(?P<relyear>{join_alternatives([*(w for w in _REL_YEARS if w != '올'), *_ANCHORED_YEARS])}"
    r"|올(?=[ ]?(?:[0-9]{1,2}월|[1-4]분기|[상하]반기|들어|초|말|봄|여름|가을|겨울|한[ ]해|연말|안에)))"
    r")"
)
_MONTH = rf"(?:(?P<month>[01]?[0-9])월|(?P<relmonth>{join_alternatives([*_REL_MONTHS, *_ANCHORED_MONTHS])}))"
_TILDE = r"[ ]?(?:[~∼～\-–]|,[ ]?|·)[ ]?"
_DAYS = r"(?:(?P<day>[0-3]?[0-9])(?:일?(?:[ ]?[~∼～\-–][ ]?|·|,[ ])(?P<last>[0-3]?[0-9]))?일)"
_NOT_DAY = (
    r"(?![ ]?(?:간|째|만에|동안|연속|이내|이상|가량|차|분|치|짜리|씩|평균|하루)|정|반|부(?!터)|당|형|본|대|권|상|기|자|시|조|만[ ]|여)"
)
_PRE = r"(?:(?P<pre>지난|오는|이번|다가오는)[ ]?)?"
_LEFT = r"(?<![0-9박])(?<![0-9][.,])"
_FREE = r"(?<![가-힣0-9])"
_REACH = 60
_NEAR = 12
_LATER_DAYS = 7
"""A bare "30일" more than this many days ahead is the one of the month before, unless a cue of the future follows: what lies
farther ahead is written with 오는, but texts of the first days of a month still speak of the last ones of the month before."""


def find_korean_atoms(text: str, published: date | None) -> list[Atom]:
    """Return the expressions of time of a Korean text in order, with ranges, 부터, 이후 and 까지 put together."""
    atoms = _join(text, resolve_rules(_rules(), text, published))
    return list(_apply_particles(text, atoms, published))


@cache
def _rules() -> tuple[Rule, ...]:
    count = rf"(?P<count>[0-9]{{1,3}}|{join_alternatives(_COUNTERS)})[ ]?(?P<unit>주일|일|주|개월|달|년)"
    native = join_alternatives(_NATIVE)
    table = [
        (
            rf"{_LEFT}(?P<year>(?:1[89]|20)[0-9]{{2}})(?:[-/]|\.[ ]?)(?P<month>[01]?[0-9])(?:[-/]|\.[ ]?)(?P<day>[0-3]?[0-9])\.?(?![0-9])",
            _read_full_day,
        ),
        (rf"{_PRE}{_LEFT}(?:{_YEAR}[ ]?)?{_MONTH}[ ]?{_DAYS}{_NOT_DAY}", _read_day),
        (rf"{_PRE}{_LEFT}(?:{_YEAR}[ ]?)(?:(?P<first>[01]?[0-9]){_TILDE})?{_MONTH}(?!급|간)", _read_month),
        (rf"{_PRE}{_LEFT}(?:(?P<first>[01]?[0-9]){_TILDE})?{_MONTH}(?!급|간|세|물)", _read_month),
        (rf"{_PRE}{_LEFT}{_DAYS}{_NOT_DAY}", _read_bare_day),
        (rf"{_PRE}{_LEFT}{_YEAR}(?:[ ]?(?P<quarter>[1-4])[ ]?분기|[ ]?(?P<half>[상하])반기)", _read_quarter),
        (rf"{_PRE}{_LEFT}(?:{_YEAR})(?!대|생|산|도산|형)", _read_year),
        (rf"{_LEFT}{_YEAR}[ ](?P<month>1[0-2]|[1-9])[·.](?P<day>[0-3]?[0-9])(?![0-9.])", _read_day),
        (rf"{_FREE}연(?:초|말)(?=[^가-힣]|에|까지|부터|께|쯤|의|이|$)", _read_edge_of_year),
        (r"(?<![0-9])(?P<decade>(?:1[89]|20)[0-9])0년대", lambda m, _: Resolved((f"{m['decade']}0", f"{m['decade']}9"), Precision.RANGE)),
        (rf"(?:(?P<week>{join_alternatives(_REL_WEEKS)})[ ]?|{_PRE})(?P<name>[{_WEEKDAYS}])요일", _read_weekday),
        (rf"{_FREE}(?P<week>{join_alternatives(_REL_WEEKS)})(?P<end>[ ]?말)?", _read_week),
        (
            rf"{_FREE}(?P<word>{join_alternatives(_REL_DAYS)})(?![가-힣]{{0,1}}[력])",
            lambda m, c: relative_day(c.published, _REL_DAYS[m["word"]]),
        ),
        (rf"{_FREE}(?P<word>{join_alternatives(_ANCHORED_DAYS)})(?!개)", lambda m, c: relative_day(c.anchor, _ANCHORED_DAYS[m["word"]])),
        (rf"{_FREE}연내", lambda _, c: UNRESOLVED if c.published is None else until(as_year(c.published.year))),
        (rf"{_FREE}(?:{count}|(?P<days>{native}))[ ]?전(?=[^가-힣]|$|부터|에|의|과|만|보다|쯤|까지|인|이)", _read_ago),
        (rf"(?:최근|지난)[ ]?(?:{count}|(?P<days>{native}))[ ]?(?:여[ ]?)?(?:간|동안|새|사이)", _read_period),
        (rf"최근[ ]?{count}(?=[^가-힣]|의|에)", _read_period),
        (rf"{_FREE}(?:{count}|(?P<days>{native}))[ ]?(?:뒤|후)(?=[^가-힣]|인|에|의|$)", _read_shifted),
        (r"(?:최근|지난)[ ]?(?:몇|수)[ ]?(?:일|주|개월|달|년)[ ]?(?:간|동안|새|사이)?", lambda _, __: UNRESOLVED),
    ]
    return (build_named_days(), *(Rule(re.compile(pattern), resolve) for pattern, resolve in table))


# --- days, months, years -------------------------------------------------------------------------------------------


def _read_full_day(match: re.Match[str], _: Context) -> Resolved | None:
    found = make_date(int(match["year"]), int(match["month"]), int(match["day"]))
    return None if found is None else as_day(found)


def _read_day(match: re.Match[str], context: Context) -> Resolved | None:
    day, published = int(match["day"]), context.published
    groups = match.groupdict()
    last = groups.get("last")
    if groups.get("relmonth"):
        stated_month = _relative_month(match, context)
        return _day_or_range(make_date(*stated_month, day), last) if stated_month else UNRESOLVED
    month = int(match["month"])
    if make_date(2024, month, day) is None if 1 <= month <= 12 else True:
        return None
    stated = _stated_year(match, context)
    if stated is not None:
        return _day_or_range(make_date(stated, month, day), last)
    if published is None or match["relyear"]:
        return UNRESOLVED
    return _day_or_range(find_day(published, month, day, future=_is_future(match, context)), last)


def _relative_month(match: re.Match[str], context: Context) -> tuple[int, int] | None:
    word = match["relmonth"]
    if word in _REL_MONTHS:
        day = context.published
        return None if day is None else shift_months(day.year, day.month, _REL_MONTHS[word])
    value = UNRESOLVED if context.last is None else shift_time(context.last, "month", _ANCHORED_MONTHS[word])
    return None if not isinstance(value.value, str) else (int(value.value[:4]), int(value.value[5:7]))


def _read_shifted(match: re.Match[str], context: Context) -> Resolved | None:
    """Read "이틀 뒤": from the time the text spoke of last, never from publication."""
    unit, count = _read_count(match)
    return UNRESOLVED if context.last is None else shift_time(context.last, unit, count)


def _read_edge_of_year(match: re.Match[str], context: Context) -> Resolved | None:
    return UNRESOLVED if context.published is None else as_year(context.published.year)


def _read_bare_day(match: re.Match[str], context: Context) -> Resolved | None:
    day, published, pre = int(match["day"]), context.published, match["pre"]
    if not 1 <= day <= 31:
        return None
    if published is None:
        return UNRESOLVED
    this = make_date(published.year, published.month, day)
    if pre in ("오는", "다가오는"):
        shift = 0 if this is not None and this >= published else 1
    elif pre == "지난":
        shift = 0 if this is not None and this <= published else -1
    else:
        near = this is not None and (this - published).days <= _LATER_DAYS
        shift = 0 if near or (this is not None and _is_future(match, context)) else -1
    year, month = shift_months(published.year, published.month, shift)
    return _day_or_range(make_date(year, month, day), match["last"])


def _day_or_range(day: date | None, last: str | None) -> Resolved:
    if day is None:
        return UNRESOLVED
    end = make_date(day.year, day.month, int(last)) if last else None
    return as_day_range(day, end) if end is not None and end > day else as_day(day)


def _read_month(match: re.Match[str], context: Context) -> Resolved | None:
    published = context.published
    if match["relmonth"]:
        stated_month = _relative_month(match, context)
        return as_month(*stated_month) if stated_month else UNRESOLVED
    month = int(match["month"])
    if not 1 <= month <= 12:
        return None
    year = _stated_year(match, context)
    if year is None:
        groups = match.groupdict()
        if published is None or groups.get("relyear"):
            return UNRESOLVED
        year, _ = find_month(published, month, future=_is_future(match, context))
    first = int(match["first"] or month)
    return span_of(as_month(year, first), as_month(year, month)) if 1 <= first < month else as_month(year, month)


def _read_year(match: re.Match[str], context: Context) -> Resolved | None:
    year = _stated_year(match, context)
    return UNRESOLVED if year is None else as_year(year)


def _read_quarter(match: re.Match[str], context: Context) -> Resolved | None:
    year = _stated_year(match, context)
    if year is None:
        return UNRESOLVED
    length = 3 if match["quarter"] else 6
    number = int(match["quarter"]) if match["quarter"] else 1 + (match["half"] == "하")
    first = (number - 1) * length + 1
    return Resolved((f"{year}-{first:02d}", f"{year}-{first + length - 1:02d}"), Precision.QUARTER if match["quarter"] else Precision.RANGE)


def _stated_year(match: re.Match[str], context: Context) -> int | None:
    groups = match.groupdict()
    if groups.get("year"):
        return int(groups["year"])
    word = groups.get("relyear")
    if word in _ANCHORED_YEARS:
        value = UNRESOLVED if context.last is None else shift_time(context.last, "year", _ANCHORED_YEARS[word])
        return int(value.value) if isinstance(value.value, str) else None
    return None if not word or context.published is None else context.published.year + _REL_YEARS[word]


# --- weeks, counted times ------------------------------------------------------------------------------------------


def _read_weekday(match: re.Match[str], context: Context) -> Resolved | None:
    published, weekday = context.published, _WEEKDAYS.index(match["name"])
    if published is None:
        return UNRESOLVED
    if match["week"]:
        sunday = first_of(as_week(published, _REL_WEEKS[match["week"]]).value)
        return None if sunday is None else as_day(date.fromisoformat(sunday) + timedelta(days=(weekday + 1) % 7))
    if match["pre"] in ("오는", "다가오는"):
        return as_day(find_weekday(published, weekday, future=True, strict=True))
    if match["pre"] == "지난":
        return as_day(find_weekday(published, weekday, strict=True))
    return as_day(find_weekday(published, weekday, future=_is_future(match, context)))


def _read_week(match: re.Match[str], context: Context) -> Resolved | None:
    if context.published is None:
        return UNRESOLVED
    week = as_week(context.published, _REL_WEEKS[match["week"]])
    if not match["end"] or not isinstance(week.value, tuple) or week.value[1] is None:
        return week
    saturday = date.fromisoformat(week.value[1])
    return as_day_range(saturday, saturday + timedelta(days=1))


def _read_count(match: re.Match[str]) -> tuple[str, int]:
    days = match.groupdict().get("days")
    if days:
        return "day", _NATIVE[days]
    text = match["count"]
    return _UNITS[match["unit"]], int(text) if text.isdigit() else _COUNTERS[text]


def _read_ago(match: re.Match[str], context: Context) -> Resolved | None:
    day = context.published
    if day is None:
        return UNRESOLVED
    unit, count = _read_count(match)
    if unit == "day":
        return relative_day(day, -count)
    if unit == "week":
        return as_week(day, -count)
    return as_year(day.year - count) if unit == "year" else as_month(*shift_months(day.year, day.month, -count))


def _read_period(match: re.Match[str], context: Context) -> Resolved | None:
    return UNRESOLVED if context.published is None else as_period(context.published, *_read_count(match))


# --- context -------------------------------------------------------------------------------------------------------


@cache
def _future_pattern() -> re.Pattern[str]:
    return re.compile(join_alternatives(load_time_words().future_ko))


def _is_future(match: re.Match[str], context: Context) -> bool:
    """Tell whether 오는 stands before it, or without 지난 a cue of the future after it in its sentence."""
    pre = match.groupdict().get("pre")
    if pre is not None:
        return pre in ("오는", "다가오는")
    after = re.split(r"[.!?\n]", context.text[match.end() : match.end() + _REACH], maxsplit=1)[0]
    return _future_pattern().search(after) is not None


_FROM_TO = re.compile(r"(?:[ ]?[가-힣]{0,2})?(?:부터|에서)[ ]?|[ ]?[~∼～–][ ]?")


def _join(text: str, atoms: list[Atom]) -> list[Atom]:
    """Put "2021년 9월부터 지난 10월까지" and "11월 4일(화요일)" together."""
    joined: list[Atom] = []
    is_told = False
    for found in atoms:
        previous = joined[-1] if joined else None
        atom = found if previous is None else _carry_over(text, previous, found, is_told=is_told)
        is_told = atom is not found or _YEAR_BEFORE.match(text, atom.start, atom.end) is not None
        gap = text[previous.end : atom.start] if previous else ""
        if previous is not None and gap == "(" and previous.resolved.precision is Precision.DAY and text[atom.end : atom.end + 1] == ")":
            told = atom if _is_counted(text, atom) and not _is_counted(text, previous) else previous
            joined[-1] = replace(told, start=previous.start, end=atom.end + 1)
        elif previous is not None and gap and len(gap) <= _NEAR and _FROM_TO.fullmatch(gap):
            joined[-1] = Atom(previous.start, atom.end, span_of(previous.resolved, atom.resolved))
        else:
            joined.append(atom)
    return joined


_YEAR_BEFORE = re.compile(rf"(?:지난[ ]?)?{_YEAR}")
_BARE_MONTH = re.compile(r"(?P<month>[01]?[0-9])월(?:[ ]?(?P<day>[0-3]?[0-9])일)?")
_BARE_DAY = re.compile(r"(?P<day>[0-3]?[0-9])일")
_AND = re.compile(r"(?:과|와|이나|및|부터|에서|·|,|[ ]?[~∼～–])?[ ]?(?:및[ ])?|일?[ ]?[~∼～–][ ]?")


def _is_counted(text: str, atom: Atom) -> bool:
    return re.search(r"[0-9]", text[atom.start : atom.end]) is not None


def _carry_over(text: str, first: Atom, second: Atom, *, is_told: bool) -> Atom:
    """Give 5월 in "지난해 3월과 5월" the year before it, if one `is_told`, and 3일 in "5월 1일부터 3일까지" its month."""
    gap, value = text[first.end : second.start], first.resolved.value
    if not isinstance(value, str) or not gap or not _AND.fullmatch(gap):
        return second
    month, day = _BARE_MONTH.fullmatch(text, second.start, second.end), _BARE_DAY.fullmatch(text, second.start, second.end)
    if month and is_told and int(month["month"]) >= int(value[5:7] or 13):
        year = int(value[:4])
        found = as_day(make_date(year, int(month["month"]), int(month["day"]))) if month["day"] else as_month(year, int(month["month"]))
        return replace(second, resolved=found)
    if day and first.resolved.precision is Precision.DAY and int(day["day"]) > int(value[8:]):
        return replace(second, resolved=as_day(make_date(int(value[:4]), int(value[5:7]), int(day["day"]))))
    return second


_SINCE = re.compile(r"(?:[ ]?(?:초|말|중순|하순|상순))?(?:부터|[ ]?이후|[ ]?이래|[ ]?들어)")
_UNTIL = re.compile(r"(?:[ ]?(?:초|말|중순|하순|상순))?까지")


def _apply_particles(text: str, atoms: list[Atom], published: date | None) -> Iterator[Atom]:
    for atom in atoms:
        since_match, until_match = _SINCE.match(text, atom.end), _UNTIL.match(text, atom.end)
        is_range = atom.resolved.precision is Precision.RANGE
        if since_match and not is_range:
            yield Atom(atom.start, since_match.end(), since(atom.resolved, published))
        elif until_match and not is_range:
            yield Atom(atom.start, until_match.end(), until(atom.resolved))
        else:
            yield atom
