from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from lxml import etree, html

from pipeline.cli.explain_arcs import draw_arcs
from pipeline.cli.explain_page import render_page
from pipeline.cli.explain_picture import Mark
from pipeline.event_explanation import explain_event, view_events
from pipeline.events.provenance import LexiconLines
from tests.test_event_explanation import analyse

HOSTILE = '북한이 <script>alert("한국")</script> 5일 탄도미사일 2발을 발사했다.'
LEXICON = LexiconLines()


class Marked(HTMLParser):
    """The marked sentence of each mention: text, and the text of each mark by its number, put together of its pieces."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.sentences: list[str] = []
        self.marks: list[dict[int, str]] = []
        self._open: list[int] = []
        self._inside = False
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag == "figcaption":
            self.sentences.append("")
            self.marks.append({})
        elif tag == "span" and self.sentences:
            self._inside = True
        elif tag == "mark" and self._inside:
            self._open = [int(number) for number in (given["data-marks"] or "").split()]

    def handle_endtag(self, tag: str) -> None:
        if tag == "mark":
            self._open = []
        elif tag == "span":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if not self._inside:
            return
        self.sentences[-1] += data
        for number in self._open:
            self.marks[-1][number] = self.marks[-1].get(number, "") + data


def tell(text: str, *, lang: str, number: int = 1, **about: Any) -> dict[str, Any]:
    view = view_events(analyse(text, lang=lang, **about), model="m", model_version="1", knowledge_version="k")[number - 1]
    return explain_event(view, LEXICON)


ENGLISH = "It was “cold” there. After a walk 🚀 on ice, the United States urged China to stop missile launches by North Korea on Tuesday."
KOREAN = "조태열 외교부 장관은 🙂 5일 서울에서 왕이 중국 외교부장과 회담할 예정이라고 말했다."


@pytest.mark.parametrize(("text", "lang"), [(ENGLISH, "en"), (KOREAN, "ko"), (HOSTILE, "ko")])
def test_marks_cover_exactly_their_words(text: str, lang: str) -> None:
    told = tell(text, lang=lang)
    read = Marked(render_page(told))
    assert read.sentences == [mention["sentence"]["text"] for mention in told["mentions"]]
    for mention, marks in zip(told["mentions"], read.marks, strict=True):
        assert len(mention["marks"]) > 2
        assert [marks[number] for number in range(len(mention["marks"]))] == [mark["text"] for mark in mention["marks"]]


@pytest.mark.parametrize(("text", "lang"), [(ENGLISH, "en"), (KOREAN, "ko"), (HOSTILE, "ko")])
def test_the_drawings_have_the_same_words_and_an_arc_from_the_trigger_to_each_mark(text: str, lang: str) -> None:
    told = tell(text, lang=lang)
    (mention,) = told["mentions"]
    drawings = html.fromstring(render_page(told)).xpath("//svg")
    assert [drawing.get("class") for drawing in drawings] == ["wide", "narrow"]
    for drawing in drawings:
        words = [node for node in drawing.iter("text") if "r" not in (node.get("class") or "").split()]
        assert "".join("".join(node.itertext()) for node in words) == re.sub(r"\s", "", mention["sentence"]["text"])
        for number, mark in enumerate(mention["marks"]):
            of_mark = [node.text for node in words if str(number) in (node.get("data-marks") or "").split()]
            assert "".join(of_mark) == re.sub(r"\s", "", mark["text"])
        labels = {node.text for node in drawing.iter("text") if "r" in (node.get("class") or "").split()}
        assert labels == {mark["label"] for mark in mention["marks"] if mark["kind"] != "trigger"}


@pytest.mark.parametrize("width", [860, 340])
def test_every_arrow_points_at_words_of_its_kind_within_the_drawing(width: int) -> None:
    text = "Seoul said on Monday that hackers had stolen $2 million from an exchange in Busan, and may strike again"
    words = {
        "speaker": "Seoul",
        "date": "on Monday",
        "actor": "hackers",
        "trigger": "stolen",
        "amount": "$2 million",
        "target": "an exchange",
    }
    marks = [Mark(kind, kind, text.index(piece), text.index(piece) + len(piece)) for kind, piece in words.items()]
    drawing = etree.fromstring(draw_arcs(text, marks, width=width, title="t", css_class="wide"))
    for kind in set(words) - {"trigger"}:
        (arrow,) = (node for node in drawing.iter("path") if node.get("class") == f"h {kind}")
        x, y = (float(part) for part in re.match(r"M([\d.]+) ([\d.]+)h7", arrow.get("d")).groups())
        boxes = [
            [float(node.get(name)) for name in ("x", "y", "width")] for node in drawing.iter("rect") if node.get("class") == f"b {kind}"
        ]
        assert any(left <= x + 3.5 <= left + wide and 0 <= top - y < 12 for left, top, wide in boxes), kind
    assert all(
        float(node.get("x")) >= -5 and float(node.get("x")) + float(node.get("textLength")) <= width for node in drawing.iter("text")
    )


def test_arcs_of_one_line_never_lie_on_one_another() -> None:
    text = "a b c d e f g"
    marks = [
        Mark("trigger" if char == "d" else "actor", f"label {char}", place, place + 1) for place, char in enumerate(text) if char != " "
    ]
    drawing = etree.fromstring(draw_arcs(text, marks, width=860, title="t", css_class="wide"))
    labels = [node for node in drawing.iter("text") if "r" in node.get("class", "").split()]
    spots = [(float(node.get("y")), float(node.get("x")), float(node.get("x")) + float(node.get("textLength"))) for node in labels]
    assert len(spots) == 6
    for number, (y, left, right) in enumerate(spots):
        assert all(abs(y - other) > 10 or right <= first or last <= left for other, first, last in spots[number + 1 :])


def test_a_very_long_word_is_broken_and_nothing_is_lost() -> None:
    text = "발사" * 80
    drawing = etree.fromstring(draw_arcs(text, [Mark("trigger", "trigger", 0, 2)], width=340, title="t", css_class="narrow"))
    assert "".join(node.text for node in drawing.iter("text")) == text
    assert len({node.get("y") for node in drawing.iter("text")}) > 5


def test_hostile_text_stays_text() -> None:
    told = tell(HOSTILE, lang="ko")
    told["mentions"][0]["article"] |= {"title": "<b onload=x>", "publisher": '"><img src=x>', "url": "javascript:alert(1)", "stored": True}
    page = render_page(told)
    tags = Marked(page).tags
    assert {tag for tag, _ in tags}.isdisjoint({"script", "img", "b", "iframe", "object", "link"})
    assert not any(name.startswith("on") for _, given in tags for name in given)
    assert not any(given.get("href", "").startswith("javascript") for _, given in tags)
    assert "&lt;script&gt;" in page
    text = "".join(html.fromstring(page).itertext())
    assert "<b onload=x>" in text
    assert '"><img src=x>' in text


def test_the_page_needs_nothing_from_elsewhere_and_can_be_read_by_all() -> None:
    told = tell(KOREAN, lang="ko")
    told["mentions"][0]["article"] |= {"url": "https://wire.example/1?a=1&b=2"}
    page = render_page(told)
    tags = Marked(page).tags
    assert not any("src" in given or "srcset" in given for _, given in tags)
    assert [given["href"] for tag, given in tags if tag == "a"] == ["https://wire.example/1?a=1&b=2"]
    assert not re.search(r"url\(|@import|https?://(?!wire\.example)", page.replace("&amp;", "&"))
    assert "default-src 'none'" in page
    assert "prefers-color-scheme:dark" in page
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in tags
    assert dict(tags)["html"] == {"lang": "en"}
    assert {given.get("lang") for tag, given in tags if tag == "figure"} == {"ko"}
    assert all(given.get("role") == "img" and "회담" in (given.get("aria-label") or "") for tag, given in tags if tag == "svg")
    assert all(given.get("scope") == "row" for tag, given in tags if tag == "th")
    ids = [given["id"] for _, given in tags if "id" in given]
    assert len(ids) == len(set(ids))


def test_a_passage_told_in_the_same_words_points_to_the_first() -> None:
    told = tell(KOREAN, lang="ko")
    told["mentions"].append(told["mentions"][0] | {"number": 2, "same_as": 1})
    page = html.fromstring(render_page(told))
    assert page.xpath("//section[@id='mention-2']//a/@href") == ["#mention-1"]
    assert page.xpath("//section[@id='mention-1']")
    assert len(page.xpath("//svg")) == 2
