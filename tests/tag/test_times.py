from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.vocabulary import Precision
from pipeline.tag.time_calendar import as_week, find_day, find_weekday, shift_months
from pipeline.tag.times import find_times

PUBLISHED = date(2025, 11, 5)  # a Wednesday


def read(text: str, lang: str = "en", published: date | None = PUBLISHED) -> list[tuple[str, object]]:
    return [(t.text, t.value) for t in find_times(text, lang, published=published)]


def values(text: str, lang: str = "en", published: date | None = PUBLISHED) -> list[object]:
    return [value for _, value in read(text, lang, published)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The envoy left on Thursday.", "2025-10-30"),
        ("The ministry said Wednesday.", "2025-11-05"),
        ("He was there last Wednesday.", "2025-10-29"),
        ("They meet again next Monday.", "2025-11-10"),
        ("They spoke yesterday.", "2025-11-04"),
        ("They spoke three days ago.", "2025-11-02"),
        ("It was fired on Nov. 4, 2024.", "2024-11-04"),
        ("It was fired on 4 November 2024.", "2024-11-04"),
        ("It was fired on November 4th.", "2025-11-04"),
        ("It was fired on Nov. 6.", "2024-11-06"),
        ("It was fired on 2025-10-31.", "2025-10-31"),
        ("It was fired on Thursday, Oct. 30.", "2025-10-30"),
    ],
)
def test_english_days_are_resolved(text: str, value: str) -> None:
    (found,) = find_times(text, "en", published=PUBLISHED)
    assert (found.value, found.precision) == (value, Precision.DAY)


@pytest.mark.parametrize(
    "text",
    [
        "The envoy will visit Seoul on Friday.",
        "It said the talks are scheduled for Friday.",
        "On Friday, the envoy is to fly home.",
    ],
)
def test_a_weekday_with_a_cue_of_the_future_is_the_next(text: str) -> None:
    assert values(text) == ["2025-11-07"]


def test_by_a_weekday_looks_ahead() -> None:
    assert values("They want an answer by Friday.") == [(None, "2025-11-07")]


def test_a_weekday_after_a_verb_of_saying_is_the_last_even_after_will() -> None:
    assert values("The envoy will visit Seoul, officials said Friday.") == ["2025-10-31"]


def test_a_cue_in_the_sentence_before_does_not_count() -> None:
    assert values("The envoy will go home. He arrived on Friday.") == ["2025-10-31"]


@pytest.mark.parametrize(
    ("text", "value", "precision"),
    [
        ("earlier this week", ("2025-11-02", "2025-11-05"), "range"),
        ("last week", ("2025-10-26", "2025-11-01"), "week"),
        ("this week", ("2025-11-02", "2025-11-08"), "week"),
        ("two weeks ago", ("2025-10-19", "2025-10-25"), "week"),
        ("over the weekend", ("2025-11-01", "2025-11-02"), "range"),
        ("last month", "2025-10", "month"),
        ("in December", "2024-12", "month"),
        ("in November", "2025-11", "month"),
        ("last November", "2024-11", "month"),
        ("in September last year", "2024-09", "month"),
        ("in March 2017", "2017-03", "month"),
        ("earlier this year", "2025", "year"),
        ("in 2016", "2016", "year"),
        ("the 2016 test", "2016", "year"),
        ("a year ago", "2024", "year"),
        ("since 2017", ("2017", "2025-11-05"), "range"),
        ("since January", ("2025-01", "2025-11-05"), "range"),
        ("by the end of 2019", (None, "2019-12-31"), "range"),
        ("by February 2024", (None, "2024-02-29"), "range"),
        ("over the past five years", ("2020", "2025"), "range"),
        ("in the last 10 days", ("2025-10-26", "2025-11-05"), "range"),
        ("from 2017 to 2021", ("2017", "2021"), "range"),
        ("between June and August", ("2025-06", "2025-08"), "range"),
        ("in 2017-2021", ("2017", "2021"), "range"),
        ("on Nov. 4-5", ("2025-11-04", "2025-11-05"), "range"),
        ("from Nov. 4 to Dec. 2, 2024", ("2024-11-04", "2024-12-02"), "range"),
        ("in the 1990s", ("1990", "1999"), "range"),
        ("in the third quarter of 2024", ("2024-07", "2024-09"), "quarter"),
    ],
)
def test_english_weeks_months_years_and_ranges_are_resolved(text: str, value: object, precision: str) -> None:
    (found,) = find_times(f"It was built {text} there.", "en", published=PUBLISHED)
    assert (found.value, found.precision) == (value, precision)


