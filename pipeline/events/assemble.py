"""One record per real-world event: mentions of an article that tell the same act are merged.

Two mentions are one event when type and subtype agree, their actors and targets do not contradict each other, their
dates are compatible and their modalities may stand for one act. A denied act never joins an asserted one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from models.ids import content_hash
from models.records import Argument, Event, EventAmount, EventMention, Maker, TimeExpression
from models.vocabulary import EventType, Modality, Precision
from pipeline.events.frames import Rule

__all__ = ["Candidate", "assemble"]

_LOOK_BACK = 40
"""Events of a type that a new mention is compared with, latest first; keeps the work linear in very long texts."""
_NEEDS_SHARED = frozenset(
    {
        *(EventType.STATEMENT, EventType.CALL, EventType.THREAT, EventType.ACCUSATION, EventType.REJECTION, EventType.PLEDGE),
        *(EventType.MEETING, EventType.AGREEMENT, EventType.LEGAL_ACTION, EventType.PERSONNEL, EventType.OTHER_KOREA),
    },
)
"""Types of which one article tells several different acts: a shared actor, target, word or sentence is needed to merge."""
_GENERAL = {
    EventType.MISSILE_LAUNCH: frozenset({"other"}),
    EventType.MEETING: frozenset({"talks"}),
    EventType.ARMED_CLASH: frozenset({"attack"}),
    EventType.CYBER_OP: frozenset({"intrusion", "malware", "phishing", "espionage"}),
    EventType.WEAPONS_PROGRAM: frozenset({"develop"}),
}
"""Subtypes by which one act is told beside another: a phishing campaign drops malware and is an intrusion."""
_OPEN = frozenset({Modality.PLANNED, Modality.POSSIBLE, Modality.CALLED_FOR, Modality.ALLEGED})
"""Modalities of one act that is not told as plain fact: what is suspected of being planned is planned in the next sentence."""
_STRENGTH = {
    Modality.ALLEGED: 0,
    Modality.ASSERTED: 1,
    Modality.PLANNED: 2,
    Modality.CALLED_FOR: 3,
    Modality.POSSIBLE: 4,
    Modality.DENIED: 5,
}
"""Which modality wins among the mentions of one event. A hedge anywhere outweighs plain telling elsewhere: an alleged
act stored as asserted is the worst error there is."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One mention with what assembling needs to know of it."""

    type: EventType
    rule: Rule
    mention: EventMention
    time: TimeExpression | None
    odds: tuple[float, ...] = ()
    """Probability of each modality, where a trained reader tells it."""


@dataclass(slots=True)
class _Group:
    """Mentions held to be one event, with the fillers and dates of all of them."""

    members: list[Candidate] = field(default_factory=list)
    actors: list[Argument] = field(default_factory=list)
    targets: list[Argument] = field(default_factory=list)
    times: list[TimeExpression] = field(default_factory=list)
    subtypes: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)

    def add(self, candidate: Candidate) -> None:
        self.members.append(candidate)
        self.words.add(candidate.mention.trigger.text.casefold())
        for held, new in ((self.actors, candidate.mention.actors), (self.targets, candidate.mention.targets)):
            held += [argument for argument in new if not any(_same(argument, other) for other in held)]
        if candidate.time is not None and all(candidate.time.value != time.value for time in self.times):
            self.times.append(candidate.time)
        if candidate.rule.subtype:
            self.subtypes.add(candidate.rule.subtype)


def assemble(candidates: Sequence[Candidate], maker: Maker, title: str) -> tuple[tuple[Event, tuple[Candidate, ...]], ...]:
    """Merge candidates, given in order of the text, into events in order of their first mention; return each with its members."""
    groups = _grouped(candidates)
    keys: Counter[str] = Counter()
    return tuple((_event(group, maker, title, keys), tuple(group.members)) for group in groups)


def _grouped(candidates: Sequence[Candidate]) -> list[_Group]:
    groups: list[_Group] = []
    by_type: dict[EventType, list[_Group]] = {}
    for candidate in candidates:
        held = by_type.setdefault(candidate.type, [])
        fitting = next((group for group in reversed(held[-_LOOK_BACK:]) if _fits(candidate, group)), None)
        if fitting is None:
            if candidate.rule.anaphor:
                continue
            fitting = _Group()
            groups.append(fitting)
            held.append(fitting)
        fitting.add(candidate)
    return groups


def _fits(candidate: Candidate, group: _Group) -> bool:
    if not _modalities_fit(candidate, group.members[0]):
        return False
    if not _subtypes_fit(candidate, group):
        return False
    if candidate.rule.anaphor:
        return True
    if candidate.time is not None and not all(_times_fit(candidate.time, time) for time in group.times):
        return False
    shared = candidate.mention.trigger.text.casefold() in group.words or _is_of_sentence(candidate, group)
    for mine, theirs in ((candidate.mention.actors, group.actors), (candidate.mention.targets, group.targets)):
        if mine and theirs:
            if not any(_same(one, other) for one in mine for other in theirs):
                return False
            shared = True
    return shared or candidate.type not in _NEEDS_SHARED


