from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc

from pipeline.settings import Settings
from pipeline.tag import load_pipeline
from pipeline.tag.encoder.component import Encoder
from pipeline.tag.encoder.decode import softmax
from pipeline.tag.encoder.network import EncoderNetwork
from tests.tag.encoder.toy import CLASSES

REPORT = (
    "Mr. Smith, who sailed on the ship, met the mayor. North Korea said no.\n\n"
    "  The talks in the city ended, U.S. officials said 🚢.\n“It’s over,” said Kim Jong-su of the ministry.\n"
)
LONG = " ".join(["The U.S. envoy in the city visited the north with Mr. Kim and a company"] * 20) + "."
TEXTS = {
    "a report": REPORT,
    "one word": "ship",
    "an emoji": "🚢",
    "emoji and joiners": "👩\u200d🚀🇰🇷 sailed 🚢🚢 to Busan 👍🏽.",
    "spaces in front": " \n lead of the story.",
    "spaces behind": "The end. \n\t ",
    "a long sentence": f"The ship sailed. {LONG} {LONG} It came back.",
    "a sentence of 5,000 words": "word " * 5_000,
    "5,000 words": "The ship of the company sailed to the city. " * 500,
    "one word without an end": "ab" * 5_000,
    "Korean": "북한은 오늘 서울에서 발표했다.",
}


@pytest.fixture(scope="module")
def plain(knowledge, tmp_path_factory: pytest.TempPathFactory) -> Language:
    """The pipeline without the encoder, whose words and sentences the encoder is to keep."""
    return load_pipeline("en", knowledge=knowledge, settings=Settings(kb_dir=tmp_path_factory.mktemp("kb"), model="blank"))


def check(doc: Doc) -> None:
    """Check what must be true of every Doc that the encoder read."""
    assert [token.i for sentence in doc.sents for token in sentence] == list(range(len(doc)))
    for sentence in doc.sents:
        assert [token.i for token in sentence if token.head is token or token.head.i == token.i] == [sentence.root.i]
        for token in sentence:
            assert sentence.start <= token.head.i < sentence.end
            assert (token.dep_ == "ROOT") == (token.head.i == token.i)
            assert token.dep_ in {*CLASSES.deps, "ROOT", "dep"}
            if token.is_space:
                assert (token.tag_, token.pos_, token.lemma_) == ("_SP", "SPACE", token.text)
            else:
                assert f"{token.tag_} {token.pos_}" in CLASSES.tags
                assert token.lemma_
    text, recognition = doc.text, doc._.recognition
    words = [token for token in doc if not token.is_space]
    assert recognition.starts == tuple(token.idx for token in words)
    assert recognition.ends == tuple(token.idx + len(token) for token in words)
    np.testing.assert_allclose(recognition.probabilities.sum(-1), 1, atol=1e-4)
    starts, ends = set(recognition.starts), set(recognition.ends)
    for one in recognition.spans:
        assert one.start in starts
        assert one.end in ends
        assert 0 < len(text[one.start : one.end].strip()) == one.end - one.start
        # A line's last name cannot go on in the next, which the tags of the words alone do not show.
        assert one.probability >= recognition.probability(one.start, one.end, one.label) - 1e-6
    assert len({(one.start, one.end, one.label) for one in recognition.spans}) == len(recognition.spans)
    assert doc.tensor.shape == (len(doc), 24)
    assert np.flatnonzero(doc.tensor.any(-1)).tolist() == [token.i for token in words]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_word_is_read_and_belongs_to_a_tree(nlp: Language, text: str) -> None:
    doc = nlp(text)
    assert doc.text == text
    check(doc)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_sentences_that_are_known_stay(nlp: Language, plain: Language, text: str) -> None:
    read, known = nlp(text), plain(text)
    assert [token.text for token in read] == [token.text for token in known]
    # White space in front of a text is part of its first sentence once there are trees.
    begins = [[token.idx for token in doc if token.is_sent_start and text[: token.idx].strip()] for doc in (read, known)]
    assert begins[0] == begins[1]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_sentences_that_are_unknown_are_found(nlp: Language, encoder: Encoder, text: str) -> None:
    doc = encoder(nlp.make_doc(text))
    check(doc)
    lines = [line for line in text.splitlines() if line.strip()]
    assert len(list(doc.sents)) >= len(lines)


