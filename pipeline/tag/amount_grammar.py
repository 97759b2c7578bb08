"""Patterns that find amounts of money and crypto assets, and the reading of one match.

Every repetition in a pattern has an upper limit, so a search takes time in proportion to the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from models.vocabulary import Bound
from pipeline.tag.amount_words import AmountWords, Currency, load_amount_words
from pipeline.text.numbers import DIGITS, ENGLISH_SCALES, ENGLISH_WORDS, KOREAN_NUMBER, parse_digits, parse_english, parse_korean

__all__ = ["Draft", "Grammar", "any_of", "build_grammar", "invert_bounds"]

_SPACE = "[ \u00a0\u2009\u202f]"
_GAP = f"{_SPACE}{{0,2}}"
_SEPARATOR = f"(?:{_SPACE}{{1,2}}|-|\u2011)?"
_DASH = f"{_SPACE}?[-\u2010-\u2015~\u223c\uff5e]{_SPACE}?"
_LONG_SCALES = "|".join(sorted((s for s in ENGLISH_SCALES if len(s) > 1), key=len, reverse=True))
_SCALE = rf"(?i:(?:hundred )?(?:{_LONG_SCALES})|[kmbt])"
_LONE_UNITS = tuple("십백천만억")
"""Written together with 원 these are as often other words (만원, a full house) as sums."""
_YEARS = range(1900, 2101)


@dataclass(frozen=True, slots=True)
class Draft:
    """An amount as read from its own words, before its neighbours are looked at.

    `scale` is the factor of its scale word, 1 where it has none; `number` is the value without that factor.
    """

    start: int
    end: int
    number: Decimal | None
    scale: int
    currency: str | None
    bound: Bound
    second: Decimal | None = None

    @property
    def value(self) -> Decimal | None:
        """The value in units of the currency."""
        return None if self.number is None else self.number * self.scale

    @property
    def value_max(self) -> Decimal | None:
        """The upper end of a range written with one unit ("$3-5 million")."""
        return None if self.second is None else self.second * self.scale


def build_grammar(lang: str) -> Grammar:
    """Return the grammar of a language: "ko" reads Korean and the signs and codes of both, all else is read as English."""
    return _build(lang == "ko")


@cache
def _build(korean: bool) -> Grammar:  # noqa: FBT001
    return Grammar(load_amount_words(), korean=korean)


class Grammar:
    """The compiled patterns of one language."""

    def __init__(self, words: AmountWords, *, korean: bool) -> None:
        self.words = words
        self.korean = korean
        self._before = {sign: c for c in words.currencies for sign in (*c.before, *c.codes)}
        units = ((unit, c) for c in words.currencies for unit in (*c.en, *c.en_scaled, *c.ko, *c.ko_scaled, *c.codes))
        self._units = {unit.casefold(): c for unit, c in units}
        self._scaled_only = {unit.casefold() for c in words.currencies for unit in (*c.en_scaled, *c.ko_scaled)}
        self._bounds = invert_bounds(words.bounds_ko if korean else words.bounds_en)
        self._after = invert_bounds(words.after_ko) | invert_bounds(words.attached_ko) if korean else invert_bounds(words.after_en)
        self._not_after_verb = re.compile(rf"[ \u00a0](?:{any_of(words.verb_objects)})\b", re.IGNORECASE)
        patterns = self._korean_patterns() if korean else self._english_patterns()
        self._patterns = [re.compile(pattern) for pattern in patterns]
        self._after_pattern = re.compile(self._after_source())

    def find(self, text: str) -> list[Draft]:
        """Return all drafts in order of the text; of two that overlap the one that starts first, then the longer."""
        drafts = [draft for pattern in self._patterns for match in pattern.finditer(text) if (draft := self._read(match))]
        return list(_drop_overlaps(sorted(drafts, key=lambda d: (d.start, -d.end))))

    # --- patterns ------------------------------------------------------------------------------------------------

    def _bound_source(self) -> str:
        gap = _GAP if self.korean else f"{_SPACE}{{1,2}}"
        left = r"(?<![가-힣])" if self.korean else r"\b"
        return rf"(?:{left}(?P<bound>(?i:{any_of(self._bounds)})){gap}(?:(?:US )?~)?)?"

    def _after_source(self) -> str:
        if not self.korean:
            return rf"[ \u00a0]{{0,2}}(?P<after>{any_of(self._after)})(?![a-z]|[ ]than\b)"
        free, attached = (any_of(invert_bounds(bounds)) for bounds in (self.words.after_ko, self.words.attached_ko))
        word_end = "(?=의|로|에|를|가|까지|[^가-힣]|$)"
        return rf"(?P<after>(?:{attached}){word_end})|(?:이|을|를|가|도|에서|에)?{_SPACE}?(?P<later>{free})"

    def _prefixed(self, number: str, tail: str) -> str:
        signs = any_of(self._before)
        return rf"(?<![\w$]){self._bound_source()}(?P<sign>{signs}){_GAP}(?P<number>{number}){tail}"

    def _english_patterns(self) -> list[str]:
        units = any_of(unit for c in self.words.currencies for unit in (*c.en, *c.en_scaled))
        codes = any_of(code for c in self.words.currencies for code in c.codes)
        unit = rf"(?P<unit>(?i:{units})|{codes})(?![A-Za-z])"
        scale = rf"(?:{_SEPARATOR}(?P<scale>{_SCALE})(?![A-Za-z]))?"
        second = rf"(?:(?:{_DASH}|[ ]to[ ](?=[0-9.,]{{1,20}}[ -]?{_SCALE}\b))(?P<second>{DIGITS})(?![0-9]))?"
        bound = self._bound_source()
        bare = rf"(?P<number>{DIGITS}|{ENGLISH_WORDS})(?![0-9])"
        many = r"(?:dozens|scores|(?:(?:tens|hundreds|thousands|dozens|scores)[ ]of[ ]){0,2}(?:hundreds|thousands|millions|billions|trillions))"
        few = rf"(?:several|many|multiple|a[ ]few|a[ ]couple)[ ](?:hundred[ ]|thousand[ ])?(?:hundred|{_LONG_SCALES})"
        assets = rf"(?:[a-z-]{{2,20}}[ ]){{0,2}}(?i:{any_of(self.words.assets)})\b"
        verbs = rf"(?i:{any_of(self.words.money_verbs)})"
        return [
            self._prefixed(rf"{DIGITS}(?![0-9])", rf"{second}{scale}(?:{_SEPARATOR}{unit})?"),
            # "12 billion won in 2020 to 943.9 billion won": a year is no lower end.
            rf"(?:(?<![\w$.,-])(?<![0-9][ -])|(?<=illion-)|(?<=ousand-)){bound}(?!(?:19|20)[0-9]{{2}}[ ]to[ ]){bare}{second}{scale}{_SEPARATOR}{unit}",
            rf"\b{bound}(?i:{many}|{few})(?:[ ]of)?[ ](?:in[ ])?{unit}",
            rf"(?i:\bmulti-?(?:million|billion|trillion))[ -]{unit}",
            rf"(?<![\w$]){bound}(?P<sign>{any_of(self._before)}){_GAP}10{{1,2}}['’]?s[ ]of[ ](?i:thousands|millions|billions|trillions)\b",
            rf"\b{bound}(?i:{many})[ ]in[ ](?P<asset>{assets})",
            rf"\b{verbs}[ ](?P<bare>(?i:millions|billions|trillions))\b(?![ ](?:of|in)\b)",
        ]

    def _korean_patterns(self) -> list[str]:
        crypto = [c for c in self.words.currencies if c.crypto]
        names = any_of(name for c in crypto for name in (*c.ko, *c.codes))
        codes = any_of(code for c in self.words.currencies for code in c.codes)
        unit = rf"(?P<unit>{'|'.join(self._korean_unit(c) for c in self.words.currencies if c.ko or c.ko_scaled)}|{codes}(?![A-Za-z]))"
        bound = self._bound_source()
        second = rf"(?:{_DASH}(?P<second>{KOREAN_NUMBER}))?"
        number = rf"(?P<number>{KOREAN_NUMBER}){second}(?P<odd>여[만억조]?)?"
        vague = r"(?<![가-힣0-9])(?:수|몇[ ]?|십수|수십|수백|수천)[십백천만억조]{1,3}(?:[ ]?여)?"
        english = rf"(?:{_SEPARATOR}(?P<scale>{_SCALE})(?![A-Za-z]))?(?:{_GAP}(?P<unit>달러|{codes}))?"
        return [
            rf"(?<![\w$.,]){bound}{number}{_GAP}{unit}",
            rf"{bound}(?P<vague>{vague}){_GAP}{unit}",
            self._prefixed(rf"{KOREAN_NUMBER}", english),
            rf"(?P<sign>{names})[ ]?(?:(?P<bound>{any_of(self._bounds)})[ ]?)?(?P<number>{KOREAN_NUMBER})(?P<odd>여[만억조]?)?[ ]?개",
        ]

    @staticmethod
    def _korean_unit(currency: Currency) -> str:
        units = any_of((*currency.ko, *currency.ko_scaled))
        scaled = rf"(?:(?<=[만억조])|(?<=[만억조]여)|(?<=[만억조여][ \u00a0]))(?:{units})"
        return rf"(?:{scaled}|(?:{units})(?!{any_of(currency.ko_not)}))" if currency.ko_not else rf"(?:{units})"

    # --- reading -------------------------------------------------------------------------------------------------

    def _read(self, match: re.Match[str]) -> Draft | None:
        groups = match.groupdict()
        if groups.get("bare"):
            return Draft(match.start("bare"), match.end("bare"), None, 1, "", Bound.APPROX)
        end = match.start("asset") + len(groups["asset"]) if groups.get("asset") else match.end()
        currency = self._currency(groups)
        if not groups.get("number"):
            return Draft(match.start(), end, None, 1, currency.code if currency else None, Bound.APPROX)
        if currency is None or not self._is_money(match, currency):
            return None
        number, scale = self._number(groups["number"], groups.get("odd") or "", groups.get("scale"))
        if number is None:
            return None
        second = groups.get("second")
        upper = self._number(second, "", None)[0] if second else None
        if self.korean and second and groups["number"][-1].isdigit() and not groups.get("scale"):
            number = parse_korean(groups["number"] + _last_scale(second))
        if number is not None and upper is not None and upper <= number:
            upper = None
        bound = self._bound(match, spread=upper is not None)
        return None if number is None else Draft(match.start(), match.end(), number, scale, currency.code, bound, upper)

    def _currency(self, groups: Mapping[str, str | None]) -> Currency | None:
        unit, sign = groups.get("unit"), groups.get("sign")
        if unit:
            return self._units[re.sub(r"\s+", " ", unit).casefold()]
        return (self._before.get(sign) or self._units[sign.casefold()]) if sign else None

    def _number(self, text: str, odd: str, scale: str | None) -> tuple[Decimal | None, int]:
        if self.korean and not scale:
            return parse_korean(text + odd.removeprefix("여")), 1
        number = parse_digits(text) if text[0].isdigit() else parse_english(text)
        factor = 100 if scale and scale.lower().startswith("hundred ") else 1
        return number, factor * (ENGLISH_SCALES[scale.lower().removeprefix("hundred ")] if scale else 1)

    def _is_money(self, match: re.Match[str], currency: Currency) -> bool:
        groups = match.groupdict()
        unit, number = (groups.get("unit") or "").casefold(), groups["number"]
        scaled = bool(groups.get("scale")) or bool(
            re.search(r"[만억조]|million|billion|trillion|thousand", number + (groups.get("odd") or ""))
        )
        if unit in self._scaled_only and not groups.get("sign"):
            return scaled and not re.match(r"[ ]of\b", match.string[match.end() : match.end() + 4])
        if currency.verb and unit == "won" and not scaled:
            is_year = number.isdigit() and int(number) in _YEARS
            return not is_year and not self._not_after_verb.match(match.string, match.end())
        return not (number in _LONE_UNITS and unit and match.end("number") == match.start("unit"))

    def _bound(self, match: re.Match[str], *, spread: bool) -> Bound:
        """Return the bound that stands after or before; one that bounds overrules one that only approximates."""
        groups = match.groupdict()
        after = self._after_pattern.match(match.string, match.end())
        stated = [self._after[(after.groupdict().get("later") or after["after"]).casefold()]] if after else []
        if groups.get("bound"):
            stated.append(self._bounds[re.sub(r"\s+", " ", groups["bound"]).casefold()])
        if groups.get("odd"):
            stated.append(Bound.APPROX)
        if stated:
            return next((bound for bound in stated if bound is not Bound.APPROX), Bound.APPROX)
        return Bound.AT_LEAST if spread else Bound.EXACT


def _last_scale(number: str) -> str:
    """Return the scale that the first number of "3~5억" shares with the second."""
    scales = re.search(r"[십백천만억조경]+$", number)
    return scales[0] if scales else ""


def any_of(phrases: Iterable[str]) -> str:
    """Return an alternation of literal phrases, longest first; an empty one never matches."""
    ordered = sorted({phrase for phrase in phrases if phrase}, key=lambda p: (-len(p), p))
    return "|".join(re.escape(phrase) for phrase in ordered) or r"(?!)"


def invert_bounds(bounds: Mapping[Bound, tuple[str, ...]]) -> dict[str, Bound]:
    """Return the bound of each phrase, in lower case."""
    return {phrase.casefold(): bound for bound, phrases in bounds.items() for phrase in phrases}


def _drop_overlaps(drafts: Iterable[Draft]) -> Iterator[Draft]:
    end = -1
    for draft in drafts:
        if draft.start >= end:
            yield draft
            end = draft.end
