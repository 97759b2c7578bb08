"""Persons in Korean text: surname and given name with a title, surnames before titles, foreign names, bylines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from models.vocabulary import Label
from pipeline.tag.lists import WordLists
from pipeline.tag.reading import Found, Reading
from pipeline.text.hangul import particle_length, strip_particle
from pipeline.text.spans import Ranges

__all__ = ["KoreanTitle", "PersonRules"]

_RUN = re.compile(r"[가-힣]+")
_LONGEST_FILLER = 6
"""Words between a name and its title ("홍길동 외교부 북미국 심의관"); more than six belong to another clause."""
_LONGEST_FOREIGN = 4
_STRONG = 1
_FOREIGN = re.compile(
    r"[트푸크르스프브드츠키티디카타파테페케레네메베젤렌핀턴슨런튼엘딘즈뉴콘쿠코토포펜벨웰글클블플릭릿팅킹닝링쉬셰체첸앨켈머버퍼터커더너러저쓰히쿄레뤼슈휩랭빅]"
)
_AGE = re.compile(r"\s?\((?:\d{1,2}|사진|왼쪽|오른쪽|가운데)[^)\n]{0,10}\)")
_GOVERNMENT = re.compile(r" ?(?:정부|정권|행정부)")
_SKIP = re.compile(r"[ \xa0]|\([^)\n]{1,20}\)[ \xa0]?|(?=[가-힣])")
_WORD_SURNAMES = frozenset("이 전 한 현 주 양 신 원 공 부 고 두 성 우 여 국 각 제 당 본 차 기 동 선 안 정 구 지 도 하 사".split())
"""Surnames that are also words before a title: this, former, one, present, both, new."""
_NEVER_ALONE = frozenset("전 한 현 각 당 두 여 본 제 국 부 공 사 동 선 기".split())
_GENERIC = frozenset(
    "관계자 당국자 전문가 소장 간사 위원 이사 감독 선수 시장 부장 국장 과장 고문 의사 대장 원수 공사 총장 차장 대사 왕 상사 하사 병장 소위 지도자 장군 비서".split()
)
"""Titles that follow common nouns and determiners as often as names."""
_REPORTERS = frozenset("기자 선임기자 전문기자 인턴기자 특파원 앵커 리포터 캐스터".split())
_ENDINGS = frozenset("로된는를을할던에의와과")
"""Last letters of words that no given name ends in."""
_DOUBTFUL_ENDINGS = frozenset("인한은")
_VERB_ENDS = frozenset("면한인런해며여된할러서")
"""Last letters of verbs and adverbs before a name; names that end so are found where their given name is known."""
_SHORT_PARTS = frozenset("킴 리 왕 첸 장 박 최 김 이 슈 쿡 벡 폰 드 데 빈 알 엘".split())


@dataclass(frozen=True, slots=True)
class KoreanTitle:
    """A title with the name before it; `start:end` is the role as written, bodies included, the name not."""

    name_start: int
    name_end: int
    start: int
    end: int
    kind: str
    head: str
    fillers: int = 0


class PersonRules:
    """Rules that find persons and their titles."""

    def __init__(self, lists: WordLists) -> None:
        self._surnames = lists.get("surnames")
        self._syllables = lists.get("name_syllables")
        self._given = lists.get("foreign_given")
        self._not_persons = lists.get("not_persons")
        self._fillers = lists.get("fillers") | lists.get("former")
        self._former = lists.get("former")
        self._titles = {
            **dict.fromkeys(lists.words["private_titles"], "private"),
            **dict.fromkeys(lists.words["body_titles"], "body"),
            **dict.fromkeys(lists.words["state_titles"], "state"),
        }
        self._longest_title = max(map(len, self._titles))
        tails = sorted((*lists.words["agency_tails"], *lists.words["org_tails"]), key=len, reverse=True)
        self._body_word = re.compile(rf"[가-힣]+(?:{'|'.join(tails)})|[가-힣]{{2,}}[대당부청원시도]")
        self._hanja_surnames = {pair[0]: pair[1:] for pair in lists.words["hanja_surnames"]}
        before = "|".join(sorted(lists.words["byline_before"], key=len, reverse=True))
        self._byline = re.compile(rf"(?<![가-힣])(?:{before})\s?(?:\(☎\)\s?)?[:=/|]\s?")

    def find(self, reading: Reading, known: Mapping[int, Found]) -> tuple[list[Found], list[KoreanTitle]]:
        """Return persons and titles; `known` are the finds of other rules by their start."""
        taken = Ranges([(found.start, found.end) for found in known.values() if found.label is not Label.PERSON])
        finds: list[Found] = []
        titles: list[KoreanTitle] = []
        for found in known.values():
            title = self._title_after(reading, found.start, found.end, known) if found.label is Label.PERSON else None
            titles += [title] if title is not None else []
        for match in _RUN.finditer(reading.text):
            if taken.touches(match.start(), match.start() + 1) or reading.text[match.start() - 1 : match.start()].isdigit():
                continue
            for start, end, rule in self._candidates(reading, match, taken):
                title = self._title_after(reading, start, end, known)
                if title is None and not rule.endswith(("aged", "government")):
                    continue
                if title is not None and not self._title_fits(reading.text[start:end], rule, title):
                    continue
                if rule == "foreign_titled" and title is not None:
                    start = self._with_given(reading, start)
                    title = replace(title, name_start=start)
                finds.append(Found(start, end, Label.PERSON, rule, weight=_STRONG))
                titles += [title] if title is not None else []
                break
        finds += self._bylines(reading)
        surnames = {reading.text[found.start] for found in (*finds, *known.values()) if found.label is Label.PERSON}
        for found, title in self._surnames_alone(reading, known, taken, surnames):
            finds.append(found)
            titles.append(title)
        finds += self._hanja(reading, surnames)
        return finds, titles

    # --- names ---------------------------------------------------------------------------------------------------

    def _candidates(self, reading: Reading, match: re.Match[str], taken: Ranges) -> Iterator[tuple[int, int, str]]:
        """Yield the stretches at the start of a word that may be a whole personal name, best first."""
        word, start = match.group(), match.start()
        foreign = len(word) > 1 and (word in self._given or _FOREIGN.search(word) is not None)
        if (
            not (foreign or (len(word) > 1 and word[0] in self._surnames))
            or self.title_size(word)
            or strip_particle(word) in self._not_persons
        ):
            return
        if foreign:
            for end in self._foreign_ends(reading, match, taken):
                yield start, end, "foreign_full"
        for size in (3, 4, 2):
            name, rest = word[:size], word[size:]
            if not self._is_korean_name(name, size) or (size == 2 and rest) or (rest and not self._long_title(rest)):
                continue
            if not rest and size == 3 and _AGE.match(reading.text, start + size):
                yield start, start + size, "korean_aged"
            if not rest and size == 3 and self._before_government(reading, start + size):
                yield start, start + size, "korean_government"
            yield start, start + size, "korean_titled"
        if foreign and len(word) <= 6:
            yield start, match.end(), "foreign_titled"

    def _is_korean_name(self, name: str, size: int) -> bool:
        if len(name) != size or name in self._not_persons or name[-1] in _ENDINGS:
            return False
        if size == 4:
            return name[:2] in self._surnames and all(char in self._syllables for char in name[2:])
        return name[0] in self._surnames and all(char in self._syllables for char in name[1:])

    def _long_title(self, rest: str) -> bool:
        size = self.title_size(rest)
        return size > 1 or (rest[:1] == "씨" and size == 1)

    def _before_government(self, reading: Reading, end: int) -> bool:
        match = _GOVERNMENT.match(reading.text, end)
        return match is not None and particle_length("부", _run_at(reading.text, match.end())) is not None

    def _foreign_ends(self, reading: Reading, match: re.Match[str], taken: Ranges) -> list[int]:
        """Return where a foreign name of several words that begins here may end, longest first.

        A first word that is no known given name must at least carry no particle, like every word but the last.
        """
        if match.group() not in self._given and not self._is_bare(match.group()):
            return []
        ends: list[int] = []
        at = match.end()
        for _ in range(_LONGEST_FOREIGN - 1):
            following = _RUN.match(reading.text, at + 1) if reading.text[at : at + 1] in {" ", "·"} else None
            if following is None or taken.touches(following.start(), following.end()) or following.group() in self._fillers:
                break
            word = following.group()
            if (
                self._title_in(word)[0]
                or not self._is_bare(word)
                or (len(word) == 3 and self._is_korean_name(word, 3) and match.group() not in self._given)
            ):
                break
            at = following.end()
            ends.append(at)
        return ends[::-1]

    def _is_bare(self, word: str) -> bool:
        """Tell whether a word can be part of a foreign name: two letters or more, no particle and no ending of a verb."""
        return (
            (len(word) > 1 or word in _SHORT_PARTS)
            and word not in self._not_persons
            and strip_particle(word) == word
            and word[-1] not in _VERB_ENDS
        )

    def _with_given(self, reading: Reading, start: int) -> int:
        """Return the start of the word before a foreign surname where a comma, bracket or line break parts it from what precedes."""
        match = re.search(r"(?:[,(“‘'\"·]\s?|\n|\A)([가-힣]{2,5}) \Z", reading.text[max(0, start - 9) : start])
        return start - len(match[1]) - 1 if match is not None and self._is_bare(match[1]) and match[1] not in self._fillers else start

    def _bylines(self, reading: Reading) -> Iterator[Found]:
        """Yield names after 취재, 영상편집 and the like and a colon; several are joined by dots or commas."""
        for match in self._byline.finditer(reading.text):
            at = match.end()
            while (name := _RUN.match(reading.text, at)) is not None and self._is_korean_name(name.group(), 3):
                yield Found(name.start(), name.end(), Label.PERSON, "korean_byline", weight=_STRONG)
                joint = re.compile(r"[·,]\s?").match(reading.text, name.end())
                if joint is None:
                    break
                at = joint.end()

    def _hanja(self, reading: Reading, surnames: set[str]) -> Iterator[Found]:
        """Yield a surname in Chinese characters, where the text has a person of that surname."""
        for match in re.finditer(r"(?<![一-鿿])[一-鿿](?![一-鿿])", reading.text):
            surname = self._hanja_surnames.get(match.group())
            if surname is not None and surname in surnames and not re.match(r"[가-힣]?\)", reading.text[match.end() : match.end() + 2]):
                yield Found(match.start(), match.end(), Label.PERSON, "korean_surname")

    def _surnames_alone(
        self, reading: Reading, known: Mapping[int, Found], taken: Ranges, surnames: set[str]
    ) -> Iterator[tuple[Found, KoreanTitle]]:
        """Yield a surname as a word of its own with the title right after it: 김 위원장, 정 전 장관."""
        for match in _RUN.finditer(reading.text):
            surname = match.group()
            if (
                surname not in self._surnames
                or len(surname) > 2
                or taken.touches(*match.span())
                or reading.text[match.start() - 1 : match.start()].isdigit()
            ):
                continue
            title = self._title_after(reading, match.start(), match.end(), known)
            if title is None or title.start != match.end() + 1 or not self._only_former(reading.text[title.start : title.end], title):
                continue
            known_here = surname in surnames
            if (
                surname in _WORD_SURNAMES
                and not known_here
                and (title.kind != "state" or title.head in _GENERIC or surname in _NEVER_ALONE)
            ):
                continue
            if title.head in {"관계자", "당국자", "전문가"} or (
                surname in _NEVER_ALONE and not (known_here and title.head not in _GENERIC)
            ):
                continue
            yield Found(match.start(), match.end(), Label.PERSON, "korean_surname"), title

    def _only_former(self, role: str, title: KoreanTitle) -> bool:
        """Tell whether the role is one word, but for "former" and the like before it."""
        words = role.split()
        return len(words) <= 2 and all(word in self._former for word in words[:-1])

    # --- titles --------------------------------------------------------------------------------------------------

    def title_size(self, word: str) -> int:
        """Return the length of the title that the word begins with and is but for a particle; 0 where it is none."""
        for size in range(min(len(word), self._longest_title), 0, -1):
            if word[:size] in self._titles and particle_length(word[:size], word[size:]) is not None:
                return size
        return 0

    def _title_fits(self, name: str, rule: str, title: KoreanTitle) -> bool:
        """Tell whether this title can follow this kind of name."""
        if rule == "korean_titled" and len(name) == 2:
            return title.fillers == 0 and title.head not in _GENERIC
        if rule == "korean_titled":
            return not (name[-1] in _DOUBTFUL_ENDINGS and title.fillers > 0 and title.head in _GENERIC)
        if rule == "foreign_titled":
            return title.kind == "state" and title.fillers <= 1 and title.head not in _GENERIC
        return title.head not in {"관계자", "당국자", "전문가"}

    def _title_after(self, reading: Reading, start: int, end: int, known: Mapping[int, Found]) -> KoreanTitle | None:
        """Return the title that follows a name, over bodies, countries and fillers; None without one."""
        text, at, first, names = reading.text, end, -1, 0
        for count in range(_LONGEST_FILLER):
            skipped = _SKIP.match(text, at)
            if skipped is None:
                return None
            at = skipped.end()
            first = at if first < 0 else first
            found = known.get(at)
            if found is not None and found.label is not Label.PERSON:
                rest = _run_at(text, found.end)
                size = self.title_size(rest)
                if size:
                    return KoreanTitle(start, end, first, found.end + size, self._titles[rest[:size]], rest[:size], count)
                if rest[:1] == "장" and particle_length("장", rest[1:]) is not None:
                    return KoreanTitle(start, end, first, found.end + 1, "state" if found.label is Label.AGENCY else "body", "장", count)
                if rest:
                    return None
                at = found.end
                continue
            word = _run_at(text, at)
            size, head = self._title_in(word)
            if size:
                if names and head not in _REPORTERS:
                    return None
                return KoreanTitle(start, end, first, at + size, self._titles[head], head, count)
            names += self._is_korean_name(word, 3)
            if not word or not (word in self._fillers or self._body_word.fullmatch(word) or self._is_korean_name(word, 3)):
                return None
            at += len(word)
        return None

    def _title_in(self, word: str) -> tuple[int, str]:
        """Return length and head of the title that a word is or ends in (안보전략비서관, 북핵담당대사); (0, "") for none."""
        size = self.title_size(word)
        if size:
            return size, word[:size]
        for cut in range(len(word), 2, -1):
            if particle_length(word[:cut], word[cut:]) is None:
                continue
            for size in range(min(cut - 1, self._longest_title), 1, -1):
                head = word[cut - size : cut]
                if head in self._titles:
                    return cut, head
        return 0, ""


def _run_at(text: str, offset: int) -> str:
    match = _RUN.match(text, offset)
    return match.group() if match else ""
