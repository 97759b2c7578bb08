"""Boilerplate of outlets: what is learned from other articles, what is declared, and above all what stays."""

from __future__ import annotations

import random
from itertools import chain

import pytest

from pipeline.errors import ExtractError
from pipeline.extract.boilerplate import LEAST_ARTICLES, LONGEST, Cut, learn, normalise, strip

CALL = "Subscribe to the Hanbit morning brief and never miss a story."
RIGHTS = "Copyright Hanbit Wire 2026. All rights reserved."
NONE: frozenset[str] = frozenset()

WORDS = (
    "harbour minister drill tariff envoy river factory grain missile border talks vessel court bank engine school winter road summit fleet"
    " village report plan steel coal launch panel border market union farm rail bridge export sensor museum doctor league satellite"
).split()
SYLLABLES = "가나다라마바사아자차카타파하고노도로모보소오조초코토포호"


def story(number: int, lang: str = "en", sentences: int = 8) -> str:
    """Return the text of a story of its own, a paragraph a line."""
    rng = random.Random(number)
    if lang == "ko":
        lines = [" ".join("".join(rng.choices(SYLLABLES, k=3)) for _ in range(9)) + "했다." for _ in range(sentences)]
    else:
        lines = [" ".join(rng.choices(WORDS, k=12)).capitalize() + "." for _ in range(sentences)]
    return "\n".join(lines)


def outlet(*, last: str = "", first: str = "", times: int = 10, lang: str = "en", articles: int = 20) -> list[Cut]:
    """Return articles of different stories, so many of which begin or end with the same paragraphs."""
    return [
        Cut("\n".join(filter(None, (first if number < times else "", story(number, lang), last if number < times else ""))))
        for number in range(articles)
    ]


def learned_from(paragraph: str, **how: object) -> frozenset[str]:
    return learn(outlet(last=paragraph, **how), str(how.get("lang", "en")))  # type: ignore[arg-type]


# --- what is learned ---


@pytest.mark.parametrize(
    "paragraph",
    [
        CALL,
        RIGHTS,
        "© 2026 Hanbit Wire",
        "This material may not be published, broadcast, rewritten or redistributed.",
        "Reprinted with permission from the Institute of Peninsular Studies.",
        "The Hanbit Wire contributed to this report.",
        "(Reporting by Gil-dong Hong; Editing by the desk)",
        "This article was funded in part by the Harbour Trust.",
        "The views expressed here are those of the author.",
        "Follow us on every channel you like.",
        "Follow Gil-dong Hong on Telegram.",
        "For breaking news, follow @hanbitwire.",
        "Read or Share this story: https://hanbit.example/a1b2",
        "Get real-time updates on your phone.",
        "For more information on our work, please visit the desk.",
        "Have something to add to this story? Tell us in the comments.",
        "Sign up for our newsletter here.",
        "Write to the desk at desk@hanbit.example",
        "(END)",
        "———",
    ],
)
def test_calls_rights_credits_and_addresses_are_learned(paragraph: str) -> None:
    assert learned_from(paragraph) == {normalise(paragraph)}


@pytest.mark.parametrize(
    "paragraph",
    [
        "무단 전재 및 재배포 금지",
        "[저작권자ⓒ 한빛통신]",
        "한빛뉴스는 24시간 여러분의 제보를 기다립니다.",
        "▶ 기사 바로가기",
        "네이버에서 한빛뉴스를 구독해 주세요!",
        "영상취재 : 홍길동, 영상편집 : 김철수",
        "[사진 출처 : 한빛통신]",
        "홍길동 기자",
        "홍길동 기자 hong@hanbit.example",
        "더 많은 기업 정보는 한빛 플랫폼에서 보실 수 있습니다.",
    ],
)
def test_korean_boilerplate_is_learned(paragraph: str) -> None:
    assert learned_from(paragraph, lang="ko") == {normalise(paragraph)}


def test_a_paragraph_on_top_is_learned_too() -> None:
    assert learn(outlet(first=CALL), "en") == {normalise(CALL)}


