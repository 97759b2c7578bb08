from __future__ import annotations

import gzip
import hashlib
import json
import lzma
from pathlib import Path

import pytest

from models.vocabulary import Label
from pipeline.errors import ConfigurationError
from pipeline.train.english import corpora as module
from pipeline.train.english.corpora import CROSSNER, GMB, LONGEST, WIKIGOLD, Corpora, Tagged, check_file
from pipeline.train.english.examples import ANY, OUTSIDE, TAGS, Example, mask_of
from tests import shipped

AGENCY_OR_ORG = mask_of("B-AGENCY", "B-ORG")


@pytest.fixture(scope="module")
def corpora() -> Corpora:
    return Corpora(shipped.knowledge())


def tagged(text: str, pos: str = "") -> Tagged:
    """Read "token/tag token" with O where there is no tag."""
    pairs = [token.rsplit("/", 1) if "/" in token else [token, "O"] for token in text.split()]
    return Tagged(tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs), tuple(pos.split()))


def bits(example: Example, word: str) -> int:
    return example.allowed[example.words.index(word)]


def exact(example: Example) -> list[tuple[str, str]]:
    """Return the words with one allowed tag that is not O."""
    named = zip(example.words, example.allowed, strict=True)
    return [(word, TAGS[mask.bit_length() - 1]) for word, mask in named if mask.bit_count() == 1 and mask != OUTSIDE]


def gmb(corpora: Corpora, text: str, pos: str = "") -> Example:
    return corpora.convert(tagged(text, pos), GMB, "gmb")


# --- the Groningen Meaning Bank ---


def test_titles_stay_outside_persons(corpora: Corpora) -> None:
    example = gmb(corpora, "Prime/B-per Minister/I-per Lena/I-per Okafor/I-per met/O Mr./B-per Haddad/I-per and/O the/O President/B-per")
    assert exact(example) == [("Lena", "B-PERSON"), ("Okafor", "I-PERSON"), ("Haddad", "B-PERSON")]
    assert set(example.allowed) == {OUTSIDE, mask_of("B-PERSON"), mask_of("I-PERSON")}


def test_half_a_title_is_no_person(corpora: Corpora) -> None:
    assert exact(gmb(corpora, "Prime/B-per Minister Lena/B-per Okafor/I-per spoke")) == [("Lena", "B-PERSON"), ("Okafor", "I-PERSON")]


def test_demonyms_are_outside_and_countries_are_places(corpora: Corpora) -> None:
    example = gmb(corpora, "Iraqi/B-gpe troops left Nepal/B-gpe for London/B-geo", "JJ NNS VBD NNP IN NNP")
    assert bits(example, "Iraqi") == OUTSIDE
    assert bits(example, "Nepal") == mask_of("B-PLACE")
    assert bits(example, "London") == mask_of("B-PLACE")


def test_torn_names_of_koreas_are_mended(corpora: Corpora) -> None:
    example = gmb(corpora, "South/B-geo Korean/B-gpe envoys visited North/B-geo Korea/B-geo")
    assert exact(example) == [("North", "B-PLACE"), ("Korea", "I-PLACE")]
    assert bits(example, "South") == bits(example, "Korean") == OUTSIDE


def test_two_torn_halves_of_a_country_become_one_place(corpora: Corpora) -> None:
    assert exact(gmb(corpora, "Sri/B-per Lanka/B-gpe agreed")) == [("Sri", "B-PLACE"), ("Lanka", "I-PLACE")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Pentagon", "B-AGENCY"),
        ("Agriculture/B-org Ministry", "B-AGENCY"),
        ("Commission/B-org on/I-org Fisheries", "B-AGENCY"),
        ("Reuters", "B-ORG"),
        ("Bluefield/B-org Shipping/I-org Corporation", "B-ORG"),
        ("University/B-org of/I-org Bluefield", "B-ORG"),
    ],
)
def test_bodies_are_judged_by_what_is_known_and_by_their_heads(corpora: Corpora, name: str, expected: str) -> None:
    words = name.split()
    words[-1] += "/I-org" if len(words) > 1 else "/B-org"
    example = gmb(corpora, f"officials from {' '.join(words)} agreed")
    assert TAGS[example.allowed[2].bit_length() - 1] == expected
    assert example.allowed[2].bit_count() == 1


def test_a_body_of_unknown_kind_may_be_either(corpora: Corpora) -> None:
    example = gmb(corpora, "the Quillon/B-org Council/I-org agreed")
    assert example.allowed[1:3] == (AGENCY_OR_ORG, mask_of("I-AGENCY", "I-ORG"))


