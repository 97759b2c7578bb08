from __future__ import annotations

import json
import shutil
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ConfigurationError
from pipeline.tag.encoder.network import EncoderFiles, EncoderNetwork, Scores
from pipeline.text.pieces import Window
from pipeline.train.english.examples import TAGS
from tests.tag.encoder.toy import CLASSES, write_encoder

LINES = [
    "The ship sailed .".split(),
    "Mr. Smith met the mayor of the city on 5 May , the ministry said .".split(),
    ["Korea"],
    "North Korea and the company said talks with the U.S. ended in 2024 .".split(),
]


def windows_of(network: EncoderNetwork, *lines: list[str]) -> list[Window]:
    return [window for owner, line in enumerate(lines) for window in network.cutter.windows(line, owner=owner)]


def same(one: Scores, other: Scores, tolerance: float) -> None:
    for field in fields(Scores):
        np.testing.assert_allclose(getattr(one, field.name), getattr(other, field.name), atol=tolerance, err_msg=field.name)


@pytest.fixture(scope="module")
def network(folder: Path) -> EncoderNetwork:
    return EncoderNetwork(folder)


@pytest.fixture(scope="module")
def precise(tmp_path_factory: pytest.TempPathFactory) -> EncoderNetwork:
    return EncoderNetwork(write_encoder(tmp_path_factory.mktemp("precise") / "encoder", quantised=False))


def test_the_names_of_classes_come_with_the_weights(network: EncoderNetwork) -> None:
    assert network.entities == TAGS
    assert network.tags[0] == ("DT", "DET")
    assert (network.lemmas, network.deps) == (CLASSES.lemmas, CLASSES.deps)
    assert (network.version, network.width) == ("toy", 24)


def test_each_window_is_read_once_and_has_a_row_for_each_word(network: EncoderNetwork) -> None:
    windows = windows_of(network, *LINES)
    read = list(network.read(windows))
    assert sorted(window.owner for window, _ in read) == [0, 1, 2, 3]
    assert [len(window) for window, _ in read] == sorted(len(window) for window in windows)
    for window, scores in read:
        words = len(LINES[window.owner])
        assert scores.vectors.shape == (words, 24)
        assert scores.entities.shape == (words, len(TAGS))
        assert scores.starts.shape == (words,)
        assert scores.arcs.shape == (words, words + 1)
        assert scores.arcs.min() > -5000
        assert scores.tags.shape == (words, len(CLASSES.tags))


def test_no_windows_are_no_scores(network: EncoderNetwork) -> None:
    assert list(network.read([])) == []


def test_padding_changes_no_scores(precise: EncoderNetwork) -> None:
    together = {window.owner: scores for window, scores in precise.read(windows_of(precise, *LINES))}
    for owner, line in enumerate(LINES):
        ((_, alone),) = precise.read(windows_of(precise, line))
        same(together[owner], alone, 1e-4)


def test_padding_hardly_changes_the_scores_of_eight_bits(network: EncoderNetwork, precise: EncoderNetwork) -> None:
    together = {window.owner: scores for window, scores in network.read(windows_of(network, *LINES))}
    exact = {window.owner: scores for window, scores in precise.read(windows_of(precise, *LINES))}
    for owner, line in enumerate(LINES):
        ((_, alone),) = network.read(windows_of(network, line))
        # The scale of eight bits is that of the whole batch: less than the rounding itself changes.
        rounding = float(np.abs(exact[owner].entities - alone.entities).max())
        assert float(np.abs(together[owner].entities - alone.entities).max()) <= max(2 * rounding, 0.1)


def test_relations_are_scored_for_word_and_head(network: EncoderNetwork, folder: Path) -> None:
    ((_, scores),) = network.read(windows_of(network, LINES[1]))
    heads = np.array([0, *([1] * 5), *range(1, len(LINES[1]) - 5)], np.int64)
    with np.load(EncoderFiles(folder).deps) as weights:
        root, weight, bias = weights["root"], weights["weight"], weights["bias"]
    expected = []
    for word, head in enumerate(heads):
        of_head = scores.dep_head[head - 1] if head else root
        expected.append(int((weight @ np.maximum(scores.dep_child[word] + of_head, 0) + bias).argmax()))
    assert network.relations(scores, heads).tolist() == expected


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> EncoderFiles:
    return EncoderFiles(Path(shutil.copytree(folder, tmp_path / "copy")))


@pytest.mark.parametrize("name", ["encoder.onnx", "deps.npz", "meta.json", "tokenizer.json"])
def test_a_missing_file_is_named(copy: EncoderFiles, name: str) -> None:
    (copy.folder / name).unlink()
    with pytest.raises(ConfigurationError, match=rf"{name}: .*missing"):
        EncoderNetwork(copy.folder)


@pytest.mark.parametrize("name", ["encoder.onnx", "deps.npz", "meta.json", "tokenizer.json"])
def test_a_damaged_file_is_an_error_of_configuration(copy: EncoderFiles, name: str) -> None:
    (copy.folder / name).write_bytes(b"nothing that is read here")
    with pytest.raises(ConfigurationError, match=name if name == "meta.json" else str(copy.folder)):
        EncoderNetwork(copy.folder)


@pytest.mark.parametrize("changes", [{"tags": ["NN"]}, {"version": None, "width": "wide"}, {"entities": None}])
def test_meta_of_another_form_is_an_error(copy: EncoderFiles, changes: dict[str, object]) -> None:
    meta = json.loads(copy.meta.read_text(encoding="utf-8")) | changes
    copy.meta.write_text(json.dumps(meta), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"meta\.json: damaged or of another version"):
        EncoderNetwork(copy.folder)
