"""The stage as a whole: evidence, merging, speakers, dates, amounts, relations, limits."""

import random
import sys
from dataclasses import replace

import pytest

from models.records import Amount, Article, Linking, Tagging
from models.vocabulary import AmountRole, AttributionKind, Bound, EventType, Modality, QuantityRole, RelationKind
from pipeline.errors import LanguageError
from pipeline.events import extract_events
from tests.events.conftest import MAKER, prepare

STORY = (
    "[North Korea/PLACE] fired two short-range missiles into the sea on Monday, [Seoul/PLACE] said. "
    "[North Korea/PLACE] launched the missiles from its east coast. The [United Nations/AGENCY] condemned the launch. "
    "[Seoul/PLACE] may impose new sanctions on [North Korea/PLACE]. “We urge [North Korea/PLACE] to stop,” said [Han Jin-woo/PERSON]."
)


def shape(events):
    return [
        (event.type, event.subtype, event.modality, [a.name for a in event.actors], [a.name for a in event.targets], len(event.mentions))
        for event in events
    ]


def test_every_mention_slices_back_to_its_evidence(frames):
    article, tagging, linking = prepare(STORY)
    events, _ = extract_events(article, tagging, linking, frames=frames)
    assert len(events) >= 4
    for event in events:
        for mention in event.mentions:
            assert article.text[mention.trigger.start : mention.trigger.end] == mention.trigger.text
            assert article.text[mention.evidence.start : mention.evidence.end] == mention.evidence.text
            assert mention.rules
            assert 0 < mention.score < 1
            for argument in (*mention.actors, *mention.targets):
                assert article.text[argument.start : argument.end] == argument.text


def test_one_launch_told_twice_is_one_event(extract):
    launches = [event for event in extract(STORY)[0] if event.type is EventType.MISSILE_LAUNCH]
    assert len(launches) == 1
    assert len(launches[0].mentions) >= 2


def test_the_same_input_gives_the_same_output(extract):
    assert extract(STORY) == extract(STORY)


def test_keys_are_unique_in_an_article(extract):
    keys = [event.key for event in extract(STORY + " " + STORY)[0]]
    assert len(keys) == len(set(keys))


def test_another_name_of_the_country_changes_only_the_name(extract):
    renamed = shape(extract(STORY.replace("[North Korea/PLACE]", "the [DPRK/PLACE]"))[0])
    expected = [
        (
            kind,
            subtype,
            modality,
            ["DPRK" if n == "North Korea" else n for n in actors],
            ["DPRK" if n == "North Korea" else n for n in targets],
            count,
        )
        for kind, subtype, modality, actors, targets, count in shape(extract(STORY)[0])
    ]
    assert renamed == expected


def test_straight_quotes_change_nothing(extract):
    straight = STORY.replace("“", '"').replace("”", '"')
    assert shape(extract(straight)[0]) == shape(extract(STORY)[0])


def test_an_unrelated_paragraph_at_the_end_changes_nothing(extract):
    longer = STORY + "\n\nThe museum opens at nine and sells postcards of old trains."
    assert shape(extract(longer)[0]) == shape(extract(STORY)[0])


def test_two_dated_launches_are_two_events(extract):
    text = "[North Korea/PLACE] fired a missile on 3 March. [North Korea/PLACE] fired a missile on 9 March."
    events = extract(text, times=[("3 March", "2026-03-03"), ("9 March", "2026-03-09")])[0]
    assert [event.date for event in events] == ["2026-03-03", "2026-03-09"]


def test_a_planned_meeting_and_a_held_one_are_two_events(extract):
    text = "[Han Jin-woo/PERSON] met [Lee Su-bin/PERSON] on Monday. [Han Jin-woo/PERSON] will meet [Lee Su-bin/PERSON] again."
    events = [event for event in extract(text)[0] if event.type is EventType.MEETING]
    assert [event.modality for event in events] == [Modality.ASSERTED, Modality.PLANNED]


def test_an_undated_event_stays_undated(only):
    event = only(EventType.MISSILE_LAUNCH, "[North Korea/PLACE] fired a missile.")
    assert event.date is None


def test_the_date_of_the_report_is_not_the_date_of_the_event(only):
    text = "[Yonhap/ORG] reported on Friday [North Korea/PLACE] fired a missile."
    assert only(EventType.MISSILE_LAUNCH, text, times=[("Friday", "2026-03-06")]).date is None


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("The [NIS/AGENCY] said [North Korea/PLACE] fired a missile.", "NIS"),
        ("[North Korea/PLACE] fired a missile, the [NIS/AGENCY] said.", "NIS"),
        ("According to the [NIS/AGENCY], [North Korea/PLACE] fired a missile.", "NIS"),
    ],
)
def test_a_claim_has_its_speaker_and_stays_asserted(only, text, speaker):
    event = only(EventType.MISSILE_LAUNCH, text)
    assert event.speaker.name == speaker
    assert event.modality is Modality.ASSERTED
    assert event.mentions[0].attribution is not AttributionKind.UNATTRIBUTED


def test_a_korean_claim_has_its_speaker(only):
    event = only(EventType.MISSILE_LAUNCH, "[합참/AGENCY]은 [북한/PLACE]이 탄도미사일을 발사했다고 밝혔다.", lang="ko")
    assert event.speaker.name == "합참"
    assert [actor.name for actor in event.actors] == ["북한"]


