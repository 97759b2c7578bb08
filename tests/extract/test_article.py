import json
import unicodedata
from datetime import UTC, datetime

import pytest

from models.records import FeedEntry
from models.vocabulary import BodyStatus, DateSource
from pipeline.errors import ExtractError
from pipeline.extract.article import EXTRACTOR_VERSION, extract_page, forget_pages

URL = "https://www.example.org/news/2025/11/06/harbour-talks-begin"
PARAGRAPHS = [
    "Delegates from five ports met in the town hall on Thursday to settle how the new ferry line shall be paid for.",
    "The mayor told reporters that the first boats could sail in spring if the council agrees to the budget in December.",
    "Fishermen asked for a larger quay, and a spokesman of the ministry promised an answer before the end of the month.",
]
KOREAN = "항구 도시 다섯 곳의 대표들이 6일 시청에서 만나 새 여객선 항로의 비용을 어떻게 나눌지 논의했다. 시장은 의회가 예산에 동의하면 봄에 첫 배가 뜰 것이라고 말했다."
NOW = datetime(2025, 11, 7, tzinfo=UTC)


def page(body: str = "", *, head: str = "", title: str = "Harbour talks begin") -> str:
    return f"<html><head><title>{title}</title>{head}</head><body>{body}</body></html>"


def article(paragraphs: list[str]) -> str:
    return "<article><h1>Harbour talks begin</h1>" + "".join(f"<p>{text}</p>" for text in paragraphs) + "</article>"


def entry(*, summary: str = "", content: str = "", title: str = "Harbour talks begin") -> FeedEntry:
    return FeedEntry("f", "g", URL, title, summary, content, "Thu, 06 Nov 2025 09:10:00 +0900", datetime(2025, 11, 6, 0, 10, tzinfo=UTC))


def test_the_body_of_a_page_is_its_text_and_menus_are_not():
    found = extract_page(page("<nav><a href='/x'>Sports</a><a href='/y'>Weather page</a></nav>" + article(PARAGRAPHS)), url=URL)
    assert found.body_status is BodyStatus.FULL
    assert found.text.split("\n") == PARAGRAPHS
    assert found.lang == "en"
    assert found.title == "Harbour talks begin"


def test_the_extractor_names_its_own_version_and_that_of_trafilatura():
    name = extract_page(page(article(PARAGRAPHS)), url=URL).extractor
    assert f" {EXTRACTOR_VERSION};" in name
    assert "trafilatura 2" in name


def test_forgetting_pages_changes_no_result():
    before = extract_page(page(article(PARAGRAPHS)), url=URL)
    forget_pages()
    assert extract_page(page(article(PARAGRAPHS)), url=URL) == before


def test_text_is_composed_once():
    decomposed = unicodedata.normalize("NFD", KOREAN)
    found = extract_page(page(article([decomposed, decomposed.replace("항구", "포구")])), url=URL)
    assert unicodedata.is_normalized("NFC", found.text)
    assert found.text.startswith(KOREAN[:10])


def jsonld(**fields: object) -> str:
    return f"<script type='application/ld+json'>{json.dumps({'@type': ['NewsArticle'], **fields})}</script>"


BODY_HTML = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
EMBEDDED = {
    "articleBody": jsonld(headline="Harbour talks begin", articleBody=BODY_HTML),
    "next data": f"<script id='__NEXT_DATA__' type='application/json'>{json.dumps({'props': {'pageProps': {'story': {'body': BODY_HTML}}}})}</script>",
    "contentHtml": f"<script>window.page = build({{'a': 1}}, {{\"contentHtml\": {json.dumps(BODY_HTML)}, x: y}});</script>",
    "pushed contentHtml": f"<script>self.__next_f.push({json.dumps([1, 'a:' + json.dumps({'contentHtml': BODY_HTML})])})</script>",
    "Fusion": "<script>Fusion.globalContent="
    + json.dumps({"content_elements": [{"type": "text", "content": text} for text in PARAGRAPHS] + [{"type": ["image"], "url": "x"}]})
    + ";Fusion.x={}</script>",
}


@pytest.mark.parametrize("script", EMBEDDED.values(), ids=EMBEDDED.keys())
def test_a_body_that_stands_only_in_json_is_found_with_its_paragraphs(script):
    found = extract_page(page("<div id='root'></div>", head=script), url=URL)
    assert found.body_status is BodyStatus.JSON
    assert found.text.split("\n") == PARAGRAPHS


MENU = "<div><ul>" + "".join(f"<li><a href='/s/{number}'>Harbour section {number}</a></li>" for number in range(40)) + "</ul></div>"


@pytest.mark.parametrize("script", EMBEDDED.values(), ids=EMBEDDED.keys())
def test_a_menu_is_not_taken_for_the_body_that_stands_in_json(script):
    found = extract_page(page(MENU + "<p>Please switch JavaScript on to read this.</p>", head=script), url=URL)
    assert found.text.split() == " ".join(PARAGRAPHS).split()


