import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.extract.language import SUPPORTED, detect_language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("North Korea fires missile", "en"),
        ("The ministry said on Monday that talks with the two sides would be held in Geneva.", "en"),
        ("북, 동해상으로 미사일 발사", "ko"),
        ("BTS, Billboard 1위 … HYBE 주가 급등", "ko"),
        ("정부는 API와 SDK를 공개했다. Microsoft, Google, OpenAI, Anthropic 참여", "ko"),
        ("北朝鮮が弾道ミサイルを発射したと発表した", "ja"),
        ("朝鲜发射导弹,韩国军方表示", "zh"),
        ("Das Ministerium sagte, dass die Gespräche mit der Regierung am Montag beginnen.", "de"),
        ("Le ministère a déclaré que les discussions avec la Corée du Nord sont suspendues.", "fr"),
        ("El ministerio dijo que las conversaciones con Corea del Norte se celebrarán en Ginebra.", "es"),
        ("Kementerian itu mengatakan bahwa pembicaraan dengan Korea Utara akan diadakan di Jenewa.", "id"),
        ("Il ministero ha detto che i colloqui con la Corea del Nord si terranno a Ginevra.", "it"),
        ("Министерство сообщило о переговорах", "ru"),
        ("وقالت الوزارة إن المحادثات ستبدأ", "ar"),
        ("", "und"),
        ("12:30 — 45%", "und"),
        ("Kim Il Xyz", "und"),
        ("😀😀😀", "und"),
    ],
)
def test_languages_are_told_apart(text, expected):
    assert detect_language(text) == expected


def test_english_and_korean_are_read():
    assert SUPPORTED == ("en", "ko")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_it_never_raises_and_names_a_code(text):
    assert detect_language(text).isalpha()
