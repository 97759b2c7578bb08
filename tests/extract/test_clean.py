import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ConfigurationError
from pipeline.extract.clean import clean_extracted, find_dateline, find_furniture
from pipeline.extract.resources import compile_pattern, read_sections

STORY = "The council voted on Tuesday to build a new bridge. Its cost was not made known. Residents said they had waited ten years for it."
KOREAN_STORY = "시의회가 6일 새 다리를 놓기로 의결했다. 비용은 공개되지 않았다. 주민들은 십 년을 기다렸다고 말했다."


def furniture(text: str, lang: str = "en") -> list[str]:
    return [text[start:end].strip() for start, end in find_furniture(text, lang)]


def story(text: str, lang: str = "en") -> str:
    for start, end in reversed(find_furniture(text, lang)):
        text = text[:start] + text[end:]
    return " ".join(text.split())


def test_a_wire_story_on_a_portal_keeps_its_headline_place_and_story():
    text = f"(2nd LD) bridge-vote(2nd LD) Council votes for bridge(ATTN: ADDS details in paras 3-4; CHANGES photo)By Hong Gil-dong SEOUL, Jan. 4 (Yonhap) -- {STORY} hong@example.com(END)"
    assert story(text) == f"bridge-vote Council votes for bridge SEOUL{STORY}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Pyongyang, October 3 (KCNA) -- {STORY} -0-", [", October 3 (KCNA) --", "-0-"]),
        (f"SEOUL {STORY}\n\n(Reporting by Kim Min in Seoul; Editing by Ann Lee)", ["(Reporting by Kim Min in Seoul; Editing by Ann Lee)"]),
        (f"SEOUL (Reuters) - {STORY}", ["(Reuters) -"]),
        (f"{STORY}\nShare.\nLeave A Reply", ["Share.", "Leave A Reply"]),
        (
            f"{STORY}\n___\nAssociated Press writer Ann Lee in Rome contributed to this report.",
            ["___\nAssociated Press writer Ann Lee in Rome contributed to this report."],
        ),
    ],
)
def test_english_furniture_is_found(text, expected):
    assert furniture(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"(서울=연합뉴스) 홍길동 기자 = {KOREAN_STORY} gildong@example.co.kr", ["(", "=연합뉴스) 홍길동 기자 =", "gildong@example.co.kr"]),
        (f"[부산=뉴시스]홍길동 김철수 기자 = {KOREAN_STORY}", ["[", "=뉴시스]홍길동 김철수 기자 ="]),
        (f"[가나일보 홍길동 기자] {KOREAN_STORY}", ["[가나일보 홍길동 기자]"]),
        (
            f"{KOREAN_STORY}\ngildong@example.com 홍길동 기자\n※ 저작권자 ⓒ 가나신문. 무단 전재-재배포 금지",
            ["gildong@example.com 홍길동 기자", "※ 저작권자 ⓒ 가나신문. 무단 전재-재배포 금지"],
        ),
        (f"[앵커] {KOREAN_STORY} #다리 #시의회", ["[앵커]", "#다리 #시의회"]),
        (f"{KOREAN_STORY}\n공유하기\n댓글 3", ["공유하기", "댓글 3"]),
    ],
)
def test_korean_furniture_is_found(text, expected):
    assert furniture(text, "ko") == expected


