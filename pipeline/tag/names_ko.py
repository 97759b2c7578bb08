"""Names in Korean text: what the gazetteer knows, bodies and places by their ends, weapons by their scheme.

Korean writes particles and often titles onto the name, so a name is judged by what remains of its word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from models.vocabulary import Label
from pipeline.tag.gazetteer import Hit, KoreanGazetteer
from pipeline.tag.lists import WordLists
from pipeline.tag.persons_ko import KoreanTitle, PersonRules
from pipeline.tag.reading import Found, Reading, with_known
from pipeline.text.hangul import particle_length
from pipeline.text.spans import keep_longest

__all__ = ["KoreanNames", "KoreanTitle"]

_RUN = re.compile(r"[가-힣]+")
_WEAK = -1
_SHORT_COUNTRIES = frozenset("미 일 중 러 영 북 한".split())
_CLOSING_QUOTES = frozenset("'’”\"")
_WINDOW = 20
"""Letters after a name that are looked at; no particle and no title is longer."""
_SHORTEST_PERSON = 3
"""Letters below which a known name is too likely another word to be believed without a title."""
_GEOGRAPHY = re.compile(r" (열도|해협|반도|제도|군도)")
_NO_ENDS = ("항로", "시장", "시간", "구매", "군사", "동맹", "구축", "성장", "시설")
_HEAD_OF_BODY = re.compile(r"장(?:[은이을의과도]|에게|님)?")
_BRACKETED_MEDIUM = re.compile(
    r"[\[(]([가-힣A-Za-z0-9]{2,10})(?:=| )[가-힣]{3} (?:[가-힣]{0,4})기자[\])]|(?<==)([가-힣A-Za-z0-9]{3,10})(?=[\])])"
)


class KoreanNames:
    """Finds names in Korean text."""

    def __init__(self, lists: WordLists, gazetteer: KoreanGazetteer) -> None:
        self._gazetteer = gazetteer
        self._persons = PersonRules(lists)
        self._after_place = lists.get("after_place")
        self._hanja = lists.get("hanja")
        self._unwanted = lists.get("unwanted")
        self._doubtful = lists.get("doubtful_places")
        self._stands_alone = lists.get("stands_alone")
        self._bodies = re.compile(rf"(?: )?({'|'.join(sorted(lists.words['bodies_of_country'], key=len, reverse=True))})")
        self._place_end = re.compile(rf"(?:{'|'.join(sorted(lists.words['place_ends'], key=len, reverse=True))})")
        self._district = re.compile(
            rf" ([가-힣]{{2,4}}?(?:{'|'.join(sorted(lists.words['place_ends'], key=len, reverse=True))}))(?=[가-힣]{{0,4}})"
        )
        self._weapons = lists.pattern("weapons")
        self._agency_tail = _tail_pattern(lists.words["agency_tails"])
        self._org_tail = _tail_pattern(lists.words["org_tails"])
        self._not_names = lists.get("not_persons") | self._unwanted

    def find(self, reading: Reading) -> tuple[list[Found], list[KoreanTitle]]:
        """Return the names of the text, in order and without overlap, and the titles that follow persons."""
        known = self._from_gazetteer(reading)
        finds = [*known, *self._attached(reading, known), *self._districts(reading, known), *self._tailed(reading), *self._things(reading)]
        others = keep_longest(finds, rank=lambda found: found.weight)
        persons, titles = self._persons.find(reading, {found.start: found for found in others})
        kept = keep_longest([*finds, *with_known(persons, known)], rank=lambda found: found.weight)
        kept = [found for found in kept if "\n" not in reading.text[found.start : found.end]]
        starts = {found.start for found in kept if found.label is Label.PERSON}
        return kept, [title for title in titles if title.name_start in starts]

    # --- known names ---------------------------------------------------------------------------------------------

    def _from_gazetteer(self, reading: Reading) -> list[Found]:
        text, finds = reading.text, list[Found]()
        previous: tuple[int, str | None] = (-1, None)
        offset = 0
        while offset < len(text):
            known = None
            if self._gazetteer.may_begin(text[offset]) and self._may_begin(text, offset, finds):
                known = self._known_at(text, offset, previous)
            if known is None:
                offset += 1
            else:
                finds.append(known[0])
                previous = (known[0].end, known[1])
                offset = known[0].end
        return finds

    def _known_at(self, text: str, offset: int, previous: tuple[int, str | None]) -> tuple[Found, str | None] | None:
        """Return the longest name at `offset` and its country; `previous` is the end and the country of the name before."""
        for hit in self._gazetteer.at(text, offset):
            end = self._end(text, hit, previous)
            if end is not None:
                entry = hit.entries[0]
                same = tuple(dict.fromkeys(one.id for one in hit.entries if one.label is entry.label and one.id))
                return Found(hit.start, end, entry.label, f"gazetteer_{entry.kind}", same), entry.country
        return None

    def _may_begin(self, text: str, offset: int, finds: Sequence[Found]) -> bool:
        """Tell whether a name may begin here: at the start of a word, or right after another name."""
        here = text[offset]
        if offset == 0 or not _is_letter(here):
            return _is_letter(here)
        before = text[offset - 1]
        if before == " ":
            return True
        if _is_letter(before) and _is_letter(here) and _script(before) == _script(here):
            return bool(finds) and finds[-1].end == offset and finds[-1].end - finds[-1].start > 1
        return not (
            before in _CLOSING_QUOTES and offset > 1 and _is_letter(text[offset - 2]) and finds and finds[-1].label is not Label.PLACE
        )

    def _end(self, text: str, hit: Hit, previous: tuple[int, str | None]) -> int | None:
        """Return where the name ends in the text, ends of places included; None where the word is another one."""
        entry, name, rest = hit.entries[0], text[hit.start : hit.end], _letters_after(text, hit.end)
        if entry.kind == "adjective" or name in self._unwanted or (entry.label is Label.PLACE and " " in name):
            return None
        if name in self._hanja:
            after = text[hit.end : hit.end + 1]
            return hit.end if not _is_hanja(after) or after in self._hanja else None
        if len(name) == 1:
            return None
        if name.isascii():
            plain = not (rest[:1].isascii() and rest[:1].isalnum()) and not text[hit.start - 1 : hit.start].isalnum()
            return hit.end if plain and (particle_length(name, rest) is not None or not rest or self._persons.title_size(rest)) else None
        if entry.label is Label.PLACE:
            return self._end_of_place(text, hit, rest, previous)
        if entry.label is Label.PERSON and len(name) < _SHORTEST_PERSON and not self._persons.title_size(rest):
            return None
        if particle_length(name, rest) is not None or self._persons.title_size(rest):
            return hit.end
        if entry.label in (Label.AGENCY, Label.ORG) and (_HEAD_OF_BODY.fullmatch(rest) or rest[:1] in {"측", "발"}):
            return hit.end
        return hit.end if entry.label is Label.PERSON and rest[:2] in {"정부", "정권"} else None

    def _end_of_place(self, text: str, hit: Hit, rest: str, previous: tuple[int, str | None]) -> int | None:
        entry, name = hit.entries[0], text[hit.start : hit.end]
        wider = _GEOGRAPHY.match(text, hit.end)
        if wider is not None and particle_length(wider[1], _letters_after(text, wider.end())) is not None:
            return wider.end()
        ending = self._place_end.match(rest) if not entry.of_country and not rest.startswith(_NO_ENDS) else None
        if ending is not None and particle_length(name + ending.group(), rest[ending.end() :]) is not None:
            return hit.end + ending.end()
        after_own = text[previous[0] : hit.start] in {" ", "·"} and previous[1] == entry.country and entry.country is not None
        if (name in self._doubtful and not after_own) or (entry.of_country and rest.startswith("인") and not rest.startswith("인데")):
            return None
        if particle_length(name, rest) is not None:
            return hit.end
        fits = any(rest.startswith(word) and particle_length(word, rest[len(word) :]) is not None for word in self._after_place)
        return hit.end if fits else None

    def _attached(self, reading: Reading, finds: Sequence[Found]) -> Iterator[Found]:
        """Yield a country with the body after it, as one name: 러시아 외무부, 팔라우 대통령실; short forms too: 미 국무부."""
        text = reading.text
        for one, two in pairwise(finds):
            beside = two.label is Label.AGENCY and one.label is Label.PLACE and text[one.end : two.start] in {" ", ""}
            if beside and text[two.start : two.end] not in self._stands_alone and text[one.start : one.end] not in self._hanja:
                yield Found(one.start, two.end, Label.AGENCY, "gazetteer_attached", two.ids)
        for one in finds:
            body = self._bodies.match(text, one.end) if one.label is Label.PLACE else None
            if body is not None and particle_length(body[1], _letters_after(text, body.end())) is not None and one.end - one.start > 1:
                yield Found(one.start, body.end(), Label.AGENCY, "country_body")
        for two in finds:
            at = two.start - 2
            short = at >= 0 and text[at] in _SHORT_COUNTRIES and text[at + 1] == " " and (at == 0 or not _is_letter(text[at - 1]))
            if two.label is Label.AGENCY and short:
                yield Found(at, two.end, Label.AGENCY, "gazetteer_attached", two.ids)

    def _districts(self, reading: Reading, finds: Sequence[Found]) -> Iterator[Found]:
        """Yield the district after a known place: 평안남도 은산군, 중국 윈난성 쿤밍시."""
        for one in finds:
            end = one.end
            while one.label is Label.PLACE and (match := self._district.match(reading.text, end)) is not None:
                rest = _letters_after(reading.text, match.end(1))
                if particle_length(match[1], rest) is None or match[1] in self._not_names or self._persons.title_size(match[1]):
                    break
                yield Found(match.start(1), match.end(1), Label.PLACE, "place_district", weight=_WEAK)
                end = match.end(1)

    # --- unknown names -------------------------------------------------------------------------------------------

    def _tailed(self, reading: Reading) -> Iterator[Found]:
        for match in _RUN.finditer(reading.text):
            word = match.group()
            for pattern, label in ((self._agency_tail, Label.AGENCY), (self._org_tail, Label.ORG)):
                found = pattern.match(word)
                if found is None or found.group() in self._not_names or particle_length(found.group(), word[found.end() :]) is None:
                    continue
                yield Found(match.start(), match.start() + found.end(), label, f"{label.value.lower()}_tail", weight=_WEAK)
                break
        for match in _BRACKETED_MEDIUM.finditer(reading.text):
            group = 1 if match[1] else 2
            yield Found(match.start(group), match.end(group), Label.ORG, "byline_medium", weight=_WEAK)
        for match in re.finditer(
            r"(?<![가-힣])([가-힣]{2,6}대)(?= (?:[가-힣]{2,8} ){0,3}(?:명예|석좌|객원|초빙|특임|겸임)?교수)", reading.text
        ):
            yield Found(match.start(1), match.end(1), Label.ORG, "university", weight=_WEAK)

    def _things(self, reading: Reading) -> Iterator[Found]:
        for match in self._weapons.finditer(reading.text):
            yield Found(match.start(), match.end(), Label.WEAPON, "weapon_pattern")


def _tail_pattern(tails: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"[가-힣]{{2,16}}?(?:{'|'.join(sorted(tails, key=len, reverse=True))})")


def _letters_after(text: str, offset: int) -> str:
    end = offset
    while end < len(text) and end - offset < _WINDOW and _is_letter(text[end]):
        end += 1
    return text[offset:end]


def _is_letter(char: str) -> bool:
    return "가" <= char <= "힣" or (char.isascii() and char.isalnum()) or _is_hanja(char)


def _is_hanja(char: str) -> bool:
    return bool(char) and "一" <= char <= "鿿"


def _script(char: str) -> str:
    return "hangul" if "가" <= char <= "힣" else "hanja" if _is_hanja(char) else "latin"
