"""Names that sound or look like those of a list: found, explained, and never enough alone."""

import pytest

from tests.link.conftest import mark


def links(linker, marked, **options):
    article, tagging = mark(marked, **options)
    return linker.link(article, tagging).links


def test_another_spelling_of_a_listed_name_is_linked_with_the_syllables_that_agree(linker):
    text = (
        "The U.S. Treasury sanctioned North Korean bankers [PERSON doc:1 Jang Guk-cheol] and [PERSON doc:2 Heo Jeong-seon] for laundering."
    )
    found = links(linker, text)
    assert [(link.entry, link.status, link.written, link.name) for link in found] == [
        ("us_ofac_sdn:55183", "auto", "Jang Guk-cheol", "JANG, Kuk Chol"),
        ("us_ofac_sdn:55197", "auto", "Heo Jeong-seon", "HO, Jong Son"),
    ]
    assert "guk" in found[0].comparison
    assert "Guk-cheol" in found[0].why
    assert 0.6 < found[1].likeness < 1
    assert dict(found[0].evidence)["prior"] < 0 < dict(found[0].evidence)["alike"]


@pytest.mark.parametrize("name", ["Jang Guk-jin", "Jung Kook-chul", "Jang Kuk Chun", "Kang Kuk Chol"])
def test_one_other_syllable_is_another_person(linker, name):
    text = f"The U.S. Treasury sanctioned North Korean banker [PERSON doc:1 {name}] for laundering."
    assert [link for link in links(linker, text) if link.entry == "us_ofac_sdn:55183"] == []


def test_a_name_alike_alone_never_links(linker):
    assert [
        link.status for link in links(linker, "[PERSON doc:1 Jang Guk-cheol] won the marathon in Busan.") if link.status == "auto"
    ] == []


def test_hangul_is_compared_with_the_romanised_list(linker):
    text = "미국 재무부는 북한 은행 대표 [PERSON doc:1 장국철]을 제재 대상으로 지정했다."
    (link,) = links(linker, text, lang="ko")
    assert (link.entry, link.written) == ("us_ofac_sdn:55183", "장국철")
    assert link.status in ("auto", "review")


def test_a_body_in_other_words_is_linked_by_its_rare_words(linker):
    text = "The Treasury Department sanctioned North Korea's [ORG doc:1 Mangyongdae Computer Technologies Co.] on Tuesday."
    assert {(link.entry, link.status) for link in links(linker, text)} == {("us_ofac_sdn:56044", "auto")}


@pytest.mark.parametrize(
    "name", ["Korea Trade Insurance Corporation", "Korea Electric Power Corp.", "Korea Exchange Bank", "National Intelligence Service"]
)
def test_bodies_of_other_names_are_not_linked_however_much_is_said_of_sanctions(linker, name):
    text = f"[ORG doc:1 {name}] said the sanctions that the Treasury imposed on North Korea had been evaded."
    assert [link for link in links(linker, text) if link.status == "auto"] == []


def test_a_stated_age_speaks_for_or_against_a_namesake(linker):
    fitting = links(linker, "North Korean banker [PERSON doc:1 Jang Kuk Chol], 38, was sanctioned by the Treasury.")
    assert dict(fitting[0].evidence)["age_fits"] > 0
    other = links(linker, "North Korean banker [PERSON doc:1 Jang Kuk Chol], 71, was sanctioned by the Treasury.")
    assert (dict(other[0].evidence)["age_differs"] < 0, other[0].status != "auto") == (True, True)
    born = links(linker, "North Korean banker [PERSON doc:1 Jang Kuk Chol], born in 1987, was sanctioned by the Treasury.")
    assert "age_fits" in dict(born[0].evidence)


def test_a_regime_named_after_the_leader_is_linked_through_him(linker):
    text = "North Korea tested a missile. The [PERSON kb:per-kim-jong-un Kim] regime has been sanctioned."
    (link,) = links(linker, text)
    assert (link.entry, link.status) == ("us_ofac_sdn:20157", "auto")
    assert "understood" in link.why


@pytest.mark.parametrize(
    "name", ["X", "ㅋ", "U.", "김Jong은", "Kim", "🚢🚢", "Jang 국철 장 Kuk", "A" * 300, "철" * 200, "'", "0x" + "0" * 40]
)
def test_garbage_is_never_linked(linker, name):
    text = f"The Treasury sanctioned North Korean banker [PERSON doc:1 {name}] and North Korea's [ORG doc:2 {name}] and tanker [VESSEL doc:3 {name}]."
    assert [link for link in links(linker, text) if link.status == "auto"] == []
