"""Dates that a generator writes are read back, relative ones against a publication time in its own zone."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.records import Publication
from models.vocabulary import DateSource, Precision
from pipeline.tag.times import find_times

Value = str | tuple[str | None, str | None]

MONTHS = list(calendar.month_name)[1:]
SHORT = ("Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec.")
WEEKDAYS = list(calendar.day_name)
WEEKDAYS_KO = "월화수목금토일"
ZONES = {
    "Asia/Seoul": 9,
    "Asia/Tokyo": 9,
    "+09:00": 9,
    "Asia/Shanghai": 8,
    "UTC": 0,
    "-05:00": -5,
    "+05:30": 5.5,
    "Pacific/Honolulu": -10,
    None: 0,
}
"""Zones without summer time, and their hours ahead of UTC; None is what counts as UTC."""

days = st.dates(date(2005, 1, 1), date(2035, 12, 31))


def month_of(day: date, months: int = 0) -> str:
    index = day.year * 12 + day.month - 1 + months
    return f"{index // 12}-{index % 12 + 1:02d}"


def week_of(day: date, weeks: int = 0) -> tuple[str, str]:
    sunday = day - timedelta(days=day.isoweekday() % 7) + timedelta(weeks=weeks)
    return sunday.isoformat(), (sunday + timedelta(days=6)).isoformat()


def ago(day: date, count: int) -> str:
    return (day - timedelta(days=count)).isoformat()


RELATIVE_EN: dict[str, Callable[[date], Value]] = {
    "today": lambda d: ago(d, 0),
    "yesterday": lambda d: ago(d, 1),
    "last night": lambda d: ago(d, 1),
    "the day before yesterday": lambda d: ago(d, 2),
    "the previous day": lambda d: ago(d, 1),
    "three days ago": lambda d: ago(d, 3),
    "10 days ago": lambda d: ago(d, 10),
    "last week": lambda d: week_of(d, -1),
    "this week": week_of,
    "two weeks ago": lambda d: week_of(d, -2),
    "earlier this week": lambda d: (week_of(d)[0], d.isoformat()),
    "this month": month_of,
    "last month": lambda d: month_of(d, -1),
    "earlier this month": month_of,
    "earlier in the month": month_of,
    "six months ago": lambda d: month_of(d, -6),
    "this year": lambda d: f"{d.year}",
    "earlier this year": lambda d: f"{d.year}",
    "last year": lambda d: f"{d.year - 1}",
    "a year ago": lambda d: f"{d.year - 1}",
    "a decade ago": lambda d: f"{d.year - 10}",
    "in March last year": lambda d: f"{d.year - 1}-03",
    "over the past five years": lambda d: (f"{d.year - 5}", f"{d.year}"),
    "in the past two weeks": lambda d: (ago(d, 14), d.isoformat()),
    "since last month": lambda d: (month_of(d, -1), d.isoformat()),
    "since last year": lambda d: (f"{d.year - 1}", d.isoformat()),
    "by the end of this year": lambda d: (None, f"{d.year}-12-31"),
    "by the end of the year": lambda d: (None, f"{d.year}-12-31"),
}
RELATIVE_KO: dict[str, Callable[[date], Value]] = {
    "오늘": lambda d: ago(d, 0),
    "이날": lambda d: ago(d, 0),
    "어제": lambda d: ago(d, 1),
    "전날": lambda d: ago(d, 1),
    "그저께": lambda d: ago(d, 2),
    "이틀 전": lambda d: ago(d, 2),
    "사흘 전": lambda d: ago(d, 3),
    "열흘 전": lambda d: ago(d, 10),
    "지난주": lambda d: week_of(d, -1),
    "이번 주": week_of,
    "다음 주": lambda d: week_of(d, 1),
    "2주 전": lambda d: week_of(d, -2),
    "이달": month_of,
    "지난달": lambda d: month_of(d, -1),
    "다음 달": lambda d: month_of(d, 1),
    "석 달 전": lambda d: month_of(d, -3),
    "올해": lambda d: f"{d.year}",
    "지난해": lambda d: f"{d.year - 1}",
    "작년": lambda d: f"{d.year - 1}",
    "내년": lambda d: f"{d.year + 1}",
    "3년 전": lambda d: f"{d.year - 3}",
    "올해 들어": lambda d: (f"{d.year}", d.isoformat()),
    "지난달부터": lambda d: (month_of(d, -1), d.isoformat()),
    "지난해 5월": lambda d: f"{d.year - 1}-05",
    "올 상반기": lambda d: (f"{d.year}-01", f"{d.year}-06"),
    "올해 1분기": lambda d: (f"{d.year}-01", f"{d.year}-03"),
    "최근 5년간": lambda d: (f"{d.year - 5}", f"{d.year}"),
    "연말까지": lambda d: (None, f"{d.year}-12-31"),
    "연내": lambda d: (None, f"{d.year}-12-31"),
}
ROOM_EN = ("The envoy arrived {}, the ministry said.", "{} the army fired a rocket.", "It was built {} there.", "“We met {},” he said.")
ROOM_KO = ("정부는 {} 이를 밝혔다.", "{} 회담이 열렸다.", "그는 “{} 만났다”고 했다.", "회의가 끝났다.{} 북한이 발사했다.")


def read(text: str, lang: str, published: date | None) -> list[Value | None]:
    return [found.value for found in find_times(text, lang, published=published)]


# --- against the time of publication -----------------------------------------------------------------------------


@given(st.sampled_from(sorted(RELATIVE_EN)), st.sampled_from(ROOM_EN), days)
def test_a_relative_time_in_english_is_counted_from_publication(words: str, room: str, published: date) -> None:
    assert read(room.format(words), "en", published) == [RELATIVE_EN[words](published)]


@given(st.sampled_from(sorted(RELATIVE_KO)), st.sampled_from(ROOM_KO), days)
def test_a_relative_time_in_korean_is_counted_from_publication(words: str, room: str, published: date) -> None:
    assert read(room.format(words), "ko", published) == [RELATIVE_KO[words](published)]


@given(days, st.times(), st.sampled_from(list(ZONES)), st.sampled_from(("today", "yesterday", "last week", "last month")))
def test_the_day_of_publication_is_the_one_in_its_own_zone(day: date, clock: time, zone: str | None, words: str) -> None:
    local = datetime.combine(day, clock, timezone(timedelta(hours=ZONES[zone])))
    publication = Publication(local.astimezone(UTC), "", zone, DateSource.FEED, "minute")
    assert read(f"The envoy arrived {words}.", "en", publication.day) == [RELATIVE_EN[words](day)]


@given(days, st.integers(0, 6))
def test_a_weekday_is_the_last_and_with_a_plan_the_next(published: date, weekday: int) -> None:
    name = WEEKDAYS[weekday]
    back = timedelta(days=(published.weekday() - weekday) % 7)
    ahead = timedelta(days=(weekday - published.weekday()) % 7)
    past, future = (published - back).isoformat(), (published + ahead).isoformat()
    assert read(f"The envoy arrived on {name}.", "en", published) == [past]
    assert read(f"The test was announced on {name}.", "en", published) == [past]
    assert read(f"The envoy will meet U.S. President Jane Roe on {name}.", "en", published) == [future]
    assert read(f"The result will be announced on {name}.", "en", published) == [future]
    assert read(f"The envoy is due on {name}.", "en", published) == [future]
    assert read(f"Roads were closed due to floods {name}.", "en", published) == [past]
    assert read(f"It ends by {name}.", "en", published) == [(None, future)]


@given(days, st.integers(0, 6), st.sampled_from((("last", "지난주", -1), ("this", "이번 주", 0), ("next", "다음 주", 1))))
def test_a_weekday_of_a_named_week_lies_in_that_week(published: date, weekday: int, week: tuple[str, str, int]) -> None:
    english, korean, shift = week
    sunday = date.fromisoformat(week_of(published, shift)[0])
    wanted = (sunday + timedelta(days=(weekday + 1) % 7)).isoformat()
    assert read(f"They met on {WEEKDAYS[weekday]} {english} week.", "en", published) == [wanted]
    assert read(f"{korean} {WEEKDAYS_KO[weekday]}요일 만났다.", "ko", published) == [wanted]


@given(days, st.integers(1, 12))
def test_a_bare_month_is_the_last_and_with_a_plan_the_next(published: date, month: int) -> None:
    past = f"{published.year - (month > published.month)}-{month:02d}"
    future = f"{published.year + (month < published.month)}-{month:02d}"
    assert read(f"It was fired in {MONTHS[month - 1]}.", "en", published) == [past]
    assert read(f"In {MONTHS[month - 1]}, it unveiled a plan to build ships.", "en", published) == [past]
    assert read(f"He will see the house where they met in {MONTHS[month - 1]}.", "en", published) == [past]
    assert read(f"Troops drill ahead of a congress in {MONTHS[month - 1]}.", "en", published) == [future]
    assert read(f"회담이 {month}월 열렸다.", "ko", published) == [past]
    assert read(f"회담이 {month}월 열릴 예정이다.", "ko", published) == [future]


@given(days, st.integers(1, 28))
def test_a_day_of_the_last_month_in_korean_is_in_that_month(published: date, day: int) -> None:
    assert read(f"북한은 지난달 {day}일 발사했다.", "ko", published) == [f"{month_of(published, -1)}-{day:02d}"]
    assert read(f"북한은 지난달 {day}일(현지시간) 발사했다.", "ko", published) == [f"{month_of(published, -1)}-{day:02d}"]


@given(days, st.integers(0, 20))
def test_a_bare_day_in_korean_is_the_last_such_day(published: date, back: int) -> None:
    day = published - timedelta(days=back)
    for words in (f"{day.day}일", f"지난 {day.day}일", f"{day.day}일(현지시간)", f"{day.day}일 오전"):
        assert read(f"미국은 {words} 밝혔다.", "ko", published) == [day.isoformat()]


@given(days, st.integers(0, 300))
def test_a_day_without_a_year_is_the_last_such_day(published: date, back: int) -> None:
    day = published - timedelta(days=back)
    assume((day.month, day.day) != (2, 29))
    for words in (f"{SHORT[day.month - 1]} {day.day}", f"{day.day} {MONTHS[day.month - 1]}", f"{MONTHS[day.month - 1]}\u00a0{day.day}"):
        assert read(f"It was fired on {words}.", "en", published) == [day.isoformat()]
        assert read(f"The trip began on {words} and was long.", "en", published) == [day.isoformat()]
    assert read(f"미사일은 {day.month}월 {day.day}일 발사됐다.", "ko", published) == [day.isoformat()]


@given(days, st.integers(1, 35))
def test_a_day_without_a_year_that_is_little_ahead_and_tells_no_past_is_the_one_ahead(published: date, ahead: int) -> None:
    day = published + timedelta(days=ahead)
    assume((day.month, day.day) != (2, 29))
    assert read(f"The trip through Asia, ending on {SHORT[day.month - 1]} {day.day}, is long.", "en", published) == [day.isoformat()]


# --- times that stand alone --------------------------------------------------------------------------------------

years = st.integers(1950, 2035)


@given(years, days)
def test_years_and_stretches_of_them_are_read(year: int, published: date) -> None:
    assume(year < published.year)
    expected: dict[str, Value] = {
        f"since {year}": (str(year), published.isoformat()),
        f"by the end of {year}": (None, f"{year}-12-31"),
        f"early {year}": str(year),
        f"mid-{year}": str(year),
        f"in {year}": str(year),
        f"as far back as {year}": str(year),
        f"in {year} and {year + 1}": (str(year), str(year + 1)),
        f"from {year} to {year + 2}": (str(year), str(year + 2)),
        f"in the second quarter of {year}": (f"{year}-04", f"{year}-06"),
        f"in the {year // 10}0s": (f"{year // 10}0", f"{year // 10}9"),
        f"in April, Juche 43 ({year})": f"{year}-04",
    }
    for words, value in expected.items():
        assert read(f"It grew {words} there.", "en", published) == [value], words
    korean: dict[str, Value] = {
        f"{year}년": str(year),
        f"{year}년 이후": (str(year), published.isoformat()),
        f"{year}년까지": (None, f"{year}-12-31"),
        f"{year}년 하반기": (f"{year}-07", f"{year}-12"),
        f"{year}년 3월": f"{year}-03",
        f"주체93({year})년": str(year),
    }
    for words, value in korean.items():
        assert read(f"이 나라는 {words} 커졌다.", "ko", published) == [value], words


@given(st.dates(date(1950, 1, 1), date(2035, 12, 31)), st.sampled_from((None, date(2025, 11, 5))))
def test_a_full_date_needs_no_publication(day: date, published: date | None) -> None:
    name, short = MONTHS[day.month - 1], SHORT[day.month - 1]
    for words in (
        f"{name} {day.day}, {day.year}",
        f"{short} {day.day}, {day.year}",
        f"{day.day} {name} {day.year}",
        f"{WEEKDAYS[day.weekday()]}, {name} {day.day}, {day.year}",
        day.isoformat(),
    ):
        assert read(f"It was on {words} here.", "en", published) == [day.isoformat()], words
    for words in (
        f"{day.year}년 {day.month}월 {day.day}일",
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}년 {day.month}·{day.day}",
    ):
        assert read(f"회의는 {words} 열렸다.", "ko", published) == [day.isoformat()], words


@given(years, st.lists(st.integers(1, 12), min_size=2, max_size=3, unique=True).map(sorted), days)
def test_months_of_a_list_share_the_year_that_is_told_once(year: int, months: list[int], published: date) -> None:
    names = [MONTHS[month - 1] for month in months]
    wanted = [f"{year}-{month:02d}" for month in months]
    assert read(f"They met in {', '.join(names[:-1])} and {names[-1]} {year}.", "en", published) == wanted
    listed = "·".join(f"{month}월" for month in months[1:])
    assert read(f"{year}년 {months[0]}월과 {listed} 만났다.", "ko", published) == wanted


@given(days, days)
def test_a_range_of_days_is_read_whole_in_both_languages(start: date, published: date) -> None:
    end = start + timedelta(days=40)
    english = f"from {SHORT[start.month - 1]} {start.day}, {start.year} to {SHORT[end.month - 1]} {end.day}, {end.year}"
    korean = f"{start.year}년 {start.month}월 {start.day}일부터 {end.year}년 {end.month}월 {end.day}일까지"
    wanted = (start.isoformat(), end.isoformat())
    assert read(f"It ran {english}.", "en", published) == [wanted]
    assert read(f"훈련은 {korean} 이어졌다.", "ko", published) == [wanted]
    if start.day <= 20:
        last = start.replace(day=start.day + 5).isoformat()
        for words in (f"{start.day}일부터 {start.day + 5}일까지", f"{start.day}~{start.day + 5}일", f"{start.day}일~{start.day + 5}일"):
            assert read(f"훈련은 {start.year}년 {start.month}월 {words} 이어졌다.", "ko", published) == [(start.isoformat(), last)]


@given(days, st.integers(1, 9))
def test_later_and_earlier_count_from_the_time_told_before(told: date, count: int) -> None:
    published = date(2036, 6, 1)
    words = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")[count - 1]
    first = f"It fired on {MONTHS[told.month - 1]} {told.day}, {told.year}. "
    assert read(f"{first}{words.capitalize()} days later, it fired again.", "en", published)[1] == ago(told, -count)
    assert read(f"{first}It had warned {words} days earlier.", "en", published)[1] == ago(told, count)
    assert read(f"{first}{words.capitalize()} months later, it stopped.", "en", published)[1] == month_of(told, count)
    assert read(f"{first}It stopped the following month.", "en", published)[1] == month_of(told, 1)
    assert read(f"{first}It had stopped the previous year.", "en", published)[1] == f"{told.year - 1}"
    korean = f"북한은 {told.year}년 {told.month}월 {told.day}일 발사했다. "
    assert read(f"{korean}{count}일 뒤 다시 발사했다.", "ko", published)[1] == ago(told, -count)
    assert read(f"{korean}이듬해 3월 멈췄다.", "ko", published)[1] == f"{told.year + 1}-03"
    assert read(f"{korean}같은 해 12월 멈췄다.", "ko", published)[1] == f"{told.year}-12"
    assert read(f"{korean}같은 달 7일 멈췄다.", "ko", published)[1] == f"{month_of(told)}-07"


# --- traps -------------------------------------------------------------------------------------------------------

WEDNESDAY = date(2025, 11, 5)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It was not until May that it moved.", "2025-05"),
        ("They had never met until April.", "2025-04"),
        ("It lasted until April.", (None, "2025-04-30")),
        ("Tension grew since January, when it tested.", "2025-01"),
        ("It will run through the end of December.", (None, "2025-12-31")),
        ("It was caused by the February attack.", "2025-02"),
        ("It was caused by Tuesday's attack.", "2025-11-04"),
        ("They can cancel between Wednesday and Jan. 13.", ("2025-11-05", "2026-01-13")),
    ],
)
def test_until_since_by_and_between(text: str, value: Value) -> None:
    assert read(text, "en", WEDNESDAY) == [value]


def test_the_weekday_of_a_known_event_is_the_one_told_before() -> None:
    text = "The talks were held on Friday. Friday’s meeting is expected to anger it."
    assert read(text, "en", WEDNESDAY) == ["2025-10-31", "2025-10-31"]


@pytest.mark.parametrize(
    "text",
    ["It is held each July 14 there.", "They meet every Friday and on Mondays.", "It was the first in six months and in over five years."],
)
def test_what_recurs_or_lasts_is_no_date(text: str) -> None:
    assert read(text, "en", WEDNESDAY) == []


def test_an_anniversary_has_its_own_date_and_the_years_since_have_none() -> None:
    assert read("Ten years after the sinking in March 2010, families met on Tuesday.", "en", WEDNESDAY) == ["2010-03", "2025-11-04"]


def test_under_an_eastern_dateline_the_weekday_after_publication_is_today() -> None:
    assert read("SEOUL North Korea fired a missile on Thursday.", "en", WEDNESDAY) == ["2025-11-06"]
    assert read("WASHINGTON The envoy left on Thursday.", "en", WEDNESDAY) == ["2025-10-30"]


def test_what_is_named_after_its_day_keeps_that_day() -> None:
    assert read("The so-called May 24 sanctions stay.", "en", WEDNESDAY) == ["2010-05-24"]
    assert read("9·19 군사합의를 되살린다. 9∙19 남북군사합의.", "ko", WEDNESDAY) == ["2018-09-19", "2018-09-19"]


def test_in_brackets_the_number_of_the_day_tells_it() -> None:
    assert read("북한은 전날(3일) 쐈고 이날(5일) 알렸다.", "ko", WEDNESDAY) == ["2025-11-03", "2025-11-05"]


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_without_publication_no_relative_time_is_guessed(lang: str) -> None:
    words = RELATIVE_EN if lang == "en" else RELATIVE_KO
    room = ROOM_EN[0] if lang == "en" else ROOM_KO[0]
    for one in words:
        (found,) = find_times(room.format(one), lang, published=None)
        assert (found.value, found.precision) == (None, Precision.RELATIVE_UNRESOLVED), one


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("999 decades ago", "en"),
        ("over the past 999 decades", "en"),
        ("In 1850 it rose. 999 decades earlier", "en"),
        ("최근 999년간", "ko"),
    ],
)
def test_what_lies_before_the_calendar_is_not_guessed(text: str, lang: str) -> None:
    found = find_times(text, lang, published=date(900, 1, 1))
    assert (found[-1].value, found[-1].precision) == (None, Precision.RELATIVE_UNRESOLVED)
