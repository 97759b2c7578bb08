from __future__ import annotations

import json

import pytest
from spacy.language import Language
from spacy.tokens import Doc

from models.records import Analysis, Article, Candidate, Linking, Maker
from models.vocabulary import CandidateReason, Label
from models.zones import local_day  # noqa: F401 - imported so that a broken zone database shows here first
from pipeline.analyse import Analyser
from pipeline.events import EVENTS_VERSION
from pipeline.extraction import BadLine, analyse_document, describe, extract_lines
from pipeline.settings import Settings
from pipeline.tag import load_pipeline, tag
from pipeline.train.contract import check_output
from tests.shipped import rules_alone, whole

TEXT = (
    "SEOUL, Nov. 6 (Hanbit) -- The U.S. Treasury Department imposed sanctions on banker Jang Kuk Chol on Tuesday over the laundering of "
    "$5.3 million.\n\nSouth Korea's National Intelligence Service (NIS) said North Korean hackers stole 1.5 trillion won (US$1.2 billion). "
    "Vice Foreign Minister Park Yoon-ju said Seoul may consider its own measures."
)


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    return whole()


def extract(analyser: Analyser, *rows: object) -> list[dict | BadLine]:
    return list(extract_lines([row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows], analyser))


def test_the_output_keeps_the_contract(analyser: Analyser) -> None:
    (row,) = extract(analyser, {"id": "a", "text": TEXT, "published": "2025-11-06", "title": "U.S. sanctions N.K. banker"})
    assert check_output(row, TEXT) == []
    assert row["korea"]
    assert {"us_ofac_sdn:55183"} == {link["id"] for entity in row["entities"] for link in entity["sanctions"]}
    assert [(amount["value"], amount["currency"]) for amount in row["amounts"]] == [(5.3e6, "USD"), (1.5e12, "KRW"), (1.2e9, "USD")]
    assert {"SANCTION", "CYBER_OP"} <= {event["type"] for event in row["events"]}
    json.dumps(row, allow_nan=False)


def test_html_is_extracted_first_and_its_text_given(analyser: Analyser) -> None:
    paragraphs = "".join(f"<p>{part}</p>" for part in TEXT.split("\n\n"))
    html = f"<html><head><title>News</title></head><body><article>{paragraphs}</article></body></html>"
    (row,) = extract(analyser, {"id": "a", "html": html})
    assert "National Intelligence Service" in row["text"]
    assert check_output(row, row["text"]) == []


@Language.component("unsure_of_the_first_word")
def unsure_of_the_first_word(doc: Doc) -> Doc:
    """What a recogniser does that doubts one span."""
    word = doc[0]
    maker = Maker("model", "1")
    doc._.candidates = [Candidate(0, len(word), word.text, Label.VESSEL, maker, 0.2, CandidateReason.UNSURE)]
    return doc


def test_candidates_reach_the_analysis_but_are_no_entities_of_the_output(analyser: Analyser) -> None:
    nlp = load_pipeline("en", knowledge=analyser.knowledge, settings=Settings(model="blank"))
    article = Article("a", TEXT, "en")
    before = tag(article, nlp)
    nlp.add_pipe("unsure_of_the_first_word", last=True)
    tagging = tag(article, nlp)
    assert before.candidates == ()
    assert [(one.text, one.label, one.reason) for one in tagging.candidates] == [("SEOUL", Label.VESSEL, CandidateReason.UNSURE)]
    assert tagging.mentions == before.mentions
    row = describe(Analysis(article, tagging, Linking(tagging.mentions, ())), model="peninsula-en-encoder", knowledge_version="1")
    assert check_output(row, TEXT) == []
    assert {entity["label"] for entity in row["entities"]} == {"PERSON", "AGENCY", "PLACE"}


def test_a_sentence_that_is_read_in_pieces_is_reported(analyser: Analyser) -> None:
    short, long = extract(analyser, {"id": "a", "text": TEXT}, {"id": "b", "text": "Seoul closed " + "port 12, " * 80 + "too."})
    assert "cuts" not in short
    (cut,) = long["cuts"]
    assert (cut["start"], cut["pieces"]) == (0, 2)
    assert check_output(long, "Seoul closed " + "port 12, " * 80 + "too.") == []


