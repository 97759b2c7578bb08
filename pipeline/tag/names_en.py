"""Names in English text: what the gazetteer knows, and what the rules for persons, bodies and things find.

Every rule yields finds with its own name as `rule`; the choice between finds that overlap is made once, at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from models.vocabulary import Label
from pipeline.tag.bodies_en import BodyRules
from pipeline.tag.context_en import ContextRules
from pipeline.tag.gazetteer import Gazetteer, Hit
from pipeline.tag.lists import WordLists
from pipeline.tag.persons_en import PersonRules
from pipeline.tag.reading import Found, Reading, with_known
from pipeline.tag.things_en import ThingRules
from pipeline.tag.titles import Title, TitleFinder
from pipeline.tag.word_shapes import SPACES, gap, is_name_word
from pipeline.text.spans import keep_longest

__all__ = ["EnglishNames"]

_ADJECTIVE = "adjective"
_SHOUTING = 0.6
"""Share of capitals among the letters above which case says nothing."""
_ATTACHING = frozenset(
    "ministry department command forces army navy force congress senate treasury committee agency service council parliament assembly court embassy "
    "marines corps guard police military office administration commission bank representatives cabinet".split()
)


class EnglishNames:
    """Finds names in English text."""

    def __init__(self, lists: WordLists, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._titles = TitleFinder(lists)
        self._persons = PersonRules(lists, title_heads=self._titles.heads)
        self._bodies = BodyRules(lists, title_heads=self._titles.heads)
        self._things = ThingRules(lists, self._persons)
        self._context = ContextRules(lists, self._persons)
        self._malware_nouns = lists.get("malware_nouns")

    def find(self, reading: Reading) -> tuple[list[Found], list[Title]]:
        """Return the names of the text, in order and without overlap, and the titles in it."""
        capitals = sum(char.isupper() for char in reading.text)
        shouting = capitals > _SHOUTING * sum(char.isalpha() for char in reading.text)
        hits = self._gazetteer.find(reading.words, reading.text, any_case=shouting)
        titles = self._titles.find(reading, hits)
        known = list(self._from_gazetteer(reading, hits))
        finds = [*known, *self._things.patterns(reading)]
        if not shouting:
            taken = {index for hit in hits for index in range(hit.first, hit.last + 1) if not _is_person(hit)}
            countries = {index for hit in hits for index in range(hit.first, hit.last + 1) if _is_country(hit)}
            finds += with_known(self._persons.find(reading, titles, taken), known)
            finds += self._bodies.find(reading, countries)
            finds += self._things.find(reading, taken)
            finds += self._context.find(reading, titles, taken)
        whole = (found for found in finds if "\n" not in reading.text[found.start : found.end])
        kept = keep_longest(whole, rank=lambda found: found.weight)
        return [found for found in kept if found.rule != _ADJECTIVE], titles

    def _from_gazetteer(self, reading: Reading, hits: Sequence[Hit]) -> Iterator[Found]:
        for position, hit in enumerate(hits):
            following = hits[position + 1] if position + 1 < len(hits) else None
            entry = hit.entries[0]
            if all(one.kind == _ADJECTIVE for one in hit.entries):
                yield Found(hit.start, hit.end, Label.PLACE, _ADJECTIVE)
            elif self._is_name(reading, hit):
                yield _found(self._without_noun(reading, hit))
            else:
                continue
            if entry.label is Label.PLACE and following is not None and self._attaches(reading, hit, following):
                yield _found(following, start=hit.start, rule="gazetteer_attached")
            elif entry.label is Label.PLACE and (end := self._embassy_after(reading, hit)) is not None:
                yield Found(hit.start, end, Label.AGENCY, "embassy")

    def _is_name(self, reading: Reading, hit: Hit) -> bool:
        """Judge forms that are names only where the text around them agrees."""
        entry = hit.entries[0]
        if reading.text[hit.end : hit.end + 1] == "$":
            return False
        if entry.label is Label.PLACE and entry.kind == "short":
            return self._is_short_place(reading, hit)
        if entry.kind == "weak":
            return hit.first < hit.last
        if entry.kind == "acronym":
            known = hit.end - hit.start > 2 and len({one.id for one in hit.entries}) == 1
            return known and not _means_something_else(reading.text, reading.text[hit.start : hit.end])
        return True

    def _without_noun(self, reading: Reading, hit: Hit) -> Hit:
        """Drop the noun that a list writes after the name of a malware family: "Medusa ransomware"."""
        if hit.entries[0].label is Label.MALWARE and hit.last > hit.first and reading.words[hit.last].text in self._malware_nouns:
            return Hit(hit.start, reading.words[hit.last - 1].end, hit.entries, hit.first, hit.last - 1)
        return hit

    def _attaches(self, reading: Reading, country: Hit, body: Hit) -> bool:
        """Tell whether a country's word stands before the name of a body of state and belongs to it ("U.S. State Department")."""
        if body.first != country.last + 1 or gap(reading, country.end, body.start) not in SPACES:
            return False
        countries = {entry.country for entry in country.entries}
        return any(
            entry.label is Label.AGENCY
            and (entry.country in countries or entry.country is None)
            and entry.kind in {"short", "name"}
            and entry.text.split()[-1].lower() in _ATTACHING
            for entry in body.entries
        )

    def _embassy_after(self, reading: Reading, hit: Hit) -> int | None:
        """Return the end of "embassy" or "consulate" right after a country's word; None where none stands there."""
        if hit.last + 1 >= len(reading.words) or not _is_country(hit):
            return None
        word = reading.words[hit.last + 1]
        return word.end if word.text.lower() in {"embassy", "consulate"} and gap(reading, hit.end, word.start) in SPACES else None

    def _is_short_place(self, reading: Reading, hit: Hit) -> bool:
        """Judge "North" and "South": with "the" before, or as the subject of a headline; never before another name."""
        after = reading.words[hit.last + 1] if hit.last + 1 < len(reading.words) else None
        if reading.text[hit.start].islower() or (
            after is not None and is_name_word(after) and gap(reading, hit.end, after.start) in SPACES
        ):
            return False
        before = reading.words[hit.first - 1].text.lower() if hit.first else ""
        if before in {"the", "to", "by", "against", "with", "between", "on"} and (
            before == "the" or after is None or not after.text.islower()
        ):
            return True
        if _is_possessive(reading, hit.end):
            return True
        verb = after is not None and after.text.islower() and after.text not in {"of", "to", "and", "in", "from"}
        return reading.starts_sentence(hit.start) and verb


