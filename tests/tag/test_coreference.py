from models.vocabulary import Via


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
