import random

import pytest

from models.knowledge import Alias, Knowledge, KnowledgeEntity, ListEntry, Post
from models.vocabulary import Label
from pipeline.link import LINK_VERSION, Linker, link
from tests.link.conftest import mark


def entries(linking, status="auto"):
    return {(one.entity, one.entry) for one in linking.links if one.status == status}


def listed(identifier, name, **fields):
    entry = ListEntry(f"us_ofac_sdn:{identifier}", "us_ofac_sdn", "2026-03-12", name.upper(), ("DPRK",))
    aliases = (Alias(name, "en", "name"), *fields.pop("aliases", ()))
    return KnowledgeEntity(
        f"kb:ofac-{identifier}", Label.PERSON, name, aliases, country="KP", listings=(entry,), source="us_ofac_sdn", **fields
    )


def small(*entities):
    return Linker(Knowledge("test", {entity.id: entity for entity in entities}))


BANKERS = (
    "The U.S. Treasury imposed sanctions on a North Korean company, the [ORG doc:1 Korea Mangyongdae Computer Technology Company] "
    "([ORG doc:1 KMCTC]).\nIts president [PERSON doc:2 U Yong Su] was designated together with the North Korean bankers "
    "[PERSON doc:3 Jang Kuk Chol] and [PERSON doc:4 Ho Jong Son]. The [ORG doc:5 Ryujong Credit Bank] of Pyongyang was sanctioned too."
)


def test_a_designation_is_linked_with_every_name_and_the_acronym(linker):
    linking = link(*mark(BANKERS), linker)
    assert entries(linking) == {
        ("kb:ofac-56044", "us_ofac_sdn:56044"), ("kb:ofac-56045", "us_ofac_sdn:56045"), ("kb:ofac-55183", "us_ofac_sdn:55183"),
        ("kb:ofac-55197", "us_ofac_sdn:55197"), ("kb:ofac-56037", "us_ofac_sdn:56037"),
    }  # fmt: skip
    assert [mention.entity for mention in linking.mentions if mention.text == "KMCTC"] == ["kb:ofac-56044"]


def test_a_link_says_why_from_which_list_and_who_made_it(linker):
    one = next(one for one in link(*mark(BANKERS), linker).links if one.entry == "us_ofac_sdn:56045")
    assert one.list_version == "2026-03-12"
    assert one.name == "U, Yong Su"
    assert one.why.startswith("exact name “U Yong Su”; a body that the list links it to")
    assert one.maker.version == LINK_VERSION
    assert 0.9 <= one.score <= 1


def test_linked_mentions_get_the_country(linker):
    linking = link(*mark(BANKERS), linker)
    assert {mention.country for mention in linking.mentions if mention.entity == "kb:ofac-56045"} == {"KP"}


def test_an_acronym_that_the_article_does_not_define_is_not_linked(linker):
    assert entries(link(*mark("North Korea's [ORG doc:1 KMCTC] was sanctioned."), linker)) == set()


def test_all_entries_of_the_entity_are_linked(linker):
    text = "North Korea's [AGENCY doc:1 Reconnaissance General Bureau] runs the hackers, Seoul said."
    assert entries(link(*mark(text), linker)) == {("kb:kp-rgb", "us_ofac_sdn:12210"), ("kb:kp-rgb", "un_sc_sanctions:KPe.031")}


@pytest.mark.parametrize(
    "text",
    [
        "[PERSON doc:1 U Yong Su] won the tournament in Busan.",
        "[PERSON doc:1 Kim Jong Un] opened a bakery.",
        "[ORG doc:1 Andariel] is a game that sold well.",
        "[PERSON doc:1 Jang Kuk Chol] likes tea.",
    ],
)
def test_a_name_alone_never_links(linker, text):
    assert entries(link(*mark(text), linker)) == set()


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Beijing blacklisted [ORG doc:1 Lazarus] and nine other American arms makers and froze their assets; they were sanctioned.", "en"),
        ("중국은 [ORG doc:1 라자루스] 등 미국 방산업체를 제재 대상에 올렸다.", "ko"),
    ],
)
def test_sanctions_of_others_do_not_link_a_namesake(linker, text, lang):
    linking = link(*mark(text, lang=lang), linker)
    assert entries(linking) == set()
    assert linking.links


@pytest.mark.parametrize(
    ("name", "hangul", "text"),
    [
        ("Kim Tong Chol", "김동철", "더불어민주당 [PERSON doc:1 김동철] 의원은 북한 제재 대상 지정을 환영했다."),
        ("Ri Myong Su", "이명수", "국회에서 [PERSON doc:1 이명수] 국민의힘 의원이 대북 독자제재를 촉구했다."),
        ("Ri Yong Ju", "이용주", "[PERSON doc:1 이용주] 의원은 북한 은행 대표를 제재했다는 발표를 인용했다."),
        ("Kim Song Su", "김성수", "[PERSON doc:1 김성수] 국회의원이 대북 제재를 논의했다."),
        ("Jong Song Ho", "정성호", "민주당 [PERSON doc:1 정성호] 의원이 북한 제재를 말했다."),
    ],
)
def test_korean_lawmakers_are_not_their_listed_namesakes(name, hangul, text):
    linker = small(listed("1", name, aliases=(Alias(hangul, "ko", "name"),)))
    linking = link(*mark(text, lang="ko"), linker)
    assert entries(linking) == set()
    assert linking.mentions[0].entity == "doc:1"


