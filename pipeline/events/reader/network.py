"""The event network at run time: an ONNX graph for what costs, and small heads over its vectors in numpy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from models.vocabulary import Modality
from pipeline.errors import ConfigurationError
from pipeline.events.reader.options import NOWHERE, SIZES, Option, Options, Signs
from pipeline.events.reader.view import MOST_RULES, TYPES, Stretch, View
from pipeline.text.pieces import PieceCutter, batches

__all__ = ["INPUTS", "MODALITIES", "OUTPUTS", "PARTS", "EventNetwork", "Limits", "ReaderFiles", "StretchScores"]

INPUTS = ("pieces", "shapes", "firsts", "names", "quoted", "rules")
OUTPUTS = ("vectors", "types")
MODALITIES = tuple(Modality)
"""Modalities in the order of the network's classes."""
PARTS = ("actor", "target", "speaker", "time", "amount")
"""What an option may be to a trigger, in the order of the network's classes."""

_STEEP = 60.0
"""Scores beyond this are as good as certain; a power of e of more would not fit."""

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ReaderFiles:
    """The files of a trained reader in its folder."""

    folder: Path

    @property
    def graph(self) -> Path:
        """The network, ONNX."""
        return self.folder / "events.onnx"

    @property
    def heads(self) -> Path:
        """Weights of the heads that are asked only at triggers."""
        return self.folder / "heads.npz"

    @property
    def meta(self) -> Path:
        """Version, classes, limits and calibration, JSON."""
        return self.folder / "meta.json"

    @property
    def tokenizer(self) -> Path:
        """The word pieces: those of the encoder that lies beside it."""
        return self.folder.parent / "encoder" / "tokenizer.json"


