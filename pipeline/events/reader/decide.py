"""From the network's probabilities to triggers and to what is told at them."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from models.records import Argument, Event, EventAmount, EventMention, TimeExpression
from models.vocabulary import AmountRole, AttributionKind, EventType, Modality
from pipeline.events.arguments import ArgumentFinder
from pipeline.events.frames import Frame, Rule
from pipeline.events.reader.network import MODALITIES, PARTS, EventNetwork, Floats, StretchScores
from pipeline.events.reader.options import Option, OptionReader, same_filler
from pipeline.events.reader.view import TYPES, Stretch, View, cut_stretches, view_of
from pipeline.events.reading import Reading
from pipeline.events.triggers import Trigger

__all__ = ["NETWORK_RULE", "EventReader", "Sight", "generic_rule", "log_odds"]

Filler = TypeVar("Filler")

NETWORK_RULE = "network:"
"""Begins the id of the rule that stands for a trigger which the network alone found; the type follows."""
_SYMMETRIC = frozenset({EventType.MEETING, EventType.MILITARY_DRILL, EventType.AGREEMENT})
_APART = 2
"""Words between two triggers of one type, else they are one: "launched a missile"."""
_AGAIN = 0.15
"""What each further mention with the same filler adds to its probability."""
_SURE = 1e-6
"""Nothing is surer than this."""
_MOST_FILLERS = 100
"""Fillers of one role at one trigger: more than the longest list of designated names in one sentence of real news."""


def generic_rule(kind: EventType) -> Rule:
    """Return the rule of a trigger that no frame knows: where actors and targets stand in most frames."""
    symmetric = kind in _SYMMETRIC
    return Rule(
        id=f"{NETWORK_RULE}{kind.value}",
        subtype=None,
        patterns=(),
        actor=("subject", "by", "possessor", *(("between", "with") if symmetric else ())),
        target=() if symmetric else ("object", "on", "against", "to", "with", "of", "for"),
        place=(),
        symmetric=symmetric,
        near=None,
        unless=None,
        article=None,
        modality=None,
        amount=None,
        anaphor=False,
        lead=False,
        score=0.5,
        rank=0,
    )


@dataclass(frozen=True, slots=True)
class Sight:
    """A trigger as the network sees it: at which word of which stretch, and how likely the event is told there."""

    trigger: Trigger
    stretch: Stretch
    scores: StretchScores
    word: int
    probability: float


class EventReader:
    """Reads articles of one language with a trained network; built once."""

    def __init__(self, network: EventNetwork, frames: Iterable[Frame], *, light_verbs: frozenset[str] = frozenset()) -> None:
        """`light_verbs` are lemmas of verbs that tell nothing beside their object: "carried out a test"."""
        self.network = network
        self._light = light_verbs
        self._frames = {frame.type: frame for frame in frames}
        self._rules = {kind: generic_rule(kind) for kind in self._frames}

    def look(self, reading: Reading, triggers: Sequence[Trigger]) -> tuple[View, list[Sight]]:
        """Return the triggers that are believed, those of the rules and new ones, in order of the text."""
        view = view_of(reading, triggers)
        read = sorted(self.network.read(view, cut_stretches(view, self.network.cutter)), key=lambda pair: pair[0].first)
        types = np.concatenate([scores.types for _, scores in read]) if read else np.zeros((0, len(TYPES)), np.float32)
        sights = [*self._kept(view, triggers, types), *self._new(view, triggers, types)]
        homes = [stretch.first for stretch, _ in read]
        found = []
        for trigger, probability in sorted(sights, key=lambda sight: (sight[0].start, sight[0].end)):
            place = view.place(trigger.sentence, trigger.head)
            home = int(np.searchsorted(homes, place, side="right")) - 1
            found.append(Sight(trigger, *read[home], place - homes[home], probability))
        return view, found

    def _kept(self, view: View, triggers: Sequence[Trigger], types: Floats) -> Iterator[tuple[Trigger, float]]:
        for trigger in triggers:
            first, last = (view.place(trigger.sentence, word) for word in (trigger.first, trigger.last))
            probability = float(types[first : last + 1, TYPES.index(trigger.frame.type)].max())
            if probability >= self.network.limits.rule:
                yield trigger, probability

    def _new(self, view: View, triggers: Sequence[Trigger], types: Floats) -> Iterator[tuple[Trigger, float]]:
        taken = np.zeros(types.shape, bool)
        for trigger in triggers:
            first, last = (view.place(trigger.sentence, word) for word in (trigger.first, trigger.last))
            kind = TYPES.index(trigger.frame.type)
            taken[max(0, first - _APART) : last + _APART + 1, kind] = True
            if types[first : last + 1, kind].max() >= self.network.limits.rule:
                # A word tells one event: what the rules and the network both see there is no other one.
                taken[first : last + 1] = True
        places, kinds = np.nonzero((types >= self.network.limits.new) & ~taken)
        for at in np.argsort(-types[places, kinds], kind="stable").tolist():
            place, kind = int(places[at]), int(kinds[at])
            if view.names[place] or taken[place, kind] or TYPES[kind] not in self._frames:
                continue
            taken[max(0, place - _APART) : place + _APART + 1, kind] = True
            if self._is_told_below(view, place, triggers):
                continue
            yield self._trigger(view, place, TYPES[kind]), float(types[place, kind])

    def _is_told_below(self, view: View, place: int, triggers: Sequence[Trigger]) -> bool:
        """Tell whether a word is a light verb over a trigger of the rules: that tells the event, and the verb is no second one."""
        sentence = view.sentence(place)
        word = place - view.place(sentence, 0)
        if sentence.parse is None:
            return False
        # The lemmatiser errs on "carried".
        lemmas = {sentence.parse.lemmas[word], sentence.words[word].norm.replace("ied", "y")}
        if not lemmas & self._light:
            return False
        below = sentence.parse.below[word]
        return any(trigger.sentence is sentence and (trigger.head in below or trigger.last in below) for trigger in triggers)

    def _trigger(self, view: View, place: int, kind: EventType) -> Trigger:
        """Return a trigger of one word that no rule knows."""
        sentence = view.sentence(place)
        word = place - view.place(sentence, 0)
        where = (sentence.words[word].start, sentence.words[word].end)
        verbal = sentence.parse is not None and sentence.parse.is_verb(word)
        return Trigger(self._frames[kind], self._rules[kind], sentence, *where, *where, word, word, word, verbal=verbal)

    def read(
        self, view: View, sights: Sequence[Sight], mentions: Sequence[EventMention], finder: ArgumentFinder
    ) -> Iterator[tuple[EventMention, TimeExpression | None, tuple[float, ...]]]:
        """Yield each mention, as the rules told it, with what the network says of it; what dates it; and the odds of its modality."""
        options = OptionReader(view, finder)
        for sight, mention in zip(sights, mentions, strict=True):
            yield self._read(view, sight, mention, options)

    def settle(self, event: Event, odds: Sequence[Sequence[float]]) -> Event:
        """Return an event with the likeliest of the actors and targets of its mentions and those others that are likely enough, and
        with the modality that its mentions have on the whole; `odds` has those of each mention.

        The mentions keep what they say themselves.
        """
        modality = _modality(np.asarray(odds, np.float32).mean(0), self.network.limits.plain)
        limit = self.network.limits.more
        acting = _worth([mention.actors for mention in event.mentions])
        suffering = _worth([mention.targets for mention in event.mentions])
        speaking = [mention.speaker for mention in event.mentions if mention.modality is modality] or [
            mention.speaker for mention in event.mentions
        ]
        return replace(
            event,
            actors=_settled(acting, suffering, limit, level=True),
            targets=_settled(suffering, acting, limit, level=False),
            modality=modality,
            speaker=None if None in speaking else speaking[0],
        )

    def _read(
        self, view: View, sight: Sight, mention: EventMention, reader: OptionReader
    ) -> tuple[EventMention, TimeExpression | None, tuple[float, ...]]:
        trigger, limits = sight.trigger, self.network.limits
        options = reader.options(trigger, mention, sight.stretch)
        kind = TYPES.index(trigger.frame.type)
        word = sight.word
        place = sight.stretch.first + word
        parts = self.network.parts(sight.scores.vectors, word, kind, options)
        by_part = {part: parts[:, column] for column, part in enumerate(PARTS)}
        fillers, times = len(options.fillers), len(options.times)
        actors, targets = _roles(options.fillers, by_part["actor"][:fillers], by_part["target"][:fillers], limits.filler)
        speaker = _best(options.fillers, by_part["speaker"][:fillers], limits.speaker)
        if speaker is not None and any(same_filler(speaker) == same_filler(actor) for actor in actors):
            speaker = None
        time = _best(options.times, by_part["time"][fillers : fillers + times], limits.time)
        amounts = [
            option.filler
            for option, probability in zip(options.amounts, by_part["amount"][fillers + times :], strict=True)
            if probability >= limits.amount
        ]
        odds = self.network.modality(sight.scores.vectors[word], kind, view.rules[place], MODALITIES.index(mention.modality))
        modality = _modality(odds, limits.plain)
        told = None if time is None else _index(view.reading.tagging.times, time)
        role = trigger.rule.amount or trigger.frame.amount or AmountRole.OTHER
        read = replace(
            mention,
            actors=actors,
            targets=targets,
            speaker=speaker,
            attribution=_attribution(mention, speaker, view.quoted[place]),
            modality=modality,
            cues=mention.cues if modality is mention.modality else (),
            amounts=tuple(EventAmount(index, role) for index in amounts),
            time=told,
            score=self._score(sight.probability),
        )
        return read, time, tuple(odds.tolist())

    def _score(self, probability: float) -> float:
        limits = self.network.limits
        return round(1 / (1 + math.exp(-(limits.slope * log_odds(probability) + limits.offset))), 4)


def _index(times: Sequence[TimeExpression], time: TimeExpression) -> int | None:
    """Return the place of a time among those of the text; None for one that the text does not hold."""
    found = bisect.bisect_left(times, time.start, key=lambda one: one.start)
    return next((place for place in range(found, min(found + 2, len(times))) if times[place] is time), None)


def log_odds(probability: float) -> float:
    """Return the log odds of a probability, bounded."""
    bounded = min(max(probability, _SURE), 1 - _SURE)
    return math.log(bounded / (1 - bounded))


def _attribution(mention: EventMention, speaker: Argument | None, quoted: int) -> AttributionKind:
    """Return how a claim is attributed: as the rules say where they agree that somebody speaks, or that nobody does."""
    if speaker is None:
        return AttributionKind.UNATTRIBUTED
    if mention.attribution is not AttributionKind.UNATTRIBUTED:
        return mention.attribution
    return AttributionKind.DIRECT_QUOTE if quoted else AttributionKind.INDIRECT


def _modality(odds: Floats, plain: float) -> Modality:
    """Return the likeliest modality; what is asserted with too little certainty is the likeliest other."""
    best = int(odds.argmax())
    asserted = MODALITIES.index(Modality.ASSERTED)
    if best == asserted and odds[asserted] < plain:
        best = int(np.where(np.arange(len(odds)) == asserted, -1, odds).argmax())
    return MODALITIES[best]


def _roles(
    options: Sequence[Option[Argument]], actor: Floats, target: Floats, limit: float
) -> tuple[tuple[Argument, ...], tuple[Argument, ...]]:
    """Return actors and targets, likeliest first: all options of one filler are one, and it plays the likelier of two parts."""
    best: dict[str, tuple[float, float, float, Argument]] = {}
    for option, acts, suffers in zip(options, actor.tolist(), target.tolist(), strict=True):
        same = same_filler(option.filler)
        top = max(acts, suffers)
        held = best.get(same)
        if held is None:
            best[same] = (acts, suffers, top, option.filler)
        else:
            best[same] = (max(acts, held[0]), max(suffers, held[1]), max(top, held[2]), option.filler if top > held[2] else held[3])
    acting = [(acts, argument) for acts, suffers, _, argument in best.values() if acts >= limit and acts >= suffers]
    suffering = [(suffers, argument) for acts, suffers, _, argument in best.values() if suffers >= limit and suffers > acts]
    return _ranked(acting), _ranked(suffering)


def _worth(told: Iterable[tuple[Argument, ...]]) -> dict[str, tuple[float, Argument]]:
    """Return how likely each filler is over all mentions, likeliest first; each further mention makes it likelier."""
    held: dict[str, list[Argument]] = {}
    for argument in (argument for arguments in told for argument in arguments):
        held.setdefault(same_filler(argument), []).append(argument)
    worth = {same: (max(one.score for one in some) + _AGAIN * (len(some) - 1), some[0]) for same, some in held.items()}
    return dict(sorted(worth.items(), key=lambda item: -item[1][0]))


def _settled(
    mine: Mapping[str, tuple[float, Argument]], other: Mapping[str, tuple[float, Argument]], limit: float, *, level: bool
) -> tuple[Argument, ...]:
    """Return the likeliest filler of a role and others from `limit` upwards.

    Who is likelier in the other role plays that; `level` tells who plays here that is as likely in both.
    """
    own = [
        (worth, argument)
        for same, (worth, argument) in mine.items()
        if same not in other or worth > other[same][0] or (level and worth == other[same][0])
    ]
    return tuple(argument for place, (worth, argument) in enumerate(own) if place == 0 or worth >= limit)


def _ranked(found: list[tuple[float, Argument]]) -> tuple[Argument, ...]:
    ordered = sorted(found, key=lambda pair: -pair[0])[:_MOST_FILLERS]
    return tuple(replace(argument, score=round(probability, 3)) for probability, argument in ordered)


def _best(options: Sequence[Option[Filler]], probabilities: Floats, limit: float) -> Filler | None:
    if not options or probabilities.max() < limit:
        return None
    return options[int(probabilities.argmax())].filler