@pytest.mark.parametrize(
    "text",
    [
        "It was the first in four months and in over five years.",
        "It may fall, and they march on.",
        "Resolution 2094 sent 2016 troops and 1,990 tons over 500 km.",
        "He served for 10 years and paid $2016.",
        "They met on Mondays.",
        "It came before Super Tuesday and Good Friday.",
        "It was fired on June 31.",
    ],
)
def test_durations_ordinals_and_counts_are_no_dates(text: str) -> None:
    assert not [found for found in read(text) if found[1] is not None and found[0] != "June"]


def test_a_month_that_is_also_a_word_needs_a_cue() -> None:
    assert values("In May it fell. May it last.") == ["2025-05"]


def test_the_previous_day_goes_back_from_the_day_before_it() -> None:
    assert values("It said on Monday that a test was made the previous day.") == ["2025-11-03", "2025-11-02"]


def test_the_previous_day_goes_back_from_publication_where_the_text_names_no_day() -> None:
    assert values("A test was made the previous day.") == ["2025-11-04"]


def test_without_publication_relative_times_stay_unresolved() -> None:
    found = find_times("on Thursday, last week, in May, on Nov. 4, two days ago, this year", "en", published=None)
    assert {(t.value, t.precision) for t in found} == {(None, Precision.RELATIVE_UNRESOLVED)}
    assert len(found) == 6


def test_without_publication_full_dates_are_resolved() -> None:
    assert values("on Nov. 4, 2025 and in 2016", published=None) == ["2025-11-04", "2016"]


def test_without_publication_since_has_an_open_end() -> None:
    assert values("since 2017", published=None) == [("2017", None)]


def test_what_cannot_be_counted_stays_unresolved() -> None:
    assert values("several years ago") == [None]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("지난 3일", "2025-11-03"),
        ("지난 28일", "2025-10-28"),
        ("오는 10일", "2025-11-10"),
        ("오는 3일", "2025-12-03"),
        ("4일", "2025-11-04"),
        ("31일", "2025-10-31"),
        ("지난달 28일", "2025-10-28"),
        ("다음 달 3일", "2025-12-03"),
        ("11월 4일", "2025-11-04"),
        ("11월 9일", "2024-11-09"),
        ("11월 4일(화요일)", "2025-11-04"),
        ("지난해 5월 2일", "2024-05-02"),
        ("2024년 5월 2일", "2024-05-02"),
        ("2024.5.2", "2024-05-02"),
        ("이날", "2025-11-05"),
        ("전날", "2025-11-04"),
        ("어제", "2025-11-04"),
        ("사흘 전", "2025-11-02"),
        ("지난 금요일", "2025-10-31"),
        ("오는 월요일", "2025-11-10"),
        ("지난주 금요일", "2025-10-31"),
    ],
)
def test_korean_days_are_resolved(text: str, value: str) -> None:
    (found,) = find_times(f"정부는 {text} 밝혔다.", "ko", published=PUBLISHED)
    assert (found.text, found.value, found.precision) == (text, value, Precision.DAY)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("지난달", "2025-10"),
        ("이달", "2025-11"),
        ("올해", "2025"),
        ("작년", "2024"),
        ("지난해", "2024"),
        ("2025년 11월", "2025-11"),
        ("지난 10월", "2025-10"),
        ("오는 12월", "2025-12"),
        ("12월", "2024-12"),
        ("지난해 5월", "2024-05"),
        ("올 3월", "2025-03"),
        ("내년 1~2월", ("2026-01", "2026-02")),
        ("지난 9~11일", ("2025-10-09", "2025-10-11")),
        ("2021년 9월부터 지난 10월", ("2021-09", "2025-10")),
        ("지난주", ("2025-10-26", "2025-11-01")),
        ("최근 5년간", ("2020", "2025")),
        ("2017년 이후", ("2017", "2025-11-05")),
        ("2024년까지", (None, "2024-12-31")),
        ("올해 1분기", ("2025-01", "2025-03")),
        ("작년 하반기", ("2024-07", "2024-12")),
        ("1990년대", ("1990", "1999")),
        ("5년 전", "2020"),
        ("두 달 전", "2025-09"),
        ("지난 2021년", "2021"),
    ],
)
def test_korean_months_years_and_ranges_are_resolved(text: str, value: object) -> None:
    assert read(f"정부는 {text} 밝혔다.", "ko") == [(text, value)]


