"""Go through events in the order in which they were seen, and say of each which earlier one it is.

An event is compared with those alone that share a trait with it: a party and the days around it, the words of a sentence, the story.
It joins the earlier event that it is most like, if nothing speaks against any event that is joined there already. What later
events bring changes nothing of that, so a night's decisions stand when the next night's articles come, and the order in which the
events are given does not count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from math import log
from typing import NamedTuple

from models.merging import Decision, EventSummary, MergeStatus, Proposal
from pipeline.merge.compare import NEAR_AMOUNT, TEXTUAL, compare, exclude_each_other
from pipeline.merge.days import NEAR_DAYS, day_of
from pipeline.merge.sentences import sketch

__all__ = ["propose"]

_MOST_COMPARED = 100
"""Earlier events that share one trait with an event are compared with it, at most: the latest ones.

A summit fills a night with hundreds of tellings; those that are one are alike in many traits and find each other among these."""
_MOST_OPEN = 10
"""Pairs that wait for an editor on account of one event, at most: the likeliest."""
_MARGIN = 0.1
"""Two events told apart in one text that are like a third by nearly the same score: which of them it is cannot be told."""


class _OpenPair(NamedTuple):
    """Two events that may be one, likeliest first in order. What the proposal rests on is found again for those that are kept."""

    less: float
    loser: str
    winner: str


@dataclass(slots=True)
class _Groups:
    """The groups as they grow; members that a person joined speak against nothing."""

    events: Mapping[str, EventSummary]
    apart: frozenset[frozenset[str]]
    leader: dict[str, str] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    by_person: set[str] = field(default_factory=set)

    def found(self, event: str) -> None:
        self.leader[event] = event
        self.members[event] = [event]

    def join(self, event: str, group: str) -> None:
        self.leader[event] = group
        self.members[group].append(event)

    def unite(self, group: str, other: str) -> None:
        if group != other:
            for member in self.members.pop(other):
                self.join(member, group)

    def accepts(self, group: str, event: str) -> bool:
        """Tell whether nothing speaks against the event among the members: a person's word, a text that tells both, date or parties."""
        new = self.events[event]
        for member in self.members[group]:
            if frozenset((member, event)) in self.apart:
                return False
            old = self.events[member]
            if old.versions & new.versions or (member not in self.by_person and exclude_each_other(old, new)):
                return False
        return True


def propose(events: Iterable[EventSummary], decided: Iterable[Decision] = ()) -> list[Proposal]:
    """Return which events are one and which may be, by the decisions of people given and the machine's own judgement.

    Each event is the loser of one merge at most; of candidates, which name events that stay apart, there is one for each pair of
    groups. Pairs on which a person decided are not proposed.
    """
    ordered = sorted(events, key=lambda event: event.rank)
    by_id = {event.id: event for event in ordered}
    people = [decision for decision in decided if decision.loser in by_id and decision.winner in by_id]
    joined = {decision.pair for decision in people if decision.status is MergeStatus.MERGED}
    apart = frozenset(decision.pair for decision in people if decision.status is MergeStatus.APART)
    groups = _Groups(by_id, apart)
    linked = _neighbours(joined)
    merges: list[Proposal] = []
    open_pairs: list[_OpenPair] = []
    place = {event.id: number for number, event in enumerate(ordered)}
    for event, judged in _judge(ordered, skip=apart | joined):
        open_pairs += (_OpenPair(-proposal.score, proposal.loser, proposal.winner) for proposal in judged)
        kin = sorted((other for other in linked.get(event.id, ()) if place[other] < place[event.id]), key=place.__getitem__)
        if kin:
            groups.by_person.add(event.id)
            groups.join(event.id, groups.leader[kin[0]])
            for other in kin[1:]:
                groups.unite(groups.leader[event.id], groups.leader[other])
            continue
        sure = [proposal for proposal in judged if proposal.status is MergeStatus.MERGED]
        clear = [proposal for proposal in sure if not _is_ambiguous(proposal, sure, by_id)]
        taken = next((p for p in clear if groups.accepts(groups.leader[p.winner], event.id)), None)
        if taken is None:
            groups.found(event.id)
        else:
            groups.join(event.id, groups.leader[taken.winner])
            merges.append(taken)
    return merges + _candidates(open_pairs, groups)


