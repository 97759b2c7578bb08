from __future__ import annotations

import logging
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from models.vocabulary import EventType, Modality
from pipeline.errors import ConfigurationError
from pipeline.events.extraction import LanguageExtractor
from pipeline.events.reader.network import MODALITIES, PARTS, EventNetwork, ReaderFiles, padded_rules
from pipeline.events.reader.view import TYPES
from pipeline.text.pieces import PieceCutter, stack
from pipeline.train.english.network import load_pretrained
from pipeline.train.events.export import export_reader
from pipeline.train.events.fit import EventPace, _deal, fit_events
from pipeline.train.events.lessons import EventLesson
from pipeline.train.events.network import EventTrainee
from tests.events.reader.toy import random_trainee
from tests.tag.encoder.toy import toy_size, write_tokenizer
from tests.train.events.toy_events import lessons, stories

LAUNCH = TYPES.index(EventType.MISSILE_LAUNCH)


@pytest.fixture(scope="module")
def toys(rules: LanguageExtractor, cutter: PieceCutter) -> list[EventLesson]:
    return [lesson for marked, events in stories(24) for lesson in lessons(rules, cutter, marked, *events)]


def fresh(pretrained: Path, cutter: PieceCutter) -> EventTrainee:
    torch.manual_seed(1)
    network = EventTrainee(toy_size(cutter.size))
    load_pretrained(network.encoder, pretrained / "model.safetensors")
    return network


def exported(network: EventTrainee, folder: Path) -> EventNetwork:
    files = ReaderFiles(folder / "events")
    files.tokenizer.parent.mkdir(parents=True)
    write_tokenizer(files.tokenizer)
    export_reader(network, files.folder, version="7")
    return EventNetwork(files.folder)