def test_rebels_are_not_taken_for_an_army_of_a_state(corpora: Corpora) -> None:
    assert bits(gmb(corpora, "the Zaran/B-org Liberation/I-org Army/I-org agreed"), "Zaran") == AGENCY_OR_ORG
    assert bits(gmb(corpora, "the Chilean/B-org Army/I-org agreed"), "Chilean") == mask_of("B-AGENCY")


def test_a_country_right_before_an_agency_may_belong_to_it(corpora: Corpora) -> None:
    example = gmb(corpora, "the U.S./B-geo State/B-org Department/I-org said")
    assert bits(example, "U.S.") == mask_of("O", "B-PLACE", "B-AGENCY")
    assert bits(example, "State") == mask_of("B-AGENCY", "I-AGENCY")
    assert bits(example, "Department") == mask_of("I-AGENCY")


def test_a_country_with_possessive_does_not_belong_to_the_agency(corpora: Corpora) -> None:
    example = gmb(corpora, "Chile/B-org 's/I-org Agriculture/I-org Ministry/I-org said")
    assert exact(example) == [("Chile", "B-PLACE"), ("Agriculture", "B-AGENCY"), ("Ministry", "I-AGENCY")]
    assert bits(example, "'s") == OUTSIDE


def test_lower_case_bodies_may_be_agencies(corpora: Corpora) -> None:
    example = gmb(
        corpora,
        "the Chilean/B-gpe interior ministry told parliament and the ministry about the army",
        "DT JJ JJ NN VBD NN CC DT NN IN DT NN",
    )
    assert bits(example, "Chilean") == mask_of("O", "B-AGENCY")
    assert bits(example, "interior") & mask_of("B-AGENCY", "I-AGENCY")
    assert example.allowed[3] == mask_of("O", "B-AGENCY", "I-AGENCY")
    assert bits(example, "parliament") == mask_of("O", "B-AGENCY")
    assert example.allowed[8] == OUTSIDE, "a ministry without its field is a description"
    assert bits(example, "army") == OUTSIDE


def test_times_and_diseases_are_outside(corpora: Corpora) -> None:
    assert set(gmb(corpora, "on Friday/B-tim cases of Rift/B-nat fever/I-nat rose").allowed) == {OUTSIDE}


def test_things_may_be_ships_weapons_or_malware(corpora: Corpora) -> None:
    mask = bits(gmb(corpora, "the Lodestar/B-art was launched"), "Lodestar")
    assert mask == mask_of("O", "B-VESSEL", "B-WEAPON", "B-MALWARE")


def test_a_place_inside_an_event_is_a_place(corpora: Corpora) -> None:
    example = gmb(corpora, "after the Vietnam/B-eve War/I-eve ended")
    assert bits(example, "Vietnam") == mask_of("B-PLACE")
    assert bits(example, "War") & OUTSIDE


def test_a_person_called_an_organisation_after_a_title(corpora: Corpora) -> None:
    assert exact(gmb(corpora, "then Senator/B-per Edward/B-org Okafor/I-org spoke")) == [("Edward", "B-PERSON"), ("Okafor", "I-PERSON")]
    assert exact(gmb(corpora, "Choe/B-geo Su/I-geo Hon/I-geo spoke"))[0] == ("Choe", "B-PERSON")


def test_inside_without_begin_begins_a_name(corpora: Corpora) -> None:
    assert exact(gmb(corpora, "in Oslo/I-geo today")) == [("Oslo", "B-PLACE")]


def table(*sentences: str) -> bytes:
    lines = ["Sentence #,Word,POS,Tag"]
    for number, sentence in enumerate(sentences, 1):
        for place, pair in enumerate(sentence.split()):
            token, _, tag = pair.partition("/")
            lines.append(f'{f"Sentence: {number}" if place == 0 else ""},"{token}",NN,{tag or "O"}')
    return "\n".join(lines).encode("cp1252")


def test_gmb_takes_all_of_korea_and_a_sample_of_the_rest(corpora: Corpora, monkeypatch: pytest.MonkeyPatch) -> None:
    content = table(*(f"sentence {number} about bread" for number in range(30)), "talks in Seoul/B-geo ended", "it cost 2,00,000 rupees")
    monkeypatch.setattr(module, "check_file", lambda root, name: content)
    some = corpora.gmb(Path("nowhere"), 5, seed=3)
    assert len(some) == 6
    assert sum("Seoul" in example.words for example in some) == 1
    assert some == corpora.gmb(Path("nowhere"), 5, seed=3)
    assert some != corpora.gmb(Path("nowhere"), 5, seed=4)
    everything = corpora.gmb(Path("nowhere"), 1000, seed=3)
    assert len(everything) == 32
    assert any("200,000" in example.words for example in everything)


# --- CrossNER and WikiGold ---


