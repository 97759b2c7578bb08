"""Find what is no part of the story: wire headers, bylines, copyright lines, share buttons, contact lines.

Text that was given as text is never changed; ranges of it are reported, and later stages skip them. Text that was
taken out of HTML has no offsets yet, so `clean_extracted` may cut such parts once. Headlines, subheads and photo
captions stay: they tell of the story. The place of a dateline stays too, since it is a mention and says where.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from models.records import Span
from pipeline.extract.resources import DATA, compile_pattern, read_sections
from pipeline.text.yaml_lines import Node

__all__ = ["Dateline", "clean_extracted", "find_dateline", "find_furniture"]

_HEAD = 700
"""How far into a text its header may reach: slug, headline, notes to editors and byline of a wire story."""
_TAIL = 800
"""How far back one piece of a footer may begin."""
_PIECES = 40
"""Pieces peeled off the end at most; real footers have up to ten."""

_MONTHS = {
    name: number
    for number, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1)
}
_APPARATUS = re.compile(r",? (?:[A-Z][a-z]{2,8}\.? \d{1,2}[,( ]|\([A-Z])|=|】|\]|\s?(?:--|–|—|―)")
_KEYS = frozenset({"lang", "pattern"})


@dataclass(frozen=True, slots=True)
class Dateline:
    """Where, and where stated when, a story was filed. `start:end` is the whole dateline, `place` the name in it."""

    start: int
    end: int
    place: Span
    month: int | None = None
    day: int | None = None
    agency: str | None = None


@dataclass(frozen=True, slots=True)
class _Rule:
    lang: str
    pattern: re.Pattern[str]
    at_start: bool = False


def find_furniture(text: str, lang: str) -> tuple[tuple[int, int], ...]:
    """Return the ranges that are no part of the story, in order and without overlaps.

    Takes time in proportion to the text. An unknown `lang` gets the patterns that hold for all languages.
    """
    return _merge(text, [*_dateline_ranges(text, lang), *_other_ranges(text, lang)])


def find_dateline(text: str, lang: str) -> Dateline | None:
    """Return the dateline in the first 700 characters of `text`, or None."""
    head = text[:_HEAD]
    for rule in _rules("dateline", lang):
        match = rule.pattern.match(head, _skip_space(head)) if rule.at_start else rule.pattern.search(head)
        if match and (dateline := _read_dateline(match)):
            return dateline
    return _find_bare_dateline(head) if lang == "en" else None


def clean_extracted(text: str, lang: str) -> str:
    """Cut furniture out of a text taken from HTML, before offsets into it exist.

    Datelines are kept whole: a later look at the same text finds them again.
    """
    pieces, position = [], 0
    for start, end in _merge(text, list(_other_ranges(text, lang))):
        pieces.append(text[position:start])
        position = end
    pieces.append(text[position:])
    lines = [line.strip() for line in "".join(pieces).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


# --- datelines -------------------------------------------------------------------------------------------------


def _read_dateline(match: re.Match[str]) -> Dateline | None:
    groups = match.groupdict()
    month = _MONTHS.get(groups["month"][:3].lower()) if groups.get("month") else None
    day = int(groups["day"]) if groups.get("day") else None
    if groups.get("month") and (month is None or not 1 <= (day or 0) <= 31):
        return None
    if match["place"] in _names("not_a_place"):
        return None
    start, end = _narrow_place(match)
    return Dateline(match.start(), match.end(), Span(start, end, match.string[start:end]), month, day, groups.get("agency"))


def _narrow_place(match: re.Match[str]) -> tuple[int, int]:
    """Return the span of one city: the first of "SEOUL/TOKYO", the known one of "FTA SEOUL" after a glued headline."""
    start, end = match.start("place"), match.start("place") + len(match["place"].split("/")[0])
    place = match.string[start:end]
    if " " in place and place not in _names("bare_dateline") and (known := place.rsplit(" ", 1)[1]) in _names("bare_dateline"):
        start = end - len(known)
    return start, end


def _find_bare_dateline(head: str) -> Dateline | None:
    start = _skip_space(head)
    # "SEOUL/WASHINGTON The House" and "HANOVER, Germany The president": a city of the list, then a capitalised word.
    match = re.compile(r"([A-Z][A-Z ]{2,24}?)(?:/[A-Z][A-Z ]{2,24}?)?(?:, [A-Z][a-z]{3,15})? (?=[A-Z][a-z.])").match(head, start)
    if match is None or match[1].strip() not in _names("bare_dateline"):
        return None
    return Dateline(match.start(), match.end() - 1, Span(*match.span(1), match[1]))


def _dateline_ranges(text: str, lang: str) -> Iterator[tuple[int, int]]:
    if dateline := find_dateline(text, lang):
        yield dateline.start, min(dateline.place.start, dateline.start + 12)
        # "SEOUL, South Korea —" and "SEOUL/TOKYO (Reuters) -": other names before the date or agency are mentions too.
        rest = text[dateline.place.end : dateline.end]
        if match := _APPARATUS.search(rest):
            yield dateline.place.end + match.start(), dateline.end


# --- other furniture -------------------------------------------------------------------------------------------


def _other_ranges(text: str, lang: str) -> Iterator[tuple[int, int]]:
    for rule in _rules("head", lang):
        yield from map(_marked, rule.pattern.finditer(text[:_HEAD]))
    for rule in _rules("any", lang):
        yield from map(_marked, rule.pattern.finditer(text))
    yield from _line_ranges(text, lang)
    yield from _tail_ranges(text, lang)


def _marked(match: re.Match[str]) -> tuple[int, int]:
    return match.span("mark") if "mark" in match.re.groupindex else match.span()


def _line_ranges(text: str, lang: str) -> Iterator[tuple[int, int]]:
    rules = _rules("line", lang)
    for match in re.finditer(r"[^\n]+", text):
        line = match[0].strip()
        if 0 < len(line) <= 260 and any(rule.pattern.fullmatch(line) for rule in rules):
            start = match.start() + match[0].index(line)
            yield start, start + len(line)


def _tail_ranges(text: str, lang: str) -> Iterator[tuple[int, int]]:
    """Peel footers off the end; what is left of the text must stay the greater part of it."""
    end, rules = len(text.rstrip()), _rules("tail", lang)
    least = end // 3
    for _ in range(_PIECES):
        piece = _last_piece(text, end, rules)
        if piece is None or piece < least:
            return
        yield piece, end
        end = len(text[:piece].rstrip())


def _last_piece(text: str, end: int, rules: tuple[_Rule, ...]) -> int | None:
    window = text[max(0, end - _TAIL) : end]
    offset = end - len(window)
    starts = [match.start() for rule in rules if (match := rule.pattern.search(window)) and match.end() > match.start()]
    # The shortest piece first: a pattern that reaches far back must not swallow a sentence that another would leave.
    return offset + max(starts) if starts else None


def _merge(text: str, ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if end <= start or not text[start:end].strip():
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _skip_space(text: str) -> int:
    return len(text) - len(text.lstrip())


# --- data ------------------------------------------------------------------------------------------------------


@cache
def _rules(section: str, lang: str) -> tuple[_Rule, ...]:
    rules = (_read_rule(item, section) for item in read_sections(DATA / "furniture.yaml")[section])
    return tuple(rule for rule in rules if rule.lang in {lang, "any"})


def _read_rule(item: Node, section: str) -> _Rule:
    fields = item.fields(frozenset({"start"}), required=_KEYS)
    lang = fields["lang"].string()
    if lang not in {"en", "ko", "any"}:
        raise fields["lang"].fail(f"unknown lang {lang!r}")
    pattern = compile_pattern(fields["pattern"], template=r"(?:{})\s*\Z" if section == "tail" else "{}")
    return _Rule(lang, pattern, at_start="start" in fields and fields["start"].flag())


@cache
def _names(section: str) -> frozenset[str]:
    items = read_sections(DATA / "furniture.yaml")[section]
    return frozenset(name.strip() for item in items for name in item.string().split(","))
