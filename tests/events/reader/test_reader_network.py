from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from models.vocabulary import EventType
from pipeline.errors import ConfigurationError
from pipeline.events import load_frames
from pipeline.events.reader.network import MODALITIES, PARTS, EventNetwork, Limits, ReaderFiles
from pipeline.events.reader.options import Options
from pipeline.events.reader.view import TYPES
from tests.events.reader.articles import Read
from tests.events.reader.toy import write_reader

Look = Callable[..., Read]
TEXT = (
    "[Seoul/PLACE] said “[Pyongyang/PLACE] fired a missile” and met [Quill/PERSON]. It left. "
    + "The ministry of the city said that the company of the north sailed on a ship with talks. " * 7
    + "[North Korea/PLACE] sanctioned the bank."
)


@pytest.fixture(scope="module")
def network(folder: Path) -> EventNetwork:
    return EventNetwork(folder)


def test_each_stretch_is_read_once_and_has_a_row_for_each_word(network: EventNetwork, look: Look) -> None:
    read = look(TEXT)
    assert len(read.stretches) > 1
    found = list(network.read(read.view, read.stretches))
    assert sorted(stretch.first for stretch, _ in found) == [stretch.first for stretch in read.stretches]
    for stretch, scores in found:
        words = stretch.last - stretch.first
        assert scores.types.shape == (words, len(TYPES))
        assert scores.vectors.shape[0] == words
        assert 0 < scores.types.min() <= scores.types.max() < 1


def test_no_stretches_are_no_scores(network: EventNetwork, look: Look) -> None:
    assert list(network.read(look("").view, [])) == []


def test_stretches_read_together_are_read_as_alone(network: EventNetwork, look: Look) -> None:
    read = look(TEXT)
    for stretch, scores in network.read(read.view, read.stretches):
        ((_, alone),) = network.read(read.view, [stretch])
        # In eight bits the scale is that of the whole batch.
        assert float(np.abs(scores.types - alone.types).mean()) < 0.05
        assert np.corrcoef(scores.types.ravel(), alone.types.ravel())[0, 1] > 0.97


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ("Seoul said Pyongyang fired a missile.", "names"),
        ("“[Seoul/PLACE] said [Pyongyang/PLACE] fired a missile.”", "quotations"),
    ],
    ids=["names", "quotations"],
)
def test_the_network_sees_more_than_words(network: EventNetwork, look: Look, changed: str, why: str) -> None:
    one, other = look("[Seoul/PLACE] said [Pyongyang/PLACE] fired a missile."), look(changed)
    assert one.view.words == other.view.words
    scores = [next(network.read(read.view, read.stretches))[1].types for read in (one, other)]
    assert float(np.abs(scores[0] - scores[1]).max()) > 0.02, why


def test_heads_give_probabilities(network: EventNetwork, look: Look) -> None:
    read = look(TEXT)
    stretch = read.stretch_of(read.triggers[0])
    ((_, scores),) = network.read(read.view, [stretch])
    word = read.view.place(read.triggers[0].sentence, read.triggers[0].head) - stretch.first
    kind = TYPES.index(EventType.MISSILE_LAUNCH)
    options = read.options()
    parts = network.parts(scores.vectors, word, kind, options)
    assert parts.shape == (len(tuple(options)), len(PARTS))
    assert 0 < parts.min() < parts.max() < 1
    for rules in ((), (kind,), (kind, 0)):
        odds = network.modality(scores.vectors[word], kind, rules, 0)
        assert odds.shape == (len(MODALITIES),)
        assert odds.sum() == pytest.approx(1, abs=1e-5)
    assert network.parts(scores.vectors, word, kind, Options((), (), ())).shape == (0, len(PARTS))


def test_the_modality_that_the_rules_tell_is_heard(network: EventNetwork, look: Look) -> None:
    vector = next(network.read((read := look(TEXT)).view, read.stretches))[1].vectors[0]
    said = [network.modality(vector, 0, (), told) for told in range(len(MODALITIES))]
    assert all(not np.allclose(said[0], other) for other in said[1:])


def test_version_and_limits_come_with_the_weights(tmp_path: Path) -> None:
    given = {field.name: (number + 1) / 16 for number, field in enumerate(fields(Limits))}
    limits = Limits(**given)
    network = EventNetwork(write_reader(tmp_path / "events", version="of today", limits=limits))
    assert network.version == "of today"
    assert network.limits == limits


# --- files that are not right ---


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> ReaderFiles:
    return ReaderFiles(Path(shutil.copytree(folder.parent, tmp_path / "en")) / folder.name)


FILES = ("events.onnx", "heads.npz", "meta.json", "tokenizer.json")


def path_of(files: ReaderFiles, name: str) -> Path:
    (found,) = (path for path in (files.graph, files.heads, files.meta, files.tokenizer) if path.name == name)
    return found


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(copy: ReaderFiles, name: str) -> None:
    path_of(copy, name).unlink()
    with pytest.raises(ConfigurationError, match=rf"{name}: .*missing"):
        load_frames(readers={"en": copy.folder})


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", [b"", b"nothing that is read here"], ids=["empty", "other"])
def test_a_damaged_file_is_an_error_of_configuration(copy: ReaderFiles, name: str, content: bytes) -> None:
    path_of(copy, name).write_bytes(content)
    with pytest.raises(ConfigurationError, match=name if name == "meta.json" else str(copy.folder)):
        EventNetwork(copy.folder)


def change(files: ReaderFiles, **changes: object) -> None:
    meta = json.loads(files.meta.read_text(encoding="utf-8")) | changes
    files.meta.write_text(json.dumps(meta), encoding="utf-8")


@pytest.mark.parametrize(
    "changes",
    [{"limits": None}, {"limits": {"rule": 0.5}}, {"limits": {**Limits().as_json(), "new": "high"}}],
    ids=["no limits", "some limits", "words for limits"],
)
def test_meta_of_another_form_is_an_error(copy: ReaderFiles, changes: dict[str, object]) -> None:
    change(copy, **changes)
    with pytest.raises(ConfigurationError, match=r"meta\.json: damaged or of another version"):
        EventNetwork(copy.folder)


@pytest.mark.parametrize("name", ["types", "modalities", "parts", "signs"])
def test_a_reader_of_other_classes_is_refused(copy: ReaderFiles, name: str) -> None:
    known = json.loads(copy.meta.read_text(encoding="utf-8"))[name]
    change(copy, **{name: known[::-1]})
    with pytest.raises(ConfigurationError, match=r"meta\.json: made for other .*train it anew"):
        EventNetwork(copy.folder)


@pytest.mark.parametrize("name", ["nowhere", "part_out", "part_type", "modality_in_bias", "sign_0"])
@pytest.mark.parametrize("damage", ["gone", "of another size"])
def test_weights_of_heads_are_asked_for_at_once(copy: ReaderFiles, name: str, damage: str) -> None:
    with np.load(copy.heads) as held:
        weights = {key: held[key] for key in held.files}
    weights[name] = weights[name][..., :-1]
    if damage == "gone":
        del weights[name]
    np.savez(copy.heads, **weights)
    with pytest.raises(ConfigurationError, match="cannot be loaded"):
        EventNetwork(copy.folder)
