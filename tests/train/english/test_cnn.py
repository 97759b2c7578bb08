from __future__ import annotations

import random
from itertools import chain
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc

from models.vocabulary import Label
from pipeline.errors import StorageError
from pipeline.train.english.cnn import (
    Course,
    Size,
    join,
    name_tags,
    names_of,
    parse,
    score_names,
    train_cnn,
    train_names,
    train_parser,
    trees_of,
)
from pipeline.train.english.examples import ANY, LABELS, Example, Tree, allow, mask_of
from pipeline.train.english.treebank import attachment

SMALL = Size(32, 1, (300, 100, 100, 100), 16)
QUICK = Course(steps=60, every=20, patience=9, words=150, rate=0.01, dropout=0.0)

ENVOYS = ["Han", "Okada", "Petrov", "Lindqvist", "Mbeki", "Duarte", "Novak", "Ivers", "Castellan", "Yusuf", "Pham", "Oyelaran"]
TOWNS = ["Busan", "Osaka", "Tomsk", "Malmo", "Durban", "Lisbon", "Brno", "Galway", "Turin", "Izmir", "Hue", "Ibadan"]
VERBS = [("met", "meet"), ("saw", "see"), ("called", "call"), ("thanked", "thank")]
NOUNS = [("patrols", "patrol"), ("delegates", "delegate"), ("cutters", "cutter")]


def tree(*rows: str) -> Tree:
    """Rows are "word lemma POS TAG head dep" with heads from 1."""
    words, lemmas, pos, tags, heads, deps = zip(*(row.split() for row in rows), strict=True)
    return Tree(words, lemmas, pos, tags, tuple(int(head) - 1 for head in heads), deps, (*[True] * (len(words) - 2), False, True))


def meeting(number: int) -> Tree:
    verb, lemma = VERBS[number % 4]
    one, other, town = ENVOYS[number], ENVOYS[-1 - number], TOWNS[number]
    return tree(
        f"{one} {one} PROPN NNP 2 nsubj",
        f"{verb} {lemma} VERB VBD 0 root",
        f"{other} {other} PROPN NNP 2 obj",
        "in in ADP IN 5 case",
        f"{town} {town} PROPN NNP 2 obl",
        ". . PUNCT . 2 punct",
    )


def passage(number: int) -> Tree:
    noun, lemma = NOUNS[number % 3]
    return tree(
        "The the DET DT 2 det",
        f"{noun} {lemma} NOUN NNS 3 nsubj",
        "left leave VERB VBD 0 root",
        f"{TOWNS[number]} {TOWNS[number]} PROPN NNP 3 obj",
        ". . PUNCT . 3 punct",
    )


PARAGRAPHS = [[meeting(number), passage(number)] for number in range(12)]


def cut(text: str) -> list[tuple[int, int, str]]:
    """Cut like the treebank, but leave the full stop on the word before it."""
    words, at = [], 0
    for word in text.split(" "):
        words.append((at, at + len(word), word))
        at += len(word) + 1
    return words


def example(number: int) -> Example:
    person, place = (mask_of(f"B-{label}") for label in ("PERSON", "PLACE"))
    outside = mask_of("O")
    allowed = (person, outside, person, outside, place, outside)
    return Example(meeting(number).words, allowed, "own")


