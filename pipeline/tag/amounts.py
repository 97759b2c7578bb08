"""Amounts of money and of crypto assets: what the text says, in one form.

The span runs from the approximator or first number to the unit. Countings, percentages, years and measures are no
amounts. Amounts that restate each other in another currency share a group.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise

from models.records import Amount, Maker
from models.vocabulary import Bound
from pipeline.tag.amount_grammar import Draft, Grammar, build_grammar
from pipeline.tag.amount_rates import ExchangeRates, add_usd, load_rates
from pipeline.text.numbers import DIGITS, parse_digits

__all__ = ["ExchangeRates", "add_usd", "find_amounts", "load_rates"]

_MAKER = Maker("amount-grammar", "1")
_DASH_GAP = re.compile(r"[ ]?[-\u2010-\u2015~\u223c][ ]?")
_BETWEEN = re.compile(r"\b(?i:between|ranging from|range from|ranged from|ranges from|anywhere from)[ ]{1,2}$")
_FROM_NUMBER = re.compile(rf"\b(?i:between)[ ](?P<number>{DIGITS})[ ]and[ ]$")
_WINDOW = 40


def find_amounts(text: str, lang: str) -> list[Amount]:
    """Return the amounts of a text in order.

    `lang` is "en" or "ko". `value` is None for vague plurals ("millions of dollars"), `currency` None where the text
    names none ("billions in tokens"). Dollar values are not filled in; `add_usd` does that.
    """
    grammar = build_grammar(lang)
    drafts = _join_ranges(text, _add_first_ends(text, grammar.find(text)))
    groups = _number_groups(text, drafts, grammar)
    currencies = _fill_currencies(drafts)
    return [
        Amount(
            draft.start,
            draft.end,
            text[draft.start : draft.end],
            None if draft.value is None else float(draft.value),
            currency,
            draft.bound,
            _MAKER,
            group=groups.get(index),
            value_max=None if draft.value_max is None else float(draft.value_max),
        )
        for index, (draft, currency) in enumerate(zip(drafts, currencies, strict=True))
    ]


def _add_first_ends(text: str, drafts: list[Draft]) -> list[Draft]:
    """Add the first end of "between 3 and 5 million won", which has neither scale nor unit of its own."""
    return list(_with_first_ends(text, drafts))


def _with_first_ends(text: str, drafts: list[Draft]) -> Iterator[Draft]:
    for draft in drafts:
        offset = max(0, draft.start - _WINDOW)
        match = _FROM_NUMBER.search(text[offset : draft.start])
        if match and draft.number is not None:
            start, end = offset + match.start("number"), offset + match.end("number")
            yield Draft(start, end, parse_digits(match["number"]), draft.scale, draft.currency, Bound.AT_LEAST)
            yield replace(draft, bound=Bound.AT_MOST)
        else:
            yield draft


def _join_ranges(text: str, drafts: list[Draft]) -> list[Draft]:
    """Bound the two ends of each range, and lend the scale of the second end to a first end without one."""
    joined = list(drafts)
    for index, (first, second) in enumerate(pairwise(drafts)):
        if not _is_range(text, first, second):
            continue
        scale = second.scale if first.scale == 1 and _shares_scale(first, second) else first.scale
        joined[index] = replace(first, bound=Bound.AT_LEAST, scale=scale)
        joined[index + 1] = replace(second, bound=Bound.AT_MOST)
    return joined


def _shares_scale(first: Draft, second: Draft) -> bool:
    return first.number is not None and second.number is not None and first.number < second.number


def _is_range(text: str, first: Draft, second: Draft) -> bool:
    if first.currency != second.currency or first.number is None or second.number is None:
        return False
    gap = text[first.end : second.start]
    if len(gap) > 5:
        return False
    if _DASH_GAP.fullmatch(gap):
        return True
    return gap in (" and ", " to ") and bool(_BETWEEN.search(text[max(0, first.start - _WINDOW) : first.start]))


def _number_groups(text: str, drafts: list[Draft], grammar: Grammar) -> dict[int, int]:
    """Give each run of amounts that restate one another a number, by index of the draft."""
    groups: dict[int, int] = {}
    pattern = _restatement_pattern(grammar)
    for index, (first, second) in enumerate(pairwise(drafts)):
        gap = text[first.end : second.start]
        if first.currency != second.currency and None not in (first.currency, second.currency) and pattern.fullmatch(gap[:_WINDOW]):
            groups[index + 1] = groups.setdefault(index, len(set(groups.values())))
    return groups


@cache
def _restatement_pattern(grammar: Grammar) -> re.Pattern[str]:
    words = "|".join(re.escape(word) for word in grammar.words.restatement)
    return re.compile(rf"(?:[ \u00a0]?[(\[（=/][ \u00a0]?|,?[ ](?=(?:{words})))(?:(?:{words})[ ,:]{{0,2}}){{0,2}}")


def _fill_currencies(drafts: list[Draft]) -> list[str | None]:
    """Return the currencies; a bare "billions" after a verb of money is in that of the amount before it."""
    filled: list[str | None] = []
    last: str | None = None
    for draft in drafts:
        currency = last if draft.currency == "" else draft.currency
        filled.append(currency)
        last = currency or last
    return filled
