"""Dates, amounts and quantities of one mention of an event."""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from typing import Protocol, TypeVar

from models.records import EventAmount, Quantity
from models.vocabulary import AmountRole, Bound, QuantityRole
from pipeline.events.reading import Reading, Sentence
from pipeline.events.triggers import Trigger

__all__ = ["amounts_of", "quantities_of", "time_of"]


class _Placed(Protocol):
    @property
    def start(self) -> int: ...


Item = TypeVar("Item", bound=_Placed)

_AMOUNT_REACH = 160
_SPOKEN_REACH = 4
"""Characters between a reporting verb and the date of the report: a blank and "on"."""
_TIME_REACH = 200
"""Characters between a trigger and its amount or date; further away another predicate governs it more often than not."""

_NUMBER = r"(?P<number>\d[\d,]*(?:\.\d+)?|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|one)"
_WORDS = {word: index for index, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())}
_QUANTITIES: tuple[tuple[QuantityRole, str, re.Pattern[str]], ...] = (
    (
        QuantityRole.ALTITUDE_KM,
        "km",
        re.compile(rf"(?:altitude|height|apogee) of (?:about |around |some |up to )?{_NUMBER}(?:\s?km| kilomet(?:er|re)s)", re.I),
    ),
    (QuantityRole.ALTITUDE_KM, "km", re.compile(r"(?:고도|정점)\D{0,6}(?P<number>\d[\d,]*)\s?(?:㎞|km|킬로)")),
    (
        QuantityRole.RANGE_KM,
        "km",
        re.compile(
            rf"(?:flew|flying|travel(?:l)?ed|distance of|range of)\s(?:about |around |some |up to |more than |nearly )?{_NUMBER}(?:\s?km| kilomet(?:er|re)s)",
            re.I,
        ),
    ),
    (
        QuantityRole.RANGE_KM,
        "km",
        re.compile(r"(?<![도점])\s(?P<number>\d[\d,]*)\s?(?:여)?\s?(?:㎞|km|킬로미터)(?=[^.]{0,12}(?:비행|날아))"),
    ),
    (
        QuantityRole.KILLED,
        "persons",
        re.compile(
            rf"(?:killed|killing|left)\s(?:at least |about |some |more than |up to )?{_NUMBER}(?:\speople|\spersons|\ssoldiers|\ssailors|\scivilians|\sdead)?",
            re.I,
        ),
    ),
    (QuantityRole.KILLED, "persons", re.compile(r"(?P<number>\d[\d,]*)\s?명(?:이|을)?\s?(?:사망|숨)")),
    (
        QuantityRole.WOUNDED,
        "persons",
        re.compile(rf"(?:wounded|wounding|injured|injuring)\s(?:at least |about |some |more than )?{_NUMBER}", re.I),
    ),
    (QuantityRole.YIELD_KT, "kt", re.compile(rf"{_NUMBER}[\s-]kilotons?", re.I)),
    (QuantityRole.VESSELS, "vessels", re.compile(rf"\b{_NUMBER}\s(?:\w+\s){{0,2}}(?:vessels|ships|tankers)\b", re.I)),
    (
        QuantityRole.ENTITIES,
        "entities",
        re.compile(rf"\b{_NUMBER}\s(?:\w+\s){{0,2}}(?:entities|companies|firms|banks|organi[sz]ations)\b", re.I),
    ),
    (
        QuantityRole.PERSONS,
        "persons",
        re.compile(
            rf"\b{_NUMBER}\s(?:\w+\s){{0,2}}(?:individuals|people|workers|troops|soldiers|nationals|officials|hackers|citizens)\b", re.I
        ),
    ),
    (QuantityRole.PERSONS, "persons", re.compile(r"(?P<number>\d[\d,]*)\s?여?\s?명")),
    (
        QuantityRole.COUNT,
        "items",
        re.compile(rf"\b{_NUMBER}\s(?:[\w-]+\s){{0,3}}(?:missiles|rockets|projectiles|drones|shells|rounds|balloons|satellites)\b", re.I),
    ),
    (QuantityRole.COUNT, "items", re.compile(r"(?P<number>\d[\d,]*)\s?여?\s?(?:발|기|대)(?![가-힣])")),
)
_BOUNDS = (
    (Bound.AT_LEAST, re.compile(r"(?:at least|more than|over)\s$", re.I)),
    (Bound.AT_MOST, re.compile(r"(?:up to|at most|fewer than|less than)\s$", re.I)),
    (Bound.APPROX, re.compile(r"(?:about|around|some|nearly|approximately)\s$|약\s?$", re.I)),
)


