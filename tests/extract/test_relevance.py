import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.extract.relevance import is_korea_related, score_relevance

FILLER = "The committee met for two hours and heard three witnesses before it adjourned until the following week. " * 3


@pytest.mark.parametrize(
    ("title", "text", "lang"),
    [
        (
            "North Korea tests engine",
            "PYONGYANG The DPRK said on Friday that it had tested a rocket engine at a site near the coast." + FILLER,
            "en",
        ),
        (
            "Exchange loses coins to thieves",
            "Investigators blamed the Lazarus Group and said Pyongyang was behind the theft of the coins." + FILLER,
            "en",
        ),
        (
            "Fines for three builders",
            "SEOUL, Dec. 3 (Yonhap) -- The regulator fined three builders a total of 4 billion won." + FILLER,
            "en",
        ),
        ("Museum of rice cakes opens", "시는 5일 떡 박물관을 열었다고 밝혔다. 주민들이 가져온 그릇도 전시된다.", "ko"),
        ("김정은, 공장 시찰", "북한 조선중앙통신은 6일 김정은 국무위원장이 공장을 찾았다고 보도했다.", "ko"),
    ],
)
def test_news_about_korea_is_kept(title, text, lang):
    assert is_korea_related(score_relevance(title, text, lang))


@pytest.mark.parametrize(
    ("title", "text", "lang"),
    [
        (
            "How I passed the KCNA exam",
            "The KCNA certification of the CNCF asks what pods and nodes are. After the KCNA came the CKA." + FILLER,
            "en",
        ),
        (
            "Ten places to eat downtown",
            "The list begins with Korean barbecue on Fifth Street and ends with a Korean BBQ truck." + FILLER,
            "en",
        ),
        ("Standings after round four", "Results: Lyon 2 Porto 0; Osaka 1 Seoul 1; Lima 0 Quito 3. " + FILLER * 3, "en"),
        (
            "Senate debates budget",
            "The senators spoke of threats from Russia, China and North Korea, and then of farm aid." + FILLER * 2,
            "en",
        ),
        ("Council builds bridge", FILLER, "en"),
        (
            "멕시코 열차 탈선",
            "멕시코 남부에서 28일(현지시간) 열차가 탈선해 10명이 숨졌다고 AP통신이 보도했다. 멕시코 대통령은 애도했다. 보상금은 약 3억원이다.",
            "ko",
        ),
        (
            "태평양 섬에 지진",
            "태평양의 섬나라 팔라우에서 지진이 났다고 외신이 전했다. 제2차 세계대전 때 미국이 쓰던 항구가 무너졌다.",
            "ko",
        ),
    ],
)
def test_what_only_sounds_like_korea_is_not_kept(title, text, lang):
    assert not is_korea_related(score_relevance(title, text, lang))


def test_the_title_and_the_lead_count_more_than_the_end():
    term = "Analysts in Seoul agreed."
    assert score_relevance("", term + FILLER * 4, "en") > score_relevance("", FILLER * 4 + term, "en")


def test_words_glued_by_copying_are_still_found():
    assert score_relevance("", "The respected ComradeKim Jong Unreceived a letter today.", "en") > 0.5


def test_other_languages_have_no_score():
    assert score_relevance("Nordkorea", "Nordkorea testet Rakete", "de") == 0.0


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=80), st.text(max_size=300), st.sampled_from(["en", "ko", "ja"]))
def test_the_score_is_a_probability(title, text, lang):
    assert 0.0 <= score_relevance(title, text, lang) <= 1.0
