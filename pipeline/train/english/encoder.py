"""Training of the encoder: first on general corpora, then on news annotated by our guide, with the treebank all along."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.knowledge import Knowledge
from pipeline.tag.encoder.decode import best_tags, spans_of
from pipeline.text.pieces import PieceCutter, batches
from pipeline.train.english.augment import Augmenter
from pipeline.train.english.checksums import check
from pipeline.train.english.corpora import Corpora, word_cutter
from pipeline.train.english.examples import TAGS, Example, Tree
from pipeline.train.english.fit import Pace, device, fit
from pipeline.train.english.lessons import Classes, Lesson, TreeLesson, name_lessons, pad, tree_lessons
from pipeline.train.english.network import Network, Size, load_pretrained
from pipeline.train.english.treebank import CHECKSUMS, our_words, read_conllu

__all__ = ["PLAN", "Material", "Mix", "Sources", "Stage", "read_material", "read_treebank", "run_stage"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the corpora lie; `annotations` holds our own (`en_train.jsonl`, `en_held_out.jsonl`), `texts` the
    articles that they annotate, `pretrained` the folder of the MiniLM package. `decided` are articles in the form of gold of which editors
    judged a part.
    """

    corpora: Path
    gold: Path
    annotations: Path
    texts: Path
    pretrained: Path
    decided: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Mix:
    """How often each source is read in an epoch; fractions take a random part.

    `news` are gold and our annotations, `swapped` the same with other names put in, `templates` sentences of our own made anew
    each time (a number, not a share), `general` GMB, CrossNER and WikiGold, `trees` the treebanks; `restyled` tells whether examples
    are put in capitals, title case and other quotes at random.
    """

    news: float
    swapped: float
    templates: int
    general: float
    trees: float
    restyled: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the training with its own mix and pace."""

    name: str
    mix: Mix
    pace: Pace


PLAN = (
    Stage("general", Mix(news=0.0, swapped=0.0, templates=0, general=1.0, trees=1.0, restyled=False), Pace(epochs=2.0, rate=2.5e-4)),
    Stage("news", Mix(news=1.0, swapped=1.0, templates=1500, general=0.15, trees=0.6, restyled=True), Pace(epochs=5.0, rate=1.5e-4)),
)
"""The general stage is run once; the news stage once for each seed, from where the general stage ended."""
GMB_SENTENCES = 9_000


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that is learnt from or looked at, read and checked."""

    news: tuple[Example, ...]
    held_out: tuple[Example, ...]
    """Passages that are never trained on: progress is watched and scores are calibrated on them."""
    general: tuple[Example, ...]
    documents: tuple[Sequence[Tree], ...]
    ours: tuple[Sequence[Tree], ...]
    """The documents in our own words."""
    tree_check: tuple[Sequence[Tree], ...]
    classes: Classes


def read_treebank(corpora: Path, name: str, *, paragraphs: bool = False) -> list[list[Tree]]:
    """Read the documents, or paragraphs, of one treebank file of the folder `ud/`, checked against its sum."""
    file = f"{name}.conllu.xz"
    return read_conllu(check(corpora / "ud" / file, CHECKSUMS[file]), paragraphs=paragraphs)


def read_material(sources: Sources, knowledge: Knowledge, *, seed: int = 0) -> Material:
    """Read all corpora; ConfigurationError names a file that is missing or not the expected one."""
    corpora = Corpora(knowledge)
    cut = word_cutter(knowledge)
    documents = [*read_treebank(sources.corpora, "ewt_train"), *read_treebank(sources.corpora, "gum_train")]
    ours = [[our_words(tree, cut) for tree in document] for document in documents]
    looked_at = [*read_treebank(sources.corpora, "en_ewt-ud-dev")[:60], *read_treebank(sources.corpora, "en_gum-ud-dev")[:10]]
    material = Material(
        news=(
            *corpora.read_gold(sources.gold),
            *corpora.read_annotations(sources.annotations / "en_train.jsonl", sources.texts),
            *(example for row in sources.decided for example in corpora.decided(row)),
        ),
        held_out=tuple(corpora.read_annotations(sources.annotations / "en_held_out.jsonl", sources.texts)),
        general=(
            *corpora.gmb(sources.corpora, GMB_SENTENCES, seed),
            *corpora.crossner(sources.corpora),
            *corpora.wikigold(sources.corpora),
        ),
        documents=tuple(documents),
        ours=tuple(ours),
        tree_check=tuple(looked_at),
        classes=Classes.of(tree for document in (*documents, *ours) for tree in document),
    )
    for name in ("news", "held_out", "general"):
        some: tuple[Example, ...] = getattr(material, name)
        log.info("%s: %d examples, %d words", name, len(some), sum(len(one.words) for one in some))
    log.info("trees: %d sentences", sum(map(len, documents)))
    return material


