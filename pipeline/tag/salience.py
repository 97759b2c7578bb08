"""Which person of an article a surname standing alone means.

Readers take the one who is being talked about, not the one who was named last: in "Kim Yo Jong, the sister of leader Kim
Jong Un, sent a gift. Kim wrote …" the name before belongs to somebody mentioned in passing. So every mention makes its
person more present, one in passing less so, and presence fades from sentence to sentence.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.tag.reading import Reading

__all__ = ["Presence"]

_FULL, _SHORT, _PASSING = 2.0, 1.5, 0.3
"""What a mention by full name, by surname, and one in passing add."""
_FIRST = 1.5
"""How much more the person named first in a sentence counts, most often its subject."""
_FADE = 0.75
"""What is left of presence after one sentence."""
_FAR = 25
"""Sentences after which nothing is left that would matter."""
_IN_APPOSITION = re.compile(
    r",(?: (?:who|whose|the|a|an|his|her|their))? [^,.;:()“”\n]{0,80}\b(?:of|to|for|with|under|by|succeeded|met|son|brother|father)\b[^,.;:()“”\n]{0,60} "
)
"""What stands between a person and one who is named only to say who the first is: ", the sister of North Korean leader "."""
_POSSESSOR = re.compile(r"['’]s? (?:[\w-]+ ){1,4}")
"""What follows one who is named only to say who the next is: "'s younger sister "."""
_OF_HIS = re.compile(
    r"\b(?:his|her|their|its|whose|the)(?: [\w-]+){0,3} (?:father|grandfather|mother|brother|half-brother|sister|son|daughter|wife|husband|uncle|aunt|nephew|leader)(?: and [\w-]+(?: [\w-]+)?)?,? \Z",
    re.IGNORECASE,
)
"""What stands before one who is named only as somebody's relation or a country's leader: "his late father, "."""
_LONGEST_GAP = 150


@dataclass(order=True, frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    person: str
    weight: float


@dataclass(slots=True)
class Presence:
    """How present each person is at each place of one article; mentions are noted as they are found."""

    reading: Reading
    _mentions: list[_Mention] = field(default_factory=list)

    def note_names(self, persons: Iterable[tuple[int, int, str]]) -> None:
        """Note the full names of the article as `(start, end, person)`."""
        found = sorted(persons)
        for index, (start, end, person) in enumerate(found):
            before, after = (found[at] if 0 <= at < len(found) else None for at in (index - 1, index + 1))
            passing = self._is_passing(start, end, person, before, after)
            first = before is None or before[1] <= self.reading.sentence_at(start)[0]
            insort(self._mentions, _Mention(start, end, person, _PASSING if passing else _FULL * (_FIRST if first else 1.0)))

    def note_short(self, start: int, end: int, person: str) -> None:
        """Note a mention by surname that has been decided."""
        insort(self._mentions, _Mention(start, end, person, _SHORT))

    def most_present(self, people: Iterable[str], place: int) -> str | None:
        """Return the most present of `people` before `place`, or the first named after it where none was named before; None for none."""
        wanted = set(people)
        at = bisect_left(self._mentions, place, key=lambda one: one.start)
        here = self._sentence(place)
        presence: dict[str, float] = {}
        for one in reversed(self._mentions[:at]):
            distance = here - self._sentence(one.start)
            if distance > _FAR and presence:
                break
            if one.person in wanted:
                presence[one.person] = presence.get(one.person, 0.0) + one.weight * _FADE**distance
        if presence:
            return max(presence, key=lambda person: presence[person])
        return next((one.person for one in self._mentions[at:] if one.person in wanted), None)

    def _sentence(self, place: int) -> int:
        return bisect_right(self.reading.sentences, (place, len(self.reading.text) + 1))

    def _is_passing(
        self, start: int, end: int, person: str, before: tuple[int, int, str] | None, after: tuple[int, int, str] | None
    ) -> bool:
        text = self.reading.text
        if (
            before is not None
            and before[2] != person
            and 0 < start - before[1] < _LONGEST_GAP
            and _IN_APPOSITION.fullmatch(text, before[1], start)
        ):
            return True
        if after is not None and after[2] != person and 0 < after[0] - end < _LONGEST_GAP and _POSSESSOR.fullmatch(text, end, after[0]):
            return True
        return _OF_HIS.search(text, max(0, start - 60), start) is not None
