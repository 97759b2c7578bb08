from __future__ import annotations

import pytest

from pipeline.names.normalise import clean, read_tokens
from pipeline.names.parse import read_korean


def readings(name):
    return {"-".join(syllable.spelling for syllable in parse.syllables) for parse in read_korean(name)}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Kim Jina", {"kim-ji-na", "kim-jin-a"}),
        ("Kim Ji-na", {"kim-ji-na"}),
        ("Kim Ji na", {"kim-ji-na", "na-kim-ji"}),
        ("KIM, Jina", {"kim-ji-na", "kim-jin-a"}),
        ("Chang-Su Han", {"han-chang-su"}),
        ("Sung Kim", {"sung-kim", "kim-sung"}),
        ("KIM, Sung", {"kim-sung"}),
        ("Jang Sung-taek", {"jang-sung-taek"}),
        ("Namgung Min", {"nam-gung-min", "min-nam-gung"}),
        ("HAN, Jang Su", {"han-jang-su"}),
        ("Han'gil Kim", {"kim-han-gil"}),
        ("Jeong'eun Lee", {"lee-jeong-eun"}),
        ("U", set()),
        ("Donald Trump", set()),
        ("John Smith", set()),
        ("J. Kim", set()),
        ("Kim Jong Un Ri Sol Ju", set()),
        ("바이든", set()),
        ("도널드 트럼프", set()),
        ("남궁민", {"남-궁-민"}),
        ("황보승희", {"황-보-승-희"}),
        ("김 정은", {"김-정-은"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_surname_and_syllables_are_found(name, wanted):
    assert readings(name) == wanted


def test_the_likeliest_reading_has_the_weight_one_and_stands_first():
    for name in ("Sung Kim", "Kim Jina", "Jong Un Kim", "Myongsu Han"):
        parses = read_korean(name)
        assert parses[0].weight == 1
        assert [parse.weight for parse in parses] == sorted((parse.weight for parse in parses), reverse=True)


@pytest.mark.parametrize(
    ("written", "tokens"),
    [
        ("CHANG, Kuk Ch'o'l", ("chang", "kuk", "ch'ŏl")),
        ("Ch’oe Ch‘un-po'm", ("ch'oe", "ch'un", "pŏm")),
        ("RYO'M, Hu'i-pong", ("ryŏm", "hŭi", "pong")),
        ("HAN, Kwo'n-u", ("han", "kwŏn", "u")),
        ("CHO 'N, Myo' ng-kuk", ("chŏn", "myŏng", "kuk")),
        ("KIM TONG MY’ONG", ("kim", "tong", "myŏng")),
        ("Kim Jŏng-ŭn", ("kim", "jŏng", "ŭn")),
        ("Kim Jo\u0306ng-u\u0306n", ("kim", "jŏng", "ŭn")),
        ("KIM JŌNG ÛN", ("kim", "jŏng", "ŭn")),
        ("Kim Jong‑un", ("kim", "jong", "un")),
        ("'Kim' Chol", ("kim", "chol")),
        ("Lee Jérôme", ("lee", "jerŏme")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_marks_and_apostrophes_become_letters(written, tokens):
    assert read_tokens(clean(written)).tokens == tokens