def test_a_list_is_an_article_where_the_page_has_nothing_else():
    posts = [
        f"◇ {number}급 승진 ▲ 항만정책과장 김하나{number} ▲ 여객선운영과장 이두리{number} ▲ 어촌지원과장 박세찬{number}"
        for number in range(9)
    ]
    found = extract_page(page(article(posts), title="[인사] 항구도시청"), url=URL)
    assert (found.body_status, found.text.split("\n")) == (BodyStatus.FULL, posts)


def test_a_text_that_breaks_off_is_not_replaced_by_what_its_data_repeat_of_it():
    cut = " ".join(PARAGRAPHS)[:-40]
    found = extract_page(page(article([cut]), head=jsonld(isAccessibleForFree=False, articleBody=cut)), url=URL)
    assert (found.body_status, found.text) == (BodyStatus.TEASER, cut)


def test_json_of_unexpected_shape_is_passed_over():
    odd = '<script type=\'application/ld+json\'>[{"@type": [[]], "articleBody": 3}, 4, null, {broken</script>' + jsonld(datePublished=7)
    assert extract_page(page(article(PARAGRAPHS), head=odd), url=URL).text.split("\n") == PARAGRAPHS


def test_the_feed_text_is_taken_only_where_the_feed_is_trusted_with_it():
    item = entry(content=BODY_HTML, summary="Five ports meet.")
    assert extract_page("", url=URL, fallback=item, use_feed_text=True).body_status is BodyStatus.FEED
    assert extract_page("", url=URL, fallback=item).body_status is BodyStatus.SUMMARY


def test_a_summary_is_marked_as_such():
    found = extract_page(
        page("<p>Loading</p>"), url=URL, fallback=entry(summary="Five ports met to pay for the new ferry line. The mayor spoke.")
    )
    assert found.body_status is BodyStatus.SUMMARY
    assert found.title == "Harbour talks begin"


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        (b"", "empty"),
        (page("<div></div>"), "no text"),
        (page("<p>Sorry.</p>" * 3, title="Page not found | Example News"), "Page not found"),
        (
            page("<p>We could not find this page. Go to the home page or try a search for what you need.</p>", title="Example"),
            "error or a challenge",
        ),
        (
            page("<p>Checking your browser before you go on. This takes five seconds. Ray ID: 7</p>", title="Just a moment..."),
            "Just a moment",
        ),
        (page("<p>요청하신 페이지를 찾을 수 없습니다. 주소를 확인해 주세요.</p>", title="안내"), "error or a challenge"),
        (page("<p>One line.</p>"), "too little text"),
    ],
)
def test_what_is_no_article_is_an_error_with_its_reason(html, reason):
    with pytest.raises(ExtractError, match=reason):
        extract_page(html, url=URL)


@pytest.mark.parametrize(
    "title",
    [
        "404", "404 Not Found", "Error 404 (Not Found)!!1", "HTTP Error 503", "502 Bad Gateway", "500 - Internal Server Error", "403 Forbidden",
        "404 - File or directory not found.", "429 Too Many Requests", "410 Gone", "Sorry, we can't find that page", "Security check",
        "404 오류", "점검 중입니다", "접근이 차단되었습니다", "오류가 발생했습니다", "삭제된 기사입니다",
    ],
)  # fmt: skip
def test_the_title_of_an_error_page_refuses_it(title):
    with pytest.raises(ExtractError, match="its title is"):
        extract_page(page(article(PARAGRAPHS).replace("Harbour talks begin", title), title=title), url=URL)


@pytest.mark.parametrize(
    "title",
    [
        "502 sailors of the ferry line left port", "404 days on strike: a harbour waits", "500 errors in the list of berths",
        "404 gone missing after storm", "Sorry, says harbour master", "Security check at ferry quay finds knife", "점검 나선 항구도시청",
        "오류 투성이 여객선 통계", "기사 삭제 요구한 시장", "접근 거부한 어민들",
    ],
)  # fmt: skip
def test_a_headline_that_begins_like_an_error_is_a_headline(title):
    found = extract_page(page(article(PARAGRAPHS).replace("Harbour talks begin", title), title=title), url=URL)
    assert (found.title, found.text.split("\n")) == (title, PARAGRAPHS)


@pytest.mark.parametrize(
    ("html", "lack"),
    [
        (page("<p>Checking your browser.</p>", title="Just a moment..."), "its title is 'Just a moment...'"),
        ("", "the body is empty or no HTML"),
        (page("<p>Loading the page of the harbour</p>"), "too little text (31 characters)"),
    ],
)
def test_a_page_without_an_article_does_not_hide_what_the_feed_says(html, lack):
    found = extract_page(html, url=URL, fallback=entry(summary="Five ports met to pay for the new ferry line."))
    assert (found.body_status, found.title, found.lack) == (BodyStatus.SUMMARY, "Harbour talks begin", lack)


def test_a_page_with_an_article_lacks_nothing():
    assert extract_page(page(article(PARAGRAPHS)), url=URL, fallback=entry(summary="Five ports met.")).lack is None


def test_a_root_that_closes_itself_does_not_close_the_page():
    broken = page(article(PARAGRAPHS), head=jsonld(datePublished="2025-11-06T09:10:00+09:00")).replace("<html>", "<html lang='en' />")
    found = extract_page(broken, url=URL, fetched_at=NOW)
    assert found.text.split("\n") == PARAGRAPHS
    assert found.publication is not None
    assert found.publication.source is DateSource.JSONLD


