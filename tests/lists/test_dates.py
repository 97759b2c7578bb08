from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.lists.dates import read_birth_dates, read_day


@given(st.dates(min_value=date(1000, 1, 1)), st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%d %b %Y", "%d-%b-%Y", "%d %B %Y"]))
def test_a_day_is_read_in_every_form_of_the_lists(day, form):
    assert read_day(day.strftime(form)) == day


@pytest.mark.parametrize(
    "text", ["", "1987", "Jul 1987", "30 Feb 1987", "12/25/1987", "3 Foo 1987", "circa 3 Jul 1987", "1987-07-03T00:00"]
)
def test_what_is_no_full_day_is_none(text):
    assert read_day(text) is None


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("03 Jul 1987", "1987-07-03"),
        ("July 1987", "1987-07"),
        ("Jul 1987", "1987-07"),
        ("1987", "1987"),
        ("01 Jan 1987 to 31 Dec 1987", "1987"),
        ("dd/mm/1987", "1987"),
        ("00/00/1987", "1987"),
        ("dd/07/1987", "1987-07"),
    ],
)
def test_an_exact_date_of_birth(text, exact):
    assert read_birth_dates([text]) == ((exact,), ())


@pytest.mark.parametrize(
    "text", ["circa 1987", "1944 to 1945", "Mar 1950 to Apr 1950", "01 Jan 1937 to 31 Dec 1938", "dd/13/1987", "30-35 years old"]
)
def test_a_date_of_birth_that_is_not_exact_stays_as_written(text):
    assert read_birth_dates([f" {text} "]) == ((), (text,))


def test_dates_are_told_once():
    assert read_birth_dates(["1987", "circa 1985", "1987", "", "circa 1985"]) == (("1987",), ("circa 1985",))