def _means_something_else(text: str, acronym: str) -> bool:
    """Tell whether the text itself explains an acronym by common words: "a memorandum of understanding (MOU)"."""
    place = text.find(f"({acronym})")
    if place < 0:
        return False
    words = re.findall(r"[A-Za-z]+", text[max(0, place - 80) : place])[-2 * len(acronym) :]
    initials = [word[0].lower() for word in words if word.lower() not in _SMALL_WORDS]
    wanted = [letter.lower() for letter in acronym if letter.isalpha()]
    full = [word[0].lower() for word in words]
    common = all(word.islower() for word in words[-2:])
    return common and (initials[-len(wanted) :] == wanted or full[-len(wanted) :] == wanted)


_SMALL_WORDS = frozenset("a an and for in of on the to with".split())


def _is_possessive(reading: Reading, end: int) -> bool:
    """Tell whether 's follows."""
    return reading.text[end : end + 2] in {"'s", "’s"}


def _found(hit: Hit, *, start: int | None = None, rule: str = "") -> Found:
    kinds = {entry.kind for entry in hit.entries}
    order = [entry for entry in hit.entries if entry.kind not in {"weak", _ADJECTIVE}] or list(hit.entries)
    rule = rule or f"gazetteer_{order[0].kind if 'name' not in kinds else 'name'}"
    same = tuple(dict.fromkeys(entry.id for entry in order if entry.label is order[0].label and entry.id))
    return Found(hit.start if start is None else start, hit.end, order[0].label, rule, same)


def _is_person(hit: Hit) -> bool:
    return all(entry.label is Label.PERSON for entry in hit.entries)


def _is_country(hit: Hit) -> bool:
    return any(entry.label is Label.PLACE and entry.of_country and entry.kind != "short" for entry in hit.entries)
