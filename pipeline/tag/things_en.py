"""Weapons, malware, hacking groups and ships in English text."""

from __future__ import annotations

from collections.abc import Iterator

from models.vocabulary import Label
from pipeline.tag.lists import WordLists
from pipeline.tag.persons_en import PersonRules
from pipeline.tag.reading import Found, Reading
from pipeline.tag.word_shapes import SPACES, gap, is_name_word

__all__ = ["ThingRules"]

_WEAK = -1
_SHORTEST = 3


class ThingRules:
    """Rules that find things with names of their own."""

    def __init__(self, lists: WordLists, persons: PersonRules) -> None:
        self._persons = persons
        self._surnames = lists.get("korean_surnames")
        self._given = lists.get("given_names")
        self._common = lists.get("common_words")
        self._never = lists.get("never_in_names") | lists.get("not_names")
        self._nouns = {
            **dict.fromkeys(lists.words["malware_nouns"], Label.MALWARE),
            **dict.fromkeys(lists.words["hacker_nouns"], Label.ORG),
        }
        self._ship_nouns = lists.get("ship_nouns")
        self._ship_prefixes = lists.get("ship_prefixes")
        border = {"before": r"(?<![\w-])", "after": r"(?!\w)"}
        self._weapons = lists.pattern("weapons", **border)
        self._groups = lists.pattern("hacking_groups", **border)
        self._malware = lists.pattern("malware", **border)
        self._not_malware = lists.get("not_malware")

    def patterns(self, reading: Reading) -> Iterator[Found]:
        """Yield names that are made by a scheme: Hwasong-18, APT37, …Loader."""
        for pattern, label in ((self._weapons, Label.WEAPON), (self._groups, Label.ORG), (self._malware, Label.MALWARE)):
            for match in pattern.finditer(reading.text):
                name = match.group()
                if label is Label.MALWARE and (name in self._not_malware or name.islower()):
                    continue
                if label is Label.ORG and name.split()[0] in self._given:
                    continue
                yield Found(match.start(), match.end(), label, f"{label.value.lower()}_pattern")

    def find(self, reading: Reading, taken: set[int]) -> Iterator[Found]:
        """Yield names that the noun beside them explains."""
        yield from self._by_noun(reading, taken)
        yield from self._ships(reading)

    def _by_noun(self, reading: Reading, taken: set[int]) -> Iterator[Found]:
        """Yield an unknown capitalised word before a noun that says what it is: "Medusa ransomware"."""
        words = reading.words
        for index in range(1, len(words)):
            label, before = self._nouns.get(words[index].text), words[index - 1]
            if label is None or (index - 1) in taken or gap(reading, before.end, words[index].start) not in SPACES:
                continue
            known = before.text in self._never or before.text.lower() in self._common or before.text in self._not_malware
            if is_name_word(before) and not known and len(before.text) >= _SHORTEST:
                yield Found(before.start, before.end, label, f"{label.value.lower()}_noun", weight=_WEAK)

    def _ships(self, reading: Reading) -> Iterator[Found]:
        words = reading.words
        for index, word in enumerate(words[:-1]):
            if word.text in self._ship_prefixes:
                end = self._persons.run(reading, index + 1, limit=3)
                if end > index + 1:
                    yield Found(word.start, words[end - 1].end, Label.VESSEL, "ship_prefix")
            elif word.text.lower() in self._ship_nouns:
                first = index + 1 + (words[index + 1].text in {"“", '"', "‘", "'"})
                end = self._persons.run(reading, first, limit=3) if first < len(words) else first
                if end > first and words[first].text not in self._surnames:
                    yield Found(words[first].start, words[end - 1].end, Label.VESSEL, "ship_noun", weight=_WEAK)
