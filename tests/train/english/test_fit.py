from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from pipeline.errors import ConfigurationError
from pipeline.text.pieces import PieceCutter
from pipeline.train.english.examples import ANY, OUTSIDE, TAGS, Example, mask_of
from pipeline.train.english.fit import Pace, fit, names_loss, trees_loss
from pipeline.train.english.lessons import UNKNOWN, Lesson, TreeLesson, name_lessons
from pipeline.train.english.network import Network, load_pretrained
from tests.tag.encoder.toy import toy_size

PERSON, INSIDE = mask_of("B-PERSON"), mask_of("I-PERSON")
NAMES = ("Smith", "Okafor", "Quill", "Haddad", "Tamm", "Obi")


@pytest.fixture
def network(pretrained: Path, cutter: PieceCutter) -> Network:
    torch.manual_seed(1)
    fresh = Network(toy_size(cutter.size))
    load_pretrained(fresh, pretrained / "model.safetensors")
    return fresh


def names(cutter: PieceCutter) -> list[Lesson]:
    examples = [
        Example(("the", "mayor", "met", "Mr", one, other, "."), (OUTSIDE,) * 4 + (PERSON, INSIDE, OUTSIDE), "test")
        for one in NAMES
        for other in NAMES
    ]
    return list(name_lessons(examples, cutter))


def trees(cutter: PieceCutter, **changes: tuple[int, ...]) -> TreeLesson:
    window = cutter.window([cutter.word(word) for word in "the ship sailed . talks ended".split()])
    plain = TreeLesson(window, (1, 0, 0, 0, 1, 0), (0, 2, 4, 5, 2, 4), (2, 2, 1, 2, 3, 1), (2, 3, 0, 3, 6, 0), (1, 2, 0, 4, 2, 0))
    return replace(plain, **changes)


def weights(network: Network) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


# --- losses ---


def test_one_allowed_tag_makes_cross_entropy() -> None:
    torch.manual_seed(0)
    scores = torch.randn(3, 5, len(TAGS)) * 4
    answers = torch.randint(len(TAGS), (3, 5))
    expected = nn.functional.cross_entropy(scores.flatten(0, 1), answers.flatten())
    assert names_loss(scores, 1 << answers).item() == pytest.approx(expected.item(), rel=1e-5)


def test_allowed_tags_count_together() -> None:
    scores = torch.full((1, 1, len(TAGS)), -30.0)
    scores[0, 0, 3], scores[0, 0, 5] = 2.0, 2.0
    both = torch.tensor([[mask_of(TAGS[3], TAGS[5])]])
    assert names_loss(scores, both).item() == pytest.approx(0, abs=1e-6)
    assert names_loss(scores, torch.tensor([[mask_of(TAGS[3])]])).item() == pytest.approx(0.6931, abs=1e-3)
    assert names_loss(scores, torch.tensor([[OUTSIDE]])).item() > 20


def test_the_loss_of_allowed_tags_prefers_none_of_them() -> None:
    scores = torch.zeros(1, 1, len(TAGS), requires_grad=True)
    names_loss(scores, torch.tensor([[mask_of(TAGS[3], TAGS[5])]])).backward()
    assert scores.grad is not None
    slope = scores.grad[0, 0]
    assert slope[3] == pytest.approx(float(slope[5]))
    assert slope[3] < 0 < slope[0]


def test_words_of_which_nothing_is_known_do_not_count() -> None:
    torch.manual_seed(0)
    scores = torch.randn(1, 4, len(TAGS), requires_grad=True)
    known = names_loss(scores[:, :2], torch.tensor([[OUTSIDE, PERSON]]))
    loss = names_loss(scores, torch.tensor([[OUTSIDE, PERSON, ANY, ANY]]))
    assert loss.item() == pytest.approx(known.item(), rel=1e-6)
    loss.backward()
    assert scores.grad is not None
    assert not scores.grad[0, 2:].any()
    assert names_loss(scores, torch.full((1, 4), ANY)).item() == 0


def test_answers_that_are_unknown_do_not_count(network: Network, cutter: PieceCutter) -> None:
    network.eval()

    def loss(*lessons: TreeLesson) -> float:
        longest = max(len(one.window) for one in lessons)
        arrays = [
            torch.tensor([(*row, *[0] * (longest - len(row))) for row in rows])
            for rows in zip(*((one.window.pieces, one.window.shapes) for one in lessons), strict=True)
        ]
        firsts = torch.tensor([one.window.firsts for one in lessons])
        return trees_loss(network, network(*arrays, firsts), lessons, torch.device("cpu")).item()

    unknown = (UNKNOWN,) * 6
    everything = loss(trees(cutter))
    without = loss(trees(cutter, tags=(0, *unknown[1:]), lemmas=(2, *unknown[1:])))
    assert 0 < everything != without
    # The same lesson twice has the same mean.
    assert loss(trees(cutter), trees(cutter)) == pytest.approx(everything, rel=1e-4)
    assert loss(trees(cutter, heads=(3, 3, 0, 3, 6, 0))) != everything


# --- training ---


