"""Compare two events part by part, and decide: one event, perhaps one, or two.

Precision comes before recall: an event told twice stays two rows that an editor may join, while two events made one lose a fact.
Each way to be one event is a rule of its own (`MergeRule`); the parts say in words what it rests on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from models.merging import EventSummary, MergeRule, MergeStatus, Part, Party, Proposal, Sum
from models.vocabulary import ArgumentRole, EventType, Modality, Precision
from pipeline.merge.days import AGREEING, EQUAL_STRETCH, Agreement, compare_dates, day_of
from pipeline.merge.sentences import likeness

__all__ = ["NEAR_AMOUNT", "TEXTUAL", "compare", "exclude_each_other"]

MERGE_AT = 0.6
"""Score from which a rule merges; below it the pair waits for an editor."""
CANDIDATE_AT = 0.5
"""Score from which a pair without a rule waits for an editor."""

_SAME_SENTENCE = 0.6
"""Two sentences of this likeness tell one thing in nearly the same words."""
_LIKE_SENTENCE = 0.3
"""Two sentences of this likeness are on one matter."""
_SAME_COPY = 0.8
"""Copies of one text may differ by a word of a sentence."""
NEAR_AMOUNT = 0.05
"""Amounts this close are one amount, rounded or converted differently."""

_DATELESS = frozenset({Precision.UNKNOWN, Precision.RELATIVE_UNRESOLVED})
_ONE_A_DAY = frozenset({EventType.NUCLEAR_TEST, EventType.MISSILE_LAUNCH})
"""Acts so rare that the same actor, kind and day mean the same act."""
_OF_A_PARTY = frozenset(
    {EventType.SANCTION, EventType.CYBER_OP, EventType.LEGAL_ACTION, EventType.PERSONNEL, EventType.ILLICIT_FINANCE, EventType.MEETING}
)
"""Acts that a named party and the day make certain."""
_MUTUAL = frozenset({EventType.MEETING, EventType.AGREEMENT, EventType.MILITARY_DRILL, EventType.RELATIONS_CHANGE})
"""Acts in which it does not matter who is named as the actor and who as the target."""
_GENERAL: Mapping[EventType, frozenset[str]] = {
    EventType.MISSILE_LAUNCH: frozenset({"other"}),
    EventType.MEETING: frozenset({"talks"}),
    EventType.ARMED_CLASH: frozenset({"attack"}),
    EventType.CYBER_OP: frozenset({"intrusion", "malware"}),
}
"""Subtypes that say no more than the type does."""


@dataclass(frozen=True, slots=True)
class _Parties:
    """How the parties of two events in one role agree: shared ones, the share of them, and whether they exclude each other."""

    shared: tuple[str, ...]
    named: tuple[str, ...]
    value: float | None
    against: bool
    why: str


@dataclass(frozen=True, slots=True)
class _Comparison:
    one: EventSummary
    other: EventSummary
    dates: Agreement
    parties: tuple[_Parties, ...]
    amounts: float | None
    text: float | None
    parts: tuple[Part, ...]

    @property
    def score(self) -> float:
        known = [(part.value, part.weight) for part in self.parts if part.value is not None]
        return round(sum(value * weight for value, weight in known) / (sum(weight for _, weight in known) or 1.0), 3)

    @property
    def shared(self) -> set[str]:
        return {name for parties in self.parties for name in parties.shared}

    @property
    def named(self) -> set[str]:
        return {name for parties in self.parties for name in parties.named}

    @property
    def against(self) -> bool:
        return self.dates.against or any(parties.against for parties in self.parties)


def compare(one: EventSummary, other: EventSummary) -> Proposal | None:
    """Return what is proposed of two events, None where they are two; which of them comes first does not matter."""
    if one.id == other.id or one.type is not other.type or one.versions & other.versions or not _modalities_meet(one, other):
        return None
    if not _share_text(one, other) and not _may_be_alike(one, other):
        return None
    winner, loser = sorted((one, other), key=lambda event: event.rank)
    found = _compare(winner, loser)
    rule = _find_rule(found)
    if rule is not None and one.modality is other.modality and (found.score >= MERGE_AT or rule in TEXTUAL):
        return _propose(found, MergeStatus.MERGED, rule)
    if rule is not None or _may_be_one(found):
        return _propose(found, MergeStatus.CANDIDATE, rule or MergeRule.ALIKE)
    return None


def _may_be_alike(one: EventSummary, other: EventSummary) -> bool:
    """Tell whether two events of two texts need be compared at all: no rule joins those of which any of this is true.

    Most pairs of a night that share a trait end here, before their sentences are compared.
    """
    if one.habitual or other.habitual or not _subtypes_fit(one, other) or compare_dates(one, other).against:
        return False
    return not any(parties.against for parties in _all_parties(one, other))


def exclude_each_other(one: EventSummary, other: EventSummary) -> bool:
    """Tell whether dates or parties say that these cannot be one event; of two days one may be wrong in copies of one text alone."""
    found = _compare(one, other)
    two_days = found.dates.value is not None and found.dates.value < AGREEING
    return found.against or (two_days and not _share_text(one, other))


def _propose(found: _Comparison, status: MergeStatus, rule: MergeRule) -> Proposal:
    return Proposal(found.other.id, found.one.id, status, found.score, rule, found.parts)


def _modalities_meet(one: EventSummary, other: EventSummary) -> bool:
    """Tell whether an editor may be asked: what one asserts another may allege, but a plan is not the act."""
    return one.modality is other.modality or {one.modality, other.modality} == {Modality.ASSERTED, Modality.ALLEGED}


# --- rules ------------------------------------------------------------------------------------------------------------

TEXTUAL = frozenset({MergeRule.COPY, MergeRule.VERSION})
"""Rules that rest on the texts, whatever the score of the rest."""


def _find_rule(found: _Comparison) -> MergeRule | None:
    """Return the first rule by which two events are one."""
    one, other = found.one, found.other
    if _is_copy(found):
        return MergeRule.VERSION if one.article == other.article else MergeRule.COPY
    if found.against or one.habitual or other.habitual or not _subtypes_fit(one, other):
        return None
    if found.dates.same and one.type in _ONE_A_DAY and found.shared:
        return MergeRule.ONE_A_DAY
    if found.dates.same and one.type in _OF_A_PARTY and _party_decides(found):
        return MergeRule.PARTY_AND_DAY
    if found.amounts == 1.0 and found.named and one.type in _OF_A_PARTY:
        return MergeRule.PARTY_AND_AMOUNT
    if _is_retold(found):
        return MergeRule.SAME_WORDS
    return None


def _is_copy(found: _Comparison) -> bool:
    """Tell whether two versions of an article, or two copies of one text, tell the same thing in it."""
    one, other = found.one, found.other
    if not _share_text(one, other) or one.modality is not other.modality:
        return False
    if one.key == other.key:
        return one.date_start is not None or found.text is None or found.text >= _SAME_SENTENCE
    return (found.text or 0.0) >= _SAME_COPY and one.subtype == other.subtype and not found.against


def _share_text(one: EventSummary, other: EventSummary) -> bool:
    return one.article == other.article or (one.cluster is not None and one.cluster == other.cluster)


def _party_decides(found: _Comparison) -> bool:
    """Tell whether a shared party makes it certain: a named target, two parties of a meeting, or one party and the same matter."""
    if found.one.type in _MUTUAL:
        return len(found.shared) > 1 and bool(found.named)
    if found.parties[1].named:
        return True
    return bool(found.named) and ((found.text or 0.0) >= _LIKE_SENTENCE or found.amounts == 1.0)


def _is_retold(found: _Comparison) -> bool:
    """Tell whether nearly the same words tell it, of the same parties, with dates that agree and at no other place."""
    one, other = found.one, found.other
    if (found.text or 0.0) < _SAME_SENTENCE or not found.shared or one.subtype != other.subtype:
        return False
    if one.place and other.place and one.place != other.place:
        return False
    return found.dates.same or _dates_allow(found)


def _dates_allow(found: _Comparison) -> bool:
    """Tell whether dates that are no equal days leave no doubt in a retelling.

    Background sentences are written again and again ("conducted its fourth nuclear test in January"), so the same month does for acts
    that happen once in a month, and the same year for what was done to a named party. An act without a date is that of a day or another
    one without a date, never that of a month.
    """
    one, other = found.one, found.other
    if found.dates.value is None:
        both = one.precision in _DATELESS and other.precision in _DATELESS
        return both or day_of(one) is not None or day_of(other) is not None
    if found.dates.value < EQUAL_STRETCH or one.type is EventType.MISSILE_LAUNCH:
        return False
    return one.precision is Precision.MONTH or any(parties.named for parties in found.parties[1:])


def _may_be_one(found: _Comparison) -> bool:
    if found.against or found.one.habitual or found.other.habitual or not _subtypes_fit(found.one, found.other):
        return False
    if found.score < CANDIDATE_AT:
        return False
    if found.shared and (found.text or 0.0) >= _LIKE_SENTENCE:
        return True
    if found.named and found.dates.same and found.one.type in _OF_A_PARTY | _ONE_A_DAY:
        return True
    return found.amounts == 1.0 and (found.dates.value or 0.0) >= EQUAL_STRETCH


def _subtypes_fit(one: EventSummary, other: EventSummary) -> bool:
    general = _GENERAL.get(one.type, frozenset())
    subtypes = {one.subtype, other.subtype} - {None} - general
    return len(subtypes) < 2


# --- parts ------------------------------------------------------------------------------------------------------------


def _compare(one: EventSummary, other: EventSummary) -> _Comparison:
    dates = compare_dates(one, other)
    text = likeness(one.evidence, other.evidence)
    amounts, amounts_why = _compare_amounts(one.sums, other.sums)
    parties = _all_parties(one, other)
    names = ("parties",) if len(parties) == 1 else ("actor", "target")
    parts = (
        Part("date", dates.value, 3.0, dates.why),
        *(Part(name, found.value, 2.0, found.why) for name, found in zip(names, parties, strict=True)),
        Part("sentence", text, 3.0, "in two languages" if text is None else f"{text:.0%} of the content words are shared"),
        Part("amount", amounts, 2.0, amounts_why),
        _compare_subtypes(one, other),
        _compare_places(one, other),
    )
    return _Comparison(one, other, dates, parties, amounts, text, parts)


def _all_parties(one: EventSummary, other: EventSummary) -> tuple[_Parties, ...]:
    """Compare actors with actors and targets with targets, or all with all where it does not matter who is named first."""
    if one.type in _MUTUAL:
        return (_compare_parties(one.parties, other.parties),)
    roles = (ArgumentRole.ACTOR, ArgumentRole.TARGET)
    return tuple(_compare_parties(_of_role(one, role), _of_role(other, role)) for role in roles)


def _of_role(event: EventSummary, role: ArgumentRole) -> tuple[Party, ...]:
    return tuple(party for party in event.parties if party.role is role)


def _compare_parties(ones: tuple[Party, ...], others: tuple[Party, ...]) -> _Parties:
    """Compare by entity or name; a body of a state agrees with the state, and fillers that are no entities exclude nothing."""
    if not ones or not others:
        return _Parties((), (), None, against=False, why="not told in both")
    mine, theirs = {party.id: party for party in ones}, {party.id: party for party in others}
    shared = tuple(sorted(mine.keys() & theirs.keys()))
    states = _shared_states(mine.values(), theirs.values())
    if shared or states:
        value = len(shared) / min(len(mine), len(theirs)) if shared else 0.5
        names = [mine[party].name for party in shared] or [f"{body} of {state}" for body, state in states]
        named = tuple(party for party in shared if mine[party].is_named)
        return _Parties((*shared, *(state for _, state in states)), named, value, against=False, why=f"{', '.join(names)} in both")
    told = f"{_names(ones)} against {_names(others)}"
    known = all(any(party.label is not None for party in parties) for parties in (ones, others))
    return _Parties((), (), 0.0, against=known, why=told)


def _shared_states(ones: Iterable[Party], others: Iterable[Party]) -> list[tuple[str, str]]:
    """Return bodies or persons of a state on one side, with the state that the other side names."""
    others = list(others)
    found = set()
    for a, b in [(a, b) for a in ones for b in others]:
        for body, state in ((a, b), (b, a)):
            if body.is_named and state.id == f"kb:{(body.country or '').casefold()}":
                found.add((body.name, state.name))
    return sorted(found)


def _names(parties: Iterable[Party]) -> str:
    return ", ".join(sorted({party.name for party in parties}))


def _compare_amounts(ones: tuple[Sum, ...], others: tuple[Sum, ...]) -> tuple[float | None, str]:
    pairs = [(a, b, _are_near(a, b)) for a in ones for b in others]
    comparable = [(a, b, near) for a, b, near in pairs if near is not None]
    if not comparable:
        return None, "no two amounts to compare"
    for a, b, near in comparable:
        if near:
            return 1.0, f"{_written(a)} and {_written(b)}"
    return 0.3, "told differently: " + "; ".join(sorted({f"{_written(a)} and {_written(b)}" for a, b, _ in comparable}))


def _are_near(a: Sum, b: Sum) -> bool | None:
    """Tell whether two amounts are within five percent of each other; None where nothing makes them comparable."""
    if a.currency is not None and a.currency == b.currency:
        first, second = a.value, b.value
    elif a.usd is not None and b.usd is not None:
        first, second = a.usd, b.usd
    else:
        return None
    return abs(first - second) <= NEAR_AMOUNT * max(abs(first), abs(second))


def _written(amount: Sum) -> str:
    return f"{amount.value:,.15g} {amount.currency or ''}".strip()


def _compare_subtypes(one: EventSummary, other: EventSummary) -> Part:
    if one.subtype is None or other.subtype is None:
        return Part("subtype", None, 1.0, "not told in both")
    equal = one.subtype == other.subtype
    return Part("subtype", 1.0 if equal else 0.3, 1.0, one.subtype if equal else f"{one.subtype} against {other.subtype}")


def _compare_places(one: EventSummary, other: EventSummary) -> Part:
    if one.place is None or other.place is None:
        return Part("place", None, 1.0, "not told in both")
    equal = one.place == other.place
    return Part("place", 1.0 if equal else 0.3, 1.0, one.place if equal else f"{one.place} against {other.place}")
