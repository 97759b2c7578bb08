"""Cut what an outlet puts on its articles: calls to subscribe, rights, credits, addresses; declared for a feed, or learned from others.

Learned are paragraphs that stand near the edges of many articles of one outlet on different stories. Frequency alone proves nothing:
agencies tell the same background under many reports, word for word. So a paragraph must also look like no news, by the marks of
`data/boilerplate.yaml`, and a slogan without a mark stays until somebody declares it. A text that is kept too long costs little,
a lost sentence is lost.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from time import monotonic

import regex

from pipeline.errors import ExtractError
from pipeline.extract.clean import find_dateline
from pipeline.extract.duplicates import containment, shingles
from pipeline.extract.resources import DATA, compile_pattern, read_sections

__all__ = ["COMPARED", "LEAST_ARTICLES", "Cut", "learn", "normalise", "strip"]

COMPARED = 30
"""Last articles of an outlet that are looked at: some weeks of a small one, a day of a large one."""

LEAST_ARTICLES = 10
"""Articles of an outlet below which nothing is concluded."""

LEAST_STORIES = 4
"""Different stories that a paragraph must stand in."""

LEAST_SHARE = 0.2
"""Stories that a paragraph must stand in, as a share of the outlet's articles."""

SAME_STORY = 0.3
"""Containment (0 to 1) from which two texts count as one story here: less than copies have, so that follow-ups count once."""

LONGEST = 300
"""Characters of the longest paragraph that can be learned; disclaimers that are longer are for the operator to declare."""

LEAST_LEFT = 0.5
"""Share of a text that must be left for what was learned to be cut."""

PATIENCE = 2.0
"""Seconds that all declared expressions together may take on one text: honest ones take microseconds."""

_HEAD, _TAIL = 4, 8
"""Paragraphs at the beginning and at the end of a text that are looked at when learning."""

_DATE_WORD = re.compile(
    r"\b(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?"
    r"|Dec(?:ember)?|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b\.?|[월화수목금토일]요일"
)
_NUMBER = re.compile(r"\d(?:[\d.,:/-]{0,20}\d)?")
_LINK = re.compile(r"\b(?:https?://|www\.)[^\s가-힣<>()]{3,200}")


@dataclass(frozen=True, slots=True)
class Cut:
    """The text of an article as it is stored, and the paragraphs that were cut out of it.

    Learning looks at both: from the texts alone, what is cut everywhere would be unlearned.
    """

    text: str
    removed: tuple[str, ...] = ()


def learn(articles: Sequence[Cut], lang: str) -> frozenset[str]:
    """Return the paragraphs, normalised, that one outlet puts on its articles; none where there are fewer than ten.

    A paragraph counts once for each story, however many articles tell it. `lang` is the language of the outlet (ISO 639-1).
    """
    if len(articles) < LEAST_ARTICLES:
        return frozenset()
    holders: dict[str, dict[int, str]] = defaultdict(dict)
    for number, article in enumerate(articles):
        for edge in _edges(article):
            holders[normalise(edge)][number] = edge
    often = {
        paragraph: found
        for paragraph, found in holders.items()
        if len(found) >= LEAST_STORIES and all(is_apparatus(edge, lang) for edge in set(found.values()))
    }
    if not often:
        return frozenset()
    holding = sorted({number for found in often.values() for number in found})
    stories = dict(zip(holding, _number_stories([_story(articles[number], often) for number in holding], lang), strict=True))
    least = max(LEAST_STORIES, LEAST_SHARE * len(articles))
    return frozenset(paragraph for paragraph, found in often.items() if len({stories[number] for number in found}) >= least)


