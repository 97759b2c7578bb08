"""Dates, amounts and quantities of one mention of an event."""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Protocol, TypeVar

from models.records import EventAmount, Quantity, TimeExpression
from models.vocabulary import AmountRole, Bound, QuantityRole
from pipeline.events.parse import Parse
from pipeline.events.reading import Reading, Sentence
from pipeline.events.scope import has_own_subject, marks_of, shares_clause, top_of, upward
from pipeline.events.triggers import Trigger

__all__ = ["amounts_of", "day_of_report", "day_told_by_distance", "is_of_the_day", "quantities_of", "time_of"]


class _Placed(Protocol):
    @property
    def start(self) -> int: ...


Item = TypeVar("Item", bound=_Placed)

_AMOUNT_REACH = 160
_SPOKEN_REACH = 4
"""Characters between a reporting verb and the date of the report: a blank and "on"."""
_TIME_REACH = 200
"""Characters between a trigger and its amount or date; further away another predicate governs it more often than not."""

_BESIDE = 60
"""Characters between a trigger and a time that the parse leaves without an event."""
_TIGHT = frozenset({"nmod:poss", "compound", "amod"})
"""Relations of a time that belongs to its noun alone: "the February attack"."""
_NOUN_STEPS = frozenset({"obj", "obl", "nmod", "compound", "appos", "conj", "iobj", "obl:agent", "nsubj", "nsubj:pass"})
_STEPS = {
    **dict.fromkeys(("obj", "iobj", "compound", "obl", "nsubj", "nsubj:pass", "xcomp", "obl:agent", "amod"), 1),
    **dict.fromkeys(("nmod", "appos"), 2),
}
"""What each relation adds to the way from a trigger to the verb that a time stands with."""
_PHRASES = frozenset({"obl", "nmod"})
_APART = frozenset({"after", "before", "since", "following", "until", "over", "because", "despite", "about", "amid", "for", "from"})
"""Words before what happens at another time than its verb: "met on Friday after the launch"."""
_TOGETHER = frozenset({"as", "when", "while"})
_TOLD = frozenset({"ccomp", "parataxis", "advcl"})
_TOLD_COST = 5
_DAYS = {"day": 1, "week": 7}
_COUNTS = {word: count for count, word in enumerate("a two three four five six seven".split(), start=1)} | {"one": 1}
_MAIN = frozenset({"ROOT", "root", "ccomp", "parataxis", "conj"})
_SIMPLE = frozenset({"VBD", "VBZ", "VBP", "VB"})

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


def time_of(trigger: Trigger, reading: Reading, others: Sequence[Trigger], sayings: Sequence[int], *, spoken: bool) -> int | None:
    """Return the index of the time expression that dates a trigger.

    By the parse it is the one nearest in the tree, no border of a clause between; without a parse the one in the same
    clause by word order. `sayings` are the ends of reporting verbs: a time of theirs ("said on Friday") dates what is
    `spoken`, an act of speech, and what the speakers say they have done, nothing else of what they tell.
    """
    here = [(index, time) for index, time in _between(reading.tagging.times, trigger.sentence.start, trigger.sentence.end)]
    here = [(index, time) for index, time in here if time.value is not None]
    parse = trigger.sentence.parse
    if not here or parse is None:
        return _by_order(trigger, here, others, () if spoken else sayings)
    verbs = {max(0, trigger.sentence.word_at(end - 1)) for end in sayings}
    costs = [(_cost(trigger, parse, time, others, verbs, spoken=spoken), _distance(time.start, time.end, trigger), i) for i, time in here]
    reached = [(cost, distance, index) for cost, distance, index in costs if cost is not None]
    if reached:
        return min(reached)[2]
    return _beside(trigger, parse, here, others, verbs, spoken=spoken)


def _beside(
    trigger: Trigger,
    parse: Parse,
    here: Sequence[tuple[int, TimeExpression]],
    others: Sequence[Trigger],
    sayings: set[int],
    *,
    spoken: bool,
) -> int | None:
    """Return the nearest time in the clause of a trigger that the parse gives to no other event: parses err on phrases of time."""
    sentence = trigger.sentence
    taken = {word for other in others if other is not trigger for word in range(other.first, other.last + 1)}
    if not spoken:
        taken |= sayings
    free = []
    for index, time in here:
        first, last = sentence.word_at(time.start), sentence.word_at(time.end - 1)
        if last >= len(sentence.words) or sentence.clause[first] != sentence.clause[trigger.head]:
            continue
        top = top_of(parse, first, last)
        if parse.deps[top] not in _TIGHT and parse.heads[top] not in taken and _distance(time.start, time.end, trigger) <= _BESIDE:
            free.append((_distance(time.start, time.end, trigger), index))
    return min(free)[1] if free else None


