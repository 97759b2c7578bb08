"""Shares of an amount named before: "over half of that sum", "이 금액의 절반 이상".

The text states no sum there, so the value is computed and `derived_from` says from which amount.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache

from models.records import Amount, Maker
from models.vocabulary import Bound
from pipeline.tag.amount_grammar import any_of, invert_bounds
from pipeline.tag.amount_words import AmountWords, load_amount_words

__all__ = ["add_shares"]

_MAKER = Maker("amount-shares", "1")
_REACH = 400
"""Characters within which the amount stands that "this amount" takes up: about three sentences."""
_PERCENT = re.compile(r"(?P<percent>[0-9]{1,2}(?:\.[0-9]{1,2})?)[ -]?(?:%|percent|per cent|퍼센트|프로)$")


def add_shares(text: str, lang: str, amounts: Sequence[Amount]) -> list[Amount]:
    """Return the amounts with the shares of them that the text names, in order of the text.

    `derived_from` is the index, in the list returned, of the amount that a share is of; of a sum and its restatement
    that is the first.
    """
    shares = list(_find(text, lang, amounts))
    merged = sorted((*amounts, *shares), key=lambda amount: amount.start)
    places = {amount.start: index for index, amount in enumerate(merged)}
    return [
        amount if amount.derived_from is None else replace(amount, derived_from=places[amounts[amount.derived_from].start])
        for amount in merged
    ]


def _find(text: str, lang: str, amounts: Sequence[Amount]) -> Iterator[Amount]:
    words = load_amount_words()
    starts = [amount.start for amount in amounts]
    for match in _pattern(lang == "ko").finditer(text):
        index = _antecedent(amounts, bisect_right(starts, match.start()) - 1, match.start())
        share = _share(match["share"], words)
        if index is None or share is None:
            continue
        source = amounts[index]
        value = float(Decimal(str(source.value)) * share)
        bound = _bound(match, words, lang) or source.bound
        yield Amount(match.start(), match.end(), match[0], value, source.currency, bound, _MAKER, derived_from=index)


def _antecedent(amounts: Sequence[Amount], index: int, start: int) -> int | None:
    if index < 0 or start - amounts[index].end > _REACH or amounts[index].end > start:
        return None
    group = amounts[index].group
    first = next((i for i, amount in enumerate(amounts) if group is not None and amount.group == group), index)
    return None if amounts[first].value is None else first


def _share(text: str, words: AmountWords) -> Decimal | None:
    percent = _PERCENT.match(text)
    if percent:
        return Decimal(percent["percent"]) / 100
    part = words.shares.get(re.sub(r"[\s-]+", " ", text).casefold())
    return None if part is None else Decimal(part[0]) / part[1]


def _bound(match: re.Match[str], words: AmountWords, lang: str) -> Bound | None:
    """Return the bound beside the share; None leaves that of the whole."""
    before, after = (words.bounds_ko, words.after_ko) if lang == "ko" else (words.bounds_en, words.after_en)
    for name, bounds in (("after", after), ("bound", before)):
        found = match.groupdict().get(name)
        if found:
            return invert_bounds(bounds)[re.sub(r"\s+", " ", found).casefold()]
    return None


@cache
def _pattern(korean: bool) -> re.Pattern[str]:  # noqa: FBT001
    words = load_amount_words()
    nouns = any_of(words.sums_ko if korean else words.sums_en)
    shares = any_of(share for share in words.shares if share.isascii() is not korean)
    if korean:
        share = rf"(?P<share>(?:{shares})|[0-9]{{1,2}}(?:\.[0-9]{{1,2}})?(?:%|퍼센트|프로))"
        after = rf"(?:이|을|를|도)?[ ]?(?P<after>{any_of(invert_bounds(words.after_ko))})"
        return re.compile(
            rf"(?<![가-힣])(?:{nouns})(?:의|[ ]중|[ ]가운데)?[ ]?(?:(?P<bound>{any_of(invert_bounds(words.bounds_ko))})[ ]?)?{share}(?:{after})?"
        )
    share = rf"(?P<share>(?i:{shares.replace(chr(92) + ' ', '[ -]')})|[0-9]{{1,2}}(?:\.[0-9]{{1,2}})?(?:[ -]?percent|[ ]?per[ ]cent|%))"
    return re.compile(rf"(?:\b(?P<bound>(?i:{any_of(invert_bounds(words.bounds_en))}))[ ])?(?<![\w$.,-]){share}[ ]of[ ](?:{nouns})\b")
