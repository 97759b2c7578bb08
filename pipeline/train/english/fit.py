"""The training loop of the encoder: lessons of both kinds, one loss, stages with their own mix and pace."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.errors import ConfigurationError
from pipeline.text.pieces import Batch
from pipeline.train.english.examples import ANY, TAGS
from pipeline.train.english.lessons import UNKNOWN, Lesson, NameLesson, TreeLesson, deal, pad
from pipeline.train.english.network import Network, Outputs

__all__ = ["Pace", "device", "fit", "is_quick", "names_loss", "trees_loss"]

log = logging.getLogger(__name__)

_HEAD_PACE = 5.0
"""The heads start from nothing and learn faster than the encoder, which only adapts."""
_WARM_UP = 0.05
_REPORT = 50


@dataclass(frozen=True, slots=True)
class Pace:
    """How a stage is run; the numbers that a plan gives.

    `rate` is the highest learning rate of the encoder, `pieces` the size of a batch, `blanked` the share of words whose
    pieces are hidden, so that shape and context are read too.
    """

    epochs: float
    rate: float = 2e-4
    pieces: int = 1536
    blanked: float = 0.06
    decay: float = 0.01


def device() -> torch.device:
    """Return the GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def fit(
    network: Network,
    lessons: Callable[[random.Random], Sequence[Lesson]],
    pace: Pace,
    *,
    seed: int,
    unknown: int,
    check: Callable[[Network], Mapping[str, float]] | None = None,
    checks: int = 4,
) -> None:
    """Train in place. `lessons` is asked anew for each epoch; `unknown` is the piece that blanked words become.

    `check` is called `checks` times over the run, on a network set to evaluate; what it returns is logged.
    The same seed gives the same weights on one machine with one number of threads. ConfigurationError where there are no lessons.
    """
    rng = random.Random(seed)
    torch.manual_seed(seed)
    where = device()
    network.to(where)
    first = deal(lessons(rng), pace.pieces, rng)
    if not first:
        raise ConfigurationError("the corpora and the plan leave nothing to learn from")
    steps = max(1, round(len(first) * pace.epochs))
    optimizer, schedule = _optimizer(network, pace, steps)
    begun, losses, pieces = time.monotonic(), list[float](), 0
    for step, (batch, group) in enumerate(_steps(first, lessons, pace, rng, steps), 1):
        network.train()
        with torch.autocast(where.type, dtype=torch.bfloat16, enabled=is_quick(where)):
            loss = _loss(network, _blank(batch, rng, pace.blanked, unknown), group, where)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        pieces += batch.pieces.size
        if step % _REPORT == 0 or step == steps:
            spent = time.monotonic() - begun
            left = spent / step * (steps - step) / 60
            log.info("step %d of %d, loss %.3f, %.0f pieces/s, %.0f min left", step, steps, fmean(losses), pieces / spent, left)
            losses.clear()
        if check is not None and (step == steps or step % max(1, steps // checks) == 0):
            network.eval()
            log.info("step %d: %s", step, ", ".join(f"{name} {value:.3f}" for name, value in check(network).items()))
    network.eval()


def _steps(
    first: list[tuple[Batch, list[Lesson]]],
    lessons: Callable[[random.Random], Sequence[Lesson]],
    pace: Pace,
    rng: random.Random,
    steps: int,
) -> Iterator[tuple[Batch, list[Lesson]]]:
    """Yield exactly `steps` batches, dealing the lessons anew whenever they are used up."""
    dealt = first
    while steps > 0:
        yield from dealt[:steps]
        steps -= len(dealt)
        if steps > 0:
            dealt = deal(lessons(rng), pace.pieces, rng)


def is_quick(where: torch.device) -> bool:
    """Tell whether the machine computes in bfloat16 faster than in full precision."""
    if where.type == "cuda":
        return True
    return bool(torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _optimizer(network: Network, pace: Pace, steps: int) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LambdaLR]:
    slow: list[nn.Parameter] = []
    fast: list[nn.Parameter] = []
    for name, weight in network.named_parameters():
        (slow if name.startswith(("words.", "places.", "kind", "norm.", "layers.")) else fast).append(weight)
    # The pieces' own vectors stay as they are: most pieces of news are never seen in training, and should fit those that are.
    network.words.weight.requires_grad_(requires_grad=False)
    network.places.weight.requires_grad_(requires_grad=False)
    slow = [weight for weight in slow if weight.requires_grad]
    groups = [{"params": slow, "lr": pace.rate}, {"params": fast, "lr": pace.rate * _HEAD_PACE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=pace.decay, fused=True)
    warm = max(1.0, _WARM_UP * steps)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / warm) * max(0.0, 1 - step / steps))
    return optimizer, schedule


def _blank(batch: Batch, rng: random.Random, share: float, unknown: int) -> Batch:
    """Hide the pieces of some words."""
    if not share:
        return batch
    hidden = np.random.default_rng(rng.getrandbits(32)).random(batch.pieces.shape) < share
    pieces = np.where(hidden & (batch.shapes > 0), unknown, batch.pieces)
    return Batch(batch.windows, pieces, batch.shapes, batch.firsts)


def _loss(network: Network, batch: Batch, group: Sequence[Lesson], where: torch.device) -> Tensor:
    outputs = network(*(torch.from_numpy(array).to(where) for array in (batch.pieces, batch.shapes, batch.firsts)))
    names = [lesson for lesson in group if isinstance(lesson, NameLesson)]
    if names:
        return names_loss(outputs.entities.float(), torch.from_numpy(pad([lesson.allowed for lesson in names], ANY)).to(where))
    trees = [lesson for lesson in group if isinstance(lesson, TreeLesson)]
    return trees_loss(network, outputs, trees, where)


def names_loss(scores: Tensor, allowed: Tensor) -> Tensor:
    """Return the mean negative log of the probability that all allowed tags have together; words where any is allowed do not count.

    `scores` is (windows, words, tags), `allowed` (windows, words) with bits. With one allowed tag this is cross entropy.
    """
    bits = (allowed[:, :, None] >> torch.arange(len(TAGS), device=allowed.device)) & 1
    asked = allowed != ANY
    right = torch.logsumexp(scores.masked_fill(bits == 0, -10_000.0), -1)
    loss = torch.logsumexp(scores, -1) - right
    return (loss * asked).sum() / asked.sum().clamp(min=1)


def trees_loss(network: Network, outputs: Outputs, trees: Sequence[TreeLesson], where: torch.device) -> Tensor:
    """Return the sum of the treebank heads' mean losses."""

    def answers(rows: Sequence[Sequence[int]]) -> Tensor:
        return torch.from_numpy(pad(rows, UNKNOWN)).to(where)

    def cross(scores: Tensor, rows: Tensor) -> Tensor:
        return nn.functional.cross_entropy(scores.float().flatten(0, 1), rows.flatten(), ignore_index=UNKNOWN)

    starts, heads = answers([lesson.starts for lesson in trees]), answers([lesson.heads for lesson in trees])
    known = starts >= 0
    start = nn.functional.binary_cross_entropy_with_logits(outputs.starts.float()[known], starts[known].float())
    deps = dep_scores(network, outputs, heads.clamp(min=0))
    return (
        cross(outputs.arcs, heads)
        + cross(deps, answers([lesson.deps for lesson in trees]))
        + 0.5 * cross(outputs.tags, answers([lesson.tags for lesson in trees]))
        + 0.5 * cross(outputs.lemmas, answers([lesson.lemmas for lesson in trees]))
        + start
    )


def dep_scores(network: Network, outputs: Outputs, heads: Tensor) -> Tensor:
    """Return the scores of relations, (windows, words, relations), given each word's head (1-based, 0 for the root)."""
    windows, _, width = outputs.dep_head.shape
    options = torch.cat([network.dep_root.to(outputs.dep_head.dtype).expand(windows, 1, width), outputs.dep_head], dim=1)
    chosen = torch.gather(options, 1, heads[:, :, None].expand(-1, -1, width))
    scores: Tensor = network.dep_out(torch.relu(outputs.dep_child + chosen))
    return scores