def test_tags_within_data_make_no_page():
    with pytest.raises(ExtractError, match="no text was found"):
        extract_page(json.dumps({"items": [f"<p>{text}</p>" for text in PARAGRAPHS]}), url=URL)


def test_a_long_article_about_an_error_page_is_an_article():
    long = [*PARAGRAPHS * 6, "Visitors read that the page you requested no longer exists, and the shop lost a day of trade."]
    assert extract_page(page(article(long), title="Page not found"), url=URL).body_status is BodyStatus.FULL


def test_a_flash_of_one_sentence_is_an_article_where_the_page_says_so():
    flash = "Parliament elects the harbour master of the island town as its speaker, the clerk says."
    marked = page(f"<article><p>{flash}</p></article>", head="<meta property='og:type' content='article'>")
    assert extract_page(marked, url=URL).text == flash


@pytest.mark.parametrize(
    ("encoding", "head", "content_type"),
    [
        ("cp949", "<meta charset='euc-kr'>", None),
        ("cp949", "", "text/html; charset=EUC-KR"),
        ("cp949", "", None),
        ("utf-8", "<meta charset='euc-kr'>", "text/html; charset=iso-8859-1"),
        ("utf-8-sig", "", None),
        ("utf-16", "", None),
    ],
)
def test_korean_is_read_whatever_the_page_says_of_its_encoding(encoding, head, content_type):
    body = page(article([KOREAN, KOREAN.replace("시청", "똠방각하 시청")]), head=head, title="항구 회담").encode(encoding)
    found = extract_page(body, url=URL, content_type=content_type)
    assert found.text.startswith(KOREAN)
    assert (found.lang, "똠방각하" in found.text) == ("ko", True)


def test_nul_bytes_and_controls_are_dropped():
    found = extract_page(page(article(PARAGRAPHS)).replace("ports", "po\x00r\x07ts").encode(), url=URL)
    assert found.text.split("\n") == PARAGRAPHS


@pytest.mark.parametrize(
    ("url", "href", "expected"),
    [
        (URL, "https://m.example.org/news/harbour-talks-begin", "https://m.example.org/news/harbour-talks-begin"),
        (URL + "?utm_source=rss", "/news/2025/11/06/harbour-talks-begin", URL),
        (URL, "https://other.example.com/a/harbour-talks-begin", None),
        (URL, "https://www.example.org/", None),
        (URL, "https://www.example.org/news/", None),
        ("https://www.example.org/view.htm?seq=7", "https://www.example.org/view.htm", None),
        (URL, "http://[broken", None),
    ],
)
def test_a_canonical_address_is_believed_only_for_the_same_article(url, href, expected):
    found = extract_page(page(article(PARAGRAPHS), head=f"<link rel='canonical' href='{href}'>"), url=url)
    assert found.canonical_url == expected


def test_a_text_that_breaks_off_behind_a_paywall_is_a_teaser():
    head = jsonld(isAccessibleForFree="False")
    cut = [*PARAGRAPHS[:2], "Fishermen asked for a larger quay, and a spokesman of the"]
    assert extract_page(page(article(cut), head=head), url=URL).body_status is BodyStatus.TEASER
    assert extract_page(page(article(PARAGRAPHS), head=head), url=URL).body_status is BodyStatus.FULL


def test_the_name_of_the_site_is_cut_off_the_title():
    head = "<meta property='og:title' content='Harbour talks begin - The Example'><meta property='og:site_name' content='The Example'>"
    assert extract_page(page(article(PARAGRAPHS), head=head), url=URL).title == "Harbour talks begin"


def test_the_page_of_an_article_dates_it():
    found = extract_page(page(article(PARAGRAPHS), head=jsonld(datePublished="2025-11-06T09:10:00+09:00")), url=URL, fetched_at=NOW)
    assert found.publication is not None
    assert (found.publication.source, found.publication.zone) == (DateSource.JSONLD, "+09:00")


def test_furniture_of_a_page_is_cut_but_its_dateline_stays():
    lines = ["SEOUL, Nov. 6 (Yonhap) -- " + PARAGRAPHS[0], *PARAGRAPHS[1:], "desk@example.org(END)"]
    text = extract_page(page(article(lines)), url=URL).text
    assert text.startswith("SEOUL, Nov. 6 (Yonhap) -- Delegates")
    assert text.endswith("end of the month.")


def test_escapes_in_json_that_no_text_can_hold_are_removed():
    body = "South Korea said the North fired a missile \x00\ud800 toward the sea on Friday. " * 12
    data = json.dumps({"@type": "NewsArticle", "headline": "Missile \x00\ud800 fired", "articleBody": body})
    html = f'<html><head><script type="application/ld+json">{data}</script></head><body><div id="app"></div></body></html>'
    found = extract_page(html, url="http://x.example/a")
    assert found.text.encode("utf-8")
    assert found.title.encode("utf-8")
    assert "\x00" not in found.text + found.title