def test_crossner_parties_are_organisations(corpora: Corpora) -> None:
    example = corpora.convert(
        tagged("The/O Harbour/B-politicalparty Union/I-politicalparty of/O Norway/B-country won/O the/O Norwegian/B-misc vote/O"),
        CROSSNER,
        "crossner",
    )
    assert exact(example) == [("Harbour", "B-ORG"), ("Union", "I-ORG"), ("Norway", "B-PLACE")]
    assert bits(example, "Norwegian") == OUTSIDE


def test_crossner_elections_hold_places(corpora: Corpora) -> None:
    example = corpora.convert(tagged("the 2009/B-election Norway/I-election general/I-election election/I-election"), CROSSNER, "crossner")
    assert bits(example, "Norway") == mask_of("B-PLACE")
    assert bits(example, "election") == OUTSIDE


def test_wikigold_has_no_begin_tags(corpora: Corpora) -> None:
    example = corpora.convert(tagged("Ada/I-PER Quill/I-PER of/O Oslo/I-LOC joined/O Quill/I-ORG Records/I-ORG"), WIKIGOLD, "wikigold")
    assert exact(example) == [
        ("Ada", "B-PERSON"),
        ("Quill", "I-PERSON"),
        ("Oslo", "B-PLACE"),
        ("Quill", "B-ORG"),
        ("Records", "I-ORG"),
    ]


# --- words ---


def test_tokens_are_cut_as_our_tokenizer_does(corpora: Corpora) -> None:
    example = gmb(corpora, "U.S.-led forces left the Oslo-based/B-org group 's/O base and did n't/O return")
    assert example.words == tuple("U.S. - led forces left the Oslo - based group 's base and did n't return".split())
    assert bits(example, "U.S.") == mask_of("B-PLACE"), "the corpus says nothing of what stands before the hyphen, the knowledge base does"
    assert bits(example, "Oslo") == mask_of("B-PLACE")
    assert bits(example, "based") == bits(example, "led") == bits(example, "-") == OUTSIDE


def test_the_first_part_of_an_unknown_compound_is_open(corpora: Corpora) -> None:
    assert bits(gmb(corpora, "a Quillon-based firm"), "Quillon") == ANY


# --- sums ---


def write_table(path: Path, name: str, content: bytes) -> None:
    row = f"  - path: {name}\n    sha256: {hashlib.sha256(content).hexdigest()}\n    source: the shelf\n"
    path.write_text("files:\n" + row, encoding="utf-8")


def test_a_file_is_compared_by_its_content_unpacked(tmp_path: Path) -> None:
    write_table(tmp_path / "table.yaml", "a.txt.xz", b"words")
    for preset in (0, 6):
        (tmp_path / "a.txt.xz").write_bytes(lzma.compress(b"words", preset=preset))
        assert check_file(tmp_path, "a.txt.xz", table=tmp_path / "table.yaml") == b"words"