@dataclass(frozen=True, slots=True)
class Limits:
    """Probabilities from which the reader believes the network; set on articles that it did not learn from.

    `rule`: to keep a trigger of the rules; `new`: to take one that no rule found; `filler`, `speaker`, `time`, `amount`: to take an
    option; `more`: to take a further actor or target of an event beside its likeliest; `plain`: below it an act is not held to be asserted. `slope` and `offset` turn the log odds of a trigger into those of
    its event being right.
    """

    rule: float = 0.15
    new: float = 0.3
    filler: float = 0.4
    more: float = 0.7
    speaker: float = 0.4
    time: float = 0.35
    amount: float = 0.4
    plain: float = 0.5
    slope: float = 1.0
    offset: float = 0.0

    def as_json(self) -> dict[str, float]:
        """Return the limits as they are kept in the folder of the model."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class StretchScores:
    """What the network says of one stretch: `vectors` (words, width) and `types`, the probability of each type at each word."""

    vectors: Floats
    types: Floats


class EventNetwork:
    """A trained reader. One thread, so that processes side by side do not fight for cores."""

    def __init__(self, folder: Path) -> None:
        files = ReaderFiles(folder)
        for path in (files.graph, files.heads, files.meta, files.tokenizer):
            if not path.is_file():
                raise ConfigurationError("this file of the event reader is missing; `make model-en` writes it", path=path)
        try:
            meta = json.loads(files.meta.read_text(encoding="utf-8"))
            self.version = str(meta["version"])
            self.limits = Limits(**{field.name: float(meta["limits"][field.name]) for field in fields(Limits)})
            classes = (meta["types"], meta["modalities"], meta["parts"], meta["signs"])
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(f"damaged or of another version: {error!r}", path=files.meta) from error
        if classes != ([kind.value for kind in TYPES], [one.value for one in MODALITIES], list(PARTS), list(SIZES)):
            raise ConfigurationError("made for other types, modalities or signs than those of this version; train it anew", path=files.meta)
        try:
            self.cutter = PieceCutter.load(files.tokenizer)
            with np.load(files.heads) as weights:
                self._weights: dict[str, Floats] = {name: weights[name].astype(np.float32) for name in weights.files}
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            options.log_severity_level = 3
            self._session = onnxruntime.InferenceSession(str(files.graph), options, providers=["CPUExecutionProvider"])
            self._try_heads()
        except Exception as error:
            raise ConfigurationError(f"the event reader cannot be loaded: {error}", path=folder) from error

    def _try_heads(self) -> None:
        """Ask the heads once, so that a weight that is missing or of another size is found at once."""
        vector = np.zeros_like(self._weights["nowhere"])
        self.modality(vector, len(TYPES) - 1, (len(TYPES) - 1,), len(MODALITIES) - 1)
        last = Signs(*(size - 1 for size in SIZES))
        self.parts(vector[None], 0, len(TYPES) - 1, Options((), (), (Option(NOWHERE, last, 0),)))

    def read(self, view: View, stretches: Sequence[Stretch]) -> Iterator[tuple[Stretch, StretchScores]]:
        """Yield each stretch with what the network says of it, shortest stretches first."""
        for batch in batches([stretch.window for stretch in stretches]):
            some = [stretches[place] for place in batch.windows]
            words = batch.firsts.shape[1]
            arrays = {
                "pieces": batch.pieces,
                "shapes": batch.shapes,
                "firsts": batch.firsts,
                "names": _padded([view.names[one.first : one.last] for one in some], words),
                "quoted": _padded([view.quoted[one.first : one.last] for one in some], words),
                "rules": padded_rules([view.rules[one.first : one.last] for one in some], words),
            }
            vectors, types = self._session.run(list(OUTPUTS), arrays)
            for row, stretch in enumerate(some):
                length = stretch.last - stretch.first
                yield stretch, StretchScores(vectors[row, :length], _logistic(types[row, :length]))

    def modality(self, vector: Floats, kind: int, rules: Sequence[int], told: int) -> Floats:
        """Return the probability of each modality at a trigger of a type; `told` is the class of what the rules say."""
        w = self._weights
        late = w["late"][list(rules)].sum(0) if rules else np.zeros(w["late"].shape[1], np.float32)
        hidden = (
            np.concatenate([vector, late]) @ w["modality_in"] + w["modality_in_bias"] + w["modality_rule"][told] + w["modality_type"][kind]
        )
        scores = np.maximum(hidden, 0) @ w["modality_out"] + w["modality_out_bias"]
        odds = np.exp(scores - scores.max())
        return np.asarray(odds / odds.sum(), np.float32)

    def parts(self, vectors: Floats, trigger: int, kind: int, options: Options) -> Floats:
        """Return the probability of each part (columns) for each option (rows: fillers, times, amounts) of the trigger at a word of a stretch."""
        some = tuple(options)
        if not some:
            return np.zeros((0, len(PARTS)), np.float32)
        w = self._weights
        head = vectors[trigger]
        stand = np.stack([w["nowhere"] if option.place == NOWHERE else vectors[option.place] for option in some])
        hidden = head @ w["part_trigger"] + w["part_trigger_bias"] + stand @ w["part_option"] + w["part_option_bias"] + w["part_type"][kind]
        hidden += (
            2 * np.tanh(head @ w["match_trigger"] + w["match_trigger_bias"]) * np.tanh(stand @ w["match_option"] + w["match_option_bias"])
        )
        for place, column in enumerate(zip(*(option.signs for option in some), strict=True)):
            hidden += w[f"sign_{place}"][list(column)]
        return _logistic(np.maximum(hidden, 0) @ w["part_out"] + w["part_out_bias"])


def _logistic(scores: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(scores, -_STEEP, _STEEP))), np.float32)


def _padded(rows: Sequence[Sequence[int]], length: int) -> Ints:
    found = np.zeros((len(rows), length), np.int64)
    for place, row in enumerate(rows):
        found[place, : len(row)] = row
    return found


def padded_rules(rows: Sequence[Sequence[Sequence[int]]], length: int) -> Ints:
    """Return (stretches, words, three) numbers of types; the number behind the last type stands for none."""
    found = np.full((len(rows), length, MOST_RULES), len(TYPES), np.int64)
    for place, row in enumerate(rows):
        for word, types in enumerate(row):
            found[place, word, : len(types)] = types
    return found