def time_of(trigger: Trigger, reading: Reading, others: Sequence[Trigger], spoken: Sequence[int] = ()) -> int | None:
    """Return the index of the time expression that dates a trigger: in its clause, else in the sentence if no other event is nearer.

    `spoken` are the ends of reporting verbs: a time right behind one ("said on Friday") dates the saying.
    """
    sentence = trigger.sentence
    here = [
        (index, time)
        for index, time in _between(reading.tagging.times, sentence.start, sentence.end)
        if time.value is not None
        and _distance(time.start, time.end, trigger) <= _TIME_REACH
        and not any(0 <= time.start - end <= _SPOKEN_REACH for end in spoken)
    ]
    if not here:
        return None
    clause = _clause_at(sentence, trigger.head_start)
    local = [(index, time) for index, time in here if _clause_at(sentence, time.start) == clause]
    if local:
        return min(local, key=lambda pair: (_distance(pair[1].start, pair[1].end, trigger), pair[0]))[0]
    free = [
        (index, time)
        for index, time in here
        if not any(other is not trigger and _clause_at(sentence, other.head_start) == _clause_at(sentence, time.start) for other in others)
    ]
    return min(free, key=lambda pair: (_distance(pair[1].start, pair[1].end, trigger), pair[0]))[0] if free else None


def amounts_of(trigger: Trigger, reading: Reading, others: Sequence[Trigger]) -> tuple[EventAmount, ...]:
    """Return the amounts of the sentence that the frame licenses and no other licensed trigger stands nearer to."""
    role = trigger.rule.amount or trigger.frame.amount
    if role is None:
        return ()
    rivals = [other for other in others if other.frame is not trigger.frame and other.frame.amount not in (None, AmountRole.OTHER)]
    found = []
    for index, amount in _between(reading.tagging.amounts, trigger.sentence.start, trigger.sentence.end):
        distance = _distance(amount.start, amount.end, trigger)
        if distance <= _AMOUNT_REACH and not any(_distance(amount.start, amount.end, other) < distance for other in rivals):
            found.append(EventAmount(index, role))
    return tuple(found)


def quantities_of(trigger: Trigger, reading: Reading) -> tuple[Quantity, ...]:
    """Return countings and measures of the trigger's sentence that its frame admits."""
    text, sentence = reading.article.text, trigger.sentence
    start, end = max(sentence.start, trigger.start - _TIME_REACH), min(sentence.end, trigger.end + _TIME_REACH)
    found: list[Quantity] = []
    for role, unit, pattern in _QUANTITIES:
        if role not in trigger.frame.quantities:
            continue
        for match in pattern.finditer(text, start, end):
            left, right = match.span("number")
            if any(left < held.end and held.start < right for held in found):
                continue
            value = _value(match.group("number"))
            found.append(Quantity(left, right, text[left:right], role, value, value, _bound(text, left), unit))
    return tuple(sorted(found, key=lambda quantity: quantity.start))


def _between(items: Sequence[Item], start: int, end: int) -> list[tuple[int, Item]]:
    first = bisect.bisect_left(items, start, key=lambda item: item.start)
    found = []
    for index in range(first, len(items)):
        if items[index].start >= end:
            break
        found.append((index, items[index]))
    return found


def _distance(start: int, end: int, trigger: Trigger) -> int:
    return max(0, start - trigger.end, trigger.start - end)


def _clause_at(sentence: Sentence, offset: int) -> int:
    position = min(sentence.word_at(offset), len(sentence.words) - 1)
    return sentence.clause[position] if position >= 0 else 0


def _value(number: str) -> float:
    lowered = number.lower()
    return float(_WORDS[lowered]) if lowered in _WORDS else float(lowered.replace(",", ""))


def _bound(text: str, start: int) -> Bound:
    before = text[max(0, start - 16) : start]
    return next((bound for bound, pattern in _BOUNDS if pattern.search(before)), Bound.EXACT)
