"""Names of bodies and places in English text, by the words they begin or end with."""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.vocabulary import Label
from pipeline.tag.lists import WordLists
from pipeline.tag.reading import Found, Reading
from pipeline.tag.word_shapes import APOSTROPHES, POSSESSIVES, SPACES, gap, is_name_word

__all__ = ["BodyRules"]

_LONGEST_BODY = 14
_WEAK = -1
_IN_NAMES = frozenset("counsel general attorney staff state prince king queen captain major marshal".split())
"""Heads of titles that also stand inside names of bodies ("Office of Special Trial Counsel")."""
_PEOPLES = frozenset({"People", "Workers", "Women", "Children", "Veterans", "Prosecutors", "Farmers", "Citizens", "Defectors"})
_DATELINE = re.compile(
    r"(?:^|\n)[ ]*((?:[A-Z][A-Z'.-]+)(?: [A-Z][A-Z'.-]+){0,3})"
    r"(?=(?:, [A-Z][a-z]+\.?)?(?:,? [A-Z][a-z]{2,8}\.? \d{1,2})?\s*(?:\([A-Z][\w .-]+\)|[—–]|--|/))"
)


class BodyRules:
    """Rules that find bodies and places."""

    def __init__(self, lists: WordLists, *, title_heads: frozenset[str]) -> None:
        self._title_heads = title_heads - _IN_NAMES
        self._surnames = lists.get("korean_surnames")
        self._given = lists.get("given_names")
        self._common = lists.get("common_words")
        self._never = lists.get("never_in_names")
        self._not_names = lists.get("not_names")
        self._tails = {
            **dict.fromkeys(lists.words["place_tails"], Label.PLACE),
            **dict.fromkeys(lists.words["org_tails"], Label.ORG),
            **dict.fromkeys(lists.words["agency_tails"], Label.AGENCY),
        }
        self._heads = {**dict.fromkeys(lists.words["org_heads"], Label.ORG), **dict.fromkeys(lists.words["agency_heads"], Label.AGENCY)}
        self._place_heads = lists.get("place_heads")

    def find(self, reading: Reading, countries: set[int]) -> Iterator[Found]:
        """Yield bodies and places; `countries` are the words that name a country or its people."""
        yield from self._headed(reading, countries)
        yield from self._tailed(reading, countries)
        yield from self._headed_places(reading)
        yield from self._datelines(reading)

    def _headed(self, reading: Reading, countries: set[int]) -> Iterator[Found]:
        """Yield names that begin with what the body is: "Ministry of …", "Center for … and …"."""
        words = reading.words
        for index, word in enumerate(words[:-2]):
            label = self._heads.get(word.text)
            if (
                label is None
                or words[index + 1].text not in {"of", "for", "on"}
                or (word.text == "House" and reading.starts_sentence(word.start))
            ):
                continue
            end = self._of_phrase(reading, index + 2)
            if end is not None:
                first = self._reach_left(reading, index, label, countries)
                yield Found(words[first].start, words[end].end, label, f"{label.value.lower()}_head")

    def _of_phrase(self, reading: Reading, index: int) -> int | None:
        """Return the index of the last capitalised word of a name that goes on after "of"; None where none follows."""
        words, last, at = reading.words, None, index
        while at < len(words) and at - index < _LONGEST_BODY:
            text = words[at].text
            owner = at > index and self._is_peoples(reading, at)
            if at > index and not owner and gap(reading, words[at - 1].end, words[at].start) not in SPACES and text not in APOSTROPHES:
                break
            if last is not None and text.lower() in self._title_heads:
                break
            if is_name_word(words[at]) and text not in self._never:
                last = at
            elif not owner and not self._is_apostrophe_inside(reading, at, last) and self._breaks(reading, at, at - index):
                break
            at += 1
        return last

    @staticmethod
    def _is_peoples(reading: Reading, at: int) -> bool:
        """Tell whether a word is the possessive of a name that goes on behind it: the "'s" of "People's Republic"."""
        words = reading.words
        return (
            0 < at < len(words) - 1
            and words[at].text in POSSESSIVES - APOSTROPHES
            and words[at - 1].text in _PEOPLES
            and words[at + 1].text[:1].isupper()
        )

    @staticmethod
    def _is_apostrophe_inside(reading: Reading, at: int, last: int | None) -> bool:
        """Tell whether a word is a bare apostrophe between two words of a name: "Workers' Party"."""
        words = reading.words
        return words[at].text in APOSTROPHES and last == at - 1 and at + 1 < len(words) and words[at + 1].text[:1].isupper()

    def _breaks(self, reading: Reading, at: int, length: int) -> bool:
        """Tell whether the name ends before a small word: any but a link, "and" before another name, a late "on" or "for"."""
        text = reading.words[at].text
        return (
            text not in {"of", "and", "the", "for", "&", "on"}
            or (text == "and" and not self._goes_on(reading, at))
            or (text in {"on", "for"} and length > 4)
        )

    def _goes_on(self, reading: Reading, index: int) -> bool:
        """Tell whether the word after "and" still belongs to the name: capitalised, no title and no start of another name."""
        if index + 1 >= len(reading.words):
            return False
        after = reading.words[index + 1].text
        at = index + 2
        while (
            at < len(reading.words)
            and is_name_word(reading.words[at])
            and gap(reading, reading.words[at - 1].end, reading.words[at].start) in SPACES
        ):
            if self._tails.get(reading.words[at].text) in (Label.ORG, Label.AGENCY) and after.lower() not in self._common:
                return False
            at += 1
        return after[:1].isupper() and not any(
            after in some for some in (self._given, self._surnames, self._heads, self._never, self._not_names)
        )

    def _tailed(self, reading: Reading, countries: set[int]) -> Iterator[Found]:
        """Yield names that end with what the thing is: "… Corporation", "… Committee", "… Province"."""
        words = reading.words
        for index, word in enumerate(words):
            label = self._tails.get(word.text)
            if label is None or index == 0 or self._tail_goes_on(reading, index):
                continue
            first = self._reach_left(reading, index, label, countries)
            while first < index and words[first].text.lower() in self._common and reading.starts_sentence(words[first].start):
                first += 1
            if first == index or (label is Label.PLACE and set(range(first, index)) <= countries):
                continue
            if word.text == "Agency" and words[index - 1].text in {"News", "Press"}:
                label = Label.ORG
            yield Found(words[first].start, self._with_dot(reading, index), label, f"{label.value.lower()}_tail")

    def _tail_goes_on(self, reading: Reading, index: int) -> bool:
        after = reading.words[index + 1] if index + 1 < len(reading.words) else None
        return after is not None and after.text in self._tails and gap(reading, reading.words[index].end, after.start) in SPACES

    def _with_dot(self, reading: Reading, index: int) -> int:
        """Return the end of a tail with the dot of its abbreviation ("Co."), unless that dot ends the sentence."""
        word = reading.words[index]
        if reading.text[word.end : word.end + 1] != "." or word.text + "." not in self._tails:
            return word.end
        return word.end if reading.sentence_at(word.start)[1] <= word.end + 1 else word.end + 1

    def _reach_left(self, reading: Reading, index: int, label: Label, countries: set[int]) -> int:
        """Return the first word of the name whose last certain word is at `index`."""
        first = index
        while first and index - first < _LONGEST_BODY:
            step = self._step_left(reading, first, label, countries)
            if step == 0:
                break
            first -= step
        return first

    def _step_left(self, reading: Reading, first: int, label: Label, countries: set[int]) -> int:
        """Return how many words to the left still belong to the name: capitalised ones, "&", "People's", "and" between fields."""
        words = reading.words
        before = words[first - 1]
        if gap(reading, before.end, words[first].start) not in SPACES:
            return 0
        if before.text in POSSESSIVES and first > 1:
            return 2 if words[first - 2].text in _PEOPLES else 0
        if before.text in {"&", "and"} and first > 1:
            joined = before.text == "&" or (words[first - 2].text.lower() in self._common and words[first].text.lower() in self._common)
            return 2 if joined and is_name_word(words[first - 2]) and words[first - 2].text not in self._never else 0
        if not is_name_word(before) or before.text in self._never or before.text.lower() in self._title_heads:
            return 0
        return 0 if (first - 1 in countries and label is Label.ORG and before.text.endswith(("n", "ns", "ese", "ish"))) else 1

    def _headed_places(self, reading: Reading) -> Iterator[Found]:
        """Yield "Mount …", "Fort …", "Joint Base …": the head and at most two capitalised words."""
        words = reading.words
        for index, word in enumerate(words[:-1]):
            size = 2 if f"{word.text} {words[index + 1].text}" in self._place_heads else 1 if word.text in self._place_heads else 0
            end = index + size
            if word.text + "." in self._place_heads and words[index + 1].text == ".":
                end = index + 2
            start = end
            while end < len(words) and end - start < 2 and is_name_word(words[end]) and words[end].text not in self._never:
                if end > index + 1 and gap(reading, words[end - 1].end, words[end].start) not in SPACES:
                    break
                end += 1
            if size and end > start:
                yield Found(word.start, words[end - 1].end, Label.PLACE, "place_head", weight=_WEAK)

    def _datelines(self, reading: Reading) -> Iterator[Found]:
        """Yield places in capitals at the start of a line, before a date, an agency in brackets or a dash."""
        for match in _DATELINE.finditer(reading.text):
            if len(match[1]) > 3:
                yield Found(match.start(1), match.end(1), Label.PLACE, "dateline", weight=_WEAK)