def strip(text: str, declared: Sequence[str], learned: frozenset[str]) -> tuple[str, list[str]]:
    """Return a text without its boilerplate, and the paragraphs that were cut, in their order.

    A paragraph is a line. `declared` are expressions, each for a whole paragraph anywhere, blanks taken as one space; `learned` comes
    from `learn` and is cut in runs from the beginning and the end, and only where at least half of the text stays. A text of which
    nothing would stay is returned whole. Raises ExtractError for an expression that takes too long.
    """
    lines = text.split("\n")
    filled = [number for number, line in enumerate(lines) if line.strip()]
    named = _find_declared(lines, filled, declared)
    rest = [number for number in filled if number not in named]
    kept = _peel(rest, {number for number in rest if learned and normalise(lines[number]) in learned})
    if sum(len(lines[number]) for number in kept) < LEAST_LEFT * sum(len(lines[number]) for number in rest):
        kept = rest
    if not kept or len(kept) == len(filled):
        return text, []
    gone = set(filled) - set(kept)
    left = "\n".join(line for number, line in enumerate(lines) if number not in gone)
    return re.sub(r"\n{3,}", "\n\n", left).strip(), [lines[number].strip() for number in sorted(gone)]


def normalise(paragraph: str) -> str:
    """Return a paragraph with one space for all blanks, 0 for every number, month and day of the week, and "link" for every link."""
    composed = " ".join(unicodedata.normalize("NFC", paragraph).split())
    return _NUMBER.sub("0", _DATE_WORD.sub("0", _LINK.sub("link", composed)))


def is_apparatus(paragraph: str, lang: str) -> bool:
    """Tell whether a paragraph can be no news by its looks: it has a mark, and neither a dateline nor what somebody says."""
    if len(paragraph) > LONGEST or not _holds("mark", paragraph) or _holds("news", paragraph):
        return False
    return find_dateline(paragraph, lang) is None


# --- learning --------------------------------------------------------------------------------------------------


def _edges(article: Cut) -> Iterator[str]:
    lines = [line for line in article.text.split("\n") if line.strip()]
    yield from lines[:_HEAD]
    yield from lines[max(_HEAD, len(lines) - _TAIL) :]
    yield from article.removed


def _story(article: Cut, without: Iterable[str]) -> str:
    """Return a text without the paragraphs in question: they must not make one story of two."""
    return "\n".join(line for line in article.text.split("\n") if normalise(line) not in without)


def _number_stories(texts: Sequence[str], lang: str) -> list[int]:
    """Return the number of the story that each text tells; texts that share much tell one."""
    told: list[tuple[int, frozenset[str]]] = []
    for number, text in enumerate(texts):
        groups = shingles(text, lang)
        told.append((next((story for story, other in told if containment(groups, other) >= SAME_STORY), number), groups))
    return [story for story, _ in told]


def _holds(section: str, paragraph: str) -> bool:
    return any(pattern.search(paragraph) for pattern in _patterns(section))


@cache
def _patterns(section: str) -> tuple[re.Pattern[str], ...]:
    return tuple(compile_pattern(item) for item in read_sections(DATA / "boilerplate.yaml")[section])


# --- cutting ---------------------------------------------------------------------------------------------------


def _find_declared(lines: Sequence[str], filled: Sequence[int], declared: Sequence[str]) -> set[int]:
    deadline = monotonic() + PATIENCE
    return {number for number in filled if any(_matches(pattern, " ".join(lines[number].split()), deadline) for pattern in declared)}


def _matches(pattern: str, paragraph: str, deadline: float) -> bool:
    try:
        left = deadline - monotonic()
        if left <= 0:
            raise TimeoutError
        return _compile(pattern).fullmatch(paragraph, timeout=left) is not None
    except TimeoutError as error:
        raise ExtractError(
            f"the expression {pattern!r} of the key 'boilerplate' takes more than {PATIENCE:g} s: make it simpler"
        ) from error


@cache
def _compile(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern)


def _peel(numbers: Sequence[int], learned: set[int]) -> list[int]:
    """Return the numbers without the runs of learned ones at both ends."""
    start, end = 0, len(numbers)
    while start < end and numbers[start] in learned:
        start += 1
    while end > start and numbers[end - 1] in learned:
        end -= 1
    return list(numbers[start:end])