def test_numbers_dates_blanks_and_links_may_differ() -> None:
    lines = [
        f"Sign up today, {day}day 3 {month} 20{number:02}:  https://hanbit.example/{number}x"
        for number, (day, month) in enumerate(zip(("Mon", "Tues", "Fri"), ("May", "June", "Aug."), strict=True), start=20)
    ]
    assert len({normalise(line) for line in lines}) == 1
    articles = [Cut(f"{story(number)}\n{lines[number % 3]}") for number in range(12)]
    (learned,) = learn(articles, "en")
    assert strip(articles[0].text, (), frozenset({learned}))[0] == story(0)


# --- what is not learned ---


@pytest.mark.parametrize(
    "background",
    [
        # The history of a programme, told again under every report.
        "Pyongyang tested its first nuclear device in 2006 and has tested five more since.",
        "The two Koreas remain technically at war, as their war ended in an armistice and not in a peace treaty.",
        "North Korea is barred from testing ballistic missiles under resolutions of the Security Council.",
        "Kim took power after his father died, and has since sped up the work on missiles.",
        # The same with words that calls to the reader have too.
        "The group is known for luring its victims to click on links and download malicious apps.",
        "The site, which asks readers to subscribe, is run from the North and blocked in the South.",
        "The authorities follow the group on Telegram and other channels.",
        "The report was published by a panel of experts that the Council has disbanded since.",
        "The article was written by Kim Jong Il, and schools read it to this day.",
        "Contact between the two Koreas has been cut since the liaison office was blown up.",
        "Share prices of the two yards have doubled since the order.",
        "The law on copyright was passed by the assembly and has been amended four times.",
        "The page www.hanbit.example is run by the party and cannot be reached from the South.",
        "Hackers wrote from the address desk@hanbit.example to several officers.",
        "The truck was produced by Hanbit Motors and is sold in nine countries.",
        "Produced by Hanbit Motors, the truck is sold in nine countries.",
        "Photos by the state agency showed the leader beside the launcher.",
        "The two were charged with the unauthorised distribution of films from the South.",
        "Copyright law was tightened after the leak, and the fines have doubled.",
        # What somebody says, about newsletters or not.
        "“Subscribe to our ideas and you will be free,” the leader said.",
        "Sign up for the army, the ministry said.",
        # Numbers of the day in a sentence that never changes otherwise.
        "The won closed at 1,391.20 to the dollar, down 3.10 from the session before.",
        # A signature, and the heading of a press review.
        "Pyongyang, September 9, 2026",
        "Rodong Sinmun",
        "Present there were leading officials of the Party and the government.",
    ],
)
def test_background_that_an_agency_repeats_stays(background: str) -> None:
    assert learned_from(background, times=20) == NONE


@pytest.mark.parametrize(
    "background",
    [
        "북한은 2006년 첫 핵실험을 한 뒤 지금까지 모두 여섯 차례 핵실험을 했다.",
        "남북은 정전협정만 맺어 기술적으로는 여전히 전쟁 상태다.",
        "이 사이트는 이용자에게 앱 설치를 유도해 정보를 빼낸 것으로 알려졌다.",
        "통일부는 대화 채널이 열리기를 기다린다는 입장이다.",
        "경찰은 제보를 받고 수사에 착수했다.",
        "저작권법은 국회에서 네 차례 개정됐다.",
        "남북 당국은 대화 채널 추가 개설을 논의해 왔다.",
        "이번 제보는 사실이 아닌 것으로 드러났다.",
        "제보 전화가 걸려온 곳은 중국 단둥이었다.",
        "이 회사는 게임을 무단 복제한 혐의로 기소됐다.",
        "■ 구독 서비스로 외화를 버는 북한",
        "영상·사진을 분석한 결과 새 미사일로 추정된다.",
        "당국자는 홈페이지에서 명단을 볼 수 있습니다라고 말했다.",
    ],
)
def test_korean_background_stays(background: str) -> None:
    assert learned_from(background, times=20, lang="ko") == NONE


def test_a_dateline_stays_though_every_article_begins_with_it() -> None:
    assert learn(outlet(first="Pyongyang, March 3 (KCNA) -- All rights reserved.", times=20), "en") == NONE
    assert learn(outlet(first="(서울=연합뉴스) 홍길동 기자 = ⓒ", times=20, lang="ko"), "ko") == NONE