def test_the_same_seed_gives_the_same_weights(pretrained: Path, cutter: PieceCutter) -> None:
    def train(seed: int) -> dict[str, torch.Tensor]:
        torch.manual_seed(1)
        fresh = Network(toy_size(cutter.size))
        load_pretrained(fresh, pretrained / "model.safetensors")
        lessons: list[Lesson] = [*names(cutter), *[trees(cutter)] * 8]
        fit(fresh, lambda rng: lessons, Pace(epochs=2.5, rate=1e-3, pieces=96, blanked=0.2), seed=seed, unknown=cutter.unknown)
        return weights(fresh)

    first, second, other = train(5), train(5), train(6)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_a_pattern_is_learnt_and_the_vectors_of_pieces_stay(network: Network, cutter: PieceCutter) -> None:
    before = weights(network)
    lessons = [*names(cutter), *[trees(cutter)] * 12]
    fit(network, lambda rng: lessons, Pace(epochs=25, rate=2e-3, pieces=256), seed=1, unknown=cutter.unknown)
    after = weights(network)
    for name in ("words.weight", "places.weight"):
        assert torch.equal(before[name], after[name])
    for name in (
        "shapes.weight",
        "layers.0.query.weight",
        "entity_head.weight",
        "arc_match.weight",
        "dep_root",
        "tag_head.bias",
        "start_head.weight",
    ):
        assert not torch.equal(before[name], after[name])
    assert not network.training
    words = ["the", "mayor", "met", "Mr", "Hosch", "Olin", "."]
    window = cutter.window([cutter.word(word) for word in words])
    arrays = (torch.tensor([row]) for row in (window.pieces, window.shapes, window.firsts))
    assert [TAGS[tag] for tag in network(*arrays).entities.argmax(-1)[0]] == ["O"] * 4 + ["B-PERSON", "I-PERSON", "O"]
    known = trees(cutter)
    outputs = network(*(torch.tensor([row]) for row in (known.window.pieces, known.window.shapes, known.window.firsts)))
    assert tuple(outputs.arcs.argmax(-1)[0].tolist()) == known.heads
    assert tuple((outputs.starts[0] > 0).long().tolist()) == known.starts
    assert tuple(outputs.tags.argmax(-1)[0].tolist()) == known.tags


def test_lessons_are_asked_for_in_each_epoch_and_steps_are_counted(
    network: Network, cutter: PieceCutter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    asked: list[float] = []
    looks: list[bool] = []
    lessons = names(cutter)

    def ask(rng: random.Random) -> Sequence[Lesson]:
        asked.append(rng.random())
        return lessons

    def look(current: Network) -> dict[str, float]:
        looks.append(current.training)
        return {"names": 0.25}

    fit(network, ask, Pace(epochs=2.5, pieces=128), seed=1, unknown=cutter.unknown, check=look, checks=3)
    assert len(asked) == len(set(asked)) == 3
    assert looks == [False] * len(looks)
    assert 3 <= len(looks) <= 4
    assert "names 0.250" in caplog.text
    (told,) = [record.getMessage() for record in caplog.records if record.getMessage().startswith("step") and "loss" in record.getMessage()]
    # The mean over the steps since the last report, whatever their number.
    assert 1.5 < float(told.split("loss ")[1].split(",")[0]) < 4


def test_a_plan_without_lessons_is_an_error(network: Network) -> None:
    with pytest.raises(ConfigurationError, match="nothing to learn"):
        fit(network, lambda rng: [], Pace(epochs=1), seed=1, unknown=1)


# --- the pretrained encoder ---


def test_a_checkpoint_may_have_more_layers_and_a_prefix(pretrained: Path, network: Network, tmp_path: Path) -> None:
    found = load_file(pretrained / "model.safetensors")
    more = {f"bert.{name}": value for name, value in found.items()} | {"bert.pooler.dense.weight": torch.zeros(2)}
    save_file(
        {**more, **{name.replace("layer.0", "layer.1"): value.clone() for name, value in more.items() if "layer.0" in name}}, tmp_path / "m"
    )
    other = Network(network.size)
    load_pretrained(other, tmp_path / "m")
    for name in ("words.weight", "kind", "layers.0.value.bias", "layers.0.mix_norm.weight", "layers.0.outer.weight"):
        assert torch.equal(weights(other)[name], weights(network)[name])


@pytest.mark.parametrize("name", ["embeddings.LayerNorm.bias", "encoder.layer.0.output.dense.weight"])
def test_a_checkpoint_that_lacks_or_misfits_a_weight_is_an_error(pretrained: Path, network: Network, tmp_path: Path, name: str) -> None:
    found = load_file(pretrained / "model.safetensors")
    value = found.pop(name)
    save_file(found, tmp_path / "lacking")
    save_file({**found, name: torch.zeros(3, *value.shape)}, tmp_path / "misfit")
    with pytest.raises(ConfigurationError, match=f"lacking: no weight {name}"):
        load_pretrained(network, tmp_path / "lacking")
    with pytest.raises(ConfigurationError, match=r"(?s)misfit: .*size mismatch"):
        load_pretrained(network, tmp_path / "misfit")


@pytest.mark.parametrize("content", [None, b"", b"no weights at all, but some words"])
def test_another_file_is_no_checkpoint(network: Network, tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "m").write_bytes(content)
    with pytest.raises(ConfigurationError, match="m: cannot be read as a checkpoint"):
        load_pretrained(network, tmp_path / "m")