def _by_order(
    trigger: Trigger, here: Sequence[tuple[int, TimeExpression]], others: Sequence[Trigger], sayings: Sequence[int]
) -> int | None:
    """Return the time in the clause of a trigger, else in the sentence if no other event is nearer."""
    sentence = trigger.sentence
    here = [
        (index, time)
        for index, time in here
        if _distance(time.start, time.end, trigger) <= _TIME_REACH and not any(0 <= time.start - end <= _SPOKEN_REACH for end in sayings)
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


def _cost(
    trigger: Trigger, parse: Parse, time: TimeExpression, others: Sequence[Trigger], sayings: set[int], *, spoken: bool
) -> int | None:
    """Count the steps in the parse between a time and a trigger; None where it dates something else."""
    sentence = trigger.sentence
    first = sentence.word_at(time.start)
    span = range(first, max(first, sentence.word_at(time.end - 1)) + 1)
    if span.stop > len(sentence.words):
        return None
    own = range(trigger.first, trigger.last + 1)
    top = top_of(parse, span.start, span.stop - 1)
    host, relation = parse.heads[top], parse.deps[top]
    if host in own:
        return int(host != trigger.head)
    if host < 0 or relation in _TIGHT:
        return None
    taken = {word for other in others for word in range(other.first, other.last + 1)}
    while not parse.is_verb(host) and host not in own and host not in taken and parse.deps[host] in _NOUN_STEPS and parse.heads[host] >= 0:
        host = parse.heads[host]
    if host in own:
        return 1
    word = trigger.head if trigger.verbal else top_of(parse, trigger.first, trigger.last)
    if parse.deps[host] in {"xcomp", "parataxis"} and parse.heads[host] in own and (parse.deps[host] == "xcomp" or spoken):
        return _STEPS["xcomp"]
    return _upward_cost(parse, word, host, sayings, spoken=spoken)


def _upward_cost(parse: Parse, word: int, host: int, sayings: set[int], *, spoken: bool) -> int | None:
    """Count the steps from a trigger up to the verb that a time stands with."""
    cost = 0
    for below, above, relation in upward(parse, word):
        if relation in _STEPS:
            if relation in _PHRASES and marks_of(parse, below) & _APART:
                return None
            cost += _STEPS[relation]
        elif relation == "conj":
            if has_own_subject(parse, below) or (not spoken and any(True for _ in parse.children(below, "aux"))):
                return None
            cost += 2
        elif _is_at_once(parse, below, relation):
            cost += 3
        elif relation in _TOLD and (spoken or (above in sayings and _is_own_act(parse, below))):
            cost += _TOLD_COST
        else:
            return None
        if above == host:
            return cost
    return None


def _is_at_once(parse: Parse, word: int, relation: str) -> bool:
    """Tell whether a clause tells what happens together with what is above it: "..., vowing reforms", "as the drills began"."""
    marks = marks_of(parse, word)
    if relation == "acl":
        return parse.tags[word] == "VBG" and not marks
    return relation == "advcl" and (marks <= _TOGETHER if marks else shares_clause(parse, word, relation))


def _is_own_act(parse: Parse, verb: int) -> bool:
    """Tell whether a verb tells what its speakers have done ("said on Monday it had fined the firm")."""
    perfect = any(parse.norms[child] in {"has", "have", "had"} for child in parse.children(verb, "aux"))
    return perfect and any(parse.norms[child] in {"it", "they", "he", "she", "we", "i"} for child in parse.children(verb, "nsubj"))


def day_of_report(reading: Reading) -> str | None:
    """Return the day that the opening of a report names as its own: the first one in the week up to the publication; None without one."""
    if reading.article.publication is None:
        return None
    today = reading.article.publication.day
    week = {(today - timedelta(days=back)).isoformat() for back in range(7)}
    named = (time.value for _, time in _between(reading.tagging.times, 0, reading.lead))
    return next((value for value in named if isinstance(value, str) and value in week), None)


def day_told_by_distance(trigger: Trigger, reading: Reading) -> str | None:
    """Return the day of an act told by its distance from another ("came a day after ..."), counted from the time of the sentence or report."""
    parse, words = trigger.sentence.parse, trigger.sentence.words
    if parse is None:
        return None
    word = trigger.head
    for below, _, relation in upward(parse, word):
        opener = next((child for child in parse.children(below, "mark", "case") if parse.norms[child] in {"after", "before"}), None)
        if opener is not None and opener > 1:
            unit, count = words[opener - 1].norm.rstrip("s"), words[opener - 2].norm
            if unit not in _DAYS or (count not in _COUNTS and not count.isdigit()):
                return None
            anchor = _anchor(trigger.sentence, reading, words[opener].start)
            if anchor is None:
                return None
            days = _DAYS[unit] * (int(count) if count.isdigit() else _COUNTS[count])
            return (anchor + timedelta(days=-days if parse.norms[opener] == "after" else days)).isoformat()
        if relation not in _STEPS and not _is_at_once(parse, below, relation):
            return None
    return None


def _anchor(sentence: Sentence, reading: Reading, end: int) -> date | None:
    """Return the day from which a distance counts: the last one named before it in its sentence, else that of the report."""
    values = [time.value for _, time in _between(reading.tagging.times, sentence.start, end)]
    named = [value for value in values if isinstance(value, str) and len(value) == len("2000-01-01")]
    if not named and (today := day_of_report(reading)) is not None:
        named = [today]
    return date.fromisoformat(named[-1]) if named else None


def is_of_the_day(trigger: Trigger) -> bool:
    """Tell whether an act without a date belongs to the day of the report: it is told in a main clause, in simple past, present or future."""
    parse = trigger.sentence.parse
    if parse is None or not trigger.verbal:
        return False
    verb = next((word for word in range(trigger.first, trigger.last + 1) if parse.is_verb(word)), None)
    if verb is None or parse.deps[verb] not in _MAIN:
        return False
    return parse.tags[verb] in _SIMPLE and not any(parse.norms[child] in {"has", "have", "had"} for child in parse.children(verb, "aux"))


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