@pytest.mark.parametrize(
    "text",
    [
        STORY,
        "By Tuesday the council had voted. The chairman, asked by reporters (and by residents), said nothing.",
        "Write to the mayor at mayor@example.org if you want the bridge to be wider than the plan says today.",
        "The report (Reporting Standards, 2nd edition) was read aloud. Nobody left the room before its end.",
    ],
)
def test_a_plain_story_has_no_furniture(text):
    assert find_furniture(text, "en") == ()


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        (f"SEOUL, Jan. 4 (Yonhap) -- {STORY}", "en", ("SEOUL", 1, 4, "Yonhap")),
        (f"Pyongyang, October 13 (KCNA) -- {STORY}", "en", ("Pyongyang", 10, 13, "KCNA")),
        (f"Council votes for FTA SEOUL, Dec. 31 (Yonhap) -- {STORY}", "en", ("SEOUL", 12, 31, "Yonhap")),
        (f"WASHINGTON/SEOUL (Reuters) - {STORY}", "en", ("WASHINGTON", None, None, "Reuters")),
        (f"SEOUL, South Korea — {STORY}", "en", ("SEOUL", None, None, None)),
        (f"HANOVER, Germany {STORY}", "en", ("HANOVER", None, None, None)),
        (f"(도쿄=연합뉴스) 홍길동 특파원 = {KOREAN_STORY}", "ko", ("도쿄", None, None, "연합뉴스")),
        (f"다리 놓는다\n\n[세종=뉴시스]홍길동 기자 = {KOREAN_STORY}", "ko", ("세종", None, None, "뉴시스")),
    ],
)
def test_the_dateline_says_where_and_when(text, lang, expected):
    found = find_dateline(text, lang)
    assert found is not None
    assert (found.place.text, found.month, found.day, found.agency) == expected
    assert text[found.place.start : found.place.end] == found.place.text


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("NASA Administrator Ann Lee spoke on Monday.", "en"),
        ("Starbucks — the chain of cafes — opened a shop.", "en"),
        ("EXCLUSIVE — The council votes.", "en"),
        ("SEOUL, Xyz. 44 (Yonhap) -- The council votes.", "en"),
        ("(사진=연합뉴스) 시의회가 의결했다.", "ko"),
    ],
)
def test_what_only_looks_like_a_dateline_is_none(text, lang):
    assert find_dateline(text, lang) is None


def test_a_country_in_the_dateline_stays_as_text():
    assert story(f"SEOUL, South Korea — {STORY}").startswith("SEOUL, South Korea")


def test_cleaning_cuts_furniture_once_and_keeps_the_dateline():
    text = f"By Ann Lee\nSEOUL, Jan. 4 (Yonhap) -- {STORY}\nShare this on the web\nann@example.org"
    once = clean_extracted(text, "en")
    assert once == f"SEOUL, Jan. 4 (Yonhap) -- {STORY}"
    assert clean_extracted(once, "en") == once


PIECES = st.sampled_from(
    [
        "(END)",
        "By Ann Lee",
        "SEOUL, Jan. 4 (Yonhap) -- ",
        "\n",
        " ",
        "(서울=연합뉴스) ",
        "홍길동 기자 = ",
        "ⓒ",
        "무단전재 금지",
        "a@b.co",
        "-0-",
        "(ATTN: ADDS)",
        "The end.",
        "끝났다.",
        "😀",
        "\u0301",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES | st.text(max_size=12), max_size=14).map("".join), st.sampled_from(["en", "ko", "de"]))
def test_furniture_lies_inside_the_text_in_order_and_apart(text, lang):
    position = 0
    for start, end in find_furniture(text, lang):
        assert position <= start < end <= len(text)
        position = end
    dateline = find_dateline(text, lang)
    assert dateline is None or text[dateline.place.start : dateline.place.end] == dateline.place.text


def test_a_broken_list_is_named_with_file_and_line(tmp_path):
    path = tmp_path / "list.yaml"
    path.write_text("good:\n  - a\nbad: no list\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"list\.yaml:3: bad: a list is expected here"):
        read_sections(path)
    path.write_text("good:\n  - {lang: en\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"list\.yaml:\d+: no valid YAML"):
        read_sections(path)


def test_a_pattern_of_a_list_that_cannot_be_compiled_is_told_with_its_line(tmp_path):
    path = tmp_path / "list.yaml"
    path.write_text("rules:\n  - 'a+'\n  - '(b'\n", encoding="utf-8")
    right, wrong = read_sections(path)["rules"]
    assert compile_pattern(right, template=r"(?:{})\Z").fullmatch("aa")
    with pytest.raises(ConfigurationError, match=r"list\.yaml:3: wrong pattern '\(b'"):
        compile_pattern(wrong)
