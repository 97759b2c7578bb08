import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.names import display_listed_name, join_given_name, normalise_name, normalise_organisation, person_forms


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("KIM, Jong Un", "kim jong un"),
        ("Kim Jong-un", "kim jong un"),
        ("HO', Cho'ng So'n", "ho chong son"),
        ("Ho’ Cho’ng-so’n", "ho chong son"),
        ("Kim Chŏng-ŭn", "kim chong un"),
        ("U.S. Treasury", "us treasury"),
        ("N. Korea", "n korea"),
        ("김정은", "김정은"),
        (unicodedata.normalize("NFD", "김정은"), "김정은"),
        ("Workers’ Party", "workers party"),
        ("…", ""),
        ("", ""),
    ],
)
def test_spellings_of_one_name_have_one_normal_form(written, normal):
    assert normalise_name(written) == normal


@given(st.text(max_size=80))
def test_normal_names_stay_as_they_are(text):
    once = normalise_name(text)
    assert normalise_name(once) == once


@given(st.text(max_size=80))
def test_normal_organisations_stay_as_they_are(text):
    once = normalise_organisation(text)
    assert normalise_organisation(once) == once


@given(st.text(min_size=1, max_size=40))
def test_no_organisation_is_normalised_to_nothing_when_its_name_is_something(text):
    assert bool(normalise_organisation(text)) == bool(normalise_name(text))


def test_company_types_are_one():
    names = ["Hana Trading Co., Ltd.", "HANA TRADING COMPANY", "Hana Trading Corporation", "hana trading corp"]
    assert {normalise_organisation(name) for name in names} == {"hana trading company"}


def test_a_company_type_is_never_dropped_altogether():
    assert normalise_organisation("Hana Trading") != normalise_organisation("Hana Trading Company")
    assert normalise_organisation("The Company") == "company"


def test_a_comma_tells_the_surname():
    assert person_forms("KIM, Jong Un") == ("kim jong un", "jong un kim")
    assert person_forms("VAN DER BERG, Anna") == ("van der berg anna", "anna van der berg")


def test_without_a_comma_the_first_word_is_moved():
    assert person_forms("Kim Song") == ("kim song", "song kim")


def test_single_words_and_hangul_have_no_other_order():
    assert person_forms("김정은") == ("김정은", None)
    assert person_forms("Kim") == ("kim", None)


def test_given_names_are_joined_only_where_there_are_two_syllables():
    assert join_given_name("kim jong un") == "kim jongun"
    assert join_given_name("kim song") is None


def test_a_lists_capitals_become_words():
    assert display_listed_name("U, Yong Su", person=True) == "U Yong Su"
    assert display_listed_name("CH'OE, Ch'un-po'm", person=True) == "Ch'oe Ch'un-po'm"
    assert display_listed_name("MINISTRY OF THE PEOPLE’S ARMED FORCES", person=False) == "Ministry of the People’s Armed Forces"
