"""What editors judged is learnt from, and nothing is concluded from what they did not look at."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import spacy
import typer
from spacy.tokens import Doc
from typer.testing import CliRunner

from models.knowledge import Knowledge
from models.review import ItemKind, Verdict
from models.vocabulary import Label
from pipeline.cli import train as command
from pipeline.kb.load import load_knowledge
from pipeline.settings import ROOT, Settings
from pipeline.store.engine import Database
from pipeline.train.english import corpora as module
from pipeline.train.english import run
from pipeline.train.english.augment import Augmenter
from pipeline.train.english.cnn import Course, Size, name_tags, names_of, train_names
from pipeline.train.english.corpora import Corpora
from pipeline.train.english.encoder import read_material
from pipeline.train.english.examples import ANY, Example, allow, judge_spans, mask_of
from pipeline.train.english.treebank import CHECKSUMS
from tests.review.test_annotations import article, say  # noqa: F401 - a fixture
from tests.train.english.toy_corpora import write_sources

TEXT = "Red Lotus met Ada Quill on Tuesday. Nobody looked at this line of it."
NOT_VESSEL = ANY & ~allow((Label.VESSEL,), "B") & ~allow((Label.VESSEL,), "I")
NO_MORE = ANY & ~allow((Label.PERSON,), "I")


@pytest.fixture(scope="module")
def corpora() -> Corpora:
    return Corpora(load_knowledge(ROOT / "data" / "kb"))


def row(*judged: tuple[str, str, bool], text: str = TEXT) -> dict[str, Any]:
    """Return an article with judged words."""
    spans = [[text.index(words), text.index(words) + len(words), label, right] for words, label, right in judged]
    return {"id": "a", "lang": "en", "text": text, "partial": True, "judged": spans, "mentions": [], "events": [], "rejected": []}


def test_a_name_that_is_right_has_its_tags_and_ends_where_it_ends() -> None:
    words = [(0, 3), (4, 9), (10, 13)]
    tags = mask_of("B-PERSON"), mask_of("I-PERSON")
    assert judge_spans(words, [(0, 9, Label.PERSON, True)]) == (*tags, NO_MORE)


def test_words_that_are_no_name_may_be_all_but_that() -> None:
    assert judge_spans([(0, 3), (4, 9)], [(0, 3, Label.VESSEL, False)]) == (NOT_VESSEL, ANY)


def test_what_is_right_weighs_more_than_what_is_not() -> None:
    judged = [(0, 3, Label.PERSON, True), (0, 3, Label.PERSON, False)]
    assert judge_spans([(0, 3)], judged) == (mask_of("B-PERSON"),)


def test_a_span_that_fits_no_words_says_nothing() -> None:
    assert judge_spans([(0, 5), (6, 9)], [(0, 3, Label.ORG, True), (4, 9, Label.ORG, False)]) == (ANY, ANY)


def test_an_article_gives_the_paragraphs_in_which_something_was_judged(corpora: Corpora) -> None:
    text = f"{TEXT}\n\nAnother paragraph, of which nobody said a word."
    (one,) = corpora.decided(row(("Ada Quill", "PERSON", True), ("Tuesday", "VESSEL", False), text=text))
    said = {word: mask for word, mask in zip(one.words, one.allowed, strict=True) if mask != ANY}
    assert said == {"Ada": mask_of("B-PERSON"), "Quill": mask_of("I-PERSON"), "on": NO_MORE, "Tuesday": NOT_VESSEL}


def test_the_small_model_is_taught_the_name_and_not_that_the_rest_is_none(corpora: Corpora) -> None:
    (one,) = corpora.decided(row(("Ada Quill", "PERSON", True)))
    assert {word: tag for word, tag in zip(one.words, name_tags(one), strict=True) if tag is not None} == {
        "Ada": "B-PERSON",
        "Quill": "I-PERSON",
    }


def test_a_judged_name_is_exchanged_and_what_nobody_judged_stays(corpora: Corpora) -> None:
    (one,) = corpora.decided(row(("Ada Quill", "PERSON", True)))
    swapped = Augmenter(load_knowledge(ROOT / "data" / "kb")).swap(one, random.Random(2), share=1.0)
    assert swapped.words[:3] == ("Red", "Lotus", "met")
    assert swapped.words != one.words


def test_rows_of_decisions_among_gold_are_read_as_such(corpora: Corpora, tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(row(("Ada Quill", "PERSON", True))) + "\n", encoding="utf-8")
    assert [example.source for example in corpora.read_gold(path)] == ["decisions"]


def test_decisions_are_among_the_news_that_is_learnt_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources, table, sums = write_sources(tmp_path)
    monkeypatch.setattr(module, "check_file", partial(module.check_file, table=table))
    for name, value in sums.items():
        monkeypatch.setitem(CHECKSUMS, name, value)
    decided = replace(sources, decided=(row(("Ada Quill", "PERSON", True)),))
    nothing = Knowledge("", {})
    without, among = (read_material(one, nothing).news for one in (sources, decided))
    assert [one.source for one in among[len(without) :]] == ["decisions"]


def test_a_model_learns_a_name_from_decisions_alone(corpora: Corpora, tmp_path: Path) -> None:
    towns = ["Busan", "Osaka", "Tomsk", "Malmo", "Durban", "Lisbon", "Brno", "Galway"]
    lessons = [
        one for town in towns for one in corpora.decided(row(("Red Lotus", "ORG", True), text=f"They say Red Lotus met in {town} ."))
    ]

    def epoch(rng: random.Random) -> list[Example]:
        return rng.sample(lessons, len(lessons))

    course = Course(steps=40, every=20, patience=9, words=60, rate=0.01, dropout=0.0)
    train_names(epoch, lessons, tmp_path / "names", course=course, size=Size(32, 1, (300, 100, 100, 100), 16))
    nlp = spacy.load(tmp_path / "names")
    doc = nlp(Doc(nlp.vocab, words=["They", "say", "Red", "Lotus", "met", "in", "Turin", "."]))
    assert (2, 4, "ORG") in names_of(doc)


# --- the command ----------------------------------------------------------------------------------------------------

APP = typer.Typer()
command.register(APP)


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> list[run.Order]:
    """Orders that would be trained."""
    given: list[run.Order] = []
    monkeypatch.setattr(run, "options_of", lambda one: None)
    monkeypatch.setattr(run, "train", lambda one, options, settings: given.append(one))
    return given


def call(settings: Settings, database: Database) -> Any:
    own = settings.model_copy(update={"database_url": database.url.render_as_string(hide_password=False)})
    folders = ["--corpora", "c", "--gold", "g", "--texts", "t"]
    return CliRunner().invoke(APP, [*folders, "--with-decisions"], obj=own)


def test_the_command_reads_what_was_decided(settings: Settings, database: Database, article: object, order: list[run.Order]) -> None:  # noqa: F811
    say(database, ItemKind.NAME, Verdict.ACCEPT, form="u yong su")
    assert call(settings, database).exit_code == 0
    ((decided,),) = (one.decided for one in order)
    assert [label for _, _, label, _ in decided["judged"]] == ["PERSON"]


def test_without_decisions_the_command_says_so(settings: Settings, database: Database, order: list[run.Order]) -> None:
    assert "nothing was decided yet of an English article" in str(call(settings, database).exception)
    assert order == []
