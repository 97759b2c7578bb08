"""The whole English pipeline on text that no editor would print: it ends, in step with the length, and its offsets hold.

Nothing here asks what is found, so that the tests hold for whatever model the settings choose.
"""

from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.records import Article
from pipeline.tag import tag

PROSE = "Kim Yong-ho of the South Korean Foreign Ministry told Sergei Petrov in Seoul on Monday that $5 million won't do. "
PIECES = (
    "Kim Yong-ho|Seoul|South Korea's|U.S.-led|Mr.|Gen.|N. Korea|the Foreign Ministry|(NIS)|Hwasong-18|Lazarus Group|$5 million|on Monday|said|can't|’s|"
    "“We agreed,”|'|\"|(|)|--|...|…|.|?|!|,|\n|\r\n|\n\n|\t|\u2028|\u3000|\xa0|  |"
    "SEOUL (Yonhap) --|NORTH KOREA FIRED TWO MISSILES|MINISTER HONG'S PLAN|"
    "김정은 위원장은|서울에서|北朝鮮|习近平主席|وزارة الخارجية|كيم|Путин|ソウル|"
    "\U0001f680|\U0001f468\u200d\U0001f469\u200d\U0001f467|\U0001f1f0\U0001f1f7|\U0001f44d\U0001f3fd|❤\ufe0f|"
    "\x00|\x07|\x1b[31m|\x1c|\x85|\x7f|\u200b|\u200d|\u00ad|\u202e|\ufeff|\ufffd|e\u0301|"
    '&amp;|&nbsp;|&#8217;|<p>|</p>|<a href="https://example.com/a?b=c">|<br/>|<script>var a = {"b": 1};</script>|]]>|https://example.com|a.hong@example.kr'
).split("|")
MIXED = st.lists(st.sampled_from(PIECES) | st.characters(), max_size=30).flatmap(
    lambda pieces: st.sampled_from(["", " "]).map(lambda glue: glue.join(pieces))
)


@pytest.fixture(scope="module")
def english(pipelines):
    return lambda text: tag(Article("a", text, "en"), pipelines["en"])


def hold(text, tagging):
    """Tell whether every span lies in the text and says what stands there, and the tokens are in order."""
    spelt = (*tagging.mentions, *tagging.tokens, *tagging.quotes, *tagging.amounts, *tagging.times)
    assert all(0 <= one.start < one.end <= len(text) and text[one.start : one.end] == one.text for one in spelt)
    assert all(0 <= start < end <= len(text) for start, end in tagging.sentences)
    assert all(left.end <= right.start for left, right in zip(tagging.tokens, tagging.tokens[1:], strict=False))
    assert all(left.end <= right.start for left, right in zip(tagging.mentions, tagging.mentions[1:], strict=False))
    assert all(0 <= one.score <= 1 for one in tagging.mentions)
    return True


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(text=MIXED)
def test_offsets_hold_in_any_mixture(english, text):
    assert hold(text, english(text))


@settings(deadline=None, max_examples=25)
@given(text=st.lists(st.sampled_from(PIECES), max_size=20).map(" ".join))
def test_offsets_hold_in_capitals_and_without_punctuation(english, text):
    for changed in (text.upper(), "".join(char if char.isalnum() else " " for char in text), text.lower()):
        assert hold(changed, english(changed))


@pytest.mark.parametrize(
    "text",
    [
        " ",
        "\n\n\n",
        "\x00",
        "\u200b",
        "\U0001f680" * 50,
        "한국 정부는 北京에서 " * 20,
        "Kim" * 500,
        "Kim " * 500,
        "((((((\"'“‘[{<" * 40,
        "<p>Kim Yong-ho</p><p>left&nbsp;Seoul</p>",
        "KIM YONG-HO, THE FOREIGN MINISTER, DIDN'T SAY WHY",
        "the talks in seoul went on and nobody at the foreign ministry would say when they were to end " * 10,
        "Kim Yong-\x00ho and S\u00adeoul and Pyong\u200byang",
    ],
)
def test_offsets_hold_in_texts_of_one_kind(english, text):
    assert hold(text, english(text))


@pytest.mark.parametrize(
    "unit",
    [PROSE, PROSE.replace(".", ""), "<p>Seoul&nbsp;said</p>\U0001f680\u200d", "김 위원장 Seoul 北京 "],
    ids=["prose", "no stops", "html and emoji", "scripts"],
)
def test_a_long_line_is_read_in_proportion(english, unit):
    def read(size):
        text = (unit * (size // len(unit) + 1))[:size]
        start = process_time()
        tagging = english(text)
        spent = process_time() - start
        assert hold(text, tagging)
        assert tagging.tokens[-1].end >= len(text.rstrip()) - 1
        return spent

    read(2_000)
    small = min(read(8_000) for _ in range(2))
    # Ten times the text: ten times the work, and as much again four times over for what the machine does beside it.
    assert read(80_000) < 40 * small + 1