def test_a_line_break_ends_a_sentence(nlp: Language, encoder: Encoder) -> None:
    doc = encoder(nlp.make_doc("the city\nthe ship\n\nthe mayor"))
    begins = {token.text for token in doc if token.is_sent_start and token.nbor(0).i and doc[token.i - 1].is_space}
    assert begins == {"the"}
    assert sum(1 for token in doc if token.is_sent_start) >= 3


@pytest.mark.parametrize("text", ["", " ", "\n \n\t"])
def test_texts_without_words(nlp: Language, text: str) -> None:
    doc = nlp(text)
    assert doc.text == text
    assert doc._.recognition.spans == doc._.recognition.starts == ()
    assert doc._.recognition.probabilities.shape[0] == 0
    assert doc._.mentions == ()


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="aB. \n\t7é한🚢\u200d\u3000'’-\u2028\r", max_size=60))
def test_any_text_is_read(nlp: Language, encoder: Encoder, text: str) -> None:
    for doc in (nlp(text), encoder(nlp.make_doc(text))):
        assert doc.text == text
        if any(not token.is_space for token in doc):
            check(doc)


def test_offsets_of_mentions_and_candidates_are_those_of_the_text(nlp: Language) -> None:
    doc = nlp(REPORT)
    assert doc._.mentions
    assert doc._.candidates
    for one in (*doc._.mentions, *doc._.candidates):
        assert REPORT[one.start : one.end] == one.text
    ranges = sorted((one.start, one.end) for one in doc._.mentions)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(ranges))


def test_rows_of_words_are_those_of_the_network(nlp: Language, encoder: Encoder, folder: Path) -> None:
    doc = encoder(nlp.make_doc("The ship sailed"))
    network = EncoderNetwork(folder)
    ((_, scores),) = network.read(list(network.cutter.windows(["The", "ship", "sailed"])))
    np.testing.assert_allclose(doc.tensor, scores.vectors, rtol=1e-3)
    np.testing.assert_allclose(doc._.recognition.probabilities, softmax(scores.entities), atol=1e-6)
    assert [token.tag_ for token in doc] == [network.tags[place][0] for place in scores.tags.argmax(-1)]


def test_names_have_the_probability_of_their_tags(nlp: Language, encoder: Encoder) -> None:
    recognition = encoder(nlp.make_doc(REPORT.partition("\n")[0]))._.recognition
    assert len(recognition.spans) > 3
    for one in recognition.spans:
        assert one.probability == pytest.approx(recognition.probability(one.start, one.end, one.label), abs=1e-6)


def test_texts_read_together_are_read_as_alone(nlp: Language, encoder: Encoder) -> None:
    texts = [text for text in TEXTS.values() if len(text) < 5_000] * 2 + ["", "\n", LONG]
    together = list(encoder.pipe(map(nlp.make_doc, texts), batch_size=5))
    assert [doc.text for doc in together] == texts
    for doc, text in zip(together, texts, strict=True):
        if text.strip():
            check(doc)
    one, other = together[0], encoder(nlp.make_doc(REPORT))
    alike = np.mean([a.tag == b.tag and a.lemma == b.lemma for a, b in zip(one, other, strict=True)])
    assert alike > 0.9


def test_very_long_texts_have_no_vectors(nlp: Language, encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.tag.encoder.component._MOST_VECTORS", 3)
    doc = encoder(nlp.make_doc("The ship sailed on"))
    assert doc.tensor.shape == (0,)
    assert len(doc._.recognition.probabilities) == 4


def test_the_maker_of_a_name_says_its_version(encoder: Encoder, nlp: Language) -> None:
    assert encoder.version == "toy"
    assert nlp(REPORT)._.recognition.maker.version == "toy"
