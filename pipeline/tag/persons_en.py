"""Personal names in English text: Korean patterns, titles, given names, bylines, verbs of saying."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from models.vocabulary import Label
from pipeline.tag.lists import WordLists
from pipeline.tag.reading import Found, Reading
from pipeline.tag.titles import Title
from pipeline.tag.word_shapes import SPACES, gap, is_capital, is_name_word

__all__ = ["PersonRules"]

_LONGEST_PERSON = 4
_WEAK, _STRONG = -1, 1
_DOTTED_TITLES = frozenset("sen rep gen adm col lt maj capt mr mrs ms dr prof gov sgt pvt cmdr".split())

_BEFORE_SURNAMES = frozenset("mr mrs ms mr. mrs. ms. miss dr dr. doctor prof prof. professor sir lady rev. pastor".split())
"""Titles outside the state that stand before a surname alone; before other single words they mean groups and firms."""


class PersonRules:
    """Rules that find persons."""

    def __init__(self, lists: WordLists, *, title_heads: frozenset[str]) -> None:
        self._title_heads = title_heads
        self._surnames = lists.get("korean_surnames")
        self._syllables = lists.get("korean_syllables")
        self._given = lists.get("given_names")
        self._common = lists.get("common_words")
        self._particles = lists.get("name_particles")
        self._never = lists.get("never_in_names") | lists.get("not_names")
        self._say = lists.get("say_verbs")
        self._tails = lists.get("place_tails") | lists.get("org_tails") | lists.get("agency_tails")
        self._heads = lists.get("org_heads") | lists.get("agency_heads")

    def find(self, reading: Reading, titles: Sequence[Title], taken: set[int]) -> Iterator[Found]:
        """Yield persons; `taken` are the words that the knowledge base knows as other things than persons."""
        yield from self._korean_names(reading, taken)
        yield from self._titled(reading, titles, taken)
        yield from self._given_names(reading, taken)
        yield from self._bylines(reading)
        yield from self._speakers(reading, taken)

    def _korean_names(self, reading: Reading, taken: set[int]) -> Iterator[Found]:
        words = reading.words
        for index, word in enumerate(words[:-1]):
            after = words[index + 1]
            if not word.text[:1].isupper() or index + 1 in taken or gap(reading, word.end, after.start) not in SPACES:
                continue
            if word.text in self._surnames:
                yield from self._after_surname(reading, index)
            if (
                "-" in word.text
                and after.text in self._surnames
                and self._is_given(word.text, joined="-")
                and _next_is_free(reading, index + 1)
            ):
                yield Found(word.start, after.end, Label.PERSON, "korean_reversed")

    def _after_surname(self, reading: Reading, index: int) -> Iterator[Found]:
        surname, given = reading.words[index], reading.words[index + 1]
        if "-" in given.text:
            if self._is_given(given.text, joined="-"):
                yield Found(surname.start, given.end, Label.PERSON, "korean_hyphened", weight=_STRONG)
            return
        third = reading.words[index + 2] if index + 2 < len(reading.words) else None
        syllables = (
            third is not None and {given.text.lower(), third.text.lower()} <= self._syllables and is_capital(given) and is_capital(third)
        )
        if third is not None and syllables and gap(reading, given.end, third.start) in SPACES:
            yield Found(surname.start, third.end, Label.PERSON, "korean_spaced", weight=_STRONG)
            return
        if (
            is_capital(given)
            and len(given.text) > 4
            and self._two_syllables(given.text.lower())
            and given.text.lower() not in self._common
            and given.text not in self._tails
        ):
            yield Found(surname.start, given.end, Label.PERSON, "korean_joined")

    def _is_given(self, word: str, *, joined: str) -> bool:
        parts = [part.lower() for part in word.split(joined)]
        return len(parts) == 2 and all(
            part in self._syllables or (2 <= len(part) <= 6 and part.isalpha() and part not in self._common) for part in parts
        )

    def _two_syllables(self, word: str) -> bool:
        return any(word[:cut] in self._syllables and word[cut:] in self._syllables for cut in range(1, len(word)))

    def run(self, reading: Reading, index: int, taken: set[int] | None = None, *, limit: int = _LONGEST_PERSON) -> int:
        """Return the index after the run of words of a personal name that starts at `index`; `index` where there is none."""
        words, at, count = reading.words, index, 0
        while at < len(words) and count < limit:
            word = words[at]
            if at > index and gap(reading, words[at - 1].end, word.start) not in SPACES | {""}:
                break
            if taken is not None and at in taken:
                break
            if word.text == "." and at > index and len(words[at - 1].text) == 1:
                at += 1
                continue
            if word.text in self._particles and count and at + 1 < len(words) and is_name_word(words[at + 1]):
                at += 1
                continue
            if (
                not is_name_word(word)
                or word.text in self._never
                or (at > index and words[at - 1].text.endswith(".") and words[at - 1].text in self._tails)
                or (at > index and gap(reading, words[at - 1].end, word.start) == "" and words[at - 1].text != ".")
            ):
                break
            at += 1
            count += 1
        while at > index and words[at - 1].text in self._particles:
            at -= 1
        return at

    def _titled(self, reading: Reading, titles: Sequence[Title], taken: set[int]) -> Iterator[Found]:
        for title in titles:
            index = title.last + 1
            if (
                index < len(reading.words)
                and reading.words[index].text == "."
                and title.head
                in {"sen", "rep", "gen", "adm", "col", "lt", "maj", "capt", "mr", "mrs", "ms", "dr", "prof", "gov", "sgt", "pvt", "cmdr"}
            ):
                index += 1
            if index >= len(reading.words) or gap(reading, reading.words[index - 1].end, reading.words[index].start) not in SPACES:
                continue
            if reading.words[index].text.lower() in self._title_heads:
                continue
            end = self.run(reading, index, taken)
            while end > index and reading.words[end - 1].text in self._tails and end - index > 2:
                end -= 1
            single = end - index == 1
            if single and title.kind == "private" and title.head not in _BEFORE_SURNAMES:
                continue
            if end > index and self._may_be_person(reading, index, end):
                rule = "titled_single" if single else "titled"
                yield Found(reading.words[index].start, reading.words[end - 1].end, Label.PERSON, rule)

    def _may_be_person(self, reading: Reading, index: int, end: int) -> bool:
        words = [word.text for word in reading.words[index:end] if word.text != "."]
        if (
            words[-1] in self._tails
            or words[0] in self._heads
            or any(word.isupper() and len(word) > 2 and "." not in word for word in words)
        ):
            return False
        return not all(word.lower() in self._common for word in words)

    def _given_names(self, reading: Reading, taken: set[int]) -> Iterator[Found]:
        for index, word in enumerate(reading.words):
            if word.text not in self._given or index in taken or (index and reading.words[index - 1].text in self._given):
                continue
            end = self.run(reading, index, taken)
            while end - index > 2 and (reading.words[end - 1].text.lower() in self._common or reading.words[end - 1].text in self._tails):
                end -= 1
            if end - index < 2 or not self._may_be_person(reading, index, end):
                continue
            if (
                reading.words[index + 1].text.lower() in self._common
                and reading.words[index + 1].text != "."
                and len(reading.words[index + 1].text) > 1
                and end - index == 2
                and not self._is_spoken(reading, index, end)
            ):
                continue
            yield Found(word.start, reading.words[end - 1].end, Label.PERSON, "given_name")

    def _is_spoken(self, reading: Reading, index: int, end: int) -> bool:
        before = reading.words[index - 1].text if index else ""
        after = reading.words[end].text if end < len(reading.words) else ""
        return before in self._say or after in self._say or after == ","

    def _speakers(self, reading: Reading, taken: set[int]) -> Iterator[Found]:
        """Yield runs of two or three unknown words right before or after a verb of saying."""
        for index, word in enumerate(reading.words):
            if word.text not in self._say:
                continue
            end = self.run(reading, index + 1, taken)
            if 2 <= sum(one.text != "." for one in reading.words[index + 1 : end]) <= 3 and self._unknown(reading, index + 1, end):
                yield Found(reading.words[index + 1].start, reading.words[end - 1].end, Label.PERSON, "speaker_after", weight=_WEAK)

    def _unknown(self, reading: Reading, index: int, end: int) -> bool:
        words = [word.text for word in reading.words[index:end]]
        return self._may_be_person(reading, index, end) and not any(
            word in self._tails or word in self._heads or (word.lower() in self._common and len(word) > 2) for word in words
        )

    _BYLINE = re.compile(r"(?:\b(?:Reporting|Writing|Editing|Additional reporting|Edited|Compiled|Written) by|(?:^|\n|  )By) (?=[A-Z])")

    def _bylines(self, reading: Reading) -> Iterator[Found]:
        for match in self._BYLINE.finditer(reading.text):
            index = reading.word_at(match.end())
            while index < len(reading.words):
                end = self.run(reading, index, limit=3)
                if end - index < 2:
                    break
                yield Found(reading.words[index].start, reading.words[end - 1].end, Label.PERSON, "byline")
                index = end
                while index < len(reading.words) and reading.words[index].text in {",", "and"}:
                    index += 1
                if index == end:
                    break


def _next_is_free(reading: Reading, index: int) -> bool:
    if index + 1 >= len(reading.words) or "-" not in reading.words[index + 1].text:
        return True
    return gap(reading, reading.words[index].end, reading.words[index + 1].start) not in SPACES
