"""The event network in torch: an encoder that also sees names, quotations and rules, and heads over its words."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from pipeline.events.reader.network import MODALITIES, PARTS
from pipeline.events.reader.options import SIZES
from pipeline.events.reader.view import MOST_RULES, NAMES, TYPES
from pipeline.train.english.network import Network, Size

__all__ = ["EventTrainee"]

_RARE = -4.0
"""First bias of the types: one word in fifty is a trigger of one of them."""
_LATE, _HIDDEN, _PAIR = 64, 128, 160
"""Widths of the marks of rules as the heads see them, and of the heads."""


class EventTrainee(nn.Module):
    """Encoder and heads; `pipeline/events/reader/network.py` computes the same without torch."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.encoder = Network(replace(size, tags=1, lemmas=1, deps=1))
        width = self.width = size.width
        self.names = nn.Embedding(NAMES, width)
        self.quoted = nn.Embedding(2, width)
        self.rules = nn.Embedding(len(TYPES) + 1, width, padding_idx=len(TYPES))
        for marks in (self.names, self.quoted, self.rules):
            nn.init.normal_(marks.weight, std=0.02)
        self.late = nn.Embedding(len(TYPES) + 1, _LATE, padding_idx=len(TYPES))
        self.drop = nn.Dropout(0.15)
        self.types = nn.Linear(width + _LATE, len(TYPES))
        nn.init.constant_(self.types.bias, _RARE)
        self.modality_in = nn.Linear(width + _LATE, _HIDDEN)
        self.modality_rule = nn.Embedding(len(MODALITIES) + 1, _HIDDEN)
        self.modality_type = nn.Embedding(len(TYPES), _HIDDEN)
        self.modality_out = nn.Linear(_HIDDEN, len(MODALITIES))
        self.part_trigger, self.part_option, self.match_trigger, self.match_option = (nn.Linear(width, _PAIR) for _ in range(4))
        self.part_type = nn.Embedding(len(TYPES), _PAIR)
        self.signs = nn.ModuleList(nn.Embedding(size, _PAIR) for size in SIZES)
        self.part_out = nn.Linear(_PAIR, len(PARTS))
        self.nowhere = nn.Parameter(torch.zeros(width))

    def read(
        self, pieces: Tensor, shapes: Tensor, firsts: Tensor, names: Tensor, quoted: Tensor, rules: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the vectors of words (stretches, words, width), the late marks of rules, and the scores of types before any logistic.

        `pieces` and `shapes` are (stretches, pieces), `firsts`, `names`, `quoted` (stretches, words), `rules` (stretches, words, MOST_RULES).
        """
        # A sum over the three slots, written out: onnxruntime's quantiser leaves reductions alone.
        sums = [sum(table(rules[:, :, slot]) for slot in range(MOST_RULES)) for table in (self.rules, self.late)]
        marks = self.names(names) + self.quoted(quoted) + sums[0]
        marks = marks * (firsts > 0).to(marks.dtype)[:, :, None]
        places = firsts[:, :, None].expand(-1, -1, self.width)
        spread = torch.zeros(*pieces.shape, self.width, dtype=marks.dtype, device=pieces.device).scatter_add(1, places, marks)
        x = self.encoder.encode(pieces, shapes, spread)
        vectors = self.drop(torch.gather(x, 1, places))
        late = torch.as_tensor(sums[1])
        return vectors, late, self.types(torch.cat([vectors, late.to(vectors.dtype)], dim=-1))

    def modality(self, vectors: Tensor, late: Tensor, kinds: Tensor, told: Tensor) -> Tensor:
        """Return the scores of modalities (triggers, modalities) at the words of triggers."""
        hidden = (
            self.modality_in(torch.cat([vectors, late.to(vectors.dtype)], dim=-1)) + self.modality_rule(told) + self.modality_type(kinds)
        )
        scores: Tensor = self.modality_out(self.drop(torch.relu(hidden)))
        return scores

    def parts(self, triggers: Tensor, options: Tensor, kinds: Tensor, signs: Tensor) -> Tensor:
        """Return the scores of parts (options, parts), given the vectors of each option's trigger and word, and its signs."""
        hidden = self.part_trigger(triggers) + self.part_option(options) + self.part_type(kinds)
        hidden = hidden + 2 * torch.tanh(self.match_trigger(triggers)) * torch.tanh(self.match_option(options))
        for place, table in enumerate(self.signs):
            hidden = hidden + table(signs[:, place])
        scores: Tensor = self.part_out(self.drop(torch.relu(hidden)))
        return scores