def test_a_korean_source_before_the_claim_is_its_speaker(only):
    event = only(EventType.MISSILE_LAUNCH, "[국정원/AGENCY]에 따르면 [북한/PLACE]이 탄도미사일을 발사했다.", lang="ko")
    assert event.speaker.name == "국정원"


def test_the_articles_own_claim_has_no_speaker(only):
    event = only(EventType.MISSILE_LAUNCH, "[North Korea/PLACE] fired a missile.")
    assert event.speaker is None
    assert event.mentions[0].attribution is AttributionKind.UNATTRIBUTED


def test_a_stolen_amount_is_attached_in_its_role(only):
    text = "Hackers stole $40 million in cryptocurrency from [Coinplex/ORG]."
    amount = Amount(14, 25, "$40 million", 40e6, "USD", Bound.EXACT, MAKER)
    event = only(EventType.CYBER_OP, text, amounts=[amount])
    assert [(held.amount, held.role) for held in event.amounts] == [(0, AmountRole.STOLEN)]


def test_a_launch_takes_no_money(only):
    text = "[North Korea/PLACE] fired a missile worth $4 million."
    amount = Amount(33, 43, "$4 million", 4e6, "USD", Bound.EXACT, MAKER)
    assert only(EventType.MISSILE_LAUNCH, text, amounts=[amount]).amounts == ()


def test_range_altitude_and_count_are_quantities(only):
    text = "[North Korea/PLACE] fired two missiles that flew about 350 km at an altitude of 50 km."
    found = {quantity.role: quantity for quantity in only(EventType.MISSILE_LAUNCH, text).mentions[0].quantities}
    assert found[QuantityRole.COUNT].value_min == 2
    assert (found[QuantityRole.RANGE_KM].value_min, found[QuantityRole.RANGE_KM].bound) == (350, Bound.APPROX)
    assert found[QuantityRole.ALTITUDE_KM].value_min == 50


def test_what_is_urged_is_the_content_of_the_call(extract):
    events, relations = extract("[Seoul/PLACE] urged [Pyongyang/PLACE] to stop developing nuclear weapons.")
    call = next(event for event in events if event.type is EventType.CALL)
    program = next(event for event in events if event.type is EventType.WEAPONS_PROGRAM)
    assert [(r.source, r.target, r.kind) for r in relations] == [(program.key, call.key, RelationKind.CONTENT_OF)]


def test_what_the_story_opens_with_is_no_background(extract):
    filler = "The museum sells postcards of old trains to visitors. " * 6
    events = extract(STORY + " " + filler + "[Russia/PLACE] conducted a nuclear test in 1961.")[0]
    background = {event.type: event.background for event in events}
    assert background[EventType.MISSILE_LAUNCH] is False
    assert background[EventType.NUCLEAR_TEST] is True


def test_page_furniture_is_not_read(frames):
    article, tagging, linking = prepare("[North Korea/PLACE] fired a missile.")
    furnished = replace(article, furniture=((0, len(article.text)),))
    assert extract_events(furnished, tagging, linking, frames=frames) == ((), ())


def test_an_empty_article_has_no_events(frames):
    article, tagging, linking = Article("e", "", "en"), Tagging((), (), (), (), (), ()), Linking((), ())
    assert extract_events(article, tagging, linking, frames=frames) == ((), ())


def test_a_language_without_lexicon_is_an_error(frames):
    article, tagging, linking = Article("j", "", "ja"), Tagging((), (), (), (), (), ()), Linking((), ())
    with pytest.raises(LanguageError, match="no event lexicon for language 'ja'"):
        extract_events(article, tagging, linking, frames=frames)


ENDLESS = {
    "en": "[North Korea/PLACE] fired missiles and hackers stole cryptocurrency from [Coinplex/ORG] and sanctions on [Seoul/PLACE] ",
    "ko": "[북한/PLACE]이 탄도미사일을 발사하고 [미국/PLACE]은 [조선무역/ORG]을 제재 대상으로 지정하며 ",
}
TABLE = "[Seoul/PLACE] | 3 missiles fired | sanctions imposed | 12\n"
NAMES = "[Kim Jin-woo/PERSON], [Lee Su-bin/PERSON] and [Han Min-ji/PERSON] met in [Seoul/PLACE]. "


@pytest.mark.parametrize(("part", "lang"), [(ENDLESS["en"], "en"), (ENDLESS["ko"], "ko"), (TABLE, "en"), (NAMES, "en")])
def test_work_grows_in_step_with_the_length_of_the_text(part, lang, frames):
    """Calls are counted instead of seconds: twice the text must not make four times the work."""
    short, long = (work(part * size, lang, frames) for size in (60, 120))
    assert long < 3 * short


def work(marked, lang, frames):
    article, tagging, linking = prepare(marked, lang=lang)
    calls = 0

    def count(frame, event, _):
        nonlocal calls
        calls += event == "call" and "pipeline/events" in frame.f_code.co_filename

    sys.setprofile(count)
    try:
        extract_events(article, tagging, linking, frames=frames)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_noise_of_any_kind_is_read_to_the_end(extract, lang):
    source = random.Random(7)
    alphabet = 'North Korea fired missiles , . " “ ” ( ) \t\n\x00 미사일을 발사했다 [ ] 3 km said of by 제재 을 \u200b ' * 3
    for _ in range(30):
        text = "".join(source.choice(alphabet) for _ in range(400)).replace("[", "").replace("]", "")
        extract(text, lang=lang)
