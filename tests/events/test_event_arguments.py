import pytest

from models.vocabulary import EventType, Via


def names(arguments):
    return [argument.name for argument in arguments]


def test_subject_and_object_of_an_active_verb(only):
    event = only(EventType.ACCUSATION, "[Seoul/PLACE] accused [Pyongyang/PLACE] of jamming signals.")
    assert (names(event.actors), names(event.targets)) == (["Seoul"], ["Pyongyang"])


def test_a_passive_turns_subject_into_target_and_by_phrase_into_actor(only):
    event = only(EventType.LEGAL_ACTION, "[Han Jin-woo/PERSON] was arrested by the [National Police Agency/AGENCY].")
    assert (names(event.actors), names(event.targets)) == (["National Police Agency"], ["Han Jin-woo"])


def test_a_passive_without_doer_has_no_actor(only):
    event = only(EventType.LEGAL_ACTION, "[Han Jin-woo/PERSON] was arrested on Friday.")
    assert (names(event.actors), names(event.targets)) == ([], ["Han Jin-woo"])


def test_sanctions_on_someone_by_someone(only):
    event = only(EventType.SANCTION, "New sanctions on [Pyongyang/PLACE] by the [European Union/AGENCY] took effect.")
    assert (names(event.actors), names(event.targets)) == (["European Union"], ["Pyongyang"])


def test_coordinated_subjects_are_all_actors(only):
    event = only(EventType.MILITARY_DRILL, "[South Korea/PLACE], [Japan/PLACE] and the [United States/PLACE] held naval drills.")
    assert names(event.actors) == ["South Korea", "Japan", "United States"]


def test_an_owner_of_a_noun_trigger_is_its_actor(only):
    event = only(EventType.NUCLEAR_TEST, "The council discussed [North Korea/PLACE]'s fifth nuclear test.")
    assert names(event.actors) == ["North Korea"]


def test_a_nationality_adjective_stands_for_the_country(only):
    event = only(EventType.NUCLEAR_TEST, "The council discussed the latest North Korean nuclear test.")
    assert names(event.actors) == ["North Korea"]
    assert event.actors[0].via is Via.CONTEXT


def test_a_nominal_filler_is_kept_with_its_words(only):
    event = only(EventType.CYBER_OP, "North Korean hackers stole cryptocurrency from [Coinplex/ORG].")
    assert names(event.actors) == ["North Korean hackers"]
    assert event.actors[0].entity is None
    assert names(event.targets) == ["Coinplex"]


def test_a_spokesman_not_the_ministry_is_the_actor(only):
    event = only(EventType.CALL, "[Foreign Ministry/AGENCY] spokesman [Han Jin-woo/PERSON] urged both sides to show restraint.")
    assert names(event.actors) == ["Han Jin-woo"]


def test_a_pronoun_stands_for_the_latest_person(only):
    event = only(EventType.CALL, "[Han Jin-woo/PERSON] spoke on Friday. He urged [Pyongyang/PLACE] to return to talks.")
    assert names(event.actors) == ["Han Jin-woo"]
    assert event.actors[0].via is Via.COREF


def test_we_in_a_quotation_is_the_speaker(only):
    event = only(EventType.CALL, '"We call on [Pyongyang/PLACE] to return to talks," said [Han Jin-woo/PERSON].')
    assert names(event.actors) == ["Han Jin-woo"]


def test_an_apposition_adds_no_second_actor(only):
    event = only(EventType.PERSONNEL, "[Han Jin-woo/PERSON], a banker from the capital, resigned on Friday.")
    assert names(event.actors) == ["Han Jin-woo"]


def test_the_subject_of_a_relative_clause_is_its_antecedent(only):
    event = only(EventType.LEGAL_ACTION, "Officials met [Han Jin-woo/PERSON], who pleaded guilty to fraud.")
    assert names(event.actors) == ["Han Jin-woo"]


def test_the_place_of_a_visit_is_its_place(only):
    event = only(EventType.MEETING, "[Han Jin-woo/PERSON] visited [Hanoi/PLACE] on Monday.")
    assert names(event.actors) == ["Han Jin-woo"]
    assert event.place.name == "Hanoi"


def test_a_weapon_never_launches(only):
    event = only(EventType.MISSILE_LAUNCH, "The [Hwasong-18/WEAPON] missile was launched by [North Korea/PLACE].")
    assert names(event.actors) == ["North Korea"]


@pytest.mark.parametrize(
    ("sentence", "actors", "targets"),
    [
        ("[미국/PLACE]이 [조선무역/ORG]을 제재 대상으로 지정했다.", ["미국"], ["조선무역"]),
        ("[중국/PLACE]은 [북한/PLACE]에 자제를 촉구했다.", ["중국"], ["북한"]),
        ("[한국/PLACE]은 [북한/PLACE]을 강하게 비난했다.", ["한국"], ["북한"]),
    ],
)
def test_korean_particles_give_the_roles(extract, sentence, actors, targets):
    event = extract(sentence, lang="ko")[0][0]
    assert (names(event.actors), names(event.targets)) == (actors, targets)


@pytest.mark.parametrize(
    ("sentence", "targets"),
    [
        ("[미국/PLACE]은 푸른강하늘길물류기술회사와 새벽별무역회사를 제재했다.", ["푸른강하늘길물류기술회사", "새벽별무역회사"]),
        ("[미국/PLACE]은 새벽하늘물류기술개발협력 은행을 제재했다.", ["새벽하늘물류기술개발협력 은행"]),
        ("[미국/PLACE]은 은행과 거래소를 제재했다.", ["은행", "거래소"]),
        ("[미국/PLACE]은 수상한 은행을 제재했다.", ["수상한 은행"]),
    ],
)
def test_a_korean_noun_begins_where_its_word_begins(only, sentence, targets):
    event = only(EventType.SANCTION, sentence, lang="ko")
    assert [argument.text for argument in event.targets] == targets


def test_a_korean_passive_turns_the_subject_into_the_target(only):
    event = only(EventType.LEGAL_ACTION, "[한진우/PERSON] 씨가 29일 구속기소됐다.", lang="ko")
    assert (names(event.actors), names(event.targets)) == ([], ["한진우"])


def test_a_korean_title_belongs_to_the_person_before_it(only):
    event = only(EventType.MEETING, "[한진우/PERSON] [북한/PLACE] 국무위원장이 [서울/PLACE]을 방문했다.", lang="ko")
    assert names(event.actors) == ["한진우"]


def test_a_post_with_the_stands_for_the_one_who_was_named_with_it(only):
    text = "[Ha Min-ji/PERSON/Second Vice Foreign Minister] met envoy [Ha Gunn/PERSON/envoy] in March. The vice minister urged [China/PLACE] to act."
    event = only(EventType.CALL, text)
    assert [(one.name, one.via) for one in event.actors] == [("Ha Min-ji", Via.COREF)]
    assert names(only(EventType.CALL, text.replace("vice minister urged", "envoy urged")).actors) == ["Ha Gunn"]
    assert [one.entity for one in only(EventType.CALL, text.replace("vice minister urged", "defence minister urged")).actors] == [None]
