"""The training loop of the event reader."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.errors import ConfigurationError
from pipeline.events.reader.network import MODALITIES, PARTS
from pipeline.events.reader.options import NOWHERE, SIZES, Signs
from pipeline.events.reader.view import MOST_RULES, TYPES
from pipeline.text.pieces import stack
from pipeline.train.english.fit import device, is_quick
from pipeline.train.events.lessons import UNASKED, EventLesson, TriggerLesson
from pipeline.train.events.network import EventTrainee

__all__ = ["EventPace", "fit_events"]

log = logging.getLogger(__name__)

_REPORT = 50
_WARM_UP = 0.06
_HEAD_PACE = 5.0
_SHUFFLED = 200
"""Stretches among which those of like length are put together."""
_TYPES_WEIGHT, _MODALITY_WEIGHT, _PARTS_WEIGHT = 4.0, 0.5, 6.0
"""What brings the losses to one size."""


@dataclass(frozen=True, slots=True)
class EventPace:
    """How the reader is trained. `blind` is the share of marks of rules that are hidden: the rules were made on some of the articles
    and are better there than elsewhere, so that the network must not lean on them. `blanked` is the share of hidden pieces. `keep` is how much of the mean
    of all weights so far stays at each step: that mean is what is kept, since single steps follow single articles.
    """

    epochs: float = 5.0
    rate: float = 1.5e-4
    pieces: int = 1200
    blind: float = 0.25
    blanked: float = 0.06
    decay: float = 0.01
    keep: float = 0.9985


def fit_events(network: EventTrainee, lessons: Sequence[EventLesson], pace: EventPace, *, seed: int, unknown: int) -> None:
    """Train in place. The same seed gives the same weights on one machine with one number of threads."""
    if not lessons:
        raise ConfigurationError("there are no annotated articles with events to learn from")
    rng = random.Random(seed)
    torch.manual_seed(seed)
    where = device()
    network.to(where)
    steps = max(1, round(len(list(_deal(lessons, pace.pieces, random.Random(seed)))) * pace.epochs))
    optimizer, schedule = _optimizer(network, pace, steps)
    mean = _Mean(network, pace.keep)
    begun, losses = time.monotonic(), list[float]()
    for step, group in enumerate(_steps(lessons, pace, rng, steps), 1):
        network.train()
        with torch.autocast(where.type, dtype=torch.bfloat16, enabled=is_quick(where)):
            loss = _loss(network, group, pace, rng, unknown, where)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        mean.add(step)
        losses.append(loss.item())
        if step % _REPORT == 0 or step == steps:
            left = (time.monotonic() - begun) / step * (steps - step) / 60
            log.info("events: step %d of %d, loss %.3f, %.0f min left", step, steps, fmean(losses), left)
            losses.clear()
    mean.put_in()
    network.eval()


class _Mean:
    """The mean of the weights that are trained, over the steps; the first ones are soon forgotten."""

    def __init__(self, network: nn.Module, keep: float) -> None:
        self._weights = [weight for weight in network.parameters() if weight.requires_grad]
        self._mean = [weight.detach().clone() for weight in self._weights]
        self._keep = keep

    @torch.no_grad()
    def add(self, step: int) -> None:
        """Count the weights as they are after a step, the first of which is 1."""
        keep = min(self._keep, (1 + step) / (20 + step)) if step > 1 else 0.0
        for mean, weight in zip(self._mean, self._weights, strict=True):
            mean.lerp_(weight, 1 - keep)

    @torch.no_grad()
    def put_in(self) -> None:
        """Put the mean in the place of the weights."""
        for weight, mean in zip(self._weights, self._mean, strict=True):
            weight.copy_(mean)


def _steps(lessons: Sequence[EventLesson], pace: EventPace, rng: random.Random, steps: int) -> Iterator[list[EventLesson]]:
    while steps > 0:
        dealt = list(_deal(lessons, pace.pieces, rng))
        yield from dealt[:steps]
        steps -= len(dealt)


def _deal(lessons: Sequence[EventLesson], most: int, rng: random.Random) -> Iterator[list[EventLesson]]:
    """Yield the lessons in groups of like length with at most `most` pieces, in an order of chance."""
    shuffled = rng.sample(list(lessons), len(lessons))
    groups: list[list[EventLesson]] = []
    for begin in range(0, len(shuffled), _SHUFFLED):
        group: list[EventLesson] = []
        for lesson in sorted(shuffled[begin : begin + _SHUFFLED], key=lambda lesson: len(lesson.stretch.window)):
            if group and (len(group) + 1) * len(lesson.stretch.window) > most:
                groups.append(group)
                group = []
            group.append(lesson)
        groups.append(group)
    rng.shuffle(groups)
    yield from groups


def _optimizer(network: EventTrainee, pace: EventPace, steps: int) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LambdaLR]:
    # As in the encoder, the pieces' own vectors stay as they are.
    network.encoder.words.weight.requires_grad_(requires_grad=False)
    network.encoder.places.weight.requires_grad_(requires_grad=False)
    slow_names = ("encoder.layers.", "encoder.norm.", "encoder.kind", "encoder.shapes.")
    slow = [weight for name, weight in network.named_parameters() if name.startswith(slow_names)]
    fast = [weight for name, weight in network.named_parameters() if not name.startswith("encoder.")]
    groups = [{"params": slow, "lr": pace.rate}, {"params": fast, "lr": pace.rate * _HEAD_PACE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=pace.decay, fused=True)
    warm = max(1.0, _WARM_UP * steps)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / warm) * max(0.0, 1 - step / steps))
    return optimizer, schedule


def _loss(
    network: EventTrainee, group: Sequence[EventLesson], pace: EventPace, rng: random.Random, unknown: int, where: torch.device
) -> Tensor:
    hide = np.random.default_rng(rng.getrandbits(32))
    batch = stack([lesson.stretch.window for lesson in group], range(len(group)))
    blank = (hide.random(batch.pieces.shape) < pace.blanked) & (batch.shapes > 0)
    words = batch.firsts.shape[1]

    def tensor(array: object) -> Tensor:
        return torch.as_tensor(array).to(where)

    rules = np.full((len(group), words, MOST_RULES), len(TYPES), np.int64)
    names, quoted = np.zeros((2, len(group), words), np.int64)
    types = np.full((len(group), words, len(TYPES)), UNASKED, np.int64)
    for row, lesson in enumerate(group):
        first, last = lesson.stretch.first, lesson.stretch.last
        names[row, : last - first] = lesson.view.names[first:last]
        quoted[row, : last - first] = lesson.view.quoted[first:last]
        types[row, : last - first] = lesson.types
        for word, fired in enumerate(lesson.view.rules[first:last]):
            rules[row, word, : len(fired)] = fired
    rules = np.where(hide.random(rules.shape) < pace.blind, len(TYPES), rules)
    vectors, late, scores = network.read(
        *map(tensor, (np.where(blank, unknown, batch.pieces), batch.shapes, batch.firsts, names, quoted, rules))
    )
    answers = tensor(types)
    asked = answers >= 0
    own = nn.functional.binary_cross_entropy_with_logits(scores.float()[asked], answers[asked].float(), reduction="sum")
    loss = _TYPES_WEIGHT * own / (answers.amax(-1) >= 0).sum().clamp(min=1)
    told = [(row, trigger) for row, lesson in enumerate(group) for trigger in lesson.triggers]
    if not told:
        return loss
    at = (tensor([row for row, _ in told]), tensor([trigger.word for _, trigger in told]))
    kinds = tensor([trigger.kind for _, trigger in told])
    said = [len(MODALITIES) if hide.random() < pace.blind else trigger.told for _, trigger in told]
    modalities = network.modality(vectors[at], late[at], kinds, tensor(said))
    right = tensor([trigger.modality for _, trigger in told])
    loss = loss + _MODALITY_WEIGHT * nn.functional.cross_entropy(modalities.float(), right)
    return loss + _PARTS_WEIGHT * _parts_loss(network, vectors, told, kinds, pace, hide, where)


def _parts_loss(
    network: EventTrainee,
    vectors: Tensor,
    told: Sequence[tuple[int, TriggerLesson]],
    kinds: Tensor,
    pace: EventPace,
    hide: np.random.Generator,
    where: torch.device,
) -> Tensor:
    owners: list[int] = []
    places: list[int] = []
    signs: list[Signs] = []
    answers: list[tuple[int, ...]] = []
    for number, (_, trigger) in enumerate(told):
        for option, answer in zip(trigger.options, trigger.answers, strict=True):
            blind = hide.random() < pace.blind
            owners.append(number)
            places.append(option.place)
            signs.append(option.signs._replace(actor=0, chosen=0, speaker=0) if blind else option.signs)
            answers.append(answer)
    if not owners:
        return torch.zeros((), device=where)
    owner, place = torch.tensor(owners, device=where), torch.tensor(places, device=where)
    rows = torch.tensor([row for row, _ in told], device=where)[owner]
    words = torch.tensor([trigger.word for _, trigger in told], device=where)[owner]
    stand = torch.where((place != NOWHERE)[:, None], vectors[rows, place.clamp(min=0)], network.nowhere.to(vectors.dtype))
    sign = torch.tensor(signs, device=where).view(-1, len(SIZES))
    scores = network.parts(vectors[rows, words], stand, kinds[owner], sign).float()
    right = torch.tensor(answers, device=where).view(-1, len(PARTS))
    asked = right != UNASKED
    if not asked.any():
        return torch.zeros((), device=where)
    return nn.functional.binary_cross_entropy_with_logits(scores[asked], right[asked].float())
