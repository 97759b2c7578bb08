"""Amounts of money and of crypto assets: what the text says, in one form.

The span runs from the approximator or first number to the unit. Countings, percentages, years and measures are no
amounts. Amounts that restate each other in another currency share a group.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from itertools import pairwise

from models.records import Amount, Maker
from models.vocabulary import Bound
from pipeline.tag.amount_grammar import Draft, Grammar, build_grammar
from pipeline.tag.amount_rates import ExchangeRates, add_usd, load_rates
from pipeline.tag.amount_shares import add_shares
from pipeline.text.numbers import DIGITS, ENGLISH_SCALES, parse_digits

__all__ = ["ExchangeRates", "add_shares", "add_usd", "find_amounts", "load_rates"]

_MAKER = Maker("amount-grammar", "1")
_DASH_GAP = re.compile(r"[ ]?[-\u2010-\u2015~\u223c][ ]?")
_BETWEEN = re.compile(r"\b(?i:between|ranging from|range from|ranged from|ranges from|anywhere from)[ ]{1,2}$")
_CHANGE = re.compile(r"\b(?i:from|by|the|its|their|his|her|our|an?|this|that)[ ]{1,2}$")
"""What makes "X to Y" a change of one sum into another ("rose from X to Y", "cut its X to Y")."""
_FIRST_END = re.compile(
    rf"(?P<between>\b(?i:between)[ ])?(?<![\w$.,])(?P<number>{DIGITS})(?:[ -]?(?P<scale>(?i:{'|'.join(ENGLISH_SCALES)})))?"
    r"(?P<gap>[ ](?:and|to)[ ]|[ ]?[-\u2010-\u2015~][ ]?)$"
)
_WINDOW = 40
_GAP = 5
"""Characters between the two ends of a range."""


def find_amounts(text: str, lang: str) -> list[Amount]:
    """Return the amounts of a text in order.

    `lang` is "en" or "ko". `value` is None for vague plurals ("millions of dollars"), `currency` None where the text
    names none ("billions in tokens"). Shares of an amount ("over half of that sum") and dollar values are not filled in;
    `add_shares` and `add_usd` do that.
    """
    grammar = build_grammar(lang)
    drafts = _join_ranges(text, list(_add_first_ends(text, grammar.find(text))))
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


def _add_first_ends(text: str, drafts: list[Draft]) -> Iterator[Draft]:
    """Add the first end of "between 3 and 5 million won" and "3 million to 5 million won", which has no unit of its own."""
    end = 0
    for draft in drafts:
        offset = max(end, draft.start - _WINDOW)
        match = _FIRST_END.search(text[offset : draft.start]) if draft.number is not None else None
        if match and (match["between"] if match["gap"] == " and " else match["scale"]):
            scale = ENGLISH_SCALES[match["scale"].lower()] if match["scale"] else 1
            last = offset + match.end("scale" if match["scale"] else "number")
            yield Draft(offset + match.start("number"), last, parse_digits(match["number"]), scale, draft.currency, Bound.EXACT)
        yield draft
        end = draft.end


def _join_ranges(text: str, drafts: list[Draft]) -> list[Draft]:
    """Bound the two ends of each range, and lend the scale of the second end to a first end without one."""
    joined = list(drafts)
    for index, (first, second) in enumerate(pairwise(drafts)):
        if not _is_range(text, first, second):
            continue
        scale = second.scale if first.scale == 1 and _is_less(first.number, second.number) else first.scale
        joined[index] = replace(first, bound=Bound.AT_LEAST, scale=scale)
        joined[index + 1] = replace(second, bound=Bound.AT_MOST)
    return joined


def _is_less(first: Decimal | None, second: Decimal | None) -> bool:
    return first is not None and second is not None and first < second


def _is_range(text: str, first: Draft, second: Draft) -> bool:
    if first.currency != second.currency or first.number is None or second.number is None:
        return False
    gap, before = text[first.end : second.start], text[max(0, first.start - _WINDOW) : first.start]
    if len(gap) > _GAP:
        return False
    if _DASH_GAP.fullmatch(gap) or (gap in (" and ", " to ") and _BETWEEN.search(before)):
        return True
    if gap == " to ":
        return _is_less(first.value, second.value) and not _CHANGE.search(before)
    return gap == "에서 " and text[second.end :][:3].lstrip().startswith("사이")


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
