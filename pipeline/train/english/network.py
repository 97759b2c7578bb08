"""The network: a MiniLM encoder that sees the shape of each word, and heads that share its vectors.

Weights of the encoder come from all-MiniLM-L6-v2 (Apache-2.0); the layers kept are the lower ones. See
`pipeline/text/pieces.py` for what it reads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from pipeline.errors import ConfigurationError
from pipeline.text.pieces import SHAPES
from pipeline.train.english.examples import TAGS

__all__ = ["Network", "Outputs", "Size", "load_pretrained"]


@dataclass(frozen=True, slots=True)
class Size:
    """Sizes of the network; `tags`, `lemmas` and `deps` are numbers of classes of the treebank's heads."""

    vocabulary: int
    tags: int
    lemmas: int
    deps: int
    layers: int = 5
    width: int = 384
    heads: int = 12
    inner: int = 1536
    positions: int = 512
    shape_width: int = 32
    arc_width: int = 128
    dep_width: int = 128


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the heads say of each word, before any softmax; (windows, words, …).

    `arcs` has a column for each word of the window after a first one for the root. `dep_child` and `dep_head` are added for a
    word and its head to score the relation between them.
    """

    vectors: Tensor
    entities: Tensor
    starts: Tensor
    tags: Tensor
    lemmas: Tensor
    arcs: Tensor
    dep_child: Tensor
    dep_head: Tensor


class Layer(nn.Module):
    """One layer of BERT: attention and a feed-forward net, each added to its input and normalised."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.heads = size.heads
        self.query = nn.Linear(size.width, size.width)
        self.key = nn.Linear(size.width, size.width)
        self.value = nn.Linear(size.width, size.width)
        self.mix = nn.Linear(size.width, size.width)
        self.mix_norm = nn.LayerNorm(size.width, eps=1e-12)
        self.inner = nn.Linear(size.width, size.inner)
        self.outer = nn.Linear(size.inner, size.width)
        self.norm = nn.LayerNorm(size.width, eps=1e-12)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Return (windows, pieces, width); `bias` is added to the scores of attention."""
        windows, pieces, width = x.shape
        split = (windows, pieces, self.heads, width // self.heads)
        query = self.query(x).view(split).transpose(1, 2)
        key = self.key(x).view(split).permute(0, 2, 3, 1)
        value = self.value(x).view(split).transpose(1, 2)
        weights = torch.softmax(torch.matmul(query, key) / math.sqrt(split[-1]) + bias, dim=-1)
        seen = torch.matmul(weights, value).transpose(1, 2).reshape(windows, pieces, width)
        x = self.mix_norm(x + self.drop(self.mix(seen)))
        return self.norm(x + self.drop(self.outer(nn.functional.gelu(self.inner(x)))))


class Network(nn.Module):
    """Encoder and heads."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        self.words = nn.Embedding(size.vocabulary, size.width, padding_idx=0)
        self.places = nn.Embedding(size.positions, size.width)
        self.kind = nn.Parameter(torch.zeros(size.width))
        self.shapes = nn.Embedding(SHAPES, size.width)
        nn.init.zeros_(self.shapes.weight)
        self.norm = nn.LayerNorm(size.width, eps=1e-12)
        self.layers = nn.ModuleList(Layer(size) for _ in range(size.layers))
        self.drop = nn.Dropout(0.1)
        self.late_shapes = nn.Embedding(SHAPES, size.shape_width)
        wide = size.width + size.shape_width
        self.entity_head = nn.Linear(wide, len(TAGS))
        self.start_head = nn.Linear(wide, 1)
        self.tag_head = nn.Linear(wide, size.tags)
        self.lemma_head = nn.Linear(wide, size.lemmas)
        self.arc_child = nn.Linear(wide, size.arc_width)
        self.arc_head = nn.Linear(wide, size.arc_width)
        self.arc_match = nn.Linear(size.arc_width, size.arc_width)
        self.arc_bias = nn.Linear(size.arc_width, 1)
        self.arc_root = nn.Linear(size.arc_width, 1)
        self.dep_child = nn.Linear(wide, size.dep_width)
        self.dep_head = nn.Linear(wide, size.dep_width)
        self.dep_root = nn.Parameter(torch.zeros(size.dep_width))
        self.dep_out = nn.Linear(size.dep_width, size.deps)

    def encode(self, pieces: Tensor, shapes: Tensor, marks: Tensor | None = None) -> Tensor:
        """Return the vectors of pieces, (windows, pieces, width); `marks`, of the same form, are added to what it reads."""
        place = torch.arange(pieces.shape[1], device=pieces.device)
        x = self.words(pieces) + self.shapes(shapes) + self.places(place) + self.kind
        x = self.drop(self.norm(x if marks is None else x + marks))
        bias = (pieces == 0).to(x.dtype)[:, None, None, :] * -10_000.0
        for layer in self.layers:
            x = layer(x, bias)
        return x

    def forward(self, pieces: Tensor, shapes: Tensor, firsts: Tensor) -> Outputs:
        """Read a batch; see `Batch` for the inputs."""
        x = self.encode(pieces, shapes)
        vectors = torch.gather(x, 1, firsts[:, :, None].expand(-1, -1, self.size.width))
        late = self.late_shapes(torch.gather(shapes, 1, firsts))
        seen = torch.cat([self.drop(vectors), late], dim=-1)
        child = torch.relu(self.arc_child(seen))
        head = torch.relu(self.arc_head(seen))
        arcs = torch.matmul(self.arc_match(child), head.transpose(1, 2)) + self.arc_bias(head).transpose(1, 2)
        arcs = arcs + (firsts == 0).to(arcs.dtype)[:, None, :] * -10_000.0
        return Outputs(
            vectors,
            self.entity_head(seen),
            self.start_head(seen).squeeze(-1),
            self.tag_head(seen),
            self.lemma_head(seen),
            torch.cat([self.arc_root(child), arcs], dim=-1),
            self.dep_child(seen),
            self.dep_head(seen),
        )


_NAMES = {
    "attention.self.query": "query",
    "attention.self.key": "key",
    "attention.self.value": "value",
    "attention.output.dense": "mix",
    "attention.output.LayerNorm": "mix_norm",
    "intermediate.dense": "inner",
    "output.dense": "outer",
    "output.LayerNorm": "norm",
}


def load_pretrained(network: Network, weights: Path) -> None:
    """Fill the encoder from a BERT checkpoint (`model.safetensors`); ConfigurationError where a weight is missing or does not fit."""
    try:
        found = {name.removeprefix("bert."): value for name, value in load_file(weights).items()}
    except (OSError, SafetensorError) as error:
        raise ConfigurationError(f"cannot be read as a checkpoint: {error}", path=weights) from error
    try:
        state = {
            "words.weight": found["embeddings.word_embeddings.weight"],
            "places.weight": found["embeddings.position_embeddings.weight"],
            "kind": found["embeddings.token_type_embeddings.weight"][0],
            "norm.weight": found["embeddings.LayerNorm.weight"],
            "norm.bias": found["embeddings.LayerNorm.bias"],
        }
        for layer in range(network.size.layers):
            for theirs, ours in _NAMES.items():
                for part in ("weight", "bias"):
                    state[f"layers.{layer}.{ours}.{part}"] = found[f"encoder.layer.{layer}.{theirs}.{part}"]
    except KeyError as error:
        raise ConfigurationError(f"no weight {error.args[0]}; a BERT checkpoint is needed", path=weights) from error
    try:
        network.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise ConfigurationError(str(error), path=weights) from error
