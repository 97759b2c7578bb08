from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.tag.encoder.network import OUTPUTS, EncoderFiles, EncoderNetwork, Scores
from pipeline.text.pieces import Window, stack
from pipeline.train.english.examples import TAGS
from pipeline.train.english.export import export
from pipeline.train.english.fit import dep_scores
from pipeline.train.english.network import Network
from pipeline.train.graphs import read_weights
from tests.tag.encoder.toy import CLASSES, random_network

LINES = [
    "The ship sailed .".split(),
    "Mr. Smith met the mayor of the city on 5 May , the ministry said , and sailed to North Korea .".split(),
    ["Korea"],
    ["word"] * 120,
]


@pytest.fixture(scope="module")
def network(pretrained: Path) -> Network:
    return random_network(pretrained)


def exported(network: Network, pretrained: Path, folder: Path, *, quantised: bool) -> EncoderNetwork:
    export(network, CLASSES, pretrained / "tokenizer.json", folder, version="7", quantised=quantised)
    return EncoderNetwork(folder)


@torch.inference_mode()
def by_torch(network: Network, window: Window) -> tuple[Scores, np.ndarray]:
    """Return the scores of a window alone, and the classes of relations to the word before."""
    batch = stack([window], [0])
    outputs = network(*(torch.from_numpy(array) for array in (batch.pieces, batch.shapes, batch.firsts)))
    heads = torch.arange(len(window.firsts))[None]
    relations = dep_scores(network, outputs, heads).argmax(-1)[0].numpy()
    return Scores(*(getattr(outputs, name)[0].numpy() for name in OUTPUTS)), relations


def test_scores_have_the_names_of_the_outputs() -> None:
    assert tuple(field.name for field in fields(Scores)) == OUTPUTS


def test_the_files_compute_what_the_network_computes(network: Network, pretrained: Path, tmp_path: Path) -> None:
    files = exported(network, pretrained, tmp_path, quantised=False)
    windows = [window for line in LINES for window in files.cutter.windows(line)]
    for window, scores in files.read(windows):
        expected, relations = by_torch(network, window)
        for name in OUTPUTS:
            np.testing.assert_allclose(getattr(scores, name), getattr(expected, name), atol=2e-4, err_msg=name)
        assert files.relations(scores, np.arange(len(window.firsts))).tolist() == relations.tolist()


def test_eight_bits_mostly_say_the_same(network: Network, pretrained: Path, tmp_path: Path) -> None:
    files = exported(network, pretrained, tmp_path, quantised=True)
    windows = [window for line in LINES for window in files.cutter.windows(line)]
    same, words = 0, 0
    for window, scores in files.read(windows):
        expected, _ = by_torch(network, window)
        same += int((scores.entities.argmax(-1) == expected.entities.argmax(-1)).sum())
        words += len(window.firsts)
        close = np.corrcoef(scores.entities.ravel(), expected.entities.ravel())[0, 1]
        assert close > 0.97
    assert same / words > 0.9


def test_eight_bits_are_a_quarter_of_the_size(network: Network, pretrained: Path, tmp_path: Path) -> None:
    sizes = []
    for name, quantised in (("small", True), ("large", False)):
        exported(network, pretrained, tmp_path / name, quantised=quantised)
        graph = EncoderFiles(tmp_path / name).graph.read_bytes()
        sizes.append(graph)
    # In a network so small the names of its parts weigh as much as its weights; none is left in 32 bits.
    rows = network.words.weight.detach().numpy().tobytes()
    assert rows in sizes[1]
    assert rows not in sizes[0]


def test_a_second_export_takes_the_place_of_the_first(network: Network, pretrained: Path, tmp_path: Path) -> None:
    exported(network, pretrained, tmp_path, quantised=True)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    exported(network, pretrained, tmp_path, quantised=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.suffix != ".npz"} == {
        name: content for name, content in before.items() if not name.endswith(".npz")
    }
    assert sorted(before) == ["deps.npz", "encoder.onnx", "meta.json", "tokenizer.json"]


def test_the_names_of_classes_are_beside_the_weights(network: Network, pretrained: Path, tmp_path: Path) -> None:
    files = exported(network, pretrained, tmp_path, quantised=False)
    assert files.version == "7"
    assert files.entities == TAGS
    meta = json.loads(EncoderFiles(tmp_path).meta.read_text(encoding="utf-8"))
    assert meta["tags"] == list(CLASSES.tags)
    assert meta["width"] == network.size.width
    assert not network.training


@pytest.mark.parametrize("quantised", [False, True], ids=["whole", "in eight bits"])
def test_the_weights_are_read_back_from_the_graph(pretrained: Path, tmp_path: Path, quantised: bool) -> None:
    network = random_network(pretrained)
    with torch.no_grad():
        for weight in network.parameters():
            # Equal ones, such as those of fresh norms, are one in the graph.
            weight.add_(0.1 * torch.randn_like(weight))
    exported(network, pretrained, tmp_path, quantised=quantised)
    read = read_weights(EncoderFiles(tmp_path).graph)
    state = network.state_dict()
    # The relation head is asked outside the graph.
    assert set(state) - set(read) == {"dep_root", "dep_out.weight", "dep_out.bias"}
    for name, weight in read.items():
        steps = 0 if not quantised else (weight.max() - weight.min()).item() / 100
        torch.testing.assert_close(weight, state[name], atol=1e-6 + steps, rtol=0, msg=name)