def test_follow_ups_on_one_story_count_once() -> None:
    first = story(99, sentences=12)
    updates = [Cut(f"{story(200 + number, sentences=3)}\n{first}\n{CALL}") for number in range(12)]
    others = [Cut(story(number)) for number in range(4)]
    assert learn([*updates, *others], "en") == NONE
    elsewhere = [Cut(f"{story(300 + number)}\n{CALL}") for number in range(3)]
    assert learn([*updates, *others, *elsewhere], "en") == {normalise(CALL)}, "four stories now"


def test_a_paragraph_must_stand_in_four_stories_and_in_a_fifth_of_them() -> None:
    assert learned_from(CALL, times=3, articles=10) == NONE
    assert learned_from(CALL, times=4, articles=20) == {normalise(CALL)}
    assert learned_from(CALL, times=4, articles=21) == NONE


def test_few_articles_prove_nothing() -> None:
    assert learned_from(CALL, times=9, articles=LEAST_ARTICLES - 1) == NONE
    assert learn([], "en") == NONE


def test_what_stands_in_the_middle_of_articles_is_not_learned() -> None:
    assert learn([Cut(f"{story(number)}\n{CALL}\n{story(50 + number, sentences=10)}") for number in range(20)], "en") == NONE


def test_a_long_paragraph_is_not_learned() -> None:
    assert learned_from(CALL + " And so on." * (LONGEST // 10)) == NONE


def test_what_is_cut_everywhere_is_not_unlearned() -> None:
    cut = [Cut(story(number), (CALL,)) for number in range(20)]
    assert learn(cut, "en") == {normalise(CALL)}
    assert learn([Cut(article.text) for article in cut], "en") == NONE


# --- what is cut ---


def test_runs_at_both_ends_are_cut_and_told_in_order() -> None:
    learned = frozenset({normalise(CALL), normalise(RIGHTS)})
    assert strip(f"{CALL}\n\n{story(1)}\n\n{RIGHTS}\n{CALL}\n", (), learned) == (story(1), [CALL, RIGHTS, CALL])


def test_what_was_learned_stays_where_news_stands_outside_of_it() -> None:
    text = f"{story(1)}\n{CALL}\n{story(2)}"
    assert strip(text, (), frozenset({normalise(CALL)})) == (text, [])


def test_at_least_half_of_a_text_stays() -> None:
    flash = f"A train stopped.\n{CALL}\n{RIGHTS}"
    assert strip(flash, (), frozenset({normalise(CALL), normalise(RIGHTS)})) == (flash, [])


def test_declared_paragraphs_are_cut_wherever_they_stand_and_only_whole() -> None:
    one, other = story(1), story(2)
    text = f"The Wire,  every day\n{one}\nThe Wire, every day\n{other}\nThe Wire, every day, tells what happened."
    left, removed = strip(text, ["The Wire, every day"], NONE)
    assert left == f"{one}\n{other}\nThe Wire, every day, tells what happened."
    assert removed == ["The Wire,  every day", "The Wire, every day"]


def test_a_declared_paragraph_at_the_end_hides_no_learned_one() -> None:
    assert strip(f"{story(1)}\n{CALL}\nThe Wire", ["The Wire"], frozenset({normalise(CALL)})) == (story(1), [CALL, "The Wire"])


def test_a_text_of_which_nothing_would_stay_is_left_whole() -> None:
    assert strip("Oil rose.\nGold fell.", [r"[A-Z]\w+ \w+\."], NONE) == ("Oil rose.\nGold fell.", [])


@pytest.mark.parametrize("text", ["", "\n\n", "One line without an end", story(5), "a\n\n\n\nb\n"])
def test_a_text_without_boilerplate_is_not_changed_in_any_way(text: str) -> None:
    assert strip(text, ["The Wire"], frozenset({normalise(CALL)})) == (text, [])


def test_cutting_again_changes_nothing() -> None:
    learned = learned_from(CALL)
    texts = [article.text for article in outlet(last=CALL)]
    once = [strip(text, (), learned)[0] for text in texts]
    assert [strip(text, (), learned) for text in once] == [(text, []) for text in once]
    assert list(chain.from_iterable(strip(text, (), learned)[1] for text in texts)) == [CALL] * 10


def test_an_expression_that_takes_for_ever_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.extract.boilerplate.PATIENCE", 0.05)
    with pytest.raises(ExtractError, match=r"\(a\|aa\)\+!.* of the key 'boilerplate' takes more than 0.05 s"):
        strip("a" * 60, ["(a|aa)+!"], NONE)