def _neighbours(pairs: Iterable[frozenset[str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        one, other = sorted(pair)
        found[one].add(other)
        found[other].add(one)
    return found


def _judge(
    ordered: Sequence[EventSummary], *, skip: frozenset[frozenset[str]] | set[frozenset[str]]
) -> Iterator[tuple[EventSummary, list[Proposal]]]:
    """Give every event with what is proposed of it and earlier ones that share a trait, the best first."""
    for event, earlier in _meetings(ordered):
        pairs = (other for other in earlier if frozenset((other.id, event.id)) not in skip)
        yield event, _best([proposal for other in pairs if (proposal := compare(other, event))])


def _best(found: list[Proposal]) -> list[Proposal]:
    """Return the merges, the best first, and the likeliest of what an editor is to decide."""
    found.sort(key=lambda proposal: (proposal.rule not in TEXTUAL, -proposal.score, proposal.winner))
    open_ones = [proposal for proposal in found if proposal.status is MergeStatus.CANDIDATE]
    left_out = {proposal.winner for proposal in open_ones[_MOST_OPEN:]}
    return [proposal for proposal in found if proposal.winner not in left_out]


def _meetings(ordered: Sequence[EventSummary]) -> Iterator[tuple[EventSummary, list[EventSummary]]]:
    """Give every event with the earlier ones that share a trait with it, in their order."""
    # A night has millions of traits, most of them of one event alone: what is kept of each is as small as can be.
    blocks: dict[int, list[int]] = {}
    for number, event in enumerate(ordered):
        traits = [hash(trait) for trait in _traits(event)]
        yield event, [ordered[other] for other in sorted({other for trait in traits for other in blocks.get(trait, ())})]
        for trait in traits:
            block = blocks.setdefault(trait, [])
            block.append(number)
            del block[:-_MOST_COMPARED]


def _traits(event: EventSummary) -> set[tuple[str, ...]]:
    """Return what an event may have in common with another telling of it.

    A country as party counts with the very day alone: what two countries do fills the news of a week. The story counts, and so
    does the article, for its earlier versions tell the same. Amounts are put on a scale whose steps are as wide as two amounts of one
    event may be apart.
    """
    kind = event.type.value
    traits: set[tuple[str, ...]] = {("story", kind, event.cluster or event.article), ("article", kind, event.article)}
    day = day_of(event)
    around = day or event.published
    weeks = set() if around is None else {(around + timedelta(days=shift)).toordinal() // 7 for shift in (0, NEAR_DAYS)}
    for party in event.parties:
        if day is not None:
            traits.add(("day", kind, str(day), party.id))
            if party.country:
                traits.add(("day", kind, str(day), f"kb:{party.country.casefold()}"))
        if party.is_named:
            traits |= {("week", kind, str(week), party.id) for week in weeks}
    for amount in event.sums:
        if amount.value > 0:
            step = int(log(amount.value, 1 + NEAR_AMOUNT))
            traits |= {("amount", kind, amount.currency or "", str(near)) for near in (step, step + 1)}
    for _, text in event.evidence:
        traits |= {("words", kind, pair) for pair in sketch(text)}
    return traits


def _is_ambiguous(proposal: Proposal, sure: Sequence[Proposal], events: Mapping[str, EventSummary]) -> bool:
    """Tell whether the text that tells the winner tells another event besides that the loser may as well be."""
    told_in = events[proposal.winner].versions
    return any(
        other.winner != proposal.winner and events[other.winner].versions & told_in and other.score >= proposal.score - _MARGIN
        for other in sure
        if other.rule == proposal.rule
    )


def _candidates(pairs: Iterable[_OpenPair], groups: _Groups) -> list[Proposal]:
    """Return the best proposal between each two groups, as a candidate; groups that one text tells apart are no question."""
    best: dict[frozenset[str], _OpenPair] = {}
    for pair in sorted(pairs):
        ends = frozenset((groups.leader[pair.loser], groups.leader[pair.winner]))
        if len(ends) == 2 and ends not in best and not _told_apart(ends, groups):
            best[ends] = pair
    compared = (compare(groups.events[pair.winner], groups.events[pair.loser]) for pair in best.values())
    found = [replace(proposal, status=MergeStatus.CANDIDATE) for proposal in compared if proposal is not None]
    return sorted(found, key=lambda proposal: (proposal.loser, proposal.winner))


def _told_apart(ends: frozenset[str], groups: _Groups) -> bool:
    one, other = (groups.members[leader] for leader in sorted(ends))
    versions = frozenset().union(*(groups.events[member].versions for member in one))
    if any(versions & groups.events[member].versions for member in other):
        return True
    return any(frozenset((a, b)) in groups.apart for a in one for b in other)