EXAMPLES = [example(number) for number in range(12)]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Train both models on sentences that they may learn by heart."""
    root = tmp_path_factory.mktemp("models")
    train_parser(PARAGRAPHS, PARAGRAPHS, root / "parser", cut=cut, course=QUICK, size=SMALL)
    train_names(lambda rng: EXAMPLES, EXAMPLES, root / "names", course=QUICK, size=SMALL)
    return root / "parser", root / "names"


@pytest.fixture(scope="module")
def parser(folders: tuple[Path, Path]) -> Language:
    return spacy.load(folders[0])


# ---- trees


def test_the_parser_learns_a_few_sentences_by_heart(parser: Language) -> None:
    predicted = parse(parser, PARAGRAPHS)
    scores = attachment(PARAGRAPHS, predicted)
    assert min(scores.las, scores.tag, scores.pos, scores.lemma, scores.sentences) > 0.95
    assert scores.words == 1


def test_line_breaks_end_sentences_and_are_no_words_of_them(parser: Language) -> None:
    words = [*meeting(0).words[:-1], "\n\n", *passage(1).words]
    trees = trees_of(parser(Doc(parser.vocab, words=words)))
    assert [one.words for one in trees] == [meeting(0).words[:-1], passage(1).words]
    assert all(one.heads.count(-1) == 1 for one in trees)


def test_given_borders_of_sentences_are_respected(parser: Language) -> None:
    halves = [[half(passage(2), 0, 2), half(passage(2), 2, 5)]]
    assert [len(one.words) for one in parse(parser, halves, sentences=True)[0]] == [2, 3]


def half(of: Tree, start: int, end: int) -> Tree:
    rows = slice(start, end)
    return Tree(
        of.words[rows], of.lemmas[rows], of.pos[rows], of.tags[rows], (-1,) + (0,) * (end - start - 1), of.deps[rows], of.spaces[rows]
    )


def test_what_hangs_on_white_space_moves_to_its_head() -> None:
    nlp = spacy.blank("en")
    words, spaces = ["Envoys", "\n", "met", "aides"], [False, False, True, False]
    doc = Doc(nlp.vocab, words=words, spaces=spaces, heads=[1, 2, 2, 1], deps=["nsubj", "dep", "ROOT", "obj"])
    (one,) = trees_of(doc)
    assert one.heads == (1, -1, 1)
    assert one.deps == ("nsubj", "root", "obj")
    assert one.spaces == (True, True, False)
    rooted = Doc(nlp.vocab, words=words, spaces=spaces, heads=[1, 1, 1, 2], deps=["nsubj", "ROOT", "obj", "obj"])
    (other,) = trees_of(rooted)
    assert other.heads == (-1, 0, 1)
    assert other.deps == ("root", "obj", "obj")


def test_only_what_the_weights_speak_of_is_written(folders: tuple[Path, Path]) -> None:
    parser = spacy.load(folders[0])
    trees = parser.get_pipe("trainable_lemmatizer").trees
    assert len(trees) < 30
    assert "Castellan" not in parser.vocab.strings


def test_training_goes_on_from_a_folder(folders: tuple[Path, Path], tmp_path: Path) -> None:
    course = Course(steps=20, every=20, words=150, rate=0.01, dropout=0.0)
    outcome = train_parser(PARAGRAPHS, PARAGRAPHS, tmp_path / "more", cut=cut, course=course, start=folders[0])
    assert outcome.score > 0.95
    assert outcome.figures["lemma"] > 0.95


def test_the_same_seed_gives_the_same_model(tmp_path: Path) -> None:
    course = Course(steps=4, every=2, words=100)
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        train_parser(PARAGRAPHS, PARAGRAPHS, tmp_path / name, cut=cut, course=Course(seed, course.steps, every=2, words=100), size=SMALL)
    weights = [(tmp_path / name / "parser" / "model").read_bytes() for name in "abc"]
    assert weights[0] == weights[1] != weights[2]


def test_training_stops_when_nothing_gets_better(tmp_path: Path) -> None:
    course = Course(steps=500, every=1, patience=2, words=100, rate=0.0)
    outcome = train_parser(PARAGRAPHS, PARAGRAPHS, tmp_path / "parser", cut=cut, course=course, size=SMALL)
    assert (outcome.step, outcome.steps) == (1, 3)


# ---- names


def test_open_annotations_are_missing_and_make_a_name_missing_whose_end_they_are() -> None:
    person, outside = mask_of("B-PERSON"), mask_of("O")
    inside = mask_of("I-PERSON")
    either = allow([Label.AGENCY, Label.ORG], "B")
    words = tuple("abcd")
    assert name_tags(Example(words, (person, inside, outside, either), "own")) == ["B-PERSON", "I-PERSON", "O", None]
    assert name_tags(Example(words, (outside, person, inside, ANY), "own")) == ["O", None, None, None]
    assert name_tags(Example(words, (person, either, inside, outside), "own")) == ["B-PERSON", None, None, "O"]
    assert name_tags(Example(words, (person, person, outside, inside), "own")) == ["B-PERSON", "B-PERSON", "O", None]


def test_the_recogniser_learns_a_few_sentences_by_heart(folders: tuple[Path, Path]) -> None:
    nlp = spacy.load(folders[1])
    assert score_names(nlp, EXAMPLES).f1 > 0.95
    assert set(nlp.get_pipe("ner").labels) == {label.value for label in LABELS}
    doc = nlp(Doc(nlp.vocab, words=["Okada", "met", "Pham", "in", "Osaka", "."]))
    assert names_of(doc) == {(0, 1, "PERSON"), (2, 3, "PERSON"), (4, 5, "PLACE")}


def test_names_are_scored_where_the_annotation_is_certain() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns(
        [{"label": "PERSON", "pattern": "Han"}, {"label": "PLACE", "pattern": "Busan"}, {"label": "ORG", "pattern": "Court"}]
    )
    person, place, outside = (mask_of(tag) for tag in ("B-PERSON", "B-PLACE", "O"))
    words = ("Han", "and", "Okada", "left", "Busan", "Court")
    certain = Example(words, (person, outside, person, outside, place, outside), "own")
    scores = score_names(nlp, [certain])
    assert (scores.precision, scores.recall) == (2 / 3, 2 / 3)
    assert scores.labels == {"ORG": 0, "PERSON": 2 / 3, "PLACE": 1}
    unclear = Example(words, (person, outside, ANY, outside, place, allow([Label.AGENCY, Label.ORG], "B", outside=True)), "own")
    assert score_names(nlp, [unclear]).f1 == 1


def test_every_epoch_asks_for_new_examples(tmp_path: Path) -> None:
    asked: list[float] = []

    def train(rng: random.Random) -> list[Example]:
        asked.append(rng.random())
        return EXAMPLES[:2]

    train_names(train, EXAMPLES[:2], tmp_path / "names", course=Course(steps=5, every=5, words=10), size=SMALL)
    # The first call collects the labels; each epoch has random numbers of its own.
    assert len(set(asked[1:])) == len(asked) - 1 > 1


# ---- both


def test_the_joined_pipeline_does_both(folders: tuple[Path, Path], tmp_path: Path) -> None:
    join(*folders, tmp_path / "both")
    nlp = spacy.load(tmp_path / "both")
    words = list(chain(meeting(3).words, passage(4).words))
    doc = nlp(Doc(nlp.vocab, words=words))
    assert [one.words for one in trees_of(doc)] == [meeting(3).words, passage(4).words]
    assert {(0, 1, "PERSON"), (2, 3, "PERSON"), (4, 5, "PLACE")} <= names_of(doc)


def test_both_are_trained_in_one_go(tmp_path: Path) -> None:
    short = Course(steps=2, every=2, words=50)
    outcomes = train_cnn(
        (PARAGRAPHS, PARAGRAPHS[:2]),
        (lambda rng: EXAMPLES, EXAMPLES),
        tmp_path / "cnn",
        cut=cut,
        courses=(short, short),
        sizes=(SMALL, SMALL),
    )
    assert [outcome.steps for outcome in outcomes] == [2, 2]
    assert spacy.load(tmp_path / "cnn").pipe_names == ["tok2vec", "tagger", "morphologizer", "trainable_lemmatizer", "parser", "ner"]


def test_a_folder_that_cannot_be_written_is_named(folders: tuple[Path, Path], tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StorageError, match="file"):
        join(*folders, blocked / "model")
