"""From the trained event network to the files that the pipeline reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from pipeline.events.reader.network import INPUTS, MODALITIES, OUTPUTS, PARTS, Limits, ReaderFiles
from pipeline.events.reader.options import SIZES
from pipeline.events.reader.view import MOST_RULES, TYPES
from pipeline.train.events.network import EventTrainee
from pipeline.train.graphs import write_graph

__all__ = ["export_reader", "write_meta"]

_HEADS = ("modality_in", "modality_out", "part_trigger", "part_option", "match_trigger", "match_option", "part_out")
_TABLES = ("late", "modality_rule", "modality_type", "part_type")


class _Graph(nn.Module):
    """The part of the network that reads every word; outputs in the order of OUTPUTS."""

    def __init__(self, network: EventTrainee) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, pieces: Tensor, shapes: Tensor, firsts: Tensor, names: Tensor, quoted: Tensor, rules: Tensor
    ) -> tuple[Tensor, Tensor]:
        vectors, _, types = self.network.read(pieces, shapes, firsts, names, quoted, rules)
        return vectors, types


def export_reader(network: EventTrainee, folder: Path, *, version: str, limits: Limits | None = None) -> ReaderFiles:
    """Write the network to `folder`, weights of matrix products and of pieces in eight bits; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = ReaderFiles(folder)
    network = network.to("cpu").eval()
    _write(network, files.graph)
    np.savez(files.heads, **cast("Any", _head_weights(network)))
    write_meta(files, version, limits or Limits())
    return files


def write_meta(files: ReaderFiles, version: str, limits: Limits) -> None:
    """Write version, classes and limits."""
    meta = {
        "version": version,
        "limits": {name: round(value, 4) for name, value in limits.as_json().items()},
        "types": [kind.value for kind in TYPES],
        "modalities": [one.value for one in MODALITIES],
        "parts": list(PARTS),
        "signs": list(SIZES),
    }
    files.meta.write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")


def _head_weights(network: EventTrainee) -> dict[str, npt.NDArray[np.float16]]:
    weights = {"nowhere": network.nowhere}
    for name in _HEADS:
        weights[name] = getattr(network, name).weight.T
        weights[f"{name}_bias"] = getattr(network, name).bias
    for name in _TABLES:
        weights[name] = getattr(network, name).weight
    for place, table in enumerate(network.signs):
        weights[f"sign_{place}"] = table.weight
    return _arrays(weights)


def _arrays(weights: Mapping[str, Tensor]) -> dict[str, npt.NDArray[np.float16]]:
    # Half precision: what is lost is far below what one more annotated article changes.
    return {name: np.ascontiguousarray(value.detach().numpy(), np.float16) for name, value in weights.items()}


def _write(network: EventTrainee, path: Path) -> None:
    pieces = torch.tensor([[101, 2000, 2001, 102], [101, 2002, 102, 0]]) % network.encoder.size.vocabulary
    shapes = torch.tensor([[0, 4, 7, 0], [0, 4, 0, 0]])
    firsts, marks = torch.tensor([[1, 2], [1, 0]]), torch.zeros(2, 2, dtype=torch.int64)
    rules = torch.full((2, 2, MOST_RULES), len(TYPES))
    axes = {name: {0: "windows", 1: "pieces"} for name in ("pieces", "shapes")} | {
        name: {0: "windows", 1: "words"} for name in (*INPUTS[2:], *OUTPUTS)
    }
    write_graph(_Graph(network), (pieces, shapes, firsts, marks, marks, rules), path, inputs=INPUTS, outputs=OUTPUTS, axes=axes)
