import pytest

from models.vocabulary import Label, Via
from pipeline.tag.coreference import Coreference
from pipeline.tag.lists import load_lists
from pipeline.tag.nlp import country_words
from pipeline.tag.reading import Found, Reading, split_words
from pipeline.tag.recognition import MODEL


def by_text(tagging):
    return {(one.text, one.start): one for one in tagging.mentions}


def entities(tagging, text):
    return [one.entity for one in tagging.mentions if one.text == text]


def test_known_names_carry_the_id_of_the_knowledge_base(read):
    assert entities(read("The United Nations met."), "United Nations") == ["kb:un"]


def test_an_acronym_in_brackets_is_a_second_mention_and_is_reused(read):
    found = read("The Velmont Research Institute (VRI) opened. Later VRI closed.").mentions
    assert [one.text for one in found] == ["Velmont Research Institute", "VRI", "VRI"]
    assert len({one.entity for one in found}) == 1
    assert found[2].via is Via.BRACKET


def test_a_bare_surname_belongs_to_the_latest_full_name(read):
    tagging = read("Kim Yong-ho spoke. Then Kim Su-jin came. Kim smiled.")
    assert entities(tagging, "Kim") == entities(tagging, "Kim Su-jin")


def test_a_surname_belongs_to_the_one_talked_about_and_not_to_one_named_in_passing(read):
    sister = read("Hong Su-jin, the sister of North Korean leader Hong Yong-ho, sent a gift. Castell said he got Hong's vase.")
    assert entities(sister, "Hong") == entities(sister, "Hong Su-jin")
    son = read("Hong Yong-ho opened a plant. It was planned under his late father, Hong Chol-su. Hong praised the workers.")
    assert entities(son, "Hong") == entities(son, "Hong Yong-ho")
    brother = read("Hong Yong-ho's younger brother Hong Su-nam spoke. Hong then left.")
    assert entities(brother, "Hong") == entities(brother, "Hong Su-nam")


def test_a_surname_stays_with_its_person_after_somebody_else_was_named_once(read):
    pastor = "Hong Dong-min was shown to reporters. Hong wept. Hong said he was sorry. Envoys saw Hong leave."
    tagging = read(f"{pastor} The report praised the country and its leader, Hong Yong-ho. A source said that Hong was a pastor.")
    assert set(entities(tagging, "Hong")) == set(entities(tagging, "Hong Dong-min"))


def test_a_surname_before_any_full_name_is_the_first_one_named(read):
    tagging = read("Senator Hong objected. Hong Su-jin is the youngest. Hong Yong-ho came later.")
    assert entities(tagging, "Hong") == entities(tagging, "Hong Su-jin")


def test_a_person_may_be_called_by_the_given_name(read):
    tagging = read("Robert Castell vanished in 1977. Mr. Robert is remembered.")
    assert entities(tagging, "Robert") == entities(tagging, "Robert Castell")


def test_a_regime_is_named_after_its_leader_and_a_dynasty_after_nobody(read):
    assert entities(read("The Hong regime fell."), "Hong") == ["kb:per-leader"]
    assert entities(read("President Hong Gil-dong spoke. The Hong dynasty fell long ago."), "Hong") == []


def test_a_body_written_with_its_state_is_the_known_one(read):
    assert entities(read("The Ministry of Foreign Affairs of Japan objected."), "Ministry of Foreign Affairs of Japan") == ["kb:jp-mofa"]


def test_a_role_decides_between_two_persons_of_one_surname(read):
    tagging = read("Admiral Kim Yong-ho met Senator Kim Su-jin. Later Admiral Kim left.")
    assert entities(tagging, "Kim") == entities(tagging, "Kim Yong-ho")


def test_three_persons_of_one_surname_stay_apart(read):
    tagging = read("Kim Yong-ho, Kim Su-jin and Byung-kee Kim met.")
    assert len({one.entity for one in tagging.mentions}) == 3


