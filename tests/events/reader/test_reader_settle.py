"""An event is told by all of its mentions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest

from models.records import Argument, Event
from models.vocabulary import Modality
from pipeline.events.assemble import Candidate, assemble
from pipeline.events.extraction import LanguageExtractor
from pipeline.events.reader.decide import EventReader
from pipeline.events.reader.network import MODALITIES, Limits
from pipeline.text.pieces import PieceCutter
from tests.events.conftest import MAKER
from tests.events.reader.articles import Read
from tests.events.reader.toy import Prompter

Row = Callable[..., list[Candidate]]


@pytest.fixture(scope="module")
def row(look: Callable[..., Read], rules: LanguageExtractor) -> Row:
    """Return as many candidates as are asked for, alike but for their place."""
    read = look("[Seoul/PLACE] sanctioned [Bankhaus/ORG].")
    (draft,) = rules.drafts(read.reading, read.triggers, read.finder)

    def make(count: int) -> list[Candidate]:
        triggers = [replace(draft.mention.trigger, start=100 * place, end=100 * place + 10) for place in range(count)]
        return [replace(draft, mention=replace(draft.mention, trigger=trigger)) for trigger in triggers]

    return make


Settle = Callable[..., Event]


@pytest.fixture(scope="module")
def settle(row: Row, rules: LanguageExtractor, cutter: PieceCutter) -> Settle:
    """Return the event of mentions, given the actors (and targets) of each with their probability, and the odds of their modalities."""

    def argument(like: Argument, name: str, score: float) -> Argument:
        return replace(like, entity=None, name=name, text=name, score=score)

    def run(
        actors: Sequence[Mapping[str, float]],
        targets: Sequence[Mapping[str, float]] | None = None,
        *,
        odds: Sequence[Mapping[Modality, float]] | None = None,
        more: float = 0.7,
        plain: float = 0.5,
    ) -> Event:
        candidates = []
        for candidate, acting, suffering in zip(row(len(actors)), actors, targets or [{}] * len(actors), strict=True):
            like = candidate.mention.actors[0]
            roles = {
                role: tuple(argument(like, *one) for one in said.items()) for role, said in (("actors", acting), ("targets", suffering))
            }
            candidates.append(replace(candidate, mention=replace(candidate.mention, **roles)))
        ((draft, _),) = assemble(candidates[:1], MAKER, "")
        event = replace(draft, mentions=tuple(candidate.mention for candidate in candidates))
        reader = EventReader(Prompter(cutter, types={}, limits=Limits(more=more, plain=plain)), rules.language.frames)
        said = odds or [{Modality.ASSERTED: 1.0}] * len(actors)
        settled = reader.settle(event, [[one.get(modality, 0.0) for modality in MODALITIES] for one in said])
        assert settled.mentions == event.mentions
        return settled

    return run


def names(arguments: Sequence[Argument]) -> list[str]:
    return [argument.name for argument in arguments]


def test_the_likeliest_filler_is_kept_however_unlikely(settle: Settle) -> None:
    assert names(settle([{"Seoul": 0.41}]).actors) == ["Seoul"]
    assert names(settle([{"Seoul": 0.41}, {"Tokyo": 0.45}]).actors) == ["Tokyo"]
    assert settle([{}]).actors == ()


@pytest.mark.parametrize(("score", "kept"), [(0.69, ["Seoul"]), (0.7, ["Seoul", "Tokyo"]), (0.8, ["Seoul", "Tokyo"])])
def test_others_are_taken_from_their_limit_upwards(settle: Settle, score: float, kept: list[str]) -> None:
    assert names(settle([{"Seoul": 0.9, "Tokyo": score}]).actors) == kept
    assert names(settle([{"Tokyo": score}, {"Seoul": 0.9}]).actors) == kept
    assert names(settle([{}], [{"Seoul": 0.9, "Tokyo": score}]).targets) == kept


def test_another_mention_makes_a_filler_likelier(settle: Settle) -> None:
    assert names(settle([{"Seoul": 0.9, "Tokyo": 0.65}, {}]).actors) == ["Seoul"]
    assert names(settle([{"Seoul": 0.9, "Tokyo": 0.65}, {"tokyo": 0.4}]).actors) == ["Seoul", "Tokyo"]
    # Said often enough it is likelier than what is said once.
    assert names(settle([{"Seoul": 0.75}, {"Tokyo": 0.7}, {"Tokyo": 0.7}]).actors) == ["Tokyo", "Seoul"]


def test_one_filler_plays_one_part_in_an_event(settle: Settle) -> None:
    event = settle([{"Seoul": 0.9}, {}], [{}, {"Seoul": 0.5}])
    assert (names(event.actors), names(event.targets)) == (["Seoul"], [])


@pytest.mark.parametrize(
    ("odds", "plain", "modality"),
    [
        ([{Modality.ASSERTED: 0.9, Modality.DENIED: 0.1}, {Modality.ASSERTED: 0.3, Modality.DENIED: 0.7}], 0.5, Modality.ASSERTED),
        ([{Modality.ASSERTED: 0.9, Modality.DENIED: 0.1}, {Modality.ASSERTED: 0.3, Modality.DENIED: 0.7}], 0.7, Modality.DENIED),
        ([{Modality.ASSERTED: 0.6, Modality.DENIED: 0.4}, {Modality.ASSERTED: 0.1, Modality.DENIED: 0.9}], 0.0, Modality.DENIED),
        ([{Modality.PLANNED: 0.4, Modality.ALLEGED: 0.6}, {Modality.PLANNED: 0.9, Modality.ALLEGED: 0.1}], 0.9, Modality.PLANNED),
    ],
    ids=["on the whole", "too little for a fact", "the other prevails", "never a fact"],
)
def test_the_modality_is_that_of_all_mentions(
    settle: Settle, odds: Sequence[Mapping[Modality, float]], plain: float, modality: Modality
) -> None:
    assert settle([{}, {}], odds=odds, plain=plain).modality is modality
    assert settle([{}, {}], odds=odds[::-1], plain=plain).modality is modality


def test_the_speaker_is_that_of_the_modality(row: Row, rules: LanguageExtractor, cutter: PieceCutter) -> None:
    own, claimed = row(2)
    speaker = replace(own.mention.actors[0], name="Quill", text="Quill", entity="doc:Quill")
    claimed = replace(claimed, mention=replace(claimed.mention, modality=Modality.ALLEGED, speaker=speaker))
    ((event, _),) = assemble([own, claimed], MAKER, "")
    assert event.speaker == speaker
    # The first mention is surely plain, the second hardly alleged: the article tells the act itself.
    sure = [float(one is Modality.ASSERTED) for one in MODALITIES]
    odds = [sure, [0.5 * (one in (Modality.ASSERTED, Modality.ALLEGED)) for one in MODALITIES]]
    settled = EventReader(Prompter(cutter, types={}, limits=Limits(plain=0.5)), rules.language.frames).settle(event, odds)
    assert settled.modality is Modality.ASSERTED
    assert settled.speaker is None