@pytest.mark.parametrize("content", [b"other", None])
def test_a_wrong_or_missing_file_says_what_is_expected_and_where_it_comes_from(tmp_path: Path, content: bytes | None) -> None:
    write_table(tmp_path / "table.yaml", "a.txt", b"words")
    if content is not None:
        (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        check_file(tmp_path, "a.txt", table=tmp_path / "table.yaml")
    message = str(caught.value)
    assert "a.txt" in message
    assert hashlib.sha256(b"words").hexdigest() in message
    assert "the shelf" in message
    if content is not None:
        assert hashlib.sha256(content).hexdigest() in message


def test_a_damaged_archive_is_an_error_with_the_file(tmp_path: Path) -> None:
    write_table(tmp_path / "table.yaml", "a.xz", b"words")
    (tmp_path / "a.xz").write_bytes(lzma.compress(b"words")[:-8] + b"nonsense")
    with pytest.raises(ConfigurationError, match=r"a\.xz: cannot be unpacked"):
        check_file(tmp_path, "a.xz", table=tmp_path / "table.yaml")


def test_every_file_of_the_shipped_table_has_a_source(tmp_path: Path) -> None:
    for name in ("gmb/ner_dataset.csv.xz", "crossner_politics/politics_dev.txt", "wikigold/wikigold.txt"):
        with pytest.raises(ConfigurationError, match="https://"):
            check_file(tmp_path, name)


# --- gold and annotations ---

TEXT = "Harbour police held Ada Quill in Oslo. She was freed.\nThe Quillon was towed."


def write_rows(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def mention(text: str, name: str, label: str) -> dict[str, object]:
    start = text.index(name)
    return {"start": start, "end": start + len(name), "text": name, "label": label}


def test_gold_becomes_an_example_for_each_paragraph(corpora: Corpora, tmp_path: Path) -> None:
    mentions = [mention(TEXT, "Ada Quill", "PERSON"), mention(TEXT, "Oslo", "PLACE"), mention(TEXT, "Quillon", "VESSEL")]
    path = write_rows(
        tmp_path / "g.jsonl", {"lang": "en", "text": TEXT, "mentions": mentions}, {"lang": "ko", "text": "서울", "mentions": []}
    )
    first, second = corpora.read_gold(path)
    assert exact(first) == [("Ada", "B-PERSON"), ("Quill", "I-PERSON"), ("Oslo", "B-PLACE")]
    assert exact(second) == [("Quillon", "B-VESSEL")]
    assert first.words[-1] == second.words[-1] == "."


def test_long_paragraphs_are_cut_at_ends_of_sentences(corpora: Corpora) -> None:
    sentence = "The boats of the northern harbour were counted again by the guards in the morning."
    examples = corpora.passages(" ".join([sentence] * 40), [], "gold")
    assert all(len(example.words) <= LONGEST and example.words[-1] == "." for example in examples)
    assert sum(len(example.words) for example in examples) == 40 * 16
    assert len(examples) < 10


def test_a_sentence_without_an_end_is_cut_outside_names(corpora: Corpora) -> None:
    text = " ".join(["Ada Quill"] * 300)
    spans = [(place, place + 9, Label.PERSON) for place in range(0, len(text), 10)]
    text = text.replace("Quill ", "Quill and ")
    spans = [(start + 4 * (start // 10), end + 4 * (start // 10), label) for start, end, label in spans]
    examples = corpora.passages(text, spans, "gold")
    assert len(examples) > 4
    assert max(len(example.words) for example in examples) <= 160
    for example in examples:
        assert not example.allowed[0] & mask_of("I-PERSON")


@pytest.mark.parametrize(
    "row", [{"lang": "en", "text": "a"}, {"lang": "en", "text": "a", "mentions": [{"start": 0, "end": 1, "label": "THING"}]}]
)
def test_gold_of_another_form_is_an_error_with_its_line(corpora: Corpora, tmp_path: Path, row: object) -> None:
    path = write_rows(tmp_path / "g.jsonl", {"lang": "en", "text": TEXT, "mentions": []}, row)
    with pytest.raises(ConfigurationError, match=r"g\.jsonl:2: "):
        corpora.read_gold(path)


def annotation(**changes: object) -> dict[str, object]:
    passage = TEXT[: TEXT.index("\n")]
    row: dict[str, object] = {
        "file": "some_en",
        "id": "a1",
        "start": 0,
        "end": len(passage),
        "sha256": hashlib.sha256(passage.encode()).hexdigest()[:16],
        "mentions": [[20, 29, "PERSON"]],
    }
    return row | changes


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    with gzip.open(tmp_path / "some_en.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"id": "a0", "text": "Other."}) + "\n" + json.dumps({"id": "a1", "text": TEXT}) + "\n")
    return tmp_path


def test_annotations_are_joined_with_their_texts(corpora: Corpora, texts: Path) -> None:
    (example,) = corpora.read_annotations(write_rows(texts / "a.jsonl", annotation()), texts)
    assert exact(example) == [("Ada", "B-PERSON"), ("Quill", "I-PERSON")]
    assert example.source == "annotations"


def test_offsets_of_annotations_are_those_of_the_passage(corpora: Corpora, texts: Path) -> None:
    start = TEXT.index("The Quillon")
    row = annotation(
        start=start, end=len(TEXT), sha256=hashlib.sha256(TEXT[start:].encode()).hexdigest()[:16], mentions=[[4, 11, "VESSEL"]]
    )
    (example,) = corpora.read_annotations(write_rows(texts / "a.jsonl", row), texts)
    assert exact(example) == [("Quillon", "B-VESSEL")]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sha256": "0" * 16}, "some_en a1 has changed"),
        ({"end": 10}, "some_en a1 has changed"),
        ({"id": "a9"}, "no text a9"),
        ({"mentions": [[20, 900, "PERSON"]]}, "outside its passage"),
        ({"mentions": [[20, 29, "HUMAN"]]}, "not an annotated passage"),
    ],
)
def test_annotations_that_fit_no_text_are_errors(corpora: Corpora, texts: Path, changes: dict[str, object], message: str) -> None:
    path = write_rows(texts / "a.jsonl", annotation(), annotation(**changes))
    with pytest.raises(ConfigurationError, match=rf"a\.jsonl:2: .*{message}"):
        corpora.read_annotations(path, texts)


def test_a_missing_folder_of_texts_is_named(corpora: Corpora, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="some_en"):
        corpora.read_annotations(write_rows(tmp_path / "a.jsonl", annotation()), tmp_path / "none")