def _is_of_sentence(candidate: Candidate, group: _Group) -> bool:
    """Tell whether the group was told in the same sentence: "was sentenced on Friday to ten years in prison"."""
    return any(member.mention.evidence.start == candidate.mention.evidence.start for member in group.members)


def _subtypes_fit(candidate: Candidate, group: _Group) -> bool:
    """Tell whether subtypes may name one act: equal, unknown, or one of them says no more than the type does."""
    subtype, general = candidate.rule.subtype, _GENERAL.get(candidate.type, frozenset())
    if subtype is None or subtype in general or not group.subtypes:
        return True
    return any(other == subtype or other in general for other in group.subtypes)


def _modalities_fit(candidate: Candidate, other: Candidate) -> bool:
    one, two = candidate.mention.modality, other.mention.modality
    return one is two or {one, two} <= _OPEN or {one, two} == {Modality.ASSERTED, Modality.ALLEGED}


def _times_fit(one: TimeExpression, other: TimeExpression) -> bool:
    if isinstance(one.value, str) and isinstance(other.value, str):
        return one.value.startswith(other.value) or other.value.startswith(one.value)
    (first, last), (start, end) = _range(one.value), _range(other.value)
    return (not end or first <= end + "~") and (not last or start <= last + "~")


def _range(value: str | tuple[str | None, str | None] | None) -> tuple[str, str]:
    if value is None or isinstance(value, str):
        return value or "", value or ""
    return value[0] or "", value[1] or ""


def _same(one: Argument, other: Argument) -> bool:
    """Tell whether two fillers are one: by entity, by name, or a bare noun that takes up a fuller one ("the hackers")."""
    if one.entity is not None and one.entity == other.entity:
        return True
    names = one.name.casefold(), other.name.casefold()
    if names[0] == names[1]:
        return True
    bare = one.entity is None and other.entity is None and (" " not in names[0] or " " not in names[1])
    return bare and names[0].split()[-1:] == names[1].split()[-1:]


def _event(group: _Group, maker: Maker, title: str, keys: Counter[str]) -> Event:
    mentions = tuple(member.mention for member in group.members)
    first = group.members[0]
    modality = min((mention.modality for mention in mentions), key=_STRENGTH.__getitem__)
    speaking = [mention for mention in mentions if mention.modality is modality]
    dated = [member.time for member in group.members if member.time is not None]
    time = min(dated, key=lambda found: _PRECISIONS.index(found.precision)) if dated else None
    subtype = next((member.rule.subtype for member in group.members if member.rule.subtype), None)
    actors = tuple(group.actors)
    targets = tuple(target for target in group.targets if not any(_same(target, actor) for actor in actors))
    date = time.value if time else None
    return Event(
        key=_key(first.type, subtype, modality, actors, targets, date, keys),
        type=first.type,
        subtype=subtype,
        modality=modality,
        background=not any(mention.core for mention in mentions),
        date=date,
        precision=time.precision if time else Precision.UNKNOWN,
        score=_score(mentions),
        actors=actors,
        targets=targets,
        place=next((mention.place for mention in mentions if mention.place), None),
        speaker=None if any(mention.speaker is None for mention in speaking) else speaking[0].speaker,
        amounts=_amounts(mentions),
        mentions=mentions,
        maker=maker,
    )


_PRECISIONS = (
    *(Precision.DAY, Precision.RANGE, Precision.WEEK, Precision.MONTH, Precision.QUARTER, Precision.YEAR),
    *(Precision.RELATIVE_UNRESOLVED, Precision.UNKNOWN),
)


def _score(mentions: tuple[EventMention, ...]) -> float:
    """Score an event: told twice it is surer than its best mention; further retellings add nothing."""
    wrong = 1.0
    for mention in sorted((mention.score for mention in mentions), reverse=True)[:2]:
        wrong *= 1.0 - mention if wrong == 1.0 else 1.0 - 0.5 * mention
    return round(1.0 - wrong, 3)


def _amounts(mentions: tuple[EventMention, ...]) -> tuple[EventAmount, ...]:
    found: dict[int, EventAmount] = {}
    for mention in mentions:
        for amount in mention.amounts:
            found.setdefault(amount.amount, amount)
    return tuple(found[index] for index in sorted(found))


def _key(
    kind: EventType,
    subtype: str | None,
    modality: Modality,
    actors: tuple[Argument, ...],
    targets: tuple[Argument, ...],
    date: object,
    keys: Counter[str],
) -> str:
    """Make a key from content, and an ordinal for events that content does not tell apart."""
    names = [sorted(argument.entity or argument.name.casefold() for argument in arguments) for arguments in (actors, targets)]
    base = f"{kind}:{content_hash(repr((subtype, modality.value, names, date)))[:12]}"
    keys[base] += 1
    return base if keys[base] == 1 else f"{base}:{keys[base]}"