@pytest.mark.parametrize("text", ["", "   \n\t ", "12345 😀 !!!"])
def test_a_text_without_words_is_valid_and_says_nothing(analyser: Analyser, text: str) -> None:
    (row,) = extract(analyser, {"id": "a", "text": text})
    assert (row["entities"], row["events"]) == ([], [])


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{", "invalid_json"),
        (b"[1]", "invalid_json"),
        (b"\xff\xfe", "invalid_encoding"),
        (b"[" * 100_000, "invalid_json"),
        ({"text": "x"}, "missing_field"),
        ({"id": 7, "text": "x"}, "missing_field"),
        ({"id": "a"}, "missing_field"),
        ({"id": "a", "text": 3}, "invalid_field"),
        ({"id": "a", "text": "Seoul spoke.", "published": "yesterday"}, "invalid_field"),
        ({"id": "a", "text": "\ud800"}, "invalid_encoding"),
        (
            {"id": "a", "text": "Der Außenminister traf sich am Freitag mit seinem Kollegen in Berlin und sprach über die Lage."},
            "unsupported_language",
        ),
        ({"id": "a", "html": "<html></html>"}, "extract_failed"),
    ],
)
def test_a_line_that_cannot_be_processed_says_why(analyser: Analyser, line: object, code: str) -> None:
    (refusal,) = extract(analyser, line)
    assert isinstance(refusal, BadLine)
    assert (refusal.number, refusal.code) == (1, code)
    assert refusal.message


def test_a_byte_order_mark_and_blank_lines_do_no_harm(analyser: Analyser) -> None:
    rows = extract(analyser, b"\xef\xbb\xbf" + json.dumps({"id": "a", "text": "Seoul spoke to Tokyo."}).encode(), b"  \n")
    assert [row["id"] for row in rows] == ["a"]


def test_the_same_input_gives_the_same_output(analyser: Analyser) -> None:
    row = {"id": "a", "text": TEXT, "published": "2025-11-06"}
    assert extract(analyser, row) == extract(Analyser(Settings()), row)


def test_without_a_publication_date_relative_dates_stay_open(analyser: Analyser) -> None:
    (row,) = extract(analyser, {"id": "a", "text": "Washington imposed sanctions on Pyongyang on Tuesday."})
    assert [event["date"] for event in row["events"]] == [None]


LONG = {
    "sentences": ("North Korea fired a missile. ", 7_000),
    "no stop": ("NORTH KOREA FIRED A MISSILE AND ", 2_000),
    "Korean": ("북한이 미사일을 발사했다 ", 4_000),
    "names": ("Kim Jong Un, ", 4_000),
    "signs": ("\x00\x07😀북한 <b>Seoul</b> &amp; ", 2_000),
}


@pytest.mark.parametrize(("unit", "times"), LONG.values(), ids=LONG)
def test_long_and_strange_texts_end_in_bounded_time_with_right_offsets(unit: str, times: int) -> None:
    # Networks read one stretch after the other, whatever the length of the text: a fifth of it shows what they do.
    for analyser, text in ((rules_alone(), unit * times), (whole(), unit * (times // 5))):
        (row,) = extract(analyser, {"id": "a", "text": text, "lang": "en", "published": "2025-11-06"})
        assert check_output(row, text) == []


def test_the_output_says_which_recogniser_read_the_text() -> None:
    assert Analyser(Settings(model="blank")).model_name("en") == "peninsula-en-blank"
    assert Analyser(Settings()).model_name("ko") == "peninsula-ko"


def test_events_can_be_left_to_the_rules() -> None:
    text = "Seoul imposed sanctions on a bank in Pyongyang on Monday."
    versions = {
        reader: {event.maker.version for event in analyse_document({"id": "a", "text": text}, analyser).events}
        for reader, analyser in ((False, Analyser(Settings(event_reader=False))), (True, whole()))
    }
    assert versions[False] == {EVENTS_VERSION}
    assert len(versions[True]) == 1
    assert next(iter(versions[True])).startswith(f"{EVENTS_VERSION}.")