@pytest.mark.parametrize(
    "text",
    [
        "Rep. [PERSON doc:1 Kim Tong Chol] of the Democratic Party urged more sanctions on North Korea.",
        "South Korean lawmaker [PERSON doc:1 Kim Tong Chol] said that North Korean bankers were sanctioned.",
        "[PERSON doc:1 Kim Tong Chol], a lawmaker of the People Power Party, said North Korea must be sanctioned.",
        "[PERSON doc:1 Kim Tong Chol], a North Korean defector, welcomed that a banker was sanctioned.",
    ],
)
def test_a_role_that_does_not_fit_blocks_the_link(linker, text):
    assert entries(link(*mark(text), linker)) == set()


def test_a_country_found_by_the_tagger_blocks_the_link(linker):
    text = "[PERSON doc:1 Jang Kuk Chol] said North Korean bankers were sanctioned."
    assert entries(link(*mark(text, doc_1={"country": "KR", "official": True}), linker)) == set()


def test_a_listed_chinese_is_linked_although_called_chinese(linker):
    text = "Chinese businesswoman [PERSON doc:1 Ma Xiaohong] was sanctioned for trading with North Korea."
    assert entries(link(*mark(text), linker)) == {("kb:per-ma-xiaohong", "us_ofac_sdn:20565")}


def test_the_envoy_sung_kim_is_no_banker(linker):
    text = "U.S. special representative [PERSON kb:per-sung-kim Sung Kim] said the North Korean banker was sanctioned."
    linking = link(*mark(text), linker)
    assert linking.links == ()
    assert linking.mentions[0].entity == "kb:per-sung-kim"


def test_the_envoy_sung_kim_is_no_banker_even_when_the_tagger_does_not_know_him(linker):
    text = "[PERSON doc:1 Sung Kim] said the North Korean banker was sanctioned."
    assert entries(link(*mark(text), linker)) == set()


def test_an_official_of_another_country_with_the_name_blocks_it():
    envoy = KnowledgeEntity("kb:per-x", Label.PERSON, "Kim Song", (Alias("Kim Song", "en", "name"),), country="KR",
                            posts=(Post("envoy", None, "KR", None, None),), source="test")  # fmt: skip
    linker = small(listed("1", "Kim Song"), envoy)
    linking = link(*mark("[PERSON doc:1 Kim Song] said North Korea's banker was sanctioned."), linker)
    assert entries(linking) == set()
    assert "an official of another country bears this name" in linking.links[0].why


def test_two_listed_namesakes_are_both_left_to_an_editor(linker):
    linking = link(*mark("North Korea's [PERSON doc:1 Kim Yong Chol] was sanctioned."), linker)
    assert entries(linking) == set()
    assert {entry for _, entry in entries(linking, "review")} >= {"us_ofac_sdn:12211", "us_ofac_sdn:17614"}
    assert all("as likely as" in one.why for one in linking.links)


def test_what_the_list_links_a_namesake_to_decides(linker):
    text = "The North Korean banker [PERSON doc:1 Kim Tong Chol] of the [ORG doc:2 Foreign Trade Bank] was sanctioned."
    linking = link(*mark(text), linker)
    assert ("kb:ofac-22996", "us_ofac_sdn:22996") in entries(linking)
    assert [one.status for one in linking.links if one.entry == "us_ofac_sdn:22702"] == ["rejected"]


def test_a_representative_of_a_body_named_in_the_lists_title_is_told_from_his_namesake(linker):
    text = "North Korea's [PERSON doc:1 Kim Yong Chol], a representative of [ORG doc:2 KOMID] in Iran, was sanctioned."
    assert ("kb:ofac-17614", "us_ofac_sdn:17614") in entries(link(*mark(text), linker))


def test_an_article_older_than_the_listing_asks_an_editor(linker):
    linking = link(*mark(BANKERS, published="2025-10-01"), linker)
    one = next(one for one in linking.links if one.entry == "us_ofac_sdn:56045")
    assert one.status == "review"
    assert one.why.endswith("not yet listed on 2025-10-01; listed on 2025-11-04")
    assert [mention.entity for mention in linking.mentions if mention.text == "U Yong Su"] == ["kb:ofac-56045"]


def test_a_delisted_entry_is_never_shown(linker):
    linking = link(*mark("North Korea laundered the coins through [ORG doc:1 Tornado Cash], which was sanctioned."), linker)
    assert entries(linking) == set()
    assert [one.why for one in linking.links if one.why.endswith("no longer listed")]


