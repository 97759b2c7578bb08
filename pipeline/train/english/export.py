"""From the trained network to the files that the pipeline reads: an ONNX graph in eight-bit integers, and what goes with it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.tag.encoder.network import INPUTS, OUTPUTS, EncoderFiles
from pipeline.train.english.examples import TAGS
from pipeline.train.english.lessons import Classes
from pipeline.train.english.network import Network
from pipeline.train.graphs import write_graph

__all__ = ["export"]


class _Graph(nn.Module):
    """The network with its outputs as a tuple, in the order of OUTPUTS."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, pieces: Tensor, shapes: Tensor, firsts: Tensor) -> tuple[Tensor, ...]:
        outputs = self.network(pieces, shapes, firsts)
        return tuple(getattr(outputs, name) for name in OUTPUTS)


def export(network: Network, classes: Classes, tokenizer: Path, folder: Path, *, version: str, quantised: bool = True) -> EncoderFiles:
    """Write the network to `folder`, weights of matrix products and of pieces in eight bits; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = EncoderFiles(folder)
    network = network.to("cpu").eval()
    _write(network, files.graph, quantised=quantised)
    np.savez(
        files.deps,
        root=network.dep_root.detach().numpy(),
        weight=network.dep_out.weight.detach().numpy(),
        bias=network.dep_out.bias.detach().numpy(),
    )
    meta = {
        "version": version,
        "width": network.size.width,
        "entities": TAGS,
        "tags": classes.tags,
        "lemmas": classes.lemmas,
        "deps": classes.deps,
    }
    files.meta.write_text(json.dumps(meta, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    files.tokenizer.write_bytes(tokenizer.read_bytes())
    return files


def _write(network: Network, path: Path, *, quantised: bool) -> None:
    pieces = torch.tensor([[101, 2000, 2001, 102], [101, 2002, 102, 0]])
    shapes = torch.tensor([[0, 4, 7, 0], [0, 4, 0, 0]])
    firsts = torch.tensor([[1, 2], [1, 0]])
    axes = {name: {0: "windows", 1: "pieces"} for name in ("pieces", "shapes")} | {
        name: {0: "windows", 1: "words"} for name in ("firsts", *OUTPUTS)
    }
    axes["arcs"][2] = "options"
    example = (pieces % network.size.vocabulary, shapes, firsts)
    write_graph(_Graph(network), example, path, inputs=INPUTS, outputs=OUTPUTS, axes=axes, quantised=quantised)
