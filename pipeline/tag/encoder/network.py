"""The trained network as onnxruntime runs it: batches in, numpy arrays out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from pipeline.errors import ConfigurationError
from pipeline.text.pieces import PieceCutter, Window, batches

__all__ = ["INPUTS", "OUTPUTS", "EncoderFiles", "EncoderNetwork", "Scores"]

INPUTS = ("pieces", "shapes", "firsts")
OUTPUTS = ("vectors", "entities", "starts", "tags", "lemmas", "arcs", "dep_child", "dep_head")

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EncoderFiles:
    """The files of a trained encoder in its folder."""

    folder: Path

    @property
    def graph(self) -> Path:
        """The network, ONNX."""
        return self.folder / "encoder.onnx"

    @property
    def deps(self) -> Path:
        """Weights of the relation head, which is asked only once the heads of words are known."""
        return self.folder / "deps.npz"

    @property
    def meta(self) -> Path:
        """Version and names of the classes, JSON."""
        return self.folder / "meta.json"

    @property
    def tokenizer(self) -> Path:
        """The word pieces."""
        return self.folder / "tokenizer.json"


@dataclass(frozen=True, slots=True)
class Scores:
    """What the network says of the words of one window, padding cut away; first axis is the word.

    `vectors` (384), `entities` (scores of tags), `starts` (above zero: begins a sentence), `tags`, `lemmas` (scores of
    classes), `arcs` (score of each word as head, the root first), `dep_child` and `dep_head` for the relation head.
    """

    vectors: Floats
    entities: Floats
    starts: Floats
    tags: Floats
    lemmas: Floats
    arcs: Floats
    dep_child: Floats
    dep_head: Floats


class EncoderNetwork:
    """A trained encoder. One thread, so that processes side by side do not fight for cores."""

    def __init__(self, folder: Path) -> None:
        files = EncoderFiles(folder)
        for path in (files.graph, files.deps, files.meta, files.tokenizer):
            if not path.is_file():
                raise ConfigurationError("this file of the language model is missing; `make model-en` writes it", path=path)
        try:
            meta = json.loads(files.meta.read_text(encoding="utf-8"))
            self.version = str(meta["version"])
            self.entities: tuple[str, ...] = tuple(meta["entities"])
            self.tags: tuple[tuple[str, str], ...] = tuple((name.split(" ")[0], name.split(" ")[1]) for name in meta["tags"])
            self.lemmas: tuple[str, ...] = tuple(meta["lemmas"])
            self.deps: tuple[str, ...] = tuple(meta["deps"])
            self.width = int(meta["width"])
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise ConfigurationError(f"damaged or of another version: {error!r}", path=files.meta) from error
        try:
            self.cutter = PieceCutter.load(files.tokenizer)
            with np.load(files.deps) as weights:
                self._root, self._weight, self._bias = (weights[name] for name in ("root", "weight", "bias"))
            self._session = onnxruntime.InferenceSession(str(files.graph), _options(), providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ConfigurationError(f"the language model cannot be loaded: {error}", path=folder) from error

    def read(self, windows: Sequence[Window]) -> Iterator[tuple[Window, Scores]]:
        """Yield each window with what the network says of it, shortest windows first."""
        for batch in batches(windows):
            arrays = self._session.run(list(OUTPUTS), {"pieces": batch.pieces, "shapes": batch.shapes, "firsts": batch.firsts})
            for row, place in enumerate(batch.windows):
                window = windows[place]
                words = len(window.firsts)
                vectors, entities, starts, tags, lemmas, arcs, child, head = (array[row, :words] for array in arrays)
                yield window, Scores(vectors, entities, starts, tags, lemmas, arcs[:, : words + 1], child, head)

    def relations(self, scores: Scores, heads: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the class of each word's relation to its head; `heads` counts words from 1, 0 is the root."""
        options = np.concatenate([self._root[None, :], scores.dep_head])
        classes = np.maximum(scores.dep_child + options[heads], 0) @ self._weight.T + self._bias
        return np.asarray(classes.argmax(-1), np.int64)


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return options
