"""A tiny event reader for tests: a network with random weights, and a stand-in for it that says what a test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from models.vocabulary import EventType, Modality
from pipeline.events.reader.network import MODALITIES, PARTS, Floats, Limits, ReaderFiles, StretchScores
from pipeline.events.reader.options import Options
from pipeline.events.reader.view import TYPES, Stretch, View
from pipeline.text.pieces import PieceCutter
from pipeline.train.events.export import export_reader
from pipeline.train.events.network import EventTrainee
from tests.tag.encoder.toy import toy_size, write_tokenizer


def random_trainee(vocabulary: int, *, seed: int = 5) -> EventTrainee:
    """Return a network whose weights are random and outspoken: it finds events everywhere and hears every mark."""
    torch.manual_seed(seed)
    network = EventTrainee(toy_size(vocabulary))
    with torch.no_grad():
        for marks in (network.names, network.quoted, network.rules, network.encoder.shapes):
            torch.nn.init.normal_(marks.weight, std=0.5)
        torch.nn.init.normal_(network.nowhere)
        torch.nn.init.zeros_(network.types.bias)
        for head in (network.types, network.part_out, network.modality_out):
            head.weight.mul_(3.0)
    return network.eval()


def write_reader(folder: Path, *, version: str = "toy", limits: Limits | None = None) -> Path:
    """Write the files of a reader with random weights to a folder, and its word pieces to the folder `encoder` beside it."""
    tokenizer = ReaderFiles(folder).tokenizer
    if not tokenizer.exists():
        tokenizer.parent.mkdir(parents=True)
        write_tokenizer(tokenizer)
    export_reader(random_trainee(PieceCutter.load(tokenizer).size), folder, version=version, limits=limits)
    return folder


class Prompter:
    """Stands in for the network: what it says of words, modalities and options is what it was told.

    `types` holds the probability of types at words, `parts` that of parts for options, by the text of a filler, the value of a time
    or the index of an amount; what is not told is improbable.
    """

    version = "told"

    def __init__(
        self,
        cutter: PieceCutter,
        *,
        types: Mapping[str, Mapping[EventType, float]],
        parts: Mapping[object, Mapping[str, float]] | None = None,
        modality: Callable[[int], Mapping[Modality, float]] = lambda told: {MODALITIES[told]: 1.0},
        limits: Limits | None = None,
    ) -> None:
        self.cutter = cutter
        self.limits = limits or Limits()
        self._types, self._parts, self._modality = types, parts or {}, modality

    def read(self, view: View, stretches: Sequence[Stretch]) -> Iterator[tuple[Stretch, StretchScores]]:
        for stretch in reversed(stretches):
            types = np.zeros((stretch.last - stretch.first, len(TYPES)), np.float32)
            for row, word in zip(types, view.words[stretch.first : stretch.last], strict=True):
                for kind, probability in self._types.get(word, {}).items():
                    row[TYPES.index(kind)] = probability
            yield stretch, StretchScores(np.zeros((len(types), 1), np.float32), types)

    def parts(self, vectors: Floats, trigger: int, kind: int, options: Options) -> Floats:
        assert 0 <= trigger < len(vectors)
        said = [self._parts.get(getattr(one.filler, "value", getattr(one.filler, "text", one.filler)), {}) for one in options]
        return np.array([[row.get(part, 0.0) for part in PARTS] for row in said], np.float32).reshape(-1, len(PARTS))

    def modality(self, vector: Floats, kind: int, rules: Sequence[int], told: int) -> Floats:
        said = self._modality(told)
        return np.array([said.get(one, 0.0) for one in MODALITIES], np.float32)