def test_western_surnames_are_carried(read):
    tagging = read("Robert Castell spoke first. Castell then left.")
    assert entities(tagging, "Castell") == entities(tagging, "Robert Castell")


def test_a_capital_as_actor_stands_for_its_state(read):
    (found,) = read("Pyongyang rejected the offer.").mentions
    assert (found.entity, found.metonym, found.via) == ("kb:kp", True, Via.METONYM)


def test_a_capital_after_a_word_of_place_is_the_city(read):
    (found,) = read("They met in Pyongyang.").mentions
    assert (found.entity, found.metonym) == ("kb:pyongyang", False)


def test_a_dateline_is_the_city(read):
    found = read("SEOUL, Nov. 4 (Wire) -- Talks began.").mentions
    assert (found[0].text, found[0].entity, found[0].metonym) == ("SEOUL", "kb:seoul", False)


def test_a_country_before_a_shared_short_name_decides_the_body(read):
    assert entities(read("Japan's foreign ministry objected."), "foreign ministry") == ["kb:jp-mofa"]


def test_other_names_of_a_group_share_its_entity(read):
    found = read("The hackers, the Velmont Group (aka Quiet Heron), struck. Quiet Heron vanished.").mentions
    assert {one.entity for one in found if one.text in {"Velmont Group", "Quiet Heron"}} == {found[0].entity}


def test_korean_surnames_follow_the_role(read):
    tagging = read("김영호 장관과 김수진 의원이 만났다. 김 장관은 웃었다.", "ko")
    assert entities(tagging, "김") == entities(tagging, "김영호")


def test_the_same_text_gives_the_same_ids(read):
    text = "Robert Castell met Kim Yong-ho of Velmont Holdings."
    assert read(text).mentions == read(text).mentions


def test_nobody_calls_the_writer_by_the_surname(read):
    tagging = read(
        "Hong inspects a factory\nBy Hong Soo-yeon\nSEOUL, Nov. 4 (Wire) -- Hong Yong-ho visited a plant. Hong praised the workers."
    )
    assert set(entities(tagging, "Hong")) == set(entities(tagging, "Hong Yong-ho"))


def test_a_title_behind_the_surname_decides_too(read):
    tagging = read(
        "Vice Foreign Minister Kim Ji-na spoke first. Envoy Kim Gunn and President Kim Yong-ho then talked at length. Kim Yong-ho laughed. "
        "Kim, the vice minister, urged China to act."
    )
    assert entities(tagging, "Kim") == entities(tagging, "Kim Ji-na")


# --- what the recogniser alone saw ---


def resolve(knowledge, text, name, label, rule):
    """Return the texts and entities of an article in which one name was found."""
    words = tuple(split_words(text, "en"))
    reading = Reading(text, "en", words, ((0, len(text)),), starts=tuple(word.start for word in words))
    resolver = Coreference(load_lists("en"), knowledge, country_words(knowledge))
    start = text.index(name)
    return [(one.text, one.entity) for one in resolver.resolve(reading, [Found(start, start + len(name), label, rule)], [])]


def test_a_full_name_that_the_recogniser_saw_inside_a_longer_one_is_the_known_body(knowledge):
    text = "The Cabinet's National Intelligence Service (NIS) spoke."
    named = resolve(knowledge, text, "National Intelligence Service", Label.AGENCY, MODEL)
    assert named == [("National Intelligence Service", "kb:kr-nis"), ("NIS", "kb:kr-nis")]


@pytest.mark.parametrize(
    ("name", "label", "rule"),
    [
        ("United Nations", Label.ORG, MODEL),
        ("National Intelligence Service", Label.PLACE, MODEL),
        ("National Intelligence Service", Label.AGENCY, "agency_tail"),
    ],
    ids=["a short name", "a place", "what a rule saw"],
)
def test_other_names_without_a_known_id_stay_names_of_the_article(knowledge, name, label, rule):
    assert resolve(knowledge, f"The Cabinet's {name} spoke.", name, label, rule) == [(name, "doc:1")]