def lessons_of(material: Material, mix: Mix, cutter: PieceCutter, augmenter: Augmenter) -> Callable[[random.Random], list[Lesson]]:
    """Return the function that makes the lessons of one epoch."""

    def some(examples: Sequence[Example], share: float, rng: random.Random) -> list[Example]:
        whole = list(examples) * int(share)
        return whole + rng.sample(list(examples), round(len(examples) * (share - int(share))))

    def make(rng: random.Random) -> list[Lesson]:
        examples = [*some(material.news, mix.news, rng), *some(material.general, mix.general, rng)]
        examples += [*augmenter.swapped(some(material.news, mix.swapped, rng), rng), *augmenter.composed(mix.templates, rng)]
        if mix.restyled:
            examples = list(augmenter.restyled(examples, rng))
        pairs = zip(material.documents, material.ours, strict=True)
        documents = [pair[rng.random() < 0.5] for pair in pairs if rng.random() < mix.trees]
        return [*name_lessons(examples, cutter), *tree_lessons(documents, cutter, material.classes, rng)]

    return make


@torch.inference_mode()
def names_f1(network: Network, examples: Iterable[Example], cutter: PieceCutter) -> float:
    """Return the F1 of exact names on examples that say exactly what is right; words that may bear any tag count as no names."""
    right = found = there = 0
    lessons = list(name_lessons(examples, cutter))
    for batch in batches([lesson.window for lesson in lessons], most=4096):
        arrays = (torch.from_numpy(array).to(device()) for array in (batch.pieces, batch.shapes, batch.firsts))
        scores = network(*arrays).entities.float().cpu().numpy()
        for row, place in enumerate(batch.windows):
            allowed = lessons[place].allowed
            best = best_tags(scores[row, : len(allowed)], TAGS)
            gold = np.array([bits.bit_length() - 1 if bits.bit_count() == 1 else 0 for bits in allowed])
            mine, truth = ({(s.first, s.last, s.label) for s in spans_of(tags, scores[row], TAGS)} for tags in (best, gold))
            right, found, there = right + len(mine & truth), found + len(mine), there + len(truth)
    return 2 * right / max(1, found + there)


@torch.inference_mode()
def tree_figures(network: Network, documents: Sequence[Sequence[Tree]], cutter: PieceCutter, classes: Classes) -> dict[str, float]:
    """Return shares of right sentence starts, tags and heads before any tree is built; a quick look, not the official score."""
    totals = np.zeros(3)
    words = 0
    lessons: list[TreeLesson] = list(tree_lessons(documents, cutter, classes, random.Random(0)))
    for batch in batches([lesson.window for lesson in lessons], most=4096):
        arrays = (torch.from_numpy(array).to(device()) for array in (batch.pieces, batch.shapes, batch.firsts))
        outputs = network(*arrays)
        group = [lessons[place] for place in batch.windows]
        for place, (scores, rows) in enumerate(
            (
                ((outputs.starts > 0).long(), pad([one.starts for one in group], -1)),
                (outputs.tags.argmax(-1), pad([one.tags for one in group], -1)),
                (outputs.arcs.argmax(-1), pad([one.heads for one in group], -1)),
            )
        ):
            totals[place] += int((scores.cpu().numpy() == rows).sum())
        words += sum(len(one.heads) for one in group)
    return dict(zip(("starts", "tags", "heads"), (totals / max(1, words)).tolist(), strict=True))


def new_network(material: Material, cutter_size: int, pretrained: Path, *, seed: int, size: Size | None = None) -> Network:
    """Return a network with a pretrained encoder and new heads."""
    torch.manual_seed(seed)
    classes = material.classes
    wanted = size or Size(cutter_size, len(classes.tags), len(classes.lemmas), len(classes.deps))
    network = Network(replace(wanted, tags=len(classes.tags), lemmas=len(classes.lemmas), deps=len(classes.deps)))
    load_pretrained(network, pretrained / "model.safetensors")
    return network


def run_stage(network: Network, stage: Stage, material: Material, cutter: PieceCutter, augmenter: Augmenter, *, seed: int) -> None:
    """Train the network in place through one stage."""

    def look(current: Network) -> Mapping[str, float]:
        return {
            "names": names_f1(current, material.held_out, cutter),
            **tree_figures(current, material.tree_check, cutter, material.classes),
        }

    log.info("stage %s, seed %d", stage.name, seed)
    fit(network, lessons_of(material, stage.mix, cutter, augmenter), stage.pace, seed=seed, unknown=cutter.unknown, check=look)