@torch.inference_mode()
def by_torch(network: EventTrainee, lesson: EventLesson) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return vectors, late marks and probabilities of types of the words of one stretch."""
    batch = stack([lesson.stretch.window], [0])
    first, last = lesson.stretch.first, lesson.stretch.last
    marks = (torch.tensor([row[first:last]]) for row in (lesson.view.names, lesson.view.quoted))
    fired = torch.from_numpy(padded_rules([lesson.view.rules[first:last]], last - first))
    arrays = (torch.from_numpy(array) for array in (batch.pieces, batch.shapes, batch.firsts))
    vectors, late, scores = network.read(*arrays, *marks, fired)
    return vectors[0], late[0], torch.sigmoid(scores[0])


# --- the files compute what the network computes ---


def test_the_graph_of_eight_bits_is_near(toys: list[EventLesson], cutter: PieceCutter, tmp_path: Path) -> None:
    network = random_trainee(cutter.size)
    files = exported(network, tmp_path)
    for lesson in toys[:6]:
        vectors, _, types = by_torch(network, lesson)
        ((_, scores),) = files.read(lesson.view, [lesson.stretch])
        assert np.corrcoef(scores.vectors.ravel(), vectors.numpy().ravel())[0, 1] > 0.97
        assert np.corrcoef(scores.types.ravel(), types.numpy().ravel())[0, 1] > 0.97
        assert float(np.abs(scores.types - types.numpy()).mean()) < 0.05
        assert types.std() > 0.05


@torch.inference_mode()
def test_the_heads_are_the_same(toys: list[EventLesson], cutter: PieceCutter, tmp_path: Path) -> None:
    network = random_trainee(cutter.size)
    files = exported(network, tmp_path)
    compared = 0
    for lesson in toys:
        vectors, late, _ = by_torch(network, lesson)
        for trigger in lesson.triggers:
            fired = lesson.view.rules[lesson.stretch.first + trigger.word]
            at = torch.tensor([trigger.word])
            scores = network.modality(vectors[at], late[at], torch.tensor([trigger.kind]), torch.tensor([trigger.told]))
            found = files.modality(vectors[trigger.word].numpy(), trigger.kind, fired, trigger.told)
            np.testing.assert_allclose(found, torch.softmax(scores[0], -1).numpy(), atol=1e-3)
            options = tuple(trigger.options)
            stand = torch.stack([network.nowhere if one.place < 0 else vectors[one.place] for one in options])
            kinds = torch.full((len(options),), trigger.kind)
            signs = torch.tensor([one.signs for one in options])
            parts = torch.sigmoid(network.parts(vectors[at].expand(len(options), -1), stand, kinds, signs))
            read = files.parts(vectors.numpy(), trigger.word, trigger.kind, trigger.options)
            np.testing.assert_allclose(read, parts.numpy(), atol=1e-3)
            assert read.std() > 0.01
            compared += 1
    assert compared > 10


def test_a_second_export_takes_the_place_of_the_first(cutter: PieceCutter, tmp_path: Path) -> None:
    network = random_trainee(cutter.size)
    exported(network, tmp_path)
    folder = tmp_path / "events"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(before) == ["events.onnx", "heads.npz", "meta.json"]
    export_reader(network, folder, version="7")
    assert {name: (folder / name).read_bytes() for name in ("events.onnx", "meta.json")} == {
        name: before[name] for name in ("events.onnx", "meta.json")
    }
    assert not network.training


# --- how lessons are dealt ---


@pytest.mark.parametrize("most", [130, 300, 2000])
def test_every_lesson_is_dealt_once_in_groups_that_fit(rules: LanguageExtractor, cutter: PieceCutter, most: int) -> None:
    shelf = [lesson for count in (3, 75, 5, 12, 2) for lesson in lessons(rules, cutter, "The ship sailed on to the city. " * count)]
    groups = list(_deal(shelf, most, random.Random(1)))
    assert sorted(id(lesson) for group in groups for lesson in group) == sorted(map(id, shelf))
    for group in groups:
        assert group
        assert len(group) == 1 or len(group) * max(len(lesson.stretch.window) for lesson in group) <= most
    orders = [[id(lesson) for group in _deal(shelf, most, random.Random(seed)) for lesson in group] for seed in (1, 1, 2, 3)]
    assert orders[0] == orders[1]
    assert len({tuple(order) for order in orders}) == 3


# --- training ---


def weights(network: EventTrainee) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def test_the_same_seed_gives_the_same_weights(pretrained: Path, cutter: PieceCutter, toys: list[EventLesson]) -> None:
    def train(seed: int) -> dict[str, torch.Tensor]:
        network = fresh(pretrained, cutter)
        fit_events(network, toys[:9], EventPace(epochs=2, rate=1e-3, pieces=128, blanked=0.2), seed=seed, unknown=cutter.unknown)
        return weights(network)

    first, second, other = train(5), train(5), train(6)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_a_pattern_is_learnt(
    pretrained: Path,
    cutter: PieceCutter,
    rules: LanguageExtractor,
    toys: list[EventLesson],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    network = fresh(pretrained, cutter)
    before = weights(network)
    caplog.set_level(logging.INFO)
    fit_events(network, toys, EventPace(epochs=60, rate=3e-3, pieces=256), seed=1, unknown=cutter.unknown)
    after = weights(network)
    losses = [float(line.split("loss ")[1].split(",")[0]) for line in caplog.messages if "loss" in line]
    assert len(losses) > 1
    assert losses[-1] < 0.5 * losses[0]
    for name in ("encoder.words.weight", "encoder.places.weight"):
        assert torch.equal(before[name], after[name])
    for name in ("encoder.layers.0.query.weight", "names.weight", "types.weight", "modality_out.weight", "part_out.weight", "nowhere"):
        assert not torch.equal(before[name], after[name]), name
    assert not network.training

    files = exported(network, tmp_path)
    denied = "Then [Kenya/PLACE] never zapped [Solvent/ORG]."
    event = {"trigger": "zapped", "type": "MISSILE_LAUNCH", "actors": ["Kenya"], "targets": ["Solvent"], "modality": "denied"}
    (lesson,) = lessons(rules, cutter, denied, event)
    ((_, scores),) = files.read(lesson.view, [lesson.stretch])
    words = lesson.view.words
    assert words[scores.types[:, LAUNCH].argmax()] == "zapped"
    assert scores.types[:, LAUNCH].max() > 0.5
    (trigger,) = lesson.triggers
    odds = files.modality(scores.vectors[trigger.word], LAUNCH, (), trigger.told)
    assert MODALITIES[odds.argmax()] is Modality.DENIED
    parts = files.parts(scores.vectors, trigger.word, LAUNCH, trigger.options)
    assert parts.shape == (len(trigger.answers), len(PARTS))
    for part in ("actor", "target", "time"):
        column = parts[:, PARTS.index(part)]
        asked = [answer[PARTS.index(part)] for answer in trigger.answers]
        yes, no = ([value for value, one in zip(column, asked, strict=True) if one == wanted] for wanted in (1, 0))
        assert min(yes, default=1) > max(no, default=0), part


def test_lessons_without_triggers_teach_too(pretrained: Path, cutter: PieceCutter, toys: list[EventLesson]) -> None:
    network = fresh(pretrained, cutter)
    before = weights(network)
    fit_events(network, [lesson for lesson in toys if not lesson.triggers], EventPace(epochs=1), seed=1, unknown=cutter.unknown)
    after = weights(network)
    assert not torch.equal(before["types.bias"], after["types.bias"])
    assert torch.equal(before["modality_out.bias"], after["modality_out.bias"])


def test_without_lessons_there_is_an_error(cutter: PieceCutter) -> None:
    with pytest.raises(ConfigurationError, match="no annotated articles"):
        fit_events(random_trainee(cutter.size), [], EventPace(), seed=1, unknown=1)