def test_what_the_tagger_took_from_a_list_by_name_alone_falls_back(linker):
    linking = link(*mark("[PERSON kb:ofac-56045 U Yong Su] met [PERSON doc:1 Lee Su Jin] in [PLACE doc:2 Naju]."), linker)
    assert [mention.entity for mention in linking.mentions] == ["doc:3", "doc:1", "doc:2"]


def test_known_persons_keep_their_entity_without_a_link(linker):
    linking = link(*mark("[PERSON kb:per-kim-jong-un Kim Jong Un] opened a bakery."), linker)
    assert linking.mentions[0].entity == "kb:per-kim-jong-un"


def test_the_leader_is_linked_in_north_korean_news(linker):
    text = "North Korean leader [PERSON doc:1 Kim Jong-un] inspected a shipyard. [PERSON doc:1 Kim] praised the workers."
    linking = link(*mark(text), linker)
    assert {mention.entity for mention in linking.mentions} == {"kb:per-kim-jong-un"}
    assert entries(linking) == {("kb:per-kim-jong-un", "us_ofac_sdn:20157")}


def test_one_person_whom_the_tagger_took_for_two_is_linked_once(linker):
    text = "North Korean leader [PERSON doc:1 Kim Jong-un] spoke. North Korea's [PERSON doc:2 Kim Jong Un] left."
    linking = link(*mark(text), linker)
    assert {mention.entity for mention in linking.mentions} == {"kb:per-kim-jong-un"}
    assert len([one for one in linking.links if one.entry == "us_ofac_sdn:20157"]) == 1


def test_a_bare_surname_is_no_name(linker):
    assert link(*mark("North Korea's [PERSON doc:1 Kim] was sanctioned."), linker).links == ()


def test_a_body_of_another_country_with_the_name_is_not_linked(linker):
    text = "China's [AGENCY doc:1 Central Military Commission] met as North Korea fired a missile."
    assert entries(link(*mark(text), linker)) == set()


@pytest.mark.parametrize(
    "form", ["North Korea's [AGENCY doc:1 Defense Ministry]", "The [AGENCY doc:1 Ministry of National Defence] of the DPRK"]
)
def test_a_short_form_with_its_country_is_linked(linker, form):
    assert ("kb:kp-mnd", "us_ofac_sdn:22285") in entries(link(*mark(f"{form} issued a statement."), linker))


def test_a_short_form_without_its_country_is_not_linked(linker):
    text = "The [AGENCY kb:kp-mnd Defense Ministry] official could not confirm that North Korea fired a missile."
    assert entries(link(*mark(text), linker)) == set()


def test_a_ship_needs_words_for_a_ship(linker):
    ship = next(one for one in linker.knowledge.entities.values() if one.label is Label.VESSEL and one.country == "KP" and " " in one.name)
    entry = ship.listings[0].entry
    assert (ship.id, entry) in entries(link(*mark(f"The North Korean tanker [VESSEL doc:1 {ship.name}] was seen off Nampo."), linker))
    assert entries(link(*mark(f"North Korea praised the [VESSEL doc:1 {ship.name}] in song."), linker)) == set()


def test_an_entry_without_id_is_known_but_never_linked(linker):
    text = "North Korean banker [PERSON doc:1 Son Kyong Sik] was sanctioned with other North Korean bankers."
    linking = link(*mark(text), linker)
    assert linking.mentions[0].entity == "kb:ofac-son-kyong-sik"
    assert linking.links == ()


def test_namesakes_of_two_lists_are_left_to_an_editor_also_where_one_has_no_id(linker):
    text = "North Korean banker [PERSON doc:1 Kim Myong Jin] was sanctioned with other North Korean bankers."
    assert linker.link(*mark(text)).mentions[0].entity == "doc:1"


def test_links_do_not_depend_on_the_order_of_knowledge(linker):
    shuffled = list(linker.knowledge.entities.items())
    random.Random(7).shuffle(shuffled)
    other = Linker(Knowledge("x", dict(shuffled)))
    assert link(*mark(BANKERS), other) == link(*mark(BANKERS), linker)


def test_an_article_without_mentions_or_date_has_no_links(linker):
    linking = link(*mark("Nothing here.", published=None), linker)
    assert (linking.mentions, linking.links) == ((), ())


def test_a_long_article_with_hundreds_of_listed_names_is_linked(linker):
    persons = [one for one in linker.knowledge.entities.values() if one.label is Label.PERSON and one.id.startswith("kb:ofac-")][:200]
    lines = [
        f"North Korean banker [PERSON doc:{number} {one.name}] was sanctioned. " + "Words follow. " * 60
        for number, one in enumerate(persons)
    ]
    article, tagging = mark("\n".join(lines))
    assert len(article.text) > 150_000
    assert len(entries(link(article, tagging, linker))) > 150
