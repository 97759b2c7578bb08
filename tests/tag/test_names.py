from itertools import pairwise

import pytest

from models.vocabulary import Label


def test_nationality_adjectives_are_no_mentions(mentions):
    assert mentions("A North Korean ship met a Japanese one.") == []


def test_attributive_country_abbreviations_are_mentions(mentions):
    assert mentions("The U.S.-led drill began near South Korea-based units.") == [("U.S.", "PLACE"), ("South Korea", "PLACE")]


def test_articles_and_possessives_stay_outside(mentions):
    assert mentions("The North's envoy spoke to the South.") == [("North", "PLACE"), ("South", "PLACE")]


def test_directions_are_no_countries(mentions):
    assert mentions("Snow fell in the north and on the South Lake shore.") == [("South Lake", "PLACE")]


@pytest.mark.parametrize("name", ["Kim Yong-ho", "Jang Kuk Chol", "U Yong Su", "Byung-kee Kim", "Park Daehyeon"])
def test_korean_names_are_found_in_every_usual_spelling(mentions, name):
    assert (name, "PERSON") in mentions(f"Reporters met {name} near the river.")


def test_a_title_makes_a_person_of_the_capitalised_words_after_it(mentions):
    assert mentions("Foreign Minister Zorka Velt left.") == [("Zorka Velt", "PERSON")]


def test_titles_and_weekdays_stay_outside_the_name(mentions):
    assert ("Robert Lang", "PERSON") in mentions("Admiral Robert Lang Tuesday inspected the fleet.")


def test_a_country_before_a_body_belongs_to_its_name(mentions):
    assert mentions("The U.S. State Department agreed.") == [("U.S. State Department", "AGENCY")]


def test_a_country_with_possessive_is_a_mention_of_its_own(mentions):
    assert mentions("South Korea's foreign ministry agreed.") == [("South Korea", "PLACE"), ("foreign ministry", "AGENCY")]


def test_bodies_are_found_by_their_first_and_last_words(mentions):
    found = mentions("The Ministry of Maritime Trade and Velmont Holdings signed with the Institute for Coastal Studies.")
    assert found == [("Ministry of Maritime Trade", "AGENCY"), ("Velmont Holdings", "ORG"), ("Institute for Coastal Studies", "ORG")]


def test_weapons_are_found_by_their_scheme(mentions):
    assert mentions("It fired a Hwasong-17 and two KN-23 missiles.") == [("Hwasong-17", "WEAPON"), ("KN-23", "WEAPON")]


def test_malware_and_groups_are_found_by_the_noun_beside_them(mentions):
    assert mentions("They used Brellix ransomware, said the exchange Quonix.") == [("Brellix", "MALWARE"), ("Quonix", "ORG")]


def test_ships_need_a_cue(mentions):
    assert mentions("The cargo ship Blue Heron sank.") == [("Blue Heron", "VESSEL")]


@pytest.mark.parametrize("mark", ["'", "’"])
def test_a_possessive_inside_the_name_of_a_state_belongs_to_the_name_of_its_body(mentions, mark):
    name = f"Ministry of Foreign Affairs of the Democratic People{mark}s Republic of Korea"
    assert (name, "AGENCY") in mentions(f"The {name} spoke.")


def test_a_line_break_ends_a_name(mentions):
    assert ("Hong Gil-dong", "PERSON") not in mentions("It was Hong\nGil-dong again.")


def test_glued_datelines_give_whole_names(mentions):
    assert ("South Korea", "PLACE") in mentions("SEOUL (Wire)South Korea objected.")


def test_names_in_furniture_are_mentions_too(mentions):
    text = "Seoul agreed. Share Seoul"
    assert mentions(text, furniture=((14, 25),)) == [("Seoul", "PLACE"), ("Seoul", "PLACE")]


def test_mentions_never_overlap_and_slice_back(read):
    text = "The U.S. State Department told Kim Yong-ho of the South Korean foreign ministry in Seoul (NIS)."
    found = read(text).mentions
    assert all(text[one.start : one.end] == one.text for one in found)
    assert all(left.end <= right.start for left, right in pairwise(found))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("박민수 통일부 장관은 서울에서 말했다.", [("박민수", "PERSON"), ("통일부", "AGENCY"), ("서울", "PLACE")]),
        ("최영호 씨가 북한을 떠났다.", [("최영호", "PERSON"), ("북한", "PLACE")]),
        ("북한이탈주민과 탈북민이 모였다.", []),
        ("이날 한 관계자는 답했다.", []),
        ("미 국무부가 답했다.", []),
        ("러시아 외무부는 반발했다.", [("러시아 외무부", "AGENCY")]),
        ("화성-17형이 발사됐다.", [("화성-17형", "WEAPON")]),
        ("윌버 크레인 미국 대통령이 왔다.", [("윌버 크레인", "PERSON"), ("미국", "PLACE")]),
        (
            "새별강하늘물류정보기술유한공사와 조선은하수무역회사가 물건을 보냈다.",
            [("새별강하늘물류정보기술유한공사", "ORG"), ("조선은하수무역회사", "ORG")],
        ),
        ("무역회사 두 곳이 물건을 보냈다.", []),
        ("영상취재 : 박서준·최민호", [("박서준", "PERSON"), ("최민호", "PERSON")]),
    ],
)
def test_korean_names_stand_without_particles_and_titles(mentions, text, expected):
    assert [one for one in mentions(text, "ko") if one[0] not in {"국무부", "미 국무부"}] == expected


def test_agencies_inside_korean_titles_are_mentions(mentions):
    assert mentions("국가정보원장이 보고했다.", "ko") == [("국가정보원", "AGENCY")]


def test_a_surname_before_a_title_is_a_person(mentions):
    assert mentions("박민수 장관이 왔다. 박 장관은 웃었다.", "ko") == [("박민수", "PERSON"), ("박", "PERSON")]


def test_every_mention_carries_a_probability(read):
    assert all(0 < one.score <= 1 for one in read("South Korea's NIS met Kim Yong-ho.").mentions)


def test_labels_are_those_of_the_vocabulary(read):
    assert {one.label for one in read("Seoul met Kim Yong-ho.").mentions} == {Label.PLACE, Label.PERSON}


# --- what an acronym and a known body mean ---


def test_an_acronym_that_the_text_explains_by_common_words_is_no_body(pipelines, knowledge):
    from pipeline.tag.names_en import _means_something_else

    assert _means_something_else("They signed a memorandum of understanding (MOU). The MOU says so.", "MOU")
    assert _means_something_else("a free trade commission (FTC) was proposed", "FTC")
    assert not _means_something_else("The Ministry of Unification (MOU) objected.", "MOU")
    assert not _means_something_else("The MOU objected.", "MOU")


def test_a_known_body_of_a_state_keeps_its_sort(mentions):
    for text in (
        "Officers of the National Intelligence Service were charged with hacking.",
        "The firm sued the National Intelligence Service on Friday.",
    ):
        assert ("National Intelligence Service", "AGENCY") in mentions(text)


def test_a_slug_of_a_wire_is_cut_at_its_hyphen(mentions):
    assert ("foreign ministry", "AGENCY") in mentions("foreign ministry-overhaul\nSouth Korea's cabinet met.")