@pytest.mark.parametrize("text", ["3일간", "10일째", "5년 만에", "3개월", "징역 2년", "2박3일", "100일", "13월", "3년 전쟁"])
def test_korean_durations_and_counts_are_no_dates(text: str) -> None:
    assert read(f"그는 {text} 있었다.", "ko") == []


def test_a_bare_korean_month_with_a_plan_after_it_is_the_next() -> None:
    assert values("대표단은 12월 방문할 예정이다.", "ko") == ["2025-12"]


def test_jeonnal_goes_back_from_the_day_of_the_report() -> None:
    text = "지난 1일 회의가 있었다. 통신은 4일 전날 시험이 있었다고 전했다."
    assert values(text, "ko") == ["2025-11-01", "2025-11-04", "2025-11-03"]


def test_without_publication_korean_relative_times_stay_unresolved() -> None:
    assert values("지난달 4일 올해 이날 2016년 5월", "ko", None) == [None, None, None, "2016-05"]


@given(st.dates(date(2000, 1, 1), date(2035, 12, 31)), st.integers(0, 6))
def test_the_last_weekday_is_within_the_week_before(day: date, weekday: int) -> None:
    found = find_weekday(day, weekday)
    assert found.weekday() == weekday
    assert 0 <= (day - found).days < 7


@given(st.dates(date(2000, 1, 1), date(2035, 12, 31)))
def test_weeks_run_from_sunday_to_saturday_around_the_day(day: date) -> None:
    start, end = (date.fromisoformat(str(part)) for part in as_week(day).value or ())
    assert (start.weekday(), end.weekday()) == (6, 5)
    assert start <= day <= end


@given(st.dates(date(2000, 1, 1), date(2035, 12, 31)), st.dates(date(2000, 1, 1), date(2000, 12, 31)))
def test_the_last_such_day_of_the_calendar_is_never_after_the_anchor(day: date, wanted: date) -> None:
    found = find_day(day, wanted.month, wanted.day)
    assert found is not None
    assert (found.month, found.day) == (wanted.month, wanted.day)
    assert found <= day < find_day(day + timedelta(days=1), wanted.month, wanted.day, future=True)  # type: ignore[operator]


@given(st.integers(2000, 2030), st.integers(1, 12), st.integers(-50, 50))
def test_shifting_months_there_and_back_gives_the_month(year: int, month: int, count: int) -> None:
    assert shift_months(*shift_months(year, month, count), -count) == (year, month)


@given(st.dates(date(1950, 1, 1), date(2035, 12, 31)))
def test_a_full_date_reads_back_equal_in_all_forms(day: date) -> None:
    forms = (f"{day:%B} {day.day}, {day.year}", f"{day.day} {day:%B} {day.year}", day.isoformat())
    assert [values(f"It was on {form} here.") for form in forms] == [[day.isoformat()]] * 3
    assert values(f"회의는 {day.year}년 {day.month}월 {day.day}일 열렸다.", "ko") == [day.isoformat()]


@given(st.text(alphabet="0123456789 ,.-~JanMyTuesdlatwk년월일지난오는전부터까지since", max_size=80), st.sampled_from(["en", "ko"]))
def test_spans_slice_to_the_text_and_never_overlap(text: str, lang: str) -> None:
    found = find_times(text, lang, published=PUBLISHED)
    assert all(text[t.start : t.end] == t.text for t in found)
    assert all(first.end <= second.start for first, second in pairwise(found))


@pytest.mark.parametrize(
    "piece", ["2016-", "Nov. 4 ", "Monday ", "1", "1 ", "the past ", "2016 to ", "1일", "올해 1월 ", "지난 ", " ", "\n"]
)
def test_a_long_text_of_pieces_of_dates_is_read(piece: str) -> None:
    text = piece * (30_000 // len(piece))
    assert all(text[t.start : t.end] == t.text for lang in ("en", "ko") for t in find_times(text, lang, published=PUBLISHED))
