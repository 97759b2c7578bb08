"""Unknown names in English text that only the words around them explain.

"cryptocurrency exchange Bybit", "a group dubbed X", "Y, 44,", "Z, an analyst", and full names whose surname
recurs alone. All finds are weak: anything that another rule says of the same words goes before them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from models.vocabulary import Label
from pipeline.tag.lists import WordLists
from pipeline.tag.persons_en import PersonRules
from pipeline.tag.reading import Found, Reading
from pipeline.tag.titles import Title
from pipeline.tag.word_shapes import SPACES, gap, is_name_word

__all__ = ["ContextRules"]

_WEAK = -1
_NAMING = re.compile(
    r"\b(?:dubbed|called|named|codenamed|code-named|nicknamed|tracked as|known as|referred to as|identified as)\s+[\"“'‘]?(?=[A-Z])"
)
_WINDOW = 70
"""Characters before "dubbed" in which the noun stands that says what is named."""
_AGE_OR_TRADE = re.compile(r",\s(?:\d{2},|(?:a|an|the)\s|who\s)")
_SHORTEST = 3


class ContextRules:
    """Rules that find unknown names by their context."""

    def __init__(self, lists: WordLists, persons: PersonRules) -> None:
        self._persons = persons
        self._common = lists.get("common_words")
        self._never = lists.get("never_in_names") | lists.get("not_names")
        self._tails = lists.get("place_tails") | lists.get("org_tails") | lists.get("agency_tails")
        self._surnames = lists.get("chinese_surnames") | lists.get("korean_surnames")
        self._firms = lists.get("firm_nouns")
        nouns = {
            **dict.fromkeys(lists.words["ship_nouns"], Label.VESSEL),
            **dict.fromkeys(lists.words["weapon_nouns"], Label.WEAPON),
            **dict.fromkeys(lists.words["firm_nouns"], Label.ORG),
            **dict.fromkeys(lists.words["hacker_nouns"], Label.ORG),
            **dict.fromkeys(lists.words["malware_nouns"], Label.MALWARE),
        }
        self._nouns = nouns
        self._noun = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, nouns), key=len, reverse=True))})\b")

    def find(self, reading: Reading, titles: Sequence[Title], taken: set[int]) -> Iterator[Found]:
        """Yield weak finds; `taken` are words of names that are known."""
        yield from self._after_firm(reading, taken)
        yield from self._named(reading, taken)
        runs = self._runs(reading, taken)
        alone = Counter(reading.words[first].text for first, end in runs if end - first == 1)
        introduced = {title.start for title in titles}
        for first, end in runs:
            if end - first in (2, 3) and self._is_person(reading, first, end, alone, introduced):
                yield Found(reading.words[first].start, reading.words[end - 1].end, Label.PERSON, "person_context", weight=_WEAK)

    def _runs(self, reading: Reading, taken: set[int]) -> list[tuple[int, int]]:
        """Return the stretches of capitalised words that nothing is known of, as `(first, end)`; sentence starts need a rare word."""
        runs: list[tuple[int, int]] = []
        index = 0
        while index < len(reading.words):
            end = self._persons.run(reading, index, taken) if is_name_word(reading.words[index]) else index
            first = index
            while first < end and reading.words[first].text.lower() in self._common:
                first += 1
            if end > first:
                runs.append((first, end))
            index = max(end, index + 1)
        return runs

    def _is_person(self, reading: Reading, first: int, end: int, alone: Counter[str], introduced: set[int]) -> bool:
        words = [word.text for word in reading.words[first:end]]
        if any(word in self._tails or word.lower() in self._common or word.isupper() for word in words):
            return False
        last = reading.words[end - 1]
        if words[0] in self._surnames and len(words) == 2 and alone[words[0]]:
            return True
        if alone[words[-1]] and not alone[words[0]]:
            return True
        match = _AGE_OR_TRADE.match(reading.text, last.end)
        return match is not None and (match.group()[2].isdigit() or match.end() in introduced)

    def _after_firm(self, reading: Reading, taken: set[int]) -> Iterator[Found]:
        """Yield a capitalised run right after a lower-case word for a firm: "exchange Bybit", "firm Chainalysis"."""
        for index, (noun, name) in enumerate(pairwise(reading.words)):
            if noun.text not in self._firms or gap(reading, noun.end, name.start) not in SPACES or index + 1 in taken:
                continue
            end = self._persons.run(reading, index + 1, taken, limit=3)
            known = name.text in self._never or name.text.lower() in self._common
            if end > index + 1 and not known and len(name.text) >= _SHORTEST and name.text not in self._surnames:
                yield Found(name.start, reading.words[end - 1].end, Label.ORG, "firm_noun", weight=_WEAK)

    def _named(self, reading: Reading, taken: set[int]) -> Iterator[Found]:
        """Yield what is "dubbed", "called", "tracked as": its kind is that of the last noun before."""
        for match in _NAMING.finditer(reading.text):
            index = reading.word_at(match.end())
            end = self._persons.run(reading, index, taken, limit=2)
            nouns = list(
                self._noun.finditer(reading.text, max(0, match.start() - _WINDOW, reading.sentence_at(match.start())[0]), match.start())
            )
            if end > index and nouns and reading.words[index].text.lower() not in self._common:
                label = self._nouns[nouns[-1].group()]
                yield Found(reading.words[index].start, reading.words[end - 1].end, label, "named", weight=_WEAK)
