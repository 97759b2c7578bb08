import pytest


def person(tagging, text):
    return next(one for one in tagging.mentions if one.text == text)


@pytest.mark.parametrize(
    ("text", "name", "role"),
    [
        ("Unification Ministry spokesman Kim Yong-ho left.", "Kim Yong-ho", "Unification Ministry spokesman"),
        ("Russian President Oleg Varin left.", "Oleg Varin", "President"),
        ("They met Kim Yong-ho, a former vice foreign minister, there.", "Kim Yong-ho", "vice foreign minister"),
        ("Acting Defense Minister Kim Yong-ho left.", "Kim Yong-ho", "Acting Defense Minister"),
        ("Sen. Robert Castell left.", "Robert Castell", "Sen."),
    ],
)
def test_officials_are_found_with_the_role_as_written(read, text, name, role):
    found = person(read(text), name)
    assert found.official
    assert found.role == role


@pytest.mark.parametrize(
    "text",
    [
        "Analyst Kim Yong-ho said so.",
        "Velmont Bank chief executive Kim Yong-ho said so.",
        "Kim Yong-ho, a professor at a university, said so.",
        "Kim Yong-ho said so.",
    ],
)
def test_analysts_bankers_and_professors_are_no_officials(read, text):
    assert not person(read(text), "Kim Yong-ho").official


def test_a_body_inside_the_role_is_the_affiliation(read):
    found = person(read("South Korea's unification ministry spokesman Kim Yong-ho left."), "Kim Yong-ho")
    assert found.affiliation == "Ministry of Unification (South Korea)"


def test_a_leader_is_affiliated_with_the_government(read):
    found = person(read("North Korean leader Kim Yong-ho left."), "Kim Yong-ho")
    assert (found.role, found.affiliation, found.country) == ("leader", "Government of North Korea", "KP")


def test_a_minister_is_affiliated_with_the_ministry_of_the_country(read):
    found = person(read("Japanese Foreign Minister Kenji Aramaki left."), "Kenji Aramaki")
    assert found.affiliation == "Ministry of Foreign Affairs (Japan)"


def test_all_mentions_of_a_person_share_the_office(read):
    found = [one for one in read("Defense Minister Kim Yong-ho spoke. Kim left.").mentions if one.label.value == "PERSON"]
    assert len(found) == 2
    assert {(one.official, one.role, one.affiliation) for one in found} == {(True, "Defense Minister", found[0].affiliation)}


def test_a_known_post_supports_a_name_without_a_title(read):
    found = person(read("Hong Gil-dong spoke."), "Hong Gil-dong")
    assert (found.official, found.role, found.affiliation) == (True, "President", "Government of South Korea")


def test_an_administration_makes_no_official(read):
    found = person(read("It was decided under the Hong Gil-dong administration."), "Hong Gil-dong")
    assert not found.official


@pytest.mark.parametrize(
    ("text", "official"),
    [
        ("박민수 통일부 장관이 왔다.", True),
        ("박민수 국방부 대변인이 왔다.", True),
        ("박민수 교수가 왔다.", False),
        ("박민수 기자가 왔다.", False),
    ],
)
def test_korean_titles_decide_who_is_an_official(read, text, official):
    assert person(read(text, "ko"), "박민수").official is official


def test_a_korean_role_holds_its_body_but_no_country(read):
    assert person(read("박민수 통일부 장관이 왔다.", "ko"), "박민수").role == "통일부 장관"
    assert person(read("윌버 크레인 미국 대통령이 왔다.", "ko"), "윌버 크레인").role == "대통령"


# --- what a title says, and what it does not ---


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("Gen. Robert Castell, commander of U.S. Forces Korea, spoke.", "commander of U.S. Forces Korea"),
        ("Joint Staff Director Lieutenant General Robert Castell spoke.", "Joint Staff Director"),
        ("Navy Commander Robert Castell, a Pentagon spokesman, spoke.", "Pentagon spokesman"),
        ("Gen. Robert Castell spoke.", "Gen."),
        ("Representative Robert Castell spoke.", "Representative"),
        ("Robert Castell, foreign minister of Japan, spoke.", "foreign minister"),
    ],
)
def test_a_post_says_more_than_a_rank(read, text, role):
    found = person(read(text), "Robert Castell")
    assert found.official
    assert role in (found.role or "")
    assert "Japan" not in found.role


@pytest.mark.parametrize(
    "text",
    [
        "A campaign foreign policy adviser, Robert Castell, pleaded guilty.",
        "Robert Castell, a spokesperson for the Council on Foreign Relations think tank, spoke.",
    ],
)
def test_posts_of_campaigns_and_think_tanks_are_none_of_state(read, text):
    assert not person(read(text), "Robert Castell").official


def test_what_is_known_of_a_namesake_is_not_said_of_a_reporter_a_professor_or_a_relation(read):
    assert person(read("Hong Gil-dong spoke in Seoul."), "Hong Gil-dong").official
    reporter = person(read("By Hong Gil-dong\nSEOUL, Nov. 4 (Wire) -- Talks began."), "Hong Gil-dong")
    assert (reporter.official, reporter.entity) == (False, "doc:1")
    professor = person(read("Professor Hong Gil-dong spoke in Seoul."), "Hong Gil-dong")
    assert (professor.official, professor.entity) == (False, "doc:1")
    assert not person(read("Hong Gil-dong, the powerful sister of the leader, spoke."), "Hong Gil-dong").official
    assert not person(read("Ties cooled under both the Hong Gil-dong and Robert Castell administrations."), "Hong Gil-dong").official


def test_a_korean_researcher_is_not_the_president_of_his_name(read):
    president = person(read("홍길동이 연설했다.", lang="ko"), "홍길동")
    assert president.entity == "kb:per-leader"
    researcher = person(read("홍길동 수석연구위원은 연설했다.", lang="ko"), "홍길동")
    assert (researcher.official, researcher.entity) == (False, "doc:1")


def test_a_post_takes_up_the_body_named_before(read):
    tagging = read(
        'The National Intelligence Service Commission approved it. "We checked," Robert Castell, chairperson of the commission, said.'
    )
    found = person(tagging, "Robert Castell")
    assert (found.official, found.role) == (True, "chairperson")
